"""The alerts of a channel as they are listed: how each stands, what it did, who holds what back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.alerts.quiet import Period
from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import listing
from bot.slack.alerts.costs import Budget
from bot.slack.alerts.rules import code
from bot.slack.blocks import LONGEST_TEXT, blocks_of, section
from bot.store import alerts as rules
from bot.store import budgets, mutes, unseen
from bot.store.earnings import earnings
from bot.store.tables import AlertRule, Mute
from commands.alert_asked import Asked

#: The list tells how often each rule fired in so many days.
LOOKED_BACK = timedelta(days=30)

#: So many rules that cannot be read are named.
_MOST_UNREADABLE = 20


def listed(asked: Asked, channel: str) -> Message:
    """The rules and mutes of a channel, and its budget; with its name where it is another one."""
    services, reader = asked.services, asked.reader
    silent = services.why_silent(channel, reader)
    with services.reading() as session:
        message = _listed(session, services, channel, reader, silent)
    return asked.where(message, channel)


def _listed(
    session: Session, services: Services, channel: str, reader: Reader, silent: str | None
) -> Message:
    now, workspace = services.clock.now(), services.workspace
    rows = rules.of_channel(session, workspace, channel)
    there = [row for row in rows if rules.is_readable(row)]
    held = mutes.of_channel(session, workspace, channel, now=now)
    earned = earnings(session, workspace, there, since=now - LOOKED_BACK, until=now)
    found = [
        listing.Listed(
            number=row.id or 0,
            rule=rules.rule_of(row),
            text=row.text,
            standing=rules.standing_of(row),
            owner=row.created_by,
            fired=earned[row.id or 0].fired,
            paused=row.paused,
            problem=None if row.paused else _problem(session, row, now) or silent,
            **_muted(row, held, now),
        )
        for row in there
    ]
    muted = [listing.Muted(m.id or 0, mutes.value(m), m.why, m.made_by, m.rule_id) for m in held]
    budget = Budget(
        budgets.of_channel(session, workspace, channel),
        rules.expected(session, workspace, channel),
    )
    message = listing.listed(found, now, reader, mutes=muted, budget=budget)
    return _with_unreadable(message, [row for row in rows if row not in there], reader)


def _problem(session: Session, row: AlertRule, now: datetime) -> str | None:
    """Why people do not see the message of the incident that is going on."""
    incident = rules.incident_of(session, row)
    return None if incident is None else unseen.trouble(session, incident, now)


def _muted(row: AlertRule, held: Sequence[Mute], now: datetime) -> dict[str, Any]:
    """Until when a rule is held back now by a period, and why; weekly mutes are told by themselves."""
    for mute in held:
        value = mutes.value(mute)
        if mute.rule_id in (None, row.id) and isinstance(value, Period) and value.holds(now):
            return {"muted_until": value.until, "muted_why": mute.why}
    return {}


def _with_unreadable(message: Message, rows: Sequence[AlertRule], reader: Reader) -> Message:
    """With those that this version cannot read, so that somebody can take them away."""
    if not rows:
        return message
    lines = [
        reader.text(
            "⚠️ Rule {number} cannot be read by this version, so nothing is looked at: {text} "
            "To end it: `/alert remove {number}`",
            number=str(row.id),
            text=code(row.text[: listing.LONGEST_LINE]),
        )
        for row in rows[:_MOST_UNREADABLE]
    ]
    told = "\n".join(lines)
    blocks = blocks_of(section(told[:3_000], "alerts-unreadable"))
    text = f"{told}\n{message.text}"[:LONGEST_TEXT]
    return replace(message, text=text, blocks=[*blocks, *message.blocks])
