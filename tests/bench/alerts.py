"""Fifty alert rules rehearsed over 90 days of a million tickets, and judged at one moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from bot.alerts.life import Kind
from bot.alerts.quiet import never
from bot.alerts.rehearsal import Moment, replay
from bot.alerts.rule import (
    Burn,
    Change,
    Limit,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    bad_side,
    recovery,
)
from bot.domain import Dimension, Slice
from bot.metrics import CATALOGUE, Clock
from bot.store.database import Database
from bot.store.observations import Past
from bot.store.rehearsals import rehearse_each
from bot.store.tables import Desk, DeskRead
from bot.store.upserts import replace_rows
from tests.bench import Result, peak_memory, tell
from tests.bench.past import NOW, fill, make_up

TICKETS = 1_000_000
DAYS = 90

#: How often the desk was read, and how late that may be.
_EVERY, _PATIENCE = timedelta(minutes=5), timedelta(minutes=30)

_ZONE = ZoneInfo("Europe/Athens")


def _limit(metric: str, value: float, hours: float, **more: Any) -> Rule:
    """On its bad side; above, where a number has none."""
    side = more.pop("side", bad_side(CATALOGUE[metric]))
    limit = Limit(side, value, recovery(CATALOGUE[metric], side, value))
    return Rule(limit, metric=metric, over=timedelta(hours=hours), **more)


def _change(metric: str, share: float, hours: float, side: Side, **more: Any) -> Rule:
    return Rule(Change(side, share), metric=metric, over=timedelta(hours=hours), **more)


def _unusual(metric: str, hours: float, side: Side, **more: Any) -> Rule:
    return Rule(Unusual(side), metric=metric, over=timedelta(hours=hours), **more)


def _burn(factor: float, hours: float, fast: float, **more: Any) -> Rule:
    burn = Burn(factor, target=0.9, fast=timedelta(hours=fast))
    return Rule(burn, metric="sla_attainment", over=timedelta(hours=hours), **more)


_ABOVE, _BELOW, _EITHER = Side.ABOVE, Side.BELOW, Side.EITHER
_BY_GROUP: dict[str, Any] = {"by": Dimension.GROUP}
_BY_CHANNEL: dict[str, Any] = {"by": Dimension.CHANNEL}
_LASTING: dict[str, Any] = {"lasting": timedelta(minutes=30)}


def _only(dimension: Dimension, part: str) -> dict[str, Any]:
    return {"only": Slice(dimension, part)}


_URGENT, _BILLING = _only(Dimension.PRIORITY, "urgent"), _only(Dimension.GROUP, "billing")

#: What a large team may watch: most of it fires a few times in the 90 days, some never.
RULES: dict[str, list[Rule]] = {
    "limits": [
        _limit("first_response_time", 3_600, 1, **_LASTING),
        _limit("first_response_time", 5_400, 2, **_BY_GROUP, **_LASTING),
        _limit("first_response_time", 5_400, 4, **_BY_CHANNEL),
        _limit("first_response_time", 4_800, 2, **_URGENT, **_LASTING),
        _limit("first_response_time", 1_050, 4, clock=Clock.BUSINESS),
        _limit("response_time", 8_400, 2),
        _limit("response_time", 15_000, 6, **_BY_CHANNEL),
        _limit("resolution_time", 47_000, 24),
        _limit("resolution_time", 57_000, 24, **_BY_GROUP),
        _limit("first_resolution_time", 43_000, 12),
        _limit("requester_wait_time", 33_500, 24, **_BILLING),
        _limit("ticket_volume", 110, 1, side=_ABOVE),
        _limit("ticket_volume", 50, 1, side=_ABOVE, **_BY_CHANNEL),
        _limit("ticket_volume", 55, 2, side=_BELOW, **_only(Dimension.CHANNEL, "email")),
        _limit("ticket_volume", 60, 4, side=_ABOVE, **_BY_GROUP),
        _limit("tickets_solved", 50, 1),
        _limit("tickets_solved", 30, 6, **_BY_GROUP),
        _limit("backlog", 31_000, 1),
        _limit("backlog", 3_950, 1, **_BY_GROUP),
        _limit("backlog", 7_780, 1, **_URGENT),
        _limit("csat", 0.5, 24),
        _limit("csat", 0.5, 168, **_BY_GROUP),
        _limit("sla_attainment", 0.82, 4),
        _limit("sla_attainment", 0.75, 6, **_BY_GROUP),
        _limit("reopen_rate", 0.12, 24),
        _limit("escalation_rate", 0.2, 4, **_BY_GROUP),
        _limit("complaint_rate", 0.03, 24),
        _limit("abandonment_rate", 0.2, 6),
        _limit("speed_of_answer", 60, 6),
        _limit("tickets_per_agent", 31, 24, side=_ABOVE),
    ],
    "changes": [
        _change("ticket_volume", 0.4, 2, _ABOVE),
        _change("ticket_volume", 0.6, 4, _ABOVE, **_BY_CHANNEL),
        _change("ticket_volume", 0.4, 4, _BELOW),
        _change("first_response_time", 0.5, 4, _ABOVE),
        _change("tickets_solved", 0.4, 24, _BELOW),
        _change("backlog", 0.3, 1, _ABOVE),
        _change("escalation_rate", 0.5, 24, _ABOVE),
        _change("call_volume", 0.5, 2, _EITHER),
    ],
    "unusual": [
        _unusual("ticket_volume", 2, _EITHER),
        _unusual("ticket_volume", 24, _EITHER, **_BY_GROUP),
        _unusual("first_response_time", 2, _ABOVE),
        _unusual("first_response_time", 6, _ABOVE, **_only(Dimension.CHANNEL, "email")),
        _unusual("resolution_time", 24, _ABOVE),
        _unusual("csat", 24, _BELOW),
        _unusual("sla_attainment", 6, _BELOW),
        _unusual("backlog", 1, _ABOVE),
    ],
    "SLA burn": [_burn(2, 6, 1), _burn(2, 24, 6, **_BY_GROUP)],
    "age of data": [Rule(Old(timedelta(hours=2)))],
    "tickets that wait": [
        Rule(Waiting(timedelta(hours=24)), only=Slice(Dimension.GROUP, "partners"))
    ],
}


def run() -> list[Result]:
    """What all rules take over 90 days, part by part, and at the moment that is due."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "alerts.db"
        with make_up(TICKETS) as duck:
            fill(duck, file).close()
        log_readings(file)
        past, due = (_elsewhere(file, days) for days in (DAYS, 0))
    count = sum(map(len, RULES.values()))
    return [
        Result(
            f"{count} alert rules over {DAYS} days, 1 M tickets",
            past["wall"],
            target=10,
            peak=past["peak"],
        ),
        *(Result(f"of that, in processor time, {part}", took) for part, took in past["parts"]),
        Result(
            f"{count} alert rules at one moment",
            1_000 * due["wall"],
            "ms",
            target=1_000,
            peak=due["peak"],
        ),
    ]


def log_readings(file: Path) -> None:
    """As if the desk had been read every five minutes of the last 100 days."""
    database = Database(f"sqlite:///{file}")
    with database.writing() as session:
        desk = session.scalars(select(Desk)).one()
        untils = [int((NOW - n * _EVERY).timestamp()) for n in range(timedelta(days=100) // _EVERY)]
        rows = [
            {"desk_id": desk.id, "at": until + 20, "workspace_id": 1, "until": until}
            for until in untils
        ]
        replace_rows(session, DeskRead, rows, key=("desk_id", "at"))
    database.close()


def rehearse(file: Path, *, days: int) -> dict[str, Any]:
    """What all rules take over so many days (0: in their last moments), in seconds."""
    database = Database(f"sqlite:///{file}")
    kinds = [(kind, rule) for kind, rules in RULES.items() for rule in rules]
    parts: dict[str, float] = dict.fromkeys(RULES, 0.0)
    fired: dict[str, int] = {}
    began, before = perf_counter(), process_time()
    with database.reading() as session:
        past = Past(session, 1, patience=_PATIENCE)
        done = _rehearsed(past, [rule for _, rule in kinds], days)
        for place, moments in done:
            kind, rule = kinds[place]
            now = process_time()
            parts[kind] += now - before
            before = now
            steps = [step for moment in moments for step in moment.steps]
            fired[repr(rule)] = sum(step.kind is Kind.FIRED for step in steps)
    wall = perf_counter() - began
    database.close()
    return {"wall": wall, "parts": [*parts.items()], "fired": fired, "peak": peak_memory()}


def _rehearsed(
    past: Past, rules: Sequence[Rule], days: int
) -> Iterator[tuple[int, Iterable[Moment]]]:
    """What happens in the last days as `deskpulse alerts rehearse` finds it; or as the job does."""
    if days:
        tried = [(rule, _ZONE, never) for rule in rules]
        for place, found in rehearse_each(past, tried, days=days, now=NOW):
            yield place, found.moments
        return
    for place, rule in enumerate(rules):
        moments = rule.slots(NOW - rule.tick, NOW)
        moments = moments[: past.ready(rule, moments, NOW)]
        yield place, list(replay(rule, moments, past.seen(rule, _ZONE, moments)))


def _elsewhere(file: Path, days: int) -> dict[str, Any]:
    """The same in a process of its own, whose memory is that of nothing else."""
    command = [sys.executable, "-m", __name__, str(file), str(days)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    stored, how_many = sys.argv[1:]
    rehearse(Path(stored), days=0)  # what is imported and compiled only once counts for neither
    tell(rehearse(Path(stored), days=int(how_many)))
