"""How fast an SLA budget is used up: in a slow window, and in a fast one at the end of it."""

from __future__ import annotations

from bot.alerts.judge import Observation
from bot.alerts.rule import Burn, Rule
from bot.store.observations.figures import Figures, Real, Truth


class Burning:
    """How many times as fast as a target allows the budget is used up in each of many moments."""

    def __init__(self, slow: Figures, fast: Figures, target: float) -> None:
        """What is attained in the slow windows and in the fast ones, and what is to be: 0 to 1."""
        self._slow = slow
        self._fast = fast
        self._allowed = 1 - target

    def __getitem__(self, place: int) -> Observation | None:
        slow, fast = self._slow[place], self._fast[place]
        if slow is None:
            return None
        return Observation(self._rate(slow), slow.n, fast=self._rate(fast))

    def loud(self, rule: Rule) -> bytes:
        """Where both windows burn."""
        assert isinstance(rule.condition, Burn)
        factor = rule.condition.factor
        both = (self._burnt(self._slow) > factor) & (self._burnt(self._fast) > factor)
        return (both & self._suffice(rule)).tobytes()

    def enough(self, rule: Rule) -> bytes:
        return self._suffice(rule).tobytes()

    def _suffice(self, rule: Rule) -> Truth:
        """Where the slow window has rows enough, and the fast one any."""
        return self._slow.suffice(rule) & self._fast.known

    def _rate(self, attained: Observation | None) -> float | None:
        if attained is None or attained.value is None:
            return None
        return (1 - attained.value) / self._allowed

    def _burnt(self, attained: Figures) -> Real:
        burnt: Real = (1 - attained.values) / self._allowed
        return burnt
