"""The few formulas behind the numbers; each names where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, erf, floor, inf, pi, sqrt, tan

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


def net_score(promoters: int, detractors: int, n: int) -> float:
    """The net promoter score of `n` answers, −100 to 100: % promoters less % detractors.

    Passives are in `n` only. Raises `ValueError` for no answers: their score is not 0.
    """
    if n == 0:
        raise ValueError("no answers, no score")
    return 100 * (promoters - detractors) / n


def adjusted_wald(promoters: int, detractors: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a net promoter score, −100 to 100; `None` without an answer.

    Wald's interval after three more answers, shared out ¾, 1½, ¾ (Rocks 2016, The American
    Statistician 70, 365-372). From 5 answers on it covers 93 to 97 % of the usual mixes (40 %
    promote, 20 % detract). Below 10 answers it covers 92 % where 40 % stand against 40 %, 90 % where
    80 % promote or detract, and up to 100 % where 80 % are passive; at 50 it is right for all these.
    """
    if n == 0:
        return None
    score = net_score(promoters, detractors, n)
    centre, reach = adjusted_net_score(promoters, detractors, n)
    # A single answer lies 2 points outside of its own interval, which would look absurd.
    low, high = min(centre - reach, score), max(centre + reach, score)
    return max(-100.0, low), min(100.0, high)


def adjusted_net_score(promoters: float, detractors: float, n: float) -> tuple[float, float]:
    """The net promoter score after three more answers, and how far its 95 % interval reaches."""
    more = n + 3
    promoting, detracting = (promoters + 0.75) / more, (detractors + 0.75) / more
    centre = promoting - detracting
    reach = Z * sqrt((promoting + detracting - centre * centre) / more)
    return 100 * centre, 100 * reach


def mean_interval(
    n: int, total: float, squares: float, *, within: tuple[float, float] | None = None
) -> tuple[float, float] | None:
    """The 95 % interval of the mean of `n` values, from their sum and the sum of their squares.

    Student's t (1908). `None` for a single value. Values that cannot be below 0 have no end there.
    Answers `within` a scale get half of one more, a quarter at either end, as a net score's get
    three: a few that agree would else have no spread and claim to be certain. From 5 answers on it
    then covers 95 % or more of whatever mix (plain t 66 % where nearly all give the best).
    """
    if n < 2:
        return None
    value = total / n
    centre, reach = adjusted_mean(n, total, squares, within=within)
    lowest, highest = within or (0.0, inf)
    return max(lowest, min(centre - reach, value)), min(highest, max(centre + reach, value))


def adjusted_mean(
    n: int, total: float, squares: float, *, within: tuple[float, float] | None = None
) -> tuple[float, float]:
    """The mean of two or more values, and how far its 95 % interval reaches, as `mean_interval` has it."""
    more = float(n)
    if within is not None:
        more, total = n + 0.5, total + sum(within) / 4
        squares += sum(end * end for end in within) / 4
    centre = total / more
    return centre, student_t(n - 1) * sqrt(max(0.0, squares - total * centre) / (more - 1) / more)


def student_t(freedom: float, z: float = Z) -> float:
    """The two-sided 95 % point of Student's t with so many degrees of freedom, 1 or more.

    With another point `z` of the normal distribution, that which leaves as much outside as `z` does.
    From 3 on by Fisher and Cornish's expansion around the normal point (Abramowitz and Stegun,
    26.7.5), within 0.2 % there at 5 %, and 1 % at 1 %; below, where that fails, by the closed forms
    for 1 and 2.
    """
    if freedom < 3:
        within = erf(z / sqrt(2))
        return tan(pi / 2 * within) if freedom < 2 else within * sqrt(2 / (1 - within * within))
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))


def poisson_interval(count: int) -> tuple[float, float]:
    """The 95 % interval of what a count of independent events is around.

    Byar's approximation of the exact one (Breslow and Day, Statistical Methods in Cancer Research
    II, 1987, p. 69): it covers 95 % or more whatever the number. Events that come in bursts vary
    more than this.
    """
    return _byar(count, -Z) if count else 0.0, _byar(count + 1, Z)


def _byar(count: int, z: float) -> float:
    """The cube that Wilson and Hilferty found for a point of the chi-square distribution."""
    return float(count * (1 - 1 / (9 * count) + z / (3 * sqrt(count))) ** 3)
