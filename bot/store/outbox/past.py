"""What became of messages, for people to see, and the forgetting of what is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select
from sqlmodel import Session, col

from bot.store.outbox.states import SETTLED
from bot.store.tables import AlertIncident, Delivery, OutboxRow, PictureRow


def latest(session: Session, workspace: int, subject: str) -> OutboxRow | None:
    """The newest message about a subject, not counting replies."""
    return session.scalars(
        select(OutboxRow)
        .where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.subject) == subject,
            col(OutboxRow.reply_to).is_(None),
        )
        .order_by(col(OutboxRow.place).desc())
        .limit(1)
    ).one_or_none()


def counts(session: Session, workspace: int) -> dict[str, int]:
    """How many messages are in each state. One that is to be edited is sent."""
    rows = session.execute(
        select(col(OutboxRow.state), func.count())
        .where(col(OutboxRow.workspace_id) == workspace)
        .group_by(col(OutboxRow.state))
    )
    found = Counter(dict(rows.all()))
    if edits := found.pop(Delivery.EDIT, 0):
        found[Delivery.SENT] += edits
    return dict(found)


def troubled(session: Session, workspace: int) -> Sequence[OutboxRow]:
    """The messages that wait for somebody to mend something, oldest first."""
    edit = and_(col(OutboxRow.state) == Delivery.EDIT, col(OutboxRow.problem).is_not(None))
    return list(
        session.scalars(
            select(OutboxRow)
            .where(
                col(OutboxRow.workspace_id) == workspace,
                or_(col(OutboxRow.state).in_((Delivery.RETRY, Delivery.UNKNOWN)), edit),
                col(OutboxRow.reply_to).is_(None),
            )
            .order_by(col(OutboxRow.place))
        )
    )


def tidy(session: Session, workspace: int, *, before: datetime) -> int:
    """Forgets messages from before a moment that are settled with their thread; gives how many.

    Those of open alerts stay with what hangs below them, however old: they will still change.
    """
    alive = select(col(AlertIncident.message)).where(
        col(AlertIncident.workspace_id) == workspace,
        col(AlertIncident.closed_at).is_(None),
        col(AlertIncident.message).is_not(None),
    )
    young = or_(col(OutboxRow.state).not_in(SETTLED), col(OutboxRow.created_at) >= before)
    above_young = select(col(OutboxRow.reply_to)).where(col(OutboxRow.reply_to).is_not(None), young)
    old = select(col(OutboxRow.id)).where(
        col(OutboxRow.workspace_id) == workspace,
        ~young,
        col(OutboxRow.id).not_in(above_young),
        col(OutboxRow.id).not_in(alive),
        or_(col(OutboxRow.reply_to).is_(None), col(OutboxRow.reply_to).not_in(alive)),
    )
    connection = session.connection()
    connection.execute(delete(PictureRow).where(col(PictureRow.outbox_id).in_(old)))
    gone = connection.execute(
        delete(OutboxRow).where(col(OutboxRow.id).in_(old), col(OutboxRow.reply_to).is_not(None))
    )
    gone_too = connection.execute(delete(OutboxRow).where(col(OutboxRow.id).in_(old)))
    return gone.rowcount + gone_too.rowcount
