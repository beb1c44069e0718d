"""`/kpi why`: what moved a number, and which tickets moved it most."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.digests.line import Line
from bot.digests.timetable import earlier
from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.message import Message
from bot.metrics import Count, Metric
from bot.metrics.movement import SPLITS, Movement, can_be_split
from bot.services import Services
from bot.slack import why as shown
from bot.slack.kpi import WHY
from bot.store.digests import freshness, look
from bot.store.movements import can_be_listed, movement, movers
from commands.answers import whisper
from commands.questions import Question, parse
from commands.words import FOR_EXAMPLE, examples

EXAMPLE = "/kpi why first response time last week"


def register(app: App) -> None:
    app.action(shown.TICKETS)(tickets)
    app.action(WHY)(pressed)


def why(respond: Respond, services: Services, text: str, reader: Reader) -> None:
    """Answers `/kpi why <metric> [window] [vs …] [business]`."""
    tell_why(respond, services, parse(text, now=services.clock.now(), reader=reader), reader)


def pressed(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Tells what moved the number in front of the reader."""
    ack()
    reader = services.reader(body["user"]["id"])
    tell_why(respond, services, Question.from_text(action["value"]), reader)


def can_be_told(question: Question) -> bool:
    """Whether `/kpi why` has an answer to a question like this one."""
    is_whole = question.by is None and question.only is None
    return question.metric is not None and is_whole and can_be_split(question.metric)


def tell_why(respond: Respond, services: Services, question: Question, reader: Reader) -> None:
    """Answers what moved the number of a question."""
    whisper(respond, told_why(services, question, reader))


def told_why(services: Services, question: Question, reader: Reader) -> Message:
    """What moved the number of a question."""
    metric = _asked(question)
    with services.reading() as session:
        found = _explained(session, services, metric, question)
    button = question.to_text() if can_be_listed(metric) else None
    return shown.render(found, reader, tickets=button)


def _asked(question: Question) -> Metric:
    if question.metric is None:
        raise UsageError("It is not said which number.", FOR_EXAMPLE, example=examples(EXAMPLE))
    if question.by is not None or question.only is not None:
        raise UsageError(
            "A change is split by channel, group and priority at once.",
            FOR_EXAMPLE,
            example=examples(EXAMPLE),
        )
    if not can_be_split(question.metric):
        raise UsageError(
            "A change of “{metric}” cannot be split by channel, group or priority.",
            FOR_EXAMPLE,
            metric=question.metric.label,
            example=examples(EXAMPLE),
        )
    return question.metric


def _explained(
    session: Session, services: Services, metric: Metric, question: Question
) -> shown.Explained:
    now, before = services.clock.now(), earlier(question.window, question.against)
    fresh = freshness(
        session,
        services.workspace,
        question.window,
        now=now,
        stale_after=services.settings.stale_after,
    )
    (line,) = look(
        session, services.workspace, [metric], fresh, before=before, clock=question.clock
    )
    splits = _splits(session, services, line) if _is_comparable(line) else {}
    return shown.Explained(line, splits, fresh)


def _is_comparable(line: Line) -> bool:
    return (
        line.reading.value is not None and line.before is not None and line.before.value is not None
    )


def _splits(session: Session, services: Services, line: Line) -> dict[Dimension, Movement]:
    """The change by each dimension that tells parts apart: one part alone explains nothing."""
    assert line.before is not None
    now, metric = line.reading, line.reading.metric
    found: dict[Dimension, Movement] = {}
    for by in SPLITS:
        if by not in metric.dimensions:
            continue
        moved = movement(
            session,
            services.workspace,
            metric,
            line.before.window,
            now.window,
            by,
            clock=now.clock,
        )
        if moved is not None and len(moved.contributions) > 1:
            found[by] = moved
    return found


# --- The tickets behind it -----------------------------------------------------------------------


def tickets(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Lists the tickets that moved a number most, as links to the help desk."""
    ack()
    reader = services.reader(body["user"]["id"])
    question = Question.from_text(action["value"])
    whisper(respond, _listed(services, _asked(question), question, reader))


def _listed(services: Services, metric: Metric, question: Question, reader: Reader) -> Message:
    with services.reading() as session:
        found = _explained(session, services, metric, question)
        rose = found.change >= 0
        part = _part(found)
        window = _window_of_tickets(found, rose=rose)
        moved = movers(
            session,
            services.workspace,
            metric,
            window,
            part,
            rose=rose,
            clock=question.clock,
        )
    there = [
        shown.Ticket(one.desk, one.ticket, _url(services, one.desk, one.ticket), one.value)
        for one in moved
    ]
    return shown.tickets(there, metric, part, window, reader)


def _window_of_tickets(found: shown.Explained, *, rose: bool) -> Window:
    """Where a count fell, the tickets that made the difference are those of before."""
    line = found.line
    if rose or line.before is None or not isinstance(found.metric.aggregate, Count):
        return line.reading.window
    return line.before.window


def _part(found: shown.Explained) -> Slice | None:
    """The part that made most of the change; `None` where it takes all of them to explain it."""
    most = shown.most(found)
    return None if most is None else Slice(most[0], most[1].name)


def _url(services: Services, desk: str, ticket: str) -> str | None:
    helpdesk = services.desks.get(desk)
    return None if helpdesk is None else helpdesk.url(ticket)
