"""The letters about a comment, and when they travel: all together, an hour or more after they were written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.surveys.moments import is_good_hour, local_moment

#: At these times of a working day letters go out.
TIMES = (time(11), time(15))

#: No letter is younger than this when it goes: whoever gets it cannot tell who was just typing.
DELAY = timedelta(hours=1)

#: For so long after a wave closed the author of a comment can be reached.
LIFETIME = timedelta(days=30)

#: No country is off for longer.
_LOOKED_AHEAD = 31


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter about a comment; `by` is the lead who wrote it, `None` for the author's own.

    `place` is its place among the letters about that comment. Until it is `relayed` only those on
    its writer's side see it.
    """

    comment: str
    place: int
    by: str | None
    text: str
    relayed: bool


def seen(letters: Iterable[Letter], *, by_author: bool) -> list[Letter]:
    """The letters that the author of the comment sees by now, or the leads."""
    return [one for one in letters if one.relayed or (one.by is None) is by_author]


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
