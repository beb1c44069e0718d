"""Ends what was promised to end: the way to authors, comments, and the marks of who answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from bot.store import comments, mailboxes, marks, surveys, waves
from bot.surveys.gate import REMEMBERED
from bot.surveys.mailbox import LIFETIME
from jobs import job

#: A survey that was planned and not started is dropped after a day.
DRAFTS = timedelta(days=1)


@job(every=timedelta(hours=1))
def survey_care(services: Services, due: datetime) -> None:
    """Deletes what is over; `jobs.survey_closing` leaves nothing of it in the files."""
    workspace, kept = services.workspace, services.settings.keep_comments
    with services.writing() as session:
        waves.one_at_a_time(session, workspace)
        surveys.drop_drafts(session, workspace, before=due - DRAFTS)
        for wave in waves.with_mailbox(session, workspace, before=due - LIFETIME):
            mailboxes.destroy(session, wave)
        for wave in waves.with_comments(session, workspace, before=due - kept):
            comments.delete_of(session, wave)
        for wave in waves.with_marks(session, workspace, before=due - REMEMBERED):
            marks.destroy(session, wave)
