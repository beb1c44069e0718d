"""Tells the owner of a rule when its message does not arrive, or is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts import notices
from bot.store import alerts as rules
from bot.store import outbox
from bot.store.tables import AlertIncident, AlertRule
from jobs import attempt, job
from jobs.alert_telling import Telling

log = structlog.get_logger()


@job(every=timedelta(seconds=30))
def alert_notices(services: Services, due: datetime) -> None:
    """Looks after the message of every incident that is going on.

    What went wrong is told once for each cause, in a direct message: the channel may be the very
    thing that is lost.
    """
    with services.reading() as session:
        going_on = rules.going_on(session, services.workspace)
        troubled = [
            (row, incident, problem)
            for row, incident in going_on
            if (problem := rules.trouble(session, incident, due)) is not None
        ]
    for row, incident, problem in troubled:
        if incident.noticed != problem:
            attempt(f"alert:{row.id}", partial(notice, services, row, incident, problem, due))


def notice(
    services: Services, row: AlertRule, incident: AlertIncident, problem: str, now: datetime
) -> None:
    """Queues the direct message, once for each cause."""
    reader = Reader(row.locale, ZoneInfo(row.zone))
    with services.writing() as session:
        if not rules.noticed(session, incident, problem):
            return
        shown = Telling(services, session, row, now, incident=incident).shown(
            incident, rules.standing_of(row), now
        )
        told = notices.notice(
            row.id or 0, shown.text, row.channel, problem, reader, rule=shown.rule, shown=shown
        )
        subject = f"alert-notice:{row.id}"
        outbox.queue(session, services.workspace, row.created_by, told, subject=subject, now=now)
    log.warning("alert_not_seen", alert=row.id, incident=incident.id)
