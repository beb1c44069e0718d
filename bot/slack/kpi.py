"""How the answers of `/kpi` look: one number, all numbers, what a number means, the goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta

from slackblocks import Block

from bot.digests.freshness import Freshness
from bot.digests.goals import Goal
from bot.digests.line import Line
from bot.domain import Dimension, Fact, Window
from bot.locale import Reader, isolated, whole_days
from bot.message import Message
from bot.metrics import (
    CATALOGUE,
    Better,
    Clock,
    Metric,
    Population,
    Quotient,
    Reading,
    Unit,
    Unsolved,
)
from bot.metrics.comparison import Verdict
from bot.metrics.reading import Lack
from bot.slack import kpi_charts, numbers, record
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

#: The most parts that an answer lists: more would be too long for a message.
MOST_PARTS = 40

#: The picture that is posted where Slack's own charts cannot show the trend.
PICTURE = "FKPICHART"

#: The most goals that are listed.
MOST_GOALS = 40

#: The actions of the buttons, which `commands/kpi.py` answers.
SHARE, EXPLAIN, WHY = "kpi_share", "kpi_explain", "kpi_why"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for: one metric in a window, perhaps in parts.

    `history` are the comparable windows before it, oldest first.
    """

    line: Line
    parts: Sequence[Reading]
    by: Dimension | None
    freshness: Freshness
    history: Sequence[Reading] = ()

    @property
    def metric(self) -> Metric:
        return self.line.reading.metric

    @property
    def window(self) -> Window:
        return self.line.reading.window


def title(reader: Reader, what: str, window: Window) -> str:
    """First response time · Nov 13 – Nov 19."""
    return reader.text("{what} · {days}", what=what, days=span(reader, window))


def span(reader: Reader, window: Window) -> str:
    """The days of a window; its hours too when it does not begin with a day."""
    if window.start.time() == time.min:
        return reader.days(*whole_days(window.start, window.end))
    start = reader.day_and_time(window.start)
    return reader.text("{start} – {end}", start=start, end=reader.moment(window.end, window.start))


def render(
    answer: Answer,
    reader: Reader,
    *,
    share: str | None = None,
    why: str | None = None,
    is_posted: bool = False,
) -> Message:
    """One metric.

    `share` and `why` are what the buttons hand back: to post the answer, and to tell what moved it.
    What `is_posted` has a picture that stands in for its chart where Slack does not draw that.
    """
    label = numbers.name(reader, answer.line.reading)
    heading = title(reader, label, answer.window)
    told = _told(answer, reader)
    buttons = [button(reader.text("What it means"), EXPLAIN, answer.metric.key)]
    if why is not None:
        buttons.insert(0, button(reader.text("Why"), WHY, why))
    if share is not None:
        buttons.insert(0, button(reader.text("Share here"), SHARE, share))
    charted = answer.line, answer.history, answer.parts
    chart = kpi_charts.block(*charted, reader)
    stand_in = is_posted and chart is not None
    # Slack's own charts can have no gap; a picture can.
    drawn = None
    if is_posted and chart is None and _has_gaps(answer):
        drawn = replace(kpi_charts.picture(*charted, reader), key=PICTURE)
    return Message(
        text=reader.text(
            "{heading}: {value}. {told}",
            heading=plain(heading),
            value=numbers.shown(reader, answer.line.reading),
            told=told,
        ),
        blocks=blocks_of(
            header(heading, "kpi-title"),
            table(_rows(answer, reader), "kpi-numbers"),
            _left_out(answer, reader),
            section(told, "kpi-told"),
            chart or (picture_block(drawn, "kpi-picture") if drawn else None),
            actions("kpi-actions", *buttons),
            context(_as_of(answer, reader), "kpi-freshness"),
        ),
        pictures=[drawn] if drawn else [],
        alternatives=({kpi_charts.CHART: kpi_charts.picture(*charted, reader)} if stand_in else {}),
    )


def _has_gaps(answer: Answer) -> bool:
    """Whether its trend is known in some of the periods only, but in enough to draw it."""
    series = [reading.value for reading in (*answer.history, answer.line.reading)]
    known = [value for value in series if value is not None]
    return not answer.parts and 2 <= len(known) < len(series)


def _rows(answer: Answer, reader: Reader) -> list[list[str]]:
    """The parts, largest sample first, and all together; durations with their p90."""
    lasting = answer.metric.has_business_clock
    first = numbers.dimension(reader, answer.by) if answer.by else ""
    heads = [first, reader.text("median") if lasting else reader.text("value")]
    heads += [reader.text("9 of 10 within")] if lasting else [reader.text("95% interval")]
    rows = [[*heads, reader.text("n")]]
    ordered = sorted(answer.parts, key=lambda reading: -reading.n)
    for reading in [*ordered[:MOST_PARTS], answer.line.reading]:
        name = reader.text("All")
        if reading is not answer.line.reading and reading.slice:
            name = numbers.part_plainly(reader, reading.slice)
        spread = (
            numbers.value(reader, reading.metric, reading.p90)
            if lasting
            else numbers.interval(reader, reading)
        )
        rows.append([name, numbers.shown(reader, reading), spread, reader.number(reading.n)])
    return rows if any(row[2] != numbers.NOTHING for row in rows[1:]) else _without(rows, 2)


def _left_out(answer: Answer, reader: Reader) -> Block | None:
    more = len(answer.parts) - MOST_PARTS
    if more <= 0:
        return None
    told = reader.plural("{n} smaller one is not listed.", "{n} smaller ones are not listed.", more)
    return context(told, "kpi-more")


def _without(rows: list[list[str]], column: int) -> list[list[str]]:
    return [[*row[:column], *row[column + 1 :]] for row in rows]


def _told(answer: Answer, reader: Reader) -> str:
    line = answer.line
    if line.reading.value is None:
        return why_nothing(line.reading, answer.freshness, reader)
    told = [before(line, reader)]
    if line.is_of_other_questions:
        told.append(reader.text("Other questions were asked then."))
    if line.goal is not None:
        told.append(_goal_told(line, reader))
    since = line.reading.since
    if since is not None and since > line.reading.window.start:
        day = reader.long_date(since.astimezone(reader.zone).date())
        told.append(reader.text("Data begin on {day}.", day=day))
    if _is_early(line.reading, answer.freshness):
        told.append(
            reader.plural(
                "What counts here is known {n} day later: these days are not complete yet.",
                "What counts here is known {n} days later: these days are not complete yet.",
                line.reading.metric.settled,
            )
        )
    return " ".join(told)


def _goal_told(line: Line, reader: Reader) -> str:
    goal = numbers.goal(reader, line)
    pace = numbers.pace(reader, line)
    if not pace:
        return reader.text("Goal {goal}.", goal=goal)
    return reader.text("Goal {goal}, {pace}.", goal=goal, pace=pace)


def before(line: Line, reader: Reader) -> str:
    """Nov 6 – 12, 2026: 40 min (▲ 30%, worse). A real change."""
    if line.before is None or line.before.value is None:
        return reader.text("There are no earlier data to compare with.")
    earlier = {
        "days": span(reader, line.before.window),
        "value": numbers.shown(reader, line.before),
    }
    change = numbers.difference(reader, line)
    if change == numbers.NOTHING:
        return reader.text("{days}: {value}.", **earlier)
    told = reader.text("{days}: {value} ({change}).", **earlier, change=change)
    if change == reader.text("same"):
        return told  # whatever differs is too little to be seen
    match line.verdict:
        case Verdict.CANNOT_TELL:
            return reader.text("{told} The difference can be chance.", told=told)
        case Verdict.HIGHER | Verdict.LOWER:
            return reader.text("{told} A real change.", told=told)
    return told


def why_nothing(reading: Reading, fresh: Freshness, reader: Reader) -> str:
    """Why there is no number."""
    if _is_only_recorded(reading.metric):
        return _nothing_recorded(reading, reader)
    reason = numbers.why_none(reader, reading)
    if reason is not None and (fresh.desks or not reading.lacks):
        return reason
    return _nothing_counted(reading, fresh, reader)


def _nothing_recorded(reading: Reading, reader: Reader) -> str:
    if reading.is_possible:
        return reader.text("Nothing is recorded of these days.")
    return reader.text(
        "Nothing has been recorded yet. A lead does it: `{typed}`, or imports a file.",
        typed=record.example(reading.metric),
    )


def _nothing_counted(reading: Reading, fresh: Freshness, reader: Reader) -> str:
    if not fresh.desks:
        return reader.text("No help desk is connected yet.")
    if reading.since is not None and reading.window.end <= reading.since:
        day = reader.long_date(reading.since.astimezone(reader.zone).date())
        return reader.text("Data begin on {day}, after this window.", day=day)
    if fresh.unread:
        names = reader.listed(plain(isolated(desk.name)) for desk in fresh.unread)
        return reader.text("{desks} has not been read to its end yet.", desks=names)
    if _is_early(reading, fresh):
        return _too_early(reading, reader)
    return reader.text("Nothing was counted in this window.")


def _is_only_recorded(metric: Metric) -> bool:
    """Whether people and files tell it, and no help desk."""
    return bool(metric.rows) and all(rows.population is Population.RECORDED for rows in metric.rows)


def _is_early(reading: Reading, fresh: Freshness) -> bool:
    """Whether some of what counts for a reading can only be known later."""
    settled = timedelta(days=reading.metric.settled)
    return bool(settled) and fresh.until is not None and fresh.until < reading.window.end + settled


def _too_early(reading: Reading, reader: Reader) -> str:
    """A number that is known days later is asked for of days that are over long enough."""
    back = timedelta(days=reading.metric.settled)
    first, last = (day - back for day in whole_days(reading.window.start, reading.window.end))
    days = f"{first}" if first == last else f"{first}..{last}"
    return reader.plural(
        "What counts here is known {n} day later, so ask for earlier days: `{typed}`",
        "What counts here is known {n} days later, so ask for earlier days: `{typed}`",
        reading.metric.settled,
        typed=f"/kpi {reading.metric.label.lower()} {days}",
    )


def overview(lines: Sequence[Line], window: Window, fresh: Freshness, reader: Reader) -> Message:
    """Every metric that has data in a window, with its change and its goal."""
    there = [line for line in lines if line.reading.value is not None]
    heading = title(reader, _all_numbers(lines, reader), window)
    if not there:
        nothing = reader.text("There are no data for these days.")
        return Message(
            text=reader.text("{heading}: {told}", heading=plain(heading), told=nothing),
            blocks=blocks_of(
                header(heading, "kpi-title"),
                section(nothing, "kpi-told"),
                context(freshness(fresh, reader), "kpi-freshness"),
            ),
        )
    rows = [
        ["", reader.text("value"), reader.text("before"), reader.text("goal"), reader.text("n")]
    ]
    rows += [
        [
            numbers.about(reader, line.reading.metric, None, line.reading.clock),
            numbers.shown(reader, line.reading),
            numbers.difference(reader, line),
            numbers.goal(reader, line),
            reader.number(line.reading.n),
        ]
        for line in there
    ]
    if not any(row[3] for row in rows[1:]):
        rows = _without(rows, 3)
    values = reader.listed(_named(reader, row[0], row[1]) for row in rows[1:])
    return Message(
        text=reader.text("{heading}: {told}", heading=plain(heading), told=values),
        blocks=blocks_of(
            header(heading, "kpi-title"),
            table(rows, "kpi-numbers"),
            _no_hours(lines, reader),
            context(freshness(fresh, reader), "kpi-freshness"),
        ),
    )


def _all_numbers(lines: Sequence[Line], reader: Reader) -> str:
    """All numbers · Billing."""
    told = reader.text("All numbers")
    part = next((line.reading.slice for line in lines if line.reading.slice), None)
    return numbers.of_part(reader, told, part, Clock.CALENDAR)


def _no_hours(lines: Sequence[Line], reader: Reader) -> Block | None:
    """The help desks for which no business hours are set, where those were asked for."""
    asked = (line.reading for line in lines if line.reading.clock is Clock.BUSINESS)
    lacking = {
        one: numbers.lack(reader, one)
        for reading in asked
        for one in reading.lacks
        if one.fact is Fact.HOURS
    }
    return section(" ".join(lacking.values()), "kpi-hours") if lacking else None


def _named(reader: Reader, label: str, value: str) -> str:
    return reader.text("{label} {value}", label=label, value=value)


def _as_of(answer: Answer, reader: Reader) -> str:
    """How fresh the number is: what surveys tell is no older for what was read of help desks."""
    if not answer.metric.is_surveyed:
        return freshness(answer.freshness, reader)
    poll = answer.line.reading.poll
    if poll is None or not poll.asked:
        return reader.text("told by surveys, once they close")
    closed = isolated(reader.long_date(poll.closed_at.astimezone(reader.zone).date()))
    return reader.text(
        "survey that closed {day}, {n} of {asked} answered",
        day=closed,
        n=reader.number(poll.answered),
        asked=reader.number(poll.asked),
    )


def freshness(fresh: Freshness, reader: Reader) -> str:
    """Until when the data go, and which desk keeps them from being newer."""
    if not fresh.desks:
        return reader.text("no help desk is connected")
    if fresh.until is None:
        names = reader.listed(plain(isolated(desk.name)) for desk in fresh.unread)
        return reader.text("{desks} has not been read to its end yet", desks=names)
    moment = reader.moment(min(fresh.until, fresh.now), fresh.now)
    desks = reader.plural("{n} help desk", "{n} help desks", len(fresh.desks))
    if fresh.now - fresh.until > fresh.stale_after:
        ago = reader.ago(fresh.until, fresh.now)
        return reader.text(
            "⚠️ old data: until {moment}, {ago}, {desks}", moment=moment, ago=ago, desks=desks
        )
    return reader.text("data until {moment}, {desks}", moment=moment, desks=desks)


# --- What a number means -------------------------------------------------------------------------


def explain(metric: Metric, lacking: Sequence[Lack], reader: Reader) -> Message:
    """What a metric counts, what puts a ticket into a window, and which desks cannot give it."""
    label = numbers.label(reader, metric)
    definition = reader.text(metric.definition)
    told = [definition, reader.text(_counted_by(metric)), reader.text(_unit(metric))]
    if metric.better is not Better.NEITHER:
        told.append(reader.text(_BETTER[metric.better]))
        told.append(reader.text("A lead sets a goal: `{typed}`", typed=goal_example(metric)))
    told += [numbers.lack(reader, one) for one in lacking]
    if metric.is_recordable:
        told.append(reader.text("It can be recorded: `{typed}`", typed=record.example(metric)))
    return Message(
        text=reader.text("{heading}: {told}", heading=label, told=definition),
        blocks=blocks_of(
            header(label, "kpi-title"),
            section("\n".join(told), "kpi-told"),
            context(" · ".join(_also(metric, reader)), "kpi-example"),
        ),
    )


def _also(metric: Metric, reader: Reader) -> list[str]:
    """How to ask for a metric, what else it is called, and which definition it has."""
    split = " by channel" if Dimension.CHANNEL in metric.dimensions else ""
    window = "last quarter" if metric.is_surveyed else f"last 7d{split}"
    told = [reader.text("Example: `{typed}`", typed=f"/kpi {metric.key} {window}")]
    known = {name.casefold() for name in (metric.key, metric.label, metric.brief)}
    names = [f"`{name.lower()}`" for name in metric.aliases if name.casefold() not in known]
    if names:
        told.append(reader.text("also called {names}", names=reader.listed(names)))
    return [*told, reader.text("definition {id}", id=metric.definition_id)]


def goal_example(metric: Metric) -> str:
    """What a lead could type to set a goal for this very metric."""
    return f"/kpi goal {metric.label.lower()} {_goal(metric)}"


def _goal(metric: Metric) -> str:
    match metric.unit:
        case Unit.SECONDS:
            return "90 min"
        case Unit.RATIO:
            return "80%" if metric.better is Better.HIGHER else "5%"
        case Unit.SCORE:
            low, high = metric.bounds or (0, 100)
            return f"{round(low + (high - low) * 0.7)}"
    return "5" if isinstance(metric.aggregate, Quotient) else "120"


def _counted_by(metric: Metric) -> str:
    if isinstance(metric.aggregate, Unsolved):
        return "It is a state at the end of the window, not a flow."
    if metric.is_surveyed:
        return (
            "A window has the number of the survey that closed last in it. Those of different surveys "
            "are never put together, as people are asked in several."
        )
    rows = metric.rows[0]
    return _MOMENTS[rows.population, rows.moment]


def _unit(metric: Metric) -> str:
    if metric.unit is Unit.SECONDS and not metric.has_business_clock:
        return "Shown is the mean."
    return metric.counted or _UNITS[metric.unit]


_MOMENTS = {
    (Population.TICKETS, "created_at"): "A window holds the tickets that were created in it.",
    (
        Population.TICKETS,
        "first_reply_at",
    ): "A window holds the tickets whose first reply falls in it.",
    (
        Population.TICKETS,
        "first_solved_at",
    ): "A window holds the tickets whose first solve falls in it.",
    (
        Population.TICKETS,
        "last_solved_at",
    ): "A window holds the tickets whose last solve falls in it.",
    (Population.TICKETS, "solved_at"): "A window holds the tickets whose last solve falls in it.",
    (
        Population.RESPONSES,
        "answered_at",
    ): "A window holds the customer messages that were answered in it.",
    (
        Population.TARGETS,
        "decided_at",
    ): "A window holds the targets that were met, or fell due, in it.",
    (Population.RATINGS, "given_at"): "A window holds the ratings that were given in it.",
    (Population.RATINGS, "asked_at"): "A window holds the ratings that were asked for in it.",
    (Population.CALLS, "started_at"): "A window holds the calls that came in it.",
    (Population.ARTICLES, "day"): "A window holds the days that lie wholly in it.",
    (Population.RECORDED, "day"): "A window holds what was recorded of days that lie wholly in it.",
}
_UNITS = {
    Unit.SECONDS: "Shown is the median, beside it the time within which 9 of 10 lie; time runs on "
    "the calendar, nights and weekends included.",
    Unit.RATIO: "It is a share; the 95% interval says how far chance alone could move it.",
    Unit.COUNT: "It is a number.",
    Unit.SCORE: "It is a score.",
}
_BETTER = {Better.LOWER: "Lower is better.", Better.HIGHER: "Higher is better."}


def goal_set(goal: Goal, reader: Reader) -> str:
    """What was set."""
    metric = CATALOGUE[goal.metric]
    told = {
        "label": plain(numbers.about(reader, metric, goal.slice, goal.clock)),
        "target": numbers.value(reader, metric, goal.target),
    }
    if goal.by is None:
        return reader.text("Goal set: {label} {target}.", **told)
    return reader.text(
        "Goal set: {label} {target} by {date}, from {start} today.",
        **told,
        date=reader.long_date(goal.by),
        start=numbers.value(reader, metric, goal.start),
    )


def goal_ended(goal: Goal, reader: Reader, *, was_there: bool) -> str:
    """That there is no goal any more, or was none."""
    label = plain(numbers.about(reader, CATALOGUE[goal.metric], goal.slice, goal.clock))
    if was_there:
        return reader.text("{label} has no goal any more.", label=label)
    return reader.text("{label} had no goal.", label=label)


def goals(there: Sequence[Goal], reader: Reader) -> Message:
    """The goals that are set."""
    known = [goal for goal in there if goal.metric in CATALOGUE]
    if not known:
        told = reader.text("No goals are set. A lead sets one: `/kpi goal first response time 1h`")
        return Message(text=told, blocks=blocks_of(section(told, "kpi-goals")))
    rows = [[reader.text("Goal"), "", reader.text("by"), reader.text("from")]]
    for goal in known:
        metric = CATALOGUE[goal.metric]
        rows.append(
            [
                numbers.about(reader, metric, goal.slice, goal.clock),
                numbers.value(reader, metric, goal.target),
                reader.long_date(goal.by, "medium") if goal.by else "",
                numbers.value(reader, metric, goal.start) if goal.by else "",
            ]
        )
    if not any(goal.by for goal in known):
        rows = [row[:2] for row in rows]
    rows, more = rows[: MOST_GOALS + 1], len(known) - MOST_GOALS
    left_out = reader.plural(
        "{n} further goal is not listed.", "{n} further goals are not listed.", max(more, 0)
    )
    return Message(
        text=reader.listed(_named(reader, plain(row[0]), row[1]) for row in rows[1:])[
            :LONGEST_TEXT
        ],
        blocks=blocks_of(
            table(rows, "kpi-goals"), context(left_out, "kpi-goals-more") if more > 0 else None
        ),
    )


@dataclass(frozen=True, slots=True)
class Own:
    """Somebody's numbers at one help desk: now and before, beside the team's, by metric."""

    desk: str
    now: Mapping[str, Reading]
    before: Mapping[str, Reading]
    team: Mapping[str, Reading]


def own_numbers(own: Sequence[Own], window: Window, fresh: Freshness, reader: Reader) -> Message:
    """Somebody's own numbers; of several help desks each has its own rows."""
    heading = title(reader, reader.text("Your numbers"), window)
    told = [(part.desk, list(_own_rows(part, reader))) for part in own]
    rows = [["", reader.text("you"), reader.text("before"), reader.text("team"), reader.text("n")]]
    for desk, some in told:
        if some and len(told) > 1:
            rows.append([isolated(desk), "", "", "", ""])
        rows += some
    private = reader.text("Only you see this.")
    if len(rows) == 1:
        nothing = reader.text("Nothing of yours counts in this window.")
        return Message(
            text=reader.text("{heading}: {told}", heading=plain(heading), told=nothing),
            blocks=blocks_of(
                header(heading, "kpi-title"),
                section(nothing, "kpi-told"),
                context(freshness(fresh, reader), "kpi-freshness"),
            ),
        )
    return Message(
        text=reader.text("{heading}: {told}", heading=heading, told=private),
        blocks=blocks_of(
            header(heading, "kpi-title"),
            table(rows, "kpi-mine"),
            context(
                reader.text(
                    "{told} · {freshness}", told=private, freshness=freshness(fresh, reader)
                ),
                "kpi-freshness",
            ),
        ),
    )


def _own_rows(own: Own, reader: Reader) -> Iterator[list[str]]:
    for key, one in own.now.items():
        if one.n or own.before[key].n:
            yield [
                numbers.about(reader, one.metric, None, one.clock),
                numbers.shown(reader, one),
                numbers.shown(reader, own.before[key]),
                numbers.shown(reader, own.team[key]),
                reader.number(one.n),
            ]


def help_text(reader: Reader) -> Message:
    """How to ask, by example."""
    told = reader.text(
        "*Ask for a number*\n"
        "`/kpi` all numbers of the last 7 days\n"
        "`/kpi frt` first response time\n"
        "`/kpi frt last 7d by channel` — by channel, group, priority or desk; leads: by agent\n"
        "`/kpi frt last month for group Billing business vs last year`\n"
        "`/kpi why frt last week` what moved it\n"
        "`/kpi me` your own numbers, seen only by you\n"
        "`/kpi backlog yesterday`, `/kpi reopen rate 2026-11-01..2026-11-15`\n"
        "`/kpi explain resolution time` what a number means\n"
        "`/kpi goal` the goals; leads: `/kpi goal frt 1h`, `/kpi goal frt off`, "
        "`/kpi goal frt 3h for group Billing by 2027-03-31 from 6h`\n"
        "`/kpi record` leads: what no help desk tells, such as churn\n"
        "Windows: today, yesterday, last 7d, this week, last month, since 2026-11-01"
    )
    names = reader.listed(reader.text(metric.label).lower() for metric in CATALOGUE.values())
    numbers_told = reader.text("*Numbers:* {names}", names=names)
    return Message(
        text=told,
        blocks=blocks_of(section(told, "kpi-help"), section(numbers_told, "kpi-help-numbers")),
    )
