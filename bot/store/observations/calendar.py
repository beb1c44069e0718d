"""Which earlier days say what is usual in a window, and when its local times were on those days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.digests.timetable import Baseline, baseline, is_incomparable
from bot.domain import Window
from bot.store.observations.windows import Span

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


class Hours(NamedTuple):
    """From when until when a window goes on local clocks: seconds after midnight, so many days on."""

    start: int
    end: int
    days: int

    @property
    def length(self) -> int:
        return self.days * _DAY + self.end - self.start


@dataclass(frozen=True, slots=True)
class Earlier:
    """How many days before lie the comparable windows, oldest first; and the others, by weekday."""

    comparable: tuple[int, ...]
    others: tuple[tuple[int, ...], ...]


class Local(NamedTuple):
    """A window on local clocks: the day on which it begins (its ordinal), and its hours.

    `earlier` are `None` where no ordinary days are a measure for it.
    """

    day: int
    hours: Hours
    earlier: Earlier | None


class Calendar:
    """The days of a zone, each looked up once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._days = _days_of(zone)
        self._earlier: dict[tuple[int, int, int], Earlier | None] = {}
        self._clocks: dict[int, tuple[int, int]] = {}

    def local(self, span: Span) -> Local:
        """A window as it is on the clocks of the zone."""
        (first, start), (day, end) = map(self._clock, span)
        hours = Hours(start, end, day - first)
        length = span[1] - span[0]
        if hours.length != length < _DAY:
            # The clocks changed meanwhile: the same hours of other days are longer, or shorter.
            return Local(first, hours, None)
        return Local(first, hours, self._earlier_of(span, first, hours))

    def moment(self, day: int, hours: Hours) -> Span:
        """The same hours on another day."""
        return self._moment(day, hours.start), self._moment(day + hours.days, hours.end)

    def _earlier_of(self, span: Span, first: int, hours: Hours) -> Earlier | None:
        """Of less than a week that depends on its days alone, and whether it is longer than one."""
        last = first + hours.days - (hours.end == 0)
        length = hours.length
        key = (first, last, length if length >= 7 * _DAY else int(length > _DAY))
        if key not in self._earlier:
            window = Window(
                *(datetime.fromtimestamp(at, UTC).astimezone(self._zone) for at in span)
            )
            found = None if is_incomparable(window) else _days_back(window, baseline(window))
            self._earlier[key] = found
        return self._earlier[key]

    def _clock(self, at: int) -> tuple[int, int]:
        """As `_on_clocks` says: one window begins where another ends."""
        found = self._clocks.get(at)
        if found is None:
            found = self._clocks[at] = self._on_clocks(at)
        return found

    def _on_clocks(self, at: int) -> tuple[int, int]:
        """The local day, and the seconds after midnight that its clocks show.

        Where they skip midnight, the first moment of the day is midnight all the same.
        """
        day = at // _DAY + _EPOCH
        while at >= self._days(day + 1).midnight:
            day += 1
        while at < self._days(day).midnight:
            day -= 1
        midnight, is_changed = self._days(day)
        after = at - midnight
        if after and is_changed:
            clock = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
            after = clock.hour * 3_600 + clock.minute * 60 + clock.second
        return day, after

    def _moment(self, day: int, after: int) -> int:
        midnight, is_changed = self._days(day)
        if after and is_changed:
            local = datetime.combine(date.fromordinal(day), time(), tzinfo=self._zone)
            return int((local + timedelta(seconds=after)).timestamp())
        return midnight + after


class _Day(NamedTuple):
    """When a local day begins, and whether daylight saving makes it longer or shorter."""

    midnight: int
    is_changed: bool


def _days_of(zone: ZoneInfo) -> Callable[[int], _Day]:
    def midnight(day: int) -> int:
        return int(datetime.combine(date.fromordinal(day), time(), tzinfo=zone).timestamp())

    @cache
    def found(day: int) -> _Day:
        begins = midnight(day)
        return _Day(begins, midnight(day + 1) - begins != _DAY)

    return found


def _days_back(window: Window, found: Baseline) -> Earlier:
    def back(earlier: Window) -> int:
        return (window.start.date() - earlier.start.date()).days

    return Earlier(
        tuple(back(one) for one in found.comparable),
        _by_weekday([back(one) for one in found.others]),
    )


def _by_weekday(days: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    ordered = sorted(days, key=lambda back: (back % 7, -back))
    return tuple(tuple(alike) for _, alike in groupby(ordered, key=lambda back: back % 7))
