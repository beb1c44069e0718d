"""Keeps tickets as facts: what a help desk tells again replaces what it told before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from bot.domain import Ticket, Window
from bot.store.tables import Desk, Reconciliation, ReopeningRow, ResponseRow, TicketRow, kept
from bot.store.upserts import insert

_KEY = ("desk_id", "id")


def keep(session: Session, desk: Desk, tickets: Sequence[Ticket], secret: bytes) -> None:
    """Stores the tickets of a page; storing them twice is the same as once.

    `secret` is the deployment's key: of a requester only the keyed hash is kept. A ticket that was
    removed leaves its tombstone and no other row.
    """
    if not tickets:
        return
    latest = {ticket.id: ticket for ticket in tickets}
    counted = [ticket for ticket in latest.values() if ticket.removal is None]
    statement = insert(session, TicketRow)
    changed = {
        column.name: statement.excluded[column.name]
        for column in TicketRow.__table__.columns  # type: ignore[attr-defined]
        if column.name not in _KEY
    }
    _write(
        session,
        statement.on_conflict_do_update(index_elements=_KEY, set_=changed),
        [_row(desk, ticket, secret) for ticket in latest.values()],
    )
    _replace(session, desk, ResponseRow, list(latest), _responses(desk, counted))
    _replace(session, desk, ReopeningRow, list(latest), _reopenings(desk, counted))


def _replace(
    session: Session,
    desk: Desk,
    table: type[ResponseRow | ReopeningRow],
    tickets: Sequence[str],
    rows: list[dict[str, Any]],
) -> None:
    session.connection().execute(
        delete(table).where(col(table.desk_id) == desk.id, col(table.ticket_id).in_(tickets))
    )
    if rows:
        _write(session, insert(session, table), rows)


def _write(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Hands rows whose values are as they are stored straight to the driver.

    SQLAlchemy would look at every value of every row, which takes longer than to store it.
    """
    connection = session.connection()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    values: Sequence[Any] = rows
    if compiled.positiontup:  # the driver wants values by place, not by name
        values = list(map(itemgetter(*compiled.positiontup), rows))
    connection.exec_driver_sql(str(compiled), values)


def _row(desk: Desk, ticket: Ticket, secret: bytes) -> dict[str, Any]:
    return {
        "desk_id": desk.id,
        "id": ticket.id,
        "workspace_id": desk.workspace_id,
        "created_at": kept(ticket.created_at),
        "updated_at": kept(ticket.updated_at),
        "status": ticket.status.value,
        "group": ticket.group,
        "channel": ticket.channel,
        "priority": ticket.priority,
        "requester": None if ticket.requester is None else hashed(ticket.requester, secret),
        "solver": ticket.solver,
        "first_reply_at": kept(ticket.first_reply_at),
        "first_solved_at": kept(ticket.first_solved_at),
        "last_solved_at": kept(ticket.last_solved_at),
        "solved_at": kept(_since_when_solved(ticket)),
        "agent_messages": ticket.agent_messages,
        "customer_messages": ticket.customer_messages,
        "agent_replies": ticket.agent_replies,
        "reopens": ticket.reopens,
        "transfers": ticket.transfers,
        "removal": None if ticket.removal is None else ticket.removal.value,
    }


def _since_when_solved(ticket: Ticket) -> datetime | None:
    """Its last solve as long as that stands; an import can date it before the ticket itself."""
    if ticket.last_solved_at is None or not ticket.status.is_solved:
        return None
    return max(ticket.last_solved_at, ticket.created_at)


def hashed(requester: str, secret: bytes) -> bytes:
    """16 bytes that stay the same for a requester, and tell nobody without `secret` who it is."""
    key = blake2b(secret).digest()  # the whole of a long secret counts
    return blake2b(requester.strip().casefold().encode(), key=key, digest_size=16).digest()


def _responses(desk: Desk, tickets: Any) -> list[dict[str, Any]]:
    return [
        {
            "desk_id": desk.id,
            "ticket_id": ticket.id,
            "place": place,
            "asked_at": kept(response.asked_at),
            "answered_at": kept(response.answered_at),
            "workspace_id": desk.workspace_id,
        }
        for ticket in tickets
        for place, response in enumerate(ticket.responses)
    ]


def _reopenings(desk: Desk, tickets: Any) -> list[dict[str, Any]]:
    return [
        {
            "desk_id": desk.id,
            "ticket_id": ticket.id,
            "place": place,
            "solved_at": kept(reopening.solved_at),
            "reopened_at": kept(reopening.reopened_at),
            "workspace_id": desk.workspace_id,
        }
        for ticket in tickets
        for place, reopening in enumerate(ticket.reopenings)
    ]


def created(session: Session, desk: Desk, window: Window) -> int:
    """How many tickets created in `window` are stored and not removed."""
    return session.exec(  # type: ignore[call-overload,no-any-return]
        select(func.count()).where(
            col(TicketRow.workspace_id) == desk.workspace_id,
            col(TicketRow.desk_id) == desk.id,
            col(TicketRow.created_at) >= window.start,
            col(TicketRow.created_at) < window.end,
            col(TicketRow.removal).is_(None),
        )
    ).scalar_one()


def compared(
    session: Session, desk: Desk, day: datetime, *, ours: int, theirs: int, at: datetime
) -> None:
    """Keeps what the last comparison of one UTC day with the desk's own count gave."""
    session.merge(
        Reconciliation(
            desk_id=desk.id or 0,
            day=day,
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
