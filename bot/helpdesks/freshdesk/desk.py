"""The streams and the counts of one Freshdesk."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from bot.clock import Clock
from bot.domain import Agent, ArticleDay, Call, Counted, Fact, Rating, Removal, Ticket, Window
from bot.helpdesks import Capabilities, Cursor, Page, Stream
from bot.helpdesks.freshdesk import checks, wire
from bot.helpdesks.freshdesk.articles import Shelf, articles
from bot.helpdesks.freshdesk.names import Site
from bot.helpdesks.freshdesk.older import Older
from bot.helpdesks.freshdesk.place import LIVE, REMOVED, Place, RatingPlace, before
from bot.helpdesks.freshdesk.ratings import ratings
from bot.helpdesks.freshdesk.schedules import business_hours
from bot.helpdesks.freshdesk.settings import Settings
from bot.helpdesks.freshdesk.story import Story, tombstone
from bot.helpdesks.freshdesk.surveys import Surveys
from bot.helpdesks.freshdesk.walk import Lists, Walk
from bot.helpdesks.freshdesk.web import Row_co, Sheet, Web
from bot.helpdesks.freshdesk.wire import Dated, Entry, Row
from bot.pauses import Pauses
from bot.settings import BusinessHours
from bot.webapi import Forbidden, NotThere, Rejected

#: A ticket that was closed and not touched for so long is archived, and no search finds it.
ARCHIVED_AFTER = timedelta(days=120)

#: So many days fit into one query, which may have 512 letters.
DAYS_OF_A_QUERY = 15

_FACTS = frozenset(
    {
        Fact.GROUP,
        Fact.CHANNEL,
        Fact.PRIORITY,
        Fact.SOLVES,
        Fact.SOLVER,
        Fact.REOPENS,
        Fact.FIRST_REPLY,
        Fact.REQUESTER,
        Fact.SLA,
        Fact.CSAT,
    }
)

#: What only the conversations of a ticket tell.
_FACTS_OF_HISTORIES = frozenset({Fact.REPLIES, Fact.RESPONSES})


class Freshdesk:
    """One Freshdesk, as `bot.helpdesks.HelpDesk` wants it."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._web = Web(name, settings, clock, pauses)
        self._site = Site(name, settings, self._web, clock)
        self._walk = Walk(name)
        self._unsolved = Older(name, self._web, self._site)
        self._surveys = Surveys(name, self._web, settings, clock)

    @property
    def capabilities(self) -> Capabilities:
        """What the settings let it give. Its own count has merged tickets in it."""
        settings, facts, streams = self._settings, set(_FACTS), {Stream.TICKETS, Stream.RATINGS}
        if settings.histories:
            facts |= _FACTS_OF_HISTORIES
        if settings.articles:
            facts.add(Fact.ARTICLES)
            streams.add(Stream.ARTICLES)
        tells_of_merges = settings.histories and settings.merge_notes
        return Capabilities(
            frozenset(facts) | settings.told_by_tags(),
            streams=frozenset(streams),
            counts=frozenset() if tells_of_merges else frozenset({Counted.TICKETS}),
        )

    def close(self) -> None:
        self._web.close()

    def url(self, ticket_id: str) -> str:
        return f"{self._settings.url}/a/tickets/{ticket_id}"

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        if stream is Stream.ARTICLES:
            return Shelf().cursor
        place = Place.at(window.start)
        return (
            place.cursor if stream is Stream.TICKETS else RatingPlace.at(place.since[LIVE]).cursor
        )

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """All tickets that changed since the cursor, and tombstones of those that are gone.

        A first read begins with older tickets that are still unsolved. What is gone comes last: a
        ticket that is deleted while its list is read is then told as deleted after all.
        """
        place = begun = Place.of(since)
        if place.older is not None:
            for found in self._unsolved.since(place.older, place.since[LIVE]):
                place = replace(place, older=found.then)
                yield Page(self._told(found.rows), place.cursor)
        live = Lists(self._web.changed, self._web.changed_plainly, self._web.newest)
        place = yield from self._read(place, LIVE, live, self._told)
        for name, removal in REMOVED.items():
            listed = partial(self._web.changed_plainly, filter=name)
            gone = Lists(listed, listed, partial(self._web.newest, filter=name))
            place = yield from self._read(place, name, gone, partial(_gone, removal))
        if place != begun:
            yield Page((), place.cursor)

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        """All ratings that were given or changed since the cursor; none where the plan has none."""
        return ratings(self._web, self._surveys, self._settings, RatingPlace.of(since))

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:  # noqa: ARG002  they are Freshcaller's
        return iter(())

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:
        """The days of articles, by UTC; none where the plan has none."""
        try:
            yield from articles(self._web, self._clock, Shelf.of(since))
        except (Forbidden, NotThere):
            return

    def agents(self) -> Sequence[Agent]:
        """The agents of now; none where the account may not see them."""
        try:
            told = self._web.all(wire.Agent, "agents")
        except (Forbidden, NotThere):
            return ()
        contacts = [(str(one.id), one.contact or wire.Contact()) for one in told]
        return [Agent(id_, contact.name or id_, contact.email) for id_, contact in contacts]

    def hours(self) -> Mapping[str, BusinessHours]:
        try:
            schedules = self._web.all(wire.Schedule, "business_hours", sized=False)
            groups = self._web.all(wire.Group, "groups")
        except (Forbidden, NotThere):
            return {}
        return business_hours(self.name, schedules, groups, self._clock.now().date())

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """How many tickets were created in whole days of UTC, as far as none can be archived."""
        days = _whole_days(window)
        is_too_old = window.start < self._clock.now() - ARCHIVED_AFTER
        if what is not Counted.TICKETS or days is None or is_too_old:
            return None
        try:
            return sum(self._web.found(query) for query in _queries(days))
        except (Forbidden, NotThere, Rejected):
            return None

    def check(self) -> Sequence[str]:
        return list(checks.facts(self._web, self._clock))

    # --- lists by change ---

    def _read(
        self,
        place: Place,
        name: str,
        lists: Lists[Row_co],
        told: Callable[[Sequence[Row_co]], list[Ticket]],
    ) -> Generator[Page[Ticket], None, Place]:
        """What changed in one list; gives the place behind it.

        Nothing younger than `overlap` when it began is taken for settled, by the desk's own clock:
        what its list finds late may have changed while a page was told, which can take minutes.
        """
        overlap = self._settings.overlap
        begun: datetime | None = None
        known: set[tuple[int, datetime]] = set()
        for step in self._walk.over(lists, place.since[name]):
            sheet = step.sheet
            begun = begun or sheet.now
            fresh = [row for row in sheet.rows if (row.id, row.updated_at) not in known]
            known = _of_the_last_second(known, sheet)
            if begun is not None:
                place = place.moved(name, min(step.then, before(begun, overlap)))
            if fresh:
                yield Page(told(fresh), place.cursor)
        return place if begun is None else place.moved(name, before(begun, overlap))

    def _told(self, rows: Sequence[Row]) -> list[Ticket]:
        if not self._settings.histories:
            return [Story(row, None, self._site).ticket() for row in rows]
        histories = self._web.each(self._history, rows)
        return [
            Story(row, entries, self._site).ticket()
            for row, entries in zip(rows, histories, strict=True)
            if entries is not None
        ]

    def _history(self, row: Row) -> list[Entry] | None:
        """Its conversations; `None` where it is gone since it was listed, of which its list tells."""
        try:
            return self._web.conversations(row.id)
        except NotThere:
            return None


def _of_the_last_second(
    known: set[tuple[int, datetime]], sheet: Sheet[Dated]
) -> set[tuple[int, datetime]]:
    """Which tickets come again on the next page, because it begins with that second."""
    told = {(row.id, row.updated_at) for row in sheet.rows if row.updated_at == sheet.last}
    return told | {one for one in known if one[1] == sheet.last}


def _gone(removal: Removal, rows: Sequence[Dated]) -> list[Ticket]:
    return [tombstone(row, removal) for row in rows]


def _whole_days(window: Window) -> list[date] | None:
    """The days of UTC that a window is made of; `None` where it does not begin or end with one."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    if start.time() != time.min or end.time() != time.min:
        return None
    return [start.date() + timedelta(days=day) for day in range((end - start).days)]


def _queries(days: Sequence[date]) -> Iterator[str]:
    """Day by day: whether `:<` takes in the whole of its day is not documented."""
    for first in range(0, len(days), DAYS_OF_A_QUERY):
        some = days[first : first + DAYS_OF_A_QUERY]
        yield " OR ".join(f"created_at:'{day}'" for day in some)
