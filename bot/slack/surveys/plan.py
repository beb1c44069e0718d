"""A survey before it starts: who would be asked, when, what is kept, and what each would be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slackblocks import Block, ModalView, Text, TextType

from bot.locale import Reader, isolated
from bot.message import BlockJson, Message
from bot.slack.blocks import LONGEST_TEXT, actions, blocks_of, button, context, plain, section
from bot.slack.surveys.notices import kind_label
from bot.slack.surveys.promised import Preview, about, asking_of, teams_of
from bot.slack.surveys.question import question, wording
from bot.slack.surveys.words import theme_label
from bot.surveys.survey import Kind, Plan, Question, Scale
from bot.surveys.wording import plan_text

#: A modal as Slack takes it.
ViewJson = dict[str, Any]

#: The buttons below a draft; `commands/survey_drafts.py` answers them. The first one hands back the
#: draft and the mark of what was shown, the others the draft.
START, CHANGE, DROP, LOOK = (
    "survey_plan_start",
    "survey_plan_change",
    "survey_plan_drop",
    "survey_plan_look",
)

#: The window that shows a draft; it hands back what the button hands back.
STARTS = "survey_plan_starts"

_LONGEST_SECTION, _LONGEST_TYPED, _LONGEST_LABEL = 3_000, 1_000, 24


def preview(shown: Preview, reader: Reader) -> Message:
    """The answer to whoever plans a survey, with a button that starts it if it can."""
    lines = [_first(shown, reader), *about(shown, reader)]
    blocks = blocks_of(
        section("\n".join(_fitting(lines)), "survey-plan"),
        *(_details(shown, reader) if shown.may_start else ()),
        _buttons(shown, reader),
    )
    return Message(text="\n".join(lines)[:LONGEST_TEXT], blocks=blocks)


def _details(shown: Preview, reader: Reader) -> list[Block | None]:
    return [
        *_warnings(shown, reader),
        *_questions(shown, reader),
        section(_quoted(shown, reader), "survey-plan-message"),
        _typed(shown, reader),
    ]


def untold(draft: int, why: str, reader: Reader) -> Message:
    """Slack does not tell who would be asked; `why` is its answer."""
    told = reader.text("⚠️ Slack does not tell who would be asked: {why}", why=plain(why))
    again = button(reader.text("Look again"), LOOK, str(draft), style="primary")
    return Message(
        text=told,
        blocks=blocks_of(
            section(told[:_LONGEST_SECTION], "survey-plan"),
            actions("survey-plan-actions", again, *_others(draft, reader)),
        ),
    )


def started(
    plan: Plan, number: int, moment: datetime, warning: str | None, reader: Reader
) -> Message:
    """That a survey is started: `moment` is when its first wave opens, or its only one closes."""
    local = replace(reader, zone=plan.zone)
    places = {
        "moment": local.day_and_time(moment),
        "zone": plan.zone.key,
        "command": f"`/{plan.kind} close {number}`",
    }
    told = reader.text(_STARTED_ONCE if plan.cadence is None else _STARTED, **places)
    return Message(told if warning is None else f"{told}\n⚠️ {warning}")


_STARTED = (
    "✅ Started. It opens for the first time {moment} ({zone}); you need not do anything more. "
    "To end one early: {command}"
)
_STARTED_ONCE = (
    "✅ Started. Each is asked at the next good hour of their own day, until {moment} ({zone}). "
    "To end it early: {command}"
)


def as_view(shown: Message, reader: Reader) -> ViewJson:
    """A message about a draft in a window, whose own button is the one that starts."""
    start = next((one for one in _elements(shown) if one["action_id"] == START), None)
    view = ModalView(
        title=_plain(reader.text("Survey")),
        submit=_plain(start["text"]["text"]) if start else None,
        close=_plain(reader.text("Close")),
        blocks=[],
        callback_id=STARTS,
        private_metadata=start["value"] if start else "",
    )
    there = shown.blocks or blocks_of(section(shown.text, "survey-plan"))
    blocks = [_without_start(block) for block in there]
    return {**json.loads(json.dumps(view.to_dict())), "blocks": blocks}


def _elements(shown: Message) -> Iterator[BlockJson]:
    return (
        one for block in shown.blocks if block["type"] == "actions" for one in block["elements"]
    )


def _without_start(block: BlockJson) -> BlockJson:
    if block["type"] != "actions":
        return block
    return {
        **block,
        "elements": [one for one in block["elements"] if one["action_id"] != START],
    }


def _buttons(shown: Preview, reader: Reader) -> Block:
    others = _others(shown.draft, reader)
    if not shown.may_start:
        return actions("survey-plan-actions", *others)
    start = button(reader.text("Start"), START, f"{shown.draft} {shown.mark}", style="primary")
    return actions("survey-plan-actions", start, *others)


def _others(draft: int, reader: Reader) -> list[Any]:
    return [
        button(reader.text("Change"), CHANGE, str(draft)),
        button(reader.text("Drop"), DROP, str(draft)),
    ]


def _first(shown: Preview, reader: Reader) -> str:
    survey = kind_label(reader, shown.plan.kind)
    if not shown.may_start and shown.asked >= shown.plan.fewest:
        return reader.text(
            "*⚠️ {survey}: it cannot start.* It would reach nobody: there is no good hour before it "
            "closes. Open it for longer.",
            survey=survey,
        )
    if not shown.may_start:
        return reader.plural(
            "*⚠️ {survey}: it cannot start.* It would ask {n} person. Of fewer than {fewest} nobody's "
            "answer would stay hidden. Ask more teams together.",
            "*⚠️ {survey}: it cannot start.* It would ask {n} people. Of fewer than {fewest} nobody's "
            "answer would stay hidden. Ask more teams together.",
            shown.asked,
            survey=survey,
            fewest=reader.number(shown.plan.fewest),
        )
    if shown.has_changed:
        return reader.text(
            "*{survey}: it was changed since you saw it. Look again.* Nothing is sent before you "
            "press “Start”.",
            survey=survey,
        )
    return reader.text(
        "*{survey}: this is how it would be.* Nothing is sent before you press “Start”.",
        survey=survey,
    )


# --- What is asked -------------------------------------------------------------------------------


def _questions(shown: Preview, reader: Reader) -> list[Block]:
    if shown.plan.kind is Kind.ENPS:
        return []
    lines = [_head(shown, reader), *(f"• {_question(one, reader)}" for one in shown.questions)]
    return [section("\n".join(_fitting(lines)), "survey-plan-questions")]


def _fitting(lines: Sequence[str]) -> Iterator[str]:
    """As many whole lines as a section takes."""
    left = _LONGEST_SECTION - len("…")
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            yield "…"
            return
        yield line


def _head(shown: Preview, reader: Reader) -> str:
    number = len(shown.questions)
    if shown.plan.cadence is None or not shown.plan.many:
        return reader.plural("*{n} question:*", "*{n} questions:*", number)
    return reader.plural(
        "*{n} question the first time*, then others: none comes back within a quarter.",
        "*{n} questions the first time*, then others: none comes back within a quarter.",
        number,
    )


def _question(asked: Question, reader: Reader) -> str:
    text = isolated(wording(asked, reader))
    if asked.theme:
        return reader.text(
            "{question} _{theme}_", question=text, theme=theme_label(reader, asked.theme)
        )
    if asked.scale is Scale.CHOICE:
        options = " / ".join(isolated(plain(one)) for one in asked.options)
        return reader.text("{question} _one of: {options}_", question=text, options=options)
    return reader.text(_OWN[asked.scale], question=text)


_OWN = {
    Scale.AGREEMENT: "{question} _own, 1 to 5_",
    Scale.LIKELIHOOD: "{question} _own, 0 to 10_",
    Scale.TEXT: "{question} _own, in one's own words_",
}


def _warnings(shown: Preview, reader: Reader) -> list[Block]:
    """What of it a lead may not have meant."""
    lines = [f"⚠️ {told}" for told in _warned(shown, reader)]
    return [section("\n".join(lines)[:_LONGEST_SECTION], "survey-plan-warnings")] if lines else []


def _warned(shown: Preview, reader: Reader) -> Iterator[str]:
    if shown.warning:
        yield shown.warning
    if shown.late:
        yield reader.plural(
            "{n} person has no good hour before it closes, and gets no message; they can answer with "
            "{command}. Open for longer, it reaches all.",
            "{n} people have no good hour before it closes, and get no message; they can answer with "
            "{command}. Open for longer, it reaches all.",
            shown.late,
            command=f"`/{shown.plan.kind}`",
        )
    small = [one for one in shown.teams if one[1] < shown.plan.fewest]
    if small and len(shown.teams) > 1:
        yield reader.text(
            "Too small to be shown by itself, counted in the total: {teams}.",
            teams=teams_of(small, reader),
        )
    if shown.supply is not None:
        yield reader.plural(
            "There is {n} ready question about these themes, too few for a quarter: asked this often, "
            "later ones have fewer.",
            "There are {n} ready questions about these themes, too few for a quarter: asked this "
            "often, later ones have fewer.",
            shown.supply,
        )


# --- What they are sent --------------------------------------------------------------------------


def _quoted(shown: Preview, reader: Reader) -> str:
    """The very message, quoted: its buttons are words, which nobody can press."""
    told = reader.text("This is what each of them is sent:")
    lines = [line for block in question(asking_of(shown), reader).blocks if (line := _words(block))]
    return "\n".join([told, f">>> {lines[0]}", *lines[1:]])[:_LONGEST_SECTION]


def _words(block: BlockJson) -> str:
    if block["type"] == "section":
        return str(block["text"]["text"])
    if block["type"] == "context":
        return " ".join(str(one["text"]) for one in block["elements"])
    return " ".join(f"`{one['text']['text']}`" for one in block.get("elements", ()))


def _typed(shown: Preview, reader: Reader) -> Block | None:
    """Not as code: in that the names of channels and people are not shown."""
    text = plan_text(shown.plan)
    if shown.plan.own or len(text) > _LONGEST_TYPED:
        return None
    told = reader.text("The same as it is typed: {text}", text=text)
    return context(told, "survey-plan-typed")


def _plain(text: str) -> Text:
    return Text(text[:_LONGEST_LABEL], type_=TextType.PLAINTEXT)
