"""Closed waves for tests of what becomes of their results: as the close keeps them, without ballots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.store import results, surveys, waves
from bot.store.tables import SurveyRow, WaveRow
from bot.store.waves import Beginning
from bot.surveys.gate import Reason
from bot.surveys.results import EVERYBODY, Told
from bot.surveys.roll import Roll, Seat
from bot.surveys.score import Mix, Sums
from bot.surveys.survey import Audience, Kind, Plan, Results, Theme
from bot.surveys.tally import ALL, Numbers, theme_subject
from tests.survey_samples import LIKELY, SEALS, TOOLS, WORKLOAD, WORKSPACE, a_plan
from tests.times import T


def net(promoters: int, passives: int, detractors: int) -> Told:
    """An eNPS that is told."""
    counts = {-1: detractors, 0: passives, 1: promoters}
    return Told(Numbers(Mix(promoters, passives, detractors).sums, counts))


def mean(value: float, n: int = 12) -> Told:
    """A score of 1 to 5 that is told: half of the people gave a bit more, half a bit less."""
    apart = 0.5
    return Told(Numbers(Sums(n, n * value, n * (value**2 + apart**2))))


def withheld(reason: Reason = Reason.TOO_FEW) -> Told:
    return Told(withheld=reason)


@dataclass(slots=True)
class Survey:
    """A survey of a workspace, and its waves as they close."""

    session: Session
    row: SurveyRow
    plan: Plan
    teams: tuple[str, ...] = ("#support",)
    waves: list[WaveRow] = field(default_factory=list)

    def closes(
        self,
        at: datetime,
        score: Told | None = None,
        *,
        asked: int = 24,
        answered: int = 18,
        more: Mapping[tuple[str, str], Told] | None = None,
        **themes: Told,
    ) -> WaveRow:
        """A wave that closed at a moment: its main score, if it has one, those of themes, and more."""
        subject = LIKELY.key if self.plan.kind is Kind.ENPS else ALL
        told = dict(more or {})
        if score is not None:
            told[subject, EVERYBODY] = score
        told |= {(theme_subject(Theme(name)), EVERYBODY): one for name, one in themes.items()}
        wave = self.opens(at, asked=asked)
        ends(self.session, wave, at, told, answered=answered)
        return wave

    def opens(self, closes_at: datetime, *, asked: int = 24) -> WaveRow:
        """A wave that is open for three days until a moment."""
        questions = [LIKELY] if self.plan.kind is Kind.ENPS else [WORKLOAD, TOOLS]
        seats = (Seat(f"U{number}", 0, "Europe/Athens", "en") for number in range(asked))
        begins = Beginning(
            self.plan, questions, self.teams, Roll.of(seats), closes_at, in_public=True
        )
        opened = closes_at - timedelta(days=3)
        wave = waves.open_wave(self.session, self.row, begins, SEALS, now=opened)
        self.waves.append(wave)
        return wave


def ends(
    session: Session,
    wave: WaveRow,
    at: datetime,
    told: Mapping[tuple[str, str], Told],
    *,
    answered: int = 18,
) -> None:
    """Closes a wave with what is told of it."""
    wave.closed_at, wave.answered = at, answered
    session.add(wave)
    results.keep(session, wave, told)


def a_survey(
    session: Session,
    kind: Kind = Kind.ENPS,
    *,
    results_for: Results = Results.CHANNEL,
    teams: Iterable[str] = ("#support",),
    workspace: int = WORKSPACE,
    channel: str = "C1",
) -> Survey:
    """A survey of the members of a channel; two of one channel ask the same people."""
    plan = a_plan(kind, results=results_for, audience=Audience((channel,)))
    row = surveys.draft(session, workspace, plan, by="U0LEAD", now=T(days=-400))
    surveys.start(session, row, now=T(days=-400))
    return Survey(session, row, plan, tuple(teams))
