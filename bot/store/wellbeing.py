"""Reads what a digest says of the people: surveys that closed, what was done, and their work beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import ceil

from sqlalchemy import select
from sqlmodel import Session, col

from bot.digests.bonds import LONGEST_LAG, WORK, Beside, TeamWeeks, beside
from bot.digests.goals import Goal
from bot.digests.line import Line, was_whole
from bot.digests.people import NUMBERS, People, Promise
from bot.digests.teams import matched
from bot.digests.timetable import Kind
from bot.domain import Dimension, Slice, Window
from bot.metrics import CATALOGUE, Metric, Reading
from bot.metrics.reading import NOT_FOR_ALL
from bot.store.polls import Polls, is_for_all
from bot.store.readings import read
from bot.store.results import TREND
from bot.store.tables import DeedRow, WaveRow
from bot.store.waves import WITHOUT_MARKS
from bot.surveys.results import EVERYBODY, WaveResult
from bot.surveys.tally import ALL, theme_of

#: So far back work and well-being are looked at.
_YEAR = timedelta(weeks=52)

_WEEK = timedelta(weeks=1)


def people(
    session: Session, workspace: int, kind: Kind, window: Window, goals: Sequence[Goal]
) -> People:
    """What there is to say of the people in a window."""
    polls = Polls(session, workspace)
    lines = [
        line
        for line in survey_lines(session, workspace, _METRICS, window, goals)
        if line.reading.poll is not None and line.reading.poll.withheld != NOT_FOR_ALL
    ]
    if kind is not Kind.WEEKLY:
        return People(lines)
    pulse = next((line.reading for line in lines if line.reading.metric.key == "pulse_score"), None)
    together = None if pulse is None else _beside(session, workspace, polls, pulse)
    return People(lines, _promises(session, workspace, window), together)


_METRICS = [CATALOGUE[key] for key in NUMBERS]


def survey_lines(
    session: Session,
    workspace: int,
    metrics: Iterable[Metric],
    window: Window,
    goals: Sequence[Goal],
    *,
    before: Window | None = None,
    only: Slice | None = None,
) -> list[Line]:
    """The numbers of surveys in a window, each beside the wave before with which it is compared.

    Or beside the last one in the window `before`, where there is such a one.
    """
    polls, windows = Polls(session, workspace), [window, *([before] if before else [])]
    found = read(session, workspace, metrics, windows, only=only)
    lines = []
    for now in (one for one in found if one.window == window):
        history = polls.earlier(now, TREND)
        others = [one for one in found if one is not now and polls.are_alike(one, now)]
        last = next(iter([*others, *history[::-1]]), None)
        goal = next((goal for goal in goals if goal.is_about(now)), None)
        moved = polls.moved(now, last)
        lines.append(Line(now, last, goal=goal, history=history, moved=moved))
    return lines


def _promises(session: Session, workspace: int, window: Window) -> list[Promise]:
    """What was noted in a window as done, of surveys whose results everybody may see."""
    noted = (
        select(DeedRow, WaveRow)
        .join(WaveRow, col(WaveRow.id) == col(DeedRow.wave_id))
        .where(
            col(DeedRow.workspace_id) == workspace,
            col(DeedRow.at) >= window.start,
            col(DeedRow.at) < window.end,
        )
        .order_by(col(DeedRow.id))
        .options(WITHOUT_MARKS)
    )
    rows = session.execute(noted).all()
    return [Promise(deed.theme, deed.text) for deed, wave in rows if is_for_all(wave)]


# --- Work and well-being -------------------------------------------------------------------------


def _beside(session: Session, workspace: int, polls: Polls, pulse: Reading) -> Beside | None:
    """The last year of a pulse beside the weeks of work; `None` where one of them is not told."""
    if pulse.poll is None:
        return None
    waves = _weeks_of(polls.since(pulse, pulse.poll.closed_at - _YEAR), pulse)
    weeks = _windows(pulse, max(waves) + LONGEST_LAG + 1)
    work = _work(session, workspace, weeks, waves[0].teams)
    sides = [_side(team, group, by_metric, waves) for (team, group), by_metric in work.items()]
    told = [side for side in sides if ALL in side.latest and side.last]
    return beside(told) if told else None


def _weeks_of(there: Iterable[WaveResult], pulse: Reading) -> dict[int, WaveResult]:
    """The waves by how many whole weeks before the day of the last close they closed."""
    there = list(there)
    last = _day(there[-1].closed_at, pulse)
    return {ceil((last - _day(one.closed_at, pulse)).days / 7): one for one in there}


def _day(moment: datetime, pulse: Reading) -> date:
    return moment.astimezone(pulse.window.start.tzinfo).date()


def _windows(pulse: Reading, many: int) -> list[Window]:
    """So many weeks up to the day on which the last wave closed, oldest first."""
    assert pulse.poll is not None
    zone, end = pulse.window.start.tzinfo, _day(pulse.poll.closed_at, pulse)
    ends = [datetime.combine(end - back * _WEEK, time.min, tzinfo=zone) for back in range(many + 1)]
    return [Window(*edges) for edges in zip(ends[:0:-1], ends[-2::-1], strict=True)]


#: The numbers of the weeks, by metric.
_Work = Mapping[str, Sequence[float | None]]


def _work(
    session: Session, workspace: int, weeks: Sequence[Window], teams: Sequence[str]
) -> dict[tuple[str, str | None], _Work]:
    """The weeks of everybody, and of each team that a help desk has as a group."""
    metrics = [CATALOGUE[key] for key in WORK]
    of_all = read(session, workspace, metrics, weeks)
    by_group = read(session, workspace, metrics, weeks, by=Dimension.GROUP) if teams else []
    names = [one.slice.value for one in by_group if one.slice and one.slice.value]
    parts: dict[tuple[str, str | None], Sequence[Reading]] = {(EVERYBODY, None): of_all}
    for team, group in matched(teams, names).items():
        own = [one for one in by_group if one.slice == Slice(Dimension.GROUP, group)]
        parts[team, group] = own
    return {part: _by_week(some, weeks) for part, some in parts.items()}


def _by_week(readings: Iterable[Reading], weeks: Sequence[Window]) -> _Work:
    """The numbers of each week, without those that there never are."""
    told = {(one.metric.key, one.window): one.value for one in readings if _was_read(one)}
    work = {key: [told.get((key, week)) for week in weeks] for key in WORK}
    return {
        key: numbers for key, numbers in work.items() if any(one is not None for one in numbers)
    }


def _was_read(one: Reading) -> bool:
    """Whether all of its week was read, and to its end."""
    return was_whole(one) and one.as_of is not None and one.as_of >= one.window.end


def _side(team: str, group: str | None, work: _Work, waves: Mapping[int, WaveResult]) -> TeamWeeks:
    last = max(waves) + LONGEST_LAG
    felt: dict[str, dict[int, float]] = {}
    for back, wave in waves.items():
        for subject, whose in wave.told:
            if whose == team and (subject == ALL or theme_of(subject) is not None):
                score = wave.score(subject, team)
                if score is not None:
                    felt.setdefault(subject, {})[last - back] = score.value
    return TeamWeeks(team, group, work, felt)
