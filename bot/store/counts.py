"""How much is stored of a day, and what the last comparison with the desk's own counts gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from bot.domain import Counted, Window
from bot.store.tables import CallRow, Desk, RatingRow, Reconciliation, TicketRow


def of(session: Session, desk: Desk, window: Window, what: Counted) -> int:
    """How many of these are stored of a window, without tickets that were removed."""
    table, moment, which = _COUNTED[what]
    return session.exec(  # type: ignore[call-overload,no-any-return]
        select(func.count()).where(
            col(table.workspace_id) == desk.workspace_id,
            col(table.desk_id) == desk.id,
            moment >= window.start,
            moment < window.end,
            *which,
        )
    ).scalar_one()


_INBOUND = col(CallRow.inbound).is_(True)

#: In which table each is stored, when it counts, and which rows are meant.
_COUNTED: dict[Counted, tuple[Any, Any, tuple[ColumnElement[bool], ...]]] = {
    Counted.TICKETS: (
        TicketRow,
        col(TicketRow.created_at),
        (col(TicketRow.removal).is_(None),),
    ),
    Counted.GOOD_RATINGS: (
        RatingRow,
        col(RatingRow.given_at),
        (col(RatingRow.kind) == "csat", col(RatingRow.positive).is_(True)),
    ),
    Counted.BAD_RATINGS: (
        RatingRow,
        col(RatingRow.given_at),
        (col(RatingRow.kind) == "csat", col(RatingRow.positive).is_(False)),
    ),
    Counted.ANSWERED_CALLS: (
        CallRow,
        col(CallRow.started_at),
        (_INBOUND, col(CallRow.answered).is_(True)),
    ),
}


def compared(
    session: Session,
    desk: Desk,
    day: datetime,
    what: Counted,
    *,
    ours: int,
    theirs: int,
    at: datetime,
) -> None:
    """Keeps what the last comparison of one day with the desk's own count gave."""
    session.merge(
        Reconciliation(
            desk_id=desk.id or 0,
            day=day,
            what=what.value,
            workspace_id=desk.workspace_id,
            ours=ours,
            theirs=theirs,
            checked_at=at,
        )
    )


def last_compared(session: Session, workspace: int, desk: str) -> datetime | None:
    """When tickets were last compared with the count of the desk of that name."""
    at: datetime | None = session.exec(  # type: ignore[call-overload]
        select(func.max(col(Reconciliation.checked_at)))
        .join(Desk, col(Reconciliation.desk_id) == col(Desk.id))
        .where(col(Reconciliation.workspace_id) == workspace, col(Desk.name) == desk)
    ).scalar_one()
    return at


def differences(session: Session, workspace: int) -> list[Reconciliation]:
    """The days on which we and a desk disagree, oldest first."""
    rows = session.exec(
        select(Reconciliation)  # type: ignore[call-overload]
        .join(Desk, col(Reconciliation.desk_id) == col(Desk.id))
        .where(
            col(Desk.retired).is_(False),
            col(Reconciliation.workspace_id) == workspace,
            col(Reconciliation.ours) != col(Reconciliation.theirs),
        )
        .order_by(col(Reconciliation.day))
    )
    return list(rows.scalars())
