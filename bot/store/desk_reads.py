"""The log of finished readings of the help desks: what was known of them at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlmodel import Session, col

from bot.store.columns import seconds
from bot.store.tables import Desk, DeskRead, kept

#: For how long it is kept: a rehearsal goes back 90 days.
KEPT = timedelta(days=100)

#: A reading: when it was finished, and up to when the desk was known then. Seconds since 1970.
Read = tuple[int, int]

#: The moments after the first and up to the second, in seconds since 1970; `None`: without an end.
Outage = tuple[int, int | None]


def add(session: Session, desk: Desk, *, until: datetime, at: datetime) -> None:
    """A reading that began at `until` has been finished at `at`.

    With the first one comes what was known of the desk before there was a log.
    """
    was = desk.data_until
    if was is not None and was < until and not _is_logged(session, desk):
        _add(session, desk, until=was, at=was)
    _add(session, desk, until=until, at=at)


def _add(session: Session, desk: Desk, *, until: datetime, at: datetime) -> None:
    session.merge(
        DeskRead(desk_id=desk.id or 0, at=at, workspace_id=desk.workspace_id, until=until)
    )


def _is_logged(session: Session, desk: Desk) -> bool:
    wanted = select(col(DeskRead.desk_id)).where(col(DeskRead.desk_id) == desk.id).limit(1)
    return session.scalars(wanted).one_or_none() is not None


def tidy(session: Session, workspace: int, *, before: datetime) -> None:
    """Forgets the readings that were finished before a moment."""
    session.connection().execute(
        delete(DeskRead).where(col(DeskRead.workspace_id) == workspace, col(DeskRead.at) < before)
    )


class DeskReads:
    """The readings of one desk: `first` of all, and those that the moments asked for need.

    What came with the first reading is history: it was not there in time, but it is known. Whether
    there is a log at all is `is_logged`: of a desk from before it the first reading is made up.
    """

    def __init__(
        self, first: Read | None, later: Iterable[Read] = (), *, is_logged: bool = True
    ) -> None:
        self.first = first
        self.is_logged = is_logged
        self._later = list(_growing([*filter(None, [first]), *sorted(later)]))
        self._ats = [at for at, _ in self._later]
        self._outages: dict[int, list[Outage]] = {}

    @property
    def last_until(self) -> int | None:
        """Up to when the desk is known by now; `None` where it was never read to its end."""
        return self._later[-1][1] if self._later else None

    def known_until(self, at: int) -> int | None:
        """Up to when the desk was known at a moment; `None` before it was ever read to its end."""
        place = bisect_right(self._ats, at)
        return self._later[place - 1][1] if place else None

    def outages(self, patience: int) -> list[Outage]:
        """The moments up to which the desk was not read within the patience, oldest first."""
        if patience not in self._outages:
            self._outages[patience] = list(self._times_without(patience))
        return self._outages[patience]

    def _times_without(self, patience: int) -> Iterator[Outage]:
        known = -1 if self.first is None else self._later[0][1]
        for at, until in self._later[1:]:
            late = min(until, at - patience - 1)
            if known < late:
                yield known, late
            known = until
        yield known, None


def _growing(reads: Iterable[Read]) -> Iterator[Read]:
    """Those that brought something new."""
    known = -1
    for at, until in reads:
        if until > known:
            yield at, until
            known = until


def load(session: Session, desks: Collection[Desk], since: datetime) -> dict[int, DeskReads]:
    """The readings of desks by their id, for moments from `since` on.

    Of a desk that was read before there was a log, its last reading is the first.
    """
    ids = [desk.id or 0 for desk in desks]
    wanted = col(DeskRead.desk_id).in_(ids)
    firsts = _ends(session, func.min, wanted)
    before = _ends(session, func.max, wanted, col(DeskRead.at) < since)
    later = _since(session, wanted, since)
    return {
        (id_ := desk.id or 0): DeskReads(
            firsts.get(id_, _unlogged(desk)),
            [*filter(None, [before.get(id_)]), *later[id_]],
            is_logged=id_ in firsts,
        )
        for desk in desks
    }


def _ends(session: Session, end: Any, *wanted: ColumnElement[bool]) -> dict[int, Read]:
    """The first or the last reading of each desk: of two the later one knows no less."""
    ats, untils = end(seconds(DeskRead, "at")), end(seconds(DeskRead, "until"))
    rows = session.execute(
        select(col(DeskRead.desk_id), ats, untils).where(*wanted).group_by(col(DeskRead.desk_id))
    )
    return {desk: (at, until) for desk, at, until in rows}


def _since(session: Session, wanted: ColumnElement[bool], since: datetime) -> dict[int, list[Read]]:
    rows = session.execute(
        select(col(DeskRead.desk_id), seconds(DeskRead, "at"), seconds(DeskRead, "until"))
        .where(wanted, col(DeskRead.at) >= since)
        .order_by(col(DeskRead.at))
    )
    found: dict[int, list[Read]] = defaultdict(list)
    for desk, at, until in rows:
        found[desk].append((at, until))
    return found


def _unlogged(desk: Desk) -> Read | None:
    until = kept(desk.data_until)
    return None if until is None else (until, until)
