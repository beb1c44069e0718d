"""The rows of an SQLite table, read from its pages: also where each of them stands.

The formats: https://sqlite.org/fileformat2.html (sections 1.6, 2.1, 2.6).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from struct import unpack_from
from typing import Any, NamedTuple

from bot.copies.pages import Pages, header_end
from bot.surveys.attack.evidence import Scalar

_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE = 2, 5, 10, 13
_INTERIOR = (_INTERIOR_INDEX, _INTERIOR_TABLE)

#: How an integer of each type is stored: in so many bytes.
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: where its tree begins, and its columns in the order in which they are stored.

    `key` are those of the primary key. `own_number` is the column that SQLite keeps as the number of
    the row; `None` where there is none.
    """

    name: str
    root: int
    columns: Sequence[str]
    key: Sequence[str]
    own_number: str | None


@cache
def declared(name: str, root: int, sql: str) -> Table:
    """A table by the statement that made it; SQLite itself reads it."""
    with closing(sqlite3.connect(":memory:")) as reader:
        reader.execute(sql)
        told = reader.execute(f'PRAGMA table_info("{name}")').fetchall()
    key = [one[1] for one in sorted(told, key=lambda one: one[5]) if one[5]]
    by_key = re.search(r"WITHOUT\s+ROWID\s*$", sql, re.IGNORECASE) is not None
    columns = [one[1] for one in told]
    if by_key:
        columns = [*key, *(one for one in columns if one not in key)]
    types = {one[1]: str(one[2]).upper() for one in told}
    is_number = not by_key and len(key) == 1 and types[key[0]] == "INTEGER"
    return Table(name, root, columns, key, key[0] if is_number else None)


class Found(NamedTuple):
    """A row: its number, where it has one, its values, and the pages that it begins and goes on in."""

    number: int | None
    values: dict[str, Scalar]
    page: int
    overflow: int


def tables(pages: Pages) -> dict[str, Table]:
    """All tables, but for SQLite's own."""
    schema = Table("schema", 1, ("type", "name", "tbl_name", "rootpage", "sql"), (), None)
    found = {}
    for row in rows(pages, schema, set()):
        kind, name, root, sql = (row.values[one] for one in ("type", "name", "rootpage", "sql"))
        if kind == "table" and isinstance(root, int) and not str(name).startswith("sqlite_"):
            found[str(name)] = declared(str(name), root, str(sql))
    return found


def rows(pages: Pages, table: Table, read: set[int]) -> Iterator[Found]:
    """The rows of a table in the order of its tree; the pages that were read are added to `read`."""
    waiting = [table.root]
    while waiting:
        number = waiting.pop()
        if number in read or number not in pages:
            continue
        read.add(number)
        page, start = pages[number], header_end(number)
        kind, count = page[start], unpack_from(">H", page, start + 3)[0]
        if kind not in (_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE):
            continue
        cells = unpack_from(f">{count}H", page, start + (12 if kind in _INTERIOR else 8))
        if kind in _INTERIOR:
            waiting.append(unpack_from(">I", page, start + 8)[0])
            waiting += [unpack_from(">I", page, cell)[0] for cell in reversed(cells)]
        if kind != _INTERIOR_TABLE:
            for cell in cells:
                yield _row(_Cell(pages, number, kind, cell, read), table)


class _Cell(NamedTuple):
    """A cell of a page, that has a row in it."""

    pages: Pages
    page: int
    kind: int
    at: int
    read: set[int]

    def payload(self) -> tuple[int | None, bytes, int]:
        """The number of the row, its record, and the first page that this goes on in, or 0."""
        page = self.pages[self.page]
        at = self.at + (4 if self.kind == _INTERIOR_INDEX else 0)
        size, at = _varint(page, at)
        number = None
        if self.kind == _LEAF_TABLE:
            number, at = _varint(page, at)
            number = number - (1 << 64) if number >> 63 else number
        here = _local(size, self.pages.usable, is_table=self.kind == _LEAF_TABLE)
        if here == size:
            return number, page[at : at + size], 0
        (overflow,) = unpack_from(">I", page, at + here)
        parts = [page[at : at + here], *self._overflow(overflow, size - here)]
        return number, b"".join(parts), overflow

    def _overflow(self, number: int, size: int) -> Iterator[bytes]:
        each = self.pages.usable - 4
        while size > 0 and number in self.pages:
            page = self.pages[number]
            self.read.add(number)
            yield page[4 : 4 + min(each, size)]
            (number,) = unpack_from(">I", page)
            size -= each


def _local(size: int, usable: int, *, is_table: bool) -> int:
    """How many bytes of a payload stand in the page of its tree."""
    most = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    fits = least + (size - least) % (usable - 4)
    return fits if fits <= most else least


def _row(cell: _Cell, table: Table) -> Found:
    number, record, overflow = cell.payload()
    stored = list(_record(record))
    stored += [None] * (len(table.columns) - len(stored))  # columns that were added later
    values: dict[str, Scalar] = dict(zip(table.columns, stored, strict=False))
    if table.own_number is not None:
        values[table.own_number] = number
    return Found(number, values, cell.page, overflow)


def _record(record: bytes) -> Iterator[Scalar]:
    size, at = _varint(record, 0)
    types = []
    while at < size:
        kind, at = _varint(record, at)
        types.append(kind)
    at = size
    for kind in types:
        length = _length(kind)
        yield _value(kind, record[at : at + length])
        at += length


def _length(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else _INTEGERS.get(kind, 0)


def _value(kind: int, content: bytes) -> Scalar:
    if kind in _INTEGERS:
        return int.from_bytes(content, "big", signed=True)
    if kind >= 12:
        return content.decode(errors="replace") if kind % 2 else content
    return {7: _real(content), 8: 0, 9: 1}.get(kind)


def _real(content: bytes) -> float | None:
    return float(unpack_from(">d", content)[0]) if len(content) == 8 else None


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """An integer of variable length (section 1.6), and where the next thing begins."""
    value = 0
    for place in range(8):
        one = content[at + place]
        value = (value << 7) | (one & 0x7F)
        if one < 0x80:
            return value, at + place + 1
    return (value << 8) | content[at + 8], at + 9


def key_of(table: Table, row: Found) -> str:
    """What tells a row from the others of its table."""
    parts: list[Any] = [row.values[one] for one in table.key] or [row.number]
    return "/".join(map(str, parts))
