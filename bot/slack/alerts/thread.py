"""The thread below an alert's message: a line for each step of its life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.alerts.life import Kind, Step
from bot.alerts.rule import NoData, Rule, Waiting
from bot.locale import Reader
from bot.message import Message
from bot.slack.alerts.claims import first_line, said
from bot.slack.alerts.rules import amount, part
from bot.slack.alerts.shown import Shown
from bot.slack.blocks import LONGEST_TEXT

#: The most lines of one reply.
MOST_LINES = 20


def calls(step: Step) -> bool:
    """Whether the reply to a step shows in the channel too, so that people are called.

    Only a reminder does: it is what the life of an alert gives whenever people are to be called
    again, be it for a further part or because an acknowledgement or a snooze has run out; and it
    gives none while the alert is acknowledged, snoozed or muted, or already back inside.
    """
    return step.kind is Kind.REMINDED


def replies(
    steps: Iterable[Step], shown: Shown, reader: Reader
) -> list[tuple[Message, Sequence[Step]]]:
    """What is said of the steps of one moment, each with those that it tells.

    One reply for all of them, however many parts there are; people are called by one of its own.
    `shown` is how it stands after the moment. What the message itself says when it is posted needs
    no line, nor does what never fired.
    """
    told = [(step, line) for step in steps if (line := _told(step, shown, reader)) is not None]
    calling = [([step], line) for step, line in told if calls(step)]
    others = [(step, line) for step, line in told if not calls(step)]
    together = [([step for step, _ in others], _capped([line for _, line in others], reader))]
    said_ = [*(together if others else []), *calling]
    return [(Message(text=line[:LONGEST_TEXT]), some) for some, line in said_]


def _capped(lines: Sequence[str], reader: Reader) -> str:
    """The lines below one another; of very many the first, and how many more there are."""
    more = len(lines) - MOST_LINES
    if more <= 0:
        return "\n".join(lines)
    left_out = reader.plural("and {n} more", "and {n} more", more)
    return "\n".join([*lines[:MOST_LINES], left_out])


def _told(step: Step, shown: Shown, reader: Reader) -> str | None:
    match step.kind:
        case Kind.FIRED | Kind.REMINDED | Kind.RECOVERED | Kind.LAPSED:
            return _of_parts(step, shown, reader)
        case Kind.RECOVERING | Kind.RELAPSED:
            return _with_value(step, shown.rule, reader)
        case Kind.ENDED | Kind.STOPPED:
            return first_line(shown, reader)
        case Kind.NO_DATA | Kind.DATA_BACK:
            return reader.text(_data(step, shown.rule))
        case _:
            return _of_people(step, shown, reader)


# --- Parts ---------------------------------------------------------------------------------------


def _of_parts(step: Step, shown: Shown, reader: Reader) -> str | None:
    match step.kind:
        case Kind.REMINDED:
            return _reminder(step, shown, reader)
        case Kind.FIRED if _is_further(step, shown) and not _is_called_for(step, shown):
            return _fires_too(step, shown, reader)
        case Kind.RECOVERED | Kind.LAPSED if shown.ended is None:
            return _with_value(step, shown.rule, reader)
    return None


def _is_further(step: Step, shown: Shown) -> bool:
    """Whether it fired when the message stood already."""
    return shown.told_at is not None and step.at > shown.told_at


def _is_called_for(step: Step, shown: Shown) -> bool:
    """Whether a reminder of the same moment tells it."""
    incident = shown.standing.incident
    return incident is not None and incident.notified_at == step.at


def _reminder(step: Step, shown: Shown, reader: Reader) -> str:
    """People are called again: for what is new, or because nobody has taken it on."""
    new = [name for name, one in shown.firing if one.fired_at == step.at]
    if new:
        return _also(shown, new, reader)
    now = first_line(shown, reader)
    return reader.text("{alert}\nIt still stands, and nobody has taken it on.", alert=now)


def _fires_too(step: Step, shown: Shown, reader: Reader) -> str:
    return _also(shown, [step.part], reader)


def _also(shown: Shown, new: list[str | None], reader: Reader) -> str:
    """What fires as well, each on a line of its own."""
    there = {name: one.last for name, one in shown.firing}
    lines = [
        reader.text(
            "🔴 It fires here as well: {alert}",
            alert=said(shown.rule, name, seen, reader, url=shown.link(name or "")),
        )
        for name, seen in there.items()
        if name in new
    ]
    return _capped(lines, reader)


def _with_value(step: Step, rule: Rule, reader: Reader) -> str:
    where = part(rule, step.part, reader)
    if isinstance(rule.condition, Waiting):
        return reader.text("✓ {ticket}: no longer waits", ticket=where)
    plainly, in_part = _STEPS[step.kind]
    value = amount(rule, step.value, reader)
    if where is None:
        return reader.text(plainly, value=value)
    return reader.text(in_part, value=value, part=where)


#: What is said of a step: of all tickets, and of a part of them.
_STEPS = {
    Kind.RECOVERING: ("⏳ Back inside: {value}.", "⏳ {part} is back inside: {value}."),
    Kind.RELAPSED: ("🔴 Bad again: {value}.", "🔴 {part} is bad again: {value}."),
    Kind.RECOVERED: ("✅ Fine again: {value}.", "✅ {part} is fine again: {value}."),
    Kind.LAPSED: (
        "⚪ Too few left to tell, {value} at last.",
        "⚪ {part}: too few left to tell, {value} at last.",
    ),
}


def _data(step: Step, rule: Rule) -> str:
    if step.kind is Kind.DATA_BACK:
        return "Data are there again."
    return _NO_DATA[rule.no_data]


_NO_DATA = {
    NoData.KEEP: "⚪ There are no new data: it stays as it was until they come.",
    NoData.ALERT: "⚪ There are no new data, which counts as bad here.",
    NoData.OK: "⚪ There are no new data, which counts as fine here.",
}


# --- People --------------------------------------------------------------------------------------


def _of_people(step: Step, shown: Shown, reader: Reader) -> str | None:
    message = _PEOPLE.get(step.kind)
    if message is None:
        return None
    until = "" if step.until is None else reader.moment(step.until, shown.at)
    return reader.text(message, user=f"<@{step.who}>", until=until)


_PEOPLE = {
    Kind.ACKNOWLEDGED: "🟠 {user} has taken it on, until {until}.",
    Kind.ACKNOWLEDGEMENT_ENDED: "The time for which {user} had taken it on is over.",
    Kind.SNOOZED: "💤 {user} wants to hear no more of it until {until}.",
    Kind.SNOOZE_ENDED: "The snooze of {user} is over.",
}
