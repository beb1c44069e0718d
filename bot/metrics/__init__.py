"""The metric catalogue: every number that deskpulse shows, declared once."""

from bot.metrics import quality, speed, volume
from bot.metrics.metric import (
    Aggregate,
    Better,
    Count,
    Median,
    Metric,
    PerDistinct,
    PerRow,
    Population,
    Share,
    Unit,
    Unsolved,
)
from bot.metrics.reading import Reading

#: Every metric by its key, in the order in which tables list them.
CATALOGUE: dict[str, Metric] = {
    metric.key: metric for family in (volume, speed, quality) for metric in family.METRICS
}

__all__ = [
    "CATALOGUE",
    "Aggregate",
    "Better",
    "Count",
    "Median",
    "Metric",
    "PerDistinct",
    "PerRow",
    "Population",
    "Reading",
    "Share",
    "Unit",
    "Unsolved",
]
