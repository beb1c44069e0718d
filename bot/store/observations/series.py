"""One number in many windows, by part: what readings give, for thousands of windows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from bot.alerts.judge import Observation
from bot.alerts.sights import Told
from bot.domain import Dimension, Slice
from bot.metrics import (
    Clock,
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
from bot.metrics.values import of_terms
from bot.store.observations import sums
from bot.store.observations.backlog import Backlog
from bot.store.observations.medians import Medians
from bot.store.observations.taken import Timed
from bot.store.observations.tracks import NO_ROWS, Track, Tracks, parts_of
from bot.store.observations.windows import Windows
from bot.store.readings import Sources, capable

_NOTHING = Observation(None)

#: For so many seconds a part is known in which nothing happens, so that 0 can be told of it.
REMEMBERED = int(timedelta(days=7).total_seconds())


@dataclass(frozen=True, slots=True)
class Number:
    """What is looked at: a metric, of all tickets, of the part `only`, or of each part `by` itself."""

    metric: Metric
    by: Dimension | None = None
    only: Slice | None = None
    clock: Clock = Clock.CALENDAR

    @property
    def can_be_sliced(self) -> bool:
        """Whether the rows of the metric have such parts."""
        asked = (self.by, self.only.dimension if self.only else None)
        return {one for one in asked if one is not None} <= self.metric.dimensions


#: What there is to see in each window, by part.
Series = Mapping[str | None, Told | Medians]


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
            return {None: found.get(None) or Told([_NOTHING] * len(windows))}
        return self._named(number.by, found)

    def _able(self, number: Number) -> tuple[int, ...]:
        if not number.can_be_sliced:
            return ()
        able = capable(number.metric, self._sources.desks, number.clock)
        return tuple(desk.id or 0 for desk in able)

    def _named(self, by: Dimension, found: Series) -> Series:
        told = {self._sources.named(part, by): series for part, series in found.items()}
        return dict(sorted(told.items(), key=lambda one: one[0] or ""))

    # --- Of the three kinds of numbers ---

    def _of_terms(self, number: Number, windows: Windows) -> Series:
        metric = number.metric
        terms = _of_value(metric)
        remembered = _remembered(number, windows)
        tracks = self._tracks.of(
            {term: self._sources.telling(metric, term) for term in terms},
            (remembered or windows).spans(),
            by=number.by,
            only=number.only,
        )
        values = _Values(metric, terms, only_rows=number.by is not None and remembered is None)
        found: dict[str | None, Told] = {}
        for part in [None] if number.by is None else parts_of(tracks.values()):
            its = [tracks[term].get(part, NO_ROWS) for term in terms]
            added = [_added(term, track, windows) for term, track in zip(terms, its, strict=True)]
            seen = list(map(values.__getitem__, zip(*added, strict=True)))
            found[part] = Told(seen if remembered is None else _known(seen, its, remembered))
        return found

    def _medians(self, number: Number, windows: Windows, desks: tuple[int, ...]) -> Series:
        taken = Timed(number.metric, number.clock)
        tracks = self._tracks.of({taken: desks}, windows.spans(), by=number.by, only=number.only)
        return {
            part: Medians(track, windows, stays=number.by is None)
            for part, track in tracks[taken].items()
        }

    def _unsolved(self, number: Number, windows: Windows, desks: tuple[int, ...]) -> Series:
        counted = self._backlog.at(windows.ends, desks, number.by, number.only)
        values = _Counts() if number.by is None else _Counts({0: None})
        return {
            part: Told(list(map(values.__getitem__, counts))) for part, counts in counted.items()
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


class _Values(dict[tuple[Any, ...], Observation | None]):
    """What there is to see where the terms of a metric come to such sums; many windows share it."""

    def __init__(self, metric: Metric, terms: Sequence[_Term], *, only_rows: bool) -> None:
        """Where there are no rows there is nothing to see, if `only_rows`."""
        super().__init__()
        self._metric = metric
        self._terms = terms
        self._only_rows = only_rows

    def __missing__(self, added: tuple[Any, ...]) -> Observation | None:
        value = of_terms(self._metric, dict(zip(self._terms, added, strict=True)))
        seen = Observation(value.value, value.n) if value.n or not self._only_rows else None
        self[added] = seen
        return seen


class _Counts(dict[int, Observation | None]):
    """What there is to see where so many are counted."""

    def __missing__(self, n: int) -> Observation:
        self[n] = seen = Observation(n, n)
        return seen


def _added(term: _Term, track: Track, windows: Windows) -> list[Any]:
    if isinstance(term, Distinct):
        return sums.different(track, windows)
    return sums.sums(track, windows) if term.columns else sums.counts(track, windows)


def _remembered(number: Number, windows: Windows) -> Windows | None:
    """The week before the end of each window, for what is counted by part; `None` for the others."""
    if number.by is None or not isinstance(number.metric.aggregate, Count):
        return None
    return windows.reaching_back(REMEMBERED)


def _known(
    series: Sequence[Observation | None], tracks: Sequence[Track], remembered: Windows
) -> Sequence[Observation | None]:
    """Those of a part of which there were rows in the week before."""
    rows = list(map(sum, zip(*(sums.counts(track, remembered) for track in tracks), strict=True)))
    if all(rows):
        return series
    return [seen if n else None for seen, n in zip(series, rows, strict=True)]
