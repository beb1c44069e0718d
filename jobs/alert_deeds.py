"""What people do about alerts: a button makes it due now, and this does it in turn with the judging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from bot.alerts.life import CALM, Standing, Step, acknowledge, snooze, stop
from bot.alerts.rehearsal import Moment
from bot.services import Services
from bot.store import alerts as rules
from bot.store import runs
from bot.store.tables import AlertRule, Run
from jobs import attempt, job
from jobs.alert_telling import Telling

#: Runs of this subject are deeds: "alert:12" is about rule 12.
SUBJECT = "alert:"

#: Whoever presses a button once more within so long sees that nothing has happened yet, no more.
AT_ONCE = timedelta(minutes=1)

#: A deed that fails is tried again for so long. Until then its rule is not judged.
GIVEN_UP = timedelta(minutes=5)

log = structlog.get_logger()


@job(every=timedelta(seconds=1))
def alert_deeds(services: Services, due: datetime) -> None:
    """Does what people asked for, in the order in which they did."""
    with services.reading() as session:
        asked = runs.asked(session, services.workspace)
    deeds = [run for run in asked if run.subject.startswith(SUBJECT)]
    # Their slots begin with the moment, more exactly than the row has it.
    for run in sorted(deeds, key=lambda run: (run.due_at, run.slot)):
        if services.stopping.is_set():
            return
        if not attempt(run.subject, partial(do, services, run, due)):
            _give_up_in_time(services, run, due)


def _give_up_in_time(services: Services, run: Run, now: datetime) -> None:
    if now - run.due_at < GIVEN_UP:
        return
    with services.writing() as session:
        if runs.take(session, run, now=now):
            row = rules.locked(session, services.workspace, int(run.subject.removeprefix(SUBJECT)))
            if row is not None:
                _end_untold(session, row, run)
            log.error("alert_deed_given_up", alert=run.subject, request=run.request)


def do(services: Services, run: Run, now: datetime) -> None:
    """Does one deed, once; of an incident that is over by then there is nothing left to change."""
    request = run.request or {}
    with services.writing() as session:
        row = rules.locked(session, services.workspace, int(run.subject.removeprefix(SUBJECT)))
        if not runs.take(session, run, now=now) or row is None:
            return
        if not rules.is_readable(row):
            _end_untold(session, row, run)
        elif request["deed"] == "refresh":
            _refresh(services, session, row, run, now)
        else:
            _change(services, session, row, run, now)
    log.info("alert_deed", alert=run.subject, deed=request["deed"])


def _end_untold(session: Session, row: AlertRule, run: Run) -> None:
    """Ends what was to be stopped of a rule that cannot be read, or whose message cannot be drawn."""
    incident = rules.incident_of(session, row)
    if (run.request or {})["deed"] == "stop":
        rules.keep(session, row, CALM)
        if incident is not None:
            incident.closed_at = run.due_at
            session.add(incident)


def _refresh(services: Services, session: Session, row: AlertRule, run: Run, now: datetime) -> None:
    incident = rules.incident(session, services.workspace, (run.request or {})["incident"])
    if incident is not None:
        is_open = incident.closed_at is None
        standing = rules.standing_of(row) if is_open else CALM
        telling = Telling(services, session, row, now, incident=incident)
        telling.refresh(incident, standing, run.due_at)


def _change(services: Services, session: Session, row: AlertRule, run: Run, now: datetime) -> None:
    before = rules.standing_of(row)
    if not _is_meant(session, row, run):
        return
    standing, steps = _done(before, run)
    # The row is locked, so nobody else can have changed it.
    rules.keep(session, row, standing)
    if steps:
        Telling(services, session, row, now).tell([Moment(run.due_at, before, standing, steps)])


def _is_meant(session: Session, row: AlertRule, run: Run) -> bool:
    """Whether the incident that the button belongs to is still the one that is going on."""
    wanted = (run.request or {}).get("incident")
    incident = rules.incident_of(session, row)
    return wanted is None or (incident is not None and incident.id == wanted)


def _done(standing: Standing, run: Run) -> tuple[Standing, Sequence[Step]]:
    request, by, at = run.request or {}, run.asked_by or "", run.due_at
    if request["deed"] == "stop":
        # Nobody did it, where a file takes a rule away.
        return stop(standing, by=run.asked_by, at=at)
    if _is_done(standing, request, by, at):
        return standing, ()
    match request["deed"]:
        case "acknowledge":
            return acknowledge(standing, by=by, at=at)
    until = datetime.fromisoformat(request["until"])
    return snooze(standing, by=by, at=at, until=until)


def _is_done(standing: Standing, request: dict[str, Any], by: str, at: datetime) -> bool:
    """Whether it stands like that already, because somebody pressed twice."""
    incident = standing.incident
    if incident is None:
        return False
    match request["deed"]:
        case "acknowledge":
            has_it = incident.acknowledged_by == by and incident.snoozed_until is None
            since = incident.acknowledged_at
            return has_it and since is not None and at - since < AT_ONCE
        case "snooze" if incident.snoozed_until is not None:
            until = datetime.fromisoformat(request["until"])
            is_same = abs(until - incident.snoozed_until) < AT_ONCE
            return is_same and incident.snoozed_by == by
    return False
