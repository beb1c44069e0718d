"""Prints charts as bars of blocks beside their numbers, or as a table where bars have no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from bot.slack.preview.chart import Chart
from bot.slack.preview.terminal.table import Fitting
from bot.slack.preview.terminal.words import clean

_GAP = 2
_SHORTEST, _LONGEST = 8, 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Bars:
    """A line for each label: its name, a bar for the first series, and the value of each series.

    Values below zero have no such bar: they are printed as a table, and so is what is too wide.
    """

    chart: Chart

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = self._rows()
        is_named_above = len(self.chart.names) == 1
        columns = zip(*(rows[1:] if is_named_above else rows), strict=True)
        widths = [max(map(cell_len, column)) for column in columns]
        room = options.max_width - sum(widths) - _GAP * len(widths)
        if room < _SHORTEST or self.chart.ends[0] < 0:
            yield Fitting(self.chart.grid(), self.chart.reader)
            return
        yield Text(clean(self.chart.heading), "bold")
        head, *body = rows
        if is_named_above and self.chart.shows_names:
            yield Text(head[1], "dim")
        elif not is_named_above:
            yield Text(_line(head, widths, " " * min(room, _LONGEST)), "dim")
        for row, values in zip(body, self.chart.values, strict=True):
            yield Text(_line(row, widths, self._bar(values[0], min(room, _LONGEST))))

    def _rows(self) -> list[list[str]]:
        """The names of the series, and each label with its values."""
        chart = self.chart
        return [
            ["", *map(clean, chart.names)],
            *(
                [clean(label), *map(chart.told, values)]
                for label, values in zip(chart.labels, chart.values, strict=True)
            ),
        ]

    def _bar(self, value: float | None, room: int) -> str:
        """A bar as long as its value is large, with an eighth of a column as the least."""
        if not value:
            return " " * room
        eighths = max(1, round(self.chart.part(value) * room * 8))
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        return bar.ljust(room)


def _line(cells: Sequence[str], widths: Sequence[int], bar: str) -> str:
    label, *values = (
        text + " " * (width - cell_len(text))
        if place == 0
        else " " * (width - cell_len(text)) + text
        for place, (text, width) in enumerate(zip(cells, widths, strict=True))
    )
    return (" " * _GAP).join([label, bar, *values])
