"""The days of the demo desk: how busy each is, at which hours, and when its agents are there.

Days and hours are local, moments are seconds since 1970.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from bot.helpdesks.demo.chance import Dice, Shares
from bot.helpdesks.demo.settings import Settings

ONE_DAY = timedelta(days=1)

#: How busy a day is compared with a usual weekday, from Monday on; a holiday comes last.
_WEEK = (1.2, 1.05, 1.0, 0.98, 0.9, 0.32, 0.26)
_HOLIDAY = 0.4
#: How much customers write by hour, from midnight on.
_MORNING = (0.6, 0.4, 0.3, 0.3, 0.3, 0.5, 1.0, 2.0, 5.0, 9.5, 11.0, 10.0)
_AFTERNOON = (8.0, 7.5, 8.0, 8.0, 7.5, 6.5, 4.5, 3.5, 3.0, 2.5, 2.0, 1.2)
BY_HOUR = dict(enumerate((*_MORNING, *_AFTERNOON)))
HOURS = Shares(BY_HOUR)

#: An incident brings more work in these hours.
INCIDENT_HOURS = range(9, 13)

#: From when until when agents work, and how many halves of the usual pace.
Shift = tuple[int, int, int]
_SHIFTS: Sequence[Shift] = ((9, 18, 2), (18, 22, 1))
_WEEKEND_SHIFTS: Sequence[Shift] = ((10, 18, 1),)

_FULL_DAY = 24 * 3600


def days(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def local(settings: Settings, moment: datetime) -> date:
    """The day that a moment falls on."""
    return moment.astimezone(ZoneInfo(settings.zone)).date()


def second(settings: Settings, day: date, hour: int = 0) -> int:
    """The moment at which that hour starts."""
    return int(datetime.combine(day, time(hour), tzinfo=ZoneInfo(settings.zone)).timestamp())


def hours(settings: Settings, day: date) -> list[int]:
    """The moments at which the hours of a day start."""
    first = second(settings, day)
    if second(settings, day + ONE_DAY) - first == _FULL_DAY:
        return [first + 3600 * hour for hour in range(24)]
    return [second(settings, day, hour) for hour in range(24)]


def moment(second: int) -> datetime:
    """A moment as the rest of deskpulse knows it."""
    return datetime.fromtimestamp(second, UTC)


def dice_of(settings: Settings, day: date, what: str = "") -> Dice:
    """The chance of one day, in one matter: what falls in the others makes no difference to it."""
    return Dice(f"{settings.seed} {day.isoformat()} {what}".rstrip())


def busyness(settings: Settings, day: date) -> float:
    """How busy a day is compared with a usual weekday."""
    return min(_WEEK[day.weekday()], _HOLIDAY if day == settings.holiday else math.inf)


def is_quiet(settings: Settings, day: date) -> bool:
    """Whether it is a weekend or a holiday."""
    return day.weekday() >= 5 or day == settings.holiday


def is_incident(settings: Settings, day: date) -> bool:
    """Whether billing by email is swamped on that day."""
    if settings.incident is not None:
        return day == settings.incident
    year, week, weekday = day.isocalendar()
    dice = Dice(f"{settings.seed} week {year} {week}")
    return dice.chance(0.2) and weekday - 1 == dice.below(5)


def shifts(settings: Settings, day: date) -> Sequence[Shift]:
    """When agents are there on that day."""
    return _WEEKEND_SHIFTS if is_quiet(settings, day) else _SHIFTS


class Roster:
    """When the agents work, from one day until another.

    Work is counted in half-seconds, so that an evening at half the usual pace stays in whole
    numbers: then the days that a roster starts and ends with make no difference to its answers.
    """

    def __init__(self, settings: Settings, first: date, last: date) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._paces: list[int] = []
        for day in days(first, last):
            for start, end, pace in shifts(settings, day):
                self._starts.append(second(settings, day, start))
                self._ends.append(second(settings, day, end))
                self._paces.append(pace)
        work = ((e - s) * p for s, e, p in zip(self._starts, self._ends, self._paces, strict=True))
        self._done = list(accumulate(work, initial=0))

    def staffed(self, moment: int) -> bool:
        """Whether somebody is there."""
        shift = bisect_right(self._starts, moment) - 1
        return shift >= 0 and moment < self._ends[shift]

    def after(self, moment: int, seconds: int) -> int:
        """When so many seconds of an agent's time have gone by since that moment."""
        shift = bisect_right(self._starts, moment) - 1
        done = 0
        if shift >= 0:
            worked = min(moment, self._ends[shift]) - self._starts[shift]
            done = self._done[shift] + worked * self._paces[shift]
        goal = done + 2 * seconds
        shift = bisect_right(self._done, goal) - 1
        return self._starts[shift] + -(-(goal - self._done[shift]) // self._paces[shift])
