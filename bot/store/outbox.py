"""Every message is a row before it is posted, and the row says what became of it.

queued ──▶ sending ──▶ sent
▲           ├──▶ retry    nothing was posted: again at `next_at`, with plainer blocks if Slack refused them
│           ├──▶ failed   Slack will never take it, or it became too old
│           └──▶ unknown  the answer was lost: it is looked up, then sent,
└─────────────────┘       or queued again
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from bot.message import Message, plainer_blocks, shown_picture
from bot.store import leases
from bot.store.tables import Delivery, Lease, OutboxRow, PictureRow

#: A message that could not be posted for so long is given up: old news helps nobody.
LIFETIME = timedelta(hours=12)

#: A row that has been `sending` for so long was left behind by a process that died.
ABANDONED = timedelta(minutes=2)

_TO_POST = (Delivery.QUEUED, Delivery.RETRY)
_SETTLED = (Delivery.SENT, Delivery.FAILED)

#: While Slack asks to wait, it holds this lease itself.
_POSTING = "posting"

#: The message that a reply hangs below. Made once: a sender asks every second.
_ABOVE = aliased(OutboxRow)


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
    for place, reply in enumerate(message.thread, start=first + 1):
        row = _add(session, workspace, channel, reply, subject=subject, now=now, place=place)
        row.reply_to = parent.id
    session.flush()
    return parent.id


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
    row = OutboxRow(
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
    session.add(row)
    session.flush()
    pictures = {picture.key: picture for picture in message.pictures}
    session.add_all(
        PictureRow(outbox_id=row.id, key=key, workspace_id=workspace, alt=one.alt, png=one.png)
        for key, one in {**pictures, **message.alternatives}.items()
    )
    return row


def anything_due(session: Session, workspace: int, *, now: datetime) -> bool:
    """Whether there is anything to do for a sender now; cheap, to be asked often."""
    return session.scalars(_open(workspace, now).limit(1)).one_or_none() is not None


def _open(workspace: int, now: datetime) -> Select[OutboxRow]:
    """The messages that have something coming now; a reply not before the one above it is sent."""
    held = exists().where(
        col(Lease.workspace_id) == workspace,
        col(Lease.name) == _POSTING,
        col(Lease.until) > now,
    )
    return (
        select(OutboxRow)
        .outerjoin(_ABOVE, col(OutboxRow.reply_to) == col(_ABOVE.id))
        .where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.state).not_in(_SETTLED),
            col(OutboxRow.next_at) <= now,
            or_(col(OutboxRow.reply_to).is_(None), col(_ABOVE.state) == Delivery.SENT),
            or_(col(OutboxRow.state).not_in(_TO_POST), ~held),
        )
    )


def due(session: Session, workspace: int, *, now: datetime) -> list[OutboxRow]:
    """What may be tried now, in the order of the line; a reply only once the one above is posted.

    Rows in which a process died while sending come as `unknown`: they may have been posted. What
    waited too long, because no process could send, is given up.
    """
    session.connection().execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.state) == Delivery.SENDING,
            col(OutboxRow.next_at) <= now,
        )
        .values(
            state=Delivery.UNKNOWN,
            lookups=OutboxRow.lookups + 1,
            problem="The sender stopped in the middle.",
        )
    )
    _give_up_old(
        session,
        and_(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.state).in_(_TO_POST),
            # A thread whose message went out in time follows it.
            col(OutboxRow.reply_to).is_(None),
        ),
        now,
    )
    in_order = (col(OutboxRow.place), col(OutboxRow.id))
    return list(session.scalars(_open(workspace, now).order_by(*in_order)))


def hold(session: Session, workspace: int, *, now: datetime, span: timedelta) -> None:
    """Slack asked to wait: nothing is posted for so long, by any process, also what is new."""
    leases.take(session, workspace, _POSTING, "slack", now=now, span=span)


def start(session: Session, row: OutboxRow, *, now: datetime) -> bool:
    """Claims a row for sending; false when somebody else has."""
    claimed = session.connection().execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.id) == row.id,
            col(OutboxRow.state).in_(_TO_POST),
        )
        .values(
            state=Delivery.SENDING,
            sending_since=now,
            next_at=now + ABANDONED,
            tries=OutboxRow.tries + 1,
        )
    )
    return claimed.rowcount == 1


def sent(session: Session, row_id: str, *, channel: str, ts: str) -> None:
    """It is posted; its pictures are at Slack and need not be kept."""
    _settle(session, row_id, state=Delivery.SENT, sent_channel=channel, sent_as=ts, problem=None)
    session.connection().execute(delete(PictureRow).where(col(PictureRow.outbox_id) == row_id))


def again(session: Session, row_id: str, *, at: datetime, problem: str) -> None:
    """Nothing was posted: it is tried again at a moment, or given up when it is too old by then."""
    _settle(session, row_id, state=Delivery.RETRY, next_at=at, problem=problem)
    _give_up_old(session, col(OutboxRow.id) == row_id, at)


def plainer(session: Session, row: OutboxRow, *, now: datetime, problem: str) -> bool:
    """Slack refused its blocks: it may go again at once with plainer ones; false if there are none.

    The row keeps the plainer blocks, so that each step (see `bot.message.plainer_blocks`) is taken once,
    whichever process sends it then.
    """
    known = select(col(PictureRow.key), col(PictureRow.alt)).where(
        col(PictureRow.outbox_id) == row.id
    )
    blocks = plainer_blocks(row.blocks, dict(session.execute(known).all()))
    if blocks is None:
        return False
    _settle(session, row.id, state=Delivery.RETRY, next_at=now, blocks=blocks, problem=problem)
    return True


def held(session: Session, row_id: str, *, at: datetime, problem: str) -> None:
    """Somebody has to mend something first: `again`, but it does not count as a try."""
    _settle(session, row_id, tries=OutboxRow.tries - 1)
    again(session, row_id, at=at, problem=problem)


def unknown(session: Session, row_id: str, *, look_at: datetime, problem: str) -> None:
    """The answer was lost: it is looked up at a moment before anything else happens to it."""
    _settle(
        session,
        row_id,
        state=Delivery.UNKNOWN,
        next_at=look_at,
        lookups=OutboxRow.lookups + 1,
        problem=problem,
    )


def look_later(session: Session, row_id: str, *, at: datetime, now: datetime, problem: str) -> None:
    """It could not be looked up: later, until it is too old to matter."""
    _settle(session, row_id, next_at=at, problem=problem)
    _give_up_old(session, col(OutboxRow.id) == row_id, now)


def not_found(session: Session, row_id: str, *, now: datetime) -> None:
    """It was looked up and is not there: it may be posted again, unless somebody does already."""
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.state) == Delivery.UNKNOWN)
        .values(state=Delivery.QUEUED, next_at=now, lookups=0)
    )
    _give_up_old(session, col(OutboxRow.id) == row_id, now)


def failed(session: Session, row_id: str, problem: str) -> None:
    """Slack will never take it; what hangs below it has nowhere to go either."""
    _settle(session, row_id, state=Delivery.FAILED, problem=problem)
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.reply_to) == row_id)
        .values(state=Delivery.FAILED, problem="The message above it was not posted.")
    )


def _give_up_old(session: Session, which: ColumnElement[bool], at: datetime) -> None:
    old = select(OutboxRow).where(
        which, col(OutboxRow.expires_at) <= at, col(OutboxRow.state).not_in(_SETTLED)
    )
    for row in session.scalars(old).all():
        failed(session, row.id, row.problem or "Nobody could post it in time.")


def _settle(session: Session, row_id: str, **values: object) -> None:
    """Changes a row; one that is sent stays sent, whoever comes late."""
    session.connection().execute(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.state) != Delivery.SENT)
        .values(**values)
    )


def pictures(session: Session, row: OutboxRow) -> list[PictureRow]:
    """The pictures that a message shows; not those that wait to stand in for a chart."""
    shown = [key for key in map(shown_picture, row.blocks) if key is not None]
    wanted = (
        select(PictureRow)
        .where(col(PictureRow.outbox_id) == row.id, col(PictureRow.key).in_(shown))
        .order_by(PictureRow.key)
    )
    return list(session.scalars(wanted))


def uploaded(session: Session, picture: PictureRow, file: str) -> None:
    """The picture is at Slack as `file`; it is not uploaded again."""
    session.connection().execute(
        update(PictureRow)
        .where(col(PictureRow.outbox_id) == picture.outbox_id, col(PictureRow.key) == picture.key)
        .values(file=file)
    )


def latest(session: Session, workspace: int, subject: str) -> OutboxRow | None:
    """The newest message about a subject, not counting replies."""
    return session.scalars(
        select(OutboxRow)
        .where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.subject) == subject,
            col(OutboxRow.reply_to).is_(None),
        )
        .order_by(col(OutboxRow.place).desc())
        .limit(1)
    ).one_or_none()


def counts(session: Session, workspace: int) -> dict[str, int]:
    """How many messages are in each state."""
    rows = session.execute(
        select(col(OutboxRow.state), func.count())
        .where(col(OutboxRow.workspace_id) == workspace)
        .group_by(col(OutboxRow.state))
    )
    return dict(rows.all())


def troubled(session: Session, workspace: int) -> Sequence[OutboxRow]:
    """The messages that wait for somebody to mend something, oldest first."""
    return list(
        session.scalars(
            select(OutboxRow)
            .where(
                col(OutboxRow.workspace_id) == workspace,
                col(OutboxRow.state).in_((Delivery.RETRY, Delivery.UNKNOWN)),
                col(OutboxRow.reply_to).is_(None),
            )
            .order_by(col(OutboxRow.place))
        )
    )


def tidy(session: Session, workspace: int, *, before: datetime) -> int:
    """Forgets messages from before a moment that are settled with their thread; gives how many."""
    waited_for = select(col(OutboxRow.reply_to)).where(
        col(OutboxRow.reply_to).is_not(None), col(OutboxRow.state).not_in(_SETTLED)
    )
    old = select(col(OutboxRow.id)).where(
        col(OutboxRow.workspace_id) == workspace,
        col(OutboxRow.state).in_(_SETTLED),
        col(OutboxRow.created_at) < before,
        col(OutboxRow.id).not_in(waited_for),
    )
    connection = session.connection()
    connection.execute(delete(PictureRow).where(col(PictureRow.outbox_id).in_(old)))
    gone = connection.execute(
        delete(OutboxRow).where(col(OutboxRow.id).in_(old), col(OutboxRow.reply_to).is_not(None))
    )
    gone_too = connection.execute(delete(OutboxRow).where(col(OutboxRow.id).in_(old)))
    return gone.rowcount + gone_too.rowcount
