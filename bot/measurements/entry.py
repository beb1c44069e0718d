"""Reads one measurement: which metric, which days, which part, and how much of how many."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from types import MappingProxyType

from bot.domain import Dimension
from bot.errors import UsageError
from bot.measurements.numerals import (
    count_of,
    is_percentage,
    quoted,
    read_number,
    read_seconds,
)
from bot.metrics import CATALOGUE, Metric, Unit

#: The parts of all tickets of which something can be recorded; nothing is about one agent.
PARTS = (Dimension.DESK, Dimension.CHANNEL, Dimension.GROUP, Dimension.PRIORITY)

#: What can be said of a measurement, in the order in which it is documented.
COLUMNS = (
    *("metric", "from", "to", "numerator", "denominator", "value", "n"),
    *(part.value for part in PARTS),
)

#: Other names of columns: what a table of single days, or of months, calls its first one.
_ALSO = {"date": "from", "day": "from", "month": "from"}

#: Written in the place of a number, it takes away what was recorded before.
OFF = "off"

#: The longest stretch of days that one measurement may be about.
MOST_DAYS = 366

#: Nobody has older numbers: a year before is a slip.
EARLIEST = date(2000, 1, 1)

#: A longer name of a group fits no table.
LONGEST_NAME = 100

#: Longer words are not compared with names: nobody meant one.
_LONGEST_WORD = 60

#: Sums of decimal fractions are off by so little.
_ROUNDING = 1e-9

#: As `json` and `csv` give it: a text, a number, or nothing.
Cell = str | float | None

_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2}))?")
_OTHER_DAY = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}.*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A measurement of whole local days, `last` included; a part that is `""` is not said.

    Numerator and denominator are kept apart, so that periods add up: of a share what is counted
    and all there is, of a mean the sum (times in seconds) and the number of things, of a count the
    count and 1. A numerator of `None` takes away what was recorded of the same days and part.
    """

    metric: str
    first: date
    last: date
    numerator: float | None
    denominator: float = 1
    desk: str = ""
    channel: str = ""
    group: str = ""
    priority: str = ""

    @property
    def part(self) -> dict[Dimension, str]:
        """Of which part it is; empty for the whole."""
        names = (self.desk, self.channel, self.group, self.priority)
        return {part: name for part, name in zip(PARTS, names, strict=True) if name}

    @property
    def about(self) -> tuple[str | date, ...]:
        """What it is about: an entry about the same takes its place."""
        days = (self.first, self.last)
        return (self.metric, *days, self.desk, self.channel, self.group, self.priority)

    @property
    def value(self) -> float | None:
        """The share, the mean or the count that it amounts to."""
        return None if self.numerator is None else self.numerator / self.denominator

    @property
    def days(self) -> str:
        """Its days as they are typed: 2026-11-01, or 2026-11-01..2026-11-07."""
        first, last = self.first.isoformat(), self.last.isoformat()
        return first if first == last else f"{first}..{last}"

    def __str__(self) -> str:
        named = (f" {part} {quoted(name)}" for part, name in self.part.items())
        return f"{self.metric} {self.days}{''.join(named)}"


def read_entry(cells: Mapping[str, Cell], *, today: date, decimal: str = "") -> Entry:
    """The entry that `cells` say, by the names of `COLUMNS`; raises `UsageError`.

    `decimal` is the sign that stands before decimals in texts, "." or ","; "" where that is not
    known. Times are seconds, or texts with a unit.
    """
    cells = {name: cell for name, cell in cells.items() if not _is_empty(cell)}
    metric = metric_named(str(cells.get("metric", "")))
    first, last = _days(cells, today)
    numerator, denominator = _amount(metric, cells, decimal)
    return Entry(metric.key, first, last, numerator, denominator, **_part(metric, cells))


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


# --- Names ---------------------------------------------------------------------------------------


def recordable() -> list[Metric]:
    """The metrics that can be recorded, in the order of the catalogue."""
    return [metric for metric in CATALOGUE.values() if metric.is_recordable]


def metric_named(typed: str) -> Metric:
    """The metric of that name, as people write it. Raises `UsageError` unless it is recordable."""
    metric = names().get(spelling(typed))
    if metric is None:
        raise _no_metric(typed)
    if not metric.is_recordable:
        raise UsageError(
            "“{typed}” cannot be recorded: it is computed from what help desks and surveys tell.",
            "These can be recorded: {keys}.",
            typed=quoted(typed),
            keys=", ".join(one.key for one in recordable()),
        )
    return metric


@cache
def names() -> Mapping[str, Metric]:
    """Every metric by each of its names, in their `spelling`."""
    return MappingProxyType(
        {spelling(name): metric for metric in CATALOGUE.values() for name in metric.names}
    )


def spelling(name: str) -> str:
    """A name as it is compared: small letters, single spaces for underscores and hyphens."""
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip()


def _no_metric(typed: str) -> UsageError:
    if not typed.strip():
        return UsageError("It is not said which metric.", "One is e.g. {key}.", key="churn_rate")
    known = (spelling(name) for metric in recordable() for name in metric.names)
    near = _nearest(spelling(typed), tuple(known))
    if near is None:
        return UsageError(
            "There is no metric “{typed}”.",
            "These can be recorded: {keys}.",
            typed=quoted(typed),
            keys=", ".join(one.key for one in recordable()),
        )
    return UsageError(
        "There is no metric “{typed}”.",
        "Did you mean “{meant}”?",
        typed=quoted(typed),
        meant=names()[near].key,
    )


def column_named(typed: str) -> str:
    """The column of that name, or of another name of it. Raises `UsageError`."""
    name = spelling(typed)
    if name in COLUMNS or name in _ALSO:
        return _ALSO.get(name, name)
    if name == Dimension.AGENT:
        raise UsageError("Nothing is recorded about one agent.", "Leave the column “agent” out.")
    near = _nearest(name, (*COLUMNS, *_ALSO))
    if near is None:
        raise UsageError(
            "There is no column “{typed}”.",
            "There are: {columns}.",
            typed=quoted(typed),
            columns=", ".join(COLUMNS),
        )
    raise UsageError(
        "There is no column “{typed}”.",
        "Did you mean “{meant}”?",
        typed=quoted(typed),
        meant=near,
    )


@lru_cache(maxsize=256)  # the same slip is often on every line of a file
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    near = get_close_matches(name[:_LONGEST_WORD], known, n=1, cutoff=0.6)
    return near[0] if near else None


# --- Days ----------------------------------------------------------------------------------------


def _days(cells: Mapping[str, Cell], today: date) -> tuple[date, date]:
    """The first and the last day. Without an end it is one day, or the month that is named."""
    if "from" not in cells:
        raise UsageError("It is not said of which days.", "Give “from”, e.g. 2026-11-01.")
    typed = str(cells["from"])
    first, last = _day(typed)[0], _day(str(cells.get("to", typed)))[1]
    if last < first:
        raise UsageError(
            "It ends ({last}) before it starts ({first}).",
            first=first.isoformat(),
            last=last.isoformat(),
        )
    if last > today:
        raise UsageError("{day} is still to come.", day=last.isoformat())
    if first < EARLIEST:
        raise UsageError("{day} is too long ago.", day=first.isoformat())
    if (last - first).days >= MOST_DAYS:
        raise UsageError(
            "One measurement is about at most {most} days.",
            "Record shorter stretches: they add up.",
            most=MOST_DAYS,
        )
    return first, last


def _day(typed: str) -> tuple[date, date]:
    """The first and the last day of 2026-11-01 (the same) or of the month 2026-11."""
    match = _DAY.fullmatch(typed.strip())
    if match is None:
        raise _no_day(typed)
    year, month = int(match[1]), int(match[2])
    try:
        if match[3]:
            day = date(year, month, int(match[3]))
            return day, day
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    except ValueError:  # also what the calendar raises for a month that is none
        raise UsageError("There is no day {typed} in the calendar.", typed=quoted(typed)) from None


def _no_day(typed: str) -> UsageError:
    if _OTHER_DAY.fullmatch(typed.strip()):
        return UsageError(
            "“{typed}” could be more than one date.",
            "Write year, month and day: 2026-11-01.",
            typed=quoted(typed),
        )
    return UsageError(
        "“{typed}” is not a day.",
        "Write year, month and day: 2026-11-01, or a whole month: 2026-11.",
        typed=quoted(typed),
    )


# --- Parts ---------------------------------------------------------------------------------------


def _part(metric: Metric, cells: Mapping[str, Cell]) -> dict[str, str]:
    named = [part for part in PARTS if part in cells]
    for part in named:
        if part not in metric.dimensions:
            raise UsageError(
                "{metric} has no {part}.",
                "It can be told by: {parts}.",
                metric=metric.key,
                part=part.value,
                parts=", ".join(one for one in PARTS if one in metric.dimensions),
            )
    return {part.value: _name(part, str(cells[part])) for part in named}


def _name(part: Dimension, typed: str) -> str:
    """The name of a part as it is kept. Any name is allowed: it may be another vendor's system.

    Channels and priorities are words of ours, in small letters in every desk.
    """
    name = typed.strip()
    if len(name) > LONGEST_NAME or any(unicodedata.category(c) in _NO_LETTERS for c in name):
        raise UsageError(
            "“{typed}” is no name of a {part}: it is one line of at most {most} letters.",
            typed=quoted(name),
            part=part.value,
            most=LONGEST_NAME,
        )
    if part is Dimension.DESK and name.isdecimal():
        # Readings go by the numbers of the desks' rows: a name must not look like one.
        raise UsageError("A help desk has a name, “{typed}” is a number.", typed=quoted(name))
    return name.casefold() if part in (Dimension.CHANNEL, Dimension.PRIORITY) else name


#: Control characters, halves of characters, ends of lines and paragraphs.
_NO_LETTERS = frozenset({"Cc", "Cs", "Zl", "Zp"})


# --- Amounts -------------------------------------------------------------------------------------


def _amount(metric: Metric, cells: Mapping[str, Cell], decimal: str) -> tuple[float | None, float]:
    """Numerator and denominator."""
    above = _one_of(cells, "numerator", "value")
    below = _one_of(cells, "denominator", "n")
    if above is None:
        raise UsageError("There is no number.", "Give “numerator” or “value”.")
    if spelling(str(cells[above])) == OFF:
        return None, 1
    of = None if below is None else read_number(cells[below], decimal)
    if metric.unit is Unit.COUNT:
        return _count(cells[above], of, decimal)
    if of is None:
        raise _of_how_many(metric, cells[above])
    if of <= 0:
        raise UsageError("Nothing can be a part of 0.", "Leave such a day out.")
    if metric.unit is Unit.RATIO:
        return _share(cells[above], of, decimal, is_share=above == "value")
    return _sum(metric, cells[above], of, decimal, is_mean=above == "value")


def _one_of(cells: Mapping[str, Cell], one: str, other: str) -> str | None:
    """Which of the two is given. Raises `UsageError` for both: they might contradict each other."""
    if one in cells and other in cells:
        raise UsageError("Give either “{one}” or “{other}”, not both.", one=one, other=other)
    return one if one in cells else other if other in cells else None


def _of_how_many(metric: Metric, typed: Cell) -> UsageError:
    """A number that cannot be weighed: nobody could tell the month from its weeks."""
    if metric.unit is Unit.RATIO:
        return UsageError(
            "{typed} of how many? Without that, days and weeks do not add up to months.",
            "Give “denominator” (or “n”) as well, e.g. 12 of 3400.",
            typed=quoted(typed),
        )
    return UsageError(
        "{typed} from how many? Without that, days and weeks do not add up to months.",
        "Give “n” as well: a mean “value” from “n” things, or their sum as “numerator”.",
        typed=quoted(typed),
    )


def _count(typed: Cell, of: float | None, decimal: str) -> tuple[float, float]:
    if of not in (None, 1):
        raise UsageError("A count is of nothing: leave “denominator” and “n” empty.")
    return count_of(typed, decimal), 1


def _share(typed: Cell, of: float, decimal: str, *, is_share: bool) -> tuple[float, float]:
    if not is_share:
        hits = read_number(typed, decimal)
        if hits > of * (1 + _ROUNDING):
            raise UsageError(
                "{hits:g} of {of:g} would be a share over 100%.",
                "First comes what is counted, then all there is.",
                hits=hits,
                of=of,
            )
        return hits, of
    if not is_percentage(typed):
        raise UsageError(
            "The value of a share is a percentage such as 94%, “{typed}” is not.",
            typed=quoted(typed),
        )
    percent = read_number(str(typed).strip().rstrip("%٪").rstrip(), decimal)
    if percent > 100:
        raise UsageError("A share is at most 100%, “{typed}” is more.", typed=quoted(typed))
    return percent / 100 * of, of


def _sum(
    metric: Metric, typed: Cell, of: float, decimal: str, *, is_mean: bool
) -> tuple[float, float]:
    read = read_seconds if metric.unit is Unit.SECONDS else read_number
    number = read(typed, decimal)
    total = number * of if is_mean else number
    low, high = metric.bounds or (0, float("inf"))
    if not low - _ROUNDING <= total / of <= high * (1 + _ROUNDING):
        raise UsageError(
            "{metric} lies between {low:g} and {high:g}, {mean:g} does not.",
            metric=metric.key,
            low=low,
            high=high,
            mean=total / of,
        )
    return total, of
