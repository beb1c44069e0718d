from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import app
from bot.domain import Dimension, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.metrics import CATALOGUE, Metric
from bot.slack.kpi import EXPLAIN, SHARE, goal_example
from bot.store import goals
from commands.kpi import Question, parse, parse_goal
from jobs.deliver import deliver
from tests.slack_double import SlackDouble
from tests.slack_requests import click
from tests.times import T
from tests.workspace import (
    ADMIN,
    AGENT,
    APPOINTED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Workspace,
    demo_numbers,
    finish,
    no_numbers,
    open_workspace,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace(tmp_path_factory.mktemp("office")) as workspace:
        yield workspace


def day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=ATHENS)


def targets(workspace: Workspace) -> dict[str, float]:
    with workspace.services.reading() as session:
        return goals.at(session, workspace.services.workspace, workspace.clock.now())


# --- What is understood --------------------------------------------------------------------------

LAST_WEEK = Window(day("2026-11-13"), day("2026-11-20"))
UNDERSTOOD = [
    ("", None, LAST_WEEK, None),
    ("frt", "first_response_time", LAST_WEEK, None),
    ("FRT", "first_response_time", LAST_WEEK, None),
    ("First Response Time", "first_response_time", LAST_WEEK, None),
    ("first_response_time last 7d", "first_response_time", LAST_WEEK, None),
    ("one-touch rate", "one_touch_rate", LAST_WEEK, None),
    ("last 7d", None, LAST_WEEK, None),
    ("monday", None, Window(day("2026-11-16"), day("2026-11-17")), None),
    ("volume by channel", "ticket_volume", LAST_WEEK, Dimension.CHANNEL),
    ("volume last 7d by group", "ticket_volume", LAST_WEEK, Dimension.GROUP),
    ("volume by group last 7d", "ticket_volume", LAST_WEEK, Dimension.GROUP),
    ("volume by Priority", "ticket_volume", LAST_WEEK, Dimension.PRIORITY),
    ("volume by desk", "ticket_volume", LAST_WEEK, Dimension.DESK),
    ("backlog today", "backlog", Window(day("2026-11-20"), T()), None),
    ("backlog yesterday", "backlog", Window(day("2026-11-19"), day("2026-11-20")), None),
    ("backlog this week", "backlog", Window(day("2026-11-16"), T()), None),
    ("backlog last month", "backlog", Window(day("2026-10-01"), day("2026-11-01")), None),
    (
        "backlog 2026-11-01..2026-11-15",
        "backlog",
        Window(day("2026-11-01"), day("2026-11-16")),
        None,
    ),
    ("backlog since monday", "backlog", Window(day("2026-11-16"), T()), None),
]


@pytest.mark.parametrize(("text", "metric", "window", "by"), UNDERSTOOD)
def test_a_question_is_a_number_a_window_and_a_breakdown(
    text: str, metric: str | None, window: Window, by: Dimension | None
) -> None:
    question = parse(text, now=T(), reader=READER)
    assert (question.metric.key if question.metric else None) == metric
    assert (question.window, question.by) == (window, by)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_every_number_answers_to_each_of_its_names(metric: Metric) -> None:
    for name in metric.names:
        assert parse(name, now=T(), reader=READER).metric == metric
        assert parse(f"{name} yesterday by group", now=T(), reader=READER).metric == metric


def test_a_question_travels_in_a_button_unchanged() -> None:
    for text in ("", "frt", "backlog last 24h by priority", "volume last month by channel"):
        question = parse(text, now=T(), reader=READER)
        again = Question.from_text(question.to_text())
        assert again == question
        assert len(question.to_text()) <= 2000


# --- What is answered ----------------------------------------------------------------------------


def test_kpi_alone_shows_all_numbers_of_the_last_seven_days(office: Workspace) -> None:
    answered = office.types("/kpi")
    assert "All numbers · Nov 13 – 19, 2026" in answered.told
    assert [row[0] for row in answered.table()[1:]] == [m.label for m in CATALOGUE.values()]
    assert "data until 9:00 AM, 1 help desk" in answered.told


def test_a_number_is_shown_with_its_comparison_its_p90_and_its_sample(office: Workspace) -> None:
    answered = office.types("/kpi frt")
    head, (name, value, within, n) = answered.table()
    assert head == ["\u00a0", "median", "9 of 10 within", "n"]
    assert name == "All"
    assert value.endswith("min")
    assert within
    assert int(n) > 100
    assert "better" in answered.told or "worse" in answered.told
    # A screen reader hears the number, not only the title.
    assert value in answered.message["text"]


@pytest.mark.parametrize(
    ("by", "head", "there"),
    [
        ("channel", "Channel", "Email"),
        ("group", "Group", "Billing"),
        ("priority", "Priority", "Urgent"),
        ("desk", "Help desk", "demo"),
    ],
)
def test_a_breakdown_has_a_row_for_each_part_and_one_for_all(
    office: Workspace, by: str, head: str, there: str
) -> None:
    rows = office.types(f"/kpi volume yesterday by {by}").table()
    names = [row[0] for row in rows]
    assert names[0] == head
    assert there in names
    assert names[-1] == "All"
    *parts, everything = [int(row[1]) for row in rows[1:]]
    assert sum(parts) == everything
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("volume yesterday", "Ticket volume · Thursday, November 19"),
        ("volume last hour", "Ticket volume · Fri, Nov 20, 8:00 AM – 9:00 AM"),
        ("volume last 24h", "Ticket volume · Thu, Nov 19, 9:00 AM – Fri, Nov 20, 9:00 AM"),
        ("volume last month", "Ticket volume · Oct 1 – 31, 2026"),
    ],
)
def test_the_heading_says_which_time_the_number_is_about(
    office: Workspace, text: str, heading: str
) -> None:
    header = words({"blocks": office.types(f"/kpi {text}").blocks[:1]})
    assert header == heading


def test_a_number_without_tickets_is_a_dash_and_the_reason(office: Workspace) -> None:
    answered = office.types("/kpi frt 2020-01-01..2020-01-05")
    assert answered.table()[1] == ["All", "–", "0"]
    assert "Data begin on September 6, 2026, after this window." in answered.told


def test_numbers_that_are_old_say_so(workspace: Workspace) -> None:
    workspace.clock.move(hours=3)
    assert "⚠️ old data: until 9:00 AM, 3 h ago" in workspace.types("/kpi frt").told


def test_without_a_help_desk_there_is_a_reason_instead_of_zeros(tmp_path: Path) -> None:
    with open_workspace(tmp_path, numbers=no_numbers(), desks={}) as workspace:
        assert "no help desk is connected" in workspace.types("/kpi").told
        answered = workspace.types("/kpi volume")
        assert answered.table()[1][1] == "–"
        assert "No help desk is connected yet." in answered.told


def test_the_answer_is_in_the_zone_and_the_language_of_the_one_who_asks(
    workspace: Workspace,
) -> None:
    workspace.slack.add_user("U0BERLIN", tz="America/New_York", locale="de-DE")
    answered = workspace.types("/kpi volume yesterday", user="U0BERLIN")
    assert "Donnerstag, 19. November" in answered.told
    assert "02:00" in answered.told  # 7:00 UTC in New York


def test_someone_whom_slack_does_not_know_gets_an_answer_too(office: Workspace) -> None:
    assert "Ticket volume" in office.types("/kpi", user="U0STRANGER").told


def test_an_answer_comes_although_slack_cannot_be_asked_who_asks(tmp_path: Path) -> None:
    with open_workspace(tmp_path, slack_api_url="http://127.0.0.1:9/api/") as workspace:
        assert "Ticket volume" in workspace.types("/kpi").told
        assert "That is for team leads." in workspace.types("/kpi goal frt 1h", user=ADMIN).told
        assert "Goal set" in workspace.types("/kpi goal frt 1h", user=LEAD).told


def test_help_names_every_number(office: Workspace) -> None:
    told = office.types("/kpi help").told
    for metric in CATALOGUE.values():
        assert metric.label.lower() in told


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_explain_tells_the_definition(office: Workspace, metric: Metric) -> None:
    told = office.types(f"/kpi explain {metric.label}").told
    assert metric.definition in told
    assert metric.definition_id in told


def test_what_it_means_tells_the_definition_of_the_number_in_front(office: Workspace) -> None:
    button = office.types("/kpi reopen rate").buttons()[EXPLAIN]
    told = office.presses(EXPLAIN, button["value"]).told
    assert CATALOGUE["reopen_rate"].definition in told


# --- Mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    ("reopn rate", "There is no metric “reopn rate”. Did you mean “Reopen rate”?", "/kpi"),
    ("reopn rate last 7d", "Did you mean “Reopen rate”?", "/kpi"),
    ("csat", "There is no metric “csat”.", "/kpi"),
    ("yesterdy", "Did you mean “yesterday”?", "last 7d"),
    (
        "frt yesterdy",
        "“yesterdy” is no time that I know. Did you mean “yesterday”?",
        "`/kpi first response time last 7d`",
    ),
    ("frt lst week", "Did you mean “last week”?", "`/kpi first response time last 7d`"),
    (
        "frt 2026-11-15..2026-11-01",
        "ends (2026-11-01) before it starts (2026-11-15)",
        "`/kpi first response time last 7d`",
    ),
    ("frt 2027-01-01", "2027-01-01 is still to come.", "`/kpi first response time last 7d`"),
    (
        "frt 2026-02-30",
        "There is no day 2026-02-30 in the calendar.",
        "`/kpi first response time last 7d`",
    ),
    (
        "frt last 0d",
        "There is nothing in a window of length 0.",
        "`/kpi first response time last 7d`",
    ),
    (
        "frt last 9999d",
        "A window can be three years long, no longer.",
        "`/kpi first response time last 7d`",
    ),
    ("frt 01/11/2026", "could be more than one date", "`/kpi first response time 2026-11-20`"),
    ("frt by chanel", "There is no breakdown “chanel”. Did you mean “channel”?", "by channel"),
    ("frt by", "Something is missing at the end.", "by channel"),
    ("by channel", "All numbers at once cannot be split.", "/kpi first response time"),
    ("explain", "Something is missing at the end.", "/kpi explain"),
    ("explain bcklog", "Did you mean “Backlog”?", "/kpi explain"),
]


@pytest.mark.parametrize(("typed", "answer", "example"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    office: Workspace, typed: str, answer: str, example: str
) -> None:
    before = office.tables()
    told = office.types(f"/kpi {typed}").told
    assert answer in told
    given = re.findall("`(.+?)`", told.partition(" For example: ")[2])
    assert example.strip("`") in " · ".join(given)
    assert all(one.startswith("/kpi ") for one in given)
    assert office.tables() == before


def test_what_was_typed_cannot_ping_anyone(office: Workspace) -> None:
    told = office.types("/kpi <!channel>").told
    assert "<!channel>" not in told


# --- Goals ---------------------------------------------------------------------------------------

GOALS = [
    ("frt 1h", "first_response_time", 3600, "First response time 1 h"),
    ("first response time 1 hour", "first_response_time", 3600, "First response time 1 h"),
    ("first_response_time 90 min", "first_response_time", 5400, "First response time 1 h 30"),
    ("reopen rate 5%", "reopen_rate", 0.05, "Reopen rate 5.0%"),
    ("one-touch rate 80 %", "one_touch_rate", 0.8, "One-touch rate 80%"),
    ("backlog 1200", "backlog", 1200, "Backlog 1,200"),
    ("tickets per agent 12,5", "tickets_per_agent", 12.5, "Tickets per agent 12.5"),
]


@pytest.mark.parametrize(("typed", "metric", "target", "shown"), GOALS)
def test_a_lead_sets_a_goal_in_the_unit_of_the_number(
    workspace: Workspace, typed: str, metric: str, target: float, shown: str
) -> None:
    told = workspace.types(f"/kpi goal {typed}", user=LEAD).told
    assert told == f"Goal set: {shown}."
    assert targets(workspace) == {metric: target}
    assert [(entry.who, entry.action) for entry in workspace.audit()] == [(LEAD, "goal set")]


def test_goals_are_listed_shown_beside_the_number_and_switched_off(workspace: Workspace) -> None:
    assert "No goals are set." in workspace.types("/kpi goal").told
    workspace.types("/kpi goal frt 1s", user=LEAD)
    workspace.types("/kpi goal resolution time 30d", user=APPOINTED)
    assert workspace.types("/kpi goals").table()[1:] == [
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


def test_a_new_goal_takes_the_place_of_the_old_one(workspace: Workspace) -> None:
    workspace.types("/kpi goal backlog 50", user=LEAD)
    workspace.clock.move(minutes=1)
    workspace.types("/kpi goal backlog 40", user=LEAD)
    assert targets(workspace) == {"backlog": 40}


FRT = "`/kpi goal first response time 90 min`"
WRONG_GOALS = [
    ("frt", "No duration is given.", FRT),
    ("frt 90", "“90” has no unit: min, h or d.", FRT),
    ("resolution time 90", "has no unit", "`/kpi goal resolution time 90 min`"),
    ("frt 90%", "“90%” is not a duration.", FRT),
    ("frt 9999d", "A duration is more than 0 and at most 3 years, “9999d” is not.", FRT),
    ("reopen rate", "No goal is given.", "`/kpi goal reopen rate 5%`"),
    ("reopen rate 5", "The goal of a share is a percentage, “5” is not.", "reopen rate 5%`"),
    ("reopen rate 500%", "A share is at most 100%.", "`/kpi goal reopen rate 5%`"),
    ("reopen rate -5%", "The goal of a share is a percentage, “-5%” is not.", "5%`"),
    ("one-touch rate x", "The goal of a share is a percentage,", "one-touch rate 80%`"),
    ("backlog 1h", "The goal of a count is a number, “1h” is not.", "`/kpi goal backlog 120`"),
    ("backlog nan", "The goal of a count is a number, “nan” is not.", "backlog 120`"),
    ("backlog inf", "The goal of a count is a number, “inf” is not.", "backlog 120`"),
    ("tickets per agent x", "is a number, “x” is not.", "`/kpi goal tickets per agent 12`"),
    ("backlog 1,500", "“1,500” could be two numbers.", "backlog 120`"),
    ("backlog 1.500", "“1.500” could be two numbers.", "backlog 120`"),
    ("frst response time 1h", "Did you mean “First response time”?", "/kpi goal"),
    ("1h", "There is no metric “1h”.", "/kpi goal"),
    ("off", "There is no metric “off”.", "/kpi goal"),
]


@pytest.mark.parametrize(("typed", "answer", "hint"), WRONG_GOALS)
def test_a_goal_that_makes_no_sense_is_not_set(
    office: Workspace, typed: str, answer: str, hint: str
) -> None:
    before = office.tables()
    told = office.types(f"/kpi goal {typed}", user=LEAD).told
    assert answer in told
    assert hint in told
    assert office.tables() == before


@pytest.mark.parametrize(
    ("typed", "metric", "target"),
    [
        ("frt ۹۰ min", "first_response_time", 5400),
        ("backlog ١٢٠", "backlog", 120),
        ("reopen rate ۵٫۵٪", "reopen_rate", 0.055),
    ],
)
def test_a_goal_is_read_in_digits_of_any_script(typed: str, metric: str, target: float) -> None:
    found, value = parse_goal(typed)
    assert found.key == metric
    assert value == pytest.approx(target)


@pytest.mark.parametrize("typed", ["frt ۹۰", "backlog ۱٬۵۰۰"])
def test_digits_of_other_scripts_are_no_clearer_than_ours(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_goal(typed)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.key)
def test_the_example_of_a_goal_is_understood_for_every_number(metric: Metric) -> None:
    found, target = parse_goal(goal_example(metric).removeprefix("/kpi goal "))
    assert found == metric
    assert target


# --- Sharing -------------------------------------------------------------------------------------


def test_an_answer_is_shared_through_the_outbox_with_the_numbers_that_were_seen(
    workspace: Workspace,
) -> None:
    answered = workspace.types("/kpi volume yesterday by group")
    shown, value = answered.table(), answered.buttons()[SHARE]["value"]
    workspace.clock.move(days=2)
    told = workspace.presses(SHARE, value).told
    assert told == "It will be posted here in a moment."
    (row,) = workspace.waiting()
    (table,) = (block for block in row.blocks if block["type"] == "table")
    assert [[cell["text"] for cell in cells] for cells in table["rows"]] == shown
    assert "Thursday, November 19" in words({"text": row.text, "blocks": row.blocks})
    assert SHARE not in json.dumps(row.blocks)
    assert workspace.slack.posted == []


def test_what_is_shared_is_in_the_language_of_the_channel(workspace: Workspace) -> None:
    workspace.slack.add_user(AGENT, locale="de-DE")
    answered = workspace.types("/kpi volume yesterday")
    assert "Donnerstag" in answered.told
    workspace.presses(SHARE, answered.buttons()[SHARE]["value"])
    (row,) = workspace.waiting()
    assert "Thursday" in row.text


def pressed(workspace: Workspace, value: str, answers: Sequence[str], user: str = AGENT) -> None:
    """Somebody presses the share button of each of these answers, all at the same moment."""
    bolt = app.slack_app(workspace.services)
    url = workspace.slack.response_url("share")
    for ts in answers:
        signed = click(
            SHARE, value, user=user, channel=CHANNEL, response_url=url, message={"ts": ts}
        )
        assert bolt.dispatch(signed.for_bolt()).status == 200
    finish(bolt)


def said(workspace: Workspace) -> list[str]:
    return [str(message["text"]) for name, message in workspace.slack.responses if name == "share"]


ON_ITS_WAY = "It will be posted here in a moment."
AGAIN = "You have shared this answer already. To post it again, ask again."


def test_an_answer_that_is_shared_by_a_double_click_is_posted_once(workspace: Workspace) -> None:
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    pressed(workspace, value, ["1763622000.000100"] * 4)
    assert len(workspace.waiting()) == 1
    assert sorted(said(workspace)) == [ON_ITS_WAY, AGAIN, AGAIN, AGAIN]


def test_an_answer_stays_shared_when_it_is_posted_and_much_later(workspace: Workspace) -> None:
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    for _ in range(3):
        pressed(workspace, value, ["1763622000.000100"])
        deliver(workspace.services, workspace.clock.now())
        workspace.clock.move(minutes=20)
    assert len(workspace.slack.posts(CHANNEL)) == 1
    assert said(workspace) == [ON_ITS_WAY, AGAIN, AGAIN]


def test_what_is_asked_again_can_be_shared_again(workspace: Workspace) -> None:
    """The same number, of the same time: only the answer is another."""
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    pressed(workspace, value, ["1763622000.000100", "1763622000.000200"])
    # Slack's timestamps are unique in a channel, but nobody else sees an ephemeral message.
    pressed(workspace, value, ["1763622000.000100"], user=LEAD)
    assert len(workspace.waiting()) == 3
    assert said(workspace) == [ON_ITS_WAY] * 3


def test_sharing_where_the_bot_is_not_says_how_to_invite_it(workspace: Workspace) -> None:
    answered = workspace.types("/kpi volume", channel=ELSEWHERE)
    value = answered.buttons()[SHARE]["value"]
    told = workspace.presses(SHARE, value, channel=ELSEWHERE).told
    assert "I am not in this channel" in told
    assert "/invite @deskpulse" in told


def test_an_answer_posts_nothing_and_changes_nothing(office: Workspace) -> None:
    before = office.tables()
    for text in ("/kpi", "/kpi frt by channel", "/kpi help", "/kpi explain frt", "/kpi goal"):
        office.types(text)
    assert office.tables() == before
    assert office.slack.posted == []


def test_the_numbers_are_the_same_in_every_workspace() -> None:
    assert demo_numbers() is demo_numbers()


def test_a_person_who_lost_their_scope_is_an_agent(tmp_path: Path) -> None:
    slack = SlackDouble(scopes=("chat:write", "commands"))
    with open_workspace(tmp_path, slack=slack) as workspace:
        assert "That is for team leads." in workspace.types("/kpi goal frt 1h", user=ADMIN).told
