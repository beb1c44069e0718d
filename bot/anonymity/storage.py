"""What the respondents of a simulated wave answer through: the product's storage, or a leaky one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.seals import Seals
from bot.store import ballots, closing
from bot.store.ballots import Said
from bot.store.database import Database
from bot.store.tables import BallotRow, CommentRow, LetterRow, OutboxRow, RollRow, WaveRow
from bot.surveys.roll import Act


class Storage:
    """The product's storage. Whoever plants a leak overrides what is to leak."""

    def prepare(self, database: Database) -> None:
        """Before a wave opens; the product has nothing to prepare."""

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
        """Somebody answers, or says why."""
        ballots.cast(database, seals, wave, user, act, said, now=now)

    def before_close(self, database: Database, seals: Seals, wave: int) -> None:
        """After the last answer; the product does nothing then."""

    def close(self, session: Session, seals: Seals, wave: int, *, now: datetime) -> None:
        """The wave is closed."""
        closing.close(session, wave, seals, now=now)

    def scrub(self, database: Database) -> None:
        """What was destroyed is removed from the files too."""
        database.scrub(BallotRow, RollRow, WaveRow, OutboxRow, CommentRow, LetterRow)
