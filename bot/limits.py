"""How often a help desk may be asked: requests wait in line, and the desk's own word is heard.

A desk counts what it is asked; so does deskpulse (`Allowance`), because not every desk says what is
left, and what it says (`Left`) was true when it answered, not when the answer is read.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition, Lock

import httpx

from bot.clock import Clock

#: Requests that are under way at the same moment.
AT_ONCE = 8

#: What a desk says of more seconds than a day has is taken for a day.
LONGEST_SAID = 86_400.0

#: So much longer than the desk's period ours is: some count in whole seconds.
MARGIN = 1.02

#: How long to wait for a request that is under way elsewhere, in seconds.
SOON = 0.1

#: What requests count for that count for no lane: they wait only where the desk says so.
_NO_LANE = ("",)


@dataclass(frozen=True, slots=True)
class Left:
    """What an answer says of one allowance: `left` requests of `limit` until `reset` seconds on.

    `None`, and 0 for `reset`, is what it does not say.
    """

    limit: int | None = None
    left: int | None = None
    reset: float = 0.0


#: Reads from the headers of an answer, and the moment it came, what is left of the allowances.
Reader = Callable[[httpx.Headers, datetime], Mapping[str, Left]]


@dataclass(slots=True)
class _Word:
    """The lowest that was heard: `left` until then; `newest` is the last request before it."""

    left: int
    until: datetime
    newest: int


@dataclass
class Allowance:
    """At most `limit` requests in any `period` seconds; the desk's own word goes before ours.

    `reserve` is the share of it that is left to others who use the same account. A request counts
    from when it goes out until a period after its answer is there: the desk counted it in between.
    """

    limit: int
    period: float = 60.0
    reserve: float = 0.0
    _under_way: int = 0
    _answered: deque[datetime] = field(default_factory=deque, repr=False)
    _word: _Word | None = None
    _closed_until: datetime | None = None

    def wait(self, now: datetime, count: int = 1) -> float:
        """Seconds until `count` more may go out, as far as no answer says otherwise."""
        most = self._most_used(count)
        until = [now, self._free_at(now, most)]
        if self._closed_until:
            until.append(self._closed_until)
        if self._word and self._word.left - self._under_way < self.limit - most:
            until.append(self._word.until)
        return (max(until) - now).total_seconds()

    def use(self, count: int = 1) -> None:
        """As many as that go out."""
        self._under_way += count

    def answered(self, now: datetime, count: int = 1, *, counted: bool = False) -> None:
        """They were answered, or never will be; `counted` if the answer tells what is left."""
        self._under_way -= count
        self._answered.extend([now] * count)
        if self._word and not counted:
            self._word.left -= count

    def told(self, now: datetime, said: Left, number: int, newest: int) -> None:
        """What the answer to the request `number` said, when `newest` was the last to go out.

        Answers overtake each other, and of requests that are under way together the last one that
        the desk counts finds the least left. More is believed only of a request that went out after
        the least was heard; what was under way then is in neither and is taken off.
        """
        if said.limit:
            self.limit = said.limit
        if said.left is None:
            return
        word = self._word
        if word and now < word.until and number <= word.newest and word.left <= said.left:
            return
        until = _after(now, said.reset) if said.reset else self._freed_at(now)
        self._word = _Word(said.left, until, newest)

    def close(self, now: datetime, seconds: float) -> None:
        """Nothing more for so many seconds."""
        until = _after(now, seconds)
        self._closed_until = max(self._closed_until or until, until)

    def _most_used(self, count: int) -> int:
        """How much may be in use for `count` more to go out; what is not allowed at all goes alone.

        What begins outside the reserve may end in it.
        """
        ours = max(1, int(self.limit * (1 - self.reserve)))
        return max(0, min(ours - 1, self.limit - count))

    @property
    def _span(self) -> timedelta:
        return timedelta(seconds=self.period * MARGIN)

    def _forget(self, now: datetime) -> None:
        while self._answered and now - self._answered[0] >= self._span:
            self._answered.popleft()

    def _freed_at(self, now: datetime) -> datetime:
        """When the first of ours counts no more: until then there will not be more than now."""
        self._forget(now)
        return (self._answered[0] if self._answered else now) + self._span

    def _free_at(self, now: datetime, most: int) -> datetime:
        """When no more than `most` are in use."""
        self._forget(now)
        too_many = self._under_way + len(self._answered) - most
        if too_many <= 0:
            return now
        if too_many > len(self._answered):
            return _after(now, SOON)
        return self._answered[too_many - 1] + self._span


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that may go out: its number, and how much it counts for in which lanes."""

    number: int
    lanes: Mapping[str, int]


def _nothing(_headers: httpx.Headers, _now: datetime) -> Mapping[str, Left]:
    """For a desk whose headers say nothing of its limits."""
    return {}


class Limits:
    """The allowances of one account, by names of the vendor's own; any number of threads share it.

    A request names the `lanes` that it counts for, one of them several times if it counts so often.
    `too_many` are the seconds to wait after a 429 that does not say how long.
    """

    def __init__(
        self,
        of: Mapping[str, Allowance] | None = None,
        told: Reader = _nothing,
        *,
        too_many: float = 60.0,
    ) -> None:
        self.too_many = too_many
        self._of = {_NO_LANE[0]: Allowance(AT_ONCE, period=0.0), **(of or {})}
        self._read = told
        self._line, self._lock = Lock(), Lock()
        self._under_way = self._number = 0
        self._all_answered = Condition(self._lock)

    def turn(self, lanes: Sequence[str], clock: Clock, wait: Callable[[float], None]) -> Turn:
        """Comes back once a request may go out. The first in line waits for all behind it.

        `wait` is called with seconds; what it raises ends the standing in line.
        """
        wanted = Counter(lanes or _NO_LANE)
        with self._line:
            while isinstance(turn := self._taken(wanted, clock), float):
                wait(turn)
            return turn

    def answered(
        self, turn: Turn, now: datetime, headers: httpx.Headers | None, pause: float | None = None
    ) -> None:
        """Its answer came, or `None` never will; `pause` are seconds that the desk asks for."""
        with self._lock:
            try:
                self._heard(turn, now, self._said(headers, now), pause)
            finally:
                self._under_way -= 1
                self._all_answered.notify_all()

    def _heard(
        self, turn: Turn, now: datetime, said: Mapping[str, Left], pause: float | None
    ) -> None:
        for lane, count in turn.lanes.items():
            counted = lane in said and said[lane].left is not None
            self._of[lane].answered(now, count, counted=counted)
            if pause is not None:
                self._of[lane].close(now, pause)
        for lane, left in said.items():
            self._of[lane].told(now, left, turn.number, self._number)

    def _taken(self, wanted: Mapping[str, int], clock: Clock) -> Turn | float:
        """The turn, or the seconds until there may be one."""
        with self._lock:
            if self._wait(wanted, clock) > 0:
                # What those under way are answered is heard first: it may say more, or less.
                self._all_answered.wait_for(lambda: not self._under_way)
                seconds = self._wait(wanted, clock)
                if seconds > 0:
                    return seconds
            for lane, count in wanted.items():
                self._of[lane].use(count)
            self._under_way += 1
            self._number += 1
            return Turn(self._number, wanted)

    def _wait(self, wanted: Mapping[str, int], clock: Clock) -> float:
        now = clock.now()
        return max(self._of[lane].wait(now, count) for lane, count in wanted.items())

    def _said(self, headers: httpx.Headers | None, now: datetime) -> Mapping[str, Left]:
        if headers is None:
            return {}
        with suppress(ValueError, OverflowError):  # a header that is no number tells nothing
            return self._read(headers, now)
        return {}


def _after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=min(seconds, LONGEST_SAID))
