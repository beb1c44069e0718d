"""The windows of surveys, and the longest of their messages: Slack takes them in every language."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.locale import Reader
from bot.slack.surveys import form, question
from bot.slack.surveys.form import Filled, Ticket
from bot.surveys import own
from bot.surveys.survey import Question, Scale
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_view_errors
from tests.survey_message_samples import ATHENS, DEEDS, OF_ENPS, OF_PULSE, SURVEY_VIEWS, SURVEYS
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
