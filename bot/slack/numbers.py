"""A reading in words: value, change, usual range and sample, in the reader's language."""

from __future__ import annotations

from bot.digests.line import Line
from bot.domain import Dimension, Fact, Slice
from bot.locale import Reader, isolated
from bot.metrics import Better, Clock, Count, Metric, NetScore, Reading, Unit, Unsolved
from bot.metrics.comparison import Verdict
from bot.metrics.reading import NOT_FOR_ALL, Lack
from bot.metrics.usual import Standing, Usual
from bot.slack.blocks import plain
from bot.slack.surveys.withheld import because

NOTHING = "–"

#: A longer name of a group would not fit a phone, nor many of them a message.
LONGEST_NAME = 60


def value(reader: Reader, metric: Metric, number: float | None) -> str:
    """A value of a metric in its unit; a dash when there is none."""
    if number is None:
        return NOTHING
    match metric.unit:
        case Unit.SECONDS:
            return reader.duration(number)
        case Unit.RATIO:
            return reader.percent(number, decimals=_decimals(number))
    counted = isinstance(metric.aggregate, Count | Unsolved | NetScore)
    whole = counted or metric.bounds == _POINTS
    return reader.number(number, decimals=0 if whole else 1)


#: Between these ends a net score lies, and a tenth of a point of it tells nothing.
_POINTS = (-100, 100)


def _decimals(share: float) -> int:
    """Below ten percent a tenth still tells; above, it would only look exact."""
    return 1 if 0 < share < 0.1 else 0


def shown(reader: Reader, reading: Reading) -> str:
    """The value of a reading."""
    return value(reader, reading.metric, reading.value)


def range_of(reader: Reader, metric: Metric, usual: Usual | None) -> str:
    """35 – 70 min: the usual range, the unit said once where both ends share it."""
    if usual is None:
        return NOTHING
    if metric.unit is Unit.RATIO:
        decimals = _decimals(usual.high)
        low, high = (reader.percent(end, decimals=decimals) for end in (usual.low, usual.high))
    else:
        low, high = (value(reader, metric, end) for end in (usual.low, usual.high))
    if low == high:
        return low
    number, _, unit = high.rpartition(" ")
    if number and low.rpartition(" ")[2] == unit and not unit.isdigit():
        low = low.rpartition(" ")[0]
    return reader.text("{low} – {high}", low=low, high=high)


def change(reader: Reader, line: Line) -> str:
    """▲ 12%, worse: the move since the earlier period, and whether it is news.

    A move to within the usual range is called usual; one that leaves it better, worse, or, where
    neither is, unusual; and what was outside before is still high or low. Of what nobody knows to
    be usual the move is told alone.
    """
    move = _move(reader, line)
    if move is None:
        return NOTHING
    return _judged(reader, line, move) if move else reader.text("same")


def difference(reader: Reader, line: Line) -> str:
    """The move for whoever asks how two numbers differ.

    Where nobody knows what is usual, the two are told from chance by their own intervals.
    """
    move = _move(reader, line)
    if not move or line.standing is not Standing.UNKNOWN:
        return change(reader, line)
    match line.verdict:
        case Verdict.CANNOT_TELL:
            return reader.text("{move}, unclear", move=move)
        case Verdict.HIGHER | Verdict.LOWER as side:
            better = line.reading.metric.better
            if better is not Better.NEITHER:
                is_good = (side is Verdict.LOWER) is (better is Better.LOWER)
                return reader.text(_OUT[is_good], move=move)
    return move


def _judged(reader: Reader, line: Line, move: str) -> str:
    match line.standing:
        case Standing.UNKNOWN:
            return move
        case Standing.WITHIN:
            return reader.text("{move}, usual", move=move)
    told = _STILL_OUT[line.standing] if line.is_still_out else _OUT[line.is_good]
    return reader.text(told, move=move)


_OUT = {True: "{move}, better", False: "{move}, worse", None: "{move}, unusual"}
_STILL_OUT = {Standing.ABOVE: "{move}, still high", Standing.BELOW: "{move}, still low"}


def _move(reader: Reader, line: Line) -> str | None:
    """▲ 12%, or ▼ 8 points of a score; nothing where it stayed, `None` where that is not known."""
    now, before = line.reading, line.before
    if not line.complete or before is None or before.value is None or now.value is None:
        return None
    away = now.value - before.value
    arrow = "▲" if away > 0 else "▼"
    if now.metric.unit is Unit.SCORE:
        # A score may begin at or below 0, where shares of it mean nothing.
        size = value(reader, now.metric, abs(away))
        if size == value(reader, now.metric, 0.0):
            return ""
        return reader.text("{arrow} {points} points", arrow=arrow, points=size)
    if line.change is None:
        return None
    if round(abs(line.change), 2) == 0:
        return ""
    return reader.text("{arrow} {move}", arrow=arrow, move=reader.percent(abs(line.change)))


def goal(reader: Reader, line: Line) -> str:
    """1 h ✗: the target, and whether it was met; no mark while it is on its way there in time."""
    if line.goal is None:
        return ""
    target, mark = value(reader, line.reading.metric, line.goal.target), goal_mark(line)
    return f"{target} {mark}" if mark else target


def goal_mark(line: Line) -> str:
    """Whether a goal was met; nothing while the number is on its way there in time."""
    if line.met is None or (not line.met and line.on_pace):
        return ""
    return "✓" if line.met else "✗"


def gap(reader: Reader, line: Line) -> str:
    """+20 min: how far the number is beyond its target, or +3 points; met goals have none."""
    if line.goal is None or line.reading.value is None or line.met is not False:
        return ""
    metric = line.reading.metric
    away = line.reading.value - line.goal.target
    values = {"sign": "+" if away > 0 else "−"}
    if metric.unit is Unit.RATIO:
        points = reader.number(abs(away) * 100, decimals=1 if abs(away) < 0.1 else 0)
        return reader.text("{sign}{points} points", points=points, **values)
    return reader.text("{sign}{distance}", distance=value(reader, metric, abs(away)), **values)


def pace(reader: Reader, line: Line) -> str:
    """On pace for Mar 31, or how far it should be by now; nothing without a date to come."""
    if line.goal is None or line.goal.by is None or line.on_pace is None:
        return ""
    day = line.reading.window.end.date()
    if day >= line.goal.by:
        return ""
    by = reader.short_date(line.goal.by)
    if line.on_pace:
        return reader.text("on pace for {date}", date=by)
    expected = value(reader, line.reading.metric, line.goal.expected(day))
    return reader.text("behind for {date}: {expected} by now", expected=expected, date=by)


def label(reader: Reader, metric: Metric) -> str:
    return reader.text(metric.label)


def name(reader: Reader, reading: Reading) -> str:
    """What a reading is about: First response time · Billing, business hours."""
    return about(reader, reading.metric, reading.slice, reading.clock)


def about(reader: Reader, metric: Metric, of: Slice | None, clock: Clock) -> str:
    """The name of a metric, of one part of the tickets, on a clock."""
    return of_part(reader, label(reader, metric), of, clock)


def of_part(reader: Reader, told: str, of: Slice | None, clock: Clock) -> str:
    """What is told, of one part of the tickets, on a clock."""
    if of is not None:
        told = reader.text("{what} · {part}", what=told, part=part_plainly(reader, of))
    if clock is Clock.BUSINESS:
        told = reader.text("{what}, business hours", what=told)
    return told


def why_none(reader: Reader, reading: Reading) -> str | None:
    """Why a number cannot be given: “acme has no ratings.” `None` where a desk could give it."""
    if reading.metric.is_surveyed:
        return _why_untold(reader, reading)
    if reading.is_possible:
        return None
    return " ".join(lack(reader, one) for one in reading.lacks) or None


def _why_untold(reader: Reader, reading: Reading) -> str | None:
    """Why no survey tells a number: none was held, or closed then, or it may not be told."""
    poll, typed = reading.poll, results_example(reading.metric)
    if reading.value is not None:
        return None
    if not reading.is_possible:
        return reader.text("No survey has been held yet.")
    if poll is None:
        return reader.text(
            "No survey closed in these days. The last results: `{typed}`", typed=typed
        )
    if poll.withheld == NOT_FOR_ALL:
        return reader.text(
            "The results of this survey are not for everybody. Who may see them asks: `{typed}`",
            typed=typed,
        )
    return because(poll.withheld, reader, answered=poll.answered, fewest=poll.fewest)


def results_example(metric: Metric) -> str:
    """What is typed to see all that a survey told."""
    return "/enps results" if metric.key == "enps" else "/pulse results"


def lack(reader: Reader, lacking: Lack) -> str:
    """Acme has no ratings."""
    return reader.text(_LACKS[lacking.fact], desk=plain(isolated(lacking.desk)))


_LACKS = {
    Fact.GROUP: "{desk} has no groups.",
    Fact.CHANNEL: "{desk} does not tell the channel of a ticket.",
    Fact.PRIORITY: "{desk} has no priorities.",
    Fact.SOLVES: "{desk} does not tell when tickets are solved.",
    Fact.FIRST_SOLVE: "{desk} does not tell when tickets were solved for the first time.",
    Fact.SOLVER: "{desk} does not tell who solves tickets.",
    Fact.REOPENS: "{desk} does not tell when tickets are reopened.",
    Fact.FIRST_REPLY: "{desk} does not tell when tickets are first replied to.",
    Fact.REPLIES: "{desk} does not count messages.",
    Fact.RESPONSES: "{desk} does not tell when messages are answered.",
    Fact.TRANSFERS: "{desk} does not tell when tickets change hands.",
    Fact.WAITS: "{desk} does not tell how long tickets stay in a status.",
    Fact.REQUESTER: "{desk} does not tell whose ticket it is.",
    Fact.HOURS: "No business hours are set for {desk}.",
    Fact.BUSINESS_TIMES: "{desk} does not tell business times.",
    Fact.ESCALATIONS: "For {desk} it is not set what an escalation is.",
    Fact.COMPLAINTS: "For {desk} it is not set what a complaint is.",
    Fact.SLA: "{desk} has no SLA targets.",
    Fact.HANDLE_TIME: "{desk} has no handle times.",
    Fact.CSAT: "{desk} has no satisfaction ratings.",
    Fact.CSAT_REQUESTS: "{desk} does not tell how many were asked for a rating.",
    Fact.NPS: "{desk} has no net promoter surveys.",
    Fact.CES: "{desk} has no effort surveys.",
    Fact.CALLS: "{desk} has no calls.",
    Fact.HOLD_TIME: "{desk} does not tell how long callers are on hold.",
    Fact.ARTICLES: "{desk} does not tell how often help articles are read.",
    Fact.READING_TIME: "{desk} does not tell how long help articles are read.",
}


#: A share of fewer is told with the sample that it rests on.
SMALL = 100


def with_sample(reader: Reader, reading: Reading) -> str:
    """The value, and for a share of few the sample it rests on: 94% (31)."""
    if reading.metric.unit is not Unit.RATIO or reading.value is None or reading.n >= SMALL:
        return shown(reader, reading)
    n = reader.number(reading.n)
    return reader.text("{value} ({n})", value=shown(reader, reading), n=n)


def interval(reader: Reader, reading: Reading) -> str:
    """The 95 % interval of a reading; a dash where none exists."""
    if reading.low is None or reading.high is None:
        return NOTHING
    return range_of(reader, reading.metric, Usual(reading.low, reading.low, reading.high))


def part_plainly(reader: Reader, of: Slice) -> str:
    """The name of a slice, as plain text."""
    if of.value is None:
        return reader.text("(none)")
    name = of.value if len(of.value) <= LONGEST_NAME else of.value[: LONGEST_NAME - 1] + "…"
    return isolated(reader.template(name.capitalize()) if of.dimension in _OUR_WORDS else name)


def part(reader: Reader, of: Slice) -> str:
    """The name of a slice, as it may stand in markup."""
    return plain(part_plainly(reader, of))


#: Channels and priorities are words of ours, groups and desks are names of theirs.
_OUR_WORDS = (Dimension.CHANNEL, Dimension.PRIORITY)


def brief(reader: Reader, metric: Metric) -> str:
    return reader.text(metric.brief)


def dimension(reader: Reader, by: Dimension) -> str:
    return reader.text(_DIMENSIONS[by])


_DIMENSIONS = {
    Dimension.DESK: "Help desk",
    Dimension.CHANNEL: "Channel",
    Dimension.GROUP: "Group",
    Dimension.PRIORITY: "Priority",
    Dimension.AGENT: "Agent",
}
