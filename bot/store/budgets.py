"""How many false alarms a week each channel puts up with."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.alerts.budget import PER_WEEK
from bot.store.tables import AlertBudget


def of_channel(session: Session, workspace: int, channel: str) -> float:
    """False alarms a week: what was set for the channel, or one."""
    row = session.get(AlertBudget, (workspace, channel))
    return PER_WEEK if row is None else row.per_week


def keep(
    session: Session, workspace: int, channel: str, per_week: float, *, by: str, now: datetime
) -> None:
    """Sets the budget of a channel."""
    session.merge(
        AlertBudget(
            workspace_id=workspace, channel=channel, per_week=per_week, set_by=by, set_at=now
        )
    )
