"""The alert rules that channels have switched on, how each stands, and its incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlmodel import Session, col

from bot.alerts import kept
from bot.alerts.life import Standing
from bot.alerts.rule import Rule
from bot.alerts.turned import turned_back
from bot.alerts.wording import written
from bot.clock import MOVED_BACK
from bot.locale import Reader
from bot.metrics import CATALOGUE
from bot.store.tables import (
    AlertIncident,
    AlertRule,
    Delivery,
    OutboxRow,
    Workspace,
)
from bot.store.tables import (
    kept as seconds,
)


def add(
    session: Session,
    workspace: int,
    channel: str,
    rule: Rule,
    *,
    reader: Reader,
    by: str,
    now: datetime,
) -> AlertRule:
    """Switches a rule on for a channel, in the zone and the language of `reader`; `by` owns it."""
    row = AlertRule(
        workspace_id=workspace,
        channel=channel,
        rule=rule.to_json(),
        text=written(rule),
        zone=reader.zone.key,
        locale=reader.locale,
        created_by=by,
        created_at=now,
        since=now,
        judged_until=now,
    )
    session.add(row)
    session.flush()
    return row


def rule_of(row: AlertRule, at: datetime | None = None) -> Rule:
    """What a row watches, as a value; or what it watched at a moment, before it was edited."""
    return Rule.from_json(_as_it_was(row, at)["rule"])


def text_of(row: AlertRule, at: datetime | None = None) -> str:
    """The same in words."""
    text: str = _as_it_was(row, at)["text"]
    return text


def _as_it_was(row: AlertRule, at: datetime | None) -> Mapping[str, Any]:
    """The edit of a moment itself ends what was before: its last step belongs to that."""
    past = row.earlier if at is not None else ()
    found = (one for one in past if at is not None and at.timestamp() < one["until"] + 1)
    return next(found, {"rule": row.rule, "text": row.text})


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a rule was on, in one form: judged after `since`, up to `judged_until`."""

    rule: Rule
    since: datetime
    judged_until: datetime


def stretches(row: AlertRule) -> Iterator[Stretch]:
    """The times in which a rule was on, newest first: an edit and a pause each end one."""
    yield Stretch(rule_of(row), row.since, row.judged_until)
    for one in reversed(row.earlier):
        begin, end = (datetime.fromtimestamp(one[name], UTC) for name in ("since", "judged_until"))
        yield Stretch(Rule.from_json(one["rule"]), begin, end)


def is_readable(row: AlertRule) -> bool:
    """Whether this version knows what a row watches and how it stands.

    A number may be gone from the catalogue; a later version may have kept more than this one knows.
    """
    try:
        rule = rule_of(row)
        standing_of(row)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError):
        # The last two: a moment that no clock can show.
        return False
    return rule.metric is None or rule.metric in CATALOGUE


def standing_of(row: AlertRule) -> Standing:
    """How a row stands, as a value."""
    return kept.from_json(row.standing)


def of_channel(session: Session, workspace: int, channel: str) -> list[AlertRule]:
    """The rules of a channel, paused ones included, oldest first."""
    return list(session.scalars(_there(workspace).where(col(AlertRule.channel) == channel)))


def ever_of_channel(session: Session, workspace: int, channel: str) -> list[AlertRule]:
    """The rules of a channel, also those that were removed: what they did stays in the log."""
    wanted = select(AlertRule).where(
        col(AlertRule.workspace_id) == workspace, col(AlertRule.channel) == channel
    )
    return list(session.scalars(wanted.order_by(col(AlertRule.id))))


def ever(session: Session, workspace: int) -> list[AlertRule]:
    """The same of all channels."""
    wanted = select(AlertRule).where(col(AlertRule.workspace_id) == workspace)
    return list(session.scalars(wanted.order_by(col(AlertRule.id))))


def all_of(session: Session, workspace: int) -> list[AlertRule]:
    """Every rule that was not removed, paused ones included."""
    return list(session.scalars(_there(workspace)))


def active(session: Session, workspace: int) -> list[AlertRule]:
    """Every rule that is judged."""
    return list(session.scalars(_there(workspace).where(col(AlertRule.paused).is_(False))))


def get(session: Session, workspace: int, rule_id: int) -> AlertRule | None:
    """A rule that was not removed."""
    return session.scalars(_there(workspace).where(col(AlertRule.id) == rule_id)).one_or_none()


def of_any_time(session: Session, workspace: int, rule_id: int) -> AlertRule | None:
    """A rule, also one that was removed: what it did stays explained."""
    row = session.get(AlertRule, rule_id)
    return row if row is not None and row.workspace_id == workspace else None


def one_by_one(session: Session, workspace: int) -> None:
    """Lets nobody else add or change rules by this before the transaction ends.

    SQLite has one writer at a time anyway; PostgreSQL would let two who look for the same rule add
    it both.
    """
    wanted = select(col(Workspace.id)).where(col(Workspace.id) == workspace)
    session.execute(wanted.with_for_update(key_share=True))


def locked(session: Session, workspace: int, rule_id: int) -> AlertRule | None:
    """A rule whose standing nobody else changes before this transaction ends."""
    wanted = select(AlertRule).where(
        col(AlertRule.workspace_id) == workspace, col(AlertRule.id) == rule_id
    )
    return session.scalars(wanted.with_for_update()).one_or_none()


def _there(workspace: int) -> Select[AlertRule]:
    return (
        select(AlertRule)
        .where(col(AlertRule.workspace_id) == workspace, col(AlertRule.removed_at).is_(None))
        .order_by(col(AlertRule.channel), col(AlertRule.id))
    )


# --- What people change ---


def pause(session: Session, row: AlertRule) -> None:
    """Judges it no more until it is resumed."""
    row.paused = True
    session.add(row)


def resume(session: Session, row: AlertRule, *, now: datetime) -> None:
    """Judges it again from now on; what was in between is not made up for."""
    row.paused = False
    _begin_anew(session, row, now)


def replace(session: Session, row: AlertRule, rule: Rule, *, now: datetime) -> None:
    """Makes it another rule from now on; its owner, its number and its history stay."""
    _begin_anew(session, row, now)
    row.rule, row.text = rule.to_json(), written(rule)


def _begin_anew(session: Session, row: AlertRule, now: datetime) -> None:
    """Judges it from now on; what was before stays explained."""
    moments = {"since": row.since, "judged_until": row.judged_until, "until": now}
    was = {name: seconds(at) for name, at in moments.items()}
    row.earlier = [*row.earlier, {**was, "rule": row.rule, "text": row.text}]
    row.since = row.judged_until = now
    session.add(row)


def remove(session: Session, row: AlertRule, *, now: datetime) -> None:
    """Ends a rule; its row stays, so that what it did stays explained."""
    row.removed_at = now
    session.add(row)


def priced(session: Session, row: AlertRule, cost: float | None) -> None:
    """Keeps how many false alarms a week are expected of it; `None` where that cannot be said."""
    row.cost = cost
    session.add(row)


def costs(session: Session, workspace: int, channel: str, *, but: int | None = None) -> float:
    """How many false alarms a week are expected of the rules of a channel that are judged."""
    there = of_channel(session, workspace, channel)
    return sum((row.cost or 0.0 for row in there if not row.paused and row.id != but), 0.0)


def expected(session: Session, workspace: int, channel: str) -> float | None:
    """The same, where it is known of all of them."""
    judged = [row for row in of_channel(session, workspace, channel) if not row.paused]
    known = [row.cost for row in judged if row.cost is not None]
    return sum(known, 0.0) if len(known) == len(judged) else None


# --- How it stands ---


def keep(
    session: Session, row: AlertRule, standing: Standing, *, judged_until: datetime | None = None
) -> bool:
    """Keeps how a rule stands now; false when somebody else has changed that since `row` was read.

    `judged_until` is up to which moment it is judged by now, `None` where only people did something.
    Nothing else may be written after a false: whoever was first has decided.
    """
    values: dict[str, object] = {
        "standing": kept.to_json(standing),
        "version": AlertRule.version + 1,
    }
    if judged_until is not None:
        values["judged_until"] = judged_until
    changed = session.connection().execute(
        update(AlertRule)
        .where(
            col(AlertRule.id) == row.id,
            col(AlertRule.version) == row.version,
            # One that was paused, replaced or resumed meanwhile begins anew.
            col(AlertRule.judged_until) == row.judged_until,
            col(AlertRule.since) == row.since,
        )
        .values(**values)
    )
    return changed.rowcount == 1


#: So far the clocks of two workers may be apart before anybody has to hear of it.
APART = timedelta(minutes=5)


def is_ahead(row: AlertRule, now: datetime) -> bool:
    """Whether a rule has been judged up to a moment that is still to come.

    Another worker's clock goes ahead, or one was moved back: it waits until it is that time.
    """
    return row.judged_until > now + APART


def is_to_turn_back(row: AlertRule, now: datetime) -> bool:
    """Whether it is so far ahead that no other worker can have judged it: a clock was moved back."""
    return row.judged_until > now + MOVED_BACK


def turn_back(session: Session, row: AlertRule, *, now: datetime) -> bool:
    """Lets a rule that `is_to_turn_back` go on from now, as it stands; false when somebody else did."""
    if not keep(session, row, turned_back(standing_of(row), now), judged_until=now):
        return False
    session.connection().execute(
        update(AlertRule)
        .where(col(AlertRule.id) == row.id)
        .values(since=min(row.since, now), earlier=_ended_by(row, now))
    )
    incident = incident_of(session, row)
    if incident is not None:
        incident.opened_at = min(incident.opened_at, now)
        for name in ("told_at", "acknowledged_at", "refreshed_at"):
            at = getattr(incident, name)
            setattr(incident, name, None if at is None else min(at, now))
        session.add(incident)
    return True


def _ended_by(row: AlertRule, now: datetime) -> list[dict[str, Any]]:
    """What a rule was before, ended a second before now: what happens now belongs to what it is."""
    last = int(now.timestamp()) - 1
    return [
        {name: min(kept_, last) if isinstance(kept_, int) else kept_ for name, kept_ in one.items()}
        for one in row.earlier
    ]


# --- Incidents ---


def open_incident(session: Session, row: AlertRule, *, at: datetime) -> AlertIncident:
    """Begins an incident of a rule."""
    incident = AlertIncident(workspace_id=row.workspace_id, rule_id=row.id or 0, opened_at=at)
    session.add(incident)
    session.flush()
    return incident


def incident_of(session: Session, row: AlertRule) -> AlertIncident | None:
    """The incident of a rule that is going on, if one is."""
    return session.scalars(
        select(AlertIncident)
        .where(col(AlertIncident.rule_id) == row.id, col(AlertIncident.closed_at).is_(None))
        .order_by(col(AlertIncident.id).desc())
        .limit(1)
    ).one_or_none()


def incident(session: Session, workspace: int, incident_id: int) -> AlertIncident | None:
    """An incident by its number."""
    row = session.get(AlertIncident, incident_id)
    return row if row is not None and row.workspace_id == workspace else None


def was_not_posted(session: Session, incident: AlertIncident) -> bool:
    """Whether the message of an incident was given up, and is certainly not in Slack."""
    message = None if incident.message is None else session.get(OutboxRow, incident.message)
    return message is not None and message.state == Delivery.FAILED and message.shown == 0
