"""The window in which a survey is planned, or planned otherwise, with pickers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from slackblocks import (
    Block,
    CheckboxGroup,
    ConversationFilter,
    ConversationMultiSelectMenu,
    Element,
    InputBlock,
    ModalView,
    Option,
    PlainTextInput,
    StaticMultiSelectMenu,
    StaticSelectMenu,
    Text,
    TextType,
    TimePicker,
    UserMultiSelectMenu,
)

from bot.locale import Reader
from bot.slack.blocks import context
from bot.slack.surveys.plan_form import (
    MOST_BOXES,
    ONCE,
    USUAL,
    Field,
    Form,
    fields_of,
    metadata,
)
from bot.slack.surveys.promised import language_name
from bot.slack.surveys.words import theme_label
from bot.surveys.bank import languages
from bot.surveys.survey import (
    FEWEST,
    MOST_QUESTIONS,
    MOST_REMINDERS,
    Every,
    Results,
    Theme,
)

#: A modal as Slack takes it.
ViewJson = dict[str, Any]

#: The window, and the action of its fields: the one that changes which others there are is told.
PLAN, CHANGED = "survey_plan_form", "survey_plan_changed"

#: So many answers may be asked for before anything is told; so many days a survey may be open.
MOST_FEWEST, MOST_DAYS = 50, 31

#: How often a survey may come: the number and the unit; none for once.
_PAUSES: Sequence[tuple[int, Every]] = (
    (1, Every.WEEK),
    (2, Every.WEEK),
    (4, Every.WEEK),
    (1, Every.MONTH),
    (1, Every.QUARTER),
)

_LONGEST_LABEL, _LONGEST_LINES = 24, 3_000


def view(form: Form, reader: Reader) -> ViewJson:
    """The window, with everything filled in."""
    is_new = form.draft is None
    title = reader.text("New survey") if is_new else reader.text("Change the survey")
    blocks = [_DRAWN[field](form, reader) for field in fields_of(form)]
    blocks.append(context(reader.text("Nothing is sent before you have seen it."), "plan-next"))
    made = ModalView(
        title=_plain(title[:_LONGEST_LABEL]),
        submit=_plain(reader.text("Preview")[:_LONGEST_LABEL]),
        close=_plain(reader.text("Cancel")[:_LONGEST_LABEL]),
        blocks=blocks,
        callback_id=PLAN,
        private_metadata=metadata(form),
    )
    return dict(json.loads(json.dumps(made.to_dict())))


def _channels(form: Form, reader: Reader) -> Block:
    menu = ConversationMultiSelectMenu(
        CHANGED,
        initial_conversations=list(form.plan.audience.channels),
        filter=ConversationFilter(include=["public", "private"]),
    )
    hint = reader.text(
        "User groups are named where it is typed, e.g. /{kind} start @group", kind=form.plan.kind
    )
    label = reader.text("Ask everybody in these channels")
    return _input(Field.CHANNELS, label, menu, optional=True, hint=hint)


def _groups(form: Form, reader: Reader) -> Block:
    boxes = [Option(Text(f"<!subteam^{one}>"), one) for one in form.groups[:MOST_BOXES]]
    chosen = [box for box in boxes if box.value in form.plan.audience.groups]
    menu = CheckboxGroup(CHANGED, boxes, initial_options=chosen or None)
    return _input(Field.GROUPS, reader.text("and in these user groups"), menu, optional=True)


def _people(form: Form, reader: Reader) -> Block:
    menu = UserMultiSelectMenu(CHANGED, initial_users=list(form.plan.audience.people))
    return _input(Field.PEOPLE, reader.text("and these people"), menu, optional=True)


def _themes(form: Form, reader: Reader) -> Block:
    options = [_option(theme_label(reader, theme), theme) for theme in Theme]
    chosen = [one for one in options if one.value in form.plan.themes]
    menu = CheckboxGroup(CHANGED, options, initial_options=chosen or None)
    hint = reader.text("None: all of them, in turn.")
    return _input(Field.THEMES, reader.text("Themes"), menu, optional=True, hint=hint)


def _own(form: Form, reader: Reader) -> Block:
    box = PlainTextInput(
        CHANGED, initial_value=form.own or None, multiline=True, max_length=_LONGEST_LINES
    )
    hint = reader.text(
        "One a line. A bare question is answered by how much one agrees, 1 to 5. "
        "Others begin with 0-10: or text: or choice: Which one? a / b / c"
    )
    return _input(Field.OWN, reader.text("Questions of your own"), box, optional=True, hint=hint)


def _often(form: Form, reader: Reader) -> Block:
    cadence = form.plan.cadence
    now = (cadence.number, cadence.unit) if cadence else None
    pauses = dict.fromkeys([*_PAUSES, *([now] if now else [])])
    options = [_option(reader.text("once"), ONCE)]
    options += [_option(_pause(pause, reader), f"{pause[0]} {pause[1]}") for pause in pauses]
    chosen = f"{now[0]} {now[1]}" if now else ONCE
    return _select(Field.OFTEN, reader.text("How often"), options, chosen, dispatches=True)


def _pause(pause: tuple[int, Every], reader: Reader) -> str:
    number, unit = pause
    match unit:
        case Every.WEEK:
            return reader.plural("every week", "every {n} weeks", number)
        case Every.MONTH:
            return reader.plural("every month", "every {n} months", number)
        case Every.QUARTER:
            return reader.plural("every quarter", "every {n} quarters", number)


def _weekday(form: Form, reader: Reader) -> Block:
    options = [_option(reader.weekday(day), str(day)) for day in range(7)]
    cadence = form.plan.cadence or USUAL
    hint = reader.text("Of a month or a quarter the first one.")
    chosen = str(cadence.weekday)
    return _select(Field.WEEKDAY, reader.text("It opens on"), options, chosen, hint=hint)


def _at(form: Form, reader: Reader) -> Block:
    cadence = form.plan.cadence or USUAL
    picker = TimePicker(CHANGED, initial_time=cadence.at.isoformat("minutes"))
    hint = _zone(form.plan.zone, reader)
    return _input(Field.AT, reader.text("It opens at"), picker, hint=hint)


def _zone(zone: ZoneInfo, reader: Reader) -> str:
    return reader.text("The time of {zone}.", zone=zone.key)


def _closes(form: Form, reader: Reader) -> Block:
    picker = TimePicker(CHANGED, initial_time=form.plan.closes.isoformat("minutes"))
    hint = _zone(form.plan.zone, reader)
    return _input(Field.CLOSES, reader.text("It closes at"), picker, hint=hint)


def _languages(form: Form, reader: Reader) -> Block:
    options = [_option(language_name(reader, one), one) for one in languages()]
    chosen = [one for one in options if one.value in form.plan.languages]
    menu = StaticMultiSelectMenu(CHANGED, options, initial_options=chosen)
    hint = reader.text("Everybody gets it in their own, where it is one of these.")
    return _input(Field.LANGUAGES, reader.text("Languages"), menu, hint=hint)


def _results(form: Form, reader: Reader) -> Block:
    is_direct = form.plan.channel.startswith("D")
    labels = {
        Results.CHANNEL: reader.text("the channel where it is planned"),
        Results.LEADS: reader.text("only team leads"),
        Results.ASKED: reader.text("everybody who is asked"),
    }
    options = [
        _option(label, one)
        for one, label in labels.items()
        if not (is_direct and one is Results.CHANNEL)
    ]
    label = reader.text("Who sees the results")
    return _select(Field.RESULTS, label, options, form.plan.results)


def _counted(
    field: Field, label: str, attribute: str, first: int, last: int, hint: str = ""
) -> Callable[[Form, Reader], Block]:
    """A field in which a number is chosen."""

    def drawn(form: Form, reader: Reader) -> Block:
        now = int(getattr(form.plan, attribute))
        numbers = range(min(first, now), max(last, now) + 1)
        options = [_option(reader.number(number), str(number)) for number in numbers]
        told = reader.text(hint) if hint else ""
        return _select(field, reader.text(label), options, str(now), hint=told)

    return drawn


_DRAWN: Mapping[Field, Callable[[Form, Reader], Block]] = {
    Field.CHANNELS: _channels,
    Field.GROUPS: _groups,
    Field.PEOPLE: _people,
    Field.THEMES: _themes,
    Field.MANY: _counted(Field.MANY, "Ready questions", "many", 0, MOST_QUESTIONS),
    Field.OWN: _own,
    Field.OFTEN: _often,
    Field.WEEKDAY: _weekday,
    Field.AT: _at,
    Field.DAYS: _counted(Field.DAYS, "Days open", "days", 1, MOST_DAYS),
    Field.CLOSES: _closes,
    Field.REMINDERS: _counted(
        Field.REMINDERS,
        "Reminders",
        "reminders",
        0,
        MOST_REMINDERS,
        "Only to those who have not answered.",
    ),
    Field.LANGUAGES: _languages,
    Field.RESULTS: _results,
    Field.FEWEST: _counted(
        Field.FEWEST,
        "Fewest answers",
        "fewest",
        FEWEST,
        MOST_FEWEST,
        "Of fewer nothing is shown, and of fewer people nobody is asked.",
    ),
}


def _select(
    field: Field,
    label: str,
    options: list[Option],
    chosen: str,
    *,
    dispatches: bool = False,
    hint: str = "",
) -> Block:
    initial = next((one for one in options if one.value == chosen), None)
    menu = StaticSelectMenu(CHANGED, options, initial_option=initial)
    return _input(field, label, menu, dispatches=dispatches, hint=hint)


def _input(
    field: Field,
    label: str,
    element: Element,
    *,
    optional: bool = False,
    dispatches: bool = False,
    hint: str = "",
) -> Block:
    return InputBlock(
        _plain(label),
        element,
        dispatch_action=dispatches,
        block_id=field,
        hint=_plain(hint) if hint else None,
        optional=optional,
    )


def _option(label: str, value: str) -> Option:
    return Option(_plain(label[:75]), value)


def _plain(text: str) -> Text:
    return Text(text, type_=TextType.PLAINTEXT)
