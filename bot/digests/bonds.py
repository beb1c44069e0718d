"""Whether work and well-being go together: what chance alone explains is not claimed.

The scores of a survey's waves are set beside the weeks of work before them: backlog, the share of work
after hours, and the time to the first response, in the week of the close and up to four weeks before.
All of these are looked at together, of every team, theme and lag, so one of them will look striking by
chance: what is claimed has to stand out of the most striking that chance makes of all of them. It has
to stand out of what memory makes, too: a backlog is mostly that of last week, and two series that both
wander meet now and then. So chance is drawn by giving the weeks of work another order, in which
neighbours stay as alike as they were (`bot/digests/shuffled.py`). And a trend that both have is no
bond.

By simulation (`tests/test_bonds.py`), of answers and work that have nothing to do with each other 3 to
5 % of all digests claim anything, whether they have no memory, much of it, or wander at random, and
of three teams as of one. A digest follows every wave, so that in a year one of them may. With 12
waves a bond is found, with its lag, in a third of digests where the correlation is −0.9, and hardly
ever below; with 26 waves in nearly all of them, in 80 % at −0.8 and in half at −0.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: The numbers of work that are looked at.
WORK = ("backlog", "after_hours_share", "first_response_time")

#: So many weeks before a wave at most is its work looked at.
LONGEST_LAG = 4

#: Of fewer waves nothing is claimed.
FEWEST = 8

#: So many are told, the plainest first.
MOST = 3

#: How often the weeks are put into another order: enough for the 95th of a hundred.
DRAWS = 1_999

SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class TeamWeeks:
    """The work of a team, week by week, and what it said: of `group` at the help desks.

    Without a name it is everybody, with all tickets. `work` has a number of each week by metric,
    oldest first; `felt` by subject (as surveys call it) the score of each wave, by the place of the
    last whole week before it closed.
    """

    team: str
    group: str | None
    work: Mapping[str, Sequence[float | None]]
    felt: Mapping[str, Mapping[int, float]]

    @property
    def last(self) -> Mapping[str, float | None]:
        """The work of the last week."""
        return {metric: weeks[-1] for metric, weeks in self.work.items() if weeks}

    @property
    def latest(self) -> Mapping[str, float]:
        """What was said in the latest wave, after the last week."""
        newest = max(map(len, self.work.values()), default=0) - 1
        there = ((subject, scores.get(newest)) for subject, scores in self.felt.items())
        return {subject: score for subject, score in there if score is not None}


@dataclass(frozen=True, slots=True)
class Bond:
    """What goes together: with more of the work `metric`, `weeks` later, the score of a subject.

    That is the rank correlation over so many `waves`, with an interval that holds in 95 of 100
    digests for all that they look at.
    """

    team: str
    metric: str
    subject: str
    weeks: int
    waves: int
    correlation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Beside:
    """Work and well-being side by side, and what may be claimed of them: often nothing.

    `waves` is how many there are to go by.
    """

    sides: Sequence[TeamWeeks]
    bonds: Sequence[Bond] = ()
    waves: int = 0

    @property
    def is_judged(self) -> bool:
        return self.waves >= FEWEST


class Look(NamedTuple):
    """One of the many looks: a series of weeks by its place, which of them, and the scores after them."""

    series: int
    weeks: Sequence[int]
    scores: Sequence[float]


def beside(sides: Sequence[TeamWeeks], *, draws: int = DRAWS, seed: int = SEED) -> Beside:
    """Sets work and well-being side by side, and finds out what may be claimed."""
    waves = max((len(scores) for side in sides for scores in side.felt.values()), default=0)
    found = sorted(_found(sides, draws, seed), key=lambda bond: -abs(bond.correlation))
    return Beside(sides, _plainest(found)[:MOST], waves)


def _plainest(bonds: Iterable[Bond]) -> list[Bond]:
    """Of each number and subject the lag at which it is plainest."""
    first: dict[tuple[str, str, str], Bond] = {}
    for bond in bonds:
        first.setdefault((bond.team, bond.metric, bond.subject), bond)
    return list(first.values())


def _found(sides: Sequence[TeamWeeks], draws: int, seed: int) -> Iterator[Bond]:
    series = [(side, metric) for side in sides for metric in side.work]
    looks = [
        (look, subject, lag)
        for place, (side, metric) in enumerate(series)
        for subject, scores in side.felt.items()
        for lag in range(LONGEST_LAG + 1)
        if len((look := _look(place, side.work[metric], scores, lag)).weeks) >= FEWEST
    ]
    if not looks:
        return
    # NumPy takes its time to be loaded, and most digests look at nothing.
    from bot.digests.shuffled import judged  # noqa: PLC0415

    weeks = [side.work[metric] for side, metric in series]
    numbers = judged(weeks, [look for look, *_ in looks], draws=draws, seed=seed)
    for (look, subject, lag), (correlation, low, high) in zip(looks, numbers, strict=True):
        if low > 0 or high < 0:
            side, metric = series[look.series]
            waves = len(look.weeks)
            yield Bond(side.team, metric, subject, lag, waves, correlation, low, high)


def _look(
    series: int, weeks: Sequence[float | None], scores: Mapping[int, float], lag: int
) -> Look:
    """The waves of which there is work so many weeks before."""
    there = {week - lag: score for week, score in scores.items() if week >= lag}
    known = {week: score for week, score in there.items() if weeks[week] is not None}
    return Look(series, list(known), list(known.values()))
