"""Brings in what changed at the help desks, page by page; each page is kept as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from bot.domain import Window
from bot.errors import DeskError, DeskUnavailable
from bot.helpdesks import HelpDesk, Page
from bot.services import Services
from bot.store import desks, leases, tickets
from bot.store.tables import Desk
from jobs import attempt, job

#: For how long a reader of a desk may be silent before another takes over.
SPAN = timedelta(minutes=5)

log = structlog.get_logger()

#: Is told of every page that is kept: how many tickets so far, and how many are expected.
Progress = Callable[[int, int | None], None]


class BeingRead(DeskUnavailable):
    """Another process is reading this help desk at this moment, so nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a reading of a desk brought; `finished` unless it was asked to stop before the end."""

    desk: str
    tickets: int
    finished: bool


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
    holder = uuid4().hex
    row = _known(services, helpdesk)
    _hold(services, name, holder)
    try:
        return _read(services, helpdesk, row, since, _Keeper(services, name, holder, progress))
    except BeingRead:
        raise  # whoever took over knows how the desk is
    except DeskError as error:
        with services.writing() as session:
            desks.failed(session, row.id or 0, error.kept(), at=services.clock.now())
        raise
    finally:
        with services.writing() as session:
            leases.give_back(session, services.workspace, f"sync:{name}", holder)


def _known(services: Services, helpdesk: HelpDesk) -> Desk:
    with services.writing() as session:
        return desks.known(
            session,
            services.workspace,
            helpdesk.name,
            kind=services.settings.desks.get(helpdesk.name, {}).get("kind", ""),
            gives=helpdesk.capabilities.facts,
        )


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
    name: str
    holder: str
    progress: Progress

    def keep(self, desk: Desk, page: Page, data_from: datetime) -> None:
        """Tickets and cursor in one transaction: a stop anywhere loses nothing."""
        _hold(self.services, self.name, self.holder)
        with self.services.writing() as session:
            tickets.keep(session, desk, page.tickets, self.services.secret)
            desks.stored(session, desk.id or 0, page.cursor, data_from=data_from)


def _read(
    services: Services, helpdesk: HelpDesk, desk: Desk, since: datetime | None, keeper: _Keeper
) -> Synced:
    began = services.clock.now()
    first = since or (began - services.settings.history)
    anew = since is not None or desk.cursor is None
    cursor = helpdesk.start(Window(first, began)) if anew else desk.cursor or {}
    stored = 0
    for page in helpdesk.tickets(cursor):
        keeper.keep(desk, page, first if anew else desk.data_from or first)
        stored += len(page.tickets)
        keeper.progress(stored, page.expected)
        if services.stopping.is_set():
            return Synced(helpdesk.name, stored, finished=False)
    with services.writing() as session:
        desks.finished(session, desk.id or 0, data_until=began)
    log.info("desk_read", desk=helpdesk.name, tickets=stored)
    return Synced(helpdesk.name, stored, finished=True)
