"""Brings in what changed at the help desks, page by page; each page is kept as it comes."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import uuid4

import structlog

from bot import helpdesks
from bot.domain import ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.errors import DeskBusy, DeskError, DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Cursor, HelpDesk, Page, Stream
from bot.hours import NO_HOURS, DeskHours
from bot.pauses import Stopped, Watcher
from bot.services import Services
from bot.store import desks, facts, leases, tickets
from bot.store.tables import Desk
from jobs import attempt, job

#: For how long a reader of a desk may be silent before another takes over.
SPAN = timedelta(minutes=5)

#: How many desks one run reads side by side.
SIDE_BY_SIDE = 4

#: How often a desk is asked for its business hours.
OPENING = timedelta(hours=6)

log = structlog.get_logger()

#: Is told of every page of tickets that is kept: how many so far, and how many are expected.
Progress = Callable[[int, int | None], None]


#: What a page can hold.
Row = Ticket | Rating | Call | ArticleDay


class BeingRead(DeskUnavailable):
    """Another process is reading this help desk at this moment, so nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a reading of a desk brought; `finished` unless it was asked to stop before the end.

    `others` are ratings, calls and days of articles.
    """

    desk: str
    tickets: int
    finished: bool
    others: int = 0


@job(every=timedelta(seconds=15), side_by_side=True)
def sync(services: Services, due: datetime) -> None:
    """Reads every desk whose turn it is; one that fails is told of and does not stop the others.

    One that is being read already, here or by another worker, is left to whoever does. So a run
    that takes hours over a long history holds up no other desk: the next run reads those.
    """
    retire_unlisted(services)
    names = [name for name in services.desks if _is_due(services, name, due)]
    work = [partial(_tried, services, name) for name in names]
    if len(work) == 1:
        work[0]()
    elif work:
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="sync") as threads:
            list(threads.map(lambda task: task(), work))


def _tried(services: Services, name: str) -> None:
    if attempt(f"sync:{name}", partial(_read_or_tell, services, name)):
        return
    with services.reading() as session:
        row = desks.find(session, services.workspace, name)
    if row is not None:
        error = DeskMisunderstood(
            "Reading help desk “{desk}” failed in a way that nobody foresaw.",
            "It is tried again at the next sync; the log says where in the code it was: please "
            "report that.",
            desk=name,
        )
        _failed(services, row, error)


def _read_or_tell(services: Services, name: str) -> None:
    try:
        read_desk(services, name)
    except BeingRead:
        return
    except DeskBusy as error:
        log.info("desk_busy", desk=name, seconds=round(error.wait))
    except DeskError as error:
        log.warning("desk_failed", desk=name, problem=str(error))


def retire_unlisted(services: Services) -> None:
    """Leaves the desks that are no longer in the settings out of every number."""
    with services.reading() as session:
        listed = {desk.name for desk in desks.of(session, services.workspace)}
    if listed - set(services.desks):
        with services.writing() as session:
            desks.retire(session, services.workspace, except_for=set(services.desks))


def _is_due(services: Services, name: str, now: datetime) -> bool:
    with services.reading() as session:
        desk = desks.find(session, services.workspace, name)
    if desk is None:
        return True
    if desk.waits_until is not None:
        return desk.waits_until <= now
    if desk.asked_at is not None:
        return True
    last = max(filter(None, (desk.data_until, desk.problem_at)), default=None)
    return last is None or last + services.settings.sync_every <= now


def read_desk(
    services: Services,
    name: str,
    *,
    since: datetime | None = None,
    progress: Progress = lambda _stored, _expected: None,
    waits: Watcher = lambda _until: None,
) -> Synced:
    """Reads one desk to the end of its streams, from where the last reading stopped.

    With `since` everything that changed from then on is read again, and from further back where
    not all of that is stored yet. `progress` is told of every page, `waits` until when it waits.
    Raises a `DeskError` when the desk cannot be read (what was kept stays), `BeingRead` while
    another process is reading it.
    """
    helpdesk, holder = services.desks[name], uuid4().hex
    _hold(services, name, holder)
    try:
        row = _known(services, helpdesk)
        reading = _Reading(services, helpdesk, row, holder, services.clock.now(), progress)
        with services.pauses.watched(name, reading.waiting(waits)), _collecting_little():
            return _ended(reading, since)
    finally:
        with services.writing() as session:
            leases.give_back(session, services.workspace, f"sync:{name}", holder)


def _ended(reading: _Reading, since: datetime | None) -> Synced:
    """How the reading went; what went wrong is kept for everybody to see."""
    try:
        return reading.done(since)
    except BeingRead:
        raise  # whoever took over knows how the desk is
    except Stopped:
        return reading.result(finished=False)
    except DeskError as error:
        _failed(reading.services, reading.desk, error)
        raise


def _failed(services: Services, row: Desk, error: DeskError) -> None:
    now = services.clock.now()
    wait = timedelta(seconds=error.wait) if isinstance(error, DeskBusy) else None
    with services.writing() as session:
        desks.failed(
            session,
            row.id or 0,
            error.kept(),
            at=now,
            waits_until=None if wait is None else now + wait,
        )


def _known(services: Services, helpdesk: HelpDesk) -> Desk:
    settings = services.settings.desks.get(helpdesk.name, {})
    with services.writing() as session:
        row = desks.find(session, services.workspace, helpdesk.name)
        hours = _hours(services, helpdesk.name, row.opening if row else None)
        return desks.known(
            session,
            services.workspace,
            helpdesk.name,
            kind=settings.get("kind", ""),
            gives=_gives(helpdesk, hours),
            told_as=_told_as(settings),
        )


def _hours(services: Services, desk: str, opening: Mapping[str, Any] | None) -> DeskHours:
    return DeskHours.of_desk(services.settings, desk, opening)


def _gives(helpdesk: HelpDesk, hours: DeskHours) -> frozenset[Fact]:
    facts = helpdesk.capabilities.facts
    return facts | {Fact.HOURS} if hours.mark else facts


def _told_as(settings: Mapping[str, Any]) -> str:
    """Changes whenever the settings that decide what a ticket's facts are do."""
    ways = helpdesks.ways(settings.get("kind", ""))
    told = {name: value for name, value in settings.items() if name not in ways}
    text = json.dumps(told, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _hold(services: Services, name: str, holder: str) -> None:
    with services.writing() as session:
        held = leases.take(
            session,
            services.workspace,
            f"sync:{name}",
            holder,
            now=services.clock.now(),
            span=SPAN,
        )
    if not held:
        raise BeingRead(
            "Help desk “{desk}” is being read by another process.",
            "Wait until that is done, or at most five minutes after it was stopped.",
            desk=name,
        )


@dataclass
class _Reading:
    """One reading of a desk, which keeps each page and the lease as the pages come."""

    services: Services
    helpdesk: HelpDesk
    desk: Desk
    holder: str
    began: datetime
    progress: Progress
    hours: DeskHours = NO_HOURS
    stored: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(Stream, 0))

    def done(self, since: datetime | None) -> Synced:
        """Reads every stream, then who works there."""
        self._is_the_same()
        self.hours = _hours(self.services, self.desk.name, self._opening())
        if self.desk.hours != self.hours.mark and not self._measured_again():
            return self.result(finished=False)
        if not self._are_read(since):
            return self.result(finished=False)
        team = self.helpdesk.agents()
        with self.services.writing() as session:
            facts.keep_agents(session, self.desk, team, self.services.secret)
            now = self.services.clock.now()
            desks.finished(session, self.desk.id or 0, data_until=self.began, at=now)
        done = self.result(finished=True)
        log.info("desk_read", desk=done.desk, tickets=done.tickets, others=done.others)
        return done

    def _is_the_same(self) -> None:
        """Sees to it that the rows of two help desks never mix under one name."""
        settings = self.services.settings.desks.get(self.desk.name, {})
        site, known = helpdesks.site(settings), self.desk.site
        if not site or known == site:
            return
        before = helpdesks.site({**settings, "url": settings.get("moved_from")})
        if known not in (None, before):
            can_have_moved = known.split(" ")[0] == settings.get("kind")
            raise DeskRefused(
                "Help desk “{desk}” is another one than before, which was {site}.",
                "Give the new one a name of its own; or, if that one moved, set "
                "{variable}MOVED_FROM to where it was."
                if can_have_moved
                else "Give the new one a name of its own.",
                desk=self.desk.name,
                site=known,
                variable=f"DESKPULSE_DESKS__{self.desk.name.upper()}__",
            )
        with self.services.writing() as session:
            session.get_one(Desk, self.desk.id).site = site

    def _are_read(self, since: datetime | None) -> bool:
        """Reads the streams, a page of each in turn; false when asked to stop.

        So the ratings of today need not wait until the tickets of a year are there; and one that
        fails ends none of the others. What went wrong first is raised in the end.
        """
        left = {stream: self._pages(stream, since) for stream in _streams(self.helpdesk)}
        failed: list[DeskError] = []
        while left:
            for stream, pages in list(left.items()):
                if self.services.stopping.is_set():
                    return False
                if not self._turned(pages, failed):
                    del left[stream]
        if failed:
            raise failed[0]
        return not self.services.stopping.is_set()

    def _turned(self, pages: Iterator[Page[Row]], failed: list[DeskError]) -> bool:
        """Reads a page of a stream; false where there is none any more, or it `failed`."""
        try:
            return next(pages, None) is not None
        except BeingRead:
            raise
        except DeskError as error:
            failed.append(error)
            return False

    def _pages(self, stream: Stream, since: datetime | None) -> Iterator[Page[Row]]:
        """The pages of one stream, each kept before it is given."""
        first = self._first(since)
        # Views of articles are told as they are counted now: those of past days come only once.
        is_anew = since is not None and stream is not Stream.ARTICLES
        cursor = None if is_anew else (self.desk.cursor or {}).get(stream)
        data_from = first if cursor is None else self.desk.data_from or first
        if cursor is None:
            cursor = self.helpdesk.start(Window(first, self.began), stream)
        for page in _streams(self.helpdesk)[stream](cursor):
            self._keep(stream, page, data_from)
            self.stored[stream] += len(page.rows)
            if stream is Stream.TICKETS:
                self.progress(self.stored[stream], page.expected)
            yield page

    def _first(self, since: datetime | None) -> datetime:
        """From when on to read what has no cursor: as far back as was read before, at least.

        What was never read to its end has a gap behind its cursor, which a later one would hide.
        """
        history = self.services.settings.history
        oldest = min(filter(None, (self.desk.data_from, self.began - history)))
        if since is None:
            return oldest
        unread_from = self.desk.data_until or self.desk.data_from
        return min(filter(None, (since, unread_from)))

    def waiting(self, waits: Watcher) -> Watcher:
        """What is to be done while the desk makes us wait: keep the lease, and tell everybody."""

        def tell(until: datetime) -> None:
            self._hold()
            with self.services.writing() as session:
                desks.waits(session, self.desk.id or 0, until)
            waits(until)

        return tell

    def _keep(self, stream: Stream, page: Page[Row], data_from: datetime) -> None:
        """Rows and cursor in one transaction: a stop anywhere loses nothing."""
        self._hold()
        told = [row for row in page.rows if isinstance(row, Ticket)]
        others = [row for row in page.rows if not isinstance(row, Ticket)]
        with self.services.writing() as session:
            desk = session.get_one(Desk, self.desk.id)
            tickets.keep(session, desk, told, self.services.secret, self.hours)
            facts.keep(session, desk, others)
            desks.stored(session, desk.id or 0, stream, page.cursor, data_from=data_from)

    def _opening(self) -> Mapping[str, Any] | None:
        """The business hours that the desk keeps: asked for a few times a day, where they count."""
        told_at = self.desk.opening_at
        has_own = _hours(self.services, self.desk.name, None).mark is not None
        if has_own or (told_at is not None and self.began - told_at < OPENING):
            return self.desk.opening
        try:
            found = self.helpdesk.hours().items()
            opening = {name: hours.model_dump(mode="json") for name, hours in found}
        except (BeingRead, DeskBusy):
            raise
        except (DeskError, ValueError) as error:
            # Hours that nobody understands are no reason to read no tickets.
            log.warning("hours_not_read", desk=self.desk.name, problem=type(error).__name__)
            opening = dict(self.desk.opening or {})
        gives = _gives(self.helpdesk, _hours(self.services, self.desk.name, opening))
        with self.services.writing() as session:
            desks.opens(session, self.desk.id or 0, opening, at=self.began, gives=gives)
        return opening

    def _measured_again(self) -> bool:
        """Measures all stored tickets by the business hours of now; false when asked to stop."""
        mark = self.hours.mark
        with self.services.writing() as session:
            # Until it is done, the stored times are those of neither.
            session.get_one(Desk, self.desk.id).hours = f"on the way to {mark}"
        after: str | None = ""
        while after is not None:
            if self.services.stopping.is_set():
                return False
            self._hold()
            with self.services.writing() as session:
                desk = session.get_one(Desk, self.desk.id)
                after = tickets.measure_again(session, desk, self.hours, after=after)
                if after is None:
                    desk.hours = mark
        log.info("business_hours_changed", desk=self.desk.name)
        return True

    def _hold(self) -> None:
        _hold(self.services, self.desk.name, self.holder)

    def result(self, *, finished: bool) -> Synced:
        told = self.stored[Stream.TICKETS]
        others = sum(self.stored.values()) - told
        return Synced(self.desk.name, told, finished, others)


@contextmanager
def _collecting_little() -> Iterator[None]:
    """Keeps Python's collector from walking over the whole program anew for each of many pages.

    A page is a large tree of JSON in which nothing refers to itself. (A first sync takes a fifth
    less time so.)
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _streams(helpdesk: HelpDesk) -> dict[Stream, Callable[[Cursor], Iterator[Page[Row]]]]:
    """How to read each of the streams that a desk has, tickets first."""
    streams: dict[Stream, Callable[[Cursor], Iterator[Page[Row]]]] = {
        Stream.TICKETS: helpdesk.tickets,
        Stream.RATINGS: helpdesk.ratings,
        Stream.CALLS: helpdesk.calls,
        Stream.ARTICLES: helpdesk.articles,
    }
    has = helpdesk.capabilities.streams
    return {stream: read for stream, read in streams.items() if stream in has}
