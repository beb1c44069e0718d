"""A simulated Zendesk: the rules of its web API over real HTTP, with tickets kept in memory.

The rules are those of developer.zendesk.com: "Incremental Exports" and "Using the Incremental
Exports API" (the last minute is withheld, `generated_timestamp` decides, deleted tickets stay, a
start of just now is refused), "Ticket Audits", "Search" (its export, whose cursor expires, and
which refuses a `type:`), "Satisfaction Ratings", "CSAT Survey Responses", "Schedules", the
"Incremental Exports" of Talk (`next_page` is never null), "Pagination" and "Rate limits"; what the
statuses of a call mean tells support.zendesk.com 4408881766938. Seen by others only, and not told
there: that more than 50 survey responses at once are refused (tap-zendesk #179), that an answer to
"good or bad" makes another record (tap-zendesk #37; told is that a record has an `updated_at`, so
both are played), the tag of merged tickets, and what the entries of a chat in an audit look like.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bot.clock import Clock
from bot.domain import Removal
from tests.desks import history
from tests.desks.history import AGENTS, BEGIN, CUSTOMERS, GROUPS, Contract, Happening
from tests.desks.wire import SUBJECT, Asked, Limit, Told

TOKEN, EMAIL = "zd-9f3c71e0b2a84d", "reader@desk.invalid"

#: Who everybody is.
PEOPLE = {name: 4_000 + number for number, name in enumerate((*AGENTS, *CUSTOMERS))}
TEAMS = {name: 600 + number for number, name in enumerate(GROUPS)}
SYSTEM = -1

_METRICS = {"first reply": "first_reply_time", "resolution": "total_resolution_time"}
_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
_FILLED = 1_000_000
_HOST = "https://acme.zendesk.com"

Json = dict[str, Any]


class Version(NamedTuple):
    """What a search knows of a ticket from a moment on."""

    known_at: datetime
    status: str
    updated: datetime
    tags: tuple[str, ...]


@dataclass
class Held:
    """A ticket."""

    id: int
    created: datetime
    updated: datetime
    requester: int | None
    submitter: int
    group: int | None
    channel: str | None
    priority: str | None
    tags: list[str]
    status: str = "new"
    assignee: int | None = None
    generated: int = 0
    audits: list[Json] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    fields: list[Json] = field(default_factory=list)
    follows: int | None = None
    """The closed ticket that it goes on with: then it began with the tags of that."""

    @property
    def key(self) -> tuple[int, int]:
        return self.generated, self.id


@dataclass
class Site:
    """A Zendesk with its tickets, people, groups, ratings and calls.

    `clock` is its own; `absent` are paths that the plan does not have, `withheld` is the stretch that
    no export tells yet, `exported` how many tickets it gives whatever it is asked for. `anew` is
    whether an answer to "good or bad" is another record, `None`: of every second ticket.
    """

    clock: Clock
    page: int | None = None
    lag: timedelta = timedelta(0)
    role: str = "admin"
    requests_per_minute: int = 200
    withheld: timedelta = timedelta(minutes=1)
    exported: int | None = None
    anew: bool | None = None
    tickets: dict[int, Held] = field(default_factory=dict)
    ratings: dict[int, Json] = field(default_factory=dict)
    surveys: list[Json] = field(default_factory=list)
    called: dict[int, Json] = field(default_factory=dict)
    schedules: list[Json] = field(default_factory=list)
    holidays: dict[int, list[Json]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    """Agents who left: they are customers now."""
    absent: set[str] = field(default_factory=set)
    limits: Sequence[Limit] = ()
    _order: list[tuple[int, int]] = field(default_factory=list)
    _filled: int = 0
    _audit: int = 10**6

    def __post_init__(self) -> None:
        self.account = Limit(self.clock, self.requests_per_minute)
        self.exports = Limit(self.clock, 10)
        self.searches = Limit(self.clock, 100)
        self.talk = Limit(self.clock, 10)
        self.limits = (self.account, self.exports, self.searches, self.talk)

    # --- the shared history ---

    def ticket_id(self, ticket: int) -> str:
        return str(9_000 + ticket)

    def agent_id(self, agent: str) -> str:
        return str(PEOPLE[agent])

    def of(self, ticket: int) -> Held:
        return self.tickets[int(self.ticket_id(ticket))]

    def happen(self, event: Happening) -> None:
        match event:
            case history.Opened():
                self._open(event)
            case history.Called():
                self._call(event)
            case history.Surveyed():
                self._survey(event)
            case history.Rated():
                self._rate(event)
            case history.Removed():
                self._remove(event)
            case _:
                self._change(event)

    def fill(self, tickets: int) -> None:
        """Plain, closed tickets, made up whenever they are asked for."""
        self._filled = tickets

    def strange(self, ticket: int) -> None:
        held = self.of(ticket)
        held.status, held.channel, held.priority = "escalated to mars", "telepathy", "whenever"
        self.touch(held)

    def bare(self, ticket: int) -> None:
        held = self.of(ticket)
        held.group = held.assignee = held.requester = held.channel = held.priority = None
        held.tags.clear()
        for audit in held.audits:
            audit |= {"author_id": None, "via": None, "metadata": None}
        self.touch(held)

    def _open(self, event: history.Opened) -> None:
        author = PEOPLE[event.agent or event.customer]
        held = Held(
            id=int(self.ticket_id(event.ticket)),
            created=event.at,
            updated=event.at,
            requester=PEOPLE[event.customer],
            submitter=author,
            group=TEAMS[event.group],
            channel=event.channel,
            priority=event.priority,
            tags=list(event.tags),
        )
        self.tickets[held.id] = held
        values: Json = {"subject": SUBJECT, "status": "new", "group_id": str(held.group)}
        values |= {"requester_id": str(held.requester), "priority": held.priority}
        created = [
            {"type": "Create", "field_name": name, "value": value} for name, value in values.items()
        ]
        tags = {"type": "Create", "field_name": "tags", "value": held.tags}
        self.write(held, event.at, author, comment(author), *created, tags)

    def _change(self, event: Any) -> None:
        held = self.of(event.ticket)
        by = PEOPLE[event.agent] if getattr(event, "agent", None) else None
        match event:
            case history.Wrote():
                author = by or held.requester or SYSTEM
                self.write(held, event.at, author, comment(author))
            case history.Noted():
                self.write(held, event.at, by or SYSTEM, comment(by or SYSTEM, public=False))
            case history.Became():
                self.set(held, event.at, by, "status", event.status.value)
            case history.Assigned():
                self.set(held, event.at, by, "assignee_id", PEOPLE[event.to])
            case history.Moved():
                self.set(held, event.at, by, "group_id", TEAMS[event.group])
            case history.Prioritised():
                self.set(held, event.at, by, "priority", event.priority)
            case history.Tagged():
                self.set(held, event.at, by, "tags", [*held.tags, event.tag])
            case history.Promised():
                minutes = int((event.due - held.created).total_seconds() // 60)
                self.promise(held, event.at, _METRICS[event.what], minutes)

    def _remove(self, event: history.Removed) -> None:
        held, by = self.of(event.ticket), PEOPLE[event.agent]
        if event.how is Removal.MERGED:
            self.set(held, event.at, by, "status", "closed")
            self.set(held, event.at, by, "tags", [*held.tags, "closed_by_merge"])
        else:
            self.set(held, event.at, by, "status", "deleted")

    def _survey(self, event: history.Surveyed) -> None:
        held = self.of(event.ticket)
        self.ratings[held.id] = {
            "id": 50_000 + held.id,
            "assignee_id": PEOPLE[event.agent],
            "group_id": held.group,
            "requester_id": held.requester,
            "ticket_id": held.id,
            "score": "offered",
            "comment": None,
            "created_at": literal(event.at),
            "updated_at": literal(event.at),
        }
        self.touch(held)

    def _rate(self, event: history.Rated) -> None:
        score = "good" if event.good else "bad"
        held = self.of(event.ticket)
        given = {"score": score, "comment": SUBJECT, "updated_at": literal(event.at)}
        if event.ticket % 2 if self.anew is None else self.anew:
            id_ = 90_000 + len(self.ratings)
            made = {"id": id_, "created_at": literal(event.at)}
            self.ratings[id_] = self.ratings[held.id] | given | made
        else:
            self.ratings[held.id] |= given
        self.touch(held)

    def _call(self, event: history.Called) -> None:
        self.called[event.number] = {
            "id": 70_000 + event.number,
            "created_at": literal(event.at),
            "updated_at": literal(self.clock.now()),
            "direction": "inbound" if event.inbound else "outbound",
            "completion_status": "completed" if event.answered else "abandoned_in_queue",
            "voicemail": False,
            "outside_business_hours": False,
            "wait_time": event.wait,
            "talk_time": event.talk,
            "hold_time": event.hold,
            "wrap_up_time": event.wrap_up,
            "agent_id": PEOPLE[event.agent] if event.agent else None,
            "call_group_id": TEAMS[event.group],
            "phone_number": SUBJECT,
        }

    # --- what is written into a ticket ---

    def set(self, held: Held, at: datetime, by: int | None, name: str, value: Any) -> None:
        """Changes a field, in the update that somebody makes in that moment, if there is one."""
        attribute = name.removesuffix("_id")
        old = getattr(held, attribute)
        setattr(held, attribute, value)
        change = {
            "type": "Change",
            "field_name": name,
            "value": value if isinstance(value, list) else str(value),
            "previous_value": old if isinstance(old, list) or old is None else str(old),
        }
        self.write(held, at, by, change)

    def promise(self, held: Held, at: datetime, metric: str, minutes: int, **more: Any) -> None:
        value = {"minutes": minutes, "in_business_hours": False, **more}
        self.write(
            held, at, None, {"type": "Change", "field_name": metric, "value": value, "via": rule()}
        )

    def write(self, held: Held, at: datetime, by: int | None, *events: Json) -> None:
        """Adds to the last update if that is of the same moment and author; `None` fits to any."""
        last = held.audits[-1] if held.audits else None
        is_same = last is not None and last["created_at"] == literal(at)
        # What a customer's reply sets off is in the customer's own update, not in an agent's.
        agents = {PEOPLE[agent] for agent in AGENTS}
        if last is not None and is_same and by is None and last["author_id"] not in agents:
            by = last["author_id"]
        by = SYSTEM if by is None else by
        if last is None or not is_same or last["author_id"] != by:
            self._audit += 1
            last = {"id": self._audit, "ticket_id": held.id, "created_at": literal(at)}
            last |= {"author_id": by, "via": {"channel": held.channel}, "events": []}
            held.audits.append(last)
        last["events"] += events
        held.updated = max(held.updated, at)
        self.touch(held)

    def touch(self, held: Held) -> None:
        """Notes that it changed just now, as an automation does without an update."""
        now = self.clock.now()
        place = bisect_left(self._order, held.key)
        if self._order[place : place + 1] == [held.key]:
            del self._order[place]
        held.generated = int(now.timestamp())
        insort(self._order, held.key)
        held.versions.append(Version(now, held.status, held.updated, tuple(held.tags)))

    # --- answers ---

    def answer(self, asked: Asked) -> Told:
        if not self._is_let_in(asked):
            return _error(401, "Couldn't authenticate you")
        path = asked.path.removesuffix(".json")
        lane, answer = self._route(path)
        if not all(limit.take() for limit in lane):
            seconds = str(max(int(limit.reset) + 1 for limit in lane))
            return Told({"error": "APIRateLimitExceeded"}, 429, {"Retry-After": seconds})
        if any(part in path for part in self.absent):
            return _error(403, "You do not have access to this page.")
        told = answer(asked)
        return Told(told.body, told.status, self._headers(), told.kind)

    def _is_let_in(self, asked: Asked) -> bool:
        pair = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        return asked.headers.get("authorization") in (f"Basic {pair}", f"Bearer {TOKEN}")

    def _route(self, path: str) -> tuple[Sequence[Limit], Callable[[Asked], Told]]:
        for pattern, lane, answer in self._routes():
            if re.fullmatch(f"/api/v2/{pattern}", path):
                return lane, answer
        return [self.account], lambda _asked: _error(404, "Not found")

    def _routes(self) -> Iterator[tuple[str, Sequence[Limit], Callable[[Asked], Told]]]:
        usual = [self.account]
        yield "incremental/tickets/cursor", [self.account, self.exports], self._export
        yield r"tickets/\d+/audits", usual, self._audits
        yield "tickets/show_many", usual, self._show_many
        yield "search", usual, self._search
        yield "search/count", usual, self._count
        yield "search/export", [self.account, self.searches], self._search_export
        yield "users/me", usual, lambda _: Told({"user": self._person(EMAIL, 3_999, self.role)})
        yield "users", usual, self._users
        yield "groups", usual, self._groups
        yield "satisfaction_ratings", usual, self._ratings
        yield "guide/survey_responses", usual, self._surveys
        yield "business_hours/schedules", usual, lambda _: Told({"schedules": self.schedules})
        yield r"business_hours/schedules/\d+/holidays", usual, self._holidays
        yield "channels/voice/stats/incremental/calls", [self.talk], self._calls

    def _headers(self) -> dict[str, str]:
        limit, left = str(self.account.limit), str(self.account.left)
        return {
            "X-Rate-Limit": limit,
            "X-Rate-Limit-Remaining": left,
            "ratelimit-limit": limit,
            "ratelimit-remaining": left,
            "ratelimit-reset": str(int(self.account.reset) + 1),
        }

    # --- tickets ---

    def _export(self, asked: Asked) -> Told:
        if self.role != "admin":
            return _error(403, "You do not have access to this page.")
        horizon = int((self.clock.now() - self.withheld).timestamp())
        if "cursor" in asked.params:
            after = _opened(asked.params["cursor"])
        elif "start_time" in asked.params:
            start = int(asked.params["start_time"])
            if start > horizon:
                return _error(422, "Too recent start_time. Use a start_time older than 1 minute")
            after = (start, -1)
        else:
            return _error(400, "start_time: is missing")
        size = min(int(asked.params.get("per_page", 1_000)), 1_000, self.page or 1_000)
        size = self.exported or size
        keys = list(self._after(after, size + 1, horizon))
        told = [self._held(id_) for _, id_ in keys[:size]]
        cursor = _sealed(keys[:size][-1] if keys else after)
        return Told(
            {
                **self._listed(told, asked),
                "after_cursor": cursor,
                "after_url": f"{_HOST}{asked.path}?cursor={cursor}",
                "before_cursor": None,
                "before_url": None,
                "end_of_stream": len(keys) <= size,
            }
        )

    def _after(self, after: tuple[int, int], most: int, horizon: int) -> Iterator[tuple[int, int]]:
        numbers = range(self._filled)
        first = bisect_right(range(self._filled), after, key=self._filled_key)
        for number in numbers[first : first + most]:
            most -= 1
            yield self._filled_key(number)
        place = bisect_right(self._order, after)
        for key in self._order[place : place + max(most, 0)]:
            if key[0] <= horizon:
                yield key

    def _filled_key(self, number: int) -> tuple[int, int]:
        """All of them changed within the 20 hours before the history begins."""
        begin = BEGIN - timedelta(hours=20)
        return int(begin.timestamp()) + number * 72_000 // self._filled, _FILLED + number

    def _held(self, id_: int) -> Held:
        if id_ < _FILLED:
            return self.tickets[id_]
        generated, _ = self._filled_key(id_ - _FILLED)
        at = datetime.fromtimestamp(generated - 3_600, UTC)
        customer, agent = PEOPLE[CUSTOMERS[id_ % 8]], PEOPLE[AGENTS[id_ % 3]]
        held = Held(id_, at, at, customer, customer, TEAMS["General"], "web", "normal", [])
        solved = at + timedelta(minutes=30)
        held.status, held.assignee, held.generated = "closed", agent, generated
        held.updated = solved
        given = {"type": "Create", "field_name": "assignee_id", "value": str(agent)}
        ended = {"type": "Change", "field_name": "status", "value": "solved"}
        held.audits = [
            {"id": 2 * id_, "created_at": literal(at), "author_id": customer}
            | {"events": [comment(customer), given]},
            {"id": 2 * id_ + 1, "created_at": literal(solved), "author_id": agent}
            | {"events": [comment(agent), {**ended, "previous_value": "open"}]},
        ]
        return held

    def _show_many(self, asked: Asked) -> Told:
        ids = [int(id_) for id_ in asked.params.get("ids", "").split(",") if id_]
        if len(ids) > 100:
            return _error(400, "too many ids")
        there = [self._held(id_) for id_ in ids if id_ in self.tickets]
        return Told(self._listed([one for one in there if one.status != "deleted"], asked))

    def _listed(self, told: Sequence[Held], asked: Asked) -> Json:
        include = asked.params.get("include", "").split(",")
        listed: Json = {"tickets": [_ticket(one) for one in told]}
        if "metric_sets" in include:
            sets = [self._metric_set(one) for one in told if one.status != "deleted"]
            listed["metric_sets"] = sets
        if "users" in include:
            ids = {id_ for one in told for id_ in (one.requester, one.submitter, one.assignee)}
            listed["users"] = [
                self._person(name, id_) for name, id_ in PEOPLE.items() if id_ in ids
            ]
        return listed

    def _metric_set(self, held: Held) -> Json:
        """As Zendesk measures: whole minutes, business time the half of it here."""
        agents = {PEOPLE[agent] for agent in AGENTS}
        replies = [
            moment(audit["created_at"])
            for audit in held.audits[1:]
            for event in audit["events"]
            if event["type"] == "Comment" and event["public"] and event["author_id"] in agents
        ]
        solves = [
            moment(audit["created_at"])
            for audit in held.audits
            for event in audit["events"]
            if event.get("field_name") == "status" and event["value"] == "solved"
        ]
        solved = solves[-1] if solves and held.status in ("solved", "closed") else None

        def spread(at: datetime | None) -> Json:
            minutes = None if at is None else int((at - held.created).total_seconds() // 60)
            return {"calendar": minutes, "business": None if minutes is None else minutes // 2}

        return {
            "ticket_id": held.id,
            "solved_at": literal(solved) if solved else None,
            "assignee_stations": _changes(held, "assignee_id"),
            "group_stations": 1 + _changes(held, "group_id", kind="Change"),
            "reopens": max(len(solves) - (solved is not None), 0),
            "replies": len(replies),
            "reply_time_in_minutes": spread(replies[0] if replies else None),
            "first_resolution_time_in_minutes": spread(solves[0] if solves else None),
            "full_resolution_time_in_minutes": spread(solved),
            "requester_wait_time_in_minutes": spread(solved),
        }

    def _audits(self, asked: Asked) -> Told:
        held = self._held(int(asked.path.split("/")[4]))
        if held.status == "deleted":
            return _error(404, "RecordNotFound")
        return self._list(asked, "audits", held.audits)

    # --- searches ---

    def _search(self, asked: Asked) -> Told:
        found = self._found(asked.params["query"])
        if asked.params.get("sort_by") == "updated_at":
            found.sort(key=lambda held: held.updated, reverse=True)
        rows = [_ticket(held) | {"result_type": "ticket"} for held in found]
        return self._list(asked, "results", rows)

    def _count(self, asked: Asked) -> Told:
        return Told({"count": len(self._found(asked.params["query"]))})

    def _search_export(self, asked: Asked) -> Told:
        if "filter[type]" not in asked.params or "type:" in asked.params["query"]:
            return _error(422, "filter[type] is needed, and no type in the query")
        began, after = self.clock.now(), -1
        if "page[after]" in asked.params:
            began_at, after = _opened(asked.params["page[after]"])
            began = datetime.fromtimestamp(began_at, UTC)
        if self.clock.now() - began > timedelta(hours=1):
            return _error(400, "the cursor has expired")
        size = min(int(asked.params.get("page[size]", 100)), 1_000, self.page or 1_000)
        found = sorted(
            self._found(asked.params["query"]), key=lambda one: (-one.created.timestamp(), one.id)
        )
        ids = [held.id for held in found]
        first = ids.index(after) + 1 if after in ids else 0
        rows = found[first : first + size]
        has_more = first + size < len(found)
        cursor = _sealed((int(self.clock.now().timestamp()), rows[-1].id)) if has_more else None
        body = {
            "results": [_ticket(held) | {"result_type": "ticket"} for held in rows],
            "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": None},
            "links": {"next": f"{_HOST}{asked.path}?page[after]={cursor}", "prev": None},
        }
        return Told(body)

    def _found(self, query: str) -> list[Held]:
        """What the index knew some time ago."""
        known = self.clock.now() - self.lag
        terms = [_term(word) for word in query.split()]
        return [
            held
            for held in self.tickets.values()
            if (at := bisect_right(held.versions, known, key=lambda version: version.known_at))
            and _matches(held, held.versions[at - 1], terms)
        ]

    # --- people, ratings, calls ---

    def _person(self, name: str, id_: int, role: str | None = None) -> Json:
        is_agent = name in AGENTS and name not in self.left
        own = {"id": id_, "active": name not in self.left, "suspended": False}
        email = history.address(name) if name in AGENTS else name
        shown = name if name in AGENTS else SUBJECT
        return {**own, "name": shown, "email": email} | {
            "role": role or ("agent" if is_agent else "end-user")
        }

    def _users(self, asked: Asked) -> Told:
        roles = {value for name, value in asked.all if name in ("role[]", "role")}
        people = [self._person(name, id_) for name, id_ in PEOPLE.items()]
        fitting = [one for one in people if not roles or one["role"] in roles]
        return self._list(asked, "users", fitting)

    def _groups(self, asked: Asked) -> Told:
        groups = [{"id": id_, "name": name, "deleted": False} for name, id_ in TEAMS.items()]
        return self._list(asked, "groups", groups)

    def _ratings(self, asked: Asked) -> Told:
        since = int(asked.params.get("start_time", 0))
        until = int(asked.params.get("end_time", 2**40))
        score = asked.params.get("score")
        rows = [
            one
            for one in self.ratings.values()
            if since <= moment(one["created_at"]).timestamp() <= until
            and (score is None or one["score"] not in ("offered", "unoffered"))
        ]
        rows.sort(key=lambda one: (one["created_at"], one["id"]))
        return self._list(asked, "satisfaction_ratings", rows)

    def _surveys(self, asked: Asked) -> Told:
        if int(asked.params.get("page[size]", 50)) > 50:
            return _error(400, "page[size] is too large")
        since = int(asked.params.get("filter[created_at_start]", 0)) / 1_000
        rows = [one for one in self.surveys if one["created"].timestamp() >= since]
        told = [{name: value for name, value in one.items() if name != "created"} for one in rows]
        return self._list(asked, "survey_responses", told)

    def _holidays(self, asked: Asked) -> Told:
        return Told({"holidays": self.holidays.get(int(asked.path.split("/")[5]), [])})

    def _calls(self, asked: Asked) -> Told:
        start = int(asked.params["start_time"])
        rows = sorted(self.called.values(), key=lambda one: (one["updated_at"], one["id"]))
        rows = [one for one in rows if moment(one["updated_at"]).timestamp() >= start]
        size = min(1_000, self.page or 1_000)
        told = rows[:size]
        # Those of one second are never divided: the next page begins by a second.
        told += [one for one in rows[size:] if one["updated_at"] == told[-1]["updated_at"]]
        end = int(moment(told[-1]["updated_at"]).timestamp()) if told else start
        link = f"{_HOST}{asked.path}?start_time={end}"
        return Told({"calls": told, "count": len(told), "end_time": end, "next_page": link})

    def _list(self, asked: Asked, key: str, rows: Sequence[Json]) -> Told:
        """A page by cursor where a size is given, else by number."""
        if "page[size]" not in asked.params:
            size, number = int(asked.params.get("per_page", 100)), int(asked.params.get("page", 1))
            size = min(size, 100, self.page or 100)
            first = (number - 1) * size
            link = _link(asked, page=number + 1) if first + size < len(rows) else None
            told = {key: rows[first : first + size], "count": len(rows), "next_page": link}
            return Told({**told, "previous_page": None})
        size = min(int(asked.params["page[size]"]), 100, self.page or 100)
        ids = [one["id"] for one in rows]
        after = asked.params.get("page[after]")
        first = ids.index(_id(after)) + 1 if after and _id(after) in ids else 0
        page = rows[first : first + size]
        has_more = first + size < len(rows)
        cursor = base64.urlsafe_b64encode(str(page[-1]["id"]).encode()).decode() if page else None
        link = _link(asked, **{"page[after]": cursor}) if has_more else None
        meta = {"has_more": has_more, "after_cursor": cursor, "before_cursor": None}
        return Told({key: page, "meta": meta, "links": {"next": link, "prev": None}})


# --- shapes ---


def comment(author: int, *, public: bool = True) -> Json:
    return {"type": "Comment", "author_id": author, "public": public, "body": SUBJECT}


def rule() -> Json:
    return {"channel": "rule", "source": {"rel": "trigger"}}


def literal(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


def _ticket(held: Held) -> Json:
    is_deleted = held.status == "deleted"
    return {
        "id": held.id,
        "url": f"{_HOST}/api/v2/tickets/{held.id}.json",
        "via": {"channel": held.channel, "source": _source(held)},
        "created_at": literal(held.created),
        "updated_at": literal(held.updated),
        "generated_timestamp": held.generated,
        "subject": "SCRUBBED" if is_deleted else SUBJECT,
        "description": "SCRUBBED" if is_deleted else SUBJECT,
        "priority": held.priority,
        "status": held.status,
        "requester_id": held.requester,
        "submitter_id": held.submitter,
        "assignee_id": held.assignee,
        "group_id": held.group,
        "tags": held.tags,
        "custom_fields": held.fields,
        "satisfaction_rating": None,
    }


def _source(held: Held) -> Json:
    if held.follows is None:
        return {"from": {}, "to": {}, "rel": None}
    return {"from": {"ticket_id": held.follows, "subject": SUBJECT}, "to": {}, "rel": "follow_up"}


def _changes(held: Held, name: str, kind: str | None = None) -> int:
    return sum(
        event.get("field_name") == name and kind in (None, event["type"])
        for audit in held.audits
        for event in audit["events"]
    )


def _error(status: int, description: str) -> Told:
    return Told({"error": "InvalidValue", "description": f"{description} {SUBJECT}"}, status)


def _sealed(key: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(f"{key[0]}.0||{key[1]}|".encode()).decode()


def _opened(cursor: str) -> tuple[int, int]:
    first, _, second, _ = base64.urlsafe_b64decode(cursor).decode().split("|")
    return int(float(first)), int(second)


def _id(cursor: str) -> int | str:
    told = base64.urlsafe_b64decode(cursor).decode()
    return int(told) if told.isdecimal() else told


def _link(asked: Asked, **more: Any) -> str:
    kept = [(name, value) for name, value in asked.all if name not in more]
    return f"{_HOST}{asked.path}?{urlencode([*kept, *more.items()])}"


_WORD = re.compile(r"(-?)(type|status|created|updated|tags)(:|<=|>=|<|>)(\S+)")


def _term(word: str) -> tuple[str, str, str, str]:
    match = _WORD.fullmatch(word)
    assert match is not None, f"no term of a search: {word}"
    return match.groups()  # type: ignore[return-value]


_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda ours, theirs: ours < theirs,
    "<=": lambda ours, theirs: ours <= theirs,
    ">": lambda ours, theirs: ours > theirs,
    ">=": lambda ours, theirs: ours >= theirs,
    ":": lambda ours, theirs: ours == theirs,
}


def _matches(held: Held, known: Version, terms: Iterable[tuple[str, str, str, str]]) -> bool:
    return known.status != "deleted" and all(
        (_holds(held, known, name, sign, value)) is not bool(negated)
        for negated, name, sign, value in terms
    )


def _holds(held: Held, known: Version, name: str, sign: str, value: str) -> bool:
    if name == "type":
        return value == "ticket"
    if name == "tags":
        return value in known.tags
    if name == "status":
        rank = _ORDER.index(known.status) if known.status in _ORDER else 1
        return _COMPARES[sign](rank, _ORDER.index(value))
    ours = held.created if name == "created" else known.updated
    return _COMPARES[sign](ours.astimezone(UTC), moment(value))


CONTRACT = Contract(
    kind="zendesk",
    site=Site,
    settings={
        "token": TOKEN,
        "email": EMAIL,
        "talk": True,
        "escalation_groups": [GROUPS[2]],
    },
    removals=frozenset({Removal.DELETED, Removal.MERGED}),
)
