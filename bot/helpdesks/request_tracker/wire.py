"""What goes over the wire: the searches, and the shape of what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    AliasGenerator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from bot.clocks import Moment

#: The account that acts for Request Tracker itself; its number is fixed in the program.
RT_SYSTEM = 1

#: What Request Tracker writes for a date that is not set begins so.
_UNSET = "1970-01-01"


def _told(value: object) -> object:
    """Request Tracker writes an empty string where there is nothing."""
    return None if value == "" else value


def _set(value: object) -> object:
    """A date that is not set is told as that of the epoch, or not at all."""
    return None if isinstance(value, str) and value.startswith((_UNSET, "0000")) else _told(value)


def _listed(value: object) -> object:
    """Nobody at all may be told as no list."""
    return value or ()


class Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_pascal),
        coerce_numbers_to_str=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class Numbered(Wire):
    id: int = Field(validation_alias="id")


class Principal(Numbered):
    """An account or a group of them."""


class Requestor(Principal):
    """One of those for whom a ticket is; an address is there where the account may see it."""

    email_address: Annotated[str | None, BeforeValidator(_told)] = Field(None, repr=False)

    @property
    def known_as(self) -> str:
        """The address, which means the same customer at other desks too, or else the number."""
        address = self.email_address or ""
        return address if "@" in address else str(self.id)


_Someone = Annotated[Principal | None, BeforeValidator(_told)]


class Queue(Numbered):
    name: str | None = None


class Created(Numbered):
    created: Moment


class Row(Created):
    """A ticket as a search gives it."""

    queue: Queue
    status: str
    last_updated: Moment
    priority: Annotated[str | None, BeforeValidator(_told)]
    requestor: Annotated[Sequence[Requestor], BeforeValidator(_listed)]
    creator: _Someone
    due: Annotated[Moment | None, BeforeValidator(_set)] = None
    time_worked: Annotated[int | None, BeforeValidator(_told)] = None

    @property
    def group(self) -> str:
        return self.queue.name or str(self.queue.id)

    @property
    def handle(self) -> timedelta | None:
        """The time that agents noted, in whole minutes; there is none where nobody does."""
        kept = self.time_worked or 0
        return timedelta(minutes=kept) if kept > 0 else None


class Dates(Created):
    last_updated: Moment


class Transaction(Created):
    """An entry of a ticket's history."""

    object_id: int
    type: str = Field(validation_alias="Type")
    field: Annotated[str | None, BeforeValidator(_told)]
    old_value: str | None
    new_value: str | None
    creator: _Someone

    @property
    def by(self) -> int:
        """The number of the account; where it is gone, the system's."""
        return self.creator.id if self.creator else RT_SYSTEM

    @property
    def is_merge(self) -> bool:
        """Whether its ticket was merged away; the surviving one has a like transaction."""
        target = (self.new_value or "").rpartition("/")[2]
        return self.field == "MergedInto" and target != str(self.object_id)

    @property
    def is_deletion(self) -> bool:
        return self.type == "Status" and self.new_value == "deleted"

    @property
    def is_move(self) -> bool:
        return self.type == "Set" and self.field == "Queue"

    @property
    def old_due(self) -> datetime | None:
        """The date by which something was to be done until this changed it; kept in UTC."""
        if self.type != "Set" or self.field != "Due" or _set(self.old_value or "") is None:
            return None
        try:
            return datetime.fromisoformat(self.old_value or "").replace(tzinfo=UTC)
        except ValueError:
            return None


Item = TypeVar("Item", bound=Numbered)
Dated = TypeVar("Dated", bound=Created)


class Sheet(BaseModel, Generic[Item]):
    """One page of a search. `total` and `next_page` are missing where rows may be hidden."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    items: Sequence[Item]
    count: int
    page: int
    total: int | None = None
    next_page: str | None = None
    sent_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.count != len(self.items):
            raise ValueError("some of its rows are missing")
        return self

    @property
    def is_all(self) -> bool:
        """Whether the search has no further rows; where it is not told, it is taken to have."""
        return self.total is not None and self.total <= len(self.items)


@dataclass(frozen=True, slots=True)
class Search(Generic[Item]):
    """Something to search for: where, what is told of each, and a condition that always holds."""

    path: str
    sheet: type[Sheet[Item]]
    asked: Mapping[str, str]
    always: str = ""


TICKETS = Search(
    "tickets",
    Sheet[Row],
    {
        "fields": "Queue,Status,Created,LastUpdated,Priority,Requestor,Creator,Due,TimeWorked",
        "fields[Queue]": "Name",
        "fields[Requestor]": "id,EmailAddress",
        "fields[Creator]": "id",
    },
)
DATES = Search("tickets", Sheet[Dates], {"fields": "Created,LastUpdated"})
TRANSACTIONS = Search(
    "transactions",
    Sheet[Transaction],
    {
        "fields": "Type,Field,OldValue,NewValue,Creator,Created,ObjectId",
        "fields[Creator]": "id",
    },
    # Saying that they are of tickets lets the server check rights before it cuts pages.
    always="ObjectType = 'RT::Ticket' AND ",
)
QUEUES = Search("queues/all", Sheet[Queue], {"fields": "Name"})


class Link(Wire):
    ref: str = Field(validation_alias="ref")
    id: int | None = Field(None, validation_alias="id")


class Card(Wire):
    """What every privileged account is told of another one."""

    privileged: bool
    name: Annotated[str | None, BeforeValidator(_told)] = None
    real_name: Annotated[str | None, BeforeValidator(_told)] = None
    email_address: Annotated[str | None, BeforeValidator(_told)] = Field(None, repr=False)
    links: Sequence[Link] = Field(validation_alias="_hyperlinks")

    @property
    def number(self) -> int | None:
        """The account's own, which only a superuser is told plainly."""
        return next((link.id for link in self.links if link.ref == "self"), None)


class About(Wire):
    version: str
