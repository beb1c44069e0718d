"""Relays the letters between leads and the authors of comments, a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import SystemRandom
from typing import NamedTuple

from sqlmodel import Session

from bot.locale import Reader
from bot.services import Services
from bot.slack.surveys.letters import to_author, to_lead
from bot.store import comments, letters, outbox
from bot.surveys.batches import Letter
from jobs import job
from jobs.survey_questions import SUBJECT


@job(every=timedelta(minutes=5))
def survey_letters(services: Services, due: datetime) -> None:
    """Puts every letter of the batches that are due on its way, once, in no order.

    Slack is asked for the languages of those who get one before anything is written.
    """
    with services.reading() as session:
        batch = letters.due(session, services.workspace, services.seals, now=due)
        news = _news(session, services, batch)
    if not batch:
        return
    readers = {user: services.reader(user) for user, _, _ in news}
    anybody = Reader(services.settings.locale, services.settings.tz)
    with services.writing() as session:
        batch = letters.due(session, services.workspace, services.seals, now=due, lock=True)
        for letter in batch:
            letters.relayed(session, letter)
        # One that was ended meanwhile is not among them any more.
        there = list(_news(session, services, batch))
        for one in SystemRandom().sample(there, len(there)):
            _tell(session, services, one, readers.get(one.recipient, anybody), due)


class _News(NamedTuple):
    """That somebody has letters about a comment to read: told once, however many there are."""

    recipient: str
    comment: str
    is_author: bool


def _news(session: Session, services: Services, batch: Iterable[Letter]) -> set[_News]:
    """Who is to be told of the letters of a batch; of one that nobody gets any more, nobody."""
    found = set()
    for letter in batch:
        if letter.by is None:
            recipient = letters.correspondent(session, letter.comment)
        else:
            recipient = comments.author(session, letter.comment, services.seals)
        if recipient is not None:
            found.add(_News(recipient, letter.comment, is_author=letter.by is not None))
    return found


def _tell(session: Session, services: Services, news: _News, reader: Reader, now: datetime) -> None:
    """Queues the message to one of them, of which nobody can read whom it is for."""
    message = to_lead(news.comment, reader)
    if news.is_author:
        message = to_author(comments.alias(news.comment, services.seals), reader)
    outbox.queue_sealed(
        session,
        services.workspace,
        news.recipient,
        message,
        seals=services.seals,
        subject=SUBJECT,
        now=now,
    )
