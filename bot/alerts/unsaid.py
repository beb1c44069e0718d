"""What a rule means where nothing is said: how long its windows are."""

from __future__ import annotations

from datetime import timedelta

from bot.alerts.rule import Burn, Condition, Rule
from bot.metrics import Count, Median, Metric, Population, Unit, Unsolved

#: What comes in all day long, and waits: long enough for a median, short enough to still mend it.
_HOUR = timedelta(hours=1)

#: A share of tickets takes dozens of them, and a whole day has its quiet hours always.
_DAY = timedelta(days=1)

#: Ratings come late and seldom, and what is recorded by hand comes once a day at best.
_WEEK = timedelta(days=7)

#: The slow window of a burn that is to be mended the same day (Google, The Site Reliability
#: Workbook, chapter 5: 6 h, with a twelfth of it as the fast window).
_BURN = timedelta(hours=6)
_FAST_PART = 12
_FASTEST = timedelta(minutes=5)


def usual_window(condition: Condition, metric: Metric | None) -> timedelta:
    """Over how long a number is taken when no window is said; a snapshot has none, and any will do."""
    if isinstance(condition, Burn):
        return _BURN
    if metric is None or is_snapshot(metric):
        return _HOUR
    counted = {rows.population for rows in metric.rows}
    counted = counted - {Population.RECORDED} or counted
    if counted <= {Population.RATINGS, Population.RECORDED}:
        return _WEEK
    if Population.ARTICLES in counted:
        return _DAY  # views are told by the day
    if metric.unit is Unit.SECONDS or isinstance(metric.aggregate, Count | Median):
        return _HOUR
    return _HOUR if counted == {Population.CALLS} else _DAY


def is_snapshot(metric: Metric) -> bool:
    """Whether it tells how things stand, and not what came in a window."""
    return isinstance(metric.aggregate, Unsolved) or metric.is_surveyed


def usual_fast(over: timedelta) -> timedelta:
    """The fast window of a burn: a twelfth of the slow one, in whole looks at it, at least 5 min."""
    tick = Rule(Burn(0, 0, _FASTEST), over=over).tick
    return max(tick, over / _FAST_PART // tick * tick)
