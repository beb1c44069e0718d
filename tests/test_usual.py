"""What is usual: what is claimed and when nothing is, and what the limits take into account.

How often they are wrong is simulated in `tests/test_signals.py`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import log

import pytest

from bot.domain import Window
from bot.metrics import CATALOGUE, Better, Reading
from bot.metrics.scales import Point, scale_of
from bot.metrics.usual import Standing, Usual, is_good, limits, limits_of, standing, usual
from tests.times import T

DAY = Window(T(days=-1), T())


def reading(key: str, value: float | None, n: int = 50) -> Reading:
    return Reading(CATALOGUE[key], DAY, value, n)


def volume(tickets: int) -> Reading:
    return reading("ticket_volume", tickets, tickets)


def frt(seconds: float | None) -> Reading:
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
def test_a_share_that_was_always_all_or_nothing_is_usually_about_that(share: float) -> None:
    """Of 400 that none was does not mean that none of the next 50 will be; but not that half are."""
    found = usual([reopened(share)] * 8, reopened(0.5))
    assert found is not None
    assert found.centre == share
    assert found.high - found.low < 0.1
    assert standing(reopened(abs(share - 1 / 50)), found) is Standing.WITHIN
    assert standing(reopened(abs(share - 0.5)), found) is not Standing.WITHIN


def test_a_range_never_leaves_what_its_unit_can_be() -> None:
    counts = usual([volume(n) for n in (0, 9, 1, 12, 0, 8, 2, 30)], volume(0))
    assert counts is not None
    assert counts.low == 0 < counts.centre < counts.high
    shares = usual([reopened(s, 5) for s in (0, 0.8, 0.2, 1, 0, 0.6, 0.2, 1)], reopened(0.5, 3))
    assert shares is not None
    assert shares.low == 0 < shares.centre < shares.high == 1
    scores = usual([reading("nps", s, 3) for s in (-90, 95, 10, -60, 80, 0, 100, -100)], NPS)
    assert scores is not None
    assert scores.low == -100 < scores.centre < scores.high == 100
    times = usual([frt(s) for s in (0, 0, 1, 40, 0, 3, 0, 900)], frt(5))
    assert times is not None
    assert times.low == 0 <= times.centre < times.high


NPS = reading("nps", 20, 3)


# --- Kinds of days --------------------------------------------------------------------------------

#: Eight calm periods, and eight that vary ten times as much.
CALM = (100, 101, 99, 102, 98, 100, 101, 99)
WILD = (100, 112, 89, 121, 78, 104, 111, 92)


def seconds(values: Sequence[float], n: float = 50) -> list[Point]:
    return [Point(60 * value, n) for value in values]


def width(own: Sequence[Point], *others: Sequence[Point], n: float = 50) -> float:
    found = limits(CATALOGUE["first_response_time"], own, others, n)
    assert found is not None
    return log(found.high / found.low)


def test_other_kinds_of_days_say_how_much_days_vary() -> None:
    """More of them make it more certain; one that varies more makes the range wider."""
    alone = width(seconds(CALM))
    assert width(seconds(CALM), *[seconds(CALM)] * 6) < 0.8 * alone
    assert width(seconds(CALM), *[seconds(WILD)] * 6) > 2 * alone
    assert width(seconds(WILD), *[seconds(CALM)] * 6) < width(seconds(WILD))


def test_the_level_of_another_kind_of_day_says_nothing() -> None:
    higher = [Point(60 * 7 * value, 50) for value in CALM]
    assert width(seconds(CALM), higher) == pytest.approx(
        width(seconds(CALM), seconds(CALM)), rel=0.01
    )


def test_a_kind_of_day_that_came_but_once_says_nothing() -> None:
    alone = width(seconds(CALM))
    assert width(seconds(CALM), seconds([500]), []) == pytest.approx(alone)


def test_the_median_of_few_strays_further_where_days_show_that_it_does() -> None:
    """On the days of 5 tickets the median strays three times as far as on those of 50."""
    groups = [seconds(CALM, 50)] * 5 + [[Point(60 * (300 - 2 * value), 5) for value in WILD]]
    own = seconds(CALM, 50)
    assert width(own, *groups, n=5) > 1.5 * width(own, *groups, n=50)


def test_what_lies_far_out_is_no_measure() -> None:
    """Of 64 residuals one outage; and none the more where it was longer."""
    others = [seconds(CALM)] * 7
    usual_ = width(seconds(CALM), *others)
    for outage in (150, 1_000, 100_000):
        struck = seconds((*CALM[:5], outage, *CALM[6:]))
        assert width(struck, *others) == pytest.approx(usual_, rel=0.1)
        assert width(seconds(CALM), struck, *others[1:]) == pytest.approx(usual_, rel=0.1)


def test_where_nearly_all_are_alike_the_others_are_no_outages() -> None:
    """A median of a small desk that is nearly always the same is not unusual whenever it is not."""
    found = limits(CATALOGUE["first_response_time"], seconds((5, 5, 5, 5, 5, 5, 5, 9)), [], 50)
    assert found is not None
    assert found.centre == pytest.approx(5 * 60)
    assert (found.low < 4 * 60, found.high > 9 * 60) == (True, True)


def test_a_count_varies_at_least_as_chance_makes_it_and_a_backlog_may_vary_less() -> None:
    steady = [Point(100, 100)] * 8
    counted = limits(CATALOGUE["ticket_volume"], steady, [steady] * 6, 100)
    assert counted is not None
    assert (counted.low < 80, counted.high > 120) == (True, True)
    state = limits(CATALOGUE["backlog"], steady, [steady] * 6, 100)
    assert state is not None
    assert (round(state.low), round(state.high)) == (100, 100)


@pytest.mark.parametrize("key", CATALOGUE)
def test_kinds_of_days_that_were_made_before_give_the_same_range(key: str) -> None:
    dice = random.Random(7)
    days = [
        [Point(dice.uniform(0.2, 0.8), dice.randint(5, 90)) for _ in range(8)] for _ in range(7)
    ]
    scale = scale_of(CATALOGUE[key])
    kinds = [scale.kind(points) for points in days]
    for at in range(7):
        others, kept = [*days[:at], *days[at + 1 :]], [*kinds[:at], *kinds[at + 1 :]]
        assert limits(CATALOGUE[key], days[at], others, 30) == limits_of(scale, kinds[at], kept, 30)


def test_readings_of_other_weekdays_are_a_kind_of_day_each() -> None:
    """Two weekdays of different levels vary little about their own medians; as one they would not."""
    thursdays = [one_of(frt(60 * value), back * 7) for back, value in enumerate(CALM)]
    fridays = [one_of(frt(60 * value), back * 7 + 6) for back, value in enumerate(CALM)]
    sundays = [one_of(frt(600 * value), back * 7 + 4) for back, value in enumerate(CALM)]
    now = frt(6_000)
    found = usual(thursdays, now, [*fridays, *sundays, one_of(frt(None), 4)])
    assert found == limits(
        now.metric,
        [Point(60 * value, 50) for value in CALM],
        [[Point(60 * value, 50) for value in CALM], [Point(600 * value, 50) for value in CALM]],
        50,
    )
    assert usual([*thursdays[:7], one_of(frt(None), 0)], now, fridays) is None


def one_of(of: Reading, back: int) -> Reading:
    day = timedelta(days=back)
    return replace(of, window=Window(DAY.start - day, DAY.end - day))
