"""`/kpi`: a number, all numbers, what a number means; goals, reasons and own numbers beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.digests.timetable import earlier
from bot.domain import Dimension, Slice
from bot.errors import NotAllowed
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Metric, Reading
from bot.services import Role, Services
from bot.slack import kpi as shown
from bot.store import desks, facts, outbox, runs
from bot.store.digests import freshness, look
from bot.store.readings import lacks, read
from commands import goals, mine, record, why
from commands.answers import say, whisper
from commands.parts import find_part
from commands.questions import Question, named, parse
from commands.words import unescaped

EXPLAIN_EXAMPLE = "/kpi explain first response time"


def register(app: App) -> None:
    app.command("/kpi")(kpi)
    app.action(shown.SHARE)(share)
    app.action(shown.EXPLAIN)(explain)
    why.register(app)


def kpi(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/kpi …`."""
    ack()
    user, typed = command["user_id"], command.get("text", "").strip()
    reader, text = services.reader(user), unescaped(typed)
    match text.lower().split(maxsplit=1):
        case ["help"]:
            whisper(respond, shown.help_text(reader))
        case ["explain", *rest]:
            metric = named(" ".join(rest), example=EXPLAIN_EXAMPLE)
            whisper(respond, explanation(services, metric, reader))
        case ["goal" | "goals" as word, *_]:
            goals.goal(respond, services, user, text[len(word) :].strip(), reader)
        case ["record", *_]:
            record.record(respond, services, user, typed[len("record") :].strip(), reader)
        case ["why", *_]:
            why.why(respond, services, text[len("why") :].strip(), reader)
        case ["me", *_]:
            mine.me(respond, services, user, text[len("me") :].strip(), reader)
        case _:
            question = parse(text, now=services.clock.now(), reader=reader)
            by_agent = question.by is Dimension.AGENT
            if by_agent:
                services.require(user, Role.LEAD)
            # What each agent did is for the lead who asked alone.
            whisper(respond, answer(services, question, reader, share=not by_agent))


# --- The answer ----------------------------------------------------------------------------------


def answer(
    services: Services,
    question: Question,
    reader: Reader,
    *,
    share: bool,
    is_posted: bool = False,
) -> Message:
    """The message that answers a question, with a button to share it if wanted, or as it is posted."""
    now = services.clock.now()
    with services.reading() as session:
        question = resolved(session, services, question)
        fresh = freshness(
            session,
            services.workspace,
            question.window,
            now=now,
            stale_after=services.settings.stale_after,
        )
        wanted = [question.metric] if question.metric else CATALOGUE.values()
        lines = look(
            session,
            services.workspace,
            wanted,
            fresh,
            before=earlier(question.window, question.against),
            only=question.only,
            clock=question.clock,
        )
        parts = _parts(session, services, question)
    if question.metric is None:
        return shown.overview(lines, question.window, fresh, reader)
    (line,) = lines
    history = [] if question.by else line.history
    found = shown.Answer(line, parts, question.by, fresh, history)
    kept = question.to_text() if share else None
    reason = question.to_text() if why.can_be_told(question) else None
    return shown.render(found, reader, share=kept, why=reason, is_posted=is_posted)


def resolved(session: Session, services: Services, question: Question) -> Question:
    """The question with the part that was meant, as the help desk writes it."""
    if question.only is None:
        return question
    windows = [question.window, earlier(question.window, question.against)]
    part = find_part(session, services, question.only, metric=question.metric, windows=windows)
    return replace(question, only=part)


def _parts(session: Session, services: Services, question: Question) -> list[Reading]:
    if question.metric is None or question.by is None:
        return []
    readings = read(
        session,
        services.workspace,
        [question.metric],
        [question.window],
        by=question.by,
        only=question.only,
        clock=question.clock,
    )
    if question.by is not Dimension.AGENT:
        return readings
    names = facts.names(session, services.workspace)
    return [replace(one, slice=_named_agent(one.slice, names)) for one in readings]


def _named_agent(part: Slice | None, names: dict[str, str]) -> Slice | None:
    if part is None or part.value is None:
        return part
    return Slice(part.dimension, names.get(part.value, part.value))


def explanation(services: Services, metric: Metric, reader: Reader) -> Message:
    """What a metric means, and which desks cannot give it."""
    with services.reading() as session:
        there = desks.of(session, services.workspace)
    return shown.explain(metric, lacks(metric, there), reader)


# --- Buttons -------------------------------------------------------------------------------------


def share(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Posts the answer to the channel in which it was asked for: once, however often it is pressed."""
    ack()
    user, channel = body["user"]["id"], body["channel"]["id"]
    reader = services.reader(user)
    question = Question.from_text(action["value"])
    if question.is_about_agents:
        raise NotAllowed("What single agents did is never posted to a channel.")
    for_channel = Reader(services.settings.locale, question.window.start.tzinfo)  # type: ignore[arg-type]
    message = answer(services, question, for_channel, share=False, is_posted=True)
    if _queued_once(services, user, channel, body["container"]["message_ts"], message):
        told = reader.text("It will be posted here in a moment.")
    else:
        told = reader.text("You have shared this answer already. To post it again, ask again.")
    say(respond, services.why_silent(channel, reader) or told)


def _queued_once(services: Services, user: str, channel: str, seen: str, message: Message) -> bool:
    """Puts an answer on its way; false when it is already. `seen` is the answer's timestamp."""
    now, workspace = services.clock.now(), services.workspace
    with services.writing() as session:
        is_first = runs.claim(
            session, workspace, f"share:{channel}:{user}", seen, due_at=now, now=now
        )
        if is_first:
            outbox.queue(session, workspace, channel, message, subject=f"share:{user}", now=now)
    return is_first


def explain(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Says what the number in front of the reader means."""
    ack()
    reader = services.reader(body["user"]["id"])
    whisper(respond, explanation(services, CATALOGUE[action["value"]], reader))
