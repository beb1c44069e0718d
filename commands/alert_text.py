"""Reads an alert rule as people type it, and answers what is no rule with what was probably meant.

    first_response_time > 4h for 30m over 2h by group min 20 recover 3h every 4h in office hours

What it is about comes first; the condition and the other parts follow in any order.
`bot.alerts.wording` writes a rule in the same words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.alerts.rule import SLA, Burn, Condition, Limit, Rule, bad_side
from bot.alerts.sense import problem
from bot.alerts.unsaid import usual_fast, usual_window
from bot.alerts.wording import COMMAND, EXAMPLES, number
from bot.domain import Dimension, Slice
from bot.errors import UsageError
from bot.metrics import CATALOGUE, Clock, Metric
from commands.alert_conditions import (
    BURN_EXAMPLE,
    Data,
    Number,
    Subject,
    begins_span,
    is_metric,
    read_span,
    subject_of,
)
from commands.alert_names import read_dimension, read_part
from commands.alert_phrases import (
    FILLERS,
    NO_TIME,
    NOUNS,
    PARTS,
    SIDES,
    UNUSUAL,
    WITHOUT_DATA,
    share,
)
from commands.alert_words import Typed, split
from commands.words import FOR_EXAMPLE, examples, mistake, quoted

#: The goal of a metric, of all tickets or of one part as it was typed; `None` where none is set.
Goals = Callable[[Metric, Slice | None], float | None]

#: With all that can be said of it.
EXAMPLE = (
    f"{COMMAND} first_response_time > 4h for 30m over 2h by group min 20 recover 3h every 4h "
    "in office hours"
)


def no_goals(_metric: Metric, _part: Slice | None) -> float | None:
    """No goal is set."""
    return None


def parse_rule(text: str, *, goals: Goals = no_goals) -> Rule:
    """The rule that was typed, its names as they were typed. Raises `UsageError`.

    A burn without a goal is held against that of `goals`.
    """
    words = Typed(split(_out_of_code(text)))
    words.skip(FILLERS)
    return _Parts(subject_of(words), words).read(goals)


def _out_of_code(text: str) -> str:
    """A rule that was copied out of a message, where it stands between backticks."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "`" else text


class _Parts:
    """Reads what follows the subject: `told` are the fields of the rule, `said` the parts by name."""

    def __init__(self, subject: Subject, words: Typed) -> None:
        self._subject = subject
        self._words = words
        self._condition: Condition | None = None
        self._recover: float | None = None
        self._goal: float | None = None
        self._fast: timedelta | None = None
        self._told: dict[str, Any] = {}
        self._said: set[str] = set()

    def read(self, goals: Goals) -> Rule:
        while self._words:
            self._next()
        rule = self._rule(goals)
        wrong = problem(rule, self._said)
        if wrong is not None:
            raise wrong.error
        return rule

    def _next(self) -> None:
        words, subject = self._words, self._subject
        if words.begins(subject.fillers):
            words.skip(subject.fillers)
        elif self._condition is None and (found := subject.condition(words)):
            self._condition = found
        elif words.begins(PARTS):
            self._part(words.phrase(PARTS) or "")
        elif words.begins(FILLERS):
            words.skip(FILLERS)
        elif self._condition is not None and (is_metric(words) or subject.condition(words)):
            raise UsageError(
                "A rule has one condition, and there are two.",
                "Make a rule of each. For example: {example}",
                example=examples(subject.example),
            )
        else:
            raise self._unread()

    def _unread(self) -> UsageError:
        word = self._words.next.plain
        if self._condition is None and word[:1].isdigit():
            return UsageError(
                "It is not said whether above or below “{typed}”.",
                FOR_EXAMPLE,
                typed=quoted(self._words.next.typed),
                example=examples(self._subject.example),
            )
        known = [*PARTS, *UNUSUAL, *(sign for sign in SIDES if sign.isalpha())]
        return mistake(
            "“{typed}” is no part of a rule.",
            self._words.next.typed,
            known,
            EXAMPLE if self._condition else self._subject.example,
        )

    # --- The parts, by the name that they have in `PARTS` ---

    def _part(self, name: str) -> None:
        if name in ("for", "of"):
            name = "lasting" if name == "for" and begins_span(self._words) else "only"
        self._once(name)
        read = {
            "lasting": self._lasting,
            "only": self._only,
            "over": self._over,
            "by": self._by,
            "min": self._fewest,
            "recover": self._recovers,
            "keep": self._keep,
            "every": self._every,
            "in office hours": self._in_hours,
            "business": self._business,
            "no data": self._no_data,
            "goal": self._of_goal,
        }
        read[name]()

    def _once(self, name: str) -> None:
        """Of two of a kind one would be left out, and the rule be another than was meant."""
        about = _FIELDS.get(name, name)
        if about in self._said:
            raise UsageError(
                "“{typed}” can be said only once.",
                FOR_EXAMPLE,
                typed="for" if name in ("lasting", "only") else name,
                example=examples(EXAMPLE),
            )
        self._said.add(about)

    def _span(self) -> timedelta:
        return read_span(self._words, EXAMPLE)

    def _lasting(self) -> None:
        self._told["lasting"] = self._span()

    def _over(self) -> None:
        self._told["over"] = self._span()
        second = Typed(self._words.left[1:])
        if isinstance(self._condition, Burn) and self._words.begins(_AND) and begins_span(second):
            self._words.take()
            self._fast = self._span()

    def _every(self) -> None:
        self._told["every"] = self._span()

    def _keep(self) -> None:
        none = self._words.phrase(NO_TIME)
        self._told["keep"] = self._span() if none is None else none

    def _fewest(self) -> None:
        word = self._words.take()
        if not word.plain.isdecimal() or len(word.plain) > _MOST_DIGITS:
            raise mistake("`min` takes a whole number, “{typed}” is none.", word.typed, (), EXAMPLE)
        self._words.skip(NOUNS)
        self._told["fewest"] = int(word.plain)

    def _recovers(self) -> None:
        words, subject = self._words, self._subject
        words.skip(SIDES)
        if isinstance(subject, Number) and isinstance(self._condition, Limit | None):
            side = bad_side(subject.metric) if self._condition is None else self._condition.side
            self._recover = subject.value(words, side)
        elif begins_span(words):
            self._span()
        else:
            words.take()

    def _in_hours(self) -> None:
        self._told["in_hours"] = True

    def _business(self) -> None:
        self._told["clock"] = Clock.BUSINESS

    def _no_data(self) -> None:
        policy = self._words.phrase(WITHOUT_DATA)
        if policy is None:
            raise mistake(
                "“{typed}” is nothing that missing data can do.",
                self._words.take().typed,
                WITHOUT_DATA,
                f"{EXAMPLES[0]} no data alerts",
            )
        self._told["no_data"] = policy

    def _of_goal(self) -> None:
        self._goal = self._words.longest(share, 2)
        if self._goal is None:
            message = "The goal of a share is a percentage, “{typed}” is not."
            raise mistake(message, self._words.take().typed, (), BURN_EXAMPLE)

    def _by(self) -> None:
        dimension = read_dimension(self._words)
        if isinstance(self._subject, Data) and dimension is Dimension.DESK:
            self._said.discard("by")  # each help desk is told by itself anyway
        else:
            self._told["by"] = dimension

    def _only(self) -> None:
        has_condition = self._condition is not None
        self._told["only"] = read_part(self._words, self._subject, has_condition=has_condition)

    # --- All together ---

    def _rule(self, goals: Goals) -> Rule:
        if self._condition is None:
            raise UsageError(
                "It is not said when to alert.",
                FOR_EXAMPLE,
                example=examples(self._subject.example),
            )
        metric = self._subject.metric if isinstance(self._subject, Number) else None
        told = {"over": usual_window(self._condition, metric), **self._told}
        condition = self._finished(self._condition, told, goals)
        return Rule(condition, metric=metric.key if metric else None, **told)

    def _finished(self, condition: Condition, told: dict[str, Any], goals: Goals) -> Condition:
        """The condition with what was said of it later, or not at all."""
        match condition:
            case Limit() if self._recover is not None:
                return replace(condition, recover=self._recover)
            case Burn(factor):
                goal = self._goal
                if goal is None:
                    goal = goals(CATALOGUE[SLA], told.get("only"))
                if goal is None:
                    raise _no_goal(factor)
                fast = usual_fast(told["over"]) if self._fast is None else self._fast
                return Burn(factor, goal, fast)
        return condition


def _no_goal(factor: float) -> UsageError:
    metric = CATALOGUE[SLA]
    return UsageError(
        "No goal is set for “{metric}”, so nothing says how fast its budget may burn.",
        "Say one here, or set it for all. For example: {example}",
        metric=metric.label,
        example=examples(
            f"{COMMAND} sla burns {number(factor)}x goal 95%", f"/kpi goal {metric.key} 95%"
        ),
    )


_AND = frozenset(("and", "&"))
_MOST_DIGITS = 6

#: The fields of a rule, by the names of the parts that are called otherwise.
_FIELDS = {
    "min": "fewest",
    "business": "clock",
    "in office hours": "in_hours",
    "no data": "no_data",
}
