from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain import Counted
from bot.errors import DeskRefused
from bot.slack.desks import SYNC_NOW
from bot.store import counts, desks
from bot.store.tables import Desk
from jobs.sync import sync
from tests.times import T
from tests.workspace import ADMIN, AGENT, LEAD, Workspace, open_desks, open_workspace


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


def row_of(workspace: Workspace) -> Desk:
    with workspace.services.reading() as session:
        row = desks.find(session, workspace.services.workspace, "demo")
    assert row is not None
    return row


# --- How each desk is ----------------------------------------------------------------------------


def test_everybody_sees_when_a_desk_was_read_and_what_is_stored(workspace: Workspace) -> None:
    workspace.clock.move(minutes=4)
    answered = workspace.types("/desk", user=AGENT)
    assert "*demo* · demo\n✓ Read 4 min ago." in answered.told
    # Of 1,941 tickets, 40 were removed.
    assert "1,901 tickets" in answered.told
    assert "articles since Sep 6, 2026" in answered.told
    assert "_Does not tell: hours._" in answered.told
    assert answered.buttons() == {}


def test_old_data_are_called_old(workspace: Workspace) -> None:
    workspace.clock.move(hours=2)
    assert "⚠️ Last read 2 h ago: see whether the worker runs." in workspace.types("/desk").told


def test_an_error_is_told_with_its_mend(workspace: Workspace) -> None:
    error = DeskRefused(
        "Help desk “{desk}” does not accept the token.", "Make a new one.", desk="demo"
    )
    with workspace.writing() as session:
        desks.failed(session, row_of(workspace).id or 0, error.kept(), at=T())
    told = workspace.types("/desk").told
    assert "⚠️ Help desk “demo” does not accept the token. Make a new one." in told
    assert "✓" not in told


def test_a_wait_is_told_with_its_end(workspace: Workspace) -> None:
    with workspace.writing() as session:
        desks.waits(session, row_of(workspace).id or 0, T(minutes=31))
    assert "⏳ Waits until" in workspace.types("/desk").told
    workspace.clock.move(minutes=31)
    assert "⏳" not in workspace.types("/desk").told


def test_a_first_reading_is_told(workspace: Workspace) -> None:
    with workspace.writing() as session:
        session.get_one(Desk, row_of(workspace).id).data_until = None
    assert "⏳ Is being read for the first time." in workspace.types("/desk").told


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ((7, 8), "⚠️ On 1 day it counts otherwise"),
        ((7, 9), "⚠️ On 2 days it counts otherwise"),
        ((8, 8), "Its own counts agree, compared 3 h ago."),
    ],
)
def test_what_the_last_comparison_gave_is_told(
    workspace: Workspace, theirs: tuple[int, int], told: str
) -> None:
    with workspace.writing() as session:
        desk = session.get_one(Desk, row_of(workspace).id)
        for day, number in enumerate(theirs):
            at = T(days=-day - 1)
            counts.compared(
                session, desk, at, Counted.TICKETS, ours=8, theirs=number, at=T(hours=-3)
            )
    assert told in workspace.types("/desk").told


def test_without_a_desk_it_says_how_to_connect_one() -> None:
    with open_desks() as workspace:
        assert workspace.types("/desk").told.startswith("No help desk is connected yet.")


def test_many_desks_fit_a_message() -> None:
    with open_desks() as workspace:
        with workspace.writing() as session:
            for number in range(30):
                desks.known(session, 1, f"desk{number:02}", kind="demo", gives=())
        answered = workspace.types("/desk", user=ADMIN)
        assert "10 more help desks are not shown." in answered.told
        assert len(answered.blocks) <= 50


# --- Reading one right away ----------------------------------------------------------------------


def test_an_admin_asks_for_a_reading_and_the_worker_does_it(workspace: Workspace) -> None:
    services = workspace.services
    workspace.clock.move(seconds=30)
    answered = workspace.types("/desk", user=ADMIN)
    button = answered.buttons()[SYNC_NOW]
    assert button["value"] == "demo"
    told = workspace.presses(SYNC_NOW, button["value"], user=ADMIN).told
    assert told == "demo will be read in a moment. `/desk` tells how it went."
    assert "⏳ Will be read in a moment." in workspace.types("/desk").told
    sync(services, workspace.clock.now())
    assert row_of(workspace).data_until == T(30)
    assert "✓ Read" in workspace.types("/desk").told
    assert [(entry.who, entry.action, entry.detail) for entry in workspace.audit()][-1] == (
        ADMIN,
        "desk sync",
        "demo",
    )


def test_who_asks_while_the_desk_makes_us_wait_is_told_until_when(workspace: Workspace) -> None:
    with workspace.writing() as session:
        desks.waits(session, row_of(workspace).id or 0, T(minutes=30))
    told = workspace.types("/desk sync demo", user=ADMIN).told
    assert told == "demo allows no more requests until 9:30 AM, and will be read then."


@pytest.mark.parametrize("typed", ["/desk sync demo", "/desk SYNC Demo"])
def test_the_same_can_be_typed(workspace: Workspace, typed: str) -> None:
    assert "will be read in a moment" in workspace.types(typed, user=ADMIN).told
    assert row_of(workspace).asked_at == T()


@pytest.mark.parametrize("user", [AGENT, LEAD])
def test_only_admins_may(workspace: Workspace, user: str) -> None:
    before = workspace.version()
    refused = "That is for admins of this Slack workspace. Ask one of them to do it."
    assert workspace.types("/desk sync demo", user=user).told == refused
    assert workspace.presses(SYNC_NOW, "demo", user=user).told == refused
    assert workspace.types("/desk", user=user).buttons() == {}
    assert workspace.version() == before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/desk sync dmo", "There is no help desk “dmo”. Did you mean “demo”?"),
        ("/desk sync", "Something is missing at the end."),
        ("/desk synk demo", "There is no desk command “synk”. Did you mean “sync”?"),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(
    workspace: Workspace, typed: str, told: str
) -> None:
    before = workspace.version()
    answered = workspace.types(typed, user=ADMIN).told
    assert answered.startswith(told)
    assert "`/desk sync acme`" in answered
    assert workspace.version() == before


def test_help_shows_examples(workspace: Workspace) -> None:
    told = workspace.types("/desk help").told
    assert "`/desk sync acme`" in told
    assert workspace.services.settings.stale_after > timedelta(0)
