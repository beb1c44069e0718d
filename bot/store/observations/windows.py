"""Stretches of time as whole seconds, and where they begin and end in a list of moments."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from operator import eq, floordiv

#: In seconds: all that rules look at begins and ends with one of these, as a rule.
STEP = 300

#: Fewer windows than this are looked up one by one.
_MANY = 200

#: From a second until another, which does not belong to it; since 1970.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Windows:
    """Many windows, by their starts and ends in seconds since 1970.

    Those of one length at even distances are ranges, which are small to keep and quick to look up.
    """

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, starts: Sequence[int], ends: Sequence[int]) -> Windows:
        return cls(even(starts), even(ends))

    @classmethod
    def ending(cls, moments: Sequence[int], before: int, long_before: int) -> Windows:
        """Those that end so long before each moment, and begin so long before it."""
        return cls(_shifted(moments, long_before), _shifted(moments, before))

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Span]:
        return zip(self.starts, self.ends, strict=True)

    def reaching_back(self, seconds: int) -> Windows:
        """Windows with the same ends that are at least so long."""
        return Windows.of([min(start, end - seconds) for start, end in self], self.ends)

    def spans(self) -> list[Span]:
        """What they cover together."""
        match self.starts, self.ends:
            case range(step=step) as starts, range() as ends if ends[0] - starts[0] >= step > 0:
                return [(starts[0], ends[-1])]
        return joined(self)

    @property
    def are_on_grid(self) -> bool:
        """Whether each begins and ends with one of the five minutes of the day."""
        return _are_on_grid(self.starts) and _are_on_grid(self.ends)


def _are_on_grid(edges: Sequence[int]) -> bool:
    if isinstance(edges, range):
        return edges.start % STEP == 0 and edges.step % STEP == 0
    return not any(edge % STEP for edge in edges)


class Grid:
    """How many of many moments lie before each step of time, so that windows need not be looked up.

    Most windows of rules begin and end every five minutes.
    """

    def __init__(self, times: Sequence[int]) -> None:
        """`times` are in ascending order."""
        self._times = times
        self._first = 0
        self._before: Sequence[int] = ()

    def positions(self, windows: Windows) -> tuple[Sequence[int], Sequence[int]]:
        """Where in the moments each window begins, and where it ends."""
        if len(windows) < _MANY or not windows.are_on_grid:
            return places(self._times, windows.starts), places(self._times, windows.ends)
        self._reach(min(windows.starts) // STEP, max(windows.ends) // STEP)
        return self._at(windows.starts), self._at(windows.ends)

    def _at(self, edges: Sequence[int]) -> Sequence[int]:
        if isinstance(edges, range):
            first, step = edges.start // STEP - self._first, edges.step // STEP
            return self._before[first : first + step * len(edges) : step]
        return [self._before[edge // STEP - self._first] for edge in edges]

    def _reach(self, first: int, last: int) -> None:
        """Counts from one step to another, as far as that is not done yet."""
        if self._first <= first and last < self._first + len(self._before):
            return
        if self._before:
            first, last = min(first, self._first), max(last, self._first + len(self._before) - 1)
        counts = Counter(map(floordiv, self._times, repeat(STEP)))
        [earlier] = places(self._times, [first * STEP])
        there = map(counts.get, range(first, last), repeat(0))
        self._first, self._before = first, array("q", accumulate(there, initial=earlier))


def even(edges: Sequence[int]) -> Sequence[int]:
    """The same as a range, if they lie at even distances."""
    if isinstance(edges, range):
        return edges
    if len(edges) < 2 or (step := edges[1] - edges[0]) <= 0:
        return tuple(edges)
    found = range(edges[0], edges[0] + step * len(edges), step)
    return found if all(map(eq, edges, found)) else tuple(edges)


def _shifted(moments: Sequence[int], back: int) -> Sequence[int]:
    if isinstance(moments, range):
        return range(moments.start - back, moments.stop - back, moments.step)
    return tuple(moment - back for moment in moments)


def places(times: Sequence[int], edges: Iterable[int]) -> list[int]:
    """How many of the ascending `times` lie before each edge."""
    return list(map(bisect_left, repeat(times), edges))


def joined(spans: Iterable[Span]) -> list[Span]:
    """What they cover together: in order, and apart."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What of `spans` is not in `taken`; both in order, and each apart."""
    left: list[Span] = []
    for start, end in spans:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < end:
            left.append((at, end))
    return left
