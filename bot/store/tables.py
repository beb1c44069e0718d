"""Every table. No text of a message, no subject, and no customer but as a keyed hash.

Each table carries its workspace, so that many can share a deployment. Moments are stored as whole
seconds since 1970 in UTC: small, ordered, and the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    TypeDecorator,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole seconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return kept(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromtimestamp(value, UTC)


def kept(moment: datetime | None) -> int | None:
    """The number that a moment is stored as."""
    return None if moment is None else int(moment.timestamp())


def _workspace(*, key: bool = False) -> Any:
    return Field(foreign_key="workspace.id", primary_key=key)


class Workspace(SQLModel, table=True):
    """A Slack workspace; the first row is made by the first migration."""

    id: int | None = Field(default=None, primary_key=True)
    team: str | None = Field(default=None, unique=True)


# --- What the help desks said ------------------------------------------------------------------


class Desk(SQLModel, table=True):
    """A help desk by the name that the user gave it, and how far it has been read.

    `cursor` is the desk's own, from the last stored page. `data_from` is how far back the first
    sync went; `data_until` is when the last sync that reached the end of the stream began:
    everything that had changed by then is stored. `gives` are the facts that the desk can give.
    A desk that is no longer in the settings is `retired`: its rows stay, and count nowhere.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    name: str
    kind: str
    retired: bool = False
    gives: list[str] = Field(default_factory=list, sa_type=JSON)
    cursor: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    data_from: datetime | None = Field(default=None, sa_type=Moment)
    data_until: datetime | None = Field(default=None, sa_type=Moment)
    problem: str | None = None
    problem_at: datetime | None = Field(default=None, sa_type=Moment)

    __table_args__ = (Index("desk_name", "workspace_id", "name", unique=True),)


def _moment_index(table: str, moment: str, also: str = "", where: str | None = None) -> Index:
    """Finds the rows of a window as one stretch; removed tickets are not even in it.

    What is counted of them stands in the index itself (`also`, and the desk), so that the rows
    need not be fetched one by one.
    """
    condition = None if where is None else sql(where)
    return Index(
        f"{table}_{moment}",
        "workspace_id",
        moment,
        *also.split(),
        "desk_id",
        sqlite_where=condition,
        postgresql_where=condition,
    )


#: What the metrics count of solved tickets.
_OF_SOLVED = "agent_messages customer_messages agent_replies transfers solver"


class TicketRow(SQLModel, table=True):
    """A ticket's facts. `solved_at` is the last solve of a ticket that is still solved."""

    __tablename__: ClassVar[Any] = "ticket"

    desk_id: int = Field(foreign_key="desk.id", primary_key=True)
    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    status: str
    group: str | None = None
    channel: str | None = None
    priority: str | None = None
    requester: bytes | None = Field(default=None, sa_type=LargeBinary)
    solver: str | None = None
    first_reply_at: datetime | None = Field(default=None, sa_type=Moment)
    first_solved_at: datetime | None = Field(default=None, sa_type=Moment)
    last_solved_at: datetime | None = Field(default=None, sa_type=Moment)
    solved_at: datetime | None = Field(default=None, sa_type=Moment)
    agent_messages: int = 0
    customer_messages: int = 0
    agent_replies: int = 0
    reopens: int = 0
    transfers: int = 0
    removal: str | None = None

    __table_args__ = (
        *(
            _moment_index("ticket", moment, also, "removal IS NULL")
            for moment, also in (
                ("created_at", ""),
                ("first_reply_at", "created_at"),
                ("first_solved_at", "created_at"),
                ("last_solved_at", "reopens"),
                ("solved_at", f"created_at {_OF_SOLVED}"),
            )
        ),
        Index(
            "ticket_unsolved",
            "workspace_id",
            "created_at",
            "desk_id",
            sqlite_where=sql("removal IS NULL AND solved_at IS NULL"),
            postgresql_where=sql("removal IS NULL AND solved_at IS NULL"),
        ),
    )


def _of_a_ticket() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["desk_id", "ticket_id"], ["ticket.desk_id", "ticket.id"])


class ResponseRow(SQLModel, table=True):
    """A run of customer messages and when an agent answered it.

    `place` is its place among those of its ticket: two of them may begin in the same second.
    """

    __tablename__: ClassVar[Any] = "response"

    desk_id: int = Field(primary_key=True)
    ticket_id: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=Moment)
    answered_at: datetime = Field(sa_type=Moment)
    workspace_id: int = _workspace()

    __table_args__ = (_of_a_ticket(), _moment_index("response", "answered_at", "asked_at"))


class ReopeningRow(SQLModel, table=True):
    """A stretch of time in which a ticket was solved before it was reopened; `place` as above."""

    __tablename__: ClassVar[Any] = "reopening"

    desk_id: int = Field(primary_key=True)
    ticket_id: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    solved_at: datetime = Field(sa_type=Moment)
    reopened_at: datetime = Field(sa_type=Moment)
    workspace_id: int = _workspace()

    __table_args__ = (_of_a_ticket(), _moment_index("reopening", "reopened_at", "solved_at"))


class Reconciliation(SQLModel, table=True):
    """How many tickets of one UTC day we have and the desk says it has, when last compared."""

    desk_id: int = Field(foreign_key="desk.id", primary_key=True)
    day: datetime = Field(primary_key=True, sa_type=Moment)
    workspace_id: int = _workspace()
    ours: int
    theirs: int
    checked_at: datetime = Field(sa_type=Moment)


# --- What people asked for ---------------------------------------------------------------------


class Goal(SQLModel, table=True):
    """The target of a metric. One that was replaced is kept, so an old digest keeps its own."""

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    metric: str
    target: float
    set_by: str
    set_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class Schedule(SQLModel, table=True):
    """A digest that a channel has asked for: `kind` (daily, weekly) at a local time of day.

    `weekdays` are numbers, 0 for Monday. One that was removed is kept, so its runs stay explained.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    channel: str
    kind: str
    at: str
    zone: str
    weekdays: list[int] = Field(sa_type=JSON)
    locale: str
    created_by: str
    created_at: datetime = Field(sa_type=Moment)
    resumed_at: datetime = Field(sa_type=Moment)
    paused: bool = False
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class Lead(SQLModel, table=True):
    """Someone whom an admin made a team lead in Slack."""

    workspace_id: int = _workspace(key=True)
    user: str = Field(primary_key=True)
    appointed_by: str
    appointed_at: datetime = Field(sa_type=Moment)


class AuditEntry(SQLModel, table=True):
    """Who changed what, and when."""

    __tablename__: ClassVar[Any] = "audit"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    at: datetime = Field(sa_type=Moment)
    who: str
    action: str
    detail: str


# --- What is due, and what is on its way -------------------------------------------------------


class RunState(StrEnum):
    """A run is asked for by a person, or done when it is due, or missed when it came too late."""

    ASKED = "asked"
    DONE = "done"
    MISSED = "missed"


class Run(SQLModel, table=True):
    """One due moment of one subject. Whoever inserts the row has claimed it.

    `subject` is e.g. "digest:12" or "job:reconcile"; `slot` is the local date and time for which it
    was due ("2026-11-20T09:00"), so that daylight saving neither doubles nor drops it. What a
    person may do once ("share:C1:U1") has its own mark for a slot.
    """

    workspace_id: int = _workspace(key=True)
    subject: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    state: str
    due_at: datetime = Field(sa_type=Moment)
    at: datetime = Field(sa_type=Moment)
    asked_by: str | None = None
    request: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    note: str | None = None

    __table_args__ = (
        Index(
            "run_asked",
            "workspace_id",
            sqlite_where=sql("state = 'asked'"),
            postgresql_where=sql("state = 'asked'"),
        ),
    )


class Delivery(StrEnum):
    """Where a message stands on its way to Slack."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"


class OutboxRow(SQLModel, table=True):
    """A message that is to be posted, or was. Its `id` travels in the message's metadata.

    `place` is its place in the line, where many are queued in the same second; replies stand right
    behind the message `reply_to`, for which they wait. `tries` counts those that failed, but not
    those that only found that somebody has to mend something. `next_at` is when it may be tried
    again, `sending_since` when the last try began, `sent_as` the timestamp by which Slack knows it.
    After `expires_at` it is given up.
    """

    __tablename__: ClassVar[Any] = "outbox"

    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    subject: str
    channel: str
    reply_to: str | None = Field(default=None, foreign_key="outbox.id")
    place: int
    text: str
    blocks: list[dict[str, Any]] = Field(sa_type=JSON)
    state: str
    tries: int = 0
    created_at: datetime = Field(sa_type=Moment)
    next_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    sending_since: datetime | None = Field(default=None, sa_type=Moment)
    lookups: int = 0
    sent_as: str | None = None
    sent_channel: str | None = None
    problem: str | None = None

    __table_args__ = (
        Index("outbox_place", "workspace_id", "place"),
        Index(
            "outbox_waiting",
            "workspace_id",
            "next_at",
            sqlite_where=sql("state NOT IN ('sent', 'failed')"),
            postgresql_where=sql("state NOT IN ('sent', 'failed')"),
        ),
    )


class PictureRow(SQLModel, table=True):
    """A picture that travels with a message; `file` is its id at Slack once it is uploaded."""

    __tablename__: ClassVar[Any] = "picture"

    outbox_id: str = Field(foreign_key="outbox.id", primary_key=True)
    key: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    alt: str
    png: bytes = Field(sa_type=LargeBinary)
    file: str | None = None


class Lease(SQLModel, table=True):
    """Who may do something that only one process does at a time, and until when."""

    workspace_id: int = _workspace(key=True)
    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)
