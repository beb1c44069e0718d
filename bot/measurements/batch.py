"""Many measurements that are recorded together or not at all, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.errors import UsageError
from bot.measurements.entry import Cell, Entry, read_entry


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place: the number of a line, or of an entry."""

    place: int
    error: UsageError


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries by their place, and what could not be read."""

    entries: Mapping[int, Entry] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @classmethod
    def read(
        cls, rows: Iterable[tuple[int, Mapping[str, Cell]]], *, today: date, decimal: str = ""
    ) -> Batch:
        """From rows by their places; for `decimal` see `read_entry`."""
        entries: dict[int, Entry] = {}
        problems: list[Problem] = []
        for place, cells in rows:
            try:
                entries[place] = read_entry(cells, today=today, decimal=decimal)
            except UsageError as error:
                problems.append(Problem(place, error))
        return cls(entries, problems)


@dataclass(frozen=True, slots=True)
class Change:
    """An entry, and what was recorded about the same before."""

    entry: Entry
    before: Entry | None = None

    @property
    def is_one(self) -> bool:
        """Whether anything is different afterwards."""
        if self.entry.numerator is None or self.before is None:
            return self.entry.numerator is not None or self.before is not None
        return self.entry != self.before


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch. With any problem nothing was recorded."""

    changes: Sequence[Change] = ()
    problems: Sequence[Problem] = ()

    @property
    def added(self) -> list[Change]:
        return [c for c in self.changes if c.is_one and c.before is None]

    @property
    def replaced(self) -> list[Change]:
        return [c for c in self.changes if c.is_one and c.before and c.entry.numerator is not None]

    @property
    def removed(self) -> list[Change]:
        return [c for c in self.changes if c.is_one and c.entry.numerator is None]

    @property
    def unchanged(self) -> list[Change]:
        return [c for c in self.changes if not c.is_one]

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return {
            "added": len(self.added),
            "replaced": len(self.replaced),
            "removed": len(self.removed),
            "unchanged": len(self.unchanged),
        }

    def lines(self) -> Iterator[str]:
        """For each metric how many measurements of which days, in English."""
        numbers = Counter(change.entry.metric for change in self.changes)
        for metric, number in numbers.items():
            entries = [c.entry for c in self.changes if c.entry.metric == metric]
            first, last = min(e.first for e in entries), max(e.last for e in entries)
            days = f"{first}" if first == last else f"{first}..{last}"
            yield f"{metric}: {number:,} of {days}"
