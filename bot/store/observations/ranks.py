"""How large numbers are among others, in many stretches of a list at once.

A wavelet matrix (Claude, Navarro and Ordóñez 2015, Information Systems 47, 15-32): bit by bit, the
highest first, those with a 0 go to the front and those with a 1 behind them. A stretch stays one all
the way down, and is followed by counting: in as many steps as the places of the numbers have bits.
"""

from __future__ import annotations

import numpy as np

from bot.store.observations.windows import Whole


class Ranks:
    """A list of numbers, whose stretches go from a place until another, which does not belong to it."""

    def __init__(self, numbers: Whole) -> None:
        self._different, ranks = np.unique(numbers, return_inverse=True)
        self._zeros: list[Whole] = []
        for bit in reversed(range(len(self._different).bit_length())):
            is_zero = (ranks >> bit) & 1 == 0
            self._zeros.append(np.append(0, np.cumsum(is_zero)))
            # Twice as fast as to choose by truth.
            order = np.concatenate([np.flatnonzero(is_zero), np.flatnonzero(~is_zero)])
            ranks = ranks[order]

    def smallest(self, nth: Whole, lows: Whole, highs: Whole) -> Whole:
        """The number in each stretch that so many others are before, when it is put in order."""
        found = np.zeros(len(nth), np.int64)
        for zeros in self._zeros:
            before, until = zeros[lows], zeros[highs]
            is_one = nth >= until - before
            nth = np.where(is_one, nth - (until - before), nth)
            lows = np.where(is_one, zeros[-1] + lows - before, before)
            highs = np.where(is_one, zeros[-1] + highs - until, until)
            found = 2 * found + is_one
        numbers: Whole = self._different[found]
        return numbers

    def below(self, limits: Whole, lows: Whole, highs: Whole) -> Whole:
        """How many numbers in each stretch are less than its limit."""
        ranks = np.searchsorted(self._different, limits)
        found = np.zeros(len(limits), np.int64)
        for bit, zeros in zip(reversed(range(len(self._zeros))), self._zeros, strict=True):
            before, until = zeros[lows], zeros[highs]
            is_one = (ranks >> bit) & 1 == 1
            found += np.where(is_one, until - before, 0)
            lows = np.where(is_one, zeros[-1] + lows - before, before)
            highs = np.where(is_one, zeros[-1] + highs - until, until)
        return found
