"""TicketSQL and TransactionSQL, in which Request Tracker is searched, as far as they are asked here.

The rules are those of `lib/RT/SQL.pm`, `lib/RT/Tickets.pm`, `lib/RT/Transactions.pm` and
`lib/RT/Date.pm`, dates misread as there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

#: Whether a row is as a condition wants it.
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class _Is:
    column: str
    operator: str
    value: str

    def test(self, zone: str) -> Test:
        if self == _ACTIVE:
            return lambda row: row.status not in ("resolved", "rejected", "deleted")
        compares, have = _OPERATORS[self.operator], operator.attrgetter(_ATTRIBUTES[self.column])
        if self.column == "ObjectType":
            is_so = compares("RT::Ticket", self.value)
            return lambda _row: is_so
        if self.column in _DATES:
            moment = _date_as_read(self.value, zone)
            return lambda row: compares(have(row).replace(microsecond=0), moment)
        if self.column in _NUMBERS:
            number = int(self.value)
            return lambda row: compares(have(row), number)
        text = self.value.casefold()
        return lambda row: compares(have(row).casefold(), text)


@dataclass(frozen=True, slots=True)
class _All:
    parts: Sequence[_Condition]

    def test(self, zone: str) -> Test:
        tests = [part.test(zone) for part in self.parts]
        return lambda row: all(holds(row) for holds in tests)


@dataclass(frozen=True, slots=True)
class _Any:
    parts: Sequence[_Condition]

    def test(self, zone: str) -> Test:
        tests = [part.test(zone) for part in self.parts]
        return lambda row: any(holds(row) for holds in tests)


@dataclass(frozen=True, slots=True)
class _OneOf:
    """Numbers joined by OR: a whole page of tickets is asked about so, one comparison is enough."""

    column: str
    numbers: frozenset[int]

    def test(self, zone: str) -> Test:  # noqa: ARG002
        have, numbers = operator.attrgetter(_ATTRIBUTES[self.column]), self.numbers
        return lambda row: have(row) in numbers


_Condition = _Is | _All | _Any | _OneOf

_ACTIVE = _Is("Status", "=", "__Active__")

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_ATTRIBUTES = {
    "id": "id",
    "Queue": "queue",
    "Status": "status",
    "Created": "created",
    "LastUpdated": "updated",
    "TimeWorked": "worked",
    "ObjectId": "ticket",
    "ObjectType": "ticket",
    "Type": "type",
    "Field": "field",
    "OldValue": "old",
    "NewValue": "new",
}
_DATES = frozenset({"Created", "LastUpdated"})
_NUMBERS = frozenset({"id", "ObjectId", "TimeWorked"})
TICKET_COLUMNS = frozenset({"id", "Queue", "Status", "Created", "LastUpdated", "TimeWorked"})
TRANSACTION_COLUMNS = frozenset(_ATTRIBUTES) - {"Queue", "Status", "LastUpdated", "TimeWorked"}


@lru_cache(maxsize=64)
def _date_as_read(literal: str, zone: str) -> datetime:
    """The moment that Request Tracker takes a date for: in the zone of the account.

    A suffix such as UTC or +00:00 is ignored, and `Z` makes it drop the time of day.
    """
    told = re.match(r"(\d+-\d+-\d+)[ T]?(\d+:\d+:\d+)?(.*)", literal)
    if told is None:
        raise SyntaxError(f"Unknown date: {literal}")
    time = "00:00:00" if told[3] == "Z" else told[2] or "00:00:00"
    return datetime.fromisoformat(f"{told[1]}T{time}").replace(tzinfo=ZoneInfo(zone))


@dataclass(frozen=True, slots=True)
class Query:
    """A condition, and what can be told from its outermost ANDs."""

    condition: _Condition

    def test(self, zone: str) -> Test:
        """Tells of a row whether it is asked for by an account in this zone."""
        return self.condition.test(zone)

    def has(self, column: str, operator: str, value: str) -> bool:
        return _Is(column, operator, value) in self._parts

    @property
    def above(self) -> int:
        """The `id` that all have to be greater than."""
        simple = [part for part in self._parts if isinstance(part, _Is)]
        named = [part for part in simple if (part.column, part.operator) == ("id", ">")]
        return max((int(part.value) for part in named), default=0)

    def numbers(self, column: str) -> Collection[int] | None:
        """The numbers that are named one by one, joined by OR; `None` if that is not so."""
        for part in self._parts:
            if isinstance(part, _OneOf) and part.column == column:
                return part.numbers
            if isinstance(part, _Is) and (part.column, part.operator) == (column, "="):
                return [int(part.value)]
        return None

    @property
    def _parts(self) -> Sequence[_Condition]:
        return self.condition.parts if isinstance(self.condition, _All) else [self.condition]


_WORD = re.compile(r"\s*(\(|\)|'(?:[^'\\]|\\.)*'|[<>!=]+|[\w.]+)")


@lru_cache(maxsize=64)
def parsed(query: str, columns: frozenset[str]) -> Query:
    """What a query asks for. Raises `SyntaxError` for what Request Tracker does not understand."""
    words = _WORD.findall(query)
    condition = _any_of(words, columns)
    if words:
        raise SyntaxError(f"Incomplete Query: {words[0]}")
    return Query(condition)


def _any_of(words: list[str], columns: frozenset[str]) -> _Condition:
    parts = [_all_of(words, columns)]
    while words and words[0] == "OR":
        words.pop(0)
        parts.append(_all_of(words, columns))
    return parts[0] if len(parts) == 1 else _either(parts)


def _either(parts: Sequence[_Condition]) -> _Condition:
    for column in ("id", "ObjectId"):
        named = [part for part in parts if isinstance(part, _Is) and part.column == column]
        if len(named) == len(parts) and all(part.operator == "=" for part in named):
            return _OneOf(column, frozenset(int(part.value) for part in named))
    return _Any(parts)


def _all_of(words: list[str], columns: frozenset[str]) -> _Condition:
    parts = [_one(words, columns)]
    while words and words[0] == "AND":
        words.pop(0)
        parts.append(_one(words, columns))
    return parts[0] if len(parts) == 1 else _All(parts)


def _one(words: list[str], columns: frozenset[str]) -> _Condition:
    word = words.pop(0)
    if word == "(":
        inner = _any_of(words, columns)
        words.pop(0)
        return inner
    if word not in columns:
        raise SyntaxError(f"Unknown field: {word}")
    compare, value = words.pop(0), words.pop(0)
    if compare not in _OPERATORS:
        raise SyntaxError(f"Unknown operator: {compare}")
    return _Is(word, compare, re.sub(r"\\(.)", r"\1", value.strip("'")))
