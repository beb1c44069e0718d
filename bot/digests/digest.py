"""Decides what a digest says: from readings, goals and the state of the help desks to a `Digest`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from bot.digests.goals import Goal
from bot.digests.heat import Heat
from bot.digests.timetable import Kind
from bot.domain import Dimension, Slice, Window
from bot.metrics import Better, Clock, Count, Reading, Unit
from bot.metrics.comparison import Estimate, Verdict, verdict
from bot.metrics.statistics import poisson_interval
from bot.metrics.usual import Standing, Usual, is_good, standing, usual

#: What everybody reads first, in this order; a metric with a goal joins them.
HEADLINE = (
    "ticket_volume",
    "tickets_solved",
    "backlog",
    "first_response_time",
    "resolution_time",
    "csat",
)


class Theme(StrEnum):
    """What a block of the weekly digest is about."""

    SPEED = "speed"
    QUALITY = "quality"
    LOAD = "load"
    PEOPLE = "people"


#: The numbers of each block, in this order.
THEMES: Mapping[Theme, Sequence[str]] = {
    Theme.SPEED: (
        *("first_response_time", "response_time", "resolution_time", "requester_wait_time"),
        *("sla_attainment", "speed_of_answer"),
    ),
    Theme.QUALITY: (
        *("csat", "nps", "ces", "quality_score", "first_contact_resolution", "reopen_rate"),
        *("repeat_contact_rate", "escalation_rate", "complaint_rate"),
    ),
    Theme.LOAD: (
        *("ticket_volume", "tickets_solved", "backlog", "tickets_per_agent", "handle_time"),
        *("call_volume", "abandonment_rate", "after_hours_share", "self_service_ratio"),
    ),
    Theme.PEOPLE: ("enps", "pulse_score", "survey_participation"),
}

#: By what a digest's thread breaks the numbers down.
BREAKDOWNS = (Dimension.CHANNEL, Dimension.GROUP)

#: What each line of a breakdown tells.
BREAKDOWN_METRICS = ("ticket_volume", "tickets_solved", "first_response_time", "resolution_time")

#: A part of the tickets is named as the cause only when it has at least so many.
FEWEST_IN_PART = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One number with what is needed to judge it.

    Of a window that is not `complete` some numbers are missing, so it is not judged.
    """

    reading: Reading
    before: Reading | None = None
    usual: Usual | None = None
    goal: Goal | None = None
    history: Sequence[Reading] = ()
    complete: bool = True

    @property
    def standing(self) -> Standing:
        return standing(self.reading, self.usual) if self.complete else Standing.UNKNOWN

    @property
    def is_good(self) -> bool | None:
        """Whether it stands out as good (true) or bad (false) news; `None` when it does not."""
        return is_good(self.standing, self.reading.metric.better)

    @property
    def change(self) -> float | None:
        """How much it moved since the comparable period before, as a share of that."""
        if not self.complete or self.before is None or not self.before.value:
            return None
        if self.reading.value is None:
            return None
        return (self.reading.value - self.before.value) / abs(self.before.value)

    @property
    def improved(self) -> bool | None:
        """Whether that move is for the better; `None` when there is none, or no better."""
        better = self.reading.metric.better
        if not self.change or better is Better.NEITHER:
            return None
        return (self.change < 0) is (better is Better.LOWER)

    @property
    def verdict(self) -> Verdict:
        """Whether it differs from the period before by more than chance explains."""
        if not self.complete or self.before is None:
            return Verdict.UNKNOWN
        return verdict(
            _estimate(self.reading),
            _estimate(self.before),
            skewed=self.reading.metric.unit is Unit.SECONDS,
        )

    @property
    def target(self) -> float | None:
        """The target of its goal, if it has one."""
        return self.goal.target if self.goal else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; `None` without a goal, a complete number or a direction."""
        if not self.complete or self.goal is None or self.reading.value is None:
            return None
        return self.goal.is_met(self.reading.value, self.reading.metric.better)

    @property
    def on_pace(self) -> bool | None:
        """Whether it is as far on the way to its goal as it should be; `None` without a date."""
        if not self.complete or self.goal is None or self.reading.value is None:
            return None
        day = self.reading.window.end.date()
        return self.goal.is_on_pace(self.reading.value, day, self.reading.metric.better)


def _estimate(reading: Reading) -> Estimate:
    """A reading with its interval; a count varies by chance as Poisson says, at least."""
    if isinstance(reading.metric.aggregate, Count) and reading.value is not None:
        return Estimate(reading.value, *poisson_interval(round(reading.value)))
    return Estimate(reading.value, reading.low, reading.high)


@dataclass(frozen=True, slots=True)
class Highlight:
    """A number that stands out, and the parts of the tickets where it shows most."""

    line: Line
    parts: Sequence[Line] = ()
    record_of_weeks: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """The numbers of one theme, those that have a value."""

    theme: Theme
    lines: Sequence[Line]

    def that_are(self, good: bool | None) -> list[Line]:
        """Those outside their usual range for the better, the worse, or (`None`) for neither.

        Of so many numbers one strays by chance nearly every week, so one that is not in the
        headline must differ from the week before by more than chance as well.
        """
        return [
            line
            for line in self.lines
            if line.standing in (Standing.ABOVE, Standing.BELOW)
            and line.is_good is good
            and (_in_headline(line) or line.verdict is not Verdict.CANNOT_TELL)
        ]

    @property
    def is_judged(self) -> bool:
        """Whether of any of its numbers it is known what is usual."""
        return any(line.standing is not Standing.UNKNOWN for line in self.lines)


@dataclass(frozen=True, slots=True)
class DeskState:
    """How far a help desk has been read, and what went wrong last."""

    name: str
    data_from: datetime | None = None
    data_until: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the numbers can be trusted: what has been read of every desk, and until when."""

    desks: Sequence[DeskState]
    window: Window
    now: datetime
    stale_after: timedelta
    differences: int = 0

    @property
    def until(self) -> datetime | None:
        """Everything that had changed by then is in; `None` when a desk was never read whole."""
        ends = [desk.data_until for desk in self.desks]
        return None if not ends or None in ends else min(end for end in ends if end)

    @property
    def unread(self) -> list[DeskState]:
        """The desks whose first sync is not finished."""
        return [desk for desk in self.desks if desk.data_until is None]

    @property
    def stale(self) -> list[DeskState]:
        """The desks whose data are older than they should be, or end before the window does."""
        oldest = max(self._needed, self.now - self.stale_after)
        return [
            desk for desk in self.desks if desk.data_until is not None and desk.data_until < oldest
        ]

    @property
    def incomplete(self) -> bool:
        """Whether numbers of the window may still be missing."""
        until = self.until
        return until is None or until < self._needed

    @property
    def _needed(self) -> datetime:
        """Until when data have to go: the end of the window, or while it runs until a little ago."""
        return self.window.end if self.window.end <= self.now else self.now - self.stale_after


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything that a digest says, before it is put into words."""

    kind: Kind
    window: Window
    headline: Sequence[Line]
    lines: Sequence[Line]
    highlights: Sequence[Highlight]
    blocks: Sequence[Block]
    breakdowns: Mapping[Dimension, Mapping[Slice, Mapping[str, Line]]]
    goals: Sequence[Line]
    heat: Heat | None
    freshness: Freshness
    late_by: timedelta | None = None

    @property
    def has_data(self) -> bool:
        return any(line.reading.value is not None for line in self.lines)

    @property
    def charted(self) -> Line | None:
        """The line that the chart shows: what stands out most, else the first response."""
        if self.highlights:
            return self.highlights[0].line
        wanted = [line for line in self.headline if line.reading.metric.unit is Unit.SECONDS]
        return next((line for line in wanted if line.reading.value is not None), None)


def judge(
    kind: Kind,
    window: Window,
    readings: Iterable[Reading],
    parts: Iterable[Reading],
    goals: Sequence[Goal],
    freshness: Freshness,
    *,
    heat: Heat | None = None,
    late_by: timedelta | None = None,
) -> Digest:
    """The digest of a window.

    `readings` are those of the window and of the comparable windows before it, of all tickets;
    `parts` the same by channel and by group, and of the parts that have goals. A number that is
    settled days later is that of an earlier window. A reading of a time that was not read whole is
    no history. What no help desk can give, and nobody records, is left out.
    """
    possible = [reading for reading in readings if reading.is_possible]
    told = lines(possible, goals, complete=not freshness.incomplete)
    by_part = lines(parts, goals, complete=not freshness.incomplete)
    headline = [line for line in told if _in_headline(line)]
    return Digest(
        kind=kind,
        window=window,
        headline=headline,
        lines=told,
        highlights=_highlights(headline, by_part),
        blocks=_blocks(told) if kind is Kind.WEEKLY else [],
        breakdowns=_breakdowns(by_part),
        goals=[line for line in (*told, *by_part) if line.goal is not None],
        heat=heat,
        freshness=freshness,
        late_by=late_by,
    )


def lines(
    readings: Iterable[Reading], goals: Sequence[Goal], *, complete: bool = True
) -> list[Line]:
    """One line for each metric, clock and slice: its latest reading, judged by the earlier ones."""
    return [_line(series, goals, complete=complete) for series in _series(readings)]


def _series(readings: Iterable[Reading]) -> list[list[Reading]]:
    """The readings of one metric, clock and slice together, oldest first."""

    def key(reading: Reading) -> tuple[str, str, str, str]:
        part = reading.slice
        return (
            reading.metric.key,
            reading.clock,
            part.dimension if part else "",
            (part.value or "") if part else "",
        )

    order: dict[tuple[str, str, str, str], dict[Window, Reading]] = {}
    for reading in readings:
        order.setdefault(key(reading), {})[reading.window] = reading
    return [
        sorted(series.values(), key=lambda reading: reading.window.start)
        for series in order.values()
    ]


def _line(series: Sequence[Reading], goals: Sequence[Goal], *, complete: bool) -> Line:
    *earlier, now = series
    history = [reading for reading in earlier if was_whole(reading)]
    return Line(
        reading=now,
        before=history[-1] if history else None,
        usual=usual(history, now),
        goal=next((goal for goal in goals if goal.is_about(now)), None),
        history=history,
        complete=complete,
    )


def was_whole(reading: Reading) -> bool:
    """Whether all of its window was read: half of one looks like a quiet time."""
    return reading.since is not None and reading.since <= reading.window.start


def _blocks(told: Sequence[Line]) -> list[Block]:
    """The themes of which anything is known."""
    known = {
        line.reading.metric.key: line
        for line in told
        if line.reading.clock is Clock.CALENDAR and line.reading.value is not None
    }
    found = {theme: [known[key] for key in keys if key in known] for theme, keys in THEMES.items()}
    return [Block(theme, its_lines) for theme, its_lines in found.items() if its_lines]


def _in_headline(line: Line) -> bool:
    if line.reading.metric.key in HEADLINE:
        return line.reading.clock is Clock.CALENDAR
    return line.goal is not None


def _highlights(told: Sequence[Line], parts: Sequence[Line]) -> list[Highlight]:
    """What stands out of the headline, bad news first.

    Only there: of the whole catalogue some number strays by chance nearly every day.
    """
    outside = [line for line in told if line.standing in (Standing.ABOVE, Standing.BELOW)]
    found = [Highlight(line, _parts(line, parts), _record(line)) for line in outside]
    return sorted(
        found, key=lambda highlight: (_RANK[highlight.line.is_good], _distance(highlight))
    )


_RANK = {False: 0, True: 1, None: 2}


def _distance(highlight: Highlight) -> int:
    """Headline numbers come before the others."""
    key = highlight.line.reading.metric.key
    return HEADLINE.index(key) if key in HEADLINE else len(HEADLINE)


def _parts(line: Line, parts: Sequence[Line]) -> list[Line]:
    """Of each breakdown the part that lies furthest outside its own usual range, the same way."""
    alike = [
        part
        for part in parts
        if (part.reading.metric, part.reading.clock) == (line.reading.metric, line.reading.clock)
        and part.standing is line.standing
        and part.reading.n >= FEWEST_IN_PART
        and part.reading.slice is not None
        and part.reading.slice.dimension in BREAKDOWNS
        and part.reading.slice.value is not None
    ]
    by_dimension = groupby(
        alike, key=lambda part: part.reading.slice and part.reading.slice.dimension
    )
    return [max(group, key=_weight) for _, group in by_dimension]


def _weight(part: Line) -> float:
    """How much of the movement it stands for: how far it is from usual, times how many it is."""
    if part.usual is None or part.reading.value is None:
        return 0.0
    return abs(part.reading.value - part.usual.centre) * part.reading.n


def _record(line: Line) -> int | None:
    """Over how many weeks no comparable value lay further out on the same side."""
    values = [reading.value for reading in line.history if reading.value is not None]
    value = line.reading.value
    if value is None or not values:
        return None
    highest = line.standing is Standing.ABOVE and value > max(values)
    lowest = line.standing is Standing.BELOW and value < min(values)
    return len(values) if highest or lowest else None


def _breakdowns(parts: Sequence[Line]) -> dict[Dimension, dict[Slice, dict[str, Line]]]:
    """The parts of each dimension that tells any apart, largest volume first."""
    found: dict[Dimension, dict[Slice, dict[str, Line]]] = {}
    for line in parts:
        if line.reading.slice is not None and line.reading.metric.key in BREAKDOWN_METRICS:
            by_slice = found.setdefault(line.reading.slice.dimension, {})
            by_slice.setdefault(line.reading.slice, {})[line.reading.metric.key] = line
    return {
        dimension: dict(sorted(slices.items(), key=_volume, reverse=True))
        for dimension, slices in found.items()
        if len(slices) > 1
    }


def _volume(entry: tuple[Slice, Mapping[str, Line]]) -> float:
    line = entry[1].get("ticket_volume")
    return (line.reading.value or 0) if line else 0
