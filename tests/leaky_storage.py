"""Storage of answers with one leak each, as somebody might build it in good faith."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, Row, inspect
from sqlalchemy import text as sql
from sqlmodel import Session

from bot.anonymity.storage import LETTER, Storage
from bot.seals import Seals, random_id, seal_to
from bot.store import comments, mailboxes, rolls, waves
from bot.store.ballots import Said
from bot.store.database import Database
from bot.store.tables import BallotRow, WaveRow
from bot.surveys.ballot import SIZE, written
from bot.surveys.results import Comment
from bot.surveys.roll import Act

log = structlog.get_logger()


@dataclass(frozen=True)
class Cast:
    """What has just been cast: by whom, as what number in its wave, and the names of its ballots."""

    wave: int
    user: str
    said: Said
    at: int
    number: int
    ballots: list[str]


@dataclass
class Leaky(Storage):
    """The product's storage, with something beside it. It is told of every cast right after it.

    `ballots` are all that have come, with whose they are.
    """

    tables: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    cast_before: list[Cast] = field(default_factory=list)
    ballots: dict[str, str] = field(default_factory=dict)
    one_by_one: Lock = field(default_factory=Lock)

    def prepare(self, database: Database) -> None:
        there = {one["name"] for one in inspect(database.engine).get_columns("survey_ballot")}
        self.cast_before.clear()
        self.ballots.clear()
        with database.engine.begin() as connection:
            for table in self.tables:
                connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {table}")
            for name, kind in self.columns:
                if name not in there:
                    connection.exec_driver_sql(
                        f"ALTER TABLE survey_ballot ADD COLUMN {name} {kind}"
                    )

    def cast(
        self,
        database: Database,
        seals: Seals,
        wave: int,
        user: str,
        act: Act,
        said: Said,
        *,
        now: datetime,
    ) -> None:
        with self.one_by_one:
            try:
                super().cast(database, seals, wave, user, act, said, now=now)
            finally:
                # Those that came before a crash are theirs too.
                self._came(database, wave, user)
            self._leaks(database, wave, user, said, now)

    def _came(self, database: Database, wave: int, user: str) -> None:
        with database.reading() as session:
            found = session.connection().execute(_BALLOTS, {"wave": wave}).scalars()
            self.ballots.update({id_: user for id_ in found if id_ not in self.ballots})

    def _leaks(self, database: Database, wave: int, user: str, said: Said, now: datetime) -> None:
        told_of = {id_ for one in self.cast_before for id_ in one.ballots}
        new = [id_ for id_, whose in self.ballots.items() if whose == user and id_ not in told_of]
        told = Cast(wave, user, said, int(now.timestamp()), len(self.cast_before) + 1, new)
        self.cast_before.append(told)
        with database.writing() as session:
            self.leak(session.connection(), told)

    def leak(self, connection: Connection, told: Cast) -> None:
        """What is written beside a cast, in a transaction of its own."""

    def before_close(self, database: Database, seals: Seals, wave: int) -> None:
        del seals, wave
        with database.engine.begin() as connection:
            self.leak_late(connection, random.sample(self.cast_before, len(self.cast_before)))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        """What is written after the last cast, of all of them in no order."""


_BALLOTS = sql("SELECT id FROM survey_ballot WHERE wave_id = :wave")


def run(connection: Connection, statement: str, **values: Any) -> None:
    connection.execute(sql(statement), values)


# --- Who has answered ----------------------------------------------------------------------------


class LateMarks(Leaky):
    """Who has answered is written down in the end, in no order: that alone links nobody to anything."""

    def __init__(self) -> None:
        super().__init__(tables=("answered (name VARCHAR)",))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        for one in told:
            run(connection, "INSERT INTO answered VALUES (:name)", name=one.user)


class Marks(Leaky):
    """Who has answered is written down right after it."""

    def __init__(self) -> None:
        super().__init__(tables=("answered (name VARCHAR)",))

    def leak(self, connection: Connection, told: Cast) -> None:
        run(connection, "INSERT INTO answered VALUES (:name)", name=told.user)


class Hashed(Leaky):
    """The same, under a hash that whoever knows whom to look for can make."""

    def __init__(self) -> None:
        super().__init__(tables=("answered (name VARCHAR)",))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        for one in told:
            name = sha256(one.user.encode()).hexdigest()
            run(connection, "INSERT INTO answered VALUES (:name)", name=name)


class Logged(Leaky):
    """A line of the log says who has answered."""

    def leak(self, connection: Connection, told: Cast) -> None:
        del connection
        log.info("answer_stored", user=told.user)


# --- What joins them with ballots ----------------------------------------------------------------


class Timestamps(Leaky):
    """Ballots say when they came, and a table says when who answered."""

    def __init__(self) -> None:
        super().__init__(("answered (name VARCHAR, at BIGINT)",), (("cast_at", "BIGINT"),))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        for one in told:
            run(connection, "INSERT INTO answered VALUES (:name, :at)", name=one.user, at=one.at)
            for id_ in one.ballots:
                new = "UPDATE survey_ballot SET cast_at = :at WHERE id = :id"
                run(connection, new, at=one.at, id=id_)


class Numbered(Leaky):
    """Ballots are numbered as they come, and so are those who have answered."""

    def __init__(self) -> None:
        super().__init__(("answered (number INTEGER, name VARCHAR)",), (("number", "INTEGER"),))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        for one in told:
            marked = "INSERT INTO answered VALUES (:number, :name)"
            run(connection, marked, number=one.number + 400, name=one.user)
            for place, id_ in enumerate(one.ballots):
                new = "UPDATE survey_ballot SET number = :number WHERE id = :id"
                run(connection, new, number=2 * one.number + place, id=id_)


class Listed(Leaky):
    """A list names those who have answered, in the order in which they did."""

    def __init__(self) -> None:
        super().__init__(tables=("answered (wave INTEGER, names VARCHAR)",))

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        names = ", ".join(f'"{one.user}"' for one in self.cast_before)
        statement = "INSERT INTO answered VALUES (:wave, :names)"
        run(connection, statement, wave=told[0].wave, names=f"[{names}]")


class OneTransaction(Leaky):
    """An answer is stored, and who gave it, in one transaction."""

    def __init__(self) -> None:
        super().__init__(tables=("answered (name VARCHAR)",))

    def cast(
        self,
        database: Database,
        seals: Seals,
        wave: int,
        user: str,
        act: Act,
        said: Said,
        *,
        now: datetime,
    ) -> None:
        del now
        with database.writing() as session:
            if cast_at_once(session, seals, wave, user, act, said):
                run(session.connection(), "INSERT INTO answered VALUES (:name)", name=user)


def cast_at_once(
    session: Session,
    seals: Seals,
    wave: int,
    user: str,
    act: Act,
    said: Said,
    *,
    padded: bool = True,
) -> bool:
    """Stores an answer in the transaction of a session; false where there is one already."""
    roll, there = rolls.locked(session, wave, seals), session.get_one(WaveRow, wave)
    if roll is None or not roll.seats[user].may(act):
        return False
    seat = roll.seats[user].done(act)
    rolls.keep(session, wave, roll.with_(seat), seals)
    for ballot in said.ballots(act, seat.team):
        content = written(ballot)
        sealed = seal_to(there.public_key, content, size=SIZE if padded else len(content) + 1)
        session.add(BallotRow(wave_id=wave, id=random_id(), workspace_id=1, sealed=sealed))
    session.flush()
    return True


# --- What answers tell by themselves -------------------------------------------------------------


class Unpadded(Leaky):
    """Ballots are as long as what is in them."""

    def cast(
        self,
        database: Database,
        seals: Seals,
        wave: int,
        user: str,
        act: Act,
        said: Said,
        *,
        now: datetime,
    ) -> None:
        del now
        with database.writing() as session:
            cast_at_once(session, seals, wave, user, act, said, padded=False)


class LiveMean(Leaky):
    """A mean is always up to date, beside who has answered."""

    def __init__(self) -> None:
        live = "live (wave INTEGER PRIMARY KEY, people INTEGER, mean FLOAT)"
        super().__init__(tables=("answered (name VARCHAR)", live))

    def leak(self, connection: Connection, told: Cast) -> None:
        statement = """
            INSERT INTO live VALUES (:wave, 1, :score) ON CONFLICT (wave) DO UPDATE SET
            mean = (live.mean * live.people + :score) / (live.people + 1), people = live.people + 1
        """
        score = float(next(iter(told.said.answers.values())))
        run(connection, statement, wave=told.wave, score=score)
        run(connection, "INSERT INTO answered VALUES (:name)", name=told.user)


class Unsealed(Leaky):
    """Ballots stand open until the close."""

    def __init__(self) -> None:
        super().__init__()
        self._sealed: list[Row[Any]] = []

    def leak(self, connection: Connection, told: Cast) -> None:
        there = sql("SELECT id, sealed FROM survey_ballot WHERE wave_id = :wave")
        found = connection.execute(there, {"wave": told.wave}).all()
        self._sealed += [one for one in found if one.id in told.ballots]
        opened = [written(one) for one in told.said.ballots(Act.ANSWER_AND_WHY, 0)]
        for id_, content in zip(told.ballots, opened, strict=True):
            self._keep(connection, id_, content)

    def leak_late(self, connection: Connection, told: list[Cast]) -> None:
        del told
        for one in self._sealed:
            self._keep(connection, one.id, one.sealed)
        self._sealed.clear()

    @staticmethod
    def _keep(connection: Connection, id_: str, content: bytes) -> None:
        new = "UPDATE survey_ballot SET sealed = :content WHERE id = :id"
        run(connection, new, content=content, id=id_)


class OpenKey(Leaky):
    """The key that opens the ballots of a wave stands beside them."""

    def __init__(self) -> None:
        super().__init__(tables=("spare (hex VARCHAR)",))

    def before_close(self, database: Database, seals: Seals, wave: int) -> None:
        with database.writing() as session:
            key = waves.private_key(session.get_one(WaveRow, wave), seals).hex()
            run(session.connection(), "INSERT INTO spare VALUES (:hex)", hex=key)


# --- The close -----------------------------------------------------------------------------------


class OrderedComments(Leaky):
    """Comments are kept under ids that tell in which order they were written."""

    def close(self, session: Session, seals: Seals, wave: int, *, now: datetime) -> None:
        super().close(session, seals, wave, now=now)
        written_at = {
            remark.text: one.number for one in self.cast_before for remark in one.said.remarks
        }
        for one in comments.of_wave(session, session.get_one(WaveRow, wave), seals):
            new = "UPDATE survey_comment SET id = :new WHERE id = :id"
            ordered = f"{wave:04}-{written_at[one.text]:04}"
            run(session.connection(), new, new=ordered, id=one.id)
        session.expire_all()


# --- Letters -------------------------------------------------------------------------------------


class LettersApart(Leaky):
    """There is a row for each letter, which says about which comment it is, and nothing of its author."""

    def __init__(self) -> None:
        super().__init__(tables=("letter (comment VARCHAR, sealed BYTEA)",))

    def write(
        self, session: Session, seals: Seals, comment: Comment, *, by: str | None, slot: datetime
    ) -> None:
        super().write(session, seals, comment, by=by, slot=slot)
        sealed = seals.seal(LETTER.encode(), "letter", size=4_096)
        statement = "INSERT INTO letter VALUES (:comment, :sealed)"
        run(session.connection(), statement, comment=comment.id, sealed=sealed)


class AddressesApart(Leaky):
    """The way to the author stands sealed beside each comment, and goes when its author ends it."""

    def __init__(self) -> None:
        super().__init__(tables=("address (comment VARCHAR, sealed BYTEA)",))

    def close(self, session: Session, seals: Seals, wave: int, *, now: datetime) -> None:
        super().close(session, seals, wave, now=now)
        for comment, author in mailboxes.read(session, wave, seals).authors.items():
            sealed = seals.seal(author.encode(), "address", size=64)
            statement = "INSERT INTO address VALUES (:comment, :sealed)"
            run(session.connection(), statement, comment=comment, sealed=sealed)

    def end(self, session: Session, seals: Seals, comment: Comment) -> None:
        super().end(session, seals, comment)
        gone = "DELETE FROM address WHERE comment = :comment"
        run(session.connection(), gone, comment=comment.id)


class Unscrubbed(Storage):
    """What is destroyed is left to stand in the files."""

    def scrub(self, database: Database) -> None:
        del database
