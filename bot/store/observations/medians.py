"""The median of a duration in many windows."""

from __future__ import annotations

import numpy as np

from bot.store.observations.figures import Figures, Real
from bot.store.observations.ranks import Ranks
from bot.store.observations.tracks import Track
from bot.store.observations.windows import Whole, Windows


def medians(track: Track, windows: Windows, *, stays: bool) -> Figures:
    """The median in each window.

    In one without rows the part is not there at all, unless it `stays`.
    """
    lows, highs = track.before(windows.starts), track.before(windows.ends)
    there = highs > lows
    values = np.full(len(windows), np.nan)
    values[there] = _medians(track.amounts, lows[there], highs[there])
    return Figures(values, highs - lows, None if stays else there)


def _medians(amounts: Whole, lows: Whole, highs: Whole) -> Real:
    """The middle ones: as `bot.metrics.statistics.quantile` has it, halfway between two."""
    ranks, last = Ranks(amounts), highs - lows - 1
    found: Real = (
        ranks.smallest(last // 2, lows, highs) + ranks.smallest((last + 1) // 2, lows, highs)
    ) / 2
    return found
