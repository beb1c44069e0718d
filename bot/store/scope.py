"""Which rows a query is about, and how it groups them: windows, slices, what counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import Session, col

from bot.domain import Dimension, Slice, Window
from bot.metrics import Population
from bot.store.tables import Desk, ReopeningRow, ResponseRow, TicketRow

#: Where a row of a grouped result belongs: the place of its window in the list, and its slice.
Place = tuple[int, str | None]

TABLES: Mapping[Population, type[TicketRow | ResponseRow]] = {
    Population.TICKETS: TicketRow,
    Population.RESPONSES: ResponseRow,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The workspace, the desks (`None`: all), the windows, and the slice to group or filter by."""

    workspace: int
    windows: Sequence[Window]
    desks: tuple[int, ...] | None = None
    by: Dimension | None = None
    only: Slice | None = None

    def over(self, windows: Sequence[Window]) -> Scope:
        """The same rows in other windows."""
        return replace(self, windows=windows)

    def of(self, desks: tuple[int, ...]) -> Scope:
        """The same, but only of these desks."""
        return replace(self, desks=desks)

    @property
    def part(self) -> ColumnElement[Any]:
        """The slice that a row belongs to, as text."""
        column = literal(None, Text) if self.by is None else cast(_column(self.by), Text)
        return column.label("part")

    def conditions(self) -> list[ColumnElement[bool]]:
        """What holds for every ticket that counts."""
        wanted = [
            col(TicketRow.workspace_id) == self.workspace,
            col(TicketRow.removal).is_(None),
        ]
        if self.desks is not None:
            wanted.append(col(TicketRow.desk_id).in_(self.desks))
        if self.only is not None:
            wanted.append(self._matches(self.only))
        return wanted

    def _matches(self, part: Slice) -> ColumnElement[bool]:
        if part.dimension is Dimension.DESK:
            named = select(col(Desk.id)).where(
                col(Desk.workspace_id) == self.workspace, col(Desk.name) == part.value
            )
            return col(TicketRow.desk_id).in_(named)
        return _column(part.dimension).is_not_distinct_from(part.value)


def grouped(
    session: Session,
    scope: Scope,
    population: Population,
    moment: str,
    columns: Mapping[str, ColumnElement[Any]],
) -> dict[Place, dict[str, Any]]:
    """One row for each window and slice that has any: `n`, how many, and `columns`.

    `moment` is the column whose timestamp puts a row into a window.
    """
    if not scope.windows:
        return {}
    table = TABLES[population]
    windows = _as_table(scope.windows)
    at = seconds(table, moment)
    inside = and_(
        col(table.workspace_id) == scope.workspace, at >= windows.c.start, at < windows.c.end
    )
    rows: FromClause = windows.join(table, inside)
    if table is ResponseRow:
        rows = rows.join(TicketRow, same_ticket(ResponseRow))
    statement = (
        select(windows.c.place, scope.part, func.count().label("n"))
        .add_columns(*(column.label(name) for name, column in columns.items()))
        .select_from(rows)
        .where(*scope.conditions())
        .group_by(windows.c.place, "part")
    )
    result = session.execute(statement).mappings()
    return {(row["place"], row["part"]): dict(row) for row in result}


def _as_table(windows: Sequence[Window]) -> FromClause:
    """The windows as a small table that the rows are joined to."""
    return union_all(
        *(
            select(
                literal(place, Integer).label("place"),
                literal(int(window.start.timestamp()), BigInteger).label("start"),
                literal(int(window.end.timestamp()), BigInteger).label("end"),
            )
            for place, window in enumerate(windows)
        )
    ).cte("windows")


def same_ticket(table: type[ResponseRow | ReopeningRow]) -> ColumnElement[bool]:
    """Joins the rows that belong to a ticket with it."""
    return and_(
        col(table.desk_id) == col(TicketRow.desk_id), col(table.ticket_id) == col(TicketRow.id)
    )


def seconds(table: type[Any], column: str) -> ColumnElement[int]:
    """A moment as the whole number that it is stored as, to compare and to subtract."""
    return type_coerce(getattr(table, column), BigInteger)


def _column(dimension: Dimension) -> ColumnElement[Any]:
    columns: dict[Dimension, Any] = {
        Dimension.DESK: TicketRow.desk_id,
        Dimension.CHANNEL: TicketRow.channel,
        Dimension.GROUP: TicketRow.group,
        Dimension.PRIORITY: TicketRow.priority,
    }
    return columns[dimension]  # type: ignore[no-any-return]
