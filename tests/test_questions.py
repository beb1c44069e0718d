"""What `/kpi` understands of a question, and what it answers to one that it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.timetable import Against
from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Clock, Metric
from commands.questions import Question, parse
from commands.words import unescaped
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)


def day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=ATHENS)


def asked(text: str) -> Question:
    return parse(text, now=T(), reader=READER)


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        asked(text)
    return caught.value


LAST_WEEK = Window(day("2026-11-13"), day("2026-11-20"))
BILLING = Slice(Dimension.GROUP, "Billing")

# --- A number, a window and a breakdown ----------------------------------------------------------

UNDERSTOOD = [
    ("", None, LAST_WEEK, None),
    ("frt", "first_response_time", LAST_WEEK, None),
    ("FRT", "first_response_time", LAST_WEEK, None),
    ("First Response Time", "first_response_time", LAST_WEEK, None),
    ("first_response_time last 7d", "first_response_time", LAST_WEEK, None),
    ("one-touch rate", "one_touch_rate", LAST_WEEK, None),
    ("csat", "csat", LAST_WEEK, None),
    ("last 7d", None, LAST_WEEK, None),
    ("monday", None, Window(day("2026-11-16"), day("2026-11-17")), None),
    ("volume by channel", "ticket_volume", LAST_WEEK, Dimension.CHANNEL),
    ("volume last 7d by group", "ticket_volume", LAST_WEEK, Dimension.GROUP),
    ("volume by group last 7d", "ticket_volume", LAST_WEEK, Dimension.GROUP),
    ("volume by Priority", "ticket_volume", LAST_WEEK, Dimension.PRIORITY),
    ("volume by desk", "ticket_volume", LAST_WEEK, Dimension.DESK),
    ("volume by help desk", "ticket_volume", LAST_WEEK, Dimension.DESK),
    ("volume by channels", "ticket_volume", LAST_WEEK, Dimension.CHANNEL),
    ("frt by agent", "first_response_time", LAST_WEEK, Dimension.AGENT),
    ("backlog today", "backlog", Window(day("2026-11-20"), T()), None),
    ("backlog yesterday", "backlog", Window(day("2026-11-19"), day("2026-11-20")), None),
    ("backlog this week", "backlog", Window(day("2026-11-16"), T()), None),
    ("backlog last month", "backlog", Window(day("2026-10-01"), day("2026-11-01")), None),
    (
        "backlog 2026-11-01..2026-11-15",
        "backlog",
        Window(day("2026-11-01"), day("2026-11-16")),
        None,
    ),
    ("backlog since monday", "backlog", Window(day("2026-11-16"), T()), None),
]


@pytest.mark.parametrize(("text", "metric", "window", "by"), UNDERSTOOD)
def test_a_question_is_a_number_a_window_and_a_breakdown(
    text: str, metric: str | None, window: Window, by: Dimension | None
) -> None:
    question = asked(text)
    assert (question.metric.key if question.metric else None) == metric
    assert (question.window, question.by) == (window, by)
    assert (question.only, question.against) == (None, Against.COMPARABLE)
    assert question.clock is Clock.CALENDAR


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_every_number_answers_to_each_of_its_names(metric: Metric) -> None:
    for name in metric.names:
        assert asked(name).metric == metric
        assert asked(f"{name.upper()} yesterday").metric == metric


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_a_number_is_split_by_what_its_rows_carry_and_by_nothing_else(metric: Metric) -> None:
    for dimension in Dimension:
        typed = f"{metric.label} by {dimension}"
        if dimension in metric.dimensions:
            assert asked(typed).by is dimension
        else:
            assert "cannot be split" in refused(typed).message
            assert "by agent`" not in refused(typed).hint


def test_its_parts_may_come_in_any_order() -> None:
    parts = ("last month", "by channel", "for group Billing", "business", "vs last year")
    wanted = Question(
        CATALOGUE["first_response_time"],
        Window(day("2026-10-01"), day("2026-11-01")),
        by=Dimension.CHANNEL,
        only=BILLING,
        against=Against.LAST_YEAR,
        clock=Clock.BUSINESS,
    )
    for order in permutations(parts):
        assert asked("frt " + " ".join(order)) == wanted


# --- One part of the tickets ---------------------------------------------------------------------

PARTS = [
    ("frt for group Billing", Dimension.GROUP, "Billing"),
    ("frt for group billing", Dimension.GROUP, "billing"),
    ("frt for groups Billing last 7d", Dimension.GROUP, "Billing"),
    ("frt last 7d for group Live chat", Dimension.GROUP, "Live chat"),
    ("frt for group Live chat last 7d", Dimension.GROUP, "Live chat"),
    ("frt for group Tier 2", Dimension.GROUP, "Tier 2"),
    ("frt for group Tier 2 last 7d", Dimension.GROUP, "Tier 2"),
    ("frt for group Tier 2 by channel", Dimension.GROUP, "Tier 2"),
    ("frt for group 2nd line", Dimension.GROUP, "2nd line"),
    ("frt for group Last line", Dimension.GROUP, "Last line"),
    ("frt for group Business", Dimension.GROUP, "Business"),
    ("frt for group business vs last week", Dimension.GROUP, "business"),
    ("frt for group tier_2-b", Dimension.GROUP, "tier_2-b"),
    ("frt for group پشتیبانی فنی last 7d", Dimension.GROUP, "پشتیبانی فنی"),
    ('frt for group "Sold by phone" last 7d', Dimension.GROUP, "Sold by phone"),
    ("frt for group “Sold for cash” vs last week", Dimension.GROUP, "Sold for cash"),
    ("frt for group 'Last 7d' last 7d", Dimension.GROUP, "Last 7d"),
    ("frt for group „Bob's team“", Dimension.GROUP, "Bob's team"),
    ('frt for group "Bob\'s team"', Dimension.GROUP, "Bob's team"),
    ("frt for group 's-Hertogenbosch", Dimension.GROUP, "'s-Hertogenbosch"),
    ('frt for channel "live chat"', Dimension.CHANNEL, "live chat"),
    ("frt for priority urgent", Dimension.PRIORITY, "urgent"),
    ("frt for desk acme", Dimension.DESK, "acme"),
    ("frt for help desk acme", Dimension.DESK, "acme"),
]


@pytest.mark.parametrize(("text", "dimension", "name"), PARTS)
def test_a_part_is_named_as_people_name_it(text: str, dimension: Dimension, name: str) -> None:
    question = asked(text)
    assert question.only == Slice(dimension, name)
    assert question.window == LAST_WEEK


def test_all_numbers_can_be_those_of_one_part() -> None:
    question = asked("for group Billing yesterday")
    assert (question.metric, question.only) == (None, BILLING)


def test_signs_that_slack_escapes_are_what_was_typed() -> None:
    assert unescaped("for group R&amp;D &lt;EU&gt;") == "for group R&D <EU>"
    assert unescaped("&amp;lt;") == "&lt;"


# --- What it is compared with, and on which clock ------------------------------------------------

COMPARED = [
    ("frt", Against.COMPARABLE),
    ("frt vs last week", Against.COMPARABLE),
    ("frt vs week before", Against.COMPARABLE),
    ("frt vs previous", Against.PREVIOUS),
    ("frt vs previous week", Against.PREVIOUS),
    ("frt vs. previous period", Against.PREVIOUS),
    ("frt VERSUS Before", Against.PREVIOUS),
    ("frt vs last year", Against.LAST_YEAR),
    ("frt vs a year ago last 7d", Against.LAST_YEAR),
    ("vs last year", Against.LAST_YEAR),
]


@pytest.mark.parametrize(("text", "against"), COMPARED)
def test_an_earlier_window_can_be_chosen(text: str, against: Against) -> None:
    question = asked(text)
    assert (question.against, question.window) == (against, LAST_WEEK)


@pytest.mark.parametrize("text", ["frt business", "frt business hours last 7d", "business time"])
def test_durations_can_be_asked_for_within_business_hours(text: str) -> None:
    question = asked(text)
    assert (question.clock, question.window) == (Clock.BUSINESS, LAST_WEEK)


# --- Mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    ("xyzzy", "There is no metric “xyzzy”.", "/kpi first response time"),
    ("reopn rate for group Billing", "Did you mean “Reopen rate”?", "/kpi"),
    ("frt by chanel", "There is no breakdown “chanel”. Did you mean “channel”?", "by channel"),
    ("frt by", "Something is missing at the end.", "by channel"),
    ("frt by by", "There is no breakdown “by”.", "by channel"),
    ("by channel", "All numbers at once cannot be split.", "/kpi first response time"),
    ("by agent", "All numbers at once cannot be split.", "/kpi first response time"),
    ("frt by channel by group", "“by” can be said only once.", "by channel"),
    ("frt for group A for group B", "“for” can be said only once.", "/kpi"),
    ("frt vs last week versus last year", "“vs” can be said only once.", "/kpi"),
    ("frt for", "Something is missing at the end.", "/kpi"),
    ("frt for Billing", "There is no breakdown “billing”.", "by channel"),
    ("frt for group", "It is not said which “group”.", "for group Billing"),
    ("frt for group by channel", "It is not said which “group”.", "for group Billing"),
    ("frt for agent Eleni", "The numbers of one agent are not shown by name.", "by agent"),
    ("frt vs", "Something is missing at the end.", "vs last year"),
    ("frt vs lst year", "Did you mean “last year”?", "vs last year"),
    ("frt vs tomorrow", "“tomorrow” is nothing that I can compare with.", "vs last year"),
    ("sla by agent", "“SLA attainment” cannot be split by “agent”.", "sla attainment by channel"),
    ("articles read by group", "cannot be split by “group”.", "articles read by desk"),
    ("articles read for group A", "cannot be split by “group”.", "articles read by desk"),
    ("call volume by priority", "cannot be split by “priority”.", "call volume by channel"),
    ("enps by group", "“Employee net promoter score” cannot be split.", ""),
    ("volume business", "“Ticket volume” has no business hours", "/kpi ticket volume last 7d"),
    ("csat business", "“Customer satisfaction” has no business hours", "last 7d"),
    ("frt yesterdy for group Billing", "Did you mean “yesterday”?", "last 7d"),
    ("frt yesterdy by channel", "Did you mean “yesterday”?", "last 7d"),
]


@pytest.mark.parametrize(("text", "message", "example"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    text: str, message: str, example: str
) -> None:
    error = refused(text)
    assert message in str(error)
    assert example in error.hint


# --- What a button carries -----------------------------------------------------------------------

zones = st.sampled_from([ATHENS, *map(ZoneInfo, ("UTC", "America/New_York", "Asia/Tehran"))])
questions = st.builds(
    Question,
    metric=st.none() | st.sampled_from(list(CATALOGUE.values())),
    window=st.builds(
        lambda start, days, zone: Window(
            T(hours=start).astimezone(zone), T(days=days, hours=start).astimezone(zone)
        ),
        st.integers(-20_000, 0),
        st.integers(0, 400),
        zones,
    ),
    by=st.none() | st.sampled_from(Dimension),
    only=st.none() | st.builds(Slice, st.sampled_from(Dimension), st.text(max_size=60)),
    against=st.sampled_from(Against),
    clock=st.sampled_from(Clock),
)


@given(questions)
def test_a_question_travels_in_a_button_unchanged(question: Question) -> None:
    text = question.to_text()
    again = Question.from_text(text)
    assert again == question
    assert again.window.start.tzinfo == question.window.start.tzinfo
    assert len(text) <= 2000


@pytest.mark.parametrize(
    "text", ["", "frt", "backlog last 24h by priority", *(p[0] for p in PARTS)]
)
def test_what_was_typed_travels_in_a_button_unchanged(text: str) -> None:
    assert Question.from_text(asked(text).to_text()) == asked(text)


def test_the_buttons_of_older_messages_are_understood() -> None:
    kept = (
        '{"metric": "backlog", "start": "2026-11-13T00:00:00+02:00", '
        '"end": "2026-11-20T00:00:00+02:00", "zone": "Europe/Athens", "by": null}'
    )
    assert Question.from_text(kept) == Question(CATALOGUE["backlog"], LAST_WEEK)


@pytest.mark.parametrize(
    ("by", "only", "about_agents"),
    [
        (None, None, False),
        (Dimension.GROUP, BILLING, False),
        (Dimension.AGENT, None, True),
        (None, Slice(Dimension.AGENT, "demo:1"), True),
        (Dimension.GROUP, Slice(Dimension.AGENT, "demo:1"), True),
    ],
)
def test_a_question_knows_whether_its_answer_is_about_single_agents(
    by: Dimension | None, only: Slice | None, about_agents: bool
) -> None:
    question = replace(Question(CATALOGUE["csat"], LAST_WEEK), by=by, only=only)
    assert question.is_about_agents is about_agents
