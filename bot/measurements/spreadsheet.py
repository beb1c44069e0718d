"""Reads measurements from a CSV file as spreadsheet programs of all countries save it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from bot.errors import UsageError
from bot.measurements.batch import Batch, Problem
from bot.measurements.entry import COLUMNS, Cell, column_named
from bot.measurements.numerals import quoted

#: A larger file is none of measurements: this holds more than a hundred thousand.
MOST_BYTES = 10_000_000

#: Where cells are parted by this sign, decimals begin with that one; "" where both are usual.
_DECIMAL = {",": ".", ";": ",", "\t": ""}

#: How files begin that only look like CSV in a list of files.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WIDE = (b"\xff\xfe", b"\xfe\xff")

_SAVE_AS = "Save it as “CSV UTF-8”."


def read_csv(content: bytes, *, today: date) -> Batch:
    """The entries of a file by the numbers of their lines, and what is wrong with the others.

    Raises `UsageError` for what is no such file: another encoding, no head, unknown columns.
    """
    sheet = _Sheet.of(_text(content))
    read = Batch.read(sheet.rows(), today=today, decimal=sheet.decimal)
    if not read.entries and not read.problems and not sheet.too_long:
        raise UsageError("The file has a head, and no line below it.")
    problems = sorted([*read.problems, *sheet.too_long], key=lambda problem: problem.place)
    return Batch(read.entries, problems)


def check_size(size: int) -> None:
    """Raises `UsageError` for a file that is too large to be read, by its bytes."""
    if size > MOST_BYTES:
        raise UsageError(
            "The file is larger than {most:,.0f} MB.",
            "Import it in parts.",
            most=MOST_BYTES / 1_000_000,
        )


def _text(content: bytes) -> str:
    check_size(len(content))
    if content.startswith(_WORKBOOKS):
        raise UsageError("That is a workbook, not a CSV file.", _SAVE_AS)
    if content.startswith(_WIDE):
        raise UsageError("The file is encoded as UTF-16.", _SAVE_AS)
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise UsageError("There is a NUL byte in line {line}.", _SAVE_AS, line=line)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(
            "The file is not encoded as UTF-8 (line {line}).", _SAVE_AS, line=line
        ) from None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The head, the lines below it with their numbers, and how decimals are written."""

    columns: Sequence[str]
    lines: Sequence[tuple[int, Sequence[str]]]
    decimal: str

    @classmethod
    def of(cls, text: str) -> _Sheet:
        parted_by = _parted_by(text)
        told = list(_lines(text, parted_by))
        if not told:
            raise UsageError("The file is empty.")
        (_, head), *lines = told
        return cls(_columns(head), lines, _DECIMAL[parted_by])

    def rows(self) -> Iterator[tuple[int, dict[str, Cell]]]:
        """The cells of each line by their columns."""
        for number, cells in self.lines:
            if not self._is_too_long(cells):
                yield number, dict(zip(self.columns, cells, strict=False))

    @property
    def too_long(self) -> list[Problem]:
        """Lines with more cells than columns: nobody could tell which belongs where."""
        return [
            Problem(
                number,
                UsageError(
                    "There are more cells than the {columns} of the head.",
                    "A cell with a comma in it stands between quotes.",
                    columns=len(self.columns),
                ),
            )
            for number, cells in self.lines
            if self._is_too_long(cells)
        ]

    def _is_too_long(self, cells: Sequence[str]) -> bool:
        return any(cell.strip() for cell in cells[len(self.columns) :])


def _parted_by(text: str) -> str:
    """The sign between the cells: the one that the head has most of."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DECIMAL, key=head.count)


def _lines(text: str, parted_by: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The lines that are not empty, each with the number of its first one in the file."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=parted_by, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(
            "Line {line} cannot be read: {why}.",
            "A quote within a cell is written twice.",
            line=number,
            why=str(error),
        ) from None


def _columns(head: Sequence[str]) -> list[str]:
    """The columns by their names. A column without a name may only be empty, and at the end."""
    named = list(head)
    while not named[-1].strip():
        named.pop()
    columns = [column_named(name) for name in named]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise UsageError("The column “{name}” is there twice.", name=twice)
    missing = [name for name in ("metric", "from") if name not in columns]
    if not {"numerator", "value"} & set(columns):
        missing.append("numerator")
    if missing:
        raise UsageError(
            "The head of the file lacks: {missing}.",
            "It is e.g. {head}",
            missing=quoted(", ".join(missing)),
            head=",".join(COLUMNS[:5]),
        )
    return columns
