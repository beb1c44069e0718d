"""The backlog: how many tickets were unsolved at a moment, also one that is long past.

At a moment T these are the tickets created before T, less those whose solve before T still stands,
less those that were solved at T and reopened later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import BigInteger, func, literal, select, union_all
from sqlmodel import Session, col

from bot.domain import Window
from bot.metrics import Population
from bot.store.scope import Place, Scope, grouped, same_ticket, seconds
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
    return {place: row["n"] for place, row in rows.items()}


def _standing(session: Session, scope: Scope, moment: datetime) -> Counts:
    """Tickets created before `moment` of which no solve before it stands, by slice."""
    at = int(moment.timestamp())
    found: Counts = {}
    # Two statements, so that each reads one stretch of an index.
    for condition in (
        col(TicketRow.solved_at).is_(None),
        seconds(TicketRow, "solved_at") >= at,
    ):
        statement = (
            select(scope.part, func.count())
            .select_from(TicketRow)
            .where(*scope.conditions(), seconds(TicketRow, "created_at") < at, condition)
            .group_by("part")
        )
        for part, count in session.execute(statement):
            found[part] = found.get(part, 0) + count
    return found


def _reopened_later(
    session: Session, scope: Scope, moments: Sequence[datetime]
) -> dict[Place, int]:
    """Tickets that were solved at a moment and reopened afterwards, by slice."""
    at = union_all(
        *(
            select(
                literal(place).label("place"),
                literal(int(moment.timestamp()), BigInteger).label("at"),
            )
            for place, moment in enumerate(moments)
        )
    ).cte("moments")
    statement = (
        select(at.c.place, scope.part, func.count())
        .select_from(at)
        .join(
            ReopeningRow,
            (seconds(ReopeningRow, "reopened_at") >= at.c.at)
            & (seconds(ReopeningRow, "solved_at") < at.c.at)
            & (col(ReopeningRow.workspace_id) == scope.workspace),
        )
        .join(TicketRow, same_ticket(ReopeningRow))
        .where(*scope.conditions())
        .group_by(at.c.place, "part")
    )
    return {(place, part): count for place, part, count in session.execute(statement)}
