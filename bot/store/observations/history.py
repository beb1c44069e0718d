"""What is usual for a number in many windows, by the same local times of earlier days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from bot.alerts.judge import Observation
from bot.alerts.rule import Rule
from bot.digests.timetable import COMPARED
from bot.metrics import Count, Metric, Unsolved
from bot.metrics.scales import Kind, Point, scale_of
from bot.metrics.usual import FEWEST, Usual, limits_of
from bot.store.observations.calendar import KINDS, Calendar
from bot.store.observations.figures import Figures, Real, Truth
from bot.store.observations.narrow import Compared, outside
from bot.store.observations.number import Number
from bot.store.observations.series import Numbers
from bot.store.observations.windows import Whole, Windows

#: The bits that the length of a window takes, in seconds: up to 97 days.
_LENGTH = 23


@dataclass(frozen=True, slots=True)
class Plan:
    """Where many windows and their earlier ones stand among `windows`.

    `now` is the place of each window, `earlier` are those of the windows that it is judged by: kind
    by kind of day, its own first. What is not there, or was not read whole, has the place after the
    last.
    """

    windows: Windows
    now: Whole
    earlier: Whole


class History:
    """Says what is usual, for many windows at once."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._calendars: dict[str, Calendar] = {}
        self._plans: dict[tuple[str, Windows, int], Plan] = {}

    def judged(
        self, number: Number, windows: Windows, zone: ZoneInfo, *, known_from: int
    ) -> dict[str | None, Judged]:
        """The number in each window with what is usual then, where eight comparable ones say so.

        Periods that begin before `known_from` were not read whole, and are no history.
        """
        if not len(windows):
            return {}
        plan = self._plan(windows, zone, known_from)
        series = self._numbers.series(number, plan.windows)
        return {part: Judged(number.metric, seen, plan) for part, seen in series.items()}

    def _plan(self, windows: Windows, zone: ZoneInfo, known_from: int) -> Plan:
        key = (zone.key, windows, known_from)
        if key not in self._plans:
            calendar = self._calendars.setdefault(zone.key, Calendar(zone))
            self._plans[key] = _planned(calendar, windows, known_from)
        return self._plans[key]


def _planned(calendar: Calendar, windows: Windows, known_from: int) -> Plan:
    earlier = calendar.earlier(windows)
    there = earlier.there & (earlier.starts >= known_from)
    keys = (
        _keys(windows.starts, windows.ends),
        _keys(earlier.starts[there], earlier.ends[there]),
    )
    different, places = np.unique(np.concatenate(keys), return_inverse=True)
    starts, lengths = different >> _LENGTH, different & ((1 << _LENGTH) - 1)
    found = np.full(there.shape, len(different))
    found[there] = places[len(windows) :]
    return Plan(
        Windows(starts, starts + lengths),
        places[: len(windows)],
        found.reshape(-1, KINDS, COMPARED),
    )


def _keys(starts: Whole, ends: Whole) -> Whole:
    """Windows as single numbers, which are in order where the windows are."""
    return (starts << _LENGTH) | (ends - starts)


class Judged:
    """What there is to see of one part, with what is usual; worked out when somebody looks."""

    def __init__(self, metric: Metric, seen: Figures, plan: Plan) -> None:
        self._scale = scale_of(metric)
        self._seen = seen
        self._plan = plan
        values, n = seen.values, seen.n
        if seen.there is not None:
            # What comes in single things was 0 where nothing is known of a part.
            nothing = 0 if isinstance(metric.aggregate, Count | Unsolved) else np.nan
            values, n = np.where(seen.there, values, nothing), np.where(seen.there, n, 0)
        # At last one of which nothing is known.
        self._values: Real = np.append(values, np.nan)
        self._n: Whole = np.append(n, 0)
        self._kinds: dict[bytes, Kind | None] = {}

    def __getitem__(self, place: int) -> Observation | None:
        seen = self._seen[self._plan.now.item(place)]
        if seen is None or seen.value is None:
            return seen
        return Observation(seen.value, seen.n, self._usual(place, seen.n))

    def loud(self, rule: Rule) -> bytes:
        """Most values lie within the narrowest that what is usual can be: those are quiet."""
        compared = Compared(self._values, self._n, self._plan.now, self._plan.earlier)
        found: Truth = outside(rule, self._scale, compared) & self._suffice(rule)
        return found.tobytes()

    def enough(self, rule: Rule) -> bytes:
        """Where there are rows enough, and eight comparable periods."""
        own = self._values[self._plan.earlier[:, 0]]
        known = np.count_nonzero(~np.isnan(own), axis=1) >= FEWEST
        found: Truth = known & self._suffice(rule)
        return found.tobytes()

    def _suffice(self, rule: Rule) -> Truth:
        found: Truth = self._seen.suffice(rule)[self._plan.now]
        return found

    def _usual(self, place: int, n: int) -> Usual | None:
        own, *others = map(self._kind, self._plan.earlier[place])
        if own is None:
            return None
        return limits_of(self._scale, own, [kind for kind in others if kind is not None], n)

    def _kind(self, places: Whole) -> Kind | None:
        """What is its own kind on a Tuesday is one of the others on the six days after."""
        key = places.tobytes()
        if key not in self._kinds:
            points = self._points(places)
            self._kinds[key] = self._scale.kind(points) if points else None
        return self._kinds[key]

    def _points(self, places: Whole) -> Sequence[Point]:
        values, n = self._values[places].tolist(), self._n[places].tolist()
        return [Point(*one) for one in zip(values, n, strict=True) if one[0] == one[0]]
