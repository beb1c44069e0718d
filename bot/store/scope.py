"""Which rows a query is about, and how it groups them: windows, slices, what counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, cast, func, literal, select
from sqlmodel import Session, col

from bot.domain import Dimension, Slice, Window
from bot.metrics import Population
from bot.store.columns import TABLES, Table, agent_of, dimension, seconds
from bot.store.tables import (
    Desk,
    RatingRow,
    ReopeningRow,
    ResponseRow,
    TargetRow,
    TicketRow,
    day_number,
)

#: Where a row of a grouped result belongs: the place of its window in the list, and its slice.
Place = tuple[int, str | None]

#: Rows of these are about a ticket, which says to which part they belong.
_OF_TICKETS = (ResponseRow, TargetRow, RatingRow, ReopeningRow)


@dataclass(frozen=True, slots=True)
class Scope:
    """The workspace, the desks (`None`: all), the windows, and the slice to group or filter by.

    Tickets solved before `settled` have had their seven days, in which the requester may return.
    """

    workspace: int
    windows: Sequence[Window]
    desks: tuple[int, ...] | None = None
    by: Dimension | None = None
    only: Slice | None = None
    settled: datetime | None = None

    def over(self, windows: Sequence[Window]) -> Scope:
        """The same rows in other windows."""
        return replace(self, windows=windows)

    def of(self, desks: tuple[int, ...]) -> Scope:
        """The same, but only of these desks."""
        return replace(self, desks=desks)

    def select(
        self, table: Table, *columns: ColumnElement[Any], moment: str = ""
    ) -> Select[tuple[Any, ...]]:
        """Aggregates columns over the rows of `table` that count: first the `part`, then those.

        `moment` is by what the rows are counted; it decides which agent stands behind a row.
        """
        part = literal(None, Text) if self.by is None else self._part(self.by, table, moment)
        statement = self.rows(table, part.label("part"), *columns, moment=moment)
        return statement if self.by is None else statement.group_by("part")

    def rows(self, table: Table, *columns: Any, moment: str = "") -> Select[tuple[Any, ...]]:
        """Chooses columns of the rows of `table` that count."""
        statement: Select[tuple[Any, ...]] = select(*columns).select_from(table)
        if table is RatingRow:  # some are about no ticket
            statement = statement.join(TicketRow, _same_ticket(table), isouter=True)
        elif table in _OF_TICKETS and self._asks_tickets:
            statement = statement.join(TicketRow, _same_ticket(table))
        return statement.where(*self._conditions(table, moment))

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """By what it slices, or leaves out."""
        asked = (self.by, self.only.dimension if self.only else None)
        return frozenset(one for one in asked if one is not None)

    @property
    def _asks_tickets(self) -> bool:
        """Whether it takes the tickets themselves to say which rows belong to a part."""
        return bool(self.dimensions - {Dimension.DESK})

    def _part(self, by: Dimension, table: Table, moment: str) -> ColumnElement[Any]:
        return cast(dimension(by, table, moment), Text)

    def _conditions(self, table: Table, moment: str) -> list[ColumnElement[bool]]:
        wanted = [col(table.workspace_id) == self.workspace]
        if table in (TicketRow, RatingRow):  # of removed tickets there are no others but ratings
            wanted.append(col(TicketRow.removal).is_(None))
        if self.desks is not None:
            wanted.append(col(table.desk_id).in_(self.desks))
        if self.only is not None:
            wanted.append(self._matches(self.only, table, moment))
        return wanted

    def _matches(self, part: Slice, table: Table, moment: str) -> ColumnElement[bool]:
        if part.dimension is Dimension.DESK:
            return col(table.desk_id).in_(self._desks_called(part.value))
        if part.dimension is Dimension.AGENT and part.value is not None:
            desk, _, agent = part.value.partition(":")
            is_theirs = agent_of(table, moment) == agent
            return and_(col(table.desk_id).in_(self._desks_called(desk)), is_theirs)
        return dimension(part.dimension, table, moment).is_not_distinct_from(part.value)

    def _desks_called(self, name: str | None) -> Select[Any]:
        return select(col(Desk.id)).where(
            col(Desk.workspace_id) == self.workspace, col(Desk.name) == name
        )


def grouped(
    session: Session,
    scope: Scope,
    population: Population,
    moment: str,
    columns: Mapping[str, ColumnElement[Any]],
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """One row for each window and slice that has any: `n`, how many, and `columns`.

    They come window by window, so that a row that holds many values can be let go of. `moment` is
    the column whose timestamp puts a row into a window. Each window is a query of its own, which
    reads one stretch of an index and, without slices, has nothing to sort; but many short ones that
    follow one another, such as hours, are counted in one.
    """
    table = TABLES[population]
    at = seconds(table, moment)
    counted = [column.label(name) for name, column in columns.items()]
    statement = scope.select(table, func.count().label("n"), *counted, moment=moment).where(
        at >= bindparam("start"), at < bindparam("end")
    )
    bounds = _days if population is Population.ARTICLES else _seconds
    spans = [bounds(window) for window in scope.windows]
    tiles = _tiles(spans)
    if tiles is not None:
        yield from _in_one(session, statement, at, tiles)
        return
    for place, (start, end) in enumerate(spans):
        for row in session.execute(statement, {"start": start, "end": end}).mappings():
            if row["n"]:
                yield (place, row["part"]), dict(row)


#: From fewer windows on each is a query of its own.
_FEW = 4

#: Longer ones are each worth a query: grouping costs more than it saves.
_SHORT = 86_400


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Windows of one length that follow one another: `places` in the list, from the first on."""

    start: int
    length: int
    places: Sequence[int]


def _tiles(spans: Sequence[tuple[int, int]]) -> _Tiles | None:
    """The windows as tiles, if they are many, short, and leave no gap between them."""
    if len(spans) < _FEW:
        return None
    order = sorted(range(len(spans)), key=lambda place: spans[place])
    start, end = spans[order[0]]
    length = end - start
    regular = [(start + n * length, start + (n + 1) * length) for n in range(len(order))]
    if not 0 < length <= _SHORT or [spans[place] for place in order] != regular:
        return None
    return _Tiles(start, length, order)


def _in_one(
    session: Session, statement: Select[Any], at: ColumnElement[int], tiles: _Tiles
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """All windows by one query, in which each row is counted for its tile."""
    tile = ((at - tiles.start) // tiles.length).label("tile")
    rows = session.execute(
        statement.add_columns(tile).group_by("tile"),
        {"start": tiles.start, "end": tiles.start + tiles.length * len(tiles.places)},
    ).mappings()
    return (((tiles.places[row["tile"]], row["part"]), dict(row)) for row in rows if row["n"])


def _seconds(window: Window) -> tuple[int, int]:
    return int(window.start.timestamp()), int(window.end.timestamp())


def _days(window: Window) -> tuple[int, int]:
    first, end = local_days(window)
    return day_number(first) or 0, day_number(end) or 0


def local_days(window: Window) -> tuple[date, date]:
    """The first of the local days that lie wholly in the window, and the day after the last."""
    first = window.start.date()
    if window.start.time() != time.min:
        first += timedelta(days=1)
    return first, max(first, window.end.date())


def _same_ticket(table: type[Any]) -> ColumnElement[bool]:
    """Joins the rows that belong to a ticket with it."""
    return and_(
        col(table.desk_id) == col(TicketRow.desk_id), col(table.ticket_id) == col(TicketRow.id)
    )
