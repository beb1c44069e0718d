"""From a ticket, its times and its conversations to its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import Removal, Status, Target, Ticket
from bot.helpdesks.freshdesk.names import Site
from bot.helpdesks.freshdesk.settings import OUTBOUND_EMAIL
from bot.helpdesks.freshdesk.wire import Dated, Entry, Row
from bot.history import Author, Message, fold

#: What an agent writes to open a ticket may be taken for its first response within so long.
OPENING = timedelta(minutes=1)

#: While a ticket stands so, the clock of its promise is stopped.
PAUSED = frozenset({Status.PENDING, Status.HOLD})


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket, and its conversations where they were read."""

    row: Row
    entries: Sequence[Entry] | None
    site: Site

    def ticket(self) -> Ticket:
        row, status = self.row, self.site.status(self.row.status)
        facts = fold(row.created_at, self._opener, self._messages())
        if self.entries is None:
            facts["first_reply_at"] = self._first_response
            facts["agent_messages"] = facts["customer_messages"] = 0
        facts["last_solved_at"] = self._solved_at(status)
        facts["reopens"] = 0 if row.stats.reopened_at is None else 1
        if status.is_solved and row.responder_id is not None:
            facts["solver"] = str(row.responder_id)
        group, tags = self.site.group(row.group_id), row.tags or ()
        return Ticket(
            id=str(row.id),
            created_at=row.created_at,
            updated_at=row.updated_at,
            status=status,
            group=group,
            channel=self.site.channel(row.source),
            priority=self.site.priority(row.priority),
            requester=row.customer,
            escalated=self.site.settings.is_escalated(tags, [group]),
            complaint=self.site.settings.is_complaint(tags),
            targets=tuple(self._targets(status, facts["first_reply_at"])),
            removal=self._removal(status),
            **facts,
        )

    @property
    def _opener(self) -> Author:
        return Author.AGENT if self.row.source == OUTBOUND_EMAIL else Author.CUSTOMER

    def _messages(self) -> Iterator[Message]:
        """The public messages; whoever wrote one that is not incoming was an agent then."""
        for entry in self.entries or ():
            if not entry.is_message:
                continue
            if entry.incoming:
                yield Message(entry.created_at, Author.CUSTOMER)
            elif entry.user_id is not None:
                yield Message(entry.created_at, Author.AGENT, str(entry.user_id))

    @property
    def _first_response(self) -> datetime | None:
        """What Freshdesk takes for the first response, unless it may be what opened the ticket."""
        told = self.row.stats.first_responded_at
        if told is None or self._opener is Author.CUSTOMER:
            return told
        return told if told - self.row.created_at > OPENING else None

    def _solved_at(self, status: Status) -> datetime | None:
        """The last solve, which is a resolution, or the closing where there was none.

        A reopening takes both away. A status of the desk's own that counts as solved has neither,
        but the moment at which it began.
        """
        stats, reopened_at = self.row.stats, self.row.stats.reopened_at
        solves = [stats.resolved_at, stats.closed_at]
        if status.is_solved:
            solves.append(stats.status_updated_at)
        told = (at for at in solves if at is not None)
        return next((at for at in told if reopened_at is None or at >= reopened_at), None)

    def _targets(self, status: Status, replied_at: datetime | None) -> Iterator[Target]:
        """What was promised. Nobody waits for the first reply to what an agent began."""
        row = self.row
        is_stopped = status in PAUSED
        if row.fr_due_by is not None and self._opener is Author.CUSTOMER:
            done_at = replied_at or row.stats.first_responded_at
            # Solved without a reply, none is due any more; `fr_escalated` tells of one too late.
            is_due = not (is_stopped or status.is_solved)
            if done_at is not None or is_due or row.fr_escalated:
                yield Target("first reply", row.fr_due_by, done_at)
        # While the clock is stopped the date stands still too: only a breach of before counts.
        if row.due_by is not None and (row.is_escalated or not is_stopped):
            solved_at = self._solved_at(status) if status.is_solved else None
            yield Target("resolution", row.due_by, solved_at)

    def _removal(self, status: Status) -> Removal | None:
        """Of a merge only the note tells; what is deleted or spam is in lists of its own."""
        return Removal.MERGED if status.is_solved and self._was_merged() else None

    def _was_merged(self) -> bool:
        """Whether a merge closed it, and nobody opened it again since."""
        notes = [one.created_at for one in self.entries or () if one.tells_of_a_merge]
        reopened_at = self.row.stats.reopened_at
        return bool(notes) and (reopened_at is None or max(notes) >= reopened_at)


def tombstone(row: Dated, removal: Removal) -> Ticket:
    return Ticket(
        id=str(row.id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        status=Status.CLOSED,
        removal=removal,
    )
