"""The office hours of a workspace, as the business hours of deskpulse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import ValidationError

from bot.calendars import Span, of_each_year, write_spans, write_week
from bot.helpdesks.intercom.wire import Exceptional, Interval, Schedule
from bot.settings import BusinessHours


def business_hours(
    schedule: Schedule, exceptions: Iterable[Exceptional], today: date
) -> BusinessHours | None:
    """A schedule with its exceptions; `None` where it has no hours, or such as nobody can keep.

    What comes every year is told for last year, this one and the next.
    """
    closed: list[date] = []
    special: dict[date, str] = {}
    for exception in exceptions:
        spans = write_spans(_spans(exception.time_intervals))
        for day in _dates(exception, today.year):
            if spans:
                special[day] = spans
            else:
                closed.append(day)
    opened = _spans(schedule.time_intervals)
    week = "24/7" if schedule.twenty_four_seven else write_week(opened)
    try:
        return BusinessHours(
            week=week, zone=schedule.time_zone_name, closed=sorted(closed), special=special
        )
    except ValidationError:
        return None


def _spans(intervals: Sequence[Interval] | None) -> list[Span]:
    return [(one.start_minute, one.end_minute) for one in intervals or ()]


def _dates(exception: Exceptional, year: int) -> list[date]:
    first = exception.exception_date
    if not exception.recurring_annually:
        return [first]
    return of_each_year(first.month, first.day, range(max(first.year, year - 1), year + 2))
