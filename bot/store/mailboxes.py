"""The mailboxes of closed waves, opened for a moment to be read or changed.

A wave that closes with comments gets one, with a key of its own, whether or not anybody agreed to be
answered; both are destroyed together, 30 days later. So that it is there tells of nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlmodel import Session, col

from bot.seals import Seals, new_key
from bot.store import waves
from bot.store.tables import MailboxRow, WaveRow
from bot.surveys.mailbox import Mailbox

#: What the key of mailboxes is for; see `Seals.seal`.
_PURPOSE = "mailbox"

#: What is left of one that has ended.
_NOBODY = Mailbox({})


def add(session: Session, wave: WaveRow, authors: Mapping[str, str], seals: Seals) -> None:
    """Gives a wave that closes a mailbox; `authors` are by comment."""
    wave.mailbox_key = new_key()
    sealed = _sealed(Mailbox(authors), wave.mailbox_key, seals)
    session.add(wave)
    session.add(MailboxRow(wave_id=wave.id or 0, workspace_id=wave.workspace_id, sealed=sealed))
    session.flush()


def read(session: Session, wave_id: int, seals: Seals) -> Mailbox:
    """The mailbox of a wave as it is now: an empty one where there is none (any more)."""
    return _opened(session.get(WaveRow, wave_id), session.get(MailboxRow, wave_id), seals)


def of_workspace(session: Session, workspace: int, seals: Seals) -> dict[int, Mailbox]:
    """All mailboxes that there are, by their waves, the oldest first."""
    wanted = select(MailboxRow).where(col(MailboxRow.workspace_id) == workspace)
    rows = session.scalars(wanted.order_by(col(MailboxRow.wave_id)))
    return {row.wave_id: _opened(session.get(WaveRow, row.wave_id), row, seals) for row in rows}


def locked(session: Session, wave_id: int, seals: Seals) -> Mailbox:
    """The mailbox, which nobody else changes before this transaction ends.

    The lock is that of the wave, which has the key: whoever ends a mailbox takes that one first.
    """
    wave = session.scalars(
        select(WaveRow)
        .where(col(WaveRow.id) == wave_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    return _opened(wave, session.get(MailboxRow, wave_id, populate_existing=True), seals)


def keep(session: Session, wave_id: int, box: Mailbox, seals: Seals) -> None:
    """Writes a mailbox anew that is `locked`.

    What stood there before is removed from the files: it may lead to somebody who ended it. That is
    done after every change, as otherwise it would show which of them were such ends.
    """
    wave, row = session.get_one(WaveRow, wave_id), session.get(MailboxRow, wave_id)
    if row is not None and wave.mailbox_key is not None:
        row.sealed = _sealed(box, wave.mailbox_key, seals)
        session.add(row)
        waves.to_be_scrubbed(session, wave)


def destroy(session: Session, wave: WaveRow) -> None:
    """Ends all conversations of a wave: what was sealed is deleted, and the key destroyed."""
    session.connection().execute(delete(MailboxRow).where(col(MailboxRow.wave_id) == wave.id))
    wave.mailbox_key = None
    waves.to_be_scrubbed(session, wave)


def _sealed(box: Mailbox, key: bytes, seals: Seals) -> bytes:
    # It has filled itself up to its length.
    return seals.seal(box.to_bytes(), _PURPOSE, size=1, with_key=key)


def _opened(wave: WaveRow | None, row: MailboxRow | None, seals: Seals) -> Mailbox:
    if wave is None or row is None or wave.mailbox_key is None:
        return _NOBODY
    return Mailbox.from_bytes(seals.open(row.sealed, _PURPOSE, with_key=wave.mailbox_key))
