"""Waves: a survey that is open for some days, from its opening to its close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select, update
from sqlmodel import Session, col

from bot.seals import Seals, new_key, new_pair
from bot.store import rolls
from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.roll import Roll
from bot.surveys.survey import Kind, Plan, Question

#: What the private keys of waves are sealed for; see `Seals.seal`.
_PURPOSE = "wave"
_SIZE = 64

#: Among so many waves the earlier ones of a survey are looked for.
_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a wave is opened with. The seats of the roll name their teams by their places in `teams`."""

    plan: Plan
    questions: Sequence[Question]
    teams: Sequence[str]
    roll: Roll
    closes_at: datetime


def open_wave(
    session: Session, survey: SurveyRow, begins: Beginning, seals: Seals, *, now: datetime
) -> WaveRow:
    """Opens a wave, with a pair of keys of its own."""
    public, private = new_pair()
    wave = WaveRow(
        workspace_id=survey.workspace_id,
        survey_id=survey.id or 0,
        kind=survey.kind,
        plan=begins.plan.to_json(),
        questions=[question.to_json() for question in begins.questions],
        teams=list(begins.teams),
        asked_of=[begins.roll.sharing(place) for place in range(len(begins.teams))],
        opened_at=now,
        closes_at=begins.closes_at,
        asked=len(begins.roll),
        public_key=public,
        private_key=seals.seal(private, _PURPOSE, size=_SIZE),
        mailbox_key=new_key(),
    )
    session.add(wave)
    session.flush()
    rolls.add(session, survey.workspace_id, wave.id or 0, begins.roll, seals)
    return wave


def private_key(wave: WaveRow, seals: Seals) -> bytes:
    """The key that opens the ballots of an open wave."""
    return seals.open(wave.private_key or b"", _PURPOSE)


def plan_of(wave: WaveRow) -> Plan:
    """The plan of the survey as it was when the wave opened."""
    return Plan.from_json(wave.plan)


def questions_of(wave: WaveRow) -> list[Question]:
    return [Question.from_json(told) for told in wave.questions]


def get(session: Session, workspace: int, wave_id: int) -> WaveRow | None:
    wave = session.get(WaveRow, wave_id)
    return wave if wave is not None and wave.workspace_id == workspace else None


def open_ones(session: Session, workspace: int, kind: Kind | None = None) -> list[WaveRow]:
    """The waves that are not closed yet, the oldest first."""
    wanted = _waves(workspace).where(col(WaveRow.closed_at).is_(None))
    return list(session.scalars(_of_kind(wanted, kind).order_by(col(WaveRow.id))))


def closed_ones(
    session: Session,
    workspace: int,
    kind: Kind | None = None,
    *,
    survey: int | None = None,
    limit: int = 20,
) -> list[WaveRow]:
    """The newest closed waves, the newest first; of one survey, where that is named."""
    wanted = _of_kind(_waves(workspace).where(col(WaveRow.closed_at).is_not(None)), kind)
    if survey is not None:
        wanted = wanted.where(col(WaveRow.survey_id) == survey)
    newest = wanted.order_by(col(WaveRow.closed_at).desc(), col(WaveRow.id).desc()).limit(limit)
    return list(session.scalars(newest))


def before(session: Session, wave: WaveRow, *, limit: int) -> list[WaveRow]:
    """The closed waves with which one is compared, newest first: they asked the same people the same.

    Those are the earlier ones of its survey, and of others that asked the same audience and told it
    to the same people: some start a survey anew every time.
    """
    there = closed_ones(session, wave.workspace_id, Kind(wave.kind), limit=_LOOKED_THROUGH)
    found = [one for one in there if _is_before(one, wave) and are_alike(one, wave)]
    return found[:limit]


def are_alike(one: WaveRow, other: WaveRow) -> bool:
    """Whether one is compared with the other."""
    first, second = plan_of(one), plan_of(other)
    told = first.results is second.results and first.channel == second.channel
    return one.survey_id == other.survey_id or (told and first.audience == second.audience)


def _is_before(one: WaveRow, wave: WaveRow) -> bool:
    if one.closed_at is None or wave.closed_at is None:
        return wave.closed_at is None
    return (one.closed_at, one.id or 0) < (wave.closed_at, wave.id or 0)


def closed_between(
    session: Session, workspace: int, after: datetime, until: datetime
) -> list[WaveRow]:
    """The waves that closed after one moment, and at another or before, the newest first."""
    wanted = _waves(workspace).where(
        col(WaveRow.closed_at) > after, col(WaveRow.closed_at) <= until
    )
    return list(session.scalars(wanted.order_by(col(WaveRow.closed_at).desc(), col(WaveRow.id))))


def with_mailbox(session: Session, workspace: int, *, before: datetime) -> list[WaveRow]:
    """The waves that closed before a moment, and whose authors can still be reached."""
    wanted = _closed_before(workspace, before).where(col(WaveRow.mailbox_key).is_not(None))
    return list(session.scalars(wanted.with_for_update()))


def with_comments(session: Session, workspace: int, *, before: datetime) -> list[WaveRow]:
    """The waves that closed before a moment, and of which more than the numbers is kept."""
    wanted = _closed_before(workspace, before).where(col(WaveRow.comments_gone).is_(False))
    return list(session.scalars(wanted.with_for_update()))


def with_marks(session: Session, workspace: int) -> list[WaveRow]:
    """The closed waves of which it is kept who answered, oldest first; nobody changes them meanwhile."""
    wanted = _waves(workspace).where(col(WaveRow.marks).is_not(None)).order_by(col(WaveRow.id))
    return list(session.scalars(wanted.with_for_update()))


def to_scrub(session: Session, workspace: int) -> list[WaveRow]:
    """The closed waves of whose answers something may still stand in the files of the database."""
    wanted = _waves(workspace).where(
        col(WaveRow.closed_at).is_not(None), col(WaveRow.scrubbed).is_(False)
    )
    return list(session.scalars(wanted))


def scrubbed(session: Session, wave_ids: Sequence[int | None]) -> None:
    """Nothing that was deleted of these waves stands in any file."""
    session.connection().execute(
        update(WaveRow).where(col(WaveRow.id).in_(wave_ids)).values(scrubbed=True)
    )


def locked(session: Session, wave_id: int) -> WaveRow | None:
    """An open wave that nobody answers to before this transaction ends; `None` of a closed one."""
    return session.scalars(
        select(WaveRow)
        .where(col(WaveRow.id) == wave_id, col(WaveRow.closed_at).is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def close_early(session: Session, wave: WaveRow, *, now: datetime) -> None:
    """Takes no answer any more; the wave is closed when that is next looked for."""
    wave.closes_at = now
    session.add(wave)


def asked_last(session: Session, survey_id: int) -> dict[str, date]:
    """When each question was asked last in a survey, by its key."""
    wanted = select(WaveRow).where(col(WaveRow.survey_id) == survey_id).order_by(col(WaveRow.id))
    return {
        question["key"]: wave.opened_at.date()
        for wave in session.scalars(wanted)
        for question in wave.questions
    }


def count(session: Session, survey_id: int) -> int:
    """How many waves a survey has had."""
    wanted = select(func.count()).select_from(WaveRow).where(col(WaveRow.survey_id) == survey_id)
    return session.scalars(wanted).one()


def _waves(workspace: int) -> Select[WaveRow]:
    return select(WaveRow).where(col(WaveRow.workspace_id) == workspace)


def _closed_before(workspace: int, moment: datetime) -> Select[WaveRow]:
    return _waves(workspace).where(col(WaveRow.closed_at) < moment)


def _of_kind(wanted: Select[WaveRow], kind: Kind | None) -> Select[WaveRow]:
    return wanted if kind is None else wanted.where(col(WaveRow.kind) == kind)
