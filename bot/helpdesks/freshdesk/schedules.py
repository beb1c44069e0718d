"""The business hours that a Freshdesk keeps, as deskpulse writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import structlog

from bot.calendars import MINUTES_OF_A_DAY, Span, of_each_year, write_week
from bot.helpdesks.freshdesk.wire import Group, Hours, Schedule
from bot.rails_zones import zone_of
from bot.settings import BusinessHours

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])\.?m\.?", re.IGNORECASE)

#: A holiday of every year: `Jan 16`, or `--01-16` as Freshservice has it.
_NAMED = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2})", re.IGNORECASE)
_NUMBERED = re.compile(r"--(\d{2})-?(\d{2})")

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

log = structlog.get_logger()


def business_hours(
    desk: str, schedules: Iterable[Schedule], groups: Iterable[Group], today: date
) -> dict[str, BusinessHours]:
    """The schedules by their names: the default for all, each other one for its groups.

    Left out are those of no group, and those whose zone or hours nobody understands (with a
    warning): business time that is wrong would be worse than none. A holiday of every year is
    told for last year, this one and the next; one that nobody understands only with a warning.
    """
    having = list(groups)
    found: dict[str, BusinessHours] = {}
    for schedule in schedules:
        users = [one.name for one in having if one.name and one.business_hour_id == schedule.id]
        if not users and not schedule.is_default:
            continue
        closed = _closed(desk, schedule, today.year)
        told = _told(schedule, [] if schedule.is_default else users, closed)
        if told is None:
            log.warning("business_hours_not_understood", desk=desk, schedule=schedule.id)
            continue
        name = schedule.name or str(schedule.id)
        found[name if name not in found else f"{name} ({schedule.id})"] = told
    return found


def _told(schedule: Schedule, groups: list[str], closed: list[date]) -> BusinessHours | None:
    place = zone_of(schedule.time_zone)
    if place is None:
        return None
    try:
        week = write_week(_spans(schedule.business_hours or {}))
        return BusinessHours(week=week, zone=place, groups=groups, closed=closed)
    except ValueError:  # and so are those of pydantic
        return None


def _closed(desk: str, schedule: Schedule, year: int) -> list[date]:
    """The holidays of a schedule, in order."""
    found: set[date] = set()
    unread: list[str] = []
    for holiday in schedule.list_of_holidays or ():
        try:
            found.update(_dates(holiday.holiday_date.strip(), year))
        except ValueError:
            unread.append(holiday.holiday_date)
    if unread:
        log.warning("holidays_not_understood", desk=desk, schedule=schedule.id, dates=unread)
    return sorted(found)


def _dates(told: str, year: int) -> list[date]:
    """The dates of a holiday; raises `ValueError` for what is none."""
    if named := _NAMED.fullmatch(told):
        month = _MONTHS.index(named[1].lower()) + 1
        return of_each_year(month, int(named[2]), range(year - 1, year + 2))
    if numbered := _NUMBERED.fullmatch(told):
        return of_each_year(int(numbered[1]), int(numbered[2]), range(year - 1, year + 2))
    return [date.fromisoformat(told[:10])]


def _spans(hours: Mapping[str, Hours | None]) -> Iterator[Span]:
    """In minutes since Monday; raises `ValueError` for what is no weekday or no time."""
    for weekday, told in hours.items():
        if told is not None and told.start_time and told.end_time:
            midnight = _WEEKDAYS.index(weekday) * MINUTES_OF_A_DAY
            start, end = _minutes(told.start_time), _minutes(told.end_time) or MINUTES_OF_A_DAY
            if end <= start:
                raise ValueError(told)
            yield midnight + start, midnight + end


def _minutes(told: str) -> int:
    """Minutes since midnight; 11:59:59 pm stands for the midnight that ends the day."""
    read = _TIME.fullmatch(told.strip())
    if read is None:
        raise ValueError(told)
    hour, minute, second, half = read.groups()
    minutes = int(hour) % 12 * 60 + int(minute) + (12 * 60 if half.lower() == "p" else 0)
    return minutes + 1 if second == "59" or minutes == MINUTES_OF_A_DAY - 1 else minutes
