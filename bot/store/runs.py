"""What was due and is done: a row for each due moment, inserted by whoever claims it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from bot.store.tables import Run, RunState
from bot.store.upserts import insert


def claim(
    session: Session,
    workspace: int,
    subject: str,
    slot: str,
    *,
    due_at: datetime,
    now: datetime,
    state: RunState = RunState.DONE,
    note: str | None = None,
) -> bool:
    """Claims a due moment, in the transaction that does the work; false when somebody has it.

    If that transaction is rolled back, so is the claim, and the run is due again.
    """
    row = Run(
        workspace_id=workspace,
        subject=subject,
        slot=slot,
        state=state,
        due_at=due_at,
        at=now,
        note=note,
    )
    claimed = session.connection().execute(
        insert(session, Run).on_conflict_do_nothing().returning(col(Run.slot)), row.model_dump()
    )
    # Not `rowcount`: PostgreSQL's driver does not give it for an INSERT.
    return claimed.one_or_none() is not None


def is_claimed(session: Session, workspace: int, subject: str, slot: str) -> bool:
    """Whether a due moment has been claimed by anybody."""
    return session.get(Run, (workspace, subject, slot)) is not None


def ask(
    session: Session,
    workspace: int,
    subject: str,
    slot: str,
    request: dict[str, Any],
    *,
    by: str | None,
    now: datetime,
) -> None:
    """Makes something due now because a person asked for it. Asking twice for a slot is once.

    `by` is `None` where it is nobody in Slack.
    """
    row = Run(
        workspace_id=workspace,
        subject=subject,
        slot=slot,
        state=RunState.ASKED,
        due_at=now,
        at=now,
        asked_by=by,
        request=request,
    )
    session.connection().execute(insert(session, Run).on_conflict_do_nothing(), row.model_dump())


def asked(session: Session, workspace: int) -> list[Run]:
    """What people asked for and nobody has done yet, oldest first."""
    wanted = (
        select(Run)
        .where(col(Run.workspace_id) == workspace, col(Run.state) == RunState.ASKED)
        .order_by(col(Run.due_at))
    )
    return list(session.scalars(wanted))


def take(session: Session, run: Run, *, now: datetime) -> bool:
    """Claims what a person asked for; false when somebody else has done it."""
    taken = session.connection().execute(
        update(Run)
        .where(
            col(Run.workspace_id) == run.workspace_id,
            col(Run.subject) == run.subject,
            col(Run.slot) == run.slot,
            col(Run.state) == RunState.ASKED,
        )
        .values(state=RunState.DONE, at=now)
    )
    return taken.rowcount == 1


def latest(session: Session, workspace: int, subject: str) -> Run | None:
    """The newest due moment of a subject that was dealt with."""
    wanted = (
        select(Run)
        .where(col(Run.workspace_id) == workspace, col(Run.subject) == subject)
        .order_by(col(Run.due_at).desc())
        .limit(1)
    )
    return session.scalars(wanted).one_or_none()
