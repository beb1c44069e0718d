"""The rows that several metrics count."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Fact
from bot.metrics.metric import Population, Quotient, Rows, Sum, Where

#: Volume is bucketed by created, resolution by solved.
CREATED = Rows(Population.TICKETS, "created_at")
SOLVED = Rows(Population.TICKETS, "solved_at")

CALLS = Rows(
    Population.CALLS, "started_at", (Where("inbound", "=", 1),), needs=frozenset({Fact.CALLS})
)
ARTICLES = Rows(Population.ARTICLES, "day", needs=frozenset({Fact.ARTICLES}))


def rated(kind: str, moment: str = "given_at") -> Rows:
    """Ratings of one kind, by when they were given (or asked for)."""
    return Rows(Population.RATINGS, moment, (Where("kind", "=", kind),))


def recorded(key: str) -> Rows:
    """Measurements of a metric that somebody recorded, imported or pushed."""
    return Rows(Population.RECORDED, "day", (Where("metric", "=", key),))


def numerator(key: str) -> Sum:
    """What was recorded above the line."""
    return Sum(recorded(key), ("numerator",))


def denominator(key: str) -> Sum:
    """What was recorded below the line."""
    return Sum(recorded(key), ("denominator",))


def mean(*values: Sum, also: str = "") -> Quotient:
    """The mean of what each row has in some columns; `also` of what was recorded under a key."""
    rows = tuple(Sum(one.rows) for one in values)
    return Quotient(
        (*values, numerator(also)) if also else values,
        (*rows, denominator(also)) if also else rows,
        squares=tuple(replace(one, squared=True) for one in values),
    )
