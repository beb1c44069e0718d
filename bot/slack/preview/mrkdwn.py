"""Reads Slack's own notation, `mrkdwn`.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.locale import Reader
from bot.slack.preview.texts import Kind, Paragraph, Span, dated, lines_of, safe_link, with_emoji

_FENCE = re.compile(r"\n?```\n?(.+?)\n?```\n?", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?")
_QUOTE_OF_ALL = re.compile(r"^(?:&gt;|>){3} ?", re.MULTILINE)


def _pair(mark: str, name: str) -> str:
    """Text between two marks: none of them stands within a word, nor a blank beside the text."""
    return rf"(?<![\w{mark}]){mark}(?P<{name}>(?!\s)[^{mark}\n]+(?<!\s)){mark}(?![\w{mark}])"


_INLINE = re.compile(
    "|".join(
        [
            r"`(?P<code>[^`\n]+)`",
            r"<(?P<angle>[^<>\n]+)>",
            _pair(r"\*", "bold"),
            _pair("_", "italic"),
            _pair("~", "strike"),
        ]
    )
)


def paragraphs(text: str, reader: Reader) -> list[Paragraph]:
    """The paragraphs of a text in `mrkdwn`; dates are told as the reader is used to."""
    quote = _QUOTE_OF_ALL.search(text)
    if quote is None:
        return _before_quote(text, reader)
    above = text[: quote.start()].removesuffix("\n")
    quoted = [line for part in text[quote.end() :].split("\n") for line in _quoted(part, reader)]
    return [*_before_quote(above, reader), *quoted]


def _before_quote(text: str, reader: Reader) -> list[Paragraph]:
    read: list[Paragraph] = []
    # The pattern's one group makes every second part the inside of a fence.
    for index, part in enumerate(_FENCE.split(text)):
        if index % 2:
            read.append(Paragraph([Span(_unescaped(part), code=True)], Kind.CODE))
        elif part:
            read.extend(_line(line, reader) for line in part.split("\n"))
    return read


def spans(text: str, reader: Reader, like: Span | None = None) -> Iterator[Span]:
    """The spans of one line, each looking `like` what it stands in."""
    like = like or Span("")
    end = 0
    for found in _INLINE.finditer(text):
        if found.start() > end:
            yield replace(like, text=_spoken(text[end : found.start()]))
        yield from _marked(found, reader, like)
        end = found.end()
    if end < len(text):
        yield replace(like, text=_spoken(text[end:]))


def _line(line: str, reader: Reader) -> Paragraph:
    quote = _QUOTE.match(line)
    if quote is None:
        return lines_of(spans(line, reader))[0]
    return _quoted(line[quote.end() :], reader)[0]


def _quoted(line: str, reader: Reader) -> list[Paragraph]:
    return lines_of(spans(line, reader), Kind.QUOTE)


def _marked(found: re.Match[str], reader: Reader, like: Span) -> Iterator[Span]:
    inside = found[found.lastgroup or 0]
    match found.lastgroup:
        case "code":
            yield replace(like, text=_unescaped(inside), code=True)
        case "angle":
            yield _angle(inside, reader, like)
        case "bold":
            yield from spans(inside, reader, replace(like, bold=True))
        case "italic":
            yield from spans(inside, reader, replace(like, italic=True))
        case _:
            yield from spans(inside, reader, replace(like, strike=True))


def _angle(inside: str, reader: Reader, like: Span) -> Span:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return replace(like, text=_spoken(_date(target, label, reader)))
    if target.startswith(("@", "!", "#")):
        return replace(like, text=_mention(target, _spoken(label)), mention=True)
    address = _unescaped(target)
    link = safe_link(address)
    if link is None:
        return replace(like, text=_unescaped(f"<{inside}>"))
    return replace(like, text=_spoken(label) or address, link=link)


def _mention(target: str, label: str) -> str:
    sign = "#" if target[0] == "#" else "@"
    name = label or target[1:].removeprefix("subteam^")
    return name if name.startswith(sign) else sign + name


def _date(target: str, fallback: str, reader: Reader) -> str:
    """`!date^1392734382^{date_short} at {time}^link`, of which the link may be missing."""
    _, timestamp, pattern, *_link = [*target.split("^"), ""]
    return dated(float(timestamp), pattern, fallback, reader) if timestamp.isdigit() else fallback


def _spoken(text: str) -> str:
    return with_emoji(_unescaped(text))


def _unescaped(text: str) -> str:
    # Slack knows these three only; the ampersand comes last, or "&amp;lt;" would be read twice.
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
