"""When alerts are held back: mutes for a period or by the week, and outside of office hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Whether alerts are held back at a moment.
Muted = Callable[[datetime], bool]


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until another, which does not belong to it."""

    start: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.until


@dataclass(frozen=True, slots=True)
class Weekly:
    """On each of some weekdays (0 is Monday) from one local time to another, since a moment.

    Where it closes before it opens it goes past midnight, and belongs to the day on which it began.
    Opening and closing at the same time it lasts all day. `until` is when it was taken back.
    """

    weekdays: tuple[int, ...]
    opens: time
    closes: time
    zone: ZoneInfo
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        if at < self.since or (self.until is not None and at >= self.until):
            return False
        local = at.astimezone(self.zone)
        now, today = local.time(), local.weekday()
        if self.opens < self.closes:
            return today in self.weekdays and self.opens <= now < self.closes
        yesterday = (local.date() - timedelta(days=1)).weekday()
        begun = today in self.weekdays and now >= self.opens
        return begun or (yesterday in self.weekdays and now < self.closes)


Mute = Period | Weekly


def never(_at: datetime) -> bool:
    """Nothing is held back."""
    return False


def muted_by(mutes: Iterable[Mute], *, is_open: Callable[[datetime], bool] | None = None) -> Muted:
    """Held back while any of the mutes holds, and while the office is not open, if that counts."""
    known = tuple(mutes)
    if not known and is_open is None:
        return never

    def muted(at: datetime) -> bool:
        closed = is_open is not None and not is_open(at)
        return closed or any(mute.holds(at) for mute in known)

    return muted
