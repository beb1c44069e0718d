"""Who takes a rule through thousands of moments looks where something may happen: nothing is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest

from bot.alerts.judge import Seen, Verdict, judge
from bot.alerts.life import CALM, Standing, acknowledge, snooze
from bot.alerts.quiet import Period, muted_by
from bot.alerts.rehearsal import Deed, Moment, replay
from bot.alerts.rule import Burn, Change, Limit, NoData, Rule, Side, Unusual, Waiting
from bot.alerts.sights import Column, Sights
from bot.alerts.slots import Slots
from bot.metrics import CATALOGUE
from bot.metrics.statistics import quantile
from bot.store.observations.burning import Burning
from bot.store.observations.figures import Figures
from bot.store.observations.history import Judged, Plan
from bot.store.observations.ranks import Ranks
from bot.store.observations.waiting import GIVEN_UP, Wait, Waiters
from bot.store.observations.windows import Windows

#: Lives by chance.
pytestmark = pytest.mark.thorough

START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
HOUR = 3_600
#: One of each scale on which numbers are compared, and about how large it is.
NUMBERS = {"ticket_volume": 40, "first_response_time": 2_400, "backlog": 900, "csat": 0.8}


def figures(draw: np.random.Generator, metric: str, count: int) -> Figures:
    """Numbers that mostly vary by chance, now and then far out; some are not there."""
    level = NUMBERS[metric] * np.where(draw.random(count) < 0.05, draw.uniform(0.3, 3, count), 1)
    there = draw.random(count) > 0.03
    match metric:
        case "ticket_volume" | "backlog":
            values = draw.poisson(level)
            return Figures(values, values, there)
        case "csat":
            n = draw.integers(0, 60, count)
            hits = draw.binomial(n, np.minimum(level, 0.95))
            values = np.divide(hits, n, out=np.full(count, np.nan), where=n > 0)
            return Figures(values, n, there)
    n = draw.integers(0, 80, count)
    return Figures(np.where(n > 0, level * np.exp(draw.normal(0, 0.3, count)), np.nan), n, there)


def a_plan(draw: np.random.Generator, count: int, windows: int) -> Plan:
    """Windows that are judged by any others; of some little is known."""
    earlier = draw.integers(0, count, (windows, 7, 8))
    earlier[draw.random((windows, 7, 8)) < 0.02] = count
    days = np.arange(count) * 86_400
    return Plan(Windows(days, days + HOUR), draw.integers(0, count, windows), earlier)


def watching(metric: str) -> list[Rule]:
    changes = [Change(side, share) for side, share in product(Side, (0.1, 0.5))]
    conditions: list[Unusual | Change] = [*map(Unusual, Side), *changes]
    return [Rule(one, metric, fewest=10) for one in conditions]


@pytest.mark.parametrize("metric", NUMBERS)
def test_whatever_breaks_a_rule_about_what_is_usual_is_looked_at(metric: str) -> None:
    """And what is not is mostly left aside; whether there was enough is told exactly."""
    draw = np.random.default_rng(5)
    windows = 400
    seen = Judged(CATALOGUE[metric], figures(draw, metric, 300), a_plan(draw, 300, windows))
    for rule in watching(metric):
        told = [seen[place] for place in range(windows)]
        verdicts = [Verdict.FEW if one is None else judge(rule, one) for one in told]
        loud = seen.loud(rule)
        broken = [place for place, one in enumerate(verdicts) if one is Verdict.BREACH]
        assert all(loud[place] for place in broken), rule
        assert sum(loud) <= windows / 2, rule
        assert list(seen.enough(rule)) == [one is not Verdict.FEW for one in verdicts], rule
    assert broken


@pytest.mark.parametrize("metric", NUMBERS)
def test_whatever_lies_beyond_a_limit_is_looked_at(metric: str) -> None:
    seen = figures(np.random.default_rng(7), metric, 300)
    for side in Side:
        rule = Rule(Limit(side, NUMBERS[metric], NUMBERS[metric]), metric, fewest=10)
        assert_told(seen, rule)


def test_whatever_burns_is_looked_at() -> None:
    draw = np.random.default_rng(9)
    slow, fast = (figures(draw, "csat", 300) for _ in range(2))
    burn = Burn(2, target=0.9, fast=timedelta(hours=1))
    assert_told(Burning(slow, fast, burn.target), Rule(burn, "sla_attainment"))


def assert_told(seen: Column, rule: Rule) -> None:
    told = [seen[place] for place in range(300)]
    verdicts = [Verdict.FEW if one is None else judge(rule, one) for one in told]
    assert list(seen.loud(rule)) == [one is Verdict.BREACH for one in verdicts], rule
    assert list(seen.enough(rule)) == [one is not Verdict.FEW for one in verdicts], rule
    assert Verdict.BREACH in verdicts


def test_the_ranks_of_stretches_are_those_of_the_sorted_stretch() -> None:
    draw = np.random.default_rng(3)
    for size in (0, 1, 2, 7, 200):
        numbers = draw.integers(-5, 20, size)
        lows = draw.integers(0, size + 1, 50)
        highs = np.minimum(lows + draw.integers(0, 30, 50), size)
        ranks, limits = Ranks(numbers), draw.integers(-7, 23, 50)
        below = ranks.below(limits, lows, highs).tolist()
        stretches = [
            sorted(numbers[low:high].tolist()) for low, high in zip(lows, highs, strict=True)
        ]
        wanted = zip(stretches, limits.tolist(), strict=True)
        assert below == [sum(one < limit for one in some) for some, limit in wanted]
        there = highs > lows
        half = (highs - lows)[there] // 2
        found = ranks.smallest(half, lows[there], highs[there]).tolist()
        assert found == [some[len(some) // 2] for some in stretches if some]
        odd = [some for some in stretches if len(some) % 2]
        assert all(some[len(some) // 2] == quantile(some, 0.5) for some in odd)


# --- Taken through all moments -------------------------------------------------------------------


def slots(count: int) -> Slots:
    return Slots(range(START, START + 300 * count, 300))


def happened(moments: Sequence[Moment]) -> list[Moment]:
    """The moments with steps, without what was seen: of parts that are fine it need not be told."""
    return [replace(one, seen=None) for one in moments if one.steps]


def same_as_in_each(rule: Rule, sights: Sights, moments: Slots, **more: object) -> list[Moment]:
    """What happens, which is the same to whoever looks at everything in each moment."""
    every: Sequence[Seen | None] = list(sights)
    quick = list(replay(rule, moments, sights, **more))  # type: ignore[arg-type]
    slow = list(replay(rule, moments, every, **more))  # type: ignore[arg-type]
    # How it stood before may be as it was some moments earlier, when those that wait were younger.
    told = [replace(one, before=CALM) for one in happened(quick)]
    assert told == [replace(one, before=CALM) for one in happened(slow)]
    assert _last(quick) == _last(slow)
    return told


def _last(moments: Sequence[Moment]) -> Standing:
    return moments[-1].after if moments else CALM


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("no_data", NoData)
def test_a_rule_does_the_same_if_only_what_may_matter_is_looked_at(
    seed: int, no_data: NoData
) -> None:
    draw = np.random.default_rng(seed)
    columns = {part: figures(draw, "ticket_volume", 400) for part in ("a", "b", None)}
    there = (draw.random(400) > 0.05).tobytes()
    rule = Rule(Limit(Side.ABOVE, 60, 50), "ticket_volume", no_data=no_data)
    for lasting, keep in product((timedelta(0), timedelta(minutes=10)), repeat=2):
        tried = replace(rule, lasting=lasting, keep=keep)
        same_as_in_each(tried, Sights(columns, there), slots(400))


def waits(chance: Random, count: int, limit: int) -> list[Wait]:
    """Tickets that wait for a while; some for longer than an alert tells of."""
    found = []
    for number in range(count):
        after = START + chance.randrange(-HOUR, 40 * HOUR)
        last = after + min(chance.choice((60, HOUR, 9 * HOUR, 2 * GIVEN_UP)), GIVEN_UP)
        found.append(Wait(f"acme:{number}", after - limit, after, last))
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("no_data", NoData)
def test_of_tickets_that_wait_the_same_is_told_if_those_that_only_grow_older_are_left_aside(
    seed: int, no_data: NoData
) -> None:
    chance = Random(seed)
    moments = slots(500)
    there = bytes(chance.random() > 0.02 for _ in moments)
    sights = Waiters(np.array(moments.seconds), waits(chance, 12, HOUR), there)
    rule = Rule(Waiting(timedelta(seconds=HOUR)), no_data=no_data)
    until = moments[300]
    deeds: list[Deed] = [
        (moments[60], lambda now: acknowledge(now, by="U0", at=moments[60])),
        (moments[200], lambda now: snooze(now, by="U0", at=moments[200], until=until)),
    ]
    muted = muted_by([Period(moments[90], moments[130]), Period(moments[350], moments[400])])
    assert same_as_in_each(rule, sights, moments)
    assert same_as_in_each(rule, sights, moments, muted=muted, deeds=deeds)


def test_of_tickets_that_only_grow_older_few_moments_are_looked_at() -> None:
    moments = slots(2_000)
    one = Wait("acme:1", START, START + HOUR, START + 100 * HOUR)
    sights = Waiters(np.array(moments.seconds), [one], b"\1" * len(moments))
    rule = Rule(Waiting(timedelta(seconds=HOUR)))
    found = list(replay(rule, moments, sights))
    assert len(found) < 6
    assert all(before.at < after.at for before, after in pairwise(found))
