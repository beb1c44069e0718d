"""A rule that would have spoken now and then, in the place of one that would hardly have been silent."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.alerts.hindsight import OFTEN, Finding, History, by_history
from bot.alerts.judge import Observation, Seen, Verdict, judge, severity
from bot.alerts.life import Kind
from bot.alerts.looser import further, round_values
from bot.alerts.rehearsal import Rehearsal
from bot.alerts.rule import Limit, Rule, Waiting, recovery
from bot.alerts.sense import problem

#: Out of its limit in so small a share of the moments, a rule is news when it fires.
SELDOM = 0.04

#: Of more single tickets a day than this each is read no longer.
READ_A_DAY = 10

#: So many steps nearer a limit is looked for, where the one that is seldom passed never would be.
_STEPS_BACK = 12


def seldom(rule: Rule, seen: Sequence[Seen | None]) -> Rule | None:
    """The nearest rule that would have fired, but seldom; `None` where there is no such limit.

    `seen` is what there was to see, slot by slot, as in `by_history`. Its limit is a round value
    further out, or the change is larger.
    """
    ladder, share = _ladder(rule, by_history(rule, seen)), _share(rule, seen)
    first = bisect_left(ladder, -SELDOM, key=lambda one: -share(one))
    # The first that is seldom passed may be one that never is: then one a little nearer.
    for place in range(min(first, len(ladder) - 1), max(first - _STEPS_BACK, -1), -1):
        if share(ladder[place]) >= OFTEN:
            break
        if by_history(ladder[place], seen).says is History.SOUND:
            return ladder[place]
    return None


def _share(rule: Rule, seen: Sequence[Seen | None]) -> Callable[[Rule], float]:
    """In which share of the moments a rule with another limit would have been out of it."""
    if not isinstance(rule.condition, Limit):
        return lambda other: by_history(other, seen).share_out
    sizes = sorted(
        max(severity(rule, one) for one in there)
        for moment in seen
        if (
            there := [one for one in (moment or {}).values() if judge(rule, one) is not Verdict.FEW]
        )
    )

    def share(other: Rule) -> float:
        if not isinstance(other.condition, Limit):
            raise TypeError("a ladder has one sort of condition")
        limit = severity(other, Observation(other.condition.value))
        return 1 - bisect_right(sizes, limit) / len(sizes) if sizes else 0.0

    return share


def _ladder(rule: Rule, found: Finding) -> Sequence[Rule]:
    """The same rule with ever further limits, up to what was seen furthest out."""
    limit, metric = rule.condition, rule.of
    if not isinstance(limit, Limit) or metric is None:
        return [] if isinstance(limit, Waiting) else further(rule)
    furthest = found.furthest.value if found.furthest else None
    about = limit.value if furthest is None else max(limit.value, furthest)
    limits = (
        Limit(limit.side, value, recovery(metric, limit.side, value))
        for value in round_values(metric, limit, about=about)
    )
    rules = (replace(rule, condition=one) for one in limits)
    return [one for one in rules if problem(one) is None]


# --- Single tickets ------------------------------------------------------------------------------


def told(found: Rehearsal) -> int:
    """How many parts have fired, each as often as it did: of single tickets, how many were told."""
    return sum(step.kind is Kind.FIRED for moment in found.moments for step in moment.steps)


def days(found: Rehearsal) -> float:
    """How many days of history were gone through."""
    covered = found.covered
    return 0.0 if covered is None else (covered.end - covered.start) / timedelta(days=1)


def days_read(found: Rehearsal) -> float:
    """In how many of these days data were there in time."""
    return days(found) * (1 - found.lacking)


def a_day(found: Rehearsal) -> float:
    """How many tickets a day would have been told, while data were there in time."""
    return told(found) / days_read(found) if days_read(found) else 0.0


def fewer(found: Rehearsal) -> tuple[Rule, float] | None:
    """The shortest longer wait of which people would still read each ticket, and how many a day.

    `None` where they would read those of the rule itself, and where no wait is long enough.
    """
    if not isinstance(found.rule.condition, Waiting) or a_day(found) <= READ_A_DAY:
        return None
    waits = list(_waits(found))
    for rule in further(found.rule):
        if not isinstance(rule.condition, Waiting):
            continue
        limit = rule.condition.limit.total_seconds()
        rate = sum(wait > limit for wait in waits) / days(found)
        if 0 < rate <= READ_A_DAY:
            return rule, rate
    return None


def _waits(found: Rehearsal) -> Iterator[float]:
    """How long each ticket that was told had waited in the end, in seconds."""
    for moment in found.moments:
        for step in moment.steps:
            if step.kind in (Kind.RECOVERED, Kind.LAPSED):
                yield step.value or 0.0
    if found.moments:
        for part in found.moments[-1].after.firing.values():
            yield part.last.value or 0.0
