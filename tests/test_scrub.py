"""What was deleted is nowhere in the files of the database any more, once it is scrubbed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy import text as sql
from sqlmodel import Session, col

from bot.store.database import Database
from bot.store.tables import Lease, Workspace
from tests.times import T

#: A table of few rows, as those that are scrubbed are.
TABLE = Lease


def holders(number: int) -> list[str]:
    """Texts of some length that stand nowhere else."""
    drawn = random.Random(7)
    return [drawn.randbytes(150 + 13 * place).hex() for place in range(number)]


def keep(database: Database, texts: list[str]) -> None:
    """Stores each text in a transaction of its own, as votes come."""
    for place, holder in enumerate(texts):
        with database.writing() as session:
            session.add(TABLE(workspace_id=1, name=f"{place}", holder=holder, until=T()))


def forget(session: Session, *places: int) -> None:
    names = [str(place) for place in places]
    session.connection().execute(delete(TABLE).where(col(TABLE.name).in_(names)))


def left(database: Database, texts: list[str]) -> list[int]:
    """The places of the texts of which a part stands in the files of the table, live or not."""
    raw = files(database)
    return [
        place
        for place, text in enumerate(texts)
        if any(text[at : at + 24].encode() in raw for at in range(0, len(text) - 24, 24))
    ]


def files(database: Database) -> bytes:
    """The bytes of the file and the log of SQLite, or of the table in PostgreSQL."""
    if database.is_sqlite:
        file = Path(database.url.database or "")
        return b"".join(one.read_bytes() for one in file.parent.glob("*.db*"))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        read = sql("SELECT pg_read_binary_file(pg_relation_filepath(CAST(:name AS regclass)))")
        return bytes(connection.execute(read, {"name": TABLE.__tablename__}).scalar_one())


@contextmanager
def reading_on(database: Database) -> Iterator[None]:
    """Somebody who began to read the table before, and still sees what was there then."""
    with database.reading() as session:
        session.scalars(select(TABLE)).all()
        yield


def test_nothing_of_what_was_deleted_or_changed_is_left(database: Database) -> None:
    texts = holders(40)
    keep(database, texts)
    with database.writing() as session:
        forget(session, *range(0, 30, 2))
        session.connection().execute(
            update(TABLE).where(col(TABLE.name) == "1").values(holder="changed")
        )
    assert left(database, texts) == list(range(40))
    assert database.scrub(TABLE, Workspace)
    there = [*range(3, 30, 2), *range(30, 40)]
    assert left(database, texts) == there
    with database.reading() as session:
        assert len(session.scalars(select(TABLE)).all()) == len(there) + 1


@pytest.mark.thorough
def test_it_says_so_when_somebody_still_reads_what_was_there(database: Database) -> None:
    texts = holders(3)
    keep(database, texts)
    with reading_on(database):
        with database.writing() as session:
            forget(session, 0, 1, 2)
        assert not database.scrub(TABLE)
    assert database.scrub(TABLE)
    assert left(database, texts) == []


@pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.live)], indirect=True
)
def test_it_says_so_when_somebody_may_still_read_what_was_there(database: Database) -> None:
    """PostgreSQL keeps what is deleted for whoever began before, whatever table that one reads."""
    texts = holders(3)
    keep(database, texts)
    with database.reading() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.scalars(select(Workspace)).all()
        with database.writing() as other:
            forget(other, 0, 1, 2)
        assert not database.scrub(TABLE)
        assert left(database, texts) == [0, 1, 2]
    assert database.scrub(TABLE)
    assert left(database, texts) == []


def test_scrubbing_leaves_the_connections_as_they_were(database: Database) -> None:
    """Whoever writes next waits for others as long as before."""
    ask = "PRAGMA busy_timeout" if database.is_sqlite else "SHOW lock_timeout"
    with database.engine.connect() as connection:
        before = connection.exec_driver_sql(ask).scalar_one()
    assert database.scrub(TABLE)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql(ask).scalar_one() == before


def test_a_database_in_memory_has_nothing_to_scrub() -> None:
    database = Database("sqlite://")
    assert database.scrub(TABLE)
    database.close()
