"""`/enps` and `/pulse` as leads and agents meet them: planned, looked at, started, listed, closed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from bot.slack.surveys import listing, plan, plan_window
from bot.slack.surveys.form import ANSWER, Ticket
from bot.slack.surveys.plan_form import Field
from bot.slack.surveys.question import SCORE
from bot.store import surveys, waves
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Results
from jobs.survey_openings import survey_openings
from tests.blockkit.limits import broken_limits
from tests.survey_samples import TOOLS, WORKLOAD, a_plan, a_wave
from tests.survey_windows import filled_in
from tests.times import T
from tests.workspace import (
    ADMIN,
    AGENT,
    APPOINTED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Json,
    Workspace,
    no_numbers,
    open_workspace,
    words,
)

HERE, NIGHT = f"<#{CHANNEL}|support>", "<!subteam^S0NIGHT|@night>"
AGENTS = tuple(f"U{number}" for number in range(1, 9))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A channel of nine agents and a lead, and a user group of two of them and two more."""
    with open_workspace(numbers=no_numbers(), desks={}) as workspace:
        _people(workspace)
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace with an eNPS, two pulses and a draft, for all the tests that change nothing."""
    with open_workspace(numbers=no_numbers(), desks={}) as workspace:
        _people(workspace)
        start(workspace, "/enps start")
        for _ in range(2):
            start(workspace, "/pulse every week on tue 10:00 for 3 days")
        workspace.types("/enps start", user=LEAD)
        waiting(workspace, *AGENTS)
        yield workspace


def _people(workspace: Workspace) -> None:
    slack = workspace.slack
    for user in (*AGENTS, "U9", "U10"):
        slack.add_user(user)
    slack.add_user("UBOT", is_bot=True)
    slack.add_user("UGONE", deleted=True)
    slack.add_members(CHANNEL, AGENT, LEAD, *AGENTS, "UBOT", "UGONE")
    slack.add_group("S0NIGHT", "night", "U7", "U8", "U9", "U10")
    slack.add_channel("C0SMALL", name="small")
    slack.add_members("C0SMALL", "U1", "U2", "UBOT")


def drafts(workspace: Workspace, by: str = LEAD) -> list[SurveyRow]:
    with workspace.services.reading() as session:
        return [
            row
            for kind in Kind
            for row in surveys.drafts(session, workspace.services.workspace, kind, by=by)
        ]


def started(workspace: Workspace) -> list[SurveyRow]:
    with workspace.services.reading() as session:
        return surveys.standing(session, workspace.services.workspace)


def row_of(workspace: Workspace, number: int) -> SurveyRow:
    with workspace.services.reading() as session:
        return session.get_one(SurveyRow, number)


def open_waves(workspace: Workspace) -> list[WaveRow]:
    with workspace.services.reading() as session:
        return waves.open_ones(session, workspace.services.workspace)


def changes(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(one.who, one.action, one.detail) for one in reversed(workspace.audit())]


def start(workspace: Workspace, typed: str, *, user: str = LEAD, channel: str = CHANNEL) -> int:
    """Somebody plans a survey and starts it; gives its number."""
    shown = workspace.types(typed, user=user, channel=channel)
    value = shown.buttons()[plan.START]["value"]
    told = workspace.presses(plan.START, value, user=user, channel=channel).told
    assert told.startswith("✅ Started.")
    return int(value.split()[0])


def opens(workspace: Workspace) -> list[WaveRow]:
    """The job opens what is due."""
    survey_openings(workspace.services, workspace.clock.now())
    return open_waves(workspace)


# --- Looked at before anything is sent -----------------------------------------------------------


def test_a_lead_sees_who_when_and_what_is_sent_before_anything_is(workspace: Workspace) -> None:
    shown = workspace.types(f"/enps start {NIGHT} {HERE} until fri 17:00", user=LEAD)
    for told in (
        "*eNPS: this is how it would be.* Nothing is sent before you press “Start”.",
        "*Who:* 12 people, without bots: #support (10), @night (2).",
        "2 are in two of these teams and count in the first.",
        "*When:* from “Start” until Fri, Nov 20, 5:00 PM (Europe/Athens)",
        "*How:* a direct message at a good hour of each one's own day: 10:00 AM to 4:00 PM",
        "*In:* English.",
        f"*Results:* in <#{CHANNEL}>, from 5 answers on.",
        "*Kept:* 🔒 Sealed until Fri, Nov 20, 5:00 PM. Numbers are then shown to whoever can read",
        ">>> *How likely are you to recommend working here to a friend?*",
        "Too small to be shown by itself, counted in the total: @night (2).",
    ):
        assert told in shown.told
    assert [*shown.buttons()] == [plan.START, plan.CHANGE, plan.DROP]
    assert broken_limits(shown.message) == []
    assert workspace.slack.posted == []
    assert workspace.waiting() == []
    assert opens(workspace) == []


def test_what_is_typed_is_kept_as_a_draft(workspace: Workspace) -> None:
    workspace.types(f"/pulse every 2 weeks on tue 10:00 {NIGHT} remind 2 min 8", user=LEAD)
    (row,) = drafts(workspace)
    assert (row.kind, row.created_by, row.created_at) == ("pulse", LEAD, T())
    made = surveys.plan_of(row)
    assert made.cadence == Cadence(2, Every.WEEK, 1, time(10))
    assert (made.audience, made.channel) == (Audience(groups=("S0NIGHT",)), CHANNEL)
    assert (made.reminders, made.fewest) == (2, 8)
    assert changes(workspace) == [
        (LEAD, "pulse plan", f"1 {workspace.audit()[0].detail.partition(' ')[2]}")
    ]
    assert started(workspace) == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "/enps start <#C0SMALL|small>",
            "It would ask 2 people. Of fewer than 5 nobody's answer would stay hidden.",
        ),
        (f"/pulse start {HERE} min 12", "It would ask 10 people. Of fewer than 12 nobody's answer"),
        ("/enps start <@U1|a> <@UBOT|b>", "It would ask 1 person. Of fewer than 5"),
        ("/enps start <@UBOT|b>", "It would ask 0 people."),
    ],
)
def test_what_would_ask_too_few_cannot_be_started(office: Workspace, typed: str, told: str) -> None:
    shown = office.types(typed, user=LEAD)
    assert told in shown.told
    assert [*shown.buttons()] == [plan.CHANGE, plan.DROP]


def test_what_would_reach_nobody_cannot_be_started(workspace: Workspace) -> None:
    workspace.clock.move(hours=9)
    shown = workspace.types("/enps start until sat 17:00", user=LEAD)
    assert shown.message["text"].startswith(
        "*⚠️ eNPS: it cannot start.* It would reach nobody: there is no good hour before it closes. "
        "Open it for longer."
    )
    assert [*shown.buttons()] == [plan.CHANGE, plan.DROP]
    longer = workspace.types("/enps start until mon 17:00", user=LEAD)
    assert [*longer.buttons()] == [plan.START, plan.CHANGE, plan.DROP]


def test_it_is_told_who_is_not_reached_and_who_reads_another_language(
    workspace: Workspace,
) -> None:
    for user in ("U1", "U2"):
        workspace.slack.add_user(user, tz="America/Los_Angeles", locale="de-DE")
    workspace.slack.add_user("U3", locale="ja-JP")
    workspace.slack.add_user("U4", locale="en-GB")
    shown = workspace.types("/enps start until fri 17:00", user=LEAD).told
    assert "⚠️ 2 people have no good hour before it closes, and get no message" in shown
    assert "3 read another language (German, Japanese) and get it in English." in shown
    longer = workspace.types("/enps start for 5 days in de, en", user=LEAD).told
    assert "good hour before" not in longer
    assert "*In:* German, English. 1 reads another language (Japanese) and gets it in" in longer


def test_the_next_openings_are_told_in_the_zone_of_the_lead(workspace: Workspace) -> None:
    workspace.slack.add_user(LEAD, tz="Asia/Tehran")
    shown = workspace.types("/pulse every 2 weeks on tue 10:00 for 3 days", user=LEAD).told
    assert (
        "every 2 weeks on Tuesday, 10:00 AM: Tue, Nov 24, 10:00 AM · Tue, Dec 8, 10:00 AM · "
        "Tue, Dec 22, 10:00 AM … Each closes 3 days later, 5:00 PM (Asia/Tehran)"
    ) in shown
    assert "*5 questions the first time*, then others" in shown


def test_openings_of_several_years_are_told_with_their_years(office: Workspace) -> None:
    shown = office.types("/enps every year", user=LEAD).told
    assert (
        "every year on the first Tuesday of a quarter, 10:00 AM: Tue, Jan 5, 2027, 10:00 AM · Tue, "
        "Jan 4, 2028, 10:00 AM · Tue, Jan 2, 2029, 10:00 AM … Each closes"
    ) in shown
    assert (
        "every 2 years on the first Tuesday" in office.types("/enps every 2 years", user=LEAD).told
    )
    assert "Tue, Jan 5, 10:00 AM · Tue, Apr 6" in office.types("/enps quarterly", user=LEAD).told


def test_themes_that_have_too_few_questions_for_a_quarter_are_told(office: Workspace) -> None:
    often = office.types("/pulse every week about tools 3 questions for 3 days", user=LEAD).told
    assert "ready questions about these themes, too few for a quarter" in often
    rarely = office.types("/pulse every quarter about tools 3 questions", user=LEAD).told
    assert "too few" not in rarely
    once = office.types("/pulse start about tools 3 questions", user=LEAD).told
    assert "too few" not in once


@pytest.mark.thorough
def test_results_that_would_not_arrive_are_told(workspace: Workspace) -> None:
    warning = "⚠️ I am not in this channel, so nothing can be posted yet. Invite me:"
    typed = f"/enps start {HERE}"
    assert warning in workspace.types(typed, user=LEAD, channel=ELSEWHERE).told
    leads = workspace.types(f"{typed} results leads", user=LEAD, channel=ELSEWHERE).told
    assert warning not in leads
    value = workspace.types(typed, user=LEAD, channel=ELSEWHERE).buttons()[plan.START]["value"]
    assert warning in workspace.presses(plan.START, value, user=LEAD).told


def test_a_channel_that_slack_does_not_show_can_be_looked_at_again(workspace: Workspace) -> None:
    workspace.slack.add_channel("C0SECRET", name="secret", is_private=True, is_member=False)
    shown = workspace.types("/enps start <#C0SECRET|secret>", user=LEAD)
    assert "⚠️ Slack does not tell who would be asked:" in shown.told
    assert "/invite @deskpulse" in shown.told
    assert [*shown.buttons()] == [plan.LOOK, plan.CHANGE, plan.DROP]
    workspace.slack.add_channel("C0SECRET", is_member=True)
    workspace.slack.add_members("C0SECRET", *AGENTS)
    again = workspace.presses(plan.LOOK, shown.buttons()[plan.LOOK]["value"], user=LEAD)
    assert "*Who:* 8 people, without bots: #secret (8)." in again.told


# --- Started -------------------------------------------------------------------------------------


def test_a_lead_starts_what_was_shown_and_it_opens(workspace: Workspace) -> None:
    shown = workspace.types("/enps start until fri 17:00", user=LEAD)
    answered = workspace.presses(plan.START, shown.buttons()[plan.START]["value"], user=LEAD)
    assert answered.told == (
        "✅ Started. Each is asked at the next good hour of their own day, until Fri, Nov 20, "
        "5:00 PM (Europe/Athens). To end it early: `/enps close 1`"
    )
    # The draft is answered, so that nobody presses it again.
    assert answered.message["replace_original"] is True
    assert drafts(workspace) == []
    (wave,) = opens(workspace)
    assert (wave.survey_id, wave.asked, wave.closes_at) == (1, 10, T(hours=8))
    assert [action for _, action, _ in changes(workspace)] == ["enps plan", "enps start"]


@pytest.mark.thorough
def test_what_comes_again_opens_when_it_is_due(workspace: Workspace) -> None:
    shown = workspace.types("/pulse every week on tue 10:00 for 3 days", user=LEAD)
    value = shown.buttons()[plan.START]["value"]
    told = workspace.presses(plan.START, value, user=LEAD).told
    assert "It opens for the first time Tue, Nov 24, 10:00 AM (Europe/Athens)" in told
    assert opens(workspace) == []
    workspace.clock.move(days=4, hours=1)
    (wave,) = opens(workspace)
    assert wave.closes_at == T(days=7, hours=8)
    for question in waves.questions_of(wave):
        assert f"• {question.texts['en']}" in shown.told


def test_pressing_twice_starts_once(workspace: Workspace) -> None:
    value = workspace.types("/enps start", user=LEAD).buttons()[plan.START]["value"]
    workspace.presses(plan.START, value, user=LEAD)
    before = workspace.version()
    again = workspace.presses(plan.START, value, user=LEAD).told
    assert again == (
        "This draft is not there any more: it was started already, or dropped. "
        "See: `/enps list`, `/pulse list`"
    )
    assert workspace.version() == before
    assert len(opens(workspace)) == 1


def test_another_lead_may_start_it(workspace: Workspace) -> None:
    value = workspace.types("/enps start", user=LEAD).buttons()[plan.START]["value"]
    assert workspace.presses(plan.START, value, user=APPOINTED).told.startswith("✅ Started.")
    assert changes(workspace)[-1][:2] == (APPOINTED, "enps start")
    assert row_of(workspace, 1).created_by == LEAD


@pytest.mark.thorough
def test_a_draft_that_was_changed_meanwhile_is_shown_again_first(workspace: Workspace) -> None:
    value = workspace.types("/enps start", user=LEAD).buttons()[plan.START]["value"]
    with workspace.writing() as session:
        row = surveys.drafted(session, workspace.services.workspace, 1)
        assert row is not None
        surveys.change(session, row, replace(surveys.plan_of(row), fewest=9))
    shown = workspace.presses(plan.START, value, user=LEAD)
    assert "*eNPS: it was changed since you saw it. Look again.*" in shown.told
    assert "from 9 answers on" in shown.told
    assert started(workspace) == []
    workspace.presses(plan.START, shown.buttons()[plan.START]["value"], user=LEAD)
    assert len(started(workspace)) == 1


def test_a_draft_of_another_day_is_shown_again_first(workspace: Workspace) -> None:
    """It would close another day than was told."""
    value = workspace.types("/enps start for 3 days", user=LEAD).buttons()[plan.START]["value"]
    workspace.clock.move(days=1)
    shown = workspace.presses(plan.START, value, user=LEAD)
    assert "until Tue, Nov 24, 5:00 PM" in shown.told
    assert started(workspace) == []
    workspace.clock.move(hours=1)
    workspace.presses(plan.START, shown.buttons()[plan.START]["value"], user=LEAD)
    assert len(started(workspace)) == 1


def test_a_draft_is_dropped(workspace: Workspace) -> None:
    shown = workspace.types("/enps start", user=LEAD)
    dropped = workspace.presses(plan.DROP, "1", user=LEAD)
    assert dropped.told == "It is dropped. Nothing was sent."
    assert dropped.message["replace_original"] is True
    assert drafts(workspace) == []
    value = shown.buttons()[plan.START]["value"]
    assert (
        "This draft is not there any more" in workspace.presses(plan.START, value, user=LEAD).told
    )
    assert [action for _, action, _ in changes(workspace)] == ["enps plan", "enps drop"]


# --- The window ----------------------------------------------------------------------------------


def window(workspace: Workspace, typed: str, *, user: str = LEAD, channel: str = CHANNEL) -> Json:
    """The window that a command opens."""
    assert workspace.types(typed, user=user, channel=channel).messages == []
    return newest(workspace)


def newest(workspace: Workspace) -> Json:
    view = workspace.slack.views[-1]
    assert broken_limits(view) == []
    return view


def submit(workspace: Workspace, view: Json, *, user: str = LEAD, **changes_: Any) -> Json:
    """What Slack is answered when somebody submits a window."""
    response = workspace.submits(filled_in(view, **changes_), user=user).response
    told: Json = json.loads(response.body) if response.body else {}
    return told


def shown_in(workspace: Workspace, view: Json) -> Json:
    """What the window shows by now."""
    return workspace.slack.view(view["id"])


@pytest.mark.thorough
def test_a_lead_plans_a_survey_with_pickers_and_starts_it(workspace: Workspace) -> None:
    view = window(workspace, "/pulse new")
    assert view["title"]["text"] == "New survey"
    wait = submit(workspace, view, OWN="text: What else?", OFTEN="2 week", MANY="2", DAYS="4")
    assert "Slack is asked who would be in it …" in words(wait["view"])
    draft = shown_in(workspace, view)
    assert "*Who:* 10 people, without bots: #support (10)." in words(draft)
    assert "• What should" not in words(draft)
    assert "• What else? _own, in one's own words_" in words(draft)
    assert draft["submit"]["text"] == "Start"
    assert started(workspace) == []
    assert workspace.slack.posted == []
    workspace.submits({**draft, "state": {"values": {}}}, user=LEAD)
    told = words(shown_in(workspace, view))
    assert "✅ Started. It opens for the first time Tue, Nov 24, 10:00 AM" in told
    (row,) = started(workspace)
    made = surveys.plan_of(row)
    assert (made.cadence, made.days, made.many) == (Cadence(2, Every.WEEK, 1, time(10)), 4, 2)
    assert [one.texts for one in made.own] == [{"en": "What else?"}]
    assert [action for _, action, _ in changes(workspace)] == ["pulse plan", "pulse start"]
    assert changes(workspace)[0][2].endswith(" +1")


@pytest.mark.thorough
def test_starting_twice_in_a_window_starts_once(workspace: Workspace) -> None:
    view = window(workspace, "/enps new")
    submit(workspace, view)
    draft = {**shown_in(workspace, view), "state": {"values": {}}}
    workspace.submits(draft, user=LEAD)
    workspace.submits(draft, user=LEAD)
    assert "This draft is not there any more" in words(shown_in(workspace, view))
    assert len(started(workspace)) == 1


def test_the_window_is_opened_from_the_list_and_in_a_direct_message(workspace: Workspace) -> None:
    workspace.presses(listing.NEW, "pulse", user=LEAD)
    assert Plan.from_json(json.loads(newest(workspace)["private_metadata"])["plan"]).kind is (
        Kind.PULSE
    )
    view = window(workspace, "/enps new", channel=f"D{LEAD}")
    told = submit(workspace, view)
    assert told["errors"] == {Field.CHANNELS: "Whom shall it ask? Choose a channel or people."}
    submit(workspace, view, CHANNELS=[CHANNEL])
    (row,) = drafts(workspace)
    assert surveys.plan_of(row).results is Results.LEADS


WRONG = [
    ({"CHANNELS": []}, Field.CHANNELS, "Whom shall it ask?"),
    ({"OWN": "a\n1-10: b"}, Field.OWN, "Line 2: a scale is either 1-5 or 0-10. For example: 0-10:"),
    ({"MANY": "0"}, Field.MANY, "It has no question yet"),
    (
        {"OFTEN": "1 week", "DAYS": "8"},
        Field.DAYS,
        "The next survey would open before this one closes.",
    ),
]


@pytest.mark.parametrize(("changes_", "field", "told"), WRONG)
def test_what_is_wrong_is_told_below_its_field_and_nothing_is_kept(
    office: Workspace, changes_: dict[str, Any], field: Field, told: str
) -> None:
    view = window(office, "/pulse new")
    before = office.version()
    answer = submit(office, view, **changes_)
    assert answer["response_action"] == "errors"
    assert [*answer["errors"]] == [field]
    assert told in answer["errors"][field]
    assert office.version() == before


def test_the_fields_follow_how_often_it_comes(office: Workspace) -> None:
    view = window(office, "/enps new")
    assert Field.WEEKDAY not in words_of_fields(view)
    assert office.fills_in(filled_in(view, OFTEN="1 quarter"), user=LEAD).messages == []
    assert Field.WEEKDAY in words_of_fields(shown_in(office, view))


def words_of_fields(view: Mapping[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"]]


@pytest.mark.thorough
def test_a_draft_is_changed_and_the_old_one_cannot_be_started(workspace: Workspace) -> None:
    shown = workspace.types(f"/enps start {NIGHT} {HERE} for 3 days remind 2", user=LEAD)
    workspace.presses(plan.CHANGE, shown.buttons()[plan.CHANGE]["value"], user=LEAD)
    view = newest(workspace)
    assert view["title"]["text"] == "Change the survey"
    submit(workspace, view, DAYS="5", PEOPLE=["U10"])
    assert "@night (2), named one by one (0)." in words(shown_in(workspace, view))
    (row,) = drafts(workspace)
    made = surveys.plan_of(row)
    assert (row.id, made.days, made.reminders) == (1, 5, 2)
    assert made.audience == Audience((CHANNEL,), ("S0NIGHT",), ("U10",))
    assert [action for _, action, _ in changes(workspace)] == ["enps plan", "enps change"]
    again = workspace.presses(plan.START, shown.buttons()[plan.START]["value"], user=LEAD)
    assert "it was changed since you saw it" in again.told
    assert started(workspace) == []


@pytest.mark.thorough
def test_a_draft_in_a_window_is_changed_and_dropped_there(workspace: Workspace) -> None:
    view = window(workspace, "/enps new")
    submit(workspace, view)
    draft = shown_in(workspace, view)
    assert workspace.presses_in(draft, plan.CHANGE, "1", user=LEAD).messages == []
    form = shown_in(workspace, view)
    assert form["callback_id"] == plan_window.PLAN
    submit(workspace, form, FEWEST="7")
    assert "from 7 answers on" in words(shown_in(workspace, view))
    assert len(drafts(workspace)) == 1
    workspace.presses_in(shown_in(workspace, view), plan.DROP, "1", user=LEAD)
    dropped = shown_in(workspace, view)
    assert words(dropped).strip().startswith("It is dropped. Nothing was sent.")
    assert "submit" not in dropped
    assert drafts(workspace) == []


def test_in_a_window_too_it_can_be_looked_again(workspace: Workspace) -> None:
    workspace.slack.add_channel("C0SECRET", name="secret", is_private=True, is_member=False)
    view = window(workspace, "/enps new")
    submit(workspace, view, CHANNELS=["C0SECRET"])
    untold = shown_in(workspace, view)
    assert "⚠️ Slack does not tell who would be asked:" in words(untold)
    assert "submit" not in untold
    workspace.slack.add_channel("C0SECRET", is_member=True)
    workspace.slack.add_members("C0SECRET", *AGENTS)
    workspace.presses_in(untold, plan.LOOK, "1", user=LEAD)
    assert "*Who:* 8 people, without bots: #secret (8)." in words(shown_in(workspace, view))
    assert shown_in(workspace, view)["submit"]["text"] == "Start"


def test_a_draft_that_is_gone_is_told_in_the_window(workspace: Workspace) -> None:
    workspace.types("/enps start", user=LEAD)
    workspace.presses(plan.CHANGE, "1", user=LEAD)
    view = newest(workspace)
    workspace.presses(plan.DROP, "1", user=LEAD)
    submit(workspace, view)
    assert "This draft is not there any more" in words(shown_in(workspace, view))
    assert "This draft is not there any more" in workspace.presses(plan.CHANGE, "1", user=LEAD).told


def test_whoever_leads_no_more_is_told_in_the_window(workspace: Workspace) -> None:
    view = window(workspace, "/enps new", user=APPOINTED)
    workspace.types(f"/deskpulse lead remove <@{APPOINTED}>", user=ADMIN)
    answer = submit(workspace, view, user=APPOINTED)
    assert "That is for team leads." in answer["errors"][Field.CHANNELS]
    assert drafts(workspace, APPOINTED) == []


# --- The list ------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_list_tells_what_is_open_and_what_comes_and_how_many_answered_to_nobody(
    workspace: Workspace,
) -> None:
    start(workspace, "/enps start for 3 days")
    start(workspace, "/enps every quarter on tue 10:00")
    workspace.types("/enps start for 6 days", user=LEAD)
    workspace.types("/enps start for 7 days", user=APPOINTED)
    (wave,) = opens(workspace)
    workspace.presses(f"{SCORE}_9", f"{wave.id}:9", user=AGENT)
    shown = workspace.types("/enps list", user=LEAD)
    told = shown.told
    assert "*eNPS 1*: once\n🟢 Open until Mon, Nov 23, 5:00 PM (Europe/Athens); 10 people" in told
    assert "*eNPS 2*: every quarter on its first Tuesday, 10:00 AM\nNext: Tue, Jan 5" in told
    assert f"*Your draft*: /enps start <#{CHANNEL}> for 6 days" in told
    # Nobody sees somebody else's drafts, nor surveys of the other kind.
    assert "7 days" not in told
    assert workspace.types("/pulse list", user=LEAD).told.count("Nothing is planned yet.") == 2
    assert "answered" not in told
    assert broken_limits(shown.message) == []


def test_before_it_is_opened_a_survey_is_listed_and_after_it_is_closed_no_more(
    workspace: Workspace,
) -> None:
    start(workspace, "/enps start until fri 17:00")
    assert "It opens in a moment." in workspace.types("/enps list", user=LEAD).told
    opens(workspace)
    workspace.clock.move(hours=9)
    assert "Nothing is planned yet." in workspace.types("/enps list", user=LEAD).told


def test_the_list_leads_to_the_results_of_the_last_survey(workspace: Workspace) -> None:
    start(workspace, "/enps every week on tue 10:00 for 3 days")
    assert listing.RESULTS not in workspace.types("/enps list", user=LEAD).buttons()
    workspace.clock.move(days=4, hours=1)
    opens(workspace)
    with workspace.writing() as session:
        (wave,) = waves.open_ones(session, workspace.services.workspace)
        wave.closed_at = workspace.clock.now()
        session.add(wave)
    shown = workspace.types("/enps list", user=LEAD)
    assert shown.buttons()[listing.RESULTS]["value"] == str(wave.id)
    told = workspace.presses(listing.RESULTS, str(wave.id), user=LEAD).told
    assert told
    assert "Something went wrong" not in told
    gone = workspace.presses(listing.RESULTS, "99", user=LEAD).told
    assert gone == "This survey is not there any more. See: `/pulse`"


def test_thirty_surveys_keep_to_slacks_limits(workspace: Workspace) -> None:
    with workspace.writing() as session:
        for _ in range(30):
            row = surveys.draft(session, workspace.services.workspace, a_plan(), by=LEAD, now=T())
            surveys.start(session, row, now=T())
    shown = workspace.types("/enps list", user=LEAD)
    assert "and 15 more" in shown.told
    assert broken_limits(shown.message) == []


def test_a_survey_is_paused_resumed_and_removed(workspace: Workspace) -> None:
    start(workspace, "/pulse every week on tue 10:00 for 3 days")
    told = workspace.types("/pulse pause", user=LEAD).told
    assert "⏸️ Paused: none opens until it is resumed." in told
    workspace.clock.move(days=5)
    assert opens(workspace) == []
    resumed = workspace.presses(listing.RESUME, "1", user=LEAD)
    assert "Next: Tue, Dec 1, 10:00 AM (Europe/Athens)" in resumed.told
    assert resumed.message["replace_original"] is True
    assert opens(workspace) == []
    assert "Nothing is planned yet." in workspace.presses(listing.REMOVE_NOW, "1", user=LEAD).told
    workspace.clock.move(days=7)
    assert opens(workspace) == []
    actions = [action for _, action, _ in changes(workspace)]
    assert actions[2:] == ["pulse pause", "pulse resume", "pulse remove"]


def test_removing_is_asked_first(workspace: Workspace) -> None:
    start(workspace, "/enps every quarter")
    for asks in (
        workspace.types("/enps remove", user=LEAD),
        workspace.types("/enps remove #1", user=LEAD),
        workspace.presses(listing.REMOVE, "1", user=LEAD),
    ):
        assert asks.message["text"] == (
            "*Remove eNPS 1?* No further one opens; one that is open goes on, and results stay. This "
            "cannot be undone."
        )
        assert [(one, told["value"]) for one, told in asks.buttons().items()] == [
            (listing.REMOVE_NOW, "1"),
            (listing.KEEP, "1"),
        ]
    assert workspace.presses(listing.KEEP, "1", user=LEAD).told == "It stays."
    assert row_of(workspace, 1).removed_at is None
    removed = workspace.presses(listing.REMOVE_NOW, "1", user=LEAD)
    assert "Nothing is planned yet." in removed.told
    assert removed.message["replace_original"] is True
    assert row_of(workspace, 1).removed_at == T()
    assert workspace.presses(listing.REMOVE_NOW, "1", user=LEAD).told == (
        "There is no survey 1. See: `/enps list`"
    )


def test_one_that_comes_once_is_removed_only_before_it_opens(workspace: Workspace) -> None:
    start(workspace, "/enps start for 3 days")
    assert listing.REMOVE in workspace.types("/enps list", user=LEAD).buttons()
    assert "*Remove eNPS 1?*" in workspace.types("/enps remove 1", user=LEAD).told
    (wave,) = opens(workspace)
    open_ = "Survey 1 comes only once and is open. To close it early: `/enps close 1`"
    assert listing.REMOVE not in workspace.types("/enps list", user=LEAD).buttons()
    assert workspace.types("/enps remove 1", user=LEAD).told == open_
    assert workspace.types("/enps remove", user=LEAD).told == open_
    assert workspace.presses(listing.REMOVE_NOW, "1", user=LEAD).told == open_
    with workspace.writing() as session:
        session.get_one(WaveRow, wave.id).closed_at = T()
    assert workspace.types("/enps remove 1", user=LEAD).told == (
        "Survey 1 came only once and is closed: nothing follows that could be removed. "
        "Its results: `/enps results 1`"
    )


@pytest.mark.thorough
def test_only_those_are_offered_with_which_it_can_be_done(workspace: Workspace) -> None:
    start(workspace, "/enps start for 3 days")
    opens(workspace)
    told = workspace.types("/enps resume", user=LEAD).told
    assert told.startswith("Survey 1 comes only once")
    start(workspace, "/enps start for 3 days")
    told = workspace.types("/enps pause", user=LEAD).told
    assert told == "There is no survey that could be paused. See: `/enps list`"
    for _ in range(2):
        start(workspace, "/enps every quarter")
    told = workspace.types("/enps pause", user=LEAD).told
    assert told == "Which survey? Say its number: 3 · 4. See: `/enps list`"
    assert "No survey is paused." in workspace.types("/enps resume", user=LEAD).told
    workspace.types("/enps pause 3", user=LEAD)
    assert "Next:" in workspace.types("/enps resume", user=LEAD).told
    assert not row_of(workspace, 3).paused


def test_what_is_open_goes_on_when_its_survey_is_paused_or_removed(workspace: Workspace) -> None:
    start(workspace, "/pulse every week on tue 10:00 for 3 days")
    workspace.clock.move(days=4, hours=1)
    opens(workspace)
    paused = workspace.presses(listing.PAUSE, "1", user=LEAD)
    assert "🟢 Open until Fri, Nov 27, 5:00 PM" in paused.told
    removed = workspace.presses(listing.REMOVE_NOW, "1", user=LEAD)
    assert "🟢 Open until Fri, Nov 27, 5:00 PM" in removed.told
    assert "It is removed: none opens after this one." in removed.told
    assert {listing.CLOSE} <= {*removed.buttons()}
    assert not {listing.PAUSE, listing.RESUME, listing.REMOVE} & {*removed.buttons()}
    assert len(open_waves(workspace)) == 1


MISTAKES = [
    ("/enps pause 1", "Survey 1 comes only once, so nothing follows that could be paused."),
    ("/enps pause 1", "To close it early: `/enps close 1`"),
    ("/pulse resume 2", "Survey 2 is not paused. See: `/pulse list`"),
    ("/enps pause 2", "Survey 2 is one of `/pulse`. Did you mean `/pulse pause 2`?"),
    ("/enps remove 9", "There is no survey 9. See: `/enps list`"),
    ("/enps remove 99999999999", "There is no survey 99999999999."),
    ("/enps remove xyz", "“xyz” is no number. For example: `/enps remove 3`"),
    ("/enps remove 5", "Survey 5 comes only once and is open. To close it early: `/enps close 5`"),
    ("/pulse remove", "Which survey? Say its number: 2 · 3. See: `/pulse list`"),
    ("/enps close 1", "Survey 1 is not open. See: `/enps list`"),
    ("/enps close 2", "Survey 2 is one of `/pulse`. Did you mean `/pulse close 2`?"),
    ("/pulse close", "No pulse is open. See: `/pulse list`"),
]


@pytest.mark.parametrize(("typed", "told"), MISTAKES)
def test_what_cannot_be_done_says_why(office: Workspace, typed: str, told: str) -> None:
    before = office.version()
    assert told in office.types(typed, user=LEAD).told
    assert office.version() == before


def test_where_there_is_none_it_says_so(workspace: Workspace) -> None:
    told = workspace.types("/enps pause", user=LEAD).told
    assert told == "There is no survey yet. See: `/enps help`"


# --- Closed early --------------------------------------------------------------------------------


def test_closing_early_is_asked_first(workspace: Workspace) -> None:
    number = start(workspace, "/enps start for 3 days")
    (wave,) = opens(workspace)
    for asks in (
        workspace.types("/enps close", user=LEAD),
        workspace.types(f"/enps close {number}", user=LEAD),
        workspace.presses(listing.CLOSE, str(number), user=LEAD),
    ):
        assert "*Close eNPS 1 now?* It is open until Mon, Nov 23, 5:00 PM" in asks.told
        assert "If fewer than 5 have, nothing is shown. This cannot be undone." in asks.told
        assert [(one, told["value"]) for one, told in asks.buttons().items()] == [
            (listing.CLOSE_NOW, str(wave.id)),
            (listing.KEEP_OPEN, str(wave.id)),
        ]
    assert workspace.presses(listing.KEEP_OPEN, str(wave.id), user=LEAD).told == "It stays open."
    (still,) = open_waves(workspace)
    assert still.closes_at == wave.closes_at


def test_a_wave_is_closed_early_once(workspace: Workspace) -> None:
    start(workspace, "/enps start for 3 days")
    (wave,) = opens(workspace)
    workspace.clock.move(hours=2)
    answered = workspace.presses(listing.CLOSE_NOW, str(wave.id), user=LEAD)
    assert answered.told == "It is closed, and is being counted. See: `/enps results`"
    assert answered.message["replace_original"] is True
    (closed,) = open_waves(workspace)
    assert closed.closes_at == T(hours=2)
    assert changes(workspace)[-1][:2] == (LEAD, "enps close")
    workspace.clock.move(hours=1)
    before = workspace.version()
    assert workspace.presses(listing.CLOSE_NOW, str(wave.id), user=LEAD).told == (
        "It is closed already."
    )
    assert workspace.version() == before
    late = workspace.presses(f"{SCORE}_9", f"{wave.id}:9", user=AGENT).told
    assert "This survey is closed: no answer is taken any more." in late


@pytest.mark.thorough
def test_of_two_open_ones_it_is_to_be_said_which(workspace: Workspace) -> None:
    for _ in range(2):
        start(workspace, "/enps start for 3 days")
    opens(workspace)
    told = workspace.types("/enps close", user=LEAD).told
    assert told == "Which survey? Say its number: 1 · 2. See: `/enps list`"


# --- What waits ----------------------------------------------------------------------------------


def waiting(workspace: Workspace, *people: str, **more: Any) -> int:
    with workspace.writing() as session:
        seals = workspace.services.seals
        return a_wave(session, people or (AGENT, *AGENTS), seals=seals, **more).id or 0


def test_the_oldest_survey_that_waits_is_opened(workspace: Workspace) -> None:
    others = waiting(workspace, *AGENTS)
    first, second = waiting(workspace), waiting(workspace)
    for wave in (first, second):
        view = window(workspace, "/enps", user=AGENT)
        assert view["callback_id"] == ANSWER
        assert Ticket.from_text(view["private_metadata"]) == Ticket(wave)
        workspace.presses(f"{SCORE}_7", f"{wave}:7", user=AGENT)
    assert "Nothing is waiting for you." in workspace.types("/enps").told
    assert others not in (first, second)


def test_what_waits_is_of_the_kind_that_is_asked_for(workspace: Workspace) -> None:
    waiting(workspace, plan=a_plan(Kind.PULSE), questions=(WORKLOAD, TOOLS))
    assert "Nothing is waiting for you." in workspace.types("/enps").told
    view = window(workspace, "/pulse", user=AGENT)
    assert "I can do my work." in words(view)


def test_what_is_closed_waits_no_more(workspace: Workspace) -> None:
    waiting(workspace)
    workspace.clock.move(days=3)
    told = workspace.types("/enps").told
    assert "Nothing is waiting for you. You are asked by a direct message when it is time" in told
    assert "`/enps privacy` · more: `/enps help`" in told


def test_a_lead_for_whom_nothing_waits_gets_the_list(workspace: Workspace) -> None:
    assert "Nothing is planned yet." in workspace.types("/enps", user=LEAD).told
    waiting(workspace, LEAD, *AGENTS)
    window(workspace, "/enps", user=LEAD)


# --- Who may do what -----------------------------------------------------------------------------

FOR_LEADS = (
    *("/enps start", "/enps every quarter", "/pulse weekly", "/pulse new", "/enps list"),
    *("/pulse pause 2", "/pulse resume 2", "/pulse remove 2", "/enps close 5", "/enps comments"),
    *("/pulse did workload: more people", "/pulse export", "/enps start nonsense"),
)


@pytest.mark.parametrize("typed", FOR_LEADS)
def test_only_leads_plan(office: Workspace, typed: str) -> None:
    before = office.version(), len(office.slack.views)
    assert "That is for team leads." in office.types(typed).told
    assert (office.version(), len(office.slack.views)) == before


PRESSED = (
    *((action, "4") for action in (plan.CHANGE, plan.DROP, plan.LOOK)),
    *((action, "2") for action in (listing.PAUSE, listing.RESUME, listing.REMOVE)),
    (listing.REMOVE_NOW, "2"),
    (listing.CLOSE, "5"),
    (listing.CLOSE_NOW, "1"),
    (listing.NEW, "enps"),
)


@pytest.mark.parametrize(("action", "value"), PRESSED)
def test_only_leads_press_what_plans(office: Workspace, action: str, value: str) -> None:
    before = office.version(), len(office.slack.views)
    assert "That is for team leads." in office.presses(action, value).told
    assert (office.version(), len(office.slack.views)) == before


def test_only_leads_start(workspace: Workspace) -> None:
    value = workspace.types("/enps start", user=LEAD).buttons()[plan.START]["value"]
    assert "That is for team leads." in workspace.presses(plan.START, value).told
    view = window(workspace, "/enps new")
    submit(workspace, view)
    draft = {**shown_in(workspace, view), "state": {"values": {}}}
    workspace.submits(draft, user=AGENT)
    assert "That is for team leads." in words(shown_in(workspace, view))
    assert started(workspace) == []


# --- Words ---------------------------------------------------------------------------------------

UNKNOWN = [
    ("strat", "There is no survey command “strat”. Did you mean “start”?"),
    ("stop", "There is no survey command “stop”. Did you mean “close”?"),
    ("delete 3", "“delete”. Did you mean “remove”? For example: `/enps remove 3`"),
    ("remvoe #3", "“remvoe”. Did you mean “remove”? For example: `/enps remove #3`"),
    ("cancel my order", "“cancel”. Did you mean “remove”? For example: `/enps remove`"),
    ("preview", "Every start is shown before anything is sent: `/enps start`"),
    (f"{HERE} until fri", "Did you mean `/enps start #support until fri`?"),
    (NIGHT, "It is not said what is to be done. Did you mean `/enps start @night`?"),
    ("#support", "Did you mean `/enps start #support`?"),
    ("edit 3", "What was started stays as it is, so that its waves can be compared."),
    ("vote", "Type only `/enps`: it opens what is waiting for you."),
    ("skip", "Press “Not this time” below the question: it ends the reminders."),
    ("who", "Nobody is told who has answered. What is open: `/enps list`"),
    ("remind", "Reminders go out by themselves to those who have not answered."),
    ("xyzzy", "There is no survey command “xyzzy”. For example: `/enps start"),
]


@pytest.mark.parametrize(("typed", "told"), UNKNOWN)
def test_a_word_that_is_no_command_is_answered_with_what_was_meant(
    office: Workspace, typed: str, told: str
) -> None:
    before = office.version()
    assert told in office.types(f"/enps {typed}", user=LEAD).told
    assert office.version() == before


def test_a_mistake_in_a_plan_keeps_nothing(office: Workspace) -> None:
    before = office.version()
    told = office.types("/enps start untill fri 25:00", user=LEAD).told
    assert "For example: `/enps start" in told
    assert office.version() == before


@pytest.mark.parametrize("kind", Kind)
def test_everybody_is_told_what_they_can_type(office: Workspace, kind: Kind) -> None:
    agent, lead = (office.types(f"/{kind} help", user=user).told for user in (AGENT, LEAD))
    for told in (agent, lead):
        assert f"`/{kind} privacy`" in told
        assert f"`/{kind} forget`" in told
    assert f"`/{kind} start`" not in agent
    assert "Team leads plan surveys. Who they are: `/deskpulse leads`" in agent
    assert f"`/{kind} start`" in lead


def test_everybody_is_told_what_is_kept(office: Workspace) -> None:
    for typed in ("/enps privacy", "/pulse PRIVACY"):
        told = office.types(typed).told
        assert "What is kept of your answer, and what is not" in told


def test_the_audit_log_says_what_was_planned(workspace: Workspace) -> None:
    start(workspace, f"/enps start {NIGHT} {HERE} for 3 days results leads")
    text = f"1 /enps start <#{CHANNEL}> <!subteam^S0NIGHT> for 3 days results leads"
    assert changes(workspace) == [(LEAD, "enps plan", text), (LEAD, "enps start", text)]
