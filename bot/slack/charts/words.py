"""The few words that stand on a chart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says, in the reader's language. `goal` is filled with the goal's `{value}`."""

    usual: str = "usual"
    goal: str = "goal {value}"
    nothing: str = "–"


@dataclass(frozen=True, slots=True)
class HeatWords:
    """What a heat map says: the heads of its halves, and where each has its largest value.

    `most` and `longest` are filled with a `{weekday}`, an `{hour}` and a `{value}`.
    """

    arrivals: str = "Tickets that arrive"
    waits: str = "First response"
    most: str = "most: {weekday} {hour}, {value}"
    longest: str = "longest: {weekday} {hour}, {value}"


ENGLISH = Words()
ENGLISH_HEAT = HeatWords()
