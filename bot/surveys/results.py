"""What is known of a closed wave: only what the gate let out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.surveys.bank import ENPS
from bot.surveys.score import Change, Score, change
from bot.surveys.survey import Kind, Question
from bot.surveys.tally import ALL, Numbers, score_of, subjects

#: All who answered, in the place of a team's name.
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a subject (`bot.surveys.tally`), of all or of a team.

    Either the numbers, or why they are `withheld` (`bot.surveys.gate`); of numbers without counts
    why these are, as `shares_withheld`. `left_out`: so many answers were left out of them by lot.
    """

    numbers: Numbers | None = None
    withheld: str | None = None
    left_out: int = 0
    shares_withheld: str | None = None


@dataclass(frozen=True, slots=True)
class WaveResult:
    """A closed wave: who was asked is a number, who answered is one as well.

    `told` is by subject and team. `asked_of` is how many of each team were asked. `comments` is how
    many there are to read.
    """

    wave: int
    survey: int
    kind: Kind
    questions: Sequence[Question]
    teams: Sequence[str]
    asked: int
    answered: int
    closed_at: datetime
    fewest: int
    told: Mapping[tuple[str, str], Told] = field(default_factory=dict)
    asked_of: Mapping[str, int] = field(default_factory=dict)
    comments: int = 0

    @property
    def subject(self) -> str:
        """What the wave is mainly about: the score of an eNPS, or of all questions of a pulse."""
        return ENPS.key if self.kind is Kind.ENPS else ALL

    @property
    def is_withheld(self) -> bool:
        """Whether nothing at all is told of it."""
        return all(one.numbers is None for one in self.told.values())

    def of(self, subject: str, team: str = EVERYBODY) -> Told:
        """What is told of a subject; nothing where nobody was asked about it."""
        return self.told.get((subject, team), Told())

    def asked_about(self, subject: str, team: str = EVERYBODY) -> frozenset[str]:
        """The questions that a subject rests on: of several together those that are told."""
        several = subjects(self.questions).get(subject)
        if several is None:
            return frozenset({subject})
        return frozenset(one.key for one in several if self.of(one.key, team).numbers is not None)

    def score(self, subject: str, team: str = EVERYBODY) -> Score | None:
        """The score of a subject; `None` where it is withheld, or is none."""
        numbers = self.of(subject, team).numbers
        if numbers is None:
            return None
        asked = self.asked if team == EVERYBODY else self.asked_of.get(team, self.asked)
        return score_of(subject, numbers, self.questions, asked)

    def change_since(
        self, before: WaveResult, subject: str, team: str = EVERYBODY
    ) -> Change | None:
        """What may be said of a score beside that of an earlier wave; `None` where nothing can be.

        Other questions of the same theme are answered otherwise: that is no change of the mood.
        """
        earlier, now = before.score(subject, team), self.score(subject, team)
        if earlier is None or now is None:
            return None
        if self.asked_about(subject, team) != before.asked_about(subject, team):
            return None
        return change(earlier, now)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment to a question ("" for none in particular), under a random name; see `bot.store.comments`.

    Of whoever wrote it nothing is here; whether they `can_be_answered` they said themselves.
    """

    id: str
    wave: int
    question: str
    text: str
    can_be_answered: bool
