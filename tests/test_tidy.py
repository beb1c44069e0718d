from __future__ import annotations

import pytest
from sqlmodel import col, select, update

from bot.message import Message, Picture
from bot.services import Services
from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox.states import SETTLED
from bot.store.tables import AlertIncident, AlertRule, Delivery, OutboxRow, PictureRow
from jobs.deliver import deliver
from jobs.tidy import tidy
from tests.programs import Recorder, program
from tests.times import StandingClock, T

CHART = Picture("FCHART", b"\x89PNG", "a chart")


@pytest.fixture
def services(database: Database, clock: StandingClock) -> Services:
    return program(database, clock, messenger=Recorder())


def queue(services: Services, text: str) -> str:
    """Queues a message with a picture and a thread of one reply."""
    message = Message(text, pictures=[CHART], thread=[Message(f"{text} below")])
    now = services.clock.now()
    with services.writing() as session:
        return outbox.queue(session, services.workspace, "C1", message, subject="digest:1", now=now)


def kept(services: Services) -> list[str]:
    with services.reading() as session:
        return sorted(session.scalars(select(OutboxRow.text)))


def test_what_was_posted_a_month_ago_is_forgotten(services: Services, clock: StandingClock) -> None:
    queue(services, "old")
    clock.move(minutes=1)
    queue(services, "young")
    deliver(services, clock.now())
    tidy(services, T(days=30))
    assert kept(services) == ["old", "old below", "young", "young below"]
    tidy(services, T(days=30, seconds=1))
    assert kept(services) == ["young", "young below"]


def test_what_was_given_up_is_forgotten_with_its_pictures(services: Services) -> None:
    delivery = queue(services, "old")
    with services.writing() as session:
        outbox.failed(session, delivery, "Slack answered is_archived.")
    tidy(services, T(days=31))
    assert kept(services) == []
    with services.reading() as session:
        assert session.scalars(select(PictureRow)).all() == []


@pytest.mark.parametrize("state", sorted(set(Delivery) - set(SETTLED)))
def test_what_is_on_its_way_is_kept_with_the_message_above_it(
    services: Services, state: Delivery
) -> None:
    delivery = queue(services, "old")
    with services.writing() as session:
        outbox.sent(session, delivery, channel="C1", ts="1.0")
        below = update(OutboxRow).where(col(OutboxRow.reply_to) == delivery)
        session.connection().execute(below.values(state=state))
    tidy(services, T(days=31))
    assert kept(services) == ["old", "old below"]


def reply(services: Services, delivery: str, text: str) -> None:
    now = services.clock.now()
    with services.writing() as session:
        outbox.reply(session, delivery, Message(text), now=now)


def alert(services: Services, delivery: str) -> AlertIncident:
    """An incident that is going on, whose message that is."""
    now = services.clock.now()
    rule = AlertRule(
        workspace_id=services.workspace,
        channel="C1",
        rule={},
        text="first response time > 4h",
        zone="UTC",
        locale="en",
        created_by="U1",
        created_at=now,
        since=now,
        judged_until=now,
    )
    with services.writing() as session:
        session.add(rule)
        session.flush()
        incident = AlertIncident(
            workspace_id=services.workspace, rule_id=rule.id or 0, opened_at=now, message=delivery
        )
        session.add(incident)
    return incident


def test_a_message_stays_for_as_long_as_there_are_young_replies_below_it(
    services: Services, clock: StandingClock
) -> None:
    delivery = queue(services, "old")
    deliver(services, clock.now())
    clock.move(days=20)
    reply(services, delivery, "later")
    deliver(services, clock.now())
    tidy(services, T(days=45))
    assert kept(services) == ["later", "old"]
    tidy(services, T(days=51))
    assert kept(services) == []


def test_the_message_of_an_open_alert_stays_with_its_thread_however_old(
    services: Services, clock: StandingClock
) -> None:
    standing = queue(services, "standing")
    queue(services, "other")
    reply(services, standing, "acknowledged")
    incident = alert(services, standing)
    alert(services, "one that was forgotten long ago")
    deliver(services, clock.now())
    tidy(services, T(days=100))
    assert kept(services) == ["acknowledged", "standing", "standing below"]
    clock.move(days=100)
    with services.writing() as session:
        outbox.change(session, standing, Message("over"), now=clock.now())
        incident.closed_at = clock.now()
        session.add(incident)
    tidy(services, T(days=100))
    assert "over" in kept(services)
    deliver(services, clock.now())
    tidy(services, T(days=100))
    assert kept(services) == []
