"""A weekly digest over a million stored tickets, beside DuckDB computing the same numbers.

DuckDB has the same rows in tables of its own, both of the computer's cores, and less to do: it
computes no interval of a median and writes no message.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo

import duckdb
from sqlmodel import col, select

from bot.app import build
from bot.digests.digest import Digest
from bot.digests.line import Line
from bot.digests.timetable import Kind, Timetable, comparables, days_window
from bot.domain import Window
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Clock
from bot.periods import Period, last_days, periods
from bot.services import Services
from bot.settings import Given
from bot.slack import digest as digest_message
from bot.store import kept, schedules, touched
from bot.store.database import Database
from bot.store.digests import gather
from bot.store.scope import local_days
from bot.store.tables import Desk, TicketRow, day_number
from commands.kpi import answer
from commands.questions import parse
from jobs.readings import bring_up_to_date
from tests.bench import Result, in_turns, peak_memory, tell
from tests.bench.past import NOW, fill, make_up

TICKETS = 1_000_000
MANY = 10_000_000
ROUNDS = 5

#: What `/kpi` is asked: of periods that are stored, and of some that are not.
QUESTIONS = (
    "",
    "first response time last 7d by channel",
    "first contact resolution last week",
    "repeat contact rate last 7d by group",
    "csat last 7d vs last year",
    "backlog yesterday by priority",
    "first response time today",
    "first response time 2026-11-02..2026-11-06",
)

_ZONE = ZoneInfo("Europe/Athens")
_READER = Reader("en", _ZONE)
_LAST_WEEK = days_window((NOW - timedelta(days=7)).date(), 7, _ZONE)
_WINDOWS = [*comparables(_LAST_WEEK), _LAST_WEEK]

#: A number by metric, slice and the place of its window; of a duration the median and the p90.
Numbers = dict[tuple[str, str | None, int], tuple[float, ...]]


def check(tickets: int) -> int:
    """How many numbers of the digest DuckDB agrees with, computed anew and stored.

    Raises `SystemExit` for the first on which the two do not agree.
    """
    with TemporaryDirectory() as folder, make_up(tickets) as duck:
        database = fill(duck, Path(folder) / "digest.db")
        computed = dict(_computed(duck, _WINDOWS))
        _compare(_told(decide(database)), computed)
        bring_up_to_date(_services(database), NOW, wanted=_WINDOWS)
        told = _told(decide(database))
        _compare(told, computed)
        database.close()
    return len(told)


def run(tickets: int = TICKETS, rounds: int = ROUNDS) -> list[Result]:
    """Raises `SystemExit` when the two do not agree on every number of the digest."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "digest.db"
        duck = make_up(tickets)
        database = fill(duck, file)
        try:
            found = _measured(database, duck, file, rounds, f"{tickets / 1e6:g} M")
            # What late data cost depends on what they touch, not on how much there is besides.
            return found if tickets > TICKETS else [*found, *_after_late_data(database)]
        finally:
            database.close()
            duck.close()


def _measured(
    database: Database, duck: duckdb.DuckDBPyConnection, file: Path, rounds: int, size: str
) -> list[Result]:
    computed = dict(_computed(duck, _WINDOWS))
    _compare(_told(decide(database)), computed)
    [anew] = in_turns(1, lambda: write(decide(database), with_chart=False))
    services = _services(database)
    _schedule(services)
    [storing] = in_turns(1, lambda: _store_all(services))
    _compare(_told(decide(database)), computed)
    ours, with_chart, floor, *asked = in_turns(
        rounds,
        lambda: write(decide(database), with_chart=False),
        lambda: write(decide(database), with_chart=True),
        lambda: list(_computed(duck, _WINDOWS)),
        *(partial(_ask, services, typed) for typed in QUESTIONS),
    )
    plain, charted, stored = (_peak(file, what) for what in ("plain", "chart", "store"))
    return [
        Result(f"weekly digest, {size} tickets", ours, floor=floor, target=1, peak=plain),
        Result("the same with its chart", with_chart, floor=floor, peak=charted),
        Result("the same with nothing stored", anew, floor=floor),
        Result(
            f"a /kpi answer, {size} tickets, the slowest of {len(asked)}",
            max(asked) * 1_000,
            "ms",
            target=300,
        ),
        Result(f"readings of {len(_asked_for())} periods stored", storing, peak=stored),
    ]


def _after_late_data(database: Database) -> list[Result]:
    services = _services(database)
    late, few = _late(services, days=1)
    later, many = _late(services, days=10)
    return [
        Result(f"again after a late ticket of 1 day, {few} periods touched", late),
        Result(f"again after late tickets of 10 days, {many} periods touched", later),
        Result("a touched period then, against one of 1 day", later / many, floor=late / few),
    ]


def _ask(services: Services, typed: str) -> None:
    answer(services, parse(typed, now=NOW, reader=_READER), _READER, share=True)


def _schedule(services: Services) -> None:
    """The weekly digest as a channel asks for it, so that its heat map is kept ready too."""
    with services.writing() as session:
        schedules.add(
            session,
            services.workspace,
            "C0BENCH",
            Timetable(Kind.WEEKLY, time(9), _ZONE, (NOW.weekday(),)),
            locale="en",
            by="U0BENCH",
            now=NOW,
        )


def _services(database: Database) -> Services:
    """The program on this database, at `NOW`; it has no help desk to read."""
    settings = Given(
        database_url=str(database.url),
        zone=_ZONE.key,
        secret="a secret of the benchmark",
        slack_bot_token=None,
        desks={},
    )
    return build(settings, clock=_Standing(), database=database, desks={})


class _Standing:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None: ...


def _asked_for() -> list[Window]:
    """What is stored: the weeks of the digest and of `/kpi`, and the days of nine weeks."""
    week = last_days(NOW, 7, _ZONE)
    shifted = [earlier_by_days(window, 7) for window in _WINDOWS]
    days = periods(Period.DAY, _WINDOWS[0].start, _LAST_WEEK.end, _ZONE)
    return list(dict.fromkeys([*_WINDOWS, *shifted, week, *comparables(week), *days]))


def _late(services: Services, *, days: int) -> tuple[float, int]:
    """How long it takes to store again what tickets of so many days touch, that change late.

    And how many periods that are.
    """
    with services.writing() as session:
        desk = session.scalars(select(Desk)).one()
        for day in range(days):
            start = _WINDOWS[2].start + timedelta(days=day)
            row = session.scalars(
                select(TicketRow)
                .where(col(TicketRow.solved_at) >= start, col(TicketRow.removal).is_(None))
                .order_by(col(TicketRow.solved_at))
            ).first()
            assert row is not None
            row.agent_messages += 1
            hour = int((row.solved_at or start).timestamp()) // 3600 * 3600
            touched.mark(session, desk.workspace_id, {hour})
    began = perf_counter()
    stored = _store_all(services)
    return perf_counter() - began, stored // len(kept.DIMENSIONS)


def _store_all(services: Services) -> int:
    """Stores all that is missing, as the job does in several turns; gives how many periods it was."""
    stored = 0
    while more := bring_up_to_date(services, NOW, wanted=_asked_for()):
        stored += more
    return stored


def decide(database: Database) -> Digest:
    with database.reading() as session:
        return gather(
            session, 1, Kind.WEEKLY, _LAST_WEEK, now=NOW, stale_after=timedelta(minutes=30)
        )


def write(made: Digest, *, with_chart: bool) -> Message:
    return digest_message.render(made, _READER, with_chart=with_chart)


def _peak(file: Path, what: str) -> float | None:
    """The most memory, in MB, that a process of its own holds while it makes the digest.

    Or while it stores readings, of the longest periods that there are: months.
    """
    command = [sys.executable, "-m", __name__, str(file), what]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    peak: float | None = json.loads(told)
    return peak


# --- The same numbers by DuckDB --------------------------------------------------------------------

_FCR = "first_contact_resolution"

_AGAIN = """EXISTS (FROM ticket AS other WHERE other.requester = t.requester
    AND other.removal IS NULL AND other.created_at > t.solved_at
    AND other.created_at <= t.solved_at + 604800)"""
_BEFORE = """EXISTS (FROM ticket AS other WHERE other.requester = t.requester
    AND other.removal IS NULL AND other.created_at < t.created_at
    AND other.created_at >= t.created_at - 604800)"""


def _share(hits: str, of: str = "TRUE") -> str:
    return f"count(*) FILTER ({hits}) / nullif(count(*) FILTER ({of}), 0)"


#: What is counted of the rows of a table whose moment falls into a window, by metric.
_COLUMNS = {
    ("ticket", "created_at"): {
        "ticket_volume": "count(*)",
        "after_hours_share": _share("after_hours"),
        "escalation_rate": _share("escalated"),
        "complaint_rate": _share("complaint"),
        "repeat_contact_rate": f"count(DISTINCT requester) FILTER ({_BEFORE}) "
        "/ count(DISTINCT requester)",
    },
    ("ticket", "first_reply_at"): {
        "first_response_time": "first_reply_at - created_at",
        "first_response_time business": "first_reply_business",
    },
    ("ticket", "first_solved_at"): {
        "first_resolution_time": "first_solved_at - created_at",
        "first_resolution_time business": "first_resolution_business",
    },
    ("ticket", "last_solved_at"): {"reopen_rate": _share("reopens >= 1")},
    ("ticket", "solved_at"): {
        "tickets_solved": "count(*)",
        "tickets_per_agent": "count(*) / count(DISTINCT solver)",
        "interactions_per_resolution": "sum(agent_messages + customer_messages) / count(*)",
        "one_touch_rate": _share("agent_replies = 1"),
        "transfer_rate": _share("transfers >= 1"),
        "resolution_time": "solved_at - created_at",
        "resolution_time business": "resolution_business",
        "requester_wait_time": "wait",
        "requester_wait_time business": "wait_business",
        "handled": "count(handle)",
        "handling": "coalesce(sum(handle), 0)",
    },
    ("response", "answered_at"): {
        "response_time": "answered_at - asked_at",
        "response_time business": "business",
    },
    ("target", "decided_at"): {"sla_attainment": _share("met")},
    ("rating", "given_at"): {
        "csat": _share("positive", "kind = 'csat'"),
        "nps": "100 * (count(*) FILTER (kind = 'nps' AND raw >= 9) "
        "- count(*) FILTER (kind = 'nps' AND raw <= 6)) / nullif(count(*) FILTER (kind = 'nps'), 0)",
        "ces": "sum(raw) FILTER (kind = 'ces') / nullif(count(*) FILTER (kind = 'ces'), 0)",
    },
    ("rating", "asked_at"): {
        "csat_response_rate": _share("kind = 'csat' AND given_at IS NOT NULL", "kind = 'csat'")
    },
    ("call", "started_at"): {
        "call_volume": "count(*)",
        "hold_time": "sum(hold) FILTER (answered) / count(*) FILTER (answered)",
        "speed_of_answer": "sum(wait) FILTER (answered) / count(*) FILTER (answered)",
        "abandonment_rate": _share("abandoned AND NOT hung_up_at_once", "NOT hung_up_at_once"),
        "called": "count(*) FILTER (answered)",
        "calling": "sum(talk + hold + wrap_up) FILTER (answered)",
    },
    ("article", "day"): {
        "article_views": "sum(views)",
        "article_read_time": "sum(reading) / sum(timed_views)",
    },
}
#: The part of that which is told by channel and by group, for the last two weeks.
_BROKEN_DOWN = {
    ("ticket", "created_at"): ("ticket_volume",),
    ("ticket", "first_reply_at"): ("first_response_time",),
    ("ticket", "solved_at"): ("tickets_solved", "resolution_time"),
}
#: What holds for the rows of a table besides.
_ALSO = {"ticket": "AND removal IS NULL", "call": "AND inbound"}

Key = tuple[str, str | None, int]


def _computed(
    duck: duckdb.DuckDBPyConnection, windows: Sequence[Window]
) -> Iterator[tuple[Key, tuple[float, ...]]]:
    numbered = list(enumerate(windows))
    whole: Numbers = {}
    for (table, moment), columns in _COLUMNS.items():
        whole |= dict(_grouped(duck, table, moment, columns, numbered, part="NULL"))
    yield from _combined(whole, len(windows))
    yield from _backlog(duck, numbered)
    week_before = [(place, earlier_by_days(window, 7)) for place, window in numbered]
    resolved = f"customer_messages <= 1 AND reopens = 0 AND NOT {_AGAIN}"
    yield from _grouped(
        duck, "ticket", "solved_at", {_FCR: _share(resolved)}, week_before, part="NULL"
    )
    for (table, moment), metrics in _BROKEN_DOWN.items():
        columns = {metric: _COLUMNS[table, moment][metric] for metric in metrics}
        for part in ("channel", '"group"'):
            yield from _grouped(duck, table, moment, columns, numbered[-2:], part=part)


def _combined(whole: Numbers, windows: int) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """What is made of two tables: handle times of calls and tickets, views for each ticket."""
    helping = ("handled", "handling", "called", "calling")
    for place in range(windows):
        handled, handling, called, calling = (
            whole.pop((name, None, place), (0,))[0] for name in helping
        )
        yield ("handle_time", None, place), ((handling + calling) / (handled + called),)
        views = whole["article_views", None, place][0]
        yield ("self_service_ratio", None, place), (views / whole["ticket_volume", None, place][0],)
    yield from whole.items()


def earlier_by_days(window: Window, days: int) -> Window:
    return Window(window.start - timedelta(days=days), window.end - timedelta(days=days))


def _grouped(
    duck: duckdb.DuckDBPyConnection,
    table: str,
    moment: str,
    columns: dict[str, str],
    windows: Sequence[tuple[int, Window]],
    *,
    part: str,
) -> Iterator[tuple[Key, tuple[float, ...]]]:
    bounds = _days if table == "article" else _seconds
    spans = [(place, *bounds(window)) for place, window in windows]
    counted = ", ".join(_column(metric, column) for metric, column in columns.items())
    found = duck.execute(f"""
        SELECT spans.place, {part} AS part, {counted}
        FROM {table} AS t JOIN (VALUES {", ".join(map(str, spans))}) AS spans(place, "from", until)
            ON {moment} >= "from" AND {moment} < until
        WHERE {moment} >= {spans[0][1]} AND {moment} < {spans[-1][2]} {_ALSO.get(table, "")}
        GROUP BY ALL
    """).fetchall()
    named = None if part == "NULL" else part.strip('"')
    for place, value, *numbers in found:
        for metric, number in zip(columns, numbers, strict=True):
            key = metric, named and f"{named} {value}", place
            if number is not None:
                yield key, tuple(number) if isinstance(number, list) else (float(number),)


def _column(metric: str, column: str) -> str:
    known = CATALOGUE.get(metric.removesuffix(" business"))
    if known is None or not known.has_business_clock:
        return column
    return f"quantile_cont(greatest(0, {column}), [0.5, 0.9])"


def _backlog(
    duck: duckdb.DuckDBPyConnection, windows: Sequence[tuple[int, Window]]
) -> Iterator[tuple[Key, tuple[float, ...]]]:
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


def _days(window: Window) -> tuple[int, int]:
    first, end = local_days(window)
    return day_number(first) or 0, day_number(end) or 0


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
    windows = _WINDOWS
    if line.reading.metric.settled:
        windows = [earlier_by_days(window, line.reading.metric.settled) for window in windows]
    places = {window: place for place, window in enumerate(windows)}
    for reading in (*line.history, line.reading):
        one = reading.slice
        part = f"{one.dimension} {one.value}" if one else None
        number = (reading.value, reading.p90) if reading.p90 is not None else (reading.value,)
        business = " business" if reading.clock is Clock.BUSINESS else ""
        key = reading.metric.key + business, part, places[reading.window]
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
    database_file, wanted = sys.argv[1:]
    there = Database(f"sqlite:///{database_file}")
    if wanted == "store":
        months = periods(Period.MONTH, NOW - timedelta(days=100), NOW, _ZONE)
        bring_up_to_date(_services(there), NOW, wanted=months)
    else:
        write(decide(there), with_chart=wanted == "chart")
    tell(peak_memory())
