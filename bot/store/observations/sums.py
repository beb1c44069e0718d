"""How many rows there are in many windows, and what they come to."""

from __future__ import annotations

from itertools import accumulate
from operator import sub
from typing import Any

from bot.store.observations.tracks import Track
from bot.store.observations.windows import Windows


def counts(track: Track, windows: Windows) -> list[int]:
    """How many rows there are in each window."""
    lows, highs = track.positions(windows)
    return list(map(sub, highs, lows))


def sums(track: Track, windows: Windows) -> list[Any]:
    """What the amounts in each window come to."""
    lows, highs = track.positions(windows)
    upto = list(accumulate(track.amounts, initial=0))
    return [upto[high] - upto[low] for low, high in zip(lows, highs, strict=True)]


def different(track: Track, windows: Windows) -> list[int]:
    """How many different amounts there are in each window."""
    lows, highs = track.positions(windows)
    return [len(set(track.amounts[low:high])) for low, high in zip(lows, highs, strict=True)]
