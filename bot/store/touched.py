"""Marks the hours whose numbers late data change, so that their stored readings no longer hold.

A page of rows is compared with what is stored. Only hours up to which the desk had been read to its
end are marked: of later ones no reading is stored yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce, update
from sqlmodel import Session, SQLModel, col

from bot.store.columns import RETURN
from bot.store.tables import (
    EVERY,
    ArticleRow,
    CallRow,
    Desk,
    RatingRow,
    ReopeningRow,
    ResponseRow,
    TargetRow,
    TicketRow,
    Touched,
    Workspace,
    kept,
)
from bot.store.upserts import replace_rows

HOUR, DAY = 3_600, 86_400

#: A row as it is stored.
Row = Mapping[str, Any]

#: A stretch of time in seconds since 1970.
Stretch = tuple[int, int]

#: What decides to which part of all tickets one belongs, by the dimension that is named alike.
_LABELS = ("group", "channel", "priority")

#: By each moment of a ticket that puts it into a window: what is counted of it there.
_COUNTED = {
    "created_at": ("requester", "escalated", "complaint", "after_hours"),
    "first_reply_at": ("created_at", "first_reply_business", "first_replier"),
    "first_solved_at": ("created_at", "first_resolution_business"),
    "last_solved_at": ("reopens", "solver"),
    "solved_at": (
        *("created_at", "agent_messages", "customer_messages", "agent_replies", "reopens"),
        *("transfers", "solver", "wait", "handle", "resolution_business", "wait_business"),
        "requester",
    ),
}

#: By which moment the rows of other tables fall into a window.
_MOMENTS: Mapping[type[SQLModel], tuple[str, ...]] = {
    ResponseRow: ("answered_at",),
    TargetRow: ("decided_at",),
    ReopeningRow: (),  # they change the backlog, which is looked at as a whole
    RatingRow: ("asked_at", "given_at"),
    CallRow: ("started_at",),
    ArticleRow: ("day",),
}

#: Two hours of UTC, of which one lies in the local day of that date wherever on earth it is: the
#: first from 9 hours west of Greenwich on eastwards, the second from 12 hours west on.
_NOON = (9 * HOUR, 12 * HOUR)


@dataclass(frozen=True, slots=True)
class Late:
    """The hours that late data change: for all readings, and for those by one label alone.

    When a ticket gets another priority, what is told of all tickets, or by group, stays as it was.
    """

    hours: set[int] = field(default_factory=set)
    by_label: dict[str, set[int]] = field(default_factory=lambda: {one: set() for one in _LABELS})

    def of(self, label: str | None) -> set[int]:
        return self.hours if label is None else self.by_label[label]

    def before(self, until: int) -> Late:
        """Those of them that begin before a moment."""
        return Late(
            {hour for hour in self.hours if hour < until},
            {
                label: {hour for hour in hours - self.hours if hour < until}
                for label, hours in self.by_label.items()
            },
        )


def mark(
    session: Session,
    workspace: int,
    hours: Collection[int],
    by_label: Mapping[str, Collection[int]] | None = None,
) -> None:
    """Marks hours, by their first second, as touched in a new revision; see `Late`."""
    marks = [(hour, EVERY) for hour in sorted(hours)]
    marks += [(hour, label) for label, some in (by_label or {}).items() for hour in sorted(some)]
    if not marks:
        return
    revision = session.execute(
        update(Workspace)
        .where(col(Workspace.id) == workspace)
        .values(revision=col(Workspace.revision) + 1)
        .returning(col(Workspace.revision))
    ).scalar_one()
    rows = [
        {"workspace_id": workspace, "hour": hour, "dimension": dimension, "revision": revision}
        for hour, dimension in marks
    ]
    replace_rows(session, Touched, rows, key=("workspace_id", "hour", "dimension"))


def by_tickets(
    session: Session,
    desk: Desk,
    rows: Sequence[Row],
    parts: Mapping[Any, Sequence[Row]],
) -> Late:
    """The hours that storing these tickets changes; `parts` are the rows that come with them."""
    late, until = Late(), kept(desk.data_until)
    if until is None:
        return late
    known = {row["id"]: row for row in _stored(session, TicketRow, desk, "id", rows)}
    pairs = [(known.get(row["id"]), row) for row in rows]
    stored = {table: _stored(session, table, desk, "ticket_id", rows, also="id") for table in parts}
    late.hours.update(_of_neighbours(session, desk, pairs, until), _of_tickets(pairs))
    for table, its_rows in parts.items():
        late.hours.update(_of_changed(table, stored[table], its_rows))
    late.hours.update(_of_backlog(pairs, stored[ReopeningRow], parts[ReopeningRow], until))
    for label in (None, *_LABELS):
        moved = {new["id"] for old, new in pairs if _is_moved(old, new, label)}
        hours = late.of(label)
        hours.update(_of_moments(pairs, moved), _of_ratings(session, desk, moved))
        for table, its_rows in parts.items():
            both = (*stored[table], *its_rows)
            hours.update(_hours(table, (row for row in both if row["ticket_id"] in moved)))
        hours.update(
            _of_stays_in_backlog(pairs, stored[ReopeningRow], parts[ReopeningRow], moved, until)
        )
    return late.before(until)


def _is_moved(old: Row | None, new: Row, label: str | None) -> bool:
    """Whether a ticket came, went or returned; or, of a label, whether it has another one."""
    if label is None:
        return old is None or _differs(old, new, ("removal",))
    return old is not None and _differs(old, new, (label,))


def by_rows(session: Session, desk: Desk, table: type[SQLModel], rows: Sequence[Row]) -> set[int]:
    """The hours that storing rows of another table changes."""
    until = kept(desk.data_until)
    if until is None:
        return set()
    known = {_key(row): row for row in _stored(session, table, desk, "id", rows)}
    changed: list[Row] = []
    for row in rows:
        old = known.get(_key(row))
        if old is None or _differs(old, row, row):
            changed += [row] if old is None else [old, row]
    return {hour for hour in _hours(table, changed) if hour < until}


def of_days(first: int, last: int) -> set[int]:
    """Hours that lie in the local days from one number of a day to another, wherever that is.

    What is told of whole days is counted in windows that hold these, so it takes not all hours.
    """
    return {day * DAY + noon for day in range(first, last + 1) for noon in _NOON}


def _key(row: Row) -> tuple[Any, ...]:
    return row["id"], row.get("day")


def _hours(table: type[SQLModel], rows: Iterable[Row]) -> set[int]:
    if table is ArticleRow:
        return {hour for row in rows for hour in of_days(row["day"], row["day"])}
    moments = (row[moment] for row in rows for moment in _MOMENTS[table])
    return {_hour(moment) for moment in moments if moment is not None}


def _hour(moment: int) -> int:
    return moment - moment % HOUR


def _between(stretch: Stretch) -> set[int]:
    return set(range(_hour(stretch[0]), stretch[1], HOUR))


def _differs(old: Row, new: Row, columns: Iterable[str]) -> bool:
    return any(old[column] != new[column] for column in columns if column in old)


def _stored(
    session: Session,
    table: type[SQLModel],
    desk: Desk,
    column: str,
    rows: Sequence[Row],
    *,
    also: str = "",
) -> list[Row]:
    """What is stored of these rows, each value as the number or text that it is stored as."""
    names = {row[also or column] for row in rows}
    columns = [
        type_coerce(one, one.type.impl) if hasattr(one.type, "impl") else one
        for one in table.__table__.columns  # type: ignore[attr-defined]
    ]
    labelled = [
        value.label(one.name)
        for value, one in zip(columns, table.__table__.columns, strict=True)  # type: ignore[attr-defined]
    ]
    found = session.execute(
        select(*labelled).where(
            table.__table__.c.desk_id == desk.id,  # type: ignore[attr-defined]
            table.__table__.c[column].in_(names),  # type: ignore[attr-defined]
        )
    )
    return [dict(row) for row in found.mappings()]


# --- Tickets -------------------------------------------------------------------------------------


#: A ticket as it was stored, if it was, and as it is told now.
_Pair = tuple[Row | None, Row]


def _versions(pair: _Pair) -> list[Row]:
    return [row for row in pair if row is not None and row["removal"] is None]


def _of_tickets(pairs: Iterable[_Pair]) -> set[int]:
    """The hours in which something else is counted of tickets that are stored already."""
    touched: set[int] = set()
    for old, new in pairs:
        for moment, counted in _COUNTED.items():
            if old is not None and _differs(old, new, (moment, *counted)):
                moments = (row[moment] for row in _versions((old, new)))
                touched |= {_hour(at) for at in moments if at is not None}
    return touched


def _of_moments(pairs: Iterable[_Pair], moved: Collection[str]) -> set[int]:
    """All hours by which tickets that moved are counted."""
    return {
        _hour(row[moment])
        for pair in pairs
        if pair[1]["id"] in moved
        for row in _versions(pair)
        for moment in _COUNTED
        if row[moment] is not None
    }


def _of_changed(table: type[SQLModel], before: Sequence[Row], after: Sequence[Row]) -> set[int]:
    """The hours of rows that came, went or changed."""
    if not after and not before:
        return set()
    columns = list((after or before)[0])

    def told(row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in columns)

    same = {told(row) for row in before} & {told(row) for row in after}
    return _hours(table, (row for row in (*before, *after) if told(row) not in same))


def _of_backlog(
    pairs: Iterable[_Pair], before: Sequence[Row], after: Sequence[Row], until: int
) -> set[int]:
    """The hours at which a ticket was unsolved after all, or was not."""
    solved_before, solved_after = _by_ticket(before), _by_ticket(after)
    touched: set[int] = set()
    for old, new in pairs:
        was = _unsolved(old, solved_before[new["id"]], until)
        is_ = _unsolved(new, solved_after[new["id"]], until)
        for stretch in _either(was, is_):
            touched |= _between(stretch)
    return touched


def _of_stays_in_backlog(
    pairs: Iterable[_Pair],
    before: Sequence[Row],
    after: Sequence[Row],
    moved: Collection[str],
    until: int,
) -> set[int]:
    """The hours at which tickets that moved were unsolved: as another part's, or not at all."""
    solved_before, solved_after = _by_ticket(before), _by_ticket(after)
    touched: set[int] = set()
    for old, new in pairs:
        if new["id"] in moved:
            was = _unsolved(old, solved_before[new["id"]], until)
            is_ = _unsolved(new, solved_after[new["id"]], until)
            for stretch in (*was, *is_):
                touched |= _between(stretch)
    return touched


def _of_ratings(session: Session, desk: Desk, moved: Collection[str]) -> set[int]:
    """The hours of the ratings about tickets that moved: they belong to other parts now, or to none."""
    moments = [type_coerce(getattr(RatingRow, name), BigInteger) for name in _MOMENTS[RatingRow]]
    found = session.execute(
        select(*moments).where(
            col(RatingRow.desk_id) == desk.id, col(RatingRow.ticket_id).in_(moved)
        )
    )
    return {_hour(at) for row in found for at in row if at is not None}


def _by_ticket(reopenings: Iterable[Row]) -> Mapping[str, list[Stretch]]:
    found: dict[str, list[Stretch]] = defaultdict(list)
    for row in reopenings:
        found[row["ticket_id"]].append((row["solved_at"], row["reopened_at"]))
    return found


def _unsolved(row: Row | None, solved: Iterable[Stretch], until: int) -> list[Stretch]:
    """The stretches of time up to `until` in which a ticket was in the backlog."""
    if row is None or row["removal"] is not None:
        return []
    edges = [row["created_at"], *chain.from_iterable(sorted(solved))]
    edges.append(until if row["solved_at"] is None else row["solved_at"])
    clipped = [min(edge, until) for edge in edges]
    pairs = zip(clipped[::2], clipped[1::2], strict=True)
    return [(start, end) for start, end in pairs if start < end]


def _either(one: Iterable[Stretch], other: Iterable[Stretch]) -> Iterator[Stretch]:
    """The stretches that belong to one of the two, but not to both."""
    edges = sorted(chain.from_iterable((*one, *other)))
    odd = [edge for edge, same in groupby(edges) if len(list(same)) % 2]
    return zip(odd[::2], odd[1::2], strict=True)


def _of_neighbours(
    session: Session, desk: Desk, pairs: Iterable[tuple[Row | None, Row]], until: int
) -> set[int]:
    """The hours of the same requesters' other tickets: their contact was, or was not, the first."""
    contacts: dict[bytes, set[int]] = defaultdict(set)
    for old, new in pairs:
        if old is None or _differs(old, new, ("requester", "created_at", "removal")):
            for row in filter(None, (old, new)):
                if row["requester"] is not None and row["created_at"] < until:
                    contacts[row["requester"]].add(row["created_at"])
    if not contacts:
        return set()
    created = type_coerce(TicketRow.created_at, BigInteger)
    solved = type_coerce(TicketRow.solved_at, BigInteger)
    others = session.execute(
        select(col(TicketRow.requester), created, solved).where(
            col(TicketRow.workspace_id) == desk.workspace_id,
            col(TicketRow.requester).in_(list(contacts)),
            col(TicketRow.removal).is_(None),
        )
    )
    week = int(RETURN.total_seconds())
    touched: set[int] = set()
    for requester, created_at, solved_at in others:
        for contact in contacts[requester]:
            if contact < created_at <= contact + week:
                touched.add(_hour(created_at))
            if solved_at is not None and solved_at < contact <= solved_at + week:
                touched.add(_hour(solved_at))
    return touched
