"""When a digest is due, and which days it is about: local dates and times, never offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain import Window

#: How many comparable periods a digest looks back on.
COMPARED = 8


class Kind(StrEnum):
    """A daily digest is about the days since the one before; a weekly about seven."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Slot:
    """One due moment: `key` is the local date and time, `due_at` the moment that it means."""

    key: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """At which local time of which weekdays (0 is Monday) a digest is due."""

    kind: Kind
    at: time
    zone: ZoneInfo
    weekdays: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.weekdays:
            raise ValueError("a digest without a weekday would never be due")

    def past(self, now: datetime, *, since: datetime) -> list[Slot]:
        """The moments after `since`, up to `now`, at which it was due: those of the last week."""
        today = now.astimezone(self.zone).date()
        slots = (self._slot(today - timedelta(days=back)) for back in range(8, -1, -1))
        return [slot for slot in slots if slot is not None and since < slot.due_at <= now]

    def upcoming(self, now: datetime, count: int) -> list[Slot]:
        """The next `count` moments after `now` at which it will be due."""
        return list(islice((slot for slot in self._from(now) if slot.due_at > now), count))

    def _from(self, now: datetime) -> Iterator[Slot]:
        day = now.astimezone(self.zone).date()
        while True:
            slot = self._slot(day)
            if slot is not None:
                yield slot
            day += timedelta(days=1)

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a row; `from_json` reads it."""
        return {
            "kind": self.kind,
            "at": self.at.strftime("%H:%M"),
            "zone": self.zone.key,
            "weekdays": list(self.weekdays),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Timetable:
        return cls(
            kind=Kind(kept["kind"]),
            at=time.fromisoformat(kept["at"]),
            zone=ZoneInfo(kept["zone"]),
            weekdays=tuple(kept["weekdays"]),
        )

    def _slot(self, day: date) -> Slot | None:
        """The slot of a local date. A time that daylight saving skips is due when it is past."""
        if day.weekday() not in self.weekdays:
            return None
        local = datetime.combine(day, self.at, tzinfo=self.zone)
        return Slot(local.strftime("%Y-%m-%dT%H:%M"), local)

    def window(self, due_at: datetime) -> Window:
        """The days that the digest due at a moment is about; none is left out between two.

        A daily digest of Monday to Friday tells on Monday about Friday and the weekend.
        """
        last = due_at.astimezone(self.zone).date()
        days = 7 if self.kind is Kind.WEEKLY else self._days_since_last(last)
        return days_window(last - timedelta(days=days), days, self.zone)

    def _days_since_last(self, day: date) -> int:
        return next(
            back
            for back in range(1, 8)
            if (day - timedelta(days=back)).weekday() in self.weekdays or back == 7
        )


def days_window(first: date, days: int, zone: ZoneInfo) -> Window:
    """So many whole local days from `first` on."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=zone)

    return Window(midnight(first), midnight(first + timedelta(days=days)))


def comparables(window: Window, count: int = COMPARED) -> list[Window]:
    """The same local weekdays of earlier weeks, oldest first: `count` windows that do not overlap.

    A window of up to seven days is compared with those one, two, … weeks before; a longer one
    moves by as many whole weeks as it is long.
    """
    weeks = max(1, ceil((window.end - window.start) / timedelta(weeks=1)))

    def earlier(times: int) -> Window:
        # Arithmetic on the local clock: the hours of a day that daylight saving changed move along.
        back = timedelta(weeks=weeks * times)
        return Window(window.start - back, window.end - back)

    return [earlier(times) for times in range(count, 0, -1)]
