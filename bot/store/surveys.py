"""The surveys that leads planned."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, select
from sqlmodel import Session, col

from bot.store.tables import SurveyRow, WaveRow
from bot.surveys.moments import opens
from bot.surveys.survey import Kind, Plan


def draft(session: Session, workspace: int, plan: Plan, *, by: str, now: datetime) -> SurveyRow:
    """Keeps what a lead plans, to be shown to them before it starts."""
    survey = SurveyRow(
        workspace_id=workspace,
        kind=plan.kind,
        plan=plan.to_json(),
        created_by=by,
        created_at=now,
        since=now,
    )
    session.add(survey)
    session.flush()
    return survey


def drafted(
    session: Session, workspace: int, survey_id: int, *, locked: bool = False
) -> SurveyRow | None:
    """What a lead plans and has neither started nor dropped.

    One that is `locked` is neither by anybody else before this transaction ends.
    """
    wanted = _kept(workspace).where(col(SurveyRow.id) == survey_id, col(SurveyRow.draft).is_(True))
    return session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()


def drop_drafts(session: Session, workspace: int, *, before: datetime) -> None:
    """Drops what leads planned before a moment and never started."""
    session.connection().execute(
        delete(SurveyRow).where(
            col(SurveyRow.workspace_id) == workspace,
            col(SurveyRow.draft).is_(True),
            col(SurveyRow.created_at) < before,
        )
    )


def drafts(session: Session, workspace: int, kind: Kind, *, by: str) -> list[SurveyRow]:
    """The drafts of a lead, the newest first."""
    wanted = _kept(workspace).where(
        col(SurveyRow.kind) == kind,
        col(SurveyRow.created_by) == by,
        col(SurveyRow.draft).is_(True),
    )
    return list(session.scalars(wanted))[::-1]


def change(session: Session, survey: SurveyRow, plan: Plan) -> None:
    """Plans it otherwise."""
    survey.plan = plan.to_json()
    session.add(survey)


def start(session: Session, survey: SurveyRow, *, now: datetime) -> None:
    """Makes a survey of a draft: its first wave opens when it is due, or at once."""
    survey.draft, survey.since = False, now
    session.add(survey)


def plan_of(survey: SurveyRow) -> Plan:
    return Plan.from_json(survey.plan)


def get(
    session: Session, workspace: int, survey_id: int, *, locked: bool = False
) -> SurveyRow | None:
    """A survey that was started and not removed.

    One that is `locked` is not paused, resumed or removed by anybody else before this transaction ends.
    """
    wanted = _standing(workspace).where(col(SurveyRow.id) == survey_id)
    return session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()


def standing(session: Session, workspace: int, kind: Kind | None = None) -> list[SurveyRow]:
    """All surveys that were started and not removed, or those of a kind, paused ones included."""
    wanted = _standing(workspace)
    return list(
        session.scalars(wanted if kind is None else wanted.where(col(SurveyRow.kind) == kind))
    )


def to_open(session: Session, workspace: int) -> list[SurveyRow]:
    """The surveys of which a wave may be due: neither paused, nor asked once and for all already."""
    has_waves = exists().where(col(WaveRow.survey_id) == col(SurveyRow.id))
    wanted = _standing(workspace).where(col(SurveyRow.paused).is_(False))
    found = session.execute(wanted.add_columns(has_waves)).all()
    return [row for row, is_had in found if plan_of(row).cadence is not None or not is_had]


def pause(session: Session, survey: SurveyRow) -> None:
    """Opens no wave until it is resumed; one that is open goes on."""
    survey.paused = True
    session.add(survey)


def resume(session: Session, survey: SurveyRow, *, now: datetime) -> None:
    """Opens waves again from the next due moment on: that of the same weeks as if it had never paused."""
    plan, since = plan_of(survey), now
    if plan.cadence is not None:
        # The next one opens first from a day before it on, whichever week or month that is.
        next_ = opens(plan.cadence, survey.since, plan.zone, now)
        since = max(now, next_.at - timedelta(days=1))
    survey.paused, survey.since = False, since
    session.add(survey)


def remove(session: Session, survey: SurveyRow, *, now: datetime) -> None:
    """Ends a survey; its row stays, and so do its results."""
    survey.removed_at = now
    session.add(survey)


def _standing(workspace: int) -> Select[SurveyRow]:
    return _kept(workspace).where(col(SurveyRow.draft).is_(False))


def _kept(workspace: int) -> Select[SurveyRow]:
    return (
        select(SurveyRow)
        .where(col(SurveyRow.workspace_id) == workspace, col(SurveyRow.removed_at).is_(None))
        .order_by(col(SurveyRow.kind), col(SurveyRow.id))
    )
