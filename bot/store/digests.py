"""Reads from the database what a digest is decided from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.digests.digest import BREAKDOWN_METRICS, BREAKDOWNS, Digest, judge
from bot.digests.freshness import DeskState, Freshness
from bot.digests.goals import Goal
from bot.digests.heat import Heat
from bot.digests.line import Line, lines, was_whole
from bot.digests.timetable import Kind, baseline, days_before, has_whole_days
from bot.domain import Slice, Window
from bot.metrics import CATALOGUE, Clock, Metric, Reading
from bot.store import counts, desks, goals, heat
from bot.store.readings import read
from bot.store.wellbeing import people, survey_lines


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
    base = baseline(window)
    windows = [*base.comparable, window]
    told = _told(session, workspace, [*base.windows, window])
    fresh = freshness(session, workspace, window, now=now, stale_after=stale_after)
    set_goals = goals.at(session, workspace, now)
    return judge(
        kind,
        window,
        told,
        [
            *_parts(session, workspace, told, windows, fresh),
            *_with_goals(session, workspace, set_goals, [*base.windows, window]),
        ],
        set_goals,
        fresh,
        heat=_heat(session, workspace, windows) if kind is Kind.WEEKLY else None,
        late_by=late_by,
    ).with_people(people(session, workspace, kind, window, set_goals))


def _heat(session: Session, workspace: int, windows: Sequence[Window]) -> Heat | None:
    """The hours of all the weeks that are compared; `None` where nothing arrived in them."""
    weeks = heat_window(windows)
    zone = weeks.start.tzinfo
    if not isinstance(zone, ZoneInfo):
        return None
    found = heat.read(session, workspace, weeks, zone)
    return found if any(map(any, found.arrivals)) else None


def heat_window(windows: Sequence[Window]) -> Window:
    """From the first to the last of windows that follow one another."""
    return Window(windows[0].start, windows[-1].end)


def _told(session: Session, workspace: int, windows: Sequence[Window]) -> list[Reading]:
    """All numbers of all tickets: those that are settled later of so much earlier windows."""
    found: list[Reading] = []
    of_work = [metric for metric in CATALOGUE.values() if not metric.is_surveyed]
    for days in sorted({metric.settled for metric in of_work}):
        alike = [metric for metric in of_work if metric.settled == days]
        found += read(session, workspace, alike, [days_before(window, days) for window in windows])
    timed = [metric for metric in CATALOGUE.values() if metric.has_business_clock]
    in_hours = read(session, workspace, timed, windows, clock=Clock.BUSINESS)
    return found + [reading for reading in in_hours if reading.is_possible]


def _with_goals(
    session: Session, workspace: int, set_goals: Iterable[Goal], windows: Sequence[Window]
) -> list[Reading]:
    """The readings of those parts that have goals of their own."""
    found: list[Reading] = []
    for goal in set_goals:
        if goal.slice is not None and goal.metric in CATALOGUE:
            metric = CATALOGUE[goal.metric]
            shifted = [days_before(window, metric.settled) for window in windows]
            of_part = read(session, workspace, [metric], shifted, only=goal.slice, clock=goal.clock)
            found += [replace(reading, slice=goal.slice) for reading in of_part]
    return found


def _parts(
    session: Session,
    workspace: int,
    told: Sequence[Reading],
    windows: Sequence[Window],
    fresh: Freshness,
) -> list[Reading]:
    """The readings by channel and by group, as far back as the digest looks at them.

    A number that stands out asks for the parts in which it does, so these need the comparable
    windows: no more, there are many parts. Of the others the last two windows will do: the parts
    that are there now, and those that fell silent.
    """
    striking = {
        line.reading.metric.key
        for line in lines(told, [], complete=not fresh.incomplete)
        if line.is_out
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
    session: Session,
    workspace: int,
    metrics: Iterable[Metric],
    fresh: Freshness,
    *,
    before: Window | None = None,
    only: Slice | None = None,
    clock: Clock = Clock.CALENDAR,
) -> list[Line]:
    """The metrics in the window of `fresh`, each judged by its baseline, beside its goal.

    They stand beside those of the window `before`, or without it of the last comparable one. Those of
    surveys, which come last, are held against the wave before.
    """
    window = fresh.window
    judged = [*_judging(window), window]
    asked = list(dict.fromkeys([*([before] if before else []), *judged]))
    metrics = list(metrics)
    of_work = [metric for metric in metrics if not metric.is_surveyed]
    of_surveys = [metric for metric in metrics if metric.is_surveyed]
    found = read(session, workspace, of_work, asked, only=only, clock=clock)
    if only is not None:
        found = [replace(reading, slice=only) for reading in found]
    apart = before if before not in judged else None
    of_baseline = [reading for reading in found if reading.window != apart]
    complete = not fresh.incomplete
    set_goals = goals.at(session, workspace, fresh.now)
    told = lines(of_baseline, set_goals, complete=complete)
    if before is not None:
        others = {one.metric.key: one for one in found if one.window == before and was_whole(one)}
        told = [replace(line, before=others.get(line.reading.metric.key)) for line in told]
    return told + survey_lines(
        session, workspace, of_surveys, window, set_goals, before=before, only=only
    )


def _judging(window: Window) -> Sequence[Window]:
    """The earlier windows by which numbers are judged.

    The same hours of eight weeks of days are not stored, and to compute all numbers of so many would
    keep whoever asks waiting: of a day that still runs, the eight comparable ones have to do.
    """
    base = baseline(window)
    return base.windows if has_whole_days(window) else base.comparable


def freshness(
    session: Session, workspace: int, window: Window, *, now: datetime, stale_after: timedelta
) -> Freshness:
    """How far the numbers of a window can be trusted at `now`."""
    states = [
        DeskState(desk.name, desk.data_from, desk.data_until, desk.problem)
        for desk in desks.of(session, workspace)
    ]
    differences = len({row.day for row in counts.differences(session, workspace)})
    return Freshness(states, window, now, stale_after, differences)
