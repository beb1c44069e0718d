"""Closes the waves whose time is up, and tells their results to those entitled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack.surveys.results import results as shown
from bot.store import outbox, results, waves
from bot.store.closing import Reckoned, close, look, reckon
from bot.store.outbox import Sealed
from bot.store.tables import SCRUBBED, SurveyRow
from bot.surveys.survey import Plan, Results
from jobs import attempt, job
from jobs.survey_openings import hearers
from jobs.survey_questions import SUBJECT

log = structlog.get_logger()


@job(every=timedelta(seconds=30))
def survey_closing(services: Services, due: datetime) -> None:
    """Closes every wave that is due, once, and leaves nothing of its answers in any file."""
    with services.reading() as session:
        there = waves.open_ones(session, services.workspace)
        to_scrub = waves.to_scrub(session, services.workspace)
    for wave in there:
        if due >= wave.closes_at:
            attempt(f"survey wave {wave.id}", partial(_close, services, wave.id or 0, due))
    # SQLite's log holds how a roll was while somebody was just answering: not for longer than this.
    is_logged = bool(there) and services.database.is_sqlite
    if to_scrub or is_logged or any(due >= wave.closes_at for wave in there):
        attempt("survey scrub", partial(_scrub, services))


def _close(services: Services, wave_id: int, now: datetime) -> None:
    """Closes a wave and queues its results, both or neither.

    To reckon, and to draw what comes of it, may take seconds; so that nobody waits for it, nothing is
    held meanwhile. Where something has changed since, such as that somebody was forgotten, the next
    look does it again.
    """
    with services.reading() as session:
        seen = look(session, wave_id, services.seals, now=now)
    if seen is None:
        return
    reckoned = reckon(seen, services.seals)
    news = _news(services, reckoned, now)
    with services.writing() as session:
        wave = close(session, reckoned, services.seals, now=now)
        if wave is None:
            return
        news.queue(session, services.workspace, now)
        log.info("survey_closed", wave=wave.id, asked=wave.asked, answered=wave.answered)


# --- Telling the results -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _News:
    """The results as messages: those by where they go, and those of which nobody learns that."""

    posted: Mapping[str, Message]
    sealed: Sequence[Sealed]

    def queue(self, session: Session, workspace: int, now: datetime) -> None:
        for place, message in self.posted.items():
            outbox.queue(session, workspace, place, message, subject=SUBJECT, now=now)
        outbox.queue_all_sealed(session, workspace, self.sealed, subject=SUBJECT, now=now)


def _news(services: Services, reckoned: Reckoned, now: datetime) -> _News:
    """The results for the channel, the lead, or everybody who was asked; Slack says how they read."""
    wave = reckoned.seen.wave
    with services.reading() as session:
        survey = session.get_one(SurveyRow, wave.survey_id)
        before = results.earlier(session, wave)
    plan, told = waves.plan_of(wave), reckoned.result(now)
    posted = _readers(services, plan, survey)
    # Leads get them anyway.
    asked = {user: reader for user, reader in _asked(reckoned, plan) if user not in posted}
    open_ = {one: pictured(partial(shown, told, before, one)) for one in {*posted.values()}}
    sealed = {one: shown(told, before, one, sealed=True) for one in {*asked.values()}}
    return _News(
        {place: open_[reader] for place, reader in posted.items()},
        [outbox.seal(user, sealed[reader], services.seals) for user, reader in asked.items()],
    )


def _readers(services: Services, plan: Plan, survey: SurveyRow) -> dict[str, Reader]:
    """Where the results are posted, and how it is read there."""
    if plan.results is not Results.CHANNEL:
        return hearers(services, survey)
    # A channel reads in the language of the lead, and in the survey's zone.
    return {plan.channel: Reader(services.reader(survey.created_by).locale, plan.zone)}


def _asked(reckoned: Reckoned, plan: Plan) -> Iterator[tuple[str, Reader]]:
    """Who was asked, and how they read, where all of them are to get the results."""
    for seat in reckoned.seen.roll if plan.results is Results.ASKED else ():
        if not seat.forgotten:
            yield seat.user, Reader(seat.locale, plan.zone)


def pictured(show: Callable[..., Message]) -> Message:
    """What is to be shown; without a picture where that cannot be drawn, for the wave is to close."""
    made: list[Message] = []
    attempt("survey picture", lambda: made.append(show(with_picture=True)))
    return made[0] if made else show(with_picture=False)


# --- Scrubbing -----------------------------------------------------------------------------------


def _scrub(services: Services) -> None:
    """Leaves nothing that was deleted in the files; tried again until nobody is in the way.

    What is deleted while the files are looked through waits for the next time.
    """
    with services.reading() as session:
        seen = waves.to_scrub(session, services.workspace)
    if services.database.scrub(*SCRUBBED) and seen:
        with services.writing() as session:
            waves.scrubbed(session, seen)
