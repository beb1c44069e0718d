"""Turns the paragraphs of a text into text that rich can print."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.style import Style
from rich.text import Text

from bot.slack.preview.texts import Kind, Paragraph, Span

_BAR = "│ "


def words(paragraphs: Sequence[Paragraph], console: Console) -> Text:
    """The paragraphs, a line each. Addresses are told where a terminal cannot make them links."""
    lines = ((_lead(paragraph), _line(paragraph, console)) for paragraph in paragraphs)
    return Text("\n").join(Text.assemble(lead, line) for lead, line in lines)


def prose(paragraphs: Sequence[Paragraph], console: Console) -> RenderableType:
    """The paragraphs, of which quotes and lists keep their margin when a line has to break."""
    return Group(*(_Hanging(_lead(each), _line(each, console)) for each in paragraphs))


def clean(text: str) -> str:
    """The text without control characters: a name must not be able to steer the terminal."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc")


@dataclass(frozen=True, slots=True)
class _Hanging:
    """A text to the right of its lead; of the lead a quote's bar is on every line."""

    lead: str
    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        again = self.lead if self.lead == _BAR else " " * len(self.lead)
        room = max(1, options.max_width - len(self.lead))
        for number, line in enumerate(self.text.wrap(console, room, overflow="fold")):
            yield Text.assemble(again if number else self.lead, line)


def _line(paragraph: Paragraph, console: Console) -> Text:
    line = Text()
    for span in paragraph.spans:
        line.append(clean(span.text), _style(span))
        if span.link and not console.is_terminal and span.link != span.text:
            line.append(f" ({clean(span.link)})")
    if paragraph.kind is Kind.HEADING:
        line.stylize("bold")
    return line


def _lead(paragraph: Paragraph) -> str:
    indent = "  " * paragraph.level
    match paragraph.kind:
        case Kind.QUOTE:
            return _BAR
        case Kind.BULLET:
            return f"{indent}• "
        case Kind.NUMBERED:
            return f"{indent}{paragraph.number}. "
        case Kind.RULE:
            return "───"
        case _:
            return ""


def _style(span: Span) -> Style:
    return Style(
        bold=span.bold or None,
        italic=span.italic or None,
        strike=span.strike or None,
        color="cyan" if span.code else "blue" if span.mention else None,
        link=clean(span.link) if span.link else None,
    )
