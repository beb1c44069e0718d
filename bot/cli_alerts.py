"""`deskpulse alerts …`: the rules of all channels, tried on the past, explained, and kept as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlmodel import Session

from bot import alert_json, cli_alert_files, terminal
from bot.errors import UsageError
from bot.hours import office
from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.services import Services
from bot.slack.alerts import explained, log
from bot.slack.alerts.rehearsal import Tried, messages, rehearsed
from bot.slack.preview import Conversation, to_terminal
from bot.store import alert_log
from bot.store import alerts as rules
from bot.store.earnings import earnings
from bot.store.explanations import explain
from bot.store.observations import Past
from bot.store.rehearsals import DAYS, rehearse_each
from bot.store.tables import AlertRule
from commands.alert_switch import read_rule
from commands.alert_trial import muted_of, try_out

cli = typer.Typer(
    help="The alert rules: lists, tries, explains, exports and applies them.",
    no_args_is_help=True,
)

#: `list` tells how often each rule fired in so many days.
LOOKED_BACK = timedelta(days=30)

Format = Annotated[str, typer.Option("--format", help="text or json")]
Number = Annotated[int, typer.Argument(help="The number of a rule.")]


# --- What there is -------------------------------------------------------------------------------


@cli.command("list")
def list_rules(form: Format = "text") -> None:
    """Lists the rules of every channel: how each stands, how often it fired, what it costs."""
    terminal.check_format(form, "text", "json")
    with terminal.services() as services, services.reading() as session:
        rows, now = rules.all_of(session, services.workspace), services.clock.now()
        readable = [row for row in rows if rules.is_readable(row)]
        earned = earnings(session, services.workspace, readable, since=now - LOOKED_BACK, until=now)
        told = [
            alert_json.rule(
                row, _state(row), fired=earned[row.id or 0].fired if row in readable else 0
            )
            for row in rows
        ]
        reader = terminal.reader(services)
    if form == "json":
        terminal.print_json(told)
    elif not told:
        terminal.say("No channel has an alert. In Slack: /alert add first_response_time > 4h")
    else:
        _table(told, reader)


def _state(row: AlertRule) -> str:
    if not rules.is_readable(row):
        return "cannot be read"
    return alert_json.state(row, rules.standing_of(row))


def _table(told: Sequence[alert_json.Json], reader: Reader) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("", "channel", "rule", "state", "fired in 30 days", "false alarms a week"):
        table.add_column(head, overflow="fold")
    for one in told:
        cost = one["false_alarms_a_week"]
        table.add_row(
            str(one["number"]),
            one["channel"],
            one["rule"],
            one["state"],
            reader.number(one["fired"]),
            "" if cost is None else reader.number(cost, decimals=1),
        )
    terminal.out.print(table)


@cli.command("log")
def show_log(number: Annotated[int | None, typer.Argument(help="Only this rule.")] = None) -> None:
    """Tells what became of the rules lately, newest first; also of those that were removed."""
    with terminal.services() as services, services.reading() as session:
        rows = rules.ever(session, services.workspace)
        if number is not None:
            rows = [_row(session, services, number)]
        known = {row.id or 0: row for row in rows if rules.is_readable(row)}
        steps = alert_log.latest(session, services.workspace, list(known), limit=log.MOST)
        fates = alert_log.undelivered(session, steps)
        entries = [
            log.Entry(
                alert_log.step_of(one),
                rules.rule_of(row, one.at),
                row.id or 0,
                fates.get(one.id or 0),
            )
            for one in steps
            for row in [known[one.rule_id]]
        ]
        reader = terminal.reader(services)
        text = "" if number is None else rows[0].text
        message = log.logged(entries, reader, number=number, text=text)
        _show(services, rows[0].channel if number is not None else "alerts", message)


@cli.command("explain")
def explain_moment(
    number: Number,
    at: Annotated[str, typer.Option("--at", help="The moment, e.g. 2026-11-20T14:05")],
    form: Format = "text",
) -> None:
    """Tells why a rule fired, or did not, at a moment."""
    terminal.check_format(form, "text", "json")
    with terminal.services() as services, services.reading() as session:
        row, moment = _row(session, services, number), terminal.moment(at, services)
        _check_readable(row)
        found = explain(
            session,
            services.workspace,
            row,
            moment,
            patience=services.settings.stale_after,
            is_open=office(services.settings, ZoneInfo(row.zone)),
        )
        # An edit may have made it another rule since.
        text = rules.text_of(row, found.slot)
        if form == "json":
            terminal.print_json(alert_json.explanation(found, text, number))
            return
        reader = terminal.reader(services)
        told = explained.explained(found, reader, number=number, text=text)
        _show(services, row.channel, told)


def _row(session: Session, services: Services, number: int) -> AlertRule:
    """A rule by its number, also one that was removed. Raises `UsageError`."""
    row = rules.of_any_time(session, services.workspace, number)
    if row is None:
        raise UsageError("There is no rule {number}.", "See: deskpulse alerts list", number=number)
    return row


def _check_readable(row: AlertRule) -> None:
    """Raises `UsageError` for a rule that a later version has kept, or that is broken."""
    if not rules.is_readable(row):
        raise UsageError(
            "Rule {number} cannot be read by this version: {text}",
            "In Slack: /alert remove {number}",
            number=row.id,
            text=row.text,
        )


def _show(services: Services, channel: str, message: Message, at: datetime | None = None) -> None:
    """Prints a message as a reader in Slack would see it, but for what could be pressed."""
    reader = terminal.reader(services)
    moment = (at or services.clock.now()).astimezone(reader.zone)
    to_terminal([Conversation(channel, moment, _still(message))], terminal.out, reader)


def _still(message: Message) -> Message:
    kept = [_without_button(one) for one in message.blocks if one["type"] != "actions"]
    return replace(message, blocks=kept)


def _without_button(block: BlockJson) -> BlockJson:
    return {name: one for name, one in block.items() if name != "accessory"}


# --- Trying rules on the past --------------------------------------------------------------------


@cli.command("rehearse")
def rehearse(
    rule: Annotated[
        str | None, typer.Argument(help="A rule in quotation marks, or the number of one.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=DAYS, help="So many days back.")] = DAYS,
    channel: Annotated[str | None, typer.Option(help="For this channel, e.g. C024BE91L.")] = None,
    with_messages: Annotated[
        bool, typer.Option("--messages", help="Show the very messages.")
    ] = False,
    form: Format = "text",
) -> None:
    """Takes a rule, or without one all rules, through history, and tells when it would have fired."""
    terminal.check_format(form, "text", "json")
    if with_messages and rule is None:
        raise UsageError(
            "The messages of one rule are shown, not of all.",
            "For example: deskpulse alerts rehearse 3 --messages",
        )
    with terminal.services() as services, services.reading() as session:
        if rule is None:
            _rehearse_all(session, services, channel, days, form)
            return
        tried, zone = _tried(session, services, rule, channel or "", days)
        if form == "json":
            terminal.print_json(_rehearsal_json(tried))
            return
        reader = replace(terminal.reader(services), zone=zone)
        # Nothing can be switched on here: so it is told as of a rule that is on.
        numbered = replace(tried, number=tried.number or 0)
        _show(services, tried.channel or "rehearsal", rehearsed(numbered, reader))
        if with_messages:
            for one in messages(numbered, reader):
                _show(services, tried.channel or "rehearsal", one.message, one.at)


def _tried(
    session: Session, services: Services, typed: str, channel: str, days: int
) -> tuple[Tried, ZoneInfo]:
    """What came of a rule that is typed, or of the one with that number; and whose clocks it goes by."""
    reader = terminal.reader(services)
    if not typed.strip().removeprefix("#").isdecimal():
        rule = read_rule(session, services, typed, reader)
        return try_out(session, services, rule, channel, reader, days=days), reader.zone
    row = _row(session, services, int(typed.strip().removeprefix("#")))
    _check_readable(row)
    zone = ZoneInfo(row.zone)
    rule, own = rules.rule_of(row), replace(reader, zone=zone)
    return try_out(session, services, rule, row.channel, own, row=row, days=days), zone


def _rehearsal_json(tried: Tried) -> alert_json.Json:
    return alert_json.rehearsal(
        tried.rehearsal,
        tried.text,
        number=tried.number,
        channel=tried.channel,
        cost=None if tried.cost is None else alert_json.cost(tried.cost),
    )


def _rehearse_all(
    session: Session, services: Services, channel: str | None, days: int, form: str
) -> None:
    """Every rule on one past: what it costs is known since it was switched on."""
    past = Past(session, services.workspace, patience=services.settings.stale_after)
    there = rules.all_of(session, services.workspace)
    rows = [row for row in there if channel in (None, row.channel) and rules.is_readable(row)]
    tried = []
    for row in rows:
        rule, zone = rules.rule_of(row), ZoneInfo(row.zone)
        tried.append((rule, zone, muted_of(session, services, rule, row, zone)))
    found = dict(rehearse_each(past, tried, days=days, now=services.clock.now()))
    told = [
        alert_json.rehearsal(
            found[place],
            row.text,
            number=row.id,
            channel=row.channel,
            cost={"per_week": row.cost},
        )
        for place, row in enumerate(rows)
    ]
    if form == "json":
        terminal.print_json(told)
    elif not told:
        terminal.say("There is no alert rule to rehearse. See: deskpulse alerts list")
    else:
        _rehearsals(told, days, terminal.reader(services))


def _rehearsals(told: Sequence[alert_json.Json], days: int, reader: Reader) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    last = reader.plural("{n} day", "{n} days", days)
    for head in ("", "channel", "rule", f"fired in {last}", "last", "history"):
        table.add_column(head, overflow="fold")
    for one in told:
        firings = one["firings"]
        latest = datetime.fromisoformat(firings[-1]["opened_at"]) if firings else None
        table.add_row(
            str(one["number"]),
            one["channel"],
            one["rule"],
            _fired(one, reader),
            "" if latest is None else reader.day_and_time(latest),
            _covered(one, reader),
        )
    terminal.out.print(table)


def _fired(one: alert_json.Json, reader: Reader) -> str:
    """How often it fired; of single tickets, how many were told in how many messages."""
    firings = len(one["firings"])
    if one["tickets"] is None:
        return reader.number(firings)
    told = reader.plural("{n} ticket", "{n} tickets", one["tickets"])
    messages = reader.plural("{n} message", "{n} messages", firings)
    return reader.text("{tickets} in {messages}", tickets=told, messages=messages)


def _covered(one: alert_json.Json, reader: Reader) -> str:
    """How many days of history there were, and in what share of them it could be judged."""
    covered = one["covered"]
    if covered is None:
        return "none"
    start, end = (datetime.fromisoformat(covered[name]) for name in ("start", "end"))
    days = reader.plural("{n} day", "{n} days", round((end - start) / timedelta(days=1)))
    share = reader.percent(one["judged"] / one["slots"])
    return f"{days}, judged {share} of the time"


# --- Config as text ------------------------------------------------------------------------------

cli.command("export")(cli_alert_files.export_rules)
cli.command("apply")(cli_alert_files.apply_file)
