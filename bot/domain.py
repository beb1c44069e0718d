"""The nouns that every part of deskpulse shares: plain, frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    SOLVER = "solver"
    REOPENS = "reopens"
    FIRST_REPLY = "first reply"
    REPLIES = "replies"
    RESPONSES = "responses"
    TRANSFERS = "transfers"


@dataclass(frozen=True, slots=True)
class Response:
    """A run of customer messages and the public agent reply that ended it."""

    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Reopening:
    """A stretch of time in which a ticket was solved before it was reopened."""

    solved_at: datetime
    reopened_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket, as every help desk is mapped to it. All datetimes are aware.

    `requester` is the desk's id or address of the customer: it lives only in memory, the store
    keeps a keyed hash of it. `reopenings` are its past solved stretches, `responses` its answered
    customer runs. A ticket with a `removal` is a tombstone: its other facts may be missing.
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
    removal: Removal | None = None


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


class Dimension(StrEnum):
    """By what a metric can be sliced."""

    DESK = "desk"
    CHANNEL = "channel"
    GROUP = "group"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """One part of all tickets, e.g. `Slice(Dimension.CHANNEL, "email")`; `None` means "not told"."""

    dimension: Dimension
    value: str | None
