"""What stands in the fields of a survey's window, and the plan that it makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from typing import Any

from bot.errors import UsageError
from bot.locale import Reader
from bot.surveys import own
from bot.surveys.survey import (
    MOST_QUESTIONS,
    Audience,
    Cadence,
    Every,
    Kind,
    Plan,
    Results,
    Theme,
)

#: When a survey comes again, unless something else is chosen.
USUAL = Cadence(1, Every.WEEK, 1, time(10))

#: What is chosen for a survey that comes once.
ONCE = "once"

#: Slack takes so many checkboxes; further user groups stay as they are.
MOST_BOXES = 10


class Field(StrEnum):
    """The fields of the window, by the names of their blocks."""

    CHANNELS = "plan-channels"
    GROUPS = "plan-groups"
    PEOPLE = "plan-people"
    THEMES = "plan-themes"
    MANY = "plan-many"
    OWN = "plan-own"
    OFTEN = "plan-often"
    WEEKDAY = "plan-weekday"
    AT = "plan-at"
    DAYS = "plan-days"
    CLOSES = "plan-closes"
    REMINDERS = "plan-reminders"
    LANGUAGES = "plan-languages"
    RESULTS = "plan-results"
    FEWEST = "plan-fewest"


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the window: a plan whose own questions are still as they are typed.

    `draft` is what it changes; `groups` are the user groups of that, for which Slack has no picker:
    they can only be left out.
    """

    plan: Plan
    own: str = ""
    draft: int | None = None
    groups: tuple[str, ...] = ()


def filled(plan: Plan, draft: int | None = None) -> Form:
    """The window of a plan that there is."""
    return Form(plan, own.written(plan.own), draft, plan.audience.groups)


# --- What it becomes -----------------------------------------------------------------------------


def problems(form: Form, reader: Reader) -> dict[str, str]:
    """What is wrong, below the field that it is about, as Slack takes it."""
    if not form.plan.audience:
        return {Field.CHANNELS: reader.text("Whom shall it ask? Choose a channel or people.")}
    if form.plan.kind is Kind.ENPS:
        return {}
    try:
        number = form.plan.many + len(own.parse(form.own, form.plan.languages[0]))
    except UsageError as error:
        return {Field.OWN: error.said(reader.template)}
    if number > MOST_QUESTIONS:
        told = reader.text(
            "A pulse has {most} questions at most; this one has {number}.",
            most=reader.number(MOST_QUESTIONS),
            number=reader.number(number),
        )
        return {Field.OWN if form.own else Field.MANY: told}
    if not number:
        return {Field.MANY: reader.text("It has no question yet: take some, or write your own.")}
    return {}


def plan_of(form: Form) -> Plan:
    """The plan of a window in which nothing is wrong. Raises `UsageError` otherwise."""
    return replace(form.plan, own=own.parse(form.own, form.plan.languages[0]))


# --- From the window -----------------------------------------------------------------------------


def form_of(shown: Mapping[str, Any]) -> Form:
    """What stands in the fields of a window, as Slack gives the view."""
    told = json.loads(shown["private_metadata"])
    was = Plan.from_json(told["plan"])
    state = _State(shown["state"]["values"])
    groups = was.audience.groups
    kept = state.many(Field.GROUPS, groups)
    plan = replace(
        was,
        audience=Audience(
            channels=state.many(Field.CHANNELS),
            groups=(*kept, *groups[MOST_BOXES:]),
            people=state.many(Field.PEOPLE),
        ),
        cadence=_cadence(state),
        themes=tuple(Theme(one) for one in state.many(Field.THEMES)),
        many=int(state.one(Field.MANY, was.many)),
        days=int(state.one(Field.DAYS, was.days)),
        closes=time.fromisoformat(state.one(Field.CLOSES, was.closes.isoformat("minutes"))),
        reminders=int(state.one(Field.REMINDERS, was.reminders)),
        languages=_languages_of(state, was),
        results=Results(state.one(Field.RESULTS, was.results)),
        fewest=int(state.one(Field.FEWEST, was.fewest)),
    )
    return Form(plan, state.one(Field.OWN, ""), told["draft"], groups)


class _State:
    """What was chosen and typed, by the field."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self._values = {
            block: element for block, actions in values.items() for element in actions.values()
        }

    def one(self, field: Field, unsaid: object) -> str:
        """The one thing that was chosen or typed; `unsaid` where nothing was, or nothing is asked."""
        element = self._values.get(field, {})
        chosen = element.get("selected_option")
        told = chosen["value"] if chosen else element.get("selected_time") or element.get("value")
        return str(told or unsaid).strip()

    def many(self, field: Field, unsaid: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The things that were chosen; `unsaid` where the field is not there."""
        if field not in self._values:
            return unsaid
        for name in ("selected_conversations", "selected_users"):
            if name in self._values[field]:
                return tuple(self._values[field][name] or ())
        return tuple(one["value"] for one in self._values[field].get("selected_options") or ())


def _languages_of(state: _State, was: Plan) -> tuple[str, ...]:
    """The chosen ones: first the one that was first, in which those get it who read none of them."""
    chosen = state.many(Field.LANGUAGES, was.languages) or was.languages
    return tuple(sorted(chosen, key=lambda one: one != was.languages[0]))


def _cadence(state: _State) -> Cadence | None:
    often = state.one(Field.OFTEN, ONCE)
    if often == ONCE:
        return None
    number, unit = often.split()
    at = time.fromisoformat(state.one(Field.AT, USUAL.at.isoformat("minutes")))
    return Cadence(int(number), Every(unit), int(state.one(Field.WEEKDAY, USUAL.weekday)), at)


# --- The window ----------------------------------------------------------------------------------


def metadata(form: Form) -> str:
    """What the window hands back: all that stands in none of its fields."""
    plan = replace(form.plan, own=(), audience=Audience(groups=form.groups))
    return json.dumps({"draft": form.draft, "plan": plan.to_json()})


def fields_of(form: Form) -> Iterator[Field]:
    """The fields that the form has now."""
    for field in Field:
        if field is Field.GROUPS and not form.groups:
            continue
        if field in (Field.WEEKDAY, Field.AT) and form.plan.cadence is None:
            continue
        if field in (Field.THEMES, Field.MANY, Field.OWN) and form.plan.kind is Kind.ENPS:
            continue
        yield field
