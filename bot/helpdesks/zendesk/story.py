"""From the audits of a ticket to its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain import Status, Target
from bot.helpdesks.zendesk.names import GroupNames, Team
from bot.helpdesks.zendesk.promises import Course, targets
from bot.helpdesks.zendesk.schedules import Schedules
from bot.helpdesks.zendesk.wire import MERGED, SYSTEM, Audit, Chat, Event, Row
from bot.history import Assignment, Author, Facts, Message, Move, StatusChange, fold
from bot.history import Event as Happened
from bot.vocabulary import Vocabulary

#: A chat may make its ticket only when it ends; what seems to be said sooner is not understood.
CHATTED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a Zendesk beside its tickets."""

    statuses: Vocabulary[Status]
    groups: GroupNames
    team: Team
    schedules: Schedules


def was_merged(audits: Sequence[Audit]) -> bool:
    """Whether a closed ticket with the tag of merged ones was merged: a follow-up inherits that tag.

    A merge adds the tag where it is not yet there, and closes what was not solved before.
    """
    changes = [event for audit in audits for event in audit.events if event.is_change]
    tagged = any(
        event.type == "Change" and event.value == MERGED and event.previous_value != MERGED
        for event in changes
        if event.field_name == "tags"
    )
    statuses = [event.value for event in changes if event.field_name == "status"]
    return tagged or ("closed" in statuses and "solved" not in statuses)


def authors(row: Row, audits: Sequence[Audit]) -> set[str]:
    """Whoever wrote in a ticket or changed it, but for its requester and Zendesk itself."""
    told = {audit.author_id for audit in audits}
    told |= {event.author_id for audit in audits for event in audit.events if event.is_message}
    return {one for one in told - {row.requester_id, SYSTEM} if one}


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket and its audits, in the order in which they were written."""

    row: Row
    audits: Sequence[Audit]
    site: Site
    requesters: frozenset[str] = field(init=False)
    handlers: frozenset[str] = field(init=False)
    opened_by: Author = field(init=False)
    messages: Sequence[Message] = field(init=False)

    def __post_init__(self) -> None:
        in_order = sorted(self.audits, key=lambda audit: (audit.created_at, audit.id))
        object.__setattr__(self, "audits", in_order)
        object.__setattr__(self, "requesters", frozenset(self._requesters()))
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
        for one in chat.history:
            at = one.at
            if one.type != "ChatMessage" or at is None:
                continue
            if at < self.row.created_at - CHATTED_BEFORE:
                continue
            person = (one.actor_id or "").rpartition(":")[2]
            if one.actor_type == "end-user":
                yield Message(at, Author.CUSTOMER)
            elif one.actor_type == "agent" and not self._is_machine(one.actor_id, person):
                known = self._is_agent(person)
                yield Message(at, Author.AGENT, person if known else None)

    def _is_machine(self, told: str | None, person: str) -> bool:
        """Whether an agent of a chat is a bot: people have numbers, as in `agent:360000000000`."""
        if self.site.team.is_bot(person) or self.site.team.is_bot(told or ""):
            return True
        return bool(person) and not person.isdecimal() and not self._is_agent(person)

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
            if isinstance(event.value, str) and event.value:
                yield Assignment(audit.created_at, owner, event.value)
                owner = event.value

    def _moves(self) -> Iterator[Move]:
        name = self.site.groups.of
        for audit, event in self._changes("group_id"):
            if event.type == "Change":
                # To be in no group may be told as an empty text.
                old, new = (
                    one or None if isinstance(one, str) else None
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
        if self.site.team.is_bot(person):
            return Author.SYSTEM
        return Author.AGENT if self._is_agent(person) else Author.CUSTOMER

    def _agent(self, person: str | None) -> str | None:
        """Who did what only agents can; `None` for Zendesk itself, bots and customers."""
        return person if self._author(person) is Author.AGENT else None

    def _is_agent(self, person: str) -> bool:
        return person in self.handlers or person in self.site.team.ids

    def _requesters(self) -> Iterator[str]:
        """Whose ticket it is, or was before it was said to be somebody else's."""
        yield from self._named_in("requester_id")
        if self.row.requester_id:
            yield self.row.requester_id

    def _named_in(self, field_name: str) -> Iterator[str]:
        """Whoever stood in that field."""
        for _, event in self._changes(field_name):
            for one in (event.value, event.previous_value):
                if isinstance(one, str) and one:
                    yield one

    def _handlers(self) -> Iterator[str]:
        """Who had the ticket, or did to it what only agents do: some may have left since."""
        yield from self._named_in("assignee_id")
        for audit in self.audits:
            for event in audit.events:
                person = event.author_id or audit.author_id if event.is_message else audit.author_id
                if person and person != SYSTEM and self._is_work(event, person):
                    yield person

    def _is_work(self, event: Event, person: str) -> bool:
        """Whether that is an agent's: a private note, or a change that no rule made.

        Whoever replies in copy opens the ticket again, so that to open it is nobody's work; a
        customer can do more to a ticket that is or was their own.
        """
        if event.is_message:
            return event.public is False and person not in self.requesters
        if event.type != "Change" or event.by_rule:
            return False
        if event.field_name in ("assignee_id", "group_id"):
            return True
        is_changed = event.field_name == "priority"
        is_changed |= event.field_name == "status" and event.value != "open"
        return is_changed and person not in self.requesters
