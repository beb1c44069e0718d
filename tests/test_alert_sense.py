"""What makes no sense about a rule by itself, and what its history says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings

from bot.alerts.hindsight import Finding, History, by_history
from bot.alerts.judge import Observation, Seen, Verdict, judge
from bot.alerts.life import Kind
from bot.alerts.rehearsal import replay
from bot.alerts.rule import (
    Burn,
    Change,
    Condition,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    recovery,
)
from bot.alerts.sense import problem
from bot.alerts.unsaid import usual_window
from bot.alerts.watchable import alertable
from bot.alerts.wording import sample, written
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock, Metric
from bot.metrics.usual import Usual
from commands.alert_text import parse_rule
from tests.alert_rules import rules
from tests.test_language import READER, START, unmarked, without_quotes
from tests.times import T

patient = settings(deadline=None)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRT = "first_response_time"


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def limit(metric: str, side: Side, value: float, recover: float | None = None) -> Rule:
    usual = recovery(CATALOGUE[metric], side, value)
    return about(metric, Limit(side, value, usual if recover is None else recover))


def about(metric: str, condition: Condition) -> Rule:
    return Rule(condition, metric=metric, over=usual_window(condition, CATALOGUE[metric]))


def burn(factor: float, target: float, fast: timedelta = minutes(30)) -> Rule:
    return about("sla_attainment", Burn(factor, target, fast))


SLOW = limit(FRT, Side.ABOVE, 4 * 3600)
CSAT = limit("csat", Side.BELOW, 0.85)
VOLUME = about("ticket_volume", Change(Side.ABOVE, 0.4))
UNUSUAL = about(FRT, Unusual(Side.ABOVE))

# --- By itself -----------------------------------------------------------------------------------

A_WAIT, AN_AGE = Rule(Waiting(HOUR)), Rule(Old(HOUR))

#: By the part that means nothing for waiting tickets.
WAITING = {
    "over": replace(A_WAIT, over=2 * HOUR),
    "lasting": replace(A_WAIT, lasting=HOUR),
    "by": replace(A_WAIT, by=Dimension.GROUP),
    "fewest": replace(A_WAIT, fewest=5),
    "keep": replace(A_WAIT, keep=HOUR),
    "every": replace(A_WAIT, every=HOUR),
    "clock": replace(A_WAIT, clock=Clock.BUSINESS),
}
#: By the part that means nothing for the age of data.
OLD = {
    "over": replace(AN_AGE, over=2 * HOUR),
    "fewest": replace(AN_AGE, fewest=5),
    "clock": replace(AN_AGE, clock=Clock.BUSINESS),
    "no_data": replace(AN_AGE, no_data=NoData.ALERT),
}

#: A rule, what is wrong, about which part, and the rule as it would make sense.
SENSELESS = [
    # Out of what the number can be.
    (limit("csat", Side.ABOVE, 1), "condition", "is never above `100%`", "csat < 85%"),
    (limit("csat", Side.ABOVE, 1.2), "condition", "is never above `120%`", "csat < 85%"),
    (limit("csat", Side.BELOW, 0), "condition", "is never below `0%`", "csat < 85%"),
    (limit("csat", Side.BELOW, 1.2), "condition", "is always below `120%`", "csat < 85%"),
    (limit("csat", Side.ABOVE, -0.1), "condition", "is always above `-10%`", "csat < 85%"),
    (limit("nps", Side.ABOVE, 100), "condition", "is never above `100`", "nps < 20"),
    (limit("nps", Side.BELOW, -100), "condition", "is never below `-100`", "nps < 20"),
    (limit("ces", Side.BELOW, 8), "condition", "is always below `8`", "ces < 5"),
    (limit("backlog", Side.BELOW, 0), "condition", "is never below `0`", "backlog > 200"),
    (limit("backlog", Side.ABOVE, -1), "condition", "is always above `-1`", "backlog > 200"),
    (limit(FRT, Side.ABOVE, 0), "condition", "always above `0m`", f"{FRT} > 4h"),
    (limit(FRT, Side.BELOW, 0), "condition", "never below `0m`", f"{FRT} > 4h"),
    (limit(FRT, Side.EITHER, 60), "condition", "either above or below", f"{FRT} > 4h"),
    # Where it is over.
    (limit(FRT, Side.ABOVE, 60, 61), "recover", "cannot be over at `1m1s`", f"{FRT} > 1m"),
    (limit("csat", Side.BELOW, 0.85, 0.8), "recover", "cannot be over at `80%`", "csat < 85%"),
    (limit("backlog", Side.ABOVE, 9, -1), "recover", "never as low as `-1`", "backlog > 9"),
    # Of what is counted there is no half.
    (limit("backlog", Side.ABOVE, 0.5), "condition", "and `0.5` is none", "backlog > 0"),
    (limit("backlog", Side.BELOW, 9.5), "condition", "and `9.5` is none", "backlog < 10"),
    (limit("backlog", Side.ABOVE, 9, 2.5), "recover", "`2.5` is none", "backlog > 9 recover 2"),
    (limit("backlog", Side.BELOW, 9, 12.5), "recover", "`12.5` is", "backlog < 9 recover 13"),
    (
        limit("ticket_volume", Side.ABOVE, 7.5, 5.5),
        "condition",
        "`7.5` is none",
        "ticket_volume > 7 recover 5",
    ),
    (limit("csat", Side.BELOW, 0.85, 1.1), "recover", "never as high as `110%`", "csat < 85%"),
    (limit("nps", Side.ABOVE, 9, -101), "recover", "never as low as `-101`", "nps > 9"),
    # Against what is usual.
    (
        about("ticket_volume", Change(Side.ABOVE, 0)),
        "condition",
        "A change of `0%` is none.",
        "ticket_volume +40% vs usual",
    ),
    (
        about("ticket_volume", Change(Side.BELOW, 1)),
        "condition",
        "Nothing falls by more than `100%`",
        "ticket_volume -40% vs usual",
    ),
    (
        about("nps", Change(Side.BELOW, 0.4)),
        "condition",
        "can be 0 or less, and of that there is no percentage",
        "nps unusual",
    ),
    # Ages and waits.
    (Rule(Old(minutes(4))), "condition", "every `5m`, so `4m` is too short", "data older than 2h"),
    (Rule(Waiting(minutes(1))), "condition", "so `1m` is too short", "ticket waiting > 2h"),
    # How fast a budget burns.
    (burn(1, 0.95), "condition", "no faster than `1x` lasts", "sla_attainment < 95%"),
    (burn(0.5, 0.95), "condition", "no faster than `1x` lasts", "sla_attainment < 95%"),
    (burn(20, 0.95), "condition", "at most `20x` as fast as it may", "sla burns 6x goal 95%"),
    (burn(5, 0.8), "condition", "at most `5x` as fast as it may", "sla burns 3x goal 80%"),
    (burn(6, 1), "condition", "A goal of `100%` has no budget", "sla burns 6x goal 95%"),
    (burn(6, 0), "condition", "A goal of `0%` has no budget", "sla burns 6x goal 95%"),
    (
        burn(6, 0.95, 6 * HOUR),
        "fast",
        "shorter than the first, `6h` is not",
        "sla burns 6x goal 95%",
    ),
    (burn(6, 0.95, minutes(7)), "fast", "`7m` is no multiple of that", "sla burns 6x goal 95%"),
    (burn(6, 0.95, timedelta(0)), "fast", "`0m` is no multiple of that", "sla burns 6x goal 95%"),
    # Of which part.
    (replace(SLOW, by=Dimension.AGENT), "by", "numbers of one agent are not posted", "by group"),
    (
        replace(SLOW, only=Slice(Dimension.AGENT, "Ann")),
        "only",
        "numbers of one agent are not posted",
        f"{FRT} > 4h",
    ),
    (
        replace(limit("call_volume", Side.ABOVE, 9), by=Dimension.PRIORITY),
        "by",
        "“Call volume” cannot be split by “priority”.",
        "call_volume > 9 by group",
    ),
    (
        replace(limit("call_volume", Side.ABOVE, 9), only=Slice(Dimension.PRIORITY, "high")),
        "only",
        "“Call volume” cannot be split by “priority”.",
        "call_volume > 9`",
    ),
    (
        replace(SLOW, by=Dimension.GROUP, only=Slice(Dimension.GROUP, "A")),
        "by",
        "It is about one “group”, so there is nothing to split by that.",
        "for group A",
    ),
    (Rule(Old(HOUR), by=Dimension.GROUP), "by", "not by “group”", "data older than 1h`"),
    (Rule(Old(HOUR), by=Dimension.DESK), "by", "Each help desk is told by", "older than 1h`"),
    (
        Rule(Old(HOUR), only=Slice(Dimension.GROUP, "A")),
        "only",
        "Data are read of a whole help desk, not by “group”.",
        "data older than 1h`",
    ),
    # On which clock.
    (
        replace(CSAT, clock=Clock.BUSINESS),
        "clock",
        "has no business hours",
        "< 85% in office hours",
    ),
    # What means nothing.
    (
        replace(limit("backlog", Side.ABOVE, 9), over=2 * HOUR),
        "over",
        "at a moment",
        "backlog > 9`",
    ),
    (replace(limit("backlog", Side.ABOVE, 9), fewest=5), "fewest", "no rate", "backlog > 9`"),
    (replace(VOLUME, fewest=5), "fewest", "“Ticket volume” is a count and no rate", "vs usual`"),
    *(
        (rule, part, "Each ticket is told by itself, once", "reply`")
        for part, rule in WAITING.items()
    ),
    *((rule, part, "How old data are has nothing to do", "1h`") for part, rule in OLD.items()),
    # How long.
    (replace(SLOW, over=minutes(10)), "over", "`15m` to `31d` long, `10m` is not", "over 15m"),
    (replace(SLOW, over=32 * DAY), "over", "`15m` to `31d` long, `32d` is not", "over 31d"),
    (replace(SLOW, over=minutes(17)), "over", "looks every `5m`, and the window is no", "over 15m"),
    (replace(SLOW, over=minutes(365)), "over", "looks every `15m`, and the window", "over 6h"),
    (replace(SLOW, over=minutes(25 * 60 + 30)), "over", "looks every `1h`, and the", "over 25h"),
    (replace(UNUSUAL, over=minutes(20)), "over", "looks every `15m`, and the", "over 15m"),
    (replace(SLOW, lasting=8 * DAY), "lasting", "`for` is at most `7d`, `8d` is", "for 7d"),
    (replace(SLOW, keep=8 * DAY), "keep", "`keep` is at most `7d`, `8d` is longer", "keep 7d"),
    (replace(SLOW, every=32 * DAY), "every", "`every` is at most `31d`, `32d` is", "every 31d"),
    (replace(SLOW, every=minutes(4)), "every", "looks every `5m`, so it cannot tell", "> 4h`"),
    (replace(CSAT, every=minutes(30)), "every", "looks every `1h`, so it cannot tell", "< 85%`"),
    (replace(SLOW, fewest=0), "fewest", "`min` is at least 1.", "> 4h`"),
]


@pytest.mark.parametrize(("rule", "part", "message", "mend"), SENSELESS)
def test_what_makes_no_sense_is_told_with_the_mend(
    rule: Rule, part: str, message: str, mend: str
) -> None:
    found = problem(rule)
    assert found is not None
    assert found.about == part
    assert message in found.error.message
    assert mend in found.error.hint
    mended = found.error.hint.split("`")[-2].removeprefix("/alert add ")
    assert problem(parse_rule(mended)) is None


@pytest.mark.parametrize("rule", [rule for rule, *_ in SENSELESS])
def test_what_makes_no_sense_is_told_through_gettext(rule: Rule) -> None:
    found = problem(rule)
    assert found is not None
    said = found.error.said(READER.template)
    assert START in said
    assert unmarked(without_quotes(said)) == [], said


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_a_number_that_no_alert_can_watch_is_refused(metric: Metric) -> None:
    found = problem(sample(metric))
    assert (found is None) is alertable(metric)
    if found is not None:
        assert found.about == "metric"
        assert unmarked(without_quotes(found.error.said(READER.template))) == []


SEVERAL = [
    replace(A_WAIT, every=HOUR, clock=Clock.BUSINESS, by=Dimension.GROUP, keep=8 * DAY),
    replace(limit("csat", Side.ABOVE, 2), over=minutes(10), every=minutes(1), fewest=0),
    replace(burn(30, 0.95, 7 * HOUR), over=minutes(367), by=Dimension.AGENT),
    replace(AN_AGE, over=DAY, by=Dimension.GROUP, only=Slice(Dimension.GROUP, "A")),
    replace(limit("backlog", Side.ABOVE, -1), over=DAY, fewest=3, clock=Clock.BUSINESS),
]


@pytest.mark.parametrize("rule", SEVERAL)
def test_a_rule_with_several_problems_is_mended_altogether(rule: Rule) -> None:
    found = problem(rule)
    assert found is not None
    assert problem(found.mended) is None
    assert f"`/alert add {written(found.mended)}`" in found.error.hint


#: On the edge of what makes sense.
SENSIBLE = [
    limit("csat", Side.BELOW, 1),
    limit("csat", Side.ABOVE, 0),
    limit("backlog", Side.ABOVE, 0),
    limit("nps", Side.BELOW, 100),
    limit("nps", Side.ABOVE, -100),
    limit(FRT, Side.ABOVE, 60, 60),
    limit("csat", Side.BELOW, 0.85, 0.85),
    limit("csat", Side.BELOW, 0.85, 1),
    limit("backlog", Side.ABOVE, 9, 0),
    limit("interactions_per_resolution", Side.ABOVE, 2.5),
    about("ticket_volume", Change(Side.ABOVE, 3)),
    about("ticket_volume", Change(Side.EITHER, 1.5)),
    about("ticket_volume", Change(Side.BELOW, 0.99)),
    about("nps", Unusual(Side.BELOW)),
    burn(19.9, 0.95),
    burn(1.1, 0.95),
    Rule(Old(minutes(5))),
    replace(SLOW, over=minutes(15), every=minutes(5), keep=timedelta(0), fewest=1),
    replace(SLOW, over=31 * DAY, lasting=7 * DAY, keep=7 * DAY, every=31 * DAY),
    replace(SLOW, clock=Clock.BUSINESS, in_hours=True, by=Dimension.GROUP),
]


@pytest.mark.parametrize("rule", SENSIBLE)
def test_what_makes_sense_is_left_alone(rule: Rule) -> None:
    assert problem(rule) is None


def test_a_part_that_means_nothing_is_told_even_if_it_says_what_holds_anyway() -> None:
    rule = limit("backlog", Side.ABOVE, 200)
    assert problem(rule) is None
    found = problem(rule, {"fewest"})
    assert found is not None
    assert found.about == "fewest"
    assert problem(SLOW, {"fewest", "over", "recover", "keep"}) is None


@pytest.mark.thorough
@patient
@given(rules())
def test_no_rule_that_makes_sense_can_never_be_met_by_its_limit_alone(rule: Rule) -> None:
    if isinstance(rule.condition, Limit):
        seen = {judge(replace(rule, fewest=1), Observation(value, 9)) for value in ends(rule)}
        assert Verdict.BREACH in seen
        assert Verdict.CLEAR in seen


def ends(rule: Rule) -> tuple[float, float]:
    """The lowest and the highest value that its number can have."""
    assert rule.of is not None
    low, high = rule.of.bounds or (0.0, 1.0 if rule.of.unit == "ratio" else 1e12)
    return low, high


# --- By its history ------------------------------------------------------------------------------


def seen(value: float | None, n: int = 50, *, usual: Usual | None = None) -> Seen:
    return {None: Observation(value, n, usual)}


GOOD, BAD = seen(0.9), seen(0.5)
USUAL = Usual(50, 100, 150)


def history(rule: Rule, *moments: Seen | None) -> Finding:
    return by_history(rule, moments)


PAST = [
    (CSAT, [], History.UNREAD),
    (CSAT, [None, None], History.UNREAD),
    (CSAT, [seen(None, 0)] * 3, History.NOTHING),
    (CSAT, [{}] * 3, History.NOTHING),
    (CSAT, [seen(0.5, 7), seen(0.5, 19), None], History.FEW),
    (CSAT, [GOOD] * 9, History.NEVER),
    (CSAT, [seen(0.86), seen(0.5, 3)], History.NEVER),
    (CSAT, [BAD] * 9, History.ALWAYS),
    (CSAT, [BAD] * 9 + [GOOD], History.ALWAYS),
    (CSAT, [BAD] * 8 + [GOOD] * 2, History.OFTEN),
    (CSAT, [BAD] + [GOOD] * 3, History.OFTEN),
    (CSAT, [BAD] + [GOOD] * 4, History.SOUND),
    (CSAT, [BAD, seen(0.5, 3), GOOD], History.OFTEN),
    (replace(CSAT, lasting=2 * HOUR), [BAD, BAD, *[GOOD] * 9], History.SHORT),
    (replace(CSAT, lasting=2 * HOUR), [BAD, BAD, BAD, *[GOOD] * 10], History.SOUND),
    (replace(CSAT, lasting=2 * HOUR), [BAD, None, BAD, *[GOOD] * 9], History.SHORT),
    (replace(CSAT, lasting=2 * HOUR), [BAD, None, BAD, BAD, *[GOOD] * 10], History.SOUND),
    (replace(CSAT, lasting=2 * HOUR), [BAD, {}, BAD, *[GOOD] * 9], History.SHORT),
    (
        replace(CSAT, lasting=2 * HOUR, no_data=NoData.OK),
        [BAD, None, BAD, *[GOOD] * 9],
        History.SHORT,
    ),
    (UNUSUAL, [seen(500.0)] * 9, History.NEW),
    (UNUSUAL, [seen(500.0, 3)] * 9, History.FEW),
    (UNUSUAL, [*[seen(500.0)] * 9, seen(100.0, usual=USUAL)], History.NEVER),
    (UNUSUAL, [seen(500.0, usual=USUAL), *[seen(100.0, usual=USUAL)] * 4], History.SOUND),
    (VOLUME, [seen(1, 1, usual=USUAL)] * 3, History.NEVER),
    (Rule(Waiting(HOUR)), [{}] * 9, History.NEVER),
    (Rule(Waiting(HOUR)), [{"7": Observation(7200.0, 1)}] * 9, History.SOUND),
    (Rule(Old(HOUR)), [seen(7200.0, 1)] * 9, History.ALWAYS),
]


@pytest.mark.parametrize(("rule", "moments", "says"), PAST)
def test_history_says_whether_a_rule_is_any_good(
    rule: Rule, moments: Sequence[Seen | None], says: History
) -> None:
    assert by_history(rule, moments).says is says


def test_history_comes_with_the_numbers_that_it_rests_on() -> None:
    found = history(CSAT, GOOD, None, seen(0.5, 7), seen(0.8, 31), seen(0.84, 22), seen(None, 0))
    assert found == Finding(
        History.OFTEN,
        moments=6,
        with_data=5,
        judged=3,
        out=2,
        most=50,
        longest=HOUR,
        furthest=Observation(0.8, 31),
    )
    assert found.share_out == pytest.approx(2 / 3)


def test_the_number_that_came_nearest_is_told_of_a_rule_that_never_fires() -> None:
    found = history(CSAT, GOOD, seen(0.87, 40), seen(0.2, 3))
    assert (found.says, found.furthest) == (History.NEVER, Observation(0.87, 40))
    slow = history(SLOW, seen(60.0), seen(9_000.0, 21), seen(100.0))
    assert (slow.says, slow.furthest) == (History.NEVER, Observation(9_000.0, 21))


def test_the_most_rows_are_told_of_a_rule_that_wants_more() -> None:
    found = history(CSAT, seen(0.5, 3), seen(0.5, 7), seen(None, 0))
    assert (found.says, found.most, found.judged, found.share_out) == (History.FEW, 7, 0, 0)


def test_of_several_parts_one_that_is_out_is_enough() -> None:
    rule = replace(CSAT, by=Dimension.GROUP)
    both: Seen = {"A": Observation(0.5, 50), "B": Observation(0.9, 50)}
    few: Seen = {"A": Observation(0.5, 5), "B": Observation(0.9, 50)}
    assert history(rule, both, both, few, few).out == 2
    assert history(rule, *[both] * 9).says is History.ALWAYS
    other: Seen = {"B": Observation(0.5, 50), "A": Observation(0.9, 50)}
    # Each was out by itself, neither for as long as it has to last.
    swinging = replace(rule, lasting=2 * HOUR)
    calm: Seen = {"A": Observation(0.9, 50)}
    assert history(swinging, both, both, other, other, *[calm] * 4).says is History.SHORT


PATTERNS = [
    *("GGBBGG", "BGBGB", "BBB", "G", "B", "GB-BG", "BFBG", "GGG", "-B-", "FBBF", "BB-BBGB"),
    *("GBBBFFBB", "F-F", "BBBBBBBBBBG"),
]
MOMENTS: dict[str, Seen | None] = {"G": GOOD, "B": BAD, "F": seen(0.5, 3), "-": None}


#: What is said of rules that would have fired.
FIRES = (History.SOUND, History.OFTEN, History.ALWAYS)


@pytest.mark.parametrize("lasting", [0, 1, 2, 3])
@pytest.mark.parametrize("no_data", [NoData.KEEP, NoData.OK])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_rule_that_history_finds_never_or_short_would_not_have_fired_and_others_would(
    pattern: str, lasting: int, no_data: NoData
) -> None:
    rule = replace(CSAT, lasting=lasting * HOUR, no_data=no_data)
    told = [MOMENTS[one] for one in pattern]
    slots = [T(hours=number) for number in range(len(told))]
    steps = [step.kind for moment in replay(rule, slots, told) for step in moment.steps]
    fires = by_history(rule, told).says in FIRES
    assert (Kind.FIRED in steps) is fires
