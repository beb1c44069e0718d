"""The business hours of a LiveAgent: those that its SLA levels agree on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date

from pydantic import ValidationError

from bot.helpdesks.liveagent.wire import Interval, Level, Opening
from bot.settings import BusinessHours

_DAYS = {
    "mon": "monday",
    "tue": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}

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
    spans = {day: _span(getattr(opening, name)) for day, name in _DAYS.items()}
    week = ", ".join(f"{day} {span}" for day, span in spans.items() if span)
    with suppress(ValidationError, ValueError):
        closed = [date.fromisoformat(day[:10]) for day in opening.exclude_holidays or []]
        return BusinessHours.model_validate(
            {"week": week, "zone": opening.timezone, "closed": sorted(closed)}
        )
    return None


def _span(interval: Interval | None) -> str | None:
    if interval is None or interval.start is None or interval.end is None:
        return None
    start, end = _TIME.fullmatch(interval.start), _TIME.fullmatch(interval.end)
    if start is None or end is None or start[0] == end[0]:
        return "?"  # whether it is closed or never closed nobody knows
    first, last = (f"{int(one[1])}:{one[2]}" for one in (start, end))
    # A day that ends at its last minute, or at midnight, is open until midnight.
    return f"{first}-{'24:00' if last in ('23:59', '0:00') else last}"
