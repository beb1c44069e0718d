"""What became of alert rules, step by step, and what people thought of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, Text, cast, select
from sqlmodel import Session, col

from bot.alerts import kept
from bot.alerts.explanation import Undelivered
from bot.alerts.life import Kind, Standing, Step
from bot.store.tables import AlertRule, AlertStep, AlertVote, Delivery, OutboxRow

#: How a rule with more parts than this stands goes into the log once in an hour only: of thousands
#: of tickets that wait it is a megabyte. What came then is judged again from there.
MANY, SELDOM = 100, timedelta(hours=1)


def record(
    session: Session,
    row: AlertRule,
    steps: Sequence[Step],
    standing: Standing,
    *,
    incident: int | None,
) -> list[AlertStep]:
    """Writes what happened in one moment into the log, and how the rule stood after it; gives the rows."""
    last = len(steps) if steps and _is_to_be_kept(session, row, steps, standing) else 0
    rows = [
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
            standing=kept.to_json(standing) if place == last else None,
        )
        for place, step in enumerate(steps, start=1)
    ]
    session.add_all(rows)
    # They get their ids in the order in which they were added.
    session.flush()
    return rows


def _is_to_be_kept(
    session: Session, row: AlertRule, steps: Sequence[Step], standing: Standing
) -> bool:
    """What people did cannot be judged again, so that it is kept in any case."""
    if len(standing.parts) <= MANY or any(step.who for step in steps):
        return True
    last = session.scalars(_kept(row.id or 0).with_only_columns(col(AlertStep.at))).one_or_none()
    return last is None or steps[-1].at - last >= SELDOM


def _kept(rule: int) -> Select[AlertStep]:
    """The last step with which it was kept how a rule stood."""
    # Without one it holds the null of JSON, which is not that of SQL.
    there = cast(col(AlertStep.standing), Text) != "null"
    of_rule = select(AlertStep).where(col(AlertStep.rule_id) == rule, there)
    return of_rule.order_by(col(AlertStep.id).desc()).limit(1)


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


def undelivered(session: Session, steps: Iterable[AlertStep]) -> Mapping[int, Undelivered]:
    """By their ids those steps by which nobody was called, or of whose message nothing is left."""
    called = [step for step in steps if step.message is not None]
    rows = session.scalars(
        select(OutboxRow).where(
            col(OutboxRow.id).in_([step.message for step in called]),
            col(OutboxRow.state).in_((Delivery.FAILED, Delivery.LOST)),
        )
    )
    found = {
        row.id: Undelivered(row.problem or "", is_gone=row.state == Delivery.LOST) for row in rows
    }
    return {step.id or 0: found[step.message] for step in called if step.message in found}


def standing_before(session: Session, rule: int, moment: datetime) -> AlertStep | None:
    """The last step before a moment with which it was kept how the rule stood."""
    return session.scalars(_kept(rule).where(col(AlertStep.at) < moment)).one_or_none()


def between(session: Session, rule: int, after: datetime, until: datetime) -> list[Step]:
    """The steps of a rule after a moment, up to and including another, in their order."""
    rows = session.scalars(
        select(AlertStep)
        .where(
            col(AlertStep.rule_id) == rule, col(AlertStep.at) > after, col(AlertStep.at) <= until
        )
        .order_by(col(AlertStep.id))
    )
    return [step_of(row) for row in rows]


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
