"""Prints tables that keep their columns aligned, and become lists where they are too wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from bot.locale import Reader
from bot.slack.preview.grid import Cell, Grid
from bot.slack.preview.terminal.words import clean, words

#: The room between two columns.
_GAP = 2


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table where there is room for its numbers and words unbroken, else a list of its rows."""

    grid: Grid
    reader: Reader

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.grid.caption:
            yield Text(clean(self.grid.caption), "bold")
        for heads in (_heads(self.grid, console), _broken_heads(self.grid, console)):
            if _narrowest(self.grid, heads, console) <= options.max_width:
                yield _table(self.grid, heads, console)
                return
        yield _list(self.grid, self.reader, console)


def _heads(grid: Grid, console: Console) -> list[Text]:
    return [words(head, console) for head in grid.rows[0]]


def _broken_heads(grid: Grid, console: Console) -> list[Text]:
    """The heads on several lines, as wide as the numbers below them or their longest word."""
    heads = _heads(grid, console)
    return [
        Text("\n").join(head.wrap(console, max(_body(grid, column, console), _longest(head))))
        for column, head in enumerate(heads)
    ]


def _narrowest(grid: Grid, heads: Sequence[Text], console: Console) -> int:
    """How wide the table is when every column is as narrow as its longest word, or number."""
    columns = [
        max(
            _body(grid, column, console),
            _widest(head) if _is_number(grid, column) else _longest(head),
        )
        for column, head in enumerate(heads)
    ]
    return sum(columns) + _GAP * (len(columns) - 1)


def _body(grid: Grid, column: int, console: Console) -> int:
    """The room that the cells below a head need: a number stays on one line."""
    need = _widest if _is_number(grid, column) else _longest
    return max((need(words(row[column], console)) for row in grid.rows[1:]), default=1)


def _is_number(grid: Grid, column: int) -> bool:
    return grid.align(column) != "left"


def _widest(text: Text) -> int:
    return max(map(cell_len, text.plain.split("\n")))


def _longest(text: Text) -> int:
    return max(map(cell_len, text.plain.split()), default=1)


def _table(grid: Grid, heads: Sequence[Text], console: Console) -> Table:
    line = box.SIMPLE_HEAD if console.is_terminal else None
    # The line's columns are one apart already.
    room = _GAP - 1 if line else _GAP
    table = Table(
        box=line, show_edge=False, pad_edge=False, padding=(0, room, 0, 0), header_style="bold"
    )
    for column, head in enumerate(heads):
        is_number = _is_number(grid, column)
        table.add_column(head, justify=grid.align(column), no_wrap=is_number, overflow="fold")
    for row in grid.rows[1:]:
        table.add_row(*(words(cell, console) for cell in row))
    return table


def _list(grid: Grid, reader: Reader, console: Console) -> RenderableType:
    """Each row as its first cell, and below it what its other cells say."""
    head, *rows = grid.rows
    return Group(
        *(
            _told(name, cell, reader, console) if place else words(cell, console)
            for row in rows
            for place, (name, cell) in enumerate(zip(head, row, strict=True))
        )
    )


def _told(name: Cell, cell: Cell, reader: Reader, console: Console) -> Text:
    texts = (words(name, console).plain, words(cell, console).plain)
    return Text("  " + reader.text("{name}: {value}", name=texts[0], value=texts[1]))
