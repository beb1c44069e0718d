"""Reads the condition of an alert rule: a limit, a change, what is unusual, a burn, an age, a wait.

Each subject takes the words at which it stands. It gives `None`, and reads none of them, where they
begin no condition of it; it raises `UsageError` where they begin one that makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from bot.alerts.rule import (
    SLA,
    Burn,
    Change,
    Condition,
    Limit,
    Old,
    Side,
    Unusual,
    Waiting,
    bad_side,
    bounds,
    recovery,
)
from bot.alerts.wording import COMMAND, EXAMPLES, sample, span, typed
from bot.errors import UsageError
from bot.metrics import Count, Metric, Unit, Unsolved
from commands.alert_phrases import (
    AS_ALLOWED,
    BURNS,
    DATA,
    DIRECTIONS,
    FILLERS,
    FROM_USUAL,
    INCLUSIVE,
    NOUNS,
    OLDER,
    PARTS,
    PERCENT,
    SIDES,
    SPANS,
    TICKET,
    UNUSUAL,
    VS,
    VS_USUAL,
    WITHOUT_REPLY,
    duration,
    factor,
    share,
    signed,
    signed_number,
)
from commands.alert_words import Typed
from commands.questions import no_metric, split_metric
from commands.times import parse_duration
from commands.values import Sentences, parse_value
from commands.words import FOR_EXAMPLE, examples, mistake, plain, quoted

OLD_EXAMPLE = f"{COMMAND} data older than 2h"
WAITING_EXAMPLE = f"{COMMAND} ticket waiting > 1h without reply"
BURN_EXAMPLE = f"{COMMAND} sla burns 6x goal 95% over 6h and 30m"

#: How many words a duration has at most: 1 d 2 h 30 min.
_LONGEST_SPAN = 6

_SAID = Sentences(
    "It is not said which limit.",
    {
        Unit.RATIO: "The limit of a share is a percentage, “{typed}” is not.",
        Unit.COUNT: "The limit of a count is a number, “{typed}” is not.",
        Unit.SCORE: "The limit of a score is a number, “{typed}” is not.",
    },
)


class Subject(Protocol):
    """What a rule is about, and which conditions there are of that.

    `example` is a whole command, `fillers` are the words that say nothing in such a rule.
    """

    @property
    def example(self) -> str: ...

    @property
    def fillers(self) -> Collection[str]: ...

    def condition(self, words: Typed) -> Condition | None:
        """The condition that the words begin."""
        ...


# --- What a rule is about ------------------------------------------------------------------------


def subject_of(words: Typed) -> Subject:
    """What the rule is about, which it says first."""
    if words.phrase(dict.fromkeys(TICKET, True)):
        return Ticket()
    metric, used = _metric(words)
    if metric is not None:
        words.at += used
        return Number(metric)
    if words.phrase(dict.fromkeys(DATA, True)):
        return Data()
    raise _no_subject(words)


def is_metric(words: Typed) -> bool:
    """Whether the name of a metric comes next."""
    return _metric(words)[0] is not None


def _metric(words: Typed) -> tuple[Metric | None, int]:
    """The metric with whose name the words go on, and how many of them name it."""
    left = [word.plain or '"' for word in words.left]
    metric, rest = split_metric(left)
    return metric, len(left) - len(rest)


def _no_subject(words: Typed) -> UsageError:
    """The answer to words with which no rule begins."""
    name: list[str] = []
    while words and not _is_other(words):
        name.append(words.take().typed)
    if not name:
        return UsageError(
            "It is not said what to watch.",
            FOR_EXAMPLE,
            example=examples(*EXAMPLES, OLD_EXAMPLE, WAITING_EXAMPLE),
        )
    return no_metric(" ".join(name), example=EXAMPLES[0], also=("data", "ticket waiting"))


def _is_other(words: Typed) -> bool:
    """Whether something else than the name of a metric comes next."""
    others = (PARTS, SIDES, UNUSUAL, FILLERS)
    return any(map(words.begins, others)) or not words.next.plain or words.next.plain[0] in _NUMBERS


_NUMBERS = frozenset("0123456789+-±%")


# --- Times ---------------------------------------------------------------------------------------


def read_span(words: Typed, example: str) -> timedelta:
    """The time that comes next, in whole minutes: a rule is looked at every few minutes."""
    found = words.phrase(SPANS) or words.longest(duration, _LONGEST_SPAN)
    if found is None:
        found = parse_duration(words.take().typed, example=example)
    if found % timedelta(minutes=1):
        raise UsageError(
            "“{typed}” is no whole number of minutes.",
            FOR_EXAMPLE,
            typed=span(found),
            example=examples(example),
        )
    return found


def begins_span(words: Typed) -> bool:
    """Whether a time comes next."""
    ahead = Typed(words.left)
    return bool(ahead.begins(SPANS) or ahead.longest(duration, _LONGEST_SPAN))


# --- A number of the catalogue -------------------------------------------------------------------


class Number:
    """A number: it may be beyond a limit, unusual, other than usual; a budget may burn too fast."""

    fillers: Collection[str] = ()

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.example = typed(sample(metric))

    def condition(self, words: Typed) -> Condition | None:
        if words.phrase(UNUSUAL):
            return Unusual(words.phrase(DIRECTIONS) or bad_side(self.metric))
        if self.metric.key == SLA and words.phrase(BURNS):
            return _burn(words)
        return self._change(words) or self._limit(words)

    def _limit(self, words: Typed) -> Condition | None:
        sign = words.begins(SIDES)
        if sign is None or (sign == "over" and _follows(words)):
            return None
        side = words.phrase(SIDES) or Side.ABOVE
        change = self._from_usual(words, side)
        if change is not None:
            return change
        value = self.value(words, side)
        if sign in INCLUSIVE:
            value = self._next_to(value, side)
        return Limit(side, value, recovery(self.metric, side, value))

    def value(self, words: Typed, side: Side) -> float:
        """The value that comes next, in the unit of the metric."""
        if self.metric.unit is Unit.SECONDS:
            found = words.longest(duration, _LONGEST_SPAN)
            if found is not None:
                return found.total_seconds()
        said = words.take().typed.rstrip(",;")
        if words.phrase(PERCENT):
            said += "%"
        words.skip(NOUNS)
        return parse_value(self.metric, said, _SAID, example=self._mended(side, said))

    def _mended(self, side: Side, said: str) -> str:
        """What may have been meant by a value without a unit."""
        number = re.fullmatch(r"[1-9][0-9]{0,2}", plain(said))
        unit = {Unit.SECONDS: "h", Unit.RATIO: "%"}.get(self.metric.unit)
        if number is None or unit is None or (unit == "%" and int(number[0]) > 100):
            return self.example
        sign = "<" if side is Side.BELOW else ">"
        return f"{COMMAND} {self.metric.key} {sign} {number[0]}{unit}"

    def _next_to(self, value: float, side: Side) -> float:
        """Of what is counted at least 200 is more than 199; of what is measured it is all the same."""
        if not isinstance(self.metric.aggregate, Count | Unsolved) or not value.is_integer():
            return value
        return value - 1 if side is Side.ABOVE else value + 1

    # --- against what is usual ---

    def _change(self, words: Typed) -> Change | None:
        found = words.longest(signed, 3)
        if found is not None:
            if not words.phrase(VS_USUAL) and words.phrase(VS):
                raise self._no_comparison(words)
            return found
        bare = words.longest(signed_number, 2)
        if bare is not None:
            raise UsageError(
                "“{typed}” has no unit: a change is a percentage of what is usual.",
                FOR_EXAMPLE,
                typed=quoted(bare),
                example=examples(self._change_example()),
            )
        return self._from_usual(words, Side.ABOVE)

    def _from_usual(self, words: Typed, side: Side) -> Change | None:
        """The change in `40% below usual`, or in `-40% vs usual` behind a sign that agrees."""
        start = words.at
        found = words.longest(signed, 3)
        if found is not None and found.side is side and words.phrase(VS_USUAL):
            return found
        words.at = start
        by = words.longest(share, 2)
        where = words.phrase(FROM_USUAL) if by is not None and side is Side.ABOVE else None
        if by is not None and where is not None:
            return Change(where, by)
        words.at = start
        return None

    def _no_comparison(self, words: Typed) -> UsageError:
        return mistake(
            "“{typed}” is nothing that a rule compares with.",
            " ".join(word.typed for word in words.left[:2]),
            ("usual",),
            self._change_example(),
        )

    def _change_example(self) -> str:
        if bounds(self.metric)[0] < 0:
            return self.example
        sign = "-" if bad_side(self.metric) is Side.BELOW else "+"
        return f"{COMMAND} {self.metric.key} {sign}40% vs usual"


def _follows(words: Typed) -> bool:
    """Whether a condition comes later: then `over` is the window here, as in `over 2h > 4h`."""
    ahead = Typed(words.left[1:])
    while ahead:
        if ahead.begins(UNUSUAL) or ahead.longest(signed, 3):
            return True
        if ahead.begins(SIDES) in (None, "over"):
            ahead.take()
        elif ahead.phrase(SIDES) and any(map(str.isdigit, ahead.next.plain)):
            return True
    return False


def _burn(words: Typed) -> Burn:
    """How fast the budget burns; its goal and its fast window are said later, or not at all."""
    words.skip([sign for sign, side in SIDES.items() if side is Side.ABOVE])
    times = words.longest(factor, 2)
    if times is None:
        raise UsageError(
            "It is not said how many times as fast as allowed.",
            FOR_EXAMPLE,
            example=examples(BURN_EXAMPLE),
        )
    words.skip(AS_ALLOWED)
    return Burn(times, 0.0, timedelta(0))


# --- What is no number ---------------------------------------------------------------------------


class Data:
    """What was read of the help desks last: it may be too old."""

    example = OLD_EXAMPLE
    fillers: Collection[str] = ()

    def condition(self, words: Typed) -> Condition | None:
        side = words.phrase(OLDER)
        if side is None:
            return None
        age = _longer_than(words, side, OLD_EXAMPLE)
        words.skip(("old",))
        return Old(age)


class Ticket:
    """Each single ticket: it may wait too long for its first reply."""

    example = WAITING_EXAMPLE
    fillers: Collection[str] = WITHOUT_REPLY

    def condition(self, words: Typed) -> Condition | None:
        start = words.at
        words.skip(("for",))
        side = words.phrase(SIDES)
        if side is None and not begins_span(words):
            words.at = start
            return None
        return Waiting(_longer_than(words, side, WAITING_EXAMPLE))


def _longer_than(words: Typed, side: Side | None, example: str) -> timedelta:
    if side is Side.BELOW:
        raise UsageError(
            "That can alert when it is longer than a time, not when it is shorter.",
            FOR_EXAMPLE,
            example=examples(example),
        )
    return read_span(words, example)
