"""Stretches of time as whole seconds since 1970: many at once, and what they cover together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Whole numbers, one for each row or each window: moments, places, counts.
Whole = NDArray[np.int64]

#: From a second until another, which does not belong to it; since 1970.
Span = tuple[int, int]


@dataclass(frozen=True, eq=False, slots=True)
class Windows:
    """Many windows, by their starts and ends. Each is itself alone, so that it can be looked up by."""

    starts: Whole
    ends: Whole

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Windows:
        """Those given one by one."""
        edges = np.array([*spans], np.int64).reshape(-1, 2)
        return cls(edges[:, 0], edges[:, 1])

    @classmethod
    def ending(cls, moments: Whole, before: int, long_before: int) -> Windows:
        """Those that end so long before each moment, and begin so long before it."""
        return cls(moments - long_before, moments - before)

    def __len__(self) -> int:
        return len(self.starts)

    def reaching_back(self, seconds: int) -> Windows:
        """Windows with the same ends that are at least so long."""
        return Windows(np.minimum(self.starts, self.ends - seconds), self.ends)

    def spans(self) -> list[Span]:
        """What they cover together: in order, and apart."""
        order = np.argsort(self.starts, kind="stable")
        order = order[self.ends[order] > self.starts[order]]
        if not len(order):
            return []
        starts, upto = self.starts[order], np.maximum.accumulate(self.ends[order])
        apart = np.flatnonzero(starts[1:] > upto[:-1])
        firsts, lasts = starts[[0, *(apart + 1)]], upto[[*apart, -1]]
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def joined(spans: Iterable[Span]) -> list[Span]:
    """What spans cover together: in order, and apart."""
    return Windows.of(spans).spans()


def without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """What of `spans` is not in `taken`; both in order, and each apart."""
    for start, end in spans:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                yield at, low
            at = max(at, high)
        if at < end:
            yield at, end
