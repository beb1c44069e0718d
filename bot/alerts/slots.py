"""The moments at which a rule is judged: many, at even distances, made when somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import overload


@dataclass(frozen=True, slots=True)
class Slots(Sequence[datetime]):
    """Moments in order, as `seconds` since 1970."""

    seconds: range

    def __len__(self) -> int:
        return len(self.seconds)

    @overload
    def __getitem__(self, place: int) -> datetime: ...
    @overload
    def __getitem__(self, place: slice) -> Slots: ...
    def __getitem__(self, place: int | slice) -> datetime | Slots:
        if isinstance(place, slice):
            return Slots(self.seconds[place])
        return datetime.fromtimestamp(self.seconds[place], UTC)
