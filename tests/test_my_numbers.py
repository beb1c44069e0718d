"""`/kpi me`: somebody's own numbers, found by their e-mail address, and shown to nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain import Agent
from bot.helpdesks.demo.team import AGENTS
from bot.slack.kpi import EXPLAIN, SHARE
from bot.store import desks, facts
from tests.slack_double import SlackDouble
from tests.store_samples import Plan, a_solved_ticket
from tests.times import T
from tests.workspace import AGENT, LEAD, Workspace, open_desks, open_workspace

ELENI, NIKOS = AGENTS[:2]


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace in which the agent is Eleni of the demo desk; nobody changes anything in it."""
    with open_workspace() as workspace:
        works_at(workspace, "demo", *AGENTS)  # the secret is that of this workspace
        workspace.slack.add_user(AGENT, email=ELENI.email)
        yield workspace


def works_at(workspace: Workspace, desk: str, *agents: Agent) -> None:
    with workspace.writing() as session:
        row = desks.find(session, workspace.services.workspace, desk)
        assert row is not None
        facts.keep_agents(session, row, agents, workspace.services.secret)


def told(workspace: Workspace, typed: str = "/kpi me", user: str = AGENT) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in workspace.types(typed, user=user).table()}


# --- What is shown -------------------------------------------------------------------------------


def test_own_numbers_are_those_of_ones_row_in_the_breakdown_by_agent(office: Workspace) -> None:
    mine = told(office, "/kpi me last month")
    assert mine["\u00a0"] == ["you", "before", "team", "n"]
    for label, name in (("First response time", "frt"), ("Tickets solved", "solved")):
        table = office.types(f"/kpi {name} last month by agent", user=LEAD).table()
        rows = {row[0]: row for row in table}
        own, everybody = rows[ELENI.name], rows["All"]
        assert [mine[label][0], mine[label][2], mine[label][3]] == [own[1], everybody[1], own[-1]]


@pytest.mark.thorough
def test_they_are_for_the_same_windows_as_any_number(office: Workspace) -> None:
    answered = office.types("/kpi me yesterday")
    assert "Your numbers · Thursday, November 19" in answered.told
    this, before = (
        told(office, f"/kpi me {window}")["Tickets solved"][0]
        for window in ("2026-11-13..2026-11-19", "2026-11-06..2026-11-12")
    )
    assert told(office, "/kpi me last 7d")["Tickets solved"][:2] == [this, before]
    earlier = told(office, "/kpi me 2026-11-18")["Tickets solved"][0]
    assert told(office, "/kpi me yesterday vs previous")["Tickets solved"][1] == earlier


def test_only_numbers_that_one_agent_can_have_are_told(office: Workspace) -> None:
    mine = told(office, "/kpi me last 28d")
    assert "First response time" in mine
    assert not mine.keys() & {"Ticket volume", "Backlog", "Tickets per agent", "Articles read"}


def test_they_are_told_to_nobody_else_and_cannot_be_shared(office: Workspace) -> None:
    before = office.version()
    answered = office.types("/kpi me")
    assert answered.message["response_type"] == "ephemeral"
    assert "Only you see this." in answered.told
    assert not answered.buttons().keys() & {SHARE, EXPLAIN}
    assert ELENI.name not in answered.told
    assert office.version() == before
    assert office.slack.posted == []


def test_somebody_who_did_nothing_in_the_window_is_told_so(office: Workspace) -> None:
    answered = office.types("/kpi me 2020-01-01")
    assert "Your numbers · Wednesday, January 1" in answered.told
    assert "Nothing of yours counts in this window." in answered.told


@pytest.mark.thorough
def test_own_durations_can_be_those_within_business_hours() -> None:
    solved = a_solved_ticket("1", T(days=-2), T(days=-1), solver="7", first_replier="7")
    with open_desks(Plan("acme", [solved])) as workspace:
        works_at(workspace, "acme", Agent("7", "Eleni", "eleni@acme.example"))
        workspace.slack.add_user(AGENT, email="eleni@acme.example")
        mine = told(workspace, "/kpi me business")
        assert mine["Resolution time, business hours"][0] == "8 h"
        assert told(workspace)["Resolution time"][0] == "24 h"
        assert mine["Tickets solved"][0] == "1"


# --- Who is who ----------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize(
    "address", ["eleni@acme.example", "Eleni@ACME.example", " eleni@acme.example "]
)
def test_an_address_is_the_same_in_any_capitals(address: str) -> None:
    solved = a_solved_ticket("1", T(days=-2), T(days=-1), solver="7")
    with open_desks(Plan("acme", [solved])) as workspace:
        works_at(workspace, "acme", Agent("7", "Eleni", address))
        workspace.slack.add_user(AGENT, email="Eleni@acme.EXAMPLE")
        assert told(workspace)["Tickets solved"][0] == "1"


def test_somebody_sees_their_own_numbers_and_not_those_of_their_neighbour() -> None:
    tickets = [
        *(a_solved_ticket(f"a{n}", T(days=-2), T(days=-1), solver="7") for n in range(3)),
        *(a_solved_ticket(f"b{n}", T(days=-2), T(days=-1), solver="77") for n in range(5)),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        works_at(
            workspace,
            "acme",
            Agent("7", "Ann", "ann@x.example"),
            Agent("77", "Bob", "bob@x.example"),
        )
        workspace.slack.add_user(AGENT, email="ann@x.example")
        workspace.slack.add_user(LEAD, email="bob@x.example")
        assert told(workspace, user=AGENT)["Tickets solved"] == ["3", "0", "8", "3"]
        assert told(workspace, user=LEAD)["Tickets solved"] == ["5", "0", "8", "5"]


def test_at_several_help_desks_each_has_its_own_rows() -> None:
    """The same number is somebody else at the other desk."""
    acme = [a_solved_ticket(f"a{n}", T(days=-2), T(days=-1), solver="7") for n in range(3)]
    shop = [a_solved_ticket(f"s{n}", T(days=-2), T(days=-1), solver="9") for n in range(4)]
    other = [a_solved_ticket("o", T(days=-2), T(days=-1), solver="7")]
    with open_desks(Plan("acme", acme), Plan("shop", [*shop, *other])) as workspace:
        works_at(workspace, "acme", Agent("7", "Ann", "ann@x.example"))
        works_at(workspace, "shop", Agent("9", "Ann", "ann@x.example"), Agent("7", "Bob"))
        workspace.slack.add_user(AGENT, email="ann@x.example")
        rows = workspace.types("/kpi me").table()
    solved = [(row[0], row[1]) for row in rows if row[0] in ("acme", "shop", "Tickets solved")]
    assert solved == [
        ("acme", "\u00a0"),
        ("Tickets solved", "3"),
        ("shop", "\u00a0"),
        ("Tickets solved", "4"),
    ]


def test_two_accounts_at_one_help_desk_are_both_shown() -> None:
    tickets = [a_solved_ticket(str(n), T(days=-2), T(days=-1), solver=str(n)) for n in range(2)]
    with open_desks(Plan("acme", tickets)) as workspace:
        works_at(workspace, "acme", *(Agent(str(n), "Ann", "ann@x.example") for n in range(2)))
        workspace.slack.add_user(AGENT, email="ann@x.example")
        rows = workspace.types("/kpi me").table()
    assert [row[1] for row in rows if row[0] == "Tickets solved"] == ["1", "1"]


def test_whom_no_help_desk_knows_is_told_what_to_do(office: Workspace) -> None:
    office.slack.add_user("U0NEW", email="new@bluefin.example")
    answer = office.types("/kpi me", user="U0NEW").told
    assert answer == (
        "No help desk knows you by the e-mail address that you have in Slack. "
        "Ask whoever runs the help desk to write the same address there."
    )


def test_whose_address_slack_does_not_tell_is_told_so(office: Workspace) -> None:
    office.slack.add_user("U0SECRET")
    for user in ("U0SECRET", "U0STRANGER"):
        answer = office.types("/kpi me", user=user).told
        assert answer.startswith("Slack does not tell me your e-mail address")


def test_an_agent_without_an_address_is_nobody() -> None:
    """Neither at Slack nor at the desk is there one: that makes no two people the same."""
    solved = a_solved_ticket("1", T(days=-2), T(days=-1), solver="7")
    with open_desks(Plan("acme", [solved])) as workspace:
        works_at(workspace, "acme", Agent("7", "Ann"), Agent("8", "Bob", ""))
        for email in (None, "", " "):
            workspace.slack.add_user(f"U0{email!r}", email=email)
            answer = workspace.types("/kpi me", user=f"U0{email!r}").told
            assert "e-mail address" in answer


def test_no_address_is_stored_or_logged(capsys: pytest.CaptureFixture[str]) -> None:
    slack = SlackDouble()
    with open_workspace(slack=slack) as workspace:
        works_at(workspace, "demo", *AGENTS)
        workspace.slack.add_user(AGENT, email=NIKOS.email)
        assert "Only you see this." in workspace.types("/kpi me").told
        assert NIKOS.email is not None
        assert NIKOS.email not in str(workspace.tables())
    assert NIKOS.email not in capsys.readouterr().out


# --- Mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("me frt", "`/kpi me` tells all of your numbers at once."),
        ("me for group Billing", "`/kpi me` tells all of your numbers at once."),
        ("me by channel", "All numbers at once cannot be split."),
        ("me yesterdy", "Did you mean “yesterday”?"),
        ("me xyzzy", "There is no metric “xyzzy”."),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(
    office: Workspace, typed: str, sentence: str
) -> None:
    assert sentence in office.types(f"/kpi {typed}").told
