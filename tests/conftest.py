"""What every test may ask for: a clock that stands still and a database of its own."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import stamina
from hypothesis import settings

from bot.store.database import Database
from bot.webapi import TRIES
from tests.desks.wire import Server, Site, served
from tests.live.postgres import fresh_database, postgres_url
from tests.times import StandingClock, T

__all__ = ["postgres_url"]

# A machine that is busy is no failure.
settings.register_profile("deskpulse", deadline=None)
settings.load_profile("deskpulse")


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: they are not looked through again and again.

    (Without this a tenth of the time of `make test` goes into Python's collector.)
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def retries_at_once() -> Iterator[None]:
    """What may pass is tried as often as in earnest, but without the waits between."""
    with stamina.set_testing(True, attempts=TRIES):
        yield


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    """The simulated help desk that a module calls `site`, behind an address."""
    with served(site) as server:
        yield server


@pytest.fixture
def clock() -> StandingClock:
    """Stands still until a test moves it."""
    return StandingClock(T())


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)],
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database: a real SQLite file, and under `make live` PostgreSQL too."""
    if request.param == "postgres":
        database = Database(fresh_database(request.getfixturevalue("postgres_url")))
        database.migrate()
    else:
        kept = tmp_path / "deskpulse.db"
        kept.write_bytes(_migrated())
        database = Database(f"sqlite:///{kept}")
    yield database
    database.close()


@cache
def _migrated() -> bytes:
    """An SQLite file to copy: the migrations run once in a session instead of before every test."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "deskpulse.db"
        database = Database(f"sqlite:///{kept}")
        database.migrate()
        # Closing the last connection moves everything from the log into the file.
        database.close()
        return kept.read_bytes()
