"""When waves open, close and remind, and at which hours people are asked, also when clocks change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendars import country_of, is_public_holiday, working_days
from bot.surveys.moments import (
    FIRST_HOUR,
    LAST_HOUR,
    Opening,
    closing,
    is_good_hour,
    local_moment,
    next_good_hour,
    openings,
    opens,
    reminder_moments,
    shortest_pause,
)
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan

patient = settings(deadline=None)

ATHENS = ZoneInfo("Europe/Athens")
BERLIN = ZoneInfo("Europe/Berlin")
TEHRAN = ZoneInfo("Asia/Tehran")
CAIRO = ZoneInfo("Africa/Cairo")
TOKYO = ZoneInfo("Asia/Tokyo")
APIA = ZoneInfo("Pacific/Apia")
NEW_YORK = ZoneInfo("America/New_York")
NOWHERE = ZoneInfo("UTC")
ZONES = (ATHENS, BERLIN, TEHRAN, CAIRO, TOKYO, APIA, NEW_YORK, NOWHERE)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY = 1
TEN = time(10)

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
cadences = st.builds(
    Cadence,
    st.integers(1, 4),
    st.sampled_from(Every),
    st.integers(0, 6),
    st.times().map(lambda local: local.replace(second=0, microsecond=0)),
)


def local(text: str, zone: ZoneInfo = ATHENS) -> datetime:
    """A moment by its local day and time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def shown(moment: datetime, zone: ZoneInfo = ATHENS) -> str:
    return moment.astimezone(zone).isoformat(" ", "minutes")[:16]


# --- Good hours ----------------------------------------------------------------------------------

#: A local day and time, its zone, whether somebody is asked then, and when it is asked else.
GOOD = [
    ("2026-11-24 10:00", ATHENS, True, ""),
    ("2026-11-24 15:59", ATHENS, True, ""),
    ("2026-11-24 09:59", ATHENS, False, "2026-11-24 10:00"),
    ("2026-11-24 16:00", ATHENS, False, "2026-11-25 10:00"),
    ("2026-11-24 23:00", ATHENS, False, "2026-11-25 10:00"),
    ("2026-11-27 16:00", ATHENS, False, "2026-11-30 10:00"),
    ("2026-11-28 12:00", ATHENS, False, "2026-11-30 10:00"),
    # The 28th of October is a holiday in Greece, and none in Germany.
    ("2026-10-28 12:00", ATHENS, False, "2026-10-29 10:00"),
    ("2026-10-28 12:00", BERLIN, True, ""),
    # Christmas is on a Friday, and Saint Stephen's is followed by a Sunday.
    ("2026-12-25 11:00", BERLIN, False, "2026-12-28 10:00"),
    # The weekend is Friday in Tehran, Friday and Saturday in Cairo.
    ("2026-11-27 12:00", TEHRAN, False, "2026-11-28 10:00"),
    ("2026-11-28 12:00", TEHRAN, True, ""),
    ("2026-11-27 12:00", CAIRO, False, "2026-11-29 10:00"),
    ("2026-11-29 12:00", CAIRO, True, ""),
    # Nowruz is four days, of which one is a Friday in 2026.
    ("2026-03-20 12:00", TEHRAN, False, "2026-03-25 10:00"),
    # Nobody's zone has Monday to Friday, and no holiday.
    ("2026-12-25 12:00", NOWHERE, True, ""),
    ("2026-12-26 12:00", NOWHERE, False, "2026-12-28 10:00"),
    # Summer time begins on the 29th of March: the next morning is an hour earlier than ever since.
    ("2026-03-27 16:00", BERLIN, False, "2026-03-30 10:00"),
    ("2026-10-23 16:00", BERLIN, False, "2026-10-26 10:00"),
]


@pytest.mark.parametrize(("text", "zone", "is_good", "later"), GOOD)
def test_people_are_asked_at_a_good_hour_where_they_are(
    text: str, zone: ZoneInfo, *, is_good: bool, later: str
) -> None:
    moment = local(text, zone)
    assert is_good_hour(moment, zone) is is_good
    assert is_good_hour(moment.astimezone(UTC), zone) is is_good
    assert shown(next_good_hour(moment, zone), zone) == (later or text)


def test_a_good_hour_of_one_is_the_night_of_another() -> None:
    moment = local("2026-11-24 10:00", NEW_YORK)
    assert is_good_hour(moment, NEW_YORK)
    assert not is_good_hour(moment, TOKYO)
    assert shown(next_good_hour(moment, TOKYO), TOKYO) == "2026-11-25 10:00"


def test_a_day_that_a_zone_skipped_is_no_day_to_ask_on() -> None:
    """In Apia the 29th of December 2011, a Thursday, was followed by the 31st."""
    evening = local("2011-12-29 20:00", APIA)
    assert shown(next_good_hour(evening, APIA), APIA) > "2012-01-01 23:59"


def check_next(moment: datetime, zone: ZoneInfo) -> None:
    found = next_good_hour(moment, zone)
    assert moment <= found < moment + 31 * DAY
    assert found.tzinfo is UTC
    assert is_good_hour(found, zone)
    there = found.astimezone(zone)
    assert FIRST_HOUR <= there.time() < LAST_HOUR
    assert there.weekday() in working_days(country_of(zone))
    assert not is_public_holiday(there.date(), country_of(zone))
    assert found == moment or not is_good_hour(found - timedelta(microseconds=1), zone)


@patient
@given(moments, st.sampled_from(ZONES))
def test_the_next_good_hour_is_good_and_no_earlier_one_is(moment: datetime, zone: ZoneInfo) -> None:
    check_next(moment, zone)
    minutes = range(0, int((next_good_hour(moment, zone) - moment) / HOUR) * 60, 30)
    assert not any(is_good_hour(moment + timedelta(minutes=one), zone) for one in minutes)


@pytest.mark.thorough
@pytest.mark.parametrize("day", range(0, 366, 61))
def test_there_is_a_good_hour_within_a_month_in_every_zone(day: int) -> None:
    for name in sorted(available_timezones()):
        check_next(datetime(2026, 12, 18, tzinfo=UTC) + day * DAY, ZoneInfo(name))


# --- Openings ------------------------------------------------------------------------------------


def every(number: int, unit: Every, weekday: int = TUESDAY, at: time = TEN) -> Cadence:
    return Cadence(number, unit, weekday, at)


def slots(found: Sequence[Opening]) -> list[str]:
    return [one.slot for one in found]


def year_of(cadence: Cadence, since: str, zone: ZoneInfo = ATHENS) -> list[str]:
    began = local(since, zone)
    return slots(openings(cadence, began, zone, after=began, until=began + 365 * DAY))


def test_weeks_are_counted_from_the_first_wave() -> None:
    assert year_of(every(2, Every.WEEK), "2026-11-20 09:00")[:3] == [
        "2026-11-24T10:00",
        "2026-12-08T10:00",
        "2026-12-22T10:00",
    ]
    assert len(year_of(every(1, Every.WEEK), "2026-11-20 09:00")) == 52


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("2026-11-24 09:59", "2026-11-24T10:00"),
        ("2026-11-24 10:00", "2026-11-24T10:00"),
        ("2026-11-24 10:01", "2026-12-01T10:00"),
    ],
)
def test_a_cadence_that_is_set_later_in_the_day_begins_with_the_next_week_and_waits_no_longer(
    since: str, first: str
) -> None:
    began = local(since)
    cadence = every(3, Every.WEEK)
    assert opens(cadence, began, ATHENS, began - HOUR).slot == first
    second = opens(cadence, began, ATHENS, local(first)).at
    assert second - local(first) == 3 * 7 * DAY


def test_months_and_quarters_begin_on_their_first_such_weekday() -> None:
    assert year_of(every(1, Every.MONTH), "2026-11-20 09:00")[:3] == [
        "2026-12-01T10:00",
        "2027-01-05T10:00",
        "2027-02-02T10:00",
    ]
    assert year_of(every(2, Every.MONTH), "2026-11-20 09:00")[:3] == [
        "2026-12-01T10:00",
        "2027-02-02T10:00",
        "2027-04-06T10:00",
    ]
    assert year_of(every(1, Every.QUARTER), "2026-11-20 09:00") == [
        "2027-01-05T10:00",
        "2027-04-06T10:00",
        "2027-07-06T10:00",
        "2027-10-05T10:00",
    ]
    assert year_of(every(2, Every.QUARTER), "2026-11-20 09:00") == [
        "2027-01-05T10:00",
        "2027-07-06T10:00",
    ]
    assert year_of(every(1, Every.QUARTER), "2026-10-06 10:00")[0] == "2027-01-05T10:00"
    assert year_of(every(1, Every.QUARTER), "2026-10-06 09:59")[0] == "2026-10-06T10:00"


def test_to_count_from_the_first_wave_is_to_count_from_when_the_cadence_was_set() -> None:
    for unit in Every:
        cadence = every(3, unit)
        since = local("2026-11-20 09:00")
        first = opens(cadence, since, ATHENS, since)
        for start in (since, first.at):
            found = openings(cadence, start, ATHENS, after=first.at, until=first.at + 900 * DAY)
            assert slots(found) == slots(
                openings(cadence, since, ATHENS, after=first.at, until=first.at + 900 * DAY)
            )


@pytest.mark.parametrize(
    ("unit", "number", "days"),
    [
        *((Every.WEEK, 1, 7), (Every.WEEK, 3, 21), (Every.MONTH, 1, 28), (Every.MONTH, 2, 56)),
        *((Every.QUARTER, 1, 84), (Every.QUARTER, 2, 168)),
    ],
)
def test_no_pause_is_shorter_than_the_shortest(unit: Every, number: int, days: int) -> None:
    cadence = every(number, unit)
    assert shortest_pause(cadence) == days * DAY
    began = local("2026-01-01 00:00", NOWHERE)
    found = openings(cadence, began, NOWHERE, after=began, until=began + 28 * 366 * DAY)
    assert min(later.at - one.at for one, later in pairwise(found)) >= days * DAY


#: In Berlin clocks are set forward at 2:00 on 29 March 2026 and back at 3:00 on 25 October, Sundays.
SUNDAY = 6


def test_a_time_that_daylight_saving_skips_is_due_once_and_one_that_comes_twice_too() -> None:
    weekly = every(1, Every.WEEK, SUNDAY, time(2, 30))
    since = local("2026-03-20 00:00", BERLIN)
    spring = openings(weekly, since, BERLIN, after=since, until=since + 17 * DAY)
    assert [(one.slot, shown(one.at, BERLIN)) for one in spring] == [
        ("2026-03-22T02:30", "2026-03-22 02:30"),
        ("2026-03-29T02:30", "2026-03-29 03:30"),
        ("2026-04-05T02:30", "2026-04-05 02:30"),
    ]
    autumn = openings(
        weekly,
        since,
        BERLIN,
        after=local("2026-10-24 00:00", BERLIN),
        until=local("2026-10-26 00:00", BERLIN),
    )
    assert [one.slot for one in autumn] == ["2026-10-25T02:30"]
    assert autumn[0].at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.thorough
@patient
@given(cadences, moments, st.sampled_from(ZONES), st.lists(st.integers(1, 90 * 24), max_size=6))
def test_looked_at_however_often_every_slot_is_due_once(
    cadence: Cadence, since: datetime, zone: ZoneInfo, pauses: list[int]
) -> None:
    looks = [since - HOUR]
    for pause in pauses:
        looks.append(looks[-1] + pause * HOUR)
    found = [
        one
        for after, until in pairwise(looks)
        for one in openings(cadence, since, zone, after=after, until=until)
    ]
    assert found == openings(cadence, since, zone, after=looks[0], until=looks[-1])
    assert len(set(slots(found))) == len(found)
    assert slots(found) == sorted(slots(found))
    for one in found:
        day = date.fromisoformat(one.slot[:10])
        assert day.weekday() == cadence.weekday
        assert one.slot[11:] == cadence.at.isoformat("minutes")
        assert one.at == local_moment(day, cadence.at, zone)
        assert one.at >= since
        assert cadence.unit is Every.WEEK or day.day <= 7
        assert cadence.unit is not Every.QUARTER or day.month % 3 == 1


@patient
@given(cadences, moments, st.sampled_from(ZONES), st.integers(0, 900 * 24))
def test_the_next_opening_is_the_first_of_those_to_come(
    cadence: Cadence, since: datetime, zone: ZoneInfo, hours: int
) -> None:
    after = since + hours * HOUR
    found = opens(cadence, since, zone, after)
    assert openings(cadence, since, zone, after=after, until=found.at) == [found]
    assert opens(cadence, since, zone, found.at).at > found.at


# --- The close and the reminders -----------------------------------------------------------------


def plan(days: int, closes: str = "17:00", zone: ZoneInfo = ATHENS) -> Plan:
    audience = Audience(channels=("C1",))
    return Plan(Kind.PULSE, audience, zone, "C1", days=days, closes=time.fromisoformat(closes))


@pytest.mark.parametrize(
    ("days", "opened", "closes"),
    [
        (3, "2026-11-24 10:00", "2026-11-27 17:00"),
        (3, "2026-11-24 23:59", "2026-11-27 17:00"),
        # A weekend and a holiday are kept: so it was said.
        (1, "2026-11-27 10:00", "2026-11-28 17:00"),
        (3, "2026-12-22 10:00", "2026-12-25 17:00"),
        # Late to open, on the very day on which it was to close.
        (0, "2026-11-24 10:00", "2026-11-24 17:00"),
        (0, "2026-11-24 13:00", "2026-11-24 17:00"),
        (0, "2026-11-24 13:01", "2026-11-25 17:00"),
        (0, "2026-11-24 17:00", "2026-11-25 17:00"),
        (0, "2026-11-24 23:59", "2026-11-25 17:00"),
    ],
)
def test_a_wave_closes_so_many_days_after_it_opened(days: int, opened: str, closes: str) -> None:
    assert shown(closing(plan(days), local(opened))) == closes


def test_a_wave_that_opens_shortly_before_midnight_does_not_close_after_it() -> None:
    assert shown(closing(plan(0, "00:10"), local("2026-11-24 23:59"))) == "2026-11-26 00:10"


def test_it_closes_at_its_local_time_whatever_the_clocks_do_meanwhile() -> None:
    found = closing(plan(7, "17:00", BERLIN), local("2026-03-24 10:00", BERLIN))
    assert shown(found, BERLIN) == "2026-03-31 17:00"
    assert found == datetime(2026, 3, 31, 15, tzinfo=UTC)


#: From when to when a wave is open, how many reminders are wanted, and when they come.
REMINDERS = [
    ("2026-11-24 10:00", "2026-11-27 17:00", 0, []),
    ("2026-11-24 10:00", "2026-11-27 17:00", 1, ["2026-11-26 01:30"]),
    ("2026-11-24 10:00", "2026-11-27 17:00", 2, ["2026-11-25 13:30", "2026-11-26 17:00"]),
    ("2026-11-16 10:00", "2026-11-27 10:00", 2, ["2026-11-21 10:00", "2026-11-26 10:00"]),
    # Two days and a bit: the half is less than a day away, and so would the second be of the first.
    ("2026-11-24 10:00", "2026-11-26 17:00", 2, ["2026-11-25 10:00", "2026-11-26 10:00"]),
    ("2026-11-24 10:00", "2026-11-26 10:30", 2, ["2026-11-25 10:00"]),
    ("2026-11-24 10:00", "2026-11-25 17:00", 2, ["2026-11-25 10:00"]),
    ("2026-11-24 10:00", "2026-11-25 11:00", 1, ["2026-11-25 10:00"]),
    ("2026-11-24 10:00", "2026-11-25 10:59", 1, []),
    ("2026-11-24 10:00", "2026-11-24 17:00", 2, []),
]


@pytest.mark.parametrize(("opened", "closes", "number", "wanted"), REMINDERS)
def test_reminders_are_spread_over_the_time_that_is_left(
    opened: str, closes: str, number: int, wanted: list[str]
) -> None:
    found = reminder_moments(local(opened), local(closes), number)
    assert [shown(one) for one in found] == wanted


@pytest.mark.thorough
@patient
@given(moments, st.integers(4 * 60, 31 * 24 * 60), st.integers(0, 2))
def test_reminders_are_at_least_a_day_apart_and_before_the_close(
    opened: datetime, minutes: int, number: int
) -> None:
    closes = opened + timedelta(minutes=minutes)
    found = reminder_moments(opened, closes, number)
    assert len(found) <= number
    assert all(later - one >= DAY for one, later in pairwise([opened, *found]))
    assert all(one <= closes - HOUR for one in found)
    if closes - opened >= (number + 1) * DAY:
        assert len(found) == number
