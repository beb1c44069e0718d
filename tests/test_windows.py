from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Window
from bot.errors import UsageError
from commands.windows import parse_window
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")

patient = settings(deadline=None)

#: `T()` is Friday 2026-11-20, 09:00 in Athens.
NOW = "2026-11-20 09:00"


def read(text: str, now: datetime = T(), zone: ZoneInfo = ATHENS) -> Window:
    return parse_window(text, now=now, zone=zone)


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-20 00:00", NOW),
        ("yesterday", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("last 24h", "2026-11-19 09:00", NOW),
        ("last hour", "2026-11-20 08:00", NOW),
        ("last 7d", "2026-11-13 00:00", "2026-11-20 00:00"),
        ("last 7 days", "2026-11-13 00:00", "2026-11-20 00:00"),
        ("7d", "2026-11-13 00:00", "2026-11-20 00:00"),
        ("last day", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("past 4 weeks", "2026-10-23 00:00", "2026-11-20 00:00"),
        ("last 3 months", "2026-08-01 00:00", "2026-11-01 00:00"),
        ("last 12 months", "2025-11-01 00:00", "2026-11-01 00:00"),
        ("this week", "2026-11-16 00:00", NOW),
        ("last week", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("previous week", "2026-11-09 00:00", "2026-11-16 00:00"),
        ("this month", "2026-11-01 00:00", NOW),
        ("last month", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("2026-10", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("in 2026-2", "2026-02-01 00:00", "2026-03-01 00:00"),
        ("2025-12..2026-02", "2025-12-01 00:00", "2026-03-01 00:00"),
        ("2026-11", "2026-11-01 00:00", NOW),
        ("since 2026-10", "2026-10-01 00:00", NOW),
        ("this quarter", "2026-10-01 00:00", NOW),
        ("last quarter", "2026-07-01 00:00", "2026-10-01 00:00"),
        ("this year", "2026-01-01 00:00", NOW),
        ("last year", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("2026-11-01..2026-11-15", "2026-11-01 00:00", "2026-11-16 00:00"),
        ("2026-11-01 – 2026-11-15", "2026-11-01 00:00", "2026-11-16 00:00"),
        ("from 2026-11-01 to 2026-11-15", "2026-11-01 00:00", "2026-11-16 00:00"),
        ("2026-11-01…yesterday", "2026-11-01 00:00", "2026-11-20 00:00"),
        ("2026-11-01..", "2026-11-01 00:00", NOW),
        ("2026-11-01..now", "2026-11-01 00:00", NOW),
        ("2026-11-01..2026-12-31", "2026-11-01 00:00", NOW),
        ("2026-11-20..9999-12-31", "2026-11-20 00:00", NOW),
        ("since 2026-11-01", "2026-11-01 00:00", NOW),
        ("since monday", "2026-11-16 00:00", NOW),
        ("2026-11-03", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("on 2026-11-3", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("2026-11-20", "2026-11-20 00:00", NOW),
        ("2024-02-29", "2024-02-29 00:00", "2024-03-01 00:00"),
        ("۲۰۲۶-۱۱-۰۳", "2026-11-03 00:00", "2026-11-04 00:00"),
        ("mon", "2026-11-16 00:00", "2026-11-17 00:00"),
        ("Tuesday", "2026-11-17 00:00", "2026-11-18 00:00"),
        ("last thursday", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("friday", "2026-11-13 00:00", "2026-11-14 00:00"),
        ("sat", "2026-11-14 00:00", "2026-11-15 00:00"),
        ("  LAST   Week ", "2026-11-09 00:00", "2026-11-16 00:00"),
    ],
)
def test_a_window_is_read_in_local_days(text: str, start: str, end: str) -> None:
    window = read(text)
    assert (local(window.start), local(window.end)) == (start, end)
    assert window.start.tzinfo is window.end.tzinfo is ATHENS


@pytest.mark.parametrize(
    ("zone", "this_week", "last_week"),
    [
        ("Europe/Athens", "2026-11-16", "2026-11-09"),
        ("UTC", "2026-11-16", "2026-11-09"),
        ("Africa/Cairo", "2026-11-15", "2026-11-08"),
        ("Egypt", "2026-11-15", "2026-11-08"),
        ("America/New_York", "2026-11-15", "2026-11-08"),
        ("Asia/Tehran", "2026-11-14", "2026-11-07"),
    ],
)
def test_a_week_starts_as_in_the_country_of_the_zone(
    zone: str, this_week: str, last_week: str
) -> None:
    def start(text: str) -> str:
        window = parse_window(text, now=T(), zone=ZoneInfo(zone))
        return window.start.date().isoformat()

    assert (start("this week"), start("last week")) == (this_week, last_week)


def test_the_day_is_that_of_the_readers_zone() -> None:
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert read("today", late).start.date() == date(2026, 11, 20)
    assert read("today", late, ZoneInfo("America/New_York")).start.date() == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Athens", "2026-03-29", 23),
        ("Europe/Athens", "2026-10-25", 25),
        ("Asia/Beirut", "2026-03-29", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("UTC", "2026-03-29", 24),
    ],
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(
    zone: str, day: str, hours: float
) -> None:
    window = read(day, zone=ZoneInfo(zone))
    assert window.end.astimezone(UTC) - window.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_day_without_a_midnight_starts_with_its_first_moment() -> None:
    window = read("2026-03-29", zone=ZoneInfo("Asia/Beirut"))
    assert local(window.start) == "2026-03-29 01:00"
    assert window.start.astimezone(UTC) == datetime(2026, 3, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start"),
    [("2026-03-29T09:00Z", "2026-03-28 11:00"), ("2026-10-25T09:00Z", "2026-10-24 12:00")],
)
def test_hours_are_counted_across_a_change_of_clocks(now: str, start: str) -> None:
    window = read("last 24h", datetime.fromisoformat(now))
    assert local(window.start) == start
    assert window.end.astimezone(UTC) - window.start.astimezone(UTC) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-15..2026-11-01", "That window ends (2026-11-01) before it starts (2026-11-15)."),
        ("2026-02-30", "There is no day 2026-02-30 in the calendar."),
        ("2026-11-01..2026-11-31", "There is no day 2026-11-31 in the calendar."),
        ("0000-01-01", "There is no day 0000-01-01 in the calendar."),
        ("0001-01-01", "There is no day 0001-01-01 in the calendar."),
        ("2026-11-21", "2026-11-21 is still to come."),
        ("since 2027-01-01", "2027-01-01 is still to come."),
        ("lst week", "“lst week” is no time that I know. Did you mean “last week”?"),
        ("yesteday", "“yesteday” is no time that I know. Did you mean “yesterday”?"),
        ("last 7 dayz", "“last 7 dayz” is no time that I know. Did you mean “last 7 days”?"),
        ("wensday", "“wensday” is no time that I know. Did you mean “wednesday”?"),
        ("by channel", "“by channel” is no time that I know."),
        ("", "It is not said which time."),
        ("..", "It is not said which time."),
        ("since ", "“since” is no time that I know."),
        ("last 0d", "There is nothing in a window of length 0."),
        ("last 1099d", "A window can be three years long, no longer."),
        ("last 157 weeks", "A window can be three years long, no longer."),
        ("last 37 months", "A window can be three years long, no longer."),
        ("last 27000h", "A window can be three years long, no longer."),
        ("last " + "9" * 5000 + "d", "A window can be three years long, no longer."),
        ("2020-01-01..", "A window can be three years long, no longer."),
        ("0001-01-01..9999-12-31", "A window can be three years long, no longer."),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text)
    assert error.value.message == said
    assert error.value.hint == (
        "For example: `/kpi yesterday` · `/kpi last 7d` · `/kpi 2026-11-01..2026-11-15`"
    )


@pytest.mark.parametrize("text", ["11/03/2026", "3.11.2026", "3.11.", "2026/11/03", "03-11-2026"])
def test_a_date_that_could_be_two_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text)
    assert "could be more than one date" in error.value.message
    assert error.value.hint == ("Write year, month and day. For example: `/kpi 2026-11-20`")


def test_the_examples_of_the_hint_are_understood() -> None:
    with pytest.raises(UsageError) as error:
        read("?")
    examples = re.findall("`/kpi (.+?)`", error.value.hint)
    assert len(examples) == 3
    for example in examples:
        assert read(example).start < T()


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("/kpi backlog {window}", "`/kpi backlog yesterday` · `/kpi backlog last 7d` · "),
        ("deskpulse kpi --from 2026-11-01", "For example: `deskpulse kpi --from 2026-11-01`"),
    ],
)
def test_the_examples_are_of_what_was_asked(asked: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_window("?", now=T(), zone=ATHENS, asked=asked)
    assert hint in error.value.hint


def test_sentences_are_told_in_the_readers_language() -> None:
    with pytest.raises(UsageError) as error:
        read("?")
    assert error.value.said(lambda text: f"→ {text}").startswith(
        "→ “?” is no time that I know. → For example: "
    )


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["UTC", "Europe/Athens", "America/New_York", "Asia/Kolkata", "Asia/Beirut", "Pacific/Apia"]
).map(ZoneInfo)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@patient
@given(moments, zones, st.integers(0, 1000), st.integers(0, 60))
def test_any_two_days_that_are_over_are_read_back(
    now: datetime, zone: ZoneInfo, back: int, length: int
) -> None:
    last = now.astimezone(zone).date() - timedelta(days=back + 1)
    first = last - timedelta(days=length)
    window = read(f"{first}..{last}", now, zone)
    assert window.start.date() == first
    assert window.end.date() == last + timedelta(days=1)


@patient
@given(moments, zones, st.integers(1, 1000))
def test_so_many_days_end_with_yesterday(now: datetime, zone: ZoneInfo, number: int) -> None:
    window = read(f"last {number} days", now, zone)
    today = now.astimezone(zone).date()
    assert window.end.date() == today
    assert window.start.date() == today - timedelta(days=number)


words = st.sampled_from(
    (
        *("last", "this", "since", "from", "to", "week", "month", "quarter", "year", "days", "h"),
        *("7", "24", "0", "2026-11-01", "9999-12-31", "0001-01-01", "today", "mon", "yesterday"),
        *("now", "..", "…", "–", "-", "/", "²", "٣", "1e9"),
    )
)
garbage = st.one_of(st.text(), st.lists(words, max_size=5).map(" ".join))


@pytest.mark.thorough
@patient
@given(garbage, moments, zones)
def test_whatever_is_typed_gives_a_window_that_is_over_or_a_clear_answer(
    text: str, now: datetime, zone: ZoneInfo
) -> None:
    window, error = tried(text, now, zone)
    if window:
        assert window.start.astimezone(UTC) <= window.end.astimezone(UTC) <= now
    else:
        assert error.message.endswith((".", "?"))
        assert error.hint


def tried(text: str, now: datetime, zone: ZoneInfo) -> tuple[Window | None, UsageError]:
    """The window, if there is one, or else the answer."""
    try:
        return read(text, now, zone), UsageError("")
    except UsageError as error:
        return None, error
