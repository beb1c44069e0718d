"""The nouns that every part of deskpulse shares: plain, frozen data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """Where a ticket stands. A desk's own statuses are mapped to these."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"

    @property
    def is_solved(self) -> bool:
        return self in (Status.SOLVED, Status.CLOSED)


class Removal(StrEnum):
    """Why a ticket no longer counts."""

    DELETED = "deleted"
    MERGED = "merged"
    SPAM = "spam"


class Fact(StrEnum):
    """What a help desk can tell about its tickets; a metric says which of them it needs."""

    GROUP = "group"
    CHANNEL = "channel"
    PRIORITY = "priority"
    SOLVES = "solves"
    FIRST_SOLVE = "first solve"
    SOLVER = "solver"
    REOPENS = "reopens"
    FIRST_REPLY = "first reply"
    REPLIES = "replies"
    RESPONSES = "responses"
    TRANSFERS = "transfers"
    WAITS = "waits"
    REQUESTER = "requester"
    HOURS = "hours"
    BUSINESS_TIMES = "business times"
    ESCALATIONS = "escalations"
    COMPLAINTS = "complaints"
    SLA = "sla"
    HANDLE_TIME = "handle time"
    CSAT = "csat"
    CSAT_REQUESTS = "csat requests"
    NPS = "nps"
    CES = "ces"
    CALLS = "calls"
    HOLD_TIME = "hold time"
    ARTICLES = "articles"
    READING_TIME = "reading time"


@dataclass(frozen=True, slots=True)
class Response:
    """A run of customer messages and the public reply of `agent` that ended it."""

    asked_at: datetime
    answered_at: datetime
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Reopening:
    """A stretch of time in which a ticket was solved before it was reopened."""

    solved_at: datetime
    reopened_at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time; `end` does not belong to it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """The group that a ticket was in from a moment on; `None` for none."""

    since: datetime
    group: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """A promise about a ticket (SLA): something is to be done by `due_at`, and was at `done_at`.

    `name` tells the targets of one ticket apart, e.g. "first reply".
    """

    name: str
    due_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BusinessTimes:
    """Business time as the help desk itself counts it; what it does not give is `None`."""

    first_reply: timedelta | None = None
    first_resolution: timedelta | None = None
    resolution: timedelta | None = None
    requester_wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket, as every help desk is mapped to it. All datetimes are aware.

    `requester` is the desk's id or address of the customer: it lives only in memory, the store
    keeps a keyed hash of it. `reopenings` are its past solved stretches, `responses` its answered
    customer runs, `waits` the stretches in which it was new, open or on hold, up to its last solve;
    `requester_wait` is their sum, or what the desk says that it is. `stays` are the groups that it
    went through, where it was in more than one. `first_replier` and `solver` are ids of agents.
    `handle` is the time that agents spent on it, where the desk keeps it. A ticket with a `removal`
    is a tombstone: its other facts may be missing.
    """

    id: str
    created_at: datetime
    updated_at: datetime
    status: Status
    group: str | None = None
    channel: str | None = None
    priority: str | None = None
    requester: str | None = field(default=None, repr=False)
    solver: str | None = None
    first_replier: str | None = None
    first_reply_at: datetime | None = None
    first_solved_at: datetime | None = None
    last_solved_at: datetime | None = None
    agent_messages: int = 0
    customer_messages: int = 0
    agent_replies: int = 0
    reopens: int = 0
    transfers: int = 0
    reopenings: Sequence[Reopening] = ()
    responses: Sequence[Response] = ()
    waits: Sequence[Stretch] = ()
    requester_wait: timedelta | None = None
    stays: Sequence[Stay] = ()
    targets: Sequence[Target] = ()
    handle: timedelta | None = None
    escalated: bool = False
    complaint: bool = False
    business: BusinessTimes | None = None
    removal: Removal | None = None


class Scale(StrEnum):
    """On which scale somebody was asked; the raw answer is kept on it."""

    STARS = "1-5"
    THUMBS = "bad-good"
    FRESHDESK = "-103-103"
    NPS = "0-10"
    OLD_NPS = "1-10"
    CES = "1-7"
    OLD_CES = "5-1"

    @property
    def worst(self) -> float:
        return _ENDS[self][0]

    @property
    def best(self) -> float:
        return _ENDS[self][1]


#: The worst and the best answer. CES 1.0 asks for effort: 5 is the worst there.
_ENDS: Mapping[Scale, tuple[float, float]] = {
    Scale.STARS: (1, 5),
    Scale.THUMBS: (0, 1),
    Scale.FRESHDESK: (-103, 103),
    Scale.NPS: (0, 10),
    Scale.OLD_NPS: (1, 10),
    Scale.CES: (1, 7),
    Scale.OLD_CES: (5, 1),
}
#: From which answer on a rating is positive: 4 and 5 stars, "good", the happy three of Freshdesk.
_POSITIVE = {Scale.STARS: 4, Scale.THUMBS: 1, Scale.FRESHDESK: 101}


class Question(StrEnum):
    """What a rating answers."""

    CSAT = "csat"
    NPS = "nps"
    CES = "ces"


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer was asked, and answered: `raw` on its own scale, `None` without an answer.

    `ticket` is the ticket that it is about, if any.
    """

    id: str
    question: Question
    scale: Scale
    asked_at: datetime
    given_at: datetime | None = None
    raw: float | None = None
    ticket: str | None = None
    agent: str | None = None

    @property
    def normalised(self) -> float | None:
        """The answer between 0 (worst) and 1 (best); `None` when it lies outside its scale."""
        if self.raw is None:
            return None
        share = (self.raw - self.scale.worst) / (self.scale.best - self.scale.worst)
        return share if 0 <= share <= 1 else None

    @property
    def is_positive(self) -> bool | None:
        """Whether it counts as satisfied; `None` where the scale does not ask for that."""
        least = _POSITIVE.get(self.scale)
        return None if least is None or self.raw is None else self.raw >= least


#: Who hangs up sooner did not wait (the usual threshold of contact centres).
AT_ONCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `wait` is the time in the queue; `talk`, `hold` and `wrap_up` belong to handled ones."""

    id: str
    started_at: datetime
    inbound: bool = True
    answered: bool = False
    wait: timedelta = timedelta(0)
    talk: timedelta = timedelta(0)
    hold: timedelta = timedelta(0)
    wrap_up: timedelta = timedelta(0)
    group: str | None = None
    agent: str | None = None

    @property
    def is_abandoned(self) -> bool:
        """Whether a caller gave up in the queue."""
        return self.inbound and not self.answered

    @property
    def hung_up_at_once(self) -> bool:
        return self.is_abandoned and self.wait < AT_ONCE


@dataclass(frozen=True, slots=True)
class ArticleDay:
    """How often an article was seen on a local day of the desk, and for how long, where it is timed."""

    article: str
    day: date
    views: int
    timed_views: int = 0
    reading: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who works at the desk. The store keeps a keyed hash of the address."""

    id: str
    name: str
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, half-open: `start` belongs to it, `end` does not. Both are aware.

    Compared as moments: two datetimes of one zone would be compared by their wall clocks, which
    stand still for an hour each autumn.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end.astimezone(UTC) < self.start.astimezone(UTC):
            raise ValueError("a window ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        at = moment.astimezone(UTC)
        return self.start.astimezone(UTC) <= at < self.end.astimezone(UTC)


class Counted(StrEnum):
    """What a desk counts itself, so that what is stored can be compared with it.

    Tickets by when they were created, ratings by when they were given, calls by when they began.
    """

    TICKETS = "tickets"
    GOOD_RATINGS = "good ratings"
    BAD_RATINGS = "bad ratings"
    ANSWERED_CALLS = "answered calls"


class Dimension(StrEnum):
    """By what a metric can be sliced."""

    DESK = "desk"
    CHANNEL = "channel"
    GROUP = "group"
    PRIORITY = "priority"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """One part of all tickets, e.g. `Slice(Dimension.CHANNEL, "email")`; `None` means "not told"."""

    dimension: Dimension
    value: str | None
