"""What an attacker has: versions of rows, found in copies of a database and in logs, and raw bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from mmap import mmap
from typing import NamedTuple

#: A file, in memory or as far as it is looked at.
Raw = bytes | mmap

Scalar = int | float | str | bytes | bool | None
Values = Mapping[str, Scalar]

#: The table that lines of logs are rows of.
LOG = "log"


class RowId(NamedTuple):
    """A row, by its table and what tells it from the others there."""

    table: str
    key: str


class Happening(StrEnum):
    """What happened to a row."""

    CAME = "came"
    CHANGED = "changed"
    WENT = "went"


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A row after something happened to it; one that went is as it was before.

    `copy` is the number of the copy in which that shows first; `transaction` the number of the one
    that did it, where the storage tells: of two the later one has the higher number. `places` are
    numbers that tell where the storage put it. `before` is what stood there.
    """

    row: RowId
    happening: Happening
    values: Values
    copy: int
    transaction: int | None = None
    places: Mapping[str, int] = field(default_factory=dict)
    before: Values = field(default_factory=dict)


class Text(NamedTuple):
    """Readable bytes, and where they are: in a file, in its log, in a free page."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that copies and logs tell. `looked_at` says of what, and what could not be read.

    `last` are the raw bytes of the last copy.
    """

    versions: Sequence[Version]
    texts: Sequence[Text] = ()
    last: Sequence[Raw] = ()
    looked_at: Sequence[str] = ()


class State:
    """The rows as they stood last; tells what happened since."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Values]] = {}

    def tables(self) -> set[str]:
        return set(self._rows)

    def becomes(
        self,
        table: str,
        rows: Mapping[str, tuple[Values, Mapping[str, int]]],
        copy: int,
        transaction: int | None = None,
    ) -> Iterator[Version]:
        """What happened to the rows of a table, if these are all it has now, with their places."""
        known = self._rows.get(table, {})
        for key, (values, places) in rows.items():
            before = known.get(key)
            if before is None:
                made = Happening.CAME
            elif before != values:
                made = Happening.CHANGED
            else:
                continue
            row = RowId(table, key)
            yield Version(row, made, values, copy, transaction, places, before or {})
        for key in known.keys() - rows.keys():
            row = RowId(table, key)
            yield Version(row, Happening.WENT, known[key], copy, transaction)
        self._rows[table] = {key: values for key, (values, _) in rows.items()}


def lines(told: Iterable[str], copy: int, start: int = 0) -> Iterator[Version]:
    """The lines of a log, as rows; `start` is the number of the first one."""
    for number, line in enumerate(told, start):
        if line.strip():
            row = RowId(LOG, str(number))
            yield Version(row, Happening.CAME, {"line": line}, copy, places={"line": number})
