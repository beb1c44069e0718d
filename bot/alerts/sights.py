"""What there is to see in many moments, kept by part and looked at moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Protocol, TypeVar, overload

from bot.alerts.judge import Observation, Seen, Verdict, judge
from bot.alerts.life import Standing
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

    def is_there(self, place: int) -> bool:
        """Whether the data of a moment were there in time."""
        return bool(self._there[place])

    def at(self, place: int, parts: Collection[str | None] | None = None) -> Seen:
        """What there is to see, of some parts, in a moment of which the data were there."""
        columns = self._columns
        named = [part for part in columns if parts is None or part in parts]
        told = ((part, columns[part][place]) for part in named)
        return {part: seen for part, seen in told if seen is not None}

    def lacking(self) -> int:
        """Of how many moments the data were not there in time."""
        return self._there.count(0)

    def few(self, rule: Rule) -> int:
        """In how many of the others there was too little of every part to judge the rule by."""
        enough = _either([bytes(len(self)), *(one.enough(rule) for one in self._columns.values())])
        return sum(there and not one for there, one in zip(self._there, enough, strict=True))

    def watched(self, rule: Rule) -> Watched:
        """As it is looked at by who takes a rule through all moments."""
        masks = {part: column.loud(rule) for part, column in self._columns.items()}
        loud = _either([self._there.translate(_NOT), *masks.values()])
        return Watched(self, masks, loud, b"\1" * len(self))


class Watched:
    """The moments in which something may happen to a rule, and the parts to which it may.

    So whoever goes through many moments need not look at each, nor at everything in it.
    """

    def __init__(
        self, sights: Sights, masks: Mapping[str | None, bytes], loud: bytes, stirring: bytes
    ) -> None:
        """Of a part that is fine, something may happen where its own one of the `masks` is 1.

        Of a rule that is calm, where it is `loud`; of one that is steady, where it is `stirring`.
        """
        self._sights = sights
        self._masks = masks
        self._loud = loud
        self._stirring = stirring

    def next(self, place: int, standing: Standing) -> int:
        """The next place in which something may happen to what stands so; or the number of all.

        The last is one of them, unless the rule is calm: so that it is known how it stands then.
        """
        if standing.is_calm:
            found = self._loud.find(1, place + 1)
            return len(self._loud) if found < 0 else found
        if standing.is_steady and place + 1 < len(self._stirring):
            found = self._stirring.find(1, place + 1)
            return len(self._stirring) - 1 if found < 0 else found
        return place + 1

    def seen(self, place: int, standing: Standing) -> Seen | None:
        """What there is to see of the parts that do not stand well, or to which something may happen."""
        if not self._sights.is_there(place):
            return None
        loud = [part for part, mask in self._masks.items() if mask[place]]
        return self._sights.at(place, {*standing.parts, *loud})


_NOT = bytes([1, *[0] * 255])


def _either(masks: Sequence[bytes]) -> bytes:
    found = reduce(or_, (int.from_bytes(mask, "big") for mask in masks))
    return found.to_bytes(len(masks[0]), "big")
