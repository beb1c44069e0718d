"""Takes a rule through made-up days in which nothing is wrong, and counts the alerts that it gives.

Every calm day of the history is gone through, after the days that came before it, on each weekday that
is like its own: so no draw decides the outcome. Only what is usual is drawn, as that is uncertain
itself. The evaluator is the very one that judges live.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from math import ceil, inf, isnan
from random import Random

from bot.alerts.chance import Chance
from bot.alerts.judge import Observation, needs_sample
from bot.alerts.lanes import SIZES, Part
from bot.alerts.life import CALM, advance
from bot.alerts.rule import Burn, Change, Limit, Rule, Side, Unusual
from bot.metrics import Count, Unsolved
from bot.metrics.scales import Kind, Point, scale_of
from bot.metrics.usual import FEWEST, Usual, limits_of

#: Made-up histories by which it is drawn what is usual.
HISTORIES = 8

#: Each day is gone through so often at most: on other weekdays, or with another history.
MOST_TURNS = 5

#: Once so many numbers have been judged no further turn is taken: what is so often bad is known well.
MOST_JUDGED = 30_000

#: What strays less than so many deviations is never unusual, and need not be looked at.
NEAR = 1.7

SEED = 20_261_120

_DAY = timedelta(days=1)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)

#: How many incidents opened on each calm day, each time it was gone through, by the weekday it was on.
Tally = Mapping[tuple[date, int], Sequence[int]]


class Trials:
    """Takes a rule through every made-up day."""

    def __init__(self, rule: Rule, chance: Chance, seed: int) -> None:
        self._rule = rule
        self._chance = chance
        #: So many days before the one that counts: an incident that goes on is no new one.
        self._before = 1 + ceil((rule.lasting + rule.keep) / _DAY)
        self._random = Random(seed)  # noqa: S311  chance, not secrets
        self._suspects = _Suspects(rule, chance)

    def tally(self) -> Tally:
        """How many incidents open on each calm day, by the weekday that it is put on."""
        first = self._chance.days[0] + self._before * _DAY
        days = [day for day in self._chance.calm if day >= first]
        found: dict[tuple[date, int], list[int]] = defaultdict(list)
        judged = 0
        for turn in range(MOST_TURNS):
            for day in days:
                weekday = self._weekday(day, turn)
                if weekday is not None:
                    opened, more = self._opened(day, weekday, turn)
                    found[day, weekday].append(opened)
                    judged += more
            if judged > MOST_JUDGED:
                break
        return found

    def _weekday(self, day: date, turn: int) -> int | None:
        """On which weekday a day is put in a turn; on its own where what is usual is drawn anew."""
        own = day.weekday()
        if self._rule.asks_usual:
            return own
        alike = next(kind for kind in self._chance.kinds() if own in kind)
        return alike[(alike.index(own) + turn) % len(alike)] if turn < len(alike) else None

    def _opened(self, day: date, weekday: int, turn: int) -> tuple[int, int]:
        """How many incidents open on a made-up day, and how many moments were judged for that."""
        run = Run(self._rule, self._chance, self._days(day, weekday))
        hits = self._suspects.of(run)
        start = self._before * self._chance.slots
        if not any(places[-1] >= start for places in hits.values()):
            return 0, 0
        usual = self._usual(day, weekday, turn) if self._rule.asks_usual else None
        return run.opened(hits, start, usual)

    def _days(self, day: date, weekday: int) -> Sequence[tuple[date, int]]:
        backs = range(self._before, -1, -1)
        return [(day - back * _DAY, (weekday - back) % 7) for back in backs]

    # --- what is usual ---

    def _usual(self, day: date, weekday: int, turn: int) -> _Weeks:
        """One of the made-up histories in which the day itself is not among the comparable ones."""
        known = self._histories
        for place in range(len(known)):
            weeks = known[(turn + place) % len(known)]
            if day not in weeks.days[weekday]:
                return weeks
        return self._draw(without=day)

    @cached_property
    def _histories(self) -> Sequence[_Weeks]:
        return [self._draw() for _ in range(HISTORIES)]

    def _draw(self, without: date | None = None) -> _Weeks:
        days = {}
        for weekday in range(7):
            alike = [day for day in self._chance.alike(weekday) if day != without]
            days[weekday] = self._random.sample(alike, min(FEWEST, len(alike)))
        return _Weeks(self._rule, self._chance, days)


class Run:
    """Made-up days that follow one another, slot by slot, on the even scales."""

    def __init__(self, rule: Rule, chance: Chance, days: Sequence[tuple[date, int]]) -> None:
        self._rule = rule
        self._chance = chance
        self._days = days
        metric = rule.of
        self._is_whole = metric is not None and isinstance(metric.aggregate, Count | Unsolved)
        self._lanes: dict[tuple[str | None, str], Sequence[float]] = {}

    def lane(self, name: str | None, part: Part, of: str) -> Sequence[float]:
        """A lane of a part through all of the days."""
        if (name, of) not in self._lanes:
            lane, slots = getattr(part, of), self._chance.slots
            sizes = self.lane(name, part, "size") if lane.by_size else ()
            self._lanes[name, of] = [
                one
                for place, (day, weekday) in enumerate(self._days)
                for one in lane.made_up(day, weekday, sizes[place * slots :][:slots])
            ]
        return self._lanes[name, of]

    def strays(self, part: Part) -> Sequence[float]:
        """How far the value strays from its level through all of the days."""
        lane = part.value
        return [one for day, _ in self._days for one in lane.strays.get(day, lane.nothing)]

    def widths(self, name: str | None) -> Sequence[float]:
        """So far a value has to stray to be worth a look, through all of the days."""
        widths = [self._chance.deviations(name, weekday) for _, weekday in self._days]
        return [NEAR * one for some in widths for one in some]

    def opened(
        self, hits: Mapping[str | None, Sequence[int]], start: int, usual: _Weeks | None
    ) -> tuple[int, int]:
        """How many incidents open from the slot `start` on, and how many numbers were judged.

        `hits` are the slots in which a part may breach: where it does not, nothing begins with it.
        """
        by_slot: dict[int, list[str | None]] = defaultdict(list)
        for name, some in hits.items():
            for place in some:
                by_slot[place].append(name)
        places = sorted(by_slot)
        standing, opened, judged, at = CALM, 0, 0, places[0]
        while True:
            names = dict.fromkeys([*standing.parts, *by_slot.get(at, ())])
            seen = {name: self._seen(name, at, usual) for name in names}
            before, moment = standing.incident, _BEGIN + at * self._chance.tick
            standing, _ = advance(self._rule, standing, seen, moment)
            opened += before is None and standing.incident is not None and at >= start
            judged += len(seen)
            at += 1
            ahead = bisect_left(places, at)
            if ahead == len(places):
                return opened, judged
            if standing.is_calm:
                at = places[ahead]

    def _seen(self, name: str | None, at: int, usual: _Weeks | None) -> Observation:
        part = self._chance.parts[name]
        even = self.lane(name, part, "value")[at]
        size = self.lane(name, part, "size")[at]
        if isnan(even) or isnan(size):
            return Observation(None)
        value = self._chance.scale.back(even)
        n = round(SIZES.back(size))
        fast = None
        if isinstance(self._rule.condition, Burn):
            found = self.lane(name, part, "fast")[at]
            fast = None if isnan(found) else self._chance.scale.back(found)
        day, slot = divmod(at, self._chance.slots)
        range_ = usual.of(name, self._days[day][1], slot, n) if usual else None
        return Observation(round(value) if self._is_whole else value, n, range_, fast)


class _Suspects:
    """Finds the slots in which a rule may breach: between them it need not be judged while it is calm."""

    def __init__(self, rule: Rule, chance: Chance) -> None:
        self._rule = rule
        self._chance = chance
        #: Fewer rows than this are rounded to too few.
        self._size = SIZES.there(rule.fewest - 0.5) if needs_sample(rule) else -inf

    def of(self, run: Run) -> Mapping[str | None, Sequence[int]]:
        """By part, in order; parts without any are not in it."""
        parts = self._chance.parts.items()
        return {name: found for name, part in parts if (found := self._places(run, name, part))}

    def _places(self, run: Run, name: str | None, part: Part) -> Sequence[int]:
        there = self._chance.scale.there
        places: Sequence[int]
        match self._rule.condition:
            case Limit(Side.BELOW, value):
                level = there(value)
                places = [at for at, one in enumerate(run.lane(name, part, "value")) if one < level]
            case Limit(_, value):
                level = there(value)
                places = [at for at, one in enumerate(run.lane(name, part, "value")) if one > level]
            case Burn(factor):
                level = there(factor)
                both = zip(run.lane(name, part, "value"), run.lane(name, part, "fast"), strict=True)
                places = [at for at, (one, fast) in enumerate(both) if one > level < fast]
            case Change(side) | Unusual(side):
                places = self._far(run, name, part, side)
            case _:
                return ()
        if not places:
            return ()
        sizes = run.lane(name, part, "size")
        return [at for at in places if sizes[at] >= self._size]

    def _far(self, run: Run, name: str | None, part: Part, side: Side) -> Sequence[int]:
        both = enumerate(zip(run.strays(part), run.widths(name), strict=True))
        match side:
            case Side.ABOVE:
                return [at for at, (one, width) in both if one > width]
            case Side.BELOW:
                return [at for at, (one, width) in both if one < -width]
        return [at for at, (one, width) in both if abs(one) > width]


class _Weeks:
    """A made-up history of eight weeks, and what it makes usual: of each weekday eight days.

    Each is the level of that weekday with the stray of one of the `days` that were drawn for it.
    """

    def __init__(self, rule: Rule, chance: Chance, days: Mapping[int, Sequence[date]]) -> None:
        if rule.of is None:
            raise TypeError("nothing is usual without a metric")
        self.days = days
        self._chance = chance
        self._scale = scale_of(rule.of)
        self._kinds: dict[tuple[str | None, int, int], Kind | None] = {}

    def of(self, name: str | None, weekday: int, slot: int, n: int) -> Usual | None:
        """What is usual of a part on a weekday at a slot, for a number of `n` rows."""
        own = self._kind(name, weekday, slot)
        if own is None:
            return None
        others = [self._kind(name, other, slot) for other in range(7) if other != weekday]
        return limits_of(self._scale, own, [kind for kind in others if kind], n)

    def _kind(self, name: str | None, weekday: int, slot: int) -> Kind | None:
        key = name, weekday, slot
        if key not in self._kinds:
            points = self._points(self._chance.parts[name], weekday, slot)
            self._kinds[key] = self._scale.kind(points) if points else None
        return self._kinds[key]

    def _points(self, part: Part, weekday: int, slot: int) -> list[Point]:
        back = self._chance.scale.back
        found = []
        for day in self.days[weekday]:
            size = part.size.at(day, weekday, slot)
            value = part.value.at(day, weekday, slot, size)
            if not isnan(value):
                found.append(Point(back(value), SIZES.back(size)))
        return found
