"""What every test may ask for: a clock that stands still and a database of its own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import stamina
from hypothesis import settings

from bot.store.database import Database
from bot.webapi import TRIES
from tests.databases import migrated, postgres_database, sqlite_database
from tests.desks.wire import Server, Site, served
from tests.live.postgres import fresh_database, postgres_url
from tests.times import StandingClock, T

__all__ = ["postgres_url"]

# A machine that is busy is no failure.
settings.register_profile("deskpulse", deadline=None)
settings.load_profile("deskpulse")


def pytest_collection() -> None:
    """What is collected is no garbage: until it is complete (below) nobody looks for any."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """At the end nobody waits for a file that takes minutes.

    Of those the ones that compute come first, so that the ones that wait do so beside them.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("longest") is None:
        return 2
    return 0 if item.get_closest_marker("live") is None else 1


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: they are not looked through again and again.

    (Without this a tenth of the time of `make test` goes into Python's collector.)
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


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


KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.live)]


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated database: a real SQLite file, and under `make live` PostgreSQL too."""
    if request.param == "postgres":
        opened = postgres_database(request.getfixturevalue("postgres_url"))
    else:
        opened = sqlite_database(migrated())
    with opened as database:
        yield database


@pytest.fixture(params=KINDS)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same for whoever changes its tables: nobody had it before, and nobody has it after."""
    if request.param == "postgres":
        url = fresh_database(request.getfixturevalue("postgres_url"))
    else:
        url = f"sqlite:///{tmp_path / 'new.db'}"
    with closing(Database(url)) as database:
        database.migrate()
        yield database
