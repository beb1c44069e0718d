"""`/alert` as people in a channel meet it: setting a rule up, living with it, and looking back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from threading import Barrier, BrokenBarrierError
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.alerts.wording import written
from bot.errors import SlackHeld
from bot.locale import Reader
from bot.slack.alerts import listing, rehearsal, review
from bot.slack.alerts.rehearsal import Wanted
from bot.store import alerts as rules
from bot.store import desks, outbox
from bot.store.database import Database
from bot.store.tables import AlertRule, OutboxRow
from bot.store.tables import Mute as MuteRow
from commands.alert_text import parse_rule
from jobs.alert_deeds import alert_deeds
from tests.alert_workspace import ACME, NOISY, burst, day, posted, row_of, send, watch
from tests.blockkit.limits import broken_limits
from tests.programs import together
from tests.store_samples import a_desk
from tests.times import T
from tests.workspace import (
    AGENT,
    ARCHIVED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    OWNER,
    Answered,
    Workspace,
    open_desks,
    words,
)

DIRECT = f"D{LEAD}"
READER = Reader("en_GB", ZoneInfo("Europe/Athens"))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_desks(ACME) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace, with two rules, for all the tests that change nothing in it."""
    with open_desks(ACME) as workspace:
        watch(workspace, "ticket_volume > 3")
        watch(workspace, "first_response_time > 1h by group min 1")
        yield workspace


def rows(workspace: Workspace, channel: str = CHANNEL) -> list[AlertRule]:
    with workspace.services.reading() as session:
        return rules.of_channel(session, workspace.services.workspace, channel)


def texts(workspace: Workspace, channel: str = CHANNEL) -> list[str]:
    return [row.text for row in rows(workspace, channel)]


def changes(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(one.who, one.action, one.detail) for one in workspace.audit()]


# --- Adding one ----------------------------------------------------------------------------------


def test_a_rule_is_tried_on_the_past_before_anything_is_kept(workspace: Workspace) -> None:
    before = workspace.version()
    answered = workspace.types("/alert add ticket volume &gt; 3 for 10m", user=LEAD)
    assert "*Ticket volume above 3*" in answered.told
    days = "On the last 12 days this would have fired 2 times, here they are. Switch it on?"
    assert days in answered.told
    assert "There are only 12 days of history to judge by, not 90." in answered.told
    assert answered.table()[1:] == [
        ["Fri, Nov 20, 4:15\u202fAM", "1 h 05", "6"],
        ["Thu, Nov 12, 9:15\u202fAM", "1 h 05", "6"],
    ]
    wanted = Wanted(CHANNEL, "ticket_volume > 3 for 10m").to_text()
    assert [(one, button["value"]) for one, button in answered.buttons().items()] == [
        (rehearsal.SWITCH_ON, wanted),
        (rehearsal.EDIT, wanted),
        (rehearsal.DISCARD, wanted),
    ]
    assert workspace.version() == before


@pytest.mark.thorough
def test_a_lead_switches_on_what_was_tried(workspace: Workspace) -> None:
    workspace.slack.add_user(LEAD, tz="America/New_York", locale="de-DE")
    tried = workspace.types("/alert add ticket volume &gt; 3", user=LEAD)
    value = tried.buttons()[rehearsal.SWITCH_ON]["value"]
    answered = workspace.presses(rehearsal.SWITCH_ON, value, user=LEAD)
    assert answered.told == "Rule 1 is switched on. See: `/alert`"
    # The question is answered, so that nobody presses it again.
    assert answered.message["replace_original"] is True
    row = row_of(workspace, 1)
    assert (row.channel, row.text, row.created_by) == (CHANNEL, "ticket_volume > 3", LEAD)
    assert (row.zone, row.locale) == ("America/New_York", "de_DE")
    assert (row.since, row.judged_until, row.paused) == (T(), T(), False)
    assert changes(workspace) == [(LEAD, "alert add", f"{CHANNEL} 1 ticket_volume > 3")]
    assert workspace.slack.posted == []


def test_pressing_twice_switches_on_once(workspace: Workspace) -> None:
    wanted = Wanted(CHANNEL, "ticket_volume > 3").to_text()
    workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD)
    before = workspace.version()
    again = workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD).told
    typed = workspace.types("/alert add Ticket-Volume above 3", user=LEAD).told
    assert again == typed
    assert again == "This channel has the same rule already: it is rule 1. See: `/alert`"
    assert workspace.version() == before
    workspace.presses(
        rehearsal.SWITCH_ON, Wanted(ELSEWHERE, "ticket_volume > 3").to_text(), user=LEAD
    )
    assert texts(workspace, ELSEWHERE) == ["ticket_volume > 3"]


def test_what_was_tried_is_let_go(workspace: Workspace) -> None:
    before = workspace.version()
    answered = workspace.presses(rehearsal.DISCARD, "{}", user=LEAD)
    assert answered.told == "Nothing was changed."
    assert answered.message["replace_original"] is True
    assert workspace.version() == before


def test_a_help_desk_that_was_taken_away_meanwhile_is_noticed(workspace: Workspace) -> None:
    wanted = Wanted(CHANNEL, "first_response_time > 1h").to_text()
    with workspace.writing() as session:
        acme = desks.find(session, workspace.services.workspace, "acme")
        assert acme is not None
        acme.gives = []
    told = workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD).told
    assert told.startswith("“First response time” cannot be told here.")
    assert texts(workspace) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("channel", "warning"),
    [
        (ELSEWHERE, "I am not in this channel, so nothing can be posted yet. Invite me:"),
        ("G0PRIVATE", "I am not in this channel, so nothing can be posted yet. Invite me:"),
        (ARCHIVED, "This channel is archived, so nothing can be posted to it."),
    ],
)
def test_where_the_bot_cannot_post_it_says_why(
    workspace: Workspace, channel: str, warning: str
) -> None:
    tried = workspace.types("/alert add ticket volume &gt; 3", user=LEAD, channel=channel)
    assert f"⚠️ {warning}" in tried.told
    value = tried.buttons()[rehearsal.SWITCH_ON]["value"]
    on = workspace.presses(rehearsal.SWITCH_ON, value, user=LEAD, channel=channel).told
    assert on.startswith("Rule 1 is switched on.")
    assert f"⚠️ {warning}" in on
    listed = workspace.types("/alert", channel=channel).told
    assert f"⚠️ Nobody is told: {warning}" in listed


ADD = "For example: `/alert add "

#: What the issue calls bad input: each is told with its mend.
SENSELESS = [
    # It can never fire, or always would.
    (
        "csat &lt; 0% min 5",
        "“Customer satisfaction” is never below `0%`, so that would never alert.",
        f"{ADD}csat < 85% min 5`",
    ),
    (
        "ticket volume &gt;= 0",
        "“Ticket volume” is always above `-1`, so that would always alert.",
        f"{ADD}ticket_volume > 200`",
    ),
    # Its own recovery contradicts it.
    (
        "frt &gt; 4h recover 5h",
        "It alerts above `4h`, so it cannot be over at `5h`.",
        "`/alert add first_response_time > 4h`",
    ),
    # It has no unit.
    ("frt &gt; 4", "“4” has no unit: min, h or d.", f"{ADD}first_response_time > 4h`"),
    ("csat &lt; 85", "The limit of a share is a percentage, “85” is not.", f"{ADD}csat < 85%`"),
    # Nobody here can give it.
    (
        "csat &lt; 85%",
        "“Customer satisfaction” cannot be told here. acme has no satisfaction ratings.",
        "These numbers can: `/kpi`",
    ),
    (
        "enps unusual",
        "“Employee net promoter score” is told by surveys, too seldom for anything to be usual.",
        "It can have a limit: `/alert add enps < 20`",
    ),
    # It says too little, too much, or something else.
    ("frt", "It is not said when to alert.", f"{ADD}first_response_time > 4h`"),
    ("frt &gt; 4h &gt; 5h", "A rule has one condition, and there are two.", ADD),
    (
        "frt &gt; 4h for group Biling",
        "There is no group “Biling”. Did you mean “Billing”?",
        f"{ADD}first_response_time > 4h for group Billing`",
    ),
    (
        "frst response time &gt; 4h",
        "There is no metric “frst response time”. Did you mean “First response time”?",
        f"{ADD}first_response_time > 4h`",
    ),
    ("frt &gt; 4h by agent", "The numbers of one agent are not posted", ADD),
    ("sla burns 6x", "No goal is set for “SLA attainment”", f"{ADD}sla burns 6x goal 95%`"),
]


@pytest.mark.parametrize(("typed", "answer", "mend"), SENSELESS)
def test_a_rule_that_makes_no_sense_is_told_with_the_mend(
    office: Workspace, typed: str, answer: str, mend: str
) -> None:
    before = office.version()
    for verb in ("add", "test", "edit 1"):
        told = unescape(office.types(f"/alert {verb} {typed}", user=LEAD).told)
        assert told.startswith(answer)
        # Whoever edits a rule is shown an edit.
        assert mend.replace("/alert add", f"/alert {verb}") in told
    assert office.version() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("ticket volume &gt; 500", "this would never have fired. It never came out of its limit"),
        ("frt &gt; 5m min 1 keep 2h", "⚠️ It was out of its limit"),
        ("backlog &gt; 0", "⚠️ It was out of its limit 89% of the time."),
        ("backlog &gt; 0", "`backlog &gt; 50` would have fired 1 time. Try this"),
    ],
)
def test_a_rule_that_its_own_history_speaks_against_is_told(
    office: Workspace, typed: str, told: str
) -> None:
    assert told in office.types(f"/alert add {typed}", user=LEAD).told.replace("\n", " ")


@pytest.mark.thorough
def test_who_always_would_be_alerted_is_shown_a_limit_and_not_asked(office: Workspace) -> None:
    told = office.types("/alert add ticket volume &lt; 9", user=LEAD)
    assert "On the last 12 days this would have fired 1 time:" in told.told
    assert "Switch it on?" not in told.told
    assert "false alarms" not in told.told
    assert told.buttons()[rehearsal.SWITCH_ON]["text"]["text"] == "Switch on anyway"
    assert "style" not in told.buttons()[rehearsal.SWITCH_ON]


@pytest.mark.parametrize(
    ("typed", "days", "asked"),
    [
        ("", 12, 90),
        ("30d", 12, 30),
        ("last 2 weeks", 12, 14),
        ("10", 10, None),
        ("5 days", 5, None),
    ],
)
def test_a_rule_is_tried_on_as_many_days_as_are_asked_for(
    office: Workspace, typed: str, days: int, asked: int | None
) -> None:
    told = office.types(f"/alert test 1 {typed}", user=AGENT).told
    assert f"On the last {days} days this would have fired" in told
    warning = f"There are only {days} days of history to judge by, not {asked}."
    assert (warning in told) is (asked is not None)


WITHOUT_WHY = [
    ("for 2h", "/alert mute for 2h because we move the office"),
    ("1 for 2h the office moves", "/alert mute 1 for 2h because the office moves"),
    ("every sat,sun", "/alert mute every sat,sun because we move the office"),
    ("2 until tomorrow 9:00", "/alert mute 2 until tomorrow 9:00 because we move the office"),
]


@pytest.mark.parametrize(("typed", "mended"), WITHOUT_WHY)
def test_who_does_not_say_why_gets_back_what_was_typed(
    workspace: Workspace, typed: str, mended: str
) -> None:
    for _ in range(2):
        watch(workspace, "ticket_volume > 3")
    told = workspace.types(f"/alert mute {typed}", user=LEAD).told
    assert told == f"It is not said why. For example: `{mended}`"
    # What is shown works.
    mended = mended.removeprefix("/alert ")
    assert "Held back" in workspace.types(f"/alert {mended}", user=LEAD).told or "🔕" in (
        workspace.types("/alert", user=LEAD).told
    )


# --- Verbs, roles, places ------------------------------------------------------------------------

MISTAKES = [
    ("lits", "There is no alert command “lits”. Did you mean “list”?"),
    ("first_response_time &gt; 4h", "There is no alert command “first_response_time”."),
    ("pause", "Which rule? Here are: 1 `ticket_volume > 3` · 2 `first_response_time > 1h by group"),
    ("pause x", "It is not said which rule: “x” is no number. For example: `/alert pause 3`"),
    ("pause ²", "It is not said which rule: “²” is no number."),
    ("resume 9", "There is no rule 9. Here are: 1 `ticket_volume > 3` · 2 "),
    ("remove 99999999999999999999", "There is no rule 99999999999999999999. Here are: 1 "),
    ("test 9", "There is no rule 9. Here are: 1 `ticket_volume > 3`"),
    ("log 9", "There is no rule 9."),
    ("why 9", "There is no rule 9."),
    ("edit", "Which rule?"),
    ("edit 9 frt &gt; 3h", "There is no rule 9."),
    ("edit 1 ticket volume &gt; 3", "That is what rule 1 is already."),
    ("why", "Which rule?"),
    ("why 1 25:00", "“25:00” is not a time of day."),
    ("why 1 2026-05-01 9:00", "That is too long ago: the log goes back 90 days."),
    ("why 1 2026-11-21 9:00", "“2026-11-21 9:00” is still to come."),
    ("mute", "It is not said why."),
    ("mute for 2h", "It is not said why. For example: `/alert mute for 2h because"),
    ("mute 9 for 2h because x", "There is no rule 9."),
    ("unmute", "Nothing is held back here. See: `/alert`"),
    ("unmute 1", "Nothing is held back here. See: `/alert`"),
    ("unmute x", "It is not said which rule: “x” is no number."),
    ("resume 1", "Rule 1 is not paused. See: `/alert`"),
    ("budget", "False alarms: 1 a week allowed."),
    (
        "budget none",
        "A budget is a number of false alarms a week, from 0.01 to 100; “none” is not.",
    ),
    *(
        (f"budget {n}", f"A budget is a number of false alarms a week, from 0.01 to 100; “{n}” is")
        for n in ("0", "-1", "1000", "100.5", "1,000")
    ),
    ("delete 1", "There is no alert command “delete”. Did you mean `/alert remove 1`?"),
    ("rm", "There is no alert command “rm”. Did you mean `/alert remove 3`?"),
    ("stop 1", "There is no alert command “stop”. Did you mean `/alert pause 1` · `/alert remove"),
    ("unpause #2 now", "There is no alert command “unpause”. Did you mean `/alert resume 2`?"),
    ("change it", "There is no alert command “change”. Did you mean `/alert edit 3`?"),
    ("ack 1", "There is no alert command “ack”. Press “Acknowledge” below the message of the"),
    ("snooze 1", "There is no alert command “snooze”. Choose for how long at “Snooze”, below"),
    ("test 1 91d", "A rule is tried on whole days, 90 at most; “91d” is not. For example: `/alert"),
    ("test 1 0d", "A rule is tried on whole days, 90 at most; “0d” is not."),
    ("test 1 5h", "A rule is tried on whole days, 90 at most; “5h” is not."),
    ("test 1 again", "A rule is tried on whole days, 90 at most; “again” is not."),
    ("why 1 tomorrow", "“tomorrow” is still to come. For example: `/alert why 3 yesterday 14:05`"),
    ("why 1 tomorrow 9:00", "“tomorrow 9:00” is still to come."),
    (
        "edit 1 nonsense",
        "There is no metric “nonsense”. For example: `/alert edit 1 first_response",
    ),
    (
        "test nonsense",
        "There is no metric “nonsense”. For example: `/alert test first_response_time",
    ),
]


@pytest.mark.parametrize(("typed", "answer"), MISTAKES)
def test_a_mistake_is_answered_and_nothing_is_changed(
    office: Workspace, typed: str, answer: str
) -> None:
    before = office.version()
    assert unescape(office.types(f"/alert {typed}", user=LEAD).told).startswith(answer)
    assert office.version() == before


def test_the_only_rule_of_a_channel_need_not_be_named(workspace: Workspace) -> None:
    assert workspace.types("/alert pause", user=LEAD).told == (
        "There is no rule here yet. See: `/alert help`"
    )
    number = watch(workspace, "ticket_volume > 3")
    workspace.types("/alert pause", user=LEAD)
    assert row_of(workspace, number).paused


FOR_LEADS = [
    *("add frt &gt; 4h", "add", "new", "edit 1", "edit 1 frt &gt; 3h", "pause 1", "resume 1"),
    *("remove 1", "mute for 2h because x", "mute 1 for 2h because x", "unmute", "budget 2"),
]


@pytest.mark.parametrize("typed", FOR_LEADS)
def test_only_leads_change_what_a_channel_is_told(office: Workspace, typed: str) -> None:
    before = office.version()
    told = office.types(f"/alert {typed}", user=AGENT).told
    assert told.startswith("That is for team leads.")
    assert office.version() == before


@pytest.mark.parametrize(
    ("action", "value"),
    [
        (listing.PAUSE, "1"),
        (listing.RESUME, "1"),
        (listing.REMOVE, "1"),
        (listing.EDIT_RULE, "1"),
        (listing.NEW, ""),
        (listing.END_MUTE, "1"),
        (rehearsal.SWITCH_ON, Wanted(CHANNEL, "frt > 4h").to_text()),
        (rehearsal.EDIT, Wanted(CHANNEL, "frt > 4h").to_text()),
        (rehearsal.TRY, Wanted(CHANNEL, "frt > 4h").to_text()),
        (review.LOOSEN, Wanted(CHANNEL, "ticket_volume > 9", 1).to_text()),
    ],
)
def test_the_buttons_of_leads_do_nothing_for_others(
    office: Workspace, action: str, value: str
) -> None:
    before = office.version()
    told = office.presses(action, value, user=AGENT).told
    assert told.startswith("That is for team leads.")
    assert office.version() == before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Ticket volume above 3: ✓ Fine."),
        ("list", "Ticket volume above 3: ✓ Fine."),
        ("help", "`/alert add first_response_time &gt; 4h for 30m`"),
        ("log", "Nothing has happened yet."),
        ("log 1", "Nothing has happened yet."),
        ("why 1", "It was not judged: the rule was not on until 9:00 AM."),
        ("explain #1 8:55", "*Ticket volume above 3, Fri, Nov 20, 8:55 AM*"),
        ("test 1", "On the last 12 days this would have fired 2 times:"),
        ("test ticket volume &gt; 4", "On the last 12 days this would have fired 2 times"),
        ("review", "No alert fired."),
        ("budget", "False alarms: 1 a week allowed."),
    ],
)
def test_everybody_reads(office: Workspace, typed: str, told: str) -> None:
    before = office.version()
    assert told in office.types(f"/alert {typed}".strip(), user=AGENT).told
    assert office.version() == before


@pytest.mark.parametrize(
    "typed",
    [
        *("", "list", "add frt &gt; 4h", "new", "review", "log", "budget", "budget 2"),
        *("mute for 2h because x", "unmute"),
    ],
)
def test_a_direct_message_has_no_alerts(office: Workspace, typed: str) -> None:
    before = office.version()
    told = office.types(f"/alert {typed}".strip(), user=LEAD, channel=DIRECT).told
    assert told == (
        "An alert is posted to a channel, not to a direct message. "
        "Type the same in the channel that is to get it."
    )
    assert office.version() == before


def test_what_is_tried_in_a_direct_message_cannot_be_switched_on_there(office: Workspace) -> None:
    before = office.version()
    tried = office.types("/alert test ticket volume &gt; 4", user=LEAD, channel=DIRECT)
    for action in (rehearsal.SWITCH_ON, rehearsal.EDIT, rehearsal.TRY):
        value = tried.buttons()[rehearsal.SWITCH_ON]["value"]
        told = office.presses(action, value, user=LEAD, channel=DIRECT).told
        assert told.startswith("An alert is posted to a channel, not to a direct message.")
    assert office.version() == before


@pytest.mark.thorough
@pytest.mark.parametrize("channel", [ELSEWHERE, DIRECT])
def test_a_lead_reaches_a_rule_by_its_number_from_anywhere(
    workspace: Workspace, channel: str
) -> None:
    """Where its own channel is archived there is no other way."""
    watch(workspace, "ticket_volume > 3")

    def types(typed: str) -> str:
        return workspace.types(f"/alert {typed}", user=LEAD, channel=channel).told

    for typed in ("log 1", "why 1", "test 1", "mute 1 for 2h because x", "unmute 1", "pause 1"):
        told = types(typed)
        assert told.startswith(f"About <#{CHANNEL}>:"), typed
    assert row_of(workspace, 1).paused
    types("remove 1")
    assert texts(workspace) == []


@pytest.mark.parametrize("typed", ["log 1", "why 1", "test 1"])
def test_others_do_not_see_the_rules_of_other_channels(office: Workspace, typed: str) -> None:
    told = office.types(f"/alert {typed}", user=AGENT, channel=ELSEWHERE).told
    assert told == "There is no rule 1 here, nor any other."


# --- The list ------------------------------------------------------------------------------------


def test_a_channel_without_alerts_says_how_to_set_one_up(office: Workspace) -> None:
    answered = office.types("/alert", channel=ELSEWHERE)
    assert "This channel has no alerts yet." in answered.told
    assert list(answered.buttons()) == [listing.NEW]


def states(workspace: Workspace) -> list[str]:
    """How each rule stands, as it is listed, without which rule it is."""
    text = words({"text": workspace.types("/alert").message["text"]})
    return [line.split(": ", 1)[1] for line in text.splitlines()]


@pytest.mark.thorough
def test_the_list_tells_how_each_rule_stands(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 90")
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 4 for 20m")
    watch(workspace, "ticket_volume > 5", paused=True)
    assert states(workspace) == ["✓ Fine."] * 3 + [
        "⏸️ Paused: it looks at nothing until it is resumed."
    ]
    burst(workspace)
    assert states(workspace)[1:3] == [
        "🔴 Fires since 9:05 AM.",
        "🟡 Bad since 9:05 AM, fires 9:25 AM if it stays so.",
    ]
    workspace.presses("alert_acknowledge", "1", user=AGENT, ephemeral=False)
    alert_deeds(workspace.services, workspace.clock.now())
    assert states(workspace)[1] == f"🟠 Since 9:05 AM, <@{AGENT}> has it."
    workspace.types("/alert mute 1 for 2h because we <b>move</b> &amp; rest", user=LEAD)
    muted = "✓ Fine. Held back until 11:05 AM: we &lt;b&gt;move&lt;/b&gt; &amp; rest"
    assert states(workspace)[0] == muted
    workspace.clock.move(seconds=1)
    told = workspace.types("/alert").told
    assert f"`ticket_volume &gt; 3` · rule 2 · fired 1 time in 30 days · <@{LEAD}>" in told
    day(workspace).goes_on(40, read=False)
    assert states(workspace)[2] == "⚪ No data since 9:10 AM."


def test_a_message_that_nobody_sees_is_listed_as_that(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    (row,) = workspace.waiting()
    with workspace.writing() as session:
        outbox.failed(session, row.id, SlackHeld("Slack answered <is_archived>.").kept())
    told = workspace.types("/alert").told
    assert "⚠️ Nobody is told: Slack answered &lt;is_archived&gt;." in told


def test_a_rule_of_another_version_can_be_taken_away(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    number = watch(workspace, "backlog > 3", rule={"metric": "gone", "condition": ["limit", {}]})
    for typed in ("/alert", "/alert review", "/alert log", "/alert budget"):
        assert "Something went wrong" not in workspace.types(typed).told
    told = workspace.types("/alert").told
    assert f"⚠️ Rule {number} cannot be read by this version" in told
    assert "Ticket volume above 3: ✓ Fine." in told
    workspace.types(f"/alert remove {number}", user=LEAD)
    assert texts(workspace) == ["ticket_volume > 3"]


# --- Editing, pausing, removing ------------------------------------------------------------------


@pytest.mark.thorough
def test_a_rule_is_edited_and_what_was_going_on_ends(workspace: Workspace) -> None:
    number = watch(workspace, "ticket_volume > 3", cost=0.5)
    office = burst(workspace)
    tried = workspace.types(f"/alert edit {number} ticket volume &gt; 90", user=LEAD)
    assert row_of(workspace, number).text == "ticket_volume > 3"
    assert "Switch it on?" not in tried.told
    assert tried.buttons()[rehearsal.SWITCH_ON]["text"]["text"] == "Change it"
    value = tried.buttons()[rehearsal.SWITCH_ON]["value"]
    assert Wanted.from_text(value) == Wanted(CHANNEL, "ticket_volume > 90", number)
    told = workspace.presses(rehearsal.SWITCH_ON, value, user=LEAD).told
    assert told == f"Rule {number} is changed. See: `/alert`"
    row = row_of(workspace, number)
    assert (row.text, row.created_by, row.since) == ("ticket_volume > 90", LEAD, T(minutes=5))
    assert changes(workspace)[0] == (LEAD, "alert edit", f"{CHANNEL} {number} ticket_volume > 90")
    alert_deeds(workspace.services, workspace.clock.now())
    assert [step.kind for step in office.steps(row)] == ["fired", "told", "stopped"]
    office.goes_on(10)
    assert "Ticket volume above 90: ✓ Fine." in workspace.types("/alert").told


def test_what_was_before_an_edit_stays_in_the_log_as_it_was(workspace: Workspace) -> None:
    """A number of tickets is no duration, whatever the rule is by now."""
    number = watch(workspace, "ticket_volume > 3")
    burst(workspace)
    wanted = Wanted(CHANNEL, "first_response_time > 1h", number).to_text()
    workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD)
    alert_deeds(workspace.services, workspace.clock.now())
    told = workspace.types("/alert log").told
    assert "9:05 AM · rule 1 · fired: 6\n" in told
    assert f"9:05 AM · rule 1 · stopped by <@{LEAD}>" in told
    why = workspace.types("/alert why 1 9:05").told
    assert why.startswith("*Ticket volume above 3, Fri, Nov 20, 9:05 AM*\n🔴 It fired at 9:05 AM.")
    assert "fired: 6" in why
    assert "`ticket_volume &gt; 3` · rule 1" in why


def test_a_paused_rule_stays_paused_when_it_is_edited(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3", paused=True, zone="Asia/Tokyo")
    wanted = Wanted(CHANNEL, "ticket_volume > 5", 1).to_text()
    told = workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD).told
    assert told == ("Rule 1 is changed, and paused as before. To go on: `/alert resume 1`")
    row = row_of(workspace, 1)
    assert (row.text, row.paused, row.zone) == ("ticket_volume > 5", True, "Asia/Tokyo")


def test_a_rule_that_was_removed_meanwhile_is_not_changed(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    workspace.types("/alert remove 1", user=LEAD)
    before = workspace.version()
    wanted = Wanted(CHANNEL, "ticket_volume > 5", 1).to_text()
    told = workspace.presses(rehearsal.SWITCH_ON, wanted, user=LEAD).told
    assert told == "There is no rule 1 here, nor any other."
    assert workspace.version() == before


def test_a_rule_is_paused_resumed_and_removed_by_its_buttons(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")

    def press(action: str) -> Answered:
        value = workspace.types("/alert").buttons()[action]["value"]
        answered = workspace.presses(action, value, user=LEAD)
        assert answered.message["replace_original"] is True
        return answered

    paused = press(listing.PAUSE)
    assert "⏸️ Paused" in paused.told
    assert listing.RESUME in paused.buttons()
    before = workspace.version()
    again = workspace.presses(listing.PAUSE, "1", user=LEAD).told
    assert again == "Rule 1 is paused already. To go on: `/alert resume 1`"
    assert workspace.version() == before

    workspace.clock.move(days=2)
    assert "✓ Fine." in press(listing.RESUME).told
    row = row_of(workspace, 1)
    assert (row.paused, row.since, row.judged_until) == (False, *[workspace.clock.now()] * 2)

    assert "This channel has no alerts yet." in press(listing.REMOVE).told
    assert [action for _, action, _ in changes(workspace)] == [
        "alert remove",
        "alert resume",
        "alert pause",
    ]
    assert workspace.slack.posted == []


@pytest.mark.parametrize("verb", ["pause", "remove"])
def test_what_was_going_on_ends_with_a_rule(workspace: Workspace, verb: str) -> None:
    number = watch(workspace, "ticket_volume > 3")
    office = burst(workspace)
    workspace.types(f"/alert {verb} {number}", user=LEAD)
    (asked,) = workspace.asked()
    assert (asked["subject"], asked["deed"], asked["by"]) == (f"alert:{number}", "stop", LEAD)
    alert_deeds(workspace.services, workspace.clock.now())
    assert office.told(row_of(workspace, number)) == ["fired", "told", "stopped"]
    (incident,) = office.incidents()
    assert incident.closed_at == T(minutes=5)


def test_the_buttons_of_a_posted_review_leave_it_where_it_is(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 4")
    loosened = Wanted(CHANNEL, "ticket_volume > 9", 1).to_text()
    for action, value in ((review.LOOSEN, loosened), (listing.REMOVE, "2")):
        answered = workspace.presses(action, value, user=LEAD, ephemeral=False)
        assert answered.message["replace_original"] is False
    assert texts(workspace) == ["ticket_volume > 9"]


def test_the_button_of_an_old_review_undoes_no_other_change(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 4")
    offered = Wanted(CHANNEL, "ticket_volume > 9", 1, was="ticket_volume > 3")
    edited = Wanted(CHANNEL, "backlog > 30", 1).to_text()
    workspace.presses(rehearsal.SWITCH_ON, edited, user=LEAD)
    before = workspace.version()
    answered = workspace.presses(review.LOOSEN, offered.to_text(), user=LEAD, ephemeral=False)
    told = unescape(answered.told)
    assert told == (
        "Rule 1 was changed meanwhile: it is `backlog > 30` now. To change it: `/alert edit 1`"
    )
    assert workspace.version() == before
    gone = Wanted(CHANNEL, "ticket_volume > 9", 2, was="ticket_volume > 4").to_text()
    workspace.presses(listing.REMOVE, "2", user=LEAD)
    told = workspace.presses(review.LOOSEN, gone, user=LEAD, ephemeral=False).told
    assert told.startswith("There is no rule 2.")
    assert texts(workspace) == ["backlog > 30"]


# --- Mutes ---------------------------------------------------------------------------------------


def mutes_of(workspace: Workspace) -> list[MuteRow]:
    with workspace.services.reading() as session:
        return list(session.scalars(select(MuteRow).order_by(col(MuteRow.id))))


def test_a_lead_mutes_a_channel_and_everybody_sees_who_and_why(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    told = workspace.types("/alert mute for 2h because we move", user=LEAD).told
    assert f"🔕 All alerts are held back until 11:00 AM: we move (<@{LEAD}>)" in told
    assert "✓ Fine. Held back until 11:00 AM: we move" in told
    assert changes(workspace) == [(LEAD, "alert mute", f"{CHANNEL} for 2h because we move")]
    listed = workspace.types("/alert", user=AGENT)
    ends = [block["accessory"] for block in listed.blocks if "accessory" in block]
    assert [(one["action_id"], one["value"]) for one in ends] == [(listing.END_MUTE, "1")]
    workspace.presses(listing.END_MUTE, "1", user=OWNER)
    (mute,) = mutes_of(workspace)
    assert (mute.ended_at, mute.ended_by) == (T(), OWNER)
    assert "Held back" not in workspace.types("/alert").told
    assert changes(workspace)[0] == (OWNER, "alert unmute", f"{CHANNEL} 1")
    before = workspace.version()
    workspace.presses(listing.END_MUTE, "1", user=LEAD)
    assert workspace.version() == before


def test_a_mute_of_one_rule_belongs_to_its_channel(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    workspace.types("/alert mute 1 for 2h because x", user=LEAD, channel=ELSEWHERE)
    (mute,) = mutes_of(workspace)
    assert (mute.channel, mute.rule_id) == (CHANNEL, 1)
    assert f"🔕 Rule 1 is held back until 11:00 AM: x (<@{LEAD}>)" in workspace.types("/alert").told


def test_unmuting_ends_all_mutes_or_those_of_one_rule(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    for typed in ("for 2h because x", "1 for 2h because x", "every sat because nobody is here"):
        workspace.types(f"/alert mute {typed}", user=LEAD)
    workspace.types("/alert unmute 1", user=LEAD)
    assert [one.rule_id for one in mutes_of(workspace) if one.ended_at] == [1]
    workspace.types("/alert unmute all", user=LEAD)
    assert all(one.ended_at for one in mutes_of(workspace))


def test_a_new_rule_is_tried_with_the_mutes_of_its_channel(workspace: Workspace) -> None:
    workspace.types("/alert mute every day 0:00-9:00 because we sleep", user=LEAD)
    with workspace.writing() as session:
        mute = session.get_one(MuteRow, 1)
        mute.start = T(days=-1)
    told = workspace.types("/alert add ticket volume &gt; 3", user=LEAD).told
    assert "Fri, Nov 20, 4:05 AM (held back)" in told
    assert "Thu, Nov 12, 9:05 AM: stood" in told


# --- The budget ----------------------------------------------------------------------------------


def test_a_lead_sets_the_budget_of_a_channel(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3", cost=1.2)
    told = workspace.types("/alert budget 0,5 a week", user=LEAD).told
    assert told == ("⚠️ false alarms: about 1.2 a week, more than the 0.5 allowed.")
    assert changes(workspace) == [(LEAD, "alert budget", f"{CHANNEL} 0.5")]
    assert workspace.types("/alert budget 2", user=LEAD).told == (
        "False alarms: about 1.2 of 2 allowed a week."
    )
    assert "false alarms: about 1.2 of 2 allowed a week" in workspace.types("/alert").told
    assert workspace.types("/alert budget", channel=ELSEWHERE).told == (
        "False alarms: about 0 of 1 allowed a week."
    )


@pytest.mark.thorough
def test_a_rule_beyond_the_budget_comes_with_thresholds_that_are_not() -> None:
    with open_desks(NOISY) as workspace:
        workspace.types("/alert budget 0.2", user=LEAD)
        dear = workspace.types("/alert add ticket volume &gt; 3", user=LEAD)
        assert "⚠️ All rules of this channel together:" in dear.told
        (cheap, *_) = [
            block["accessory"]["value"]
            for block in dear.blocks
            if block.get("accessory", {}).get("action_id") == rehearsal.TRY
        ]
        tried = workspace.presses(rehearsal.TRY, cheap, user=LEAD)
        assert "⚠️ All rules of this channel together:" not in tried.told
        # It is no more than a warning.
        dear_one = dear.buttons()[rehearsal.SWITCH_ON]["value"]
        workspace.presses(rehearsal.SWITCH_ON, dear_one, user=LEAD)
        (row,) = rows(workspace)
        assert row.cost is not None
        assert row.cost > 0.2
        told = workspace.types("/alert budget").told
        assert told.startswith("⚠️ false alarms: about ")


# --- What happened, and why ----------------------------------------------------------------------


def test_the_log_tells_what_happened_also_to_a_rule_that_was_removed(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "ticket_volume > 90")
    burst(workspace)
    send(workspace)
    workspace.types("/alert remove 1", user=LEAD)
    alert_deeds(workspace.services, workspace.clock.now())
    told = workspace.types("/alert log").told
    lines = [f"stopped by <@{LEAD}>", "told, worst 6", "fired: 6"]
    assert "\n".join(f"9:05 AM · rule 1 · {line}" for line in lines) in told
    assert "fired: 6" in workspace.types("/alert log 1").told
    assert "Nothing has happened yet." in workspace.types("/alert log 2").told


def test_why_answers_for_a_moment_also_of_a_rule_that_was_removed(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    burst(workspace).goes_on(10)
    told = workspace.types("/alert why 1 9:05").told
    assert "It fired" in told
    assert "6" in told
    workspace.types("/alert remove 1", user=LEAD)
    workspace.clock.move(hours=1)
    assert "It fired" in workspace.types("/alert why 1 9:05").told
    assert "the rule has been removed" in workspace.types("/alert why 1 10:00").told


def undelivered(workspace: Workspace) -> None:
    """An alert is told and its message deleted, before it was to be told again."""
    watch(workspace, "ticket_volume > 3 over 24h every 1h")
    burst(workspace).goes_on(10)
    send(workspace)
    (only,) = posted(workspace)
    workspace.slack.delete(CHANNEL, only.ts)
    for _ in range(2):
        day(workspace).goes_on(60)
        send(workspace)


GONE = "told, worst 16 · delivered, then lost: Slack answered message_not_found."
NOT_DELIVERED = "told again, worst 16 · not delivered: The message above it is gone."


@pytest.mark.thorough
def test_the_log_tells_what_was_not_delivered(workspace: Workspace) -> None:
    undelivered(workspace)
    told = workspace.types("/alert log 1").told
    # In the text and in the blocks.
    assert told.count(NOT_DELIVERED) == 2 * 2
    assert f"9:15 AM · {GONE}" in told
    assert GONE in workspace.types("/alert why 1 9:15").told
    assert NOT_DELIVERED in workspace.types("/alert why 1 10:15").told
    # The last before it.
    assert NOT_DELIVERED in workspace.types("/alert why 1 10:30").told


def test_the_log_tells_what_was_over_before_it_could_be_posted(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    workspace.slack.add_channel(CHANNEL, is_member=False)
    burst(workspace)
    send(workspace)
    day(workspace).goes_on(20)
    send(workspace)
    told = workspace.types("/alert log 1").told
    assert "9:05 AM · told, worst 6 · not delivered: Slack answered not_in_channel." in told


@pytest.mark.thorough
def test_the_log_tells_that_what_had_been_held_back_was_not_delivered(
    workspace: Workspace,
) -> None:
    watch(workspace, "ticket_volume > 3 over 15m keep 0m")
    workspace.types("/alert mute for 1h because we move", user=LEAD)
    burst(workspace).goes_on(60)
    with workspace.writing() as session:
        (held_back,) = session.scalars(select(OutboxRow))
        outbox.failed(session, held_back.id, "Slack answered account_inactive.")
    told = workspace.types("/alert log 1").told
    assert "over again 1 time · not delivered: Slack answered account_inactive." in told


# --- Everything that is shown --------------------------------------------------------------------

EVERY_FORM = [
    ("/alert", CHANNEL),
    ("/alert help", CHANNEL),
    ("/alert add ticket volume &gt; 3 by group", CHANNEL),
    ("/alert test 1", CHANNEL),
    ("/alert log", CHANNEL),
    ("/alert why 1 9:05", CHANNEL),
    ("/alert review", CHANNEL),
    ("/alert mute for 2h because x", CHANNEL),
    ("/alert budget 2", ELSEWHERE),
    ("/alert list", ELSEWHERE),
]


@pytest.mark.thorough
@pytest.mark.parametrize("locale", ["en-US", "de-DE", "fa-IR", "ar-EG", "ja-JP"])
def test_answers_keep_to_slacks_limits_in_every_language(workspace: Workspace, locale: str) -> None:
    workspace.slack.add_user("U0READER", locale=locale, is_admin=True)
    watch(workspace, "ticket_volume > 3")
    burst(workspace)
    for form, channel in EVERY_FORM:
        message = workspace.types(form, user="U0READER", channel=channel).message
        assert broken_limits(message) == []
        assert message["text"].strip()


# --- Two at once ---------------------------------------------------------------------------------


@pytest.mark.thorough
def test_of_two_who_switch_the_same_on_at_once_the_second_is_told(database: Database) -> None:
    """On PostgreSQL both would look, find nothing, and add it."""
    rule, met = parse_rule("ticket_volume > 3"), Barrier(2)
    with database.writing() as session:
        a_desk(session)

    def switch_on() -> bool:
        with database.writing() as session:
            rules.one_by_one(session, 1)
            there = [row.text for row in rules.of_channel(session, 1, CHANNEL)]
            if written(rule) in there:
                return True
            # Whoever does not wait until the other is done meets the other here.
            with suppress(BrokenBarrierError):
                met.wait(timeout=0.3)
            rules.add(session, 1, CHANNEL, rule, reader=READER, by=LEAD, now=T())
            return False

    assert sorted(together(*[switch_on] * 2)) == [False, True]
    with database.reading() as session:
        assert len(rules.of_channel(session, 1, CHANNEL)) == 1
