"""Chance that falls the same way for the same seed."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Shares(Generic[T]):
    """How often each of several things is the case, relative to the others."""

    def __init__(self, shares: Mapping[T, float]) -> None:
        self.names = tuple(shares)
        self.sums = tuple(accumulate(shares.values()))


class Dice(Random):
    """Throws numbers, events and durations."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    def below(self, number: int) -> int:
        return int(self.random() * number)

    def around(self, usual: float, spread: float) -> float:
        """A positive number whose median is `usual`: durations are lognormal, roughly."""
        return usual * math.exp(self.gauss(0, spread))

    def number(self, usual: float) -> int:
        """How many come when `usual` many are expected."""
        return max(0, round(self.gauss(usual, math.sqrt(usual))))

    def pick(self, shares: Shares[T]) -> T:
        at = self.random() * shares.sums[-1]
        return shares.names[bisect_right(shares.sums, at, hi=len(shares.names) - 1)]

    def picks(self, shares: Shares[T], number: int) -> list[T]:
        """So many at once, which is faster."""
        return self.choices(shares.names, cum_weights=shares.sums, k=number)
