"""The line of messages: what is put into it, and what is changed or taken out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session, col

from bot.message import Message
from bot.seals import Seals
from bot.store.outbox.ending import fail_below
from bot.store.outbox.sealed import SOMEBODY, Hours, Sealed, seal
from bot.store.outbox.states import GIVEN_UP, LIFETIME, TO_POST, UNDERWAY
from bot.store.tables import Delivery, OutboxRow, PictureRow


def queue(
    session: Session,
    workspace: int,
    channel: str,
    message: Message,
    *,
    subject: str,
    now: datetime,
) -> str:
    """Puts a message and its thread on their way; gives the delivery id of the message.

    `subject` says what it is about, e.g. "digest:12", so that its fate can be told there.
    """
    first = _end_of_line(session, workspace)
    parent = _add(session, workspace, channel, message, subject=subject, now=now, place=first)
    for place, below in enumerate(message.thread, start=first + 1):
        row = _add(session, workspace, channel, below, subject=subject, now=now, place=place)
        row.reply_to = parent.id
    session.flush()
    return parent.id


def queue_sealed(
    session: Session,
    workspace: int,
    recipient: str,
    message: Message,
    *,
    seals: Seals,
    subject: str,
    now: datetime,
    hours: Hours | None = None,
) -> None:
    """Puts a message on its way of which nobody is to learn whom it is for; see `seal`.

    `recipient` is a person's Slack id. `subject` is told in the log, so it names nobody; nor may the
    end of `hours`, after which it is given up, be another for each of them. One that comes late is held
    until it is a good hour there. Raises `ValueError` for a message with a thread or pictures. Nothing
    is given: nobody can follow it.
    """
    ready = seal(recipient, message, seals, hours)
    queue_all_sealed(session, workspace, [ready], subject=subject, now=now)


def queue_all_sealed(
    session: Session, workspace: int, ready: Sequence[Sealed], *, subject: str, now: datetime
) -> None:
    """Puts messages on their way, one behind the other, that were sealed before; see `queue_sealed`."""
    nothing = Message("")
    for place, one in enumerate(ready, start=_end_of_line(session, workspace)):
        row = _row(workspace, SOMEBODY, nothing, subject=subject, now=now, place=place)
        row.sealed, row.expires_at = one.content, one.until or row.expires_at
        session.add(row)
    session.flush()


def reply(
    session: Session, delivery_id: str, message: Message, *, now: datetime, broadcast: bool = False
) -> str:
    """Puts a reply below a message of before on its way; gives the delivery id of the reply.

    It waits until the message is posted, and fails with it. Replies keep their order. One that is
    `broadcast` shows in the channel too. Raises `LookupError` when the message is forgotten.
    """
    above = _locked(session, delivery_id)
    if above is None:
        raise LookupError(f"there is no message {delivery_id} to reply to")
    row = _add(
        session,
        above.workspace_id,
        above.channel,
        message,
        subject=above.subject,
        now=now,
        place=_end_of_line(session, above.workspace_id),
    )
    row.reply_to, row.broadcast = above.id, broadcast
    session.flush()
    fail_below(session, col(OutboxRow.id) == row.id)
    return row.id


def change(session: Session, delivery_id: str, message: Message, *, now: datetime) -> None:
    """Lets a message say something else: edited if it is posted, else posted as it is then.

    Its thread is left as it is. Saying the same again changes nothing, unless there are pictures,
    which are not compared; nor does anything change what was given up, lost or forgotten.
    """
    row = _locked(session, delivery_id)
    if row is None or row.state in GIVEN_UP or _says(row, message):
        return
    row.text, row.blocks = message.text, list(message.blocks)
    row.version += 1
    # It is news again.
    row.expires_at = now + LIFETIME
    if row.state == Delivery.SENT:
        row.state, row.next_at, row.tries, row.problem = Delivery.EDIT, now, 0, None
    session.flush()
    session.connection().execute(delete(PictureRow).where(col(PictureRow.outbox_id) == row.id))
    _add_pictures(session, row, message)


def withdraw(session: Session, delivery_id: str, *, now: datetime, why: str) -> bool:
    """Takes a message out of the line that nobody has seen; `why` becomes its problem.

    True when it is certain that nothing is, or will be, in Slack. False when it is there or may be:
    one whose answer is lost is looked for, and given up only if it is not there. If it is, it
    stays, and is edited to what it should say.
    """
    row = _locked(session, delivery_id)
    if row is None:
        return False
    if row.state in (*TO_POST, *UNDERWAY):
        row.problem = why
    if row.state in TO_POST:
        row.state = Delivery.FAILED
    row.withdrawn = row.withdrawn or row.state in (*UNDERWAY, Delivery.FAILED)
    # There is as much time to look for it as there was to post it.
    row.expires_at = max(row.expires_at, now + LIFETIME)
    session.flush()
    fail_below(session, col(OutboxRow.reply_to) == row.id)
    return row.state == Delivery.FAILED and row.shown == 0


def _locked(session: Session, delivery_id: str) -> OutboxRow | None:
    """The row as it is now; nobody else changes it before this transaction ends.

    SQLite has locked everything for a transaction that writes.
    """
    return session.scalars(
        select(OutboxRow)
        .where(col(OutboxRow.id) == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _says(row: OutboxRow, message: Message) -> bool:
    """Whether a message without pictures is what the row says already."""
    blocks = json.loads(json.dumps(list(message.blocks)))
    with_pictures = bool(message.pictures or message.alternatives)
    return not with_pictures and (row.text, row.blocks) == (message.text, blocks)


def _end_of_line(session: Session, workspace: int) -> int:
    """The place behind every message there is.

    What two processes queue at the same moment may get the same places: neither came first.
    """
    places = select(func.max(OutboxRow.place)).where(col(OutboxRow.workspace_id) == workspace)
    return (session.scalars(places).one() or 0) + 1


def _add(
    session: Session,
    workspace: int,
    channel: str,
    message: Message,
    *,
    subject: str,
    now: datetime,
    place: int,
) -> OutboxRow:
    row = _row(workspace, channel, message, subject=subject, now=now, place=place)
    session.add(row)
    session.flush()
    _add_pictures(session, row, message)
    return row


def _row(
    workspace: int, channel: str, message: Message, *, subject: str, now: datetime, place: int
) -> OutboxRow:
    return OutboxRow(
        id=uuid4().hex,
        workspace_id=workspace,
        subject=subject,
        channel=channel,
        text=message.text,
        blocks=list(message.blocks),
        place=place,
        state=Delivery.QUEUED,
        created_at=now,
        next_at=now,
        expires_at=now + LIFETIME,
    )


def _add_pictures(session: Session, row: OutboxRow, message: Message) -> None:
    pictures = {one.key: one for one in message.pictures} | dict(message.alternatives)
    of_row: dict[str, Any] = {"outbox_id": row.id, "workspace_id": row.workspace_id}
    kept = [{**of_row, "key": key, "alt": one.alt, "png": one.png} for key, one in pictures.items()]
    if kept:
        session.connection().execute(insert(PictureRow), kept)
