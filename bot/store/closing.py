"""The close of a wave, in one transaction: all ballots are opened at once, and then there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from random import SystemRandom

from sqlalchemy import delete
from sqlmodel import Session, col

from bot.seals import Seals, open_with
from bot.store import ballots, comments, marks, results, rolls, waves
from bot.store.tables import RollRow, WaveRow
from bot.surveys.ballot import Ballot, Remark, Slip, read
from bot.surveys.closing import outcome
from bot.surveys.gate import Closing, shows_comments
from bot.surveys.roll import Roll, Seat


def close(session: Session, wave_id: int, seals: Seals, *, now: datetime) -> WaveRow | None:
    """Closes a wave that is open; `None` when somebody else has, or it is not due any more.

    Only what the gate lets out is kept. If this transaction is rolled back, nothing has happened:
    another one shuffles and draws anew.
    """
    wave = waves.locked(session, wave_id)
    roll = None if wave is None else rolls.locked(session, wave_id, seals)
    if wave is None or roll is None or now < wave.closes_at:
        return None
    taken = ballots.taken(session, wave_id)
    roll = ballots.settled(roll, frozenset(taken))
    opened = _opened(list(taken.values()), waves.private_key(wave, seals))
    _tell(session, wave, roll, opened, seals)
    _destroy(session, wave)
    wave.closed_at, wave.answered = now, len(roll.answered)
    session.add(wave)
    session.flush()
    return wave


def _opened(sealed: list[bytes], private: bytes) -> list[Ballot]:
    """What is in the ballots, in no order."""
    random = SystemRandom()
    return [read(open_with(private, one)) for one in random.sample(sealed, len(sealed))]


def _tell(session: Session, wave: WaveRow, roll: Roll, opened: list[Ballot], seals: Seals) -> None:
    """Counts, and keeps what may be told."""
    questions, plan = waves.questions_of(wave), waves.plan_of(wave)
    keys = [question.key for question in questions]
    before = marks.told_before(session, wave.workspace_id, keys, seals)
    closing = Closing(
        wave=str(wave.id),
        people={_mark(seat, seals): seat.team for seat in roll.answered},
        questions=questions,
        earlier=before.releases,
        fewest=plan.fewest,
        by_team=len(wave.teams) > 1,
        forgotten=before.forgotten,
    )
    slips = [one for one in opened if isinstance(one, Slip)]
    told = outcome(closing, slips, wave.teams, SystemRandom())
    results.keep(session, wave, told.told)
    marks.keep(wave, told.releases, seals)
    wave.left_out = told.left_out
    if shows_comments(closing):
        comments.add(session, wave, _remarks(opened, roll), seals)


def _mark(seat: Seat, seals: Seals) -> str:
    return marks.nobody() if seat.forgotten else marks.mark(seat.user, seals)


def _remarks(opened: Iterable[Ballot], roll: Roll) -> Iterator[Remark]:
    """The comments, without the way to those who asked to be forgotten since they wrote."""
    forgotten = {seat.user for seat in roll if seat.forgotten}
    for one in opened:
        if isinstance(one, Remark):
            yield replace(one, author="") if one.author in forgotten else one


def _destroy(session: Session, wave: WaveRow) -> None:
    """Nothing is left of the ballots; with the key go the copies of them that somebody may have."""
    wave.private_key = None
    session.connection().execute(delete(RollRow).where(col(RollRow.wave_id) == wave.id))
