"""A change is claimed when it is there, and hardly ever when only chance made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from math import exp, isclose, lgamma, log, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.metrics.comparison import Estimate, Verdict, difference, ratio, verdict
from bot.metrics.statistics import (
    adjusted_wald,
    median_interval,
    net_score,
    poisson_interval,
    quantile,
    wilson,
)

#: More than 7 % of claims where nothing changed would be too many.
MOST_FALSE = 0.07


def share(hits: int, n: int) -> Estimate:
    return Estimate(hits / n, *(wilson(hits, n) or ()))


def count(events: int) -> Estimate:
    return Estimate(events, *poisson_interval(events))


def score(promoters: int, detractors: int, n: int) -> Estimate:
    interval = adjusted_wald(promoters, detractors, n) or ()
    return Estimate(net_score(promoters, detractors, n), *interval)


def median(values: Iterable[float]) -> Estimate:
    ordered = sorted(values)
    return Estimate(quantile(ordered, 0.5), *(median_interval(ordered) or ()))


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table II, method 10.
        pytest.param(share(56, 70), share(48, 80), 0.0524, 0.3339, id="a"),
        pytest.param(share(9, 10), share(3, 10), 0.1705, 0.8090, id="b"),
        pytest.param(share(6, 7), share(2, 7), 0.0582, 0.8062, id="c"),
        pytest.param(share(5, 56), share(0, 29), -0.0381, 0.1926, id="d"),
        pytest.param(share(0, 10), share(0, 20), -0.1611, 0.2775, id="e"),
        pytest.param(share(0, 10), share(0, 10), -0.2775, 0.2775, id="f"),
        pytest.param(share(10, 10), share(0, 20), 0.6791, 1.0, id="g"),
        pytest.param(share(10, 10), share(0, 10), 0.6075, 1.0, id="h"),
    ],
)
def test_the_difference_of_two_shares_is_the_published_one(
    now: Estimate, before: Estimate, low: float, high: float
) -> None:
    assert difference(now, before) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "skewed", "wanted"),
    [
        pytest.param(Estimate(9, 8, 10), Estimate(5, 4, 6), False, "higher", id="apart"),
        pytest.param(Estimate(5, 4, 6), Estimate(9, 8, 10), False, "lower", id="apart, downwards"),
        pytest.param(Estimate(6, 4, 8), Estimate(5, 3, 7), False, "cannot tell", id="close"),
        # Intervals that overlap a little do not rule a real change out.
        pytest.param(Estimate(8, 6, 10), Estimate(5, 3, 7), False, "higher", id="overlapping"),
        pytest.param(Estimate(5, 4, 6), Estimate(5, 4.5, 5.5), False, "same", id="equal"),
        pytest.param(
            Estimate(0.1 + 0.2), Estimate(0.3), False, "same", id="equal but for rounding"
        ),
        pytest.param(Estimate(0, 0, 3), Estimate(0, 0, 3), True, "same", id="nothing and nothing"),
        pytest.param(Estimate(9), Estimate(5, 4, 6), False, "unknown", id="no interval now"),
        pytest.param(Estimate(9, 8, 10), Estimate(5), True, "unknown", id="no interval before"),
        pytest.param(Estimate(9, 8), Estimate(5, 4, 6), False, "unknown", id="half an interval"),
        pytest.param(Estimate(None), Estimate(5, 4, 6), False, "unknown", id="no value now"),
        pytest.param(Estimate(5, 4, 6), Estimate(None), True, "unknown", id="no value before"),
        pytest.param(Estimate(None), Estimate(None), False, "unknown", id="no value at all"),
        # Three times as long, but with so long a tail that the difference alone does not show it.
        pytest.param(Estimate(30, 20, 45), Estimate(10, 5, 33), False, "cannot tell", id="minutes"),
        pytest.param(Estimate(30, 20, 31), Estimate(10, 5, 22), True, "higher", id="tripled"),
        pytest.param(Estimate(9, 8, 10), Estimate(5, 0, 6), True, "higher", id="a 0 has no ratio"),
    ],
)
def test_what_may_be_said_of_two_numbers(
    now: Estimate, before: Estimate, skewed: bool, wanted: str
) -> None:
    assert verdict(now, before, skewed=skewed) == wanted


def test_a_ratio_is_judged_where_a_difference_would_hide_it() -> None:
    """From an hour to six minutes, each three times more or less: symmetric only as factors."""
    now, before = Estimate(6, 2, 18), Estimate(60, 20, 180)
    assert difference(now, before) == pytest.approx((-54 - 120.07, -54 + 41.76), abs=0.01)
    assert ratio(now, before) == pytest.approx((0.1 * 3 ** -sqrt(2), 0.1 * 3 ** sqrt(2)))
    assert verdict(now, before, skewed=True) is Verdict.LOWER


def test_without_an_interval_there_is_neither_difference_nor_ratio() -> None:
    whole = Estimate(5, 4, 6)
    for part in (Estimate(None), Estimate(9), Estimate(9, 8), Estimate(9, None, 10)):
        assert difference(part, whole) is difference(whole, part) is None
        assert ratio(part, whole) is ratio(whole, part) is None


@pytest.mark.parametrize("beside", [Estimate(0, 0, 3), Estimate(2, 0, 3), Estimate(-2, -3, 3)])
def test_there_is_no_ratio_to_what_is_not_above_0(beside: Estimate) -> None:
    assert ratio(beside, Estimate(5, 4, 6)) is ratio(Estimate(5, 4, 6), beside) is None


positive = st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3).map(
    lambda ends: Estimate(sorted(ends)[1], min(ends), max(ends))
)


@given(now=positive, before=positive, skewed=st.booleans())
def test_the_other_way_round_the_opposite_is_said(
    now: Estimate, before: Estimate, skewed: bool
) -> None:
    opposite = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER}
    said = verdict(now, before, skewed=skewed)
    assert verdict(before, now, skewed=skewed) is opposite.get(said, said)


@pytest.mark.thorough
@given(now=positive, before=positive, factor=st.sampled_from([60.0, 3_600.0, 86_400.0]))
def test_what_is_said_does_not_depend_on_the_unit(
    now: Estimate, before: Estimate, factor: float
) -> None:
    there = ratio(now, before)
    again = ratio(times(now, factor), times(before, factor))
    assert there is not None
    assert again == pytest.approx(there)


def times(one: Estimate, factor: float) -> Estimate:
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    return Estimate(one.value * factor, one.low * factor, one.high * factor)


@given(now=positive, before=positive)
def test_both_intervals_hold_the_change_itself(now: Estimate, before: Estimate) -> None:
    assert now.value is not None
    assert before.value is not None
    for interval, change in (
        (difference(now, before), now.value - before.value),
        (ratio(now, before), now.value / before.value),
    ):
        assert interval is not None
        low, high = interval
        assert low <= change or isclose(low, change)
        assert change <= high or isclose(change, high)


#: Outcomes, each with its chance.
Chances = list[tuple[Estimate, float]]


def shares(n: int, true: float) -> Chances:
    return [
        (share(hits, n), chance)
        for hits in range(n + 1)
        if (chance := multinomial((hits, n - hits), (true, 1 - true))) > 1e-7
    ]


def counts(true: float) -> Chances:
    return [
        (count(events), chance)
        for events in range(int(true + 8 * sqrt(true) + 12))
        if (chance := exp(events * log(true) - true - lgamma(events + 1))) > 1e-7
    ]


def scores(n: int, promoting: float, detracting: float) -> Chances:
    true = promoting, detracting, 1 - promoting - detracting
    return [
        (score(promoters, detractors, n), chance)
        for promoters, detractors in product(range(n + 1), repeat=2)
        if promoters + detractors <= n
        if (chance := multinomial((promoters, detractors, n - promoters - detractors), true)) > 1e-6
    ]


def multinomial(outcome: tuple[int, ...], chances: tuple[float, ...]) -> float:
    ways = lgamma(sum(outcome) + 1) - sum(lgamma(many + 1) for many in outcome)
    pairs = zip(outcome, chances, strict=True)
    return exp(ways + sum(many * log(chance) for many, chance in pairs))


def chance_of(wanted: set[Verdict], now: Chances, before: Chances) -> float:
    """How often one of the verdicts is given: every pair of outcomes, by its chance."""
    # The outcomes that were left out as too unlikely must not matter.
    assert min(sum(chance for _, chance in side) for side in (now, before)) > 0.999
    return sum(
        chance * chance_before
        for (one, chance), (other, chance_before) in product(now, before)
        if verdict(one, other) in wanted
    )


CLAIMS = {Verdict.HIGHER, Verdict.LOWER}


@pytest.mark.parametrize("true", [0.02, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize(("n", "n_before"), [(20, 20), (20, 60), (20, 500), (200, 200)])
def test_of_a_share_that_did_not_change_hardly_anything_is_claimed(
    n: int, n_before: int, true: float
) -> None:
    assert chance_of(CLAIMS, shares(n, true), shares(n_before, true)) < MOST_FALSE


@pytest.mark.parametrize("true", [0.5, 3, 8, 20, 50, 120, 400])
def test_of_a_count_that_did_not_change_hardly_anything_is_claimed(true: float) -> None:
    assert chance_of(CLAIMS, counts(true), counts(true)) < MOST_FALSE


@pytest.mark.parametrize(("promoting", "detracting"), [(0.4, 0.2), (0.6, 0.1), (0.8, 0.05)])
@pytest.mark.parametrize(("n", "n_before"), [(5, 5), (8, 20), (12, 12), (20, 20)])
def test_of_a_net_score_that_did_not_change_hardly_anything_is_claimed(
    n: int, n_before: int, promoting: float, detracting: float
) -> None:
    now, before = scores(n, promoting, detracting), scores(n_before, promoting, detracting)
    assert chance_of(CLAIMS, now, before) < MOST_FALSE


def test_twelve_answers_move_by_20_points_half_of_the_time_and_nothing_is_claimed() -> None:
    wave = scores(12, 0.4, 0.2)
    moved = [
        (verdict(one, other), chance * chance_before)
        for (one, chance), (other, chance_before) in product(wave, wave)
        if abs((one.value or 0) - (other.value or 0)) >= 20
    ]
    assert sum(chance for _, chance in moved) > 0.45
    assert sum(chance for said, chance in moved if said is Verdict.CANNOT_TELL) > 0.4


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(shares(200, 0.6), shares(200, 0.8), id="CSAT fell from 80 % to 60 %"),
        pytest.param(shares(500, 0.1), shares(60, 0.5), id="a fifth as many were reopened"),
        pytest.param(counts(90), counts(160), id="nearly half of the tickets stayed away"),
        pytest.param(counts(0.5), counts(20), id="hardly any left"),
        pytest.param(scores(40, 0.2, 0.5), scores(40, 0.6, 0.1), id="NPS fell from 50 to −30"),
    ],
)
def test_a_large_change_is_found_nearly_always(now: Chances, before: Chances) -> None:
    assert chance_of({Verdict.LOWER}, now, before) > 0.97
    assert chance_of({Verdict.HIGHER}, before, now) > 0.97


def drawn(random: Random, n: int, typical: float = 3_600) -> Estimate:
    """The median of so many durations, in seconds, with a long tail."""
    return median(random.lognormvariate(log(typical), 1) for _ in range(n))


def frequency(
    times: int, wanted: set[Verdict], draw: Callable[[], tuple[Estimate, Estimate]], *, skewed: bool
) -> float:
    pairs = (draw() for _ in range(times))
    return sum(verdict(*pair, skewed=skewed) in wanted for pair in pairs) / times


@pytest.mark.thorough
@pytest.mark.parametrize("skewed", [True, False])
@pytest.mark.parametrize(
    ("n", "n_before"), [(6, 6), (12, 12), (30, 30), (30, 300), (300, 30), (300, 300)]
)
def test_of_a_median_that_did_not_change_hardly_anything_is_claimed(
    n: int, n_before: int, skewed: bool
) -> None:
    random = Random(1955)
    false = frequency(
        500, CLAIMS, lambda: (drawn(random, n), drawn(random, n_before)), skewed=skewed
    )
    assert false < MOST_FALSE


@pytest.mark.parametrize("skewed", [True, False])
@pytest.mark.parametrize(("n", "n_before", "typical"), [(150, 150, 7_200), (30, 300, 14_400)])
def test_a_median_that_doubled_or_more_is_found_nearly_always(
    n: int, n_before: int, typical: float, skewed: bool
) -> None:
    random = Random(1998)
    found = frequency(
        200,
        {Verdict.HIGHER},
        lambda: (drawn(random, n, typical), drawn(random, n_before)),
        skewed=skewed,
    )
    assert found > 0.97


def test_too_few_durations_for_an_interval_claim_nothing() -> None:
    few, many = median([60.0] * 5), median(range(3_600, 7_200))
    assert verdict(few, many, skewed=True) is Verdict.UNKNOWN
    assert verdict(replace(few, low=60.0, high=60.0), many, skewed=True) is Verdict.LOWER
