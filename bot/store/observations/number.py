"""The number that a rule looks at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.alerts.rule import SLA, Rule
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock, Metric


@dataclass(frozen=True, slots=True)
class Number:
    """What is looked at: a metric, of all tickets, of the part `only`, or of each part `by` itself."""

    metric: Metric
    by: Dimension | None = None
    only: Slice | None = None
    clock: Clock = Clock.CALENDAR

    @classmethod
    def of(cls, rule: Rule) -> Number:
        """That of a rule; of one that is about no number, what is attained of the SLA."""
        metric = rule.of or CATALOGUE[SLA]
        clock = rule.clock if metric.has_business_clock else Clock.CALENDAR
        return cls(metric, rule.by, rule.only, clock)

    @property
    def can_be_sliced(self) -> bool:
        """Whether the rows of the metric have such parts."""
        asked = (self.by, self.only.dimension if self.only else None)
        return {one for one in asked if one is not None} <= self.metric.dimensions
