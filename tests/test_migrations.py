"""The migrations make the tables that the code declares, from nothing, and take them away again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Index, inspect, select
from sqlmodel import SQLModel

from bot.errors import ConfigurationError
from bot.store.database import Database, newest_revision
from bot.store.migrating import downgrade, upgrade
from bot.store.tables import Desk, Goal, ResponseRow, TicketRow, Workspace
from bot.store.tickets import keep
from tests.store_samples import SECRET, a_desk, a_ticket


@pytest.fixture
def database(new_database: Database) -> Database:
    return new_database


def table_names(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def indexes(engine: Engine) -> dict[str, Any]:
    """Every index that is there, by name: its columns, and whether it holds some rows only."""
    there = inspect(engine)
    return {
        str(index["name"]): (
            index["column_names"],
            f"{engine.dialect.name}_where" in options(index),
        )
        for table in SQLModel.metadata.tables
        for index in there.get_indexes(table)
        if not index.get("duplicates_constraint")
    }


def options(index: Any) -> set[str]:
    return {name for name, value in index.get("dialect_options", {}).items() if value is not None}


def declared(index: Index, dialect: str) -> Any:
    where = index.dialect_options[dialect]["where"]
    return [column.name for column in index.columns], where is not None


def test_every_table_is_there_after_migrating(database: Database) -> None:
    assert table_names(database) == {"alembic_version", *SQLModel.metadata.tables}
    assert database.revision() == newest_revision()


@pytest.mark.thorough
def test_the_tables_are_what_the_code_declares(database: Database) -> None:
    """Alembic would write an empty migration."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_index_has_the_columns_and_the_condition_declared(database: Database) -> None:
    """Alembic does not compare the conditions."""
    dialect = database.engine.dialect.name
    assert indexes(database.engine) == {
        str(index.name): declared(index, dialect)
        for table in SQLModel.metadata.tables.values()
        for index in table.indexes
    }


def test_drift_would_be_found(database: Database) -> None:
    """So that the tests above are not empty ones."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE goal ADD COLUMN forgotten INTEGER")
        connection.exec_driver_sql("DROP INDEX ticket_solved_at")
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    assert {difference[0] for difference in found} == {"remove_column", "add_index"}


def test_the_first_workspace_is_made_by_the_migration(database: Database) -> None:
    with database.reading() as session:
        assert [(w.id, w.team) for w in session.scalars(select(Workspace))] == [(1, None)]


def test_a_second_workspace_gets_a_number_of_its_own(database: Database) -> None:
    """The first one's number was not taken behind the back of the database's own counter."""
    with database.writing() as session:
        session.add(Workspace(team="T2"))
    with database.reading() as session:
        assert [w.id for w in session.scalars(select(Workspace).order_by("id"))] == [1, 2]


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        a_desk(session)
    database.migrate()
    with database.reading() as session:
        assert [desk.name for desk in session.scalars(select(Desk))] == ["acme"]
        assert len(list(session.scalars(select(Workspace)))) == 1


@pytest.mark.thorough
def test_the_way_back_leaves_nothing_and_the_way_forth_works_again(database: Database) -> None:
    with database.writing() as session:
        a_desk(session)
    with database.engine.begin() as connection:
        downgrade(connection, "base")
    assert table_names(database) == {"alembic_version"}
    assert database.revision() is None
    database.migrate()
    assert table_names(database) == {"alembic_version", *SQLModel.metadata.tables}


@pytest.mark.thorough
def test_the_last_step_back_keeps_what_is_stored(database: Database) -> None:
    with database.writing() as session:
        keep(session, a_desk(session), [a_ticket("1"), a_ticket("2")], SECRET)
    with database.engine.begin() as connection:
        downgrade(connection, "0002")
        kept = connection.exec_driver_sql("SELECT id FROM ticket ORDER BY id").all()
        assert [row[0] for row in kept] == ["1", "2"]
        columns = {column["name"] for column in inspect(connection).get_columns("desk")}
        assert "opening" not in columns
    database.migrate()
    with database.reading() as session:
        assert [desk.name for desk in session.scalars(select(Desk))] == ["acme"]


def test_the_newest_revision_is_the_head_of_the_chain() -> None:
    """It is read from the names of the files, for Alembic takes long to import."""
    chain = ScriptDirectory(str(files("bot.store") / "migrations"))
    assert newest_revision() == chain.get_current_head()
    for script in chain.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_tables_of_a_newer_deskpulse_are_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer deskpulse"):
        database.migrate()
    assert database.revision() == "9999"


@pytest.mark.thorough
def test_a_new_migration_gets_the_next_number(tmp_path: Path) -> None:
    """Written into a copy of the package, as the recipe in CONTRIBUTING says."""
    copy = tmp_path / "bot"
    shutil.copytree(Path("bot"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    tables = copy / "store" / "tables.py"
    tables.write_text(
        tables.read_text().replace("    metric: str\n", "    metric: str\n    why: str\n")
    )
    program = "from bot.store.migrating import new_migration; new_migration('Say why')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
    number = f"{int(newest_revision()) + 1:04}"
    written = copy / "store" / "migrations" / "versions" / f"{number}_say_why.py"
    assert 'sa.Column("why", sa.String()' in written.read_text().replace("'", '"')


_COLUMNS = (
    "desk_id, id, workspace_id, created_at, updated_at, status, "
    "agent_messages, customer_messages, agent_replies, reopens, transfers"
)


def test_what_is_stored_survives_the_way_to_the_newest_tables(tmp_path: Path) -> None:
    """The desks are read again from the start: what they told before lacks the new facts."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.engine.connect() as connection, connection.begin():
        upgrade(connection, "0001")
        for statement in (
            "INSERT INTO desk VALUES (1, 1, 'acme', 'demo', 0, '[]', '{\"page\": 3}', 5, 9, NULL, NULL)",
            f"INSERT INTO ticket ({_COLUMNS}) VALUES (1, '42', 1, 6, 7, 'open', 1, 2, 1, 0, 0)",
            "INSERT INTO response VALUES (1, '42', 0, 6, 7, 1)",
            "INSERT INTO goal VALUES (1, 1, 'backlog', 100, 'U1', 6, NULL)",
        ):
            connection.exec_driver_sql(statement)
    database.migrate()
    with database.reading() as session:
        (ticket,) = session.scalars(select(TicketRow)).all()
        assert (ticket.id, ticket.agent_messages, ticket.escalated) == ("42", 1, False)
        assert [row.ticket_id for row in session.scalars(select(ResponseRow))] == ["42"]
        assert [(goal.metric, goal.clock) for goal in session.scalars(select(Goal))] == [
            ("backlog", "calendar")
        ]
        (desk,) = session.scalars(select(Desk)).all()
        assert (desk.cursor, desk.data_until) == (None, None)
    database.close()


def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert database.revision() is None
    database.close()


def test_every_table_carries_its_workspace() -> None:
    """So that many workspaces can share a deployment."""
    without = {
        name
        for name, table in SQLModel.metadata.tables.items()
        if "workspace_id" not in table.columns
    }
    assert without == {"workspace"}
