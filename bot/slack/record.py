"""How the answers of `/kpi record` look: what was recorded, and what can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain import Slice
from bot.locale import Reader, isolated
from bot.measurements import Change, Entry
from bot.message import Message
from bot.metrics import CATALOGUE, Metric, Unit
from bot.slack import numbers
from bot.slack.blocks import blocks_of, context, section, table


def example(metric: Metric) -> str:
    """What a lead could type to record this very metric."""
    return f"/kpi record {metric.brief.lower()} {_AMOUNTS[metric.unit]}"


#: How an amount and its days are written, by what is counted.
_AMOUNTS = {
    Unit.RATIO: "12 of 3400 for last month",
    Unit.COUNT: "1200 for yesterday",
    Unit.SECONDS: "4 min from 120 for yesterday",
    Unit.SCORE: "87 from 12 for last week",
}


def recorded(change: Change, reader: Reader) -> Message:
    """What was recorded, and what it took the place of."""
    return Message(text=_told(change, reader))


def _told(change: Change, reader: Reader) -> str:
    what, before = _what(change.entry, reader), change.before
    if change.entry.numerator is None:
        if before is None:
            return reader.text("Nothing is recorded of {what}.", what=what)
        return reader.text("Taken away: {what}, {value}.", what=what, value=_value(before, reader))
    value = _value(change.entry, reader)
    if before is None:
        return reader.text("Recorded: {what}, {value}.", what=what, value=value)
    if not change.is_one:
        return reader.text("It was recorded already: {what}, {value}.", what=what, value=value)
    return reader.text(
        "Recorded: {what}, {value}. Before it was {before}.",
        what=what,
        value=value,
        before=_value(before, reader),
    )


def _what(
    entry: Entry, reader: Reader, part_of: Callable[[Reader, Slice], str] = numbers.part
) -> str:
    """Customer churn rate, Oct 1 – 31, 2026, Billing."""
    parts = (part_of(reader, Slice(part, name)) for part, name in entry.part.items())
    return reader.listed(
        [numbers.label(reader, CATALOGUE[entry.metric]), _days(entry, reader), *parts]
    )


def _days(entry: Entry, reader: Reader) -> str:
    """With the year: nobody knows how long ago it was."""
    if entry.first == entry.last:
        return isolated(reader.long_date(entry.first))
    return reader.days(entry.first, entry.last)


def _value(entry: Entry, reader: Reader) -> str:
    """0.4% (12 of 3,400), 4 min (from 120), 1,200."""
    metric = CATALOGUE[entry.metric]
    value = numbers.value(reader, metric, entry.value)
    if metric.unit is Unit.COUNT:
        return value
    n = _number(reader, entry.denominator)
    if metric.unit is Unit.RATIO:
        hits = _number(reader, entry.numerator or 0)
        return reader.text("{value} ({hits} of {n})", value=value, hits=hits, n=n)
    return reader.text("{value} (from {n})", value=value, n=n)


def _number(reader: Reader, number: float) -> str:
    return reader.number(number, decimals=0 if float(number).is_integer() else 1)


def overview(metrics: Sequence[Metric], latest: Sequence[Entry], reader: Reader) -> Message:
    """What can be recorded, with an example each, and what was recorded last."""
    told = reader.text("Leads record what no help desk tells, for example:")
    examples = "\n".join(f"`{example(metric)}`" for metric in metrics)
    more = reader.text(
        "At the end may stand a part: `group Billing`, `channel phone`, `desk aircall`. "
        "The same days again replace what was there; `off` in place of the number takes it away."
    )
    return Message(
        text=told,
        blocks=blocks_of(
            section(f"{told}\n{examples}", "record-examples"),
            context(more, "record-more"),
            table(_rows(latest, reader), "record-latest") if latest else None,
        ),
    )


def _rows(latest: Sequence[Entry], reader: Reader) -> list[list[str]]:
    rows = [[reader.text("Recorded last"), ""]]
    rows += [
        [_what(entry, reader, numbers.part_plainly), _value(entry, reader)] for entry in latest
    ]
    return rows
