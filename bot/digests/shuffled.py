"""Rank correlations with weeks of work, and what chance makes of them where the weeks have a memory.

Chance is drawn by putting the weeks of a series into another order. All orders are alike where weeks
are; where each is much like the one before, so are those of an order that is drawn: it follows a
random series with as much memory (a first-order autoregression). How much that is is estimated from
the weeks themselves, without the bias of short series (Kendall 1954, Biometrika 41, 403-404), and
rather too much than too little: a standard error more.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.digests.bonds import Look

Real = NDArray[np.float64]

#: In so many of a hundred draws every interval holds. How much the weeks remember is estimated itself;
#: with that, it is 95 of a hundred digests.
_SURE = 0.96

#: The variance of Spearman's correlation as Fisher's z, times n − 3 (Fieller, Hartley and Pearson
#: 1957, Biometrika 44, 470-481); without a trend one less is left to vary.
_FIELLER = 1.06

#: So little is left by rounding where nothing differs.
_NOTHING = 1e-9

#: A series that wanders at random has a memory of 1; with that, none could be drawn.
_LONGEST_MEMORY = 0.99


class Judged(NamedTuple):
    """A rank correlation, and the interval in which it lies, together with all others."""

    correlation: float
    low: float
    high: float


def judged(
    series: Sequence[Sequence[float | None]], looks: Sequence[Look], *, draws: int, seed: int
) -> list[Judged]:
    """Spearman's correlation of each look beyond the trend of both, with an interval.

    A team grows, its backlog with it, and the mood falls: that has no need of a bond. The intervals
    hold for all looks at once.

    As far as the most striking of all looks reaches in 96 of 100 draws, in the standard deviations
    of its own look, so far reaches the interval of each (on Fisher's scale). It is never narrower
    than where weeks have no memory.
    """
    random = np.random.default_rng(seed)
    drawn = [_orders(np.array(weeks, np.float64), draws, random) for weeks in series]
    found = np.stack([_correlated(drawn[look.series], look) for look in looks])
    waves = np.array([len(look.weeks) for look in looks])
    # Of few waves a perfect order comes by chance; it is not taken for infinitely certain.
    most = (1 - 1 / waves**2)[:, None]
    even = np.arctanh(np.clip(found, -most, most))
    spread = np.sqrt(np.mean(even[:, 1:] ** 2, axis=1))
    spread = np.where(spread > 0, spread, 1.0)
    furthest = np.sort(np.max(np.abs(even[:, 1:]) / spread[:, None], axis=0))
    reach = furthest[ceil(_SURE * (draws + 1)) - 1] * np.maximum(
        spread, np.sqrt(_FIELLER / (waves - 4))
    )
    low, high = np.tanh(even[:, 0] - reach), np.tanh(even[:, 0] + reach)
    return [Judged(*map(float, one)) for one in zip(found[:, 0], low, high, strict=True)]


def _correlated(work: Real, look: Look) -> Real:
    """The rank correlation of each row with the scores, beyond the trend that both have.

    0 where there is nothing beyond it.
    """
    trend = _standard(np.array(look.weeks, np.float64))
    both = (ranks(work[:, look.weeks]), ranks(np.array(look.scores, np.float64)))
    of_work, of_scores = (_beyond(_standard(some), trend) for some in both)
    correlations: Real = of_work @ of_scores
    return correlations


def _beyond(standard: Real, trend: Real) -> Real:
    """What is left of ranks without their trend, of length 1 again."""
    return _standard(standard - np.expand_dims(standard @ trend, -1) * trend)


def _standard(values: Real) -> Real:
    """Values about their mean, of length 1; nothing where they do not differ."""
    apart = values - values.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.sum(apart * apart, axis=-1, keepdims=True))
    standard: Real = np.where(length > _NOTHING, apart / np.maximum(length, _NOTHING), 0.0)
    return standard


def ranks(rows: Real) -> Real:
    """The rank of each value in its row, from 0; of those that are the same the middle one."""
    order = np.argsort(rows, axis=-1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=-1)
    differs = ordered[..., 1:] != ordered[..., :-1]
    edge = np.ones((*rows.shape[:-1], 1), np.bool_)
    places = np.broadcast_to(np.arange(rows.shape[-1]), rows.shape)
    begins = np.where(np.concatenate([edge, differs], axis=-1), places, 0)
    ends = np.where(np.concatenate([differs, edge], axis=-1), places, rows.shape[-1])
    first = np.maximum.accumulate(begins, axis=-1)
    last = np.minimum.accumulate(ends[..., ::-1], axis=-1)[..., ::-1]
    found = np.empty(rows.shape)
    np.put_along_axis(found, order, (first + last) / 2, axis=-1)
    return found


# --- Other orders --------------------------------------------------------------------------------


def _orders(weeks: Real, draws: int, random: np.random.Generator) -> Real:
    """The weeks as they were, and below them as many other orders; what is missing stays missing."""
    known = ~np.isnan(weeks)
    wandering = _wandering(len(weeks), memory(weeks), draws, random)[:, known]
    places = np.argsort(np.argsort(wandering, axis=1), axis=1)
    found = np.full((draws + 1, len(weeks)), np.nan)
    found[0] = weeks
    found[1:, known] = np.sort(weeks[known])[places]
    return found


def _wandering(weeks: int, remembered: float, draws: int, random: np.random.Generator) -> Real:
    """Random series with a memory, a row each."""
    news = random.standard_normal((draws, weeks))
    found = news.copy()
    for week in range(1, weeks):
        found[:, week] = remembered * found[:, week - 1] + sqrt(1 - remembered**2) * news[:, week]
    return found


def memory(weeks: Real) -> float:
    """How much of a week is that of the week before, 0 to 0.99: rather too much than too little.

    That of the ranks: a single outage has no say in it.
    """
    known = ~np.isnan(weeks)
    count = int(known.sum())
    apart = np.full(len(weeks), np.nan)
    apart[known] = _standard(ranks(weeks[known]))
    if count <= 3:
        return _LONGEST_MEMORY
    products = apart[:-1] * apart[1:]
    # `apart` has length 1, so that the sum of products over n − 1 pairs is their mean over n.
    found = float(np.nansum(products)) * count / max(int((~np.isnan(products)).sum()), 1)
    unbiased = min(max((found * count + 1) / (count - 3), -1.0), 1.0)
    return min(max(unbiased + sqrt((1 - unbiased**2) / count), 0.0), _LONGEST_MEMORY)
