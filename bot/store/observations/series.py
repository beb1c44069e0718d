"""One number in many windows, by part: what readings give, for thousands of windows at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from bot.domain import Dimension
from bot.metrics import (
    Count,
    Distinct,
    Median,
    Metric,
    Population,
    Quotient,
    Sum,
    Surveyed,
    Unsolved,
)
from bot.metrics.values import divided, total
from bot.store.observations import sums
from bot.store.observations.backlog import Backlog
from bot.store.observations.figures import Figures, Real, Truth, nothing
from bot.store.observations.medians import medians
from bot.store.observations.number import Number
from bot.store.observations.taken import Timed
from bot.store.observations.tracks import NO_ROWS, Track, Tracks, parts_of
from bot.store.observations.windows import Whole, Windows
from bot.store.readings import Sources, capable

#: For so many seconds a part is known in which nothing happens, so that 0 can be told of it.
REMEMBERED = int(timedelta(days=7).total_seconds())


#: What there is to see in each window, by part.
Series = Mapping[str | None, Figures]


class Numbers:
    """Computes series, each only once."""

    def __init__(self, session: Session, workspace: int, sources: Sources) -> None:
        self._sources = sources
        self._tracks = Tracks(session, workspace, sources)
        self._backlog = Backlog(session, workspace, sources, self._tracks)
        self._known: dict[tuple[Number, Windows], Series] = {}

    def series(self, number: Number, windows: Windows) -> Series:
        """What readings tell of a number in each window, in their order.

        With `by` there are those parts that have rows in a window; of what is counted also those
        that had some in the week before its end. What was recorded is not in it: that is told of
        whole days, and later.
        """
        key = (number, windows)
        if key not in self._known:
            self._known[key] = self._series(number, windows)
        return self._known[key]

    def _series(self, number: Number, windows: Windows) -> Series:
        found: Series = {}
        desks = self._able(number)
        if desks and len(windows):
            match number.metric.aggregate:
                case Unsolved():
                    found = self._unsolved(number, windows, desks)
                case Median():
                    found = self._medians(number, windows, desks)
                case _:
                    found = self._of_terms(number, windows)
        if number.by is None:
            return {None: found.get(None) or nothing(len(windows))}
        return self._named(number.by, found)

    def _able(self, number: Number) -> tuple[int, ...]:
        if not number.can_be_sliced:
            return ()
        able = capable(number.metric, self._sources.desks, number.clock)
        return tuple(desk.id or 0 for desk in able)

    def _named(self, by: Dimension, found: Series) -> Series:
        """By the names of the parts. A desk that was not read to its end yet is none, as in readings."""
        unread: set[str | None] = set()
        if by is Dimension.DESK:
            unread = {str(desk.id) for desk in self._sources.desks if desk.data_from is None}
        there = {part: series for part, series in found.items() if part not in unread}
        told = {self._sources.named(part, by): series for part, series in there.items()}
        return dict(sorted(told.items(), key=lambda one: one[0] or ""))

    # --- Of the three kinds of numbers ---

    def _of_terms(self, number: Number, windows: Windows) -> Series:
        metric = number.metric
        terms = _of_value(metric)
        if not terms:
            return {}
        remembered = _remembered(number, windows)
        tracks = self._tracks.of(
            {term: self._sources.telling(metric, term) for term in terms},
            (remembered or windows).spans(),
            by=number.by,
            only=number.only,
        )
        found: dict[str | None, Figures] = {}
        for part in [None] if number.by is None else parts_of(tracks.values()):
            its = {term: tracks[term].get(part, NO_ROWS) for term in terms}
            counted = {term: _added(term, track, windows) for term, track in its.items()}
            values, n = _values(metric, counted, len(windows))
            there: Truth | None = None if number.by is None else n > 0
            if remembered is not None:
                rows = [sums.counts(track, remembered) for track in its.values()]
                there = np.any(rows, axis=0)
            found[part] = Figures(values, n, there)
        return found

    def _medians(self, number: Number, windows: Windows, desks: tuple[int, ...]) -> Series:
        taken = Timed(number.metric, number.clock)
        tracks = self._tracks.of({taken: desks}, windows.spans(), by=number.by, only=number.only)
        return {
            part: medians(track, windows, stays=number.by is None)
            for part, track in tracks[taken].items()
        }

    def _unsolved(self, number: Number, windows: Windows, desks: tuple[int, ...]) -> Series:
        counted = self._backlog.at(windows.ends, desks, number.by, number.only)
        return {
            part: Figures(n, n, None if number.by is None else n > 0) for part, n in counted.items()
        }


#: What makes up the value of a metric, row by row.
_Term = Sum | Distinct


def _of_value(metric: Metric) -> list[_Term]:
    """The terms of its value that help desks tell; those of its interval are none of them."""
    match metric.aggregate:
        case Quotient(total, of):
            terms = (*total, *of)
        case Median() | Unsolved() | Surveyed():
            return []
        case aggregate:
            terms = aggregate.terms
    told = (term for term in terms if term.rows.population is not Population.RECORDED)
    return [term for term in dict.fromkeys(told) if isinstance(term, _Term)]


def _values(metric: Metric, counted: Mapping[Any, Any], windows: int) -> tuple[Real | Whole, Whole]:
    """What the terms of a metric make in each of so many windows, and on how many rows that rests."""
    if isinstance(metric.aggregate, Count):
        n: Whole = np.rint(total(metric.aggregate.of, counted)).astype(np.int64)
        return n, n
    above, below = (np.broadcast_to(some, windows) for some in divided(metric, counted))
    values = np.full(windows, np.nan)
    return np.divide(above, below, out=values, where=below != 0), np.rint(below).astype(np.int64)


def _added(term: _Term, track: Track, windows: Windows) -> NDArray[Any]:
    if isinstance(term, Distinct):
        return sums.different(track, windows)
    return sums.sums(track, windows) if term.columns else sums.counts(track, windows)


def _remembered(number: Number, windows: Windows) -> Windows | None:
    """The week before the end of each window, for what is counted by part; `None` for the others."""
    if number.by is None or not isinstance(number.metric.aggregate, Count):
        return None
    return windows.reaching_back(REMEMBERED)
