"""How many tickets were unsolved at many moments: counted at the last, and led back from there."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlmodel import Session

from bot.domain import Dimension, Slice, Window
from bot.metrics import Sum
from bot.metrics.rows import CREATED, SOLVED
from bot.store.backlog import unsolved
from bot.store.observations.taken import Reopened, Taken
from bot.store.observations.tracks import NO_ROWS, Tracks, parts_of
from bot.store.observations.windows import Whole, joined
from bot.store.readings import Sources
from bot.store.scope import Scope

#: Later than anything, in seconds since 1970.
_FAR = 2**34

_CREATED: Taken = Sum(CREATED)
_SOLVED: Taken = Sum(SOLVED)
_REOPENED: Taken = Reopened()


class Backlog:
    """Counts the unsolved tickets of a workspace."""

    def __init__(self, session: Session, workspace: int, sources: Sources, tracks: Tracks) -> None:
        self._session = session
        self._workspace = workspace
        self._sources = sources
        self._tracks = tracks

    def at(
        self, moments: Whole, desks: tuple[int, ...], by: Dimension | None, only: Slice | None
    ) -> dict[str | None, Whole]:
        """The unsolved tickets of some desks at moments (seconds since 1970), by part."""
        first, last = int(moments.min()), int(moments.max())
        at_last = self._counted(last, desks, by, only)
        flows = dict.fromkeys((_CREATED, _SOLVED), desks)
        tracks = {
            **self._tracks.of(flows, joined([(first, last)]), by=by, only=only),
            # A stretch that ended after the last moment may have begun before it.
            **self._tracks.of({_REOPENED: desks}, [(first, _FAR)], by=by, only=only),
        }
        found: dict[str | None, Whole] = {}
        for part in dict.fromkeys([*at_last, *parts_of(tracks.values())]):
            created, solved, reopened = (
                tracks[one].get(part, NO_ROWS) for one in (_CREATED, _SOLVED, _REOPENED)
            )
            # What came between a moment and the last was not there yet, what went was there still.
            came = _between(created.times, moments, last) + _between(reopened.times, moments, last)
            went = _between(solved.times, moments, last) + _between(
                np.sort(reopened.amounts), moments, last
            )
            found[part] = at_last.get(part, 0) - came + went
        return found

    def _counted(
        self, at: int, desks: tuple[int, ...], by: Dimension | None, only: Slice | None
    ) -> dict[str | None, int]:
        moment = datetime.fromtimestamp(at, UTC)
        scope = Scope(self._workspace, [Window(moment, moment)], by=by, only=only)
        counted = unsolved(self._session, self._sources.among(scope, desks))
        return {part: count for (_, part), count in counted.items()}


def _between(times: Whole, moments: Whole, last: int) -> Whole:
    """How many of the ascending `times` lie between each moment and the last."""
    found: Whole = np.searchsorted(times, last) - np.searchsorted(times, moments)
    return found
