"""Stored readings of closed periods: what need not be computed again.

A row holds all numbers of one window, of all tickets or by one dimension. It holds as long as no
hour of the window was touched since (late data), the desks are still the same, and the catalogue
means the same; so nothing has to be deleted, and whoever reads never sees an old number.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import delete, func, select, tuple_
from sqlmodel import Session, col

from bot.domain import Dimension, Window
from bot.metrics import CATALOGUE, Clock, Metric
from bot.metrics.values import Value
from bot.store.columns import seconds
from bot.store.tables import EVERY, Desk, ReadingRow, Touched, Workspace, kept
from bot.store.upserts import replace_rows

#: By what readings are stored. Those of one agent are nobody's business but when they are asked for.
DIMENSIONS = (None, Dimension.DESK, Dimension.CHANNEL, Dimension.GROUP, Dimension.PRIORITY)

_HOUR = 3_600

#: How many periods are asked for in one statement.
_MANY = 400


@dataclass(frozen=True, slots=True)
class Period:
    """A stored window, by one dimension: what is known of each of its `metrics`, see `key`.

    `numbers` are a list of parts and fields of a `Value` for each; a part may be `None`.
    """

    metrics: frozenset[str]
    numbers: Mapping[str, Sequence[tuple[str | None, Sequence[Any]]]]

    @classmethod
    def of(cls, values: Mapping[str, Mapping[str | None, Value]]) -> Period:
        """From the values of each metric by part."""
        numbers = {
            name: [(part, _fields(value)) for part, value in of.items()]
            for name, of in values.items()
        }
        return cls(frozenset(values), numbers)

    def values(self, name: str) -> dict[str | None, Value]:
        """The values of a metric by part."""
        return {part: Value(*fields) for part, fields in self.numbers.get(name, ())}


def _fields(value: Value) -> list[Any]:
    """The fields of a value, without those at the end that are `None`."""
    fields = list(astuple(value))
    while fields and fields[-1] is None:
        fields.pop()
    return fields


def key(metric: Metric, clock: Clock) -> str:
    """Under which name the values of a metric are stored."""
    return f"{metric.key}@{clock}" if clock is Clock.BUSINESS else metric.key


def basis(desks: Iterable[Desk]) -> str:
    """Changes with the desks that count, what they give, and what the metrics mean."""
    told = [[desk.id, sorted(desk.gives), desk.hours] for desk in desks]
    meant = [metric.definition_id for metric in CATALOGUE.values()]
    return blake2b(json.dumps([told, meant]).encode(), digest_size=8).hexdigest()


def revision(session: Session, workspace: int) -> int:
    """The number of changes so far. Read it before computing what is stored under it."""
    return session.scalars(
        select(col(Workspace.revision)).where(col(Workspace.id) == workspace)
    ).one()


def find(
    session: Session,
    workspace: int,
    windows: Sequence[Window],
    by: Dimension | None,
    basis_: str,
) -> dict[int, Period]:
    """The stored readings that hold, by the place of their window in the list."""
    told = find_told(session, workspace, windows, by or "", basis_)
    return {place: Period(frozenset(one["metrics"]), one["numbers"]) for place, one in told.items()}


def find_metrics(
    session: Session,
    workspace: int,
    windows: Sequence[Window],
    by: Dimension | None,
    basis_: str,
) -> dict[int, frozenset[str]]:
    """Of which metrics stored readings hold, by the place of their window; without the numbers."""
    names = col(ReadingRow.readings)["metrics"]
    told = find_told(session, workspace, windows, by or "", basis_, what=names)
    return {place: frozenset(metrics) for place, metrics in told.items()}


def find_told(
    session: Session,
    workspace: int,
    windows: Sequence[Window],
    dimension: str,
    basis_: str,
    *,
    what: Any = ReadingRow.readings,
) -> dict[int, Any]:
    """What is stored of windows under a name, as far as it holds, by their place in the list.

    That is all of it, or the part `what` of it.
    """
    places = {(kept(w.start), kept(w.end)): place for place, w in enumerate(windows)}
    rows = _rows(session, workspace, list(places), dimension, basis_, what)
    return {
        places[row.start, row.end]: row.readings
        for row in _that_hold(session, workspace, rows, dimension)
    }


def store(
    session: Session,
    workspace: int,
    by: Dimension | None,
    periods: Mapping[Window, Period],
    *,
    revision_: int,
    basis_: str,
) -> None:
    """Keeps the readings of windows, computed after `revision_` was read."""
    told = {
        window: {"metrics": sorted(period.metrics), "numbers": period.numbers}
        for window, period in periods.items()
    }
    store_told(session, workspace, by or "", told, revision_=revision_, basis_=basis_)


def store_told(
    session: Session,
    workspace: int,
    dimension: str,
    told: Mapping[Window, Any],
    *,
    revision_: int,
    basis_: str,
) -> None:
    """Keeps something of windows under a name, computed after `revision_` was read."""
    rows = [
        {
            "workspace_id": workspace,
            "start": kept(window.start),
            "end": kept(window.end),
            "dimension": dimension,
            "revision": revision_,
            "basis": basis_,
            "readings": json.dumps(one, separators=(",", ":")),
        }
        for window, one in told.items()
    ]
    replace_rows(session, ReadingRow, rows, key=("workspace_id", "start", "end", "dimension"))


def tidy(session: Session, workspace: int, *, before: datetime, wanted: Collection[Window]) -> None:
    """Forgets what was stored of windows that are no longer `wanted`: last week's "last 7 days".

    Of the hours that ended before a moment the backlog is kept for ever, its snapshot; heat maps
    are kept until then.
    """
    _keep_backlogs(session, workspace, before)
    spans = {(kept(window.start), kept(window.end)) for window in wanted}
    start, end = seconds(ReadingRow, "start"), seconds(ReadingRow, "end")
    of_workspace = col(ReadingRow.workspace_id) == workspace
    of_dimension = col(ReadingRow.dimension).in_([dimension or "" for dimension in DIMENSIONS])
    stored = session.execute(
        select(start, end).where(of_workspace, of_dimension, end - start != _HOUR).distinct()
    )
    stale = [(first, last) for first, last in stored if (first, last) not in spans]
    for place in range(0, len(stale), _MANY):
        some = tuple_(start, end).in_(stale[place : place + _MANY])
        session.execute(delete(ReadingRow).where(of_workspace, of_dimension, some))
    session.execute(
        delete(ReadingRow).where(of_workspace, ~of_dimension, col(ReadingRow.end) <= before)
    )


def _keep_backlogs(session: Session, workspace: int, before: datetime) -> None:
    hours = session.scalars(
        select(ReadingRow)
        .where(
            col(ReadingRow.workspace_id) == workspace,
            col(ReadingRow.end) <= before,
            seconds(ReadingRow, "end") - seconds(ReadingRow, "start") == _HOUR,
        )
        .execution_options(yield_per=_MANY)
    )
    for row in hours:
        if row.readings["metrics"] != ["backlog"]:
            parts = row.readings["numbers"].get("backlog", [])
            row.readings = {"metrics": ["backlog"], "numbers": {"backlog": parts}}
    session.flush()


# --- Rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    start: int
    end: int
    revision: int
    readings: Any


def _rows(
    session: Session,
    workspace: int,
    spans: Sequence[tuple[int | None, int | None]],
    dimension: str,
    basis_: str,
    what: Any,
) -> list[_Row]:
    start, end = seconds(ReadingRow, "start"), seconds(ReadingRow, "end")
    found: list[_Row] = []
    for first in range(0, len(spans), _MANY):
        some = spans[first : first + _MANY]
        statement = select(start, end, col(ReadingRow.revision), what).where(
            col(ReadingRow.workspace_id) == workspace,
            tuple_(start, end).in_(some),
            col(ReadingRow.dimension) == dimension,
            col(ReadingRow.basis) == basis_,
        )
        found += [_Row(*row) for row in session.execute(statement)]
    return found


def _that_hold(
    session: Session, workspace: int, rows: Sequence[_Row], dimension: str
) -> list[_Row]:
    """Those by one dimension of which no hour was touched after they were computed."""
    if not rows:
        return []
    hour = seconds(Touched, "hour")
    late = session.execute(
        select(hour, func.max(col(Touched.revision)))
        .where(
            col(Touched.workspace_id) == workspace,
            col(Touched.dimension).in_([EVERY, dimension]),
            hour > min(row.start for row in rows) - _HOUR,
            hour < max(row.end for row in rows),
            col(Touched.revision) > min(row.revision for row in rows),
        )
        .group_by(hour)
        .order_by(hour)
    ).all()
    revisions = {at: int(touched) for at, touched in late}
    hours = list(revisions)

    def last_touched(row: _Row) -> int:
        during = hours[bisect_right(hours, row.start - _HOUR) : bisect_left(hours, row.end)]
        return max((revisions[at] for at in during), default=0)

    return [row for row in rows if last_touched(row) <= row.revision]
