"""A reading in words: value, change, usual range and sample, in the reader's language."""

from __future__ import annotations

from bot.digests.digest import Line
from bot.domain import Dimension, Slice
from bot.locale import Reader, isolated
from bot.metrics import Count, Metric, Reading, Unit, Unsolved
from bot.metrics.usual import Standing, Usual
from bot.slack.blocks import plain

NOTHING = "–"

#: A longer name of a group would not fit a phone, nor many of them a message.
LONGEST_NAME = 60


def value(reader: Reader, metric: Metric, number: float | None) -> str:
    """A value of a metric in its unit; a dash when there is none."""
    if number is None:
        return NOTHING
    match metric.unit:
        case Unit.SECONDS:
            return reader.duration(number)
        case Unit.RATIO:
            return reader.percent(number, decimals=_decimals(number))
    whole = isinstance(metric.aggregate, Count | Unsolved)
    return reader.number(number, decimals=0 if whole else 1)


def _decimals(share: float) -> int:
    """Below ten percent a tenth still tells; above, it would only look exact."""
    return 1 if 0 < share < 0.1 else 0


def shown(reader: Reader, reading: Reading) -> str:
    """The value of a reading."""
    return value(reader, reading.metric, reading.value)


def range_of(reader: Reader, metric: Metric, usual: Usual | None) -> str:
    """35 – 70 min: the usual range, the unit said once where both ends share it."""
    if usual is None:
        return NOTHING
    if metric.unit is Unit.RATIO:
        decimals = _decimals(usual.high)
        low, high = (reader.percent(end, decimals=decimals) for end in (usual.low, usual.high))
    else:
        low, high = (value(reader, metric, end) for end in (usual.low, usual.high))
    if low == high:
        return low
    number, _, unit = high.rpartition(" ")
    if number and low.rpartition(" ")[2] == unit and not unit.isdigit():
        low = low.rpartition(" ")[0]
    return reader.text("{low} – {high}", low=low, high=high)


def change(reader: Reader, line: Line) -> str:
    """▲ 12%, worse: the move since the comparable period before, and whether it is for the better.

    A move within the usual range is called usual: chance explains it.
    """
    if line.change is None:
        return NOTHING
    if round(abs(line.change), 2) == 0:
        return reader.text("same")
    values = {"arrow": "▲" if line.change > 0 else "▼", "move": reader.percent(abs(line.change))}
    if line.standing is Standing.WITHIN:
        return reader.text("{arrow} {move}, usual", **values)
    if line.improved is None:
        return reader.text("{arrow} {move}", **values)
    if line.improved:
        return reader.text("{arrow} {move}, better", **values)
    return reader.text("{arrow} {move}, worse", **values)


def goal(reader: Reader, line: Line) -> str:
    """1 h ✗: the target, and whether it was met."""
    if line.goal is None:
        return ""
    target = value(reader, line.reading.metric, line.goal)
    sign = {True: " ✓", False: " ✗", None: ""}[line.met]
    return f"{target}{sign}"


def label(reader: Reader, metric: Metric) -> str:
    return reader.text(metric.label)


def with_sample(reader: Reader, reading: Reading) -> str:
    """The value, and for a share the sample it rests on: 94% (31)."""
    if reading.metric.unit is not Unit.RATIO or reading.value is None:
        return shown(reader, reading)
    n = reader.number(reading.n)
    return reader.text("{value} ({n})", value=shown(reader, reading), n=n)


def interval(reader: Reader, reading: Reading) -> str:
    """The 95 % interval of a reading; a dash where none exists."""
    if reading.low is None or reading.high is None:
        return NOTHING
    return range_of(reader, reading.metric, Usual(reading.low, reading.low, reading.high))


def part_plainly(reader: Reader, of: Slice) -> str:
    """The name of a slice, as plain text."""
    if of.value is None:
        return reader.text("(none)")
    name = of.value if len(of.value) <= LONGEST_NAME else of.value[: LONGEST_NAME - 1] + "…"
    return isolated(reader.template(name.capitalize()) if of.dimension in _OUR_WORDS else name)


def part(reader: Reader, of: Slice) -> str:
    """The name of a slice, as it may stand in markup."""
    return plain(part_plainly(reader, of))


#: Channels and priorities are words of ours, groups and desks are names of theirs.
_OUR_WORDS = (Dimension.CHANNEL, Dimension.PRIORITY)


def brief(reader: Reader, metric: Metric) -> str:
    return reader.text(metric.brief)


def dimension(reader: Reader, by: Dimension) -> str:
    return reader.text(_DIMENSIONS[by])


_DIMENSIONS = {
    Dimension.DESK: "Help desk",
    Dimension.CHANNEL: "Channel",
    Dimension.GROUP: "Group",
    Dimension.PRIORITY: "Priority",
}
