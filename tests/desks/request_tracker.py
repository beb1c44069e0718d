"""A simulated Request Tracker 5: its REST2 rules over real HTTP, with tickets kept in memory.

The rules are those of a live 5.0.3 of Debian 12 and of the sources of 5.0.2 to 6.0
(`lib/RT/REST2`, `lib/RT/Transactions.pm`, `lib/RT/Date.pm`): what it gives, hides, clamps, leaves
out and misreads. Searches are answered from indexes, so 100,000 tickets are no burden.
"""

from __future__ import annotations

import json
import math
import operator
import re
import socket
import struct
import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from bot.clock import Clock

TOKEN = "1-37-14a6f3816e378b4a"
SUBJECT = "a subject that nobody may see"

DEBIAN = "5.0.3+dfsg-3~deb12u6"
OLD = "5.0.3"
CLAMPING = "5.0.6"

RT_SYSTEM, NOBODY = 1, 6
ANNA, BEN, EVA = 29, 31, 33
CUSTOMER, OTHER_CUSTOMER = 41, 43

UNSET = "1970-01-01T00:00:00Z"


class Fault(Enum):
    """What can go wrong with one answer."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_MANY = "429"
    TOO_MANY_FOR_A_SECOND = "429, Retry-After: 1"
    TOO_MANY_FOR_AN_HOUR = "429, Retry-After: 3600"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    RESET = "the line is reset"
    CUT = "the line is cut in the middle of the answer"
    TRUNCATED = "JSON that breaks off"
    LOGIN_PAGE = "a web page with status 200"
    REDIRECT = "302 to a login page"
    HALF_PAGE = "half of the rows"
    STRANGE = "rows without their dates"


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
    priority: int = 0
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


_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class _Found(Generic[_Row]):
    """The rows of a search before a page is cut, and which of them may be seen."""

    rows: Sequence[_Row]
    sees: Callable[[_Row], bool]
    tells_total: bool


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
    shows_addresses: bool = True
    tickets: dict[int, Ticket] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    by_ticket: dict[int, list[Transaction]] = field(default_factory=lambda: defaultdict(list))
    unwritten: set[int] = field(default_factory=set)
    """Transactions that have their number but are not yet there for others to read."""
    _found: dict[tuple[str, int], list[Ticket]] = field(default_factory=dict)

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
        now = self.clock.now()
        number = len(self.tickets) + 1
        ticket = Ticket(number, queue, by, now, now, list(requestors), type=type, **given)
        ticket.effective = number
        self.tickets[number] = ticket
        self._note(number, "Create", by)
        return number

    def reply(self, ticket: int, by: int = ANNA, *, minutes: int = 0) -> None:
        self.tickets[ticket].worked += minutes
        self._note(ticket, "Correspond", by)
        self._note(ticket, "EmailRecord", RT_SYSTEM)
        if self.tickets[ticket].status in ("resolved", "rejected"):
            self.status(ticket, "open", RT_SYSTEM)

    def comment(self, ticket: int, by: int = ANNA, *, minutes: int = 0) -> None:
        """The minutes are added up without a transaction of their own."""
        self.tickets[ticket].worked += minutes
        self._note(ticket, "Comment", by)

    def work(self, ticket: int, minutes: int, by: int = ANNA) -> None:
        """Sets the minutes worked in all."""
        old, self.tickets[ticket].worked = self.tickets[ticket].worked, minutes
        self._note(ticket, "Set", by, "TimeWorked", str(old), str(minutes))

    def promise(self, ticket: int, due: datetime | None, by: int = ANNA) -> None:
        """Sets the date Due; Request Tracker itself does so by the service levels."""
        old, self.tickets[ticket].due = self.tickets[ticket].due, due
        self._note(ticket, "Set", by, "Due", _kept(old), _kept(due))

    def status(self, ticket: int, status: str, by: int = ANNA) -> None:
        old, self.tickets[ticket].status = self.tickets[ticket].status, status
        self._note(ticket, "Status", by, "Status", old, status)

    def own(self, ticket: int, owner: int, by: int = ANNA) -> None:
        old, self.tickets[ticket].owner = self.tickets[ticket].owner, owner
        for kind in ("Set", "SetWatcher"):
            self._note(ticket, kind, by, "Owner", str(old), str(owner))

    def move(self, ticket: int, queue: str, by: int = ANNA) -> None:
        old, self.tickets[ticket].queue = self.tickets[ticket].queue, queue
        self._note(ticket, "Set", by, "Queue", str(self.queues[old]), str(self.queues[queue]))

    def hurry(self, ticket: int, priority: int, by: int = ANNA) -> None:
        old, self.tickets[ticket].priority = self.tickets[ticket].priority, priority
        self._note(ticket, "Set", by, "Priority", str(old), str(priority))

    def merge(self, ticket: int, into: int, by: int = ANNA) -> None:
        self.tickets[ticket].effective = into
        for touched in (ticket, into):
            link = f"fsck.com-rt://example.invalid/ticket/{into}"
            self._note(touched, "AddLink", by, "MergedInto", "", link)

    def _note(
        self, ticket: int, kind: str, by: int, name: str = "", old: str = "", new: str = ""
    ) -> None:
        number, now = len(self.transactions) + 1, self.clock.now()
        entry = Transaction(number, ticket, kind, by, now, name, old, new)
        self.transactions.append(entry)
        self.by_ticket[ticket].append(entry)
        self.tickets[ticket].updated = now

    # --- what it answers ---

    def answer(self, path: str, params: Mapping[str, str]) -> tuple[int, Any]:
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
            return self._search(params, self._tickets(params["query"]), self._ticket_fields)
        if path == "transactions":
            found = self._transactions(params["query"])
            return self._search(params, found, self._transaction_fields)
        return None

    def sees(self, ticket: Ticket) -> bool:
        return self.superuser or ticket.queue in self.visible

    def _user(self, name: str) -> tuple[int, Any]:
        if not self.privileged:
            return 403, {"message": "Forbidden"}
        number = NOBODY if name == "Nobody" else int(name)
        return 200, {
            "Name": f"user{number}",
            "RealName": self.real_names.get(number),
            "EmailAddress": address(number),
            "Privileged": int(number in self.agents),
            "_hyperlinks": [
                {"ref": "history", "_url": "x"},
                {"ref": "self", "type": "user", "id": number, "_url": "x"},
            ],
        }

    def _queues(self, params: Mapping[str, str]) -> Any:
        names = [name for name in self.queues if self.superuser or name in self.visible]
        rows = [{"id": str(self.queues[name]), "type": "queue", "Name": name} for name in names]
        first = (int(params.get("page", 1)) - 1) * _per_page(params)
        items = rows[first : first + _per_page(params)]
        page = int(params.get("page", 1))
        total = len(rows) if self.superuser or self.version == OLD else None
        return {"items": items, "count": len(items), "page": page, "total": total}

    def _tickets(self, query: str) -> _Found[Ticket]:
        walked = re.match(r"id > (\d+) AND ", query)
        rows = self._matching(query[walked.end() :] if walked else query)
        if walked:
            rows = rows[bisect_right(rows, int(walked[1]), key=lambda ticket: ticket.id) :]
        if self.acl_in_sql:
            return _Found(rows, self.sees, tells_total=True)
        return _Found(rows, self.sees, tells_total=self.superuser or self.version == OLD)

    def _matching(self, query: str) -> list[Ticket]:
        """The tickets that a query finds, remembered until something happens."""
        state = (query, len(self.transactions))
        if state not in self._found:
            wanted = _parsed(query, _TICKET_COLUMNS)
            numbers = wanted.numbers("id")
            rows = self.tickets.values() if numbers is None else self._numbered(numbers)
            self._found.clear()
            self._found[state] = [
                row for row in rows if self._told(row) and wanted.holds(row, self)
            ]
        return self._found[state]

    def _numbered(self, numbers: Iterable[int]) -> Iterator[Ticket]:
        return (self.tickets[number] for number in sorted(set(numbers)) if number in self.tickets)

    def _told(self, ticket: Ticket) -> bool:
        """Deleted and merged tickets, reminders and approvals are in no search."""
        there = ticket.status != "deleted" and ticket.effective == ticket.id
        return there and ticket.type == "ticket" and (self.sees(ticket) or not self.acl_in_sql)

    def _transactions(self, query: str) -> _Found[Transaction]:
        wanted = _parsed(query, _TRANSACTION_COLUMNS)
        there = (row for row in self._entries(wanted) if row.id not in self.unwritten)
        found = [row for row in there if wanted.holds(row, self)]
        if self.acl_in_sql and self.version != OLD and wanted.has("ObjectType", "=", "RT::Ticket"):
            found = [entry for entry in found if self.sees(self.tickets[entry.ticket])]
        return _Found(found, self._sees_entry, tells_total=self.superuser or self.version == OLD)

    def _entries(self, wanted: _Query) -> Iterable[Transaction]:
        """Those that can match: of the tickets named, or from the lowest number on."""
        numbers = wanted.numbers("ObjectId")
        if numbers is None:
            return self.transactions[wanted.above :]
        entries = [entry for number in set(numbers) for entry in self.by_ticket[number]]
        return sorted(entries, key=lambda entry: entry.id)

    def _sees_entry(self, entry: Transaction) -> bool:
        private = entry.type in ("Comment", "EmailRecord")
        return self.superuser or (not private and self.sees(self.tickets[entry.ticket]))

    def _search(
        self, params: Mapping[str, str], found: _Found[Any], fields: Callable[..., dict[str, Any]]
    ) -> Any:
        """One page; rows that may not be seen are left out of it after it is cut."""
        rows, size = _ordered(found.rows, params), _per_page(params)
        pages = math.ceil(len(rows) / size)
        page = max(1, int(params.get("page", 1)))
        if self.version == CLAMPING and found.tells_total and pages:
            page = min(page, pages)
        items = [row for row in rows[(page - 1) * size : page * size] if found.sees(row)]
        told: dict[str, Any] = {
            "items": [_rendered(row, fields(row), params) for row in items],
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
        return {
            "Subject": SUBJECT,
            "Status": ticket.status,
            "Queue": queue,
            "Owner": _person(ticket.owner),
            "Creator": _person(ticket.creator),
            "Requestor": [
                _person(person, sees_address=self.shows_addresses) for person in ticket.requestors
            ],
            "Priority": str(ticket.priority),
            "Created": _stamp(ticket.created),
            "LastUpdated": _stamp(ticket.updated),
            "Resolved": UNSET,
            "Due": _stamp(ticket.due) if ticket.due else UNSET,
            "TimeWorked": str(ticket.worked),
            "CustomFields": "",
            "SLA": "",
        }

    def _transaction_fields(self, entry: Transaction) -> dict[str, Any]:
        return {
            "ObjectId": str(entry.ticket),
            "Object": "",
            "Type": entry.type,
            "Field": entry.field,
            "OldValue": entry.old,
            "NewValue": entry.new,
            "Creator": _person(entry.by),
            "Created": _stamp(entry.created),
            "Data": SUBJECT,
        }


def address(number: int) -> str:
    """The e-mail address of an account."""
    return f"user{number}@example.invalid"


def _person(number: int, *, sees_address: bool = True) -> dict[str, Any]:
    seen = address(number) if sees_address else ""
    return {"type": "user", "id": f"user{number}", "number": number, "EmailAddress": seen}


def _rendered(row: Any, known: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": str(row.id), "type": type(row).__name__.lower(), "_url": "x"}
    for name in params.get("fields", "").split(","):
        if name:
            more = params.get(f"fields[{name}]", "").split(",")
            told[name] = _expanded(known.get(name, ""), more)
    return told


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


def _per_page(params: Mapping[str, str]) -> int:
    asked = params.get("per_page", "20")
    return min(int(asked), 100) if asked.isdecimal() and int(asked) else 20


def _ordered(rows: Sequence[Any], params: Mapping[str, str]) -> Sequence[Any]:
    backwards = params.get("order") == "DESC"
    if params.get("orderby") == "LastUpdated":
        return sorted(rows, key=lambda row: (row.updated, row.id), reverse=backwards)
    return rows[::-1] if backwards else rows


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _kept(moment: datetime | None) -> str:
    """A date as a transaction holds it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "1970-01-01 00:00:00"


# --- TicketSQL and TransactionSQL, as far as they are asked here ---


@dataclass(frozen=True, slots=True)
class _Is:
    column: str
    operator: str
    value: str

    def holds(self, row: Any, site: Site) -> bool:
        have, want = _sides(getattr(row, _ATTRIBUTES[self.column]), self, site)
        return bool(_OPERATORS[self.operator](have, want))


@dataclass(frozen=True, slots=True)
class _All:
    parts: Sequence[_Condition]

    def holds(self, row: Any, site: Site) -> bool:
        return all(part.holds(row, site) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Any:
    parts: Sequence[_Condition]

    def holds(self, row: Any, site: Site) -> bool:
        return any(part.holds(row, site) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _OneOf:
    """Numbers joined by OR: a whole page of tickets is asked about so, one comparison is enough."""

    column: str
    numbers: frozenset[int]

    def holds(self, row: Any, site: Site) -> bool:  # noqa: ARG002
        return getattr(row, _ATTRIBUTES[self.column]) in self.numbers


_Condition = _Is | _All | _Any | _OneOf

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_ATTRIBUTES = {
    "id": "id",
    "Queue": "queue",
    "Status": "status",
    "Created": "created",
    "LastUpdated": "updated",
    "TimeWorked": "worked",
    "ObjectId": "ticket",
    "ObjectType": "ticket",
    "Type": "type",
    "Field": "field",
    "OldValue": "old",
    "NewValue": "new",
}
_TICKET_COLUMNS = frozenset({"id", "Queue", "Status", "Created", "LastUpdated", "TimeWorked"})
_TRANSACTION_COLUMNS = frozenset(_ATTRIBUTES) - {"Queue", "Status", "LastUpdated", "TimeWorked"}


def _sides(have: Any, wanted: _Is, site: Site) -> tuple[Any, Any]:
    """Both sides of a comparison, comparable."""
    if wanted.column == "ObjectType":
        return "RT::Ticket", wanted.value
    if wanted == _Is("Status", "=", "__Active__"):
        return have in ("new", "open", "stalled"), True
    if isinstance(have, datetime):
        return have.replace(microsecond=0), _date_as_read(wanted.value, site.zone)
    if isinstance(have, int):
        return have, int(wanted.value)
    return have.casefold(), wanted.value.casefold()


def _date_as_read(literal: str, zone: str) -> datetime:
    """The moment that Request Tracker takes a date for: in the zone of the account.

    A suffix such as UTC or +00:00 is ignored, and `Z` makes it drop the time of day.
    """
    told = re.match(r"(\d+-\d+-\d+)[ T]?(\d+:\d+:\d+)?(.*)", literal)
    if told is None:
        raise SyntaxError(f"Unknown date: {literal}")
    time = "00:00:00" if told[3] == "Z" else told[2] or "00:00:00"
    return datetime.fromisoformat(f"{told[1]}T{time}").replace(tzinfo=ZoneInfo(zone))


@dataclass(frozen=True, slots=True)
class _Query:
    """A condition, and what can be told from its outermost ANDs."""

    condition: _Condition

    def holds(self, row: Any, site: Site) -> bool:
        return self.condition.holds(row, site)

    def has(self, column: str, operator: str, value: str) -> bool:
        return _Is(column, operator, value) in self._parts

    @property
    def above(self) -> int:
        """The `id` that all have to be greater than."""
        simple = [part for part in self._parts if isinstance(part, _Is)]
        named = [part for part in simple if (part.column, part.operator) == ("id", ">")]
        return max((int(part.value) for part in named), default=0)

    def numbers(self, column: str) -> Collection[int] | None:
        """The numbers that are named one by one, joined by OR; `None` if that is not so."""
        for part in self._parts:
            if isinstance(part, _OneOf) and part.column == column:
                return part.numbers
            if isinstance(part, _Is) and (part.column, part.operator) == (column, "="):
                return [int(part.value)]
        return None

    @property
    def _parts(self) -> Sequence[_Condition]:
        return self.condition.parts if isinstance(self.condition, _All) else [self.condition]


_WORD = re.compile(r"\s*(\(|\)|'(?:[^'\\]|\\.)*'|[<>!=]+|[\w.]+)")


@lru_cache(maxsize=64)
def _parsed(query: str, columns: frozenset[str]) -> _Query:
    words = _WORD.findall(query)
    condition = _any_of(words, columns)
    if words:
        raise SyntaxError(f"Incomplete Query: {words[0]}")
    return _Query(condition)


def _any_of(words: list[str], columns: frozenset[str]) -> _Condition:
    parts = [_all_of(words, columns)]
    while words and words[0] == "OR":
        words.pop(0)
        parts.append(_all_of(words, columns))
    return parts[0] if len(parts) == 1 else _either(parts)


def _either(parts: Sequence[_Condition]) -> _Condition:
    for column in ("id", "ObjectId"):
        named = [part for part in parts if isinstance(part, _Is) and part.column == column]
        if len(named) == len(parts) and all(part.operator == "=" for part in named):
            return _OneOf(column, frozenset(int(part.value) for part in named))
    return _Any(parts)


def _all_of(words: list[str], columns: frozenset[str]) -> _Condition:
    parts = [_one(words, columns)]
    while words and words[0] == "AND":
        words.pop(0)
        parts.append(_one(words, columns))
    return parts[0] if len(parts) == 1 else _All(parts)


def _one(words: list[str], columns: frozenset[str]) -> _Condition:
    word = words.pop(0)
    if word == "(":
        inner = _any_of(words, columns)
        words.pop(0)
        return inner
    if word not in columns:
        raise SyntaxError(f"Unknown field: {word}")
    compare, value = words.pop(0), words.pop(0)
    if compare not in _OPERATORS:
        raise SyntaxError(f"Unknown operator: {compare}")
    return _Is(word, compare, re.sub(r"\\(.)", r"\1", value.strip("'")))


# --- the server ---


@dataclass
class Server:
    """What happens on the wire: the site behind an address, its requests and its faults.

    `faults` are told by the number of the request, from 1; `always` befalls every one. `after` is
    called with the number of each request once it was answered from the site, before it is sent.
    """

    site: Site
    url: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)
    always: Fault | None = None
    after: Callable[[int], None] = lambda number: None  # noqa: ARG005
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request for that path."""
        return [params for asked, params in self.requests if asked == path]

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        with self._one_at_a_time:
            fault, status, answer = self._answered(request)
        if fault is None:
            _send(request, status, answer)
        else:
            _FAULTS[fault](request, answer)

    def _answered(self, request: BaseHTTPRequestHandler) -> tuple[Fault | None, int, Any]:
        split = urlsplit(request.path)
        path, params = unquote(split.path), dict(parse_qsl(split.query))
        self.requests.append((path.removeprefix("/REST/2.0/"), params))
        number = len(self.requests)
        fault = self.faults.get(number, self.always)
        if not path.startswith("/REST/2.0/"):
            return Fault.REDIRECT, 302, None
        if request.headers["Authorization"] != f"token {TOKEN}":
            return Fault.UNAUTHORIZED, 401, None
        status, answer = self.site.answer(path.removeprefix("/REST/2.0/"), params)
        self.after(number)
        return fault, status, answer


@contextmanager
def served(site: Site, **given: Any) -> Iterator[Server]:
    """The site on a free port of 127.0.0.1, for as long as the block runs."""
    server = Server(site, **given)
    http = _Listener(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lines that are cut on purpose are no news; what is wrong here shows in the test."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            server.handle(self)

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The site's clock is what its answers carry."""
            return super().date_time_string(timestamp or server.site.clock.now().timestamp())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """The tests tell what matters."""

    return Handler


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    answer: Any,
    *,
    kind: str = 'application/json; charset="utf-8"',
    **headers: str,
) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def _refuse(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler, Any], None]:
    return lambda request, _: _send(request, status, {"message": SUBJECT}, **headers)


def _reset(request: BaseHTTPRequestHandler, _: Any) -> None:
    """Lingering for zero seconds closes with a reset instead of a polite end."""
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.close_connection = True
    request.connection.close()


def _cut(request: BaseHTTPRequestHandler, answer: Any) -> None:
    body = json.dumps(answer).encode()
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.close_connection = True


def _truncate(request: BaseHTTPRequestHandler, answer: Any) -> None:
    body = json.dumps(answer).encode()
    _send(request, 200, body[: len(body) // 2])


def _halve(request: BaseHTTPRequestHandler, answer: Any) -> None:
    items = answer.get("items", [])
    _send(request, 200, answer | {"items": items[: len(items) // 2]})


def _strange(request: BaseHTTPRequestHandler, answer: Any) -> None:
    items = [{"id": row["id"], "Subject": SUBJECT} for row in answer.get("items", [])]
    _send(request, 200, answer | {"items": items})


def _page(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler, Any], None]:
    page = f"<html><title>Login</title>{SUBJECT}</html>".encode()
    return lambda request, _: _send(request, status, page, kind="text/html", **headers)


_FAULTS: Mapping[Fault, Callable[[BaseHTTPRequestHandler, Any], None]] = {
    Fault.UNAUTHORIZED: _refuse(401),
    Fault.FORBIDDEN: _refuse(403),
    Fault.NOT_FOUND: _refuse(404),
    Fault.TOO_MANY: _refuse(429),
    Fault.TOO_MANY_FOR_A_SECOND: _refuse(429, Retry_After="1"),
    Fault.TOO_MANY_FOR_AN_HOUR: _refuse(429, Retry_After="3600"),
    Fault.BROKEN: _refuse(500),
    Fault.BAD_GATEWAY: _page(502),
    Fault.RESET: _reset,
    Fault.CUT: _cut,
    Fault.TRUNCATED: _truncate,
    Fault.LOGIN_PAGE: _page(200),
    Fault.REDIRECT: _page(302, Location="http://elsewhere.invalid/NoAuth/Login.html"),
    Fault.HALF_PAGE: _halve,
    Fault.STRANGE: _strange,
}
