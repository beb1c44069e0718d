"""The buttons below an alert: who takes it on, who wants to hear no more, whether it was useful."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App
from sqlmodel import Session

from bot.errors import DeskpulseError, UsageError
from bot.hours import office
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts import incident as message
from bot.slack.alerts import modal
from bot.store import alert_log, runs
from bot.store import alerts as rules
from bot.store.tables import AlertIncident, AlertRule
from commands.alert_mutes import LONGEST, MORNING, next_working_hour

#: What is suggested to whoever picks the end of a snooze.
SUGGESTED = timedelta(hours=4)


def register(app: App) -> None:
    app.action(message.ACKNOWLEDGE)(acknowledge)
    app.action(message.SNOOZE)(snooze)
    app.view(modal.SNOOZE_UNTIL)(snooze_until)
    app.action(message.USEFUL)(useful)
    app.action(message.USELESS)(useless)


# --- Taking it on --------------------------------------------------------------------------------


def acknowledge(ack: Ack, body: dict[str, Any], action: dict[str, Any], services: Services) -> None:
    """Somebody takes the alert on; everybody sees who. The job writes it into the message."""
    ack()
    with services.writing() as session:
        row, incident = _going_on(session, services, action["value"])
        ask(session, services, row, incident, "acknowledge", by=body["user"]["id"])


def snooze(ack: Ack, body: dict[str, Any], action: dict[str, Any], services: Services) -> None:
    """Nobody is called again until a moment; with “until…” one is picked first."""
    ack()
    number, _, span = action["selected_option"]["value"].partition(" ")
    user = body["user"]["id"]
    if span == message.PICK:
        _pick(services, body["trigger_id"], number, services.reader(user))
        return
    with services.writing() as session:
        row, incident = _going_on(session, services, number)
        until = _until(services, row, span)
        ask(session, services, row, incident, "snooze", by=user, until=until)


def _until(services: Services, row: AlertRule, span: str) -> datetime:
    """When a snooze ends, where the rule is at home."""
    now, zone = services.clock.now(), ZoneInfo(row.zone)
    match span:
        case message.HOUR:
            return now + timedelta(hours=1)
        case message.WORKING_HOUR:
            return next_working_hour(now, office(services.settings, zone))
    return _morning(now, zone, MORNING)


def _morning(now: datetime, zone: ZoneInfo, at: time) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, at, tzinfo=zone)


def _pick(services: Services, trigger: str, number: str, reader: Reader) -> None:
    """Asks until when. Slack is not waited for while something is being written."""
    with services.reading() as session:
        _going_on(session, services, number)
    if services.messenger is not None:
        suggested = services.clock.now() + SUGGESTED
        services.messenger.open_view(trigger, modal.snooze_until(number, suggested, reader))


def snooze_until(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """A moment was picked. What cannot be keeps the window open, which says why."""
    user, until = body["user"]["id"], modal.picked(view)
    try:
        _check(until, services.clock.now())
        with services.writing() as session:
            row, incident = _going_on(session, services, view["private_metadata"])
            ask(session, services, row, incident, "snooze", by=user, until=until)
    except DeskpulseError as error:
        told = error.said(services.reader(user).template).replace("`", "")
        ack(response_action="errors", errors={modal.MOMENT: told})
        return
    ack()


def _check(until: datetime, now: datetime) -> None:
    if until <= now:
        raise UsageError("Choose a moment that is still to come.")
    if until - now > LONGEST:
        raise UsageError("A snooze lasts at most 31 days.", "To hear no more of a rule, pause it.")


def _going_on(session: Session, services: Services, number: str) -> tuple[AlertRule, AlertIncident]:
    """The incident of a button, with its rule. Raises `UsageError` for one that is over."""
    row, incident = known(session, services, number)
    if incident.closed_at is not None:
        raise UsageError("This alert is over already.", "See: `/alert log`")
    return row, incident


def known(session: Session, services: Services, number: str) -> tuple[AlertRule, AlertIncident]:
    """The incident of a button, over or not, with its rule. Raises `UsageError` without one."""
    incident = rules.incident(session, services.workspace, int(number))
    row = None
    if incident is not None:
        row = rules.of_any_time(session, services.workspace, incident.rule_id)
    if incident is None or row is None:
        raise UsageError("This alert is not known any more.", "See: `/alert`")
    return row, incident


def ask(
    session: Session,
    services: Services,
    row: AlertRule,
    incident: AlertIncident | None,
    deed: str,
    *,
    by: str | None,
    until: datetime | None = None,
) -> None:
    """Makes a deed due now: `jobs/alert_deeds.py` does it, in turn with the judging.

    Its slot begins with the moment, by which several of one second keep their order.
    """
    now = services.clock.now()
    request: dict[str, Any] = {"deed": deed, "incident": incident.id if incident else None}
    if until is not None:
        request["until"] = until.isoformat()
    number = incident.id if incident else ""
    slot = f"{now.astimezone(UTC).isoformat(timespec='microseconds')} {number} {deed} {by or ''}"
    runs.ask(session, row.workspace_id, f"alert:{row.id}", slot, request, by=by, now=now)


# --- Was it useful? ------------------------------------------------------------------------------


def useful(ack: Ack, body: dict[str, Any], action: dict[str, Any], services: Services) -> None:
    ack()
    _vote(body, action, services, is_useful=True)


def useless(ack: Ack, body: dict[str, Any], action: dict[str, Any], services: Services) -> None:
    ack()
    _vote(body, action, services, is_useful=False)


def _vote(
    body: dict[str, Any], action: dict[str, Any], services: Services, *, is_useful: bool
) -> None:
    """Counts what somebody thinks of an alert; the monthly review makes something of it."""
    user = body["user"]["id"]
    with services.writing() as session:
        row, incident = known(session, services, action["value"])
        alert_log.vote(
            session,
            services.workspace,
            incident.id or 0,
            user,
            useful=is_useful,
            at=services.clock.now(),
        )
        ask(session, services, row, incident, "refresh", by=user)
