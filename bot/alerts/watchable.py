"""Which numbers an alert can watch: those that help desks tell by the minute, and those of surveys."""

from __future__ import annotations

from enum import StrEnum

from bot.metrics import Metric, Population


class Unwatchable(StrEnum):
    """Why an alert cannot watch a number."""

    RECORDED = "recorded"
    """People record it, for whole days, and days later."""
    BY_DAY = "by day"
    """The help desks tell it for whole days."""


def unwatchable(metric: Metric) -> Unwatchable | None:
    """Why an alert cannot watch a metric; `None` where it can.

    Where a number comes from help desks and is recorded as well, an alert watches what comes from
    help desks.
    """
    sources = {rows.population for rows in metric.numerator} - {Population.RECORDED}
    if metric.numerator and not sources:
        return Unwatchable.RECORDED
    return Unwatchable.BY_DAY if sources == {Population.ARTICLES} else None


def alertable(metric: Metric) -> bool:
    """Whether an alert can watch a metric."""
    return unwatchable(metric) is None
