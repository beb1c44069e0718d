"""What stands beside the number of an alert: what is usual, how many rows it rests on, whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.alerts.rehearsal import Moment
from bot.domain import Slice
from bot.metrics.usual import Usual


@dataclass(frozen=True, slots=True)
class Around:
    """What there was around a moment of a rule.

    `usual` is the usual range at that time, where the rule itself does not ask for it, `tickets` how
    many rows the number rests on, `mostly` the group that most of them belong to.
    """

    usual: Usual | None = None
    tickets: int | None = None
    mostly: Slice | None = None


#: What there was around a moment of a rule.
Surroundings = Callable[[Moment], Around]


def nothing(_moment: Moment) -> Around:
    """Nothing is known of it."""
    return Around()
