"""The business hours that a Zendesk keeps, and when a promise in business time falls due."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import structlog
from pydantic import AwareDatetime

from bot.calendars import Hours, Span, write_week
from bot.helpdesks.zendesk.limits import ACCOUNT
from bot.helpdesks.zendesk.settings import Settings
from bot.helpdesks.zendesk.wire import Some, Wire
from bot.rails_zones import zone_of
from bot.settings import BusinessHours
from bot.webapi import Forbidden, NotThere, WebApi

log = structlog.get_logger()

PATH = "api/v2/business_hours/schedules"

_DAY = 1_440

#: No promise takes longer than so many days; there may be schedules that never open.
_LONGEST = 400


class Interval(Wire):
    """Minutes since Sunday 00:00, on the wall clock of the schedule's zone."""

    start_time: int
    end_time: int


class Schedule(Wire):
    id: str
    name: str | None = None
    time_zone: str | None = None
    created_at: AwareDatetime | None = None
    intervals: Some[Interval] = None


class Listed(Wire):
    schedules: list[Schedule]


class Holiday(Wire):
    """Days off; both ends belong to it."""

    start_date: date
    end_date: date


class Holidays(Wire):
    holidays: list[Holiday]


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule with its business hours."""

    id: str
    name: str
    is_default: bool
    hours: BusinessHours
    spans: Hours


class Schedules:
    """Knows the schedules of an account, the oldest first: that one is the default."""

    def __init__(self, desk: str, api: WebApi, settings: Settings) -> None:
        self._desk, self._api, self._settings = desk, api, settings

    def forget(self) -> None:
        """They are asked for again when the next one is needed."""
        vars(self).pop("_known", None)

    def hours(self) -> Mapping[str, BusinessHours]:
        """The business hours by the names of the schedules that hold for somebody."""
        return {
            kept.name: kept.hours for kept in self._known if kept.is_default or kept.hours.groups
        }

    def due(self, schedule: str | None, since: datetime, span: timedelta) -> datetime | None:
        """When so much business time has passed, by the schedule of that number or the default."""
        fitting = [one for one in self._known if one.id == schedule]
        fitting += [one for one in self._known if one.is_default]
        return _after(fitting[0].spans, since, span) if fitting else None

    @cached_property
    def _known(self) -> Sequence[Kept]:
        try:
            told = self._api.get(Listed, f"{PATH}.json", lanes=ACCOUNT).data.schedules
            first = min(told, key=_age, default=None)
            return [kept for one in told for kept in self._kept(one, is_default=one is first)]
        except (Forbidden, NotThere):
            return ()  # the plan has none

    def _kept(self, told: Schedule, *, is_default: bool) -> Iterator[Kept]:
        zone, week = zone_of(told.time_zone), _week(told.intervals or ())
        if zone is None or not week:
            log.warning("schedule_not_understood", desk=self._desk, zone=told.time_zone)
            return
        name = told.name or told.id
        groups = [] if is_default else self._settings.schedules.get(name, [])
        hours = BusinessHours(week=week, zone=zone, closed=self._closed(told.id), groups=groups)
        yield Kept(told.id, name, is_default, hours, hours.hours(ZoneInfo(zone)))

    def _closed(self, schedule: str) -> list[date]:
        told = self._api.get(Holidays, f"{PATH}/{schedule}/holidays.json", lanes=ACCOUNT).data
        return sorted(
            {
                holiday.start_date + timedelta(days=day)
                for holiday in told.holidays
                for day in range((holiday.end_date - holiday.start_date).days + 1)
            }
        )


def _age(schedule: Schedule) -> float:
    return schedule.created_at.timestamp() if schedule.created_at else math.inf


def _week(intervals: Sequence[Interval]) -> str:
    # Its weeks begin on Sunday, ours on Monday.
    return write_week((one.start_time - _DAY, one.end_time - _DAY) for one in intervals)


def _after(hours: Hours, since: datetime, span: timedelta) -> datetime | None:
    """The moment at which `span` of open time has gone by; `None` where that never comes."""
    left = span
    first = since.astimezone(hours.zone).date()
    for day in range(_LONGEST):
        for start, end in _moments(hours, first + timedelta(days=day)):
            begin = max(start, since)
            if begin + left <= end:
                return begin + left
            left -= max(end - begin, timedelta(0))
    return None


def _moments(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    for span in hours.on(day):
        yield _moment(hours.zone, day, span, 0), _moment(hours.zone, day, span, 1)


def _moment(zone: ZoneInfo, day: date, span: Span, place: int) -> datetime:
    days, minute = divmod(span[place], _DAY)
    local = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC)
