"""An invented help desk that is the same for the same seed: for demonstrations and for tests.

The tickets of a day follow from the seed, the day and the settings alone. What has happened to them
by now is what the clock says: events still to come are not told. So the desk can be read at any
moment, again and again, and grows as a real one does.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, chain, islice
from random import Random
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from bot.clock import Clock
from bot.domain import Fact, Removal, Status, Ticket, Window
from bot.helpdesks import Capabilities, Cursor, DeskSettings, Page
from bot.history import Assignment, Author, Event, Message, StatusChange, fold

PAGE_SIZE = 500

#: No ticket changes any more when it is older: what `_Life` tells fits into it.
LIFE = timedelta(days=21)

#: Local hours of the day in which an incident brings more work.
INCIDENT_HOURS = range(9, 13)


class Settings(DeskSettings):
    """What the demo desk can be told."""

    seed: int = Field(7, description="Another seed is another help desk.")
    volume: int = Field(140, ge=1, le=9000, description="Tickets on a usual weekday.")
    zone: str = Field("Europe/Athens", description="Where its agents work.")
    incident: date | None = Field(
        None,
        description="The one day on which billing by email is swamped. "
        "Without it, the seed chooses a weekday in about one week of five.",
    )
    holiday: date | None = Field(None, description="A weekday that is like a weekend.")

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; one is e.g. Europe/Athens") from None
        return name


_T = TypeVar("_T")


class _Shares(Generic[_T]):
    """How often each of several things is the case, relative to the others."""

    def __init__(self, shares: Mapping[_T, float]) -> None:
        self.names = tuple(shares)
        self.sums = tuple(accumulate(shares.values()))


@dataclass(frozen=True, slots=True)
class _Channel:
    """How the tickets of a channel come and go.

    `reply` is the usual time to a first reply, in minutes on shift, `spread` the sigma of its
    logarithm, `quick` the share that needs no follow-up; a `live` one is there only on shift.
    """

    share: float
    reply: float
    spread: float
    quick: float
    live: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """`pace` is how long its follow-ups take compared with others'."""

    share: float
    pace: float
    agents: Sequence[str]


_CHANNELS = {
    "email": _Channel(share=58, reply=39, spread=0.6, quick=0.3),
    "chat": _Channel(share=24, reply=1.8, spread=0.5, quick=0.6, live=True),
    "phone": _Channel(share=8, reply=60, spread=0.6, quick=0.6, live=True),
    "web": _Channel(share=7, reply=55, spread=0.6, quick=0.3),
    "social": _Channel(share=3, reply=20, spread=0.6, quick=0.5),
}
_GROUPS = {
    "Billing": _Group(38, 1.0, ("agent-01", "agent-02", "agent-03", "agent-04")),
    "Technical": _Group(34, 1.4, ("agent-05", "agent-06", "agent-07", "agent-08")),
    "Accounts": _Group(18, 0.8, ("agent-09", "agent-10")),
    "Onboarding": _Group(10, 1.0, ("agent-11", "agent-12")),
}
_PRIORITIES = _Shares({"low": 20, "normal": 60, "high": 15, "urgent": 5})
#: How long people of a priority wait compared with the others.
_PATIENCE = {"low": 1.3, "normal": 1.0, "high": 0.7, "urgent": 0.35}
_REMOVALS = _Shares({Removal.SPAM: 60, Removal.MERGED: 30, Removal.DELETED: 10})

#: Tickets on a day compared with a usual weekday, from Monday on; a holiday comes last.
_WEEK = (1.2, 1.05, 1.0, 0.98, 0.9, 0.32, 0.26)
_HOLIDAY = 0.4
#: Tickets by local hour, from midnight on.
_MORNING = (0.6, 0.4, 0.3, 0.3, 0.3, 0.5, 1.0, 2.0, 5.0, 9.5, 11.0, 10.0)
_AFTERNOON = (8.0, 7.5, 8.0, 8.0, 7.5, 6.5, 4.5, 3.5, 3.0, 2.5, 2.0, 1.2)
_BY_HOUR = dict(enumerate((*_MORNING, *_AFTERNOON)))
_HOURS = _Shares(_BY_HOUR)
_INCIDENT_HOURS = _Shares({hour: _BY_HOUR[hour] for hour in INCIDENT_HOURS})
_CHANNEL_SHARES = _Shares({name: channel.share for name, channel in _CHANNELS.items()})
_GROUP_SHARES = _Shares({name: group.share for name, group in _GROUPS.items()})

#: What an incident does to billing by email: more comes in `INCIDENT_HOURS`, and all that comes
#: before the evening is answered late. Everybody helps there, so what else is written waits too.
_INCIDENT_VOLUME = 1.8
_INCIDENT_SLOW = 5.0
_INCIDENT_DRAG = 3.5
#: Mondays from 9 to 11, when the weekend's tickets are still there.
_MONDAY_SLOW = 1.8

#: Local hours in which agents work, and how many halves of the usual pace.
_SHIFTS = ((9, 18, 2), (18, 22, 1))
_WEEKEND_SHIFTS = ((10, 18, 1),)

_REMOVED = 0.025
_SILENT = 0.03
_TRANSFERRED = 0.4  # of those with a follow-up
_REOPENED = 0.08
_REQUESTERS = 5000

_DAY = 24 * 60
_HALF_MINUTE = 30


class _Dice(Random):
    """Chance that falls the same way for the same seed."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    def below(self, number: int) -> int:
        return int(self.random() * number)

    def around(self, usual: float, spread: float) -> float:
        """A positive number whose median is `usual`: durations are lognormal, roughly."""
        return usual * math.exp(self.gauss(0, spread))

    def number(self, usual: float) -> int:
        """How many come when `usual` many are expected."""
        return max(0, round(self.gauss(usual, math.sqrt(usual))))

    def pick(self, shares: _Shares[_T]) -> _T:
        at = self.random() * shares.sums[-1]
        return shares.names[bisect_right(shares.sums, at, hi=len(shares.names) - 1)]


class _Roster:
    """When the agents work, from one day until another; moments are seconds since 1970.

    Work is counted in half-seconds, so that an evening at half the usual pace stays in whole
    numbers: then the days that a roster starts and ends with make no difference to its answers.
    """

    def __init__(self, settings: Settings, first: date, last: date) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._paces: list[int] = []
        for day in _days(first, last):
            for start, end, pace in _WEEKEND_SHIFTS if _is_quiet(settings, day) else _SHIFTS:
                self._starts.append(_second(settings, day, start))
                self._ends.append(_second(settings, day, end))
                self._paces.append(pace)
        work = ((e - s) * p for s, e, p in zip(self._starts, self._ends, self._paces, strict=True))
        self._done = list(accumulate(work, initial=0))

    def staffed(self, moment: int) -> bool:
        """Whether somebody is there."""
        shift = bisect_right(self._starts, moment) - 1
        return shift >= 0 and moment < self._ends[shift]

    def after(self, moment: int, seconds: int) -> int:
        """When so many seconds of an agent's time have gone by since that moment."""
        shift = bisect_right(self._starts, moment) - 1
        done = 0
        if shift >= 0:
            worked = min(moment, self._ends[shift]) - self._starts[shift]
            done = self._done[shift] + worked * self._paces[shift]
        goal = done + 2 * seconds
        shift = bisect_right(self._done, goal) - 1
        return self._starts[shift] + -(-(goal - self._done[shift]) // self._paces[shift])


def _is_quiet(settings: Settings, day: date) -> bool:
    return day.weekday() >= 5 or day == settings.holiday


def _second(settings: Settings, day: date, hour: int) -> int:
    """The moment at which that local hour starts."""
    return int(datetime.combine(day, time(hour), tzinfo=ZoneInfo(settings.zone)).timestamp())


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _days(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A ticket as it comes in. `slow` is by how much its replies take longer than usual."""

    second: int
    channel: str
    group: str
    priority: str
    requester: str
    slow: float


@dataclass(slots=True)
class _Story:
    """All that ever happens to a ticket, in its order."""

    id: str
    arrival: _Arrival
    created_at: datetime
    events: list[Event]
    moved_at: datetime | None = None
    moved_to: str | None = None
    removed_at: datetime | None = None
    removal: Removal | None = None

    def updated_at(self, now: datetime) -> datetime:
        """When it last changed by now; every event is a change."""
        if self.events[-1].at <= now:
            return self.events[-1].at
        return max((event.at for event in self.events if event.at <= now), default=self.created_at)

    @property
    def opened_by(self) -> Author:
        """The agent who takes a call writes its ticket."""
        return Author.AGENT if self.arrival.channel == "phone" else Author.CUSTOMER


class _Life:
    """Tells a ticket's story, event by event. Durations are minutes; an agent's count on shift.

    However slow, it ends in time for `LIFE`: nobody starts another follow-up after 8 days, one takes
    5 days at most, and what comes after a solve has its own limits.
    """

    def __init__(self, story: _Story, dice: _Dice, roster: _Roster) -> None:
        self._story = story
        self._dice = dice
        self._roster = roster
        self._second = story.arrival.second
        self._now = story.created_at
        self._channel = _CHANNELS[story.arrival.channel]
        self._group = _GROUPS[story.arrival.group]
        self._status = Status.NEW
        self._agent: str | None = None

    def tell(self) -> None:
        if self._dice.chance(_REMOVED):
            self._is_removed()
        elif self._dice.chance(_SILENT):
            self._is_solved_silently()
        else:
            self._is_answered()

    def _is_removed(self) -> None:
        self._work(120, 0.8)
        self._turn(Status.CLOSED)
        self._story.removed_at = self._now
        self._story.removal = self._dice.pick(_REMOVALS)

    def _is_solved_silently(self) -> None:
        """No reply: an agent saw that none was needed, or nobody looked for three days."""
        if self._dice.chance(0.5):
            self._work(240, 0.8)
            self._take()
        else:
            self._pass(3 * _DAY * 60)
        self._solve()
        self._close()

    def _is_answered(self) -> None:
        if self._story.opened_by is Author.AGENT:
            self._take()
            self._work(8, 0.5)
        else:
            self._work(self._channel.reply * self._slow(), self._channel.spread)
            self._take()
            self._say()
            if self._channel.live:
                self._talk()
        if not self._dice.chance(self._channel.quick):
            self._go_on()
        self._solve()
        if self._dice.chance(_REOPENED):
            self._reopen()
        self._close()

    def _slow(self) -> float:
        arrival = self._story.arrival
        return arrival.slow * _PATIENCE[arrival.priority]

    def _talk(self) -> None:
        for _ in range(1 + self._dice.below(4)):
            self._customer_says(1.5, 0.6)
            self._work(1.5, 0.5)
            self._say()

    def _go_on(self) -> None:
        """Half of the customers find in a while, at any hour, that all is well; others need more."""
        if self._status is Status.OPEN and self._dice.chance(0.5):
            self._turn(Status.PENDING)
            self._wait(8.25 * 60, 0.3)
        else:
            self._follow_up()

    def _follow_up(self) -> None:
        if self._dice.chance(_TRANSFERRED):
            self._transfer()
        for _ in range(1 + self._dice.below(3)):
            if self._second - self._story.arrival.second > 8 * _DAY * 60:
                break
            if self._dice.chance(0.6):
                self._turn(Status.PENDING)
                self._customer_says(420, 1.1)
            elif self._dice.chance(0.2):
                self._turn(Status.HOLD)
            self._work(200 * self._group.pace * self._slow(), 1.0)
            self._turn(Status.OPEN)
            self._say()

    def _transfer(self) -> None:
        self._work(20, 0.6)
        if self._dice.chance(0.5):
            self._move()
        else:
            self._assign(self._colleague())

    def _move(self) -> None:
        story = self._story
        others = {name: g.share for name, g in _GROUPS.items() if name != story.arrival.group}
        story.moved_to = self._dice.pick(_Shares(others))
        story.moved_at = self._now
        story.events.append(Assignment(story.moved_at, story.arrival.group, story.moved_to))
        self._group = _GROUPS[story.moved_to]
        # The first agent of the new group takes it from nobody: one transfer, not two.
        self._agent = None
        self._assign(self._colleague())

    def _reopen(self) -> None:
        self._customer_says(300, 1.2)
        self._work(120, 0.8)
        self._say()
        self._solve()

    def _close(self) -> None:
        self._pass(2 * _DAY * 60)
        self._turn(Status.CLOSED)

    def _take(self) -> None:
        if self._agent is None:
            self._assign(self._colleague())
        self._turn(Status.OPEN)

    def _colleague(self) -> str:
        """An agent of the group who is not the one who has it; the first of a group do more."""
        free = [agent for agent in self._group.agents if agent != self._agent]
        return free[min(self._dice.below(len(free)), self._dice.below(len(free) + 1))]

    def _assign(self, agent: str) -> None:
        self._story.events.append(Assignment(self._now, self._agent, agent))
        self._agent = agent

    def _say(self) -> None:
        self._story.events.append(Message(self._now, Author.AGENT))

    def _customer_says(self, minutes: float, spread: float) -> None:
        self._wait(minutes, spread)
        self._story.events.append(Message(self._now, Author.CUSTOMER))
        self._turn(Status.OPEN)

    def _wait(self, minutes: float, spread: float) -> None:
        """A while goes by at the customer's, at most a day and a half."""
        wait = min(self._dice.around(minutes, spread), 1.5 * _DAY)
        self._pass(max(_HALF_MINUTE, round(wait * 60)))

    def _work(self, minutes: float, spread: float) -> None:
        """An agent gets to it after a while, at most eight hours on shift."""
        seconds = round(min(self._dice.around(minutes, spread), 8 * 60) * 60)
        done = self._roster.after(self._second, max(_HALF_MINUTE, seconds))
        self._pass(done - self._second)

    def _pass(self, seconds: int) -> None:
        self._second += seconds
        self._now = _moment(self._second)

    def _solve(self) -> None:
        self._turn(Status.SOLVED)

    def _turn(self, status: Status) -> None:
        if status is self._status:
            return
        change = StatusChange(self._now, self._status, status, self._agent)
        self._story.events.append(change)
        self._status = status


def _stories(settings: Settings, days: Sequence[date]) -> Iterator[list[_Story]]:
    """The stories of each of those days, which follow one another, from first to last."""
    if not days:
        return
    roster = _Roster(settings, days[0], days[-1] + LIFE)
    for day in days:
        dice = _Dice(_seed(settings, day))
        arrivals = sorted(_arrivals(settings, day, dice, roster), key=lambda a: a.second)
        stories = [
            _Story(f"{day:%y%m%d}{n:04}", arrival, _moment(arrival.second), [])
            for n, arrival in enumerate(arrivals, start=1)
        ]
        for story in stories:
            _Life(story, dice, roster).tell()
        yield stories


def is_incident(settings: Settings, day: date) -> bool:
    """Whether billing by email is swamped on that day."""
    if settings.incident is not None:
        return day == settings.incident
    year, week, weekday = day.isocalendar()
    dice = _Dice(f"{settings.seed} week {year} {week}")
    return dice.chance(0.2) and weekday - 1 == dice.below(5)


def _seed(settings: Settings, day: date) -> str:
    return f"{settings.seed} {day.isoformat()}"


def _sizes(settings: Settings, day: date, dice: _Dice) -> tuple[int, int]:
    """How many tickets come as usual, and how many more by an incident."""
    share = min(_WEEK[day.weekday()], _HOLIDAY if day == settings.holiday else math.inf)
    usual = settings.volume * share
    hit = _INCIDENT_HOURS.sums[-1] / _HOURS.sums[-1]
    hit *= _CHANNELS["email"].share / _CHANNEL_SHARES.sums[-1]
    hit *= _GROUPS["Billing"].share / _GROUP_SHARES.sums[-1]
    extra = usual * hit * (_INCIDENT_VOLUME - 1) if is_incident(settings, day) else 0
    return dice.number(usual), round(extra)


def _size(settings: Settings, day: date) -> int:
    return sum(_sizes(settings, day, _Dice(_seed(settings, day))))


def _arrivals(settings: Settings, day: date, dice: _Dice, roster: _Roster) -> Iterator[_Arrival]:
    usual, extra = _sizes(settings, day, dice)
    hours = [_second(settings, day, hour) for hour in range(24)]
    incident = is_incident(settings, day)
    for n in range(usual + extra):
        hit = n >= usual
        hour = dice.pick(_INCIDENT_HOURS if hit else _HOURS)
        second = hours[hour] + dice.below(3600)
        channel = "email" if hit else dice.pick(_CHANNEL_SHARES)
        if _CHANNELS[channel].live and not roster.staffed(second):
            channel = "email"
        group = "Billing" if hit else dice.pick(_GROUP_SHARES)
        yield _Arrival(
            second=second,
            channel=channel,
            group=group,
            priority=dice.pick(_PRIORITIES),
            requester=f"customer-{dice.below(_REQUESTERS):04}",
            slow=_slowness(incident, day, hour, channel, group),
        )


def _slowness(incident: bool, day: date, hour: int, channel: str, group: str) -> float:
    if _CHANNELS[channel].live:
        return 1.0
    if incident and hour < 18:
        return _INCIDENT_SLOW if (channel, group) == ("email", "Billing") else _INCIDENT_DRAG
    return _MONDAY_SLOW if day.weekday() == 0 and 9 <= hour < 11 else 1.0


def _ticket(story: _Story, now: datetime) -> Ticket:
    """The ticket as it stands by now, when it has already come in."""
    arrival = story.arrival
    events = story.events
    if events[-1].at > now:
        events = [event for event in events if event.at <= now]
    removed = story.removed_at is not None and story.removed_at <= now
    moved = story.moved_at is not None and story.moved_at <= now
    return Ticket(
        id=story.id,
        created_at=story.created_at,
        updated_at=story.updated_at(now),
        status=_status(events),
        group=story.moved_to if moved else arrival.group,
        channel=arrival.channel,
        priority=arrival.priority,
        requester=arrival.requester,
        removal=story.removal if removed else None,
        **fold(story.created_at, story.opened_by, events),
    )


def _status(events: Sequence[Event]) -> Status:
    changes = (event.new for event in reversed(events) if isinstance(event, StatusChange))
    return next(changes, Status.NEW)


def _key(ticket: Ticket) -> tuple[datetime, str]:
    return ticket.updated_at, ticket.id


class _Changes:
    """The tickets that have changed by now after a moment and id.

    Only days whose tickets can have changed are looked at, one after the other, so that memory
    holds no more than the tickets of a `LIFE`.
    """

    def __init__(self, settings: Settings, after: tuple[datetime, str], now: datetime) -> None:
        self._settings = settings
        self._after = after
        self._now = now
        today = _local(settings, now)
        turn = min(_local(settings, after[0]), today)
        self._old = list(chain(*self._by_day(_days(turn - LIFE - timedelta(days=1), turn))))
        self._days = _days(turn + timedelta(days=1), today)

    def expected(self) -> int:
        """How many there are."""
        if not self._days:
            return len(self._old)
        full = sum(_size(self._settings, day) for day in self._days[:-1])
        (today,) = self._by_day(self._days[-1:])
        return len(self._old) + full + len(today)

    def in_order(self) -> Iterator[Ticket]:
        """All of them, the oldest change first."""
        waiting = self._old
        for day, tickets in zip(self._days, self._by_day(self._days), strict=True):
            edge = _moment(_second(self._settings, day, 0))
            yield from sorted((t for t in waiting if t.updated_at < edge), key=_key)
            waiting = [t for t in waiting if t.updated_at >= edge] + tickets
        yield from sorted(waiting, key=_key)

    def _by_day(self, days: Sequence[date]) -> Iterator[list[Ticket]]:
        for stories in _stories(self._settings, days):
            yield [_ticket(story, self._now) for story in stories if self._has_changed(story)]

    def _has_changed(self, story: _Story) -> bool:
        there = story.created_at <= self._now
        return there and (story.updated_at(self._now), story.id) > self._after


class DemoDesk:
    """The help desk itself: answers as of the clock's present moment."""

    capabilities = Capabilities(facts=frozenset(Fact), counts=True)

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock

    def start(self, window: Window) -> Cursor:
        return _cursor(window.start, "")

    def tickets(self, since: Cursor) -> Iterator[Page]:
        """Pages of what changed after the cursor, the oldest change first; none for no change."""
        after = datetime.fromisoformat(since["updated"]), str(since["id"])
        changes = _Changes(self._settings, after, self._clock.now())
        expected = changes.expected()
        tickets = changes.in_order()
        while page := list(islice(tickets, PAGE_SIZE)):
            yield Page(page, _cursor(page[-1].updated_at, page[-1].id), expected)

    def count(self, window: Window) -> int:
        now = self._clock.now()
        first, last = (_local(self._settings, at) for at in (window.start, min(window.end, now)))
        return sum(
            _counts(story, window, now)
            for stories in _stories(self._settings, _days(first, last))
            for story in stories
        )

    def check(self) -> Sequence[str]:
        settings, now = self._settings, self._clock.now()
        midnight = _moment(_second(settings, _local(settings, now), 0))
        today = self.count(Window(midnight, now))
        agents = sum(len(group.agents) for group in _GROUPS.values())
        return (
            f"Its tickets are invented, those of seed {settings.seed}.",
            f"{agents} agents answer about {settings.volume} tickets on a usual weekday.",
            f"{today} tickets came in today so far, in {settings.zone}.",
        )

    def url(self, ticket_id: str) -> str:
        return f"https://demo.invalid/tickets/{ticket_id}"

    def close(self) -> None:
        """There is nothing to give back."""


def _counts(story: _Story, window: Window, now: datetime) -> bool:
    removed = story.removed_at is not None and story.removed_at <= now
    return story.created_at in window and story.created_at <= now and not removed


def _cursor(updated: datetime, ticket_id: str) -> Cursor:
    return {"updated": updated.isoformat(), "id": ticket_id}


def _local(settings: Settings, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(settings.zone)).date()


def open_desk(name: str, settings: Settings, clock: Clock) -> DemoDesk:
    return DemoDesk(name, settings, clock)
