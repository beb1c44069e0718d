"""The few formulas behind the numbers; each names where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, sqrt

#: The two-sided 95 % point of the normal distribution.
Z = 1.959964


def quantile(ordered: Sequence[float], q: float) -> float:
    """The `q` quantile of values in ascending order, interpolated between neighbours.

    Hyndman and Fan's type 7: what SQL calls PERCENTILE_CONT and NumPy and spreadsheets use.
    Raises `ValueError` for no values.
    """
    if not ordered:
        raise ValueError("no values, no quantile")
    place = (len(ordered) - 1) * q
    below, above = floor(place), ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median, by order statistics: no assumption about the distribution.

    The ranks are the widest pair that the binomial distribution (n, ½) leaves outside with at most
    2.5 % on each side (Conover, Practical Nonparametric Statistics, 3.2). Fewer than 6 values have
    no such interval.
    """
    n = len(ordered)
    rank = _lower_rank(n)
    return (ordered[rank - 1], ordered[n - rank]) if rank else None


def _lower_rank(n: int) -> int:
    """The largest rank r with P(Binomial(n, ½) < r) ≤ 2.5 %; 0 when there is none."""
    if n > 1_000:  # exact sums underflow; the normal approximation is within one rank here
        return floor((n - Z * sqrt(n)) / 2)
    probability = cumulative = 0.5**n
    rank = 0
    while cumulative <= 0.025:
        rank += 1
        probability *= (n - rank + 1) / rank
        cumulative += probability
    return rank


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a share of `hits` in `n` (Wilson 1927); `None` without a sample."""
    if n == 0:
        return None
    share = hits / n
    centre = share + Z * Z / (2 * n)
    spread = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
