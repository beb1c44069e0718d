"""The help desks of a workspace, and how far each has been read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from bot.domain import Fact
from bot.store.tables import Desk


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
        desk.cursor = None
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
    session.add(desk)


def finished(session: Session, desk_id: int, *, data_until: datetime) -> None:
    """The end of the stream was reached by a reading that began at `data_until`."""
    desk = session.get_one(Desk, desk_id)
    desk.data_until = data_until
    desk.problem = desk.problem_at = None
    session.add(desk)


def failed(session: Session, desk_id: int, problem: str, *, at: datetime) -> None:
    """A reading ended with `problem`; what it had stored stays, and the next goes on from there."""
    desk = session.get_one(Desk, desk_id)
    desk.problem, desk.problem_at = problem, at
    session.add(desk)
