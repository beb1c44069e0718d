"""Forgets what nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from bot.store import desk_reads, kept, outbox
from jobs import job
from jobs.readings import HOURS_KEPT, closed_periods

#: For how long a message that was posted, or given up, is remembered.
KEPT = timedelta(days=30)


@job(cron="40 4 * * *", grace=timedelta(hours=18))
def tidy(services: Services, due: datetime) -> None:
    """Deletes settled messages that are older than a month, and readings that nobody asks for."""
    wanted = closed_periods(services, due)
    with services.writing() as session:
        kept.tidy(session, services.workspace, before=due - HOURS_KEPT, wanted=wanted)
        outbox.tidy(session, services.workspace, before=due - KEPT)
        desk_reads.tidy(session, services.workspace, before=due - desk_reads.KEPT)
