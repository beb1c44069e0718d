"""The thread of a digest: themes, hours, goals, breakdowns, every number, and what each means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.calendars import country_of, first_weekday
from bot.digests.digest import BREAKDOWN_METRICS, Digest, Theme
from bot.digests.digest import Block as NumbersOf
from bot.digests.heat import Busiest, Heat
from bot.digests.line import Line
from bot.digests.timetable import Kind
from bot.domain import Dimension, Slice
from bot.locale import Reader, whole_days
from bot.message import Message, Picture
from bot.metrics import CATALOGUE, Metric
from bot.slack import charts, digest_people, numbers
from bot.slack.blocks import blocks_of, context, picture_block, section, table

#: The most parts that a breakdown lists; the rest is named as a number.
MOST_PARTS = 25

#: The most goals that a message lists: more would be too long for it.
MOST_GOALS = 40

HEAT = "FDIGESTHEAT"

#: The keys of the replies about goals, and about work and well-being.
GOALS, WELLBEING = "goals", "wellbeing"


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the thread: the `key` by which it is asked for alone, and what its button says."""

    key: str
    label: str
    message: Message


def thread(digest: Digest, reader: Reader) -> list[Message]:
    """The messages below a digest that is told in full, in their order."""
    told = replies(digest, reader)
    if not _goals_are_news(digest):
        told = [reply for reply in told if reply.key != GOALS]
    return [reply.message for reply in told]


def replies(digest: Digest, reader: Reader) -> list[Reply]:
    """All that there is to tell beside the headline, for whoever asks for it."""
    themes = [
        Reply(block.theme, reader.text(_THEMES[block.theme]), _theme(block, digest, reader))
        for block in digest.blocks
    ]
    if digest.kind is Kind.WEEKLY and digest.people:
        themes += of_people(digest, reader)
    breakdowns = [
        Reply(dimension, reader.text(_BY[dimension]), _breakdown(dimension, parts, reader))
        for dimension, parts in digest.breakdowns.items()
    ]
    others = [
        Reply("numbers", reader.text("What is usual"), _all_numbers(digest, reader)),
        Reply("meanings", reader.text("What they mean"), _meanings(digest, reader)),
    ]
    return [*themes, *_hours_and_goals(digest, reader), *breakdowns, *others]


def of_people(digest: Digest, reader: Reader) -> list[Reply]:
    """What a week says of the people: a message takes one table."""
    people, title = digest.people, reader.text(_THEMES[Theme.PEOPLE])
    told = [Reply(Theme.PEOPLE, title, digest_people.block(people, title, reader))]
    if people.beside is not None:
        title = reader.text("Work and well-being")
        made = digest_people.work_and_wellbeing(people.beside, title, reader)
        told.append(Reply(WELLBEING, title, made))
    return told


def reply(digest: Digest, key: str, reader: Reader) -> Message:
    """The one that is asked for; a sentence where it is not there any more."""
    found = (one.message for one in replies(digest, reader) if one.key == key)
    return next(found, Message(text=reader.text("There are no data for these days.")))


def _hours_and_goals(digest: Digest, reader: Reader) -> Iterator[Reply]:
    if digest.heat:
        yield Reply("hours", reader.text("Hours"), _hours(digest.heat, reader))
    if digest.goals:
        yield Reply(GOALS, reader.text("Goals"), _goals(digest, reader))


def _theme(block: NumbersOf, digest: Digest, reader: Reader) -> Message:
    """A line of judgement over the numbers of one theme, and their table."""
    title, told = reader.text(_THEMES[block.theme]), _judged(block, digest, reader)
    rows = filled(
        [
            ["", *(named(digest, line, reader) for line in block.lines)],
            [
                reader.text("value"),
                *(numbers.with_sample(reader, line.reading) for line in block.lines),
            ],
            [
                versus(block.lines, reader),
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
        return missing(reader)
    if not block.is_judged:
        return unjudged(digest, reader)
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
        label=named(digest, line, reader),
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
            name(digest, line, reader),
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


# --- What the digest itself says as well ---------------------------------------------------------


def missing(reader: Reader) -> str:
    return reader.text("Some numbers are missing, so nothing can be said of them.")


def unjudged(digest: Digest, reader: Reader) -> str:
    """Why nothing can be called usual or unusual, of a window that was read whole."""
    if not digest.is_incomparable:
        return reader.text("Too little history to say what is usual.")
    first, last = whole_days(digest.window.start, digest.window.end)
    if first == last:
        return reader.text("It was a public holiday: ordinary days say nothing about it.")
    return reader.text(
        "There was a public holiday among these days: ordinary ones say nothing about them."
    )


def versus(lines: Sequence[Line], reader: Reader) -> str:
    """What the numbers are compared with: the week before, or an earlier one if that had a holiday."""
    for line in lines:
        if line.before is not None:
            first, last = whole_days(line.before.window.start, line.before.window.end)
            start, _ = whole_days(line.reading.window.start, line.reading.window.end)
            if (start - first).days > 7:
                return reader.text("vs {days}", days=reader.days_briefly(first, last))
    return reader.text("vs week before")


def filled(columns: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows of a table, without the columns, but for the first two, that nobody could fill."""
    first, second, *others = columns
    told = [column for column in others if set(column[1:]) - {"", numbers.NOTHING}]
    return list(zip(first, second, *told, strict=True))


def named(digest: Digest, line: Line, reader: Reader) -> str:
    """Its short name, its clock, and its days where they are not those of the digest."""
    short = numbers.brief(reader, line.reading.metric)
    named = numbers.of_part(reader, short, line.reading.slice, line.reading.clock)
    return _of_days(digest, line, named, reader)


def name(digest: Digest, line: Line, reader: Reader) -> str:
    """What a number is about, and its days where they are not those of the digest."""
    return _of_days(digest, line, numbers.name(reader, line.reading), reader)


def _of_days(digest: Digest, line: Line, name: str, reader: Reader) -> str:
    if line.reading.window == digest.window:
        return name
    days = reader.days_briefly(*whole_days(line.reading.window.start, line.reading.window.end))
    return reader.text("{what}, {days}", what=name, days=days)
