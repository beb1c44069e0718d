"""Reads from the database what a digest is decided from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.digests.digest import (
    BREAKDOWN_METRICS,
    BREAKDOWNS,
    DeskState,
    Digest,
    Freshness,
    Line,
    judge,
    lines,
)
from bot.digests.timetable import Kind, comparables
from bot.domain import Window
from bot.metrics import CATALOGUE, Metric, Reading
from bot.metrics.usual import Standing
from bot.store import desks, goals, tickets
from bot.store.readings import read


def gather(
    session: Session,
    workspace: int,
    kind: Kind,
    window: Window,
    *,
    now: datetime,
    stale_after: timedelta,
    late_by: timedelta | None = None,
) -> Digest:
    """The digest of a window as the database knows it at `now`.

    Goals are those that held at `now`, so an old digest is judged by its own.
    """
    windows = [*comparables(window), window]
    told = read(session, workspace, CATALOGUE.values(), windows)
    fresh = freshness(session, workspace, window, now=now, stale_after=stale_after)
    return judge(
        kind,
        window,
        told,
        _parts(session, workspace, told, windows, fresh),
        goals.at(session, workspace, now),
        fresh,
        late_by=late_by,
    )


def _parts(
    session: Session,
    workspace: int,
    told: Sequence[Reading],
    windows: Sequence[Window],
    fresh: Freshness,
) -> list[Reading]:
    """The readings by channel and by group, as far back as the digest looks at them.

    A number that stands out asks for the parts in which it does, so these need their history. Of
    the others the last two windows will do: the parts that are there now, and those that fell silent.
    """
    striking = {
        line.reading.metric.key
        for line in lines(told, windows[-1], {}, complete=not fresh.incomplete)
        if line.standing in (Standing.ABOVE, Standing.BELOW)
    }
    broken_down = [CATALOGUE[key] for key in BREAKDOWN_METRICS]
    with_history = [metric for metric in broken_down if metric.key in striking]
    without = [metric for metric in broken_down if metric.key not in striking]
    return [
        reading
        for dimension in BREAKDOWNS
        for metrics, wanted in ((with_history, windows), (without, windows[-2:]))
        for reading in read(session, workspace, metrics, wanted, by=dimension)
    ]


def look(
    session: Session, workspace: int, metrics: Iterable[Metric], fresh: Freshness, *, now: datetime
) -> list[Line]:
    """The metrics in the window of `fresh`, each beside the comparable one before and its goal."""
    window = fresh.window
    found = read(session, workspace, metrics, [*comparables(window, 1), window])
    set_goals = goals.at(session, workspace, now)
    return lines(found, window, set_goals, complete=not fresh.incomplete)


def freshness(
    session: Session, workspace: int, window: Window, *, now: datetime, stale_after: timedelta
) -> Freshness:
    """How far the numbers of a window can be trusted at `now`."""
    states = [
        DeskState(desk.name, desk.data_from, desk.data_until, desk.problem)
        for desk in desks.of(session, workspace)
    ]
    differences = len(tickets.differences(session, workspace))
    return Freshness(states, window, now, stale_after, differences)
