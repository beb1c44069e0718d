"""What copies of a real deployment could tell: nobody knows the truth there, so nothing is proved.

Each finding says what could be linked by one kind of trace, how many people that would single out,
and among how many answers the others would be. What is no trouble is told too, so that it is known to
have been looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Any

from bot.surveys.attack import clear, seals
from bot.surveys.attack.case import Signal
from bot.surveys.attack.evidence import LOG, Evidence, Happening, RowId, Version
from bot.surveys.attack.scalars import Kind, Trace, traces
from bot.surveys.attack.sight import Person, Seen, Sight, seen

#: What happened so close to each other may have been done by the same person: seconds, transactions.
_CLOSE = {Kind.TIME: 60.0, Kind.TRANSACTION: 3.0}

#: Ids that are in order by chance once in a thousand times are (Kendall's rank correlation).
_IN_ORDER = 3.29

#: Fewer rows than this say nothing about an order.
_FEWEST = 8

#: So few people are always near something: leads, of whom every change is written down.
_LEADS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found by one kind of trace. `is_trouble`: somebody has to look at it."""

    signal: Signal
    told: str
    is_trouble: bool


def people_in(evidence: Evidence) -> list[Person]:
    """Everybody whose Slack id stands anywhere, openly."""
    told = (text for _, text in clear.told(evidence.versions))
    texts = (one.text for one in evidence.texts)
    found = {one for text in (*told, *texts) for one in clear.slack_ids(text)}
    return [Person(one) for one in sorted(found)]


def suspicions(evidence: Evidence, answers: Collection[str]) -> list[Finding]:
    """All findings; `answers` are the tables in which answers are kept, a row for each."""
    people = people_in(evidence)
    rows = _rows(evidence.versions, answers)
    sightings = list(seen(evidence.versions, Sight(people)))
    return [
        *_in_clear(evidence),
        *_times(rows),
        *_ids(rows),
        *_lengths(rows),
        *_close(Signal.TIMES, Kind.TIME, sightings, rows),
        *_close(Signal.TRANSACTIONS, Kind.TRANSACTION, sightings, rows),
        *_between_copies(sightings, rows),
        *_in_step(sightings, rows),
        *_counters(evidence.versions, answers),
        *_keys(evidence),
        *_still_there(evidence),
    ]


#: The traces of answers, by table, kind and name.
_Rows = dict[str, dict[tuple[Kind, str], dict[RowId, Any]]]


def _rows(versions: Iterable[Version], answers: Collection[str]) -> _Rows:
    found: _Rows = {table: defaultdict(dict) for table in answers}
    for version in versions:
        table = version.row.table
        if table in found and version.happening is not Happening.WENT:
            for trace in traces(version):
                found[table][trace.kind, trace.name].setdefault(version.row, trace.value)
    return found


# --- Where people stand --------------------------------------------------------------------------


def _in_clear(evidence: Evidence) -> Iterator[Finding]:
    """In rows of today people may stand openly; where rows are no more, or in a log, they should not."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for where, text in clear.told(evidence.versions):
        places[where] |= clear.slack_ids(text)
    known = set().union(*(ids for where, ids in places.items() if where != clear.LOGS))
    for where, text in evidence.texts:
        places[where] |= clear.slack_ids(text) - known
    for where, ids in sorted(places.items()):
        if ids:
            is_row = "." in where and where != clear.LOGS
            told = f"{len(ids)} people stand openly in {where}"
            yield Finding(Signal.PLAIN_TEXT, told, is_trouble=not is_row)


# --- What answers tell by themselves -------------------------------------------------------------


def _times(rows: _Rows) -> Iterator[Finding]:
    for table, known in rows.items():
        number = max((len(of) for of in known.values()), default=0)
        times = {name: len(of) for (kind, name), of in known.items() if kind is Kind.TIME}
        found = [name for name, there in times.items() if there > number / 2]
        for name in found:
            told = f"{name} tells a moment of {times[name]} of {number} rows"
            yield Finding(Signal.TIMES, told, is_trouble=True)
        if not found:
            yield Finding(Signal.TIMES, f"no column of {table} tells a moment", is_trouble=False)


def _ids(rows: _Rows) -> Iterator[Finding]:
    """Whether ids were given out in the order in which the storage says that rows came."""
    for table, known in rows.items():
        orders = [of for (kind, _), of in known.items() if kind in (Kind.TRANSACTION, Kind.PLACE)]
        ids = {name: of for (kind, name), of in known.items() if kind is Kind.ID}
        found = [name for name, of in ids.items() if any(_is_in_order(of, one) for one in orders)]
        for name in found:
            yield Finding(Signal.IDS, f"{name} is in the order in which rows came", is_trouble=True)
        if ids and not found:
            yield Finding(Signal.IDS, f"no id of {table} is in order", is_trouble=False)


def _is_in_order(ids: Mapping[RowId, Any], order: Mapping[RowId, Any]) -> bool:
    """Whether two orders agree, or are opposite, more than by chance (Kendall's tau-a)."""
    there = sorted(ids.keys() & order.keys(), key=lambda row: order[row])
    number = len(there)
    tells_apart = len({ids[row] for row in there}) == number
    if number < _FEWEST or not tells_apart or len({type(ids[row]) for row in there}) > 1:
        return False
    values = [(order[row], ids[row]) for row in there]
    score = 0
    for place, (before, one) in enumerate(values):
        for after, other in values[place + 1 :]:
            if before != after:
                score += (other > one) - (other < one)
    return abs(score) > _IN_ORDER * sqrt(number * (number - 1) * (2 * number + 5) / 18)


def _lengths(rows: _Rows) -> Iterator[Finding]:
    for known in rows.values():
        for (kind, name), of in known.items():
            if kind is Kind.LENGTH:
                several = len(set(of.values()))
                told = f"{name}: {several} different ones" if several > 1 else f"{name}: all alike"
                yield Finding(Signal.LENGTHS, told, is_trouble=several > 1)


# --- What people and answers tell together -------------------------------------------------------


def _close(signal: Signal, kind: Kind, sightings: Sequence[Seen], rows: _Rows) -> Iterator[Finding]:
    """Whether somebody was seen at the moment, or in the transaction, in which an answer came."""
    for table, known in rows.items():
        came = [
            value for (of, _), values in known.items() if of is kind for value in values.values()
        ]
        sets: dict[str, int] = {}
        for one in sightings:
            for trace in traces(one.version):
                near = _near(trace, kind, came)
                if near:
                    sets[one.person] = min(near, sets.get(one.person, near))
        yield _singled_out(signal, table, sets)


def _near(trace: Trace, kind: Kind, came: Iterable[float]) -> int:
    if trace.kind is not kind or not isinstance(trace.value, int | float):
        return 0
    return sum(abs(one - trace.value) <= _CLOSE[kind] for one in came)


def _between_copies(sightings: Iterable[Seen], rows: _Rows) -> Iterator[Finding]:
    """Whether somebody shows first in the copy in which answers do; the first copy says nothing."""
    people: dict[str, int] = {}
    for one in sightings:
        if one.version.row.table != LOG and one.version.copy:
            people[one.person] = one.version.copy
    for table, known in rows.items():
        copies = Counter(
            copy for (kind, _), of in known.items() if kind is Kind.COPY for copy in of.values()
        )
        sets = {person: copies[copy] for person, copy in people.items() if copies[copy]}
        yield _singled_out(Signal.COPIES, table, sets)


def _singled_out(signal: Signal, table: str, sets: Mapping[str, int]) -> Finding:
    """How many people are near how many answers each."""
    if not sets:
        return Finding(signal, f"nobody is near any row of {table}", is_trouble=False)
    alone = sum(size == 1 for size in sets.values())
    told = (
        f"{len(sets)} people are near rows of {table}: {alone} near one only, "
        f"in the middle {median(sets.values()):g}"
    )
    return Finding(signal, told, is_trouble=len(sets) > _LEADS)


def _in_step(sightings: Iterable[Seen], rows: _Rows) -> Iterator[Finding]:
    """Whether there are as many people somewhere as answers: then their orders can be compared."""
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for one in sightings:
        sources[one.source].add(one.person)
    for table, known in rows.items():
        number = max((len(of) for of in known.values()), default=0)
        alike = [
            f"{len(people)} people in {source}"
            for source, people in sorted(sources.items())
            if len(people) >= _FEWEST and abs(len(people) - number) <= number / 5
        ]
        for told in alike:
            yield Finding(Signal.ORDER, f"{told}, {number} rows in {table}", is_trouble=True)
        if not alike:
            told = f"nowhere are about as many people as rows in {table}"
            yield Finding(Signal.ORDER, told, is_trouble=False)


def _counters(versions: Iterable[Version], answers: Collection[str]) -> Iterator[Finding]:
    """Whether a number changed whenever answers came."""
    came = {one.copy for one in versions if one.row.table in answers and one.copy}
    came -= {one.copy for one in versions if one.happening is Happening.WENT}
    changed: defaultdict[str, set[int]] = defaultdict(set)
    for one in versions:
        if one.happening is Happening.CHANGED and one.copy in came:
            for name in _changed_numbers(one):
                changed[f"{one.row.table}.{name}"].add(one.copy)
    alike = [name for name, copies in sorted(changed.items()) if copies == came]
    for name in alike:
        yield Finding(Signal.COUNTERS, f"{name} changed whenever answers came", is_trouble=True)
    if not alike:
        yield Finding(Signal.COUNTERS, "no number changed whenever answers came", is_trouble=False)


def _changed_numbers(version: Version) -> Iterator[str]:
    for name, value in version.values.items():
        if isinstance(value, int | float) and value != version.before.get(name):
            yield name


# --- What is sealed, and what is destroyed -------------------------------------------------------


def _keys(evidence: Evidence) -> Iterator[Finding]:
    tried, found = seals.opened(evidence.versions)
    for name in sorted(set(found)):
        yield Finding(Signal.KEYS, f"{name} opens with a key that stands there", is_trouble=True)
    if not found:
        told = f"none of {tried} sealed values opens with any key that stands there"
        yield Finding(Signal.KEYS, told, is_trouble=False)


def _still_there(evidence: Evidence) -> Iterator[Finding]:
    """Only sealed values: others may well stand in another row."""
    gone = [
        (name, value)
        for name, value in clear.destroyed(evidence.versions)
        if clear.is_sealed(value)
    ]
    left = Counter(name for name, value in gone if clear.is_still_there(value, evidence.last))
    for name, number in left.items():
        told = f"{number} destroyed {name} still stand in the bytes of the last copy"
        yield Finding(Signal.PLAIN_TEXT, told, is_trouble=True)
    if not left:
        told = f"none of {len(gone)} destroyed values stands in the bytes of the last copy"
        yield Finding(Signal.PLAIN_TEXT, told, is_trouble=False)
