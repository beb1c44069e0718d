"""The window of a rule: filled in with a preview, tried on the past, then switched on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.alerts.rule import Rule
from bot.alerts.wording import written
from bot.errors import DeskpulseError
from bot.locale import Reader
from bot.services import Services
from bot.slack.alerts import modal, rehearsal, windows
from bot.slack.alerts.form import Field, Form, Sort, fields_of, form_of, hint_of, text_of
from bot.slack.alerts.modal import Preview
from bot.slack.alerts.rehearsal import Wanted
from commands.alert_asked import Asked
from commands.alert_switch import read_rule, read_wanted, switch_on
from commands.alert_trial import glance, try_out

#: The window shows how often a rule would have fired in so many days: quick enough while it is
#: filled in.
PREVIEWED = 30


def register(app: App) -> None:
    app.action(modal.CHANGED)(changed)
    app.view(modal.RULE)(filled_in)
    app.view(windows.CONFIRM)(confirmed)


def open_form(asked: Asked, form: Form) -> None:
    """Opens the window in which a rule is filled in. Raises `SlackError` where it came too late."""
    if asked.services.messenger is not None:
        preview = _preview(asked.services, form, asked.reader, days=0)
        asked.services.messenger.open_view(asked.trigger, modal.view(form, preview, asked.reader))


def changed(ack: Ack, body: dict[str, Any], services: Services) -> None:
    """Shows what the form says by now, and how often that would have fired."""
    ack()
    view, reader = body["view"], services.reader(body["user"]["id"])
    form = form_of(view)
    preview = _preview(services, form, reader, days=PREVIEWED)
    _shows(services, view["id"], modal.view(form, preview, reader), hash_=view.get("hash"))


def _preview(services: Services, form: Form, reader: Reader, *, days: int) -> Preview:
    """The rule of the form, or what is wrong with it; nothing yet where no limit is typed."""
    if not form.limit and Field.LIMIT in fields_of(form.sort):
        return Preview()
    try:
        with services.reading() as session:
            rule = read_rule(session, services, text_of(form), reader)
            tried, finding = (
                glance(session, services, rule, form.channel, reader, days=days)
                if days
                else (None, None)
            )
    except DeskpulseError as error:
        return Preview(problem=error.kept())
    return Preview(rule, written(rule), tried=tried, finding=finding)


def filled_in(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """The form is filled in: the rule is tried, and the window asks whether to switch it on."""
    form = form_of(view)
    asked = _asked(body, form.channel, services)
    wanted = Wanted(form.channel, text_of(form), form.number)
    with services.reading() as session:
        try:
            asked.require_lead()
            rule = read_wanted(session, asked, wanted)
        except DeskpulseError as error:
            told = {form.block(_wrong(session, asked, form, error)): _said(error, asked.reader)}
            ack(response_action="errors", errors=told)
            return
    ack(response_action="update", view=windows.trying(asked.reader))
    told = _tried(asked, rule, replace(wanted, text=written(rule)))
    _shows(services, view["id"], told, hash_=None)


def _tried(asked: Asked, rule: Rule, wanted: Wanted) -> dict[str, Any]:
    """The window that asks whether to switch a rule on."""
    with asked.services.reading() as session:
        tried = try_out(
            session, asked.services, rule, wanted.channel, asked.reader, replaces=wanted.number
        )
    told, agreed = rehearsal.rehearsed(tried, asked.reader), rehearsal.agreed(tried, asked.reader)
    return windows.confirm(told, wanted, asked.reader, submit=agreed)


def confirmed(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """Switches on the rule of the window."""
    wanted = windows.wanted_of(view)
    asked = _asked(body, wanted.channel, services)
    reader = asked.reader
    ack(response_action="update", view=windows.done(reader.text("One moment …"), reader))
    try:
        told = switch_on(asked, wanted)
    except DeskpulseError as error:
        told = error.said(reader.template)
    _shows(services, view["id"], windows.done(told, reader), hash_=None)


def _asked(body: dict[str, Any], channel: str, services: Services) -> Asked:
    """Who fills in a window: what is answered is shown in that."""
    user, trigger = body["user"]["id"], body.get("trigger_id", "")
    nowhere = Respond(response_url=None)
    return Asked(services, nowhere, user, channel, trigger, services.reader(user))


def _shows(services: Services, id_: str, view: dict[str, Any], *, hash_: str | None) -> None:
    if services.messenger is not None:
        services.messenger.update_view(id_, view, hash_=hash_)


# --- What is wrong, and in which field -----------------------------------------------------------


def _said(error: DeskpulseError, reader: Reader) -> str:
    """As Slack shows it below a field: as it is, without markup."""
    return error.said(reader.template).replace("`", "")


def _wrong(session: Session, asked: Asked, form: Form, error: DeskpulseError) -> Field:
    """The field that brings about an error: the first with which the form has it."""
    for field, so_far in _grown(form):
        try:
            read_rule(session, asked.services, text_of(so_far), asked.reader)
        except DeskpulseError as found:
            if str(found) == str(error):
                return field
    # It is about none of them alone.
    return Field.SORT


def _grown(form: Form) -> Iterator[tuple[Field, Form]]:
    """The form as it is filled in, field by field."""
    there = fields_of(form.sort)
    grown = Form(form.channel, form.sort, form.metric, form.side, number=form.number)
    if Field.METRIC in there:
        hint = hint_of(form, Field.LIMIT) if Field.LIMIT in there else ""
        yield Field.METRIC, replace(grown, limit=hint)
    grown = replace(grown, limit=form.limit)
    yield _CONDITION.get(form.sort, Field.LIMIT), replace(grown, goal=hint_of(form, Field.GOAL))
    grown = replace(grown, goal=form.goal)
    yield Field.GOAL, grown
    for field, name in _FURTHER.items():
        grown = replace(grown, **{name: getattr(form, name)})
        yield field, grown


#: Where the condition is chosen by a sort that has no limit.
_CONDITION = {Sort.UNUSUAL: Field.SIDE}

#: The fields that follow the condition, and what of the form each fills in.
_FURTHER = {
    Field.LASTING: "lasting",
    Field.OVER: "over",
    Field.BY: "by",
    Field.HOURS: "in_hours",
    Field.MORE: "more",
}
