"""What waits in the line, and what of it may be tried now."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col

from bot.clock import MOVED_BACK
from bot.store import leases
from bot.store.outbox.ending import (
    fail_below,
    give_up,
    last_edits,
    settle,
    told,
    too_old,
)
from bot.store.outbox.states import GIVEN_UP, LIFETIME, POSTED, TO_POST, UNDERWAY, unsettled
from bot.store.tables import Delivery, Lease, Moment, OutboxRow

#: While Slack asks to wait, it holds this lease itself.
_POSTING = "posting"

#: The message that a reply hangs below, and the replies before it.
_ABOVE, _BEFORE = aliased(OutboxRow), aliased(OutboxRow)

_STATE = col(OutboxRow.state)
_OURS = col(OutboxRow.workspace_id) == bindparam("workspace")
_NOW: BindParameter[datetime] = bindparam("now", type_=Moment)

#: What waits for a moment of a clock that was moved back since: what is queued waits for none, and
#: nothing else for so long.
_IS_AHEAD = and_(
    _OURS,
    unsettled(OutboxRow),
    or_(
        and_(_STATE == Delivery.QUEUED, col(OutboxRow.next_at) > _NOW),
        col(OutboxRow.next_at) > bindparam("ahead", type_=Moment),
    ),
)


def anything_due(session: Session, workspace: int, *, now: datetime) -> bool:
    """Whether there is anything to do for a sender now; cheap, to be asked often."""
    asked = {"workspace": workspace, **_moments(now)}
    found = (session.scalars(some.limit(1), asked).one_or_none() for some in (_OPEN, _AHEAD))
    return any(one is not None for one in found)


def due(session: Session, workspace: int, *, now: datetime) -> list[OutboxRow]:
    """What may be tried now, in the order of the line; a reply only once the one above is posted.

    Rows in which a process died while posting come as `unknown`: they may have been posted. What
    waited too long, because no process could send, is given up.
    """
    _turn_back(session, workspace, now)
    asked = {"workspace": workspace, **_moments(now)}
    for row in session.scalars(_LEFT_BEHIND, asked).all():
        _take_up(session, row)
    return list(session.scalars(_OPEN_IN_ORDER, asked))


def hold(session: Session, workspace: int, *, now: datetime, span: timedelta) -> None:
    """Slack asked to wait: nothing is posted for so long, by any process, also what is new."""
    leases.take(session, workspace, _POSTING, "slack", now=now, span=span)


def _moments(now: datetime) -> dict[str, datetime]:
    """What the questions ask for."""
    return {
        "now": now,
        "last_edits": last_edits(now),
        "ahead": now + MOVED_BACK,
        "longest": now + LIFETIME,
    }


def _turn_back(session: Session, workspace: int, now: datetime) -> None:
    """Lets what waits for a moment of a clock that was moved back since wait no longer.

    Where Slack asks to wait for so long, it holds up all that is posted.
    """
    latest, expires = literal(now + LIFETIME, Moment), col(OutboxRow.expires_at)
    session.connection().execute(
        update(OutboxRow)
        .where(_IS_AHEAD)
        .values(next_at=now, expires_at=case((expires > latest, latest), else_=expires)),
        {"workspace": workspace, **_moments(now)},
    )


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
        # Nor does Slack ask to wait for longer than any message lives.
        col(Lease.until) <= bindparam("longest", type_=Moment),
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


_OPEN, _LEFT_BEHIND, _AHEAD = _open(), _left_behind(), select(OutboxRow).where(_IS_AHEAD)

#: As things are, also of rows that were just taken up; without what is sealed in them, which is much
#: and read only when its turn has come.
_OPEN_IN_ORDER = (
    _OPEN.order_by(col(OutboxRow.place), col(OutboxRow.id))
    .options(defer(OutboxRow.sealed))  # type: ignore[arg-type]
    .execution_options(populate_existing=True)
)
