"""A breakdown: a name, a horizontal bar and a value in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.slack.charts.scale import Scale, ValueLabel
from bot.slack.charts.sheet import BOLD, CARD, GAP, GOAL, LINE, MARGIN, PLAIN, WIDTH, Ink, Sheet
from bot.slack.charts.words import ENGLISH, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PITCH = 26.0
_THICKNESS = 14.0
_LONGEST_NAME = 128.0
_HEAD = 20.0


@dataclass(frozen=True, slots=True)
class Bars:
    """What a breakdown shows; see `bot.slack.charts.bars`."""

    rows: Sequence[tuple[str, float | None]]
    goal: float | None
    value_label: ValueLabel
    words: Words = ENGLISH

    def told(self, value: float | None) -> str:
        return self.words.nothing if value is None else self.value_label(value)


def draw_bars(chart: Bars) -> Figure:
    """The drawing of a breakdown. Raises `ValueError` for one that has nothing to show."""
    top = MARGIN + _PITCH * len(chart.rows)
    sheet = Sheet(top + MARGIN + (0 if chart.goal is None else _HEAD))
    names = [sheet.shorten(name, _LONGEST_NAME) for name, _ in chart.rows]
    scale = _scale(sheet, chart, names)
    for index, (name, (_, value)) in enumerate(zip(names, chart.rows, strict=True)):
        y = top - _PITCH * (index + 0.5)
        sheet.text((scale.start - GAP, y), name, PLAIN, "right")
        sheet.text((WIDTH - MARGIN, y), chart.told(value), BOLD, "right")
        if value is not None:
            _bar(sheet, scale, value, y)
    if chart.goal is not None:
        _goal(
            sheet, scale.at(chart.goal), top, chart.words.goal.format(value=chart.told(chart.goal))
        )
    return sheet.figure


def _scale(sheet: Sheet, chart: Bars, names: Sequence[str]) -> Scale:
    """From the longest name to the longest value; bars begin at zero, or they would lie."""
    known = [value for _, value in chart.rows if value is not None]
    if not known:
        raise ValueError("a chart needs at least one value")
    ends = [0.0, *known, *([] if chart.goal is None else [chart.goal])]
    names_end = MARGIN + max(map(sheet.width, names))
    values_start = WIDTH - MARGIN - max(sheet.width(chart.told(v), BOLD) for _, v in chart.rows)
    return Scale(names_end + GAP, values_start - GAP, min(ends), max(ends))


def _bar(sheet: Sheet, scale: Scale, value: float, y: float) -> None:
    start, end = scale.at(0), scale.at(value)
    if abs(end - start) < 1:
        # A value of zero is a hairline: it was counted, unlike one that is not known.
        end = start + 1
    low, high = y - _THICKNESS / 2, y + _THICKNESS / 2
    sheet.area([(start, low), (end, low), (end, high), (start, high)], LINE)


def _goal(sheet: Sheet, x: float, top: float, text: str) -> None:
    # A light seam keeps the line apart from the bars that it crosses.
    sheet.line([(x, MARGIN), (x, top)], CARD, 4)
    sheet.dashes((x, MARGIN), (x, top), GOAL)
    text = sheet.shorten(text, WIDTH - 2 * MARGIN)
    half = sheet.width(text) / 2
    middle = min(max(x, MARGIN + half), WIDTH - MARGIN - half)
    sheet.text((middle, top + 11), text, Ink(GOAL), "center")
