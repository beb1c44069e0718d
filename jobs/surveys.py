"""Opens the waves that are due: takes the audience, picks the questions, writes the roll."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from bot.errors import SlackError
from bot.locale import Reader, known_locale
from bot.message import Message
from bot.services import Services, known_zone
from bot.slack.audience import Invited, invited
from bot.slack.surveys.notices import cannot_ask, no_questions, too_few
from bot.store import outbox, runs, surveys, waves
from bot.store.askings import questions
from bot.store.tables import RunState, SurveyRow, WaveRow
from bot.store.waves import Beginning
from bot.surveys.moments import Opening, closing, openings
from bot.surveys.roll import Roll, Seat
from bot.surveys.survey import Plan, Question
from jobs import attempt, job

#: A wave that is later than this is not opened any more: its close would come too early.
GRACE = timedelta(hours=24)

#: Openings of so long ago are of no interest any more.
LOOKED_BACK = timedelta(days=7)

#: The slot of a survey that is asked once.
ONCE = "once"

log = structlog.get_logger()


@job(every=timedelta(seconds=30), grace=GRACE)
def survey_openings(services: Services, due: datetime) -> None:
    """Deals with every due opening once, whichever worker gets to it first."""
    with services.reading() as session:
        there = surveys.standing(session, services.workspace)
    for survey in there:
        if not survey.paused:
            attempt(subject(survey), partial(_open_due, services, survey, due))


def subject(survey: SurveyRow) -> str:
    """Under which name the openings of a survey are kept."""
    return f"survey:{survey.id}"


def _open_due(services: Services, survey: SurveyRow, now: datetime) -> None:
    for opening in _due(services, survey, now):
        attempt(subject(survey), partial(open_due, services, survey, opening, now))


def _due(services: Services, survey: SurveyRow, now: datetime) -> list[Opening]:
    """The openings since the survey was started or resumed that nobody has dealt with."""
    plan = surveys.plan_of(survey)
    found = [Opening(ONCE, survey.since)]
    if plan.cadence is not None:
        after = max(survey.since, now - LOOKED_BACK)
        found = openings(plan.cadence, survey.since, plan.zone, after=after, until=now)
    with services.reading() as session:
        return [
            opening
            for opening in found
            if not runs.is_claimed(session, services.workspace, subject(survey), opening.slot)
        ]


def open_due(services: Services, survey: SurveyRow, opening: Opening, now: datetime) -> bool:
    """Opens a wave, or says why none can be; false when somebody else did, or nobody can now.

    Slack is asked for the audience before anything is written. One that it does not tell now is
    asked for again; the lead hears of one that somebody has to mend.
    """
    plan = surveys.plan_of(survey)
    if now - opening.at > GRACE:
        with services.writing() as session:
            return _claim(session, services, survey, opening, now, state=RunState.MISSED)
    if services.messenger is None:
        return False
    # Nothing is asked of Slack while something is being written.
    reader = services.reader(survey.created_by)
    try:
        found = invited(services.messenger, plan.audience, services.clock)
    except SlackError as error:
        _not_told(services, survey, opening, error, reader)
        return False
    with services.writing() as session:
        if not _claim(session, services, survey, opening, now):
            return False
        asked = questions(session, survey.id or 0, plan, now)
        if why := _why_not(plan, found, asked, reader):
            _tell(session, survey, why, now)
            _end_if_over(session, survey, plan, now)
        else:
            wave = _open(session, services, survey, plan, asked, found, now)
            log.info("survey_opened", survey=survey.id, wave=wave.id, asked=wave.asked)
    return True


def _why_not(
    plan: Plan, found: Invited, asked: Sequence[Question], reader: Reader
) -> Message | None:
    """Why no wave can be opened: it would betray somebody, or ask nothing."""
    if len(found.people) < plan.fewest:
        return too_few(plan, len(found.people), reader)
    return None if asked else no_questions(reader)


def _claim(
    session: Session,
    services: Services,
    survey: SurveyRow,
    opening: Opening,
    now: datetime,
    *,
    state: RunState = RunState.DONE,
) -> bool:
    return runs.claim(
        session,
        services.workspace,
        subject(survey),
        opening.slot,
        due_at=opening.at,
        now=now,
        state=state,
    )


def _open(
    session: Session,
    services: Services,
    survey: SurveyRow,
    plan: Plan,
    asked: Sequence[Question],
    found: Invited,
    now: datetime,
) -> WaveRow:
    begins = Beginning(
        plan=plan,
        questions=asked,
        teams=found.teams,
        roll=_roll(found, plan),
        closes_at=closing(plan, now),
    )
    return waves.open_wave(session, survey, begins, services.seals, now=now)


def _roll(found: Invited, plan: Plan) -> Roll:
    return Roll.of(
        Seat(
            user=person.id,
            team=team,
            zone=known_zone(person.zone, plan.zone).key,
            locale=known_locale(person.locale, plan.languages[0]),
            names=person.names,
        )
        for person, team in found.people
    )


# --- What the lead is told -----------------------------------------------------------------------


def _not_told(
    services: Services, survey: SurveyRow, opening: Opening, error: SlackError, reader: Reader
) -> None:
    """Slack does not tell who is asked: it is tried again until it is too late; the lead hears once."""
    log.warning("survey_not_opened", survey=survey.id, problem=str(error))
    now = services.clock.now()
    with services.writing() as session:
        if runs.claim(
            session,
            services.workspace,
            f"{subject(survey)}:untold",
            opening.slot,
            due_at=opening.at,
            now=now,
        ):
            why = error.said(reader.template)
            _tell(session, survey, cannot_ask(surveys.plan_of(survey), why, reader), now)


def _end_if_over(session: Session, survey: SurveyRow, plan: Plan, now: datetime) -> None:
    """A survey that was to be asked once, and could not be, is over."""
    if plan.cadence is None:
        surveys.remove(session, survey, now=now)


def _tell(session: Session, survey: SurveyRow, message: Message, now: datetime) -> None:
    outbox.queue(
        session,
        survey.workspace_id,
        survey.created_by,
        message,
        subject=subject(survey),
        now=now,
    )
