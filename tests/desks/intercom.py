"""A simulated Intercom workspace: the rules of its REST API over real HTTP, kept in memory.

Sources: the OpenAPI descriptions 2.14 and 2.16 (github.com/intercom/Intercom-OpenAPI, MIT): shapes,
search operators, page sizes, what needs which version; the articles on pagination and rate limiting
(developers.intercom.com); the shape of a search token and of an unassignment as issues of that
repository and of intercom-node show them; that lists of articles come without statistics (pull
request 136 there). Searches are answered from an index that may lag behind.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from bot.clock import Clock
from bot.domain import Removal, Scale, Status
from tests.desks import history
from tests.desks.history import (
    AGENTS,
    BEGIN,
    GROUPS,
    Assigned,
    Became,
    Called,
    Contract,
    Happening,
    Moved,
    Noted,
    Opened,
    Prioritised,
    Promised,
    Rated,
    Removed,
    Surveyed,
    Tagged,
    Wrote,
)
from tests.desks.wire import SUBJECT, Asked, Limit, Told

TOKEN = "dG9rOnNhbXBsZS10b2tlbi1vZi1ub2JvZHk="

#: The versions that the site knows beside the old ones.
NEWER = (2, 16)

#: Where the history's channels come in: the Messenger is the only one on the web.
SOURCES = {"email": "email", "web": "conversation", "chat": "conversation"}

#: What the history's priorities are called until 2.15, and from 2.16 on.
TWO_PRIORITIES = {
    "low": "not_priority",
    "normal": "not_priority",
    "high": "priority",
    "urgent": "priority",
}
FIVE_PRIORITIES = {"low": "low", "normal": "medium", "high": "high", "urgent": "urgent"}

BOT = {"type": "bot", "id": "4711", "name": "Operator", "email": "operator@desk.invalid"}

#: The number of the first filled conversation. Each came, and was closed, so many seconds after the
#: one before it.
FILLED, APART = 10_000_000, 4

Row = dict[str, Any]


def unix(moment: datetime) -> int:
    return int(moment.timestamp())


@dataclass
class Talk:
    """A conversation: its row as a search gives it, but for the priority, and its parts."""

    row: Row
    priority: str
    parts: list[Row] = field(default_factory=list)
    promises: list[tuple[str, datetime]] = field(default_factory=list)

    def told(self, version: tuple[int, int]) -> Row:
        words = FIVE_PRIORITIES if version >= NEWER else TWO_PRIORITIES
        return {**self.row, "priority": words.get(self.priority, self.priority)}


class Site:
    """A workspace with its conversations; `clock` is its own.

    `forbidden` are the beginnings of paths that the plan or the token leaves out. With `fresh_rows`
    a search that is behind gives rows as they are now, at the place where they were. `inclusive`
    takes `>` and `<` of dates for `>=` and `<=`, of which the documentation is not sure, and `clamps`
    gives the last page of a list for those behind it.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.page: int | None = None
        self.lag = timedelta(0)
        self.limits: Sequence[Limit] = (Limit(clock, 1_666, 10),)
        self.forbidden: set[str] = set()
        self.talks: dict[int, Talk] = {}
        self.deleted: list[tuple[int, int]] = []
        self.calls: list[Row] = []
        self.articles: dict[str, int] = {}
        #: When articles were written; it was long ago where it is not said.
        self.written: dict[str, datetime] = {}
        self.schedules: list[Row] = []
        self.exceptions: dict[str, list[Row]] = {}
        self.zone = "Europe/Berlin"
        self.oldest_call_first = False
        self.fresh_rows = False
        self.inclusive = self.clamps = False
        self._filled = 0
        self._index = _Index()
        self._late: deque[tuple[datetime, int, Talk | None]] = deque()

    # --- what people do ---

    def happen(self, event: Happening) -> None:
        match event:
            case Called():
                self._called(event)
            case Removed():
                self._removed(event)
            case Opened():
                self._opened(event)
            case _:
                self._changed(self.talks[event.ticket], event)
                self.touch(event.ticket, event.at)

    def touch(self, ticket: int, at: datetime | None = None) -> None:
        """Lets the search know of a conversation, once it has caught up."""
        talk = self.talks.get(ticket)
        if talk is not None and at is not None:
            talk.row["updated_at"] = unix(at)
        kept = None if talk is None else Talk(dict(talk.row), talk.priority)
        self._late.append((self.clock.now(), ticket, kept))

    def part(self, ticket: int, at: datetime, kind: str, author: Row, **more: Any) -> Row:
        """Adds an entry to the history of a conversation."""
        talk = self.talks[ticket]
        part = {
            "type": "conversation_part",
            "id": str(len(talk.parts) + 1),
            "part_type": kind,
            "body": None,
            "created_at": unix(at),
            "updated_at": unix(at),
            "notified_at": unix(at),
            "assigned_to": None,
            "author": author,
            "attachments": [],
            "external_id": None,
            "redacted": False,
            "state": talk.row["state"],
            **more,
        }
        talk.parts.append(part)
        return part

    def _opened(self, event: Opened) -> None:
        number = event.ticket
        author = admin(event.agent) if event.agent else contact(event.customer)
        talk = Talk(_row(number, event, author), event.priority)
        self.talks[number] = talk
        to = {"type": "team", "id": team_id(event.group)}
        self.part(event.ticket, event.at, "assignment", BOT, assigned_to=to)
        if event.agent is None:
            talk.row["statistics"]["first_contact_reply_at"] = unix(event.at)
            talk.row["first_contact_reply"] = {"created_at": unix(event.at), "type": "conversation"}
        self.touch(event.ticket)

    def _changed(self, talk: Talk, event: Happening) -> None:
        row = talk.row
        match event:
            case Wrote(agent=None):
                self._contact_wrote(talk, event)
            case Wrote():
                self.part(event.ticket, event.at, "comment", admin(event.agent), body=SUBJECT)
                self._replied(talk, event.at)
            case Noted():
                self.part(event.ticket, event.at, "note", admin(event.agent), body=SUBJECT)
            case Became():
                self._became(talk, event)
            case Assigned():
                to = {"type": "admin", "id": self.agent_id(event.to)}
                self.part(event.ticket, event.at, "assignment", admin(event.agent), assigned_to=to)
                row["admin_assignee_id"] = int(to["id"])
            case Moved():
                to = {"type": "team", "id": team_id(event.group)}
                self.part(event.ticket, event.at, "assignment", admin(event.agent), assigned_to=to)
                row["team_assignee_id"] = int(to["id"])
            case _:
                self._noted_down(talk, event)

    def _noted_down(self, talk: Talk, event: Happening) -> None:
        """What changes a conversation without an entry in its history."""
        row = talk.row
        match event:
            case Prioritised():
                talk.priority = event.priority
            case Tagged():
                row["tags"] = _tags(*(tag["name"] for tag in row["tags"]["tags"]), event.tag)
            case Promised():
                talk.promises.append((event.what, event.due))
                row["sla_applied"] = {"sla_name": "Gold", "sla_status": "active"}
            case Surveyed():
                row["conversation_rating"] = {
                    "rating": None,
                    "remark": None,
                    "created_at": unix(event.at),
                    "updated_at": unix(event.at),
                    "contact": row["contacts"]["contacts"][0],
                    "teammate": {"type": "admin", "id": self.agent_id(event.agent)},
                }
            case Rated():
                asked = row["conversation_rating"]
                given = {"rating": 5 if event.good else 1, "updated_at": unix(event.at)}
                row["conversation_rating"] = {**asked, **given, "remark": SUBJECT}

    def _contact_wrote(self, talk: Talk, event: Wrote) -> None:
        """Opens the conversation: of a closed one the part says so, of a snoozed one nothing does."""
        row = talk.row
        author = {**contact(row["contacts"]["contacts"][0]["external_id"])}
        kind = "open" if row["state"] == "closed" else "comment"
        if row["state"] == "closed":
            row["statistics"] = _more(row["statistics"], count_reopens=1)
        row |= {"state": "open", "open": True, "snoozed_until": None}
        self.part(event.ticket, event.at, kind, author, body=SUBJECT)
        at = unix(event.at)
        told = {"last_contact_reply_at": at}
        if row["statistics"]["first_contact_reply_at"] is None:
            told["first_contact_reply_at"] = at
        row["statistics"] = {**row["statistics"], **told}
        row["first_contact_reply"] = row["first_contact_reply"] or {"created_at": at}

    def _replied(self, talk: Talk, at: datetime) -> None:
        told = {"last_admin_reply_at": unix(at)}
        known = talk.row["statistics"]
        if known["first_admin_reply_at"] is None and known["first_contact_reply_at"] is not None:
            told["first_admin_reply_at"] = unix(at)
            told["time_to_admin_reply"] = unix(at) - talk.row["created_at"]
        talk.row["statistics"] = {**known, **told}
        self._decide(talk, "first reply", at)

    def _became(self, talk: Talk, event: Became) -> None:
        row, by = talk.row, admin(event.agent) if event.agent else BOT
        state = {Status.PENDING: "snoozed", Status.HOLD: "snoozed"}.get(event.status, "open")
        state = "closed" if event.status.is_solved else state
        if state == row["state"]:
            return
        row |= {"state": state, "open": state != "closed"}
        kind = {"closed": "close", "snoozed": "snoozed"}.get(state, "open")
        self.part(event.ticket, event.at, kind, by)
        if state == "closed":
            at = unix(event.at)
            known = row["statistics"]
            told = {
                "first_close_at": known["first_close_at"] or at,
                "last_close_at": at,
                "last_closed_by_id": by["id"],
                "time_to_last_close": at - row["created_at"],
            }
            told["time_to_first_close"] = told["first_close_at"] - row["created_at"]
            row["statistics"] = {**known, **told}
            self._decide(talk, "resolution", event.at)

    def _decide(self, talk: Talk, what: str, at: datetime) -> None:
        """Says whether a target was hit; that one was missed is never taken back."""
        for name, due in talk.promises:
            if name == what and talk.row["sla_applied"]["sla_status"] != "missed":
                status = "hit" if at <= due else "missed"
                talk.row["sla_applied"] = {"sla_name": "Gold", "sla_status": status}

    def _removed(self, event: Removed) -> None:
        """A merged conversation is closed and stays; spam is deleted, as others are."""
        number = event.ticket
        talk = self.talks[number]
        if event.how is Removal.MERGED:
            self._became(talk, Became(event.at, event.ticket, Status.SOLVED))
            self.part(event.ticket, event.at, "merged_secondary_conversation", BOT)
            self.touch(event.ticket, event.at)
            return
        del self.talks[number]
        self.deleted.append((unix(event.at), number))
        self.touch(event.ticket)

    def _called(self, event: Called) -> None:
        answered = unix(event.at) + event.wait
        ended = answered + event.talk
        row = {
            "type": "call",
            "id": str(event.number),
            "conversation_id": None,
            "admin_id": self.agent_id(event.agent) if event.agent else None,
            "contact_id": None,
            "state": "completed",
            "initiated_at": unix(event.at),
            "answered_at": answered if event.answered else None,
            "ended_at": datetime.fromtimestamp(ended, UTC).isoformat(),
            "created_at": unix(event.at),
            "updated_at": unix(history.ended(event)),
            "direction": "inbound" if event.inbound else "outbound",
            "ended_reason": None,
            "phone": "+15550100",
        }
        self.calls.append(row)

    # --- what the suite does ---

    def ticket_id(self, ticket: int) -> str:
        return f"21547{ticket:08}"

    def agent_id(self, agent: str) -> str:
        return agent_id(agent)

    def fill(self, tickets: int) -> None:
        self._filled = tickets

    def strange(self, ticket: int) -> None:
        talk = self.talks[ticket]
        talk.row |= {"state": "hibernating", "source": {**talk.row["source"], "type": "pigeon"}}
        talk.priority = "sometime"
        self.touch(ticket)

    def bare(self, ticket: int) -> None:
        talk = self.talks[ticket]
        kept = {
            name: talk.row[name] for name in ("type", "id", "created_at", "updated_at", "state")
        }
        talk.row = {**dict.fromkeys(talk.row), **kept}
        talk.row["source"] = dict.fromkeys(("type", "id", "delivered_as", "author", "subject"))
        for part in talk.parts:
            part |= {"body": None, "assigned_to": None, "author": {"type": None, "id": None}}
        self.touch(ticket)

    # --- what it answers ---

    def answer(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "unauthorized", "Access Token Invalid")
        limit = self.limits[0]
        allowed = limit.take()
        reset = unix(self.clock.now()) + int(limit.reset) + 1
        headers = {
            "X-RateLimit-Limit": str(limit.limit),
            "X-RateLimit-Remaining": str(max(limit.left, 0)),
            "X-RateLimit-Reset": str(reset),
        }
        told = self._answer(asked) if allowed else _error(429, "rate_limit_exceeded", "too many")
        return Told(told.body, told.status, {**told.headers, **headers}, told.kind)

    def _answer(self, asked: Asked) -> Told:
        version = _version(asked.headers.get("intercom-version", ""))
        if version is None:
            return _error(400, "intercom_version_invalid", "no such version")
        path = asked.path.strip("/")
        if any(path.startswith(one) for one in self.forbidden):
            return _error(403, "api_plan_restricted", "Active subscription needed.")
        newer = ("conversations/deleted", "office_hours_schedules")
        if path.startswith(newer) and version < NEWER:
            return _error(400, "intercom_version_invalid", "not available in this version")
        if asked.method == "POST" and path == "conversations/search":
            return self._searched(asked.body, version)
        return self._got(asked, path, version)

    def _got(self, asked: Asked, path: str, version: tuple[int, int]) -> Told:
        first, _, rest = path.partition("/")
        plain: Mapping[str, Callable[[], Any]] = {
            "me": self.me,
            "admins": lambda: {"type": "admin.list", "admins": [admin(one) for one in AGENTS]},
            "teams": lambda: {"type": "team.list", "teams": [_team(one) for one in GROUPS]},
            "conversations/deleted": lambda: self._deletions(asked),
            "office_hours_schedules": lambda: {"data": self.schedules},
            "calls": lambda: self._calls(asked),
            "articles": lambda: self._articles(asked),
        }
        if asked.method == "GET" and path in plain:
            return Told(plain[path]())
        if first == "articles" and rest in self.articles:
            statistics = {"type": "article_statistics", "views": self.articles[rest]}
            return Told({**self._article(rest), "statistics": statistics})
        if first == "office_hours_schedules" and rest.endswith("/office_hours_exceptions"):
            return Told({"data": self.exceptions.get(rest.partition("/")[0], [])})
        if first == "conversations" and (talk := self._talk(rest)) is not None:
            return Told({**talk.told(version), "conversation_parts": _parts(talk)})
        return _error(404, "not_found", "Resource Not Found")

    def _talk(self, id_: str) -> Talk | None:
        number = number_of(id_)
        if 0 <= number - FILLED < self._filled:
            return _filled(number - FILLED)
        return self.talks.get(number)

    def me(self) -> Row:
        app = {"type": "app", "id_code": "xyz789", "name": "Sample", "region": "US"}
        return {**admin(AGENTS[0]), "app": {**app, "timezone": self.zone}}

    def _deletions(self, asked: Asked) -> Row:
        rows = sorted(self.deleted, reverse=asked.params.get("order", "desc") == "desc")
        gone = [
            {"type": "conversation", "id": f"21547{one:08}", "deleted_at": at} for at, one in rows
        ]
        told = self._list(asked, gone, 20, 60)
        return {"type": "conversations.list", "conversations": told.pop("data"), **told}

    def _calls(self, asked: Asked) -> Row:
        newest_first = not self.oldest_call_first
        rows = sorted(self.calls, key=lambda row: row["initiated_at"], reverse=newest_first)
        return {"type": "list", **self._list(asked, rows, 25, 25)}

    def _articles(self, asked: Asked) -> Row:
        """They come without their statistics, which takes a look at each."""
        return {
            "type": "list",
            **self._list(asked, [self._article(one) for one in self.articles], 25, 150),
        }

    def _article(self, id_: str) -> Row:
        written = unix(self.written.get(id_, BEGIN - timedelta(days=400)))
        row = {"type": "article", "id": id_, "title": SUBJECT, "body": SUBJECT}
        return {**row, "state": "published", "created_at": written, "updated_at": written}

    def _list(self, asked: Asked, rows: Sequence[Row], usual: int, most: int) -> Row:
        page, size = int(asked.params.get("page", 1)), self._size(asked, usual, most)
        pages = {
            "type": "pages",
            "page": page,
            "per_page": size,
            "total_pages": -(-len(rows) // size),
        }
        found = rows[(page - 1) * size : page * size]
        return {"data": found, "total_count": len(rows), "pages": pages}

    def _size(self, asked: Asked, usual: int, most: int) -> int:
        size = min(int(asked.params.get("per_page", usual)), most)
        return min(size, self.page or size)

    # --- searches ---

    def _catch_up(self) -> None:
        while self._late and self._late[0][0] + self.lag <= self.clock.now():
            _, number, talk = self._late.popleft()
            self._index.put(number, talk)

    def _searched(self, body: Any, version: tuple[int, int]) -> Told:
        self._catch_up()
        pagination = body.get("pagination") or {}
        size = pagination.get("per_page", 20)
        sort = body.get("sort") or {}
        order = sort.get("order", "descending")
        if not 0 < size <= 150:
            return _error(400, "parameter_invalid", "per_page must be between 1 and 150")
        if order not in ("ascending", "descending"):
            return _error(400, "invalid_sort_order", "no such order")
        try:
            found = self._found(body["query"], sort.get("field", "updated_at"))
        except (KeyError, ValueError) as error:
            return _error(400, "invalid_field", str(error))
        size = min(size, self.page or size)
        return Told(self._page_of(found, order == "ascending", size, pagination, version))

    def _page_of(
        self,
        found: _Found,
        ascending: bool,
        size: int,
        pagination: Row,
        version: tuple[int, int],
    ) -> Row:
        """The rows behind the token: the sort value, the id and the number of the page, in base64."""
        token, number = pagination.get("starting_after"), 1
        place: tuple[int, int] | None = None
        if token:
            at, id_, number = json.loads(base64.b64decode(token))
            place = at // 1000, id_
        rows = list(islice(found.after(place, ascending), size + 1))
        pages: Row = {"type": "pages", "page": number, "per_page": size}
        pages["total_pages"] = -(-found.total // size)
        if len(rows) > size:
            last = rows[size - 1].row
            mark = [last["updated_at"] * 1000, number_of(last["id"]), number + 1]
            starting_after = base64.b64encode(json.dumps(mark).encode()).decode()
            pages["next"] = {"page": number + 1, "starting_after": starting_after}
        return {
            "type": "conversation.list",
            "pages": pages,
            "total_count": found.total,
            "conversations": [self._row(talk, version) for talk in rows[:size]],
        }

    def _row(self, talk: Talk, version: tuple[int, int]) -> Row:
        known = self.talks.get(number_of(talk.row["id"]), talk) if self.fresh_rows else talk
        return known.told(version)

    def _found(self, query: Row, field_: str) -> _Found:
        if field_ != "updated_at":
            raise ValueError("sorted otherwise")
        holds = _condition(query, slack=int(self.inclusive))
        after, before = _bounds(query, slack=int(self.inclusive))
        filled = range(0)
        if self._filled and holds(_filled(0).row | {"updated_at": after + 1}):
            filled = range(_first_behind(after), min(_first_behind(before - 1), self._filled))
        return _Found(self._index.between(after, before, holds), filled)


@dataclass(frozen=True)
class _Found:
    """What a search found: kept ones in order, and the numbers of filled ones."""

    kept: Sequence[tuple[int, int, Talk]]
    filled: range

    @property
    def total(self) -> int:
        return len(self.kept) + len(self.filled)

    def after(self, place: tuple[int, int] | None, ascending: bool) -> Iterator[Talk]:
        """Those behind a place, in order."""
        if not ascending:
            rows = [talk for at, id_, talk in reversed(self.kept) if not place or (at, id_) < place]
            yield from rows
            yield from (_filled(number) for number in reversed(self.filled))
            return
        start = bisect_right(self.kept, place, key=lambda row: row[:2]) if place else 0
        filled = self.filled
        if place is not None:
            at, number = place
            behind = number - FILLED + 1 if number >= FILLED else _first_behind(at - 1)
            filled = range(max(filled.start, behind), filled.stop)
        yield from (
            row[2]
            for row in merge(
                self.kept[start:],
                ((_filled_at(number), FILLED + number, _filled(number)) for number in filled),
                key=lambda row: row[:2],
            )
        )


class _Index:
    """The conversations as the search knows them, by when they were last changed."""

    def __init__(self) -> None:
        self._order: list[tuple[int, int]] = []
        self._talks: dict[int, Talk] = {}

    def put(self, number: int, talk: Talk | None) -> None:
        old = self._talks.pop(number, None)
        if old is not None:
            del self._order[bisect_left(self._order, (old.row["updated_at"], number))]
        if talk is not None:
            self._talks[number] = talk
            insort(self._order, (talk.row["updated_at"], number))

    def between(
        self, after: int, before: int, holds: Callable[[Row], bool]
    ) -> list[tuple[int, int, Talk]]:
        start = bisect_left(self._order, (after + 1, -1))
        end = bisect_left(self._order, (before, -1))
        found = ((at, number, self._talks[number]) for at, number in self._order[start:end])
        return [
            row
            for row in found
            if holds({**row[2].row, "priority": TWO_PRIORITIES.get(row[2].priority)})
        ]


# --- conditions ---

_DATES = ("_at", "waiting_since", "snoozed_until")
_NAMES = {"requested_at": "created_at", "replied_at": "updated_at", "score": "rating"}


def _condition(query: Row, slack: int = 0) -> Callable[[Row], bool]:
    """The predicate of a query; a date knows `=`, `<` and `>` only, strict but for the `slack`."""
    if query["operator"] in ("AND", "OR"):
        if not 1 <= len(query["value"]) <= 15:
            raise ValueError("15 filters at most")
        parts = [_condition(one, slack) for one in query["value"]]
        join = all if query["operator"] == "AND" else any
        return lambda row: join(part(row) for part in parts)
    name, operator, value = query["field"], query["operator"], query["value"]
    is_date = name.endswith(_DATES)
    if is_date and (operator not in ("=", "<", ">") or isinstance(value, list)):
        raise ValueError("a date has no such operator")
    if is_date:
        value = int(value) + {"<": slack, ">": -slack}.get(operator, 0)
    compare = _OPERATORS[operator]
    return lambda row: compare(_value(row, name), value)


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one is not None and one < other,
    ">": lambda one, other: one is not None and one > other,
    "IN": lambda one, other: one in other,
    "NIN": lambda one, other: one not in other,
}


def _value(row: Row, name: str) -> Any:
    found: Any = row
    first, _, rest = name.partition(".")
    found = row.get(first)
    for step in filter(None, rest.split(".")):
        found = (found or {}).get(
            _NAMES.get(step, step) if first == "conversation_rating" else step
        )
    return found


def _bounds(query: Row, slack: int = 0) -> tuple[int, int]:
    """Between which seconds of the last change a conjunction can hold at all."""
    after, before = -1, 1 << 40
    for one in query["value"] if query["operator"] == "AND" else []:
        if one.get("field") == "updated_at":
            after = max(after, int(one["value"])) if one["operator"] == ">" else after
            before = min(before, int(one["value"])) if one["operator"] == "<" else before
    return after - slack, before + slack


# --- rows ---


def number_of(id_: str) -> int:
    digits = id_.removeprefix("21547")
    return int(digits) if digits.isdecimal() else -1


def agent_id(agent: str) -> str:
    return str(991_267_000 + AGENTS.index(agent))


def team_id(group: str) -> str:
    return str(5_017_000 + GROUPS.index(group))


def admin(agent: str | None) -> Row:
    assert agent
    return {"type": "admin", "id": agent_id(agent), "name": agent, "email": history.address(agent)}


def contact(customer: str) -> Row:
    return {
        "type": "user",
        "id": f"6762f0dd1bb69f9f{customer.partition('@')[0].encode().hex()}",
        "name": SUBJECT,
        "email": customer,
    }


def _team(group: str) -> Row:
    return {"type": "team", "id": team_id(group), "name": group, "admin_ids": []}


def _tags(*names: str) -> Row:
    tags = [{"type": "tag", "id": str(len(name)), "name": name} for name in names]
    return {"type": "tag.list", "tags": tags}


def _more(statistics: Row, **counts: int) -> Row:
    added = {name: (statistics[name] or 0) + number for name, number in counts.items()}
    return {**statistics, **added}


_STATISTICS = (
    "first_contact_reply_at",
    "first_admin_reply_at",
    "first_close_at",
    "last_contact_reply_at",
    "last_admin_reply_at",
    "last_close_at",
    "last_assignment_at",
    "last_closed_by_id",
    "time_to_admin_reply",
    "time_to_first_close",
    "time_to_last_close",
    "handling_time",
    "adjusted_handling_time",
)


def _row(number: int, event: Opened, author: Row) -> Row:
    came = unix(event.at)
    by_contact = event.agent is None
    source = {
        "type": SOURCES[event.channel],
        "id": str(number),
        "delivered_as": "customer_initiated" if by_contact else "admin_initiated",
        "subject": SUBJECT,
        "body": SUBJECT,
        "author": author,
    }
    customer = contact(event.customer)
    contacts = [{"type": "contact", "id": customer["id"], "external_id": event.customer}]
    return {
        "type": "conversation",
        "id": f"21547{number:08}",
        "title": SUBJECT,
        "created_at": came,
        "updated_at": came,
        "waiting_since": came if by_contact else None,
        "snoozed_until": None,
        "open": True,
        "state": "open",
        "read": False,
        "admin_assignee_id": None,
        "team_assignee_id": int(team_id(event.group)),
        "tags": _tags(*event.tags),
        "conversation_rating": None,
        "source": source,
        "contacts": {"type": "contact.list", "contacts": contacts},
        "teammates": None,
        "custom_attributes": {"about": SUBJECT},
        "first_contact_reply": None,
        "sla_applied": None,
        "statistics": dict.fromkeys(_STATISTICS) | {"count_reopens": 0, "count_assignments": 1},
        "ai_agent": None,
        "ai_agent_participated": False,
    }


def _parts(talk: Talk) -> Row:
    """The newest 500 entries, and how many there are."""
    return {
        "type": "conversation_part.list",
        "conversation_parts": talk.parts[-500:],
        "total_count": len(talk.parts),
    }


def _filled_at(number: int) -> int:
    return unix(BEGIN) + APART * number


def _first_behind(second: int) -> int:
    """The number of the first filled conversation that was changed after that second."""
    return max((second - unix(BEGIN)) // APART + 1, 0)


def _filled(number: int) -> Talk:
    """A plain conversation, closed in the second in which it came."""
    at = _filled_at(number)
    came = datetime.fromtimestamp(at, UTC)
    event = Opened(came, number, history.CUSTOMERS[number % 8])
    row = _row(FILLED + number, event, contact(event.customer))
    return Talk(row | {"state": "closed", "open": False}, "normal")


def _version(told: str) -> tuple[int, int] | None:
    first, _, second = told.partition(".")
    if not (first.isdecimal() and second.isdecimal()):
        return None
    return int(first), int(second)


def _error(status: int, code: str, message: str) -> Told:
    return Told({"type": "error.list", "errors": [{"code": code, "message": message}]}, status)


CONTRACT = Contract(
    kind="intercom",
    site=Site,
    settings={
        "token": TOKEN,
        "snoozed": "pending",
        "calls": True,
        "articles": True,
        "escalation_groups": [GROUPS[2]],
    },
    lacks={
        "channel": "web and chat are one source there, the Messenger",
        "priority": "2.14 knows two only; all five of 2.16 are tested in test_intercom",
        "targets": "no due date is told, only whether the SLA was hit in the end",
        "hold": "a call has no hold time",
        "wrap_up": "a call has no time of wrapping up",
        "group": "a call is of no team",
    },
    statuses={Status.NEW: Status.OPEN},
    removals=frozenset({Removal.DELETED, Removal.MERGED}),
    scale=Scale.STARS,
)
