"""INSERT … ON CONFLICT for both databases, which SQLAlchemy keeps in two dialects."""

from __future__ import annotations

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
