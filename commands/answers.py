"""How a command answers: only to the person who asked, unless they share it."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt import Respond

from bot.message import BlockJson, Message, is_native_chart, without_charts, without_pictures


def whisper(respond: Respond, message: Message, *, replace: bool = False) -> None:
    """Answers so that only the person who asked sees it, for up to 30 minutes after they asked.

    `replace` puts the answer in the place of the message whose button was pressed. An answer
    carries no pictures, and no charts where Slack does not take them: texts and tables tell all.
    """
    blocks = without_pictures(message.blocks)
    if not _takes(respond, message.text, blocks, replace=replace) and any(
        map(is_native_chart, blocks)
    ):
        _takes(respond, message.text, without_charts(blocks), replace=replace)


def say(respond: Respond, text: str) -> None:
    """Answers with a sentence."""
    whisper(respond, Message(text=text))


def _takes(respond: Respond, text: str, blocks: Sequence[BlockJson], *, replace: bool) -> bool:
    """Answers; false when Slack does not take the blocks, and has shown nothing."""
    answer = respond(
        text=text,
        blocks=list(blocks) or None,
        response_type="ephemeral",
        replace_original=replace,
    )
    return answer.status_code < 400 or "invalid_blocks" not in answer.body
