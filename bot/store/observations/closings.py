"""What surveys told at many moments: the wave that closed last, for 13 months at most.

A wave is known from the moment at which it closed. One that is withheld is nothing to judge by, but no
lack of data: there were answers, and they are not to be told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from bot.alerts.judge import Observation
from bot.alerts.rule import Rule
from bot.alerts.sights import Sights, Told, Watched
from bot.metrics import Metric
from bot.metrics.values import Value
from bot.store import waves
from bot.store.polls import Polls
from bot.surveys.gate import REMEMBERED

#: For so long a survey says how things stand.
HOLDS = REMEMBERED


class Closings:
    """Looks at the surveys of a workspace; moments in seconds since 1970."""

    def __init__(self, session: Session, workspace: int, polls: Polls) -> None:
        self._session = session
        self._workspace = workspace
        self._polls = polls

    def seen(self, metric: Metric, ats: Sequence[int]) -> Sights:
        """What the survey that closed last told at each moment; those are in order."""
        if not ats:
            return Steady([])
        first, last = (datetime.fromtimestamp(at, UTC) for at in (ats[0], ats[-1]))
        told = self._polls.told(metric, first - HOLDS, last + timedelta(seconds=1))
        closed = [_closed_at(value) for value in told]
        known = [Observation(value.value, value.n) for value in told]
        holds = int(HOLDS.total_seconds())
        found: list[Observation | None] = []
        for at in ats:
            place = bisect_right(closed, at) - 1
            is_there = place >= 0 and at - closed[place] <= holds
            found.append(known[place] if is_there else None)
        return Steady(found)

    def known_from(self, metric: Metric) -> datetime | None:
        """When the first survey told something; `None` where none did yet."""
        return self._polls.first_at(metric)

    def ready(self, ats: Sequence[int], now: datetime, patience: int) -> int:
        """How many of consecutive moments can be judged by now: the first ones.

        While a wave is due and not closed yet, those from then on wait for it, but not for ever.
        """
        open_ = waves.open_ones(self._session, self._workspace)
        due = [int(wave.closes_at.timestamp()) for wave in open_ if wave.closes_at <= now]
        at = int(now.timestamp())
        upto = bisect_left(ats, min(due)) if due else bisect_right(ats, at)
        return max(upto, bisect_left(ats, at - patience))


def _closed_at(value: Value) -> int:
    if value.poll is None:
        raise TypeError("what surveys tell is of a wave")
    return int(value.poll.closed_at.timestamp())


class Steady(Sights):
    """Moments of which most have the same to show as the one before."""

    def __init__(self, seen: Sequence[Observation | None]) -> None:
        super().__init__({None: Told(seen)}, b"\1" * len(seen))
        self._seen = seen

    def watched(self, rule: Rule) -> Watched:
        """What fires goes on as it is while the same wave stands, unless that tells nothing."""
        loud = Told(self._seen).loud(rule)
        before = [None, *self._seen[:-1]]
        stirring = bytes(
            one is not last or one is None or one.value is None
            for one, last in zip(self._seen, before, strict=True)
        )
        return Watched(self, {None: loud}, loud, stirring)
