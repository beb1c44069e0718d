"""What became of alert rules, step by step, and what people thought of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.alerts import kept
from bot.alerts.life import Kind, Standing, Step
from bot.store.tables import AlertRule, AlertStep, AlertVote


def record(
    session: Session,
    row: AlertRule,
    steps: Sequence[Step],
    standing: Standing,
    *,
    incident: int | None,
) -> None:
    """Writes what happened in one moment into the log, and how the rule stood after it."""
    for place, step in enumerate(steps, start=1):
        is_last = place == len(steps)
        session.add(
            AlertStep(
                workspace_id=row.workspace_id,
                rule_id=row.id or 0,
                incident_id=incident,
                at=step.at,
                kind=step.kind,
                part=step.part,
                value=step.value,
                n=step.many if step.kind is Kind.MISSED else step.n,
                who=step.who,
                until=step.until,
                standing=kept.to_json(standing) if is_last else None,
            )
        )
        # In the order of their ids, which many inserted at once need not have.
        session.flush()


def step_of(row: AlertStep) -> Step:
    """A row as a value."""
    kind, n = Kind(row.kind), row.n or 0
    many = n if kind is Kind.MISSED else 0
    return Step(kind, row.at, row.part, row.value, n - many, row.who, row.until, many=many)


def of_incident(session: Session, incident: int) -> list[Step]:
    """The steps of an incident, in their order."""
    rows = session.scalars(
        select(AlertStep).where(col(AlertStep.incident_id) == incident).order_by(col(AlertStep.id))
    )
    return [step_of(row) for row in rows]


def latest(
    session: Session, workspace: int, rules: Sequence[int], *, limit: int = 30
) -> list[AlertStep]:
    """The newest steps of some rules, newest first."""
    rows = session.scalars(
        select(AlertStep)
        .where(col(AlertStep.workspace_id) == workspace, col(AlertStep.rule_id).in_(rules))
        .order_by(col(AlertStep.id).desc())
        .limit(limit)
    )
    return list(rows)


def standing_before(session: Session, rule: int, moment: datetime) -> AlertStep | None:
    """The last step before a moment with which it was kept how the rule stood."""
    return session.scalars(
        select(AlertStep)
        .where(
            col(AlertStep.rule_id) == rule,
            col(AlertStep.at) < moment,
        )
        .order_by(col(AlertStep.id).desc())
        .limit(1)
    ).one_or_none()


# --- Votes ---


def vote(
    session: Session, workspace: int, incident: int, user: str, *, useful: bool, at: datetime
) -> None:
    """Somebody says whether an alert was useful; the last word of each counts."""
    row = AlertVote(incident_id=incident, user=user, workspace_id=workspace, useful=useful, at=at)
    session.merge(row)


def votes(session: Session, incident: int) -> tuple[int, int]:
    """How many found an alert useful, and how many did not."""
    given = session.scalars(
        select(col(AlertVote.useful)).where(col(AlertVote.incident_id) == incident)
    ).all()
    return sum(given), len(given) - sum(given)
