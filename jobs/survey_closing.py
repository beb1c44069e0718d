"""Closes the waves whose time is up, and tells their results to those entitled."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from bot.locale import Reader
from bot.services import Services
from bot.slack.surveys.results import results as shown
from bot.store import outbox, results, rolls, waves
from bot.store.closing import close
from bot.store.tables import (
    BallotRow,
    CommentRow,
    LetterRow,
    OutboxRow,
    RollRow,
    SurveyRow,
    WaveRow,
)
from bot.surveys.survey import Plan, Results
from jobs import attempt, job
from jobs.survey_questions import SUBJECT

#: What is deleted from these, or changed in them, is to stand in no file.
_TABLES = (BallotRow, RollRow, WaveRow, CommentRow, LetterRow, OutboxRow)

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
    if to_scrub or any(due >= wave.closes_at for wave in there):
        attempt("survey scrub", partial(_scrub, services))


def _close(services: Services, wave_id: int, now: datetime) -> None:
    """Closes a wave and queues its results, both or neither."""
    readers = _Readers(services, wave_id)
    with services.writing() as session:
        asked = readers.asked(session)
        wave = close(session, wave_id, services.seals, now=now)
        if wave is None:
            return
        _tell(session, services, wave, readers, asked, now)
        log.info("survey_closed", wave=wave.id, asked=wave.asked, answered=wave.answered)


class _Readers:
    """For whom the results are, and in which language and zone each of them reads.

    Slack is asked before anything is written.
    """

    def __init__(self, services: Services, wave_id: int) -> None:
        self._seals = services.seals
        self._wave_id = wave_id
        with services.reading() as session:
            wave = session.get_one(WaveRow, wave_id)
            self.plan: Plan = waves.plan_of(wave)
            self.lead = session.get_one(SurveyRow, wave.survey_id).created_by
        self.of_lead = services.reader(self.lead)

    @property
    def of_channel(self) -> Reader:
        """A channel reads in the language of the lead, and in the survey's zone."""
        return Reader(self.of_lead.locale, self.plan.zone)

    def asked(self, session: Session) -> list[tuple[str, Reader]]:
        """Everybody who is asked, while it is still known who that is."""
        if self.plan.results is not Results.ASKED:
            return []
        roll = rolls.read(session, self._wave_id, self._seals)
        there = [] if roll is None else [seat for seat in roll if not seat.forgotten]
        zone = self.plan.zone
        # The lead gets them anyway.
        return [(seat.user, Reader(seat.locale, zone)) for seat in there if seat.user != self.lead]


def _tell(
    session: Session,
    services: Services,
    wave: WaveRow,
    readers: _Readers,
    asked: list[tuple[str, Reader]],
    now: datetime,
) -> None:
    """Posts the results to the channel, sends them to the lead, or to everybody who was asked."""
    told, before = results.of_wave(session, wave), results.earlier(session, wave)
    to_channel = readers.plan.results is Results.CHANNEL
    place = readers.plan.channel if to_channel else readers.lead
    message = shown(told, before, readers.of_channel if to_channel else readers.of_lead)
    outbox.queue(session, services.workspace, place, message, subject=SUBJECT, now=now)
    sealed = {
        reader: shown(told, before, reader, sealed=True) for reader in {*dict(asked).values()}
    }
    for user, reader in asked:
        outbox.queue_sealed(
            session,
            services.workspace,
            user,
            sealed[reader],
            seals=services.seals,
            subject=SUBJECT,
            now=now,
        )


def _scrub(services: Services) -> None:
    """Leaves nothing that was deleted in the files; tried again until nobody is in the way.

    That of later waves is marked only where it was deleted before the files were looked through.
    """
    with services.reading() as session:
        there = [wave.id for wave in waves.to_scrub(session, services.workspace)]
    if services.database.scrub(*_TABLES):
        with services.writing() as session:
            waves.scrubbed(session, there)
