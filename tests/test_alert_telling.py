"""The message of an alert through its life, as people in the channel see it; and the monthly review."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alerts.rehearsal import Rehearsal, firings, replay
from bot.alerts.rule import Rule
from bot.domain import Window
from bot.locale import Reader
from bot.message import BlockJson
from bot.slack.alerts import incident as message
from bot.slack.alerts import listing, rehearsal, review
from bot.slack.alerts.exhibits import Exhibit
from bot.slack.alerts.exhibits import Posted as Shown
from bot.slack.messenger import SlackMessenger
from bot.store import alerts as rules
from bot.store import outbox
from bot.store.observations import Past
from bot.store.surroundings import around
from bot.store.tables import AlertIncident, AlertRule, OutboxRow
from jobs.alert_review import alert_review
from jobs.alerts import alerts, muted_of
from jobs.deliver import deliver
from tests.alert_workspace import (
    ACME,
    MINUTE,
    NOISY,
    at_once,
    below,
    burst,
    day,
    posted,
    row_of,
    send,
    watch,
)
from tests.databases import sqlite_database
from tests.programs import Recorder
from tests.store_samples import a_ticket
from tests.test_alerts_job import (
    Office,
    an_office,
    rule_plans,
    tickets_of,
)
from tests.times import StandingClock, T
from tests.workspace import AGENT, CHANNEL, LEAD, Workspace, no_numbers, open_desks, words

ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


def passes(workspace: Workspace, minutes: int, *, every: int = 5, read: bool = True) -> None:
    """Lets time pass: a sync, a look and the sending of what there is, every so often."""
    office, end = day(workspace), workspace.clock.now() + minutes * MINUTE
    while workspace.clock.now() < end:
        workspace.clock.move(minutes=every)
        if read:
            office.reads(workspace.clock.now())
        alerts(workspace.services, workspace.clock.now())
        send(workspace)


def comes(workspace: Workspace, count: int, **facts: Any) -> None:
    """So many tickets come within the next minute."""
    day(workspace).hears(*at_once(workspace, count, **facts))


def first_lines(workspace: Workspace) -> list[str]:
    """The first line of each message that stands in the channel."""
    return [words({"text": one.text}).splitlines()[0] for one in posted(workspace)]


def thread(workspace: Workspace) -> list[str]:
    return [words({"text": line}) for line in below(workspace)]


# --- One message through its whole life ----------------------------------------------------------


def test_an_alert_is_one_message_that_is_edited_until_it_is_over(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    comes(workspace, 6, group="Billing", channel="email")
    passes(workspace, 5)
    assert first_lines(workspace) == ["🔴 *Ticket volume 6* (limit 3)"]
    (only,) = posted(workspace)
    assert "6 tickets in the last 1 h, mostly Billing." in only.text
    comes(workspace, 2)
    passes(workspace, 10)
    assert first_lines(workspace) == ["🔴 *Ticket volume 6* (limit 3)"]
    passes(workspace, 5)
    assert first_lines(workspace) == ["🔴 *Ticket volume 8* (limit 3) · for 15 min"]
    assert thread(workspace) == []
    passes(workspace, 50)
    assert first_lines(workspace) == ["⏳ *Ticket volume 2* (limit 3)"]
    passes(workspace, 15)
    assert first_lines(workspace)[0].startswith("✅ *Ticket volume")
    assert "worst 8" in first_lines(workspace)[0]
    assert [one.ts for one in posted(workspace)] == [only.ts]
    back, over = thread(workspace)
    assert back == "⏳ Back inside: 2."
    assert over == first_lines(workspace)[0]


@pytest.mark.thorough
def test_the_next_time_there_is_another_message(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 keep 0m")
    comes(workspace, 6)
    passes(workspace, 65)
    comes(workspace, 5)
    passes(workspace, 5)
    assert [line[0] for line in first_lines(workspace)] == ["✅", "🔴"]


@pytest.mark.thorough
def test_parts_that_fire_at_once_are_one_message(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 by group keep 0m")
    comes(workspace, 6, group="Billing")
    passes(workspace, 20)
    comes(workspace, 5, group="Sales")
    passes(workspace, 5)
    (only,) = posted(workspace)
    assert "in 2 groups" in only.text
    assert {"Billing", "Sales"} <= set(words({"blocks": only.blocks}).split())
    (call,) = [one for one in workspace.slack.posted if one.broadcast]
    assert call.text == "🔴 It fires here as well: *Ticket volume 5* (limit 3) · Sales"
    passes(workspace, 40)
    assert thread(workspace)[-1] == "✅ Billing is fine again: 0."
    passes(workspace, 20)
    assert first_lines(workspace)[0].startswith("✅")
    assert "worst 6" in first_lines(workspace)[0]


# --- Calling people again ------------------------------------------------------------------------


def calls(workspace: Workspace) -> list[str]:
    """What was shown in the channel as well, so that people are called: the minute of each."""
    return [words({"text": one.text}) for one in workspace.slack.posted if one.broadcast]


@pytest.mark.thorough
def test_while_nobody_takes_it_on_it_is_told_again(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50 every 1h")
    comes(workspace, 20)
    passes(workspace, 5)
    passes(workspace, 45, every=15)
    assert calls(workspace) == []
    passes(workspace, 75, every=15)
    assert len(calls(workspace)) == 2
    assert calls(workspace)[0].splitlines() == [
        "🔴 *Backlog 75* (limit 50) · for 1 h",
        "It still stands, and nobody has taken it on.",
    ]


@pytest.mark.thorough
def test_who_has_taken_it_on_is_not_called_until_that_runs_out(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50 every 1h")
    comes(workspace, 20)
    passes(workspace, 5)
    workspace.presses(message.ACKNOWLEDGE, "1", user=AGENT, ephemeral=False)
    send(workspace)
    passes(workspace, 7 * 60, every=30)
    assert calls(workspace) == []
    passes(workspace, 90, every=30)
    assert len(calls(workspace)) >= 1
    assert f"The time for which <@{AGENT}> had taken it on is over." in thread(workspace)
    assert first_lines(workspace)[0].startswith("🔴")


@pytest.mark.thorough
def test_a_snooze_is_kept_and_its_end_is_told(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50 every 30m")
    comes(workspace, 20)
    passes(workspace, 5)
    workspace.chooses(message.SNOOZE, f"1 {message.HOUR}")
    send(workspace)
    passes(workspace, 55)
    assert calls(workspace) == []
    passes(workspace, 10)
    assert f"The snooze of <@{AGENT}> is over." in thread(workspace)
    assert len(calls(workspace)) == 1


@pytest.mark.thorough
def test_after_a_stop_people_are_called_once(workspace: Workspace) -> None:
    """All reminders of the time are in the thread, but only the last one calls."""
    watch(workspace, "backlog > 50 every 1h")
    comes(workspace, 20)
    passes(workspace, 5)
    office = day(workspace)
    for _ in range(25):
        workspace.clock.move(minutes=15)
        office.reads(workspace.clock.now())
    passes(workspace, 5)
    reminders = [line for line in thread(workspace) if "still stands" in line]
    assert len(reminders) == 6
    assert calls(workspace) == reminders[-1:]


@pytest.mark.thorough
def test_nobody_is_called_for_what_was_over_before_anybody_looked(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 every 15m")
    comes(workspace, 6)
    passes(workspace, 5)
    office = day(workspace)
    for _ in range(6):
        workspace.clock.move(minutes=20)
        office.reads(workspace.clock.now())
    passes(workspace, 5)
    assert first_lines(workspace)[0].startswith("✅")
    assert calls(workspace) == []


# --- Held back -----------------------------------------------------------------------------------


def hold(workspace: Workspace, hours: int) -> None:
    workspace.types(f"/alert mute for {hours}h because we move", user=LEAD)


@pytest.mark.thorough
def test_what_fires_while_it_is_muted_is_told_when_that_ends(workspace: Workspace) -> None:
    watch(workspace, "backlog > 50")
    hold(workspace, 2)
    comes(workspace, 20)
    passes(workspace, 110, every=10)
    assert posted(workspace) == []
    assert "🔴 Fires since" in workspace.types("/alert").told
    passes(workspace, 10)
    assert first_lines(workspace) == ["🔴 *Backlog 75* (limit 50) · for 1 h 55"]
    assert thread(workspace) == []


@pytest.mark.thorough
def test_what_is_over_by_then_is_told_once(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 keep 0m")
    hold(workspace, 3)
    comes(workspace, 6)
    passes(workspace, 80, every=10)
    comes(workspace, 9)
    passes(workspace, 100, every=10)
    (told,) = posted(workspace)
    assert words({"text": told.text}).splitlines() == [
        "✅ *Ticket volume above 3*, 2 times while alerts were held back. Over by now.",
        "From 9:05 AM to 10:05 AM, worst 6.",
        "From 10:25 AM to 11:25 AM, worst 9.",
    ]
    passes(workspace, 30, every=10)
    assert len(posted(workspace)) == 1


@pytest.mark.thorough
def test_out_of_office_hours_it_is_told_when_somebody_is_there(workspace: Workspace) -> None:
    """`T()` is a Friday at nine in the morning; on Monday nobody is there before."""
    workspace.clock.set(T(days=3, hours=-2))
    watch(workspace, "backlog > 60 in office hours")
    comes(workspace, 20)
    passes(workspace, 90, every=30)
    assert posted(workspace) == []
    assert "🔴 Fires since 7:05 AM." in words({"text": workspace.types("/alert").told})
    passes(workspace, 30, every=30)
    assert first_lines(workspace) == ["🔴 *Backlog 75* (limit 60) · for 1 h 55"]


# --- Nothing is invented -------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_end_of_what_nobody_saw_is_not_announced(workspace: Workspace) -> None:
    """Slack was away all the while."""
    number = watch(workspace, "ticket_volume > 3")
    slack = workspace.services
    away = SlackMessenger(workspace.slack.bot_token, url="http://127.0.0.1:9/api/")
    workspace.services = replace(slack, messenger=away)
    comes(workspace, 6)
    passes(workspace, 30)
    assert [one.channel for one in waiting(workspace)] == [CHANNEL, LEAD]
    passes(workspace, 70, every=10)
    workspace.services = slack
    workspace.clock.move(hours=1)
    send(workspace)
    # The rule's owner alone is told that nobody could be.
    (notice,) = workspace.slack.posted
    assert notice.channel == f"D{LEAD}"
    assert f"its message in <#{CHANNEL}> could not be posted" in notice.text
    assert day(workspace).told(row_of(workspace, number))[-1] == "ended"
    assert "over, worst 6" in workspace.types("/alert log").told


def waiting(workspace: Workspace) -> list[OutboxRow]:
    """The messages that could not be posted yet."""
    with workspace.services.reading() as session:
        return list(outbox.troubled(session, workspace.services.workspace))


@pytest.mark.thorough
def test_what_was_seen_is_told_to_be_over(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    send(workspace)
    day(workspace).goes_on(100)
    send(workspace)
    assert first_lines(workspace)[0].startswith("✅")


@pytest.mark.thorough
@pytest.mark.parametrize("verb", ["pause", "remove"])
def test_a_rule_that_is_stopped_says_so_in_its_message(workspace: Workspace, verb: str) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    send(workspace)
    workspace.types(f"/alert {verb} 1", user=LEAD)
    send(workspace)
    (line,) = first_lines(workspace)
    assert line.startswith("⏹️ *Ticket volume")
    assert f"<@{LEAD}>" in line
    assert thread(workspace) == [line]
    passes(workspace, 30)
    assert len(posted(workspace)) == 1


def test_one_that_is_stopped_before_it_is_posted_is_not(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    workspace.types("/alert pause 1", user=LEAD)
    send(workspace)
    assert workspace.slack.posted == []


# --- The very messages of a rehearsal ------------------------------------------------------------


def bare(blocks: Sequence[BlockJson]) -> list[BlockJson]:
    """Blocks without those with buttons."""
    return [block for block in blocks if block["type"] != "actions"]


def rehearsed(workspace: Workspace, number: int) -> list[Shown]:
    """The messages that a rehearsal of what was lived through shows."""
    row, patience = row_of(workspace, number), workspace.services.settings.stale_after
    rule, zone = rules.rule_of(row), ZoneInfo(row.zone)
    moments = rule.slots(row.since, row.judged_until)
    with workspace.services.reading() as session:
        past = Past(session, 1, patience=patience)
        seen = past.seen(rule, zone, moments, since=row.since)
        muted = muted_of(workspace.services, session, row)
        taken = tuple(replay(rule, moments, seen, muted=muted))
        lived = Window(row.since, row.judged_until)
        found = Rehearsal(rule, lived, lived, len(moments), moments=taken)
        tried = rehearsal.Tried(found, row.text, row.channel, number=number)
        beside = partial(around, session, 1, past, rule, zone)
        return list(rehearsal.messages(tried, Reader(row.locale, zone), around=beside))


Events = Callable[[Workspace], None]


def a_burst(workspace: Workspace) -> None:
    comes(workspace, 6, group="Billing", channel="email")
    passes(workspace, 25)
    comes(workspace, 3, group="Billing")
    passes(workspace, 95, every=15)


def two_groups(workspace: Workspace) -> None:
    comes(workspace, 7, group="Billing")
    passes(workspace, 10)
    comes(workspace, 5, group="Sales")
    passes(workspace, 110, every=15)


def slow_answers(workspace: Workspace) -> None:
    replies = {"first_reply_at": workspace.clock.now() + 62 * MINUTE, "group": "Billing"}
    comes(workspace, 4, **replies)
    passes(workspace, 100)
    quick = at_once(workspace, 9)
    day(workspace).hears(
        *[a_ticket(one.id, one.created_at, first_reply_at=one.created_at + MINUTE) for one in quick]
    )
    passes(workspace, 160)


def no_syncs(workspace: Workspace) -> None:
    passes(workspace, 10)
    passes(workspace, 75, read=False)
    passes(workspace, 40)


def burst_and_no_syncs(workspace: Workspace) -> None:
    comes(workspace, 6)
    passes(workspace, 10)
    passes(workspace, 60, read=False)
    passes(workspace, 90)


def muted(workspace: Workspace) -> None:
    comes(workspace, 6)
    hold(workspace, 1)
    passes(workspace, 65)
    passes(workspace, 85, every=15)


def tickets_wait(workspace: Workspace) -> None:
    first, second = at_once(workspace, 2)
    day(workspace).hears(first, second)
    passes(workspace, 45)
    for one in (first, second):
        day(workspace).hears(a_ticket(one.id, one.created_at, first_reply_at=workspace.clock.now()))
        passes(workspace, 10)


LIVES: dict[str, tuple[str, Events, list[str]]] = {
    "a burst": ("ticket_volume > 3", a_burst, ["🔴", "✅"]),
    "held for a while": ("ticket_volume > 3 for 15m recover 1", a_burst, ["🔴", "✅"]),
    "told again": ("ticket_volume > 3 every 20m", a_burst, ["🔴", "✅"]),
    "two groups": ("ticket_volume > 3 by group", two_groups, ["🔴", "✅"]),
    "slow": ("first_response_time > 1h over 2h min 1 keep 5m", slow_answers, ["🔴", "✅"]),
    "old data": ("data older than 20m", no_syncs, ["🔴", "✅"]),
    "no data": ("ticket_volume > 3", burst_and_no_syncs, ["🔴", "✅"]),
    "no data alerts": ("ticket_volume > 90 no data alerts", no_syncs, ["🔴", "✅"]),
    "tickets that wait": ("ticket waiting > 30m without reply", tickets_wait, ["🔴", "✅"]),
    "held back": ("ticket_volume > 3", muted, ["🔴", "✅"]),
}


#: The others take seconds and tell little more.
SHORT = ("a burst", "two groups", "tickets that wait")


@pytest.mark.parametrize(
    "name",
    [name if name in SHORT else pytest.param(name, marks=pytest.mark.thorough) for name in LIVES],
)
def test_a_rehearsal_shows_the_very_messages_that_were_posted(
    workspace: Workspace, name: str
) -> None:
    text, events, signs = LIVES[name]
    number = watch(workspace, text)
    events(workspace)
    came = [one for one in workspace.slack.called("chat.postMessage") if not one.get("thread_ts")]
    (last,) = posted(workspace)
    told, over = rehearsed(workspace, number)
    assert [told.message.text[:1], over.message.text[:1]] == signs
    assert [one["text"] for one in came] == [told.message.text]
    assert bare(came[0]["blocks"]) == bare(told.message.blocks)
    assert last.text == over.message.text
    assert bare(last.blocks) == bare(over.message.blocks)
    assert below(workspace) == [one.text for one in over.message.thread]


# --- So it is on any day -------------------------------------------------------------------------

#: A working day in minutes.
SPAN = 8 * 60

plans_of_a_day = st.lists(
    st.tuples(
        st.integers(-120, SPAN),  # created
        st.integers(1, 6),  # how many at once
        st.one_of(st.none(), st.integers(0, 200)),  # first reply after
        st.one_of(st.none(), st.integers(0, 300)),  # solved after
        st.sampled_from([None, "Billing", "Sales"]),
    ),
    min_size=4,
    max_size=25,
)


@pytest.mark.thorough
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(plans_of_a_day, rule_plans)
def test_on_any_day_a_rehearsal_shows_what_was_posted(plans: Sequence[Any], rule: Rule) -> None:
    clock = StandingClock(T())
    with sqlite_database(no_numbers()) as database:
        office = an_office(database, clock)
        office.reads(T())
        row = office.watch(rule)
        office.hears(*tickets_of(plans))
        for _ in range(SPAN // 5):
            office.goes_on(5)
            deliver(office.services, clock.now())
        assert_shown(office, row)


def assert_shown(office: Office, row: AlertRule) -> None:
    """Holds each message that was posted, and is over, against that of a rehearsal."""
    recorder = office.services.messenger
    assert isinstance(recorder, Recorder)
    came = {one.delivery: one for one in recorder.sent}
    shown = {each[0].at: each for each in exhibited(office, row) if len(each) > 1}
    for incident in office.incidents():
        if incident.closed_at is None or incident.message not in came:
            continue
        assert incident.told_at is not None
        told, over = shown[incident.told_at]
        assert recorder.shows(incident.message) == [over.message.text]
        first = came[incident.message]
        assert (first.text, bare(first.blocks)) == (told.message.text, bare(told.message.blocks))


def exhibited(office: Office, row: AlertRule) -> list[list[Shown]]:
    """What a rehearsal shows of each firing."""
    with office.services.reading() as session:
        kept = session.get_one(AlertRule, row.id)
        rule = rules.rule_of(kept)
        moments = rule.slots(kept.since, kept.judged_until)
        past = Past(session, 1, patience=office.services.settings.stale_after)
        seen = past.seen(rule, ATHENS, moments, since=kept.since)
        muted = muted_of(office.services, session, kept)
        found = firings(replay(rule, moments, seen, muted=muted))
        beside = partial(around, session, 1, past, rule, ATHENS)
        exhibit = Exhibit(rule, kept.text, kept.id or 0, around=beside)
        return [list(exhibit.messages([one], Reader(kept.locale, ATHENS))) for one in found]


# --- The monthly review --------------------------------------------------------------------------


def incidents(workspace: Workspace, number: int, count: int) -> None:
    """So many alerts of a rule were told in the last weeks, and nobody did anything about them."""
    with workspace.writing() as session:
        for days in range(1, count + 1):
            session.add(
                AlertIncident(
                    workspace_id=1,
                    rule_id=number,
                    opened_at=T(days=-days),
                    told_at=T(days=-days),
                    closed_at=T(days=-days, hours=1),
                )
            )


@pytest.mark.thorough
def test_once_a_month_each_channel_reads_what_its_rules_earned(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 90")
    watch(workspace, "backlog > 9", channel="C0OTHER")
    workspace.slack.add_channel("C0OTHER")
    incidents(workspace, 1, 4)
    alert_review(workspace.services, workspace.clock.now())
    send(workspace)
    (told,), (other,) = posted(workspace), posted(workspace, "C0OTHER")
    assert told.text.startswith("Alerts · Oct 21\u2009–\u2009Nov 19, 2026")
    assert "4 alerts, 0 of them taken on by somebody." in told.text
    assert "1 rule rather disturbed than helped: loosen it, or remove it?" in told.text
    said = words({"blocks": told.blocks})
    assert said.index("fired 4 times · 4 ignored") < said.index("not fired yet, on since today")
    assert "No alert fired." in other.text


@pytest.mark.thorough
def test_what_was_today_counts_in_the_next_review_and_in_one_that_is_asked_for(
    workspace: Workspace,
) -> None:
    watch(workspace, "ticket_volume > 3")
    incidents(workspace, 1, 2)
    comes(workspace, 6)
    passes(workspace, 10)
    alert_review(workspace.services, workspace.clock.now())
    send(workspace)
    asked = workspace.types("/alert review").told
    assert asked.startswith("Alerts · Oct 21 – Nov 20, 2026\n3 alerts")
    told = posted(workspace)[-1].text
    assert told.startswith("Alerts · Oct 21\u2009–\u2009Nov 19, 2026\n2 alerts")


@pytest.mark.thorough
def test_a_rule_that_cannot_be_read_keeps_no_review_from_the_others(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 90", rule={"metric": "gone", "condition": ["limit", {}]})
    alert_review(workspace.services, workspace.clock.now())
    send(workspace)
    (told,) = posted(workspace)
    assert "Ticket volume above 3" in words({"blocks": told.blocks})


@pytest.mark.thorough
def test_a_review_brings_the_costs_up_to_date() -> None:
    with open_desks(NOISY) as workspace:
        number = watch(workspace, "ticket_volume > 5")
        alert_review(workspace.services, workspace.clock.now())
        cost = row_of(workspace, number).cost
        assert cost is not None
        assert 0 <= cost < 2


@pytest.mark.thorough
def test_a_rule_that_disturbs_is_loosened_by_a_button() -> None:
    with open_desks(NOISY) as workspace:
        watch(workspace, "ticket_volume > 3")
        incidents(workspace, 1, 5)
        alert_review(workspace.services, workspace.clock.now())
        send(workspace)
        (told,) = posted(workspace)
        assert "Looser: " in words({"blocks": told.blocks})
        buttons = {
            element["action_id"]: element["value"]
            for block in told.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        }
        assert list(buttons) == [review.LOOSEN, listing.REMOVE]
        answered = workspace.presses(
            review.LOOSEN, buttons[review.LOOSEN], user=LEAD, ephemeral=False
        )
        assert answered.told == "Rule 1 is changed. See: `/alert`"
        assert row_of(workspace, 1).text != "ticket_volume > 3"
