"""`/kpi goal`: targets, of all tickets or one part of them, perhaps to be reached by a date."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from slack_bolt import Respond
from sqlmodel import Session

from bot.digests.goals import Goal
from bot.domain import Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import Better, Clock, Metric, Reading, Unit
from bot.periods import last_days
from bot.services import Role, Services
from bot.slack import kpi as shown
from bot.slack import numbers
from bot.store import goals, people
from bot.store.readings import read
from commands.answers import say, whisper
from commands.parts import find_part
from commands.questions import hours_said, named, no_hours, no_slice, parse_part, split_metric
from commands.values import Sentences, parse_value
from commands.words import FOR_EXAMPLE, examples, plain, quoted

EXAMPLE = "/kpi goal first response time 1h"

_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")

#: What takes a goal away, in place of a target or before the metric.
_OFF = ("off", "none", "remove")

#: The words with which the parts of a goal begin.
_KEYWORDS = ("for", "by", "from", "business")


@dataclass(frozen=True, slots=True)
class GoalText:
    """What was typed: a goal, or without a `target` that there is to be none."""

    metric: Metric
    target: float | None
    clock: Clock = Clock.CALENDAR
    part: Slice | None = None
    by: date | None = None
    start: float | None = None

    def goal(self, since: date) -> Goal:
        return Goal(
            self.metric.key,
            self.target or 0.0,
            clock=self.clock,
            slice=self.part,
            start=self.start,
            by=self.by,
            since=since if self.by else None,
        )


def goal(respond: Respond, services: Services, user: str, text: str, reader: Reader) -> None:
    """Lists, sets or ends goals."""
    if text.lower() in ("", "list"):
        with services.reading() as session:
            there = goals.at(session, services.workspace, services.clock.now())
        whisper(respond, shown.goals(there, reader))
        return
    services.require(user, Role.LEAD)
    today = services.clock.now().astimezone(reader.zone).date()
    typed = parse_goal(text, today=today)
    with services.writing() as session:
        told = (
            _end(session, services, user, typed, reader)
            if typed.target is None
            else _set(session, services, user, typed, today, reader)
        )
    say(respond, told)


def _set(
    session: Session, services: Services, user: str, typed: GoalText, today: date, reader: Reader
) -> str:
    now, workspace = services.clock.now(), services.workspace
    typed = _of_known_part(session, services, typed)
    lately = _lately(session, services, typed)
    goal = _started(typed, lately, reader).goal(today)
    goals.set_goal(session, workspace, goal, by=user, now=now)
    people.log(session, workspace, user, "goal set", _logged(typed), now=now)
    # Nothing keeps a lead from setting a goal first, and connecting the phones later.
    told = [shown.goal_set(goal, reader), numbers.why_none(reader, lately)]
    return " ".join(one for one in told if one)


def _end(session: Session, services: Services, user: str, typed: GoalText, reader: Reader) -> str:
    now, workspace = services.clock.now(), services.workspace
    # A group that has gone by now may still have a goal.
    there = {one.slice for one in goals.at(session, workspace, now) if one.slice}
    typed = _of_known_part(session, services, typed, also=there)
    goal = typed.goal(now.date())
    ended = goals.end_goal(session, workspace, goal, now=now)
    if ended:
        people.log(session, workspace, user, "goal ended", _logged(typed), now=now)
    return shown.goal_ended(goal, reader, was_there=ended)


def _logged(typed: GoalText) -> str:
    words = [typed.metric.key]
    words += [] if typed.target is None else [f"{typed.target:g}"]
    words += [] if typed.clock is Clock.CALENDAR else [typed.clock]
    words += [f"{typed.part.dimension} {typed.part.value}"] if typed.part else []
    words += [f"by {typed.by}"] if typed.by else []
    return " ".join(words)


def _of_known_part(
    session: Session, services: Services, typed: GoalText, also: Collection[Slice] = ()
) -> GoalText:
    """With its part as the help desk writes it. Raises `UsageError` for one that nobody has."""
    if typed.part is None:
        return typed
    part = find_part(session, services, typed.part, metric=typed.metric, also=also)
    return replace(typed, part=part)


def _lately(session: Session, services: Services, typed: GoalText) -> Reading:
    """The number of the last four weeks; that of a survey may be as old as a year."""
    now, zone = services.clock.now(), services.settings.tz
    window = last_days(now, 28, zone)
    if typed.metric.is_surveyed:
        window = Window(last_days(now, 365, zone).start, now.astimezone(zone))
    (found,) = read(
        session,
        services.workspace,
        [typed.metric],
        [window],
        only=typed.part,
        clock=typed.clock,
    )
    return found


def _started(typed: GoalText, lately: Reading, reader: Reader) -> GoalText:
    """With a date but no start, the way to the goal begins where the last four weeks were."""
    if typed.by is None or typed.target is None:
        return typed
    start = lately.value if typed.start is None else typed.start
    if start is None:
        raise UsageError(
            "No survey of the last year tells where to start."
            if typed.metric.is_surveyed
            else "There are no data of the last four weeks to start from.",
            "Say where it starts. For example: {example}",
            example=examples(dated_example(typed.by)),
        )
    if Goal(typed.metric.key, typed.target).is_met(start, typed.metric.better):
        raise UsageError(
            "{start} is as good as {target} already, so there is no way to go.",
            "Leave out the date. For example: {example}",
            start=numbers.value(reader, typed.metric, start),
            target=numbers.value(reader, typed.metric, typed.target),
            example=examples(shown.goal_example(typed.metric)),
        )
    return replace(typed, start=start)


# --- What was typed ------------------------------------------------------------------------------


def parse_goal(text: str, *, today: date) -> GoalText:
    """The goal in `<metric> <target> [business] [for <part>] [by <date> [from <value>]]`.

    A target is in the metric's own unit; “off” is none. Raises `UsageError`.
    """
    words = text.split()
    if len(words) > 1 and words[0].lower() in _OFF:
        words = [*words[1:], words[0]]
    metric, rest = split_metric(words)
    if metric is None:
        typed = [word for word in words if not word[0].isdigit()]
        named(" ".join(typed) or text, example=EXAMPLE)
        raise _no_goal("No goal is given.", text, EXAMPLE)
    return _Parts(metric, today).read(rest)


class _Parts:
    """Reads the words after the metric, one part after the other."""

    def __init__(self, metric: Metric, today: date) -> None:
        self._metric = metric
        self._today = today
        self._soon = today + timedelta(days=120)
        self._typed = GoalText(metric, None)
        self._value: list[str] = []
        self._seen: set[str] = set()

    def read(self, words: list[str]) -> GoalText:
        take = {"for": self._part, "by": self._date, "from": self._start}
        take["business"] = self._business
        at = 0
        while at < len(words):
            keyword = words[at].lower()
            if keyword in take:
                self._once(keyword)
                at += 1 + take[keyword](words[at + 1 :])
            else:
                self._value.append(words[at])
                at += 1
        return self._with(" ".join(self._value))

    def _once(self, keyword: str) -> None:
        """Of two of a kind one would be left out, and the goal be another than was meant."""
        if keyword in self._seen:
            raise _no_goal("“{typed}” can be said only once.", keyword, dated_example(self._soon))
        self._seen.add(keyword)

    def _with(self, value: str) -> GoalText:
        typed = self._typed
        if value.lower() in _OFF:
            return replace(typed, target=None, by=None, start=None)
        target = _target(self._metric, value)
        if typed.start is not None and typed.by is None:
            raise UsageError(
                "A goal that starts somewhere needs a date by which it is reached.",
                FOR_EXAMPLE,
                example=examples(dated_example(self._soon)),
            )
        if typed.by is not None and self._metric.better is Better.NEITHER:
            raise UsageError(
                "“{metric}” is neither better high nor low, so no pace can be judged.",
                FOR_EXAMPLE,
                metric=self._metric.label,
                example=examples(shown.goal_example(self._metric)),
            )
        return replace(typed, target=target)

    def _part(self, after: list[str]) -> int:
        used, part = parse_part(after, keywords=_KEYWORDS, is_more=self._is_target)
        if part.dimension not in self._metric.dimensions:
            raise no_slice(self._metric, part.dimension)
        self._typed = replace(self._typed, part=part)
        return used

    def _is_target(self, text: str) -> bool:
        """Whether the words behind a name are the target; a bare number may belong to the name."""
        if self._value:
            return False
        if text.lower() in _OFF:
            return True
        written = text.replace(" %", "%")
        if self._metric.unit is not Unit.SECONDS and (" " in written or written[-1] != "%"):
            return False
        try:
            _target(self._metric, text)
        except UsageError:
            return False
        return True

    def _date(self, after: list[str]) -> int:
        typed, example = plain(after[0]) if after else "", dated_example(self._soon)
        if not typed:
            raise _no_goal("It is not said by which date.", typed, example)
        by = _date(typed)
        if by is None:
            raise _no_goal("“{typed}” is no date: write year, month and day.", typed, example)
        if by <= self._today:
            raise _no_goal("“{typed}” is not in the future.", typed, example)
        self._typed = replace(self._typed, by=by)
        return 1

    def _start(self, after: list[str]) -> int:
        ends = (at for at, word in enumerate(after) if word.lower() in _KEYWORDS)
        stop = next(ends, len(after))
        typed = " ".join(after[:stop])
        if not typed:
            message = "It is not said where it starts."
            raise _no_goal(message, typed, dated_example(self._soon))
        self._typed = replace(self._typed, start=_target(self._metric, typed))
        return stop

    def _business(self, after: list[str]) -> int:
        if not self._metric.has_business_clock:
            raise no_hours(self._metric, shown.goal_example(self._metric))
        self._typed = replace(self._typed, clock=Clock.BUSINESS)
        return hours_said(after)


def dated_example(by: date) -> str:
    """A goal with a date and a start."""
    return f"/kpi goal first response time 3h by {by.isoformat()} from 6h"


def _date(typed: str) -> date | None:
    if not _DATE.fullmatch(typed):
        return None
    try:
        return date(*map(int, typed.split("-")))
    except ValueError:
        return None


def _target(metric: Metric, typed: str) -> float:
    return parse_value(metric, typed, _SAID, example=shown.goal_example(metric))


def _no_goal(message: str, typed: str, example: str) -> UsageError:
    return UsageError(message, FOR_EXAMPLE, typed=quoted(typed), example=examples(example))


#: What is said of a target that is none.
_SAID = Sentences(
    "No goal is given.",
    {
        Unit.RATIO: "The goal of a share is a percentage, “{typed}” is not.",
        Unit.COUNT: "The goal of a count is a number, “{typed}” is not.",
        Unit.SCORE: "The goal of a score is a number, “{typed}” is not.",
    },
)
