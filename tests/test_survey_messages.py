"""The windows of surveys, and the longest of their messages: Slack takes them in every language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import plain
from bot.slack.surveys import form, question, results
from bot.slack.surveys.form import Filled, Ticket
from bot.slack.surveys.results import ALL_NUMBERS
from bot.surveys import own
from bot.surveys.bank import ENPS
from bot.surveys.gate import Reason
from bot.surveys.results import Told, WaveResult
from bot.surveys.survey import Kind, Question, Results, Scale
from bot.surveys.tally import ALL
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_view_errors
from tests.people_samples import KPI
from tests.survey_message_samples import (
    ATHENS,
    DEEDS,
    ENPS_BEFORE,
    ENPS_NOW,
    LARGE,
    LARGE_HIDDEN,
    ODD,
    OF_ENPS,
    OF_PULSE,
    OWN,
    SURVEY_VIEWS,
    SURVEYS,
    a_wave,
    agreed,
    hidden,
    likely,
)
from tests.survey_plan_samples import PLANS
from tests.test_language import READER as MARKING
from tests.test_language import unmarked
from tests.test_messages import LANGUAGES, READER, check, file_of
from tests.workspace import words


@pytest.mark.parametrize("name", SURVEY_VIEWS)
def test_a_window_looks_as_it_did(name: str) -> None:
    made = SURVEY_VIEWS[name](READER)
    check(file_of(name, "json"), json.dumps(made, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("language", [*LANGUAGES, "fr", "es", "el"])
@pytest.mark.parametrize("name", SURVEY_VIEWS)
def test_slack_takes_every_window_in_every_language(name: str, language: str) -> None:
    assert broken_limits(SURVEY_VIEWS[name](Reader(language, ATHENS))) == []


@pytest.mark.live
@pytest.mark.parametrize("name", SURVEY_VIEWS)
def test_every_window_is_of_slacks_official_types(name: str) -> None:
    assert official_view_errors(SURVEY_VIEWS[name](READER)) == []


@pytest.mark.parametrize("name", ["survey form enps", "survey form why", "survey letter told"])
def test_every_text_of_a_window_goes_through_gettext(name: str) -> None:
    view = SURVEY_VIEWS[name](MARKING)
    heads = [view[part]["text"] for part in ("title", "submit", "close") if view.get(part)]
    for told in (words(view), *heads):
        assert unmarked(told) == [], told


def test_ten_of_the_longest_questions_fit_into_the_window() -> None:
    answers = " / ".join(f"{number}{'x' * 74}" for number in range(10))
    lines = [f"choice: {number}{'q' * 200}? {answers}" for number in range(10)]
    asked = own.parse("\n".join(lines), "en")
    filled = Filled({one.key: 9 for one in asked}, {form.COMMENT: "x" * 3_000}, may_reply=True)
    view = form.answer_view(replace(OF_PULSE, questions=asked), Ticket(2), READER, filled)
    assert broken_limits(view) == []
    texts = [Question(f"own-{n}", Scale.TEXT, {"en": "q" * 250}) for n in range(10)]
    filled = Filled({}, {one.key: "\u202ex" * 1_500 for one in texts})
    view = form.answer_view(replace(OF_PULSE, questions=texts), Ticket(2), READER, filled)
    assert broken_limits(view) == []


def test_what_was_said_in_words_comes_first_where_it_may_be_changed() -> None:
    view = SURVEY_VIEWS["survey form telling"](READER)
    kinds = [block.get("element", {}).get("type") for block in view["blocks"]]
    assert view["blocks"][0]["block_id"] == "survey-found"
    assert kinds[1:4] == ["plain_text_input", "plain_text_input", "checkboxes"]


def test_as_many_deeds_as_leads_note_fit_into_the_question() -> None:
    deeds = [(theme, f"{place} {text} " * 12) for place in range(10) for theme, text in DEEDS]
    message = question.question(replace(OF_ENPS, deeds=deeds), READER)
    assert broken_limits({"text": message.text, "blocks": list(message.blocks)}) == []


@pytest.mark.parametrize(
    "name", [name for name in SURVEYS if "thanks" in name or "already" in name]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_stays_in_slack_says_what_was_answered(name: str, language: str) -> None:
    """The same for everybody: nothing of an answer is handed to what makes it."""
    message = SURVEYS[name](Reader(language, ATHENS))
    assert message == SURVEYS[name](Reader(language, ATHENS))


# --- What is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first", "last"), [(ENPS, "0 not at all", "10 very likely"), (OWN[1], "0", "10")]
)
def test_only_the_question_of_an_enps_has_words_at_its_ends(
    asked: Question, first: str, last: str
) -> None:
    view = form.answer_view(replace(OF_PULSE, questions=[asked]), Ticket(2), READER)
    labels = [one["text"]["text"] for one in view["blocks"][0]["element"]["options"]]
    assert (labels[0], labels[5], labels[-1]) == (first, "5", last)


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (Results.CHANNEL, "shown to whoever can read <#C0SUPPORT>, only as"),
        (Results.LEADS, "shown to team leads, only as"),
        (Results.ASKED, "shown to everybody asked, only as"),
    ],
)
def test_whoever_is_asked_is_told_who_will_see_the_numbers(results: Results, told: str) -> None:
    asking = replace(OF_PULSE, results=results)
    for promised in (question.promise(asking, READER), question.promise_of_words(asking, READER)):
        assert told in promised


@pytest.mark.parametrize("name", ["survey form enps", "survey form pulse", "survey form why"])
def test_where_words_can_be_written_it_is_told_who_reads_them(name: str) -> None:
    assert "Team leads read comments word for word" in words(SURVEY_VIEWS[name](READER))


@pytest.mark.parametrize(
    ("made", "day"),
    [
        (SURVEYS["survey question enps"], "الجمعة"),
        (SURVEYS["survey thanks"], "الجمعة"),
        (SURVEYS["survey results enps"], "23"),
        (PLANS["survey started once"], "الجمعة"),
        (KPI["kpi survey"], "20"),
    ],
)
def test_a_day_among_other_words_keeps_its_own_direction(
    made: Callable[[Reader], Message], day: str
) -> None:
    shown = made(Reader("ar", ATHENS))
    assert f"\u2068{day}" in words({"text": shown.text, "blocks": shown.blocks})


# --- What is told --------------------------------------------------------------------------------


def trend_of(message: Message) -> list[tuple[str, float]]:
    """The days and values of the chart."""
    charts = [one for one in message.blocks if one["type"] == "data_visualization"]
    return [
        (point["label"], point["value"])
        for chart in charts
        for point in chart["chart"]["series"][0]["data"]
    ]


def enps_of(weeks: int, told: Told) -> WaveResult:
    return a_wave(Kind.ENPS, {("enps", ""): told}, weeks=weeks, comments=0)


HIDDEN = hidden(Reason.OVER_TIME)


def test_no_line_goes_across_a_wave_that_was_withheld() -> None:
    before = [enps_of(13, likely(7, 5, 5)), enps_of(26, HIDDEN), enps_of(39, likely(9, 5, 2))]
    trend = trend_of(results.results(ENPS_NOW, before, READER))
    assert [value for _, value in trend] == [12, 44]


def test_no_line_ends_before_the_wave_that_is_told_about() -> None:
    before = [enps_of(13 * place, likely(9, 5, 2)) for place in (1, 2, 3)]
    assert trend_of(results.results(enps_of(0, HIDDEN), before, READER)) == []
    assert len(trend_of(results.results(enps_of(0, likely(9, 5, 2)), before, READER))) == 4


@pytest.mark.parametrize("mean", [3.15, 3.25, 3.149])
def test_the_chart_and_the_head_are_rounded_alike(mean: float) -> None:
    pulses = [
        a_wave(Kind.PULSE, {(ALL, ""): agreed(20, one)}, weeks=weeks)
        for weeks, one in enumerate((mean, 3.0))
    ]
    made = results.results(pulses[0], pulses[1:], READER)
    (_, drawn) = trend_of(made)[-1]
    assert made.text.startswith(f"*Pulse {drawn} of 5*")
    half = results.results(enps_of(0, likely(4, 3, 1)), [enps_of(9, likely(3, 2, 3))], READER)
    assert trend_of(half)[-1][1] == 38
    assert half.text.startswith("*eNPS +38*")


@pytest.mark.parametrize(
    ("key", "title"), [("a", "Pulse"), ("b", "Pulse, not always the same questions")]
)
def test_the_chart_says_that_questions_differed(key: str, title: str) -> None:
    def pulse(key: str, weeks: int) -> WaveResult:
        asked = [Question(key, Scale.AGREEMENT, {"en": "?"})]
        told = {(ALL, ""): agreed(20, 3), (key, ""): agreed(20, 3)}
        return a_wave(Kind.PULSE, told, weeks=weeks, questions=asked)

    message = results.results(pulse("a", 0), [pulse(key, 2)], READER)
    (chart,) = [one for one in message.blocks if one["type"] == "data_visualization"]
    assert chart["title"] == title


def test_a_mark_of_what_moved_stands_before_the_number_and_is_no_colour() -> None:
    now = {("enps", ""): likely(9, 5, 2), ("enps", "#billing"): likely(0, 0, 30)}
    before = {**now, ("enps", "#billing"): likely(30, 0, 0)}
    message = results.results(a_wave(Kind.ENPS, now), [a_wave(Kind.ENPS, before, weeks=13)], READER)
    (table,) = [one for one in message.blocks if one["type"] == "table"]
    assert [cell["text"] for cell in table["rows"][1]] == ["#billing", "▼\u00a0−100", "+100", "30"]


def test_it_is_said_that_there_is_nothing_to_compare_with() -> None:
    after = results.results(ENPS_NOW, [enps_of(13, HIDDEN), *ENPS_BEFORE], READER)
    assert after.text.endswith("Last time it was withheld, so there is nothing to compare it with.")
    assert "Last time" not in results.results(ENPS_NOW, [], READER).text


def test_what_is_withheld_as_a_whole_says_so_once() -> None:
    message = results.results(LARGE_HIDDEN, [], READER)
    assert [one["block_id"] for one in message.blocks] == ["survey-head", "survey-foot"]
    told = words({"blocks": message.blocks})
    assert (told.count("🔒"), "did workload" in told) == (1, False)
    # An own question is told though none of the bank is: then there is something to look at.
    own_alone = replace(LARGE_HIDDEN, told={**LARGE_HIDDEN.told, ("own", ""): agreed(9, 4)})
    assert ALL_NUMBERS in str(results.results(own_alone, [], READER).blocks)


def test_the_name_of_a_team_is_markup_only_where_markup_is_read() -> None:
    odd = replace(LARGE, told={(ALL, ""): agreed(80, 3.5), (ALL, ODD): agreed(10, 3.3)})
    assert f"'{ODD}'" in str(results.results(odd, [], READER).blocks)
    hidden_odd = {**odd.told, (ALL, ODD): HIDDEN}
    told = str(results.results(replace(odd, told=hidden_odd), [], READER).blocks)
    assert plain(ODD) in told
    assert ODD not in told
