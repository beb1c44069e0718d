from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import kept
from bot.alerts.judge import Observation, Seen, Verdict, judge
from bot.alerts.life import (
    CALM,
    Kind,
    Missed,
    Phase,
    Standing,
    acknowledge,
    advance,
    snooze,
    stop,
)
from bot.alerts.quiet import Muted, never
from bot.alerts.rehearsal import Moment, firings, replay
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
    bad_side,
    recovery,
)
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock
from bot.metrics.usual import Usual
from tests.times import T

TICK = timedelta(minutes=5)
HOUR = 3_600


def limit(**more: Any) -> Rule:
    """First response above 4 h; back inside at 3 h."""
    told: dict[str, Any] = {
        "lasting": timedelta(0),
        "keep": timedelta(0),
        "fewest": 1,
        "over": timedelta(hours=1),
        **more,
    }
    condition = Limit(Side.ABOVE, 4 * HOUR, 3 * HOUR)
    return Rule(condition, "first_response_time", **told)


def hours(*values: float | None, n: int = 30) -> list[Seen | None]:
    """One observation after the other, in hours; `None` for a moment without data."""
    return [None if value is None else {None: Observation(value * HOUR, n=n)} for value in values]


def lived(
    rule: Rule,
    seen: Sequence[Seen | None],
    *,
    standing: Standing = CALM,
    muted: Muted = never,
    start: datetime | None = None,
) -> list[Moment]:
    begin = start or T()
    moments = [begin + n * TICK for n in range(len(seen))]
    return list(replay(rule, moments, seen, standing=standing, muted=muted))


def told(moments: Iterable[Moment]) -> list[tuple[int, str]]:
    """What happened, and how many ticks after the beginning."""
    return [
        ((moment.at - T()) // TICK, step.kind.value) for moment in moments for step in moment.steps
    ]


def test_what_is_fine_leaves_no_trace() -> None:
    assert lived(limit(), hours(1, 2, 3.5, 3.99, 4)) == []


def test_it_fires_when_the_limit_is_passed_and_ends_when_it_is_back_inside() -> None:
    assert told(lived(limit(), hours(1, 4.1, 5, 3.5, 3, 1))) == [
        (1, "fired"),
        (1, "told"),
        (4, "recovered"),
        (4, "ended"),
    ]


def test_it_has_to_hold_for_a_while_before_it_fires() -> None:
    rule = limit(lasting=timedelta(minutes=10))
    assert told(lived(rule, hours(5, 5, 3.5, 5, 5, 5))) == [
        (0, "pending"),
        (2, "calmed"),
        (3, "pending"),
        (5, "fired"),
        (5, "told"),
    ]


def test_between_its_limits_it_neither_fires_nor_ends() -> None:
    seen = hours(3.5, 4.5, 3.5, 3.2, 3.9, 3.5)
    assert told(lived(limit(), seen)) == [(1, "fired"), (1, "told")]


def test_it_is_over_once_it_has_been_inside_for_a_while() -> None:
    rule = limit(keep=timedelta(minutes=10))
    assert told(lived(rule, hours(5, 2, 2, 5, 2, 3.5, 2, 2, 2))) == [
        (0, "fired"),
        (0, "told"),
        (1, "recovering"),
        (3, "relapsed"),
        (4, "recovering"),
        # Between the limits at 5 it has held since then, and not since 4.
        (7, "recovered"),
        (7, "ended"),
    ]


def test_a_rate_of_too_few_does_not_fire() -> None:
    assert lived(limit(fewest=20), hours(9, 9, 9, n=19)) == []
    assert told(lived(limit(fewest=20), hours(9, n=20))) == [(0, "fired"), (0, "told")]


def test_a_count_is_a_number_however_small_it_is() -> None:
    rule = Rule(Limit(Side.BELOW, 5, 6), "ticket_volume", fewest=20, keep=timedelta(0))
    assert told(lived(rule, [{None: Observation(2, n=2)}])) == [(0, "fired"), (0, "told")]


def test_a_pending_alert_is_over_when_there_are_too_few_to_tell() -> None:
    rule = limit(lasting=timedelta(minutes=10), fewest=20)
    seen = [*hours(5), *hours(5, n=3), *hours(5)]
    assert told(lived(rule, seen)) == [(0, "pending"), (1, "calmed"), (2, "pending")]


def test_a_firing_alert_stands_until_nothing_is_left_to_judge_it_by() -> None:
    rule = limit(fewest=20)  # over an hour: 12 ticks
    seen = [*hours(5), *hours(*[1] * 14, n=3)]
    assert told(lived(rule, seen)) == [(0, "fired"), (0, "told"), (13, "lapsed"), (13, "ended")]


def test_few_tickets_are_no_recovery() -> None:
    rule = limit(fewest=20, keep=timedelta(minutes=10))
    seen = [*hours(5), *hours(1, 1, n=3), *hours(5), *hours(1, 1, n=3), *hours(5)]
    assert told(lived(rule, seen)) == [(0, "fired"), (0, "told")]


def test_what_comes_back_among_too_few_has_not_recovered() -> None:
    rule = limit(fewest=20, keep=timedelta(minutes=15))  # over an hour: 12 ticks
    seen = [*hours(5, 1), *hours(*[5] * 16, n=3)]
    after = lived(rule, seen)
    assert told(after) == [
        (0, "fired"),
        (0, "told"),
        (1, "recovering"),
        (17, "lapsed"),
        (17, "ended"),
    ]
    # What was seen of three tickets is not what it came back to.
    (lapsed,) = (step for step in after[-1].steps if step.kind is Kind.LAPSED)
    assert (lapsed.value, lapsed.n) == (1 * HOUR, 30)


# --- No data -------------------------------------------------------------------------------------


def test_without_data_an_alert_stays_as_it_is() -> None:
    rule = limit(lasting=timedelta(minutes=10))
    seen = hours(5, 5, None, None, 5, None, 2)
    assert told(lived(rule, seen)) == [
        (0, "pending"),
        (2, "no data"),
        (4, "data back"),
        (4, "fired"),
        (4, "told"),
        (5, "no data"),
        (6, "data back"),
        (6, "recovered"),
        (6, "ended"),
    ]


def test_the_lack_of_data_can_be_the_alert() -> None:
    rule = limit(lasting=timedelta(minutes=5), no_data=NoData.ALERT)
    assert told(lived(rule, hours(1, None, None, None, 1))) == [
        (1, "no data"),
        (1, "pending"),
        (2, "fired"),
        (2, "told"),
        (4, "data back"),
        (4, "recovered"),
        (4, "ended"),
    ]


def test_what_has_to_hold_for_a_while_is_not_seen_to_hold_without_data() -> None:
    rule = limit(lasting=timedelta(minutes=10), keep=timedelta(minutes=10))
    seen = hours(5, None, None, None, 5, 5, 2, None, None, 2, 2)
    assert told(lived(rule, seen)) == [
        (0, "pending"),
        (1, "no data"),
        (4, "data back"),
        (5, "fired"),
        (5, "told"),
        (6, "recovering"),
        (7, "no data"),
        (9, "data back"),
        (10, "recovered"),
        (10, "ended"),
    ]


def test_the_lack_of_data_is_over_when_they_are_back_whatever_they_say() -> None:
    rule = limit(no_data=NoData.ALERT, by=Dimension.GROUP, fewest=20)
    few: list[Seen | None] = [
        groups(Billing=1),
        None,
        None,
        {"Billing": Observation(5.0 * HOUR, 3)},
    ]
    assert told(lived(rule, few)) == [
        (1, "no data"),
        (1, "fired"),
        (1, "told"),
        (3, "data back"),
        (3, "recovered"),
        (3, "ended"),
    ]


def test_what_a_mute_still_owes_is_told_although_the_rule_was_stopped() -> None:
    muted = until(T(minutes=30))
    before = lived(limit(), hours(5, 1), muted=muted)[-1].after
    standing, steps = stop(before, by="U1", at=T(minutes=12))
    assert (steps, len(standing.missed)) == ((), 1)
    after = lived(limit(), hours(1, 1, 1, 1), standing=standing, muted=muted, start=T(minutes=20))
    assert told(after) == [(6, "missed")]


def test_the_lack_of_data_can_be_fine() -> None:
    rule = limit(no_data=NoData.OK)
    assert told(lived(rule, hours(5, None, 1))) == [
        (0, "fired"),
        (0, "told"),
        (1, "no data"),
        (1, "recovered"),
        (1, "ended"),
        (2, "data back"),
    ]


def test_nobody_is_reminded_of_what_nobody_can_see() -> None:
    rule = limit(every=timedelta(minutes=10))
    assert "reminded" not in [kind for _, kind in told(lived(rule, hours(5, *[None] * 12)))]


def test_nobody_is_reminded_while_it_is_better() -> None:
    rule = limit(every=timedelta(minutes=10))
    assert told(lived(rule, hours(5, 3.5, 3.5, 3.5, 5)))[2:] == [(4, "reminded")]


# --- Being told, and told again ------------------------------------------------------------------


def test_it_is_told_again_while_nobody_takes_it_on() -> None:
    rule = limit(every=timedelta(minutes=20))
    reminded = [at for at, kind in told(lived(rule, hours(*[5] * 13))) if kind == "reminded"]
    assert reminded == [4, 8, 12]


def standing_of(rule: Rule, seen: Sequence[Seen | None]) -> Standing:
    return lived(rule, seen)[-1].after


def test_whoever_takes_it_on_is_left_alone_for_a_while() -> None:
    rule = limit(every=timedelta(minutes=20))
    firing = standing_of(rule, hours(5))
    mine, (step,) = acknowledge(firing, by="U1", at=T(60), span=timedelta(minutes=40))
    assert (step.kind, step.who, step.until) == (Kind.ACKNOWLEDGED, "U1", T(60, minutes=40))
    after = lived(rule, hours(*[5] * 14), standing=mine, start=T(minutes=5))
    assert told(after) == [
        (9, "acknowledgement ended"),
        (9, "reminded"),
        (13, "reminded"),
    ]
    assert after[-1].after.incident is not None
    assert after[-1].after.incident.acknowledged_by is None


def test_a_snooze_ends_at_its_moment_and_then_it_is_told_again() -> None:
    rule = limit(every=timedelta(minutes=20))
    quiet, (step,) = snooze(standing_of(rule, hours(5)), by="U1", at=T(60), until=T(minutes=45))
    assert (step.kind, step.who, step.until) == (Kind.SNOOZED, "U1", T(minutes=45))
    after = lived(rule, hours(*[5] * 10), standing=quiet, start=T(minutes=5))
    assert told(after) == [(9, "snooze ended"), (9, "reminded")]


def test_it_ends_also_while_it_is_snoozed() -> None:
    quiet, _ = snooze(standing_of(limit(), hours(5)), by="U1", at=T(60), until=T(hours=9))
    after = lived(limit(), hours(5, 1), standing=quiet, start=T(minutes=5))
    assert told(after) == [(2, "recovered"), (2, "ended")]


@pytest.mark.parametrize(
    "deed",
    [
        lambda standing: acknowledge(standing, by="U1", at=T()),
        lambda standing: snooze(standing, by="U1", at=T(), until=T(60)),
        lambda standing: stop(standing, by="U1", at=T()),
    ],
)
def test_where_nothing_fires_there_is_nothing_to_do(
    deed: Callable[[Standing], tuple[Standing, Sequence[object]]],
) -> None:
    assert deed(CALM) == (CALM, ())


def test_a_rule_that_somebody_stops_is_calm() -> None:
    standing, (step,) = stop(standing_of(limit(), hours(5)), by="U1", at=T(60))
    assert (standing, step.kind, step.who) == (CALM, Kind.STOPPED, "U1")


# --- Held back -----------------------------------------------------------------------------------


def until(moment: datetime) -> Muted:
    return lambda at: at < moment


def test_what_still_fires_when_a_mute_ends_is_told_then() -> None:
    rule = limit(every=timedelta(hours=4))
    after = lived(rule, hours(5, 5, 5, 5), muted=until(T(minutes=10)))
    assert told(after) == [(0, "fired"), (0, "held"), (2, "told")]
    incident = after[-1].after.incident
    assert incident is not None
    assert (incident.opened_at, incident.told_at) == (T(), T(minutes=10))


def test_what_is_over_before_a_mute_ends_is_told_once_when_it_does() -> None:
    after = lived(limit(), hours(5, 6, 1, 5, 1, 1, 1, 1), muted=until(T(minutes=30)))
    assert told(after) == [
        (0, "fired"),
        (0, "held"),
        (2, "recovered"),
        (3, "fired"),
        (3, "held"),
        (4, "recovered"),
        (6, "missed"),
    ]
    (missed,) = (step for step in after[-1].steps if step.kind is Kind.MISSED)
    assert missed.missed == (
        Missed(T(), T(minutes=10), 6 * HOUR),
        Missed(T(minutes=15), T(minutes=20), 5 * HOUR),
    )
    assert missed.many == 2
    assert after[-1].after.is_calm


def test_of_very_many_missed_ones_the_number_is_told() -> None:
    after = lived(limit(), hours(*[5, 1] * 13, 1), muted=until(T(minutes=5 * 26)))
    (missed,) = after[-1].steps
    assert (missed.kind, len(missed.missed), missed.many) == (Kind.MISSED, 10, 13)


def test_a_mute_keeps_reminders_back_but_not_the_end() -> None:
    rule = limit(every=timedelta(minutes=10))
    muted = lambda at: T(minutes=5) <= at < T(minutes=30)  # noqa: E731
    after = lived(rule, hours(*[5] * 7, 1), muted=muted)
    assert told(after) == [
        (0, "fired"),
        (0, "told"),
        (6, "reminded"),
        (7, "recovered"),
        (7, "ended"),
    ]


# --- Parts ---------------------------------------------------------------------------------------


def groups(**values: float | None) -> Seen:
    return {
        name: Observation(None if value is None else value * HOUR, n=30)
        for name, value in values.items()
    }


def test_the_parts_of_a_rule_make_one_incident() -> None:
    rule = limit(by=Dimension.GROUP)
    after = lived(
        rule,
        [
            groups(Billing=5, Sales=1),
            groups(Billing=5, Sales=6),
            groups(Billing=1, Sales=6),
            groups(Billing=1, Sales=1),
        ],
    )
    steps = [(step.kind.value, step.part) for moment in after for step in moment.steps]
    assert steps == [
        ("fired", "Billing"),
        ("told", None),
        ("fired", "Sales"),
        ("reminded", None),
        ("recovered", "Billing"),
        ("recovered", "Sales"),
        ("ended", None),
    ]
    assert len(firings(after)) == 1


def test_the_worst_of_all_parts_is_kept_to_the_end() -> None:
    rule = limit(by=Dimension.GROUP)
    after = lived(
        rule,
        [
            groups(Billing=5, Sales=7),
            groups(Billing=9, Sales=6),
            groups(Billing=1, Sales=6),
            groups(Billing=1, Sales=1),
        ],
    )
    (ended,) = (step for step in after[-1].steps if step.kind is Kind.ENDED)
    # Billing was over before.
    assert ended.value == 9 * HOUR


def test_a_part_that_is_no_longer_told_stands_until_it_can_no_longer_be_judged() -> None:
    rule = limit(by=Dimension.GROUP)
    after = lived(rule, [groups(Billing=5), *[groups(Sales=1)] * 14])
    assert told(after) == [(0, "fired"), (0, "told"), (13, "lapsed"), (13, "ended")]


def test_each_waiting_ticket_is_told_once_and_is_over_when_it_is_answered() -> None:
    rule = Rule(Waiting(timedelta(hours=1)), every=timedelta(minutes=5))
    one: Seen = {"acme:1": Observation(3_700, 1)}
    other: Seen = {"acme:2": Observation(3_700, 1)}
    after = lived(rule, [one, {"acme:1": Observation(4_000, 1)}, {**one, **other}, other, {}])
    steps = [(step.kind.value, step.part) for moment in after for step in moment.steps]
    assert steps == [
        ("fired", "acme:1"),
        ("told", None),
        ("fired", "acme:2"),
        ("reminded", None),
        ("recovered", "acme:1"),
        ("recovered", "acme:2"),
        ("ended", None),
    ]


# --- One look ------------------------------------------------------------------------------------

USUAL = Usual(40.0, 100.0, 180.0)
VOLUME = "ticket_volume"
JUDGED = [
    (Limit(Side.ABOVE, 100, 90), 101, Verdict.BREACH),
    (Limit(Side.ABOVE, 100, 90), 100, Verdict.BETWEEN),
    (Limit(Side.ABOVE, 100, 90), 90, Verdict.CLEAR),
    (Limit(Side.BELOW, 100, 110), 99, Verdict.BREACH),
    (Limit(Side.BELOW, 100, 110), 105, Verdict.BETWEEN),
    (Limit(Side.BELOW, 100, 110), 110, Verdict.CLEAR),
    (Change(Side.ABOVE, 0.4), 139, Verdict.BETWEEN),
    (Change(Side.ABOVE, 0.4), 136, Verdict.CLEAR),
    # Beyond the change, but no more than chance explains.
    (Change(Side.ABOVE, 0.4), 141, Verdict.CLEAR),
    (Change(Side.ABOVE, 0.4), 181, Verdict.BREACH),
    (Change(Side.BELOW, 0.4), 181, Verdict.CLEAR),
    (Change(Side.BELOW, 0.4), 39, Verdict.BREACH),
    (Change(Side.EITHER, 0.9), 39, Verdict.CLEAR),
    (Change(Side.EITHER, 0.9), 191, Verdict.BREACH),
    (Unusual(Side.ABOVE), 181, Verdict.BREACH),
    (Unusual(Side.ABOVE), 175, Verdict.BETWEEN),
    (Unusual(Side.ABOVE), 39, Verdict.CLEAR),
    (Unusual(Side.BELOW), 39, Verdict.BREACH),
    (Unusual(Side.EITHER), 39, Verdict.BREACH),
    (Unusual(Side.EITHER), 181, Verdict.BREACH),
    (Unusual(Side.EITHER), 44, Verdict.BETWEEN),
    (Unusual(Side.EITHER), 100, Verdict.CLEAR),
]


@pytest.mark.parametrize(("condition", "value", "verdict"), JUDGED)
def test_one_look_at_a_number(condition: Any, value: float, verdict: Verdict) -> None:
    assert judge(Rule(condition, VOLUME), Observation(value, 200, USUAL)) is verdict


@pytest.mark.parametrize("condition", [Change(Side.ABOVE, 0.4), Unusual(Side.EITHER)])
def test_without_enough_history_nothing_is_claimed(condition: Any) -> None:
    assert judge(Rule(condition, VOLUME), Observation(900.0, 900)) is Verdict.FEW


BURNS = [
    (7.0, 7.0, Verdict.BREACH),
    (7.0, 5.0, Verdict.CLEAR),
    (7.0, 5.7, Verdict.BETWEEN),
    (5.0, 9.0, Verdict.BETWEEN),
    (None, 9.0, Verdict.FEW),
    (9.0, None, Verdict.FEW),
]


@pytest.mark.parametrize(("slow", "fast", "verdict"), BURNS)
def test_a_budget_burns_when_it_did_for_long_and_still_does(
    slow: float | None, fast: float | None, verdict: Verdict
) -> None:
    rule = Rule(Burn(6, 0.95, timedelta(minutes=30)), "sla_attainment", timedelta(hours=6))
    assert judge(rule, Observation(slow, 50, fast=fast)) is verdict


@pytest.mark.parametrize("condition", [Old(timedelta(hours=2)), Waiting(timedelta(hours=2))])
def test_an_age_has_a_limit(condition: Any) -> None:
    at = 2 * HOUR
    assert judge(Rule(condition), Observation(at + 1, 1)) is Verdict.BREACH
    assert judge(Rule(condition), Observation(at, 1)) is Verdict.CLEAR


RECOVERIES = [
    ("first_response_time", Side.ABOVE, 4 * HOUR, 3.6 * HOUR),
    ("first_response_time", Side.BELOW, 100, 110),
    ("csat", Side.BELOW, 0.85, 0.865),
    ("reopen_rate", Side.ABOVE, 0.1, 0.09),
    ("nps", Side.BELOW, 20, 28),
    ("nps", Side.ABOVE, 0, -10),
    ("ticket_volume", Side.BELOW, 50, 55),
]


@pytest.mark.parametrize(("metric", "side", "value", "back"), RECOVERIES)
def test_a_number_is_back_a_tenth_of_the_way_inside(
    metric: str, side: Side, value: float, back: float
) -> None:
    assert recovery(CATALOGUE[metric], side, value) == pytest.approx(back)


def test_the_bad_side_is_that_of_the_metric() -> None:
    sides = {key: bad_side(CATALOGUE[key]) for key in ("backlog", "csat", "ticket_volume")}
    assert sides == {"backlog": Side.ABOVE, "csat": Side.BELOW, "ticket_volume": Side.EITHER}


# --- Kept ----------------------------------------------------------------------------------------

spans = st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds))
sides = st.sampled_from(Side)
numbers = st.floats(-1e6, 1e6)
conditions = st.one_of(
    st.builds(Limit, sides, numbers, numbers),
    st.builds(Change, sides, numbers),
    st.builds(Unusual, sides),
    st.builds(Old, spans),
    st.builds(Burn, numbers, numbers, spans),
    st.builds(Waiting, spans),
)
parts = st.sampled_from([None, "Billing", "Ünïcode", "a:1"])
rules = st.builds(
    Rule,
    conditions,
    st.sampled_from([None, "csat", "first_response_time"]),
    spans,
    spans,
    st.sampled_from([None, Dimension.GROUP]),
    st.one_of(st.none(), st.builds(Slice, st.sampled_from(Dimension), parts)),
    st.sampled_from(Clock),
    st.integers(0, 100),
    spans,
    spans,
    st.booleans(),
    st.sampled_from(NoData),
)


@given(rules)
def test_a_rule_comes_back_from_its_row_as_it_was(rule: Rule) -> None:
    assert Rule.from_json(rule.to_json()) == rule


observed = st.one_of(
    st.none(),
    st.dictionaries(
        parts,
        st.builds(
            Observation,
            st.one_of(st.none(), st.floats(0, 8 * HOUR)),
            st.integers(0, 40),
            st.one_of(st.none(), st.just(USUAL)),
        ),
        max_size=3,
    ),
)


@pytest.mark.thorough
@given(st.lists(observed, max_size=30), st.booleans(), st.sampled_from(NoData), st.integers(0, 3))
def test_whoever_goes_on_from_a_row_decides_as_if_it_had_never_been_kept(
    seen: list[Seen | None], mute: bool, no_data: NoData, lasting: int
) -> None:
    rule = limit(lasting=lasting * TICK, keep=TICK, fewest=20, every=3 * TICK, no_data=no_data)
    muted = (lambda at: (at - T()) // TICK % 7 < 3) if mute else never
    in_one_go = lived(rule, seen, muted=muted)
    standing, one_by_one = CALM, []
    for place, one in enumerate(seen):
        after = lived(rule, [one], standing=standing, muted=muted, start=T() + place * TICK)
        one_by_one += after
        standing = after[-1].after if after else standing
        standing = kept.from_json(kept.to_json(standing))
    assert [(m.at, m.steps) for m in one_by_one if m.steps] == [
        (m.at, m.steps) for m in in_one_go if m.steps
    ]


@pytest.mark.thorough
@given(st.lists(observed, max_size=30))
def test_every_incident_begins_once_and_ends_once(seen: list[Seen | None]) -> None:
    after = lived(limit(keep=TICK, fewest=20), seen)
    kinds = [kind for _, kind in told(after) if kind in ("told", "ended")]
    assert kinds == (["told", "ended"] * len(kinds))[: len(kinds)]
    last = after[-1].after if after else CALM
    assert (last.incident is not None) is (kinds[-1:] == ["told"])
    assert (last.incident is not None) is bool(last.firing)


def test_a_calm_rule_is_kept_as_nothing() -> None:
    assert kept.to_json(CALM) == {}
    assert kept.from_json({}) is CALM


def test_a_phase_is_none_for_what_is_fine() -> None:
    after = lived(limit(lasting=TICK), hours(5))
    assert [part.phase for part in after[-1].after.parts.values()] == [Phase.PENDING]
    assert advance(limit(), CALM, {None: Observation(1.0, 30)}, T())[0] is CALM
