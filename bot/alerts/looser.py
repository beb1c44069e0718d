"""Rules that would cost less: a round limit further out, a longer time to last, a longer window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import isclose
from zoneinfo import ZoneInfo

from bot.alerts.budget import Cost, price
from bot.alerts.chance import Chance, History
from bot.alerts.earnings import Earnings
from bot.alerts.rule import Burn, Change, Limit, Old, Rule, Side, Unusual, Waiting, bounds, recovery
from bot.alerts.sense import problem
from bot.alerts.trials import SEED
from bot.metrics import Count, Metric, Unit, Unsolved

#: What there was to see of a rule, as long ago as there is history.
Look = Callable[[Rule], History]


@dataclass(frozen=True, slots=True)
class Looser:
    """A rule that fires less, and what it costs."""

    rule: Rule
    cost: Cost


def proposals(
    rule: Rule, look: Look, zone: ZoneInfo, *, budget: float, seed: int = SEED
) -> list[Looser]:
    """The rules nearest to this one that cost no more than so many false alarms a week.

    Its limit at a round value further out, or a larger change; longer to last; and for what is
    merely unusual a longer window. Nothing where the rule itself fits, or nothing can be said.
    """
    if isinstance(rule.condition, Old | Waiting) or rule.is_of_surveys:
        return []
    chance = Chance(rule, look(rule), zone)
    own = price(rule, chance, seed=seed)
    if not isinstance(own, Cost) or own.per_week <= budget:
        return []

    def priced(other: Rule) -> Cost | None:
        same = other.over == rule.over
        found = price(other, chance if same else Chance(other, look(other), zone), seed=seed)
        return found if isinstance(found, Cost) else None

    ladders = (further(rule), longer(rule), wider(rule))
    found = (_nearest(ladder, priced, budget) for ladder in ladders)
    return [one for one in found if one is not None]


def _nearest(
    ladder: Sequence[Rule], priced: Callable[[Rule], Cost | None], budget: float
) -> Looser | None:
    """The first rule of a ladder that fits: each costs less than the one before it.

    (One that fires nearly always is seldom a new alarm, so that it costs more when it is loosened a
    little. The ladder begins with a rule that does not fit, and the rest falls.)
    """
    low, high, found = 0, len(ladder) - 1, None
    while low <= high:
        middle = (low + high) // 2
        cost = priced(ladder[middle])
        if cost is not None and cost.per_week <= budget:
            found, high = Looser(ladder[middle], cost), middle - 1
        else:
            low = middle + 1
    return found


def suggest(
    rule: Rule, earned: Earnings, look: Look, zone: ZoneInfo, *, seed: int = SEED
) -> Rule | None:
    """A looser rule for one that rather disturbed than helped: with half of its false alarms.

    One round limit further, or twice as long to last, where that cannot be said. `None` for a rule
    that is worth it, and for one that cannot be loosened.
    """
    if not earned.disturbs:
        return None
    if not (isinstance(rule.condition, Old | Waiting) or rule.is_of_surveys):
        own = price(rule, Chance(rule, look(rule), zone), seed=seed)
        if isinstance(own, Cost) and own.per_week > 0:
            half = proposals(rule, look, zone, budget=own.per_week / 2, seed=seed)
            if half:
                return half[0].rule
    return next((ladder[0] for ladder in (further(rule), longer(rule)) if ladder), None)


# --- Ladders -------------------------------------------------------------------------------------

#: How many steps a ladder has at most: further out a rule would watch something else.
MOST_STEPS = 40

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

_LASTING = tuple(_MINUTE * n for n in (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360))
_OVER = tuple(_HOUR * n for n in (1, 2, 3, 4, 6, 12, 24, 48))
_CHANGES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.5, 2, 2.5, 3, 4, 5)
_FACTORS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50)


def further(rule: Rule) -> list[Rule]:
    """The same rule with ever further limits, as people would say them."""
    return _sensible(replace(rule, condition=one) for one in _conditions(rule))


def longer(rule: Rule) -> list[Rule]:
    """The same rule that has to hold for ever longer."""
    if isinstance(rule.condition, Waiting):
        return []
    spans = (span for span in _LASTING if span > rule.lasting and not span % rule.tick)
    return _sensible(replace(rule, lasting=span) for span in spans)


def wider(rule: Rule) -> list[Rule]:
    """The same rule over ever longer windows, for what is unusual: longer ones vary less."""
    if not isinstance(rule.condition, Unusual):
        return []
    return _sensible(replace(rule, over=span) for span in _OVER if span > rule.over)


def _sensible(rules: Iterator[Rule]) -> list[Rule]:
    return [rule for rule in rules if problem(rule) is None][:MOST_STEPS]


def _conditions(
    rule: Rule,
) -> Iterator[Limit | Change | Burn | Old | Waiting]:
    match rule.condition:
        case Limit() as limit if rule.of is not None:
            yield from _limits(rule.of, limit)
        case Change(side, share):
            yield from (Change(side, one) for one in _CHANGES if one > share)
        case Burn(factor) as burn:
            yield from (replace(burn, factor=one) for one in _FACTORS if one > factor)
        case Old(age):
            yield from (Old(span) for span in _spans() if span > age)
        case Waiting(limit):
            yield from (Waiting(span) for span in _spans() if span > limit)


def _limits(metric: Metric, limit: Limit) -> Iterator[Limit]:
    """Round limits beyond; a recovery that nobody chose moves along."""
    is_usual = isclose(limit.recover, recovery(metric, limit.side, limit.value))
    for value in round_values(metric, limit, about=limit.value):
        back = recovery(metric, limit.side, value) if is_usual else limit.recover
        yield Limit(limit.side, value, back)


def round_values(metric: Metric, limit: Limit, *, about: float) -> Iterator[float]:
    """The values beyond a limit that people would say, the nearest first, to well beyond `about`."""
    below = limit.side is Side.BELOW
    values = sorted(_said(metric, about), reverse=below)
    for value in values:
        if value < limit.value if below else value > limit.value:
            yield value


def _said(metric: Metric, about: float) -> Iterator[float]:
    match metric.unit:
        case Unit.SECONDS:
            yield from (span.total_seconds() for span in _spans())
        case Unit.RATIO if bounds(metric) == (0.0, 1.0):
            yield from (half / 200 for half in range(1, 200) if _is_said(half))
        case Unit.SCORE:
            yield from _scores(*bounds(metric))
        case _:
            whole = isinstance(metric.aggregate, Count | Unsolved)
            yield from _numbers(about, whole=whole)


def _is_said(half: int) -> bool:
    """Whether anybody would say half a percent: of a tenth at most, or of nine tenths at least."""
    return half % 2 == 0 or half < 20 or half > 180


#: From a tenth of a minute to four weeks: 30 s, 45 min, 4 h 30, 3 d.
_IN_SECONDS = (5, 10, 15, 20, 30, 45)
_IN_MINUTES = (
    1,
    1.5,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    20,
    25,
    30,
    35,
    40,
    45,
    50,
    60,
    70,
    80,
    90,
    105,
)
_IN_HOURS = (2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 30, 36, 42)
_IN_DAYS = (2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 28)


def _spans() -> Iterator[timedelta]:
    yield from (timedelta(seconds=n) for n in _IN_SECONDS)
    yield from (timedelta(minutes=n) for n in _IN_MINUTES)
    yield from (timedelta(hours=n) for n in _IN_HOURS)
    yield from (timedelta(days=n) for n in _IN_DAYS)


def _scores(low: float, high: float | None) -> Iterator[float]:
    """Every fifth point of a net score, every tenth of a point of few stars."""
    top = 100.0 if high is None else high
    step = 5.0 if top - low >= 50 else 0.1
    yield from (round(low + n * step, 1) for n in range(round((top - low) / step) + 1))


#: What is said of numbers of two digits, and of ten, a hundred … times as much.
_TWO_DIGITS = (
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    18,
    20,
    22,
    25,
    28,
    30,
    35,
    40,
    45,
    50,
    55,
    60,
    65,
    70,
    75,
)
_MORE_DIGITS = (80, 85, 90, 95)


def _numbers(about: float, *, whole: bool) -> Iterator[float]:
    """Round numbers from a tenth to a hundred times as large."""
    size = 0.01
    while size < max(about, 1) * 100:
        for digits in (*_TWO_DIGITS, *_MORE_DIGITS):
            value = round(digits * size, 6)
            if not whole or value.is_integer():
                yield value
        size *= 10
