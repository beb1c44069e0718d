"""Goals: a target, perhaps for one part of the tickets, perhaps to be reached by a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain import Slice
from bot.metrics import Better, Clock, Reading


@dataclass(frozen=True, slots=True)
class Goal:
    """The target of a metric, in its unit, on a clock, for all tickets or one `slice` of them.

    With a date (`by`) the way there is a straight line that begins at `start` on the day `since`.
    """

    metric: str
    target: float
    clock: Clock = Clock.CALENDAR
    slice: Slice | None = None
    start: float | None = None
    by: date | None = None
    since: date | None = None

    def is_about(self, reading: Reading) -> bool:
        """Whether a reading is judged by this goal."""
        return (self.metric, self.clock, self.slice) == (
            reading.metric.key,
            reading.clock,
            reading.slice,
        )

    def expected(self, day: date) -> float:
        """Where the number should be on a day; the target itself once its date has come."""
        if self.by is None or self.start is None or self.since is None or day >= self.by:
            return self.target
        days = (self.by - self.since).days
        gone = max(0, (day - self.since).days)
        return self.start + (self.target - self.start) * gone / days

    def is_met(self, value: float, better: Better) -> bool | None:
        """Whether a value reaches the target; `None` for a metric without a better direction."""
        return _reaches(value, self.target, better)

    def is_on_pace(self, value: float, day: date, better: Better) -> bool | None:
        """Whether a value is as far as it should be on a day; `None` for a goal without a date."""
        if self.by is None:
            return None
        # Where the start was beyond the target, the way would lead back to it.
        return self.is_met(value, better) or _reaches(value, self.expected(day), better)


def _reaches(value: float, target: float, better: Better) -> bool | None:
    if better is Better.NEITHER:
        return None
    return value <= target if better is Better.LOWER else value >= target
