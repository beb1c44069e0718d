"""Says which row is whose: by values that are equal, near to each other, or in the same order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from bot.surveys.attack.case import Signal
from bot.surveys.attack.evidence import RowId
from bot.surveys.attack.scalars import ORDERED, Kind
from bot.surveys.attack.sight import Known

#: What is known of rows, as of people.
KnownRows = dict[str, tuple[Kind, dict[RowId, Any]]]


class Method(StrEnum):
    """How a value of a person leads to rows."""

    EQUAL = "is"
    NEAREST = "is next to"
    BEFORE = "comes right after"
    AFTER = "comes right before"
    RANK = "is in the order of"
    REVERSED = "is in the reversed order of"
    WITHIN = "is within"


class Idea(NamedTuple):
    """One way to link: a trace of people, how, and a trace of rows. The latter gives them away."""

    signal: Signal
    of_people: str
    method: Method
    of_rows: str

    def __str__(self) -> str:
        return f"{self.of_people} {self.method} {self.of_rows}"


_SIGNALS = {
    Kind.TIME: Signal.TIMES,
    Kind.TRANSACTION: Signal.TRANSACTIONS,
    Kind.PLACE: Signal.ORDER,
    Kind.ID: Signal.IDS,
    Kind.LENGTH: Signal.LENGTHS,
    Kind.COPY: Signal.COPIES,
}
_NEAR = (Method.NEAREST, Method.BEFORE, Method.AFTER)
_RANKS = (Method.RANK, Method.REVERSED)


def ideas(people: Known, rows: KnownRows) -> Iterator[Idea]:
    """All ways to link some people and rows."""
    for of_rows, (kind, _) in rows.items():
        for of_people, (known, values) in people.items():
            for method in _methods(known, kind, values):
                yield Idea(_SIGNALS[kind], of_people, method, of_rows)


def _methods(known: Kind, kind: Kind, values: Mapping[str, Any]) -> tuple[Method, ...]:
    ranked = _RANKS if known in ORDERED and kind is not Kind.COPY else ()
    if known is not kind:
        return ranked
    if kind is Kind.COPY:
        return (Method.WITHIN,)
    if kind is Kind.LENGTH:
        return (*_RANKS, Method.NEAREST)
    is_number = isinstance(next(iter(values.values())), int | float)
    return (*ranked, *(_NEAR if is_number else (Method.EQUAL,)))


def candidates(idea: Idea, people: Known, rows: KnownRows) -> dict[str, frozenset[RowId]]:
    """For each person of whom the idea says something: the rows that may be theirs."""
    if idea.of_people not in people or idea.of_rows not in rows:
        return {}
    own, other = people[idea.of_people][1], rows[idea.of_rows][1]
    by_value: defaultdict[Any, set[RowId]] = defaultdict(set)
    for row, value in other.items():
        by_value[value].add(row)
    match idea.method:
        case Method.EQUAL:
            return {one: frozenset(by_value[own[one]]) for one in own if own[one] in by_value}
        case Method.WITHIN:
            return _within(own, other)
        case Method.RANK | Method.REVERSED:
            return _by_rank(own, other, reverse=idea.method is Method.REVERSED)
        case _:
            return _near(own, by_value, idea.method)


def _within(own: Mapping[str, Any], rows: Mapping[RowId, int]) -> dict[str, frozenset[RowId]]:
    """A person was seen in one copy first, or between two: so were their rows."""
    found = {}
    for person, value in own.items():
        after, until = value if isinstance(value, tuple) else (value - 1, value)
        there = frozenset(row for row, copy in rows.items() if after < copy <= until)
        if there:
            found[person] = there
    return found


def _by_rank(
    own: Mapping[str, Any], rows: Mapping[RowId, Any], *, reverse: bool
) -> dict[str, frozenset[RowId]]:
    """The first of the people has the first of the rows, or the first few where there are more."""
    people, sorted_rows = _in_order(own), _in_order(rows)
    if not people or not sorted_rows:
        return {}
    if reverse:
        people = people[::-1]
    each = len(sorted_rows) / len(people)
    found = {}
    for rank, person in enumerate(people):
        start = min(int(rank * each), len(sorted_rows) - 1)
        end = max(start + 1, int((rank + 1) * each))
        found[person] = frozenset(sorted_rows[start:end])
    return found


def _in_order(values: Mapping[Any, Any]) -> list[Any]:
    """By their values, as far as these are of one type."""
    types = {float if isinstance(value, int | float) else type(value) for value in values.values()}
    return sorted(values, key=lambda one: values[one]) if len(types) == 1 else []


def _near(
    own: Mapping[str, Any], by_value: Mapping[Any, set[RowId]], method: Method
) -> dict[str, frozenset[RowId]]:
    there = sorted(value for value in by_value if isinstance(value, int | float))
    found = {}
    for person, value in own.items():
        nearest = _nearest(value, there, method) if isinstance(value, int | float) else []
        rows = frozenset(row for one in nearest for row in by_value[one])
        if rows:
            found[person] = rows
    return found


def _nearest(value: float, there: list[float], method: Method) -> list[float]:
    """The values next to one: on both sides, or only those that are not above, or not below."""
    below = there[bisect_right(there, value) - 1 :][:1] if bisect_right(there, value) else []
    above = there[bisect_left(there, value) :][:1]
    if method is not Method.NEAREST:
        return below if method is Method.BEFORE else above
    least = min((abs(one - value) for one in (*below, *above)), default=0)
    return [one for one in {*below, *above} if abs(one - value) == least]
