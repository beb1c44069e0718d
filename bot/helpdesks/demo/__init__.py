"""An invented help desk that is the same for the same seed: for demonstrations and for tests.

What comes on a day follows from the seed, the day and the settings alone. What has happened to it
by now is what the clock says: events still to come are not told. So the desk can be read at any
moment, again and again, and grows as a real one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.helpdesks import Capabilities, Counted, Cursor, Guide, Page, Stream
from bot.helpdesks.demo import articles, calls, changes, days, ratings, tickets
from bot.helpdesks.demo.changes import PAGE_SIZE, ByDay, Changes, RowT
from bot.helpdesks.demo.days import is_incident
from bot.helpdesks.demo.settings import Settings
from bot.helpdesks.demo.team import AGENTS
from bot.helpdesks.demo.tickets import LIFE
from bot.pauses import Pauses
from bot.settings import BusinessHours

__all__ = ["GUIDE", "LIFE", "PAGE_SIZE", "DemoDesk", "Settings", "is_incident", "open_desk"]

#: Business hours are those of the settings of deskpulse; marks are those of the desk's own.
_ALWAYS = frozenset(Fact) - {*(Fact.HOURS, Fact.BUSINESS_TIMES, Fact.ESCALATIONS, Fact.COMPLAINTS)}


class DemoDesk:
    """The help desk itself: answers as of the clock's present moment."""

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            facts=_ALWAYS | self._settings.told_by_tags(),
            streams=frozenset(Stream),
            counts=frozenset({Counted.TICKETS}),
        )

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:  # noqa: ARG002  all alike
        return changes.cursor((window.start, ""))

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """Pages of what changed after the cursor, the oldest change first; none for no change."""
        found = self._changes(tickets.changed, tickets.LIFE, since)
        yield from found.pages(found.expected(tickets.size))

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        yield from self._changes(ratings.changed, ratings.LIFE, since).pages()

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:
        yield from self._changes(calls.changed, calls.LIFE, since).pages()

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:
        yield from self._changes(articles.changed, articles.LIFE, since).pages()

    def _changes(self, by_day: ByDay[RowT], life: timedelta, since: Cursor) -> Changes[RowT]:
        place, now = changes.place(since), self._clock.now()
        return Changes(by_day, self._settings, life, place, now)

    def agents(self) -> Sequence[Agent]:
        return AGENTS

    def hours(self) -> Mapping[str, BusinessHours]:
        return {}

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        if what is not Counted.TICKETS:
            return None
        return tickets.count(self._settings, window, self._clock.now())

    def check(self) -> Sequence[str]:
        settings, now = self._settings, self._clock.now()
        midnight = days.moment(days.second(settings, days.local(settings, now)))
        today = tickets.count(self._settings, Window(midnight, now), now)
        return (
            f"Its tickets are invented, those of seed {settings.seed}.",
            f"{len(AGENTS)} agents answer about {settings.volume} tickets on a usual weekday.",
            f"{today} tickets came in today so far, in {settings.zone}.",
        )

    def url(self, ticket_id: str) -> str:
        return f"https://demo.invalid/tickets/{ticket_id}"

    def close(self) -> None:
        """There is nothing to give back."""


GUIDE = Guide("Demo", steps=("It needs nothing: its tickets are invented.",))


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> DemoDesk:  # noqa: ARG001  nobody limits it
    return DemoDesk(name, settings, clock)
