"""Where numbers vary evenly, however large they are: the scales on which periods are compared.

Durations and means are even on a log scale, counts on Anscombe's square root, scores as they are, and
shares in deviations that their own samples make (Laney's p′ chart).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import asin, exp, expm1, log, log1p, pi, sin, sqrt
from typing import NamedTuple, Protocol

from bot.metrics.metric import Count, Metric, Share, Unit, Unsolved
from bot.metrics.spread import Group, Spread, without_outages

#: The variance of a median is so many times that of a mean.
_OF_MEDIAN = pi / 2

#: A backlog is a state: today's is mostly yesterday's, so that the seven days of a week tell hardly
#: more of how it varies than two would. Where the next day's correlation ρ is 0.8, of n days
#: n · (1 − ρ²) ÷ (1 + ρ²) count as independent.
_OF_STATE = 0.22


class Point(NamedTuple):
    """The value of a period, and on how many rows it rests."""

    value: float
    n: float


class Kind(NamedTuple):
    """One kind of day, on its scale: so many periods, their centre, and how far they lie from it.

    `rows` are those of the periods about the centre, all together.
    """

    periods: int
    centre: float
    group: Group
    rows: float


class Scale(Protocol):
    """What is usual is worked out on it, and led back from it to the metric's unit."""

    @property
    def least(self) -> float:
        """The deviation that chance alone makes."""

    def kind(self, points: Sequence[Point]) -> Kind:
        """One kind of day, from the periods of it, at least one."""

    def driver(self, own: Kind, n: float) -> float:
        """What the variance may grow with, for a number of `n` rows that is like those of `own`."""

    def limits(self, own: Kind, found: Spread, n: float) -> tuple[float, float, float]:
        """The low end, the centre and the high end of such a number, in its unit."""


@dataclass(frozen=True, slots=True)
class Even:
    """The scale to which `there` leads and from which `back` does.

    A count's variance may grow `by_level`, that of a median or a mean with 1 ÷ n. Of so many periods
    a share of `independent` counts as such. Values lie within `bounds`.
    """

    there: Callable[[float], float]
    back: Callable[[float], float]
    by_level: bool = False
    least: float = 0.0
    independent: float = 1.0
    bounds: tuple[float, float] | None = None

    def kind(self, points: Sequence[Point]) -> Kind:
        there, count = self.there, len(points)
        values = sorted([there(value) for value, _ in points])
        centre = self.centre(values)
        rows = sum([n for _, n in points])
        mean = rows / count
        driver = mean if self.by_level else 1 / max(mean, 1.0)
        return Kind(count, centre, Group([abs(value - centre) for value in values], driver), rows)

    def driver(self, own: Kind, n: float) -> float:
        return own.group.driver if self.by_level else 1 / max(n, 1.0)

    def limits(self, own: Kind, found: Spread, n: float) -> tuple[float, float, float]:  # noqa: ARG002
        return self.range(own.centre, self.reach(own.periods, found))

    def centre(self, ordered: Sequence[float]) -> float:
        """That of values on the scale, in ascending order: the median."""
        half = len(ordered) // 2
        return (ordered[half] + ordered[~half]) / 2

    def reach(self, periods: int, found: Spread) -> float:
        """How far on the scale a number lies from the centre of so many at most."""
        if self.independent < 1:
            freedom = max(periods - 1, self.independent * found.freedom)
            found = Spread(found.deviation, freedom)
        return found.reach * sqrt(1 + _OF_MEDIAN / periods)

    def range(self, centre: float, reach: float) -> tuple[float, float, float]:
        """The low end, the centre and the high end in the metric's unit."""
        low, high = self.back(centre - reach), self.back(centre + reach)
        if self.bounds is not None:
            low, high = max(low, self.bounds[0]), min(high, self.bounds[1])
        return low, self.back(centre), high


@dataclass(frozen=True, slots=True)
class Shares:
    """Each period is measured in binomial deviations from the pooled share of its kind of day.

    By how much more than 1 these spread is Laney's σz (2002, Quality Engineering 14, 531-537). The
    limits are even on Anscombe's arcsine (1948, Biometrika 35, 246-254), and fit the sample of the
    share that is judged: a small one may stray further.
    """

    least: float = 1.0

    def kind(self, points: Sequence[Point]) -> Kind:
        usual = _without_exceptions(points)
        share, rows = _pooled(usual)
        driver = sum([n for _, n in points]) / len(points)
        return Kind(len(points), share, Group(_deviations(points, share), driver), rows)

    def driver(self, own: Kind, n: float) -> float:  # noqa: ARG002
        return n

    def limits(self, own: Kind, found: Spread, n: float) -> tuple[float, float, float]:
        n, share = max(n, 1.0), own.centre
        reach = found.reach * sqrt(1 / (n + 1 / 2) + 1 / own.rows)
        centre = 2 * asin(sqrt((n * share + 3 / 8) / (n + 3 / 4)))
        low, high = _share(max(0.0, centre - reach), n), _share(min(pi, centre + reach), n)
        return min(low, share), share, max(high, share)


def scale_of(metric: Metric) -> Scale:
    """The scale on which the numbers of a metric are compared."""
    match metric.aggregate:
        case Share():
            return _SHARES
        case Count():
            return _COUNTS
        case Unsolved():
            return _STATES
    if metric.bounds is not None:
        return _score(metric.bounds)
    return _DURATIONS if metric.unit is Unit.SECONDS else _MEANS


# --- Shares --------------------------------------------------------------------------------------


def _pooled(points: Sequence[Point]) -> tuple[float, float]:
    """The share of all together, and their sample."""
    rows = sum([n for _, n in points])
    return sum([share * n for share, n in points]) / max(rows, 1.0), rows


def _without_exceptions(points: Sequence[Point]) -> Sequence[Point]:
    """Without outages: a pool has no median that they would leave as it is."""
    scores = _scores(points, _pooled(points)[0])
    if not scores:
        return points
    middle = sorted(scores)[len(scores) // 2]
    kept = without_outages([abs(score - middle) for score in scores], least=1.0)
    return [points[place] for place in kept]


def _deviations(points: Sequence[Point], share: float) -> list[float]:
    return [abs(score) for score in _scores(points, share)]


def _scores(points: Sequence[Point], share: float) -> list[float]:
    """How many binomial deviations each lies from `share`; none where chance has no play."""
    if not 0 < share < 1:
        return []
    deviation = sqrt(share * (1 - share))
    return [(one - share) * sqrt(n) / deviation for one, n in points]


def _share(angle: float, n: float) -> float:
    hits = (n + 3 / 4) * sin(angle / 2) ** 2 - 3 / 8
    return min(max(hits / n, 0.0), 1.0)


# --- The others ----------------------------------------------------------------------------------


def _anscombe(count: float) -> float:
    return 2 * sqrt(count + 3 / 8)


def _from_anscombe(root: float) -> float:
    return max(0.0, (max(root, 0.0) / 2) ** 2 - 3 / 8)


def _log(mean: float) -> float:
    return log(max(mean, 1e-9))


def _from_seconds(even: float) -> float:
    return max(0.0, expm1(even))


@cache
def _score(bounds: tuple[float, float]) -> Even:
    return Even(float, float, bounds=bounds)


_SHARES = Shares()
_COUNTS = Even(_anscombe, _from_anscombe, by_level=True, least=1.0)
_STATES = Even(_anscombe, _from_anscombe, by_level=True, independent=_OF_STATE)
#: Of no time at all there is no logarithm; a second more changes nothing.
_DURATIONS = Even(log1p, _from_seconds)
_MEANS = Even(_log, exp)
