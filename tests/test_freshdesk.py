"""Freshdesk, read from a simulated server that follows the rules of its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog.testing

from bot.domain import (
    Agent,
    Counted,
    Fact,
    Question,
    Rating,
    Removal,
    Response,
    Scale,
    Status,
    Target,
    Ticket,
    Window,
)
from bot.errors import ConfigurationError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Cursor, HelpDesk, Stream, guide, load
from bot.pauses import Pauses
from tests.desks import freshdesk as simulated
from tests.desks.freshdesk import CLOSED, NOTE, OPEN, PENDING, REPLY, RESOLVED, TOKEN, Site
from tests.desks.history import (
    AGENTS,
    CUSTOMERS,
    GROUPS,
    Assigned,
    Opened,
    Rated,
    Removed,
    Wrote,
    burst,
)
from tests.desks.wire import SUBJECT, Server, ShiftedClock, served
from tests.times import StandingClock, T

ANNA, BEN, EVA = AGENTS
YEAR = Window(T(days=-365), T(days=1))


pytestmark = pytest.mark.usefixtures("retries_at_once")


@dataclass
class Stage:
    """A Freshdesk behind its server, and what a store would keep of it."""

    site: Site
    server: Server
    clock: StandingClock
    pauses: Pauses
    store: dict[str, Ticket] = field(default_factory=dict)
    cursor: Cursor | None = None

    def told_to_load(self, **settings: Any) -> dict[str, Any]:
        return {"kind": "freshdesk", "url": self.server.url, "token": TOKEN, **settings}

    @contextmanager
    def desk(self, **settings: Any) -> Iterator[HelpDesk]:
        given = self.told_to_load(**settings)
        with closing(load("acme", given, self.clock, self.pauses)) as desk:
            yield desk

    def read(self, pages: int | None = None, since: datetime = YEAR.start, **settings: Any) -> None:
        """Reads tickets on from where it stands, or so many pages."""
        with self.desk(**settings) as desk:
            cursor = self.cursor or desk.start(Window(since, YEAR.end))
            for page in islice(desk.tickets(cursor), pages):
                self.store |= {ticket.id: ticket for ticket in page.rows}
                self.cursor = page.cursor

    def told(self, ticket: int = 1, **settings: Any) -> Ticket:
        """One ticket as it is told now."""
        self.cursor = None
        self.read(**settings)
        return self.store[str(ticket)]

    def opens(self, ticket: int = 1, **more: Any) -> simulated.Ticket:
        """A ticket comes now."""
        self.site.happen(Opened(self.clock.now(), ticket, CUSTOMERS[0], **more))
        return self.site.tickets[ticket]

    def becomes(self, status: int, ticket: int = 1, hours: float = 1) -> datetime:
        """An hour later it gets another status; gives when."""
        self.clock.move(hours=hours)
        row, now = self.site.tickets[ticket], self.clock.now()
        self.site.become(row, status, now)
        self.site.touch(row, now)
        return now

    def adds(self, ticket: int = 1, *, minutes: float = 10, **entry: Any) -> datetime:
        """Some minutes later it gets a conversation; gives when."""
        self.clock.move(minutes=minutes)
        row, now = self.site.tickets[ticket], self.clock.now()
        self.site.add(row, now, **{"user": self.site.agents[ANNA], **entry})
        self.site.touch(row, now)
        return now

    @property
    def lists(self) -> list[Mapping[str, str]]:
        return [asked.params for asked in self.server.requests if asked.path == "/api/v2/tickets"]


def kept_by(desk: HelpDesk, cursor: Cursor) -> tuple[dict[str, Ticket], Cursor]:
    """What a desk tells from a cursor on, and where it ends."""
    store: dict[str, Ticket] = {}
    for page in desk.tickets(cursor):
        store |= {ticket.id: ticket for ticket in page.rows}
        cursor = page.cursor
    return store, cursor


@pytest.fixture
def stage(clock: StandingClock) -> Iterator[Stage]:
    site = Site(clock)
    with served(site) as server:
        yield Stage(site, server, clock, Pauses(clock))


# --- what the times of a ticket mean ---


def _after(*statuses: int) -> Callable[[Stage], list[datetime]]:
    return lambda stage: [stage.becomes(status) for status in statuses]


SOLVES = [
    (_after(PENDING, OPEN), None, 0, Status.OPEN),
    (_after(RESOLVED), 0, 0, Status.SOLVED),
    (_after(CLOSED), 0, 0, Status.CLOSED),
    (_after(RESOLVED, CLOSED), 0, 0, Status.CLOSED),
    (_after(RESOLVED, OPEN), None, 1, Status.OPEN),
    (_after(RESOLVED, OPEN, RESOLVED), 2, 1, Status.SOLVED),
    (_after(CLOSED, OPEN, CLOSED), 2, 1, Status.CLOSED),
    (_after(RESOLVED, OPEN, RESOLVED, PENDING, RESOLVED, CLOSED), 4, 1, Status.CLOSED),
]


@pytest.mark.parametrize(("happens", "solved", "reopens", "status"), SOLVES)
def test_the_last_solve_is_the_resolution_or_else_the_closing(
    stage: Stage,
    happens: Callable[[Stage], list[datetime]],
    solved: int | None,
    reopens: int,
    status: Status,
) -> None:
    stage.opens()
    moments = happens(stage)
    ticket = stage.told()
    assert ticket.last_solved_at == (None if solved is None else moments[solved])
    assert (ticket.reopens, ticket.status) == (reopens, status)
    assert ticket.first_solved_at is None


def test_what_was_resolved_before_a_reopening_is_not_taken_for_the_solve_after_it(
    stage: Stage,
) -> None:
    """Should Freshdesk ever leave the old resolution where it was."""
    row = stage.opens()
    resolved = stage.becomes(RESOLVED)
    stage.becomes(OPEN)
    closed = stage.becomes(CLOSED)
    assert row.stats is not None
    row.stats["resolved_at"] = resolved
    assert stage.told().last_solved_at == closed


def test_no_first_solve_no_waits_and_no_transfers_are_claimed(stage: Stage) -> None:
    with stage.desk() as desk:
        facts = desk.capabilities.facts
    untold = {Fact.FIRST_SOLVE, Fact.WAITS, Fact.TRANSFERS, Fact.CSAT_REQUESTS, Fact.CALLS}
    assert not facts & untold


def test_who_has_a_ticket_while_it_is_solved_is_its_solver(stage: Stage) -> None:
    stage.opens()
    stage.site.happen(Assigned(stage.clock.now(), 1, BEN, ANNA))
    assert stage.told().solver is None
    stage.becomes(RESOLVED)
    assert stage.told().solver == stage.site.agent_id(BEN)
    stage.becomes(OPEN)
    assert stage.told().solver is None


# --- what its conversations mean ---

NO_MESSAGES = [{"private": True, "source": NOTE}, {"source": 6}, {"source": 8}, {"user": None}]


@pytest.mark.parametrize("entry", NO_MESSAGES, ids=["note", "survey", "forwarded", "nobody"])
def test_what_is_no_message_to_the_customer_is_no_reply(
    stage: Stage, entry: dict[str, Any]
) -> None:
    stage.opens()
    stage.adds(**entry)
    ticket = stage.told()
    assert (ticket.agent_replies, ticket.customer_messages) == (0, 1)
    assert ticket.first_reply_at is None


@pytest.mark.parametrize("source", [REPLY, NOTE])
def test_a_public_reply_or_note_of_an_agent_is_a_reply(stage: Stage, source: int) -> None:
    came = stage.opens().created
    at = stage.adds(source=source)
    ticket, anna = stage.told(), stage.site.agent_id(ANNA)
    assert (ticket.first_reply_at, ticket.first_replier) == (at, anna)
    assert ticket.responses == (Response(came, at, anna),)


def test_an_agent_who_left_was_an_agent_when_they_wrote(stage: Stage) -> None:
    stage.opens()
    eva = stage.site.agents.pop(EVA)
    stage.adds(user=eva)
    ticket = stage.told()
    assert (ticket.first_replier, ticket.agent_replies) == (str(eva), 1)
    with stage.desk() as desk:
        assert [agent.name for agent in desk.agents()] == [ANNA, BEN]


def test_an_outbound_email_is_no_reply_and_nobody_waits_for_the_first_one(stage: Stage) -> None:
    row = stage.opens(agent=ANNA)
    row.dues = {"fr_due_by": T(hours=1), "due_by": T(hours=8)}
    ticket = stage.told()
    assert (ticket.agent_messages, ticket.agent_replies, ticket.channel) == (1, 0, "email")
    assert ticket.first_reply_at is None
    assert [target.name for target in ticket.targets] == ["resolution"]


def test_conversations_are_read_to_their_last_page(stage: Stage) -> None:
    stage.site.page = 3
    stage.opens()
    for _ in range(8):
        stage.adds()
    assert stage.told().agent_replies == 8
    assert len(stage.server.asked("/conversations")) == 3


def test_a_ticket_that_is_deleted_after_it_was_listed_is_told_as_deleted(stage: Stage) -> None:
    stage.opens(1)
    stage.opens(2)
    stage.clock.move(hours=1)

    def delete(_number: int) -> None:
        if stage.lists and "include" in stage.lists[-1] and 1 in stage.site.tickets:
            stage.site.happen(Removed(stage.clock.now(), 1, Removal.DELETED, ANNA))
            stage.server.after = lambda _number: None

    stage.server.after = delete
    stage.read()
    assert stage.store["1"].removal is Removal.DELETED
    assert stage.store["2"].removal is None


# --- without histories ---


def test_without_histories_no_conversation_is_asked_for_and_no_reply_counted(stage: Stage) -> None:
    stage.opens()
    at = stage.adds()
    ticket = stage.told(histories=False)
    assert not stage.server.asked("/conversations")
    assert (ticket.first_reply_at, ticket.first_replier) == (at, None)
    assert (ticket.agent_messages, ticket.customer_messages, ticket.responses) == (0, 0, ())
    with stage.desk(histories=False) as desk:
        facts = desk.capabilities.facts
    assert Fact.FIRST_REPLY in facts
    assert not facts & {Fact.REPLIES, Fact.RESPONSES}


def test_without_histories_what_opened_a_ticket_is_not_taken_for_its_first_reply(
    stage: Stage,
) -> None:
    row = stage.opens(agent=ANNA)
    assert stage.told(histories=False).first_reply_at is None
    assert row.stats is not None
    row.stats["first_responded_at"] = T(hours=2)
    assert stage.told(histories=False).first_reply_at == T(hours=2)


# --- promises ---


def test_the_two_due_dates_are_promises(stage: Stage) -> None:
    stage.opens().dues = {"fr_due_by": T(hours=1), "due_by": T(hours=8)}
    replied = stage.adds()
    solved = stage.becomes(RESOLVED)
    assert set(stage.told().targets) == {
        Target("first reply", T(hours=1), replied),
        Target("resolution", T(hours=8), solved),
    }


@pytest.mark.parametrize(
    ("status", "escalated", "told"),
    [
        (OPEN, False, ["resolution"]),
        (PENDING, False, []),
        (7, False, []),
        (PENDING, True, ["resolution"]),
        (PENDING, None, []),
        (RESOLVED, False, ["resolution"]),
    ],
)
def test_a_promise_whose_clock_is_stopped_counts_only_once_it_is_violated(
    stage: Stage, status: int, *, escalated: bool | None, told: list[str]
) -> None:
    row = stage.opens()
    row.dues, row.escalated = {"due_by": T(minutes=5)}, escalated
    stage.becomes(status)
    assert [target.name for target in stage.told().targets] == told


@pytest.mark.parametrize(
    ("status", "violated", "replies", "told"),
    [
        (OPEN, False, False, True),
        (OPEN, None, True, True),
        (PENDING, False, False, False),
        (PENDING, True, False, True),
        (PENDING, False, True, True),
        (7, None, False, False),
        (RESOLVED, False, False, False),
        (RESOLVED, None, False, False),
        (CLOSED, True, False, True),
        (CLOSED, False, True, True),
    ],
)
def test_a_first_reply_that_nobody_waits_for_any_more_is_broken_only_where_freshdesk_says_so(
    stage: Stage, status: int, *, violated: bool | None, replies: bool, told: bool
) -> None:
    row = stage.opens()
    row.dues, row.violated = {"fr_due_by": T(minutes=30)}, violated
    replied = stage.adds() if replies else None
    if status != OPEN:
        stage.becomes(status)
    wanted = (Target("first reply", T(minutes=30), replied),) if told else ()
    assert stage.told().targets == wanted


def test_a_violated_promise_is_no_escalation(stage: Stage) -> None:
    stage.opens().escalated = True
    assert not stage.told(escalation_tags=["tier2"]).escalated


# --- merges ---


def merge(stage: Stage, note: str | None = None) -> None:
    stage.opens(1)
    stage.opens(2)
    stage.clock.move(hours=1)
    stage.site.happen(Removed(stage.clock.now(), 2, Removal.MERGED, ANNA, into=1))
    if note is not None:
        stage.site.tickets[2].entries[0].text = note


def test_a_merged_ticket_is_known_by_its_note(stage: Stage) -> None:
    merge(stage)
    assert stage.told(2).removal is Removal.MERGED
    assert stage.store["1"].removal is None


def test_a_merge_is_known_in_the_languages_of_the_agents(stage: Stage) -> None:
    merge(stage, "Dieses Ticket wurde mit Ticket 1 zusammengeführt")
    assert stage.told(2).removal is None
    assert stage.told(2, merge_notes="Dieses Ticket wurde mit").removal is Removal.MERGED


def test_a_ticket_that_is_opened_again_after_a_merge_counts_again(stage: Stage) -> None:
    merge(stage)
    stage.becomes(OPEN, 2)
    assert stage.told(2).removal is None
    stage.becomes(RESOLVED, 2)
    assert stage.told(2).removal is None


def test_a_customer_who_quotes_the_note_merges_nothing(stage: Stage) -> None:
    stage.opens()
    stage.adds(user=None, incoming=True, text=simulated.merge_note(7))
    stage.becomes(CLOSED)
    assert stage.told().removal is None


def test_without_histories_a_merged_ticket_is_a_closed_one(stage: Stage) -> None:
    merge(stage)
    ticket = stage.told(2, histories=False)
    assert (ticket.removal, ticket.status) == (None, Status.CLOSED)


# --- deleted tickets and spam ---


def test_deleted_tickets_and_spam_come_from_lists_of_their_own(stage: Stage) -> None:
    for number in (1, 2, 3):
        stage.opens(number)
    stage.read()
    stage.clock.move(hours=1)
    stage.site.happen(Removed(stage.clock.now(), 1, Removal.DELETED, ANNA))
    stage.site.happen(Removed(stage.clock.now(), 2, Removal.SPAM, ANNA))
    stage.server.requests.clear()
    stage.read()
    removals = [stage.store[str(number)].removal for number in (1, 2, 3)]
    assert removals == [Removal.DELETED, Removal.SPAM, None]
    assert [asked.get("filter") for asked in stage.lists] == [None, "deleted", "spam"]
    assert "include" not in stage.lists[1]


def test_a_ticket_that_is_restored_counts_again(stage: Stage) -> None:
    row = stage.opens()
    stage.clock.move(hours=1)
    stage.site.happen(Removed(stage.clock.now(), 1, Removal.DELETED, ANNA))
    stage.read()
    assert stage.store["1"].removal is Removal.DELETED
    stage.clock.move(hours=1)
    stage.site.move(row, None)
    stage.site.touch(row, stage.clock.now())
    stage.read()
    assert stage.store["1"].removal is None


# --- the walk ---


@pytest.mark.thorough
def test_it_never_asks_for_page_301(stage: Stage) -> None:
    stage.site.page = 10
    stage.site.fill(3_100)
    stage.read(histories=False)
    assert len(stage.store) == 3_100
    assert {asked["page"] for asked in stage.lists if asked["order_by"] == "updated_at"} == {"1"}
    assert len(stage.lists) > 300


def test_it_always_says_since_when(stage: Stage) -> None:
    """Without that only the tickets that were created in the last 30 days are listed."""
    stage.clock.set(T(days=-90))
    stage.opens()
    stage.clock.set(T())
    stage.read()
    assert set(stage.store) == {"1"}
    assert all("updated_since" in asked for asked in stage.lists)


def test_tickets_that_leave_a_crowded_second_while_it_is_read_hide_no_other(stage: Stage) -> None:
    """Each that changes makes those behind it move up, over the border of a page that was read."""
    stage.site.page = 5
    stage.clock.set(T(days=-19))
    for event in burst(40):
        stage.site.happen(event)
    second = stage.site.tickets[1_000].updated
    stage.clock.set(T())

    def change(_number: int) -> None:
        order = [one for one in stage.site.by_change() if one.updated == second]
        if order:
            stage.site.touch(order[0], stage.clock.now())

    stage.server.after = change
    stage.read(histories=False)
    assert len(stage.store) == 40
    assert all(ticket.updated_at >= second for ticket in stage.store.values())


def test_the_first_ticket_behind_a_crowded_second_is_not_lost_when_it_moves_up_into_its_pages(
    stage: Stage,
) -> None:
    """Five fill page 1; one of them changes before page 2 comes, so that the sixth stands on page 1."""
    stage.site.page = 5
    stage.clock.set(T(days=-1))
    for number in range(1, 8):
        stage.opens(number)
    for number, seconds in ((6, 1), (7, 2)):
        stage.site.touch(stage.site.tickets[number], T(days=-1, seconds=seconds))
    stage.clock.set(T())

    def change(_number: int) -> None:
        asked = stage.lists[-1]
        if asked["order_by"] == "updated_at" and stage.site.tickets[3].updated < stage.clock.now():
            stage.site.touch(stage.site.tickets[3], stage.clock.now())

    stage.server.after = change
    stage.read(since=T(days=-1))
    assert set(stage.store) == {str(number) for number in range(1, 8)}


def test_what_comes_behind_a_crowded_second_is_told_once(stage: Stage) -> None:
    stage.site.page = 5
    for number in range(1, 10):
        stage.opens(number)
    for number in (8, 9):
        stage.site.touch(stage.site.tickets[number], T(seconds=1))
    stage.clock.move(hours=1)
    with stage.desk() as desk:
        cursor = {name: T().isoformat() for name in ("live", "deleted", "spam")}
        told = [ticket.id for page in desk.tickets(cursor) for ticket in page.rows]
    assert sorted(told) == [str(number) for number in range(1, 10)]


def test_a_stop_in_a_crowded_second_loses_nothing(stage: Stage) -> None:
    stage.site.page = 5
    for event in burst(23):
        stage.site.happen(event)
    stage.opens(1)
    stage.clock.move(hours=1)
    for _ in range(4):
        stage.read(pages=3, histories=False)
    stage.read(histories=False)
    assert len(stage.store) == 24


def test_what_is_found_late_is_not_passed_by_when_it_stops_before_the_end(stage: Stage) -> None:
    """Ticket 1 is answered before ticket 2 comes, but found only after that was told."""
    stage.site.lag = timedelta(seconds=100)
    stage.opens(1)
    stage.clock.move(minutes=30)
    stage.site.happen(Wrote(stage.clock.now(), 1, ANNA))
    stage.clock.move(seconds=10)
    stage.opens(2)
    stage.clock.move(seconds=10)
    stage.read(pages=3)  # two that look for older ones that are unsolved, and this one
    assert stage.store["2"].removal is None
    stage.clock.move(hours=1)
    stage.read()
    assert stage.store["1"].agent_replies == 1


def test_what_is_found_late_is_not_passed_by_while_the_histories_of_a_page_take_minutes(
    stage: Stage,
) -> None:
    """Ticket 1 is solved at -3 minutes and found only while page 1 is told, until +4 minutes."""
    stage.site.page = 5
    stage.clock.set(T(minutes=-60))
    for number in range(1, 15):
        stage.opens(number)
    stage.clock.set(T(minutes=-20))
    stage.read()
    for seconds, number in enumerate((2, 4, 6, 8, 10, 12)):
        stage.site.touch(stage.site.tickets[number], T(minutes=-1, seconds=seconds))
    stage.clock.set(T())

    def be_late(_number: int) -> None:
        if stage.server.requests[-1].path.endswith("/conversations"):
            stage.server.after = lambda _number: None
            stage.site.tickets[1].status = RESOLVED
            stage.site.touch(stage.site.tickets[1], T(minutes=-3))
            stage.site.touch(stage.site.tickets[14], T(minutes=4))
            stage.clock.set(T(minutes=4))

    stage.server.after = be_late
    stage.read()
    stage.clock.move(minutes=5)
    stage.read()
    assert stage.store["1"].status is Status.SOLVED


@pytest.mark.thorough
def test_more_tickets_of_one_second_than_freshdesk_shows_are_told_and_no_endless_loop(
    stage: Stage,
) -> None:
    stage.site.page = 1
    for event in burst(301):
        stage.site.happen(event)
    begin = "2026-11-01T00:00:00+00:00"
    stage.cursor = {"live": begin, "deleted": begin, "spam": begin}
    with pytest.raises(DeskMisunderstood) as raised:
        stage.read(histories=False)
    assert "more than 30,000 tickets that changed at 2026-11-04 13:00:00 UTC" in str(raised.value)
    assert "Set DESKPULSE_HISTORY so that it begins behind that" in raised.value.hint
    assert max(int(asked["page"]) for asked in stage.lists) == 300


def test_a_list_that_is_not_in_order_is_not_trusted(stage: Stage) -> None:
    stage.opens(1)
    stage.clock.move(hours=1)
    stage.opens(2)
    stage.site.heeds_order = False
    with pytest.raises(DeskMisunderstood, match="in the order of their changes"):
        stage.read()


def test_a_desk_that_never_rests_is_read_to_an_end(stage: Stage) -> None:
    """Each request finds another change; what came after the beginning is left to the next run."""
    stage.site.page = 2
    for number in range(1, 12):
        stage.opens(number)
        stage.clock.move(minutes=1)

    def change(number: int) -> None:
        stage.clock.move(seconds=5)
        stage.site.touch(stage.site.tickets[number % 11 + 1], stage.clock.now())

    stage.server.after = change
    stage.read(histories=False)
    assert len(stage.lists) < 40
    stage.server.after = lambda _number: None
    stage.clock.move(hours=1)
    stage.read(histories=False)
    assert {ticket.updated_at for ticket in stage.store.values()} == {
        row.updated for row in stage.site.tickets.values()
    }


@pytest.mark.parametrize("off", [-60, 0, 60], ids=["behind", "right", "ahead"])
def test_a_desk_that_does_not_tell_the_time_is_read_to_its_end_all_the_same(
    stage: Stage, off: int
) -> None:
    """More tickets than a page holds change within `overlap`; our own clock may be wrong by an hour."""
    stage.server.dated = lambda _now: None
    stage.site.page = 3
    ours = ShiftedClock(stage.clock, timedelta(minutes=off))
    stage.clock.set(T(minutes=-30))
    for number in range(1, 15):
        stage.opens(number)
        stage.clock.move(seconds=7)
    with closing(load("acme", stage.told_to_load(), ours)) as desk:
        store, cursor = kept_by(desk, desk.start(YEAR))
        assert set(store) == {str(number) for number in range(1, 15)}
        stage.becomes(RESOLVED, 7, hours=0.01)
        stage.site.happen(Removed(stage.clock.now(), 2, Removal.SPAM, ANNA))
        asked = len(stage.lists)
        more, _ = kept_by(desk, cursor)
    assert more["7"].status is Status.SOLVED
    assert more["2"].removal is Removal.SPAM
    assert len(stage.lists) - asked < 20


def test_a_position_that_nobody_can_read_is_told_with_its_mend(stage: Stage) -> None:
    with stage.desk() as desk:
        of_old = {**desk.start(YEAR), "older": 17}
        for cursor in ({}, {"live": "yesterday"}, {"live": "2026-11-01T00:00:00"}, of_old):
            with pytest.raises(DeskMisunderstood, match="sync --since"):
                list(desk.tickets(cursor))
        with pytest.raises(DeskMisunderstood, match="sync --since"):
            list(desk.ratings({"since": 7}))


# --- older tickets that are unsolved ---


def old_tickets(stage: Stage) -> None:
    """1 open, 2 pending, 3 resolved, 4 closed, 5 and 6 in statuses of the desk's own; 7 is young."""
    stage.site.labels |= {8: "With the factory", 9: "Rejected"}
    stage.clock.set(T(days=-500))
    for number, status in enumerate((OPEN, PENDING, RESOLVED, CLOSED, 8, 9), 1):
        stage.opens(number)
        stage.becomes(status, number)
    stage.clock.set(T(hours=-1))
    stage.opens(7)
    stage.clock.set(T())


def test_a_first_read_tells_of_older_tickets_that_are_still_unsolved(stage: Stage) -> None:
    old_tickets(stage)
    stage.read(statuses={"With the factory": "hold", "Rejected": "closed"})
    assert set(stage.store) == {"1", "2", "5", "7"}
    assert stage.store["5"].status is Status.HOLD
    assert stage.store["1"].requester == CUSTOMERS[0]
    stage.server.requests.clear()
    stage.clock.move(hours=1)
    stage.read(statuses={"9": "closed"})
    assert not [asked for asked in stage.lists if asked["order_by"] == "status"]


def test_a_stop_among_the_older_ones_loses_nothing(stage: Stage) -> None:
    old_tickets(stage)
    stage.site.page = 1
    stage.read(pages=1)
    assert stage.cursor is not None
    assert "older" in stage.cursor
    stage.read()
    assert set(stage.store) == {"1", "2", "5", "6", "7"}
    assert "older" not in stage.cursor


def test_older_ones_are_read_on_by_turns_for_a_list_of_each_page_and_told_once(
    stage: Stage,
) -> None:
    """A turn goes on where the one before it stopped: 8 pages forth, 7 back, and 1 of other statuses."""
    stage.clock.set(T(days=-500))
    for number in range(1, 41):
        stage.opens(number)
    stage.clock.set(T())
    stage.site.page, told = 5, []
    with stage.desk() as desk:
        cursor = desk.start(YEAR)
        while "older" in cursor:
            for page in islice(desk.tickets(cursor), 3):
                told += [ticket.id for ticket in page.rows]
                cursor = page.cursor
    assert sorted(told, key=int) == [str(number) for number in range(1, 41)]
    by_status = [asked for asked in stage.lists if asked["order_by"] == "status"]
    assert len(by_status) == 8 + 7 + 1
    views = [asked.path for asked in stage.server.requests if asked.path[-1].isdigit()]
    assert not views


def test_an_older_one_whose_page_was_not_kept_is_told_again(stage: Stage) -> None:
    """Its histories are lost on the way; then it moves up onto a page that was read already."""
    stage.clock.set(T(days=-500))
    for number in range(1, 8):
        stage.opens(number)
    stage.clock.set(T())
    stage.site.page, store = 3, set()
    with stage.desk() as desk:
        pages = desk.tickets(desk.start(YEAR))
        first = next(pages)
        store |= {ticket.id for ticket in first.rows}
        next(pages)
        for number in (1, 2, 3):
            stage.becomes(RESOLVED, number, hours=0)
        for page in desk.tickets(first.cursor):
            store |= {ticket.id for ticket in page.rows}
    assert store == {str(number) for number in range(1, 8)}


def test_older_ones_that_are_solved_meanwhile_hide_no_other(stage: Stage) -> None:
    """The first of the list is solved after each request for it, so that the others move up."""
    stage.clock.set(T(days=-500))
    for number in range(1, 31):
        stage.opens(number)
    stage.clock.set(T())
    stage.site.page = 5
    left = iter(range(1, 10))

    def solve(_number: int) -> None:
        if stage.lists[-1].get("order_by") == "status" and (number := next(left, None)):
            stage.becomes(RESOLVED, number, hours=0)

    stage.server.after = solve
    stage.read(histories=False)
    assert {str(number) for number in range(10, 31)} <= set(stage.store)


# --- names ---


def test_statuses_of_ones_own_are_known_by_label_or_number(stage: Stage) -> None:
    stage.site.labels |= {8: "With the factory", 9: "Done and dusted", 10: "Odd"}
    wanted = {6: "pending", 7: "hold", 8: "hold", 9: "solved", 10: "open"}
    for status in wanted:
        stage.opens(status)
        stage.becomes(status, status)
    with structlog.testing.capture_logs() as logs:
        stage.read(statuses={"with the Factory": "hold", "9": "solved"})
    assert {status: stage.store[str(status)].status for status in wanted} == wanted
    assert [log["word"] for log in logs if log["event"] == "word_not_explained"] == ["Odd"]
    assert len(stage.server.asked("ticket_fields")) == 1


def test_a_status_of_ones_own_that_is_solved_was_solved_when_it_began(stage: Stage) -> None:
    stage.opens()
    at = stage.becomes(9)
    assert stage.told(statuses={"9": "solved"}).last_solved_at == at


def test_where_labels_are_hidden_statuses_are_known_by_number(stage: Stage) -> None:
    stage.site.lacks = {"ticket_fields"}
    for number in (6, 7):
        stage.opens(number)
        stage.becomes(number, number)
    stage.read(statuses={"6": "pending"})
    assert [stage.store[number].status for number in ("6", "7")] == [Status.PENDING, Status.OPEN]


@pytest.mark.parametrize(
    ("source", "channel"),
    [(1, "email"), (2, "web"), (3, "phone"), (7, "chat"), (9, "web"), (10, "email"), (14, "sms")],
)
def test_a_source_is_a_channel(stage: Stage, source: int, channel: str) -> None:
    stage.opens().source = source
    assert stage.told(sources={"14": "sms"}).channel == channel


def test_a_group_is_known_by_its_name_also_when_it_is_new(stage: Stage) -> None:
    row = stage.opens()
    with stage.desk() as desk:
        cursor = desk.start(YEAR)
        assert [one.group for page in desk.tickets(cursor) for one in page.rows] == [GROUPS[0]]
        stage.site.groups["Night shift"] = row.group = 77
        assert [one.group for page in desk.tickets(cursor) for one in page.rows] == ["Night shift"]
        assert len(stage.server.asked("/groups")) == 2


def test_a_group_that_the_account_may_not_see_is_known_by_its_number(stage: Stage) -> None:
    stage.site.lacks = {"groups"}
    stage.opens(1)
    stage.opens(2, group=GROUPS[1])
    stage.read()
    assert {stage.store["1"].group, stage.store["2"].group} == {"43000500", "43000501"}
    assert len(stage.server.asked("/groups")) == 1


def test_a_group_can_be_the_mark_of_an_escalation(stage: Stage) -> None:
    stage.opens(group=GROUPS[2])
    assert stage.told(escalation_groups=["second TIER"]).escalated


def test_a_customer_without_an_address_is_known_by_their_number(stage: Stage) -> None:
    stage.opens()
    assert stage.told().requester == CUSTOMERS[0]
    stage.site.happen(Opened(stage.clock.now(), 2, "+30 210 1234567"))
    assert stage.told(2).requester == str(stage.site.contact("+30 210 1234567"))


def test_agents_that_the_account_may_not_see_have_no_names(stage: Stage) -> None:
    with stage.desk() as desk:
        anna = Agent(stage.site.agent_id(ANNA), ANNA, "anna@desk.invalid")
        assert next(iter(desk.agents())) == anna
        stage.site.lacks = {"agents"}
        assert list(desk.agents()) == []


def test_a_ticket_opens_where_agents_see_it(stage: Stage) -> None:
    with stage.desk() as desk:
        assert desk.url("17") == f"{stage.server.url}/a/tickets/17"


# --- ratings ---


def rated(stage: Stage, number: int = 1, *, good: bool = True) -> None:
    stage.opens(number)
    stage.site.happen(Rated(stage.clock.now(), number, ANNA, good=good))


def read_ratings(
    stage: Stage, cursor: Cursor | None = None, pages: int | None = None, **settings: Any
) -> tuple[dict[str, Rating], Cursor | None]:
    kept: dict[str, Rating] = {}
    with stage.desk(**settings) as desk:
        cursor = cursor or desk.start(YEAR, Stream.RATINGS)
        for page in islice(desk.ratings(cursor), pages):
            kept |= {row.id: row for row in page.rows}
            cursor = page.cursor
    return kept, cursor


def test_a_rating_is_on_freshdesks_own_scale(stage: Stage) -> None:
    rated(stage)
    kept, _ = read_ratings(stage)
    assert kept == {
        "1": Rating(
            "1",
            Question.CSAT,
            Scale.FRESHDESK,
            asked_at=T(),
            given_at=T(),
            raw=103.0,
            ticket="1",
            agent=stage.site.agent_id(ANNA),
        )
    }


@pytest.mark.parametrize(
    ("raw", "positive"), [(103, True), (101, True), (100, False), (-101, False), (-103, False)]
)
def test_the_three_happy_answers_are_positive(stage: Stage, raw: int, *, positive: bool) -> None:
    rated(stage)
    stage.site.ratings[0]["ratings"]["default_question"] = raw
    assert read_ratings(stage)[0]["1"].is_positive is positive


@pytest.mark.parametrize("answers", [None, {}, {"question_2": -102}, {"default_question": None}])
def test_an_answer_to_another_question_is_no_rating(
    stage: Stage, answers: dict[str, int | None] | None
) -> None:
    rated(stage)
    stage.site.ratings[0]["ratings"] = answers
    assert read_ratings(stage)[0] == {}


def test_a_rating_that_was_changed_later_is_told_again(stage: Stage) -> None:
    rated(stage, 1)
    rated(stage, 2)
    _, cursor = read_ratings(stage)
    stage.clock.move(days=10)
    _, cursor = read_ratings(stage, cursor)
    stage.clock.move(days=2)
    stage.site.ratings[0]["ratings"]["default_question"] = -102
    stage.site.ratings[0]["updated_at"] = simulated.moment(stage.clock.now())
    stage.clock.move(hours=1)
    kept, _ = read_ratings(stage, cursor)
    assert kept["1"].raw == -102.0
    assert read_ratings(stage, cursor, ratings_lookback=timedelta(days=3))[0] == {}


def test_a_rating_that_is_changed_between_two_looks_back_is_told_by_the_next(stage: Stage) -> None:
    rated(stage)
    kept, cursor = read_ratings(stage)
    for minute in range(5, 75, 5):
        stage.clock.move(minutes=5)
        if minute == 30:
            stage.site.ratings[0]["ratings"]["default_question"] = -102
            stage.site.ratings[0]["updated_at"] = simulated.moment(stage.clock.now())
        more, cursor = read_ratings(stage, cursor)
        kept |= more
    assert kept["1"].raw == -102.0


def test_ratings_are_looked_back_at_once_an_hour_only(stage: Stage) -> None:
    rated(stage)
    _, cursor = read_ratings(stage)
    stage.clock.move(minutes=10)
    stage.server.requests.clear()
    read_ratings(stage, cursor)
    since = datetime.fromisoformat(stage.server.requests[0].params["created_since"])
    assert since > T(minutes=-30)


def test_a_stop_between_the_pages_of_ratings_loses_none(stage: Stage) -> None:
    stage.site.page = 3
    for number in range(1, 12):
        rated(stage, number)
        stage.clock.move(minutes=1)
    kept, cursor = read_ratings(stage, pages=2)
    for number in range(12, 15):
        rated(stage, number)
    more, cursor = read_ratings(stage, cursor)
    stage.clock.move(hours=1)
    last, _ = read_ratings(stage, cursor)
    assert len(kept | more | last) == 14


def test_a_plan_without_ratings_ends_their_stream_and_is_told(stage: Stage) -> None:
    stage.site.lacks = {"surveys"}
    assert read_ratings(stage)[0] == {}
    with stage.desk() as desk:
        assert any("no satisfaction ratings" in fact for fact in desk.check())


# --- the newer surveys ---


def responded(stage: Stage, number: int, survey: str = "a", **more: Any) -> str:
    """A minute later somebody gives five of five; gives the id."""
    stage.clock.move(minutes=1)
    told: str = stage.site.respond(survey, number, 5, **more)["id"]
    return told


def test_an_answer_to_a_newer_survey_is_a_rating(stage: Stage) -> None:
    stage.site.survey("a")
    answered = stage.site.respond("a", 17, 4)
    stage.clock.move(minutes=9)
    answered["updated_at"] = simulated.moment(stage.clock.now())
    kept, _ = read_ratings(stage)
    assert kept == {
        "a-1": Rating(
            "a-1",
            Question.CSAT,
            Scale.STARS,
            asked_at=T(),
            given_at=T(minutes=9),
            raw=4.0,
            ticket="17",
            agent=stage.site.agent_id(ANNA),
        )
    }
    assert kept["a-1"].is_positive
    assert SUBJECT not in repr(kept)


@pytest.mark.parametrize(
    ("scale", "value", "told"),
    [
        ((1, 5), 1, (Scale.STARS, 1.0)),
        ((1, 5), "3", (Scale.STARS, 3.0)),
        ((1, 5), 6, None),
        ((1, 5), SUBJECT, None),
        ((1, 5), None, None),
        ((0, 1), 1, (Scale.THUMBS, 1.0)),
        ((1, 2), 1, (Scale.THUMBS, 0.0)),
        ((1, 2), 3, None),
    ],
)
def test_an_answer_is_on_the_scale_of_its_question(
    stage: Stage, scale: tuple[int, int], value: Any, told: tuple[Scale, float] | None
) -> None:
    stage.site.survey("a", *scale)
    stage.site.respond("a", 1, value)
    kept, _ = read_ratings(stage)
    assert [(one.scale, one.raw) for one in kept.values()] == ([told] if told else [])


@pytest.mark.parametrize("asked", [(1, 7, "CSAT"), (0, 10, "CSAT"), (1, 5, "EFFORT")])
def test_a_survey_that_asks_otherwise_is_left_out_with_a_word(
    stage: Stage, asked: tuple[int, int, str]
) -> None:
    stage.site.survey("a", *asked)
    stage.site.survey("b")
    for survey in ("a", "b"):
        stage.site.respond(survey, 1, 1)
    with structlog.testing.capture_logs() as logs:
        assert set(read_ratings(stage)[0]) == {"b-1"}
    assert [log["surveys"] for log in logs] == [["a"]]
    assert not stage.server.asked("/a/responses")
    with stage.desk() as desk:
        assert any("Of its 2 newer surveys 1 are not read" in fact for fact in desk.check())


def test_an_answer_counts_once_somebody_came_to_the_end(stage: Stage) -> None:
    stage.site.survey("a")
    row = stage.site.respond("a", 1, 5, status="PARTIAL")
    kept, cursor = read_ratings(stage)
    assert kept == {}
    stage.clock.move(hours=2)
    row |= {"status": "COMPLETE", "updated_at": simulated.moment(stage.clock.now())}
    assert set(read_ratings(stage, cursor)[0]) == {"a-1"}


def test_an_account_has_either_kind_of_surveys_or_both(stage: Stage) -> None:
    rated(stage)
    stage.site.survey("a")
    responded(stage, 1)
    for lacks, told in (
        (set(), {"1", "a-1"}),
        ({"surveys"}, {"a-1"}),
        ({simulated.NEWER}, {"1"}),
        ({"surveys", simulated.NEWER}, set()),
    ):
        stage.site.lacks = lacks
        assert set(read_ratings(stage)[0]) == told
        with stage.desk() as desk:
            says = any("no satisfaction ratings" in fact for fact in desk.check())
        assert says is not bool(told)


def test_newer_surveys_are_looked_at_once_an_hour(stage: Stage) -> None:
    stage.site.survey("a")
    responded(stage, 1)
    stage.clock.move(minutes=10)
    _, cursor = read_ratings(stage)
    stage.clock.move(minutes=20)
    responded(stage, 2)
    stage.server.requests.clear()
    more, cursor = read_ratings(stage, cursor)
    assert (set(more), stage.server.asked(simulated.NEWER)) == (set(), [])
    stage.clock.move(minutes=50)
    more, cursor = read_ratings(stage, cursor)
    assert set(more) == {"a-2"}
    stage.clock.move(hours=2)
    assert read_ratings(stage, cursor)[0] == {}


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_many_answers_the_head_is_read_as_long_as_the_newest_come_first(
    stage: Stage, *, newest_first: bool
) -> None:
    stage.site.newest_response_first = newest_first
    stage.site.page = 2
    stage.site.survey("a")
    for number in range(1, 13):
        stage.clock.move(days=1)
        responded(stage, number)
    stage.clock.move(hours=1)
    kept, cursor = read_ratings(stage)
    assert len(kept) == 12
    stage.clock.move(days=1)
    responded(stage, 13)
    stage.server.requests.clear()
    more, _ = read_ratings(stage, cursor, ratings_lookback=timedelta(days=2))
    assert set(more) == {"a-13"}
    assert len(stage.server.asked("/responses")) == (3 if newest_first else 7)


@pytest.mark.parametrize("forgets", [False, True])
def test_a_stop_among_the_answers_loses_none_and_goes_on_at_its_page(
    stage: Stage, *, forgets: bool
) -> None:
    stage.site.page = 2
    for survey in ("a", "b"):
        stage.site.survey(survey)
        for number in range(1, 6):
            responded(stage, number, survey)
    kept, cursor = read_ratings(stage, pages=5)
    assert set(kept) == {"a-5", "a-4", "a-3", "a-2", "a-1", "b-5", "b-4"}
    stage.server.requests.clear()
    stage.site.forgets_tokens = forgets
    if forgets:
        stage.site.page = 100
    more, _ = read_ratings(stage, cursor)
    assert set(kept | more) == {f"{survey}-{number}" for survey in "ab" for number in range(1, 6)}
    assert not stage.server.asked("/a/responses")
    assert ("b-5" in more) is forgets


def test_an_answer_of_a_newer_survey_that_is_found_late_is_told(stage: Stage) -> None:
    stage.site.survey("a")
    responded(stage, 1)
    late = stage.site.responses["a"].pop()
    stage.clock.move(minutes=2)
    _, cursor = read_ratings(stage)
    stage.site.responses["a"].append(late)
    stage.clock.move(hours=2)
    assert set(read_ratings(stage, cursor)[0]) == {"a-1"}


def test_where_no_answer_tells_the_time_ratings_are_read_on_all_the_same(stage: Stage) -> None:
    """The newest change of a ticket stands for it, so that a page within `overlap` is no end."""
    stage.server.dated = lambda _now: None
    stage.site.survey("a")
    rated(stage, 1)
    responded(stage, 1)
    stage.clock.move(hours=2)
    stage.opens(2)
    kept, cursor = read_ratings(stage)
    assert set(kept) == {"1", "a-1"}
    assert cursor is not None
    assert datetime.fromisoformat(cursor["since"]) == stage.clock.now() - timedelta(minutes=5)
    stage.clock.move(hours=2)
    assert read_ratings(stage, cursor)[0] == {}


# --- articles ---


@dataclass
class Reader:
    """Reads the articles of a desk on and on."""

    stage: Stage
    cursor: Cursor | None = None

    def read(self) -> dict[tuple[str, date], int]:
        found: dict[tuple[str, date], int] = {}
        with self.stage.desk(articles=True) as desk:
            cursor = self.cursor or desk.start(YEAR, Stream.ARTICLES)
            for page in desk.articles(cursor):
                found |= {(row.article, row.day): row.views for row in page.rows}
                self.cursor = page.cursor
        return found


@pytest.fixture
def reader(stage: Stage) -> Reader:
    """Two folders, one in the other, with an article each that was seen ten times."""
    stage.site.folders = {5: None, 6: 5}
    stage.site.articles = {folder: [article(10 * folder, 10)] for folder in (5, 6)}
    return Reader(stage)


def article(number: int, hits: int | None, created: datetime = T(days=-9)) -> dict[str, Any]:
    return {"id": number, "title": SUBJECT, "hits": hits, "created_at": simulated.moment(created)}


def seen(stage: Stage, folder: int, hits: int | None, *, hours: float = 1) -> None:
    stage.clock.move(hours=hours)
    stage.site.articles[folder][0]["hits"] = hits


DAY = T().date()


def test_a_day_has_the_views_that_were_added_on_it(stage: Stage, reader: Reader) -> None:
    assert reader.read() == {}
    seen(stage, 5, 13)
    assert reader.read() == {("50", DAY): 3}
    seen(stage, 6, 11)
    assert reader.read() == {("60", DAY): 1}
    seen(stage, 5, 15)
    assert reader.read() == {("50", DAY): 5}
    seen(stage, 5, 16, hours=24)
    assert reader.read() == {("50", DAY + timedelta(days=1)): 1}


def test_an_article_of_today_was_seen_today_and_an_unknown_older_one_nobody_knows_when(
    stage: Stage, reader: Reader
) -> None:
    reader.read()
    stage.clock.move(hours=1)
    stage.site.articles[5] += [article(51, 4, created=stage.clock.now()), article(52, 400)]
    assert reader.read() == {("51", DAY): 4}


def test_a_count_that_was_set_back_begins_anew(stage: Stage, reader: Reader) -> None:
    reader.read()
    seen(stage, 5, None)
    assert reader.read() == {}
    seen(stage, 5, 2)
    assert reader.read() == {("50", DAY): 2}


def test_what_a_reading_misses_takes_no_views_away(stage: Stage, reader: Reader) -> None:
    """The article of folder 6 is not listed for two hours, and seen meanwhile."""
    reader.read()
    seen(stage, 6, 15)
    assert reader.read() == {("60", DAY): 5}
    missed = stage.site.articles.pop(6)
    stage.clock.move(hours=1)
    assert reader.read() == {}
    stage.site.articles[6] = missed
    seen(stage, 6, 17)
    assert reader.read() == {("60", DAY): 7}
    del stage.site.articles[6]
    for hours in (1, 24):
        stage.clock.move(hours=hours)
        assert reader.read() == {}
    stage.site.articles[6] = missed
    seen(stage, 6, 18)
    assert reader.read() == {("60", DAY + timedelta(days=1)): 1}


def test_views_that_were_told_stay_where_a_count_is_set_back(stage: Stage, reader: Reader) -> None:
    reader.read()
    seen(stage, 5, 15)
    assert reader.read() == {("50", DAY): 5}
    for hits in (2, 3):
        seen(stage, 5, hits)
        assert reader.read() == {}


def test_a_day_does_not_go_back_where_the_clock_of_the_desk_does(
    stage: Stage, reader: Reader
) -> None:
    stage.clock.set(T(days=1).replace(hour=0, minute=5))
    reader.read()
    seen(stage, 5, 12)
    assert reader.read() == {("50", DAY + timedelta(days=1)): 2}
    seen(stage, 5, 13)
    stage.server.dated = lambda _now: T()
    assert reader.read() == {("50", DAY + timedelta(days=1)): 3}


def test_articles_are_counted_once_an_hour_and_only_where_that_is_wanted(
    stage: Stage, reader: Reader
) -> None:
    reader.read()
    asked = len(stage.server.requests)
    seen(stage, 5, 13, hours=0.5)
    assert reader.read() == {}
    assert len(stage.server.requests) == asked
    for wanted in (False, True):
        with stage.desk(articles=wanted) as desk:
            assert (Stream.ARTICLES in desk.capabilities.streams) is wanted
            assert (Fact.ARTICLES in desk.capabilities.facts) is wanted


def test_a_plan_without_articles_ends_their_stream(stage: Stage, reader: Reader) -> None:
    stage.site.lacks = {"solutions"}
    assert reader.read() == {}
    with stage.desk() as desk, pytest.raises(DeskMisunderstood):
        list(desk.articles({"asked": "now"}))


# --- business hours ---


def schedule(number: int, **more: Any) -> dict[str, Any]:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    usual = {day: {"start_time": "08:00:00 am", "end_time": "05:00:00 pm"} for day in days}
    return {
        "id": number,
        "name": f"Hours {number}",
        "time_zone": "Eastern Time (US & Canada)",
        "is_default": False,
        "business_hours": usual,
        **more,
    }


def test_the_default_hours_are_for_all_and_others_for_their_groups(stage: Stage) -> None:
    stage.site.schedules = [
        schedule(1, is_default=True),
        schedule(2, time_zone="Athens"),
        schedule(3),
    ]
    stage.site.hours_of = {GROUPS[0]: 1, GROUPS[1]: 2, GROUPS[2]: 2}
    with stage.desk() as desk:
        hours = desk.hours()
    assert {name: (one.zone, one.groups) for name, one in hours.items()} == {
        "Hours 1": ("America/New_York", []),
        "Hours 2": ("Europe/Athens", [GROUPS[1], GROUPS[2]]),
    }
    week = hours["Hours 1"].hours(ZoneInfo("UTC")).week
    assert week[0] == ((8 * 60, 17 * 60),)
    assert week[5:] == ((), ())


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("8:00 am", "5:30 pm", (480, 1050)),
        ("12:00 am", "11:59:59 pm", (0, 1440)),
        ("12:00 pm", "11:59 pm", (720, 1440)),
        ("09:15:00 AM", "12:00:00 am", (555, 1440)),
    ],
)
def test_times_of_day_are_read_as_freshdesk_writes_them(
    stage: Stage, start: str, end: str, span: tuple[int, int]
) -> None:
    hours = {"sunday": {"start_time": start, "end_time": end}, "monday": None}
    stage.site.schedules = [schedule(1, is_default=True, business_hours=hours)]
    with stage.desk() as desk:
        week = desk.hours()["Hours 1"].hours(ZoneInfo("UTC")).week
    assert week == ((), (), (), (), (), (), (span,))


@pytest.mark.parametrize(
    "more",
    [
        {"time_zone": "Atlantis"},
        {"time_zone": None},
        {"business_hours": None},
        {"business_hours": {"monday": {"start_time": "8 o'clock", "end_time": "5:00 pm"}}},
    ],
)
def test_hours_that_nobody_understands_are_left_out_with_a_word(
    stage: Stage, more: dict[str, Any]
) -> None:
    stage.site.schedules = [schedule(1, **{"is_default": True, **more})]
    with stage.desk() as desk, structlog.testing.capture_logs() as logs:
        assert desk.hours() == {}
    assert [log["event"] for log in logs] == ["business_hours_not_understood"]


def test_two_schedules_of_one_name_are_both_told(stage: Stage) -> None:
    stage.site.schedules = [
        schedule(1, is_default=True, name="Default"),
        schedule(2, name="Default"),
    ]
    stage.site.hours_of = {GROUPS[1]: 2}
    with stage.desk() as desk:
        assert set(desk.hours()) == {"Default", "Default (2)"}


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ("2026-12-25", [date(2026, 12, 25)]),
        ("2026-12-25T00:00:00Z", [date(2026, 12, 25)]),
        ("Jan 16", [date(year, 1, 16) for year in (2025, 2026, 2027)]),
        ("August 15", [date(year, 8, 15) for year in (2025, 2026, 2027)]),
        ("--01-16", [date(year, 1, 16) for year in (2025, 2026, 2027)]),
    ],
)
def test_holidays_are_days_off_once_or_every_year(
    stage: Stage, told: str, days: list[date]
) -> None:
    """Those of every year are told for last year, this one and the next."""
    holidays = [{"holiday_date": told, "holiday_name": SUBJECT}, {"holiday_date": told}]
    stage.site.schedules = [schedule(1, is_default=True, list_of_holidays=holidays)]
    with stage.desk() as desk, structlog.testing.capture_logs() as logs:
        assert desk.hours()["Hours 1"].closed == days
        assert not any("holidays" in fact for fact in desk.check())
    assert not logs


def test_the_29th_of_february_is_a_holiday_in_leap_years_only(stage: Stage) -> None:
    stage.clock.set(T(days=365))
    leap = [{"holiday_date": "Feb 29"}]
    stage.site.schedules = [schedule(1, is_default=True, list_of_holidays=leap)]
    with stage.desk() as desk:
        assert desk.hours()["Hours 1"].closed == [date(2028, 2, 29)]


def test_a_holiday_that_nobody_understands_is_left_out_with_a_word(stage: Stage) -> None:
    words = ["Easter", "Feb 30", "--13-01", "Foo 3", None]
    holidays = [{"holiday_date": word} for word in ("2026-12-25", *words)]
    stage.site.schedules = [schedule(1, is_default=True, list_of_holidays=holidays)]
    with stage.desk() as desk, structlog.testing.capture_logs() as logs:
        assert desk.hours()["Hours 1"].closed == [date(2026, 12, 25)]
    assert [(log["event"], log["log_level"], log["dates"]) for log in logs] == [
        ("holidays_not_understood", "warning", ["Easter", "Feb 30", "--13-01", "Foo 3", "None"])
    ]


def test_hours_without_holidays_are_told_as_such(stage: Stage) -> None:
    """As the vendor's own example is: it has no list of them at all."""
    stage.site.schedules = [schedule(1, is_default=True)]
    with stage.desk() as desk:
        assert desk.hours()["Hours 1"].closed == []
        assert any("It tells no holidays" in fact for fact in desk.check())


def test_a_zone_that_this_machine_does_not_know_ends_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.helpdesks.freshdesk.schedules.zone_of", lambda _: "Nowhere/At all")
    stage.site.schedules = [schedule(1, is_default=True)]
    with stage.desk() as desk, structlog.testing.capture_logs() as logs:
        assert desk.hours() == {}
    assert [log["event"] for log in logs] == ["business_hours_not_understood"]


def test_a_plan_without_business_hours_tells_none(stage: Stage) -> None:
    stage.site.lacks = {"business_hours"}
    with stage.desk() as desk:
        assert desk.hours() == {}
        assert any("no business hours" in fact for fact in desk.check())


# --- counting ---


def test_it_counts_only_what_the_store_counts_too(stage: Stage) -> None:
    """Its search counts merged tickets, so there is no count where these are told as merged."""
    with stage.desk() as desk:
        assert desk.capabilities.counts == frozenset()
    for settings in ({"histories": False}, {"merge_notes": ()}):
        with stage.desk(**settings) as desk:
            assert desk.capabilities.counts == {Counted.TICKETS}
            assert desk.capabilities.zone == "UTC"


def test_whole_days_are_counted_without_what_is_gone(stage: Stage) -> None:
    for number in range(1, 6):
        stage.opens(number)
        stage.clock.move(hours=10)
    stage.site.happen(Removed(stage.clock.now(), 1, Removal.SPAM, ANNA))
    day = T().replace(hour=0)
    with stage.desk(histories=False) as desk:
        assert desk.count(Window(day, day + timedelta(days=1))) == 1
        assert desk.count(Window(day, day + timedelta(days=2))) == 4
        assert desk.count(Window(day - timedelta(days=39), day + timedelta(days=1))) == 1
    queries = [asked.params["query"] for asked in stage.server.asked("search")]
    assert len(queries) == 5
    assert max(map(len, queries)) <= 512


NOT_COUNTED = [
    (Window(T(), T(days=1)), Counted.TICKETS),
    (Window(T().replace(hour=0), T()), Counted.TICKETS),
    (Window(T(days=-130).replace(hour=0), T(days=-129).replace(hour=0)), Counted.TICKETS),
    (Window(T().replace(hour=0), T(days=1).replace(hour=0)), Counted.GOOD_RATINGS),
]


@pytest.mark.parametrize(("window", "what"), NOT_COUNTED)
def test_what_cannot_be_counted_soundly_is_not_counted(
    stage: Stage, window: Window, what: Counted
) -> None:
    with stage.desk(histories=False) as desk:
        assert desk.count(window, what) is None
    assert not stage.server.requests


def test_a_search_that_is_refused_counts_nothing(stage: Stage) -> None:
    stage.site.lacks = {"search"}
    day = T().replace(hour=0)
    with stage.desk(histories=False) as desk:
        assert desk.count(Window(day, day + timedelta(days=1))) is None


# --- check ---


def test_its_facts_say_who_sees_how_much(stage: Stage) -> None:
    stage.opens()
    stage.clock.move(hours=3)
    with stage.desk() as desk:
        assert list(desk.check()) == [
            f"Logged in as {ANNA}.",
            "It shows 3 agents and 3 groups.",
            "The newest change of a ticket is 3 hours old.",
        ]


def test_its_facts_say_what_the_account_does_not_see(stage: Stage) -> None:
    stage.site.scope = 2
    stage.site.lacks = {"groups", "ticket_fields", "business_hours", "surveys"}
    with stage.desk() as desk:
        facts = list(desk.check())
    assert facts[1] == (
        "This agent sees only the tickets of their groups: numbers are of those alone."
    )
    assert facts[2] == "It shows 3 agents and no groups, which takes an administrator's role."
    assert facts[3] == "No ticket changed in the last year, as far as this agent sees."
    assert len(facts) == 7


# --- limits ---


def many(stage: Stage, tickets: int) -> None:
    for number in range(1, tickets + 1):
        stage.opens(number)
        stage.clock.move(seconds=1)
    stage.clock.move(hours=1)


@pytest.mark.thorough
def test_a_richer_plan_is_read_faster_once_an_answer_tells_of_it(clock: StandingClock) -> None:
    took = []
    for credits in (50, 700):  # noqa: A001  the vendor's word
        site = Site(clock, credits=credits, lists=200)
        with served(site) as server:
            stage = Stage(site, server, clock, Pauses(clock))
            many(stage, 150)
            before = clock.now()
            stage.read(lists_per_minute=200)
            took.append((clock.now() - before).total_seconds())
            assert [limit.refused for limit in site.limits] == [0, 0]
    assert took[0] > 150
    assert took[1] < 5


@pytest.mark.thorough
def test_lists_of_tickets_have_a_limit_of_their_own(clock: StandingClock) -> None:
    site = Site(clock, credits=700, lists=100)
    with served(site) as server:
        stage = Stage(site, server, clock, Pauses(clock))
        site.page = 2
        many(stage, 100)
        before = clock.now()
        stage.read(histories=False, lists_per_minute=100)
        took = clock.now() - before
        assert site.lists.refused == 0
        assert timedelta(minutes=1) <= took < timedelta(minutes=3)


def test_what_others_leave_of_the_account_is_not_used_up(stage: Stage) -> None:
    many(stage, 3)
    while stage.site.credits.left > 6:
        stage.site.credits.take()
    stage.read()
    assert stage.site.credits.refused == 0


@pytest.mark.thorough
def test_what_an_answer_costs_is_known_also_where_none_tells(stage: Stage) -> None:
    stage.site.tells_limits = False
    stage.site.page = 1
    many(stage, 60)
    stage.read(histories=False)
    assert [limit.refused for limit in stage.site.limits] == [0, 0]


# --- settings ---


@pytest.mark.parametrize("end", ["", "/", "/api/v2", "/api/v2/"])
def test_the_address_may_be_that_of_the_api(stage: Stage, end: str) -> None:
    stage.opens()
    stage.read(url=stage.server.url + end)
    assert set(stage.store) == {"1"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("merge_notes", ["note"], "eight letters"),
        ("lists_per_minute", 0, "greater than or equal to 1"),
        ("requests_per_minute", 1, "greater than or equal to 10"),
        ("statuses", {"9": "done"}, "Input should be"),
        ("agent", "x", "has no setting"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(
    stage: Stage, name: str, value: object, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told) as raised, stage.desk(**{name: value}):
        pass
    assert f"DESKPULSE_DESKS__ACME__{name.upper()}" in str(raised.value)


def test_a_wrong_key_is_told_without_it(stage: Stage) -> None:
    with (
        stage.desk(token="another") as desk,
        pytest.raises(DeskRefused, match=r"TOKEN") as raised,
    ):
        desk.check()
    assert "another" not in str(raised.value)


def test_what_it_asks_for_can_be_connected_by_its_guide() -> None:
    told, settings = guide("freshdesk")
    assert told.product == "Freshdesk"
    assert set(told.asks) <= set(settings.model_fields)
    assert len(told.steps) == len(told.asks)


def test_no_text_of_anybody_is_kept(stage: Stage) -> None:
    stage.opens()
    stage.adds(incoming=True)
    stage.adds()
    assert SUBJECT not in repr(stage.told())
    assert CUSTOMERS[0] not in repr(stage.store)


def test_what_was_kept_stays_where_the_desk_is_lost_in_the_middle(stage: Stage) -> None:
    """The next run goes on from there."""
    stage.site.page = 2
    many(stage, 7)
    stage.read(pages=2)
    kept = set(stage.store)
    stage.server.dies_at = len(stage.server.requests) + 1
    with pytest.raises(DeskUnavailable):
        stage.read()
    stage.server.dies_at = None
    stage.read()
    assert kept < set(stage.store)
    assert len(stage.store) == 7


def test_what_was_written_in_one_second_is_answered_in_it(stage: Stage) -> None:
    came = stage.opens().created
    stage.clock.move(minutes=5)
    now = stage.clock.now()
    for agent in (ANNA, None):
        stage.site.happen(Wrote(now, 1, agent))
    ticket = stage.told()
    assert ticket.responses == (Response(came, now, stage.site.agent_id(ANNA)),)
    assert ticket.customer_messages == 2
