"""Reminds leads, a month after a wave, of what no note says anything was done about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from bot.services import Services
from bot.slack.surveys.deeds import missing
from bot.store import deeds, outbox, results, runs, waves
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.moments import is_good_hour
from bot.surveys.results import EVERYBODY, WaveResult
from bot.surveys.survey import Kind, Theme
from bot.surveys.tally import theme_of
from jobs import attempt, job
from jobs.survey_openings import hearers, subject

#: So long after a wave closed its lead is reminded, and of the same theme so long after that again.
MONTH = timedelta(days=30)

#: So long after it closed nobody remembers it any more.
LATEST = timedelta(days=60)

#: What is told of a wave: its themes, the lowest first; or, of an eNPS, itself.
About = Theme | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What a lead has not noted: of the newest wave of a survey in which each theme was told."""

    survey: SurveyRow
    about: Sequence[tuple[About, WaveRow]]


@job(every=timedelta(hours=1))
def survey_deeds(services: Services, due: datetime) -> None:
    """Tells each lead once, at a good hour of theirs."""
    with services.reading() as session:
        there = list(_missing(session, services, due))
    for one in there:
        attempt(f"{subject(one.survey)}:deeds", partial(_remind, services, one, due))


def _missing(session: Session, services: Services, now: datetime) -> Iterator[Missing]:
    found: dict[int, dict[About, WaveRow]] = {}
    old_enough = waves.closed_between(session, services.workspace, now - LATEST, now - MONTH)
    for wave in old_enough:
        noted = deeds.noted_since(session, wave)
        for about in _told(results.of_wave(session, wave)):
            is_noted = bool(noted) if about is None else about in noted
            if not is_noted:
                found.setdefault(wave.survey_id, {}).setdefault(about, wave)
    for survey_id, there in found.items():
        survey = session.get_one(SurveyRow, survey_id)
        left = [one for one in there.items() if not _is_reminded(session, survey, one, now)]
        if left:
            yield Missing(survey, left)


def _told(wave: WaveResult) -> list[About]:
    """What may be told of a wave: where nothing may, nobody can do anything about it."""
    if wave.kind is Kind.ENPS:
        return [None] if wave.score(wave.subject) else []
    scores = [
        (score.value, theme)
        for one, team in wave.told
        if team == EVERYBODY and (theme := theme_of(one)) and (score := wave.score(one))
    ]
    return [theme for _, theme in sorted(scores)]


def _is_reminded(
    session: Session, survey: SurveyRow, one: tuple[About, WaveRow], now: datetime
) -> bool:
    """Whether the lead was told of it already, or of the same theme less than a month ago."""
    about, wave = one
    latest = runs.latest(session, survey.workspace_id, _subject(survey, about))
    return latest is not None and (latest.slot == str(wave.id) or now - latest.due_at < MONTH)


def _remind(services: Services, one: Missing, now: datetime) -> None:
    # Nothing is asked of Slack while something is being written.
    to_tell = hearers(services, one.survey)
    if not any(is_good_hour(now, reader.zone) for reader in to_tell.values()):
        return
    with services.writing() as session:
        mine = [about for about in one.about if _claim(session, one.survey, about, now)]
        if mine:
            themes = [about for about, _ in mine if about is not None]
            for user, reader in to_tell.items():
                outbox.queue(
                    session,
                    services.workspace,
                    user,
                    missing(Kind(one.survey.kind), themes, reader),
                    subject=subject(one.survey),
                    now=now,
                )


def _claim(session: Session, survey: SurveyRow, one: tuple[About, WaveRow], now: datetime) -> bool:
    about, wave = one
    return runs.claim(
        session,
        survey.workspace_id,
        _subject(survey, about),
        str(wave.id),
        due_at=now,
        now=now,
    )


def _subject(survey: SurveyRow, about: About) -> str:
    return f"{subject(survey)}:deed:{about or ''}"
