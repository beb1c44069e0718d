"""A number as it is shown: never without its sample, its interval and its definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain import Slice, Window
from bot.metrics.metric import Metric


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a metric in a window, for all tickets or one slice of them.

    `value` is `None` when there is nothing to compute it from, which is not the same as 0; `n` is
    how many rows it rests on. `low` and `high` bound the 95 % interval where one exists; `p90` and
    `mean` belong to durations. Times are seconds, shares 0 to 1. Everything that the help desks
    had changed by `as_of` is in it (`None`: a desk was never read to its end), and nothing of before
    `since`, to which the first sync went back.
    """

    metric: Metric
    window: Window
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    mean: float | None = None
    slice: Slice | None = None
    as_of: datetime | None = None
    since: datetime | None = None

    @property
    def clock(self) -> str:
        """On which clock a duration runs; the only one so far is the calendar's."""
        return "calendar"
