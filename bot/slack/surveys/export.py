"""The results as the text of a CSV file, ready to be copied out of Slack."""

from __future__ import annotations

from collections.abc import Iterator

from bot.locale import Reader
from bot.message import BlockJson, Message

#: So many letters stand in a message, and so many messages answer a command
#: (https://docs.slack.dev/interactivity/handling-user-interaction).
MOST_LETTERS, MOST_MESSAGES = 9_000, 4


def as_csv(text: str, reader: Reader) -> list[Message]:
    """A file's text, in as many messages as it takes; of a longer one, how to write it to a file."""
    parts = list(_parts(text))
    if len(parts) > MOST_MESSAGES:
        told = reader.text(
            "That is too long for a message. An operator writes it to a file: {example}",
            example="`deskpulse surveys export surveys.csv`",
        )
        return [Message(told)]
    head = reader.text("The results as CSV")
    return [Message(head, [_verbatim(part, place)]) for place, part in enumerate(parts)]


def _parts(text: str) -> Iterator[str]:
    """The text cut between its lines."""
    part = ""
    for line in text.splitlines(keepends=True):
        if part and len(part) + len(line) > MOST_LETTERS:
            yield part
            part = ""
        part += line
    yield part


def _verbatim(text: str, place: int) -> BlockJson:
    """In the elements of rich text nothing is markup."""
    told = [{"type": "text", "text": text}]
    return {
        "type": "rich_text",
        "block_id": f"survey-csv-{place}",
        "elements": [{"type": "rich_text_preformatted", "elements": told}],
    }
