"""When letters about comments travel: all together, an hour or more after they were written."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.surveys.moments import is_good_hour, local_moment

#: At these times of a working day letters go out.
TIMES = (time(11), time(15))

#: No letter is younger than this when it goes: whoever gets it cannot tell who was just typing.
DELAY = timedelta(hours=1)

#: No country is off for longer.
_LOOKED_AHEAD = 31


def next_batch(now: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a letter that is written now goes out, by the hours of a zone."""
    earliest = now + DELAY
    first = earliest.astimezone(zone).date()
    moments = (
        local_moment(first + timedelta(days=days), at, zone)
        for days in range(_LOOKED_AHEAD)
        for at in TIMES
    )
    later = [moment for moment in moments if moment >= earliest]
    # Where no day is a working one a letter does not wait for it.
    return next((moment for moment in later if is_good_hour(moment, zone)), later[0])
