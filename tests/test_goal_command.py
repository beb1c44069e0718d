"""`/kpi goal`: what a lead sets, sees and takes away, and what a goal then judges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.digests.goals import Goal
from bot.digests.line import Line
from bot.digests.timetable import Kind, days_window
from bot.domain import Dimension, Fact, Slice
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Better, Clock, Metric, Reading
from bot.slack import numbers
from bot.slack.kpi import goal_example
from bot.store import goals
from bot.store.digests import gather
from bot.store.tables import Goal as GoalRow
from commands.goals import parse_goal
from tests.store_samples import EVERY_FACT, Plan, a_ticket
from tests.times import T
from tests.workspace import AGENT, APPOINTED, LEAD, Workspace, open_desks, open_workspace

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)
TODAY = T().date()
BILLING = Slice(Dimension.GROUP, "Billing")
FRT = "first_response_time"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace() as workspace:
        yield workspace


def kept(workspace: Workspace) -> list[Goal]:
    """The goals that hold now."""
    with workspace.services.reading() as session:
        return goals.at(session, workspace.services.workspace, workspace.clock.now())


def targets(workspace: Workspace) -> dict[str, float]:
    return {goal.metric: goal.target for goal in kept(workspace)}


def logged(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.action, entry.detail) for entry in workspace.audit()]


# --- Set, listed, taken away ---------------------------------------------------------------------

GOALS = [
    ("frt 1h", "first_response_time", 3600, "First response time 1 h"),
    ("first response time 1 hour", "first_response_time", 3600, "First response time 1 h"),
    ("first_response_time 90 min", "first_response_time", 5400, "First response time 1 h 30"),
    ("reopen rate 5%", "reopen_rate", 0.05, "Reopen rate 5.0%"),
    ("one-touch rate 80 %", "one_touch_rate", 0.8, "One-touch rate 80%"),
    ("backlog 1200", "backlog", 1200, "Backlog 1,200"),
    ("tickets per agent 12,5", "tickets_per_agent", 12.5, "Tickets per agent 12.5"),
    ("csat 92%", "csat", 0.92, "Customer satisfaction 92%"),
    ("nps 40", "nps", 40, "Net promoter score 40"),
    ("nps -20", "nps", -20, "Net promoter score -20"),
    ("nps −20", "nps", -20, "Net promoter score -20"),
    ("ces 5.5", "ces", 5.5, "Customer effort score 5.5"),
    ("aht 4 min", "handle_time", 240, "Average handle time 4 min"),
    ("self service 5", "self_service_ratio", 5, "Self-service ratio 5.0"),
    ("churn 2%", "churn_rate", 0.02, "Customer churn rate 2.0%"),
]


@pytest.mark.parametrize(("typed", "metric", "target", "shown"), GOALS)
def test_a_lead_sets_a_goal_in_the_unit_of_the_number(
    workspace: Workspace, typed: str, metric: str, target: float, shown: str
) -> None:
    told = workspace.types(f"/kpi goal {typed}", user=LEAD).told
    assert told == f"Goal set: {shown}."
    assert targets(workspace) == {metric: target}
    assert [(who, action) for who, action, _ in logged(workspace)] == [(LEAD, "goal set")]


@pytest.mark.parametrize("typed", ["frt 1h", "frt off", "frt 1h for group Billing", "xyzzy"])
def test_an_agent_sets_and_ends_no_goals(office: Workspace, typed: str) -> None:
    before = office.version()
    assert "That is for team leads." in office.types(f"/kpi goal {typed}", user=AGENT).told
    assert office.version() == before


def test_goals_are_listed_shown_beside_the_number_and_switched_off(workspace: Workspace) -> None:
    assert "No goals are set." in workspace.types("/kpi goal").told
    workspace.types("/kpi goal frt 1s", user=LEAD)
    workspace.types("/kpi goal resolution time 30d", user=APPOINTED)
    for typed in ("/kpi goals", "/kpi goal list", "/kpi goal"):
        assert workspace.types(typed).table()[1:] == [
            ["First response time", "1 s"],
            ["Resolution time", "30 d"],
        ]
    assert "Goal 1 s ✗." in workspace.types("/kpi frt").told
    assert "Goal 30 d ✓." in workspace.types("/kpi resolution time").told
    assert workspace.types("/kpi goal frt off", user=LEAD).told == (
        "First response time has no goal any more."
    )
    assert targets(workspace) == {"resolution_time": 30 * 86_400}
    assert workspace.types("/kpi goal frt off", user=LEAD).told == (
        "First response time had no goal."
    )
    assert [action for _, action, _ in logged(workspace)] == ["goal ended", *["goal set"] * 2]


@pytest.mark.parametrize("typed", ["off frt", "remove frt", "frt remove", "FRT OFF", "frt none"])
def test_a_goal_is_taken_away_in_several_ways(workspace: Workspace, typed: str) -> None:
    workspace.types("/kpi goal frt 1h", user=LEAD)
    told = workspace.types(f"/kpi goal {typed}", user=LEAD).told
    assert told == "First response time has no goal any more."
    assert kept(workspace) == []


def test_a_new_goal_takes_the_place_of_the_old_one_whose_history_is_kept(
    workspace: Workspace,
) -> None:
    workspace.types("/kpi goal backlog 50", user=LEAD)
    workspace.clock.move(minutes=1)
    workspace.types("/kpi goal backlog 40", user=APPOINTED)
    assert targets(workspace) == {"backlog": 40}
    with workspace.services.reading() as session:
        rows = session.scalars(select(GoalRow).order_by(col(GoalRow.id)))
        assert [(row.target, row.set_by, row.set_at, row.ended_at) for row in rows] == [
            (50, LEAD, T(), T(minutes=1)),
            (40, APPOINTED, T(minutes=1), None),
        ]


# --- Of one part, within business hours, by a date -----------------------------------------------

PART_OF_3H = Goal(FRT, 3 * 3600, slice=BILLING)
BY_MARCH = date(2027, 3, 31)
UNDERSTOOD = [
    ("frt 3h for group Billing", PART_OF_3H),
    ("frt for group Billing 3h", PART_OF_3H),
    ('frt 3h for group "Billing"', PART_OF_3H),
    ("frt 3h for group billing", PART_OF_3H),
    ("frt 3h for channel email", Goal(FRT, 3 * 3600, slice=Slice(Dimension.CHANNEL, "email"))),
    ("frt 3h for desk DEMO", Goal(FRT, 3 * 3600, slice=Slice(Dimension.DESK, "demo"))),
    ("frt 3h business", Goal(FRT, 3 * 3600, clock=Clock.BUSINESS)),
    ("frt business hours 3h", Goal(FRT, 3 * 3600, clock=Clock.BUSINESS)),
    (
        "frt 3h for group Billing by 2027-03-31 from 6h",
        Goal(FRT, 3 * 3600, slice=BILLING, start=6 * 3600, by=BY_MARCH, since=TODAY),
    ),
    (
        "frt 3h from 6h by 2027-3-31 business for group Billing",
        Goal(FRT, 3 * 3600, Clock.BUSINESS, BILLING, start=6 * 3600, by=BY_MARCH, since=TODAY),
    ),
    (
        "csat 97% by 2027-03-31 from 90%",
        Goal("csat", 0.97, start=0.9, by=BY_MARCH, since=TODAY),
    ),
    (
        "frt ۹۰ min by ۲۰۲۷-۰۳-۳۱ from ۳ h",
        Goal(FRT, 5400, start=3 * 3600, by=BY_MARCH, since=TODAY),
    ),
]


@pytest.mark.parametrize(("typed", "goal"), UNDERSTOOD)
def test_a_goal_may_be_of_a_part_within_business_hours_and_by_a_date(
    workspace: Workspace, typed: str, goal: Goal
) -> None:
    told = workspace.types(f"/kpi goal {typed}", user=LEAD).told
    assert told.startswith("Goal set: ")
    assert kept(workspace) == [goal]


def test_a_goal_says_what_was_set(workspace: Workspace) -> None:
    told = workspace.types(
        "/kpi goal frt 3h for group billing by 2027-03-31 from 6h", user=LEAD
    ).told
    assert told == (
        "Goal set: First response time · Billing 3 h by March 31, 2027, from 6 h today."
    )
    assert logged(workspace) == [
        (LEAD, "goal set", "first_response_time 10800 group Billing by 2027-03-31")
    ]
    assert workspace.types("/kpi goal").table() == [
        ["Goal", "\u00a0", "by", "from"],
        ["First response time · Billing", "3 h", "Mar 31, 2027", "6 h"],
    ]


def test_without_a_start_the_way_begins_where_the_last_four_weeks_were(
    workspace: Workspace,
) -> None:
    shown = workspace.types("/kpi frt last 28d for group billing").table()[1][1]
    told = workspace.types("/kpi goal frt 10 min for group Billing by 2027-03-31", user=LEAD).told
    assert f"10 min by March 31, 2027, from {shown} today." in told
    (goal,) = kept(workspace)
    assert goal.start is not None
    assert goal.start > goal.target
    assert goal.since == TODAY


def test_the_goal_of_a_part_stands_beside_that_of_all(workspace: Workspace) -> None:
    for typed in ("frt 1h", "frt 2h for group Billing", "frt 3h business", "frt 9h for desk demo"):
        workspace.types(f"/kpi goal {typed}", user=LEAD)
    assert [goal.target / 3600 for goal in kept(workspace)] == [1, 2, 3, 9]
    told = workspace.types("/kpi goal frt off for group BILLING", user=LEAD).told
    assert told == "First response time · Billing has no goal any more."
    assert [goal.target / 3600 for goal in kept(workspace)] == [1, 3, 9]
    told = workspace.types("/kpi goal frt off business", user=LEAD).told
    assert told == "First response time, business hours has no goal any more."
    assert [goal.target / 3600 for goal in kept(workspace)] == [1, 9]
    assert "Goal 1 h ✓." in workspace.types("/kpi frt").told
    assert "Goal" not in workspace.types("/kpi frt for group Billing").told
    assert "Goal 9 h ✓." in workspace.types("/kpi frt for desk demo").told


def test_the_goal_of_a_group_that_has_gone_can_be_taken_away(workspace: Workspace) -> None:
    with workspace.writing() as session:
        gone = Goal(FRT, 60, slice=Slice(Dimension.GROUP, "Fax & Telex"))
        goals.set_goal(session, 1, gone, by=LEAD, now=T())
    told = workspace.types("/kpi goal frt off for group fax &amp; telex", user=LEAD).told
    assert told == "First response time · Fax &amp; Telex has no goal any more."
    assert kept(workspace) == []


def test_a_goal_of_what_cannot_be_given_is_set_and_says_so() -> None:
    ticket = a_ticket("1", T(days=-2), first_reply_at=T(days=-1), group="<!channel>")
    plan = Plan("acme", [ticket], gives=EVERY_FACT - {Fact.CSAT, Fact.HOURS})
    with open_desks(plan) as workspace:
        told = workspace.types("/kpi goal csat 90%", user=LEAD).told
        assert told == "Goal set: Customer satisfaction 90%. acme has no satisfaction ratings."
        told = workspace.types("/kpi goal frt 1h business", user=LEAD).told
        assert told.endswith("1 h. No business hours are set for acme.")
        told = workspace.types("/kpi goal frt 1h for group &lt;!channel&gt;", user=LEAD).told
        assert told == "Goal set: First response time · &lt;!channel&gt; 1 h."
        assert len(kept(workspace)) == 3


# --- Mistakes ------------------------------------------------------------------------------------

EXAMPLE = "`/kpi goal first response time 90 min`"
DATED = "`/kpi goal first response time 3h by 2027-03-20 from 6h`"
WRONG_GOALS = [
    ("frt", "No duration is given.", EXAMPLE),
    ("frt 90", "“90” has no unit: min, h or d.", EXAMPLE),
    ("resolution time 90", "has no unit", "`/kpi goal resolution time 90 min`"),
    ("frt 90%", "“90%” is not a duration.", EXAMPLE),
    ("frt 9999d", "A duration is more than 0 and at most 3 years, “9999d” is not.", EXAMPLE),
    ("reopen rate", "No goal is given.", "`/kpi goal reopen rate 5%`"),
    ("reopen rate 5", "The goal of a share is a percentage, “5” is not.", "reopen rate 5%`"),
    ("reopen rate 500%", "A share is at most 100%.", "`/kpi goal reopen rate 5%`"),
    ("reopen rate -5%", "“Reopen rate” is never less than 0%, “-5%” is.", "5%`"),
    ("one-touch rate x", "The goal of a share is a percentage,", "one-touch rate 80%`"),
    ("backlog 1h", "The goal of a count is a number, “1h” is not.", "`/kpi goal backlog 120`"),
    ("backlog nan", "The goal of a count is a number, “nan” is not.", "backlog 120`"),
    ("backlog inf", "The goal of a count is a number, “inf” is not.", "backlog 120`"),
    ("backlog -1", "“Backlog” is never less than 0, “-1” is.", "backlog 120`"),
    ("tickets per agent x", "is a number, “x” is not.", "`/kpi goal tickets per agent 5`"),
    ("backlog 1,500", "“1,500” could be two numbers.", "backlog 120`"),
    ("backlog 1.500", "“1.500” could be two numbers.", "backlog 120`"),
    ("nps 101", "“Net promoter score” lies between -100 and 100.", "score 40`"),
    ("nps nan", "“Net promoter score” lies between -100 and 100.", "score 40`"),
    ("nps 40%", "The goal of a score is a number, “40%” is not.", "score 40`"),
    ("ces 0.5", "“Customer effort score” lies between 1 and 7.", "effort score 5`"),
    ("quality score 101", "lies between 0 and 100.", "quality score 70`"),
    ("frst response time 1h", "Did you mean “First response time”?", "/kpi goal"),
    ("1h", "There is no metric “1h”.", "/kpi goal"),
    ("off", "There is no metric “off”.", "/kpi goal"),
    ("off xyzzy", "There is no metric “xyzzy off”.", "/kpi goal"),
    ("frt 1h for group Biling", "There is no group “Biling”. Did you mean “Billing”?", "Billing"),
    ("frt off for group Biling", "There is no group “Biling”. Did you mean “Billing”?", "Billing"),
    ("frt 1h for group", "It is not said which “group”.", "for group Billing"),
    ("frt 1h for", "Something is missing at the end.", "by channel"),
    ("frt 1h for agent Eleni", "The numbers of one agent are not shown by name.", "/kpi me"),
    ("articles read 9 for group Billing", "cannot be split by “group”.", "by desk"),
    ("frt 1h for group Billing for group Technical", "“for” can be said only once.", DATED),
    ("backlog 9 business", "“Backlog” has no business hours", "`/kpi goal backlog 120`"),
    ("frt 1h by", "It is not said by which date.", DATED),
    ("frt 1h by march", "“march” is no date: write year, month and day.", DATED),
    ("frt 1h by 31.3.2027", "“31.3.2027” is no date: write year, month and day.", DATED),
    ("frt 1h by 2027-02-30", "“2027-02-30” is no date", DATED),
    ("frt 1h by 2026-11-20", "“2026-11-20” is not in the future.", DATED),
    ("frt 1h by 2020-01-01", "“2020-01-01” is not in the future.", DATED),
    ("frt 1h from 6h", "A goal that starts somewhere needs a date", DATED),
    ("frt 1h by 2027-03-31 from", "It is not said where it starts.", DATED),
    ("frt 1h by 2027-03-31 from 6", "“6” has no unit: min, h or d.", EXAMPLE),
    (
        "frt 3h by 2027-03-31 from 2h",
        "2 h is as good as 3 h already, so there is no way to go.",
        EXAMPLE,
    ),
    ("csat 80% by 2027-03-31 from 80%", "80% is as good as 80% already", "satisfaction 80%`"),
    ("frt 240h by 2027-03-31", "40 min is as good as 10 d already, so there is no way", EXAMPLE),
    ("churn 2% by 2027-03-31", "There are no data of the last four weeks", "by 2027-03-31 from"),
    ("volume 9 by 2027-03-31", "“Ticket volume” is neither better high nor low", "volume 120`"),
]


@pytest.mark.parametrize(("typed", "answer", "hint"), WRONG_GOALS)
def test_a_goal_that_makes_no_sense_is_not_set(
    office: Workspace, typed: str, answer: str, hint: str
) -> None:
    before = office.version()
    told = office.types(f"/kpi goal {typed}", user=LEAD).told
    assert answer in told
    assert hint in told
    assert office.version() == before


@pytest.mark.parametrize(
    ("typed", "metric", "target"),
    [
        ("frt ۹۰ min", "first_response_time", 5400),
        ("backlog ١٢٠", "backlog", 120),
        ("reopen rate ۵٫۵٪", "reopen_rate", 0.055),
    ],
)
def test_a_goal_is_read_in_digits_of_any_script(typed: str, metric: str, target: float) -> None:
    found = parse_goal(typed, today=TODAY)
    assert found.metric.key == metric
    assert found.target == pytest.approx(target)


@pytest.mark.parametrize("typed", ["frt ۹۰", "backlog ۱٬۵۰۰"])
def test_digits_of_other_scripts_are_no_clearer_than_ours(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_goal(typed, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "name", "target"),
    [
        ("frt for group Tier 2 3h", "Tier 2", 10_800),
        ("frt 3h for group Tier 2", "Tier 2", 10_800),
        ("frt for group Tier 2 by 2027-03-31 3h", "Tier 2", 10_800),
        ("csat for group Tier 2 90%", "Tier 2", 0.9),
        ("csat for group Tier 2 90 %", "Tier 2", 0.9),
        ("backlog 90 for group Tier 2", "Tier 2", 90),
        ("frt for group Tier 2 off", "Tier 2", None),
        ('backlog for group "Tier 2" 90', "Tier 2", 90),
    ],
)
def test_a_name_with_a_number_is_told_from_the_target(
    typed: str, name: str, target: float | None
) -> None:
    found = parse_goal(typed, today=TODAY)
    assert found.part == Slice(Dimension.GROUP, name)
    assert found.target == target


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_the_example_of_a_goal_is_understood_for_every_number(metric: Metric) -> None:
    found = parse_goal(goal_example(metric).removeprefix("/kpi goal "), today=TODAY)
    assert found.metric == metric
    assert found.target


# --- What a goal judges --------------------------------------------------------------------------

IN_A_HUNDRED_DAYS = Goal(FRT, 3600, start=7200, since=TODAY, by=TODAY + timedelta(days=100))


@pytest.mark.parametrize(
    ("days", "expected"), [(-5, 7200), (0, 7200), (50, 5400), (75, 4500), (100, 3600), (500, 3600)]
)
def test_the_way_to_a_goal_is_a_straight_line(days: int, expected: float) -> None:
    assert IN_A_HUNDRED_DAYS.expected(TODAY + timedelta(days=days)) == expected


@pytest.mark.parametrize(
    ("days", "value", "on_pace"),
    [(50, 5400, True), (50, 5401, False), (50, 100, True), (100, 3600, True), (100, 3601, False)],
)
def test_a_number_is_on_pace_when_it_is_as_far_as_the_line(
    days: int, value: float, on_pace: bool
) -> None:
    day = TODAY + timedelta(days=days)
    assert IN_A_HUNDRED_DAYS.is_on_pace(value, day, Better.LOWER) is on_pace
    assert IN_A_HUNDRED_DAYS.is_on_pace(value, day, Better.NEITHER) is None


def test_what_reaches_its_target_is_on_pace_wherever_it_began() -> None:
    goal = Goal("csat", 0.9, start=0.95, since=TODAY, by=TODAY + timedelta(days=100))
    assert goal.is_on_pace(0.92, TODAY, Better.HIGHER) is True
    assert Goal("csat", 0.9).is_on_pace(0.5, TODAY, Better.HIGHER) is None


HALF_WAY = Goal(
    "reopen_rate",
    0.05,
    start=0.1,
    since=TODAY - timedelta(days=131),
    by=TODAY + timedelta(days=131),
)
OVER = Goal(FRT, 3600, start=9000, since=date(2026, 1, 1), by=TODAY)
SHOWN = [
    # Without a date: met, missed, and neither for a number without a better direction.
    (FRT, 3000.0, Goal(FRT, 3600), "1 h ✓", "", ""),
    (FRT, 3600.0, Goal(FRT, 3600), "1 h ✓", "", ""),
    (FRT, 5400.0, Goal(FRT, 3600), "1 h ✗", "+30 min", ""),
    ("csat", 0.88, Goal("csat", 0.92), "92% ✗", "−4.0 points", ""),
    ("csat", 0.72, Goal("csat", 0.92), "92% ✗", "−20 points", ""),
    ("nps", 25.0, Goal("nps", 40), "40 ✗", "−15", ""),
    ("ticket_volume", 90.0, Goal("ticket_volume", 80), "80", "", ""),
    # Half way from 10 % to 5 % it should be 7.5 % by now.
    ("reopen_rate", 0.07, HALF_WAY, "5.0%", "+2.0 points", "on pace"),
    (
        "reopen_rate",
        0.08,
        HALF_WAY,
        "5.0% ✗",
        "+3.0 points",
        "behind for Mar 31: 7.5% by now",
    ),
    ("reopen_rate", 0.04, HALF_WAY, "5.0% ✓", "", "on pace"),
    # Its date has come: there is no pace any more.
    (FRT, 3700.0, OVER, "1 h ✗", "+2 min", ""),
    (FRT, 3500.0, OVER, "1 h ✓", "", ""),
]


@pytest.mark.parametrize(("key", "value", "goal", "target", "gap", "pace"), SHOWN)
def test_a_goal_is_shown_with_its_gap_and_its_pace(
    key: str, value: float, goal: Goal, target: str, gap: str, pace: str
) -> None:
    window = days_window(TODAY - timedelta(days=1), 1, ATHENS)
    line = Line(Reading(CATALOGUE[key], window, value, 100), goal=goal)
    assert numbers.goal(READER, line) == target
    assert numbers.gap(READER, line) == gap
    assert numbers.pace(READER, line).startswith(pace)
    assert bool(numbers.pace(READER, line)) is bool(pace)


def test_an_incomplete_number_is_not_judged_by_its_goal() -> None:
    window = days_window(TODAY - timedelta(days=1), 1, ATHENS)
    line = Line(Reading(CATALOGUE[FRT], window, 9000, 100), goal=Goal(FRT, 3600), complete=False)
    assert (numbers.goal(READER, line), numbers.gap(READER, line)) == ("1 h", "")


@pytest.mark.thorough
def test_an_old_digest_is_judged_by_its_own_goal(workspace: Workspace) -> None:
    """The digest of Thursday is told on Friday, and again after the goal was changed."""
    workspace.types("/kpi goal frt 1s", user=LEAD)
    workspace.types("/kpi goal resolution time 1s for group Billing", user=LEAD)
    workspace.clock.move(hours=1)
    workspace.types("/kpi goal frt 9d", user=LEAD)
    workspace.types("/kpi goal resolution time off for group Billing", user=LEAD)

    def judged(hours: float) -> dict[tuple[str, Slice | None], bool | None]:
        with workspace.services.reading() as session:
            digest = gather(
                session,
                1,
                Kind.DAILY,
                days_window(date(2026, 11, 19), 1, ATHENS),
                now=T(hours=hours),
                stale_after=timedelta(hours=3),
            )
        return {(one.reading.metric.key, one.reading.slice): one.met for one in digest.goals}

    assert judged(0.5) == {(FRT, None): False, ("resolution_time", BILLING): False}
    assert judged(1.5) == {(FRT, None): True}
