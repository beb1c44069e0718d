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
from bot.message import Message
from bot.metrics import CATALOGUE, Metric, Unit
from bot.services import Role, Services
from bot.slack import kpi as shown
from bot.slack import numbers
from bot.store import desks, goals, outbox, people, runs
from bot.store.digests import freshness, look
from bot.store.readings import capable, read
from commands.answers import say, whisper
from commands.times import parse_duration
from commands.windows import ASKED, WEEKDAYS, parse_window
from commands.words import FOR_EXAMPLE, examples, mistake, plain, quoted

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
            metric = named(" ".join(rest), example=EXPLAIN_EXAMPLE)
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
    words, by = _by(words)
    metric, rest = _metric(words)
    if metric is None and words and not _starts_window(words[0]):
        named(" ".join(_before_window(words)), also=_WINDOW_WORDS)
    asked = f"/kpi {metric.label.lower()} {{window}}" if metric else ASKED
    window = parse_window(" ".join(rest) or USUAL_WINDOW, now=now, zone=reader.zone, asked=asked)
    if metric is None and by is not None:
        raise UsageError(
            "All numbers at once cannot be split.",
            "Name the number. For example: {example}",
            example=examples(EXAMPLE),
        )
    return Question(metric, window, by)


def _by(words: list[str]) -> tuple[list[str], Dimension | None]:
    """Takes “by channel” out of the words."""
    lowered = [word.lower() for word in words]
    if "by" not in lowered:
        return words, None
    place = lowered.index("by")
    typed = " ".join(lowered[place + 1 : place + 2])
    if typed not in [*Dimension]:
        raise mistake("There is no breakdown “{typed}”.", typed, [*Dimension], EXAMPLE)
    return words[:place] + words[place + 2 :], Dimension(typed)


def _metric(words: list[str]) -> tuple[Metric | None, list[str]]:
    """The metric whose name the words begin with, and the words after it."""
    names = _names()
    for length in range(len(words), 0, -1):
        found = names.get(" ".join(words[:length]).lower().replace("-", " "))
        if found is not None:
            return found, words[length:]
    return None, words


def named(typed: str, *, example: str = EXAMPLE, also: Sequence[str] = ()) -> Metric:
    """The metric of that name. Raises `UsageError` with the one that was probably meant.

    `also` are words that may have been meant instead of a metric.
    """
    metric, rest = _metric(typed.replace("_", " ").split())
    if metric is None or rest:
        labels = [metric.label for metric in CATALOGUE.values()]
        known = [*labels, *_names(), *also]
        raise mistake("There is no metric “{typed}”.", typed, known, example)
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
        lines = look(session, services.workspace, wanted, fresh, now=now)
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
    """Posts the answer to the channel in which it was asked for: once, however often it is pressed."""
    ack()
    user, channel = body["user"]["id"], body["channel"]["id"]
    reader = services.reader(user)
    question = Question.from_text(action["value"])
    for_channel = Reader(services.settings.locale, question.window.start.tzinfo)  # type: ignore[arg-type]
    message = answer(services, question, for_channel, share=False)
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


# --- Goals ---------------------------------------------------------------------------------------


def goal(respond: Respond, services: Services, user: str, text: str, reader: Reader) -> None:
    """Lists, sets or ends goals."""
    if not text:
        with services.reading() as session:
            targets = goals.at(session, services.workspace, services.clock.now())
        whisper(respond, shown.goals(targets, reader))
        return
    services.require(user, Role.LEAD)
    metric, typed = parse_goal(text)
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


def parse_goal(text: str) -> tuple[Metric, float | None]:
    """The metric and its target in its own unit, `None` for “off”. Raises `UsageError`."""
    metric, rest = _metric(text.replace("_", " ").split())
    if metric is None:
        typed = [word for word in text.split() if not word[0].isdigit()]
        return named(" ".join(typed) or text, example=GOAL_EXAMPLE), None
    value = "".join(rest).lower()
    if value in ("off", "none", "remove"):
        return metric, None
    return metric, _target(metric, " ".join(rest))


def _target(metric: Metric, typed: str) -> float:
    example = shown.goal_example(metric)
    if metric.unit is Unit.SECONDS:
        return parse_duration(typed, example=example).total_seconds()
    wants_percent = metric.unit is Unit.RATIO
    number = plain(typed).replace(" ", "")
    if not number:
        raise _no_goal("No goal is given.", typed, example)
    if wants_percent is not number.endswith("%"):
        raise _no_goal(_WANTED[metric.unit], typed, example)
    number = number.removesuffix("%")
    if _TWO_READINGS.fullmatch(number):
        raise UsageError(
            "“{typed}” could be two numbers.",
            "Write it without a sign between the digits. For example: {example}",
            typed=quoted(typed),
            example=examples(example),
        )
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise _no_goal(_WANTED[metric.unit], typed, example)
    if wants_percent and value > 100:
        raise _no_goal("A share is at most 100%.", typed, example)
    return value / 100 if wants_percent else value


def _no_goal(message: str, typed: str, example: str) -> UsageError:
    return UsageError(message, FOR_EXAMPLE, typed=quoted(typed), example=examples(example))


#: What a goal has to be that is no duration.
_WANTED = {
    Unit.RATIO: "The goal of a share is a percentage, “{typed}” is not.",
    Unit.COUNT: "The goal of a count is a number, “{typed}” is not.",
    Unit.SCORE: "The goal of a score is a number, “{typed}” is not.",
}
