"""What no help desk tells: numbers that somebody recorded, imported or pushed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, tuple_
from sqlmodel import Session, col

from bot.domain import Dimension
from bot.measurements import Batch, Change, Entry, Recorded
from bot.measurements.overlap import clashes
from bot.metrics import AtStart, Sum, Term
from bot.store import people, runs, touched
from bot.store.scope import Place, Scope, local_days
from bot.store.tables import Measurement, Run, Workspace, day_number, kept
from bot.store.upserts import replace_rows

#: What a measurement is about, as columns of its table.
_ABOUT = ("metric", "day", "last_day", "desk", "channel", "group", "priority")

#: The subject under which a push claims its signature.
_PUSH = "push"

#: How many rows are named in one statement.
_MANY = 400


def since(session: Session, workspace: int) -> dict[str, datetime]:
    """From when on each metric was recorded, by its key."""
    rows = session.execute(
        select(col(Measurement.metric), func.min(col(Measurement.day)))
        .where(col(Measurement.workspace_id) == workspace)
        .group_by(col(Measurement.metric))
    )
    return {metric: _midnight(first) for metric, first in rows}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def summed(
    session: Session, scope: Scope, terms: Iterable[Term], desk_ids: Mapping[str, str]
) -> dict[Term, dict[Place, float]]:
    """What was recorded for each term, by window and slice; of a desk that is read, by its id.

    A measurement belongs to a window that holds all of its days: half a month cannot be told.
    """
    wanted = list(terms)
    found: dict[Term, dict[Place, float]] = {term: {} for term in wanted}
    metrics = {_metric(term) for term in wanted}
    for place, window in enumerate(scope.windows):
        rows = _within(session, scope, metrics, *local_days(window))
        for term in wanted:
            for row in _counted(term, rows):
                part = None if scope.by is None else _part(row, scope.by, desk_ids)
                sums = found[term]
                sums[place, part] = sums.get((place, part), 0) + _value(row, term)
    return found


def _metric(term: Term) -> str:
    """The key of the metric under which a term is recorded."""
    (key,) = (str(where.value) for where in term.rows.where)
    return key


def _within(
    session: Session, scope: Scope, metrics: Collection[str], first: date, end: date
) -> list[Measurement]:
    statement = select(Measurement).where(
        col(Measurement.workspace_id) == scope.workspace,
        col(Measurement.metric).in_(metrics),
        col(Measurement.day) >= first,
        col(Measurement.last_day) < end,
    )
    if scope.only is not None:
        column: Any = getattr(Measurement, scope.only.dimension.value)
        statement = statement.where(column == (scope.only.value or ""))
    return list(session.scalars(statement.order_by(col(Measurement.day))))


def _counted(term: Term, rows: Iterable[Measurement]) -> Iterator[Measurement]:
    """The rows that a term adds up; of a stock only the first of each part."""
    started: set[tuple[str, ...]] = set()
    for row in rows:
        part = (row.desk, row.channel, row.group, row.priority)
        if row.metric != _metric(term) or (isinstance(term, AtStart) and part in started):
            continue
        started.add(part)
        yield row


def _value(row: Measurement, term: Term) -> float:
    column = term.columns[0] if isinstance(term, Sum) else term.column
    return float(getattr(row, column))


def _part(row: Measurement, by: Dimension, desk_ids: Mapping[str, str]) -> str | None:
    part: str = getattr(row, by.value, "")  # nothing is recorded about an agent
    return desk_ids.get(part, part) or None if by is Dimension.DESK else part or None


# --- Recording -----------------------------------------------------------------------------------


def check(session: Session, workspace: int, batch: Batch) -> Recorded:
    """What recording a batch would change, or everything that is wrong with it."""
    entries = list(batch.entries.values())
    before = _near(session, workspace, entries)
    problems = [*batch.problems, *clashes(batch.entries, before.values())]
    if problems:
        return Recorded(problems=sorted(problems, key=lambda problem: problem.place))
    return Recorded([Change(entry, before.get(entry.about)) for entry in entries])


def record(session: Session, workspace: int, batch: Batch, *, by: str, now: datetime) -> Recorded:
    """Records all of a batch, or with any problem nothing of it.

    What was recorded about the same is replaced. `by` is who did it, for the audit log.
    """
    _lock(session, workspace)
    done = check(session, workspace, batch)
    changes = [change for change in done.changes if change.is_one]
    if not changes:
        return done
    _remove(session, workspace, [change.entry for change in done.removed])
    _store(session, workspace, [*done.added, *done.replaced], by=by, now=now)
    _touch(session, workspace, changes, now)
    people.log(session, workspace, by, "measurements recorded", _told(changes), now=now)
    return done


def latest(session: Session, workspace: int, limit: int = 5) -> list[Entry]:
    """What was recorded last, newest first."""
    rows = session.execute(
        _entries(workspace)
        .order_by(col(Measurement.recorded_at).desc(), col(Measurement.last_day).desc())
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def claim_push(
    session: Session, workspace: int, signature: str, *, now: datetime, kept_for: timedelta
) -> bool:
    """Remembers a push by its signature; false when it was here before.

    Signatures older than `kept_for` are forgotten: a push that old is refused by its timestamp.
    """
    session.connection().execute(
        delete(Run).where(
            col(Run.workspace_id) == workspace,
            col(Run.subject) == _PUSH,
            col(Run.at) < now - kept_for,
        )
    )
    return runs.claim(session, workspace, _PUSH, signature, due_at=now, now=now)


def _lock(session: Session, workspace: int) -> None:
    """Lets one batch be checked and stored at a time; SQLite has one writer anyway."""
    session.execute(
        select(col(Workspace.id)).where(col(Workspace.id) == workspace).with_for_update()
    )


def _entries(workspace: int) -> Select[*tuple[Any, ...]]:
    """What is recorded, in the order of the fields of an `Entry`."""
    return select(
        *(col(Measurement.metric), col(Measurement.day), col(Measurement.last_day)),
        *(col(Measurement.numerator), col(Measurement.denominator)),
        *(col(Measurement.desk), col(Measurement.channel)),
        *(col(Measurement.group), col(Measurement.priority)),
    ).where(col(Measurement.workspace_id) == workspace)


def _near(
    session: Session, workspace: int, entries: Sequence[Entry]
) -> dict[tuple[str | date, ...], Entry]:
    """What is recorded of the same metrics and days, by what it is about."""
    if not entries:
        return {}
    rows = session.execute(
        _entries(workspace).where(
            col(Measurement.metric).in_({entry.metric for entry in entries}),
            col(Measurement.day) <= max(entry.last for entry in entries),
            col(Measurement.last_day) >= min(entry.first for entry in entries),
        )
    )
    return {entry.about: entry for entry in (Entry(*row) for row in rows)}


def _row(entry: Entry) -> dict[str, Any]:
    """What an entry is about, as it is stored."""
    return {
        "metric": entry.metric,
        "day": day_number(entry.first),
        "last_day": day_number(entry.last),
        "desk": entry.desk,
        "channel": entry.channel,
        "group": entry.group,
        "priority": entry.priority,
    }


def _store(
    session: Session, workspace: int, changes: Sequence[Change], *, by: str, now: datetime
) -> None:
    rows = [
        {
            "workspace_id": workspace,
            **_row(change.entry),
            "numerator": change.entry.numerator,
            "denominator": change.entry.denominator,
            "recorded_by": by,
            "recorded_at": kept(now),
        }
        for change in changes
    ]
    replace_rows(session, Measurement, rows, key=("workspace_id", *_ABOUT))


def _remove(session: Session, workspace: int, entries: Sequence[Entry]) -> None:
    columns = [getattr(Measurement, name) for name in _ABOUT]
    abouts = [(e.metric, e.first, e.last, e.desk, e.channel, e.group, e.priority) for e in entries]
    for first in range(0, len(abouts), _MANY):
        session.connection().execute(
            delete(Measurement).where(
                col(Measurement.workspace_id) == workspace,
                tuple_(*columns).in_(abouts[first : first + _MANY]),
            )
        )


def _touch(session: Session, workspace: int, changes: Iterable[Change], now: datetime) -> None:
    """Marks the hours of what changed, those to come left out: no reading of them is stored."""
    spans = {(change.entry.first, change.entry.last) for change in changes}
    hours: set[int] = set()
    for first, last in spans:
        hours |= touched.of_days(day_number(first) or 0, day_number(last) or 0)
    until = now.timestamp()
    touched.mark(session, workspace, {hour for hour in hours if hour < until})


def _told(changes: Sequence[Change]) -> str:
    """The changes as the audit log keeps them: one in full, of many how many there are."""
    if len(changes) == 1:
        entry = changes[0].entry
        if entry.numerator is None:
            return f"{entry} off"
        return f"{entry} {entry.numerator:g} of {entry.denominator:g}"
    return "; ".join(Recorded(changes).lines())
