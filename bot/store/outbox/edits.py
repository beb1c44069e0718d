"""A posted message that is to say something else: what is kept of each way in which an edit ends.

The row stays an `edit` while somebody is at it; the claim is the moment `sending_since`. It becomes
`sent` only if it still says what Slack was told, and if nobody else was at it between claim and
end: of two edits at once nobody knows which came last, so the newest content goes out once more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, update
from sqlmodel import Session, col

from bot.store.outbox.ending import forget_pictures, give_up_old
from bot.store.outbox.states import POSTED
from bot.store.tables import Delivery, OutboxRow


def edited(session: Session, row: OutboxRow, *, now: datetime) -> None:
    """Slack shows what the row said when it was claimed, which is `row`."""
    alone = and_(
        col(OutboxRow.version) == row.version,
        col(OutboxRow.sending_since) == row.sending_since,
    )
    _end(
        session,
        row,
        state=case((alone, Delivery.SENT), else_=Delivery.EDIT),
        shown=row.version,
        next_at=now,
        tries=0,
        problem=None,
    )
    forget_pictures(session, row.id)


def edit_later(
    session: Session, row: OutboxRow, *, at: datetime, problem: str, counts: bool = True
) -> None:
    """The edit was not done, or nobody knows: it is done again at a moment, until it is too old.

    One that only waits until somebody mends something is no try that `counts`.
    """
    tries = col(OutboxRow.tries)
    _end(
        session,
        row,
        state=Delivery.EDIT,
        next_at=at,
        problem=problem,
        tries=tries if counts else case((tries > 0, tries - 1), else_=0),
    )
    give_up_old(session, row.id, at)


def edit_refused(session: Session, row: OutboxRow, *, now: datetime, problem: str) -> None:
    """Slack will never take this content: the message stays as it is until it says another thing."""
    unchanged = col(OutboxRow.version) == row.version
    _end(
        session,
        row,
        state=case((unchanged, Delivery.SENT), else_=Delivery.EDIT),
        next_at=now,
        tries=0,
        problem=problem,
    )
    forget_pictures(session, row.id)


def _end(session: Session, row: OutboxRow, **values: object) -> None:
    """Ends an edit, and with it the claim of whoever else is at it."""
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row.id, col(OutboxRow.state).in_(POSTED))
        .values(sending_since=None, **values)
    )
