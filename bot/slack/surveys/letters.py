"""The letters between leads and the author of a comment, and the window they are read and written in.

No message holds a word of them: Slack keeps messages, for whoever may export them, and beside
somebody's name it would be known who wrote what. What a window shows Slack does not keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slackblocks import InputBlock, ModalView, PlainTextInput, Text, TextType

from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.blocks import actions, blocks_of, button, context, section
from bot.slack.surveys.quotes import quote
from bot.slack.surveys.telltales import found
from bot.surveys.ballot import LONGEST_COMMENT
from bot.surveys.mailbox import Letter
from bot.surveys.results import Comment
from bot.surveys.telltales import Telltale

ViewJson = dict[str, Any]

#: A lead reads what was written about a comment, and writes; its author does, or ends it.
WRITE, REPLY, END = "survey_letter_write", "survey_letter_reply", "survey_letter_end"

#: The window in which a letter is written, and its one field.
LETTER, TEXT = "survey_letter", "survey-letter-text"

#: So many of the last letters are shown: a window takes 100 blocks, and who reads scrolls.
MOST = 10

_VALUE = "value"


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter in its window; `seen` is the mark of the text whose telltales its writer has seen."""

    comment: str
    by_author: bool
    text: str = ""
    seen: str = ""

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Draft:
        """What stands in a window that was sent."""
        comment, by_author, seen = json.loads(view["private_metadata"])
        text = view["state"]["values"][TEXT][_VALUE].get("value") or ""
        return cls(comment, by_author, text.strip(), seen)


# --- The messages --------------------------------------------------------------------------------


def to_author(alias: str, reader: Reader) -> Message:
    """Tells the author of a comment that there is a letter for them.

    `alias` is what only their messages call it (`bot.store.letters.alias`).
    """
    told = reader.text("A team lead answers a comment of yours. They do not know who you are.")
    promise = reader.text(
        "🔒 What you wrote and what they answer is not in this message, so that nobody who can read "
        "it learns which comment is yours."
    )
    buttons = [
        button(reader.text("Read it"), REPLY, alias, style="primary"),
        button(reader.text("End this"), END, alias),
    ]
    blocks = blocks_of(
        section(told, "letter-told"),
        context(promise, "letter-promise"),
        actions("letter-actions", *buttons),
    )
    return Message(text=told, blocks=blocks)


def to_lead(comment: str, reader: Reader) -> Message:
    """Tells the lead who wrote last that the author of a comment answered."""
    told = reader.text("The author of a comment answers you. Nobody can look up who they are.")
    read = button(reader.text("Read it"), WRITE, comment, style="primary")
    blocks = blocks_of(section(told, "letter-told"), actions("letter-actions", read))
    return Message(text=told, blocks=blocks)


def ended(reader: Reader) -> Message:
    """What stands in the place of a letter once its author ended it."""
    told = reader.text(
        "Ended. Nobody can write to you about this comment any more, and a letter of yours that had not "
        "gone out is not sent."
    )
    return Message(text=told, blocks=blocks_of(section(told, "letter-ended")))


# --- The window ----------------------------------------------------------------------------------


def letter_view(
    comment: Comment,
    letters: Sequence[Letter],
    reader: Reader,
    draft: Draft,
    telltales: Sequence[Telltale] = (),
) -> ViewJson:
    """The window in which a lead, or the author, reads the letters about a comment and writes one.

    Where nobody can be reached by it any more there is nothing to write.
    """
    conversation = list(_conversation(comment, letters, reader, by_author=draft.by_author))
    if not comment.can_be_answered:
        over = reader.text("This conversation has ended: the author cannot be reached any more.")
        return _window([*conversation, *blocks_of(context(over, "letter-over"))], reader)
    field = InputBlock(_plain(reader.text("Your letter")), _text_input(draft.text), block_id=TEXT)
    blocks = [
        *conversation,
        *blocks_of(
            section(found(telltales, reader), "letter-found") if telltales else None,
            field,
            context(_promise(reader, by_author=draft.by_author), "letter-who"),
        ),
    ]
    submit = reader.text("Send as it is") if telltales else reader.text("Send")
    sent = [draft.comment, draft.by_author, draft.seen]
    return _window(blocks, reader, submit=submit, metadata=json.dumps(sent))


def told_view(told: str, reader: Reader) -> ViewJson:
    """The window that says when the letter goes out."""
    return _window(list(blocks_of(section(told, "letter-told"))), reader)


def sent(slot: str, reader: Reader) -> str:
    """That a letter waits for its batch."""
    return reader.text("Sealed. It goes out {moment}, with the others of its batch.", moment=slot)


def _conversation(
    comment: Comment, letters: Sequence[Letter], reader: Reader, *, by_author: bool
) -> Iterator[BlockJson]:
    wrote = reader.text("You wrote") if by_author else reader.text("They wrote")
    yield from quote(wrote, comment.text, "letter-comment")
    for one in letters[-MOST:]:
        yield from quote(_who(one, reader, by_author=by_author), one.text, f"letter-{one.place}")


def _who(letter: Letter, reader: Reader, *, by_author: bool) -> str:
    """A letter that waits for its batch is seen by its writer's side alone."""
    if letter.by is not None:
        waits, told = "A lead answered, to be sent", "A lead answered"
    elif by_author:
        waits, told = "You answered, to be sent", "You answered"
    else:
        return reader.text("They answered")
    return reader.text(told if letter.relayed else waits)


def _promise(reader: Reader, *, by_author: bool) -> str:
    if by_author:
        return reader.text(
            "🔒 They do not learn who you are. It goes out with the next batch, an hour from now at "
            "the earliest, so that its time tells nothing."
        )
    return reader.text("The author learns that a lead writes, and you never learn who they are.")


def _window(
    blocks: Sequence[BlockJson], reader: Reader, *, submit: str = "", metadata: str = ""
) -> ViewJson:
    """A modal of blocks; without `submit` there is nothing to send."""
    view = ModalView(
        title=_plain(reader.text("Letter")),
        close=_plain(reader.text("Cancel") if submit else reader.text("Close")),
        submit=_plain(submit) if submit else None,
        callback_id=LETTER if submit else None,
        private_metadata=metadata or None,
        blocks=[],
    )
    return {**json.loads(json.dumps(view.to_dict())), "blocks": list(blocks)}


def _text_input(text: str) -> PlainTextInput:
    return PlainTextInput(
        _VALUE, initial_value=text or None, multiline=True, max_length=LONGEST_COMMENT
    )


def _plain(text: str) -> Text:
    return Text(text[:24], type_=TextType.PLAINTEXT)
