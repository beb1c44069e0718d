"""What goes over the wire: the shapes of what Freshdesk answers, without any text of anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from bot.clocks import Moment

#: Conversations that are no message between a customer and an agent, though they may be public:
#: what somebody wrote into a survey, and what was forwarded to a third party.
SURVEY, FORWARDED = 6, 8


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Numbered(Wire):
    id: int


class Stats(Wire):
    """When what happened last. After a reopening nothing tells of the solve before it."""

    first_responded_at: Moment | None = None
    status_updated_at: Moment | None = None
    reopened_at: Moment | None = None
    resolved_at: Moment | None = None
    closed_at: Moment | None = None


class Requester(Wire):
    email: str | None = Field(None, repr=False)


class Dated(Numbered):
    """A ticket of a list from which no more is needed than that it is there."""

    status: int | None = None
    created_at: Moment
    updated_at: Moment


class Row(Dated):
    """A ticket, as a list gives it with `include=stats,requester`."""

    source: int | None = None
    priority: int | None = None
    group_id: int | None = None
    requester_id: int | None = None
    responder_id: int | None = None
    tags: Sequence[str] | None = None
    due_by: Moment | None = None
    fr_due_by: Moment | None = None
    is_escalated: bool | None = None
    fr_escalated: bool | None = None
    requester: Requester | None = None
    told_stats: Stats | None = Field(None, validation_alias="stats")

    @property
    def stats(self) -> Stats:
        return self.told_stats or Stats()

    @property
    def customer(self) -> str | None:
        """The address, which means the same customer at other desks too, or else the number."""
        address = (self.requester and self.requester.email) or ""
        if "@" in address:
            return address
        return None if self.requester_id is None else str(self.requester_id)


class Entry(Numbered):
    """A conversation: a reply or a note. Of its text only whether a merge wrote it is ever kept."""

    created_at: Moment
    user_id: int | None = None
    source: int | None = None
    incoming: bool | None = None
    private: bool | None = None
    merge_note: bool = False

    @property
    def is_message(self) -> bool:
        return not self.private and self.source not in (SURVEY, FORWARDED)

    @property
    def tells_of_a_merge(self) -> bool:
        return self.merge_note and not self.incoming


@cache
def entries(beginnings: tuple[str, ...]) -> type[RootModel[list[Any]]]:
    """The conversations of a ticket, with the beginnings of notes that a merge writes."""

    def is_merge_note(text: object) -> bool:
        return isinstance(text, str) and text.lstrip().startswith(beginnings)

    class Telling(Entry):
        merge_note: Annotated[bool, BeforeValidator(is_merge_note)] = Field(
            False,
            validation_alias="body_text",
        )

    class Entries(RootModel[list[Telling]]):
        pass

    return Entries


class Named(Numbered):
    name: str | None = None


class Group(Named):
    business_hour_id: int | None = None


class Contact(Wire):
    name: str | None = None
    email: str | None = Field(None, repr=False)


class Agent(Numbered):
    """`ticket_scope` 1 sees all tickets, 2 those of its groups, 3 its own."""

    contact: Contact | None = None
    ticket_scope: int | None = None


class TicketField(Wire):
    """A field of the ticket form; the choices of a status are its labels by its number."""

    type: str | None = None
    choices: Any = None

    @property
    def labels(self) -> Mapping[str, str]:
        choices = self.choices if isinstance(self.choices, Mapping) else {}
        return {str(number): label for number, told in choices.items() if (label := _label(told))}


def _label(told: object) -> str | None:
    """Agents are told the first of two labels, customers the other."""
    first = told[0] if isinstance(told, list) and told else told
    return first if isinstance(first, str) and first else None


class Rating(Numbered):
    """An answered survey."""

    ticket_id: int | None = None
    agent_id: int | None = None
    created_at: Moment
    updated_at: Moment | None = None
    ratings: Mapping[str, Any] | None = None

    @property
    def raw(self) -> int | None:
        """The answer to the survey's own question; those to others are no satisfaction."""
        told = (self.ratings or {}).get("default_question")
        return told if isinstance(told, int) else None

    @property
    def changed_at(self) -> datetime:
        return max(self.created_at, self.updated_at or self.created_at)


class _Newer(Wire):
    """What the newer surveys tell: some ids are texts there, others may be numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Bounds(_Newer):
    min: int | None = None
    max: int | None = None


class SurveyQuestion(_Newer):
    """A question, without its words; that for satisfaction is marked as such."""

    id: str | None = None
    question_identifier: str | None = None
    scale: Bounds | None = None

    @property
    def is_csat(self) -> bool:
        return (self.question_identifier or "").casefold() == "csat"


class Survey(_Newer):
    id: str
    questions: Sequence[SurveyQuestion] | None = None


def _number(told: object) -> object:
    """A number; what somebody wrote is none, and goes no further."""
    if isinstance(told, str) and told.isdecimal():
        return int(told)
    return told if isinstance(told, int) and not isinstance(told, bool) else None


class Reply(_Newer):
    question_id: str | None = None
    value: Annotated[int | None, BeforeValidator(_number)] = None


class Response(_Newer):
    """What somebody answered to a survey, and whether they came to its end."""

    id: str
    ticket_id: str | None = None
    agent_id: str | None = None
    status: str | None = None
    answers: Sequence[Reply] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None

    @property
    def is_complete(self) -> bool:
        return self.status is None or self.status.casefold() in ("complete", "completed")

    @property
    def changed_at(self) -> datetime | None:
        return self.updated_at or self.created_at


class Paging(_Newer):
    next: str | None = None


class _Paged(_Newer):
    paging: Paging | None = None

    @property
    def next(self) -> str | None:
        """The link to the page that follows."""
        return (self.paging and self.paging.next) or None


class Surveys(_Paged):
    data: Sequence[Survey] | None = None


class Responses(_Paged):
    data: Sequence[Response] | None = None


class Found(Wire):
    total: int


class Hours(Wire):
    """When a weekday begins and ends, such as 08:00:00 am."""

    start_time: str | None = None
    end_time: str | None = None


class Holiday(Wire):
    holiday_date: Annotated[str, BeforeValidator(str)] = ""


class Schedule(Named):
    """Business hours; a weekday that is missing is a day off."""

    time_zone: str | None = None
    is_default: bool | None = None
    business_hours: Mapping[str, Hours | None] | None = None
    list_of_holidays: Sequence[Holiday] | None = None


class Folder(Numbered):
    """A folder of articles, which may have others in it."""

    sub_folders_count: int | None = None


class Article(Numbered):
    """An article, and how often it was seen in all its languages since it was written."""

    hits: int | None = None
    created_at: Moment | None = None

    @property
    def views(self) -> int:
        return self.hits or 0

    def is_of(self, day: date) -> bool:
        """Whether it was written on that day, of UTC."""
        return self.created_at is not None and self.created_at.date() == day
