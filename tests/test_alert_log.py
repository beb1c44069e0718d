"""The log of what alert rules did: in order, and not too large where thousands of tickets wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.alerts.life import Kind, Step
from bot.alerts.rule import Rule, Waiting
from bot.store import alert_log
from bot.store import alerts as rules
from bot.store.alert_log import MANY
from bot.store.database import Database
from bot.store.explanations import explain
from bot.store.tables import AlertRule
from tests.store_samples import a_ticket
from tests.test_alerts_job import Office, an_office
from tests.times import StandingClock, T

#: Thousands of tickets.
pytestmark = pytest.mark.thorough

HOUR = timedelta(hours=1)
CROWD = MANY + 20


def a_crowd(office: Office) -> AlertRule:
    """So many tickets wait from 9:05 on, and one more in each of the next five half hours."""
    row = office.watch(Rule(Waiting(HOUR)))
    office.hears(*[a_ticket(f"t{n:03}", T(minutes=3), customer_messages=1) for n in range(CROWD)])
    for half in range(1, 6):
        office.hears(a_ticket(f"late{half}", T(minutes=3 + 30 * half), customer_messages=1))
    office.goes_on(240)
    return row


def test_what_happens_in_one_moment_is_logged_in_its_order(
    database: Database, clock: StandingClock
) -> None:
    office = an_office(database, clock)
    steps = office.steps(a_crowd(office))
    assert [step.kind for step in steps[: CROWD + 1]] == [Kind.FIRED] * CROWD + [Kind.TOLD]
    assert [step.part for step in steps[:CROWD]] == [f"acme:t{n:03}" for n in range(CROWD)]
    assert [step.id for step in steps] == sorted(step.id or 0 for step in steps)


def test_how_a_crowd_stands_is_kept_once_in_an_hour_and_explained_from_there(
    database: Database, clock: StandingClock
) -> None:
    office = an_office(database, clock)
    row = a_crowd(office)
    with_standing = [step for step in office.steps(row) if step.standing is not None]
    ats = [step.at for step in with_standing]
    assert ats == [T(hours=1, minutes=5), T(hours=2, minutes=5), T(hours=3, minutes=5)]
    with office.services.reading() as session:
        row = session.scalars(select(AlertRule).where(col(AlertRule.id) == row.id)).one()
        found = explain(session, 1, row, T(hours=2, minutes=35), patience=timedelta(minutes=30))
    assert not found.changed
    assert [step.kind for step in found.steps] == [step.kind for step in found.logged]
    assert [step.part for step in found.steps][:1] == ["acme:late3"]
    assert len(found.before.parts) == CROWD + 2


def test_what_people_did_is_kept_however_large(database: Database, clock: StandingClock) -> None:
    office = an_office(database, clock)
    row = a_crowd(office)
    at = clock.now()
    done = Step(Kind.ACKNOWLEDGED, at, who="U0LEAD", until=at + HOUR)
    with office.services.writing() as session:
        row = session.scalars(select(AlertRule).where(col(AlertRule.id) == row.id)).one()
        alert_log.record(session, row, [done], rules.standing_of(row), incident=None)
    last = office.steps(row)[-1]
    assert (last.kind, last.standing) == (Kind.ACKNOWLEDGED, row.standing)
