"""The formulas against published values, the standard library and plain enumeration."""

from __future__ import annotations

from math import comb
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.metrics.statistics import median_interval, quantile, wilson

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60).map(sorted)


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
