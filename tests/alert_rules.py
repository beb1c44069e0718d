"""Alert rules of every kind that make sense, for the tests that try many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bot.alerts.judge import needs_sample
from bot.alerts.rule import (
    EVERY,
    FEWEST,
    KEEP,
    SLA,
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
    bounds,
    is_whole,
    recovery,
)
from bot.alerts.unsaid import is_snapshot, usual_fast, usual_window
from bot.alerts.watchable import alertable
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock, Metric, Unit

METRICS = [metric for metric in CATALOGUE.values() if alertable(metric)]

_FEW_MINUTES = st.integers(1, 7 * 24 * 60)
_ONE_SIDE = st.sampled_from((Side.ABOVE, Side.BELOW))

#: Names of groups: words of rules, quotation marks, other scripts, and anything at all.
NAMES = st.one_of(
    st.sampled_from(
        (
            *("Billing", "Tier 2", "for", "By", "over 2h", "min 20", "business", "no data alerts"),
            *('the "A" team', "Bob's", "«x»", "a, b", "R&D <EU> > 4h", "پشتیبانی فنی", "צוות ב'"),
            *("in office hours", "&gt; 4h", "“quoted”", "`code`", "\u200fیک\u200cدو", " ", "a\nb"),
        )
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.text("\"'“”„’«»` ax", min_size=1, max_size=12),
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule that makes sense."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_of_data())
    if draw(st.integers(0, 9)) == 0:
        return draw(_of_tickets())
    return draw(_of_numbers())


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@st.composite
def _of_data(draw: st.DrawFn) -> Rule:
    desk = st.builds(Slice, st.just(Dimension.DESK), NAMES)
    return Rule(
        Old(_minutes(draw(st.integers(5, 50_000)))),
        only=draw(st.none() | desk),
        lasting=draw(_spans(timedelta(0), 0, 7 * 24 * 60)),
        keep=draw(_spans(KEEP, 0, 7 * 24 * 60)),
        every=draw(_spans(EVERY, 5, 31 * 24 * 60)),
        in_hours=draw(st.booleans()),
    )


@st.composite
def _of_tickets(draw: st.DrawFn) -> Rule:
    dimensions = st.sampled_from([one for one in Dimension if one is not Dimension.AGENT])
    return Rule(
        Waiting(_minutes(draw(st.integers(5, 50_000)))),
        only=draw(st.none() | st.builds(Slice, dimensions, NAMES)),
        in_hours=draw(st.booleans()),
        no_data=draw(st.sampled_from(NoData)),
    )


@st.composite
def _of_numbers(draw: st.DrawFn) -> Rule:
    metric = draw(st.sampled_from([*METRICS, *[CATALOGUE[SLA]] * 4]))
    if metric.key == SLA and draw(st.booleans()):
        over = draw(_windows(_shortest_look=5))
        condition: Condition = draw(_burns(over))
    else:
        condition = draw(_conditions(metric))
        usual = usual_window(condition, metric)
        shortest = 15 if isinstance(condition, Change | Unusual) else 5
        over = usual if is_snapshot(metric) else draw(st.just(usual) | _windows(shortest))
    parts = draw(_parts(metric))
    rule = Rule(condition, metric=metric.key, over=over, **parts)
    told: dict[str, Any] = {
        "lasting": draw(_spans(timedelta(0), 0, 7 * 24 * 60)),
        "fewest": draw(st.just(FEWEST) | st.integers(1, 999_999)) if needs_sample(rule) else FEWEST,
        "keep": draw(_spans(KEEP, 0, 7 * 24 * 60)),
        "in_hours": draw(st.booleans()),
    }
    if not metric.is_surveyed:
        told["every"] = draw(_spans(EVERY, int(rule.tick / _minutes(1)), 31 * 24 * 60))
        told["no_data"] = draw(st.sampled_from(NoData))
    return Rule(condition, metric=metric.key, over=over, **parts, **told)


def _spans(usual: timedelta, least: int, most: int) -> st.SearchStrategy[timedelta]:
    """So many whole minutes, quite often those that are meant when nothing is said."""
    return st.just(usual) | st.integers(least, most).map(_minutes)


def _windows(_shortest_look: int) -> st.SearchStrategy[timedelta]:
    """Whole looks, of which a longer window has longer ones."""
    to_six_hours = st.integers(-(-15 // _shortest_look), 6 * 60 // _shortest_look)
    return st.one_of(
        to_six_hours.map(lambda looks: _minutes(_shortest_look * looks)),
        st.integers(25, 96).map(lambda looks: _minutes(15 * looks)),
        st.integers(25, 31 * 24).map(lambda hours: timedelta(hours=hours)),
    )


@st.composite
def _parts(draw: st.DrawFn, metric: Metric) -> dict[str, Any]:
    possible = sorted(metric.dimensions - {Dimension.AGENT})
    by = draw(st.none() | st.sampled_from(possible)) if possible else None
    others = [one for one in possible if one is not by]
    part = st.builds(Slice, st.sampled_from(others), NAMES) if others else st.nothing()
    clocks = list(Clock) if metric.has_business_clock else [Clock.CALENDAR]
    return {"by": by, "only": draw(st.none() | part), "clock": draw(st.sampled_from(clocks))}


def _conditions(metric: Metric) -> st.SearchStrategy[Condition]:
    if metric.is_surveyed:
        return _limits(metric)
    unusual = st.builds(Unusual, st.sampled_from(Side))
    if bounds(metric)[0] < 0:
        return st.one_of(_limits(metric), unusual)
    return st.one_of(_limits(metric), unusual, _changes())


@st.composite
def _changes(draw: st.DrawFn) -> Change:
    side = draw(st.sampled_from(Side))
    most = 0.999 if side is Side.BELOW else 99.0
    return Change(side, draw(st.integers(1, 99).map(_percent) | st.floats(0.001, most)))


def _percent(number: int) -> float:
    return number / 100


@st.composite
def _limits(draw: st.DrawFn, metric: Metric) -> Limit:
    side = draw(_ONE_SIDE)
    low, high = bounds(metric)
    value = draw(_values(metric, low, high))
    recover = _values(metric, low, value) if side is Side.ABOVE else _values(metric, value, high)
    return Limit(side, value, draw(st.just(recovery(metric, side, value)) | recover))


def _values(metric: Metric, low: float, high: float | None) -> st.SearchStrategy[float]:
    """Values between two ends: round ones, and with all their decimals; of times to the thousandth."""
    if metric.unit is Unit.SECONDS:
        first, last = round(low * 1000) or 1, round(high * 1000) if high else 10**9
        return st.integers(first, last).map(lambda thousandths: thousandths / 1000)
    if is_whole(metric):
        least, most = int(low) + 1, 10**6 if high is None else int(high)
        return st.integers(least, max(least, most)).map(float)
    inside = 1e-4 if metric.unit is Unit.RATIO and low == 0 else low
    top = 1e6 if high is None else high
    return st.floats(min(inside, top), top).filter(lambda value: low < value < top) | st.just(
        (low + top) / 2
    )


@st.composite
def _burns(draw: st.DrawFn, over: timedelta) -> Burn:
    target = draw(st.integers(50, 99).map(_percent) | st.floats(0.5, 0.999))
    factor = draw(st.floats(1.001, 0.999 / (1 - target)))
    tick = Rule(Burn(factor, target, over), over=over).tick
    fast = draw(st.integers(1, over // tick - 1)) * tick
    return Burn(factor, target, draw(st.just(usual_fast(over)) | st.just(fast)))
