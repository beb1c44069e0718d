from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DeskpulseError, DeskUnavailable, SlackBusy, UsageError, said

GERMAN = {
    "There is no day {day}.": "Den Tag {day} gibt es nicht.",
    "For example: {example}": "Zum Beispiel: {example}",
    "Slack asks to wait.": "Slack bittet um Geduld.",
}


def german(text: str) -> str:
    return GERMAN.get(text, text)


def test_an_error_is_its_sentence_and_its_hint_in_english() -> None:
    error = UsageError("There is no day {day}.", "For example: {example}", day="x", example="y")
    assert str(error) == "There is no day x. For example: y"
    assert (error.message, error.hint) == ("There is no day x.", "For example: y")
    assert str(UsageError("Nothing.")) == "Nothing."


def test_an_error_is_told_in_the_readers_language_before_its_places_are_filled() -> None:
    error = UsageError("There is no day {day}.", "For example: {example}", day="{day}", example="y")
    assert error.said(german) == "Den Tag {day} gibt es nicht. Zum Beispiel: y"


def test_without_values_a_brace_is_a_brace() -> None:
    assert str(DeskUnavailable('The desk said {"error": 1}.')) == 'The desk said {"error": 1}.'


def test_an_error_of_slack_has_values_beside_its_code() -> None:
    error = SlackBusy("There is no day {day}.", code="ratelimited", retry_after=3, day="x")
    assert (str(error), error.code, error.retry_after) == ("There is no day x.", "ratelimited", 3)


@pytest.mark.thorough
@given(st.text(), st.text(), st.dictionaries(st.sampled_from(["day", "example"]), st.text()))
def test_an_error_that_was_kept_is_said_as_when_it_happened(
    message: str, hint: str, values: dict[str, str]
) -> None:
    escaped = [
        text.replace("{", "{{").replace("}", "}}") if values else text for text in (message, hint)
    ]
    error = DeskpulseError(*escaped, **values)
    assert said(error.kept()) == str(error)


def test_an_error_that_was_kept_is_said_in_any_language() -> None:
    kept = UsageError("There is no day {day}.", "See.", day=12).kept()
    assert said(kept, german) == "Den Tag 12 gibt es nicht. See."


@pytest.mark.parametrize("kept", ["", "It failed.", "5", "[]", "null", '["a"]', "[1, 2, 3]", "{"])
def test_any_other_text_is_said_as_it_is(kept: str) -> None:
    assert said(kept) == kept
    assert said("Slack asks to wait.", german) == "Slack bittet um Geduld."
