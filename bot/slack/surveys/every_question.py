"""Every question of a wave, with what may be told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.locale import Reader
from bot.message import Message
from bot.slack.blocks import blocks_of, context, plain, section, table
from bot.slack.surveys.results import LONGEST_CONTEXT
from bot.slack.surveys.scores import Shown
from bot.slack.surveys.withheld import named, shares
from bot.surveys.gate import Reason
from bot.surveys.results import Told, WaveResult
from bot.surveys.survey import Question, Scale

if TYPE_CHECKING:
    from slackblocks import Block

#: A question with its options takes no more letters, so that ten of them fit into a message.
_LONGEST = 1_000


def every_question(told: WaveResult, reader: Reader) -> Message:
    """The questions that have a score in a table, each choice with its options, and what is withheld."""
    head = reader.text("Every question")
    blocks = blocks_of(
        section(f"*{head}*", "survey-every-question"),
        *_scores(told, reader),
        *(
            _choice(question, told.of(question.key), told, reader)
            for question in told.questions
            if question.scale is Scale.CHOICE
        ),
        *_words(told, reader),
    )
    return Message(text=head, blocks=blocks)


def _scores(told: WaveResult, reader: Reader) -> Iterator[Block]:
    shown, hidden = Shown(told, None, reader), {}
    rows = [[reader.text("Question"), reader.text("Score"), reader.text("n")]]
    for question in told.questions:
        if question.scale.ends is None:
            continue
        name, score = _name(question, reader), shown.score(question.key)
        if score is None:
            hidden[reader.text("“{question}”", question=plain(name))] = told.of(question.key)
        else:
            rows.append([name, score.of_scale, score.n])
    if len(rows) > 1:
        yield table(rows, "survey-questions")
    if hidden:
        yield context(named(hidden, told, reader)[:LONGEST_CONTEXT], "survey-hidden-questions")


def _choice(question: Question, one: Told, told: WaveResult, reader: Reader) -> Block:
    name = plain(_name(question, reader))
    if one.numbers is None:
        why = shares(one.withheld or Reason.TOO_FEW, told, reader)
        return section(f"*{name}*\n{why}", f"q-{question.key}")
    lines = [
        reader.text(
            "{option}: {n}",
            option=plain(option),
            n=reader.number(one.numbers.counts.get(place, 0)),
        )
        for place, option in enumerate(question.options)
    ]
    return section("\n".join([f"*{name}*", *lines])[:_LONGEST], f"q-{question.key}")


def _words(told: WaveResult, reader: Reader) -> Iterator[Block]:
    """Where the answers in words are."""
    if any(question.scale is Scale.TEXT for question in told.questions):
        note = reader.text("What was said in words is with the comments, for leads.")
        yield context(note, "survey-words")


def _name(question: Question, reader: Reader) -> str:
    return question.wording(reader.locale)[0]
