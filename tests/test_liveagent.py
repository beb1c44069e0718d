"""LiveAgent, read from a simulated account that follows the vendor's rules."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog.testing

from bot.domain import (
    Call,
    Fact,
    Rating,
    Removal,
    Response,
    Status,
    Stretch,
    Target,
    Ticket,
    Window,
)
from bot.errors import ConfigurationError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Counted, Cursor, HelpDesk, Stream, load
from bot.settings import BusinessHours
from tests.desks import history
from tests.desks.history import AGENTS, BEGIN, CUSTOMERS, address
from tests.desks.liveagent import (
    DEPARTMENTS,
    PEOPLE,
    REPORT_TOKEN,
    SYSTEM,
    TAGS,
    TOKEN,
    USERS,
    Site,
)
from tests.desks.liveagent import Ticket as Kept
from tests.desks.wire import SUBJECT, Fault, Server, Told
from tests.times import StandingClock

ANNA, BEN, EVA = (PEOPLE[name] for name in AGENTS)
ANN, BOB = CUSTOMERS[:2]
GENERAL, BILLING = DEPARTMENTS["General"], DEPARTMENTS["Billing"]
YEAR = Window(BEGIN - timedelta(days=365), BEGIN)


pytestmark = pytest.mark.usefixtures("retries_at_once")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(BEGIN)


@pytest.fixture
def site(clock: StandingClock) -> Site:
    return Site(clock)


@contextmanager
def desk_at(server: Server, clock: StandingClock, **settings: Any) -> Iterator[HelpDesk]:
    given = {"kind": "liveagent", "url": server.url, "token": TOKEN, **settings}
    with closing(load("acme", given, clock)) as desk:
        yield desk


@pytest.fixture
def desk(server: Server, clock: StandingClock) -> Iterator[HelpDesk]:
    with desk_at(server, clock, report_token=REPORT_TOKEN) as desk:
        yield desk


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return BEGIN + timedelta(minutes=minutes, seconds=seconds)


def opened(
    site: Site, id_: str = "t1", *, kind: str = "3", by: str = USERS[ANN], channel: str = "E"
) -> Kept:
    """A ticket that came now."""
    now = site.clock.now()
    site.tickets[id_] = ticket = Kept(id_, now, now, ANN, GENERAL, channel)
    site.wrote(ticket, now, kind, by)
    turned(site, ticket, status="A" if kind == "4" else "N")
    return ticket


def turned(site: Site, ticket: Kept, when: datetime | None = None, **new: Any) -> None:
    assert isinstance(site.clock, StandingClock)
    site.clock.set(max(site.clock.now(), when or site.clock.now()))
    site.turn(ticket, site.clock.now(), **new)


def resolved(site: Site, ticket: Kept, when: datetime, by: str = ANNA) -> None:
    site.group(ticket, when, "R", by)
    turned(site, ticket, when, status="R")


def sync(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[dict[str, Ticket], Cursor]:
    """What a sync tells, and where the next one goes on."""
    told: dict[str, Ticket] = {}
    cursor = cursor or desk.start(YEAR)
    for page in desk.tickets(cursor):
        told |= {ticket.id: ticket for ticket in page.rows}
        cursor = page.cursor
    return told, cursor


def one(desk: HelpDesk) -> Ticket:
    """The only ticket that there is."""
    (ticket,) = sync(desk)[0].values()
    return ticket


def ratings(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[list[Rating], Cursor]:
    told: list[Rating] = []
    cursor = cursor or desk.start(YEAR, Stream.RATINGS)
    for page in desk.ratings(cursor):
        told += page.rows
        cursor = page.cursor
    return told, cursor


def calls(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[dict[str, Call], Cursor]:
    told: dict[str, Call] = {}
    cursor = cursor or desk.start(YEAR, Stream.CALLS)
    for page in desk.calls(cursor):
        told |= {call.id: call for call in page.rows}
        cursor = page.cursor
    return told, cursor


# --- what message groups and histories mean ---


def _noted_and_answered(site: Site, ticket: Kept) -> None:
    site.say(site.group(ticket, at(1), "I", ANNA), at(1), "N", ANNA)
    site.wrote(ticket, at(10), "4", BEN)


def _answered_by_somebody_who_left(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(10), "4", "nobodyknows")


def _receipt_by_liveagent(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(0), "4", SYSTEM)


def _answered_by_a_machine(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(1), "4", EVA)


def _deleted_answer(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(10), "4", BEN)
    ticket.groups[-1]["status"] = "D"


def _forwarded(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(5), "O", ANNA)
    site.wrote(ticket, at(6), "Q", "somebody else")


def _mailed_in_by_an_agent(site: Site, ticket: Kept) -> None:
    site.wrote(ticket, at(10), "3", BEN)


def _owned_by_an_agent(site: Site, ticket: Kept) -> None:
    ticket.owner = address(AGENTS[1])
    site.wrote(ticket, at(5), "3", BEN)
    site.wrote(ticket, at(10), "4", ANNA)


def _came_over(site: Site, ticket: Kept) -> None:
    heading = site.group(ticket, at(5), "2", ANNA)
    for status in ("M", "V"):
        site.wrote(ticket, at(2), "3", USERS[BOB])
        ticket.groups[-1] |= {"parent_id": heading["id"], "status": status}


Saying = Callable[[Site, Kept], None]

#: What is said after the customer's opening, and what that comes to: messages of the customer and
#: of agents, when the first reply was and whose.
SAID: list[tuple[Saying, int, int, datetime | None, str | None]] = [
    (_noted_and_answered, 1, 1, at(10), BEN),
    (_answered_by_somebody_who_left, 1, 1, at(10), "nobodyknows"),
    (_receipt_by_liveagent, 1, 0, None, None),
    (_answered_by_a_machine, 1, 0, None, None),
    (_deleted_answer, 1, 0, None, None),
    (_forwarded, 1, 0, None, None),
    (_mailed_in_by_an_agent, 1, 1, at(10), BEN),
    (_owned_by_an_agent, 2, 1, at(10), ANNA),
    (_came_over, 1, 0, None, None),
]


@pytest.mark.parametrize(("saying", "theirs", "ours", "replied_at", "by"), SAID)
def test_a_message_is_of_whoever_wrote_it(
    server: Server,
    site: Site,
    clock: StandingClock,
    saying: Saying,
    theirs: int,
    ours: int,
    replied_at: datetime | None,
    by: str | None,
) -> None:
    ticket = opened(site)
    saying(site, ticket)
    turned(site, ticket)
    with desk_at(server, clock, bots=[address(AGENTS[2])]) as desk:
        told = one(desk)
    assert (told.customer_messages, told.agent_replies) == (theirs, ours)
    assert (told.first_reply_at, told.first_replier) == (replied_at, by)


def test_each_text_of_a_chat_counts_by_who_wrote_it(desk: HelpDesk, site: Site) -> None:
    """Also of an agent who has left, by the history."""
    ticket = opened(site, kind="C", channel="B")
    chat = ticket.groups[-1]
    site.say(chat, at(0, 40), "M", "left-us")
    site.say(chat, at(1), "S", SYSTEM)
    site.say(chat, at(2), "M", USERS[ANN])
    site.say(chat, at(2, 5), "F", USERS[ANN])
    site.say(chat, at(3), "M", "left-us")
    turned(site, ticket, at(3), agent="left-us", status="T")
    told = one(desk)
    assert (told.channel, told.status) == ("chat", Status.OPEN)
    assert (told.customer_messages, told.agent_replies) == (3, 2)
    assert told.responses == (
        Response(at(), at(0, 40), "left-us"),
        Response(at(2), at(3), "left-us"),
    )


@pytest.mark.parametrize("seconds", [20, 60, 120])
def test_who_opens_a_chat_has_contacted_us_before_a_word_is_said(
    desk: HelpDesk, site: Site, seconds: float
) -> None:
    """However soon an agent greets them: that is the first reply."""
    ticket = opened(site, kind="C", channel="B")
    chat = ticket.groups[-1]
    chat["messages"].clear()
    site.say(chat, at(0, seconds), "M", ANNA)
    site.say(chat, at(3), "M", USERS[ANN])
    site.say(chat, at(5), "M", ANNA)
    turned(site, ticket)
    told = one(desk)
    assert (told.customer_messages, told.agent_messages, told.agent_replies) == (2, 2, 2)
    assert (told.first_reply_at, told.first_replier) == (at(0, seconds), ANNA)
    assert told.responses[0] == Response(at(), at(0, seconds), ANNA)


@pytest.mark.parametrize("seconds", [0, 120])
def test_a_chat_to_which_an_agent_invited_was_opened_by_us(
    desk: HelpDesk, site: Site, seconds: float
) -> None:
    ticket = opened(site, kind="C", channel="I")
    chat = ticket.groups[-1]
    chat["messages"].clear()
    site.say(chat, at(0, seconds), "M", ANNA)
    site.say(chat, at(3), "M", USERS[ANN])
    site.say(chat, at(5), "M", ANNA)
    turned(site, ticket)
    told = one(desk)
    assert (told.customer_messages, told.agent_messages, told.agent_replies) == (1, 2, 1)
    assert (told.first_reply_at, told.responses) == (at(5), (Response(at(3), at(5), ANNA),))


def test_whoever_accepts_an_invitation_with_a_word_waits_from_then_on(
    desk: HelpDesk, site: Site
) -> None:
    ticket = opened(site, kind="C", channel="I")
    site.say(ticket.groups[-1], at(4), "M", ANNA)
    turned(site, ticket)
    told = one(desk)
    assert (told.customer_messages, told.agent_replies, told.first_reply_at) == (1, 1, at(4))


def test_a_call_is_a_contact_and_a_reply_once_an_agent_takes_it(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site, kind="P", channel="C")
    site.say(ticket.groups[-1], at(0, 30), "V", ANNA)
    site.say(site.group(ticket, at(60), "V", BEN), at(60), "V", BEN)
    turned(site, ticket)
    told = one(desk)
    assert (told.channel, told.customer_messages, told.agent_replies) == ("phone", 1, 2)
    assert (told.first_reply_at, told.first_replier) == (at(0, 30), ANNA)


@pytest.mark.parametrize(
    ("said", "replied"),
    [
        ([], None),
        ([SYSTEM], None),
        ([USERS[ANN]], None),
        ([SYSTEM, BEN], at(4)),
        ([BEN], at(3)),
        (["left-us"], at(3)),
        ([EVA], None),
    ],
)
def test_a_call_that_only_rang_is_no_reply(
    server: Server, site: Site, clock: StandingClock, said: list[str], replied: datetime | None
) -> None:
    """Somebody who called and has left since was an agent, a machine is none."""
    ticket = opened(site)
    call = site.group(ticket, at(2), "V", said[-1] if said else ANNA)
    if said == [USERS[ANN]]:
        call["userid"] = ANNA
    for number, who in enumerate(said):
        site.say(call, at(3 + number), "V", who)
    turned(site, ticket, at(5))
    with desk_at(server, clock, bots=[address(AGENTS[2])]) as desk:
        told = one(desk)
    assert (told.first_reply_at, told.agent_replies) == (replied, 1 if replied else 0)
    assert told.customer_messages == 1


def test_what_an_agent_opens_is_no_reply(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site, kind="4", by=ANNA)
    site.wrote(ticket, at(30), "3", USERS[ANN])
    turned(site, ticket, at(30), status="C")
    told = one(desk)
    assert (told.agent_messages, told.agent_replies, told.customer_messages) == (1, 0, 1)
    assert told.first_reply_at is None
    assert told.status is Status.OPEN


def test_message_groups_come_in_pages(desk: HelpDesk, site: Site) -> None:
    """As many as are asked for, not the ten that the API gives by default, and to the last page."""
    site.page = 4
    ticket = opened(site)
    for number in range(1, 13):
        site.wrote(ticket, at(number), "4", ANNA)
    turned(site, ticket)
    assert one(desk).agent_replies == 12


@pytest.mark.parametrize("oldest_first", [True, False])
def test_the_history_is_read_in_either_order(
    desk: HelpDesk, site: Site, oldest_first: bool
) -> None:
    """Also what began and ended within one second."""
    site.newest_last = oldest_first
    ticket = opened(site)
    turned(site, ticket, at(5), agent=ANNA)
    turned(site, ticket, at(10), status="A")
    resolved(site, ticket, at(10))
    turned(site, ticket, at(40), status="C")
    turned(site, ticket, at(50), department=BILLING, agent=None)
    turned(site, ticket, at(55), agent=BEN)
    resolved(site, ticket, at(60), BEN)
    turned(site, ticket, at(60), status="C")
    resolved(site, ticket, at(60), BEN)
    turned(site, ticket, at(90), status="L")
    told = one(desk)
    assert told.status is Status.CLOSED
    assert (told.first_solved_at, told.last_solved_at, told.solver) == (at(10), at(60), BEN)
    assert (told.reopens, told.transfers) == (2, 2)
    assert [stay.group for stay in told.stays] == ["General", "Billing"]
    assert told.waits == (Stretch(at(), at(10)), Stretch(at(40), at(60)))


def test_what_lasts_comes_after_what_ended_in_its_second(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    turned(site, ticket, at(10), status="A")
    resolved(site, ticket, at(10))
    ticket.spells[1:] = reversed(ticket.spells[1:])
    told = one(desk)
    assert (told.reopens, told.last_solved_at) == (0, at(10))


def test_a_rule_that_resolves_is_nobody(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    turned(site, ticket, at(5), agent=ANNA)
    resolved(site, ticket, at(60), SYSTEM)
    told = one(desk)
    assert (told.last_solved_at, told.solver) == (at(60), None)


def test_who_resolved_it_another_time_did_not_resolve_it_now(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    resolved(site, ticket, at(10))
    turned(site, ticket, at(20), status="C")
    turned(site, ticket, at(60), status="R")
    told = one(desk)
    assert (told.last_solved_at, told.solver) == (at(60), None)


def test_what_was_solved_before_histories_were_kept_is_solved(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    resolved(site, ticket, at(60))
    ticket.spells.clear()
    told = one(desk)
    assert (told.first_solved_at, told.last_solved_at, told.solver) == (at(60), at(60), ANNA)


def test_a_ticket_that_was_spam_for_a_while_is_told_as_it_is(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    turned(site, ticket, at(5), status="B")
    assert one(desk).removal is Removal.SPAM
    turned(site, ticket, at(9), status="N")
    resolved(site, ticket, at(20))
    turned(site, ticket, at(30), status="X")
    turned(site, ticket, at(40), status="R")
    told = one(desk)
    assert (told.removal, told.status, told.reopens) == (None, Status.SOLVED, 0)
    assert told.last_solved_at == at(20)


@pytest.mark.parametrize(
    ("meaning", "status"), [({}, Status.HOLD), ({"W": "pending"}, Status.PENDING)]
)
def test_postponed_is_on_hold_unless_it_is_said_to_wait_for_the_customer(
    server: Server,
    site: Site,
    clock: StandingClock,
    meaning: dict[str, str],
    status: Status,
) -> None:
    ticket = opened(site)
    turned(site, ticket, at(10), status="W")
    resolved(site, ticket, at(30))
    turned(site, ticket, at(40), status="W")
    with desk_at(server, clock, statuses=meaning) as desk:
        told = one(desk)
    assert told.status is status
    waited = at(30) if status is Status.HOLD else at(10)
    assert told.waits == (Stretch(at(), waited),)


REMOVED = [
    ("B", "B", Removal.SPAM),
    ("X", "X", Removal.DELETED),
    ("2", "X", Removal.MERGED),
]


@pytest.mark.parametrize(("group", "letter", "removal"), REMOVED)
def test_what_is_gone_is_told_and_how(
    desk: HelpDesk, site: Site, group: str, letter: str, removal: Removal
) -> None:
    ticket = opened(site)
    site.group(ticket, at(5), group, ANNA)
    turned(site, ticket, at(5), status=letter)
    assert one(desk).removal is removal


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("done", "removal"),
    [
        ([("2", at(5)), ("X", at(9))], Removal.DELETED),
        ([("X", at(5)), ("2", at(9))], Removal.MERGED),
        ([("2", at(9)), ("X", at(9))], Removal.DELETED),
        ([("X", at(9)), ("2", at(9))], Removal.MERGED),
        ([("X", None), ("2", at(9))], Removal.MERGED),
        ([("2", None), ("X", at(9))], Removal.DELETED),
    ],
)
def test_one_that_took_others_in_and_was_deleted_later_is_deleted(
    desk: HelpDesk,
    site: Site,
    done: list[tuple[str, datetime | None]],
    removal: Removal,
    newest_first: bool,
) -> None:
    """In whichever order it is told what was done to it."""
    ticket = opened(site)
    for kind, when in done:
        site.group(ticket, at(9), kind, ANNA)["datecreated"] = when
    if newest_first:
        ticket.groups.reverse()
    turned(site, ticket, at(9), status="X")
    assert one(desk).removal is removal


def test_one_that_is_erased_while_it_is_read_is_gone(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    opened(site, "t1")
    opened(site, "t2")

    def erase(_number: int) -> None:
        site.tickets.pop("t1", None)

    server.after = erase
    told, _ = sync(desk)
    assert {id_: ticket.removal for id_, ticket in told.items()} == {
        "t1": Removal.DELETED,
        "t2": None,
    }


def test_a_ticket_without_a_history_of_its_own_lives_all_the_same(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    """It is gone only when its messages are; the log tells of it once."""
    for ticket in [opened(site, "t1"), opened(site, "t2")]:
        site.wrote(ticket, at(10), "4", ANNA)
        resolved(site, ticket, at(20))
    server.always = Fault.NOT_FOUND
    server.where = lambda asked: asked.path.endswith("/history")
    with structlog.testing.capture_logs() as logs:
        told, _ = sync(desk)
    facts = [(one.removal, one.first_reply_at, one.last_solved_at) for one in told.values()]
    assert facts == [(None, at(10), at(20))] * 2
    assert [one["about"] for one in logs if one["event"] == "history_left_out"] == ["history"]
    server.where = lambda asked: asked.path.endswith(("/history", "/messages"))
    told, _ = sync(desk)
    assert {one.removal for one in told.values()} == {Removal.DELETED}


def test_one_that_is_erased_between_its_messages_and_its_history_is_gone(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    opened(site)

    def erase(_number: int) -> None:
        if server.asked("messages"):
            site.tickets.pop("t1", None)

    server.after = erase
    assert one(desk).removal is Removal.DELETED


# --- promises ---


def test_promises_are_the_sla_times_as_liveagent_closed_them(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    for begun, kind, due, closed in [
        (0, "first_answer", 60, 10),
        (0, "first_resolve", 90, 100),
        (20, "next_answer", 50, 30),
        (40, "next_answer", 70, None),
        (0, "first_assign", 5, 5),
    ]:
        site.promise(ticket, at(begun), kind, at(due))
        ticket.promises[-1]["date_closed"] = None if closed is None else at(closed)
    turned(site, ticket)
    targets = {target.name: target for target in one(desk).targets}
    assert targets == {
        "first reply": Target("first reply", at(60), at(10)),
        "resolution": Target("resolution", at(90), at(100)),
        "next reply 1": Target("next reply 1", at(50), at(30)),
        "next reply 2": Target("next reply 2", at(70), None),
        "first assign": Target("first assign", at(5), at(5)),
    }


@pytest.mark.thorough
def test_promises_of_the_shared_history_are_kept_or_broken_as_liveagent_says(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    """A resolution is closed at the first one. Where they cannot be read nothing is stored."""
    events = history.whole(10)
    for event in events:
        clock.set(max(clock.now(), history.ended(event)))
        site.happen(event)
    clock.move(minutes=10)
    server.always, server.where = Fault.BROKEN, lambda asked: "/slas/" in asked.path
    with pytest.raises(DeskUnavailable):
        sync(desk)
    server.always = None
    told, _ = sync(desk)
    wanted = history.expected(events)
    assert sum(len(ticket.targets) for ticket in wanted.values()) == 4
    for number, ticket in wanted.items():
        done = {"first reply": ticket.first_reply_at, "resolution": ticket.first_solved_at}
        assert set(told[site.ticket_id(number)].targets) == {
            replace(target, done_at=done[target.name]) for target in ticket.targets
        }


@pytest.mark.parametrize("alone", [True, False])
def test_sla_times_are_a_list_or_a_single_one_or_nothing(
    desk: HelpDesk, site: Site, *, alone: bool
) -> None:
    site.alone = alone
    ticket = opened(site)
    site.promise(ticket, at(), "first_answer", at(60))
    opened(site, "t2")
    told, _ = sync(desk)
    assert {id_: ticket.targets for id_, ticket in told.items()} == {
        "t1": (Target("first reply", at(60)),),
        "t2": (),
    }


@pytest.mark.parametrize("answer", [["?"], [None], "soon", 7, {"date_due": "soon"}, {}])
def test_sla_times_of_a_strange_shape_are_left_out_and_told_once(
    desk: HelpDesk, site: Site, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    for id_ in ("t1", "t2"):
        site.promise(opened(site, id_), at(), "first_answer", at(60))
    right = site.v3
    monkeypatch.setattr(
        site,
        "v3",
        lambda path, asked: Told(answer) if path.startswith("slas/") else right(path, asked),
    )
    with structlog.testing.capture_logs() as logs:
        told, _ = sync(desk)
    assert [ticket.targets for ticket in told.values()] == [(), ()]
    warned = [one["about"] for one in logs if one["event"] == "history_left_out"]
    assert warned == ([] if answer == {} else ["SLA times"])


def test_sla_times_that_break_off_are_asked_for_again(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    site.promise(opened(site), at(), "first_answer", at(60))
    server.always, server.where = Fault.TRUNCATED, lambda asked: "/slas/" in asked.path
    with pytest.raises(DeskMisunderstood, match="breaks off"):
        sync(desk)
    server.always = None
    assert one(desk).targets == (Target("first reply", at(60)),)


def test_without_levels_nobody_asks_for_sla_times(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    opened(site)
    assert one(desk).targets == ()
    assert {asked.path for asked in server.asked("slas")} == {"/api/v3/slas"}


def test_sla_times_can_be_left_out(server: Server, site: Site, clock: StandingClock) -> None:
    ticket = opened(site)
    site.promise(ticket, at(), "first_answer", at(60))
    with desk_at(server, clock, sla=False) as desk:
        assert one(desk).targets == ()
        assert Fact.SLA not in desk.capabilities.facts
    assert server.asked("slas") == []


@pytest.mark.parametrize("denied", ["slas", "slas/"])
def test_a_key_that_may_not_read_slas_reads_tickets_all_the_same(
    desk: HelpDesk, site: Site, denied: str
) -> None:
    ticket = opened(site)
    site.promise(ticket, at(), "first_answer", at(60))
    site.denied = {denied}
    assert one(desk).targets == ()
    hidden = "There are no SLA levels that the key may see."
    assert (hidden in desk.check()) is (denied == "slas")


# --- names, tags and letters ---


def test_names_are_found_that_came_after_the_list_was_read(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    opened(site, "t1")
    _, cursor = sync(desk)
    site.departments.append({"department_id": "depart99", "name": "New"})
    clock.move(minutes=10)
    ticket = opened(site, "t2")
    turned(site, ticket, department="depart99")
    told, _ = sync(desk, cursor)
    assert told["t2"].group == "New"


def test_somebody_who_is_new_in_a_chat_is_an_agent(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    opened(site, "t1")
    _, cursor = sync(desk)
    site.people.append({"id": "new1", "name": "New", "email": None, "status": "A"})
    clock.move(minutes=10)
    ticket = opened(site, "t2", kind="C", channel="B")
    site.say(ticket.groups[-1], clock.now() + timedelta(minutes=2), "M", "new1")
    turned(site, ticket, clock.now() + timedelta(minutes=2))
    told, _ = sync(desk, cursor)
    assert (told["t2"].customer_messages, told["t2"].first_replier) == (1, "new1")


def test_who_is_no_agent_is_not_looked_up_again_and_again(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    """Neither a customer, nor somebody who left, nor twice within a minute."""
    opened(site, "t1")
    _, cursor = sync(desk)
    server.requests.clear()
    for number in range(2, 6):
        clock.move(minutes=2)
        ticket = opened(site, f"t{number}")
        site.wrote(ticket, clock.now(), "4", "left-us" if number > 2 else ANNA)
        turned(site, ticket)
        _, cursor = sync(desk, cursor)
    assert [asked.params["_page"] for asked in server.asked("agents")] == ["1", "2"]
    server.requests.clear()
    clock.move(minutes=2)
    for number in range(6, 10):
        ticket = opened(site, f"t{number}")
        site.wrote(ticket, clock.now(), "4", f"left{number}")
        turned(site, ticket)
        clock.move(seconds=10)
        _, cursor = sync(desk, cursor)
    assert [asked.params["_page"] for asked in server.asked("agents")] == ["1", "2"]


def test_a_department_that_is_gone_is_called_as_the_history_has_it(
    desk: HelpDesk, site: Site
) -> None:
    ticket = opened(site)
    turned(site, ticket, at(5), department=BILLING)
    site.departments = [row for row in site.departments if row["department_id"] != GENERAL]
    assert [stay.group for stay in one(desk).stays] == ["General", "Billing"]


def test_tags_are_known_by_their_names(server: Server, site: Site, clock: StandingClock) -> None:
    ticket = opened(site)
    ticket.tags = list(TAGS.values())
    turned(site, ticket)
    with desk_at(
        server, clock, complaint_tags=["Complaint"], escalation_groups=["Billing"]
    ) as desk:
        told = one(desk)
        assert (told.complaint, told.escalated) == (True, False)
        turned(site, ticket, at(5), department=BILLING)
        turned(site, ticket, at(6), department=GENERAL)
        assert one(desk).escalated


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("E", "email"),
        ("M", "web"),
        ("B", "chat"),
        ("W", "phone"),
        ("A", "facebook"),
        ("V", "viber"),
    ],
)
def test_channels_have_names(
    server: Server, site: Site, clock: StandingClock, letter: str, name: str
) -> None:
    opened(site, channel=letter)
    with desk_at(server, clock, channels={"V": "viber"}) as desk:
        assert one(desk).channel == name


def test_tags_that_mean_nothing_are_not_looked_up(
    server: Server, site: Site, clock: StandingClock
) -> None:
    """A key without a right to them reads tickets all the same."""
    ticket = opened(site)
    ticket.tags = list(TAGS.values())
    turned(site, ticket)
    site.denied = {"tags"}
    with desk_at(server, clock) as desk:
        assert one(desk).complaint is False
    with desk_at(server, clock, complaint_tags=["x"]) as desk, pytest.raises(DeskRefused):
        sync(desk)


def test_all_tags_come_with_one_request(server: Server, site: Site, clock: StandingClock) -> None:
    """More of them than tickets, in a list that knows no pages."""
    site.tags += [{"id": f"tg9{number}", "name": f"n{number}"} for number in range(40)]
    ticket = opened(site)
    ticket.tags = list(TAGS.values())
    turned(site, ticket)
    with desk_at(server, clock, complaint_tags=["complaint"]) as desk:
        assert one(desk).complaint
    assert [asked.params for asked in server.asked("tags")] == [{}]


def test_a_list_that_does_not_heed_pages_is_read_to_its_end_once(
    desk: HelpDesk, site: Site, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its rows have no ids of their own."""
    server.dies_at = 40
    monkeypatch.setattr(site, "_paged", lambda asked, rows: Told(site.shown(rows, asked)))
    ticket = opened(site)
    for number in range(1, 6):
        site.wrote(ticket, at(number), "4", ANNA)
    turned(site, ticket)
    assert one(desk).agent_replies == 5
    assert len(desk.agents()) == 3
    assert len(server.asked("messages")) <= 2
    assert len(server.asked("departments")) <= 2


def test_a_requester_is_the_address_or_else_the_contact(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    assert one(desk).requester == ANN
    ticket.owner = "no address"
    turned(site, ticket, at(5))
    assert one(desk).requester == "contact-no address"


# --- the walk ---


def test_every_list_of_tickets_is_sorted_by_when_they_changed(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    opened(site)
    sync(desk)
    lists = [asked.params for asked in server.requests if asked.path == "/api/v3/tickets"]
    assert len(lists) >= 3
    assert {params["_sortField"] for params in lists} == {"date_changed"}
    assert {params["_perPage"] for params in lists} == {"1", "500"}


@pytest.mark.thorough
def test_how_many_tickets_come_at_once_is_not_learnt_from_another_list(
    server: Server, site: Site, clock: StandingClock
) -> None:
    """The list of agents gives more at once than that of tickets, whose pages are full all the same."""
    site.pages = {"tickets": 10}
    left = {"name": "", "email": None, "status": "X"}
    site.people += [{"id": f"left{number}", **left} for number in range(15)]
    for number in range(35):
        opened(site, f"t{number:02}")
        clock.move(minutes=2)
    clock.move(minutes=30)
    with desk_at(server, clock) as desk:
        assert len(sync(desk)[0]) == 35
        assert desk.count(Window(at(), clock.now())) == 35


@pytest.mark.thorough
def test_a_ticket_that_leaves_its_second_hides_no_other(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    """Thirty of one second, in pages of five: some that were told move to the end meanwhile."""
    site.page = 5
    tickets = [opened(site, f"t{number:02}") for number in range(30)]
    clock.move(hours=1)

    def change(number: int) -> None:
        if server.requests[number - 1].params.get("_page") == "3":
            for ticket in tickets[:3]:
                turned(site, ticket, status="C")

    server.after = change
    told, _ = sync(desk)
    assert len(told) == 30


@pytest.mark.parametrize("pages", [1, 2])
def test_what_the_search_finds_late_is_not_passed_by(
    desk: HelpDesk, site: Site, clock: StandingClock, pages: int
) -> None:
    """Neither when a sync stopped after its first page nor when it came to its end."""
    site.lag = timedelta(minutes=2)
    opened(site, "late")
    site.lag = timedelta(0)
    clock.move(seconds=30)
    opened(site, "early")
    clock.move(seconds=30)
    site.found["early"] = site.tickets["early"].row()
    stream = desk.tickets({"since": YEAR.start.isoformat()})
    told = [next(stream) for _ in range(pages)]
    assert [ticket.id for ticket in told[0].rows] == ["early"]
    clock.move(minutes=10)
    assert "late" in sync(desk, told[-1].cursor)[0]


def test_a_stream_ends_though_the_desk_is_busy(
    server: Server, site: Site, clock: StandingClock
) -> None:
    site.page = 1
    opened(site, "t0")

    def go_on(number: int) -> None:
        if number < 100:
            clock.move(seconds=5)
            opened(site, f"t{number}")

    server.after = go_on
    with desk_at(server, clock, histories=False) as desk:
        _, cursor = sync(desk)
        assert len(server.requests) < 20
        server.after = lambda _number: None
        clock.move(minutes=10)
        assert {f"t{number}" for number in range(10, len(site.tickets))} <= set(
            sync(desk, cursor)[0]
        )


def test_the_backlog_is_read_too_and_nothing_older_that_is_solved(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    clock.set(YEAR.start - timedelta(days=90))
    opened(site, "unsolved")
    turned(site, opened(site, "answered"), status="A")
    turned(site, opened(site, "gone"), status="X")
    resolved(site, opened(site, "solved"), clock.now())
    turned(site, opened(site, "unheard of"), status="Z")
    clock.set(BEGIN)
    opened(site, "young")
    told, _ = sync(desk)
    assert set(told) == {"unsolved", "answered", "unheard of", "young"}


def test_a_first_read_that_stopped_in_the_backlog_goes_on_there(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 3
    clock.set(YEAR.start - timedelta(days=90))
    for number in range(9):
        opened(site, f"old{number}")
        clock.move(minutes=1)
    clock.set(BEGIN)
    opened(site, "young")
    pages = desk.tickets(desk.start(YEAR))
    first, second = next(pages), next(pages)
    server.requests.clear()
    rest, _ = sync(desk, json.loads(json.dumps(second.cursor)))
    before = {ticket.id for page in (first, second) for ticket in page.rows}
    assert before | set(rest) == {*(f"old{number}" for number in range(9)), "young"}
    assert "old0" not in rest


def test_a_second_sync_asks_twice_and_tells_nothing(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    opened(site)
    _, cursor = sync(desk)
    clock.move(hours=1)
    _, cursor = sync(desk, cursor)
    server.requests.clear()
    clock.move(hours=1)
    told, _ = sync(desk, cursor)
    assert (told, len(server.requests)) == ({}, 2)


def test_what_was_told_and_stored_is_not_read_again_within_the_overlap(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    for number in range(5):
        opened(site, f"t{number}")
        clock.move(seconds=30)
    _, cursor = sync(desk)
    clock.move(seconds=30)
    turned(site, site.tickets["t1"], status="C")
    clock.move(seconds=30)
    server.requests.clear()
    told, cursor = sync(desk, json.loads(json.dumps(cursor)))
    assert set(told) == {"t1"}
    assert {asked.path.split("/")[4] for asked in server.requests if "/t" in asked.path[9:]} == {
        "t1"
    }
    assert sync(desk, cursor)[0] == {}


def test_what_was_told_and_not_stored_is_told_again(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    """A sync stopped before its end, or another process read in between, or it begins anew."""
    site.page = 2
    for number in range(4):
        opened(site, f"t{number}")
        clock.move(seconds=30)
    begin = {"since": YEAR.start.isoformat()}
    first = next(desk.tickets(begin))
    _, last = sync(desk, begin)
    assert {"t2", "t3"} <= set(sync(desk, first.cursor)[0])
    assert len(sync(desk, last)[0]) == 4
    assert len(sync(desk)[0]) == 4


def test_a_ticket_that_changes_twice_within_a_second_is_told_as_it_is(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    ticket = opened(site)
    _, cursor = sync(desk)
    turned(site, ticket, status="C")
    clock.move(minutes=1)
    assert sync(desk, cursor)[0]["t1"].status is Status.OPEN


def test_a_clock_of_the_desk_that_is_set_back_hides_nothing_for_good(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    clock.set(at(10))
    _, cursor = sync(desk)
    clock.set(at(2))
    opened(site)
    clock.set(at(4))
    told, cursor = sync(desk, cursor)
    assert set(told) == {"t1"}


def test_a_cursor_of_another_desk_is_a_sentence(desk: HelpDesk) -> None:
    with pytest.raises(DeskMisunderstood, match="Read it anew"):
        sync(desk, {"page": 3})


def test_many_tickets_are_read_by_the_page(
    server: Server, site: Site, clock: StandingClock
) -> None:
    """The lists of 1,200 solved ones, none of which is asked for by itself."""
    site.fill(1_200)
    with desk_at(server, clock, histories=False) as desk:
        window = Window(BEGIN - timedelta(days=500), BEGIN)
        pages = list(desk.tickets(desk.start(window)))
    assert len({ticket.id for page in pages for ticket in page.rows}) == 1_200
    assert max(len(page.rows) for page in pages) == 500
    assert len(server.requests) < 12


# --- time zones ---


def test_answers_come_in_utc_whatever_the_zone_of_the_account(desk: HelpDesk, site: Site) -> None:
    site.zone = "America/Phoenix"
    ticket = opened(site)
    resolved(site, ticket, at(30))
    told = one(desk)
    assert (told.created_at, told.last_solved_at) == (at(), at(30))


@pytest.mark.thorough
@pytest.mark.parametrize("zone", ["America/Phoenix", "Asia/Tokyo"])
def test_answers_in_another_zone_are_refused_until_that_is_named(
    server: Server, site: Site, clock: StandingClock, zone: str
) -> None:
    site.zone, site.heeds_offset = zone, False
    for number in range(20):
        opened(site, f"t{number:02}")
        clock.move(hours=1)
    clock.move(minutes=30)
    with desk_at(server, clock) as desk, pytest.raises(DeskRefused, match="ACME__ZONE to the time"):
        sync(desk)
    with desk_at(server, clock, zone=zone) as desk:
        told, cursor = sync(desk)
        assert told["t00"].created_at == BEGIN
        clock.move(hours=1)
        _, cursor = sync(desk, cursor)
        assert sync(desk, cursor)[0] == {}
    assert len(told) == 20


def test_a_filter_in_another_zone_is_refused_before_a_ticket_is_missed(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    """It would find tickets only seven hours late: the newest one is looked for by itself."""
    site.asked_in = "America/Phoenix"
    opened(site, "t1")
    _, cursor = sync(desk)
    clock.move(minutes=10)
    opened(site, "t2")
    clock.move(minutes=10)
    with pytest.raises(DeskRefused, match="ACME__ZONE"):
        sync(desk, cursor)


def test_the_hour_that_autumn_repeats_loses_nothing(
    server: Server, site: Site, clock: StandingClock
) -> None:
    """Dates of Athens, in which 03:00 to 04:00 of 25 October 2026 come twice, a ticket every minute."""
    site.zone, site.heeds_offset, site.page = "Europe/Athens", False, 7
    begun = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    known: set[str] = set()
    with desk_at(server, clock, zone=site.zone, histories=False, overlap=0) as desk:
        cursor = desk.start(Window(begun, begun))
        for number in range(180):
            clock.set(begun + timedelta(minutes=number))
            opened(site, f"t{number:03}")
            if number % 10 == 9:
                told, cursor = sync(desk, cursor)
                known |= set(told)
    assert len(known) == 180


# --- without histories ---


def test_without_histories_a_ticket_is_what_the_list_tells(
    server: Server, site: Site, clock: StandingClock
) -> None:
    ticket = opened(site)
    site.wrote(ticket, at(5), "4", ANNA)
    resolved(site, ticket, at(30))
    turned(site, opened(site, "gone"), status="X")
    with desk_at(server, clock, histories=False) as desk:
        told, _ = sync(desk)
        facts = desk.capabilities.facts
    assert told["t1"] == Ticket(
        "t1",
        at(),
        at(30),
        Status.SOLVED,
        group="General",
        channel="email",
        requester=ANN,
        last_solved_at=at(30),
    )
    assert told["gone"].removal is Removal.DELETED
    assert facts == {Fact.GROUP, Fact.CHANNEL, Fact.SOLVES, Fact.REQUESTER, Fact.CALLS}
    assert not any("t1" in asked.path for asked in server.requests)


def test_a_date_of_zeros_or_nothing_is_none(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    ticket.resolved = "0000-00-00 00:00:00"  # type: ignore[assignment]
    ticket.spells[0]["date_to"] = ""
    turned(site, ticket)
    assert one(desk).last_solved_at is None


# --- ratings ---


def test_ratings_are_those_of_the_ranking_report(desk: HelpDesk, site: Site) -> None:
    site.rank("t1", at(-10), "R", address(AGENTS[0]).upper())
    site.rank("t2", at(-9), "P", address(AGENTS[1]))
    site.rank("t3", at(-8), "N", None)
    told, _ = ratings(desk)
    assert [(one.ticket, one.is_positive, one.given_at, one.agent) for one in told] == [
        ("t1", True, at(-10), ANNA),
        ("t2", False, at(-9), BEN),
    ]
    assert Fact.CSAT in desk.capabilities.facts
    assert Fact.CSAT_REQUESTS not in desk.capabilities.facts


def test_a_word_that_nobody_explained_is_no_rating_and_told_once(
    server: Server, site: Site, clock: StandingClock
) -> None:
    for number in range(3):
        site.rank(f"t{number}", at(-10), "G", None)
    given: dict[str, Any] = {"report_token": REPORT_TOKEN}
    with desk_at(server, clock, **given) as desk, structlog.testing.capture_logs() as logs:
        assert ratings(desk)[0] == []
    assert [log["word"] for log in logs if log["event"] == "word_not_explained"] == ["G"]
    with desk_at(server, clock, **given, rating_words={"G": True}) as desk:
        assert len(ratings(desk)[0]) == 3


def test_ratings_come_in_pages_and_no_comment_is_asked_for(
    desk: HelpDesk, site: Site, server: Server
) -> None:
    site.page = 3
    for number in range(10):
        site.rank(f"t{number}", at(-number), "R", None)
    assert len(ratings(desk)[0]) == 10
    columns = {asked.params["columns"] for asked in server.asked("ranking")}
    assert columns == {"id,rankingType,datecreated,conversationid,agentEmail"}


def test_a_second_sync_of_ratings_asks_once(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    site.rank("t1", at(-30), "R", None)
    _, cursor = ratings(desk)
    clock.move(hours=1)
    server.requests.clear()
    told, cursor = ratings(desk, cursor)
    assert (told, len(server.requests)) == ([], 1)
    site.rank("t2", clock.now(), "P", None)
    clock.move(minutes=1)
    told, cursor = ratings(desk, cursor)
    assert [one.ticket for one in told] == ["t2"]
    site.rank("t3", clock.now() - timedelta(minutes=4), "P", None)
    assert {one.ticket for one in ratings(desk, cursor)[0]} == {"t2", "t3"}


@pytest.mark.parametrize("fold", [0, 1])
def test_reports_are_dated_in_the_zone_of_the_account(
    server: Server, site: Site, clock: StandingClock, fold: int
) -> None:
    """Whichever of the two hours that autumn repeats its dates are taken for."""
    site.zone, site.fold = "Europe/Athens", fold
    for minutes in range(0, 180, 30):
        moment = datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(minutes=minutes)
        site.rank(f"t{minutes}", moment, "R", None)
    given = {"report_token": REPORT_TOKEN, "report_zone": "Europe/Athens"}
    with desk_at(server, clock, **given) as desk:
        for hours in (0, 1, 2):
            since = datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(hours=hours)
            start = desk.start(Window(since, BEGIN), Stream.RATINGS)
            told = {one.ticket for one in ratings(desk, start)[0]}
            assert told >= {f"t{minutes}" for minutes in range(60 * hours, 180, 30)}
        assert desk.capabilities.zone == "Europe/Athens"
        first = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
        night = Window(first, first + timedelta(hours=3, minutes=1))
        assert desk.count(night, Counted.GOOD_RATINGS) == 6
        # Those of the second time round are taken for an hour earlier.
        early = Window(first, first + timedelta(hours=1, minutes=15))
        assert desk.count(early, Counted.GOOD_RATINGS) == 5


def test_without_its_key_there_are_no_ratings(server: Server, clock: StandingClock) -> None:
    with desk_at(server, clock, report_token="", report_zone="") as desk:
        assert Stream.RATINGS not in desk.capabilities.streams
        assert Fact.CSAT not in desk.capabilities.facts
        assert desk.capabilities.counts == {Counted.TICKETS}
        assert desk.count(YEAR, Counted.GOOD_RATINGS) is None
        assert ratings(desk)[0] == []


def test_a_wrong_report_key_ends_the_ratings_and_the_check_says_so(
    server: Server, site: Site, clock: StandingClock
) -> None:
    site.rank("t1", at(-10), "R", None)
    with desk_at(server, clock, report_token=TOKEN) as desk:
        assert ratings(desk)[0] == []
        assert desk.count(YEAR, Counted.GOOD_RATINGS) is None
        assert any("report_token does not open" in fact for fact in desk.check())


def test_the_report_key_is_nowhere_but_in_the_address(
    desk: HelpDesk, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (Fault.UNAUTHORIZED, Fault.BROKEN, Fault.TRUNCATED, Fault.RESET, None):
        server.always = fault
        try:
            ratings(desk)
        except Exception as error:  # noqa: BLE001  whatever it is, it keeps the secret
            said = f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
            assert REPORT_TOKEN not in said
    assert server.asked("ranking")[0].params["apikey"] == REPORT_TOKEN
    assert "apikey" not in server.asked("ranking")[0].headers
    assert REPORT_TOKEN not in caplog.text + repr(vars(desk)) + repr(desk)


# --- calls ---


def _call(site: Site, id_: str, kind: str, moments: Sequence[datetime | None]) -> None:
    call = site.call(id_, kind, moments[0] or at(), ticket=None)
    call |= {"dateAnswered": moments[1], "dateFinished": moments[2]}
    site.calls[-1] = call


def test_a_call_is_told_once_it_has_ended(desk: HelpDesk, site: Site, clock: StandingClock) -> None:
    _call(site, "long", "I", (at(), at(1), None))
    _call(site, "short", "I", (at(5), at(6), at(7)))
    clock.set(at(30))
    told, cursor = calls(desk)
    assert set(told) == {"short"}
    clock.set(at(60 * 6))
    told, cursor = calls(desk, cursor)
    assert "long" not in told
    site.calls[0]["dateFinished"] = at(60 * 6 + 1)
    clock.set(at(60 * 6 + 2))
    told, _ = calls(desk, cursor)
    assert told["long"].talk == timedelta(hours=6)


def test_calls_have_waits_and_directions(desk: HelpDesk, site: Site, clock: StandingClock) -> None:
    _call(site, "missed", "I", (at(), None, at(0, 45)))
    _call(site, "out", "O", (at(1), at(1, 10), at(5)))
    _call(site, "internal", "T", (at(2), at(2, 10), at(3)))
    clock.set(at(10))
    told, _ = calls(desk)
    assert told == {
        "missed": Call("missed", at(), wait=timedelta(seconds=45)),
        "out": Call(
            "out",
            at(1),
            inbound=False,
            answered=True,
            wait=timedelta(seconds=10),
            talk=timedelta(minutes=3, seconds=50),
        ),
    }


def test_the_history_of_its_ticket_knows_the_group_and_the_agent_of_a_call(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    """That who took it, who is entered seconds later, and not who had the ticket before or after."""
    ticket = opened(site)
    turned(site, ticket, agent=EVA)
    turned(site, ticket, at(9), department=BILLING, agent=None, status="P")
    turned(site, ticket, at(10, 4), agent=ANNA)
    turned(site, ticket, at(20), department=GENERAL, agent=BEN, status="A")
    site.call("c1", "I", at(10), ticket="t1")
    site.calls[-1] |= {"dateAnswered": at(10, 2), "dateFinished": at(15)}
    clock.set(at(30))
    told, cursor = calls(desk)
    assert (told["c1"].group, told["c1"].agent) == ("Billing", ANNA)
    server.requests.clear()
    told, _ = calls(desk, cursor)
    assert (told["c1"].group, told["c1"].agent) == ("Billing", ANNA)
    assert server.asked("history") == []


@pytest.mark.parametrize("has_history", [True, False])
def test_a_sync_of_calls_with_nothing_new_reads_no_history(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock, has_history: bool
) -> None:
    """Of several pages of calls, also where their tickets have none."""
    site.page = 4
    for number in range(10):
        site.called(
            history.Called(at(number), number, True, True, 5, 9, 0, 0, AGENTS[0], "Billing")
        )
    if not has_history:
        site.of_calls.clear()
    clock.set(at(30))
    _, cursor = calls(desk)
    server.requests.clear()
    told, _ = calls(desk, cursor)
    assert {call.group for call in told.values()} == ({"Billing"} if has_history else {None})
    assert (len(told), server.asked("history")) == (10, [])


def test_a_history_that_comes_late_is_found(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    site.called(history.Called(at(), 1, True, True, 5, 9, 0, 0, AGENTS[0], "Billing"))
    late = dict(site.of_calls)
    site.of_calls.clear()
    clock.set(at(1))
    told, cursor = calls(desk)
    assert told["call1"].group is None
    site.of_calls |= late
    clock.set(at(2))
    assert calls(desk, cursor)[0]["call1"].group == "Billing"


def test_calls_come_in_any_order_and_by_cursor(
    desk: HelpDesk, site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 4
    for number in range(10):
        _call(site, f"c{number}", "I", (at(number), at(number, 9), at(number, 20)))
    clock.set(at(30))
    told, _ = calls(desk)
    assert len(told) == 10
    cursors = [asked.params.get("_cursor") for asked in server.asked("calls")]
    assert cursors[-3:] == [None, "after-4", "after-8"]


def test_what_the_plan_lacks_ends_the_calls_and_the_check_says_so(
    desk: HelpDesk, site: Site
) -> None:
    _call(site, "c1", "I", (at(), at(1), at(2)))
    site.denied = {"calls"}
    assert calls(desk)[0] == {}
    assert any("may not read calls" in fact for fact in desk.check())


def test_calls_can_be_left_out(server: Server, clock: StandingClock) -> None:
    with desk_at(server, clock, calls=False, report_token=REPORT_TOKEN) as desk:
        can = desk.capabilities
    assert Stream.CALLS not in can.streams
    assert Fact.CALLS not in can.facts
    assert can.counts == {Counted.TICKETS, Counted.GOOD_RATINGS, Counted.BAD_RATINGS}


# --- counts ---


def _days(first: int, last: int) -> Window:
    midnight = BEGIN.replace(hour=0)
    return Window(midnight + timedelta(days=first), midnight + timedelta(days=last))


def test_counts_are_those_of_the_list_and_of_the_reports(
    desk: HelpDesk, site: Site, clock: StandingClock
) -> None:
    site.page = 2
    for number in range(5):
        opened(site, f"t{number}")
    turned(site, opened(site, "gone"), status="X")
    site.rank("t1", at(1), "R", None)
    site.rank("t2", at(2), "R", None)
    site.rank("t3", at(60 * 24), "P", None)
    site.tallies = {
        ANNA: {"moments": [(at(1), "calls"), (at(2), "calls"), (at(3), "missed_calls")]},
        BEN: {"moments": [(at(4), "calls"), (at(60 * 24), "missed_calls")]},
        EVA: {"moments": []},
    }
    clock.move(days=3)
    counted = {what: desk.count(_days(0, 1), what) for what in desk.capabilities.counts}
    assert counted == {
        Counted.TICKETS: 5,
        Counted.GOOD_RATINGS: 2,
        Counted.BAD_RATINGS: 0,
        Counted.ANSWERED_CALLS: 3,
    }


def test_what_is_no_whole_day_the_agent_report_does_not_count(desk: HelpDesk) -> None:
    day = _days(0, 1)
    part = Window(day.start + timedelta(hours=2), day.end)
    assert desk.count(part, Counted.ANSWERED_CALLS) is None
    assert desk.count(day, Counted.ANSWERED_CALLS) == 0


# --- hours ---

WEEK = {
    "timezone": "Europe/Athens",
    "monday": {"start": "09:00", "end": "17:00"},
    "tuesday": {"start": "09:00:00", "end": "23:59:00"},
    "saturday": None,
    "exclude_holidays": ["2026-12-25", "2026-01-01 00:00:00"],
}


def test_the_hours_are_those_on_which_the_sla_levels_agree(desk: HelpDesk, site: Site) -> None:
    site.levels = [
        {"id": "1", "name": "Standard", "business_hours": WEEK},
        {"id": "2", "name": "Round the clock", "business_hours": None},
    ]
    assert desk.hours() == {
        "Standard": BusinessHours.model_validate(
            {
                "week": "mon 9:00-17:00, tue 9:00-24:00",
                "zone": "Europe/Athens",
                "closed": ["2026-01-01", "2026-12-25"],
            }
        )
    }


@pytest.mark.parametrize(
    "other",
    [
        {**WEEK, "timezone": "Europe/Paris"},
        {**WEEK, "timezone": "Nowhere"},
        {**WEEK, "monday": {"start": "00:00", "end": "00:00"}},
        {**WEEK, "exclude_holidays": ["Easter"]},
    ],
)
def test_hours_that_differ_or_cannot_be_read_are_none(
    desk: HelpDesk, site: Site, other: dict[str, Any]
) -> None:
    site.levels = [
        {"id": "1", "name": "Standard", "business_hours": WEEK},
        {"id": "2", "name": "Other", "business_hours": other},
    ]
    assert desk.hours() == {}


def test_without_levels_there_are_no_hours(desk: HelpDesk) -> None:
    assert desk.hours() == {}


# --- checks and settings ---


def test_the_check_says_what_is_there(desk: HelpDesk, site: Site, clock: StandingClock) -> None:
    opened(site)
    _call(site, "c1", "I", (at(), at(1), at(2)))
    clock.set(at(30))
    assert desk.check() == [
        "LiveAgent answers; agents: 3, departments: 3.",
        "There are no SLA levels that the key may see.",
        "Calls can be read.",
        "The reports of API v1 answer; their days are taken for those of UTC.",
        "The newest change is 30 minutes old.",
        "The time zone of the account is UTC.",
    ]


def test_the_check_says_which_zones_to_set(
    server: Server, site: Site, clock: StandingClock
) -> None:
    """Seven hours seem to lie between the newest change and now: those of the account's zone."""
    site.zone, site.heeds_offset = "America/Phoenix", False
    opened(site)
    clock.move(minutes=2)
    with desk_at(server, clock, report_token=REPORT_TOKEN) as desk:
        facts = desk.check()
    assert (
        "Set report_zone to America/Phoenix: reports are dated in the zone of the account." in facts
    )
    assert "If tickets seem to change 7 hours late, set zone to America/Phoenix." in facts
    with desk_at(
        server, clock, report_token=REPORT_TOKEN, zone=site.zone, report_zone=site.zone
    ) as desk:
        assert not any(fact.startswith(("Set", "If")) for fact in desk.check())


def test_a_key_that_may_not_see_the_settings_is_told(desk: HelpDesk, site: Site) -> None:
    site.denied = {"settings"}
    assert "The key may not see the time zone of the account." in desk.check()


def test_a_wrong_key_is_told_with_where_the_right_one_is(
    server: Server, clock: StandingClock
) -> None:
    """LiveAgent forbids (403) what comes with a key of its other API."""
    with (
        desk_at(server, clock, token=REPORT_TOKEN) as desk,
        pytest.raises(DeskRefused, match="a key of API v3, not of v1") as raised,
    ):
        sync(desk)
    assert REPORT_TOKEN not in str(raised.value)


def test_nothing_that_a_customer_wrote_is_told(desk: HelpDesk, site: Site) -> None:
    ticket = opened(site)
    resolved(site, ticket, at(5))
    told, _ = sync(desk)
    assert SUBJECT not in repr(told)
    assert ANN not in repr(told)


@pytest.mark.parametrize(
    "ending", ["", "/", "/agent", "/agent/", "/agent/index.php", "/api", "/api/v3"]
)
def test_the_address_may_be_that_of_another_page(
    server: Server, site: Site, clock: StandingClock, ending: str
) -> None:
    opened(site)
    with desk_at(server, clock, url=server.url + ending) as desk:
        assert one(desk).id == "t1"
        assert desk.url("t1") == f"{server.url}/agent/#Conversation;id=t1"


def test_the_environment_can_say_everything(
    server: Server, site: Site, clock: StandingClock
) -> None:
    ticket = opened(site, channel="V")
    site.wrote(ticket, at(1), "4", EVA)
    turned(site, ticket, at(2), status="W")
    given: dict[str, Any] = {
        "bots": f"{EVA}, {BEN}",
        "statuses": '{"W": "pending"}',
        "channels": '{"V": "viber"}',
        "histories": "true",
        "requests_per_minute": "60",
    }
    with desk_at(server, clock, **given) as desk:
        told = one(desk)
    assert (told.status, told.channel, told.agent_replies) == (Status.PENDING, "viber", 0)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("zone", "Athens", "a time zone looks like Europe/Athens"),
        ("report_zone", "../etc", "a time zone looks like Europe/Athens"),
        ("report_token", "two\nlines", "a token is one line"),
        ("statuses", "{W", "it begins like JSON and is none"),
        ("statuses", {"W": "asleep"}, "statuses.W"),
        ("page_size", 5_000, "page_size"),
    ],
)
def test_a_wrong_setting_is_a_sentence(
    server: Server, clock: StandingClock, setting: str, value: Any, said: str
) -> None:
    with (
        pytest.raises(ConfigurationError, match=setting) as raised,
        desk_at(server, clock, **{setting: value}),
    ):
        pass
    assert said in str(raised.value)


def test_fewer_requests_a_minute_take_longer(
    server: Server, site: Site, clock: StandingClock
) -> None:
    for number in range(20):
        opened(site, f"t{number}")
    begun = clock.now()
    with desk_at(server, clock, requests_per_minute=20) as desk:
        sync(desk)
    assert timedelta(minutes=2) <= clock.now() - begun <= timedelta(minutes=4)


def test_all_agents_have_names_also_those_who_left(desk: HelpDesk, site: Site) -> None:
    address_only = {"name": "", "email": "somebody@desk.invalid", "status": "X"}
    site.people.append({"id": "gone0001", **address_only})
    names = {agent.id: agent.name for agent in desk.agents()}
    assert names == {**{id_: name for name, id_ in PEOPLE.items()}, "gone0001": "gone0001"}
