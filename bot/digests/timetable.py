"""When a digest is due, and which days it is about: local dates and times, never offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from bot.calendars import country_of, is_public_holiday
from bot.domain import Window
from bot.locale import whole_days

#: How many comparable periods a digest looks back on.
COMPARED = 8

#: So many weeks further is looked for those whose day was no holiday.
MOST_ODD = 8


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


class Against(StrEnum):
    """With which earlier window one is compared."""

    COMPARABLE = "comparable"
    PREVIOUS = "previous"
    LAST_YEAR = "last year"


def earlier(window: Window, against: Against) -> Window:
    """The window that one is compared with.

    The last comparable one begins on the same weekday; the previous one ends where this begins;
    that of last year lies 52 weeks before, on the same weekdays. Whole calendar months are compared
    with the months before them, or with the same ones of last year. The two share no day: what is
    longer than a year is compared with what ends where it begins.
    """
    if months := _months(window):
        back = max(12, months) if against is Against.LAST_YEAR else months
        return _months_before(window, back)
    match against:
        case Against.PREVIOUS:
            return _just_before(window)
        case Against.LAST_YEAR:
            return _days_before(window, 7 * max(52, ceil(_days_of(window) / 7)))
    return next(iter(comparables(window, 1)), _days_before(window, 7))


def _months(window: Window) -> int:
    """Of how many whole calendar months it is made; 0 when it is not."""
    if any(at.day != 1 or not _is_midnight(at) for at in (window.start, window.end)):
        return 0
    years = window.end.year - window.start.year
    return years * 12 + window.end.month - window.start.month


def _months_before(window: Window, months: int) -> Window:
    def moved(at: datetime) -> datetime:
        month = at.year * 12 + at.month - 1 - months
        return _midnight(date(month // 12, month % 12 + 1, 1), at)

    return Window(moved(window.start), moved(window.end))


def _days_before(window: Window, days: int) -> Window:
    """The same local times so many days before: days keep their beginnings on every clock."""
    back = timedelta(days=days)

    def moved(at: datetime) -> datetime:
        return _midnight(at.date() - back, at) if _is_midnight(at) else at - back

    return Window(moved(window.start), moved(window.end))


def _just_before(window: Window) -> Window:
    """As many whole days before as it has; what is no whole days, for as long before."""
    days = (window.end.date() - window.start.date()).days
    if _is_midnight(window.start) and _is_midnight(window.end):
        return Window(
            _midnight(window.start.date() - timedelta(days=days), window.start), window.start
        )
    start = window.start.astimezone(UTC) - (
        window.end.astimezone(UTC) - window.start.astimezone(UTC)
    )
    return Window(start.astimezone(window.start.tzinfo), window.start)


def _midnight(day: date, like: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=like.tzinfo)


def _is_midnight(at: datetime) -> bool:
    """Whether a local day begins then. Where clocks skip midnight, the first moment is a later one."""
    return at.timestamp() == _midnight(at.date(), at).timestamp()


def comparables(window: Window, count: int = COMPARED) -> list[Window]:
    """The same local weekdays of earlier weeks, oldest first: `count` windows that do not overlap.

    A window of up to seven days is compared with those one, two, … weeks before; a longer one
    moves by as many whole weeks as it is long. Days with a public holiday in the country of the
    zone, and those that daylight saving makes longer or shorter, are no measure for others
    (METHODS, "Signal or noise"); weeks with such a day are.
    """
    days = _days_of(window)
    weeks = max(1, ceil(days / 7))
    # On the local clock: the hours of a day that daylight saving changed move along.
    earlier = (_days_before(window, 7 * weeks * times) for times in range(1, count + MOST_ODD + 1))
    alike = (one for one in earlier if days >= 7 or not _is_odd(one))
    return list(islice(alike, count))[::-1]


def _days_of(window: Window) -> float:
    """How many days it has on the local clock; a day whose midnight is skipped is one as well."""
    if _is_midnight(window.start) and _is_midnight(window.end):
        return (window.end.date() - window.start.date()).days
    return (window.end - window.start) / timedelta(days=1)


def _is_odd(window: Window) -> bool:
    """Whether a public holiday or daylight saving makes one of its days unlike others."""
    zone = window.start.tzinfo
    country = country_of(zone) if isinstance(zone, ZoneInfo) else None
    first, last = whole_days(window.start, window.end)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    is_changed = window.start.utcoffset() != window.end.utcoffset()
    return is_changed or any(is_public_holiday(day, country) for day in days)
