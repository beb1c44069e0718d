"""Which business hours hold for the tickets of a help desk, and how long things took in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.calendars import (
    Calendar,
    OpenTime,
    Stay,
    after_hours,
    business_seconds,
    usual_hours,
)
from bot.settings import BusinessHours, Settings

#: A group of the desk, and since when (seconds since 1970) a ticket was in it.
GroupStay = tuple[int, str | None]


class DeskHours:
    """The business hours of one desk: those of a group where it has its own, else the desk's.

    Where no hours are set, business time is `None`, never 0.
    """

    def __init__(self, own: Mapping[str, BusinessHours], zone: ZoneInfo) -> None:
        """`own` are the hours that the settings name for the desk, `zone` that of deskpulse."""
        self._own = own
        self._zone = zone
        self._open: dict[str | None, OpenTime | None] = {}

    @classmethod
    def of_desk(cls, settings: Settings, desk: str, kept: Mapping[str, Any] | None = None) -> Self:
        """Those of the desk that the settings know by this name.

        Where they name none for it, those that the desk itself keeps hold (`kept`, as JSON).
        """
        own = {
            name: hours
            for name, hours in settings.hours.items()
            if desk.casefold() in {one.casefold() for one in hours.desks or [desk]}
        }
        return cls(own or _understood(kept or {}), settings.tz)

    @property
    def mark(self) -> str | None:
        """Changes whenever the hours do; `None` without any."""
        if not self._own:
            return None
        told = {name: hours.model_dump(mode="json") for name, hours in self._own.items()}
        text = json.dumps([told, self._zone.key], sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def of(self, group: str | None) -> OpenTime | None:
        """When the group is open."""
        if group not in self._open:
            self._open[group] = self._compiled(group)
        return self._open[group]

    def stays(self, group: str | None, stays: Iterable[GroupStay]) -> list[Stay]:
        """Which hours applied to a ticket from when on: `stays` tell its groups, if it had several."""
        found = [(since, self.of(name)) for since, name in stays]
        return found or [(0, self.of(group))]

    def _compiled(self, group: str | None) -> OpenTime | None:
        named = (group or "").casefold()
        others = self._nearest(lambda hours: not hours.groups)
        chosen = self._nearest(lambda hours: named in {one.casefold() for one in hours.groups})
        # Until a group has hours of its own, it has those of the others.
        begun = chosen[0].order if chosen else date.max
        chosen = [hours for hours in others if hours.order < begun] + chosen
        if not chosen:
            return None
        first, *later = (hours.hours(self._zone) for hours in chosen)
        dates = [hours.since for hours in chosen[1:]]
        return OpenTime(Calendar([(None, first), *zip(dates, later, strict=True)]))

    def _nearest(self, is_meant: Callable[[BusinessHours], bool]) -> list[BusinessHours]:
        """Those that are meant, oldest first: those of this very desk, or else those of all."""
        found = sorted(filter(is_meant, self._own.values()), key=lambda hours: hours.order)
        return [hours for hours in found if hours.desks] or found


def _understood(kept: Mapping[str, Any]) -> dict[str, BusinessHours]:
    """Hours as they were kept; none where another version kept them in another way."""
    try:
        return {name: BusinessHours.model_validate(one) for name, one in kept.items()}
    except ValidationError:
        return {}


NO_HOURS = DeskHours({}, ZoneInfo("UTC"))

#: Where no business hours are set, the office is open in these, on the working days of its country.
OFFICE = ((9 * 60, 17 * 60),)


def office(settings: Settings, zone: ZoneInfo) -> Callable[[datetime], bool]:
    """Tells whether anybody is at work at a moment: in any of the hours that are set for a desk.

    Where none are set, from nine to five in `zone`, on the working days of its country but for its
    public holidays.
    """
    named = sorted({desk for hours in settings.hours.values() for desk in hours.desks})
    known = [DeskHours.of_desk(settings, desk) for desk in named or [""]]
    groups = {group for hours in settings.hours.values() for group in hours.groups}
    found = [hours.of(group) for hours in known for group in (None, *sorted(groups))]
    open_times = [one for one in found if one is not None] or [_usual_office(zone)]

    def is_open(moment: datetime) -> bool:
        return any(one.is_open(int(moment.timestamp())) for one in open_times)

    return is_open


def _usual_office(zone: ZoneInfo) -> OpenTime:
    return OpenTime(Calendar([(None, usual_hours(zone, OFFICE))]))


#: The columns of a ticket that are measured in business time, and between which moments.
_MEASURED = {
    "first_reply_business": ("created_at", "first_reply_at"),
    "first_resolution_business": ("created_at", "first_solved_at"),
    "resolution_business": ("created_at", "solved_at"),
}
_NOT_MEASURED = dict.fromkeys([*_MEASURED, "wait_business", "after_hours"])


def measured(
    stays: Sequence[Stay],
    moments: Mapping[str, int | None],
    waits: Iterable[tuple[int, int]],
) -> dict[str, int | bool | None]:
    """What a ticket took in business time, in seconds, and whether it came after hours.

    `moments` are seconds since 1970 by the name of their column, `waits` the stretches in which its
    requester waited.
    """
    if not any(open_ for _, open_ in stays):
        return dict(_NOT_MEASURED)
    found: dict[str, int | bool | None] = {
        column: between(stays, moments[start], moments[end])
        for column, (start, end) in _MEASURED.items()
    }
    found["wait_business"] = _waited(stays, moments["solved_at"], waits)
    created = moments["created_at"]
    # By the hours of the group in which it came, also when it was moved within the same second.
    found["after_hours"] = None if created is None else after_hours(stays[:1], created)
    return found


def _waited(
    stays: Sequence[Stay], solved: int | None, waits: Iterable[tuple[int, int]]
) -> int | None:
    """The business seconds of all stretches up to the solve."""
    # Who never waited waited 0 s, if any hours apply.
    parts = [between(stays, solved, solved), *(between(stays, *wait) for wait in waits)]
    return None if None in parts else sum(part or 0 for part in parts)


def between(stays: Sequence[Stay], start: int | None, end: int | None) -> int | None:
    """The business seconds from one moment to another; `None` where one is missing."""
    if start is None or end is None:
        return None
    return business_seconds(stays, start, end)
