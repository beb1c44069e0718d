"""Tells the owner of a rule when its message does not arrive, or is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.alerts.life import CALM
from bot.alerts.trouble import Trouble
from bot.locale import Reader
from bot.message import Message
from bot.services import Services
from bot.slack.alerts import notices
from bot.store import alerts as rules
from bot.store import outbox, unseen
from bot.store.unseen import Unseen, What
from jobs import attempt, job
from jobs.alert_telling import Telling

log = structlog.get_logger()


@job(every=timedelta(seconds=30))
def alert_notices(services: Services, due: datetime) -> None:
    """Looks after the messages of all that goes on, or is over only lately.

    What went wrong is told once for each rule and cause, in a direct message: the channel may be the
    very thing that is lost. As long as that lasts, a rule may well fire again and again. Where Slack
    itself is out of reach, the notice waits as well, and says how things are by the time it is read.
    """
    with services.reading() as session:
        found = unseen.unseen(session, services.workspace, due)
        told = {one.what for one in found if unseen.is_noticed(session, one)}
        waiting = unseen.waiting(session, services.workspace)
    renew(services, found, waiting, due)
    for one in found:
        if one.what not in told:
            told.add(one.what)
            attempt(f"alert:{one.rule.id}", partial(notice, services, one, due))


def renew(
    services: Services, found: Sequence[Unseen], waiting: Mapping[str, What], now: datetime
) -> None:
    """Lets the notices that still wait say how things are by now.

    Of a rule that has no trouble any more nobody gets one.
    """
    newest, rules_in_trouble = {one.what: one for one in found}, {one.rule.id for one in found}
    for delivery, what in waiting.items():
        rule, _ = what
        if what in newest:
            attempt(f"alert:{rule}", partial(_change, services, delivery, newest[what], now))
        elif rule not in rules_in_trouble:
            attempt(f"alert:{rule}", partial(_withdraw, services, delivery, now))


def _change(services: Services, delivery: str, one: Unseen, now: datetime) -> None:
    with services.writing() as session:
        outbox.change(session, delivery, _told(services, session, one, now), now=now)


def _withdraw(services: Services, delivery: str, now: datetime) -> None:
    with services.writing() as session:
        outbox.withdraw(session, delivery, now=now, why=unseen.SEEN)


def notice(services: Services, one: Unseen, now: datetime) -> None:
    """Queues the direct message, once for each cause."""
    row = one.rule
    with services.writing() as session:
        if not unseen.noticed(session, one, now=now):
            return
        told, owner = _told(services, session, one, now), row.created_by
        outbox.queue(session, services.workspace, owner, told, subject=one.subject, now=now)
    log.warning("alert_not_seen", alert=row.id, cause=one.cause)


def _told(services: Services, session: Session, one: Unseen, now: datetime) -> Message:
    row, incident = one.rule, one.incident
    number, reader = row.id or 0, Reader(row.locale, ZoneInfo(row.zone))
    if one.cause is Trouble.UNREADABLE:
        return notices.unreadable(number, row.text, row.channel, reader)
    if incident is None:
        rule = rules.rule_of(row)
        return notices.notice(
            *(number, row.text, row.channel, one.problem, reader), rule=rule, is_over=one.is_over
        )
    standing, at = rules.standing_of(row), now
    if incident.closed_at is not None:
        standing, at = CALM, incident.closed_at
    shown = Telling(services, session, row, now, incident=incident).shown(incident, standing, at)
    return notices.notice(
        *(number, shown.text, row.channel, one.problem, reader),
        rule=shown.rule,
        shown=shown,
        is_over=one.is_over,
    )
