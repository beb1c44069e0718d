"""What stands in the fields of a rule's window, and the rule that it makes, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bot.alerts import wording
from bot.alerts.rule import (
    EVERY,
    FEWEST,
    KEEP,
    SLA,
    Burn,
    Change,
    Condition,
    Limit,
    NoData,
    Old,
    Rule,
    Side,
    Unusual,
    Waiting,
    recovery,
)
from bot.alerts.unsaid import usual_fast, usual_window
from bot.domain import Dimension
from bot.metrics import CATALOGUE, Clock

#: The number that a new rule is about until another is chosen.
DEFAULT_METRIC = "first_response_time"


class Sort(StrEnum):
    """The sorts of conditions."""

    LIMIT = "limit"
    CHANGE = "change"
    UNUSUAL = "unusual"
    OLD = "old"
    BURN = "burn"
    WAITING = "waiting"


class Field(StrEnum):
    """The fields of the window."""

    SORT = "sort"
    METRIC = "metric"
    SIDE = "side"
    LIMIT = "limit"
    GOAL = "goal"
    LASTING = "lasting"
    OVER = "over"
    BY = "by"
    HOURS = "hours"
    MORE = "more"


_TIMES = (Field.LASTING, Field.OVER, Field.BY)
_LAST = (Field.HOURS, Field.MORE)

#: Which fields each sort has, in their order.
_OF_SORT: Mapping[Sort, Sequence[Field]] = {
    Sort.LIMIT: (Field.SORT, Field.METRIC, Field.SIDE, Field.LIMIT, *_TIMES, *_LAST),
    Sort.CHANGE: (Field.SORT, Field.METRIC, Field.SIDE, Field.LIMIT, *_TIMES, *_LAST),
    Sort.UNUSUAL: (Field.SORT, Field.METRIC, Field.SIDE, *_TIMES, *_LAST),
    Sort.OLD: (Field.SORT, Field.LIMIT, *_LAST),
    Sort.BURN: (Field.SORT, Field.LIMIT, Field.GOAL, Field.OVER, Field.BY, *_LAST),
    Sort.WAITING: (Field.SORT, Field.LIMIT, *_LAST),
}


def fields_of(sort: Sort) -> Sequence[Field]:
    """The fields that a sort of condition has."""
    return _OF_SORT[sort]


def field_of(sort: Sort, about: str) -> Field:
    """The field in which a part of a rule is said."""
    wanted = _ABOUT.get(about, Field.MORE)
    if wanted is Field.LIMIT and sort is Sort.UNUSUAL:
        return Field.SIDE
    return wanted if wanted in fields_of(sort) else Field.MORE


#: The parts of a rule that have a field of their own.
_ABOUT = {
    "condition": Field.LIMIT,
    "metric": Field.METRIC,
    "goal": Field.GOAL,
    "lasting": Field.LASTING,
    "over": Field.OVER,
    "by": Field.BY,
    "in_hours": Field.HOURS,
}


@dataclass(frozen=True, slots=True)
class Form:
    """What was chosen and typed so far, for a channel; `number` is that of a rule to be changed.

    Limits and times are as they were typed; `more` is whatever else a rule can say.
    """

    channel: str
    sort: Sort = Sort.LIMIT
    metric: str = DEFAULT_METRIC
    side: Side = Side.ABOVE
    limit: str = ""
    goal: str = ""
    lasting: str = ""
    over: str = ""
    by: Dimension | None = None
    in_hours: bool = False
    more: str = ""
    number: int | None = None

    def value(self, field: Field) -> str:
        """What is typed in a field."""
        return str(getattr(self, field))

    def block(self, field: Field) -> str:
        """What its block is called: another one where what was typed before fits no more."""
        if field is Field.LIMIT:
            return f"{field}-{self.sort}"
        if field is Field.SIDE:
            return f"{field}-limit" if self.sort is Sort.LIMIT else f"{field}-usual"
        return field


# --- To and from text ----------------------------------------------------------------------------


def text_of(form: Form) -> str:
    """The rule as it would be typed; whether it makes sense, `commands.alert_text` says."""
    there = fields_of(form.sort)
    told = [_condition(form)]
    if Field.LASTING in there and form.lasting:
        told.append(f"for {form.lasting}")
    if Field.OVER in there and form.over:
        told.append(f"over {form.over}")
    if Field.BY in there and form.by is not None:
        told.append(f"by {form.by}")
    if form.in_hours:
        told.append("in office hours")
    return " ".join([*told, form.more]).strip()


def _condition(form: Form) -> str:
    match form.sort:
        case Sort.LIMIT:
            return f"{form.metric} {'<' if form.side is Side.BELOW else '>'} {form.limit}"
        case Sort.CHANGE:
            return f"{form.metric} {_change(form)} vs usual"
        case Sort.UNUSUAL:
            return f"{form.metric} unusual {_UNUSUAL[form.side]}"
        case Sort.OLD:
            return f"data older than {form.limit}"
        case Sort.BURN:
            goal = f" goal {_share(form.goal)}" if form.goal else ""
            return f"sla burns {_times(form.limit)}{goal}"
        case Sort.WAITING:
            return f"ticket waiting > {form.limit} without reply"


_SIGNS = {Side.ABOVE: "+", Side.BELOW: "-", Side.EITHER: "±"}
_UNUSUAL = {Side.ABOVE: "high", Side.BELOW: "low", Side.EITHER: "either way"}


def _change(form: Form) -> str:
    """With the sign that was typed, else with that of the side."""
    typed = _share(form.limit)
    return typed if typed[:1] in ("+", "-", "−", "±") else f"{_SIGNS[form.side]}{typed}"


def _share(typed: str) -> str:
    """A percentage: nothing else can be meant by a number alone."""
    bare = typed.strip()
    return f"{bare}%" if bare and bare[-1].isdigit() else bare


def _times(typed: str) -> str:
    bare = typed.strip()
    return f"{bare}x" if bare and bare[-1].isdigit() else bare


def filled(rule: Rule, channel: str, number: int | None = None) -> Form:
    """The form of a rule that there is: with `text_of` it makes the same rule."""
    sort, side, limit, goal = _told(rule)
    over = rule.over != usual_window(rule.condition, rule.of) and not _has_own_fast(rule)
    return Form(
        channel=channel,
        sort=sort,
        metric=(rule.metric if Field.METRIC in fields_of(sort) else None) or DEFAULT_METRIC,
        side=side,
        limit=limit,
        goal=goal,
        lasting=_span(rule.lasting) if Field.LASTING in fields_of(sort) else "",
        over=_span(rule.over) if over and Field.OVER in fields_of(sort) else "",
        by=rule.by if Field.BY in fields_of(sort) else None,
        in_hours=rule.in_hours,
        more=_rest(rule, sort),
        number=number,
    )


def _told(rule: Rule) -> tuple[Sort, Side, str, str]:
    """The sort of a condition, its side, its limit, and its goal, as they are typed."""
    match rule.condition:
        case Limit(side, value, _):
            metric = CATALOGUE[rule.metric or ""]
            return Sort.LIMIT, side, wording.amount(metric, value), ""
        case Change(side, share):
            return Sort.CHANGE, side, wording.percent(share), ""
        case Unusual(side):
            return Sort.UNUSUAL, side, "", ""
        case Old(age):
            return Sort.OLD, Side.ABOVE, wording.span(age), ""
        case Burn(factor, target, _):
            return Sort.BURN, Side.ABOVE, f"{wording.number(factor)}x", wording.percent(target)
        case Waiting(wait):
            return Sort.WAITING, Side.ABOVE, wording.span(wait), ""


def _rest(rule: Rule, sort: Sort) -> str:
    """What of a rule has no field of its own: its text without what has, and without what it is."""
    there = fields_of(sort)
    rest = replace(
        rule,
        lasting=timedelta(0) if Field.LASTING in there else rule.lasting,
        by=None if Field.BY in there else rule.by,
        in_hours=False,
    )
    if Field.OVER in there and not _has_own_fast(rule):
        rest = _with_usual_windows(rest)
    return wording.written(rest).removeprefix(wording.written(_bare(rest))).strip()


def _has_own_fast(rule: Rule) -> bool:
    """Whether both windows of a burn have to be said together."""
    return isinstance(rule.condition, Burn) and rule.condition.fast != usual_fast(rule.over)


def _with_usual_windows(rule: Rule) -> Rule:
    over = usual_window(rule.condition, rule.of)
    condition: Condition = rule.condition
    if isinstance(condition, Burn):
        condition = replace(condition, fast=usual_fast(over))
    return replace(rule, over=over, condition=condition)


def _bare(rule: Rule) -> Rule:
    """The condition alone, with all else as it is when nothing is said."""
    condition = rule.condition
    if isinstance(condition, Limit) and rule.of is not None:
        usual = recovery(rule.of, condition.side, condition.value)
        condition = replace(condition, recover=usual)
    bare = Rule(
        condition,
        rule.metric,
        clock=Clock.CALENDAR,
        fewest=FEWEST,
        keep=KEEP,
        every=EVERY,
        no_data=NoData.KEEP,
    )
    return _with_usual_windows(bare)


def _span(span: timedelta) -> str:
    return wording.span(span) if span else ""


# --- From the window, and what may stand in it ---------------------------------------------------


def form_of(shown: Mapping[str, Any]) -> Form:
    """What stands in the fields of a window, as Slack gives the view."""
    values = _values(shown["state"]["values"])
    about = json.loads(shown["private_metadata"])
    by = values.get(Field.BY) or "all"
    return Form(
        channel=about["channel"],
        sort=Sort(values.get(Field.SORT) or Sort.LIMIT),
        metric=values.get(Field.METRIC) or DEFAULT_METRIC,
        side=Side(values.get(Field.SIDE) or Side.ABOVE),
        limit=values.get(Field.LIMIT) or "",
        goal=values.get(Field.GOAL) or "",
        lasting=values.get(Field.LASTING) or "",
        over=values.get(Field.OVER) or "",
        by=None if by == "all" else Dimension(by),
        in_hours=bool(values.get(Field.HOURS)),
        more=values.get(Field.MORE) or "",
        number=about["number"],
    )


def _values(blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What was typed or chosen, by field."""
    found = {}
    for block, actions in blocks.items():
        for element in actions.values():
            found[block.partition("-")[0]] = _value(element)
    return found


def _value(element: Mapping[str, Any]) -> str:
    if "selected_options" in element:
        return " ".join(one["value"] for one in element["selected_options"] or ())
    chosen = element.get("selected_option")
    return str(chosen["value"]) if chosen else (element.get("value") or "").strip()


def hint_of(form: Form, field: Field) -> str:
    """What may be typed in a field, for example."""
    match field:
        case Field.LIMIT:
            return _limit_hint(form)
        case Field.GOAL:
            return "95%"
        case Field.LASTING:
            return "30m"
        case Field.OVER:
            return wording.span(_unsaid_window(form))
    return "min 20 recover 3h every 4h"


def _unsaid_window(form: Form) -> timedelta:
    """The window that is looked at where none is said."""
    metric = CATALOGUE[SLA if form.sort is Sort.BURN else form.metric]
    condition: Condition = wording.sample(metric).condition
    if form.sort is Sort.BURN:
        condition = Burn(0, 0, timedelta(0))
    return usual_window(condition, metric)


def _limit_hint(form: Form) -> str:
    metric = CATALOGUE[form.metric]
    match form.sort:
        case Sort.LIMIT:
            sample = wording.sample(metric).condition
            return wording.amount(metric, sample.value) if isinstance(sample, Limit) else ""
        case Sort.CHANGE:
            return "40%"
        case Sort.BURN:
            return "6x"
    return "2h" if form.sort is Sort.OLD else "1h"
