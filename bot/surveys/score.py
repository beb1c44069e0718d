"""The scores of a survey: eNPS, means, how far to trust them, and whether they really moved.

A score is made of the number of answers, their sum, and the sum of their squares. The squares tell
how the answers are shared out: with the eNPS they are the promoters and the detractors together. So
where the gate withholds the shares there are no squares, and no interval may be made of them, as it
could be turned back into them. It is then that of the widest mix that gives the same score: wider
than it would have to be, and the same whatever the shares are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, isclose, sqrt
from statistics import fmean
from typing import Any, NamedTuple, Self

from bot.metrics.comparison import Estimate, Verdict
from bot.metrics.statistics import adjusted_mean, adjusted_net_score, wilson
from bot.surveys.ballot import Slip

#: Where so large a share of those asked has answered, the interval is that of all who were asked.
#:
#: By simulation it then covers 92 to 99 % of their scores where those who are silent are like the
#: others, and it would at any share; the plain one covers 97 % where a third answered, and all from
#: three quarters on. But if detractors answer two thirds as readily as others, it covers 85 % of the
#: scores of 60 people. So it is for where hardly anybody is silent.
NEAR_CENSUS = 0.8


@dataclass(frozen=True, slots=True)
class Sums:
    """Answers added up: how many, their sum, and that of their squares, if it may be told."""

    n: int
    total: float
    squares: float | None = None

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        kept = list(values)
        return cls(len(kept), sum(kept), sum(value * value for value in kept))

    @classmethod
    def of_counts(cls, counts: Mapping[int, int]) -> Self:
        """Of how many gave which number."""
        return cls.of(value for value, number in counts.items() for _ in range(number))

    def without_shares(self) -> Sums:
        """All that may be kept where the gate tells the score alone."""
        return replace(self, squares=None)

    @property
    def mean(self) -> float:
        """Raises `ZeroDivisionError` where there are no answers."""
        return self.total / self.n

    def to_json(self) -> dict[str, Any]:
        return {"n": self.n, "total": self.total, "squares": self.squares}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["n"], told["total"], told["squares"])


@dataclass(frozen=True, slots=True)
class Score:
    """A score of `n` answers, of so many people asked, and its 95 % interval.

    An eNPS is −100 to 100, a mean lies on the scale of its answers. `is_of_asked`: nearly all
    answered, so that the interval is that of the score of all who were asked; else it is that of the
    mood which the answers are a sample of. What it is compared by is always the latter: `centre`, and
    how far it `reaches`.
    A single answer has neither an interval nor a reach.
    """

    value: float
    n: int
    asked: int
    low: float | None
    high: float | None
    is_of_asked: bool
    centre: float
    reach: float | None

    @property
    def estimate(self) -> Estimate:
        """As readings have it."""
        return Estimate(self.value, self.low, self.high)


class Mix(NamedTuple):
    """How an eNPS is made up: those who gave 9 or 10, 7 or 8, and 0 to 6."""

    promoters: int
    passives: int
    detractors: int

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """Of how many gave which number. Raises `ValueError` for one that is none of 0 to 10."""
        if not counts.keys() <= set(range(11)):
            raise ValueError("an eNPS is made of answers of 0 to 10")
        promoters = sum(number for value, number in counts.items() if value >= 9)
        detractors = sum(number for value, number in counts.items() if value <= 6)
        return cls(promoters, sum(counts.values()) - promoters - detractors, detractors)

    @property
    def sums(self) -> Sums:
        """A promoter counts 1, a detractor −1, a passive nothing."""
        promoters, _, detractors = self
        return Sums(sum(self), promoters - detractors, promoters + detractors)


def enps(sums: Sums, asked: int) -> Score | None:
    """The eNPS of the sums of a mix; `None` without an answer.

    Its interval is adjusted Wald's. Without squares as few as can be are passive.
    """
    if sums.n == 0:
        return None
    decided = sums.n - (sums.n - sums.total) % 2 if sums.squares is None else sums.squares
    promoters, detractors = (decided + sums.total) / 2, (decided - sums.total) / 2
    centre, reach = adjusted_net_score(promoters, detractors, sums.n)
    return _scored(100 * sums.mean, sums.n, asked, (centre, reach), (-100, 100))


def mean_score(sums: Sums, asked: int, ends: tuple[int, int]) -> Score | None:
    """The mean of answers from one end to the other, or of people's means; `None` without an answer.

    Its interval is that of Student's t. Without squares all answer one end or the other, but for one
    at most.
    """
    if sums.n == 0:
        return None
    squares = _widest(sums, ends) if sums.squares is None else sums.squares
    around: tuple[float, float | None] = (sums.mean, None)
    if sums.n > 1:
        around = adjusted_mean(sums.n, sums.total, squares, within=ends)
    return _scored(sums.mean, sums.n, asked, around, ends)


def _widest(sums: Sums, ends: tuple[int, int]) -> float:
    """The most that the squares of so many answers can come to, with that sum."""
    lowest, highest = ends
    best, left = divmod(sums.total - lowest * sums.n, highest - lowest)
    between = (lowest + left) ** 2 if left else 0
    return highest**2 * best + between + lowest**2 * (sums.n - best - bool(left))


def _scored(
    value: float, n: int, asked: int, around: tuple[float, float | None], ends: tuple[float, float]
) -> Score:
    centre, reach = around
    interval = None if reach is None else _interval(value, centre, reach, ends)
    is_of_asked = n >= NEAR_CENSUS * asked
    if is_of_asked:
        interval = _of_asked(value, n, max(asked, n), interval or ends, ends)
    low, high = interval or (None, None)
    return Score(value, n, asked, low, high, is_of_asked, centre, reach)


def _interval(
    value: float, centre: float, reach: float, ends: tuple[float, float]
) -> tuple[float, float]:
    """That of what the answers are a sample of; a score at the edge of its scale is in it, too."""
    low, high = min(centre - reach, value), max(centre + reach, value)
    return max(ends[0], low), min(ends[1], high)


def _of_asked(
    value: float, n: int, asked: int, interval: tuple[float, float], ends: tuple[float, float]
) -> tuple[float, float]:
    """The interval of all who were asked: the fewer are silent, the less can the score be off.

    The factor is that of samples of finite populations (Cochran, Sampling Techniques, 2.6); and
    further than if all who are silent were at one end it can be off in no case.
    """
    silent = asked - n
    if not silent:
        return value, value
    factor = sqrt(silent / (asked - 1))
    lowest, highest = ((value * n + end * silent) / asked for end in ends)
    low, high = (value + factor * (end - value) for end in interval)
    return max(low, lowest), min(high, highest)


# --- Several questions ---------------------------------------------------------------------------


def person_means(slips: Iterable[Slip], keys: Collection[str]) -> Sums:
    """The means of what each person gave to some questions, of those who gave anything to them."""
    given = ([slip.answers[key] for key in keys if key in slip.answers] for slip in slips)
    return Sums.of(fmean(answers) for answers in given if answers)


def pooled(questions: Sequence[Sums], people: Sums) -> Sums:
    """What a theme, or a pulse as a whole, comes to: of questions that are all told, each as much.

    `people` are the `person_means` over these questions: one person's answers go together, so that
    it is people who vary by chance and not answers. Only how much they vary is taken of them. Their
    mean would tell something of its own where some skipped a question, namely what these answered to
    the others; the mean of the questions' means tells nothing that they do not tell. Without the
    squares of every question it comes without squares.
    """
    mean = fmean(question.mean for question in questions)
    told = Sums(people.n, people.n * mean)
    if people.squares is None or any(question.squares is None for question in questions):
        return told
    apart = max(0.0, people.squares - people.n * people.mean**2)
    return replace(told, squares=apart + people.n * mean**2)


# --- Two waves -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a score moved, the 95 % interval of that, and what may be said of it."""

    by: float
    low: float | None
    high: float | None
    verdict: Verdict


def change(before: Score, now: Score) -> Change:
    """What may be said of a score beside an earlier one of the same questions.

    The interval is of the difference of what both are samples of, however many were asked: the same
    person answers differently on another day. It is Wald's for the difference of two adjusted
    scores, each with its own variance. Where nothing changed, up to 5 % of eNPS are said to have moved
    whatever their n (5.3 % where 40 % stand against 40 %). With 12 answers each chance alone moves
    them by 20 points half of the time: so a move of 60 is called one half of the time, and one of 20
    8 % of the time; with 50 answers each these are 99 % and 25 %.
    """
    by = now.value - before.value
    if now.reach is None or before.reach is None:
        return Change(by, None, None, Verdict.UNKNOWN)
    middle, reach = now.centre - before.centre, hypot(now.reach, before.reach)
    low, high = min(middle - reach, by), max(middle + reach, by)
    return Change(by, low, high, _said(by, low, high))


def _said(by: float, low: float, high: float) -> Verdict:
    if isclose(by, 0, abs_tol=1e-9):
        return Verdict.SAME
    if low > 0:
        return Verdict.HIGHER
    return Verdict.LOWER if high < 0 else Verdict.CANNOT_TELL


def participation(answered: int, asked: int) -> Estimate | None:
    """The share of those asked who answered, with Wilson's interval; `None` if nobody was asked."""
    return Estimate(answered / asked, *(wilson(answered, asked) or ())) if asked else None
