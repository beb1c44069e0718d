"""From a conversation and its parts to the facts of a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Any

from bot.domain import BusinessTimes, Removal, Status, Target, Ticket
from bot.helpdesks.intercom.names import Teammates, TeamNames
from bot.helpdesks.intercom.settings import CHANNELS, CLOSED, OPEN, PRIORITIES, SNOOZED, Settings
from bot.helpdesks.intercom.wire import Conversation, Part, Statistics
from bot.history import Assignment, Author, Event, Message, Move, StatusChange, fold
from bot.vocabulary import Vocabulary

#: What opens a conversation that was closed or snoozed (the conversation part model).
_OPENING = frozenset(
    {
        "open",
        "unsnoozed",
        "timer_unsnooze",
        "assign_and_reopen",
        "assign_and_unsnooze",
        "note_and_reopen",
    }
)

#: What is a message when it comes with a text or a file. Comments always are, notes never.
_MAY_SAY = frozenset(
    {
        "open",
        "close",
        "snoozed",
        "assignment",
        "assign_and_reopen",
        "assign_and_unsnooze",
        "quick_reply",
    }
)

#: What the history of a conversation ends with that was merged into another one.
_MERGED = "merged_secondary_conversation"

#: Who began: the contact, a teammate, or a bot or a campaign.
_BEGAN = {
    "customer_initiated": Author.CUSTOMER,
    "admin_initiated": Author.AGENT,
    "operator_initiated": Author.SYSTEM,
    "campaigns_initiated": Author.SYSTEM,
    "automated": Author.SYSTEM,
}

#: The ways in which a bot or a campaign begins; those without an answer are no contact.
OUTBOUND = sorted(word for word, by in _BEGAN.items() if by is Author.SYSTEM)


class Site:
    """What is known of a workspace beside its conversations."""

    def __init__(
        self, name: str, settings: Settings, teams: TeamNames, teammates: Teammates
    ) -> None:
        self.settings, self.teams, self.teammates = settings, teams, teammates
        states = {OPEN: Status.OPEN, CLOSED: Status.SOLVED, SNOOZED: settings.snoozed}
        self.states = Vocabulary(name, "status", states, Status.OPEN)
        self.channels = Vocabulary(name, "channel", CHANNELS, "other")
        self.priorities = Vocabulary(name, "priority", PRIORITIES, "other")


@dataclass(frozen=True)
class Story:
    """One conversation, with its parts where `site.settings.histories` asks for them."""

    row: Conversation
    site: Site
    status: Status = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", self.site.states.of(self.row.state))

    @property
    def is_merged(self) -> bool:
        """Whether another conversation goes on for it; it was closed by that."""
        return any(part.part_type == _MERGED for part in self.row.parts)

    @property
    def is_unanswered(self) -> bool:
        """Whether a bot or a campaign began it and no contact ever wrote.

        By the words by which a search leaves it out too, so that what is stored is what is counted.
        """
        row, source = self.row, self.row.source
        wrote = self._statistics.first_contact_reply_at or row.first_contact_reply
        return (
            source is not None
            and source.delivered_as in OUTBOUND
            and not wrote
            and not any(part.side is Author.CUSTOMER and _is_public(part) for part in row.parts)
        )

    @cached_property
    def opened_by(self) -> Author:
        source = self.row.source
        if source is None:
            return Author.CUSTOMER
        told = _BEGAN.get(source.delivered_as or "")
        if told is None:
            return source.author.side if source.author else Author.CUSTOMER
        return told

    def ticket(self) -> Ticket:
        row, site = self.row, self.site
        if self.is_merged:
            return tombstone(row.id, row.created_at, row.updated_at, Removal.MERGED)
        facts = self._facts()
        group = site.teams.name(row.team_assignee_id)
        tags = [tag.name for tag in (row.tags and row.tags.tags) or () if tag.name]
        groups = {group, *(stay.group for stay in facts.get("stays", ()))}
        return Ticket(
            id=row.id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            status=self.status,
            group=group,
            channel=_word(site.channels, row.source.type if row.source else None),
            priority=_word(site.priorities, row.priority),
            requester=self._requester(),
            targets=tuple(self._targets(facts)),
            handle=self._handle(),
            escalated=site.settings.is_escalated(tags, groups),
            complaint=site.settings.is_complaint(tags),
            business=self._business() if site.settings.own_business_times else None,
            **facts,
        )

    # --- from the statistics ---

    @cached_property
    def _statistics(self) -> Statistics:
        return self.row.statistics or Statistics()

    def _handle(self) -> timedelta | None:
        told = self._statistics
        active = self.site.settings.handling == "active"
        return _seconds(told.adjusted_handling_time if active else told.handling_time)

    def _business(self) -> BusinessTimes:
        told = self._statistics
        return BusinessTimes(
            first_reply=_seconds(told.time_to_admin_reply),
            first_resolution=_seconds(told.time_to_first_close),
            resolution=_seconds(told.time_to_last_close),
        )

    def _targets(self, facts: Mapping[str, Any]) -> Iterator[Target]:
        """The SLA as one target, which is decided when the conversation is closed.

        Intercom tells whether all its targets were hit, or any was missed, and no date by which
        something was due. One that was hit may still be missed while the conversation is open; of
        one that was missed nothing tells when. What was cancelled, or still runs, is no target.
        """
        promise = self.row.sla_applied
        closed_at = facts["last_solved_at"] if self.status.is_solved else None
        if promise is None or closed_at is None:
            return
        if promise.sla_status in ("hit", "missed"):
            kept_at = closed_at if promise.sla_status == "hit" else None
            yield Target(promise.sla_name or "SLA", closed_at, kept_at)

    # --- from the history ---

    def _facts(self) -> dict[str, Any]:
        if not self.site.settings.histories:
            return self._counted()
        facts = dict(fold(self.row.created_at, self.opened_by, self._events()))
        return facts | self._older(facts) if self.row.is_cut else facts

    def _counted(self) -> dict[str, Any]:
        """What Intercom's own statistics tell, all of it counted from the contact's first message."""
        told = self._statistics
        return {
            "first_reply_at": told.first_admin_reply_at,
            "first_solved_at": told.first_close_at,
            "last_solved_at": told.last_close_at,
            "solver": self._closer,
            "reopens": told.count_reopens or 0,
        }

    @property
    def _closer(self) -> str | None:
        """Who closed it last by the statistics, which tell a bot's id as they do a teammate's.

        Who is no teammate any more is known only by what they did in the history.
        """
        id_ = self._statistics.last_closed_by_id
        if id_ is None or any(part.agent == id_ for part in self.row.parts):
            return id_
        return id_ if self.site.teammates.has(id_) else None

    def _older(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What the statistics tell of the time before the newest 500 parts."""
        told = self._statistics
        firsts = {
            "first_reply_at": told.first_admin_reply_at,
            "first_solved_at": told.first_close_at,
        }
        older: dict[str, Any] = {
            name: at
            for name, at in firsts.items()
            if at is not None and (facts[name] is None or at < facts[name])
        }
        if "first_reply_at" in older:
            older["first_replier"] = None
        return older | {"reopens": max(facts["reopens"], told.count_reopens or 0)}

    @cached_property
    def _parts(self) -> list[Part]:
        return sorted(self.row.parts, key=lambda part: part.created_at)

    def _events(self) -> Iterator[Event]:
        yield from self._messages()
        yield from self._changes()
        yield from self._assignments()

    def _messages(self) -> Iterator[Message]:
        for part in self._parts:
            if _is_public(part):
                yield Message(part.created_at, part.side, part.agent)

    def _changes(self) -> Iterator[StatusChange]:
        state, at = Status.OPEN, self.row.created_at
        if self._awaits_an_answer():
            state = Status.PENDING
            yield StatusChange(at, Status.OPEN, state)
        for part in self._parts:
            following = self._after(part, state)
            if following is not state:
                yield StatusChange(part.created_at, state, following, part.agent)
                state, at = following, part.created_at
        yield from self._unseen(state, at)

    def _awaits_an_answer(self) -> bool:
        """Whether what we sent first lay closed until its contact answered; closed by nobody."""
        if self.opened_by is Author.CUSTOMER or self.row.is_cut:
            return False
        kinds = (part.part_type for part in self._parts)
        first = next(
            (kind for kind in kinds if kind in _OPENING or kind in ("close", "snoozed")), ""
        )
        return first in _OPENING or (not first and self.status.is_solved)

    def _after(self, part: Part, state: Status) -> Status:
        if part.part_type == "close":
            return Status.SOLVED
        if part.part_type == "snoozed":
            return self.site.settings.snoozed
        wrote = part.side is Author.CUSTOMER and _is_public(part)
        return Status.OPEN if wrote or part.part_type in _OPENING else state

    def _unseen(self, state: Status, at: datetime) -> Iterator[StatusChange]:
        """The change that no part told of, when the conversation stands otherwise than they say."""
        told = self._statistics
        closed_at = told.last_close_at
        never_closed = state is Status.PENDING and self.status.is_solved and closed_at is None
        if state is self.status or never_closed:
            return
        if self.status.is_solved and closed_at is not None and closed_at >= at:
            yield StatusChange(closed_at, state, self.status, self._closer)
        else:
            yield StatusChange(max(self._turned_at(), at), state, self.status)

    def _turned_at(self) -> datetime:
        """Since when the last parts say that it stands as it does; by none, its last change.

        That one wanders with each later change, so a part goes before it.
        """
        of_now = takewhile(lambda part: part.state == self.row.state, reversed(self._parts))
        return min((part.created_at for part in of_now), default=self.row.updated_at)

    def _assignments(self) -> Iterator[Event]:
        """A part without an assignee changed none; to be given to nobody, or to a bot, is no transfer.

        The team that it was first given to is the one that it came to.
        """
        owner = team = None
        for part in self._parts:
            to = part.assigned_to
            if to is None or to.id is None:
                continue
            if to.type == "team":
                if team is not None and team != to.id:
                    yield self._move(part.created_at, team, to.id)
                team = to.id
            elif to.type == "admin":
                yield Assignment(part.created_at, owner, to.id)
                owner = to.id
        # Of a part that gives it to a team and a teammate at once only the teammate is told.
        now = self.row.team_assignee_id
        if None not in (team, now) and team != now:
            yield self._move(self._statistics.last_assignment_at or self.row.updated_at, team, now)

    def _move(self, at: datetime, old: str | None, new: str | None) -> Move:
        return Move(at, self.site.teams.name(old), self.site.teams.name(new))

    # --- whose it is ---

    def _requester(self) -> str | None:
        """The address where the conversation tells it, or else the contact's id.

        Without histories it is always the id: what a teammate began tells no address then.
        """
        contacts = (self.row.contacts and self.row.contacts.contacts) or ()
        first = contacts[0].id if contacts else None
        source = self.row.source.author if self.row.source else None
        people = [*([source] if source else []), *(part.author for part in self.row.parts)]
        theirs = [one for one in people if one and one.side is Author.CUSTOMER]
        for person in theirs if self.site.settings.histories else ():
            if person.email and "@" in person.email and first in (None, person.id):
                return person.email
        return first or next((one.id for one in theirs), None)


def tombstone(id_: str, created_at: datetime, gone_at: datetime, removal: Removal) -> Ticket:
    """Tells that a conversation no longer counts."""
    return Ticket(id_, created_at, gone_at, Status.CLOSED, removal=removal)


def _is_public(part: Part) -> bool:
    says = part.has_text or part.has_files
    return part.part_type == "comment" or (says and part.part_type in _MAY_SAY)


def _word(words: Vocabulary[str], told: str | None) -> str | None:
    """What a word means; what is not told at all is no other word."""
    return words.of(told) if told else None


def _seconds(told: float | None) -> timedelta | None:
    return None if told is None else timedelta(seconds=told)
