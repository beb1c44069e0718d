"""What the parts contributed adds up to the change, and names the part that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.metrics.movement import (
    Contribution,
    Movement,
    Part,
    Sample,
    count_movement,
    mean_movement,
    median_movement,
)


def split(movement: Movement | None) -> dict[str | None, tuple[float, float]]:
    """Mix and rate of each part, in the order of the movement."""
    assert movement is not None
    return {one.name: (one.mix, one.rate) for one in movement.contributions}


def by_name(movement: Movement) -> dict[str | None, Contribution]:
    return {one.name: one for one in movement.contributions}


def billing(n: float, mean: float) -> Part:
    return Part("billing", n, n * mean)


def technical(n: float, mean: float) -> Part:
    return Part("technical", n, n * mean)


@pytest.mark.parametrize(
    ("before", "now", "change", "wanted"),
    [
        pytest.param(
            [billing(40, 60), technical(60, 120)],
            [billing(40, 90), technical(60, 120)],
            # 40 % of the tickets took 30 minutes longer.
            12,
            {"billing": (0, 12), "technical": (0, 0)},
            id="billing got slower",
        ),
        pytest.param(
            [billing(40, 60), technical(60, 120)],
            [billing(60, 60), technical(40, 120)],
            # From 96 to 84, 90 on average; 20 % more of what is 30 below it, and less of 30 above.
            -12,
            {"billing": (-6, 0), "technical": (-6, 0)},
            id="more billing tickets",
        ),
        pytest.param(
            [billing(40, 60), technical(60, 120)],
            [billing(50, 80), technical(50, 120)],
            # From 96 to 100, 98 on average. Rate: 20 minutes × 45 %. Mix: 10 % × (70 − 98), and
            # −10 % × (120 − 98).
            4,
            {"billing": (-2.8, 9), "technical": (-2.2, 0)},
            id="both",
        ),
        pytest.param(
            [technical(50, 120)],
            [billing(50, 60), technical(50, 120)],
            # From 120 to 90, 105 on average. Billing is taken to have been 60 before.
            -30,
            {"billing": (-22.5, 0), "technical": (-7.5, 0)},
            id="billing is new",
        ),
        pytest.param(
            [billing(50, 60), technical(50, 120)],
            [billing(50, 60)],
            # From 90 to 60, 75 on average.
            -30,
            {"technical": (-22.5, 0), "billing": (-7.5, 0)},
            id="technical is gone",
        ),
        pytest.param(
            [billing(50, 60)],
            [technical(20, 120)],
            # From 60 to 120, 90 on average.
            60,
            {"billing": (30, 0), "technical": (30, 0)},
            id="one took the other's place",
        ),
        pytest.param(
            [billing(40, 60), technical(60, 120)],
            [billing(80, 60), technical(120, 120)],
            0,
            {"billing": (0, 0), "technical": (0, 0)},
            id="twice as many of each",
        ),
        pytest.param(
            # Customers lost ÷ customers at the start: a segment may lose what it won meanwhile.
            [Part("large", 100, 10), Part("new", 0, 0)],
            [Part("large", 100, 10), Part("new", 0, 5)],
            0.05,
            {"new": (0, 0.05), "large": (0, 0)},
            id="something over nothing",
        ),
    ],
)
def test_a_mean_moves_by_mix_and_by_rate(
    before: Sequence[Part],
    now: Sequence[Part],
    change: float,
    wanted: dict[str, tuple[float, float]],
) -> None:
    movement = mean_movement(before, now)
    assert movement is not None
    assert movement.change == pytest.approx(change)
    assert split(movement) == {name: pytest.approx(pair) for name, pair in wanted.items()}


def test_a_contribution_carries_the_numbers_of_its_part() -> None:
    movement = mean_movement([billing(40, 60), technical(60, 120)], [billing(50, 80)])
    assert movement is not None
    parts = by_name(movement)
    told = parts["billing"], parts["technical"]
    assert [(one.n_before, one.n_now) for one in told] == [(40, 50), (60, 0)]
    assert [(one.value_before, one.value_now) for one in told] == [(60, 80), (120, None)]
    assert [one.total for one in told] == [one.mix + one.rate for one in told]
    assert (movement.before, movement.now) == (96, 80)


def test_the_largest_contribution_comes_first_whatever_its_direction() -> None:
    movement = count_movement(
        [Part("chat", 5, 5), Part("mail", 90, 90), Part(None, 4, 4), Part("api", 1, 1)],
        [Part("chat", 25, 25), Part("mail", 40, 40), Part(None, 5, 5), Part("api", 2, 2)],
    )
    assert [one.name for one in movement.contributions] == ["mail", "chat", "api", None]
    assert [one.total for one in movement.contributions] == [-50, 20, 1, 1]
    assert movement.change == -28


def test_a_count_moves_by_volume_alone_and_a_part_that_is_not_there_counts_0() -> None:
    movement = count_movement([Part("mail", 3, 3)], [Part("chat", 2, 2)])
    assert split(movement) == {"mail": (-3, 0), "chat": (2, 0)}
    values = {one.name: (one.value_before, one.value_now) for one in movement.contributions}
    assert values == {"mail": (3, 0), "chat": (0, 2)}
    assert count_movement([], []) == Movement(0, 0, [])


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param([], [], id="nothing at all"),
        pytest.param([], [billing(40, 60)], id="nothing before"),
        pytest.param([billing(40, 60)], [], id="nothing now"),
        pytest.param([billing(40, 60)], [Part("billing", 0, 3)], id="nothing to divide by"),
    ],
)
def test_a_mean_of_nothing_has_not_moved(before: Sequence[Part], now: Sequence[Part]) -> None:
    assert mean_movement(before, now) is None


@pytest.mark.parametrize(
    ("before", "now"), [([], []), ([], [1.0]), ([1.0], [])], ids=["at all", "before", "now"]
)
def test_a_median_of_nothing_has_not_moved(before: list[float], now: list[float]) -> None:
    assert median_movement([Sample("mail", before)], [Sample("mail", now)]) is None
    assert median_movement([], [Sample("mail", now)]) is None


names = st.sampled_from(["billing", "technical", "sales", "chat", None])
parts = st.lists(
    st.builds(
        Part,
        name=names,
        n=st.integers(0, 1_000) | st.floats(0.5, 1_000),
        total=st.floats(-1e5, 1e5) | st.integers(0, 50).map(float),
    ),
    max_size=6,
)
# Few different values make ties, and gaps between the two in the middle.
values = st.lists(
    st.sampled_from([0.0, 1.0, 2.0, 60.0, 7_200.0]) | st.floats(0, 1e6), max_size=12
).map(sorted)
samples = st.lists(st.builds(Sample, name=names, ordered=values), max_size=6)


@pytest.mark.thorough
@settings(max_examples=300)
@given(before=parts, now=parts)
def test_contributions_to_a_mean_add_up_to_its_change(before: list[Part], now: list[Part]) -> None:
    movement = mean_movement(before, now)
    weights = sum(part.n for part in before), sum(part.n for part in now)
    if movement is None:
        assert 0 in weights
        return
    means = [sum(p.total for p in side) / n for side, n in zip((before, now), weights, strict=True)]
    assert [movement.before, movement.now] == pytest.approx(means, abs=1e-8)
    added = sum(one.mix for one in movement.contributions)
    added += sum(one.rate for one in movement.contributions)
    assert added == pytest.approx(movement.change, rel=1e-9, abs=1e-8)
    assert set(split(movement)) == {part.name for part in (*before, *now)}


@pytest.mark.thorough
@given(before=parts, now=parts)
def test_contributions_to_a_count_add_up_to_its_change(before: list[Part], now: list[Part]) -> None:
    movement = count_movement(before, now)
    assert movement.before == pytest.approx(sum(part.total for part in before), abs=1e-9)
    assert movement.now == pytest.approx(sum(part.total for part in now), abs=1e-9)
    assert sum(one.total for one in movement.contributions) == pytest.approx(
        movement.change, abs=1e-9
    )
    assert not any(one.rate for one in movement.contributions)


def pool(side: Iterable[Sample]) -> list[float]:
    return [value for sample in side for value in sample.ordered]


@pytest.mark.thorough
@settings(max_examples=300)
@given(before=samples, now=samples)
@example(before=[Sample("a", [0.0, 10.0])], now=[Sample("a", [0.0, 12.0])])
@example(before=[Sample("a", [0.0, 10.0])], now=[Sample("b", [1.0, 12.0])])
@example(before=[Sample("a", [0.0, 12.0])], now=[Sample("a", [3.0]), Sample("b", [4.0])])
def test_contributions_to_a_median_add_up_to_its_change(
    before: list[Sample], now: list[Sample]
) -> None:
    movement = median_movement(before, now)
    if movement is None:
        assert not pool(before) or not pool(now)
        return
    assert movement.before == pytest.approx(median(pool(before)))
    assert movement.now == pytest.approx(median(pool(now)))
    assert sum(one.total for one in movement.contributions) == pytest.approx(
        movement.change, rel=1e-9, abs=1e-9
    )
    assert set(split(movement)) == {sample.name for sample in (*before, *now)}


@pytest.mark.thorough
@given(before=samples, now=samples)
def test_a_part_carries_its_own_median(before: list[Sample], now: list[Sample]) -> None:
    movement = median_movement(before, now)
    for one in movement.contributions if movement else ():
        own = pool(s for s in before if s.name == one.name)
        own_now = pool(s for s in now if s.name == one.name)
        assert (one.n_before, one.n_now) == (len(own), len(own_now))
        assert one.value_before == (pytest.approx(median(own)) if own else None)
        assert one.value_now == (pytest.approx(median(own_now)) if own_now else None)


@pytest.mark.thorough
@given(before=parts, now=parts)
def test_backwards_a_mean_moves_by_the_opposite(before: list[Part], now: list[Part]) -> None:
    opposite(mean_movement(before, now), mean_movement(now, before))


@pytest.mark.thorough
@given(before=samples, now=samples)
def test_backwards_a_median_moves_by_the_opposite(before: list[Sample], now: list[Sample]) -> None:
    opposite(median_movement(before, now), median_movement(now, before))


def opposite(forth: Movement | None, back: Movement | None) -> None:
    if forth is None or back is None:
        assert forth is back
        return
    there, again = by_name(forth), by_name(back)
    assert set(there) == set(again)
    for name, one in there.items():
        assert again[name].mix == pytest.approx(-one.mix, rel=1e-9, abs=1e-8)
        assert again[name].rate == pytest.approx(-one.rate, rel=1e-9, abs=1e-8)


whole_parts = st.lists(
    st.tuples(*[st.integers(1, 500), st.floats(0, 1e4)] * 2), min_size=1, max_size=5
)


@given(rows=whole_parts)
def test_rate_is_what_the_means_alone_would_have_changed(
    rows: list[tuple[int, float, int, float]],
) -> None:
    """Kitagawa's split is the mean of both orders: first the means and then the mix, or after."""
    before = [Part(str(at), n, n * mean) for at, (n, mean, _, _) in enumerate(rows)]
    now = [Part(str(at), n, n * mean) for at, (_, _, n, mean) in enumerate(rows)]
    old, new = [row[1] for row in rows], [row[3] for row in rows]
    in_turn = [
        weighted(new, sizes) - weighted(old, sizes)
        for sizes in ([row[0] for row in rows], [row[2] for row in rows])
    ]
    rate = sum(rate for _, rate in split(mean_movement(before, now)).values())
    assert rate == pytest.approx(fmean(in_turn), rel=1e-9, abs=1e-8)


def weighted(means: Sequence[float], sizes: Sequence[int]) -> float:
    return fmean(means, weights=sizes)


@pytest.mark.thorough
@given(before=values.filter(len), now=values.filter(len))
def test_a_single_part_moved_by_its_rate_alone(before: list[float], now: list[float]) -> None:
    movement = median_movement([Sample("mail", before)], [Sample("mail", now)])
    assert movement is not None
    assert split(movement) == {"mail": pytest.approx((0, movement.change))}


@pytest.mark.thorough
@given(
    before=st.lists(st.tuples(names, values.filter(len)), min_size=1, max_size=5),
    later=st.integers(1, 10_000),
)
def test_where_everything_takes_longer_no_part_made_the_median_shorter(
    before: list[tuple[str | None, list[float]]], later: int
) -> None:
    movement = median_movement(
        [Sample(name, ordered) for name, ordered in before],
        [Sample(name, [value + later for value in ordered]) for name, ordered in before],
    )
    assert movement is not None
    assert movement.change == pytest.approx(later)
    assert all(mix == 0 and rate >= 0 for mix, rate in split(movement).values())


def spread(name: str, n: int, typical: float) -> Sample:
    """`n` durations from a tenth of the typical one to almost twice it."""
    return Sample(name, [typical * (0.1 + 1.8 * at / n) for at in range(n)])


@pytest.mark.parametrize(
    ("now", "first", "share_of_rate"),
    [
        pytest.param(
            [spread("billing", 200, 150), spread("technical", 200, 120)],
            "billing",
            1.0,
            id="billing got slower",
        ),
        pytest.param(
            [spread("billing", 50, 60), spread("technical", 350, 120)],
            "billing",
            0.0,
            id="billing, which is quick, became rare",
        ),
    ],
)
def test_a_median_names_the_part_that_moved_it(
    now: list[Sample], first: str, share_of_rate: float
) -> None:
    before = [spread("billing", 200, 60), spread("technical", 200, 120)]
    movement = median_movement(before, now)
    assert movement is not None
    assert movement.change > 10
    assert movement.contributions[0].name == first
    rate = sum(one.rate for one in movement.contributions)
    # The fewer the values, the coarser their steps: 50 tell a share to 2 %.
    assert rate / movement.change == pytest.approx(share_of_rate, abs=0.05)


def test_a_median_by_hand() -> None:
    """Before 3, now 5, so the cut is 4: from 3 of 5 at or below it to 2 of 5, 10 a whole share.

    Mail: from 2 of 3 to 1 of 3, on 60 % of the tickets. Chat: as before, 1 of 2.
    """
    movement = median_movement(
        [Sample("mail", [1, 3, 9]), Sample("chat", [2, 8])],
        [Sample("mail", [1, 5, 9]), Sample("chat", [2, 8])],
    )
    assert movement is not None
    assert (movement.before, movement.now) == (3, 5)
    assert split(movement) == {"mail": pytest.approx((0, 2)), "chat": (0, 0)}


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        pytest.param([0, 10], [0, 12], 1, id="the upper of the middle two rose"),
        pytest.param([0, 10], [2, 10], 1, id="the lower of the middle two rose"),
        pytest.param([0, 10], [1, 12], 1.5, id="both rose"),
        pytest.param([2, 10], [0, 14], 1, id="one fell and the other rose further"),
    ],
)
def test_medians_in_gaps_are_told_apart_at_the_values_beside_the_gap(
    before: list[float], now: list[float], change: float
) -> None:
    """Halfway between these medians half of the values lie below, before and now."""
    movement = median_movement([Sample("mail", before)], [Sample("mail", now)])
    assert movement is not None
    assert movement.change == pytest.approx(change)
    assert split(movement) == {"mail": pytest.approx((0, change))}


def test_where_the_median_stayed_nobody_contributed() -> None:
    movement = median_movement(
        [Sample("mail", [1, 5]), Sample("chat", [5, 9])],
        [Sample("mail", [5, 9]), Sample("chat", [1, 5])],
    )
    assert movement is not None
    assert movement.change == 0
    assert split(movement) == {"chat": (0, 0), "mail": (0, 0)}
    assert by_name(movement)["mail"].value_before == 3
    assert by_name(movement)["mail"].value_now == 7


@pytest.mark.parametrize("moved", [mean_movement, count_movement])
def test_parts_of_one_name_are_one(
    moved: Callable[[Iterable[Part], Iterable[Part]], Movement | None],
) -> None:
    before, now = [billing(40, 60), technical(60, 120)], [billing(50, 80), technical(50, 120)]
    in_pieces = [billing(10, 60), technical(60, 120), billing(30, 60)]
    assert moved(in_pieces, now) == moved(before, now)


def test_samples_of_one_name_are_one() -> None:
    now = [Sample("mail", [4, 9])]
    together = median_movement([Sample("mail", [1, 2, 3])], now)
    assert median_movement([Sample("mail", [2]), Sample("mail", [1, 3])], now) == together
