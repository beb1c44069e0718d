"""Scales: where a value lies, how far an axis goes, and which of its values are told."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

#: The label of a value, e.g. 4020.0 seconds → "1 h 07".
ValueLabel = Callable[[float], str]
#: From the lower to the upper value.
Range = tuple[float, float]

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


class Scale(NamedTuple):
    """Puts the values from `low` to `high` onto the pixels from `start` to `end`."""

    start: float
    end: float
    low: float
    high: float

    def at(self, value: float) -> float:
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + part * (self.end - self.start)


def extent(values: Sequence[float | None]) -> Range:
    """From where to where an axis goes: from zero, unless that would flatten what changed.

    Raises `ValueError` when there is no value at all.
    """
    known = [value for value in values if value is not None]
    if not known:
        raise ValueError("a chart needs at least one value")
    low, high = min(known), max(known)
    if 0 <= low <= high / 2:
        return 0.0, high * 1.06 or 1.0
    room = (high - low) * 0.12 or abs(high) * 0.05
    return low - room, high + room


def round_ticks(low: float, high: float, value_label: ValueLabel) -> list[tuple[float, str]]:
    """Two to five values between `low` and `high` whose labels read round, with these labels.

    What is round depends on the unit: 50 tickets, 25 %, 30 minutes, 2 days. So the steps of tens,
    minutes, hours and days are all tried, and the one whose labels have few digits and that gives
    about four ticks wins. Where no step does, the two ends are told.
    """
    candidates = [
        [(value, value_label(value)) for value in _multiples(step, low, high)]
        for step in _steps(high - low)
    ]
    fitting = [
        ticks
        for ticks in candidates
        if 2 <= len(ticks) <= 5 and len({text for _, text in ticks}) == len(ticks)
    ]
    ends = [(low, value_label(low)), (high, value_label(high))]
    return min(fitting, key=_roughness, default=ends)


def _roughness(ticks: Sequence[tuple[float, str]]) -> float:
    digits = sum(_digits(text) for _, text in ticks) / len(ticks)
    return digits + abs(len(ticks) - 4) / 4


def _steps(span: float) -> Iterator[float]:
    power = 10.0 ** (math.floor(math.log10(span)) - 1)
    yield from (power * part for part in (1, 2, 2.5, 5, 10, 20, 25, 50))
    yield from (MINUTE * part for part in (1, 2, 5, 10, 15, 20, 30))
    yield from (HOUR * part for part in (1, 2, 3, 4, 5, 6, 10, 12))
    yield from (DAY * part for part in (1, 2, 7, 14, 28))


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Six are refused anyway: the multiples of a tiny step are not counted out.
    return [index * step for index in range(first, min(last, first + 5) + 1)]


def _digits(label: str) -> int:
    """How many digits other than zero there are, in whatever script."""
    return sum(1 for character in label if unicodedata.digit(character, 0))


def apart(wanted: Sequence[float], bottom: float, top: float, pitch: float) -> list[float]:
    """The heights near the wanted ones (rising) that lie `pitch` apart between bottom and top."""
    heights: list[float] = []
    for height in wanted:
        heights.append(max(height, heights[-1] + pitch if heights else bottom))
    ceiling = top
    for index in reversed(range(len(heights))):
        heights[index] = min(heights[index], ceiling)
        ceiling = heights[index] - pitch
    return heights
