"""One made-up history of tickets that every simulated help desk can play, and what it comes to.

A site is handed one event after the other (`happen`) and keeps them in its vendor's way; an adapter
that reads the site has to find the tickets that `expected` makes of the same events. People, groups
and tickets have neutral names here; a site says what it calls them.

All desks share the habits that the events follow: an agent's public reply leaves a ticket pending or
solved, a customer's reply opens it again; both happen in the second of the message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol

from bot.clock import Clock
from bot.domain import Call, Question, Rating, Removal, Scale, Status, Target, Ticket
from bot.history import Assignment, Author, Event, Message, Move, StatusChange, fold
from tests.desks.wire import Asked, Limit, Told

#: Who works at the desk, by the names that an adapter has to find.
AGENTS = ("Anna Sample", "Ben Sample", "Eva Sample")

#: The address of an agent or of a customer.
CUSTOMERS = tuple(f"customer{number}@example.invalid" for number in range(1, 9))

GROUPS = ("General", "Billing", "Second tier")
CHANNELS = ("email", "web", "chat")
PRIORITIES = ("low", "normal", "high", "urgent")

#: A ticket with it is escalated, or a complaint, by the settings that the suite gives a desk.
ESCALATED, COMPLAINT = "escalated", "complaint"

#: When the history begins; a Monday.
BEGIN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def address(agent: str) -> str:
    """The e-mail address of an agent."""
    return f"{agent.split(maxsplit=1)[0].lower()}@desk.invalid"


# --- What can happen -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket came: by the customer, or by an agent who wrote to them (`agent`)."""

    at: datetime
    ticket: int
    customer: str
    agent: str | None = None
    group: str = GROUPS[0]
    channel: str = CHANNELS[0]
    priority: str = "normal"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wrote:
    """A public message: of the customer, or of an agent."""

    at: datetime
    ticket: int
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A private note of an agent: no metric counts it."""

    at: datetime
    ticket: int
    agent: str


@dataclass(frozen=True, slots=True)
class Became:
    """The ticket got another status; `agent` did it, or nobody but the desk itself."""

    at: datetime
    ticket: int
    status: Status
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """`agent` gave the ticket to `to`."""

    at: datetime
    ticket: int
    to: str
    agent: str


@dataclass(frozen=True, slots=True)
class Moved:
    """`agent` moved the ticket to another group."""

    at: datetime
    ticket: int
    group: str
    agent: str


@dataclass(frozen=True, slots=True)
class Prioritised:
    """`agent` gave the ticket another priority."""

    at: datetime
    ticket: int
    priority: str
    agent: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """`agent` added a tag."""

    at: datetime
    ticket: int
    tag: str
    agent: str


@dataclass(frozen=True, slots=True)
class Promised:
    """The desk itself promised something (SLA): "first reply" or "resolution", by `due`."""

    at: datetime
    ticket: int
    what: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """`agent` removed the ticket; `into` is the one that it was merged into."""

    at: datetime
    ticket: int
    how: Removal
    agent: str
    into: int | None = None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The customer was asked how it was; `agent` is who had the ticket."""

    at: datetime
    ticket: int
    agent: str


@dataclass(frozen=True, slots=True)
class Rated:
    """The customer answered what they were asked."""

    at: datetime
    ticket: int
    agent: str
    good: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A call ended; it began at `at`."""

    at: datetime
    number: int
    inbound: bool
    answered: bool
    wait: int
    talk: int
    hold: int
    wrap_up: int
    agent: str | None
    group: str


Happening = (
    Opened
    | Wrote
    | Noted
    | Became
    | Assigned
    | Moved
    | Prioritised
    | Tagged
    | Promised
    | Removed
    | Surveyed
    | Rated
    | Called
)


def ended(event: Happening) -> datetime:
    """When it is known of: a call once it has ended."""
    if isinstance(event, Called):
        return event.at + timedelta(seconds=event.wait + event.talk + event.hold + event.wrap_up)
    return event.at


def later(event: Happening, by: timedelta) -> Happening:
    """The same event as a desk dates it whose clock is ahead by so much."""
    if isinstance(event, Promised):
        event = replace(event, due=event.due + by)
    return replace(event, at=event.at + by)


# --- The history ---------------------------------------------------------------------------------


def by_hand() -> list[Happening]:
    """Nine tickets with what usually goes wrong; each of the worked cases is one of them."""
    anna, ben, eva = AGENTS
    one, two, three = CUSTOMERS[:3]

    def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
        return BEGIN.replace(hour=0) + timedelta(
            days=day, hours=hour, minutes=minute, seconds=second
        )

    return [
        # 1: a note first, then the reply; solved at once.
        Opened(at(0, 9), 1, one, channel="web"),
        Promised(at(0, 9), 1, "first reply", at(0, 10)),
        Promised(at(0, 9), 1, "resolution", at(0, 17)),
        Assigned(at(0, 9, 2), 1, anna, anna),
        Noted(at(0, 9, 5), 1, anna),
        Wrote(at(0, 9, 20, 30), 1, anna),
        Became(at(0, 9, 20, 30), 1, Status.SOLVED, anna),
        Surveyed(at(0, 10), 1, anna),
        Rated(at(0, 11, 7), 1, anna, good=True),
        # 2: opened by an agent; the opening message is no reply. Nobody answers the survey.
        Opened(at(0, 10), 2, two, agent=ben),
        Assigned(at(0, 10), 2, ben, ben),
        Became(at(0, 10), 2, Status.PENDING, ben),
        Wrote(at(0, 12), 2),
        Became(at(0, 12), 2, Status.OPEN),
        Wrote(at(0, 12, 45), 2, ben),
        Became(at(0, 12, 45), 2, Status.SOLVED, ben),
        Surveyed(at(0, 13), 2, ben),
        # 3: solved, reopened, solved by somebody else, moved twice; the promises are broken.
        Opened(at(0, 11), 3, three, group="Billing", priority="high", tags=(COMPLAINT,)),
        Promised(at(0, 11), 3, "first reply", at(0, 11, 30)),
        Promised(at(0, 11), 3, "resolution", at(1, 11)),
        Assigned(at(0, 11, 10), 3, anna, anna),
        Wrote(at(0, 12, 1, 1), 3, anna),
        Became(at(0, 12, 1, 1), 3, Status.SOLVED, anna),
        Wrote(at(1, 8, 30), 3),
        Became(at(1, 8, 30), 3, Status.OPEN),
        Moved(at(1, 9), 3, "Second tier", anna),
        Assigned(at(1, 9, 1), 3, eva, anna),
        Wrote(at(1, 10), 3, eva),
        Became(at(1, 10), 3, Status.PENDING, eva),
        Wrote(at(1, 14), 3),
        Became(at(1, 14), 3, Status.OPEN),
        Wrote(at(1, 15, 30), 3, eva),
        Became(at(1, 15, 30), 3, Status.SOLVED, eva),
        Surveyed(at(1, 16), 3, eva),
        Rated(at(1, 20), 3, eva, good=False),
        # 4: the customer writes twice before anybody answers, once in the second of the answer.
        Opened(at(1, 9), 4, one, priority="urgent"),
        Wrote(at(1, 9, 30), 4),
        Assigned(at(1, 9, 40), 4, ben, anna),
        Wrote(at(1, 10), 4),
        Wrote(at(1, 10), 4, ben),
        Became(at(1, 10), 4, Status.PENDING, ben),
        Tagged(at(1, 10, 5), 4, ESCALATED, ben),
        Prioritised(at(1, 10, 6), 4, "high", ben),
        # 5: merged into 4; 6: spam; 7: deleted.
        Opened(at(1, 9, 5), 5, one),
        Removed(at(1, 9, 45), 5, Removal.MERGED, ben, into=4),
        Opened(at(1, 11), 6, CUSTOMERS[6]),
        Removed(at(1, 11, 5), 6, Removal.SPAM, anna),
        Opened(at(1, 12), 7, CUSTOMERS[7]),
        Wrote(at(1, 12, 5), 7, anna),
        Became(at(1, 12, 5), 7, Status.SOLVED, anna),
        Removed(at(1, 13), 7, Removal.DELETED, anna),
        # 8: nobody has looked at it; 9: solved without a reply.
        Opened(at(2, 8), 8, two, channel="chat"),
        Opened(at(2, 8, 30), 9, three),
        Became(at(2, 9), 9, Status.SOLVED, eva),
        Called(at(2, 10), 1, True, True, 25, 300, 40, 60, anna, "General"),
        Called(at(2, 11), 2, True, False, 90, 0, 0, 0, None, "Billing"),
        Called(at(2, 11, 30), 3, True, False, 3, 0, 0, 0, None, "Billing"),
        Called(at(2, 12), 4, False, True, 10, 120, 0, 15, ben, "General"),
    ]


def at_random(
    tickets: int, *, first: int = 10, seed: int = 7, apart: float = 20
) -> list[Happening]:
    """So many more tickets from number `first` on, one in `apart` minutes, as any desk has them."""
    chance = Random(seed)
    begin = BEGIN + timedelta(days=3)
    return [
        event
        for number in range(tickets)
        for event in _life(chance, first + number, begin + timedelta(minutes=apart * number))
    ]


def _life(chance: Random, ticket: int, came: datetime) -> Iterator[Happening]:
    agent, customer = chance.choice(AGENTS), chance.choice(CUSTOMERS)
    yield Opened(
        came,
        ticket,
        customer,
        group=chance.choice(GROUPS[:2]),
        channel=chance.choice(CHANNELS),
        priority=chance.choice(PRIORITIES),
        tags=(COMPLAINT,) if chance.random() < 0.1 else (),
    )
    at = came + timedelta(seconds=chance.randrange(60, 1_200))
    yield Assigned(at, ticket, agent, agent)
    for _ in range(chance.randrange(0, 3)):
        at += timedelta(seconds=chance.randrange(60, 7_200))
        yield Wrote(at, ticket, agent)
        yield Became(at, ticket, Status.PENDING, agent)
        at += timedelta(seconds=chance.randrange(60, 7_200))
        yield Wrote(at, ticket)
        yield Became(at, ticket, Status.OPEN)
    if chance.random() < 0.8:
        at += timedelta(seconds=chance.randrange(60, 7_200))
        yield Wrote(at, ticket, agent)
        yield Became(at, ticket, Status.SOLVED, agent)


def whole(tickets: int = 14) -> list[Happening]:
    """The nine tickets and so many more, in the order in which it all happened."""
    return in_order([*by_hand(), *at_random(tickets)])


def halves(events: Sequence[Happening]) -> tuple[Sequence[Happening], Sequence[Happening]]:
    """What happened before the longest pause in the middle third, and what came after it.

    So time can pass between the two, and still nothing happens at a moment that is over.
    """
    third = len(events) // 3
    middle = max(range(third, 2 * third), key=lambda at: ended(events[at]) - ended(events[at - 1]))
    return events[:middle], events[middle:]


def burst(tickets: int, *, first: int = 1_000) -> list[Opened]:
    """So many tickets that all came in one second, as an import brings them."""
    came = BEGIN + timedelta(days=2, hours=5)
    return [Opened(came, first + number, CUSTOMERS[number % 8]) for number in range(tickets)]


def in_order(events: Iterable[Happening]) -> list[Happening]:
    """By the moment; what happened in the same second stays as it is told."""
    return sorted(events, key=ended)


# --- A help desk that can play it ----------------------------------------------------------------


class HistorySite(Protocol):
    """A simulated help desk, with what the suite has to be able to do to it.

    `page` is the most rows that it gives at once, also where more are asked for (`None`: as many as
    the vendor gives). `lag` is for how long every second change is not yet found by searches; one
    that withholds all that is newer does so. `limits` are its vendor's limits; they count what they
    refused.
    """

    clock: Clock
    page: int | None
    lag: timedelta
    limits: Sequence[Limit]

    def happen(self, event: Happening) -> None:
        """Keeps what happened, in the vendor's way; what the vendor knows nothing of is ignored."""

    def answer(self, asked: Asked) -> Told: ...

    def ticket_id(self, ticket: int) -> str:
        """What the desk calls a ticket of the history."""

    def agent_id(self, agent: str) -> str:
        """What the desk calls an agent."""

    def fill(self, tickets: int) -> None:
        """Makes the desk hold that many plain, solved tickets, in no memory to speak of."""

    def strange(self, ticket: int) -> None:
        """Gives a ticket a status, a channel and a priority that nobody has heard of."""

    def bare(self, ticket: int) -> None:
        """Makes everything of a ticket null that the vendor may send as null, or leave out."""


@dataclass(frozen=True)
class Contract:
    """What the suite has to know of a kind of help desk: each module of this folder has one.

    `site` makes an empty desk with a clock of its own; `settings` are those of the adapter beside
    `url`. `lacks` are the fields of `Ticket`, `Rating` or `Call` that its API cannot tell although
    it tells the facts that they belong to, each with the reason. `ignores` are the kinds of events
    that cannot happen there, such as tags where there are none. `statuses` says which of our
    statuses it does not tell apart, `settled` after how long a change is told in any case.
    """

    kind: str
    site: Any
    settings: Mapping[str, Any]
    lacks: Mapping[str, str] = field(default_factory=dict)
    ignores: tuple[type, ...] = ()
    statuses: Mapping[Status, Status] = field(default_factory=dict)
    removals: frozenset[Removal] = frozenset(Removal)
    scale: Scale = Scale.THUMBS
    settled: timedelta = timedelta(minutes=10)


# --- What it comes to ----------------------------------------------------------------------------


def expected(events: Iterable[Happening]) -> dict[int, Ticket]:
    """The tickets that the events come to, by number, with the neutral names of people.

    Tombstones are among them. `updated_at` is that of the last event.
    """
    of_ticket: dict[int, list[Happening]] = defaultdict(list)
    for event in events:
        if not isinstance(event, Called):
            of_ticket[event.ticket].append(event)
    return {number: _ticket(number, happened) for number, happened in of_ticket.items()}


def _ticket(number: int, events: Sequence[Happening]) -> Ticket:
    opened = next(event for event in events if isinstance(event, Opened))
    opener = Author.AGENT if opened.agent else Author.CUSTOMER
    facts = fold(opened.at, opener, _folded(opened, events))
    changes = [event for event in events if isinstance(event, Became)]
    status = changes[-1].status if changes else Status.NEW
    moves = [event.group for event in events if isinstance(event, Moved)]
    priorities = [event.priority for event in events if isinstance(event, Prioritised)]
    tags = {*opened.tags, *(event.tag for event in events if isinstance(event, Tagged))}
    removed = next((event for event in events if isinstance(event, Removed)), None)
    return Ticket(
        id=str(number),
        created_at=opened.at,
        updated_at=max(event.at for event in events),
        status=status,
        group=[opened.group, *moves][-1],
        channel=opened.channel,
        priority=[opened.priority, *priorities][-1],
        requester=opened.customer,
        escalated=ESCALATED in tags or GROUPS[2] in (opened.group, *moves),
        complaint=COMPLAINT in tags,
        targets=tuple(_targets(events, facts["first_reply_at"], facts["last_solved_at"], status)),
        removal=removed.how if removed else None,
        **facts,
    )


def _folded(opened: Opened, events: Iterable[Happening]) -> Iterator[Event]:
    status, owner, group = Status.NEW, None, opened.group
    for event in events:
        match event:
            case Wrote(agent=None):
                yield Message(event.at, Author.CUSTOMER)
            case Wrote():
                yield Message(event.at, Author.AGENT, event.agent)
            case Became():
                yield StatusChange(event.at, status, event.status, event.agent)
                status = event.status
            case Assigned():
                yield Assignment(event.at, owner, event.to)
                owner = event.to
            case Moved():
                yield Move(event.at, group, event.group)
                group = event.group


def _targets(
    events: Iterable[Happening],
    replied_at: datetime | None,
    solved_at: datetime | None,
    status: Status,
) -> Iterator[Target]:
    done = {"first reply": replied_at, "resolution": solved_at if status.is_solved else None}
    for event in events:
        if isinstance(event, Promised):
            yield Target(event.what, event.due, done[event.what])


def ratings(events: Iterable[Happening], scale: Scale) -> dict[int, Rating]:
    """What the customers were asked and answered, by the number of the ticket."""
    found: dict[int, Rating] = {}
    for event in events:
        if isinstance(event, Surveyed):
            found[event.ticket] = Rating(
                str(event.ticket),
                Question.CSAT,
                scale,
                event.at,
                ticket=str(event.ticket),
                agent=event.agent,
            )
        elif isinstance(event, Rated):
            raw = scale.best if event.good else scale.worst
            found[event.ticket] = replace(found[event.ticket], given_at=event.at, raw=raw)
    return found


def calls(events: Iterable[Happening]) -> dict[int, Call]:
    """The calls, by their numbers."""
    return {
        event.number: Call(
            str(event.number),
            event.at,
            inbound=event.inbound,
            answered=event.answered,
            wait=timedelta(seconds=event.wait),
            talk=timedelta(seconds=event.talk),
            hold=timedelta(seconds=event.hold),
            wrap_up=timedelta(seconds=event.wrap_up),
            group=event.group,
            agent=event.agent,
        )
        for event in events
        if isinstance(event, Called)
    }
