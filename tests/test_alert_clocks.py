"""Alerts where clocks disagree: those of two workers, and one that was moved back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.doctor import Finding, examine
from bot.store import alerts as rules
from bot.store.tables import AlertRule
from commands.alert_text import parse_rule
from jobs.alerts import alerts
from tests.alert_workspace import ACME, at_once, below, burst, day, posted, row_of, send, watch
from tests.programs import another
from tests.times import StandingClock
from tests.workspace import CHANNEL, LEAD, Workspace, open_desks, words

#: Hours of two workers.
pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The log, which is not written out: clocks that are moved back are warned of."""
    with capture_logs():
        yield


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


def goes_on(workspace: Workspace, minutes: int) -> None:
    """Time passes, with syncs, looks, and the sending of what there is."""
    office = day(workspace)
    for _ in range(minutes // 5):
        office.goes_on(5)
        send(workspace)


def looked_at(workspace: Workspace) -> Finding:
    """What the doctor finds about whether the rules are looked at."""
    (found,) = (one for one in examine(workspace.services) if one.name == "alerts")
    return found


@pytest.mark.parametrize("apart", [0, 4, 6, 10, 50])
def test_two_workers_whose_clocks_differ_make_one_alert_of_one(
    workspace: Workspace, apart: int
) -> None:
    number, office = watch(workspace, "ticket_volume > 3 over 15m keep 0m"), day(workspace)
    slow = StandingClock(workspace.clock.now() - timedelta(minutes=apart))
    with another(workspace.services, clock=slow) as behind:
        office.hears(*at_once(workspace, 6))
        for _ in range(40):
            for clock in (workspace.clock, slow):
                clock.move(seconds=75)
            office.reads(workspace.clock.now())
            for services in (workspace.services, behind):
                alerts(services, services.clock.now())
            send(workspace)
    assert office.told(row_of(workspace, number)) == ["fired", "told", "recovered", "ended"]
    assert (len(office.incidents()), len(posted(workspace))) == (1, 1)


def test_a_clock_that_is_a_little_behind_waits_and_the_doctor_tells(workspace: Workspace) -> None:
    number = watch(workspace, "ticket_volume > 3")
    day(workspace).goes_on(60)
    judged = row_of(workspace, number).judged_until
    workspace.clock.move(minutes=-50)
    found = looked_at(workspace)
    assert (found.ok, found.mend) == (
        False,
        "Set the clocks of all machines by NTP; the alerts wait until then.",
    )
    day(workspace).goes_on(50)
    assert row_of(workspace, number).judged_until == judged
    day(workspace).goes_on(5)
    assert row_of(workspace, number).judged_until > judged
    assert looked_at(workspace).ok


def test_a_message_that_was_queued_before_a_clock_was_moved_back_is_posted(
    workspace: Workspace,
) -> None:
    watch(workspace, "ticket_volume > 3")
    goes_on(workspace, 10)
    workspace.clock.move(days=3)
    day(workspace).reads(workspace.clock.now())
    burst(workspace)
    workspace.clock.move(days=-3)
    goes_on(workspace, 5)
    (only,) = posted(workspace)
    assert only.text.startswith("🔴 *Ticket volume 6*")


def test_a_message_that_waited_for_an_invitation_goes_on_when_a_clock_is_moved_back(
    workspace: Workspace,
) -> None:
    """Its owner is told as soon as else: what waits is no older than it is."""
    watch(workspace, "ticket_volume > 3")
    workspace.slack.add_channel(CHANNEL, is_member=False)
    workspace.clock.move(days=3)
    day(workspace).reads(workspace.clock.now())
    burst(workspace)
    send(workspace)
    workspace.clock.move(days=-3)
    goes_on(workspace, 15)
    (notice,) = workspace.slack.posts(f"D{LEAD}")
    assert "not_in_channel" in words({"text": notice.text})
    workspace.slack.add_channel(CHANNEL, is_member=True)
    goes_on(workspace, 10)
    assert len(posted(workspace)) == 1


def test_a_rule_that_was_edited_before_a_clock_was_moved_back_is_told_as_it_is(
    workspace: Workspace,
) -> None:
    number = watch(workspace, "first_response_time > 9h min 1")
    goes_on(workspace, 10)
    workspace.clock.move(days=10)
    with workspace.writing() as session:
        row = session.get_one(AlertRule, number)
        rules.replace(session, row, parse_rule("ticket_volume > 3"), now=workspace.clock.now())
    workspace.clock.move(days=-10)
    goes_on(workspace, 10)
    day(workspace).hears(*at_once(workspace, 6))
    goes_on(workspace, 90)
    (only,) = posted(workspace)
    assert only.text.startswith("✅ *Ticket volume back at 0*")
    assert below(workspace)[-1].startswith("✅ *Ticket volume back at 0*")
    assert "fired: 6" in workspace.types("/alert log 1").told


def test_an_alert_of_a_clock_that_was_moved_back_stays_one_of_the_rule_as_it_is(
    workspace: Workspace,
) -> None:
    number = watch(workspace, "first_response_time > 9h min 1")
    goes_on(workspace, 10)
    workspace.clock.move(days=10)
    day(workspace).reads(workspace.clock.now())
    with workspace.writing() as session:
        row = session.get_one(AlertRule, number)
        rules.replace(session, row, parse_rule("ticket_volume > 3"), now=workspace.clock.now())
    burst(workspace)
    send(workspace)
    workspace.clock.move(days=-10)
    day(workspace).hears(*at_once(workspace, 9))
    goes_on(workspace, 20)
    (only,) = posted(workspace)
    assert only.text.startswith("🔴 *Ticket volume 9* (limit 3)")
