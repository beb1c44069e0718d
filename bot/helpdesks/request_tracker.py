"""Request Tracker 5 (5.0.2 and later), read over its REST2 interface.

A first read walks the tickets by number; from then on the journal of transactions is followed by
their number, which tells of every change, deletions and merges included. Both go on from the
last number seen, never from a page number: a row that changes meanwhile is neither skipped nor
lost. Dates decide nothing there, because Request Tracker reads a date in the time zone of the
account (`_literal`). Subjects, texts, names and addresses are never asked for.

What a ticket's facts are made of:

* Its own transactions. Those of a duplicate that was merged into it stay with the duplicate,
  which is told as merged and no longer counts.
* A message by a requestor of the ticket is a customer's, also when they are an agent elsewhere.
  Anyone else is an agent when their account is privileged, or when they owned this ticket or
  changed its status, queue or owner: so who has left stays an agent where they worked. An account
  that may not see who is privileged takes everyone but the requestors for agents.
* A transfer is a change of queue, or of owner once there was one. To be handed back and taken
  by somebody else is a transfer too.
* A status `deleted` that was taken back leaves no trace.

What cannot be learned: tickets that somebody moved to a queue which the account cannot see, or
erased with rt-shredder, and tickets of a queue that it is newly allowed to see. The difference
in `count` tells.
"""

from __future__ import annotations

import json
import ssl
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from itertools import count
from typing import Annotated, Any, Generic, Self, TypeVar

import httpx
import stamina
import structlog
from pydantic import (
    AfterValidator,
    AliasGenerator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from bot.clock import Clock
from bot.domain import Fact, Removal, Status, Ticket, Window
from bot.errors import DeskMisunderstood, DeskRefused, DeskUnavailable
from bot.helpdesks import Capabilities, Cursor, DeskSettings, Page
from bot.history import Assignment, Author, Event, Message, StatusChange, fold

log = structlog.get_logger()

#: Request Tracker silently gives no more rows at once, whatever `per_page` says.
PAGE_SIZE = 100

#: The lifecycle that Request Tracker comes with. Deleted tickets are never told as tickets.
STATUSES = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "stalled": Status.HOLD,
    "resolved": Status.SOLVED,
    "rejected": Status.CLOSED,
}

#: The numbers at which Request Tracker's own labels of a priority begin.
PRIORITIES = {"low": 0, "medium": 50, "high": 100}

#: Tries of one request, and the longest wait in seconds that a desk may ask for in between.
TRIES = 4
LONGEST_WAIT = 60.0

#: How long it is remembered who is privileged.
PEOPLE_LAST = timedelta(hours=1)

#: A clock that differs more than this is worth a word in `check`.
CLOCKS_DIFFER = timedelta(minutes=2)

#: Time zones lie between these offsets from UTC.
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)

#: How many pages without a visible row are turned where rights are checked after paging.
PATIENCE = 20

#: The account that acts for Request Tracker itself; its number is fixed in the program.
RT_SYSTEM = 1

#: The number of the account "Nobody" in every usual installation, for when it cannot be asked.
NOBODY = 6

# A change of owner is also told as SetWatcher, a second time.
_FACTS = (
    "Type = 'Create' OR Type = 'Correspond' OR Type = 'Status'"
    " OR (Type = 'AddLink' AND Field = 'MergedInto')"
    " OR (Field = 'Owner' AND Type != 'SetWatcher')"
    " OR (Type = 'Set' AND Field = 'Queue')"
)
_CHANGES = (
    f"{_FACTS} OR (Type = 'Set' AND Field = 'Priority')"
    " OR (Field = 'Requestor' AND (Type = 'AddWatcher' OR Type = 'DelWatcher'))"
)
_REMOVALS = (
    "(Type = 'Status' AND NewValue = 'deleted') OR (Type = 'AddLink' AND Field = 'MergedInto')"
)


class Settings(DeskSettings):
    """What a Request Tracker can be told."""

    url: str = Field(description="Where Request Tracker is, e.g. https://rt.example.com/rt.")
    token: SecretStr = Field(
        description="An auth token of the bot's own account, which is privileged and has the "
        "rights SeeQueue and ShowTicket on the queues that count.",
    )
    queues: tuple[str, ...] = Field(
        (), description="Only these queues, by name. Without it, all that the account can see."
    )
    statuses: dict[str, Status] = Field(
        default_factory=dict,
        description="What the statuses of your own lifecycles mean: new, open, pending, hold, "
        "solved or closed.",
    )
    priorities: dict[str, int] = Field(
        default_factory=lambda: dict(PRIORITIES),
        description="The labels of priorities, each with the number at which it begins.",
    )
    overlap: timedelta = Field(
        timedelta(minutes=2),
        ge=timedelta(0),
        description="Changes younger than this are read again, for those that were being written.",
    )
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for one answer.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        try:
            parsed = httpx.URL(url.strip())
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError("an address begins with https:// and a host")
        return url.strip().rstrip("/").removesuffix("/REST/2.0")

    @field_validator("token")
    @classmethod
    def _sendable(cls, token: SecretStr) -> SecretStr:
        secret = token.get_secret_value().strip()
        if not secret or not secret.isascii() or not secret.isprintable():
            raise ValueError("a token looks like 1-23-4567abcd")
        return SecretStr(secret)

    @field_validator("queues", mode="before")
    @classmethod
    def _listed(cls, queues: object) -> object:
        """The environment gives one string: a JSON list, or names with commas between."""
        if not isinstance(queues, str):
            return queues
        if queues.lstrip().startswith("["):
            return json.loads(queues)
        return tuple(name.strip() for name in queues.split(",") if name.strip())


def open_desk(name: str, settings: Settings, clock: Clock) -> RequestTracker:
    """The Request Tracker that the user calls `name`."""
    return RequestTracker(name, settings, clock)


# --- what goes over the wire ---


def _told(value: object) -> object:
    """Request Tracker writes an empty string where there is nothing."""
    return None if value == "" else value


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_pascal),
        coerce_numbers_to_str=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class _Numbered(_Wire):
    id: int = Field(validation_alias="id")


class _Principal(_Numbered):
    """An account or a group of them."""


#: Always the same zone object, so that equal moments look equal too.
_Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
_Someone = Annotated[_Principal | None, BeforeValidator(_told)]


class _Queue(_Numbered):
    name: str | None = None


class _Created(_Numbered):
    created: _Moment


class _Row(_Created):
    """A ticket as a search gives it."""

    queue: _Queue
    status: str
    last_updated: _Moment
    priority: Annotated[str | None, BeforeValidator(_told)]
    requestor: Sequence[_Principal]
    creator: _Someone


class _Dates(_Created):
    last_updated: _Moment


class _Transaction(_Created):
    """An entry of a ticket's history."""

    object_id: int
    type: str = Field(validation_alias="Type")
    field: str
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


_Item = TypeVar("_Item", bound=_Numbered)
_Dated = TypeVar("_Dated", bound=_Created)
_Model = TypeVar("_Model", bound=BaseModel)


class _Sheet(BaseModel, Generic[_Item]):
    """One page of a search. `total` and `next_page` are missing where rows may be hidden."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    items: Sequence[_Item]
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
class _Search(Generic[_Item]):
    """Something to search for: where, what is told of each, and a condition that always holds."""

    path: str
    sheet: type[_Sheet[_Item]]
    asked: Mapping[str, str]
    always: str = ""


_TICKETS = _Search(
    "tickets",
    _Sheet[_Row],
    {
        "fields": "Queue,Status,Created,LastUpdated,Priority,Requestor,Creator",
        "fields[Queue]": "Name",
        "fields[Requestor]": "id",
        "fields[Creator]": "id",
    },
)
_DATES = _Search("tickets", _Sheet[_Dates], {"fields": "Created,LastUpdated"})
_TRANSACTIONS = _Search(
    "transactions",
    _Sheet[_Transaction],
    {
        "fields": "Type,Field,OldValue,NewValue,Creator,Created,ObjectId",
        "fields[Creator]": "id",
    },
    # Saying that they are of tickets lets the server check rights before it cuts pages.
    always="ObjectType = 'RT::Ticket' AND ",
)
_QUEUES = _Search("queues/all", _Sheet[_Queue], {"fields": "Name"})


class _Link(_Wire):
    ref: str = Field(validation_alias="ref")
    id: int | None = Field(None, validation_alias="id")


class _Card(_Wire):
    """What every privileged account is told of another one."""

    privileged: bool
    links: Sequence[_Link] = Field(validation_alias="_hyperlinks")

    @property
    def number(self) -> int | None:
        """The account's own, which only a superuser is told plainly."""
        return next((link.id for link in self.links if link.ref == "self"), None)


class _About(_Wire):
    version: str


# --- the connection ---


class _Passing(DeskUnavailable):
    """Worth another try, after `wait` seconds if the desk said so."""

    def __init__(
        self, message: str, hint: str = "", /, *, wait: float | None = None, **values: object
    ) -> None:
        super().__init__(message, hint, **values)
        self.wait = wait


class _Garbled(DeskMisunderstood):
    """Not JSON to its end: worth another try."""


class _Forbidden(DeskRefused):
    """The account lacks a right."""


class _NotThere(DeskRefused):
    """There is nothing at that address."""


def _worth_a_try(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds."""
    if isinstance(error, _Passing):
        if error.wait is None:
            return True
        return error.wait if error.wait <= LONGEST_WAIT else False
    return isinstance(error, _Garbled)


class _Web:
    """Asks Request Tracker; knows its refusals, and tries again what may pass. It only reads."""

    def __init__(self, name: str, settings: Settings) -> None:
        # What the errors name: the desk, and what the names of its settings begin with.
        self._names: dict[str, Any] = {
            "desk": name,
            "variable": f"DESKPULSE_DESKS__{name.upper()}__",
        }
        self._timeout = settings.timeout
        self._client = httpx.Client(
            base_url=f"{settings.url}/REST/2.0/",
            headers={
                "Authorization": f"token {settings.token.get_secret_value()}",
                "Accept": "application/json",
                "User-Agent": "deskpulse",
            },
            timeout=settings.timeout,
            verify=_certificates(),
            # The token goes to the address that the operator gave and to no other.
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: str | int) -> tuple[Any, datetime | None]:
        """The JSON at `path` and the desk's own time. Raises the three `DeskError`s."""
        for attempt in stamina.retry_context(
            on=_worth_a_try, attempts=TRIES, timeout=None, wait_initial=0.5, wait_max=10.0
        ):
            with attempt:
                return self._once(path, params)
        raise AssertionError("a retry ends with an answer or an error")

    def sheet(self, search: _Search[_Item], **params: str | int) -> _Sheet[_Item]:
        """A page of a search."""
        data, sent_at = self.get(search.path, per_page=PAGE_SIZE, **search.asked, **params)
        return self.read(search.sheet, data).model_copy(update={"sent_at": sent_at})

    def read(self, model: type[_Model], data: Any) -> _Model:
        """The answer as `model`; raises `DeskMisunderstood` naming the part that is not so."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            part = ".".join(str(step) for step in first["loc"]) or "it"
            raise DeskMisunderstood(
                "Help desk “{desk}” gave an answer in which “{part}” is missing or strange.",
                "Request Tracker 5.0.2 or later is needed; see what stands between it and "
                "deskpulse.",
                part=part,
                **self._names,
            ) from None

    def _once(self, path: str, params: Mapping[str, str | int]) -> tuple[Any, datetime | None]:
        try:
            answer = self._client.get(path, params=params)
        except httpx.TimeoutException:
            raise _Passing(
                "Help desk “{desk}” did not answer within {seconds} seconds.",
                "See whether it is busy, or give it longer with {variable}TIMEOUT.",
                seconds=f"{self._timeout:g}",
                **self._names,
            ) from None
        except httpx.RequestError:
            raise _Passing(
                "Help desk “{desk}” is out of reach or cut the line.",
                "See whether it runs and whether {variable}URL leads to it.",
                **self._names,
            ) from None
        self._accept(answer)
        return self._json(answer), _sent_at(answer)

    def _accept(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status == 429 or status >= 500:
            raise _Passing(
                "Help desk “{desk}” is busy or broken (HTTP {status}).",
                "It is asked again at the next sync; if that lasts, see its own log.",
                wait=_wait(answer),
                status=status,
                **self._names,
            )
        if status == 400:
            raise DeskMisunderstood(
                "Help desk “{desk}” does not understand a question of deskpulse (HTTP 400).",
                "Request Tracker 5.0.2 or later is needed.",
                **self._names,
            )
        if status == 401:
            raise DeskRefused(
                "Help desk “{desk}” does not accept the token (HTTP 401).",
                "Make a new one for the bot's account under Settings, Auth Tokens, and set "
                "{variable}TOKEN.",
                **self._names,
            )
        if status == 403:
            raise _Forbidden(
                "Help desk “{desk}” forbids the bot's account to read (HTTP 403).",
                "Let the account be granted rights (privileged), and give it SeeQueue and "
                "ShowTicket on the queues.",
                **self._names,
            )
        raise _NotThere(
            "Help desk “{desk}” has no Request Tracker at its address (HTTP {status}).",
            "Set {variable}URL to the address of its start page.",
            status=status,
            **self._names,
        )

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            pass
        if "json" in answer.headers.get("Content-Type", ""):
            raise _Garbled(
                "Help desk “{desk}” gave an answer that breaks off in the middle.",
                "It is asked again at the next sync; see what stands between it and deskpulse.",
                **self._names,
            )
        raise DeskMisunderstood(
            "Help desk “{desk}” gave a web page instead of data.",
            "Set {variable}URL to Request Tracker itself, not to a login page before it.",
            **self._names,
        )


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; read once, because that takes a tenth of a second."""
    return httpx.create_ssl_context()


def _sent_at(answer: httpx.Response) -> datetime | None:
    try:
        sent = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _wait(answer: httpx.Response) -> float | None:
    """Seconds from `Retry-After`; the other form of it, a date, counts as not told."""
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else None


# --- who is who ---


class _People:
    """Knows which accounts are privileged, that is: agents."""

    def __init__(self, web: _Web, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._privileged: dict[int, bool] = {}
        self._good_until: datetime | None = None

    def is_privileged(self, person: int) -> bool:
        """Whether that account is privileged; `True` where the bot's account may not know."""
        self._forget_when_old()
        if person not in self._privileged:
            self._privileged[person] = self._ask(str(person))
        return self._privileged[person]

    @cached_property
    def nobody(self) -> int:
        """The number of the account that owns what nobody owns."""
        try:
            return self._card("Nobody").number or NOBODY
        except (_Forbidden, _NotThere):
            return NOBODY

    def _ask(self, person: str) -> bool:
        try:
            return self._card(person).privileged
        except (_Forbidden, _NotThere):
            return True

    def _card(self, person: str) -> _Card:
        data, _ = self._web.get(f"user/{person}")
        return self._web.read(_Card, data)

    def _forget_when_old(self) -> None:
        now = self._clock.now()
        if self._good_until is None or now >= self._good_until:
            self._privileged.clear()
            self._good_until = now + PEOPLE_LAST


# --- from transactions to facts ---


class _Lifecycle:
    """What a site's statuses and priorities mean."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._name = name
        own = {status.casefold(): meaning for status, meaning in settings.statuses.items()}
        self._statuses = STATUSES | own
        self._priorities = sorted(settings.priorities.items(), key=lambda item: -item[1])

    def status(self, name: str | None) -> Status:
        """One that nobody explained counts as open; the log says so once."""
        known = self._statuses.get((name or "").casefold())
        if known is None:
            log.warning("status not explained, taken for open", desk=self._name, status=name)
            known = self._statuses[(name or "").casefold()] = Status.OPEN
        return known

    def priority(self, told: str | None) -> str | None:
        """A label; Request Tracker's own rule: the highest whose number is reached."""
        if told is None:
            return None
        try:
            number = int(told)
        except ValueError:
            return told.casefold()
        return next((label for label, least in self._priorities if number >= least), None)


@dataclass(frozen=True, slots=True)
class _Story:
    """One ticket and its transactions, in the order of their numbers."""

    row: _Row
    entries: Sequence[_Transaction]
    people: _People
    lifecycle: _Lifecycle
    requestors: frozenset[int] = field(init=False)
    handlers: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        requestors = frozenset(person.id for person in self.row.requestor)
        object.__setattr__(self, "requestors", requestors)
        object.__setattr__(self, "handlers", frozenset(self._handlers()) - requestors)

    def ticket(self) -> Ticket:
        row = self.row
        creator = row.creator.id if row.creator else RT_SYSTEM
        return Ticket(
            id=str(row.id),
            created_at=row.created,
            updated_at=row.last_updated,
            status=self.lifecycle.status(row.status),
            group=row.queue.name or str(row.queue.id),
            priority=self.lifecycle.priority(row.priority),
            requester=str(row.requestor[0].id) if row.requestor else None,
            **fold(row.created, self._author(creator), self._events(creator)),
        )

    def _events(self, creator: int) -> Iterator[Event]:
        yield from self._messages()
        yield from self._status_changes(creator)
        yield from self._assignments()

    def _messages(self) -> Iterator[Message]:
        for entry in self.entries:
            if entry.type == "Correspond":
                yield Message(entry.created, self._author(entry.by))

    def _status_changes(self, creator: int) -> Iterator[StatusChange]:
        changes = [entry for entry in self.entries if entry.type == "Status"]
        first = changes[0].old_value if changes else self.row.status
        status = self.lifecycle.status(first) if first != "deleted" else Status.NEW
        if status.is_solved:  # no transaction tells of a ticket that was solved as it was made
            yield StatusChange(self.row.created, Status.NEW, status, self._solver(creator))
        for change in changes:
            if change.is_deletion:
                continue
            old = (
                status if change.old_value == "deleted" else self.lifecycle.status(change.old_value)
            )
            status = self.lifecycle.status(change.new_value)
            if old is not status:
                yield StatusChange(change.created, old, status, self._solver(change.by))

    def _assignments(self) -> Iterator[Assignment]:
        nobody = str(self.people.nobody)
        owner: str | None = None
        for entry in self.entries:
            if entry.field == "Queue":
                yield Assignment(entry.created, entry.old_value, entry.new_value)
            elif entry.field == "Owner":
                owner = entry.old_value if entry.old_value != nobody else owner
                if entry.new_value != nobody:
                    yield Assignment(entry.created, owner, entry.new_value)
                    owner = entry.new_value

    def _author(self, person: int) -> Author:
        if person == RT_SYSTEM:
            return Author.SYSTEM
        if person in self.requestors:
            return Author.CUSTOMER
        return Author.AGENT if self._is_agent(person) else Author.CUSTOMER

    def _solver(self, person: int) -> str | None:
        return str(person) if person != RT_SYSTEM and self._is_agent(person) else None

    def _is_agent(self, person: int) -> bool:
        return person in self.handlers or self.people.is_privileged(person)

    def _handlers(self) -> Iterator[int]:
        """Who owned it or did what only an agent does; some may have lost the privilege since."""
        for entry in self.entries:
            if entry.type == "Status" or entry.field in ("Owner", "Queue"):
                yield entry.by
            if entry.field == "Owner":
                owners = (entry.old_value or "", entry.new_value or "")
                yield from (int(owner) for owner in owners if owner.isdecimal())


# --- the desk ---


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the stream stands.

    A first read has `since`: it walks tickets after number `ticket`, then removals after
    transaction `removal`. `changes` is the transaction after which the journal is followed.
    """

    changes: int | None = None
    since: datetime | None = None
    ticket: int | None = None
    removal: int | None = None

    @classmethod
    def of(cls, cursor: Cursor) -> _Place:
        try:
            since = cursor.get("since")
            numbers = {
                name: None if cursor.get(name) is None else int(cursor[name])
                for name in ("changes", "ticket", "removal")
            }
            place = cls(since=since and datetime.fromisoformat(since), **numbers)
        except (TypeError, ValueError):
            place = cls()
        if place.since is None and place.changes is None:
            raise DeskMisunderstood(
                "The stored position in a Request Tracker cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            )
        return place

    @property
    def cursor(self) -> Cursor:
        told = {
            "since": self.since.isoformat() if self.since else None,
            "ticket": self.ticket,
            "removal": self.removal,
            "changes": self.changes,
        }
        return {name: value for name, value in told.items() if value is not None}


class RequestTracker:
    """One Request Tracker, as `bot.helpdesks.HelpDesk` wants it."""

    capabilities = Capabilities(
        facts=frozenset(
            {
                Fact.GROUP,
                Fact.PRIORITY,
                Fact.SOLVES,
                Fact.SOLVER,
                Fact.REOPENS,
                Fact.FIRST_REPLY,
                Fact.REPLIES,
                Fact.RESPONSES,
                Fact.TRANSFERS,
            }
        ),
        counts=True,
    )

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._web = _Web(name, settings)
        self._people = _People(self._web, clock)
        self._lifecycle = _Lifecycle(name, settings)

    def close(self) -> None:
        self._web.close()

    def url(self, ticket_id: str) -> str:
        return f"{self._settings.url}/Ticket/Display.html?id={ticket_id}"

    def start(self, window: Window) -> Cursor:
        return _Place(since=window.start.astimezone(UTC)).cursor

    def tickets(self, since: Cursor) -> Iterator[Page]:
        """All tickets that changed since the cursor, and tombstones.

        A first read gives them in the order of their numbers, each once; after that they come in
        the order of their changes.
        """
        place = _Place.of(since)
        if place.changes is None:
            place = replace(place, changes=self._newest_settled())
        if place.since is not None:
            yield from self._first_read(place, since=place.since)
            yield Page((), _Place(changes=place.changes).cursor)
        yield from self._changed(place.changes or 0)

    def count(self, window: Window) -> int | None:
        """How many tickets created in `window` there are now.

        The server counts those of the inner days; near the ends, where it depends on a time zone
        that nobody tells which ticket a date means, each ticket is looked at.
        """
        whole = self._created_between(window.start + WESTMOST, window.end + EASTMOST)
        inner = window.start + EASTMOST, window.end + WESTMOST
        if inner[0] + (EASTMOST - WESTMOST) >= inner[1]:
            return self._looked_at(whole, window)
        known = self._sheet(_DATES, self._created_between(*inner)).total
        if known is None:
            return self._looked_at(whole, window)
        before = self._created_between(window.start + WESTMOST, inner[0])
        after = self._created_between(inner[1], window.end + EASTMOST)
        return self._looked_at(before, window) + known + self._looked_at(after, window)

    def check(self) -> Sequence[str]:
        data, sent_at = self._web.get("rt")
        facts = [f"Request Tracker {self._web.read(_About, data).version} answers."]
        queues = self._visible_queues()
        facts.append(f"Queues that count: {', '.join(sorted(queues))}.")
        facts.append(self._newest_change())
        if self._people_are_hidden():
            facts.append(
                "The bot's account is not privileged: everyone but the requestor of a ticket "
                "counts as an agent."
            )
        difference = (sent_at or self._clock.now()) - self._clock.now()
        if abs(difference) > CLOCKS_DIFFER:
            way = "ahead of" if difference > timedelta(0) else "behind"
            facts.append(f"Its clock is {_roughly(abs(difference))} {way} the clock here.")
        return facts

    # --- the stream ---

    def _first_read(self, place: _Place, since: datetime) -> Iterator[Page]:
        if place.removal is None:
            yield from self._walked(place, since)
        # A ticket that is known from an earlier read may be gone since.
        gone = (
            f"({_REMOVALS}) AND Created >= {_literal(since + WESTMOST)} AND id <= {place.changes}"
        )
        for sheet in self._sheets(_TRANSACTIONS, gone, place.removal or 0):
            place = replace(place, ticket=None, removal=sheet.items[-1].id)
            yield Page(self._touched(sheet.items), place.cursor)

    def _walked(self, place: _Place, since: datetime) -> Iterator[Page]:
        # Unsolved tickets count in the backlog, however long nobody has touched them.
        recent = f"LastUpdated >= {_literal(since + WESTMOST)}"
        condition = f"({recent} OR Status = '__Active__'){self._scope}"
        expected: int | None = None
        begun: datetime | None = None
        for sheet in self._sheets(_TICKETS, condition, place.ticket or 0):
            begun = begun or self._desk_time(sheet)
            rows = [row for row in sheet.items if row.last_updated >= since or self._is_open(row)]
            expected = sheet.total if expected is None else expected
            if expected is not None:
                expected -= len(sheet.items) - len(rows)
            place = replace(place, ticket=sheet.items[-1].id)
            yield Page(self._told(rows), place.cursor, expected)
            if self._is_young(sheet.items[-1], begun, sheet):
                return  # the journal tells of tickets made since

    def _is_open(self, row: _Row) -> bool:
        return not self._lifecycle.status(row.status).is_solved

    def _changed(self, after: int) -> Iterator[Page]:
        settled = read = after
        begun: datetime | None = None
        for sheet in self._sheets(_TRANSACTIONS, f"({_CHANGES})", after):
            begun = begun or self._desk_time(sheet)
            if settled == read:
                settled = self._settled(sheet, settled)
            read = sheet.items[-1].id
            yield Page(self._touched(sheet.items), _Place(changes=settled).cursor)
            if self._is_young(sheet.items[-1], begun, sheet):
                return  # where somebody is always at work, there would be no end

    def _settled(self, sheet: _Sheet[_Transaction], after: int) -> int:
        """The last transaction before which none can still appear.

        Numbers are given out before a transaction is written to its end, so a lower one may
        appear later than a higher one.
        """
        horizon = self._desk_time(sheet) - self._settings.overlap
        for entry in sheet.items:
            if self._is_young(entry, horizon, sheet):
                break
            after = entry.id
        return after

    def _newest_settled(self) -> int:
        below = ""
        while True:
            sheet = self._sheet(_TRANSACTIONS, f"id > 0{below} AND ({_CHANGES})", order="DESC")
            horizon = self._desk_time(sheet) - self._settings.overlap
            for entry in sheet.items:
                if not self._is_young(entry, horizon, sheet):
                    return entry.id
            if not sheet.items or sheet.is_all:
                return 0
            below = f" AND id < {sheet.items[-1].id}"

    def _desk_time(self, sheet: _Sheet[_Dated]) -> datetime:
        """Now, on the desk's own clock, as far as its answer tells."""
        newest = max((item.created for item in sheet.items), default=None)
        return sheet.sent_at or newest or self._clock.now()

    def _is_young(self, item: _Created, than: datetime, sheet: _Sheet[_Dated]) -> bool:
        """Whether it was made after that moment; what is dated in the future is wrong, not young."""
        return than < item.created <= self._desk_time(sheet) + self._settings.overlap

    # --- tickets ---

    def _told(self, rows: Sequence[_Row]) -> list[Ticket]:
        entries = self._entries(row.id for row in rows)
        return [self._story(row, entries[row.id]).ticket() for row in rows]

    def _touched(self, changes: Sequence[_Transaction]) -> list[Ticket]:
        """The tickets of these transactions, as they are now."""
        ids = list(dict.fromkeys(change.object_id for change in changes))
        chosen = " OR ".join(f"id = {ticket}" for ticket in ids)
        sheet = self._sheet(_TICKETS, f"({chosen}){self._scope}")
        rows = {row.id: row for row in sheet.items}
        entries = self._entries(ids)
        told = [
            self._story(rows[ticket], entries[ticket]).ticket()
            if ticket in rows
            else _tombstone(ticket, entries[ticket])
            for ticket in ids
        ]
        return [ticket for ticket in told if ticket is not None]

    def _story(self, row: _Row, entries: Sequence[_Transaction]) -> _Story:
        return _Story(row, entries, self._people, self._lifecycle)

    def _entries(self, tickets: Iterable[int]) -> dict[int, list[_Transaction]]:
        """The transactions of each ticket that facts are made of, asked for all at once."""
        entries: dict[int, list[_Transaction]] = defaultdict(list)
        chosen = " OR ".join(f"ObjectId = {ticket}" for ticket in tickets)
        if chosen:
            condition = f"({chosen}) AND ({_FACTS})"
            for sheet in self._sheets(_TRANSACTIONS, condition, 0):
                for entry in sheet.items:
                    entries[entry.object_id].append(entry)
        return entries

    # --- searches ---

    def _sheets(
        self, search: _Search[_Item], condition: str, after: int
    ) -> Iterator[_Sheet[_Item]]:
        """The pages of a search by number, from the one behind `after`, until an empty one.

        Short pages, a missing `next_page` and a missing total mean nothing: rows that the account
        may not see can be left out of a page.
        """
        while True:
            sheet = self._sheet(search, f"id > {after} AND {condition}")
            if not sheet.items:
                return
            if sheet.items[0].id <= after:
                raise DeskMisunderstood(
                    "Help desk “{desk}” does not heed what it is asked for.",
                    "Request Tracker 5.0.2 or later is needed.",
                    desk=self.name,
                )
            yield sheet
            if sheet.is_all:
                return
            after = sheet.items[-1].id

    def _sheet(
        self, search: _Search[_Item], condition: str, *, order: str = "ASC"
    ) -> _Sheet[_Item]:
        """The first page of a search by number that has a row; an empty one where none has."""
        query = search.always + condition
        for page in count(1):
            sheet = self._web.sheet(search, query=query, orderby="id", order=order, page=page)
            if sheet.items or not self._goes_on(sheet, page):
                return sheet
        raise AssertionError("pages end")

    def _goes_on(self, empty: _Sheet[_Item], page: int) -> bool:
        """Whether rows may follow an empty page. From 5.0.6 a page too far is given as the last."""
        if empty.page != page:
            return False
        if empty.next_page is not None:
            return True
        return empty.total is None and page < PATIENCE and self._rights_come_late

    @cached_property
    def _rights_come_late(self) -> bool:
        """Whether the site set `UseSQLForACLChecks` to 0; tickets then have no total either."""
        return self._web.sheet(_DATES, query="id > 0").total is None

    @cached_property
    def _scope(self) -> str:
        queues = [f"Queue = {_quoted(queue)}" for queue in self._settings.queues]
        return f" AND ({' OR '.join(queues)})" if queues else ""

    # --- counting and checking ---

    def _created_between(self, start: datetime, end: datetime) -> str:
        between = f"Created >= {_literal(start)} AND Created < {_literal(end)}"
        return f"{between}{self._scope}"

    def _looked_at(self, condition: str, window: Window) -> int:
        sheets = self._sheets(_DATES, condition, 0)
        return sum(row.created in window for sheet in sheets for row in sheet.items)

    def _visible_queues(self) -> list[str]:
        names: list[str] = []
        for page in count(1):
            sheet = self._web.sheet(_QUEUES, page=page)
            fresh = [queue.name or str(queue.id) for queue in sheet.items]
            if sheet.page != page or not set(fresh) - set(names):
                break
            names += fresh
        unseen = [queue for queue in self._settings.queues if queue not in names]
        if unseen or not names:
            raise DeskRefused(
                "Help desk “{desk}” does not show the queue “{queue}” to the bot's account."
                if unseen
                else "Help desk “{desk}” does not show any queue to the bot's account.",
                "Give the account SeeQueue and ShowTicket on it, or correct its name.",
                desk=self.name,
                queue=unseen[0] if unseen else "",
            )
        return list(self._settings.queues) or names

    def _newest_change(self) -> str:
        query = f"id > 0{self._scope}"
        sheet = self._web.sheet(_DATES, query=query, orderby="LastUpdated", order="DESC")
        if not sheet.items:
            return "There are no tickets that the bot's account can see."
        age = (sheet.sent_at or self._clock.now()) - sheet.items[0].last_updated
        return f"The newest change is {_roughly(age)} old."

    def _people_are_hidden(self) -> bool:
        try:
            self._web.get("user/Nobody")
        except (_Forbidden, _NotThere):
            return True
        return False


def _tombstone(ticket: int, entries: Sequence[_Transaction]) -> Ticket | None:
    """Tells that a ticket is gone, if its history says how; it may be a reminder or an approval."""
    merged = [entry for entry in entries if entry.is_merge]
    deleted = [entry for entry in entries if entry.is_deletion]
    moved = [entry for entry in entries if entry.field == "Queue"]
    ends = merged or deleted or moved
    if not ends:
        return None
    return Ticket(
        id=str(ticket),
        created_at=entries[0].created,
        updated_at=ends[-1].created,
        status=Status.CLOSED,
        removal=Removal.MERGED if merged else Removal.DELETED,
    )


def _literal(moment: datetime) -> str:
    """A date as Request Tracker takes it, quoted.

    It is read in the time zone of the account, or of the site, and no suffix changes that: `UTC`
    and `+00:00` are ignored, and with `Z` the time of day is dropped (Time::ParseDate leaves it,
    `RT::Date->Set`). So a date in a search is only ever a coarse bound with a day to spare.
    """
    return f"'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _roughly(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
