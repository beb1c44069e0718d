"""The stream of phone calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot import domain
from bot.clock import Clock
from bot.helpdesks import Cursor, Page
from bot.helpdesks.intercom.changes import moment
from bot.helpdesks.intercom.place import unreadable
from bot.helpdesks.intercom.web import ABSENT, Web
from bot.helpdesks.intercom.wire import Call

#: No call goes on for longer: whose beginning lies further back has ended before.
LONGEST = timedelta(days=1)


class Calls:
    """Reads the calls that ended since a moment.

    The list can neither be filtered nor sorted. As long as it comes with the newest call first
    (which the API does not promise) only its head is read, else all of it.
    """

    def __init__(self, web: Web, clock: Clock, overlap: timedelta) -> None:
        self._web, self._clock, self._overlap = web, clock, overlap

    def since(self, cursor: Cursor) -> Iterator[Page[domain.Call]]:
        """The calls that ended since the cursor; a stop is made good by reading from its page on."""
        place = _read(cursor)
        since, begun, first = moment(place["since"]), place.get("begun"), place.get("page", 1)
        for page in count(first):
            try:
                answer = self._web.calls(page)
            except ABSENT:
                return  # no phone in this plan
            rows = answer.data.data or ()
            begun = begun or int((answer.sent_at or self._clock.now()).timestamp())
            told = [_call(row) for row in rows if row.ended_at and _changed_at(row) >= since]
            # Newer calls push the others to later pages, so that some come again and none is missed.
            yield Page(told, {"since": place["since"], "begun": begun, "page": page})
            pages = answer.data.pages
            if not rows or _are_past(rows, since - LONGEST) or (pages and pages.is_last(page)):
                break
        yield Page((), {"since": int((moment(begun or 0) - self._overlap).timestamp())})


def _read(cursor: Cursor) -> dict[str, Any]:
    told = {name: cursor.get(name) for name in ("since", "begun", "page") if name in cursor}
    if "since" not in told or not all(isinstance(one, int) for one in told.values()):
        raise unreadable()
    return told


def _are_past(rows: Sequence[Call], than: datetime) -> bool:
    """Whether these, newest first, all began before that moment."""
    begins = [_began_at(row) for row in rows]
    known = [at for at in begins if at is not None]
    return (
        len(known) == len(begins)
        and known == sorted(known, reverse=True)
        and known[0] < than
        # A single moment is no order.
        and (len(set(known)) > 1 or len(known) == 1)
    )


def _began_at(row: Call) -> datetime | None:
    return row.initiated_at or row.created_at


def _changed_at(row: Call) -> datetime:
    return max(filter(None, (row.updated_at, row.ended_at)))


def _call(row: Call) -> domain.Call:
    """An ended call. There is no hold time, no wrap-up and no group in it."""
    ended_at = row.ended_at or _changed_at(row)
    began_at = _began_at(row) or ended_at
    answered_at = row.answered_at
    return domain.Call(
        id=row.id,
        started_at=began_at,
        inbound=row.direction != "outbound",
        answered=answered_at is not None,
        wait=max((answered_at or ended_at) - began_at, timedelta(0)),
        talk=max(ended_at - answered_at, timedelta(0)) if answered_at else timedelta(0),
        agent=row.admin_id,
    )
