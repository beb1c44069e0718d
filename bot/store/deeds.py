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
) -> None:
    """Keeps what a lead says was done."""
    session.add(
        DeedRow(
            workspace_id=wave.workspace_id,
            wave_id=wave.id or 0,
            theme=theme or "",
            text=text,
            by=by,
            at=now,
        )
    )


def of_wave(session: Session, wave_id: int) -> list[Deed]:
    """What was noted about a wave, in the order in which it was noted."""
    wanted = select(DeedRow).where(col(DeedRow.wave_id) == wave_id).order_by(col(DeedRow.id))
    return [(Theme(row.theme) if row.theme else None, row.text) for row in session.scalars(wanted)]


def noted_since(session: Session, wave: WaveRow) -> set[Theme | None]:
    """About what something was noted since a wave closed, as done about it or about one like it."""
    wanted = (
        select(DeedRow, WaveRow)
        .join(WaveRow, col(WaveRow.id) == col(DeedRow.wave_id))
        .where(
            col(DeedRow.workspace_id) == wave.workspace_id,
            col(WaveRow.kind) == wave.kind,
            col(DeedRow.at) >= wave.closed_at,
        )
    )
    return {
        Theme(deed.theme) if deed.theme else None
        for deed, other in session.execute(wanted)
        if waves.are_alike(other, wave)
    }


def since_last(session: Session, wave: WaveRow) -> list[Deed]:
    """What was done about the wave before this one, which asked the same people."""
    before = waves.before(session, wave, limit=1)
    return of_wave(session, before[0].id or 0) if before else []
