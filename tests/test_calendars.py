"""Business time: the catalogue's worked cases, every time zone, holidays, and hours as people write them."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from holidays import country_holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendars import (
    Calendar,
    CalendarError,
    Hours,
    OpenTime,
    Spans,
    Week,
    after_hours,
    business_seconds,
    check_country,
    first_weekday,
    parse_spans,
    parse_week,
    working_days,
    write_spans,
    write_week,
)
from bot.errors import UsageError

ATHENS = ZoneInfo("Europe/Athens")
UTC_ZONE = ZoneInfo("UTC")
HOUR, DAY, WEEK = 3_600, 86_400, 604_800

OFFICE = parse_week("mon-fri 9-17")
ALWAYS = parse_week("24/7")
NEVER: Week = ((),) * 7


def at(text: str, zone: ZoneInfo = UTC_ZONE) -> int:
    """The moment of a local date and time, in seconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def on_day(open_time: OpenTime, day: str, zone: ZoneInfo = ATHENS) -> float:
    """How many hours it is open on a local date."""
    first = date.fromisoformat(day)
    following = (first + timedelta(days=1)).isoformat()
    return open_time.seconds(at(day, zone), at(following, zone)) / HOUR


def always(hours: Hours) -> OpenTime:
    """Hours that never changed."""
    return OpenTime(Calendar([(None, hours)]))


def week_of(spans: Iterable[tuple[int, int]], first: int = 0) -> Week:
    """A week whose spans are minutes from the midnight before its weekday `first`."""
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in spans:
        low = start
        while low < end:
            day, minute = divmod(low, 1_440)
            high = min(end, (day + 1) * 1_440)
            week[(day + first) % 7].append((minute, high - day * 1_440))
            low = high
    return tuple(tuple(sorted(spans)) for spans in week)


# --- The worked cases of the catalogue -----------------------------------------------------------

SUNDAY = 6
FIRST = always(
    Hours(
        UTC_ZONE,
        week_of(
            [
                *((720, 1560), (2160, 3000), (3600, 4440), (5040, 5880)),
                *((6480, 7320), (7920, 8760), (9360, 10200)),
            ],
            SUNDAY,
        ),
    )
)
SECOND = always(
    Hours(
        UTC_ZONE,
        week_of([(2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670)], SUNDAY),
    )
)
CREATED, CHANGED, REPLIED = (
    at("2020-09-29 17:01:38"),
    at("2020-09-30 19:01:25"),
    at("2020-09-30 19:01:46"),
)


def test_business_time_is_reckoned_by_each_schedule_while_it_applied() -> None:
    stays = [(CREATED, FIRST), (CHANGED, SECOND)]
    assert business_seconds(stays, CREATED, REPLIED) == 57_608
    assert round(57_608 / 60, 4) == 960.1333


def test_by_the_last_schedule_alone_and_on_the_calendar_it_is_another_number() -> None:
    assert business_seconds([(CHANGED, SECOND)], CREATED, REPLIED) == 41_408
    assert round(41_408 / 60, 4) == 690.1333
    assert round((REPLIED - CREATED) / 60, 4) == 1560.1333


@pytest.mark.parametrize(
    ("hours", "short_day", "long_day"),
    [
        ("daily 0-24", 23, 25),
        ("daily 3-4", 0, 2),
        ("daily 2-5", 2, 4),
        ("daily 22-6", 7, 9),
        ("daily 3:15-3:45", 0, 1),
        ("daily 9-17", 8, 8),
        ("daily 4-12", 8, 8),
        ("daily 0-3", 3, 3),
    ],
)
def test_a_day_in_athens_gains_or_loses_only_what_the_hours_hold_of_three_to_four(
    hours: str, short_day: float, long_day: float
) -> None:
    open_time = always(Hours(ATHENS, parse_week(hours)))
    assert on_day(open_time, "2026-03-29") == short_day
    assert on_day(open_time, "2026-10-25") == long_day


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        ("Australia/Lord_Howe", "2026-04-05", "daily 1:30-2", 1),
        ("Australia/Lord_Howe", "2026-10-04", "daily 2-2:30", 0),
        ("Australia/Lord_Howe", "2026-10-04", "daily 0-24", 23.5),
        ("America/Havana", "2026-03-08", "daily 0-1", 0),
        ("America/Havana", "2026-11-01", "daily 0-1", 2),
        ("Africa/Cairo", "2026-04-24", "daily 0-1", 0),
        ("Africa/Cairo", "2026-10-29", "daily 23-24", 2),
        ("Antarctica/Troll", "2026-03-29", "daily 0-24", 22),
        ("Asia/Kathmandu", "2026-03-29", "daily 0-24", 24),
        ("Pacific/Apia", "2011-12-29", "daily 0-24", 24),
        ("Pacific/Apia", "2011-12-31", "daily 0-24", 24),
    ],
)
def test_half_hours_midnights_and_other_odd_changes_are_found(
    zone: str, day: str, hours: str, expected: float
) -> None:
    place = ZoneInfo(zone)
    assert on_day(always(Hours(place, parse_week(hours))), day, place) == expected


# --- Written as they are read ---


@given(spans=st.lists(st.tuples(st.integers(-1_440, 11_520), st.integers(1, 2_000)), max_size=6))
def test_a_week_that_is_written_is_read_as_the_same_minutes(spans: list[tuple[int, int]]) -> None:
    """Minutes since Monday: before it, and after Sunday, are the other end of the week."""
    of_week = {
        minute % 10_080 for start, length in spans for minute in range(start, start + length)
    }
    written = write_week((start, start + length) for start, length in spans)
    week = parse_week(written) if written else ((),) * 7
    assert of_week == {
        weekday * 1_440 + minute
        for weekday, day in enumerate(week)
        for start, end in day
        for minute in range(start, end)
    }


def test_what_overlaps_or_touches_is_written_as_one_and_what_is_empty_not_at_all() -> None:
    assert write_spans([(600, 720), (540, 660), (720, 780), (900, 900)]) == "9:00-13:00"
    assert write_week([]) == write_week([(60, 60)]) == ""


# --- Against a walk through every minute ---------------------------------------------------------

#: Not the operator's own zone, which is no zone of the database.
ZONES = sorted(available_timezones() - {"localtime"})
FIRST_DAY, LAST_DAY = date(2017, 1, 1), date(2026, 12, 31)
NOONS = [
    datetime(2017, 1, 1, 12) + timedelta(days=days)  # noqa: DTZ001  of whichever zone is asked
    for days in range((LAST_DAY - FIRST_DAY).days + 1)
]
GREEK = country_holidays("GR", years=range(2016, 2028))


def walked(calendar: Calendar, start: int, end: int) -> list[tuple[int, bool]]:
    """Each minute of UTC that touches [start, end), and whether the clock on the wall is in hours."""
    return [(minute, shown_open(calendar, minute)) for minute in range(start - start % 60, end, 60)]


def seconds_in(walk: Iterable[tuple[int, bool]], start: int, end: int) -> int:
    return sum(min(minute + 60, end) - max(minute, start) for minute, is_open in walk if is_open)


def shown_open(calendar: Calendar, moment: int) -> bool:
    for since, hours in reversed(calendar.versions):
        shown = datetime.fromtimestamp(moment, hours.zone)
        if since is None or shown.date() >= since:
            minute = shown.hour * 60 + shown.minute
            return any(start <= minute < end for start, end in spans_on(hours, shown.date()))
    return False


def spans_on(hours: Hours, day: date) -> Spans:
    if day in hours.special:
        return hours.special[day]
    is_off = day in hours.closed or (hours.country == "GR" and day in GREEK)
    return () if is_off else hours.week[day.weekday()]


@cache
def changes(zone: str) -> Sequence[int]:
    """When the clocks of a zone had changed in the ten years: the first full hour after it."""
    place = ZoneInfo(zone)
    return [
        after_change(place, noon)
        for noon, following in pairwise(NOONS)
        if place.utcoffset(noon) != place.utcoffset(following)
    ]


def around(near: int) -> tuple[int, int]:
    """From before to after a change that was in the hour before `near`."""
    return near - 2 * HOUR, near + HOUR


def after_change(zone: ZoneInfo, noon: datetime) -> int:
    """The first full hour after the change that comes within a day of a local noon."""
    start = int(noon.replace(tzinfo=zone).timestamp())
    before = offset(zone, start)
    # Where the clocks go back, the local noons are more than a day apart.
    hours = range(start, start + 36 * HOUR, HOUR)
    return next(hour for hour in hours if offset(zone, hour) != before)


def offset(zone: ZoneInfo, moment: int) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Up to eight openings at odd minutes, some over midnight and some over days."""
    minutes = st.integers(0, 10_079)
    cuts = sorted(draw(st.lists(minutes, min_size=2, max_size=16, unique=True)))
    return week_of(zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def windows(draw: st.DrawFn, zone: str) -> tuple[int, int]:
    """Up to two days, near a change of the zone's clocks where it has any."""
    anywhere = st.integers(at("2017-01-01"), at("2026-12-31"))
    near = draw(st.sampled_from(changes(zone)) if changes(zone) else anywhere)
    start = near + draw(st.integers(-2 * DAY, DAY))
    return start, start + draw(st.integers(0, 2 * DAY))


@st.composite
def hours_around(draw: st.DrawFn, zone: str, day: date) -> Hours:
    """Hours with days of their own around a date."""
    days = st.integers(-2, 3).map(lambda step: day + timedelta(days=step))
    spans = st.sampled_from([(), ((0, 1_440),), ((7, 93), (95, 1_439)), ((1_000, 1_440),)])
    return Hours(
        ZoneInfo(zone),
        draw(weeks()),
        country=draw(st.sampled_from([None, "GR"])),
        closed=draw(st.frozensets(days, max_size=2)),
        special=draw(st.dictionaries(days, spans, max_size=2)),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, int, int]:
    zone, other = draw(st.sampled_from(ZONES)), draw(st.sampled_from(ZONES))
    start, end = draw(windows(zone))
    day = datetime.fromtimestamp(start, UTC).date()
    versions: list[tuple[date | None, Hours]] = [(None, draw(hours_around(zone, day)))]
    if draw(st.booleans()):
        since = day + timedelta(days=draw(st.integers(-1, 2)))
        versions.append((since, draw(hours_around(other, day))))
    return Calendar(versions), start, end


@pytest.mark.thorough
@settings(max_examples=200)
@given(cases())
def test_in_any_zone_business_time_is_what_a_walk_through_the_minutes_counts(
    case: tuple[Calendar, int, int],
) -> None:
    calendar, start, end = case
    open_time = OpenTime(calendar)
    walk = walked(calendar, start, end)
    assert open_time.seconds(start, end) == seconds_in(walk, start, end)
    assert [(minute, open_time.is_open(minute)) for minute, _ in walk] == walk


#: Opens and closes at the hours at which clocks are changed.
RESTLESS: Week = (((7, 93), (119, 251), (1_313, 1_440)),) * 7


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(4))
def test_every_change_of_every_clock_in_ten_years_is_met_to_the_minute(part: int) -> None:
    """All zones of the database, before and after each change in 2017 to 2026."""
    wrong = []
    for zone in ZONES[part::4]:
        calendar = Calendar([(None, Hours(ZoneInfo(zone), RESTLESS))])
        open_time = OpenTime(calendar)
        for near in changes(zone) or [at("2021-06-01")]:
            start, end = around(near)
            walk = walked(calendar, start, end)
            met = [(minute, open_time.is_open(minute)) for minute, _ in walk] == walk
            if not met or open_time.seconds(start, end) != seconds_in(walk, start, end):
                wrong.append((zone, datetime.fromtimestamp(near, UTC).isoformat()))
    assert wrong == []


@pytest.mark.thorough
def test_the_walk_meets_the_changes_that_it_is_there_for() -> None:
    assert len(ZONES) > 400
    assert sum(bool(changes(zone)) for zone in ZONES) > 150
    assert len(changes("Europe/Athens")) == 20
    for zone in ZONES:
        for start, end in map(around, changes(zone)):
            assert offset(ZoneInfo(zone), start) != offset(ZoneInfo(zone), end), (zone, start)


moments = st.integers(at("2015-01-01"), at("2027-01-01"))


@pytest.mark.thorough
@given(weeks(), st.lists(moments, min_size=3, max_size=3).map(sorted))
@settings(max_examples=50)
def test_parts_add_up_to_the_whole_over_years(week: Week, parts: list[int]) -> None:
    open_time = always(Hours(ATHENS, week))
    first, second, third = parts
    both = open_time.seconds(first, second) + open_time.seconds(second, third)
    assert open_time.seconds(first, third) == both


def test_years_of_office_hours_are_eight_hours_for_each_weekday() -> None:
    days = [FIRST_DAY + timedelta(days=step) for step in range(3_652)]
    expected = sum(8 * HOUR for day in days if day.weekday() < 5)
    open_time = always(Hours(ATHENS, OFFICE))
    assert open_time.seconds(at("2017-01-01", ATHENS), at("2027-01-01", ATHENS)) == expected


def test_before_1970_is_no_other_time() -> None:
    open_time = always(Hours(ATHENS, OFFICE))
    assert on_day(open_time, "1965-03-01") == 8
    assert open_time.seconds(at("1965-03-01"), at("1965-03-08")) == 40 * HOUR


# --- Clocks that no zone has yet -----------------------------------------------------------------


def zone_with(changes: Sequence[tuple[str, int]]) -> ZoneInfo:
    """A zone in UTC until its clocks change at each of these moments (UTC) to so many minutes."""
    types = b"".join(
        struct.pack(">lbb", 60 * minutes, 0, 0) for minutes in (0, *(m for _, m in changes))
    )
    times = b"".join(struct.pack(">l", at(moment)) for moment, _ in changes)
    counts = struct.pack(">6l", 0, 0, 0, len(changes), len(changes) + 1, 4)
    head = b"TZif" + bytes(16) + counts
    places = bytes(range(1, len(changes) + 1))
    return ZoneInfo.from_file(BytesIO(head + times + places + types + b"ODD\0"))


def test_clocks_that_change_twice_in_a_day_are_met_to_the_second() -> None:
    zone = zone_with([("2026-05-04 08:00:07", 30), ("2026-05-04 20:10:00", -60)])
    calendar = Calendar([(None, Hours(zone, parse_week("daily 8-9 19-21:30")))])
    open_time = OpenTime(calendar)
    # The wall shows 8:00:00 to 8:00:07, 8:30:07 to 9:00, 19:00 to 20:40 and 19:10 to 21:30.
    assert open_time.seconds(at("2026-05-04"), at("2026-05-05")) == (30 + 100 + 140) * 60
    assert open_time.is_open(at("2026-05-04 08:29:59"))
    assert not open_time.is_open(at("2026-05-04 08:30:00"))
    assert open_time.is_open(at("2026-05-04 22:29:59"))
    assert not open_time.is_open(at("2026-05-04 22:30:00"))


# --- Hours that changed --------------------------------------------------------------------------


def test_new_hours_hold_from_their_local_midnight() -> None:
    calendar = Calendar(
        [
            (None, Hours(ATHENS, OFFICE)),
            (date(2026, 5, 6), Hours(ATHENS, parse_week("daily 0-24"))),
            (date(2026, 5, 8), Hours(ZoneInfo("Asia/Tehran"), parse_week("sat-wed 8-12"))),
        ]
    )
    open_time = OpenTime(calendar)
    days = ("2026-05-05", "2026-05-06", "2026-05-07", "2026-05-08", "2026-05-09")
    # Friday begins half an hour earlier in Tehran than in Athens.
    assert [on_day(open_time, day) for day in days] == [8, 24, 23.5, 0, 4]
    assert not open_time.is_open(at("2026-05-05 23:59:59", ATHENS))
    assert open_time.is_open(at("2026-05-06 00:00", ATHENS))


@pytest.mark.parametrize(
    ("zone", "since", "begins"),
    [
        (ATHENS, "2026-05-06", "2026-05-05 21:00"),
        (ZoneInfo("Africa/Cairo"), "2026-04-24", "2026-04-23 22:00"),
        (ZoneInfo("America/Havana"), "2026-11-01", "2026-11-01 04:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-30", "2011-12-30 10:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-31", "2011-12-30 10:00"),
        (zone_with([("2026-05-05 23:30:00", 60)]), "2026-05-06", "2026-05-05 23:30"),
    ],
    ids=["usual", "skipped", "twice", "skipped day", "after the skipped day", "skipped half"],
)
def test_a_midnight_that_clocks_skip_or_repeat_is_the_first_moment_of_the_day(
    zone: ZoneInfo, since: str, begins: str
) -> None:
    versions = [(None, Hours(zone, NEVER)), (date.fromisoformat(since), Hours(zone, ALWAYS))]
    open_time = OpenTime(Calendar(versions))
    assert not open_time.is_open(at(begins) - 1)
    assert open_time.is_open(at(begins))


def test_where_a_later_version_begins_sooner_by_its_zone_the_later_one_holds() -> None:
    calendar = Calendar(
        [
            (None, Hours(UTC_ZONE, NEVER)),
            (date(2026, 5, 1), Hours(ZoneInfo("Pacific/Pago_Pago"), NEVER)),
            (date(2026, 5, 2), Hours(ZoneInfo("Pacific/Kiritimati"), ALWAYS)),
        ]
    )
    open_time = OpenTime(calendar)
    assert open_time.seconds(at("2026-05-01 00:00"), at("2026-05-01 12:00")) == 2 * HOUR
    assert open_time.is_open(at("2026-05-01 10:00"))


# --- Holidays and days of one's own --------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "region", "day", "is_off"),
    [
        ("DE", "BY", "2026-01-06", True),
        ("DE", "BE", "2026-01-06", False),
        ("DE", None, "2026-01-06", False),
        ("DE", "Augsburg", "2025-08-08", True),
        ("DE", "BY", "2025-08-08", False),
        ("DE", "SL", "2025-08-15", True),
        ("DE", "BE", "2025-08-15", False),
        ("DE", "BE", "2026-10-02", False),
        ("DE", "BE", "2025-10-03", True),
        ("GR", None, "2026-03-25", True),
        ("GR", None, "2026-04-13", True),
        ("US", None, "2026-07-03", True),
        ("US", None, "2021-12-31", True),
        ("GB", "SCT", "2026-11-30", True),
        ("GB", "ENG", "2026-11-30", False),
        (None, None, "2026-12-25", False),
    ],
)
def test_a_public_holiday_of_the_country_and_region_is_closed(
    country: str | None, region: str | None, day: str, is_off: bool
) -> None:
    """All of these are Monday to Friday."""
    zone = ZoneInfo("Europe/Berlin")
    open_time = always(Hours(zone, OFFICE, country=country, region=region))
    assert on_day(open_time, day, zone) == (0 if is_off else 8)


def test_own_days_are_closed_and_own_hours_win_over_everything() -> None:
    hours = Hours(
        ATHENS,
        OFFICE,
        country="GR",
        closed=frozenset({date(2026, 5, 5), date(2026, 5, 6)}),
        special={
            date(2026, 3, 25): parse_spans("10-12"),
            date(2026, 5, 6): parse_spans("9-12 13-14"),
            date(2026, 5, 9): parse_spans("0-24"),
            date(2026, 5, 7): (),
        },
    )
    days = {
        "2026-03-25": 2,  # a holiday
        "2026-05-04": 8,
        "2026-05-05": 0,
        "2026-05-06": 4,  # closed too
        "2026-05-07": 0,
        "2026-05-09": 24,  # a Saturday
    }
    open_time = always(hours)
    assert {day: on_day(open_time, day) for day in days} == days


def test_a_holiday_closes_the_part_of_a_night_shift_that_lies_in_it() -> None:
    night = always(Hours(ATHENS, parse_week("mon-fri 22-6"), closed=frozenset({date(2026, 5, 6)})))
    assert night.seconds(at("2026-05-05 12:00", ATHENS), at("2026-05-06 12:00", ATHENS)) == 2 * HOUR
    assert night.seconds(at("2026-05-06 12:00", ATHENS), at("2026-05-07 12:00", ATHENS)) == 6 * HOUR


def test_a_country_that_nobody_knows_is_told_when_its_holidays_are_asked_for() -> None:
    with pytest.raises(CalendarError, match="no holidays known for the country “XX”"):
        on_day(always(Hours(ATHENS, OFFICE, country="XX")), "2026-05-04")


def test_holidays_are_loaded_only_by_those_who_ask_for_them() -> None:
    """They take longer to load than a command may take to start."""
    source = "import sys, bot.calendars; sys.exit('holidays' in sys.modules)"
    subprocess.run([sys.executable, "-c", source], check=True)


# --- What applies when ---------------------------------------------------------------------------

DAYTIME = always(Hours(UTC_ZONE, parse_week("daily 9-17")))
ROUND_THE_CLOCK = always(Hours(UTC_ZONE, ALWAYS))
NOON, ONE, TWO, SIX = (at(f"2026-05-04 {hour}:00") for hour in (12, 13, 14, 18))


@pytest.mark.parametrize(
    ("stays", "start", "end", "seconds"),
    [
        ([], NOON, ONE, None),
        ([], NOON, NOON, None),
        ([(0, DAYTIME)], NOON, ONE, HOUR),
        ([(0, DAYTIME)], NOON, SIX, 5 * HOUR),
        ([(0, DAYTIME)], SIX, SIX + HOUR, 0),
        ([(0, DAYTIME)], NOON, NOON, 0),
        ([(0, DAYTIME)], ONE, NOON, 0),
        ([(0, None)], NOON, ONE, None),
        ([(0, None)], NOON, NOON, None),
        ([(SIX, DAYTIME)], NOON, ONE, HOUR),
        ([(SIX, DAYTIME), (SIX + 1, None)], NOON, ONE, HOUR),
        ([(0, DAYTIME), (ONE, None)], NOON, ONE, HOUR),
        ([(0, DAYTIME), (ONE, None)], NOON, ONE + 1, None),
        ([(0, DAYTIME), (ONE, None)], ONE, ONE, None),
        ([(0, DAYTIME), (ONE, None), (TWO, DAYTIME)], NOON, SIX, None),
        ([(0, DAYTIME), (ONE, None), (TWO, DAYTIME)], TWO, SIX, 3 * HOUR),
        ([(0, None), (ONE, DAYTIME)], ONE, TWO, HOUR),
        ([(0, None), (0, DAYTIME)], NOON, ONE, HOUR),
        ([(0, DAYTIME), (ONE, None), (ONE, ROUND_THE_CLOCK)], NOON, SIX, 6 * HOUR),
        ([(0, DAYTIME), (TWO, ROUND_THE_CLOCK)], NOON, SIX + HOUR, 7 * HOUR),
        ([(0, ROUND_THE_CLOCK), (TWO, DAYTIME)], NOON - DAY, SIX, 29 * HOUR),
    ],
)
def test_every_part_goes_by_what_applied_and_without_hours_there_is_no_business_time(
    stays: Sequence[tuple[int, OpenTime | None]], start: int, end: int, seconds: int | None
) -> None:
    assert business_seconds(stays, start, end) == seconds


@pytest.mark.parametrize(
    ("stays", "moment", "is_after"),
    [
        ([], NOON, None),
        ([(0, None)], NOON, None),
        ([(0, DAYTIME)], NOON, False),
        ([(0, DAYTIME)], at("2026-05-04 09:00"), False),
        ([(0, DAYTIME)], at("2026-05-04 08:59:59"), True),
        ([(0, DAYTIME)], at("2026-05-04 16:59:59"), False),
        ([(0, DAYTIME)], at("2026-05-04 17:00"), True),
        ([(SIX, DAYTIME)], NOON, False),
        ([(0, DAYTIME), (SIX, ROUND_THE_CLOCK)], SIX - 1, True),
        ([(0, DAYTIME), (SIX, ROUND_THE_CLOCK)], SIX, False),
        ([(0, DAYTIME), (ONE, None)], ONE, None),
        ([(0, DAYTIME), (ONE, None)], ONE - 1, False),
    ],
)
def test_a_moment_is_after_hours_by_the_hours_that_apply_to_it(
    stays: Sequence[tuple[int, OpenTime | None]], moment: int, is_after: bool | None
) -> None:
    assert after_hours(stays, moment) is is_after


def test_threads_that_ask_at_once_get_the_same_answers() -> None:
    hours = Hours(ATHENS, parse_week("mon-fri 8-12 13-18"), country="GR")
    questions = [(at("2019-02-03") + 40_000 * step, WEEK + 9_000 * step) for step in range(2_000)]
    alone, shared = always(hours), always(hours)
    expected = [alone.seconds(start, start + length) for start, length in questions]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda asked: shared.seconds(asked[0], sum(asked)), questions)
    assert list(found) == expected


# --- Weeks of countries --------------------------------------------------------------------------

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


@pytest.mark.parametrize(
    ("country", "first", "days"),
    [
        ("IR", SAT, (MON, TUE, WED, THU, SAT, SUN)),
        ("ir", SAT, (MON, TUE, WED, THU, SAT, SUN)),
        ("EG", SUN, (MON, TUE, WED, THU, SUN)),
        ("GR", MON, (MON, TUE, WED, THU, FRI)),
        ("US", SUN, (MON, TUE, WED, THU, FRI)),
        ("IL", SUN, (MON, TUE, WED, THU, SUN)),
        ("AE", MON, (MON, TUE, WED, THU, FRI)),
        ("SA", SUN, (MON, TUE, WED, THU, SUN)),
        ("BD", SUN, (MON, TUE, WED, THU, SUN)),
        ("LY", SUN, (MON, TUE, WED, THU, SUN)),
        ("BN", MON, (MON, TUE, WED, THU, SAT)),
        ("XX", MON, (MON, TUE, WED, THU, FRI)),
        ("ZZ", MON, (MON, TUE, WED, THU, FRI)),
        ("no country", MON, (MON, TUE, WED, THU, FRI)),
        (None, MON, (MON, TUE, WED, THU, FRI)),
    ],
)
def test_a_week_starts_and_rests_as_in_its_country(
    country: str | None, first: int, days: tuple[int, ...]
) -> None:
    assert first_weekday(country) == first
    assert working_days(country) == days


@pytest.mark.parametrize(
    ("typed", "region", "codes"),
    [
        ("GR", None, ("GR", None)),
        (" gr ", None, ("GR", None)),
        ("GRC", None, ("GR", None)),
        ("greece", None, ("GR", None)),
        ("MAR", None, ("MA", None)),
        ("uk", "scotland", ("GB", "SCT")),
        ("DE", "by", ("DE", "BY")),
        ("Germany", "Bayern", ("DE", "BY")),
        ("US", "CA", ("US", "CA")),
    ],
)
def test_a_country_is_known_by_its_codes_and_its_name(
    typed: str, region: str | None, codes: tuple[str, str | None]
) -> None:
    assert check_country(typed, region) == codes


@pytest.mark.parametrize(
    ("country", "region", "told"),
    [
        ("XX", None, "There are no holidays known for the country “XX”; one is e.g. GR."),
        ("", None, "There are no holidays known for the country “”; one is e.g. GR."),
        (
            "Grece",
            None,
            "There are no holidays known for the country “Grece”; did you mean GR (Greece)?",
        ),
        ("ECB", None, "There are no holidays known for the country “ECB”; one is e.g. GR."),
        (
            "holiday_base",
            None,
            "There are no holidays known for the country “holiday_base”; one is e.g. GR.",
        ),
        ("GR", "A", "No region of Greece has holidays of its own; leave “A” out."),
        (
            "GB",
            "London",
            (
                "There are no holidays known for the region “London” of United Kingdom; "
                "its regions are ENG, NIR, SCT, WLS."
            ),
        ),
        (
            "X" * 500,
            None,
            f"There are no holidays known for the country “{'X' * 59}…”; one is e.g. GR.",
        ),
    ],
)
def test_a_country_or_region_that_is_not_known_is_told_in_one_sentence(
    country: str, region: str | None, told: str
) -> None:
    with pytest.raises(ValueError, match="holidays") as raised:
        check_country(country, region)
    assert str(raised.value) == told


# --- Hours as people write them ------------------------------------------------------------------

NINE_TO_FIVE: Spans = ((540, 1_020),)
ALL_DAY: Spans = ((0, 1_440),)


def week(**spans: Spans) -> Week:
    return tuple(spans.get(day, ()) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


def same(days: str, spans: Spans) -> Week:
    return week(**dict.fromkeys(days.split(), spans))


WORKDAYS = same("mon tue wed thu fri", NINE_TO_FIVE)
NIGHTS: Spans = ((0, 360), (1_320, 1_440))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri 9-17", WORKDAYS),
        ("mon-fri 9:00-17:00", WORKDAYS),
        ("Mon – Fri 9.00–17.00", WORKDAYS),
        ("monday to friday: 9h00 to 17h00", WORKDAYS),
        ("mon-fri 9am-5pm", WORKDAYS),
        ("mon-fri 9-5pm", WORKDAYS),
        ("mon-fri 9 a.m. - 5 p.m.", WORKDAYS),
        ("MON-FRI 0900-1700", WORKDAYS),
        ("mon-fri ۹-۱۷", WORKDAYS),
        ("\u200emon-fri 9-17\u200f", WORKDAYS),
        ("mon, tue, wed and thu, fri 9-17", WORKDAYS),
        ("mon-wed 9-17; thursdays 9-17\nfri 9-17", WORKDAYS),
        ("fri 9-17 mon-thu 9-17", WORKDAYS),
        ("mon mon-fri 9-17", WORKDAYS),
        ("sun-thu 9-17", same("sun mon tue wed thu", NINE_TO_FIVE)),
        ("sat-wed 9-17", same("sat sun mon tue wed", NINE_TO_FIVE)),
        ("fri-fri 9-17", week(fri=NINE_TO_FIVE)),
        ("mon-fri 9-17, sat 10-14", (*WORKDAYS[:5], ((600, 840),), ())),
        ("mon-tue 9-12 13-17", same("mon tue", ((540, 720), (780, 1_020)))),
        ("mon-tue 13-17, 9-12", same("mon tue", ((540, 720), (780, 1_020)))),
        ("mon 9-12 and 12-17", week(mon=((540, 720), (720, 1_020)))),
        ("mon 9:05-17:55", week(mon=((545, 1_075),))),
        ("mon-sun 0-24", (ALL_DAY,) * 7),
        ("daily 0:00-24:00", (ALL_DAY,) * 7),
        ("every day 0-24", (ALL_DAY,) * 7),
        ("24/7", (ALL_DAY,) * 7),
        ("mon 12am-12pm", week(mon=((0, 720),))),
        ("mon 22-0", week(mon=((1_320, 1_440),))),
        ("mon 22-24", week(mon=((1_320, 1_440),))),
        ("mon 10pm-6am", week(mon=((1_320, 1_440),), tue=((0, 360),))),
        ("sun 22-6", week(sun=((1_320, 1_440),), mon=((0, 360),))),
        ("mon 13-1", week(mon=((780, 1_440),), tue=((0, 60),))),
        ("mon 9-0:30", week(mon=((540, 1_440),), tue=((0, 30),))),
        ("mon 9-5am", week(mon=((540, 1_440),), tue=((0, 300),))),
        (
            "mon-fri 22-6",
            week(
                mon=((1_320, 1_440),),
                tue=NIGHTS,
                wed=NIGHTS,
                thu=NIGHTS,
                fri=NIGHTS,
                sat=((0, 360),),
            ),
        ),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, expected: Week) -> None:
    assert parse_week(text) == expected


WRITTEN = "hours are written like “mon-fri 9:00-17:00, sat 10-14”."
THEY = "they are written like “mon-fri 9:00-17:00, sat 10-14”."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"No opening hours are given; {THEY}"),
        (" , ;", f"No opening hours are given; {THEY}"),
        ("funday 9-17", f"“funday” is not a weekday; {WRITTEN}"),
        ("mon-funday 9-17", f"“funday” is not a weekday; {WRITTEN}"),
        ("mon- 9-17", f"“9-17” is not a weekday; {WRITTEN}"),
        ("mo 9-17", f"“mo” is not a weekday; {WRITTEN}"),
        ("closed", f"“closed” is not a weekday; {WRITTEN}"),
        ("9-17", f"No weekday stands before “9-17”; {WRITTEN}"),
        ("mon", f"“mon” has no hours; {THEY}"),
        ("mon-fri 9-17, sat", f"“sat” has no hours; {THEY}"),
        ("mon 9", f"“9” is no span of hours; {THEY}"),
        ("mon 9-", f"“9-” is no span of hours; {THEY}"),
        ("mon 9-12-17", f"“9-12-17” is no span of hours; {THEY}"),
        ("mon-fri 24/7", f"“24/7” is no span of hours; {THEY}"),
        ("every day", f"“everyday” has no hours; {THEY}"),
        ("mon 9-noon", f"“9-noon” is no span of hours; {THEY}"),
        ("mon 25:00-26:00", f"“25:00” is not a time of day; {WRITTEN}"),
        ("mon 9-24:01", f"“24:01” is not a time of day; {WRITTEN}"),
        ("mon 9:60-10", f"“9:60” is not a time of day; {WRITTEN}"),
        ("mon 13pm-14", f"“13pm” is not a time of day; {WRITTEN}"),
        ("mon 0am-5pm", f"“0am” is not a time of day; {WRITTEN}"),
        ("mon 9-9", f"“9-9” is no time at all; {WRITTEN}"),
        ("mon 0-0", f"“0-0” is no time at all; {WRITTEN}"),
        ("mon 24-6", f"“24-6” is no time at all; {WRITTEN}"),
        ("mon 9-12 11-13", f"“11-13” overlaps other hours of the same day; {WRITTEN}"),
        ("mon-fri 9-17, fri 9-12", f"“9-17” overlaps other hours of the same day; {WRITTEN}"),
        ("sun 22-6, mon 5-7", f"“5-7” overlaps other hours of the same day; {WRITTEN}"),
        (
            "mon-fri 9-5",
            "“9-5” is not clear; write “9-17”, or “9-5am” when it ends on the next day.",
        ),
        (
            "mon-fri 9:00-5:30",
            (
                "“9:00-5:30” is not clear; write “9:00-17:30”, "
                "or “9:00-5:30am” when it ends on the next day."
            ),
        ),
        ("9" * 500, f"No weekday stands before “{'9' * 59}…”; {WRITTEN}"),
    ],
)
def test_hours_that_cannot_be_read_are_told_in_one_sentence(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"written like|is not clear") as raised:
        parse_week(text)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    "typed", ["9-5", "9:00-5:30", "0900-0500", "12-1", "12:30-1:15", "10am-3", "9-8:59"]
)
def test_hours_with_two_meanings_are_answered_with_two_that_have_one(typed: str) -> None:
    with pytest.raises(CalendarError, match="is not clear") as raised:
        parse_week(f"mon {typed}")
    quoted, by_day, over_night = re.findall("“([^”]*)”", str(raised.value))
    assert quoted == typed
    ((start, end),) = parse_week(f"mon {by_day}")[0]
    assert parse_week(f"mon {over_night}")[:2] == (((start, 1_440),), ((0, end - 720),))


def test_what_is_wrong_with_hours_can_be_said_in_any_language() -> None:
    with pytest.raises(UsageError) as raised:
        parse_week("mon 9-9")
    german = {
        "“{typed}” is no time at all; hours are written like “{example}”.": "„{typed}“ ist keine Zeit."
    }
    assert raised.value.said(lambda text: german[text]) == "„9-9“ ist keine Zeit."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9-13", ((540, 780),)),
        ("9:30-12 1pm-5pm", ((570, 720), (780, 1_020))),
        ("20-24", ((1_200, 1_440),)),
        ("0-24", ((0, 1_440),)),
    ],
)
def test_hours_of_one_day_are_read_alike(text: str, expected: Spans) -> None:
    assert parse_spans(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "No hours are given; they are written like “9-13”."),
        ("mon 9-13", "“mon” is no span of hours; they are written like “9-13”."),
        ("closed", "“closed” is no span of hours; they are written like “9-13”."),
        ("9-25", "“25” is not a time of day; hours are written like “9-13”."),
        (
            "22-6",
            "“22-6” goes past midnight; the next day has hours of its own, like “0-6”.",
        ),
        (
            "9-12 10-11",
            "“10-11” overlaps other hours of the same day; hours are written like “9-13”.",
        ),
    ],
)
def test_hours_of_one_day_that_cannot_be_read_are_told_in_one_sentence(
    text: str, told: str
) -> None:
    with pytest.raises(ValueError, match="like") as raised:
        parse_spans(text)
    assert str(raised.value) == told


@given(st.text(alphabet="monfrisatudy 0123456789:-–,;apm./24", max_size=40))
def test_whatever_is_typed_is_hours_or_a_sentence(text: str) -> None:
    told = ""
    try:
        read = parse_week(text)
    except CalendarError as error:
        read, told = NEVER, str(error)
    assert Hours(ATHENS, read).week == read
    assert any(read) is not told.endswith(".")


@pytest.mark.parametrize(
    "spans",
    [
        [((540, 540),)],
        [((1_020, 540),)],
        [((-1, 540),)],
        [((540, 1_441),)],
        [((540, 720), (700, 800))],
        [((780, 1_020), (540, 720))],
    ],
)
def test_spans_that_make_no_day_are_refused(spans: list[Spans]) -> None:
    with pytest.raises(ValueError, match="span"):
        Hours(ATHENS, (*spans, *NEVER[1:]))
    with pytest.raises(ValueError, match="span"):
        Hours(ATHENS, NEVER, special={date(2026, 5, 4): spans[0]})


def test_a_week_of_six_days_and_a_region_of_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match="seven days"):
        Hours(ATHENS, NEVER[1:])
    with pytest.raises(ValueError, match="needs its country"):
        Hours(ATHENS, NEVER, region="BY")


@pytest.mark.parametrize(
    "dates",
    [
        [],
        [date(2026, 1, 1)],
        [None, None],
        [None, date(2026, 1, 2), date(2026, 1, 1)],
        [None, date(2026, 1, 1), date(2026, 1, 1)],
    ],
)
def test_versions_that_are_out_of_order_are_refused(dates: list[date | None]) -> None:
    with pytest.raises(ValueError, match="hours of a calendar"):
        Calendar([(since, Hours(ATHENS, OFFICE)) for since in dates])
