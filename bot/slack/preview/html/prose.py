"""Turns the paragraphs of a text into HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.texts import Kind, Paragraph, Span

_LISTS = (Kind.BULLET, Kind.NUMBERED)


def prose(paragraphs: Iterable[Paragraph]) -> Markup:
    """The paragraphs one below the other, each in the direction of its own script."""
    groups = groupby(paragraphs, lambda paragraph: (paragraph.kind, paragraph.level))
    return joined(*(_group(kind, level, list(few)) for (kind, level), few in groups))


def inline(paragraphs: Sequence[Paragraph]) -> Markup:
    """A short text within a line: a label, the cell of a table."""
    if len(paragraphs) == 1 and paragraphs[0].kind is Kind.TEXT:
        return _spans(paragraphs[0])
    return prose(paragraphs)


def _group(kind: Kind, level: int, few: Sequence[Paragraph]) -> Markup:
    if kind in _LISTS:
        return _list(kind, level, few)
    if kind is Kind.QUOTE:
        return element("blockquote", *map(_line, few))
    return joined(*map(_alone, few))


def _alone(paragraph: Paragraph) -> Markup:
    match paragraph.kind:
        case Kind.CODE:
            return element("pre", element("code", paragraph.text))
        case Kind.HEADING:
            return element("h4", _spans(paragraph), dir="auto")
        case Kind.RULE:
            return element("hr")
        case _:
            return _line(paragraph)


def _line(paragraph: Paragraph) -> Markup:
    if not paragraph.text.strip():
        return element("p", class_="blank")
    return element("p", _spans(paragraph), dir="auto")


def _list(kind: Kind, level: int, items: Sequence[Paragraph]) -> Markup:
    lines = (element("li", _spans(item), dir="auto") for item in items)
    if kind is Kind.BULLET:
        return element("ul", *lines, class_=f"level-{level}")
    return element("ol", *lines, start=str(items[0].number), class_=f"level-{level}")


def _spans(paragraph: Paragraph) -> Markup:
    return joined(*map(_span, paragraph.spans))


def _span(span: Span) -> Markup:
    shown = joined(span.text)
    for wanted, name in (
        (span.code, "code"),
        (span.strike, "s"),
        (span.italic, "i"),
        (span.bold, "b"),
    ):
        shown = element(name, shown) if wanted else shown
    if span.mention:
        return element("bdi", shown, class_="mention")
    if span.link:
        return element("a", shown, href=span.link, rel="noopener noreferrer", target="_blank")
    return shown
