"""Whether a number really changed, or chance alone can explain the difference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, hypot, isclose, log


class Verdict(StrEnum):
    """What may be said of a number beside an earlier one.

    `UNKNOWN`: one of them has no value or no interval, so nothing is claimed. `CANNOT_TELL`: both
    have, and chance alone can explain the difference.
    """

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    CANNOT_TELL = "cannot tell"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the ends of its 95 % interval, all in one unit; `None` for what there is not."""

    value: float | None
    low: float | None = None
    high: float | None = None


#: The low end, the value and the high end of an estimate that has all three.
_Known = tuple[float, float, float]


def verdict(now: Estimate, before: Estimate, *, skewed: bool = False) -> Verdict:
    """What may be said of `now` beside `before`; the two must rest on different rows.

    Equal values are the same whatever their intervals. `skewed`: judge the ratio instead of the
    difference where all numbers are above 0, as befits durations.
    """
    if now.value is None or before.value is None:
        return Verdict.UNKNOWN
    # Sums that were added up in another order differ in their last digit.
    if isclose(now.value, before.value, rel_tol=1e-12):
        return Verdict.SAME
    factor = ratio(now, before) if skewed else None
    if factor is not None:
        return _side(factor, of=1.0)
    change = difference(now, before)
    return Verdict.UNKNOWN if change is None else _side(change, of=0.0)


def difference(now: Estimate, before: Estimate) -> tuple[float, float] | None:
    """The 95 % interval of `now` − `before`; `None` where one of them has no interval.

    MOVER: the distances from the values to the ends of their own intervals, added as squares
    (Newcombe 1998, Statistics in Medicine 17, 873-890, method 10, for shares; Zou and Donner 2008,
    Statistics in Medicine 27, 1693-1702, for whatever has an interval).
    """
    later, earlier = _known(now), _known(before)
    return _mover(later, earlier) if later and earlier else None


def ratio(now: Estimate, before: Estimate) -> tuple[float, float] | None:
    """The 95 % interval of `now` ÷ `before`: MOVER on the log scale, where skewed values are even.

    `None` where one of them has no interval, or a number that is not above 0.
    """
    later, earlier = _known(now), _known(before)
    if later is None or earlier is None or min(*later, *earlier) <= 0:
        return None
    low, high = _mover(_logs(later), _logs(earlier))
    return exp(low), exp(high)


def _known(estimate: Estimate) -> _Known | None:
    low, value, high = estimate.low, estimate.value, estimate.high
    return None if low is None or value is None or high is None else (low, value, high)


def _logs(known: _Known) -> _Known:
    low, value, high = known
    return log(low), log(value), log(high)


def _mover(now: _Known, before: _Known) -> tuple[float, float]:
    low, value, high = now
    low_before, value_before, high_before = before
    change = value - value_before
    return (
        change - hypot(value - low, high_before - value_before),
        change + hypot(high - value, value_before - low_before),
    )


def _side(interval: tuple[float, float], *, of: float) -> Verdict:
    low, high = interval
    if low > of:
        return Verdict.HIGHER
    return Verdict.LOWER if high < of else Verdict.CANNOT_TELL
