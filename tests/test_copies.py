"""Copies of a database tell the rows there are, when each came, and what was there before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine

from bot.copies.btrees import key_of, rows, tables
from bot.copies.files import evidence
from bot.copies.pages import Pages
from bot.copies.postgres import PostgresHistory
from bot.copies.sqlite import SqliteHistory
from bot.errors import UsageError
from bot.surveys.attack.evidence import Evidence, Happening, Version
from tests.live.postgres import fresh_database

TABLES = """
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, weight REAL, photo BLOB);
    CREATE TABLE note (wave INTEGER, id TEXT, told BLOB, PRIMARY KEY (wave, id)) WITHOUT ROWID;
    CREATE TABLE loose (told TEXT);
    CREATE INDEX person_name ON person (name);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "secure_delete = ON", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(TABLES)
        yield connection


def log_of(path: Path) -> bytes:
    log = path.with_name(path.name + "-wal")
    return log.read_bytes() if log.exists() else b""


def copied(path: Path, history: SqliteHistory) -> None:
    history.add(path.read_bytes(), log_of(path))


def stands(versions: list[Version]) -> dict[str, dict[str, object]]:
    """What the rows of a history are in the end, by table and key."""
    found: dict[str, dict[str, object]] = {}
    for version in versions:
        there = found.setdefault(version.row.table, {})
        if version.happening is Happening.WENT:
            del there[version.row.key]
        else:
            there[version.row.key] = dict(version.values)
    return found


def asked(connection: sqlite3.Connection, table: str, key: str) -> dict[str, object]:
    """The same, as SQLite tells it."""
    cursor = connection.execute(f"SELECT {key} AS own_key, * FROM {table}")
    names = [column[0] for column in cursor.description][1:]
    return {str(key): dict(zip(names, row, strict=True)) for key, *row in cursor}


KEYS = {"person": "id", "note": "wave || '/' || id", "loose": "rowid"}


def change(connection: sqlite3.Connection, random: Random) -> None:
    """One transaction of a few changes, some of rows that are longer than a page."""
    connection.execute("BEGIN")
    for _ in range(random.randint(1, 4)):
        content = random.randbytes(random.choice([0, 3, 300, 5_000, 20_000]))
        name, number = f"ñ{content.hex()[:500]}", random.choice([0, 1, -7, 300, 1 << 40])
        person = (name, random.choice([None, 1.5, 3]), content)
        statement, values = random.choice(
            [
                ("INSERT INTO person (name, weight, photo) VALUES (?, ?, ?)", person),
                ("UPDATE person SET name = ?, weight = ?, photo = ? WHERE id % 7 = 3", person),
                ("DELETE FROM person WHERE id % 11 = 5", ()),
                ("INSERT OR IGNORE INTO note VALUES (?, ?, ?)", (number, name, content)),
                ("DELETE FROM note WHERE wave = 1 AND id < 'ñ7'", ()),
                ("INSERT INTO loose VALUES (?)", (random.choice([None, name]),)),
            ]
        )
        connection.execute(statement, values)
    connection.execute("COMMIT")


# --- SQLite --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_read_from_pages_are_those_that_sqlite_tells(
    path: Path, connection: sqlite3.Connection, seed: int
) -> None:
    """Through splits and merges of pages, logs that begin anew, and copies at any moment."""
    random, history = Random(seed), SqliteHistory()
    for _ in range(60):
        change(connection, random)
        if random.random() < 0.1:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if random.random() < 0.1:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if random.random() < 0.5:
            copied(path, history)
    copied(path, history)
    there = stands(history.versions)
    assert {table: there.get(table, {}) for table in KEYS} == {
        table: asked(connection, table, key) for table, key in KEYS.items()
    }


def test_each_commit_of_the_log_is_a_transaction_of_its_own(
    path: Path, connection: sqlite3.Connection
) -> None:
    """One copy is enough; several at once are told apart as well as any."""
    history = SqliteHistory()
    copied(path, history)
    for name in ("anna", "beth"):
        connection.execute("INSERT INTO person (name) VALUES (?)", [name])
    connection.execute("UPDATE person SET name = 'carl' WHERE id = 1")
    connection.execute("DELETE FROM person WHERE id = 2")
    copied(path, history)
    told = [one for one in history.versions if one.copy == 1]
    assert [(one.happening, one.values["name"]) for one in told] == [
        (Happening.CAME, "anna"),
        (Happening.CAME, "beth"),
        (Happening.CHANGED, "carl"),
        (Happening.WENT, "beth"),
    ]
    numbers = [one.transaction or 0 for one in told]
    assert numbers == sorted(set(numbers))
    assert told[2].before["name"] == "anna"


def test_a_log_whose_pages_were_moved_into_the_file_still_tells_what_came_after_what(
    path: Path, connection: sqlite3.Connection
) -> None:
    """As a copy finds it that was made long after: the file is ahead of the log's first commits."""
    for number in range(4):
        connection.execute("INSERT INTO note VALUES (1, ?, x'00')", [f"{9 - number}"])
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    history = SqliteHistory()
    copied(path, history)
    came = {
        one.row.key: one.transaction or 0 for one in history.versions if one.row.table == "note"
    }
    assert sorted(came, key=lambda key: came[key]) == ["1/9", "1/8", "1/7", "1/6"]


def test_what_is_not_committed_is_no_row(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    for _ in range(20):
        connection.execute("INSERT INTO person (photo) VALUES (randomblob(9000))")
    history = SqliteHistory()
    copied(path, history)
    connection.execute("ROLLBACK")
    assert len(log_of(path)) > 100_000
    assert [one for one in history.versions if one.row.table == "person"] == []


def test_a_column_that_came_later_is_empty_in_older_rows(
    path: Path, connection: sqlite3.Connection
) -> None:
    connection.execute("INSERT INTO loose VALUES ('old')")
    connection.execute("ALTER TABLE loose ADD COLUMN at BIGINT")
    connection.execute("INSERT INTO loose VALUES ('new', 5)")
    history = SqliteHistory()
    copied(path, history)
    there = stands(history.versions)["loose"]
    assert list(there.values()) == [{"told": "old", "at": None}, {"told": "new", "at": 5}]


def test_free_pages_are_read_too(path: Path) -> None:
    """Where nothing overwrites what is deleted."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE gone (told TEXT)")
        connection.execute("INSERT INTO gone VALUES (?)", ["answered by U0ANNA1234 " * 2_000])
        connection.execute("DROP TABLE gone")
    history = SqliteHistory()
    copied(path, history)
    assert "U0ANNA1234" in "".join(one.text for one in history.texts if one.where == "a free page")


def test_long_rows_are_known_by_the_page_that_they_go_on_in(
    path: Path, connection: sqlite3.Connection
) -> None:
    """Which is the order in which they came, whatever their keys are."""
    for key in ("m", "z", "a", "k"):
        connection.execute("INSERT INTO note VALUES (1, ?, randomblob(20000))", [key])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = Pages(path.read_bytes())
    table = tables(pages)["note"]
    found = sorted(rows(pages, table, set()), key=lambda row: row.overflow)
    assert [key_of(table, row) for row in found] == ["1/m", "1/z", "1/a", "1/k"]


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture
def address(postgres_url: str) -> str:
    """A database with a table of short and long values."""
    address = fresh_database(postgres_url)
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE note (wave int, id varchar, told bytea, n bigint, gone int, is_new bool, "
            "mean float, words json, PRIMARY KEY (wave, id))"
        )
        connection.exec_driver_sql("ALTER TABLE note DROP COLUMN gone")
    engine.dispose()
    return address


NOTES = (
    "INSERT INTO note VALUES (1, 'ant', '\\x00ff', 7, true, 2.5, '[\"a\"]')",
    "UPDATE note SET n = 8, words = NULL",
    "INSERT INTO note (wave, id, told) SELECT 2, 'bee', decode(repeat('00ff', 9000), 'hex')",
    "DELETE FROM note WHERE wave = 1",
)


def played(address: str, *, extension: bool) -> PostgresHistory:
    """The history of a database that was copied before all changes and after all of them."""
    history, engine = PostgresHistory(), create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if extension:
            connection.exec_driver_sql("CREATE EXTENSION pageinspect")
        connection.exec_driver_sql("ALTER TABLE note ALTER COLUMN told SET STORAGE EXTERNAL")
        history.add(engine)
        for statement in NOTES:
            connection.exec_driver_sql(statement)
    history.add(engine)
    engine.dispose()
    return history


@pytest.mark.live
def test_dead_rows_of_postgresql_tell_what_was_there_between_two_copies(address: str) -> None:
    history = played(address, extension=True)
    assert [(one.row.key, one.happening, one.values["n"]) for one in history.versions] == [
        ("1/ant", Happening.CAME, 7),
        ("1/ant", Happening.CHANGED, 8),
        ("2/bee", Happening.CAME, None),
        ("1/ant", Happening.WENT, 8),
    ]
    came, changed, long, _ = history.versions
    numbers = [one.transaction or 0 for one in history.versions]
    assert numbers == sorted(set(numbers))
    assert came.values == {
        "wave": 1,
        "id": "ant",
        "told": b"\x00\xff",
        "n": 7,
        "is_new": True,
        "mean": 2.5,
        "words": '["a"]',
    }
    assert (changed.before["words"], changed.values["words"]) == ('["a"]', None)
    assert long.values["told"] == b"\x00\xff" * 9_000
    assert long.places["number of the long told"] > 0
    assert b"".join(bytes(page) for page in history.last).count(b"\x00\xff" * 900) > 1


@pytest.mark.live
def test_without_the_extension_rows_of_postgresql_are_read_as_they_stand(address: str) -> None:
    history = played(address, extension=False)
    assert [(one.row.key, one.happening) for one in history.versions] == [("2/bee", Happening.CAME)]
    assert "no dead rows (no pageinspect)" in history.looked_at[-1]
    found = evidence([address], [])
    assert [one.row.key for one in found.versions] == ["2/bee"]


# --- From where they are -------------------------------------------------------------------------

DUMP = """--
-- PostgreSQL database dump
--

CREATE TABLE public.note (wave integer NOT NULL, id character varying NOT NULL, told bytea);

COPY public.note (wave, id, told) FROM stdin;
1\tbee\t\\\\x00ff
{more}\\.

COPY public.person (name) FROM stdin;
a\\tb\\\\c
\\N
\\.

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (wave, id);
"""


def test_plain_dumps_of_postgresql_are_compared(tmp_path: Path) -> None:
    paths = [tmp_path / "monday.sql", tmp_path / "tuesday.sql"]
    for path, more in zip(paths, ("", "2\tant\t\\N\n"), strict=True):
        path.write_text(DUMP.replace("{more}", more))
    found = evidence([str(path) for path in paths], [])
    there = stands(list(found.versions))
    assert there["note"] == {
        "1/bee": {"wave": 1, "id": "bee", "told": b"\x00\xff"},
        "2/ant": {"wave": 2, "id": "ant", "told": None},
    }
    assert list(there["person"].values()) == [{"name": "a\tb\\c"}, {"name": None}]
    assert [one.row.key for one in found.versions if one.copy == 1] == ["2/ant"]


def test_a_folder_is_looked_at_with_all_its_files(
    path: Path, connection: sqlite3.Connection
) -> None:
    connection.execute("INSERT INTO person (name) VALUES ('anna')")
    (path.parent / "notes.txt").write_text("U0ANNA1234 was here")
    log = path.parent.parent / "worker.log"
    log.write_text("one\n\ntwo\n")
    found = evidence([str(path.parent)], [log])
    assert stands(list(found.versions))["person"]["1"]["name"] == "anna"  # type: ignore[index]
    assert [one.values["line"] for one in found.versions if one.row.table == "log"] == [
        "one",
        "two",
    ]
    assert "U0ANNA1234 was here" in [one.text for one in found.texts]
    assert "notes.txt: as bytes only" in found.looked_at


@pytest.mark.parametrize("name", ["nothing.db", "text.txt", "empty", "two"])
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.txt").write_text("some text")
    (tmp_path / "empty").mkdir()
    (tmp_path / "two").mkdir()
    for one in ("a", "b"):
        with closing(sqlite3.connect(tmp_path / "two" / f"{one}.db")) as connection:
            connection.executescript(TABLES)
    with pytest.raises(UsageError, match=name):
        evidence([str(tmp_path / name)], [])


def test_copies_of_different_kinds_are_not_compared(
    path: Path, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    del connection
    (tmp_path / "dump.sql").write_text(DUMP.replace("{more}", ""))
    with pytest.raises(UsageError, match="one kind"):
        evidence([str(path), str(tmp_path / "dump.sql")], [])


def test_a_database_that_does_not_answer_is_said() -> None:
    with pytest.raises(UsageError, match="does not answer"):
        evidence(["postgresql://nobody@127.0.0.1:1/none"], [])


def test_nothing_but_a_log_is_evidence_too(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_text("answered user=U0ANNA1234")
    found: Evidence = evidence([], [log])
    assert [one.values for one in found.versions] == [{"line": "answered user=U0ANNA1234"}]
