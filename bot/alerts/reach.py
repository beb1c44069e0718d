"""Whether a condition can be met at all, and be over again: by its own numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import ceil, floor

from bot.alerts.problem import FOR_EXAMPLE, Problem, found
from bot.alerts.rule import (
    SLA,
    Burn,
    Change,
    Limit,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    bad_side,
    bounds,
    is_whole,
    recovery,
    whole,
)
from bot.alerts.unsaid import usual_window
from bot.alerts.wording import amount, number, percent, sample, span
from bot.metrics import CATALOGUE, Metric, Unit


def of_condition(rule: Rule) -> Iterator[Problem]:
    """What makes no sense about the condition of a rule."""
    match rule.condition:
        case Limit() as limit if rule.of is not None:
            yield from _of_limit(rule, rule.of, limit)
        case Change() as change if rule.of is not None:
            yield from _of_change(rule, rule.of, change)
        case Old(span_) | Waiting(span_) if span_ < rule.tick:
            yield found(
                "condition",
                "A rule looks every `{tick}`, so `{span}` is too short for it.",
                FOR_EXAMPLE,
                replace(rule, condition=type(rule.condition)(timedelta(hours=2))),
                tick=span(rule.tick),
                span=span(span_),
            )
        case Burn() as burn:
            yield from _of_burn(rule, burn)


def _of_limit(rule: Rule, metric: Metric, limit: Limit) -> Iterator[Problem]:
    if limit.side is Side.EITHER:
        message = "A limit lies either above or below, not on both sides."
        yield found("condition", message, FOR_EXAMPLE, _usual_limit(rule, metric))
        return
    yield from _of_fraction(rule, metric, limit)
    told = _NEVER if _never(metric, limit) else _ALWAYS if _always(metric, limit) else None
    if told is not None:
        low, high = bounds(metric)
        yield found(
            "condition",
            told[limit.side],
            _AT_LEAST if high is None else _BETWEEN,
            _usual_limit(rule, metric),
            metric=metric.label,
            limit=amount(metric, limit.value),
            low=amount(metric, low),
            high="" if high is None else amount(metric, high),
        )
    yield from _of_recovery(rule, metric, limit)


def _of_fraction(rule: Rule, metric: Metric, limit: Limit) -> Iterator[Problem]:
    """Of what is counted there is no half: the whole number next to it means the same."""
    if not is_whole(metric):
        return
    chosen = limit.recover != recovery(metric, limit.side, limit.value)
    wrong = [one for one in (limit.value, *([limit.recover] if chosen else [])) if one % 1]
    if not wrong:
        return
    value = float(floor(limit.value) if limit.side is Side.ABOVE else ceil(limit.value))
    back = whole(limit.side, limit.recover) if chosen else recovery(metric, limit.side, value)
    yield found(
        "condition" if limit.value % 1 else "recover",
        "“{metric}” is counted: it is a whole number, and `{number}` is none.",
        "The same is meant by: {example}",
        replace(rule, condition=Limit(limit.side, value, back)),
        metric=metric.label,
        number=number(wrong[0]),
    )


def _usual_limit(rule: Rule, metric: Metric) -> Rule:
    return replace(rule, condition=sample(metric).condition)


def _never(metric: Metric, limit: Limit) -> bool:
    low, high = bounds(metric)
    if limit.side is Side.BELOW:
        return limit.value <= low
    return high is not None and limit.value >= high


def _always(metric: Metric, limit: Limit) -> bool:
    low, high = bounds(metric)
    if limit.side is Side.BELOW:
        return high is not None and limit.value > high
    # A median of 0 seconds there is none.
    return limit.value <= low if metric.unit is Unit.SECONDS else limit.value < low


_AT_LEAST = "It is at least `{low}`. For example: {example}"
_BETWEEN = "It lies between `{low}` and `{high}`. For example: {example}"

_NEVER = {
    Side.ABOVE: "“{metric}” is never above `{limit}`, so that would never alert.",
    Side.BELOW: "“{metric}” is never below `{limit}`, so that would never alert.",
}
_ALWAYS = {
    Side.ABOVE: "“{metric}” is always above `{limit}`, so that would always alert.",
    Side.BELOW: "“{metric}” is always below `{limit}`, so that would always alert.",
}


def _of_recovery(rule: Rule, metric: Metric, limit: Limit) -> Iterator[Problem]:
    usual = recovery(metric, limit.side, limit.value)
    above = limit.side is Side.ABOVE
    low, high = bounds(metric)
    beyond = limit.recover < low if above else high is not None and limit.recover > high
    if limit.recover > limit.value if above else limit.recover < limit.value:
        message = _WRONG_SIDE[limit.side]
    elif beyond:
        message = _OUT_OF_REACH[limit.side]
    else:
        return
    yield found(
        "recover",
        message,
        "Leave `recover` out, and it is over at `{usual}`: {example}",
        replace(rule, condition=replace(limit, recover=usual)),
        metric=metric.label,
        limit=amount(metric, limit.value),
        recover=amount(metric, limit.recover),
        usual=amount(metric, usual),
    )


_WRONG_SIDE = {
    Side.ABOVE: "It alerts above `{limit}`, so it cannot be over at `{recover}`.",
    Side.BELOW: "It alerts below `{limit}`, so it cannot be over at `{recover}`.",
}
_OUT_OF_REACH = {
    Side.ABOVE: "“{metric}” is never as low as `{recover}`, so the alert would never be over.",
    Side.BELOW: "“{metric}” is never as high as `{recover}`, so the alert would never be over.",
}


def _of_change(rule: Rule, metric: Metric, change: Change) -> Iterator[Problem]:
    low, _ = bounds(metric)
    mended = replace(rule, condition=replace(change, share=0.4))
    if low < 0:
        yield found(
            "condition",
            "“{metric}” can be 0 or less, and of that there is no percentage.",
            "Ask for what is unusual: {example}",
            replace(rule, condition=Unusual(bad_side(metric))),
            metric=metric.label,
        )
    elif change.share <= 0:
        message = "A change of `{share}` is none."
        yield found("condition", message, FOR_EXAMPLE, mended, share=percent(change.share))
    elif change.side is Side.BELOW and change.share >= 1:
        message = "Nothing falls by more than `100%`, so that would never alert."
        yield found("condition", message, FOR_EXAMPLE, mended)


def _of_burn(rule: Rule, burn: Burn) -> Iterator[Problem]:
    if not 0 < burn.target < 1:
        yield found(
            "condition",
            "A goal of `{goal}` has no budget that could burn.",
            FOR_EXAMPLE,
            replace(rule, condition=replace(burn, target=0.95)),
            goal=percent(burn.target),
        )
        return
    most = 1 / (1 - burn.target)
    if burn.factor <= 1:
        metric = CATALOGUE[SLA]
        side, goal = Side.BELOW, burn.target
        limit = Limit(side, goal, recovery(metric, side, goal))
        yield found(
            "condition",
            "A budget that burns no faster than `1x` lasts.",
            "To watch the goal itself: {example}",
            replace(rule, condition=limit, over=usual_window(limit, metric)),
        )
    elif burn.factor > most * (1 - 1e-9):  # 1 / (1 - 0.8) is a hair more than 5
        yield found(
            "condition",
            "With a goal of `{goal}` a budget burns at most `{most}x` as fast as it may, "
            "so that would never alert.",
            FOR_EXAMPLE,
            replace(rule, condition=replace(burn, factor=min(6.0, round((1 + most) / 2, 1)))),
            goal=percent(burn.target),
            most=number(round(most, 1)),
        )
