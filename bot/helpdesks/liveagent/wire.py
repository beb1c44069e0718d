"""What goes over the wire: the shapes of what comes back, as far as facts are made of it.

Subjects, texts and the names of customers have no place in them. Dates are told without a time
zone; `zones` says what moments they mean.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _told(value: object) -> object:
    """An empty string, or a date of zeros, is written where there is nothing."""
    return None if value == "" or (isinstance(value, str) and value.startswith("0000")) else value


def _ids(value: object) -> object:
    """Tags come as a list, in some answers as a string with commas between."""
    if isinstance(value, str):
        return [one for one in value.split(",") if one]
    return value or []


def _number(value: object) -> object:
    return value or 0


Date = Annotated[datetime | None, BeforeValidator(_told)]
Text = Annotated[str | None, BeforeValidator(_told)]
Number = Annotated[float, BeforeValidator(_number)]


class Wire(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True)


class Row(Wire):
    """A ticket as the list of API v3 gives it."""

    id: str
    status: Text = None
    channel_type: Text = None
    departmentid: Text = None
    tags: Annotated[list[str], BeforeValidator(_ids)] = []
    owner_email: Text = Field(None, repr=False)
    owner_contactid: Text = Field(None, repr=False)
    date_created: datetime
    date_changed: datetime
    date_resolved: Date = None

    @property
    def requester(self) -> str | None:
        """The address, which means the same customer at other desks too, or else the contact."""
        address = self.owner_email or ""
        return address if "@" in address else self.owner_contactid


class Said(Wire):
    """One entry of a message group."""

    userid: Text = None
    type: Text = None
    datecreated: Date = None


class Group(Wire):
    """A message group: an e-mail, a chat, a note, or something that was done to the ticket."""

    id: Text = None
    parent_id: Text = None
    userid: Text = None
    type: Text = None
    status: Text = None
    datecreated: Date = None
    messages: list[Said] | None = None

    @property
    def said(self) -> list[Said]:
        return self.messages or []

    @property
    def date(self) -> datetime | None:
        """When it was made, or else the first thing in it."""
        return self.datecreated or next((one.datecreated for one in self.said), None)


class Spell(Wire):
    """A stretch of a ticket's history in which its status, department and agent stayed the same."""

    status: Text = None
    department_id: Text = None
    department_name: Text = None
    agent_id: Text = None
    date_from: Date = None
    date_to: Date = None


class Promise(Wire):
    """An SLA time of a ticket."""

    id: Text = None
    sla_type: Text = None
    date_created: Date = None
    date_due: Date = None
    date_closed: Date = None


class Person(Wire):
    """An agent, also one who has left (status X)."""

    id: str
    name: Text = None
    email: Text = Field(None, repr=False)


class Department(Wire):
    department_id: str
    name: Text = None


class Tag(Wire):
    id: str
    name: Text = None


class Interval(Wire):
    start: Text = None
    end: Text = None


class Opening(Wire):
    """The business hours of an SLA level."""

    timezone: Text = None
    monday: Interval | None = None
    tuesday: Interval | None = None
    wednesday: Interval | None = None
    thursday: Interval | None = None
    friday: Interval | None = None
    saturday: Interval | None = None
    sunday: Interval | None = None
    exclude_holidays: list[str] | None = None


class Level(Wire):
    """An SLA level."""

    name: Text = None
    business_hours: Opening | None = None


class Setting(Wire):
    name: Text = None
    value: Text = None


def _named(*names: str) -> Any:
    """API v3 writes calls in camel case, though its documentation has them with underscores."""
    return AliasChoices(*names)


class CallRow(Wire):
    """A call as the list of API v3 gives it; `type` is I, O or T (internal)."""

    id: str
    ticket: Text = Field(None, validation_alias=_named("ticketId", "ticket_id"))
    type: Text = None
    created: Date = Field(None, validation_alias=_named("dateCreated", "date_created"))
    answered: Date = Field(None, validation_alias=_named("dateAnswered", "date_answered"))
    finished: Date = Field(None, validation_alias=_named("dateFinished", "date_finished"))


class Rank(Wire):
    """A rating in the ranking report of API v1."""

    id: Text = None
    word: Text = Field(None, validation_alias="rankingType")
    datecreated: Date = None
    conversationid: Text = None
    agent_email: Text = Field(None, validation_alias="agentEmail", repr=False)


class Ranks(Wire):
    ranks: list[Rank]


class RankAnswer(Wire):
    response: Ranks


class Tally(Wire):
    """An agent in the agent report of API v1: sums only, for averages cannot be added."""

    calls: Number = 0


class Tallies(Wire):
    agents: list[Tally]


class TallyAnswer(Wire):
    response: Tallies
