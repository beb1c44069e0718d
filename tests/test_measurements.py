from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session, col

from bot.domain import Call, Dimension, Fact, Slice, Window
from bot.errors import UsageError
from bot.measurements import COLUMNS, Batch, Cell, Entry, Recorded, column_named, read_entry
from bot.measurements.entry import PARTS, recordable
from bot.measurements.numerals import read_number, read_seconds
from bot.measurements.overlap import clashes
from bot.metrics import CATALOGUE, Metric, Reading, Unit
from bot.store import measurements, people
from bot.store.database import Database
from bot.store.readings import read
from bot.store.tables import Measurement, Touched, Workspace
from tests.programs import together
from tests.store_samples import EVERY_FACT, Plan, a_desk, a_ticket, a_workspace
from tests.times import T

TODAY = date(2026, 11, 20)
UTC = ZoneInfo("UTC")
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def day(number: int, month: int = 10) -> date:
    return date(2026, month, number)


def entry(first: date, last: date | None = None, **more: Any) -> Entry:
    told: dict[str, Any] = {"metric": "churn_rate", "numerator": 12, "denominator": 3_400, **more}
    return Entry(first=first, last=last or first, **told)


def batch(*entries: Entry) -> Batch:
    return Batch(dict(enumerate(entries)))


# --- Numbers and times ---------------------------------------------------------------------------

NUMBERS = [
    ("0", "", 0),
    ("1204", "", 1_204),
    (" 12.5 ", "", 12.5),
    ("12,5", "", 12.5),
    ("12,5", ".", 12.5),
    ("0.125", "", 0.125),
    ("0,125", ".", 0.125),
    ("1.204", ".", 1.204),
    ("1,204", ",", 1.204),
    ("3400.125", "", 3_400.125),
    ("1,204,567", "", 1_204_567),
    ("1.204.567,5", "", 1_204_567.5),
    ("1,204.5", "", 1_204.5),
    ("1 204", "", 1_204),
    ("1\u202f204,5", ",", 1_204.5),
    ("1’204’000.5", "", 1_204_000.5),
    ("1e3", ".", 1_000),
    ("1.5E+2", ".", 150),
    ("۱۲۰۴", "", 1_204),
    ("۱۲٫۵", "", 12.5),
    (12, "", 12),
    (12.5, ",", 12.5),
    (1e12, "", 1e12),
]


@pytest.mark.parametrize(("typed", "decimal", "number"), NUMBERS)
def test_a_number_is_read_as_spreadsheets_write_it(
    typed: Cell, decimal: str, number: float
) -> None:
    assert read_number(typed, decimal) == number


NO_NUMBERS = [
    ("", "", "is not a number"),
    ("many", "", "“many” is not a number."),
    ("-5", "", "at least 0, “-5” is not"),
    (-5, "", "“-5” is not"),
    ("1e999", "", "is not a number"),
    (10**400, "", "is not a number"),
    (float("nan"), "", "is not a number"),
    (float("inf"), "", "is not a number"),
    ("nan", "", "is not a number"),
    ("Infinity", "", "is not a number"),
    ("0x10", "", "is not a number"),
    ("1_000", "", "is not a number"),
    ("12.5.1", "", "is not a number"),
    ("1,20,400", "", "is not a number"),
    ("1.204,567.8", "", "is not a number"),
    ("=1+1", "", "is not a number"),
    ("#REF!", "", "is not a number"),
    ("9" * 400, "", "is not a number"),
    ("1000000000001", "", "at most 1,000,000,000,000"),
    ("1,204", "", "could be two numbers"),
    ("1.204", "", "could be two numbers"),
    ("1,204", ".", "could be two numbers"),
    ("1.204", ",", "could be two numbers"),
    ("12\n13", "", "“12 13” is not a number."),
]


@pytest.mark.parametrize(("typed", "decimal", "sentence"), NO_NUMBERS)
def test_what_is_no_number_is_said_to_be_none(typed: Cell, decimal: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_number(typed, decimal)
    assert sentence in str(raised.value)


@given(number=st.floats(0, 1e9).map(lambda number: round(number, 2)))
def test_a_number_is_the_same_in_every_country(number: float) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = english.replace(",", "\u202f").replace(".", ",")
    for written in (english, german, french):
        assert read_number(written) == pytest.approx(number)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("185", 185),
        (185, 185),
        ("185 s", 185),
        ("3 min", 180),
        ("3min", 180),
        ("3 m", 180),
        ("1.5 h", 5_400),
        ("1,5 hours", 5_400),
        ("2 Minutes", 120),
        ("0 s", 0),
    ],
)
def test_a_time_is_seconds_or_has_a_unit(typed: Cell, seconds: float) -> None:
    assert read_seconds(typed) == seconds


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("3:05", "“3:05” could be minutes or hours. Write seconds, or a unit: 185, 3 min, 1.5 h."),
        ("3 days", "“3 days” is not a number."),
        ("min", "“min” is not a number."),
        ("soon", "“soon” is not a number."),
    ],
)
def test_what_is_no_time_is_said_to_be_none(typed: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_seconds(typed)
    assert str(raised.value) == sentence


# --- Entries -------------------------------------------------------------------------------------

CHURN: Mapping[str, Cell] = {
    "metric": "churn_rate",
    "from": "2026-10",
    "numerator": "12",
    "denominator": "3400",
}


def with_(**cells: Cell) -> dict[str, Cell]:
    """The measurement of churn, with other cells; `from_` is the column “from”."""
    return {**CHURN, **{name.rstrip("_"): cell for name, cell in cells.items()}}


def of(metric: str, **cells: Cell) -> dict[str, Cell]:
    """A measurement of another metric on one day."""
    named = {name.rstrip("_"): cell for name, cell in cells.items()}
    return {"metric": metric, "from": "2026-11-01", **named}


ONE = day(1, 11)
READ = [
    (CHURN, entry(*OCTOBER)),
    (with_(metric="Customer churn rate"), entry(*OCTOBER)),
    (with_(metric=" CHURN "), entry(*OCTOBER)),
    (with_(metric="churn-rate"), entry(*OCTOBER)),
    (with_(from_="2026-10-01", to="2026-10-31"), entry(*OCTOBER)),
    (with_(from_="2026-09", to="2026-10"), entry(day(1, 9), day(31))),
    (with_(from_="2024-02"), entry(date(2024, 2, 1), date(2024, 2, 29))),
    (with_(from_="2026-10-05", to=""), entry(day(5))),
    (with_(from_="2026-11-20"), entry(TODAY)),
    (with_(denominator=None, n="3400"), entry(*OCTOBER)),
    (with_(numerator=12, denominator=3400.0), entry(*OCTOBER)),
    (with_(numerator="3400"), entry(*OCTOBER, numerator=3_400)),
    (with_(numerator=0), entry(*OCTOBER, numerator=0)),
    (with_(numerator="", value="50%"), entry(*OCTOBER, numerator=1_700)),
    (with_(numerator="", value="50,0 %"), entry(*OCTOBER, numerator=1_700)),
    (with_(numerator="off"), entry(*OCTOBER, numerator=None, denominator=1)),
    (
        with_(numerator="", denominator="", value="OFF"),
        entry(*OCTOBER, numerator=None, denominator=1),
    ),
    (
        with_(desk="Salesforce", channel=" Chat ", group="Billing", priority="HIGH"),
        entry(*OCTOBER, desk="Salesforce", channel="chat", group="Billing", priority="high"),
    ),
    (with_(group="پشتیبانی\u200cفنی"), entry(*OCTOBER, group="پشتیبانی\u200cفنی")),
    (of("calls", numerator="1200"), Entry("call_volume", ONE, ONE, 1_200)),
    (of("calls", value="1200"), Entry("call_volume", ONE, ONE, 1_200)),
    (of("calls", value="1200", n="1"), Entry("call_volume", ONE, ONE, 1_200)),
    (of("AHT", numerator="21600", n="120"), Entry("handle_time", ONE, ONE, 21_600, 120)),
    (of("AHT", value="3 min", n="120"), Entry("handle_time", ONE, ONE, 21_600, 120)),
    (of("AHT", value=180, n=120), Entry("handle_time", ONE, ONE, 21_600, 120)),
    (of("QA", value="87.5", n="12"), Entry("quality_score", ONE, ONE, 1_050, 12)),
    (of("QA", numerator="1050", n="12"), Entry("quality_score", ONE, ONE, 1_050, 12)),
    (of("QA", value="100", n="3"), Entry("quality_score", ONE, ONE, 300, 3)),
    (of("QA", value="0", n="3"), Entry("quality_score", ONE, ONE, 0, 3)),
]


@pytest.mark.parametrize(("cells", "expected"), READ)
def test_a_measurement_is_read(cells: Mapping[str, Cell], expected: Entry) -> None:
    assert read_entry(cells, today=TODAY) == expected


WRONG = [
    ({}, "It is not said which metric."),
    (with_(metric="chrun"), "There is no metric “chrun”. Did you mean “churn_rate”?"),
    (with_(metric="weather"), "There is no metric “weather”. These can be recorded: quality_score"),
    (with_(metric="csat"), "“csat” cannot be recorded: it is computed from"),
    (with_(metric="frt"), "“frt” cannot be recorded"),
    (with_(metric="self_service_ratio"), "“self_service_ratio” cannot be recorded"),
    (with_(metric="enps"), "“enps” cannot be recorded"),
    (with_(metric="x" * 5_000), "There is no metric “xxx"),
    (with_(from_=""), "It is not said of which days."),
    (with_(from_="yesterday"), "“yesterday” is not a day."),
    (with_(from_=20261001), "“20261001” is not a day."),
    (with_(from_="01.10.2026"), "“01.10.2026” could be more than one date."),
    (with_(from_="10/1/2026"), "“10/1/2026” could be more than one date."),
    (with_(from_="2026-10-32"), "There is no day 2026-10-32 in the calendar."),
    (with_(from_="2026-13"), "There is no day 2026-13 in the calendar."),
    (with_(from_="2026-00"), "There is no day 2026-00 in the calendar."),
    (with_(from_="2026-10-00"), "There is no day 2026-10-00 in the calendar."),
    (with_(from_="0000-10-01"), "There is no day 0000-10-01 in the calendar."),
    (with_(from_="2026-02-29"), "There is no day 2026-02-29 in the calendar."),
    (with_(from_="2026-10-05", to="2026-10-04"), "It ends (2026-10-04) before it starts"),
    (with_(from_="2026-11-21"), "2026-11-21 is still to come."),
    (with_(from_="2026-11"), "2026-11-30 is still to come."),
    (with_(from_="2026-10-01", to="2027-10-01"), "2027-10-01 is still to come."),
    (with_(from_="1999-12-31"), "1999-12-31 is too long ago."),
    (with_(from_="2025-10-01", to="2026-10-02"), "about at most 366 days"),
    (with_(numerator=""), "There is no number. Give “numerator” or “value”."),
    (with_(numerator="a few"), "“a few” is not a number."),
    (with_(numerator="-1"), "A number is at least 0"),
    (with_(denominator="-1"), "A number is at least 0"),
    (with_(numerator="3401"), "3401 of 3400 would be a share over 100%."),
    (with_(denominator="0"), "Nothing can be a part of 0."),
    (with_(numerator="0", denominator="0"), "Nothing can be a part of 0."),
    (with_(denominator=""), "12 of how many?"),
    (with_(value="1%"), "Give either “numerator” or “value”, not both."),
    (with_(n="31"), "Give either “denominator” or “n”, not both."),
    (with_(numerator="", value="0.94"), "a percentage such as 94%, “0.94” is not."),
    (with_(numerator="", value=94), "a percentage such as 94%, “94” is not."),
    (with_(numerator="", value="101%"), "A share is at most 100%, “101%” is more."),
    (with_(numerator="", value="%"), "a percentage such as 94%, “%” is not."),
    (with_(numerator="", denominator="", value="94%"), "94% of how many? Without that, days"),
    (with_(group="a\0b"), "is no name of a group"),
    (with_(group="a\nb"), "is no name of a group"),
    (with_(group="\ud800"), "is no name of a group"),
    (with_(group="x" * 101), "is no name of a group: it is one line of at most 100 letters."),
    (with_(desk="12"), "A help desk has a name, “12” is a number."),
    (of("calls", value="1200", priority="high"), "call_volume has no priority. It can be told by:"),
    (of("views", value="1200", group="Billing"), "article_views has no group."),
    (of("calls", value="12.5"), "A count is a whole number, “12.5” is not."),
    (of("calls", value="12", n="3"), "A count is of nothing"),
    (of("calls", value="94%"), "“94%” is not a number."),
    (of("QA", value="87"), "87 from how many?"),
    (of("QA", value="100.5", n="2"), "quality_score lies between 0 and 100, 100.5 does not."),
    (of("QA", numerator="201", n="2"), "quality_score lies between 0 and 100, 100.5 does not."),
    (of("QA", value="87%", n="2"), "“87%” is not a number."),
    (of("AHT", value="3 min"), "3 min from how many?"),
    (of("AHT", value="3:00", n="2"), "“3:00” could be minutes or hours."),
    (of("AHT", value="3 min", n="0"), "Nothing can be a part of 0."),
]


@pytest.mark.parametrize(("cells", "sentence"), WRONG)
def test_a_wrong_measurement_is_told_in_a_sentence(
    cells: Mapping[str, Cell], sentence: str
) -> None:
    with pytest.raises(UsageError) as raised:
        read_entry(cells, today=TODAY)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("metric", recordable(), ids=lambda metric: metric.key)
def test_each_recordable_metric_answers_to_its_names_and_takes_its_parts(metric: Metric) -> None:
    amount: dict[str, Cell] = {"numerator": 1}
    if metric.unit is not Unit.COUNT:
        amount["n"] = 2
    parts: dict[str, Cell] = {part.value: "a" for part in PARTS if part in metric.dimensions}
    assert parts
    for name in metric.names:
        found = read_entry(of(name, **amount, **parts), today=TODAY)
        assert found.metric == metric.key
        assert {part.value for part in found.part} == set(parts)


def test_what_nobody_counts_for_us_can_be_recorded() -> None:
    assert {metric.key for metric in recordable()} == {
        *("churn_rate", "conversion_rate", "quality_score"),
        *("handle_time", "call_volume", "hold_time", "speed_of_answer", "abandonment_rate"),
        *("article_views", "article_read_time"),
    }


@pytest.mark.parametrize(
    ("typed", "column"),
    [
        ("Metric", "metric"),
        (" FROM ", "from"),
        ("date", "from"),
        ("Day", "from"),
        ("month", "from"),
    ],
)
def test_a_column_answers_to_its_names(typed: str, column: str) -> None:
    assert column_named(typed) == column


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("grup", "There is no column “grup”. Did you mean “group”?"),
        ("colour", "There is no column “colour”. There are: metric, from, to, numerator"),
        ("agent", "Nothing is recorded about one agent. Leave the column “agent” out."),
    ],
)
def test_a_column_that_is_none_is_named(typed: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        column_named(typed)
    assert str(raised.value).startswith(sentence)


# --- What would count twice ----------------------------------------------------------------------

WEEK = (day(5), day(11))
MONTH = entry(*OCTOBER)
CLASHES = [
    ([MONTH], [], []),
    ([MONTH], [MONTH], []),
    ([MONTH], [entry(*OCTOBER, numerator=99)], []),
    ([entry(*WEEK)], [MONTH], ["churn_rate 2026-10-05..2026-10-11 overlap: churn_rate 2026-10-01"]),
    ([MONTH], [entry(*WEEK)], ["churn_rate 2026-10-01..2026-10-31 overlap"]),
    ([entry(day(31), day(1, 11))], [MONTH], ["overlap"]),
    ([entry(day(1, 11))], [MONTH], []),
    ([MONTH, MONTH], [], ["churn_rate 2026-10-01..2026-10-31 stands here twice."]),
    (
        [MONTH, entry(*WEEK)],
        [],
        ["2026-10-01..2026-10-31 stands here as well. Record each day once"],
    ),
    ([entry(*WEEK, metric="conversion_rate")], [MONTH], []),
    ([entry(*OCTOBER, group="A"), entry(*OCTOBER, group="B")], [], []),
    ([entry(*WEEK, group="A")], [entry(*OCTOBER, group="B")], []),
    (
        [entry(*OCTOBER, group="A")],
        [MONTH],
        ["group A would count twice: churn_rate 2026-10-01..2026-10-31 is recorded. Record either"],
    ),
    ([entry(*WEEK, group="A")], [MONTH], ["would count twice"]),
    ([MONTH], [entry(*WEEK, group="A")], ["would count twice"]),
    ([MONTH, entry(*WEEK, group="A")], [], ["would count twice"]),
    ([entry(*OCTOBER, group="A")], [entry(*OCTOBER, channel="chat")], ["would count twice"]),
    ([entry(*OCTOBER, group="A")], [entry(*OCTOBER, group="a")], ["would count twice"]),
    ([entry(*OCTOBER, group="A", channel="x")], [entry(*OCTOBER, group="A")], ["count twice"]),
    (
        [entry(*OCTOBER, group="A", channel="chat"), entry(*OCTOBER, group="A", channel="mail")],
        [entry(*OCTOBER, group="B")],
        [],
    ),
    # The month makes way for its days in one batch.
    ([entry(*OCTOBER, numerator=None), entry(*WEEK)], [MONTH], []),
    ([entry(*OCTOBER, numerator=None), MONTH], [MONTH], ["stands here twice"]),
]


@pytest.mark.parametrize(("new", "recorded", "sentences"), CLASHES)
def test_what_would_count_twice_is_named(
    new: Sequence[Entry], recorded: Sequence[Entry], sentences: Sequence[str]
) -> None:
    problems = clashes(dict(enumerate(new)), recorded)
    told = [str(problem.error) for problem in problems]
    assert len(told) == len(sentences)
    assert all(sentence in one for sentence, one in zip(sentences, told, strict=True)), told


def go_together(one: Entry, other: Entry) -> bool:
    """What the rule says, in the words of the rule."""
    days_apart = one.last < other.first or other.last < one.first
    parts_apart = any(
        dimension in other.part and other.part[dimension] != name
        for dimension, name in one.part.items()
    )
    return one.metric != other.metric or days_apart or parts_apart


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    first = draw(st.integers(1, 12))
    return Entry(
        draw(st.sampled_from(["churn_rate", "conversion_rate"])),
        day(first),
        day(first + draw(st.integers(0, 4))),
        1,
        2,
        group=draw(st.sampled_from(["", "", "a", "b"])),
        channel=draw(st.sampled_from(["", "", "x", "y"])),
    )


@pytest.mark.thorough
@given(told=st.lists(entries(), max_size=9), size=st.integers(0, 9))
def test_a_batch_is_taken_exactly_if_nothing_counts_twice(told: list[Entry], size: int) -> None:
    recorded: list[Entry] = []
    for one in told[:size]:
        if all(go_together(one, other) for other in recorded):
            recorded.append(one)
    new = told[size:]
    staying = [one for one in recorded if one.about not in {other.about for other in new}]
    pairs = [*combinations(new, 2), *((one, other) for one in new for other in staying)]
    problems = clashes(dict(enumerate(new)), recorded)
    assert bool(problems) == (not all(go_together(one, other) for one, other in pairs))
    for problem in problems:
        others = [*new[: problem.place], *new[problem.place + 1 :], *staying]
        assert not all(go_together(new[problem.place], other) for other in others)


def test_ten_thousand_measurements_are_compared_quickly() -> None:
    """Each group, each day: compared with one another they would be fifty million pairs."""
    days = [day(1, 1) + timedelta(days=number) for number in range(200)]
    many = {
        place: entry(one, group=f"group {number}")
        for place, (one, number) in enumerate((d, n) for d in days for n in range(50))
    }
    assert clashes(many, []) == []


# --- The store -----------------------------------------------------------------------------------


def record(
    session: Session, *told: Entry, workspace: int = 1, by: str = "U1", minutes: float = 0
) -> Recorded:
    now = T(minutes=minutes)
    return measurements.record(session, workspace, batch(*told), by=by, now=now)


def kept(session: Session, workspace: int = 1) -> list[tuple[str, str, str, float, float]]:
    rows = session.execute(
        select(
            *(col(Measurement.day), col(Measurement.last_day), col(Measurement.group)),
            *(col(Measurement.numerator), col(Measurement.denominator)),
        )
        .where(col(Measurement.workspace_id) == workspace)
        .order_by(col(Measurement.day), col(Measurement.group))
    )
    return [(str(first), str(last), *more) for first, last, *more in rows]


def test_a_measurement_is_kept_with_who_recorded_it(database: Database) -> None:
    with database.writing() as session:
        done = record(session, entry(*OCTOBER, group="Billing"), by="U7")
    assert done.counts() == {"added": 1, "replaced": 0, "removed": 0, "unchanged": 0}
    with database.reading() as session:
        assert kept(session) == [("2026-10-01", "2026-10-31", "Billing", 12, 3_400)]
        (row,) = session.scalars(select(Measurement))
        assert (row.recorded_by, row.recorded_at) == ("U7", T())
        (change,) = people.changes(session, 1)
        assert (change.who, change.action, change.at) == ("U7", "measurements recorded", T())
        assert change.detail == "churn_rate 2026-10-01..2026-10-31 group Billing 12 of 3400"


def test_the_same_again_takes_the_place_of_what_was_there(database: Database) -> None:
    with database.writing() as session:
        record(session, entry(*OCTOBER))
        done = record(session, entry(*OCTOBER, numerator=13), by="U2", minutes=1)
        assert done.counts() == {"added": 0, "replaced": 1, "removed": 0, "unchanged": 0}
        assert done.replaced[0].before == entry(*OCTOBER)
        assert kept(session) == [("2026-10-01", "2026-10-31", "", 13, 3_400)]


def test_recording_the_same_numbers_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        record(session, entry(*OCTOBER))
        before = session.scalars(select(col(Workspace.revision))).one()
        done = record(session, entry(*OCTOBER), by="U2", minutes=1)
        assert done.counts() == {"added": 0, "replaced": 0, "removed": 0, "unchanged": 1}
        assert session.scalars(select(col(Workspace.revision))).one() == before
        assert [change.who for change in people.changes(session, 1)] == ["U1"]


def test_what_is_off_is_taken_away_and_may_be_gone_already(database: Database) -> None:
    off = entry(*OCTOBER, numerator=None)
    with database.writing() as session:
        record(session, entry(*OCTOBER), entry(day(1, 9)))
        assert record(session, off).counts()["removed"] == 1
        assert kept(session) == [("2026-09-01", "2026-09-01", "", 12, 3_400)]
        assert record(session, off).counts()["unchanged"] == 1


def test_many_are_taken_away_at_once(database: Database) -> None:
    told = [entry(day(1, 1) + timedelta(days=n), group="Billing") for n in range(300)]
    told += [entry(one.first, group="Technical") for one in told]
    with database.writing() as session:
        record(session, *told, entry(day(1, 1), group="Sales"))
        off = [entry(one.first, group=one.group, numerator=None) for one in told]
        assert record(session, *off).counts()["removed"] == 600
        assert kept(session) == [("2026-01-01", "2026-01-01", "Sales", 12, 3_400)]


def test_a_batch_with_a_problem_changes_nothing_and_names_them_all(database: Database) -> None:
    rows: list[tuple[int, dict[str, Cell]]] = [
        (2, with_(from_="2026-09")),
        (3, with_(from_="2026-10-05")),
        (4, with_(metric="chrun")),
    ]
    with database.writing() as session:
        record(session, MONTH)
        read_rows = Batch.read(rows, today=TODAY)
        done = measurements.record(session, 1, read_rows, by="U1", now=T(minutes=1))
    assert [problem.place for problem in done.problems] == [3, 4]
    assert done.counts() == {"added": 0, "replaced": 0, "removed": 0, "unchanged": 0}
    with database.reading() as session:
        assert kept(session) == [("2026-10-01", "2026-10-31", "", 12, 3_400)]
        assert len(people.changes(session, 1)) == 1


def test_what_only_would_be_recorded_is_not(database: Database) -> None:
    with database.reading() as session:
        assert measurements.check(session, 1, batch(MONTH)).counts()["added"] == 1
    with database.reading() as session:
        assert kept(session) == []


def test_workspaces_do_not_see_each_others_measurements(database: Database) -> None:
    with database.writing() as session:
        other = a_workspace(session)
        record(session, MONTH)
        assert record(session, entry(*WEEK), workspace=other).problems == ()
        assert len(kept(session)) == len(kept(session, other)) == 1


def test_two_that_record_at_the_same_moment_do_not_count_twice(database: Database) -> None:
    def one(what: Entry) -> Recorded:
        with database.writing() as session:
            return record(session, what)

    done = together(lambda: one(MONTH), lambda: one(entry(*WEEK)))
    assert sorted(len(found.problems) for found in done) == [0, 1]
    with database.reading() as session:
        assert len(kept(session)) == 1


def touched(session: Session) -> tuple[datetime, datetime, int]:
    """The first and the last touched hour, and the newest revision."""
    rows = list(session.scalars(select(Touched).execution_options(populate_existing=True)))
    hours = sorted(row.hour for row in rows)
    return hours[0], hours[-1], max(row.revision for row in rows)


def test_recording_touches_the_hours_of_its_days_in_every_zone_but_none_to_come(
    database: Database,
) -> None:
    with database.writing() as session:
        record(session, entry(date(2026, 11, 2), date(2026, 11, 3)))
        monday = T(days=-18, hours=-7)
        first, last, revision = touched(session)
        assert (first, last) == (monday + timedelta(hours=9), monday + timedelta(days=1, hours=12))
        record(session, entry(date(2026, 11, 2), date(2026, 11, 3), numerator=None))
        assert touched(session) == (first, last, revision + 1)
        record(session, entry(TODAY))
        assert touched(session)[1] == last


def test_the_newest_are_told_first(database: Database) -> None:
    with database.writing() as session:
        record(session, entry(day(1)), entry(day(2)))
        record(session, entry(day(1, 9)), minutes=1)
        assert measurements.latest(session, 1, 2) == [entry(day(1, 9)), entry(day(2))]
        record(session, entry(day(2), numerator=1), minutes=2)
        assert measurements.latest(session, 1, 1) == [entry(day(2), numerator=1)]


# --- Readings ------------------------------------------------------------------------------------


def window(first: date, last: date) -> Window:
    start = T().replace(hour=0, tzinfo=UTC)
    offset = start.date()
    return Window(start + (first - offset), start + (last - offset) + timedelta(days=1))


def reading(
    session: Session,
    metric: str,
    first: date,
    last: date,
    *,
    workspace: int = 1,
    only: Slice | None = None,
) -> Reading:
    (found,) = read(session, workspace, [CATALOGUE[metric]], [window(first, last)], only=only)
    return found


def test_churn_is_of_the_customers_at_the_start_of_the_window(database: Database) -> None:
    with database.writing() as session:
        record(
            session,
            entry(day(1, 9), day(30, 9), numerator=30, denominator=3_000),
            entry(*OCTOBER, numerator=20, denominator=3_100),
        )
        both = reading(session, "churn_rate", day(1, 9), day(31))
        assert (both.value, both.numerator, both.denominator) == (50 / 3_000, 50, 3_000)
        october = reading(session, "churn_rate", *OCTOBER)
        assert (october.value, october.n) == (20 / 3_100, 3_100)
        assert reading(session, "churn_rate", day(2), day(31)).value is None


def test_conversion_and_quality_are_weighed_by_how_many_there_were(database: Database) -> None:
    with database.writing() as session:
        record(
            session,
            Entry("conversion_rate", day(1), day(1), 1, 10),
            Entry("conversion_rate", day(2), day(2), 30, 90),
            Entry("quality_score", day(1), day(1), 90, 1),
            Entry("quality_score", day(2), day(2), 400, 5),
        )
        conversion = reading(session, "conversion_rate", day(1), day(2))
        assert (conversion.value, conversion.n) == (31 / 100, 100)
        quality = reading(session, "quality_score", day(1), day(2))
        assert (quality.value, quality.n) == (490 / 6, 6)


def test_calls_of_another_vendor_are_added_to_those_of_the_desk(database: Database) -> None:
    at = T(days=-1)
    minute = timedelta(minutes=1)
    calls = [
        Call("1", at, answered=True, talk=2 * minute, wrap_up=minute),
        Call("2", at, answered=False, wait=minute),
    ]
    yesterday = at.date()
    with database.writing() as session:
        Plan("acme", [a_ticket()], calls=calls).store(session, 1)
        record(
            session,
            Entry("call_volume", yesterday, yesterday, 10, desk="aircall"),
            Entry("handle_time", yesterday, yesterday, 9 * 300, 9, desk="aircall"),
            Entry("abandonment_rate", yesterday, yesterday, 1, 10, desk="aircall"),
            Entry("call_volume", yesterday, yesterday, 5, desk="acme"),
        )
        days = (yesterday, yesterday)
        assert reading(session, "call_volume", *days).value == 2 + 10 + 5
        assert reading(session, "handle_time", *days).value == (180 + 9 * 300) / 10
        assert reading(session, "abandonment_rate", *days).value == (1 + 1) / (2 + 10)
        by_desk = {
            found.slice.value: found.value
            for found in read(
                session,
                1,
                [CATALOGUE["call_volume"]],
                [window(*days)],
                by=Dimension.DESK,
            )
            if found.slice
        }
        assert by_desk == {"acme": 7, "aircall": 10}
        only = Slice(Dimension.DESK, "aircall")
        assert reading(session, "handle_time", *days, only=only).value == 300


@pytest.mark.parametrize("lacks", [frozenset(), frozenset({Fact.ARTICLES, Fact.READING_TIME})])
def test_article_views_of_another_system_count_for_self_service(
    database: Database, lacks: frozenset[Fact]
) -> None:
    """Also at a desk that knows nothing of articles; a day of which none are recorded is unknown."""
    today, yesterday, before = (T(days=-n).date() for n in range(3))
    with database.writing() as session:
        tickets = [a_ticket(str(number), T(days=-1 - number % 2)) for number in range(8)]
        Plan("acme", tickets, gives=EVERY_FACT - lacks).store(session, 1)
        record(session, Entry("article_views", yesterday, yesterday, 20))
        found = reading(session, "self_service_ratio", yesterday, yesterday)
        assert (found.value, found.n, found.is_possible) == (5, 4, True)
        nothing = reading(session, "self_service_ratio", before, before)
        assert nothing.value == (None if lacks else 0)
        assert reading(session, "article_views", today, today).is_possible


daily = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=30)


@pytest.mark.thorough
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=daily, cut=st.integers(0, 30))
def test_days_add_up_to_what_is_recorded_in_one(
    database: Database, days: list[tuple[int, int]], cut: int
) -> None:
    """A month recorded in one is its days recorded singly, and is any two stretches of them."""
    told = [(min(hits, of), of) for hits, of in days]
    cut = min(cut, len(told))
    with database.writing() as session:
        for metric in ("conversion_rate", "handle_time", "article_views"):
            whole = (day(1), day(len(told)))
            values = {
                _value(session, metric, _stretches(metric, told, ends), *whole)
                for ends in (range(1, len(told) + 1), [len(told)], [cut, len(told)])
            }
            assert len(values) == 1, metric


def _stretches(
    metric: str, told: Sequence[tuple[int, int]], ends: Iterable[int]
) -> Iterable[Entry]:
    start = 0
    for end in ends:
        if end > start:
            hits, of = (sum(column) for column in zip(*told[start:end], strict=True))
            below = 1 if metric == "article_views" else of
            yield Entry(metric, day(start + 1), day(end), hits, below)
        start = end


def _value(
    session: Session, metric: str, told: Iterable[Entry], first: date, last: date
) -> float | None:
    workspace = a_workspace(session)
    a_desk(session, workspace)
    assert not record(session, *told, workspace=workspace).problems
    return reading(session, metric, first, last, workspace=workspace).value


def test_every_column_is_documented_by_its_name() -> None:
    assert COLUMNS[-4:] == tuple(part.value for part in PARTS)
