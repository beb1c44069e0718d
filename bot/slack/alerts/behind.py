"""The tickets behind an alert, as links to the help desk: ids, never what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.rule import Rule
from bot.domain import Dimension, Slice
from bot.locale import Reader
from bot.message import Message
from bot.metrics import Unit
from bot.slack.alerts.rules import named, ticket, title
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context, section

#: The most tickets that are listed.
MOST = 20


@dataclass(frozen=True, slots=True)
class Behind:
    """A ticket behind a number; `value` is its own where it has one, in the unit of the number."""

    desk: str
    id: str
    created_at: datetime
    url: str | None = None
    value: float | None = None
    group: str | None = None
    channel: str | None = None


def tickets(
    found: Sequence[Behind],
    rule: Rule,
    until: datetime,
    reader: Reader,
    *,
    part: Slice | None = None,
    many: int | None = None,
) -> Message:
    """The tickets that a rule's number rested on in the window that ended at `until`.

    `found` are those to list, the one furthest out first, of `many` in all; `part` is which part of
    the tickets they are of.
    """
    heading = _heading(rule, part, reader)
    if not found:
        told = reader.text("{heading}: there are no tickets to list.", heading=heading)
        return Message(text=told, blocks=blocks_of(section(told, "alert-behind")))
    lines = [_line(one, rule, until, reader) for one in found[:MOST]]
    more = (len(found) if many is None else many) - len(lines)
    left_out = reader.plural("and {n} more", "and {n} more", max(more, 0))
    # Half of them each, so that long links do not break Slack's limit for one section.
    halves = [lines[: MOST // 2], lines[MOST // 2 :]]
    return Message(
        text="\n".join([heading, *lines])[:LONGEST_TEXT],
        blocks=blocks_of(
            section(f"*{heading}*", "alert-behind"),
            *(
                section("\n".join(half), f"alert-behind-{place}")
                for place, half in enumerate(halves)
                if half
            ),
            context(left_out, "alert-behind-more") if more > 0 else None,
        ),
    )


def _heading(rule: Rule, part: Slice | None, reader: Reader) -> str:
    told = title(rule, reader)
    if part is not None and part != rule.only:
        told = reader.text("{what} · {part}", what=told, part=named(part, reader))
    return reader.text("Tickets behind it: {what}", what=told)


def _line(one: Behind, rule: Rule, now: datetime, reader: Reader) -> str:
    """#4711, acme: 5 h 02 · Billing, Email · Thu 19 Nov, 09:12."""
    told = ticket(f"{one.desk}:{one.id}", reader, one.url)
    if (value := _value(one, rule, reader)) is not None:
        told = reader.text("{ticket}: {value}", ticket=told, value=value)
    created = reader.moment(one.created_at, now)
    where = [
        named(Slice(dimension, name), reader)
        for dimension, name in ((Dimension.GROUP, one.group), (Dimension.CHANNEL, one.channel))
        if name is not None
    ]
    if where:
        told = reader.text("{ticket} · {part}", ticket=told, part=reader.listed(where))
    return reader.text("• {ticket} · created {moment}", ticket=told, moment=created)


def _value(one: Behind, rule: Rule, reader: Reader) -> str | None:
    """What a single ticket has: a duration, or a whole number of messages or points."""
    if one.value is None:
        return None
    if rule.of is None or rule.of.unit is Unit.SECONDS:
        return reader.duration(one.value)
    return reader.number(one.value)
