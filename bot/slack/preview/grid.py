"""Reads the blocks that are tables into rows of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.locale import Reader
from bot.slack.preview import rich_text
from bot.slack.preview.conversation import Unshown
from bot.slack.preview.texts import Paragraph, plain

Json = Mapping[str, Any]
Cell = list[Paragraph]
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table, the first of them its head. The settings may be fewer than columns."""

    rows: Sequence[Sequence[Cell]]
    settings: Sequence[Json] = ()
    caption: str = ""

    def align(self, column: int) -> Align:
        align: Align = self._setting(column).get("align") or "left"
        return align

    def is_wrapped(self, column: int) -> bool:
        return bool(self._setting(column).get("is_wrapped"))

    def _setting(self, column: int) -> Json:
        # Slack takes null for a column that keeps the default.
        return (self.settings[column] or {}) if column < len(self.settings) else {}


def grid_of(block: Json, reader: Reader) -> Grid:
    """The rows of a table block or of a data table."""
    rows = [[_cell(cell, reader) for cell in row] for row in block["rows"]]
    if block["type"] == "table":
        return Grid(rows, block.get("column_settings") or ())
    numbers = [{"align": _align_of(block["rows"], column)} for column in range(len(rows[0]))]
    return Grid(rows, numbers, block["caption"])


def _cell(cell: Json, reader: Reader) -> Cell:
    match cell["type"]:
        case "raw_text":
            return plain(cell["text"])
        case "raw_number":
            return plain(cell.get("text") or str(cell["value"]))
        case "rich_text":
            return rich_text.paragraphs(cell["elements"], reader)
        case unknown:
            raise Unshown(f"there is no preview of the table cell {unknown!r}")


def _align_of(rows: Sequence[Sequence[Json]], column: int) -> Align:
    """A data table has no settings: Slack puts a column of numbers on the right."""
    is_number = all(row[column]["type"] == "raw_number" for row in rows[1:])
    return "right" if is_number else "left"
