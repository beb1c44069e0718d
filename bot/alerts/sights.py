"""What there is to see in many moments, kept by part and looked at moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Protocol, TypeVar, overload

from bot.alerts.judge import Observation, Seen, Verdict, judge
from bot.alerts.rule import Rule

_T = TypeVar("_T")


class Column(Protocol):
    """What there is to see of one part; `None` in a moment in which nothing is known of it."""

    def __getitem__(self, place: int, /) -> Observation | None: ...

    def loud(self, rule: Rule) -> bytes:
        """1 for each moment in which the rule is broken, and perhaps for some others; 0 else."""

    def enough(self, rule: Rule) -> bytes:
        """1 for each moment in which there is enough to judge the rule by; 0 else."""


class Told:
    """Observations as they are: many moments share one."""

    def __init__(self, seen: Sequence[Observation | None]) -> None:
        self.seen = seen

    def __getitem__(self, place: int) -> Observation | None:
        return self.seen[place]

    def loud(self, rule: Rule) -> bytes:
        return bytes(
            self.mapped(lambda one: one is not None and judge(rule, one) is Verdict.BREACH)
        )

    def enough(self, rule: Rule) -> bytes:
        return bytes(
            self.mapped(lambda one: one is not None and judge(rule, one) is not Verdict.FEW)
        )

    def mapped(self, change: Callable[[Observation | None], _T]) -> list[_T]:
        """What becomes of each by a change, which is made once for all that share one."""
        ids = list(map(id, self.seen))
        found = {key: change(one) for key, one in dict(zip(ids, self.seen, strict=True)).items()}
        return list(map(found.__getitem__, ids))


class Sights(Sequence[Seen | None]):
    """What there is to see in each moment; `None` where the data of it were not there in time."""

    def __init__(self, columns: Mapping[str | None, Column], there: bytes) -> None:
        """`there` is 1 for each moment of which the data were there in time, 0 for the others."""
        self._columns = columns
        self._there = there

    def __len__(self) -> int:
        return len(self._there)

    @overload
    def __getitem__(self, place: int) -> Seen | None: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Seen | None]: ...
    def __getitem__(self, place: int | slice) -> Seen | Sequence[Seen | None] | None:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        return self.at(place) if self._there[place] else None

    def at(self, place: int) -> Seen:
        """What there is to see in a moment of which the data were there."""
        told = ((part, column[place]) for part, column in self._columns.items())
        return {part: seen for part, seen in told if seen is not None}

    def loud(self, rule: Rule) -> bytes:
        """1 for each moment in which anything may happen to a rule that is calm; 0 for the others.

        So whoever goes through many moments need not look at each.
        """
        return _either([self._there.translate(_NOT), *self.masks(rule)])

    def lacking(self) -> int:
        """Of how many moments the data were not there in time."""
        return self._there.count(0)

    def few(self, rule: Rule) -> int:
        """In how many of the others there was too little of every part to judge the rule by."""
        masks = [column.enough(rule) for column in self._columns.values()]
        enough = _either(masks) if masks else bytes(len(self))
        return sum(there and not one for there, one in zip(self._there, enough, strict=True))

    def masks(self, rule: Rule) -> Sequence[bytes]:
        """The same of each part."""
        return [column.loud(rule) for column in self._columns.values()]


_NOT = bytes([1, *[0] * 255])


def _either(masks: Sequence[bytes]) -> bytes:
    found = reduce(or_, (int.from_bytes(mask, "big") for mask in masks))
    return found.to_bytes(len(masks[0]), "big")
