"""The stream of tickets: what is older and unsolved, by a search, then the incremental export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain import Removal, Status, Ticket, Window
from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor, Page
from bot.helpdesks.zendesk.limits import ACCOUNT, EXPORT, SEARCH
from bot.helpdesks.zendesk.measures import business_times, measured
from bot.helpdesks.zendesk.names import PAGE, sheets
from bot.helpdesks.zendesk.settings import CHANNELS, PRIORITIES, Settings
from bot.helpdesks.zendesk.story import Site, Story, authors, was_merged
from bot.helpdesks.zendesk.wire import (
    Audit,
    Audits,
    Count,
    Export,
    Found,
    MetricSet,
    Row,
    Search,
    TimedExport,
    TimedTickets,
)
from bot.helpdesks.zendesk.wire import Tickets as Listed
from bot.vocabulary import Vocabulary
from bot.webapi import Forbidden, NotThere, Rejected, WebApi

EXPORTED = "api/v2/incremental/tickets/cursor.json"
SEARCHED = "api/v2/search/export.json"
COUNTED = "api/v2/search/count.json"

#: A first read begins so much sooner: clocks differ, and the last minute is not exported.
SOONER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stream stands: at a `cursor` of the export, or before its first page.

    `start` is when that is to begin, in seconds since 1970. `older` is what older unsolved tickets
    are searched for by; without it they have been read.
    """

    cursor: str | None = None
    start: int | None = None
    older: str | None = None

    @classmethod
    def at(cls, window: Window) -> Place:
        since = (window.start - SOONER).astimezone(UTC).replace(microsecond=0)
        start = max(int(since.timestamp()), 0)
        # Whatever was updated later is exported: an update is an event, and events are.
        return cls(start=start, older=f"status<solved updated<{literal(since)}")

    @classmethod
    def of(cls, cursor: Cursor) -> Place:
        told, start, older = cursor.get("cursor"), cursor.get("start"), cursor.get("older")
        texts = all(one is None or isinstance(one, str) for one in (told, older))
        if not texts or (told is None and not isinstance(start, int)):
            raise DeskMisunderstood(
                "The stored position in a Zendesk cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            )
        return cls(told, start, older)

    @property
    def told(self) -> Cursor:
        told = {"cursor": self.cursor, "start": self.start, "older": self.older}
        return {name: value for name, value in told.items() if value is not None}


class Tickets:
    """Reads the tickets of one Zendesk."""

    def __init__(self, desk: str, api: WebApi, settings: Settings, site: Site) -> None:
        self._api, self._settings, self._site = api, settings, site
        self._channels = Vocabulary(desk, "channel", {**CHANNELS, **settings.channels}, "other")
        self._priorities = Vocabulary(desk, "priority", PRIORITIES, "other")
        self._has_marks = bool(settings.told_by_tags())

    def pages(self, since: Cursor) -> Iterator[Page[Ticket]]:
        """All tickets that changed since the cursor, and tombstones."""
        place = Place.of(since)
        if place.older is not None:
            for page in self._older(place):
                place = Place.of(page.cursor)
                yield page
        yield from self._exported(place)

    # --- older tickets that are still unsolved ---

    def _older(self, place: Place) -> Iterator[Page[Ticket]]:
        """They are found by a search, of which only the numbers are taken: its index is late.

        The cursor of a search expires within an hour, so that of the stream is a condition: a
        search goes on from when the last ticket that it found was created.
        """
        searched, after = place.older or "", None
        begun_anew: str | None = None
        while True:
            try:
                sheet = self._search(searched, after)
            except (Forbidden, NotThere):
                break  # the export is there; `check` tells of what is missing
            except Rejected:
                if after is None or searched == begun_anew:
                    raise
                after, begun_anew = None, searched  # it has expired
                continue
            searched = _narrowed(place.older or "", sheet.results) or searched
            yield from self._told([one.id for one in sheet.results], replace(place, older=searched))
            after = sheet.meta.after_cursor if sheet.meta and sheet.meta.has_more else None
            if after is None or not sheet.results:
                break
        yield Page((), replace(place, older=None).told)

    def _search(self, query: str, after: str | None) -> Search:
        asked: dict[str, str | int] = {
            "query": query,
            "filter[type]": "ticket",
            "page[size]": PAGE,
        }
        if after is not None:
            asked["page[after]"] = after
        return self._api.get(Search, SEARCHED, asked, lanes=SEARCH).data

    def _told(self, ids: Sequence[str], place: Place) -> Iterator[Page[Ticket]]:
        if not ids:
            return
        model = TimedTickets if self._settings.time_field else Listed
        asked = {"ids": ",".join(ids), **self._include}
        listed = self._api.get(model, "api/v2/tickets/show_many.json", asked, lanes=ACCOUNT).data
        yield Page(self._tickets(listed, listed.tickets), place.told)

    # --- the export ---

    def _exported(self, place: Place) -> Iterator[Page[Ticket]]:
        """Page after page, until the end of the stream or until what changed since it began."""
        model = TimedExport if self._settings.time_field else Export
        begun: datetime | None = None
        expected = self._expected(place.start) if place.cursor is None else None
        while True:
            answer = self._api.get(model, EXPORTED, self._asked(place), lanes=EXPORT)
            export = answer.data
            begun = begun or answer.sent_at
            ahead = Place(export.after_cursor) if export.after_cursor else place
            for page in self._in_pieces(export, place, ahead):
                yield replace(page, expected=expected)
            if export.end_of_stream or ahead == place or _is_younger(export.tickets, begun):
                return
            place = ahead

    def _in_pieces(self, export: Export, place: Place, ahead: Place) -> Iterator[Page[Ticket]]:
        """Some tickets at a time where each costs a request, so that a stop loses little."""
        rows = export.tickets
        size = PAGE if self._settings.histories else max(len(rows), 1)
        for first in range(0, len(rows), size):
            is_last = first + size >= len(rows)
            told = self._tickets(export, rows[first : first + size])
            yield Page(told, (ahead if is_last else place).told)
        if not rows and ahead != place:
            yield Page((), ahead.told)

    def _expected(self, start: int | None) -> int | None:
        """About how many tickets the export will tell, for the progress bar; a search knows."""
        since = literal(datetime.fromtimestamp(start or 0, UTC))
        asked = {"query": f"type:ticket updated>={since}"}
        try:
            return self._api.get(Count, COUNTED, asked, lanes=ACCOUNT).data.count
        except (Forbidden, NotThere, Rejected):
            return None

    def _asked(self, place: Place) -> dict[str, str | int]:
        at: dict[str, str | int] = (
            {"cursor": place.cursor} if place.cursor else {"start_time": place.start or 0}
        )
        return {**at, "per_page": self._size, **self._include}

    @property
    def _size(self) -> int:
        """With histories as many as there are requests for before the next export, or `PAGE`."""
        settings = self._settings
        if not settings.histories:
            return settings.page_size
        most = settings.requests_per_minute // settings.exports_per_minute
        return min(settings.page_size, max(most, PAGE))

    @property
    def _include(self) -> Mapping[str, str]:
        return {"include": "users,metric_sets" if self._needs_metrics else "users"}

    @property
    def _needs_metrics(self) -> bool:
        return self._settings.counts_business or not self._settings.histories

    # --- from rows to tickets ---

    def _tickets(self, listed: Listed, rows: Sequence[Row]) -> list[Ticket]:
        addresses = {one.id: one.email for one in listed.users or ()}
        metrics = {one.ticket_id: one for one in listed.metric_sets or ()}
        if self._settings.histories:
            told = zip(rows, self._api.each(self._audits, rows), strict=True)
            there = [(row, audits) for row, audits in told if audits is not None]
            self._site.team.meet({one for row, audits in there for one in authors(row, audits)})
            return [self._of_audits(row, audits, addresses, metrics) for row, audits in there]
        return [self._of_metrics(row, addresses, metrics.get(row.id)) for row in rows]

    def _audits(self, row: Row) -> Sequence[Audit] | None:
        """Its history; none for tombstones, `None` for a ticket that was deleted just now."""
        if row.is_deleted:
            return ()
        try:
            return self._history(row.id)
        except NotThere:
            return None

    def _history(self, ticket: str) -> Sequence[Audit]:
        listed = sheets(self._api, Audits, f"api/v2/tickets/{ticket}/audits.json")
        return [audit for sheet in listed for audit in sheet.audits]

    def was_merged(self, found: Found) -> bool:
        """Whether a closed ticket with the tag of merged ones is told as merged, for counts."""
        if not found.is_follow_up:
            return True
        try:
            return self._settings.histories and was_merged(self._history(found.id))
        except NotThere:
            return False

    def _of_audits(
        self,
        row: Row,
        audits: Sequence[Audit],
        addresses: Mapping[str, str | None],
        metrics: Mapping[str, MetricSet],
    ) -> Ticket:
        if row.looks_merged and was_merged(audits):
            return self._ticket(row, addresses, removal=Removal.MERGED)
        if not audits:
            return self._ticket(row, addresses)
        story = Story(row, audits, self._site)
        facts = story.facts()
        groups = [stay.group for stay in facts["stays"]]
        own = metrics.get(row.id) if self._settings.counts_business else None
        told: dict[str, Any] = {**facts, "targets": story.targets(facts)}
        if own is not None:
            told["business"] = business_times(own)
        return self._ticket(row, addresses, groups, **told)

    def _of_metrics(
        self, row: Row, addresses: Mapping[str, str | None], metrics: MetricSet | None
    ) -> Ticket:
        if row.looks_merged and not row.is_follow_up:
            return self._ticket(row, addresses, removal=Removal.MERGED)
        if metrics is None or row.is_deleted:
            return self._ticket(row, addresses)
        facts = measured(row, metrics, business=self._settings.counts_business)
        if self._site.team.is_bot(facts["solver"] or ""):
            facts["solver"] = None
        return self._ticket(row, addresses, **facts)

    def _ticket(
        self,
        row: Row,
        addresses: Mapping[str, str | None],
        groups: Sequence[str | None] = (),
        removal: Removal | None = None,
        **facts: Any,
    ) -> Ticket:
        tags = row.tags or ()
        group = self._site.groups.of(row.group_id)
        requester = row.requester_id
        return Ticket(
            id=row.id,
            created_at=row.created_at,
            updated_at=row.changed_at,
            status=Status.CLOSED if row.is_deleted else self._site.statuses.of(row.status),
            group=group,
            channel=self._channels.of(row.via.channel) if row.via else "other",
            priority=None if row.priority is None else self._priorities.of(row.priority),
            requester=None if requester is None else addresses.get(requester) or requester,
            handle=row.spent(self._settings.time_field),
            escalated=self._has_marks and self._settings.is_escalated(tags, (group, *groups)),
            complaint=self._has_marks and self._settings.is_complaint(tags),
            removal=Removal.DELETED if row.is_deleted else removal,
            **facts,
        )


def _is_younger(rows: Sequence[Row], begun: datetime | None) -> bool:
    """Whether the page reaches what changed since the reading began: that has no end."""
    newest = rows[-1].generated_timestamp if rows else None
    return begun is not None and newest is not None and newest >= begun.timestamp()


def _narrowed(searched: str, found: Sequence[Found]) -> str | None:
    """The search for what follows these; results are ordered by when tickets were created."""
    if not found or found[0].created_at == found[-1].created_at:
        return None
    way = "<=" if found[-1].created_at < found[0].created_at else ">="
    return f"{searched.partition(' created')[0]} created{way}{literal(found[-1].created_at)}"


def literal(moment: datetime) -> str:
    """A moment as a search takes it; without the Z it would be one of the account's zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
