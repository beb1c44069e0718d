"""What is told of a rule that the help desks here cannot serve, before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.rule import Burn, Rule
from bot.alerts.wording import written
from bot.digests.goals import Goal
from bot.domain import Dimension, Fact, Slice
from bot.errors import UsageError
from bot.locale import Reader
from bot.store.goals import set_goal
from commands.alert_checks import check_here, goals_now
from commands.alert_text import parse_rule
from tests.store_samples import EVERY_FACT, Plan, a_ticket
from tests.test_language import READER as MARKING
from tests.test_language import START, unmarked, without_quotes
from tests.times import T
from tests.workspace import LEAD, Workspace, open_desks

READER = Reader("en", ZoneInfo("Europe/Athens"))

#: The one tells everything of its tickets, the other next to nothing.
ACME = Plan("acme", [a_ticket("1", T(hours=-5), group="Billing", channel="email", priority="high")])
SHOP = Plan("shop", [a_ticket("1", T(hours=-5))], gives=frozenset())


@pytest.fixture(scope="module")
def both() -> Iterator[Workspace]:
    with open_desks(ACME, SHOP) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def poor() -> Iterator[Workspace]:
    with open_desks(SHOP) as workspace:
        yield workspace


def checked(workspace: Workspace, text: str, reader: Reader = READER) -> Rule:
    rule = parse_rule(text)
    with workspace.services.reading() as session:
        return check_here(session, workspace.services, rule, reader)


def refused(workspace: Workspace, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        checked(workspace, text)
    return caught.value


FINE = [
    "first_response_time > 4h",
    "first_response_time > 4h by group",
    "ticket_volume unusual by priority",
    "call_volume > 9 by group",
    "csat < 85% business hours only",
    "backlog > 200 by desk",
    "data older than 2h",
    "ticket waiting > 1h without reply",
]


@pytest.mark.parametrize("text", FINE)
def test_a_rule_that_one_desk_can_serve_is_left_as_it_is(both: Workspace, text: str) -> None:
    assert checked(both, text) == parse_rule(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("frt > 4h for group billing", Slice(Dimension.GROUP, "Billing")),
        ('frt > 4h for channel "EMAIL"', Slice(Dimension.CHANNEL, "email")),
        ("backlog > 9 for desk ACME", Slice(Dimension.DESK, "acme")),
        ("data older than 2h of Shop", Slice(Dimension.DESK, "shop")),
        ("ticket waiting > 1h for group BILLING", Slice(Dimension.GROUP, "Billing")),
    ],
)
def test_a_part_is_kept_as_its_help_desk_writes_it(
    both: Workspace, text: str, wanted: Slice
) -> None:
    assert checked(both, text).only == wanted


UNKNOWN = [
    (
        "frt > 4h for group Biling",
        "There is no group “Biling”. Did you mean “Billing”?",
        "`/alert add first_response_time > 4h for group Billing`",
    ),
    (
        "data older than 2h of desk acne",
        "There is no help desk “acne”. Did you mean “acme”?",
        "`/alert add data older than 2h for desk acme`",
    ),
    (
        "ticket waiting > 1h for priority hgh",
        "There is no priority “hgh”. Did you mean “high”?",
        "`/alert add ticket waiting > 1h without reply for priority high`",
    ),
]


@pytest.mark.parametrize(("text", "message", "example"), UNKNOWN)
def test_a_part_that_nobody_has_is_answered_with_the_one_that_was_meant(
    both: Workspace, text: str, message: str, example: str
) -> None:
    error = refused(both, text)
    assert message in str(error)
    assert example in error.hint
    parse_rule(example.strip("`").removeprefix("/alert add "))


UNABLE = [
    ("frt > 4h", "First response time", "shop does not tell when tickets are first replied to."),
    ("csat < 85%", "Customer satisfaction", "shop has no satisfaction ratings."),
    ("sla burns 6x goal 95%", "SLA attainment", "shop has no SLA targets."),
    ("call volume > 9", "Call volume", "shop has no calls."),
    ("backlog unusual", "Backlog", "shop does not tell when tickets are"),
]


@pytest.mark.parametrize(("text", "metric", "why"), UNABLE)
def test_a_number_that_no_desk_gives_is_refused_with_what_each_of_them_lacks(
    poor: Workspace, text: str, metric: str, why: str
) -> None:
    error = refused(poor, text)
    assert error.message.startswith(f"“{metric}” cannot be told here. {why}")
    assert "`/kpi`" in error.hint


def test_of_one_desk_it_is_told_what_that_one_lacks(both: Workspace) -> None:
    error = refused(both, "frt > 4h for desk shop")
    assert error.message == (
        "“First response time” cannot be told here. "
        "shop does not tell when tickets are first replied to."
    )
    waiting = refused(both, "ticket waiting > 1h for desk shop")
    assert waiting.message == (
        "How long tickets wait cannot be told here. "
        "shop does not tell when tickets are first replied to."
    )


def test_a_number_without_business_hours_is_offered_without_them() -> None:
    plan = Plan("acme", [], gives=EVERY_FACT - {Fact.HOURS})
    with open_desks(plan) as workspace:
        error = refused(workspace, "frt > 4h business")
        assert error.message == (
            "“First response time” cannot be told in business hours here. "
            "No business hours are set for acme."
        )
        assert error.hint == "Leave out `business`: `/alert add first_response_time > 4h`"
        # When it is told has nothing to do with that.
        assert checked(workspace, "frt > 4h in business hours").in_hours


def test_a_split_that_no_desk_can_make_is_refused(poor: Workspace) -> None:
    error = refused(poor, "ticket_volume > 9 by group")
    assert error.message == "Nothing can be told by “group” here. shop has no groups."


def test_calls_are_split_without_what_tickets_tell() -> None:
    with open_desks(Plan("phones", [], gives=frozenset({Fact.CALLS}))) as workspace:
        assert checked(workspace, "call_volume > 9 by group").by is Dimension.GROUP
        assert "phones has no groups." in str(refused(workspace, "ticket_volume > 9 by group"))


def test_without_a_help_desk_there_is_nothing_to_watch() -> None:
    with open_desks() as workspace:
        for text in FINE:
            assert refused(workspace, text).message == "No help desk is connected yet."


@pytest.mark.parametrize(
    "text",
    [*(text for text, *_ in UNABLE), "ticket_volume > 9 by group", "ticket waiting > 1h"],
)
def test_what_the_desks_lack_is_told_in_the_language_of_the_reader(
    poor: Workspace, text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        checked(poor, text, MARKING)
    said = caught.value.said(MARKING.template)
    assert START in said
    assert unmarked(without_quotes(said)) == [], said


# --- Goals ---------------------------------------------------------------------------------------


def test_a_burn_is_held_against_the_goal_of_its_part_or_of_all() -> None:
    there = [
        Goal("sla_attainment", 0.95),
        Goal("sla_attainment", 0.9, slice=Slice(Dimension.GROUP, "Billing")),
        Goal("csat", 0.8),
    ]
    with open_desks(ACME) as workspace:
        services = workspace.services
        with workspace.writing() as session:
            for goal in there:
                set_goal(session, services.workspace, goal, by=LEAD, now=T())
        with services.reading() as session:
            goals = goals_now(session, services)
        held = {
            text: parse_rule(f"sla burns 6x {text}", goals=goals).condition
            for text in ("", "for group billing", "for group Technical", "goal 99%")
        }
        targets = {text: one.target for text, one in held.items() if isinstance(one, Burn)}
        assert targets == {
            "": 0.95,
            "for group billing": 0.9,
            "for group Technical": 0.95,
            "goal 99%": 0.99,
        }
        rule = parse_rule("sla burns 6x", goals=goals)
        assert written(rule) == "sla burns 6x goal 95%"


def test_without_a_goal_nothing_says_how_fast_a_budget_may_burn(both: Workspace) -> None:
    with both.services.reading() as session:
        goals = goals_now(session, both.services)
    with pytest.raises(UsageError, match="No goal is set for “SLA attainment”"):
        parse_rule("sla burns 6x", goals=goals)
