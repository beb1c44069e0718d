"""The stream of tickets, the counts and the checks of one Request Tracker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.errors import DeskMisunderstood, DeskRefused
from bot.helpdesks import Capabilities, Counted, Cursor, Page, Stream
from bot.helpdesks.request_tracker.names import People, Queues
from bot.helpdesks.request_tracker.settings import Settings
from bot.helpdesks.request_tracker.story import Lifecycle, Site, Story, outsider, tombstone
from bot.helpdesks.request_tracker.web import PAGE_SIZE, Web
from bot.helpdesks.request_tracker.wire import (
    DATES,
    TICKETS,
    TRANSACTIONS,
    About,
    Card,
    Created,
    Dated,
    Dates,
    Item,
    Row,
    Search,
    Sheet,
    Transaction,
)
from bot.pauses import Pauses
from bot.settings import BusinessHours
from bot.webapi import Forbidden, NotThere

#: Time zones lie between these offsets from UTC.
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)

#: How many pages without a visible row are turned where rights are checked after paging.
PATIENCE = 20

# A change of owner is also told as SetWatcher, a second time.
_FACTS = (
    "Type = 'Create' OR Type = 'Correspond' OR Type = 'Status'"
    " OR (Type = 'AddLink' AND Field = 'MergedInto')"
    " OR (Field = 'Owner' AND Type != 'SetWatcher')"
    " OR (Type = 'Set' AND (Field = 'Queue' OR Field = 'Due'))"
)
_CHANGES = (
    f"{_FACTS} OR (Type = 'Set' AND (Field = 'Priority' OR Field = 'TimeWorked'))"
    " OR (Field = 'Requestor' AND (Type = 'AddWatcher' OR Type = 'DelWatcher'))"
)
_REMOVALS = (
    "(Type = 'Status' AND NewValue = 'deleted') OR (Type = 'AddLink' AND Field = 'MergedInto')"
)

#: What every Request Tracker tells; escalations besides, where the settings say which they are.
_FACTS_TOLD = frozenset(
    {
        Fact.GROUP,
        Fact.PRIORITY,
        Fact.SOLVES,
        Fact.FIRST_SOLVE,
        Fact.SOLVER,
        Fact.REOPENS,
        Fact.FIRST_REPLY,
        Fact.REPLIES,
        Fact.RESPONSES,
        Fact.TRANSFERS,
        Fact.WAITS,
        Fact.REQUESTER,
        Fact.SLA,
        Fact.HANDLE_TIME,
    }
)


_Part = TypeVar("_Part", int, datetime)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the stream stands.

    A first read has `since`: it walks tickets after number `ticket`, then removals after
    transaction `removal`. `changes` is the transaction after which the journal is followed,
    `worked` the moment since when tickets on which somebody worked are looked at.
    """

    changes: int | None = None
    worked: datetime | None = None
    since: datetime | None = None
    ticket: int | None = None
    removal: int | None = None

    @classmethod
    def of(cls, cursor: Cursor) -> _Place:
        try:
            place = cls(
                changes=_read(cursor, "changes", int),
                worked=_read(cursor, "worked", datetime.fromisoformat),
                since=_read(cursor, "since", datetime.fromisoformat),
                ticket=_read(cursor, "ticket", int),
                removal=_read(cursor, "removal", int),
            )
        except (TypeError, ValueError):
            place = cls()
        if place.since is None and place.changes is None:
            raise DeskMisunderstood(
                "The stored position in a Request Tracker cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            )
        return place

    @property
    def cursor(self) -> Cursor:
        told = {
            "since": self.since.isoformat() if self.since else None,
            "ticket": self.ticket,
            "removal": self.removal,
            "changes": self.changes,
            "worked": self.worked.isoformat() if self.worked else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def _read(cursor: Cursor, name: str, parse: Callable[[Any], _Part]) -> _Part | None:
    return None if cursor.get(name) is None else parse(cursor[name])


class RequestTracker:
    """One Request Tracker, as `bot.helpdesks.HelpDesk` wants it."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._web = Web(name, settings, clock, pauses)
        self._queues = Queues(self._web, clock)
        self._people = People(self._web, clock)
        self._lifecycle = Lifecycle(name, settings)
        self._site = Site(settings, self._lifecycle, self._people, self._queues)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            _FACTS_TOLD | self._settings.told_by_tags(), counts=frozenset({Counted.TICKETS})
        )

    def close(self) -> None:
        self._web.close()

    def url(self, ticket_id: str) -> str:
        return f"{self._settings.url}/Ticket/Display.html?id={ticket_id}"

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:  # noqa: ARG002  there is no other
        return _Place(since=window.start.astimezone(UTC)).cursor

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """All tickets that changed since the cursor, and tombstones.

        A first read gives them in the order of their numbers, each once; after that they come in
        the order of their changes.
        """
        place = _Place.of(since)
        if place.changes is None:
            place = self._begun(place)
        if place.since is not None:
            yield from self._first_read(place, since=place.since)
            place = _Place(place.changes, place.worked)
            yield Page((), place.cursor)
        kept: dict[str, datetime] = {}
        for page in self._changed(place):
            kept |= {one.id: one.updated_at for one in page.rows if one.handle is not None}
            place = _Place.of(page.cursor)
            yield page
        yield from self._worked_on(place, kept)

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:  # noqa: ARG002
        return iter(())

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:  # noqa: ARG002
        return iter(())

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:  # noqa: ARG002
        return iter(())

    def agents(self) -> Sequence[Agent]:
        """The privileged accounts that worked on the tickets read since this was last asked."""
        return list(self._people.agents())

    def hours(self) -> Mapping[str, BusinessHours]:
        return {}

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """How many tickets created in `window` there are now.

        The server counts those of the inner days; near the ends, where it depends on a time zone
        that nobody tells which ticket a date means, each ticket is looked at.
        """
        if what is not Counted.TICKETS:
            return None
        whole = self._created_between(window.start + WESTMOST, window.end + EASTMOST)
        inner = window.start + EASTMOST, window.end + WESTMOST
        if inner[0] + (EASTMOST - WESTMOST) >= inner[1]:
            return self._looked_at(whole, window)
        known = self._sheet(DATES, self._created_between(*inner)).total
        if known is None:
            return self._looked_at(whole, window)
        before = self._created_between(window.start + WESTMOST, inner[0])
        after = self._created_between(inner[1], window.end + EASTMOST)
        return self._looked_at(before, window) + known + self._looked_at(after, window)

    def check(self) -> Sequence[str]:
        about = self._web.get(About, "rt")
        facts = [f"Request Tracker {about.data.version} answers."]
        queues = self._visible_queues()
        facts.append(f"Queues that count: {', '.join(sorted(queues))}.")
        facts.append(self._newest_change())
        if self._people_are_hidden():
            facts.append(
                "The bot's account is not privileged: everyone but the requestor of a ticket "
                "counts as an agent."
            )
        return [*facts, *clock_told(about.sent_at, self._clock.now())]

    # --- the stream ---

    def _first_read(self, place: _Place, since: datetime) -> Iterator[Page[Ticket]]:
        if place.removal is None:
            yield from self._walked(place, since)
        # A ticket that is known from an earlier read may be gone since.
        gone = (
            f"({_REMOVALS}) AND Created >= {_literal(since + WESTMOST)} AND id <= {place.changes}"
        )
        for sheet in self._sheets(TRANSACTIONS, gone, place.removal or 0):
            place = replace(place, ticket=None, removal=sheet.items[-1].id)
            told = self._as_they_are(change.object_id for change in sheet.items)
            yield Page(told, place.cursor)

    def _walked(self, place: _Place, since: datetime) -> Iterator[Page[Ticket]]:
        # Unsolved tickets count in the backlog, however long nobody has touched them.
        # Those of other queues, too: they may be stored from when `queues` named more.
        recent = f"LastUpdated >= {_literal(since + WESTMOST)}"
        condition = f"({recent} OR Status = '__Active__')"
        expected: int | None = None
        for sheet in self._sheets_until_now(TICKETS, condition, place.ticket or 0):
            rows = [row for row in sheet.items if row.last_updated >= since or self._is_open(row)]
            expected = sheet.total if expected is None else expected
            if expected is not None:
                expected -= len(sheet.items) - len(rows)
            place = replace(place, ticket=sheet.items[-1].id)
            ours = [row for row in rows if self._counts(row)]
            others = [outsider(row) for row in rows if not self._counts(row)]
            yield Page([*self._told(ours), *others], place.cursor, expected)

    def _is_open(self, row: Row) -> bool:
        return not self._lifecycle.status(row.status).is_solved

    def _changed(self, place: _Place) -> Iterator[Page[Ticket]]:
        settled = read = place.changes or 0
        for sheet in self._sheets_until_now(TRANSACTIONS, f"({_CHANGES})", read):
            if settled == read:
                settled = self._settled(sheet, settled)
            read = sheet.items[-1].id
            told = self._as_they_are(change.object_id for change in sheet.items)
            yield Page(told, replace(place, changes=settled).cursor)

    def _worked_on(self, place: _Place, told: Mapping[str, datetime]) -> Iterator[Page[Ticket]]:
        """Tickets on which time was noted that no transaction tells of, besides those `told`.

        Whoever notes time with a private comment changes nothing else that the account may see,
        except when the ticket was last updated.
        """
        begun, rows = self._lately_worked_on(place.worked)
        fresh = [row.id for row in rows if told.get(str(row.id)) != row.last_updated]
        for first in range(0, len(fresh), PAGE_SIZE):
            some = fresh[first : first + PAGE_SIZE]
            yield Page(self._as_they_are(some), place.cursor)
        if rows or place.worked is None:
            worked = begun - self._settings.overlap
            yield Page((), replace(place, worked=worked).cursor)

    def _lately_worked_on(self, since: datetime | None) -> tuple[datetime, Sequence[Dates]]:
        """The desk's own time, and the tickets with time noted that were updated since."""
        condition = f"TimeWorked > 0{self._scope}"
        sheet = self._web.sheet(DATES, query=condition, orderby="LastUpdated", order="DESC")
        begun, rows = self._desk_time(sheet), list(sheet.items)
        if since is None:
            return begun, ()
        if not (sheet.is_all or (rows and rows[-1].last_updated < since)):
            # More than a page: by number, because their order changes while pages are turned.
            recent = f"{condition} AND LastUpdated >= {_literal(since + WESTMOST)}"
            rows = [row for sheet in self._sheets(DATES, recent, 0) for row in sheet.items]
        return begun, [row for row in rows if row.last_updated >= since]

    def _settled(self, sheet: Sheet[Transaction], after: int) -> int:
        """The last transaction before which none can still appear.

        Numbers are given out before a transaction is written to its end, so a lower one may
        appear later than a higher one.
        """
        horizon = self._desk_time(sheet) - self._settings.overlap
        for entry in sheet.items:
            if self._is_young(entry, horizon, sheet):
                break
            after = entry.id
        return after

    def _begun(self, place: _Place) -> _Place:
        """The place, with that from which on a first read may have missed something."""
        below = ""
        worked = place.worked
        while True:
            sheet = self._sheet(TRANSACTIONS, f"id > 0{below} AND ({_CHANGES})", order="DESC")
            horizon = self._desk_time(sheet) - self._settings.overlap
            worked = worked or horizon
            for entry in sheet.items:
                if not self._is_young(entry, horizon, sheet):
                    return replace(place, changes=entry.id, worked=worked)
            if not sheet.items or sheet.is_all:
                return replace(place, changes=0, worked=worked)
            below = f" AND id < {sheet.items[-1].id}"

    def _desk_time(self, sheet: Sheet[Dated]) -> datetime:
        """Now, on the desk's own clock, as far as its answer tells."""
        newest = max((item.created for item in sheet.items), default=None)
        return sheet.sent_at or newest or self._clock.now()

    def _is_young(self, item: Created, than: datetime, sheet: Sheet[Dated]) -> bool:
        """Whether it was made after that moment; what is dated in the future is wrong, not young."""
        return than < item.created <= self._desk_time(sheet) + self._settings.overlap

    # --- tickets ---

    def _told(self, rows: Sequence[Row]) -> list[Ticket]:
        entries = self._entries(row.id for row in rows)
        return [self._ticket(row, entries[row.id]) for row in rows]

    def _as_they_are(self, numbers: Iterable[int]) -> list[Ticket]:
        """These tickets as they are now; of one that is gone, its tombstone."""
        ids = list(dict.fromkeys(numbers))
        chosen = " OR ".join(f"id = {ticket}" for ticket in ids)
        sheet = self._sheet(TICKETS, f"({chosen}){self._scope}")
        rows = {row.id: row for row in sheet.items}
        entries = self._entries(ids)
        told = [
            self._ticket(rows[ticket], entries[ticket])
            if ticket in rows
            else tombstone(ticket, entries[ticket])
            for ticket in ids
        ]
        return [ticket for ticket in told if ticket is not None]

    def _ticket(self, row: Row, entries: Sequence[Transaction]) -> Ticket:
        story = Story(row, entries, self._site)
        self._people.met(story.agents())
        return story.ticket()

    def _entries(self, tickets: Iterable[int]) -> dict[int, list[Transaction]]:
        """The transactions of each ticket that facts are made of, asked for all at once."""
        entries: dict[int, list[Transaction]] = defaultdict(list)
        chosen = " OR ".join(f"ObjectId = {ticket}" for ticket in tickets)
        if chosen:
            condition = f"({chosen}) AND ({_FACTS})"
            for sheet in self._sheets_until_now(TRANSACTIONS, condition, 0):
                for entry in sheet.items:
                    entries[entry.object_id].append(entry)
        return entries

    # --- searches ---

    def _sheets_until_now(
        self, search: Search[Dated], condition: str, after: int
    ) -> Iterator[Sheet[Dated]]:
        """The pages of a search up to the first with something newer than the search itself.

        Where somebody is always at work there would be no end; the journal tells of the rest.
        """
        begun: datetime | None = None
        for sheet in self._sheets(search, condition, after):
            begun = begun or self._desk_time(sheet)
            yield sheet
            if self._is_young(sheet.items[-1], begun, sheet):
                return

    def _sheets(self, search: Search[Item], condition: str, after: int) -> Iterator[Sheet[Item]]:
        """The pages of a search by number, from the one behind `after`, until an empty one.

        Short pages, a missing `next_page` and a missing total mean nothing: rows that the account
        may not see can be left out of a page.
        """
        while True:
            sheet = self._sheet(search, f"id > {after} AND {condition}")
            if not sheet.items:
                return
            if sheet.items[0].id <= after:
                raise DeskMisunderstood(
                    "Help desk “{desk}” does not heed what it is asked for.",
                    "Request Tracker 5.0.2 or later is needed.",
                    desk=self.name,
                )
            yield sheet
            if sheet.is_all:
                return
            after = sheet.items[-1].id

    def _sheet(self, search: Search[Item], condition: str, *, order: str = "ASC") -> Sheet[Item]:
        """The first page of a search by number that has a row; an empty one where none has."""
        query = search.always + condition
        for page in count(1):
            sheet = self._web.sheet(search, query=query, orderby="id", order=order, page=page)
            if sheet.items or not self._goes_on(sheet, page):
                return sheet
        raise AssertionError("pages end")

    def _goes_on(self, empty: Sheet[Item], page: int) -> bool:
        """Whether rows may follow an empty page. From 5.0.6 a page too far is given as the last."""
        if empty.page != page:
            return False
        if empty.next_page is not None:
            return True
        return empty.total is None and page < PATIENCE and self._rights_come_late

    @cached_property
    def _rights_come_late(self) -> bool:
        """Whether the site set `UseSQLForACLChecks` to 0; tickets then have no total either."""
        return self._web.sheet(DATES, query="id > 0").total is None

    def _counts(self, row: Row) -> bool:
        named = {queue.casefold() for queue in self._settings.queues}
        return not named or row.group.casefold() in named

    @cached_property
    def _scope(self) -> str:
        queues = [f"Queue = {_quoted(queue)}" for queue in self._settings.queues]
        return f" AND ({' OR '.join(queues)})" if queues else ""

    # --- counting and checking ---

    def _created_between(self, start: datetime, end: datetime) -> str:
        between = f"Created >= {_literal(start)} AND Created < {_literal(end)}"
        return f"{between}{self._scope}"

    def _looked_at(self, condition: str, window: Window) -> int:
        sheets = self._sheets(DATES, condition, 0)
        return sum(row.created in window for sheet in sheets for row in sheet.items)

    def _visible_queues(self) -> list[str]:
        names = [queue.name or str(queue.id) for queue in self._queues.visible()]
        unseen = [queue for queue in self._settings.queues if queue not in names]
        if unseen or not names:
            raise DeskRefused(
                "Help desk “{desk}” does not show the queue “{queue}” to the bot's account."
                if unseen
                else "Help desk “{desk}” does not show any queue to the bot's account.",
                "Give the account SeeQueue and ShowTicket on it, or correct its name.",
                desk=self.name,
                queue=unseen[0] if unseen else "",
            )
        return list(self._settings.queues) or names

    def _newest_change(self) -> str:
        query = f"id > 0{self._scope}"
        sheet = self._web.sheet(DATES, query=query, orderby="LastUpdated", order="DESC")
        if not sheet.items:
            return "There are no tickets that the bot's account can see."
        age = (sheet.sent_at or self._clock.now()) - sheet.items[0].last_updated
        return f"The newest change is {roughly(age)} old."

    def _people_are_hidden(self) -> bool:
        try:
            self._web.get(Card, "user/Nobody")
        except (Forbidden, NotThere):
            return True
        return False


def _literal(moment: datetime) -> str:
    """A date as Request Tracker takes it, quoted.

    It is read in the time zone of the account, or of the site, and no suffix changes that: `UTC`
    and `+00:00` are ignored, and with `Z` the time of day is dropped (Time::ParseDate leaves it,
    `RT::Date->Set`). So a date in a search is only ever a coarse bound with a day to spare.
    """
    return f"'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
