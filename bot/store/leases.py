"""Something that one process does at a time: whoever holds the lease, until it runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import Session, col

from bot.clock import MOVED_BACK
from bot.store.tables import Lease
from bot.store.upserts import insert


def take(
    session: Session, workspace: int, name: str, holder: str, *, now: datetime, span: timedelta
) -> bool:
    """Takes or prolongs the lease `name` for `holder`; false while somebody else holds it.

    One that reaches further than any was taken for was taken before a clock was moved back.
    """
    until = col(Lease.until)
    statement = insert(session, Lease).values(
        workspace_id=workspace, name=name, holder=holder, until=now + span
    )
    taken = session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=("workspace_id", "name"),
            set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
            where=or_(col(Lease.holder) == holder, until <= now, until > now + span + MOVED_BACK),
        ).returning(col(Lease.holder))
    )
    # Not `rowcount`: PostgreSQL's driver does not give it for an INSERT.
    return taken.one_or_none() is not None


def give_back(session: Session, workspace: int, name: str, holder: str) -> None:
    """Ends the lease, if `holder` has it."""
    session.connection().execute(
        delete(Lease).where(
            col(Lease.workspace_id) == workspace,
            col(Lease.name) == name,
            col(Lease.holder) == holder,
        )
    )
