"""Where simulated waves are kept, and how copies of it are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from bot.copies.postgres import PostgresHistory
from bot.copies.sqlite import SqliteHistory
from bot.errors import UsageError
from bot.store.database import Database

History = SqliteHistory | PostgresHistory


class Place(Protocol):
    """A database in which a wave is played, and of which copies are made."""

    database: Database

    def copy(self) -> None:
        """Makes a copy as it is now."""

    @property
    def history(self) -> History:
        """What all copies tell."""


class Scratch(Protocol):
    """Gives a place for each wave."""

    def place(self) -> AbstractContextManager[Place]: ...


class SqlitePlace:
    """A file of its own; a copy is the bytes of it and of its log."""

    def __init__(self, path: Path) -> None:
        self.database = Database(f"sqlite:///{path}")
        self.history = SqliteHistory()
        self._path = path
        self._log = path.with_name(path.name + "-wal")

    def copy(self) -> None:
        log = self._log.read_bytes() if self._log.exists() else b""
        self.history.add(self._path.read_bytes(), log)


class PostgresPlace:
    """A database that the waves share: what was there before a wave is told apart by that."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.history = PostgresHistory()

    def copy(self) -> None:
        self.history.add(self.database.engine)


class SqliteScratch:
    """A new file for each wave, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty: bytes | None = None

    @contextmanager
    def place(self) -> Iterator[Place]:
        path = self._folder / "wave.db"
        path.write_bytes(self._migrated())
        place = SqlitePlace(path)
        try:
            yield place
        finally:
            place.database.close()
            for file in self._folder.glob("wave.db*"):
                file.unlink()

    def _migrated(self) -> bytes:
        """An empty database: the tables are made once."""
        if self._empty is None:
            path = self._folder / "empty.db"
            database = Database(f"sqlite:///{path}")
            database.migrate()
            database.close()
            self._empty = path.read_bytes()
            path.unlink()
        return self._empty


_NEW = "Make one for it: createdb deskpulse_audit"


class PostgresScratch:
    """An empty PostgreSQL database. Where the role may, dead rows and raw pages are looked at too."""

    def __init__(self, database: Database) -> None:
        """Raises `UsageError` for a database that has tables: nothing real is played with."""
        if database.is_sqlite:
            raise UsageError("It is for PostgreSQL: SQLite is played with by itself.", _NEW)
        if database.revision() is not None:
            raise UsageError(
                "The database for the simulation is not empty.",
                _NEW,
            )
        database.migrate()
        self._database = database
        with database.engine.begin() as connection:
            asked = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            if connection.exec_driver_sql(asked).scalar_one():
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")

    @contextmanager
    def place(self) -> Iterator[Place]:
        yield PostgresPlace(self._database)
