"""Keeps tickets as facts: what a help desk tells again replaces what it told before."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session, col

from bot.calendars import Stay
from bot.domain import Fact, Removal, Ticket
from bot.hours import NO_HOURS, DeskHours, GroupStay, between, measured
from bot.store import touched
from bot.store.columns import seconds
from bot.store.tables import (
    Desk,
    ReopeningRow,
    ResponseRow,
    TargetRow,
    TicketRow,
    kept,
)
from bot.store.upserts import hashed, insert, replace_rows, seconds_of, write

_KEY = ("desk_id", "id")

#: What a desk deletes so long after its solve was no mistake: it clears out its past, a purge.
#: No shorter than `jobs.reconcile` looks back, since the desk no longer counts what it purged.
PURGED_AFTER = timedelta(days=35)

#: Rows that belong to a ticket: they come and go with it.
_Part = type[ResponseRow | ReopeningRow | TargetRow]


def keep(
    session: Session,
    desk: Desk,
    tickets: Sequence[Ticket],
    secret: bytes,
    hours: DeskHours = NO_HOURS,
) -> None:
    """Stores the tickets of a page; storing them twice is the same as once.

    `secret` is the deployment's key: of a requester only the keyed hash is kept. `hours` are the
    business hours of the desk. A ticket that was removed leaves its tombstone and no other row; but
    one that was purged stays as it was, and only whose it was is forgotten: what was true of past
    weeks is not made untrue by clearing out (METRICS, `backlog`).
    """
    if not tickets:
        return
    latest = {ticket.id: ticket for ticket in tickets}
    purged = _purged(session, desk, latest.values())
    if purged:
        _forget(session, desk, purged)
    latest = {id_: ticket for id_, ticket in latest.items() if id_ not in purged}
    if not latest:
        return
    counted = [ticket for ticket in latest.values() if ticket.removal is None]
    rows = [_row(desk, ticket, secret, hours) for ticket in latest.values()]
    parts: dict[_Part, list[dict[str, Any]]] = {
        ResponseRow: [row for ticket in counted for row in _responses(desk, ticket, hours)],
        ReopeningRow: [row for ticket in counted for row in _reopenings(desk, ticket)],
        TargetRow: [row for ticket in counted for row in _targets(desk, ticket)],
    }
    late = touched.by_tickets(session, desk, rows, parts)
    replace_rows(session, TicketRow, rows, key=_KEY)
    for table, its_rows in parts.items():
        session.connection().execute(
            delete(table).where(
                col(table.desk_id) == desk.id, col(table.ticket_id).in_(list(latest))
            )
        )
        if its_rows:
            write(session, insert(session, table), its_rows)
    touched.mark(session, desk.workspace_id, late.hours, late.by_label)


def _purged(session: Session, desk: Desk, told: Iterable[Ticket]) -> frozenset[str]:
    """The ids of those that count, and that their desk deleted only long after they were solved."""
    deleted = {one.id: one.updated_at for one in told if one.removal is Removal.DELETED}
    if not deleted:
        return frozenset()
    rows = session.execute(
        select(col(TicketRow.id), col(TicketRow.solved_at)).where(
            col(TicketRow.desk_id) == desk.id,
            col(TicketRow.id).in_(list(deleted)),
            col(TicketRow.removal).is_(None),
            col(TicketRow.solved_at).is_not(None),
        )
    )
    return frozenset(id_ for id_, solved_at in rows if solved_at + PURGED_AFTER <= deleted[id_])


def _forget(session: Session, desk: Desk, ids: Collection[str]) -> None:
    """Forgets whose tickets these are; what was stored of their weeks holds as it is."""
    session.connection().execute(
        update(TicketRow)
        .where(col(TicketRow.desk_id) == desk.id, col(TicketRow.id).in_(list(ids)))
        .values(requester=None)
    )


def _row(desk: Desk, ticket: Ticket, secret: bytes, hours: DeskHours) -> dict[str, Any]:
    moments = {
        "created_at": kept(ticket.created_at),
        "first_reply_at": kept(ticket.first_reply_at),
        "first_solved_at": kept(ticket.first_solved_at),
        "solved_at": kept(_since_when_solved(ticket)),
    }
    stays = _stays(ticket)
    waits = [(_second(wait.start), _second(wait.end)) for wait in ticket.waits]
    return {
        "desk_id": desk.id,
        "id": ticket.id,
        "workspace_id": desk.workspace_id,
        **moments,
        "updated_at": kept(ticket.updated_at),
        "status": ticket.status.value,
        "group": ticket.group,
        "channel": ticket.channel,
        "priority": ticket.priority,
        "requester": _requester(desk, ticket, secret),
        "solver": ticket.solver,
        "first_replier": ticket.first_replier,
        "last_solved_at": kept(ticket.last_solved_at),
        "agent_messages": ticket.agent_messages,
        "customer_messages": ticket.customer_messages,
        "agent_replies": ticket.agent_replies,
        "reopens": ticket.reopens,
        "transfers": ticket.transfers,
        "wait": seconds_of(ticket.requester_wait),
        "handle": seconds_of(ticket.handle),
        "escalated": ticket.escalated,
        "complaint": ticket.complaint,
        "stays": json.dumps(stays) if stays else None,
        "waits": json.dumps(waits) if waits else None,
        "removal": None if ticket.removal is None else ticket.removal.value,
        **measured(hours.stays(ticket.group, stays), moments, waits),
        **_told_by_desk(ticket),
    }


def _stays(ticket: Ticket) -> list[GroupStay]:
    return [(_second(stay.since), stay.group) for stay in ticket.stays]


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _told_by_desk(ticket: Ticket) -> dict[str, int]:
    """The business times that the desk itself tells: they take the place of ours."""
    if ticket.business is None:
        return {}
    told = {
        "first_reply_business": seconds_of(ticket.business.first_reply),
        "first_resolution_business": seconds_of(ticket.business.first_resolution),
        "resolution_business": seconds_of(ticket.business.resolution),
        "wait_business": seconds_of(ticket.business.requester_wait),
    }
    return {column: seconds for column, seconds in told.items() if seconds is not None}


def _requester(desk: Desk, ticket: Ticket, secret: bytes) -> bytes | None:
    """An address means the same customer at every desk, a number only at its own."""
    if ticket.requester is None:
        return None
    own = ticket.requester if "@" in ticket.requester else f"{desk.name}\n{ticket.requester}"
    return hashed(own, secret)


def _since_when_solved(ticket: Ticket) -> datetime | None:
    """Its last solve as long as that stands; an import can date it before the ticket itself."""
    if ticket.last_solved_at is None or not ticket.status.is_solved:
        return None
    return max(ticket.last_solved_at, ticket.created_at)


def _of(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    return {"desk_id": desk.id, "ticket_id": ticket.id, "workspace_id": desk.workspace_id}


def _responses(desk: Desk, ticket: Ticket, hours: DeskHours) -> Iterator[dict[str, Any]]:
    if not ticket.responses:
        return
    stays = hours.stays(ticket.group, _stays(ticket))
    for place, response in enumerate(ticket.responses):
        asked_at, answered_at = kept(response.asked_at), kept(response.answered_at)
        yield {
            **_of(desk, ticket),
            "place": place,
            "asked_at": asked_at,
            "answered_at": answered_at,
            "agent": response.agent,
            "business": between(stays, asked_at, answered_at),
        }


def _reopenings(desk: Desk, ticket: Ticket) -> Iterator[dict[str, Any]]:
    for place, reopening in enumerate(ticket.reopenings):
        yield {
            **_of(desk, ticket),
            "place": place,
            "solved_at": kept(reopening.solved_at),
            "reopened_at": kept(reopening.reopened_at),
        }


def _targets(desk: Desk, ticket: Ticket) -> Iterator[dict[str, Any]]:
    for target in {target.name: target for target in ticket.targets}.values():
        met = target.done_at is not None and target.done_at <= target.due_at
        decided_at = target.done_at if met else target.due_at
        yield {
            **_of(desk, ticket),
            "name": target.name,
            "due_at": kept(target.due_at),
            "done_at": kept(target.done_at),
            "decided_at": kept(decided_at),
            "met": met,
        }


#: What business time is measured from; the rest of a ticket's row stays as it is.
_MOMENTS = ("created_at", "first_reply_at", "first_solved_at", "solved_at")


def measure_again(
    session: Session, desk: Desk, hours: DeskHours, *, after: str = "", most: int = 500
) -> str | None:
    """Measures the next stored tickets by other business hours; gives the last one's id, if any.

    Business times that the desk itself tells stay. The stored readings need no mark: they are
    those of other hours, see `kept.basis`.
    """
    columns = [seconds(TicketRow, moment) for moment in _MOMENTS]
    stored: list[Any] = [TicketRow.id, TicketRow.group, TicketRow.stays, TicketRow.waits]
    rows = session.execute(
        select(*stored, *columns)
        .where(col(TicketRow.desk_id) == desk.id, col(TicketRow.id) > after)
        .order_by(col(TicketRow.id))
        .limit(most)
    ).all()
    if not rows:
        return None
    own_times = Fact.BUSINESS_TIMES in desk.gives
    stays = {row[0]: hours.stays(row[1], [(s, group) for s, group in row[2] or ()]) for row in rows}
    tickets = [
        {"in_desk": desk.id, "which": id_}
        | _remeasured(
            stays[id_], dict(zip(_MOMENTS, moments, strict=True)), waits or (), own=own_times
        )
        for id_, _, _, waits, *moments in rows
    ]
    _update(session, TicketRow, ("desk_id", "id"), tickets)
    _update(session, ResponseRow, ("desk_id", "ticket_id", "place"), _answers(session, desk, stays))
    last: str = rows[-1][0]
    return last


def _remeasured(
    stays: Sequence[Stay],
    moments: dict[str, int | None],
    waits: Iterable[tuple[int, int]],
    *,
    own: bool,
) -> dict[str, Any]:
    found = measured(stays, moments, waits)
    return {"after_hours": found["after_hours"]} if own else dict(found)


def _answers(
    session: Session, desk: Desk, stays: Mapping[str, Sequence[Stay]]
) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            col(ResponseRow.ticket_id),
            col(ResponseRow.place),
            seconds(ResponseRow, "asked_at"),
            seconds(ResponseRow, "answered_at"),
        ).where(col(ResponseRow.desk_id) == desk.id, col(ResponseRow.ticket_id).in_(list(stays)))
    )
    return [
        {
            "in_desk": desk.id,
            "which": ticket,
            "in_place": place,
            "business": between(stays[ticket], asked, answered),
        }
        for ticket, place, asked, answered in rows
    ]


def _update(
    session: Session, table: Any, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Sets columns of rows that are found by their `key`."""
    if not rows:
        return
    names = [name for name in rows[0] if name not in ("in_desk", "which", "in_place")]
    places = zip(key, ("in_desk", "which", "in_place"), strict=False)
    statement = (
        update(table)
        .where(*(getattr(table, column) == bindparam(name) for column, name in places))
        .values({name: bindparam(name) for name in names})
    )
    session.connection().execute(statement, list(rows))
