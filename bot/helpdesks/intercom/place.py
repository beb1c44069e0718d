"""Where the stream of tickets stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor

#: For how long it is remembered which conversations were merged: a count may be asked for so long.
KEPT = timedelta(days=60)


@dataclass(frozen=True)
class Place:
    """All are unix seconds.

    Conversations updated in second `since` or later come next; a first read goes before that
    through older ones that are unsolved, from second `unsolved` on. Deletions since `gone` follow.
    `whole` is from when on everything was read, and `merged` when those conversations came, by
    their ids, that were merged into others: Intercom goes on counting them.
    """

    since: int
    unsolved: int | None = None
    gone: int = 0
    whole: int = 0
    merged: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor) -> Place:
        try:
            return _ADAPTER.validate_python(dict(cursor))
        except ValidationError:
            raise unreadable() from None

    @property
    def cursor(self) -> Cursor:
        told: dict[str, Any] = {"since": self.since, "gone": self.gone, "whole": self.whole}
        if self.unsolved is not None:
            told["unsolved"] = self.unsolved
        if self.merged:
            told["merged"] = dict(self.merged)
        return told

    def with_merged(self, merged: Mapping[str, int], now: datetime) -> Place:
        """With these too, without those that came so long ago that nobody asks."""
        oldest = int((now - KEPT).timestamp())
        kept = {id_: came for id_, came in {**self.merged, **merged}.items() if came >= oldest}
        return replace(self, merged=kept)

    def without(self, ids: set[str]) -> Place:
        """Without those that were deleted: Intercom does not count them any more."""
        kept = {id_: came for id_, came in self.merged.items() if id_ not in ids}
        return replace(self, merged=kept)


_ADAPTER = TypeAdapter(Place)


def unreadable() -> DeskMisunderstood:
    """A stored cursor that is none of ours."""
    return DeskMisunderstood(
        "The stored position in an Intercom workspace cannot be read.",
        "Read it anew with deskpulse sync --since and a date.",
    )
