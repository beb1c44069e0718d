"""`/pulse forget`: whatever leads to somebody in the surveys of a workspace is deleted, or made nobody's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from bot.seals import Seals
from bot.store import letters, marks, rolls, waves
from bot.store.tables import WaveRow


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten of somebody: their marks in closed waves, mailboxes, seats in open waves."""

    waves: int
    mailboxes: int
    open_waves: int


def forget(session: Session, workspace: int, user: str, seals: Seals) -> Forgotten:
    """Forgets somebody. To be the first thing that is done in a transaction: see `one_at_a_time`."""
    waves.one_at_a_time(session, workspace)
    return Forgotten(
        waves=marks.forget(session, workspace, user, seals),
        mailboxes=letters.forget(session, workspace, user, seals),
        open_waves=sum(
            _forget_in(session, wave, user, seals) for wave in waves.open_ones(session, workspace)
        ),
    )


def _forget_in(session: Session, wave: WaveRow, user: str, seals: Seals) -> bool:
    """In an open wave they are asked no more, and what they answered leads nowhere at the close.

    False where they were not asked in it.
    """
    roll = rolls.locked(session, wave.id or 0, seals)
    seat = None if roll is None else roll.seats.get(user)
    if roll is None or seat is None:
        return False
    rolls.keep(session, wave.id or 0, roll.with_(seat.without_traces()), seals)
    return True
