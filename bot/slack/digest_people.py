"""What a digest says of the people: the surveys that closed, their work beside it, and what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slackblocks import Block

from bot.digests.bonds import FEWEST, WORK, Beside, Bond, TeamWeeks
from bot.digests.line import Line
from bot.digests.people import People, Promise
from bot.locale import Reader, isolated
from bot.message import Message
from bot.metrics import CATALOGUE, Reading
from bot.metrics.reading import Poll
from bot.slack import numbers
from bot.slack.blocks import LONGEST_TEXT, blocks_of, context, plain, section, table
from bot.slack.surveys.scores import (
    asked_otherwise,
    moved,
    of_scale,
    shown_value,
    subject_label,
    withheld_before,
)
from bot.slack.surveys.withheld import because
from bot.slack.surveys.words import team_label, theme_label
from bot.surveys.bank import ENPS
from bot.surveys.results import EVERYBODY
from bot.surveys.survey import Theme
from bot.surveys.tally import ALL

#: So many teams stand side by side: more would not fit a phone.
MOST_SIDES = 3

#: So many notes of what was done fit a message.
MOST_PROMISES = 10

_LONGEST_SECTION = 3_000

#: What the scores are of, as surveys call it.
_SUBJECTS = {"enps": ENPS.key, "pulse_score": ALL}


# --- The lines of a digest -----------------------------------------------------------------------


def lines(people: People, reader: Reader) -> list[str]:
    """ENPS +28 · 18 of 24 answered. Last time +12: the difference can be chance. Goal +30 ✗.

    What really moved comes first.
    """
    there = sorted(people.scores, key=lambda line: line not in people.moved)
    return [" ".join(_sentences(line, reader)) for line in there]


def _sentences(line: Line, reader: Reader) -> Iterator[str]:
    poll = line.reading.poll
    if poll is None:
        return
    told = _answered(line, poll, reader)
    if line.reading.value is None:
        yield reader.text("*{label}* · {n} of {asked} answered.", **told)
        yield because(poll.withheld, reader, answered=poll.answered, fewest=poll.fewest)
        return
    value = _of_scale(line.reading, reader)
    yield reader.text("*{label} {value}* · {n} of {asked} answered.", **told, value=value)
    if beside_last := _beside_last(line, reader):
        yield beside_last
    if line.goal is not None:
        yield _goal(line, reader)


def _beside_last(line: Line, reader: Reader) -> str | None:
    """Whether it moved since the wave before; nothing where there was none."""
    if line.before is None:
        return None
    if line.before.value is None:
        return withheld_before(reader)
    last = _last(line, reader)
    if line.is_of_other_questions:
        return asked_otherwise(last, reader)
    return moved(line.verdict, last, reader)


def _answered(line: Line, poll: Poll, reader: Reader) -> dict[str, str]:
    return {
        "label": numbers.brief(reader, line.reading.metric),
        "n": reader.number(poll.answered),
        "asked": reader.number(poll.asked),
    }


def _goal(line: Line, reader: Reader) -> str:
    goal, pace = _target(line, reader), numbers.pace(reader, line)
    if not pace:
        return reader.text("Goal {goal}.", goal=goal)
    return reader.text("Goal {goal}, {pace}.", goal=goal, pace=pace)


def shown(reading: Reading, reader: Reader) -> str:
    """+28 of an eNPS, 3.8 of a pulse, 75% of how many took part."""
    return numbers.NOTHING if reading.value is None else _value(reading, reading.value, reader)


def _value(reading: Reading, value: float, reader: Reader) -> str:
    subject = _SUBJECTS.get(reading.metric.key)
    if subject is None:
        return numbers.value(reader, reading.metric, value)
    return shown_value(subject, value, reader)


def _of_scale(reading: Reading, reader: Reader) -> str:
    """3.8 of 5: in a sentence, where no column says of what."""
    subject = _SUBJECTS.get(reading.metric.key)
    if subject is None or reading.value is None:
        return shown(reading, reader)
    return of_scale(subject, reading.value, (), reader)


def _target(line: Line, reader: Reader) -> str:
    """+30 ✗: the goal, as the score is told, and whether it was met."""
    if line.goal is None:
        return ""
    target, mark = _value(line.reading, line.goal.target, reader), numbers.goal_mark(line)
    return f"{target}\u00a0{mark}" if mark else target


def _last(line: Line, reader: Reader) -> str:
    return numbers.NOTHING if line.before is None else shown(line.before, reader)


# --- The block of a week -------------------------------------------------------------------------


def block(people: People, title: str, reader: Reader) -> Message:
    """The surveys of a week as a table, and what was done."""
    told = "\n".join(lines(people, reader))
    return Message(
        text=reader.text("{heading}: {told}", heading=title, told=told or _done(reader))[
            :LONGEST_TEXT
        ],
        blocks=blocks_of(
            section(f"*{title}*\n{told}".strip()[:_LONGEST_SECTION], "digest-people-title"),
            _numbers(people.told, reader),
            _promises(people.promises, reader),
        ),
    )


def _numbers(there: Sequence[Line], reader: Reader) -> Block | None:
    if not there:
        return None
    columns = [
        ["", *(numbers.brief(reader, line.reading.metric) for line in there)],
        [reader.text("value"), *(shown(line.reading, reader) for line in there)],
        [reader.text("last time"), *(_last(line, reader) for line in there)],
        [reader.text("goal"), *(_target(line, reader) for line in there)],
    ]
    first, second, *others = columns
    kept = [one for one in others if set(one[1:]) - {"", numbers.NOTHING}]
    return table(list(zip(first, second, *kept, strict=True)), "digest-people")


def _done(reader: Reader) -> str:
    return reader.text("You said, we did")


def _promises(there: Sequence[Promise], reader: Reader) -> Block | None:
    if not there:
        return None
    told = [f"*{_done(reader)}*", *(_promise(one, reader) for one in there[:MOST_PROMISES])]
    more = len(there) - MOST_PROMISES
    if more > 0:
        told.append(reader.plural("and {n} more", "and {n} more", more))
    return section("\n".join(told)[:_LONGEST_SECTION], "digest-people-done")


def _promise(one: Promise, reader: Reader) -> str:
    text = isolated(plain(" ".join(one.text.split())))
    if not one.theme:
        return reader.text("• {text}", text=text)
    return reader.text("• {theme}: {text}", theme=theme_label(reader, Theme(one.theme)), text=text)


# --- Work and well-being -------------------------------------------------------------------------


def work_and_wellbeing(found: Beside, title: str, reader: Reader) -> Message:
    """Work and well-being side by side, and what goes together by more than chance explains."""
    told = [_bond(bond, reader) for bond in found.bonds]
    if told:
        told.append(reader.text("That does not say which causes which."))
    notes = [*_why_nothing(found, reader), _which_week(reader), *_groups(found, reader)]
    return Message(
        text=reader.text("{heading}: {told}", heading=title, told=" ".join(told or notes))[
            :LONGEST_TEXT
        ],
        blocks=blocks_of(
            section("\n".join([f"*{title}*", *told])[:_LONGEST_SECTION], "digest-work-title"),
            table(_side_by_side(found.sides[:MOST_SIDES], reader), "digest-work"),
            context(" ".join(notes)[:_LONGEST_SECTION], "digest-work-note"),
        ),
    )


def _side_by_side(sides: Sequence[TeamWeeks], reader: Reader) -> list[list[str]]:
    """The work of the week before the close, and what was said then: a column for each team."""
    rows = [["", *(_name(side.team, reader) for side in sides)]]
    for key in WORK:
        if any(side.last.get(key) is not None for side in sides):
            metric = CATALOGUE[key]
            cells = (numbers.value(reader, metric, side.last.get(key)) for side in sides)
            rows.append([numbers.brief(reader, metric), *cells])
    subjects = dict.fromkeys(subject for side in sides for subject in side.latest)
    for subject in sorted(subjects, key=lambda one: one != ALL):
        scores = (_score(side.latest.get(subject), reader) for side in sides)
        rows.append([subject_label(subject, reader), *scores])
    return rows


def _score(value: float | None, reader: Reader) -> str:
    return numbers.NOTHING if value is None else shown_value(ALL, value, reader)


def _name(team: str, reader: Reader) -> str:
    """As a cell of a table has it: that is no markup."""
    return reader.text("All") if team == EVERYBODY else team_label(team, reader)


def _marked_up(team: str, reader: Reader) -> str:
    return plain(_name(team, reader))


def _why_nothing(found: Beside, reader: Reader) -> Iterator[str]:
    """Why nothing is claimed, where that is so."""
    waves = reader.number(found.waves)
    if not found.is_judged:
        yield reader.text(
            "Too little history to say whether they go together: that takes {fewest} surveys, "
            "there are {n}.",
            fewest=reader.number(FEWEST),
            n=waves,
        )
    elif not found.bonds:
        yield reader.text(
            "Over {n} surveys nothing here goes together by more than chance explains.", n=waves
        )


def _which_week(reader: Reader) -> str:
    return reader.text("Work: the seven whole days before the survey closed.")


def _groups(found: Beside, reader: Reader) -> Iterator[str]:
    """Which team is taken for which group, and how many there is no room for."""
    groups = [
        reader.text(
            "{team} is {group}",
            team=_marked_up(side.team, reader),
            group=isolated(plain(side.group)),
        )
        for side in found.sides
        if side.group is not None
    ]
    if groups:
        yield reader.text("Teams as groups: {groups}.", groups=reader.listed(groups))
    more = len(found.sides) - MOST_SIDES
    if more > 0:
        yield reader.plural("{n} more team is not shown.", "{n} more teams are not shown.", more)


def _bond(bond: Bond, reader: Reader) -> str:
    one, many, at_once = _BONDS[bond.metric, bond.correlation > 0]
    told = {"subject": subject_label(bond.subject, reader), "evidence": _evidence(bond, reader)}
    said = reader.plural(one, many, bond.weeks, **told)
    if not bond.weeks:
        said = reader.text(at_once, **told)
    if bond.team == EVERYBODY:
        return said
    return reader.text("{team}: {told}", team=_marked_up(bond.team, reader), told=said)


def _evidence(bond: Bond, reader: Reader) -> str:
    return reader.text(
        "({surveys}, correlation {r}, 95% {low}\u00a0…\u00a0{high})",
        surveys=reader.plural("{n} survey", "{n} surveys", bond.waves),
        r=_signed(bond.correlation, reader),
        low=_signed(bond.low, reader),
        high=_signed(bond.high, reader),
    )


def _signed(correlation: float, reader: Reader) -> str:
    number = reader.number(abs(correlation), decimals=2)
    return f"−{number}" if round(correlation, 2) < 0 else number


#: By the work, and whether the score was higher: a week later, so many weeks later, and at once.
_BONDS = {
    ("backlog", False): (
        "In weeks with a larger backlog “{subject}” was lower a week later {evidence}.",
        "In weeks with a larger backlog “{subject}” was lower {n} weeks later {evidence}.",
        "After weeks with a larger backlog “{subject}” was lower {evidence}.",
    ),
    ("backlog", True): (
        "In weeks with a larger backlog “{subject}” was higher a week later {evidence}.",
        "In weeks with a larger backlog “{subject}” was higher {n} weeks later {evidence}.",
        "After weeks with a larger backlog “{subject}” was higher {evidence}.",
    ),
    ("after_hours_share", False): (
        "In weeks with more tickets after hours “{subject}” was lower a week later {evidence}.",
        "In weeks with more tickets after hours “{subject}” was lower {n} weeks later {evidence}.",
        "After weeks with more tickets after hours “{subject}” was lower {evidence}.",
    ),
    ("after_hours_share", True): (
        "In weeks with more tickets after hours “{subject}” was higher a week later {evidence}.",
        "In weeks with more tickets after hours “{subject}” was higher {n} weeks later {evidence}.",
        "After weeks with more tickets after hours “{subject}” was higher {evidence}.",
    ),
    ("first_response_time", False): (
        "In weeks with slower first responses “{subject}” was lower a week later {evidence}.",
        "In weeks with slower first responses “{subject}” was lower {n} weeks later {evidence}.",
        "After weeks with slower first responses “{subject}” was lower {evidence}.",
    ),
    ("first_response_time", True): (
        "In weeks with slower first responses “{subject}” was higher a week later {evidence}.",
        "In weeks with slower first responses “{subject}” was higher {n} weeks later {evidence}.",
        "After weeks with slower first responses “{subject}” was higher {evidence}.",
    ),
}
