"""Forgets what nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from bot.store import outbox
from jobs import job

#: For how long a message that was posted, or given up, is remembered.
KEPT = timedelta(days=30)


@job(cron="40 4 * * *", grace=timedelta(hours=18))
def tidy(services: Services, due: datetime) -> None:
    """Deletes settled messages that are older than a month."""
    with services.writing() as session:
        outbox.tidy(session, services.workspace, before=due - KEPT)
