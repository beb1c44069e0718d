"""A week by hour: when tickets arrive, and below it how long they wait then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.slack.charts.scale import ValueLabel
from bot.slack.charts.sheet import (
    BOLD,
    GAP,
    GRID,
    INK,
    LINE,
    MARGIN,
    MARK,
    PLAIN,
    QUIET,
    SOFT,
    WIDTH,
    Ink,
    Sheet,
    beginning,
)
from bot.slack.charts.words import ENGLISH_HEAT, HeatWords

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PITCH = 16.0
_LINE = 19.0
_BETWEEN = 8.0
_TITLE = 28.0
_LONGEST_DAY = 76.0
_LABEL = Ink(SOFT, size=11)

#: Values beyond this part of all are as dark as can be: one odd hour does not bleach the others.
_DARK = 0.9
#: How dark the least value is that is not zero.
_FAINT = 0.12


@dataclass(frozen=True, slots=True)
class Heat:
    """What a heat map shows; see `bot.slack.charts.heat_map`."""

    weekdays: Sequence[str]
    arrivals: Sequence[Sequence[float]]
    waits: Sequence[Sequence[float | None]]
    count_label: ValueLabel
    wait_label: ValueLabel
    title: str | None
    hours: Sequence[str]
    words: HeatWords = ENGLISH_HEAT

    def halves(self) -> Iterator[_Half]:
        """The arrivals, and the waits where any is known."""
        words = self.words
        yield _Half(words.arrivals, words.most, self.arrivals, self.count_label, LINE)
        if any(wait is not None for day in self.waits for wait in day):
            yield _Half(words.waits, words.longest, self.waits, self.wait_label, MARK)


class _Half(NamedTuple):
    """One of the two maps that stand above each other."""

    head: str
    most: str
    values: Sequence[Sequence[float | None]]
    value_label: ValueLabel
    colour: str

    @property
    def known(self) -> list[float]:
        return [value for day in self.values for value in day if value is not None]

    @property
    def dark(self) -> float:
        """From which value on a cell is as dark as can be."""
        rising = sorted(value for value in self.known if value > 0) or [1.0]
        return rising[int((len(rising) - 1) * _DARK)]

    @property
    def largest(self) -> tuple[int, int]:
        """The weekday and the hour of the first of the largest values."""
        most = max(self.known)
        return next(
            (row, column)
            for row, day in enumerate(self.values)
            for column, value in enumerate(day)
            if value == most
        )


def draw_heat(chart: Heat) -> Figure:
    """The drawing of a heat map. Raises `ValueError` for one that has nothing to show."""
    _check(chart)
    halves = list(chart.halves())
    notes = [_note(chart, half) for half in halves]
    # The room is known only when the texts are: a sheet to measure them on comes first.
    measure = Sheet(1)
    heads = [_LINE * _lines(measure, half, note) for half, note in zip(halves, notes, strict=True)]
    body = _PITCH * len(chart.weekdays) + _LINE
    top = MARGIN + sum(heads) + (body + _BETWEEN) * len(halves) - _BETWEEN
    sheet = Sheet(top + (_TITLE if chart.title else 0) + MARGIN)
    sheet.title(chart.title)
    for half, note, head in zip(halves, notes, heads, strict=True):
        _head(sheet, top, half, note)
        field = _field(sheet, chart, top - head)
        _cells(sheet, field, half)
        _labels(sheet, field, chart)
        top -= head + body + _BETWEEN
    return sheet.figure


def _check(chart: Heat) -> None:
    shape = [len(chart.hours)] * len(chart.weekdays)
    for values in (chart.arrivals, chart.waits):
        if [len(day) for day in values] != shape:
            raise ValueError("a heat map needs a value for each weekday and hour")
    if not any(value > 0 for day in chart.arrivals for value in day):
        raise ValueError("a heat map needs at least one ticket")


@dataclass(frozen=True, slots=True)
class _Field:
    """The part of the sheet where the cells lie, below the height `top`."""

    left: float
    top: float
    width: float

    def corners(self, row: int, column: int, seam: float) -> list[tuple[float, float]]:
        """The corners of a cell, so far within its room."""
        left, right = self.left + column * self.width, self.left + (column + 1) * self.width
        top, bottom = self.top - row * _PITCH, self.top - (row + 1) * _PITCH
        return [
            (left + seam, bottom + seam),
            (right - seam, bottom + seam),
            (right - seam, top - seam),
            (left + seam, top - seam),
        ]


def _field(sheet: Sheet, chart: Heat, top: float) -> _Field:
    names = (sheet.width(_day(sheet, name), QUIET) for name in chart.weekdays)
    left = MARGIN + max(names) + GAP
    return _Field(left, top, (WIDTH - MARGIN - left) / len(chart.hours))


def _day(sheet: Sheet, name: str) -> str:
    return sheet.shorten(name, _LONGEST_DAY, QUIET)


def _note(chart: Heat, half: _Half) -> str:
    row, column = half.largest
    return half.most.format(
        weekday=chart.weekdays[row],
        hour=chart.hours[column],
        value=half.value_label(max(half.known)),
    )


def _lines(sheet: Sheet, half: _Half, note: str) -> int:
    """On how many lines a head and its note have room."""
    together = sheet.width(half.head, BOLD) + 2 * GAP + sheet.width(note)
    return 1 if together <= WIDTH - 2 * MARGIN else 2


def _head(sheet: Sheet, top: float, half: _Half, note: str) -> None:
    """The head, and at the other end of its line, or below it, where the largest value is."""
    head = sheet.shorten(half.head, WIDTH - 2 * MARGIN, BOLD)
    x, align = beginning(head)
    y = top - _LINE / 2
    sheet.text((x, y), head, BOLD, align)
    note = sheet.shorten(note, WIDTH - 2 * MARGIN)
    if _lines(sheet, half, note) == 2:
        sheet.text((x, y - _LINE), note, PLAIN, align)
    elif align == "left":
        sheet.text((WIDTH - MARGIN, y), note, PLAIN, "right")
    else:
        sheet.text((MARGIN, y), note, PLAIN, "left")


def _cells(sheet: Sheet, field: _Field, half: _Half) -> None:
    dark = half.dark
    for row, day in enumerate(half.values):
        for column, value in enumerate(day):
            corners = field.corners(row, column, 0.6)
            if value is None:
                (left, bottom), (right, _), (_, top), _ = corners
                middle = (bottom + top) / 2
                sheet.line([(left + 3, middle), (right - 3, middle)], GRID, 1)
            else:
                sheet.area(corners, _shade(half.colour, value / dark))
    ring = field.corners(*half.largest, -0.4)
    sheet.line([*ring, ring[0]], INK, 1.8)


def _shade(colour: str, strength: float) -> str:
    """The colour, thinned with the grid's grey; zero is that grey alone."""
    part = 0.0 if strength <= 0 else min(1.0, _FAINT + (1 - _FAINT) * strength)
    mixed = (round(a + (b - a) * part) for a, b in zip(_parts(GRID), _parts(colour), strict=True))
    return "#" + "".join(f"{one:02x}" for one in mixed)


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _labels(sheet: Sheet, field: _Field, chart: Heat) -> None:
    """The weekdays to the left, and as many hours below as fit evenly, where they begin."""
    for row, name in enumerate(chart.weekdays):
        y = field.top - (row + 0.5) * _PITCH
        sheet.text((field.left - GAP, y), _day(sheet, name), QUIET, "right")
    widest = max(sheet.width(hour, _LABEL) for hour in chart.hours) + GAP / 2
    every = next((step for step in (3, 4, 6, 8) if step * field.width >= widest), 12)
    y = field.top - len(chart.weekdays) * _PITCH - _LINE / 2
    for column in range(0, len(chart.hours), every):
        sheet.text((field.left + column * field.width, y), chart.hours[column], _LABEL)
