"""Draws the blocks of a message for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.slack.preview import markdown, mrkdwn, rich_text
from bot.slack.preview.chart import chart_of
from bot.slack.preview.conversation import Sight, Unshown
from bot.slack.preview.grid import grid_of
from bot.slack.preview.terminal.chart import Bars
from bot.slack.preview.terminal.table import Fitting
from bot.slack.preview.terminal.words import clean, prose, words
from bot.slack.preview.texts import Paragraph, plain, safe_link

Json = Mapping[str, Any]

_STYLES = {"primary": "bold green", "danger": "bold red"}
_NARROW = 60


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws blocks for one console, with the pictures of one message, for one reader."""

    sight: Sight
    console: Console

    def block(self, block: Json) -> RenderableType:
        """One block. Raises `Unshown` for one that the preview does not know."""
        draw = _DRAWN.get(block["type"])
        if draw is None:
            raise Unshown(f"there is no preview of the block {block['type']!r}")
        return draw(self, block)

    def text(self, text: Json | None) -> Text:
        """A text object as one text; an empty one where there is none."""
        return words(self._read(text), self.console) if text else Text()

    def _prose(self, text: Json) -> RenderableType:
        return prose(self._read(text), self.console)

    def _read(self, text: Json) -> list[Paragraph]:
        if text["type"] == "mrkdwn":
            return mrkdwn.paragraphs(text["text"], self.sight.reader)
        return plain(text["text"], emoji=text.get("emoji", True))

    def header(self, block: Json) -> RenderableType:
        text = self.text(block["text"])
        text.stylize("bold")
        return text

    def section(self, block: Json) -> RenderableType:
        parts: list[RenderableType] = []
        if "text" in block:
            parts.append(self._prose(block["text"]))
        if "fields" in block:
            parts.append(self._fields([self.text(field) for field in block["fields"]]))
        if "accessory" not in block:
            return Group(*parts)
        control = self.control(block["accessory"])
        if not self.console.is_terminal or self.console.width < _NARROW:
            return Group(*parts, control)
        beside = Table.grid(padding=(0, 1), expand=True)
        beside.add_column(ratio=1, overflow="fold")
        beside.add_column(justify="right")
        beside.add_row(Group(*parts), control)
        return beside

    def context(self, block: Json) -> RenderableType:
        parts = [
            self.control(part) if part["type"] == "image" else self.text(part)
            for part in block["elements"]
        ]
        text = Text("  ").join(parts)
        text.stylize("dim")
        return text

    def divider(self, _block: Json) -> RenderableType:
        return Rule(style="dim") if self.console.is_terminal else Text("---")

    def actions(self, block: Json) -> RenderableType:
        return _InARow([self.control(element) for element in block["elements"]])

    def image(self, block: Json) -> RenderableType:
        picture = self.sight.picture(block)
        told = block.get("alt_text", "").strip() or (picture.alt if picture else "")
        text = Text(clean(self.sight.reader.text("Picture: {told}", told=told)), "italic")
        return Group(self.text(block["title"]), text) if "title" in block else text

    def table(self, block: Json) -> RenderableType:
        return Fitting(grid_of(block, self.sight.reader), self.sight.reader)

    def chart(self, block: Json) -> RenderableType:
        return Bars(chart_of(block, self.sight.reader))

    def rich_text(self, block: Json) -> RenderableType:
        return prose(rich_text.paragraphs(block["elements"], self.sight.reader), self.console)

    def markdown(self, block: Json) -> RenderableType:
        return prose(markdown.paragraphs(block["text"]), self.console)

    def input(self, block: Json) -> RenderableType:
        name = self.text(block["label"])
        if block.get("optional"):
            name.append(" ").append(self.sight.reader.text("(optional)"), "dim")
        hint = [self.text(block["hint"])] if "hint" in block else []
        return Group(name, self.control(block["element"]), *hint)

    def alert(self, block: Json) -> RenderableType:
        return Text.assemble("▌ ", self.text(block["text"]))

    def control(self, element: Json) -> Text:
        """What can be pressed, chosen or filled in, between brackets."""
        match element["type"]:
            case "button":
                return self._button(element)
            case "overflow":
                return Text("[ ⋯ ]")
            case "image":
                return Text(clean(element["alt_text"]), "italic")
            case "radio_buttons" | "checkboxes":
                options = (Text.assemble("( ) ", self.text(o["text"])) for o in element["options"])
                return Text("\n").join(options)
            case kind if kind.endswith("select"):
                chosen = element.get("initial_option") or {"text": element.get("placeholder")}
                return Text.assemble("[ ", self.text(chosen["text"]), " ▾ ]")
            case kind if kind.endswith(("input", "picker")):
                given = next((str(v) for k, v in element.items() if k.startswith("initial")), None)
                shown = self.text(element.get("placeholder")) if given is None else clean(given)
                return Text.assemble("[ ", shown, " ]")
            case unknown:
                raise Unshown(f"there is no preview of the element {unknown!r}")

    def _button(self, button: Json) -> Text:
        text = Text.assemble("[ ", self.text(button["text"]), " ]")
        text.stylize(_STYLES.get(button.get("style", ""), "bold"))
        address = safe_link(button.get("url", ""))
        if address and self.console.is_terminal:
            text.stylize(f"link {clean(address)}")
        return (
            text.append(f" ({clean(address)})")
            if address and not self.console.is_terminal
            else text
        )

    def _fields(self, fields: Sequence[Text]) -> RenderableType:
        if self.console.width < _NARROW:
            return Group(*fields)
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        for index in range(0, len(fields), 2):
            grid.add_row(*fields[index : index + 2])
        return grid


@dataclass(frozen=True, slots=True)
class _InARow:
    """Texts beside each other; a line breaks between them, never within one that would fit."""

    texts: Sequence[Text]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text()
        for text in self.texts:
            if line and cell_len(line.plain) + 2 + cell_len(text.plain) > options.max_width:
                yield line
                line = Text()
            line = Text.assemble(line, "  " if line else "", text)
        yield line


_DRAWN: Mapping[str, Callable[[Drawing, Json], RenderableType]] = {
    "header": Drawing.header,
    "section": Drawing.section,
    "context": Drawing.context,
    "divider": Drawing.divider,
    "actions": Drawing.actions,
    "image": Drawing.image,
    "table": Drawing.table,
    "data_table": Drawing.table,
    "data_visualization": Drawing.chart,
    "rich_text": Drawing.rich_text,
    "markdown": Drawing.markdown,
    "input": Drawing.input,
    "alert": Drawing.alert,
}
