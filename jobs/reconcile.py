"""Compares, once a day, how much we have with how much each help desk says it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.domain import Counted, Window
from bot.errors import DeskError
from bot.helpdesks import HelpDesk
from bot.pauses import Stopped, Watcher
from bot.services import Services
from bot.store import counts, desks
from bot.store.tables import Desk
from jobs import attempt, job
from jobs.sync import BeingRead, read_desk

#: How many days back the counts are compared. Older tickets hardly ever come or go.
DAYS = 35

#: For how long it waits for another process that is reading a desk, and how often it looks.
PATIENCE, PAUSE = timedelta(minutes=20), timedelta(seconds=10)

#: A desk that makes us wait longer, in seconds, to be counted is compared the next night.
LONGEST_WAIT = 300.0

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
    zone = ZoneInfo(helpdesk.capabilities.zone)
    still_told = _still_told(services, helpdesk, zone)
    if not helpdesk.capabilities.counts:
        return []
    if _is_being_read_for_the_first_time(services, name):
        log.info("reconcile_too_early", desk=name)
        return []
    if not read_desk(services, name).finished:
        log.warning("reconcile_stopped", desk=name)
        return []
    with services.reading() as session:
        desk = desks.find(session, services.workspace, name)
    if desk is None or desk.data_from is None:
        return []
    days = set(_days(desk.data_from, now, zone))
    try:
        with services.pauses.watched(name, _waits(services, desk), longest=LONGEST_WAIT):
            return [
                (_whole_day(day, zone).start, ours, theirs)
                for what in sorted(helpdesk.capabilities.counts)
                # A day that differed is compared until it is right, however old it is by now.
                for day in sorted(days | still_told[what])
                for ours, theirs in [_compare_day(services, helpdesk, desk, day, what)]
                if ours != theirs
            ]
    except Stopped:
        log.warning("reconcile_stopped", desk=name)
        return []


def _waits(services: Services, desk: Desk) -> Watcher:
    def tell(until: datetime) -> None:
        with services.writing() as session:
            desks.waits(session, desk.id or 0, until)

    return tell


def _is_being_read_for_the_first_time(services: Services, name: str) -> bool:
    """Whether its history is still coming in, which can take days: others are not to wait for it."""
    with services.reading() as session:
        desk = desks.find(session, services.workspace, name)
    return desk is not None and desk.data_until is None and desk.cursor is not None


def _still_told(
    services: Services, helpdesk: HelpDesk, zone: ZoneInfo
) -> Mapping[Counted, set[date]]:
    """The days that differed when last compared, by what was counted.

    What is no longer counted so, or no longer by the days of that zone, is forgotten: nobody could
    ever find it right.
    """
    found: dict[Counted, set[date]] = defaultdict(set)
    with services.writing() as session:
        desk = desks.find(session, services.workspace, helpdesk.name)
        for row in counts.differences(session, services.workspace):
            if desk is None or row.desk_id != desk.id:
                continue
            day = row.day.astimezone(zone).date()
            is_counted = row.what in helpdesk.capabilities.counts
            if is_counted and _whole_day(day, zone).start == row.day:
                found[Counted(row.what)].add(day)
            else:
                session.delete(row)
    return found


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
    services: Services, helpdesk: HelpDesk, desk: Desk, day: date, what: Counted
) -> tuple[int, int]:
    window = _whole_day(day, ZoneInfo(helpdesk.capabilities.zone))
    theirs = helpdesk.count(window, what)
    with services.writing() as session:
        ours = counts.of(session, desk, window, what)
        if theirs is None:
            return ours, ours
        now = services.clock.now()
        counts.compared(session, desk, window.start, what, ours=ours, theirs=theirs, at=now)
    if ours != theirs:
        log.warning(
            "counts_differ",
            desk=desk.name,
            what=str(what),
            day=day.isoformat(),
            ours=ours,
            theirs=theirs,
            mend=f"deskpulse sync --desk {desk.name} --since {day}",
        )
    return ours, theirs
