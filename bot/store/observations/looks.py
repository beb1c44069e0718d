"""What there is to see of a number, or of tickets that wait, in many moments at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from bot.alerts.rule import Burn, Change, Rule, Unusual
from bot.alerts.sights import Column, Sights
from bot.store.observations.burning import Burning
from bot.store.observations.figures import nothing
from bot.store.observations.history import History
from bot.store.observations.number import Number
from bot.store.observations.series import Numbers
from bot.store.observations.waiting import Waiters, Waits
from bot.store.observations.windows import Windows
from bot.store.readings import Sources

#: What there is to see, by part.
Columns = Mapping[str | None, Column]


class Looks:
    """Looks at the rows of a workspace, each read once for all rules; moments in seconds since 1970."""

    def __init__(self, session: Session, workspace: int, sources: Sources) -> None:
        self._numbers = Numbers(session, workspace, sources)
        self._history = History(self._numbers)
        self._waits = Waits(session, workspace, sources)
        self._windows: dict[tuple[Sequence[int], int, int], Windows] = {}

    def at_number(
        self, rule: Rule, zone: ZoneInfo, ats: Sequence[int], *, known_from: int
    ) -> Columns:
        """The number of a rule at each moment; with what is usual by periods since `known_from`."""
        number, windows = Number.of(rule), self._looked_at(rule, ats, rule.over)
        match rule.condition:
            case Change() | Unusual():
                return self._history.judged(number, windows, zone, known_from=known_from)
            case Burn(target=target, fast=fast):
                slow = self._numbers.series(number, windows)
                last = self._numbers.series(number, self._looked_at(rule, ats, fast))
                without = nothing(len(ats))
                return {
                    part: Burning(its, last.get(part, without), target)
                    for part, its in slow.items()
                }
        return self._numbers.series(number, windows)

    def at_tickets(
        self,
        rule: Rule,
        limit: int,
        desks: tuple[int, ...],
        ats: Sequence[int],
        there: bytes,
        *,
        since: int | None,
    ) -> Sights:
        """The tickets of some desks that wait longer than the limit, where the data are `there`."""
        waits = self._waits.at(ats, limit=limit, desks=desks, only=rule.only, since=since)
        return Waiters(np.array(ats, np.int64), waits, there)

    def _looked_at(self, rule: Rule, ats: Sequence[int], over: timedelta) -> Windows:
        """What is looked at in each moment; the same for rules that look at the same."""
        settles, long = (int(span.total_seconds()) for span in (rule.settles, over))
        key = ats, settles, long
        if key not in self._windows:
            self._windows[key] = Windows.ending(np.array(ats, np.int64), settles, settles + long)
        return self._windows[key]
