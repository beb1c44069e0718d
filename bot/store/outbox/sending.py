"""A message on its way: claimed, posted, and what is kept of each way in which that can end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlmodel import Session, col

from bot.message import plainer_blocks, shown_picture
from bot.store.outbox.edits import edit_later
from bot.store.outbox.ending import (
    fail_below,
    forget_pictures,
    give_up_old,
    settle,
    told,
)
from bot.store.outbox.sealed import forget
from bot.store.outbox.states import ABANDONED, TO_POST, UNDERWAY
from bot.store.tables import Delivery, OutboxRow, PictureRow


def start(session: Session, row: OutboxRow, *, now: datetime) -> bool:
    """Claims a row for posting, or for an edit; false when somebody else has.

    What it says is to be read in the same transaction: that is the version that Slack gets. Of a
    post it is kept at once, so that one which is found later is known by it.
    """
    edit = col(OutboxRow.state) == Delivery.EDIT
    claimed = session.connection().execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.id) == row.id,
            or_(col(OutboxRow.state).in_(TO_POST), and_(edit, col(OutboxRow.next_at) <= now)),
        )
        .values(
            state=case((edit, Delivery.EDIT), else_=Delivery.SENDING),
            shown=case((edit, col(OutboxRow.shown)), else_=col(OutboxRow.version)),
            sending_since=now,
            next_at=now + ABANDONED,
            tries=OutboxRow.tries + 1,
        )
    )
    return claimed.rowcount == 1


def sent(
    session: Session, row_id: str, *, channel: str, ts: str, version: int | None = None
) -> None:
    """It is posted, and shows that version; without one, what the row says now.

    If the row says something else by now, it is edited next. Otherwise its pictures are at Slack
    and need not be kept. Of a sealed one nothing is.
    """
    if forget(session, row_id):
        return
    posted = col(OutboxRow.version) if version is None else version
    changed: ColumnElement[bool] = col(OutboxRow.version) != posted
    settle(
        session,
        row_id,
        state=case((changed, Delivery.EDIT), else_=Delivery.SENT),
        shown=posted,
        # Any moment that is over: an edit is due at once.
        next_at=col(OutboxRow.created_at),
        tries=case((changed, 0), else_=col(OutboxRow.tries)),
        sent_channel=channel,
        sent_as=ts,
        problem=None,
    )
    forget_pictures(session, row_id)


def again(session: Session, row_id: str, *, at: datetime, problem: str) -> None:
    """Nothing was posted: it is tried again at a moment, or given up when it is too old by then."""
    _nothing_posted(session, col(OutboxRow.id) == row_id, Delivery.RETRY, at, problem=told(problem))
    fail_below(session, col(OutboxRow.reply_to) == row_id)
    give_up_old(session, row_id, at)


def held(session: Session, row_id: str, *, at: datetime, problem: str) -> None:
    """Something has to come first, such as that somebody mends it: `again`, but it counts as no try."""
    settle(session, row_id, tries=OutboxRow.tries - 1)
    again(session, row_id, at=at, problem=problem)


def plainer(session: Session, row: OutboxRow, *, now: datetime, problem: str) -> bool:
    """Slack refused its blocks: it may go again at once with plainer ones; false if there are none.

    The row keeps the plainer blocks, so that each step (see `bot.message.plainer_blocks`) is taken
    once, whichever process sends it then; unless it says something else by now.
    """
    known = select(col(PictureRow.key), col(PictureRow.alt)).where(
        col(PictureRow.outbox_id) == row.id
    )
    blocks = plainer_blocks(row.blocks, dict(session.execute(known).all()))
    if blocks is None:
        return False
    if row.state == Delivery.EDIT:
        edit_later(session, row, at=now, problem=problem)
    else:
        again(session, row.id, at=now, problem=problem)
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row.id, col(OutboxRow.version) == row.version)
        .values(blocks=blocks)
    )
    return True


def unknown(session: Session, row_id: str, *, look_at: datetime, problem: str) -> None:
    """The answer was lost: it is looked up at a moment before anything else happens to it."""
    settle(
        session,
        row_id,
        state=Delivery.UNKNOWN,
        next_at=look_at,
        lookups=OutboxRow.lookups + 1,
        problem=told(problem),
    )


def look_later(session: Session, row_id: str, *, at: datetime, now: datetime, problem: str) -> None:
    """It could not be looked up: later, until it is too old to matter."""
    settle(session, row_id, next_at=at, problem=told(problem))
    give_up_old(session, row_id, now)


def not_found(session: Session, row_id: str, *, now: datetime) -> None:
    """It was looked up and is not there: it may be posted again, unless somebody does already."""
    lost = and_(col(OutboxRow.id) == row_id, col(OutboxRow.state) == Delivery.UNKNOWN)
    _nothing_posted(session, lost, Delivery.QUEUED, now, lookups=0)
    fail_below(session, col(OutboxRow.reply_to) == row_id)
    give_up_old(session, row_id, now)


def _nothing_posted(
    session: Session,
    which: ColumnElement[bool],
    state: Delivery,
    at: datetime,
    **values: object,
) -> None:
    """Back into the line as `state`; one that was withdrawn meanwhile is given up instead."""
    session.connection().execute(
        update(OutboxRow)
        .where(which, col(OutboxRow.state).in_((*TO_POST, *UNDERWAY)))
        .values(
            state=case((col(OutboxRow.withdrawn), Delivery.FAILED), else_=state),
            shown=0,
            next_at=at,
            **values,
        )
    )


# --- Pictures ------------------------------------------------------------------------------------


def pictures(session: Session, row: OutboxRow) -> list[PictureRow]:
    """The pictures that a message shows; not those that wait to stand in for a chart."""
    shown = [key for key in map(shown_picture, row.blocks) if key is not None]
    wanted = (
        select(PictureRow)
        .where(col(PictureRow.outbox_id) == row.id, col(PictureRow.key).in_(shown))
        .order_by(PictureRow.key)
    )
    return list(session.scalars(wanted))


def uploaded(session: Session, row: OutboxRow, picture: PictureRow, file: str) -> None:
    """The picture is at Slack as `file`, and is not uploaded again; unless it is another by now."""
    is_same = exists().where(col(OutboxRow.id) == row.id, col(OutboxRow.version) == row.version)
    session.connection().execute(
        update(PictureRow)
        .where(
            col(PictureRow.outbox_id) == picture.outbox_id,
            col(PictureRow.key) == picture.key,
            is_same,
        )
        .values(file=file)
    )
