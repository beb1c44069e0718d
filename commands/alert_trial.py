"""Tries a rule on the past before it is switched on: what it would have done, and what it will cost."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.budget import Cost, TooLittle, cost
from bot.alerts.hindsight import Finding, History
from bot.alerts.looser import proposals
from bot.alerts.milder import fewer
from bot.alerts.quiet import Muted, muted_by
from bot.alerts.rehearsal import Rehearsal
from bot.alerts.rule import Rule
from bot.alerts.wording import written
from bot.hours import office
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts.costs import Budget
from bot.slack.alerts.rehearsal import Proposal, Tried
from bot.store import alerts as rules
from bot.store import budgets, mutes
from bot.store.observations import Past
from bot.store.rehearsals import DAYS, finding_on, history, rehearse_on, seldom_on
from bot.store.tables import AlertRule


def try_out(
    session: Session,
    services: Services,
    rule: Rule,
    channel: str,
    reader: Reader,
    *,
    row: AlertRule | None = None,
    replaces: int | None = None,
    days: int = DAYS,
) -> Tried:
    """What came of trying a rule on the last `days`, for a channel.

    `row` is the rule where it is switched on already, `replaces` the number of the one whose place it
    is to take.
    """
    own = row or _replaced(session, services, replaces)
    zone = reader.zone if own is None else ZoneInfo(own.zone)
    now, past = services.clock.now(), _past(session, services)
    muted = muted_of(session, services, rule, own, zone, channel=channel)
    tried = rehearse_on(past, rule, zone, days=days, now=now, muted=muted)
    look = partial(history, past, zone=zone, now=now)
    expected = cost(rule, look(rule), zone)
    budget = _budget(session, services, channel, expected, own.id if own else None)
    left = budget.allowed - ((budget.expected or 0.0) - _rate(expected))
    looser = proposals(rule, look, zone, budget=max(left, 0.0)) if budget.is_spent else []
    finding = finding_on(past, rule, zone, days=days, now=now)
    proposed = _fewer(tried)
    if finding.says in (History.ALWAYS, History.OFTEN):
        found = seldom_on(past, rule, zone, days=days, now=now, muted=muted)
        proposed = [] if found is None else [Proposal(written(found[0]), fired=found[1])]
    return Tried(
        tried,
        written(rule),
        channel,
        finding=finding,
        cost=expected,
        budget=budget,
        proposals=[
            *proposed,
            *(Proposal(written(one.rule), one.cost.per_week) for one in looser),
        ],
        warnings=_warnings(services, channel, reader),
        number=row.id if row is not None else None,
        replaces=replaces,
    )


def _replaced(session: Session, services: Services, number: int | None) -> AlertRule | None:
    return None if number is None else rules.get(session, services.workspace, number)


def _warnings(services: Services, channel: str, reader: Reader) -> list[str]:
    """That nothing could be posted, before anybody relies on it."""
    if not channel.startswith(("C", "G")):
        return []
    silent = services.why_silent(channel, reader)
    return [] if silent is None else [silent]


def _rate(expected: Cost | TooLittle) -> float:
    return expected.per_week if isinstance(expected, Cost) else 0.0


def _fewer(tried: Rehearsal) -> list[Proposal]:
    """A longer wait, where so many tickets would be told that nobody reads each."""
    found = fewer(tried)
    return [] if found is None else [Proposal(written(found[0]), a_day=found[1])]


def glance(
    session: Session, services: Services, rule: Rule, channel: str, reader: Reader, *, days: int
) -> tuple[Rehearsal, Finding]:
    """What a rule would have done in the last days, and what speaks against it; not what it costs."""
    past, now = _past(session, services), services.clock.now()
    muted = muted_of(session, services, rule, None, reader.zone, channel=channel)
    found = rehearse_on(past, rule, reader.zone, days=days, now=now, muted=muted)
    return found, finding_on(past, rule, reader.zone, days=days, now=now)


def price(session: Session, services: Services, rule: Rule, zone: ZoneInfo) -> float | None:
    """How many false alarms a week are expected of a rule; `None` where history is too short."""
    past, now = _past(session, services), services.clock.now()
    found = cost(rule, history(past, rule, zone, now=now), zone)
    return found.per_week if isinstance(found, Cost) else None


def muted_of(
    session: Session,
    services: Services,
    rule: Rule,
    row: AlertRule | None,
    zone: ZoneInfo,
    *,
    channel: str = "",
) -> Muted:
    """When it would have been held back: outside of office hours, and by the mutes that there were.

    Those of its own, where it is a rule of the store, and those of its whole channel.
    """
    is_open = office(services.settings, zone) if rule.in_hours else None
    held = (
        mutes.of_rule(session, row)
        if row is not None
        else mutes.of_whole_channel(session, services.workspace, channel)
    )
    return muted_by(held, is_open=is_open)


def _past(session: Session, services: Services) -> Past:
    return Past(session, services.workspace, patience=services.settings.stale_after)


def _budget(
    session: Session,
    services: Services,
    channel: str,
    price: Cost | TooLittle,
    own: int | None,
) -> Budget:
    """What the channel puts up with, and what all of its rules will cost with this one."""
    allowed = budgets.of_channel(session, services.workspace, channel)
    others = rules.costs(session, services.workspace, channel, but=own)
    return Budget(allowed, others + price.per_week if isinstance(price, Cost) else None)
