"""The comments of closed waves, sealed at rest."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlmodel import Session, col

from bot.seals import Seals, random_id
from bot.store import mailboxes
from bot.store.tables import CommentRow, WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.mailbox import Mailbox
from bot.surveys.results import Comment

#: What the key of comments is for; see `Seals.seal`.
_PURPOSE = "comment"

#: Every comment is as long as the longest one.
_SIZE = 12_544


def add(session: Session, wave: WaveRow, remarks: Iterable[Remark], seals: Seals) -> None:
    """Keeps comments under random names: the order of these is the only one they have.

    The way to those of their authors who agreed to be answered is in the mailbox of the wave.
    """
    named = {random_id(): remark for remark in remarks}
    for name, remark in named.items():
        sealed = seals.seal(remark.text.encode(errors="surrogatepass"), _PURPOSE, size=_SIZE)
        session.add(
            CommentRow(
                id=name,
                workspace_id=wave.workspace_id,
                wave_id=wave.id or 0,
                question=remark.question,
                sealed=sealed,
            )
        )
    session.flush()
    if named:
        authors = {name: remark.author for name, remark in named.items() if remark.author}
        mailboxes.add(session, wave, authors, seals)


def of_wave(session: Session, wave: WaveRow, seals: Seals) -> list[Comment]:
    """The comments of a wave, in the order of their random names."""
    wanted = (
        select(CommentRow).where(col(CommentRow.wave_id) == wave.id).order_by(col(CommentRow.id))
    )
    box = mailboxes.read(session, wave.id or 0, seals)
    return [_comment(row, box, seals) for row in session.scalars(wanted)]


def get(session: Session, workspace: int, comment_id: str, seals: Seals) -> Comment | None:
    row = session.get(CommentRow, comment_id)
    if row is None or row.workspace_id != workspace:
        return None
    return _comment(row, mailboxes.read(session, row.wave_id, seals), seals)


def _comment(row: CommentRow, box: Mailbox, seals: Seals) -> Comment:
    text = seals.open(row.sealed, _PURPOSE).decode(errors="surrogatepass")
    return Comment(row.id, row.wave_id, row.question, text, row.id in box.authors)


def delete_of(session: Session, wave: WaveRow) -> None:
    """Deletes the comments of a wave, and its mailbox if there still is one."""
    session.connection().execute(delete(CommentRow).where(col(CommentRow.wave_id) == wave.id))
    wave.comments_gone = True
    mailboxes.destroy(session, wave)
