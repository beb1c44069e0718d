"""Who was appointed a team lead, and the audit log of every change: who, what, when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from bot.store.tables import AuditEntry, Lead
from bot.store.upserts import insert


def leads(session: Session, workspace: int) -> list[str]:
    """The Slack ids of the leads appointed in Slack."""
    return list(
        session.scalars(
            select(col(Lead.user))
            .where(col(Lead.workspace_id) == workspace)
            .order_by(col(Lead.appointed_at))
        )
    )


def appoint(session: Session, workspace: int, user: str, *, by: str, now: datetime) -> bool:
    """Makes somebody a lead; false when they were one already."""
    row = {"workspace_id": workspace, "user": user, "appointed_by": by, "appointed_at": now}
    added = insert(session, Lead).on_conflict_do_nothing().returning(col(Lead.user))
    return session.connection().execute(added, row).one_or_none() is not None


def dismiss(session: Session, workspace: int, user: str) -> bool:
    """Takes the role back; false when they did not have it from here."""
    gone = session.connection().execute(
        delete(Lead).where(col(Lead.workspace_id) == workspace, col(Lead.user) == user)
    )
    return gone.rowcount == 1


def log(
    session: Session, workspace: int, who: str, action: str, detail: str, *, now: datetime
) -> None:
    """Writes a change into the audit log, in the transaction that makes it."""
    session.add(AuditEntry(workspace_id=workspace, at=now, who=who, action=action, detail=detail))


def changes(session: Session, workspace: int, limit: int = 20) -> list[AuditEntry]:
    """The newest changes, newest first."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(col(AuditEntry.workspace_id) == workspace)
            .order_by(col(AuditEntry.id).desc())
            .limit(limit)
        )
    )
