"""Relays the letters between leads and the authors of comments, a whole batch at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom

from sqlmodel import Session

from bot.locale import Reader
from bot.services import Services
from bot.slack.surveys.letters import to_author, to_lead
from bot.store import letters, mailboxes, outbox
from bot.surveys.mailbox import News
from jobs import job
from jobs.survey_questions import SUBJECT


@job(every=timedelta(minutes=5))
def survey_letters(services: Services, due: datetime) -> None:
    """Puts every letter of the batches that are due on its way, once, in no order.

    Slack is asked for the languages of those who get one before anything is written.
    """
    with services.reading() as session:
        boxes = mailboxes.of_workspace(session, services.workspace, services.seals)
    to_relay = [wave for wave, box in boxes.items() if box.due(due)]
    if not to_relay:
        return
    recipients = {news.recipient for wave in to_relay for news in boxes[wave].news(due)}
    readers = {user: services.reader(user) for user in recipients}
    anybody = Reader(services.settings.locale, services.settings.tz)
    with services.writing() as session:
        # What was ended meanwhile is not among them any more.
        relayed = [letters.relay(session, wave, services.seals, now=due) for wave in to_relay]
        there = [news for of_wave in relayed for news in of_wave]
        for one in SystemRandom().sample(there, len(there)):
            _tell(session, services, one, readers.get(one.recipient, anybody), due)


def _tell(session: Session, services: Services, news: News, reader: Reader, now: datetime) -> None:
    """Queues the message to one of them, of which nobody can read whom it is for."""
    message = to_lead(news.comment, reader)
    if news.is_author:
        message = to_author(letters.alias(news.comment, services.seals), reader)
    outbox.queue_sealed(
        session,
        services.workspace,
        news.recipient,
        message,
        seals=services.seals,
        subject=SUBJECT,
        now=now,
    )
