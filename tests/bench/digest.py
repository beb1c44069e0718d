"""A weekly digest over a million stored tickets, beside DuckDB computing the same numbers.

DuckDB has the same rows in tables of its own, both of the computer's cores, and less to do: it
computes no interval of a median and writes no message.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import duckdb

from bot.digests.digest import Digest, Line
from bot.digests.timetable import Kind, comparables, days_window
from bot.domain import Window
from bot.locale import Reader
from bot.message import Message
from bot.slack import digest as digest_message
from bot.store.database import Database
from bot.store.digests import gather
from tests.bench import Result, in_turns, peak_memory, tell
from tests.bench.past import NOW, fill, make_up

TICKETS = 1_000_000
ROUNDS = 5

_ZONE = ZoneInfo("Europe/Athens")
_READER = Reader("en", _ZONE)
_LAST_WEEK = days_window((NOW - timedelta(days=7)).date(), 7, _ZONE)

#: A number by metric, slice and the place of its window; of a duration the median and the p90.
Numbers = dict[tuple[str, str | None, int], tuple[float, ...]]


def run(tickets: int = TICKETS, rounds: int = ROUNDS) -> list[Result]:
    """Raises `SystemExit` when the two do not agree on every number of the digest."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "digest.db"
        duck = make_up(tickets)
        database = fill(duck, file)
        try:
            return _measured(database, duck, file, rounds)
        finally:
            database.close()
            duck.close()


def _measured(
    database: Database, duck: duckdb.DuckDBPyConnection, file: Path, rounds: int
) -> list[Result]:
    windows = [*comparables(_LAST_WEEK), _LAST_WEEK]
    _compare(_told(decide(database)), dict(_computed(duck, windows)))
    ours, with_chart, floor = in_turns(
        rounds,
        lambda: write(decide(database), with_chart=False),
        lambda: write(decide(database), with_chart=True),
        lambda: list(_computed(duck, windows)),
    )
    plain, charted = (_peak(file, chart) for chart in ("plain", "chart"))
    return [
        Result("weekly digest, 1 M tickets", ours, floor=floor, target=1, peak=plain),
        Result("the same with its chart", with_chart, floor=floor, peak=charted),
    ]


def decide(database: Database) -> Digest:
    with database.reading() as session:
        return gather(
            session, 1, Kind.WEEKLY, _LAST_WEEK, now=NOW, stale_after=timedelta(minutes=30)
        )


def write(made: Digest, *, with_chart: bool) -> Message:
    return digest_message.render(made, _READER, with_chart=with_chart)


def _peak(file: Path, chart: str) -> float | None:
    """The most memory that a process of its own holds while it makes the digest, in MB."""
    command = [sys.executable, "-m", __name__, str(file), chart]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    peak: float | None = json.loads(told)
    return peak


# --- The same numbers by DuckDB --------------------------------------------------------------------

#: What is counted of the rows of a table whose moment falls into a window, by metric.
_COLUMNS = {
    ("ticket", "created_at"): {"ticket_volume": "count(*)"},
    ("ticket", "first_reply_at"): {"first_response_time": "first_reply_at - created_at"},
    ("ticket", "first_solved_at"): {"first_resolution_time": "first_solved_at - created_at"},
    ("ticket", "last_solved_at"): {"reopen_rate": "count(*) FILTER (reopens >= 1) / count(*)"},
    ("ticket", "solved_at"): {
        "tickets_solved": "count(*)",
        "tickets_per_agent": "count(*) / count(DISTINCT solver)",
        "interactions_per_resolution": "sum(agent_messages + customer_messages) / count(*)",
        "one_touch_rate": "count(*) FILTER (agent_replies = 1) / count(*)",
        "transfer_rate": "count(*) FILTER (transfers >= 1) / count(*)",
        "resolution_time": "solved_at - created_at",
    },
    ("response", "answered_at"): {"response_time": "answered_at - asked_at"},
}
#: The part of that which is told by channel and by group, for the last two weeks.
_BROKEN_DOWN = {
    ("ticket", "created_at"): ("ticket_volume",),
    ("ticket", "first_reply_at"): ("first_response_time",),
    ("ticket", "solved_at"): ("tickets_solved", "resolution_time"),
}


def _computed(
    duck: duckdb.DuckDBPyConnection, windows: Sequence[Window]
) -> Iterator[tuple[tuple[str, str | None, int], tuple[float, ...]]]:
    numbered = list(enumerate(windows))
    for (table, moment), columns in _COLUMNS.items():
        yield from _grouped(duck, table, moment, columns, numbered, part="NULL")
    yield from _backlog(duck, numbered)
    for (table, moment), metrics in _BROKEN_DOWN.items():
        columns = {metric: _COLUMNS[table, moment][metric] for metric in metrics}
        for part in ("channel", '"group"'):
            yield from _grouped(duck, table, moment, columns, numbered[-2:], part=part)


def _grouped(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    moment: str,
    columns: dict[str, str],
    windows: Sequence[tuple[int, Window]],
    *,
    part: str,
) -> Iterator[tuple[tuple[str, str | None, int], tuple[float, ...]]]:
    spans = [(place, *_seconds(window)) for place, window in windows]
    counted = ", ".join(_column(column) for column in columns.values())
    found = duck.execute(f"""
        SELECT spans.place, {part} AS part, {counted}
        FROM {table} JOIN (VALUES {", ".join(map(str, spans))}) AS spans(place, "from", until)
            ON {moment} >= "from" AND {moment} < until
        WHERE {moment} >= {spans[0][1]} AND {moment} < {spans[-1][2]}
            {"AND removal IS NULL" if table == "ticket" else ""}
        GROUP BY ALL
    """).fetchall()
    named = None if part == "NULL" else part.strip('"')
    for place, value, *numbers in found:
        for metric, number in zip(columns, numbers, strict=True):
            key = metric, named and f"{named} {value}", place
            yield key, tuple(number) if isinstance(number, list) else (number,)


def _column(column: str) -> str:
    is_duration = "count" not in column
    return f"quantile_cont(greatest(0, {column}), [0.5, 0.9])" if is_duration else column


def _backlog(
    duck: duckdb.DuckDBPyConnection, windows: Sequence[tuple[int, Window]]
) -> Iterator[tuple[tuple[str, str | None, int], tuple[float, ...]]]:
    ends = [_seconds(window)[1] for _, window in windows]
    standing = ", ".join(
        f"count(*) FILTER (created_at < {at} AND (solved_at IS NULL OR solved_at >= {at}))"
        for at in ends
    )
    solved = ", ".join(f"count(*) FILTER (solved_at < {at} AND reopened_at >= {at})" for at in ends)
    [unsolved] = duck.execute(f"SELECT {standing} FROM ticket WHERE removal IS NULL").fetchall()
    [reopened] = duck.execute(f"SELECT {solved} FROM reopening").fetchall()
    for (place, _), open_, later in zip(windows, unsolved, reopened, strict=True):
        yield ("backlog", None, place), (open_ - later,)


def _seconds(window: Window) -> tuple[int, int]:
    return int(window.start.timestamp()), int(window.end.timestamp())


# --- Whether they agree ------------------------------------------------------------------------------


def _told(made: Digest) -> Numbers:
    """Every number that the digest was made of."""
    parts = [
        line
        for slices in made.breakdowns.values()
        for lines in slices.values()
        for line in lines.values()
    ]
    return {key: number for line in (*made.lines, *parts) for key, number in _series(line)}


def _series(line: Line) -> Iterator[tuple[tuple[str, str | None, int], tuple[float, ...]]]:
    places = {window: place for place, window in enumerate([*comparables(_LAST_WEEK), _LAST_WEEK])}
    for reading in (*line.history, line.reading):
        one = reading.slice
        part = f"{one.dimension} {one.value}" if one else None
        number = (reading.value, reading.p90) if reading.p90 is not None else (reading.value,)
        key = reading.metric.key, part, places[reading.window]
        yield key, tuple(value for value in number if value is not None)


def _compare(ours: Numbers, theirs: Numbers) -> None:
    """Raises `SystemExit` with the first number on which the two do not agree."""
    for key in ours.keys() | theirs.keys():
        told, computed = ours.get(key, ()), theirs.get(key, ())
        # Where there is nothing to count DuckDB has no row, and deskpulse tells 0, or no time.
        nothing = not computed and told in ((), (0,))
        alike = len(told) == len(computed) and all(map(isclose, told, computed))
        if not (nothing or alike):
            sys.exit(f"{key}: deskpulse tells {told}, DuckDB {computed}")


if __name__ == "__main__":
    database_file, chart = sys.argv[1:]
    write(decide(Database(f"sqlite:///{database_file}")), with_chart=chart == "chart")
    tell(peak_memory())
