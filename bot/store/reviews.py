"""Gathers what the alert rules of a channel earned, and what those that disturb could be instead."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.budget import Cost, cost
from bot.alerts.earnings import Earnings, Review
from bot.alerts.looser import suggest
from bot.store import alerts as rules
from bot.store.earnings import earnings
from bot.store.observations import Past
from bot.store.rehearsals import history
from bot.store.tables import AlertRule


def reviews(
    session: Session,
    workspace: int,
    channel: str,
    *,
    since: datetime,
    until: datetime,
    patience: timedelta,
) -> list[Review]:
    """What each rule of a channel earned between two moments, oldest rule first."""
    there = [row for row in rules.of_channel(session, workspace, channel) if rules.is_readable(row)]
    earned = earnings(session, workspace, there, since=since, until=until)
    past = Past(session, workspace, patience=patience)
    return [_review(past, row, earned[row.id or 0], until) for row in there]


def _review(past: Past, row: AlertRule, earned: Earnings, now: datetime) -> Review:
    rule, zone = rules.rule_of(row), ZoneInfo(row.zone)
    look = partial(history, past, zone=zone, now=now)
    looser = suggest(rule, earned, look, zone)
    price = None if looser is None else cost(looser, look(looser), zone)
    return Review(
        row.id or 0,
        rule,
        row.text,
        earned,
        looser,
        price.per_week if isinstance(price, Cost) else None,
        age=now - row.since,
    )
