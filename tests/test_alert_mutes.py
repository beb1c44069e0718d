from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.quiet import Mute, Period, Weekly, muted_by, never
from bot.errors import UsageError
from bot.hours import office
from bot.settings import BusinessHours, Given
from commands.alert_mutes import next_working_hour, parse_mute, parse_past, parse_until
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")

#: `T()` is Friday 20 November 2026, 9:00 in Athens.
NOW = T()


def local(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ATHENS)


READ: list[tuple[str, int | None, Mute, str]] = [
    ("for 2h because of the move", None, Period(NOW, T(hours=2)), "of the move"),
    ("3 for 90 min because we deploy", 3, Period(NOW, T(minutes=90)), "we deploy"),
    ("#3 for 1 day: stocktaking", 3, Period(NOW, T(days=1)), "stocktaking"),
    ("all for 2h - lunch", None, Period(NOW, T(hours=2)), "lunch"),
    ("until 17:00 because x", None, Period(NOW, local(20, 17)), "x"),
    ("until 8:00 because x", None, Period(NOW, local(21, 8)), "x"),
    ("until tomorrow because x", None, Period(NOW, local(21, 9)), "x"),
    ("until tomorrow at 7:30 because x", None, Period(NOW, local(21, 7, 30)), "x"),
    ("until monday 10am because x", None, Period(NOW, local(23, 10)), "x"),
    ("until friday because x", None, Period(NOW, local(27, 9)), "x"),
    ("until fri 17:00 because x", None, Period(NOW, local(20, 17)), "x"),
    ("until 2026-12-01 because x", None, Period(NOW, local(1, 9, month=12)), "x"),
    (
        "every sat,sun because nobody is here",
        None,
        Weekly((5, 6), time(0), time(0), ATHENS, NOW),
        "nobody is here",
    ),
    (
        "7 every day 22:00-7:00 because we sleep",
        7,
        Weekly((0, 1, 2, 3, 4, 5, 6), time(22), time(7), ATHENS, NOW),
        "we sleep",
    ),
    (
        "every mon - fri 12:00 - 13:00 because we eat - together",
        None,
        Weekly((0, 1, 2, 3, 4), time(12), time(13), ATHENS, NOW),
        "we eat - together",
    ),
    (
        "every mon-fri 12 to 13 because lunch",
        None,
        Weekly((0, 1, 2, 3, 4), time(12), time(13), ATHENS, NOW),
        "lunch",
    ),
    ("for 2h: broken as of now", None, Period(NOW, T(hours=2)), "broken as of now"),
    ("until tomorrow as we move: all of us", None, Period(NOW, local(21, 9)), "we move: all of us"),
    (
        "every mon - fri: we are away",
        None,
        Weekly((0, 1, 2, 3, 4), time(0), time(0), ATHENS, NOW),
        "we are away",
    ),
    (
        "every sat 22:00 – 7:00 – we sleep - all of us",
        None,
        Weekly((5,), time(22), time(7), ATHENS, NOW),
        "we sleep - all of us",
    ),
    (
        "every mon - wed, fri 12 - noon: lunch",
        None,
        Weekly((0, 1, 2, 4), time(12), time(12), ATHENS, NOW),
        "lunch",
    ),
]


@pytest.mark.parametrize(("text", "rule", "mute", "why"), READ)
def test_a_mute_is_read(text: str, rule: int | None, mute: Mute, why: str) -> None:
    found = parse_mute(text, now=NOW, zone=ATHENS)
    assert (found.rule, found.mute, found.why) == (rule, mute, why)


MISTAKES = [
    ("for 2h", "It is not said why."),
    ("because x", "It is not said for how long."),
    ("3 because x", "It is not said for how long."),
    ("1,2 for 2h because x", "A mute is of one rule, or of all; “1,2” are several. Mute each by"),
    ("1 and 2 for 2h", "A mute is of one rule, or of all; “1 and 2” are several."),
    ("saturday because x", "“saturday” may mean each of them, or until then. Say which: `/alert"),
    ("3 sat,sun", "“sat,sun” may mean each of them, or until then."),
    ("until yesterday", "“yesterday” is past."),
    ("yesterday because x", "“yesterday” is past."),
    ("until today 9:00 because x", "“today 9:00” is past."),
    ("for 2 because x", "“2” has no unit: min, h or d."),
    ("for 60 days because x", "A mute lasts at most 31 days."),
    ("until yesterday because x", "“yesterday” is past. For example: `/alert mute 3 until"),
    ("until 2026-11-19 because x", "“2026-11-19” is past."),
    ("until 2026-13-19 because x", "“2026-13-19” is no date"),
    (
        "every mon - fri",
        "It is not said why. For example: `/alert mute every mon - fri because we move the office`",
    ),
    (
        "every day 22:00 - 7:00",
        "It is not said why. For example: `/alert mute every day 22:00 - 7:00 because we move the",
    ),
    (
        "for 2h - weekend work",
        "It is not said why. For example: `/alert mute for 2h because weekend work`",
    ),
    ("every sat 22:00", "“22:00” is not from one time of day to another."),
    ("for 2h - 3 servers are down", "“2h - 3 servers are down” is not a duration."),
    ("every sat 22 because x", "“22” is not from one time of day to another."),
    ("every satan because x", "There is no weekday “satan”."),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_answered_with_an_example(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_mute(text, now=NOW, zone=ATHENS)
    assert str(raised.value).startswith(message)
    assert "`/alert " in str(raised.value)


def test_until_a_time_of_day_is_the_next_one() -> None:
    assert parse_until("9:00", now=NOW, zone=ATHENS, example="") == local(21, 9)


HOLDS: list[tuple[Mute, datetime, bool]] = [
    (Period(T(), T(60)), T(), True),
    (Period(T(), T(60)), T(59), True),
    (Period(T(), T(60)), T(60), False),
    (Weekly((4,), time(9), time(17), ATHENS, T(days=-9)), local(20, 9), True),
    (Weekly((4,), time(9), time(17), ATHENS, T(days=-9)), local(20, 17), False),
    (Weekly((4,), time(9), time(17), ATHENS, T(days=-9)), local(21, 10), False),
    # The night of Friday belongs to Friday, on both sides of midnight.
    (Weekly((4,), time(22), time(7), ATHENS, T(days=-9)), local(20, 23), True),
    (Weekly((4,), time(22), time(7), ATHENS, T(days=-9)), local(21, 6, 59), True),
    (Weekly((4,), time(22), time(7), ATHENS, T(days=-9)), local(21, 7), False),
    (Weekly((4,), time(22), time(7), ATHENS, T(days=-9)), local(20, 6), False),
    # All day is from midnight to midnight.
    (Weekly((5,), time(0), time(0), ATHENS, T(days=-9)), local(21, 0), True),
    (Weekly((5,), time(0), time(0), ATHENS, T(days=-9)), local(21, 23, 59), True),
    (Weekly((5,), time(0), time(0), ATHENS, T(days=-9)), local(22, 0), False),
    (Weekly((5,), time(0), time(0), ATHENS, T(days=-9)), local(20, 23, 59), False),
    # Neither before it was made nor after it was taken back.
    (Weekly((4,), time(9), time(17), ATHENS, local(20, 12)), local(20, 11), False),
    (Weekly((4,), time(9), time(17), ATHENS, T(days=-9), local(20, 12)), local(20, 12), False),
]


@pytest.mark.parametrize(("mute", "at", "holds"), HOLDS)
def test_when_a_mute_holds(mute: Mute, at: datetime, holds: bool) -> None:
    assert mute.holds(at.astimezone(UTC)) is holds


def test_alerts_are_held_back_by_any_mute_and_outside_of_office_hours() -> None:
    muted = muted_by([Period(T(), T(60)), Period(T(120), T(180))])
    assert [muted(T(seconds)) for seconds in (0, 60, 120, 180)] == [True, False, True, False]
    closed = muted_by([], is_open=lambda at: at >= T(60))
    assert [closed(T()), closed(T(60))] == [True, False]
    assert muted_by([]) is never
    assert never(T()) is False


# --- Office hours --------------------------------------------------------------------------------


def hours(**given: BusinessHours) -> Callable[[datetime], bool]:
    return office(Given(desks={}, zone="Europe/Athens", hours=given), ATHENS)


def test_without_business_hours_the_office_is_open_from_nine_to_five_on_working_days() -> None:
    is_open = hours()
    assert [is_open(local(20, hour)) for hour in (8, 9, 16, 17)] == [False, True, True, False]
    assert not is_open(local(21, 10))
    assert not is_open(local(25, 10, month=12))  # Christmas is a Friday in 2026


def test_the_office_is_open_in_the_hours_of_any_desk_or_group() -> None:
    is_open = hours(
        day=BusinessHours(week="mon-fri 8-16"),
        late=BusinessHours(week="mon-fri 16-20", groups=["Late"]),
    )
    assert [is_open(local(20, hour)) for hour in (7, 8, 19, 20)] == [False, True, True, False]


WORKING = [
    (local(20, 10, 20), local(23, 9)),  # at work on Friday: Monday
    (local(20, 7), local(20, 9)),
    (local(20, 23, 50), local(23, 9)),
    (local(24, 20, month=12), local(28, 9, month=12)),  # Christmas and a weekend
]


@pytest.mark.parametrize(("now", "expected"), WORKING)
def test_a_snooze_ends_at_a_working_hour(now: datetime, expected: datetime) -> None:
    assert next_working_hour(now, hours()) == expected


def test_where_nobody_ever_works_a_snooze_ends_in_a_day() -> None:
    assert next_working_hour(T(), lambda _at: False) == T() + timedelta(days=1)


PAST = [
    ("", T()),
    ("8:30", local(20, 8, 30)),
    ("at 14:05", local(19, 14, 5)),
    ("yesterday 14:05", local(19, 14, 5)),
    ("today 8:00", local(20, 8)),
    ("monday at 9:00", local(16, 9)),
    ("friday 9:00", local(13, 9)),
    ("2026-11-01 9:00", local(1, 9)),
]


@pytest.mark.parametrize(("text", "moment"), PAST)
def test_a_moment_that_is_past_is_read(text: str, moment: datetime) -> None:
    assert parse_past(text, now=NOW, zone=ATHENS, example="") == moment


@pytest.mark.parametrize("text", ["today 14:05", "2026-11-21 9:00", "soon", "yesterday"])
def test_what_is_still_to_come_cannot_be_explained(text: str) -> None:
    with pytest.raises(UsageError):
        parse_past(text, now=NOW, zone=ATHENS, example="/alert why 3 yesterday 14:05")
