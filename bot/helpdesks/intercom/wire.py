"""What goes over the wire: the shapes of Intercom's API, of which no text of anybody is kept.

They follow its OpenAPI descriptions 2.14 to 2.16 (github.com/intercom/Intercom-OpenAPI).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.clocks import Moment
from bot.history import Author

#: Nobody is told as 0 by some versions, as null by others.
_Someone = Annotated[str | None, BeforeValidator(lambda told: told or None)]

#: Of a longer history only so many entries are told, the newest.
MOST_PARTS = 500

#: Whether there is a text, or a file; they themselves go no further.
_IsThere = Annotated[bool, BeforeValidator(bool)]


class Wire(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True)


class Reference(Wire):
    """Somebody or something, by its id: an admin, a team, a bot, a contact, or nobody."""

    type: str | None = None
    id: str | None = None


class Person(Reference):
    """Who wrote something."""

    email: str | None = Field(None, repr=False)
    from_ai_agent: bool | None = None

    @property
    def side(self) -> Author:
        """Bots and teams are nobody's reply; what the AI agent writes is told in either way."""
        if self.type in ("user", "lead", "contact", "visitor"):
            return Author.CUSTOMER
        is_human = self.type == "admin" and not self.from_ai_agent
        return Author.AGENT if is_human else Author.SYSTEM


class Source(Wire):
    """How a conversation began."""

    type: str | None = None
    delivered_as: str | None = None
    author: Person | None = None


class Contacts(Wire):
    contacts: Sequence[Reference] | None = None


class Tag(Wire):
    name: str | None = None


class Tags(Wire):
    tags: Sequence[Tag] | None = None


class Rated(Wire):
    """What a contact was asked; the remark is never read."""

    rating: int | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    teammate: Reference | None = None


class Promise(Wire):
    """The state of an SLA over all its targets."""

    sla_name: str | None = None
    sla_status: str | None = None


class Statistics(Wire):
    """What Intercom counts itself: moments, and durations in seconds of its office hours."""

    first_contact_reply_at: Moment | None = None
    first_admin_reply_at: Moment | None = None
    last_admin_reply_at: Moment | None = None
    first_close_at: Moment | None = None
    last_close_at: Moment | None = None
    last_assignment_at: Moment | None = None
    last_closed_by_id: _Someone = None
    count_reopens: int | None = None
    time_to_admin_reply: float | None = None
    time_to_first_close: float | None = None
    time_to_last_close: float | None = None
    handling_time: float | None = None
    adjusted_handling_time: float | None = None


class Part(Wire):
    """One entry of a conversation's history."""

    part_type: str | None = None
    created_at: Moment
    author: Person | None = None
    assigned_to: Reference | None = None
    has_text: _IsThere = Field(False, validation_alias="body")
    has_files: _IsThere = Field(False, validation_alias="attachments")
    state: str | None = None

    @property
    def side(self) -> Author:
        return self.author.side if self.author else Author.SYSTEM

    @property
    def agent(self) -> str | None:
        """The id of the teammate who did it."""
        return self.author.id if self.author and self.side is Author.AGENT else None


class Parts(Wire):
    """The newest 500 at most; `total_count` tells of how many."""

    conversation_parts: Sequence[Part] | None = None
    total_count: int | None = None


class Reply(Wire):
    created_at: Moment | None = None


class Conversation(Wire):
    """A conversation, as a search gives it, or by itself with its parts."""

    id: str
    created_at: Moment
    updated_at: Moment
    state: str | None = None
    priority: str | None = None
    team_assignee_id: _Someone = None
    source: Source | None = None
    contacts: Contacts | None = None
    tags: Tags | None = None
    first_contact_reply: Reply | None = None
    conversation_rating: Rated | None = None
    sla_applied: Promise | None = None
    statistics: Statistics | None = None
    conversation_parts: Parts | None = None

    @property
    def parts(self) -> Sequence[Part]:
        return (self.conversation_parts and self.conversation_parts.conversation_parts) or ()

    @property
    def is_cut(self) -> bool:
        """Whether the oldest entries of its history are missing."""
        total = self.conversation_parts.total_count if self.conversation_parts else None
        return (total or 0) > len(self.parts) >= MOST_PARTS


class Next(Wire):
    starting_after: str | None = None


class Pages(Wire):
    """Where the next page is: a token in searches, a link or nothing elsewhere."""

    next: Next | str | None = None
    total_pages: int | None = None

    @property
    def token(self) -> str | None:
        return self.next.starting_after if isinstance(self.next, Next) else None

    def is_last(self, page: int) -> bool:
        """Whether no page follows that one; a page too far may be given as the last one."""
        return self.total_pages is not None and page >= self.total_pages


class Sheet(Wire):
    """A page of a search, and how many rows the whole search has."""

    conversations: Sequence[Conversation] | None = None
    total_count: int | None = None
    pages: Pages | None = None

    @property
    def token(self) -> str | None:
        """What leads to the next page; the last one has none."""
        return self.pages.token if self.pages else None


class Gone(Wire):
    id: str
    deleted_at: Moment | None = None


class Deletions(Wire):
    conversations: Sequence[Gone] | None = None
    pages: Pages | None = None


class Workspace(Wire):
    id_code: str | None = None
    name: str | None = None
    region: str | None = None
    timezone: str | None = None


class Me(Wire):
    """Whose token it is, and of which workspace."""

    name: str | None = None
    app: Workspace | None = None


class Teammate(Wire):
    id: str
    name: str | None = None
    email: str | None = Field(None, repr=False)


class Teammates(Wire):
    admins: Sequence[Teammate] | None = None


class Team(Wire):
    id: str
    name: str | None = None


class Teams(Wire):
    teams: Sequence[Team] | None = None


class Interval(Wire):
    """Minutes from Monday 0:00, or from midnight of an exception's date."""

    start_minute: int
    end_minute: int


class Schedule(Wire):
    id: str
    name: str | None = None
    time_zone_name: str | None = None
    time_intervals: Sequence[Interval] | None = None
    twenty_four_seven: bool | None = None


class Schedules(Wire):
    data: Sequence[Schedule] | None = None


class Exceptional(Wire):
    exception_date: date
    time_intervals: Sequence[Interval] | None = None
    recurring_annually: bool | None = None


class Exceptionals(Wire):
    data: Sequence[Exceptional] | None = None


class Call(Wire):
    id: str
    admin_id: _Someone = None
    direction: str | None = None
    initiated_at: Moment | None = None
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Calls(Wire):
    data: Sequence[Call] | None = None
    pages: Pages | None = None


class Views(Wire):
    views: int | None = None


class Article(Wire):
    id: str
    created_at: Moment | None = None
    statistics: Views | None = None

    @property
    def views(self) -> int | None:
        return self.statistics.views if self.statistics else None

    def is_of_the_day(self, now: datetime) -> bool:
        """Whether it was written on the present day of a time zone."""
        at = self.created_at
        return at is not None and at.astimezone(now.tzinfo).date() == now.date()


class Articles(Wire):
    data: Sequence[Article] | None = None
    pages: Pages | None = None
