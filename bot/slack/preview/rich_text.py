"""Reads `rich_text`, the notation that Slack's own editor writes.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from bot.slack.preview.conversation import Unshown
from bot.slack.preview.emoji import emoji
from bot.slack.preview.texts import Kind, Paragraph, Span, dated, lines_of, safe_link, styled

Json = Mapping[str, Any]


def paragraphs(elements: Sequence[Json], zone: tzinfo) -> list[Paragraph]:
    """The paragraphs of a rich text. Raises `Unshown` for an element that is not known."""
    return [paragraph for element in elements for paragraph in _paragraphs(element, zone)]


def _paragraphs(element: Json, zone: tzinfo) -> list[Paragraph]:
    match element["type"]:
        case "rich_text_section":
            return _without_last_break(lines_of(_spans(element, zone)))
        case "rich_text_quote":
            return lines_of(_spans(element, zone), Kind.QUOTE)
        case "rich_text_preformatted":
            return [Paragraph(_spans(element, zone), Kind.CODE)]
        case "rich_text_list":
            return _list(element, zone)
        case unknown:
            raise Unshown(f"there is no preview of {unknown!r} in a rich text")


def _without_last_break(lines: list[Paragraph]) -> list[Paragraph]:
    """A section's last line break ends the section; it makes no empty line."""
    return lines[:-1] if len(lines) > 1 and not lines[-1].spans else lines


def _list(element: Json, zone: tzinfo) -> list[Paragraph]:
    kind = Kind.NUMBERED if element["style"] == "ordered" else Kind.BULLET
    first = int(element.get("offset") or 0) + 1
    level = int(element.get("indent") or 0)
    return [
        Paragraph(_spans(item, zone), kind, level, number)
        for number, item in enumerate(element["elements"], first)
    ]


def _spans(element: Json, zone: tzinfo) -> list[Span]:
    return [_span(leaf, zone) for leaf in element["elements"]]


def _span(leaf: Json, zone: tzinfo) -> Span:
    return styled(_unstyled(leaf, zone), leaf.get("style") or {})


def _unstyled(leaf: Json, zone: tzinfo) -> Span:
    match leaf["type"]:
        case "text":
            return Span(leaf["text"])
        case "emoji":
            return Span(emoji(leaf["name"]))
        case "link":
            return Span(leaf.get("text") or leaf["url"], link=safe_link(leaf["url"]))
        case "date":
            fallback = leaf.get("fallback") or ""
            return Span(dated(leaf["timestamp"], leaf["format"], fallback, zone))
        case "color":
            return Span(leaf["value"], code=True)
        case _:
            return replace(Span(_mentioned(leaf)), mention=True)


def _mentioned(leaf: Json) -> str:
    match leaf["type"]:
        case "user":
            return f"@{leaf['user_id']}"
        case "usergroup":
            return f"@{leaf['usergroup_id']}"
        case "channel":
            return f"#{leaf['channel_id']}"
        case "broadcast":
            return f"@{leaf['range']}"
        case unknown:
            raise Unshown(f"there is no preview of {unknown!r} in a rich text")
