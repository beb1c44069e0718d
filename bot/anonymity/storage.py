"""What the respondents of a simulated wave answer through: the product's storage, or a leaky one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bot.seals import Seals
from bot.store import ballots, closing, letters
from bot.store.ballots import Said
from bot.store.database import Database
from bot.store.tables import SCRUBBED
from bot.surveys.results import Comment
from bot.surveys.roll import Act

#: What a letter says.
LETTER = "Thank you."


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
        seen = closing.look(session, wave, seals, now=now)
        if seen is not None:
            closing.close(session, closing.reckon(seen, seals), seals, now=now)

    def write(
        self, session: Session, seals: Seals, comment: Comment, *, by: str | None, slot: datetime
    ) -> None:
        """A lead, or without one its author, writes a letter about a comment."""
        letters.write(session, comment, LETTER, seals, by=by, slot=slot)

    def end(self, session: Session, seals: Seals, comment: Comment) -> None:
        """The author of a comment ends the conversation about it."""
        letters.end(session, comment, seals)

    def scrub(self, database: Database) -> None:
        """What was destroyed is removed from the files too."""
        database.scrub(*SCRUBBED)
