"""What every test may ask for: a clock that stands still and a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.database import Database
from tests.live.postgres import fresh_database, postgres_url
from tests.times import StandingClock, T

__all__ = ["postgres_url"]

# A machine that is busy is no failure.
settings.register_profile("deskpulse", deadline=None)
settings.load_profile("deskpulse")


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
        url = fresh_database(request.getfixturevalue("postgres_url"))
    else:
        url = f"sqlite:///{tmp_path / 'deskpulse.db'}"
    database = Database(url)
    database.migrate()
    yield database
    database.close()
