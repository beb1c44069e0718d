"""The window of a survey: planned with pickers, looked at, then started."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App

from bot.errors import DeskpulseError
from bot.message import Message
from bot.services import Services
from bot.slack.blocks import plain
from bot.slack.surveys import plan as shown
from bot.slack.surveys import plan_window as window
from bot.slack.surveys.form import told_view
from bot.slack.surveys.plan_form import Field, Form, form_of, plan_of, problems
from bot.surveys.moments import closing, opens
from bot.surveys.survey import Audience, Kind, Plan, Results
from commands.asked import Asked
from commands.survey_drafts import begin, keep, show
from commands.survey_previews import look_at
from commands.survey_times import usual_days, wrong_span


def register(app: App) -> None:
    app.action(window.CHANGED)(changed)
    app.view(window.PLAN)(filled_in)
    app.view(shown.STARTS)(started)


def new(asked: Asked, kind: Kind, _text: str) -> None:
    """Opens the window of a new survey, of those in the channel unless others are chosen."""
    form = Form(_unsaid(kind, asked.channel, asked.reader.zone, asked.services.clock.now()))
    if asked.services.messenger is not None:
        opened = window.view(form, asked.reader)
        asked.services.messenger.open_view(asked.trigger, opened)


def _unsaid(kind: Kind, channel: str, zone: ZoneInfo, now: datetime) -> Plan:
    """What a survey is like of which nothing is said."""
    is_direct = channel.startswith("D")
    return Plan(
        kind=kind,
        audience=Audience() if is_direct else Audience(channels=(channel,)),
        zone=zone,
        channel=channel,
        days=usual_days(kind, now.astimezone(zone).date(), zone),
        results=Results.LEADS if is_direct else Results.CHANNEL,
    )


def changed(ack: Ack, body: dict[str, Any], services: Services) -> None:
    """Shows the fields that there are by now: those of a survey that comes again, or not."""
    ack()
    view, reader = body["view"], services.reader(body["user"]["id"])
    if services.messenger is not None:
        drawn = window.view(form_of(view), reader)
        services.messenger.update_view(view["id"], drawn, hash_=view.get("hash"))


def filled_in(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """The window is filled in: it becomes a draft, which is shown in its place."""
    form = form_of(view)
    asked = Asked.in_window(body, form.plan.channel, services)
    if wrong := _problems(asked, form):
        ack(response_action="errors", errors=wrong)
        return
    wait = asked.reader.text("Slack is asked who would be in it …")
    ack(response_action="update", view=told_view(wait, asked.reader))
    _in_window(asked, view["id"], lambda: _kept(asked, form))


def _problems(asked: Asked, form: Form) -> dict[str, str]:
    """What is wrong, below its field; that somebody may not plan surveys below the first one."""
    try:
        asked.require_lead()
    except DeskpulseError as error:
        return {Field.CHANNELS: error.said(asked.reader.template).replace("`", "")}
    return problems(form, asked.reader) or _wrong_span(asked, form.plan)


def _wrong_span(asked: Asked, plan: Plan) -> dict[str, str]:
    """What is wrong with how long it is open, which depends on when it opens."""
    opening = now = asked.services.clock.now()
    if plan.cadence is not None:
        opening = opens(plan.cadence, now, plan.zone, now).at
    wrong = wrong_span(opening, closing(plan, opening), plan.cadence, plan.zone)
    return {Field.DAYS: asked.reader.text(wrong)} if wrong else {}


def _kept(asked: Asked, form: Form) -> Message:
    plan = plan_of(form)
    return look_at(asked.services, keep(asked, plan, form.draft), plan, asked.reader)


def started(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """Starts the draft of the window."""
    asked = Asked.in_window(body, "", services)
    ack(response_action="update", view=told_view(asked.reader.text("One moment …"), asked.reader))
    _in_window(asked, view["id"], lambda: begin(asked, view["private_metadata"]))


def _in_window(asked: Asked, view_id: str, does: Callable[[], Message]) -> None:
    """Does something, and shows in the window what came of it, or why nothing did."""
    try:
        message = does()
    except DeskpulseError as error:
        message = Message(plain(error.said(asked.reader.template)))
    show(asked, view_id, message)
