"""Finds the unsolved tickets that have not changed for long, for the backlog of a first read.

No search tells them apart, but lists can be ordered by status: the unsolved ones stand at its two
ends, since statuses of the desk's own come after the closed ones. From each end it is a page each
until the solved ones begin, with all that the tickets' facts need, and once more for less on the
way back, on which what moved up over the border of a page that was read is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, le

import structlog

from bot.helpdesks.freshdesk.names import Site
from bot.helpdesks.freshdesk.place import Corner
from bot.helpdesks.freshdesk.settings import CLOSED, RESOLVED
from bot.helpdesks.freshdesk.web import EVER, LAST_PAGE, PAGE_SIZE, Sheet, Web
from bot.helpdesks.freshdesk.wire import Dated, Row

#: From either end of the statuses, where the solved ones begin, and which end is next.
_ENDS = {"asc": (ge, RESOLVED), "desc": (le, CLOSED)}
_NEXT: Mapping[str, str | None] = {"asc": "desc", "desc": None}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """Some unsolved tickets, and where to go on once they are stored; `None` behind the last."""

    rows: Sequence[Row]
    then: Corner | None


class Older:
    """Reads the older unsolved tickets of one desk.

    Which of them were stored is remembered as long as the reading goes on (their numbers, 60,000 at
    most): a new process goes on at the same page, and may tell some again on the way back.
    """

    def __init__(self, name: str, web: Web, site: Site) -> None:
        self._name, self._web, self._site = name, web, site
        self._stored: set[int] = set()
        self._told: Found | None = None

    def since(self, corner: Corner, before: datetime) -> Iterator[Found]:
        """The unsolved tickets that did not change since `before`, from that corner on."""
        if corner == Corner():
            self._stored, self._told = set(), None
        then: Corner | None = corner
        while then is not None:
            self._store(then)
            self._told = self._found(then, before)
            then = self._told.then
            yield self._told
        self._stored, self._told = set(), None

    def _store(self, corner: Corner) -> None:
        """Who goes on from behind a page has stored it."""
        if self._told is not None and self._told.then == corner:
            self._stored |= {row.id for row in self._told.rows}
        self._told = None

    def _found(self, corner: Corner, before: datetime) -> Found:
        if corner.is_back:
            plain = self._web.by_status_plainly(EVER, corner.order, corner.page)
            if not any(self._is_wanted(row, before) for row in plain.rows):
                return Found((), self._after(corner, plain))
        sheet = self._web.by_status(EVER, corner.order, corner.page)
        rows = [row for row in sheet.rows if self._is_wanted(row, before)]
        return Found(rows, self._after(corner, sheet))

    def _is_wanted(self, row: Dated, before: datetime) -> bool:
        is_unsolved = not self._site.status(row.status).is_solved
        return is_unsolved and row.updated_at < before and row.id not in self._stored

    def _after(self, corner: Corner, sheet: Sheet[Dated]) -> Corner | None:
        """The page that comes next: forth to where the solved ones begin, and back to the first."""
        if not corner.is_back and self._leads_on(corner, sheet):
            return Corner(corner.order, corner.page + 1)
        if corner.page > 1:
            return Corner(corner.order, corner.page - 1, is_back=True)
        following = _NEXT[corner.order]
        return None if following is None else Corner(following)

    def _leads_on(self, corner: Corner, sheet: Sheet[Dated]) -> bool:
        is_past, solved = _ENDS[corner.order]
        status = sheet.rows[-1].status if sheet.rows else None
        if not sheet.has_next or (status is not None and is_past(status, solved)):
            return False
        if corner.page < LAST_PAGE:
            return True
        log.warning("unsolved_tickets_left_out", desk=self._name, shown=LAST_PAGE * PAGE_SIZE)
        return False
