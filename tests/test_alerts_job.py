from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from bot.alerts.life import Kind
from bot.alerts.quiet import Weekly
from bot.alerts.rehearsal import replay
from bot.alerts.rule import Limit, Old, Rule, Side, Waiting
from bot.domain import Dimension, Status, Ticket
from bot.locale import Reader
from bot.services import Services
from bot.store import alerts as rules
from bot.store import desks, mutes, outbox
from bot.store.database import Database
from bot.store.observations import Past
from bot.store.tables import AlertIncident, AlertRule, AlertStep, Desk
from bot.store.tickets import keep
from jobs.alerts import alerts, muted_of
from tests.databases import sqlite_database
from tests.programs import Recorder, another, program, together
from tests.store_samples import HOURS, SECRET, a_desk, a_ticket
from tests.times import StandingClock, T
from tests.workspace import no_numbers

ATHENS = ZoneInfo("Europe/Athens")
CHANNEL = "C0SUPPORT"
OWNER = "U0LEAD"
MINUTE = timedelta(minutes=1)


@dataclass
class Office:
    """A desk, the rules that watch it, and a clock that is moved on."""

    services: Services
    clock: StandingClock
    desk: Desk

    def watch(self, rule: Rule, *, channel: str = CHANNEL) -> AlertRule:
        with self.services.writing() as session:
            return rules.add(
                session,
                self.services.workspace,
                channel,
                rule,
                reader=Reader("en", ATHENS),
                by=OWNER,
                now=self.clock.now(),
            )

    def hears(self, *tickets: Ticket) -> None:
        with self.services.writing() as session:
            keep(session, self.desk, list(tickets), SECRET, HOURS)

    def reads(self, at: datetime, *, until: datetime | None = None) -> None:
        with self.services.writing() as session:
            desks.finished(session, self.desk.id or 0, data_until=until or at, at=at)

    def goes_on(self, minutes: int, *, read: bool = True) -> None:
        """Lets time pass: a sync and a look every five minutes."""
        end = self.clock.now() + minutes * MINUTE
        while self.clock.now() < end:
            self.clock.move(minutes=5)
            if read:
                self.reads(self.clock.now())
            alerts(self.services, self.clock.now())

    def steps(self, row: AlertRule) -> list[AlertStep]:
        with self.services.reading() as session:
            wanted = select(AlertStep).where(col(AlertStep.rule_id) == row.id)
            return list(session.scalars(wanted.order_by(col(AlertStep.id))))

    def told(self, row: AlertRule) -> list[str]:
        return [step.kind for step in self.steps(row)]

    def incidents(self) -> list[AlertIncident]:
        with self.services.reading() as session:
            return list(session.scalars(select(AlertIncident)))


@pytest.fixture
def office(database: Database, clock: StandingClock) -> Office:
    return an_office(database, clock)


def an_office(database: Database, clock: StandingClock) -> Office:
    services = program(database, clock, messenger=Recorder())
    with services.writing() as session:
        desk = a_desk(session, data_until=T())
    return Office(services, clock, desk)


def volume(above: int, **more: Any) -> Rule:
    """More than so many tickets in an hour."""
    told: dict[str, Any] = {"over": timedelta(hours=1), "keep": timedelta(0), **more}
    return Rule(Limit(Side.ABOVE, above, above), "ticket_volume", **told)


def arriving(count: int, at: datetime, *, name: str = "t", **facts: Any) -> list[Ticket]:
    return [a_ticket(f"{name}{n}", at + n * timedelta(seconds=1), **facts) for n in range(count)]


def test_an_alert_fires_stands_and_ends(office: Office) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=20)))
    office.goes_on(90)
    steps = [((step.at - T()) // MINUTE, step.kind, step.value) for step in office.steps(row)]
    assert steps == [
        (25, "fired", 6),
        (25, "told", 6),
        (85, "recovered", 0),
        (85, "ended", 6),
    ]
    (incident,) = office.incidents()
    assert (incident.opened_at, incident.told_at) == (T(minutes=25), T(minutes=25))
    assert (incident.closed_at, incident.worst) == (T(minutes=85), 6)


def test_a_moment_is_judged_once_the_data_go_so_far(office: Office) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=1)))
    office.clock.move(minutes=11)
    office.reads(T(minutes=11), until=T(minutes=4))
    alerts(office.services, office.clock.now())
    assert office.told(row) == []
    office.reads(T(minutes=12), until=T(minutes=12))
    alerts(office.services, office.clock.now())
    assert [step.at for step in office.steps(row)] == [T(minutes=5), T(minutes=5)]


def test_without_data_for_too_long_it_says_so(office: Office) -> None:
    row = office.watch(volume(5))
    office.goes_on(10)
    office.goes_on(35, read=False)
    assert [(step.at, step.kind) for step in office.steps(row)] == []
    office.goes_on(10, read=False)
    # Half an hour after the first moment of which nothing was read.
    assert [(step.at, step.kind) for step in office.steps(row)] == [(T(minutes=15), "no data")]


def test_old_data_are_an_alert_of_their_own(office: Office) -> None:
    row = office.watch(Rule(Old(timedelta(minutes=20)), keep=timedelta(0)))
    office.goes_on(10)
    office.goes_on(30, read=False)
    steps = [((step.at - T()) // MINUTE, step.kind, step.part) for step in office.steps(row)]
    assert steps == [(35, "fired", "acme"), (35, "told", None)]
    office.goes_on(5)
    assert office.told(row)[2:] == ["recovered", "ended"]


def test_two_workers_at_once_give_one_alert(office: Office) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=1)))
    office.clock.move(minutes=6)
    office.reads(office.clock.now())
    now = office.clock.now()
    with another(office.services) as other:
        together(*(lambda one=one: alerts(one, now) for one in (office.services, other, other)))
    assert office.told(row) == ["fired", "told"]
    assert len(office.incidents()) == 1
    assert office.services.database is not None
    with office.services.reading() as session:
        assert len(outbox.due(session, 1, now=now)) == 1


def test_one_rule_that_fails_holds_up_no_other(office: Office) -> None:
    broken = office.watch(volume(5))
    with office.services.writing() as session:
        row = session.get_one(AlertRule, broken.id)
        row.rule = {**row.rule, "metric": "no such metric"}
        session.add(row)
    well = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=1)))
    office.goes_on(5)
    assert office.told(well) == ["fired", "told"]


def test_a_rule_that_is_paused_is_not_judged(office: Office) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=1)))
    with office.services.writing() as session:
        rules.pause(session, session.get_one(AlertRule, row.id))
    office.goes_on(10)
    assert office.told(row) == []


def test_what_was_before_it_was_switched_on_is_no_alert(office: Office) -> None:
    office.hears(*arriving(6, T(minutes=-300)))
    row = office.watch(Rule(Waiting(timedelta(hours=1))))
    office.hears(*arriving(1, T(minutes=-50), name="late"))
    office.goes_on(20)
    steps = [(step.kind, step.part) for step in office.steps(row)]
    assert steps == [("fired", "acme:late0"), ("told", None)]


# --- Replay equals live --------------------------------------------------------------------------

SPAN = 20 * 60  # minutes

ticket_plans = st.lists(
    st.tuples(
        st.integers(-120, SPAN),  # created
        st.integers(1, 6),  # how many at once
        st.one_of(st.none(), st.integers(0, 400)),  # first reply after
        st.one_of(st.none(), st.integers(0, 600)),  # solved after
        st.sampled_from([None, "Billing", "Sales"]),
    ),
    max_size=25,
)
read_plans = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), max_size=60)
look_plans = st.lists(st.integers(1, 70), min_size=1, max_size=40)
rule_plans = st.builds(
    Rule,
    st.one_of(
        st.builds(
            lambda limit, back: Limit(Side.ABOVE, limit, limit * back),
            st.integers(0, 8),
            st.sampled_from([1.0, 0.5]),
        ),
        st.builds(lambda limit: Limit(Side.BELOW, limit, limit + 1), st.integers(1, 8)),
    ),
    st.sampled_from(["ticket_volume", "backlog", "first_response_time"]),
    st.sampled_from([timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8)]),
    st.sampled_from([timedelta(0), timedelta(minutes=20)]),
    st.sampled_from([None, Dimension.GROUP]),
    fewest=st.sampled_from([1, 3]),
    keep=st.sampled_from([timedelta(0), timedelta(minutes=15)]),
    every=st.sampled_from([timedelta(minutes=30), timedelta(hours=4)]),
    in_hours=st.booleans(),
)
others = st.sampled_from(
    [
        Rule(Old(timedelta(minutes=30)), every=timedelta(hours=1)),
        Rule(Waiting(timedelta(minutes=45))),
        Rule(Waiting(timedelta(minutes=45)), in_hours=True),
    ]
)


def tickets_of(plans: Sequence[Any]) -> Iterator[Ticket]:
    for place, (created, count, replied, solved, group) in enumerate(plans):
        at = T(minutes=created)
        facts: dict[str, Any] = {"group": group}
        if replied is not None:
            facts["first_reply_at"] = at + replied * MINUTE
        if solved is not None:
            facts |= dict.fromkeys(("first_solved_at", "last_solved_at"), at + solved * MINUTE) | {
                "status": Status.SOLVED
            }
        yield from arriving(count, at, name=f"{place}-", **facts)


def in_a_day(numbers: Iterable[int]) -> Iterator[datetime]:
    """Moments, each so many minutes after the one before."""
    at = T()
    for minutes in numbers:
        at += minutes * MINUTE
        if at > T(minutes=SPAN):
            return
        yield at


@pytest.mark.thorough
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ticket_plans, read_plans, look_plans, st.one_of(rule_plans, others), st.booleans())
def test_a_rehearsal_makes_the_decisions_that_were_made(
    plans: Sequence[Any],
    reads: Sequence[tuple[int, int]],
    looks: Sequence[int],
    rule: Rule,
    lunch: bool,
) -> None:
    with sqlite_database(no_numbers()) as database:
        assert_replay_equals_live(database, plans, reads, looks, rule, lunch=lunch)


def assert_replay_equals_live(
    database: Database,
    plans: Sequence[Any],
    reads: Sequence[tuple[int, int]],
    looks: Sequence[int],
    rule: Rule,
    *,
    lunch: bool,
) -> None:
    """Judges a day as it passes, with looks and syncs at odd moments, and once more afterwards."""
    clock = StandingClock(T())
    office = an_office(database, clock)
    row = office.watch(rule)
    office.hears(*tickets_of(plans))
    if lunch:
        mute(office)
    pending = list(zip(in_a_day(gap for gap, _ in reads), (old for _, old in reads), strict=False))
    for now in in_a_day(looks):
        while pending and pending[0][0] <= now:
            at, old = pending.pop(0)
            office.reads(at, until=at - old * MINUTE)
        clock.set(now)
        alerts(office.services, now)
    with office.services.reading() as session:
        kept = session.get_one(AlertRule, row.id)
        moments = rule.slots(kept.since, kept.judged_until)
        past = Past(session, 1, patience=office.services.settings.stale_after)
        seen = past.seen(rule, ATHENS, moments, since=kept.since)
        muted = muted_of(office.services, session, kept)
        again = [
            (step.at, step.kind.value, step.part, step.value, step.n)
            for moment in replay(rule, moments, seen, muted=muted)
            for step in moment.steps
        ]
    live = [(s.at, s.kind, s.part, s.value, s.n) for s in office.steps(row)]
    assert again == live


def mute(office: Office) -> None:
    with office.services.writing() as session:
        mutes.add(
            session,
            1,
            CHANNEL,
            Weekly((4,), time(12), time(13), ATHENS, T()),
            rule=None,
            why="lunch",
            by=OWNER,
            now=T(),
        )


@pytest.mark.thorough
def test_a_day_in_which_everything_happens_is_the_same_in_a_rehearsal() -> None:
    plans = [(10, 6, 100, 500, "Billing"), (200, 6, None, 300, "Sales"), (400, 6, 30, None, None)]
    reads = [*[(5, 0)] * 40, (120, 10), *[(5, 3)] * 90]
    rule = volume(3, by=Dimension.GROUP)
    with sqlite_database(no_numbers()) as database:
        assert_replay_equals_live(database, plans, reads, [15] * 80, rule, lunch=True)


def test_what_happens_is_told_in_the_log(office: Office) -> None:
    row = office.watch(volume(5))
    office.hears(*arriving(6, T(minutes=1)))
    office.goes_on(5)
    *_, last = office.steps(row)
    assert last.kind == Kind.TOLD
    assert last.standing is not None
    assert last.standing["incident"]["opened_at"] == T(minutes=5).timestamp()
