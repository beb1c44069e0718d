"""Walks the conversations that changed, in an order that moves while one walks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.helpdesks.intercom.web import EVER, Filter, Web, every, where
from bot.helpdesks.intercom.wire import Conversation


@dataclass(frozen=True, slots=True)
class Changed:
    """Some conversations, and from which second on to go on once they are stored.

    `total` is how many the walk was to find.
    """

    rows: Sequence[Conversation]
    since: int
    total: int | None = None


class Changes:
    """Finds the conversations that were updated in a second or later, the oldest change first."""

    def __init__(self, web: Web, overlap: timedelta) -> None:
        self._web, self._overlap = web, overlap

    def since(self, second: int, begun: datetime, *also: Filter) -> Iterator[Changed]:
        """Pages of those updated from unix second `second` until `begun` for which `also` holds.

        A row that changes goes to the end of the order, so that a page is not the next one of a
        list but the first one behind the last second seen; its token is used only where a page has
        but one second. A search finds a change late, and may give a row as it is now at the place
        where it was: only what lies further back than `overlap` is taken for a place, and what is
        younger is searched again by the next run. What changes after `begun` is left to that too:
        where somebody is always at work there would be no end.
        """
        horizon = int((begun - self._overlap).timestamp())
        until = where("updated_at", "<", int(begun.timestamp()) + 1)
        told: dict[str, int] = {}
        token: str | None = None
        total: int | None = None
        while True:
            # `>` is strict there, and there is no `>=` for dates (schema of the search request).
            query = every(where("updated_at", ">", max(second - 1, EVER)), until, *also)
            sheet = self._web.search(query, token=token).data
            rows = sheet.conversations or ()
            total = sheet.total_count if total is None else total
            fresh = [row for row in rows if told.get(row.id) != _second(row) >= second]
            settled = max((_second(row) for row in rows if _second(row) < horizon), default=second)
            if settled > second:
                second, token, told = settled, None, {}
            else:
                token = sheet.token
            told |= {row.id: _second(row) for row in rows if _second(row) >= second}
            yield Changed(fresh, second, total)
            if sheet.token is None:
                break
        yield Changed((), horizon, total)


def _second(row: Conversation) -> int:
    return int(row.updated_at.timestamp())


def moment(second: int) -> datetime:
    """A unix second as a moment."""
    return datetime.fromtimestamp(second, UTC)
