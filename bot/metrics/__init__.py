"""The metric catalogue: every number that deskpulse shows, declared once."""

from bot.metrics import agents, business, knowledge, quality, speed, voice, volume
from bot.metrics.metric import (
    Aggregate,
    AtStart,
    Better,
    Clock,
    Count,
    Distinct,
    Median,
    Metric,
    NetScore,
    Population,
    Quotient,
    Rows,
    Share,
    Sum,
    Surveyed,
    Term,
    Unit,
    Unsolved,
    Where,
)
from bot.metrics.reading import Reading

#: Every metric by its key, in the order in which tables list them.
CATALOGUE: dict[str, Metric] = {
    metric.key: metric
    for family in (volume, speed, quality, voice, knowledge, business, agents)
    for metric in family.METRICS
}

__all__ = [
    "CATALOGUE",
    "Aggregate",
    "AtStart",
    "Better",
    "Clock",
    "Count",
    "Distinct",
    "Median",
    "Metric",
    "NetScore",
    "Population",
    "Quotient",
    "Reading",
    "Rows",
    "Share",
    "Sum",
    "Surveyed",
    "Term",
    "Unit",
    "Unsolved",
    "Where",
]
