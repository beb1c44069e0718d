"""Every table. No text of a message, no subject, and no customer but as a keyed hash.

Each table carries its workspace, so that many can share a deployment. Moments are stored as whole
seconds since 1970 in UTC: small, ordered, and the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    TypeDecorator,
    false,
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


class Day(TypeDecorator[date]):
    """A local date, kept as the number of days since 1970: it has no zone and no time."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return day_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        return None if value is None else date.fromordinal(value + _EPOCH)


_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date | None) -> int | None:
    """The number that a date is stored as."""
    return None if day is None else day.toordinal() - _EPOCH


def _workspace(*, key: bool = False) -> Any:
    return Field(foreign_key="workspace.id", primary_key=key)


def _added(*, default: Any, in_old_rows: Any) -> Any:
    """A column that came with a later version, and what rows of before have in it."""
    return Field(default=default, sa_column_kwargs={"server_default": in_old_rows})


class Workspace(SQLModel, table=True):
    """A Slack workspace; the first row is made by the first migration.

    `revision` counts the changes to what is counted; see `Touched`.
    """

    id: int | None = Field(default=None, primary_key=True)
    team: str | None = Field(default=None, unique=True)
    revision: int = _added(default=0, in_old_rows="0")


# --- What the help desks said ------------------------------------------------------------------


class Desk(SQLModel, table=True):
    """A help desk by the name that the user gave it, and how far it has been read.

    `cursor` holds, for each of its streams, the desk's own from the last stored page. `data_from`
    is how far back the first sync went; `data_until` is when the last sync that reached the end of the stream began:
    everything that had changed by then is stored. `gives` are the facts that the desk can give,
    `hours` a mark of the business hours by which its tickets were measured, `told_as` one of the
    settings by which they were told, such as what counts as a complaint, `site` its kind and
    address: its rows are those of no other. `opening` are the business
    hours that the desk itself keeps, by their names, as it told them at `opening_at`. While it
    allows no more requests, `waits_until` says how long; `asked_at` is when somebody asked for a
    reading that has not ended yet.
    A desk that is no longer in the settings is `retired`: its rows stay, and count nowhere.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    name: str
    kind: str
    retired: bool = False
    gives: list[str] = Field(default_factory=list, sa_type=JSON)
    cursor: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    told_as: str | None = None
    site: str | None = None
    hours: str | None = None
    opening: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    opening_at: datetime | None = Field(default=None, sa_type=Moment)
    data_from: datetime | None = Field(default=None, sa_type=Moment)
    data_until: datetime | None = Field(default=None, sa_type=Moment)
    problem: str | None = None
    problem_at: datetime | None = Field(default=None, sa_type=Moment)
    waits_until: datetime | None = Field(default=None, sa_type=Moment)
    asked_at: datetime | None = Field(default=None, sa_type=Moment)

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
_OF_SOLVED = (
    "agent_messages customer_messages agent_replies transfers reopens solver "
    "wait resolution_business wait_business handle"
)


class TicketRow(SQLModel, table=True):
    """A ticket's facts. `solved_at` is the last solve of a ticket that is still solved.

    `wait` and `handle` are seconds, and so are the times on the business clock (`…_business`, and
    `after_hours`: whether it came outside of business hours); they are `None` without a schedule.
    From `stays` ([since, group], oldest first; none where it was always in one group) and `waits`
    ([start, end]) they are computed anew when a schedule changes.
    """

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
    first_replier: str | None = None
    first_reply_at: datetime | None = Field(default=None, sa_type=Moment)
    first_solved_at: datetime | None = Field(default=None, sa_type=Moment)
    last_solved_at: datetime | None = Field(default=None, sa_type=Moment)
    solved_at: datetime | None = Field(default=None, sa_type=Moment)
    agent_messages: int = 0
    customer_messages: int = 0
    agent_replies: int = 0
    reopens: int = 0
    transfers: int = 0
    wait: int | None = None
    handle: int | None = None
    escalated: bool = _added(default=False, in_old_rows=false())
    complaint: bool = _added(default=False, in_old_rows=false())
    after_hours: bool | None = None
    first_reply_business: int | None = None
    first_resolution_business: int | None = None
    resolution_business: int | None = None
    wait_business: int | None = None
    stays: list[Any] | None = Field(default=None, sa_type=JSON)
    waits: list[Any] | None = Field(default=None, sa_type=JSON)
    removal: str | None = None

    __table_args__ = (
        *(
            _moment_index("ticket", moment, also, "removal IS NULL")
            for moment, also in (
                ("created_at", "first_reply_at escalated complaint after_hours"),
                ("first_reply_at", "created_at first_reply_business"),
                ("first_solved_at", "created_at first_resolution_business"),
                ("last_solved_at", "reopens"),
                ("solved_at", f"created_at {_OF_SOLVED}"),
            )
        ),
        Index(
            "ticket_requester",
            "workspace_id",
            "requester",
            "created_at",
            sqlite_where=sql("removal IS NULL AND requester IS NOT NULL"),
            postgresql_where=sql("removal IS NULL AND requester IS NOT NULL"),
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
    """A run of customer messages and when an agent answered it; `business` seconds later.

    `place` is its place among those of its ticket: two of them may begin in the same second.
    """

    __tablename__: ClassVar[Any] = "response"

    desk_id: int = Field(primary_key=True)
    ticket_id: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=Moment)
    answered_at: datetime = Field(sa_type=Moment)
    workspace_id: int = _workspace()
    agent: str | None = None
    business: int | None = None

    __table_args__ = (_of_a_ticket(), _moment_index("response", "answered_at", "asked_at business"))


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


class TargetRow(SQLModel, table=True):
    """A promise about a ticket (SLA). It is `decided_at` when it was kept, or when it was due.

    One that is not due yet lies in the future, where no window reaches.
    """

    __tablename__: ClassVar[Any] = "target"

    desk_id: int = Field(primary_key=True)
    ticket_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    due_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_at: datetime = Field(sa_type=Moment)
    met: bool

    __table_args__ = (_of_a_ticket(), _moment_index("target", "decided_at", "met"))


def _of_a_desk() -> Any:
    return Field(foreign_key="desk.id", primary_key=True)


class RatingRow(SQLModel, table=True):
    """What a customer was asked, and answered: `raw` on its `scale`, `normalised` from 0 to 1."""

    __tablename__: ClassVar[Any] = "rating"

    desk_id: int = _of_a_desk()
    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    kind: str
    scale: str
    asked_at: datetime = Field(sa_type=Moment)
    given_at: datetime | None = Field(default=None, sa_type=Moment)
    raw: float | None = None
    normalised: float | None = None
    positive: bool | None = None
    ticket_id: str | None = None
    agent: str | None = None

    __table_args__ = (
        _moment_index("rating", "given_at", "kind scale raw positive ticket_id"),
        _moment_index("rating", "asked_at", "kind given_at ticket_id"),
        Index("rating_ticket", "desk_id", "ticket_id"),
    )


class CallRow(SQLModel, table=True):
    """One call; times are seconds."""

    __tablename__: ClassVar[Any] = "call"

    desk_id: int = _of_a_desk()
    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    started_at: datetime = Field(sa_type=Moment)
    inbound: bool
    answered: bool
    abandoned: bool
    hung_up_at_once: bool
    wait: int
    talk: int
    hold: int
    wrap_up: int
    group: str | None = None
    agent: str | None = None

    __table_args__ = (
        _moment_index(
            "call",
            "started_at",
            "inbound answered abandoned hung_up_at_once wait talk hold wrap_up",
        ),
    )


class ArticleRow(SQLModel, table=True):
    """How often a help article was seen on a day; `reading` are seconds, of `timed_views`."""

    __tablename__: ClassVar[Any] = "article"

    desk_id: int = _of_a_desk()
    id: str = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Day)
    workspace_id: int = _workspace()
    views: int
    timed_views: int = 0
    reading: int = 0

    __table_args__ = (_moment_index("article", "day", "views timed_views reading"),)


class AgentRow(SQLModel, table=True):
    """Somebody who works at a desk; `email` is a keyed hash, by which they find their own numbers."""

    __tablename__: ClassVar[Any] = "agent"

    desk_id: int = _of_a_desk()
    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    name: str
    email: bytes | None = Field(default=None, sa_type=LargeBinary)


class Measurement(SQLModel, table=True):
    """What no help desk tells, as somebody recorded it: of whole local days, the last included.

    Numerator and denominator are kept, so that periods add up. A part that is not said is `""`,
    so that the same measurement recorded again takes the place of the one before.
    """

    workspace_id: int = _workspace(key=True)
    metric: str = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Day)
    last_day: date = Field(primary_key=True, sa_type=Day)
    desk: str = Field(default="", primary_key=True)
    channel: str = Field(default="", primary_key=True)
    group: str = Field(default="", primary_key=True)
    priority: str = Field(default="", primary_key=True)
    numerator: float
    denominator: float
    recorded_by: str
    recorded_at: datetime = Field(sa_type=Moment)


#: Readings by every dimension, and of all tickets.
EVERY = "every"


class Touched(SQLModel, table=True):
    """The revision in which something that is counted in a UTC hour last changed.

    Only hours up to which the desks had been read already are marked: late data. `dimension` is
    "every", or the one by which alone the readings changed: a ticket has another priority.
    """

    workspace_id: int = _workspace(key=True)
    hour: datetime = Field(primary_key=True, sa_type=Moment)
    dimension: str = Field(primary_key=True)
    revision: int


class ReadingRow(SQLModel, table=True):
    """The readings of a closed period: of all tickets (`dimension` ""), or by one dimension.

    They hold as long as no hour of the period was touched after `revision`, and the desks are still
    those of `basis`. `readings` are the values by part and metric; see `bot/store/kept.py`.
    """

    __tablename__: ClassVar[Any] = "reading"

    workspace_id: int = _workspace(key=True)
    start: datetime = Field(primary_key=True, sa_type=Moment)
    end: datetime = Field(primary_key=True, sa_type=Moment)
    dimension: str = Field(primary_key=True)
    revision: int
    basis: str
    readings: dict[str, Any] = Field(sa_type=JSON)


class Reconciliation(SQLModel, table=True):
    """How many things of one day we have and the desk says it has, when last compared.

    `day` is when the day began where the desk counts, `what` one of `bot.helpdesks.Counted`.
    """

    desk_id: int = Field(foreign_key="desk.id", primary_key=True)
    day: datetime = Field(primary_key=True, sa_type=Moment)
    what: str = Field(
        default="tickets", primary_key=True, sa_column_kwargs={"server_default": "tickets"}
    )
    workspace_id: int = _workspace()
    ours: int
    theirs: int
    checked_at: datetime = Field(sa_type=Moment)


class DeskRead(SQLModel, table=True):
    """A finished reading of a desk: at `at` everything that had changed by `until` was stored.

    So it can be said later what was known at a moment: an alert is judged by that, then and in a
    rehearsal.
    """

    __tablename__: ClassVar[Any] = "desk_read"

    desk_id: int = _of_a_desk()
    at: datetime = Field(primary_key=True, sa_type=Moment)
    workspace_id: int = _workspace()
    until: datetime = Field(sa_type=Moment)


# --- What people asked for ---------------------------------------------------------------------


class Goal(SQLModel, table=True):
    """The target of a metric. One that was replaced is kept, so an old digest keeps its own.

    It is that of all tickets, or of one part of them (`dimension` and `part`). With a date (`by`)
    the way to it began at `start` on the day `since`.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    metric: str
    clock: str = _added(default="calendar", in_old_rows="calendar")
    dimension: str | None = None
    part: str | None = None
    target: float
    start: float | None = None
    by: date | None = Field(default=None, sa_type=Day)
    since: date | None = Field(default=None, sa_type=Day)
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


class AlertRule(SQLModel, table=True):
    """A rule that a channel has switched on: `rule` is a `bot.alerts.rule.Rule`, `text` the same in words.

    It is judged moment by moment: up to `judged_until` that is done, with the outcome `standing`
    (`bot.alerts.life.Standing`). Whoever changes the standing raises `version`, so that of two at
    once one has to begin anew. It counts from `since`, when it was switched on, resumed or edited. One
    that was removed is kept, so that what it did stays explained; so is what it was before it was
    resumed or edited (`earlier`, oldest first: its `rule` and `text`, judged after `since` and up to
    `judged_until`; it was that `until` then).
    """

    __tablename__: ClassVar[Any] = "alert_rule"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    channel: str
    rule: dict[str, Any] = Field(sa_type=JSON)
    text: str
    earlier: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    zone: str
    locale: str
    created_by: str
    created_at: datetime = Field(sa_type=Moment)
    since: datetime = Field(sa_type=Moment)
    paused: bool = False
    removed_at: datetime | None = Field(default=None, sa_type=Moment)
    judged_until: datetime = Field(sa_type=Moment)
    standing: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    version: int = 0
    cost: float | None = None

    __table_args__ = (Index("alert_rule_channel", "workspace_id", "channel"),)


class AlertIncident(SQLModel, table=True):
    """One firing of a rule, from its first part to its last; `message` is its row in the outbox.

    `told_at` is when it was put into the outbox, `None` while it is held back. `worst` is the value
    furthest out, and `severity` how bad that is (`bot.alerts.judge`). `noticed` is what of its
    delivery the rule's owner was told.
    """

    __tablename__: ClassVar[Any] = "alert_incident"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    rule_id: int = Field(foreign_key="alert_rule.id")
    opened_at: datetime = Field(sa_type=Moment)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    message: str | None = None
    worst: float | None = None
    severity: float | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_type=Moment)
    refreshed_at: datetime | None = Field(default=None, sa_type=Moment)
    noticed: str | None = None

    __table_args__ = (Index("alert_incident_rule", "rule_id", "opened_at"),)


class AlertStep(SQLModel, table=True):
    """What became of a rule at a moment, in the order of `id`: one of `bot.alerts.life.Kind`.

    `who` did it, if somebody did; `until` is when it ends by itself. `message` is the row in the
    outbox by which people were called. With the last step of a moment goes the `standing` after it,
    from which what came then can be explained.
    """

    __tablename__: ClassVar[Any] = "alert_step"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    rule_id: int = Field(foreign_key="alert_rule.id")
    incident_id: int | None = Field(default=None, foreign_key="alert_incident.id")
    at: datetime = Field(sa_type=Moment)
    kind: str
    part: str | None = None
    value: float | None = None
    n: int | None = None
    who: str | None = None
    until: datetime | None = Field(default=None, sa_type=Moment)
    message: str | None = None
    standing: dict[str, Any] | None = Field(default=None, sa_type=JSON)

    __table_args__ = (Index("alert_step_rule", "rule_id", "at"),)


class AlertVote(SQLModel, table=True):
    """Whether somebody found an alert useful; the last word of each counts."""

    __tablename__: ClassVar[Any] = "alert_vote"

    incident_id: int = Field(foreign_key="alert_incident.id", primary_key=True)
    user: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    useful: bool
    at: datetime = Field(sa_type=Moment)


class Mute(SQLModel, table=True):
    """A time in which the alerts of a channel, or of one rule, are held back; told when it ends.

    Either from `start` until `until`, or, with `weekdays` (0 is Monday), on each of those from the
    local time `opens` to `closes`, past midnight where that is earlier. `why` is for people.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    channel: str
    rule_id: int | None = Field(default=None, foreign_key="alert_rule.id")
    start: datetime = Field(sa_type=Moment)
    until: datetime | None = Field(default=None, sa_type=Moment)
    weekdays: list[int] | None = Field(default=None, sa_type=JSON)
    opens: str | None = None
    closes: str | None = None
    zone: str
    why: str
    made_by: str
    made_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_by: str | None = None

    __table_args__ = (Index("mute_channel", "workspace_id", "channel"),)


class AlertBudget(SQLModel, table=True):
    """How many false alarms a week a channel puts up with."""

    __tablename__: ClassVar[Any] = "alert_budget"

    workspace_id: int = _workspace(key=True)
    channel: str = Field(primary_key=True)
    per_week: float
    set_by: str
    set_at: datetime = Field(sa_type=Moment)


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
    EDIT = "edit"
    FAILED = "failed"
    LOST = "lost"


class OutboxRow(SQLModel, table=True):
    """A message that is to be posted, or was. Its `id` travels in the message's metadata.

    `place` is its place in the line, where many are queued in the same second; replies stand right
    behind the message `reply_to`, for which they wait. `tries` counts those that failed, but not
    those that only found that somebody has to mend something. `next_at` is when it may be tried
    again, `sending_since` when the last try began, `sent_as` the timestamp by which Slack knows it.
    After `expires_at` it is given up. `version` counts what it should show, `shown` is the version
    that Slack has: a posted message of which they differ is to be edited. One that is `withdrawn`
    is posted no more. A reply that is `broadcast` shows in the channel as well. Of one that is
    `sealed` that is all there is: whom it is for, and what it says. See `bot.store.outbox.sealed`.
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
    version: int = _added(default=1, in_old_rows="1")
    shown: int = _added(default=0, in_old_rows="1")
    withdrawn: bool = _added(default=False, in_old_rows=false())
    broadcast: bool = _added(default=False, in_old_rows=false())
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)

    __table_args__ = (
        Index("outbox_place", "workspace_id", "place"),
        Index(
            "outbox_waiting",
            "workspace_id",
            "next_at",
            sqlite_where=sql("state NOT IN ('sent', 'failed', 'lost')"),
            postgresql_where=sql("state NOT IN ('sent', 'failed', 'lost')"),
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


# --- Surveys: what is kept of answers, and how little it says -----------------------------------


class SurveyRow(SQLModel, table=True):
    """A survey as a lead planned it (`bot.surveys.survey.Plan`). One without a cadence has one wave.

    A draft is shown to its lead before anything is sent; it becomes a survey when they start it.
    """

    __tablename__: ClassVar[Any] = "survey"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    kind: str
    plan: dict[str, Any] = Field(sa_type=JSON)
    created_by: str
    created_at: datetime = Field(sa_type=Moment)
    since: datetime = Field(sa_type=Moment)
    draft: bool = True
    paused: bool = False
    removed_at: datetime | None = Field(default=None, sa_type=Moment)


class WaveRow(SQLModel, table=True):
    """A survey asked once. Who was asked, and who has answered, is in no column.

    While it is open that is in its `RollRow`. `public_key` seals the ballots, `private_key` (itself
    sealed) opens them: it is destroyed at the close, with the ballots and the roll. Of the roll there
    remain, sealed, the keyed `marks` of those who answered, for the gate of later waves. `answered`, and how
    many answers a lot left out of the numbers, are known from then on.
    `for_all` is whether everybody may see the results: they are posted to a channel that was public.
    `mailbox_key` opens the `MailboxRow`, as long as there is one. Of so many `deletions`, those up to
    the last that is `scrubbed` have left nothing in the files of the database.
    """

    __tablename__: ClassVar[Any] = "survey_wave"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    survey_id: int = Field(foreign_key="survey.id")
    kind: str
    plan: dict[str, Any] = Field(sa_type=JSON)
    questions: list[dict[str, Any]] = Field(sa_type=JSON)
    teams: list[str] = Field(sa_type=JSON)
    asked_of: list[int] = Field(sa_type=JSON)
    opened_at: datetime = Field(sa_type=Moment)
    closes_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    asked: int
    for_all: bool
    answered: int | None = None
    left_out: int = 0
    public_key: bytes = Field(sa_type=LargeBinary)
    private_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    marks: bytes | None = Field(default=None, sa_type=LargeBinary)
    mailbox_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    deletions: int = 0
    scrubbed: int = 0
    comments_gone: bool = False

    __table_args__ = (
        Index("survey_wave_survey", "survey_id"),
        Index("survey_wave_closed_at", "workspace_id", "closed_at"),
    )


class RollRow(SQLModel, table=True):
    """Who is asked in an open wave, and how each of them stands: sealed, as one piece.

    It is written anew as a whole with every change, always of one length. So neither two copies of
    the database, nor what it keeps of transactions, tell who answered between them.
    """

    __tablename__: ClassVar[Any] = "survey_roll"

    wave_id: int = Field(foreign_key="survey_wave.id", primary_key=True)
    workspace_id: int = _workspace()
    sealed: bytes = Field(sa_type=LargeBinary)


class BallotRow(SQLModel, table=True):
    """An answer while its wave is open: sealed, all of one length, under a random id, and no more.

    Without a rowid SQLite keeps them in the order of their random ids. In which order they came can
    still be told from the pages that each goes on in (docs/anonymity.md): so nothing may stand
    anywhere that tells in which order people answered.
    """

    __tablename__: ClassVar[Any] = "survey_ballot"

    wave_id: int = Field(foreign_key="survey_wave.id", primary_key=True)
    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    sealed: bytes = Field(sa_type=LargeBinary)

    __table_args__ = ({"sqlite_with_rowid": False},)


class ResultRow(SQLModel, table=True):
    """What the gate let out about one question of a wave, for all or for one team ("" for all).

    `question` is the key of a question, "theme:…" or "all". Without `told` it is withheld, and
    `withheld` says why; nothing of what was withheld is kept. `n` is how many answers it rests on;
    so many were `left_out` of it by lot.
    """

    __tablename__: ClassVar[Any] = "survey_result"

    wave_id: int = Field(foreign_key="survey_wave.id", primary_key=True)
    question: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    n: int | None = None
    told: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    withheld: str | None = None
    left_out: int = 0


class CommentRow(SQLModel, table=True):
    """A comment, sealed at rest, under a random id that is also its place in every list."""

    __tablename__: ClassVar[Any] = "survey_comment"

    id: str = Field(primary_key=True)
    workspace_id: int = _workspace()
    wave_id: int = Field(foreign_key="survey_wave.id")
    question: str
    sealed: bytes = Field(sa_type=LargeBinary)

    __table_args__ = (Index("survey_comment_wave", "wave_id"), {"sqlite_with_rowid": False})


class MailboxRow(SQLModel, table=True):
    """Who wrote the comments of a closed wave that may be answered, and the letters: sealed, as one piece.

    It is there for every wave with comments, for 30 days, whether or not anybody may be answered, and
    written anew as a whole with every change. So neither two copies of the database, nor what it
    keeps of transactions, tell about which comment a letter is, or who ended what between them.
    """

    __tablename__: ClassVar[Any] = "survey_mailbox"

    wave_id: int = Field(foreign_key="survey_wave.id", primary_key=True)
    workspace_id: int = _workspace()
    sealed: bytes = Field(sa_type=LargeBinary)


class DeedRow(SQLModel, table=True):
    """“You said, we did”: what a lead notes was done about a theme of a wave."""

    __tablename__: ClassVar[Any] = "survey_deed"

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = _workspace()
    wave_id: int = Field(foreign_key="survey_wave.id")
    theme: str
    text: str
    by: str
    at: datetime = Field(sa_type=Moment)

    __table_args__ = (Index("survey_deed_wave", "wave_id"),)


#: What is deleted from these, or changed in them, is to stand in no file of the database.
SCRUBBED = (BallotRow, RollRow, WaveRow, CommentRow, MailboxRow, OutboxRow)
