"""Walks the tickets of a LiveAgent in the order in which they changed, so that none is skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import DeskRefused
from bot.helpdesks.liveagent.known import Version
from bot.helpdesks.liveagent.web import Condition, Web, filters
from bot.helpdesks.liveagent.wire import Row
from bot.helpdesks.liveagent.zones import Zone, utc

#: Without it the list is in the order of creation, whatever it is filtered by.
SORTED: dict[str, str | int] = {"_sortField": "date_changed", "_sortDir": "ASC"}

#: A ticket that changed so much later than now was not dated in the zone that was asked for.
FUTURE = timedelta(minutes=20)

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Newest:
    """The ticket that changed last, and the moment at which the desk said so."""

    changed: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Walk:
    """The list of tickets of one LiveAgent.

    Pages by number are of no use over an order that changes: a ticket that changes meanwhile moves
    to the end, and the first one of the next page is skipped. So each page is asked for from the
    moment at which the one before ended; only within one second it goes by numbers, and again
    until a pass brings nothing new. So it does in the hour that autumn repeats, where that is told.
    """

    name: str
    web: Web
    zone: Zone

    def changed(self, row: Row) -> datetime:
        return self.zone.at(row.date_changed)

    def version(self, row: Row) -> Version:
        return row.id, self.changed(row)

    def newest(self) -> Newest:
        """The last change of all. Raises `DeskRefused` when it lies in the future."""
        asked = {**SORTED, "_sortDir": "DESC", "_page": 1, "_perPage": 1}
        answer = self.web.answer(Row, "tickets", asked)
        changed = self.changed(answer.data[0]) if answer.data else None
        if changed and answer.sent_at and changed > answer.sent_at + FUTURE:
            raise self._wrong_zone()
        return Newest(changed, answer.sent_at)

    def rows(self, conditions: Sequence[Condition], low: datetime | None) -> Iterator[list[Row]]:
        """The tickets that changed at `low` or later, each version once; pages without any are left out."""
        number, met_news = 1, False
        told: set[Version] = set()
        while True:
            page = self._page(conditions, low, number)
            fresh = [row for row in page if self.version(row) not in told]
            if fresh:
                yield fresh
            told |= {self.version(row) for row in fresh}
            high = max((self.changed(row) for row in page), default=low)
            is_over = self.web.is_last("tickets", page)
            if not is_over and low and high and high <= low:
                number, met_news = number + 1, met_news or bool(fresh)
            elif met_news and number > 1:
                number, met_news = 1, False
            elif is_over:
                return
            else:
                number, low = 1, high
                told = {version for version in told if version[1] == high}

    def _page(
        self, conditions: Sequence[Condition], low: datetime | None, number: int
    ) -> list[Row]:
        since: list[Condition] = [("date_changed", "D>=", utc(low))] if low else []
        asked = SORTED | ({"_filters": filters(*conditions, *since)} if since or conditions else {})
        page = self.web.page(Row, "tickets", number, asked)
        if low and any(self.zone.latest(row.date_changed) < low - _SECOND for row in page):
            raise self._wrong_zone()
        return page

    def seen(self, newest: Newest, high: datetime | None, settled: datetime) -> None:
        """Raises `DeskRefused` when a walk that came as far as `high` never met the newest ticket.

        Only one that changed before `settled` has to be found by every search.
        """
        changed = newest.changed
        if changed and changed < settled and (high is None or high < changed):
            raise self._wrong_zone()

    def _wrong_zone(self) -> DeskRefused:
        return DeskRefused(
            "Help desk “{desk}” dates its tickets in another time zone than {zone}.",
            "Set {variable}ZONE to the time zone of the LiveAgent account.",
            desk=self.name,
            zone=self.zone.name,
            variable=f"DESKPULSE_DESKS__{self.name.upper()}__",
        )
