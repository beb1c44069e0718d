"""`/alert`: what a channel is told at once, by which rules, and when it is left in peace."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App, Respond

from bot.alerts.explanation import Undelivered
from bot.errors import UsageError
from bot.hours import office
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import explained, listing, log
from bot.slack.alerts.costs import Budget, spent
from bot.store import alert_log, budgets, people
from bot.store import alerts as rules
from bot.store.explanations import explain
from bot.store.tables import AlertRule, AlertStep
from commands import alert_add, alert_behind, alert_buttons, alert_quiet, alert_review, alert_window
from commands.alert_asked import Asked, check_readable, numbered
from commands.alert_buttons import ask
from commands.alert_listed import listed
from commands.alert_mutes import parse_past
from commands.words import FOR_EXAMPLE, examples, mistake, plain, quoted, unescaped

EXAMPLE = "/alert add first response time > 4h for 30m"
WHY_EXAMPLE = "/alert why 3 yesterday 14:05"

_VERBS = (
    *("add", "new", "list", "edit", "pause", "resume", "remove", "test", "log", "why"),
    *("mute", "unmute", "budget", "review", "help"),
)

#: What people type who know other programs, and what is meant by it here.
_MEANT = {
    **dict.fromkeys(("delete", "del", "rm", "drop"), ("remove",)),
    **dict.fromkeys(("stop", "off", "disable", "end"), ("pause", "remove")),
    **dict.fromkeys(("start", "on", "enable", "unpause", "continue"), ("resume",)),
    **dict.fromkeys(("change", "set", "update", "modify"), ("edit",)),
    **dict.fromkeys(("try", "rehearse", "backtest", "preview"), ("test",)),
    **dict.fromkeys(("history",), ("log",)),
}
#: What is done with the buttons of a message.
_ON_MESSAGE = {
    **dict.fromkeys(
        ("ack", "acknowledge", "take"),
        "Press “Acknowledge” below the message of the alert: so everybody sees who has it.",
    ),
    **dict.fromkeys(
        ("snooze", "later"),
        "Choose for how long at “Snooze”, below the message of the alert.",
    ),
    "tickets": "Press “Show tickets” below the message of the alert.",
}

#: A budget is a number of false alarms a week.
_PER_WEEK = re.compile(r"(?P<n>[0-9]{1,3}(?:[.,][0-9]{1,2})?)(?: (?:a|per|each) ?week)?")

#: The smallest and the largest budget that mean anything: one false alarm in two years, or fourteen
#: each day.
LEAST_BUDGET, MOST_BUDGET = 0.01, 100.0

#: So long ago at most it can be asked why a rule did what it did.
LONGEST_AGO = timedelta(days=90)


def register(app: App) -> None:
    app.command("/alert")(alert)
    app.action(listing.PAUSE)(pause)
    app.action(listing.RESUME)(resume)
    app.action(listing.REMOVE)(remove)
    alert_add.register(app)
    alert_behind.register(app)
    alert_buttons.register(app)
    alert_quiet.register(app)
    alert_review.register(app)
    alert_window.register(app)


def alert(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/alert …`."""
    ack()
    verb, _, rest = unescaped(command.get("text", "")).strip().partition(" ")
    asked, rest = Asked.by_command(command, respond, services), rest.strip()
    known = {
        "": _list,
        "list": _list,
        "help": _help,
        "log": _log,
        "why": _why,
        "explain": _why,
        "pause": _pause,
        "resume": _resume,
        "remove": _remove,
        "review": _review,
        "mute": alert_quiet.mute,
        "unmute": alert_quiet.unmute,
        "budget": _budget,
        "add": alert_add.add,
        "new": alert_add.new,
        "edit": alert_add.edit,
        "test": alert_add.test,
    }
    if plain(verb) not in known:
        raise _no_verb(verb, rest)
    known[plain(verb)](asked, rest)


def _no_verb(verb: str, rest: str) -> UsageError:
    """The answer to a word that is no command: people know it from other programs."""
    typed, number = plain(verb), _number(rest)
    if typed in _ON_MESSAGE:
        message = "There is no alert command “{typed}”."
        return UsageError(message, _ON_MESSAGE[typed], typed=quoted(verb))
    meant = [f"/alert {one}{number}" for one in _MEANT.get(typed, ())]
    if meant:
        return UsageError(
            "There is no alert command “{typed}”.",
            "Did you mean {example}?",
            typed=quoted(verb),
            example=examples(*meant),
        )
    return mistake("There is no alert command “{typed}”.", verb, _VERBS, EXAMPLE)


def _number(rest: str) -> str:
    """The number of a rule behind a verb, to be repeated; the one of the examples where it is none."""
    first = plain(rest.partition(" ")[0]).removeprefix("#")
    return f" {first}" if first.isdecimal() and len(first) < len("1000000000") else " 3"


def _list(asked: Asked, _rest: str) -> None:
    asked.require_channel()
    asked.answer(listed(asked, asked.channel))


def _help(asked: Asked, _rest: str) -> None:
    asked.answer(listing.help_text(asked.reader))


def _review(asked: Asked, _rest: str) -> None:
    asked.require_channel()
    asked.answer(alert_review.review_of(asked.services, asked.channel, asked.reader))


# --- Pausing, resuming, removing -----------------------------------------------------------------


def _pause(asked: Asked, rest: str) -> None:
    _change(asked, "pause", rest)


def _resume(asked: Asked, rest: str) -> None:
    _change(asked, "resume", rest)


def _remove(asked: Asked, rest: str) -> None:
    _change(asked, "remove", rest)


def _change(asked: Asked, verb: str, typed: str) -> None:
    """Pauses, resumes or removes a rule, and shows what its channel has now.

    What was going on ends with it: the job says so in the message.
    """
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        row = numbered(session, asked, typed, example=f"/alert {verb} 3")
        _check_change(row, verb)
        if verb == "pause":
            rules.pause(session, row)
        elif verb == "resume":
            rules.resume(session, row, now=now)
        else:
            rules.remove(session, row, now=now)
        if verb != "resume":
            ask(session, services, row, None, "stop", by=asked.user)
        channel, detail = row.channel, f"{row.id} {row.text}"
        people.log(session, services.workspace, asked.user, f"alert {verb}", detail, now=now)
    asked.answer(listed(asked, channel), replace=True)


def _check_change(row: AlertRule, verb: str) -> None:
    """Raises `UsageError` where it is so already: resuming would forget what is going on."""
    if verb == "pause" and row.paused:
        raise UsageError(
            "Rule {number} is paused already.",
            "To go on: `/alert resume {number}`",
            number=row.id,
        )
    if verb == "resume" and not row.paused:
        raise UsageError("Rule {number} is not paused.", "See: `/alert`", number=row.id)


def pause(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    _pause(Asked.by_button(body, respond, services), action["value"])


def resume(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    _resume(Asked.by_button(body, respond, services), action["value"])


def remove(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    ack()
    _remove(Asked.by_button(body, respond, services), action["value"])


# --- The budget ----------------------------------------------------------------------------------


def _budget(asked: Asked, rest: str) -> None:
    """Tells how many false alarms a week the channel puts up with, or sets it."""
    services, now = asked.services, asked.services.clock.now()
    asked.require_channel()
    if rest:
        asked.require_lead()
        per_week = _per_week(rest)
        with services.writing() as session:
            budgets.keep(
                session, services.workspace, asked.channel, per_week, by=asked.user, now=now
            )
            detail = f"{asked.channel} {per_week:g}"
            people.log(session, services.workspace, asked.user, "alert budget", detail, now=now)
    with services.reading() as session:
        allowed = budgets.of_channel(session, services.workspace, asked.channel)
        expected = rules.expected(session, services.workspace, asked.channel)
    told = spent(Budget(allowed, expected), asked.reader)
    asked.answer(Message(f"{told[:1].upper()}{told[1:]}."))


def _per_week(typed: str) -> float:
    match = _PER_WEEK.fullmatch(plain(typed))
    per_week = float(match["n"].replace(",", ".")) if match else 0.0
    if not LEAST_BUDGET <= per_week <= MOST_BUDGET:
        raise UsageError(
            "A budget is a number of false alarms a week, from {least} to {most}; “{typed}” is not.",
            FOR_EXAMPLE,
            least=f"{LEAST_BUDGET:g}",
            most=f"{MOST_BUDGET:g}",
            typed=quoted(typed),
            example=examples("/alert budget 1", "/alert budget 0.5"),
        )
    return per_week


# --- What happened, and why ----------------------------------------------------------------------


def _log(asked: Asked, rest: str) -> None:
    """What became of the rules of the channel, or of one, also of those that were removed."""
    services = asked.services
    with services.reading() as session:
        if rest:
            there = [numbered(session, asked, rest, example="/alert log 3", removed=True)]
        else:
            asked.require_channel()
            there = rules.ever_of_channel(session, services.workspace, asked.channel)
        by_id = {row.id or 0: row for row in there if rules.is_readable(row)}
        steps = alert_log.latest(session, services.workspace, list(by_id), limit=log.MOST)
        fates = alert_log.undelivered(session, steps)
    entries = [_entry(step, by_id[step.rule_id], fates.get(step.id or 0)) for step in steps]
    only = there[0] if rest else None
    number, text = (only.id, only.text) if only else (None, "")
    told = log.logged(entries, asked.reader, number=number, text=text)
    asked.answer(asked.where(told, only.channel if only else asked.channel))


def _entry(step: AlertStep, row: AlertRule, fate: Undelivered | None) -> log.Entry:
    """A step of the rule as it was then: an edit may have made it one of another number."""
    return log.Entry(alert_log.step_of(step), rules.rule_of(row, step.at), row.id or 0, fate)


def _why(asked: Asked, rest: str) -> None:
    """Why a rule fired, or did not, at a moment."""
    services, now = asked.services, asked.services.clock.now()
    number, _, when = rest.partition(" ")
    with services.reading() as session:
        row = numbered(session, asked, number, example=WHY_EXAMPLE, removed=True)
        check_readable(row)
        moment = parse_past(when, now=now, zone=asked.reader.zone, example=WHY_EXAMPLE)
        if now - moment > LONGEST_AGO:
            raise UsageError(
                "That is too long ago: the log goes back 90 days.",
                FOR_EXAMPLE,
                example=examples(WHY_EXAMPLE),
            )
        found = explain(
            session,
            services.workspace,
            row,
            moment,
            patience=services.settings.stale_after,
            is_open=office(services.settings, ZoneInfo(row.zone)),
        )
    text = rules.text_of(row, found.slot)
    told = explained.explained(found, asked.reader, number=row.id or 0, text=text)
    asked.answer(asked.where(told, row.channel))
