"""Slack's limits on messages and views, as far as deskpulse comes near them, checked on JSON.

The numbers are those of https://docs.slack.dev/reference/block-kit and its pages on blocks,
elements and views; where sources differ, the smaller one. Beyond lengths it knows three rules that
only the API tells: blocks over 12,000 characters are refused with few blocks too
(`msg_blocks_too_long`), a message takes one table (`only_one_table_allowed`), and two charts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

Json = Mapping[str, Any]

_TEXT = 4_000
_BLOCKS = 12_000
_MARKDOWN = 12_000
_VIEW_BYTES = 250_000

#: The longest text of a field, by the type that holds it: (type, field) → characters.
_LONGEST = {
    ("section", "text"): 3_000,
    ("header", "text"): 150,
    ("markdown", "text"): 12_000,
    ("mrkdwn", "text"): 3_000,
    ("plain_text", "text"): 3_000,
    ("image", "title"): 2_000,
    ("image", "alt_text"): 2_000,
    ("image", "image_url"): 3_000,
    ("button", "text"): 75,
    ("button", "value"): 2_000,
    ("button", "url"): 3_000,
    ("button", "accessibility_label"): 75,
    ("input", "label"): 2_000,
    ("input", "hint"): 2_000,
    ("alert", "text"): 200,
    ("data_visualization", "title"): 50,
    ("axis_config", "x_label"): 50,
    ("axis_config", "y_label"): 50,
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
}
#: The same for fields that are alike wherever they stand.
_LONGEST_ANYWHERE = {
    "block_id": 255,
    "action_id": 255,
    "callback_id": 255,
    "external_id": 255,
    "private_metadata": 3_000,
    "placeholder": 150,
}
#: The most items of a list, by the type that holds it.
_MOST = {
    ("section", "fields"): 10,
    ("context", "elements"): 10,
    ("actions", "elements"): 25,
    ("context_actions", "elements"): 5,
    ("static_select", "options"): 100,
    ("multi_static_select", "options"): 100,
    ("radio_buttons", "options"): 10,
    ("checkboxes", "options"): 10,
    ("overflow", "options"): 5,
    ("table", "rows"): 100,
    ("table", "column_settings"): 20,
    ("data_table", "rows"): 101,
    ("message", "blocks"): 50,
    ("modal", "blocks"): 100,
    ("home", "blocks"): 100,
}
#: Fields that take plain text only.
_PLAIN = {
    ("header", "text"),
    ("button", "text"),
    ("image", "title"),
    ("input", "label"),
    ("input", "hint"),
    ("modal", "title"),
    ("modal", "submit"),
    ("modal", "close"),
}
#: Menus whose options are plain text; radio buttons and checkboxes take markup too.
_PLAIN_OPTIONS = {"overflow", "static_select", "multi_static_select"}
#: Blocks that Slack does not take on a surface.
_ELSEWHERE = {
    "message": {"alert"},
    "modal": {"table", "data_table", "data_visualization", "markdown", "file", "context_actions"},
    "home": {"alert", "markdown", "file", "context_actions"},
}
_TABLES = {"table", "data_table"}


def broken_limits(payload: Json) -> list[str]:
    """What Slack would refuse in a message or, where `type` is modal or home, a view.

    A sentence each, with the place in the payload; none when all is well.
    """
    surface = payload["type"] if payload.get("type") in ("modal", "home") else "message"
    blocks = payload.get("blocks") or []
    found = [*_part(surface, {**payload, "type": surface})]
    found += _message(payload, blocks) if surface == "message" else _view(payload, blocks)
    for number, block in enumerate(blocks):
        if block.get("type") in _ELSEWHERE[surface]:
            found.append(f"blocks[{number}]: a {surface} takes no {block['type']}")
    for place, part in _parts(blocks, "blocks"):
        found += _part(place, part)
        if part["type"] == "data_visualization":
            found += _native_chart(place, part)
    return found + [f"block_id {twice!r} is used twice" for twice in _repeated(blocks, "block_id")]


def _message(message: Json, blocks: Sequence[Json]) -> Iterator[str]:
    text = message.get("text") or ""
    if blocks and not text.strip():
        yield "text: missing, though notifications and screen readers read it"
    if len(text) > _TEXT:
        yield f"text: {len(text)} characters, {_TEXT} are allowed"
    if (length := _length(blocks)) > _BLOCKS:
        yield f"blocks: {length} characters of JSON, {_BLOCKS} are allowed"
    kinds = Counter(part.get("type") for _, part in _parts(blocks, "blocks"))
    if sum(kinds[kind] for kind in _TABLES) > 1:
        yield "blocks: a message takes one table (only_one_table_allowed)"
    if kinds["data_visualization"] > 2:
        yield "blocks: a message takes two charts"
    if (
        sum(len(block.get("text", "")) for block in blocks if block["type"] == "markdown")
        > _MARKDOWN
    ):
        yield f"blocks: all markdown together takes {_MARKDOWN} characters"


def _view(view: Json, blocks: Sequence[Json]) -> Iterator[str]:
    if view["type"] == "modal" and not view.get("title"):
        yield "title: missing"
    has_input = any(block.get("type") == "input" for block in blocks)
    if view["type"] == "modal" and has_input and not view.get("submit"):
        yield "submit: missing, though there is an input"
    if len(json.dumps(view, ensure_ascii=False).encode()) > _VIEW_BYTES:
        yield "view: more than 250 kB (view_too_large)"


def _parts(value: Any, place: str) -> Iterator[tuple[str, Json]]:
    """Every object with a `type` below `value`, and where it stands."""
    if isinstance(value, Mapping):
        if "type" in value:
            yield place, value
        for key, inner in value.items():
            yield from _parts(inner, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _parts(inner, f"{place}[{number}]")


def _part(place: str, part: Json) -> Iterator[str]:
    """What is wrong with one object itself; those inside of it are asked on their own."""
    yield from _lengths(place, part)
    yield from _options(place, part)
    match part["type"]:
        case "section":
            if not part.get("text") and not part.get("fields"):
                yield f"{place}: a section has text or fields"
            yield from _fields(place, part)
        case "image":
            yield from _image(place, part)
        case "actions":
            if not part.get("elements"):
                yield f"{place}.elements: empty"
            for twice in _repeated(part.get("elements", []), "action_id"):
                yield f"{place}: action_id {twice!r} is used twice"
        case "table" | "data_table":
            yield from _table(place, part)
        case "mrkdwn" | "plain_text" | "markdown" | "raw_text":
            if not part.get("text"):
                yield f"{place}.text: empty"


def _lengths(place: str, part: Json) -> Iterator[str]:
    kind = part["type"]
    for key, value in part.items():
        if value is None:  # Slack reads null as "not given"
            continue
        longest = _LONGEST.get((kind, key)) or _LONGEST_ANYWHERE.get(key)
        if longest is not None and (length := len(_text(value))) > longest:
            yield f"{place}.{key}: {length} characters, {longest} are allowed"
        most = _MOST.get((kind, key))
        if most is not None and len(value) > most:
            yield f"{place}.{key}: {len(value)} items, {most} are allowed"
        if (kind, key) in _PLAIN and value.get("type") != "plain_text":
            yield f"{place}.{key}: plain_text only"


def _fields(place: str, section: Json) -> Iterator[str]:
    for number, field in enumerate(section.get("fields") or []):
        if (length := len(_text(field))) > 2_000:
            yield f"{place}.fields[{number}]: {length} characters, 2000 are allowed"


def _options(place: str, part: Json) -> Iterator[str]:
    for number, option in enumerate(part.get("options") or []):
        for key, longest in {"text": 75, "value": 150, "description": 75}.items():
            if (length := len(_text(option.get(key, "")))) > longest:
                yield f"{place}.options[{number}].{key}: {length} characters, {longest} are allowed"
        if part["type"] in _PLAIN_OPTIONS and option["text"]["type"] != "plain_text":
            yield f"{place}.options[{number}].text: plain_text only"


def _image(place: str, image: Json) -> Iterator[str]:
    if ("image_url" in image) == ("slack_file" in image):
        yield f"{place}: an image has either image_url or slack_file"
    if not image.get("alt_text"):
        yield f"{place}.alt_text: missing"


def _table(place: str, table: Json) -> Iterator[str]:
    if not table.get("rows"):
        yield f"{place}.rows: empty"
    for number, row in enumerate(table.get("rows") or []):
        if not 1 <= len(row) <= 20:
            yield f"{place}.rows[{number}]: {len(row)} cells, 1 to 20 are allowed"


def _native_chart(place: str, block: Json) -> Iterator[str]:
    """The rules of https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block."""
    chart = block.get("chart") or {}
    place = f"{place}.chart"
    if not block.get("title"):
        yield f"{place}: a chart has a title"
    match chart.get("type"):
        case "pie":
            yield from _pieces(f"{place}.segments", chart.get("segments") or [], "label", most=6)
            for segment in chart.get("segments") or []:
                if not _is_number(segment.get("value")) or segment["value"] <= 0:
                    yield f"{place}.segments: a segment has a value above 0"
        case "line" | "bar" | "area":
            yield from _axes(place, chart)
        case kind:
            yield f"{place}.type: {kind!r} is no chart"


def _axes(place: str, chart: Json) -> Iterator[str]:
    config, every = chart.get("axis_config") or {}, chart.get("series") or []
    yield from _lengths(f"{place}.axis_config", {**config, "type": "axis_config"})
    categories = [{"label": name} for name in config.get("categories") or []]
    yield from _pieces(f"{place}.categories", categories, "label", most=20)
    yield from _pieces(f"{place}.series", every, "name", most=6)
    for number, series in enumerate(every):
        points = series.get("data") or []
        if [point.get("label") for point in points] != config.get("categories"):
            yield f"{place}.series[{number}]: a point for each category is needed"
        if not all(_is_number(point.get("value")) for point in points):
            yield f"{place}.series[{number}]: a value has to be a number"


def _pieces(place: str, pieces: Sequence[Json], key: str, *, most: int) -> Iterator[str]:
    """What is wrong with the number of the parts of a chart, and with their names."""
    names = [str(piece.get(key) or "") for piece in pieces]
    if not 1 <= len(names) <= most:
        yield f"{place}: {len(names)} items, 1 to {most} are allowed"
    # As JavaScript counts: an emoji takes two.
    if any(not 1 <= len(name.encode("utf-16-le")) // 2 <= 20 for name in names):
        yield f"{place}: a {key} has 1 to 20 characters"
    if len(set(names)) < len(names):
        yield f"{place}: a {key} is used twice"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _text(value: Any) -> str:
    """The text of a text object, or the string itself."""
    text = value.get("text", "") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""


def _repeated(parts: Sequence[Json], key: str) -> list[str]:
    counts = Counter(part[key] for part in parts if key in part)
    return [value for value, count in counts.items() if count > 1]


def _length(blocks: Sequence[Json]) -> int:
    return len(json.dumps(list(blocks), ensure_ascii=False, separators=(",", ":")))
