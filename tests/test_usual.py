"""Signal or noise: how often chance alone is called unusual, and what is noticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import exp

import pytest

from bot.domain import Window
from bot.metrics import CATALOGUE, Better, Reading
from bot.metrics.usual import Standing, Usual, is_good, standing, usual
from tests.times import T

DAY = Window(T(days=-1), T())

#: The next reading of a simulated metric.
Source = Callable[[random.Random], Reading]


def reading(key: str, value: float | None, n: int = 50) -> Reading:
    return Reading(CATALOGUE[key], DAY, value, n)


def volume(tickets: int) -> Reading:
    return reading("ticket_volume", tickets, tickets)


def frt(seconds: float) -> Reading:
    return reading("first_response_time", seconds)


def reopened(share: float | None, n: int = 50) -> Reading:
    return reading("reopen_rate", share, n)


# --- What is claimed, and when nothing is -----------------------------------------------------------


@pytest.mark.parametrize("key", CATALOGUE)
def test_fewer_than_eight_comparable_readings_claim_nothing(key: str) -> None:
    """Those without a value are no readings to compare with."""
    seven = [reading(key, 0.4 + place / 100) for place in range(7)]
    now = reading(key, 0.9)
    assert usual(seven, now) is None
    assert usual([*seven, reading(key, None, 0)], now) is None
    assert usual([*seven, reading(key, 0.41)], now) is not None
    assert standing(now, None) is Standing.UNKNOWN


def test_a_reading_without_a_value_stands_nowhere() -> None:
    assert standing(reopened(None, 0), Usual(0.1, 0.2, 0.3)) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (9.0, Standing.BELOW),
        (10.0, Standing.WITHIN),
        (15.0, Standing.WITHIN),
        (20.0, Standing.WITHIN),
        (21.0, Standing.ABOVE),
    ],
)
def test_the_ends_of_the_range_are_within_it(value: float, place: Standing) -> None:
    assert standing(frt(value), Usual(10, 15, 20)) is place


@pytest.mark.parametrize("key", CATALOGUE)
@pytest.mark.parametrize("value", [0, 1, 2, 3, 5, 7, 42, 100, 3_600, 86_399])
def test_what_has_always_been_the_same_and_still_is_is_usual(key: str, value: float) -> None:
    """What goes through a root or a logarithm and back is not turned into news by rounding."""
    ratio = CATALOGUE[key].unit == "ratio"
    now = reading(key, value / 86_399 if ratio else value, 86_399)
    assert standing(now, usual([now] * 8, now)) is Standing.WITHIN


@pytest.mark.parametrize(
    ("place", "better", "good"),
    [
        (Standing.ABOVE, Better.HIGHER, True),
        (Standing.ABOVE, Better.LOWER, False),
        (Standing.BELOW, Better.HIGHER, False),
        (Standing.BELOW, Better.LOWER, True),
        (Standing.ABOVE, Better.NEITHER, None),
        (Standing.BELOW, Better.NEITHER, None),
        (Standing.WITHIN, Better.LOWER, None),
        (Standing.WITHIN, Better.HIGHER, None),
        (Standing.UNKNOWN, Better.HIGHER, None),
        (Standing.UNKNOWN, Better.LOWER, None),
    ],
)
def test_news_is_good_when_it_lies_on_the_better_side(
    place: Standing, better: Better, good: bool | None
) -> None:
    assert is_good(place, better) is good


def test_the_range_of_a_share_is_wider_for_a_smaller_sample() -> None:
    history = [reopened(share, 200) for share in (0.10, 0.12, 0.09, 0.11, 0.10, 0.13, 0.08, 0.11)]
    of_many, of_few = (usual(history, reopened(0.1, n)) for n in (400, 10))
    assert of_many is not None
    assert of_few is not None
    assert of_few.low < of_many.low < of_many.centre < of_many.high < of_few.high
    assert of_few.centre == of_many.centre == pytest.approx(0.105)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_that_was_always_all_or_nothing_is_usually_that(share: float) -> None:
    found = usual([reopened(share)] * 8, reopened(0.5))
    assert found == Usual(share, share, share)


def test_a_range_never_leaves_what_its_unit_can_be() -> None:
    counts = usual([volume(n) for n in (0, 9, 1, 12, 0, 8, 2, 30)], volume(0))
    assert counts is not None
    assert counts.low == 0 < counts.centre < counts.high
    shares = usual([reopened(s, 5) for s in (0, 0.8, 0.2, 1, 0, 0.6, 0.2, 1)], reopened(0.5, 3))
    assert shares is not None
    assert shares.low == 0 < shares.centre < shares.high == 1


# --- False alarms and what is noticed, simulated ----------------------------------------------------


def outside(
    source: Source, now: Source | None = None, *, weeks: int = 8, times: int = 800
) -> float:
    """How often a reading of `now` lies outside of what `source` gave in the weeks before."""
    dice = random.Random(20_261_120)
    found = 0
    for _ in range(times):
        history = [source(dice) for _ in range(weeks)]
        latest = (now or source)(dice)
        found += standing(latest, usual(history, latest)) in (Standing.ABOVE, Standing.BELOW)
    return found / times


def arrivals(mean: float) -> Source:
    """Tickets that come independently of each other: a Poisson count."""

    def count(dice: random.Random) -> Reading:
        waited, tickets = dice.expovariate(1), 0
        while waited < mean:
            waited += dice.expovariate(1)
            tickets += 1
        return volume(tickets)

    return count


def replies(spread: float, centre: float = 8.0) -> Source:
    """Skewed times: their logarithms are normal."""
    return lambda dice: frt(exp(dice.gauss(centre, spread)))


def reopenings(share: float, n: int, overdispersion: float = 0.0) -> Source:
    """A share of n tickets, itself drifting by `overdispersion` (on a log scale)."""

    def draw(dice: random.Random) -> Reading:
        true = share * exp(dice.gauss(0, overdispersion))
        return reopened(sum(dice.random() < true for _ in range(n)) / n, n)

    return draw


@pytest.mark.parametrize("mean", [0.3, 1, 5, 20, 110])
def test_chance_alone_seldom_makes_a_count_unusual(mean: float) -> None:
    """0 to 0.5 % measured: limits are never closer than three deviations of chance."""
    assert outside(arrivals(mean), times=500 if mean > 50 else 800) <= 0.012


@pytest.mark.parametrize(
    ("weeks", "least", "most"),
    [
        pytest.param(8, 0.025, 0.065, id="8 weeks: 4.8 % measured"),
        pytest.param(20, 0.005, 0.03, id="20 weeks: 1.7 % measured"),
    ],
)
@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_chance_alone_makes_a_skewed_duration_unusual_as_seldom_as_an_even_one(
    spread: float, weeks: int, least: float, most: float
) -> None:
    assert least <= outside(replies(spread), weeks=weeks, times=1_500) <= most


@pytest.mark.parametrize(
    ("share", "n", "overdispersion", "most"),
    [
        pytest.param(0.1, 50, 0.0, 0.012, id="0.6 % measured"),
        pytest.param(0.5, 30, 0.0, 0.012, id="even odds: 0.2 % measured"),
        pytest.param(0.05, 10, 0.0, 0.045, id="few and small: 2.7 % measured"),
        pytest.param(0.005, 50, 0.0, 0.06, id="hardly ever: 4.3 % measured"),
        pytest.param(0.1, 200, 0.25, 0.045, id="drifting: 2.7 % measured"),
    ],
)
def test_chance_alone_seldom_makes_a_share_unusual(
    share: float, n: int, overdispersion: float, most: float
) -> None:
    assert outside(reopenings(share, n, overdispersion), times=500) <= most


@pytest.mark.parametrize(
    ("source", "changed", "least"),
    [
        pytest.param(arrivals(110), arrivals(66), 0.70, id="a Tuesday 40 % down: 78 % measured"),
        pytest.param(arrivals(110), arrivals(220), 0.99, id="twice as many tickets"),
        pytest.param(replies(0.2), replies(0.2, 9.2), 0.90, id="replies take 3.3 times as long"),
        pytest.param(
            reopenings(0.05, 100), reopenings(0.25, 100), 0.90, id="five times the reopens"
        ),
    ],
)
def test_a_real_change_is_noticed(source: Source, changed: Source, least: float) -> None:
    assert outside(source, changed, times=300) >= least


@pytest.mark.parametrize(
    ("source", "outage", "wider"),
    [
        pytest.param(arrivals(110), volume(500), 1.5, id="tickets: 1.3 times as wide measured"),
        pytest.param(replies(0.2), frt(exp(12)), 2.0, id="replies: 1.7 times as wide measured"),
        pytest.param(
            reopenings(0.05, 200), reopened(0.6, 200), 1.4, id="reopens: 1.15 times measured"
        ),
        pytest.param(
            reopenings(0.9, 100), reopened(0.1, 100), 1.6, id="a high share that once fell"
        ),
    ],
)
def test_one_outage_does_not_poison_eight_weeks(
    source: Source, outage: Reading, wider: float
) -> None:
    """Whichever week it was in, what is normal afterwards is not called unusual."""
    dice = random.Random(7)
    widths, false_alarms = [], 0
    for round_ in range(200):
        history, now = [source(dice) for _ in range(8)], source(dice)
        struck = [*history[: round_ % 8], outage, *history[round_ % 8 + 1 :]]
        widths.append(width(struck, now) / width(history, now))
        false_alarms += standing(now, usual(struck, now)) is not Standing.WITHIN
    assert sum(widths) / len(widths) < wider
    assert false_alarms / 200 < 0.05


def width(history: Sequence[Reading], now: Reading) -> float:
    found = usual(history, now)
    assert found is not None
    return found.high - found.low


def test_the_outage_itself_is_noticed() -> None:
    dice = random.Random(7)
    history = [replies(0.2)(dice) for _ in range(8)]
    assert standing(frt(exp(12)), usual(history, frt(exp(12)))) is Standing.ABOVE
