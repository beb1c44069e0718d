"""Why a number moved: its parts in two windows, and the tickets that moved it most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, not_
from sqlmodel import Session, col

from bot.domain import Dimension, Slice, Window
from bot.metrics import (
    Clock,
    Count,
    Median,
    Metric,
    NetScore,
    Population,
    Quotient,
    Reading,
    Rows,
    Share,
    Sum,
    Unsolved,
    Where,
)
from bot.metrics.movement import (
    Movement,
    Part,
    Sample,
    count_movement,
    mean_movement,
    median_movement,
)
from bot.store.columns import TABLES, passes, seconds
from bot.store.readings import Sources, elapsed, read
from bot.store.tables import Desk, TicketRow


def movement(
    session: Session,
    workspace: int,
    metric: Metric,
    before: Window,
    now: Window,
    by: Dimension,
    *,
    clock: Clock = Clock.CALENDAR,
) -> Movement | None:
    """How the parts of a dimension moved a number; `None` when a window has no value."""
    if isinstance(metric.aggregate, Median):
        samples = Sources(session, workspace).samples(metric, [before, now], by, clock)
        split = [
            [Sample(part, values) for (place, part), values in samples.items() if place == wanted]
            for wanted in range(2)
        ]
        return median_movement(*split)
    found = read(session, workspace, [metric], [before, now], by=by)
    parts = [
        [_part(metric, one) for one in found if one.window == window and one.n]
        for window in (before, now)
    ]
    if isinstance(metric.aggregate, Count | Unsolved):
        return count_movement(*parts)
    return mean_movement(*parts)


def _part(metric: Metric, reading: Reading) -> Part:
    name = reading.slice.value if reading.slice else None
    if isinstance(metric.aggregate, Count | Unsolved):
        return Part(name, reading.n, reading.value or 0)
    # A net score counts in points of a hundred.
    points = 100 if isinstance(metric.aggregate, NetScore) else 1
    return Part(name, reading.denominator or 0, points * (reading.numerator or 0))


# --- The tickets behind it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A ticket by its desk and id; `value` is what it counts for itself, where that has a size."""

    desk: str
    ticket: str
    value: float | None


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Rows among which the tickets are that moved a number.

    All of `must` hold for them, and not all of `but_not`. The size of one is its duration (`None`),
    or the sum of `columns`, or nothing at all.
    """

    rows: Rows
    but_not: tuple[Where, ...] = ()
    columns: tuple[str, ...] = ()
    lasts: bool = False


def can_be_listed(metric: Metric) -> bool:
    """Whether there are tickets behind a change: calls and snapshots have none."""
    return _candidates(metric, rose=True) is not None


def movers(
    session: Session,
    workspace: int,
    metric: Metric,
    window: Window,
    part: Slice | None,
    *,
    rose: bool,
    clock: Clock = Clock.CALENDAR,
    limit: int = 10,
) -> list[Moved]:
    """The tickets of a window, and of a part, that moved a number most in the way it went.

    Of durations those that took longest (or least, when it fell), of a share those that are in it
    (or are not), of a count the latest ones.
    """
    wanted = _candidates(metric, rose=rose)
    if wanted is None:
        return []
    scope = Sources(session, workspace).scope_of(metric, [window], only=part)
    table: Any = TABLES[wanted.rows.population]
    at = seconds(table, wanted.rows.moment)
    ticket: Any = TicketRow.id if table is TicketRow else table.ticket_id
    size = _size(metric, wanted, table, clock)
    # A ticket may have several rows: the one counts that moved the number most.
    order = func.max(at) if size is None else func.max(size) if rose else func.min(size)
    statement = (
        scope.rows(table, col(Desk.name), ticket, order, moment=wanted.rows.moment)
        .join(Desk, col(Desk.id) == col(table.desk_id))
        .where(at >= bindparam("start"), at < bindparam("end"), ticket.is_not(None))
        .where(*(passes(table, where, scope.settled) for where in wanted.rows.where))
        .group_by(col(Desk.name), ticket)
    )
    if wanted.but_not:
        held = [passes(table, where, scope.settled) for where in wanted.but_not]
        statement = statement.where(not_(and_(*held)))
    if size is not None:
        statement = statement.where(size.is_not(None))
    falling = size is None or rose
    ordered = statement.order_by(order.desc() if falling else order.asc(), ticket).limit(limit)
    bounds = {"start": int(window.start.timestamp()), "end": int(window.end.timestamp())}
    return [
        # A desk's import can date a reply before its ticket; nobody waits less than no time.
        Moved(desk, ticket_id, None if size is None else max(0.0, float(found)))
        for desk, ticket_id, found in session.execute(ordered, bounds)
    ]


def _size(metric: Metric, wanted: _Candidates, table: Any, clock: Clock) -> Any:
    """The column by whose size the tickets are ordered; `None` where all count the same."""
    if wanted.lasts:
        return elapsed(metric, clock)
    if not wanted.columns:
        return None
    first, *others = (getattr(table, column) for column in wanted.columns)
    return sum(others, first)


#: Rows of these are about a ticket.
_HAVE_TICKETS = (Population.TICKETS, Population.RESPONSES, Population.TARGETS, Population.RATINGS)


def _candidates(metric: Metric, *, rose: bool) -> _Candidates | None:
    match metric.aggregate:
        case Median(rows):
            found = _Candidates(rows, lasts=True)
        case Share((hit, *_), (of, *_)) if isinstance(hit, Sum):
            extra = tuple(where for where in hit.rows.where if where not in of.rows.where)
            found = _Candidates(hit.rows) if rose else _Candidates(of.rows, but_not=extra)
        case NetScore(promoters, detractors, _):
            found = _Candidates(promoters.rows if rose else detractors.rows)
        case Count((of, *_)):
            found = _Candidates(of.rows)
        case Quotient(total, _):
            sized = [term for term in total if isinstance(term, Sum) and term.columns]
            of_tickets = [term for term in sized if term.rows.population in _HAVE_TICKETS]
            if not of_tickets:
                return None
            found = _Candidates(of_tickets[0].rows, columns=of_tickets[0].columns)
        case _:
            return None
    return found if found.rows.population in _HAVE_TICKETS else None
