"""The connection to the database: SQLite or PostgreSQL, with its tables as this version needs them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlmodel import Session, SQLModel

from bot.errors import ConfigurationError

#: How long a write waits for another one, in seconds. SQLite has one writer at a time.
PATIENCE = 30

#: How long scrubbing waits for somebody who is in the way, and meanwhile keeps others from writing,
#: in seconds.
_BRIEFLY = 1

#: What PostgreSQL answers to one who does not wait longer for others (lock_not_available).
_LOCKED = "55P03"

_WRITES = "deskpulse_writes"


class Database:
    """An engine and the two ways to use it."""

    def __init__(self, url: str) -> None:
        """Raises `ConfigurationError` when the address is none, or its driver is not installed."""
        try:
            self.url = make_url(url)
            self.engine = _engine(url)
            self._for_readers = _for_readers(self.engine)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise ConfigurationError(
                f"DATABASE_URL cannot be used: {type(error).__name__}.",
                "Write sqlite:///deskpulse.db, or postgresql://user:password@host/name "
                "with the extra installed: pip install 'deskpulse[postgres]'.",
            ) from None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and writes nothing."""
        with Session(self._for_readers) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back as a whole by an exception."""
        with self._locked() as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        writes = {_WRITES: True}
        with self.engine.connect().execution_options(**writes) as connection, connection.begin():
            yield connection

    def scrub(self, *tables: type[SQLModel]) -> bool:
        """Leaves nothing of what was deleted from these tables, or changed in them, in their files.

        False when somebody else is in the way, such as one who reads what was there before: then it
        is to be done again later. The write-ahead log of PostgreSQL is out of our reach.
        """
        return self._empty_log() if self.is_sqlite else all(map(self._rewrite, tables))

    def _empty_log(self) -> bool:
        """Moves all pages of SQLite's log into its file, and empties it.

        In the file there is nothing to do: what is deleted is overwritten with zeros at once. So a
        VACUUM would find nothing, and of a million tickets it takes 5 s, in which nobody can write.
        """
        pooled = self.engine.raw_connection()
        try:
            cursor = pooled.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {_BRIEFLY * 1_000}")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            # It goes back to the others, who wait longer.
            pooled.cursor().execute(f"PRAGMA busy_timeout = {PATIENCE * 1_000}")
            pooled.close()
        return not busy

    def _rewrite(self, table: type[SQLModel]) -> bool:
        """Writes a table of PostgreSQL into a new file, for its pages keep the bytes of deleted rows."""
        told: list[str] = []
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            # Closed and not given back, so that nobody after us has its settings.
            connection.detach()
            driver.add_notice_handler(lambda notice: told.append(notice.message_detail or ""))
            connection.exec_driver_sql(f"SET lock_timeout = '{_BRIEFLY}s'")
            try:
                connection.exec_driver_sql(f'VACUUM (FULL, VERBOSE) "{table.__tablename__}"')
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCKED:
                    raise
                return False
        # "0 dead row versions cannot be removed yet", in the language of the server.
        still_seen = re.search(r"\d+", " ".join(told))
        return still_seen is None or int(still_seen[0]) == 0

    def check(self) -> None:
        """Raises `ConfigurationError` when the database does not answer."""
        try:
            with self.engine.connect():
                return
        except OperationalError:
            raise ConfigurationError(
                f"The database at {self.url.render_as_string(hide_password=True)} does not answer.",
                "Start it, or correct DATABASE_URL.",
            ) from None

    def migrate(self) -> None:
        """Brings the tables to the newest form; does nothing when they are there already.

        Raises `ConfigurationError` when they are of a newer deskpulse than this one.
        """
        if self.is_current():
            return
        # At nearly every start there is nothing to do, and Alembic takes long to import.
        from bot.store.migrating import upgrade  # noqa: PLC0415

        with self._locked() as connection:
            upgrade(connection)

    def is_current(self) -> bool:
        """Whether the tables are those of this version, and not older or not there.

        Raises `ConfigurationError` when they are of a newer deskpulse than this one.
        """
        revision, newest = self.revision(), newest_revision()
        if revision is not None and revision > newest:
            raise ConfigurationError(
                f"The database is of a newer deskpulse: its tables are at {revision}, "
                f"those of this version at {newest}.",
                "Install the newer version again.",
            )
        return revision == newest

    def revision(self) -> str | None:
        """The migration that the tables are at; `None` for an empty database."""
        self.check()
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            at = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            return at.scalar_one_or_none()

    def close(self) -> None:
        self.engine.dispose()


def newest_revision() -> str:
    """The migration that this version of deskpulse needs: the number before its file's name."""
    versions = files("bot.store") / "migrations" / "versions"
    return max(file.name[:4] for file in versions.iterdir() if file.name.endswith(".py"))


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _for_readers(engine: Engine) -> Engine:
    """The same engine, for whoever reads: what others commit meanwhile they do not see.

    PostgreSQL shows it to them otherwise, from one statement to the next: a wave as it was when it
    was open would have no ballots any more. SQLite shows nobody anything but one state.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _tune_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late (at the first write); ours are begun below.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        # What is deleted is overwritten. (FAST would leave whole pages as they are.) Of a sync that
        # takes less than 1 %.
        "secure_delete = ON",
        "temp_store = MEMORY",
        "cache_size = -32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes the lock at once: one that read first could not get it
    # later without failing when somebody else wrote in between.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
