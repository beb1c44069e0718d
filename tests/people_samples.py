"""What digests and `/kpi` say of surveys, invented: scores, what is withheld, work beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.alerts.budget import Basis, Cost, TooLittle
from bot.alerts.hindsight import Finding, History
from bot.alerts.judge import Observation
from bot.alerts.rule import Limit, Rule, Side
from bot.digests.bonds import Beside, Bond, TeamWeeks
from bot.digests.freshness import DeskState, Freshness
from bot.digests.goals import Goal
from bot.digests.line import Line
from bot.digests.people import People, Promise
from bot.digests.timetable import days_window
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Reading
from bot.metrics.comparison import Verdict
from bot.metrics.reading import NOT_FOR_ALL, Poll
from bot.slack import kpi
from bot.surveys.gate import Reason
from tests.alert_lives import message as life
from tests.alert_samples import tried
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
WEEK = days_window(date(2026, 11, 16), 7, ATHENS)
QUARTER_BEFORE = days_window(date(2026, 8, 18), 4, ATHENS)
CLOSED = datetime(2026, 11, 20, 17, 0, tzinfo=ATHENS)
LAST_CLOSED = datetime(2026, 8, 21, 17, 0, tzinfo=ATHENS)

POLL = Poll(wave=9, closed_at=CLOSED, asked=24, answered=18, fewest=5)


def told(key: str, value: float | None, *, withheld: str | None = None, **more: Any) -> Reading:
    """A number of a survey that closed on Friday."""
    poll = replace(POLL, withheld=withheld)
    n = 0 if value is None else POLL.answered
    return Reading(
        CATALOGUE[key],
        WEEK,
        value,
        n,
        as_of=CLOSED,
        since=WEEK.start,
        **{"poll": poll, **more},
    )


def before(key: str, value: float) -> Reading:
    """The number of the quarter before."""
    poll = replace(POLL, wave=5, closed_at=LAST_CLOSED)
    return replace(told(key, value), window=QUARTER_BEFORE, poll=poll)


def line(
    key: str, value: float, last: float, moved: Verdict | None, target: float | None = None
) -> Line:
    goal = None if target is None else Goal(key, target)
    earlier = before(key, last)
    return Line(told(key, value), earlier, goal=goal, history=[earlier], moved=moved)


ENPS = line("enps", 27.8, 12.0, Verdict.CANNOT_TELL, 30.0)
PULSE = line("pulse_score", 3.4, 3.9, Verdict.LOWER)
OTHERWISE = line("pulse_score", 3.4, 3.9, Verdict.UNKNOWN)
UNTOLD_BEFORE = Line(
    told("pulse_score", 3.4),
    replace(told("pulse_score", None), poll=replace(POLL, wave=5, withheld=Reason.OVER_TIME)),
)
PARTICIPATION = line("survey_participation", 0.75, 0.8, None)
FEW = Line(
    replace(
        told("enps", None, withheld=Reason.TOO_FEW),
        poll=replace(POLL, asked=12, answered=4, withheld=Reason.TOO_FEW),
    )
)

PROMISES = [
    Promise("workload", "Billing\nSales <!channel> & <b>"),
    Promise("", "پشتیبانی فنی"),
]
ALL = TeamWeeks(
    "",
    None,
    {
        "backlog": [80, 88],
        "after_hours_share": [0.12, 0.18],
        "first_response_time": [2_400.0, 2_520.0],
    },
    {"theme:workload": {1: 2.9}, "all": {1: 3.4}, "theme:tools": {0: 4.0}},
)
BILLING = TeamWeeks(
    "#support",
    "Billing <b>",
    {"backlog": [12, 15], "first_response_time": [None, 3_600.0]},
    {"all": {1: 3.1}},
)
BONDS = [
    Bond("", "after_hours_share", "theme:workload", 2, 12, -0.83, -0.97, -0.21),
    Bond("#support", "backlog", "all", 0, 14, -0.8, -0.96, -0.1),
    Bond("", "first_response_time", "theme:well-being", 1, 26, 0.62, 0.05, 0.88),
]

#: What digests say of the people, by the kind of digest.
OF_A_DAY = People([ENPS])
OF_A_DAY_WITHHELD = People([FEW, line("survey_participation", 1 / 3, 0.5, None, 0.8)])
OF_A_DAY_THAT_MOVED = People([ENPS, PULSE])
OF_A_DAY_AFTER_WITHHELD = People([UNTOLD_BEFORE])
OF_A_WEEK = People([ENPS, PULSE, PARTICIPATION], PROMISES, Beside([ALL, BILLING], BONDS, waves=26))
OF_A_WEEK_WITHOUT_BONDS = People([PULSE, PARTICIPATION], (), Beside([ALL, BILLING], (), waves=12))
OF_A_YOUNG_WEEK = People([OTHERWISE], (), Beside([ALL, *[BILLING] * 5], (), waves=3))
OF_DEEDS = People((), PROMISES)

FRESH = Freshness([DeskState("acme", T(days=-400), T())], WEEK, T(), timedelta(minutes=30))


def answered(of: Line) -> Callable[[Reader], Message]:
    answer = kpi.Answer(of, (), None, FRESH, of.history)
    return lambda reader: kpi.render(answer, reader, share="{}")


def untold(**facts: Any) -> Callable[[Reader], Message]:
    return answered(Line(replace(told("enps", None), **facts)))


#: What `/kpi` says of surveys.
KPI: Mapping[str, Callable[[Reader], Message]] = {
    "kpi survey": answered(ENPS),
    "kpi survey that moved": answered(PULSE),
    "kpi survey of other questions": answered(OTHERWISE),
    "kpi survey participation": answered(PARTICIPATION),
    "kpi survey withheld": answered(FEW),
    "kpi survey not then": untold(poll=None, as_of=None),
    "kpi survey not for all": untold(poll=replace(POLL, withheld=NOT_FOR_ALL, asked=0, answered=0)),
    "kpi explain survey": lambda reader: kpi.explain(CATALOGUE["pulse_score"], [], reader),
}

#: An alert that fires below 0 and is over at 10.
BELOW = Rule(Limit(Side.BELOW, 0, 10), "enps")
SILENT = Rule(Limit(Side.BELOW, 0.6, 0.64), "survey_participation")
UNHEARD = Finding(History.UNREAD, 0, 0, 0, 0, 0, timedelta(0), None)

#: Alerts about surveys.
ALERTS: Mapping[str, Callable[[Reader], Message]] = {
    "alert of a survey": life(BELOW, [Observation(-50.0, 12)]),
    "alert of a survey over": life(BELOW, [Observation(-50.0, 12), *[Observation(25.0, 16)] * 4]),
    "alert of who took part": life(SILENT, [Observation(0.4, 30)]),
    "alert rehearsal of a survey": tried(
        BELOW, [Observation(-50.0, 12)] * 40, cost=Cost(0.08, 0.002, 0.43, 12.8, Basis.HISTORY)
    ),
    "alert rehearsal without a survey": tried(
        BELOW, [{}], covered=timedelta(0), finding=UNHEARD, cost=TooLittle(0.0)
    ),
}
