"""What goes wrong around alerts: messages that nobody sees, rules and deeds that fail, long stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from structlog.testing import capture_logs

from bot.doctor import Finding, examine
from bot.slack.alerts import incident as message
from bot.slack.alerts.rehearsal import SWITCH_ON, Wanted
from bot.slack.messenger import SlackMessenger
from bot.store import outbox, runs
from bot.store.tables import AlertRule, Delivery, OutboxRow
from jobs.alert_deeds import GIVEN_UP, alert_deeds
from jobs.alert_notices import alert_notices
from jobs.alerts import MOST_AT_ONCE, alerts
from jobs.deliver import deliver
from tests.alert_workspace import (
    ACME,
    MINUTE,
    at_once,
    below,
    burst,
    day,
    posted,
    row_of,
    send,
    watch,
)
from tests.programs import failing
from tests.times import T
from tests.workspace import AGENT, CHANNEL, LEAD, Workspace, open_desks, words

#: Hours and days of an outage, several of them.
pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """The log, which is not written out: much goes wrong here."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


@pytest.fixture
def firing(workspace: Workspace) -> Workspace:
    """A workspace in which a rule has fired, and its message is posted."""
    watch(workspace, "ticket_volume > 3 every 1h")
    burst(workspace)
    send(workspace)
    return workspace


def told_to_the_owner(workspace: Workspace) -> list[str]:
    """The direct messages to whoever made the rule."""
    return [words({"text": one.text}) for one in workspace.slack.posts(f"D{LEAD}")]


def listed(workspace: Workspace) -> str:
    """How the first rule stands in the list."""
    text = words({"text": workspace.types("/alert").message["text"]})
    return text.splitlines()[0].split(": ", 1)[1]


def found(workspace: Workspace, name: str = "alert 1") -> Finding | None:
    """What the doctor finds about it."""
    return {one.name: one for one in examine(workspace.services)}.get(name)


def goes_on(workspace: Workspace, minutes: int = 5) -> None:
    """Time passes, with syncs, looks, and the sending of what there is."""
    office = day(workspace)
    for _ in range(minutes // 5):
        office.goes_on(5)
        send(workspace)


def new_numbers(workspace: Workspace) -> None:
    """The alert goes on with other numbers, which its message is to show."""
    day(workspace).hears(*at_once(workspace, 4))
    goes_on(workspace, 20)


# --- Nobody sees it ------------------------------------------------------------------------------


def deleted(workspace: Workspace) -> None:
    (only,) = posted(workspace)
    workspace.slack.delete(CHANNEL, only.ts)


def archived(workspace: Workspace) -> None:
    workspace.slack.add_channel(CHANNEL, is_archived=True)


def kicked_out(workspace: Workspace) -> None:
    workspace.slack.add_channel(CHANNEL, is_member=False)


Event = Callable[[Workspace], None]

AFTERWARDS: list[tuple[Event, str, str]] = [
    (
        deleted,
        "⚠️ *Ticket volume above 3*: its message was deleted from",
        "Slack answered message_not_found.",
    ),
    (
        archived,
        f"⚠️ *Ticket volume above 3*: <#{CHANNEL}> was archived",
        "Slack answered is_inactive. Unarchive the channel.",
    ),
]


@pytest.mark.parametrize(("happens", "told", "problem"), AFTERWARDS)
def test_a_message_that_is_gone_is_told_to_the_owner_once(
    firing: Workspace, happens: Event, told: str, problem: str
) -> None:
    assert listed(firing).startswith("🔴")
    assert found(firing) is None
    happens(firing)
    new_numbers(firing)
    (notice,) = told_to_the_owner(firing)
    assert notice.startswith(told)
    assert problem in notice
    assert "*Ticket volume 10* (limit 3)" in notice
    assert listed(firing) == f"⚠️ Nobody is told: {problem}"
    finding = found(firing)
    assert finding is not None
    assert (finding.ok, finding.told, finding.mend) == (
        *(False, f"nobody in {CHANNEL} sees it"),
        problem,
    )
    goes_on(firing, 60)
    assert len(told_to_the_owner(firing)) == 1


BEFORE: list[tuple[Event, str]] = [
    (archived, "Slack answered is_archived."),
    (kicked_out, "Slack answered not_in_channel. Invite the bot:"),
]


@pytest.mark.parametrize(("happens", "problem"), BEFORE)
def test_an_alert_that_cannot_be_posted_is_told_to_the_owner_once(
    workspace: Workspace, happens: Event, problem: str
) -> None:
    watch(workspace, "backlog > 50")
    happens(workspace)
    burst(workspace, 20)
    goes_on(workspace, 30)
    (notice,) = told_to_the_owner(workspace)
    assert problem in notice
    assert "*Backlog 75* (limit 50)" in notice
    assert listed(workspace).startswith(f"⚠️ Nobody is told: {problem}")
    assert found(workspace) is not None


def test_what_waits_for_an_invitation_is_posted_when_it_comes(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50")
    kicked_out(workspace)
    burst(workspace, 20)
    goes_on(workspace, 10)
    assert posted(workspace) == []
    workspace.slack.add_channel(CHANNEL, is_member=True)
    goes_on(workspace, 10)
    assert len(posted(workspace)) == 1
    assert listed(workspace).startswith("🔴")
    assert found(workspace) is None


def test_a_channel_that_is_unarchived_is_told_how_things_stand(firing: Workspace) -> None:
    archived(firing)
    firing.presses(message.ACKNOWLEDGE, "1", user=AGENT, ephemeral=False)
    new_numbers(firing)
    firing.slack.add_channel(CHANNEL, is_archived=False)
    goes_on(firing, 10)
    (only,) = posted(firing)
    assert only.text.startswith("🟠 *Ticket volume 10*")
    assert [one for one in below(firing) if f"<@{AGENT}> has taken it on" in one]
    assert found(firing) is None


@pytest.mark.thorough  # 8 s: thirteen hours pass, look by look
def test_what_still_stands_is_posted_however_long_its_channel_was_archived(
    workspace: Workspace,
) -> None:
    watch(workspace, "backlog > 50")
    archived(workspace)
    burst(workspace, 20)
    goes_on(workspace, 13 * 60)
    workspace.slack.add_channel(CHANNEL, is_archived=False)
    goes_on(workspace, 10)
    assert [one.text.splitlines()[0][:15] for one in posted(workspace)] == ["🔴 *Backlog 75* "]


@contextmanager
def revoked(workspace: Workspace) -> Iterator[None]:
    """Meanwhile Slack does not take the token."""
    with_token = workspace.services
    messenger = SlackMessenger("xoxb-revoked", url=workspace.slack.api_url)
    workspace.services = replace(with_token, messenger=messenger)
    yield
    workspace.services = with_token


def test_what_is_over_when_there_is_a_token_again_is_told_as_over(workspace: Workspace) -> None:
    """The notice waited for the token as well, and was about what stood then."""
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    with revoked(workspace):
        burst(workspace)
        goes_on(workspace, 10)
        with workspace.services.reading() as session:
            (waits,) = [row for row in session.scalars(select(OutboxRow)) if row.channel == LEAD]
        assert "🔴 *Ticket volume 6*" in waits.text
        goes_on(workspace, 20)
    goes_on(workspace, 10)
    (notice,) = told_to_the_owner(workspace)
    assert "Slack no longer took the token of this app" in notice
    assert "It is over, and is posted no more." in notice
    assert "✅ *Ticket volume back at 0*" in notice
    assert posted(workspace) == []


def test_nobody_is_told_of_a_message_that_got_through_before_its_notice(
    workspace: Workspace,
) -> None:
    watch(workspace, "backlog > 50")
    with revoked(workspace):
        burst(workspace, 20)
        goes_on(workspace, 15)
    with workspace.writing() as session:
        (message,) = session.scalars(select(OutboxRow).where(col(OutboxRow.channel) == CHANNEL))
        message.next_at = workspace.clock.now()
    deliver(workspace.services, workspace.clock.now())
    assert len(posted(workspace)) == 1
    workspace.clock.move(minutes=6)
    send(workspace)
    assert told_to_the_owner(workspace) == []


def test_a_notice_stays_while_its_message_is_being_tried_again(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50")
    with revoked(workspace):
        burst(workspace, 20)
        goes_on(workspace, 15)
    with workspace.writing() as session:
        (alert,) = session.scalars(select(OutboxRow).where(col(OutboxRow.channel) == CHANNEL))
        alert.state = Delivery.SENDING
    alert_notices(workspace.services, workspace.clock.now())
    with workspace.services.reading() as session:
        (notice,) = session.scalars(select(OutboxRow).where(col(OutboxRow.channel) == LEAD))
    assert notice.state == Delivery.RETRY


def test_a_token_that_was_revoked_is_told_once_there_is_another(workspace: Workspace) -> None:
    """Without one there is no way to tell it to anybody."""
    watch(workspace, "backlog > 50")
    with revoked(workspace):
        burst(workspace, 20)
        goes_on(workspace, 15)
        assert workspace.slack.posted == []
        workspace.services = replace(workspace.services, messenger=None)
        assert "Slack answered invalid_auth. Set SLACK_BOT_TOKEN" in listed(workspace)
    workspace.clock.move(minutes=6)
    send(workspace)
    assert len(posted(workspace)) == 1
    (notice,) = told_to_the_owner(workspace)
    assert "Slack no longer took the token of this app" in notice


def test_another_cause_is_told_as_well(firing: Workspace) -> None:
    kicked_out(firing)
    new_numbers(firing)
    goes_on(firing, 10)
    archived(firing)
    goes_on(firing, 20)
    assert len(told_to_the_owner(firing)) == 2


def test_a_message_that_only_waits_for_its_turn_is_no_trouble(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    workspace.clock.move(minutes=1)
    alert_notices(workspace.services, workspace.clock.now())
    assert listed(workspace).startswith("🔴")
    send(workspace)
    assert told_to_the_owner(workspace) == []


def test_what_could_not_be_posted_is_posted_when_people_are_called_again(
    workspace: Workspace,
) -> None:
    """Slack refused it for good, which is told at once; what is posted then is another."""
    watch(workspace, "backlog > 50 every 1h")
    burst(workspace, 20)
    with workspace.writing() as session:
        (row,) = session.scalars(select(OutboxRow))
        outbox.failed(session, row.id, "Slack answered msg_too_long.")
    goes_on(workspace, 30)
    assert posted(workspace) == []
    goes_on(workspace, 60)
    (only,) = posted(workspace)
    assert len(told_to_the_owner(workspace)) == 1
    assert only.text.startswith("🔴 *Backlog 75*")
    assert below(workspace) == []
    day(workspace).goes_on(5)
    workspace.types("/alert pause 1", user=LEAD)
    send(workspace)
    assert posted(workspace)[0].text.startswith("⏹️")


def test_a_message_that_was_deleted_does_not_come_again(firing: Workspace) -> None:
    deleted(firing)
    new_numbers(firing)
    goes_on(firing, 60)
    assert posted(firing) == []


def test_an_old_message_is_told_as_it_was_when_its_rule_was_another(firing: Workspace) -> None:
    deleted(firing)
    firing.presses(SWITCH_ON, Wanted(CHANNEL, "frt > 1h", 1).to_text(), user=LEAD)
    send(firing)
    assert day(firing).told(row_of(firing, 1))[-1] == "stopped"
    assert told_to_the_owner(firing) == []


REFUSALS = [
    "Slack could not be reached (URLError).",
    "Slack answered internal_error.",
    "Slack could not be reached (TimeoutError).",
    "Slack answered not_in_channel.",
    "Slack answered internal_error.",
]


def refused(workspace: Workspace, problem: str) -> None:
    """What the message is to show cannot be shown, and has not been for a while."""
    with workspace.writing() as session:
        for row in session.scalars(select(OutboxRow).where(col(OutboxRow.subject) == "alert:1")):
            row.state, row.problem = Delivery.EDIT, problem
            row.expires_at = workspace.clock.now()


def test_one_outage_is_told_once_in_whatever_words_it_comes(firing: Workspace) -> None:
    for problem in REFUSALS:
        refused(firing, problem)
        alert_notices(firing.services, firing.clock.now())
    send(firing)
    first, second = told_to_the_owner(firing)
    assert "could not be posted or brought up to date" in first
    assert "I cannot reach" in second


def test_an_alert_whose_end_cannot_be_shown_is_told_to_the_owner(firing: Workspace) -> None:
    """It is over, and its message says for ever that it is not."""
    kicked_out(firing)
    goes_on(firing, 90)
    (incident,) = day(firing).incidents()
    assert incident.closed_at is not None
    (notice,) = told_to_the_owner(firing)
    assert "Slack answered" in notice
    finding = found(firing)
    assert finding is not None
    assert finding.told == f"nobody in {CHANNEL} sees it"
    firing.clock.move(days=2)
    assert found(firing) is None


def test_an_alert_that_was_over_before_anybody_could_see_it_is_told_to_the_owner(
    workspace: Workspace,
) -> None:
    """With the reason for which it could not be posted."""
    kicked_out(workspace)
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    burst(workspace)
    deliver(workspace.services, workspace.clock.now())
    day(workspace).goes_on(20)
    send(workspace)
    (incident,) = day(workspace).incidents()
    assert incident.closed_at is not None
    send(workspace)
    (notice,) = told_to_the_owner(workspace)
    assert "Slack answered not_in_channel." in notice
    assert posted(workspace) == []


def test_what_was_over_before_a_second_try_is_not_promised(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    burst(workspace)
    reached = workspace.services
    out_of_reach = SlackMessenger("xoxb", url="http://127.0.0.1:1/api/")
    deliver(replace(reached, messenger=out_of_reach), workspace.clock.now())
    day(workspace).goes_on(20)
    send(workspace)
    (notice,) = told_to_the_owner(workspace)
    assert "It is over, and is posted no more." in notice
    assert "tried again" not in notice
    finding = found(workspace)
    assert finding is not None
    assert finding.told == f"it is over, and nobody in {CHANNEL} saw it"
    assert finding.mend.startswith("Slack could not be reached")


def test_a_rule_that_fires_again_in_the_same_outage_is_told_once(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    archived(workspace)
    for _ in range(3):
        burst(workspace)
        goes_on(workspace, 30)
    assert len(day(workspace).incidents()) == 3
    assert len(told_to_the_owner(workspace)) == 1


def test_a_second_outage_is_told_as_well(workspace: Workspace) -> None:
    """What fired in between was posted: of the first nobody misses anything any more."""
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    archived(workspace)
    burst(workspace)
    goes_on(workspace, 30)
    workspace.slack.add_channel(CHANNEL, is_archived=False)
    burst(workspace)
    goes_on(workspace, 30)
    assert (len(posted(workspace)), found(workspace)) == (1, None)
    archived(workspace)
    burst(workspace)
    goes_on(workspace, 30)
    assert len(told_to_the_owner(workspace)) == 2
    assert found(workspace) is not None


def test_what_was_held_back_and_cannot_be_told_is_told_to_the_owner(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    workspace.types("/alert mute for 1h because we move", user=LEAD)
    burst(workspace)
    day(workspace).goes_on(30)
    archived(workspace)
    goes_on(workspace, 40)
    (notice,) = told_to_the_owner(workspace)
    assert notice.startswith(f"⚠️ *Ticket volume above 3*: <#{CHANNEL}> was archived")
    assert found(workspace) is not None
    goes_on(workspace, 10)
    assert len(told_to_the_owner(workspace)) == 1


# --- Rules that fail -----------------------------------------------------------------------------


def broken(workspace: Workspace, number: int) -> None:
    with workspace.writing() as session:
        row = session.get_one(AlertRule, number)
        row.rule = {**row.rule, "metric": "gone"}


def test_a_rule_that_cannot_be_read_holds_up_nothing(firing: Workspace, log: list[Any]) -> None:
    broken(firing, 1)
    watch(firing, "ticket_volume > 9")
    burst(firing, 12)
    assert day(firing).told(row_of(firing, 2)) == ["fired", "told"]
    firing.presses(message.USEFUL, "1", ephemeral=False)
    firing.presses(message.ACKNOWLEDGE, "1", ephemeral=False)
    firing.types("/alert remove 1", user=LEAD)
    send(firing)
    assert firing.asked() == []
    assert [one.rule_id for one in day(firing).incidents() if one.closed_at] == [1]
    assert [entry for entry in log if entry["log_level"] == "error"] == []


def test_the_owner_hears_once_of_a_rule_that_cannot_be_read_while_it_fires(
    firing: Workspace,
) -> None:
    broken(firing, 1)
    for _ in range(2):
        send(firing)
    (notice,) = told_to_the_owner(firing)
    assert "this version cannot read it" in notice
    assert "/alert remove 1" in notice
    finding = found(firing)
    assert finding is not None
    assert finding.told.startswith("cannot be read by this version")


@pytest.mark.parametrize("asks", ["test 1", "edit 1", "edit 1 ticket_volume > 5", "why 1"])
def test_what_is_asked_of_a_rule_that_cannot_be_read_says_so(firing: Workspace, asks: str) -> None:
    broken(firing, 1)
    told = firing.types(f"/alert {asks}", user=LEAD).told
    assert "Rule 1 cannot be read by this version." in told
    for button in (message.TICKETS, message.WHY):
        told = firing.presses(button, "1", ephemeral=False).told
        assert "Rule 1 cannot be read by this version." in told


def test_nothing_takes_the_place_of_a_rule_that_cannot_be_read(firing: Workspace) -> None:
    """Its history would be read with it ever after."""
    broken(firing, 1)
    wanted = Wanted(CHANNEL, "ticket_volume > 5", 1).to_text()
    told = firing.presses(SWITCH_ON, wanted, user=LEAD).told
    assert "Rule 1 cannot be read by this version." in told
    assert row_of(firing, 1).text.startswith("ticket_volume > 3")


_A_PART = {"phase": "firing", "since": 1.0, "last": {"n": 1}}
_NOTHING: dict[str, Any] = {
    "parts": [],
    "incident": None,
    "missed": [],
    "missed_more": 0,
    "no_data_since": None,
}

BROKEN: list[Any] = [
    {"parts": []},
    ["firing"],
    "firing",
    {**_NOTHING, "incident": 5},
    {**_NOTHING, "no_data_since": 1e30},
    {**_NOTHING, "parts": [["a", {**_A_PART, "phase": "burning"}]]},
    {**_NOTHING, "parts": [["a", {**_A_PART, "last": "five"}]]},
    {**_NOTHING, "parts": [["a", {**_A_PART, "later": 1}]]},
]


@pytest.mark.parametrize("standing", BROKEN, ids=str)
def test_a_standing_that_cannot_be_read_is_told_and_can_be_ended(
    firing: Workspace, standing: Any, log: list[Any]
) -> None:
    with firing.writing() as session:
        session.get_one(AlertRule, 1).standing = standing
    day(firing).goes_on(5)
    assert "Rule 1 cannot be read by this version" in firing.types("/alert").message["text"]
    finding = found(firing)
    assert finding is not None
    assert finding.told.startswith("cannot be read by this version")
    firing.types("/alert remove 1", user=LEAD)
    send(firing)
    assert [one.closed_at is not None for one in day(firing).incidents()] == [True]
    assert row_of(firing, 1).standing == {}
    assert [entry for entry in log if entry["log_level"] == "error"] == []


def test_a_rule_whose_data_cannot_be_read_holds_up_no_other(workspace: Workspace) -> None:
    """The database refuses one statement: what was half read is not used for the next rule."""
    watch(workspace, "ticket waiting > 1h without reply")
    number = watch(workspace, "data older than 10m")
    office = day(workspace)
    workspace.clock.move(minutes=40)
    with failing(workspace.services.database, "SELECT desk.name, ticket.id"):
        alerts(workspace.services, workspace.clock.now())
    assert office.told(row_of(workspace, 1)) == []
    assert office.told(row_of(workspace, number)) == ["fired", "told"]


def test_what_was_decided_and_what_is_told_are_kept_together(workspace: Workspace) -> None:
    number = watch(workspace, "ticket_volume > 3")
    office = day(workspace)
    office.hears(*at_once(workspace, 6))
    workspace.clock.move(minutes=5)
    office.reads(workspace.clock.now())
    with failing(workspace.services.database, "INSERT INTO outbox"):
        alerts(workspace.services, workspace.clock.now())
    assert (office.told(row_of(workspace, number)), office.incidents()) == ([], [])
    assert row_of(workspace, number).judged_until == T()
    alerts(workspace.services, workspace.clock.now())
    assert office.told(row_of(workspace, number)) == ["fired", "told"]


def test_who_is_asked_to_stop_judges_no_further_rule(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    workspace.clock.move(minutes=60)
    workspace.services.stopping.set()
    alerts(workspace.services, workspace.clock.now())
    assert row_of(workspace, 1).judged_until == T()
    workspace.types("/alert pause 1", user=LEAD)
    alert_deeds(workspace.services, workspace.clock.now())
    assert len(workspace.asked()) == 1


# --- A long stop ---------------------------------------------------------------------------------


def test_after_a_long_stop_all_is_judged_and_only_what_stands_is_told(
    workspace: Workspace,
) -> None:
    """What fired and ended meanwhile is in the log, but in nobody's channel."""
    number = watch(workspace, "ticket_volume > 3")
    office = day(workspace)
    office.hears(*at_once(workspace, 6))
    for _ in range(2 * 60):
        workspace.clock.move(minutes=30)
        office.reads(workspace.clock.now())
    office.hears(*at_once(workspace, 9))
    workspace.clock.move(minutes=5)
    office.reads(workspace.clock.now())
    alerts(workspace.services, workspace.clock.now())
    send(workspace)
    assert row_of(workspace, number).judged_until == workspace.clock.now()
    kinds = [kind for kind in office.told(row_of(workspace, number)) if kind in ("told", "ended")]
    assert kinds == ["told", "ended", "told"]
    assert [words({"text": one.text}).splitlines()[0] for one in posted(workspace)] == [
        "🔴 *Ticket volume 9* (limit 3)"
    ]


def test_a_stop_of_weeks_is_made_up_for_piece_by_piece(workspace: Workspace) -> None:
    number = watch(workspace, "ticket_volume > 3")
    workspace.clock.move(days=15)
    alerts(workspace.services, workspace.clock.now())
    assert row_of(workspace, number).judged_until == T() + MOST_AT_ONCE * 5 * MINUTE
    alerts(workspace.services, workspace.clock.now())
    late = workspace.clock.now() - row_of(workspace, number).judged_until
    assert late < timedelta(minutes=36)


# --- A clock that was moved back -----------------------------------------------------------------


def test_a_rule_goes_on_from_now_when_the_clock_was_moved_back(firing: Workspace) -> None:
    """It is told again, and ends, without waiting for the time that was there already."""
    firing.clock.move(days=-3)
    now = firing.clock.now()
    finding = found(firing, "alerts")
    assert finding is not None
    assert finding.ok is False
    assert finding.told.startswith("1 of 1 were looked at up to Fri, Nov 20")
    assert "goes on from now" in finding.mend
    alerts(firing.services, firing.clock.now())
    row = row_of(firing, 1)
    assert (row.judged_until, row.since) == (now, now)
    (incident,) = day(firing).incidents()
    assert (incident.opened_at, incident.told_at) == (now, now)
    day(firing).goes_on(70)
    kinds = day(firing).told(row_of(firing, 1))
    assert kinds[:2] == ["fired", "told"]
    assert kinds[-1] == "ended"
    finding = found(firing, "alerts")
    assert finding is not None
    assert finding.ok


def test_a_run_that_is_repeated_for_a_moment_of_before_turns_nothing_back(
    firing: Workspace,
) -> None:
    judged = row_of(firing, 1).judged_until
    alerts(firing.services, firing.clock.now() - timedelta(days=1))
    assert row_of(firing, 1).judged_until == judged


# --- Deeds that fail -----------------------------------------------------------------------------


def test_a_deed_that_fails_is_tried_again(firing: Workspace) -> None:
    firing.presses(message.ACKNOWLEDGE, "1", user=AGENT, ephemeral=False)
    with failing(firing.services.database, "INSERT INTO alert_step"):
        alert_deeds(firing.services, firing.clock.now())
    assert len(firing.asked()) == 1
    assert "Acknowledged" not in posted(firing)[0].text
    send(firing)
    assert firing.asked() == []
    assert f"Acknowledged by <@{AGENT}>" in posted(firing)[0].text


def test_a_deed_that_always_fails_does_not_keep_its_rule_from_being_judged_for_ever(
    firing: Workspace,
) -> None:
    with firing.writing() as session:
        now, request = firing.clock.now(), {"deed": "snooze", "incident": 1, "until": "never"}
        runs.ask(session, 1, "alert:1", "x", request, by=AGENT, now=now)
    for _ in range(3):
        alert_deeds(firing.services, firing.clock.now())
        firing.clock.move(minutes=1)
    assert len(firing.asked()) == 1
    firing.clock.set(firing.clock.now() + GIVEN_UP)
    alert_deeds(firing.services, firing.clock.now())
    assert firing.asked() == []
    judged = row_of(firing, 1).judged_until
    goes_on(firing, 5)
    assert row_of(firing, 1).judged_until > judged


def test_a_stop_that_is_given_up_ends_what_was_going_on_all_the_same(firing: Workspace) -> None:
    """What the rule was before it was edited cannot be read: its message cannot be drawn."""
    with firing.writing() as session:
        row = session.get_one(AlertRule, 1)
        row.earlier = [{"until": int(firing.clock.now().timestamp()), "rule": {}, "text": ""}]
    firing.types("/alert pause 1", user=LEAD)
    alert_deeds(firing.services, firing.clock.now())
    assert [one.closed_at for one in day(firing).incidents()] == [None]
    firing.clock.set(firing.clock.now() + GIVEN_UP)
    alert_deeds(firing.services, firing.clock.now())
    assert firing.asked() == []
    assert [one.closed_at is not None for one in day(firing).incidents()] == [True]
    assert row_of(firing, 1).standing == {}


def test_a_deed_that_fails_holds_up_no_other(firing: Workspace) -> None:
    watch(firing, "ticket_volume > 2")
    burst(firing)
    send(firing)
    with firing.writing() as session:
        now, request = firing.clock.now(), {"deed": "snooze", "incident": 1, "until": "never"}
        runs.ask(session, 1, "alert:1", "2000", request, by=AGENT, now=now)
    firing.presses(message.ACKNOWLEDGE, "2", user=AGENT, ephemeral=False)
    send(firing)
    assert f"Acknowledged by <@{AGENT}>" in posted(firing)[-1].text


def test_a_rule_waits_for_what_people_asked_for(firing: Workspace) -> None:
    """Who pauses or changes a rule ends what was going on before anything else is decided."""
    firing.types("/alert pause 1", user=LEAD)
    firing.types("/alert resume 1", user=LEAD)
    judged = row_of(firing, 1).judged_until
    day(firing).goes_on(10)
    assert row_of(firing, 1).judged_until == judged
    send(firing)
    day(firing).goes_on(5)
    assert row_of(firing, 1).judged_until > judged
    assert day(firing).told(row_of(firing, 1))[2] == "stopped"
