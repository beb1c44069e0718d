"""Holds a rule against the help desks that there are: they have to know its part and give its number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from bot.alerts.rule import Old, Rule, Waiting
from bot.alerts.wording import EXAMPLES, typed
from bot.domain import Dimension, Fact, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import Clock, Metric, Population
from bot.metrics.reading import Lack
from bot.services import Services
from bot.slack import numbers
from bot.store import desks, goals
from bot.store.readings import capable, lacks
from bot.store.tables import Desk
from commands.alert_conditions import OLD_EXAMPLE, WAITING_EXAMPLE
from commands.alert_text import Goals
from commands.parts import find_part
from commands.words import examples, plain

#: What a desk has to tell for its tickets to have such a part.
_TELLS = {
    Dimension.GROUP: Fact.GROUP,
    Dimension.CHANNEL: Fact.CHANNEL,
    Dimension.PRIORITY: Fact.PRIORITY,
}


def check_here(session: Session, services: Services, rule: Rule, reader: Reader) -> Rule:
    """The rule with its part as the help desk writes it.

    Raises `UsageError` for a part that nobody has, and for a number that no help desk here can give,
    with what each of them lacks, in the reader's language.
    """
    if rule.is_of_surveys:
        return rule
    there = desks.of(session, services.workspace)
    if not there:
        raise UsageError(
            "No help desk is connected yet.", "An operator connects one: `deskpulse connect`"
        )
    rule = _with_known_part(session, services, rule)
    able = _able(rule, _asked(rule, there), reader)
    for dimension in (rule.by, None if rule.only is None else rule.only.dimension):
        _check_split(rule, dimension, able, reader)
    return rule


def _with_known_part(session: Session, services: Services, rule: Rule) -> Rule:
    if rule.only is None:
        return rule
    asked_as = EXAMPLES[0]
    match rule.condition:
        case Old():
            asked_as = OLD_EXAMPLE
        case Waiting():
            asked_as = WAITING_EXAMPLE
    now = services.clock.now()
    part = find_part(
        session,
        services,
        rule.only,
        metric=rule.of,
        windows=[Window(now - timedelta(days=1), now)],
        asked_as=asked_as,
    )
    return replace(rule, only=part)


def _asked(rule: Rule, there: Sequence[Desk]) -> Sequence[Desk]:
    """The desks that the rule is about."""
    if rule.only is None or rule.only.dimension is not Dimension.DESK:
        return there
    return [desk for desk in there if desk.name == rule.only.value]


def _able(rule: Rule, asked: Sequence[Desk], reader: Reader) -> Sequence[Desk]:
    """Those of the desks that give what the rule watches; raises `UsageError` where none does."""
    if rule.of is not None:
        return _giving(rule, rule.of, asked, reader)
    if isinstance(rule.condition, Old):
        return asked
    able = [desk for desk in asked if Fact.FIRST_REPLY in desk.gives]
    if not able:
        raise UsageError(
            "How long tickets wait cannot be told here. {why}",
            why=_why(_without(Fact.FIRST_REPLY, asked), reader),
        )
    return able


def _giving(rule: Rule, metric: Metric, asked: Sequence[Desk], reader: Reader) -> Sequence[Desk]:
    able = capable(metric, asked, rule.clock)
    if able:
        return able
    told = {
        "metric": numbers.label(reader, metric),
        "why": _why(lacks(metric, asked, rule.clock), reader),
    }
    if rule.clock is Clock.BUSINESS and capable(metric, asked):
        raise UsageError(
            "“{metric}” cannot be told in business hours here. {why}",
            "Leave out `business`: {example}",
            example=examples(typed(replace(rule, clock=Clock.CALENDAR))),
            **told,
        )
    raise UsageError(
        "“{metric}” cannot be told here. {why}",
        "These numbers can: `/kpi`",
        **told,
    )


def _check_split(
    rule: Rule, dimension: Dimension | None, able: Sequence[Desk], reader: Reader
) -> None:
    """Raises `UsageError` where no desk tells of which part a ticket is; of calls it may."""
    fact = None if dimension is None else _TELLS.get(dimension)
    if dimension is None or fact is None or _is_of_calls(rule):
        return
    if not any(fact in desk.gives for desk in able):
        raise UsageError(
            "Nothing can be told by “{dimension}” here. {why}",
            dimension=dimension.value,
            why=_why(_without(fact, able), reader),
        )


def _is_of_calls(rule: Rule) -> bool:
    return rule.of is not None and any(rows.population is Population.CALLS for rows in rule.of.rows)


def _without(fact: Fact, asked: Iterable[Desk]) -> list[Lack]:
    return [Lack(desk.name, fact) for desk in asked]


def _why(lacking: Iterable[Lack], reader: Reader) -> str:
    """What each desk lacks: a sentence for each."""
    return " ".join(numbers.lack(reader, one) for one in lacking)


# --- Goals ---------------------------------------------------------------------------------------


def goals_now(session: Session, services: Services) -> Goals:
    """The goals that hold now: that of a part, or else that of all tickets."""
    there = goals.at(session, services.workspace, services.clock.now())

    def goal_of(metric: Metric, part: Slice | None) -> float | None:
        found = {
            _spelled(goal.slice): goal.target
            for goal in there
            if (goal.metric, goal.clock) == (metric.key, Clock.CALENDAR)
        }
        return found.get(_spelled(part), found.get(None))

    return goal_of


def _spelled(part: Slice | None) -> tuple[Dimension, str] | None:
    """A part whatever the capitals of its name."""
    return None if part is None else (part.dimension, plain(part.value or ""))
