"""Request Tracker, read from a simulated server that follows the rules of the real one."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import structlog.testing

from bot.domain import (
    Agent,
    Fact,
    Removal,
    Reopening,
    Response,
    Status,
    Stay,
    Stretch,
    Target,
    Ticket,
    Window,
)
from bot.errors import (
    ConfigurationError,
    DeskError,
    DeskMisunderstood,
    DeskRefused,
    DeskUnavailable,
)
from bot.helpdesks import Counted, Cursor, HelpDesk, Stream, load
from bot.pauses import Pauses, Stopped
from bot.store import facts, tickets
from bot.store.database import Database
from tests.desks.request_tracker import (
    ANNA,
    BEN,
    CLAMPING,
    CUSTOMER,
    DEBIAN,
    EVA,
    NOBODY,
    OLD,
    OTHER_CUSTOMER,
    RT_SYSTEM,
    TOKEN,
    Site,
    address,
    half_page,
    without_dates,
)
from tests.desks.wire import SUBJECT, Fault, Server, served
from tests.store_samples import SECRET, a_desk, a_workspace
from tests.times import StandingClock, T

YEAR = Window(T(days=-365), T(days=1))


pytestmark = pytest.mark.usefixtures("retries_at_once")


@pytest.fixture
def site(clock: StandingClock) -> Site:
    return Site(clock)


@contextmanager
def desk_at(
    url: str, clock: StandingClock, pauses: Pauses | None = None, **settings: Any
) -> Iterator[HelpDesk]:
    given = {"kind": "request_tracker", "url": url, "token": TOKEN, **settings}
    with closing(load("acme", given, clock, pauses)) as desk:
        yield desk


@pytest.fixture
def desk(server: Server, clock: StandingClock) -> Iterator[HelpDesk]:
    with desk_at(server.url, clock) as desk:
        yield desk


Store = dict[str, Ticket]


def sync(desk: HelpDesk, store: Store, cursor: Cursor, pages: int | None = None) -> Cursor:
    """Reads on, keeps what a store would keep and gives the cursor of the last page kept."""
    for page in islice(desk.tickets(cursor), pages):
        for ticket in page.rows:
            if ticket.removal:
                store.pop(ticket.id, None)
            else:
                store[ticket.id] = ticket
        cursor = page.cursor
    return cursor


def read(desk: HelpDesk, since: datetime = YEAR.start) -> Store:
    """Everything, by a first read."""
    store: Store = {}
    sync(desk, store, desk.start(Window(since, YEAR.end)))
    return store


def many(site: Site, clock: StandingClock, number: int = 250, *, seconds: float = 0) -> None:
    for _ in range(number):
        site.create()
        clock.move(seconds=seconds)


def many_solved(site: Site, clock: StandingClock, number: int, *, seconds: float) -> None:
    for ticket in range(1, number + 1):
        site.create()
        site.status(ticket, "resolved")
        clock.move(seconds=seconds)


# --- what a ticket's history means ---


def _replied(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(minutes=10)
    site.comment(1)
    clock.move(minutes=10)
    site.reply(1)
    site.status(1, "open", RT_SYSTEM)


def _dialogue(site: Site, clock: StandingClock) -> None:
    site.create()
    for by in (CUSTOMER, ANNA, ANNA, CUSTOMER, CUSTOMER, BEN):
        clock.move(minutes=1)
        site.reply(1, by)


def _answered_by_itself(site: Site, clock: StandingClock) -> None:
    """A program of the site's own writes as Request Tracker: nobody replied."""
    site.create()
    clock.move(minutes=1)
    site.reply(1, RT_SYSTEM)


def _by_an_agent(site: Site, clock: StandingClock) -> None:
    site.create(by=ANNA)
    clock.move(minutes=1)
    site.reply(1, CUSTOMER)
    clock.move(minutes=1)
    site.reply(1, ANNA)


def _solved_three_times(site: Site, clock: StandingClock) -> None:
    site.create()
    for by in (BEN, BEN, ANNA):
        clock.move(hours=1)
        site.status(1, "resolved", by)
        if by is BEN:
            clock.move(hours=1)
            site.reply(1, CUSTOMER)


def _reopened(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(hours=1)
    site.status(1, "resolved")
    clock.move(hours=1)
    site.reply(1, CUSTOMER)


def _solved_by_the_system(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(hours=1)
    site.status(1, "resolved", RT_SYSTEM)


def _solved_by_the_customer(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(hours=1)
    site.status(1, "resolved", CUSTOMER)


def _born_solved(site: Site, clock: StandingClock) -> None:
    site.create(by=ANNA, status="resolved")
    clock.move(hours=1)


def _restored(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(hours=1)
    site.status(1, "resolved")
    clock.move(hours=1)
    site.status(1, "deleted")
    site.status(1, "resolved")


def _taken_given_and_taken_back(site: Site, clock: StandingClock) -> None:
    site.create()
    for owner in (ANNA, BEN, NOBODY, BEN, NOBODY, ANNA):
        clock.move(minutes=1)
        site.own(1, owner)


def _moved(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(minutes=1)
    site.move(1, "Billing")


def _owner_from_the_start(site: Site, clock: StandingClock) -> None:
    site.create(owner=ANNA)
    clock.move(minutes=1)
    site.own(1, BEN)


def _agent_as_requestor(site: Site, clock: StandingClock) -> None:
    site.create(by=ANNA, requestors=[ANNA])
    clock.move(minutes=1)
    site.reply(1, BEN)
    clock.move(minutes=1)
    site.reply(1, ANNA)


def _another_customer(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(minutes=1)
    site.reply(1, OTHER_CUSTOMER)
    clock.move(minutes=1)
    site.reply(1, ANNA)


def _agent_who_left(site: Site, clock: StandingClock) -> None:
    site.create()
    clock.move(minutes=1)
    site.own(1, EVA, EVA)
    site.reply(1, EVA)
    site.status(1, "resolved", EVA)
    site.agents.remove(EVA)


def _stalled(site: Site, clock: StandingClock) -> None:
    """Five hours in all, one of them in a status in which the customer is to answer."""
    site.create()
    for status in ("open", "stalled", "waiting", "open", "resolved"):
        clock.move(hours=1)
        site.status(1, status)


def _waits_again(site: Site, clock: StandingClock) -> None:
    site.create()
    for status in ("resolved", "open", "deleted", "open", "resolved"):
        clock.move(hours=1)
        site.status(1, status)


def _made_waiting(site: Site, clock: StandingClock) -> None:
    """No transaction tells of the status with which a ticket was made."""
    site.create(by=ANNA, status="waiting")
    clock.move(hours=1)
    site.status(1, "resolved")


def _through_three_queues(site: Site, clock: StandingClock) -> None:
    site.create(queue="Billing")
    for queue in ("Personnel", "General"):
        clock.move(hours=1)
        site.move(1, queue)


def _by_service_level(site: Site, clock: StandingClock) -> None:
    """Replies within an hour, as Request Tracker does it: one in time, one late, one of a run."""
    site.create()
    site.promise(1, T(hours=1), RT_SYSTEM)
    clock.move(minutes=30)
    site.reply(1, ANNA)
    site.promise(1, None, RT_SYSTEM)
    clock.move(minutes=30)
    site.reply(1, CUSTOMER)
    site.promise(1, T(hours=2), RT_SYSTEM)
    clock.move(hours=2)
    site.reply(1, BEN)
    site.promise(1, T(days=2), RT_SYSTEM)
    clock.move(hours=1)
    site.status(1, "resolved")


def _postponed(site: Site, clock: StandingClock) -> None:
    """By hand, by a customer's message or by a nightly program: nothing of it was a reply."""
    site.create(due=T(hours=1))
    site.reply(1, ANNA)
    site.promise(1, T(hours=2), ANNA)
    site.reply(1, CUSTOMER)
    site.promise(1, T(hours=3), RT_SYSTEM)
    site.reply(1, ANNA)
    clock.move(hours=12)
    site.promise(1, T(hours=4), RT_SYSTEM)


def _reopened_before_due(site: Site, clock: StandingClock) -> None:
    site.create(due=T(hours=9))
    site.status(1, "resolved")
    clock.move(hours=1)
    site.status(1, "open")


def _worked_on(site: Site, clock: StandingClock) -> None:
    site.create()
    site.comment(1, minutes=7)
    site.reply(1, minutes=5)
    clock.move(minutes=1)


@pytest.mark.parametrize(
    ("happens", "facts"),
    [
        (
            _replied,
            {
                "status": Status.OPEN,
                "first_reply_at": T(minutes=20),
                "agent_replies": 1,
                "first_replier": str(ANNA),
                "responses": (Response(T(), T(minutes=20), str(ANNA)),),
                "group": "General",
                "priority": "low",
                "requester": address(CUSTOMER),
                "last_solved_at": None,
                "transfers": 0,
                "stays": (),
                "targets": (),
                "handle": None,
                "requester_wait": None,
            },
        ),
        (
            _dialogue,
            {
                "customer_messages": 4,
                "agent_messages": 3,
                "responses": (
                    Response(T(), T(minutes=2), str(ANNA)),
                    Response(T(minutes=4), T(minutes=6), str(BEN)),
                ),
            },
        ),
        (
            _answered_by_itself,
            {"first_reply_at": None, "agent_messages": 0, "customer_messages": 1},
        ),
        (
            _by_an_agent,
            {
                "first_reply_at": T(minutes=2),
                "agent_messages": 2,
                "agent_replies": 1,
                "responses": (Response(T(minutes=1), T(minutes=2), str(ANNA)),),
            },
        ),
        (
            _solved_three_times,
            {
                "reopens": 2,
                "first_solved_at": T(hours=1),
                "last_solved_at": T(hours=5),
                "solver": str(ANNA),
                "reopenings": (
                    Reopening(T(hours=1), T(hours=2)),
                    Reopening(T(hours=3), T(hours=4)),
                ),
            },
        ),
        (
            _reopened,
            {"status": Status.OPEN, "reopens": 1, "last_solved_at": T(hours=1)},
        ),
        (_solved_by_the_system, {"last_solved_at": T(hours=1), "solver": None}),
        (_solved_by_the_customer, {"last_solved_at": T(hours=1), "solver": None}),
        (
            _born_solved,
            {"first_solved_at": T(), "solver": str(ANNA), "status": Status.SOLVED, "reopens": 0},
        ),
        (_restored, {"status": Status.SOLVED, "last_solved_at": T(hours=1), "reopens": 0}),
        (_taken_given_and_taken_back, {"transfers": 2}),
        (
            _moved,
            {
                "transfers": 1,
                "group": "Billing",
                "stays": (Stay(T(), "General"), Stay(T(minutes=1), "Billing")),
            },
        ),
        (
            _through_three_queues,
            {
                "transfers": 2,
                "stays": (
                    Stay(T(), "Billing"),
                    Stay(T(hours=1), "4"),  # a queue that the account does not see
                    Stay(T(hours=2), "General"),
                ),
            },
        ),
        (
            _stalled,
            {
                "waits": (Stretch(T(), T(hours=3)), Stretch(T(hours=4), T(hours=5))),
                "requester_wait": timedelta(hours=4),
            },
        ),
        (
            _waits_again,
            {
                "waits": (Stretch(T(), T(hours=1)), Stretch(T(hours=2), T(hours=5))),
                "requester_wait": timedelta(hours=4),
            },
        ),
        (_made_waiting, {"waits": (), "requester_wait": timedelta(0)}),
        (_born_solved, {"waits": (), "requester_wait": timedelta(0)}),
        (
            _by_service_level,
            {
                "targets": (
                    Target("reply 1", T(hours=1), T(minutes=30)),
                    Target("reply 2", T(hours=2), T(hours=3)),
                    Target("resolution", T(days=2), T(hours=4)),
                )
            },
        ),
        (_postponed, {"targets": (Target("resolution", T(hours=4)),)}),
        (_reopened_before_due, {"targets": (Target("resolution", T(hours=9)),)}),
        (_worked_on, {"handle": timedelta(minutes=12)}),
        (_owner_from_the_start, {"transfers": 1}),
        (
            _agent_as_requestor,
            {"first_reply_at": T(minutes=1), "customer_messages": 2, "agent_messages": 1},
        ),
        (
            _another_customer,
            {"first_reply_at": T(minutes=2), "customer_messages": 2, "agent_replies": 1},
        ),
        (
            _agent_who_left,
            {"first_reply_at": T(minutes=1), "solver": str(EVA), "last_solved_at": T(minutes=1)},
        ),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_history_becomes_facts(
    happens: Callable[[Site, StandingClock], None],
    facts: dict[str, Any],
    site: Site,
    server: Server,
    clock: StandingClock,
) -> None:
    happens(site, clock)
    with desk_at(server.url, clock, statuses={"waiting": "pending"}) as desk:
        ticket = read(desk)["1"]
    assert {name: getattr(ticket, name) for name in facts} == facts
    assert ticket.created_at == T()


def test_without_the_right_to_know_who_is_privileged_all_but_requestors_are_agents(
    site: Site, desk: HelpDesk
) -> None:
    site.privileged = False
    site.create()
    site.reply(1, OTHER_CUSTOMER)
    site.reply(1, CUSTOMER)
    ticket = read(desk)["1"]
    assert (ticket.agent_messages, ticket.customer_messages) == (1, 2)


def test_nobody_is_asked_about_twice_within_the_hour(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    site.create()
    site.reply(1, OTHER_CUSTOMER)
    read(desk)
    read(desk)
    assert len(server.asked(f"user/{OTHER_CUSTOMER}")) == 1
    site.agents.add(OTHER_CUSTOMER)
    clock.move(hours=1)
    assert read(desk)["1"].agent_messages == 1


@pytest.mark.parametrize(
    ("priority", "label"),
    [
        *((0, "low"), (49, "low"), (50, "medium"), (99, "medium"), (100, "high"), (-1, None)),
        *(("High", "high"), ("Blazing", "other")),
    ],
)
def test_a_priority_has_the_label_that_request_tracker_shows(
    priority: int | str, label: str | None, site: Site, desk: HelpDesk
) -> None:
    site.create(priority=priority)
    assert read(desk)["1"].priority == label


def test_a_status_of_ones_own_is_explained_or_told_once(
    site: Site, server: Server, clock: StandingClock
) -> None:
    for status in ("Waiting", "odd", "Odd"):
        site.create(status=status)
    with (
        desk_at(server.url, clock, statuses={"waiting": "pending"}) as desk,
        structlog.testing.capture_logs() as logs,
    ):
        statuses = [ticket.status for ticket in read(desk).values()]
    assert statuses == [Status.PENDING, Status.OPEN, Status.OPEN]
    assert [(line["event"], line["about"], line["word"]) for line in logs] == [
        ("word_not_explained", "status", "odd")
    ]


def test_where_stalled_means_that_the_customer_is_to_answer_nobody_waits_for_us(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.create()
    for status in ("stalled", "resolved"):
        clock.move(hours=1)
        site.status(1, status)
    with desk_at(server.url, clock, statuses={"stalled": "pending"}) as desk:
        assert read(desk)["1"].requester_wait == timedelta(hours=1)


def test_the_names_of_queues_are_asked_for_once_an_hour(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    for _ in range(3):
        site.move(site.create(), "Billing")
    read(desk)
    read(desk)
    pages = len(server.asked("queues/all"))
    assert pages <= 2
    site.queues["Sales"] = site.queues.pop("General")
    site.visible.add("Sales")
    clock.move(hours=1)
    assert [stay.group for stay in read(desk)["1"].stays] == ["Sales", "Billing"]
    assert len(server.asked("queues/all")) == 2 * pages


@pytest.mark.parametrize(
    ("tiers", "escalated"),
    [
        ("billing", ["2", "3"]),
        (["Billing", "Sales"], ["2", "3"]),
        ('["General"]', ["1", "3"]),
        ("4", ["2"]),  # a queue that the account does not see goes by its number
        ("Sales", []),
    ],
)
def test_a_ticket_that_ever_was_in_a_tiers_queue_was_escalated(
    tiers: object, escalated: list[str], site: Site, server: Server, clock: StandingClock
) -> None:
    site.create()
    site.create(queue="Personnel")
    site.move(2, "Billing")
    site.create(queue="Billing")
    site.move(3, "General")
    with desk_at(server.url, clock, escalation_groups=tiers) as desk:
        assert Fact.ESCALATIONS in desk.capabilities.facts
        assert [one.id for one in read(desk).values() if one.escalated] == escalated


def test_what_a_request_tracker_does_not_have_it_does_not_promise(desk: HelpDesk) -> None:
    assert desk.capabilities.streams == {Stream.TICKETS}
    assert set(Fact) - desk.capabilities.facts == {
        *(
            Fact.BUSINESS_TIMES,
            Fact.CHANNEL,
            Fact.HOURS,
            Fact.ESCALATIONS,
            Fact.COMPLAINTS,
            Fact.CSAT,
            Fact.HOLD_TIME,
        ),
        *(Fact.CSAT_REQUESTS, Fact.NPS, Fact.CES, Fact.CALLS, Fact.ARTICLES, Fact.READING_TIME),
    }
    assert desk.capabilities.counts == {Counted.TICKETS}
    assert desk.count(YEAR, Counted.ANSWERED_CALLS) is None
    assert desk.hours() == {}
    for stream in (desk.ratings, desk.calls, desk.articles):
        assert list(stream({})) == []


def test_those_who_worked_on_tickets_are_told_with_name_and_address(
    site: Site, server: Server, desk: HelpDesk
) -> None:
    """Neither customers nor those who have left, nor anybody twice."""
    site.real_names[ANNA] = "Anna Ioannou"
    site.create()
    site.create()
    site.reply(1, ANNA)
    site.reply(1, OTHER_CUSTOMER)
    site.own(1, BEN, by=ANNA)
    site.own(2, EVA, by=EVA)
    site.own(2, NOBODY, by=OTHER_CUSTOMER)
    site.agents.remove(EVA)
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    assert desk.agents() == [
        Agent(str(ANNA), "Anna Ioannou", address(ANNA)),
        Agent(str(BEN), f"user{BEN}", address(BEN)),
    ]
    assert desk.agents() == []
    before = len(server.requests)
    site.reply(1, ANNA)
    sync(desk, store, cursor)
    assert [agent.name for agent in desk.agents()] == ["Anna Ioannou", f"user{BEN}"]
    assert not any("user/" in asked.path for asked in server.requests[before:])


def test_an_account_that_may_not_see_others_tells_no_names(site: Site, desk: HelpDesk) -> None:
    site.privileged = False
    site.reply(site.create(), ANNA)
    assert read(desk)["1"].first_replier == str(ANNA)
    assert desk.agents() == []


# --- nothing is lost ---


def _promised(site: Site) -> None:
    site.promise(1, T(days=3))


def _set_minutes(site: Site) -> None:
    site.work(1, 12)


def _noted_minutes(site: Site) -> None:
    site.comment(1, minutes=12)


@pytest.mark.parametrize(
    ("happens", "facts"),
    [
        (_promised, {"targets": (Target("resolution", T(days=3)),)}),
        (_set_minutes, {"handle": timedelta(minutes=12)}),
        (_noted_minutes, {"handle": timedelta(minutes=12)}),
    ],
)
def test_what_changes_without_a_message_is_read_as_well_and_then_no_more(
    happens: Callable[[Site], None],
    facts: dict[str, Any],
    site: Site,
    desk: HelpDesk,
    clock: StandingClock,
) -> None:
    """A private comment is never told to the account; its minutes are."""
    many(site, clock, 3)
    clock.move(hours=1)
    cursor = sync(desk, {}, desk.start(YEAR))
    happens(site)
    clock.move(minutes=5)
    store: Store = {}
    cursor = sync(desk, store, cursor)
    assert list(store) == ["1"]
    assert {name: getattr(store["1"], name) for name in facts} == facts
    clock.move(minutes=5)
    store.clear()
    sync(desk, store, cursor)
    assert store == {}


def test_minutes_noted_on_more_tickets_than_a_page_holds_are_all_read(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 230, seconds=60)
    site.comment(230, minutes=1)
    clock.move(hours=40)
    cursor = sync(desk, {}, desk.start(YEAR))
    clock.move(hours=1)
    for ticket in range(1, 221):
        site.comment(ticket, minutes=ticket)
    site.comment(site.create(queue="Personnel"), minutes=3)
    store: Store = {}
    sync(desk, store, cursor)
    noted = {number: ticket.handle for number, ticket in store.items()}
    assert noted == {str(number): timedelta(minutes=number) for number in range(1, 221)}


def test_minutes_noted_while_a_first_read_goes_on_are_read(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 150)
    clock.move(hours=1)
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR), pages=1)
    site.comment(1, minutes=4)
    clock.move(hours=1)
    sync(desk, store, cursor)
    assert store["1"].handle == timedelta(minutes=4)


def test_a_position_of_before_minutes_were_read_goes_on(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 2)
    clock.move(hours=1)
    cursor = sync(desk, {}, {"changes": len(site.transactions)})
    site.comment(1, minutes=4)
    store: Store = {}
    sync(desk, store, cursor)
    assert [ticket.handle for ticket in store.values()] == [timedelta(minutes=4)]


@pytest.mark.thorough
@pytest.mark.parametrize("version", [OLD, DEBIAN, CLAMPING])
@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize("acl_in_sql", [False, True])
def test_every_version_and_every_right_gives_the_same(
    version: str, superuser: bool, acl_in_sql: bool, clock: StandingClock
) -> None:
    site = Site(clock, version, superuser=superuser, acl_in_sql=acl_in_sql)
    many(site, clock, 120)
    for ticket in range(1, 121):
        site.comment(ticket)
        site.reply(ticket)
    clock.move(hours=1)
    with served(site) as server, desk_at(server.url, clock) as desk:
        store: Store = {}
        cursor = sync(desk, store, desk.start(YEAR))
        assert all(ticket.agent_replies == 1 for ticket in store.values())
        for _ in range(120):  # whole pages of what nobody but a superuser sees
            site.reply(site.create(queue="Personnel"))
        site.reply(1)
        many(site, clock, 5)
        sync(desk, store, cursor)
        assert read(desk) == store
    assert store["1"].agent_replies == 2
    assert len(store) == (245 if superuser else 125)


@pytest.mark.thorough
def test_equal_times_across_pages_lose_no_ticket(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 250)
    assert len(read(desk)) == 250


@pytest.mark.thorough
def test_tickets_that_change_while_they_are_read_are_read_as_they_became(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 250, seconds=1)
    upcoming = cycle(range(250, 0, -1))

    def someone_works(_: int) -> None:
        clock.move(seconds=1)
        site.status(next(upcoming), "resolved")
        site.reply(next(upcoming))
        site.create()

    server.after = someone_works
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    cursor = sync(desk, store, cursor)
    server.after = lambda _: None
    sync(desk, store, cursor)
    with desk_at(server.url, clock) as fresh:
        assert store == read(fresh)
    assert len(store) == len(site.tickets)


def test_a_history_that_grows_while_it_is_read_comes_to_an_end(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    """The journal tells of what came since."""
    many(site, clock, 3)
    clock.move(hours=1)

    def someone_writes(number: int) -> None:
        clock.move(seconds=1)
        if number < 500:
            site.reply(1)

    server.after = someone_writes
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    assert len(server.requests) < 50
    server.after = lambda _: None
    sync(desk, store, cursor)
    replies = [entry for entry in site.transactions if entry.type == "Correspond"]
    assert store["1"].agent_replies == len(replies)


def test_a_stop_after_any_page_goes_on_behind_it(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 250)
    clock.move(hours=1)
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR), pages=2)
    assert len(store) == 200
    again: Store = {}
    sync(desk, again, cursor)
    assert sorted(again, key=int) == [str(number) for number in range(201, 251)]


def test_a_change_that_is_written_late_is_read_when_it_is_there(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 2)
    clock.move(hours=1)
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    site.reply(1)
    site.unwritten = {entry.id for entry in site.transactions if entry.type == "Correspond"}
    site.reply(2)
    cursor = sync(desk, store, cursor)
    assert [ticket.agent_replies for ticket in store.values()] == [0, 1]
    site.unwritten.clear()
    clock.move(seconds=90)
    sync(desk, store, cursor)
    assert [ticket.agent_replies for ticket in store.values()] == [1, 1]


def test_a_change_that_is_being_written_as_a_first_read_begins_is_read_too(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 2)
    clock.move(hours=1)
    site.reply(1)
    site.unwritten = {entry.id for entry in site.transactions if entry.type == "Correspond"}
    site.reply(2)
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    site.unwritten.clear()
    sync(desk, store, cursor)
    assert [ticket.agent_replies for ticket in store.values()] == [1, 1]


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_desk_whose_clock_is_off_loses_nothing_and_is_told(
    minutes: int, clock: StandingClock
) -> None:
    theirs = StandingClock(T(minutes=minutes))
    site = Site(theirs)
    with served(site) as server, desk_at(server.url, clock) as desk:
        store: Store = {}
        cursor = sync(desk, store, desk.start(YEAR))
        for _ in range(8):
            site.create()
            cursor = sync(desk, store, cursor)
            theirs.move(seconds=40)
        way = "ahead of" if minutes > 0 else "behind"
        theirs.set(clock.now() + timedelta(minutes=minutes))
        assert f"Its clock is 10 minutes {way} the clock here." in desk.check()
    assert len(store) == 8


def test_reading_again_with_nothing_new_is_two_requests_and_changes_nothing(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 150)
    clock.move(minutes=3)
    cursor = sync(desk, {}, desk.start(YEAR))
    for _ in range(3):
        before = len(server.requests)
        assert list(desk.tickets(cursor)) == []
        assert len(server.requests) == before + 2
        clock.move(minutes=5)


def test_a_transaction_dated_in_the_future_holds_nothing_up(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    site.create()
    clock.move(days=300)
    site.reply(1)
    clock.set(T(hours=1))
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    site.reply(1)
    cursor = sync(desk, store, cursor)
    clock.move(minutes=5)
    cursor = sync(desk, store, cursor)
    assert store["1"].agent_replies == 2
    assert list(desk.tickets(cursor)) == []


def test_changes_younger_than_the_overlap_are_read_again_and_then_no_more(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    cursor = sync(desk, {}, desk.start(YEAR))
    site.create()
    again: list[int] = []
    for _ in range(4):
        store: Store = {}
        cursor = sync(desk, store, cursor)
        again.append(len(store))
        clock.move(seconds=70)
    assert again == [1, 1, 1, 0]


def test_only_tickets_that_changed_since_are_read_first(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many_solved(site, clock, 10, seconds=60)
    assert sorted(read(desk, since=T(minutes=5)), key=int) == ["6", "7", "8", "9", "10"]


def test_an_old_ticket_that_is_still_unsolved_is_read_first_too(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    """It is in the backlog, however long nobody has touched it."""
    many_solved(site, clock, 3, seconds=60)
    site.status(2, "open")
    clock.move(days=500)
    store: Store = {}
    sync(desk, store, desk.start(Window(clock.now() - timedelta(days=400), clock.now())))
    assert list(store) == ["2"]


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kolkata", "UTC"]
)
def test_the_time_zone_of_the_account_changes_nothing(zone: str, clock: StandingClock) -> None:
    site = Site(clock, zone=zone)
    with served(site) as server, desk_at(server.url, clock) as desk:
        many_solved(site, clock, 96, seconds=3600)
        window = Window(T(hours=30), T(hours=66))
        first: Store = {}
        sync(desk, first, desk.start(window))
        assert len(first) == 66
        assert desk.count(window) == 36
        assert desk.count(Window(T(hours=1), T(hours=2))) == 1
        assert desk.count(Window(T(), T(hours=96))) == 96


def test_a_date_with_z_is_no_moment_for_request_tracker(site: Site) -> None:
    """Why no search depends on a date: the time of day is dropped, in a zone of its own."""
    site.create()  # on Friday at 07:00 UTC, which is 02:00 in New York
    for literal, found in (
        ("2026-11-20T06:59:00Z", 1),  # read as midnight in New York, 05:00 UTC: right by luck
        ("2026-11-20T07:01:00Z", 1),  # should find nothing
        ("2026-11-20 02:01:00", 0),
        ("2026-11-20 01:59:00", 1),
        ("2026-11-20 06:59:00+00:00", 0),  # should find it
    ):
        status, told = site.found("tickets", {"query": f"LastUpdated >= '{literal}'"})
        assert (status, told["total"]) == (200, found), literal


# --- what is gone ---


def test_deleted_and_merged_tickets_are_told_as_gone(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 5)
    clock.move(minutes=5)
    cursor = sync(desk, {}, desk.start(YEAR))
    clock.move(minutes=5)
    site.status(1, "deleted")
    site.merge(2, into=3)
    site.merge(3, into=4)
    [page] = desk.tickets(cursor)
    told = {ticket.id: ticket.removal for ticket in page.rows}
    assert told == {
        "1": Removal.DELETED,
        "2": Removal.MERGED,
        "3": Removal.MERGED,
        "4": None,
    }
    assert {ticket.updated_at for ticket in page.rows} == {T(minutes=10)}
    assert {ticket.created_at for ticket in page.rows} == {T()}


def test_a_first_read_tells_what_is_gone_too(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    """A stream that is begun anew, over a store that knows older tickets, has to."""
    site.create()
    site.create()
    site.status(1, "deleted")
    clock.move(hours=1)
    told = {
        ticket.id: ticket.removal for page in desk.tickets(desk.start(YEAR)) for ticket in page.rows
    }
    assert told == {"1": Removal.DELETED, "2": None}


def test_a_deleted_ticket_that_is_restored_comes_back(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    site.create()
    store: Store = {}
    cursor = sync(desk, store, desk.start(YEAR))
    for status, there in (("deleted", False), ("open", True), ("deleted", False)):
        site.status(1, status)
        cursor = sync(desk, store, cursor)
        assert ("1" in store) is there
        clock.move(minutes=5)


def test_only_the_queues_that_were_named_count(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.queues["O'Brien, Sons"] = 9
    site.visible.add("O'Brien, Sons")
    site.create(queue="O'Brien, Sons")
    site.create()
    store: Store = {}
    with desk_at(server.url, clock, queues='["O\'Brien, Sons"]') as desk:
        cursor = sync(desk, store, desk.start(YEAR))
        assert list(store) == ["1"]
        assert desk.count(YEAR) == 1
        site.move(1, "Billing")
        sync(desk, store, cursor)
        assert store == {}
    with desk_at(server.url, clock, queues="General, Billing") as desk:
        assert list(read(desk)) == ["1", "2"]


def test_tickets_of_queues_that_are_no_longer_named_are_told_as_gone(
    site: Site, server: Server, clock: StandingClock
) -> None:
    """However old: they were never cleared out, they were never to be counted (`store.tickets`)."""
    for queue in ("General", "Billing", "General"):
        site.create(queue=queue)
        clock.move(hours=1)
    site.status(2, "resolved")
    clock.move(days=90)
    site.comment(2)
    store: Store = {}
    with desk_at(server.url, clock) as desk:
        sync(desk, store, desk.start(YEAR))
        assert list(store) == ["1", "2", "3"]
    with desk_at(server.url, clock, queues="general") as desk:
        [*_, gone] = sorted(
            (row for page in desk.tickets(desk.start(YEAR)) for row in page.rows),
            key=lambda row: row.removal is not None,
        )
        assert (gone.id, gone.removal) == ("2", Removal.DELETED)
        assert gone.updated_at == gone.created_at
        sync(desk, store, desk.start(YEAR))
    assert list(store) == ["1", "3"]


def test_what_is_no_ticket_or_out_of_sight_is_never_told(site: Site, desk: HelpDesk) -> None:
    cursor = sync(desk, {}, desk.start(YEAR))
    site.status(site.create(type="reminder"), "resolved")
    site.reply(site.create(queue="Personnel"))
    site.create()
    tickets = [ticket for page in desk.tickets(cursor) for ticket in page.rows]
    assert [(ticket.id, ticket.removal) for ticket in tickets] == [("3", None)]
    assert desk.count(YEAR) == 1


@pytest.mark.parametrize(
    ("version", "acl_in_sql"), [(OLD, True), (DEBIAN, True), (DEBIAN, False), (CLAMPING, False)]
)
def test_the_count_is_that_of_the_tickets_there_are(
    version: str, acl_in_sql: bool, clock: StandingClock
) -> None:
    site = Site(clock, version, acl_in_sql=acl_in_sql)
    many(site, clock, 130, seconds=3600)
    site.status(1, "deleted")
    site.merge(2, into=3)
    site.create(queue="Personnel")
    with served(site) as server, desk_at(server.url, clock) as desk:
        assert desk.count(Window(T(), T(days=30))) == 128
        assert desk.count(Window(T(hours=100), T(days=30))) == 30


# --- how it asks ---


@pytest.mark.thorough
def test_pages_are_read_one_by_one_with_a_word_on_how_many_there_will_be(
    site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 1000)
    clock.move(hours=1)
    pages = desk.tickets(desk.start(YEAR))
    first = next(pages)
    assert (len(first.rows), first.expected) == (100, 1000)
    assert len(server.requests) < 10
    assert [page.expected for page in islice(pages, 9)] == [1000] * 9


def test_no_subject_or_text_is_asked_for_and_no_address_but_the_requestors(
    site: Site, server: Server, desk: HelpDesk
) -> None:
    site.create()
    site.reply(1)
    read(desk)
    desk.count(YEAR)
    desk.check()
    fields = {
        (name, field)
        for asked in server.requests
        for name, value in asked.all
        if name.startswith("fields")
        for field in value.split(",")
    }
    named = {field for name, field in fields if name == "fields"}
    assert named == {
        *("Queue", "Status", "Created", "LastUpdated", "Priority", "Requestor", "Creator"),
        *("Due", "TimeWorked"),
        *("Type", "Field", "OldValue", "NewValue", "ObjectId", "Name"),
    }
    assert fields - {("fields", field) for field in named} == {
        ("fields[Queue]", "Name"),
        ("fields[Requestor]", "id"),
        ("fields[Requestor]", "EmailAddress"),
        ("fields[Creator]", "id"),
    }


@pytest.mark.parametrize(
    ("requestors", "shown", "requester"),
    [
        ([CUSTOMER, OTHER_CUSTOMER], True, address(CUSTOMER)),
        ([CUSTOMER, OTHER_CUSTOMER], False, str(CUSTOMER)),
        ([], True, None),
    ],
)
def test_a_requester_is_known_by_the_address_or_else_by_the_number(
    requestors: list[int], shown: bool, requester: str | None, site: Site, desk: HelpDesk
) -> None:
    site.shows_addresses = shown
    site.create(requestors=requestors)
    assert read(desk)["1"].requester == requester


@pytest.mark.thorough
def test_no_address_gets_into_a_log_an_error_or_the_database(
    site: Site,
    desk: HelpDesk,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    site.reply(site.create(), ANNA)
    database = Database(f"sqlite:///{tmp_path / 'deskpulse.db'}")
    database.migrate()
    with (
        closing(database),
        structlog.testing.capture_logs() as logs,
        database.writing() as session,
    ):
        row = a_desk(session, a_workspace(session))
        found = read(desk)
        tickets.keep(session, row, list(found.values()), SECRET)
        facts.keep_agents(session, row, desk.agents(), SECRET)
        assert found["1"].requester == address(CUSTOMER)
    site.altered = without_dates
    with pytest.raises(DeskMisunderstood) as caught:
        read(desk)
    told = "".join(traceback.format_exception(caught.value)) + repr(logs) + caplog.text
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for person in (CUSTOMER, ANNA):
        assert address(person) not in told + repr(found)
        assert address(person).encode() not in kept


def test_a_ticket_can_be_opened_by_a_person(clock: StandingClock) -> None:
    with desk_at("https://rt.example.com/rt/REST/2.0/", clock) as desk:
        assert desk.url("7") == "https://rt.example.com/rt/Ticket/Display.html?id=7"


# --- what can go wrong ---


@pytest.mark.parametrize(
    ("fault", "error", "tries", "message", "hint"),
    [
        (Fault.UNAUTHORIZED, DeskRefused, 1, "does not accept the token", "DESKS__ACME__TOKEN"),
        (Fault.FORBIDDEN, DeskRefused, 1, "forbids the bot's account", "SeeQueue and ShowTicket"),
        (Fault.NOT_FOUND, DeskRefused, 1, "no Request Tracker at its address", "DESKS__ACME__URL"),
        (Fault.REDIRECT, DeskRefused, 1, "no Request Tracker at its address", "DESKS__ACME__URL"),
        (Fault.TOO_MANY, DeskUnavailable, 5, "too many requests (HTTP 429)", "next sync"),
        (Fault.TOO_MANY_FOR_A_SECOND, DeskUnavailable, 5, "too many requests", "next sync"),
        (Fault.TOO_MANY_FOR_AN_HOUR, DeskUnavailable, 5, "too many requests", "next sync"),
        (Fault.BROKEN, DeskUnavailable, 4, "busy or broken (HTTP 500)", "its own log"),
        (Fault.BAD_GATEWAY, DeskUnavailable, 4, "busy or broken (HTTP 502)", "its own log"),
        (Fault.RESET, DeskUnavailable, 4, "out of reach or cut the line", "DESKS__ACME__URL"),
        (Fault.CUT, DeskUnavailable, 4, "out of reach or cut the line", "DESKS__ACME__URL"),
        (Fault.TRUNCATED, DeskMisunderstood, 4, "breaks off in the middle", "next sync"),
        (Fault.LOGIN_PAGE, DeskMisunderstood, 1, "a web page instead of data", "login page"),
    ],
)
def test_a_fault_is_told_with_its_mend_and_without_a_secret(
    fault: Fault,
    error: type[DeskError],
    tries: int,
    message: str,
    hint: str,
    site: Site,
    server: Server,
    desk: HelpDesk,
    clock: StandingClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    many(site, clock, 3)
    server.always = fault
    _assert_told(server, desk, caplog, error=error, tries=tries, message=message, hint=hint)


@pytest.mark.parametrize(
    ("altered", "message"),
    [(half_page, "is missing or strange"), (without_dates, "“items.0.Created” is missing")],
)
def test_an_answer_that_is_none_is_told_with_its_mend_and_without_a_secret(
    altered: Callable[[Any], Any],
    message: str,
    site: Site,
    server: Server,
    desk: HelpDesk,
    clock: StandingClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    many(site, clock, 3)
    site.altered = altered
    _assert_told(
        server,
        desk,
        caplog,
        error=DeskMisunderstood,
        tries=1,
        message=message,
        hint="5.0.2 or later",
    )


def _assert_told(
    server: Server,
    desk: HelpDesk,
    caplog: pytest.LogCaptureFixture,
    *,
    error: type[DeskError],
    tries: int,
    message: str,
    hint: str,
) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(error) as caught:
        list(desk.tickets(desk.start(YEAR)))
    assert type(caught.value).__mro__[1] is error or type(caught.value) is error
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.startswith("Help desk “acme” ")
    assert len(server.requests) == tries
    told = "".join(traceback.format_exception(caught.value)) + repr(logs) + caplog.text
    for secret in (TOKEN, SUBJECT, "127.0.0.1", "elsewhere.invalid"):
        assert secret not in told


@pytest.mark.parametrize(
    "fault",
    [Fault.TOO_MANY, Fault.BROKEN, Fault.BAD_GATEWAY, Fault.RESET, Fault.CUT, Fault.TRUNCATED],
)
def test_what_passes_is_tried_again(
    fault: Fault, site: Site, server: Server, desk: HelpDesk, clock: StandingClock
) -> None:
    many(site, clock, 150)
    server.faults = {1: fault, 3: fault, 4: fault, 7: fault}
    assert len(read(desk)) == 150


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault.TOO_MANY_FOR_A_SECOND, timedelta(seconds=1)),
        (Fault.TOO_MANY_FOR_AN_HOUR, timedelta(hours=1)),
    ],
)
def test_a_desk_that_asks_to_wait_is_given_the_time_and_it_is_seen(
    fault: Fault, wait: timedelta, server: Server, clock: StandingClock
) -> None:
    seen: list[datetime] = []
    pauses = Pauses(clock)
    server.faults = {1: fault}
    with desk_at(server.url, clock, pauses) as desk, pauses.watched("acme", seen.append):
        assert desk.count(Window(T(), T(hours=1))) == 0
    assert clock.now() == T() + wait
    assert set(seen) == {T() + wait}


def test_a_wait_ends_when_the_process_does(server: Server, clock: StandingClock) -> None:
    stopping = Event()
    server.always = Fault.TOO_MANY_FOR_AN_HOUR
    pauses = Pauses(clock, stopping)
    with (
        desk_at(server.url, clock, pauses) as desk,
        pauses.watched("acme", lambda _: stopping.set()),
        pytest.raises(Stopped),
    ):
        list(desk.tickets(desk.start(YEAR)))
    assert clock.now() <= T(seconds=1)
    assert len(server.requests) == 1


def test_a_desk_that_is_not_there_is_out_of_reach(clock: StandingClock) -> None:
    with (
        desk_at("http://127.0.0.1:9", clock) as desk,
        pytest.raises(DeskUnavailable, match="out of reach"),
    ):
        desk.check()


def test_a_desk_that_does_not_answer_is_given_up(server: Server, clock: StandingClock) -> None:
    server.after = lambda _: time.sleep(0.2)  # noqa: TID251  the server is the one that waits
    with (
        desk_at(server.url, clock, timeout=0.05) as desk,
        pytest.raises(DeskUnavailable, match=r"within 0\.05 seconds.*ACME__TIMEOUT"),
    ):
        desk.check()


def test_an_old_request_tracker_that_ignores_a_question_is_told(site: Site, desk: HelpDesk) -> None:
    """5.0.1 knows no TransactionSQL and gives the first transactions of all, again and again."""
    for _ in range(3):
        site.create()
    plain = site.found
    everything = {
        "query": "id > 0",
        "fields": "Type,Field,OldValue,NewValue,Creator,Created,ObjectId",
    }

    def deaf(path: str, params: Any) -> tuple[int, Any]:
        if path == "transactions":
            return plain(path, params | everything)
        return plain(path, params)

    site.found = deaf  # type: ignore[method-assign]
    with pytest.raises(DeskMisunderstood, match=r"does not heed.*5\.0\.2"):
        list(desk.tickets({"changes": 2}))


def test_the_token_goes_nowhere_but_to_the_address_given(
    site: Site, server: Server, clock: StandingClock
) -> None:
    with (
        served(site) as elsewhere,
        desk_at(f"{server.url}/wrong", clock) as desk,
        pytest.raises(DeskRefused, match="URL"),
    ):
        desk.check()
    assert elsewhere.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"url": "rt.example.com"}, "URL"),
        ({"url": "ftp://rt.example.com"}, "URL"),
        ({"token": ""}, "TOKEN"),
        ({"token": f"{TOKEN}\nX"}, "TOKEN"),
        ({"token": f"{TOKEN}ü"}, "TOKEN"),
        ({"statuses": {"waiting": "asleep"}}, "STATUSES"),
        ({"overlap": -1}, "OVERLAP"),
        ({"queues": "[General"}, "QUEUES"),
        ({"escalation_tags": ["vip"]}, "ESCALATION_TAGS"),
        ({"complaint_tags": "angry"}, "COMPLAINT_TAGS"),
        ({"colour": "blue"}, "COLOUR"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    setting: dict[str, Any], told: str, clock: StandingClock
) -> None:
    given = {"kind": "request_tracker", "url": "https://x.invalid", "token": TOKEN}
    with pytest.raises(ConfigurationError) as caught:
        load("acme", given | setting, clock)
    assert f"DESKPULSE_DESKS__ACME__{told}" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_tags_are_refused_with_what_there_is_instead(clock: StandingClock) -> None:
    given = {"kind": "request_tracker", "url": "https://x.invalid", "token": TOKEN}
    with pytest.raises(ConfigurationError, match=r"has no tags.*escalation_groups"):
        load("acme", {**given, "escalation_tags": ["vip"]}, clock)


@pytest.mark.parametrize(
    "cursor",
    [{}, {"changes": "x"}, {"since": "yesterday"}, {"since": 7}, {"changes": 1, "worked": "x"}],
)
def test_a_position_that_is_none_is_told(cursor: Cursor, desk: HelpDesk) -> None:
    with pytest.raises(DeskMisunderstood, match="--since"):
        list(desk.tickets(cursor))


# --- what `doctor` is told ---


def test_check_tells_what_it_found(site: Site, desk: HelpDesk, clock: StandingClock) -> None:
    site.create()
    clock.move(hours=3)
    assert desk.check() == [
        f"Request Tracker {DEBIAN} answers.",
        "Queues that count: Billing, General.",
        "The newest change is 3 hours old.",
    ]
    site.privileged = False
    assert "everyone but the requestor" in desk.check()[-1]


@pytest.mark.parametrize(
    ("visible", "named", "message"),
    [
        (set(), "", "does not show any queue"),
        ({"General"}, "Generel", "does not show the queue “Generel”"),
        ({"General"}, "Personnel", "does not show the queue “Personnel”"),
    ],
)
def test_check_refuses_queues_that_are_not_there(
    visible: set[str], named: str, message: str, site: Site, server: Server, clock: StandingClock
) -> None:
    site.visible = visible
    with (
        desk_at(server.url, clock, queues=named) as desk,
        pytest.raises(DeskRefused, match=message),
    ):
        desk.check()


def test_times_are_aware_and_in_utc(site: Site, desk: HelpDesk) -> None:
    site.create()
    [ticket] = read(desk).values()
    assert ticket.created_at.utcoffset() == timedelta(0)
    assert ticket.created_at == T().astimezone(UTC)
