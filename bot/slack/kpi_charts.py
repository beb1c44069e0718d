"""The chart in an answer of `/kpi`: the trend of a number, or its parts; Slack draws it itself."""

from __future__ import annotations

from collections.abc import Sequence

from slackblocks import Block

from bot.digests.line import Line
from bot.domain import Dimension
from bot.locale import Reader
from bot.message import Picture
from bot.metrics import Reading
from bot.metrics.usual import Usual
from bot.slack import charts, native, numbers

#: The block that Slack draws, and the picture that stands in for it where Slack refuses to.
CHART = "kpi-chart"

#: More bars than these do not fit a phone.
MOST_BARS = 12


def block(
    of: Line,
    history: Sequence[Reading],
    parts: Sequence[Reading],
    reader: Reader,
) -> Block | None:
    """The parts as bars, or how the number went over the comparable periods; `None` for too few."""
    now, target = of.reading, of.target
    label = numbers.name(reader, now)
    unit = now.metric.unit
    if parts:
        rows = _bars(parts, reader)
        return native.bars(label, rows, name=label, unit=unit, reader=reader, block_id=CHART)
    series = [*history, now]
    values: list[float | None] = [reading.value for reading in series]
    lines: list[tuple[str, Sequence[float | None]]] = [(numbers.brief(reader, now.metric), values)]
    if target is not None:
        lines.append((reader.text("goal"), [target] * len(series)))
    if of.usual is not None:
        lines += [
            (reader.text("usual, lowest"), [of.usual.low] * len(series)),
            (reader.text("usual, highest"), [of.usual.high] * len(series)),
        ]
    labels = [_label(reading, reader) for reading in series]
    return native.line(label, labels, lines, unit=unit, reader=reader, block_id=CHART)


def picture(
    of: Line,
    history: Sequence[Reading],
    parts: Sequence[Reading],
    reader: Reader,
) -> Picture:
    """The same as a picture, whose description tells what it shows."""
    now, target, range_ = of.reading, of.target, of.usual
    metric = now.metric
    label = numbers.name(reader, now)

    def value_label(value: float) -> str:
        return numbers.value(reader, metric, value)

    if parts:
        rows = _bars(parts, reader)
        drawn = charts.bars(rows, value_label=value_label, goal=target, words=_words(reader))
        told = reader.listed(
            reader.text("{label} {value}", label=name, value=numbers.value(reader, metric, value))
            for name, value in rows
        )
        return Picture(CHART, drawn, reader.text("{heading}: {told}", heading=label, told=told))
    drawn = charts.trend(
        [(_label(reading, reader), reading.value) for reading in [*history, now]],
        usual=(range_.low, range_.high) if range_ else None,
        goal=target,
        value_label=value_label,
        title=label,
        words=_words(reader),
    )
    return Picture(CHART, drawn, _told(now, len(history) + 1, range_, label, reader))


def _told(now: Reading, periods: int, range_: Usual | None, label: str, reader: Reader) -> str:
    found = {
        "label": label,
        "n": reader.number(periods),
        "value": numbers.shown(reader, now),
    }
    if range_ is None:
        return reader.text("{label}, {n} periods: {value} now.", **found)
    usually = numbers.range_of(reader, now.metric, range_)
    return reader.text("{label}, {n} periods: {value} now, usual {range}.", **found, range=usually)


def _words(reader: Reader) -> charts.Words:
    return charts.Words(usual=reader.text("usual"), goal=reader.template("goal {value}"))


def _bars(parts: Sequence[Reading], reader: Reader) -> list[tuple[str, float | None]]:
    """The largest parts, the largest sample first; agents are nobody's chart."""
    ordered = sorted(parts, key=lambda reading: -reading.n)[:MOST_BARS]
    return [
        (numbers.part_plainly(reader, reading.slice), reading.value)
        for reading in ordered
        if reading.slice is not None and reading.slice.dimension is not Dimension.AGENT
    ]


def _label(reading: Reading, reader: Reader) -> str:
    return reader.short_date(reading.window.start.date())
