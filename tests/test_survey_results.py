"""What came of a survey, as those entitled see it; and nobody sees more than the gate let out."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from bot.locale import Reader
from bot.message import Message
from bot.slack.preview import Conversation, to_html
from bot.slack.surveys import comments as comments_shown
from bot.slack.surveys import results as shown_results
from bot.slack.surveys.comments import MORE
from bot.slack.surveys.deeds import TAKE_BACK
from bot.slack.surveys.export import as_csv
from bot.slack.surveys.results import ALL_NUMBERS, COMMENTS, EARLIER
from bot.store import marks, results
from bot.store.tables import DeedRow, SurveyRow, WaveRow
from bot.surveys import own
from bot.surveys.results import Comment
from bot.surveys.survey import Audience, Kind, Results, Theme
from bot.surveys.table import COLUMNS
from tests.blockkit.limits import broken_limits
from tests.slack_double import Posted, SlackDouble
from tests.survey_workspace import (
    PEOPLE,
    STRANGER,
    begin,
    button_of,
    close,
    inbox,
    is_scrubbed,
    open_office,
    opened,
    plan,
    presses,
    questions_of,
    says,
    shown,
    start,
    taps,
    work,
)
from tests.times import T
from tests.workspace import (
    AGENT,
    APPOINTED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Answered,
    Json,
    Workspace,
    words,
)

ANNA, BEN = PEOPLE[:2]
EIGHT = (10, 10, 9, 9, 9, 8, 7, 2)
OWN = own.parse("\n".join(own.EXAMPLES), "en")
READER = Reader("en", ZoneInfo("Europe/Athens"))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_office() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def quiet() -> Iterator[Workspace]:
    """One workspace in which nothing is asked, for all the tests that change nothing."""
    with open_office() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace with a closed eNPS and what people wrote, for those tests too."""
    with open_office() as workspace:
        told(workspace, EIGHT, *HOSTILE)
        yield workspace


@pytest.fixture(scope="module")
def pulsed() -> Iterator[Workspace]:
    """One workspace with a closed pulse about two themes, with one question of each kind as well.

    Of the choice only four took one.
    """
    with open_office() as workspace:
        themes = (Theme.WORKLOAD, Theme.TOOLS)
        wave = begin(workspace, plan(Kind.PULSE, themes=themes, many=4, own=OWN))
        bank, (agree, likely, choice, text) = questions_of(wave)[:4], questions_of(wave)[4:]
        for place, user in enumerate(PEOPLE):
            scores = {one.key: 2 if one.theme is Theme.WORKLOAD else 4 for one in bank}
            scores |= {agree.key: 3, likely.key: 10}
            if place < 4:
                scores[choice.key] = 1
            says(workspace.services, wave, user, scores, f"Words {place}.", about=text.key)
        close(workspace, wave)
        yield workspace


def wave_of(workspace: Workspace) -> WaveRow:
    """Its one wave."""
    with workspace.services.reading() as session:
        return session.get_one(WaveRow, 1)


def answered(
    workspace: Workspace, wave: WaveRow, scores: Sequence[int], *texts: str, key: str = "enps"
) -> None:
    """The first ones answer; each of the first says one of the texts."""
    for place, (user, score) in enumerate(zip(PEOPLE, scores, strict=False)):
        says(workspace.services, wave, user, {key: score}, *texts[place : place + 1], about=key)


def told(workspace: Workspace, scores: Sequence[int] = EIGHT, *texts: str, **more: Any) -> WaveRow:
    """An eNPS that is asked, answered and closed."""
    wave = begin(workspace, plan(**more))
    answered(workspace, wave, scores, *texts)
    close(workspace, wave)
    return wave


def again(workspace: Workspace, scores: Sequence[int], **more: Any) -> WaveRow:
    """Another one of the same, two weeks later."""
    workspace.clock.set(workspace.clock.now().replace(hour=8))
    workspace.clock.move(days=14)
    wave = opened(workspace, plan(**more))
    answered(workspace, wave, scores)
    close(workspace, wave)
    return wave


def posted(workspace: Workspace, channel: str = CHANNEL) -> Posted:
    """The last message of a channel."""
    return workspace.slack.posts(channel)[-1]


# --- Where results are told ----------------------------------------------------------------------


def test_after_the_close_the_results_are_posted_once_with_how_far_to_trust_them(
    workspace: Workspace,
) -> None:
    wave = told(workspace)
    close(workspace, wave)
    (message,) = workspace.slack.posts(CHANNEL)
    assert message.text.splitlines() == [
        "*eNPS +50* · 8 of 8 answered",
        "5 promoters · 2 passives · 1 detractor",
        "Everybody answered: this is the score of all who were asked.",
    ]
    assert all(len(inbox(workspace, user)) == 1 for user in PEOPLE)


def test_a_sample_has_an_interval(workspace: Workspace) -> None:
    told(workspace, EIGHT[:6])
    assert re.search(r"\n95% interval −?\+?\d+\u00a0…\u00a0\+\d+", posted(workspace).text)


@pytest.mark.thorough
def test_results_for_leads_come_to_the_lead_who_started_it(workspace: Workspace) -> None:
    wave = told(workspace, results=Results.LEADS)
    assert workspace.slack.posts(CHANNEL) == []
    assert "*eNPS +50*" in posted(workspace, f"D{LEAD}").text
    refused = workspace.types("/enps results", user=ANNA)
    assert refused.told == "These results are for team leads. Ask one of them to share them."
    assert "eNPS +50" in workspace.types("/enps results", user=LEAD, channel=ELSEWHERE).told
    number = workspace.types(f"/enps results {wave.survey_id}", user=ANNA)
    assert number.told.startswith("These results are for team leads.")


@pytest.mark.thorough
@pytest.mark.parametrize("results_for", [Results.LEADS, Results.ASKED])
def test_who_is_no_lead_any_more_at_the_close_gets_no_results_and_the_leads_do(
    workspace: Workspace, results_for: Results
) -> None:
    wave = begin(workspace, plan(results=results_for))
    with workspace.writing() as session:
        survey = session.get_one(SurveyRow, wave.survey_id)
        survey.created_by = AGENT
        session.add(survey)
    answered(workspace, wave, EIGHT)
    close(workspace, wave)
    assert inbox(workspace, AGENT) == []
    for lead in (LEAD, APPOINTED):
        (message,) = inbox(workspace, lead)
        assert "eNPS +50" in message.text


@pytest.mark.thorough
def test_what_is_told_in_a_private_channel_is_no_number_for_everybody(
    workspace: Workspace,
) -> None:
    workspace.slack.add_channel("G0LEADS", name="leads-only", is_private=True)
    wave = opened(workspace, plan(channel="G0LEADS"))
    answered(workspace, wave, EIGHT)
    close(workspace, wave)
    assert "eNPS +50" in posted(workspace, "G0LEADS").text
    # Who opens the channel later does not open what was told in it before.
    workspace.slack.add_channel("G0LEADS", is_private=False)
    workspace.clock.move(hours=1)
    for typed in ("/kpi enps this week", "/kpi survey participation this week"):
        told_them = workspace.types(typed, user=STRANGER).told
        assert "The results of this survey are not for everybody." in told_them
        assert "50" not in told_them
        assert "8 of 8" not in told_them
    assert "eNPS +50" in workspace.types("/enps results", user=ANNA, channel="G0LEADS").told


@pytest.mark.thorough
def test_a_private_wave_is_not_told_beside_a_public_one_that_asked_the_same(
    workspace: Workspace,
) -> None:
    workspace.slack.add_channel("G0TEAM", name="team", is_private=True)
    wave = opened(workspace, plan(channel="G0TEAM"))
    answered(workspace, wave, EIGHT)
    close(workspace, wave)
    workspace.slack.add_channel("G0TEAM", is_private=False)
    again(workspace, EIGHT, channel="G0TEAM")
    assert "Last time +50" in posted(workspace, "G0TEAM").text
    workspace.clock.move(hours=1)
    told_them = workspace.types("/kpi enps this week", user=STRANGER).told
    assert "50" in told_them
    assert "There are no earlier data to compare with." in told_them


@pytest.mark.thorough
def test_results_for_those_asked_come_to_each_of_them_and_to_the_lead(
    workspace: Workspace,
) -> None:
    wave = begin(workspace, plan(Kind.PULSE, results=Results.ASKED, many=2, themes=(Theme.TOOLS,)))
    keys = [one.key for one in questions_of(wave)]
    for user in PEOPLE:
        says(workspace.services, wave, user, dict.fromkeys(keys, 4), "Well.")
    close(workspace, wave)
    assert workspace.slack.posts(CHANNEL) == []
    for user in (*PEOPLE, LEAD):
        assert "*Pulse 4.0 of 5* · 8 of 8 answered" in posted(workspace, f"D{user}").text
    assert COMMENTS not in str(posted(workspace, f"D{ANNA}").blocks)
    assert COMMENTS in str(posted(workspace, f"D{LEAD}").blocks)
    rows = presses(workspace, ANNA, ALL_NUMBERS).table()
    assert [row[1:] for row in rows] == [["Score", "n"], ["4.0 of 5", "8"], ["4.0 of 5", "8"]]
    for refused in (
        workspace.presses(ALL_NUMBERS, str(wave.id), user=STRANGER),
        workspace.types("/pulse results", user=ANNA),
    ):
        assert refused.told == (
            "These results were sent to everybody who was asked, by direct message. Look for them "
            "among the messages of deskpulse."
        )


# --- Asking for them -----------------------------------------------------------------------------


def test_in_the_channel_everybody_may_ask_for_what_was_posted_there(office: Workspace) -> None:
    for user in (ANNA, STRANGER):
        assert "eNPS +50" in office.types("/enps results", user=user).told
    refused = office.types("/enps results", user=ANNA, channel=ELSEWHERE).told
    assert refused.startswith("Nothing is closed here yet.")
    assert "eNPS +50" in office.types("/enps results", user=LEAD, channel=ELSEWHERE).told


def test_what_was_posted_to_one_channel_is_shown_in_no_other(office: Workspace) -> None:
    refused = office.types("/enps results 1", user=ANNA, channel=ELSEWHERE).told
    assert refused == "These results are for team leads. Ask one of them to share them."
    assert "eNPS +50" in office.types("/enps results 1", user=ANNA).told


def test_of_an_open_survey_nobody_sees_anything(workspace: Workspace) -> None:
    wave = begin(workspace)
    answered(workspace, wave, EIGHT)
    for verb in ("results", "comments", "export"):
        for number in ("", f" {wave.survey_id}"):
            told = workspace.types(f"/enps {verb}{number}", user=LEAD).told
            assert not re.search(r"\+50|promoter|8 of 8", told)
    assert workspace.types(f"/enps results {wave.survey_id}", user=LEAD).told == (
        "Survey 1 is open until Mon, Nov 23, 5:00 PM; before that nobody sees anything of it."
    )
    pressed = workspace.presses(ALL_NUMBERS, str(wave.id), user=LEAD).told
    assert "not there any more" in pressed


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/enps results x", "It is not said which survey: “x” is no number."),
        ("/enps results 99", "There is no survey 99 that is closed."),
        (
            "/enps results 12345678901234567890",
            "There is no survey 12345678901234567890 that is closed.",
        ),
        ("/pulse results", "Nothing is closed here yet."),
        ("/pulse export", "Nothing is closed here yet."),
        ("/pulse did workload: more people", "Nothing is closed here yet."),
        ("/enps did", "It is not said what was done."),
        ("/enps did #99 more people", "There is no survey 99 that is closed."),
        ("/pulse did lunch: more of it", "There is no theme “lunch”."),
        ("/pulse did workload:", "It is not said what was done."),
        ("/pulse did Well being", "It is not said what was done."),
        ("/enps did #1", "It is not said what was done."),
        ("/pulse did 99 workload: more people", "There is no survey 99 that is closed."),
        ("/enps did " + "x" * 501, "A note of what was done has at most 500 letters"),
    ],
)
def test_a_mistake_is_answered_with_what_would_work(
    quiet: Workspace, typed: str, answer: str
) -> None:
    assert quiet.types(typed, user=LEAD).told.startswith(answer)


@pytest.mark.parametrize(
    ("verb", "meant"), [("results", "results 1"), ("comments", "comments 1"), ("did", "did #1 …")]
)
def test_the_number_of_a_survey_of_the_other_kind_leads_to_its_command(
    office: Workspace, verb: str, meant: str
) -> None:
    typed = "did #1 workload: two people" if verb == "did" else f"{verb} 1"
    assert office.types(f"/pulse {typed}", user=LEAD).told == (
        f"Survey 1 is one of `/enps`. Did you mean `/enps {meant}`?"
    )


@pytest.mark.parametrize("verb", ["comments", "did people", "export"])
def test_what_is_for_leads_is_refused_to_others(office: Workspace, verb: str) -> None:
    refused = office.types(f"/enps {verb}", user=ANNA).told
    assert refused.startswith("That is for team leads.")
    assert "bold" not in office.presses(COMMENTS, "1", user=ANNA).told


@pytest.mark.thorough
def test_without_a_number_it_is_the_last_one_that_somebody_may_see(workspace: Workspace) -> None:
    told(workspace)
    again(workspace, (0,) * 8, results=Results.LEADS)
    assert "eNPS +50" in workspace.types("/enps results", user=ANNA).told
    assert "eNPS −100" in workspace.types("/enps results", user=LEAD).told


@pytest.mark.thorough
def test_what_was_sent_to_those_asked_is_not_told_to_whoever_types_for_it_in_private(
    workspace: Workspace,
) -> None:
    """Who was asked is not known any more: only the message leads to the numbers."""
    wave = told(workspace, results=Results.ASKED)
    for user in (ANNA, STRANGER):
        refused = workspace.types(f"/enps results {wave.survey_id}", user=user, channel=f"D{user}")
        assert refused.told.startswith("These results were sent to everybody who was asked")


# --- Beside earlier ones -------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_change_is_told_only_where_it_can_be_told_from_chance(workspace: Workspace) -> None:
    told(workspace)
    again(workspace, (10, 9, 9, 9, 8, 7, 6, 2))
    assert posted(workspace).text.endswith("Last time +50: the difference can be chance.")
    again(workspace, (0,) * 8)
    assert posted(workspace).text.endswith(
        "🔴 Lower than last time (+25), by more than chance explains."
    )


@pytest.mark.thorough
def test_the_trend_is_a_chart_and_where_slack_draws_none_a_picture() -> None:
    plain = SlackDouble(unknown_blocks={"data_visualization"})
    with open_office(slack=plain) as workspace:
        told(workspace, results=Results.ASKED)
        again(workspace, (10, 9, 9, 9, 8, 7, 6, 2), results=Results.ASKED)
        (image,) = [one for one in posted(workspace, f"D{LEAD}").blocks if one["type"] == "image"]
        assert image["alt_text"] == "eNPS: Nov 23 +50, Dec 10 +25"
        # A sealed message cannot be made plainer, as nobody can read it: it has none from the start.
        assert "Last time +50" in posted(workspace, f"D{ANNA}").text


@pytest.mark.thorough
def test_the_waves_before_are_a_button_away(workspace: Workspace) -> None:
    first = told(workspace)
    again(workspace, (10, 9, 9, 9, 8, 7, 6, 2))
    message = posted(workspace)
    (chart,) = [block for block in message.blocks if block["type"] == "data_visualization"]
    points = chart["chart"]["series"][0]["data"]
    assert [point["value"] for point in points] == [50, 25]
    assert button_of(message, EARLIER)["value"] == str(first.id)
    earlier = workspace.presses(EARLIER, str(first.id), user=ANNA, message=message)
    assert "eNPS +50" in earlier.told
    assert EARLIER not in str(earlier.blocks)


@pytest.mark.thorough
def test_another_audience_is_not_compared_with(workspace: Workspace) -> None:
    told(workspace, results=Results.LEADS)
    again(workspace, EIGHT)
    assert "Last time" not in posted(workspace).text
    again(workspace, EIGHT, audience=Audience(people=PEOPLE))
    assert "Last time" not in posted(workspace).text


# --- What is withheld ----------------------------------------------------------------------------


def test_what_is_withheld_is_so_in_every_outlet_and_each_says_why(workspace: Workspace) -> None:
    wave = told(workspace, (10, 10, 10, 10), "An unmistakable sentence.")
    why = "🔒 Withheld: of fewer than 5 answers, single ones could show."
    message = posted(workspace)
    assert message.text == f"*eNPS* · 4 of 8 answered\n{why}"
    assert why in workspace.types("/enps results", user=LEAD).told
    comments = workspace.types("/enps comments", user=LEAD).told
    assert "Withheld: comments are shown where 5 people or more answered" in comments
    (row,) = rows_of(workspace.types("/enps export", user=LEAD))
    assert (row["n"], row["value"], row["counts"], row["withheld"]) == ("", "", "", "too few")
    everything = [shown(message), comments, str(workspace.tables())]
    assert not any(re.search(r"\+100|promoter|unmistakable", one) for one in everything)
    questions = workspace.presses(ALL_NUMBERS, str(wave.id), user=LEAD, message=message)
    assert "withheld, fewer than 5 answers" in questions.told


def test_a_score_is_told_of_five_and_how_it_is_made_up_of_eight(workspace: Workspace) -> None:
    told(workspace, EIGHT[:5])
    _, mix, interval = posted(workspace).text.splitlines()
    assert mix == "🔒 How many gave which answer is shown from 8 answers on."
    assert interval.startswith("95% interval")
    (row,) = rows_of(workspace.types("/enps export", user=LEAD))
    assert (row["n"], row["value"], row["counts"], row["counts_withheld"]) == (
        *("5", "100.0", ""),
        "too few",
    )


@pytest.mark.thorough
def test_a_small_team_is_withheld_with_the_next_smallest_and_both_say_why(
    workspace: Workspace,
) -> None:
    told_of_teams(workspace, 5, 3)
    text = shown(posted(workspace))
    assert "*eNPS +50* · 8 of 8 answered" in text
    assert "🔒 others: withheld, fewer than 5 answers." in text
    assert "🔒 #day: withheld, or the rest could be worked out." in text
    assert "table" not in {block["type"] for block in posted(workspace).blocks}
    withheld = {
        row["team"]: (row["n"], row["withheld"])
        for row in rows_of(workspace.types("/enps export", user=LEAD))
    }
    assert withheld == {"": ("8", ""), "#day": ("", "too few left"), "others": ("", "too few")}


def told_of_teams(workspace: Workspace, *sizes: int) -> WaveRow:
    """An eNPS of those in a channel, and of others who are named one by one."""
    workspace.slack.add_channel("C0DAY", name="day")
    workspace.slack.add_members("C0DAY", *PEOPLE[: sizes[0]])
    audience = Audience(channels=("C0DAY",), people=PEOPLE[sizes[0] :])
    wave = opened(workspace, plan(audience=audience))
    answered(workspace, wave, EIGHT)
    close(workspace, wave)
    return wave


@pytest.mark.thorough
def test_what_a_lot_left_out_is_said(workspace: Workspace) -> None:
    """One did not answer the second time: the difference would be their answer."""
    people = tuple(f"UL{number}" for number in range(14))
    for user in people:
        workspace.slack.add_user(user)
    audience = Audience(people=people)
    for many in (14, 13):
        workspace.clock.move(days=3)
        wave = opened(workspace, plan(audience=audience))
        for user in people[:many]:
            says(workspace.services, wave, user, {"enps": 9})
        close(workspace, wave)
    text = shown(posted(workspace))
    assert "*eNPS +100* · 13 of 14 answered" in text
    assert "🔒 4 answers, drawn by lot, are left out, so that" in text
    assert "🔒 How many gave which answer: withheld, or who joined or left" in text
    (row,) = rows_of(workspace.types("/enps export", user=LEAD))
    assert (row["answered"], row["n"], row["left_out"], row["counts"]) == ("13", "9", "4", "")


# --- A pulse -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_pulse_is_told_by_theme_the_lowest_first(pulsed: Workspace) -> None:
    message = posted(pulsed)
    assert message.text.startswith("*Pulse 3.0 of 5* · 8 of 8 answered")
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Theme", "of 5", "last", "n"],
        ["Workload", "2.0", "–", "8"],
        ["Tools", "4.0", "–", "8"],
    ]


@pytest.mark.thorough
def test_every_question_is_a_button_away(pulsed: Workspace) -> None:
    told = pulsed.presses(ALL_NUMBERS, "1", user=ANNA, message=posted(pulsed))
    rows = {row[0]: row[1:] for row in told.table()}
    assert rows["I get an answer when I ask for help."] == ["3.0 of 5", "8"]
    assert rows["How well do you know what others work on?"] == ["10.0 of 10", "8"]
    assert len(rows) == 1 + 6
    assert (
        "*Which tool slows you down?*\n🔒 How many gave which answer is shown from 8" in told.told
    )
    assert "What was said in words is with the comments, for leads." in told.told
    assert "phone: 4" not in told.told


@pytest.mark.thorough
def test_a_choice_that_enough_made_is_told_option_by_option(workspace: Workspace) -> None:
    wave = begin(workspace, plan(Kind.PULSE, themes=(Theme.TOOLS,), many=1, own=OWN[2:3]))
    choice = questions_of(wave)[-1]
    for place, user in enumerate(PEOPLE):
        says(workspace.services, wave, user, {choice.key: place % 2})
    close(workspace, wave)
    told = workspace.presses(ALL_NUMBERS, str(wave.id), user=LEAD).told
    assert "*Which tool slows you down?*\nCRM: 4\nphone: 4\nsearch: 0" in told


@pytest.mark.thorough
def test_the_most_teams_and_themes_fit_into_one_message(workspace: Workspace) -> None:
    """Slack takes one table in a message, and 12,000 characters."""
    channels = [f"C0TEAM{number}" for number in range(8)]
    people = [f"UT{number}" for number in range(40)]
    for place, channel in enumerate(channels):
        name = f"team-{place}-with-a-name-as-long-as-slack-takes-it-{'x' * 40}"[:80]
        workspace.slack.add_channel(channel, name=name)
        workspace.slack.add_members(channel, *people[place * 5 : place * 5 + 5])
    for user in people:
        workspace.slack.add_user(user)
    wave = start(workspace, plan(Kind.PULSE, audience=Audience(tuple(channels)), many=8))
    for user in people:
        says(workspace.services, wave, user, {one.key: 3 for one in questions_of(wave)})
    close(workspace, wave)
    message = posted(workspace)
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert len(table["rows"]) == 1 + 8 + 1 + 8


# --- Comments ------------------------------------------------------------------------------------

HOSTILE = (
    "<!channel> <@U2> <#C0SUPPORT> @here *bold* _it_ `code` ~gone~",
    "<https://evil.example|click here>\n>quote\n```block```",
    "\u202eright to left\u202c and \u200bzero\u200d width",
    "سلام <!everyone> خوبی؟",
    "=HYPERLINK(1) &lt;!channel&gt; <script>alert(1)</script>",
    "a" * 3_000,
)


def test_a_comment_pings_nobody_and_is_no_markup(office: Workspace) -> None:
    said = read(office)
    everything = json.dumps(said, ensure_ascii=False)
    assert not re.search(r"<[!@#]|<http|(?<!\w)@here|\u202e|\u200b", everything)
    texts = [text for message in said for text in quoted(message)]
    assert len(texts) == len(HOSTILE)
    assert any("*bold* _it_ `code` ~gone~" in text for text in texts)
    assert "a" * 3_000 in texts
    for message in said:
        assert broken_limits(message) == []
        for block in message["blocks"]:
            if block["type"] in ("section", "context"):
                assert not any(text[:20] in json.dumps(block) for text in texts)


def test_the_preview_draws_a_comment_as_it_was_typed(office: Workspace) -> None:
    for message in read(office):
        made = Message(message["text"], message["blocks"])
        page = to_html([Conversation("#x", T(), made)], title="x", reader=READER)
        assert "<script>alert" not in page
        assert not re.search(r'href="https?://evil|<strong>bold|<b>bold', page)


def read(workspace: Workspace) -> list[Json]:
    """All comments of the last eNPS, message by message."""
    answer = workspace.types("/enps comments", user=LEAD)
    found = [answer.message]
    while MORE in answer.buttons():
        answer = workspace.presses(MORE, answer.buttons()[MORE]["value"], user=LEAD)
        found.append(answer.message)
    return found


def quoted(message: Mapping[str, Any]) -> list[str]:
    """What people wrote."""
    return [
        part["elements"][0]["text"]
        for block in message["blocks"]
        if block["type"] == "rich_text"
        for part in block["elements"]
        if part["type"] == "rich_text_quote"
    ]


def test_many_long_comments_come_page_by_page_each_once() -> None:
    there = [
        Comment(f"{place:032}", 1, "enps", f"{place} " + '"\n' * (place * 40), place % 2 == 0)
        for place in range(36)
    ]
    start, texts = 0, []
    while start < len(there):
        message = comments_shown.comments(there, {}, READER, start=start)
        assert broken_limits({"text": message.text, "blocks": message.blocks}) == []
        texts += quoted({"blocks": list(message.blocks)})
        head, _, end = message.text.partition("random order: ")
        assert head.startswith("36 comments")
        start = int(end.split(" to ")[1].rstrip("."))
    assert len(texts) == len(there)


def test_comments_stand_beside_no_number_and_no_team(workspace: Workspace) -> None:
    told(workspace, EIGHT, "One.", "Two.")
    (message,) = read(workspace)
    assert sorted(quoted(message)) == ["One.", "Two."]
    said = words(message).replace("2 comments", "")
    assert not re.search(r"\d|#support", said)


def test_who_wrote_nothing_leaves_nothing_to_read(workspace: Workspace) -> None:
    told(workspace)
    assert workspace.types("/enps comments", user=LEAD).told.startswith("Nobody wrote a comment.")


# --- You said, we did ----------------------------------------------------------------------------


def deeds(workspace: Workspace) -> list[tuple[int, str, str]]:
    with workspace.services.reading() as session:
        rows = session.exec(select(DeedRow).order_by(col(DeedRow.id)))
        return [(row.wave_id, row.theme, row.text) for row in rows]


@pytest.mark.parametrize(
    ("typed", "theme", "text"),
    [
        ("workload: two people more", "workload", "two people more"),
        ("Workload:two people more", "workload", "two people more"),
        ("well being: a walk", "well-being", "a walk"),
        ("2 people more", "", "2 people more"),
        ("see https://wiki.example/x", "", "see https://wiki.example/x"),
        ("#1 tools: a new CRM", "tools", "a new CRM"),
        ("1 tools: a new CRM", "tools", "a new CRM"),
        ("1 new CRM", "", "1 new CRM"),
        ("we asked <@U2|ben> &amp; &lt;b&gt;", "", "we asked @ben & <b>"),
    ],
)
def test_what_was_done_is_noted_about_a_theme_or_about_all(
    pulsed: Workspace, typed: str, theme: str, text: str
) -> None:
    answer = pulsed.types(f"/pulse did {typed}", user=LEAD)
    assert deeds(pulsed)[-1] == (1, theme, text)
    assert "Everybody reads it when they are asked next." in answer.told
    assert "<b>" not in answer.message["text"]
    change = pulsed.audit()[0]
    assert (change.who, change.action, change.detail) == (LEAD, "survey did", f"wave 1: {text}")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            "Workload we hired two",
            "Is it about “Workload”? Take it back, and type a colon: `/pulse",
        ),
        ("well-being, a walk", "type a colon: `/pulse did well-being: …`"),
        ("#1 tools a new CRM", "type a colon: `/pulse did #1 tools: …`"),
    ],
)
def test_a_note_that_begins_with_a_theme_is_answered_with_how_it_is_about_it(
    pulsed: Workspace, typed: str, meant: str
) -> None:
    assert meant in pulsed.types(f"/pulse did {typed}", user=LEAD).told
    assert deeds(pulsed)[-1][1] == ""


@pytest.mark.parametrize("typed", ["tools: a new CRM", "We work less", "teamwork"])
def test_any_other_note_is_asked_nothing(pulsed: Workspace, typed: str) -> None:
    assert "type a colon" not in pulsed.types(f"/pulse did {typed}", user=LEAD).told


def test_a_note_is_taken_back_once(pulsed: Workspace) -> None:
    before = deeds(pulsed)
    value = pulsed.types("/pulse did tools: <a> CRM", user=LEAD).buttons()[TAKE_BACK]["value"]
    assert "That is for team leads." in pulsed.presses(TAKE_BACK, value, user=ANNA).told
    assert len(deeds(pulsed)) == len(before) + 1
    back = pulsed.presses(TAKE_BACK, value, user=LEAD)
    assert back.told == "Taken back: “&lt;a&gt; CRM”. Nobody is shown it from now on."
    assert back.message["replace_original"] is True
    assert deeds(pulsed) == before
    change = pulsed.audit()[0]
    assert (change.who, change.action, change.detail) == (
        LEAD,
        "survey took back",
        "wave 1: <a> CRM",
    )
    again = pulsed.presses(TAKE_BACK, value, user=LEAD).told
    assert again == "This note was taken back already."


def test_a_colon_of_an_enps_is_part_of_the_note(workspace: Workspace) -> None:
    wave = told(workspace)
    workspace.types("/enps did We promised: more people", user=LEAD)
    workspace.types("/enps did 1 workload: more people", user=LEAD)
    assert deeds(workspace) == [
        (wave.id, "", "We promised: more people"),
        (wave.id, "", "1 workload: more people"),
    ]


@pytest.mark.thorough
def test_what_was_done_is_shown_with_the_next_wave_also_of_a_survey_started_anew(
    workspace: Workspace,
) -> None:
    told(workspace)
    workspace.types("/enps did We hired two people & a <b>dog</b>", user=LEAD)
    workspace.clock.move(days=14, hours=-6)
    start(workspace)
    asked = inbox(workspace, ANNA)[-1]
    assert "You said, we did:" in shown(asked)
    assert "• We hired two people &amp; a &lt;b&gt;dog&lt;/b&gt;" in shown(asked)


# --- A file --------------------------------------------------------------------------------------


def rows_of(*answers: Answered) -> list[dict[str, str]]:
    """The CSV in some answers."""
    text = "".join(
        block["elements"][0]["elements"][0]["text"]
        for answer in answers
        for message in answer.messages
        for block in message["blocks"]
    )
    return list(csv.DictReader(StringIO(text)))


def test_a_file_holds_what_the_gate_let_out_and_no_more(pulsed: Workspace) -> None:
    found = rows_of(pulsed.types("/pulse export", user=LEAD))
    assert tuple(found[0]) == COLUMNS
    with pulsed.services.reading() as session:
        kept = results.of_wave(session, session.get_one(WaveRow, 1)).told
    assert {(one["subject"], one["team"]) for one in found} == set(kept)
    for one in found:
        is_told = kept[one["subject"], one["team"]].numbers is not None
        assert bool(one["n"]) is is_told
        assert bool(one["withheld"]) is not is_told
    choice = questions_of(wave_of(pulsed))[-2]
    (withheld,) = [one for one in found if one["subject"] == choice.key]
    assert (withheld["counts"], withheld["withheld"]) == ("", "too few")


def test_a_long_file_comes_in_several_messages_cut_between_lines() -> None:
    text = "".join(f"{number},{'x' * 100}\n" for number in range(300))
    messages = as_csv(text, READER)
    assert len(messages) == 4
    for message in messages:
        assert broken_limits({"text": message.text, "blocks": list(message.blocks)}) == []
    parts = [one.blocks[0]["elements"][0]["elements"][0]["text"] for one in messages]
    assert "".join(parts) == text
    assert all(part.endswith("\n") for part in parts)
    (longer,) = as_csv(text * 2, READER)
    assert "deskpulse surveys export" in longer.text


# --- To be forgotten -----------------------------------------------------------------------------


def test_whoever_wants_to_be_forgotten_is_in_no_closed_wave_any_more(workspace: Workspace) -> None:
    told(workspace)
    seals = workspace.services.seals

    def known() -> bool:
        with workspace.services.writing() as session:
            before = marks.told_before(session, 1, ["enps"], seals).releases["enps"]
        return any(marks.mark(ANNA, seals) in release.people for release in before)

    assert known()
    told_them = workspace.types("/pulse forget", user=ANNA, channel=ELSEWHERE).told
    assert "that you answered surveys that are closed (1)" in told_them
    assert not known()
    assert workspace.types("/enps forget", user=ANNA).told == "Nothing here leads to you."


def test_whoever_is_forgotten_while_a_wave_is_open_leaves_neither_mark_nor_address(
    workspace: Workspace,
) -> None:
    wave = begin(workspace)
    answered(workspace, wave, EIGHT[1:])
    last = PEOPLE[7]
    services = workspace.services
    says(services, wave, last, {"enps": 2}, "Write to me.", about="enps", may_reply=True)
    workspace.types("/enps forget", user=last)
    workspace.types("/enps forget", user=last)
    close(workspace, wave)
    with services.writing() as session:
        (release,) = marks.told_before(session, 1, ["enps"], services.seals).releases["enps"]
    assert marks.mark(last, services.seals) not in release.people
    assert len(release.people) == 8
    (message,) = read(workspace)
    assert quoted(message) == ["Write to me."]
    assert "Answer" not in words(message)


@pytest.mark.thorough
def test_the_forgotten_get_no_results_either(workspace: Workspace) -> None:
    wave = begin(workspace, plan(results=Results.ASKED))
    answered(workspace, wave, EIGHT)
    workspace.types("/enps forget", user=ANNA)
    close(workspace, wave)
    assert [len(inbox(workspace, user)) for user in (ANNA, BEN)] == [1, 2]


@pytest.mark.thorough
def test_in_which_waves_the_forgotten_were_does_not_show_and_no_file_has_it(
    workspace: Workspace,
) -> None:
    """Anna answered the second one only: the marks of both are written anew, and files scrubbed."""
    first = begin(workspace)
    for user, score in zip(PEOPLE[1:], EIGHT, strict=False):
        says(workspace.services, first, user, {"enps": score})
    close(workspace, first)
    again(workspace, EIGHT)
    work(workspace)
    before = rows_of_waves(workspace)
    assert all(map(is_scrubbed, before))
    workspace.types("/enps forget", user=ANNA)
    after = rows_of_waves(workspace)
    assert all(one.marks != other.marks for one, other in zip(before, after, strict=True))
    assert not any(map(is_scrubbed, after))
    work(workspace)
    assert all(map(is_scrubbed, rows_of_waves(workspace)))


def rows_of_waves(workspace: Workspace) -> list[WaveRow]:
    with workspace.services.reading() as session:
        return list(session.scalars(select(WaveRow).order_by(col(WaveRow.id))))


@pytest.mark.thorough
def test_whoever_is_forgotten_before_they_answered_is_asked_no_more(workspace: Workspace) -> None:
    wave = begin(workspace, plan(days=7))
    workspace.types("/enps forget", user=ANNA)
    workspace.clock.move(days=4)
    work(workspace)
    assert [len(inbox(workspace, user)) for user in (ANNA, BEN)] == [1, 2]
    taps(workspace, ANNA, 9)
    close(workspace, wave)
    assert posted(workspace).text.startswith("*eNPS* · 1 of 8 answered")


def test_what_the_message_is_made_of_is_only_what_is_stored(office: Workspace) -> None:
    """The same again from the tables alone: of the answers there is nothing else."""
    with office.services.reading() as session:
        kept = results.of_wave(session, session.get_one(WaveRow, 1))
    made = shown_results.results(kept, [], READER)
    assert made.text == posted(office).text
    assert list(made.blocks) == posted(office).blocks
    tables = office.tables()
    assert tables["survey_ballot"] == tables["survey_roll"] == []
