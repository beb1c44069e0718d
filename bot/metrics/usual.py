"""What is usual for a number, and whether a new one falls outside: signal or noise.

Limits are those of an XmR chart over comparable periods (Wheeler, Understanding Variation): centre
± 3.145 × the median moving range, both medians, so that one outage does not poison eight weeks.
The series is first made even: durations and means on a log scale, counts by the Anscombe square
root, shares by their own sample sizes (a Laney p′ chart), scores as they are. A number that is counted, or a share of one, is never
taken to vary less than chance makes it vary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import exp, isclose, log, sqrt
from statistics import median

from bot.metrics.metric import Better, Count, Share, Unsolved
from bot.metrics.reading import Reading

#: Fewer comparable periods than this claim nothing.
FEWEST = 8

#: From a median moving range to three standard deviations.
MEDIAN_RANGE = 3.145

#: A median moving range is 0.954 standard deviations.
MEDIAN_RANGE_TO_DEVIATION = 0.954


@dataclass(frozen=True, slots=True)
class Usual:
    """The range in which a number usually lies, in its own unit."""

    low: float
    centre: float
    high: float


class Standing(StrEnum):
    """Where a number lies against what is usual."""

    ABOVE = "above"
    BELOW = "below"
    WITHIN = "within"
    UNKNOWN = "unknown"


def usual(history: Sequence[Reading], now: Reading) -> Usual | None:
    """The usual range of `now`, from comparable earlier readings, oldest first.

    `None` when fewer than eight of them have a value.
    """
    there = [reading for reading in history if reading.value is not None]
    if len(there) < FEWEST:
        return None
    aggregate = now.metric.aggregate
    if isinstance(aggregate, Share):
        return _share(there, now)
    values = [reading.value for reading in there if reading.value is not None]
    if isinstance(aggregate, Count):
        return _even(values, _anscombe, _from_anscombe, least=MEDIAN_RANGE_TO_DEVIATION)
    if isinstance(aggregate, Unsolved):
        return _even(values, _anscombe, _from_anscombe)
    if now.metric.bounds is not None:
        return _within(_even(values, float, float), now.metric.bounds)
    return _even(values, lambda value: log(max(value, 1e-9)), exp)


def _within(usual_: Usual, bounds: tuple[float, float]) -> Usual:
    """A score between two ends is even as it is, and never beyond them."""
    low, high = bounds
    return Usual(max(low, usual_.low), usual_.centre, min(high, usual_.high))


def standing(now: Reading, range_: Usual | None) -> Standing:
    """Where a reading lies against its usual range."""
    if range_ is None or now.value is None:
        return Standing.UNKNOWN
    # What comes back from a logarithm or a root is a hair beside what went in.
    if any(isclose(now.value, end, abs_tol=1e-6) for end in (range_.low, range_.high)):
        return Standing.WITHIN
    if now.value > range_.high:
        return Standing.ABOVE
    if now.value < range_.low:
        return Standing.BELOW
    return Standing.WITHIN


def is_good(place: Standing, better: Better) -> bool | None:
    """Whether to be outside on that side is good news; `None` when it is neither."""
    if better is Better.NEITHER or place in (Standing.WITHIN, Standing.UNKNOWN):
        return None
    return (place is Standing.BELOW) is (better is Better.LOWER)


def _even(
    values: Sequence[float],
    there: Callable[[float], float],
    back: Callable[[float], float],
    *,
    least: float = 0.0,
) -> Usual:
    """Limits on the scale of `there`; a median moving range under `least` is taken to be chance."""
    series = [there(value) for value in values]
    centre = median(series)
    reach = MEDIAN_RANGE * max(_moving_range(series), least)
    return Usual(back(centre - reach), back(centre), back(centre + reach))


def _anscombe(count: float) -> float:
    return 2 * sqrt(count + 3 / 8)


def _from_anscombe(root: float) -> float:
    return max(0.0, (max(root, 0.0) / 2) ** 2 - 3 / 8)


def _share(history: Sequence[Reading], now: Reading) -> Usual:
    """Limits that fit the sample of the new reading: a small one may stray further."""
    share = _pooled(history)
    if share not in (0, 1):
        usual_share = _pooled(_unexceptional(history, share))
        share = share if usual_share in (0, 1) else usual_share
    if share in (0, 1):
        return Usual(share, share, share)
    reach = 3 * _deviation(share, now.n) * _spread(_scores(history, share))
    return Usual(max(0.0, share - reach), share, min(1.0, share + reach))


def _pooled(history: Sequence[Reading]) -> float:
    hits = sum((reading.value or 0) * reading.n for reading in history)
    return hits / sum(reading.n for reading in history)


def _unexceptional(history: Sequence[Reading], share: float) -> Sequence[Reading]:
    """Without the periods that lie outside of the others' limits: a pool has no median."""
    scores = _scores(history, share)
    centre, reach = median(scores), 3 * _spread(scores)
    kept = zip(history, scores, strict=True)
    return [reading for reading, score in kept if abs(score - centre) <= reach] or history


def _scores(history: Sequence[Reading], share: float) -> list[float]:
    """How many binomial standard deviations each reading lies from `share`."""
    return [((reading.value or 0) - share) / _deviation(share, reading.n) for reading in history]


def _deviation(share: float, sample: int) -> float:
    return sqrt(share * (1 - share) / max(sample, 1))


def _spread(scores: Sequence[float]) -> float:
    """By how much they vary more than chance (Laney's σz), never less than chance itself."""
    return max(_moving_range(scores) / MEDIAN_RANGE_TO_DEVIATION, 1.0)


def _moving_range(series: Sequence[float]) -> float:
    return median(abs(later - earlier) for earlier, later in pairwise(series))
