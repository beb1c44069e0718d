"""How a command answers: only to the person who asked, unless they share it."""

from __future__ import annotations

from slack_bolt import Respond

from bot.message import Message


def whisper(respond: Respond, message: Message, *, replace: bool = False) -> None:
    """Answers so that only the person who asked sees it, for up to 30 minutes after they asked.

    `replace` puts the answer in the place of the message whose button was pressed.
    """
    respond(
        text=message.text,
        blocks=list(message.blocks) or None,
        response_type="ephemeral",
        replace_original=replace,
    )


def say(respond: Respond, text: str) -> None:
    """Answers with a sentence."""
    whisper(respond, Message(text=text))
