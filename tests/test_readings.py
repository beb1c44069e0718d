"""Readings against an oracle that counts the same tickets in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import comb
from statistics import fmean, median, quantiles
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot.domain import Dimension, Fact, Removal, Reopening, Response, Slice, Status, Ticket, Window
from bot.metrics import CATALOGUE, Reading
from bot.store.database import Database
from bot.store.desks import of as desks_of
from bot.store.readings import read
from bot.store.tickets import keep
from tests.store_samples import (
    EVERY_FACT,
    SECRET,
    Plan,
    a_solved_ticket,
    a_ticket,
    a_workspace,
    plans,
    windows,
)
from tests.times import T

METRICS = list(CATALOGUE.values())
ATHENS = ZoneInfo("Europe/Athens")

# --- The oracle: what each metric's definition says, over lists ------------------------------------


@dataclass
class Answer:
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    p90: float | None = None
    mean: float | None = None


NO_DATA = Answer(None, 0)

Oracle = Callable[[Sequence[Ticket], Window], Answer]


def within(moment: datetime | None, window: Window) -> bool:
    return moment is not None and window.start <= moment < window.end


def solved_in(tickets: Iterable[Ticket], window: Window) -> list[Ticket]:
    return [t for t in tickets if t.status.is_solved and within(t.last_solved_at, window)]


def count(rows: Sequence[object]) -> Answer:
    return Answer(len(rows), len(rows))


def average(total: int, rows: Sequence[object], divisor: int) -> Answer:
    return Answer(total / divisor if divisor else None, len(rows))


def share(hits: int, n: int) -> Answer:
    """Wilson's interval holds every p whose own spread reaches the share: found by halving."""
    if not n:
        return NO_DATA

    def reaches(p: float) -> bool:
        return (hits / n - p) ** 2 <= 1.959964**2 * p * (1 - p) / n

    def edge(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if reaches(middle) else (inside, middle)
        return inside

    return Answer(hits / n, n, low=edge(hits / n, 0), high=edge(hits / n, 1))


def durations(stretches: Iterable[tuple[datetime, datetime | None]]) -> Answer:
    found = sorted(
        max(0.0, (end - start).total_seconds()) for start, end in stretches if end is not None
    )
    if not found:
        return NO_DATA
    low, high = middle_ranks(found)
    p90 = quantiles(found, n=10, method="inclusive")[8] if len(found) > 1 else found[0]
    return Answer(median(found), len(found), low, high, p90, fmean(found))


def middle_ranks(ordered: Sequence[float]) -> tuple[float | None, float | None]:
    """The narrowest symmetric pair of values that holds the median 95 % of the time."""
    n = len(ordered)
    for rank in range(n // 2, 0, -1):
        if sum(comb(n, k) for k in range(rank, n - rank + 1)) / 2**n >= 0.95:
            return ordered[rank - 1], ordered[n - rank]
    return None, None


def is_unsolved(ticket: Ticket, moment: datetime) -> bool:
    """Replays what happened before `moment`: unsolved, unless a solve was the last of it."""
    if ticket.created_at >= moment:
        return False
    events = [(stretch.solved_at, "solved") for stretch in ticket.reopenings]
    events += [(stretch.reopened_at, "reopened") for stretch in ticket.reopenings]
    if ticket.status.is_solved and ticket.last_solved_at is not None:
        events.append((ticket.last_solved_at, "solved"))
    past = [what for when, what in sorted(events) if when < moment]
    return not past or past[-1] != "solved"


ORACLE: dict[str, tuple[set[Fact], Oracle]] = {
    "ticket_volume": (set(), lambda ts, w: count([t for t in ts if within(t.created_at, w)])),
    "tickets_solved": ({Fact.SOLVES}, lambda ts, w: count(solved_in(ts, w))),
    "backlog": (
        {Fact.SOLVES, Fact.REOPENS},
        lambda ts, w: count([t for t in ts if is_unsolved(t, w.end)]),
    ),
    "tickets_per_agent": (
        {Fact.SOLVES, Fact.SOLVER},
        lambda ts, w: average(
            len(solved_in(ts, w)),
            solved_in(ts, w),
            len({t.solver for t in solved_in(ts, w)} - {None}),
        ),
    ),
    "interactions_per_resolution": (
        {Fact.SOLVES, Fact.REPLIES},
        lambda ts, w: average(
            sum(t.agent_messages + t.customer_messages for t in solved_in(ts, w)),
            solved_in(ts, w),
            len(solved_in(ts, w)),
        ),
    ),
    "first_response_time": (
        {Fact.FIRST_REPLY},
        lambda ts, w: durations(
            (t.created_at, t.first_reply_at) for t in ts if within(t.first_reply_at, w)
        ),
    ),
    "response_time": (
        {Fact.RESPONSES},
        lambda ts, w: durations(
            (r.asked_at, r.answered_at) for t in ts for r in t.responses if within(r.answered_at, w)
        ),
    ),
    "resolution_time": (
        {Fact.SOLVES},
        lambda ts, w: durations((t.created_at, t.last_solved_at) for t in solved_in(ts, w)),
    ),
    "first_resolution_time": (
        {Fact.SOLVES},
        lambda ts, w: durations(
            (t.created_at, t.first_solved_at) for t in ts if within(t.first_solved_at, w)
        ),
    ),
    "one_touch_rate": (
        {Fact.SOLVES, Fact.REPLIES},
        lambda ts, w: share(
            sum(t.agent_replies == 1 for t in solved_in(ts, w)), len(solved_in(ts, w))
        ),
    ),
    "reopen_rate": (
        {Fact.SOLVES, Fact.REOPENS},
        lambda ts, w: share(
            sum(t.reopens > 0 for t in ts if within(t.last_solved_at, w)),
            sum(within(t.last_solved_at, w) for t in ts),
        ),
    ),
    "transfer_rate": (
        {Fact.SOLVES, Fact.TRANSFERS},
        lambda ts, w: share(sum(t.transfers > 0 for t in solved_in(ts, w)), len(solved_in(ts, w))),
    ),
}


def part_of(plan: Plan, ticket: Ticket, dimension: Dimension) -> str | None:
    if dimension is Dimension.DESK:
        return plan.name
    told = {
        Dimension.CHANNEL: ticket.channel,
        Dimension.GROUP: ticket.group,
        Dimension.PRIORITY: ticket.priority,
    }
    return told[dimension]


def able(plans: Sequence[Plan], key: str, slices: Sequence[Slice | None]) -> list[Plan]:
    """The desks that a reading is about."""
    named = [part.value for part in slices if part and part.dimension is Dimension.DESK]
    return [
        plan
        for plan in plans
        if not plan.retired
        and ORACLE[key][0] <= plan.gives
        and all(name == plan.name for name in named)
    ]


def was_read(plan: Plan, window: Window) -> bool:
    """Whether the window and what was read of the desk have a moment in common."""
    if plan.data_from is None:
        return False
    return plan.data_from < window.end and (
        plan.data_until is None or window.start < plan.data_until
    )


def expected(plans: Sequence[Plan], key: str, window: Window, *slices: Slice | None) -> Answer:
    desks = able(plans, key, slices)
    if not any(was_read(plan, window) for plan in desks):
        return NO_DATA
    tickets = [
        ticket
        for plan in desks
        for ticket in plan.tickets
        if ticket.removal is None
        and all(part_of(plan, ticket, s.dimension) == s.value for s in slices if s is not None)
    ]
    return ORACLE[key][1](tickets, window)


def answer(reading: Reading) -> Answer:
    return Answer(reading.value, reading.n, reading.low, reading.high, reading.p90, reading.mean)


def assert_same(found: Answer, wanted: Answer, where: object) -> None:
    for name in ("value", "n", "low", "high", "p90", "mean"):
        one, other = getattr(found, name), getattr(wanted, name)
        if one is None or other is None:
            assert one is other, (name, where)
        else:
            assert one == pytest.approx(other, rel=1e-6, abs=1e-6), (name, where)


def one(session: Session, workspace: int, key: str, window: Window) -> Reading:
    (reading,) = read(session, workspace, [CATALOGUE[key]], [window])
    return reading


# --- Every metric, at random -----------------------------------------------------------------------

slices = st.one_of(
    st.none(),
    st.builds(Slice, st.just(Dimension.DESK), st.sampled_from(["north", "south", "nowhere"])),
    st.builds(Slice, st.just(Dimension.GROUP), st.sampled_from(["billing", None, "nobody"])),
    st.builds(Slice, st.just(Dimension.CHANNEL), st.sampled_from(["email", None])),
    st.builds(Slice, st.just(Dimension.PRIORITY), st.sampled_from(["high", None])),
)

at_random = settings(
    max_examples=15,
    deadline=None,
    # Every example has a workspace of its own in the database that they share.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_the_oracle_knows_every_metric() -> None:
    assert ORACLE.keys() == CATALOGUE.keys()


def test_the_oracle_and_the_catalogue_need_the_same_facts() -> None:
    assert {key: needs for key, (needs, _) in ORACLE.items()} == {
        key: set(metric.needs) for key, metric in CATALOGUE.items()
    }


@at_random
@given(
    north=plans("north", 12),
    south=plans("south", 6),
    asked=st.lists(windows(), min_size=1, max_size=4),
    only=slices,
)
def test_every_reading_is_what_its_definition_says(
    database: Database, north: Plan, south: Plan, asked: list[Window], only: Slice | None
) -> None:
    """All metrics, several windows at once, by every dimension, filtered or not."""
    desks = [north, south]
    with database.writing() as session:
        workspace = a_workspace(session)
        for plan in desks:
            plan.store(session, workspace)
    with database.reading() as session:
        totals = read(session, workspace, METRICS, asked, only=only)
        assert [(r.metric.key, r.window) for r in totals] == [
            (metric.key, window) for metric in METRICS for window in asked
        ]
        for reading in totals:
            wanted = expected(desks, reading.metric.key, reading.window, only)
            assert_same(answer(reading), wanted, (reading.metric.key, reading.window, only))
        for by in Dimension:
            found = read(session, workspace, METRICS, asked, by=by, only=only)
            for reading in found:
                wanted = expected(desks, reading.metric.key, reading.window, reading.slice, only)
                assert_same(answer(reading), wanted, (reading.metric.key, reading.slice, only))
            told = {(r.metric.key, r.window, r.slice) for r in found}
            assert told >= with_rows(desks, asked, by, only)


def with_rows(
    desks: Sequence[Plan], asked: Sequence[Window], by: Dimension, only: Slice | None
) -> set[tuple[str, Window, Slice | None]]:
    """Every reading that has to be there because it rests on something."""
    parts = {Slice(by, part_of(plan, t, by)) for plan in desks for t in plan.tickets}
    return {
        (key, window, part)
        for key in ORACLE
        for window in asked
        for part in parts
        if expected(desks, key, window, part, only).n
    }


# --- What the numbers rest on ----------------------------------------------------------------------

DAY = Window(T(hours=-24), T())
BUSY = [
    a_solved_ticket(
        str(number),
        T(hours=-20),
        T(hours=-10, minutes=number),
        group="billing",
        channel="email",
        priority="high",
        solver="7",
        first_reply_at=T(hours=-19),
        agent_messages=1,
        customer_messages=1,
        agent_replies=1,
        responses=[Response(T(hours=-20), T(hours=-19))],
    )
    for number in range(7)
]


def store(database: Database, *desks: Plan) -> int:
    with database.writing() as session:
        workspace = a_workspace(session)
        for plan in desks:
            plan.store(session, workspace)
    return workspace


def all_of(database: Database, workspace: int, window: Window = DAY) -> dict[str, Reading]:
    with database.reading() as session:
        return {r.metric.key: r for r in read(session, workspace, METRICS, [window])}


@pytest.mark.parametrize("removal", Removal)
def test_a_removed_ticket_counts_nowhere(database: Database, removal: Removal) -> None:
    """It was open, answered, solved and reopened before it was removed."""
    removed = a_solved_ticket(
        "gone",
        T(hours=-20),
        T(hours=-2),
        first_reply_at=T(hours=-1),
        reopens=1,
        reopenings=[Reopening(T(hours=-9), T(hours=-3))],
        responses=[Response(T(hours=-20), T(hours=-1))],
        removal=removal,
    )
    without = store(database, Plan("acme", BUSY))
    beside = store(database, Plan("acme", [*BUSY, removed]))
    assert all_of(database, beside) == all_of(database, without)
    with database.reading() as session:
        everything = [Window(T(days=-30), T(hours=hour)) for hour in range(-24, 1)]
        assert read(session, beside, METRICS, everything) == read(
            session, without, METRICS, everything
        )


def test_a_ticket_that_is_removed_later_no_longer_counts(database: Database) -> None:
    workspace = store(database, Plan("acme", BUSY))
    assert all_of(database, workspace)["response_time"].n == 7
    with database.writing() as session:
        (desk,) = desks_of(session, workspace)
        keep(session, desk, [replace(BUSY[0], removal=Removal.SPAM)], SECRET)
    found = all_of(database, workspace)
    assert {key: found[key].n for key in ("ticket_volume", "tickets_solved", "response_time")} == {
        "ticket_volume": 6,
        "tickets_solved": 6,
        "response_time": 6,
    }


def test_without_a_desk_there_is_no_data(database: Database) -> None:
    found = all_of(database, store(database))
    assert {reading.value for reading in found.values()} == {None}
    assert {reading.n for reading in found.values()} == {0}
    assert {reading.as_of for reading in found.values()} == {None}


@pytest.mark.parametrize(
    ("data_from", "data_until", "volume"),
    [
        pytest.param(None, None, None, id="never read"),
        pytest.param(T(), T(days=1), None, id="the window ends where the data begin"),
        pytest.param(T(minutes=-1), T(days=1), 0, id="the data begin in the window"),
        pytest.param(T(days=-9), T(hours=-24), None, id="the data end where the window begins"),
        pytest.param(T(days=-9), T(hours=-23), 0, id="the data end in the window"),
        pytest.param(T(days=-9), None, 0, id="the first sync is still running"),
    ],
)
def test_nothing_read_is_no_data_and_nothing_found_is_zero(
    database: Database,
    data_from: datetime | None,
    data_until: datetime | None,
    volume: float | None,
) -> None:
    plan = Plan("acme", [], data_from=data_from, data_until=data_until)
    found = all_of(database, store(database, plan))
    counts = {"ticket_volume", "tickets_solved", "backlog"}
    assert {key: found[key].value for key in counts} == dict.fromkeys(counts, volume)
    assert {found[key].value for key in found.keys() - counts} == {None}


@pytest.mark.parametrize("fact", sorted(Fact))
def test_a_desk_that_lacks_a_fact_gives_no_data_for_what_needs_it(
    database: Database, fact: Fact
) -> None:
    found = all_of(database, store(database, Plan("acme", BUSY, gives=EVERY_FACT - {fact})))
    assert {key for key, reading in found.items() if reading.value is None} == {
        key for key, (needs, _) in ORACLE.items() if fact in needs
    }


def test_of_two_desks_only_the_one_that_knows_is_counted(database: Database) -> None:
    """The other one's tickets would look as if nobody had ever solved them."""
    workspace = store(
        database,
        Plan("knows", BUSY),
        Plan("lacks", [a_ticket(str(n), T(hours=-5)) for n in range(3)], gives=frozenset()),
    )
    found = all_of(database, workspace)
    assert found["ticket_volume"].value == 10
    assert found["backlog"].value == 0
    assert found["tickets_solved"].value == 7


def test_a_retired_desk_counts_nowhere(database: Database) -> None:
    workspace = store(database, Plan("old", BUSY, retired=True), Plan("new", BUSY[:2]))
    assert all_of(database, workspace)["ticket_volume"].value == 2
    with database.reading() as session:
        by_desk = read(session, workspace, [CATALOGUE["ticket_volume"]], [DAY], by=Dimension.DESK)
        assert [(r.slice, r.value) for r in by_desk] == [(Slice(Dimension.DESK, "new"), 2)]
        only_old = read(
            session,
            workspace,
            [CATALOGUE["ticket_volume"]],
            [DAY],
            only=Slice(Dimension.DESK, "old"),
        )
        assert [r.value for r in only_old] == [None]


def test_another_workspace_is_never_counted(database: Database) -> None:
    mine = store(database, Plan("acme", BUSY))
    store(database, Plan("acme", [replace(t, id=f"other {t.id}") for t in BUSY]))
    assert all_of(database, mine)["ticket_volume"].value == 7


def test_a_reading_says_until_when_and_since_when_it_knows(database: Database) -> None:
    """The slowest desk decides; a metric that one desk cannot give speaks of the others alone."""
    workspace = store(
        database,
        Plan("slow", BUSY, data_from=T(days=-90), data_until=T(hours=-3)),
        Plan(
            "quick", BUSY, frozenset({Fact.SOLVES}), data_from=T(days=-30), data_until=T(hours=-1)
        ),
    )
    found = all_of(database, workspace)
    assert (found["ticket_volume"].as_of, found["ticket_volume"].since) == (
        T(hours=-3),
        T(days=-30),
    )
    assert (found["response_time"].as_of, found["response_time"].since) == (
        T(hours=-3),
        T(days=-90),
    )
    with database.reading() as session:
        by_desk = read(session, workspace, [CATALOGUE["ticket_volume"]], [DAY], by=Dimension.DESK)
    assert {r.slice.value: (r.as_of, r.since) for r in by_desk if r.slice} == {
        "slow": (T(hours=-3), T(days=-90)),
        "quick": (T(hours=-1), T(days=-30)),
    }


def test_a_desk_that_was_never_read_whole_leaves_as_of_open(database: Database) -> None:
    workspace = store(database, Plan("read", BUSY), Plan("reading", [], data_until=None))
    reading = all_of(database, workspace)["ticket_volume"]
    assert (reading.value, reading.as_of) == (7, None)


def test_a_slice_of_a_desk_that_was_not_read_then_is_no_data(database: Database) -> None:
    """The other desk's having been read does not turn this one's silence into a zero."""
    late = Plan("late", BUSY, data_from=T(hours=-24))
    workspace = store(database, Plan("early", BUSY), late)
    weeks = [Window(T(days=-8), T(days=-7)), DAY]
    with database.reading() as session:
        found = read(session, workspace, [CATALOGUE["ticket_volume"]], weeks, by=Dimension.DESK)
    assert {(r.slice and r.slice.value, r.window): r.value for r in found} == {
        ("early", weeks[0]): 0,
        ("late", weeks[0]): None,
        ("early", DAY): 7,
        ("late", DAY): 7,
    }


def test_without_windows_there_are_no_readings(database: Database) -> None:
    workspace = store(database, Plan("acme", BUSY))
    with database.reading() as session:
        assert read(session, workspace, METRICS, []) == []


def test_many_windows_give_what_each_gives_alone(database: Database) -> None:
    """Forty days at once, asked for in no order and one of them twice."""
    tickets = [a_ticket(str(n), T(hours=-7 * n)) for n in range(300)]
    workspace = store(database, Plan("acme", tickets))
    days = [Window(T(days=-n), T(days=1 - n)) for n in (*range(40, 0, -2), *range(1, 40, 2), 5)]
    with database.reading() as session:
        together = read(session, workspace, METRICS, days)
        for key in ("ticket_volume", "backlog"):
            assert [r.value for r in together if r.metric.key == key] == [
                one(session, workspace, key, day).value for day in days
            ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_local_day_has_the_hours_that_daylight_saving_gives_it(
    database: Database, day: str, hours: int
) -> None:
    """One ticket every hour, from a day before until a day after."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ATHENS)
    window = Window(midnight, midnight + timedelta(days=1))
    first = midnight.astimezone(UTC) - timedelta(days=1)
    tickets = [a_ticket(str(n), first + timedelta(hours=n)) for n in range(73)]
    workspace = store(database, Plan("acme", tickets))
    with database.reading() as session:
        assert one(session, workspace, "ticket_volume", window).value == hours


def test_a_solved_ticket_without_a_moment_is_not_solved_at_any(database: Database) -> None:
    """A desk that knows that it is solved, and not since when, has it in its backlog."""
    ticket = a_ticket("1", T(hours=-5), status=Status.CLOSED)
    found = all_of(database, store(database, Plan("acme", [ticket])))
    assert (found["tickets_solved"].value, found["resolution_time"].value) == (0, None)
