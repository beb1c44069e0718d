"""What goes over the wire: the shapes of Zendesk's answers, as far as facts are made of them.

Subjects, texts and the names of customers are in none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

#: A ticket that was merged into another one is closed and has this tag. A follow-up inherits it.
MERGED = "closed_by_merge"

#: What Zendesk itself does has this author.
SYSTEM = "-1"


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True)


#: A list, or null where there is nothing. (A validator before it would make objects of all of it.)
Item = TypeVar("Item")
Some = list[Item] | None


class Meta(Wire):
    has_more: bool | None = None
    after_cursor: str | None = None


class Links(Wire):
    next: str | None = None


class Sheet(Wire):
    """A page of a list: of a cursor (`links.next`), or of numbered pages (`next_page`)."""

    meta: Meta | None = None
    links: Links | None = None
    next_page: str | None = None

    @property
    def follows(self) -> str | None:
        """The link to the next page, if there is one."""
        if self.meta is not None and self.meta.has_more is not None:
            return self.links.next if self.meta.has_more and self.links else None
        return self.next_page


# --- tickets ---


class Source(Wire):
    rel: str | None = None


class Via(Wire):
    channel: str | None = None
    source: Source | None = None


class CustomField(Wire):
    id: int
    value: Any = Field(None, repr=False)


class Found(Wire):
    """A ticket that a search found: the rest of it may be older than what lists tell."""

    id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None
    via: Via | None = None
    via_followup_source_id: str | None = None

    @property
    def is_follow_up(self) -> bool:
        """Whether it goes on with a closed ticket, whose tags it has then."""
        source = self.via.source if self.via else None
        rel = source.rel if source else None
        return rel == "follow_up" or self.via_followup_source_id is not None


class Row(Found):
    """A ticket as the export and lists give it."""

    generated_timestamp: int | None = None
    status: str | None = None
    priority: str | None = None
    group_id: str | None = None
    assignee_id: str | None = None
    requester_id: str | None = None
    tags: list[str] | None = None

    @property
    def is_deleted(self) -> bool:
        return self.status == "deleted"

    @property
    def looks_merged(self) -> bool:
        """Whether it is closed and has the tag, be it that it inherited it."""
        return self.status == "closed" and self.tags is not None and MERGED in self.tags

    @property
    def changed_at(self) -> datetime:
        """When it changed. A schedule that deletes tickets does not count as an update."""
        told = self.updated_at or self.created_at
        if not self.is_deleted or self.generated_timestamp is None:
            return told
        return max(told, datetime.fromtimestamp(self.generated_timestamp, UTC))

    def spent(self, _field: int | None) -> timedelta | None:
        """The time that agents noted on it; this shape has none."""
        return None


class TimedRow(Row):
    """A ticket with the fields that a site made for itself."""

    custom_fields: Some[CustomField] = None

    def spent(self, field: int | None) -> timedelta | None:
        told = next((one.value for one in self.custom_fields or () if one.id == field), None)
        try:
            seconds = float(told or 0)
        except (TypeError, ValueError):
            return None
        return timedelta(seconds=seconds) if seconds > 0 else None


#: A duration by "calendar" and by "business" time. There are five of them in a metric set, and a dict
#: is sooner made than a model.
Spread = dict[str, int | None]


class MetricSet(Wire):
    """What Zendesk itself measured of a ticket."""

    ticket_id: str
    solved_at: AwareDatetime | None = None
    assignee_stations: int | None = None
    group_stations: int | None = None
    reopens: int | None = None
    replies: int | None = None
    reply_time_in_minutes: Spread | None = None
    reply_time_in_seconds: Spread | None = None
    first_resolution_time_in_minutes: Spread | None = None
    full_resolution_time_in_minutes: Spread | None = None
    requester_wait_time_in_minutes: Spread | None = None


class Address(Wire):
    """Somebody, and the address by which they are the same at every desk."""

    id: str
    email: str | None = Field(None, repr=False)


class Tickets(Wire):
    tickets: Sequence[Row]
    metric_sets: Some[MetricSet] = None
    users: Some[Address] = None


class TimedTickets(Tickets):
    tickets: Sequence[TimedRow]


class Export(Tickets):
    """A page of the incremental export."""

    end_of_stream: bool
    after_cursor: str | None = None


class TimedExport(Export):
    tickets: Sequence[TimedRow]


class Search(Sheet):
    results: list[Found]
    count: int | None = None


class Count(Wire):
    count: int


# --- histories ---

#: The fields of promises (SLA) whose values are made facts of.
FIRST_REPLY, NEXT_REPLY = "first_reply_time", "next_reply_time"
WAIT, WORK = "requester_wait_time", "agent_work_time"
RESOLUTIONS = ("total_resolution_time", "resolution_time")
PROMISES = frozenset({FIRST_REPLY, NEXT_REPLY, WAIT, WORK, *RESOLUTIONS})

CHAT = "ChatStartedEvent"
_KEPT = PROMISES | {"status", "assignee_id", "group_id", "requester_id", CHAT}

#: A larger number of a chat's moment is one of milliseconds; as seconds it is beyond the year 5000.
_MILLISECONDS = 10**11


class Promise(Wire):
    """A target (SLA): within so many minutes, of business time or by the calendar."""

    minutes: float | None = None
    in_business_hours: bool | None = None


class Chatted(Wire):
    """One entry of a chat: a message, or that somebody came or went."""

    type: str | None = None
    actor_type: str | None = None
    actor_id: str | None = None
    timestamp: float | None = None
    """Milliseconds since 1970, or seconds."""

    @property
    def at(self) -> datetime | None:
        told = self.timestamp or 0
        try:
            return datetime.fromtimestamp(int(told / 1000 if told > _MILLISECONDS else told), UTC)
        except (OverflowError, OSError, ValueError):
            return None


class Chat(Wire):
    """What was written in a chat. Nobody documents it, so what cannot be read of it is left out."""

    history: list[Chatted] = []

    @field_validator("history", mode="before")
    @classmethod
    def _readable(cls, told: object) -> object:
        return [one for entry in told if (one := _read(entry))] if isinstance(told, list) else []


def _read(entry: object) -> Chatted | None:
    try:
        return Chatted.model_validate(entry)
    except ValidationError:
        return None


class Event(Wire):
    """Something that an update did. Of values only those are kept that facts are made of."""

    type: str | None = None
    field_name: str | None = None
    value: str | Promise | Chat | None = Field(None, union_mode="left_to_right")
    previous_value: str | Promise | Chat | None = Field(None, union_mode="left_to_right")
    public: bool | None = None
    author_id: str | None = None
    via: Via | None = None
    new_schedule_id: str | None = None

    @field_validator("value", "previous_value", mode="before")
    @classmethod
    def _needed(cls, value: object, info: ValidationInfo) -> object:
        told = info.data.get("field_name") or info.data.get("type")
        if told == "tags":
            tags = value.split() if isinstance(value, str) else value
            return MERGED if isinstance(tags, list) and MERGED in tags else None
        if told not in _KEPT or isinstance(value, list):
            return None
        if told == CHAT:
            return Chat.model_validate(value) if isinstance(value, dict) else None
        return Promise.model_validate(value) if isinstance(value, dict) else value

    @property
    def is_message(self) -> bool:
        return self.type in ("Comment", "VoiceComment")

    @property
    def is_change(self) -> bool:
        return self.type in ("Create", "Change")

    @property
    def by_rule(self) -> bool:
        """Whether a trigger or an automation did it within somebody's update."""
        return self.via is not None and self.via.channel == "rule"


class Audit(Wire):
    """One update of a ticket."""

    id: int
    created_at: AwareDatetime
    author_id: str | None = None
    told: Some[Event] = Field(None, validation_alias="events")

    @property
    def events(self) -> Sequence[Event]:
        return self.told or ()


class Audits(Sheet):
    audits: list[Audit]


# --- names ---


class Group(Wire):
    id: str
    name: str | None = None


class Groups(Sheet):
    groups: list[Group]


class Person(Wire):
    """Somebody who works there."""

    id: str | None = None
    name: str | None = None
    email: str | None = Field(None, repr=False)
    role: str | None = None


class People(Sheet):
    users: list[Person]


class Me(Wire):
    user: Person
