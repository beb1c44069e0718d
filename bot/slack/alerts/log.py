"""How the log of alerts looks: what happened, a line for each step, by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.alerts.explanation import Undelivered
from bot.alerts.life import Kind, Step
from bot.alerts.rule import Rule
from bot.errors import said
from bot.locale import Reader
from bot.message import Message
from bot.slack.alerts.rules import amount, code, part
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context, plain, section

#: The most lines of a message.
MOST = 40

#: So many characters stand in one section; Slack allows 3,000.
_AT_ONCE = 2_800


@dataclass(frozen=True, slots=True)
class Entry:
    """A step in the log, of which rule."""

    step: Step
    rule: Rule
    number: int
    undelivered: Undelivered | None = None


def logged(
    entries: Sequence[Entry],
    reader: Reader,
    *,
    number: int | None = None,
    text: str = "",
) -> Message:
    """The last steps of a channel's rules, or with `number` and `text` those of one rule.

    `entries` are the newest first, and so they are shown.
    """
    if not entries:
        told = reader.text("Nothing has happened yet.")
        return Message(text=told, blocks=blocks_of(section(told, "alert-log")))
    lines = list(_lines(entries[:MOST], reader, with_rule=number is None))
    foot = None
    if number is not None:
        told = reader.text("{text} · rule {number}", text=code(text), number=str(number))
        foot = context(told, "alert-rule")
    return Message(
        text="\n".join(lines)[:LONGEST_TEXT],
        blocks=blocks_of(
            *(section(some, f"alert-log-{at}") for at, some in enumerate(_sections(lines))),
            foot,
        ),
    )


def _sections(lines: Iterable[str]) -> list[str]:
    """The lines in as few pieces as Slack takes."""
    found = [""]
    for line in lines:
        if found[-1] and len(found[-1]) + len(line) >= _AT_ONCE:
            found.append("")
        found[-1] += f"\n{line}" if found[-1] else line[:_AT_ONCE]
    return found


def _lines(entries: Sequence[Entry], reader: Reader, *, with_rule: bool) -> Iterator[str]:
    """A line for each, below the day that they belong to."""

    def day(entry: Entry) -> str:
        return reader.day(entry.step.at.astimezone(reader.zone).date())

    for named, some in groupby(entries, day):
        yield f"*{named}*"
        for entry in some:
            yield _line(entry, reader, with_rule=with_rule)


def _line(entry: Entry, reader: Reader, *, with_rule: bool) -> str:
    """14:05 · rule 7 · fired: 5 h 02 · Billing."""
    told = happened(entry.step, entry.rule, reader, entry.undelivered)
    places = {"time": reader.time_of(entry.step.at), "told": told, "number": str(entry.number)}
    if with_rule:
        return reader.text("{time} · rule {number} · {told}", **places)
    return reader.text("{time} · {told}", **places)


def happened(step: Step, rule: Rule, reader: Reader, undelivered: Undelivered | None = None) -> str:
    """What a step is, in words: fired: 5 h 02 · Billing."""
    told = _happened(step, rule, reader)
    if undelivered is not None:
        problem = plain(said(undelivered.problem, reader.template))
        return reader.text(_FATES[undelivered.is_gone], told=told, problem=problem)
    where = part(rule, step.part, reader) if step.kind in _OF_PARTS else None
    return told if where is None else reader.text("{what} · {part}", what=told, part=where)


#: What became of the message by which people were called, by whether it was there.
_FATES = {
    False: "{told} · not delivered: {problem}",
    True: "{told} · delivered, then lost: {problem}",
}


def _happened(step: Step, rule: Rule, reader: Reader) -> str:
    if step.kind is Kind.STOPPED and step.who is None:
        return reader.text("stopped")
    if step.kind is Kind.MISSED:
        return reader.plural(
            "told what had been held back: fired and over again {n} time",
            "told what had been held back: fired and over again {n} times",
            step.many,
        )
    places = {"value": amount(rule, step.value, reader)}
    if step.who is not None:
        places["user"] = f"<@{step.who}>"
    if step.until is not None:
        places["until"] = reader.moment(step.until, step.at)
    valued, plainly = _SAID[step.kind]
    fits = step.value is not None or "{value}" not in valued
    return reader.text(valued if fits else plainly, **_with_all(places))


def _with_all(places: dict[str, str]) -> dict[str, str]:
    """With something in every place: an old row may lack who it was."""
    return {"user": "–", "until": "–", **places}


#: What each step is called, with its number and without one.
_SAID: dict[Kind, tuple[str, str]] = {
    Kind.PENDING: ("out of its limit: {value}", "out of its limit"),
    Kind.CALMED: ("inside again before it fired: {value}", "inside again before it fired"),
    Kind.FIRED: ("fired: {value}", "fired"),
    Kind.RECOVERING: ("back inside: {value}", "back inside"),
    Kind.RELAPSED: ("bad again: {value}", "bad again"),
    Kind.RECOVERED: ("recovered: {value}", "recovered"),
    Kind.LAPSED: ("too few left to tell, {value} at last", "too few left to tell"),
    Kind.HELD: ("held back, worst {value}", "held back"),
    Kind.TOLD: ("told, worst {value}", "told"),
    Kind.REMINDED: ("told again, worst {value}", "told again"),
    Kind.ENDED: ("over, worst {value}", "over"),
    Kind.NO_DATA: ("no data", "no data"),
    Kind.DATA_BACK: ("data are there again", "data are there again"),
    Kind.ACKNOWLEDGED: ("acknowledged by {user} until {until}",) * 2,
    Kind.ACKNOWLEDGEMENT_ENDED: ("acknowledgement of {user} over",) * 2,
    Kind.SNOOZED: ("snoozed by {user} until {until}",) * 2,
    Kind.SNOOZE_ENDED: ("snooze of {user} over",) * 2,
    Kind.STOPPED: ("stopped by {user}",) * 2,
}

#: The steps of one part of the tickets.
_OF_PARTS = frozenset(
    (Kind.PENDING, Kind.CALMED, Kind.FIRED, Kind.RECOVERING, Kind.RELAPSED, Kind.RECOVERED)
) | {Kind.LAPSED}
