"""From a ticket's row, its message groups and its history to its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.domain import Removal, Status, Target, Ticket
from bot.helpdesks.liveagent.names import SYSTEM, Names
from bot.helpdesks.liveagent.settings import CHANNELS, STATUSES, Settings
from bot.helpdesks.liveagent.wire import Group, Promise, Row, Said, Spell
from bot.helpdesks.liveagent.zones import Zone
from bot.history import Assignment, Author, Event, Facts, Message, Move, StatusChange, fold
from bot.vocabulary import Vocabulary

#: What belongs together is dated within so long of each other.
AT_ONCE = timedelta(minutes=1)

#: Statuses of tickets that no longer count.
REMOVALS = {"X": Removal.DELETED, "B": Removal.SPAM}

# Types of message groups, by who speaks in them; the others are notes and things that were done.
_INCOMING = frozenset("35M")
_OUTGOING = frozenset("4")
_TALKS = frozenset("C6FWYAK7")
_CALL, _CALL_OUT, _MERGED, _DELETED, _RESOLVED = "P", "V", "2", "X", "R"
_CALLS = frozenset({_CALL, _CALL_OUT})

#: The channel of a chat to which an agent, or LiveAgent for them, invited a visitor.
_INVITATION = "I"

#: What became of a group: it was deleted, or came over from a ticket that was merged into this one.
_GONE = frozenset("DM")

#: Entries of a chat that somebody said: a text, or a file.
_SPOKEN = frozenset("MYF")

#: What the SLA times are called; the others by the vendor's words.
_PROMISES = {"first_answer": "first reply", "first_resolve": "resolution"}
_NEXT = "next_answer"


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a LiveAgent beside its tickets."""

    settings: Settings
    zone: Zone
    statuses: Vocabulary[Status]
    channels: Vocabulary[str]

    @classmethod
    def of(cls, name: str, settings: Settings) -> Site:
        return cls(
            settings,
            Zone(settings.zone),
            Vocabulary(name, "status", STATUSES | settings.statuses, Status.OPEN),
            Vocabulary(name, "channel", CHANNELS | settings.channels, "other"),
        )

    def ticket(self, row: Row, names: Names) -> Ticket:
        """What the row alone tells."""
        status = self.status(row.status)
        group = names.group(row.departmentid)
        tags = [names.tags.get(tag, tag) for tag in row.tags]
        return Ticket(
            id=row.id,
            created_at=self.zone.at(row.date_created),
            updated_at=self.zone.at(row.date_changed),
            status=status,
            group=group,
            channel=self.channels.of(row.channel_type) if row.channel_type else None,
            requester=row.requester,
            last_solved_at=self.zone.at_if(row.date_resolved) if status.is_solved else None,
            escalated=self.settings.is_escalated(tags, (group,)),
            complaint=self.settings.is_complaint(tags),
        )

    def status(self, letter: str | None) -> Status:
        return self.statuses.of(letter)

    def tombstone(self, row: Row, removal: Removal) -> Ticket:
        return Ticket(
            id=row.id,
            created_at=self.zone.at(row.date_created),
            updated_at=self.zone.at(row.date_changed),
            status=Status.CLOSED,
            removal=removal,
        )


def is_merged(groups: Sequence[Group]) -> bool:
    """Whether a deleted ticket was merged away: that, and not a deletion, was the last of it.

    Groups may come in either order, which also tells those of one second apart. What has no date
    is taken for older than what has one.
    """
    dates = [group.date for group in groups if group.date is not None]
    newest_first = bool(dates) and dates[0] > dates[-1]
    ends = [group for group in groups if group.type in (_MERGED, _DELETED)]
    ends = ends[::-1] if newest_first else ends
    ends.sort(key=lambda group: (group.date is not None, group.date))
    return bool(ends) and ends[-1].type == _MERGED


def colleagues(groups: Sequence[Group], spells: Sequence[Spell]) -> set[str]:
    """Everybody in a ticket's history who works there, or may do so.

    Who had it, or did what only agents do. In mails and chats both sides are: of several who wrote
    there nobody tells which one is the customer, a single one is taken for them.
    """
    both = _INCOMING | _TALKS | {_CALL}
    ours = {spell.agent_id for spell in spells}
    ours |= {group.userid for group in groups if (group.type or "") not in both}
    wrote = {group.userid for group in groups if (group.type or "") in both}
    wrote |= {one.userid for group in groups if (group.type or "") in both for one in group.said}
    wrote -= ours | {None, SYSTEM}
    return {one for one in ours | (wrote if len(wrote) > 1 else set()) if one}


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket with what happened to it."""

    row: Row
    groups: Sequence[Group]
    spells: Sequence[Spell]
    promises: Sequence[Promise]
    names: Names
    site: Site
    handlers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        had_it = {spell.agent_id for spell in self.spells if spell.agent_id}
        object.__setattr__(self, "handlers", frozenset(had_it) - self.names.bots)

    def ticket(self) -> Ticket:
        plain = self.site.ticket(self.row, self.names)
        opener, messages = self._opened(plain.created_at)
        events: list[Event] = [*messages, *self._changes(plain)]
        facts = fold(plain.created_at, opener, events)
        return Ticket(
            id=plain.id,
            created_at=plain.created_at,
            updated_at=plain.updated_at,
            status=plain.status,
            group=plain.group,
            channel=plain.channel,
            requester=plain.requester,
            targets=tuple(self._targets()),
            escalated=plain.escalated or self._was_escalated(facts),
            complaint=plain.complaint,
            **facts,
        )

    # --- messages ---

    def _opened(self, created: datetime) -> tuple[Author, list[Message]]:
        """Who opened the ticket, and the messages after the one that did."""
        told = sorted(self._messages(), key=lambda one: _customer_first(one[0]))
        if not told:
            return Author.SYSTEM, []
        (first, kind), messages = told[0], [message for message, _ in told]
        if self.row.channel_type == _INVITATION:
            return Author.AGENT, messages[first.by is not Author.CUSTOMER :]
        # Somebody who opens a chat or calls has contacted us before a word is said, so that the
        # greeting of an agent is a reply.
        is_greeting = kind in _TALKS | {_CALL} and first.by is Author.AGENT
        if first.at <= created + AT_ONCE and not is_greeting:
            return first.by, messages[1:]
        talks = any(group.type in _TALKS | {_CALL} for group in self.groups)
        return (Author.CUSTOMER if talks else Author.SYSTEM), messages

    def _messages(self) -> Iterator[tuple[Message, str]]:
        """Each message, and the type of its group."""
        merged = {group.id for group in self.groups if group.type == _MERGED and group.id}
        for group in self.groups:
            if group.status not in _GONE and group.parent_id not in merged:
                for message in self._said_in(group):
                    yield message, group.type or ""

    def _said_in(self, group: Group) -> Iterator[Message]:
        kind = group.type or ""
        if kind in _TALKS:
            yield from self._talk(group)
        elif group.date is None:
            return
        elif kind in _INCOMING:
            yield self._message(group.date, self._writer(group.userid), group.userid)
        elif kind in _OUTGOING:
            yield self._message(group.date, self._sender(group.userid), group.userid)
        elif kind in _CALLS:
            if kind == _CALL:
                yield Message(self._at(group.date), Author.CUSTOMER)
            yield from self._taken(group)

    def _talk(self, group: Group) -> Iterator[Message]:
        """Each thing that somebody said in a chat or a channel like it."""
        for one in group.said:
            date = one.datecreated or group.date
            if one.type in _SPOKEN and date is not None:
                person = one.userid or group.userid
                yield self._message(date, self._writer(person), person)

    def _taken(self, call: Group) -> Iterator[Message]:
        """A call is a reply once an agent appears in it: who only rang spoke to nobody."""
        taken = next((one for one in call.said if self._is_agents(one, call)), None)
        if taken is not None and taken.datecreated is not None:
            yield self._message(taken.datecreated, Author.AGENT, taken.userid)

    def _is_agents(self, one: Said, call: Group) -> bool:
        """Who calls out is an agent, also one who has left."""
        if one.datecreated is None or one.userid is None:
            return False
        is_callers = call.type == _CALL_OUT and one.userid == call.userid
        who = self._sender(one.userid) if is_callers else self._writer(one.userid)
        return who is Author.AGENT

    def _message(self, date: datetime, author: Author, person: str | None) -> Message:
        return Message(self._at(date), author, person if author is Author.AGENT else None)

    def _writer(self, person: str | None) -> Author:
        """Who that is, where both sides may have written."""
        if person is not None and self.names.is_machine(person):
            return Author.SYSTEM
        return Author.AGENT if self._is_agent(person) else Author.CUSTOMER

    def _sender(self, person: str | None) -> Author:
        """Who that is, where only our side writes: somebody who has left was an agent."""
        return Author.SYSTEM if self.names.is_machine(person) else Author.AGENT

    def _is_agent(self, person: str | None) -> bool:
        """The requester of a ticket is a customer there, also when they are an agent elsewhere."""
        if person is None or person == self.names.agent_of(self.row.owner_email):
            return False
        return person in self.names.agents or person in self.handlers

    # --- what was done ---

    def _changes(self, plain: Ticket) -> Iterator[Event]:
        spells = [spell for spell in self._in_order() if spell.status not in REMOVALS]
        yield from self._status_changes(plain, spells)
        yield from self._moves(spells)
        yield from self._assignments(spells)

    def _in_order(self) -> list[Spell]:
        """Oldest first; several that begin in the same second as they came, the last one lasting."""
        spells = [spell for spell in self.spells if spell.date_from is not None]
        if spells and self._since(spells[0]) > self._since(spells[-1]):
            spells.reverse()
        return sorted(spells, key=lambda spell: (self._since(spell), self._until(spell)))

    def _status_changes(self, plain: Ticket, spells: Sequence[Spell]) -> Iterator[StatusChange]:
        status, was_solved = Status.NEW, False
        for number, spell in enumerate(spells):
            new = self.site.status(spell.status)
            at = self._since(spell) if number else plain.created_at
            if new is not status:
                yield StatusChange(at, status, new, self._solver(at) if new.is_solved else None)
            status, was_solved = new, was_solved or new.is_solved
        if plain.last_solved_at is not None and not was_solved:
            # Solved before histories were kept.
            at = plain.last_solved_at
            yield StatusChange(at, status, plain.status, self._solver(at))

    def _moves(self, spells: Sequence[Spell]) -> Iterator[Move]:
        told = [spell for spell in spells if spell.department_id]
        for old, new in pairwise(told):
            if old.department_id != new.department_id:
                yield Move(self._since(new), self._group(old), self._group(new))

    def _assignments(self, spells: Sequence[Spell]) -> Iterator[Assignment]:
        """To be handed back and taken by somebody else is an assignment from one to the other."""
        owner: str | None = None
        for spell in spells:
            if spell.agent_id and spell.agent_id != owner:
                yield Assignment(self._since(spell), owner, spell.agent_id)
                owner = spell.agent_id

    def _group(self, spell: Spell) -> str | None:
        return self.names.group(spell.department_id, spell.department_name)

    def _solver(self, at: datetime) -> str | None:
        """Who resolved it then, if that was an agent and not a rule."""
        near = [
            (abs(self._at(group.date) - at), group.userid)
            for group in self.groups
            if group.type == _RESOLVED and group.date is not None
        ]
        apart, person = min(near, key=lambda one: one[0], default=(AT_ONCE, None))
        is_meant = apart < AT_ONCE and not self.names.is_machine(person)
        return person if is_meant and self._is_agent(person) else None

    def _was_escalated(self, facts: Facts) -> bool:
        return self.site.settings.is_escalated((), (stay.group for stay in facts["stays"]))

    # --- promises ---

    def _targets(self) -> Iterator[Target]:
        """The SLA times, in the order in which they began; of several alike each has a number."""
        seen: dict[str, int] = {}
        dated = [one for one in self.promises if one.date_due is not None]
        for one in sorted(dated, key=self._begun):
            kind = one.sla_type or "other"
            seen[kind] = seen.get(kind, 0) + 1
            due = self.site.zone.at_if(one.date_due)
            if due is not None:
                yield Target(_called(kind, seen[kind]), due, self.site.zone.at_if(one.date_closed))

    def _begun(self, one: Promise) -> tuple[datetime, str]:
        begun = one.date_created or one.date_due
        return (self._at(begun) if begun else _EVER), one.id or ""

    # --- moments ---

    def _at(self, date: datetime) -> datetime:
        return self.site.zone.at(date)

    def _since(self, spell: Spell) -> datetime:
        return self.site.zone.at_if(spell.date_from) or _EVER

    def _until(self, spell: Spell) -> datetime:
        return self.site.zone.at_if(spell.date_to) or _NEVER


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def _customer_first(message: Message) -> tuple[datetime, bool]:
    return message.at, message.by is not Author.CUSTOMER


def _called(kind: str, number: int) -> str:
    """What the target is called that is the `number`th of its kind in a ticket."""
    if kind == _NEXT:
        return f"next reply {number}"
    name = _PROMISES.get(kind, kind.replace("_", " "))
    return name if number == 1 else f"{name} {number}"
