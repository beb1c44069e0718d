"""Which numbers an alert can watch: those that help desks tell by the minute."""

from __future__ import annotations

from enum import StrEnum

from bot.metrics import Metric, Population, Surveyed


class Unwatchable(StrEnum):
    """Why an alert cannot watch a number."""

    SURVEYED = "surveyed"
    """It is asked of the agents: only the privacy gate of the surveys gives it out."""
    RECORDED = "recorded"
    """People record it, for whole days, and days later."""
    BY_DAY = "by day"
    """The help desks tell it for whole days."""


def unwatchable(metric: Metric) -> Unwatchable | None:
    """Why an alert cannot watch a metric; `None` where it can.

    Where a number comes from help desks and is recorded as well, an alert watches what comes from
    help desks.
    """
    if isinstance(metric.aggregate, Surveyed):
        return Unwatchable.SURVEYED
    sources = {rows.population for rows in metric.numerator} - {Population.RECORDED}
    if metric.numerator and not sources:
        return Unwatchable.RECORDED
    return Unwatchable.BY_DAY if sources == {Population.ARTICLES} else None


def alertable(metric: Metric) -> bool:
    """Whether an alert can watch a metric."""
    return unwatchable(metric) is None
