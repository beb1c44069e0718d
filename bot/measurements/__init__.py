"""Measurements: numbers that no help desk tells, as people and other programs write them down.

Texts come in (a line of a file, an entry of a push, what somebody typed), entries go out, or a
sentence for each place where something is wrong.
"""

from bot.measurements.batch import Batch, Change, Problem, Recorded
from bot.measurements.entry import COLUMNS, Cell, Entry, column_named, read_entry

__all__ = [
    "COLUMNS",
    "Batch",
    "Cell",
    "Change",
    "Entry",
    "Problem",
    "Recorded",
    "column_named",
    "read_entry",
]
