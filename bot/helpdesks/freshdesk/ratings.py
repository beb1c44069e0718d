"""The answered surveys of a Freshdesk: first those of the older kind, then those of the newer.

They can be asked for by when they were given only, but may be changed later; so now and then
those of the last days are looked at again. In which order they come is not documented: read by
pages, new ones at either end make rows come twice, but none is skipped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import timedelta

from bot.domain import Question, Rating, Scale
from bot.helpdesks import Page
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.place import RatingPlace, before
from bot.helpdesks.freshdesk.settings import Settings
from bot.helpdesks.freshdesk.surveys import Surveys
from bot.helpdesks.freshdesk.web import Web
from bot.webapi import Forbidden, NotThere

#: How often ratings that were given earlier are looked at again.
LOOK_BACK = timedelta(hours=1)


def ratings(
    web: Web, surveys: Surveys, settings: Settings, place: RatingPlace
) -> Iterator[Page[Rating]]:
    """All ratings that were given, or changed, since that place; an account may lack either kind."""
    try:
        place = yield from _older_kind(web, settings, place)
    except (Forbidden, NotThere):
        place = replace(place, begun=None, page=1)
    for told, then in surveys.since(place.surveys):
        yield Page(told, replace(place, surveys=then).cursor)


def _older_kind(
    web: Web, settings: Settings, place: RatingPlace
) -> Generator[Page[Rating], None, RatingPlace]:
    """Those of the list of satisfaction ratings; gives the place behind them."""
    looks_back = place.back is not None and place.since - place.back >= LOOK_BACK
    start = place.since - settings.ratings_lookback if looks_back else place.since
    # What changed since the last look back was passed by meanwhile, since it was given before.
    changed = place.back if looks_back and place.back is not None else place.since
    begun = place.begun
    for page, answer in web.ratings(start, place.page):
        begun = begun or answer.sent_at or web.latest()
        rows = [_rating(row) for row in answer.data if row.changed_at >= changed]
        told = [row for row in rows if row is not None]
        if told:
            yield Page(told, replace(place, begun=begun, page=page).cursor)
    if begun is not None:
        end = before(begun, settings.overlap)
        back = end if looks_back or place.back is None else place.back
        place = RatingPlace(max(end, place.since), place.surveys, back)
        yield Page((), place.cursor)
    return place


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
