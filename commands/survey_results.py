"""What came of a survey, to those entitled: results, comments, a file; and to be forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App, Respond

from bot.errors import NotAllowed, UsageError
from bot.message import Message
from bot.services import Role, Services
from bot.slack.surveys import comments as comments_shown
from bot.slack.surveys import results as shown
from bot.slack.surveys.every_question import every_question
from bot.slack.surveys.export import as_csv
from bot.slack.surveys.privacy import forgotten
from bot.store import comments as kept_comments
from bot.store import forgetting, waves
from bot.store import results as kept
from bot.store.tables import WaveRow
from bot.surveys.gate import shows_comments
from bot.surveys.survey import Kind, Results
from bot.surveys.table import csv_of
from commands.asked import Asked
from commands.survey_numbers import known_wave, number_in, other_kind
from commands.words import plain

#: Among so many waves that of a channel is looked for.
_LOOKED_THROUGH = 100


def register(app: App) -> None:
    app.action(shown.EARLIER)(earlier)
    app.action(shown.COMMENTS)(read_comments)
    app.action(comments_shown.MORE)(read_comments)
    app.action(shown.ALL_NUMBERS)(all_numbers)


# --- Results -------------------------------------------------------------------------------------


def results(asked: Asked, kind: Kind, rest: str) -> None:
    """Answers `/enps results [3]`."""
    show_results(asked, closed_wave(asked, kind, rest, "results"))


def show_results(asked: Asked, wave: WaveRow) -> None:
    """Shows the results of a closed wave. Raises `NotAllowed` for whoever may not see them."""
    _require_entitled(asked, wave)
    reader = replace(asked.reader, zone=waves.plan_of(wave).zone)
    with asked.services.reading() as session:
        told = kept.of_wave(session, wave)
        before = kept.earlier(session, wave)
    asked.answer(shown.results(told, before, reader, with_picture=False))


def earlier(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The results of the wave before."""
    ack()
    asked = Asked.by_button(body, respond, services)
    show_results(asked, known_wave(services, action["value"], closed=True))


def all_numbers(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Every question of a wave, to the one who asks."""
    ack()
    asked = Asked.by_button(body, respond, services)
    wave = known_wave(services, action["value"], closed=True)
    _require_entitled(asked, wave, by_message=True)
    with services.reading() as session:
        told = kept.of_wave(session, wave)
    asked.answer(every_question(told, asked.reader))


def _require_entitled(asked: Asked, wave: WaveRow, *, by_message: bool = False) -> None:
    """Raises `NotAllowed` for whoever may not see the results: leads may, and who was told them.

    Who was asked in a closed wave is not known any more; but a button of the message that only they
    got (`by_message`) is pressed by one of them.
    """
    plan = waves.plan_of(wave)
    is_sent = plan.results is Results.ASKED and asked.in_private and by_message
    if is_sent or _may_see(asked, wave):
        return
    if plan.results is Results.ASKED:
        raise NotAllowed(
            "These results were sent to everybody who was asked, by direct message.",
            "Look for them among the messages of deskpulse.",
        )
    raise NotAllowed("These results are for team leads.", "Ask one of them to share them.")


def _may_see(asked: Asked, wave: WaveRow) -> bool:
    """Whether it was posted where they ask, or they are a lead."""
    plan = waves.plan_of(wave)
    is_posted = plan.results is Results.CHANNEL and asked.channel == plan.channel
    return is_posted or asked.services.role(asked.user) >= Role.LEAD


# --- Which wave ----------------------------------------------------------------------------------


def closed_wave(asked: Asked, kind: Kind, typed: str, verb: str) -> WaveRow:
    """The last closed wave of the survey of a number. Raises `UsageError` where there is none.

    Without a number it is the last of those that were made in this channel, of which they may see
    something; for leads, where there is none, the last of all.
    """
    number = plain(typed).removeprefix("#")
    if number:
        return _numbered(asked, kind, number, verb)
    with asked.services.reading() as session:
        there = waves.closed_ones(session, asked.services.workspace, kind, limit=_LOOKED_THROUGH)
    here = [wave for wave in there if waves.plan_of(wave).channel == asked.channel]
    found = here or (there if asked.services.role(asked.user) >= Role.LEAD else [])
    if not found:
        raise UsageError("Nothing is closed here yet.", "See: `/{kind} help`", kind=str(kind))
    return next((wave for wave in found if _may_see(asked, wave)), found[0])


def _numbered(asked: Asked, kind: Kind, number: str, verb: str) -> WaveRow:
    workspace, survey = asked.services.workspace, number_in(number, f"/{kind} {verb} 3") or 0
    with asked.services.reading() as session:
        closed = waves.closed_ones(session, workspace, survey=survey, limit=1)
        there = [one for one in waves.open_ones(session, workspace) if one.survey_id == survey]
    for wave in (*closed, *there):
        if wave.kind != kind:
            raise other_kind(survey, wave.kind, verb)
    if closed:
        return closed[0]
    if not there:
        raise UsageError(
            "There is no survey {number} that is closed.",
            "See: `/{kind} list`",
            number=number,
            kind=str(kind),
        )
    raise UsageError(
        "Survey {number} is open until {moment}; before that nobody sees anything of it.",
        number=survey,
        moment=asked.reader.day_and_time(there[0].closes_at),
    )


# --- Comments ------------------------------------------------------------------------------------


def comments(asked: Asked, kind: Kind, rest: str) -> None:
    """Answers `/pulse comments [3]`, to leads only."""
    asked.require_lead()
    asked.answer(_comments(asked, closed_wave(asked, kind, rest, "comments")))


def read_comments(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """The comments of a wave, or the next of them."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.require_lead()
    number, _, start = action["value"].partition(":")
    wave = known_wave(services, number, closed=True)
    asked.answer(_comments(asked, wave, int(start or 0)))


def _comments(asked: Asked, wave: WaveRow, start: int = 0) -> Message:
    services, fewest = asked.services, waves.plan_of(wave).fewest
    if wave.comments_gone:
        raise UsageError(
            "The comments of this survey were deleted: they are kept for {days} days.",
            days=asked.reader.number(services.settings.keep_comments.days),
        )
    if not shows_comments(wave.answered or 0, fewest):
        return comments_shown.withheld(fewest, asked.reader)
    with services.reading() as session:
        there = kept_comments.of_wave(session, wave, services.seals)
    questions = {question.key: question for question in waves.questions_of(wave)}
    return comments_shown.comments(there, questions, asked.reader, start=start)


# --- A file, and to be forgotten -----------------------------------------------------------------


def export(asked: Asked, kind: Kind, rest: str) -> None:
    """Answers `/enps export [3]`: what may be told of a wave, as CSV."""
    asked.require_lead()
    wave = closed_wave(asked, kind, rest, "export")
    with asked.services.reading() as session:
        told = kept.of_wave(session, wave)
    for message in as_csv(csv_of([told]), asked.reader):
        asked.answer(message)


def forget(asked: Asked, _kind: Kind, _rest: str) -> None:
    """Answers `/pulse forget`: what leads to somebody is deleted, or made nobody's."""
    services = asked.services
    with services.writing() as session:
        done = forgetting.forget(session, services.workspace, asked.user, services.seals)
    if done.waves or done.mailboxes or done.open_waves:
        asked.answer(forgotten(asked.reader, mailboxes=done.mailboxes, waves=done.waves))
    else:
        asked.answer(Message(asked.reader.text("Nothing here leads to you.")))
