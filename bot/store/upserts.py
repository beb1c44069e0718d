"""Writes many rows at once, new ones and those that replace others, for both databases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from sqlmodel import Session, SQLModel


def insert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT for `table` that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    # Only the one that is needed: the dialects take long to import.
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def replace_rows(
    session: Session,
    table: type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Collection[str],
) -> None:
    """Stores rows, whose values are as they are stored, in the place of those with their `key`."""
    if not rows:
        return
    statement = insert(session, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    write(session, statement.on_conflict_do_update(index_elements=key, set_=changed), rows)


def write(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Hands rows whose values are as they are stored straight to the driver.

    SQLAlchemy would look at every value of every row, which takes longer than to store it.
    """
    connection = session.connection()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    values: Sequence[Any] = rows
    if compiled.positiontup:  # the driver wants values by place, not by name
        values = list(map(itemgetter(*compiled.positiontup), rows))
    connection.exec_driver_sql(str(compiled), values)


def seconds_of(span: timedelta | None) -> int | None:
    """The whole seconds that a duration is stored as."""
    return None if span is None else int(span.total_seconds())


def hashed(who: str, secret: bytes) -> bytes:
    """16 bytes that stay the same for somebody, and tell nobody without `secret` who it is."""
    return blake2b(who.strip().casefold().encode(), key=_key(secret), digest_size=16).digest()


@cache
def _key(secret: bytes) -> bytes:
    """A key of the length that the hash takes, for which the whole of a long secret counts."""
    return blake2b(secret).digest()
