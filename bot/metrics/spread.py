"""How far a number strays for no reason: the spread of all kinds of days about their own centres.

Eight Tuesdays tell little about how much a number varies; the 56 days of eight weeks, each measured
from the median of its own weekday, tell it seven times as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from math import hypot, inf, sqrt
from statistics import NormalDist
from typing import NamedTuple

from bot.metrics.statistics import student_t

#: What lies so many robust deviations away is an outage or a spike, and no measure for others; a
#: few residuals tell the deviation badly, so of n it takes `FURTHER / n` more.
FAR, FURTHER = 3.5, 12.0

#: The robust deviation is read off the residual that so many are smaller than: two outages of eight
#: weeks leave it as it is. (The median would stand three, and is half again as uncertain.)
_RANK = 0.7

#: Leaving out what seems far out costs some of the evidence: by simulation a quarter.
EVIDENCE = 0.75

#: The least degrees of freedom that are reckoned with.
FEWEST_FREEDOMS = 3.0

#: The two-sided 98.3 % point of the normal distribution. Outside of limits at Student's point of the
#: same probability lie, by simulation, 0.9 to 1.5 % of the numbers that nothing happened to.
SURE = 2.3867


class Spread(NamedTuple):
    """A standard deviation, and the degrees of freedom that it rests on."""

    deviation: float
    freedom: float

    @property
    def reach(self) -> float:
        """How far from a certain centre a new number lies at most, unless there is a reason."""
        return self.deviation * _factor(round(max(FEWEST_FREEDOMS, EVIDENCE * self.freedom), 1))


@cache
def _factor(freedom: float) -> float:
    return student_t(freedom, SURE)


class Group(NamedTuple):
    """The residuals of one kind of day, without their signs.

    Their variance may grow with the `driver`: with the level of counts, with 1 ÷ n of a median.
    """

    residuals: Sequence[float]
    driver: float


#: Of each group the sum of its squares, its degrees of freedom, and its driver.
_Kept = list[tuple[float, int, float]]


def spread(groups: Sequence[Group], driver: float, *, least: float = 0.0) -> Spread:
    """The spread where the driver has this value, never less than the `least` that chance makes.

    The root of the mean square of all residuals, without outages. Where those of the groups grow
    with their driver, by more than 1.2 standard errors, the variance is taken from the line through
    them, at Satterthwaite's degrees of freedom (1946, Biometrics Bulletin 2, 110-114): the median
    of twenty tickets on a Sunday strays further than that of 120 on a Monday.
    """
    kept = _usual([group for group in groups if len(group.residuals) > 1], least)
    freedom = sum([own for _, own, _ in kept])
    if not freedom:
        return Spread(least, inf)
    variance = sum([squares for squares, _, _ in kept]) / freedom
    if len(kept) > 1 and variance > least * least * (1 + sqrt(8 / freedom)):
        variance, freedom_ = _at(driver, kept, variance, freedom)
        return Spread(max(sqrt(variance), least), freedom_)
    return Spread(max(sqrt(variance), least), freedom)


def _usual(groups: Sequence[Group], least: float) -> _Kept:
    """The groups without what is too far out, by the measure of all or, where wider, of its own."""
    everything = sorted(chain.from_iterable([residuals for residuals, _ in groups]))
    if not everything:
        return []
    out = far(len(everything))
    # Where nearly all are alike there is no measure for the others.
    limit = out * max(_deviation(everything), least) or inf
    kept = []
    for residuals, driver in groups:
        near = residuals
        if max(residuals) > limit:
            own = max(limit, out * _deviation(sorted(residuals)))
            near = [one for one in residuals if one <= own]
        kept.append((hypot(*near) ** 2, len(near) - 1, driver))
    return kept


def without_outages(residuals: Sequence[float], *, least: float) -> list[int]:
    """The places of the residuals, without their signs, that are not too far out."""
    limit = far(len(residuals)) * max(_deviation(sorted(residuals)), least)
    return [place for place, one in enumerate(residuals) if one <= limit]


def far(count: int) -> float:
    """How many deviations are too far, of so many residuals."""
    return FAR + FURTHER / count


def _deviation(ordered: Sequence[float]) -> float:
    """The standard deviation by one of the ordered residuals, as if they were normal."""
    place, expected = rank(len(ordered))
    return ordered[place] / expected


@cache
def rank(count: int) -> tuple[int, float]:
    """Which of so many that is, and about how large it is in a normal distribution of deviation 1."""
    place = int(_RANK * count)
    return place, NormalDist().inv_cdf((1 + (place + 0.65) / (count + 0.3)) / 2)


def _at(driver: float, kept: _Kept, variance: float, freedom: float) -> tuple[float, float]:
    """The variance and its degrees of freedom on the line through those of the groups."""
    middle = sum([own * at for _, own, at in kept]) / freedom
    width = sum([own * (at - middle) ** 2 for _, own, at in kept])
    slope = sum([(squares - own * variance) * (at - middle) for squares, own, at in kept])
    if slope <= 0 or slope * slope <= 3 * variance * variance * width:
        return variance, freedom
    slope = min(slope / width, variance / middle)
    tilt = (driver - middle) / width
    shares = [(squares * (1 / freedom + tilt * (at - middle)), own) for squares, own, at in kept]
    found = sum([share for share, _ in shares]) ** 2
    noise = sum([share * share / own for share, own in shares if own])
    return variance + slope * (driver - middle), min(freedom, found / noise)
