"""How fast an SLA budget is used up: in a slow window, and in a fast one at the end of it."""

from __future__ import annotations

from math import inf

from bot.alerts.judge import Observation, Verdict, judge
from bot.alerts.rule import Rule
from bot.alerts.sights import Column, Told


class Burning:
    """How many times as fast as a target allows the budget is used up in each of many moments."""

    def __init__(self, slow: Column, fast: Column, target: float) -> None:
        """What is attained in the slow windows and in the fast ones, and what is to be: 0 to 1."""
        self._slow = slow
        self._fast = fast
        self._allowed = 1 - target

    def __getitem__(self, place: int) -> Observation | None:
        slow = self._slow[place]
        if slow is None:
            return None
        return Observation(self._burnt(slow), slow.n, fast=self._burnt(self._fast[place]))

    def loud(self, rule: Rule) -> bytes:
        """Where the slow window does not burn, it does not matter how the fast one does."""
        assert isinstance(self._slow, Told)
        may = Told(self._slow.mapped(self._at_worst)).loud(rule)
        return bytes(
            one and judge(rule, self[place] or _NOTHING) is Verdict.BREACH
            for place, one in enumerate(may)
        )

    def enough(self, rule: Rule) -> bytes:
        """Where both windows have enough."""
        assert isinstance(self._slow, Told)
        may = Told(self._slow.mapped(self._at_worst)).enough(rule)
        return bytes(
            one and judge(rule, self[place] or _NOTHING) is not Verdict.FEW
            for place, one in enumerate(may)
        )

    def _at_worst(self, slow: Observation | None) -> Observation | None:
        """As if the fast window burnt without end."""
        return None if slow is None else Observation(self._burnt(slow), slow.n, fast=inf)

    def _burnt(self, attained: Observation | None) -> float | None:
        if attained is None or attained.value is None:
            return None
        return (1 - attained.value) / self._allowed


_NOTHING = Observation(None)
