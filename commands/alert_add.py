"""`/alert add`, `edit` and `test`: a rule is tried on the past, then switched on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.alerts.rule import Rule
from bot.alerts.wording import written
from bot.errors import UsageError
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import listing, rehearsal
from bot.slack.alerts.form import Form, filled
from bot.slack.alerts.rehearsal import Wanted
from bot.store import alerts as rules
from bot.store.rehearsals import DAYS
from bot.store.tables import AlertRule
from commands.alert_asked import Asked, check_readable, numbered, typed_as
from commands.alert_switch import read_rule, read_wanted, switch_on
from commands.alert_trial import try_out
from commands.alert_window import open_form
from commands.times import parse_duration
from commands.words import FOR_EXAMPLE, examples, plain, quoted

#: What may be said before a number of days.
_BEFORE_DAYS = re.compile(r"^(?:(?:on|over|for) )?(?:the )?(?:last |past )?")


def register(app: App) -> None:
    app.action(listing.NEW)(new_pressed)
    app.action(listing.EDIT_RULE)(edit_pressed)
    app.action(listing.TEST)(test_pressed)
    app.action(rehearsal.SWITCH_ON)(switch_on_pressed)
    app.action(rehearsal.EDIT)(change_pressed)
    app.action(rehearsal.TRY)(try_pressed)
    app.action(rehearsal.DISCARD)(discard)


# --- Typed ---------------------------------------------------------------------------------------


def add(asked: Asked, text: str) -> None:
    """Tries a rule on the past, and asks whether to switch it on; without text, asks for all of it."""
    if not text:
        new(asked, "")
        return
    asked.require_lead()
    _try(asked, Wanted(asked.channel, text))


def new(asked: Asked, _text: str) -> None:
    """Opens the window of a new rule."""
    asked.require_lead()
    asked.require_channel()
    open_form(asked, Form(asked.channel))


def edit(asked: Asked, text: str) -> None:
    """Tries what a rule is to become; without text, opens its window."""
    asked.require_lead()
    number, _, rest = text.partition(" ")
    with asked.services.reading() as session:
        row = numbered(session, asked, number, example="/alert edit 3 first response time > 3h")
    check_readable(row)
    if rest.strip():
        with typed_as(f"/alert edit {row.id}"):
            _try(asked, Wanted(row.channel, rest, row.id))
    else:
        open_form(asked, filled(rules.rule_of(row), row.channel, row.id))


def test(asked: Asked, text: str) -> None:
    """Takes a rule through the last 90 days: one by its number, or one that is typed.

    Of one by its number it may be said how many days: `/alert test 3 30d`.
    """
    number, _, rest = text.partition(" ")
    with asked.services.reading() as session, typed_as("/alert test"):
        if plain(number).removeprefix("#").isdecimal() or not text:
            row = numbered(session, asked, number, example="/alert test 3")
            check_readable(row)
            _test(asked, session, row, parse_days(rest))
        else:
            rule = read_rule(session, asked.services, text, asked.reader)
            _show(asked, session, rule, Wanted(asked.channel, written(rule)))


def parse_days(text: str) -> int:
    """How many days in `30`, `30d`, `last 30 days`, `2 weeks`; 90 where nothing is said.

    Raises `UsageError`.
    """
    typed = plain(text)
    if not typed:
        return DAYS
    bare = _BEFORE_DAYS.sub("", typed)
    try:
        span = timedelta(days=int(bare)) if bare.isdecimal() else parse_duration(bare)
    except (UsageError, OverflowError):
        span = timedelta(0)
    if span % timedelta(days=1) or not timedelta(0) < span <= timedelta(days=DAYS):
        raise UsageError(
            "A rule is tried on whole days, {most} at most; “{typed}” is not.",
            FOR_EXAMPLE,
            most=DAYS,
            typed=quoted(text),
            example=examples("/alert test 3 30d"),
        )
    return span.days


def _test(asked: Asked, session: Session, row: AlertRule, days: int) -> None:
    rule, services = rules.rule_of(row), asked.services
    tried = try_out(session, services, rule, row.channel, asked.reader, row=row, days=days)
    asked.answer(asked.where(rehearsal.rehearsed(tried, asked.reader), row.channel))


def _try(asked: Asked, wanted: Wanted) -> None:
    with asked.services.reading() as session:
        rule = read_wanted(session, asked, wanted)
        _show(asked, session, rule, wanted)


def _show(asked: Asked, session: Session, rule: Rule, wanted: Wanted) -> None:
    tried = try_out(
        session, asked.services, rule, wanted.channel, asked.reader, replaces=wanted.number
    )
    asked.answer(asked.where(rehearsal.rehearsed(tried, asked.reader), wanted.channel))


# --- Buttons -------------------------------------------------------------------------------------


def new_pressed(ack: Ack, body: dict[str, Any], respond: Respond, services: Services) -> None:
    ack()
    new(Asked.by_button(body, respond, services), "")


def edit_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    edit(Asked.by_button(body, respond, services), action["value"])


def test_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    test(Asked.by_button(body, respond, services), action["value"])


def try_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Tries a threshold that was proposed."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    _try(asked, Wanted.from_text(action["value"]))


def change_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Opens the window with the rule that was tried."""
    ack()
    asked, wanted = Asked.by_button(body, respond, services), Wanted.from_text(action["value"])
    asked.require_lead()
    asked.require_channel(wanted.channel)
    with services.reading() as session:
        rule = read_rule(session, services, wanted.text, asked.reader)
    open_form(asked, filled(rule, wanted.channel, wanted.number))


def discard(ack: Ack, body: dict[str, Any], respond: Respond, services: Services) -> None:
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(Message(asked.reader.text("Nothing was changed.")), replace=True)


def switch_on_pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Switches on what was tried; the answer takes its place, so that nobody does it twice."""
    ack()
    asked = Asked.by_button(body, respond, services)
    told = switch_on(asked, Wanted.from_text(action["value"]))
    asked.answer(Message(told), replace=True)
