"""Reads a simulated help desk of any size to its end, in a process of its own, and tells how it went.

`python -m tests.full_size KIND ROWS FOLDER` prints JSON: how many rows were told, how many of
them different, and the most memory in MB that server and reader had together. The server makes
its rows as they are asked for; what was told is kept in a file, so that neither grows.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot import logs
from bot.domain import Window
from bot.helpdesks import guide, load
from bot.pauses import Pauses
from tests.bench import peak_memory
from tests.desks.contracts import CONTRACTS
from tests.desks.history import BEGIN
from tests.desks.wire import served
from tests.times import StandingClock


def read(kind: str, rows: int, folder: Path) -> dict[str, float]:
    """What came of reading so many rows of that kind."""
    contract, clock = CONTRACTS[kind], StandingClock(BEGIN + timedelta(days=30))
    site = contract.site(clock)
    site.fill(rows)
    settings = {"kind": kind, **contract.settings}
    if "histories" in guide(kind)[1].model_fields:
        settings["histories"] = False
    window = Window(BEGIN - timedelta(days=4_000), clock.now())
    told = 0
    with (
        served(site) as server,
        closing(load("acme", settings | {"url": server.url}, clock, Pauses(clock))) as desk,
        closing(sqlite3.connect(folder / f"{kind}-{rows}.db")) as kept,
    ):
        kept.execute("CREATE TABLE told (id TEXT PRIMARY KEY) WITHOUT ROWID")
        for page in desk.tickets(desk.start(window)):
            told += len(page.rows)
            kept.executemany(
                "INSERT OR IGNORE INTO told VALUES (?)", [(one.id,) for one in page.rows]
            )
            # A list of all requests would grow too.
            server.requests.clear()
        (different,) = kept.execute("SELECT count(*) FROM told").fetchone()
    return {"told": told, "different": different, "peak": peak_memory() or 0.0}


if __name__ == "__main__":
    logs.configure("text", quiet=True)
    _, kind_, rows_, folder_ = sys.argv
    sys.stdout.write(json.dumps(read(kind_, int(rows_), Path(folder_))))
