"""Stretches of time as whole seconds, and where they begin and end in a list of moments."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from operator import eq, floordiv, mod

#: In seconds: all that rules look at begins and ends with one of these, as a rule.
STEP = 300

#: Fewer windows than this are looked up one by one.
_MANY = 200

#: So many times as many moments as steps are looked up; fewer are counted.
_FEW = 2

#: From a second until another, which does not belong to it; since 1970.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Windows:
    """Many windows, by their starts and ends in seconds since 1970.

    Those of one length at even distances are ranges, which are small to keep and quick to look up.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    are_on_grid: bool = field(init=False, compare=False)
    """Whether each begins and ends with one of the five minutes of the day."""

    def __post_init__(self) -> None:
        on_grid = _are_on_grid(self.starts) and _are_on_grid(self.ends)
        object.__setattr__(self, "are_on_grid", on_grid)

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
        earlier = _shifted(self.ends, seconds)
        if isinstance(self.starts, range) and isinstance(earlier, range):
            return Windows(self.starts if self.starts.start < earlier.start else earlier, self.ends)
        return Windows(tuple(map(min, self.starts, earlier)), self.ends)

    def spans(self) -> list[Span]:
        """What they cover together."""
        match self.starts, self.ends:
            case range(step=step) as starts, range() as ends if ends[0] - starts[0] >= step > 0:
                return [(starts[0], ends[-1])]
        return joined(self)


class Grid:
    """How many of many moments lie before each step of time, so that windows need not be looked up.

    Most windows of rules begin and end with one of the five minutes of the day.
    """

    def __init__(self, times: Sequence[int]) -> None:
        """`times` are in ascending order."""
        self._times = times
        self._first = 0
        self._before = array("q")

    def positions(self, windows: Windows) -> tuple[Sequence[int], Sequence[int]]:
        """Where in the moments each window begins, and where it ends."""
        if not windows.are_on_grid or len(windows) < _MANY or not self._times:
            return places(self._times, windows.starts), places(self._times, windows.ends)
        return self._at(windows.starts), self._at(windows.ends)

    def _at(self, edges: Sequence[int]) -> Sequence[int]:
        before, first = self._covering(min(edges) // STEP, max(edges) // STEP)
        if isinstance(edges, range):
            start, step = edges.start // STEP - first, edges.step // STEP
            return before[start : start + step * len(edges) : step]
        return [before[edge // STEP - first] for edge in edges]

    def _covering(self, low: int, high: int) -> tuple[array[int], int]:
        """The counts from one step to another at least, and the step of the first of them.

        Before the first moment there are none, after the last there are all.
        """
        if not self._before:
            self._first, self._before = self._counted()
        last = self._first + len(self._before) - 1
        if low < self._first:
            self._before = array("q", [0]) * (self._first - low) + self._before
            self._first = low
        if high > last:
            self._before += array("q", [len(self._times)]) * (high - last)
        return self._before, self._first

    def _counted(self) -> tuple[int, array[int]]:
        first, last = self._times[0] // STEP, self._times[-1] // STEP + 1
        steps = range(first, last + 1)
        if len(self._times) > _FEW * len(steps):
            return first, array("q", places(list(self._times), (step * STEP for step in steps)))
        counts = Counter(map(floordiv, self._times, repeat(STEP)))
        there = map(counts.get, range(first, last), repeat(0))
        return first, array("q", accumulate(there, initial=0))


def _are_on_grid(edges: Sequence[int]) -> bool:
    if isinstance(edges, range):
        return edges.start % STEP == 0 and edges.step % STEP == 0
    return not any(map(mod, edges, repeat(STEP)))


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
