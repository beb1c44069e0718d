"""Finds what stands beside the number of an alert, for its message: live and in a rehearsal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.around import Around
from bot.alerts.rehearsal import Moment
from bot.alerts.rule import Limit, Rule, Unusual
from bot.domain import Dimension, Slice
from bot.metrics.usual import Usual
from bot.store.observations import Past
from bot.store.readings import read

#: A group is named as the one that most tickets belong to when it has more than this share of them.
MOST = 0.5


def around(
    session: Session, workspace: int, past: Past, rule: Rule, zone: ZoneInfo, moment: Moment
) -> Around:
    """What there was around a moment; nothing where the incident is over."""
    if moment.after.incident is None or rule.by is not None:
        return Around()
    at = rule.slots(moment.at - 2 * rule.tick, moment.at)[-1]
    part = moment.after.parts.get(None)
    return Around(
        _usual(past, rule, zone, at),
        None if part is None else part.last.n,
        _mostly(session, workspace, rule, at),
    )


def _usual(past: Past, rule: Rule, zone: ZoneInfo, at: datetime) -> Usual | None:
    """What is usual at this time of the week, for a rule that only has a limit."""
    if not isinstance(rule.condition, Limit):
        return None
    asking = replace(rule, condition=Unusual(rule.condition.side))
    slot = asking.slots(at - 2 * asking.tick, at)[-1]
    (seen,) = past.seen(asking, zone, [slot])
    return None if seen is None or None not in seen else seen[None].usual


def _mostly(session: Session, workspace: int, rule: Rule, at: datetime) -> Slice | None:
    """The group of most tickets, where the rule itself names no part."""
    metric = rule.of
    if metric is None or rule.only is not None or Dimension.GROUP not in metric.dimensions:
        return None
    found = read(
        session, workspace, [metric], [rule.window(at)], by=Dimension.GROUP, clock=rule.clock
    )
    most = max(found, key=lambda one: one.n, default=None)
    if most is None or most.n <= MOST * sum(one.n for one in found):
        return None
    return most.slice if most.slice and most.slice.value is not None else None
