"""What every help desk has to do, whatever its vendor: one suite over one shared history.

Each module of `tests/desks` that has a `CONTRACT` brings a simulated server, which follows the
vendor's own rules of paging, filters, clocks and limits. A desk that loses or doubles one row
fails, and so does one whose tickets are not those of all the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from bot.domain import ArticleDay, Call, Fact, Rating, Removal, Status, Ticket, Window
from bot.errors import DeskError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Cursor, HelpDesk, Page, Stream, kinds, load
from bot.metrics import CATALOGUE, Metric, Population
from bot.pauses import Pauses
from bot.store.database import Database
from bot.store.readings import read
from jobs.sync import read_desk
from tests.desks import history
from tests.desks.contracts import CONTRACTS
from tests.desks.history import (
    AGENTS,
    BEGIN,
    Assigned,
    Became,
    Contract,
    Happening,
    HistorySite,
    Moved,
    Opened,
    Prioritised,
    Removed,
    Tagged,
    Wrote,
    later,
)
from tests.desks.wire import SUBJECT, Asked, Fault, Server, ShiftedClock, served
from tests.programs import PagedDesk, program
from tests.times import StandingClock

#: How everything ends: some days after the last event, when nothing is withheld any more.
END = BEGIN + timedelta(days=14)
ALL = Window(BEGIN - timedelta(days=1), END)

#: What the suite tells every desk besides its own settings.
MARKS = {"escalation_tags": [history.ESCALATED], "complaint_tags": [history.COMPLAINT]}


def test_every_kind_of_help_desk_keeps_the_contract() -> None:
    """But the demo, which has no server: its tickets are made up on the spot."""
    assert set(CONTRACTS) == set(kinds()) - {"demo"}


# --- a desk, its server, and what a store would keep ---


@dataclass
class Kept:
    """What a store keeps of what a desk tells: the latest of each row, and the cursors."""

    desk: HelpDesk
    rows: dict[Stream, dict[str, Any]] = field(default_factory=lambda: {one: {} for one in Stream})
    cursors: dict[Stream, Cursor] = field(default_factory=dict)
    told: int = 0
    window: Window = ALL

    def sync(self, stream: Stream = Stream.TICKETS, pages: int | None = None) -> None:
        """Reads a stream on to its end, or so many pages."""
        cursor = self.cursors.get(stream) or self.desk.start(self.window, stream)
        for page in islice(_reader(self.desk, stream)(cursor), pages):
            self.keep(stream, page)

    def sync_page_by_page(self, stream: Stream = Stream.TICKETS) -> None:
        """Begins anew after each page that leads on, and reads to the end then."""
        before: Cursor | None = None
        for _ in range(500):
            if self.cursors.get(stream, {}) == before:
                self.sync(stream)
                return
            before = self.cursors.get(stream, {})
            self.sync(stream, pages=1)
        pytest.fail("it goes round in circles")

    def handed_to(self, desk: HelpDesk) -> Kept:
        """What another process finds that goes on with it."""
        rows = {stream: dict(kept) for stream, kept in self.rows.items()}
        return replace(self, desk=desk, rows=rows, cursors=dict(self.cursors))

    def keep(self, stream: Stream, page: Page[Any]) -> None:
        self.told += len(page.rows)
        rows = {_key(row): row for row in page.rows}
        assert len(rows) == len(page.rows), "a page tells a row twice"
        self.rows[stream] |= rows
        self.cursors[stream] = page.cursor

    @property
    def tickets(self) -> dict[str, Ticket]:
        return self.rows[Stream.TICKETS]


def _key(row: Any) -> str:
    return f"{row.article} {row.day}" if isinstance(row, ArticleDay) else row.id


def _reader(desk: HelpDesk, stream: Stream) -> Callable[[Cursor], Iterator[Page[Any]]]:
    return {
        Stream.TICKETS: desk.tickets,
        Stream.RATINGS: desk.ratings,
        Stream.CALLS: desk.calls,
        Stream.ARTICLES: desk.articles,
    }[stream]  # type: ignore[return-value]


@dataclass
class Stage:
    """A contract's site behind its server, before anything has happened."""

    contract: Contract
    site: HistorySite
    server: Server
    clock: StandingClock
    pauses: Pauses
    off: timedelta

    @contextmanager
    def desk(self, **settings: Any) -> Iterator[HelpDesk]:
        given = {"kind": self.contract.kind, "url": self.server.url, **self.contract.settings}
        marks = {name: value for name, value in MARKS.items() if name not in given}
        with closing(load("acme", {**marks, **given, **settings}, self.clock, self.pauses)) as desk:
            yield desk

    def play(self, events: Sequence[Happening]) -> None:
        """Lets it all happen, each thing at its moment, if that is not past already."""
        for event in events:
            self.clock.set(max(self.clock.now(), history.ended(event)))
            self.site.happen(history.later(event, self.off))

    def settle(self) -> None:
        """Waits until the desk tells of everything in any case."""
        self.clock.set(self.clock.now() + self.contract.settled)

    def check(self, kept: Kept, events: Sequence[Happening]) -> None:
        """Holds what was kept against what the events come to."""
        capabilities = kept.desk.capabilities
        found = {id_: self.canonical(row, capabilities.facts) for id_, row in kept.tickets.items()}
        assert found == self.wanted(events, kept)

    def wanted(self, events: Sequence[Happening], kept: Kept) -> dict[str, Any]:
        facts = kept.desk.capabilities.facts
        wanted = {}
        for number, ticket in self.expected(events).items():
            id_ = self.site.ticket_id(number)
            # What was gone before it was ever told of need not be told of.
            if ticket.removal is None or id_ in kept.tickets:
                wanted[id_] = self.canonical(self._as_there(ticket, id_), facts)
        return wanted

    def expected(self, events: Sequence[Happening]) -> dict[int, Ticket]:
        """What those of the events come to that can happen at such a desk, by its own clock."""
        possible = [event for event in events if not isinstance(event, self.contract.ignores)]
        return history.expected(history.later(event, self.off) for event in possible)

    def _as_there(self, ticket: Ticket, id_: str) -> Ticket:
        """The expected ticket, with the ids that this desk has for people."""
        name = self.site.agent_id
        return replace(
            ticket,
            id=id_,
            first_replier=name(ticket.first_replier) if ticket.first_replier else None,
            solver=name(ticket.solver) if ticket.solver else None,
            responses=tuple(
                replace(one, agent=name(one.agent) if one.agent else None)
                for one in ticket.responses
            ),
        )

    def canonical(self, ticket: Ticket, facts: frozenset[Fact]) -> dict[str, Any]:
        """What all desks have to agree on: what the facts that this one gives are kept in."""
        if ticket.removal is not None:
            removal = ticket.removal if ticket.removal in self.contract.removals else None
            return {"id": ticket.id, "removal": removal or Removal.DELETED}
        status = self.contract.statuses.get(ticket.status, ticket.status)
        told = {"id": ticket.id, "created_at": ticket.created_at, "status": status}
        for fact, fields in FIELDS.items():
            if fact in facts:
                told |= {name: _plain(getattr(ticket, name)) for name in fields}
        if "targets" in told:
            told["targets"] = {(one.due_at, one.done_at) for one in ticket.targets}
        return {name: value for name, value in told.items() if name not in self.contract.lacks}


#: In which fields of a ticket each fact is told.
FIELDS: Mapping[Fact, Sequence[str]] = {
    Fact.GROUP: ("group",),
    Fact.CHANNEL: ("channel",),
    Fact.PRIORITY: ("priority",),
    Fact.SOLVES: ("last_solved_at",),
    Fact.FIRST_SOLVE: ("first_solved_at",),
    Fact.SOLVER: ("solver",),
    Fact.REOPENS: ("reopens", "reopenings"),
    Fact.FIRST_REPLY: ("first_reply_at", "first_replier"),
    Fact.REPLIES: ("agent_messages", "customer_messages", "agent_replies"),
    Fact.RESPONSES: ("responses",),
    Fact.TRANSFERS: ("transfers", "stays"),
    Fact.WAITS: ("waits", "requester_wait"),
    Fact.REQUESTER: ("requester",),
    Fact.ESCALATIONS: ("escalated",),
    Fact.COMPLAINTS: ("complaint",),
    Fact.SLA: ("targets",),
}


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


pytestmark = pytest.mark.usefixtures("retries_at_once")


@contextmanager
def staged(
    contract: Contract, *, off: timedelta = timedelta(0), page: int | None = 7
) -> Iterator[Stage]:
    clock = StandingClock(BEGIN)
    site = contract.site(ShiftedClock(clock, off))
    site.page = page
    with served(site) as server:
        yield Stage(contract, site, server, clock, Pauses(clock), off)


@pytest.fixture(params=sorted(CONTRACTS))
def contract(request: pytest.FixtureRequest) -> Contract:
    return CONTRACTS[request.param]


@pytest.fixture
def stage(contract: Contract) -> Iterator[Stage]:
    with staged(contract) as stage:
        yield stage


EVENTS = history.whole()


# --- nothing is lost, nothing is doubled ---


def test_a_first_sync_finds_every_ticket_as_all_desks_do(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        capabilities, asked = desk.capabilities, len(stage.server.requests)
        kept = Kept(desk)
        kept.sync()
        stage.check(kept, EVENTS)
        # Once for itself, once more where it is also looked for among what is unsolved.
        assert kept.told <= 2 * len(kept.tickets)
        assert (asked, desk.capabilities) == (0, capabilities)


def test_a_second_sync_with_nothing_new_changes_nothing_and_asks_little(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
        first, asked, told = dict(kept.tickets), len(stage.server.requests), kept.told
        stage.clock.move(hours=1)
        kept.sync()
        kept.sync()
        assert kept.tickets == first
        # Twice an hour later: what lies that far back is not told again.
        assert kept.told == told
        assert len(stage.server.requests) <= asked + 12
        stage.check(kept, EVENTS)


@pytest.mark.thorough
def test_syncs_between_the_events_find_what_one_at_the_end_finds(stage: Stage) -> None:
    with stage.desk() as desk:
        kept = Kept(desk)
        for first in range(0, len(EVENTS), 9):
            stage.play(EVENTS[first : first + 9])
            kept.sync()
        stage.settle()
        kept.sync()
        stage.check(kept, EVENTS)


@pytest.mark.thorough
def test_what_changes_between_two_requests_is_neither_lost_nor_doubled(stage: Stage) -> None:
    """The next thing happens after each request, until everything has happened."""
    half = len(EVENTS) // 2
    stage.play(EVENTS[:half])
    ahead = iter(EVENTS[half:])
    stage.server.after = lambda _number: stage.play(list(islice(ahead, 1)))
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
        stage.server.after = lambda _number: None
        stage.play(list(ahead))
        stage.settle()
        kept.sync()
        stage.check(kept, EVENTS)


@pytest.mark.thorough
def test_rows_of_one_second_are_all_there_though_pages_end_between_them(stage: Stage) -> None:
    events = history.in_order([*EVENTS, *history.burst(40)])
    stage.play(events)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
        stage.check(kept, events)


@pytest.mark.thorough
def test_what_changes_in_one_second_is_all_there_though_pages_end_between_them(
    stage: Stage,
) -> None:
    """As when somebody solves all that is left at once, while others are at work."""
    came = history.burst(40)
    stage.play(came)
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
        at = stage.clock.now().replace(microsecond=0) + timedelta(minutes=1)
        solved = [event for one in came for event in _solved(one.ticket, at)]
        stage.play(solved[:30])
        kept.sync()
        stage.play(solved[30:])
        kept.sync()
        stage.settle()
        kept.sync()
        stage.check(kept, [*came, *solved])


def _solved(ticket: int, at: datetime) -> list[Happening]:
    """An agent answers and solves it."""
    return [Wrote(at, ticket, AGENTS[0]), Became(at, ticket, Status.SOLVED, AGENTS[0])]


def test_each_kind_of_change_is_seen_by_itself(stage: Stage) -> None:
    """It is the last thing that happened to its ticket, which had been read already."""
    events: list[Happening] = list(history.burst(10))
    one, two, three, four, five, six, seven, eight, nine, ten = range(1_000, 1_010)
    anna, ben, _ = AGENTS
    at = events[0].at + timedelta(minutes=1)
    events += [Assigned(at, number, anna, anna) for number in range(one, ten + 1)]
    # So long after that nothing of before is read again.
    at += timedelta(hours=3)
    changes: list[Happening] = [
        Wrote(at, one),
        Became(at, two, Status.SOLVED, ben),
        Assigned(at, three, ben, anna),
        Moved(at, four, history.GROUPS[1], anna),
        Prioritised(at, five, "urgent", anna),
        Tagged(at, six, history.ESCALATED, anna),
        Tagged(at, seven, history.COMPLAINT, anna),
        Removed(at, eight, Removal.DELETED, anna),
        Removed(at, nine, Removal.MERGED, anna, into=ten),
    ]
    with stage.desk() as desk:
        kept = Kept(desk)
        stage.play(events)
        stage.settle()
        kept.sync()
        kept.sync()
        stage.play(changes)
        stage.settle()
        kept.sync()
        stage.check(kept, [*events, *changes])


def test_who_begins_anew_is_told_what_is_gone_since(stage: Stage) -> None:
    """What was stored once stays, otherwise, when somebody reads it all again."""
    events: list[Happening] = list(history.burst(5))
    at, anna = events[0].at + timedelta(minutes=30), AGENTS[0]
    gone: list[Happening] = [
        Removed(at, 1_000, Removal.DELETED, anna),
        Removed(at, 1_001, Removal.MERGED, anna, into=1_004),
        Removed(at, 1_002, Removal.SPAM, anna),
    ]
    with stage.desk() as desk:
        kept = Kept(desk)
        stage.play(events)
        kept.sync()
        stage.play(gone)
        stage.settle()
        kept.cursors.clear()
        kept.sync()
        stage.check(kept, [*events, *gone])


@pytest.mark.thorough
def test_a_first_sync_that_begins_amid_changes_misses_none_of_them(stage: Stage) -> None:
    """Each ticket changes for the last time, and not all of it is found as a sync begins."""
    events: list[Happening] = list(history.burst(8))
    stage.play(events)
    stage.settle()
    stage.site.lag = timedelta(seconds=100)
    begun: list[Kept] = []
    with stage.desk() as desk:
        for opened in history.burst(8):
            at = stage.clock.now().replace(microsecond=0) + timedelta(seconds=10)
            events += _solved(opened.ticket, at)
            stage.play(events[-2:])
            begun.append(Kept(desk))
            begun[-1].sync()
        stage.settle()
        for kept in begun:
            kept.sync()
            stage.check(kept, events)


@pytest.mark.thorough
def test_a_stream_ends_though_somebody_is_always_at_work(stage: Stage) -> None:
    """After each request something has changed, as long as anything is asked."""
    stage.site.page = None
    events: list[Happening] = list(history.burst(20))
    stage.play(events)
    stage.settle()
    work = cycle(_at_work(events))

    def somebody_works(number: int) -> None:
        if number < 600:
            at = stage.clock.now().replace(microsecond=0) + timedelta(seconds=1)
            done = next(work)(at)
            events.extend(done)
            stage.play(done)

    with stage.desk() as desk:
        kept = Kept(desk)
        for _ in range(3):
            stage.server.requests.clear()
            stage.server.after = somebody_works
            kept.sync()
            stage.server.after = lambda _number: None
            assert len(stage.server.requests) < 600
            stage.clock.move(seconds=20)
        stage.settle()
        kept.sync()
        stage.check(kept, events)


def _at_work(opened: Sequence[Happening]) -> list[Callable[[datetime], list[Happening]]]:
    """An answer to each ticket, then a word of each customer."""
    numbers = [event.ticket for event in opened if isinstance(event, Opened)]

    def answered(number: int, at: datetime) -> list[Happening]:
        return [
            Wrote(at, number, AGENTS[1]),
            Became(at, number, Status.PENDING, AGENTS[1]),
        ]

    def asked(number: int, at: datetime) -> list[Happening]:
        return [Wrote(at, number), Became(at, number, Status.OPEN)]

    return [partial(step, number) for step in (answered, asked) for number in numbers]


def test_a_later_start_tells_what_changed_since_and_what_is_still_unsolved(stage: Stage) -> None:
    events = history.in_order(history.at_random(30, apart=120))
    start = BEGIN + timedelta(days=3, hours=45)
    stage.play(events)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk, window=Window(start, stage.clock.now()))
        kept.sync()
        facts = desk.capabilities.facts
    name, expected = stage.site.ticket_id, stage.expected(events).items()
    since = {name(number) for number, one in expected if one.updated_at >= start}
    backlog = {name(number) for number, one in expected if not one.status.is_solved}
    wanted = stage.wanted(events, kept)
    assert set(kept.tickets) >= since | (
        backlog if "backlog" not in stage.contract.lacks else set()
    )
    assert len(kept.tickets) < len(wanted)
    assert {id_: stage.canonical(row, facts) for id_, row in kept.tickets.items()} == {
        id_: wanted[id_] for id_ in kept.tickets
    }


@pytest.mark.thorough
def test_a_page_is_asked_for_once_the_one_before_it_is_stored(contract: Contract) -> None:
    """Whatever the number of tickets: what is held in memory, and lost by a stop, is one page."""

    def asked(tickets: int) -> int:
        with staged(contract, page=50) as stage, stage.desk() as desk:
            stage.site.fill(tickets)
            stage.settle()
            start = desk.start(Window(BEGIN - timedelta(days=3_000), stage.clock.now()))
            pages = (page for page in desk.tickets(start) if page.rows)
            first, second = islice(pages, 2)
            assert {row.id for row in first.rows}.isdisjoint(row.id for row in second.rows)
            assert max(len(first.rows), len(second.rows)) <= 100
            return len(stage.server.requests)

    assert asked(2_000) <= asked(400) + 5


def test_a_page_of_a_later_sync_is_told_before_the_next_is_asked_for(contract: Contract) -> None:
    def asked(tickets: int) -> int:
        came = history.burst(tickets)
        with staged(contract) as stage, stage.desk() as desk:
            stage.play(came[:1])
            stage.settle()
            kept = Kept(desk)
            kept.sync()
            stage.play([later(event, timedelta(hours=2)) for event in came[1:]])
            stage.settle()
            stage.server.requests.clear()
            next(page for page in desk.tickets(kept.cursors[Stream.TICKETS]) if page.rows)
            return len(stage.server.requests)

    assert asked(120) <= asked(30) + 5


@pytest.mark.thorough
def test_a_first_sync_that_was_stopped_goes_on_where_it_was(stage: Stage) -> None:
    stage.play(history.in_order(history.at_random(40, apart=60)))
    stage.settle()
    with stage.desk() as desk:
        whole, stopped = Kept(desk), Kept(desk)
        whole.sync()
        stopped.sync(pages=3)
        stopped.sync(pages=3)
        stopped.sync()
    assert stopped.tickets == whole.tickets
    # What is as young as the overlap may be told again at each stop, and no more than that.
    assert stopped.told <= whole.told + 10


def test_a_sync_that_begins_anew_after_each_page_finds_the_same(stage: Stage) -> None:
    earlier, later = history.halves(EVENTS)
    stage.play(earlier)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync_page_by_page()
        stage.play(later)
        stage.settle()
        kept.sync_page_by_page()
        stage.check(kept, EVENTS)


@pytest.mark.thorough
@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_what_is_found_late_is_found(contract: Contract, minutes: int) -> None:
    """A search whose index is behind tells of a change after it told of later ones.

    How far behind is by the desk's own clock, whatever ours says.
    """
    # So many at a time that there is always a later one.
    events = history.in_order(history.at_random(30, apart=0.1))
    with staged(contract, off=timedelta(minutes=minutes)) as stage, stage.desk() as desk:
        stage.site.lag = timedelta(seconds=100)
        kept = Kept(desk)
        for first in range(0, len(events), 5):
            stage.play(events[first : first + 5])
            kept.sync()
        stage.settle()
        kept.sync()
        stage.check(kept, events)


@pytest.mark.thorough
def test_a_stop_at_any_request_loses_nothing(contract: Contract) -> None:
    """The process dies at every single request in turn; another one goes on from what was kept."""
    # Three pages: each stop costs two whole syncs.
    events = history.whole(1)
    with staged(contract, page=4) as stage:
        stage.play(events)
        stage.settle()
        for stop in range(1, 400):
            stage.server.requests.clear()
            stage.server.dies_at = stop
            with stage.desk() as desk:
                kept = Kept(desk)
                died = _dies(kept)
            stage.server.dies_at = None
            with stage.desk() as desk:
                kept.desk = desk
                kept.sync()
                stage.check(kept, events)
            if not died:
                return
    pytest.fail("it asks and asks")


@pytest.mark.thorough
def test_a_stop_at_any_request_of_a_later_sync_loses_nothing(contract: Contract) -> None:
    events = history.in_order(history.by_hand())
    half = len(events) // 2
    with staged(contract) as stage:
        stage.play(events[:half])
        with stage.desk() as desk:
            first = Kept(desk)
            first.sync()
        stage.play(events[half:])
        stage.settle()
        for stop in range(1, 400):
            stage.server.requests.clear()
            stage.server.dies_at = stop
            with stage.desk() as desk:
                kept = first.handed_to(desk)
                died = _dies(kept)
            stage.server.dies_at = None
            with stage.desk() as desk:
                kept = kept.handed_to(desk)
                kept.sync()
                stage.check(kept, events)
            if not died:
                return
    pytest.fail("it asks and asks")


def _dies(kept: Kept) -> bool:
    try:
        kept.sync()
    except DeskUnavailable:
        return True
    return False


@pytest.mark.thorough
@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_off_loses_nothing_and_is_told(contract: Contract, minutes: int) -> None:
    with staged(contract, off=timedelta(minutes=minutes)) as stage, stage.desk() as desk:
        kept = Kept(desk)
        # What the desk dates by its own clock is not what the history says.
        for first in range(0, len(EVENTS), 9):
            stage.play(EVENTS[first : first + 9])
            kept.sync()
        stage.clock.move(minutes=30)
        kept.sync()
        stage.check(kept, EVENTS)
        assert any("clock" in fact for fact in desk.check())


# --- what nobody foresaw ---


def test_an_unknown_word_is_kept_as_other_and_told_once(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.site.strange(4)
    stage.site.strange(8)
    stage.settle()
    with stage.desk() as desk, structlog.testing.capture_logs() as logs:
        kept = Kept(desk)
        kept.sync()
    ticket = kept.tickets[stage.site.ticket_id(8)]
    facts = desk.capabilities.facts
    assert ticket.status is Status.OPEN
    assert Fact.CHANNEL not in facts or ticket.channel == "other"
    assert Fact.PRIORITY not in facts or ticket.priority in ("other", None)
    told = [log for log in logs if log["event"] == "word_not_explained"]
    assert {log["about"] for log in told} >= {"status"}
    assert len({(log["about"], log["word"]) for log in told}) == len(told)
    assert len(kept.tickets) >= len(history.expected(EVENTS)) - 3


def test_a_null_wherever_there_may_be_one_is_no_accident(stage: Stage) -> None:
    stage.play(EVENTS)
    for number in (1, 3, 4, 8, 12):
        stage.site.bare(number)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
    wanted = history.expected(EVENTS)
    there = {number for number, ticket in wanted.items() if ticket.removal is None}
    assert {stage.site.ticket_id(number) for number in there} <= set(kept.tickets)


# --- faults ---

REFUSALS = [
    (Fault.UNAUTHORIZED, DeskRefused, "does not accept the token (HTTP 401)", "DESKS__ACME__"),
    (Fault.FORBIDDEN, DeskRefused, "forbids the bot's account", ""),
    (Fault.NOT_FOUND, DeskRefused, "at its address (HTTP 404)", "DESKS__ACME__URL"),
    (Fault.REDIRECT, DeskRefused, "at its address (HTTP 302)", "DESKS__ACME__URL"),
    (Fault.TOO_MANY, DeskUnavailable, "too many requests (HTTP 429)", "next sync"),
    (Fault.BROKEN, DeskUnavailable, "busy or broken (HTTP 500)", "next sync"),
    (Fault.BAD_GATEWAY, DeskUnavailable, "busy or broken (HTTP 502)", "next sync"),
    (Fault.RESET, DeskUnavailable, "out of reach or cut the line", "DESKS__ACME__URL"),
    (Fault.CUT, DeskUnavailable, "out of reach or cut the line", "DESKS__ACME__URL"),
    (Fault.TRUNCATED, DeskMisunderstood, "breaks off in the middle", "next sync"),
    (Fault.LOGIN_PAGE, DeskMisunderstood, "a web page instead of data", "DESKS__ACME__URL"),
]


@pytest.mark.parametrize(("fault", "error", "said", "mend"), REFUSALS)
def test_a_refusal_is_one_sentence_with_its_mend_and_no_secret(
    contract: Contract,
    fault: Fault,
    error: type[DeskError],
    said: str,
    mend: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with staged(contract) as stage, stage.desk() as desk:
        stage.play(EVENTS)
        stage.settle()
        stage.server.always = fault
        with pytest.raises(error) as raised, structlog.testing.capture_logs() as logs:
            Kept(desk).sync()
        told = str(raised.value)
        assert said in told
        assert mend in told
        everything = told + repr(raised.value) + repr(logs) + caplog.text
        assert SUBJECT not in everything
        assert not any(
            str(secret) in everything
            for name, secret in contract.settings.items()
            if name in ("token", "report_token")
        )
        with pytest.raises(error):
            desk.check()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "fault",
    [
        Fault.TOO_MANY,
        Fault.TOO_MANY_FOR_A_SECOND,
        Fault.BROKEN,
        Fault.BAD_GATEWAY,
        Fault.RESET,
        Fault.CUT,
        Fault.TRUNCATED,
    ],
)
def test_what_passes_is_tried_again_and_costs_no_row(stage: Stage, fault: Fault) -> None:
    stage.play(EVENTS)
    stage.settle()
    stage.server.faults = dict.fromkeys((1, 3, 4, 8, 9, 14, 21), fault)
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
        stage.check(kept, EVENTS)


def test_what_fails_at_a_row_keeps_those_before_it(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync(pages=1)
        before = len(kept.tickets)
        stage.server.always = Fault.BROKEN
        with pytest.raises(DeskUnavailable):
            kept.sync()
        assert len(kept.tickets) >= before
        stage.server.always = None
        kept.sync()
        stage.check(kept, EVENTS)


# --- limits ---


def test_a_429_without_a_word_is_waited_for_as_long_as_is_usual_there(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    stage.server.faults = {1: Fault.TOO_MANY}
    before = stage.clock.now()
    with stage.desk() as desk:
        kept = Kept(desk)
        kept.sync()
    assert stage.clock.now() - before >= timedelta(seconds=10)


def test_the_wait_that_a_desk_asks_for_is_kept_and_seen(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    stage.server.faults = {1: Fault.TOO_MANY_FOR_AN_HOUR}
    before = stage.clock.now()
    seen: list[datetime] = []
    with stage.desk() as desk, stage.pauses.watched("acme", seen.append):
        Kept(desk).sync()
    assert stage.clock.now() - before >= timedelta(hours=1)
    assert seen[0] == before + timedelta(hours=1)


def test_who_looks_on_is_told_of_a_wait_instead_of_waiting(stage: Stage) -> None:
    stage.server.always = Fault.TOO_MANY_FOR_AN_HOUR
    with (
        stage.desk() as desk,
        stage.pauses.impatient(),
        pytest.raises(DeskUnavailable, match="no more requests for 3600 seconds"),
    ):
        desk.check()


@pytest.mark.thorough
def test_limits_are_kept_and_not_hit(contract: Contract) -> None:
    """A first sync of many tickets is refused nothing, and waits no longer than it has to."""
    events = history.burst(200)
    with staged(contract, page=3) as stage:
        stage.play(events)
        stage.settle()
        before = stage.clock.now()
        with stage.desk() as desk:
            kept = Kept(desk)
            kept.sync()
            stage.check(kept, events)
        took = (stage.clock.now() - before).total_seconds()
        assert [limit.refused for limit in stage.site.limits] == [0] * len(stage.site.limits)
        asked = len(stage.server.requests)
        least = (
            max((asked / limit.limit - 1) * limit.period for limit in stage.site.limits)
            if stage.site.limits
            else 0.0
        )
        assert took <= max(least, 0) * 1.1 + 65


# --- what else a desk tells ---


def _at_the_end(stage: Stage, kept: Kept, stream: Stream) -> None:
    stage.play(BY_HAND)
    stage.settle()
    kept.sync(stream)
    kept.sync(stream)


def _as_it_happens(stage: Stage, kept: Kept, stream: Stream) -> None:
    for first in range(0, len(BY_HAND), 4):
        stage.play(BY_HAND[first : first + 4])
        kept.sync(stream)
    stage.settle()
    kept.sync(stream)


def _page_by_page(stage: Stage, kept: Kept, stream: Stream) -> None:
    stage.play(BY_HAND)
    stage.settle()
    kept.sync_page_by_page(stream)


BY_HAND = history.in_order(history.by_hand())
WAYS = pytest.mark.parametrize("read_by", [_at_the_end, _as_it_happens, _page_by_page])
Way = Callable[[Stage, Kept, Stream], None]


@WAYS
def test_ratings_are_those_that_all_desks_tell(stage: Stage, read_by: Way) -> None:
    stage.site.page = 2
    with stage.desk() as desk:
        if Stream.RATINGS not in desk.capabilities.streams:
            assert Fact.CSAT not in desk.capabilities.facts
            return
        kept = Kept(desk)
        read_by(stage, kept, Stream.RATINGS)
        asked = Fact.CSAT_REQUESTS in desk.capabilities.facts
    wanted = {
        stage.site.ticket_id(number): rating
        for number, rating in history.ratings(BY_HAND, stage.contract.scale).items()
        if asked or rating.given_at
    }
    found: dict[str | None, Rating] = {
        one.ticket: one for one in kept.rows[Stream.RATINGS].values()
    }
    assert len(found) == len(kept.rows[Stream.RATINGS])
    assert set(found) == set(wanted)
    for id_, rating in wanted.items():
        assert found[id_].is_positive == rating.is_positive
        assert found[id_].given_at == rating.given_at
        assert not asked or found[id_].asked_at == rating.asked_at
        assert found[id_].agent == stage.site.agent_id(rating.agent or "")


@WAYS
def test_calls_are_those_that_all_desks_tell(stage: Stage, read_by: Way) -> None:
    stage.site.page = 2
    with stage.desk() as desk:
        if Stream.CALLS not in desk.capabilities.streams:
            assert Fact.CALLS not in desk.capabilities.facts
            return
        kept = Kept(desk)
        read_by(stage, kept, Stream.CALLS)
    found: list[Call] = sorted(kept.rows[Stream.CALLS].values(), key=lambda call: call.started_at)
    wanted = sorted(history.calls(BY_HAND).values(), key=lambda call: call.started_at)
    for name in ("started_at", "inbound", "answered", "wait", "talk", "hold", "wrap_up", "group"):
        if name not in stage.contract.lacks:
            assert [getattr(call, name) for call in found] == [
                getattr(call, name) for call in wanted
            ]
    assert len(found) == len(wanted)
    answered = [call for call in wanted if call.agent]
    agents = [call.agent for call in found if call.agent]
    assert agents == [stage.site.agent_id(call.agent or "") for call in answered]


def test_agents_are_told_by_their_names(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        Kept(desk).sync()
        found = {agent.id: agent for agent in desk.agents()}
    for name in AGENTS:
        agent = found[stage.site.agent_id(name)]
        assert (agent.name, agent.email) == (name, history.address(name))


def test_its_facts_are_sentences_without_a_secret(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        facts = desk.check()
    assert len(facts) >= 3
    assert all(fact.endswith(".") for fact in facts)
    assert not any(str(stage.contract.settings["token"]) in fact for fact in facts)


def test_it_only_reads(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        kept = Kept(desk)
        for stream in desk.capabilities.streams:
            kept.sync(stream)
        desk.agents()
        desk.check()
    assert all(_only_reads(asked) for asked in stage.server.requests)


def _only_reads(asked: Asked) -> bool:
    return asked.method == "GET" or (asked.method == "POST" and asked.path.endswith("/search"))


def test_its_own_count_is_that_of_the_store(stage: Stage) -> None:
    stage.play(EVENTS)
    stage.settle()
    with stage.desk() as desk:
        if not desk.capabilities.counts:
            return
        kept = Kept(desk)
        kept.sync()
        told: list[int | None] = []
        for day in range(5):
            window = Window(
                BEGIN.replace(hour=0) + timedelta(days=day),
                BEGIN.replace(hour=0) + timedelta(days=day + 1),
            )
            ours = [
                ticket
                for ticket in kept.tickets.values()
                if ticket.removal is None and ticket.created_at in window
            ]
            told.append(desk.count(window))
            assert told[-1] in (len(ours), None)
        assert any(told), "it says that it counts, and never does"


# --- the same tickets, and hence the same numbers ---


@pytest.mark.thorough
def test_every_number_is_that_of_the_history(contract: Contract, tmp_path: Path) -> None:
    """All metrics for which it has the facts, by the desk and by the history itself."""
    events = history.whole(40)
    with staged(contract, page=None) as stage, stage.desk() as desk:
        stage.play(events)
        stage.clock.set(END)
        told = PagedDesk(name="acme", pages=[list(stage.expected(events).values())])
        theirs, ours = (
            _numbers(one, stage.clock, tmp_path / f"{number}.db", desk.capabilities.facts)
            for number, one in enumerate((desk, told))
        )
    lacking = {key for key, needed in METRICS_OF.items() if needed & set(contract.lacks)}
    compared = {key for key in theirs if key not in lacking}
    assert len(compared) >= 8
    assert {key: theirs[key] for key in compared} == {key: ours[key] for key in compared}


#: Metrics that count fields which an API may lack although it tells the fact.
METRICS_OF: Mapping[str, set[str]] = {
    "backlog": {"reopenings", "last_solved_at"},
    "tickets_per_agent": {"solver"},
    "sla_attainment": {"targets"},
    "requester_wait_time": {"requester_wait", "waits"},
    "response_time": {"responses"},
}


def _numbers(
    desk: HelpDesk, clock: StandingClock, file: Path, facts: frozenset[Fact]
) -> dict[str, Any]:
    """What a desk's tickets come to, by the metrics for which all of `facts` suffice."""
    with closing(Database(f"sqlite:///{file}")) as database:
        database.migrate()
        services = program(database, clock, desks=[desk])
        read_desk(services, desk.name, since=ALL.start)
        wanted = [metric for metric in CATALOGUE.values() if _is_about_tickets(metric, facts)]
        with services.reading() as session:
            found = read(session, services.workspace, wanted, [ALL])
    return {one.metric.key: (one.value, one.n) for one in found}


def _is_about_tickets(metric: Metric, facts: frozenset[Fact]) -> bool:
    of_tickets = {Population.TICKETS, Population.RESPONSES, Population.TARGETS}
    return metric.needs <= facts and {rows.population for rows in metric.rows} <= of_tickets
