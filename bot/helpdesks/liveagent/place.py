"""Where a stream of a LiveAgent stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor


@dataclass(frozen=True, slots=True)
class Place:
    """A stream is read from `since` on.

    Before that, a first read of tickets goes through those that are still unsolved though nobody
    has touched them since; it does so while `is_first`, and stands at `backlog`. At the end of a
    reading `mark` says which one that was.
    """

    since: datetime
    is_first: bool = False
    backlog: datetime | None = None
    mark: str | None = None

    @classmethod
    def of(cls, cursor: Cursor) -> Place:
        """Raises `DeskMisunderstood` for what is no cursor of a LiveAgent."""
        try:
            backlog = cursor.get("backlog")
            return cls(
                datetime.fromisoformat(cursor["since"]),
                backlog is not None,
                datetime.fromisoformat(backlog) if backlog else None,
                cursor.get("mark"),
            )
        except (KeyError, TypeError, ValueError):
            raise DeskMisunderstood(
                "The stored position in a LiveAgent cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            ) from None

    @property
    def cursor(self) -> Cursor:
        told = {"since": self.since.isoformat()}
        if self.is_first:
            told["backlog"] = self.backlog.isoformat() if self.backlog else ""
        if self.mark is not None:
            told["mark"] = self.mark
        return told
