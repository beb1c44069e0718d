"""When a digest is due and which days it tells about, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digests.timetable import (
    Against,
    Baseline,
    Kind,
    Timetable,
    baseline,
    comparables,
    days_window,
    earlier,
    has_whole_days,
    is_incomparable,
)
from bot.domain import Window
from bot.locale import whole_days
from commands.windows import parse_window
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
WORKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def daily(
    at: str = "09:00", weekdays: tuple[int, ...] = EVERY_DAY, zone: ZoneInfo = ATHENS
) -> Timetable:
    return Timetable(Kind.DAILY, time.fromisoformat(at), zone, weekdays)


def weekly(at: str = "09:00", weekday: int = 0) -> Timetable:
    return Timetable(Kind.WEEKLY, time.fromisoformat(at), ATHENS, (weekday,))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ATHENS)


# --- When it is due --------------------------------------------------------------------------------


def test_a_digest_is_due_at_its_local_time_on_its_weekdays() -> None:
    """From Friday 09:00 in Athens, which is past, over the weekend."""
    slots = daily("08:30", WORKDAYS).upcoming(T(), 3)
    assert [(slot.key, slot.due_at.astimezone(UTC)) for slot in slots] == [
        ("2026-11-23T08:30", utc("2026-11-23T06:30")),
        ("2026-11-24T08:30", utc("2026-11-24T06:30")),
        ("2026-11-25T08:30", utc("2026-11-25T06:30")),
    ]


def test_a_moment_that_is_now_is_past_and_no_longer_upcoming() -> None:
    table = daily("09:00")
    assert table.past(T(), since=T(-1))[-1].due_at == T()
    assert table.past(T(-1), since=T(-2)) == []
    assert table.past(T(1), since=T()) == []
    assert table.upcoming(T(), 1)[0].key == "2026-11-21T09:00"
    assert table.upcoming(T(-1), 1)[0].key == "2026-11-20T09:00"


def test_what_was_due_since_a_moment_comes_oldest_first() -> None:
    table = daily("09:00", WORKDAYS)
    slots = table.past(T(days=3, hours=5), since=T(days=-1, hours=-1))
    assert [slot.key for slot in slots] == [
        "2026-11-19T09:00",
        "2026-11-20T09:00",
        "2026-11-23T09:00",
    ]


def test_nothing_older_than_about_a_week_is_due_any_more() -> None:
    """And the last weekly one always is, however long the bot was down."""
    assert len(daily().past(T(), since=LONG_AGO)) == 9
    assert [slot.key for slot in weekly().past(T(), since=LONG_AGO)] == ["2026-11-16T09:00"]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        pytest.param("2026-03-28", "2026-03-28T01:30", id="the day before: UTC+2"),
        pytest.param(
            "2026-03-29", "2026-03-29T01:30", id="03:30 is skipped: due as it becomes 04:30"
        ),
        pytest.param("2026-03-30", "2026-03-30T00:30", id="the day after: UTC+3"),
        pytest.param("2026-10-24", "2026-10-24T00:30", id="the day before the second change"),
        pytest.param("2026-10-25", "2026-10-25T00:30", id="03:30 comes twice: due the first time"),
        pytest.param("2026-10-26", "2026-10-26T01:30", id="the day after the second change"),
    ],
)
def test_daylight_saving_neither_drops_nor_doubles_a_slot(day: str, due: str) -> None:
    around = utc(f"{day}T12:00")
    (slot,) = daily("03:30").past(around, since=around - timedelta(hours=14))
    assert slot.key == f"{day}T03:30"
    assert slot.due_at.astimezone(UTC) == utc(due)


@pytest.mark.parametrize("first", ["2026-03-25", "2026-10-21"])
@pytest.mark.parametrize("at", ["00:00", "02:59", "03:00", "03:30", "04:00", "23:59"])
def test_every_local_date_has_one_slot_across_a_change(first: str, at: str) -> None:
    """Looked for every half an hour, from noon to noon a week later, each is found due once."""
    table, now = daily(at), local(f"{first}T12:00")
    end = now + timedelta(weeks=1)
    seen: list[str] = []
    now = now.astimezone(UTC)
    while now < end.astimezone(UTC):
        later = now + timedelta(minutes=30)
        seen += [slot.key for slot in table.past(later, since=now)]
        now = later
    days = [date.fromisoformat(key[:10]) for key in seen]
    assert len(days) == 7
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))


zones = st.sampled_from(
    [
        ATHENS,
        *map(ZoneInfo, ("UTC", "America/New_York", "Africa/Cairo", "America/Havana")),
        *map(ZoneInfo, ("Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Kiritimati")),
    ]
)
weekday_sets = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
moments = st.integers(0, 365 * 24 * 60).map(
    lambda minute: utc("2026-01-01T00:00") + timedelta(minutes=minute)
)
times_of_day = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@pytest.mark.thorough
@given(zone=zones, weekdays=weekday_sets, at=times_of_day, now=moments)
def test_what_is_upcoming_is_past_when_it_has_come(
    zone: ZoneInfo, weekdays: tuple[int, ...], at: time, now: datetime
) -> None:
    table = Timetable(Kind.DAILY, at, zone, weekdays)
    slots = table.upcoming(now, 4)
    assert len({slot.key for slot in slots}) == 4
    # Moments of one zone are compared by their clocks, which are turned back: hence UTC.
    due = [slot.due_at.astimezone(UTC) for slot in slots]
    assert due == sorted(due)
    assert due[0] > now
    for slot, moment in zip(slots, due, strict=True):
        assert table.past(moment, since=moment - timedelta(seconds=1)) == [slot]


# --- Which days it is about ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "due", "first", "last"),
    [
        pytest.param(daily(), "2026-11-20T09:00", "2026-11-19", "2026-11-19", id="yesterday"),
        pytest.param(
            daily("09:00", WORKDAYS),
            "2026-11-23T09:00",
            "2026-11-20",
            "2026-11-22",
            id="on Monday, Friday and the weekend",
        ),
        pytest.param(
            daily("09:00", WORKDAYS), "2026-11-24T09:00", "2026-11-23", "2026-11-23", id="Tuesday"
        ),
        pytest.param(
            daily("09:00", (2,)),
            "2026-11-25T09:00",
            "2026-11-18",
            "2026-11-24",
            id="one day a week",
        ),
        pytest.param(
            daily("00:00"), "2026-11-20T00:00", "2026-11-19", "2026-11-19", id="due at midnight"
        ),
        pytest.param(weekly(), "2026-11-23T09:00", "2026-11-16", "2026-11-22", id="a week"),
        pytest.param(
            weekly("09:00", 3), "2026-11-26T09:00", "2026-11-19", "2026-11-25", id="from Thursday"
        ),
    ],
)
def test_a_digest_is_about_the_whole_days_before_it(
    table: Timetable, due: str, first: str, last: str
) -> None:
    window = table.window(local(due))
    assert window == Window(local(first), local(last) + timedelta(days=1))
    assert table.window(local(due).astimezone(UTC)) == window


@pytest.mark.thorough
@given(zone=zones, weekdays=weekday_sets, at=times_of_day, now=moments)
def test_between_two_digests_nothing_is_left_out_and_nothing_told_twice(
    zone: ZoneInfo, weekdays: tuple[int, ...], at: time, now: datetime
) -> None:
    table = Timetable(Kind.DAILY, at, zone, weekdays)
    told = [table.window(slot.due_at) for slot in table.upcoming(now, 9)]
    for one, following in pairwise(told):
        assert one.end.timestamp() == following.start.timestamp()
        assert one.start < one.end


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-19", 24)]
)
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int) -> None:
    window = days_window(date.fromisoformat(day), 1, ATHENS)
    assert (window.end.timestamp() - window.start.timestamp()) / 3_600 == hours
    assert window.start.date() == date.fromisoformat(day)


def test_a_timetable_is_kept_and_read_again() -> None:
    for table in (daily("03:30", WORKDAYS), weekly("17:05", 4)):
        assert Timetable.from_json(table.to_json()) == table


# --- What it is compared with ----------------------------------------------------------------------


@pytest.mark.parametrize("changes", ["2026-04-16", "2026-11-12"])
def test_a_day_is_compared_with_the_same_local_weekday_across_daylight_saving(changes: str) -> None:
    """Eight Thursdays, each from midnight to midnight, before and after the clocks changed."""
    thursday = date.fromisoformat(changes)
    found = comparables(days_window(thursday, 1, ATHENS))
    assert found == [
        days_window(thursday - timedelta(weeks=back), 1, ATHENS) for back in range(8, 0, -1)
    ]
    assert {window.start.utcoffset() for window in found} == {
        timedelta(hours=2),
        timedelta(hours=3),
    }


@pytest.mark.parametrize(
    ("zone", "day", "before"),
    [
        ("Europe/Athens", "2026-11-01", "2026-10-18"),  # the 25th has 25 hours
        ("Europe/Athens", "2026-11-04", "2026-10-21"),  # Ohi Day is the 28th
        ("Europe/Berlin", "2026-10-10", "2026-09-26"),  # German Unity Day is the 3rd
        ("Europe/Berlin", "2027-01-08", "2026-12-18"),  # Christmas Day and New Year's Day
        ("America/New_York", "2026-12-03", "2026-11-19"),  # Thanksgiving is the 26th
        ("UTC", "2027-01-08", "2027-01-01"),  # nobody's holiday
    ],
)
def test_no_holiday_and_no_day_of_the_clocks_change_is_a_measure_for_others(
    zone: str, day: str, before: str
) -> None:
    wanted = days_window(date.fromisoformat(before), 1, ZoneInfo(zone))
    window = days_window(date.fromisoformat(day), 1, ZoneInfo(zone))
    assert earlier(window, Against.COMPARABLE) == wanted
    found = comparables(window)
    assert (len(found), found[-1]) == (8, wanted)


def test_a_week_with_a_holiday_is_a_measure_for_weeks() -> None:
    week = days_window(date(2026, 11, 2), 7, ATHENS)
    assert comparables(week, 1) == [days_window(date(2026, 10, 26), 7, ATHENS)]


@pytest.mark.parametrize(
    ("zone", "ends"),
    [("Africa/Cairo", "2026-04-24"), ("America/Santiago", "2026-09-06")],
)
def test_a_week_that_ends_where_midnight_is_skipped_is_one_week(zone: str, ends: str) -> None:
    place = ZoneInfo(zone)
    week = parse_window(
        "last 7d", now=local_window(f"{ends}T12:00..{ends}T12:00", place).end, zone=place
    )
    assert whole_days(week.start, week.end)[1] == date.fromisoformat(ends) - timedelta(days=1)
    (before,) = comparables(week, 1)
    assert before.end.date() - before.start.date() == timedelta(days=7)
    assert week.start.date() - before.start.date() == timedelta(days=7)


@pytest.mark.parametrize(
    ("days", "weeks_apart"), [(1, 1), (3, 1), (7, 1), (8, 2), (14, 2), (30, 5)]
)
def test_comparable_windows_are_whole_weeks_apart_and_do_not_overlap(
    days: int, weeks_apart: int
) -> None:
    window = days_window(date(2026, 10, 16), days, ATHENS)
    found = [*comparables(window, 4), window]
    for one, following in pairwise(found):
        assert following.start.date() - one.start.date() == timedelta(weeks=weeks_apart)
        assert one.end <= following.start
        assert one.end.date() - one.start.date() == timedelta(days=days)


def test_what_is_usual_on_a_day_is_told_by_eight_weeks_of_days() -> None:
    """None of them is changed by daylight saving: the 25th of October, nor a holiday: the 28th."""
    thursday = days_window(date(2026, 11, 19), 1, ATHENS)
    found = baseline(thursday)
    assert found.comparable == comparables(thursday)
    days = [window.start.date() for window in found.others]
    assert days == sorted(days)
    odd = {date(2026, 10, 25), date(2026, 10, 28)}
    wanted = {date(2026, 11, 19) - timedelta(days=back) for back in range(1, 57)} - odd
    assert set(days) == {day for day in wanted if day.weekday() != 3}
    assert found.windows == [*found.others, *found.comparable]
    for window in found.windows:
        assert window == days_window(window.start.date(), 1, ATHENS)


def test_hours_are_compared_with_the_same_local_hours_of_every_weekday() -> None:
    """At nine in the morning, before and after the clocks were turned back."""
    morning = Window(local("2026-11-19T09:00"), local("2026-11-19T11:00"))
    found = baseline(morning)
    assert len(found.comparable) == 8
    assert len(found.others) == 6 * 8 - 2  # without the holiday and the day of 25 hours
    for window in found.windows:
        assert (window.start.time(), window.end.time()) == (time(9), time(11))


@pytest.mark.parametrize("days", [2, 3, 7, 30])
def test_what_lasts_longer_than_a_day_has_only_its_comparable_windows(days: int) -> None:
    window = days_window(date(2026, 10, 16), days, ATHENS)
    assert baseline(window) == Baseline(comparables(window), [])


@pytest.mark.parametrize(
    ("window", "incomparable"),
    [
        pytest.param("2026-10-28..2026-10-29", True, id="Ohi Day"),
        pytest.param("2026-10-27..2026-10-28", False, id="the day before it"),
        pytest.param("2026-10-29..2026-10-30", False, id="the day after it"),
        pytest.param("2026-10-28T09:00..2026-10-28T11:00", True, id="two hours of it"),
        pytest.param("2026-10-26..2026-10-29", True, id="days that end with it"),
        pytest.param("2026-10-26..2026-11-02", False, id="its week"),
        pytest.param("2026-10-25..2026-10-26", False, id="the day of 25 hours"),
    ],
)
def test_a_holiday_is_measured_by_no_ordinary_day(window: str, incomparable: bool) -> None:
    assert is_incomparable(local_window(window)) is incomparable
    assert not is_incomparable(local_window(window, ZoneInfo("UTC")))


@pytest.mark.parametrize(
    ("window", "whole"),
    [
        ("2026-11-19..2026-11-20", True),
        ("2026-10-25..2026-10-26", True),
        ("2026-11-16..2026-11-23", True),
        ("2026-11-20..2026-11-20T09:00", False),
        ("2026-11-19T09:00..2026-11-20T09:00", False),
    ],
)
def test_whole_days_begin_and_end_at_midnight(window: str, whole: bool) -> None:
    assert has_whole_days(local_window(window)) is whole


@pytest.mark.thorough
@given(zone=zones, first=st.dates(date(2024, 1, 1), date(2028, 1, 1)), hours=st.integers(1, 24))
def test_a_baseline_is_over_before_its_window_begins_and_names_no_window_twice(
    zone: ZoneInfo, first: date, hours: int
) -> None:
    start = datetime.combine(first, time.min, tzinfo=zone)
    end = start + timedelta(hours=hours) if hours < 24 else days_window(first, 1, zone).end
    windows = baseline(Window(start, end)).windows
    assert len({window.start.timestamp() for window in windows}) == len(windows) >= 8
    assert all(window.end.timestamp() <= start.timestamp() for window in windows)


#: Windows of a quarter of an hour, in UTC, and what they are on local clocks: the first hour of the
#: night in which they go back is over when the second begins; an hour is skipped some weeks before.
QUARTERS = [
    ("Europe/Athens", "2026-10-25T00:45", "the hour that comes twice"),
    ("Europe/Athens", "2026-03-30T00:45", "skipped on the day before"),
    ("Europe/Athens", "2026-04-05T00:45", "skipped on the Sunday before"),
    ("Australia/Lord_Howe", "2026-04-04T14:45", "half an hour that comes twice"),
    ("America/Santiago", "2026-04-05T02:45", "the hour before midnight that comes twice"),
    ("Africa/Cairo", "2026-05-01T21:45", "a midnight that was skipped"),
]


@pytest.mark.parametrize(("zone", "begins", "_is"), QUARTERS)
def test_a_window_of_minutes_has_earlier_ones_as_long_however_the_clocks_jump(
    zone: str, begins: str, _is: str
) -> None:
    start = utc(begins)
    ends = [at.astimezone(ZoneInfo(zone)) for at in (start, start + timedelta(minutes=15))]
    window = Window(*ends)
    found = [*baseline(window).windows, *(earlier(window, against) for against in Against)]
    for one in found:
        assert one.end.timestamp() - one.start.timestamp() == 15 * 60
        assert one.end.timestamp() <= window.start.timestamp()
        if one.start.timestamp() != window.start.timestamp() - 15 * 60:
            assert one.start.time() == window.start.time()


def test_an_hour_that_comes_twice_is_as_long_a_year_ago_as_elsewhere() -> None:
    """A year before its local end is the very moment of its local beginning."""
    ends = [utc(f"2026-10-25T0{hour}:00").astimezone(ATHENS) for hour in (0, 1)]
    found = earlier(Window(*ends), Against.LAST_YEAR)
    assert found.start == datetime(2025, 10, 26, 3, tzinfo=ATHENS)
    assert found.end.timestamp() - found.start.timestamp() == 3600


def test_a_timetable_without_a_weekday_is_refused() -> None:
    """Its next moment would be looked for without an end."""
    with pytest.raises(ValueError, match="never be due"):
        Timetable(Kind.DAILY, time(9), ATHENS, ())


# --- What is asked to be compared ------------------------------------------------------------------

LAST_YEAR, PREVIOUS, COMPARABLE = Against.LAST_YEAR, Against.PREVIOUS, Against.COMPARABLE

EARLIER = [
    # Days and weeks: the same weekdays, what comes just before, the same weekdays 52 weeks before.
    ("2026-11-19..2026-11-20", COMPARABLE, "2026-11-12..2026-11-13"),
    ("2026-11-19..2026-11-20", PREVIOUS, "2026-11-18..2026-11-19"),
    ("2026-11-19..2026-11-20", LAST_YEAR, "2025-11-20..2025-11-21"),
    ("2026-11-13..2026-11-20", COMPARABLE, "2026-11-06..2026-11-13"),
    ("2026-11-13..2026-11-20", PREVIOUS, "2026-11-06..2026-11-13"),
    ("2026-11-10..2026-11-20", COMPARABLE, "2026-10-27..2026-11-06"),
    ("2026-11-10..2026-11-20", PREVIOUS, "2026-10-31..2026-11-10"),
    ("2026-11-10..2026-11-20", LAST_YEAR, "2025-11-11..2025-11-21"),
    # Whole calendar months, of however many days.
    ("2026-10-01..2026-11-01", COMPARABLE, "2026-09-01..2026-10-01"),
    ("2026-10-01..2026-11-01", PREVIOUS, "2026-09-01..2026-10-01"),
    ("2026-10-01..2026-11-01", LAST_YEAR, "2025-10-01..2025-11-01"),
    ("2026-03-01..2026-04-01", PREVIOUS, "2026-02-01..2026-03-01"),
    ("2028-02-01..2028-03-01", LAST_YEAR, "2027-02-01..2027-03-01"),
    ("2026-01-01..2026-02-01", PREVIOUS, "2025-12-01..2026-01-01"),
    ("2026-07-01..2026-10-01", PREVIOUS, "2026-04-01..2026-07-01"),
    ("2026-01-01..2027-01-01", PREVIOUS, "2025-01-01..2026-01-01"),
    ("2026-01-01..2027-01-01", LAST_YEAR, "2025-01-01..2026-01-01"),
    ("2025-01-01..2026-11-20", LAST_YEAR, "2023-02-08..2024-12-27"),
    ("2025-01-01..2027-01-01", LAST_YEAR, "2023-01-01..2025-01-01"),
    # Days of 23 and 25 hours.
    ("2026-10-25..2026-10-26", COMPARABLE, "2026-10-18..2026-10-19"),
    ("2026-10-26..2026-10-27", PREVIOUS, "2026-10-25..2026-10-26"),
    ("2026-03-30..2026-04-06", PREVIOUS, "2026-03-23..2026-03-30"),
    ("2026-11-01..2026-11-02", LAST_YEAR, "2025-11-02..2025-11-03"),
    # What began today: the same hours of the weekday before, or for as long before.
    ("2026-11-20..2026-11-20T09:00", COMPARABLE, "2026-11-13..2026-11-13T09:00"),
    ("2026-11-20..2026-11-20T09:00", PREVIOUS, "2026-11-19T15:00..2026-11-20"),
    ("2026-11-20..2026-11-20T09:00", LAST_YEAR, "2025-11-21..2025-11-21T09:00"),
    ("2026-10-25..2026-10-25T09:00", PREVIOUS, "2026-10-24T14:00..2026-10-25"),
    ("2026-03-29..2026-03-29T09:00", COMPARABLE, "2026-03-22..2026-03-22T09:00"),
    # Hours.
    ("2026-11-19T09:00..2026-11-20T09:00", PREVIOUS, "2026-11-18T09:00..2026-11-19T09:00"),
    ("2026-10-25T09:00..2026-10-26T09:00", PREVIOUS, "2026-10-24T10:00..2026-10-25T09:00"),
]


def local_window(text: str, zone: ZoneInfo = ATHENS) -> Window:
    start, end = (
        datetime.fromisoformat(at).replace(tzinfo=zone) for at in text.partition("..")[::2]
    )
    return Window(start, end)


@pytest.mark.parametrize(("window", "against", "found"), EARLIER)
def test_a_window_is_compared_with_the_right_earlier_one(
    window: str, against: Against, found: str
) -> None:
    assert earlier(local_window(window), against) == local_window(found)


def test_a_day_whose_midnight_the_clocks_skip_is_compared_with_whole_days() -> None:
    """In Cairo the clocks go from 0:00 to 1:00 on the last Friday of April."""
    cairo = ZoneInfo("Africa/Cairo")
    window = local_window("2026-04-24T01:00..2026-04-25", cairo)
    assert earlier(window, COMPARABLE) == local_window("2026-04-17..2026-04-18", cairo)
    assert earlier(window, PREVIOUS).start == local_window("2026-04-23..2026-04-24", cairo).start
    week = local_window("2026-04-25..2026-05-02", cairo)
    assert earlier(week, PREVIOUS) == local_window("2026-04-18..2026-04-25", cairo)


@given(
    zone=zones,
    first=st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    days=st.integers(1, 400),
    against=st.sampled_from(Against),
)
def test_an_earlier_window_of_days_is_made_of_whole_days_and_over_before_the_later_one(
    zone: ZoneInfo, first: date, days: int, against: Against
) -> None:
    window = days_window(first, days, zone)
    found = earlier(window, against)
    assert found.start.time() == found.end.time() == time.min
    # A year after itself something begins that was longer than one.
    if against is not LAST_YEAR or days <= 52 * 7:
        assert found.end.timestamp() <= window.start.timestamp()
    if against is PREVIOUS:
        assert found.end.timestamp() == window.start.timestamp()
    length = (found.end.date() - found.start.date()).days
    assert abs(length - days) <= (3 if first.day == 1 else 0)
