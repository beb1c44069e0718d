"""When tickets arrive and how long they then wait, by weekday and hour: so that staffing follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.metrics.statistics import median_interval, poisson_interval, quantile

HOURS = 24

#: In fewer tickets than this no hour stands out by more than chance.
FEWEST = 50

#: A median of fewer waits than this would be one ticket's story.
FEWEST_WAITS = 5

#: A third hour belongs to a busy stretch when it brings at least so much of what the others do.
AS_BUSY = 0.75

#: A stretch is busy when it brings at least so many times what an even week would.
BUSY = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a weekday: how many tickets arrived, and the waits of those that were answered.

    `waits` are the seconds to the first response, in ascending order.
    """

    count: int = 0
    waits: Sequence[float] = ()


#: Seven weekdays of 24 hours each, in whatever order of days.
Week = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Busiest:
    """The busiest two or three hours of one weekday, from the hour `start` to the hour `end`.

    `weekday` is the day's place in the week that was given, `share` the part of all tickets that
    arrived then (0 to 1), `wait` the median wait of those and `usual_wait` that of all, in seconds;
    `None` where too few were answered. `slower` is how many times as long they wait: `None` too
    where chance explains the difference.
    """

    weekday: int
    start: int
    end: int
    share: float
    wait: float | None = None
    usual_wait: float | None = None
    slower: float | None = None


@dataclass(frozen=True, slots=True)
class Heat:
    """A week by hour, Monday first: how many arrived, the median wait in seconds, what stands out."""

    arrivals: Sequence[Sequence[int]]
    waits: Sequence[Sequence[float | None]]
    busiest: Busiest | None = None


def heat_of(week: Week) -> Heat:
    """What there is to tell of a week."""
    return Heat(arrivals(week), waits(week), busiest(week))


def arrivals(week: Week) -> list[list[int]]:
    """How many tickets arrived, by weekday and hour."""
    return [[cell.count for cell in day] for day in week]


def waits(week: Week) -> list[list[float | None]]:
    """The median wait in seconds, by weekday and hour; `None` where too few were answered."""
    return [[_median(cell.waits) for cell in day] for day in week]


def busiest(week: Week) -> Busiest | None:
    """The stretch of the week that brings the most tickets, and what it does to the first response.

    `None` when no stretch is clearly busy, or there are too few tickets to say.
    """
    total = sum(cell.count for day in week for cell in day)
    if total < FEWEST:
        return None
    weekday, start, end = max(_pairs(week), key=lambda stretch: _count(week, stretch))
    start, end = _widened(week[weekday], start, end)
    count = _count(week, (weekday, start, end))
    even = total * (end - start) / sum(map(len, week))
    if poisson_interval(count)[0] <= BUSY * even:
        return None
    now = sorted(chain.from_iterable(cell.waits for cell in week[weekday][start:end]))
    usual = sorted(chain.from_iterable(cell.waits for day in week for cell in day))
    return Busiest(
        weekday,
        start,
        end,
        share=count / total,
        wait=_median(now),
        usual_wait=_median(usual),
        slower=_slower(now, usual),
    )


#: A weekday, and its hours from one to another, which does not belong to it.
_Stretch = tuple[int, int, int]


def _pairs(week: Week) -> Iterator[_Stretch]:
    for weekday, day in enumerate(week):
        for start in range(len(day) - 1):
            yield weekday, start, start + 2


def _count(week: Week, stretch: _Stretch) -> int:
    weekday, start, end = stretch
    return _sum(week[weekday][start:end])


def _sum(cells: Iterable[Cell]) -> int:
    return sum(cell.count for cell in cells)


def _widened(day: Sequence[Cell], start: int, end: int) -> tuple[int, int]:
    """With the hour before or after where that one is about as busy: the busier of the two."""
    enough = AS_BUSY * _sum(day[start:end]) / (end - start)
    beside = [hour for hour in (start - 1, end) if 0 <= hour < len(day)]
    busiest_beside = max(beside, key=lambda hour: day[hour].count)
    if day[busiest_beside].count < enough:
        return start, end
    return min(start, busiest_beside), max(end, busiest_beside + 1)


def _median(ordered: Sequence[float]) -> float | None:
    return quantile(ordered, 0.5) if len(ordered) >= FEWEST_WAITS else None


def _slower(now: Sequence[float], usual: Sequence[float]) -> float | None:
    """How many times as long; only where the usual wait lies outside the interval of the median."""
    interval = median_interval(now)
    if interval is None:
        return None
    usually = quantile(usual, 0.5)
    if usually <= 0 or interval[0] <= usually <= interval[1]:
        return None
    return quantile(now, 0.5) / usually
