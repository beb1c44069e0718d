"""Decides what a digest says: from readings, goals and the state of the help desks to a `Digest`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from itertools import groupby

from bot.digests.freshness import Freshness
from bot.digests.goals import Goal
from bot.digests.heat import Heat
from bot.digests.line import Line, lines
from bot.digests.people import NOTHING, NUMBERS, People
from bot.digests.timetable import Kind, is_incomparable
from bot.domain import Dimension, Slice, Window
from bot.metrics import Clock, Reading, Unit
from bot.metrics.usual import Standing

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
    Theme.PEOPLE: NUMBERS,
}

#: By what a digest's thread breaks the numbers down.
BREAKDOWNS = (Dimension.CHANNEL, Dimension.GROUP)

#: What each line of a breakdown tells.
BREAKDOWN_METRICS = ("ticket_volume", "tickets_solved", "first_response_time", "resolution_time")

#: A part of the tickets is named as the cause only when it has at least so many.
FEWEST_IN_PART = 5


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
        """Those outside their usual range for the better, the worse, or (`None`) for neither."""
        return [line for line in self.lines if line.is_out and line.is_good is good]

    @property
    def is_judged(self) -> bool:
        """Whether of any of its numbers it is known what is usual."""
        return any(line.standing is not Standing.UNKNOWN for line in self.lines)


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
    people: People = NOTHING

    def with_people(self, people: People) -> Digest:
        """The same with what there is to say of the people: nothing in most weeks."""
        told = people.told
        goals = [line for line in told if line.goal is not None]
        return replace(self, lines=[*self.lines, *told], goals=[*self.goals, *goals], people=people)

    @property
    def has_data(self) -> bool:
        """Whether the help desks, or somebody who recorded it, tell anything of the window."""
        of_work = (line for line in self.lines if not line.reading.metric.is_surveyed)
        return any(line.reading.value is not None for line in of_work)

    @property
    def is_incomparable(self) -> bool:
        """Whether a public holiday makes its days unlike others, so that nothing is usual."""
        return is_incomparable(self.window)

    @property
    def newly_missed(self) -> list[Line]:
        """The headline numbers of a day that miss their goals, and did not a week before.

        Those of a week are told with all its goals.
        """
        if self.kind is Kind.WEEKLY:
            return []
        return [line for line in self.headline if line.is_newly_missed]

    @property
    def is_quiet(self) -> bool:
        """Whether one line tells the day: all of it was read and can be judged, and nothing is news.

        News is what lies outside of what is usual, and a goal that is missed today but was met
        before. A goal that has been missed for weeks makes no day loud. A week is never quiet.
        """
        fresh = self.freshness
        is_known = any(line.usual is not None for line in self.headline)
        is_sound = not (fresh.incomplete or fresh.stale or fresh.differences)
        is_news = bool(self.highlights or self.newly_missed)
        return self.kind is Kind.DAILY and self.has_data and is_known and is_sound and not is_news

    @property
    def charted(self) -> Line | None:
        """The line that the chart shows: what stands out most, a missed goal, or the first response."""
        if self.highlights:
            return self.highlights[0].line
        if self.newly_missed:
            return self.newly_missed[0]
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

    `readings` are those of the window and of its baseline, of all tickets; `parts` those by channel
    and by group, and of the parts that have goals. A number that is
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
    outside = [line for line in told if line.is_out]
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
