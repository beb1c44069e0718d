"""Compares, once a day, how much we have with how much each help desk says it has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.domain import Counted, Window
from bot.errors import DeskError
from bot.helpdesks import HelpDesk
from bot.services import Services
from bot.store import counts, desks
from bot.store.tables import Desk
from jobs import attempt, job
from jobs.sync import BeingRead, read_desk

#: How many days back the counts are compared. Older tickets hardly ever come or go.
DAYS = 35

#: For how long it waits for another process that is reading a desk, and how often it looks.
PATIENCE, PAUSE = timedelta(minutes=20), timedelta(seconds=10)

log = structlog.get_logger()


@job(cron="10 4 * * *", grace=timedelta(hours=18))
def reconcile(services: Services, due: datetime) -> None:
    """Compares the desks that can count; one that fails does not stop the others.

    One that another process is reading comes last, as soon as that is done.
    """
    until = services.clock.now() + PATIENCE
    busy = _compare_all(services, services.desks, due)
    if busy:
        log.info("reconcile_waits", desks=sorted(busy), until=until.isoformat())
    while busy and services.clock.now() < until and not services.stopping.is_set():
        services.clock.sleep(PAUSE.total_seconds())
        busy = _compare_all(services, busy, due)
    for name, error in busy.items():
        _tell(name, error)


def _compare_all(services: Services, names: Iterable[str], now: datetime) -> dict[str, BeingRead]:
    """Compares these desks; gives those that are being read by another process."""
    busy: dict[str, BeingRead] = {}
    for name in names:
        attempt(f"reconcile:{name}", partial(_compare_one, services, name, now, busy))
    return busy


def _compare_one(services: Services, name: str, now: datetime, busy: dict[str, BeingRead]) -> None:
    try:
        compare(services, name, now)
    except BeingRead as error:
        busy[name] = error
    except DeskError as error:
        _tell(name, error)


def _tell(name: str, error: DeskError) -> None:
    """What was not compared now is compared tomorrow: each time it is all of the last days."""
    log.warning("reconcile_failed", desk=name, problem=str(error))


def compare(services: Services, name: str, now: datetime) -> list[tuple[datetime, int, int]]:
    """Reads the desk once more and compares day by day; gives the days that differ: ours, theirs.

    The result of each day is kept, and shown by digests and `deskpulse doctor` until a later
    comparison finds the day right. Raises `BeingRead` while another process is reading the desk,
    another `DeskError` when the desk fails.
    """
    helpdesk = services.desks[name]
    if not helpdesk.capabilities.counts:
        return []
    if not read_desk(services, name).finished:
        log.warning("reconcile_stopped", desk=name)
        return []
    with services.reading() as session:
        desk = desks.find(session, services.workspace, name)
        told = counts.differences(session, services.workspace)
    if desk is None or desk.data_from is None:
        return []
    different = []
    zone = ZoneInfo(helpdesk.capabilities.zone)
    for what in sorted(helpdesk.capabilities.counts):
        # A day that differed is compared until it is right, however old it is by now.
        still_told = {
            row.day.astimezone(zone).date()
            for row in told
            if row.desk_id == desk.id and row.what == what
        }
        for date_ in sorted(still_told.union(_days(desk.data_from, now, zone))):
            day = _whole_day(date_, zone)
            ours, theirs = _compare_day(services, helpdesk, desk, day, what)
            if ours != theirs:
                different.append((day.start, ours, theirs))
                log.warning(
                    "counts_differ",
                    desk=name,
                    what=str(what),
                    day=date_.isoformat(),
                    ours=ours,
                    theirs=theirs,
                    mend=f"deskpulse sync --desk {name} --since {date_}",
                )
    return different


def _days(data_from: datetime, now: datetime, zone: ZoneInfo) -> list[date]:
    """Whole days of the desk's zone, the newest yesterday: things of today are still coming in."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    return [day for day in days if _whole_day(day, zone).start >= data_from]


def _whole_day(day: date, zone: ZoneInfo) -> Window:
    """From midnight to midnight, in UTC."""
    start, end = (
        datetime.combine(one, time.min, tzinfo=zone).astimezone(UTC)
        for one in (day, day + timedelta(days=1))
    )
    return Window(start, end)


def _compare_day(
    services: Services, helpdesk: HelpDesk, desk: Desk, day: Window, what: Counted
) -> tuple[int, int]:
    theirs = helpdesk.count(day, what)
    with services.writing() as session:
        ours = counts.of(session, desk, day, what)
        if theirs is None:
            return ours, ours
        now = services.clock.now()
        counts.compared(session, desk, day.start, what, ours=ours, theirs=theirs, at=now)
    return ours, theirs
