"""Folds the events of one ticket into the facts that metrics count.

The rules are those of the catalogue (`bot/metrics`): a first reply is public and by a human agent,
an agent's opening message is not a reply, a run of customer messages is answered once, a ticket
counts as reopened as soon as it leaves a solved status. A help desk whose API gives a history
maps it to `Event`s and calls `fold`; one that gives the facts themselves does without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from bot.domain import Reopening, Response, Status, Stay, Stretch


class Author(StrEnum):
    """Who caused an event. Someone who was an agent when it happened stays one for that event."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Message:
    """A public message; `agent` is the id of the agent who wrote it.

    Private notes are not events: no metric counts them.
    """

    at: datetime
    by: Author
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The ticket went from one status to another; `agent` is the id of the agent who did it."""

    at: datetime
    old: Status
    new: Status
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The ticket was given to an agent. `old` is `None` when nobody had it before."""

    at: datetime
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """The ticket went from one group to another. `old` is `None` when it was in none before."""

    at: datetime
    old: str | None
    new: str | None


Event = Message | StatusChange | Assignment | Move

#: While a ticket stands so, its requester waits for us.
WAITING = frozenset({Status.NEW, Status.OPEN, Status.HOLD})


class Facts(TypedDict):
    """What `fold` finds; the keys are fields of `bot.domain.Ticket`."""

    first_reply_at: datetime | None
    first_replier: str | None
    first_solved_at: datetime | None
    last_solved_at: datetime | None
    solver: str | None
    agent_messages: int
    customer_messages: int
    agent_replies: int
    reopens: int
    transfers: int
    reopenings: tuple[Reopening, ...]
    responses: tuple[Response, ...]
    waits: tuple[Stretch, ...]
    requester_wait: timedelta | None
    stays: tuple[Stay, ...]


def fold(created_at: datetime, opened_by: Author, events: Iterable[Event]) -> Facts:
    """The facts of a ticket that was opened by `opened_by` at `created_at` and then had `events`.

    The opening message is not among the events. Events may come in any order; of two in the same
    second a customer's message is taken to come first.
    """
    facts = _Folding(created_at, opened_by)
    for event in sorted(events, key=_in_order):
        facts.add(event)
    return facts.result()


def _in_order(event: Event) -> tuple[datetime, int]:
    customer_first = isinstance(event, Message) and event.by is Author.CUSTOMER
    return event.at, 0 if customer_first else 1


class _Folding:
    """The state between two events."""

    def __init__(self, created_at: datetime, opened_by: Author) -> None:
        by_customer = opened_by is Author.CUSTOMER
        self._created_at = created_at
        self._asked_at = created_at if by_customer else None
        self._solved_at: datetime | None = None
        self._waiting_since: datetime | None = created_at
        self._waits: list[Stretch] = []
        self._facts = Facts(
            first_reply_at=None,
            first_replier=None,
            first_solved_at=None,
            last_solved_at=None,
            solver=None,
            agent_messages=1 if opened_by is Author.AGENT else 0,
            customer_messages=1 if by_customer else 0,
            agent_replies=0,
            reopens=0,
            transfers=0,
            reopenings=(),
            responses=(),
            waits=(),
            requester_wait=None,
            stays=(),
        )

    def add(self, event: Event) -> None:
        match event:
            case Message():
                self._message(event)
            case StatusChange():
                self._status(event)
            case Assignment():
                self._handed_over(event)
            case Move():
                self._handed_over(event)
                self._moved(event)

    def result(self) -> Facts:
        return self._facts

    def _handed_over(self, event: Assignment | Move) -> None:
        # The first assignment is no transfer, and taking somebody off is none either.
        if event.old is not None and event.new is not None and event.old != event.new:
            self._facts["transfers"] += 1

    def _moved(self, move: Move) -> None:
        stays = self._facts["stays"] or (Stay(self._created_at, move.old),)
        self._facts["stays"] = (*stays, Stay(move.at, move.new))

    def _message(self, message: Message) -> None:
        facts = self._facts
        if message.by is Author.CUSTOMER:
            facts["customer_messages"] += 1
            self._asked_at = self._asked_at or message.at
        elif message.by is Author.AGENT:
            facts["agent_messages"] += 1
            facts["agent_replies"] += 1
            if facts["first_reply_at"] is None:
                facts["first_reply_at"], facts["first_replier"] = message.at, message.agent
            if self._asked_at is not None:
                facts["responses"] += (Response(self._asked_at, message.at, message.agent),)
                self._asked_at = None

    def _status(self, change: StatusChange) -> None:
        facts = self._facts
        self._wait(change)
        if change.new.is_solved and not change.old.is_solved:
            facts["first_solved_at"] = facts["first_solved_at"] or change.at
            facts["last_solved_at"] = change.at
            facts["solver"] = change.agent
            facts["waits"] = tuple(self._waits)
            facts["requester_wait"] = sum((w.end - w.start for w in self._waits), timedelta(0))
            self._solved_at = change.at
        elif change.old.is_solved and not change.new.is_solved:
            facts["reopens"] += 1
            if self._solved_at is not None:
                facts["reopenings"] += (Reopening(self._solved_at, change.at),)
            self._solved_at = None

    def _wait(self, change: StatusChange) -> None:
        """Keeps the stretch in which the requester waited, when a change ends or begins one."""
        if change.new in WAITING:
            self._waiting_since = self._waiting_since or change.at
        elif self._waiting_since is not None:
            if self._waiting_since < change.at:
                self._waits.append(Stretch(self._waiting_since, change.at))
            self._waiting_since = None
