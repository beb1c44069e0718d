from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.alerts.budget import Basis, Cost, TooLittle
from bot.alerts.earnings import Earnings
from bot.alerts.hindsight import History
from bot.alerts.rehearsal import firings
from bot.alerts.rule import NoData, Rule
from bot.slack.alerts import incident, listing, rehearsal
from bot.slack.alerts.costs import Budget, costs, rate, spent
from bot.slack.alerts.rehearsal import Wanted
from bot.slack.alerts.review import LOOSEN
from bot.slack.alerts.rules import sentence, title
from tests.alert_lives import (
    BACKLOG,
    BAD_CSAT,
    BURNS,
    BUSY,
    HOUR,
    MINUTE,
    NUMBER,
    OLD,
    SLOW,
    START,
    WAITING,
    hours,
    lived,
    shown,
)
from tests.alert_rules import rules
from tests.alert_samples import (
    ALERTS,
    ALL_RULES,
    EARNED,
    LISTED,
    PAST,
    READER,
    actions,
    elements,
    everything,
    finding,
    reviewed,
    rows,
    told,
    tried_as,
)
from tests.blockkit.limits import broken_limits
from tests.workspace import as_json

# --- A rule in words -----------------------------------------------------------------------------

SENTENCES = [
    (
        SLOW,
        "First response time above 4 h",
        (
            "Fires when *First response time* is above 4 h for 30 min. Judged by the last 2 h, every "
            "5 min. Fewer than 20 are too few to say. Over once it has been at most 3 h 36 for 15 min. "
            "Told again every 4 h until somebody takes it on."
        ),
    ),
    (
        BAD_CSAT,
        "Customer satisfaction below 85%",
        (
            "Fires when *Customer satisfaction* is below 85%. Judged by the last 7 d, every 1 h. Fewer "
            "than 20 are too few to say. Over once it has been at least 86% for 15 min. Told again "
            "every 4 h until somebody takes it on."
        ),
    ),
    (
        BUSY,
        "Ticket volume 40% above usual",
        (
            "Fires when *Ticket volume* is more than 40% above what is usual then. Judged by the last "
            "1 h, every 15 min. Over once it has been back inside for 15 min. Told again every 4 h "
            "until somebody takes it on."
        ),
    ),
    (
        BACKLOG,
        "Backlog above 200",
        (
            "Fires when *Backlog* is above 200 for 1 h. Looked at every 5 min. Over once it has been at "
            "most 180 for 15 min. Told again every 4 h until somebody takes it on."
        ),
    ),
    (
        WAITING,
        "Tickets that wait longer than 1 h for a first reply",
        (
            "Tells each ticket that waits longer than 1 h for a first reply, once. Looked at every "
            "5 min. Over once they have a reply."
        ),
    ),
    (
        BURNS,
        "SLA budget burning 6× as fast as 95% allows",
        (
            "Fires when the *SLA budget* burns 6× as fast as 95% allows. So in the last 6 h and in the "
            "last 30 min as well, looked at every 5 min. Fewer than 20 are too few to say. Over once it "
            "has been back inside for 15 min. Told again every 4 h until somebody takes it on."
        ),
    ),
    (
        OLD,
        "Help desk data older than 2 h",
        (
            "Fires when a help desk was read last more than 2 h ago. Looked at every 5 min. Over once "
            "it has been back inside for 15 min. Told again every 4 h until somebody takes it on."
        ),
    ),
]


@pytest.mark.parametrize(("rule", "heading", "words_"), SENTENCES)
def test_a_rule_is_said_so_that_a_lead_understands_it(
    rule: Rule, heading: str, words_: str
) -> None:
    assert title(rule, READER) == heading
    assert sentence(rule, READER) == words_


def test_whatever_a_rule_says_is_in_its_sentence() -> None:
    made = [sentence(rule, READER) for rule in ALL_RULES]
    assert len(set(made)) == len(made)
    full = sentence(ALL_RULES[13], READER)
    for part in ("at most 3 h 36 for 1 h", "every 2 h", "Fewer than 5", "office hours", "as fine"):
        assert part in full
    assert "known 7 days later" in made[-1]
    assert "Missing data count as bad." in made[14]
    assert "First response time, business hours" in made[14]


@pytest.mark.thorough
@given(rules())
@settings(max_examples=300, deadline=None)
def test_any_rule_has_a_title_and_a_sentence(rule: Rule) -> None:
    """Every place is filled, and no name can ping anybody."""
    for made in (title(rule, READER), sentence(rule, READER)):
        assert made
        assert "<!" not in made
        assert "<@" not in made


# --- The list, the rehearsal, the review ---------------------------------------------------------


def test_a_list_says_of_each_rule_how_it_stands_and_offers_what_can_be_done() -> None:
    message = listing.listed(LISTED[:1], START + 40 * MINUTE, READER)
    assert everything(message).splitlines()[:3] == [
        "*First response time · Email above 4 h*",
        "🔴 Fires since 14:00.",
        (
            "`first_response_time &gt; 4h for 30m over 2h for channel email` · rule 3 · "
            "fired 4 times in 30 days · <@U1LEAD>"
        ),
    ]
    values = [one.get("value") for one in elements(message)[:4]]
    assert actions(message) == [
        listing.TEST,
        listing.EDIT_RULE,
        listing.PAUSE,
        listing.REMOVE,
        listing.NEW,
    ]
    assert values == ["3"] * 4


STANDINGS = [
    (4, "🟠 Since 14:00, <@U1LEAD> has it."),
    (5, "🟡 Bad since 14:00, fires 15:00 if it stays so."),
    (6, "⏳ Since 14:00, back inside now."),
    (7, "⚪ No data since 14:00."),
    (8, "✓ Fine. Held back until 19:00: we &lt;b&gt;move&lt;/b&gt;"),
    (9, "⏸️ Paused: it looks at nothing until it is resumed."),
    (10, "⚠️ Nobody is told: Slack answered not_in_channel. Invite the bot:"),
]


@pytest.mark.parametrize(("number", "line"), STANDINGS)
def test_a_list_says_what_somebody_has_to_know(number: int, line: str) -> None:
    (rule,) = (one for one in LISTED if one.number == number)
    message = listing.listed([rule], START + 40 * MINUTE, READER)
    assert line in everything(message)
    assert line in message.text
    assert (listing.RESUME in actions(message)) is rule.paused


def test_a_long_list_keeps_to_slacks_limits_and_leaves_no_rule_out() -> None:
    long_text = replace(LISTED[0], text=LISTED[0].text + " for group " + "x" * 200)
    many = [replace(long_text, number=1_000 + n) for n in range(25)]
    message = listing.listed(many, START, READER, mutes=[], budget=Budget(1.0, 0.4))
    assert broken_limits(as_json(message)) == []
    for one in many:
        assert str(one.number) in everything(message)
    more = [replace(long_text, number=n) for n in range(90)]
    cut = listing.listed(more, START, READER)
    assert broken_limits(as_json(cut)) == []
    listed = sum(f"rule {n}" in everything(cut) for n in range(90))
    assert f"and {90 - listed} more" in everything(cut)


BUDGETS = [
    (spent(Budget(1.0, 0.4), READER), "false alarms: about 0.4 of 1 allowed a week"),
    (
        spent(Budget(1.0, 1.42), READER),
        "⚠️ false alarms: about 1.4 a week, more than the 1 allowed",
    ),
    (spent(Budget(2.5), READER), "false alarms: 2.5 a week allowed"),
    (rate(0.0, READER), "0"),
    (rate(0.004, READER), "0.01"),
    (rate(0.06, READER), "0.06"),
    (rate(2.04, READER), "2"),
    (
        costs(Cost(0.25, 0.1, 0.6, 12), Budget(1.0, 2.0), READER),
        (
            "It would cost about 0.2 false alarms a week (0.1 – 0.6). "
            "⚠️ All rules of this channel together: 2, more than the 1 allowed."
        ),
    ),
    (
        costs(Cost(0.5, 0.1, 0.6, 12, Basis.HISTORY), Budget(1.0, 1.0), READER),
        (
            "So far it would have fired 0.5 times a week (0.1 – 0.6). "
            "All rules of this channel together: 1 of 1 allowed."
        ),
    ),
    (
        costs(Cost(0, 0, 0, 12, Basis.NEVER), None, READER),
        "A ticket that waits is no false alarm: it costs none.",
    ),
    (
        costs(TooLittle(3.7), None, READER),
        "How many false alarms it costs can be said after 8 weeks; there are 3.",
    ),
]


@pytest.mark.parametrize(("made", "expected"), BUDGETS)
def test_false_alarms_are_told_as_so_many_a_week(made: str, expected: str) -> None:
    assert made == expected


def test_a_rehearsal_says_how_often_when_how_long_and_how_bad() -> None:
    message = rehearsal.rehearsed(tried_as(SLOW, PAST), READER)
    assert "On the last 90 days this would have fired 3 times, here they are. Switch it on?" in (
        message.text
    )
    assert rows(message) == [
        ["Fired", "stood", "worst", "told again"],
        ["Fri 20 Nov, 17:15", "6 h 05 so far", "4 h 12", "1"],
        ["Fri 20 Nov, 15:55", "30 min", "5 h 02", "\u00a0"],
        ["Fri 20 Nov, 14:35", "30 min", "5 h 02", "\u00a0"],
    ]


def test_a_rehearsal_can_be_read_where_there_are_no_tables() -> None:
    """In a notification, and in a window, which takes no table."""
    assert told("rehearsal too dear").splitlines()[2:] == [
        "• Fri 20 Nov, 17:15: stood 6 h 05 so far, worst 4 h 12, told again 1 time",
        "• Fri 20 Nov, 15:55: stood 30 min, worst 5 h 02",
        "• Fri 20 Nov, 14:35: stood 30 min, worst 5 h 02",
        (
            "It would cost about 1.6 false alarms a week (0.9 – 2.6). "
            "⚠️ All rules of this channel together: 2, more than the 1 allowed."
        ),
    ]


def test_the_buttons_of_a_rehearsal_hand_back_the_rule() -> None:
    message = rehearsal.rehearsed(tried_as(SLOW, PAST), READER)
    assert actions(message) == [rehearsal.SWITCH_ON, rehearsal.EDIT, rehearsal.DISCARD]
    for one in elements(message)[:3]:
        wanted = Wanted.from_text(one["value"])
        assert wanted == Wanted("C0SUPPORT", "first_response_time > 4h for 30m over 2h")
    on = rehearsal.rehearsed(tried_as(SLOW, PAST, number=7), READER)
    assert actions(on) == [rehearsal.EDIT]
    assert Wanted.from_text(elements(on)[0]["value"]).number == NUMBER


def test_each_proposal_can_be_tried_at_once() -> None:
    message = ALERTS["alert rehearsal too dear"](READER)
    tries = [block["accessory"] for block in message.blocks if "accessory" in block]
    assert [Wanted.from_text(one["value"]).text for one in tries] == [
        "first_response_time > 5h for 30m over 2h",
        "first_response_time > 4h for 1h over 2h",
    ]
    assert {one["action_id"] for one in tries} == {rehearsal.TRY}


FINDINGS = [
    ("rehearsal never", "It never came out of its limit; nearest to it was 3 h 30."),
    ("rehearsal not long enough", "but never for 30 min; 20 min at the longest."),
    ("rehearsal always", "⚠️ It was out of its limit 94% of the time."),
    ("rehearsal too new", "⚠️ What is usual takes 8 weeks of history"),
    ("rehearsal too new", "⚠️ There are only 12 days of history to judge by, not 90."),
    ("rehearsal too few", "⚠️ There were never 20 at once, 12 at most: with `min 12`"),
    ("rehearsal with gaps", "⚠️ Of 90 days about 27 d had no data in time."),
    ("rehearsal with gaps", "On the last 63 d with data this would have fired 3 times, here they"),
    ("rehearsal unread", "There were no data in these days to try this on."),
    ("rehearsal unread", "⚠️ No data were there in time in these days"),
    ("rehearsal without history", "There is no history to try this on yet."),
]


@pytest.mark.parametrize(("name", "line"), FINDINGS)
def test_no_firing_is_not_taken_for_well_tuned(name: str, line: str) -> None:
    assert line in told(name)


def test_a_rehearsal_speaks_of_the_days_of_which_there_were_data() -> None:
    """Unless it takes missing data for bad: then it looked at the others as well."""
    few: dict[str, Any] = {"covered": timedelta(days=6), "lacking": 5.9 / 6}
    quiet = hours(*[1] * 600)
    text = rehearsal.rehearsed(tried_as(SLOW, quiet, **few), READER).text
    assert "On the last 2 h 24 with data this would never have fired." in text
    assert "⚠️ Of 6 days about 5.9 d had no data in time." in text
    strict = replace(SLOW, no_data=NoData.ALERT)
    text = rehearsal.rehearsed(tried_as(strict, quiet, **few), READER).text
    assert "On the last 6 days this would never have fired." in text
    few["lacking"] = 0.04
    text = rehearsal.rehearsed(tried_as(SLOW, quiet, **few), READER).text
    assert "On the last 6 days this would never have fired." in text
    assert "⚠️ Of" not in text


@pytest.mark.parametrize("says", History)
def test_whatever_the_past_says_can_be_told(says: History) -> None:
    made = rehearsal.rehearsed(tried_as(SLOW, hours(1), finding=finding(says)), READER)
    assert broken_limits(as_json(made)) == []


def test_a_rehearsal_shows_the_very_messages_that_would_have_been_posted() -> None:
    """Those of the job, at the same moments, but for their buttons."""
    tried = tried_as(SLOW, PAST)
    posted = list(rehearsal.messages(tried, READER))
    moments = lived(SLOW, PAST)
    first, second, third = firings(moments)
    assert [one.at for one in posted] == [
        first.opened_at,
        first.closed_at,
        second.opened_at,
        second.closed_at,
        third.opened_at,
        third.last.at,
    ]
    live = [moment for moment in moments if moment.at <= first.opened_at]
    at_first = replace(shown(SLOW, live), number=0, incident=0, data_until=first.opened_at)
    assert posted[0].message == incident.render(at_first, READER, with_buttons=False)
    gone = [moment for moment in moments if moment.at <= (first.closed_at or START)]
    at_last = replace(shown(SLOW, gone), number=0, incident=0)
    end = incident.render(at_last, READER, with_buttons=False)
    assert replace(posted[1].message, thread=()) == end
    thread_ = [line.text for line in posted[1].message.thread]
    assert thread_ == [
        "⏳ Back inside: 55 min.",
        "✅ *First response time back at 55 min* after 1 h (worst 5 h 02)",
    ]


def test_what_would_have_been_held_back_is_shown_as_it_would_have_been_told() -> None:
    posted = list(rehearsal.messages(tried_as(SLOW, PAST, muted_for=8 * HOUR), READER))
    assert "while alerts were held back. Over by now." in posted[0].message.text
    assert "while alerts were held back. Over by now." in posted[1].message.text
    assert posted[2].at == START + 8 * HOUR
    assert posted[2].message.text.startswith("🔴 *First response time 4 h 12*")


def test_a_young_rule_is_not_said_to_be_of_no_use() -> None:
    message = ALERTS["alert review of young rules"](READER)
    seen = everything(message)
    assert "not fired yet, on for 3 days" in seen
    assert "not fired yet, on since today" in seen
    assert seen.count("never fired") == 1
    assert [one["value"] for one in elements(message) if "action_id" in one] == ["9"]


def test_the_review_begins_with_what_earned_least_and_offers_the_mend() -> None:
    message = reviewed(EARNED)(READER)
    names = [block["block_id"] for block in message.blocks if block["type"] == "section"]
    assert names == ["review-told", "review-4", "review-5", "review-6", "review-3"]
    loosen, *removes = elements(message)
    assert loosen["action_id"] == LOOSEN
    assert Wanted.from_text(loosen["value"]) == Wanted(
        "C0SUPPORT", "ticket_volume +80% vs usual", 4, was="ticket_volume +40% vs usual"
    )
    assert [(one["action_id"], one["value"]) for one in removes] == [
        (listing.REMOVE, "4"),
        (listing.REMOVE, "5"),
    ]


WORTHS = [
    (Earnings(4, 4, acknowledged=4), False),
    (Earnings(4, 4, ignored=4), True),
    (Earnings(4, 4, acknowledged=1, ignored=3, useful=1), False),
    (Earnings(4, 4, acknowledged=3, ignored=1, useless=2), True),
    (Earnings(2, 2, ignored=2), False),
    (Earnings(), False),
]


@pytest.mark.parametrize(("earned", "disturbs"), WORTHS)
def test_a_rule_is_worth_what_people_did_about_it(earned: Earnings, *, disturbs: bool) -> None:
    assert earned.disturbs is disturbs


def test_the_review_says_how_long_it_took_until_somebody_took_it_on() -> None:
    text = everything(reviewed(EARNED)(READER))
    assert "fired 4 times · 3 taken on, typically after 12 min · 1 ignored · 👍 2" in text
    assert "fired 19 times · 1 taken on after 50 min · 17 ignored · 👎 3" in text


# --- Why -----------------------------------------------------------------------------------------

ANSWERS = [
    ("why it fired", "🔴 It fired at 14:30."),
    ("why it did not fire", "It did not fire: nothing was out of its limit."),
    ("why it was firing already", "🟠 <@U1LEAD> had taken it on until 22:37."),
    ("why it was pending", "what is bad has to last 30 min, and 20 min were missing."),
    ("why it was pending", "🔕 It was held back by <@U2LEAD> until 17:00: we &lt;b&gt;move"),
    ("why it was pending", "🔕 It was held back: outside of office hours."),
    ("why nothing was known", "⚪ There were no data of that moment in time: it stayed as it was."),
    ("why nothing was known", "acme had been read only up to 13:20."),
    ("why nothing was known", "⚠️ With the data as they are now it would be decided otherwise"),
    ("why it was not judged", "the rule was not on until Sat 31 Oct, 14:00."),
]


@pytest.mark.parametrize(("name", "line"), ANSWERS)
def test_why_it_did_or_did_not_fire_is_answered_first(name: str, line: str) -> None:
    assert line in told(name)


def test_what_was_seen_stands_beside_the_limit_and_the_verdict() -> None:
    assert rows(ALERTS["alert why it fired"](READER))[1] == ["All", "4 h 12", "37", "4 h", "bad"]
    unusual = rows(ALERTS["alert why of what is unusual"](READER))
    assert unusual[1] == ["All", "2 h 10", "37", "35 min – 1 h 10", "bad"]


def test_the_log_has_a_line_for_each_step_below_its_day() -> None:
    text = everything(ALERTS["alert log"](READER))
    assert text.count("*Friday 20 November*") == 1
    for line in (
        "20:00 · rule 7 · told what had been held back: fired and over again 3 times",
        "19:00 · rule 8 · stopped by <@U1LEAD>",
        "18:00 · rule 7 · told again, worst 5 h 33 · not delivered: The message above it is gone.",
        "17:00 · rule 7 · told, worst 5 h · delivered, then lost: Slack answered &lt;b&gt;is_in",
        "14:47 · rule 7 · acknowledged by <@U1LEAD> until 22:47",
        "14:30 · rule 7 · fired: 4 h 12 · Billing",
    ):
        assert line in text
    assert "rule 7 · over" not in everything(ALERTS["alert log of one rule"](READER))
