"""How narrow what is usual can be at the least, in many windows at once: what lies within is quiet.

`bot.metrics.usual` works out the very limits, window by window. These here are never wider, and take
a hundredth of the time; few numbers lie between the two.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from bot.alerts.rule import Change, Rule, Side, Unusual
from bot.metrics.scales import Even, Kind, Scale
from bot.metrics.spread import Group, Spread, far, rank
from bot.metrics.usual import FEWEST
from bot.store.observations.figures import Real, Truth
from bot.store.observations.windows import Whole

#: What is worked out in another order is so much beside, at the most.
_ROUGH = 1e-9


class Compared(NamedTuple):
    """Windows at the places `now`, and those that each is judged by: window, kind of day, day.

    They stand among `values` (nan: none) and on how many rows (`n`) each rests.
    """

    values: Real
    n: Whole
    now: Whole
    earlier: Whole

    def at(self, places: Whole) -> Compared:
        """Some of the windows."""
        return self._replace(now=self.now[places], earlier=self.earlier[places])


def outside(rule: Rule, scale: Scale, windows: Compared) -> Truth:
    """In which windows a number lies so far out that a rule may be broken."""
    own = windows.values[windows.earlier[:, 0]]
    known = np.flatnonzero(np.count_nonzero(~np.isnan(own), axis=1) >= FEWEST)
    found = np.zeros(len(own), np.bool_)
    if isinstance(scale, Even):
        found[known] = _by_spread(rule, scale, windows.at(known))
    else:
        found[known] = _by_chance(rule, scale, windows.at(known))
    return found


def _far(rule: Rule, values: Real, least: Real, most: Real) -> tuple[Truth, Truth]:
    """Which values lie above what is usual, and which below, and far enough for a change.

    The centre lies between `least` and `most`.
    """
    assert isinstance(rule.condition, Change | Unusual)
    share = rule.condition.share if isinstance(rule.condition, Change) else 0
    rough = _ROUGH * (1 + np.abs(values))
    above = values > least + share * np.abs(least) - rough
    below = values < most - share * np.abs(most) + rough
    side = rule.condition.side
    return above & (side is not Side.BELOW), below & (side is not Side.ABOVE)


# --- Shares: as narrow as chance alone makes them ------------------------------------------------


def _by_chance(rule: Rule, scale: Scale, windows: Compared) -> Truth:
    """A pooled share lies between the least and the most of those that may be in the pool."""
    values, n = windows.values[windows.now], windows.n[windows.now].tolist()
    own = windows.values[windows.earlier[:, 0]]
    rows = np.where(np.isnan(own), 0, windows.n[windows.earlier[:, 0]]).sum(axis=1).tolist()
    least, most = np.nanmin(own, axis=1), np.nanmax(own, axis=1)
    chance = Spread(scale.least, inf)

    def limits(share: float, place: int) -> tuple[float, float, float]:
        pool = Kind(FEWEST, share, Group((), rows[place]), rows[place])
        return scale.limits(pool, chance, n[place])

    above, below = _far(rule, values, least, most)
    for place in np.flatnonzero(above).tolist():
        above[place] = values[place] > limits(least.item(place), place)[2] - _ROUGH
    for place in np.flatnonzero(below).tolist():
        below[place] = values[place] < limits(most.item(place), place)[0] + _ROUGH
    return above | below


# --- The others: by a spread that they have at least ---------------------------------------------


def _by_spread(rule: Rule, scale: Even, windows: Compared) -> Truth:
    even = np.array([scale.there(value) for value in windows.values.tolist()])
    count = np.count_nonzero(~np.isnan(even[windows.earlier]), axis=2)
    centres = _medians(even[windows.earlier], count)
    reach = _reach(scale, even, windows, count, centres)
    away = even[windows.now] - centres[:, 0]
    out = np.flatnonzero(np.abs(away) > reach)
    centre = np.array([scale.back(one) for one in centres[out, 0].tolist()])
    above, below = _far(rule, windows.values[windows.now[out]], centre, centre)
    found = np.zeros(len(away), np.bool_)
    found[out] = np.where(away[out] > 0, above, below)
    return found


def _reach(scale: Even, even: Real, windows: Compared, count: Whole, centres: Real) -> Real:
    """How far from its centre a number lies at least before it is outside.

    The spread is at least that of the residuals within the limit that is common to all kinds of
    days, at the most degrees of freedom; and by the line through them, at least what one through 0
    leaves of it.
    """
    # A kind of one day tells nothing of how far it strays.
    tells = count > 1
    residuals = np.abs(even[windows.earlier] - centres[:, :, None])
    residuals[~tells] = np.nan
    freedom = np.where(tells, count - 1, 0).sum(axis=1)
    squares = _squares(residuals.reshape(len(count), -1), scale.least)
    variance = squares / np.maximum(freedom, 1) * _left(scale, windows, count)
    deviation = np.maximum(np.sqrt(variance), scale.least)
    most = Spread(1.0, float(freedom.max(initial=0)) or inf)
    found: Real = deviation * scale.reach(windows.earlier.shape[2], most) * (1 - _ROUGH)
    return found


def _medians(even: Real, count: Whole) -> Real:
    """Of each kind of day, of which so many have a value."""
    last = np.maximum(count - 1, 0)
    middle = np.stack([last // 2, (last + 1) // 2], axis=2)
    found: Real = np.take_along_axis(np.sort(even, axis=2), middle, axis=2).sum(axis=2) / 2
    return found


def _squares(residuals: Real, least: float) -> Real:
    """What the squares of the residuals of each window come to that are not too far out for all."""
    ordered = np.sort(residuals, axis=1)
    many = np.count_nonzero(~np.isnan(ordered), axis=1)
    known = [(*rank(count), far(count)) for count in range(1, ordered.shape[1] + 1)]
    place, expected, out = np.transpose([(0, 1.0, 0.0), *known])[:, many]
    at_rank = np.take_along_axis(ordered, place.astype(np.int64)[:, None], axis=1)[:, 0]
    limit = out * np.maximum(at_rank / expected, least) * (1 - _ROUGH)
    near = ordered <= np.where(limit > 0, limit, inf)[:, None]
    found: Real = np.where(near, np.square(ordered), 0).sum(axis=1)
    return found


def _left(scale: Even, windows: Compared, count: Whole) -> Real:
    """Which share of the variance is left at least where the driver is less than that of others."""
    rows = windows.n[windows.earlier].sum(axis=2) / np.maximum(count, 1)
    drivers = rows if scale.by_level else 1 / np.maximum(rows, 1)
    own = rows[:, 0] if scale.by_level else 1 / np.maximum(windows.n[windows.now], 1)
    most = np.where(count > 1, drivers, 0).max(axis=1)
    share: Real = np.divide(own, most, out=np.ones_like(most), where=most > 0)
    return np.minimum(share, 1)
