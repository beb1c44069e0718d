"""A number as it is shown: never without its sample, its interval and its definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain import Fact, Slice, Window
from bot.metrics.metric import Clock, Metric


@dataclass(frozen=True, slots=True)
class Lack:
    """A help desk that cannot give a number, for want of a fact."""

    desk: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Poll:
    """The wave of a survey behind a number: the last one that closed in the window.

    `asked` of so many people, of whom so many `answered`. Without a value it is `withheld`: by the
    privacy gate, whose reason that is, because of fewer than `fewest` answers; or because it is
    `NOT_FOR_ALL`.
    """

    wave: int
    closed_at: datetime
    asked: int
    answered: int
    fewest: int
    withheld: str | None = None


#: Why a number is not told: its survey is not one whose results everybody may see.
NOT_FOR_ALL = "not for all"


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a metric in a window, for all tickets or one slice of them.

    `value` is `None` when there is nothing to compute it from, which is not the same as 0; `n` is
    how many rows it rests on. `low` and `high` bound the 95 % interval where one exists; `p90` and
    `mean` belong to durations, `numerator` and `denominator` to what is divided. Times are seconds,
    shares 0 to 1. Everything that the help desks had changed by `as_of` is in it (`None`: a desk
    was never read to its end), and nothing of before `since`, to which the first sync went back.
    Business time is that of deskpulse, but for the help desks `as_counted_by` which it is their own.
    `lacks` are the help desks that cannot give it; it `is_possible` as long as one can, or somebody
    records it. What is asked in surveys has the `poll` that it is of, where one closed in the window.
    """

    metric: Metric
    window: Window
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    mean: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    slice: Slice | None = None
    clock: Clock = Clock.CALENDAR
    as_of: datetime | None = None
    since: datetime | None = None
    lacks: tuple[Lack, ...] = ()
    as_counted_by: tuple[str, ...] = ()
    is_possible: bool = True
    poll: Poll | None = None
