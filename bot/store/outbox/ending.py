"""What ends a message: Slack's refusal, its age, its deletion; and what that ends below it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from bot.store.outbox.sealed import forget
from bot.store.outbox.states import GIVEN_UP, LIFETIME, POSTED, STANDS, TO_POST, UNDERWAY
from bot.store.tables import Delivery, OutboxRow, PictureRow

#: Why a reply goes nowhere, by the state of the message above it.
_WHY = {
    Delivery.FAILED: "The message above it was not posted.",
    Delivery.LOST: "The message above it is gone.",
}

_ABOVE = aliased(OutboxRow)


def settle(session: Session, row_id: str, **values: object) -> None:
    """Changes a row that is not posted; one that is stays so, whoever comes late."""
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.state).not_in((*POSTED, Delivery.LOST)))
        .values(**values)
    )


def told(problem: str) -> ColumnElement[str | None]:
    """The problem to keep: of a row that was withdrawn, why it was."""
    return case((col(OutboxRow.withdrawn), col(OutboxRow.problem)), else_=problem)


def failed(session: Session, row_id: str, problem: str) -> None:
    """Slack will never take it; what hangs below it has nowhere to go either."""
    if forget(session, row_id):
        return
    # Only of one whose answer was lost nobody knows whether it is there.
    maybe = case((col(OutboxRow.state) == Delivery.UNKNOWN, col(OutboxRow.shown)), else_=0)
    settle(session, row_id, state=Delivery.FAILED, problem=told(problem), shown=maybe)
    fail_below(session, col(OutboxRow.reply_to) == row_id)


def lost(session: Session, row_id: str, problem: str) -> None:
    """It was posted, and is gone or out of reach for good."""
    connection = session.connection()
    connection.execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.state).in_(POSTED))
        .values(state=Delivery.LOST, problem=problem)
    )
    connection.execute(delete(PictureRow).where(col(PictureRow.outbox_id) == row_id))
    fail_below(session, col(OutboxRow.reply_to) == row_id)


def fail_below(session: Session, which: ColumnElement[bool]) -> None:
    """Gives up those replies that wait below a message of which nothing comes any more."""
    is_above = col(_ABOVE.id) == col(OutboxRow.reply_to)
    why = select(case(_WHY, value=col(_ABOVE.state))).where(is_above).scalar_subquery()
    session.connection().execute(
        update(OutboxRow)
        .where(
            which,
            col(OutboxRow.state).in_(TO_POST),
            exists().where(is_above, col(_ABOVE.state).in_(GIVEN_UP)),
        )
        .values(state=Delivery.FAILED, problem=why)
    )


def last_edits(at: datetime) -> datetime:
    """Up to which `expires_at` an edit is too old at a moment: `STANDS` after the last change."""
    return at + LIFETIME - STANDS


def too_old(
    at: datetime | BindParameter[datetime], edits: datetime | BindParameter[datetime]
) -> ColumnElement[bool]:
    """Whether a message that is not posted is no news at `at`, or an edit was never done.

    `edits` is the `last_edits` of the same moment.
    """
    expired = col(OutboxRow.expires_at)
    return or_(
        and_(col(OutboxRow.state) == Delivery.EDIT, expired <= edits),
        and_(col(OutboxRow.state).in_((*TO_POST, *UNDERWAY)), expired <= at),
    )


def give_up_old(session: Session, row_id: str, at: datetime) -> None:
    """Gives up a message if it will be too old at a moment."""
    is_old = too_old(at, last_edits(at))
    old = select(OutboxRow).where(col(OutboxRow.id) == row_id, is_old).with_for_update()
    for row in session.scalars(old.execution_options(populate_existing=True)):
        give_up(session, row)


def give_up(session: Session, row: OutboxRow) -> None:
    """Ends a message that was tried for long enough, by what stood in the way."""
    if row.state == Delivery.EDIT:
        lost(session, row.id, row.problem or "Nobody could edit it in time.")
    else:
        failed(session, row.id, row.problem or "Nobody could post it in time.")


def forget_pictures(session: Session, row_id: str) -> None:
    """What a message shows that is up to date is at Slack, and need not be kept."""
    is_done = exists().where(col(OutboxRow.id) == row_id, col(OutboxRow.state) == Delivery.SENT)
    session.connection().execute(
        delete(PictureRow).where(col(PictureRow.outbox_id) == row_id, is_done)
    )
