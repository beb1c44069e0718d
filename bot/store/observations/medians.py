"""The median of a duration in many windows, worked out where somebody looks."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from bot.alerts.judge import Observation, Verdict, judge
from bot.alerts.rule import Limit, Rule, Side
from bot.metrics.scales import Point
from bot.metrics.statistics import quantile
from bot.store.observations.tracks import Track
from bot.store.observations.windows import Windows

#: A window that shares less than this with the one before is put in order by itself.
_WORTH_KEEPING = 0.75


class Medians:
    """The medians of one part.

    In a window without rows the part is not there at all, unless it `stays`.
    """

    def __init__(self, track: Track, windows: Windows, *, stays: bool) -> None:
        self._amounts = track.amounts
        self._lows, self._highs = track.positions(windows)
        self._nothing = Observation(None) if stays else None

    def __getitem__(self, place: int) -> Observation | None:
        ordered = sorted(self._amounts[self._lows[place] : self._highs[place]])
        if not ordered:
            return self._nothing
        return Observation(quantile(ordered, 0.5), len(ordered))

    def loud(self, rule: Rule) -> bytes:
        """Only where half of the rows are beyond a limit the median can be."""
        found = bytearray(len(self._lows))
        for place in self._may(rule):
            seen = self[place]
            found[place] = seen is not None and judge(rule, seen) is Verdict.BREACH
        return bytes(found)

    def enough(self, rule: Rule) -> bytes:
        """Where there are as many rows as it takes."""
        least = max(rule.fewest, 1)
        both = zip(self._lows, self._highs, strict=True)
        return bytes([high - low >= least for low, high in both])

    def _may(self, rule: Rule) -> Iterator[int]:
        """The windows in which the rule may be broken."""
        beyond: Sequence[int] = range(len(self._amounts) + 1)
        if isinstance(rule.condition, Limit) and rule.condition.side is not Side.EITHER:
            limit = float(rule.condition.value)
            is_above = rule.condition.side is Side.ABOVE
            is_beyond = limit.__lt__ if is_above else limit.__gt__
            beyond = list(accumulate(map(is_beyond, self._amounts), initial=0))
        for place, (low, high) in enumerate(zip(self._lows, self._highs, strict=True)):
            n = high - low
            if n >= rule.fewest and 2 * (beyond[high] - beyond[low]) >= n:
                yield place

    def points(self) -> list[Point | None]:
        """The median of each window and on how many rows it rests; `None` where there are none."""
        found: list[Point | None] = []
        ordered: list[Any] = []
        before = 0, 0
        point = None
        for now in zip(self._lows, self._highs, strict=True):
            if now != before:
                if _shared(now, before) >= _WORTH_KEEPING:
                    _slide(ordered, self._amounts, before, now)
                else:
                    ordered = sorted(self._amounts[slice(*now)])
                before = now
                point = Point(quantile(ordered, 0.5), len(ordered)) if ordered else None
            found.append(point)
        return found


def _shared(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Which share of the longer of two stretches lies in both."""
    (low, high), (first, last) = one, other
    return (min(high, last) - max(low, first)) / max(high - low, last - first, 1)


def _slide(
    ordered: list[Any], amounts: Sequence[Any], before: tuple[int, int], now: tuple[int, int]
) -> None:
    """Puts those in order that are in a window now, and not before; and takes the others out."""
    (first, last), (low, high) = before, now
    for some in (amounts[first:low], amounts[high:last]):
        for value in some:
            del ordered[bisect_left(ordered, value)]
    for some in (amounts[low:first], amounts[last:high]):
        for value in some:
            insort(ordered, value)
