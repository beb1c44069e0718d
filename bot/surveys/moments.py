"""When a wave opens, closes and reminds, and at which hours somebody may be asked something.

What is planned is a local day and time; a moment, which comes back, is in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, dropwhile, islice, takewhile
from zoneinfo import ZoneInfo

from bot.calendars import country_of, is_public_holiday, working_days
from bot.surveys.survey import Cadence, Every, Plan

#: From when until when somebody is asked on a working day: at work, and with the worst behind them.
FIRST_HOUR, LAST_HOUR = time(10), time(16)

#: For how long a wave is open at least, so that everybody at work sees it, and at most.
SHORTEST, LONGEST = timedelta(hours=4), timedelta(days=31)

_DAY = timedelta(days=1)

#: Nobody has so many days off in a row, all in a country at once.
_LONGEST_HOLIDAYS = 31

#: A reminder that comes later than this before the close is for those who cannot answer any more.
_TOO_LATE = timedelta(hours=1)


# --- When somebody may be asked ------------------------------------------------------------------


def is_good_hour(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether it is 10:00 to 16:00 where somebody is, on a working day of the zone's country.

    Public holidays are those of the whole country. Where a zone belongs to no country, Monday to
    Friday are working days.
    """
    local = moment.astimezone(zone)
    if not FIRST_HOUR <= local.time() < LAST_HOUR:
        return False
    country = country_of(zone)
    is_working = local.weekday() in working_days(country)
    return is_working and not is_public_holiday(local.date(), country)


def next_good_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself where it is in a good hour, else the beginning of the next ones.

    Where there are none in a month, as nowhere, it is a month later.
    """
    today = moment.astimezone(zone).date()
    days = (today + _DAY * ahead for ahead in range(_LONGEST_HOLIDAYS))
    mornings = (local_moment(day, FIRST_HOUR, zone) for day in days)
    moments = (moment.astimezone(UTC), *(one for one in mornings if one > moment))
    good = (one for one in moments if is_good_hour(one, zone))
    return next(good, moment.astimezone(UTC) + _DAY * _LONGEST_HOLIDAYS)


def local_moment(day: date, local: time, zone: ZoneInfo) -> datetime:
    """The moment of a local day and time.

    Of a time that comes twice, when clocks are set back, it is the first. One that is skipped, when
    they are set forward, is later by as much.
    """
    return datetime.combine(day, local, tzinfo=zone).astimezone(UTC)


# --- When waves open -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """A wave that is due: `slot` is the local day and time, `at` the moment that it means.

    Daylight saving gives no slot twice, and leaves none out.
    """

    slot: str
    at: datetime


def opens(cadence: Cadence, since: datetime, zone: ZoneInfo, after: datetime) -> Opening:
    """The first opening after a moment. `since` is when the cadence was set, see `openings`."""
    return next(one for one in _openings(cadence, since, zone) if one.at > after)


def openings(
    cadence: Cadence, since: datetime, zone: ZoneInfo, *, after: datetime, until: datetime
) -> list[Opening]:
    """All openings that are due after one moment, up to another.

    The first wave of all opens on the first day of the cadence from `since` on, whichever week,
    month or quarter that is; the next ones are counted from it.
    """
    early = takewhile(lambda one: one.at <= until, _openings(cadence, since, zone))
    return [one for one in early if one.at > after]


def shortest_pause(cadence: Cadence) -> timedelta:
    """The fewest days from one opening to the next: first weekdays of two months are 28 or 35 apart."""
    days = {Every.WEEK: 7, Every.MONTH: 28, Every.QUARTER: 84}
    return _DAY * days[cadence.unit] * cadence.number


def _openings(cadence: Cadence, since: datetime, zone: ZoneInfo) -> Iterator[Opening]:
    days = _days(cadence, since.astimezone(zone).date())
    found = (_opening(day, cadence.at, zone) for day in days)
    return islice(dropwhile(lambda one: one.at < since, found), 0, None, cadence.number)


def _opening(day: date, local: time, zone: ZoneInfo) -> Opening:
    slot = datetime.combine(day, local).isoformat(timespec="minutes")
    return Opening(slot, local_moment(day, local, zone))


def _days(cadence: Cadence, first: date) -> Iterator[date]:
    """The days on which a wave may open in each week, month or quarter, from that of `first` on."""
    if cadence.unit is Every.WEEK:
        return (_on(cadence.weekday, first) + _DAY * 7 * weeks for weeks in count())
    step = 3 if cadence.unit is Every.QUARTER else 1
    month = (first.year * 12 + first.month - 1) // step * step
    months = (divmod(number, 12) for number in count(month, step))
    return (_on(cadence.weekday, date(year, number + 1, 1)) for year, number in months)


def _on(weekday: int, day: date) -> date:
    """The first such weekday from a day on."""
    return day + _DAY * ((weekday - day.weekday()) % 7)


# --- When one closes, and reminds ----------------------------------------------------------------


def closing(plan: Plan, opened: datetime) -> datetime:
    """When a wave closes that opened at a moment: as was said, be it a holiday.

    Where that is past already, or soon, because the wave opened late, it closes at the same time of
    the next day on which it has been open for the `SHORTEST` time.
    """
    first = opened.astimezone(plan.zone).date() + _DAY * plan.days
    moments = (local_moment(first + _DAY * later, plan.closes, plan.zone) for later in count())
    return next(closes for closes in moments if closes - opened >= SHORTEST)


def reminder_moments(opened: datetime, closes: datetime, number: int) -> list[datetime]:
    """From when on those who have not answered are reminded, each at their next good hour.

    One reminder comes at half of the time; of two the second is a day before the close, and the
    first halfway to it. Each is at least a day after what came before; where there is no time for
    that, there are fewer.
    """
    opened, closes = opened.astimezone(UTC), closes.astimezone(UTC)
    last = closes - _DAY
    wanted = (
        [opened + (closes - opened) / 2] if number == 1 else [opened + (last - opened) / 2, last]
    )
    found: list[datetime] = []
    for moment in wanted[:number]:
        found.append(max(moment, [opened, *found][-1] + _DAY))
    return [moment for moment in found if moment <= closes - _TOO_LATE]
