"""Reads the part of standard Markdown that Slack shows in a `markdown` block.

https://docs.slack.dev/reference/block-kit/blocks/markdown-block
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.slack.preview.texts import Kind, Paragraph, Span, safe_link, with_emoji

_FENCE = re.compile(r"^```[^\n]*\n(.*?)\n?^```[ \t]*\n?", re.DOTALL | re.MULTILINE)
_LINES = (
    (Kind.HEADING, re.compile(r"^(?P<level>#{1,6}) +(?P<text>.*?)[ #]*$")),
    (Kind.RULE, re.compile(r"^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$(?P<text>)")),
    (Kind.QUOTE, re.compile(r"^> ?(?P<text>.*)")),
    (Kind.BULLET, re.compile(r"^(?P<indent> *)[-*+] +(?P<text>.*)")),
    (Kind.NUMBERED, re.compile(r"^(?P<indent> *)(?P<number>\d{1,9})[.)] +(?P<text>.*)")),
)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<url>[^()\s]+)\)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<bold>[^\n]+?)(?<=\S)(?P=strong)"
    r"|~~(?=\S)(?P<strike>[^~\n]+)(?<=\S)~~"
    r"|(?<![\w*_])(?P<soft>[*_])(?=[^\s*_])(?P<italic>[^*_\n]+)(?<=\S)(?P=soft)(?![\w*_])"
)


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a text in Markdown."""
    read: list[Paragraph] = []
    for index, part in enumerate(_FENCE.split(text)):
        if index % 2:
            read.append(Paragraph([Span(part, code=True)], Kind.CODE))
        elif part:
            read.extend(_line(line) for line in part.strip("\n").split("\n"))
    return read


def _line(line: str) -> Paragraph:
    for kind, pattern in _LINES:
        found = pattern.match(line)
        if found:
            groups = found.groupdict()
            level = len(groups.get("indent") or "") // 2
            number = int(groups.get("number") or 0)
            return Paragraph(list(_spans(found["text"], Span(""))), kind, level, number)
    return Paragraph(list(_spans(line, Span(""))))


def _spans(text: str, like: Span) -> Iterator[Span]:
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            yield replace(like, text=with_emoji(text[end : found.start()]))
        yield from _marked(found, like)
        end = found.end()
    if end < len(text):
        yield replace(like, text=with_emoji(text[end:]))


def _marked(found: re.Match[str], like: Span) -> Iterator[Span]:
    if found["code"]:
        yield replace(like, text=found["code"], code=True)
    elif found["url"]:
        yield from _spans(found["label"], replace(like, link=safe_link(found["url"])))
    elif found["bold"]:
        yield from _spans(found["bold"], replace(like, bold=True))
    elif found["strike"]:
        yield from _spans(found["strike"], replace(like, strike=True))
    else:
        yield from _spans(found["italic"], replace(like, italic=True))
