"""Shows messages in a terminal with colours and frames, and in a pipe as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from bot.message import Message
from bot.slack.preview.conversation import (
    NAME,
    Conversation,
    Unshown,
    by_channel_and_day,
    sight_of,
)
from bot.slack.preview.mrkdwn import paragraphs
from bot.slack.preview.terminal.blocks import Drawing
from bot.slack.preview.terminal.words import clean, prose

#: A frame is no wider: lines that are longer are hard to read.
WIDEST = 88


def to_terminal(conversations: Sequence[Conversation], console: Console) -> None:
    """Prints the conversations as they follow each other; without frames where it is no terminal.

    Raises `Unshown` for a block that the preview does not know, or a picture that is missing.
    """
    for channel, days in by_channel_and_day(conversations):
        for day, few in days:
            console.print(Text(clean(f"{channel} · {day}"), "bold"))
            for conversation in few:
                _conversation(conversation, console)


def _conversation(conversation: Conversation, console: Console) -> None:
    if conversation.note:
        console.print(Text(clean(conversation.note), "italic dim"))
    shown: list[RenderableType] = [_post(conversation, conversation.message, console)]
    replies = conversation.message.thread
    if replies:
        count = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
        thread = (_reply(conversation, reply, console) for reply in replies)
        shown.append(Padding(Group(Text(count, "bold blue"), *thread), (0, 0, 0, 2)))
    if console.is_terminal:
        console.print(*shown)
    else:
        console.print(_Trimmed(Group(*shown)), "")


def _reply(conversation: Conversation, reply: Message, console: Console) -> RenderableType:
    if reply.thread:
        raise Unshown("a reply in a thread has no thread of its own")
    return _post(conversation, reply, console)


def _post(conversation: Conversation, message: Message, console: Console) -> RenderableType:
    head = Text.assemble((NAME, "bold"), (f"  {conversation.clock}", "dim"))
    body = Group(*_body(conversation, message, console))
    if not console.is_terminal:
        return Group(head, Padding(body, (0, 0, 0, 2)))
    width = min(WIDEST, console.width)
    return Panel(body, title=head, title_align="left", width=width, border_style="dim")


def _body(conversation: Conversation, message: Message, console: Console) -> list[RenderableType]:
    sight = sight_of(message, conversation.moment.tzinfo)
    if not message.blocks:
        return [prose(paragraphs(message.text, sight.zone), console)]
    drawing = Drawing(sight, console)
    return [drawing.block(block) for block in message.blocks]


@dataclass(frozen=True, slots=True)
class _Trimmed:
    """Lines without the blanks at their ends, with which a frame would be filled."""

    inside: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self.inside, options, pad=False):
            yield Segment("".join(segment.text for segment in line).rstrip())
            yield Segment.line()
