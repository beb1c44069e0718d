"""Letters between leads and the authors of comments, which travel in batches, hours later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from bot.seals import Seals
from bot.store.comments import opened_text, sealed_text
from bot.store.tables import LetterRow
from bot.surveys.batches import Letter


def write(
    session: Session,
    workspace: int,
    comment_id: str,
    text: str,
    seals: Seals,
    *,
    by: str | None,
    slot: datetime,
) -> None:
    """Puts a letter into the batch of a moment."""
    places = select(func.max(LetterRow.place)).where(col(LetterRow.comment_id) == comment_id)
    session.add(
        LetterRow(
            comment_id=comment_id,
            place=(session.scalars(places).one() or 0) + 1,
            workspace_id=workspace,
            by=by,
            sealed=sealed_text(text, seals),
            slot=slot,
        )
    )
    session.flush()


def about(session: Session, comment_id: str, seals: Seals) -> list[Letter]:
    """The letters about a comment, oldest first."""
    wanted = select(LetterRow).where(col(LetterRow.comment_id) == comment_id)
    return [_letter(row, seals) for row in session.scalars(wanted.order_by(col(LetterRow.place)))]


def due(
    session: Session, workspace: int, seals: Seals, *, now: datetime, lock: bool = False
) -> list[Letter]:
    """The letters whose batch goes now; with `lock` nobody else relays them meanwhile."""
    wanted = (
        select(LetterRow)
        .where(
            col(LetterRow.workspace_id) == workspace,
            col(LetterRow.relayed).is_(False),
            col(LetterRow.slot) <= now,
        )
        .order_by(col(LetterRow.comment_id), col(LetterRow.place))
        .execution_options(populate_existing=True)
    )
    found = session.scalars(wanted.with_for_update() if lock else wanted)
    return [_letter(row, seals) for row in found]


def relayed(session: Session, letter: Letter) -> None:
    """It is on its way to whom it is for."""
    row = session.get_one(LetterRow, (letter.comment, letter.place))
    row.relayed = True
    session.add(row)


def correspondent(session: Session, comment_id: str) -> str | None:
    """The lead who wrote to the author of a comment last."""
    wanted = (
        select(col(LetterRow.by))
        .where(col(LetterRow.comment_id) == comment_id, col(LetterRow.by).is_not(None))
        .order_by(col(LetterRow.place).desc())
        .limit(1)
    )
    return session.scalars(wanted).one_or_none()


def _letter(row: LetterRow, seals: Seals) -> Letter:
    text = opened_text(row.sealed, seals)
    return Letter(row.comment_id, row.place, row.by, text, row.relayed)
