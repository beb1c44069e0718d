"""What waits in the line, and what of it may be tried now."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from bot.store import leases
from bot.store.outbox.ending import (
    fail_below,
    give_up,
    last_edits,
    settle,
    told,
    too_old,
)
from bot.store.outbox.states import GIVEN_UP, POSTED, TO_POST, UNDERWAY, unsettled
from bot.store.tables import Delivery, Lease, Moment, OutboxRow

#: While Slack asks to wait, it holds this lease itself.
_POSTING = "posting"

#: The message that a reply hangs below, and the replies before it.
_ABOVE, _BEFORE = aliased(OutboxRow), aliased(OutboxRow)

_STATE = col(OutboxRow.state)
_OURS = col(OutboxRow.workspace_id) == bindparam("workspace")
_NOW: BindParameter[datetime] = bindparam("now", type_=Moment)


def anything_due(session: Session, workspace: int, *, now: datetime) -> bool:
    """Whether there is anything to do for a sender now; cheap, to be asked often."""
    first = session.scalars(_OPEN.limit(1), {"workspace": workspace, "now": now})
    return first.one_or_none() is not None


def due(session: Session, workspace: int, *, now: datetime) -> list[OutboxRow]:
    """What may be tried now, in the order of the line; a reply only once the one above is posted.

    Rows in which a process died while posting come as `unknown`: they may have been posted. What
    waited too long, because no process could send, is given up.
    """
    asked = {"workspace": workspace, "now": now, "last_edits": last_edits(now)}
    for row in session.scalars(_LEFT_BEHIND, asked).all():
        _take_up(session, row)
    return list(session.scalars(_OPEN_IN_ORDER, asked))


def hold(session: Session, workspace: int, *, now: datetime, span: timedelta) -> None:
    """Slack asked to wait: nothing is posted for so long, by any process, also what is new."""
    leases.take(session, workspace, _POSTING, "slack", now=now, span=span)


def _take_up(session: Session, row: OutboxRow) -> None:
    if row.state == Delivery.SENDING:
        lookups, problem = row.lookups + 1, told("The sender stopped in the middle.")
        settle(session, row.id, state=Delivery.UNKNOWN, lookups=lookups, problem=problem)
    elif row.reply_to is None or row.state == Delivery.EDIT:
        give_up(session, row)
    else:
        fail_below(session, col(OutboxRow.id) == row.id)


# --- The questions, made once: a sender asks every second ----------------------------------------


def _is_its_turn() -> ColumnElement[bool]:
    """Whether the message above is posted and no reply before is open; or has nothing to wait for.

    That is also so when nothing comes of the message above: then the reply is to be given up.
    """
    before = exists().where(
        col(_BEFORE.workspace_id) == col(OutboxRow.workspace_id),
        unsettled(_BEFORE),
        col(_BEFORE.reply_to) == col(OutboxRow.reply_to),
        col(_BEFORE.place) < col(OutboxRow.place),
        col(_BEFORE.state).in_((*TO_POST, *UNDERWAY)),
    )
    return or_(
        col(OutboxRow.reply_to).is_(None),
        col(_ABOVE.state).in_(GIVEN_UP),
        and_(col(_ABOVE.state).in_(POSTED), ~before),
    )


def _open() -> Select[OutboxRow]:
    """The messages that have something coming now."""
    asked_to_wait = exists().where(
        col(Lease.workspace_id) == bindparam("workspace"),
        col(Lease.name) == _POSTING,
        col(Lease.until) > _NOW,
    )
    return (
        select(OutboxRow)
        .outerjoin(_ABOVE, col(OutboxRow.reply_to) == col(_ABOVE.id))
        .where(
            _OURS,
            unsettled(OutboxRow),
            col(OutboxRow.next_at) <= _NOW,
            or_(_STATE.not_in(TO_POST), _is_its_turn()),
            # Looking up a lost one is no posting.
            or_(_STATE.in_(UNDERWAY), ~asked_to_wait),
        )
    )


def _left_behind() -> Select[OutboxRow]:
    """What nobody is at any more: a sender died in it, it is too old, or nothing is above it."""
    old = too_old(_NOW, bindparam("last_edits", type_=Moment))
    # A thread whose message went out in time follows it.
    by_itself = or_(col(OutboxRow.reply_to).is_(None), _STATE == Delivery.EDIT)
    return (
        select(OutboxRow)
        .outerjoin(_ABOVE, col(OutboxRow.reply_to) == col(_ABOVE.id))
        .where(
            _OURS,
            unsettled(OutboxRow),
            or_(
                and_(_STATE == Delivery.SENDING, col(OutboxRow.next_at) <= _NOW),
                and_(_STATE.not_in(UNDERWAY), old, by_itself),
                and_(_STATE.in_(TO_POST), col(_ABOVE.state).in_(GIVEN_UP)),
            ),
        )
        .with_for_update(of=OutboxRow)
    )


_OPEN, _LEFT_BEHIND = _open(), _left_behind()

#: As things are, also of rows that were just taken up.
_OPEN_IN_ORDER = _OPEN.order_by(col(OutboxRow.place), col(OutboxRow.id)).execution_options(
    populate_existing=True
)
