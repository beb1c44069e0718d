"""Tries alert rules on stored history: what each would have done, and what it will cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.budget import Cost, TooLittle, cost
from bot.alerts.chance import History
from bot.alerts.hindsight import Finding, by_history
from bot.alerts.milder import seldom
from bot.alerts.quiet import Muted, never
from bot.alerts.rehearsal import Rehearsal, firings, replay
from bot.alerts.rule import Limit, Old, Rule, Side, Waiting
from bot.alerts.sights import Sights
from bot.alerts.slots import Slots
from bot.domain import Window
from bot.store.observations import Past

#: So many days back a rule is tried, and so many a cost rests on.
DAYS = 90


def rehearse(
    session: Session,
    workspace: int,
    rule: Rule,
    zone: ZoneInfo,
    *,
    days: int = DAYS,
    now: datetime,
    patience: timedelta,
    muted: Muted = never,
) -> Rehearsal:
    """Takes a rule through the last `days`, as far as history goes back; see `rehearse_on`."""
    past = Past(session, workspace, patience=patience)
    return rehearse_on(past, rule, zone, days=days, now=now, muted=muted)


def rehearse_on(
    past: Past,
    rule: Rule,
    zone: ZoneInfo,
    *,
    days: int = DAYS,
    now: datetime,
    muted: Muted = never,
) -> Rehearsal:
    """The same of many rules on one `past`, which reads its rows only once.

    What people would have done about an alert is not made up.
    """
    asked = Window(now - timedelta(days=days), now)
    moments, seen = _looked_at(past, rule, zone, asked)
    if not moments:
        return Rehearsal(rule, asked)
    lacking, few = _counted(rule, seen)
    return Rehearsal(
        rule,
        asked,
        Window(max(asked.start, moments[0] - rule.tick), moments[-1]),
        len(moments),
        lacking,
        few,
        tuple(replay(rule, moments, seen, muted=muted)),
    )


def rehearse_each(
    past: Past,
    tried: Sequence[tuple[Rule, ZoneInfo, Muted]],
    *,
    days: int = DAYS,
    now: datetime,
) -> Iterator[tuple[int, Rehearsal]]:
    """The same of many rules, each with its zone and its mutes: its place among them, and what came.

    Those that look at parts come first: what is read for them serves those that look at all as well.
    """

    def looks_at_all(place: int) -> bool:
        rule, *_ = tried[place]
        return rule.by is None and rule.only is None

    for place in sorted(range(len(tried)), key=looks_at_all):
        rule, zone, muted = tried[place]
        yield place, rehearse_on(past, rule, zone, days=days, now=now, muted=muted)


def finding_on(
    past: Past, rule: Rule, zone: ZoneInfo, *, days: int = DAYS, now: datetime
) -> Finding:
    """What the same history says of a rule as a whole: that it never fires, or always does."""
    _, seen = _looked_at(past, rule, zone, Window(now - timedelta(days=days), now))
    return by_history(rule, seen)


def seldom_on(
    past: Past,
    rule: Rule,
    zone: ZoneInfo,
    *,
    days: int = DAYS,
    now: datetime,
    muted: Muted = never,
) -> tuple[Rule, int] | None:
    """The nearest rule that would have fired now and then on the same history, and how often."""
    moments, seen = _looked_at(past, rule, zone, Window(now - timedelta(days=days), now))
    found = seldom(rule, seen) if moments else None
    if found is None:
        return None
    return found, len(firings(replay(found, moments, seen, muted=muted)))


def _looked_at(past: Past, rule: Rule, zone: ZoneInfo, asked: Window) -> tuple[Slots, Sights]:
    """The slots of a window that can be judged, and what there was to see in each."""
    moments = _moments(past, rule, zone, asked)
    return moments, past.seen(rule, zone, moments, since=asked.start)


def _moments(past: Past, rule: Rule, zone: ZoneInfo, asked: Window) -> Slots:
    """The slots of a window that lie in the history there is, and can be judged by now."""
    known = past.known_from(rule, zone)
    if known is None or known >= asked.end:
        return Slots(range(0))
    # What is known from a moment on can be judged in that moment.
    moments = rule.slots(max(asked.start, known - timedelta(seconds=1)), asked.end)
    return moments[: past.ready(rule, moments, asked.end)]


def _counted(rule: Rule, seen: Sights) -> tuple[int, int]:
    """In how many slots there were no data in time, and in how many too little to claim anything."""
    # An age is known at once, and that no ticket waits is an answer as well.
    few = 0 if isinstance(rule.condition, Waiting | Old) else seen.few(rule)
    return seen.lacking(), few


def priced(
    session: Session,
    workspace: int,
    rule: Rule,
    zone: ZoneInfo,
    *,
    now: datetime,
    patience: timedelta,
) -> Cost | TooLittle:
    """How many false alarms a week a rule will cost, by the history there is."""
    past = Past(session, workspace, patience=patience)
    return cost(rule, history(past, rule, zone, now=now), zone)


def history(past: Past, rule: Rule, zone: ZoneInfo, *, now: datetime) -> History:
    """What there was to see of what a rule watches, in the last 90 days; without what was usual."""
    bare = rule
    if rule.asks_usual:
        # The slots stay those of the rule itself.
        bare = replace(rule, condition=Limit(Side.ABOVE, inf, inf))
    asked = Window(now - timedelta(days=DAYS), now)
    known = past.known_from(bare, zone)
    if known is None or known >= now:
        return History((), ())
    moments = rule.slots(max(asked.start, known), now)
    moments = moments[: past.ready(bare, moments, now)]
    # It is gone over more than once.
    return History(moments, list(past.seen(bare, zone, moments, since=asked.start)))
