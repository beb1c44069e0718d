"""Takes a rule through many moments: as it is judged live, and as it would have been.

Both go through `replay`, so a rehearsal makes the very decisions that would have been made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.judge import Seen
from bot.alerts.life import CALM, Kind, Standing, Step, advance
from bot.alerts.quiet import Muted, never
from bot.alerts.rule import Rule
from bot.alerts.sights import Sights
from bot.domain import Window

#: Something that somebody did at a moment: it changes how the rule stands.
Deed = tuple[datetime, Callable[[Standing], tuple[Standing, Sequence[Step]]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in which something happened: how the rule stood before and after, what was seen.

    Of parts that were fine, and that nothing could happen to, it need not be told.
    """

    at: datetime
    before: Standing
    after: Standing
    steps: Sequence[Step]
    seen: Seen | None = None


def replay(
    rule: Rule,
    moments: Sequence[datetime],
    seen: Sequence[Seen | None],
    *,
    standing: Standing = CALM,
    muted: Muted = never,
    deeds: Iterable[Deed] = (),
) -> Iterator[Moment]:
    """The moments in which something happened, in order; after the last, how the rule stands.

    `moments` are the rule's slots, `seen` what there was to see in each. A deed comes before the
    first slot that is later. The last moment given may be one without a step: so that whoever goes
    on knows where.
    """
    if len(moments) != len(seen):
        raise ValueError("something is seen in each moment")
    waiting = sorted(deeds, key=lambda deed: deed[0])
    watched = seen.watched(rule) if isinstance(seen, Sights) else _Everything(seen)
    place = 0 if waiting else watched.next(-1, standing)
    while place < len(moments):
        at = moments[place]
        while waiting and waiting[0][0] < at:
            done_at, deed = waiting.pop(0)
            before = standing
            standing, steps = deed(standing)
            if steps:
                yield Moment(done_at, before, standing, steps)
        before, one = standing, watched.seen(place, standing)
        standing, steps = advance(rule, standing, one, at, muted=muted(at))
        if steps or before is not standing:
            yield Moment(at, before, standing, steps, one)
        place = place + 1 if waiting else watched.next(place, standing)


class _Everything:
    """Whatever there is to see, in each moment."""

    def __init__(self, seen: Sequence[Seen | None]) -> None:
        self._seen = seen

    def next(self, place: int, _standing: Standing) -> int:
        return place + 1

    def seen(self, place: int, _standing: Standing) -> Seen | None:
        return self._seen[place]


@dataclass(frozen=True, slots=True)
class Firing:
    """An incident of a rehearsal: the moments of its life, and when it was over (`None`: it is not).

    `told` is the moment in which its message would have been posted; `None` where it was over
    before it might be.
    """

    moments: Sequence[Moment]
    closed_at: datetime | None = None

    @property
    def opened_at(self) -> datetime:
        return self.moments[0].at

    @property
    def told(self) -> Moment | None:
        return next((one for one in self.moments if _has(one, Kind.TOLD)), None)

    @property
    def last(self) -> Moment:
        return self.moments[-1]


def firings(moments: Iterable[Moment]) -> list[Firing]:
    """The incidents among the moments of a replay, oldest first."""
    found: list[Firing] = []
    open_: list[Moment] = []
    for moment in moments:
        was, now = moment.before.incident, moment.after.incident
        if was is None and now is None:
            continue
        open_.append(moment)
        if now is None:
            found.append(Firing(tuple(open_), moment.at))
            open_ = []
    return [*found, *([Firing(tuple(open_))] if open_ else [])]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rule as it would have gone on stored history: what would have happened, judged by what.

    It was to go through the window `asked`; of that `covered` lies in the history there is (`None`:
    nothing). That has so many `slots`, of which some are `without_data` that were there in time, and
    in some too `few` rows, or too little history, claimed nothing. In `moments` something happened.
    """

    rule: Rule
    asked: Window
    covered: Window | None = None
    slots: int = 0
    without_data: int = 0
    few: int = 0
    moments: Sequence[Moment] = ()

    @property
    def judged(self) -> int:
        """In how many slots it could say whether it is to fire."""
        return self.slots - self.without_data - self.few

    @property
    def lacking(self) -> float:
        """In which share of its slots no data were there in time, 0 to 1."""
        return self.without_data / self.slots if self.slots else 0.0

    @property
    def firings(self) -> list[Firing]:
        """Every time it would have fired, oldest first."""
        return firings(self.moments)

    @property
    def weeks(self) -> float:
        """How many weeks it could judge."""
        return self.judged * self.rule.tick / timedelta(weeks=1)


def _has(moment: Moment, kind: Kind) -> bool:
    return any(step.kind is kind for step in moment.steps)
