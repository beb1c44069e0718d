"""How a number went: a line, the usual range behind it, the goal across it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

from bot.slack.charts.scale import Range, Scale, ValueLabel, apart, extent, round_ticks
from bot.slack.charts.sheet import (
    BAND,
    BOLD,
    GAP,
    GOAL,
    GRID,
    LINE,
    MARGIN,
    MARK,
    QUIET,
    WIDTH,
    Ink,
    Sheet,
)
from bot.slack.charts.words import ENGLISH, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 200.0
_LONGEST_NOTE = 110.0


@dataclass(frozen=True, slots=True)
class Trend:
    """What a trend shows; see `bot.slack.charts.trend`."""

    points: Sequence[tuple[str, float | None]]
    usual: Sequence[Range] | Range | None
    goal: float | None
    value_label: ValueLabel
    title: str | None
    highlight: int | None = -1
    words: Words = ENGLISH

    @property
    def values(self) -> list[float | None]:
        return [value for _, value in self.points]

    @property
    def bands(self) -> list[Range]:
        """The usual range at each point; none where none is known."""
        if self.usual is None:
            return []
        if self.usual and not isinstance(self.usual[0], Sequence):
            return [cast(Range, self.usual)] * len(self.points)
        bands = list(cast(Sequence[Range], self.usual))
        if len(bands) != len(self.points):
            raise ValueError(f"{len(self.points)} points, but {len(bands)} usual ranges")
        return bands

    @property
    def marked(self) -> tuple[int, float] | None:
        """The index and the value of the point that is marked."""
        if self.highlight is None:
            return None
        index = range(len(self.points))[self.highlight]
        value = self.points[index][1]
        return None if value is None else (index, value)


def draw_trend(chart: Trend) -> Figure:
    """The drawing of a trend. Raises `ValueError` for one that has nothing to show."""
    edges = [edge for band in chart.bands for edge in band]
    if all(value is None for value in chart.values):
        raise ValueError("a chart needs at least one value")
    low, high = extent([*chart.values, chart.goal, *edges])
    sheet = Sheet(HEIGHT)
    ticks = round_ticks(low, high, chart.value_label)
    notes = _notes(sheet, chart)
    field = _field(sheet, chart, ticks, notes, (low, high))
    sheet.title(chart.title)
    _grid(sheet, field, ticks)
    _band(sheet, field, chart.bands)
    if chart.goal is not None:
        y = field.y(chart.goal)
        sheet.dashes((field.left, y), (field.right, y), GOAL)
    _curve(sheet, field, chart)
    _beside(sheet, field, notes)
    _below(sheet, field, chart)
    return sheet.figure


@dataclass(frozen=True, slots=True)
class _Field:
    """The part of the sheet where the line runs."""

    left: float
    right: float
    bottom: float
    top: float
    values: Range
    count: int

    @property
    def pitch(self) -> float:
        """How far two points lie apart."""
        # Half a dot of room on both sides, so that the first and the last point lie within.
        return (self.right - self.left - 12) / max(self.count - 1, 1)

    def x(self, index: int) -> float:
        if self.count == 1:
            return (self.left + self.right) / 2
        return self.left + 6 + index * self.pitch

    def y(self, value: float) -> float:
        return Scale(self.bottom, self.top, *self.values).at(value)


class _Note(NamedTuple):
    """A label to the right of the field, beside the value that it speaks of."""

    value: float
    text: str
    ink: Ink


def _field(
    sheet: Sheet,
    chart: Trend,
    ticks: Sequence[tuple[float, str]],
    notes: Sequence[_Note],
    values: Range,
) -> _Field:
    """Leaves room for the ticks on the left, the notes on the right, the title and the labels."""
    # A label lies below the first and the last point too, which are half a dot inwards.
    half = max(sheet.width(label, BOLD) for label in _labels(sheet, chart)) / 2 - 6
    left = max([half, *(sheet.width(text) + GAP for _, text in ticks)])
    right = max([half, *(sheet.width(note.text, note.ink) + GAP for note in notes)])
    return _Field(
        left=MARGIN + left,
        right=WIDTH - MARGIN - right,
        bottom=MARGIN + 22,
        top=HEIGHT - MARGIN - (28 if chart.title else 8),
        values=values,
        count=len(chart.points),
    )


def _notes(sheet: Sheet, chart: Trend) -> list[_Note]:
    notes = []
    if chart.marked is not None:
        value = chart.marked[1]
        notes.append(_Note(value, chart.value_label(value), Ink(MARK, bold=True)))
    if chart.goal is not None:
        text = chart.words.goal.format(value=chart.value_label(chart.goal))
        notes.append(_Note(chart.goal, text, Ink(GOAL)))
    if chart.bands:
        notes.append(_Note(sum(chart.bands[-1]) / 2, chart.words.usual, Ink(LINE)))
    return [note._replace(text=sheet.shorten(note.text, _LONGEST_NOTE, note.ink)) for note in notes]


def _grid(sheet: Sheet, field: _Field, ticks: Sequence[tuple[float, str]]) -> None:
    for value, text in ticks:
        y = field.y(value)
        sheet.line([(field.left, y), (field.right, y)], GRID, 1)
        sheet.text((field.left - GAP, y), text, QUIET, "right")


def _band(sheet: Sheet, field: _Field, bands: Sequence[Range]) -> None:
    if not bands:
        return
    xs = [field.left, *(field.x(index) for index in range(len(bands))), field.right]
    wide = [bands[0], *bands, bands[-1]]
    upper = [(x, field.y(high)) for x, (_, high) in zip(xs, wide, strict=True)]
    lower = [(x, field.y(low)) for x, (low, _) in zip(xs, wide, strict=True)]
    sheet.area([*upper, *reversed(lower)], BAND)


def _curve(sheet: Sheet, field: _Field, chart: Trend) -> None:
    dots = [
        None if value is None else (field.x(index), field.y(value))
        for index, value in enumerate(chart.values)
    ]
    for here, there in pairwise(dots):
        if here is not None and there is not None:
            sheet.line([here, there], LINE, 2.2)
    # The dots lie above the lines; the one that is marked is larger, not only of another colour.
    for index, dot in enumerate(dots):
        if dot is not None:
            is_marked = chart.marked is not None and index == chart.marked[0]
            sheet.dot(dot, 5.5 if is_marked else 3.2, MARK if is_marked else LINE)


def _beside(sheet: Sheet, field: _Field, notes: Sequence[_Note]) -> None:
    """Writes the notes at the height of their values, pushed apart where they would overlap."""
    rising = sorted(notes, key=lambda note: note.value)
    heights = apart([field.y(note.value) for note in rising], field.bottom, field.top, 16)
    for y, note in zip(heights, rising, strict=True):
        sheet.text((field.right + GAP, y), note.text, note.ink)


def _below(sheet: Sheet, field: _Field, chart: Trend) -> None:
    """Writes as many labels as fit, evenly, counted from the marked point or from the last."""
    labels = _labels(sheet, chart)
    widest = max(sheet.width(label, BOLD) for label in labels) + GAP
    every = max(1, math.ceil(widest / field.pitch))
    marked = chart.marked[0] if chart.marked else None
    start = len(labels) - 1 if marked is None else marked
    for index in range(start % every, len(labels), every):
        ink = BOLD if index == marked else QUIET
        sheet.text((field.x(index), field.bottom - 15), labels[index], ink, "center")


def _labels(sheet: Sheet, chart: Trend) -> list[str]:
    return [sheet.shorten(label, WIDTH / 3, BOLD) for label, _ in chart.points]
