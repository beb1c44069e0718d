"""The digests that channels have asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlmodel import Session, col

from bot.digests.timetable import Timetable
from bot.store.tables import Schedule


def add(
    session: Session,
    workspace: int,
    channel: str,
    timetable: Timetable,
    *,
    locale: str,
    by: str,
    now: datetime,
) -> Schedule:
    """Schedules a digest for a channel; one of the same kind that it has is replaced."""
    for other in of_channel(session, workspace, channel):
        if other.kind == timetable.kind:
            remove(session, other, now=now)
    schedule = Schedule(
        workspace_id=workspace,
        channel=channel,
        **timetable.to_json(),
        locale=locale,
        created_by=by,
        created_at=now,
        resumed_at=now,
    )
    session.add(schedule)
    session.flush()
    return schedule


def timetable(schedule: Schedule) -> Timetable:
    """When a digest is due, as a value."""
    return Timetable.from_json(schedule.model_dump())


def of_channel(session: Session, workspace: int, channel: str) -> list[Schedule]:
    """The digests of a channel, paused ones included."""
    wanted = _standing(workspace).where(col(Schedule.channel) == channel)
    return list(session.scalars(wanted))


def active(session: Session, workspace: int) -> list[Schedule]:
    """All digests that are to be posted when they are due."""
    return list(session.scalars(_standing(workspace).where(col(Schedule.paused).is_(False))))


def standing(session: Session, workspace: int) -> list[Schedule]:
    """All digests, paused ones included."""
    return list(session.scalars(_standing(workspace)))


def get(session: Session, workspace: int, schedule_id: int) -> Schedule | None:
    """A digest that was not removed."""
    return session.scalars(
        _standing(workspace).where(col(Schedule.id) == schedule_id)
    ).one_or_none()


def pause(session: Session, schedule: Schedule) -> None:
    """Posts nothing until it is resumed."""
    schedule.paused = True
    session.add(schedule)


def resume(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """Posts again from the next due moment on; what was due in between is not made up for."""
    schedule.paused = False
    schedule.resumed_at = now
    session.add(schedule)


def remove(session: Session, schedule: Schedule, *, now: datetime) -> None:
    """Ends a digest; its row stays, so that what it posted stays explained."""
    schedule.removed_at = now
    session.add(schedule)


def _standing(workspace: int) -> Select[Schedule]:
    return (
        select(Schedule)
        .where(col(Schedule.workspace_id) == workspace, col(Schedule.removed_at).is_(None))
        .order_by(col(Schedule.kind), col(Schedule.id))
    )
