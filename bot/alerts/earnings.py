"""What a rule earned: how often it fired, and what people made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.alerts.rule import Rule

#: An alert that nobody has done anything about for so long is ignored.
IGNORED_AFTER = timedelta(hours=24)

#: A rule that was told fewer times than this is not judged.
FEWEST_TOLD = 3

#: A rule has to be on for so long before its silence says anything.
YOUNG = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Earnings:
    """What became of a rule's alerts in a time.

    Of those that it `fired` people were `told` so many; the others were held back for all of their
    lives, or could not be posted. Of those told somebody `acknowledged` so many, `median` after they were
    told, and nobody did anything about so many (`ignored`): neither that nor a vote, until they were
    over or for a day. `useful` and `useless` are votes.
    """

    fired: int = 0
    told: int = 0
    acknowledged: int = 0
    ignored: int = 0
    useful: int = 0
    useless: int = 0
    median: timedelta | None = None

    @property
    def worth(self) -> float:
        """How much it was worth: what people did about it, less what nobody wanted.

        A vote says more than that somebody took it on, or that nobody did.
        """
        return 2 * (self.useful - self.useless) + self.acknowledged - self.ignored

    @property
    def disturbs(self) -> bool:
        """Whether it rather disturbed than helped: most votes are against it, or most ignore it."""
        if self.told < FEWEST_TOLD:
            return False
        if self.useful or self.useless:
            return self.useless > self.useful
        return 2 * self.ignored > self.told


@dataclass(frozen=True, slots=True)
class Review:
    """A rule by its `number`, with its `text`, and what it earned.

    `looser` is what it could be instead, at about so many false alarms a week (`cost`). `age` is for
    how long it has been what it is now, where that is known.
    """

    number: int
    rule: Rule
    text: str
    earned: Earnings
    looser: Rule | None = None
    cost: float | None = None
    age: timedelta | None = None

    @property
    def is_young(self) -> bool:
        """Whether it is too early to say that it never fires."""
        return self.age is not None and self.age < YOUNG
