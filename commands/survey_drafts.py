"""A survey that is planned: shown before anything is sent, changed, dropped, or started."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.errors import UsageError
from bot.message import Message
from bot.services import Services
from bot.slack.surveys import plan as shown
from bot.slack.surveys.plan import as_view
from bot.slack.surveys.plan_form import filled
from bot.slack.surveys.plan_window import view as window
from bot.store import people, surveys
from bot.store.tables import SurveyRow
from bot.surveys.moments import closing, opens
from bot.surveys.survey import Kind, Plan, Results
from bot.surveys.wording import plan_text
from commands.asked import Asked
from commands.survey_previews import look_at, mark_of
from commands.survey_text import parse_plan


def register(app: App) -> None:
    app.action(shown.START)(start)
    app.action(shown.CHANGE)(change)
    app.action(shown.DROP)(drop)
    app.action(shown.LOOK)(look)


def plan_typed(asked: Asked, kind: Kind, text: str) -> None:
    """Keeps what was typed, `start …` or `every …`, as a draft, and shows what would come of it."""
    zone, now = asked.reader.zone, asked.services.clock.now()
    plan = parse_plan(kind, text, channel=asked.channel, zone=zone, now=now)
    number = keep(asked, plan)
    asked.answer(look_at(asked.services, number, plan, asked.reader))


def keep(asked: Asked, plan: Plan, number: int | None = None) -> int:
    """Keeps a plan as a draft, new or in the place of another; gives its number."""
    services, now = asked.services, asked.services.clock.now()
    with services.writing() as session:
        if number is None:
            row = surveys.draft(session, services.workspace, plan, by=asked.user, now=now)
        else:
            row = known_draft(session, services, number, locked=True)
            surveys.change(session, row, plan)
        log(session, asked, "plan" if number is None else "change", row)
        return row.id or 0


def log(session: Session, asked: Asked, action: str, row: SurveyRow) -> None:
    """Writes into the audit log what somebody did to a survey."""
    plan, now = surveys.plan_of(row), asked.services.clock.now()
    detail = f"{row.id} {plan_text(plan)}"
    if plan.own:
        detail += f" +{len(plan.own)}"
    people.log(session, row.workspace_id, asked.user, f"{row.kind} {action}", detail, now=now)


def known_draft(
    session: Session, services: Services, number: int, *, locked: bool = False
) -> SurveyRow:
    """A draft; one that is `locked` is started by nobody else meanwhile.

    Raises `UsageError` for one that is gone.
    """
    row = surveys.drafted(session, services.workspace, number, locked=locked)
    if row is None:
        raise UsageError(
            "This draft is not there any more: it was started already, or dropped.",
            "See: `/enps list`, `/pulse list`",
        )
    return row


# --- Started -------------------------------------------------------------------------------------


def start(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Starts what is shown; the answer takes its place, so that nobody does it twice."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(begin(asked, action["value"]), replace=True)


def begin(asked: Asked, value: str) -> Message:
    """Starts a draft if it promises what was shown, else shows it anew; gives the answer.

    `value` is its number and the mark of what was shown.
    """
    asked.require_lead()
    services, now = asked.services, asked.services.clock.now()
    number, _, mark = value.partition(" ")
    with services.writing() as session:
        row = known_draft(session, services, int(number), locked=True)
        plan = surveys.plan_of(row)
        is_as_shown = mark_of(plan, now) == mark
        if is_as_shown:
            surveys.start(session, row, now=now)
            log(session, asked, "start", row)
    if not is_as_shown:
        return look_at(services, int(number), plan, asked.reader, has_changed=True)
    return _started(asked, plan, int(number))


def _started(asked: Asked, plan: Plan, number: int) -> Message:
    now, warning = asked.services.clock.now(), None
    moment = (
        closing(plan, now) if plan.cadence is None else opens(plan.cadence, now, plan.zone, now).at
    )
    if plan.results is Results.CHANNEL:
        warning = asked.services.why_silent(plan.channel, asked.reader)
    return shown.started(plan, number, moment, warning, asked.reader)


# --- Or not --------------------------------------------------------------------------------------


def look(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Shows a draft."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    with services.reading() as session:
        row = known_draft(session, services, int(action["value"]))
        plan = surveys.plan_of(row)
    _answer(asked, body, look_at(services, row.id or 0, plan, asked.reader))


def change(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Opens the window of a draft; where that is shown in a window, in its place."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    with services.reading() as session:
        row = known_draft(session, services, int(action["value"]))
        form = filled(surveys.plan_of(row), row.id)
    opened = window(form, asked.reader)
    if services.messenger is None:
        return
    if "view" in body:
        services.messenger.update_view(body["view"]["id"], opened, hash_=None)
    else:
        services.messenger.open_view(asked.trigger, opened)


def drop(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Forgets a draft."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    with services.writing() as session:
        row = known_draft(session, services, int(action["value"]), locked=True)
        surveys.remove(session, row, now=services.clock.now())
        log(session, asked, "drop", row)
    told = asked.reader.text("It is dropped. Nothing was sent.")
    _answer(asked, body, Message(told), replace=True)


def _answer(asked: Asked, body: dict[str, Any], message: Message, *, replace: bool = False) -> None:
    """Answers where it was asked: by a message, or in the window."""
    if "view" not in body:
        asked.answer(message, replace=replace)
    else:
        show(asked, body["view"]["id"], message)


def show(asked: Asked, view_id: str, message: Message) -> None:
    """Shows a message about a draft in an open window."""
    if asked.services.messenger is not None:
        shown_as = as_view(message, asked.reader)
        asked.services.messenger.update_view(view_id, shown_as, hash_=None)
