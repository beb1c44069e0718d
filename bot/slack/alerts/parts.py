"""The parts of an alert, each a row, the worst first; and the tickets that wait, each with its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slackblocks import Block

from bot.alerts.judge import Observation
from bot.alerts.life import Part, Phase
from bot.alerts.rule import Burn, Change, Limit, Old, Unusual, Waiting
from bot.locale import Reader
from bot.slack import numbers
from bot.slack.alerts.rules import amount, slice_of, ticket, times, watched
from bot.slack.alerts.shown import How, Past, Shown
from bot.slack.blocks import context, section, table

#: The most parts, or tickets, that a message lists.
MOST = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One part that fires, recovers or is over: since when it does, and what was seen of it last."""

    name: str | None
    seen: Observation
    since: datetime
    fired: float | None = None
    phase: Phase | None = None
    how: How = How.RECOVERED


def rows_of(shown: Shown) -> list[Row]:
    """The parts, those that fire first, those that are over last."""
    there = [_row(shown, name, one) for name, one in shown.firing]
    return there + [_past(one) for one in shown.over]


def _row(shown: Shown, name: str | None, one: Part) -> Row:
    since = one.since
    if one.phase is Phase.FIRING:
        since = (one.fired_at or one.since) - shown.rule.lasting
    return Row(name, one.last, since, one.fired, one.phase)


def _past(one: Past) -> Row:
    return Row(one.name, Observation(one.last), one.ended_at, one.fired, how=one.how)


def blocks(shown: Shown, reader: Reader) -> list[Block]:
    """The rows as blocks; none where the first line tells the only one."""
    rows = rows_of(shown)
    if isinstance(shown.rule.condition, Waiting):
        return _tickets(shown, rows, reader) if len(rows) > 1 or shown.ended else []
    if len(rows) < 2:
        return []
    told = [_heads(shown, reader), *(_cells(shown, row, reader) for row in rows[:MOST])]
    return [table(told, "alert-parts"), *_more(len(rows), reader)]


def _more(rows: int, reader: Reader) -> list[Block]:
    more = rows - MOST
    if more <= 0:
        return []
    return [context(reader.plural("and {n} more", "and {n} more", more), "alert-more")]


# --- Parts of the tickets ------------------------------------------------------------------------


def _heads(shown: Shown, reader: Reader) -> list[str]:
    found = slice_of(shown.rule, "")
    name = numbers.dimension(reader, found.dimension) if found else ""
    match shown.rule.condition:
        case Old():
            return [name, reader.text("age"), ""]
        case Burn(_, _, fast):
            windows = (shown.rule.over, fast)
            return [name, *(reader.duration(one.total_seconds()) for one in windows), ""]
        case Change() | Unusual():
            return [name, reader.text("now"), reader.text("usual"), ""]
    return [name, reader.text("now"), reader.text("fired"), ""]


def _cells(shown: Shown, row: Row, reader: Reader) -> list[str]:
    rule = shown.rule
    found = slice_of(rule, row.name)
    name = numbers.part_plainly(reader, found) if found else reader.text("All")
    if row.seen.value is None and row.fired is None:
        name = reader.text("(no data)")
    told = [name, amount(rule, row.seen.value, reader)]
    match rule.condition:
        case Burn():
            fast = row.seen.fast
            told.append(numbers.NOTHING if fast is None else times(fast, reader))
        case Change() | Unusual():
            told.append(numbers.range_of(reader, watched(rule), row.seen.usual))
        case Limit():
            told.append(amount(rule, row.fired, reader))
    return [*told, _since(shown, row, reader)]


def _since(shown: Shown, row: Row, reader: Reader) -> str:
    """How the part stands, in a word, and since when."""
    moment = reader.moment(row.since, shown.at)
    match row.phase, row.how:
        case Phase.FIRING | Phase.PENDING, _:
            return reader.text("since {moment}", moment=moment)
        case Phase.RECOVERING, _:
            return reader.text("inside {moment}", moment=moment)
        case _, How.LAPSED:
            return reader.text("too few {moment}", moment=moment)
        case _, How.STOPPED:
            return reader.text("stopped {moment}", moment=moment)
    return reader.text("✓ over {moment}", moment=moment)


# --- Tickets that wait ---------------------------------------------------------------------------


def _tickets(shown: Shown, rows: Sequence[Row], reader: Reader) -> list[Block]:
    lines = [_ticket(shown, row, reader) for row in rows[:MOST]]
    return [section("\n".join(lines), "alert-tickets"), *_more(len(rows), reader)]


def _ticket(shown: Shown, row: Row, reader: Reader) -> str:
    told = ticket(row.name, reader, shown.link(row.name or ""))
    if row.phase is None:
        return reader.text("✓ {ticket}: no longer waits", ticket=told)
    age = amount(shown.rule, row.seen.value, reader)
    return reader.text("• {ticket}: {age}", ticket=told, age=age)
