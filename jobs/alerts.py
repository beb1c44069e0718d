"""Judges the alert rules, moment by moment, and puts what becomes of them into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from bot.alerts.life import Kind
from bot.alerts.quiet import Muted, muted_by
from bot.alerts.rehearsal import Moment, replay
from bot.hours import office
from bot.services import Services
from bot.store import alerts as rules
from bot.store import mutes, runs
from bot.store.observations import Past
from bot.store.surroundings import around
from bot.store.tables import AlertRule
from jobs import attempt, job
from jobs.alert_telling import Telling

#: So many moments of one rule are judged at a time: ten days of them after a long stop. What fired
#: and ended in that time is then known to be over before anything of it is posted.
MOST_AT_ONCE = 3_000

log = structlog.get_logger()


@job(every=timedelta(seconds=15))
def alerts(services: Services, due: datetime) -> None:
    """Judges every rule up to `due`, as far as the data go; each by itself, whoever is first.

    No worker keeps the others from it by a lease: once a moment is judged there is nothing left to
    look at, and one that was killed in the middle holds nobody up.
    """
    with services.reading() as session:
        past = _past(services, session)
        active = rules.active(session, services.workspace)
        # What people asked for comes first: who changes a rule ends what was going on before.
        asked = {run.subject for run in runs.asked(session, services.workspace)}
        for row in active:
            if services.stopping.is_set():
                return
            if f"alert:{row.id}" in asked or not rules.is_readable(row):
                continue
            work = partial(judge_rule, services, session, past, row, due)
            if not attempt(f"alert:{row.id}", work):
                # Neither a transaction that is broken nor what was half read goes to the next rule.
                session.rollback()
                past = _past(services, session)


def _past(services: Services, session: Session) -> Past:
    return Past(session, services.workspace, patience=services.settings.stale_after)


def judge_rule(
    services: Services, session: Session, past: Past, row: AlertRule, now: datetime
) -> None:
    """Judges the moments of a rule that are due, and tells what happened in them.

    How it stands, the log and the messages are kept together or not at all, and only if nobody else
    has judged it meanwhile: two workers at once give one alert.
    """
    # A run that is repeated for a moment of before turns nothing back.
    if rules.is_to_turn_back(row, latest := max(now, services.clock.now())):
        _turn_back(services, row, latest)
        return
    rule, zone = rules.rule_of(row), ZoneInfo(row.zone)
    moments = rule.slots(row.judged_until, now)[:MOST_AT_ONCE]
    moments = moments[: past.ready(rule, moments, now)]
    if not moments:
        return
    seen = past.seen(rule, zone, moments, since=row.since)
    before = rules.standing_of(row)
    muted = muted_of(services, session, row)
    taken = list(replay(rule, moments, seen, standing=before, muted=muted))
    standing, until = taken[-1].after if taken else before, moments[-1]
    with services.writing() as writing:
        if not rules.keep(writing, row, standing, judged_until=until):
            return
        Telling(
            services,
            writing,
            row,
            now,
            judged_until=until,
            calls_from=_last_call(taken),
            surroundings=partial(around, session, row.workspace_id, past, rule, zone),
        ).tell(taken)
    for moment in taken:
        for step in moment.steps:
            log.info("alert_step", alert=row.id, kind=step.kind, at=step.at.isoformat())


def _turn_back(services: Services, row: AlertRule, now: datetime) -> None:
    """The clock was moved back: the next look goes on from now, not from when it will be then again."""
    with services.writing() as writing:
        if rules.turn_back(writing, row, now=now):
            log.warning(
                "alert_turned_back", alert=row.id, judged_until=row.judged_until.isoformat()
            )


def _last_call(taken: Sequence[Moment]) -> datetime | None:
    """From when on people are called again, of moments judged together; `None`: not at all.

    After a stop there may be many reminders. The last one is enough, and none is needed of what is
    over by now.
    """
    for moment in reversed(taken):
        if moment.after.incident is None:
            return None
        if any(step.kind is Kind.REMINDED for step in moment.steps):
            return moment.at
    return None


def muted_of(services: Services, session: Session, row: AlertRule) -> Muted:
    """When the alerts of a rule are held back: its mutes, and outside of office hours if it says so."""
    rule = rules.rule_of(row)
    is_open = office(services.settings, ZoneInfo(row.zone)) if rule.in_hours else None
    return muted_by(mutes.of_rule(session, row), is_open=is_open)
