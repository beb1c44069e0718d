"""What Slack's texts say, free of the way in which they are written or shown.

Each of Slack's notations (`mrkdwn`, `markdown`, `rich_text`, plain text) is read into paragraphs of
spans; the page and the terminal show only these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.locale import Reader
from bot.slack.preview.emoji import EMOJI


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text that looks the same throughout."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    mention: bool = False
    link: str | None = None


class Kind(StrEnum):
    """What a paragraph is."""

    TEXT = "text"
    QUOTE = "quote"
    CODE = "code"
    BULLET = "bullet"
    NUMBERED = "numbered"
    HEADING = "heading"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of a text; a block of code is one paragraph. `level` is how far a list is indented."""

    spans: Sequence[Span]
    kind: Kind = Kind.TEXT
    level: int = 0
    number: int = 0

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


def plain(text: str, *, emoji: bool = True) -> list[Paragraph]:
    """The paragraphs of a plain text, in which only short codes of emoji mean something."""
    shown = with_emoji(text) if emoji else text
    return lines_of([Span(shown)])


def lines_of(spans: Iterable[Span], kind: Kind = Kind.TEXT, level: int = 0) -> list[Paragraph]:
    """A paragraph for each line of the spans."""
    lines: list[list[Span]] = [[]]
    for span in spans:
        first, *others = span.text.split("\n")
        lines[-1].append(replace(span, text=first))
        lines.extend([replace(span, text=other)] for other in others)
    return [Paragraph([s for s in line if s.text], kind, level) for line in lines]


def with_emoji(text: str) -> str:
    """The text with the emoji for the short codes that we know; Slack leaves others as they are."""
    return re.sub(r":([a-z0-9_+'-]+):", lambda found: EMOJI.get(found[1], found[0]), text)


# https://docs.slack.dev/messaging/formatting-message-text#date-formatting
_DATES: Mapping[str, Callable[[Reader, datetime], str]] = {
    "date_num": lambda _, moment: moment.date().isoformat(),
    "date_slash": lambda _, moment: f"{moment:%d/%m/%Y}",
    "date": lambda reader, moment: reader.long_date(moment.date()),
    "date_short": lambda reader, moment: reader.long_date(moment.date(), "medium"),
    "date_long": lambda reader, moment: reader.long_date(moment.date(), "full"),
    "date_pretty": lambda reader, moment: reader.long_date(moment.date()),
    "date_short_pretty": lambda reader, moment: reader.long_date(moment.date(), "medium"),
    "date_long_pretty": lambda reader, moment: reader.long_date(moment.date(), "full"),
    "day_divider_pretty": lambda reader, moment: reader.day(moment.date()),
    "time": lambda reader, moment: reader.time_of(moment),
    "time_secs": lambda reader, moment: reader.time_of(moment, "medium"),
}


def dated(timestamp: float, pattern: str, fallback: str, reader: Reader) -> str:
    """A date as Slack writes it for a reader; the fallback for what depends on now."""
    moment = datetime.fromtimestamp(timestamp, reader.zone)
    tokens = re.findall(r"\{(\w+)\}", pattern)
    if not all(token in _DATES for token in tokens):
        return fallback
    return re.sub(r"\{(\w+)\}", lambda token: _DATES[token[1]](reader, moment), pattern)


def safe_link(url: str) -> str | None:
    """The address if it is of a kind that a reader may follow from a page."""
    return url if re.match(r"(?i)(https?://|mailto:|tel:|slack://)", url) else None


def styled(span: Span, style: Mapping[str, Any]) -> Span:
    """The span with a rich text style added."""
    return replace(
        span,
        bold=span.bold or bool(style.get("bold")),
        italic=span.italic or bool(style.get("italic")),
        strike=span.strike or bool(style.get("strike")),
        code=span.code or bool(style.get("code")),
    )
