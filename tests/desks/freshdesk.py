"""A simulated Freshdesk: the rules of its API (version 2), with tickets kept in memory.

Sources: the vendor's reference (developers.freshdesk.com/api: pages, filters, `include` and its
credits, limits by plan, error bodies); airbyte #3858 and zammad #3661 for page 301; tap-freshdesk
for `filter=deleted` and `filter=spam` with `updated_since`; published copies of the product for
what becomes of the times of a ticket: a closing sets `resolved_at` where it is missing, a
reopening takes `resolved_at` and `closed_at` away. The newer surveys (`customer-satisfaction/surveys`:
shapes, pages by tokens, 404 for one that nobody answered) are as tap-freshdesk and withone.ai tell of them.
Not documented, and made awkward on purpose:
rows of one second come in no order that means anything.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import chain, islice
from typing import Any

from bot.clock import Clock
from bot.domain import Removal, Scale, Status
from tests.desks.history import (
    AGENTS,
    BEGIN,
    CHANNELS,
    GROUPS,
    PRIORITIES,
    Assigned,
    Became,
    Contract,
    Happening,
    Moved,
    Noted,
    Opened,
    Prioritised,
    Promised,
    Rated,
    Removed,
    Tagged,
    Wrote,
    address,
    ended,
)
from tests.desks.wire import SUBJECT, Asked, Limit, Told

TOKEN = "kYx0fReshDeskApiKey"

PAGE, MOST, LAST_PAGE = 30, 100, 300
OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5
NUMBERS = {
    Status.NEW: OPEN,
    Status.OPEN: OPEN,
    Status.PENDING: PENDING,
    Status.SOLVED: RESOLVED,
    Status.CLOSED: CLOSED,
}
SOURCES = dict(zip(CHANNELS, (1, 2, 7), strict=True))
OUTBOUND = 10
REPLY, NOTE = 0, 2

#: What the numbers of people and groups begin with.
AGENT, GROUP, CONTACT = 43_000_001, 43_000_500, 43_900_000

ORDERS = ("created_at", "due_by", "updated_at", "status")
#: What each address takes; anything else is refused.
ALLOWED: Mapping[str, frozenset[str]] = {
    "tickets": frozenset(
        {"filter", "updated_since", "include", "order_by", "order_type", "per_page", "page"}
    ),
    "search/tickets": frozenset({"query", "page"}),
    "surveys/satisfaction_ratings": frozenset({"created_since", "user_id", "per_page", "page"}),
    "ticket_fields": frozenset({"type"}),
    "business_hours": frozenset({"page"}),
}
PAGED = frozenset({"per_page", "page"})
NEWER = "customer-satisfaction/surveys"

#: Filled tickets came so long before everything else, one in so long.
FILLED, APART = BEGIN - timedelta(days=300), timedelta(seconds=60)


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def merge_note(into: int) -> str:
    return f"This ticket is closed and merged into ticket {into}"


@dataclass
class Entry:
    """A row of conversations."""

    id: int
    at: datetime
    user: int | None
    source: int
    incoming: bool
    private: bool
    text: str = SUBJECT


@dataclass
class Ticket:
    """A ticket with what the API calls its stats."""

    id: int
    created: datetime
    updated: datetime
    requester: str
    source: int | None
    priority: int | None
    group: int | None
    status: int | None = OPEN
    responder: int | None = None
    tags: list[str] | None = field(default_factory=list)
    dues: dict[str, datetime] = field(default_factory=dict)
    stats: dict[str, datetime] | None = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    removal: str | None = None
    escalated: bool | None = False
    violated: bool | None = False
    hides_requester: bool = False

    @property
    def is_solved(self) -> bool:
        return self.status in (RESOLVED, CLOSED)


@dataclass
class Credits(Limit):
    """The limit of the account, of which some requests take more."""

    def spend(self, number: int) -> bool:
        """Whether so many credits are left; if not, none is taken."""
        if self.left < number:
            self.refused += 1
            return False
        return all(self.take() for _ in range(number))


class Site:
    """A Freshdesk and everything in it; `plan` names the addresses that its plan lacks."""

    def __init__(self, clock: Clock, credits: int = 50, lists: int = 20) -> None:  # noqa: A002  the vendor's word
        self.clock = clock
        self.page: int | None = None
        self.lag = timedelta(0)
        self.credits, self.lists = Credits(clock, credits), Limit(clock, lists)
        self.tickets: dict[int, Ticket] = {}
        self.ratings: list[dict[str, Any]] = []
        #: The newer surveys, and the answers to each; the oldest answer first, or the newest.
        self.surveys: dict[str, dict[str, Any]] = {}
        self.responses: dict[str, list[dict[str, Any]]] = {}
        self.newest_response_first, self.forgets_tokens = True, False
        self.lacks: set[str] = set()
        self.agents: dict[str, int] = {name: AGENT + i for i, name in enumerate(AGENTS)}
        self.scope = 1
        self.groups: dict[str, int] = {name: GROUP + i for i, name in enumerate(GROUPS)}
        self.hours_of: dict[str, int] = {}
        self.schedules: list[dict[str, Any]] = []
        self.labels: dict[int, str] = {OPEN: "Open", PENDING: "Pending", RESOLVED: "Resolved"}
        self.labels |= {CLOSED: "Closed", 6: "Waiting on Customer", 7: "Waiting on Third Party"}
        #: The views of articles by the folders that they are in; a folder may be in another.
        self.articles: dict[int, list[dict[str, Any]]] = {}
        self.folders: dict[int, int | None] = {}
        self.filled = 0
        self.heeds_order = self.tells_limits = True
        self._customers: dict[str, int] = {}
        self._entries = 0
        self._late: deque[tuple[datetime, Happening]] = deque()
        self._order: dict[str | None, list[tuple[datetime, int, int]]] = defaultdict(list)

    @property
    def limits(self) -> Sequence[Limit]:
        return [self.credits, self.lists]

    # --- what happens ---

    def happen(self, event: Happening) -> None:
        """Changes of tickets with an odd number are found late, if the desk lags at all."""
        number = getattr(event, "ticket", 0)
        if self.lag and number % 2 and not isinstance(event, Opened):
            self._late.append((ended(event) + self.lag, event))
        else:
            self._apply(event)

    def _catch_up(self) -> None:
        now = self.clock.now()
        while self._late and self._late[0][0] <= now:
            self._apply(self._late.popleft()[1])

    def _apply(self, event: Happening) -> None:
        if isinstance(event, Opened):
            self._open(event)
            return
        change = self._changes().get(type(event))
        if change is None:
            return
        ticket = self.tickets[event.ticket]  # type: ignore[union-attr]
        with_order = not isinstance(event, Rated)
        change(ticket, event)
        if with_order:
            self.touch(ticket, event.at)

    def _changes(self) -> Mapping[type, Callable[[Ticket, Any], None]]:
        return {
            Wrote: self._write,
            Noted: lambda ticket, event: self.add(
                ticket, event.at, user=self.agents[event.agent], source=NOTE, private=True
            ),
            Became: lambda ticket, event: self.become(ticket, NUMBERS[event.status], event.at),
            Assigned: lambda ticket, event: setattr(ticket, "responder", self.agents[event.to]),
            Moved: lambda ticket, event: setattr(ticket, "group", self.groups[event.group]),
            Prioritised: lambda ticket, event: setattr(
                ticket, "priority", PRIORITIES.index(event.priority) + 1
            ),
            Tagged: lambda ticket, event: setattr(
                ticket, "tags", [*(ticket.tags or ()), event.tag]
            ),
            Promised: lambda ticket, event: ticket.dues.update(
                {"fr_due_by" if event.what == "first reply" else "due_by": event.due}
            ),
            Removed: self._remove,
            Rated: self._rate,
        }

    def _open(self, event: Opened) -> None:
        now = event.at.replace(microsecond=0)
        ticket = Ticket(
            id=event.ticket,
            created=now,
            updated=now,
            requester=event.customer,
            source=OUTBOUND if event.agent else SOURCES[event.channel],
            priority=PRIORITIES.index(event.priority) + 1,
            group=self.groups[event.group],
            tags=list(event.tags),
        )
        ticket.stats = {"status_updated_at": event.at}
        if event.agent:
            ticket.stats |= {"agent_responded_at": event.at, "first_responded_at": event.at}
        self.tickets[ticket.id] = ticket
        self._enter(ticket)

    def _write(self, ticket: Ticket, event: Wrote) -> None:
        user = self.agents[event.agent] if event.agent else self.contact(ticket.requester)
        self.add(ticket, event.at, user=user, incoming=event.agent is None)

    def add(
        self,
        ticket: Ticket,
        at: datetime,
        *,
        user: int | None,
        source: int = REPLY,
        incoming: bool = False,
        private: bool = False,
        text: str = SUBJECT,
    ) -> Entry:
        """A conversation, as the API or somebody writes it; gives the row."""
        self._entries += 1
        entry = Entry(self._entries, at, user, source, incoming, private, text)
        ticket.entries.append(entry)
        if not private and ticket.stats is not None:
            if incoming:
                ticket.stats["requester_responded_at"] = at
            else:
                ticket.stats["agent_responded_at"] = at
                ticket.stats.setdefault("first_responded_at", at)
        return entry

    def become(self, ticket: Ticket, status: int, at: datetime) -> None:
        """Another status, with what that does to the times."""
        stats = ticket.stats if ticket.stats is not None else {}
        was_solved, ticket.status = ticket.is_solved, status
        stats["status_updated_at"] = at
        stats.pop("pending_since", None)
        if status == PENDING:
            stats["pending_since"] = at
        if status == RESOLVED:
            stats["resolved_at"] = at
        if status == CLOSED:
            stats.setdefault("resolved_at", at)
            stats["closed_at"] = at
        if was_solved and not ticket.is_solved:
            stats["reopened_at"] = at
            stats.pop("resolved_at", None)
            stats.pop("closed_at", None)

    def _remove(self, ticket: Ticket, event: Removed) -> None:
        if event.how is not Removal.MERGED:
            self.move(ticket, "spam" if event.how is Removal.SPAM else "deleted")
            return
        agent = self.agents[event.agent]
        into = self.tickets[event.into or 0]
        self.add(ticket, event.at, user=agent, source=NOTE, private=True, text=merge_note(into.id))
        self.become(ticket, CLOSED, event.at)
        self.add(into, event.at, user=agent, source=NOTE, private=True)
        self.touch(into, event.at)

    def _rate(self, ticket: Ticket, event: Rated) -> None:
        self.ratings.append(
            {
                "id": len(self.ratings) + 1,
                "survey_id": 1,
                "user_id": self.contact(ticket.requester),
                "agent_id": self.agents[event.agent],
                "feedback": SUBJECT,
                "group_id": ticket.group,
                "ticket_id": ticket.id,
                "ratings": {"default_question": 103 if event.good else -103},
                "created_at": moment(event.at),
                "updated_at": moment(event.at),
            }
        )

    def survey(self, id_: str, least: int = 1, most: int = 5, identifier: str = "CSAT") -> None:
        """A survey of the newer kind, with one question that has a scale."""
        scale = {"min": least, "max": most, "labels": [SUBJECT]}
        asked = {"id": "Q_1", "type": "range", "question_identifier": identifier, "text": SUBJECT}
        remark = {"id": "Q_2", "type": "text", "text": SUBJECT, "scale": None}
        questions = [{**asked, "scale": scale}, remark]
        self.surveys[id_] = {"id": id_, "title": SUBJECT, "state": "ACTIVE", "questions": questions}

    def respond(self, survey: str, ticket: int, value: Any, **more: Any) -> dict[str, Any]:
        """Somebody answers it now; gives the row."""
        rows, now = self.responses.setdefault(survey, []), moment(self.clock.now())
        answers = [{"question_id": "Q_1", "question_text": SUBJECT, "value": value}]
        answers.append({"question_id": "Q_2", "question_text": SUBJECT, "value": SUBJECT})
        row = {
            "id": f"{survey}-{len(rows) + 1}",
            "survey_id": survey,
            "ticket_id": ticket,
            "agent_id": str(next(iter(self.agents.values()))),
            "status": "COMPLETE",
            "answers": answers,
            "created_at": now,
            "updated_at": now,
            **more,
        }
        rows.append(row)
        return row

    # --- the lists ---

    def touch(self, ticket: Ticket, at: datetime) -> None:
        """It changed: it stands last in its list now."""
        self._leave(ticket)
        ticket.updated = at.replace(microsecond=0)
        self._enter(ticket)

    def move(self, ticket: Ticket, removal: str | None) -> None:
        """To another of the three lists."""
        self._leave(ticket)
        ticket.removal = removal
        self._enter(ticket)

    def _enter(self, ticket: Ticket) -> None:
        insort(self._order[ticket.removal], _key(ticket))

    def _leave(self, ticket: Ticket) -> None:
        order = self._order[ticket.removal]
        del order[bisect_left(order, _key(ticket))]

    def by_change(self) -> list[Ticket]:
        """Those that are there, the oldest change first."""
        return [self.tickets[number] for _, _, number in self._order[None]]

    def fill(self, tickets: int) -> None:
        """So many closed tickets, one a minute, that exist only while they are asked for."""
        self.filled = tickets

    def _filled(self, number: int) -> Ticket:
        at = FILLED + APART * number
        ticket = Ticket(
            id=10_000_000 + number,
            created=at,
            updated=at,
            requester=f"customer{number % 8}@example.invalid",
            source=1,
            priority=2,
            group=GROUP,
            status=CLOSED,
            responder=AGENT,
        )
        ticket.stats = {"resolved_at": at, "closed_at": at, "status_updated_at": at}
        return ticket

    def ticket(self, number: int) -> Ticket | None:
        if number >= 10_000_000:
            return self._filled(number - 10_000_000)
        return self.tickets.get(number)

    # --- what the suite asks ---

    def ticket_id(self, ticket: int) -> str:
        return str(ticket)

    def agent_id(self, agent: str) -> str:
        return str(self.agents[agent])

    def contact(self, customer: str) -> int:
        return self._customers.setdefault(customer, CONTACT + len(self._customers))

    def strange(self, ticket: int) -> None:
        row = self.tickets[ticket]
        row.status, row.source, row.priority = 42, 77, 9

    def bare(self, ticket: int) -> None:
        row = self.tickets[ticket]
        row.source = row.priority = row.group = row.responder = row.tags = row.stats = None
        row.escalated = row.violated = None
        row.dues, row.hides_requester = {}, True
        for entry in row.entries:
            entry.user = None

    # --- answers ---

    def answer(self, asked: Asked) -> Told:
        self._catch_up()
        path = asked.path.removeprefix("/api/v2/")
        told = self._refusal(asked, path) or self._told(asked, path)
        return Told(told.body, told.status, {**self._headers(asked), **told.headers}, told.kind)

    def _refusal(self, asked: Asked, path: str) -> Told | None:
        if asked.headers.get("authorization") != _basic(TOKEN):
            return _error(401, "invalid_credentials", "You have to be logged in.")
        if path == "tickets" and not self.lists.take():
            return self._too_many(self.lists)
        if not self.credits.spend(_cost(asked)):
            return self._too_many(self.credits)
        if any(path.startswith(part) for part in self.lacks):
            return _error(403, "access_denied", "You are not authorized to perform this action.")
        return _validated(asked, path)

    def _too_many(self, limit: Limit) -> Told:
        headers = {"Retry-After": str(round(limit.reset) + 1)}
        return Told({"message": "You have exceeded the limit of requests"}, 429, headers)

    def _headers(self, asked: Asked) -> dict[str, str]:
        if not self.tells_limits:
            return {}
        return {
            "X-RateLimit-Total": str(self.credits.limit),
            "X-RateLimit-Remaining": str(self.credits.left),
            "X-RateLimit-Used-CurrentRequest": str(_cost(asked)),
        }

    def _told(self, asked: Asked, path: str) -> Told:
        lists: dict[str, Callable[[Asked], Told]] = {
            "tickets": self._tickets,
            "search/tickets": self._search,
            "surveys/satisfaction_ratings": self._ratings,
            "agents": lambda asked: self._paged(asked, self._agents()),
            "agents/me": lambda _: Told(next(iter(self._agents()))),
            "groups": lambda asked: self._paged(asked, self._groups()),
            "business_hours": lambda asked: self._paged(asked, self.schedules),
            "ticket_fields": lambda _: Told(self._fields()),
        }
        if path in lists:
            return lists[path](asked)
        if path.startswith("solutions/"):
            return self._paged(asked, self._solutions(path))
        if path.startswith(NEWER):
            return self._newer(asked, path)
        view = re.fullmatch(r"tickets/(\d+)(/conversations)?", path)
        ticket = self.ticket(int(view[1])) if view else None
        if view is None or ticket is None:
            return Told(None, 404)
        if view[2]:
            gone = ticket.removal is not None
            return (
                Told(None, 404) if gone else self._paged(asked, map(_conversation, ticket.entries))
            )
        return Told(self._row(ticket, asked.params.get("include", "")))

    def _tickets(self, asked: Asked) -> Told:
        params = asked.params
        page = int(params.get("page", 1))
        if page > LAST_PAGE:
            told = "You cannot access tickets beyond the 300th page. Please provide a smaller page number."
            return _invalid("page", told)
        order, way = params.get("order_by", "created_at"), params.get("order_type", "desc")
        if not self.heeds_order:
            way = "desc"
        if order not in ORDERS or way not in ("asc", "desc"):
            return _invalid("order_by", f"It should be one of these values: {', '.join(ORDERS)}")
        listed = self._listed(params, order, way)
        include = params.get("include", "")
        return self._paged(asked, listed, lambda ticket: self._row(ticket, include))

    def _listed(self, params: Mapping[str, str], order: str, way: str) -> Iterator[Ticket]:
        since = params.get("updated_since")
        removal = params.get("filter")
        if order == "updated_at" and since is not None:
            return self._by_change(datetime.fromisoformat(since), removal, way)
        rows = self._all(removal, order, is_reversed=way == "desc")
        if since is not None:
            at = datetime.fromisoformat(since)
            return (one for one in rows if one.updated >= at)
        begin = self.clock.now() - timedelta(days=30)
        return (one for one in rows if one.created >= begin)

    def _all(self, removal: str | None, order: str, *, is_reversed: bool) -> Iterator[Ticket]:
        """In an order in which those that were filled in, being alike, are in that of their numbers."""
        numbers = range(self.filled if removal is None else 0)
        filled = map(self._filled, reversed(numbers) if is_reversed else numbers)
        theirs = [self.tickets[number] for _, _, number in self._order[removal]]
        theirs.sort(key=_SORTS[order], reverse=is_reversed)
        return merge(filled, theirs, key=_SORTS[order], reverse=is_reversed)

    def _by_change(self, since: datetime, removal: str | None, way: str) -> Iterator[Ticket]:
        """From the indexes, so that many tickets are no burden."""
        order = self._order[removal]
        kept = order[bisect_left(order, (since, -1, -1)) :]
        first = max(0, -((FILLED - since) // APART))
        filled = range(first, self.filled if removal is None else 0)
        if way == "desc":
            theirs = (self.tickets[number] for _, _, number in reversed(kept))
            return chain(theirs, map(self._filled, reversed(filled)))
        return chain(map(self._filled, filled), (self.tickets[number] for _, _, number in kept))

    def _paged(
        self, asked: Asked, rows: Iterable[Any], told: Callable[[Any], Any] = lambda row: row
    ) -> Told:
        """A page of the rows; the header names the next one, if there is one."""
        size = min(int(asked.params.get("per_page", PAGE)), self.page or MOST)
        page = int(asked.params.get("page", 1))
        some = list(islice(rows, size * (page - 1), size * page + 1))
        headers = {}
        if len(some) > size:
            kept = [(name, value) for name, value in asked.all if name != "page"]
            query = "&".join(f"{name}={value}" for name, value in [*kept, ("page", page + 1)])
            headers["Link"] = f'<https://acme.freshdesk.com{asked.path}?{query}>; rel="next"'
        return Told([told(row) for row in some[:size]], 200, headers)

    def _search(self, asked: Asked) -> Told:
        """Only dates can be searched for here, each as the whole day of UTC that it is."""
        query = asked.params.get("query", "")
        if len(query) > 512 or query[:1] != '"' or query[-1:] != '"':
            return _invalid(
                "query", "Given query is invalid. Query format - query=\"field_name:'value'\""
            )
        days = [
            re.fullmatch(r"created_at:'([\d-]{10})'", part) for part in query[1:-1].split(" OR ")
        ]
        if not all(days) or int(asked.params.get("page", 1)) > 10:
            return _invalid("query", "Given query is invalid.")
        wanted = {date.fromisoformat(day[1]) for day in days if day}
        found = [
            one
            for one in self._all(None, "created_at", is_reversed=False)
            if one.created.astimezone(UTC).date() in wanted
        ]
        return Told({"total": len(found), "results": [self._row(one, "") for one in found[:PAGE]]})

    def _ratings(self, asked: Asked) -> Told:
        """The newest first."""
        since = datetime.fromisoformat(asked.params.get("created_since", "2010-01-01T00:00:00Z"))
        given = [row for row in self.ratings if datetime.fromisoformat(row["created_at"]) >= since]
        return self._paged(asked, sorted(given, key=lambda row: -row["id"]))

    def _newer(self, asked: Asked, path: str) -> Told:
        """The newer surveys or the answers to one, by pages whose tokens lead to the next one."""
        rows = list(self.surveys.values())
        if path != NEWER:
            rows = list(self.responses.get(path.split("/")[2], []))
            if not rows:
                return Told(None, 404)
            rows.sort(key=lambda row: row["created_at"], reverse=self.newest_response_first)
        size = min(int(asked.params.get("per_page", PAGE)), self.page or MOST)
        token = asked.params.get("next_token", "t0")
        if self.forgets_tokens and token != "t0":
            return _invalid("next_token", "It is not valid any more")
        first, link = int(token[1:]), None
        if len(rows) > first + size:
            query = f"per_page={size}&next_token=t{first + size}"
            link = f"https://acme.freshdesk.com{asked.path}?{query}"
        return Told(
            {"data": rows[first : first + size], "paging": {"next": link, "previous": None}}
        )

    def _solutions(self, path: str) -> list[dict[str, Any]]:
        """The category 1 with its folders, what is in those, and the articles of each."""
        inside = re.fullmatch(r"solutions/(?:categories|folders)/(\d+)/(\w+)", path)
        if inside is None:
            return [{"id": 1, "name": "Help"}]
        if inside[2] == "articles":
            return self.articles.get(int(inside[1]), [])
        parent = None if inside[2] == "folders" else int(inside[1])
        return [
            {
                "id": number,
                "articles_count": len(self.articles.get(number, [])),
                "sub_folders_count": sum(one == number for one in self.folders.values()),
            }
            for number, above in self.folders.items()
            if above == parent
        ]

    # --- rows ---

    def _row(self, ticket: Ticket, include: str) -> dict[str, Any]:
        dues = {name: ticket.dues.get(name) for name in ("fr_due_by", "due_by")}
        row: dict[str, Any] = {
            "id": ticket.id,
            "subject": SUBJECT,
            "created_at": moment(ticket.created),
            "updated_at": moment(ticket.updated),
            "status": ticket.status,
            "source": ticket.source,
            "priority": ticket.priority,
            "group_id": ticket.group,
            "responder_id": ticket.responder,
            "requester_id": None if ticket.hides_requester else self.contact(ticket.requester),
            "tags": ticket.tags,
            "is_escalated": ticket.escalated,
            "fr_escalated": ticket.violated,
            "association_type": None,
            **{name: moment(at) if at else None for name, at in dues.items()},
        }
        if ticket.removal:
            row[ticket.removal] = True
        if "stats" in include:
            row["stats"] = ticket.stats and {
                name: moment(ticket.stats[name]) if name in ticket.stats else None for name in STATS
            }
        if "requester" in include:
            row["requester"] = self._requester(ticket)
        return row

    def _requester(self, ticket: Ticket) -> dict[str, Any] | None:
        if ticket.hides_requester:
            return None
        number = self.contact(ticket.requester)
        return {"id": number, "name": SUBJECT, "email": ticket.requester, "phone": None}

    def _agents(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number,
                "available": True,
                "occasional": False,
                "ticket_scope": self.scope,
                "contact": {"name": name, "email": address(name), "active": True},
            }
            for name, number in self.agents.items()
        ]

    def _groups(self) -> list[dict[str, Any]]:
        return [
            {"id": number, "name": name, "business_hour_id": self.hours_of.get(name)}
            for name, number in self.groups.items()
        ]

    def _fields(self) -> list[dict[str, Any]]:
        choices = {str(number): [label, f"{label}!"] for number, label in self.labels.items()}
        return [{"id": 1, "name": "status", "type": "default_status", "choices": choices}]


STATS = (
    "agent_responded_at",
    "requester_responded_at",
    "first_responded_at",
    "status_updated_at",
    "reopened_at",
    "resolved_at",
    "closed_at",
    "pending_since",
)

_SORTS: Mapping[str, Callable[[Ticket], Any]] = {
    "created_at": lambda ticket: (ticket.created, ticket.id),
    "due_by": lambda ticket: (ticket.dues.get("due_by", ticket.created), ticket.id),
    "updated_at": lambda ticket: (ticket.updated, ticket.id),
    "status": lambda ticket: (ticket.status or 0, ticket.id),
}


def _key(ticket: Ticket) -> tuple[datetime, int, int]:
    """Of one second the order is that of nothing in particular, but always the same."""
    return ticket.updated, ticket.id * 7_919 % 1_009, ticket.id


def _conversation(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "body": f"<div>{entry.text}</div>",
        "body_text": entry.text,
        "incoming": entry.incoming,
        "private": entry.private,
        "user_id": entry.user,
        "source": entry.source,
        "created_at": moment(entry.at),
        "updated_at": moment(entry.at),
    }


def _cost(asked: Asked) -> int:
    """A credit, and two for each thing that is included."""
    include = asked.params.get("include", "")
    return 1 + 2 * len([part for part in include.split(",") if part])


def _validated(asked: Asked, path: str) -> Told | None:
    """The refusal of a parameter that is unknown or out of range."""
    allowed = ALLOWED.get(path, PAGED | {"include"} if path.startswith("tickets/") else PAGED)
    if path.startswith("solutions/"):
        allowed = frozenset({"page"})
    if path.startswith(NEWER):
        allowed = frozenset({"state", "per_page", "next_token", "prev_token"})
    strange = asked.params.keys() - allowed
    if strange:
        return _invalid(next(iter(strange)), "Unexpected/invalid field in request")
    if not 1 <= int(asked.params.get("per_page", PAGE)) <= MOST:
        return _invalid("per_page", "It should be a Positive Integer less than or equal to 100")
    return None


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"{token}:X".encode()).decode()


def _error(status: int, code: str, message: str) -> Told:
    return Told({"code": code, "message": message}, status)


def _invalid(name: str, message: str) -> Told:
    errors = [{"field": name, "message": message, "code": "invalid_value"}]
    return Told({"description": "Validation failed", "errors": errors}, 400)


CONTRACT = Contract(
    kind="freshdesk",
    site=Site,
    settings={"token": TOKEN, "escalation_groups": [GROUPS[2]]},
    lacks={
        "reopenings": "Only when it was reopened last is told; the solve before that is forgotten.",
        "solver": "Who has a solved ticket is told, not who solved it.",
    },
    statuses={Status.NEW: Status.OPEN},
    scale=Scale.FRESHDESK,
)
