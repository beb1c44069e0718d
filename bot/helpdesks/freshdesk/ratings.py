"""The answered surveys of a Freshdesk.

They can be asked for by when they were given only, but may be changed later; so now and then
those of the last days are looked at again. In which order they come is not documented: read by
pages, new ones at either end make rows come twice, but none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import Question, Rating, Scale
from bot.helpdesks import Page
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.place import RatingPlace, before
from bot.helpdesks.freshdesk.settings import Settings
from bot.helpdesks.freshdesk.web import Web

#: How often ratings that were given earlier are looked at again.
LOOK_BACK = timedelta(hours=1)


def ratings(web: Web, settings: Settings, place: RatingPlace) -> Iterator[Page[Rating]]:
    """All ratings that were given, or changed, since that place."""
    looks_back = place.back is not None and place.since - place.back >= LOOK_BACK
    start = place.since - settings.ratings_lookback if looks_back else place.since
    # What changed since the last look back was passed by meanwhile, since it was given before.
    changed = place.back if looks_back and place.back is not None else place.since
    begun = place.begun
    for page, answer in web.ratings(start, place.page):
        begun = begun or answer.sent_at or _newest(answer.data)
        rows = [_rating(row) for row in answer.data if row.changed_at >= changed]
        told = [row for row in rows if row is not None]
        if told:
            yield Page(told, replace(place, begun=begun, page=page).cursor)
    if begun is not None:
        end = before(begun, settings.overlap)
        back = end if looks_back or place.back is None else place.back
        yield Page((), RatingPlace(max(end, place.since), back).cursor)


def _newest(rows: list[wire.Rating]) -> datetime | None:
    return max((row.changed_at for row in rows), default=None)


def _rating(row: wire.Rating) -> Rating | None:
    """A rating; `None` where the survey's own question was not answered."""
    if row.raw is None:
        return None
    return Rating(
        id=str(row.id),
        question=Question.CSAT,
        scale=Scale.FRESHDESK,
        asked_at=row.created_at,
        given_at=row.created_at,
        raw=float(row.raw),
        ticket=None if row.ticket_id is None else str(row.ticket_id),
        agent=None if row.agent_id is None else str(row.agent_id),
    )
