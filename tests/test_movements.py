"""What moved a number, from what is stored: the parts add up, and the tickets are the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot.domain import (
    Call,
    Dimension,
    Question,
    Rating,
    Response,
    Scale,
    Slice,
    Status,
    Target,
    Ticket,
    Window,
)
from bot.measurements import Batch, Entry
from bot.metrics import CATALOGUE, Clock, Metric
from bot.metrics.movement import SPLITS, Movement, can_be_split
from bot.store import measurements
from bot.store.database import Database
from bot.store.movements import (
    Moved,
    can_be_listed,
    movement,
    movers,
)
from bot.store.readings import read
from tests.store_samples import Plan, a_solved_ticket, a_ticket, a_workspace, plans
from tests.times import T

BEFORE, NOW = Window(T(days=-14), T(days=-7)), Window(T(days=-7), T())
GROUP = Dimension.GROUP

SPLIT = {metric.key for metric in CATALOGUE.values() if can_be_split(metric)}


def value(
    session: Session, workspace: int, metric: Metric, window: Window, clock: Clock
) -> float | None:
    (reading,) = read(session, workspace, [metric], [window], clock=clock)
    return reading.value


def moved(
    session: Session, workspace: int, key: str, by: Dimension, clock: Clock = Clock.CALENDAR
) -> Movement:
    found = movement(session, workspace, CATALOGUE[key], BEFORE, NOW, by, clock=clock)
    assert found is not None
    return found


def totals(found: Movement) -> dict[str | None, float]:
    return {one.name: one.total for one in found.contributions}


# --- What can be split ---------------------------------------------------------------------------


def test_what_its_parts_do_not_add_up_to_cannot_be_split() -> None:
    """One agent solves in two groups, one requester writes to both; articles belong to no group."""
    assert CATALOGUE.keys() - SPLIT == {
        *("tickets_per_agent", "repeat_contact_rate"),
        *("article_views", "article_read_time", "self_service_ratio"),
        *("churn_rate", "enps", "pulse_score", "survey_participation"),
    }


def test_behind_some_numbers_there_are_no_tickets_to_list() -> None:
    assert SPLIT - {key for key in SPLIT if can_be_listed(CATALOGUE[key])} == {
        *("backlog", "call_volume", "hold_time", "speed_of_answer", "abandonment_rate"),
        *("quality_score", "conversion_rate"),
    }


# --- The parts -----------------------------------------------------------------------------------


@pytest.mark.thorough
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(north=plans("north", 12), south=plans("south", 6), clock=st.sampled_from(Clock))
def test_the_contributions_add_up_to_the_difference_of_the_two_numbers(
    database: Database, north: Plan, south: Plan, clock: Clock
) -> None:
    """Every metric, by every dimension, against the numbers that `/kpi` shows."""
    with database.writing() as session:
        workspace = a_workspace(session)
        north.store(session, workspace)
        south.store(session, workspace)
    before, now = Window(T(days=-10), T(days=-5)), Window(T(days=-5), T())
    with database.reading() as session:
        for metric in (CATALOGUE[key] for key in sorted(SPLIT)):
            ends = [value(session, workspace, metric, at, clock) for at in (before, now)]
            for by in SPLITS:
                found = movement(session, workspace, metric, before, now, by, clock=clock)
                if by not in metric.dimensions or None in ends:
                    continue
                assert found is not None, metric.key
                assert [found.before, found.now] == pytest.approx(ends), metric.key
                whole = sum(one.total for one in found.contributions)
                assert whole == pytest.approx(found.now - found.before, abs=1e-6), metric.key
                sizes = [abs(one.total) for one in found.contributions]
                assert sizes == sorted(sizes, reverse=True)


def minutes(of: float) -> timedelta:
    return timedelta(minutes=of)


def replied(id_: str, created: datetime, after: float, group: str | None) -> Ticket:
    return a_ticket(id_, created, first_reply_at=created + minutes(after), group=group)


#: Billing got slower, Technical stayed as it was.
SLOWER = {
    "Billing": {BEFORE: (20, 30, 40), NOW: (70, 80, 90)},
    "Technical": {BEFORE: (5, 6, 7), NOW: (5, 6, 7)},
}


def slower() -> list[Ticket]:
    return [
        replied(f"{group}-{window.start:%d}-{wait}", window.start + timedelta(days=1), wait, group)
        for group, windows in SLOWER.items()
        for window, waits in windows.items()
        for wait in waits
    ]


def test_the_part_that_got_slower_made_all_of_the_change(database: Database) -> None:
    with database.writing() as session:
        Plan("acme", slower()).store(session, 1)
    with database.reading() as session:
        found = moved(session, 1, "first_response_time", GROUP)
    everything = {at: [w for g in SLOWER.values() for w in g[at]] for at in (BEFORE, NOW)}
    assert found.before == median(everything[BEFORE]) * 60
    assert found.now == median(everything[NOW]) * 60
    (billing, technical) = found.contributions
    assert (billing.name, technical.name) == ("Billing", "Technical")
    assert billing.rate == pytest.approx(found.change)
    assert (billing.value_before, billing.value_now) == (30 * 60, 80 * 60)
    assert technical.total == pytest.approx(0)


def test_of_a_count_each_part_made_its_own_difference(database: Database) -> None:
    """Five more for Billing, two fewer of nobody's group, and Sales is new."""
    made: list[tuple[str | None, int, int]] = [("Billing", 3, 8), (None, 4, 2), ("Sales", 0, 1)]
    tickets = [
        a_ticket(f"{group}-{at.start:%d}-{number}", at.start, group=group)
        for group, *counts in made
        for at, count in zip((BEFORE, NOW), counts, strict=True)
        for number in range(count)
    ]
    with database.writing() as session:
        Plan("acme", tickets).store(session, 1)
    with database.reading() as session:
        found = moved(session, 1, "ticket_volume", GROUP)
        assert (found.before, found.now) == (7, 11)
        assert list(totals(found).items()) == [("Billing", 5), (None, -2), ("Sales", 1)]
        # None of them was solved: the backlog has grown by all that came.
        grown = moved(session, 1, "backlog", GROUP)
        assert (grown.before, grown.now) == (7, 18)
        assert totals(grown) == {"Billing": 8, None: 2, "Sales": 1}


def rated(
    id_: str, raw: float, at: Window, group: str, question: Question
) -> tuple[Ticket, Rating]:
    scale = Scale.NPS if question is Question.NPS else Scale.STARS
    created, given = at.start, at.start + timedelta(days=1)
    ticket = a_ticket(id_, created, group=group)
    return ticket, Rating(id_, question, scale, created, given, raw, ticket=id_)


@pytest.mark.parametrize(
    ("question", "key", "bad", "good", "change"),
    [
        # From 3 of 4 good to 2 of 4: all of it Billing, which went from 1 of 2 to none.
        (Question.CSAT, "csat", 1, 5, -0.25),
        (Question.NPS, "nps", 0, 10, -50),
    ],
)
def test_shares_and_scores_are_split_by_the_tickets_that_were_rated(
    database: Database, question: Question, key: str, bad: int, good: int, change: float
) -> None:
    answers = [
        *(("Billing", BEFORE, bad), ("Billing", BEFORE, good)),
        *(("Technical", BEFORE, good), ("Technical", BEFORE, good)),
        *(("Billing", NOW, bad), ("Billing", NOW, bad)),
        *(("Technical", NOW, good), ("Technical", NOW, good)),
    ]
    pairs = [
        rated(str(number), raw, at, group, question)
        for number, (group, at, raw) in enumerate(answers)
    ]
    plan = Plan("acme", [ticket for ticket, _ in pairs], ratings=[rating for _, rating in pairs])
    with database.writing() as session:
        plan.store(session, 1)
    with database.reading() as session:
        found = moved(session, 1, key, GROUP)
        assert found.change == pytest.approx(change)
        assert totals(found) == pytest.approx({"Billing": change, "Technical": 0})
        listed = movers(session, 1, CATALOGUE[key], NOW, Slice(GROUP, "Billing"), rose=False)
        assert listed == [Moved("acme", "4", None), Moved("acme", "5", None)]


def test_what_was_recorded_of_parts_is_split_by_them(database: Database) -> None:
    def recorded(at: Window, group: str, hits: float, of: float) -> Entry:
        day = at.start.date() + timedelta(days=2)
        return Entry("conversion_rate", day, day, hits, of, group=group)

    entries = [
        *(recorded(BEFORE, "Shop", 10, 100), recorded(BEFORE, "Chat", 30, 100)),
        *(recorded(NOW, "Shop", 10, 100), recorded(NOW, "Chat", 50, 100)),
    ]
    with database.writing() as session:
        Plan("acme", []).store(session, 1)
        done = measurements.record(session, 1, Batch(dict(enumerate(entries))), by="U1", now=T())
        assert not done.problems
    with database.reading() as session:
        found = moved(session, 1, "conversion_rate", GROUP)
    assert (found.before, found.now) == pytest.approx((0.2, 0.3))
    assert totals(found) == pytest.approx({"Chat": 0.1, "Shop": 0})


def test_calls_are_split_by_their_groups(database: Database) -> None:
    def held(at: Window, group: str, *waits: float) -> Iterable[Call]:
        for number, wait in enumerate(waits):
            id_ = f"{group}-{at.start:%d}-{number}"
            yield Call(id_, at.start, answered=True, hold=timedelta(seconds=wait), group=group)

    calls = [
        *(*held(BEFORE, "Sales", 10, 30), *held(BEFORE, "Help", 20, 20)),
        *(*held(NOW, "Sales", 10, 30), *held(NOW, "Help", 60, 60)),
    ]
    with database.writing() as session:
        Plan("acme", [], calls=calls).store(session, 1)
    with database.reading() as session:
        found = moved(session, 1, "hold_time", GROUP)
        assert found.change == pytest.approx(20)
        assert totals(found) == pytest.approx({"Help": 20, "Sales": 0})
        by_channel = moved(session, 1, "hold_time", Dimension.CHANNEL)
        assert totals(by_channel) == pytest.approx({"phone": 20})


def test_without_anything_in_one_of_the_windows_there_is_no_movement(database: Database) -> None:
    with database.writing() as session:
        Plan("acme", [replied("1", NOW.start, 5, "Billing")]).store(session, 1)
    with database.reading() as session:
        for key in ("first_response_time", "csat", "nps"):
            assert movement(session, 1, CATALOGUE[key], BEFORE, NOW, GROUP) is None


def test_tickets_of_other_workspaces_and_retired_desks_move_nothing(database: Database) -> None:
    with database.writing() as session:
        Plan("acme", slower()).store(session, 1)
        Plan("old", slower(), retired=True).store(session, 1)
        other = a_workspace(session)
        Plan("acme", slower()).store(session, other)
    with database.reading() as session:
        found = moved(session, 1, "ticket_volume", GROUP)
        assert (found.before, found.now) == (6, 6)
        listed = movers(session, 1, CATALOGUE["first_response_time"], NOW, None, rose=True)
        assert len(listed) == 6
        assert {one.desk for one in listed} == {"acme"}


# --- The tickets behind it -----------------------------------------------------------------------


def ids(found: Iterable[Moved]) -> list[str]:
    return [one.ticket for one in found]


def test_of_durations_the_longest_are_listed_and_the_shortest_when_it_fell(
    database: Database,
) -> None:
    metric, billing = CATALOGUE["first_response_time"], Slice(GROUP, "Billing")
    with database.writing() as session:
        Plan("acme", slower()).store(session, 1)
    with database.reading() as session:
        assert movers(session, 1, metric, NOW, billing, rose=True, limit=2) == [
            Moved("acme", "Billing-13-90", 90 * 60),
            Moved("acme", "Billing-13-80", 80 * 60),
        ]
        assert ids(movers(session, 1, metric, NOW, billing, rose=False, limit=2)) == [
            "Billing-13-70",
            "Billing-13-80",
        ]
        assert ids(movers(session, 1, metric, NOW, None, rose=False, limit=1)) == ["Technical-13-5"]


def test_business_hours_have_their_own_order(database: Database) -> None:
    """Over the weekend four hours of work pass; a long Monday morning is longer."""
    friday, monday = T(days=-7, hours=9), T(days=-4, hours=2)
    tickets = [
        a_ticket("weekend", friday, first_reply_at=T(days=-4, hours=3)),
        a_ticket("monday", monday, first_reply_at=T(days=-4, hours=9)),
    ]
    metric = CATALOGUE["first_response_time"]
    with database.writing() as session:
        Plan("acme", tickets).store(session, 1)
    with database.reading() as session:
        by_calendar = movers(session, 1, metric, NOW, None, rose=True)
        in_hours = movers(session, 1, metric, NOW, None, rose=True, clock=Clock.BUSINESS)
    assert ids(by_calendar) == ["weekend", "monday"]
    assert ids(in_hours) == ["monday", "weekend"]


def test_a_ticket_is_listed_once_however_many_rows_it_has(database: Database) -> None:
    def answers(*waits: float) -> list[Response]:
        return [Response(NOW.start, NOW.start + minutes(wait), "7") for wait in waits]

    tickets = [
        a_ticket("1", NOW.start, responses=answers(5, 90, 60)),
        a_ticket("2", NOW.start, responses=answers(80)),
    ]
    metric = CATALOGUE["response_time"]
    with database.writing() as session:
        Plan("acme", tickets).store(session, 1)
    with database.reading() as session:
        assert movers(session, 1, metric, NOW, None, rose=True) == [
            Moved("acme", "1", 90 * 60),
            Moved("acme", "2", 80 * 60),
        ]
        assert movers(session, 1, metric, NOW, None, rose=False) == [
            Moved("acme", "1", 5 * 60),
            Moved("acme", "2", 80 * 60),
        ]


SHARES: list[tuple[str, Callable[[], list[Ticket]]]] = [
    (
        "reopen_rate",
        lambda: [solved("in", reopens=1), solved("out")],
    ),
    (
        "one_touch_rate",
        lambda: [solved("in", agent_replies=1), solved("out", agent_replies=3)],
    ),
    (
        "transfer_rate",
        lambda: [solved("in", transfers=1), solved("out")],
    ),
    (
        "complaint_rate",
        lambda: [a_ticket("in", NOW.start, complaint=True), a_ticket("out", NOW.start)],
    ),
    (
        "sla_attainment",
        lambda: [
            a_ticket("in", NOW.start, targets=[Target("reply", T(days=-3), T(days=-4))]),
            a_ticket("out", NOW.start, targets=[Target("reply", T(days=-3), T(days=-2))]),
        ],
    ),
]


def solved(id_: str, **facts: object) -> Ticket:
    return a_solved_ticket(id_, NOW.start, T(days=-3), **facts)


@pytest.mark.parametrize(("key", "tickets"), SHARES)
def test_of_a_share_those_in_it_are_listed_and_the_others_when_it_fell(
    database: Database, key: str, tickets: Callable[[], list[Ticket]]
) -> None:
    with database.writing() as session:
        Plan("acme", tickets()).store(session, 1)
    with database.reading() as session:
        for rose, wanted in ((True, ["in"]), (False, ["out"])):
            found = movers(session, 1, CATALOGUE[key], NOW, None, rose=rose)
            assert found == [Moved("acme", id_, None) for id_ in wanted]


def test_of_a_count_the_latest_are_listed_whichever_way_it_went(database: Database) -> None:
    tickets = [a_ticket(str(day), T(days=-day)) for day in (1, 3, 2, 9)]
    with database.writing() as session:
        Plan("acme", tickets).store(session, 1)
    with database.reading() as session:
        for rose in (True, False):
            found = movers(session, 1, CATALOGUE["ticket_volume"], NOW, None, rose=rose)
            assert ids(found) == ["1", "2", "3"]


def test_of_a_mean_those_with_the_most_are_listed(database: Database) -> None:
    tickets = [
        solved("chatty", agent_messages=5, customer_messages=4),
        solved("short", agent_messages=1, customer_messages=1),
        a_ticket("open", NOW.start, status=Status.OPEN, agent_messages=9),
    ]
    metric = CATALOGUE["interactions_per_resolution"]
    with database.writing() as session:
        Plan("acme", tickets).store(session, 1)
    with database.reading() as session:
        assert movers(session, 1, metric, NOW, None, rose=True) == [
            Moved("acme", "chatty", 9),
            Moved("acme", "short", 2),
        ]


def test_nobody_waits_less_than_no_time(database: Database) -> None:
    ticket = a_ticket("1", NOW.start, first_reply_at=NOW.start - minutes(3))
    early = a_ticket("2", NOW.start, first_reply_at=NOW.start + minutes(-1))
    later = a_ticket("3", NOW.start, first_reply_at=NOW.start + minutes(9))
    metric = CATALOGUE["first_response_time"]
    with database.writing() as session:
        Plan("acme", [ticket, early, later]).store(session, 1)
    with database.reading() as session:
        week = Window(NOW.start - minutes(5), NOW.end)
        found = movers(session, 1, metric, week, None, rose=False)
        assert [one.value for one in found] == [0, 0, 9 * 60]


UNLISTED = sorted(key for key, metric in CATALOGUE.items() if not can_be_listed(metric))


@pytest.mark.parametrize("key", UNLISTED)
def test_what_has_no_tickets_lists_none(database: Database, key: str) -> None:
    with database.writing() as session:
        Plan("acme", slower()).store(session, 1)
    with database.reading() as session:
        assert movers(session, 1, CATALOGUE[key], NOW, None, rose=True) == []
