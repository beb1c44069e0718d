"""Reads what `/kpi` is asked: a number, a window, how to split it and what to hold it against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bot.digests.timetable import Against
from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Clock, Metric
from commands.windows import ASKED, WEEKDAYS, parse_window
from commands.words import FOR_EXAMPLE, examples, mistake

#: What `/kpi` without a window is about; and how far back the last survey is looked for.
USUAL_WINDOW = "last 7d"
LAST_SURVEYS = timedelta(weeks=13)

EXAMPLE = "/kpi first response time last 7d by channel"

_WINDOW_WORDS = (
    *("today", "yesterday", "last", "past", "previous", "this", "since", "from", "in", "on"),
    *WEEKDAYS,
)

#: The words with which the parts of a question begin, and what they mean.
_KEYWORDS = {"by": "by", "for": "for", "vs": "vs", "versus": "vs", "business": "business"}

_AGAINST = {
    "previous": Against.PREVIOUS,
    "previous period": Against.PREVIOUS,
    "period before": Against.PREVIOUS,
    **{
        f"previous {period}": Against.PREVIOUS
        for period in ("day", "week", "month", "quarter", "year")
    },
    "month before": Against.PREVIOUS,
    "before": Against.PREVIOUS,
    "last week": Against.COMPARABLE,
    "week before": Against.COMPARABLE,
    "last year": Against.LAST_YEAR,
    "year before": Against.LAST_YEAR,
    "a year ago": Against.LAST_YEAR,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What `/kpi` is asked: a metric (`None`: all of them), a window, and how to look at it."""

    metric: Metric | None
    window: Window
    by: Dimension | None = None
    only: Slice | None = None
    against: Against = Against.COMPARABLE
    clock: Clock = Clock.CALENDAR

    @property
    def is_about_agents(self) -> bool:
        """Whether its answer tells what single agents did."""
        return self.by is Dimension.AGENT or (
            self.only is not None and self.only.dimension is Dimension.AGENT
        )

    def to_text(self) -> str:
        """As a button carries it, with the very window that was seen."""
        told: dict[str, Any] = {
            "metric": self.metric.key if self.metric else None,
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
            "zone": str(self.window.start.tzinfo),
            "by": self.by,
        }
        if self.only is not None:
            told["only"] = [self.only.dimension, self.only.value]
        if self.against is not Against.COMPARABLE:
            told["against"] = self.against
        if self.clock is not Clock.CALENDAR:
            told["clock"] = self.clock
        return json.dumps(told)

    @classmethod
    def from_text(cls, text: str) -> Question:
        kept = json.loads(text)
        zone = ZoneInfo(kept["zone"])
        start, end = (
            datetime.fromisoformat(kept[key]).astimezone(zone) for key in ("start", "end")
        )
        only = kept.get("only")
        return cls(
            metric=CATALOGUE[kept["metric"]] if kept["metric"] else None,
            window=Window(start, end),
            by=Dimension(kept["by"]) if kept["by"] else None,
            only=Slice(Dimension(only[0]), only[1]) if only else None,
            against=Against(kept.get("against", Against.COMPARABLE)),
            clock=Clock(kept.get("clock", Clock.CALENDAR)),
        )


def parse(text: str, *, now: datetime, reader: Reader) -> Question:
    """The question that was typed. Raises `UsageError` with what was probably meant."""
    metric, typed = split_metric(text.split())
    asked = f"/kpi {metric.label.lower()} {{window}}" if metric else ASKED
    read_window = partial(
        parse_window,
        now=now,
        zone=reader.zone,
        asked=asked,
    )
    parts = _Parts(read_window)
    parts.read(typed)
    words = parts.window
    if metric is None and words and not _starts_window(words[0]):
        named(" ".join(_before_window(words)), also=_WINDOW_WORDS)
    today = now.astimezone(reader.zone).date()
    window = read_window(" ".join(words).replace("_", " ") or usual_window(metric, today))
    return _checked(replace(parts.told, metric=metric, window=window))


def usual_window(metric: Metric | None, today: date) -> str:
    """What is meant where no window is said: of a survey, which is rare, one with the last wave."""
    if metric is None or not metric.is_surveyed:
        return USUAL_WINDOW
    return f"since {today - LAST_SURVEYS}"


def _checked(question: Question) -> Question:
    metric = question.metric
    if metric is None:
        if question.by is not None:
            raise UsageError(
                "All numbers at once cannot be split.",
                "Name the number. For example: {example}",
                example=examples(EXAMPLE),
            )
        return question
    for dimension in (question.by, question.only.dimension if question.only else None):
        if dimension is not None and dimension not in metric.dimensions:
            raise no_slice(metric, dimension)
    if question.clock is Clock.BUSINESS and not metric.has_business_clock:
        raise no_hours(metric, f"/kpi {metric.label.lower()} last 7d")
    return question


def no_slice(metric: Metric, dimension: Dimension) -> UsageError:
    """The answer to a split that the rows of a metric do not carry."""
    possible = sorted(metric.dimensions - {Dimension.AGENT})
    if not possible:
        return UsageError("“{metric}” cannot be split.", "", metric=metric.label)
    return UsageError(
        "“{metric}” cannot be split by “{dimension}”.",
        FOR_EXAMPLE,
        metric=metric.label,
        dimension=dimension.value,
        example=examples(*(f"/kpi {metric.label.lower()} by {one}" for one in possible[:3])),
    )


def no_hours(metric: Metric, example: str) -> UsageError:
    """The answer to a number within business hours that has none."""
    return UsageError(
        "“{metric}” has no business hours: it is no duration of a ticket.",
        FOR_EXAMPLE,
        metric=metric.label,
        example=examples(example),
    )


# --- The parts of a question ---------------------------------------------------------------------

#: A window that stands in for one until it is read.
_NO_WINDOW = Window(*[datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))] * 2)


class _Parts:
    """Takes the parts that begin with a keyword out of the words; the others are the window."""

    def __init__(self, read_window: Callable[[str], Window]) -> None:
        self.told = Question(None, _NO_WINDOW)
        self.window: list[str] = []
        self._read_window = read_window
        self._seen: set[str] = set()

    def read(self, words: Sequence[str]) -> None:
        take = {"by": self._by, "for": self._for, "vs": self._vs, "business": self._business}
        at = 0
        while at < len(words):
            keyword = _KEYWORDS.get(words[at].lower().strip("."))
            if keyword is None:
                self.window.append(words[at])
                at += 1
            else:
                self._once(keyword)
                at += 1 + take[keyword](words[at + 1 :])

    def _once(self, keyword: str) -> None:
        """Of two of a kind one would be left out, and the answer be about something else."""
        if keyword in self._seen:
            raise UsageError(
                "“{typed}” can be said only once.",
                FOR_EXAMPLE,
                typed=keyword,
                example=examples(EXAMPLE),
            )
        self._seen.add(keyword)

    def _by(self, after: Sequence[str]) -> int:
        used, dimension = parse_dimension(after)
        self.told = replace(self.told, by=dimension)
        return used

    def _for(self, after: Sequence[str]) -> int:
        used, part = parse_part(after, keywords=_KEYWORDS, is_more=self._is_window)
        self.told = replace(self.told, only=part)
        return used

    def _is_window(self, text: str) -> bool:
        """Whether the words behind a name are the window."""
        if self.window:
            return False
        try:
            self._read_window(text)
        except UsageError:
            return False
        return True

    def _business(self, after: Sequence[str]) -> int:
        self.told = replace(self.told, clock=Clock.BUSINESS)
        return hours_said(after)

    def _vs(self, after: Sequence[str]) -> int:
        lowered = [word.lower() for word in after]
        for length in range(min(3, len(after)), 0, -1):
            against = _AGAINST.get(" ".join(lowered[:length]))
            if against is not None:
                self.told = replace(self.told, against=against)
                return length
        raise mistake(
            "“{typed}” is nothing that I can compare with.",
            " ".join(after[:2]),
            ("last year", "last week", "previous"),
            "/kpi first response time vs last year",
        )


def hours_said(after: Sequence[str]) -> int:
    """How many of the words behind `business` belong to it: `business hours`."""
    return int(bool(after) and after[0].lower() in ("hours", "time"))


def parse_dimension(
    words: Sequence[str], *, example: str = EXAMPLE, offered: Iterable[Dimension] = Dimension
) -> tuple[int, Dimension]:
    """The dimension that the words begin with, and how many of them name it.

    Raises `UsageError`, with one of those that are `offered` where that was probably meant.
    """
    names = {name: one for one in Dimension for name in (one.value, f"{one.value}s")}
    typed = [word.lower() for word in words[:2]]
    if typed[:1] == ["help"] and typed[1:] in (["desk"], ["desks"]):
        return 2, Dimension.DESK
    name = typed[0] if typed else ""
    if name not in names:
        raise mistake("There is no breakdown “{typed}”.", name, offered, example)
    return 1, names[name]


def parse_part(
    words: Sequence[str], *, keywords: Collection[str], is_more: Callable[[str], bool]
) -> tuple[int, Slice]:
    """The part in `group Billing …` or `channel "live chat" …`, and how many words it takes.

    A name without quotation marks ends before a keyword, or where `is_more` knows what the words
    behind it are: in `group Tier 2 last 7d` that is a window. Raises `UsageError`.
    """
    used, dimension = parse_dimension(words)
    if dimension is Dimension.AGENT:
        raise UsageError(
            "The numbers of one agent are not shown by name.",
            "Leads ask: `/kpi first response time by agent`. Everybody asks: `/kpi me`",
        )
    after = words[used:]
    length, name = _in_quotes(after) or _unquoted(after, keywords, is_more)
    if not name:
        raise UsageError(
            "It is not said which “{dimension}”.",
            FOR_EXAMPLE,
            dimension=dimension.value,
            example=examples("/kpi first response time for group Billing"),
        )
    return used + length, Slice(dimension, name)


#: The quotation marks with which a name may end, by the one with which it begins.
QUOTES = {'"': '"”', "“": '"”', "„": "“”", "'": "'’", "‘": "'’", "«": "»", "`": "`"}


def _in_quotes(words: Sequence[str]) -> tuple[int, str] | None:
    """The name in quotation marks with which the words begin, and how many of them it takes."""
    text = " ".join(words)
    if text[:1] not in QUOTES:
        return None
    ends = [end for mark in QUOTES[text[0]] if (end := text.find(mark, 1)) > 0]
    if not ends:
        return None
    return len(text[: min(ends) + 1].split()), text[1 : min(ends)].strip()


def _unquoted(
    words: Sequence[str], keywords: Collection[str], is_more: Callable[[str], bool]
) -> tuple[int, str]:
    # A group may well be called “Business”.
    first = int(bool(words) and words[0].lower() == "business")
    keyed = (at for at in range(first, len(words)) if words[at].lower() in keywords)
    end = next(keyed, len(words))
    lengths = (length for length in range(1, end) if is_more(" ".join(words[length:end])))
    length = next(lengths, end)
    return length, " ".join(words[:length])


# --- Metrics by name -----------------------------------------------------------------------------


def split_metric(words: list[str]) -> tuple[Metric | None, list[str]]:
    """The metric whose name the words begin with, and the words after it."""
    names = _names()
    for length in range(len(words), 0, -1):
        found = names.get(_spelled(" ".join(words[:length])))
        if found is not None:
            return found, words[length:]
    return None, words


def named(typed: str, *, example: str = EXAMPLE, also: Sequence[str] = ()) -> Metric:
    """The metric of that name. Raises `UsageError` with the one that was probably meant.

    `also` are words that may have been meant instead of a metric.
    """
    metric, rest = split_metric(typed.split())
    if metric is None or rest:
        raise no_metric(typed, example=example, also=also)
    return metric


def no_metric(typed: str, *, example: str = EXAMPLE, also: Sequence[str] = ()) -> UsageError:
    """The answer to a name that no metric has, with the one that was probably meant."""
    labels = [metric.label for metric in CATALOGUE.values()]
    known = [*labels, *_names(), *also]
    return mistake("There is no metric “{typed}”.", typed, known, example)


def _names() -> dict[str, Metric]:
    """Every name by which a metric may be called, in small letters with spaces."""
    return {_spelled(name): metric for metric in CATALOGUE.values() for name in metric.names}


def _spelled(name: str) -> str:
    return " ".join(re.sub("[_-]", " ", name).lower().split())


def _starts_window(word: str) -> bool:
    return word[0].isdigit() or word.lower() in _WINDOW_WORDS


def _before_window(words: list[str]) -> list[str]:
    place = next(
        (place for place, word in enumerate(words) if place and _starts_window(word)), len(words)
    )
    return words[:place]
