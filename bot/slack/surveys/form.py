"""The window in which somebody answers: the questions of a wave, and what they want to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from slackblocks import (
    Block,
    CheckboxGroup,
    Element,
    InputBlock,
    ModalView,
    Option,
    PlainTextInput,
    RadioButtonGroup,
    StaticSelectMenu,
    Text,
    TextType,
)

from bot.locale import Reader
from bot.slack.blocks import context, section
from bot.slack.surveys.question import promise_of_words
from bot.slack.surveys.telltales import found, mark_of
from bot.slack.surveys.words import scales_of
from bot.surveys.asking import Asking
from bot.surveys.ballot import LONGEST_COMMENT
from bot.surveys.bank import ENPS
from bot.surveys.roll import Act
from bot.surveys.survey import Kind, Question, Scale
from bot.surveys.telltales import Telltale

#: A modal as Slack takes it.
ViewJson = dict[str, Any]

#: The window of a wave's questions, and the one of the reason for a number of an eNPS.
ANSWER, WHY = "survey_answer", "survey_why_form"

#: The blocks of what is no question: a comment to all of it, and whether a lead may answer.
COMMENT, REPLY = "survey-comment", "survey-reply"

_VALUE = "value"
_LONGEST_LABEL = 24


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the window: numbers and texts by the keys of the questions.

    The comment to all of it has the key `COMMENT`.
    """

    answers: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    may_reply: bool = False

    def seen(self) -> str:
        """A mark of the texts: whoever sends the same ones again has seen what is in them."""
        return mark_of(*self.texts.values())


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the window hands back: the wave, the message it was opened from, which texts were seen."""

    wave: int
    channel: str = ""
    ts: str = ""
    seen: str = ""

    def to_text(self) -> str:
        return json.dumps([self.wave, self.channel, self.ts, self.seen])

    @classmethod
    def from_text(cls, told: str) -> Self:
        return cls(*json.loads(told))


def answer_view(
    asking: Asking,
    ticket: Ticket,
    reader: Reader,
    filled: Filled | None = None,
    telltales: Sequence[Telltale] = (),
) -> ViewJson:
    """The window of a wave's questions, with what somebody filled in and what was found in it."""
    filled = filled or Filled()
    needed = asking.kind is Kind.ENPS
    questions = [_question(one, filled, reader, needed=needed) for one in asking.questions]
    comment = _comment(filled, reader, reader.text("Anything you want to say?"))
    blocks = [
        *_found(telltales, reader),
        *(_words_first(questions, comment) if telltales else (*questions, *comment)),
        context(promise_of_words(asking, reader), "survey-promise"),
        context(reader.text("What exactly? `/pulse privacy`"), "survey-exactly"),
    ]
    title = reader.text("eNPS") if asking.kind is Kind.ENPS else reader.text("Pulse")
    return _window(title, blocks, ANSWER, ticket, filled, telltales, reader)


def why_view(
    asking: Asking,
    ticket: Ticket,
    reader: Reader,
    filled: Filled | None = None,
    telltales: Sequence[Telltale] = (),
) -> ViewJson:
    """The window in which somebody says why, after they gave their number."""
    filled = filled or Filled()
    blocks = [
        *_found(telltales, reader),
        *_comment(filled, reader, reader.text("Why?")),
        context(promise_of_words(asking, reader), "survey-promise"),
        context(reader.text("What exactly? `/pulse privacy`"), "survey-exactly"),
    ]
    return _window(reader.text("Say why"), blocks, WHY, ticket, filled, telltales, reader)


def told_view(told: str, reader: Reader) -> ViewJson:
    """The window that says how it went."""
    view = ModalView(
        title=_plain(reader.text("Survey")),
        close=_plain(reader.text("Close")),
        blocks=[section(told, "survey-told")],
    )
    return _as_json(view)


def filled_of(view: Mapping[str, Any], questions: Sequence[Question]) -> Filled:
    """What stands in a window that was sent."""
    state = view["state"]["values"]
    answers: dict[str, int] = {}
    texts: dict[str, str] = {}
    for question in questions:
        told = _value(state.get(_block(question), {}).get(_VALUE) or {})
        if told and question.scale is Scale.TEXT:
            texts[question.key] = told
        elif told:
            answers[question.key] = int(told)
    comment = _value(state.get(COMMENT, {}).get(_VALUE) or {})
    if comment:
        texts[COMMENT] = comment
    chosen = (state.get(REPLY, {}).get(_VALUE) or {}).get("selected_options")
    return Filled(answers, texts, may_reply=bool(chosen))


def missing(filled: Filled, kind: str, act: Act, reader: Reader) -> dict[str, str]:
    """What has to be filled in before it can be sent, by the block; as Slack takes it."""
    if kind == Kind.ENPS and act is not Act.WHY and not filled.answers:
        return {f"q-{ENPS.key}": reader.text("Choose a number from 0 to 10.")}
    if not filled.answers and not filled.texts:
        return {COMMENT: reader.text("Nothing is filled in yet.")}
    return {}


def _value(element: Mapping[str, Any]) -> str:
    option = element.get("selected_option")
    return str(option["value"] if option else element.get("value") or "").strip()


# --- The fields ----------------------------------------------------------------------------------


def _block(question: Question) -> str:
    return f"q-{question.key}"


def _question(question: Question, filled: Filled, reader: Reader, *, needed: bool) -> InputBlock:
    label = question.wording(reader.locale)[0]
    return _input(label, _element(question, filled, reader), _block(question), needed=needed)


def _words_first(
    questions: Sequence[InputBlock], comment: Sequence[InputBlock]
) -> Iterator[InputBlock]:
    """What was said in words comes right below what was found in it: it may be changed now."""
    in_words = [one for one in questions if isinstance(one.element, PlainTextInput)]
    yield from (*in_words, *comment)
    yield from (one for one in questions if one not in in_words)


def _element(question: Question, filled: Filled, reader: Reader) -> Element:
    if question.scale is Scale.TEXT:
        return _text_input(filled.texts.get(question.key, ""))
    options = [_option(label, value) for label, value in _options(question, reader)]
    given = filled.answers.get(question.key)
    initial = next((one for one in options if one.value == str(given)), None)
    if question.scale is Scale.LIKELIHOOD:
        placeholder = _plain(_zero_to_ten(reader))
        return StaticSelectMenu(_VALUE, options, initial_option=initial, placeholder=placeholder)
    return RadioButtonGroup(_VALUE, options, initial_option=initial)


def _zero_to_ten(reader: Reader) -> str:
    return reader.text("{first}–{last}", first=reader.number(0), last=reader.number(10))


def _options(question: Question, reader: Reader) -> Iterator[tuple[str, int]]:
    words = scales_of(question, reader)
    match question.scale:
        case Scale.AGREEMENT:
            yield from ((label, place + 1) for place, label in enumerate(words.agreement))
        case Scale.LIKELIHOOD:
            low, high = words.likelihood
            ends = {0: f" {low}", 10: f" {high}"} if question.key == ENPS.key else {}
            yield from ((reader.number(score) + ends.get(score, ""), score) for score in range(11))
        case _:
            yield from ((label, place) for place, label in enumerate(question.options))


def _comment(filled: Filled, reader: Reader, label: str) -> list[InputBlock]:
    reply = _option(reader.text("A lead may answer me. They do not learn who I am."), "yes")
    chosen = [reply] if filled.may_reply else None
    return [
        _input(label, _text_input(filled.texts.get(COMMENT, "")), COMMENT),
        _input(
            reader.text("If you wrote something"),
            CheckboxGroup(_VALUE, [reply], initial_options=chosen),
            REPLY,
        ),
    ]


def _found(telltales: Sequence[Telltale], reader: Reader) -> list[Block]:
    return [section(found(telltales, reader), "survey-found")] if telltales else []


def _text_input(text: str) -> PlainTextInput:
    return PlainTextInput(
        _VALUE, initial_value=text or None, multiline=True, max_length=LONGEST_COMMENT
    )


def _input(label: str, element: Element, block_id: str, *, needed: bool = False) -> InputBlock:
    return InputBlock(_plain(label[:2_000]), element, block_id=block_id, optional=not needed)


def _option(label: str, value: object) -> Option:
    return Option(_plain(label[:75]), str(value))


def _window(
    title: str,
    blocks: list[Block],
    callback: str,
    ticket: Ticket,
    filled: Filled,
    telltales: Sequence[Telltale],
    reader: Reader,
) -> ViewJson:
    if telltales:
        ticket = replace(ticket, seen=filled.seen())
    submit = reader.text("Send as it is") if telltales else reader.text("Send")
    view = ModalView(
        title=_plain(title[:_LONGEST_LABEL]),
        submit=_plain(submit[:_LONGEST_LABEL]),
        close=_plain(reader.text("Cancel")[:_LONGEST_LABEL]),
        blocks=blocks,
        callback_id=callback,
        private_metadata=ticket.to_text(),
    )
    return _as_json(view)


def _as_json(view: ModalView) -> ViewJson:
    return dict(json.loads(json.dumps(view.to_dict())))


def _plain(text: str) -> Text:
    return Text(text, type_=TextType.PLAINTEXT)
