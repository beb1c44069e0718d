"""Finds measurements that would count twice: of days that overlap, of a whole and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from bot.domain import Dimension
from bot.errors import UsageError
from bot.measurements.batch import Problem
from bot.measurements.entry import Entry

_Key = tuple[tuple[Dimension, ...], tuple[Dimension, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry, with its place where it is new; `None` for what is recorded already.

    In its `part` capitals make no difference: nobody has the groups “billing” and “Billing”.
    """

    entry: Entry
    place: int | None
    part: Mapping[Dimension, str]

    @classmethod
    def of(cls, entry: Entry, place: int | None = None) -> _Placed:
        return cls(entry, place, {of: name.casefold() for of, name in entry.part.items()})

    @property
    def order(self) -> tuple[int, int, int]:
        place = -1 if self.place is None else self.place
        return self.entry.first.toordinal(), -self.entry.last.toordinal(), place


def clashes(entries: Mapping[int, Entry], recorded: Iterable[Entry]) -> list[Problem]:
    """What of the new `entries` would count twice, by their places.

    Two measurements of a metric go together when their days are apart, or their parts: one names
    another group (desk, channel, priority) than the other. An entry about the same as one that is
    recorded takes its place. Of entries that clash with one another the later ones are named.
    """
    about = {entry.about for entry in entries.values()}
    old = [_Placed.of(entry) for entry in recorded if entry.about not in about]
    new = [_Placed.of(entry, place) for place, entry in entries.items()]
    # What is taken away is not in the way of the others; but nothing is said of one thing twice.
    found: dict[int, UsageError] = dict(_twice(new))
    staying = [one for one in (*old, *new) if one.entry.numerator is not None]
    for metric in sorted({one.entry.metric for one in new}):
        _sweep([one for one in staying if one.entry.metric == metric], found)
    return [Problem(place, found[place]) for place in sorted(found)]


def _twice(new: Iterable[_Placed]) -> Iterator[tuple[int, UsageError]]:
    seen: set[tuple[object, ...]] = set()
    for one in new:
        if one.entry.about in seen and one.place is not None:
            yield one.place, UsageError("{entry} stands here twice.", entry=str(one.entry))
        seen.add(one.entry.about)


def _sweep(of_a_metric: Iterable[_Placed], found: dict[int, UsageError]) -> None:
    """Goes through the entries by their first days, and adds what it finds to `found`."""
    old, new = _Latest(), _Latest()
    for one in sorted(of_a_metric, key=lambda one: one.order):
        # Two that are recorded already are nobody's new mistake.
        others = (new,) if one.place is None else (old, new)
        for other in filter(None, (latest.meeting(one) for latest in others)):
            later = max(
                (one, other), key=lambda either: -1 if either.place is None else either.place
            )
            earlier = other if later is one else one
            if later.place is not None:
                found.setdefault(later.place, _clash(later, earlier))
        (old if one.place is None else new).add(one)


class _Latest:
    """Of the entries so far, for each part that one could name: the one that ends last.

    As they come by their first days, an entry overlaps one of them exactly if it begins before that
    one ends. So each costs a few look-ups, however many there are.
    """

    def __init__(self) -> None:
        self._ends: dict[_Key, _Placed] = {}
        self._named: set[tuple[Dimension, ...]] = set()

    def add(self, one: _Placed) -> None:
        named = tuple(one.part)
        self._named.add(named)
        for size in range(len(named) + 1):
            for some in combinations(named, size):
                key = _key(named, some, one)
                known = self._ends.get(key)
                if known is None or known.entry.last < one.entry.last:
                    self._ends[key] = one

    def meeting(self, one: _Placed) -> _Placed | None:
        """One whose days overlap, and whose part is not apart from that of `one`."""
        for named in self._named:
            shared = tuple(dimension for dimension in named if dimension in one.part)
            other = self._ends.get(_key(named, shared, one))
            if other is not None and other.entry.last >= one.entry.first:
                return other
        return None


def _key(named: tuple[Dimension, ...], some: tuple[Dimension, ...], one: _Placed) -> _Key:
    return named, some, tuple(one.part[dimension] for dimension in some)


def _clash(new: _Placed, other: _Placed) -> UsageError:
    entry, against = str(new.entry), str(other.entry)
    if new.entry.part != other.entry.part:
        if other.place is None:
            message = "{entry} would count twice: {against} is recorded."
        else:
            message = "{entry} would count twice: {against} stands here as well."
        hint = "Record either the whole or its parts."
        return UsageError(message, hint, entry=entry, against=against)
    if other.place is None:
        message = "The days of {entry} overlap: {against} is recorded."
        hint = "Record exactly those days again to replace it, or take it away (“off”)."
    else:
        message = "The days of {entry} overlap: {against} stands here as well."
        hint = "Record each day once."
    return UsageError(message, hint, entry=entry, against=against)
