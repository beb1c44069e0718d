"""The calendar's own windows: the hours, days, weeks and months of a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain import Window


class Period(StrEnum):
    """How long a period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def periods(
    kind: Period, start: datetime, end: datetime, zone: ZoneInfo, *, first_weekday: int = 0
) -> list[Window]:
    """The periods of a kind that lie wholly between two moments, oldest first.

    Weeks begin on `first_weekday` (0 is Monday). The hour that comes twice in autumn is two hours.
    """
    edges = (
        _hours(start, end, zone)
        if kind is Period.HOUR
        else _days(kind, start, end, zone, first_weekday)
    )
    windows = (Window(low, high) for low, high in pairwise(edges))
    return [w for w in windows if w.start >= start and w.end <= end]


def _hours(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The full hours on the zone's clocks: some zones are half an hour beside the others."""
    first = start.astimezone(zone)
    at = first.astimezone(UTC) - timedelta(
        minutes=first.minute, seconds=first.second, microseconds=first.microsecond
    )
    while at <= end:
        yield at.astimezone(zone)
        at += timedelta(hours=1)


def _days(
    kind: Period, start: datetime, end: datetime, zone: ZoneInfo, first_weekday: int
) -> Iterator[datetime]:
    day = first_day(kind, start.astimezone(zone).date(), first_weekday)
    last = end.astimezone(zone).date()
    while day <= last:
        yield datetime.combine(day, time.min, tzinfo=zone)
        day = _next(kind, day)


def last_days(now: datetime, days: int, zone: ZoneInfo) -> Window:
    """So many whole local days, the last of them yesterday."""
    today = now.astimezone(zone).date()
    ends = (today - timedelta(days=days), today)
    return Window(*(datetime.combine(day, time.min, tzinfo=zone) for day in ends))


def first_day(kind: Period, day: date, first_weekday: int = 0) -> date:
    """The first day of the period that a day belongs to."""
    match kind:
        case Period.WEEK:
            return day - timedelta(days=(day.weekday() - first_weekday) % 7)
        case Period.MONTH:
            return day.replace(day=1)
    return day


def _next(kind: Period, day: date) -> date:
    match kind:
        case Period.WEEK:
            return day + timedelta(weeks=1)
        case Period.MONTH:
            return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=1)
