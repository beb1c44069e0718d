"""Reads a rule for a channel, and switches it on: new, or in the place of another."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.alerts.rule import Rule
from bot.errors import UsageError
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts.rehearsal import Wanted
from bot.store import alerts as rules
from bot.store import people
from bot.store.tables import AlertRule
from commands.alert_asked import Asked, check_readable, no_rule
from commands.alert_buttons import ask
from commands.alert_checks import check_here, goals_now
from commands.alert_text import parse_rule
from commands.alert_trial import price


def read_rule(session: Session, services: Services, text: str, reader: Reader) -> Rule:
    """The rule in a text, its part as the help desk writes it. Raises `UsageError` for what is none.

    Nothing is stored by it.
    """
    rule = parse_rule(text, goals=goals_now(session, services))
    return check_here(session, services, rule, reader)


def read_wanted(session: Session, asked: Asked, wanted: Wanted) -> Rule:
    """The same of a rule that is wanted for a channel, which must not have it already."""
    asked.require_channel(wanted.channel)
    rule = read_rule(session, asked.services, wanted.text, asked.reader)
    check_new(session, asked.services, rule, wanted)
    return rule


def check_new(session: Session, services: Services, rule: Rule, wanted: Wanted) -> None:
    """Raises `UsageError` where the channel has the same rule already: each would be told twice."""
    for row in rules.of_channel(session, services.workspace, wanted.channel):
        if row.rule != rule.to_json():
            continue
        if row.id == wanted.number:
            raise UsageError("That is what rule {number} is already.", number=row.id)
        raise UsageError(
            "This channel has the same rule already: it is rule {number}.",
            "See: `/alert`",
            number=row.id,
        )


def switch_on(asked: Asked, wanted: Wanted) -> str:
    """Stores a rule, new or in the place of another; gives what to tell about it.

    It is read once more: a help desk or a goal may have gone since it was tried.
    """
    asked.require_lead()
    services, reader, now = asked.services, asked.reader, asked.services.clock.now()
    with services.reading() as session:
        rule = read_wanted(session, asked, wanted)
        expected = price(session, services, rule, _zone(session, asked, wanted))
    with services.writing() as session:
        # Of two who press at once, the second sees the rule of the first.
        rules.one_by_one(session, services.workspace)
        check_new(session, services, rule, wanted)
        row = _kept(session, asked, rule, wanted)
        rules.priced(session, row, expected)
        action = "alert add" if wanted.number is None else "alert edit"
        detail = f"{wanted.channel} {row.id} {row.text}"
        people.log(session, services.workspace, asked.user, action, detail, now=now)
        told = reader.text(_told(row, wanted), number=str(row.id))
    silent = services.why_silent(wanted.channel, reader)
    return told if silent is None else f"{told}\n⚠️ {silent}"


def _zone(session: Session, asked: Asked, wanted: Wanted) -> ZoneInfo:
    """A rule stays at home where it was made, whoever changes it."""
    row = None
    if wanted.number is not None:
        row = rules.get(session, asked.services.workspace, wanted.number)
    return asked.reader.zone if row is None else ZoneInfo(row.zone)


def _kept(session: Session, asked: Asked, rule: Rule, wanted: Wanted) -> AlertRule:
    services, now = asked.services, asked.services.clock.now()
    if wanted.number is None:
        return rules.add(
            session,
            services.workspace,
            wanted.channel,
            rule,
            reader=asked.reader,
            by=asked.user,
            now=now,
        )
    row = rules.get(session, services.workspace, wanted.number)
    if row is None:
        there = rules.of_channel(session, services.workspace, wanted.channel)
        raise no_rule(str(wanted.number), there)
    # What it was stays in its history, where everything is read once more.
    check_readable(row)
    if wanted.was is not None and row.text != wanted.was:
        raise UsageError(
            "Rule {number} was changed meanwhile: it is `{rule}` now.",
            "To change it: `/alert edit {number}`",
            number=row.id,
            rule=row.text,
        )
    rules.replace(session, row, rule, now=now)
    # What was going on ends with the old one: the job says so in the message.
    ask(session, services, row, None, "stop", by=asked.user)
    return row


def _told(row: AlertRule, wanted: Wanted) -> str:
    if wanted.number is None:
        return "Rule {number} is switched on. See: `/alert`"
    if row.paused:
        return "Rule {number} is changed, and paused as before. To go on: `/alert resume {number}`"
    return "Rule {number} is changed. See: `/alert`"
