"""The windows in which a rule is made or changed with pickers, and until when one is snoozed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slackblocks import (
    Block,
    CheckboxGroup,
    DateTimePicker,
    DispatchActionConfiguration,
    Element,
    InputBlock,
    ModalView,
    Option,
    OptionGroup,
    PlainTextInput,
    StaticSelectMenu,
    Text,
    TextType,
)

from bot.alerts.hindsight import Finding
from bot.alerts.rehearsal import Rehearsal
from bot.alerts.rule import Rule, Side
from bot.alerts.watchable import alertable
from bot.domain import Dimension
from bot.errors import said
from bot.locale import Reader
from bot.metrics import (
    CATALOGUE,
    Metric,
    agents,
    business,
    knowledge,
    quality,
    speed,
    voice,
    volume,
)
from bot.slack import numbers
from bot.slack.alerts.form import Field, Form, Sort, field_of, fields_of, form_of, hint_of, text_of
from bot.slack.alerts.rules import code, sentence
from bot.slack.alerts.verdicts import against, how_often
from bot.slack.blocks import context, plain, section

__all__ = ["Form", "Preview", "form_of", "picked", "snooze_until", "text_of", "view"]

#: A modal as Slack takes it.
ViewJson = dict[str, Any]

#: The window of a rule, and the action of each of its fields: `commands/alert.py` shows it anew.
RULE, CHANGED = "alert_rule_form", "alert_rule_changed"

#: The window that asks until when an alert is to be snoozed, and its one field.
SNOOZE_UNTIL, MOMENT = "alert_snooze_until", "alert_snooze_moment"

#: The most characters of a modal's title and of its buttons.
_LONGEST_TITLE = 24


@dataclass(frozen=True, slots=True)
class Preview:
    """What the form says so far: the rule, or what is wrong with it (`DeskpulseError.kept`).

    With the rule comes what became of it when it was `tried` on some days, where that was done.
    """

    rule: Rule | None = None
    text: str = ""
    problem: str | None = None
    tried: Rehearsal | None = None
    finding: Finding | None = None


def view(form: Form, preview: Preview, reader: Reader) -> ViewJson:
    """The window in which a rule is made, or changed; the preview is what it says so far."""
    title = reader.text("New alert")
    if form.number is not None:
        title = reader.text("Change alert {number}", number=str(form.number))
    blocks = [*_fields(form, reader), *_preview(preview, reader)]
    told = {"channel": form.channel, "number": form.number}
    return _modal(title, reader.text("Try it"), blocks, RULE, json.dumps(told), reader)


def _modal(
    title: str, submit: str, blocks: list[Block], callback: str, metadata: str, reader: Reader
) -> ViewJson:
    made = ModalView(
        title=_plain(title[:_LONGEST_TITLE]),
        submit=_plain(submit[:_LONGEST_TITLE]),
        close=_plain(reader.text("Cancel")[:_LONGEST_TITLE]),
        blocks=blocks,
        callback_id=callback,
        private_metadata=metadata,
    )
    return dict(json.loads(json.dumps(made.to_dict())))


# --- The fields ----------------------------------------------------------------------------------


def _fields(form: Form, reader: Reader) -> Iterator[Block]:
    for field in fields_of(form.sort):
        yield _FIELDS[field](form, reader)


def _sort(form: Form, reader: Reader) -> Block:
    options = [_option(reader.text(label), sort) for sort, label in _SORTS.items()]
    return _select(Field.SORT, reader.text("Alert when"), options, form.sort, form)


_SORTS = {
    Sort.LIMIT: "a number is beyond a limit",
    Sort.CHANGE: "a number is far from what is usual",
    Sort.UNUSUAL: "a number is unusual",
    Sort.WAITING: "a ticket waits for its first reply",
    Sort.OLD: "the data of a help desk are old",
    Sort.BURN: "the SLA budget is used up too fast",
}


def _metric(form: Form, reader: Reader) -> Block:
    groups = [
        OptionGroup(_plain(reader.text(label)), [_named(one, reader) for one in there])
        for label, family in _FAMILIES.items()
        if (there := offered(family))
    ]
    chosen = CATALOGUE.get(form.metric)
    menu = _Grouped(groups, None if chosen is None else _named(chosen, reader))
    return _input(Field.METRIC, reader.text("Number"), menu, form, dispatches=True)


def offered(family: Iterable[Metric]) -> list[Metric]:
    """The numbers of a family that a rule can watch."""
    return [one for one in family if alertable(one)]


_FAMILIES: Mapping[str, Sequence[Metric]] = {
    "Speed": speed.METRICS,
    "Load": volume.METRICS,
    "Quality": quality.METRICS,
    "Calls": voice.METRICS,
    "Help articles": knowledge.METRICS,
    "Business": business.METRICS,
    "People": agents.METRICS,
}


def _named(metric: Metric, reader: Reader) -> Option:
    return _option(numbers.label(reader, metric)[:75], metric.key)


class _Grouped(StaticSelectMenu):
    """A menu in groups of which one option is chosen, as Slack wants it: the option itself."""

    def __init__(self, groups: list[OptionGroup], chosen: Option | None) -> None:
        super().__init__(CHANGED, option_groups=groups)
        self._chosen = chosen

    def _resolve(self) -> dict[str, Any]:
        made: dict[str, Any] = super()._resolve()
        if self._chosen is not None:
            made["initial_option"] = self._chosen._resolve()  # noqa: SLF001  there is no other way
        return made


def _side(form: Form, reader: Reader) -> Block:
    sides = {Side.ABOVE: "above", Side.BELOW: "below"}
    if form.sort is not Sort.LIMIT:
        sides[Side.EITHER] = "above or below"
    options = [_option(reader.text(label), side) for side, label in sides.items()]
    side = form.side if form.side in sides else Side.ABOVE
    return _select(Field.SIDE, reader.text("On which side"), options, side, form)


def _by(form: Form, reader: Reader) -> Block:
    options = [_option(reader.text("all tickets together"), "all")]
    options += [
        _option(numbers.dimension(reader, one), one)
        for one in (Dimension.GROUP, Dimension.CHANNEL, Dimension.PRIORITY, Dimension.DESK)
    ]
    return _select(Field.BY, reader.text("Each by itself"), options, form.by or "all", form)


def _hours(form: Form, reader: Reader) -> Block:
    option = _option(reader.text("only in office hours"), "yes")
    boxes = CheckboxGroup(CHANGED, [option], initial_options=[option] if form.in_hours else None)
    return _input(Field.HOURS, reader.text("Tell it"), boxes, form, optional=True)


def _limit(form: Form, reader: Reader) -> Block:
    return _typed(Field.LIMIT, _LIMITS.get(form.sort, "Limit"), optional=False)(form, reader)


_LIMITS = {
    Sort.CHANGE: "By how much",
    Sort.OLD: "Older than",
    Sort.BURN: "So many times as fast as allowed",
    Sort.WAITING: "Longer than",
}


def _typed(field: Field, label: str, *, optional: bool) -> Callable[[Form, Reader], Block]:
    """A field in which something is typed; what it may look like stands in it."""

    def drawn(form: Form, reader: Reader) -> Block:
        box = PlainTextInput(
            CHANGED,
            initial_value=form.value(field) or None,
            max_length=1_000,
            dispatch_action_config=DispatchActionConfiguration("on_enter_pressed"),
            placeholder=_plain(hint_of(form, field)),
        )
        return _input(field, reader.text(label), box, form, optional=optional, dispatches=True)

    return drawn


_FIELDS: Mapping[Field, Callable[[Form, Reader], Block]] = {
    Field.SORT: _sort,
    Field.METRIC: _metric,
    Field.SIDE: _side,
    Field.LIMIT: _limit,
    Field.GOAL: _typed(Field.GOAL, "Goal of the SLA", optional=True),
    Field.LASTING: _typed(Field.LASTING, "For how long", optional=True),
    Field.OVER: _typed(Field.OVER, "Looking back over", optional=True),
    Field.BY: _by,
    Field.HOURS: _hours,
    Field.MORE: _typed(Field.MORE, "More, as it is typed", optional=True),
}


def _select(field: Field, label: str, options: list[Option], chosen: str, form: Form) -> Block:
    initial = next((one for one in options if one.value == chosen), None)
    menu = StaticSelectMenu(CHANGED, options, initial_option=initial)
    return _input(field, label, menu, form, dispatches=True)


def _input(
    field: Field,
    label: str,
    element: Element,
    form: Form,
    *,
    optional: bool = False,
    dispatches: bool = False,
) -> Block:
    return InputBlock(
        _plain(label),
        element,
        dispatch_action=dispatches,
        block_id=form.block(field),
        optional=optional,
    )


def _option(label: str, value: str) -> Option:
    return Option(_plain(label), value)


def _plain(text: str) -> Text:
    return Text(text, type_=TextType.PLAINTEXT)


def refused(
    form: Form, problem: str, reader: Reader, *, about: str = "condition"
) -> dict[str, str]:
    """What is wrong (`DeskpulseError.kept`), below the field that it is about, as Slack takes it.

    `about` is the part of the rule, as `bot.alerts.problem.Problem` names it.
    """
    told = said(problem, reader.template).replace("`", "")
    return {form.block(field_of(form.sort, about)): told}


# --- The preview ---------------------------------------------------------------------------------


def _preview(preview: Preview, reader: Reader) -> list[Block]:
    if preview.problem is not None:
        told = plain(said(preview.problem, reader.template))
        return [section(f"⚠️ {told}"[:3_000], "alert-preview")]
    if preview.rule is None:
        return []
    lines = [sentence(preview.rule, reader)]
    if preview.tried is not None:
        lines.append(how_often(preview.tried, reader))
        lines += against(preview.tried, preview.finding, reader)
    found = [section("\n".join(lines)[:3_000], "alert-preview")]
    return [*found, *([context(code(preview.text), "alert-preview-text")] if preview.text else [])]


# --- Until when an alert is snoozed --------------------------------------------------------------


def snooze_until(incident: str, suggested: datetime, reader: Reader) -> ViewJson:
    """The window that asks until when nobody wants to hear of an incident."""
    picker = DateTimePicker("moment", initial_datetime=int(suggested.timestamp()))
    field = InputBlock(_plain(reader.text("Until when?")), picker, block_id=MOMENT)
    title, submit = reader.text("Snooze this alert"), reader.text("Snooze")
    return _modal(title, submit, [field], SNOOZE_UNTIL, incident, reader)


def picked(shown: Mapping[str, Any]) -> datetime:
    """The moment that was picked in that window."""
    seconds = shown["state"]["values"][MOMENT]["moment"]["selected_date_time"]
    return datetime.fromtimestamp(seconds, UTC)
