"""From the transactions of a ticket to its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain import Removal, Status, Target, Ticket
from bot.helpdesks.request_tracker.names import People, Queues
from bot.helpdesks.request_tracker.settings import STATUSES, Settings
from bot.helpdesks.request_tracker.wire import RT_SYSTEM, Row, Transaction
from bot.history import Assignment, Author, Event, Facts, Message, Move, StatusChange, fold
from bot.vocabulary import Vocabulary

#: What Request Tracker does because of a message happens within so long of it.
AT_ONCE = timedelta(minutes=1)


class Lifecycle:
    """What a site's statuses and priorities mean."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._statuses = Vocabulary(name, "status", STATUSES | settings.statuses, Status.OPEN)
        self._priorities = sorted(settings.priorities.items(), key=lambda item: -item[1])
        labels = {label: label for label in settings.priorities}
        self._labels = Vocabulary(name, "priority", labels, "other")

    def status(self, name: str | None) -> Status:
        """One that nobody explained counts as open."""
        return self._statuses.of(name)

    def priority(self, told: str | None) -> str | None:
        """A label; Request Tracker's own rule: the highest whose number is reached."""
        if told is None:
            return None
        try:
            number = int(told)
        except ValueError:
            return self._labels.of(told)
        return next((label for label, least in self._priorities if number >= least), None)


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a Request Tracker beside its tickets."""

    settings: Settings
    lifecycle: Lifecycle
    people: People
    queues: Queues


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket and its transactions, in the order of their numbers."""

    row: Row
    entries: Sequence[Transaction]
    site: Site
    requestors: frozenset[int] = field(init=False)
    handlers: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        requestors = frozenset(person.id for person in self.row.requestor)
        object.__setattr__(self, "requestors", requestors)
        object.__setattr__(self, "handlers", frozenset(self._handlers()) - requestors)

    def ticket(self) -> Ticket:
        row = self.row
        creator = row.creator.id if row.creator else RT_SYSTEM
        facts = fold(row.created, self._author(creator), self._events(creator))
        status = self.site.lifecycle.status(row.status)
        return Ticket(
            id=str(row.id),
            created_at=row.created,
            updated_at=row.last_updated,
            status=status,
            group=row.group,
            priority=self.site.lifecycle.priority(row.priority),
            requester=row.requestor[0].known_as if row.requestor else None,
            targets=tuple(self._targets(facts["last_solved_at"] if status.is_solved else None)),
            handle=row.handle,
            escalated=self._is_escalated(facts),
            **facts,
        )

    def agents(self) -> set[int]:
        """The accounts of those who worked on it."""
        wrote = {entry.by for entry in self.entries if self._is_reply(entry)}
        return (wrote | self.handlers) - {RT_SYSTEM, self.site.people.nobody}

    def _events(self, creator: int) -> Iterator[Event]:
        yield from self._messages()
        yield from self._status_changes(creator)
        yield from self._assignments()
        yield from self._moves()

    def _messages(self) -> Iterator[Message]:
        for entry in self.entries:
            if entry.type == "Correspond":
                author = self._author(entry.by)
                agent = str(entry.by) if author is Author.AGENT else None
                yield Message(entry.created, author, agent)

    def _status_changes(self, creator: int) -> Iterator[StatusChange]:
        changes = [entry for entry in self.entries if entry.type == "Status"]
        first = changes[0].old_value if changes else self.row.status
        lifecycle = self.site.lifecycle
        status = lifecycle.status(first) if first != "deleted" else Status.NEW
        if status is not Status.NEW:  # no transaction tells of what a ticket was made as
            yield StatusChange(self.row.created, Status.NEW, status, self._solver(creator))
        for change in changes:
            if change.is_deletion:
                continue
            old = status if change.old_value == "deleted" else lifecycle.status(change.old_value)
            status = lifecycle.status(change.new_value)
            if old is not status:
                yield StatusChange(change.created, old, status, self._solver(change.by))

    def _assignments(self) -> Iterator[Assignment]:
        nobody = str(self.site.people.nobody)
        owner: str | None = None
        for entry in self.entries:
            if entry.field == "Owner":
                owner = entry.old_value if entry.old_value != nobody else owner
                if entry.new_value != nobody:
                    yield Assignment(entry.created, owner, entry.new_value)
                    owner = entry.new_value

    def _moves(self) -> Iterator[Move]:
        for entry in self.entries:
            if entry.is_move:
                yield Move(
                    entry.created, self._queue(entry.old_value), self._queue(entry.new_value)
                )

    def _queue(self, number: str | None) -> str | None:
        if number == str(self.row.queue.id):
            return self.row.group  # as it is called now, whatever it was an hour ago
        return self.site.queues.name(number) if number else None

    def _targets(self, solved_at: datetime | None) -> Iterator[Target]:
        """What was promised by a date: the replies that kept a promise, and the date that stands.

        There is one date only. Where the service levels are set up, Request Tracker writes into it
        by when the customer is to hear from us, and takes that away, or puts the date of the
        resolution in its place, as soon as an agent replies.
        """
        replied_at: datetime | None = None
        replies = 0
        for entry in self.entries:
            if entry.by != RT_SYSTEM:
                replied_at = entry.created if self._is_reply(entry) else None
            elif entry.old_due and replied_at and entry.created - replied_at < AT_ONCE:
                replies += 1
                yield Target(f"reply {replies}", entry.old_due, replied_at)
        if self.row.due is not None:
            yield Target("resolution", self.row.due, solved_at)

    def _is_reply(self, entry: Transaction) -> bool:
        return entry.type == "Correspond" and self._author(entry.by) is Author.AGENT

    def _is_escalated(self, facts: Facts) -> bool:
        queues = {self.row.group, *(stay.group for stay in facts["stays"])}
        return self.site.settings.is_escalated((), queues)

    def _author(self, person: int) -> Author:
        if person == RT_SYSTEM:
            return Author.SYSTEM
        if person in self.requestors:
            return Author.CUSTOMER
        return Author.AGENT if self._is_agent(person) else Author.CUSTOMER

    def _solver(self, person: int) -> str | None:
        return str(person) if person != RT_SYSTEM and self._is_agent(person) else None

    def _is_agent(self, person: int) -> bool:
        return person in self.handlers or self.site.people.is_privileged(person)

    def _handlers(self) -> Iterator[int]:
        """Who owned it or did what only an agent does; some may have lost the privilege since."""
        for entry in self.entries:
            if entry.type == "Status" or entry.field in ("Owner", "Queue"):
                yield entry.by
            if entry.field == "Owner":
                owners = (entry.old_value or "", entry.new_value or "")
                yield from (int(owner) for owner in owners if owner.isdecimal())


def tombstone(ticket: int, entries: Sequence[Transaction]) -> Ticket | None:
    """Tells that a ticket is gone, if its history says how; it may be a reminder or an approval."""
    merged = [entry for entry in entries if entry.is_merge]
    deleted = [entry for entry in entries if entry.is_deletion]
    moved = [entry for entry in entries if entry.field == "Queue"]
    ends = merged or deleted or moved
    if not ends:
        return None
    removal = Removal.MERGED if merged else Removal.DELETED
    # Whoever moves a ticket elsewhere clears out no past: it is gone as if it had never been here.
    ended = ends[-1] if merged or deleted else entries[0]
    return _gone(ticket, entries[0].created, ended.created, removal)


def outsider(row: Row) -> Ticket:
    """Tells that a ticket does not count, because it is in a queue that was not named."""
    return _gone(row.id, row.created, row.created, Removal.DELETED)


def _gone(ticket: int, created_at: datetime, ended_at: datetime, removal: Removal) -> Ticket:
    return Ticket(
        id=str(ticket),
        created_at=created_at,
        updated_at=ended_at,
        status=Status.CLOSED,
        removal=removal,
    )
