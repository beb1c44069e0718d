"""Counts the opened ballots of a wave: numbers by question, and means of the questions of a theme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from bot.surveys.ballot import Slip
from bot.surveys.bank import ENPS
from bot.surveys.score import Mix, Score, Sums, enps, mean_score, person_means, pooled
from bot.surveys.survey import Question, Scale, Theme

#: The subject of all questions of a pulse together: its score.
ALL = "all"

_THEME = "theme:"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What some people said to one subject: the sums of its answers, and how many gave which.

    Of an eNPS a promoter (9, 10) counts 1, a passive 0 and a detractor (0 to 6) −1. Of several
    questions together, and where the answers are too few to be shared out, there are no `counts`.
    """

    sums: Sums
    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return self.sums.n

    @property
    def without_shares(self) -> Numbers:
        """All that is told of answers that are too few to be shared out."""
        return Numbers(self.sums.without_shares())

    def to_json(self) -> dict[str, Any]:
        counts = {str(value): n for value, n in self.counts.items()}
        return {**self.sums.to_json(), "counts": counts}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        counts = {int(value): n for value, n in told["counts"].items()}
        return cls(Sums.from_json(told), counts)


def theme_subject(theme: Theme) -> str:
    """The name of a theme among the subjects of a wave."""
    return f"{_THEME}{theme}"


def theme_of(subject: str) -> Theme | None:
    """The theme that a subject is; `None` for a question, and for all of them."""
    return Theme(subject.removeprefix(_THEME)) if subject.startswith(_THEME) else None


def subjects(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """What is told of several questions together: the themes of those of 1 to 5, and all of these."""
    agreed = [one for one in questions if one.scale is Scale.AGREEMENT]
    themes = dict.fromkeys(one.theme for one in agreed if one.theme)
    by_theme = {
        theme_subject(theme): [one for one in agreed if one.theme is theme] for theme in themes
    }
    return {**by_theme, ALL: agreed} if agreed else {}


def scale_of(subject: str, questions: Iterable[Question]) -> Scale:
    """On which scale a subject lies: several questions together by agreement, one as it is answered."""
    found = (question.scale for question in questions if question.key == subject)
    return next(found, Scale.AGREEMENT)


def score_of(
    subject: str, numbers: Numbers, questions: Iterable[Question], asked: int
) -> Score | None:
    """The score of a subject, of so many asked; `None` for a choice, and where nobody answered.

    The one question of an eNPS has that, all else its mean, also another question of 0 to 10.
    """
    if subject == ENPS.key:
        return enps(numbers.sums, asked)
    ends = scale_of(subject, questions).ends
    return None if ends is None else mean_score(numbers.sums, asked, ends)


def counted(slips: Iterable[Slip], question: Question) -> Numbers:
    """What the people of some slips said to a question."""
    possible = _possible(question)
    values = (slip.answers[question.key] for slip in slips if question.key in slip.answers)
    counts = Counter(value for value in values if value in possible)
    if question.key == ENPS.key:
        mix = Mix.of(counts)
        return Numbers(mix.sums, {1: mix.promoters, 0: mix.passives, -1: mix.detractors})
    return Numbers(Sums.of_counts(counts), dict(sorted(counts.items())))


def together(slips: Sequence[Slip], questions: Sequence[Question]) -> Numbers:
    """What the people of some slips said to several questions of which each was answered."""
    sums = [counted(slips, question).sums for question in questions]
    people = person_means(slips, [question.key for question in questions])
    return Numbers(pooled(sums, people))


def _possible(question: Question) -> range:
    low, high = question.scale.ends or (0, len(question.options) - 1)
    return range(low, high + 1)
