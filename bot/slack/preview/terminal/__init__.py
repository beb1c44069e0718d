"""Shows messages in a terminal with colours and frames, and in a pipe as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from bot.locale import Reader
from bot.message import Message
from bot.slack.preview.conversation import (
    NAME,
    Conversation,
    Unshown,
    by_channel_and_day,
    replies,
    sight_of,
)
from bot.slack.preview.mrkdwn import paragraphs
from bot.slack.preview.terminal.blocks import Drawing
from bot.slack.preview.terminal.words import clean, prose

#: A frame is no wider: lines that are longer are hard to read.
WIDEST = 88


def to_terminal(conversations: Sequence[Conversation], console: Console, reader: Reader) -> None:
    """Prints the conversations as they follow each other; without frames where it is no terminal.

    `reader` is who looks at Slack: what Slack itself says is in their language and zone. Raises
    `Unshown` for a block that the preview does not know, or a picture that is missing.
    """
    for channel, days in by_channel_and_day(conversations, reader):
        for day, few in days:
            heading = reader.text("{channel} · {day}", channel=channel, day=day)
            console.print(Text(clean(heading), "bold"))
            for conversation in few:
                _conversation(conversation, console, reader)


def _conversation(conversation: Conversation, console: Console, reader: Reader) -> None:
    if conversation.note:
        console.print(Text(clean(conversation.note), "italic dim"))
    message = conversation.message
    shown: list[RenderableType] = [_post(conversation, message, console, reader)]
    if message.thread:
        count = Text(replies(message, reader), "bold blue")
        thread = (_reply(conversation, reply, console, reader) for reply in message.thread)
        shown.append(Padding(Group(count, *thread), (0, 0, 0, 2)))
    if console.is_terminal:
        console.print(*shown)
    else:
        console.print(_Trimmed(Group(*shown)), "")


def _reply(
    conversation: Conversation, reply: Message, console: Console, reader: Reader
) -> RenderableType:
    if reply.thread:
        raise Unshown("a reply in a thread has no thread of its own")
    return _post(conversation, reply, console, reader)


def _post(
    conversation: Conversation, message: Message, console: Console, reader: Reader
) -> RenderableType:
    clock = reader.time_of(conversation.moment)
    head = Text.assemble((NAME, "bold"), (f"  {clock}", "dim"))
    body = Group(*_body(message, console, reader))
    if not console.is_terminal:
        return Group(head, Padding(body, (0, 0, 0, 2)))
    width = min(WIDEST, console.width)
    return Panel(body, title=head, title_align="left", width=width, border_style="dim")


def _body(message: Message, console: Console, reader: Reader) -> list[RenderableType]:
    if not message.blocks:
        return [prose(paragraphs(message.text, reader), console)]
    drawing = Drawing(sight_of(message, reader), console)
    return [drawing.block(block) for block in message.blocks]


@dataclass(frozen=True, slots=True)
class _Trimmed:
    """Lines without the blanks at their ends, with which a frame would be filled."""

    inside: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self.inside, options, pad=False):
            yield Segment("".join(segment.text for segment in line).rstrip())
            yield Segment.line()
