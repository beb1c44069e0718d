"""“You said, we did”: what leads noted as done about what a wave said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from bot.store import waves
from bot.store.tables import DeedRow, WaveRow
from bot.surveys.asking import Deed
from bot.surveys.survey import Theme


def note(
    session: Session, wave: WaveRow, theme: Theme | None, text: str, *, by: str, now: datetime
) -> DeedRow:
    """Keeps what a lead says was done."""
    row = DeedRow(
        workspace_id=wave.workspace_id,
        wave_id=wave.id or 0,
        theme=theme or "",
        text=text,
        by=by,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def take_back(session: Session, workspace: int, deed: int) -> DeedRow | None:
    """Forgets a note; gives what it was, `None` where it is not there any more."""
    wanted = select(DeedRow).where(col(DeedRow.workspace_id) == workspace, col(DeedRow.id) == deed)
    row: DeedRow | None = session.scalars(wanted.with_for_update()).one_or_none()
    if row is not None:
        session.delete(row)
    return row


def of_wave(session: Session, wave_id: int) -> list[Deed]:
    """What was noted about a wave, in the order in which it was noted."""
    wanted = select(DeedRow).where(col(DeedRow.wave_id) == wave_id).order_by(col(DeedRow.id))
    return [(Theme(row.theme) if row.theme else None, row.text) for row in session.scalars(wanted)]


def noted_since(session: Session, wave: WaveRow) -> set[Theme | None]:
    """About what something was noted since a wave closed, as done about it or about one like it."""
    if wave.closed_at is None:
        return set()
    return {theme for theme, _ in _noted(session, wave, wave.closed_at)}


def since_last(session: Session, wave: WaveRow) -> list[Deed]:
    """What was noted since the same people were asked before this wave, in the order in which it was.

    So also what was noted while that wave was open, and they had been asked already.
    """
    before = waves.before(session, wave, limit=1)
    return _noted(session, wave, before[0].opened_at) if before else []


def _noted(session: Session, wave: WaveRow, since: datetime) -> list[Deed]:
    """What was noted from a moment on as done about a wave or about one like it."""
    wanted = (
        select(DeedRow, WaveRow)
        .join(WaveRow, col(WaveRow.id) == col(DeedRow.wave_id))
        .where(
            col(DeedRow.workspace_id) == wave.workspace_id,
            col(WaveRow.kind) == wave.kind,
            col(DeedRow.at) >= since,
        )
        .order_by(col(DeedRow.id))
        .options(waves.WITHOUT_MARKS)
    )
    return [
        (Theme(deed.theme) if deed.theme else None, deed.text)
        for deed, other in session.execute(wanted)
        if waves.are_alike(other, wave)
    ]
