"""The Request Tracker desk against a real one: every ticket is what its own database says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.clock import SystemClock
from bot.domain import Dimension, Fact, Removal, Ticket, Window
from bot.errors import DeskRefused
from bot.helpdesks import Cursor, HelpDesk, load
from bot.metrics import CATALOGUE, Clock, Reading
from bot.metrics.reading import Lack
from bot.services import Services
from bot.store import facts
from bot.store.database import Database
from bot.store.readings import read
from jobs.sync import read_desk
from tests.live.expected import (
    HOURS,
    LACKING,
    RECORDED,
    SURVEYED,
    TIER,
    InHours,
    Numbers,
    expected,
)
from tests.live.request_tracker import (
    AGENTS,
    CUSTOMERS,
    HIDDEN_NUMBER,
    HIDDEN_QUEUE,
    QUEUES,
    Oracle,
    RequestTracker,
    TicketFacts,
)
from tests.programs import program

pytestmark = pytest.mark.longest

#: What Request Tracker gives, once business hours and a queue for escalations are set.
GIVEN = CATALOGUE.keys() - {*LACKING, *RECORDED, *SURVEYED}
IN_HOURS_ONLY = {"after_hours_share"}

Store = dict[str, Ticket]
Removals = dict[str, Removal]


def desk_of(tracker: RequestTracker, token: str | None = None, **settings: Any) -> HelpDesk:
    given = {"kind": "request_tracker", "url": tracker.url, "token": token or tracker.token}
    return load("acme", given | settings, SystemClock())


@pytest.fixture
def desk(request_tracker: RequestTracker) -> Iterator[HelpDesk]:
    with closing(desk_of(request_tracker)) as desk:
        yield desk


def lately(days: float = 100) -> Window:
    now = SystemClock().now()
    return Window(now - timedelta(days=days), now + timedelta(minutes=5))


def sync(desk: HelpDesk, store: Store, cursor: Cursor) -> tuple[Cursor, Removals]:
    """Keeps what a store would keep; gives the cursor and what was told as gone."""
    gone: Removals = {}
    for page in desk.tickets(cursor):
        for ticket in page.rows:
            if ticket.removal:
                gone[ticket.id] = ticket.removal
                store.pop(ticket.id, None)
            else:
                store[ticket.id] = ticket
        cursor = page.cursor
    return cursor, gone


def read_all(desk: HelpDesk) -> Store:
    store: Store = {}
    sync(desk, store, desk.start(lately()))
    return store


def as_told(ticket: Ticket) -> TicketFacts:
    """A ticket of the desk in the words of the oracle."""
    return TicketFacts(
        id=int(ticket.id),
        created=ticket.created_at,
        queue=ticket.group or "",
        priority=ticket.priority,
        is_solved=ticket.status.is_solved,
        first_reply=ticket.first_reply_at,
        first_solved=ticket.first_solved_at,
        last_solved=ticket.last_solved_at,
        solver=int(ticket.solver) if ticket.solver else None,
        agent_messages=ticket.agent_messages,
        customer_messages=ticket.customer_messages,
        agent_replies=ticket.agent_replies,
        reopens=ticket.reopens,
        transfers=ticket.transfers,
        responses=len(ticket.responses),
        first_replier=int(ticket.first_replier) if ticket.first_replier else None,
        requester=ticket.requester,
        handle=_whole_seconds(ticket.handle),
    )


def assert_exact(store: Store, oracle: Oracle) -> None:
    """Every ticket that counts is there, no other is, and each is as the database has it."""
    known, responses = oracle.tickets(), oracle.responses()
    stays, waits, targets = oracle.stays(), oracle.waits(), oracle.targets()
    assert sorted(map(int, store)) == sorted(known)
    for number, wanted in known.items():
        ticket = store[str(number)]
        assert as_told(ticket) == wanted
        answered = [
            (one.asked_at, one.answered_at, int(one.agent or 0)) for one in ticket.responses
        ]
        assert answered == responses.get(number, []), number
        assert [(stay.since, stay.group) for stay in ticket.stays] == stays.get(number, []), number
        assert _whole_seconds(ticket.requester_wait) == waits.get(number), number
        promised = {one.name: (one.due_at, one.done_at) for one in ticket.targets}
        assert promised == targets.get(number, {}), number


def _whole_seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def test_the_seed_has_every_kind_of_ticket(request_tracker: RequestTracker) -> None:
    """So that the comparisons below compare something."""
    oracle = request_tracker.oracle()
    tickets = oracle.tickets().values()
    assert len(tickets) >= 150
    kinds = {
        "unanswered": lambda t: t.first_reply is None and not t.is_solved,
        "solved without a reply": lambda t: t.is_solved and not t.agent_replies,
        "one reply": lambda t: t.is_solved and t.agent_replies == 1,
        "a dialogue": lambda t: t.responses >= 2,
        "more questions than answers": lambda t: t.responses and t.customer_messages > t.responses,
        "opened by an agent": lambda t: t.agent_messages > t.agent_replies,
        "reopened": lambda t: t.reopens == 1 and not t.is_solved,
        "solved three times": lambda t: t.reopens == 2 and t.is_solved,
        "solved at birth": lambda t: t.first_solved == t.created,
        "one transfer": lambda t: t.transfers == 1,
        "urgent": lambda t: t.priority == "high",
        "worked on": lambda t: t.is_solved and t.handle is not None,
        "without time": lambda t: t.is_solved and t.handle is None,
    }
    counted = {kind: sum(map(is_one, tickets)) for kind, is_one in kinds.items()}
    assert min(counted.values()) > 0, counted
    # Other tests, which may have run before, remove more.
    assert Counter(oracle.removed().values()) >= Counter({"deleted": 3, "merged": 4})
    assert HIDDEN_QUEUE in oracle.queues_of_all().values()
    promises = [one for targets in oracle.targets().values() for one in targets.items()]
    answers = {name.partition(" ")[0]: [0, 0, 0] for name, _ in promises}
    for name, (due, done) in promises:
        answers[name.partition(" ")[0]][2 if done is None else int(done <= due)] += 1
    assert min(answers["resolution"]) > 0, answers
    assert min(answers["reply"][:2]) > 0, answers
    assert any(HIDDEN_NUMBER in queues for queues in _queues_by_ticket(oracle))
    days = {ticket.created.date() for ticket in tickets}
    assert len(days) > 60
    assert max(days) - min(days) > timedelta(days=80)


def _queues_by_ticket(oracle: Oracle) -> list[set[str]]:
    return [{queue for _, queue in stays} for stays in oracle.stays().values()]


def test_every_ticket_is_as_the_database_has_it(
    request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    oracle = request_tracker.oracle()
    store: Store = {}
    _, gone = sync(desk, store, desk.start(lately()))
    assert_exact(store, oracle)
    assert {int(ticket): removal.value for ticket, removal in gone.items()} == oracle.removed()
    assert desk.count(lately()) == len(store)
    team = {int(one.id): (one.name, one.email) for one in desk.agents()}
    assert team == oracle.agents()
    assert {"anna", "ben"} <= {name for name, _ in team.values()}


def test_a_second_read_is_exact_after_changes(
    request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    rt = request_tracker
    store: Store = {}
    cursor, _ = sync(desk, store, desk.start(lately()))
    made = [rt.create("customer1", requestor="customer1", queue=queue) for queue in QUEUES * 6]
    answered, solved, reopened, moved, owned, deleted, merged, restored, *quiet = made
    promised, clocked, noted, noted_later = quiet
    by_level = rt.create("customer1", requestor="customer1", SLA="both")
    rt.reply("anna", answered)
    rt.reply("customer1", answered)
    rt.reply("ben", solved, Status="resolved")
    rt.reply("ben", reopened, Status="resolved")
    rt.reply("customer1", reopened)
    rt.change("anna", moved, Queue=QUEUES[0])
    rt.change("root", owned, Owner="anna")
    rt.change("root", owned, Owner="ben", Priority=60)
    rt.change("anna", deleted, Status="deleted")
    rt.change("anna", merged, MergeInto=answered)
    rt.change("anna", restored, Status="deleted")
    rt.change("root", restored, Status="open")
    rt.create("customer2", requestor="customer2", queue=HIDDEN_QUEUE)
    rt.change("anna", promised, Due="2031-01-02 03:04:05")
    rt.change("anna", clocked, TimeWorked=15)
    rt.comment("anna", noted, TimeTaken=20)
    rt.reply("anna", by_level)
    cursor, gone = sync(desk, store, cursor)
    assert gone == {str(deleted): Removal.DELETED, str(merged): Removal.MERGED}
    assert_exact(store, rt.oracle())
    assert store[str(noted)].handle == timedelta(minutes=20)
    assert [one.name for one in store[str(by_level)].targets] == ["reply 1", "resolution"]
    rt.comment("anna", noted_later, TimeTaken=25)
    cursor, _ = sync(desk, store, cursor)
    assert store[str(noted_later)].handle == timedelta(minutes=25)
    assert_exact(store, rt.oracle())
    rt.change("anna", solved, Status="deleted")
    rt.change("anna", reopened, MergeInto=answered)
    cursor, gone = sync(desk, store, cursor)
    assert gone.items() >= {str(solved): Removal.DELETED, str(reopened): Removal.MERGED}.items()
    assert_exact(store, rt.oracle())
    assert desk.count(lately()) == len(store)


def test_a_ticket_that_goes_out_of_sight_shows_in_the_count(
    request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    """No search tells of it; that is what reconciling is for."""
    ticket = request_tracker.create("customer3", requestor="customer3")
    store: Store = {}
    cursor, _ = sync(desk, store, desk.start(lately()))
    request_tracker.change("anna", ticket, Queue=HIDDEN_QUEUE)
    cursor, gone = sync(desk, store, cursor)
    assert str(ticket) not in gone
    assert desk.count(lately()) == len(store) - 1
    request_tracker.change("root", ticket, Queue=QUEUES[0])
    sync(desk, store, cursor)
    assert_exact(store, request_tracker.oracle())


def test_a_read_that_was_stopped_goes_on(request_tracker: RequestTracker, desk: HelpDesk) -> None:
    pages = desk.tickets(desk.start(lately()))
    first = next(pages)
    store = {ticket.id: ticket for ticket in first.rows}
    assert len(store) == 100
    with closing(desk_of(request_tracker)) as later:
        sync(later, store, first.cursor)
    assert_exact(store, request_tracker.oracle())


def test_a_superuser_reads_the_same_and_the_hidden_queue_too(
    request_tracker: RequestTracker,
) -> None:
    with closing(desk_of(request_tracker, request_tracker.tokens["root"])) as desk:
        store = read_all(desk)
    assert_exact(store, Oracle(request_tracker.database, (*QUEUES, HIDDEN_QUEUE)))


def test_only_the_queues_that_were_named_are_read(request_tracker: RequestTracker) -> None:
    with closing(desk_of(request_tracker, queues=["Billing"])) as desk:
        store = read_all(desk)
        assert desk.count(lately()) == len(store)
    assert_exact(store, Oracle(request_tracker.database, ["Billing"]))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_time_zone_of_the_account_changes_nothing(
    zone: str, request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    request_tracker.change_user("deskpulse", Timezone=zone)
    window = Window(lately(60).start, lately(30).start)
    created = [ticket.created for ticket in request_tracker.oracle().tickets().values()]
    expected = sum(moment in window for moment in created)
    assert expected > 20
    assert desk.count(window) == expected
    short = Window(lately(60).start, lately(59).start)
    assert desk.count(short) == sum(moment in short for moment in created)
    store: Store = {}
    sync(desk, store, desk.start(window))
    oracle = request_tracker.oracle()
    changed = {number for number, moment in oracle.last_updates().items() if moment >= window.start}
    unsolved = {number for number, ticket in oracle.tickets().items() if not ticket.is_solved}
    assert set(map(int, store)) == changed | unsolved


def test_a_date_with_z_loses_its_time_of_day(request_tracker: RequestTracker) -> None:
    """Why no search depends on a date; `tests/desks/request_tracker.py` does the same."""
    request_tracker.change_user("deskpulse", Timezone="UTC")
    ticket, updated = next(
        (number, moment)
        for number, moment in request_tracker.oracle().last_updates().items()
        if moment.hour > 1
    )
    later = updated + timedelta(hours=1)

    def found(literal: str) -> int:
        query = f"id = {ticket} AND LastUpdated >= '{literal}'"
        total: int = asked(request_tracker, "tickets", query=query)["total"]
        return total

    assert later.date() == updated.date() or later.hour == 0
    assert found(f"{updated:%Y-%m-%dT%H:%M:%SZ}") == 1
    if later.date() == updated.date():
        assert found(f"{later:%Y-%m-%dT%H:%M:%SZ}") == 1, "it is read as midnight"
    assert found(f"{later:%Y-%m-%d %H:%M:%S}") == 0, "in UTC, and to the second"
    request_tracker.change_user("deskpulse", Timezone="Pacific/Kiritimati")
    assert found(f"{later:%Y-%m-%d %H:%M:%S}") == 1, "in the account's zone"
    assert found(f"{later:%Y-%m-%d %H:%M:%S}+00:00") == 1, "whatever stands behind it"


def asked(tracker: RequestTracker, path: str, **params: str | int) -> Any:
    """What the bot's account is told."""
    answer = httpx.get(
        f"{tracker.url}/REST/2.0/{path}",
        params=params,
        headers={"Authorization": f"token {tracker.token}"},
    )
    answer.raise_for_status()
    return answer.json()


def test_what_the_simulated_server_does_the_real_one_does(request_tracker: RequestTracker) -> None:
    nothing = asked(request_tracker, "tickets", query="id = 0")
    assert (nothing["total"], nothing["items"], str(nothing["pages"])) == (0, [], "0.0")
    everything = asked(request_tracker, "tickets", query="id > 0", per_page=500)
    assert (everything["per_page"], len(everything["items"])) == (100, 100)
    assert everything["total"] == len(request_tracker.oracle().tickets())
    sparse = asked(request_tracker, "transactions", query="id > 0", per_page=100, orderby="id")
    assert sparse["count"] < 100
    assert sparse["total"] is None
    assert sparse.get("next_page") is None
    dense = asked(
        request_tracker,
        "transactions",
        query="ObjectType = 'RT::Ticket' AND id > 0 AND (Type = 'Create' OR Type = 'Status')",
        per_page=100,
        orderby="id",
    )
    assert dense["count"] == 100
    assert dense["total"] is None
    unset = asked(
        request_tracker,
        "tickets",
        query="Status = 'new' AND TimeWorked = 0",
        fields="Resolved,SLA,Due,TimeWorked,Requestor",
        per_page=100,
        **{"fields[Requestor]": "id,EmailAddress"},
    )
    never = "1970-01-01T00:00:00Z"
    ticket = next(one for one in unset["items"] if one["Due"] == never)
    assert (ticket["Resolved"], ticket["SLA"], ticket["TimeWorked"]) == (never, "", "0")
    assert ticket["Requestor"][0]["EmailAddress"].startswith("customer")
    card = asked(request_tracker, "user/anna")
    assert card.keys() == {"Name", "RealName", "EmailAddress", "Privileged", "_hyperlinks"}
    assert (card["RealName"], card["Privileged"]) == (None, 1)


def test_reading_again_with_nothing_new_gives_no_page(
    request_tracker: RequestTracker,
) -> None:
    with closing(desk_of(request_tracker, overlap=0)) as desk:
        cursor, _ = sync(desk, {}, desk.start(lately()))
        SystemClock().sleep(1)
        cursor, _ = sync(desk, {}, cursor)
        assert list(desk.tickets(cursor)) == []


def test_check_names_the_version_and_the_queues(desk: HelpDesk) -> None:
    version, queues, newest = desk.check()
    assert version.startswith("Request Tracker 5.")
    assert queues == "Queues that count: Billing, General."
    assert newest.startswith("The newest change is ")


def test_a_token_that_is_none_is_refused(request_tracker: RequestTracker) -> None:
    with (
        closing(desk_of(request_tracker, token="1-2-3")) as desk,
        pytest.raises(DeskRefused, match="does not accept the token"),
    ):
        desk.check()


def test_an_account_without_rights_is_refused_with_the_rights_it_needs(
    request_tracker: RequestTracker,
) -> None:
    with (
        closing(desk_of(request_tracker, request_tracker.tokens["customer1"])) as desk,
        pytest.raises(DeskRefused, match="SeeQueue and ShowTicket"),
    ):
        desk.check()


def test_a_wrong_address_is_refused(request_tracker: RequestTracker) -> None:
    with (
        closing(desk_of(request_tracker, url=f"{request_tracker.url}/elsewhere")) as desk,
        pytest.raises(DeskRefused, match="ACME__URL"),
    ):
        desk.check()


def test_a_ticket_is_opened_where_its_address_says(
    request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    """A person is asked to log in first, at the very address."""
    address = desk.url("1")
    assert address is not None
    answer = httpx.get(address, follow_redirects=False)
    assert answer.status_code in (200, 302)
    assert httpx.get(f"{request_tracker.url}/Ticket/Nowhere.html?id=1").status_code != 404


def test_seen_from_a_database_of_its_own_the_metrics_agree(
    request_tracker: RequestTracker, desk: HelpDesk
) -> None:
    """The oracle's metrics and the desk's tickets say the same of a month."""
    window, oracle = lately(30), request_tracker.oracle()
    between = (window.start, window.end)
    store = read_all(desk).values()
    solved = [
        ticket
        for ticket in store
        if ticket.status.is_solved and ticket.last_solved_at and ticket.last_solved_at in window
    ]
    assert oracle.ticket_volume(*between) == sum(t.created_at in window for t in store)
    assert oracle.tickets_solved(*between) == len(solved)
    assert oracle.solvers(*between) == len({t.solver for t in solved if t.solver})
    assert oracle.one_touch(*between) == (sum(t.agent_replies == 1 for t in solved), len(solved))
    assert oracle.transferred(*between) == (sum(t.transfers > 0 for t in solved), len(solved))
    assert oracle.resolution_times(*between) == sorted(
        _seconds(t.created_at, t.last_solved_at) for t in solved
    )
    assert oracle.first_response_times(*between) == sorted(
        _seconds(t.created_at, t.first_reply_at)
        for t in store
        if t.first_reply_at and t.first_reply_at in window
    )
    assert oracle.response_times(*between) == sorted(
        _seconds(one.asked_at, one.answered_at)
        for t in store
        for one in t.responses
        if one.answered_at in window
    )
    assert oracle.backlog(window.end) == sum(not t.status.is_solved for t in store)
    for queue in QUEUES:
        assert oracle.ticket_volume(*between, queue) == sum(
            t.created_at in window for t in store if t.group == queue
        )


# --- the numbers, from the store ---


@dataclass(frozen=True)
class ReadIn:
    """A program that has read the desk, and what Request Tracker's database said at that moment."""

    services: Services
    oracle: Oracle


@pytest.fixture(scope="module")
def read_in(
    request_tracker: RequestTracker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReadIn]:
    """With business hours, and with a queue for escalations."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('read_in') / 'deskpulse.db'}")
    database.migrate()
    with closing(database), closing(desk_of(request_tracker, escalation_groups=[TIER])) as desk:
        services = program(database, SystemClock(), desks=[desk], hours=HOURS)
        assert read_desk(services, "acme").finished
        yield ReadIn(services, request_tracker.oracle())


def windows() -> list[Window]:
    """Long and short ones, all of them over."""
    days = ((100, 100), (60, 30), (30, 14), (8, 7), (45, 1))
    return [Window(lately(back).start, lately(back - long).start) for back, long in days]


def readings(
    services: Services, by: Dimension | None = None, clock: Clock = Clock.CALENDAR
) -> list[Reading]:
    metrics = CATALOGUE.values()
    with services.reading() as session:
        return read(session, services.workspace, metrics, windows(), by=by, clock=clock)


def assert_as_expected(reading: Reading, expected: dict[str, Numbers]) -> None:
    wanted = expected[reading.metric.key]
    assert {name: getattr(reading, name) for name in wanted} == pytest.approx(wanted), reading


@pytest.mark.parametrize("by", [None, Dimension.GROUP])
def test_every_metric_that_it_can_give_is_what_its_database_says(
    by: Dimension | None, read_in: ReadIn
) -> None:
    oracle, found = read_in.oracle, readings(read_in.services, by)
    assert {reading.metric.key for reading in found} >= GIVEN
    told = Counter[str]()
    for reading in found:
        queue = reading.slice.value if reading.slice else None
        if reading.metric.key in GIVEN - IN_HOURS_ONLY:
            bounds = (reading.window.start, reading.window.end)
            assert reading.as_of is not None
            assert_as_expected(reading, expected(oracle, *bounds, queue, until=reading.as_of))
            told[reading.metric.key] += reading.n
    assert told.keys() == GIVEN - IN_HOURS_ONLY
    assert min(told.values()) > 0, told


@pytest.mark.parametrize("by", [None, Dimension.GROUP])
def test_every_duration_in_business_hours_is_what_its_database_says(
    by: Dimension | None, read_in: ReadIn
) -> None:
    """Each stretch of a ticket counts in the hours of the queue in which it was at the time."""
    in_hours = InHours(read_in.oracle)
    told = Counter[str]()
    for reading in readings(read_in.services, by, Clock.BUSINESS):
        if reading.metric.has_business_clock or reading.metric.key in IN_HOURS_ONLY:
            queue = reading.slice.value if reading.slice else None
            wanted = in_hours.expected(reading.window.start, reading.window.end, queue)
            assert_as_expected(reading, wanted)
            told[reading.metric.key] += reading.n
    assert len(told) == 6
    assert min(told.values()) > 0, told


def test_what_it_cannot_give_is_no_number_and_says_why(read_in: ReadIn) -> None:
    """Never 0: nobody asked its customers, and it has no telephone."""
    every = readings(read_in.services)
    found = [reading for reading in every if reading.metric.key not in GIVEN]
    assert {reading.metric.key for reading in found} == {*LACKING, *RECORDED, *SURVEYED}
    for reading in found:
        fact = LACKING.get(reading.metric.key)
        assert reading.value is None, reading
        assert reading.lacks == ((Lack("acme", fact),) if fact else ()), reading
        assert not reading.is_possible


def test_without_hours_and_a_tier_there_is_neither_business_time_nor_escalation(
    request_tracker: RequestTracker, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deskpulse.db'}")
    database.migrate()
    with closing(database), closing(desk_of(request_tracker)) as desk:
        services = program(database, SystemClock(), desks=[desk])
        read_desk(services, "acme")
        found = {
            (reading.metric.key, reading.lacks): reading.value
            for reading in readings(services, clock=Clock.BUSINESS)
        }
    no_hours, no_tier = (Lack("acme", Fact.HOURS),), (Lack("acme", Fact.ESCALATIONS),)
    assert found["escalation_rate", no_tier] is None
    assert found["after_hours_share", no_hours] is None
    assert found["resolution_time", no_hours] is None


def test_no_address_of_a_customer_is_in_the_database(read_in: ReadIn) -> None:
    folder = Path(str(read_in.services.database.url.database)).parent
    kept = b"".join(file.read_bytes() for file in folder.glob("deskpulse.db*"))
    assert b"General" in kept
    for person in (*CUSTOMERS, *AGENTS):
        assert f"{person}@example.invalid".encode() not in kept


def test_the_names_of_agents_are_kept_and_those_of_customers_are_not(read_in: ReadIn) -> None:
    services = read_in.services
    with services.reading() as session:
        names = set(facts.names(session, services.workspace).values())
    assert {"anna", "ben", "chloe", "dario"} <= names
    assert names.isdisjoint({*CUSTOMERS, "Nobody", "RT_System"})


def _seconds(start: datetime, end: datetime | None) -> int:
    assert end is not None
    return int((end - start.astimezone(UTC)).total_seconds())
