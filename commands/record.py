"""`/kpi record`: a lead records a number that no help desk tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from slack_bolt import Respond

from bot.errors import UsageError
from bot.locale import Reader, whole_days
from bot.measurements import Batch, Cell, Entry, read_entry
from bot.measurements.entry import OFF, PARTS, metric_named, names, recordable, spelling
from bot.metrics import Metric, Unit
from bot.services import Role, Services
from bot.slack import record as shown
from bot.store import measurements
from commands.answers import whisper
from commands.windows import parse_window
from commands.words import FOR_EXAMPLE, examples, plain, quoted, unescaped

#: Words before days, or before a part.
_LINKS = ("for", "on", "in")

#: Quotation marks around a name.
_MARKS = "\"'“”„«»"

#: An amount with its unit, `of` all there is or `from` so many things, and the days.
_AMOUNT = re.compile(
    r"(?P<above>\S+(?: ?(?:%|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?))?(?= |$))"
    r"(?: (?:out )?(?P<link>of|from) (?P<below>\S+))?"
    r"(?: (?:for|on|in)(?= |$))?(?P<days> .+)?"
)
_HOURS = re.compile(r"[0-9] ?h|\bhour")
_DAY = r"[0-9]{4}-[0-9]{1,2}(?:-[0-9]{1,2})?"
_DAYS = re.compile(rf"({_DAY})(?: ?(?:\.\.+|…|–|—| to ) ?({_DAY}))?")


def record(respond: Respond, services: Services, user: str, text: str, reader: Reader) -> None:
    """Answers `/kpi record …`: lists what can be recorded, or records it."""
    now, workspace = services.clock.now(), services.workspace
    if not text.strip():
        with services.reading() as session:
            latest = measurements.latest(session, workspace)
        whisper(respond, shown.overview(recordable(), latest, reader))
        return
    services.require(user, Role.LEAD)
    entry = parse_record(text, now=now, reader=reader)
    with services.writing() as session:
        done = measurements.record(session, workspace, Batch({1: entry}), by=user, now=now)
    if done.problems:
        raise done.problems[0].error
    whisper(respond, shown.recorded(done.changes[0], reader))


def parse_record(text: str, *, now: datetime, reader: Reader) -> Entry:
    """The entry in `churn 12 of 3400 for 2026-10 group Billing`. Raises `UsageError`.

    `text` is as it was typed: names of groups keep their capitals.
    """
    metric, rest = _metric(unescaped(text).split())
    amount, parts = _parts(rest, metric)
    typed = _Typed.of(plain(" ".join(amount)), metric)
    cells: dict[str, Cell] = {"metric": metric.key, **typed.cells(), **parts}
    cells |= _days(typed.days, metric, now, reader)
    return read_entry(cells, today=now.astimezone(reader.zone).date())


def _metric(words: Sequence[str]) -> tuple[Metric, Sequence[str]]:
    """The metric whose name the words begin with, and the words after it."""
    known = names()
    for length in range(len(words), 0, -1):
        name = spelling(" ".join(words[:length]))
        if name in known:
            return metric_named(name), words[length:]
    end = next((at for at, word in enumerate(words) if _begins_amount(word)), len(words))
    return metric_named(" ".join(words[: end or len(words)])), ()


def _begins_amount(word: str) -> bool:
    return plain(word)[:1].isdigit() or spelling(word) == OFF


def _parts(words: Sequence[str], metric: Metric) -> tuple[Sequence[str], dict[str, str]]:
    """The words before the first part, and the names of the parts that stand behind them."""
    starts = [at for at, word in enumerate(words) if at and spelling(word) in PARTS]
    # The word behind one is its name, whatever it is.
    starts = [at for at in starts if at - 1 not in starts]
    found: dict[str, str] = {}
    amount = list(words[: starts[0] if starts else len(words)])
    for start, end in pairwise([*starts, len(words)]):
        part = spelling(words[start])
        name, days = _name(words[start + 1 : end])
        if not name or part in found:
            raise _unread("It is not said clearly which {part}.", metric, part=part)
        found[part] = name
        if days:
            amount = [*_without_for(amount), *days]
    return _without_for(amount), found


def _name(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The name with which the words begin, and the days that may stand behind it: `for 2026-10`.

    A name in quotation marks may have a "for" of its own.
    """
    ends = [at for at, word in enumerate(words) if at and spelling(word) in _LINKS]
    if not words or words[0][0] in _MARKS or not ends:
        return " ".join(words).strip(_MARKS), ()
    # In `for group Billing` the `for` belongs to the part that follows.
    days = words[ends[0] :]
    return " ".join(words[: ends[0]]).strip(_MARKS), days if len(days) > 1 else ()


def _without_for(words: Sequence[str]) -> list[str]:
    """The words without a `for` at their end, which belonged to what stood behind."""
    is_linked = bool(words) and spelling(words[-1]) in _LINKS
    return list(words[:-1] if is_linked else words)


@dataclass(frozen=True, slots=True)
class _Typed:
    """An amount as it was typed: `12` `of` `3400`, and its days."""

    metric: Metric
    above: str
    link: str
    below: str
    days: str

    @classmethod
    def of(cls, typed: str, metric: Metric) -> _Typed:
        match = _AMOUNT.fullmatch(typed)
        if match is None or not _begins_amount(match["above"]):
            raise _unread("It is not said how much.", metric)
        below, days = match["below"] or "", (match["days"] or "").strip()
        return cls(metric, match["above"], match["link"] or "", below, days)

    def cells(self) -> dict[str, Cell]:
        """The amount by columns, as it is meant for this metric."""
        if self.above == OFF:
            return {"numerator": OFF}
        match self.metric.unit:
            case Unit.COUNT:
                return self._count()
            case Unit.RATIO:
                return self._share()
        return self._mean()

    def _count(self) -> dict[str, Cell]:
        if self.link:
            raise _unread("It is a count: one number, of nothing.", self.metric)
        return {"numerator": self.above}

    def _share(self) -> dict[str, Cell]:
        if not self.link:
            raise _unread(
                "{typed} of how many? Without that, days and weeks do not add up to months.",
                self.metric,
                typed=quoted(self.above),
            )
        above = "value" if self.above.endswith("%") else "numerator"
        return {above: self.above, "denominator": self.below}

    def _mean(self) -> dict[str, Cell]:
        if self.link != "from":  # “87 of 12” could be their sum
            raise _unread(
                "It is a mean: write it with “from” and the number of things.", self.metric
            )
        if self.metric.unit is Unit.SECONDS and self.above[-1].isdigit():
            raise _unread("“{typed}” has no unit: s, min or h.", self.metric, typed=self.above)
        return {"value": self.above, "n": self.below}


def _days(typed: str, metric: Metric, now: datetime, reader: Reader) -> dict[str, Cell]:
    """First and last day of what was typed; a month by its number may be told as it is."""
    if not typed:
        raise _unread("It is not said for which days.", metric)
    if match := _DAYS.fullmatch(typed):
        # Not by way of a window: that would end today, whatever was typed.
        return {"from": match[1], "to": match[2]}
    asked = shown.example(metric).partition(" for ")[0] + " for {window}"
    window = parse_window(typed, now=now, zone=reader.zone, asked=asked)
    if _HOURS.search(typed):
        raise _unread("Only whole days can be recorded.", metric)
    first, last = whole_days(window.start, window.end)
    return {"from": first.isoformat(), "to": last.isoformat()}


def _unread(message: str, metric: Metric, **values: object) -> UsageError:
    return UsageError(message, FOR_EXAMPLE, example=examples(shown.example(metric)), **values)
