"""The backlog against a replay of every ticket's life, at many moments at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import Dimension, Reopening, Slice, Status, Ticket, Window
from bot.metrics import CATALOGUE
from bot.store.database import Database
from bot.store.readings import read
from tests.store_samples import STEPS, Plan, a_ticket, a_workspace, at, many_lives
from tests.times import T

BACKLOG = [CATALOGUE["backlog"]]

#: One life after another: what happened at which moment, oldest first.
Life = list[tuple[datetime, str]]


@dataclass
class Replay:
    """Goes through all tickets' lives again and stops at a moment."""

    tickets: Sequence[Ticket]

    def at(self, moment: datetime) -> set[str]:
        """The tickets that are unsolved when everything before `moment` has happened."""
        return {
            ticket.id
            for ticket in self.tickets
            if ticket.removal is None and self._state(ticket, moment) == "unsolved"
        }

    def _state(self, ticket: Ticket, moment: datetime) -> str:
        state = "unborn"
        for when, after in self._life(ticket):
            if when < moment:
                state = after
        return state

    def _life(self, ticket: Ticket) -> Life:
        life = [(ticket.created_at, "unsolved")]
        for stretch in ticket.reopenings:
            life += [(stretch.solved_at, "solved"), (stretch.reopened_at, "unsolved")]
        if ticket.status.is_solved and ticket.last_solved_at:
            life.append((ticket.last_solved_at, "solved"))
        return life


def backlogs(
    database: Database, workspace: int, moments: Sequence[datetime], by: Dimension | None = None
) -> dict[tuple[datetime, str | None], float | None]:
    """The backlog at each moment, asked for in one go, by slice."""
    windows = [Window(moment - timedelta(hours=1), moment) for moment in moments]
    with database.reading() as session:
        return {
            (reading.window.end, reading.slice.value if reading.slice else None): reading.value
            for reading in read(session, workspace, BACKLOG, windows, by=by)
        }


def store(database: Database, tickets: list[Ticket]) -> int:
    with database.writing() as session:
        workspace = a_workspace(session)
        Plan("acme", tickets, data_until=T(days=60)).store(session, workspace)
    return workspace


@pytest.mark.thorough
@settings(
    max_examples=25,
    deadline=None,
    # Every example has a workspace of its own in the database that they share.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tickets=many_lives(16),
    moments=st.lists(st.integers(-5, STEPS + 25).map(at), min_size=1, max_size=20, unique=True),
)
def test_the_backlog_of_any_moment_is_what_a_replay_finds(
    database: Database, tickets: list[Ticket], moments: list[datetime]
) -> None:
    """Many moments at once, in any order, long past or yet to come."""
    workspace = store(database, tickets)
    replay = Replay(tickets)
    assert backlogs(database, workspace, moments) == {
        (moment, None): len(replay.at(moment)) for moment in moments
    }


@pytest.mark.thorough
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    tickets=many_lives(14),
    moments=st.lists(st.integers(0, STEPS).map(at), min_size=1, max_size=8, unique=True),
)
def test_the_parts_of_a_backlog_are_each_replayed_too(
    database: Database, tickets: list[Ticket], moments: list[datetime]
) -> None:
    workspace = store(database, tickets)
    for by in (Dimension.GROUP, Dimension.CHANNEL):
        found = backlogs(database, workspace, moments, by)
        parts = {t.group if by is Dimension.GROUP else t.channel for t in tickets}
        for part in parts:
            alone = Replay(
                [t for t in tickets if part == (t.group if by is Dimension.GROUP else t.channel)]
            )
            for moment in moments:
                assert (found.get((moment, part)) or 0) == len(alone.at(moment)), (by, part)
        for moment in moments:
            together = [found[key] or 0 for key in found if key[0] == moment]
            assert sum(together) == len(Replay(tickets).at(moment))


LIFE = a_ticket(
    "1",
    T(hours=-10),
    status=Status.CLOSED,
    first_solved_at=T(hours=-8),
    last_solved_at=T(hours=-2),
    reopens=2,
    reopenings=[
        Reopening(T(hours=-8), T(hours=-6)),
        Reopening(T(hours=-5), T(hours=-4)),
    ],
)


@pytest.mark.parametrize(
    ("hours", "unsolved"),
    [
        pytest.param(-11, 0, id="before it was created"),
        pytest.param(-10, 0, id="at its creation, which belongs to the next window"),
        pytest.param(-9, 1, id="new"),
        pytest.param(-8, 1, id="at its first solve, which belongs to the next window"),
        pytest.param(-7, 0, id="solved for the first time"),
        pytest.param(-6, 0, id="at its reopening"),
        pytest.param(-5.5, 1, id="reopened"),
        pytest.param(-4.5, 0, id="solved for the second time"),
        pytest.param(-3, 1, id="reopened again"),
        pytest.param(-1, 0, id="solved for good"),
        pytest.param(500, 0, id="long after"),
    ],
)
def test_a_ticket_is_in_the_backlog_of_every_moment_at_which_it_was_unsolved(
    database: Database, hours: float, unsolved: int
) -> None:
    """Asked alone, and after a moment before it and one between."""
    workspace = store(database, [LIFE])
    moment = T(hours=hours)
    assert backlogs(database, workspace, [moment])[moment, None] == unsolved
    with_others = [T(hours=-20), T(hours=-7.25), moment, T(hours=600)]
    assert backlogs(database, workspace, with_others)[moment, None] == unsolved


def test_a_ticket_that_is_reopened_now_is_in_the_backlog_again(database: Database) -> None:
    reopened = a_ticket(
        "1",
        T(hours=-10),
        status=Status.OPEN,
        first_solved_at=T(hours=-8),
        last_solved_at=T(hours=-8),
        reopens=1,
        reopenings=[Reopening(T(hours=-8), T(hours=-1))],
    )
    workspace = store(database, [reopened])
    assert backlogs(database, workspace, [T(hours=-9), T(hours=-5), T()]) == {
        (T(hours=-9), None): 1,
        (T(hours=-5), None): 0,
        (T(), None): 1,
    }


def test_two_windows_with_one_end_have_one_backlog(database: Database) -> None:
    workspace = store(database, [a_ticket("1", T(hours=-3)), a_ticket("2", T(hours=-30))])
    windows = [Window(T(hours=-1), T()), Window(T(days=-7), T()), Window(T(), T())]
    with database.reading() as session:
        assert [r.value for r in read(session, workspace, BACKLOG, windows)] == [2, 2, 2]


def test_the_backlog_of_a_part_that_has_none_any_more_is_zero(database: Database) -> None:
    """It had one in an earlier window, so it is told in the later one too."""
    solved = a_ticket(
        "1",
        T(hours=-30),
        status=Status.SOLVED,
        group="billing",
        last_solved_at=T(hours=-3),
        first_solved_at=T(hours=-3),
    )
    workspace = store(database, [solved])
    windows = [Window(T(hours=-48), T(hours=-24)), Window(T(hours=-24), T())]
    with database.reading() as session:
        found = read(session, workspace, BACKLOG, windows, by=Dimension.GROUP)
    assert [(r.slice, r.value) for r in found] == [
        (Slice(Dimension.GROUP, "billing"), 1),
        (Slice(Dimension.GROUP, "billing"), 0),
    ]
