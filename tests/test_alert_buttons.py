"""The buttons below an alert: taking it on, hearing no more of it, looking into it, voting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.life import Kind, Step
from bot.alerts.rule import Limit, Rule, Side
from bot.slack.alerts import incident as message
from bot.slack.alerts import modal
from bot.slack.alerts.rehearsal import SWITCH_ON, Wanted
from bot.store import alert_log
from bot.store import alerts as rules
from commands.alert_behind import last_bad
from commands.alert_mutes import LONGEST
from tests.alert_workspace import ACME, at_once, below, burst, day, posted, send, watch
from tests.blockkit.limits import broken_limits
from tests.programs import PagedDesk
from tests.slack_double import Posted
from tests.times import T
from tests.workspace import (
    AGENT,
    CHANNEL,
    LEAD,
    OWNER,
    Answered,
    Json,
    Workspace,
    open_desks,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


@pytest.fixture
def firing(workspace: Workspace) -> Workspace:
    """A workspace in which a rule has fired, and its message is posted."""
    watch(workspace, "ticket_volume > 3")
    burst(workspace, group="Billing", channel="email")
    send(workspace)
    workspace.clock.move(minutes=1)
    return workspace


def elements(posted_: Posted) -> dict[str, Json]:
    """The buttons and menus of a message, by their action."""
    return {
        element["action_id"]: element
        for block in posted_.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def told(workspace: Workspace) -> str:
    """What the only alert of the channel says now."""
    (only,) = posted(workspace)
    return words({"text": only.text, "blocks": only.blocks})


def press(workspace: Workspace, action: str, *, user: str = AGENT) -> Answered:
    """Somebody presses a button below the only alert, and what comes of it is posted."""
    (only,) = posted(workspace)
    answered = workspace.presses(
        action, elements(only)[action]["value"], user=user, ephemeral=False
    )
    send(workspace)
    return answered


def snooze(workspace: Workspace, span: str, *, user: str = AGENT) -> Answered:
    (only,) = posted(workspace)
    options = [one["value"] for one in elements(only)[message.SNOOZE]["options"]]
    (value,) = [one for one in options if one.endswith(f" {span}")]
    answered = workspace.chooses(message.SNOOZE, value, user=user)
    send(workspace)
    return answered


# --- Taking it on --------------------------------------------------------------------------------


@pytest.mark.thorough
def test_who_takes_an_alert_on_is_seen_by_all_and_for_how_long(firing: Workspace) -> None:
    answered = press(firing, message.ACKNOWLEDGE)
    assert answered.messages == []
    assert "🟠 *Ticket volume 6* (limit 3)" in told(firing)
    assert f"Acknowledged by <@{AGENT}>, 9:06 AM, until 5:06 PM." in told(firing)
    assert message.ACKNOWLEDGE not in elements(posted(firing)[0])
    assert words({"text": below(firing)[0]}) == f"🟠 <@{AGENT}> has taken it on, until 5:06 PM."


@pytest.mark.thorough
def test_the_numbers_of_an_alert_that_is_taken_on_are_those_it_was_judged_by(
    firing: Workspace,
) -> None:
    """Nobody has looked at any data since."""
    firing.clock.move(minutes=3)
    press(firing, message.ACKNOWLEDGE)
    assert "data until 9:05 AM" in told(firing)


def test_pressing_twice_is_taking_it_on_once(firing: Workspace) -> None:
    (only,) = posted(firing)
    value = elements(only)[message.ACKNOWLEDGE]["value"]
    for _ in range(2):
        firing.presses(message.ACKNOWLEDGE, value, ephemeral=False)
        firing.clock.move(seconds=2)
    send(firing)
    assert len(below(firing)) == 1


@pytest.mark.thorough
def test_somebody_else_takes_it_over(firing: Workspace) -> None:
    value = elements(posted(firing)[0])[message.ACKNOWLEDGE]["value"]
    for user in (AGENT, LEAD):
        firing.presses(message.ACKNOWLEDGE, value, user=user, ephemeral=False)
        send(firing)
        firing.clock.move(seconds=20)
    assert f"Acknowledged by <@{LEAD}>" in told(firing)
    assert len(below(firing)) == 2


@pytest.mark.thorough
def test_what_is_pressed_in_one_second_is_done_in_its_order(firing: Workspace) -> None:
    """A row keeps only whole seconds."""
    value = elements(posted(firing)[0])[message.ACKNOWLEDGE]["value"]
    for user in (OWNER, LEAD, AGENT, "U0NOBODY"):
        firing.presses(message.ACKNOWLEDGE, value, user=user, ephemeral=False)
        firing.clock.move(seconds=0.001)
    send(firing)
    assert [one.split("<@")[1].split(">")[0] for one in below(firing)] == [
        OWNER,
        LEAD,
        AGENT,
        "U0NOBODY",
    ]


#: `T()` is a Friday, nine in the morning.
SNOOZED = [
    (message.HOUR, "10:06 AM", datetime(2026, 11, 20, 10, 6, tzinfo=ATHENS)),
    (message.WORKING_HOUR, "Mon, Nov 23, 9:00 AM", datetime(2026, 11, 23, 9, 0, tzinfo=ATHENS)),
    (message.TOMORROW, "Sat, Nov 21, 9:00 AM", datetime(2026, 11, 21, 9, 0, tzinfo=ATHENS)),
]


@pytest.mark.parametrize(("span", "shown", "until"), SNOOZED)
def test_a_snooze_ends_where_the_channel_is_at_home(
    firing: Workspace, span: str, shown: str, until: datetime
) -> None:
    firing.slack.add_user(AGENT, tz="America/New_York")
    snooze(firing, span)
    assert "💤 *Ticket volume 6*" in told(firing)
    assert f"Snoozed by <@{AGENT}> until {shown}." in told(firing)
    (incident,) = day(firing).incidents()
    with firing.services.reading() as session:
        (step,) = [
            one
            for one in alert_log.of_incident(session, incident.id or 0)
            if one.kind is Kind.SNOOZED
        ]
    assert step.until == until


@pytest.mark.thorough
def test_choosing_the_same_twice_is_snoozing_once(firing: Workspace) -> None:
    for _ in range(2):
        snooze(firing, message.HOUR)
        firing.clock.move(seconds=2)
    assert len(below(firing)) == 1


@pytest.mark.thorough
def test_taking_it_on_ends_a_snooze(firing: Workspace) -> None:
    press(firing, message.ACKNOWLEDGE)
    snooze(firing, message.HOUR)
    firing.presses(message.ACKNOWLEDGE, "1", ephemeral=False)
    send(firing)
    assert "💤" not in told(firing)


# --- Until a moment that is picked ---------------------------------------------------------------


def picking(workspace: Workspace, until: datetime) -> Json:
    """The open window, in which a moment was picked."""
    view = workspace.slack.views[-1]
    picked = {"type": "datetimepicker", "selected_date_time": int(until.timestamp())}
    return {**view, "state": {"values": {modal.MOMENT: {"moment": picked}}}}


@pytest.mark.thorough
def test_the_end_of_a_snooze_is_picked_in_a_window(firing: Workspace) -> None:
    snooze(firing, message.PICK)
    (view,) = firing.slack.views
    assert broken_limits(view) == []
    (field,) = view["blocks"]
    assert field["element"]["initial_date_time"] == int(T(minutes=6, hours=4).timestamp())
    assert firing.asked() == []
    firing.submits(picking(firing, T(hours=30)))
    send(firing)
    assert f"Snoozed by <@{AGENT}> until Sat, Nov 21, 3:00 PM." in told(firing)


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        (T(minutes=6), "Choose a moment that is still to come."),
        (
            T(minutes=7) + LONGEST,
            "A snooze lasts at most 31 days. To hear no more of a rule, pause it.",
        ),
    ],
)
def test_a_moment_that_cannot_be_keeps_the_window_open(
    firing: Workspace, until: datetime, answer: str
) -> None:
    snooze(firing, message.PICK)
    before = firing.version()
    response = firing.submits(picking(firing, until)).response
    assert body(response) == {"response_action": "errors", "errors": {modal.MOMENT: answer}}
    assert firing.version() == before


def body(response: Any) -> Json:
    """What Slack is answered."""
    told_: Json = json.loads(response.body)
    return told_


@pytest.mark.thorough
def test_what_is_over_cannot_be_snoozed_any_more(firing: Workspace) -> None:
    snooze(firing, message.PICK)
    day(firing).goes_on(90)
    response = firing.submits(picking(firing, T(hours=9))).response
    assert body(response)["errors"] == {modal.MOMENT: "This alert is over already. See: /alert log"}


def test_a_window_that_came_too_late_says_so(firing: Workspace) -> None:
    for number in range(50):
        firing.slack.expire(f"trigger-{number}")
    answered = snooze(firing, message.PICK)
    assert (
        answered.told
        == "Slack waits three seconds for a window to open, and they were over. Press again."
    )
    assert firing.slack.views == []


# --- What is over, or not known ------------------------------------------------------------------


@pytest.mark.thorough
def test_an_alert_that_is_over_is_not_taken_on(firing: Workspace) -> None:
    value = elements(posted(firing)[0])[message.ACKNOWLEDGE]["value"]
    day(firing).goes_on(90)
    before = firing.version()
    taken = firing.presses(message.ACKNOWLEDGE, value, ephemeral=False)
    assert taken.told == "This alert is over already. See: `/alert log`"
    for span in (message.HOUR, message.PICK):
        assert firing.chooses(message.SNOOZE, f"{value} {span}").told == taken.told
    assert firing.version() == before


def test_a_deed_that_comes_too_late_changes_nothing(firing: Workspace) -> None:
    """It was over before the job got to it."""
    firing.presses(message.ACKNOWLEDGE, "1", ephemeral=False)
    with firing.writing() as session:
        row = rules.get(session, 1, 1)
        incident = rules.incident(session, 1, 1)
        assert row is not None
        assert incident is not None
        incident.closed_at = firing.clock.now()
    send(firing)
    assert below(firing) == []
    assert firing.asked() == []


@pytest.mark.parametrize(
    "action",
    [message.ACKNOWLEDGE, message.TICKETS, message.WHY, message.USEFUL, message.USELESS],
)
def test_an_alert_that_nobody_knows_says_so(workspace: Workspace, action: str) -> None:
    before = workspace.version()
    answered = workspace.presses(action, "77", ephemeral=False)
    assert answered.told == "This alert is not known any more. See: `/alert`"
    assert workspace.version() == before


# --- Was it useful? ------------------------------------------------------------------------------


def votes(workspace: Workspace) -> tuple[str, str]:
    found = elements(posted(workspace)[0])
    return found[message.USEFUL]["text"]["text"], found[message.USELESS]["text"]["text"]


@pytest.mark.thorough
def test_votes_are_counted_and_the_last_word_of_each_counts(firing: Workspace) -> None:
    assert votes(firing) == ("👍", "👎")
    press(firing, message.USEFUL)
    press(firing, message.USEFUL)
    press(firing, message.USEFUL, user=LEAD)
    assert votes(firing) == ("👍 2", "👎")
    firing.clock.move(seconds=0.1)
    press(firing, message.USELESS)
    assert votes(firing) == ("👍 1", "👎 1")
    assert below(firing) == []


@pytest.mark.thorough
def test_an_alert_that_is_over_is_voted_on_as_well(firing: Workspace) -> None:
    day(firing).goes_on(90)
    send(firing)
    before = told(firing)
    assert "✅" in before
    press(firing, message.USELESS)
    assert votes(firing) == ("👍", "👎 1")
    assert told(firing) == before.replace("👎", "👎 1")


# --- The tickets behind it -----------------------------------------------------------------------


def listed(answered: Answered) -> list[str]:
    """The tickets that are listed, without what is told of each."""
    (text,) = {answered.message["text"]}
    return [line.split(", ")[0].removeprefix("• ") for line in text.splitlines()[1:]]


def test_the_tickets_behind_an_alert_are_listed_with_links(firing: Workspace) -> None:
    firing.services = replace(firing.services, desks={"acme": PagedDesk("acme")})
    answered = press(firing, message.TICKETS)
    assert answered.told.startswith("Tickets behind it: Ticket volume above 3\n")
    assert "<https://desk.example/n200700-5|#n200700-5>" in answered.told
    assert "Billing, Email · created 9:01 AM" in answered.told
    assert len(listed(answered)) == 6
    assert broken_limits(answered.message) == []


@pytest.mark.thorough
def test_the_tickets_of_an_alert_that_is_over_are_those_it_was_about(firing: Workspace) -> None:
    while_it_stood = listed(press(firing, message.TICKETS))
    day(firing).goes_on(180)
    send(firing)
    assert "✅" in told(firing)
    assert listed(press(firing, message.TICKETS)) == while_it_stood


@pytest.mark.thorough
def test_the_tickets_of_an_alert_are_those_of_its_rule_as_it_was(firing: Workspace) -> None:
    while_it_stood = press(firing, message.TICKETS).told
    wanted = Wanted(CHANNEL, "backlog > 3", 1).to_text()
    firing.presses(SWITCH_ON, wanted, user=LEAD)
    send(firing)
    assert "⏹️ *Ticket volume" in told(firing)
    assert press(firing, message.TICKETS).told == while_it_stood


def test_of_one_part_only_its_tickets_are_listed(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 by group for channel email")
    office = day(workspace)
    plain = at_once(workspace, 5, group="Billing", channel="email")
    office.hears(
        *plain,
        *[replace(one, id=f"s{one.id}", group="Sales") for one in plain[:2]],
        *[replace(one, id=f"c{one.id}", channel="chat") for one in plain],
    )
    office.goes_on(5)
    send(workspace)
    answered = press(workspace, message.TICKETS)
    assert "· Billing" in answered.told.splitlines()[0]
    assert sorted(listed(answered)) == sorted(f"#{one.id}" for one in plain)


def test_the_part_without_a_name_is_a_part_as_well(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 by group")
    office = day(workspace)
    nameless = at_once(workspace, 5)
    office.hears(*nameless, *[replace(one, id=f"s{one.id}", group="Sales") for one in nameless[:3]])
    office.goes_on(5)
    send(workspace)
    answered = press(workspace, message.TICKETS)
    assert sorted(listed(answered)) == sorted(f"#{one.id}" for one in nameless)


# --- Why -----------------------------------------------------------------------------------------


def test_why_tells_what_moved_the_number_of_that_window(firing: Workspace) -> None:
    answered = press(firing, message.WHY)
    assert answered.told.startswith("Why: Ticket volume · Fri, Nov 20, 8:05 AM – 9:05 AM: From 0")
    assert answered.message["replace_original"] is False


def test_why_of_one_part_says_that_it_is_about_all(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 for group Billing")
    burst(workspace, group="Billing", channel="email")
    send(workspace)
    answered = press(workspace, message.WHY)
    assert answered.told.startswith("Of all tickets, not of Billing alone:\nWhy: Ticket volume")


@pytest.mark.thorough
def test_why_says_where_it_cannot_be_told(workspace: Workspace) -> None:
    watch(workspace, "ticket waiting > 1h without reply")
    office = day(workspace)
    office.hears(*at_once(workspace, 1))
    office.goes_on(70)
    (incident,) = office.incidents()
    answered = workspace.presses(message.WHY, str(incident.id), ephemeral=False)
    assert answered.told == "What moved this number cannot be told by its parts."


# --- The last moment in which it was bad ---------------------------------------------------------

RULE = Rule(Limit(Side.ABOVE, 3, 3), "ticket_volume", keep=timedelta(minutes=15))


def steps(*told_: tuple[int, Kind, str | None]) -> list[Step]:
    return [Step(kind, T(minutes=minutes), part) for minutes, kind, part in told_]


LAST: list[tuple[list[Step], int]] = [
    (steps((5, Kind.FIRED, None), (40, Kind.RECOVERING, None), (55, Kind.RECOVERED, None)), 35),
    (steps((5, Kind.FIRED, None), (10, Kind.RECOVERED, None)), 5),
    (
        steps(
            (5, Kind.FIRED, None),
            (20, Kind.RECOVERING, None),
            (30, Kind.RELAPSED, None),
            (50, Kind.RECOVERING, None),
            (65, Kind.RECOVERED, None),
        ),
        45,
    ),
    (
        steps(
            (5, Kind.FIRED, "a"),
            (10, Kind.FIRED, "b"),
            (20, Kind.RECOVERED, "b"),
            (90, Kind.RECOVERED, "a"),
        ),
        85,
    ),
    (steps((5, Kind.FIRED, None), (20, Kind.STOPPED, None)), 99),
    (steps((5, Kind.FIRED, None), (90, Kind.LAPSED, None)), 10),
    (steps((5, Kind.FIRED, None), (60, Kind.LAPSED, None)), 5),
]


@pytest.mark.parametrize(("told_", "minutes"), LAST)
def test_the_last_moment_in_which_it_was_bad(told_: list[Step], minutes: int) -> None:
    assert last_bad(RULE, told_, T(minutes=99)) == T(minutes=minutes)
