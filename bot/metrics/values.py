"""From counted terms to the value of a metric, with its sample and its interval: the formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.metrics.metric import Count, Metric, NetScore, Quotient, Share, Sum, Term
from bot.metrics.reading import Poll
from bot.metrics.statistics import (
    adjusted_wald,
    mean_interval,
    median_interval,
    net_score,
    quantile,
    wilson,
)

#: What was counted for each term of a metric; a term that nothing was found for may be missing.
Counted = Mapping[Term, float]


@dataclass(frozen=True, slots=True)
class Value:
    """The computed part of a `Reading`; see there."""

    value: float | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    mean: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    poll: Poll | None = None


NOTHING = Value()
NONE_CAME = Value(value=0, n=0)


def of_terms(metric: Metric, counted: Counted) -> Value:
    """The value of a metric that is made of sums. A division by nothing is no data, never 0."""
    match metric.aggregate:
        case Count(of):
            n = round(total(of, counted))
            return Value(value=n, n=n)
        case Share():
            return _share(*divided(metric, counted))
        case Quotient():
            return _quotient(metric, metric.aggregate, counted)
        case NetScore(promoters, detractors, of):
            answers = (counted.get(term, 0) for term in (promoters, detractors, of))
            return _net_score(*map(round, answers))
    raise TypeError(f"{metric.key} is not made of sums")


def of_durations(ordered: Sequence[float]) -> Value:
    """The median of durations in ascending order, in seconds, with what travels with it."""
    if not ordered:
        return NOTHING
    low, high = median_interval(ordered) or (None, None)
    return Value(
        value=quantile(ordered, 0.5),
        n=len(ordered),
        low=low,
        high=high,
        p90=quantile(ordered, 0.9),
        mean=sum(ordered) / len(ordered),
    )


def divided(metric: Metric, counted: Mapping[Term, Any]) -> tuple[Any, Any]:
    """What of its terms is divided by what: numbers, or arrays of them as `counted` has.

    Raises `TypeError` for what is no fraction.
    """
    match metric.aggregate:
        case Share(above, below) | Quotient(above, below):
            return total(above, counted), total(below, counted)
        case NetScore(promoters, detractors, of):
            above, below, n = (total((term,), counted) for term in (promoters, detractors, of))
            return 100 * (above - below), n
    raise TypeError(f"{metric.key} is no fraction")


def total(terms: Iterable[Term], counted: Mapping[Term, Any]) -> Any:
    """What terms come to together: a number, or an array of them."""
    return sum(counted.get(term, 0) for term in terms)


def _share(hits: float, of: float) -> Value:
    if not of:
        return NOTHING
    low, high = wilson(round(hits), round(of)) or (None, None)
    return Value(hits / of, round(of), low, high, numerator=hits, denominator=of)


def _quotient(metric: Metric, quotient: Quotient, counted: Counted) -> Value:
    above, of = divided(metric, counted)
    if not of:
        return NOTHING
    low, high = _around_mean(metric, quotient, counted) or (None, None)
    return Value(above / of, round(of), low, high, numerator=above, denominator=of)


def _around_mean(
    metric: Metric, quotient: Quotient, counted: Counted
) -> tuple[float, float] | None:
    """The interval of a mean; `None` where its single values are not known, as of what is recorded."""
    n = total((Sum(one.rows) for one in quotient.squares), counted)
    if not quotient.squares or n != total(quotient.of, counted):
        return None
    added, squares = total(quotient.total, counted), total(quotient.squares, counted)
    return mean_interval(round(n), added, squares, within=metric.bounds)


def _net_score(promoters: int, detractors: int, n: int) -> Value:
    if not n:
        return NOTHING
    low, high = adjusted_wald(promoters, detractors, n) or (None, None)
    score = net_score(promoters, detractors, n)
    return Value(score, n, low, high, numerator=promoters - detractors, denominator=n)
