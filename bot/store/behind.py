"""The tickets behind the number of an alert: those that made it what it is, the most telling first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlmodel import Session, col

from bot.alerts.rule import SLA, Burn, Change, Limit, Rule, Side, Unusual, Waiting
from bot.domain import Dimension, Slice, Window
from bot.metrics import CATALOGUE, Metric, Unsolved
from bot.store.columns import dimension, seconds
from bot.store.movements import movers
from bot.store.observations import Past
from bot.store.readings import Sources
from bot.store.tables import Desk, ReopeningRow, TicketRow

#: A ticket by the name of its desk and its id, and what it counts for itself.
_Found = tuple[str, str, float | None]


@dataclass(frozen=True, slots=True)
class Behind:
    """A ticket; `value` is what it counts for itself, where that has a size: seconds, messages."""

    desk: str
    ticket: str
    created_at: datetime
    group: str | None = None
    channel: str | None = None
    value: float | None = None


def behind(
    session: Session,
    workspace: int,
    rule: Rule,
    moment: datetime,
    part: Slice | None = None,
    *,
    limit: int = 10,
) -> list[Behind]:
    """The tickets on which what a rule saw at a moment rests: of one part, or all that it is about.

    Of a duration those that took longest, of a share those that make it worse, of a count the newest,
    of a backlog the oldest; of tickets that wait those that do. None where there are no tickets: calls.
    """
    of = part or rule.only
    # Of two parts at once the second is looked at below: it may leave only few.
    also = rule.only if of != rule.only else None
    most = limit if also is None else _ENOUGH
    metric = CATALOGUE[SLA] if isinstance(rule.condition, Burn) else rule.of
    if isinstance(rule.condition, Waiting):
        found = _waiting(session, workspace, rule, moment)
    elif metric is None:
        return []
    elif isinstance(metric.aggregate, Unsolved):
        found = _unsolved(session, workspace, metric, moment, of, most)
    else:
        found = _moved(session, workspace, rule, metric, moment, of, most)
    return _told(session, workspace, found[:most], also)[:limit]


#: So many tickets of one part are looked at for those that are of another part as well.
_ENOUGH = 500


def _waiting(session: Session, workspace: int, rule: Rule, moment: datetime) -> list[_Found]:
    past = Past(session, workspace, patience=timedelta(days=3_650))
    (seen,) = past.seen(rule, ZoneInfo("UTC"), [moment])
    ages = sorted(((one.value or 0.0, name) for name, one in (seen or {}).items()), reverse=True)
    named = ((age, *(name or "").partition(":")) for age, name in ages)
    return [(desk, ticket, age) for age, desk, _, ticket in named]


def _unsolved(
    session: Session,
    workspace: int,
    metric: Metric,
    moment: datetime,
    of: Slice | None,
    limit: int,
) -> list[_Found]:
    """Those that were not solved by then, or have been since; the oldest first.

    One that was solved then and reopened later is none of them.
    """
    at = int(moment.timestamp())
    scope = Sources(session, workspace).scope_of(metric, [Window(moment, moment)], of)
    statement = (
        scope.rows(TicketRow, col(Desk.name), col(TicketRow.id), moment="created_at")
        .join(Desk, col(Desk.id) == col(TicketRow.desk_id))
        .where(
            seconds(TicketRow, "created_at") < at,
            or_(col(TicketRow.solved_at).is_(None), seconds(TicketRow, "solved_at") >= at),
            ~exists().where(
                col(ReopeningRow.desk_id) == col(TicketRow.desk_id),
                col(ReopeningRow.ticket_id) == col(TicketRow.id),
                seconds(ReopeningRow, "solved_at") < at,
                seconds(ReopeningRow, "reopened_at") >= at,
            ),
        )
        .order_by(seconds(TicketRow, "created_at"), col(TicketRow.id))
        .limit(limit)
    )
    return [(desk, ticket, None) for desk, ticket in session.execute(statement)]


def _moved(
    session: Session,
    workspace: int,
    rule: Rule,
    metric: Metric,
    moment: datetime,
    of: Slice | None,
    limit: int,
) -> list[_Found]:
    found = movers(
        session,
        workspace,
        metric,
        rule.window(moment),
        of,
        rose=_bad_when_high(rule),
        clock=rule.clock,
        limit=limit,
    )
    return [(one.desk, one.ticket, one.value) for one in found]


def _bad_when_high(rule: Rule) -> bool:
    match rule.condition:
        case Limit(side) | Change(side) | Unusual(side):
            return side is not Side.BELOW
    return not isinstance(rule.condition, Burn)


def _told(
    session: Session, workspace: int, found: Sequence[_Found], also: Slice | None
) -> list[Behind]:
    """The tickets with what is known of them, in the same order; only those that are `also` of a part."""
    statement = (
        select(
            col(Desk.name),
            col(TicketRow.id),
            col(TicketRow.created_at),
            col(TicketRow.group),
            col(TicketRow.channel),
        )
        .join(Desk, col(Desk.id) == col(TicketRow.desk_id))
        .where(
            col(TicketRow.workspace_id) == workspace,
            tuple_(col(Desk.name), col(TicketRow.id)).in_([one[:2] for one in found]),
        )
    )
    if also is not None:
        statement = statement.where(_column(also.dimension) == also.value)
    known = {
        (desk, ticket): Behind(desk, ticket, created_at, group, channel)
        for desk, ticket, created_at, group, channel in session.execute(statement)
    }
    return [
        replace(known[desk, ticket], value=value)
        for desk, ticket, value in found
        if (desk, ticket) in known
    ]


def _column(by: Dimension) -> ColumnElement[Any]:
    is_desk = by is Dimension.DESK
    return col(Desk.name) if is_desk else dimension(by, TicketRow, "created_at")  # type: ignore[return-value]
