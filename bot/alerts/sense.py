"""Whether a rule makes sense by what it says alone: told with the mend before anything is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.alerts.judge import needs_sample
from bot.alerts.problem import FOR_EXAMPLE, Problem, found
from bot.alerts.reach import of_condition
from bot.alerts.rule import EVERY, FEWEST, KEEP, Burn, Limit, NoData, Old, Rule, Waiting
from bot.alerts.unsaid import is_snapshot, usual_fast, usual_window
from bot.alerts.watchable import Unwatchable, unwatchable
from bot.alerts.wording import sample, span
from bot.domain import Dimension
from bot.metrics import CATALOGUE, Clock

#: In a shorter window there is next to nothing, and of a longer one nobody remembers the beginning.
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=31)

#: Whoever waits longer to be told, or to be told that it is over, need not be told.
LONGEST_WAIT = timedelta(days=7)

#: A rule has no more parts than this that could be wrong.
_MOST_PROBLEMS = 20

LEAVE_OUT = "Leave it out: {example}"


def problem(rule: Rule, said: Collection[str] = ()) -> Problem | None:
    """The first thing about a rule that makes no sense; `None` where all of it does.

    `said` are the parts that somebody named (as in `Problem.about`), perhaps with the value that they
    have anyway.
    """
    first = next(_problems(rule, said), None)
    return None if first is None else replace(first, mended=_mended(first.mended))


def _mended(rule: Rule) -> Rule:
    """A rule without any of its problems, of which one may hide behind another."""
    for _ in range(_MOST_PROBLEMS):
        further = next(_problems(rule, ()), None)
        if further is None:
            break
        rule = further.mended
    return rule


def _problems(rule: Rule, said: Collection[str]) -> Iterator[Problem]:
    yield from _of_metric(rule)
    yield from _of_surveys(rule)
    yield from _of_parts(rule)
    yield from of_condition(rule)
    yield from _pointless(rule, said)
    yield from _of_clock(rule)
    yield from _of_windows(rule)
    yield from _of_waits(rule)


# --- Of what it is -------------------------------------------------------------------------------


def _of_metric(rule: Rule) -> Iterator[Problem]:
    why = None if rule.of is None else unwatchable(rule.of)
    if rule.of is not None and why is not None:
        mended = sample(CATALOGUE["first_response_time"])
        yield found("metric", _UNWATCHABLE[why], FOR_EXAMPLE, mended, metric=rule.of.label)


_UNWATCHABLE = {
    Unwatchable.RECORDED: "“{metric}” is recorded for whole days, too late for an alert.",
    Unwatchable.BY_DAY: "“{metric}” is told for whole days by the help desks, too late for an alert.",
}


def _of_surveys(rule: Rule) -> Iterator[Problem]:
    if rule.of is not None and rule.is_of_surveys and not isinstance(rule.condition, Limit):
        yield found(
            "condition",
            "“{metric}” is told by surveys, too seldom for anything to be usual.",
            "It can have a limit: {example}",
            replace(rule, condition=sample(rule.of).condition),
            metric=rule.of.label,
        )


def _of_parts(rule: Rule) -> Iterator[Problem]:
    of_one = None if rule.only is None else rule.only.dimension
    for about, dimension in (("by", rule.by), ("only", of_one)):
        if dimension is not None and (wrong := _wrong_part(rule, about, dimension)):
            yield wrong
    if rule.by is not None and rule.by is of_one:
        yield found(
            "by",
            "It is about one “{dimension}”, so there is nothing to split by that.",
            LEAVE_OUT,
            replace(rule, by=None),
            dimension=rule.by.value,
        )


def _wrong_part(rule: Rule, about: str, dimension: Dimension) -> Problem | None:
    mended = _split_otherwise(rule) if about == "by" else replace(rule, only=None)
    told = {"dimension": dimension.value}
    if dimension is Dimension.AGENT:
        message = "The numbers of one agent are not posted, so no alert is about them."
        return found(about, message, FOR_EXAMPLE, mended)
    if dimension in dimensions(rule):
        return None
    if rule.of is None:
        message = "Data are read of a whole help desk, not by “{dimension}”."
        return found(about, message, FOR_EXAMPLE, mended, **told)
    message = "“{metric}” cannot be split by “{dimension}”."
    return found(about, message, FOR_EXAMPLE, mended, metric=rule.of.label, **told)


def dimensions(rule: Rule) -> frozenset[Dimension]:
    """By what a rule may be split, or of one part of what it may be."""
    if isinstance(rule.condition, Old):
        return frozenset({Dimension.DESK})
    whole = frozenset(Dimension) if rule.of is None else rule.of.dimensions
    return whole - {Dimension.AGENT}


def _split_otherwise(rule: Rule) -> Rule:
    possible = (by for by in _LIKELY if rule.of is not None and by in dimensions(rule))
    return replace(rule, by=next(possible, None))


#: By what a rule is split most often.
_LIKELY = (Dimension.GROUP, Dimension.CHANNEL, Dimension.DESK, Dimension.PRIORITY)


def _of_clock(rule: Rule) -> Iterator[Problem]:
    if rule.clock is Clock.BUSINESS and rule.of is not None and not rule.of.has_business_clock:
        yield found(
            "clock",
            "“{metric}” has no business hours: it is no duration of a ticket.",
            "Leave them out, or say when to tell it: {example}",
            replace(rule, clock=Clock.CALENDAR, in_hours=True),
            metric=rule.of.label,
        )


# --- What means nothing in it --------------------------------------------------------------------

#: The parts that can be left out: how they are typed, and what they are when nothing is said.
_PARTS: dict[str, tuple[str, Any]] = {
    "over": ("over", None),
    "lasting": ("for", timedelta(0)),
    "by": ("by", None),
    "fewest": ("min", FEWEST),
    "keep": ("keep", KEEP),
    "every": ("every", EVERY),
    "clock": ("business", Clock.CALENDAR),
    "no_data": ("no data", NoData.KEEP),
    "recover": ("recover", None),
    "goal": ("goal", None),
}

#: They are of a condition, and one that has none cannot have any.
_OF_CONDITION = {
    "recover": "Only an alert about a fixed limit has `recover`.",
    "goal": "Only an alert about a budget that burns has a `goal`.",
}


def _pointless(rule: Rule, said: Collection[str]) -> Iterator[Problem]:
    for about in useless(rule):
        word, default = _PARTS[about]
        if about == "over":
            default = usual_window(rule.condition, rule.of)
        mended = rule if about in _OF_CONDITION else replace(rule, **{about: default})
        if about in said or mended != rule:
            label = "" if rule.of is None else rule.of.label
            message = _why_useless(rule, about)
            yield found(about, message, LEAVE_OUT, mended, word=word, metric=label)


def useless(rule: Rule) -> list[str]:
    """The parts of a rule that change nothing about one with such a condition.

    A snapshot has no window; what is counted, no sample; each waiting ticket is told by itself, once;
    and what surveys tell is never missing, and told once until the next one.
    """
    parts = [] if isinstance(rule.condition, Limit) else ["recover"]
    parts += [] if isinstance(rule.condition, Burn) else ["goal"]
    match rule.condition:
        case Waiting():
            parts += ["over", "lasting", "by", "fewest", "keep", "every", "clock"]
        case Old():
            parts += ["over", "by", "fewest", "clock", "no_data"]
        case _ if rule.of is not None:
            parts += ["over"] if is_snapshot(rule.of) else []
            parts += [] if needs_sample(rule) else ["fewest"]
            parts += ["every", "no_data"] if rule.is_of_surveys else []
    return parts


def _why_useless(rule: Rule, about: str) -> str:
    if about in _OF_CONDITION:
        return _OF_CONDITION[about]
    match rule.condition:
        case Waiting():
            return "Each ticket is told by itself, once, so `{word}` means nothing for it."
        case Old() if about == "by":
            return "Each help desk is told by itself, so `{word}` means nothing there."
        case Old():
            return "How old data are has nothing to do with `{word}`."
    return (_OF_SURVEYS if rule.is_of_surveys else _OF_NUMBERS)[about]


_OF_NUMBERS = {
    "over": "“{metric}” is how things stand at a moment, so `{word}` means nothing for it.",
    "fewest": "“{metric}” is a count and no rate, so `{word}` means nothing for it.",
}
_OF_SURVEYS = {
    "over": "“{metric}” is that of the survey that closed last, so `{word}` means nothing for it.",
    "fewest": "How few answers are told the privacy of surveys decides, so `{word}` means nothing here.",
    "every": "Nothing changes until the next survey closes, so it is told once, without `{word}`.",
    "no_data": "A survey is never late, so `{word}` means nothing here.",
}


# --- How long everything takes -------------------------------------------------------------------


def _of_windows(rule: Rule) -> Iterator[Problem]:
    over, tick = rule.over, rule.tick
    if not SHORTEST <= over <= LONGEST:
        yield found(
            "over",
            "A window is `{shortest}` to `{longest}` long, `{over}` is not.",
            FOR_EXAMPLE,
            _with_window(rule, max(SHORTEST, min(over, LONGEST))),
            shortest=span(SHORTEST),
            longest=span(LONGEST),
            over=span(over),
        )
    elif over % tick:
        yield found(
            "over",
            "With a window of `{over}` it looks every `{tick}`, and the window is no multiple of that.",
            FOR_EXAMPLE,
            _with_window(rule, over // tick * tick),
            over=span(over),
            tick=span(tick),
        )
    if isinstance(rule.condition, Burn):
        yield from _of_fast_window(rule, rule.condition)


def _with_window(rule: Rule, over: timedelta) -> Rule:
    condition = rule.condition
    if isinstance(condition, Burn):
        condition = replace(condition, fast=usual_fast(over))
    return replace(rule, condition=condition, over=over)


def _of_fast_window(rule: Rule, burn: Burn) -> Iterator[Problem]:
    mended = _with_window(rule, rule.over)
    told = {"fast": span(burn.fast), "over": span(rule.over), "tick": span(rule.tick)}
    if burn.fast >= rule.over:
        message = "The second window is to be shorter than the first, `{fast}` is not."
        yield found("fast", message, FOR_EXAMPLE, mended, **told)
    elif burn.fast % rule.tick or not burn.fast:
        yield found(
            "fast",
            "With a window of `{over}` it looks every `{tick}`, and `{fast}` is no multiple of that.",
            FOR_EXAMPLE,
            mended,
            **told,
        )


def _of_waits(rule: Rule) -> Iterator[Problem]:
    longest = {"lasting": LONGEST_WAIT, "keep": LONGEST_WAIT, "every": LONGEST}
    for about, most in longest.items():
        given: timedelta = getattr(rule, about)
        shorter: dict[str, Any] = {about: most}
        if given > most:
            yield found(
                about,
                "`{word}` is at most `{most}`, `{given}` is longer.",
                FOR_EXAMPLE,
                replace(rule, **shorter),
                word=_PARTS[about][0],
                most=span(most),
                given=span(given),
            )
    if rule.every < rule.tick:
        yield found(
            "every",
            "A rule looks every `{tick}`, so it cannot tell again every `{every}`.",
            FOR_EXAMPLE,
            replace(rule, every=EVERY),
            tick=span(rule.tick),
            every=span(rule.every),
        )
    if rule.fewest < 1:
        message = "`min` is at least 1."
        yield found("fewest", message, LEAVE_OUT, replace(rule, fewest=FEWEST))
