"""When a digest is due, and which days it is about: local dates and times, never offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
            return days_before(window, 7 * max(52, ceil(_days_of(window) / 7)))
    return next(iter(comparables(window, 1)), days_before(window, 7))


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


def days_before(window: Window, days: int) -> Window:
    """The same local times so many days before: days keep their beginnings on every clock.

    Where the clocks changed between the two, or do so there, its end may come no later than its
    beginning: then it is as long as the window.
    """
    if not days:
        return window
    back = timedelta(days=days)

    def moved(at: datetime) -> datetime:
        return _midnight(at.date() - back, at) if _is_midnight(at) else at - back

    start, end = moved(window.start), moved(window.end)
    if end.astimezone(UTC) <= start.astimezone(UTC):
        length = window.end.astimezone(UTC) - window.start.astimezone(UTC)
        end = (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    return Window(start, end)


def _just_before(window: Window) -> Window:
    """As many whole days before as it has; what is no whole days, for as long before."""
    days = (window.end.date() - window.start.date()).days
    if has_whole_days(window):
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
    earlier = (days_before(window, 7 * weeks * times) for times in range(1, count + MOST_ODD + 1))
    alike = (one for one in earlier if days >= 7 or not _is_odd(one))
    return list(islice(alike, count))[::-1]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The earlier windows that say what is usual in one, oldest first.

    It is judged by the `comparable` ones. The `others` are the same hours of the other weekdays,
    which lend their spread alone: eight Tuesdays say too little of how much days vary.
    """

    comparable: Sequence[Window]
    others: Sequence[Window] = ()

    @property
    def windows(self) -> list[Window]:
        return [*self.others, *self.comparable]


def baseline(window: Window) -> Baseline:
    """What says what is usual in a window: of up to a day eight weeks of days, else eight windows.

    Holidays and the days that daylight saving changes are in neither, see `comparables`.
    """
    return Baseline(comparables(window), _other_days(window) if _days_of(window) <= 1 else [])


def _other_days(window: Window) -> list[Window]:
    days = (back for back in range(7 * COMPARED, 0, -1) if back % 7)
    others = (days_before(window, back) for back in days)
    return [other for other in others if not _is_odd(other)]


def is_incomparable(window: Window) -> bool:
    """Whether no ordinary days are a measure for it: less than a week, with a public holiday."""
    return _days_of(window) < 7 and _has_holiday(window)


def has_whole_days(window: Window) -> bool:
    """Whether it begins and ends with local days."""
    return _is_midnight(window.start) and _is_midnight(window.end)


def _days_of(window: Window) -> float:
    """How many days it has on the local clock; a day whose midnight is skipped is one as well."""
    if has_whole_days(window):
        return (window.end.date() - window.start.date()).days
    return (window.end - window.start) / timedelta(days=1)


def _is_odd(window: Window) -> bool:
    """Whether a public holiday or daylight saving makes one of its days unlike others."""
    return _has_holiday(window) or any(_is_changed(day, window.start) for day in _dates(window))


def _has_holiday(window: Window) -> bool:
    """Whether one of its days is a public holiday in the country of its zone."""
    zone = window.start.tzinfo
    country = country_of(zone) if isinstance(zone, ZoneInfo) else None
    return any(is_public_holiday(day, country) for day in _dates(window))


def _is_changed(day: date, like: datetime) -> bool:
    """Whether daylight saving makes a local day longer or shorter."""
    ends = (_midnight(day, like), _midnight(day + timedelta(days=1), like))
    return ends[0].utcoffset() != ends[1].utcoffset()


def _dates(window: Window) -> Iterator[date]:
    """The local days of which it has a part."""
    first, last = whole_days(window.start, window.end)
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
