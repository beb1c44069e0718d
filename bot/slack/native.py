"""Charts that Slack draws itself, within its limits; what does not fit them is no chart here.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block: every series has a point
for each category, so a gap cannot be told and a line with one has to be drawn as a PNG. Where
sources differ on a limit the smaller number counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from statistics import median

from slackblocks import (
    AxisConfig,
    BarChart,
    Block,
    DataPoint,
    DataSeries,
    DataVisualizationBlock,
    LineChart,
)

from bot.locale import Reader
from bot.metrics import Unit
from bot.slack.numbers import NOTHING

LONGEST_TITLE = 50
LONGEST_LABEL = 20
MOST_POINTS = 20
MOST_SERIES = 6
#: A message takes no more charts than this; `bot.slack.blocks.blocks_of` refuses a third.
MOST_CHARTS = 2

#: One value has nothing to be compared with.
FEWEST_POINTS = 2

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

#: The name of a series, and its value at each label.
Series = tuple[str, Sequence[float | None]]


def bars(
    title: str,
    rows: Sequence[tuple[str, float | None]],
    *,
    name: str,
    unit: Unit,
    reader: Reader,
    block_id: str,
) -> Block | None:
    """A bar for each row that has a value; `name` says what the bars are, e.g. "First response".

    Values are seconds, shares from 0 to 1, counts or scores, as `unit` says. `None` for fewer than
    two bars or more than twenty: the table says it better.
    """
    known = [(label, value) for label, value in rows if value is not None]
    if not FEWEST_POINTS <= len(known) <= MOST_POINTS:
        return None
    scale = _scale([value for _, value in known], unit, reader)
    labels = _labels([label for label, _ in known])
    series = [_series(name, labels, [value for _, value in known], scale)]
    axes = AxisConfig(labels, y_label=scale.name)
    return DataVisualizationBlock(_title(title), BarChart(series, axes), block_id=block_id)


def line(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: Unit,
    reader: Reader,
    block_id: str,
) -> Block | None:
    """A line for each series through its values at the labels, e.g. the number itself and its goal.

    A series without any value is left out; the first one that is left says where the chart begins
    and ends. `None` for a gap in any of them there, for fewer than two points or more than twenty,
    and for more than six lines: then draw a PNG. Units are those of `bars`. Raises `ValueError` when
    a series has not one value for each label.
    """
    if any(len(values) != len(labels) for _, values in series):
        raise ValueError("a line has a value for each label")
    there = [one for one in series if any(value is not None for value in one[1])]
    first, end = _known_part(there[0][1]) if there else (0, 0)
    lines = [
        (name, [value for value in values[first:end] if value is not None])
        for name, values in there
    ]
    has_gap = any(len(values) < end - first for _, values in lines)
    if has_gap or not (
        1 <= len(lines) <= MOST_SERIES and FEWEST_POINTS <= end - first <= MOST_POINTS
    ):
        return None
    scale = _scale([value for _, values in lines for value in values], unit, reader)
    categories = _labels(labels[first:end])
    names = _labels([name for name, _ in lines])
    drawn = [
        _series(name, categories, values, scale)
        for name, (_, values) in zip(names, lines, strict=True)
    ]
    axes = AxisConfig(categories, y_label=scale.name)
    return DataVisualizationBlock(_title(title), LineChart(drawn, axes), block_id=block_id)


def _known_part(values: Sequence[float | None]) -> tuple[int, int]:
    """From the first value that is known to behind the last."""
    known = [place for place, value in enumerate(values) if value is not None]
    return known[0], known[-1] + 1


# --- Values --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scale:
    """In what a chart's values are told: one unit for all of them, `name` on the axis."""

    size: float
    decimals: int
    name: str | None

    def told(self, value: float) -> float:
        rounded = round(value / self.size, self.decimals)
        # Adding a zero takes the sign from another one.
        return rounded + 0.0 if self.decimals else int(rounded)


def _scale(values: Sequence[float], unit: Unit, reader: Reader) -> _Scale:
    size, name = _size(median(map(abs, values)), unit, reader)
    return _Scale(size, _decimals([value / size for value in values]), name)


def _size(middle: float, unit: Unit, reader: Reader) -> tuple[float, str | None]:
    """How large the unit is in which the middle value reads well, and what it is called.

    The largest would be a bad guide: beside a day of 40 hours, minutes would all be told as 0.
    """
    if unit is Unit.RATIO:
        return 0.01, "%"
    if unit is not Unit.SECONDS:
        return 1.0, None
    if middle < 2 * MINUTE:
        return 1.0, reader.text("seconds")
    if middle < 2 * HOUR:
        return MINUTE, reader.text("minutes")
    if middle < 2 * DAY:
        return HOUR, reader.text("hours")
    return DAY, reader.text("days")


def _decimals(values: Sequence[float]) -> int:
    """As few as still tell the values apart: none where they span ten, two for small shares of 1."""
    if (
        all(isclose(value, round(value), abs_tol=1e-9) for value in values)
        or max(values) - min(values) >= 10
    ):
        return 0
    return 1 if max(map(abs, values)) >= 1 else 2


def _series(name: str, labels: Sequence[str], values: Sequence[float], scale: _Scale) -> DataSeries:
    told = [
        DataPoint(label, scale.told(value)) for label, value in zip(labels, values, strict=True)
    ]
    return DataSeries(_shortened(name, LONGEST_LABEL), told)


# --- Texts ---------------------------------------------------------------------------------------


def _title(title: str) -> str:
    return _shortened(title, LONGEST_TITLE)


def _labels(names: Sequence[str]) -> list[str]:
    """The names, short enough and each another: two that look alike are numbered."""
    taken: dict[str, None] = {}
    for name in names:
        label, number = _shortened(name, LONGEST_LABEL), 1
        while label in taken:
            number += 1
            ending = f" {number}"
            label = _shortened(name, LONGEST_LABEL - len(ending)) + ending
        taken[label] = None
    return list(taken)


def _shortened(text: str, longest: int) -> str:
    """The text on one line, or as much of its beginning as fits, with an ellipsis; a dash for none.

    What keeps a name's direction within a sentence is left out: a label stands alone.
    """
    words = " ".join(text.split())
    line = "".join(letter for letter in words if not _is_hidden(letter)) or NOTHING
    if _length(line) <= longest:
        return line
    while _length(line) >= longest:
        line = line[:-1]
    return line.rstrip() + "…"


def _is_hidden(letter: str) -> bool:
    return letter in _ISOLATES or unicodedata.category(letter) == "Cc"


_ISOLATES = "\u2066\u2067\u2068\u2069"


def _length(text: str) -> int:
    """As JavaScript counts it, where an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
