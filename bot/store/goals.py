"""The targets that leads have set, with their history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from bot.digests.goals import Goal
from bot.domain import Dimension, Slice
from bot.metrics import Clock
from bot.store.tables import Goal as GoalRow


def at(session: Session, workspace: int, moment: datetime) -> list[Goal]:
    """The goals that held at `moment`, in the order in which they were set."""
    rows = session.scalars(
        select(GoalRow)
        .where(
            col(GoalRow.workspace_id) == workspace,
            col(GoalRow.set_at) <= moment,
            or_(col(GoalRow.ended_at).is_(None), col(GoalRow.ended_at) > moment),
        )
        .order_by(col(GoalRow.id))
    )
    return [_goal(row) for row in rows]


def _goal(row: GoalRow) -> Goal:
    part = Slice(Dimension(row.dimension), row.part) if row.dimension else None
    return Goal(
        row.metric,
        row.target,
        clock=Clock(row.clock),
        slice=part,
        start=row.start,
        by=row.by,
        since=row.since,
    )


def set_goal(session: Session, workspace: int, goal: Goal, *, by: str, now: datetime) -> None:
    """Sets a goal; the one before of the same metric, clock and part ends now and is kept."""
    end_goal(session, workspace, goal, now=now)
    session.add(
        GoalRow(
            workspace_id=workspace,
            metric=goal.metric,
            clock=goal.clock,
            dimension=goal.slice.dimension if goal.slice else None,
            part=goal.slice.value if goal.slice else None,
            target=goal.target,
            start=goal.start,
            by=goal.by,
            since=goal.since,
            set_by=by,
            set_at=now,
        )
    )


def end_goal(session: Session, workspace: int, goal: Goal, *, now: datetime) -> bool:
    """Takes away the target of the goal's metric, clock and part; false when there was none."""
    session.flush()
    dimension, part = (goal.slice.dimension, goal.slice.value) if goal.slice else (None, None)
    ended = session.connection().execute(
        update(GoalRow)
        .where(
            col(GoalRow.workspace_id) == workspace,
            col(GoalRow.metric) == goal.metric,
            col(GoalRow.clock) == goal.clock,
            col(GoalRow.dimension).is_not_distinct_from(dimension),
            col(GoalRow.part).is_not_distinct_from(part),
            col(GoalRow.ended_at).is_(None),
        )
        .values(ended_at=now)
    )
    return ended.rowcount > 0
