"""Runs the migrations in `migrations/`, and writes new ones."""

from __future__ import annotations

from importlib.resources import files
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bot.store.database import Database, newest_revision


def upgrade(connection: Connection, to: str = "head") -> None:
    """Brings the tables up to a revision, in the transaction of `connection`."""
    command.upgrade(_config(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Takes the tables back to a revision; "base" is before the first."""
    command.downgrade(_config(connection), to)


def new_migration(message: str) -> None:
    """Writes the migration from the tables that the migrations make to those of the code."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/as-migrated.db")
        database.migrate()
        with database.engine.connect() as connection:
            number = f"{int(newest_revision()) + 1:04}"
            command.revision(_config(connection), message, autogenerate=True, rev_id=number)
        database.close()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("bot.store") / "migrations"))
    config.attributes["connection"] = connection
    return config
