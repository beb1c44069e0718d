"""The success of an attacker against guessing, and whether that is more than is promised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from bot.surveys.attack.case import Question, Signal

#: So much more than by guessing is put up with (METHODS, “Privacy of answers”; issue 6).
MARGIN = 0.01

#: An attacker is over when even the lower end of this one-sided interval (99.9 %) is: of a thousand
#: attackers who only guess, one is taken for one who knows.
_SURE = 3.09

#: An attack of a rate is seen with 99 % certainty where the interval is that far off.
_SEEN = 2.326


@dataclass(frozen=True, slots=True)
class Score:
    """How well an attacker did: `success` of `tried` guesses were right, `guessing` by chance.

    A guess among several counts in part. `bound` is whether the promise speaks of it, `how` what
    the attacker went by; `None` where there was nothing to go by.
    """

    question: Question
    signal: Signal
    tried: int
    success: float
    guessing: float
    bound: bool = True
    watched: bool = False
    how: str | None = None

    @property
    def attacker(self) -> tuple[Question, Signal, bool]:
        return self.question, self.signal, self.watched

    def with_(self, more: Score) -> Score:
        """Both together: the same attacker on other waves."""
        return replace(
            self,
            tried=self.tried + more.tried,
            success=self.success + more.success,
            guessing=self.guessing + more.guessing,
        )

    @property
    def rate(self) -> float:
        return self.success / self.tried if self.tried else 0.0

    @property
    def chance(self) -> float:
        return self.guessing / self.tried if self.tried else 0.0

    @property
    def limit(self) -> float:
        """The most that is promised."""
        return self.chance + MARGIN

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the rate is, in all waves there may be (Wilson)."""
        return wilson(self.rate, self.tried)

    @property
    def beats_guessing(self) -> bool:
        """What is never found by guessing must not be found once."""
        if not self.guessing:
            return self.success > 0
        return self.interval[0] > self.limit

    @property
    def is_over(self) -> bool:
        """Whether the promise is broken."""
        return self.bound and self.beats_guessing

    @property
    def seen_from(self) -> float:
        """The least rate that so many guesses would show with 99 % certainty to be over, or 1."""
        if not self.guessing:
            return 1 / max(1, self.tried)
        low, high = min(self.limit, 1.0), 1.0
        for _ in range(40):
            middle = (low + high) / 2
            spread = sqrt(middle * (1 - middle) / self.tried)
            if wilson(max(0.0, middle - _SEEN * spread), self.tried)[0] > self.limit:
                high = middle
            else:
                low = middle
        return high


def wilson(rate: float, tried: int) -> tuple[float, float]:
    """The interval of a rate, of which each end is wrong once in a thousand times (Wilson, 1927)."""
    if not tried:
        return 0.0, 1.0
    weight = _SURE**2 / tried
    middle = (rate + weight / 2) / (1 + weight)
    half = _SURE / (1 + weight) * sqrt(rate * (1 - rate) / tried + weight / (4 * tried))
    return max(0.0, middle - half), min(1.0, middle + half)
