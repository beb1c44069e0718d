"""The databases of tests: each begins as it was kept, and nobody else has it meanwhile.

An engine remembers how every statement is written for its database, and to find that out takes
longer than most statements take. So a database serves many tests, one after the other, and what is
in it is put back before the next.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.live.postgres import fresh_database

#: For what no other database would do otherwise.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Those that nobody has at the moment.
_files: list[Database] = []
_on_servers: dict[str, list[Database]] = {}


@contextmanager
def sqlite_database(content: bytes) -> Iterator[Database]:
    """An SQLite file with that content, in a folder of its own."""
    database = _files.pop() if _files else Database(f"sqlite:///{_folder() / 'deskpulse.db'}")
    file = Path(database.url.database or "")
    file.write_bytes(content)
    try:
        yield database
    finally:
        database.close()
        for left in file.parent.iterdir():
            left.unlink()
        _files.append(database)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-"))
    atexit.register(shutil.rmtree, folder)
    return folder


def on_disk(database: Database) -> bytes:
    """What is in an SQLite file and in its log, as whoever copies them reads it."""
    file = Path(database.url.database or "")
    return b"".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")))


@cache
def migrated() -> bytes:
    """An SQLite file with all tables and nothing in them: they are made once."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "deskpulse.db"
        database = Database(f"sqlite:///{kept}")
        database.migrate()
        # Closing the last connection moves everything from the log into the file.
        database.close()
        return kept.read_bytes()


@contextmanager
def postgres_database(url: str) -> Iterator[Database]:
    """One with all tables and nothing in them, on the PostgreSQL at `url`.

    It is emptied, not made anew: whoever changes its tables takes `new_database` instead.
    """
    idle = _on_servers.setdefault(url, [])
    database = idle.pop() if idle else _made(url)
    try:
        yield database
    finally:
        _empty(database)
        database.close()
        idle.append(database)


def _made(url: str) -> Database:
    database = Database(fresh_database(url))
    database.migrate()
    return database


#: The tables that something was written to. To empty one is to give it new files, which takes long.
_WRITTEN = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
        AND relname NOT IN ('alembic_version', 'workspace')
"""

#: Ids begin anew, also in a table that has lost its pages with its rows.
_RESTART = """
    SELECT setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


def _empty(database: Database) -> None:
    """As the migrations leave it: no rows, but for the first workspace."""
    with database.engine.begin() as connection:
        # A test that left a transaction open is to fail, and not to wait.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        if written := connection.exec_driver_sql(_WRITTEN).scalars().all():
            connection.exec_driver_sql(f"TRUNCATE {', '.join(written)} CASCADE")
        connection.exec_driver_sql("DELETE FROM workspace")
        connection.exec_driver_sql(_RESTART)
        connection.exec_driver_sql("INSERT INTO workspace (team) VALUES (NULL)")
