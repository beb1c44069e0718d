"""The business hours that a Freshdesk keeps, as deskpulse writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import structlog

from bot.calendars import MINUTES_OF_A_DAY, Span, write_week
from bot.helpdesks.freshdesk.wire import Group, Hours, Schedule
from bot.rails_zones import zone_of
from bot.settings import BusinessHours

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])\.?m\.?", re.IGNORECASE)

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

log = structlog.get_logger()


def business_hours(
    desk: str, schedules: Iterable[Schedule], groups: Iterable[Group]
) -> dict[str, BusinessHours]:
    """The schedules by their names: the default for all, each other one for its groups.

    Left out are those of no group, and those whose zone or hours nobody understands (with a
    warning): business time that is wrong would be worse than none.
    """
    having = list(groups)
    found: dict[str, BusinessHours] = {}
    for schedule in schedules:
        users = [one.name for one in having if one.name and one.business_hour_id == schedule.id]
        if not users and not schedule.is_default:
            continue
        told = _told(schedule, [] if schedule.is_default else users)
        if told is None:
            log.warning("business_hours_not_understood", desk=desk, schedule=schedule.id)
            continue
        name = schedule.name or str(schedule.id)
        found[name if name not in found else f"{name} ({schedule.id})"] = told
    return found


def _told(schedule: Schedule, groups: list[str]) -> BusinessHours | None:
    place = zone_of(schedule.time_zone)
    try:
        week = write_week(_spans(schedule.business_hours or {}))
    except ValueError:
        return None
    if place is None or not week:
        return None
    holidays = {one.day for one in schedule.list_of_holidays or () if one.day is not None}
    return BusinessHours(week=week, zone=place, groups=groups, closed=sorted(holidays))


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
