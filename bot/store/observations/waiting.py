"""Which tickets wait for their first reply at many moments, longer than they should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_
from sqlmodel import Session, col

from bot.alerts.judge import Observation, Seen
from bot.alerts.rule import Rule
from bot.alerts.sights import Sights
from bot.domain import Slice
from bot.store.columns import seconds
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
    ) -> list[tuple[Wait, ...]]:
        """Who waits at each moment, those in order.

        A ticket waits longer than the limit, in seconds, which has to be over after `since`; until
        it is replied to or solved, and a week more than the limit at most.
        """
        found: list[tuple[Wait, ...]] = []
        if not ats:
            return found
        coming = [
            one
            for one in self._waits(ats, limit, desks, only)
            if since is None or one.after > since
        ]
        coming.sort(key=lambda one: (one.after, one.name), reverse=True)
        waiting: tuple[Wait, ...] = ()
        for at in ats:
            while coming and coming[-1].after < at:
                waiting += (coming.pop(),)
            # Before the first moment some may have come and gone.
            if any(at > one.until for one in waiting):
                waiting = tuple(one for one in waiting if at <= one.until)
            found.append(waiting)
        return found

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

    def __init__(self, ats: Sequence[int], waits: Sequence[Sequence[Wait]], there: bytes) -> None:
        super().__init__({}, there)
        self._ats = ats
        self._waits = waits

    def at(self, place: int) -> Seen:
        at = self._ats[place]
        return {one.name: Observation(float(at - one.created_at), 1) for one in self._waits[place]}

    def masks(self, rule: Rule) -> list[bytes]:  # noqa: ARG002  whoever is here waits too long
        return [bytes(map(bool, self._waits))]
