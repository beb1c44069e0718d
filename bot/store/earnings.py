"""Counts what alert rules earned: the incidents of each, and what people did about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlmodel import Session, col

from bot.alerts.earnings import IGNORED_AFTER, Earnings
from bot.store.tables import AlertIncident, AlertRule, AlertVote, OutboxRow


def earnings(
    session: Session,
    workspace: int,
    rules: Sequence[AlertRule],
    *,
    since: datetime,
    until: datetime,
) -> Mapping[int, Earnings]:
    """What each rule earned, by its number, with the incidents that opened from one moment to another."""
    incidents = session.scalars(
        select(AlertIncident).where(
            col(AlertIncident.workspace_id) == workspace,
            col(AlertIncident.rule_id).in_([row.id for row in rules]),
            col(AlertIncident.opened_at) >= since,
            col(AlertIncident.opened_at) < until,
        )
    )
    by_rule: dict[int, list[AlertIncident]] = defaultdict(list)
    for incident in incidents:
        by_rule[incident.rule_id].append(incident)
    every = [one for some in by_rule.values() for one in some]
    votes, unseen = _votes(session, every), _unseen(session, every)
    return {row.id or 0: _earned(by_rule[row.id or 0], votes, unseen, until) for row in rules}


def _unseen(session: Session, incidents: Iterable[AlertIncident]) -> Collection[str]:
    """The messages that were never in Slack. One that is forgotten by now was posted long ago."""
    asked = [one.message for one in incidents if one.message is not None]
    wanted = select(col(OutboxRow.id)).where(
        col(OutboxRow.id).in_(asked), col(OutboxRow.shown) == 0
    )
    return set(session.scalars(wanted))


def _votes(session: Session, incidents: Iterable[AlertIncident]) -> Mapping[int, list[bool]]:
    """Whether those who voted found each incident useful."""
    rows = session.execute(
        select(col(AlertVote.incident_id), col(AlertVote.useful)).where(
            col(AlertVote.incident_id).in_([one.id for one in incidents])
        )
    )
    found: dict[int, list[bool]] = defaultdict(list)
    for incident, useful in rows:
        found[incident].append(useful)
    return found


def _earned(
    incidents: Sequence[AlertIncident],
    votes: Mapping[int, list[bool]],
    unseen: Collection[str],
    until: datetime,
) -> Earnings:
    told = [one for one in incidents if one.told_at is not None and one.message not in unseen]
    given = [useful for one in incidents for useful in votes.get(one.id or 0, ())]
    ignored = [one for one in told if one.id not in votes and _is_ignored(one, until)]
    return Earnings(
        fired=len(incidents),
        told=len(told),
        acknowledged=sum(one.acknowledged_at is not None for one in told),
        ignored=len(ignored),
        useful=sum(given),
        useless=len(given) - sum(given),
        median=_typical(told),
    )


def _is_ignored(incident: AlertIncident, until: datetime) -> bool:
    """Whether it has had its time, and nobody took it on."""
    if incident.acknowledged_at is not None or incident.told_at is None:
        return False
    return incident.closed_at is not None or until - incident.told_at > IGNORED_AFTER


def _typical(told: Iterable[AlertIncident]) -> timedelta | None:
    """How long it took at the middle until somebody took one on."""
    seconds = [
        (one.acknowledged_at - one.told_at).total_seconds()
        for one in told
        if one.acknowledged_at is not None and one.told_at is not None
    ]
    return timedelta(seconds=median(seconds)) if seconds else None
