"""`/alert mute` and `unmute`: when a channel, or one of its rules, is left in peace, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.errors import UsageError
from bot.services import Services
from bot.slack.alerts import listing
from bot.store import mutes, people
from bot.store.tables import Mute
from commands.alert_asked import Asked, numbered
from commands.alert_listed import listed
from commands.alert_mutes import EXAMPLE, MuteText, parse_mute
from commands.words import plain

UNMUTE_EXAMPLE = "/alert unmute 3"


def register(app: App) -> None:
    app.action(listing.END_MUTE)(end_mute)


def mute(asked: Asked, rest: str) -> None:
    """Holds the alerts of the channel back, or one of them, and shows until when and why."""
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    typed = parse_mute(rest, now=now, zone=asked.reader.zone)
    with services.writing() as session:
        channel = _channel_of(session, asked, typed)
        mutes.add(
            session,
            services.workspace,
            channel,
            typed.mute,
            rule=typed.rule,
            why=typed.why,
            by=asked.user,
            now=now,
        )
        people.log(
            session, services.workspace, asked.user, "alert mute", f"{channel} {rest}", now=now
        )
    asked.answer(listed(asked, channel))


def _channel_of(session: Session, asked: Asked, typed: MuteText) -> str:
    """The channel that a mute is about: that of its rule, which may be another one."""
    if typed.rule is not None:
        return numbered(session, asked, str(typed.rule), example=EXAMPLE).channel
    asked.require_channel()
    return asked.channel


def unmute(asked: Asked, rest: str) -> None:
    """Ends every mute of the channel, or those of one rule."""
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        channel, held = _held(session, asked, "" if plain(rest) == "all" else rest, now)
        if not held:
            raise UsageError("Nothing is held back here.", "See: `/alert`")
        for row in held:
            _end(session, asked, row, now)
    asked.answer(listed(asked, channel))


def _held(session: Session, asked: Asked, typed: str, now: datetime) -> tuple[str, Sequence[Mute]]:
    workspace = asked.services.workspace
    if not typed:
        asked.require_channel()
        return asked.channel, mutes.of_channel(session, workspace, asked.channel, now=now)
    row = numbered(session, asked, typed, example=UNMUTE_EXAMPLE)
    held = mutes.of_channel(session, workspace, row.channel, now=now)
    return row.channel, [one for one in held if one.rule_id == row.id]


def end_mute(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Ends one mute, from the list; one that is over is no longer listed."""
    ack()
    asked, now = Asked.by_button(body, respond, services), services.clock.now()
    asked.require_lead()
    with services.writing() as session:
        row = mutes.get(session, services.workspace, int(action["value"]))
        if row is not None and row.ended_at is None:
            _end(session, asked, row, now)
    asked.answer(listed(asked, asked.channel if row is None else row.channel), replace=True)


def _end(session: Session, asked: Asked, row: Mute, now: datetime) -> None:
    mutes.end(session, row, by=asked.user, now=now)
    workspace, detail = asked.services.workspace, f"{row.channel} {row.id}"
    people.log(session, workspace, asked.user, "alert unmute", detail, now=now)
