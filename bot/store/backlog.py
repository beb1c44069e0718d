"""The backlog: how many tickets were unsolved at a moment, also one that is long past.

At a moment T these are the tickets created before T, less those whose solve before T still stands,
less those that were solved at T and reopened later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import bindparam, func
from sqlmodel import Session, col

from bot.domain import Window
from bot.metrics import Population
from bot.store.columns import seconds
from bot.store.scope import Place, Scope, grouped
from bot.store.tables import ReopeningRow, TicketRow

Counts = dict[str | None, int]


def unsolved(session: Session, scope: Scope) -> dict[Place, int]:
    """The unsolved tickets at the end of each window, by slice.

    The first moment is counted outright; each later one is the one before it plus what was created
    and less what was solved in between, so that many windows cost no more than the time they span.
    """
    if not scope.windows:
        return {}
    moments = sorted({window.end for window in scope.windows})
    between = scope.over([Window(start, end) for start, end in pairwise(moments)])
    created = _counted(session, between, "created_at")
    solved = _counted(session, between, "solved_at")
    standing = _standing(session, scope, moments[0])
    reopened = _reopened_later(session, scope, moments)
    parts = set(standing) | {part for counts in (created, solved, reopened) for _, part in counts}
    at: dict[datetime, Counts] = {}
    for place, moment in enumerate(moments):
        for part in parts if place else ():
            flow = created.get((place - 1, part), 0) - solved.get((place - 1, part), 0)
            standing[part] = standing.get(part, 0) + flow
        at[moment] = {
            part: standing.get(part, 0) - reopened.get((place, part), 0) for part in parts
        }
    return {
        (place, part): count
        for place, window in enumerate(scope.windows)
        for part, count in at[window.end].items()
    }


def _counted(session: Session, scope: Scope, moment: str) -> dict[Place, int]:
    rows = grouped(session, scope, Population.TICKETS, moment, {})
    return {place: row["n"] for place, row in rows}


def _standing(session: Session, scope: Scope, moment: datetime) -> Counts:
    """Tickets created before `moment` of which no solve before it stands, by slice."""
    at = int(moment.timestamp())
    created_at, solved_at = seconds(TicketRow, "created_at"), seconds(TicketRow, "solved_at")
    found: Counts = {}
    # Two statements, so that each reads one stretch of an index: of the unsolved tickets, and of
    # those solved later. The `+ 0` keeps SQLite from reading all that were ever created instead.
    for conditions in (
        (created_at < at, col(TicketRow.solved_at).is_(None)),
        (created_at + 0 < at, solved_at >= at),
    ):
        statement = scope.select(TicketRow, func.count()).where(*conditions)
        for part, count in session.execute(statement):
            found[part] = found.get(part, 0) + count
    return found


def _reopened_later(
    session: Session, scope: Scope, moments: Sequence[datetime]
) -> dict[Place, int]:
    """Tickets that were solved at a moment and reopened afterwards, by slice."""
    statement = scope.select(ReopeningRow, func.count()).where(
        seconds(ReopeningRow, "solved_at") < bindparam("at"),
        seconds(ReopeningRow, "reopened_at") >= bindparam("at"),
    )
    return {
        (place, part): count
        for place, moment in enumerate(moments)
        for part, count in session.execute(statement, {"at": int(moment.timestamp())})
    }
