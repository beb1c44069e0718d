"""The targets that leads have set, with their history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from bot.store.tables import Goal


def at(session: Session, workspace: int, moment: datetime) -> dict[str, float]:
    """The target of each metric that had one at `moment`, by the metric's key."""
    rows = session.scalars(
        select(Goal).where(
            col(Goal.workspace_id) == workspace,
            col(Goal.set_at) <= moment,
            or_(col(Goal.ended_at).is_(None), col(Goal.ended_at) > moment),
        )
    )
    return {goal.metric: goal.target for goal in rows}


def set_goal(
    session: Session, workspace: int, metric: str, target: float, *, by: str, now: datetime
) -> None:
    """Gives a metric a new target; the one before ends now and is kept."""
    end_goal(session, workspace, metric, now=now)
    session.add(Goal(workspace_id=workspace, metric=metric, target=target, set_by=by, set_at=now))


def end_goal(session: Session, workspace: int, metric: str, *, now: datetime) -> bool:
    """Takes the target of a metric away; false when it had none."""
    session.flush()
    ended = session.connection().execute(
        update(Goal)
        .where(
            col(Goal.workspace_id) == workspace,
            col(Goal.metric) == metric,
            col(Goal.ended_at).is_(None),
        )
        .values(ended_at=now)
    )
    return ended.rowcount > 0
