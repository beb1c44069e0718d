"""Waves: a survey that is open for some days, from its opening to its close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from bot.seals import Seals, new_pair
from bot.store import rolls
from bot.store.tables import SurveyRow, WaveRow, Workspace
from bot.surveys.roll import Roll
from bot.surveys.survey import Kind, Plan, Question, Results

#: What the private keys of waves are sealed for; see `Seals.seal`.
_PURPOSE = "wave"
_SIZE = 64

#: Waves are read without what only the gate needs of them, which is much: it is read when asked for.
WITHOUT_MARKS = defer(WaveRow.marks)  # type: ignore[arg-type]

#: Among so many waves the earlier ones of a survey are looked for.
_LOOKED_THROUGH = 500


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a wave is opened with. The seats of the roll name their teams by their places in `teams`.

    `in_public` is whether everybody can read the channel of the plan.
    """

    plan: Plan
    questions: Sequence[Question]
    teams: Sequence[str]
    roll: Roll
    closes_at: datetime
    in_public: bool


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
        for_all=begins.in_public and begins.plan.results is Results.CHANNEL,
        public_key=public,
        private_key=seals.seal(private, _PURPOSE, size=_SIZE),
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
    until: datetime | None = None,
    limit: int = 20,
) -> list[WaveRow]:
    """The newest closed waves, the newest first; of one survey, and `until` a moment, where named."""
    wanted = _of_kind(_waves(workspace).where(col(WaveRow.closed_at).is_not(None)), kind)
    if survey is not None:
        wanted = wanted.where(col(WaveRow.survey_id) == survey)
    if until is not None:
        wanted = wanted.where(col(WaveRow.closed_at) <= until)
    newest = wanted.order_by(col(WaveRow.closed_at).desc(), col(WaveRow.id).desc()).limit(limit)
    return list(session.scalars(newest))


def before(session: Session, wave: WaveRow, *, limit: int | None = None) -> list[WaveRow]:
    """The closed waves with which one is compared, newest first: they asked the same people the same.

    Those are the earlier ones of its survey, and of others that asked the same audience and told it
    to the same people: some start a survey anew every time.
    """
    kind, until = Kind(wave.kind), wave.closed_at
    there = closed_ones(session, wave.workspace_id, kind, until=until, limit=_LOOKED_THROUGH)
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
    return list(session.scalars(wanted.order_by(col(WaveRow.id)).with_for_update()))


def with_comments(session: Session, workspace: int, *, before: datetime) -> list[WaveRow]:
    """The waves that closed before a moment, and of which comments were kept until now."""
    wanted = _closed_before(workspace, before).where(col(WaveRow.comments_gone).is_(False))
    return list(session.scalars(wanted.order_by(col(WaveRow.id)).with_for_update()))


def with_marks(
    session: Session, workspace: int, *, before: datetime | None = None
) -> list[WaveRow]:
    """The closed waves of which it is kept who answered, oldest first.

    With `before` only those that closed before that moment. Whoever changes them waits for others
    (`one_at_a_time`).
    """
    wanted = select(WaveRow).where(
        col(WaveRow.workspace_id) == workspace, col(WaveRow.marks).is_not(None)
    )
    if before is not None:
        wanted = wanted.where(col(WaveRow.closed_at) < before)
    return list(session.scalars(wanted.order_by(col(WaveRow.id))))


def to_be_scrubbed(session: Session, wave: WaveRow) -> None:
    """Something of a wave is deleted, or written anew: what was there may still stand in a file.

    It is counted together with whatever else changes in the row, and by the database: of two at once
    each counts.
    """
    wave.deletions = col(WaveRow.deletions) + 1  # type: ignore[assignment]
    session.add(wave)
    session.flush()


def to_scrub(session: Session, workspace: int) -> dict[int, int]:
    """The waves of which something deleted may stand in the files; how many deletions there were."""
    wanted = select(col(WaveRow.id), col(WaveRow.deletions)).where(
        col(WaveRow.workspace_id) == workspace, col(WaveRow.deletions) > col(WaveRow.scrubbed)
    )
    return dict(session.execute(wanted.order_by(col(WaveRow.id))).all())


def scrubbed(session: Session, seen: Mapping[int, int]) -> None:
    """The files were looked through after so many deletions of each wave; not after later ones."""
    for wave_id, deletions in seen.items():
        is_news = col(WaveRow.scrubbed) < deletions
        wanted = update(WaveRow).where(col(WaveRow.id) == wave_id, is_news)
        session.connection().execute(wanted.values(scrubbed=deletions))


def locked(session: Session, wave_id: int) -> WaveRow | None:
    """An open wave that nobody answers to before this transaction ends; `None` of a closed one."""
    return session.scalars(
        select(WaveRow)
        .where(col(WaveRow.id) == wave_id, col(WaveRow.closed_at).is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def one_at_a_time(session: Session, workspace: int) -> None:
    """Whoever changes what is told of people, or of whom, waits until everybody else has done so.

    To be called before anything else is looked at: what they did is to be seen.
    """
    wanted = select(Workspace).where(col(Workspace.id) == workspace)
    # Of no other kind: whoever adds a ballot looks at the workspace too, and has the wave by then.
    session.scalars(wanted.with_for_update(key_share=True)).one()


def close_early(session: Session, wave: WaveRow, *, now: datetime) -> None:
    """Takes no answer any more; the wave is closed when that is next looked for."""
    wave.closes_at = now
    session.add(wave)


def asked_last(session: Session, workspace: int, plan: Plan) -> dict[str, date]:
    """On which day, in a plan's zone, people whom it asks as well were asked each question last.

    Those are the people of what its audience has in common with that of a wave of whichever survey:
    a channel, a user group, or somebody.
    """
    there = select(col(WaveRow.plan), col(WaveRow.questions), col(WaveRow.opened_at)).where(
        col(WaveRow.workspace_id) == workspace
    )
    return {
        question["key"]: opened_at.astimezone(plan.zone).date()
        for told, questions, opened_at in session.execute(there.order_by(col(WaveRow.id)))
        if Plan.from_json(told).audience.meets(plan.audience)
        for question in questions
    }


def count(session: Session, survey_id: int) -> int:
    """How many waves a survey has had."""
    wanted = select(func.count()).select_from(WaveRow).where(col(WaveRow.survey_id) == survey_id)
    return session.scalars(wanted).one()


def _waves(workspace: int) -> Select[WaveRow]:
    return select(WaveRow).where(col(WaveRow.workspace_id) == workspace).options(WITHOUT_MARKS)


def _closed_before(workspace: int, moment: datetime) -> Select[WaveRow]:
    return _waves(workspace).where(col(WaveRow.closed_at) < moment)


def _of_kind(wanted: Select[WaveRow], kind: Kind | None) -> Select[WaveRow]:
    return wanted if kind is None else wanted.where(col(WaveRow.kind) == kind)
