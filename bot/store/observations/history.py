"""What is usual for a number in many windows, by the same local times of earlier days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from math import inf
from typing import NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from bot.alerts.judge import Observation, Verdict, judge, needs_sample
from bot.alerts.rule import Rule
from bot.alerts.sights import Told
from bot.digests.timetable import COMPARED
from bot.metrics import Count, Metric, Unsolved
from bot.metrics.scales import Even, Kind, Point, scale_of
from bot.metrics.spread import Spread
from bot.metrics.usual import FEWEST, Usual, limits_of
from bot.store.observations.calendar import Calendar, Earlier, Hours
from bot.store.observations.medians import Medians
from bot.store.observations.series import Number, Numbers
from bot.store.observations.windows import Span, Windows

#: How much history it takes to say what is usual.
HISTORY = timedelta(weeks=COMPARED)

_T = TypeVar("_T")

#: The days of one kind, as places among the days at which some hours are looked at.
_Days = tuple[int, ...]


class _Kinds(NamedTuple):
    """By which earlier days a window is judged: those of its own kind, and those of the others."""

    own: _Days
    others: tuple[_Days, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where many windows and their history stand among `windows`.

    `now`, `hours` and `kinds` are the place of each window, its hours, and by which earlier days it
    is judged (`None`: nothing is comparable). `days` are the places of those at some hours, day by
    day; one that was not read whole has the place after the last.
    """

    windows: Windows
    now: Sequence[int]
    hours: Sequence[Hours]
    kinds: Sequence[_Kinds | None]
    days: dict[Hours, Sequence[int]]


class History:
    """Says what is usual, for many windows at once."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._calendars: dict[str, Calendar] = {}
        self._plans: dict[tuple[str, Windows, int], _Plan] = {}

    def judged(
        self, number: Number, windows: Windows, zone: ZoneInfo, *, known_from: int
    ) -> dict[str | None, Judged]:
        """The number in each window with what is usual then, where eight comparable ones say so.

        Periods that begin before `known_from` were not read whole, and are no history.
        """
        plan = self._plan(windows, zone, known_from)
        series = self._numbers.series(number, plan.windows)
        return {part: Judged(number.metric, seen, plan) for part, seen in series.items()}

    def _plan(self, windows: Windows, zone: ZoneInfo, known_from: int) -> _Plan:
        key = (zone.key, windows, known_from)
        if key not in self._plans:
            calendar = self._calendars.setdefault(zone.key, Calendar(zone))
            self._plans[key] = _planned(calendar, windows, known_from)
        return self._plans[key]


def _planned(calendar: Calendar, windows: Windows, known_from: int) -> _Plan:
    locals_ = [calendar.local(span) for span in windows]
    asked: dict[Hours, dict[int, Earlier]] = defaultdict(dict)
    for local in locals_:
        if local.earlier is not None:
            asked[local.hours][local.day] = local.earlier
    # At most hours of a day the same days are looked at.
    alike: dict[tuple[tuple[int, Earlier], ...], tuple[list[int], dict[int, _Kinds]]] = {}
    spans: dict[Hours, list[Span]] = {}
    kinds: dict[Hours, dict[int, _Kinds]] = {}
    for hours, some in asked.items():
        key = tuple(some.items())
        if key not in alike:
            alike[key] = _looked_at(some)
        days, kinds[hours] = alike[key]
        spans[hours] = [calendar.moment(day, hours) for day in days]
    whole = {one for some in spans.values() for one in some if one[0] >= known_from}
    every = sorted(whole.union(windows))
    places = {span: place for place, span in enumerate(every)}
    return _Plan(
        Windows.of([start for start, _ in every], [end for _, end in every]),
        [places[span] for span in windows],
        [local.hours for local in locals_],
        [kinds.get(local.hours, {}).get(local.day) for local in locals_],
        {
            hours: [places[one] if one in whole else len(every) for one in some]
            for hours, some in spans.items()
        },
    )


def _looked_at(asked: dict[int, Earlier]) -> tuple[list[int], dict[int, _Kinds]]:
    """The earlier days at which hours of some days are looked at, and where each finds its own."""
    back = {day: (one.comparable, *one.others) for day, one in asked.items()}
    days = sorted({day - so for day, kinds in back.items() for some in kinds for so in some})
    place = {day: at for at, day in enumerate(days)}

    def kinds_of(day: int) -> _Kinds:
        own, *others = (tuple(place[day - so] for so in some) for some in back[day])
        return _Kinds(own, tuple(others))

    return days, {day: kinds_of(day) for day in asked}


def _points(metric: Metric, seen: Told | Medians) -> list[Point | None]:
    """The periods, and at last one of which nothing is known."""
    if isinstance(seen, Medians):
        return [*seen.points(), None]
    # What comes in single things was 0 where nothing is known of a part.
    nothing = Point(0, 0) if isinstance(metric.aggregate, Count | Unsolved) else None

    def point(one: Observation | None) -> Point | None:
        if one is None:
            return nothing
        return None if one.value is None else Point(one.value, one.n)

    return [*seen.mapped(point), None]


#: Stands for a median, which is among the points as well.
_THERE = Observation(None)


class Judged:
    """What there is to see of one part, with what is usual; worked out when somebody looks."""

    def __init__(self, metric: Metric, seen: Told | Medians, plan: _Plan) -> None:
        self._scale = scale_of(metric)
        self._seen = seen
        self._plan = plan
        self._points = _points(metric, seen)
        self._days = {hours: _picked(self._points, places) for hours, places in plan.days.items()}
        self._kinds: dict[tuple[Hours, _Days], Kind | None] = {}

    def __getitem__(self, place: int) -> Observation | None:
        at = self._plan.now[place]
        point = self._points[at]
        seen = self._seen[at] if point is None or isinstance(self._seen, Told) else _THERE
        if point is None or seen is None:
            return seen
        value, n = point
        return Observation(value, int(n), self._usual(place, int(n)))

    def loud(self, rule: Rule) -> bytes:
        """Most values lie within what chance alone makes of their kind: those are known to be quiet."""
        least = rule.fewest if needs_sample(rule) else 0
        range_of = self._even_ranges(self._scale) if isinstance(self._scale, Even) else self._range
        found = bytearray(len(self._plan.now))
        for place, at in enumerate(self._plan.now):
            point = self._points[at]
            if point is None or point.n < least:
                continue
            narrowest = range_of(place)
            if narrowest is not None and self._breaks(rule, place, point, narrowest):
                found[place] = 1
        return bytes(found)

    def enough(self, rule: Rule) -> bytes:
        """Where there are rows enough, and eight comparable periods."""
        least = rule.fewest if needs_sample(rule) else 0
        found = bytearray(len(self._plan.now))
        for place, at in enumerate(self._plan.now):
            point, kinds = self._points[at], self._plan.kinds[place]
            if point is not None and point.n >= least and kinds is not None:
                own = _picked(self._days[self._plan.hours[place]], kinds.own)
                found[place] = len(own) - own.count(None) >= FEWEST
        return bytes(found)

    def _breaks(
        self, rule: Rule, place: int, point: Point, narrowest: tuple[float, float, float]
    ) -> bool:
        value, n = point.value, int(point.n)
        if narrowest[0] <= value <= narrowest[2]:
            return False
        if judge(rule, Observation(value, n, Usual(*narrowest))) is not Verdict.BREACH:
            return False
        return judge(rule, Observation(value, n, self._usual(place, n))) is Verdict.BREACH

    def _usual(self, place: int, n: int) -> Usual | None:
        own, kinds = self._own(place), self._plan.kinds[place]
        if own is None or kinds is None:
            return None
        hours = self._plan.hours[place]
        others = (self._kind(hours, days) for days in kinds.others)
        return limits_of(self._scale, own, [kind for kind in others if kind is not None], n)

    def _own(self, place: int) -> Kind | None:
        """Its own kind; `None` where too little is known of it."""
        kinds = self._plan.kinds[place]
        if kinds is None:
            return None
        own = self._kind(self._plan.hours[place], kinds.own)
        return None if own is None or own.periods < FEWEST else own

    def _kind(self, hours: Hours, days: _Days) -> Kind | None:
        """What is its own kind on a Tuesday is one of the others on the six days after."""
        key = (hours, days)
        if key not in self._kinds:
            points = self._days[hours]
            there = [one for one in map(points.__getitem__, days) if one is not None]
            self._kinds[key] = self._scale.kind(there) if there else None
        return self._kinds[key]

    # --- The narrowest that what is usual can be: where chance alone makes the numbers vary ---

    def _range(self, place: int) -> tuple[float, float, float] | None:
        own, point = self._own(place), self._points[self._plan.now[place]]
        if own is None or point is None:
            return None
        return self._scale.limits(own, Spread(self._scale.least, inf), point.n)

    def _even_ranges(self, scale: Even) -> Callable[[int], tuple[float, float, float] | None]:
        """The same for what is compared on an even scale, to which each period is led once.

        `None` as well for what lies within.
        """
        even = [None if one is None else scale.there(one.value) for one in self._points]
        days = {hours: _picked(even, places) for hours, places in self._plan.days.items()}
        whole = {hours for hours, values in days.items() if None not in values}
        chance = Spread(scale.least, inf)
        reaches = cache(partial(scale.reach, found=chance))

        def range_of(place: int) -> tuple[float, float, float] | None:
            kinds, now = self._plan.kinds[place], even[self._plan.now[place]]
            if kinds is None or now is None:
                return None
            hours = self._plan.hours[place]
            there = _picked(days[hours], kinds.own)
            if hours not in whole:
                there = [one for one in there if one is not None]
            own = sorted(cast("list[float]", there))
            if len(own) < FEWEST:
                return None
            centre, reach = scale.centre(own), reaches(len(own))
            return None if abs(now - centre) <= reach else scale.range(centre, reach)

        return range_of


def _picked(values: Sequence[_T], places: Sequence[int]) -> list[_T]:
    return list(map(values.__getitem__, places))
