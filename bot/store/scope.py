"""Which rows a query is about, and how it groups them: windows, slices, what counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    select,
    type_coerce,
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

    @property
    def is_sliced(self) -> bool:
        """Whether it takes the tickets themselves to say which rows belong to a slice."""
        return self.by is not None or self.only is not None

    def conditions(
        self, table: type[TicketRow | ResponseRow | ReopeningRow] = TicketRow
    ) -> list[ColumnElement[bool]]:
        """What holds for every row of `table` that counts; a slice wants it joined to tickets."""
        wanted = [col(table.workspace_id) == self.workspace]
        if table is TicketRow:  # of removed tickets there are no other rows
            wanted.append(col(TicketRow.removal).is_(None))
        if self.desks is not None:
            wanted.append(col(table.desk_id).in_(self.desks))
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

    `moment` is the column whose timestamp puts a row into a window. Each window is a query of its
    own, which reads one stretch of an index and, without slices, has nothing to sort.
    """
    table = TABLES[population]
    at = seconds(table, moment)
    statement = (
        select(scope.part, func.count().label("n"))
        .add_columns(*(column.label(name) for name, column in columns.items()))
        .select_from(table)
        .where(*scope.conditions(table), at >= bindparam("start"), at < bindparam("end"))
    )
    if scope.is_sliced and table is ResponseRow:
        statement = statement.join(TicketRow, same_ticket(ResponseRow))
    if scope.by is not None:
        statement = statement.group_by("part")
    found: dict[Place, dict[str, Any]] = {}
    for place, window in enumerate(scope.windows):
        bounds = {"start": int(window.start.timestamp()), "end": int(window.end.timestamp())}
        for row in session.execute(statement, bounds).mappings():
            if row["n"]:
                found[place, row["part"]] = dict(row)
    return found


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
