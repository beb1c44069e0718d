"""Declared jobs → APScheduler, which only ticks: what is due, and done once, is decided by rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.services import Services
from bot.store import runs
from jobs import Job, attempt, declared

#: How often it is looked whether a cron job is due.
CRON_TICK = timedelta(seconds=30)

log = structlog.get_logger()


def start(services: Services) -> BackgroundScheduler:
    """Starts ticking every declared job in threads of this process."""
    jobs = declared()
    # A run of it may take hours over the history of one desk, while the others are due.
    most = {name: 1 + len(services.desks) if job.side_by_side else 1 for name, job in jobs.items()}
    scheduler = BackgroundScheduler(
        timezone=services.settings.tz,
        executors={"default": ThreadPoolExecutor(sum(most.values()) + 1)},
        # A tick that comes late is as good as one in time, two at once are as good as one.
        job_defaults={"misfire_grace_time": None, "coalesce": True},
    )
    for job in jobs.values():
        every = job.every or CRON_TICK
        scheduler.add_job(
            partial(tick, services, job),
            IntervalTrigger(seconds=every.total_seconds()),
            id=job.name,
            name=job.name,
            max_instances=most[job.name],
            next_run_time=services.clock.now(),
        )
    scheduler.start()
    return scheduler


def stop(services: Services, scheduler: BackgroundScheduler) -> None:
    """Ends ticking and waits until what runs has come to a safe place."""
    services.stopping.set()
    scheduler.shutdown(wait=True)


def tick(services: Services, job: Job) -> None:
    """Runs a job if it is due now."""
    now = services.clock.now()
    if job.cron is None:
        attempt(job.name, partial(job.work, services, now))
        return
    due = last_due(job, now, services)
    if due is not None and _claimed(services, job, due, now):
        attempt(job.name, partial(job.work, services, due))


def last_due(job: Job, now: datetime, services: Services) -> datetime | None:
    """The last moment within the job's grace at which a cron job was due."""
    trigger = CronTrigger.from_crontab(job.cron, timezone=services.settings.tz)
    found, due = None, trigger.get_next_fire_time(None, now - job.grace)
    while due is not None and due <= now:
        # In UTC: adding to a local time forgets which of the two hours of an autumn night it is in,
        # and the trigger would give the second one again and again.
        found = due.astimezone(UTC)
        due = trigger.get_next_fire_time(None, found + timedelta(seconds=1))
    return found


def _claimed(services: Services, job: Job, due: datetime, now: datetime) -> bool:
    """Claims a due moment for this process; false when it was claimed before."""
    slot = due.astimezone(services.settings.tz).strftime("%Y-%m-%dT%H:%M")
    subject = f"job:{job.name}"
    with services.reading() as session:
        if runs.is_claimed(session, services.workspace, subject, slot):
            return False
    with services.writing() as session:
        return runs.claim(session, services.workspace, subject, slot, due_at=due, now=now)
