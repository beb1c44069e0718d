"""Which earlier windows say what is usual in each of many, on the clocks of a zone."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from bot.digests.timetable import COMPARED, baseline, is_incomparable
from bot.domain import Window
from bot.store.observations.figures import Truth
from bot.store.observations.windows import Whole, Windows

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()

#: The kinds of days: its own weekday first, then the others.
KINDS = 7


class _Clock(NamedTuple):
    """Moments as local clocks show them: days (ordinals), and seconds after midnight."""

    days: Whole
    after: Whole


class Earlier(NamedTuple):
    """When the earlier windows (columns) of each window (row) start and end, where they are `there`.

    There are as many columns of each kind of day, oldest first.
    """

    starts: Whole
    ends: Whole
    there: Truth


class Calendar:
    """The days of a zone, each looked up once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._midnight = cache(self._begins)
        self._back: dict[tuple[int, int, int], Whole] = {}

    def earlier(self, windows: Windows) -> Earlier:
        """The same local times on the earlier days that say what is usual."""
        begin, end = self._clock(windows.starts), self._clock(windows.ends)
        back = self._days_back(windows, begin, end)
        return Earlier(
            self._moments(_Clock(begin.days[:, None] - back, begin.after[:, None])),
            self._moments(_Clock(end.days[:, None] - back, end.after[:, None])),
            back > 0,
        )

    def _days_back(self, windows: Windows, begin: _Clock, end: _Clock) -> Whole:
        """How many days before each window lie its earlier ones; 0 where there is none.

        Of less than a week that depends on its days alone, and whether it is longer than one.
        """
        lasts = end.days - (end.after == 0)
        lengths = (end.days - begin.days) * _DAY + end.after - begin.after
        sizes = np.where(lengths >= 7 * _DAY, lengths, lengths > _DAY)
        alike: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        keys = zip(begin.days.tolist(), lasts.tolist(), sizes.tolist(), strict=True)
        for place, key in enumerate(keys):
            alike[key].append(place)
        back = np.zeros((len(windows), KINDS * COMPARED), np.int64)
        for key, places in alike.items():
            if key not in self._back:
                self._back[key] = _back(self._local(windows, places[0]))
            back[places] = self._back[key]
        # Where the clocks changed meanwhile, the same hours of other days are longer, or shorter.
        seconds = windows.ends - windows.starts
        back[(lengths != seconds) & (seconds < _DAY)] = 0
        return back

    def _local(self, windows: Windows, place: int) -> Window:
        edges = windows.starts.item(place), windows.ends.item(place)
        return Window(*(datetime.fromtimestamp(at, UTC).astimezone(self._zone) for at in edges))

    # --- Clocks ---

    def _clock(self, moments: Whole) -> _Clock:
        """Where clocks skip midnight, the first moment of the day is midnight all the same."""
        first = int(moments.min()) // _DAY + _EPOCH - 1
        midnights = self._midnights(first, int(moments.max()) // _DAY + _EPOCH + 2)
        place = np.searchsorted(midnights, moments, side="right") - 1
        after = moments - midnights[place]
        is_changed = np.diff(midnights)[place] != _DAY
        for odd in np.flatnonzero(is_changed & (after > 0)):
            clock = datetime.fromtimestamp(moments.item(odd), UTC).astimezone(self._zone)
            after[odd] = clock.hour * 3_600 + clock.minute * 60 + clock.second
        return _Clock(place + first, after)

    def _moments(self, clock: _Clock) -> Whole:
        """When clocks show that."""
        first = int(clock.days.min())
        midnights = self._midnights(first, int(clock.days.max()) + 1)
        found: Whole = midnights[clock.days - first] + clock.after
        is_changed = np.diff(midnights)[clock.days - first] != _DAY
        for odd in zip(*np.nonzero(is_changed & (clock.after > 0)), strict=True):
            day = date.fromordinal(int(clock.days[odd]))
            after = timedelta(seconds=int(clock.after[odd[0], 0]))
            local = datetime.combine(day, time(), tzinfo=self._zone) + after
            found[odd] = int(local.timestamp())
        return found

    def _midnights(self, first: int, last: int) -> Whole:
        """When the days from one to another begin."""
        return np.array([self._midnight(day) for day in range(first, last + 1)])

    def _begins(self, day: int) -> int:
        local = datetime.combine(date.fromordinal(day), time(), tzinfo=self._zone)
        return int(local.timestamp())


def _back(window: Window) -> Whole:
    """How many days before a window lie those that say what is usual, kind by kind of day."""
    found = np.zeros((KINDS, COMPARED), np.int64)
    if not is_incomparable(window):
        base = baseline(window)
        alike: dict[int, list[int]] = defaultdict(list)
        for kind, some in ((0, base.comparable), (1, base.others)):
            for earlier in some:
                back = (window.start.date() - earlier.start.date()).days
                # A long window moves by more than a week, which is no other weekday.
                alike[kind * (back % KINDS)].append(back)
        for place, days in alike.items():
            found[place, : len(days)] = sorted(days, reverse=True)
    return found.ravel()
