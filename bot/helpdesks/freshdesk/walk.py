"""Walks a list of tickets from change to change, so that none is skipped while others change.

Page numbers are not to be trusted: a ticket that changes moves to the end of the list, and those
behind it move up, one of them over the border of a page that was read already. So the next page
is asked for by the moment of the last change that was seen, as page 1 (which also keeps clear of
page 301, which Freshdesk refuses). Only inside one crowded second are pages counted; they are then
looked over again from the last to the first, in which direction none can slip by. What comes behind
that second is read from page 1 again, since it may have moved up onto a page of the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol

from bot.errors import DeskMisunderstood, DeskUnavailable
from bot.helpdesks.freshdesk.web import LAST_PAGE, Row_co, Sheet
from bot.helpdesks.freshdesk.wire import Dated

#: Freshdesk reckons with whole seconds.
SECOND = timedelta(seconds=1)

#: How often a crowded second is read again because some of its tickets were not seen.
PASSES = 5


class Listed(Protocol[Row_co]):
    """Gives a page of a list of tickets, the oldest change first."""

    def __call__(self, since: datetime, page: int, /) -> Sheet[Row_co]: ...


@dataclass(frozen=True, slots=True)
class Lists(Generic[Row_co]):
    """A list of tickets as `full` gives it, the same one for less, and its newest one alone."""

    full: Listed[Row_co]
    plain: Listed[Dated]
    newest: Callable[[datetime], Sheet[Dated]]


@dataclass(frozen=True, slots=True)
class Step(Generic[Row_co]):
    """A page of tickets, and the moment from which on to read once they are stored."""

    sheet: Sheet[Row_co]
    then: datetime


class Walk:
    """Walks lists of the desk called `desk`."""

    def __init__(self, desk: str) -> None:
        self._desk = desk

    def over(self, lists: Lists[Row_co], since: datetime) -> Iterator[Step[Row_co]]:
        """The pages of a list, from that moment on until the one at which the walk began.

        Rows may come again.
        """
        until: datetime | None = None
        while True:
            sheet = lists.full(since, 1) if until else _first(lists, since)
            until = until or sheet.now
            last = sheet.last
            if last == since and sheet.has_next:
                yield from self._crowded(lists, since, sheet)
                since += SECOND
            else:
                yield Step(sheet, last or since)
                if last is None or not sheet.has_next:
                    return
                since = last
            if until is not None and last > until:
                return  # where somebody is always at work, there would be no end

    def _crowded(
        self, lists: Lists[Row_co], second: datetime, sheet: Sheet[Row_co]
    ) -> Iterator[Step[Row_co]]:
        """The pages of a second in which more tickets changed than fit on one, and no others."""
        seen: set[int] = set()
        for _ in range(PASSES):
            page = 1
            seen |= _of(second, sheet)
            while sheet.has_next and sheet.last == second:
                yield Step(sheet, second)
                page = self._next(page, second)
                sheet = lists.full(second, page)
                seen |= _of(second, sheet)
            if self._are_all(lists.plain, second, page, seen):
                rows = [row for row in sheet.rows if row.updated_at == second]
                yield Step(replace(sheet, rows=rows), second + SECOND)
                return
            yield Step(sheet, second)
            sheet = lists.full(second, 1)
        raise DeskUnavailable(
            "Help desk “{desk}” changes too many tickets at once to be read now.",
            "It is asked again at the next sync; an import or a bulk update may be under way.",
            desk=self._desk,
        )

    def _are_all(
        self, plainly: Listed[Dated], second: datetime, pages: int, seen: set[int]
    ) -> bool:
        """Whether every ticket of the second was seen: what moved up is met on the way back."""
        return all(_of(second, plainly(second, page)) <= seen for page in range(pages, 0, -1))

    def _next(self, page: int, second: datetime) -> int:
        if page < LAST_PAGE:
            return page + 1
        raise DeskMisunderstood(
            "Help desk “{desk}” has more than 30,000 tickets that changed at {second}, and "
            "shows no more of one second.",
            "Set DESKPULSE_HISTORY so that it begins behind that, and give the desk another name.",
            desk=self._desk,
            second=f"{second:%Y-%m-%d %H:%M:%S} UTC",
        )


def _first(lists: Lists[Row_co], since: datetime) -> Sheet[Row_co]:
    """The first page, with the desk's own time.

    Where no answer tells it (something in between may drop the header), the newest change of the
    list stands for it, which is never later. It is asked for before the page that is read: what comes after it
    is left to the next walk. Our own clock may be wrong.
    """
    sheet = lists.full(since, 1)
    if sheet.now is not None or not sheet.rows:
        return sheet
    newest = lists.newest(since).last
    return replace(lists.full(since, 1), now=newest)


def _of(second: datetime, sheet: Sheet[Dated]) -> set[int]:
    """The tickets of a page that changed in that second."""
    return {row.id for row in sheet.rows if row.updated_at == second}
