"""The comments of closed waves, sealed at rest, and the way to their authors while there is one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from bot.seals import Seals, random_id
from bot.store.tables import CommentRow, LetterRow, WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.results import Comment

#: What the keys are for; see `Seals.seal` and `Seals.mark`.
_TEXT, _ADDRESS, _ALIAS = "comment", "address", "alias"

#: Every comment is as long as the longest one, and so is every address.
_TEXT_SIZE, _ADDRESS_SIZE = 12_544, 64


def add(session: Session, wave: WaveRow, remarks: Iterable[Remark], seals: Seals) -> None:
    """Keeps comments under random names: the order of these is the only one they have."""
    for remark in remarks:
        session.add(
            CommentRow(
                id=random_id(),
                workspace_id=wave.workspace_id,
                wave_id=wave.id or 0,
                question=remark.question,
                sealed=sealed_text(remark.text, seals),
                address=_address(wave, remark.author, seals) if remark.author else None,
            )
        )
    session.flush()


def sealed_text(text: str, seals: Seals) -> bytes:
    """A comment or a letter as it is kept."""
    return seals.seal(text.encode(errors="surrogatepass"), _TEXT, size=_TEXT_SIZE)


def opened_text(sealed: bytes, seals: Seals) -> str:
    return seals.open(sealed, _TEXT).decode(errors="surrogatepass")


def _address(wave: WaveRow, author: str, seals: Seals) -> bytes:
    key = wave.mailbox_key or b""
    return seals.seal(author.encode(), _ADDRESS, size=_ADDRESS_SIZE, with_key=key)


def of_wave(session: Session, wave: WaveRow, seals: Seals) -> list[Comment]:
    """The comments of a wave, in the order of their random names."""
    wanted = (
        select(CommentRow).where(col(CommentRow.wave_id) == wave.id).order_by(col(CommentRow.id))
    )
    return [_comment(row, wave, seals) for row in session.scalars(wanted)]


def get(session: Session, workspace: int, comment_id: str, seals: Seals) -> Comment | None:
    row = session.get(CommentRow, comment_id)
    if row is None or row.workspace_id != workspace:
        return None
    return _comment(row, session.get_one(WaveRow, row.wave_id), seals)


def _comment(row: CommentRow, wave: WaveRow, seals: Seals) -> Comment:
    reached = row.address is not None and wave.mailbox_key is not None
    return Comment(row.id, row.wave_id, row.question, opened_text(row.sealed, seals), reached)


# --- The way to the author -----------------------------------------------------------------------


def author(session: Session, comment_id: str, seals: Seals) -> str | None:
    """Who wrote a comment: only for the letter that is being posted, and for nobody to be shown.

    `None` once the author has ended it, or the key is gone.
    """
    row = session.get(CommentRow, comment_id)
    wave = None if row is None else session.get(WaveRow, row.wave_id)
    if row is None or row.address is None or wave is None or wave.mailbox_key is None:
        return None
    return seals.open(row.address, _ADDRESS, with_key=wave.mailbox_key).decode()


def alias(comment_id: str, seals: Seals) -> str:
    """The name by which messages to its author call a comment.

    Slack keeps messages with all that is in their buttons, and leads see the id of a comment there:
    whoever may export both would know whose it is.
    """
    return seals.mark(comment_id, _ALIAS)


def of_alias(session: Session, workspace: int, name: str, seals: Seals) -> str | None:
    """The id of the comment that is called so; `None` once nobody is found by it any more."""
    wanted = select(col(CommentRow.id)).where(
        col(CommentRow.workspace_id) == workspace, col(CommentRow.address).is_not(None)
    )
    return next((one for one in session.scalars(wanted) if alias(one, seals) == name), None)


def end(session: Session, comment_id: str) -> None:
    """Nobody can be found by this comment any more; letters that are not relayed are dropped."""
    connection = session.connection()
    of_comment = select(col(CommentRow.wave_id)).where(col(CommentRow.id) == comment_id)
    connection.execute(
        update(WaveRow).where(col(WaveRow.id).in_(of_comment)).values(scrubbed=False)
    )
    connection.execute(
        update(CommentRow).where(col(CommentRow.id) == comment_id).values(address=None)
    )
    connection.execute(
        delete(LetterRow).where(
            col(LetterRow.comment_id) == comment_id, col(LetterRow.relayed).is_(False)
        )
    )


def end_wave(session: Session, wave: WaveRow) -> None:
    """Ends all mailboxes of a wave: its key is destroyed, and what was sealed with it."""
    ids = select(col(CommentRow.id)).where(col(CommentRow.wave_id) == wave.id)
    connection = session.connection()
    connection.execute(delete(LetterRow).where(col(LetterRow.comment_id).in_(ids)))
    connection.execute(
        update(CommentRow).where(col(CommentRow.wave_id) == wave.id).values(address=None)
    )
    wave.mailbox_key, wave.scrubbed = None, False
    session.add(wave)
    session.flush()


def forget(session: Session, workspace: int, user: str, seals: Seals) -> int:
    """Ends every mailbox of somebody; says how many there were."""
    wanted = select(CommentRow).where(
        col(CommentRow.workspace_id) == workspace, col(CommentRow.address).is_not(None)
    )
    own = [row.id for row in session.scalars(wanted) if author(session, row.id, seals) == user]
    for comment_id in own:
        end(session, comment_id)
    return len(own)


def delete_of(session: Session, wave: WaveRow) -> None:
    """Deletes the comments of a wave, the letters about them, and the marks of who answered."""
    end_wave(session, wave)
    session.connection().execute(delete(CommentRow).where(col(CommentRow.wave_id) == wave.id))
    wave.comments_gone, wave.marks = True, None
    session.add(wave)
    session.flush()
