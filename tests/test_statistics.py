"""The formulas against published values, the standard library and plain enumeration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import comb, exp, lgamma, log, sqrt
from statistics import fmean, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.metrics.statistics import (
    adjusted_wald,
    mean_interval,
    median_interval,
    net_score,
    poisson_interval,
    quantile,
    student_t,
    wilson,
)

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60).map(sorted)


@pytest.mark.thorough
@given(ordered=numbers, parts=st.integers(2, 100))
def test_a_quantile_is_the_one_of_the_standard_library(ordered: list[float], parts: int) -> None:
    wanted = quantiles(ordered, n=parts, method="inclusive")
    found = [quantile(ordered, cut / parts) for cut in range(1, parts)]
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("ordered", "q", "wanted"),
    [
        ([7.0], 0.5, 7.0),
        ([7.0], 0.9, 7.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([1.0, 2.0, 3.0, 4.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0, 4.0], 1.0, 4.0),
        ([0.0, 10.0], 0.9, 9.0),
    ],
)
def test_a_quantile_of_few_values(ordered: list[float], q: float, wanted: float) -> None:
    assert quantile(ordered, q) == pytest.approx(wanted)


def test_there_is_no_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


@pytest.mark.parametrize("n", range(6))
def test_fewer_than_six_values_have_no_interval_of_the_median(n: int) -> None:
    assert median_interval(range(n)) is None


def holds_the_median(n: int, rank: int) -> float:
    """How often the values of rank r and n + 1 − r have the median between them."""
    inside: int = sum(comb(n, k) for k in range(rank, n - rank + 1))
    return float(inside / 2**n)


@pytest.mark.parametrize("n", range(6, 61))
def test_the_interval_of_the_median_covers_95_percent_and_no_narrower_one_does(n: int) -> None:
    interval = median_interval(range(1, n + 1))
    assert interval is not None
    low, high = (int(end) for end in interval)
    assert low + high == n + 1
    assert holds_the_median(n, low) >= 0.95
    # Ranks that meet in the middle have nothing between them to narrow down to.
    assert holds_the_median(n, low + 1) < 0.95


@pytest.mark.parametrize("n", [999, 1_000, 1_001, 2_500, 10_001])
def test_the_interval_of_many_values_is_within_one_rank_of_the_exact_one(n: int) -> None:
    interval = median_interval(range(1, n + 1))
    assert interval is not None
    assert abs(interval[0] - exact_rank(n)) <= 1


def exact_rank(n: int) -> int:
    """The largest rank with at most 2.5 % below, in whole numbers: 2 to the n-th is no float."""
    rank, ways, below = 0, 1, 1
    while below * 40 <= 2**n:
        rank += 1
        ways = ways * (n - rank + 1) // rank
        below += ways
    return rank


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        pytest.param(81, 263, 0.2553, 0.3662, id="Newcombe a"),
        pytest.param(15, 148, 0.0624, 0.1605, id="Newcombe b"),
        pytest.param(0, 20, 0.0, 0.1611, id="Newcombe c"),
        pytest.param(1, 29, 0.0061, 0.1718, id="Newcombe d"),
        pytest.param(29, 29, 0.8830, 1.0, id="all of them"),
        pytest.param(0, 1, 0.0, 0.7935, id="one miss"),
        pytest.param(1, 1, 0.2065, 1.0, id="one hit"),
    ],
)
def test_wilsons_interval_is_the_published_one(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_without_a_sample_there_is_no_interval() -> None:
    assert wilson(0, 0) is None


@given(n=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilsons_interval_holds_the_share_and_mirrors_its_complement(n: int, share: float) -> None:
    hits = round(share * n)
    found, mirrored = wilson(hits, n), wilson(n - hits, n)
    assert found is not None
    assert mirrored is not None
    low, high = found
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1
    assert mirrored == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "wanted"),
    [
        pytest.param(7, 2, 10, 50.0, id="passives stay in the denominator"),
        pytest.param(4, 0, 4, 100.0, id="all promote"),
        pytest.param(0, 4, 4, -100.0, id="all detract"),
        pytest.param(0, 0, 4, 0.0, id="all are passive"),
        pytest.param(3, 3, 6, 0.0, id="as many promote as detract"),
    ],
)
def test_a_net_score(promoters: int, detractors: int, n: int, wanted: float) -> None:
    assert net_score(promoters, detractors, n) == wanted


def test_without_an_answer_there_is_no_net_score_and_no_interval() -> None:
    with pytest.raises(ValueError, match="no answers"):
        net_score(0, 0, 0)
    assert adjusted_wald(0, 0, 0) is None


@pytest.mark.parametrize(("n", "wanted"), [(5, 51), (20, 30), (50, 20), (100, 14)])
def test_how_far_a_net_score_of_40_promoters_and_20_detractors_reaches(n: int, wanted: int) -> None:
    low, high = net_interval(n * 40 // 100, n * 20 // 100, n)
    assert round((high - low) / 2) == wanted


def net_interval(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    interval = adjusted_wald(promoters, detractors, n)
    assert interval is not None
    return interval


def plain_wald(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    """What one would do without the three more answers."""
    score = (promoters - detractors) / n
    spread = 1.96 * sqrt(((promoters + detractors) / n - score**2) / n)
    return 100 * (score - spread), 100 * (score + spread)


NetInterval = Callable[[int, int, int], tuple[float, float]]


def net_coverage(
    n: int, promoting: float, detracting: float, interval: NetInterval = net_interval
) -> float:
    """How often the interval holds the true score: every outcome of n answers, by its chance."""
    true, covered = 100 * (promoting - detracting), 0.0
    logs = log(promoting), log(detracting), log(1 - promoting - detracting)
    for promoters in range(n + 1):
        for detractors in range(n - promoters + 1):
            low, high = interval(promoters, detractors, n)
            if low <= true <= high:
                answers = promoters, detractors, n - promoters - detractors
                ways = lgamma(n + 1) - sum(lgamma(many + 1) for many in answers)
                covered += exp(ways + sum(a * b for a, b in zip(answers, logs, strict=True)))
    return covered


@pytest.mark.parametrize(
    ("promoting", "detracting"), [(0.4, 0.2), (0.5, 0.2), (0.5, 0.1), (0.25, 0.5), (0.3, 0.3)]
)
def test_the_interval_of_a_net_score_covers_93_to_97_percent(
    promoting: float, detracting: float
) -> None:
    for n in (*range(5, 21), 30, 50, 100, 200):
        assert 0.93 <= net_coverage(n, promoting, detracting) <= 0.97


@pytest.mark.parametrize(
    ("promoting", "detracting", "fewest", "most"),
    [
        pytest.param(0.4, 0.4, 0.922, 0.95, id="two camps"),
        pytest.param(0.8, 0.05, 0.90, 0.97, id="nearly all promote"),
        pytest.param(0.05, 0.8, 0.90, 0.97, id="nearly all detract"),
        pytest.param(0.1, 0.1, 0.95, 0.9995, id="nearly all are passive"),
    ],
)
def test_extreme_mixes_are_covered_less_or_more_below_ten_answers(
    promoting: float, detracting: float, fewest: float, most: float
) -> None:
    small = [net_coverage(n, promoting, detracting) for n in range(5, 10)]
    assert fewest <= min(small)
    assert max(small) <= most
    assert not all(0.93 <= covered <= 0.97 for covered in small)
    assert 0.93 <= net_coverage(50, promoting, detracting) <= 0.97


@pytest.mark.parametrize("n", range(5, 9))
@pytest.mark.parametrize(("promoting", "detracting"), [(0.4, 0.2), (0.5, 0.2), (0.25, 0.5)])
def test_without_the_three_more_answers_a_small_sample_claims_too_much(
    n: int, promoting: float, detracting: float
) -> None:
    plain = net_coverage(n, promoting, detracting, plain_wald)
    assert plain < 0.91
    assert plain < net_coverage(n, promoting, detracting) - 0.03


@given(n=st.integers(1, 500), data=st.data())
def test_the_interval_of_a_net_score_holds_it_and_mirrors_its_opposite(
    n: int, data: st.DataObject
) -> None:
    promoters = data.draw(st.integers(0, n))
    detractors = data.draw(st.integers(0, n - promoters))
    low, high = net_interval(promoters, detractors, n)
    assert -100 <= low <= net_score(promoters, detractors, n) <= high <= 100
    assert net_interval(detractors, promoters, n) == pytest.approx((-high, -low))


#: Two-sided 95 % points of Student's t, as every table has them.
T_TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 7: 2.365, 10: 2.228, 30: 2.042}


@pytest.mark.parametrize(("freedom", "wanted"), T_TABLE.items())
def test_the_points_of_students_t_are_those_of_the_tables(freedom: int, wanted: float) -> None:
    assert student_t(freedom) == pytest.approx(wanted, rel=0.002)


#: The same at 99 %, where the normal distribution has 2.575829.
T_TABLE_99 = {1: 63.657, 2: 9.925, 3: 5.841, 4: 4.604, 5: 4.032, 7: 3.499, 10: 3.169, 30: 2.750}


@pytest.mark.parametrize(("freedom", "wanted"), T_TABLE_99.items())
def test_other_points_of_students_t_are_those_of_the_tables_too(
    freedom: int, wanted: float
) -> None:
    assert student_t(freedom, 2.575829) == pytest.approx(wanted, rel=0.01)


def test_students_t_falls_towards_the_normal_point() -> None:
    points = [student_t(freedom) for freedom in range(1, 2_000)]
    assert all(one > two for one, two in pairwise(points))
    assert student_t(1_000_000) == pytest.approx(1.959964, abs=1e-4)


def around_mean(values: Sequence[float], *scale: float) -> tuple[float, float]:
    within = (scale[0], scale[1]) if scale else None
    found = mean_interval(len(values), sum(values), sum(v * v for v in values), within=within)
    assert found is not None
    return found


def test_the_interval_of_a_mean_is_the_published_one() -> None:
    """Student's own: the hours that ten patients slept longer."""
    slept = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    assert around_mean(slept) == pytest.approx((0.7001142, 2.4598858), abs=1e-3)


def test_a_single_value_has_no_interval() -> None:
    assert mean_interval(1, 5, 25) is None
    assert mean_interval(1, 5, 25, within=(1, 7)) is None


def mean_coverage(n: int, chances: Sequence[float], *, scale: bool = True) -> float:
    """How often the interval of n answers of 1 to 7 holds the true mean: every outcome, by its chance."""
    sums: dict[tuple[int, int], float] = {(0, 0): 1.0}
    for _ in range(n):
        longer: dict[tuple[int, int], float] = defaultdict(float)
        for (total, squares), chance in sums.items():
            for answer, its in enumerate(chances, start=1):
                longer[total + answer, squares + answer * answer] += chance * its
        sums = longer
    true = sum(answer * its for answer, its in enumerate(chances, start=1))
    covered = 0.0
    for (total, squares), chance in sums.items():
        low, high = mean_interval(n, total, squares, within=(1, 7) if scale else None) or (9, 9)
        if low - 1e-9 <= true <= high + 1e-9:
            covered += chance
    return covered


MIXES = {
    "as usual": (0.03, 0.04, 0.06, 0.1, 0.2, 0.3, 0.27),
    "nearly all the best": (0.05, 0, 0, 0, 0.05, 0.1, 0.8),
    "two camps": (0.3, 0.1, 0.05, 0.05, 0.1, 0.1, 0.3),
    "as by dice": (1 / 7,) * 7,
    "nearly all in the middle": (0, 0.05, 0.2, 0.5, 0.2, 0.05, 0),
}


@pytest.mark.thorough
@pytest.mark.parametrize("chances", MIXES.values(), ids=MIXES)
def test_the_interval_of_an_effort_score_covers_95_percent_of_any_mix(
    chances: Sequence[float],
) -> None:
    assert min(mean_coverage(n, chances) for n in (5, 8, 12, 20)) >= 0.948
    # With many answers it is no wider than it has to be.
    assert mean_coverage(30, chances) <= 0.985


def test_without_the_half_an_answer_a_few_that_agree_claim_too_much() -> None:
    assert mean_coverage(8, MIXES["nearly all the best"], scale=False) < 0.7
    assert around_mean([7, 7, 7, 7, 7]) == (7, 7)
    low, high = around_mean([7, 7, 7, 7, 7], 1, 7)
    assert (low < 6.5, high) == (True, 7)


@given(st.lists(st.floats(0, 1e5), min_size=2, max_size=50))
def test_the_interval_of_a_mean_holds_it_and_stays_above_0(values: list[float]) -> None:
    low, high = around_mean(values)
    assert 0 <= low <= fmean(values) + 1e-6
    assert high >= fmean(values) - 1e-6


def poisson_at_most(count: int, mean: float) -> float:
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


def exact_poisson(count: int) -> tuple[float, float]:
    """Garwood's limits (1936): the means under which so many, or so few, come 2.5 % of the time."""
    low = bisected(lambda mean: 1 - poisson_at_most(count - 1, mean), 0.025) if count else 0.0
    return low, bisected(lambda mean: 1 - poisson_at_most(count, mean), 0.975)


def bisected(rising: Callable[[float], float], wanted: float) -> float:
    low, high = 1e-9, 1_000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return low


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 10, 20, 50, 100, 400])
def test_the_interval_of_a_count_is_close_to_the_exact_one(count: int) -> None:
    # As far off as 0.04 for a handful of events, then 0.2 %.
    assert poisson_interval(count) == pytest.approx(exact_poisson(count), rel=0.002, abs=0.04)


def test_the_interval_of_a_count_covers_95_percent_whatever_it_is_around() -> None:
    means = [0.05 * 1.1**step for step in range(85)]
    covered = [poisson_coverage(mean) for mean in means]
    assert min(covered) >= 0.95
    # For large numbers it is no wider than it has to be.
    assert fmean(covered[-20:]) <= 0.96


def poisson_coverage(mean: float) -> float:
    """How often the interval of a count holds the mean that it is around."""
    counts = range(int(mean + 10 * sqrt(mean) + 20))
    held = [k for k in counts if poisson_interval(k)[0] <= mean <= poisson_interval(k)[1]]
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in held)


def test_the_interval_of_a_count_holds_it_and_rises_with_it() -> None:
    intervals = [poisson_interval(count) for count in range(2_000)]
    assert intervals[0][0] == 0
    assert all(low < count < high for count, (low, high) in enumerate(intervals) if count)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(intervals))
