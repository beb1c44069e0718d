from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from commands.words import LONGEST_WORD, closest, for_example, mistake, plain, quoted

patient = settings(deadline=None)

METRICS = ["first response time", "resolution time", "Backlog", "ticket_volume"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("first response time", "first response time"),
        ("First_Response-Time", "first response time"),
        ("  first   response time ", "first response time"),
        ("frist response", "first response time"),
        ("resolution", "resolution time"),
        ("BACKLOG", "Backlog"),
        ("blacklog", "Backlog"),
        ("ticket volume", "ticket_volume"),
        ("ticketvolume", "ticket_volume"),
        ("weather", None),
        ("", None),
        ("-_ ", None),
    ],
)
def test_a_word_is_understood_as_the_closest_known_one(typed: str, meant: str | None) -> None:
    assert closest(typed, METRICS) == meant


@patient
@given(st.sampled_from(METRICS), st.sampled_from(" _-"), st.booleans())
def test_case_and_what_stands_between_words_make_no_difference(
    known: str, between: str, loud: bool
) -> None:
    typed = known.replace(" ", between).replace("_", between)
    assert closest(typed.upper() if loud else typed, METRICS) == known


@patient
@given(st.text(), st.lists(st.text()))
def test_only_known_words_are_offered(typed: str, known: list[str]) -> None:
    assert closest(typed, known) in {None, *known}


def test_a_mistake_says_what_was_probably_meant_and_shows_how() -> None:
    error = mistake("metric", "frist response", METRICS, "/kpi frt last 7d")
    assert isinstance(error, UsageError)
    assert error.message == (
        "There is no metric “frist response”. Did you mean “first response time”?"
    )
    assert error.hint == "For example: /kpi frt last 7d"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("weather", "There is no metric “weather”."),
        ("  ", "There is no metric given."),
        ("a\nb\x00c", "There is no metric “a b c”."),
        ("{typed}", "There is no metric “{typed}”."),
        ("x" * 500, "There is no metric “" + "x" * (LONGEST_WORD - 1) + "…”."),
    ],
)
def test_a_mistake_that_is_near_nothing_only_says_so(typed: str, said: str) -> None:
    assert mistake("metric", typed, METRICS, "backlog").message == said


def test_sentences_are_translated_whole_before_words_are_put_in() -> None:
    german = {
        "There is no {what} “{typed}”. Did you mean “{meant}”?": "„{typed}“? Eher „{meant}“ ({what}).",
        "For example: {example}": "Zum Beispiel: {example}",
    }
    error = mistake("Kennzahl", "blacklog", METRICS, "backlog", _=german.__getitem__)
    assert error.message == "„blacklog“? Eher „Backlog“ (Kennzahl)."
    assert error.hint == for_example("backlog", _=german.__getitem__) == "Zum Beispiel: backlog"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Last\t7 D ", "last 7 d"),
        ("۹:۳۰", "9:30"),
        ("٠٩", "09"),
        ("STRASSE", "strasse"),
        ("", ""),
    ],
)
def test_typed_text_is_made_plain(typed: str, read: str) -> None:
    assert plain(typed) == read


@patient
@given(st.text())
def test_what_is_quoted_is_one_short_line(typed: str) -> None:
    assert quoted(typed).isprintable()
    assert len(quoted(typed)) <= LONGEST_WORD
