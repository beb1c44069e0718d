"""How the answer of `/kpi why` looks: what moved a number, part by part, and the tickets behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slackblocks import Block

from bot.digests.freshness import Freshness
from bot.digests.line import Line
from bot.domain import Dimension, Slice, Window
from bot.locale import Reader, isolated
from bot.message import Message
from bot.metrics import Count, Metric, NetScore, Unit, Unsolved
from bot.metrics.comparison import Verdict
from bot.metrics.movement import Contribution, Movement
from bot.slack import numbers
from bot.slack.blocks import actions, blocks_of, button, context, header, plain, section, table
from bot.slack.kpi import freshness, span, title, why_nothing

#: The action of the button, which `commands/why.py` answers.
TICKETS = "kpi_why_tickets"

#: The most parts that are listed one by one; what the others did is told together.
MOST_PARTS = 5


@dataclass(frozen=True, slots=True)
class Explained:
    """A number beside an earlier one, and what the parts of each dimension did to it."""

    line: Line
    splits: Mapping[Dimension, Movement]
    freshness: Freshness

    @property
    def metric(self) -> Metric:
        return self.line.reading.metric

    @property
    def change(self) -> float:
        """What every split adds up to; 0 where there is nothing to compare."""
        before, now = self.line.before, self.line.reading
        if before is None or before.value is None or now.value is None:
            return 0.0
        return now.value - before.value


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket behind a change, and where it can be opened; `value` is its own, if it has a size."""

    desk: str
    id: str
    url: str | None
    value: float | None


def render(found: Explained, reader: Reader, *, tickets: str | None) -> Message:
    """The message. `tickets` is what the button hands back, to list those that moved it most."""
    reading = found.line.reading
    label = numbers.about(reader, reading.metric, None, reading.clock)
    heading = title(reader, reader.text("Why: {what}", what=label), reading.window)
    told = _told(found, reader)
    listed = tickets is not None and bool(found.splits)
    return Message(
        text=reader.text("{heading}: {told}", heading=heading, told=told),
        blocks=blocks_of(
            header(heading, "why-title"),
            section(told, "why-told"),
            table(list(_rows(found, reader)), "why-parts") if found.splits else None,
            context(_reading_aid(found.metric, reader), "why-aid") if found.splits else None,
            _button(tickets, reader) if tickets is not None and listed else None,
            context(freshness(found.freshness, reader), "why-freshness"),
        ),
    )


def _button(tickets: str, reader: Reader) -> Block:
    return actions("why-actions", button(reader.text("Tickets behind it"), TICKETS, tickets))


# --- What is said first --------------------------------------------------------------------------


def _told(found: Explained, reader: Reader) -> str:
    """From what to what, whether that can be chance, and what had most to do with it."""
    line = found.line
    if line.reading.value is None:
        return why_nothing(line.reading, found.freshness, reader)
    now = numbers.shown(reader, line.reading)
    if line.before is None or line.before.value is None:
        return reader.text("{now}. There are no earlier data to compare with.", now=now)
    told = [
        reader.text(
            "From {before} ({days}) to {now}.",
            before=numbers.shown(reader, line.before),
            days=span(reader, line.before.window),
            now=now,
        )
    ]
    if line.verdict is Verdict.CANNOT_TELL:
        told.append(reader.text("The difference can be chance."))
    elif found.change:
        told.append(_mostly(found, reader))
    if not found.splits:
        told.append(reader.text("It is not known of which channel, group or priority it is made."))
    return " ".join(one for one in told if one)


#: A part is named as the cause where it made so much of the change, and so much more of it than
#: its size alone would have.
_AT_LEAST, _BEYOND_SIZE = 1 / 2, 1 / 5


def most(found: Explained) -> tuple[Dimension, Contribution] | None:
    """The part that made most of the change, and more than by its size; `None` when none did."""
    way = 1 if found.change > 0 else -1
    size = abs(found.change)
    ranked = [
        (way * _beyond_size(one, movement, counts=_counts(found.metric)), dimension, one)
        for dimension, movement in found.splits.items()
        for one in movement.contributions
        if one.name is not None and way * one.total >= _AT_LEAST * size > 0
    ]
    best = max(ranked, key=lambda entry: entry[0], default=None)
    return None if best is None or best[0] < _BEYOND_SIZE * size else (best[1], best[2])


def _beyond_size(one: Contribution, movement: Movement, *, counts: bool) -> float:
    """What a part did beyond what it would have done if all parts had changed alike.

    Half of the tickets make half of every change: that explains nothing.
    """
    if counts:
        return one.total - movement.change * _share(one.n_before, _before(movement))
    shares = _share(one.n_before, _before(movement)) + _share(one.n_now, _now(movement))
    return one.total - sum(part.rate for part in movement.contributions) * shares / 2


def _before(movement: Movement) -> float:
    return sum(part.n_before for part in movement.contributions)


def _now(movement: Movement) -> float:
    return sum(part.n_now for part in movement.contributions)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mostly(found: Explained, reader: Reader) -> str:
    """Mostly Billing, which took longer (+9 min)."""
    top = most(found)
    if top is None:
        return ""
    dimension, one = top
    message = "Mostly {part} ({change})."
    if not _counts(found.metric):
        message = _MOSTLY[_why(found.metric, found.splits[dimension], one)]
    return reader.text(
        message,
        part=numbers.part(reader, Slice(dimension, one.name)),
        change=_in_words(found.metric, one.total, reader),
    )


def _why(metric: Metric, movement: Movement, one: Contribution) -> str:
    """What happened to the part: it changed itself, or there was more or less of it."""
    if abs(one.rate) >= abs(one.mix):
        lasting = metric.unit is Unit.SECONDS
        if one.rate > 0:
            return "longer" if lasting else "higher"
        return "quicker" if lasting else "lower"
    before, now = _share(one.n_before, _before(movement)), _share(one.n_now, _now(movement))
    return "more" if now > before else "less"


_MOSTLY = {
    "longer": "Mostly {part}, which took longer ({change}).",
    "quicker": "Mostly {part}, which was quicker ({change}).",
    "higher": "Mostly {part}, which was higher itself ({change}).",
    "lower": "Mostly {part}, which was lower itself ({change}).",
    "more": "Mostly {part}, of which there was more ({change}).",
    "less": "Mostly {part}, of which there was less ({change}).",
}


def _in_words(metric: Metric, value: float, reader: Reader) -> str:
    """+9 min, −3 points: a part of a change."""
    points = metric.unit in (Unit.RATIO, Unit.SCORE)
    size = abs(value) * (100 if metric.unit is Unit.RATIO else 1)
    shown = (
        reader.number(size, decimals=_decimals(size))
        if points
        else numbers.value(reader, metric, size)
    )
    values = {"sign": "+" if value > 0 else "−", "size": shown}
    if points:
        return reader.text("{sign}{size} points", **values)
    return reader.text("{sign}{size}", **values)


def _decimals(size: float) -> int:
    """To two figures: more would only look exact."""
    return 0 if size >= 10 else 1


# --- Part by part --------------------------------------------------------------------------------


def _rows(found: Explained, reader: Reader) -> Iterator[list[str]]:
    """A stretch of rows for each dimension: its sum first, then its parts, the most first."""
    scale = _scale(found)
    heads = [reader.text(scale.unit) if scale.unit else "", reader.text("change")]
    counts = _counts(found.metric)
    yield heads if counts else [*heads, reader.text("mix"), reader.text("itself")]
    for dimension, movement in found.splits.items():
        parts = movement.contributions
        yield _row(reader.text(_BY[dimension]), parts, scale, reader, counts=counts)
        # One that would stand alone under “others” may as well be named.
        shown = len(parts) if len(parts) == MOST_PARTS + 1 else MOST_PARTS
        for one in parts[:shown]:
            name = numbers.part_plainly(reader, Slice(dimension, one.name))
            yield _row(name, [one], scale, reader, counts=counts)
        if parts[shown:]:
            yield _row(reader.text("others"), parts[shown:], scale, reader, counts=counts)


_BY = {
    Dimension.CHANNEL: "By channel",
    Dimension.GROUP: "By group",
    Dimension.PRIORITY: "By priority",
}


def _row(
    name: str, of: Iterable[Contribution], scale: _Scale, reader: Reader, *, counts: bool
) -> list[str]:
    parts = list(of)
    mix, rate = sum(one.mix for one in parts), sum(one.rate for one in parts)
    told = [mix + rate] if counts else [mix + rate, mix, rate]
    return [name, *(scale.shown(value, reader) for value in told)]


@dataclass(frozen=True, slots=True)
class _Scale:
    """One unit and precision for all that stands in a column."""

    unit: str
    size: float
    decimals: int

    def shown(self, value: float, reader: Reader) -> str:
        """+1.8, −0.4, 0.0."""
        shown = reader.number(abs(value) / self.size, decimals=self.decimals)
        if shown == reader.number(0, decimals=self.decimals):
            return shown
        sign = "+" if value > 0 else "−"
        return reader.text("{sign}{size}", sign=sign, size=shown)


#: Up to how many seconds changes are told in a unit, how many of them it has, and its name.
_TIMES = (
    (100, 1, "in seconds"),
    (100 * 60, 60, "in minutes"),
    (72 * 3_600, 3_600, "in hours"),
    (float("inf"), 86_400, "in days"),
)


def _scale(found: Explained) -> _Scale:
    metric, largest = found.metric, _largest(found)
    match metric.unit:
        case Unit.SECONDS:
            size, unit = next((size, unit) for most, size, unit in _TIMES if largest < most)
            whole = size == 1 or largest / size >= 10
            return _Scale(unit, size, 0 if whole else 1)
        case Unit.RATIO:
            return _Scale("in points", 0.01, _decimals(largest * 100))
        case Unit.SCORE:
            whole = isinstance(metric.aggregate, NetScore) and largest >= 10
            return _Scale("in points", 1, 0 if whole else 1 if largest >= 1 else 2)
    if _counts(metric):
        return _Scale("", 1, 0)
    return _Scale("", 1, 1 if largest >= 1 else 2)


def _largest(found: Explained) -> float:
    return max(
        abs(size)
        for movement in found.splits.values()
        for one in movement.contributions
        for size in (one.total, one.mix, one.rate)
    )


def _counts(metric: Metric) -> bool:
    """Whether it is a number of things, so that a part can only have more or fewer of them."""
    return isinstance(metric.aggregate, Count | Unsolved)


def _reading_aid(metric: Metric, reader: Reader) -> str:
    if _counts(metric):
        return reader.text("Each split adds up to the whole change.")
    if metric.unit is Unit.SECONDS:
        return reader.text(
            "Mix: there was more or less of it. Itself: it took longer or was quicker. "
            "Each split adds up to the whole change."
        )
    return reader.text(
        "Mix: there was more or less of it. Itself: its own number rose or fell. "
        "Each split adds up to the whole change."
    )


# --- The tickets behind it -----------------------------------------------------------------------


def tickets(
    found: Sequence[Ticket],
    metric: Metric,
    part: Slice | None,
    window: Window,
    reader: Reader,
) -> Message:
    """The tickets behind a change, as links to the help desk: ids, never what they are about."""
    days = span(reader, window)
    label = numbers.label(reader, metric)
    if part is None:
        where = reader.text("{what}, {days}", what=label, days=days)
    else:
        name = numbers.part(reader, part)
        where = reader.text("{what} · {part}, {days}", what=label, part=name, days=days)
    heading = reader.text("Tickets behind it: {where}", where=where)
    if not found:
        told = reader.text("{where}: there are no tickets to list.", where=where)
        return Message(text=told, blocks=blocks_of(section(told, "why-tickets")))
    lines = [_line(one, metric, reader) for one in found]
    return Message(
        text=heading,
        blocks=blocks_of(section("\n".join([f"*{heading}*", *lines]), "why-tickets")),
    )


def _line(one: Ticket, metric: Metric, reader: Reader) -> str:
    number = plain(isolated(one.id))
    name = f"<{plain(one.url)}|#{number}>" if one.url else f"#{number}"
    values = {"ticket": name, "desk": plain(isolated(one.desk))}
    if one.value is None:
        return reader.text("{ticket}, {desk}", **values)
    return reader.text("{ticket}, {desk}: {value}", **values, value=_own(one.value, metric, reader))


def _own(value: float, metric: Metric, reader: Reader) -> str:
    """What a single ticket has: a duration, or a whole number of messages or points."""
    if metric.unit is Unit.SECONDS:
        return reader.duration(value)
    return reader.number(value)
