"""How a digest looks: the judgement first, then the numbers, a chart, and the rest in the thread."""

from __future__ import annotations

from collections.abc import Sequence

from slackblocks import ActionsBlock, Block, Button, Option, OverflowMenu, Text, TextType

from bot.digests.digest import Digest, Highlight
from bot.digests.freshness import DeskState, Freshness
from bot.digests.line import Line
from bot.digests.timetable import Kind
from bot.domain import Window
from bot.errors import said
from bot.locale import Reader, whole_days
from bot.message import BlockJson, Message, Picture
from bot.metrics.movement import can_be_split
from bot.metrics.usual import Standing
from bot.slack import charts, digest_people, numbers
from bot.slack.blocks import (
    LONGEST_TEXT,
    actions,
    blocks_of,
    button,
    context,
    header,
    picture_block,
    plain,
    section,
    table,
)
from bot.slack.digest_thread import (
    Reply,
    filled,
    missing,
    name,
    named,
    of_people,
    replies,
    thread,
    unjudged,
    versus,
)

#: The most numbers that are told by a sentence each; the others are counted.
MOST_TOLD = 3

CHART = "FDIGESTCHART"

#: The actions of a digest's buttons, which `commands/digest.py` answers.
NUMBERS, REST, WHY, SETTINGS = "digest_numbers", "digest_rest", "digest_why", "digest_settings"


def render(
    digest: Digest, reader: Reader, *, schedule: int | None = None, with_chart: bool = True
) -> Message:
    """The message of a digest. `schedule` is what posts it, so that it can be stopped from here.

    A quiet day is one line, and a button for the rest: no table, no chart, nothing in the thread.
    """
    title = _title(digest, reader)
    in_full = digest.has_data and not digest.is_quiet
    drawn = _chart(digest, reader) if with_chart and in_full else None
    judgement = _judgement(digest, reader)
    blocks = blocks_of(
        header(title, "digest-title"),
        *(section(line, f"digest-line-{place}") for place, line in enumerate(judgement)),
        _headline(digest, reader) if in_full else None,
        picture_block(drawn, "digest-chart") if drawn else None,
        _actions(digest, reader, schedule),
        context(_freshness(digest, reader), "digest-freshness"),
    )
    return Message(
        text="\n".join([title, *judgement])[:LONGEST_TEXT],
        blocks=blocks,
        pictures=[drawn] if drawn else [],
        thread=thread(digest, reader) if in_full else _people_alone(digest, reader),
    )


def _people_alone(digest: Digest, reader: Reader) -> list[Message]:
    """What a week says of the people, where the help desks say nothing."""
    is_told = digest.kind is Kind.WEEKLY and digest.people
    return [reply.message for reply in of_people(digest, reader)] if is_told else []


def _title(digest: Digest, reader: Reader) -> str:
    days = reader.days(*whole_days(digest.window.start, digest.window.end))
    if digest.kind is Kind.WEEKLY:
        return reader.text("Support · week of {days}", days=days)
    return reader.text("Support · {days}", days=days)


# --- What it says first --------------------------------------------------------------------------


def _judgement(digest: Digest, reader: Reader) -> list[str]:
    """The first lines: old or missing data, what stands out, the quiet rest, and what surveys say."""
    people = digest_people.lines(digest.people, reader)
    lines = [] if people and not digest.freshness.desks else _warnings(digest.freshness, reader)
    if not digest.has_data:
        nothing = [] if people else [reader.text("There are no data for these days.")]
        return [*(lines or nothing), *people]
    told = [_highlight(one, digest, reader) for one in digest.highlights[:MOST_TOLD]]
    more = len(digest.highlights) - MOST_TOLD
    if more > 0:
        told.append(
            reader.plural(
                "{n} more number stands out: see the thread.",
                "{n} more numbers stand out: see the thread.",
                more,
            )
        )
    quiet = [] if told else _quiet(digest, reader)
    rest = people + quiet if digest.people.moved else quiet + people
    return lines + told + _missed(digest, reader) + rest


def _missed(digest: Digest, reader: Reader) -> list[str]:
    """The goals of a day that were met before and are missed now, though it is not unusual."""
    return [
        reader.text(
            "✗ *{label} {value}.* It misses its goal of {target}.",
            label=plain(name(digest, line, reader)),
            value=numbers.shown(reader, line.reading),
            target=numbers.value(reader, line.reading.metric, line.target),
        )
        for line in digest.newly_missed
        if not line.is_out
    ][:MOST_TOLD]


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
            label=plain(name(digest, line, reader)),
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


def _quiet(digest: Digest, reader: Reader) -> list[str]:
    """Nothing unusual. 142 new, 137 solved, backlog 88; or why nothing can be said of them.

    Beside a survey that moved the facts stand alone.
    """
    facts = _facts(digest, reader)
    if digest.freshness.incomplete:
        return [facts or missing(reader)]  # what is missing may well be unusual
    if any(line.usual is not None for line in digest.headline):
        if digest.people.moved:
            return [facts] if facts else []
        if facts is None:
            return [reader.text("Nothing unusual.")]
        return [reader.text("Nothing unusual. {facts}", facts=facts)]
    if facts is None:
        return [unjudged(digest, reader)]
    return [reader.text("{facts} {reason}", facts=facts, reason=unjudged(digest, reader))]


def _facts(digest: Digest, reader: Reader) -> str | None:
    """How much there was; `None` where a help desk cannot tell all of it."""
    told = {line.reading.metric.key: line.reading for line in digest.headline}
    keys = {"new": "ticket_volume", "solved": "tickets_solved", "backlog": "backlog"}
    if not told.keys() >= set(keys.values()):
        return None
    values = {name: numbers.shown(reader, told[key]) for name, key in keys.items()}
    return reader.text("{new} new, {solved} solved, backlog {backlog}.", **values)


# --- The table and the chart ---------------------------------------------------------------------


def _headline(digest: Digest, reader: Reader) -> Block:
    """The headline numbers, as wide as a phone; a column nobody could fill is left out."""
    lines = [line for line in digest.headline if line.reading.value is not None]
    days = whole_days(digest.window.start, digest.window.end)
    columns = [
        ["", *(named(digest, line, reader) for line in lines)],
        [
            reader.days_briefly(*days),
            *(numbers.with_sample(reader, line.reading) for line in lines),
        ],
        [versus(lines, reader), *(numbers.change(reader, line) for line in lines)],
        [reader.text("goal"), *(numbers.goal(reader, line) for line in lines)],
    ]
    return table(filled(columns), "digest-numbers")


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


def rest(digest: Digest, reader: Reader) -> Sequence[BlockJson]:
    """The buttons below all numbers: what a quiet day has not put into the thread is one press away."""
    asked = _asked(digest.window, reader)
    return blocks_of(
        actions("digest-rest", *(_button(reply, asked) for reply in replies(digest, reader)))
    )


def _button(reply: Reply, asked: str) -> Button:
    return button(reply.label, f"{REST}_{reply.key}", f"{reply.key} {asked}")


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
