"""The close of a wave: all ballots are opened at once, and then there are none.

`look` reads them, `reckon` opens them, counts, and asks the gate, which may take a while and holds up
nobody; then `close` keeps what comes of it and destroys the ballots, in one transaction, unless
something of what was looked at has changed since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import SystemRandom

from sqlalchemy import delete
from sqlmodel import Session, col

from bot.seals import Seals, open_with
from bot.store import ballots, comments, marks, results, rolls, waves
from bot.store.marks import Before
from bot.store.tables import BallotRow, RollRow, WaveRow
from bot.surveys.ballot import Ballot, Remark, Slip, read
from bot.surveys.closing import Outcome, outcome
from bot.surveys.gate import Closing, shows_comments
from bot.surveys.results import WaveResult
from bot.surveys.roll import Roll, Seat


@dataclass(frozen=True, slots=True)
class Seen:
    """All of which the result of a wave is reckoned.

    That is who answered, the sealed ballots by their names, and what was told `before`.
    """

    wave: WaveRow
    roll: Roll
    ballots: Mapping[str, bytes]
    before: Before

    def is_as(self, other: Seen) -> bool:
        """Whether the same comes of both."""
        mine, others = ((one.roll, one.ballots, one.before, one.wave.plan) for one in (self, other))
        return mine == others


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What comes of a wave that was `seen`, in memory: what may be told of it, and its comments."""

    seen: Seen
    outcome: Outcome
    remarks: Sequence[Remark]

    def result(self, closed_at: datetime) -> WaveResult:
        """What is known of the wave once it is closed at that moment."""
        return results.result(
            self.seen.wave,
            self.outcome.told,
            answered=len(self.seen.roll.answered),
            closed_at=closed_at,
            comments=len(self.remarks),
        )


def look(session: Session, wave_id: int, seals: Seals, *, now: datetime) -> Seen | None:
    """A wave that is due, as it is now; `None` of another one."""
    wave = session.get(WaveRow, wave_id)
    roll = rolls.read(session, wave_id, seals)
    if wave is None or roll is None or wave.closed_at is not None or now < wave.closes_at:
        return None
    there = ballots.of_wave(session, wave_id)
    keys = [question.key for question in waves.questions_of(wave)]
    before = marks.told_before(session, wave.workspace_id, keys, seals)
    return Seen(wave, ballots.settled(roll, frozenset(there)), there, before)


def reckon(seen: Seen, seals: Seals) -> Reckoned:
    """Counts a wave, and asks the gate. Whoever does it again shuffles and draws anew."""
    wave, roll = seen.wave, seen.roll
    plan = waves.plan_of(wave)
    closing = Closing(
        wave=str(wave.id),
        people={_mark(seat, seals): seat.team for seat in roll.answered},
        asked=Counter(seat.team for seat in roll),
        questions=waves.questions_of(wave),
        earlier=seen.before.releases,
        fewest=plan.fewest,
        by_team=len(wave.teams) > 1,
        forgotten=seen.before.forgotten,
    )
    opened = _opened(list(seen.ballots.values()), waves.private_key(wave, seals))
    slips = [one for one in opened if isinstance(one, Slip)]
    may_show = shows_comments(len(closing.people), plan.fewest)
    remarks = _remarks(opened, roll) if may_show else []
    told = outcome(closing, slips, wave.teams, SystemRandom())
    return Reckoned(seen, told, remarks)


def close(session: Session, reckoned: Reckoned, seals: Seals, *, now: datetime) -> WaveRow | None:
    """Closes a wave with what was reckoned: only what the gate lets out is kept.

    `None`, and nothing has happened, where somebody else has closed it, or something has changed: then
    it is to be reckoned again. What other waves told counts as well, so that they close one by one.
    """
    seen = reckoned.seen
    waves.one_at_a_time(session, seen.wave.workspace_id)
    wave_id = seen.wave.id or 0
    wave, _ = waves.locked(session, wave_id), rolls.locked(session, wave_id, seals)
    there = look(session, wave_id, seals, now=now)
    if wave is None or there is None or not there.is_as(seen):
        return None
    results.keep(session, wave, reckoned.outcome.told)
    marks.keep(wave, reckoned.outcome.releases, seals)
    comments.add(session, wave, reckoned.remarks, seals)
    _destroy(session, wave)
    wave.left_out = reckoned.outcome.left_out
    wave.closed_at, wave.answered = now, len(seen.roll.answered)
    waves.to_be_scrubbed(session, wave)
    return wave


def _opened(sealed: list[bytes], private: bytes) -> list[Ballot]:
    """What is in the ballots, in no order."""
    random = SystemRandom()
    return [read(open_with(private, one)) for one in random.sample(sealed, len(sealed))]


def _mark(seat: Seat, seals: Seals) -> str:
    return marks.nobody() if seat.forgotten else marks.mark(seat.user, seals)


def _remarks(opened: Iterable[Ballot], roll: Roll) -> list[Remark]:
    """The comments, without the way to those who asked to be forgotten since they wrote."""
    forgotten = {seat.user for seat in roll if seat.forgotten}
    remarks = [one for one in opened if isinstance(one, Remark)]
    return [replace(one, author="") if one.author in forgotten else one for one in remarks]


def _destroy(session: Session, wave: WaveRow) -> None:
    """Nothing is left of the ballots; with the key go the copies of them that somebody may have."""
    wave.private_key = None
    for rows in (BallotRow, RollRow):
        session.connection().execute(delete(rows).where(col(rows.wave_id) == wave.id))
