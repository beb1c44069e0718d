"""What a digest says of the people themselves: surveys that closed, what was done, their work beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.digests.bonds import Beside
from bot.digests.line import Line
from bot.metrics.comparison import Verdict

#: The numbers that surveys tell, in this order; the last one is how many took part.
NUMBERS = ("enps", "pulse_score", "survey_participation")


@dataclass(frozen=True, slots=True)
class Promise:
    """“You said, we did”: what a lead noted was done, about a theme ("" for none in particular)."""

    theme: str
    text: str


@dataclass(frozen=True, slots=True)
class People:
    """What there is to say; nothing in most weeks.

    `lines` are the numbers of the surveys that closed in the window, also those that are withheld;
    `promises` what was done in it, `beside` what work and surveys have to do with each other. Only a
    week has the last two.
    """

    lines: Sequence[Line] = ()
    promises: Sequence[Promise] = ()
    beside: Beside | None = None

    def __bool__(self) -> bool:
        return bool(self.lines or self.promises)

    @property
    def told(self) -> list[Line]:
        """The numbers that are told."""
        return [line for line in self.lines if line.reading.value is not None]

    @property
    def scores(self) -> list[Line]:
        """What came of the surveys: not how many took part, but where that has a goal."""
        return [line for line in self.lines if line.reading.metric.key != NUMBERS[-1] or line.goal]

    @property
    def moved(self) -> list[Line]:
        """The scores that are higher or lower than those of the wave before, beyond chance."""
        return [line for line in self.scores if line.verdict in (Verdict.HIGHER, Verdict.LOWER)]


#: Nobody was asked anything, and nothing was done.
NOTHING = People()
