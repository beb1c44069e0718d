"""What the columns that metrics and slices name mean in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.domain import Dimension
from bot.metrics import Population, Where
from bot.store.tables import (
    ArticleRow,
    CallRow,
    RatingRow,
    ReopeningRow,
    ResponseRow,
    TargetRow,
    TicketRow,
    kept,
)

Table = type[TicketRow | ResponseRow | TargetRow | RatingRow | CallRow | ArticleRow | ReopeningRow]

TABLES: Mapping[Population, Table] = {
    Population.TICKETS: TicketRow,
    Population.RESPONSES: ResponseRow,
    Population.TARGETS: TargetRow,
    Population.RATINGS: RatingRow,
    Population.CALLS: CallRow,
    Population.ARTICLES: ArticleRow,
}

#: The channel of every call.
PHONE = "phone"

#: A requester who writes again within so long was not helped, or is here again.
RETURN = timedelta(days=7)


def seconds(table: type[Any], column: str) -> ColumnElement[int]:
    """A moment as the whole number that it is stored as, to compare and to subtract."""
    return type_coerce(getattr(table, column), BigInteger)


def passes(table: Table, where: Where, settled: datetime | None) -> ColumnElement[bool]:
    """Whether a row passes a condition of a metric. `settled` is that of the `Scope`."""
    if where.column == "is_settled":
        at = kept(settled)
        return seconds(table, "solved_at") < (0 if at is None else at)
    if where.column in _CONTACTS:
        found = _contacts(where.column)
        return found if where.test == ">=" else ~found
    column: Any = getattr(table, where.column)
    if where.test == "there":
        return column.is_not(None)  # type: ignore[no-any-return]
    if isinstance(column.type, Boolean):
        return column.is_(bool(where.value))  # type: ignore[no-any-return]
    tests: dict[str, ColumnElement[bool]] = {
        "=": column == where.value,
        ">=": column >= where.value,
        "<=": column <= where.value,
    }
    return tests[where.test]


_CONTACTS = ("contacts_before", "contacts_after")


def _contacts(which: str) -> ColumnElement[bool]:
    """Whether the same requester opened another ticket within 7 days, before or after the solve."""
    other = aliased(TicketRow)
    opened = seconds(other, "created_at")
    week = int(RETURN.total_seconds())
    if which == "contacts_before":
        this = seconds(TicketRow, "created_at")
        when = and_(opened >= this - week, opened < this)
    else:
        this = seconds(TicketRow, "solved_at")
        when = and_(opened > this, opened <= this + week)
    return exists().where(
        col(other.workspace_id) == col(TicketRow.workspace_id),
        col(other.requester) == col(TicketRow.requester),
        col(other.removal).is_(None),
        when,
    )


def dimension(by: Dimension, table: Table, moment: str) -> ColumnElement[Any]:
    """The part to which a row of `table` belongs, counted by `moment`; rows about a ticket are joined to it."""
    if by is Dimension.DESK:
        return _plain(table.desk_id)
    if by is Dimension.AGENT:
        # The same number is somebody else at another desk.
        return cast(col(table.desk_id), Text) + ":" + agent_of(table, moment)
    if table is CallRow:
        own: dict[Dimension, Any] = {
            Dimension.CHANNEL: literal(PHONE, Text),
            Dimension.GROUP: CallRow.group,
        }
        return _plain(own.get(by, literal(None, Text)))
    if table is ArticleRow:
        return literal(None, Text)
    of_ticket: dict[Dimension, Any] = {
        Dimension.CHANNEL: TicketRow.channel,
        Dimension.GROUP: TicketRow.group,
        Dimension.PRIORITY: TicketRow.priority,
    }
    return _plain(of_ticket[by])


def _plain(column: Any) -> ColumnElement[Any]:
    """A column of a table, as what SQLAlchemy's types take it for."""
    return column  # type: ignore[no-any-return]


def agent_of(table: Table, moment: str) -> ColumnElement[Any]:
    """Who stands behind a row: who replied first, who solved, who answered."""
    if table is RatingRow:
        return func.coalesce(col(RatingRow.agent), col(TicketRow.solver))
    if table is ResponseRow:
        return _plain(ResponseRow.agent)
    if table is CallRow:
        return _plain(CallRow.agent)
    return _plain(TicketRow.first_replier if moment == "first_reply_at" else TicketRow.solver)
