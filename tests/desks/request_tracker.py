"""A simulated Request Tracker 5: its REST2 rules, with tickets kept in memory.

The rules are those of a live 5.0.3 of Debian 12 and of the sources of 5.0.2 to 6.0
(`lib/RT/REST2`, `lib/RT/Transactions.pm`, `lib/RT/Date.pm`): what it gives, hides, clamps, leaves
out and misreads. Searches are answered from indexes, and of a desk that is merely filled each row is
made up when it is looked at, so that 250,000 tickets are no burden.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Generic, TypeVar, overload

from bot.clock import Clock
from bot.domain import Removal, Status
from tests.desks.history import (
    AGENTS,
    GROUPS,
    Assigned,
    Became,
    Contract,
    Happening,
    Moved,
    Noted,
    Opened,
    Prioritised,
    Promised,
    Removed,
    Tagged,
    Wrote,
)
from tests.desks.history import (
    address as address_of_agent,
)
from tests.desks.ticket_sql import TICKET_COLUMNS, TRANSACTION_COLUMNS, Query, parsed
from tests.desks.wire import SUBJECT, Asked, Limit, Told

TOKEN = "1-37-14a6f3816e378b4a"

DEBIAN = "5.0.3+dfsg-3~deb12u6"
OLD = "5.0.3"
CLAMPING = "5.0.6"

RT_SYSTEM, NOBODY = 1, 6
ANNA, BEN, EVA = 29, 31, 33
CUSTOMER, OTHER_CUSTOMER = 41, 43

UNSET = "1970-01-01T00:00:00Z"

#: Without a login one is sent to a page for people.
_LOGIN = Told(
    f"<html><title>Login</title>{SUBJECT}</html>".encode(),
    302,
    {"Location": "http://elsewhere.invalid/NoAuth/Login.html"},
    "text/html",
)


@dataclass
class Ticket:
    """A row of Tickets."""

    id: int
    queue: str
    creator: int
    created: datetime
    updated: datetime
    requestors: list[int]
    status: str = "new"
    owner: int = NOBODY
    priority: int | str = 0
    type: str = "ticket"
    effective: int = 0
    due: datetime | None = None
    worked: int = 0
    """Minutes."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A row of Transactions."""

    id: int
    ticket: int
    type: str
    by: int
    created: datetime
    field: str = ""
    old: str = ""
    new: str = ""


_Row = TypeVar("_Row", Ticket, Transaction)


@dataclass
class Table(Generic[_Row]):
    """The rows of a table, which are numbered from 1.

    The first so many may be `plain`: made up by `make` each time that they are looked at, unless
    something happened to them.
    """

    make: Callable[[int], _Row]
    plain: int = 0
    _own: dict[int, _Row] = field(default_factory=dict)
    _last: int = 0

    def __len__(self) -> int:
        return max(self.plain, self._last)

    def __contains__(self, number: int) -> bool:
        return 1 <= number <= len(self)

    def __getitem__(self, number: int) -> _Row:
        return self._own[number] if number in self._own else self.make(number)

    def __iter__(self) -> Iterator[_Row]:
        return self.after(0)

    def after(self, number: int) -> Iterator[_Row]:
        """Those with a higher number, from the lowest on."""
        return (self[one] for one in range(number + 1, len(self) + 1))

    def backwards(self) -> Iterator[_Row]:
        return (self[one] for one in range(len(self), 0, -1))

    def add(self, row: _Row) -> None:
        self._own[row.id] = row
        self._last = max(self._last, row.id)

    def changing(self, number: int) -> _Row:
        """The row, kept from now on."""
        return self._own.setdefault(number, self[number])


@dataclass(frozen=True, slots=True)
class _Rows(Sequence[Ticket]):
    """Tickets by their numbers, each looked up when it is wanted."""

    numbers: Sequence[int]
    table: Table[Ticket]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Ticket: ...
    @overload
    def __getitem__(self, index: slice) -> _Rows: ...
    def __getitem__(self, index: int | slice) -> Ticket | _Rows:
        if isinstance(index, slice):
            return _Rows(self.numbers[index], self.table)
        return self.table[self.numbers[index]]


@dataclass(frozen=True, slots=True)
class _Found(Generic[_Row]):
    """The rows of a search before a page is cut, and which of them may be seen."""

    rows: Iterable[_Row]
    sees: Callable[[_Row], bool]
    tells_total: bool


def _as_it_is(answer: Any) -> Any:
    return answer


def half_page(answer: Any) -> Any:
    """Half of the rows are missing, though their count is told."""
    items = answer.get("items", [])
    return answer | {"items": items[: len(items) // 2]}


def without_dates(answer: Any) -> Any:
    """Rows as another version might tell them."""
    items = [{"id": row["id"], "Subject": SUBJECT} for row in answer.get("items", [])]
    return answer | {"items": items}


@dataclass
class Site:
    """A Request Tracker with its tickets, its accounts and the rights of the one that asks.

    `clock` is the site's own. `zone` is the one in which it reads the dates of that account.
    With `acl_in_sql` off, rights are checked only after a page is cut (`UseSQLForACLChecks`).
    """

    clock: Clock
    version: str = DEBIAN
    zone: str = "America/New_York"
    superuser: bool = False
    privileged: bool = True
    acl_in_sql: bool = True
    queues: dict[str, int] = field(
        default_factory=lambda: {"General": 1, "Billing": 3, "Personnel": 4}
    )
    visible: set[str] = field(default_factory=lambda: {"General", "Billing"})
    agents: set[int] = field(default_factory=lambda: {ANNA, BEN, EVA})
    real_names: dict[int, str] = field(default_factory=dict)
    addresses: dict[int, str] = field(default_factory=dict)
    shows_addresses: bool = True
    page: int | None = None
    """No more rows at once, however many are asked for."""
    lag: timedelta = timedelta(0)
    """So long after its date every second transaction is there for others to read."""
    unwritten: set[int] = field(default_factory=set)
    """Transactions that have their number but are not yet there for others to read."""
    altered: Callable[[Any], Any] = _as_it_is
    """What becomes of an answer on its way."""

    def __post_init__(self) -> None:
        self.tickets = Table(self._plain_ticket)
        self.transactions = Table(self._plain_transaction)
        self._notes: dict[int, list[int]] = {}
        self._filled_at = self.clock.now()
        self._found: dict[tuple[str, int], list[int]] = {}
        self._bare: set[int] = set()
        self._dated: datetime | None = None

    # --- what people do ---

    def create(
        self,
        *,
        by: int = CUSTOMER,
        queue: str = "General",
        requestors: Sequence[int] = (CUSTOMER,),
        type: str = "ticket",  # noqa: A002  Request Tracker's name
        **given: Any,
    ) -> int:
        """Opens a ticket; its number."""
        now, number = self._now(), len(self.tickets) + 1
        ticket = Ticket(number, queue, by, now, now, list(requestors), type=type, **given)
        ticket.effective = number
        self.tickets.add(ticket)
        self._note(number, "Create", by)
        return number

    def reply(self, ticket: int, by: int = ANNA, *, minutes: int = 0) -> None:
        self.tickets.changing(ticket).worked += minutes
        self._note(ticket, "Correspond", by)
        self._note(ticket, "EmailRecord", RT_SYSTEM)
        if self.tickets[ticket].status in ("resolved", "rejected"):
            self.status(ticket, "open", RT_SYSTEM)

    def comment(self, ticket: int, by: int = ANNA, *, minutes: int = 0) -> None:
        """The minutes are added up without a transaction of their own."""
        self.tickets.changing(ticket).worked += minutes
        self._note(ticket, "Comment", by)

    def work(self, ticket: int, minutes: int, by: int = ANNA) -> None:
        """Sets the minutes worked in all."""
        row = self.tickets.changing(ticket)
        old, row.worked = row.worked, minutes
        self._note(ticket, "Set", by, "TimeWorked", str(old), str(minutes))

    def promise(self, ticket: int, due: datetime | None, by: int = ANNA) -> None:
        """Sets the date Due; Request Tracker itself does so by the service levels."""
        row = self.tickets.changing(ticket)
        old, row.due = row.due, due
        self._note(ticket, "Set", by, "Due", _kept(old), _kept(due))

    def status(self, ticket: int, status: str, by: int = ANNA) -> None:
        row = self.tickets.changing(ticket)
        old, row.status = row.status, status
        self._note(ticket, "Status", by, "Status", old, status)

    def own(self, ticket: int, owner: int, by: int = ANNA) -> None:
        row = self.tickets.changing(ticket)
        old, row.owner = row.owner, owner
        for kind in ("Set", "SetWatcher"):
            self._note(ticket, kind, by, "Owner", str(old), str(owner))

    def move(self, ticket: int, queue: str, by: int = ANNA) -> None:
        row = self.tickets.changing(ticket)
        old, row.queue = row.queue, queue
        self._note(ticket, "Set", by, "Queue", str(self.queues[old]), str(self.queues[queue]))

    def hurry(self, ticket: int, priority: int | str, by: int = ANNA) -> None:
        row = self.tickets.changing(ticket)
        old, row.priority = row.priority, priority
        self._note(ticket, "Set", by, "Priority", str(old), str(priority))

    def merge(self, ticket: int, into: int, by: int = ANNA) -> None:
        self.tickets.changing(ticket).effective = into
        for touched in (ticket, into):
            link = f"fsck.com-rt://example.invalid/ticket/{into}"
            self._note(touched, "AddLink", by, "MergedInto", "", link)

    def fill(self, tickets: int) -> None:
        """So many tickets, one a minute until now, each of which was solved at once."""
        self._filled_at = self.clock.now()
        self.tickets.plain, self.transactions.plain = tickets, 2 * tickets

    def strange(self, ticket: int) -> None:
        """A status and a priority that nobody has heard of; there are no channels."""
        self.status(ticket, "puzzling")
        self.hurry(ticket, "Blazing")

    def bare(self, ticket: int) -> None:
        """Nothing is told of it that need not be, as of accounts and queues that are gone."""
        self._bare.add(ticket)

    @contextmanager
    def dated(self, moment: datetime) -> Iterator[None]:
        """What happens in the block has that date."""
        self._dated = moment
        yield
        self._dated = None

    def _now(self) -> datetime:
        return self._dated or self.clock.now()

    def _note(
        self, ticket: int, kind: str, by: int, name: str = "", old: str = "", new: str = ""
    ) -> None:
        number, now = len(self.transactions) + 1, self._now()
        self.transactions.add(Transaction(number, ticket, kind, by, now, name, old, new))
        self._notes.setdefault(ticket, []).append(number)
        self.tickets.changing(ticket).updated = now

    def _plain_ticket(self, number: int) -> Ticket:
        at = self._filled_at - timedelta(minutes=self.tickets.plain - number)
        ticket = Ticket(number, "General", CUSTOMER, at, at, [CUSTOMER], "resolved")
        ticket.effective = number
        return ticket

    def _plain_transaction(self, number: int) -> Transaction:
        ticket, is_second = (number + 1) // 2, number % 2 == 0
        at = self._filled_at - timedelta(minutes=self.tickets.plain - ticket)
        if is_second:
            return Transaction(number, ticket, "Status", ANNA, at, "Status", "new", "resolved")
        return Transaction(number, ticket, "Create", CUSTOMER, at)

    # --- what it answers ---

    def answer(self, asked: Asked) -> Told:
        below = asked.path.removeprefix("/REST/2.0/")
        if below == asked.path:
            return _LOGIN
        if asked.headers.get("authorization") != f"token {TOKEN}":
            return Told({"message": SUBJECT}, 401)
        status, told = self.found(below, asked.params)
        return Told(self.altered(told), status)

    def found(self, path: str, params: Mapping[str, str]) -> tuple[int, Any]:
        """The status and the JSON for a path below /REST/2.0/."""
        if path == "rt":
            return 200, {"Version": self.version, "Plugins": []}
        if path == "queues/all":
            return 200, self._queues(params)
        if path.startswith("user/"):
            return self._user(path.removeprefix("user/"))
        try:
            found = self._found_by(path, params)
        except SyntaxError as error:
            return 400, {"message": f"{error} at Tickets.pm line 3187.\n"}
        return (200, found) if found is not None else (404, {"message": "Not Found"})

    def _found_by(self, path: str, params: Mapping[str, str]) -> Any:
        if path == "tickets":
            return self._search(params, self._tickets(params), self._ticket_fields)
        if path == "transactions":
            return self._search(params, self._transactions(params), self._transaction_fields)
        return None

    def sees(self, ticket: Ticket) -> bool:
        return self.superuser or ticket.queue in self.visible

    def address(self, number: int) -> str:
        return self.addresses.get(number) or address(number)

    def _user(self, name: str) -> tuple[int, Any]:
        if not self.privileged:
            return 403, {"message": "Forbidden"}
        number = NOBODY if name == "Nobody" else int(name)
        return 200, {
            "Name": f"user{number}",
            "RealName": self.real_names.get(number),
            "EmailAddress": self.address(number),
            "Privileged": int(number in self.agents),
            "_hyperlinks": [
                {"ref": "history", "_url": "x"},
                {"ref": "self", "type": "user", "id": number, "_url": "x"},
            ],
        }

    def _queues(self, params: Mapping[str, str]) -> Any:
        names = [name for name in self.queues if self.superuser or name in self.visible]
        rows = [{"id": str(self.queues[name]), "type": "queue", "Name": name} for name in names]
        page, size = int(params.get("page", 1)), self._per_page(params)
        items = rows[(page - 1) * size : page * size]
        total = len(rows) if self.superuser or self.version == OLD else None
        return {"items": items, "count": len(items), "page": page, "total": total}

    def _tickets(self, params: Mapping[str, str]) -> _Found[Ticket]:
        walked = re.match(r"id > (\d+) AND ", query := params["query"])
        numbers = self._matching(query[walked.end() :] if walked else query)
        if walked:
            numbers = numbers[bisect_right(numbers, int(walked[1])) :]
        late = not self.acl_in_sql and not self.superuser and self.version != OLD
        return _Found(self._ordered(numbers, params), self.sees, tells_total=not late)

    def _matching(self, query: str) -> list[int]:
        """The tickets that a query finds, remembered until something happens."""
        state = (query, len(self.transactions))
        if state not in self._found:
            wanted = parsed(query, TICKET_COLUMNS)
            numbers = wanted.numbers("id")
            rows = self.tickets if numbers is None else self._numbered(numbers)
            holds = wanted.test(self.zone)
            self._found.clear()
            self._found[state] = [row.id for row in rows if self._told(row) and holds(row)]
        return self._found[state]

    def _ordered(self, numbers: list[int], params: Mapping[str, str]) -> _Rows:
        backwards = params.get("order") == "DESC"
        if params.get("orderby") == "LastUpdated":
            by_date = sorted(numbers, key=lambda one: (self.tickets[one].updated, one))
            numbers = by_date
        return _Rows(numbers[::-1] if backwards else numbers, self.tickets)

    def _numbered(self, numbers: Iterable[int]) -> Iterator[Ticket]:
        return (self.tickets[number] for number in sorted(set(numbers)) if number in self.tickets)

    def _told(self, ticket: Ticket) -> bool:
        """Deleted and merged tickets, reminders and approvals are in no search."""
        there = ticket.status != "deleted" and ticket.effective == ticket.id
        return there and ticket.type == "ticket" and (self.sees(ticket) or not self.acl_in_sql)

    def _transactions(self, params: Mapping[str, str]) -> _Found[Transaction]:
        wanted = parsed(params["query"], TRANSACTION_COLUMNS)
        holds, there = wanted.test(self.zone), self._entries(wanted, params)
        found = (row for row in there if self._is_written(row) and holds(row))
        if self.acl_in_sql and self.version != OLD and wanted.has("ObjectType", "=", "RT::Ticket"):
            found = (entry for entry in found if self.sees(self.tickets[entry.ticket]))
        return _Found(found, self._sees_entry, tells_total=self.superuser or self.version == OLD)

    def _is_written(self, entry: Transaction) -> bool:
        is_late = entry.id % 2 == 1 and entry.created + self.lag > self.clock.now()
        return not (self.lag and is_late) and entry.id not in self.unwritten

    def _entries(self, wanted: Query, params: Mapping[str, str]) -> Iterable[Transaction]:
        """Those that can match: of the tickets named, or from the lowest number on."""
        numbers = wanted.numbers("ObjectId")
        if params.get("order") == "DESC":
            return self.transactions.backwards()
        if numbers is None:
            return self.transactions.after(wanted.above)
        entries = chain.from_iterable(map(self._entries_of, set(numbers)))
        return [self.transactions[number] for number in sorted(entries)]

    def _entries_of(self, ticket: int) -> Iterator[int]:
        if ticket <= self.tickets.plain:
            yield from (2 * ticket - 1, 2 * ticket)
        yield from self._notes.get(ticket, ())

    def _sees_entry(self, entry: Transaction) -> bool:
        private = entry.type in ("Comment", "EmailRecord")
        return self.superuser or (not private and self.sees(self.tickets[entry.ticket]))

    def _search(
        self, params: Mapping[str, str], found: _Found[Any], fields: Callable[..., dict[str, Any]]
    ) -> Any:
        """One page; rows that may not be seen are left out of it after it is cut."""
        size, page = self._per_page(params), max(1, int(params.get("page", 1)))
        rows = found.rows
        if not isinstance(rows, Sequence):
            rows = list(rows if found.tells_total else islice(rows, page * size + 200))
        pages = math.ceil(len(rows) / size)
        if self.version == CLAMPING and found.tells_total and pages:
            page = min(page, pages)
        items = [row for row in rows[(page - 1) * size : page * size] if found.sees(row)]
        wanted = _wanted(params)
        told: dict[str, Any] = {
            "items": [_rendered(row, fields(row), wanted) for row in items],
            "count": len(items),
            "page": page,
            "per_page": size,
            "total": len(rows) if found.tells_total else None,
            # Perl's ceil of an integer division is an integer, but of nothing it is 0.0.
            "pages": (pages or 0.0) if found.tells_total else None,
        }
        ahead = rows[page * size : page * size + 200]
        looks_ahead = self.version == CLAMPING and any(found.sees(row) for row in ahead)
        if (found.tells_total and page < pages) or (not found.tells_total and looks_ahead):
            told["next_page"] = f"http://elsewhere.invalid/REST/2.0/tickets?page={page + 1}"
        return told

    def _ticket_fields(self, ticket: Ticket) -> dict[str, Any]:
        queue = {"type": "queue", "id": str(self.queues[ticket.queue]), "Name": ticket.queue}
        told = {
            "Subject": SUBJECT,
            "Status": ticket.status,
            "Queue": queue,
            "Owner": self._person(ticket.owner),
            "Creator": self._person(ticket.creator),
            "Requestor": [self._person(person) for person in ticket.requestors],
            "Priority": str(ticket.priority),
            "Created": _stamp(ticket.created),
            "LastUpdated": _stamp(ticket.updated),
            "Resolved": UNSET,
            "Due": _stamp(ticket.due) if ticket.due else UNSET,
            "TimeWorked": str(ticket.worked),
            "CustomFields": "",
            "SLA": "",
        }
        nothing = dict.fromkeys(("Creator", "Owner", "Priority", "Due", "TimeWorked"), "")
        return told | (nothing | {"Requestor": None} if ticket.id in self._bare else {})

    def _transaction_fields(self, entry: Transaction) -> dict[str, Any]:
        told = {
            "ObjectId": str(entry.ticket),
            "Object": "",
            "Type": entry.type,
            "Field": entry.field,
            "OldValue": entry.old,
            "NewValue": entry.new,
            "Creator": self._person(entry.by),
            "Created": _stamp(entry.created),
            "Data": SUBJECT,
        }
        nothing = {name: value or None for name, value in told.items()} | {"Creator": ""}
        return nothing if entry.ticket in self._bare else told

    def _person(self, number: int) -> dict[str, Any]:
        seen = self.address(number) if self.shows_addresses else ""
        return {"type": "user", "id": f"user{number}", "number": number, "EmailAddress": seen}

    def _per_page(self, params: Mapping[str, str]) -> int:
        asked = params.get("per_page", "20")
        size = min(int(asked), 100) if asked.isdecimal() and int(asked) else 20
        return min(size, self.page or size)


def address(number: int) -> str:
    """The e-mail address of an account."""
    return f"user{number}@example.invalid"


def _wanted(params: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """The fields that are asked for, each with what else is to be told of it."""
    names = filter(None, params.get("fields", "").split(","))
    return {name: params.get(f"fields[{name}]", "").split(",") for name in names}


def _rendered(
    row: Any, known: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    told = {name: _expanded(known.get(name, ""), more) for name, more in wanted.items()}
    return {"id": str(row.id), "type": type(row).__name__.lower(), "_url": "x", **told}


def _expanded(value: Any, more: Sequence[str]) -> Any:
    """An account is told by its name unless its `id` is asked for; a queue without its name."""
    if isinstance(value, list):
        return [_expanded(one, more) for one in value]
    if not isinstance(value, dict):
        return value
    told = {"type": value["type"], "_url": "x", "id": value["id"]}
    if "id" in more:
        told["id"] = value.get("number", value["id"])
    return told | {name: value[name] for name in more if name in value and name != "id"}


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _kept(moment: datetime | None) -> str:
    """A date as a transaction holds it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "1970-01-01 00:00:00"


# --- the history that all help desks share ---

_NUMBERS = dict(zip(AGENTS, (ANNA, BEN, EVA), strict=True))
_STATUSES = {
    Status.NEW: "new",
    Status.OPEN: "open",
    Status.PENDING: "stalled",
    Status.SOLVED: "resolved",
    Status.CLOSED: "rejected",
}
_PRIORITIES = {"low": 0, "normal": 25, "high": 50, "urgent": 75}


class SharedHistory(Site):
    """A site that can play the history; as `bot.domain` has it, `stalled` awaits the customer."""

    limits: Sequence[Limit] = ()

    def __init__(self, clock: Clock) -> None:
        queues = {group: number for number, group in enumerate(GROUPS, 1)}
        super().__init__(clock, queues=queues, visible=set(queues), agents=set(_NUMBERS.values()))
        self.real_names = {number: name for name, number in _NUMBERS.items()}
        self.addresses = {number: address_of_agent(name) for name, number in _NUMBERS.items()}
        self._of_history: dict[int, int] = {}
        self._replies_due: set[int] = set()
        self._resolutions: dict[int, datetime] = {}

    def ticket_id(self, ticket: int) -> str:
        return str(self._of_history[ticket])

    def agent_id(self, agent: str) -> str:
        return str(_NUMBERS[agent])

    def strange(self, ticket: int) -> None:
        super().strange(self._of_history[ticket])

    def bare(self, ticket: int) -> None:
        super().bare(self._of_history[ticket])

    def happen(self, event: Happening) -> None:
        with self.dated(event.at):
            if isinstance(event, Opened):
                self._open(event)
            elif isinstance(event, Wrote | Noted):
                self._write(event)
            elif isinstance(event, Promised):
                self._promise(self._of_history[event.ticket], event)
            elif isinstance(event, Became | Assigned | Moved | Prioritised | Removed):
                self._change(self._of_history[event.ticket], event)

    def _open(self, event: Opened) -> None:
        customer = self._customer(event.customer)
        self._of_history[event.ticket] = self.create(
            by=_NUMBERS[event.agent] if event.agent else customer,
            queue=event.group,
            requestors=[customer],
            priority=_PRIORITIES[event.priority],
        )

    def _customer(self, address: str) -> int:
        known = {seen: number for number, seen in self.addresses.items()}
        number = known.get(address, 100 + len(self.addresses))
        self.addresses[number] = address
        return number

    def _write(self, event: Wrote | Noted) -> None:
        ticket = self._of_history[event.ticket]
        if isinstance(event, Noted):
            self.comment(ticket, _NUMBERS[event.agent])
            return
        by = _NUMBERS[event.agent] if event.agent else self.tickets[ticket].requestors[0]
        self._note(ticket, "Correspond", by)
        self._note(ticket, "EmailRecord", RT_SYSTEM)
        if event.agent and ticket in self._replies_due:
            self._replies_due.remove(ticket)
            self.promise(ticket, self._resolutions.get(ticket), RT_SYSTEM)

    def _promise(self, ticket: int, event: Promised) -> None:
        """There is one date Due, the next one: that of the reply, then that of the resolution."""
        if event.what == "resolution":
            self._resolutions[ticket] = event.due
        else:
            self._replies_due.add(ticket)
        due = self.tickets[ticket].due
        self.promise(ticket, min(filter(None, (due, event.due))), RT_SYSTEM)

    def _change(
        self, ticket: int, event: Became | Assigned | Moved | Prioritised | Removed
    ) -> None:
        by = _NUMBERS[event.agent] if event.agent else RT_SYSTEM
        match event:
            case Became():
                self.status(ticket, _STATUSES[event.status], by)
            case Assigned():
                self.own(ticket, _NUMBERS[event.to], by)
            case Moved():
                self.move(ticket, event.group, by)
            case Prioritised():
                self.hurry(ticket, _PRIORITIES[event.priority], by)
            case Removed(how=Removal.MERGED):
                self.merge(ticket, self._of_history[event.into or 0], by)
            case Removed():
                self.status(ticket, "deleted", by)


CONTRACT = Contract(
    kind="request_tracker",
    site=SharedHistory,
    settings={
        "token": TOKEN,
        "statuses": {"stalled": "pending"},
        "priorities": _PRIORITIES,
        "escalation_tags": [],
        "complaint_tags": [],
        "escalation_groups": [GROUPS[2]],
    },
    ignores=(Tagged,),  # there are no tags
    removals=frozenset({Removal.DELETED, Removal.MERGED}),  # spam is deleted as any other ticket
)
