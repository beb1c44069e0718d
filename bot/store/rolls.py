"""The rolls of open waves, opened for a moment to be read or changed."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import Session, col

from bot.seals import Seals
from bot.store.tables import RollRow
from bot.surveys.roll import Roll

#: What the key of rolls is for; see `Seals.seal`.
_PURPOSE = "roll"

#: Rolls are padded to a multiple of so many bytes, so that their length tells no more than about how
#: many are asked, which is no secret.
_SIZE = 4_096


def add(session: Session, workspace: int, wave_id: int, roll: Roll, seals: Seals) -> None:
    """Keeps the roll of a wave that opens."""
    session.add(RollRow(wave_id=wave_id, workspace_id=workspace, sealed=_sealed(roll, seals)))
    session.flush()


def read(session: Session, wave_id: int, seals: Seals) -> Roll | None:
    """The roll of a wave as it is now; `None` once the wave is closed."""
    row = session.get(RollRow, wave_id)
    return None if row is None else _opened(row, seals)


def locked(session: Session, wave_id: int, seals: Seals) -> Roll | None:
    """The roll, which nobody else changes before this transaction ends; `None` of a closed wave.

    SQLite has locked everything for a transaction that writes.
    """
    row = session.scalars(
        select(RollRow)
        .where(col(RollRow.wave_id) == wave_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else _opened(row, seals)


def keep(session: Session, wave_id: int, roll: Roll, seals: Seals) -> None:
    """Writes a roll anew that is `locked`."""
    session.connection().execute(
        update(RollRow).where(col(RollRow.wave_id) == wave_id).values(sealed=_sealed(roll, seals))
    )


def _sealed(roll: Roll, seals: Seals) -> bytes:
    return seals.seal(roll.to_bytes(), _PURPOSE, size=_SIZE)


def _opened(row: RollRow, seals: Seals) -> Roll:
    return Roll.from_bytes(seals.open(row.sealed, _PURPOSE))
