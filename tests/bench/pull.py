"""A first sync of 100,000 tickets, beside the same done by hand with httpx, json and sqlite3.

Ours is the adapter of Zendesk as a deployment has it, without histories. Both sides read the same
pages, keep the same facts, and begin with no database. What is done by hand has one table with a
primary key and no other index, no resuming, no lease, and writes the whole stream in one go; it is
as little as will do.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import httpx

from bot import logs
from bot.app import build
from bot.clock import SystemClock
from bot.helpdesks import load
from bot.settings import Settings
from jobs.sync import read_desk
from tests.bench import Result, peak_memory, tell
from tests.bench.paged_server import GROUPS, PATH, serving

TICKETS, FEW_TICKETS = 100_000, 20_000
ROUNDS = 3

_SECRET = "a secret of the benchmarks, 32 by"


def run() -> list[Result]:
    with serving(TICKETS) as url:
        few = _apart("ours", url, FEW_TICKETS)
        rounds = [(_apart("ours", url), _apart("by_hand", url)) for _ in range(ROUNDS)]
    _compare(*rounds[0])
    ours = min(mine.seconds for mine, _ in rounds)
    floor = min(theirs.seconds for _, theirs in rounds)
    peak = max(mine.peak or 0 for mine, _ in rounds)
    return [
        Result("first sync, 100,000 tickets", ours, floor=floor, target=2, peak=peak),
        # Constant memory, but for SQLite's cache of 32 MB, which 20,000 tickets do not fill.
        Result("its memory, against 20,000", peak, "MB", floor=few.peak, target=1.25),
    ]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull took, in seconds and MB, and what it left in the database."""

    seconds: float
    peak: float | None
    facts: list[tuple[Any, ...]]


def _apart(how: str, url: str, tickets: int = TICKETS) -> Pulled:
    """Pulls in a process of its own, whose start is not counted."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "pull.db"
        command = [sys.executable, "-m", __name__, how, url, str(file), str(tickets)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        seconds, peak = json.loads(told)
        return Pulled(seconds, peak, _facts(file))


#: Enough of what is stored to see that both sides stored the same.
_STORED = (
    """SELECT count(*), sum(created_at), sum(updated_at), sum(first_reply_at), sum(solved_at),
        sum(first_solved_at), sum(agent_replies), sum(reopens), sum(transfers) FROM ticket""",
    """SELECT id, status, "group", channel, priority, length(requester), solver FROM ticket
        ORDER BY id LIMIT 100""",
)


def _facts(file: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return [row for query in _STORED for row in connection.execute(query)]


def _compare(ours: Pulled, theirs: Pulled) -> None:
    """Raises `SystemExit` when the two did not store the same."""
    for mine, other in zip(ours.facts, theirs.facts, strict=True):
        if mine != other:
            sys.exit(f"deskpulse stored {mine}, by hand it was {other}")


# --- Ours ------------------------------------------------------------------------------------------


#: The server has no limits; a plan has. Ratings and business times are not what is measured.
_DESK = {
    "kind": "zendesk",
    "token": "a token",
    "histories": False,
    "own_business_times": False,
    "csat": "off",
    "exports_per_minute": 10**6,
    "requests_per_minute": 10**6,
}


def ours(url: str, file: Path, *, most: int) -> None:
    """The product's own path; it is asked to stop when it has `most` tickets."""
    logs.configure("text", quiet=True)
    settings = Settings.read(database_url=f"sqlite:///{file}", secret=_SECRET)
    clock = SystemClock()
    desk = load("bench", {"url": url, **_DESK}, clock)
    services = build(settings, clock=clock, desks={desk.name: desk})
    services.database.migrate()

    def stop_in_time(stored: int, _expected: int | None) -> None:
        if stored >= most:
            services.stopping.set()

    read_desk(services, desk.name, progress=stop_in_time)
    services.database.close()
    desk.close()


# --- By hand ---------------------------------------------------------------------------------------

_TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE ticket (
    desk_id INTEGER, id TEXT, workspace_id INTEGER, created_at INTEGER, updated_at INTEGER,
    status TEXT, "group" TEXT, channel TEXT, priority TEXT, requester BLOB, solver TEXT,
    first_reply_at INTEGER, first_solved_at INTEGER, last_solved_at INTEGER, solved_at INTEGER,
    agent_replies INTEGER, reopens INTEGER, transfers INTEGER, removal TEXT,
    PRIMARY KEY (desk_id, id)
);
"""
_KEEP_TICKETS = f"INSERT OR REPLACE INTO ticket VALUES ({', '.join('?' * 19)})"

#: What two channels are called where all desks have the same names for them.
_CHANNELS = {"voice": "phone"}


def by_hand(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, httpx.Client(base_url=url) as client:
        connection.executescript(_TABLE)
        groups = {one["id"]: one["name"] for one in _body(client, GROUPS)["groups"]}
        for body in _bodies(client):
            metrics = {one["ticket_id"]: one for one in body["metric_sets"]}
            addresses = {one["id"]: one["email"] for one in body["users"]}
            rows = [
                _row(one, metrics[one["id"]], groups[one["group_id"]], addresses)
                for one in body["tickets"]
            ]
            connection.executemany(_KEEP_TICKETS, rows)
            connection.commit()


def _bodies(client: httpx.Client) -> Iterator[Any]:
    asked, is_last = {"start_time": "0"}, False
    while not is_last:
        body = _body(client, PATH, asked)
        yield body
        asked, is_last = {"cursor": body["after_cursor"]}, body["end_of_stream"]


def _body(client: httpx.Client, path: str, asked: Mapping[str, str] | None = None) -> Any:
    return json.loads(client.get(path, params=asked).raise_for_status().content)


def _row(told: Any, metrics: Any, group: str, addresses: Mapping[int, str]) -> tuple[Any, ...]:
    created_at = _epoch(told["created_at"])
    reply = metrics["reply_time_in_minutes"]["calendar"]
    first = metrics["first_resolution_time_in_minutes"]["calendar"]
    solved_at = _epoch(metrics["solved_at"]) if metrics["solved_at"] else None
    is_solved = told["status"] in ("solved", "closed")
    requester = addresses[told["requester_id"]].encode()
    channel = told["via"]["channel"]
    return (
        1,
        str(told["id"]),
        1,
        created_at,
        _epoch(told["updated_at"]),
        told["status"],
        group,
        _CHANNELS.get(channel, channel),
        told["priority"],
        blake2b(requester, key=_SECRET.encode(), digest_size=16).digest(),
        str(told["assignee_id"]) if solved_at else None,
        None if reply is None else created_at + reply * 60,
        None if first is None else created_at + first * 60,
        solved_at,
        solved_at if is_solved else None,
        metrics["replies"],
        metrics["reopens"],
        metrics["assignee_stations"] + metrics["group_stations"] - 2,
        None,
    )


def _epoch(literal: str) -> int:
    return int(datetime.fromisoformat(literal).timestamp())


if __name__ == "__main__":
    way, address, database, most = sys.argv[1:]
    began = perf_counter()
    if way == "ours":
        ours(address, Path(database), most=int(most))
    else:
        by_hand(address, Path(database))
    tell([perf_counter() - began, peak_memory()])
