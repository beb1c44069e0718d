"""The few words that stand on a chart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says, in the reader's language. `goal` is filled with the goal's `{value}`."""

    usual: str = "usual"
    goal: str = "goal {value}"
    nothing: str = "–"


ENGLISH = Words()
