"""Reads the charts that Slack draws itself into the numbers that the page and the terminal draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.locale import Reader
from bot.slack.preview.conversation import Unshown
from bot.slack.preview.grid import Grid
from bot.slack.preview.texts import plain

Json = Mapping[str, Any]

#: More decimals are not shown.
_MOST_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """The names of the series and the labels, and in `values` a row for each label.

    `unit` is what the axis says of the values, e.g. "hours"; `is_line` whether the labels follow
    each other. A value is `None` where a series has no point at a label.
    """

    title: str
    unit: str
    names: Sequence[str]
    labels: Sequence[str]
    values: Sequence[Sequence[float | None]]
    is_line: bool
    reader: Reader

    @property
    def heading(self) -> str:
        """The title, and in what its values are told."""
        if not self.unit:
            return self.title
        return self.reader.text("{title} ({unit})", title=self.title, unit=self.unit)

    @property
    def shows_names(self) -> bool:
        """Whether the names of the series say more than the title does."""
        return len(self.names) > 1 or self.names[0] not in ("", self.title)

    @property
    def known(self) -> list[float]:
        return [value for row in self.values for value in row if value is not None]

    @property
    def ends(self) -> tuple[float, float]:
        """From where to where the values go, zero among them."""
        return min(0.0, *self.known), max(0.0, *self.known)

    def part(self, value: float) -> float:
        """Where a value lies between the two ends, from 0 to 1."""
        low, high = self.ends
        return (value - low) / ((high - low) or 1)

    def told(self, value: float | None) -> str:
        """A value in the reader's digits, as exact as the others of the chart."""
        return "–" if value is None else self.reader.number(value, decimals=self._decimals)

    @property
    def _decimals(self) -> int:
        enough = (
            places
            for places in range(_MOST_DECIMALS)
            if all(abs(value - round(value, places)) < 1e-9 for value in self.known)
        )
        return next(enough, _MOST_DECIMALS)

    def grid(self) -> Grid:
        """The numbers as a table, for where nothing can be drawn."""
        rows = [
            [label, *map(self.told, values)]
            for label, values in zip(self.labels, self.values, strict=True)
        ]
        cells = [[plain(text) for text in row] for row in [["", *self.names], *rows]]
        settings = [{"align": "left"}, *({"align": "right"} for _ in self.names)]
        return Grid(cells, settings, self.heading)


def chart_of(block: Json, reader: Reader) -> Chart:
    """The chart of a block. Raises `Unshown` for a kind that the preview does not know."""
    title, chart = _on_a_line(block["title"]), block["chart"]
    match chart["type"]:
        case "pie":
            labels = [_on_a_line(segment["label"]) for segment in chart["segments"]]
            pieces: list[list[float | None]] = [[one["value"]] for one in chart["segments"]]
            return Chart(title, "", [""], labels, pieces, is_line=False, reader=reader)
        case "bar" | "line" | "area":
            axes, series = chart["axis_config"], chart["series"]
            points = [{point["label"]: point["value"] for point in one["data"]} for one in series]
            categories = axes["categories"]
            return Chart(
                title,
                axes.get("y_label") or "",
                [_on_a_line(one["name"]) for one in series],
                [*map(_on_a_line, categories)],
                [[values.get(category) for values in points] for category in categories],
                is_line=chart["type"] != "bar",
                reader=reader,
            )
        case unknown:
            raise Unshown(f"there is no preview of the chart {unknown!r}")


def _on_a_line(text: str) -> str:
    return " ".join(text.split())
