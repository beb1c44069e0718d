"""The results of closed waves: what the gate let out of them, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from bot.store import waves
from bot.store.tables import CommentRow, ResultRow, WaveRow
from bot.surveys.results import Told, WaveResult
from bot.surveys.survey import Kind
from bot.surveys.tally import Numbers

#: So many earlier waves are in a trend.
TREND = 11


def keep(session: Session, wave: WaveRow, told: Mapping[tuple[str, str], Told]) -> None:
    """Keeps what the gate let out of a wave."""
    for (subject, team), one in told.items():
        session.add(
            ResultRow(
                wave_id=wave.id or 0,
                question=subject,
                team=team,
                workspace_id=wave.workspace_id,
                n=None if one.numbers is None else one.numbers.n,
                told=_json(one),
                withheld=one.withheld,
                left_out=one.left_out,
            )
        )
    session.flush()


def of_wave(session: Session, wave: WaveRow) -> WaveResult:
    """What is known of a closed wave. Raises `ValueError` for an open one."""
    if wave.closed_at is None:
        raise ValueError("an open wave has no results")
    rows = session.scalars(select(ResultRow).where(col(ResultRow.wave_id) == wave.id))
    comments = select(func.count()).where(col(CommentRow.wave_id) == wave.id)
    return result(
        wave,
        {(row.question, row.team): _told(row) for row in rows},
        answered=wave.answered or 0,
        closed_at=wave.closed_at,
        comments=session.scalars(comments).one(),
    )


def result(
    wave: WaveRow,
    told: Mapping[tuple[str, str], Told],
    *,
    answered: int,
    closed_at: datetime,
    comments: int,
) -> WaveResult:
    """What is known of a wave that closes."""
    return WaveResult(
        wave=wave.id or 0,
        survey=wave.survey_id,
        kind=Kind(wave.kind),
        questions=waves.questions_of(wave),
        teams=wave.teams,
        asked=wave.asked,
        asked_of=dict(zip(wave.teams, wave.asked_of, strict=True)),
        answered=answered,
        closed_at=closed_at,
        fewest=waves.plan_of(wave).fewest,
        told=told,
        comments=comments,
    )


def earlier(session: Session, wave: WaveRow) -> list[WaveResult]:
    """What is known of the last waves with which one is compared, newest first."""
    return [of_wave(session, one) for one in waves.before(session, wave, limit=TREND)]


def _json(one: Told) -> dict[str, Any] | None:
    if one.numbers is None:
        return None
    return {**one.numbers.to_json(), "shares_withheld": one.shares_withheld}


def _told(row: ResultRow) -> Told:
    if row.told is None:
        return Told(None, row.withheld, row.left_out)
    shares_withheld = row.told["shares_withheld"]
    return Told(Numbers.from_json(row.told), row.withheld, row.left_out, shares_withheld)
