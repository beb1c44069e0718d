"""`/enps` and `/pulse`: agents are asked anonymously, leads plan it and see what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App, Respond

from bot.errors import UsageError
from bot.message import Message
from bot.services import Role, Services
from bot.slack.surveys.form import Ticket
from bot.slack.surveys.help import help_text
from bot.store import rolls, waves
from bot.store.tables import WaveRow
from bot.surveys.roll import Act
from bot.surveys.survey import Kind
from commands import (
    survey_answers,
    survey_deeds,
    survey_drafts,
    survey_letters,
    survey_lists,
    survey_results,
    survey_window,
)
from commands.asked import Asked
from commands.survey_names import as_typed, is_name
from commands.survey_phrases import PAUSES
from commands.survey_text import unknown_verb
from commands.words import examples, plain, quoted

#: What answers a verb: who asks, the kind of survey, and what stands behind the verb.
Answer = Callable[[Asked, Kind, str], None]


def register(app: App) -> None:
    app.command("/enps")(enps)
    app.command("/pulse")(pulse)
    survey_answers.register(app)
    survey_deeds.register(app)
    survey_drafts.register(app)
    survey_letters.register(app)
    survey_lists.register(app)
    survey_results.register(app)
    survey_window.register(app)


def enps(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/enps …`."""
    ack()
    _answer(Asked.by_command(command, respond, services), Kind.ENPS, command.get("text", ""))


def pulse(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/pulse …`."""
    ack()
    _answer(Asked.by_command(command, respond, services), Kind.PULSE, command.get("text", ""))


def _answer(asked: Asked, kind: Kind, text: str) -> None:
    verb, _, rest = text.strip().partition(" ")
    typed = plain(verb)
    if typed in _LEADS:
        asked.require_lead()
    if typed in _PLANS:
        survey_drafts.plan_typed(asked, kind, text.strip())
    elif typed in _VERBS:
        _VERBS[typed](asked, kind, rest.strip())
    else:
        raise _no_verb(kind, verb, rest.strip())


def _no_verb(kind: Kind, verb: str, rest: str) -> UsageError:
    """The answer to a word that is no command; some people know from other programs."""
    if is_name(verb):
        return _no_start(kind, f"{verb} {rest}")
    hint = _ELSEWHERE.get(plain(verb))
    if hint is None:
        return unknown_verb(kind, verb, ["start", "every", *filter(None, _VERBS)], rest)
    message = "There is no survey command “{typed}”."
    return UsageError(message, hint, typed=quoted(verb), kind=kind)


def _no_start(kind: Kind, typed: str) -> UsageError:
    """The answer to whoever names only those who are to be asked."""
    meant = f"/{kind} start {quoted(as_typed(typed))}"
    return UsageError(
        "It is not said what is to be done.", "Did you mean {example}?", example=examples(meant)
    )


# --- For everybody -------------------------------------------------------------------------------


def _waiting(asked: Asked, kind: Kind, _rest: str) -> None:
    """Opens what waits for whoever asks; where nothing does, what there is for them to see."""
    wave = _oldest(asked, kind)
    if wave is not None:
        survey_answers.show_form(asked, wave, Ticket(wave.id or 0))
    elif asked.services.role(asked.user) >= Role.LEAD:
        survey_lists.show_list(asked, kind, "")
    else:
        told = asked.reader.text(
            "Nothing is waiting for you. You are asked by a direct message when it is time; what is "
            "kept of an answer: {privacy} · more: {help}",
            privacy=f"`/{kind} privacy`",
            help=f"`/{kind} help`",
        )
        asked.answer(Message(told))


def _oldest(asked: Asked, kind: Kind) -> WaveRow | None:
    """The oldest open wave that waits for somebody's answer."""
    services, now = asked.services, asked.services.clock.now()
    with services.reading() as session:
        for wave in waves.open_ones(session, services.workspace, kind):
            roll = rolls.read(session, wave.id or 0, services.seals)
            seat = roll.seats.get(asked.user) if roll is not None else None
            if seat is not None and seat.may(Act.ANSWER_AND_WHY) and now < wave.closes_at:
                return wave
    return None


def _privacy(asked: Asked, _kind: Kind, _rest: str) -> None:
    survey_answers.tell_privacy(asked)


def _help(asked: Asked, kind: Kind, _rest: str) -> None:
    is_lead = asked.services.role(asked.user) >= Role.LEAD
    asked.answer(help_text(kind, asked.reader, is_lead=is_lead))


# --- What is answered by what --------------------------------------------------------------------

#: What plans a survey is read with the rest of the text; `quarterly` is `every quarter`.
_PLANS = ("start", "every", *PAUSES)

_VERBS: dict[str, Answer] = {
    "": _waiting,
    "new": survey_window.new,
    "list": survey_lists.show_list,
    "pause": survey_lists.pause,
    "resume": survey_lists.resume,
    "remove": survey_lists.remove,
    "close": survey_lists.close,
    "results": survey_results.results,
    "comments": survey_results.comments,
    "did": survey_deeds.did,
    "export": survey_results.export,
    "forget": survey_results.forget,
    "privacy": _privacy,
    "help": _help,
}

#: What only leads may do. Who sees results, each survey says by itself.
_LEADS = frozenset(
    (*_PLANS, "new", "list", "pause", "resume", "remove", "close", "comments", "did", "export")
)

#: What is done otherwise here than elsewhere.
_ELSEWHERE = {
    **dict.fromkeys(
        ("edit", "change", "update", "modify"),
        "What was started stays as it is, so that its waves can be compared. End it and start "
        "another: `/{kind} remove 3`",
    ),
    **dict.fromkeys(
        ("answer", "vote", "respond", "reply"),
        "Type only `/{kind}`: it opens what is waiting for you.",
    ),
    **dict.fromkeys(
        ("skip", "decline", "unsubscribe", "optout", "opt-out"),
        "Press “Not this time” below the question: it ends the reminders.",
    ),
    **dict.fromkeys(
        ("preview", "test", "try", "check", "dry-run"),
        "Every start is shown before anything is sent: `/{kind} start`",
    ),
    **dict.fromkeys(
        ("who", "status", "participants", "answered"),
        "Nobody is told who has answered. What is open: `/{kind} list`",
    ),
    **dict.fromkeys(
        ("remind", "reminder", "reminders", "nudge"),
        "Reminders go out by themselves to those who have not answered. How many, is said at the "
        "start: `/{kind} start remind 2`",
    ),
}
