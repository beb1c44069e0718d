from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from math import exp, log
from random import Random
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.budget import Basis, Cost, TooLittle, cost
from bot.alerts.chance import Chance, History
from bot.alerts.earnings import Earnings
from bot.alerts.judge import Observation, Seen
from bot.alerts.looser import Looser, further, proposals, suggest
from bot.alerts.rehearsal import firings, replay
from bot.alerts.rule import (
    Burn,
    Change,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    recovery,
)
from bot.alerts.wording import written
from bot.domain import Dimension
from bot.metrics import CATALOGUE
from bot.metrics.scales import Kind, Point, scale_of
from bot.metrics.usual import limits_of

#: Each takes some thousand made-up days.
pytestmark = pytest.mark.thorough

GMT, ATHENS = ZoneInfo("UTC"), ZoneInfo("Europe/Athens")
MINUTE, HOUR, DAY, WEEK = (timedelta(**{u: 1}) for u in ("minutes", "hours", "days", "weeks"))

#: A Monday.
START = datetime(2026, 1, 5, tzinfo=UTC)

#: A desk's tickets of each weekday, and how they spread over the hours of a day.
TICKETS = (360, 330, 300, 300, 270, 90, 60)
HOURS = (*[0.2] * 7, 1, 2, 4, 6, 6, 5, 4, 5, 5, 4, 3, 2, 1, *[0.5] * 4)


#: Windows of more than a day are looked at once an hour, which is quick.
def limit(value: float, metric: str = "first_response_time", **told: object) -> Rule:
    side = Side.BELOW if metric == "csat" else Side.ABOVE
    back = recovery(CATALOGUE[metric], side, value)
    return Rule(Limit(side, value, back), metric, **{"over": 2 * DAY, **told})  # type: ignore[arg-type]


def moments(rule: Rule, days: float) -> Sequence[datetime]:
    return rule.slots(START - rule.tick, START + days * DAY - rule.tick)


def seen(rule: Rule, days: float, look: Callable[[datetime], Seen | float | None]) -> History:
    """What there is to see of a rule, for so many days."""
    slots = moments(rule, days)
    found = map(look, slots)
    return History(
        slots,
        [{None: Observation(one, 50)} if isinstance(one, float) else one for one in found],
    )


def priced(rule: Rule, history: History, zone: ZoneInfo = GMT) -> Cost:
    found = cost(rule, history, zone)
    assert isinstance(found, Cost)
    return found


# --- A help desk in which nothing is ever wrong --------------------------------------------------


@cache
def tickets(seed: int, weeks: int) -> Sequence[tuple[int, float]]:
    """When each ticket of a help desk is answered, in seconds from `START`, and after how long.

    They come at random (Poisson); a reply takes an hour, lognormal with deviation 1, and a tenth of
    that is the luck of the day.
    """
    random = Random(seed)
    found: list[tuple[int, float]] = []
    for day in range(7 * weeks):
        luck = random.gauss(log(3_600), 0.1)
        for hour, weight in enumerate(HOURS):
            rate = TICKETS[day % 7] * weight / sum(HOURS) / 3_600
            start = day * 86_400 + hour * 3_600
            waits = ((start + at, exp(random.gauss(luck, 1))) for at in _arrivals(random, rate))
            found.extend(waits)
    return found


def _arrivals(random: Random, rate: float) -> Iterator[int]:
    second = random.expovariate(rate)
    while second < 3_600:
        yield int(second)
        second += random.expovariate(rate)


def looked_at(rule: Rule, of: Iterable[tuple[int, float]], weeks: int) -> list[Observation]:
    """The number of tickets, or the median of their waits, in the window of each slot."""
    over, left, inside = rule.over.total_seconds(), deque(of), deque[tuple[int, float]]()
    ordered: list[float] = []
    found = []
    for moment in moments(rule, 7 * weeks):
        at = (moment - START).total_seconds()
        while left and left[0][0] < at:
            inside.append(left.popleft())
            insort(ordered, inside[-1][1])
        while inside and inside[0][0] < at - over:
            del ordered[bisect_left(ordered, inside.popleft()[1])]
        n = len(ordered)
        middle = (ordered[n // 2] + ordered[~(n // 2)]) / 2 if n else None
        found.append(Observation(float(n) if rule.metric == "ticket_volume" else middle, n))
    return found


def with_usual(rule: Rule, looks: Sequence[Observation]) -> list[Observation]:
    """With what is usual, by the eight weeks before; nothing in the first eight."""
    day = DAY // rule.tick
    assert rule.of is not None
    scale = scale_of(rule.of)

    @cache
    def kind(number: int, slot: int) -> Kind | None:
        earlier = (looks[(number - 7 * back) * day + slot] for back in range(1, 9))
        points = [Point(one.value, one.n) for one in earlier if one.value is not None]
        return scale.kind(points) if points else None

    found = []
    for place, one in enumerate(looks):
        number, slot = divmod(place, day)
        own = kind(number, slot) if number >= 56 else None
        usual = None
        if own is not None:
            # The other weekdays up to yesterday.
            others = [kind(number - back + 7, slot) for back in range(1, 7)]
            usual = limits_of(scale, own, [other for other in others if other], one.n)
        found.append(replace(one, usual=usual))
    return found


def rate_of(rule: Rule, weeks: int, *, seed: int = 1) -> float:
    """How often a rule really fires a week in which nothing is wrong."""
    looks = looked_at(rule, tickets(seed, weeks), weeks)
    slots, first = moments(rule, 7 * weeks), 0
    if rule.asks_usual:
        looks, first = with_usual(rule, looks), 56 * (DAY // rule.tick)
    happened = replay(rule, slots[first:], [{None: one} for one in looks[first:]])
    return len(firings(happened)) / (weeks - first * rule.tick / WEEK)


def costs_of(rule: Rule, histories: int, *, seed: int = 2) -> list[Cost]:
    """What it is said to cost by each of some histories of 90 days."""
    weeks = 13 * histories
    looks = looked_at(rule, tickets(seed, weeks), weeks)
    slots, long = moments(rule, 7 * weeks), 90 * DAY // rule.tick
    starts = (n * 13 * WEEK // rule.tick for n in range(histories))
    return [
        priced(rule, History(slots[at : at + long], [{None: one} for one in looks[at : at + long]]))
        for at in starts
    ]


def covered(costs: Iterable[Cost], rate: float) -> float:
    """The share of the intervals in which the true rate lies."""
    return fmean(one.low <= rate <= one.high for one in costs)


RULES = [
    (limit(5_400, over=2 * HOUR), 0.2),
    (limit(6_600, over=2 * HOUR), 0.25),
    (limit(5_400, over=2 * HOUR, lasting=30 * MINUTE), 0.25),
    (limit(75, "ticket_volume", over=2 * HOUR), 0.25),
    (limit(5_400, over=8 * HOUR), 0.35),
    (Rule(Unusual(Side.EITHER), "ticket_volume", over=2 * HOUR), 0.25),
    (Rule(Change(Side.BELOW, 0.3), "ticket_volume", over=2 * HOUR), 0.25),
    (Rule(Unusual(Side.EITHER), "first_response_time", over=2 * HOUR), 0.25),
    (Rule(Change(Side.ABOVE, 0.4), "first_response_time", over=4 * HOUR), 0.35),
]


@pytest.mark.thorough  # 3 to 8 s each
@pytest.mark.parametrize(("rule", "within"), RULES, ids=[written(rule) for rule, _ in RULES])
def test_the_cost_is_what_comes_of_it(rule: Rule, within: float) -> None:
    """Of many histories the mean of what is said is that near to the truth.

    The intervals are to hold it 19 times in 20, which 8 histories can tell only roughly.
    """
    rate, costs = rate_of(rule, 160), costs_of(rule, 8)
    assert fmean(one.per_week for one in costs) == pytest.approx(rate, rel=within)
    assert covered(costs, rate) >= 6 / 8


def test_what_a_rule_costs_is_about_what_comes_of_it() -> None:
    rule = limit(5_400, over=8 * HOUR)
    rate, costs = rate_of(rule, 60), costs_of(rule, 2)
    assert rate == pytest.approx(1.8, rel=0.1)
    assert fmean(one.per_week for one in costs) == pytest.approx(rate, rel=0.25)
    assert covered(costs, rate) == 1


# --- What is counted -----------------------------------------------------------------------------


def steady(_moment: datetime) -> float:
    return 3_000.0


def test_what_never_varies_costs_nothing_as_far_as_is_known() -> None:
    """Of twelve weeks in which nothing happened, Poisson's interval ends at 3.7 events."""
    found = priced(limit(3_600), seen(limit(3_600), 84, steady))
    assert (found.per_week, found.low) == (0, 0)
    assert found.high == pytest.approx(3.67 * 7 / 82, rel=0.01)
    assert found.weeks == 12


def each_day(at: int, hours: int) -> Callable[[datetime], float]:
    """Slow each day from that hour on, for so many hours."""

    def look(moment: datetime) -> float:
        return 7_200.0 if (moment.hour - at) % 24 < hours else 3_000.0

    return look


def test_what_happens_each_day_costs_seven_a_week() -> None:
    found = priced(limit(3_600), seen(limit(3_600), 84, each_day(10, 2)))
    assert found.per_week == 7


def test_what_goes_on_past_midnight_is_one_alert() -> None:
    found = priced(limit(3_600), seen(limit(3_600), 84, each_day(23, 3)))
    assert found.per_week == 7


def test_what_goes_on_for_days_is_no_new_alert_each_day() -> None:
    def half_of_each_week(moment: datetime) -> float:
        return 7_200.0 if moment.weekday() < 3 else 3_000.0

    assert priced(limit(3_600), seen(limit(3_600), 84, half_of_each_week)).per_week == 1


def test_what_does_not_last_costs_nothing() -> None:
    rule = limit(3_600, lasting=2 * HOUR)
    assert priced(rule, seen(rule, 84, each_day(10, 2))).per_week == 0


def test_what_rests_on_too_few_costs_nothing() -> None:
    def look(moment: datetime) -> Seen:
        return {None: Observation(each_day(10, 2)(moment), 15)}

    assert priced(limit(3_600), seen(limit(3_600), 84, look)).per_week == 0
    assert priced(limit(3_600, fewest=15), seen(limit(3_600), 84, look)).per_week == 7


def test_a_count_is_whole() -> None:
    """What comes back from a root is a hair beside what went in, and 10 is not more than 10."""
    for most in (10, 13, 22):
        rule = limit(most, "ticket_volume")
        history = seen(rule, 84, partial(_at_noon, most))
        assert priced(limit(most + 5, "ticket_volume"), history).per_week == 0
        assert priced(limit(most + 4, "ticket_volume"), history).per_week == 7


def _at_noon(more: int, moment: datetime) -> float:
    return more * (moment.hour == 12) + 5.0


def by_group(look: Callable[[datetime, str], float]) -> Callable[[datetime], Seen]:
    return lambda moment: {
        group: Observation(look(moment, group), 50) for group in ("billing", "tech")
    }


def test_parts_that_are_bad_together_are_one_alert() -> None:
    rule = limit(3_600, by=Dimension.GROUP)
    together = by_group(lambda moment, _: each_day(10, 2)(moment))
    apart = by_group(lambda moment, group: each_day(10 if group == "tech" else 15, 2)(moment))
    assert priced(rule, seen(rule, 84, together)).per_week == 7
    assert priced(rule, seen(rule, 84, apart)).per_week == 14


def test_both_windows_of_a_burn_have_to_be_bad() -> None:
    rule = Rule(Burn(6.0, 0.95, HOUR), "sla_attainment", over=2 * DAY)

    def burning(fast: float) -> Callable[[datetime], Seen]:
        def look(moment: datetime) -> Seen:
            is_bad = moment.hour == 10
            return {None: Observation(7.0 if is_bad else 1.0, 50, fast=fast if is_bad else 1.0)}

        return look

    assert priced(rule, seen(rule, 84, burning(8.0))).per_week == 7
    assert priced(rule, seen(rule, 84, burning(5.0))).per_week == 0


# --- Which days ----------------------------------------------------------------------------------


def but_on(day: date, look: Callable[[datetime], float], zone: ZoneInfo) -> Callable[..., float]:
    """Twenty times as slow around noon of one day."""

    def odd(moment: datetime) -> float:
        local = moment.astimezone(zone)
        is_odd = local.date() == day and 9 <= local.hour < 15
        return look(moment) * (20.0 if is_odd else 1.0)

    return odd


def noisy(seed: int) -> Callable[[datetime], float]:
    """Another number every two hours."""
    numbers = Random(seed)
    found: dict[datetime, float] = {}

    def look(moment: datetime) -> float:
        hour = moment.replace(minute=0, hour=moment.hour // 2 * 2)
        if hour not in found:
            found[hour] = exp(numbers.gauss(log(3_000), 0.2))
        return found[hour]

    return look


@pytest.mark.parametrize(
    ("day", "zone", "outages"),
    [
        (date(2026, 2, 18), GMT, 1),
        # Carnival is over, and Athens has a holiday; and the night in which its clocks go forward.
        (date(2026, 2, 23), ATHENS, 0),
        (date(2026, 3, 29), ATHENS, 0),
    ],
    ids=["an outage", "a holiday", "a day on which the clocks change"],
)
def test_an_odd_day_costs_nothing(day: date, zone: ZoneInfo, outages: int) -> None:
    rule = limit(8_000)
    found = priced(rule, seen(rule, 90, but_on(day, noisy(1), zone)), zone)
    assert (found.per_week, found.outages) == (0, outages)
    # On an ordinary day it is told: so much is seen of it at all.
    twice = limit(5_500)
    assert priced(twice, seen(rule, 90, noisy(1)), zone).per_week > 0


def test_a_bad_day_is_no_outage() -> None:
    """A day like the worst of many counts: of days that only chance makes, one in a thousand does not."""
    rule = limit(1e9)
    histories = (seen(rule, 90, noisy(seed)) for seed in range(12))
    assert sum(priced(rule, one).outages for one in histories) <= 2


def test_the_ways_of_work_days_are_not_those_of_weekends() -> None:
    """Every Saturday it varies much, and only then is it ever slow."""
    numbers = Random(5)

    def look(moment: datetime) -> float:
        loud = moment.weekday() == 5
        return exp(numbers.gauss(log(3_000), 0.5 if loud else 0.05))

    rule = limit(6_000)
    found = Chance(rule, seen(rule, 84, look), GMT)
    assert {day.weekday() for day in found.alike(5)} == {5, 6}
    assert {day.weekday() for day in found.alike(2)} == {0, 1, 2, 3, 4}


# --- When nothing can be said --------------------------------------------------------------------


@pytest.mark.parametrize(("days", "weeks"), [(55, None), (54, 54 / 7), (20, 20 / 7), (0, 0)])
def test_it_takes_eight_weeks_of_history(days: int, weeks: float | None) -> None:
    found = cost(limit(3_600), seen(limit(3_600), days, steady), GMT)
    if weeks is None:
        assert isinstance(found, Cost)
    else:
        assert found == TooLittle(weeks)


def test_days_that_were_hardly_read_do_not_count() -> None:
    def look(moment: datetime) -> float | None:
        return 3_000.0 if moment.weekday() < 3 or moment.hour < 11 else None

    assert cost(limit(3_600), seen(limit(3_600), 84, look), GMT) == TooLittle(36 / 7)


def test_what_was_never_judged_costs_nobody_knows_what() -> None:
    found = cost(limit(3_600), seen(limit(3_600), 84, lambda _: {}), GMT)
    assert found == TooLittle(0.0)


def test_a_ticket_that_waits_is_never_a_false_alarm() -> None:
    rule = Rule(Waiting(HOUR))
    found = priced(rule, seen(rule, 84, lambda _: {"acme:1": Observation(4_000.0, 1)}))
    assert found == Cost(0, 0, 0, 12.0, Basis.NEVER)


def test_of_the_age_of_data_history_is_told() -> None:
    rule = Rule(Old(2 * HOUR))

    def look(moment: datetime) -> Seen:
        is_late = moment.weekday() == 2 and moment.hour == 3
        return {"acme": Observation(9_000.0 if is_late else 300.0, 1)}

    found = priced(rule, seen(rule, 84, look))
    assert (found.per_week, found.basis) == (1, Basis.HISTORY)
    assert found.low == pytest.approx(6.2 / 12, rel=0.01)
    assert found.high == pytest.approx(20.96 / 12, rel=0.01)
    assert isinstance(cost(rule, seen(rule, 50, look), GMT), TooLittle)


def test_missing_data_are_no_chance() -> None:
    rule = limit(3_600, no_data=NoData.ALERT)

    def look(moment: datetime) -> float | None:
        return None if moment.hour == 3 else 3_000.0

    assert priced(rule, seen(rule, 84, look)).per_week == 0


def test_the_same_history_costs_the_same() -> None:
    rule = Rule(Unusual(Side.EITHER), "first_response_time", over=2 * DAY)
    history = seen(rule, 84, noisy(1))
    assert cost(rule, history, GMT) == cost(rule, history, GMT)
    other = cost(rule, history, GMT, seed=7)
    assert isinstance(other, Cost)
    assert other.per_week == pytest.approx(priced(rule, history).per_week, rel=0.5)


# --- What would cost less ------------------------------------------------------------------------


def proposed(rule: Rule, look: Callable[[datetime], Seen | float], budget: float) -> list[Looser]:
    return proposals(rule, lambda one: seen(one, 84, look), GMT, budget=budget)


def test_the_nearest_round_limit_that_fits_is_proposed() -> None:
    """One step nearer costs more than that."""
    rule = limit(3_600)
    found, *others = proposed(rule, noisy(1), 1.0)
    assert found.cost.per_week <= 1.0
    ladder = further(rule)
    nearer = ladder[ladder.index(found.rule) - 1]
    assert priced(nearer, seen(nearer, 84, noisy(1))).per_week > 1.0
    assert all(one.cost.per_week <= 1.0 for one in others)


def test_what_it_costs_is_what_is_said() -> None:
    for one in proposed(limit(3_600), noisy(1), 1.0):
        assert one.cost == priced(one.rule, seen(one.rule, 84, noisy(1)))


def test_a_rule_that_fits_is_left_as_it_is() -> None:
    assert proposed(limit(9_000), noisy(1), 1.0) == []


def test_nothing_is_proposed_where_nothing_is_known() -> None:
    rule = limit(4_500)
    assert proposals(rule, lambda one: seen(one, 30, noisy(1)), GMT, budget=1) == []
    for condition in (Old(2 * HOUR), Waiting(HOUR)):
        assert proposed(Rule(condition), noisy(1), 0) == []


def test_a_longer_time_to_last_is_proposed_too() -> None:
    """What is slow for an hour each day no longer is, once it has to last for more."""
    rule = limit(3_600)
    found = proposed(rule, each_day(10, 1), 1.0)
    assert [written(one.rule) for one in found][-1] == "first_response_time > 1h for 1h over 2d"


def test_what_is_unusual_is_looked_at_for_longer() -> None:
    """Over two days nothing is unusual here; and so far out it never lasts."""
    rule = Rule(Unusual(Side.EITHER), "first_response_time", over=26 * HOUR)
    hourly = noisy(1)

    def look(one: Rule) -> History:
        return seen(one, 84, hourly if one.over == rule.over else steady)

    found = proposals(rule, look, GMT, budget=0.1)
    assert [written(one.rule) for one in found] == [
        "first_response_time unusual either way for 2h over 26h",
        "first_response_time unusual either way over 2d",
    ]


LADDERS = [
    (limit(4 * 3_600), ["4h30m", "5h", "5h30m", "6h", "7h"]),
    (limit(100), ["2m", "3m", "4m"]),
    (limit(0.853, "csat", over=WEEK), ["85%", "84%", "83%"]),
    (limit(0.12, "csat", over=WEEK), ["11%", "10%", "9.5%", "9%"]),
    (limit(204, "ticket_volume"), ["220", "250", "280", "300"]),
    (limit(7, "ticket_volume"), ["8", "9", "10", "11"]),
    (limit(97, "backlog", over=HOUR), ["100", "110"]),
]


@pytest.mark.parametrize(("rule", "values"), LADDERS, ids=[written(rule) for rule, _ in LADDERS])
def test_limits_are_what_people_would_say(rule: Rule, values: list[str]) -> None:
    told = [written(one).split(" ")[2] for one in further(rule)]
    assert told[: len(values)] == values


def test_a_recovery_that_was_chosen_stays() -> None:
    chosen = replace(limit(14_400), condition=Limit(Side.ABOVE, 14_400, 7_200))
    assert written(further(chosen)[0]) == "first_response_time > 4h30m over 2d recover 2h"
    assert written(further(limit(14_400))[0]) == "first_response_time > 4h30m over 2d"


FURTHER = [
    (Rule(Change(Side.ABOVE, 0.4), "ticket_volume"), "ticket_volume +50% vs usual"),
    (Rule(Burn(6.0, 0.9, 30 * MINUTE), "sla_attainment", over=6 * HOUR), "sla burns 7x goal 90%"),
    (Rule(Old(2 * HOUR)), "data older than 2h30m"),
    (Rule(Waiting(HOUR)), "ticket waiting > 1h10m without reply"),
]


@pytest.mark.parametrize(("rule", "text"), FURTHER, ids=[text for _, text in FURTHER])
def test_every_condition_has_a_next_one(rule: Rule, text: str) -> None:
    assert written(further(rule)[0]) == text


def test_a_limit_that_could_never_be_met_is_not_proposed() -> None:
    """A share falls no lower than half a percent; nothing falls by all of it."""
    assert written(further(limit(0.006, "csat", over=WEEK))[0]).split(" ")[2] == "0.5%"
    assert further(limit(0.005, "csat", over=WEEK)) == []
    below = Rule(Change(Side.BELOW, 0.8), "ticket_volume")
    assert [written(one) for one in further(below)] == ["ticket_volume -90% vs usual"]


# --- The monthly review --------------------------------------------------------------------------

WORTH = [
    (Earnings(fired=9, told=9, acknowledged=7, ignored=2), False),
    (Earnings(fired=9, told=9, acknowledged=2, ignored=6), True),
    (Earnings(fired=2, told=2, ignored=2), False),
    (Earnings(fired=9, told=9, ignored=9, useful=1), False),
    (Earnings(fired=9, told=9, acknowledged=9, useful=1, useless=2), True),
    (Earnings(), False),
]


@pytest.mark.parametrize(("earned", "disturbs"), WORTH)
def test_votes_decide_and_without_any_what_people_did(earned: Earnings, disturbs: bool) -> None:
    assert earned.disturbs is disturbs


BAD = Earnings(fired=9, told=9, ignored=9)


def test_a_rule_that_disturbs_gets_half_of_its_false_alarms() -> None:
    rule = limit(3_600)
    looser = suggest(rule, BAD, lambda one: seen(one, 84, noisy(1)), GMT)
    assert looser is not None
    before, after = (priced(one, seen(one, 84, noisy(1))).per_week for one in (rule, looser))
    assert 0 < after <= before / 2


def test_where_chance_cannot_say_the_next_round_limit_will_do() -> None:
    looser = suggest(limit(4 * 3_600), BAD, lambda one: seen(one, 20, noisy(1)), GMT)
    assert looser is not None
    assert written(looser) == "first_response_time > 4h30m over 2d"
    waiting = suggest(Rule(Waiting(HOUR)), BAD, lambda one: seen(one, 0, noisy(1)), GMT)
    assert waiting == Rule(Waiting(70 * MINUTE))


def test_a_rule_that_is_worth_it_is_left_alone() -> None:
    earned = Earnings(fired=9, told=9, acknowledged=9)
    assert suggest(limit(3_600), earned, lambda one: seen(one, 84, noisy(1)), GMT) is None
