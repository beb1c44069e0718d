"""What one look at a number says of a rule: it holds, it is back inside, it is between, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.alerts.rule import (
    BACK_INSIDE,
    Burn,
    Change,
    Limit,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
)
from bot.metrics import Count, Surveyed, Unsolved
from bot.metrics.usual import Usual


@dataclass(frozen=True, slots=True)
class Observation:
    """What a rule looks at in one moment, of one part.

    `value` is the number in the unit of its metric; the age in seconds of what was read last (`Old`)
    or of a ticket (`Waiting`); how many times as fast as allowed the budget burns in the slow window
    (`Burn`), with the same in the `fast` one. `None` where there is nothing to compute it from. `n` is
    how many rows it rests on, `usual` what is usual for its time, where the rule asks for that.
    """

    value: float | None
    n: int = 0
    usual: Usual | None = None
    fast: float | None = None


#: What is seen in one moment, by part (`None` for all tickets, or for what the desk did not tell);
#: `None` as a whole where the data of that moment were not there in time.
Seen = Mapping[str | None, Observation]


class Verdict(StrEnum):
    """What an observation says of a rule.

    `BETWEEN` its limit and where it is over, a firing alert goes on and no other begins. `FEW` claim
    nothing: there are too few rows, or too little history to say what is usual.
    """

    BREACH = "breach"
    BETWEEN = "between"
    CLEAR = "clear"
    FEW = "few"


def judge(rule: Rule, seen: Observation) -> Verdict:
    """The verdict of a rule about an observation."""
    if seen.value is None or _is_small(rule, seen):
        return Verdict.FEW
    match rule.condition:
        case Limit(side, limit, recover):
            return _beyond(seen.value, side, limit, recover)
        case Change(side, share):
            return _changed(seen, side, share)
        case Unusual(side):
            return _unusual(seen, side)
        case Old(span) | Waiting(span):
            return _beyond(seen.value, Side.ABOVE, span.total_seconds(), span.total_seconds())
        case Burn(factor):
            return _burning(seen, factor)


def needs_sample(rule: Rule) -> bool:
    """Whether `fewest` holds for it: a count is a number whatever it is, a rate of three is not.

    How few answers of a survey are told, the privacy gate decides.
    """
    metric = rule.of
    return metric is not None and not isinstance(metric.aggregate, Count | Unsolved | Surveyed)


def _is_small(rule: Rule, seen: Observation) -> bool:
    return seen.n < rule.fewest and needs_sample(rule)


def _beyond(value: float, side: Side, limit: float, recover: float) -> Verdict:
    if side is Side.BELOW:
        value, limit, recover = -value, -limit, -recover
    if value > limit:
        return Verdict.BREACH
    return Verdict.CLEAR if value <= recover else Verdict.BETWEEN


def _changed(seen: Observation, side: Side, share: float) -> Verdict:
    """Beyond that share of what is usual, and beyond what chance explains: 2 tickets are +100 % of 1."""
    usual, value = seen.usual, seen.value
    if usual is None or value is None:
        return Verdict.FEW
    away = abs(usual.centre) * share
    found = _either(value, usual.centre, side, away, away)
    if found is Verdict.BREACH and usual.low <= value <= usual.high:
        return Verdict.CLEAR
    return found


def _unusual(seen: Observation, side: Side) -> Verdict:
    usual, value = seen.usual, seen.value
    if usual is None or value is None:
        return Verdict.FEW
    return _either(value, usual.centre, side, usual.centre - usual.low, usual.high - usual.centre)


def _either(value: float, centre: float, side: Side, below: float, above: float) -> Verdict:
    """Whether a value lies further from the centre than so much `below` or `above` it.

    It is back inside once it has come a tenth of the way back.
    """
    back = 1 - BACK_INSIDE
    found = {
        Side.ABOVE: _beyond(value, Side.ABOVE, centre + above, centre + above * back),
        Side.BELOW: _beyond(value, Side.BELOW, centre - below, centre - below * back),
    }
    if side is not Side.EITHER:
        return found[side]
    for verdict in (Verdict.BREACH, Verdict.BETWEEN):
        if verdict in found.values():
            return verdict
    return Verdict.CLEAR


def _burning(seen: Observation, factor: float) -> Verdict:
    """Both windows burn; it is over as soon as the fast one no longer does."""
    slow, fast = seen.value, seen.fast
    if slow is None or fast is None:
        return Verdict.FEW
    if slow > factor and fast > factor:
        return Verdict.BREACH
    return Verdict.CLEAR if fast <= factor * (1 - BACK_INSIDE) else Verdict.BETWEEN


def severity(rule: Rule, seen: Observation) -> float:
    """How bad an observation is: of two of one rule the larger is the worse."""
    value = seen.value or 0.0
    match rule.condition:
        case Limit(Side.BELOW):
            return -value
        case Change(side) | Unusual(side) if seen.usual is not None:
            away = value - seen.usual.centre
            return {Side.ABOVE: away, Side.BELOW: -away, Side.EITHER: abs(away)}[side]
    return value
