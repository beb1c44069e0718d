"""The messages of alerts that people do not see as they should be, and what their owners were told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from bot.alerts.trouble import Trouble, trouble_of
from bot.store import alerts as rules
from bot.store import outbox, runs
from bot.store.tables import AlertIncident, AlertRule, Delivery, OutboxRow

#: A message that is not there after so long is not only waiting for its turn.
PATIENCE = timedelta(minutes=5)

#: So long after an alert is over it matters whether people see that, or ever saw it.
LATELY = timedelta(days=1)

#: Why a message is taken out of the outbox with which nothing was wrong.
OVER = "It was over before it could be posted."

#: Why a notice is taken out of the outbox before anybody was told.
SEEN = "People see what it is about by now."

#: Messages of this subject are the alerts of a rule, by its number; or tell what it had to hold back
#: and is over; or tell its owner, by the cause as well, what people do not see.
ALERT, HELD_BACK, NOTICE = "alert:", "alert-held-back:", "alert-notice:"

#: What an owner is told once, as long as it lasts: of which rule, by its number, and why.
What = tuple[int, Trouble]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What people do not see of a rule: the message of an incident, or what had been held back.

    `problem` is what the outbox kept of it, empty where the rule itself can be read no more; `message`
    its row there. What `is_over` is posted no more.
    """

    rule: AlertRule
    cause: Trouble
    problem: str = ""
    incident: AlertIncident | None = None
    message: str | None = None
    is_over: bool = False

    @property
    def what(self) -> What:
        return self.rule.id or 0, self.cause

    @property
    def subject(self) -> str:
        """That of the notice which tells it."""
        return f"{NOTICE}{self.rule.id}:{self.cause}"


def unseen(session: Session, workspace: int, now: datetime) -> list[Unseen]:
    """All that is not seen of what goes on, or went on lately, oldest first.

    People who saw a later message of the same rule miss nothing any more.
    """
    found = [*_of_incidents(session, workspace, now), *_of_held_back(session, workspace, now)]
    return [one for one in found if not _is_followed(session, one)]


def _of_incidents(session: Session, workspace: int, now: datetime) -> Iterator[Unseen]:
    rows = session.execute(
        select(AlertRule, AlertIncident)
        .join(AlertIncident, col(AlertIncident.rule_id) == col(AlertRule.id))
        .where(
            col(AlertRule.workspace_id) == workspace,
            or_(
                col(AlertIncident.closed_at).is_(None),
                col(AlertIncident.closed_at) >= now - LATELY,
            ),
        )
        .order_by(col(AlertIncident.id))
    )
    for row, incident in rows.all():
        if not rules.is_readable(row):
            if incident.closed_at is None:
                yield Unseen(row, Trouble.UNREADABLE, incident=incident)
        elif (problem := trouble(session, incident, now)) is not None:
            is_over = incident.closed_at is not None and rules.was_not_posted(session, incident)
            yield Unseen(row, trouble_of(problem), problem, incident, incident.message, is_over)


def _of_held_back(session: Session, workspace: int, now: datetime) -> Iterator[Unseen]:
    """Messages of what was over before it might be told, which belong to no incident."""
    messages = session.scalars(
        select(OutboxRow)
        .where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.subject).startswith(HELD_BACK),
            col(OutboxRow.reply_to).is_(None),
            col(OutboxRow.problem).is_not(None),
            col(OutboxRow.created_at) >= now - LATELY,
        )
        .order_by(col(OutboxRow.place))
    )
    for message in messages.all():
        number = int(message.subject.removeprefix(HELD_BACK))
        row = rules.of_any_time(session, workspace, number)
        problem = _problem(message, now)
        if row is not None and problem is not None and rules.is_readable(row):
            is_over = message.state == Delivery.FAILED
            yield Unseen(row, trouble_of(problem), problem, message=message.id, is_over=is_over)


def _is_followed(session: Session, one: Unseen) -> bool:
    """Whether a later message of its rule was posted."""
    message = None if one.message is None else session.get(OutboxRow, one.message)
    if message is None:
        return False
    later = select(col(OutboxRow.id)).where(
        col(OutboxRow.workspace_id) == message.workspace_id,
        col(OutboxRow.place) > message.place,
        col(OutboxRow.subject).in_([f"{about}{one.rule.id}" for about in (ALERT, HELD_BACK)]),
        col(OutboxRow.reply_to).is_(None),
        col(OutboxRow.sent_as).is_not(None),
    )
    return session.scalars(later.limit(1)).one_or_none() is not None


# --- One message ---------------------------------------------------------------------------------


def trouble(session: Session, incident: AlertIncident, now: datetime) -> str | None:
    """Why people do not see the message of an incident, or its newest state; `None` if they do.

    Of what its owner was told already it is no matter for how long: the message says something newer
    every now and then, and waits from then on. Once it is over nobody misses what was deleted.
    """
    message = None if incident.message is None else session.get(OutboxRow, incident.message)
    if message is None:
        return None
    problem = _problem(message, now, told=_told(incident))
    is_gone = problem is not None and trouble_of(problem) is Trouble.DELETED
    return None if is_gone and incident.closed_at is not None else problem


def _problem(message: OutboxRow, now: datetime, *, told: tuple[str, ...] = ()) -> str | None:
    """What is wrong with a message, if anything is, and for longer than it takes to try again."""
    problem = message.problem
    if problem is None or problem == OVER or message.state == Delivery.SENT:
        return None
    if message.state in (Delivery.FAILED, Delivery.LOST):
        return problem
    # When what it shows was put into the outbox.
    wanted_at = message.expires_at - outbox.LIFETIME
    return problem if now - wanted_at >= PATIENCE or trouble_of(problem) in told else None


def why_withdrawn(session: Session, delivery: str) -> str:
    """Why a message is posted no more that is over now: what stood in its way, if anything did."""
    message = session.get(OutboxRow, delivery)
    return OVER if message is None or message.problem is None else message.problem


# --- What their owners were told -----------------------------------------------------------------


def _told(incident: AlertIncident) -> tuple[str, ...]:
    """Of which causes the owner was told, in the order in which that was."""
    return tuple((incident.noticed or "").split())


def is_noticed(session: Session, one: Unseen) -> bool:
    """Whether the owner was told of it: once for each cause, in whatever words it comes."""
    if one.incident is not None:
        return one.cause in _told(one.incident)
    return runs.is_claimed(session, one.rule.workspace_id, f"{NOTICE}{one.message}", one.cause)


def waiting(session: Session, workspace: int) -> dict[str, What]:
    """The notices that nobody has got yet, by delivery id: what each tells."""
    found = session.execute(
        select(col(OutboxRow.id), col(OutboxRow.subject)).where(
            col(OutboxRow.workspace_id) == workspace,
            col(OutboxRow.subject).startswith(NOTICE),
            col(OutboxRow.state).in_((Delivery.QUEUED, Delivery.RETRY)),
        )
    )
    told = ((delivery, subject.split(":")) for delivery, subject in found.all())
    return {delivery: (int(rule), Trouble(cause)) for delivery, (_, rule, cause) in told}


def noticed(session: Session, one: Unseen, *, now: datetime) -> bool:
    """Notes that the owner is told of it now; false when somebody else told it already."""
    incident = one.incident
    if incident is None:
        subject, workspace = f"{NOTICE}{one.message}", one.rule.workspace_id
        return runs.claim(session, workspace, subject, one.cause, due_at=now, now=now)
    if one.cause in _told(incident):
        return False
    before = col(AlertIncident.noticed)
    changed = session.connection().execute(
        update(AlertIncident)
        .where(
            col(AlertIncident.id) == incident.id,
            before.is_(None) if incident.noticed is None else before == incident.noticed,
        )
        .values(noticed=" ".join([*_told(incident), one.cause]))
    )
    return changed.rowcount == 1
