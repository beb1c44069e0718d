"""The streams, the counts and the checks of one Intercom workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import structlog

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Removal, Ticket, Window
from bot.helpdesks import Capabilities, Counted, Cursor, Page, Stream
from bot.helpdesks.intercom.articles import ArticleViews
from bot.helpdesks.intercom.calls import Calls
from bot.helpdesks.intercom.changes import Changed, Changes, moment
from bot.helpdesks.intercom.hours import business_hours
from bot.helpdesks.intercom.names import Teammates, TeamNames
from bot.helpdesks.intercom.place import KEPT, Place
from bot.helpdesks.intercom.ratings import ratings
from bot.helpdesks.intercom.settings import CLOSED, Settings
from bot.helpdesks.intercom.story import OUTBOUND, Site, Story, tombstone
from bot.helpdesks.intercom.web import ABSENT, EVER, Filter, Web, either, every, where
from bot.helpdesks.intercom.wire import Conversation, Exceptional, Gone, Me, Schedule
from bot.pauses import Pauses
from bot.settings import BusinessHours

#: What the statistics of a conversation tell.
_COUNTED = frozenset(
    {
        Fact.GROUP,
        Fact.CHANNEL,
        Fact.PRIORITY,
        Fact.SOLVES,
        Fact.FIRST_SOLVE,
        Fact.SOLVER,
        Fact.REOPENS,
        Fact.FIRST_REPLY,
        Fact.REQUESTER,
        Fact.SLA,
        Fact.HANDLE_TIME,
        Fact.CSAT,
        Fact.CSAT_REQUESTS,
    }
)

#: What its history tells besides.
_OF_HISTORIES = frozenset({Fact.REPLIES, Fact.RESPONSES, Fact.TRANSFERS, Fact.WAITS})

#: Where people read conversations, by the region of the workspace.
_INBOX = {
    "EU": "https://app.eu.intercom.com",
    "AU": "https://app.au.intercom.com",
}

log = structlog.get_logger()


class Intercom:
    """One workspace, as `bot.helpdesks.HelpDesk` wants it."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._web = Web(name, settings, clock, pauses)
        self._teams = TeamNames(self._web, clock)
        self._site = Site(name, settings, self._teams, Teammates(self._web, clock))
        self._changes = Changes(self._web, settings.overlap)
        self._me: Me | None = None
        self._begun: datetime | None = None
        self._place: Place | None = None

    @property
    def capabilities(self) -> Capabilities:
        chosen = self._settings
        facts = _COUNTED | chosen.told_by_tags()
        streams = {Stream.TICKETS, Stream.RATINGS}
        if chosen.histories:
            facts |= _OF_HISTORIES
        if chosen.own_business_times:
            facts |= {Fact.BUSINESS_TIMES}
        if chosen.calls:
            facts |= {Fact.CALLS}
            streams |= {Stream.CALLS}
        if chosen.articles:
            facts |= {Fact.ARTICLES}
            streams |= {Stream.ARTICLES}
        return Capabilities(facts, frozenset(streams), frozenset({Counted.TICKETS}))

    def close(self) -> None:
        self._web.close()

    def url(self, ticket_id: str) -> str | None:
        app = self._me.app if self._me else None
        workspace = self._settings.workspace or (app and app.id_code)
        if not workspace:
            return None
        region = (app and app.region) or self._settings.url.partition("//api.")[2][:2].upper()
        inbox = _INBOX.get(region or "", "https://app.intercom.com")
        return f"{inbox}/a/inbox/{workspace}/inbox/conversation/{ticket_id}"

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        second = int(window.start.timestamp())
        if stream is Stream.ARTICLES:
            return {}
        if stream is Stream.TICKETS:
            return Place(second, unsolved=EVER, gone=second, whole=second).cursor
        return {"since": second}

    # --- the streams ---

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """All conversations that changed since the cursor, and tombstones.

        A first read gives older ones that are unsolved before that.
        """
        place, begun, before = Place.of(since), self._now(), 0
        self._begun = begun
        if place.unsolved is not None:
            older = where("updated_at", "<", place.since), where("state", "!=", CLOSED)
            for changed in self._changes.since(place.unsolved, begun, *older):
                place = replace(place, unsolved=min(changed.since, place.since))
                page, place = self._page(place, changed, begun)
                before += len(page.rows)
                yield page
            place = replace(place, unsolved=None)
        for changed in self._changes.since(place.since, begun):
            place = replace(place, since=max(changed.since, place.since))
            page, place = self._page(place, changed, begun)
            yield replace(page, expected=before + (changed.total or 0))
        yield from self._deleted(place, begun)

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        # The moment at which the tickets of the same sync were begun does as well, once.
        begun, self._begun = self._begun, None
        yield from ratings(self._changes, since, begun or self._now())

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:
        return Calls(self._web, self._clock, self._settings.overlap).since(since)

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:
        return ArticleViews(self._web, self._clock).since(since)

    def agents(self) -> Sequence[Agent]:
        return [Agent(one.id, one.name or one.id, one.email) for one in self._web.teammates()]

    def _now(self) -> datetime:
        """The present moment on the clock of Intercom; the workspace is learned with it."""
        answer = self._web.me()
        self._me = answer.data
        return answer.sent_at or self._clock.now()

    def _page(self, place: Place, changed: Changed, begun: datetime) -> tuple[Page[Ticket], Place]:
        """A page of conversations, and the place with what was merged, for the count."""
        stories = [Story(row, self._site) for row in self._whole(self._counting(changed.rows))]
        merged = {
            one.row.id: int(one.row.created_at.timestamp()) for one in stories if one.is_merged
        }
        self._place = place = place.with_merged(merged, begun)
        told = [
            one.ticket() for one in stories if self._settings.unanswered or not one.is_unanswered
        ]
        return Page(told, place.cursor, changed.total), place

    def _counting(self, rows: Sequence[Conversation]) -> Sequence[Conversation]:
        """Those that are no unanswered ones, which the statistics tell without the history."""
        if self._settings.unanswered:
            return rows
        return [
            row
            for row in rows
            if row.statistics is None or not Story(row, self._site).is_unanswered
        ]

    def _whole(self, rows: Sequence[Conversation]) -> Sequence[Conversation]:
        """The conversations with their histories; what was deleted meanwhile is left out."""
        if not self._settings.histories:
            return rows
        found = self._web.each(self._web.conversation, [row.id for row in rows])
        return [row for row in found if row is not None]

    def _deleted(self, place: Place, begun: datetime) -> Iterator[Page[Ticket]]:
        """The conversations that were deleted since, where that is told; the latest come first."""
        for page in count(1):
            try:
                sheet = self._web.deletions(page)
            except ABSENT:
                return
            rows = sheet.conversations or ()
            fresh = [row for row in rows if _deleted_at(row, begun) >= moment(place.gone)]
            if not fresh:
                break
            place = self._place = place.without({row.id for row in fresh})
            yield Page([_tombstone(row, begun) for row in fresh], place.cursor)
            if sheet.pages and sheet.pages.is_last(page):
                break
        gone = int((begun - self._settings.overlap).timestamp())
        place = self._place = replace(place, gone=max(gone, place.gone))
        yield Page((), place.cursor)

    # --- counting, hours and checking ---

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """How many conversations that were created in `window` there are now.

        Intercom counts those that were merged too, so that these are taken off; that is known of
        the last weeks, and from where the tickets were read on.
        """
        if what is not Counted.TICKETS:
            return None
        start, end = int(window.start.timestamp()), int(window.end.timestamp())
        merged = 0
        if self._settings.histories:
            place = self._place
            oldest = (self._clock.now() - KEPT + timedelta(days=1)).timestamp()
            if place is None or start < max(place.whole, oldest):
                return None
            merged = sum(start <= came < end for came in place.merged.values())
        query = every(
            where("created_at", ">", start - 1), where("created_at", "<", end), *self._contacts()
        )
        total = self._web.search(query, rows=1).data.total_count
        return None if total is None else total - merged

    def _contacts(self) -> Sequence[Filter]:
        """The condition that a contact wrote, where only that counts."""
        if self._settings.unanswered:
            return ()
        by_others = where("source.delivered_as", "NIN", OUTBOUND)
        return (either(by_others, where("statistics.first_contact_reply_at", ">", EVER)),)

    def hours(self) -> Mapping[str, BusinessHours]:
        """The office hours, where there is one schedule or the settings name one of them."""
        schedule = self._schedule(self._schedules() or ())
        if schedule is None:
            return {}
        found = business_hours(schedule, self._exceptions(schedule), self._clock.now().date())
        if found is None:
            log.warning("business_hours_not_understood", desk=self.name, schedule=schedule.id)
            return {}
        return {schedule.name or schedule.id: found}

    def _schedules(self) -> Sequence[Schedule] | None:
        try:
            return self._web.schedules()
        except ABSENT:
            return None

    def _exceptions(self, schedule: Schedule) -> Sequence[Exceptional]:
        try:
            return self._web.exceptions(schedule.id)
        except ABSENT:
            return ()

    def _schedule(self, schedules: Sequence[Schedule]) -> Schedule | None:
        """Which team has which hours is not told, nor which of several hold for all."""
        wanted = (self._settings.office_hours or "").casefold()
        named = [one for one in schedules if not wanted or (one.name or "").casefold() == wanted]
        return named[0] if len(named) == 1 else None

    def check(self) -> Sequence[str]:
        there, me = self._now(), self._me or Me()
        workspace = (me.app and me.app.name) or "unnamed"
        teammates = len(self._web.teammates())
        return [
            f"The token is that of {me.name or 'a teammate'} in the workspace “{workspace}”.",
            f"There are {teammates} teammates and {self._teams.count()} teams.",
            self._newest_change(there),
            *self._absent(),
            *clock_told(there, self._clock.now()),
        ]

    def _newest_change(self, now: datetime) -> str:
        query = every(where("updated_at", ">", EVER))
        rows = self._web.search(query, order="descending", rows=1).data.conversations
        if not rows:
            return "There are no conversations that the token can see."
        return f"The newest change is {roughly(now - rows[0].updated_at)} old."

    def _absent(self) -> Iterator[str]:
        """What the plan, the version or the rights of the token leave out."""
        if not self._answers(lambda: self._web.deletions(1)):
            yield "It does not tell which conversations were deleted, so that they go on counting."
        if self._settings.calls and not self._answers(lambda: self._web.calls(1)):
            yield "It does not tell phone calls to this token."
        if self._settings.articles and not self._answers(lambda: self._web.articles(1)):
            yield "It does not tell help articles to this token."
        schedules = self._schedules()
        if schedules and self._schedule(schedules) is None:
            names = ", ".join(sorted(one.name or one.id for one in schedules))
            yield f"It has several office hours; name one of them in office_hours: {names}."

    def _answers(self, ask: Callable[[], object]) -> bool:
        try:
            ask()
        except ABSENT:
            return False
        return True


def _deleted_at(row: Gone, otherwise: datetime) -> datetime:
    return row.deleted_at or otherwise


def _tombstone(row: Gone, begun: datetime) -> Ticket:
    at = _deleted_at(row, begun)
    return tombstone(row.id, at, at, Removal.DELETED)
