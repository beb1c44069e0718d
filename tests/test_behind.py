"""The tickets behind an alert: those that made its number what it was, the most telling first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain import (
    Call,
    Dimension,
    Question,
    Rating,
    Removal,
    Reopening,
    Scale,
    Slice,
    Status,
    Target,
    Ticket,
)
from bot.store.behind import Behind, behind
from bot.store.database import Database
from commands.alert_text import parse_rule
from tests.store_samples import Plan, a_solved_ticket, a_ticket
from tests.times import T

MINUTE = timedelta(minutes=1)
BILLING = Slice(Dimension.GROUP, "Billing")


def replied(id_: str, minutes: float, created_at: datetime = T(hours=-1), **facts: Any) -> Ticket:
    """A ticket whose first reply came after so long."""
    return a_ticket(
        id_, created_at, first_reply_at=created_at + minutes * MINUTE, agent_replies=1, **facts
    )


def found(
    database: Database, text: str, *plans: Plan, part: Slice | None = None, limit: int = 10
) -> list[Behind]:
    """What is behind such a rule at `T()`."""
    with database.writing() as session:
        for plan in plans:
            plan.store(session, 1)
        return behind(session, 1, parse_rule(text), T(), part, limit=limit)


def names(
    database: Database, text: str, *tickets: Ticket, part: Slice | None = None, **more: Any
) -> list[str]:
    plan = Plan("acme", list(tickets), **more)
    return [one.ticket for one in found(database, text, plan, part=part)]


# --- By what a rule watches ----------------------------------------------------------------------


def test_of_a_duration_those_that_took_longest_come_first(database: Database) -> None:
    tickets = [
        replied("quick", 1, T(minutes=-30)),
        replied("slow", 50),
        replied("slower", 55, T(minutes=-58), group="Billing", channel="email"),
        replied("too early", 5, T(hours=-3)),
        replied("not yet", 90),
        a_ticket("silent", T(minutes=-50)),
    ]
    first, *others = found(database, "first_response_time > 30m over 1h", Plan("acme", tickets))
    assert first == Behind("acme", "slower", T(minutes=-58), "Billing", "email", 55 * 60)
    assert [(one.ticket, one.value) for one in others] == [("slow", 3_000), ("quick", 60)]


def test_of_a_duration_that_is_too_short_the_shortest_come_first(database: Database) -> None:
    tickets = [replied("slow", 50), replied("quick", 1, T(minutes=-30))]
    assert names(database, "first_response_time < 30m over 1h", *tickets) == ["quick", "slow"]


def test_so_many_are_listed_at_most(database: Database) -> None:
    tickets = [replied(f"{n}", n, T(minutes=-59)) for n in range(20)]
    listed = found(database, "first_response_time > 30m over 1h", Plan("acme", tickets), limit=3)
    assert [one.ticket for one in listed] == ["19", "18", "17"]


def test_of_a_count_the_newest_come_first(database: Database) -> None:
    tickets = [a_ticket(f"{n}", T(minutes=-n)) for n in (5, 20, 59, 61)]
    assert names(database, "ticket_volume > 2 over 1h", *tickets) == ["5", "20", "59"]


def test_of_too_low_a_count_there_are_those_that_came(database: Database) -> None:
    tickets = [a_ticket(f"{n}", T(minutes=-n)) for n in (20, 5, 70)]
    assert names(database, "ticket_volume < 3 over 1h", *tickets) == ["5", "20"]


def test_of_a_backlog_the_oldest_that_were_unsolved_then(database: Database) -> None:
    tickets = [
        a_ticket("new", T(hours=-1)),
        a_ticket("old", T(days=-9), group="Billing"),
        a_ticket("from later", T(minutes=1)),
        a_solved_ticket("solved", T(days=-9), T(hours=-2)),
        a_solved_ticket("solved later", T(days=-8), T(minutes=5)),
        a_ticket(
            "reopened later",
            T(days=-10),
            status=Status.OPEN,
            first_solved_at=T(days=-5),
            reopenings=[Reopening(T(days=-5), T(minutes=5))],
        ),
        a_ticket(
            "reopened before",
            T(days=-7),
            status=Status.OPEN,
            first_solved_at=T(days=-5),
            reopenings=[Reopening(T(days=-5), T(days=-2))],
        ),
        a_ticket("spam", T(days=-9), removal=Removal.SPAM),
    ]
    assert names(database, "backlog > 2", *tickets) == [
        *("old", "solved later", "reopened before"),
        "new",
    ]
    assert [one.value for one in found(database, "backlog > 2")] == [None] * 4


def test_of_a_share_those_that_make_it_worse(database: Database) -> None:
    def rated(number: int, raw: int, minutes: int) -> Rating:
        at = T(minutes=-minutes)
        return Rating(
            str(number), Question.CSAT, Scale.STARS, at, at, raw, ticket=str(number), agent=None
        )

    tickets = [a_ticket(f"{n}", T(days=-1)) for n in range(4)]
    ratings = [rated(0, 5, 10), rated(1, 1, 20), rated(2, 2, 30), rated(3, 1, 90)]
    listed = names(database, "csat < 85% over 1h", *tickets, ratings=ratings)
    assert listed == ["1", "2"]


def test_of_a_budget_that_burns_those_that_missed_their_target(database: Database) -> None:
    def promised(id_: str, due: int, done: int | None) -> Ticket:
        kept = None if done is None else T(minutes=done)
        return a_ticket(id_, T(hours=-3), targets=[Target("first reply", T(minutes=due), kept)])

    tickets = [
        promised("kept", -20, -30),
        promised("late", -20, -10),
        promised("open", -10, None),
        promised("due later", 20, None),
    ]
    listed = names(database, "sla burns 6x goal 95% over 1h and 15m", *tickets)
    assert sorted(listed) == ["late", "open"]


def test_of_tickets_that_wait_those_that_do_the_longest_first(database: Database) -> None:
    tickets = [
        a_ticket("long", T(hours=-3)),
        a_ticket("longer", T(hours=-5), group="Billing"),
        a_ticket("short", T(minutes=-20)),
        replied("answered", 20, T(hours=-3)),
        replied("answered later", 200, T(hours=-3)),
    ]
    listed = found(database, "ticket waiting > 1h without reply", Plan("acme", tickets))
    assert [(one.ticket, one.value) for one in listed] == [
        ("longer", 5 * 3_600),
        ("long", 3 * 3_600),
        ("answered later", 3 * 3_600),
    ]


@pytest.mark.parametrize("text", ["data older than 2h", "call_volume > 1 over 1h"])
def test_of_what_has_no_tickets_there_are_none(database: Database, text: str) -> None:
    call = Call(
        "1",
        T(minutes=-5),
        inbound=True,
        answered=True,
        wait=MINUTE,
        talk=MINUTE,
        hold=MINUTE,
        wrap_up=MINUTE,
    )
    assert names(database, text, a_ticket("1", T(minutes=-5)), calls=[call]) == []


def test_where_nothing_came_there_is_nothing(database: Database) -> None:
    for text in ("ticket_volume < 3", "backlog > 1", "ticket waiting > 1h without reply"):
        assert found(database, text) == []


# --- Of one part ---------------------------------------------------------------------------------

PARTS = [
    a_ticket("b-email", T(minutes=-5), group="Billing", channel="email"),
    a_ticket("b-chat", T(minutes=-6), group="Billing", channel="chat"),
    a_ticket("s-email", T(minutes=-7), group="Sales", channel="email"),
    a_ticket("nobody's", T(minutes=-8), channel="email"),
]

OF_PARTS: list[tuple[str, Slice | None, list[str]]] = [
    ("ticket_volume > 1", None, ["b-email", "b-chat", "s-email", "nobody's"]),
    ("ticket_volume > 1 for group Billing", None, ["b-email", "b-chat"]),
    ("ticket_volume > 1 for group Billing", BILLING, ["b-email", "b-chat"]),
    ("ticket_volume > 1 by group", BILLING, ["b-email", "b-chat"]),
    ("ticket_volume > 1 by group", Slice(Dimension.GROUP, None), ["nobody's"]),
    ("ticket_volume > 1 by group for channel email", BILLING, ["b-email"]),
    (
        "ticket_volume > 1 by channel for group Sales",
        Slice(Dimension.CHANNEL, "email"),
        ["s-email"],
    ),
    ("backlog > 1 by group for channel email", BILLING, ["b-email"]),
    ("ticket_volume > 1 by group for desk acme", BILLING, ["b-email", "b-chat"]),
    ("ticket_volume > 1 by group for desk shop", BILLING, []),
    ("backlog > 1 for group Sales", None, ["s-email"]),
]


@pytest.mark.parametrize(("text", "part", "wanted"), OF_PARTS)
def test_of_one_part_there_are_only_its_tickets(
    database: Database, text: str, part: Slice | None, wanted: list[str]
) -> None:
    assert names(database, text, *PARTS, part=part) == wanted


def test_tickets_of_the_same_number_at_several_desks_are_told_apart(database: Database) -> None:
    plans = [Plan(name, [a_ticket("1", T(minutes=-5))]) for name in ("acme", "shop")]
    listed = found(database, "ticket_volume > 1", *plans)
    assert sorted((one.desk, one.ticket) for one in listed) == [("acme", "1"), ("shop", "1")]


def test_a_desk_that_was_taken_out_of_the_settings_is_left_out(database: Database) -> None:
    gone = Plan("shop", [a_ticket("1", T(minutes=-5))], retired=True)
    there = Plan("acme", [a_ticket("2", T(minutes=-5))])
    assert [one.ticket for one in found(database, "ticket_volume > 1", gone, there)] == ["2"]


def test_of_the_tickets_of_another_workspace_there_are_none(database: Database) -> None:
    with database.writing() as session:
        Plan("acme", PARTS).store(session, 1)
        assert behind(session, 7, parse_rule("ticket_volume > 1"), T()) == []
