"""Intercom, read from a simulated workspace that follows the rules of the real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import httpx
import pytest
import structlog.testing

from bot.domain import (
    ArticleDay,
    Fact,
    Removal,
    Response,
    Status,
    Stay,
    Stretch,
    Target,
    Ticket,
    Window,
)
from bot.errors import ConfigurationError, DeskMisunderstood, DeskUnavailable
from bot.helpdesks import Cursor, HelpDesk, Stream, load, ways
from bot.helpdesks.intercom.web import what_is_left
from bot.limits import Left
from bot.settings import BusinessHours
from tests.desks import history
from tests.desks.history import (
    AGENTS,
    BEGIN,
    CUSTOMERS,
    Assigned,
    Became,
    Called,
    Moved,
    Noted,
    Opened,
    Rated,
    Removed,
    Surveyed,
    Tagged,
    Wrote,
)
from tests.desks.intercom import BOT, TOKEN, Row, Site, admin, contact, team_id, unix
from tests.desks.wire import SUBJECT, Asked, Server, ShiftedClock, Told, served
from tests.times import StandingClock

ANNA, BEN, EVA = AGENTS
ONE = CUSTOMERS[0]
OVERLAP = timedelta(minutes=5)


def at(minutes: float = 0, *, days: float = 0) -> datetime:
    """So many minutes after the history begins."""
    return BEGIN + timedelta(days=days, minutes=minutes)


pytestmark = pytest.mark.usefixtures("retries_at_once")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(BEGIN)


@pytest.fixture
def site(clock: StandingClock) -> Site:
    return Site(clock)


Opener = Callable[..., Any]


@pytest.fixture
def opened(server: Server, clock: StandingClock) -> Opener:
    """Opens the workspace with some settings."""

    @contextmanager
    def open_with(**settings: Any) -> Iterator[HelpDesk]:
        given = {"kind": "intercom", "url": server.url, "token": TOKEN, **settings}
        with closing(load("acme", given, clock)) as desk:
            yield desk

    return open_with


@pytest.fixture
def desk(opened: Opener) -> Iterator[HelpDesk]:
    with opened() as desk:
        yield desk


class Store(dict[str, Any]):
    """What a store would keep of one stream, and where the stream stands."""

    cursor: Cursor

    def sync(
        self, desk: HelpDesk, stream: Stream = Stream.TICKETS, pages: int | None = None
    ) -> int:
        """Reads on; gives how many rows were told."""
        readers: Mapping[Stream, Any] = {
            Stream.TICKETS: desk.tickets,
            Stream.RATINGS: desk.ratings,
            Stream.CALLS: desk.calls,
            Stream.ARTICLES: desk.articles,
        }
        if not hasattr(self, "cursor"):
            self.cursor = desk.start(Window(at(days=-1), at(days=14)), stream)
        told = 0
        for page in islice(readers[stream](self.cursor), pages):
            told += len(page.rows)
            for row in page.rows:
                self[f"{row.article} {row.day}" if isinstance(row, ArticleDay) else row.id] = row
            self.cursor = page.cursor
        return told


def read(desk: HelpDesk, stream: Stream = Stream.TICKETS) -> Store:
    store = Store()
    store.sync(desk, stream)
    return store


def ticket(site: Site, desk: HelpDesk, number: int = 1) -> Ticket:
    """The one ticket, long after all of it happened."""
    _later(site, minutes=600)
    found: Ticket = read(desk)[site.ticket_id(number)]
    return found


def _later(site: Site, **by: float) -> None:
    assert isinstance(site.clock, StandingClock)
    site.clock.move(**by)


# --- what a conversation's history means ---


def _talk(site: Site, *parts: tuple[float, str, Row, Row], agent: str | None = None) -> None:
    """Conversation 1 and some parts: the minute, the type, the author, and what else there is."""
    site.happen(Opened(at(), 1, ONE, agent=agent))
    for minute, kind, author, more in parts:
        site.part(1, at(minute), kind, author, **more)
    site.touch(1, at(60))


TEXT = {"body": SUBJECT}
FILE: Row = {"attachments": [{"type": "upload", "name": SUBJECT, "url": "https://files.invalid/1"}]}
FIN = {**admin(BEN), "from_ai_agent": True}
ANNAS, BENS = (
    {"assigned_to": {"type": "admin", "id": site_id["id"]}} for site_id in (admin(ANNA), admin(BEN))
)
TEAM: Row = {"type": "team", "id": "5017000", "name": "General"}
NOBODY: Row = {"assigned_to": {"type": "nobody_admin", "id": None}}
FINS: Row = {"assigned_to": {"type": "bot", "id": "4711"}}
BILLING, TIER = (
    {"assigned_to": {"type": "team", "id": team_id(one)}} for one in ("Billing", "Second tier")
)
ANNA_ID, BEN_ID = admin(ANNA)["id"], admin(BEN)["id"]

CASES: Mapping[str, tuple[list[tuple[float, str, Row, Row]], dict[str, Any]]] = {
    "a close with a text is a reply and a solve": (
        [(5, "close", admin(ANNA), TEXT)],
        {"first_reply_at": at(5), "first_replier": ANNA_ID, "agent_replies": 1, "solver": ANNA_ID},
    ),
    "a close without a text is no reply": (
        [(5, "close", admin(ANNA), {})],
        {"first_reply_at": None, "last_solved_at": at(5), "agent_messages": 0},
    ),
    "an assignment with a text is a reply": (
        [(5, "assignment", admin(ANNA), BENS | TEXT)],
        {"first_reply_at": at(5), "first_replier": ANNA_ID},
    ),
    "a note is none, also where it opens again": (
        [
            (1, "note", admin(ANNA), TEXT),
            (2, "close", admin(ANNA), {}),
            (3, "note_and_reopen", admin(BEN), TEXT),
            (4, "close", admin(BEN), {}),
        ],
        {"first_reply_at": None, "reopens": 1, "solver": BEN_ID, "agent_messages": 0},
    ),
    "what a bot, a team or the AI agent writes is no reply": (
        [
            (1, "comment", BOT, TEXT),
            (2, "comment", FIN, TEXT),
            (3, "comment", TEAM, TEXT),
            (4, "comment", admin(ANNA), TEXT),
        ],
        {
            "first_reply_at": at(4),
            "agent_replies": 1,
            "responses": (Response(at(), at(4), ANNA_ID),),
        },
    ),
    "who a bot solves for is nobody": (
        [(5, "close", BOT, {})],
        {"solver": None, "last_solved_at": at(5)},
    ),
    "entries that nobody explained say nothing": (
        [(5, "call_summary", BOT, TEXT), (6, "fin_did_something", admin(ANNA), TEXT)],
        {"agent_messages": 0, "customer_messages": 1, "first_reply_at": None},
    ),
    "a click of the contact that carries a text is a message": (
        [(5, "quick_reply", contact(ONE), TEXT)],
        {"customer_messages": 2},
    ),
    "who offers such clicks says nothing": (
        [(5, "quick_reply", admin(ANNA), {})],
        {"agent_messages": 0},
    ),
    "a file alone is a message, and opens again what was closed": (
        [
            (5, "close", admin(ANNA), FILE),
            (9, "open", contact(ONE), FILE),
            (12, "note", admin(ANNA), FILE),
            (20, "close", admin(BEN), {"attachments": []}),
        ],
        {
            "first_reply_at": at(5),
            "customer_messages": 2,
            "agent_messages": 1,
            "reopens": 1,
        },
    ),
    "a lead is a contact": (
        [(5, "comment", {**contact(ONE), "type": "lead"}, TEXT)],
        {"customer_messages": 2},
    ),
    "to be taken off, and a bot, are no transfer": (
        [
            (1, "assignment", BOT, FINS),
            (2, "assignment", admin(ANNA), ANNAS),
            (3, "assignment", admin(ANNA), NOBODY),
            (4, "away_mode_assignment", BOT, ANNAS),
        ],
        {"transfers": 0},
    ),
    "another teammate and another team are transfers": (
        [
            (1, "assignment", admin(ANNA), ANNAS),
            (2, "assign_and_unsnooze", admin(ANNA), BENS),
            (3, "assignment", admin(ANNA), BILLING),
        ],
        {"transfers": 2},
    ),
    "a timer ends a snooze": (
        [
            (10, "snoozed", admin(ANNA), {}),
            (20, "timer_unsnooze", BOT, {}),
            (30, "close", admin(ANNA), {}),
        ],
        {"waits": (Stretch(at(), at(30)),), "reopens": 0},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happens_is_what_counts(case: str, site: Site, desk: HelpDesk) -> None:
    parts, wanted = CASES[case]
    _talk(site, *parts)
    if any(kind == "close" for _, kind, _, _ in parts):
        site.talks[1].row["state"] = "closed"
        site.touch(1)
    if any(more is BILLING for _, _, _, more in parts):
        site.talks[1].row["team_assignee_id"] = int(team_id("Billing"))
    found = ticket(site, desk)
    assert {name: getattr(found, name) for name in wanted} == wanted


def test_a_snoozed_conversation_waits_for_us_or_as_the_settings_say(
    site: Site, opened: Opener
) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Became(at(10), 1, Status.PENDING, ANNA))
    for settings, status in (({}, Status.HOLD), ({"snoozed": "pending"}, Status.PENDING)):
        with opened(**settings) as desk:
            assert ticket(site, desk).status is status
    site.happen(Wrote(at(30), 1))
    site.happen(Became(at(40), 1, Status.SOLVED, ANNA))
    for settings, minutes in (({}, 40), ({"snoozed": "pending"}, 20)):
        with opened(**settings) as desk:
            found = ticket(site, desk)
            assert found.requester_wait == timedelta(minutes=minutes)
            assert found.reopens == 0


def test_what_an_agent_sent_lies_closed_until_the_contact_answers(
    site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE, agent=ANNA))
    site.talks[1].row |= {"state": "closed", "open": False}
    site.touch(1)
    found = ticket(site, desk)
    assert (found.status, found.last_solved_at, found.agent_messages) == (Status.SOLVED, None, 1)
    site.happen(Wrote(at(30), 1))
    site.happen(Wrote(at(50), 1, ANNA))
    site.happen(Became(at(50), 1, Status.SOLVED, ANNA))
    found = ticket(site, desk)
    assert (found.reopens, found.first_solved_at) == (0, at(50))
    assert found.waits == (Stretch(at(30), at(50)),)
    assert found.first_reply_at == at(50)


def _campaign(site: Site, how: str) -> None:
    site.happen(Opened(at(), 1, ONE, agent=ANNA))
    row = site.talks[1].row
    row["source"] = {**row["source"], "delivered_as": how}
    site.touch(1)


@pytest.mark.parametrize("how", ["campaigns_initiated", "automated", "operator_initiated"])
def test_what_bots_and_campaigns_send_counts_once_a_contact_answers(
    how: str, site: Site, opened: Opener
) -> None:
    _campaign(site, how)
    _later(site, minutes=600)
    day = Window(BEGIN.replace(hour=0), BEGIN.replace(hour=0) + timedelta(days=1))
    with opened(unanswered=True) as desk:
        assert read(desk)[site.ticket_id(1)].agent_messages == 0
        assert desk.count(day) == 1
    with opened() as desk:
        assert not read(desk)
        assert desk.count(day) == 0
    site.happen(Wrote(at(600), 1))
    site.happen(Wrote(at(610), 1, BEN))
    _later(site, minutes=600)
    with opened() as desk:
        found = read(desk)[site.ticket_id(1)]
    assert found.first_reply_at == at(610)
    assert found.responses == (Response(at(600), at(610), BEN_ID),)


def test_what_began_in_an_unknown_way_is_stored_as_it_is_counted(
    site: Site, desk: HelpDesk
) -> None:
    _campaign(site, "carrier_pigeon_initiated")
    site.talks[1].row["source"]["author"] = BOT
    site.talks[1].parts.clear()
    site.touch(1)
    day = Window(BEGIN.replace(hour=0), BEGIN.replace(hour=0) + timedelta(days=1))
    assert ticket(site, desk).agent_messages == 0
    assert desk.count(day) == 1


@pytest.mark.parametrize("unanswered", [True, False])
def test_the_history_of_what_nobody_answered_is_asked_for_only_where_it_counts(
    site: Site, opened: Opener, server: Server, *, unanswered: bool
) -> None:
    _campaign(site, "campaigns_initiated")
    site.happen(Opened(at(1), 2, ONE))
    _later(site, minutes=600)
    with opened(unanswered=unanswered) as desk:
        assert len(read(desk)) == 1 + unanswered
    assert len(server.asked(f"/conversations/{site.ticket_id(1)}")) == unanswered
    assert len(server.asked(f"/conversations/{site.ticket_id(2)}")) == 1


def test_what_was_answered_counts_where_no_statistics_say_so(site: Site, desk: HelpDesk) -> None:
    _campaign(site, "automated")
    site.happen(Wrote(at(5), 1))
    site.talks[1].row |= {"statistics": None, "first_contact_reply": None}
    site.touch(1)
    assert ticket(site, desk).customer_messages == 1


def test_a_teams_first_conversation_is_no_move_and_every_other_is(
    site: Site, opened: Opener
) -> None:
    site.happen(Opened(at(), 1, ONE, group="Billing"))
    site.happen(Moved(at(10), 1, "Second tier", ANNA))
    site.happen(Moved(at(20), 1, "General", ANNA))
    with opened(escalation_groups=["second TIER"]) as desk:
        found = ticket(site, desk)
    assert found.stays == (
        Stay(at(), "Billing"),
        Stay(at(10), "Second tier"),
        Stay(at(20), "General"),
    )
    assert (found.group, found.escalated, found.transfers) == ("General", True, 2)


def test_a_team_that_came_with_a_teammate_is_seen_at_the_end(site: Site, desk: HelpDesk) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Assigned(at(10), 1, ANNA, BEN))
    row = site.talks[1].row
    row["team_assignee_id"] = int(team_id("Billing"))
    row["statistics"] = {**row["statistics"], "last_assignment_at": unix(at(10))}
    site.touch(1)
    assert ticket(site, desk).stays == (Stay(at(), "General"), Stay(at(10), "Billing"))


def test_a_team_that_is_gone_is_told_by_its_number(site: Site, desk: HelpDesk) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.talks[1].row["team_assignee_id"] = 77
    site.talks[1].parts.clear()
    site.touch(1)
    assert ticket(site, desk).group == "77"


def test_a_close_that_no_part_tells_of_is_that_of_the_statistics(
    site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    row = site.talks[1].row
    told = {"last_close_at": unix(at(45)), "last_closed_by_id": ANNA_ID}
    row |= {"state": "closed", "statistics": {**row["statistics"], **told}}
    site.touch(1, at(50))
    found = ticket(site, desk)
    assert (found.last_solved_at, found.solver) == (at(45), ANNA_ID)


@pytest.mark.parametrize(("says", "solved"), [("closed", 30), (None, 50)])
def test_what_was_closed_all_along_is_closed_when_its_parts_say_so_or_at_the_last_change(
    site: Site, desk: HelpDesk, says: str | None, solved: int
) -> None:
    """A message that opens nothing, as where the contact may not answer closed conversations."""
    site.happen(Opened(at(), 1, ONE))
    site.happen(Became(at(10), 1, Status.SOLVED, ANNA))
    site.part(1, at(30), "comment", contact(ONE), **TEXT, state=says)
    site.touch(1, at(50))
    found = ticket(site, desk)
    assert (found.status, found.first_solved_at, found.last_solved_at) == (
        Status.SOLVED,
        at(10),
        at(solved),
    )


def test_a_solve_that_no_part_tells_of_does_not_wander_with_every_change(
    site: Site, desk: HelpDesk
) -> None:
    """The first part that was written while it was closed dates it, whatever comes later."""
    site.happen(Opened(at(), 1, ONE))
    site.part(1, at(20), "note", admin(ANNA), **TEXT)
    site.talks[1].row["state"] = "closed"
    for minute in (30, 40):
        site.part(1, at(minute), "conversation_attribute_updated_by_admin", admin(ANNA))
    for minute in (50, 90):
        site.touch(1, at(minute))
        assert ticket(site, desk).last_solved_at == at(30)
    site.happen(Tagged(at(95), 1, "late", ANNA))
    assert ticket(site, desk).last_solved_at == at(30)


def test_an_opening_that_no_part_tells_of_is_dated_by_the_last_change(
    site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Became(at(10), 1, Status.SOLVED, ANNA))
    site.talks[1].row["state"] = "open"
    site.touch(1, at(50))
    found = ticket(site, desk)
    assert (found.status, found.reopens) == (Status.OPEN, 1)
    assert found.reopenings[0].reopened_at == at(50)


def test_of_more_than_500_parts_the_statistics_tell_the_beginning(
    site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Wrote(at(5), 1, ANNA))
    site.happen(Became(at(6), 1, Status.SOLVED, ANNA))
    site.happen(Wrote(at(7), 1))
    for _ in range(499):
        site.happen(Noted(at(8), 1, ANNA))
    site.happen(Wrote(at(9), 1, BEN))
    found = ticket(site, desk)
    assert (found.first_reply_at, found.first_replier) == (at(5), None)
    assert (found.first_solved_at, found.reopens) == (at(6), 1)
    assert found.agent_replies == 1  # what the parts do not tell is not made up


def test_the_customer_is_an_address_where_it_is_told(site: Site, desk: HelpDesk) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Opened(at(), 2, ONE, agent=ANNA))
    site.happen(Opened(at(), 3, ONE, agent=ANNA))
    site.happen(Wrote(at(5), 3))
    _later(site, minutes=60)
    found = [read(desk)[site.ticket_id(number)].requester for number in (1, 2, 3)]
    assert found == [ONE, contact(ONE)["id"], ONE]


def test_without_histories_a_customer_is_the_same_whoever_began(site: Site, opened: Opener) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Opened(at(1), 2, ONE, agent=ANNA))
    site.happen(Wrote(at(5), 2))
    _later(site, minutes=60)
    with opened(histories=False) as desk:
        assert {one.requester for one in read(desk).values()} == {contact(ONE)["id"]}


def test_who_joined_later_is_not_the_customer(site: Site, desk: HelpDesk) -> None:
    site.happen(Opened(at(), 1, ONE, agent=ANNA))
    site.part(1, at(5), "comment", contact(CUSTOMERS[1]), **TEXT)
    site.part(1, at(6), "comment", contact(ONE), **TEXT)
    site.touch(1, at(6))
    assert ticket(site, desk).requester == ONE


@pytest.mark.parametrize(
    ("source", "channel"),
    [
        ("conversation", "chat"),
        ("push", "chat"),
        ("email", "email"),
        ("phone_call", "phone"),
        ("phone_switch", "phone"),
        ("sms", "sms"),
        ("whatsapp", "whatsapp"),
        ("carrier_pigeon", "other"),
        (None, None),
    ],
)
def test_channels_are_where_conversations_come_from(
    source: str | None, channel: str | None, site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    row = site.talks[1].row
    row["source"] = {**row["source"], "type": source}
    site.touch(1)
    assert ticket(site, desk).channel == channel


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("2.14", ["normal", "normal", "high", "high", "normal"]),
        ("2.16", ["low", "normal", "high", "urgent", "normal"]),
    ],
)
def test_priorities_are_two_or_five_by_the_version(
    version: str, wanted: list[str], site: Site, opened: Opener, server: Server
) -> None:
    for number, priority in enumerate(("low", "normal", "high", "urgent", "none"), 1):
        site.happen(Opened(at(), number, ONE, priority=priority))
    _later(site, minutes=60)
    with opened(version=version) as desk:
        store = read(desk)
    found = [store[site.ticket_id(number)].priority for number in range(1, 6)]
    assert found == wanted
    asked = {one.headers["intercom-version"] for one in server.asked("search")}
    assert asked == {version}


# --- merged, deleted ---


def test_a_merged_conversation_leaves_a_tombstone_and_the_count(site: Site, desk: HelpDesk) -> None:
    for number in (1, 2, 3):
        site.happen(Opened(at(number), number, ONE))
    site.happen(Removed(at(20), 2, Removal.MERGED, ANNA, into=1))
    _later(site, minutes=60)
    store = read(desk)
    assert store[site.ticket_id(2)].removal is Removal.MERGED
    day = Window(BEGIN.replace(hour=0), BEGIN.replace(hour=0) + timedelta(days=1))
    assert desk.count(day) == 2
    # Once it is deleted too, it is not taken off twice.
    site.happen(Removed(at(70), 2, Removal.DELETED, ANNA))
    _later(site, minutes=60)
    store.sync(desk)
    assert store[site.ticket_id(2)].removal is Removal.DELETED
    assert desk.count(day) == 2


def test_what_was_merged_is_known_to_the_next_process_and_not_for_ever(
    site: Site, opened: Opener
) -> None:
    for number in (1, 2):
        site.happen(Opened(at(number), number, ONE))
    site.happen(Removed(at(20), 2, Removal.MERGED, ANNA, into=1))
    _later(site, minutes=60)
    day = Window(BEGIN.replace(hour=0), BEGIN.replace(hour=0) + timedelta(days=1))
    with opened() as desk:
        assert desk.count(day) is None  # it does not know what was merged
        store = read(desk)
    with opened() as desk:
        store.sync(desk)
        assert desk.count(day) == 1
        assert desk.count(Window(day.start - timedelta(days=3), day.end)) is None
    _later(site, days=70)
    with opened() as desk:
        store.sync(desk)
        assert "merged" not in store.cursor
        assert desk.count(day) is None
    with opened(histories=False) as desk:
        assert desk.count(day) == 2  # merged ones count on both sides


@pytest.mark.thorough
def test_a_deleted_conversation_is_told_in_the_version_that_knows_of_it(
    site: Site, desk: HelpDesk, server: Server
) -> None:
    for number in range(1, 80):
        site.happen(Opened(at(), number, ONE))
    _later(site, minutes=60)
    store = read(desk)
    for number in range(1, 71):
        site.happen(Removed(at(70), number, Removal.DELETED, ANNA))
    _later(site, minutes=60)
    before = len(server.requests)
    store.sync(desk)
    gone = [one.id for one in store.values() if one.removal is Removal.DELETED]
    assert gone == [site.ticket_id(number) for number in range(1, 71)]
    asked = [one for one in server.requests[before:] if "deleted" in one.path]
    assert [one.params["page"] for one in asked] == ["1", "2"]
    assert {one.headers["intercom-version"] for one in asked} == {"2.16"}
    _later(site, minutes=60)
    assert store.sync(desk) == 0


def test_what_a_search_still_finds_of_a_deleted_one_does_not_bring_it_back(
    site: Site, opened: Opener
) -> None:
    site.lag = timedelta(seconds=100)
    for settings, number in (({"histories": True}, 1), ({"histories": False}, 2)):
        site.happen(Opened(site.clock.now(), number, ONE))
        _later(site, seconds=110)
        with opened(**settings) as desk:
            store = read(desk)
            site.happen(Removed(site.clock.now(), number, Removal.DELETED, ANNA))
            _later(site, seconds=10)
            store.sync(desk)
            store.sync(desk)
        assert store[site.ticket_id(number)].removal is Removal.DELETED


def test_without_the_list_of_deletions_the_rest_is_told(site: Site, desk: HelpDesk) -> None:
    site.forbidden = {"conversations/deleted"}
    site.happen(Opened(at(), 1, ONE))
    assert ticket(site, desk).status is Status.OPEN
    assert any("which conversations were deleted" in fact for fact in desk.check())


# --- what Intercom counts itself ---


def test_without_histories_there_are_its_statistics_and_one_request(
    site: Site, opened: Opener, server: Server
) -> None:
    events = history.whole(20)
    for event in events:
        site.happen(event)
    _later(site, days=5)
    with opened(histories=False, calls=True) as desk:
        facts = desk.capabilities.facts
        store = read(desk)
    assert not facts & {Fact.REPLIES, Fact.RESPONSES, Fact.TRANSFERS, Fact.WAITS}
    assert len([one for one in server.requests if one.path.startswith("/conversations/2")]) == 0
    wanted = history.expected(events)
    for number in (1, 2, 3, 4, 8, 9, *range(10, 30)):
        found, told = store[site.ticket_id(number)], wanted[number]
        assert found.first_reply_at == told.first_reply_at
        assert found.first_solved_at == told.first_solved_at
        assert found.last_solved_at == told.last_solved_at
        assert found.solver == (site.agent_id(told.solver) if told.solver else None)
        assert found.reopens == told.reopens
        assert (found.agent_messages, found.responses, found.waits) == (0, (), ())


@pytest.mark.parametrize("histories", [True, False])
def test_a_bot_that_closed_is_no_solver_and_a_teammate_is_one(
    site: Site, opened: Opener, *, histories: bool
) -> None:
    """No entry of the history tells who closed it."""
    for number, by in enumerate((BOT["id"], ANNA_ID, "17"), 1):
        site.happen(Opened(at(), number, ONE))
        row = site.talks[number].row
        told = {"last_close_at": unix(at(45)), "last_closed_by_id": by}
        row |= {"state": "closed", "statistics": {**row["statistics"], **told}}
        site.touch(number, at(50))
    _later(site, minutes=600)
    with opened(histories=histories) as desk:
        store = read(desk)
    found = [store[site.ticket_id(number)].solver for number in (1, 2, 3)]
    assert found == [None, ANNA_ID, None]


def test_a_teammate_who_left_is_a_solver_where_the_history_knows_them(
    site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.part(1, at(5), "comment", {**admin(ANNA), "id": "17"}, **TEXT)
    row = site.talks[1].row
    told = {"last_close_at": unix(at(45)), "last_closed_by_id": "17"}
    row |= {"state": "closed", "statistics": {**row["statistics"], **told}}
    site.touch(1, at(50))
    assert ticket(site, desk).solver == "17"


def test_who_the_teammates_are_is_asked_once_an_hour_where_none_is_to_be_seen(
    site: Site, opened: Opener, server: Server
) -> None:
    site.forbidden = {"admins"}
    for number in (1, 2):
        site.happen(Opened(at(), number, ONE))
        site.happen(Became(at(5), number, Status.SOLVED, ANNA))
    with opened(histories=False) as desk:
        assert ticket(site, desk).solver is None
    assert len(server.asked("/admins")) == 1


STATISTICS = {
    "time_to_admin_reply": 600,
    "time_to_first_close": 1_200,
    "time_to_last_close": 2_400,
    "handling_time": 900,
    "adjusted_handling_time": 420,
}


def test_its_durations_are_those_of_its_own_office_hours_only_where_wanted(
    site: Site, opened: Opener
) -> None:
    site.happen(Opened(at(), 1, ONE))
    row = site.talks[1].row
    row["statistics"] = {**row["statistics"], **STATISTICS}
    site.touch(1)
    with opened() as desk:
        assert ticket(site, desk).business is None
        assert Fact.BUSINESS_TIMES not in desk.capabilities.facts
    with opened(own_business_times=True) as desk:
        business = ticket(site, desk).business
        assert Fact.BUSINESS_TIMES in desk.capabilities.facts
    assert business is not None
    assert business.first_reply == timedelta(seconds=600)
    assert business.first_resolution == timedelta(seconds=1_200)
    assert business.resolution == timedelta(seconds=2_400)
    assert business.requester_wait is None


@pytest.mark.parametrize(("handling", "seconds"), [("active", 420), ("assigned", 900)])
def test_the_handle_time_is_the_time_at_work_or_all_of_it(
    handling: str, seconds: int, site: Site, opened: Opener
) -> None:
    for number in (1, 2):
        site.happen(Opened(at(), number, ONE))
    row = site.talks[1].row
    row["statistics"] = {**row["statistics"], **STATISTICS}
    site.touch(1)
    with opened(handling=handling) as desk:
        assert ticket(site, desk).handle == timedelta(seconds=seconds)
        assert ticket(site, desk, 2).handle is None


def _sla(site: Site, status: str | None, *, closed: bool, name: str | None = "Gold") -> None:
    site.happen(Opened(at(), 1, ONE))
    site.happen(Wrote(at(5), 1, ANNA))
    if closed:
        site.happen(Became(at(30), 1, Status.SOLVED, ANNA))
    site.talks[1].row["sla_applied"] = {"sla_name": name, "sla_status": status}
    site.touch(1)


@pytest.mark.parametrize(
    ("status", "closed", "wanted"),
    [
        ("hit", True, [Target("Gold", at(30), at(30))]),
        ("hit", False, []),  # may still be missed
        ("missed", True, [Target("Gold", at(30))]),
        ("missed", False, []),  # nothing tells when
        ("active", True, []),
        ("cancelled", True, []),
        (None, True, []),
    ],
)
def test_an_sla_is_decided_at_the_close(
    status: str | None, closed: bool, wanted: list[Target], site: Site, desk: HelpDesk
) -> None:
    _sla(site, status, closed=closed)
    assert list(ticket(site, desk).targets) == wanted


def test_a_missed_sla_does_not_wander_with_every_reply(site: Site, desk: HelpDesk) -> None:
    _sla(site, "missed", closed=True)
    before = ticket(site, desk).targets
    site.happen(Wrote(at(days=8), 1, ANNA))
    _later(site, days=9)
    assert read(desk)[site.ticket_id(1)].targets == before == (Target("Gold", at(30)),)


def test_an_sla_without_a_name_is_one_all_the_same(site: Site, desk: HelpDesk) -> None:
    _sla(site, "missed", closed=True, name=None)
    assert [one.name for one in ticket(site, desk).targets] == ["SLA"]


def test_of_the_promises_of_the_history_those_are_met_that_were_kept(
    site: Site, desk: HelpDesk
) -> None:
    for event in history.by_hand():
        site.happen(event)
    _later(site, days=5)
    store = read(desk)
    targets = [(store[site.ticket_id(number)].targets, number) for number in (1, 3)]
    assert [(one[0].done_at is not None, number) for one, number in targets] == [
        (True, 1),
        (False, 3),
    ]


# --- the walk ---


def test_more_rows_of_one_second_than_a_page_holds_are_all_told_once(
    site: Site, opened: Opener
) -> None:
    for event in history.burst(400):
        site.happen(event)
    _later(site, days=5)
    with opened(histories=False) as desk:
        store = Store()
        assert store.sync(desk) == 400
    assert len(store) == 400


def test_a_row_given_as_it_is_now_where_it_was_hides_none_behind_it(
    site: Site, clock: StandingClock, opened: Opener
) -> None:
    """A search that is behind finds rows at their old places, and gives them with the new date."""
    site.page, site.fresh_rows = 3, True
    for number in range(1, 31):
        site.happen(Opened(at(number), number, ONE))
    clock.set(at(300))
    site.lag = timedelta(seconds=100)
    for number in (3, 5, 6, 9, 12, 13, 14, 15):
        site.happen(Tagged(at(300), number, "vip", ANNA))
    clock.set(at(300.5))
    with opened(complaint_tags=["vip"]) as desk:
        store = read(desk)
    assert len(store) == 30
    assert sum(one.complaint for one in store.values()) == 8


def test_a_first_read_ends_while_the_desk_is_busy(
    site: Site, clock: StandingClock, server: Server, opened: Opener
) -> None:
    site.page = 3
    for number in range(1, 20):
        site.happen(Opened(at(number), number, ONE))
    clock.set(at(60))

    def busy(request: int) -> None:
        """More changes between two requests than a page can take."""
        clock.move(seconds=5)
        for number in range(4):
            site.happen(Tagged(clock.now(), (4 * request + number) % 19 + 1, "vip", ANNA))

    server.after = busy
    with opened(histories=False, complaint_tags=["vip"]) as desk:
        store = Store()
        store.sync(desk, pages=60)
        assert len(server.requests) < 40
        server.after = lambda _request: None
        clock.move(minutes=20)
        store.sync(desk)
    assert len(store) == 19
    tagged = {f"{id_}" for id_, one in store.items() if one.complaint}
    assert tagged == {
        site.ticket_id(number) for number, talk in site.talks.items() if talk.row["tags"]["tags"]
    }


def test_a_date_condition_that_takes_in_its_own_second_changes_nothing(
    site: Site, opened: Opener
) -> None:
    """The documentation calls `>` “greater (or equal)”."""
    site.page, site.inclusive = 4, True
    for number in range(1, 31):
        site.happen(Opened(at(number / 60), number, ONE))
    _later(site, minutes=600)
    with opened(histories=False) as desk:
        store = Store()
        assert store.sync(desk) == 30
        _later(site, minutes=60)
        assert store.sync(desk) == 0


def test_a_first_read_takes_older_conversations_that_are_unsolved(
    site: Site, desk: HelpDesk
) -> None:
    for number in (1, 2, 3, 4):
        site.happen(Opened(at(days=-30), number, ONE))
    site.happen(Became(at(days=-29), 1, Status.SOLVED, ANNA))
    site.happen(Became(at(days=-29), 2, Status.PENDING, ANNA))
    site.happen(Opened(at(), 5, ONE))
    site.happen(Tagged(at(), 4, "vip", ANNA))
    _later(site, minutes=600)
    store = read(desk)
    assert list(store) == [site.ticket_id(number) for number in (3, 2, 4, 5)]


def test_how_many_are_expected_is_told_on_the_way(site: Site, opened: Opener) -> None:
    site.page = 5
    for number in range(1, 4):
        site.happen(Opened(at(days=-30), number, ONE))
    for number in range(4, 24):
        site.happen(Opened(at(number), number, ONE))
    _later(site, minutes=600)
    with opened(histories=False) as desk:
        pages = list(desk.tickets(desk.start(Window(at(days=-1), at(days=1)))))
    assert pages[0].expected == 3
    assert {page.expected for page in pages[2:] if page.rows} == {23}


def test_a_quarter_of_a_million_are_read_by_the_page(site: Site, opened: Opener) -> None:
    site.fill(250_000)
    _later(site, days=13)
    with opened(histories=False) as desk:
        pages = desk.tickets(desk.start(Window(at(days=-1), at(days=13))))
        first = list(islice((page for page in pages if page.rows), 12))
    assert [len(page.rows) for page in first] == [150] + [149] * 11
    assert first[0].expected == 250_000
    assert first[-1].rows[-1].created_at == at() + timedelta(seconds=4 * (150 + 11 * 149 - 1))
    assert len(str(first[-1].cursor)) < 100


def test_a_second_sync_with_nothing_new_is_three_requests(
    site: Site, desk: HelpDesk, server: Server
) -> None:
    for event in history.whole(20):
        site.happen(event)
    _later(site, days=5)
    store = read(desk)
    _later(site, minutes=10)
    before = len(server.requests)
    assert store.sync(desk) == 0
    assert [one.path for one in server.requests[before:]] == [
        "/me",
        "/conversations/search",
        "/conversations/deleted",
    ]


def test_tickets_and_ratings_of_one_sync_ask_once_what_time_it_is(
    site: Site, desk: HelpDesk, server: Server
) -> None:
    tickets, ratings = Store(), Store()
    for number in (1, 2):
        site.happen(Opened(site.clock.now(), number, ONE))
        site.happen(Surveyed(site.clock.now(), number, ANNA))
        _later(site, minutes=30)
        tickets.sync(desk)
        ratings.sync(desk, Stream.RATINGS)
        assert len(ratings) == len(server.asked("/me")) == number
    _later(site, minutes=30)
    ratings.sync(desk, Stream.RATINGS)
    assert len(server.asked("/me")) == 3


def test_office_hours_may_change_without_reading_everything_again() -> None:
    assert "office_hours" in ways("intercom")


@pytest.mark.parametrize("stream", [Stream.TICKETS, Stream.RATINGS, Stream.CALLS, Stream.ARTICLES])
def test_a_cursor_that_is_none_of_ours_is_told(stream: Stream, opened: Opener) -> None:
    store = Store()
    store.cursor = {"since": "yesterday", "day": 7}
    with (
        opened(calls=True, articles=True) as desk,
        pytest.raises(DeskMisunderstood, match="--since"),
    ):
        store.sync(desk, stream)


def test_a_list_that_repeats_its_last_page_has_an_end(site: Site, opened: Opener) -> None:
    site.clamps = True
    site.articles = {str(number): number for number in range(30)}
    for number in range(1, 31):
        _call(site, number, number)
        site.happen(Opened(at(number), number, ONE))
        site.happen(Removed(at(number + 1), number, Removal.DELETED, ANNA))
    _later(site, minutes=600)
    with opened(calls=True, articles=True) as desk:
        assert len(read(desk)) == len(read(desk, Stream.CALLS)) == 30
        assert len(read(desk, Stream.ARTICLES).cursor["base"]) == 30


# --- the wire ---


def test_an_empty_answer_is_asked_for_again(
    site: Site, clock: StandingClock, opened: Opener
) -> None:
    site.happen(Opened(at(), 1, ONE))
    clock.move(minutes=60)
    told = site.answer
    answers: Iterator[bool] = iter([False, True, True, False, True])

    def sometimes(asked: Asked) -> Told:
        return Told(b"") if next(answers, False) else told(asked)

    site.answer = sometimes  # type: ignore[method-assign]
    with opened() as desk:
        assert len(read(desk)) == 1
    answers = cycle([True])
    with opened() as desk, pytest.raises(DeskMisunderstood, match="breaks off"):
        read(desk)


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_the_reset_of_the_limit_is_a_moment_of_its_own_clock(
    minutes: int, clock: StandingClock
) -> None:
    site = Site(ShiftedClock(clock, timedelta(minutes=minutes)))
    site.limits[0].limit = 5
    with served(site) as server:
        given = {"kind": "intercom", "url": server.url, "token": TOKEN}
        with closing(load("acme", given, clock)) as desk:
            for _ in range(4):
                desk.check()
    # 20 requests, five in 10 seconds: none was refused, and nobody waited much longer.
    assert site.limits[0].refused == 0
    assert timedelta(seconds=20) < clock.now() - BEGIN < timedelta(seconds=90)


@pytest.mark.parametrize(
    ("told", "limit"), [("10000", 1_600), ("500", 500), ("", None), ("x", None)]
)
def test_a_limit_told_for_a_minute_does_not_make_it_hasty(told: str, limit: int | None) -> None:
    said = what_is_left(httpx.Headers({"X-RateLimit-Limit": told}), BEGIN)
    assert said == {"app": Left(limit)}


def test_nothing_that_anybody_wrote_goes_further(site: Site, opened: Opener) -> None:
    for event in history.whole(10):
        site.happen(event)
    _later(site, days=5)
    with opened(calls=True) as desk:
        told = [*read(desk).values(), *read(desk, Stream.RATINGS).values()]
        told += [*read(desk, Stream.CALLS).values(), *desk.check()]
        conversation = desk._web.conversation(site.ticket_id(1))  # noqa: SLF001
    assert SUBJECT not in repr(told) + repr(conversation)
    assert "@" not in repr(told) + repr(conversation)


# --- ratings ---


def test_a_rating_is_told_when_it_is_asked_for_and_again_when_it_is_given(
    site: Site, desk: HelpDesk
) -> None:
    for number in (1, 2):
        site.happen(Opened(at(), number, ONE))
    site.happen(Surveyed(at(10), 1, ANNA))
    _later(site, minutes=60)
    store = read(desk, Stream.RATINGS)
    [rating] = store.values()
    assert (rating.asked_at, rating.given_at, rating.raw) == (at(10), None, None)
    site.happen(Rated(at(61), 1, ANNA, good=True))
    _later(site, minutes=60)
    assert store.sync(desk, Stream.RATINGS) == 1
    [rating] = store.values()
    assert (rating.given_at, rating.raw, rating.agent) == (at(61), 5, ANNA_ID)
    _later(site, minutes=60)
    assert store.sync(desk, Stream.RATINGS) == 0


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"rating": 4, "updated_at": unix(at(7))}, (at(7), 4, None)),
        ({"rating": 4, "updated_at": None}, (at(5), 4, None)),
        ({"rating": None, "updated_at": unix(at(7))}, (None, None, None)),
        ({"rating": 2, "teammate": {"type": "bot", "id": "1"}}, (at(5), 2, None)),
        ({"rating": 2, "teammate": {"type": "admin", "id": 17}}, (at(5), 2, "17")),
    ],
)
def test_a_rating_with_gaps_is_what_is_left_of_it(
    told: Row, wanted: tuple[Any, ...], site: Site, desk: HelpDesk
) -> None:
    site.happen(Opened(at(), 1, ONE))
    site.talks[1].row["conversation_rating"] = {"created_at": unix(at(5)), **told}
    site.touch(1)
    _later(site, minutes=60)
    [found] = read(desk, Stream.RATINGS).values()
    assert (found.given_at, found.raw, found.agent) == wanted
    assert found.asked_at == at(5)


# --- calls ---


def _call(site: Site, number: int, minute: float, **more: Any) -> Row:
    event = Called(at(minute), number, True, True, 20, 300, 0, 0, ANNA, "General")
    site.happen(event)
    site.calls[-1] |= more
    return site.calls[-1]


def test_of_calls_the_head_of_the_list_is_enough(
    site: Site, opened: Opener, server: Server
) -> None:
    for number in range(200):
        _call(site, number, 30 * number)
    _later(site, days=5)
    with opened(calls=True) as desk:
        store = Store()
        assert store.sync(desk, Stream.CALLS) == 200
        _call(site, 200, 5 * 24 * 60)
        _later(site, minutes=30)
        before = len(server.requests)
        assert store.sync(desk, Stream.CALLS) == 1
        # One page with it, and one that lies more than a day back: no call goes on for so long.
        assert len(server.requests) - before == 2


def test_a_list_with_the_oldest_call_first_is_read_to_its_end(site: Site, opened: Opener) -> None:
    site.oldest_call_first = True
    for number in range(60):
        _call(site, number, 30 * number)
    _later(site, days=5)
    with opened(calls=True) as desk:
        store = Store()
        assert store.sync(desk, Stream.CALLS) == 60
        _call(site, 60, 5 * 24 * 60)
        _later(site, minutes=30)
        assert store.sync(desk, Stream.CALLS) == 1


def test_a_call_counts_once_it_has_ended(site: Site, opened: Opener) -> None:
    running = _call(site, 1, 10, ended_at=None, answered_at=None, admin_id=None)
    _later(site, minutes=12)
    with opened(calls=True) as desk:
        store = Store()
        assert store.sync(desk, Stream.CALLS) == 0
        _later(site, minutes=60)
        running |= {"ended_at": unix(at(70)), "updated_at": unix(at(70))}
        assert store.sync(desk, Stream.CALLS) == 1
    [call] = store.values()
    assert (call.answered, call.wait, call.agent) == (False, timedelta(minutes=60), None)
    assert call.talk == timedelta(0)


def test_a_stop_among_calls_goes_on_at_its_page(site: Site, opened: Opener, server: Server) -> None:
    for number in range(100):
        _call(site, number, 30 * number)
    _later(site, days=5)
    with opened(calls=True) as desk:
        store = Store()
        store.sync(desk, Stream.CALLS, pages=2)
        before = len(server.requests)
        store.sync(desk, Stream.CALLS)
    assert server.requests[before].params["page"] == "2"
    assert len(store) == 100


@pytest.mark.parametrize("stream", [Stream.CALLS, Stream.ARTICLES])
def test_what_the_plan_leaves_out_is_told_and_no_failure(
    stream: Stream, site: Site, opened: Opener
) -> None:
    site.forbidden = {str(stream)}
    _call(site, 1, 1)
    site.articles = {"1": 3}
    with opened(calls=True, articles=True) as desk:
        assert read(desk, stream) == {}
        what = {Stream.CALLS: "phone calls", Stream.ARTICLES: "help articles"}[stream]
        assert any(f"does not tell {what}" in fact for fact in desk.check())


def test_calls_and_articles_are_only_read_where_wanted(desk: HelpDesk) -> None:
    assert desk.capabilities.streams == {Stream.TICKETS, Stream.RATINGS}
    assert not desk.capabilities.facts & {Fact.CALLS, Fact.ARTICLES, Fact.HOLD_TIME}


# --- articles ---


def _views(store: Store) -> dict[str, int]:
    return {name: one.views for name, one in store.items()}


@pytest.mark.thorough
def test_views_of_a_day_are_what_was_added_since_it_began(
    site: Site, clock: StandingClock, opened: Opener
) -> None:
    site.articles = {str(number): 10 * number for number in range(1, 31)}
    with opened(articles=True) as desk:
        store = Store()
        assert store.sync(desk, Stream.ARTICLES) == 0
        clock.move(hours=1)
        site.articles |= {"1": 14, "31": 2}
        site.written["31"] = clock.now()
        assert store.sync(desk, Stream.ARTICLES) == 2
        clock.move(hours=1)
        site.articles["1"] = 15
        assert store.sync(desk, Stream.ARTICLES) == 1
        assert _views(store) == {"1 2026-11-02": 5, "31 2026-11-02": 2}
        clock.move(hours=1)
        assert store.sync(desk, Stream.ARTICLES) == 0
        # 23:30 in UTC is the next day in Berlin.
        clock.set(BEGIN.replace(hour=23, minute=30))
        site.articles |= {"1": 18, "2": 21}
        store.sync(desk, Stream.ARTICLES)
    assert _views(store) == {
        "1 2026-11-02": 5,
        "31 2026-11-02": 2,
        "1 2026-11-03": 3,
        "2 2026-11-03": 1,
    }


def test_a_counter_that_went_back_or_is_gone_takes_nothing_away(
    site: Site, clock: StandingClock, opened: Opener
) -> None:
    site.articles = {"1": 10, "2": 20}
    with opened(articles=True) as desk:
        store = read(desk, Stream.ARTICLES)
        clock.move(hours=1)
        site.articles |= {"1": 15, "2": 25}
        store.sync(desk, Stream.ARTICLES)
        clock.move(hours=1)
        site.articles["1"] = 2
        del site.articles["2"]
        store.sync(desk, Stream.ARTICLES)
        assert _views(store) == {"1 2026-11-02": 5, "2 2026-11-02": 5}
        clock.move(days=1)
        site.articles |= {"1": 3, "2": 27}
        store.sync(desk, Stream.ARTICLES)
    assert _views(store) == {"1 2026-11-02": 5, "2 2026-11-02": 5, "2 2026-11-03": 2}


def test_an_unknown_article_was_seen_today_only_if_it_was_written_today(
    site: Site, clock: StandingClock, opened: Opener
) -> None:
    """One of old that the list missed at first; one of today, and one of yesterday, in Berlin."""
    clock.set(BEGIN.replace(hour=12))
    site.articles = {"1": 50}
    with opened(articles=True) as desk:
        store = read(desk, Stream.ARTICLES)
        clock.move(hours=1)
        site.articles |= {"2": 9_000, "3": 4, "4": 6}
        midnight = BEGIN.replace(hour=23, minute=0) - timedelta(days=1)
        site.written = {"3": midnight, "4": midnight - timedelta(minutes=1)}
        store.sync(desk, Stream.ARTICLES)
        assert _views(store) == {"3 2026-11-02": 4}
        clock.move(hours=1)
        site.articles["2"] = 9_001
        store.sync(desk, Stream.ARTICLES)
    assert _views(store) == {"3 2026-11-02": 4, "2 2026-11-02": 1}


def test_articles_are_counted_once_an_hour(
    site: Site, clock: StandingClock, opened: Opener, server: Server
) -> None:
    site.articles = {"1": 50}
    with opened(articles=True) as desk:
        store = read(desk, Stream.ARTICLES)
        site.articles["1"] = 52
        for minutes, views in ((30, {}), (30, {"1 2026-11-02": 2})):
            clock.move(minutes=minutes)
            before = len(server.requests)
            store.sync(desk, Stream.ARTICLES)
            assert _views(store) == views
            assert (len(server.requests) > before) is bool(views)


def test_a_zone_that_nobody_knows_is_utc(site: Site, clock: StandingClock, opened: Opener) -> None:
    site.zone, site.articles = "Nowhere/At all", {"1": 1}
    clock.set(BEGIN.replace(hour=23, minute=30))
    with opened(articles=True) as desk:
        assert read(desk, Stream.ARTICLES).cursor["day"] == "2026-11-02"


# --- office hours ---

WEEKDAYS = [
    {"start_minute": 1_440 * day + 540, "end_minute": 1_440 * day + 1_020} for day in range(5)
]


def _schedule(id_: str, name: str | None, **more: Any) -> Row:
    row = {"id": id_, "name": name, "time_zone_name": "Europe/Berlin", "time_intervals": WEEKDAYS}
    return {**row, "twenty_four_seven": False, **more}


def test_office_hours_are_told_with_their_exceptions(site: Site, desk: HelpDesk) -> None:
    site.schedules = [_schedule("123", "Support")]
    site.exceptions["123"] = [
        {"exception_date": "2025-12-25", "time_intervals": None, "recurring_annually": True},
        {"exception_date": "2024-02-29", "time_intervals": [], "recurring_annually": True},
        {
            "exception_date": "2026-12-24",
            "time_intervals": [
                {"start_minute": 540, "end_minute": 780},
                {"start_minute": 840, "end_minute": 900},
                {"start_minute": 960, "end_minute": 960},
            ],
            "recurring_annually": False,
        },
    ]
    week = ", ".join(f"{day} 9:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri"))
    assert desk.hours() == {
        "Support": BusinessHours(
            week=week,
            zone="Europe/Berlin",
            closed=[date(2025, 12, 25), date(2026, 12, 25), date(2027, 12, 25)],
            special={date(2026, 12, 24): "9:00-13:00 14:00-15:00"},
        )
    }


@pytest.mark.parametrize(
    ("schedule", "week"),
    [
        ({"twenty_four_seven": True, "time_intervals": []}, "24/7"),
        (
            {"time_intervals": [{"start_minute": 1_320, "end_minute": 1_800}]},
            "mon 22:00-24:00, tue 0:00-6:00",
        ),
        (
            {
                "time_intervals": [
                    {"start_minute": 600, "end_minute": 720},
                    {"start_minute": 540, "end_minute": 660},
                    {"start_minute": 720, "end_minute": 780},
                ]
            },
            "mon 9:00-13:00",
        ),
        (
            {"time_intervals": [{"start_minute": 9_960, "end_minute": 10_140}]},
            "mon 0:00-1:00, sun 22:00-24:00",
        ),
        ({"time_intervals": []}, None),
        ({"time_zone_name": "Nowhere/At all"}, None),
    ],
)
def test_a_week_is_written_as_deskpulse_reads_it(
    schedule: Row, week: str | None, site: Site, desk: HelpDesk
) -> None:
    site.schedules = [_schedule("1", None, **schedule)]
    with structlog.testing.capture_logs() as logs:
        assert [hours.week for hours in desk.hours().values()] == ([] if week is None else [week])
    told = {
        "event": "business_hours_not_understood",
        "desk": "acme",
        "schedule": "1",
        "log_level": "warning",
    }
    assert logs == ([told] if week is None else [])


def test_of_several_office_hours_one_has_to_be_named(site: Site, opened: Opener) -> None:
    site.schedules = [_schedule("1", "Sales"), _schedule("2", "Support")]
    with opened() as desk:
        assert desk.hours() == {}
        assert any(
            "name one of them in office_hours: Sales, Support." in one for one in desk.check()
        )
    with opened(office_hours="support") as desk:
        assert list(desk.hours()) == ["Support"]
        assert not any("office_hours" in fact for fact in desk.check())


def test_without_the_right_to_them_there_are_no_office_hours(site: Site, desk: HelpDesk) -> None:
    site.forbidden = {"office_hours_schedules"}
    assert desk.hours() == {}


# --- what else it tells ---


def test_it_says_whose_token_it_is_and_how_things_stand(
    site: Site, clock: StandingClock, desk: HelpDesk
) -> None:
    assert desk.check() == [
        "The token is that of Anna Sample in the workspace “Sample”.",
        "There are 3 teammates and 3 teams.",
        "There are no conversations that the token can see.",
    ]
    site.happen(Opened(at(), 1, ONE))
    clock.move(minutes=7)
    assert "The newest change is 7 minutes old." in desk.check()


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(1, None), (-3, "3 minutes behind"), (180, "3 hours ahead of"), (5_000, "3 days ahead of")],
)
def test_a_clock_that_differs_is_told(minutes: int, told: str | None, clock: StandingClock) -> None:
    site = Site(ShiftedClock(clock, timedelta(minutes=minutes)))
    with served(site) as server:
        given = {"kind": "intercom", "url": server.url, "token": TOKEN}
        with closing(load("acme", given, clock)) as desk:
            clocks = [fact for fact in desk.check() if "clock" in fact]
    assert clocks == ([f"Its clock is {told} the clock here."] if told else [])


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("US", "https://app.intercom.com"),
        ("EU", "https://app.eu.intercom.com"),
        ("AU", "https://app.au.intercom.com"),
        (None, "https://app.intercom.com"),
    ],
)
def test_a_link_leads_to_the_inbox_once_the_workspace_is_known(
    region: str | None, address: str, site: Site, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = site.me()
    me["app"]["region"] = region
    monkeypatch.setattr(site, "me", lambda: me)
    with opened() as desk:
        assert desk.url("1") is None
        desk.check()
        assert desk.url("1") == f"{address}/a/inbox/xyz789/inbox/conversation/1"


def test_a_link_needs_no_request_where_the_settings_name_the_workspace(
    clock: StandingClock,
) -> None:
    given = {"kind": "intercom", "token": TOKEN, "workspace": "abc"}
    eu = {**given, "url": "https://api.eu.intercom.io"}
    for settings, host in ((given, "app"), (eu, "app.eu")):
        with closing(load("acme", settings, clock)) as desk:
            assert desk.url("7") == f"https://{host}.intercom.com/a/inbox/abc/inbox/conversation/7"


def test_a_count_takes_in_its_first_second_and_not_its_last(site: Site, opened: Opener) -> None:
    for number, minute in enumerate((0, 0, 1, 2), 1):
        site.happen(Opened(at(minute), number, ONE))
    _later(site, minutes=600)
    with opened(histories=False) as desk:
        assert desk.count(Window(at(), at(2))) == 3
        assert desk.count(Window(at(2), at(9))) == 1


def test_bots_and_campaigns_without_an_answer_are_in_no_count(site: Site, opened: Opener) -> None:
    _campaign(site, "automated")
    site.happen(Opened(at(1), 2, ONE))
    _later(site, minutes=600)
    with opened(histories=False) as desk:
        assert desk.count(Window(at(), at(9))) == 1
    with opened(histories=False, unanswered=True) as desk:
        assert desk.count(Window(at(), at(9))) == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"version": "2.13"}, "version 2.14 or a later one is needed"),
        ({"version": "Preview"}, "version"),
        ({"snoozed": "closed"}, "snoozed"),
        ({"handling": "some"}, "handling"),
        ({"url": "api.intercom.io"}, "an address begins with https:// and a host"),
        ({"token": "two\nlines"}, "a token is one line"),
        ({"colour": "blue"}, "has no setting “colour”"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(
    settings: Row, told: str, clock: StandingClock
) -> None:
    given = {"kind": "intercom", "token": TOKEN, **settings}
    with pytest.raises(ConfigurationError) as raised:
        load("acme", given, clock)
    assert told in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_it_needs_no_address_in_the_united_states(clock: StandingClock) -> None:
    with closing(load("acme", {"kind": "intercom", "token": TOKEN}, clock)) as desk:
        assert desk.name == "acme"


def test_teams_that_the_token_may_not_see_are_told_by_their_numbers(
    site: Site, desk: HelpDesk
) -> None:
    site.forbidden = {"teams"}
    site.happen(Opened(at(), 1, ONE))
    assert ticket(site, desk).group == team_id("General")


def test_the_names_of_teams_are_asked_for_once_an_hour(
    site: Site, desk: HelpDesk, server: Server
) -> None:
    site.happen(Opened(at(), 1, ONE))
    store = Store()
    for minutes, wanted in ((10, 1), (10, 1), (60, 2)):
        _later(site, minutes=minutes)
        site.happen(Tagged(site.clock.now(), 1, "vip", ANNA))
        store.sync(desk)
        assert len(server.asked("/teams")) == wanted


def test_a_desk_that_is_down_is_told_by_the_stream(desk: HelpDesk, server: Server) -> None:
    server.dies_at = 1
    with pytest.raises(DeskUnavailable):
        read(desk, Stream.RATINGS)
