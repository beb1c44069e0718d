"""What a preview shows: messages, each in its channel and at its moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.locale import Reader
from bot.message import Message, Picture

#: Who speaks in every preview.
NAME = "deskpulse"


class Unshown(ValueError):
    """A message holds something that the preview does not know how to show."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A message as it was posted to a channel. `note` is told beside it, outside of Slack."""

    channel: str
    moment: datetime
    message: Message
    note: str | None = None

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise ValueError("the moment of a conversation carries its zone")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a message's blocks refer to: its pictures, and whoever reads it."""

    reader: Reader
    pictures: Mapping[str, Picture]

    def picture(self, block: Mapping[str, Any]) -> Picture | None:
        """The picture of an image block; `None` for one that lies on the web."""
        if "slack_file" not in block:
            return None
        key = block["slack_file"].get("id", "")
        if key not in self.pictures:
            raise Unshown(f"an image block shows the picture {key!r}, which the message lacks")
        return self.pictures[key]


def sight_of(message: Message, reader: Reader) -> Sight:
    return Sight(reader, {picture.key: picture for picture in message.pictures})


def replies(message: Message, reader: Reader) -> str:
    """2 replies: what stands below a message that has a thread."""
    return reader.plural("{n} reply", "{n} replies", len(message.thread))


def by_channel_and_day(
    conversations: Iterable[Conversation], reader: Reader
) -> list[tuple[str, list[tuple[str, Sequence[Conversation]]]]]:
    """The conversations as they follow each other: by channel, and in it by day."""

    def day(conversation: Conversation) -> str:
        return reader.day(conversation.moment.astimezone(reader.zone).date())

    return [
        (channel, [(named, list(few)) for named, few in groupby(some, day)])
        for channel, some in groupby(conversations, lambda c: c.channel)
    ]
