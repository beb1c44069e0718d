from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import app
from bot.digests.timetable import Kind, days_window
from bot.domain import Dimension, Fact, Slice, Ticket
from bot.helpdesks.demo.team import AGENTS
from bot.locale import Reader
from bot.metrics import CATALOGUE, Metric
from bot.slack.digest import render
from bot.slack.kpi import EXPLAIN, SHARE, WHY
from bot.store.digests import gather
from commands.questions import Question
from jobs.deliver import deliver
from tests.slack_double import SlackDouble
from tests.slack_requests import click
from tests.store_samples import EVERY_FACT, Plan, a_ticket
from tests.times import T
from tests.workspace import (
    ADMIN,
    AGENT,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Workspace,
    demo_numbers,
    finish,
    no_numbers,
    open_desks,
    open_workspace,
    words,
)

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace() as workspace:
        yield workspace


def day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=ATHENS)


# --- What is answered ----------------------------------------------------------------------------


#: What the demo desk cannot tell: it has no business hours, and nobody recorded or surveyed.
UNKNOWN = {
    *("after_hours_share", "quality_score", "churn_rate", "conversion_rate"),
    *("enps", "pulse_score", "survey_participation"),
}


def test_kpi_alone_shows_all_numbers_of_the_last_seven_days(office: Workspace) -> None:
    answered = office.types("/kpi")
    assert "All numbers · Nov 13 – 19, 2026" in answered.told
    known = [metric.label for metric in CATALOGUE.values() if metric.key not in UNKNOWN]
    assert [row[0] for row in answered.table()[1:]] == known
    assert "data until 9:00 AM, 1 help desk" in answered.told


def test_a_number_is_shown_with_its_comparison_its_p90_and_its_sample(office: Workspace) -> None:
    answered = office.types("/kpi frt")
    head, (name, value, within, n) = answered.table()
    assert head == ["\u00a0", "median", "9 of 10 within", "n"]
    assert name == "All"
    assert value.endswith("min")
    assert within
    assert int(n) > 100
    assert "Nov 6 – 12, 2026: 40 min (▼ 4%, usual). The difference can be chance." in answered.told
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


def test_without_a_help_desk_there_is_a_reason_instead_of_zeros() -> None:
    with open_workspace(numbers=no_numbers(), desks={}) as workspace:
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


def test_an_answer_comes_although_slack_cannot_be_asked_who_asks() -> None:
    with open_workspace(slack_api_url="http://127.0.0.1:9/api/") as workspace:
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


# --- One part of the tickets ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "heading", "by"),
    [
        ("for group billing", "Ticket volume · Billing", "group"),
        ("for group BILLING", "Ticket volume · Billing", "group"),
        ('for group "Billing"', "Ticket volume · Billing", "group"),
        ("for channel EMAIL", "Ticket volume · Email", "channel"),
        ("for priority Urgent", "Ticket volume · Urgent", "priority"),
        ("for desk Demo", "Ticket volume · demo", "desk"),
    ],
)
def test_the_number_of_a_part_is_that_of_its_row_in_the_breakdown(
    office: Workspace, typed: str, heading: str, by: str
) -> None:
    answered = office.types(f"/kpi volume last month {typed}")
    assert words({"blocks": answered.blocks[:1]}) == f"{heading} · Oct 1 – 31, 2026"
    rows = {row[0]: row for row in office.types(f"/kpi volume last month by {by}").table()}
    name = heading.rpartition(" · ")[2]
    assert answered.table()[1] == ["All", *rows[name][1:]]


def test_all_numbers_of_a_part_say_whose_they_are(office: Workspace) -> None:
    answered = office.types("/kpi for group billing")
    assert "All numbers · Billing · Nov 13 – 19, 2026" in answered.told
    told = {row[0]: row[1] for row in answered.table()}
    assert told["Backlog"] == office.types("/kpi backlog for group Billing").table()[1][1]
    assert "Articles read" not in told  # they belong to no group


def test_a_part_can_be_split_further(office: Workspace) -> None:
    *parts, everything = office.types("/kpi volume for group Billing by channel").table()[1:]
    alone = office.types("/kpi volume for group Billing").table()[1]
    assert everything == alone
    assert sum(int(row[1]) for row in parts) == int(alone[1])


def test_a_part_that_was_quiet_in_the_window_is_known_all_the_same() -> None:
    """Its last ticket came a month ago."""
    tickets = [
        a_ticket("1", T(days=-1), group="Billing"),
        a_ticket("2", T(days=-30), group="R&D <EU>"),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        answered = workspace.types("/kpi volume yesterday for group r&amp;d &lt;eu&gt;")
        assert answered.table()[1][1] == "0"
        assert "R&D <EU>" in words({"blocks": answered.blocks[:1]})
        assert "<EU>" not in answered.message["text"]
        told = workspace.types("/kpi volume for group Sales").told
        assert "There is no group “Sales”." in told


def test_where_nobody_has_a_part_there_is_none_to_be_meant() -> None:
    with open_desks(Plan("acme", [a_ticket("1", T(days=-1))])) as workspace:
        told = workspace.types("/kpi volume for group Billing").told
        assert told == "No “group” is known here yet."


# --- Compared with an earlier window -------------------------------------------------------------


def replied(id_: str, created: datetime, minutes: float, **facts: object) -> Ticket:
    """A ticket that was first replied to after so many minutes."""
    after = created + timedelta(minutes=minutes)
    return a_ticket(id_, created, first_reply_at=after, **facts)


def replies(days: float, minutes: float) -> list[Ticket]:
    """Forty tickets of one morning, with first replies around so many minutes later."""
    return [
        replied(f"{days}/{number}", T(days=days, minutes=number), minutes * (0.8 + number / 100))
        for number in range(40)
    ]


COMPARED = [
    # Yesterday replies took an hour; a week, a day and a year (52 weeks) before they took otherwise.
    ("", "Thursday, November 12: 30 min (▲ 100%, worse). A real change."),
    ("vs last week", "Thursday, November 12: 30 min (▲ 100%, worse). A real change."),
    (
        "vs previous",
        "Wednesday, November 18: 1 h 01 (▼ 2%, unclear). The difference can be chance.",
    ),
    ("vs last year", "Thursday, November 20: 2 h 59 (▼ 67%, better). A real change."),
]


@pytest.mark.parametrize(("typed", "told"), COMPARED)
def test_a_change_is_told_from_chance(typed: str, told: str) -> None:
    tickets = [
        *replies(-1, 60),
        *replies(-2, 61),
        *replies(-8, 30),
        *replies(-1 - 364, 180),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        answered = workspace.types(f"/kpi frt yesterday {typed}")
        assert answered.table()[1][1] == "1 h"
        assert told in answered.told


def test_a_window_before_the_first_data_is_nothing_to_compare_with(office: Workspace) -> None:
    told = office.types("/kpi frt last 7d vs last year").told
    assert "There are no earlier data to compare with." in told


def test_a_month_is_compared_with_the_month_before(workspace: Workspace) -> None:
    told = workspace.types("/kpi volume last month").told
    assert "There are no earlier data to compare with." in told  # only a part of September
    workspace.clock.set(T(days=20))
    told = workspace.types("/kpi volume last month").told
    assert "Ticket volume · Nov 1 – 30, 2026" in told
    assert "Oct 1 – 31, 2026: 7" in told


# --- What cannot be told -------------------------------------------------------------------------

CANNOT = [
    ("csat", "acme has no satisfaction ratings."),
    ("csat by group", "acme has no satisfaction ratings."),
    ("call volume", "acme has no calls."),
    ("after hours", "No business hours are set for acme."),
    ("frt business", "No business hours are set for acme."),
    ("frt business for group Billing", "No business hours are set for acme."),
    ("enps", "No survey has been held yet."),
    (
        "churn",
        "A lead does it: `/kpi record churn 12 of 3400 for last month`, or imports a file.",
    ),
    ("ces", "Nothing was counted in this window."),
    ("fcr yesterday", "What counts here is known 7 days later, so ask for earlier days: "),
]
GIVEN = EVERY_FACT - {Fact.CSAT, Fact.CALLS, Fact.HOURS, Fact.HANDLE_TIME}


@pytest.fixture(scope="module")
def bare() -> Iterator[Workspace]:
    """A workspace whose one help desk lacks this and that."""
    tickets = [replied("1", T(days=-1), 10, group="Billing")]
    plan = Plan("acme", tickets, gives=GIVEN, data_until=T())
    with open_desks(plan) as workspace:
        yield workspace


@pytest.mark.parametrize(("typed", "reason"), CANNOT)
def test_a_number_that_cannot_be_given_says_why(bare: Workspace, typed: str, reason: str) -> None:
    answered = bare.types(f"/kpi {typed}")
    assert reason in answered.told
    assert answered.table()[-1][1] == "–"
    assert "0%" not in answered.told


@pytest.mark.parametrize(("typed", "reason"), CANNOT[:4])
def test_what_a_desk_cannot_give_is_told_where_the_number_is_explained(
    bare: Workspace, typed: str, reason: str
) -> None:
    assert reason in bare.types(f"/kpi explain {typed.removesuffix(' by group')}").told


@pytest.mark.thorough
def test_what_cannot_be_given_is_left_out_of_all_numbers_and_of_digests(bare: Workspace) -> None:
    told = {row[0] for row in bare.types("/kpi").table()}
    absent = {CATALOGUE[key].label for key in (*UNKNOWN, "csat", "call_volume")}
    assert "Ticket volume" in told
    assert not told & absent
    with bare.services.reading() as session:
        window = days_window(T(days=-1).date(), 1, ATHENS)
        made = gather(session, 1, Kind.DAILY, window, now=T(), stale_after=timedelta(minutes=30))
    message = render(made, READER, with_chart=False)
    for part in (message, *message.thread):
        shown = words({"text": part.text, "blocks": list(part.blocks)})
        assert not [label for label in absent if label in shown]
        assert "CSAT" not in shown


def test_all_numbers_within_business_hours_say_where_none_are_set(bare: Workspace) -> None:
    answered = bare.types("/kpi business")
    assert answered.told.count("No business hours are set for acme.") == 1
    told = {row[0]: row[1] for row in answered.table()}
    assert not [name for name in told if "business hours" in name]
    assert told["Backlog"] == "1"  # what has no clock stays as it is


@pytest.mark.thorough
def test_a_number_within_business_hours_is_called_so() -> None:
    """Asked at nine on Friday in UTC, when the desk opens, and answered on Monday at ten."""
    ticket = replied("1", T(days=-6), 120)
    with open_desks(Plan("acme", [ticket])) as workspace:
        answered = workspace.types("/kpi frt business")
        assert "First response time, business hours · Nov 13 – 19, 2026" in answered.told
        names = [row[0] for row in workspace.types("/kpi business").table()]
        assert "First response time, business hours" in names


# --- Single agents -------------------------------------------------------------------------------


def test_a_lead_sees_the_numbers_of_each_agent_by_name_and_cannot_share_them(
    office: Workspace,
) -> None:
    answered = office.types("/kpi solved last month by agent", user=LEAD)
    names = {row[0] for row in answered.table()[1:-1]}
    assert names - {"(none)"} == {agent.name for agent in AGENTS}
    assert "demo:" not in answered.told
    assert set(answered.buttons()) == {EXPLAIN}


@pytest.mark.parametrize("typed", ["frt by agent", "csat last month by agent for group Billing"])
def test_an_agent_does_not_see_the_numbers_of_each_agent(office: Workspace, typed: str) -> None:
    told = office.types(f"/kpi {typed}").told
    assert told.startswith("That is for team leads.")
    assert not [agent.name for agent in AGENTS if agent.name in told]


FORGED = [
    {"by": Dimension.AGENT},
    {"only": Slice(Dimension.AGENT, "demo:agent-01")},
    {"by": Dimension.GROUP, "only": Slice(Dimension.AGENT, "demo:agent-01")},
]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("user", [AGENT, LEAD, ADMIN])
def test_no_button_posts_the_numbers_of_single_agents(
    office: Workspace, user: str, forged: dict[str, object]
) -> None:
    before = office.version()
    window = days_window(T(days=-7).date(), 7, ATHENS)
    question = replace(Question(CATALOGUE["tickets_solved"], window), **forged)  # type: ignore[arg-type]
    told = office.presses(SHARE, question.to_text(), user=user).told
    assert told == "What single agents did is never posted to a channel."
    assert office.version() == before


# --- Mistakes ------------------------------------------------------------------------------------

MISTAKES = [
    ("reopn rate", "There is no metric “reopn rate”. Did you mean “Reopen rate”?", "/kpi"),
    ("reopn rate last 7d", "Did you mean “Reopen rate”?", "/kpi"),
    ("xyzzy", "There is no metric “xyzzy”.", "/kpi"),
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
    (
        "frt for group Biling",
        "There is no group “Biling”. Did you mean “Billing”?",
        "for group Billing",
    ),
    ("frt for group xyzzy", "There is no group “xyzzy”.", "for group Accounts"),
    ("for chanel email", "Did you mean “channel”?", "by channel"),
    ("frt for channel emial", "There is no channel “emial”. Did you mean “email”?", "email"),
    ("frt for priority hihg", "There is no priority “hihg”. Did you mean “high”?", "high"),
    ("frt for desk dmeo", "There is no help desk “dmeo”. Did you mean “demo”?", "demo"),
    ("frt for group Billing lst week", "There is no group “Billing lst week”.", "Billing"),
    ("frt vs lst year", "Did you mean “last year”?", "vs last year"),
    ("volume business", "“Ticket volume” has no business hours", "/kpi ticket volume"),
    ("by channel", "All numbers at once cannot be split.", "/kpi first response time"),
    ("explain", "Something is missing at the end.", "/kpi explain"),
    ("explain bcklog", "Did you mean “Backlog”?", "/kpi explain"),
]


@pytest.mark.parametrize(("typed", "answer", "example"), MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant_and_an_example(
    office: Workspace, typed: str, answer: str, example: str
) -> None:
    before = office.version()
    told = office.types(f"/kpi {typed}").told
    assert answer in told
    given = re.findall("`(.+?)`", told.partition(" For example: ")[2])
    assert example.strip("`") in " · ".join(given)
    assert all(one.startswith("/kpi ") for one in given)
    assert office.version() == before


def test_what_was_typed_cannot_ping_anyone(office: Workspace) -> None:
    told = office.types("/kpi <!channel>").told
    assert "<!channel>" not in told


# --- Sharing -------------------------------------------------------------------------------------


def test_why_below_an_answer_is_about_its_window(workspace: Workspace) -> None:
    """Of what cannot be split there is no such button."""
    answered = workspace.types("/kpi frt 2026-11-10..2026-11-12")
    told = workspace.presses(WHY, answered.buttons()[WHY]["value"]).told
    assert "Why: First response time · Nov 10 – 12, 2026" in told
    assert WHY not in workspace.types("/kpi tickets per agent").buttons()
    assert WHY not in workspace.types("/kpi frt by channel").buttons()


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


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_an_answer_that_is_shared_by_a_double_click_is_posted_once(workspace: Workspace) -> None:
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    pressed(workspace, value, ["1763622000.000100"] * 4)
    assert len(workspace.waiting()) == 1
    assert sorted(said(workspace)) == [ON_ITS_WAY, AGAIN, AGAIN, AGAIN]


@pytest.mark.thorough
def test_an_answer_stays_shared_when_it_is_posted_and_much_later(workspace: Workspace) -> None:
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    for _ in range(3):
        pressed(workspace, value, ["1763622000.000100"])
        deliver(workspace.services, workspace.clock.now())
        workspace.clock.move(minutes=20)
    assert len(workspace.slack.posts(CHANNEL)) == 1
    assert said(workspace) == [ON_ITS_WAY, AGAIN, AGAIN]


@pytest.mark.thorough
def test_what_is_asked_again_can_be_shared_again(workspace: Workspace) -> None:
    """The same number, of the same time: only the answer is another."""
    value = workspace.types("/kpi volume").buttons()[SHARE]["value"]
    pressed(workspace, value, ["1763622000.000100", "1763622000.000200"])
    # Slack's timestamps are unique in a channel, but nobody else sees an ephemeral message.
    pressed(workspace, value, ["1763622000.000100"], user=LEAD)
    assert len(workspace.waiting()) == 3
    assert said(workspace) == [ON_ITS_WAY] * 3


@pytest.mark.thorough
def test_sharing_where_the_bot_is_not_says_how_to_invite_it(workspace: Workspace) -> None:
    answered = workspace.types("/kpi volume", channel=ELSEWHERE)
    value = answered.buttons()[SHARE]["value"]
    told = workspace.presses(SHARE, value, channel=ELSEWHERE).told
    assert "I am not in this channel" in told
    assert "/invite @deskpulse" in told


@pytest.mark.thorough
def test_an_answer_posts_nothing_and_changes_nothing(office: Workspace) -> None:
    before = office.version()
    for text in ("/kpi", "/kpi frt by channel", "/kpi help", "/kpi explain frt", "/kpi goal"):
        office.types(text)
    for text in ("/kpi why frt", "/kpi me", "/kpi frt by agent", "/kpi frt vs last year"):
        office.types(text, user=LEAD)
    assert office.version() == before
    assert office.slack.posted == []


def test_the_numbers_are_the_same_in_every_workspace() -> None:
    assert demo_numbers() is demo_numbers()


def test_a_person_who_lost_their_scope_is_an_agent() -> None:
    slack = SlackDouble(scopes=("chat:write", "commands"))
    with open_workspace(slack=slack) as workspace:
        assert "That is for team leads." in workspace.types("/kpi goal frt 1h", user=ADMIN).told
