"""Reads `rich_text`, the notation that Slack's own editor writes.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.locale import Reader
from bot.slack.preview.conversation import Unshown
from bot.slack.preview.emoji import emoji
from bot.slack.preview.texts import Kind, Paragraph, Span, dated, lines_of, safe_link, styled

Json = Mapping[str, Any]


def paragraphs(elements: Sequence[Json], reader: Reader) -> list[Paragraph]:
    """The paragraphs of a rich text. Raises `Unshown` for an element that is not known."""
    return [paragraph for element in elements for paragraph in _paragraphs(element, reader)]


def _paragraphs(element: Json, reader: Reader) -> list[Paragraph]:
    match element["type"]:
        case "rich_text_section":
            return _without_last_break(lines_of(_spans(element, reader)))
        case "rich_text_quote":
            return lines_of(_spans(element, reader), Kind.QUOTE)
        case "rich_text_preformatted":
            return [Paragraph(_spans(element, reader), Kind.CODE)]
        case "rich_text_list":
            return _list(element, reader)
        case unknown:
            raise Unshown(f"there is no preview of {unknown!r} in a rich text")


def _without_last_break(lines: list[Paragraph]) -> list[Paragraph]:
    """A section's last line break ends the section; it makes no empty line."""
    return lines[:-1] if len(lines) > 1 and not lines[-1].spans else lines


def _list(element: Json, reader: Reader) -> list[Paragraph]:
    kind = Kind.NUMBERED if element["style"] == "ordered" else Kind.BULLET
    first = int(element.get("offset") or 0) + 1
    level = int(element.get("indent") or 0)
    return [
        Paragraph(_spans(item, reader), kind, level, number)
        for number, item in enumerate(element["elements"], first)
    ]


def _spans(element: Json, reader: Reader) -> list[Span]:
    return [_span(leaf, reader) for leaf in element["elements"]]


def _span(leaf: Json, reader: Reader) -> Span:
    return styled(_unstyled(leaf, reader), leaf.get("style") or {})


def _unstyled(leaf: Json, reader: Reader) -> Span:
    match leaf["type"]:
        case "text":
            return Span(leaf["text"])
        case "emoji":
            return Span(emoji(leaf["name"]))
        case "link":
            return Span(leaf.get("text") or leaf["url"], link=safe_link(leaf["url"]))
        case "date":
            fallback = leaf.get("fallback") or ""
            return Span(dated(leaf["timestamp"], leaf["format"], fallback, reader))
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
