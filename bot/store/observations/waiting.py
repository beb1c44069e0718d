"""Which tickets wait for their first reply at many moments, longer than they should."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import bindparam, func, or_
from sqlmodel import Session, col

from bot.alerts.judge import Observation, Seen
from bot.alerts.rule import Rule
from bot.alerts.sights import Sights, Watched
from bot.domain import Slice
from bot.store.columns import seconds
from bot.store.observations.windows import Whole
from bot.store.readings import Sources
from bot.store.scope import Scope
from bot.store.tables import Desk, TicketRow

#: Who waits this much longer than the limit was forgotten long ago: an alert tells of news.
GIVEN_UP = int(timedelta(days=7).total_seconds())


@dataclass(frozen=True, slots=True)
class Wait:
    """A ticket that waits too long after a moment, up to another; in seconds since 1970."""

    name: str
    created_at: int
    after: int
    until: int


class Waits:
    """Finds the tickets of a workspace that wait."""

    def __init__(self, session: Session, workspace: int, sources: Sources) -> None:
        self._session = session
        self._workspace = workspace
        self._sources = sources

    def at(
        self,
        ats: Sequence[int],
        *,
        limit: int,
        desks: tuple[int, ...],
        only: Slice | None,
        since: int | None,
    ) -> list[Wait]:
        """Who waits at any of the moments, those in order.

        A ticket waits longer than the limit, in seconds, which has to be over after `since`; until
        it is replied to or solved, and a week more than the limit at most.
        """
        if not ats:
            return []
        waits = self._waits(ats, limit, desks, only)
        return [one for one in waits if since is None or one.after > since]

    def _waits(
        self, ats: Sequence[int], limit: int, desks: tuple[int, ...], only: Slice | None
    ) -> Iterator[Wait]:
        created, replied, solved = (
            seconds(TicketRow, "created_at"),
            seconds(TicketRow, "first_reply_at"),
            _first_solve(),
        )
        columns: list[Any] = [col(Desk.name), col(TicketRow.id), created, replied, solved]
        scope = self._sources.among(Scope(self._workspace, (), only=only), desks)
        rows = self._session.execute(
            scope.rows(TicketRow, *columns, moment="created_at")
            .join(Desk, col(Desk.id) == col(TicketRow.desk_id))
            .where(created >= bindparam("start"), created < bindparam("end"))
            # Where only agents wrote, nobody waits for them.
            .where(or_(col(TicketRow.customer_messages) > 0, col(TicketRow.agent_messages) == 0))
            .where(
                *(or_(at.is_(None), at > created + bindparam("limit")) for at in (replied, solved))
            ),
            {
                "start": ats[0] - limit - GIVEN_UP,
                "end": ats[-1] - limit,
                "limit": limit,
            },
        )
        for desk, ticket, created_at, *ends in rows:
            last = min(filter(None, (*ends, created_at + limit + GIVEN_UP)))
            yield Wait(f"{desk}:{ticket}", created_at, created_at + limit, last)


def _first_solve() -> Any:
    """When a ticket was first solved; of some desks only the last is known."""
    return func.coalesce(
        seconds(TicketRow, "first_solved_at"), seconds(TicketRow, "last_solved_at")
    )


class Waiters(Sights):
    """The tickets that wait at each moment, and for how long."""

    def __init__(self, ats: Whole, waits: Iterable[Wait], there: bytes) -> None:
        super().__init__({}, there)
        self._ats = ats
        self._is_there = np.frombuffer(there, np.bool_)
        self._waits = sorted(waits, key=lambda one: (one.after, one.name))
        #: How many have come at each moment, and how many of them have gone.
        self._come = np.searchsorted([one.after for one in self._waits], ats)
        self._gone = np.searchsorted(sorted(one.until for one in self._waits), ats)

    def at(self, place: int, parts: Collection[str | None] | None = None) -> Seen:  # noqa: ARG002
        """All tickets that wait: each stands, or has come."""
        at = self._ats.item(place)
        first = bisect_left(self._waits, at - GIVEN_UP, key=lambda one: one.after)
        come = self._waits[first : self._come.item(place)]
        return {
            one.name: Observation(float(at - one.created_at), 1) for one in come if at <= one.until
        }

    def watched(self, rule: Rule) -> Watched:  # noqa: ARG002  whoever is here waits too long
        """Besides, those that wait only grow older until one comes or goes: as old as a moment before."""
        lacking = ~self._is_there
        changes = np.diff(self._come, prepend=0) + np.diff(self._gone, prepend=0) > 0
        stirring = changes | lacking
        stirring[:-1] |= stirring[1:]
        loud = (self._come > self._gone) | lacking
        return Watched(self, {}, loud.tobytes(), stirring.tobytes())
