"""Makes the digests that are due, or that somebody asked for, and puts them into the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.digests.digest import Digest
from bot.digests.timetable import Slot, Timetable
from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack import digest as digest_message
from bot.store import outbox, runs, schedules
from bot.store.digests import gather
from bot.store.tables import Run, RunState, Schedule
from jobs import attempt, job

#: A digest that is later than this is no news; it is noted as missed.
GRACE = timedelta(hours=12)

#: A digest that is later than this says so.
LATE = timedelta(minutes=10)

log = structlog.get_logger()


@job(every=timedelta(seconds=15), grace=GRACE)
def digests(services: Services, due: datetime) -> None:
    """Deals with every due moment once, whichever worker gets to it first.

    Each is a piece of work of its own: one that fails is tried again, and holds up no other.
    """
    with services.reading() as session:
        asked = runs.asked(session, services.workspace)
        active = schedules.active(session, services.workspace)
    for run in asked:
        if run.subject.startswith("digest:"):
            attempt(run.subject, partial(post_asked, services, run, due))
    for schedule in active:
        attempt(subject(schedule), partial(_post_open, services, schedule, due))


def _post_open(services: Services, schedule: Schedule, now: datetime) -> None:
    for slot in _open_slots(services, schedule, now):
        attempt(subject(schedule), partial(post_due, services, schedule, slot, now))


def _open_slots(services: Services, schedule: Schedule, now: datetime) -> list[Slot]:
    """The due moments since the digest was set up or resumed that nobody has dealt with."""
    slots = schedules.timetable(schedule).past(now, since=schedule.resumed_at)
    with services.reading() as session:
        return [
            slot
            for slot in slots
            if not runs.is_claimed(session, services.workspace, subject(schedule), slot.key)
        ]


def subject(schedule: Schedule) -> str:
    """Under which name the runs and messages of a digest are kept."""
    return f"digest:{schedule.id}"


def post_due(services: Services, schedule: Schedule, slot: Slot, now: datetime) -> bool:
    """Claims a due moment and queues its digest, both or neither; false when somebody else did."""
    late_by = now - slot.due_at
    missed = late_by > GRACE
    message = None if missed else _due_message(services, schedule, slot, now)
    with services.writing() as session:
        claimed = runs.claim(
            session,
            services.workspace,
            subject(schedule),
            slot.key,
            due_at=slot.due_at,
            now=now,
            state=RunState.MISSED if missed else RunState.DONE,
            note="no worker was running" if missed else None,
        )
        if claimed and message is not None:
            outbox.queue(
                session,
                services.workspace,
                schedule.channel,
                message,
                subject=subject(schedule),
                # A replay is late, and its message is news of now all the same.
                now=services.clock.now(),
            )
    if claimed:
        log.info("digest_missed" if missed else "digest_queued", digest=schedule.id, slot=slot.key)
    return claimed


def _due_message(services: Services, schedule: Schedule, slot: Slot, now: datetime) -> Message:
    late_by = now - slot.due_at
    made = compose(
        services,
        schedules.timetable(schedule),
        slot.due_at,
        now=now,
        late_by=late_by if late_by > LATE else None,
    )
    reader = Reader(schedule.locale, ZoneInfo(schedule.zone))
    return digest_message.render(made, reader, schedule=schedule.id)


def compose(
    services: Services,
    timetable: Timetable,
    due_at: datetime,
    *,
    now: datetime,
    late_by: timedelta | None = None,
) -> Digest:
    """What the digest due at a moment says, as the database knows it now."""
    with services.reading() as session:
        return gather(
            session,
            services.workspace,
            timetable.kind,
            timetable.window(due_at),
            now=now,
            stale_after=services.settings.stale_after,
            late_by=late_by,
        )


def post_asked(services: Services, run: Run, now: datetime) -> None:
    """Queues the digest that somebody asked for by `/digest now`."""
    request = run.request or {}
    timetable = Timetable.from_json(request["timetable"])
    made = compose(services, timetable, run.due_at, now=now)
    message = digest_message.render(made, Reader(request["locale"], timetable.zone))
    with services.writing() as session:
        if runs.take(session, run, now=now):
            outbox.queue(
                session,
                services.workspace,
                request["channel"],
                message,
                subject=run.subject,
                now=services.clock.now(),
            )
