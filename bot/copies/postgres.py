"""The history of a PostgreSQL database: rows with the transactions that wrote them, dead ones included.

Dead rows and raw pages are read with the extension pageinspect, where it is there and the role may
(https://www.postgresql.org/docs/current/pageinspect.html).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from bot.copies.tuples import Column, attribute, toast_number
from bot.surveys.attack.clear import runs
from bot.surveys.attack.evidence import Happening, Raw, RowId, Scalar, Text, Values, Version

#: Larger tables than this are not looked at row by row.
MOST_ROWS = 50_000

_TABLES = """
    SELECT c.relname, c.reltuples, pg_relation_size(c.oid), t.relname,
           array(SELECT a.attname::text FROM pg_index i
                 JOIN unnest(i.indkey) WITH ORDINALITY k(number, place) ON true
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
                 WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
    WHERE c.relkind = 'r' AND n.nspname = current_schema() ORDER BY c.relname
"""
_COLUMNS = """
    SELECT c.relname, a.attname, y.typname, a.attisdropped
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_type y ON y.oid = a.atttypid
    WHERE c.relkind = 'r' AND n.nspname = current_schema() AND a.attnum > 0 ORDER BY a.attnum
"""
_MAY_INSPECT = """
    SELECT count(*) > 0 AND bool_or((SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
    FROM pg_extension WHERE extname = 'pageinspect'
"""
_ITEMS = """
    SELECT page, lp, t_xmin::text::bigint, t_xmax::text::bigint, t_attrs
    FROM generate_series(0, pg_relation_size(%(name)s::text::regclass) / current_setting('block_size')::int - 1) page,
         heap_page_item_attrs(get_raw_page(%(name)s::text, page), %(name)s::text::regclass)
    WHERE t_attrs IS NOT NULL
"""
_PAGES = """
    SELECT get_raw_page(%(name)s::text, page)
    FROM generate_series(0, pg_relation_size(%(name)s::text::regclass) / current_setting('block_size')::int - 1) page
"""

#: More rows than fit in a page, so that places of all pages can be compared.
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _Table:
    """A table; an empty one has no page, so that there is nothing dead in it either."""

    name: str
    key: Sequence[str]
    columns: Sequence[Column]
    toast: str | None
    is_empty: bool


class _Tuple(NamedTuple):
    """A row as it stands in a page; one that is dead is seen by nobody any more."""

    key: str
    values: Values
    transaction: int
    ended_by: int
    places: Mapping[str, int]
    is_dead: bool


class PostgresHistory:
    """What copies tell, the oldest first: each is the database as it is when it is added."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.texts: list[Text] = []
        self.last: list[Raw] = []
        self.looked_at: list[str] = []
        self._copies = 0
        self._now: dict[RowId, Values] = {}
        self._known: set[tuple[RowId, int]] = set()
        self._seen: set[int] = set()

    def add(self, engine: Engine) -> None:
        """Takes in the database as it is now. Nothing is written."""
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            may_inspect = bool(connection.exec_driver_sql(_MAY_INSPECT).scalar_one())
            tables = list(_tables(connection))
            self.last = []
            for table in tables:
                there = [] if table.is_empty else list(_live(connection, table))
                if may_inspect and not table.is_empty:
                    there = _with_dead(connection, table, there)
                    self._read_bytes(connection, table)
                self._compare(table, there)
        self._copies += 1
        dead = "dead rows and raw pages too" if may_inspect else "no dead rows (no pageinspect)"
        self.looked_at.append(f"copy {self._copies}: {len(tables)} tables, {dead}")

    def _compare(self, table: _Table, there: Sequence[_Tuple]) -> None:
        for one in sorted(there, key=lambda one: one.transaction):
            row = RowId(table.name, one.key)
            if (row, one.transaction) not in self._known:
                self._known.add((row, one.transaction))
                self._happened(row, one)
        alive = {one.key for one in there if not one.is_dead}
        ended = {one.key: one.ended_by or None for one in there if one.is_dead}
        for row in [row for row in self._now if row.table == table.name and row.key not in alive]:
            went, by = self._now.pop(row), ended.get(row.key)
            self.versions.append(Version(row, Happening.WENT, went, self._copies, by))

    def _happened(self, row: RowId, one: _Tuple) -> None:
        before = self._now.get(row)
        happening = Happening.CAME if before is None else Happening.CHANGED
        self._now[row] = one.values
        made = Version(
            row, happening, one.values, self._copies, one.transaction, one.places, before or {}
        )
        self.versions.append(made)

    def _read_bytes(self, connection: Connection, table: _Table) -> None:
        toast = [] if table.toast is None else [f"pg_toast.{table.toast}"]
        for name in (f'"{table.name}"', *toast):
            for (page,) in connection.exec_driver_sql(_PAGES, {"name": name}):
                self._read_page(table.name, bytes(page))

    def _read_page(self, name: str, page: bytes) -> None:
        self.last.append(page)
        if hash(page) not in self._seen:
            self._seen.add(hash(page))
            self.texts.append(Text(f"the pages of {name}", runs(page)))


def _tables(connection: Connection) -> Iterator[_Table]:
    columns: dict[str, list[Column]] = {}
    for table, name, kind, is_dropped in connection.exec_driver_sql(_COLUMNS):
        columns.setdefault(table, []).append(Column(name, None if is_dropped else kind))
    for name, rows, size, toast, key in connection.exec_driver_sql(_TABLES):
        if rows <= MOST_ROWS:
            yield _Table(name, key, columns[name], toast, is_empty=not size)


def _live(connection: Connection, table: _Table) -> Iterator[_Tuple]:
    """The rows as anybody sees them."""
    asked = f'SELECT ctid::text, xmin::text::bigint, * FROM "{table.name}"'  # noqa: S608  a name of the catalogue
    for place, transaction, *stored in connection.exec_driver_sql(asked):
        names = (column.name for column in table.columns if column.kind is not None)
        values = {name: _scalar(value) for name, value in zip(names, stored, strict=True)}
        page, item = map(int, place.strip("()").split(","))
        places = {"place": page * _PAGE + item}
        yield _Tuple(_key(table, values, place), values, transaction, 0, places, is_dead=False)


def _with_dead(connection: Connection, table: _Table, live: Sequence[_Tuple]) -> list[_Tuple]:
    """The rows, with the numbers of what was put apart of them, and those that nobody sees any more."""
    by_place = {one.places["place"]: one for one in live}
    found = []
    for page, item, transaction, ended_by, attributes in connection.exec_driver_sql(
        _ITEMS, {"name": f'"{table.name}"'}
    ):
        place = page * _PAGE + item
        places = {"place": place, **dict(_toasted(table, attributes))}
        alive = by_place.pop(place, None)
        if alive is not None:
            found.append(alive._replace(places=places))
            continue
        values = {
            column.name: attribute(column, stored)
            for column, stored in zip(table.columns, attributes, strict=False)
            if column.kind is not None
        }
        key = _key(table, values, str(place))
        found.append(_Tuple(key, values, transaction, ended_by, places, is_dead=True))
    return [*found, *by_place.values()]


def _toasted(table: _Table, attributes: Sequence[bytes | None]) -> Iterator[tuple[str, int]]:
    """Long values are put apart under numbers that PostgreSQL gives out in order."""
    for column, stored in zip(table.columns, attributes, strict=False):
        number = toast_number(stored)
        if number is not None:
            yield f"number of the long {column.name}", number


def _key(table: _Table, values: Values, place: str) -> str:
    return "/".join(str(values[name]) for name in table.key) or place


def _scalar(value: Any) -> Scalar:
    if isinstance(value, memoryview):
        return bytes(value)
    if value is None or isinstance(value, int | float | str | bytes):
        return value
    return json.dumps(value, default=str)
