"""Casting an answer: three transactions, so that nothing joins who answered with what they said.

roll     a random seed is reserved for the person: it names their ballots
ballots  they are stored under those names, sealed
roll     the person has answered, and the seed is forgotten

After a crash in between the person sees that it failed, or that they have not answered, and casts
again: what is under those names is replaced, so that nothing is counted twice, and what they said
last counts. One who does not is judged at the close by whether their ballots are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import SystemRandom

from sqlalchemy import delete, select
from sqlmodel import Session, col

from bot.seals import Seals, random_id, seal_to
from bot.store import rolls, waves
from bot.store.database import Database
from bot.store.tables import BallotRow, WaveRow
from bot.store.upserts import insert
from bot.surveys.ballot import SIZE, Ballot, Blank, Remark, Slip, written
from bot.surveys.roll import Act, Cast, Roll, Seat, Standing, ballot_ids
from bot.surveys.survey import Question, Scale


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says in one go: numbers by the keys of the questions, and comments."""

    answers: Mapping[str, int] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()

    def ballots(self, act: Act, team: int, *, asked_for: int = 1) -> list[Ballot]:
        """Each of it in a ballot of its own. Whoever answers casts numbers, be it none.

        Whoever was `asked_for` so many comments at once casts that many, of which some are blank.
        """
        numbers = [] if act is Act.WHY else [Slip(team, self.answers)]
        unsaid = asked_for - len(self.remarks) if act is Act.ANSWER_AND_WHY else 0
        return [*numbers, *self.remarks, *[Blank()] * unsaid]


def comments_asked_for(questions: Iterable[Question]) -> int:
    """How many comments somebody can write in one go: one to each question in words, and one to all."""
    return 1 + sum(question.scale is Scale.TEXT for question in questions)


def cast(
    database: Database,
    seals: Seals,
    wave_id: int,
    user: str,
    act: Act,
    said: Said,
    *,
    now: datetime,
) -> Cast:
    """Stores what somebody says in an open wave, once; tells what became of it."""
    with database.writing() as session:
        seat = _reserved(session, seals, wave_id, user, act, now=now)
    if isinstance(seat, Cast):
        return seat
    with database.writing() as session:
        wave = _open(session, wave_id, now=now)
        if wave is None:
            return Cast.CLOSED
        asked_for = comments_asked_for(waves.questions_of(wave))
        _put(session, wave, seat.seed, said.ballots(act, seat.team, asked_for=asked_for))
    with database.writing() as session:
        _confirm(session, seals, wave_id, user, act)
    return Cast.DONE


def _reserved(
    session: Session, seals: Seals, wave_id: int, user: str, act: Act, *, now: datetime
) -> Seat | Cast:
    """The person's seat with a seed for their ballots; that of before where a crash left one."""
    roll = (
        None if _open(session, wave_id, now=now) is None else rolls.locked(session, wave_id, seals)
    )
    if roll is None:
        return Cast.CLOSED
    seat = roll.seats.get(user)
    if seat is None:
        return Cast.NOT_ASKED
    if not seat.may(act):
        return Cast.TWICE
    seat = replace(seat, seed=seat.seed or random_id())
    rolls.keep(session, wave_id, roll.with_(seat), seals)
    return seat


def _open(session: Session, wave_id: int, *, now: datetime) -> WaveRow | None:
    """The wave, if it takes answers; it does not close before this transaction ends."""
    wave = session.scalars(
        select(WaveRow)
        .where(col(WaveRow.id) == wave_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    is_open = wave is not None and wave.closed_at is None and now < wave.closes_at
    return wave if is_open else None


def _put(session: Session, wave: WaveRow, seed: str, ballots: Sequence[Ballot]) -> None:
    """Stores ballots in the place of those that are there under the seed.

    Where somebody stores some at the same moment these are left: then they count.
    """
    _clear(session, wave, seed)
    # In no order: a name does not tell whether numbers or a comment are under it.
    shuffled = SystemRandom().sample(ballots, len(ballots))
    first, *others = [
        {
            "wave_id": wave.id,
            "id": id_,
            "workspace_id": wave.workspace_id,
            "sealed": seal_to(wave.public_key, written(ballot), size=SIZE),
        }
        for id_, ballot in zip(ballot_ids(seed, len(ballots)), shuffled, strict=True)
    ]
    new = insert(session, BallotRow).on_conflict_do_nothing().returning(col(BallotRow.id))
    if session.connection().execute(new, first).one_or_none() is not None and others:
        session.connection().execute(insert(session, BallotRow), others)


def _clear(session: Session, wave: WaveRow, seed: str) -> None:
    """Deletes all that can be under a seed: one ballot with numbers, and all comments."""
    names = ballot_ids(seed, 1 + comments_asked_for(waves.questions_of(wave)))
    session.connection().execute(
        delete(BallotRow).where(col(BallotRow.wave_id) == wave.id, col(BallotRow.id).in_(names))
    )


def _confirm(session: Session, seals: Seals, wave_id: int, user: str, act: Act) -> None:
    """The person has done it; nothing to do where the close has seen to that already."""
    roll = rolls.locked(session, wave_id, seals)
    if roll is not None and user in roll.seats:
        rolls.keep(session, wave_id, roll.with_(roll.seats[user].done(act)), seals)


def decline(session: Session, seals: Seals, wave_id: int, user: str) -> Standing | None:
    """Ends the reminders of somebody; gives how they stand now, `None` if they are not asked.

    What a crash left of an answer goes: it is not counted. The seed stays with them, so that what
    another device of theirs is just storing has its owner.
    """
    roll = rolls.locked(session, wave_id, seals)
    seat = None if roll is None else roll.seats.get(user)
    if roll is None or seat is None:
        return None
    if seat.standing is Standing.WAITING:
        if seat.seed:
            _clear(session, session.get_one(WaveRow, wave_id), seat.seed)
        seat = replace(seat, standing=Standing.DECLINED)
        rolls.keep(session, wave_id, roll.with_(seat), seals)
    return seat.standing


def settled(roll: Roll, there: frozenset[str]) -> Roll:
    """The roll at the close: whoever was stopped while casting has answered if a ballot is there."""
    for seat in roll:
        if seat.seed and there.intersection(ballot_ids(seat.seed, 1)):
            roll = roll.with_(seat.done(Act.ANSWER))
    return roll


def of_wave(session: Session, wave_id: int) -> dict[str, bytes]:
    """The sealed ballots of a wave, by their names."""
    which = select(col(BallotRow.id), col(BallotRow.sealed)).where(
        col(BallotRow.wave_id) == wave_id
    )
    return dict(session.execute(which).all())
