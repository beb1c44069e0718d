"""`/kpi`: a number, all numbers, what a number means, the goals."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App, Respond
from sqlmodel import Session

from bot.domain import Dimension, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Metric, Unit
from bot.services import Role, Services
from bot.slack import kpi as shown
from bot.slack import numbers
from bot.store import desks, goals, outbox, people
from bot.store.digests import freshness, look
from bot.store.readings import capable, read
from commands.answers import say, whisper
from commands.times import parse_duration
from commands.windows import WEEKDAYS, parse_window
from commands.words import mistake, quoted

#: What `/kpi` without a window is about.
USUAL_WINDOW = "last 7d"

EXAMPLE = "/kpi first response time last 7d by channel"
EXPLAIN_EXAMPLE = "/kpi explain first response time"
GOAL_EXAMPLE = "/kpi goal first response time 1h"

#: In one country 1,500 is more than a thousand, in the next it is one and a half.
_TWO_READINGS = re.compile(r"[0-9]+[.,][0-9]{3}")


def register(app: App) -> None:
    app.command("/kpi")(kpi)
    app.action(shown.SHARE)(share)
    app.action(shown.EXPLAIN)(explain)


def kpi(ack: Ack, command: dict[str, Any], respond: Respond, services: Services) -> None:
    """Answers `/kpi …`."""
    ack()
    user, text = command["user_id"], command.get("text", "").strip()
    reader = services.reader(user)
    match text.lower().split(maxsplit=1):
        case ["help"]:
            whisper(respond, shown.help_text(reader))
        case ["explain", *rest]:
            metric = named(" ".join(rest), reader, example=EXPLAIN_EXAMPLE)
            whisper(respond, explanation(services, metric, reader))
        case ["goal" | "goals", *rest]:
            goal(respond, services, user, " ".join(rest), reader)
        case _:
            question = parse(text, now=services.clock.now(), reader=reader)
            whisper(respond, answer(services, question, reader, share=True))


# --- What was typed ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What `/kpi` is asked: a metric (`None`: all of them), a window, and by what."""

    metric: Metric | None
    window: Window
    by: Dimension | None = None

    def to_text(self) -> str:
        """As a button carries it, with the very window that was seen."""
        return json.dumps(
            {
                "metric": self.metric.key if self.metric else None,
                "start": self.window.start.isoformat(),
                "end": self.window.end.isoformat(),
                "zone": str(self.window.start.tzinfo),
                "by": self.by,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Question:
        kept = json.loads(text)
        zone = ZoneInfo(kept["zone"])
        start, end = (
            datetime.fromisoformat(kept[key]).astimezone(zone) for key in ("start", "end")
        )
        return cls(
            metric=CATALOGUE[kept["metric"]] if kept["metric"] else None,
            window=Window(start, end),
            by=Dimension(kept["by"]) if kept["by"] else None,
        )


def parse(text: str, *, now: datetime, reader: Reader) -> Question:
    """The question that was typed. Raises `UsageError` with what was probably meant."""
    words = text.replace("_", " ").split()
    words, by = _by(words, reader)
    metric, rest = _metric(words)
    if metric is None and words and not _starts_window(words[0]):
        named(" ".join(_before_window(words)), reader, also=_WINDOW_WORDS)
    window = parse_window(
        " ".join(rest) or USUAL_WINDOW, now=now, zone=reader.zone, _=reader.template
    )
    if metric is None and by is not None:
        raise UsageError(
            reader.text("All numbers at once cannot be split."),
            reader.text("Name the number, for example: {example}", example=EXAMPLE),
        )
    return Question(metric, window, by)


def _by(words: list[str], reader: Reader) -> tuple[list[str], Dimension | None]:
    """Takes “by channel” out of the words."""
    lowered = [word.lower() for word in words]
    if "by" not in lowered:
        return words, None
    place = lowered.index("by")
    typed = " ".join(lowered[place + 1 : place + 2])
    if typed not in [*Dimension]:
        what = reader.text("breakdown")
        raise mistake(what, typed, [*Dimension], EXAMPLE, _=reader.template)
    return words[:place] + words[place + 2 :], Dimension(typed)


def _metric(words: list[str]) -> tuple[Metric | None, list[str]]:
    """The metric whose name the words begin with, and the words after it."""
    names = _names()
    for length in range(len(words), 0, -1):
        found = names.get(" ".join(words[:length]).lower().replace("-", " "))
        if found is not None:
            return found, words[length:]
    return None, words


def named(
    typed: str, reader: Reader, *, example: str = EXAMPLE, also: Sequence[str] = ()
) -> Metric:
    """The metric of that name. Raises `UsageError` with the one that was probably meant.

    `also` are words that may have been meant instead of a metric.
    """
    metric, rest = _metric(typed.replace("_", " ").split())
    if metric is None or rest:
        labels = [metric.label for metric in CATALOGUE.values()]
        what = reader.text("metric")
        raise mistake(what, typed, [*labels, *_names(), *also], example, _=reader.template)
    return metric


def _names() -> dict[str, Metric]:
    """Every name by which a metric may be called, in small letters with spaces."""
    return {
        name.lower().replace("_", " ").replace("-", " "): metric
        for metric in CATALOGUE.values()
        for name in metric.names
    }


_WINDOW_WORDS = ("today", "yesterday", "last", "this", "since", *WEEKDAYS)


def _starts_window(word: str) -> bool:
    return word[0].isdigit() or word.lower() in _WINDOW_WORDS


def _before_window(words: list[str]) -> list[str]:
    place = next(
        (place for place, word in enumerate(words) if place and _starts_window(word)), len(words)
    )
    return words[:place]


# --- The answer ----------------------------------------------------------------------------------


def answer(services: Services, question: Question, reader: Reader, *, share: bool) -> Any:
    """The message that answers a question, with a button to share it if wanted."""
    now = services.clock.now()
    with services.reading() as session:
        fresh = freshness(
            session,
            services.workspace,
            question.window,
            now=now,
            stale_after=services.settings.stale_after,
        )
        wanted = [question.metric] if question.metric else CATALOGUE.values()
        lines = look(session, services.workspace, wanted, question.window, now=now)
        parts = _parts(session, services, question)
    if question.metric is None:
        return shown.overview(lines, question.window, fresh, reader)
    found = shown.Answer(lines[0], parts, question.by, fresh)
    return shown.render(found, reader, share=question.to_text() if share else None)


def _parts(session: Session, services: Services, question: Question) -> list[Any]:
    if question.metric is None or question.by is None:
        return []
    return read(session, services.workspace, [question.metric], [question.window], by=question.by)


def explanation(services: Services, metric: Metric, reader: Reader) -> Any:
    """What a metric means, and which desks cannot give it."""
    with services.reading() as session:
        there = desks.of(session, services.workspace)
    able = {desk.name for desk in capable(metric, there)}
    return shown.explain(metric, [desk.name for desk in there if desk.name not in able], reader)


# --- Buttons -------------------------------------------------------------------------------------


def share(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Posts the answer to the channel in which it was asked for."""
    ack()
    user, channel = body["user"]["id"], body["channel"]["id"]
    reader = services.reader(user)
    question = Question.from_text(action["value"])
    for_channel = Reader(services.settings.locale, question.window.start.tzinfo)  # type: ignore[arg-type]
    message = answer(services, question, for_channel, share=False)
    with services.writing() as session:
        outbox.queue(
            session,
            services.workspace,
            channel,
            message,
            subject=f"share:{user}",
            now=services.clock.now(),
        )
    warning = services.why_silent(channel, reader)
    say(respond, warning or reader.text("It will be posted here in a moment."))


def explain(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Says what the number in front of the reader means."""
    ack()
    reader = services.reader(body["user"]["id"])
    whisper(respond, explanation(services, CATALOGUE[action["value"]], reader))


# --- Goals ---------------------------------------------------------------------------------------


def goal(respond: Respond, services: Services, user: str, text: str, reader: Reader) -> None:
    """Lists, sets or ends goals."""
    if not text:
        with services.reading() as session:
            targets = goals.at(session, services.workspace, services.clock.now())
        whisper(respond, shown.goals(targets, reader))
        return
    services.require(user, Role.LEAD)
    metric, typed = parse_goal(text, reader)
    label = numbers.label(reader, metric)
    now, workspace = services.clock.now(), services.workspace
    with services.writing() as session:
        if typed is None:
            ended = goals.end_goal(session, workspace, metric.key, now=now)
            people.log(session, workspace, user, "goal ended", metric.key, now=now)
        else:
            ended = False
            goals.set_goal(session, workspace, metric.key, typed, by=user, now=now)
            people.log(session, workspace, user, "goal set", f"{metric.key} {typed:g}", now=now)
    if typed is not None:
        target = numbers.value(reader, metric, typed)
        say(respond, reader.text("Goal set: {label} {target}.", label=label, target=target))
    elif ended:
        say(respond, reader.text("{label} has no goal any more.", label=label))
    else:
        say(respond, reader.text("{label} had no goal.", label=label))


def parse_goal(text: str, reader: Reader) -> tuple[Metric, float | None]:
    """The metric and its target in its own unit, `None` for “off”. Raises `UsageError`."""
    metric, rest = _metric(text.replace("_", " ").split())
    if metric is None:
        typed = [word for word in text.split() if not word[0].isdigit()]
        return named(" ".join(typed) or text, reader, example=GOAL_EXAMPLE), None
    value = "".join(rest).lower()
    if value in ("off", "none", "remove"):
        return metric, None
    return metric, _target(metric, " ".join(rest), reader)


def _target(metric: Metric, typed: str, reader: Reader) -> float:
    if metric.unit is Unit.SECONDS:
        return parse_duration(typed, _=reader.template).total_seconds()
    wants_percent = metric.unit is Unit.RATIO
    number = typed.replace(" ", "").removesuffix("%")
    if _TWO_READINGS.fullmatch(number):
        raise UsageError(
            reader.text("“{typed}” could be two numbers.", typed=quoted(typed)),
            reader.text("Write it without a sign between the digits."),
        )
    number = number.replace(",", ".")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if wants_percent is not typed.strip().endswith("%") or not 0 <= value < 1e9:
        example = "90%" if wants_percent else "120"
        raise UsageError(
            reader.text("“{typed}” is not a goal for this number.", typed=quoted(typed)),
            reader.text(
                "For example: {example}", example=f"/kpi goal {metric.label.lower()} {example}"
            ),
        )
    if wants_percent and value > 100:
        raise UsageError(reader.text("A share is at most 100%."))
    return value / 100 if wants_percent else value
