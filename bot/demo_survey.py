"""The surveys of the demo: made-up agents answer, by the code that asks real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from random import Random

from bot.locale import Reader
from bot.services import Services
from bot.slack.preview import Conversation
from bot.slack.surveys.question import question
from bot.slack.surveys.results import results as shown
from bot.store import results, surveys, waves
from bot.store.askings import asking
from bot.store.ballots import Said, cast
from bot.store.closing import close, look, reckon
from bot.store.tables import SurveyRow, WaveRow
from bot.store.waves import Beginning
from bot.surveys.bank import ENPS, pick
from bot.surveys.moments import closing
from bot.surveys.roll import Act, Roll, Seat
from bot.surveys.survey import Audience, Cadence, Every, Kind, Plan, Question, Theme

#: Where the results are told. Nobody is there who knows channels by their ids, so this one is its name.
_CHANNEL = "support"

#: Whom the demo asks, by team.
TEAMS = {"#billing": 10, "#technical": 9, "#night-shift": 5}

#: How the made-up agents answer an eNPS: how many of ten thousand give which number.
_LIKELY = (2, 1, 2, 3, 3, 6, 10, 14, 20, 22, 17)

#: What they answer on average about a theme, from 1 to 5.
_MOOD = {Theme.WORKLOAD: 2.4, Theme.TOOLS: 3.6, Theme.RECOGNITION: 3.3, Theme.TEAM: 4.3}

#: The share of those asked who answer.
_ANSWERING = 0.8

_SEED = 20_261_120


def surveys_of(services: Services, moment: datetime, reader: Reader) -> Iterator[Conversation]:
    """The question of an eNPS, what came of it, and the results of a pulse."""
    zone, random = services.settings.tz, Random(_SEED)  # noqa: S311  made-up answers
    for kind, cadence in (
        (Kind.ENPS, Cadence(1, Every.QUARTER, 1, time(10))),
        (Kind.PULSE, Cadence(2, Every.WEEK, 1, time(10))),
    ):
        audience = Audience(channels=tuple(f"C0{place}" for place in range(len(TEAMS))))
        plan = Plan(kind, audience, zone, _CHANNEL, cadence=cadence, themes=tuple(_MOOD), many=4)
        survey = _started(services, plan, moment)
        apart = timedelta(days=91) if kind is Kind.ENPS else timedelta(days=14)
        for back in range(3, -1, -1):
            opened = moment - back * apart - timedelta(days=3)
            wave = _wave(services, survey, plan, opened)
            if kind is Kind.ENPS and not back:
                yield _asked(services, wave, opened, reader)
            _answer(services, wave, random, opened)
            _close(services, wave)
        yield _told(services, wave, reader)


def _started(services: Services, plan: Plan, now: datetime) -> SurveyRow:
    with services.writing() as session:
        survey = surveys.draft(session, services.workspace, plan, by="U0DEMO", now=now)
        surveys.start(session, survey, now=now)
    return survey


def _wave(services: Services, survey: SurveyRow, plan: Plan, opened: datetime) -> WaveRow:
    seats = [
        Seat(f"U{place}{number:03}", place, plan.zone.key, "en")
        for place, size in enumerate(TEAMS.values())
        for number in range(size)
    ]
    with services.writing() as session:
        begins = Beginning(
            plan=plan,
            questions=_questions(waves.asked_last(session, services.workspace, plan), plan, opened),
            teams=list(TEAMS),
            roll=Roll.of(seats),
            closes_at=closing(plan, opened),
            in_public=True,
        )
        return waves.open_wave(session, survey, begins, services.seals, now=opened)


def _questions(asked: Mapping[str, date], plan: Plan, opened: datetime) -> list[Question]:
    if plan.kind is Kind.ENPS:
        return [ENPS]
    return pick(asked, plan.themes, plan.many, opened.date())


def _answer(services: Services, wave: WaveRow, random: Random, now: datetime) -> None:
    for place, size in enumerate(TEAMS.values()):
        for number in range(size):
            if random.random() < _ANSWERING:
                said = Said({one.key: _given(one, random) for one in waves.questions_of(wave)})
                cast(
                    services.database,
                    services.seals,
                    wave.id or 0,
                    f"U{place}{number:03}",
                    Act.ANSWER_AND_WHY,
                    said,
                    now=now,
                )


def _given(question: Question, random: Random) -> int:
    if question.key == ENPS.key:
        return random.choices(range(11), _LIKELY)[0]
    mood = _MOOD[question.theme] if question.theme else 3.0
    return min(5, max(1, round(random.gauss(mood, 1))))


def _close(services: Services, wave: WaveRow) -> None:
    with services.writing() as session:
        seen = look(session, wave.id or 0, services.seals, now=wave.closes_at)
        if seen is not None:
            close(session, reckon(seen, services.seals), services.seals, now=wave.closes_at)


def _asked(services: Services, wave: WaveRow, opened: datetime, reader: Reader) -> Conversation:
    with services.reading() as session:
        message = question(asking(session, wave), reader)
    note = "What everybody who is asked gets, once a quarter, by day where they are"
    return Conversation("deskpulse", opened, message, note)


def _told(services: Services, wave: WaveRow, reader: Reader) -> Conversation:
    with services.reading() as session:
        closed = waves.get(session, services.workspace, wave.id or 0) or wave
        told, before = results.of_wave(session, closed), results.earlier(session, closed)
    name = "eNPS" if told.kind is Kind.ENPS else "pulse"
    message = shown(told, before, reader)
    moment = told.closed_at.astimezone(reader.zone)
    return Conversation("#support", moment, message, f"The results of an anonymous {name}")
