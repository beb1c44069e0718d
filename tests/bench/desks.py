"""A first sync of 20,000 tickets from each simulated help desk, beside its bare requests.

The floor sends the very same requests again and keeps each answer as JSON in SQLite: no more than
that can be had from that server. Limits are lifted on both sides, since waiting is no work. Ours
reads without the history of each ticket, which would be 20,000 requests more.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter
from typing import Any

import httpx

from bot import logs
from bot.app import build
from bot.clock import Clock
from bot.helpdesks import guide, load
from bot.pauses import Pauses
from bot.settings import Given
from jobs.sync import read_desk
from tests.bench import Result, peak_memory, tell
from tests.desks.contracts import CONTRACTS
from tests.desks.history import BEGIN, HistorySite
from tests.desks.wire import Asked, Told, served
from tests.times import StandingClock

TICKETS = 20_000
ROUNDS = 3

#: Where the server tells what it was asked.
ASKED = "/what-was-asked"


def run() -> list[Result]:
    return [_measured(kind) for kind in sorted(CONTRACTS)]


def _measured(kind: str) -> Result:
    with _serving(kind) as url, TemporaryDirectory() as folder:
        rounds = []
        for number in range(ROUNDS):
            ours, peak = _apart("ours", kind, url, folder, number)
            floor, _ = _apart("floor", kind, url, folder, number)
            rounds.append((ours, floor, peak))
    best = min(ours for ours, _, _ in rounds)
    least = min(floor for _, floor, _ in rounds)
    peak = max(peak for _, _, peak in rounds)
    return Result(f"first sync, {TICKETS:,} tickets, {kind}", best, floor=least, peak=peak)


@contextmanager
def _serving(kind: str) -> Iterator[str]:
    command = [sys.executable, "-m", __name__, "server", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()


def _apart(how: str, kind: str, url: str, folder: str, number: int) -> tuple[float, float]:
    """The seconds and the memory (MB) of a process of its own, whose start is not counted."""
    file = Path(folder) / f"{how}-{number}.db"
    command = [sys.executable, "-m", __name__, how, kind, url, str(file)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, peak = json.loads(told)
    return seconds, peak or 0.0


# --- The server ------------------------------------------------------------------------------------


@dataclass
class _Recorder:
    """Hands everything on to the site, and tells what that was."""

    site: HistorySite
    asked: list[dict[str, Any]]

    @property
    def clock(self) -> Clock:
        return self.site.clock

    def answer(self, asked: Asked) -> Told:
        if asked.path == ASKED:
            told, self.asked = self.asked, []
            return Told(told)
        self.asked.append(
            {
                "method": asked.method,
                "path": asked.path,
                "params": list(asked.all),
                "headers": {
                    name: value
                    for name, value in asked.headers.items()
                    if name in ("authorization", "apikey", "intercom-version")
                },
                "body": asked.body,
            }
        )
        return self.site.answer(asked)


def _serve(kind: str) -> None:
    contract = CONTRACTS[kind]
    site: HistorySite = contract.site(_clock())
    site.fill(TICKETS)
    for limit in site.limits:
        limit.limit = 10**9
    with served(_Recorder(site, [])) as server:
        tell(server.url)
        Event().wait()


def _clock() -> StandingClock:
    return StandingClock(BEGIN + timedelta(days=30))


# --- Ours, and the floor ---------------------------------------------------------------------------


def _ours(kind: str, url: str, file: Path) -> float:
    """The product's own path, by a clock on which waiting takes no time."""
    logs.configure("text", quiet=True)
    contract, clock = CONTRACTS[kind], _clock()
    settings = {"kind": kind, **contract.settings, "url": url}
    if "histories" in guide(kind)[1].model_fields:
        settings["histories"] = False
    pauses = Pauses(clock)
    desk = load("bench", settings, clock, pauses)
    services = build(
        Given(
            database_url=f"sqlite:///{file}", slack_bot_token=None, history=timedelta(days=4_000)
        ),
        clock=clock,
        desks={desk.name: desk},
    )
    services.database.migrate()
    httpx.get(url + ASKED)
    began = perf_counter()
    read_desk(services, desk.name)
    took = perf_counter() - began
    services.database.close()
    desk.close()
    return took


def _floor(url: str, file: Path) -> float:
    asked = httpx.get(url + ASKED).json()
    began = perf_counter()
    with httpx.Client(base_url=url) as client, closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE answer (number INTEGER PRIMARY KEY, told TEXT)")
        for number, one in enumerate(asked):
            answer = client.request(
                one["method"],
                one["path"],
                params=one["params"],
                headers=one["headers"],
                json=one["body"],
            )
            told = json.dumps(answer.json())
            with database:
                database.execute("INSERT INTO answer VALUES (?, ?)", (number, told))
    return perf_counter() - began


if __name__ == "__main__":
    way, of_kind, *more = sys.argv[1:]
    if way == "server":
        _serve(of_kind)
    else:
        address, database_file = more
        kept = Path(database_file)
        seconds = _ours(of_kind, address, kept) if way == "ours" else _floor(address, kept)
        tell([seconds, peak_memory()])
