"""What is behind an alert: the tickets that its number rested on, and what moved it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.alerts.life import Kind, Step
from bot.alerts.rule import Change, Rule, Side, Unusual
from bot.domain import Slice
from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import behind as shown
from bot.slack.alerts import incident as message
from bot.slack.alerts.rules import named
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context
from bot.store import alert_log
from bot.store import alerts as rules
from bot.store.behind import Behind, behind
from bot.store.observations import Past
from bot.store.tables import AlertIncident, AlertRule
from commands.alert_asked import check_readable
from commands.alert_buttons import known
from commands.answers import whisper
from commands.questions import Question
from commands.why import can_be_told, told_why


def register(app: App) -> None:
    app.action(message.TICKETS)(tickets)
    app.action(message.WHY)(why)


def tickets(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The tickets that the number rested on when it was last bad, as links."""
    ack()
    reader = services.reader(body["user"]["id"])
    with services.reading() as session:
        row, incident = known(session, services, action["value"])
        rule, moment, part = _looked_at(session, row, incident)
        rule = one_sided(session, services, row, rule, moment, part)
        found = behind(session, services.workspace, rule, moment, part, limit=shown.MOST)
    told = [_shown(services, one) for one in found]
    whisper(respond, shown.tickets(told, rule, moment, reader, part=part))


def one_sided(
    session: Session,
    services: Services,
    row: AlertRule,
    rule: Rule,
    moment: datetime,
    part: Slice | None,
) -> Rule:
    """A rule for either side as one for that on which the number was: other tickets made it so."""
    if getattr(rule.condition, "side", None) is not Side.EITHER:
        return rule
    past = Past(session, services.workspace, patience=services.settings.stale_after)
    (seen,) = past.seen(rule, ZoneInfo(row.zone), [moment])
    name = part.value if part is not None and rule.by is part.dimension else None
    one = (seen or {}).get(name)
    if one is None or one.value is None or one.usual is None:
        return rule
    side = Side.ABOVE if one.value > one.usual.centre else Side.BELOW
    match rule.condition:
        case Change() | Unusual() as condition:
            return replace(rule, condition=replace(condition, side=side))
    return rule


def _shown(services: Services, one: Behind) -> shown.Behind:
    helpdesk = services.desks.get(one.desk)
    return shown.Behind(
        desk=one.desk,
        id=one.ticket,
        created_at=one.created_at,
        url=None if helpdesk is None else helpdesk.url(one.ticket),
        value=one.value,
        group=one.group,
        channel=one.channel,
    )


def why(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """What moved the number, against the same time of the week before."""
    ack()
    reader = services.reader(body["user"]["id"])
    with services.reading() as session:
        row, incident = known(session, services, action["value"])
        rule, moment, part = _looked_at(session, row, incident)
    window = rule.window(moment.astimezone(ZoneInfo(row.zone)))
    question = Question(rule.of, window, clock=rule.clock)
    if not can_be_told(question):
        told = Message(reader.text("What moved this number cannot be told by its parts."))
    else:
        told = _of_all(told_why(services, question, reader), part, reader)
    whisper(respond, told)


def _of_all(told: Message, part: Slice | None, reader: Reader) -> Message:
    """What moved a number is told of all tickets: of one part of them there is nothing to split."""
    if part is None:
        return told
    note = reader.text("Of all tickets, not of {part} alone:", part=named(part, reader))
    blocks = [*blocks_of(context(note, "alert-why-part")), *told.blocks]
    return replace(told, text=f"{note}\n{told.text}"[:LONGEST_TEXT], blocks=blocks)


# --- Which numbers it was about ------------------------------------------------------------------


def _looked_at(
    session: Session, row: AlertRule, incident: AlertIncident
) -> tuple[Rule, datetime, Slice | None]:
    """The rule as it was, the last moment at which it was bad, and of which part, if of one only."""
    check_readable(row)
    rule = rules.rule_of(row, incident.opened_at)
    steps = alert_log.of_incident(session, incident.id or 0)
    if incident.closed_at is None:
        moment, names = row.judged_until, list(rules.standing_of(row).firing)
    else:
        moment = last_bad(rule, steps, incident.closed_at)
        names = [step.part for step in steps if step.kind is Kind.FIRED]
    return rule, rule.slots(moment - rule.tick, moment)[-1], _part(rule, names)


def _part(rule: Rule, names: Iterable[str | None]) -> Slice | None:
    there = list(dict.fromkeys(names))
    return Slice(rule.by, there[0]) if rule.by is not None and len(there) == 1 else rule.only


def last_bad(rule: Rule, steps: Sequence[Step], closed_at: datetime) -> datetime:
    """The last moment in which any part of an incident was still bad, by its steps."""
    bad: dict[str | None, datetime] = {}
    inside: dict[str | None, datetime] = {}
    for step in steps:
        if step.kind in (Kind.FIRED, Kind.RELAPSED):
            bad[step.part] = step.at
            inside.pop(step.part, None)
        elif step.kind in (Kind.RECOVERING, Kind.RECOVERED):
            inside.setdefault(step.part, step.at - rule.tick)
        elif step.kind is Kind.LAPSED:
            # So long there has been too little to judge it by.
            inside.setdefault(step.part, step.at - rule.over - rule.keep - rule.tick)
    if not bad or bad.keys() - inside.keys():
        return closed_at
    return max(max(at, inside[part]) for part, at in bad.items())
