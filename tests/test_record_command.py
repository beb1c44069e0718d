from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UsageError
from bot.locale import Reader
from bot.measurements import Change, Entry
from bot.measurements.entry import recordable
from bot.message import Message
from bot.metrics import Metric
from bot.slack import record as shown
from bot.store import measurements
from commands.record import parse_record
from tests.blockkit.limits import broken_limits
from tests.test_measurements import OCTOBER, TODAY, entry
from tests.times import T
from tests.workspace import (
    ADMIN,
    AGENT,
    APPOINTED,
    LEAD,
    Workspace,
    no_numbers,
    open_workspace,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)
YESTERDAY = date(2026, 11, 19)
LAST_WEEK = (date(2026, 11, 9), date(2026, 11, 15))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace(numbers=no_numbers()) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace(numbers=no_numbers()) as workspace:
        yield workspace


def kept(workspace: Workspace) -> list[Entry]:
    with workspace.services.reading() as session:
        return measurements.latest(session, workspace.services.workspace, 99)


# --- What is understood --------------------------------------------------------------------------

OF_OCTOBER = entry(*OCTOBER)
CALLS = Entry("call_volume", YESTERDAY, YESTERDAY, 1_200)
HANDLED = Entry("handle_time", YESTERDAY, YESTERDAY, 28_800, 120)
REVIEWED = Entry("quality_score", *LAST_WEEK, 1_044, 12)

UNDERSTOOD = [
    ("churn 12 of 3400 for 2026-10", OF_OCTOBER),
    ("Customer churn rate 12 of 3400 for 2026-10", OF_OCTOBER),
    ("churn_rate 12 out of 3400 in 2026-10", OF_OCTOBER),
    ("churn 12 from 3400 for last month", OF_OCTOBER),
    ("churn 12 of 3400 2026-10-01..2026-10-31", OF_OCTOBER),
    ("churn 12 of 3400 for 2026-10-01 .. 2026-10-31", OF_OCTOBER),
    ("churn 12 of 3400 for 2026-10-01 to 2026-10-31", OF_OCTOBER),
    ("churn ۱۲ of ۳۴۰۰ for ۲۰۲۶-۱۰", OF_OCTOBER),
    ("churn 50% of 3400 for 2026-10", entry(*OCTOBER, numerator=1_700)),
    ("churn 50 % of 3400 for 2026-10", entry(*OCTOBER, numerator=1_700)),
    ("churn 0 of 3400 for 2026-10", entry(*OCTOBER, numerator=0)),
    ("churn off for 2026-10", entry(*OCTOBER, numerator=None, denominator=1)),
    ("churn OFF 2026-10", entry(*OCTOBER, numerator=None, denominator=1)),
    ("churn 12 of 3400 on 2026-11-01", entry(date(2026, 11, 1))),
    ("churn 12 of 3400 today", entry(TODAY)),
    ("churn 12 of 3400 for this week", entry(date(2026, 11, 16), TODAY)),
    ("calls 1200 yesterday", CALLS),
    ("calls 1200 for thursday", CALLS),
    ("call volume 1200 for yesterday", CALLS),
    ("handle time 4 min from 120 yesterday", HANDLED),
    ("AHT 4min from 120 for yesterday", HANDLED),
    ("AHT 240 s from 120 for yesterday", HANDLED),
    ("AHT 0 s from 120 for yesterday", Entry("handle_time", YESTERDAY, YESTERDAY, 0, 120)),
    ("QA 87 from 12 last week", REVIEWED),
    (
        "churn 12 of 3400 for 2026-10 group Billing EU",
        entry(*OCTOBER, group="Billing EU"),
    ),
    (
        "churn 12 of 3400 for 2026-10 Group “R&amp;D &lt;b&gt;” channel Chat desk Group",
        entry(*OCTOBER, group="R&D <b>", channel="chat", desk="Group"),
    ),
    (
        "churn 12 of 3400 for 2026-10 for group Billing EU",
        entry(*OCTOBER, group="Billing EU"),
    ),
    (
        "churn 12 of 3400 for group Billing EU for 2026-10",
        entry(*OCTOBER, group="Billing EU"),
    ),
    (
        "churn 12 of 3400 for last month for group “Sales for EU”",
        entry(*OCTOBER, group="Sales for EU"),
    ),
    (
        "churn off for 2026-10 group Billing",
        entry(*OCTOBER, numerator=None, denominator=1, group="Billing"),
    ),
]


def test_last_week_is_the_week_of_the_readers_country() -> None:
    """The same that `/kpi` then asks for: from Sunday in Cairo."""
    cairo = Reader("en", ZoneInfo("Africa/Cairo"))
    found = parse_record("QA 87 from 12 last week", now=T(), reader=cairo)
    assert (found.first, found.last) == (date(2026, 11, 8), date(2026, 11, 14))


@pytest.mark.parametrize(("typed", "expected"), UNDERSTOOD)
def test_what_is_typed_is_a_measurement(typed: str, expected: Entry) -> None:
    assert parse_record(typed, now=T(), reader=READER) == expected


@pytest.mark.parametrize("metric", recordable(), ids=lambda metric: metric.key)
def test_the_example_of_each_metric_works(metric: Metric) -> None:
    example = shown.example(metric).removeprefix("/kpi record ")
    assert parse_record(example, now=T(), reader=READER).metric == metric.key


def test_days_are_those_of_whoever_records() -> None:
    late = T(hours=15, minutes=30)  # Friday in London, Saturday in Athens
    for zone, expected in (("Europe/London", TODAY), ("Europe/Athens", date(2026, 11, 21))):
        found = parse_record("calls 5 today", now=late, reader=Reader("en", ZoneInfo(zone)))
        assert (found.first, found.last) == (expected, expected)


MISTAKES = [
    ("churn", "It is not said how much. For example: `/kpi record churn 12 of 3400 for"),
    ("churn many of 3400 for 2026-10", "It is not said how much."),
    ("churn -12 of 3400 for 2026-10", "It is not said how much."),
    ("churn 12 for 2026-10", "12 of how many? Without that, days and weeks do not add up"),
    ("churn 94% for 2026-10", "94% of how many?"),
    ("churn 12 of 3400", "It is not said for which days."),
    ("churn 12 of 3400 for", "It is not said for which days."),
    ("churn 12 of 3400 for ever", "“ever” is no time that I know."),
    (
        "churn 12 of 3400 for last moth",
        "Did you mean “last month”? For example: `/kpi record churn",
    ),
    ("churn 12 of 3400 last 24h", "Only whole days can be recorded."),
    ("churn 12 of 3400 for last hour", "Only whole days can be recorded."),
    ("churn 12 of 3400 for 2026-11", "2026-11-30 is still to come."),
    ("churn 12 of 3400 for 2026-11-19..2026-12-05", "2026-12-05 is still to come."),
    ("churn 12 of 3400 for 01.11.2026", "could be more than one date"),
    ("churn 12 of 3400 for 2024-01-01..2025-06-30", "at most 366 days"),
    ("churn 3401 of 3400 for 2026-10", "3401 of 3400 would be a share over 100%."),
    ("churn 120% of 3400 for 2026-10", "A share is at most 100%, “120%” is more."),
    ("churn 12 of many for 2026-10", "“many” is not a number."),
    ("churn 12 of 0 for 2026-10", "Nothing can be a part of 0."),
    ("churn 1,204 of 3400 for 2026-10", "“1,204” could be two numbers."),
    ("churn 12 of 3400 for 2026-10 group", "It is not said clearly which group."),
    ("churn 12 of 3400 for 2026-10 group A group B", "It is not said clearly which group."),
    ("views 12 yesterday group A", "article_views has no group. It can be told by: desk."),
    ("churn 12 of 3400 yesterday agent ann", "“yesterday agent ann” is no time that I know."),
    (
        "calls 12 of 30 yesterday",
        "It is a count: one number, of nothing. For example: `/kpi record",
    ),
    ("calls 12.5 yesterday", "A count is a whole number"),
    ("QA 87 of 12 yesterday", "It is a mean: write it with “from” and the number of things."),
    ("QA 87 yesterday", "It is a mean: write it with “from”"),
    ("QA 101 from 12 yesterday", "quality_score lies between 0 and 100, 101 does not."),
    ("AHT 4 from 120 yesterday", "“4” has no unit: s, min or h."),
    ("AHT 4:30 from 120 yesterday", "“4:30” has no unit"),
    ("chrun 12 of 34 yesterday", "There is no metric “chrun”. Did you mean “churn_rate”?"),
    ("12 of 34", "There is no metric “12 of 34”. These can be recorded:"),
    ("csat 12 of 34 yesterday", "“csat” cannot be recorded"),
]


@pytest.mark.parametrize(("typed", "sentence"), MISTAKES)
def test_a_mistake_is_told_and_changes_nothing(
    office: Workspace, typed: str, sentence: str
) -> None:
    with pytest.raises(UsageError) as raised:
        parse_record(typed, now=T(), reader=READER)
    assert sentence in str(raised.value)
    before = office.version()
    assert sentence.partition(" For ")[0] in office.types(f"/kpi record {typed}", user=LEAD).told
    assert office.version() == before


# --- What is answered ----------------------------------------------------------------------------


def test_a_lead_is_told_what_was_recorded_and_what_it_replaced(workspace: Workspace) -> None:
    def told(typed: str) -> str:
        return workspace.types(f"/kpi record {typed}", user=LEAD).told

    of_october = "Customer churn rate, Oct 1 – 31, 2026"
    assert told("churn 12 of 3400 for 2026-10") == f"Recorded: {of_october}, 0.4% (12 of 3,400)."
    assert kept(workspace) == [OF_OCTOBER]
    assert told("churn 68 of 3400 for 2026-10") == (
        f"Recorded: {of_october}, 2.0% (68 of 3,400). Before it was 0.4% (12 of 3,400)."
    )
    assert told("churn 68 of 3400 for 2026-10") == (
        f"It was recorded already: {of_october}, 2.0% (68 of 3,400)."
    )
    assert "would count twice" in told("churn 1 of 40 for 2026-10 group Billing")
    assert "overlap" in told("churn 1 of 40 for 2026-10-05")
    assert told("churn off for 2026-10") == f"Taken away: {of_october}, 2.0% (68 of 3,400)."
    assert told("churn off for 2026-10") == f"Nothing is recorded of {of_october}."
    assert kept(workspace) == []
    assert [(one.who, one.detail) for one in reversed(workspace.audit())] == [
        (LEAD, "churn_rate 2026-10-01..2026-10-31 12 of 3400"),
        (LEAD, "churn_rate 2026-10-01..2026-10-31 68 of 3400"),
        (LEAD, "churn_rate 2026-10-01..2026-10-31 off"),
    ]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("calls 1200 yesterday", "Call volume, November 19, 2026, 1,200."),
        (
            "AHT 4 min from 120 yesterday",
            "Average handle time, November 19, 2026, 4 min (from 120).",
        ),
        ("QA 87 from 12 last week", "Quality score, Nov 9 – 15, 2026, 87.0 (from 12)."),
        (
            "conversion 94% of 31 yesterday channel chat group <!channel>",
            "Conversion rate, November 19, 2026, Chat, &lt;!channel&gt;, 94% (29.1 of 31).",
        ),
    ],
)
def test_each_kind_of_number_is_told_as_it_is_meant(
    workspace: Workspace, typed: str, told: str
) -> None:
    assert workspace.types(f"/kpi record {typed}", user=LEAD).told == f"Recorded: {told}"


def test_what_was_recorded_is_in_the_numbers_at_once(workspace: Workspace) -> None:
    workspace.types("/kpi record churn 68 of 3400 for last month", user=LEAD)
    assert "2.0%" in workspace.types("/kpi churn last month").told


@pytest.mark.parametrize(
    ("user", "may"), [(AGENT, False), (LEAD, True), (APPOINTED, True), (ADMIN, True)]
)
def test_leads_record_and_others_are_told_whom_to_ask(
    workspace: Workspace, user: str, may: bool
) -> None:
    answered = workspace.types("/kpi record churn 12 of 3400 for 2026-10", user=user)
    assert ("That is for team leads." in answered.told) is not may
    assert bool(kept(workspace)) is may


def test_record_alone_lists_what_can_be_recorded_and_what_was_last(workspace: Workspace) -> None:
    first = workspace.types("/kpi record")
    for metric in recordable():
        assert f"`{shown.example(metric)}`" in first.told
    assert "Recorded last" not in first.told
    workspace.types("/kpi record churn 12 of 3400 for 2026-10", user=LEAD)
    workspace.clock.move(minutes=1)
    workspace.types("/kpi record calls 7 yesterday desk R&amp;D <b>", user=LEAD)
    table = workspace.types("/kpi Record").table()
    assert [[cell.replace("\u2009", " ") for cell in row] for row in table] == [
        ["Recorded last", "\u00a0"],
        ["Call volume, November 19, 2026, R&D <b>", "7"],
        ["Customer churn rate, Oct 1 – 31, 2026", "0.4% (12 of 3,400)"],
    ]


CHANGES = [
    Change(OF_OCTOBER),
    Change(OF_OCTOBER, OF_OCTOBER),
    Change(OF_OCTOBER, entry(*OCTOBER, numerator=1)),
    Change(entry(*OCTOBER, numerator=None), OF_OCTOBER),
    Change(entry(*OCTOBER, numerator=None)),
    Change(CALLS),
    Change(HANDLED),
    Change(REVIEWED),
]


class Silence(gettext.NullTranslations):
    """A language without a word: of a text only its values are left."""

    def gettext(self, message: str) -> str:
        return "·" + "".join(
            f"{{{field}}}" for _, field, _, _ in Formatter().parse(message) if field
        )


class SilentReader(Reader):
    """Reads in that language. The dates of Japanese, its locale, have no Latin letter."""

    @property
    def translations(self) -> gettext.NullTranslations:
        return Silence()


SILENT = SilentReader("ja", ATHENS)


def untranslated(message: Message) -> list[str]:
    """The words that went past gettext; what is typed is the same in every language."""
    told = words({"text": message.text, "blocks": message.blocks})
    return re.findall("[A-Za-z]+", re.sub("`[^`]*`", "", told))


@pytest.mark.parametrize("change", CHANGES)
def test_every_word_of_an_answer_goes_through_gettext(change: Change) -> None:
    assert untranslated(shown.recorded(change, SILENT)) == []
    named = replace(change, entry=replace(change.entry, desk="acme"))
    assert untranslated(shown.recorded(named, SILENT)) == ["acme"]


def test_every_word_of_the_list_goes_through_gettext() -> None:
    assert untranslated(shown.overview(recordable(), [OF_OCTOBER, CALLS], SILENT)) == []


@pytest.mark.parametrize("language", ["en", "de", "fa", "el"])
def test_slack_takes_the_list_in_every_language(language: str) -> None:
    name = "<!here> " * 12
    latest = [entry(*OCTOBER, desk=name, channel=name, group=name, priority=name)]
    latest += [CALLS, HANDLED, REVIEWED]
    message = shown.overview(recordable(), latest, Reader(language, ATHENS))
    assert broken_limits({"text": message.text, "blocks": message.blocks}) == []
