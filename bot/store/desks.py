"""The help desks of a workspace, and how far each has been read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, distinct, func, select, update
from sqlmodel import Session, col

from bot.domain import Fact
from bot.store import desk_reads
from bot.store.tables import ArticleRow, CallRow, Desk, RatingRow, Reconciliation, TicketRow


def of(session: Session, workspace: int) -> list[Desk]:
    """The help desks that are in the settings, by name."""
    wanted = (
        select(Desk)
        .where(col(Desk.workspace_id) == workspace, col(Desk.retired).is_(False))
        .order_by(col(Desk.name))
    )
    return list(session.scalars(wanted))


def find(session: Session, workspace: int, name: str) -> Desk | None:
    """The row of the desk called `name`."""
    return session.scalars(
        select(Desk).where(col(Desk.workspace_id) == workspace, col(Desk.name) == name)
    ).one_or_none()


def retire(session: Session, workspace: int, *, except_for: Collection[str]) -> None:
    """Leaves desks that are no longer in the settings out of every number; their rows stay."""
    session.connection().execute(
        update(Desk)
        .where(col(Desk.workspace_id) == workspace, col(Desk.name).not_in(except_for))
        .values(retired=True)
    )


def any_retired(session: Session, workspace: int) -> bool:
    """Whether there are rows of desks that no longer count."""
    wanted = select(Desk).where(col(Desk.workspace_id) == workspace, col(Desk.retired))
    return session.scalars(wanted.limit(1)).one_or_none() is not None


def known(
    session: Session,
    workspace: int,
    name: str,
    *,
    kind: str,
    gives: Iterable[Fact],
    told_as: str | None = None,
) -> Desk:
    """The row of the desk called `name`, made or brought up to date with what it can give.

    When its settings tell tickets otherwise than before (`told_as`), all are read again: what is
    stored was told by the old ones.
    """
    desk = find(session, workspace, name) or Desk(workspace_id=workspace, name=name, kind=kind)
    desk.kind, desk.retired = kind, False
    if desk.told_as not in (None, told_as):
        # Views of articles stay: they say nothing of tickets, and past ones are never told again.
        desk.cursor = {name: at for name, at in (desk.cursor or {}).items() if name == "articles"}
    desk.told_as = told_as
    desk.gives = sorted(gives)
    session.add(desk)
    session.flush()
    return desk


def stored(
    session: Session, desk_id: int, stream: str, cursor: Mapping[str, Any], *, data_from: datetime
) -> None:
    """A page is in the database: the next reading of the stream goes on from `cursor`."""
    desk = session.get_one(Desk, desk_id)
    desk.cursor = (desk.cursor or {}) | {stream: dict(cursor)}
    desk.data_from = min(filter(None, (desk.data_from, data_from)))
    # It answers: what went wrong before is over.
    desk.problem = desk.problem_at = desk.waits_until = None
    session.add(desk)


def finished(session: Session, desk_id: int, *, data_until: datetime, at: datetime) -> None:
    """The end of the stream was reached, at `at`, by a reading that began at `data_until`."""
    desk = session.get_one(Desk, desk_id)
    desk_reads.add(session, desk, until=data_until, at=at)
    desk.data_until = data_until
    desk.problem = desk.problem_at = desk.waits_until = None
    if desk.asked_at is not None and desk.asked_at <= data_until:
        desk.asked_at = None
    session.add(desk)


def failed(
    session: Session,
    desk_id: int,
    problem: str,
    *,
    at: datetime,
    waits_until: datetime | None = None,
) -> None:
    """A reading ended with `problem`; what it had stored stays, and the next goes on from there.

    `waits_until` is when the desk allows requests again, where it said so.
    """
    desk = session.get_one(Desk, desk_id)
    desk.problem, desk.problem_at, desk.waits_until = problem, at, waits_until
    desk.asked_at = None
    session.add(desk)


def waits(session: Session, desk_id: int, until: datetime) -> None:
    """The desk allows no more requests until then; whoever reads it waits."""
    desk = session.get_one(Desk, desk_id)
    desk.waits_until = until
    session.add(desk)


def opens(
    session: Session,
    desk_id: int,
    opening: Mapping[str, Any],
    *,
    at: datetime,
    gives: Iterable[Fact],
) -> None:
    """The business hours that the desk keeps, and what it can give by them."""
    desk = session.get_one(Desk, desk_id)
    desk.opening, desk.opening_at, desk.gives = dict(opening) or None, at, sorted(gives)
    session.add(desk)


def ask(session: Session, desk_id: int, *, at: datetime) -> None:
    """Somebody asks for a reading: it is due now, whenever the last one was."""
    desk = session.get_one(Desk, desk_id)
    desk.asked_at = at
    session.add(desk)


@dataclass(frozen=True, slots=True)
class Overview:
    """A desk with what is stored of it and what the last comparison of counts gave.

    `lacks` leaves out business times: where the desk has none, deskpulse counts its own.
    """

    desk: Desk
    rows: Mapping[str, int]
    lacks: Sequence[Fact]
    compared_at: datetime | None
    differs: int


_TABLES: Mapping[str, Any] = {
    "tickets": TicketRow,
    "ratings": RatingRow,
    "calls": CallRow,
    "articles": ArticleRow,
}


def overview(session: Session, workspace: int) -> list[Overview]:
    """All desks that are in the settings, by name, each with how many rows are stored of it."""
    rows = {name: _counted(session, workspace, table) for name, table in _TABLES.items()}
    compared = {row.desk_id: row for row in _compared(session, workspace)}
    return [
        Overview(
            desk,
            {name: counted.get(desk.id or 0, 0) for name, counted in rows.items()},
            [fact for fact in Fact if fact not in {*desk.gives, Fact.BUSINESS_TIMES}],
            compared[desk.id].last if desk.id in compared else None,
            compared[desk.id].differs if desk.id in compared else 0,
        )
        for desk in of(session, workspace)
    ]


def _counted(session: Session, workspace: int, table: Any) -> dict[int, int]:
    # Of an article there is a row for each of its days.
    number = func.count(distinct(col(table.id))) if table is ArticleRow else func.count()
    columns: list[Any] = [col(table.desk_id).label("desk_id"), number.label("number")]
    wanted = (
        select(*columns).where(col(table.workspace_id) == workspace).group_by(col(table.desk_id))
    )
    if table is TicketRow:
        wanted = wanted.where(col(TicketRow.removal).is_(None))
    return {row.desk_id: row.number for row in session.execute(wanted)}


def _compared(session: Session, workspace: int) -> Sequence[Any]:
    differs = col(Reconciliation.ours) != col(Reconciliation.theirs)
    columns: list[Any] = [
        col(Reconciliation.desk_id).label("desk_id"),
        func.max(col(Reconciliation.checked_at)).label("last"),
        func.count(distinct(case((differs, col(Reconciliation.day))))).label("differs"),
    ]
    wanted = (
        select(*columns)
        .where(col(Reconciliation.workspace_id) == workspace)
        .group_by(col(Reconciliation.desk_id))
    )
    return session.execute(wanted).all()
