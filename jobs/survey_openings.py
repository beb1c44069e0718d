"""Opens the waves that are due: takes the audience, picks the questions, writes the roll."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from bot.errors import SlackError
from bot.locale import Reader, known_locale
from bot.message import Message
from bot.services import Role, Services, known_zone
from bot.slack.audience import Invited, invited, is_public
from bot.slack.surveys.notices import cannot_ask, missed, no_questions, too_few
from bot.store import outbox, runs, surveys, waves
from bot.store.askings import questions
from bot.store.tables import RunState, SurveyRow
from bot.store.waves import Beginning
from bot.surveys.moments import Opening, closing, openings
from bot.surveys.roll import Roll, Seat
from bot.surveys.survey import Plan, Question, Results
from jobs import attempt, job

#: A wave that is later than this is not opened any more: its close would come too early.
GRACE = timedelta(hours=24)

#: Openings of so long ago are of no interest any more.
LOOKED_BACK = timedelta(days=7)

#: What somebody is told, as each of those who hear it reads.
Said = Callable[[Reader], Message]

#: The slot of a survey that is asked once.
ONCE = "once"

log = structlog.get_logger()


@job(every=timedelta(seconds=30), grace=GRACE)
def survey_openings(services: Services, due: datetime) -> None:
    """Deals with every due opening once, whichever worker gets to it first."""
    with services.reading() as session:
        there = surveys.to_open(session, services.workspace)
    for survey in there:
        attempt(subject(survey), partial(_open_due, services, survey, due))


def subject(survey: SurveyRow) -> str:
    """Under which name the openings of a survey are kept."""
    return f"survey:{survey.id}"


def hearers(services: Services, survey: SurveyRow) -> dict[str, Reader]:
    """Who hears of a survey, and how each of them reads: whoever started it.

    Once that is no lead any more, the others do. Slack is asked, so nothing may be held meanwhile.
    """
    is_lead = services.role(survey.created_by) >= Role.LEAD
    there = [survey.created_by] if is_lead else services.leads()
    return {user: services.reader(user) for user in there}


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
        return _miss(services, survey, opening, now)
    if services.messenger is None:
        return False
    # Nothing is asked of Slack while something is being written.
    to_tell = hearers(services, survey)
    try:
        found = invited(services.messenger, plan.audience, services.clock, services.stopping)
        in_public = plan.results is Results.CHANNEL and is_public(
            services.messenger, plan.channel, services.clock, services.stopping
        )
    except SlackError as error:
        if not services.stopping.is_set():
            _not_told(services, survey, opening, error, to_tell)
        return False
    with services.writing() as session:
        there = _claimed(session, services, survey, opening, now)
        if there is None:
            return False
        asked = questions(session, services.workspace, plan, now)
        if why := _why_not(plan, found, asked):
            _tell(session, there, why, to_tell, now)
            _end_if_over(session, there, plan, now)
        else:
            begins = _beginning(plan, asked, found, now, in_public=in_public)
            wave = waves.open_wave(session, there, begins, services.seals, now=now)
            log.info("survey_opened", survey=there.id, wave=wave.id, asked=wave.asked)
    return True


def _miss(services: Services, survey: SurveyRow, opening: Opening, now: datetime) -> bool:
    """It is too late to open a wave, of which the lead hears; false when somebody else did."""
    plan, to_tell = surveys.plan_of(survey), hearers(services, survey)
    with services.writing() as session:
        there = _claimed(session, services, survey, opening, now, state=RunState.MISSED)
        if there is None:
            return False
        _tell(session, there, partial(missed, plan, opening.at), to_tell, now)
        _end_if_over(session, there, plan, now)
    return True


def _why_not(plan: Plan, found: Invited, asked: Sequence[Question]) -> Said | None:
    """Why no wave can be opened: it would betray somebody, or ask nothing."""
    if len(found.people) < plan.fewest:
        return partial(too_few, plan, len(found.people))
    return None if asked else no_questions


def _claimed(
    session: Session,
    services: Services,
    survey: SurveyRow,
    opening: Opening,
    now: datetime,
    *,
    state: RunState = RunState.DONE,
) -> SurveyRow | None:
    """The survey as it stands, its opening claimed; `None` where somebody else did, or stopped it."""
    workspace = services.workspace
    there = surveys.get(session, workspace, survey.id or 0, locked=True)
    if there is None or there.paused:
        return None
    claimed = runs.claim(
        session,
        workspace,
        subject(there),
        opening.slot,
        due_at=opening.at,
        now=now,
        state=state,
    )
    return there if claimed else None


def _beginning(
    plan: Plan, asked: Sequence[Question], found: Invited, now: datetime, *, in_public: bool
) -> Beginning:
    return Beginning(
        plan=plan,
        questions=asked,
        teams=found.teams,
        roll=_roll(found, plan),
        closes_at=closing(plan, now),
        in_public=in_public,
    )


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
    services: Services,
    survey: SurveyRow,
    opening: Opening,
    error: SlackError,
    to_tell: Mapping[str, Reader],
) -> None:
    """Slack does not tell who is asked: it is tried again until it is too late; the lead hears once."""

    def why(reader: Reader) -> Message:
        return cannot_ask(surveys.plan_of(survey), error.said(reader.template), reader)

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
            _tell(session, survey, why, to_tell, now)


def _end_if_over(session: Session, survey: SurveyRow, plan: Plan, now: datetime) -> None:
    """A survey that was to be asked once, and could not be, is over."""
    if plan.cadence is None:
        surveys.remove(session, survey, now=now)


def _tell(
    session: Session, survey: SurveyRow, said: Said, to_tell: Mapping[str, Reader], now: datetime
) -> None:
    workspace, about = survey.workspace_id, subject(survey)
    for user, reader in to_tell.items():
        outbox.queue(session, workspace, user, said(reader), subject=about, now=now)
