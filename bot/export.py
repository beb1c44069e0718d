"""Writes readings period by period, as CSV or JSON, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import Any, TextIO

from bot.metrics import Reading

#: The columns of a CSV line, in this order; a JSON object has the same keys.
COLUMNS = (
    *("metric", "start", "end", "dimension", "part", "value", "unit", "n", "low", "high"),
    *("p90", "mean", "numerator", "denominator", "clock", "definition", "as_of"),
)


def write_csv(readings: Iterable[Reading], to: TextIO) -> None:
    """A header and a line for each reading; what there is not stays empty. Times are seconds."""
    lines = csv.DictWriter(to, COLUMNS, lineterminator="\n")
    lines.writeheader()
    lines.writerows(map(_row, readings))


def write_json(readings: Iterable[Reading], to: TextIO) -> None:
    """A list of objects, each on a line of its own, so that much of it can be read as it comes."""
    to.write("[")
    for number, reading in enumerate(readings):
        to.write(",\n " if number else "\n ")
        json.dump(_row(reading), to, ensure_ascii=False)
    to.write("\n]\n")


def _row(reading: Reading) -> dict[str, Any]:
    part = reading.slice
    told: dict[str, Any] = {
        "metric": reading.metric.key,
        "start": reading.window.start.isoformat(),
        "end": reading.window.end.isoformat(),
        "dimension": part.dimension.value if part else None,
        "part": part.value if part else None,
        "unit": reading.metric.unit.value,
        "clock": reading.clock.value,
        "definition": reading.metric.definition_id,
        "as_of": reading.as_of.isoformat() if reading.as_of else None,
    }
    numbers = ("value", "n", "low", "high", "p90", "mean", "numerator", "denominator")
    told |= {name: getattr(reading, name) for name in numbers}
    return {column: told[column] for column in COLUMNS}
