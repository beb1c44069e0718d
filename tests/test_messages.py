from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.digest import Digest, judge
from bot.digests.freshness import DeskState, Freshness
from bot.digests.goals import Goal
from bot.digests.heat import Busiest, Heat
from bot.digests.line import lines
from bot.digests.timetable import Kind, Timetable, comparables, days_window
from bot.domain import Dimension, Fact, Slice, Window
from bot.errors import DeskRefused
from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.metrics import CATALOGUE, Clock, Count, Metric, Reading, Unit, Unsolved
from bot.metrics.movement import (
    Movement,
    Part,
    Sample,
    count_movement,
    mean_movement,
    median_movement,
)
from bot.metrics.reading import Lack
from bot.slack import desks as desk_message
from bot.slack import digest as digest_message
from bot.slack import kpi as kpi_message
from bot.slack import numbers
from bot.slack import schedules as schedule_message
from bot.slack import why as why_message
from bot.slack.digest_thread import reply
from bot.slack.schedules import Planned
from tests import people_samples as people
from tests.alert_samples import ALERTS, VIEWS
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_errors
from tests.survey_message_samples import SURVEY_VIEWS, SURVEYS
from tests.survey_plan_samples import PLAN_VIEWS, PLANS
from tests.workspace import as_json, words

SNAPSHOTS = Path(__file__).parent / "snapshots"

#: Set to 1, it writes the snapshots anew; look at what git says about them then.
WRITE = "WRITE_SNAPSHOTS"

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en_GB", ATHENS)
LANGUAGES = ("en_GB", "de", "fa", "ar", "ja")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ATHENS)


FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=ATHENS)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ATHENS)
THURSDAY_DAY = days_window(date(2026, 11, 19), 1, ATHENS)
WEEKEND = days_window(date(2026, 11, 20), 3, ATHENS)
WEEK = days_window(date(2026, 11, 16), 7, ATHENS)
HOLIDAY = days_window(date(2026, 10, 28), 1, ATHENS)
LONG_WEEKEND = days_window(date(2027, 4, 30), 3, ATHENS)

# --- Invented readings ---------------------------------------------------------------------------

#: What a quiet Thursday looks like.
QUIET: Mapping[str, float] = {
    "ticket_volume": 142,
    "tickets_solved": 137,
    "backlog": 88,
    "tickets_per_agent": 11.4,
    "interactions_per_resolution": 3.8,
    "first_response_time": 42 * 60,
    "response_time": 31 * 60,
    "resolution_time": 9 * 3600,
    "first_resolution_time": 8.5 * 3600,
    "one_touch_rate": 0.46,
    "reopen_rate": 0.083,
    "transfer_rate": 0.11,
}
GOALS = {"first_response_time": 3600.0, "resolution_time": 86_400.0}


def aims(goals: Mapping[str, float]) -> list[Goal]:
    return [Goal(metric, target) for metric, target in goals.items()]


BILLING = Slice(Dimension.GROUP, "Billing")

#: Goals of every kind: of one part, within business hours, on the way and behind it.
MANY_GOALS = [
    Goal("first_response_time", 3600.0),
    Goal("first_response_time", 1800.0, slice=BILLING),
    Goal("response_time", 1200.0, clock=Clock.BUSINESS),
    Goal(
        "reopen_rate",
        0.05,
        start=0.1,
        since=date(2026, 9, 1),
        by=date(2027, 3, 31),
    ),
    Goal(
        "resolution_time", 4 * 3600.0, start=36_000.0, since=date(2026, 6, 1), by=date(2027, 1, 1)
    ),
    Goal("nps", 40.0, slice=Slice(Dimension.GROUP, "<!channel> & <b>")),
]


#: How the eight weeks before lay around that.
_BEFORE = (0.97, 1.06, 0.94, 1.02, 1.09, 0.96, 1.0, 0.93)


def readings(
    values: Mapping[str, float | None],
    window: Window,
    *,
    usually: Mapping[str, float] = QUIET,
    part: Slice | None = None,
    weeks: int = len(_BEFORE),
    before: Mapping[str, float] | None = None,
) -> Iterator[Reading]:
    """Each value in the window, and what was usual in so many weeks before it.

    `before` are the values of the last of those weeks that were not usual.
    """
    for key, value in values.items():
        metric = CATALOGUE[key]
        for earlier, factor in list(zip(comparables(window), _BEFORE, strict=True))[8 - weeks :]:
            was = (before or {}).get(key) if factor is _BEFORE[-1] else None
            yield reading(metric, earlier, was or usually[key] * factor, part)
        yield reading(metric, window, value, part)


def reading(metric: Metric, window: Window, value: float | None, part: Slice | None) -> Reading:
    if isinstance(metric.aggregate, Count | Unsolved) and value is not None:
        value = float(round(value))
    whole = Reading(metric, window, value, 0, slice=part, since=midnight(date(2026, 1, 1)))
    if value is None:
        return whole
    match metric.unit:
        case Unit.SECONDS:
            return replace(whole, n=130, low=value * 0.8, high=value * 1.2, p90=value * 6)
        case Unit.RATIO:
            return replace(whole, n=31, low=value * 0.7, high=min(1.0, value * 1.3))
    return replace(whole, n=round(value))


def parts_of(
    dimension: Dimension,
    shares: Mapping[str | None, float],
    window: Window,
    *,
    slower: Mapping[str, float] | None = None,
) -> Iterator[Reading]:
    """The numbers of a breakdown; a part that is `slower` answers so many times later than usual."""
    for name, share in shares.items():
        usually = {
            "ticket_volume": QUIET["ticket_volume"] * share,
            "tickets_solved": QUIET["tickets_solved"] * share,
            "first_response_time": QUIET["first_response_time"],
            "resolution_time": QUIET["resolution_time"],
        }
        late = (slower or {}).get(name or "", 1.0)
        now = {**usually, "first_response_time": usually["first_response_time"] * late}
        yield from readings(now, window, usually=usually, part=Slice(dimension, name))


CHANNELS: Mapping[str | None, float] = {"email": 0.6, "chat": 0.3, "web": 0.1}
GROUPS: Mapping[str | None, float] = {"Billing": 0.5, "Technical": 0.4, None: 0.1}


def breakdowns(window: Window, groups: Mapping[str | None, float] = GROUPS) -> list[Reading]:
    return [
        *parts_of(Dimension.CHANNEL, CHANNELS, window, slower={"email": 4}),
        *parts_of(Dimension.GROUP, groups, window, slower={str(next(iter(groups))): 4}),
    ]


def fresh(window: Window, now: datetime, *desks: DeskState, differences: int = 0) -> Freshness:
    read = DeskState("acme", data_from=midnight(date(2026, 1, 1)), data_until=now)
    return Freshness(desks or (read,), window, now, timedelta(minutes=30), differences)


def digest(
    values: Mapping[str, float | None],
    *,
    kind: Kind = Kind.DAILY,
    window: Window = THURSDAY_DAY,
    now: datetime = FRIDAY,
    usually: Mapping[str, float] = QUIET,
    parts: Iterable[Reading] | None = None,
    goals: Mapping[str, float] | Sequence[Goal] = GOALS,
    freshness: Freshness | None = None,
    weeks: int = 8,
    late_by: timedelta | None = None,
    heat: Heat | None = None,
    before: Mapping[str, float] | None = None,
) -> Digest:
    return judge(
        kind,
        window,
        readings(values, window, usually=usually, weeks=weeks, before=before),
        breakdowns(window) if parts is None else parts,
        aims(goals) if isinstance(goals, Mapping) else goals,
        freshness or fresh(window, now),
        late_by=late_by,
        heat=heat,
    )


def weekly(
    values: Mapping[str, float | None] | None = None,
    *,
    usually: Mapping[str, float] | None = None,
    **told: Any,
) -> Digest:
    """The digest of a week; `values` are those that are not as usual."""
    usual = {**times(5.2), **(usually or {})}
    return digest(
        {**usual, **(values or {})},
        usually=usual,
        kind=Kind.WEEKLY,
        window=WEEK,
        now=MONDAY,
        **told,
    )


def heat(busiest: Busiest | None) -> Heat:
    """A hundred and more tickets a weekday, most of them in the morning."""
    day = [0] * 8 + [9, 22, 20, 12, 8, 8, 9, 8, 6, 4] + [1] * 6
    waits: list[float | None] = [None if n < 5 else n * 180.0 for n in day]
    return Heat([day] * 5 + [[0] * 24] * 2, [waits] * 5 + [[None] * 24] * 2, busiest)


def times(factor: float) -> dict[str, float]:
    """What is usual, so many times as much of what adds up."""
    return {
        key: value * factor if CATALOGUE[key].unit is Unit.COUNT else value
        for key, value in QUIET.items()
    }


NOTHING: Mapping[str, float | None] = dict.fromkeys(QUIET)
TROUBLE = {**QUIET, "first_response_time": 130 * 60.0}
EVERYTHING_MOVED = {
    **QUIET,
    "ticket_volume": 400.0,
    "tickets_solved": 20.0,
    "backlog": 600.0,
    "first_response_time": 9 * 3600.0,
    "resolution_time": 90_000.0 * 3,
}

#: Names of groups as people give them: right to left, and as if they were markup.
ODD_NAMES: Mapping[str | None, float] = {
    "<!channel> & <b>": 0.5,
    "پشتیبانی فنی": 0.2,
    "الفواتير (VIP)": 0.2,
    "*bold* _it_ `code` ~gone~": 0.1,
}
SIXTY: Mapping[str | None, float] = {
    f"Group number {number:02} of a very large organisation": 1 / 60 + (60 - number) / 10_000
    for number in range(60)
}

DIGESTS: dict[str, Callable[[], Digest]] = {
    "quiet": lambda: digest(QUIET),
    "moved": lambda: digest(TROUBLE),
    "better": lambda: digest({**QUIET, "backlog": 31.0}),
    "everything moved": lambda: digest(EVERYTHING_MOVED),
    "Monday": lambda: digest(times(1.6), usually=times(1.6), window=WEEKEND, now=MONDAY),
    "stale": lambda: digest(
        QUIET,
        freshness=fresh(
            THURSDAY_DAY,
            FRIDAY,
            DeskState("acme", data_until=FRIDAY),
            DeskState(
                "<shop> & co",
                data_until=FRIDAY - timedelta(hours=12),
                problem="The desk refuses the token <now>.",
            ),
        ),
    ),
    "no data": lambda: digest(NOTHING, parts=()),
    "no desk": lambda: digest(
        NOTHING, parts=(), freshness=Freshness((), THURSDAY_DAY, FRIDAY, timedelta(minutes=30))
    ),
    "late": lambda: digest(QUIET, late_by=timedelta(hours=2, minutes=10)),
    "partly read": lambda: digest(
        QUIET,
        freshness=fresh(
            THURSDAY_DAY, FRIDAY, DeskState("acme", data_until=FRIDAY), DeskState("<shop> & co")
        ),
    ),
    "without history": lambda: digest(QUIET, weeks=0, parts=()),
    "short history": lambda: digest(QUIET, weeks=3),
    "counts differ": lambda: digest(QUIET, freshness=fresh(THURSDAY_DAY, FRIDAY, differences=2)),
    "without goals": lambda: digest(QUIET, goals={}),
    "goals": lambda: digest({**QUIET, "backlog": 31.0}, goals=MANY_GOALS),
    "some numbers missing": lambda: digest(
        {
            **QUIET,
            "reopen_rate": None,
            "transfer_rate": None,
            "first_response_time": None,
            "backlog": 31.0,
        }
    ),
    "goal missed": lambda: digest(QUIET, goals={"first_response_time": 2_400.0}),
    "goal missed for weeks": lambda: digest(QUIET, goals={"first_response_time": 1_800.0}),
    "still high": lambda: digest({**QUIET, "backlog": 215.0}, before={"backlog": 240.0}),
    "holiday": lambda: digest(
        {**QUIET, "ticket_volume": 31.0}, window=HOLIDAY, now=HOLIDAY.end + timedelta(hours=9)
    ),
    "holiday on Monday": lambda: digest(
        times(1.6), usually=times(1.6), window=LONG_WEEKEND, now=LONG_WEEKEND.end
    ),
    "odd names": lambda: digest(TROUBLE, parts=breakdowns(THURSDAY_DAY, ODD_NAMES)),
    "sixty groups": lambda: digest(TROUBLE, parts=breakdowns(THURSDAY_DAY, SIXTY)),
    "weekly": weekly,
    "weekly moved": lambda: weekly({"resolution_time": 40 * 3600.0}),
    "weekly of everything": lambda: weekly(
        {"csat": 0.55, "reopen_rate": 0.002, "ticket_volume": 1400.0, "nps": 33.0},
        usually=RATED,
        heat=heat(Busiest(0, 9, 11, share=0.18, wait=3_480, usual_wait=1_740, slower=2.0)),
    ),
    "weekly partly read": lambda: weekly(
        freshness=fresh(WEEK, MONDAY, DeskState("acme", data_until=MONDAY), DeskState("shop"))
    ),
    "weekly without history": lambda: weekly(weeks=0),
    "survey": lambda: digest(QUIET).with_people(people.OF_A_DAY),
    "survey that moved": lambda: digest(QUIET).with_people(people.OF_A_DAY_THAT_MOVED),
    "survey after withheld": lambda: digest(QUIET).with_people(people.OF_A_DAY_AFTER_WITHHELD),
    "survey withheld": lambda: digest(TROUBLE).with_people(people.OF_A_DAY_WITHHELD),
    "survey without desks": lambda: digest(
        NOTHING,
        parts=(),
        kind=Kind.WEEKLY,
        freshness=Freshness((), THURSDAY_DAY, FRIDAY, timedelta(minutes=30)),
    ).with_people(people.OF_A_WEEK_WITHOUT_BONDS),
    "weekly survey": lambda: weekly().with_people(people.OF_A_WEEK),
    "weekly survey of few": lambda: weekly().with_people(people.OF_A_YOUNG_WEEK),
    "weekly deeds": lambda: weekly().with_people(people.OF_DEEDS),
}

#: What is known where customers are asked, called and given targets.
RATED: Mapping[str, float] = {
    "csat": 0.94,
    "nps": 28.0,
    "ces": 5.6,
    "sla_attainment": 0.91,
    "speed_of_answer": 38.0,
    "handle_time": 410.0,
    "call_volume": 210.0,
}


def shown(name: str, reader: Reader = READER, *, with_chart: bool = False) -> Message:
    return digest_message.render(DIGESTS[name](), reader, schedule=7, with_chart=with_chart)


# --- Answers to /kpi, lists of digests -----------------------------------------------------------


def answered(
    key: str,
    value: float | None,
    *,
    by: Dimension | None = None,
    parts: Mapping[str | None, float] = GROUPS,
    goals: Mapping[str, float] | Sequence[Goal] = GOALS,
    freshness: Freshness | None = None,
    usually: Mapping[str, float] = QUIET,
    **told: Any,
) -> Callable[[Reader], Message]:
    """`told` are facts of the reading."""
    of_weeks = readings({key: value}, THURSDAY_DAY, weeks=1, usually=usually)
    set_goals = aims(goals) if isinstance(goals, Mapping) else goals
    (line,) = lines([replace(one, **told) for one in of_weeks], set_goals)
    of_parts = [
        replace(
            reading(CATALOGUE[key], THURSDAY_DAY, QUIET[key], Slice(by, name)),
            n=round(1000 * share),
        )
        for name, share in (parts.items() if by else ())
        if by
    ]
    answer = kpi_message.Answer(line, of_parts, by, freshness or fresh(THURSDAY_DAY, FRIDAY))
    return lambda reader: kpi_message.render(answer, reader, share="{}")


def overview(
    values: Mapping[str, float | None], freshness: Freshness | None = None
) -> Callable[[Reader], Message]:
    told = lines(readings(values, THURSDAY_DAY, weeks=1), aims(GOALS))
    state = freshness or fresh(THURSDAY_DAY, FRIDAY)
    return lambda reader: kpi_message.overview(told, THURSDAY_DAY, state, reader)


#: What numbers that a test needs beside those of the quiet Thursday usually are.
RARE = {**QUIET, "csat": 0.94, "nps": 28.0, "churn_rate": 0.02, "enps": 12.0}


def impossible(key: str, **told: Any) -> Callable[[Reader], Message]:
    """The answer where there is no number, and can be none."""
    return answered(key, None, usually=RARE, is_possible=False, **told)


def own_numbers(desks: Sequence[str], **values: float | None) -> Callable[[Reader], Message]:
    def of(factor: float) -> dict[str, Reading]:
        return {
            key: reading(CATALOGUE[key], THURSDAY_DAY, value and value * factor, None)
            for key, value in values.items()
        }

    own = [kpi_message.Own(desk, now=of(1), before=of(0.8), team=of(9)) for desk in desks]
    state = fresh(THURSDAY_DAY, FRIDAY)
    return lambda reader: kpi_message.own_numbers(own, THURSDAY_DAY, state, reader)


# --- Why a number moved --------------------------------------------------------------------------


def minutes(*waits: float) -> list[float]:
    return sorted(wait * 60 for wait in waits)


SLOWER = {
    Dimension.CHANNEL: median_movement(
        [Sample("email", minutes(*range(20, 60))), Sample("chat", minutes(*range(1, 21)))],
        [Sample("email", minutes(*range(70, 110))), Sample("chat", minutes(*range(1, 21)))],
    ),
    Dimension.GROUP: median_movement(
        [
            Sample("Billing", minutes(*range(20, 60))),
            *(Sample(f"VIP {number}", minutes(5, 9, 30)) for number in range(6)),
        ],
        [
            Sample("Billing", minutes(*range(70, 110))),
            *(Sample(f"VIP {number}", minutes(5, 9, 30)) for number in range(6)),
        ],
    ),
}
FEWER = {
    Dimension.GROUP: count_movement(
        [Part("<!channel> & <b>", 90, 90), Part("پشتیبانی فنی", 40, 40), Part(None, 10, 10)],
        [Part("<!channel> & <b>", 30, 30), Part("پشتیبانی فنی", 50, 50), Part(None, 10, 10)],
    )
}
RATED_WORSE = {
    Dimension.PRIORITY: mean_movement(
        [Part("high", 50, 40), Part("normal", 500, 480)],
        [Part("high", 250, 200), Part("normal", 300, 288)],
    )
}


def explained(
    splits: Mapping[Dimension, Movement | None],
    key: str,
    before: float | None,
    now: float | None,
    *,
    tickets: str | None = "{}",
    spread: float = 0.05,
    **told: Any,
) -> Callable[[Reader], Message]:
    """Why a number went from `before` to `now`; its interval reaches `spread` to either side."""
    there = [
        replace(
            reading(CATALOGUE[key], window, value, None),
            low=value and value * (1 - spread),
            high=value and value * (1 + spread),
            **told,
        )
        for window, value in ((comparables(THURSDAY_DAY, 1)[0], before), (THURSDAY_DAY, now))
    ]
    (line,) = lines(there, [])
    parts = {by: one for by, one in splits.items() if one is not None}
    found = why_message.Explained(line, parts, fresh(THURSDAY_DAY, FRIDAY))
    return lambda reader: why_message.render(found, reader, tickets=tickets)


TICKETS = [
    why_message.Ticket("acme", "4711", "https://acme.example/t/4711?a=1&b=2", 30_000.0),
    why_message.Ticket("<shop> & co", "<9>", None, 600.0),
]


def ticket_list(found: Sequence[why_message.Ticket], part: Slice | None) -> Callable[..., Message]:
    metric = CATALOGUE["first_response_time"]
    return lambda reader: why_message.tickets(found, metric, part, THURSDAY_DAY, reader)


# --- All answers ---------------------------------------------------------------------------------

MANY: Mapping[str | None, float] = {
    f"{number:03}, a group with a name so long that nobody would ever read all of it": 1 / 120
    for number in range(120)
}
NO_DESK = Freshness((), THURSDAY_DAY, FRIDAY, timedelta(minutes=30))
OLD = fresh(THURSDAY_DAY, FRIDAY, DeskState("acme", data_until=FRIDAY - timedelta(hours=3)))
UNREAD = fresh(THURSDAY_DAY, FRIDAY, DeskState("<acme>"))
FCR = "first_contact_resolution"
DAILY = Timetable(Kind.DAILY, time(9), ATHENS, (0, 1, 2, 3, 4))
WEEKLY = Timetable(Kind.WEEKLY, time(16, 30), ZoneInfo("America/New_York"), (4,))
PLANNED = [
    Planned(1, DAILY, paused=False, created_by="U1"),
    Planned(2, WEEKLY, paused=True, created_by="U2", problem="Slack answered <not_in_channel>."),
]
HELP_DESKS = [
    desk_message.DeskState(
        "acme",
        "zendesk",
        {"tickets": 74_312, "ratings": 8_120, "calls": 1, "articles": 0},
        (Fact.COMPLAINTS, Fact.ARTICLES),
        data_from=FRIDAY - timedelta(days=400),
        data_until=FRIDAY - timedelta(minutes=3),
        compared_at=FRIDAY - timedelta(hours=5),
    ),
    desk_message.DeskState(
        "<!channel> & sons",
        "request_tracker",
        {"tickets": 1},
        (),
        data_from=FRIDAY - timedelta(days=30),
        data_until=FRIDAY - timedelta(hours=3),
        problem=DeskRefused(
            "Help desk “{desk}” does not accept the token (HTTP 401).",
            "Make a new one and set {variable}TOKEN.",
            desk="<!channel> & sons",
            variable="DESKPULSE_DESKS__SONS__",
        ).kept(),
        compared_at=FRIDAY - timedelta(days=1),
        differs=2,
    ),
    desk_message.DeskState("new", "intercom", {"tickets": 23_000}, (), data_from=FRIDAY),
    desk_message.DeskState(
        "busy", "freshdesk", {}, (), waits_until=FRIDAY + timedelta(minutes=40), data_until=FRIDAY
    ),
]
WARNING = "I am not in this channel, so nothing can be posted yet. Invite me: `/invite @deskpulse`"


def set_up(reader: Reader) -> Message:
    return schedule_message.set_up(PLANNED[0], shown("moved", reader), WARNING, FRIDAY, reader)


ANSWERS: dict[str, Callable[[Reader], Message]] = {
    "kpi duration": answered("first_response_time", 58 * 60, by=Dimension.CHANNEL, parts=CHANNELS),
    "kpi share": answered("reopen_rate", 0.12, by=Dimension.GROUP),
    "kpi count": answered("ticket_volume", 163, goals={}),
    "kpi nothing": answered("first_response_time", None),
    "kpi old data": answered("backlog", 90, freshness=OLD),
    "kpi unread": answered("backlog", None, freshness=UNREAD),
    "kpi no desk": answered("backlog", None, freshness=NO_DESK),
    "kpi odd names": answered("ticket_volume", 163, by=Dimension.GROUP, parts=ODD_NAMES),
    "kpi many groups": answered("first_response_time", 60, by=Dimension.GROUP, parts=MANY),
    "kpi overview": overview(QUIET),
    "kpi overview nothing": overview(NOTHING),
    "kpi overview no desk": overview(NOTHING, NO_DESK),
    "kpi goals": lambda reader: kpi_message.goals(aims(GOALS), reader),
    "kpi no goals": lambda reader: kpi_message.goals([], reader),
    "kpi explain": lambda reader: kpi_message.explain(
        CATALOGUE["reopen_rate"], [Lack("<shop> & co", Fact.REOPENS)], reader
    ),
    "kpi explain recorded": lambda reader: kpi_message.explain(CATALOGUE["churn_rate"], [], reader),
    "kpi chance": answered("first_response_time", 40 * 60),
    "kpi real change": answered("first_response_time", 2 * 3600),
    "kpi score": answered("nps", -12.0, usually=RARE, n=130, low=-30.0, high=6.0),
    "kpi part": answered("first_response_time", 58 * 60, slice=BILLING, goals=MANY_GOALS),
    "kpi in time": answered("reopen_rate", 0.078, goals=MANY_GOALS),
    "kpi behind": answered("resolution_time", 30_000, goals=MANY_GOALS, clock=Clock.CALENDAR),
    "kpi no ratings": impossible("csat", lacks=(Lack("<shop> & co", Fact.CSAT),)),
    "kpi no hours": impossible(
        "first_response_time", lacks=(Lack("acme", Fact.HOURS),), clock=Clock.BUSINESS
    ),
    "kpi no survey": impossible("enps"),
    "kpi not recorded": impossible("churn_rate"),
    "kpi not recorded of these days": answered("churn_rate", None, usually=RARE),
    "kpi too early": answered("first_contact_resolution", None, usually={**QUIET, FCR: 0.7}),
    "kpi partly too early": answered("first_contact_resolution", 0.7, usually={**QUIET, FCR: 0.7}),
    "kpi many goals": lambda reader: kpi_message.goals(MANY_GOALS, reader),
    "kpi me": own_numbers(["acme"], tickets_solved=12.0, first_response_time=3_000.0, csat=None),
    "kpi me at two desks": own_numbers(["acme", "<shop> & co"], tickets_solved=12.0),
    "kpi me nothing": own_numbers(["acme"], csat=None),
    "why slower": explained(SLOWER, "first_response_time", 35 * 60, 85 * 60),
    "why fewer": explained(FEWER, "ticket_volume", 140, 90),
    "why worse": explained(RATED_WORSE, "csat", 0.945, 0.887, spread=0.01),
    "why chance": explained(SLOWER, "first_response_time", 35 * 60, 85 * 60, spread=0.9),
    "why not split": explained({}, "nps", 20.0, 40.0),
    "why nothing before": explained({}, "first_response_time", None, 85 * 60),
    "why nothing": explained({}, "first_response_time", 35 * 60, None),
    "why no ratings": explained(
        {}, "csat", None, None, is_possible=False, lacks=(Lack("acme", Fact.CSAT),)
    ),
    "why tickets": ticket_list(TICKETS, Slice(Dimension.GROUP, "<!channel> & <b>")),
    "why tickets of all": ticket_list(TICKETS[:1], None),
    "why no tickets": ticket_list([], None),
    "kpi explain backlog": lambda reader: kpi_message.explain(CATALOGUE["backlog"], [], reader),
    "kpi help": kpi_message.help_text,
    "desks": lambda reader: desk_message.listed(
        HELP_DESKS, FRIDAY, reader, stale_after=timedelta(minutes=30), may_sync=True
    ),
    "desks none": lambda reader: desk_message.listed(
        [], FRIDAY, reader, stale_after=timedelta(minutes=30), may_sync=False
    ),
    "desks help": desk_message.help_text,
    "digests": lambda reader: schedule_message.listed(PLANNED, FRIDAY, reader),
    "digests none": lambda reader: schedule_message.listed([], FRIDAY, reader),
    "digests set up": set_up,
    "digests help": schedule_message.help_text,
}

EVERYTHING: dict[str, Callable[[Reader], Message]] = {
    **{f"digest {name}": lambda reader, name=name: shown(name, reader) for name in DIGESTS},  # type: ignore[misc]
    **ANSWERS,
    **ALERTS,
    **PLANS,
    **SURVEYS,
    **people.KPI,
    **people.ALERTS,
}

# --- Snapshots -----------------------------------------------------------------------------------


def sketch(message: Message) -> str:
    """A message as a reviewer reads it: a line for each block, the thread below it."""
    blocks = "\n".join(_sketched(block) for block in message.blocks)
    thread = "".join(f"\n\n--- reply\n{sketch(reply)}" for reply in message.thread)
    return f"text: {message.text}\n\n{blocks}{thread}"


def _sketched(block: BlockJson) -> str:
    kind, name = block["type"], block.get("block_id")
    match kind:
        case "table":
            rows = [" | ".join(cell["text"] for cell in row) for row in block["rows"]]
            told = "\n".join(f"  {row}" for row in rows)
            return f"[{kind} {name}]\n{told}"
        case "actions":
            told = " ".join(_button(element) for element in block["elements"])
        case _:
            told = words({"blocks": [block]})
    return f"[{kind} {name}] {told}"


def _button(element: BlockJson) -> str:
    options = "".join(
        f" / {words(option)}={option['value']}" for option in element.get("options", [])
    )
    label = words({"blocks": [element["text"]]}) if "text" in element else "⋯"
    return f"({label}{options} → {element['action_id']} {element.get('value', '')})".replace(
        " )", ")"
    )


def check(kept: Path, now: str) -> None:
    """Compares with what was kept; writes it only where that is asked for."""
    if os.environ.get(WRITE) == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(now, encoding="utf-8")
    assert kept.exists(), f"no snapshot yet: {WRITE}=1 makes it"
    assert now == kept.read_text(encoding="utf-8")


def file_of(name: str, suffix: str) -> Path:
    return SNAPSHOTS / f"{name.lower().replace(' ', '-')}.{suffix}"


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_message_looks_as_it_did(name: str) -> None:
    check(file_of(name, "txt"), sketch(EVERYTHING[name](READER)) + "\n")


#: The messages that are kept as they travel, too.
WIRED = ("digest moved", "kpi duration", "digests", "alert firing with facts")


@pytest.mark.parametrize("name", WIRED)
def test_a_message_travels_as_it_did(name: str) -> None:
    made = as_json(EVERYTHING[name](READER))
    check(file_of(name, "json"), json.dumps(made, ensure_ascii=False, indent=1) + "\n")


def test_every_snapshot_belongs_to_a_message() -> None:
    expected = {file_of(name, "txt") for name in EVERYTHING}
    expected |= {file_of(name, "json") for name in (*WIRED, *VIEWS, *PLAN_VIEWS, *SURVEY_VIEWS)}
    assert {path for path in SNAPSHOTS.iterdir() if path.name[0] != "."} == expected


# --- Slack's rules -------------------------------------------------------------------------------


def all_messages(message: Message) -> list[Message]:
    return [message, *message.thread]


@pytest.mark.thorough
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EVERYTHING)
def test_slack_takes_every_message_in_every_language(name: str, language: str) -> None:
    made = EVERYTHING[name](Reader(language, ATHENS))
    for message in all_messages(made):
        assert broken_limits(as_json(message)) == []
        assert message.text.strip()


@pytest.mark.live
@pytest.mark.parametrize("name", EVERYTHING)
def test_every_message_is_of_slacks_official_types(name: str) -> None:
    for message in all_messages(EVERYTHING[name](READER)):
        assert official_errors(message.blocks) == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_the_lines_of_a_menu_are_plain_text(name: str) -> None:
    for message in all_messages(EVERYTHING[name](READER)):
        for block in message.blocks:
            for element in block.get("elements", []):
                for option in element.get("options", []):
                    assert option["text"]["type"] == "plain_text"


def marked_up(value: Any) -> Iterator[str]:
    """Every text in which Slack would read markup."""
    if isinstance(value, Mapping):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from marked_up(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from marked_up(inner)


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_name_and_no_problem_becomes_markup(name: str) -> None:
    for message in all_messages(EVERYTHING[name](READER)):
        for text in (message.text, *marked_up(list(message.blocks))):
            for injected in ("<!channel>", "<b>", "<shop>", "<now>", "<acme>", "<not_in_channel>"):
                assert injected not in text


def test_a_name_that_would_be_markup_is_still_readable() -> None:
    made = shown("odd names")
    assert "&lt;!channel&gt; &amp; &lt;b&gt;" in made.text
    (groups,) = [reply for reply in made.thread if "By group" in reply.text]
    assert "<!channel> & <b>" in sketch(groups)  # a table's cell knows no markup


@pytest.mark.parametrize("language", ["en_GB", "de", "fa", "ar"])
@pytest.mark.parametrize("name", ["پشتیبانی فنی", "الفواتير (VIP)"])
def test_a_name_from_right_to_left_keeps_to_itself(name: str, language: str) -> None:
    reader = Reader(language, ATHENS)
    for made in (shown("odd names", reader), ANSWERS["kpi odd names"](reader)):
        told = "\n".join(sketch(message) for message in all_messages(made))
        assert f"\u2068{name}\u2069" in told
        assert told.count(name) == told.count(f"\u2068{name}\u2069")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("busiest", "told"),
    [
        (None, "No hour of the week is much busier than the others."),
        (Busiest(0, 9, 11, share=0.18), "Mondays 9 to 11 bring 18% of the week."),
        (
            Busiest(0, 9, 11, share=0.18, wait=3_480, usual_wait=1_740, slower=2.0),
            (
                "Mondays 9 to 11 bring 18% of the week; "
                "replies then take twice as long: 58 min, not 29 min."
            ),
        ),
        (
            Busiest(4, 13, 16, share=0.12, wait=2_800, usual_wait=2_000, slower=1.4),
            (
                "Fridays 13 to 16 bring 12% of the week; "
                "replies then take 1.4 times as long: 47 min, not 33 min."
            ),
        ),
        (
            Busiest(2, 8, 10, share=0.2, wait=600, usual_wait=1_740, slower=0.34),
            (
                "Wednesdays 8 to 10 bring 20% of the week; "
                "replies then come sooner: after 10 min, not 29 min."
            ),
        ),
        (
            Busiest(2, 8, 10, share=0.2, wait=1_745, usual_wait=1_740, slower=1.003),
            "Wednesdays 8 to 10 bring 20% of the week.",
        ),
    ],
)
def test_the_busiest_hours_are_told_in_one_sentence(busiest: Busiest | None, told: str) -> None:
    made = digest_message.render(weekly(heat=heat(busiest)), READER)
    [hours] = [reply for reply in made.thread if reply.pictures]
    assert hours.text == f"When tickets arrive, and how long they then wait: {told}"
    assert told in words({"blocks": list(hours.blocks)})
    assert told in hours.pictures[0].alt


ALL_VALUES: Mapping[str, float] = {
    metric.key: {
        Unit.SECONDS: 98_000.0,
        Unit.RATIO: 0.0812,
        Unit.COUNT: 123_456.0,
        Unit.SCORE: 5.5,
    }[metric.unit]
    for metric in CATALOGUE.values()
}


def all_of_it() -> Digest:
    """A week with every number that there is, also within business hours."""
    told = list(readings(ALL_VALUES, WEEK, usually=ALL_VALUES))
    timed = [replace(one, clock=Clock.BUSINESS) for one in told if one.metric.has_business_clock]
    return judge(
        Kind.WEEKLY, WEEK, [*told, *timed], breakdowns(WEEK, SIXTY), MANY_GOALS, fresh(WEEK, MONDAY)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_catalogue_keeps_to_slacks_limits(language: str) -> None:
    made = digest_message.render(all_of_it(), Reader(language, ATHENS), with_chart=False)
    for message in (made, *made.thread):
        assert broken_limits(as_json(message)) == []


@pytest.mark.thorough
def test_a_goal_for_every_group_keeps_to_slacks_limits() -> None:
    aims = [
        Goal("first_response_time", 3_600, slice=Slice(Dimension.GROUP, name)) for name in SIXTY
    ]
    shown_ = kpi_message.goals([*aims, *aims], READER)
    assert broken_limits(as_json(shown_)) == []
    assert "80 further goals are not listed." in words({"blocks": list(shown_.blocks)})
    parts = breakdowns(WEEK, SIXTY)
    made = weekly(parts=parts, goals=aims)
    [reply] = [one for one in digest_message.render(made, READER).thread if one.text == "Goals"]
    assert broken_limits(as_json(reply)) == []
    assert "20 further goals are not listed." in words({"blocks": list(reply.blocks)})


@pytest.mark.parametrize("lacking", ["ticket_volume", "tickets_solved", "backlog"])
def test_a_digest_without_one_of_the_counts_tells_the_rest(lacking: str) -> None:
    known = {key: value for key, value in QUIET.items() if key != lacking}
    made = digest_message.render(digest(known, usually=known), READER, with_chart=False)
    assert "Nothing unusual." in made.text
    assert " new, " not in made.text
    young = digest_message.render(digest(known, weeks=0), READER, with_chart=False)
    assert "Too little history to say what is usual." in young.text


def test_a_number_of_other_days_or_hours_is_named_so_and_why_is_asked_of_it() -> None:
    """First contact resolution is known a week later; a goal can be one within business hours."""
    earlier = days_window(date(2026, 11, 12), 1, ATHENS)
    settled = list(readings({FCR: 0.3}, earlier, usually={FCR: 0.75}))
    timed = [
        replace(one, clock=Clock.BUSINESS)
        for one in readings({"response_time": 9_000.0}, THURSDAY_DAY)
    ]
    made = judge(
        Kind.DAILY,
        THURSDAY_DAY,
        [*readings(QUIET, THURSDAY_DAY), *settled, *timed],
        [],
        [Goal(FCR, 0.75), Goal("response_time", 1_200, clock=Clock.BUSINESS)],
        fresh(THURSDAY_DAY, FRIDAY),
    )
    message = digest_message.render(made, READER, schedule=7, with_chart=False)
    told = words({"blocks": list(message.blocks)})
    assert "First contact resolution, Thu 12" in told
    assert "Response time, business hours" in told
    (asked,) = re.findall(r"'action_id': 'digest_why', 'value': '([^']+)'", str(message.blocks))
    assert asked.startswith((f"{FCR} calendar Europe/Athens 2026-11-12", "response_time business "))


def test_why_is_not_offered_where_a_change_has_no_parts() -> None:
    told = digest({**QUIET, "tickets_per_agent": 90.0}, goals={"tickets_per_agent": 12.0})
    message = digest_message.render(told, READER, schedule=7, with_chart=False)
    assert "Tickets per agent 90" in message.text
    assert digest_message.WHY not in json.dumps(message.blocks)


# --- What a reader is told -----------------------------------------------------------------------

FALLBACKS = [
    ("quiet", "Nothing unusual. 142 new, 137 solved, backlog 88."),
    ("moved", "🔴 *First response time 2 h 10.* Usual on Thursdays: "),
    ("better", "🟢 *Backlog 31.*"),
    ("Monday", "Nothing unusual."),
    ("stale", "⚠️ Data of &lt;shop&gt; &amp; co end at Thu 19 Nov, 21:00"),
    ("no data", "There are no data for these days."),
    ("no desk", "⚠️ No help desk is connected yet"),
    (
        "partly read",
        "⚠️ &lt;shop&gt; &amp; co has not been read to its end yet: numbers are missing.",
    ),
    ("without history", "Too little history to say what is usual."),
    ("counts differ", "⚠️ On 2 days a help desk counts otherwise than is stored here"),
    ("everything moved", "2 more numbers stand out: see the thread."),
    ("weekly moved", "🔴 *Resolution time 40 h.* Usual in a week: "),
    ("weekly of everything", "🔴 *Customer satisfaction 55%.* Usual in a week: "),
]


@pytest.mark.parametrize(("name", "finding"), FALLBACKS)
def test_the_fallback_tells_the_finding(name: str, finding: str) -> None:
    made = shown(name)
    assert words({"text": made.text}).splitlines()[0].startswith("Support · ")
    assert finding in words({"text": made.text})
    # What notifications say stands in the message too.
    assert finding in words({"blocks": list(made.blocks)})


def test_a_digest_without_data_shows_no_zeros_and_no_table() -> None:
    for name in ("no data", "no desk"):
        made = shown(name)
        assert "table" not in {block["type"] for block in made.blocks}
        assert made.thread == []


@pytest.mark.parametrize("name", ["quiet", "Monday", "late", "without goals"])
def test_a_quiet_day_is_one_line_and_a_button_for_the_rest(name: str) -> None:
    made = shown(name, with_chart=True)
    assert [block["type"] for block in made.blocks] == ["header", "section", "actions", "context"]
    assert (made.thread, made.pictures) == ([], [])
    (actions,) = (block for block in made.blocks if block["type"] == "actions")
    assert [element["action_id"] for element in actions["elements"]] == [
        digest_message.NUMBERS,
        digest_message.SETTINGS,
    ]


@pytest.mark.parametrize(
    "name", ["stale", "partly read", "counts differ", "short history", "holiday", "goal missed"]
)
def test_a_day_of_which_that_cannot_be_said_is_told_in_full(name: str) -> None:
    made = shown(name)
    assert "table" in {block["type"] for block in made.blocks}
    assert made.thread


def test_what_a_quiet_day_leaves_out_is_what_its_buttons_answer() -> None:
    made = DIGESTS["quiet"]()
    (buttons,) = digest_message.rest(made, READER)
    answers = {
        words({"blocks": [button["text"]]}): reply(made, button["value"].split()[0], READER)
        for button in buttons["elements"]
    }
    assert list(answers) == ["Goals", "By channel", "By group", "What is usual", "What they mean"]
    assert len({button["action_id"] for button in buttons["elements"]}) == len(answers)
    told = digest_message.render(DIGESTS["goal missed"](), READER)
    assert list(answers.values())[1:] == list(told.thread)
    assert "Resolution time | 9 h | 24 h ✓" in sketch(answers["Goals"])


def test_a_breakdown_that_is_gone_when_its_button_is_pressed_is_no_failure() -> None:
    made = digest(QUIET, parts=())
    assert reply(made, "channel", READER).text == "There are no data for these days."


def test_a_goal_that_is_missed_anew_is_said_and_one_that_is_missed_for_weeks_is_not() -> None:
    told = shown("goal missed").text.splitlines()
    assert told[1:] == [
        "✗ *First response time 42 min.* It misses its goal of 40 min.",
        "Nothing unusual. 142 new, 137 solved, backlog 88.",
    ]
    assert "goal" not in shown("goal missed for weeks").text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("holiday", "31 new, 137 solved, backlog 88. It was a public holiday: ordinary days say "),
        ("holiday on Monday", "There was a public holiday among these days: ordinary ones say "),
    ],
)
def test_a_holiday_is_called_neither_usual_nor_unusual(name: str, told: str) -> None:
    made = shown(name)
    assert told in made.text
    assert "usual" not in sketch(replace(made, thread=()))


@pytest.mark.parametrize(
    ("key", "before", "now", "told"),
    [
        ("backlog", 82.0, 85.0, "▲ 4%, usual"),
        ("backlog", 82.0, 240.0, "▲ 193%, worse"),
        ("backlog", 82.0, 20.0, "▼ 76%, better"),
        ("backlog", 240.0, 215.0, "▼ 10%, still high"),
        ("backlog", 215.0, 240.0, "▲ 12%, still high"),
        ("backlog", 20.0, 25.0, "▲ 25%, still low"),
        ("backlog", 240.0, 88.0, "▼ 63%, usual"),
        ("backlog", 240.0, 20.0, "▼ 92%, better"),
        ("ticket_volume", 132.0, 400.0, "▲ 203%, unusual"),
        ("backlog", 85.0, 85.0, "same"),
    ],
)
def test_each_change_is_marked_by_what_is_usual(
    key: str, before: float, now: float, told: str
) -> None:
    (line,) = digest({key: now}, before={key: before}, goals={}).headline
    assert numbers.change(READER, line) == numbers.difference(READER, line) == told


def test_where_nobody_knows_what_is_usual_a_change_is_not_marked() -> None:
    """Whoever asks how two numbers differ is told whether chance explains it all the same."""
    (young,) = digest({"ticket_volume": 400.0}, weeks=7).headline
    assert numbers.change(READER, young) == "▲ 203%"
    times_ = digest({"first_response_time": 9_000.0}, weeks=7).headline
    assert [numbers.difference(READER, line) for line in times_] == ["▲ 284%, worse"]
    times_ = digest({"first_response_time": 2_600.0}, weeks=7).headline
    assert [numbers.difference(READER, line) for line in times_] == ["▲ 11%, unclear"]


@pytest.mark.parametrize("name", ["stale", "partly read"])
def test_with_numbers_missing_nothing_is_called_usual(name: str) -> None:
    assert "Nothing unusual" not in sketch(shown(name))


def test_a_late_digest_says_by_how_much() -> None:
    assert "late by 2 h 10, deskpulse was not running" in sketch(shown("late"))


def test_the_weekend_is_told_on_monday() -> None:
    assert "20–22 Nov 2026" in words({"text": shown("Monday").text})


def test_sixty_groups_are_listed_up_to_twenty_five_and_the_rest_is_counted() -> None:
    (groups,) = [reply for reply in shown("sixty groups").thread if "By group" in reply.text]
    assert "35 smaller ones are not listed." in sketch(groups)


def test_many_groups_of_one_number_are_listed_up_to_forty_and_the_rest_is_counted() -> None:
    assert "80 smaller ones are not listed." in sketch(ANSWERS["kpi many groups"](READER))


def test_a_number_that_is_missing_is_named_and_not_shown_as_zero() -> None:
    made = shown("some numbers missing")
    told = sketch(made.thread[-1])
    assert "No data for: First response time, Reopen rate, Transfer rate." in told
    assert "First response |" not in sketch(replace(made, thread=()))


def test_a_chart_is_described_by_what_it_shows() -> None:
    made = shown("moved", with_chart=True)
    (picture,) = made.pictures
    (block,) = [block for block in made.blocks if block["type"] == "image"]
    assert picture.png.startswith(b"\x89PNG")
    assert block["slack_file"]["id"] == picture.key
    assert block["alt_text"] == picture.alt
    assert picture.alt.startswith("First response time, 9 periods: 2 h 10 now, usual ")


def test_a_digest_without_a_schedule_offers_no_menu() -> None:
    made = digest_message.render(DIGESTS["quiet"](), READER, with_chart=False)
    (actions,) = [block for block in made.blocks if block["type"] == "actions"]
    assert [element["type"] for element in actions["elements"]] == ["button"]


def test_the_same_digest_is_the_same_message() -> None:
    assert as_json(shown("odd names")) == as_json(shown("odd names"))
