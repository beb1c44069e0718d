"""Ends what was promised to end: the way to authors after 30 days, comments after 13 months."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from bot.store import comments, surveys, waves
from bot.surveys.batches import LIFETIME
from jobs import job

#: Comments, and the marks of those who answered, are kept for 13 months; then only the numbers are.
RETENTION = timedelta(days=396)

#: A survey that was planned and not started is dropped after a day.
DRAFTS = timedelta(days=1)


@job(every=timedelta(hours=1))
def survey_care(services: Services, due: datetime) -> None:
    """Deletes what is over; `jobs.survey_closing` leaves nothing of it in the files."""
    with services.writing() as session:
        surveys.drop_drafts(session, services.workspace, before=due - DRAFTS)
        for wave in waves.with_mailbox(session, services.workspace, before=due - LIFETIME):
            comments.end_wave(session, wave)
        for wave in waves.with_comments(session, services.workspace, before=due - RETENTION):
            comments.delete_of(session, wave)
