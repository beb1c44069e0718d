"""One number through made-up days: where it varies evenly, its level, and how days stray from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import asin, nan, pi, sin, sqrt
from typing import NamedTuple

from bot.alerts.rule import Burn, Rule
from bot.metrics.scales import Even, scale_of


class Scale(NamedTuple):
    """Where numbers vary evenly: the way there, and back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


def _arc(share: float) -> float:
    return 2 * asin(sqrt(min(max(share, 0.0), 1.0)))


def _from_arc(angle: float) -> float:
    return sin(min(max(angle, 0.0), pi) / 2) ** 2


def _root(count: float) -> float:
    return 2 * sqrt(max(count, 0.0) + 3 / 8)


def _from_root(root: float) -> float:
    return max(0.0, (max(root, 0.0) / 2) ** 2 - 3 / 8)


#: How many rows a number rests on is a count.
SIZES = Scale(_root, _from_root)


def scale_for(rule: Rule) -> Scale:
    """The even scale of what a rule watches."""
    if isinstance(rule.condition, Burn):
        spare = 1 - rule.condition.target
        return Scale(lambda factor: _arc(factor * spare), lambda angle: _from_arc(angle) / spare)
    metric = rule.of
    if metric is None:
        raise TypeError(f"a rule about {type(rule.condition).__name__} has no chance model")
    found = scale_of(metric)
    if not isinstance(found, Even):
        return Scale(_arc, _from_arc)
    if found.bounds is None:
        return Scale(found.there, found.back)
    low, high = found.bounds
    return Scale(found.there, lambda value: min(max(found.back(value), low), high))


@dataclass(frozen=True, slots=True)
class Lane:
    """One number through the day: its level by weekday, and how each day strayed from it.

    Both by the slot of the day; where there is nothing stands `nan`. What strays the less the more
    rows it rests on has its strays by the root of their number (`by_size`).
    """

    levels: Mapping[int, Sequence[float]]
    strays: Mapping[date, Sequence[float]]
    nothing: Sequence[float]
    by_size: bool = False

    def made_up(self, day: date, weekday: int, sizes: Sequence[float]) -> list[float]:
        """The number on that weekday, resting on so many rows, if it strayed as on that day."""
        level = self.levels.get(weekday, self.nothing)
        stray = self.strays.get(day, self.nothing)
        if not self.by_size:
            return [one + other for one, other in zip(level, stray, strict=True)]
        there = zip(level, stray, sizes, strict=True)
        return [one + other / size if size > 0 else nan for one, other, size in there]

    def at(self, day: date, weekday: int, slot: int, size: float = 1.0) -> float:
        """The same in one slot."""
        level = self.levels.get(weekday, self.nothing)[slot]
        stray = self.strays.get(day, self.nothing)[slot]
        if not self.by_size:
            return level + stray
        return level + stray / size if size > 0 else nan


class Part(NamedTuple):
    """The numbers of one part: the value, how many rows it rests on, and the fast one of a burn.

    The days on which it was `far` out are left out.
    """

    value: Lane
    size: Lane
    fast: Lane | None = None
    far: frozenset[date] = frozenset()
