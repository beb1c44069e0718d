"""The tickets of the demo desk: how each comes in, what happens to it, and how it stands by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.domain import Removal, Status, Target, Ticket, Window
from bot.helpdesks.demo import days
from bot.helpdesks.demo.chance import Dice, Shares
from bot.helpdesks.demo.changes import Change, Place
from bot.helpdesks.demo.days import Roster
from bot.helpdesks.demo.settings import Settings
from bot.helpdesks.demo.team import CHANNEL_SHARES, CHANNELS, GROUP_SHARES, GROUPS
from bot.history import Assignment, Author, Event, Facts, Message, Move, StatusChange, fold

#: No ticket changes any more when it is older: what `_Life` tells fits into it.
LIFE = timedelta(days=21)

_PRIORITIES = Shares({"low": 20, "normal": 60, "high": 15, "urgent": 5})
#: How long people of a priority wait compared with the others.
_PATIENCE = {"low": 1.3, "normal": 1.0, "high": 0.7, "urgent": 0.35}
#: What is promised for each priority: a first reply and a solution, so long after it came in.
PROMISES = {
    "low": (timedelta(hours=8), timedelta(days=5)),
    "normal": (timedelta(hours=4), timedelta(days=3)),
    "high": (timedelta(hours=2), timedelta(days=2)),
    "urgent": (timedelta(minutes=30), timedelta(days=1)),
}
_REMOVALS = Shares({Removal.SPAM: 60, Removal.MERGED: 30, Removal.DELETED: 10})

_INCIDENT_HOURS = Shares({hour: days.BY_HOUR[hour] for hour in days.INCIDENT_HOURS})
#: What an incident does to billing by email: more comes in its hours, and all that comes before
#: the evening is answered late. Everybody helps there, so what else is written waits too.
_INCIDENT_VOLUME = 1.8
_INCIDENT_SLOW = 5.0
_INCIDENT_DRAG = 3.5
#: Mondays from 9 to 11, when the weekend's tickets are still there.
_MONDAY_SLOW = 1.8

_REMOVED = 0.025
_SILENT = 0.03
_TRANSFERRED = 0.4  # of those with a follow-up
_WRITES_AGAIN = 0.25  # of those who are asked for something
_REOPENED = 0.08

#: Customers for each ticket of a usual weekday, and how much more some of them write than others:
#: about one in nine who write have written in the week before.
_CUSTOMERS = 60
_LOYALTY = 1.5

#: The tags that tickets carry: which customers are important ones, and how many of the tickets of
#: a priority are escalated, or are complaints; on the day of an incident there are more of both.
_VIP_EVERY = 30
_ESCALATED = {"low": 0.01, "normal": 0.03, "high": 0.07, "urgent": 0.15}
_COMPLAINT = 0.02
_INCIDENT_TROUBLE = 3.5

#: Minutes that an agent usually spends on reading a ticket, and on a call that becomes one.
_READING = 1.5
_CALL = 6.0

_DAY = 24 * 60
_HALF_MINUTE = 30


@dataclass(frozen=True, slots=True)
class Arrival:
    """A ticket as it comes in. `slow` is by how much its replies take longer than usual."""

    second: int
    channel: str
    group: str
    priority: str
    customer: int
    slow: float


@dataclass(slots=True)
class Story:
    """All that ever happens to a ticket, in its order.

    `tags` are told from their moment on; `laborious` is how much more work it is than others.
    """

    id: str
    arrival: Arrival
    created_at: datetime
    events: list[Event] = field(default_factory=list)
    tags: list[tuple[datetime, str]] = field(default_factory=list)
    laborious: float = 1.0
    removed_at: datetime | None = None
    removal: Removal | None = None

    def updated_at(self, now: datetime) -> datetime:
        """When it last changed by now; every event is a change, and nothing else is."""
        if self.events[-1].at <= now:
            return self.events[-1].at
        return max((event.at for event in self.events if event.at <= now), default=self.created_at)

    def is_removed(self, now: datetime) -> bool:
        return self.removed_at is not None and self.removed_at <= now

    @property
    def opened_by(self) -> Author:
        """The agent who takes a call writes its ticket."""
        return Author.AGENT if self.arrival.channel == "phone" else Author.CUSTOMER


class _Life:
    """Tells a ticket's story, event by event. Durations are minutes; an agent's count on shift.

    However slow, it ends in time for `LIFE`: nobody starts another follow-up after 8 days, one takes
    5 days at most, and what comes after a solve has its own limits.
    """

    def __init__(self, story: Story, dice: Dice, roster: Roster) -> None:
        self._story = story
        self._dice = dice
        self._roster = roster
        self._second = story.arrival.second
        self._now = story.created_at
        self._channel = CHANNELS[story.arrival.channel]
        self._group_name = story.arrival.group
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
        """The first answer of a chat is often the last; other chats go back and forth."""
        for _ in range(max(0, self._dice.below(8) - 4)):
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
                self._customer_reacts()
            elif self._dice.chance(0.2):
                self._turn(Status.HOLD)
            self._work(200 * GROUPS[self._group_name].pace * self._slow(), 1.0)
            self._turn(Status.OPEN)
            self._say()

    def _customer_reacts(self) -> None:
        """By a message, or by doing what they were asked to, which is seen in time."""
        if self._dice.chance(_WRITES_AGAIN):
            self._customer_says(420, 1.1)
        else:
            self._wait(420, 1.1)
            self._turn(Status.OPEN)

    def _transfer(self) -> None:
        self._work(20, 0.6)
        if self._dice.chance(0.5):
            self._move()
        else:
            self._assign(self._colleague())

    def _move(self) -> None:
        old = self._group_name
        others = {name: group.share for name, group in GROUPS.items() if name != old}
        self._group_name = self._dice.pick(Shares(others))
        self._story.events.append(Move(self._now, old, self._group_name))
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
        free = [agent for agent in GROUPS[self._group_name].agents if agent != self._agent]
        return free[min(self._dice.below(len(free)), self._dice.below(len(free) + 1))]

    def _assign(self, agent: str) -> None:
        self._story.events.append(Assignment(self._now, self._agent, agent))
        self._agent = agent

    def _say(self) -> None:
        self._story.events.append(Message(self._now, Author.AGENT, self._agent))

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
        self._now = days.moment(self._second)

    def _solve(self) -> None:
        self._turn(Status.SOLVED)

    def _turn(self, status: Status) -> None:
        if status is self._status:
            return
        change = StatusChange(self._now, self._status, status, self._agent)
        self._story.events.append(change)
        self._status = status


def stories(settings: Settings, these: Sequence[date]) -> Iterator[list[Story]]:
    """The stories of each of those days, which follow one another, from first to last."""
    if not these:
        return
    roster = Roster(settings, these[0], these[-1] + LIFE)
    for day in these:
        dice = days.dice_of(settings, day)
        arrivals = sorted(_arrivals(settings, day, dice, roster), key=lambda a: a.second)
        date_part = f"{day:%y%m%d}"
        told = [
            Story(f"{date_part}{n:04}", arrival, days.moment(arrival.second))
            for n, arrival in enumerate(arrivals, start=1)
        ]
        for story in told:
            _Life(story, dice, roster).tell()
        yield told


def _sizes(settings: Settings, day: date, dice: Dice) -> tuple[int, int]:
    """How many tickets come as usual, and how many more by an incident."""
    usual = settings.volume * days.busyness(settings, day)
    hit = _INCIDENT_HOURS.sums[-1] / days.HOURS.sums[-1]
    hit *= CHANNELS["email"].share / CHANNEL_SHARES.sums[-1]
    hit *= GROUPS["Billing"].share / GROUP_SHARES.sums[-1]
    extra = usual * hit * (_INCIDENT_VOLUME - 1) if days.is_incident(settings, day) else 0
    return dice.number(usual), round(extra)


def size(settings: Settings, day: date) -> int:
    """How many tickets come on a day."""
    return sum(_sizes(settings, day, days.dice_of(settings, day)))


def _arrivals(settings: Settings, day: date, dice: Dice, roster: Roster) -> Iterator[Arrival]:
    usual, extra = _sizes(settings, day, dice)
    starts = days.hours(settings, day)
    incident = days.is_incident(settings, day)
    for n in range(usual + extra):
        hit = n >= usual
        hour = dice.pick(_INCIDENT_HOURS if hit else days.HOURS)
        second = starts[hour] + dice.below(3600)
        channel = "email" if hit else dice.pick(CHANNEL_SHARES)
        if CHANNELS[channel].live and not roster.staffed(second):
            channel = "email"
        group = "Billing" if hit else dice.pick(GROUP_SHARES)
        yield Arrival(
            second=second,
            channel=channel,
            group=group,
            priority=dice.pick(_PRIORITIES),
            customer=int(dice.random() ** _LOYALTY * settings.volume * _CUSTOMERS),
            slow=_slowness(incident, day, hour, channel, group),
        )


def _slowness(incident: bool, day: date, hour: int, channel: str, group: str) -> float:
    if CHANNELS[channel].live:
        return 1.0
    if incident and hour < 18:
        return _INCIDENT_SLOW if (channel, group) == ("email", "Billing") else _INCIDENT_DRAG
    return _MONDAY_SLOW if day.weekday() == 0 and 9 <= hour < 11 else 1.0


def _mark(told: Sequence[Story], dice: Dice, *, incident: bool) -> None:
    """Puts tags on the tickets of a day, each at the moment of an event, and weighs their work."""
    more = _INCIDENT_TROUBLE if incident else 1.0
    for story in told:
        story.laborious = dice.around(1.0, 0.5)
        if story.arrival.customer % _VIP_EVERY == 0:
            story.tags.append((story.created_at, "vip"))
        if dice.chance(_COMPLAINT * more):
            story.tags.append((_word_of_customer(story, dice), "complaint"))
        if dice.chance(_ESCALATED[story.arrival.priority] * more):
            early = story.events[: 1 + len(story.events) // 2]
            story.tags.append((early[dice.below(len(early))].at, "escalated"))


def _word_of_customer(story: Story, dice: Dice) -> datetime:
    """When the customer wrote: the first message, or one of those that followed."""
    later = [e.at for e in story.events if isinstance(e, Message) and e.by is Author.CUSTOMER]
    words = [story.created_at, *later]
    return words[dice.below(len(words))]


def changed(
    settings: Settings, these: Sequence[date], after: Place, now: datetime
) -> Iterator[list[Change[Ticket]]]:
    """The tickets that came on each of those days and changed after a place, as they stand now."""
    for day, told in zip(these, stories(settings, these), strict=True):
        _mark(told, days.dice_of(settings, day, "marks"), incident=days.is_incident(settings, day))
        there = [story for story in told if story.created_at <= now]
        places = [(story.updated_at(now), story.id) for story in there]
        yield [
            Change(place, _ticket(settings, story, place[0], now))
            for story, place in zip(there, places, strict=True)
            if place > after
        ]


def _ticket(settings: Settings, story: Story, updated_at: datetime, now: datetime) -> Ticket:
    arrival = story.arrival
    events = story.events
    if events[-1].at > now:
        events = [event for event in events if event.at <= now]
    facts = fold(story.created_at, story.opened_by, events)
    groups = [stay.group for stay in facts["stays"]] or [arrival.group]
    tags = [tag for at, tag in story.tags if at <= now]
    removed = story.is_removed(now)
    return Ticket(
        id=story.id,
        created_at=story.created_at,
        updated_at=updated_at,
        status=_status(events),
        group=groups[-1],
        channel=arrival.channel,
        priority=arrival.priority,
        requester=f"customer-{arrival.customer:05}",
        targets=() if removed else _targets(story, facts),
        handle=_handle(story, events, facts),
        escalated=settings.is_escalated(tags, groups),
        complaint=settings.is_complaint(tags),
        removal=story.removal if removed else None,
        **facts,
    )


def _status(events: Sequence[Event]) -> Status:
    changes = (event.new for event in reversed(events) if isinstance(event, StatusChange))
    return next(changes, Status.NEW)


def _targets(story: Story, facts: Facts) -> tuple[Target, ...]:
    """What is promised; who solves a ticket without a reply has kept the promise of one as well."""
    reply, solution = PROMISES[story.arrival.priority]
    solved_at = facts["first_solved_at"]
    resolution = Target("resolution", story.created_at + solution, solved_at)
    if story.opened_by is Author.AGENT:
        return (resolution,)
    replied_at = facts["first_reply_at"] or solved_at
    return Target("first reply", story.created_at + reply, replied_at), resolution


def _handle(story: Story, events: Sequence[Event], facts: Facts) -> timedelta | None:
    """How long agents have worked on it by now; `None` when nobody has."""
    takers = sum(isinstance(event, Assignment) for event in events)
    if not takers:
        return None
    arrival = story.arrival
    minutes = _READING * takers + CHANNELS[arrival.channel].effort * facts["agent_replies"]
    minutes += _CALL if story.opened_by is Author.AGENT else 0
    work = minutes * GROUPS[arrival.group].pace * story.laborious
    return timedelta(seconds=round(work * 60))


def count(settings: Settings, window: Window, now: datetime) -> int:
    """How many tickets came in a window and have not been removed by now."""
    first, last = (days.local(settings, at) for at in (window.start, min(window.end, now)))
    return sum(
        story.created_at in window and story.created_at <= now and not story.is_removed(now)
        for told in stories(settings, days.days(first, last))
        for story in told
    )
