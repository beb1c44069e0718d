"""What a preview shows: messages, each in its channel and at its moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any

from babel.dates import format_date

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

    @property
    def clock(self) -> str:
        return f"{self.moment:%H:%M}"

    @property
    def day(self) -> str:
        return format_date(self.moment, "EEEE d MMMM", locale="en")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a message's blocks refer to: its pictures, and the zone of its reader."""

    zone: tzinfo
    pictures: Mapping[str, Picture]

    def picture(self, block: Mapping[str, Any]) -> Picture | None:
        """The picture of an image block; `None` for one that lies on the web."""
        if "slack_file" not in block:
            return None
        key = block["slack_file"].get("id", "")
        if key not in self.pictures:
            raise Unshown(f"an image block shows the picture {key!r}, which the message lacks")
        return self.pictures[key]


def sight_of(message: Message, zone: tzinfo | None) -> Sight:
    if zone is None:
        raise ValueError("a reader has a time zone")
    return Sight(zone, {picture.key: picture for picture in message.pictures})


def by_channel_and_day(
    conversations: Iterable[Conversation],
) -> list[tuple[str, list[tuple[str, Sequence[Conversation]]]]]:
    """The conversations as they follow each other: by channel, and in it by day."""
    return [
        (channel, [(day, list(few)) for day, few in groupby(some, lambda c: c.day)])
        for channel, some in groupby(conversations, lambda c: c.channel)
    ]
