"""What a rule's numbers do while nothing is wrong: usual for the hour, and off as on other days.

For each weekday and time of day there is a level, the middle of its days; each day strays from it in
its own way. A made-up day is the level of any weekday with the way in which some day of the same
kind strayed, all day long and in all parts together: so what hangs together stays together. Days
that were outages, holidays, and those on which the clocks change, are left out. All of it is done
where numbers are even (`bot/metrics/usual.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import isnan, nan, sqrt
from statistics import fmean, median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.alerts.judge import Observation, Seen, needs_sample
from bot.alerts.lanes import SIZES, Lane, Part, scale_for
from bot.alerts.rule import Burn, Rule
from bot.calendars import country_of, is_public_holiday, working_days
from bot.metrics import Count

#: A level that rests on fewer days is none.
FEWEST_DAYS = 4

#: A day is an outage when its worst moment lies so many deviations beyond the worst moments of other
#: days, and this far at least. Of days that only chance makes different that is one in a thousand.
FAR_OUT, FAR = 6.0, 4.0

#: How a number strays is told by those that rest on this share of the rows that it takes to fire.
ENOUGH = 0.25

#: From a median absolute deviation to a standard deviation.
_ROBUST = 1.4826

_DAY = timedelta(days=1)

#: A number on its even scale, by day and slot.
_Profiles = Mapping[date, Sequence[float]]

#: The middle of the values of a slot.
_Centre = Callable[[Sequence[float]], float]


class History(NamedTuple):
    """What there was to see of a rule at its moments: slots that follow one another."""

    moments: Sequence[datetime]
    seen: Sequence[Seen | None]


class Chance:
    """What a rule's numbers do by chance, made of its history."""

    def __init__(self, rule: Rule, history: History, zone: ZoneInfo) -> None:
        self.tick = rule.tick
        self.scale = scale_for(rule)
        self.slots = int(_DAY / rule.tick)
        self._rule = rule
        self._by_size = needs_sample(rule) or isinstance(rule.condition, Burn)
        self._fewest = rule.fewest if needs_sample(rule) else 0
        self._zone = zone
        self._country = country_of(zone)
        self._working = frozenset(working_days(self._country))
        self._nothing = [nan] * self.slots
        self._deviations: dict[tuple[str | None, bool], Sequence[float]] = {}
        self._days = self._by_day(history)
        self.parts: Mapping[str | None, Part] = {
            name: part for name in self._names() if (part := self._part(name))
        }

    # --- days ---

    @cached_property
    def days(self) -> Sequence[date]:
        """Those that were read, also the odd ones, oldest first."""
        return [day for day, seen in sorted(self._days.items()) if 2 * len(seen) >= self.slots]

    @cached_property
    def calm(self) -> Sequence[date]:
        """Those by which chance is judged, oldest first."""
        return [day for day in self.days if not self._is_odd(day) and day not in self.outages]

    @cached_property
    def outages(self) -> frozenset[date]:
        """The days that are left out because all that was seen of them was far out."""
        far = {day for part in self.parts.values() for day in part.far}
        return frozenset(
            day for day in far if all(day not in p.value.strays for p in self.parts.values())
        )

    def alike(self, weekday: int) -> list[date]:
        """The days by which one of that weekday may stray: work days, or the others."""
        kind = weekday in self._working
        return [day for day in self.calm if (day.weekday() in self._working) is kind]

    def kinds(self) -> Iterator[Sequence[int]]:
        """The weekdays that are alike."""
        for kind in (True, False):
            weekdays = [day for day in range(7) if (day in self._working) is kind]
            if weekdays:
                yield weekdays

    def _by_day(self, history: History) -> Mapping[date, Mapping[int, Seen]]:
        """What was seen, by the local day and its slot."""
        found: dict[date, dict[int, Seen]] = defaultdict(dict)
        for moment, seen in zip(history.moments, history.seen, strict=True):
            if seen is not None:
                local = moment.astimezone(self._zone).replace(tzinfo=None)
                midnight = datetime.combine(local, time.min)
                found[local.date()][(local - midnight) // self.tick] = seen
        return found

    def _is_odd(self, day: date) -> bool:
        """Whether it is a holiday, or the clocks change on it."""
        start, end = (
            datetime.combine(one, time.min, tzinfo=self._zone).utcoffset()
            for one in (day, day + _DAY)
        )
        return start != end or is_public_holiday(day, self._country)

    # --- parts ---

    def _names(self) -> Iterable[str | None]:
        return dict.fromkeys(
            name for slots in self._days.values() for seen in slots.values() for name in seen
        )

    def _part(self, name: str | None) -> Part | None:
        """The lanes of a part; `None` for one that is never judged."""
        values = self._profiles(name, self._judged, self.scale.there)
        if not values:
            return None
        sizes = self._profiles(name, lambda one: one.n, SIZES.there)
        far = self._far_out(self._lane(values, median, sizes))
        # Without outages a mean will do: made-up days then vary as much as real ones, where the
        # uncertainty of a median would come on top.
        value = self._lane(_without(values, far), fmean, sizes)
        fast = None
        if isinstance(self._rule.condition, Burn):
            of = self._profiles(name, lambda one: one.fast, self.scale.there)
            fast = self._lane(_without(of, far), fmean, sizes)
        return Part(value, self._lane(sizes, fmean), fast, far)

    def _judged(self, one: Observation) -> float | None:
        """Its value, unless it rests on far too few rows to tell how it strays."""
        return one.value if one.n >= self._fewest * ENOUGH else None

    def _profiles(
        self,
        name: str | None,
        of: Callable[[Observation], float | None],
        there: Callable[[float], float],
    ) -> dict[date, list[float]]:
        """A number on its even scale by day and slot, without the days that have none."""
        found: dict[date, list[float]] = {}
        for day, slots in self._days.items():
            profile, is_there = list(self._nothing), False
            for slot, seen in slots.items():
                one = seen.get(name)
                number = None if one is None else of(one)
                if number is not None:
                    profile[slot], is_there = there(number), True
            if is_there:
                found[day] = profile
        return found

    def _lane(
        self,
        profiles: _Profiles,
        centre: _Centre,
        sizes: _Profiles | None = None,
    ) -> Lane:
        """The level of each weekday, and the strays: with `sizes` those of a number that has them."""
        levels = {weekday: self._level(profiles, weekday, centre) for weekday in range(7)}
        by_size = sizes is not None and self._by_size
        days = Counter(day.weekday() for day in profiles)
        widened = {weekday: self._widened(n) for weekday, n in days.items()}
        strays: dict[date, Sequence[float]] = {}
        for day, profile in profiles.items():
            level, widen = levels[day.weekday()], widened[day.weekday()]
            strays[day] = [widen * (one - own) for one, own in zip(profile, level, strict=True)]
            if by_size and sizes:
                both = zip(strays[day], sizes[day], strict=True)
                strays[day] = [stray * size for stray, size in both]
        return Lane(levels, strays, self._nothing, by_size)

    def _widened(self, days: int) -> float:
        """How much further than measured a day strays where it stays on its own weekday.

        So many days lie nearer to their own middle than to the true one. On another weekday the
        uncertainty of that one's middle comes on top, and makes up for it.
        """
        return sqrt(days / (days - 1)) if self._rule.asks_usual and days > 1 else 1.0

    def _level(self, profiles: _Profiles, weekday: int, centre: _Centre) -> list[float]:
        own = [
            profile
            for day, profile in profiles.items()
            if day.weekday() == weekday and not self._is_odd(day)
        ]
        slots = zip(*own, strict=True)
        return [_middle(one, centre) for one in slots] if own else list(self._nothing)

    def deviations(self, name: str | None, weekday: int) -> Sequence[float]:
        """How far a part strays in each slot of a weekday, as a robust standard deviation."""
        kind = weekday in self._working
        if (name, kind) not in self._deviations:
            strays = self.parts[name].value.strays
            there = [strays[day] for day in self.alike(weekday) if day in strays]
            found = [_deviation(one) for one in zip(*there, strict=True)] if there else []
            self._deviations[name, kind] = found or list(self._nothing)
        return self._deviations[name, kind]

    # --- outages ---

    def _far_out(self, lane: Lane) -> frozenset[date]:
        """The days on which a part strayed much further than on any day that is like others."""
        worst: dict[date, float] = {}
        for weekdays in self.kinds():
            strays = {
                day: stray
                for day, stray in lane.strays.items()
                if day.weekday() in weekdays and not self._is_odd(day)
            }
            worst |= self._worst(strays)
        if len(worst) < FEWEST_DAYS:
            return frozenset()
        middle = median(worst.values())
        spread = _ROBUST * median(abs(one - middle) for one in worst.values())
        far = max(middle + FAR_OUT * spread, FAR)
        return frozenset(day for day, one in worst.items() if one > far)

    def _worst(self, strays: Mapping[date, Sequence[float]]) -> dict[date, float]:
        """How many deviations of its slot each day lies out in its worst moment.

        By the measure of all that are alike, or of its own weekday where that is wider.
        """
        of_all = [_deviation(one) for one in zip(*strays.values(), strict=True)]
        there = [one for one in of_all if one > 0]
        # Where it hardly ever varies, as at night, any variation would seem far out.
        least = max(median(there) if there else 1.0, self._least)
        found: dict[date, float] = {}
        for weekday in {day.weekday() for day in strays}:
            own = {day: one for day, one in strays.items() if day.weekday() == weekday}
            of_own = (_deviation(one) for one in zip(*own.values(), strict=True))
            widths = [max(least, *both) for both in zip(of_all, of_own, strict=True)]
            found |= {day: _most(stray, widths) for day, stray in own.items()}
        return found

    @property
    def _least(self) -> float:
        """What chance alone makes of counts on their scale."""
        metric = self._rule.of
        return 1.0 if metric is not None and isinstance(metric.aggregate, Count) else 0.0


def _without(profiles: _Profiles, days: frozenset[date]) -> _Profiles:
    return {day: profile for day, profile in profiles.items() if day not in days}


def _middle(values: Iterable[float], centre: _Centre) -> float:
    there = [one for one in values if not isnan(one)]
    return centre(there) if len(there) >= FEWEST_DAYS else nan


def _deviation(strays: Iterable[float]) -> float:
    there = [abs(one) for one in strays if not isnan(one)]
    return _ROBUST * median(there) if there else 0.0


def _most(stray: Sequence[float], widths: Sequence[float]) -> float:
    out = (abs(one) / width for one, width in zip(stray, widths, strict=True) if not isnan(one))
    return max(out, default=0.0)
