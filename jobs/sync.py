"""Brings in what changed at the help desks, page by page; each page is kept as it comes."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import uuid4

import structlog

from bot.domain import ArticleDay, Call, Fact, Rating, Ticket, Window
from bot.errors import DeskError, DeskUnavailable
from bot.helpdesks import Cursor, HelpDesk, Page, Stream
from bot.hours import DeskHours
from bot.services import Services
from bot.store import desks, facts, leases, tickets
from bot.store.tables import Desk
from jobs import attempt, job

#: For how long a reader of a desk may be silent before another takes over.
SPAN = timedelta(minutes=5)

log = structlog.get_logger()

#: Is told of every page that is kept: how many tickets so far, and how many are expected.
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


@job(every=timedelta(seconds=15))
def sync(services: Services, due: datetime) -> None:
    """Reads every desk whose turn it is; one that fails is told of and does not stop the others.

    One that another worker is reading is left to it.
    """
    retire_unlisted(services)
    for name in services.desks:
        if _is_due(services, name, due):
            attempt(f"sync:{name}", partial(_read_or_tell, services, name))


def _read_or_tell(services: Services, name: str) -> None:
    try:
        read_desk(services, name)
    except BeingRead:
        return
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
    last = max(filter(None, (desk.data_until, desk.problem_at)), default=None)
    return last is None or last + services.settings.sync_every <= now


def read_desk(
    services: Services,
    name: str,
    *,
    since: datetime | None = None,
    progress: Progress = lambda _stored, _expected: None,
) -> Synced:
    """Reads one desk to the end of its stream, from where the last reading stopped.

    With `since` everything that changed from then on is read again. Raises a `DeskError` when the
    desk cannot be read (what was kept stays), `BeingRead` while another process is reading it.
    """
    helpdesk = services.desks[name]
    holder, hours = uuid4().hex, DeskHours.of_desk(services.settings, name)
    row = _known(services, helpdesk, hours)
    _hold(services, name, holder)
    keeper = _Keeper(services, row, holder, hours)
    try:
        if row.hours != hours.mark and not keeper.measure_again():
            return Synced(name, 0, finished=False)
        with _collecting_little():
            return _read(helpdesk, since, keeper, progress)
    except BeingRead:
        raise  # whoever took over knows how the desk is
    except DeskError as error:
        with services.writing() as session:
            desks.failed(session, row.id or 0, error.kept(), at=services.clock.now())
        raise
    finally:
        with services.writing() as session:
            leases.give_back(session, services.workspace, f"sync:{name}", holder)


def _known(services: Services, helpdesk: HelpDesk, hours: DeskHours) -> Desk:
    gives = helpdesk.capabilities.facts
    with services.writing() as session:
        return desks.known(
            session,
            services.workspace,
            helpdesk.name,
            kind=services.settings.desks.get(helpdesk.name, {}).get("kind", ""),
            gives=gives | {Fact.HOURS} if hours.mark else gives,
            told_as=_told_as(services.settings.desks.get(helpdesk.name, {})),
        )


#: Settings of a desk that say where and how it is read, but not what its tickets mean.
_WAYS = ("url", "token", "timeout", "overlap")


def _told_as(settings: Mapping[str, Any]) -> str:
    """Changes whenever the settings that decide what a ticket's facts are do."""
    told = {name: value for name, value in settings.items() if name not in _WAYS}
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


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Keeps pages, and the lease while they come."""

    services: Services
    desk: Desk
    holder: str
    hours: DeskHours

    def keep(self, stream: Stream, page: Page[Row], data_from: datetime) -> None:
        """Rows and cursor in one transaction: a stop anywhere loses nothing."""
        _hold(self.services, self.desk.name, self.holder)
        told = [row for row in page.rows if isinstance(row, Ticket)]
        others = [row for row in page.rows if not isinstance(row, Ticket)]
        with self.services.writing() as session:
            desk = session.get_one(Desk, self.desk.id)
            tickets.keep(session, desk, told, self.services.secret, self.hours)
            facts.keep(session, desk, others)
            desks.stored(session, desk.id or 0, stream, page.cursor, data_from=data_from)

    def measure_again(self) -> bool:
        """Measures all stored tickets by the business hours of now; false when asked to stop."""
        mark = self.hours.mark
        with self.services.writing() as session:
            # Until it is done, the stored times are those of neither.
            session.get_one(Desk, self.desk.id).hours = f"on the way to {mark}"
        after: str | None = ""
        while after is not None:
            if self.services.stopping.is_set():
                return False
            _hold(self.services, self.desk.name, self.holder)
            with self.services.writing() as session:
                desk = session.get_one(Desk, self.desk.id)
                after = tickets.measure_again(session, desk, self.hours, after=after)
                if after is None:
                    desk.hours = mark
        log.info("business_hours_changed", desk=self.desk.name)
        return True


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


def _read(
    helpdesk: HelpDesk, since: datetime | None, keeper: _Keeper, progress: Progress
) -> Synced:
    services, desk = keeper.services, keeper.desk
    began = services.clock.now()
    # As far back as was read before, if that is further: it is read again.
    oldest = min(filter(None, (desk.data_from, began - services.settings.history)))
    first = since or oldest
    stored = dict.fromkeys(Stream, 0)
    for stream, pages in _streams(helpdesk).items():
        if services.stopping.is_set():
            return _synced(helpdesk, stored, finished=False)
        cursor = None if since is not None else (desk.cursor or {}).get(stream)
        data_from = first if cursor is None else desk.data_from or first
        start = helpdesk.start(Window(first, began), stream) if cursor is None else cursor
        for page in pages(start):
            keeper.keep(stream, page, data_from)
            stored[stream] += len(page.rows)
            progress(stored[stream], page.expected)
            if services.stopping.is_set():
                return _synced(helpdesk, stored, finished=False)
    team = helpdesk.agents()
    with services.writing() as session:
        facts.keep_agents(session, desk, team, services.secret)
        desks.finished(session, desk.id or 0, data_until=began)
    done = _synced(helpdesk, stored, finished=True)
    log.info("desk_read", desk=helpdesk.name, tickets=done.tickets, others=done.others)
    return done


def _synced(helpdesk: HelpDesk, stored: Mapping[Stream, int], *, finished: bool) -> Synced:
    tickets_ = stored[Stream.TICKETS]
    return Synced(helpdesk.name, tickets_, finished, others=sum(stored.values()) - tickets_)


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
