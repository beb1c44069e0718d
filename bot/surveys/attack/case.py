"""A wave under attack: the evidence, what the attacker knows beside it, and what only the judge knows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bot.surveys.attack.evidence import Evidence, RowId
from bot.surveys.attack.sight import Person


class Question(StrEnum):
    """What the attacker wants to know."""

    BALLOT = "which sealed ballot is whose"
    ANSWER = "what somebody answered"
    COMMENT = "whose a comment is"
    WROTE = "who wrote a comment at all"
    SAID_WHY = "who said why after their number"
    LETTER = "about which comment an author writes a letter"
    ENDED = "which conversation an author ends"
    CLEAR = "who or what stands in clear"
    DESTROYED = "what was destroyed and is still there"
    SEALED = "what opens without the secret"


class Signal(StrEnum):
    """The kinds of traces, each of which an attacker of its own goes by."""

    IDS = "ids"
    ORDER = "order"
    TIMES = "times"
    TRANSACTIONS = "transactions"
    LENGTHS = "lengths"
    COPIES = "differences between copies"
    COUNTERS = "counters"
    PLAIN_TEXT = "plain text"
    KEYS = "keys"


class Watched(NamedTuple):
    """Somebody was watched while they did something: after one copy was made, and before another."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Who did what: for the judge alone. By the ids of people.

    `ballots` and `comments` are the rows that are theirs, `answers` what they answered; of these
    people some `wrote` a comment.
    """

    ballots: Mapping[str, frozenset[RowId]]
    comments: Mapping[str, frozenset[RowId]]
    answers: Mapping[str, Hashable]
    wrote: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """One wave.

    `people` are those who are asked, which is no secret. `watched` is what an attacker knows by
    other means: when who answered; and so `letters` and `ends`, when which author of a comment wrote
    a letter to a lead, and when they ended that. `published` are the comments, as they were shown at
    the end. `secrets` are beginnings of what was said. Answers come `in_one_go` with comments, or a
    comment comes in a second step.
    """

    evidence: Evidence
    people: Sequence[Person]
    truth: Truth
    watched: Mapping[str, Watched] = field(default_factory=dict)
    letters: Mapping[str, Watched] = field(default_factory=dict)
    ends: Mapping[str, Watched] = field(default_factory=dict)
    published: Mapping[RowId, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    in_one_go: bool = True

    def rows_of(self, question: Question) -> Mapping[str, frozenset[RowId]]:
        """The rows that are to be linked, by the people they belong to."""
        match question:
            case Question.BALLOT:
                return self.truth.ballots
            case Question.LETTER:
                return {one: self.truth.comments[one] for one in self.letters}
            case Question.ENDED:
                return {one: self.truth.comments[one] for one in self.ends}
            case _:
                return self.truth.comments
