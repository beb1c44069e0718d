"""What a rule costs: how often it would fire in a week in which nothing is wrong.

It is taken through made-up days (`bot/alerts/trials.py`) by the very evaluator that judges it live.
What is bad for no reason, or for a small one such as somebody being ill, counts as a false alarm; an
outage does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from statistics import fmean, variance
from zoneinfo import ZoneInfo

from bot.alerts.chance import Chance, History
from bot.alerts.rehearsal import firings, replay
from bot.alerts.rule import Old, Rule, Waiting
from bot.alerts.trials import SEED, Tally, Trials
from bot.metrics.statistics import Z

#: So many false alarms a week a channel puts up with, unless it says otherwise.
PER_WEEK = 1.0

#: A cost takes so many weeks of history: fewer do not tell what is usual for a weekday.
WEEKS = 8


class Basis(StrEnum):
    """How a cost is known: from what chance does, counted in history, or it is none by its nature.

    There is no chance in the age of data, and none from day to day in what surveys tell: what history
    shows is told. A ticket that waits is never a false alarm.
    """

    CHANCE = "chance"
    HISTORY = "history"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Cost:
    """How many false alarms a week a rule is expected to give, and the 95 % interval of that.

    Behind it are so many `weeks` of history, without so many days of `outages`.
    """

    per_week: float
    low: float
    high: float
    weeks: float
    basis: Basis = Basis.CHANCE
    outages: int = 0


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Nothing can be said: there are so many weeks of history in which the rule could be judged."""

    weeks: float
    needed: int = WEEKS


def cost(rule: Rule, history: History, zone: ZoneInfo, *, seed: int = SEED) -> Cost | TooLittle:
    """What a rule costs by its history: what there was to see at each of its slots."""
    there = sum(seen is not None for seen in history.seen) * rule.tick / timedelta(weeks=1)
    match rule.condition:
        case Waiting():
            return Cost(0.0, 0.0, 0.0, there, Basis.NEVER)
        case Old():
            return _counted(rule, history, there)
    if rule.is_of_surveys:
        return _counted(rule, history, there)
    return price(rule, Chance(rule, history, zone), seed=seed)


def _counted(rule: Rule, history: History, weeks: float) -> Cost | TooLittle:
    if weeks < WEEKS - 1 / 7:
        return TooLittle(weeks)
    found = len(firings(replay(rule, history.moments, history.seen)))
    low, high = _interval(found, 1.0)
    return Cost(found / weeks, low / weeks, high / weeks, weeks, Basis.HISTORY)


def price(rule: Rule, chance: Chance, *, seed: int = SEED) -> Cost | TooLittle:
    """What a rule costs that watches what `chance` was made for."""
    weeks = len(chance.days) / 7
    if weeks < WEEKS - 1 / 7 or not chance.parts:
        return TooLittle(weeks if chance.parts else 0.0)
    tally = Trials(rule, chance, seed).tally()
    weekdays: dict[int, list[int]] = defaultdict(list)
    for (_, weekday), opened in tally.items():
        weekdays[weekday] += opened
    per_week = sum(map(fmean, weekdays.values()))
    low, high = _between(per_week, tally)
    return Cost(per_week, low, high, weeks, outages=len(chance.outages))


# --- How well it is known ------------------------------------------------------------------------


def _between(per_week: float, tally: Tally) -> tuple[float, float]:
    """The interval of a rate: what the days of the history, taken by their weeks, agree upon.

    Those of one week are alike. Incidents that come in bursts tell less than as many lone ones.
    """
    days: dict[date, list[int]] = defaultdict(list)
    for (day, _), opened in tally.items():
        days[day] += opened
    by_week: dict[tuple[int, int], list[float]] = defaultdict(list)
    for day, opened in days.items():
        by_week[day.isocalendar()[:2]].append(fmean(opened))
    weeks = len(days) / 7
    sums = [fmean(found) * 7 for found in by_week.values() if len(found) > 3]
    bursts = variance(sums) / fmean(sums) if len(sums) > 1 and fmean(sums) > 0 else 1.0
    low, high = _interval(per_week * weeks, max(bursts, 1.0))
    return low / weeks, high / weeks


def _interval(count: float, bursts: float) -> tuple[float, float]:
    """Byar's interval of a number of events that come in bursts of so many; see `poisson_interval`."""
    found = count / bursts
    low = _byar(found, -Z) if found > 0 else 0.0
    return max(0.0, low * bursts), _byar(found + 1, Z) * bursts


def _byar(count: float, z: float) -> float:
    return float(count * (1 - 1 / (9 * count) + z / (3 * sqrt(count))) ** 3)
