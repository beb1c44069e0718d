"""A local server that pages like a help desk: Zendesk's cursor export, with what is side-loaded.

`GET /api/v2/incremental/tickets/cursor.json` gives 1000 tickets, their metric sets and the people
that they name, `after_cursor` and `end_of_stream`; the next page is asked for by `?cursor=`. The
shape is that of
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports.
Beside it there are the groups, the agents, and a search that finds nothing. It runs as a process of
its own, and every page is rendered before the first is asked for; it has no limits.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench import tell

PAGE = 1_000
PATH = "/api/v2/incremental/tickets/cursor.json"

GROUPS = "/api/v2/groups.json"

#: When the first ticket was made; about 1,300 follow in a week. None comes from the future, which
#: is where a reading ends.
FIRST = datetime(2024, 6, 3, tzinfo=UTC)

_APART = timedelta(minutes=8)

Json = dict[str, Any]


@contextmanager
def serving(tickets: int) -> Iterator[str]:
    """The address of a server with so many tickets, while the block runs."""
    command = [sys.executable, "-m", __name__, str(tickets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def _pages(tickets: int) -> list[bytes]:
    chance = Random(20_261_120)
    return [_page(start, tickets, chance) for start in range(0, tickets, PAGE)]


def _page(start: int, tickets: int, chance: Random) -> bytes:
    end = min(start + PAGE, tickets)
    told = [_ticket(number, chance) for number in range(start, end)]
    return json.dumps(
        {
            "tickets": told,
            "metric_sets": [_metric_set(ticket, chance) for ticket in told],
            "users": [_person(number) for number in sorted({*map(_requester, told), *_AGENTS})],
            "after_cursor": str(end // PAGE),
            "after_url": f"http://127.0.0.1{PATH}?cursor={end // PAGE}",
            "before_cursor": None,
            "before_url": None,
            "end_of_stream": end == tickets,
        }
    ).encode()


def _ticket(number: int, chance: Random) -> Json:
    created = FIRST + number * _APART
    updated = created + timedelta(minutes=chance.randrange(1, 20_000))
    channel = chance.choice(["email", "web", "chat", "api", "voice"])
    return {
        "id": 10_000 + number,
        "url": f"https://bench.example/api/v2/tickets/{10_000 + number}.json",
        "external_id": None,
        "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": _literal(created),
        "updated_at": _literal(updated),
        "generated_timestamp": int(updated.timestamp()),
        "type": "question",
        "subject": f"A question about order {chance.randrange(10**6)}",
        "raw_subject": f"A question about order {chance.randrange(10**6)}",
        "description": "Where is what was ordered, and when will it come? " * 6,
        "priority": chance.choice(["low", "normal", "high", "urgent", None]),
        "status": chance.choice(["new", "open", "pending", "solved", "closed", "closed", "closed"]),
        "recipient": "support@bench.example",
        "requester_id": 700_000 + number // 3,
        "submitter_id": 700_000 + number // 3,
        "assignee_id": 500 + chance.randrange(40),
        "organization_id": None,
        "group_id": 30 + chance.randrange(8),
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": ["order", "delivery", f"shop-{chance.randrange(20)}"],
        "custom_fields": [{"id": 900 + field, "value": None} for field in range(10)],
        "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "custom_status_id": 1,
        "followup_ids": [],
        "brand_id": 11,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


def _metric_set(ticket: Json, chance: Random) -> Json:
    reply = chance.randrange(1, 400) if chance.random() < 0.9 else None
    is_solved = ticket["status"] in ("solved", "closed")
    resolution = (reply or 0) + chance.randrange(10, 8_000) if is_solved else None
    created = datetime.fromisoformat(ticket["created_at"])
    solved = None if resolution is None else _literal(created + timedelta(minutes=resolution))
    return {
        "id": ticket["id"] + 10**6,
        "url": f"https://bench.example/api/v2/ticket_metrics/{ticket['id'] + 10**6}.json",
        "ticket_id": ticket["id"],
        "created_at": ticket["created_at"],
        "updated_at": ticket["updated_at"],
        "group_stations": chance.choice([1, 1, 1, 2]),
        "assignee_stations": chance.choice([1, 1, 2]),
        "reopens": int(is_solved and chance.random() < 0.08),
        "replies": 0 if reply is None else chance.choice([1, 1, 2, 3]),
        "assignee_updated_at": ticket["updated_at"],
        "requester_updated_at": ticket["created_at"],
        "status_updated_at": ticket["updated_at"],
        "initially_assigned_at": ticket["created_at"],
        "assigned_at": ticket["created_at"],
        "solved_at": solved,
        "latest_comment_added_at": ticket["updated_at"],
        "reply_time_in_minutes": {"calendar": reply, "business": reply},
        "first_resolution_time_in_minutes": {"calendar": resolution, "business": resolution},
        "full_resolution_time_in_minutes": {"calendar": resolution, "business": resolution},
        "agent_wait_time_in_minutes": {"calendar": 40, "business": 20},
        "requester_wait_time_in_minutes": {"calendar": reply, "business": reply},
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


_AGENTS = range(500, 540)


def _requester(ticket: Json) -> int:
    requester: int = ticket["requester_id"]
    return requester


def _person(number: int) -> Json:
    is_agent = number in _AGENTS
    return {
        "id": number,
        "url": f"https://bench.example/api/v2/users/{number}.json",
        "name": f"Somebody {number}",
        "email": f"person{number}@bench.example",
        "created_at": _literal(FIRST),
        "updated_at": _literal(FIRST),
        "time_zone": "Athens",
        "iana_time_zone": "Europe/Athens",
        "phone": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": "agent" if is_agent else "end-user",
        "verified": True,
        "external_id": None,
        "tags": [],
        "active": True,
        "shared": False,
        "details": "",
        "notes": "",
        "suspended": False,
        "user_fields": {},
    }


def _others() -> dict[str, bytes]:
    """What is asked for besides the export, each on one page."""
    meta = {"meta": {"has_more": False}, "links": {"next": None}}
    groups = [{"id": number, "name": f"Group {number}"} for number in range(30, 38)]
    told: dict[str, Json] = {
        GROUPS: {"groups": groups},
        "/api/v2/users.json": {"users": [_person(number) for number in _AGENTS]},
        "/api/v2/search/export.json": {"results": []},
        "/api/v2/search/count.json": {"count": len(_Handler.pages) * PAGE},
        "/api/v2/satisfaction_ratings.json": {"satisfaction_ratings": []},
        "/api/v2/business_hours/schedules.json": {"schedules": []},
    }
    return {path: json.dumps({**body, **meta}).encode() for path, body in told.items()}


def _literal(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the line is kept between pages
    pages: list[bytes]
    others: dict[str, bytes]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        page = self.others.get(asked.path)
        if page is None:
            page = self.pages[int(parse_qs(asked.query).get("cursor", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Nobody reads along."""


def _serve(tickets: int) -> None:
    _Handler.pages = _pages(tickets)
    _Handler.others = _others()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    tell(server.server_address[1])
    server.serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
