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
    """A moment in which something happened: how the rule stood before and after, what was seen."""

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
    loud = seen.loud(rule) if isinstance(seen, Sights) else b"\1" * len(seen)
    place = -1
    # Nothing happens to a calm rule in a moment in which it is not broken.
    while (place := _next(loud, place, skip=standing.is_calm and not waiting)) < len(moments):
        at, one = moments[place], seen[place]
        while waiting and waiting[0][0] < at:
            done_at, deed = waiting.pop(0)
            before = standing
            standing, steps = deed(standing)
            if steps:
                yield Moment(done_at, before, standing, steps)
        before = standing
        standing, steps = advance(rule, standing, one, at, muted=muted(at))
        if steps or before is not standing:
            yield Moment(at, before, standing, steps, one)


def _next(loud: bytes, place: int, *, skip: bool) -> int:
    """The next place, or the next one that is loud; the number of all where there is none."""
    if not skip:
        return place + 1
    found = loud.find(1, place + 1)
    return len(loud) if found < 0 else found


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
    def firings(self) -> list[Firing]:
        """Every time it would have fired, oldest first."""
        return firings(self.moments)

    @property
    def weeks(self) -> float:
        """How many weeks it could judge."""
        return self.judged * self.rule.tick / timedelta(weeks=1)


def _has(moment: Moment, kind: Kind) -> bool:
    return any(step.kind is kind for step in moment.steps)
