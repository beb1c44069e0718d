"""Computes readings: the declared metrics become a few grouped SQL queries.

All metrics that count the same rows by the same moment share one query. A median needs its values,
not a sum: the database hands the values of a group over as one text, which is cheaper to fetch,
split and sort than a row for each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, distinct, func
from sqlmodel import Session

from bot.domain import Dimension, Fact, Slice, Window
from bot.metrics import (
    Count,
    Median,
    Metric,
    PerDistinct,
    PerRow,
    Reading,
    Share,
    Unsolved,
)
from bot.metrics.statistics import median_interval, quantile, wilson
from bot.store.backlog import unsolved
from bot.store.desks import any_retired
from bot.store.desks import of as desks_of
from bot.store.scope import TABLES, Place, Scope, grouped, seconds
from bot.store.tables import Desk

#: The fields of a `Reading` that are computed.
Value = dict[str, Any]

_NOTHING: Value = {"value": None, "n": 0}


def read(
    session: Session,
    workspace: int,
    metrics: Iterable[Metric],
    windows: Sequence[Window],
    *,
    by: Dimension | None = None,
    only: Slice | None = None,
) -> list[Reading]:
    """The readings of `metrics` in each of `windows`: metric by metric, window by window.

    With `by` there is one reading for each slice that has rows; without, one for each window,
    whether there are rows or not. `only` leaves out all tickets but those of one slice.
    """
    asked = list(metrics)
    desks = desks_of(session, workspace)
    all_count = not any_retired(session, workspace)
    scope = Scope(workspace, windows, by=by, only=only)
    found: dict[str, dict[Place, Value]] = {}
    for group, able in _sharing(asked, desks):
        found |= _run(
            session, scope if all_count and len(able) == len(desks) else scope.of(able), group
        )
    return [
        reading
        for metric in asked
        for reading in _readings(metric, found[metric.key], desks, scope)
    ]


def capable(metric: Metric, desks: Iterable[Desk]) -> list[Desk]:
    """The desks that give every fact the metric needs."""
    return [desk for desk in desks if metric.needs <= {Fact(fact) for fact in desk.gives}]


def _sharing(
    metrics: Sequence[Metric], desks: Sequence[Desk]
) -> list[tuple[list[Metric], tuple[int, ...]]]:
    """The metrics that share a query, and the desks it is about."""

    def query(metric: Metric) -> tuple[bool, str, str, tuple[int, ...]]:
        able = tuple(desk.id or 0 for desk in capable(metric, desks))
        snapshot = isinstance(metric.aggregate, Unsolved)
        return snapshot, metric.population, metric.moment, able

    ordered = sorted(metrics, key=query)
    return [(list(group), shared[-1]) for shared, group in groupby(ordered, key=query)]


def _run(
    session: Session, scope: Scope, metrics: Sequence[Metric]
) -> dict[str, dict[Place, Value]]:
    first = metrics[0]
    if isinstance(first.aggregate, Unsolved):
        counts = unsolved(session, scope)
        return {first.key: {place: {"value": n, "n": n} for place, n in counts.items()}}
    columns = {metric.key: column for metric in metrics for column in _column(metric)}
    rows = grouped(session, scope, first.population, first.moment, columns)
    return {
        metric.key: {place: _value(metric, row) for place, row in rows.items()}
        for metric in metrics
    }


def _readings(
    metric: Metric, values: Mapping[Place, Value], desks: Sequence[Desk], scope: Scope
) -> list[Reading]:
    able = capable(metric, desks)
    names = {str(desk.id): desk.name for desk in desks}

    def reading(place: int, part: str | None) -> Reading:
        window = scope.windows[place]
        shown = names.get(part or "") if scope.by is Dimension.DESK else part
        part_of = None if scope.by is None else Slice(scope.by, shown)
        about = _about(able, part_of, scope.only)
        value = _NOTHING
        if any(_was_read(desk, window) for desk in about):
            counts = isinstance(metric.aggregate, Count | Unsolved)
            value = values.get((place, part), {"value": 0, "n": 0} if counts else _NOTHING)
        as_of, since = _as_of(about), _since(about)
        return Reading(metric, window, slice=part_of, as_of=as_of, since=since, **value)

    parts = {None} if scope.by is None else {part for _, part in values}
    return [
        reading(place, part)
        for place in range(len(scope.windows))
        for part in sorted(parts, key=lambda part: part or "")
    ]


def _about(desks: Iterable[Desk], *slices: Slice | None) -> list[Desk]:
    """The desks that a reading of these slices tells about: all, unless one of them is a desk."""
    named = {part.value for part in slices if part and part.dimension is Dimension.DESK}
    return [desk for desk in desks if named <= {desk.name}]


def _as_of(desks: Iterable[Desk]) -> datetime | None:
    untils = [desk.data_until for desk in desks]
    return None if None in untils else min((one for one in untils if one), default=None)


def _since(desks: Iterable[Desk]) -> datetime | None:
    return max((desk.data_from for desk in desks if desk.data_from), default=None)


def _was_read(desk: Desk, window: Window) -> bool:
    """Whether at least a part of the window has been read from the desk."""
    if desk.data_from is None or window.end <= desk.data_from:
        return False
    return desk.data_until is None or window.start < desk.data_until


# --- From an aggregate to a column, and from the column to a value -------------------------------


def _column(metric: Metric) -> Iterable[ColumnElement[Any]]:
    """The column that a metric's value is made of, beside the count of rows."""
    table: Any = TABLES[metric.population]
    match metric.aggregate:
        case Share(column, test, number):
            counted = getattr(table, column)
            hit = counted == number if test == "=" else counted >= number
            yield func.sum(case((hit, 1), else_=0))
        case Median(start, end):
            elapsed = seconds(table, end) - seconds(table, start)
            yield func.aggregate_strings(cast(elapsed, Text), ",")
        case PerRow(columns):
            yield func.sum(sum(getattr(table, column) for column in columns))
        case PerDistinct(column):
            yield func.count(distinct(getattr(table, column)))


def _value(metric: Metric, row: Mapping[str, Any]) -> Value:
    n: int = row["n"]
    match metric.aggregate:
        case Share():
            hits = int(row[metric.key])
            low, high = wilson(hits, n) or (None, None)
            return {"value": hits / n, "n": n, "low": low, "high": high}
        case Median():
            return _durations(row[metric.key])
        case PerRow():
            return {"value": int(row[metric.key]) / n, "n": n}
        case PerDistinct():
            different: int = row[metric.key]
            return {"value": n / different if different else None, "n": n}
    return {"value": n, "n": n}


def _durations(values: str) -> Value:
    # JSON's reader turns a long text into numbers in half the time that split and int take.
    ordered: list[int] = sorted(json.loads(f"[{values}]"))
    if ordered[0] < 0:
        # A desk's import can date a reply before its ticket; nobody waits less than no time.
        ordered = [max(0, value) for value in ordered]
    low, high = median_interval(ordered) or (None, None)
    return {
        "value": quantile(ordered, 0.5),
        "n": len(ordered),
        "low": low,
        "high": high,
        "p90": quantile(ordered, 0.9),
        "mean": sum(ordered) / len(ordered),
    }
