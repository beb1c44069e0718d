from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from commands.times import (
    ScheduleText,
    parse_duration,
    parse_schedule,
    parse_time,
    parse_weekdays,
    parse_zone,
)

patient = settings(deadline=None)

ATHENS = ZoneInfo("Europe/Athens")
NEW_YORK = ZoneInfo("America/New_York")
MON_FRI = (0, 1, 2, 3, 4)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def answer(parse: Callable[[str], object], text: str) -> str:
    """What is said to a mistake, before the example."""
    with pytest.raises(UsageError) as error:
        parse(text)
    said, found, example = str(error.value).partition(" For example: ")
    assert found
    assert example
    return said


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("09:00", time(9)),
        ("9", time(9)),
        ("0900", time(9)),
        ("930", time(9, 30)),
        ("9am", time(9)),
        ("9 AM", time(9)),
        ("9:30 pm", time(21, 30)),
        ("9:30 p.m.", time(21, 30)),
        ("12am", time(0)),
        ("12 pm", time(12)),
        ("12:30am", time(0, 30)),
        ("noon", time(12)),
        ("Midnight", time(0)),
        ("21.15", time(21, 15)),
        ("9h30", time(9, 30)),
        ("23:59", time(23, 59)),
        ("۰۹:۰۰", time(9)),
    ],
)
def test_a_time_of_day_is_read(text: str, read: time) -> None:
    assert parse_time(text) == read


@pytest.mark.parametrize(
    "text", ["24:00", "25", "9:60", "13pm", "0am", "9:5", "-9", "9:00:00", "nine", "9 30", "99999"]
)
def test_what_no_clock_shows_is_no_time(text: str) -> None:
    assert answer(parse_time, text) == f"“{text}” is not a time of day."


def test_no_time_is_told_as_such() -> None:
    assert answer(parse_time, " ") == "No time of day is given."


@patient
@given(st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0)))
def test_every_minute_of_the_day_is_read_back_however_it_is_written(at: time) -> None:
    for form in ("%H:%M", "%H%M", "%H.%M", "%I:%M %p", "%I:%M%p", "%Hh%M"):
        assert parse_time(at.strftime(form)) == at


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Europe/Athens", "Europe/Athens"),
        ("europe/athens", "Europe/Athens"),
        ("athens", "Europe/Athens"),
        ("New York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("utc", "UTC"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("istanbul", "Europe/Istanbul"),
        ("japan", "Japan"),
    ],
)
def test_a_zone_is_read_by_its_name_or_its_place(text: str, read: str) -> None:
    assert parse_zone(text).key == read


@pytest.mark.parametrize("text", ["+02:00", "-5", "UTC+2", "gmt -3", "Etc/GMT+3", "+0530", "EST"])
def test_an_offset_is_refused_because_it_ignores_daylight_saving(text: str) -> None:
    assert answer(parse_zone, text) == (
        f"“{text}” does not follow daylight saving time. Name a place instead."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Europe/Atens", "There is no time zone “Europe/Atens”. Did you mean “Europe/Athens”?"),
        ("athnes", "There is no time zone “athnes”. Did you mean “Athens”?"),
        ("new yrok", "There is no time zone “new yrok”. Did you mean “New York”?"),
        ("pst", "There is no time zone “pst”."),
        ("../etc/passwd", "There is no time zone “../etc/passwd”."),
        ("", "Something is missing at the end."),
    ],
)
def test_an_unknown_zone_is_answered_with_what_was_meant(text: str, said: str) -> None:
    assert answer(parse_zone, text) == said


def test_every_zone_that_is_a_place_is_read_back() -> None:
    places = [name for name in available_timezones() if "/" in name and "Etc/" not in name]
    assert len(places) > 400
    assert all(parse_zone(name.lower()).key == name for name in places)


@pytest.mark.parametrize("text", ["Athen", "chikago", "lodnon", "america/chicag", "utcc"])
def test_a_zone_that_is_offered_is_understood(text: str) -> None:
    offered = answer(parse_zone, text).rsplit("“", 1)[1].removesuffix("”?")
    assert parse_zone(offered).key.rsplit("/", 1)[-1] in {"Athens", "Chicago", "London", "UTC"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mon-fri", MON_FRI),
        ("Mon – Fri", MON_FRI),
        ("monday to friday", MON_FRI),
        ("monday through friday", MON_FRI),
        ("mon..fri", MON_FRI),
        ("weekdays", MON_FRI),
        ("mon,wed", (0, 2)),
        ("wed, mon", (0, 2)),
        ("mon wed fri", (0, 2, 4)),
        ("Mondays and Fridays", (0, 4)),
        ("mon, wed & fri", (0, 2, 4)),
        ("sat-wed", (0, 1, 2, 5, 6)),
        ("fri-mon,wed", (0, 2, 4, 5, 6)),
        ("sunday", (6,)),
        ("tues thurs", (1, 3)),
        ("weekend", (5, 6)),
        ("weekdays,sat", (0, 1, 2, 3, 4, 5)),
        ("every day", (0, 1, 2, 3, 4, 5, 6)),
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("tue-tue", (1,)),
    ],
)
def test_weekdays_are_read_in_the_order_of_the_week(text: str, read: tuple[int, ...]) -> None:
    assert parse_weekdays(text) == read


@pytest.mark.parametrize("text", ["1-5", "0", "1,3", "mon-5"])
def test_numbers_for_weekdays_are_refused_because_people_count_differently(text: str) -> None:
    assert answer(parse_weekdays, text) == (
        f"“{text}” is not clear: some count weekdays from Sunday, some from Monday. Name the days."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wensday", "There is no weekday “wensday”. Did you mean “wednesday”?"),
        ("mon,tusday", "There is no weekday “tusday”. Did you mean “tuesday”?"),
        ("weekdys", "There is no weekday “weekdys”. Did you mean “weekdays”?"),
        ("mo", "There is no weekday “mo”."),
        ("", "Something is missing at the end."),
    ],
)
def test_an_unknown_weekday_is_answered_with_what_was_meant(text: str, said: str) -> None:
    assert answer(parse_weekdays, text) == said


@patient
@given(st.sets(st.integers(0, 6), min_size=1), st.sampled_from([",", ", ", " ", " and ", " & "]))
def test_any_set_of_weekdays_is_read_back(chosen: set[int], between: str) -> None:
    typed = between.join(DAYS[day] for day in random.sample(sorted(chosen), len(chosen)))
    assert parse_weekdays(typed) == tuple(sorted(chosen))


@patient
@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_weekdays_goes_on_until_it_meets_its_end(first: int, last: int) -> None:
    days = parse_weekdays(f"{DAYS[first]}-{DAYS[last]}")
    assert set(days) == {(first + n) % 7 for n in range((last - first) % 7 + 1)}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1h", 60),
        ("90 min", 90),
        ("90m", 90),
        ("1h30", 90),
        ("1h 30m", 90),
        ("1 hour 30 minutes", 90),
        ("1h05", 65),
        ("2 hours", 120),
        ("1.5h", 90),
        ("1,5 h", 90),
        ("3d", 3 * 24 * 60),
        ("1d12h", 36 * 60),
        ("2 weeks", 14 * 24 * 60),
        ("90s", 1.5),
        ("45M", 45),
        ("۹۰ min", 90),
    ],
)
def test_a_duration_is_read(text: str, minutes: float) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


def test_a_duration_without_a_unit_is_told_to_name_one() -> None:
    with pytest.raises(UsageError) as error:
        parse_duration("90")
    assert error.value.message == "“90” has no unit: min, h or d."
    assert error.value.hint == "For example: `/kpi goal first response time 90 min`"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No duration is given."),
        ("0m", "A duration is more than 0 and at most 3 years, “0m” is not."),
        ("9999d", "A duration is more than 0 and at most 3 years, “9999d” is not."),
        ("999999w", "A duration is more than 0 and at most 3 years, “999999w” is not."),
        ("1mo", "“1mo” is not a duration."),
        ("-1h", "“-1h” is not a duration."),
        ("1h60", "“1h60” is not a duration."),
        ("30m 1h", "“30m 1h” is not a duration."),
        ("h", "“h” is not a duration."),
        ("90 mnutes", "“90 mnutes” is not a duration."),
        ("1" * 5000 + "h", "“" + "1" * 59 + "…” is not a duration."),
    ],
)
def test_what_is_no_duration_is_told_as_such(text: str, said: str) -> None:
    assert answer(parse_duration, text) == said


@patient
@given(st.integers(0, 999), st.integers(0, 23), st.integers(0, 59))
def test_days_hours_and_minutes_are_read_back(days: int, hours: int, minutes: int) -> None:
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if duration:
        assert parse_duration(f"{days}d {hours}h {minutes}m") == duration
        assert parse_duration(f"{days} days{hours}hours {minutes} min") == duration


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("daily 09:00", ScheduleText("daily", time(9), None, ())),
        ("daily 9", ScheduleText("daily", time(9), None, ())),
        ("Daily 09:00 Europe/Athens", ScheduleText("daily", time(9), ATHENS, ())),
        ("daily 09:00 athens mon-wed", ScheduleText("daily", time(9), ATHENS, (0, 1, 2))),
        ("daily mon - wed 9am athens", ScheduleText("daily", time(9), ATHENS, (0, 1, 2))),
        ("daily at noon on mon, wed and fri", ScheduleText("daily", time(12), None, (0, 2, 4))),
        ("daily 9:00 every day", ScheduleText("daily", time(9), None, tuple(range(7)))),
        (
            "weekdays daily at 9:30 pm in New York",
            ScheduleText("daily", time(21, 30), NEW_YORK, MON_FRI),
        ),
        ("weekly mon 09:00", ScheduleText("weekly", time(9), None, (0,))),
        ("weekly 09:00", ScheduleText("weekly", time(9), None, ())),
        ("09:00 fridays weekly athens", ScheduleText("weekly", time(9), ATHENS, (4,))),
        ("weekly on tuesday at 8", ScheduleText("weekly", time(8), None, (1,))),
    ],
)
def test_a_schedule_is_read_with_its_words_in_any_order(text: str, read: ScheduleText) -> None:
    assert parse_schedule(text) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "It is not said whether the digest is daily or weekly."),
        ("9:00", "It is not said whether the digest is daily or weekly."),
        ("weekdays 9:00", "It is not said whether the digest is daily or weekly."),
        ("dayly 9:00", "There is no digest “dayly”. Did you mean “daily”?"),
        ("9:00 wekly", "There is no digest “wekly”. Did you mean “weekly”?"),
        ("daily weekly 9:00", "A digest is either daily or weekly, once."),
        ("daily", "It is not said at what time."),
        ("daily 9:00 10:00", "Only one time of day can be given."),
        ("daily 9:00 athens berlin", "Only one time zone can be given."),
        ("daily 25:00", "“25:00” is not a time of day."),
        (
            "daily 9:00 +02:00",
            "“+02:00” does not follow daylight saving time. Name a place instead.",
        ),
        (
            "daily 9:00 est",
            "“est” does not follow daylight saving time. Name a place instead.",
        ),
        (
            "daily 9:00 europe/athns",
            "There is no time zone “europe/athns”. Did you mean “Europe/Athens”?",
        ),
        (
            "daily 9:00 1-5",
            "“1-5” is not clear: some count weekdays from Sunday, some from Monday. Name the days.",
        ),
        (
            "daily 9:00 mnday",
            "There is no time, weekday or time zone “mnday”. Did you mean “monday”?",
        ),
        ("weekly mon-wed 9:00", "A weekly digest comes on one day of the week."),
        ("weekly every day 9:00", "A weekly digest comes on one day of the week."),
    ],
)
def test_a_mistake_in_a_schedule_is_answered_by_what_it_looks_like(text: str, said: str) -> None:
    assert answer(parse_schedule, text) == said


zones = st.sampled_from(["Europe/Athens", "america/new_york", "new york", "utc", "ho chi minh"])
clock_times = st.sampled_from(["9", "09:00", "9:30 pm", "0900", "noon", "23.59"])
weekday_lists = st.sampled_from(["mon-fri", "sat-wed", "tue", "mon, wed and fri", "every day"])


@patient
@given(clock_times, zones, weekday_lists, st.permutations(range(4)))
def test_the_order_of_the_parts_makes_no_difference(
    at: str, zone: str, weekdays: str, order: list[int]
) -> None:
    parts = ["daily", at, zone, weekdays]
    expected = ScheduleText("daily", parse_time(at), parse_zone(zone), parse_weekdays(weekdays))
    assert parse_schedule(" ".join(parts[n] for n in order)) == expected


@pytest.mark.parametrize("parse", [parse_time, parse_zone, parse_weekdays, parse_schedule])
@pytest.mark.parametrize(
    "text", ["?", "", "daily 9 x", "weekly x", "weekly 9 x/y", "daily 9:99", "daily 9 1-5"]
)
def test_the_examples_of_a_mistake_are_whole_commands_and_understood(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    examples = re.findall("`(.+?)`", error.value.hint)
    assert examples
    for example in examples:
        command, _, typed = example.partition(" ")
        assert command == "/digest"
        assert parse_schedule(typed).time == time(9)


def test_the_example_is_of_the_kind_that_was_typed() -> None:
    for kind in ("daily", "weekly"):
        with pytest.raises(UsageError, match=f"`/digest {kind} "):
            parse_schedule(f"{kind} 25:00")


def test_sentences_are_told_in_the_readers_language() -> None:
    with pytest.raises(UsageError) as error:
        parse_schedule("daily 25:00")
    french = {"“{typed}” is not a time of day.": "« {typed} » n'est pas une heure."}
    said = error.value.said(lambda text: french.get(text, ""))
    assert said.strip() == "« 25:00 » n'est pas une heure."


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("daily ۰۹:۳۰", time(9, 30)),
        ("daily ٠٩:٣٠", time(9, 30)),
        ("daily ०९:३०", time(9, 30)),
        ("\u2067daily\u2069 \u200f۹:۳۰", time(9, 30)),
    ],
)
def test_digits_and_hidden_marks_of_other_scripts_are_read(text: str, read: time) -> None:
    assert parse_schedule(text).time == read


words = st.sampled_from(
    (
        *("daily", "weekly", "mon", "sun-sat", "1-5", "9", "09:00", "25:00", "pm", "am", "noon"),
        *("athens", "new", "york", "+02:00", "utc", "etc/gmt-3", "every", "day", "and", "to"),
        *("1h30", "90", "min", "w", "d", "1.5", "at", "in", "on", ",", "-", "…", "²", "٣", "é"),
    )
)
garbage = st.one_of(st.text(max_size=40), st.lists(words, max_size=7).map(" ".join))


@pytest.mark.thorough
@patient
@given(garbage)
@pytest.mark.parametrize(
    "parse", [parse_time, parse_zone, parse_weekdays, parse_duration, parse_schedule]
)
def test_whatever_is_typed_is_read_or_answered(parse: Callable[[str], object], text: str) -> None:
    error = mistake_in(parse, text)
    if error:
        assert error.message.endswith((".", "?"))
        assert error.hint


def mistake_in(parse: Callable[[str], object], text: str) -> UsageError | None:
    try:
        parse(text)
    except UsageError as error:
        return error
    return None
