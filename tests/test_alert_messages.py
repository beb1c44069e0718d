from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.alerts.judge import Observation
from bot.alerts.life import Kind, Step
from bot.alerts.rehearsal import firings
from bot.alerts.rule import Rule, Waiting
from bot.alerts.trouble import Trouble, trouble_of
from bot.domain import Dimension, Slice
from bot.locale import Reader
from bot.slack.alerts import behind, incident, thread
from bot.slack.alerts.claims import SIGNS
from bot.slack.alerts.rules import sentence, title
from bot.slack.alerts.shown import Ended, How, State, ended_of, past_of
from tests.alert_lives import (
    ALL_BACK,
    ATHENS,
    BEHIND,
    BILLING,
    BUSY,
    HOUR,
    LIVES,
    MINUTE,
    ONE_LEFT,
    OVER,
    SLOW,
    SLOW_BY_GROUP,
    START,
    UNUSUAL,
    WAITING,
    WORST,
    hours,
    lived,
    out_of,
    put_off,
    refused,
    shown,
    stopped,
    taken_on,
    tickets,
    usually,
    with_thread,
)
from tests.alert_rules import rules
from tests.alert_samples import ALERTS, READER, actions, elements, everything, rows, told
from tests.blockkit.limits import broken_limits
from tests.workspace import as_json

# --- One message, one sign -----------------------------------------------------------------------

STATES = [
    ("firing", State.FIRING),
    ("acknowledged", State.ACKNOWLEDGED),
    ("snoozed", State.SNOOZED),
    ("acknowledged and snoozed", State.SNOOZED),
    ("recovering", State.RECOVERING),
    ("over", State.OVER),
    ("no data", State.NO_DATA),
    ("no data is bad", State.FIRING),
    ("no data is fine", State.RECOVERING),
    ("too few", State.LAPSED),
    ("stopped", State.STOPPED),
    ("by group one left", State.FIRING),
]


@pytest.mark.parametrize(("name", "state"), STATES)
def test_the_sign_says_how_an_alert_stands(name: str, state: State) -> None:
    assert told(name).startswith(f"{SIGNS[state]} *")


@pytest.mark.parametrize("name", LIVES)
def test_a_message_has_one_sign_and_it_comes_first(name: str) -> None:
    message = ALERTS[f"alert {name}"](READER)
    signs = [sign for sign in {*SIGNS.values()} for _ in range(message.text.count(sign))]
    assert len(signs) == 1
    assert message.text.startswith(signs[0])
    # What a notification says first, the message says first.
    first = message.text.splitlines()[0]
    assert message.blocks[0]["text"]["text"].splitlines()[0] == first


FIRST_LINES = [
    ("firing", "🔴 *First response time 4 h 12* (limit 4 h) · for 30 min"),
    ("firing with facts", "🔴 *First response time 4 h 36* (limit 4 h) · Email · for 40 min"),
    ("just above", "🔴 *First response time just above 4 h* (limit 4 h) · for 30 min"),
    ("recovering", "⏳ *First response time 55 min* (limit 4 h) · Email"),
    ("over", "✅ *First response time back at 55 min* after 1 h (worst 5 h 02)"),
    (
        "over without data",
        "✅ *First response time*: over after 1 h, without new data (worst 5 h 02)",
    ),
    (
        "too few",
        "⚪ *First response time above 4 h*: too few left to tell, closed after 3 h (worst 5 h 02)",
    ),
    ("stopped", "⏹️ *First response time above 4 h*: stopped by <@U1LEAD> after 42 min"),
    ("one group", "🔴 *First response time 4 h 12* (limit 4 h) · Billing · for 30 min"),
    (
        "by group",
        "🔴 *First response time above 4 h* in 2 groups, worst Billing: 5 h 02 · for 35 min",
    ),
    (
        "by group over",
        "✅ *First response time back inside* in 2 groups after 1 h 15 (worst 5 h 02)",
    ),
    ("below", "🔴 *Customer satisfaction 82%* (limit 85%)"),
    ("backlog", "🔴 *Backlog 231* (limit 200) · for 1 h 05"),
    ("change", "🔴 *Ticket volume 142*, 48% above the usual 96"),
    ("change of nothing", "🔴 *Ticket volume 12* (usual 0)"),
    ("unusual", "🔴 *First response time 2 h 10* (usual 35 min – 1 h 10)"),
    ("old", "🔴 *acme was read last 2 h 10 ago* (limit 2 h)"),
    (
        "old at two desks",
        "🔴 *Help desk data older than 2 h* in 2 help desks, worst &lt;shop&gt; &amp; co: 3 h 03",
    ),
    ("old over", "✅ *acme is read again* after 20 min (oldest 2 h 10)"),
    (
        "burning",
        "🔴 *The SLA budget burns 8× as fast* as 95% allows (6 h), 12× in the last 30 min",
    ),
    ("burning over", "✅ *The SLA budget no longer burns too fast*, after 20 min (worst 8×)"),
    (
        "ticket waiting",
        (
            "🔴 *<https://acme.example/t/4711?a=1&amp;b=2|#4711>, acme, "
            "waits 1 h 03 for a first reply* (limit 1 h)"
        ),
    ),
    ("tickets waiting", "🔴 *2 tickets wait longer than 1 h* for a first reply"),
    (
        "no ticket waiting",
        "✅ *No ticket waits longer than 1 h any more*, after 10 min (longest 2 h 24)",
    ),
    ("no data is bad", "🔴 *No data for First response time* · for 35 min"),
]


@pytest.mark.parametrize(("name", "line"), FIRST_LINES)
def test_the_first_line_says_what_it_is_how_bad_where_and_for_how_long(
    name: str, line: str
) -> None:
    assert told(name).splitlines()[0] == line


FURTHER = [
    ("firing with facts", "Usual on Fridays at this time: 40 min – 1 h 20. 37 tickets in the last"),
    ("firing with facts", "mostly Billing."),
    ("firing with facts", "Fired with 4 h 12 (14:30), worst 5 h 02."),
    ("acknowledged", "Acknowledged by <@U1LEAD>, 14:37, until 22:37."),
    ("snoozed", "Snoozed by <@U1LEAD> until Sat 21 Nov, 10:00."),
    ("acknowledged and snoozed", "Acknowledged by <@U1LEAD>, 14:36, until 22:36."),
    ("acknowledged and snoozed", "Snoozed by <@U1LEAD> until 17:00."),
    ("recovering", "Back inside since 14:45, over at 15:00 if it stays so."),
    ("no data", "No data since 14:45: it stays as it was."),
    ("no data is bad", "No data since 14:00, which counts as bad here."),
    ("no data is fine", "No data since 14:45, which counts as fine here.\nOver at 15:00"),
    ("over", "Fired 14:30 with 4 h 12 (limit 4 h), ended 15:00."),
    ("over and voted", "Acknowledged by <@U1LEAD> after 7 min."),
    ("unusual", "Higher than usual on Fridays at this time."),
    ("change", "Usual on Fridays at this time: 80 – 112."),
    ("below", "61 ratings in the last 7 d."),
    ("burning", "120 targets in the last 6 h."),
]


@pytest.mark.parametrize(("name", "line"), FURTHER)
def test_the_lines_below_say_the_rest(name: str, line: str) -> None:
    assert line in told(name)


def test_what_has_just_fired_does_not_say_twice_with_what() -> None:
    assert "Fired with" not in told("firing")
    assert "Fired with" not in told("backlog")


def test_a_number_of_tickets_does_not_say_again_how_many_they_are() -> None:
    assert "142 tickets" not in told("change")
    assert "231 tickets" not in told("backlog")


# --- Parts ---------------------------------------------------------------------------------------


def test_each_group_has_a_row_and_stays_until_the_last_is_over() -> None:
    first = incident.render(shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, ONE_LEFT[:8])), READER)
    assert rows(first)[1:] == [
        ["Billing", "5 h 02", "4 h 12", "since 14:00"],
        ["Technical", "4 h 24", "4 h 30", "since 14:00"],
    ]
    one_left = incident.render(shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, ONE_LEFT)), READER)
    assert rows(one_left)[1:] == [
        ["Billing", "4 h 54", "4 h 12", "since 14:00"],
        ["Technical", "1 h", "4 h 30", "✓ over 14:55"],
    ]
    over = incident.render(shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, ALL_BACK)), READER)
    assert [row[3] for row in rows(over)[1:]] == ["✓ over 15:15", "✓ over 14:55"]


def test_of_many_groups_the_worst_ten_are_listed_and_the_rest_is_counted() -> None:
    message = ALERTS["alert fourteen groups"](READER)
    names = [row[0] for row in rows(message)[1:]]
    assert names == [f"Group {n:02}" for n in range(13, 3, -1)]
    assert "and 4 more" in everything(message)


def test_a_group_that_recovers_and_fires_again_is_listed_once() -> None:
    looks = [*ONE_LEFT, *ONE_LEFT[:7]]
    message = incident.render(shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, looks)), READER)
    assert [row[0] for row in rows(message)[1:]] == ["Technical", "Billing"]
    assert not any("over" in row[3] for row in rows(message))


def test_another_incident_of_the_rule_does_not_show_in_one_that_is_over() -> None:
    """A vote on the old one comes while the rule is firing anew."""
    old = shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, ALL_BACK))
    anew = lived(SLOW_BY_GROUP, ONE_LEFT[:8])[-1].after
    before = incident.render(old, READER)
    assert incident.render(replace(old, standing=anew), READER) == before


@pytest.mark.parametrize("language", ["en_GB", "fa", "ar"])
def test_a_name_from_right_to_left_keeps_to_itself(language: str) -> None:
    reader = Reader(language, ATHENS)
    message = ALERTS["alert odd names"](reader)
    single = incident.render(
        shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, [{"الفواتير (VIP)": one} for one in _long()])),
        reader,
    )
    for shown_, name in ((message, "پشتیبانی فنی"), (single, "الفواتير (VIP)")):
        text = json.dumps(as_json(shown_), ensure_ascii=False)
        assert text.count(name) == text.count(f"\u2068{name}\u2069") > 0


def _long() -> Iterator[Observation]:
    yield from [Observation(16_000.0, 37)] * 7


def test_a_name_that_would_be_markup_pings_nobody() -> None:
    message = ALERTS["alert odd names"](READER)
    assert "worst &lt;!channel&gt; &amp; &lt;b&gt;: 6 h" in message.text
    assert "<!channel> & <b>" in [row[0] for row in rows(message)]


DRAWN = [
    ("*_~`x` <!channel>", "∗ˍ∼ˋxˋ &lt;!channel&gt;"),
    ("eu_west (*_new_*)", "eu_west (∗ˍnewˍ∗)"),
]


@pytest.mark.parametrize(("name", "told"), DRAWN)
def test_a_name_in_a_line_is_drawn_as_it_is(name: str, told: str) -> None:
    """Slack has no escape for bold and the like: signs that look like them stand in for them."""
    single = incident.render(
        shown(SLOW_BY_GROUP, lived(SLOW_BY_GROUP, [{name: one} for one in _long()])), READER
    )
    assert f"· {told}" in single.text.splitlines()[0]
    only = replace(SLOW, only=Slice(Dimension.GROUP, name))
    assert title(only, READER) == f"First response time · {told} above 4 h"
    assert f"*First response time · {told}*" in sentence(only, READER)


# --- Buttons -------------------------------------------------------------------------------------

#: "A" acknowledge, "S" snooze, "T" tickets, "W" why, "+" and "-" the votes.
_LETTERS = {
    incident.ACKNOWLEDGE: "A",
    incident.SNOOZE: "S",
    incident.TICKETS: "T",
    incident.WHY: "W",
    incident.USEFUL: "+",
    incident.USELESS: "-",
}
OFFERED = [
    ("firing", "ASTW+-"),
    ("acknowledged", "STW+-"),
    ("acknowledged and snoozed", "STW+-"),
    ("snoozed", "ASTW+-"),
    ("recovering", "ASTW+-"),
    ("no data", "ASTW+-"),
    ("over", "TW+-"),
    ("too few", "TW+-"),
    ("stopped", "TW+-"),
    ("below", "ASTW+-"),
    ("old", "AS+-"),
    ("burning", "ASTW+-"),
    ("tickets waiting", "AS+-"),
    ("many tickets waiting", "AST+-"),
]


@pytest.mark.parametrize(("name", "letters"), OFFERED)
def test_what_can_be_done_is_offered_while_it_can_be_done(name: str, letters: str) -> None:
    message = ALERTS[f"alert {name}"](READER)
    assert "".join(_LETTERS[action] for action in actions(message)) == letters


def test_every_button_hands_back_the_incident() -> None:
    message = ALERTS["alert firing"](READER)
    handed = [one.get("value") for one in elements(message) if one["type"] == "button"]
    (menu,) = (one for one in elements(message) if one["type"] == "static_select")
    spans = [option["value"] for option in menu["options"]]
    assert set(handed) == {"42"}
    assert spans == ["42 hour", "42 work", "42 tomorrow", "42 pick"]


def test_the_votes_are_counted_and_said_aloud() -> None:
    message = ALERTS["alert over and voted"](READER)
    labels = {one["action_id"]: one for one in elements(message) if "action_id" in one}
    assert labels[incident.USEFUL]["text"]["text"] == "👍 3"
    assert labels[incident.USELESS]["text"]["text"] == "👎 1"
    assert labels[incident.USEFUL]["accessibility_label"] == "Was this useful? Yes"


def test_an_example_has_no_buttons() -> None:
    made = incident.render(shown(SLOW, lived(SLOW, WORST)), READER, with_buttons=False)
    assert actions(made) == []


# --- The thread ----------------------------------------------------------------------------------


def lines(rule: Rule, looks: Sequence[Any], **how: Any) -> list[str]:
    return [line.text for line in with_thread(rule, looks, **how)(READER).thread]


def test_of_very_many_at_once_the_first_are_told_and_the_others_counted() -> None:
    rule = Rule(Waiting(timedelta(hours=1)))
    one = {"acme:0": Observation(3_700.0, 1)}
    many = {f"acme:{n}": Observation(3_700.0 + n, 1) for n in range(500)}
    began, answered = lines(rule, [one, many, one])
    for line in (began, answered):
        assert len(line.split("\n")) == 21
        assert line.endswith("\nand 479 more")


def test_the_thread_tells_each_step_of_a_life_in_order() -> None:
    found = lines(
        SLOW,
        [*WORST, None, *hours(4.1, 1, 1, 4.4), *hours(*[1] * 5)],
        deeds=[taken_on(37 * MINUTE), put_off(42 * MINUTE, 50 * MINUTE)],
    )
    assert found == [
        "🟠 <@U1LEAD> has taken it on, until 22:37.",
        "💤 <@U1LEAD> wants to hear no more of it until 14:50.",
        "⚪ There are no new data: it stays as it was until they come.",
        "Data are there again.\nThe snooze of <@U1LEAD> is over.",
        "⏳ Back inside: 1 h.",
        "🔴 Bad again: 4 h 24.",
        "⏳ Back inside: 1 h.",
        "✅ *First response time back at 1 h* after 1 h 25 (worst 5 h 02)",
    ]


def test_what_never_fired_and_what_the_message_says_itself_need_no_line() -> None:
    assert lines(SLOW, WORST) == []
    assert lines(SLOW, [*hours(4.2, 1), *WORST]) == []


def test_a_further_group_is_told_once_whether_people_are_called_or_not() -> None:
    later = [{"A": bad(), "B": fine()}] * 8 + [{"A": bad(), "B": bad()}] * 7
    also = "🔴 It fires here as well: *First response time 4 h 27* (limit 4 h) · B"
    assert lines(SLOW_BY_GROUP, later) == [also]
    asleep = lines(SLOW_BY_GROUP, later, deeds=[put_off(37 * MINUTE, 9 * HOUR)])
    assert asleep == ["💤 <@U1LEAD> wants to hear no more of it until 23:00.", also]


def bad() -> Observation:
    return Observation(16_000.0, 37)


def fine() -> Observation:
    return Observation(600.0, 37)


def test_nobody_having_taken_it_on_people_are_called_again() -> None:
    found = lines(SLOW, hours(*[4.3] * 56))
    assert [line.splitlines() for line in found] == [
        [
            "🔴 *First response time 4 h 18* (limit 4 h) · for 4 h 30",
            "It still stands, and nobody has taken it on.",
        ]
    ]


def test_a_stop_and_tickets_that_are_answered_are_told() -> None:
    stop = lines(SLOW, [*WORST, *hours(4.1)], deeds=[stopped(42 * MINUTE)])
    assert stop == ["⏹️ *First response time above 4 h*: stopped by <@U1LEAD> after 42 min"]
    waiting = [tickets(t1=1.1), tickets(t1=1.2, t2=1.1), tickets(t2=1.2), {}]
    link = "<https://acme.example/t/2?a=1&amp;b=2|#2>"
    assert lines(WAITING, waiting) == [
        f"🔴 It fires here as well: *{link}, acme, waits 1 h 06 for a first reply* (limit 1 h)",
        "✓ #1, acme: no longer waits",
        "✅ *No ticket waits longer than 1 h any more*, after 15 min (longest 1 h 12)",
    ]


@pytest.mark.parametrize("kind", Kind)
def test_people_are_called_by_a_reminder_alone(kind: Kind) -> None:
    """It is the life of an alert that decides when they are, and it is silent when it is muted."""
    assert thread.calls(Step(kind, START)) is (kind is Kind.REMINDED)


def test_no_line_is_empty_and_each_keeps_to_slacks_limits() -> None:
    for name in ("thread", "thread of groups", "thread of a stop"):
        for line in ALERTS[f"alert {name}"](READER).thread:
            assert line.text.strip()
            assert broken_limits(as_json(line)) == []


# --- What the steps tell -------------------------------------------------------------------------


def steps_of(rule: Rule, looks: Sequence[Any], **how: Any) -> list[Step]:
    return [step for moment in lived(rule, looks, **how) for step in moment.steps]


def test_how_an_incident_ended_is_read_from_its_steps() -> None:
    steps = steps_of(SLOW, OVER, deeds=[taken_on(37 * MINUTE)])
    found = ended_of(steps)
    assert found == Ended(
        START + HOUR,
        How.RECOVERED,
        worst=5.03 * 3600,
        last=55 * 60,
        acknowledged_by="U1LEAD",
        acknowledged_at=START + 37 * MINUTE,
    )
    assert ended_of(steps, worst=20_000.0) == replace(found, worst=20_000.0)
    assert ended_of(steps[:-1]) is None


def test_the_parts_that_are_over_are_read_from_the_steps() -> None:
    (technical,) = past_of(steps_of(SLOW_BY_GROUP, ONE_LEFT))
    assert (technical.name, technical.fired, technical.last) == ("Technical", 4.5 * 3600, 3600.0)
    assert {one.name for one in past_of(steps_of(SLOW_BY_GROUP, ALL_BACK))} == {
        "Billing",
        "Technical",
    }
    assert past_of(steps_of(SLOW_BY_GROUP, [*ONE_LEFT, *ONE_LEFT[:7]])) == []


def test_what_was_stopped_was_not_seen_to_be_fine() -> None:
    steps = steps_of(SLOW, [*WORST, *hours(4.1)], deeds=[stopped(42 * MINUTE)])
    found = ended_of(steps)
    assert found is not None
    assert (found.how, found.by, found.last) == (How.STOPPED, "U1LEAD", None)
    assert [one.how for one in past_of(steps)] == [How.STOPPED]


# --- Beside the alerts ---------------------------------------------------------------------------


def test_what_was_missed_is_told_with_its_times_and_that_it_is_over() -> None:
    assert told("missed").splitlines() == [
        "✅ *First response time above 4 h*, while alerts were held back. Over by now.",
        "From Fri 20 Nov, 14:00 to 14:40, worst 5 h 02.",
    ]
    assert "9 times while alerts were held back." in told("missed often")
    assert told("missed often").endswith("and 6 more")


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("message_not_found", Trouble.DELETED),
        ("not_allowed_token_type", Trouble.TOKEN),
        ("is_archived", Trouble.ARCHIVED),
        ("is_inactive", Trouble.ARCHIVED),
        ("not_in_channel", Trouble.CHANNEL),
        ("channel_not_found", Trouble.CHANNEL),
        ("token_revoked", Trouble.TOKEN),
        ("account_inactive", Trouble.TOKEN),
        ("edit_window_closed", Trouble.OLD),
        ("msg_too_long", Trouble.UNSEEN),
    ],
)
def test_a_trouble_is_known_by_what_slack_answered(code: str, trouble: Trouble) -> None:
    assert trouble_of(refused(code)) is trouble


def test_a_notice_says_what_happened_how_it_stands_and_how_to_mend_it() -> None:
    assert told("channel lost").splitlines() == [
        (
            "⚠️ *First response time above 4 h*: I cannot reach <#C0SUPPORT> any more, "
            "so that nobody there is told."
        ),
        "Type `/invite @deskpulse` in the channel, or end the rule: `/alert remove 7`",
        "_Slack answered not_in_channel. Invite the bot: type /invite @deskpulse in the channel._",
        "🔴 *First response time 4 h 36* (limit 4 h) · for 40 min",
    ]
    assert "`first_response_time &gt; 4h for 30m over 2h`: Slack no longer" in told("token revoked")


def test_tickets_are_links_where_a_link_fits() -> None:
    message = behind.tickets(BEHIND, SLOW, START, READER)
    linked, bare, long_link = everything(message).splitlines()[1:]
    assert linked.startswith("• <https://acme.example/t/4711?a=1&amp;b=2|#4711>, acme: 5 h 02 · ")
    assert bare.startswith("• #&lt;9&gt;, &lt;shop&gt; &amp; co: 4 h 10 · created ")
    assert long_link.startswith("• #4713, acme: 4 h 03 · \u2068پشتیبانی فنی\u2069 · created ")


def test_of_many_tickets_twenty_are_listed_and_the_rest_is_counted() -> None:
    many = [replace(BEHIND[0], url=f"https://acme.example/{'x' * 200}")] * 30
    message = behind.tickets(many, SLOW, START, READER, many=140)
    assert everything(message).count("#4711") == 20
    assert "and 120 more" in everything(message)
    assert broken_limits(as_json(message)) == []


# --- Every number and every language -------------------------------------------------------------


@pytest.mark.parametrize("key", ["first_response_time", "csat", "backlog", "call_volume"])
def test_tickets_are_offered_where_there_are_some(key: str) -> None:
    has = {"first_response_time": True, "csat": True, "backlog": True, "call_volume": False}
    assert incident.has_tickets(replace(UNUSUAL, metric=key)) is has[key]


@pytest.mark.thorough
@given(rules())
@settings(max_examples=200, deadline=None)
def test_any_alert_can_be_shown(rule: Rule) -> None:
    """Whatever the rule is, and whatever its parts are called."""
    found = Observation(1e9, 10**6, fast=1e9)
    low = Observation(-1e9, 10**6, fast=1e9)
    names = [None] if rule.by is None else [f"{rule.by} {n} <!here>" for n in range(12)]
    looks = [dict.fromkeys(names, one) for one in (found, low)]
    for look in looks:
        moments = lived(rule, [look] * (2 + int(rule.lasting / rule.tick)))
        if not firings(moments):
            continue
        message = incident.render(shown(rule, moments), READER)
        assert broken_limits(as_json(message)) == []
        assert "<!" not in message.text


RESTS_ON = {
    "first_response_time": "12 tickets in the last 2 h.",
    "response_time": "12 answers in the last 2 h.",
    "interactions_per_resolution": "12 tickets in the last 2 h.",
    "sla_attainment": "12 targets in the last 2 h.",
    "nps": "12 ratings in the last 2 h.",
    "speed_of_answer": "12 calls in the last 2 h.",
    "handle_time": "12 cases in the last 2 h.",
    "tickets_per_agent": None,
    "ticket_volume": None,
    "backlog": None,
}


@pytest.mark.parametrize(("key", "told_"), RESTS_ON.items())
def test_what_a_number_rests_on_is_called_by_its_name(key: str, told_: str | None) -> None:
    fired = shown(UNUSUAL, lived(UNUSUAL, [out_of(130)]), tickets=12)
    made = incident.render(replace(fired, rule=replace(UNUSUAL, metric=key)), READER)
    assert told_ is None or told_ in made.text
    assert (" in the last " in made.text) is (told_ is not None)


def test_a_number_of_tickets_says_what_most_of_them_are() -> None:
    made = incident.render(
        shown(BUSY, lived(BUSY, [usually(142)]), tickets=142, mostly=BILLING), READER
    )
    assert "142 tickets in the last 1 h, mostly Billing." in made.text
