"""How many rows there are in many windows, what they come to, and how many of them are different."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.store.observations.ranks import Ranks
from bot.store.observations.tracks import Track
from bot.store.observations.windows import Whole, Windows


def counts(track: Track, windows: Windows) -> Whole:
    """How many rows there are in each window."""
    return track.before(windows.ends) - track.before(windows.starts)


def sums(track: Track, windows: Windows) -> NDArray[Any]:
    """What the amounts in each window come to."""
    upto = np.concatenate([[0], np.cumsum(track.amounts)])
    found: NDArray[Any] = upto[track.before(windows.ends)] - upto[track.before(windows.starts)]
    return found


def different(track: Track, windows: Windows) -> Whole:
    """How many different amounts there are in each window: those that come in it for the first time."""
    lows, highs = track.before(windows.starts), track.before(windows.ends)
    return Ranks(_last_places(track.amounts)).below(lows, lows, highs)


def _last_places(amounts: Whole) -> Whole:
    """Where each amount was met before; −1 for one that was not."""
    order = np.argsort(amounts, kind="stable")
    found = np.full(len(amounts), -1)
    again = amounts[order[1:]] == amounts[order[:-1]]
    found[order[1:][again]] = order[:-1][again]
    return found
