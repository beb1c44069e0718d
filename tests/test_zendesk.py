"""Zendesk, read from a simulated server: what is particular to it beyond the suite of all desks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from bot.calendars import parse_week
from bot.domain import (
    Agent,
    BusinessTimes,
    Call,
    Fact,
    Question,
    Rating,
    Removal,
    Reopening,
    Scale,
    Status,
    Target,
    Ticket,
    Window,
)
from bot.errors import ConfigurationError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Counted, Cursor, HelpDesk, Stream, guide, load
from bot.helpdesks.zendesk.latest import Latest
from bot.metrics import CATALOGUE
from bot.store.readings import read
from jobs.sync import read_desk
from tests.desks import history
from tests.desks import zendesk as simulated
from tests.desks.history import AGENTS, BEGIN, CUSTOMERS, GROUPS
from tests.desks.wire import SUBJECT, Fault, Server, served
from tests.desks.zendesk import (
    EMAIL,
    PEOPLE,
    TEAMS,
    TOKEN,
    Held,
    Site,
    comment,
    literal,
    rule,
)
from tests.programs import program
from tests.times import StandingClock

ANNA, BEN, EVA = AGENTS
FIRST = history.Opened(BEGIN, 1, CUSTOMERS[0], channel="web")
HERE = Window(BEGIN - timedelta(days=1), BEGIN + timedelta(days=30))


def at(minutes: float) -> datetime:
    """So many minutes after the first ticket came."""
    return BEGIN + timedelta(minutes=minutes)


pytestmark = pytest.mark.usefixtures("retries_at_once")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(BEGIN)


@pytest.fixture
def site(clock: StandingClock) -> Site:
    return Site(clock)


@contextmanager
def desk_at(server: Server, **settings: Any) -> Iterator[HelpDesk]:
    given = {"kind": "zendesk", "url": server.url, "token": TOKEN, "email": EMAIL, **settings}
    with closing(load("acme", given, server.site.clock)) as desk:
        yield desk


@pytest.fixture
def desk(server: Server) -> Iterator[HelpDesk]:
    with desk_at(server) as desk:
        yield desk


def play(site: Site, clock: StandingClock, *events: history.Happening) -> None:
    for event in events:
        clock.set(max(clock.now(), history.ended(event)))
        site.happen(event)


def sync(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[dict[str, Ticket], Cursor]:
    """What is told from there on, and where it ended."""
    cursor = desk.start(HERE) if cursor is None else cursor
    told: dict[str, Ticket] = {}
    for page in desk.tickets(cursor):
        told |= {ticket.id: ticket for ticket in page.rows}
        cursor = page.cursor
    return told, cursor


def the_first(desk: HelpDesk, clock: StandingClock) -> Ticket:
    clock.move(minutes=5)
    return sync(desk)[0]["9001"]


def solved(minutes: float, agent: str = ANNA) -> list[history.Happening]:
    return [
        history.Wrote(at(minutes), 1, agent),
        history.Became(at(minutes), 1, Status.SOLVED, agent),
    ]


# --- connecting ---


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"email": EMAIL}, "Basic "),
        ({"email": f" {EMAIL}/token "}, "Basic "),
        ({"email": None}, "Bearer "),
        ({"email": ""}, "Bearer "),
    ],
)
def test_an_api_token_goes_with_its_address_and_one_of_oauth_alone(
    server: Server, given: dict[str, str | None], sent: str
) -> None:
    with desk_at(server, **given) as desk:
        desk.check()
    assert all(asked.headers["authorization"].startswith(sent) for asked in server.requests)


@pytest.mark.parametrize("tail", ["/", "/api/v2", "/api/v2/", "/agent"])
def test_the_address_of_any_page_of_its_own_will_do(server: Server, tail: str) -> None:
    with desk_at(server, url=server.url + tail) as desk:
        assert desk.check()
        assert desk.url("9001") == f"{server.url}/agent/tickets/9001"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "anna"}, "email: an address has an @"),
        ({"page_size": 1_001}, "page_size"),
        ({"csat": "stars"}, "csat"),
        ({"queues": ["a"]}, "no setting “queues”"),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(
    server: Server, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said), desk_at(server, **wrong):
        pass


def test_a_wrong_token_is_told_with_where_a_right_one_is_found(server: Server) -> None:
    with desk_at(server, token="another") as desk, pytest.raises(DeskRefused) as raised:
        sync(desk)
    assert "API tokens" in str(raised.value)
    assert "DESKPULSE_DESKS__ACME__EMAIL" in str(raised.value)


def test_the_guide_asks_for_settings_that_there_are() -> None:
    told, settings = guide("zendesk")
    assert set(told.asks) <= set(settings.model_fields)
    assert len(told.asks) == len(told.steps)
    assert "administrator" in told.rights


def test_only_an_administrator_may_export(site: Site, desk: HelpDesk) -> None:
    site.role = "agent"
    with pytest.raises(DeskRefused, match="administrators"):
        sync(desk)
    with pytest.raises(DeskRefused, match="administrators"):
        desk.check()


# --- the stream ---


def test_it_is_asked_for_what_it_documents(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    clock.move(minutes=5)
    with desk_at(server) as desk:
        sync(desk)
    first, *_ = server.asked("incremental/tickets/cursor")
    assert first.params["start_time"] == str(int((HERE.start - timedelta(hours=1)).timestamp()))
    assert (first.params["per_page"], first.params["include"]) == ("100", "users")
    assert not any(part in asked.query for asked in server.requests for part in ("subject", "body"))


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"requests_per_minute": 700}, "100"),
        ({"requests_per_minute": 2_500}, "250"),
        ({"requests_per_minute": 2_500, "exports_per_minute": 30}, "100"),
        ({"requests_per_minute": 50_000}, "1000"),
        ({"requests_per_minute": 2_500, "page_size": 40}, "40"),
    ],
)
def test_as_many_come_at_once_as_there_are_requests_for_before_the_next_export(
    server: Server, settings: dict[str, int], size: str
) -> None:
    with desk_at(server, **settings) as desk:
        sync(desk)
    assert [asked.params["per_page"] for asked in server.asked("cursor")] == [size]


@pytest.mark.thorough
def test_without_histories_a_thousand_come_at_once_and_no_audit_is_asked_for(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.fill(2_500)
    play(site, clock, FIRST)
    clock.move(minutes=5)
    with desk_at(server, histories=False) as desk:
        told, _ = sync(desk)
    assert len(told) == 2_501
    assert [asked.params["per_page"] for asked in server.asked("cursor")] == ["1000"] * 3
    assert not server.asked("audits")


@pytest.mark.thorough
def test_a_page_of_many_is_told_in_pieces_so_that_a_stop_loses_little(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.fill(250)
    site.exported = 1_000
    clock.move(minutes=5)
    with desk_at(server) as desk:
        pages = list(desk.tickets(desk.start(HERE)))
        assert [len(page.rows) for page in pages] == [0, 100, 100, 50]
        again, cursor = sync(desk, pages[1].cursor)
        assert len(again) == 250, "the page was not yet told to its end"
        assert sync(desk, cursor)[0] == {}


def test_a_first_read_says_how_many_tickets_to_expect_and_a_later_one_does_not(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 2
    play(site, clock, *history.burst(5))
    clock.move(minutes=5)
    with desk_at(server) as desk:
        pages = list(desk.tickets(desk.start(Window(at(-60), at(60)))))
        assert [page.expected for page in pages if page.rows] == [5, 5, 5]
        play(site, clock, history.Wrote(clock.now(), 1_000))
        clock.move(minutes=5)
        [page] = [page for page in desk.tickets(pages[-1].cursor) if page.rows]
        assert page.expected is None


def test_what_changed_in_the_last_minute_comes_a_minute_later(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    clock.move(seconds=30)
    told, cursor = sync(desk)
    assert told == {}
    clock.move(seconds=31)
    assert set(sync(desk, cursor)[0]) == {"9001"}


def test_what_an_automation_changed_is_told_though_it_was_not_updated(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST, *solved(10))
    clock.move(minutes=5)
    _, cursor = sync(desk)
    site.of(1).status = "closed"
    site.touch(site.of(1))
    clock.move(minutes=5)
    told, _ = sync(desk, cursor)
    assert told["9001"].status is Status.CLOSED
    assert told["9001"].updated_at == at(10)


def test_a_busy_desk_is_not_followed_for_ever(
    site: Site, server: Server, clock: StandingClock
) -> None:
    """A change and a minute pass with every request; the page holds one row."""
    site.page = 1
    play(site, clock, *history.burst(3))

    def busy(number: int) -> None:
        clock.move(minutes=2)
        play(site, clock, history.Opened(clock.now(), 100 + number, CUSTOMERS[0]))

    server.after = busy
    with desk_at(server, histories=False) as desk:
        told, cursor = sync(desk)
        assert len(told) < 12
        server.after = lambda _number: None
        clock.move(minutes=5)
        rest, _ = sync(desk, cursor)
    assert {*told, *rest} == {str(id_) for id_ in site.tickets}


def test_a_position_that_nobody_wrote_is_told(desk: HelpDesk) -> None:
    for cursor in ({}, {"start": "soon"}, {"cursor": 7}):
        with pytest.raises(DeskMisunderstood, match="sync --since"):
            list(desk.tickets(cursor))
    for read_on in (desk.ratings, desk.calls):
        with pytest.raises(DeskMisunderstood, match="sync --since"):
            list(read_on({"since": "soon"}))


def test_a_ticket_that_is_deleted_between_two_requests_is_left_to_its_tombstone(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, FIRST, history.Opened(at(1), 2, CUSTOMERS[1]))
    clock.move(minutes=5)

    def deleted(_number: int) -> None:
        if server.asked("cursor") and site.of(1).status != "deleted":
            play(site, clock, history.Removed(clock.now(), 1, Removal.DELETED, ANNA))

    server.after = deleted
    with desk_at(server) as desk:
        told, cursor = sync(desk)
        assert set(told) == {"9002"}
        clock.move(minutes=5)
        assert sync(desk, cursor)[0]["9001"].removal is Removal.DELETED


@pytest.mark.parametrize(
    ("how", "removal"),
    [
        (Removal.DELETED, Removal.DELETED),
        (Removal.SPAM, Removal.DELETED),
    ],
)
def test_a_deleted_ticket_costs_no_history(
    site: Site, server: Server, clock: StandingClock, how: Removal, removal: Removal
) -> None:
    play(site, clock, FIRST, history.Removed(at(5), 1, how, ANNA))
    with desk_at(server) as desk:
        assert the_first(desk, clock).removal is removal
    assert not server.asked("audits")


@pytest.mark.parametrize("bumped", [True, False])
def test_a_ticket_is_deleted_when_the_export_says_so(
    site: Site, desk: HelpDesk, clock: StandingClock, *, bumped: bool
) -> None:
    """A schedule that deletes old tickets does not count as an update of them."""
    play(site, clock, FIRST, *solved(10))
    clock.move(days=200)
    deleted = clock.now()
    if bumped:
        play(site, clock, history.Removed(deleted, 1, Removal.DELETED, ANNA))
    else:
        site.of(1).status = "deleted"
        site.touch(site.of(1))
    ticket = the_first(desk, clock)
    assert (ticket.removal, ticket.updated_at) == (Removal.DELETED, deleted)


FOLLOW_UP = history.Opened(BEGIN, 1, CUSTOMERS[0], tags=("closed_by_merge",))
CLOSED = history.Became(at(9_000), 1, Status.CLOSED)
MERGED = history.Removed(at(30), 1, Removal.MERGED, ANNA, into=2)


@pytest.mark.parametrize(
    ("events", "merged"),
    [
        ([FOLLOW_UP], False),
        ([FOLLOW_UP, *solved(10)], False),
        ([FOLLOW_UP, *solved(10), CLOSED], False),
        ([FOLLOW_UP, MERGED], True),
        ([FIRST, MERGED], True),
        ([FIRST, *solved(10), MERGED], True),
    ],
)
def test_a_follow_up_inherits_the_tag_of_merged_tickets_and_counts_all_the_same(
    site: Site,
    server: Server,
    clock: StandingClock,
    events: list[history.Happening],
    *,
    merged: bool,
) -> None:
    """Unless it was merged itself; the count is that of what is told."""
    play(site, clock, *events, history.Opened(events[-1].at, 2, CUSTOMERS[1]))
    site.of(1).follows = 8_000 if events[0] is FOLLOW_UP else None
    with desk_at(server) as desk:
        assert the_first(desk, clock).removal is (Removal.MERGED if merged else None)
        assert desk.count(Window(BEGIN, clock.now())) == 2 - merged


@pytest.mark.parametrize("told", ["rel", "source id", None])
def test_without_histories_a_closed_follow_up_is_known_by_what_it_follows(
    site: Site,
    server: Server,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    told: str | None,
) -> None:
    play(site, clock, FOLLOW_UP, *solved(10), CLOSED)
    site.of(1).follows = 8_000 if told == "rel" else None
    if told == "source id":
        listed, more = simulated._ticket, {"via": None, "via_followup_source_id": 8_000}  # noqa: SLF001
        monkeypatch.setattr(simulated, "_ticket", lambda held: listed(held) | more)
    with desk_at(server, histories=False) as desk:
        ticket = the_first(desk, clock)
        assert (ticket.removal is None, ticket.last_solved_at is None) == (bool(told), not told)
        assert desk.count(Window(BEGIN, clock.now())) == (1 if told else 0)
    assert not server.asked("audits")


def test_too_many_merged_tickets_to_look_at_are_not_counted(
    site: Site, desk: HelpDesk, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        play(site, clock, history.Opened(at(number), number, CUSTOMERS[0]))
        play(site, clock, history.Removed(at(9), number, Removal.MERGED, ANNA, into=9))
    site.page = 2
    window = Window(BEGIN, at(9))
    assert desk.count(window) == 0
    monkeypatch.setattr("bot.helpdesks.zendesk.desk.FOUND", 3)
    assert desk.count(window) is None


# --- older tickets that are still unsolved ---


@pytest.fixture
def old(site: Site, clock: StandingClock) -> list[Held]:
    """Five unsolved tickets and a solved one of a year ago, of which two came in one second."""
    opened = [BEGIN - timedelta(days=365, minutes=minutes) for minutes in (0, 10, 20, 20, 30, 40)]
    clock.set(opened[-1])
    for number, came in enumerate(reversed(opened), start=1):
        play(site, clock, history.Opened(came, number, CUSTOMERS[0]))
    play(site, clock, history.Became(opened[0] + timedelta(hours=1), 1, Status.SOLVED, ANNA))
    clock.set(BEGIN)
    return [site.of(number) for number in range(1, 7)]


@pytest.mark.usefixtures("old")
def test_older_tickets_that_are_still_unsolved_are_read_once(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 2
    play(site, clock, FIRST)
    site.happen(history.Opened(BEGIN, 9, CUSTOMERS[0]))
    clock.move(minutes=5)
    with desk_at(server) as desk:
        told, cursor = sync(desk)
        searched = len(server.asked("search/export"))
        sync(desk, cursor)
    assert {"9002", "9003", "9004", "9005", "9006"} <= set(told)
    assert told["9002"].requester == CUSTOMERS[0]
    assert searched == 3
    assert len(server.asked("search/export")) == searched


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("histories", [True, False])
def test_a_search_whose_cursor_expires_goes_on_from_where_it_was(
    site: Site, server: Server, clock: StandingClock, *, histories: bool
) -> None:
    site.page = 3
    with desk_at(server, histories=histories) as desk:
        told: list[str] = []
        for page in desk.tickets(desk.start(HERE)):
            told += [ticket.id for ticket in page.rows]
            clock.move(hours=2)
    assert set(told) == {"9002", "9003", "9004", "9005", "9006"}
    assert any("created<=" in asked.params["query"] for asked in server.asked("search/export"))


@pytest.mark.usefixtures("old")
def test_a_first_read_that_stopped_goes_on_with_what_is_older(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 2
    with desk_at(server) as desk:
        first = next(desk.tickets(desk.start(HERE)))
        clock.move(hours=5)
        rest, _ = sync(desk, first.cursor)
    assert {ticket.id for ticket in first.rows} | set(rest) == {f"900{n}" for n in range(2, 7)}


@pytest.mark.usefixtures("old")
def test_a_plan_without_that_search_is_read_all_the_same(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    site.absent.add("search/export")
    play(site, clock, FIRST, *solved(2))
    assert the_first(desk, clock).status is Status.SOLVED
    assert "This account gives no older unsolved tickets (the export of searches)." in desk.check()


@pytest.mark.usefixtures("old")
def test_what_a_stale_search_finds_is_told_as_it_is_now(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    site.lag = timedelta(hours=1)
    play(site, clock, history.Removed(BEGIN, 2, Removal.DELETED, ANNA))
    play(site, clock, history.Became(BEGIN, 3, Status.SOLVED, ANNA))
    clock.move(minutes=5)
    told, _ = sync(desk)
    assert told["9002"].removal is Removal.DELETED
    assert told["9003"].status is Status.SOLVED


# --- facts of histories ---


def test_an_opening_note_is_no_message_and_the_next_public_one_a_reply(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    site.of(1).audits[0]["events"][0] = comment(PEOPLE[ANNA], public=False)
    play(site, clock, history.Wrote(at(30), 1, ANNA))
    ticket = the_first(desk, clock)
    assert ticket.first_reply_at == at(30)
    assert (ticket.customer_messages, ticket.agent_messages) == (0, 1)


def test_who_had_the_ticket_was_an_agent_though_they_have_left(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST, history.Assigned(at(1), 1, ANNA, BEN), *solved(20))
    site.left |= {ANNA, BEN}
    ticket = the_first(desk, clock)
    assert (ticket.first_reply_at, ticket.first_replier) == (at(20), str(PEOPLE[ANNA]))
    assert ticket.solver == str(PEOPLE[ANNA])


def worked(*events: history.Happening) -> list[history.Happening]:
    return [FIRST, history.Assigned(at(1), 1, BEN, BEN), history.Wrote(at(5), 1, ANNA), *events]


@pytest.mark.parametrize(
    ("events", "is_agent"),
    [
        (worked(history.Noted(at(6), 1, ANNA)), True),
        (worked(history.Became(at(5), 1, Status.SOLVED, ANNA)), True),
        (worked(history.Prioritised(at(6), 1, "high", ANNA)), True),
        # Whoever replies in copy opens the ticket again.
        (worked(history.Became(at(5), 1, Status.OPEN, ANNA)), False),
        (worked(), False),
    ],
)
def test_who_worked_on_the_ticket_was_an_agent_though_they_have_left(
    site: Site,
    desk: HelpDesk,
    clock: StandingClock,
    events: list[history.Happening],
    *,
    is_agent: bool,
) -> None:
    play(site, clock, *events)
    site.left.add(ANNA)
    ticket = the_first(desk, clock)
    assert ticket.first_replier == (str(PEOPLE[ANNA]) if is_agent else None)
    assert (ticket.customer_messages, ticket.agent_replies) == ((1, 1) if is_agent else (2, 0))
    if ticket.status is Status.SOLVED:
        assert ticket.solver == str(PEOPLE[ANNA])


def handed_on(site: Site, at_minute: float, *, names: str) -> None:
    """Ben makes the ticket another customer's; its audits name whoever had it before, or do not."""
    held, was = site.of(1), site.of(1).requester
    if names == "before and after":
        site.set(held, at(at_minute), PEOPLE[BEN], "requester_id", PEOPLE[CUSTOMERS[1]])
    else:
        held.requester = PEOPLE[CUSTOMERS[1]]
        changed: dict[str, Any] = {"type": "Change", "field_name": "requester_id"}
        changed["value"] = str(held.requester)
        changed |= {"previous_value": str(was) if names == "before" else None}
        site.write(held, at(at_minute), PEOPLE[BEN], changed)


@pytest.mark.parametrize("names", ["before and after", "before", "after"])
def test_whoever_was_its_requester_is_no_agent_for_what_they_did_to_it(
    site: Site, desk: HelpDesk, clock: StandingClock, names: str
) -> None:
    """They solve it in the help center and write, before and after it is said to be another's."""
    play(site, clock, FIRST)
    held, customer = site.of(1), PEOPLE[CUSTOMERS[0]]
    if names == "before":
        held.audits[0]["events"] = [comment(customer)]
    site.set(held, at(10), customer, "priority", "high")
    site.set(held, at(20), customer, "status", "solved")
    site.write(held, at(30), customer, comment(customer), comment(customer, public=False))
    handed_on(site, 40, names=names)
    site.write(held, at(50), customer, comment(customer))
    clock.set(at(50))
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.agent_messages, ticket.first_reply_at) == (3, 0, None)
    assert (ticket.last_solved_at, ticket.solver) == (at(20), None)


def test_an_agent_who_opened_it_for_a_customer_is_an_agent(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    held = site.of(1)
    held.requester = PEOPLE[ANNA]
    site.set(held, at(1), PEOPLE[ANNA], "requester_id", PEOPLE[CUSTOMERS[0]])
    play(site, clock, *solved(20))
    ticket = the_first(desk, clock)
    assert (ticket.first_reply_at, ticket.first_replier) == (at(20), str(PEOPLE[ANNA]))
    assert ticket.solver == str(PEOPLE[ANNA])


def test_an_agent_who_is_its_requester_is_a_customer_there(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    site.of(1).requester = PEOPLE[EVA]
    play(site, clock, *solved(20, EVA))
    ticket = the_first(desk, clock)
    assert (ticket.first_reply_at, ticket.last_solved_at, ticket.solver) == (None, at(20), None)


def test_to_be_taken_off_somebody_is_no_transfer_however_that_is_told(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    """An empty text for nobody, or for no group."""
    play(site, clock, FIRST, history.Assigned(at(1), 1, ANNA, ANNA))
    for name, was in (("assignee_id", PEOPLE[ANNA]), ("group_id", TEAMS["General"])):
        taken = {"type": "Change", "field_name": name, "value": "", "previous_value": str(was)}
        site.write(site.of(1), at(5), PEOPLE[ANNA], taken)
    ticket = the_first(desk, clock)
    assert ticket.transfers == 0
    assert [stay.group for stay in ticket.stays] == ["General", None]


def test_a_status_that_a_rule_changed_makes_no_agent_of_the_customer(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    other = PEOPLE[CUSTOMERS[4]]
    changed = {"type": "Change", "field_name": "priority", "value": "high", "via": rule()}
    site.write(site.of(1), at(5), other, comment(other), changed)
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.first_reply_at) == (2, None)


@pytest.mark.parametrize(
    "bots", [[history.address(EVA).upper()], [PEOPLE[EVA]], f"x@desk.invalid, {PEOPLE[EVA]}"]
)
@pytest.mark.parametrize("histories", [True, False])
def test_a_bot_neither_replies_nor_solves(
    site: Site, server: Server, clock: StandingClock, bots: Any, *, histories: bool
) -> None:
    play(site, clock, FIRST, history.Assigned(at(0.1), 1, EVA, EVA))
    play(site, clock, history.Wrote(at(0.1), 1, EVA), history.Wrote(at(45), 1, ANNA))
    play(site, clock, history.Became(at(50), 1, Status.SOLVED, EVA))
    with desk_at(server, bots=bots, histories=histories) as desk:
        ticket = the_first(desk, clock)
    assert (ticket.last_solved_at, ticket.solver) == (at(50), None)
    if histories:
        assert (ticket.first_reply_at, ticket.agent_replies) == (at(45), 1)


@pytest.mark.parametrize(
    ("actor", "replied", "replier"),
    [
        ("agent:answer_bot", None, None),
        (str(PEOPLE[EVA]), None, None),
        (f"agent:{PEOPLE[EVA]}", None, None),
        (f"agent:{PEOPLE[ANNA]}", at(2), str(PEOPLE[ANNA])),
        ("agent:360000000001", at(2), None),
        (None, at(2), None),
    ],
)
def test_an_agent_of_a_chat_without_a_number_is_a_machine(
    site: Site,
    server: Server,
    clock: StandingClock,
    actor: str | None,
    replied: datetime | None,
    replier: str | None,
) -> None:
    play(site, clock, FIRST)
    said = [("end-user", PEOPLE[CUSTOMERS[0]], 1), ("agent", actor, 2)]
    told = [
        {"type": "ChatMessage", "actor_type": by, "actor_id": who}
        | {"timestamp": int(at(minutes).timestamp() * 1000)}
        for by, who, minutes in said
    ]
    site.of(1).audits[0]["events"] = [{"type": "ChatStartedEvent", "value": {"history": told}}]
    with desk_at(server, bots=[str(PEOPLE[EVA])]) as desk:
        ticket = the_first(desk, clock)
    assert (ticket.first_reply_at, ticket.first_replier) == (replied, replier)
    assert (ticket.customer_messages, ticket.agent_messages) == (1, 1 if replied else 0)


def test_somebody_in_copy_is_a_customer(site: Site, desk: HelpDesk, clock: StandingClock) -> None:
    play(site, clock, FIRST)
    other = PEOPLE[CUSTOMERS[4]]
    clock.set(at(5))
    site.write(site.of(1), at(5), other, comment(other))
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.first_reply_at) == (2, None)


def test_a_rule_that_moves_a_ticket_makes_no_agent_of_the_customer(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    other = PEOPLE[CUSTOMERS[4]]
    moved: dict[str, Any] = {"type": "Change", "field_name": "group_id", "via": rule()}
    moved |= {"previous_value": str(TEAMS["General"]), "value": str(TEAMS["Billing"])}
    clock.set(at(5))
    site.write(site.of(1), at(5), other, comment(other), moved)
    ticket = the_first(desk, clock)
    assert [stay.group for stay in ticket.stays] == ["General", "Billing"]
    assert ticket.first_reply_at is None


def test_a_reply_of_an_automation_is_nobodys(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    site.write(site.of(1), at(5), -1, comment(-1))
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.agent_messages) == (1, 0)


def test_a_deletion_that_was_taken_back_changes_nothing(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST, history.Removed(at(5), 1, Removal.DELETED, ANNA))
    site.set(site.of(1), at(6), PEOPLE[ANNA], "status", "new")
    ticket = the_first(desk, clock)
    assert (ticket.status, ticket.removal, ticket.reopens) == (Status.NEW, None, 0)


def test_messages_of_a_chat_count_as_they_were_written(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    said = [
        ("ChatJoin", "end-user", None, 0),
        ("ChatMessage", "end-user", PEOPLE[CUSTOMERS[0]], 1),
        ("ChatMessage", "bot", None, 2),
        ("ChatMessage", "agent", PEOPLE[ANNA], 3),
        ("ChatMessage", "end-user", PEOPLE[CUSTOMERS[0]], 4),
    ]
    told = [
        {"type": kind, "actor_type": by, "actor_id": who, "message": SUBJECT}
        | {"timestamp": int(at(minutes).timestamp() * 1000)}
        for kind, by, who, minutes in said
    ]
    note = comment(PEOPLE[ANNA], public=False)
    chat = {"type": "ChatStartedEvent", "value": {"chat_id": "c1", "history": told}}
    site.of(1).audits[0]["events"] = [note, chat]
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.agent_messages) == (2, 1)
    assert (ticket.first_reply_at, ticket.first_replier) == (at(3), str(PEOPLE[ANNA]))


def said_at(timestamp: object) -> dict[str, Any]:
    told = {"type": "ChatMessage", "actor_type": "end-user", "actor_id": PEOPLE[CUSTOMERS[0]]}
    return {**told, "timestamp": timestamp}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"history": [said_at(at(2).timestamp() * 1000)]}, 2),
        ({"history": [said_at(at(2).timestamp())]}, 2),
        # A chat may make its ticket only when it ends.
        ({"history": [said_at(at(-60).timestamp() * 1000)]}, 2),
        ({"history": [said_at(at(-60 * 25).timestamp() * 1000)]}, 1),
        ({"history": [said_at(at(2).timestamp() * 1_000_000)]}, 1),
        ({"history": [said_at(literal(at(2)))]}, 1),
        ({"history": [said_at(1e20)]}, 1),
        ({"history": [said_at(-1e20)]}, 1),
        ({"history": [said_at("NaN")]}, 1),
        ({"history": [said_at("Infinity")]}, 1),
        ({"history": [said_at(0)]}, 1),
        ({"history": [said_at(None)]}, 1),
        ({"history": [None, "hello", {"type": ["?"]}, {}, said_at(at(2).timestamp())]}, 2),
        ({"history": {"0": said_at(at(2).timestamp())}}, 1),
        ({"history": None}, 1),
        ({}, 1),
        ([said_at(at(2).timestamp())], 1),
        ("a chat", 1),
        (True, 1),
        (None, 1),
    ],
)
def test_a_chat_of_a_strange_shape_stops_nobody(
    site: Site, desk: HelpDesk, clock: StandingClock, value: object, messages: int
) -> None:
    """What can be read of it counts, in milliseconds or seconds; the rest is left out."""
    play(site, clock, FIRST)
    chat = {"type": "ChatStartedEvent", "value": value, "previous_value": value}
    site.write(site.of(1), at(3), PEOPLE[CUSTOMERS[0]], chat)
    ticket = the_first(desk, clock)
    assert (ticket.customer_messages, ticket.agent_messages) == (messages, 0)


def test_time_on_hold_is_waiting_and_a_reopened_ticket_is_reopened(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(
        site,
        clock,
        FIRST,
        history.Became(at(10), 1, Status.HOLD, ANNA),
        history.Became(at(30), 1, Status.PENDING, ANNA),
        history.Became(at(40), 1, Status.SOLVED, ANNA),
        history.Became(at(50), 1, Status.OPEN),
    )
    ticket = the_first(desk, clock)
    assert ticket.requester_wait == timedelta(minutes=30)
    assert ticket.reopenings == (Reopening(at(40), at(50)),)


def test_the_seconds_of_the_time_tracking_app_are_its_handle_time(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    site.of(1).fields += [{"id": 7, "value": SUBJECT}, {"id": 8, "value": "125"}]
    with desk_at(server, time_field=8) as desk:
        assert Fact.HANDLE_TIME in desk.capabilities.facts
        assert the_first(desk, clock).handle == timedelta(seconds=125)
    with desk_at(server, time_field=7) as desk:
        assert the_first(desk, clock).handle is None
    with desk_at(server) as desk:
        assert Fact.HANDLE_TIME not in desk.capabilities.facts


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ("voice", "phone"),
        ("native_messaging", "messaging"),
        ("WhatsApp", "messaging"),
        ("web_service", "api"),
        ("email", "post"),
        ("kiosk", "shop"),
        ("pigeon", "other"),
    ],
)
def test_channels_are_called_as_at_all_desks_or_as_one_likes(
    site: Site, server: Server, clock: StandingClock, told: str, ours: str
) -> None:
    play(site, clock, FIRST)
    site.of(1).channel = told
    with desk_at(server, channels={"email": "post", "kiosk": "shop"}) as desk:
        assert the_first(desk, clock).channel == ours


# --- promises ---


def promised(site: Site, metric: str, minutes: int, *, when: float = 0, **more: Any) -> None:
    site.promise(site.of(1), at(when), metric, minutes, **more)


@pytest.mark.parametrize(
    ("metric", "target"),
    [
        ("first_reply_time", Target("first reply", at(60), at(20))),
        ("total_resolution_time", Target("resolution", at(60), at(80))),
        # Pending from 20 to 50; solved at 80.
        ("requester_wait_time", Target("requester wait", at(90), at(80))),
        ("agent_work_time", Target("agent work", at(90), at(80))),
        ("next_reply_time", Target("next reply 1", at(110), at(80))),
    ],
)
def test_a_promise_is_due_by_the_clock_of_its_metric(
    site: Site, desk: HelpDesk, clock: StandingClock, metric: str, target: Target
) -> None:
    play(site, clock, FIRST)
    promised(site, metric, 60)
    play(
        site,
        clock,
        history.Wrote(at(20), 1, ANNA),
        history.Became(at(20), 1, Status.PENDING, ANNA),
        history.Wrote(at(50), 1),
        history.Became(at(50), 1, Status.OPEN),
        *solved(80),
    )
    assert the_first(desk, clock).targets == (target,)


@pytest.mark.parametrize(
    ("metric", "minutes", "due"),
    [("requester_wait_time", 60, None), ("requester_wait_time", 15, at(15))],
)
def test_a_clock_that_stands_still_has_no_date_unless_it_has_run_out(
    site: Site,
    desk: HelpDesk,
    clock: StandingClock,
    metric: str,
    minutes: int,
    due: datetime | None,
) -> None:
    play(site, clock, FIRST)
    promised(site, metric, minutes)
    play(site, clock, history.Became(at(20), 1, Status.PENDING, ANNA))
    wanted = () if due is None else (Target("requester wait", due, None),)
    assert the_first(desk, clock).targets == wanted


def test_the_last_promise_made_before_it_was_kept_counts(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    for minutes, when in ((60, 0), (30, 5), (10, 25)):
        promised(site, "first_reply_time", minutes, when=when)
    play(site, clock, history.Wrote(at(20), 1, ANNA))
    assert the_first(desk, clock).targets == (Target("first reply", at(30), at(20)),)


def withdrawn(site: Site, metric: str, when: float) -> None:
    taken = {"type": "Change", "field_name": metric, "value": None, "via": rule()}
    taken["previous_value"] = {"minutes": 30, "in_business_hours": False}
    site.write(site.of(1), at(when), None, taken)


def test_a_promise_that_was_taken_back_before_it_was_kept_is_none(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    """One that was kept when it was taken back, or that was made anew, counts."""
    play(site, clock, FIRST)
    for metric in ("first_reply_time", "total_resolution_time", "requester_wait_time"):
        promised(site, metric, 30)
    withdrawn(site, "first_reply_time", 5)
    withdrawn(site, "requester_wait_time", 5)
    promised(site, "requester_wait_time", 40, when=6)
    play(site, clock, *solved(20))
    withdrawn(site, "total_resolution_time", 20)
    assert the_first(desk, clock).targets == (
        Target("resolution", at(30), at(20)),
        Target("requester wait", at(40), at(20)),
    )


def test_a_solve_without_a_reply_keeps_the_promise_of_a_reply(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    promised(site, "first_reply_time", 60)
    play(site, clock, history.Became(at(30), 1, Status.SOLVED, ANNA))
    assert the_first(desk, clock).targets == (Target("first reply", at(60), at(30)),)


WEEK = [{"start_time": 1_440 * day + 540, "end_time": 1_440 * day + 1_020} for day in range(1, 6)]


def schedule(id_: int, name: str, **more: Any) -> dict[str, Any]:
    made = {"id": id_, "name": name, "time_zone": "Athens", "intervals": WEEK}
    return {**made, "created_at": literal(BEGIN + timedelta(days=id_)), **more}


def test_a_promise_in_business_time_is_due_by_the_schedule_of_the_ticket(
    site: Site, server: Server, clock: StandingClock
) -> None:
    """480 minutes of 9-17 from Monday 8:00 UTC: in Athens two days off are between, in London none."""
    site.schedules = [schedule(1, "Usual"), schedule(2, "Late", time_zone="London")]
    site.holidays = {1: [{"start_date": "2026-11-03", "end_date": "2026-11-04"}]}
    play(site, clock, FIRST)
    promised(site, "first_reply_time", 480, in_business_hours=True)
    with desk_at(server) as desk:
        assert the_first(desk, clock).targets == (Target("first reply", at(3 * 1_440)),)
        assigned = {"type": "ScheduleAssignment", "new_schedule_id": 2}
        site.write(site.of(1), at(6), None, assigned)
        clock.set(at(6))
        assert the_first(desk, clock).targets == (Target("first reply", at(9 * 60)),)
        site.absent.add("schedules")
        assert the_first(desk, clock).targets == ()


# --- without histories ---


def test_without_histories_facts_are_what_zendesk_measured(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(
        site,
        clock,
        FIRST,
        history.Assigned(at(1), 1, ANNA, BEN),
        history.Assigned(at(2), 1, BEN, ANNA),
        history.Moved(at(3), 1, "Billing", BEN),
        history.Wrote(at(20.5), 1, BEN),
        *solved(40.25, BEN),
    )
    with desk_at(server, histories=False) as desk:
        facts, ticket = desk.capabilities.facts, the_first(desk, clock)
    unknown = {Fact.REOPENS, Fact.REPLIES, Fact.RESPONSES, Fact.SLA}
    assert not unknown & facts
    assert {Fact.BUSINESS_TIMES, Fact.WAITS, Fact.FIRST_REPLY, Fact.TRANSFERS} <= facts
    assert (ticket.first_reply_at, ticket.last_solved_at) == (at(20), at(40.25))
    assert (ticket.first_solved_at, ticket.transfers) == (at(40), 2)
    assert (ticket.group, ticket.solver) == ("Billing", str(PEOPLE[BEN]))
    assert ticket.requester_wait == timedelta(minutes=40)
    assert (ticket.responses, ticket.waits, ticket.customer_messages) == ((), (), 0)
    minutes = timedelta(minutes=1)
    assert ticket.business == BusinessTimes(10 * minutes, 20 * minutes, 20 * minutes, 20 * minutes)


def test_a_reply_in_messaging_is_measured_in_seconds(
    site: Site, server: Server, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(site, clock, FIRST)
    told: dict[str, Any] = {"ticket_id": 9001, "reply_time_in_minutes": {"calendar": None}}
    told["reply_time_in_seconds"] = {"calendar": 42}
    monkeypatch.setattr(site, "_metric_set", lambda _held: told)
    with desk_at(server, histories=False) as desk:
        ticket = the_first(desk, clock)
    assert ticket.first_reply_at == BEGIN + timedelta(seconds=42)
    assert (ticket.last_solved_at, ticket.requester_wait) == (None, None)


@pytest.mark.parametrize(
    ("histories", "own", "told"),
    [(True, None, False), (True, True, True), (False, None, True), (False, False, False)],
)
def test_business_times_are_zendesks_where_one_wants_them(
    site: Site, server: Server, clock: StandingClock, *, histories: bool, own: Any, told: bool
) -> None:
    play(site, clock, FIRST, *solved(40))
    with desk_at(server, histories=histories, own_business_times=own) as desk:
        assert (Fact.BUSINESS_TIMES in desk.capabilities.facts) is told
        assert (the_first(desk, clock).business is not None) is told


def test_numbers_without_histories_are_those_with_them_but_for_the_seconds(
    server: Server, site: Site, clock: StandingClock, database: Any, tmp_path: Path
) -> None:
    """What a team sees of the same week by either way: no metric of its facts is empty."""
    del tmp_path
    for event in history.whole(20):
        play(site, clock, event)
    clock.move(hours=1)
    with desk_at(server, histories=False) as desk:
        services = program(database, clock, desks=[desk])
        read_desk(services, "acme", since=BEGIN)
        wanted = [CATALOGUE[key] for key in ("first_response_time", "resolution_time")]
        with services.reading() as session:
            found = read(session, services.workspace, wanted, [Window(BEGIN, clock.now())])
    assert all(one.n and one.value for one in found)


# --- ratings ---


def ratings(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[list[Rating], Cursor]:
    cursor = desk.start(HERE, Stream.RATINGS) if cursor is None else cursor
    told: list[Rating] = []
    for page in desk.ratings(cursor):
        told += page.rows
        cursor = page.cursor
    return told, cursor


def test_a_rating_that_is_given_weeks_later_is_found_within_an_hour(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page, site.anew = 1, False
    play(site, clock, FIRST, history.Opened(BEGIN, 2, CUSTOMERS[1]))
    play(site, clock, history.Surveyed(at(1), 1, ANNA), history.Surveyed(at(1), 2, ANNA))
    with desk_at(server) as desk:
        clock.move(minutes=20)
        first, cursor = ratings(desk)
        assert [one.raw for one in first] == [None, None]
        clock.move(days=20)
        play(site, clock, history.Rated(clock.now(), 1, ANNA, good=True))
        given = clock.now()
        clock.move(minutes=90)
        told, cursor = ratings(desk, cursor)
        assert [(one.ticket, one.raw, one.given_at) for one in told] == [("9001", 1.0, given)]
        asked = len(server.requests)
        clock.move(minutes=10)
        assert ratings(desk, cursor)[0] == []
    assert len(server.requests) == asked + 1


def test_a_list_of_ratings_that_was_stopped_goes_on_and_misses_none(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 2
    for number in range(1, 8):
        play(site, clock, history.Opened(BEGIN, number, CUSTOMERS[0]))
        play(site, clock, history.Surveyed(at(number), number, ANNA))
    with desk_at(server) as desk:
        pages = desk.ratings(desk.start(HERE, Stream.RATINGS))
        cursor = [next(pages), next(pages)][-1].cursor
        asked = len(server.requests)
        rest, _ = ratings(desk, cursor)
    assert [one.ticket for one in rest] == ["9005", "9006", "9007"]
    assert len(server.requests) == asked + 2


def rated(minutes: float, *, good: bool, number: int = 1) -> history.Rated:
    return history.Rated(at(minutes), number, ANNA, good=good)


ASKED = (FIRST, history.Surveyed(at(1), 1, ANNA))
#: Once the customer was asked at 1, said bad at 30 and good at 40.
CHANGED = Rating(
    "9001", Question.CSAT, Scale.THUMBS, at(1), at(40), 1.0, ticket="9001", agent=str(PEOPLE[ANNA])
)


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("page", [1, None])
def test_a_customer_who_answers_anew_has_answered_once(
    site: Site, desk: HelpDesk, clock: StandingClock, page: int | None, *, anew: bool
) -> None:
    """Be it that the record changes or that there is another one, on the same page or the next."""
    site.anew, site.page = anew, page
    play(site, clock, *ASKED, rated(30, good=False), rated(40, good=True))
    clock.move(hours=1)
    told, _ = ratings(desk)
    assert {one.id: one for one in told} == {"9001": CHANGED}
    assert told[-1] == CHANGED


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("is_restarted", [True, False])
def test_a_customer_who_answers_anew_at_another_sync_has_answered_once(
    site: Site, server: Server, clock: StandingClock, *, anew: bool, is_restarted: bool
) -> None:
    """The time at which they were asked stays, also for one who has just been started."""
    site.anew = anew
    kept: dict[str, Rating] = {}
    cursor: Cursor | None = None
    with desk_at(server) as lasting:
        for events in (ASKED, [rated(30, good=False)], [rated(40, good=True)], []):
            play(site, clock, *events)
            clock.move(minutes=0 if events else 150)
            with desk_at(server) as fresh:
                told, cursor = ratings(fresh if is_restarted else lasting, cursor)
            kept |= {one.id: one for one in told}
    assert kept == {"9001": CHANGED}


@pytest.mark.parametrize("anew", [True, False])
def test_that_somebody_was_asked_is_not_told_again_once_they_have_answered(
    site: Site, desk: HelpDesk, clock: StandingClock, *, anew: bool
) -> None:
    """Not even on a page by itself: a stop after that would leave it so."""
    site.anew, site.page = anew, 1
    play(site, clock, *ASKED, rated(2, good=True))
    clock.move(minutes=1)
    _, cursor = ratings(desk)
    told, _ = ratings(desk, cursor)
    assert {one.raw for one in told} == {1.0}
    again, _ = ratings(desk)
    assert {one.raw for one in again} == {1.0}


def test_when_somebody_was_asked_is_looked_up_once_and_only_for_an_answer_of_its_own(
    site: Site, server: Server, clock: StandingClock
) -> None:
    def looked_up() -> int:
        return sum("end_time" in asked.params for asked in server.asked("satisfaction"))

    for number in (1, 2, 3):
        play(site, clock, history.Opened(BEGIN, number, CUSTOMERS[0]))
        play(site, clock, history.Surveyed(at(1), number, ANNA))
    clock.move(minutes=30)
    with desk_at(server) as desk:
        _, cursor = ratings(desk)
        play(site, clock, rated(60, good=True))
        told, _ = ratings(desk, cursor)
        assert (told[0].asked_at, looked_up()) == (at(1), 0)
    play(site, clock, rated(80, good=True, number=2), rated(95, good=True, number=3))
    clock.set(at(96))
    with desk_at(server) as desk:
        told, cursor = ratings(desk, cursor)
        assert {one.ticket: one.asked_at for one in told} == dict.fromkeys(
            ("9001", "9002", "9003"), at(1)
        )
        play(site, clock, rated(97, good=False, number=3))
        ratings(desk, cursor)
    assert looked_up() == 1


def test_of_a_great_many_ratings_the_oldest_are_forgotten() -> None:
    latest = Latest(remembered=2)
    for id_ in ("1", "2", "1", "3"):
        latest.of(replace(CHANGED, id=id_))
    assert [id_ in latest for id_ in ("1", "2", "3")] == [True, False, True]


def test_a_rating_without_a_ticket_is_one_of_its_own(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    play(site, clock, *ASKED)
    site.ratings[1] = site.ratings[9001] | {"id": 9001, "ticket_id": None, "score": "good"}
    assert {one.id: one.raw for one in ratings(desk)[0]} == {"rating 9001": 1.0, "9001": None}


@pytest.mark.parametrize(
    ("score", "raw"),
    [
        ("good", 1.0),
        ("bad_with_comment", 0.0),
        ("good_with_comment", 1.0),
        ("offered", None),
        ("unoffered", "none"),
    ],
)
def test_scores_of_either_spelling_are_thumbs(
    site: Site, desk: HelpDesk, clock: StandingClock, score: str, raw: Any
) -> None:
    play(site, clock, FIRST, history.Surveyed(at(1), 1, ANNA))
    site.ratings[9001]["score"] = score
    told, _ = ratings(desk)
    assert [one.raw for one in told] == ([] if raw == "none" else [raw])


def answered(rating: float | None, choices: int, category: str | None = None) -> dict[str, Any]:
    """An answer to a survey with so many choices; with none of them told where there are 0."""
    rated: dict[str, Any] = {"type": "rating_scale", "rating": rating, "rating_category": category}
    rated |= {"created_at": literal(at(5)), "updated_at": literal(at(6))}
    rated["question"] = {"type": "rating_scale_numeric", "sub_type": "customer_satisfaction"}
    rated["question"] |= {"options": [{}] * choices} if choices else {}
    text = {"type": "open_ended", "value": SUBJECT, "created_at": literal(at(5))}
    return {
        "id": "01J1",
        "created": at(5),
        "subject_zrns": ["zen:ticket:9001"],
        "answers": [text, rated],
    }


@pytest.mark.parametrize(
    ("given", "scale", "raw"),
    [
        (answered(4, 5), Scale.STARS, 4),
        (answered(2, 2, "good"), Scale.THUMBS, 1),
        (answered(2, 3, "bad"), Scale.THUMBS, 0),
        (answered(2, 0, "good"), Scale.THUMBS, 1),
        (answered(2, 0, "bad"), Scale.THUMBS, 0),
        (answered(4, 0), Scale.STARS, 4),
    ],
)
def test_surveys_are_stars_or_thumbs_by_how_many_choices_there_are(
    site: Site, server: Server, given: dict[str, Any], scale: Scale, raw: float
) -> None:
    site.surveys = [given, answered(None, 5) | {"id": "01J2"}]
    with desk_at(server, csat="surveys") as desk:
        told, _ = ratings(desk)
        assert Fact.CSAT_REQUESTS not in desk.capabilities.facts
    wanted = Rating("01J1", Question.CSAT, scale, at(5), at(6), raw, ticket="9001")
    assert told == [wanted]
    assert all(int(asked.params["page[size]"]) <= 50 for asked in server.asked("survey"))


def test_the_answer_to_how_satisfied_one_was_is_the_rating(site: Site, server: Server) -> None:
    given = answered(5, 5)
    effort = {**given["answers"][1], "rating": 1.0}
    effort["question"] = {**effort["question"], "sub_type": "effort"}
    plain = {**given["answers"][1], "question": None}
    site.surveys = [
        {**given, "answers": [effort, *given["answers"]]},
        {**given, "id": "01J2", "answers": [effort]},
        {**given, "id": "01J3", "answers": [plain]},
    ]
    with desk_at(server, csat="surveys") as desk:
        assert [(one.id, one.raw) for one in ratings(desk)[0]] == [("01J1", 5), ("01J3", 5)]


def test_surveys_are_asked_for_since_a_moment_in_milliseconds(
    site: Site, server: Server, clock: StandingClock
) -> None:
    old = answered(5, 5) | {"id": "01J0", "created": BEGIN - timedelta(days=400)}
    site.surveys = [old, answered(4, 5)]
    clock.move(minutes=20)
    with desk_at(server, csat="surveys", ratings_lookback=timedelta(days=30)) as desk:
        told, cursor = ratings(desk)
        assert [one.id for one in told] == ["01J1"]
        clock.move(minutes=30)
        assert ratings(desk, cursor)[0] == []
    begin = HERE.start - timedelta(days=30)
    since = server.asked("survey")[0].params["filter[created_at_start]"]
    assert since == str(int(begin.timestamp()) * 1_000)


def test_ratings_can_be_left_out(server: Server) -> None:
    with desk_at(server, csat="off") as desk:
        assert Stream.RATINGS not in desk.capabilities.streams
        assert not {Fact.CSAT, Fact.CSAT_REQUESTS} & desk.capabilities.facts


# --- calls ---


def calls(desk: HelpDesk, cursor: Cursor | None = None) -> tuple[list[Call], Cursor]:
    cursor = desk.start(HERE, Stream.CALLS) if cursor is None else cursor
    told: list[Call] = []
    for page in desk.calls(cursor):
        told += page.rows
        cursor = page.cursor
    return told, cursor


def called(number: int, minutes: float, **more: Any) -> history.Called:
    usual = {"inbound": True, "answered": True, "wait": 5, "talk": 60, "hold": 0, "wrap_up": 0}
    return history.Called(at(minutes), number, **{**usual, **more}, agent=ANNA, group=GROUPS[0])


def test_the_export_of_calls_has_no_last_page_and_ends(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.page = 2
    play(site, clock, *(called(number, number) for number in range(1, 6)))
    with desk_at(server, talk=True) as desk:
        told, cursor = calls(desk)
        assert {one.id for one in told} == {str(70_000 + number) for number in range(1, 6)}
        clock.move(hours=1)
        _, cursor = calls(desk, cursor)
        asked = len(server.requests)
        clock.move(hours=1)
        assert calls(desk, cursor)[0] == []
    assert len(server.requests) == asked + 1


@pytest.mark.parametrize(
    ("status", "voicemail", "answered"),
    [
        ("completed", False, True),
        ("abandoned_on_hold", False, True),
        ("completed", True, False),
        ("abandoned_in_queue", False, False),
        ("abandoned_in_voicemail", True, False),
        ("pending_voicemail", None, False),
        ("not_answered", False, False),
        ("abandoned_in_ivr", False, None),
        ("in_progress", False, None),
        ("not_started", False, None),
        ("failed", False, None),
        ("sent to mars", False, None),
        (None, None, None),
    ],
)
def test_who_was_not_in_the_queue_or_still_speaks_did_not_give_up(
    site: Site,
    server: Server,
    clock: StandingClock,
    *,
    status: str | None,
    voicemail: bool | None,
    answered: bool | None,
) -> None:
    play(site, clock, called(1, 1))
    site.called[1] |= {"completion_status": status, "voicemail": voicemail}
    with desk_at(server, talk=True) as desk, structlog.testing.capture_logs() as logs:
        told, _ = calls(desk)
    assert [one.answered for one in told] == ([] if answered is None else [answered])
    assert bool(logs) is (status == "sent to mars")


def test_whom_an_agent_called_and_who_did_not_take_it_gave_nothing_up(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, called(1, 1), called(2, 2))
    site.called[1] |= {"completion_status": "not_answered", "direction": "outbound"}
    site.called[2] |= {"completion_status": "Not_Answered"}
    with desk_at(server, talk=True) as desk:
        told, _ = calls(desk)
    assert [(one.answered, one.is_abandoned) for one in told] == [(False, False), (False, True)]


@pytest.mark.parametrize(
    ("status", "voicemail", "outside", "answered"),
    [
        ("completed", False, True, True),
        ("completed", True, True, None),
        ("abandoned_in_voicemail", True, True, None),
        ("abandoned_in_queue", False, True, None),
        ("not_answered", False, True, None),
        ("abandoned_in_queue", False, None, False),
    ],
)
def test_who_called_while_nobody_worked_gave_nothing_up(
    site: Site,
    server: Server,
    clock: StandingClock,
    *,
    status: str,
    voicemail: bool,
    outside: bool | None,
    answered: bool | None,
) -> None:
    """Unless somebody who was there all the same took the call."""
    play(site, clock, called(1, 1))
    site.called[1] |= {"completion_status": status, "voicemail": voicemail}
    site.called[1] |= {"outside_business_hours": outside}
    with desk_at(server, talk=True) as desk:
        told, _ = calls(desk)
    assert [one.answered for one in told] == ([] if answered is None else [answered])


def test_calls_are_read_where_one_asks_for_them(server: Server) -> None:
    with desk_at(server) as desk:
        assert Stream.CALLS not in desk.capabilities.streams
        assert Fact.CALLS not in desk.capabilities.facts
    with desk_at(server, talk=True) as desk:
        assert {Fact.CALLS, Fact.HOLD_TIME} <= desk.capabilities.facts


# --- what a plan may lack ---


def test_what_the_plan_lacks_ends_its_stream_and_check_says_so(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.absent |= {"satisfaction_ratings", "voice", "schedules"}
    play(site, clock, FIRST)
    with desk_at(server, talk=True) as desk:
        assert ratings(desk)[0] == []
        assert calls(desk)[0] == []
        assert desk.hours() == {}
        absent = [fact for fact in desk.check() if "gives no" in fact]
    assert absent == [
        "This account gives no ratings.",
        "This account gives no calls of Talk.",
        "This account gives no business schedules.",
    ]


def test_surveys_that_the_plan_lacks_are_told(site: Site, server: Server) -> None:
    site.absent.add("survey_responses")
    with desk_at(server, csat="surveys") as desk:
        assert ratings(desk)[0] == []
        assert "This account gives no answers to surveys." in desk.check()


def test_check_tells_who_is_let_in_and_what_is_there(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    assert "There are no tickets that its search finds." in desk.check()
    play(site, clock, FIRST)
    clock.move(minutes=30)
    assert list(desk.check()) == [
        f"Zendesk lets in {SUBJECT}, whose role is admin.",
        "The account may export tickets.",
        "There are 3 agents and 3 groups.",
        "The newest change is 30 minutes old.",
    ]


def test_an_anonymous_customer_is_nobody_who_was_let_in(
    site: Site, desk: HelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_person", lambda *_: {"id": None, "role": "end-user"})
    with pytest.raises(DeskRefused, match="does not accept the token"):
        desk.check()


# --- hours ---


def test_hours_are_the_schedules_with_their_holidays(site: Site, server: Server) -> None:
    night = [{"start_time": 1_320, "end_time": 1_800}, {"start_time": 1_800, "end_time": 1_860}]
    site.schedules = [
        schedule(2, "Night", time_zone="Pacific Time (US & Canada)", intervals=night),
        schedule(1, "Usual"),
        schedule(3, "Unused"),
        schedule(4, "Odd", time_zone="Middle-earth"),
        schedule(5, "Never", intervals=[]),
    ]
    site.holidays = {1: [{"start_date": "2026-12-24", "end_date": "2026-12-26"}]}
    with desk_at(server, schedules={"Night": ["Billing"], "Odd": ["General"]}) as desk:
        hours = desk.hours()
    assert set(hours) == {"Usual", "Night"}
    usual, late = hours["Usual"], hours["Night"]
    assert (usual.zone, usual.groups) == ("Europe/Athens", [])
    assert usual.closed == [date(2026, 12, day) for day in (24, 25, 26)]
    assert parse_week(usual.week) == parse_week("mon-fri 9-17")
    assert (late.zone, late.groups) == ("America/Los_Angeles", ["Billing"])
    assert parse_week(late.week) == parse_week("sun 22-24, mon 0-7")


# --- counts ---


def test_its_count_leaves_out_what_is_deleted_or_merged(
    site: Site, server: Server, clock: StandingClock
) -> None:
    for number in range(1, 6):
        play(site, clock, history.Opened(at(number), number, CUSTOMERS[0]))
    play(site, clock, history.Removed(at(9), 1, Removal.DELETED, ANNA))
    play(site, clock, history.Removed(at(9), 2, Removal.MERGED, ANNA, into=3))
    with desk_at(server) as desk:
        assert desk.count(Window(at(0), at(5))) == 2
        assert desk.count(Window(at(0), at(5)), Counted.GOOD_RATINGS) is None
    [asked] = server.asked("search/count")
    assert "created>=2026-11-02T08:00:00Z" in asked.params["query"]


# --- people, limits, errors ---


def test_agents_are_told_and_no_customer(site: Site, desk: HelpDesk) -> None:
    site.left.add(EVA)
    told = desk.agents()
    assert told == [Agent(str(PEOPLE[name]), name, history.address(name)) for name in (ANNA, BEN)]


def test_the_team_is_not_listed_at_every_sync(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    clock.move(minutes=5)
    with desk_at(server) as desk:
        _, cursor = sync(desk)
        assert len(desk.agents()) == 3
        for _ in range(3):
            play(site, clock, history.Wrote(clock.now(), 1, ANNA))
            clock.move(minutes=5)
            _, cursor = sync(desk, cursor)
            desk.agents()
        assert len(server.asked("api/v2/users")) == 1
        site.left.add(EVA)
        clock.move(hours=1)
        assert len(desk.agents()) == 2


def test_somebody_new_in_the_team_is_known_by_their_first_reply(
    site: Site, server: Server, clock: StandingClock
) -> None:
    """Somebody in copy is looked up once only, and nobody twice within a minute."""
    site.left.add(ANNA)
    play(site, clock, FIRST)
    clock.move(minutes=5)
    with desk_at(server) as desk:
        _, cursor = sync(desk)
        site.left.clear()
        play(site, clock, history.Wrote(clock.now(), 1, ANNA))
        clock.move(minutes=5)
        told, cursor = sync(desk, cursor)
        assert told["9001"].first_replier == str(PEOPLE[ANNA])
        listed = len(server.asked("api/v2/users"))
        for number in range(3):
            clock.move(minutes=5)
            other = PEOPLE[CUSTOMERS[4]]
            site.write(site.of(1), clock.now(), other, comment(other))
            clock.move(minutes=2)
            told, cursor = sync(desk, cursor)
            assert told["9001"].customer_messages == 2 + number
        assert len(server.asked("api/v2/users")) == listed + 1
        clock.move(minutes=5)
        site.exported = 1
        for number, customer in enumerate(CUSTOMERS[5:8], start=2):
            play(site, clock, history.Opened(clock.now(), number, CUSTOMERS[0]))
            site.write(site.of(number), clock.now(), PEOPLE[customer], comment(PEOPLE[customer]))
        clock.move(minutes=2)
        told, _ = sync(desk, cursor)
        assert [told[f"900{number}"].customer_messages for number in (2, 3, 4)] == [2, 2, 2]
        assert len(server.asked("api/v2/users")) == listed + 2


@pytest.mark.thorough
def test_the_account_may_be_asked_as_often_as_its_headers_say(
    clock: StandingClock,
) -> None:
    site = Site(clock, requests_per_minute=700)
    site.fill(400)
    clock.move(minutes=5)
    before = clock.now()
    with served(site) as server, desk_at(server) as desk:
        sync(desk)
    assert [limit.refused for limit in site.limits] == [0, 0, 0, 0]
    assert clock.now() == before, "400 histories fit into a minute of a plan with 700"


@pytest.mark.thorough
def test_a_small_plan_is_not_asked_too_often(clock: StandingClock) -> None:
    site = Site(clock, requests_per_minute=200)
    site.fill(400)
    clock.move(minutes=5)
    before = clock.now()
    with served(site) as server, desk_at(server) as desk:
        sync(desk)
    assert site.account.refused == 0
    assert timedelta(minutes=2) <= clock.now() - before < timedelta(minutes=4)


def test_exports_are_asked_for_ten_times_a_minute(clock: StandingClock) -> None:
    site = Site(clock, page=10)
    site.fill(250)
    clock.move(minutes=5)
    before = clock.now()
    with served(site) as server, desk_at(server, histories=False) as desk:
        sync(desk)
        assert len(server.asked("cursor")) == 25
    assert site.exports.refused == 0
    assert clock.now() - before >= timedelta(minutes=2)


def test_a_refusal_of_one_history_is_one_of_the_stream(
    site: Site, server: Server, clock: StandingClock
) -> None:
    play(site, clock, FIRST)
    clock.move(minutes=5)
    server.where, server.always = lambda asked: "audits" in asked.path, Fault.BROKEN
    with desk_at(server) as desk, pytest.raises(DeskUnavailable, match="HTTP 500"):
        sync(desk)


def test_no_text_of_a_customer_is_in_what_is_told(
    site: Site, desk: HelpDesk, clock: StandingClock
) -> None:
    for event in history.by_hand():
        play(site, clock, event)
    clock.move(hours=1)
    told, cursor = sync(desk)
    everything = repr([*told.values(), cursor, ratings(desk), desk.agents()])
    assert SUBJECT not in everything
    assert not any(customer in everything for customer in CUSTOMERS)


@pytest.mark.thorough
def test_a_quarter_of_a_million_tickets_are_read_a_page_at_a_time(
    site: Site, server: Server, clock: StandingClock
) -> None:
    site.fill(250_000)
    clock.move(minutes=5)
    with desk_at(server, histories=False) as desk:
        pages = desk.tickets(desk.start(HERE))
        told = [len(next(pages).rows) for _ in range(4)]
    assert told == [0, 1_000, 1_000, 1_000]
