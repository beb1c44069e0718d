"""From the audits of a ticket to its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain import Status, Target
from bot.helpdesks.zendesk.names import GroupNames, Team
from bot.helpdesks.zendesk.promises import Course, targets
from bot.helpdesks.zendesk.schedules import Schedules
from bot.helpdesks.zendesk.wire import SYSTEM, Audit, Chat, Event, Row
from bot.history import Assignment, Author, Facts, Message, Move, StatusChange, fold
from bot.history import Event as Happened
from bot.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a Zendesk beside its tickets."""

    statuses: Vocabulary[Status]
    groups: GroupNames
    team: Team
    schedules: Schedules


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket and its audits, in the order in which they were written."""

    row: Row
    audits: Sequence[Audit]
    site: Site
    handlers: frozenset[str] = field(init=False)
    opened_by: Author = field(init=False)
    messages: Sequence[Message] = field(init=False)

    def __post_init__(self) -> None:
        in_order = sorted(self.audits, key=lambda audit: (audit.created_at, audit.id))
        object.__setattr__(self, "audits", in_order)
        object.__setattr__(self, "handlers", frozenset(self._handlers()))
        opened_by, messages = self._opened()
        object.__setattr__(self, "opened_by", opened_by)
        object.__setattr__(self, "messages", messages)

    def facts(self) -> Facts:
        events: list[Happened] = [*self.messages, *self._status_changes()]
        events += [*self._assignments(), *self._moves()]
        return fold(self.row.created_at, self.opened_by, events)

    def targets(self, facts: Facts) -> tuple[Target, ...]:
        stands = self.site.statuses.of(self.row.status).is_solved
        course = Course(
            self.row.created_at,
            facts,
            self.messages,
            list(self._status_changes()),
            facts["last_solved_at"] if stands else None,
        )
        return tuple(targets(course, self.audits, self.site.schedules))

    # --- messages ---

    def _opened(self) -> tuple[Author, Sequence[Message]]:
        """Who opened it by a public message, and the messages after that one.

        A private note opens nothing: the first public message of an agent is a reply to it.
        """
        chatted = list(self._chatted())
        told = [
            self._message(audit, event)
            for audit in self.audits
            for event in audit.events
            if event.is_message and event.public
        ]
        told = sorted([*told, *chatted], key=lambda message: message.at)
        if told and (chatted or self._opens_in_public):
            return told[0].by, told[1:]
        return Author.SYSTEM, told

    @property
    def _opens_in_public(self) -> bool:
        return any(event.is_message and event.public for event in self.audits[0].events)

    def _message(self, audit: Audit, event: Event) -> Message:
        person = event.author_id or audit.author_id
        author = self._author(person)
        return Message(audit.created_at, author, person if author is Author.AGENT else None)

    def _chatted(self) -> Iterator[Message]:
        """What was written in a chat or a messaging conversation, which is no comment."""
        for audit in self.audits:
            for event in audit.events:
                if isinstance(event.value, Chat):
                    yield from self._of_chat(event.value)

    def _of_chat(self, chat: Chat) -> Iterator[Message]:
        by = {"agent": Author.AGENT, "end-user": Author.CUSTOMER}
        for one in chat.history or ():
            author = by.get(one.actor_type or "")
            if one.type == "ChatMessage" and author and one.timestamp:
                at = datetime.fromtimestamp(int(one.timestamp / 1000), UTC)
                known = author is Author.AGENT and self._is_agent(one.actor_id or "")
                yield Message(at, author, one.actor_id if known else None)

    # --- changes ---

    def _status_changes(self) -> Iterator[StatusChange]:
        status = Status.NEW
        for audit, event in self._changes("status"):
            if not isinstance(event.value, str) or event.value == "deleted":
                continue
            new = self.site.statuses.of(event.value)
            if new is not status:
                yield StatusChange(audit.created_at, status, new, self._agent(audit.author_id))
            status = new

    def _assignments(self) -> Iterator[Assignment]:
        owner: str | None = None
        for audit, event in self._changes("assignee_id"):
            if isinstance(event.value, str):
                yield Assignment(audit.created_at, owner, event.value)
                owner = event.value

    def _moves(self) -> Iterator[Move]:
        name = self.site.groups.of
        for audit, event in self._changes("group_id"):
            if event.type == "Change":
                old, new = (
                    one if isinstance(one, str) else None
                    for one in (event.previous_value, event.value)
                )
                yield Move(audit.created_at, name(old), name(new))

    def _changes(self, field_name: str) -> Iterator[tuple[Audit, Event]]:
        for audit in self.audits:
            for event in audit.events:
                if event.is_change and event.field_name == field_name:
                    yield audit, event

    # --- people ---

    def _author(self, person: str | None) -> Author:
        if person is None or person == SYSTEM:
            return Author.SYSTEM
        if person == self.row.requester_id:
            return Author.CUSTOMER
        return Author.AGENT if self._is_agent(person) else Author.CUSTOMER

    def _agent(self, person: str | None) -> str | None:
        """Who did what only agents can; `None` for Zendesk itself and for customers."""
        is_agent = person is not None and person != SYSTEM and self._is_agent(person)
        return person if is_agent else None

    def _is_agent(self, person: str) -> bool:
        return person in self.handlers or person in self.site.team.ids

    def _handlers(self) -> Iterator[str]:
        """Who had the ticket, or gave it to a person or a group: some may have left since."""
        for audit, event in self._changes("assignee_id"):
            yield from (one for one in (event.value, event.previous_value) if isinstance(one, str))
            if event.type == "Change" and not event.by_rule and audit.author_id:
                yield audit.author_id
        for audit, event in self._changes("group_id"):
            if event.type == "Change" and not event.by_rule and audit.author_id:
                yield audit.author_id
