"""How a digest looks: the judgement first, then the numbers, a chart, and the rest in the thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slackblocks import ActionsBlock, Block, Option, OverflowMenu, Text, TextType

from bot.calendars import country_of, first_weekday
from bot.digests.digest import (
    BREAKDOWN_METRICS,
    DeskState,
    Digest,
    Freshness,
    Highlight,
    Line,
    Theme,
)
from bot.digests.digest import Block as NumbersOf
from bot.digests.heat import Busiest, Heat
from bot.digests.timetable import Kind
from bot.domain import Dimension, Slice, Window
from bot.errors import said
from bot.locale import Reader, whole_days
from bot.message import Message, Picture
from bot.metrics import CATALOGUE, Metric
from bot.metrics.movement import can_be_split
from bot.metrics.usual import Standing
from bot.slack import charts, numbers
from bot.slack.blocks import (
    LONGEST_TEXT,
    blocks_of,
    button,
    context,
    header,
    picture_block,
    plain,
    section,
    table,
)

#: The most parts that a breakdown lists; the rest is named as a number.
MOST_PARTS = 25

#: The most goals that a message lists: more would be too long for it.
MOST_GOALS = 40

CHART = "FDIGESTCHART"
HEAT = "FDIGESTHEAT"

#: The actions of a digest's buttons, which `commands/digest.py` answers.
NUMBERS, WHY, SETTINGS = "digest_numbers", "digest_why", "digest_settings"


def render(
    digest: Digest, reader: Reader, *, schedule: int | None = None, with_chart: bool = True
) -> Message:
    """The message of a digest. `schedule` is what posts it, so that it can be stopped from here."""
    title = _title(digest, reader)
    drawn = _chart(digest, reader) if with_chart and digest.has_data else None
    judgement = _judgement(digest, reader)
    blocks = blocks_of(
        header(title, "digest-title"),
        *(section(line, f"digest-line-{place}") for place, line in enumerate(judgement)),
        _headline(digest, reader) if digest.has_data else None,
        picture_block(drawn, "digest-chart") if drawn else None,
        _actions(digest, reader, schedule),
        context(_freshness(digest, reader), "digest-freshness"),
    )
    return Message(
        text="\n".join([title, *judgement])[:LONGEST_TEXT],
        blocks=blocks,
        pictures=[drawn] if drawn else [],
        thread=_thread(digest, reader) if digest.has_data else [],
    )


def _title(digest: Digest, reader: Reader) -> str:
    days = reader.days(*whole_days(digest.window.start, digest.window.end))
    if digest.kind is Kind.WEEKLY:
        return reader.text("Support · week of {days}", days=days)
    return reader.text("Support · {days}", days=days)


# --- What it says first --------------------------------------------------------------------------


def _judgement(digest: Digest, reader: Reader) -> list[str]:
    """The first lines: old or missing data, then what stands out, then the quiet rest."""
    lines = _warnings(digest.freshness, reader)
    if not digest.has_data:
        return lines or [reader.text("There are no data for these days.")]
    told = [_highlight(one, digest, reader) for one in digest.highlights[:3]]
    more = len(digest.highlights) - 3
    if more > 0:
        told.append(
            reader.plural(
                "{n} more number stands out: see the thread.",
                "{n} more numbers stand out: see the thread.",
                more,
            )
        )
    quiet = [] if told else [_quiet(digest, reader)]
    return lines + told + quiet


def _warnings(fresh: Freshness, reader: Reader) -> list[str]:
    if not fresh.desks:
        return [
            reader.text(
                "⚠️ No help desk is connected yet, so there is nothing to tell. "
                "An operator connects one: see the README, “Connect a help desk”."
            )
        ]
    told = [
        reader.text(
            "⚠️ {desk} has not been read to its end yet: numbers are missing.",
            desk=plain(desk.name),
        )
        for desk in fresh.unread
    ]
    told += [_stale(desk, fresh, reader) for desk in fresh.stale]
    if fresh.differences:
        told.append(
            reader.plural(
                "⚠️ On {n} day a help desk counts otherwise than is stored here; "
                "`deskpulse doctor` tells which.",
                "⚠️ On {n} days a help desk counts otherwise than is stored here; "
                "`deskpulse doctor` tells which.",
                fresh.differences,
            )
        )
    return told


def _stale(desk: DeskState, fresh: Freshness, reader: Reader) -> str:
    told = {
        "desk": plain(desk.name),
        "moment": reader.moment(desk.data_until, fresh.now) if desk.data_until else "",
    }
    if desk.problem is None:
        return reader.text(
            "⚠️ Data of {desk} end at {moment}: numbers after that are missing.", **told
        )
    return reader.text(
        "⚠️ Data of {desk} end at {moment}: numbers after that are missing. {problem}",
        **told,
        problem=plain(said(desk.problem, reader.template)),
    )


def _highlight(highlight: Highlight, digest: Digest, reader: Reader) -> str:
    line = highlight.line
    sign = {True: "🟢", False: "🔴", None: "🔵"}[line.is_good]
    sentences = [
        reader.text(
            "{sign} *{label} {value}.* {usually}",
            sign=sign,
            label=plain(_name(digest, line, reader)),
            value=numbers.shown(reader, line.reading),
            usually=_usually(digest, line, reader),
        )
    ]
    if highlight.record_of_weeks is not None:
        sentences.append(_record(line, highlight.record_of_weeks, reader))
    if highlight.parts:
        sentences.append(
            reader.text(
                "Most of all {parts}.",
                parts=reader.listed(
                    reader.text(
                        "{part} ({value})",
                        part=numbers.part(reader, part.reading.slice),
                        value=numbers.shown(reader, part.reading),
                    )
                    for part in highlight.parts
                    if part.reading.slice
                ),
            )
        )
    return " ".join(sentences)


def _usually(digest: Digest, line: Line, reader: Reader) -> str:
    usual = numbers.range_of(reader, line.reading.metric, line.usual)
    first, last = whole_days(digest.window.start, digest.window.end)
    if first == last:
        weekday = reader.weekday(first.weekday(), plural=True)
        return reader.text("Usual on {weekday}: {range}.", weekday=weekday, range=usual)
    if digest.kind is Kind.WEEKLY:
        return reader.text("Usual in a week: {range}.", range=usual)
    return reader.text("Usual for these days: {range}.", range=usual)


def _record(line: Line, weeks: int, reader: Reader) -> str:
    if line.standing is Standing.ABOVE:
        return reader.plural("The highest in {n} week.", "The highest in {n} weeks.", weeks)
    return reader.plural("The lowest in {n} week.", "The lowest in {n} weeks.", weeks)


def _quiet(digest: Digest, reader: Reader) -> str:
    facts = _facts(digest, reader)
    if digest.freshness.incomplete:
        return facts or _missing(reader)  # what is missing may well be unusual
    if any(line.usual is not None for line in digest.headline):
        if facts is None:
            return reader.text("Nothing unusual.")
        return reader.text("Nothing unusual. {facts}", facts=facts)
    if facts is None:
        return _too_young(reader)
    return reader.text("{facts} Too little history to say what is usual.", facts=facts)


def _facts(digest: Digest, reader: Reader) -> str | None:
    """How much there was; `None` where a help desk cannot tell all of it."""
    told = {line.reading.metric.key: line.reading for line in digest.headline}
    keys = {"new": "ticket_volume", "solved": "tickets_solved", "backlog": "backlog"}
    if not told.keys() >= set(keys.values()):
        return None
    values = {name: numbers.shown(reader, told[key]) for name, key in keys.items()}
    return reader.text("{new} new, {solved} solved, backlog {backlog}.", **values)


def _missing(reader: Reader) -> str:
    return reader.text("Some numbers are missing, so nothing can be said of them.")


def _too_young(reader: Reader) -> str:
    return reader.text("Too little history to say what is usual.")


# --- The table and the chart ---------------------------------------------------------------------


def _headline(digest: Digest, reader: Reader) -> Block:
    """The headline numbers, as wide as a phone; a column nobody could fill is left out."""
    lines = [line for line in digest.headline if line.reading.value is not None]
    days = whole_days(digest.window.start, digest.window.end)
    columns = [
        ["", *(_named(digest, line, reader) for line in lines)],
        [
            reader.days_briefly(*days),
            *(numbers.with_sample(reader, line.reading) for line in lines),
        ],
        [_versus(lines, reader), *(numbers.change(reader, line) for line in lines)],
        [reader.text("goal"), *(numbers.goal(reader, line) for line in lines)],
    ]
    return table(_filled(columns), "digest-numbers")


def _versus(lines: Sequence[Line], reader: Reader) -> str:
    """What the numbers are compared with: the week before, or an earlier one if that had a holiday."""
    for line in lines:
        if line.before is not None:
            first, last = whole_days(line.before.window.start, line.before.window.end)
            start, _ = whole_days(line.reading.window.start, line.reading.window.end)
            if (start - first).days > 7:
                return reader.text("vs {days}", days=reader.days_briefly(first, last))
    return reader.text("vs week before")


def _filled(columns: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows of a table, without the columns, but for the first two, that nobody could fill."""
    first, second, *others = columns
    told = [column for column in others if set(column[1:]) - {"", numbers.NOTHING}]
    return list(zip(first, second, *told, strict=True))


def _chart(digest: Digest, reader: Reader) -> Picture | None:
    """The trend of the number that stands out most, over the comparable periods."""
    line = digest.charted
    if line is None or len(line.history) < 2:
        return None
    metric = line.reading.metric
    series = [*line.history, line.reading]
    label = numbers.label(reader, metric)
    found = {
        "label": label,
        "n": reader.number(len(series)),
        "value": numbers.shown(reader, line.reading),
    }
    if line.usual is None:
        alt = reader.text("{label}, {n} periods: {value} now.", **found)
    else:
        usually = numbers.range_of(reader, metric, line.usual)
        alt = reader.text(
            "{label}, {n} periods: {value} now, usual {range}.", **found, range=usually
        )
    drawn = charts.trend(
        [(reader.short_date(reading.window.start.date()), reading.value) for reading in series],
        usual=(line.usual.low, line.usual.high) if line.usual else None,
        goal=line.target,
        value_label=lambda number: numbers.value(reader, metric, number),
        title=_chart_title(digest, label, reader),
        words=charts.Words(usual=reader.text("usual"), goal=reader.template("goal {value}")),
    )
    return Picture(CHART, drawn, alt)


def _chart_title(digest: Digest, label: str, reader: Reader) -> str:
    first, last = whole_days(digest.window.start, digest.window.end)
    if first == last:
        weekday = reader.weekday(first.weekday(), plural=True)
        return reader.text("{label} on {weekday}", label=label, weekday=weekday)
    if digest.kind is Kind.WEEKLY:
        return reader.text("{label} by week", label=label)
    return reader.text("{label} on such days", label=label)


# --- Buttons and freshness -----------------------------------------------------------------------


def _actions(digest: Digest, reader: Reader, schedule: int | None) -> Block:
    buttons = [button(reader.text("All numbers"), NUMBERS, _asked(digest.window, reader))]
    striking = (highlight.line.reading for highlight in digest.highlights)
    explained = next((one for one in striking if can_be_split(one.metric)), None)
    if explained is not None:
        asked = _asked(explained.window, reader)
        told = f"{explained.metric.key} {explained.clock} {asked}"
        buttons.append(button(reader.text("Why"), WHY, told))
    if schedule is None:
        return ActionsBlock([*buttons], block_id="digest-actions")
    menu = OverflowMenu(
        SETTINGS,
        [
            _option(reader.text("Pause this digest"), f"pause:{schedule}"),
            _option(reader.text("Remove this digest"), f"remove:{schedule}"),
        ],
    )
    return ActionsBlock([*buttons, menu], block_id="digest-actions")


def _asked(window: Window, reader: Reader) -> str:
    """The zone and the window that a button hands back."""
    return f"{reader.zone.key} {window.start.isoformat()}/{window.end.isoformat()}"


def _option(label: str, value: str) -> Option:
    """A line of a menu. Slack takes only plain text there, which `Option` does not know."""
    return Option(Text(label, type_=TextType.PLAINTEXT), value)


def _freshness(digest: Digest, reader: Reader) -> str:
    fresh = digest.freshness
    if not fresh.desks:
        return reader.text("no help desk is connected")
    desks = reader.plural("{n} help desk", "{n} help desks", len(fresh.desks))
    if fresh.until is None:
        told = reader.text("no complete data yet, {desks}", desks=desks)
    else:
        moment = reader.moment(min(fresh.until, fresh.now), fresh.now)
        told = reader.text("data until {moment}, {desks}", moment=moment, desks=desks)
    if digest.late_by is None:
        return told
    late = reader.duration(digest.late_by.total_seconds())
    return reader.text("{told} · late by {late}, deskpulse was not running", told=told, late=late)


# --- The thread ----------------------------------------------------------------------------------


def _thread(digest: Digest, reader: Reader) -> list[Message]:
    breakdowns = [
        _breakdown(dimension, parts, reader) for dimension, parts in digest.breakdowns.items()
    ]
    aims = [_goals(digest, reader)] if _goals_are_news(digest) else []
    hours = [_hours(digest.heat, reader)] if digest.heat else []
    themes = [_theme(one, digest, reader) for one in digest.blocks]
    numbers_ = [_all_numbers(digest, reader), _meanings(digest, reader)]
    return [*themes, *hours, *aims, *breakdowns, *numbers_]


def _theme(block: NumbersOf, digest: Digest, reader: Reader) -> Message:
    """A line of judgement over the numbers of one theme, and their table."""
    title, told = reader.text(_THEMES[block.theme]), _judged(block, digest, reader)
    rows = _filled(
        [
            ["", *(_named(digest, line, reader) for line in block.lines)],
            [
                reader.text("value"),
                *(numbers.with_sample(reader, line.reading) for line in block.lines),
            ],
            [
                _versus(block.lines, reader),
                *(numbers.change(reader, line) for line in block.lines),
            ],
            [reader.text("goal"), *(numbers.goal(reader, line) for line in block.lines)],
        ]
    )
    return Message(
        text=reader.text("{heading}: {told}", heading=title, told=told),
        blocks=blocks_of(
            section(f"*{title}*\n{told}", f"digest-{block.theme}-title"),
            table(rows, f"digest-{block.theme}"),
        ),
    )


_THEMES = {
    Theme.SPEED: "Speed",
    Theme.QUALITY: "Quality",
    Theme.LOAD: "Load",
    Theme.PEOPLE: "People",
}


def _judged(block: NumbersOf, digest: Digest, reader: Reader) -> str:
    """What of the numbers of a theme lies outside of what is usual."""
    if digest.freshness.incomplete:
        return _missing(reader)
    if not block.is_judged:
        return _too_young(reader)
    told = [
        reader.text(sentence, numbers=reader.listed(_outside(digest, one, reader) for one in lines))
        for good, sentence in _OUTSIDE.items()
        if (lines := block.that_are(good))
    ]
    return "\n".join(told) or reader.text("Nothing unusual.")


_OUTSIDE = {
    False: "🔴 Worse than usual: {numbers}.",
    True: "🟢 Better than usual: {numbers}.",
    None: "🔵 Unusual: {numbers}.",
}


def _outside(digest: Digest, line: Line, reader: Reader) -> str:
    return reader.text(
        "{label} {value} (usual {range})",
        label=_named(digest, line, reader),
        value=numbers.shown(reader, line.reading),
        range=numbers.range_of(reader, line.reading.metric, line.usual),
    )


def _hours(heat: Heat, reader: Reader) -> Message:
    """When tickets arrive and how long they then wait, so that staffing follows demand."""
    title = reader.text("When tickets arrive, and how long they then wait")
    first = first_weekday(country_of(reader.zone))
    days = [(first + place) % 7 for place in range(7)]
    told = _busiest(heat.busiest, reader)
    picture = Picture(
        HEAT,
        charts.heat_map(
            [reader.weekday_briefly(day) for day in days],
            [heat.arrivals[day] for day in days],
            [heat.waits[day] for day in days],
            count_label=reader.number,
            wait_label=reader.duration,
            title=None,
            hours=[reader.number(hour) for hour in range(24)],
            words=charts.HeatWords(
                arrivals=reader.text("Tickets that arrive"),
                waits=reader.text("First response"),
                most=reader.template("most: {weekday} {hour}, {value}"),
                longest=reader.template("longest: {weekday} {hour}, {value}"),
            ),
        ),
        alt=reader.text("Tickets by weekday and hour, and their first response: {told}", told=told),
    )
    return Message(
        text=reader.text("{heading}: {told}", heading=title, told=told),
        blocks=blocks_of(
            section(f"*{title}*\n{told}", "digest-hours-title"),
            picture_block(picture, "digest-hours"),
        ),
        pictures=[picture],
    )


def _busiest(found: Busiest | None, reader: Reader) -> str:
    """Mondays 9 to 11 bring 18% of the week; replies then take twice as long: 58 min, not 29 min."""
    if found is None:
        return reader.text("No hour of the week is much busier than the others.")
    told = {
        "weekday": reader.weekday(found.weekday, plural=True),
        "start": reader.number(found.start),
        "end": reader.number(found.end),
        "share": reader.percent(found.share),
    }
    slower = found.slower
    if found.wait is None or found.usual_wait is None or slower is None or round(slower, 1) == 1:
        return reader.text("{weekday} {start} to {end} bring {share} of the week.", **told)
    return reader.text(
        _slower(slower),
        **told,
        times=reader.number(slower, decimals=1),
        wait=reader.duration(found.wait),
        usual=reader.duration(found.usual_wait),
    )


def _slower(times: float) -> str:
    """The sentence for replies that take so many times as long as those of all."""
    if times < 1:
        return (
            "{weekday} {start} to {end} bring {share} of the week; "
            "replies then come sooner: after {wait}, not {usual}."
        )
    if round(times, 1) == 2:
        return (
            "{weekday} {start} to {end} bring {share} of the week; "
            "replies then take twice as long: {wait}, not {usual}."
        )
    return (
        "{weekday} {start} to {end} bring {share} of the week; "
        "replies then take {times} times as long: {wait}, not {usual}."
    )


def _goals_are_news(digest: Digest) -> bool:
    """Whether there is more to tell of goals than the headline does: parts, hours, dates, a week."""
    return any(
        digest.kind is Kind.WEEKLY or line not in digest.headline or line.on_pace is not None
        for line in digest.goals
    )


def _goals(digest: Digest, reader: Reader) -> Message:
    """Every goal: the number, the target, the gap, and whether the pace suffices."""
    title = reader.text("Goals")
    columns = [
        [title, *(numbers.name(reader, line.reading) for line in digest.goals)],
        [reader.text("value"), *(numbers.shown(reader, line.reading) for line in digest.goals)],
        [reader.text("goal"), *(numbers.goal(reader, line) for line in digest.goals)],
    ]
    optional = [
        [reader.text("gap"), *(numbers.gap(reader, line) for line in digest.goals)],
        [reader.text("pace"), *(numbers.pace(reader, line) for line in digest.goals)],
    ]
    columns += [column for column in optional if any(column[1:])]
    rows = list(zip(*columns, strict=True))
    more = len(digest.goals) - MOST_GOALS
    left_out = reader.plural(
        "{n} further goal is not listed.", "{n} further goals are not listed.", max(more, 0)
    )
    return Message(
        text=title,
        blocks=blocks_of(
            table(rows[: MOST_GOALS + 1], "digest-goals"),
            context(left_out, "digest-goals-more") if more > 0 else None,
        ),
    )


def _breakdown(
    dimension: Dimension, parts: Mapping[Slice, Mapping[str, Line]], reader: Reader
) -> Message:
    metrics = [CATALOGUE[key] for key in BREAKDOWN_METRICS]
    title = reader.text(_BY[dimension])
    rows = [
        [numbers.dimension(reader, dimension), *(numbers.brief(reader, one) for one in metrics)]
    ]
    for part, lines in list(parts.items())[:MOST_PARTS]:
        cells = [_cell(reader, metric, lines.get(metric.key)) for metric in metrics]
        rows.append([numbers.part_plainly(reader, part), *cells])
    more = len(parts) - MOST_PARTS
    left_out = reader.plural(
        "{n} smaller one is not listed.", "{n} smaller ones are not listed.", max(more, 0)
    )
    return Message(
        text=title,
        blocks=blocks_of(
            section(f"*{title}*", f"digest-by-{dimension}-title"),
            table(rows, f"digest-by-{dimension}"),
            context(left_out, f"digest-by-{dimension}-more") if more > 0 else None,
        ),
    )


_BY = {
    Dimension.DESK: "By help desk",
    Dimension.CHANNEL: "By channel",
    Dimension.GROUP: "By group",
    Dimension.PRIORITY: "By priority",
    Dimension.AGENT: "By agent",
}


def _cell(reader: Reader, metric: Metric, line: Line | None) -> str:
    return numbers.NOTHING if line is None else numbers.value(reader, metric, line.reading.value)


def _named(digest: Digest, line: Line, reader: Reader) -> str:
    """Its short name, its clock, and its days where they are not those of the digest."""
    short = numbers.brief(reader, line.reading.metric)
    named = numbers.of_part(reader, short, line.reading.slice, line.reading.clock)
    return _of_days(digest, line, named, reader)


def _name(digest: Digest, line: Line, reader: Reader) -> str:
    """What a number is about, and its days where they are not those of the digest."""
    return _of_days(digest, line, numbers.name(reader, line.reading), reader)


def _of_days(digest: Digest, line: Line, name: str, reader: Reader) -> str:
    if line.reading.window == digest.window:
        return name
    days = reader.days_briefly(*whole_days(line.reading.window.start, line.reading.window.end))
    return reader.text("{what}, {days}", what=name, days=days)


def _all_numbers(digest: Digest, reader: Reader) -> Message:
    """Every number with its sample, p90 and interval."""
    lines = digest.lines
    there = [line for line in lines if line.reading.value is not None]
    rows = [
        [
            reader.text("All numbers"),
            reader.text("value"),
            reader.text("usual"),
            reader.text("9 of 10 within"),
            reader.text("95% interval"),
            reader.text("n"),
        ]
    ]
    rows += [
        [
            _name(digest, line, reader),
            numbers.shown(reader, line.reading),
            numbers.range_of(reader, line.reading.metric, line.usual),
            numbers.value(reader, line.reading.metric, line.reading.p90),
            numbers.interval(reader, line.reading),
            reader.number(line.reading.n),
        ]
        for line in there
    ]
    return Message(text=reader.text("All numbers"), blocks=blocks_of(table(rows, "digest-all")))


def _meanings(digest: Digest, reader: Reader) -> Message:
    """What each number means, and of which there are no data; with the table it would be too long."""
    lines = digest.lines
    there = (line.reading.metric for line in lines if line.reading.value is not None)
    definitions = [
        reader.text(
            "*{label}*: {definition}",
            label=numbers.label(reader, metric),
            definition=reader.text(metric.definition),
        )
        for metric in dict.fromkeys(there)
    ]
    absent = [line.reading for line in lines if line.reading.value is None]
    if absent:
        names = reader.listed(numbers.label(reader, reading.metric) for reading in absent)
        definitions.append(reader.text("No data for: {names}.", names=names))
    return Message(
        text=reader.text("What the numbers mean"),
        blocks=blocks_of(
            *(
                section("\n".join(definitions[start : start + 8]), f"digest-meaning-{start}")
                for start in range(0, len(definitions), 8)
            ),
        ),
    )
