"""The business hours of a LiveAgent: those that its SLA levels agree on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date

from pydantic import ValidationError

from bot.calendars import MINUTES_OF_A_DAY, Span, write_week
from bot.helpdesks.liveagent.wire import Interval, Level, Opening
from bot.settings import BusinessHours

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")


def opening(levels: Iterable[Level]) -> Mapping[str, BusinessHours]:
    """The hours of the desk, from its SLA levels; none where two of these have different ones.

    A level belongs to a ticket, not to a group, so nobody could say which hours a group has.
    """
    told = {level.name or "SLA": level.business_hours for level in levels if level.business_hours}
    read = {name: hours for name, one in told.items() if (hours := _read(one)) is not None}
    if len(read) != len(told) or len({one.model_dump_json() for one in read.values()}) != 1:
        return {}
    name, hours = next(iter(read.items()))
    return {name: hours}


def _read(opening: Opening) -> BusinessHours | None:
    """These hours as the settings write them; `None` for what cannot be read."""
    with suppress(ValidationError, ValueError):
        closed = [date.fromisoformat(day[:10]) for day in opening.exclude_holidays or []]
        return BusinessHours.model_validate(
            {
                "week": write_week(_spans(opening)),
                "zone": opening.timezone,
                "closed": sorted(closed),
            }
        )
    return None


def _spans(opening: Opening) -> Iterator[Span]:
    """In minutes since Monday; raises `ValueError` for what is no time."""
    for weekday, name in enumerate(_DAYS):
        interval: Interval | None = getattr(opening, name)
        if interval is None or interval.start is None or interval.end is None:
            continue
        start, end = _minutes(interval.start), _minutes(interval.end)
        if start == end:
            raise ValueError("whether it is closed or never closed nobody knows")
        if end == MINUTES_OF_A_DAY - 1:
            end += 1  # a day that ends at its last minute is open until midnight
        midnight = weekday * MINUTES_OF_A_DAY
        yield midnight + start, midnight + (end if end > start else end + MINUTES_OF_A_DAY)


def _minutes(told: str) -> int:
    read = _TIME.fullmatch(told)
    if read is None:
        raise ValueError(told)
    return int(read[1]) * 60 + int(read[2])
