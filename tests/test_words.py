from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from commands.words import LONGEST_WORD, closest, examples, mistake, plain, quoted

patient = settings(deadline=None)

NO_METRIC = "There is no metric “{typed}”."
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
    error = mistake(NO_METRIC, "frist response", METRICS, "/kpi frt last 7d")
    assert isinstance(error, UsageError)
    assert error.message == "There is no metric “frist response”."
    assert error.hint == "Did you mean “first response time”? For example: `/kpi frt last 7d`"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("weather", "There is no metric “weather”."),
        ("  ", "Something is missing at the end."),
        ("a\nb\x00c", "There is no metric “a b c”."),
        ("{typed}", "There is no metric “{typed}”."),
        ("x" * 500, "There is no metric “" + "x" * (LONGEST_WORD - 1) + "…”."),
    ],
)
def test_a_mistake_that_is_near_nothing_only_says_so(typed: str, said: str) -> None:
    assert mistake(NO_METRIC, typed, METRICS, "/kpi backlog").message == said


def test_sentences_are_translated_whole_before_words_are_put_in() -> None:
    german = {
        NO_METRIC: "Eine Kennzahl „{typed}“ gibt es nicht.",
        "Did you mean “{meant}”? For example: {example}": "Vielleicht „{meant}“? Etwa: {example}",
    }
    error = mistake(NO_METRIC, "blacklog", METRICS, "/kpi backlog")
    assert error.said(german.__getitem__) == (
        "Eine Kennzahl „blacklog“ gibt es nicht. Vielleicht „Backlog“? Etwa: `/kpi backlog`"
    )


def test_an_example_is_given_once() -> None:
    assert examples("/kpi", "/digest", "/kpi") == "`/kpi` · `/digest`"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Last\t7 D ", "last 7 d"),
        ("۹:۳۰", "9:30"),
        ("٠٩", "09"),
        ("STRASSE", "strasse"),
        ("٩٠٫٥٪", "90.5%"),
        ("\u2067/kpi\u2069 \u200f۱٬۵۰۰", "/kpi 1,500"),
        ("", ""),
    ],
)
def test_typed_text_is_made_plain(typed: str, read: str) -> None:
    assert plain(typed) == read


@patient
@given(st.text())
def test_what_is_quoted_is_one_short_line(typed: str) -> None:
    shown = quoted(typed).removeprefix("\u2068").removesuffix("\u2069")
    assert shown.isprintable()
    assert len(shown) <= LONGEST_WORD


def test_what_is_quoted_from_right_to_left_keeps_to_itself() -> None:
    assert quoted(" گزارش ") == "\u2068گزارش\u2069"
