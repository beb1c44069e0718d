"""How far the help desks have been read, and so how far numbers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Window


@dataclass(frozen=True, slots=True)
class DeskState:
    """How far a help desk has been read, and what went wrong last."""

    name: str
    data_from: datetime | None = None
    data_until: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the numbers can be trusted: what has been read of every desk, and until when."""

    desks: Sequence[DeskState]
    window: Window
    now: datetime
    stale_after: timedelta
    differences: int = 0

    @property
    def until(self) -> datetime | None:
        """Everything that had changed by then is in; `None` when a desk was never read whole."""
        ends = [desk.data_until for desk in self.desks]
        return None if not ends or None in ends else min(end for end in ends if end)

    @property
    def unread(self) -> list[DeskState]:
        """The desks whose first sync is not finished."""
        return [desk for desk in self.desks if desk.data_until is None]

    @property
    def stale(self) -> list[DeskState]:
        """The desks whose data are older than they should be, or end before the window does."""
        oldest = max(self._needed, self.now - self.stale_after)
        return [
            desk for desk in self.desks if desk.data_until is not None and desk.data_until < oldest
        ]

    @property
    def incomplete(self) -> bool:
        """Whether numbers of the window may still be missing."""
        until = self.until
        return until is None or until < self._needed

    @property
    def _needed(self) -> datetime:
        """Until when data have to go: the end of the window, or while it runs until a little ago."""
        return self.window.end if self.window.end <= self.now else self.now - self.stale_after
