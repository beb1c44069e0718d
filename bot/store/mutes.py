"""When the alerts of a channel are held back, by whom, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlmodel import Session, col

from bot.alerts.quiet import Mute as MuteValue
from bot.alerts.quiet import Period, Weekly
from bot.store.tables import AlertRule, Mute


def add(
    session: Session,
    workspace: int,
    channel: str,
    mute: MuteValue,
    *,
    rule: int | None,
    why: str,
    by: str,
    now: datetime,
) -> Mute:
    """Holds the alerts of a channel back, or those of one of its rules."""
    row = Mute(
        workspace_id=workspace,
        channel=channel,
        rule_id=rule,
        start=mute.start if isinstance(mute, Period) else mute.since,
        until=mute.until,
        zone="UTC" if isinstance(mute, Period) else mute.zone.key,
        why=why,
        made_by=by,
        made_at=now,
    )
    if isinstance(mute, Weekly):
        row.weekdays = list(mute.weekdays)
        row.opens, row.closes = mute.opens.isoformat("minutes"), mute.closes.isoformat("minutes")
    session.add(row)
    session.flush()
    return row


def value(row: Mute) -> MuteValue:
    """A row as a value; one that was taken back holds no longer than until then."""
    ends = [moment for moment in (row.until, row.ended_at) if moment is not None]
    until = min(ends, default=None)
    if row.weekdays is None:
        return Period(row.start, until or row.start)
    return Weekly(
        tuple(row.weekdays),
        time.fromisoformat(row.opens or ""),
        time.fromisoformat(row.closes or ""),
        ZoneInfo(row.zone),
        row.start,
        until,
    )


def of_rule(session: Session, rule: AlertRule) -> list[MuteValue]:
    """Every mute that ever held a rule back, those of its whole channel among them."""
    return [value(row) for row in rows_of_rule(session, rule)]


def of_whole_channel(session: Session, workspace: int, channel: str) -> list[MuteValue]:
    """Every mute that ever held back all rules of a channel."""
    rows = session.scalars(
        select(Mute).where(
            col(Mute.workspace_id) == workspace,
            col(Mute.channel) == channel,
            col(Mute.rule_id).is_(None),
        )
    )
    return [value(row) for row in rows]


def rows_of_rule(session: Session, rule: AlertRule) -> list[Mute]:
    """The same with who set each, and why."""
    rows = session.scalars(
        select(Mute).where(
            col(Mute.workspace_id) == rule.workspace_id,
            col(Mute.channel) == rule.channel,
            or_(col(Mute.rule_id).is_(None), col(Mute.rule_id) == rule.id),
        )
    )
    return list(rows)


def of_channel(session: Session, workspace: int, channel: str, *, now: datetime) -> Sequence[Mute]:
    """The mutes of a channel that hold, or will, oldest first."""
    rows = session.scalars(
        select(Mute)
        .where(
            col(Mute.workspace_id) == workspace,
            col(Mute.channel) == channel,
            col(Mute.ended_at).is_(None),
            or_(col(Mute.until).is_(None), col(Mute.until) > now),
        )
        .order_by(col(Mute.id))
    )
    return list(rows)


def get(session: Session, workspace: int, mute_id: int) -> Mute | None:
    """A mute by its number, whether it holds or not."""
    row = session.get(Mute, mute_id)
    return row if row is not None and row.workspace_id == workspace else None


def end(session: Session, row: Mute, *, by: str, now: datetime) -> None:
    """Takes a mute back."""
    row.ended_at, row.ended_by = now, by
    session.add(row)
