"""Why a number moved: which parts there are more of (mix), and which themselves changed (rate).

Contributions always add up to the change. That of a mean, a share or any other ratio is split by
Kitagawa's method (1955, Journal of the American Statistical Association 50, 1168-1194), symmetric
in time: a part's mix is the change of its share of `n` × how far its mean lies from that of
all, its rate is the change of its mean × its share, each with the averages of the two windows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import fsum

from bot.domain import Dimension
from bot.metrics.metric import Count, Median, Metric, NetScore, Quotient, Share, Sum, Unsolved
from bot.metrics.statistics import quantile

#: By what a change is split.
SPLITS = (Dimension.CHANNEL, Dimension.GROUP, Dimension.PRIORITY)


def can_be_split(metric: Metric) -> bool:
    """Whether a change of the metric is the sum of what its parts did."""
    match metric.aggregate:
        case Median() | NetScore() | Count() | Unsolved():
            return bool(set(SPLITS) & metric.dimensions)
        case Share(hits, of) | Quotient(hits, of):
            # One agent can solve in two groups, so what is distinct does not add up.
            return bool(set(SPLITS) & metric.dimensions) and all(
                isinstance(term, Sum) for term in (*hits, *of)
            )
    return False


@dataclass(frozen=True, slots=True)
class Part:
    """What one part has in one window: a `total` over `n`, e.g. the hits among so many tickets.

    `n` is never below 0. A `name` of `None` is the part that the desk did not tell.
    """

    name: str | None
    n: float
    total: float

    @property
    def value(self) -> float | None:
        return self.total / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Sample:
    """The single values of one part in one window, in ascending order."""

    name: str | None
    ordered: Sequence[float]

    @property
    def value(self) -> float | None:
        """Their median."""
        return quantile(self.ordered, 0.5) if self.ordered else None


@dataclass(frozen=True, slots=True)
class Contribution:
    """By how much one part moved the number, in the number's unit.

    `mix`: because there was more or less of the part; `rate`: because the part itself changed. The
    part's own numbers stand beside it; a value is `None` where it had none.
    """

    name: str | None
    mix: float
    rate: float
    n_before: float
    n_now: float
    value_before: float | None
    value_now: float | None

    @property
    def total(self) -> float:
        return self.mix + self.rate


@dataclass(frozen=True, slots=True)
class Movement:
    """A number in two windows and what each part has to do with it, the most first."""

    before: float
    now: float
    contributions: Sequence[Contribution]

    @property
    def change(self) -> float:
        return self.now - self.before


#: One part in the earlier and in the later window.
_Pair = tuple[Part, Part]


def count_movement(before: Iterable[Part], now: Iterable[Part]) -> Movement:
    """How the sum of all totals moved: each part by its own difference, all of it mix (volume).

    A part's value is its total; one that a window lacks has 0 there.
    """
    pairs = _paired(before, now)
    contributions = [
        Contribution(
            name=earlier.name,
            mix=later.total - earlier.total,
            rate=0.0,
            n_before=earlier.n,
            n_now=later.n,
            value_before=earlier.total,
            value_now=later.total,
        )
        for earlier, later in pairs
    ]
    whole_before, whole_now = _whole(pairs)
    return Movement(whole_before.total, whole_now.total, _most_first(contributions))


def mean_movement(before: Iterable[Part], now: Iterable[Part]) -> Movement | None:
    """How Σ total ÷ Σ n moved: a mean, a share or another ratio.

    A part that a window lacks has no mean there: it is taken to be as in the other window, so that
    all of its contribution is mix. `None` where a window has nothing to divide by.
    """
    pairs = _paired(before, now)
    whole = _whole(pairs)
    start, end = whole[0].value, whole[1].value
    if start is None or end is None:
        return None
    level = (start + end) / 2
    return Movement(start, end, _most_first([_split(pair, whole, level) for pair in pairs]))


def median_movement(before: Iterable[Sample], now: Iterable[Sample]) -> Movement | None:
    """How the median of all values moved; `None` where a window has no values.

    A median has no parts that add up, but the share of values at or below a cut has. The change of
    that share at a cut between the two medians is split as a mean's is, and brought to the median's
    unit by the factor that makes it add up: the idea of Firpo, Fortin and Lemieux (2009,
    Econometrica 77, 953-973), with the slope between two windows instead of a density. Where the
    median stayed, nobody contributed.
    """
    earlier, later = _by_name(before), _by_name(now)
    pooled_before, pooled_now = _pooled(earlier), _pooled(later)
    if not pooled_before or not pooled_now:
        return None
    start, end = quantile(pooled_before, 0.5), quantile(pooled_now, 0.5)
    cut = _cut(pooled_before, pooled_now)
    shares = mean_movement(_at_or_below(cut, earlier), _at_or_below(cut, later))
    assert shares is not None
    scale = (end - start) / shares.change if end != start else 0.0
    contributions = [
        replace(
            one,
            mix=one.mix * scale,
            rate=one.rate * scale,
            value_before=earlier[one.name].value if one.name in earlier else None,
            value_now=later[one.name].value if one.name in later else None,
        )
        for one in shares.contributions
    ]
    return Movement(start, end, _most_first(contributions))


def _paired(before: Iterable[Part], now: Iterable[Part]) -> list[_Pair]:
    """The parts of both windows by name; one that a window lacks is empty there."""
    earlier, later = _joined(before), _joined(now)
    names = dict.fromkeys([*earlier, *later])
    return [
        (earlier.get(name, Part(name, 0, 0.0)), later.get(name, Part(name, 0, 0.0)))
        for name in names
    ]


def _joined(parts: Iterable[Part]) -> dict[str | None, Part]:
    """Parts of the same name are one."""
    found: dict[str | None, Part] = {}
    for part in parts:
        known = found.get(part.name, Part(part.name, 0, 0.0))
        found[part.name] = Part(part.name, known.n + part.n, known.total + part.total)
    return found


def _whole(pairs: Iterable[_Pair]) -> _Pair:
    """All parts together, in each window."""
    earlier, later = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return _sum(earlier), _sum(later)


def _sum(parts: Sequence[Part]) -> Part:
    return Part(None, fsum(part.n for part in parts), fsum(part.total for part in parts))


def _split(pair: _Pair, whole: _Pair, level: float) -> Contribution:
    """Mix and rate of one part; `level` is halfway between the two windows' means."""
    earlier, later = pair
    share_before, share_now = earlier.n / whole[0].n, later.n / whole[1].n
    means = [part.value for part in pair if part.value is not None]
    own = sum(means) / len(means) if means else level
    moved = means[-1] - means[0] if means else 0.0
    unshared = _unshared(later, whole[1]) - _unshared(earlier, whole[0])
    return Contribution(
        name=earlier.name,
        mix=(share_now - share_before) * (own - level),
        rate=(share_before + share_now) / 2 * moved + unshared,
        n_before=earlier.n,
        n_now=later.n,
        value_before=earlier.value,
        value_now=later.value,
    )


def _unshared(part: Part, whole: Part) -> float:
    """What a part adds that has a total but nothing to divide it by: it has no mean to show it."""
    return 0.0 if part.n else part.total / whole.n


def _by_name(samples: Iterable[Sample]) -> dict[str | None, Sample]:
    """Samples of the same name are one."""
    found: dict[str | None, list[float]] = {}
    for sample in samples:
        found.setdefault(sample.name, []).extend(sample.ordered)
    return {name: Sample(name, sorted(values)) for name, values in found.items()}


def _pooled(samples: Mapping[str | None, Sample]) -> list[float]:
    """All values in ascending order. Sorting finds the runs that are in order, and merges them."""
    return sorted(chain.from_iterable(sample.ordered for sample in samples.values()))


def _at_or_below(cut: float, samples: Mapping[str | None, Sample]) -> list[Part]:
    """How many values each sample has, and how many of them at or below the cut."""
    return [
        Part(name, len(sample.ordered), bisect_right(sample.ordered, cut))
        for name, sample in samples.items()
    ]


def _cut(before: Sequence[float], now: Sequence[float]) -> float:
    """A cut at which the shares at or below it differ, if the medians of the two do.

    Halfway between the medians, nearly always. But the median of an even number of values lies in a
    gap between two of them, and halfway may lie in the gaps of both, with half of the values below
    in either window: [0, 10] and [0, 12]. Of the two values beside each gap, those that moved
    furthest tell the windows apart: at the smaller of them one window has come to its middle and
    the other has not.
    """
    halfway = (quantile(before, 0.5) + quantile(now, 0.5)) / 2
    if _share(before, halfway) != _share(now, halfway):
        return halfway
    lower = before[(len(before) - 1) // 2], now[(len(now) - 1) // 2]
    upper = before[len(before) // 2], now[len(now) // 2]
    apart = lower if abs(lower[1] - lower[0]) >= abs(upper[1] - upper[0]) else upper
    return min(apart)


def _share(ordered: Sequence[float], cut: float) -> float:
    return bisect_right(ordered, cut) / len(ordered)


def _most_first(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Those of the same size by name, the untold part last."""
    return sorted(
        contributions, key=lambda one: (-abs(one.total), one.name is None, one.name or "")
    )
