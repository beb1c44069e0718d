"""The office hours of a workspace, as the business hours of deskpulse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pydantic import ValidationError

from bot.helpdesks.intercom.wire import Exceptional, Interval, Schedule
from bot.settings import BusinessHours

DAY = 24 * 60
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def business_hours(
    schedule: Schedule, exceptions: Iterable[Exceptional], today: date
) -> BusinessHours | None:
    """A schedule with its exceptions; `None` where it has no hours, or such as nobody can keep.

    What comes every year is told for last year, this one and the next.
    """
    closed: list[date] = []
    special: dict[date, str] = {}
    for exception in exceptions:
        spans = _spans((one.start_minute, one.end_minute) for one in exception.time_intervals or ())
        for day in _dates(exception, today.year):
            if spans:
                special[day] = spans
            else:
                closed.append(day)
    week = "24/7" if schedule.twenty_four_seven else _week(schedule.time_intervals or ())
    try:
        return BusinessHours(
            week=week, zone=schedule.time_zone_name, closed=sorted(closed), special=special
        )
    except ValidationError:
        return None


def _week(intervals: Sequence[Interval]) -> str:
    """`mon 9:00-17:00 tue …`; an interval over midnight belongs to both days."""
    of_day: dict[int, list[tuple[int, int]]] = {}
    for one in intervals:
        start = one.start_minute
        while start < one.end_minute:
            day = start // DAY
            end = min(one.end_minute, (day + 1) * DAY)
            of_day.setdefault(day % 7, []).append((start - day * DAY, end - day * DAY))
            start = end
    return " ".join(f"{_WEEKDAYS[day]} {_spans(of_day[day])}" for day in sorted(of_day))


def _spans(minutes: Iterable[tuple[int, int]]) -> str:
    """`9:00-12:00 13:00-17:00`; what overlaps or touches is one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(minutes):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return " ".join(f"{_clock(start)}-{_clock(end)}" for start, end in joined)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _dates(exception: Exceptional, year: int) -> list[date]:
    first = exception.exception_date
    if not exception.recurring_annually:
        return [first]
    one_day = timedelta(days=1)
    found = []
    for number in range(max(first.year, year - 1), year + 2):
        # The 29th of February comes in leap years only.
        day = date(number, first.month, 1) + (first.day - 1) * one_day
        if day.month == first.month:
            found.append(day)
    return found
