"""Answering a survey: one tap, a window, a reason, or not this time."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App, Respond

from bot.errors import SlackError
from bot.message import Message
from bot.services import Services
from bot.slack.surveys import form, question
from bot.slack.surveys.form import Filled, Ticket
from bot.slack.surveys.privacy import privacy
from bot.store import ballots, rolls, waves
from bot.store.askings import asking
from bot.store.ballots import Said
from bot.store.tables import WaveRow
from bot.surveys.asking import Asking
from bot.surveys.ballot import Remark
from bot.surveys.roll import Act, Cast, Standing
from bot.surveys.survey import FEWEST, Kind
from bot.surveys.telltales import Telltale
from commands.asked import Asked
from commands.survey_numbers import known_wave
from commands.survey_telltales import telltales_of


def register(app: App) -> None:
    app.action(re.compile(f"^{question.SCORE}_"))(score)
    app.action(question.OPEN)(open_form)
    app.action(question.WHY)(open_why)
    app.action(question.PRIVACY)(exactly)
    app.action(question.DECLINE)(decline)
    app.view(form.ANSWER)(answered)
    app.view(form.WHY)(why_said)


# --- A tap ---------------------------------------------------------------------------------------


def score(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Somebody pressed a number of an eNPS. Acknowledged once it is stored: else Slack says so."""
    number, _, given = action["value"].partition(":")
    user, wave = body["user"]["id"], known_wave(services, number)
    (key,) = [one.key for one in waves.questions_of(wave)][:1]
    outcome = _cast(services, wave, user, Act.ANSWER, Said({key: int(given)}))
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(_after(asked, wave, outcome), replace=True)


def _cast(services: Services, wave: WaveRow, user: str, act: Act, said: Said) -> Cast:
    return ballots.cast(
        services.database,
        services.seals,
        wave.id or 0,
        user,
        act,
        said,
        now=services.clock.now(),
    )


def _after(asked: Asked, wave: WaveRow, outcome: Cast) -> Message:
    """What stands in the place of the question now. Whoever answered by a tap may still say why."""
    if outcome in (Cast.CLOSED, Cast.NOT_ASKED):
        return question.refused(outcome, asked.reader)
    asking, again = asking_of(asked.services, wave), outcome is Cast.TWICE
    may_say_why = wave.kind == Kind.ENPS and _refusal(asked, wave, Act.WHY) is None
    return question.thanks(asking, asked.reader, may_say_why=may_say_why, again=again)


def decline(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """One tap ends the reminders."""
    user, wave = body["user"]["id"], known_wave(services, action["value"])
    with services.writing() as session:
        standing = ballots.decline(session, services.seals, wave.id or 0, user)
    ack()
    asked = Asked.by_button(body, respond, services)
    if standing is Standing.DECLINED:
        asked.answer(question.declined(asked.reader, Kind(wave.kind)), replace=True)
    else:
        outcome = _refusal(asked, wave, Act.ANSWER) or Cast.CLOSED
        asked.answer(_after(asked, wave, outcome), replace=True)


def exactly(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """“What exactly?” is kept of an answer."""
    ack()
    asked = Asked.by_button(body, respond, services)
    wave = known_wave(services, action["value"])
    _tell_privacy(asked, waves.plan_of(wave).fewest)


def tell_privacy(asked: Asked) -> None:
    """Answers `/pulse privacy`."""
    _tell_privacy(asked, FEWEST)


def _tell_privacy(asked: Asked, fewest: int) -> None:
    kept = asked.services.settings.keep_comments
    asked.answer(privacy(asked.reader, keep_comments=kept, fewest=fewest))


# --- The window ----------------------------------------------------------------------------------


def open_form(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Opens the questions of a wave; a message that is out of date says so."""
    ack()
    _show(body, action, respond, services, Act.ANSWER_AND_WHY)


def open_why(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Opens the window for the reason of a number."""
    ack()
    _show(body, action, respond, services, Act.WHY)


def _show(
    body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services, act: Act
) -> None:
    """Opens the window for what somebody wants to do, or puts why not in place of the message."""
    asked = Asked.by_button(body, respond, services)
    ticket = _ticket(body, int(action["value"]))
    wave = known_wave(services, ticket.wave)
    outcome = _refusal(asked, wave, act)
    if outcome is not None:
        asked.answer(_after(asked, wave, outcome), replace=True)
    elif act is Act.WHY:
        _open(asked, form.why_view(asking_of(services, wave), ticket, asked.reader))
    else:
        show_form(asked, wave, ticket)


def show_form(asked: Asked, wave: WaveRow, ticket: Ticket) -> None:
    """Opens the questions of a wave that waits for whoever asks."""
    _open(asked, form.answer_view(asking_of(asked.services, wave), ticket, asked.reader))


def _open(asked: Asked, view: dict[str, Any]) -> None:
    if asked.services.messenger is not None:
        asked.services.messenger.open_view(asked.trigger, view)


def _ticket(body: dict[str, Any], wave: int) -> Ticket:
    """What the window hands back, so that the message it was opened from says how it went."""
    container = body["container"]
    if container.get("is_ephemeral"):
        return Ticket(wave)
    return Ticket(wave, container.get("channel_id", ""), container.get("message_ts", ""))


def _refusal(asked: Asked, wave: WaveRow, act: Act) -> Cast | None:
    """Why somebody may not do it now."""
    with asked.services.reading() as session:
        roll = rolls.read(session, wave.id or 0, asked.services.seals)
    if roll is None or asked.services.clock.now() >= wave.closes_at:
        return Cast.CLOSED
    seat = roll.seats.get(asked.user)
    if seat is None:
        return Cast.NOT_ASKED
    return None if seat.may(act) else Cast.TWICE


# --- What was filled in --------------------------------------------------------------------------


def answered(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """The questions were answered."""
    _take(ack, body, view, services, Act.ANSWER_AND_WHY)


def why_said(ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services) -> None:
    """The reason for a number was sent."""
    _take(ack, body, view, services, Act.WHY)


def _take(
    ack: Ack, body: dict[str, Any], view: dict[str, Any], services: Services, act: Act
) -> None:
    """Takes what was filled in.

    What in it could give its author away is shown first, and taken when it is sent again as it is.
    Acknowledged once it is stored: else the window stays as it is.
    """
    asked, ticket = Asked.in_window(body, "", services), Ticket.from_text(view["private_metadata"])
    wave = known_wave(services, ticket.wave)
    filled = form.filled_of(view, waves.questions_of(wave))
    if missing := form.missing(filled, wave.kind, act, asked.reader):
        ack(response_action="errors", errors=missing)
    elif found := _unseen(asked, wave, ticket, filled):
        shown = form.why_view if act is Act.WHY else form.answer_view
        asking = asking_of(services, wave)
        ack(response_action="update", view=shown(asking, ticket, asked.reader, filled, found))
    else:
        outcome = _cast(services, wave, asked.user, act, _said(wave, asked.user, filled))
        told = _after(asked, wave, outcome)
        ack(response_action="update", view=form.told_view(told.text, asked.reader))
        _mark_message(services, ticket, told)


def _unseen(asked: Asked, wave: WaveRow, ticket: Ticket, filled: Filled) -> list[Telltale]:
    """What in the texts could give their author away, unless they have seen it."""
    if ticket.seen == filled.seen():
        return []
    return telltales_of(asked.services, wave, asked.user, filled.texts.values())


def _said(wave: WaveRow, user: str, filled: Filled) -> Said:
    """What goes into the ballots; a comment to all of an eNPS is the reason for its number."""
    first = waves.questions_of(wave)[0].key if wave.kind == Kind.ENPS else ""
    remarks = [
        Remark(first if key == form.COMMENT else key, text, author=user if filled.may_reply else "")
        for key, text in filled.texts.items()
    ]
    return Said(filled.answers, remarks)


def _mark_message(services: Services, ticket: Ticket, told: Message) -> None:
    """The message that the window was opened from asks no more."""
    if services.messenger is None or not ticket.ts:
        return
    try:
        services.messenger.update(ticket.channel, ticket.ts, told.text, told.blocks)
    except SlackError:
        # The answer is in, which the window says. Pressing again is answered as well.
        return


# --- Waves ---------------------------------------------------------------------------------------


def asking_of(services: Services, wave: WaveRow) -> Asking:
    """A wave as it is shown to somebody who is asked in it."""
    with services.reading() as session:
        return asking(session, wave)
