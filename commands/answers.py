"""How a command answers: only to the person who asked, unless they share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from slack_bolt import Respond

from bot.message import BlockJson, Message, is_native_chart, without_charts, without_pictures

log = structlog.get_logger()


def whisper(respond: Respond, message: Message, *, replace: bool = False) -> None:
    """Answers so that only the person who asked sees it, for up to 30 minutes after they asked.

    `replace` puts the answer in the place of the message whose button was pressed. An answer
    carries no pictures, and no charts where Slack does not take them: texts and tables tell all.
    Where it takes no blocks at all, the text alone is better than silence.
    """
    _answer(respond, message, response_type="ephemeral", replace_original=replace)


def overwrite(respond: Respond, message: Message) -> None:
    """Puts an answer in the place of a message that was posted: whoever sees that, sees this.

    A whisper cannot take its place: it would stand below it until the app is closed.
    """
    _answer(respond, message, replace_original=True)


def say(respond: Respond, text: str) -> None:
    """Answers with a sentence."""
    whisper(respond, Message(text=text))


def _answer(respond: Respond, message: Message, **how: Any) -> None:
    """Answers with all that Slack takes of a message."""
    blocks = without_pictures(message.blocks)
    tries = [blocks]
    if any(map(is_native_chart, blocks)):
        tries.append(without_charts(blocks))
    if blocks:
        tries.append([])
    for some in tries:
        if _takes(respond, message.text, some, **how):
            return


def _takes(respond: Respond, text: str, blocks: Sequence[BlockJson], **how: Any) -> bool:
    """Answers; false when Slack does not take the blocks, and has shown nothing.

    Other refusals (the answer came too late, or too often) are no better with other blocks.
    """
    answer = respond(text=text, blocks=list(blocks) or None, **how)
    if answer.status_code < 400:
        return True
    log.warning("answer_refused", status=answer.status_code, code=answer.body[:60])
    return "blocks" not in answer.body
