"""What a number comes to in many windows, and in which of them a rule may be broken by it."""

from __future__ import annotations

from math import isnan

import numpy as np
from numpy.typing import NDArray

from bot.alerts.judge import Observation, needs_sample
from bot.alerts.rule import Limit, Rule, Side
from bot.store.observations.windows import Whole

Real = NDArray[np.float64]
Truth = NDArray[np.bool_]


class Figures:
    """The number of one part: its `values` (nan: there is none), and on how many rows (`n`) they rest.

    In a window in which the part is not `there`, nothing is known of it.
    """

    def __init__(self, values: Real | Whole, n: Whole, there: Truth | None = None) -> None:
        self.values = values
        self.n = n
        self.there = there

    def __getitem__(self, place: int) -> Observation | None:
        if self.there is not None and not self.there[place]:
            return None
        value = self.values.item(place)
        return Observation(None if isnan(value) else value, self.n.item(place))

    def loud(self, rule: Rule) -> bytes:
        """Where a value lies beyond the limit of the rule."""
        assert isinstance(rule.condition, Limit)
        is_below = rule.condition.side is Side.BELOW
        limit = rule.condition.value
        beyond = self.values < limit if is_below else self.values > limit
        return (beyond & self.suffice(rule)).tobytes()

    def enough(self, rule: Rule) -> bytes:
        return self.suffice(rule).tobytes()

    def suffice(self, rule: Rule) -> Truth:
        """Where there is a value, on as many rows as the rule wants."""
        return self.known & (self.n >= rule.fewest) if needs_sample(rule) else self.known

    @property
    def known(self) -> Truth:
        """Where there is a value."""
        found: Truth = ~np.isnan(self.values)
        return found if self.there is None else found & self.there


def nothing(count: int) -> Figures:
    """Of so many windows, where there is nothing to compute a value from."""
    return Figures(np.full(count, np.nan), np.zeros(count, np.int64))
