"""Stores the readings of closed periods, and those again that late data have touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.calendars import country_of, first_weekday
from bot.digests.timetable import Kind, Timetable, baseline, comparables
from bot.domain import Dimension, Window
from bot.periods import Period, last_days, periods
from bot.services import Services
from bot.store import heat, kept, leases, schedules
from bot.store.digests import heat_window
from bot.store.readings import Sources
from jobs import job

#: Periods are kept as soon as so many of them, or so much time in all, are computed: a stop has not
#: to wait for more than that.
MOST_AT_ONCE, TIME_AT_ONCE = 48, timedelta(weeks=4)

#: For how long hours are kept whole; of older ones only the snapshot of the backlog.
HOURS_KEPT = timedelta(weeks=9)

#: The last so many days are what `/kpi` is asked most often.
OFTEN_ASKED = (7, 30)

#: For how long a worker that was lost in the middle keeps others from going on.
SPAN = timedelta(minutes=10)

log = structlog.get_logger()


@job(every=timedelta(seconds=30))
def readings(services: Services, due: datetime) -> None:
    """Brings the stored readings up to date; only one worker does it at a time."""
    holder = uuid4().hex
    if not _hold(services, holder):
        return
    try:
        stored = bring_up_to_date(services, due, holder=holder)
    finally:
        with services.writing() as session:
            leases.give_back(session, services.workspace, "readings", holder)
    if stored:
        log.info("readings_stored", periods=stored)


def _hold(services: Services, holder: str) -> bool:
    with services.writing() as session:
        return leases.take(
            session,
            services.workspace,
            "readings",
            holder,
            now=services.clock.now(),
            span=SPAN,
        )


def bring_up_to_date(
    services: Services,
    now: datetime,
    *,
    wanted: Sequence[Window] | None = None,
    holder: str | None = None,
) -> int:
    """Computes what is missing, newest first; how many periods, each counted by dimension.

    `wanted` are all closed periods that are stored, or those alone that are named.
    """
    if wanted is None:
        wanted = closed_periods(services, now)
    stored = 0
    for by in kept.DIMENSIONS:
        for batch in _batches(services, wanted, by):
            if services.stopping.is_set() or not (holder is None or _hold(services, holder)):
                return stored  # asked to stop, or somebody else has taken over
            _keep(services, batch, by)
            stored += len(batch)
    return stored + sum(_keep_heat(services, table, now) for table in _weekly(services))


def _batches(
    services: Services, wanted: Sequence[Window], by: Dimension | None
) -> list[list[Window]]:
    """What is missing, a few long periods or many short ones at a time."""
    with services.reading() as session:
        missing = Sources(session, services.workspace).missing(wanted, by)
    batches: list[list[Window]] = []
    lasting = TIME_AT_ONCE
    for window in missing:
        lasting += window.end - window.start
        if lasting > TIME_AT_ONCE or len(batches[-1]) == MOST_AT_ONCE:
            batches.append([])
            lasting = window.end - window.start
        batches[-1].append(window)
    return batches


def _keep(services: Services, windows: Sequence[Window], by: Dimension | None) -> None:
    """Computes and stores the readings of a few periods."""
    with services.reading() as session:
        # First of all, so that what changes from now on makes old what is computed here.
        revision = kept.revision(session, services.workspace)
        sources = Sources(session, services.workspace)
        computed = sources.periods(windows, by)
        basis = sources.basis
    with services.writing() as session:
        kept.store(session, services.workspace, by, computed, revision_=revision, basis_=basis)


def _weekly(services: Services) -> list[Timetable]:
    with services.reading() as session:
        planned = schedules.active(session, services.workspace)
    tables = map(schedules.timetable, planned)
    return [table for table in tables if table.kind is Kind.WEEKLY]


def _keep_heat(services: Services, table: Timetable, now: datetime) -> bool:
    """Stores the hours of the weeks that the next weekly digest shows; false when that is done."""
    (slot,) = table.upcoming(now, 1)
    due = [*(past.due_at for past in table.past(now, since=now - timedelta(weeks=2))), slot.due_at]
    for due_at in due:
        window = table.window(due_at)
        weeks = heat_window([*comparables(window), window])
        with services.reading() as session:
            revision = kept.revision(session, services.workspace)
            sources = Sources(session, services.workspace)
            if not sources.is_closed(weeks) or heat.is_stored(
                session, services.workspace, weeks, table.zone
            ):
                continue
            found = heat.compute(session, services.workspace, weeks, table.zone)
            basis = sources.basis
        with services.writing() as session:
            heat.store(
                session,
                services.workspace,
                weeks,
                table.zone,
                found,
                revision=revision,
                basis=basis,
            )
        return True
    return False


def closed_periods(services: Services, now: datetime) -> list[Window]:
    """Every closed window whose readings are stored, in the order of how soon they are needed."""
    with services.reading() as session:
        return list(_wanted(services, session, now))


def _wanted(services: Services, session: Session, now: datetime) -> Iterator[Window]:
    closed = Sources(session, services.workspace).closed
    if closed is None:
        return
    planned = schedules.active(session, services.workspace)
    tables = [schedules.timetable(schedule) for schedule in planned]
    found: dict[Window, None] = {}
    for table in tables:
        for slot in (*table.past(now, since=closed.start), *table.upcoming(now, 7)):
            window = table.window(slot.due_at)
            found |= dict.fromkeys([window, *baseline(window).windows])
    for zone in dict.fromkeys([services.settings.tz, *(table.zone for table in tables)]):
        for days in OFTEN_ASKED:
            last = last_days(now, days, zone)
            found |= dict.fromkeys([last, *comparables(last)])
        found |= dict.fromkeys(_calendar(closed, zone))
    # As moments: an hour that comes twice in one zone equals none of another, however it is.
    for window in {(w.start.timestamp(), w.end.timestamp()): w for w in found}.values():
        if closed.start <= window.start and window.end <= closed.end:
            yield window


def _calendar(closed: Window, zone: ZoneInfo) -> Iterator[Window]:
    """The periods of a zone, newest first."""
    first = first_weekday(country_of(zone))
    recent = max(closed.start, closed.end - HOURS_KEPT)
    for kind in (Period.DAY, Period.WEEK, Period.MONTH, Period.HOUR):
        start = recent if kind is Period.HOUR else closed.start
        yield from reversed(periods(kind, start, closed.end, zone, first_weekday=first))
