"""Keeping tickets: twice is once, what is told again replaces, and nobody's name stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlmodel import Session, col

from bot.domain import Removal, Reopening, Response, Status, Ticket, Window
from bot.metrics import CATALOGUE
from bot.store.database import Database
from bot.store.readings import read
from bot.store.tables import ReopeningRow, ResponseRow, TicketRow
from bot.store.tickets import PURGED_AFTER, keep
from bot.store.upserts import hashed
from jobs.reconcile import DAYS
from tests.databases import ON_SQLITE, on_disk
from tests.store_samples import SECRET, a_desk, a_solved_ticket, a_ticket, a_workspace, many_lives
from tests.times import T

WHOLE = a_solved_ticket(
    "42",
    T(hours=-30),
    T(hours=-2),
    group="billing",
    channel="email",
    priority="high",
    requester="ann@example.org",
    solver="7",
    first_reply_at=T(hours=-29),
    first_solved_at=T(hours=-20),
    agent_messages=3,
    customer_messages=2,
    agent_replies=2,
    reopens=1,
    transfers=1,
    reopenings=[Reopening(T(hours=-20), T(hours=-10))],
    responses=[
        Response(T(hours=-30), T(hours=-29)),
        Response(T(hours=-10), T(hours=-9)),
    ],
)


def rows(session: Session, workspace: int) -> list[dict[str, Any]]:
    """Everything that is stored of the tickets of a workspace."""
    found = []
    for table in (TicketRow, ResponseRow, ReopeningRow):
        wanted = select(table).where(col(table.workspace_id) == workspace)
        found += [row.model_dump() for row in session.scalars(wanted)]
    return sorted(found, key=repr)


def stored(database: Database, *pages: Sequence[Ticket], secret: bytes = SECRET) -> list[Any]:
    """What is there after these pages, in a workspace of their own; ids of desks left out."""
    with database.writing() as session:
        workspace = a_workspace(session)
        desk = a_desk(session, workspace)
        for page in pages:
            keep(session, desk, page, secret)
    with database.reading() as session:
        found = rows(session, workspace)
    return [
        {name: value for name, value in row.items() if name not in ("desk_id", "workspace_id")}
        for row in found
    ]


def test_every_fact_of_a_ticket_is_kept(database: Database) -> None:
    kept = stored(database, [WHOLE])
    (ticket,) = (row for row in kept if "status" in row)
    same = (
        *("id", "created_at", "updated_at", "status", "group", "channel", "priority", "solver"),
        *("first_reply_at", "first_solved_at", "last_solved_at", "agent_messages"),
        *("customer_messages", "agent_replies", "reopens", "transfers", "removal"),
    )
    assert {name: ticket[name] for name in same} == {name: getattr(WHOLE, name) for name in same}
    assert ticket["solved_at"] == WHOLE.last_solved_at
    assert [row for row in kept if "asked_at" in row] == [
        {
            "ticket_id": "42",
            "place": n,
            "asked_at": r.asked_at,
            "answered_at": r.answered_at,
            "agent": r.agent,
            "business": None,
        }
        for n, r in enumerate(WHOLE.responses)
    ]
    assert [row for row in kept if "reopened_at" in row] == [
        {"ticket_id": "42", "place": n, "solved_at": r.solved_at, "reopened_at": r.reopened_at}
        for n, r in enumerate(WHOLE.reopenings)
    ]


@pytest.mark.thorough
@settings(
    max_examples=12,
    deadline=None,
    # Every example has workspaces of its own in the database that they share.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=many_lives(8), second=many_lives(8))
def test_a_page_twice_is_a_page_once(
    database: Database, first: list[Ticket], second: list[Ticket]
) -> None:
    """Also when another page, which tells some of the same tickets anew, comes between."""
    once = stored(database, first, second)
    assert stored(database, first, first, second) == once
    assert stored(database, first, second, second) == once
    assert stored(database, second, first, second) == once


def test_of_a_ticket_that_comes_twice_in_a_page_the_later_counts(database: Database) -> None:
    earlier = replace(WHOLE, group="tech", responses=[Response(T(hours=-25), T(hours=-24))])
    assert stored(database, [earlier, WHOLE]) == stored(database, [WHOLE])


def test_an_update_replaces_every_fact(database: Database) -> None:
    """A fact that is no longer told is gone, and so are responses and reopenings."""
    again = a_ticket("42", T(hours=-31), status=Status.OPEN, responses=[Response(T(-9), T(-8))])
    assert stored(database, [WHOLE], [again]) == stored(database, [again])


def test_an_update_leaves_other_tickets_and_other_desks_alone(database: Database) -> None:
    with database.writing() as session:
        workspace = a_workspace(session)
        acme, other = (a_desk(session, workspace, name) for name in ("acme", "other"))
        keep(session, acme, [WHOLE, replace(WHOLE, id="43")], SECRET)
        keep(session, other, [WHOLE], SECRET)
        before = [r for r in rows(session, workspace) if not is_of(r, acme.id, "42")]
        keep(session, acme, [a_ticket("42")], SECRET)
        after = [r for r in rows(session, workspace) if not is_of(r, acme.id, "42")]
    assert after == before
    assert len(after) == 8


def is_of(row: dict[str, Any], desk: int | None, ticket: str) -> bool:
    return row["desk_id"] == desk and row.get("ticket_id", row.get("id")) == ticket


def test_two_runs_and_two_solves_in_the_same_second_both_count(database: Database) -> None:
    hasty = replace(
        WHOLE,
        reopens=2,
        reopenings=[Reopening(T(hours=-20), T(hours=-20)), Reopening(T(hours=-20), T(hours=-10))],
        responses=[Response(T(hours=-9), T(hours=-9)), Response(T(hours=-9), T(hours=-7))],
    )
    kept = stored(database, [hasty])
    assert [r["reopened_at"] for r in kept if "reopened_at" in r] == [T(hours=-20), T(hours=-10)]
    with database.writing() as session:
        keep(session, a_desk(session), [hasty], SECRET)
        answered = [CATALOGUE["response_time"]]
        [reading] = read(session, 1, answered, [Window(T(hours=-10), T())])
        backlog = [CATALOGUE["backlog"]]
        moments = [Window(moment, moment) for moment in (T(hours=-15), T(hours=-5), T())]
        unsolved = [r.value for r in read(session, 1, backlog, moments)]
    assert (reading.n, reading.mean) == (2, 3600)
    assert unsolved == [0, 1, 0]


def test_a_ticket_that_was_removed_has_no_other_rows_until_it_is_back(database: Database) -> None:
    """A desk tells a removed ticket with all of its facts, or with none of them."""
    for gone in (replace(WHOLE, removal=Removal.SPAM), a_ticket("42", removal=Removal.DELETED)):
        [tombstone] = stored(database, [WHOLE], [gone])
        assert (tombstone["id"], tombstone["removal"]) == ("42", gone.removal)
        assert stored(database, [WHOLE], [gone], [WHOLE]) == stored(database, [WHOLE])


#: From when on the deletion of a ticket that was last solved with `WHOLE` is a purge.
PURGED = T(hours=-2) + PURGED_AFTER


def deleted(ticket: Ticket, at: datetime, removal: Removal = Removal.DELETED) -> Ticket:
    """As desks tell it: the tombstone has hardly any fact."""
    return a_ticket(ticket.id, ticket.created_at, updated_at=at, removal=removal)


def test_a_purged_ticket_stays_as_it_was_but_for_whose_it_was(database: Database) -> None:
    """Also when the purge is told twice; and should the ticket come back, it is whole again."""
    tombstone = deleted(WHOLE, PURGED)
    nobodys = replace(WHOLE, requester=None)
    assert stored(database, [WHOLE], [tombstone]) == stored(database, [nobodys])
    assert stored(database, [WHOLE], [tombstone], [tombstone]) == stored(database, [nobodys])
    assert stored(database, [WHOLE], [tombstone], [WHOLE]) == stored(database, [WHOLE])


@pytest.mark.parametrize(
    ("ticket", "tombstone"),
    [
        pytest.param(WHOLE, deleted(WHOLE, PURGED - timedelta(seconds=1)), id="deleted too soon"),
        pytest.param(WHOLE, deleted(WHOLE, PURGED, Removal.SPAM), id="spam never was a ticket"),
        pytest.param(a_ticket("42"), deleted(WHOLE, PURGED), id="never solved"),
        pytest.param(deleted(WHOLE, T()), deleted(WHOLE, PURGED), id="deleted before"),
    ],
)
def test_what_is_removed_but_not_purged_leaves_a_tombstone(
    database: Database, ticket: Ticket, tombstone: Ticket
) -> None:
    assert stored(database, [ticket], [tombstone]) == stored(database, [tombstone])


def test_purged_tickets_are_older_than_those_whose_number_is_compared() -> None:
    """The desk no longer counts them."""
    assert timedelta(days=DAYS) <= PURGED_AFTER


def test_an_empty_page_stores_nothing(database: Database) -> None:
    assert stored(database, []) == []


def test_a_reopened_ticket_has_no_standing_solve(database: Database) -> None:
    (row,) = stored(database, [replace(WHOLE, status=Status.OPEN, responses=(), reopenings=())])
    assert (row["solved_at"], row["last_solved_at"]) == (None, T(hours=-2))


@ON_SQLITE
def test_no_requester_is_in_the_file_in_clear(database: Database) -> None:
    """Neither in the database nor in its write-ahead log, however it was written."""
    spellings = ("Zebulon.Quirk@Example.org", "zebulon.quirk@example.org", "  ZEBULON QUIRK ")
    with database.writing() as session:
        desk = a_desk(session)
        told = [replace(WHOLE, id=name, requester=name) for name in ("a", "b")]
        keep(session, desk, told, SECRET)
        tickets = [replace(WHOLE, id=str(n), requester=s) for n, s in enumerate(spellings)]
        keep(session, desk, tickets, SECRET)
        # What was told once and replaced is not left behind in a free page either.
        keep(session, desk, [replace(t, requester=None) for t in tickets[:1]], SECRET)
    assert Path(f"{database.url.database}-wal").exists()
    kept = on_disk(database)
    assert b"billing" in kept, "what is stored can be found this way"
    for word in ("zebulon", "quirk", "example.org"):
        for encoding in ("utf-8", "utf-16-le"):
            assert word.encode(encoding) not in kept.lower()
    assert SECRET not in kept
    assert hashed(spellings[1], SECRET) in kept


def test_the_representation_of_a_ticket_does_not_name_the_requester() -> None:
    assert "ann@example.org" not in repr(WHOLE)


def test_a_requester_stays_the_same_one_however_it_is_written() -> None:
    assert hashed(" Ann@Example.org ", SECRET) == hashed("ann@example.org", SECRET)
    assert hashed("ann@example.org", SECRET) != hashed("anne@example.org", SECRET)


@pytest.mark.parametrize("other", [b"another secret of the tests.....", SECRET + b"!", SECRET[:-1]])
def test_a_hash_tells_nothing_without_its_secret(other: bytes) -> None:
    assert hashed("ann@example.org", SECRET) != hashed("ann@example.org", other)


def test_a_hash_is_sixteen_bytes() -> None:
    assert len(hashed("ann@example.org", SECRET)) == 16
