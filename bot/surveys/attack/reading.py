"""Says what somebody answered: by what stands, came or changed around the moments they were seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.surveys.attack.case import Signal, Watched
from bot.surveys.attack.evidence import LOG, Happening, Scalar, Version
from bot.surveys.attack.scalars import flat, moment_of
from bot.surveys.attack.sight import Sight, seen

#: Versions of so many transactions before and after the one in which somebody was seen are theirs.
NEIGHBOURS = 3

#: The longest text that is taken for an answer as a whole.
_LONGEST = 40

Label = Hashable


class Clue(NamedTuple):
    """A kind of thing that can be read, by the signal that it is."""

    signal: Signal
    name: str


Clues = dict[Clue, Hashable]


# --- What was around -----------------------------------------------------------------------------


class Around(NamedTuple):
    """A version around somebody, and whether it is of the very transaction they were seen in."""

    version: Version
    is_same: bool


def around_watched(versions: Iterable[Version], watched: Watched) -> list[Around]:
    """What happened between the copies between which somebody answered."""
    between = (one for one in versions if watched.after < one.copy <= watched.until)
    return [Around(one, is_same=False) for one in between]


def around_seen(versions: Sequence[Version], sight: Sight) -> dict[str, list[Around]]:
    """For each person what they were seen in, and what happened in the transactions next to it.

    Where the storage tells of no transactions: what shows first in the same copy.
    """
    sightings: defaultdict[str, list[Version]] = defaultdict(list)
    for one in seen(versions, sight):
        sightings[one.person].append(one.version)
    return {
        person: [
            Around(other, is_same=min(away) == 0)
            for other in versions
            if (away := [_away(other, one) for one in own]) and min(away) <= NEIGHBOURS
        ]
        for person, own in sightings.items()
    }


def _away(other: Version, one: Version) -> int:
    """How many transactions lie between two versions; more than matter where nobody can tell."""
    if other is one:
        return 0
    if LOG in (other.row.table, one.row.table):
        return NEIGHBOURS + 1
    if other.transaction is None or one.transaction is None:
        return NEIGHBOURS if other.copy == one.copy else NEIGHBOURS + 1
    return abs(other.transaction - one.transaction)


# --- What can be read of it ----------------------------------------------------------------------


def clues(around: Iterable[Around]) -> Clues:
    """All that can be read of what was around, each thing as one value."""
    found: defaultdict[Clue, list[Scalar]] = defaultdict(list)
    for version, is_same in around:
        for clue, value in _of(version):
            found[clue].append(value)
            if is_same:
                found[Clue(clue.signal, f"{clue.name}, in one transaction")].append(value)
    return {clue: _together(clue.signal, values) for clue, values in found.items()}


def _together(signal: Signal, values: Sequence[Scalar]) -> Hashable:
    if signal is Signal.COPIES:
        return len(values)
    if signal in (Signal.LENGTHS, Signal.COUNTERS):
        return round(sum(value for value in values if isinstance(value, int | float)), 6)
    return tuple(sorted(map(str, values)))


def _of(version: Version) -> Iterator[tuple[Clue, Scalar]]:
    table, values = version.row.table, flat(version.values)
    yield Clue(Signal.COPIES, f"how many of {table} {version.happening}"), 1
    if version.happening is Happening.WENT:
        return
    for name, value in values.items():
        if isinstance(value, bytes | str):
            yield Clue(Signal.LENGTHS, f"the length of {table}.{name}"), len(value)
        if _may_be_an_answer(value):
            yield Clue(Signal.PLAIN_TEXT, f"{table}.{name}"), value
    if version.happening is Happening.CHANGED:
        yield from _risen(table, values, flat(version.before))


def _may_be_an_answer(value: Scalar) -> bool:
    if isinstance(value, str | bytes):
        return isinstance(value, str) and len(value) <= _LONGEST and moment_of(value) is None
    return value is not None and (isinstance(value, bool) or moment_of(value) is None)


def _risen(
    table: str, values: Mapping[str, Scalar], before: Mapping[str, Scalar]
) -> Iterator[tuple[Clue, float]]:
    """By how much numbers changed, and means: each of them times a count that stands beside it."""
    now, then = _numbers(values), _numbers(before)
    changed = [name for name in now if name in then and now[name] != then[name]]
    for name in changed:
        yield Clue(Signal.COUNTERS, f"the change of {table}.{name}"), now[name] - then[name]
        for count in changed:
            if isinstance(values[count], int) and count != name:
                sums = now[name] * now[count], then[name] * then[count]
                clue = Clue(Signal.COUNTERS, f"the change of {table}.{name} times {count}")
                yield clue, sums[0] - sums[1]


def _numbers(values: Mapping[str, Scalar]) -> dict[str, float]:
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


# --- What it means -------------------------------------------------------------------------------


@dataclass
class Reader:
    """Learns from waves of which the truth is known what a clue means, and reads it in others."""

    _with: dict[Hashable, Counter[Label]] = field(default_factory=lambda: defaultdict(Counter))
    _all: Counter[Label] = field(default_factory=Counter)

    def learn(self, clue: Hashable, label: Label) -> None:
        self._with[clue][label] += 1
        self._all[label] += 1

    def guess(self, clue: Hashable, shares: Mapping[Label, int]) -> Label:
        """What was probably answered, where so many in all gave each answer."""
        counts = self._with.get(clue) or self._with.get(self._nearest(clue)) or Counter()
        return max(shares, key=lambda label: (shares[label] * self._weight(counts, label), label))

    def _weight(self, counts: Counter[Label], label: Label) -> float:
        """How much more likely the clue is with that answer."""
        return (counts[label] + 0.5 / max(1, len(self._with))) / (self._all[label] + 0.5)

    def _nearest(self, clue: Hashable) -> Hashable:
        if not isinstance(clue, int | float):
            return None
        numbers = [one for one in self._with if isinstance(one, int | float)]
        return min(numbers, key=lambda one: abs(one - clue), default=None)
