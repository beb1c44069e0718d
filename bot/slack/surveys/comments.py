"""The comments of a wave as a lead reads them: in no order, beside no number and no team."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.blocks import actions, blocks_of, button, context, section
from bot.slack.surveys.letters import WRITE
from bot.slack.surveys.quotes import quote
from bot.surveys.results import Comment
from bot.surveys.survey import Question

#: The next comments of a wave.
MORE = "survey_comments_more"

#: A message takes 50 blocks, and 12,000 characters of JSON; the rest is for what stands around them.
_MOST_BLOCKS, _MOST_LETTERS = 44, 10_500


def comments(
    there: Sequence[Comment], questions: Mapping[str, Question], reader: Reader, *, start: int = 0
) -> Message:
    """Some comments of a wave, from one on; `questions` by their keys."""
    if not there:
        return _said(reader.text("Nobody wrote a comment."))
    shown = list(_that_fit(_shown(one, questions, reader) for one in there[start:]))
    head = reader.plural(
        "{n} comment, in random order.", "{n} comments, in random order.", len(there)
    )
    end = start + len(shown)
    if len(shown) < len(there):
        head = reader.plural(
            "{n} comment, in random order: {first} to {last}.",
            "{n} comments, in random order: {first} to {last}.",
            len(there),
            first=reader.number(start + 1),
            last=reader.number(end),
        )
    note = reader.text("Do not ask around who wrote what: that is what keeps people honest.")
    more = button(reader.text("More"), MORE, f"{there[0].wave}:{end}")
    blocks = [
        *blocks_of(section(head, "comments-head")),
        *chain.from_iterable(shown),
        *blocks_of(
            context(note, "comments-note"),
            actions("comments-more", more) if end < len(there) else None,
        ),
    ]
    return Message(text=head, blocks=blocks)


def withheld(fewest: int, reader: Reader) -> Message:
    """Why there are no comments of a wave that few answered."""
    return _said(
        reader.text(
            "🔒 Withheld: comments are shown where {fewest} people or more answered, so that nobody's "
            "shows. They were deleted unread.",
            fewest=reader.number(fewest),
        )
    )


def _said(told: str) -> Message:
    return Message(text=told, blocks=blocks_of(section(told, "comments-head")))


def _that_fit(there: Iterable[list[BlockJson]]) -> Iterator[list[BlockJson]]:
    """As many as a message takes, but one at least."""
    blocks = letters = 0
    for place, one in enumerate(there):
        blocks += len(one)
        letters += len(json.dumps(one, ensure_ascii=False))
        if place and (blocks > _MOST_BLOCKS or letters > _MOST_LETTERS):
            return
        yield one


def _shown(one: Comment, questions: Mapping[str, Question], reader: Reader) -> list[BlockJson]:
    blocks = quote(_title(one, questions, reader), one.text, f"comment-{one.id}")
    if one.can_be_answered:
        write = button(reader.text("Answer (they stay unknown)"), WRITE, one.id)
        blocks += blocks_of(actions(f"comment-answer-{one.id}", write))
    return blocks


def _title(one: Comment, questions: Mapping[str, Question], reader: Reader) -> str:
    """What a comment is about; nothing where all are about the one question."""
    if len(questions) == 1:
        return ""
    question = questions.get(one.question)
    return reader.text("Comment") if question is None else question.wording(reader.locale)[0]
