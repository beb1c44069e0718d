"""The rows that numbers are made of, as arrays in order of time: read once for all rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, bindparam
from sqlmodel import Session

from bot.domain import Dimension, Slice
from bot.store.columns import seconds
from bot.store.observations.taken import Batch, Codes, MixedUp, Query, Source, Taken, in_order
from bot.store.observations.windows import Span, Whole, joined, without
from bot.store.readings import Sources
from bot.store.scope import Scope

#: What a row that has to do with tickets can be told apart by at once.
_COMMON = (Dimension.DESK, Dimension.CHANNEL, Dimension.GROUP, Dimension.PRIORITY)

#: So many seconds are read by one query: what lies in memory as text at once is bounded.
_AT_ONCE = 30 * 86_400

#: But by no more queries than these: what reaches into the future has no rows there.
_MOST_QUERIES = 20


class Track(NamedTuple):
    """Moments in ascending order, and what was taken at each (nothing, where they only count)."""

    times: Whole
    amounts: NDArray[Any]

    def before(self, edges: Whole) -> Whole:
        """How many of its moments lie before each of some others."""
        return np.searchsorted(self.times, edges)


NO_ROWS = Track(np.zeros(0, np.int64), np.zeros(0, np.int64))

#: Tracks by part. Desks and agents are named by the id of the desk.
Parts = Mapping[str | None, Track]


def parts_of(tracks: Iterable[Parts]) -> list[str | None]:
    """Every part of which there are rows in any of them."""
    return list(dict.fromkeys(part for parts in tracks for part in parts))


class Tracks:
    """Reads rows for a workspace, each stretch of time once, and keeps them."""

    def __init__(self, session: Session, workspace: int, sources: Sources) -> None:
        self._session = session
        self._workspace = workspace
        self._sources = sources
        self._codes: dict[tuple[Dimension, ...], Codes] = defaultdict(Codes)
        self._names = Codes()
        self._rows: dict[tuple[Source, Taken], _Rows] = defaultdict(_Rows)

    def of(
        self,
        asked: Mapping[Taken, tuple[int, ...]],
        spans: Sequence[Span],
        *,
        by: Dimension | None,
        only: Slice | None,
    ) -> dict[Taken, Parts]:
        """What is taken of the rows of some desks in `spans`, and perhaps more around them.

        `spans` are in order and apart.
        """
        alike: dict[Source, list[Taken]] = defaultdict(list)
        for taken, desks in asked.items():
            alike[self._source(taken, desks, _dimensions(by, only), spans)].append(taken)
        found: dict[Taken, Parts] = {}
        for source, some in alike.items():
            self._need(source, some, spans)
            for taken in some:
                found[taken] = self._parts(source, taken, by, only)
        return found

    def _source(
        self,
        taken: Taken,
        desks: tuple[int, ...],
        dimensions: tuple[Dimension, ...],
        spans: Sequence[Span],
    ) -> Source:
        """Rows that were read to be told apart need not be read again as a whole."""
        told_apart = Source.of(taken, desks, dimensions or _COMMON)
        known = self._rows.get((told_apart, taken))
        if dimensions or (known is not None and not [*without(spans, known.spans)]):
            return told_apart
        return Source.of(taken, desks, ())

    # --- Reading ---

    def _need(self, source: Source, asked: Sequence[Taken], spans: Sequence[Span]) -> None:
        """Reads what is missing: all that is missing of the same time by the same queries."""
        missing: dict[tuple[Span, ...], list[Taken]] = defaultdict(list)
        for taken in asked:
            missing[tuple(without(spans, self._rows[source, taken].spans))].append(taken)
        for gaps, some in missing.items():
            if gaps and source.desks:
                self._read(source, some, gaps)

    def _read(self, source: Source, asked: Sequence[Taken], gaps: Sequence[Span]) -> None:
        codes = self._codes[source.dimensions], self._names
        query = Query(source, asked, *codes, self._select)
        batches: dict[Taken, list[Batch]] = {taken: [] for taken in asked}
        for piece in _pieces(gaps):
            try:
                found = self._fetched(query, piece)
            except MixedUp:
                query = Query(source, asked, *codes, self._select, clean=True)
                found = self._fetched(query, piece)
            for taken, batch in found:
                batches[taken].append(batch)
        for taken, some in batches.items():
            self._rows[source, taken].extend(some, gaps)

    def _fetched(self, query: Query, piece: Span) -> list[tuple[Taken, Batch]]:
        start, end = piece
        told = self._session.execute(query.statement, {"start": start, "end": end})
        return list(query.taken(told.mappings().one()))

    def _select(self, source: Source, *columns: Any) -> Select[Any]:
        at = seconds(source.table, source.moment)
        # What tells its rows apart stands in the ticket: by whatever part, so that it is joined.
        by = Dimension.GROUP if source.dimensions else None
        scope = self._sources.among(Scope(self._workspace, (), by=by), source.desks)
        return scope.rows(source.table, *columns, moment=source.moment).where(
            at >= bindparam("start"), at < bindparam("end")
        )

    # --- Parts ---

    def _parts(
        self, source: Source, taken: Taken, by: Dimension | None, only: Slice | None
    ) -> Parts:
        rows = self._rows[source, taken]
        if (by, only) not in rows.parts:
            rows.parts[by, only] = (
                rows.parted(self._part_of(source.dimensions, by, only))
                if by or only
                else {None: rows.whole}
            )
        return rows.parts[by, only]

    def _part_of(
        self, dimensions: tuple[Dimension, ...], by: Dimension | None, only: Slice | None
    ) -> list[tuple[str | None, ...]]:
        """The part of each combination, in a tuple that is empty for one that is left out."""
        wanted = None if only is None else _as_told(only, self._sources)
        found: list[tuple[str | None, ...]] = []
        for names in self._codes[dimensions].combinations():
            told = dict(zip(dimensions, names, strict=True))
            matches = only is None or told[only.dimension] == wanted
            found.append((told[by] if by else None,) if matches else ())
        return found


class _Rows:
    """What was read of one thing taken: of which `spans`, and of which combination each row is."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._rows = Batch.empty()
        self.parts: dict[tuple[Dimension | None, Slice | None], Parts] = {}

    def extend(self, batches: Iterable[Batch], spans: Iterable[Span]) -> None:
        """Takes in the rows of more spans."""
        self.spans = joined([*self.spans, *spans])
        self.parts = {}
        there = [batch for batch in (self._rows, *batches) if len(batch.times)]
        if there:
            self._rows = in_order(there)

    @property
    def whole(self) -> Track:
        """All rows, as one part."""
        return Track(self._rows.times, self._rows.amounts)

    def parted(self, part_of: Sequence[tuple[str | None, ...]]) -> Parts:
        """The rows of each part, `part_of` being that of each combination."""
        parts = list(dict.fromkeys(part[0] for part in part_of if part))
        place = {part: at for at, part in enumerate(parts)}
        places = np.array([place[part[0]] if part else -1 for part in part_of], np.int64)
        of_row = places[self._rows.codes]
        rows = {part: self._rows.where(of_row == at) for part, at in place.items()}
        return {part: Track(its.times, its.amounts) for part, its in rows.items() if len(its.times)}


def _dimensions(by: Dimension | None, only: Slice | None) -> tuple[Dimension, ...]:
    asked = {one for one in (by, only.dimension if only else None) if one is not None}
    if not asked:
        return ()
    return (*_COMMON, Dimension.AGENT) if Dimension.AGENT in asked else _COMMON


def _as_told(only: Slice, sources: Sources) -> str | None:
    """The part as rows tell it: a desk, and whose an agent is, by its id. No row has an empty one."""
    if only.dimension is Dimension.AGENT and only.value is not None:
        name, _, agent = only.value.partition(":")
        return f"{_id_of(name, sources)}:{agent}"
    if only.dimension is Dimension.DESK:
        return _id_of(only.value, sources)
    return only.value


def _id_of(name: str | None, sources: Sources) -> str:
    return next((str(desk.id) for desk in sources.desks if desk.name == name), "")


def _pieces(spans: Iterable[Span]) -> Iterator[Span]:
    for start, end in spans:
        length = max(_AT_ONCE, (end - start) // _MOST_QUERIES)
        for at in range(start, end, length):
            yield at, min(at + length, end)
