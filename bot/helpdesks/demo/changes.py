"""What has changed at the demo desk after some moment, in the order in which it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Generic, TypeVar

from bot.domain import ArticleDay, Call, Rating, Ticket
from bot.helpdesks import Cursor, Page
from bot.helpdesks.demo import days
from bot.helpdesks.demo.settings import Settings

PAGE_SIZE = 500

RowT = TypeVar("RowT", bound=Ticket | Rating | Call | ArticleDay)

#: A place in a stream: when something changed, and its id, for what changed in the same second.
Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Change(Generic[RowT]):
    """A row as it stands, and the place of its last change."""

    place: Place
    row: RowT


#: What came on each of some days that follow one another and, by now, changed after a place.
ByDay = Callable[[Settings, Sequence[date], Place, datetime], Iterator[list[Change[RowT]]]]


class Changes(Generic[RowT]):
    """The rows that have changed by now after a place; none changes when it is older than `life`.

    Only days whose rows can have changed are looked at, one after the other, so that memory holds
    no more than the rows of a `life`.
    """

    def __init__(
        self, by_day: ByDay[RowT], settings: Settings, life: timedelta, after: Place, now: datetime
    ) -> None:
        self._by_day = by_day
        self._settings = settings
        self._after = after
        self._now = now
        today = days.local(settings, now)
        turn = min(days.local(settings, after[0]), today)
        first = turn - life - days.ONE_DAY
        self._old = list(chain.from_iterable(self._on(days.days(first, turn))))
        self._days = days.days(turn + days.ONE_DAY, today)

    def expected(self, size: Callable[[Settings, date], int]) -> int:
        """How many there are, when all of a past day have come in, which are `size` many."""
        if not self._days:
            return len(self._old)
        full = sum(size(self._settings, day) for day in self._days[:-1])
        (today,) = self._on(self._days[-1:])
        return len(self._old) + full + len(today)

    def pages(self, expected: int | None = None) -> Iterator[Page[RowT]]:
        """All of them, the oldest change first; no page for no change."""
        changes = self._in_order()
        while page := list(islice(changes, PAGE_SIZE)):
            rows = [change.row for change in page]
            yield Page(rows, cursor(page[-1].place), expected)

    def _in_order(self) -> Iterator[Change[RowT]]:
        waiting = self._old
        for day, came in zip(self._days, self._on(self._days), strict=True):
            edge = days.moment(days.second(self._settings, day))
            yield from sorted((c for c in waiting if c.place[0] < edge), key=_place)
            waiting = [c for c in waiting if c.place[0] >= edge] + came
        yield from sorted(waiting, key=_place)

    def _on(self, these: Sequence[date]) -> Iterator[list[Change[RowT]]]:
        return self._by_day(self._settings, these, self._after, self._now)


def _place(change: Change[RowT]) -> Place:
    return change.place


def cursor(place: Place) -> Cursor:
    """What a page carries when its last row stands there."""
    return {"updated": place[0].isoformat(), "id": place[1]}


def place(cursor: Cursor) -> Place:
    """Where a cursor stands."""
    return datetime.fromisoformat(cursor["updated"]), str(cursor["id"])
