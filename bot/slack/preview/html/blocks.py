"""Draws the blocks of a message or a view as HTML."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.slack.preview import markdown, mrkdwn, rich_text
from bot.slack.preview.chart import chart_of
from bot.slack.preview.conversation import Sight, Unshown
from bot.slack.preview.grid import Cell, Grid, grid_of
from bot.slack.preview.html.chart import chart_html
from bot.slack.preview.html.controls import control, label
from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.html.prose import inline, prose
from bot.slack.preview.texts import Paragraph, plain

Json = Mapping[str, Any]


def draw(blocks: Iterable[Json], sight: Sight) -> Markup:
    """The blocks one below the other. Raises `Unshown` for one that the preview does not know."""
    return joined(*(_block(block, sight) for block in blocks))


def text_of(text: Json, sight: Sight) -> list[Paragraph]:
    """What a text object says."""
    if text["type"] == "mrkdwn":
        return mrkdwn.paragraphs(text["text"], sight.reader)
    return plain(text["text"], emoji=text.get("emoji", True))


def _block(block: Json, sight: Sight) -> Markup:
    shown = _DRAWN.get(block["type"])
    if shown is None:
        raise Unshown(f"there is no preview of the block {block['type']!r}")
    return shown(block, sight)


def _header(block: Json, sight: Sight) -> Markup:
    return element("h3", inline(text_of(block["text"], sight)), dir="auto", class_="header")


def _section(block: Json, sight: Sight) -> Markup:
    words = []
    if "text" in block:
        words.append(prose(text_of(block["text"], sight)))
    if "fields" in block:
        fields = (element("div", prose(text_of(field, sight))) for field in block["fields"])
        words.append(element("div", *fields, class_="fields"))
    parts = [element("div", *words, class_="words")]
    if "accessory" in block:
        parts.append(element("div", control(block["accessory"], sight), class_="accessory"))
    return element("div", *parts, class_="section")


def _context(block: Json, sight: Sight) -> Markup:
    return element("div", *(_aside(part, sight) for part in block["elements"]), class_="context")


def _aside(part: Json, sight: Sight) -> Markup:
    if part["type"] == "image":
        return control(part, sight)
    return element("div", prose(text_of(part, sight)))


def _divider(_block: Json, _sight: Sight) -> Markup:
    return element("hr")


def _actions(block: Json, sight: Sight) -> Markup:
    return element("div", *(control(e, sight) for e in block["elements"]), class_="actions")


def _image(block: Json, sight: Sight) -> Markup:
    picture = sight.picture(block)
    parts = []
    if "title" in block:
        parts.append(element("figcaption", label(block["title"]), dir="auto"))
    if picture is None:
        # A page asks nobody for anything: what lies on the web is told instead.
        parts.append(element("p", block["alt_text"], dir="auto", class_="elsewhere"))
    else:
        data = base64.b64encode(picture.png).decode("ascii")
        alt = block.get("alt_text", "").strip() or picture.alt
        parts.append(element("img", src=f"data:image/png;base64,{data}", alt=alt))
    return element("figure", *parts)


def _rich_text(block: Json, sight: Sight) -> Markup:
    shown = prose(rich_text.paragraphs(block["elements"], sight.reader))
    return element("div", shown, class_="words")


def _markdown(block: Json, _sight: Sight) -> Markup:
    return element("div", prose(markdown.paragraphs(block["text"])), class_="words")


def _input(block: Json, sight: Sight) -> Markup:
    name = [label(block["label"])]
    if block.get("optional"):
        name.append(element("small", " ", sight.reader.text("(optional)")))
    parts = [element("div", *name, class_="label", dir="auto"), control(block["element"], sight)]
    if "hint" in block:
        parts.append(element("div", label(block["hint"]), class_="hint", dir="auto"))
    return element("div", *parts, class_="input")


def _alert(block: Json, sight: Sight) -> Markup:
    look = f"alert {block.get('level', 'default')}"
    return element("div", prose(text_of(block["text"], sight)), class_=look)


def _table(block: Json, sight: Sight) -> Markup:
    grid = grid_of(block, sight.reader)
    parts = [element("caption", grid.caption, dir="auto")] if grid.caption else []
    parts.append(element("thead", _row(grid, grid.rows[0], "th")))
    parts.append(element("tbody", *(_row(grid, row, "td") for row in grid.rows[1:])))
    return element("div", element("table", *parts), class_="table", tabindex="0")


def _row(grid: Grid, cells: Sequence[Cell], name: str) -> Markup:
    return element("tr", *(_cell(grid, column, cell, name) for column, cell in enumerate(cells)))


def _cell(grid: Grid, column: int, cell: Cell, name: str) -> Markup:
    look = f"{grid.align(column)} {'wrapped' if grid.is_wrapped(column) else ''}".strip()
    scope = "col" if name == "th" else None
    return element(name, inline(cell), class_=look, dir="auto", scope=scope)


def _chart(block: Json, sight: Sight) -> Markup:
    return chart_html(chart_of(block, sight.reader))


_DRAWN: Mapping[str, Callable[[Json, Sight], Markup]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "image": _image,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "input": _input,
    "alert": _alert,
}
