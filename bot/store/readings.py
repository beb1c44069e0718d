"""Computes readings: the declared metrics become a few grouped SQL queries.

All terms that count rows of one population by the same moment share one query. A median needs its
values, not a sum: the database hands the values of a group over as one text, which is cheaper to
fetch, split and sort than a row for each.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Double, Text, and_, case, cast, distinct, func, literal
from sqlmodel import Session

from bot.domain import Dimension, Fact, Slice, Window
from bot.metrics import (
    CATALOGUE,
    AtStart,
    Clock,
    Count,
    Distinct,
    Median,
    Metric,
    Population,
    Quotient,
    Reading,
    Rows,
    Share,
    Surveyed,
    Term,
    Unsolved,
)
from bot.metrics.reading import Lack
from bot.metrics.values import NONE_CAME, NOTHING, Value, of_durations, of_terms
from bot.store import kept, measurements
from bot.store.backlog import unsolved
from bot.store.columns import RETURN, TABLES, passes, seconds
from bot.store.desks import any_retired
from bot.store.desks import of as desks_of
from bot.store.polls import Polls, fields_of
from bot.store.scope import Place, Scope, grouped
from bot.store.tables import Desk

#: The computed values of one metric, by window and slice.
Values = Mapping[Place, Value]


def read(
    session: Session,
    workspace: int,
    metrics: Iterable[Metric],
    windows: Sequence[Window],
    *,
    by: Dimension | None = None,
    only: Slice | None = None,
    clock: Clock = Clock.CALENDAR,
) -> list[Reading]:
    """The readings of `metrics` in each of `windows`: metric by metric, window by window.

    With `by` there is one reading for each slice that has rows; without, one for each window,
    whether there are rows or not. `only` leaves out all rows but those of one slice. On the
    business `clock` durations are those within business hours; other numbers have no clock.
    """
    asked = list(metrics)
    sources = Sources(session, workspace)
    scope = Scope(workspace, windows, by=by, only=only, settled=sources.settled)
    found = sources.find(asked, scope, clock)
    return [
        reading
        for metric in asked
        for reading in sources.readings(metric, found[metric.key], scope, clock)
    ]


def capable(metric: Metric, desks: Iterable[Desk], clock: Clock = Clock.CALENDAR) -> list[Desk]:
    """The desks that give what the metric needs; none for what no help desk knows."""
    if not _asks_desks(metric):
        return []
    return [desk for desk in desks if not _lacking(metric, desk, clock)]


def lacks(metric: Metric, desks: Iterable[Desk], clock: Clock = Clock.CALENDAR) -> tuple[Lack, ...]:
    """The desks that cannot give a metric, and for want of what."""
    if not _asks_desks(metric):
        return ()
    lacking = ((desk, _lacking(metric, desk, clock)) for desk in desks)
    return tuple(Lack(desk.name, facts[0]) for desk, facts in lacking if facts)


def _lacking(metric: Metric, desk: Desk, clock: Clock) -> list[Fact]:
    """The facts that keep a desk from giving a number; of several sources one is enough."""
    needs = set(metric.needs)
    on_hours = clock is Clock.BUSINESS and metric.has_business_clock
    if on_hours and not _counts_business(metric, desk):
        needs.add(Fact.HOURS)
    sources = [rows.needs for rows in metric.numerator if not _is_recorded(rows)]
    missing = (source.difference(desk.gives) for source in sources)
    nearest = min(missing, key=len, default=frozenset[Fact]())
    return sorted(needs.difference(desk.gives) | nearest)


def _counts_business(metric: Metric, desk: Desk) -> bool:
    """Whether the desk itself tells the business time of a metric; there it takes no hours of ours."""
    of_tickets = any(rows.population is Population.TICKETS for rows in metric.rows)
    return of_tickets and Fact.BUSINESS_TIMES in desk.gives


def _asks_desks(metric: Metric) -> bool:
    """Whether help desks are asked for it, and not only people, files and surveys."""
    if metric.is_surveyed:
        return False
    if isinstance(metric.aggregate, Unsolved):
        return True
    return not all(map(_is_recorded, metric.numerator))


def _is_recorded(rows: Rows) -> bool:
    return rows.population is Population.RECORDED


class Sources:
    """Where the numbers of a workspace come from: its help desks, and what was recorded."""

    def __init__(self, session: Session, workspace: int) -> None:
        self._session = session
        self._workspace = workspace
        self.desks = desks_of(session, workspace)
        self._any_retired = any_retired(session, workspace)
        self._recorded_since = measurements.since(session, workspace)
        self.polls = Polls(session, workspace)
        #: The time of which all has been read, but for late data; `None` when there is none.
        self.closed = _closed(self.desks)

    @property
    def settled(self) -> datetime | None:
        """Tickets solved before have had the days in which their requester may return."""
        until = _as_of(self.desks)
        return None if until is None else until - RETURN

    @property
    def are_read(self) -> bool:
        """Whether every desk has been read to its end, so that a closed window stays as it is."""
        return bool(self.desks) and _as_of(self.desks) is not None

    # --- What is stored --------------------------------------------------------------------------

    def find(
        self, metrics: Sequence[Metric], scope: Scope, clock: Clock
    ) -> dict[str, dict[Place, Value]]:
        """The values of each metric by its key: those that are stored, and the others computed."""
        stored = self._stored(scope)
        found: dict[str, dict[Place, Value]] = {metric.key: {} for metric in metrics}
        gaps: dict[tuple[int, ...], list[Metric]] = defaultdict(list)
        for metric in metrics:
            name = kept.key(metric, clock if metric.has_business_clock else Clock.CALENDAR)
            for place, period in stored.items():
                if name in period.metrics:
                    values = self._picked(period.values(name), scope)
                    found[metric.key] |= {(place, part): one for part, one in values.items()}
            missing = (
                place
                for place in range(len(scope.windows))
                if place not in stored or name not in stored[place].metrics
            )
            gaps[tuple(missing)].append(metric)
        for places, some in gaps.items():
            part_of = scope.over([scope.windows[place] for place in places])
            for name, values_ in self.compute(some, part_of, clock).items() if places else ():
                found[name] |= {(places[at], part): one for (at, part), one in values_.items()}
        return found

    def _stored(self, scope: Scope) -> dict[int, kept.Period]:
        by = scope.only.dimension if scope.only and scope.by is None else scope.by
        if not self.are_read or (scope.only and scope.by) or by not in kept.DIMENSIONS:
            return {}
        return kept.find(self._session, self._workspace, scope.windows, by, self.basis)

    def _picked(self, values: dict[str | None, Value], scope: Scope) -> dict[str | None, Value]:
        """All parts, or the one that the scope asks for alone."""
        if scope.only is None:
            return values
        part = scope.only.value
        if scope.only.dimension is Dimension.DESK:
            part = next((str(desk.id) for desk in self.desks if desk.name == part), part)
        return {None: values[part]} if part in values else {}

    @property
    def basis(self) -> str:
        return kept.basis(self.desks)

    def is_closed(self, window: Window, settled: int = 0) -> bool:
        """Whether all that belongs to a window, so many days after, has been read but for late data."""
        if self.closed is None or window.start < self.closed.start:
            return False
        # As moments: on the local clock a week with daylight saving's change is an hour off.
        return window.end.astimezone(UTC) + timedelta(days=settled) <= self.closed.end

    def missing(self, windows: Sequence[Window], by: Dimension | None) -> list[Window]:
        """The closed windows of which nothing is stored that holds, or less than is known by now."""
        found = kept.find_metrics(self._session, self._workspace, windows, by, self.basis)
        names = self._names()
        return [
            window
            for place, window in enumerate(windows)
            if self.is_closed(window)
            and not (
                place in found
                and all(
                    alike <= found[place]
                    for settled, alike in names.items()
                    if self.is_closed(window, settled)
                )
            )
        ]

    def _names(self) -> dict[int, frozenset[str]]:
        """Under which names readings are stored, by how many days later they are settled."""
        storable = [
            (metric.settled, kept.key(metric, clock))
            for clock, metrics in self._storable().items()
            for metric in metrics
        ]
        return {
            settled: frozenset(name for days, name in storable if days == settled)
            for settled, _ in storable
        }

    def periods(self, windows: Sequence[Window], by: Dimension | None) -> dict[Window, kept.Period]:
        """All numbers of closed windows, computed anew, as they are stored."""
        told: dict[Window, dict[str, dict[str | None, Value]]] = {window: {} for window in windows}
        for clock, metrics in self._storable().items():
            for settled in {metric.settled for metric in metrics}:
                alike = [metric for metric in metrics if metric.settled == settled]
                closed = [window for window in windows if self.is_closed(window, settled)]
                scope = Scope(self._workspace, closed, by=by, settled=self.settled)
                computed = self.compute(alike, scope, clock) if closed else {}
                for metric in alike if closed else ():
                    for window in closed:
                        told[window][kept.key(metric, clock)] = {}
                    for (place, part), value in computed[metric.key].items():
                        told[closed[place]][kept.key(metric, clock)][part] = value
        return {window: kept.Period.of(values) for window, values in told.items()}

    def _storable(self) -> dict[Clock, list[Metric]]:
        asked = [metric for metric in CATALOGUE.values() if not metric.is_surveyed]
        timing = {Fact.HOURS, Fact.BUSINESS_TIMES}
        if not any(timing & {Fact(fact) for fact in desk.gives} for desk in self.desks):
            return {Clock.CALENDAR: asked}
        timed = [metric for metric in asked if metric.has_business_clock]
        return {Clock.CALENDAR: asked, Clock.BUSINESS: timed}

    # --- Computing -------------------------------------------------------------------------------

    def compute(
        self, metrics: Sequence[Metric], scope: Scope, clock: Clock
    ) -> dict[str, dict[Place, Value]]:
        """The values of each metric by its key, straight from the rows.

        What cannot be sliced so has none: calls have no priority.
        """
        found: dict[str, dict[Place, Value]] = {metric.key: {} for metric in metrics}
        metrics = [metric for metric in metrics if scope.dimensions <= metric.dimensions]
        counted = self._count(metrics, scope)
        for metric in metrics:
            match metric.aggregate:
                case Unsolved():
                    counts = unsolved(self._session, self._of(scope, metric, clock))
                    found[metric.key] = {at: Value(n, n) for at, n in counts.items()}
                case Surveyed():
                    found[metric.key] = self.polls.values(metric, scope.windows)
                case Median():
                    pass
                case _:
                    found[metric.key] = self._merged(metric, counted[metric.key])
        return found | self._durations(metrics, scope, clock)

    def _of(self, scope: Scope, metric: Metric, clock: Clock = Clock.CALENDAR) -> Scope:
        able = tuple(desk.id or 0 for desk in capable(metric, self.desks, clock))
        return self.among(scope, able)

    def among(self, scope: Scope, able: tuple[int, ...]) -> Scope:
        """The scope of these desks; where all count, the rows need not be asked for theirs."""
        return scope if len(able) == len(self.desks) and not self._any_retired else scope.of(able)

    def _count(
        self, metrics: Sequence[Metric], scope: Scope
    ) -> dict[str, dict[Term, dict[Place, float]]]:
        """What there is of each term of each metric, in each window and slice.

        The same term may be about other desks for another metric, so it is counted for both.
        """
        asked: dict[tuple[Population, str, tuple[int, ...]], set[Term]] = defaultdict(set)
        recorded: set[Term] = set()
        for metric, term in _terms(metrics):
            if _is_recorded(term.rows):
                recorded.add(term)
            elif desks := self.telling(metric, term):
                asked[term.rows.population, term.rows.moment, desks].add(term)
        found: dict[tuple[tuple[int, ...], Term], dict[Place, float]] = {
            (desks, term): counts
            for (population, moment, desks), terms in asked.items()
            for term, counts in self._counted(
                self.among(scope, desks), population, moment, sorted(terms, key=repr)
            ).items()
        }
        by_hand = self._recorded(scope, recorded)
        return {
            metric.key: {
                term: by_hand.get(term) or found.get((self.telling(metric, term), term), {})
                for _, term in _terms([metric])
            }
            for metric in metrics
        }

    def telling(self, metric: Metric, term: Term) -> tuple[int, ...]:
        """The desks that tell a term of a metric.

        Where the numerator is recorded, a desk need not have it to tell what that is divided by.
        """
        needs = metric.needs | term.rows.needs
        able = self.desks if self._recorded_of(metric) else capable(metric, self.desks)
        return tuple(desk.id or 0 for desk in able if needs.issubset(desk.gives))

    def _recorded_of(self, metric: Metric) -> datetime | None:
        """Since when the numerator of a metric is recorded, if it is."""
        keys = {
            where.value for rows in metric.numerator if _is_recorded(rows) for where in rows.where
        }
        return min((at for key, at in self._recorded_since.items() if key in keys), default=None)

    def _merged(
        self, metric: Metric, counted: Mapping[Term, Mapping[Place, float]]
    ) -> dict[Place, Value]:
        """The values of a metric in every place where any of its terms has something.

        What is only recorded is unknown where nothing was, however much there is to divide by.
        """
        telling = counted
        if isinstance(metric.aggregate, Share | Quotient):
            numerator = {term for term in counted if term.rows in metric.numerator}
            of_desks = (term for term in numerator if not _is_recorded(term.rows))
            if not any(self.telling(metric, term) for term in of_desks):
                telling = {term: counted[term] for term in numerator}
        places = {at for counts in telling.values() for at in counts}
        return {
            at: of_terms(metric, {term: counts.get(at, 0) for term, counts in counted.items()})
            for at in places
        }

    def _recorded(self, scope: Scope, terms: set[Term]) -> dict[Term, dict[Place, float]]:
        if not terms or not self._recorded_since:
            return {}
        ids = {desk.name: str(desk.id) for desk in self.desks}
        return measurements.summed(self._session, scope, terms, ids)

    def _counted(
        self, scope: Scope, population: Population, moment: str, terms: Sequence[Term]
    ) -> dict[Term, dict[Place, float]]:
        columns = {f"c{place}": _column(term, scope) for place, term in enumerate(terms)}
        rows = dict(grouped(self._session, scope, population, moment, columns))
        return {
            term: {at: float(row[f"c{place}"] or 0) for at, row in rows.items()}
            for place, term in enumerate(terms)
        }

    def _durations(
        self, metrics: Sequence[Metric], scope: Scope, clock: Clock
    ) -> dict[str, dict[Place, Value]]:
        """The medians; those of the same rows share a query."""
        shared: dict[tuple[Rows, tuple[int, ...]], list[Metric]] = defaultdict(list)
        found: dict[str, dict[Place, Value]] = {}
        for metric in metrics:
            if isinstance(metric.aggregate, Median):
                ids = tuple(desk.id or 0 for desk in capable(metric, self.desks, clock))
                shared[metric.aggregate.rows, ids].append(metric)
                found[metric.key] = {}
        for alike in shared.values():
            for key, at, values in self._samples(alike, scope, clock):
                found[key][at] = of_durations(values)
        return found

    def _samples(
        self, alike: Sequence[Metric], scope: Scope, clock: Clock
    ) -> Iterator[tuple[str, Place, list[int]]]:
        """The single durations, in ascending order, of metrics that count the same rows.

        One list at a time: a month of a large help desk has a million of them.
        """
        rows = alike[0].rows[0]
        columns = {
            metric.key: func.aggregate_strings(cast(elapsed(metric, clock), Text), ",")
            for metric in alike
        }
        among = self._of(scope, alike[0], clock)
        for at, row in grouped(self._session, among, rows.population, rows.moment, columns):
            for metric in alike:
                if row[metric.key]:
                    yield metric.key, at, _ordered(row[metric.key])

    def samples(
        self, metric: Metric, windows: Sequence[Window], by: Dimension, clock: Clock
    ) -> dict[Place, list[int]]:
        """The single durations of a metric in each window and part, in ascending order."""
        scope = Scope(self._workspace, windows, by=by)
        return {at: values for _, at, values in self._samples([metric], scope, clock)}

    def scope_of(
        self, metric: Metric, windows: Sequence[Window], only: Slice | None = None
    ) -> Scope:
        """The rows that count for a metric in windows."""
        scope = Scope(self._workspace, windows, only=only, settled=self.settled)
        return self._of(scope, metric)

    # --- Telling ---------------------------------------------------------------------------------

    def readings(
        self, metric: Metric, values: Values, scope: Scope, clock: Clock
    ) -> Iterator[Reading]:
        """A reading for each window and slice of the scope, with what its reader has to know."""
        if not metric.has_business_clock:
            clock = Clock.CALENDAR
        can_slice = scope.dimensions <= metric.dimensions
        if metric.is_surveyed and can_slice:
            yield from self._of_surveys(metric, values, scope)
            return
        able = capable(metric, self.desks, clock) if can_slice else []
        recorded = self._recorded_of(metric)
        possible = bool(able) or (can_slice and recorded is not None)
        parts = {None} if scope.by is None else {part for (_, part), one in values.items() if one.n}
        told = {
            part: self._told_of(metric, able, part, scope, clock)
            for part in sorted(parts, key=lambda part: part or "")
        }
        for place, window in enumerate(scope.windows):
            for part, (about, facts) in told.items():
                value = NOTHING
                if recorded is not None or any(_was_read(desk, window) for desk in about):
                    value = values.get((place, part)) or self._without_rows(metric, about)
                yield Reading(metric, window, **fields_of(value), **facts, is_possible=possible)

    def _of_surveys(self, metric: Metric, values: Values, scope: Scope) -> Iterator[Reading]:
        """Every wave is known as soon as it is closed, so that no window is known in part."""
        possible = self.polls.is_possible(metric)
        for place, window in enumerate(scope.windows):
            value = values.get((place, None), NOTHING)
            yield Reading(
                metric,
                window,
                **fields_of(value),
                as_of=None if value.poll is None else value.poll.closed_at,
                since=window.start,
                is_possible=possible,
            )

    def _told_of(
        self, metric: Metric, able: Sequence[Desk], part: str | None, scope: Scope, clock: Clock
    ) -> tuple[Sequence[Desk], dict[str, Any]]:
        """The desks that tell of a part, and what its readings of all windows have in common."""
        of = None if scope.by is None else Slice(scope.by, self.named(part, scope.by))
        about = _about(able, of, scope.only)
        return about, {
            "slice": of,
            "clock": clock,
            "as_of": _as_of(about),
            "since": self._since(metric, about),
            "lacks": lacks(metric, _about(self.desks, of, scope.only), clock),
            "as_counted_by": tuple(
                desk.name
                for desk in about
                if clock is Clock.BUSINESS and _counts_business(metric, desk)
            ),
        }

    def named(self, part: str | None, by: Dimension) -> str | None:
        """The name of a part: a desk's own, and an agent's id behind that of their desk."""
        if part is None or by not in (Dimension.DESK, Dimension.AGENT):
            return part
        desk, colon, agent = part.partition(":")
        names = {str(one.id): one.name for one in self.desks}
        return f"{names.get(desk, desk)}{colon}{agent}"

    def _without_rows(self, metric: Metric, desks: Sequence[Desk]) -> Value:
        """Where no row counts: nothing came, if it is something that desks count."""
        return NONE_CAME if desks and isinstance(metric.aggregate, Count | Unsolved) else NOTHING

    def _since(self, metric: Metric, desks: Sequence[Desk]) -> datetime | None:
        return _since(desks) or self._recorded_of(metric)


def _terms(metrics: Iterable[Metric]) -> Iterator[tuple[Metric, Term]]:
    for metric in metrics:
        if not isinstance(metric.aggregate, Median | Unsolved | Surveyed):
            for term in metric.aggregate.terms:
                yield metric, term


def _about(desks: Iterable[Desk], *slices: Slice | None) -> list[Desk]:
    """The desks that a reading of these slices tells about: all, unless one of them is a desk."""
    named = {part.value for part in slices if part and part.dimension is Dimension.DESK}
    return [desk for desk in desks if named <= {desk.name}]


def _closed(desks: Sequence[Desk]) -> Window | None:
    until, since = _as_of(desks), _since(desks)
    return Window(since, until) if until and since and since < until else None


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


# --- From a term to a column, and from the column to a value -------------------------------------


def _column(term: Term, scope: Scope) -> ColumnElement[Any]:
    """The column that counts a term among the rows of its query."""
    table = TABLES[term.rows.population]
    holds = [passes(table, where, scope.settled) for where in term.rows.where]
    taken = of_each(term)
    if isinstance(term, Distinct):
        return func.count(distinct(case((and_(*holds), taken)) if holds else taken))
    return func.sum(case((and_(*holds), taken), else_=0) if holds else taken)


def of_each(term: Term) -> ColumnElement[Any]:
    """What a term takes of each of its rows: what is added up, or told apart."""
    table: Any = TABLES[term.rows.population]
    match term:
        case Distinct(_, name):
            return getattr(table, name)  # type: ignore[no-any-return]
        case AtStart():
            raise TypeError("only what is recorded has a stock at the start")
    columns = [func.coalesce(getattr(table, name), 0) for name in term.columns]
    added: ColumnElement[Any] = sum(columns[1:], columns[0]) if columns else literal(1)
    if term.squared:
        # As whole numbers, squares of seconds would run over.
        added = cast(added, Double) * cast(added, Double)
    return added


def elapsed(metric: Metric, clock: Clock) -> ColumnElement[Any]:
    """How long it lasted, in seconds."""
    of = metric.aggregate
    if not isinstance(of, Median):
        raise TypeError(f"{metric.key} is no median")
    table = TABLES[of.rows.population]
    if clock is Clock.BUSINESS:
        return getattr(table, of.business)  # type: ignore[no-any-return]
    if of.lasting:
        return getattr(table, of.lasting)  # type: ignore[no-any-return]
    return seconds(table, of.end) - seconds(table, of.start)


def _ordered(values: str) -> list[int]:
    # JSON's reader turns a long text into numbers in half the time that split and int take.
    ordered: list[int] = sorted(json.loads(f"[{values}]"))
    if ordered[0] < 0:
        # A desk's import can date a reply before its ticket; nobody waits less than no time.
        ordered = [max(0, value) for value in ordered]
    return ordered
