"""When tickets arrived by hour and weekday, and how long they then waited for a first response."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Text, case, cast, func
from sqlmodel import Session

from bot.digests.heat import HOURS, Busiest, Cell, Heat, heat_of
from bot.domain import Window
from bot.metrics import CATALOGUE
from bot.store import kept
from bot.store.columns import seconds
from bot.store.readings import Sources
from bot.store.tables import TicketRow

#: Clocks of different zones differ by multiples of this, in seconds.
_QUARTER = 900


def read(session: Session, workspace: int, window: Window, zone: ZoneInfo) -> Heat:
    """The hours of a window on the clocks of a zone, weeks on Monday: stored, or computed anew."""
    sources = Sources(session, workspace)
    if sources.are_read:
        stored = kept.find_told(session, workspace, [window], _name(zone), sources.basis)
        if stored:
            return _from_json(stored[0])
    return compute(session, workspace, window, zone)


def compute(session: Session, workspace: int, window: Window, zone: ZoneInfo) -> Heat:
    """The same from the tickets themselves; replies count that came by the end of the window."""
    created, replied = seconds(TicketRow, "created_at"), seconds(TicketRow, "first_reply_at")
    # A reply after the window is not yet known to it: so only what lies in it can change it.
    waited = case((replied < int(window.end.timestamp()), replied - created))
    quarter = (created - created % _QUARTER).label("quarter")
    scope = Sources(session, workspace).scope_of(CATALOGUE["first_response_time"], [window])
    rows = session.execute(
        scope.rows(
            TicketRow,
            quarter,
            func.count(),
            func.aggregate_strings(cast(waited, Text), ","),
            moment="created_at",
        )
        .where(created >= int(window.start.timestamp()), created < int(window.end.timestamp()))
        .group_by(quarter)
    )
    counts: dict[tuple[int, int], int] = defaultdict(int)
    waits: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, count, values in rows:
        local = datetime.fromtimestamp(at, UTC).astimezone(zone)
        counts[local.weekday(), local.hour] += count
        waits[local.weekday(), local.hour] += json.loads(f"[{values or ''}]")
    return heat_of(
        [
            [Cell(counts[day, hour], sorted(waits[day, hour])) for hour in range(HOURS)]
            for day in range(7)
        ]
    )


def store(
    session: Session,
    workspace: int,
    window: Window,
    zone: ZoneInfo,
    heat: Heat,
    *,
    revision: int,
    basis: str,
) -> None:
    """Keeps what was computed after `revision` was read."""
    kept.store_told(
        session,
        workspace,
        _name(zone),
        {window: asdict(heat)},
        revision_=revision,
        basis_=basis,
    )


def is_stored(session: Session, workspace: int, window: Window, zone: ZoneInfo) -> bool:
    """Whether it need not be computed."""
    basis = Sources(session, workspace).basis
    return bool(kept.find_told(session, workspace, [window], _name(zone), basis))


def _name(zone: ZoneInfo) -> str:
    """Under which dimension it is stored: an hour is another one in another zone."""
    return f"hour of the week, {zone.key}"


def _from_json(told: dict[str, Any]) -> Heat:
    busiest = told["busiest"]
    return Heat(told["arrivals"], told["waits"], Busiest(**busiest) if busiest else None)
