"""Made-up people who are asked, and what each of them will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from string import ascii_uppercase, digits
from typing import TypeVar

from bot.surveys.attack.sight import Person
from bot.surveys.survey import Question, Scale

Drawn = TypeVar("Drawn")

ZONES = ("Europe/Athens", "Europe/London")

_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "su", "ta", "ve", "wi", "zo")

#: How many of a hundred give each answer: agents are no more content than others.
_AGREEMENT = {1: 8, 2: 14, 3: 23, 4: 35, 5: 20}
_LIKELIHOOD = {0: 3, 2: 4, 4: 6, 5: 9, 6: 11, 7: 17, 8: 20, 9: 16, 10: 14}


class Conduct(StrEnum):
    """What somebody does in a wave: of those who answer some are stopped by a crash in the middle."""

    ANSWERS = "answers"
    ANSWERS_AFTER_A_CRASH = "answers after a crash"
    DECLINES = "declines"
    STAYS_SILENT = "stays silent"


_CONDUCTS = {
    Conduct.ANSWERS: 78,
    Conduct.ANSWERS_AFTER_A_CRASH: 8,
    Conduct.DECLINES: 5,
    Conduct.STAYS_SILENT: 9,
}


@dataclass(frozen=True, slots=True)
class Respondent:
    """Somebody who is asked. `at_once` is whether they say why right after a number of an eNPS."""

    person: Person
    team: int
    zone: str
    conduct: Conduct
    answers: dict[str, int]
    comment: str
    may_reply: bool
    at_once: bool

    @property
    def answers_at_all(self) -> bool:
        return self.conduct in (Conduct.ANSWERS, Conduct.ANSWERS_AFTER_A_CRASH)


def respondents(number: int, questions: Sequence[Question], random: Random) -> list[Respondent]:
    """So many people, no two alike."""
    return [_respondent(questions, random) for _ in range(number)]


def _respondent(questions: Sequence[Question], random: Random) -> Respondent:
    return Respondent(
        person=Person(_slack_id(random), (_word(random, 4).capitalize(),)),
        team=random.randrange(2),
        zone=random.choice(ZONES),
        conduct=_drawn(_CONDUCTS, random),
        answers={one.key: _answer(one, random) for one in questions},
        comment=_comment(random) if random.random() < 0.4 else "",
        may_reply=random.random() < 0.5,
        at_once=random.random() < 0.7,
    )


def _slack_id(random: Random) -> str:
    return "U0" + "".join(random.choices(ascii_uppercase + digits, k=9))


def _answer(question: Question, random: Random) -> int:
    return _drawn(_LIKELIHOOD if question.scale is Scale.LIKELIHOOD else _AGREEMENT, random)


def _drawn(shares: dict[Drawn, int], random: Random) -> Drawn:
    return random.choices(list(shares), list(shares.values()))[0]


def _comment(random: Random) -> str:
    """Something that stands nowhere else, of a few words or of several hundred."""
    words = round(random.lognormvariate(2.8, 0.9)) + 5
    return " ".join(_word(random, 3) for _ in range(min(words, 400)))


def _word(random: Random, syllables: int) -> str:
    return "".join(random.choices(_SYLLABLES, k=syllables))
