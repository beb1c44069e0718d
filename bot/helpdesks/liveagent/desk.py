"""The streams, the counts and the checks of one LiveAgent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import TypeVar

from bot.clock import Clock
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.helpdesks import Capabilities, Counted, Cursor, Page, Stream
from bot.helpdesks.liveagent.calls import Calls
from bot.helpdesks.liveagent.checks import Checks
from bot.helpdesks.liveagent.histories import Histories, History
from bot.helpdesks.liveagent.known import Known, Version
from bot.helpdesks.liveagent.names import Directory, Names
from bot.helpdesks.liveagent.opening import opening
from bot.helpdesks.liveagent.place import Place
from bot.helpdesks.liveagent.ratings import Ratings
from bot.helpdesks.liveagent.settings import STATUSES, Settings
from bot.helpdesks.liveagent.story import REMOVALS, Site, Story
from bot.helpdesks.liveagent.walk import Walk
from bot.helpdesks.liveagent.web import Condition, Reports, Web, filters
from bot.helpdesks.liveagent.wire import Row
from bot.helpdesks.liveagent.zones import Zone, utc
from bot.pauses import Pauses
from bot.settings import BusinessHours
from bot.webapi import Forbidden, NotThere

#: Tickets whose histories are read before they are told: a stop costs the requests of so many.
TOGETHER = 50

#: What the list of tickets alone tells.
_OF_ROWS = frozenset({Fact.GROUP, Fact.CHANNEL, Fact.SOLVES, Fact.REQUESTER})

#: What the message groups and the history of a ticket tell besides.
_OF_HISTORIES = frozenset(
    {
        Fact.FIRST_SOLVE,
        Fact.SOLVER,
        Fact.REOPENS,
        Fact.FIRST_REPLY,
        Fact.REPLIES,
        Fact.RESPONSES,
        Fact.TRANSFERS,
        Fact.WAITS,
    }
)

#: What only the reports of API v1 count. A call that nobody answered they count for each agent whom
#: it rang, so that their sum is not comparable.
_REPORTED = frozenset({Counted.GOOD_RATINGS, Counted.BAD_RATINGS})
_CALLS = frozenset({Counted.ANSWERED_CALLS})

Told = TypeVar("Told", Rating, Call)


class LiveAgent:
    """One LiveAgent account."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._web = Web(name, settings, clock, pauses)
        self._directory = Directory(self._web, clock, settings.bots)
        self._site = Site.of(name, settings)
        self._walk = Walk(name, self._web, Zone(settings.zone))
        self._known, self._histories = Known(), Histories(name, self._web)
        self._calls = Calls(name, settings, self._web, self._directory, clock)
        key = settings.report_token
        secret = key.get_secret_value() if key else None
        self._reports = Reports(name, settings, secret, clock, pauses) if secret else None
        self._ratings = (
            Ratings(name, settings, self._reports, self._directory, clock)
            if self._reports
            else None
        )

    @property
    def capabilities(self) -> Capabilities:
        """By the settings: histories, calls and SLA times can be left out; ratings take a key."""
        settings = self._settings
        facts = _OF_ROWS | settings.told_by_tags()
        streams, counts = {Stream.TICKETS}, {Counted.TICKETS}
        if settings.histories:
            facts |= _OF_HISTORIES | ({Fact.SLA} if settings.sla else set())
        if settings.calls:
            facts, streams = facts | {Fact.CALLS}, streams | {Stream.CALLS}
        if self._ratings:
            facts, streams = facts | {Fact.CSAT}, streams | {Stream.RATINGS}
            counts |= _REPORTED | (_CALLS if settings.calls else set())
        return Capabilities(facts, frozenset(streams), frozenset(counts), settings.report_zone)

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        return Place(window.start, is_first=stream is Stream.TICKETS).cursor

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """First those that are still unsolved though they changed before, then all that changed."""
        place = Place.of(since)
        if place.is_first:
            yield from self._backlog(place)
        yield from self._changed(place.since, self._known.to(place.mark))

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        """The ratings of the ranking report; none where its key may not read it."""
        return self._granted(self._ratings.since(Place.of(since)) if self._ratings else iter(()))

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:
        """The calls that ended; none where the plan has no telephony or the key no right to it."""
        return self._granted(self._calls.since(Place.of(since)))

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:  # noqa: ARG002
        return iter(())

    def agents(self) -> Sequence[Agent]:
        """All agents, also those who have left; one without a name is called by their id."""
        people = self._directory.people.known()
        return [Agent(one.id, one.name or one.id, one.email) for one in people]

    def hours(self) -> Mapping[str, BusinessHours]:
        return opening(self._directory.levels.known())

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """Tickets by the list of API v3, ratings and calls by the reports of API v1."""
        if what is Counted.TICKETS:
            return self._created(window)
        try:
            return self._ratings.count(window, what) if self._ratings else None
        except (Forbidden, NotThere):
            return None

    def check(self) -> Sequence[str]:
        facts = Checks(self._settings, self._web, self._directory, self._walk, self._clock)
        return [*facts.of_the_account(), *facts.of_reports(self._reports), *facts.of_clocks()]

    def url(self, ticket_id: str) -> str | None:
        return f"{self._settings.url}/agent/#Conversation;id={ticket_id}"

    def close(self) -> None:
        self._web.close()
        if self._reports:
            self._reports.close()

    # --- the streams ---

    def _backlog(self, place: Place) -> Iterator[Page[Ticket]]:
        """Unsolved tickets that changed before; whichever changes now is among those that changed."""
        conditions: list[Condition] = [
            ("status", "NI", self._settled_letters()),
            ("date_changed", "D<", utc(place.since)),
        ]
        for rows in self._walk.rows(conditions, place.backlog):
            for told, reached in self._pages(rows):
                yield Page(told, Place(place.since, is_first=True, backlog=reached).cursor)
        yield Page((), Place(place.since).cursor)

    def _settled_letters(self) -> str:
        known = STATUSES | self._settings.statuses
        solved = [letter for letter, status in known.items() if status.is_solved]
        return ",".join([*solved, *REMOVALS])

    def _changed(self, since: datetime, known: frozenset[Version]) -> Iterator[Page[Ticket]]:
        """All that changed since; what changes while it is read comes with the next sync.

        The search finds a change late (Elasticsearch), so that the cursor stays behind the desk's
        own clock by the overlap. What of that is `known` is not told again.
        """
        newest = self._walk.newest()
        begun = newest.told_at or newest.changed or self._clock.now()
        settled = begun - self._settings.overlap
        high: datetime | None = None
        met: set[Version] = set()
        for rows in self._walk.rows([], min(since, settled)):
            fresh = [row for row in rows if self._walk.version(row) not in known]
            for told, reached in self._pages(fresh):
                yield Page(told, Place(min(reached, settled)).cursor)
            versions = [self._walk.version(row) for row in rows]
            met.update(one for one in versions if one[1] >= settled)
            high = max(filter(None, [high, *(changed for _, changed in versions)]))
            if high > begun:
                break
        self._walk.seen(newest, high or since, settled)
        yield Page((), Place(settled, mark=self._known.keep(met, settled, begun)).cursor)

    def _pages(self, rows: Sequence[Row]) -> Iterator[tuple[list[Ticket], datetime]]:
        """Some tickets at a time, and the moment from which to go on."""
        size = TOGETHER if self._settings.histories else max(len(rows), 1)
        for first in range(0, len(rows), size):
            rest = rows[first + size - 1 :] or rows[-1:]
            reached = min(self._walk.changed(row) for row in rest)
            yield self._told(rows[first : first + size]), reached

    def _told(self, rows: Sequence[Row]) -> list[Ticket]:
        departments = {row.departmentid for row in rows}
        has_marks = self._settings.escalation_tags or self._settings.complaint_tags
        tags = {tag for row in rows for tag in row.tags} if has_marks else set()
        sla = self._settings.sla and self._settings.histories
        names = self._directory.names(departments, tags, sla=sla)
        if not self._settings.histories:
            return [self._plain(row, names) for row in rows]
        levels = names.has_levels
        told = self._web.each(lambda row: self._histories.of(row, has_levels=levels), rows)
        if self._directory.meet({one for history in told for one in history.colleagues}):
            names = self._directory.names(departments, tags, sla=sla)
        return [self._whole(row, one, names) for row, one in zip(rows, told, strict=True)]

    def _plain(self, row: Row, names: Names) -> Ticket:
        """What the list alone tells."""
        removal = REMOVALS.get(row.status or "")
        return self._site.tombstone(row, removal) if removal else self._site.ticket(row, names)

    def _whole(self, row: Row, told: History, names: Names) -> Ticket:
        """What its history tells besides."""
        if told.removal:
            return self._site.tombstone(row, told.removal)
        groups, spells, promises = told.groups, told.spells, told.promises
        return Story(row, groups, spells, promises, names, self._site).ticket()

    def _granted(self, pages: Iterator[Page[Told]]) -> Iterator[Page[Told]]:
        """The pages of a stream that the plan or the key may lack."""
        try:
            yield from pages
        except (Forbidden, NotThere):
            return

    # --- counting ---

    def _created(self, window: Window) -> int:
        """The tickets of the window as the list has them: when one was created never changes."""
        conditions = filters(
            ("date_created", "D>=", utc(window.start)),
            ("date_created", "D<", utc(window.end)),
            ("status", "NI", ",".join(REMOVALS)),
        )
        asked: dict[str, str | int] = {
            "_sortField": "date_created",
            "_sortDir": "ASC",
            "_filters": conditions,
        }
        counted: set[str] = set()
        for number in count(1):
            page = self._web.page(Row, "tickets", number, asked)
            counted.update(row.id for row in page)
            if self._web.is_last("tickets", page):
                break
        return len(counted)
