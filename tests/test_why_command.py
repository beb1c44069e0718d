"""`/kpi why`: what a person is told of a change, and the tickets that stand behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from bot.domain import Dimension, Fact, Rating, Scale, Slice, Ticket
from bot.domain import Question as Asked
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Metric
from bot.metrics.movement import can_be_split
from bot.slack.preview import Conversation, to_terminal
from bot.slack.why import TICKETS
from commands.questions import Question, parse
from tests.store_samples import EVERY_FACT, Plan, a_ticket
from tests.test_messages import EVERYTHING, FRIDAY
from tests.times import T
from tests.workspace import AGENT, Answered, Workspace, open_desks, open_workspace

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)

#: So wide a phone shows a table.
PHONE = 40


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace() as workspace:
        yield workspace


def number(shown: str) -> float:
    return float(shown.replace("−", "-").replace(",", ""))


def sections(answered: Answered) -> dict[str, list[list[str]]]:
    """The rows of the table below the sum of their split: By channel, By group, By priority."""
    found: dict[str, list[list[str]]] = {}
    for row in answered.table()[1:]:
        if row[0].startswith("By "):
            found[row[0]] = [row]
        else:
            found[list(found)[-1]].append(row)
    return found


def week(days: float, number: int) -> datetime:
    """Moments of a morning so many days ago, a minute apart."""
    return T(days=days, minutes=number)


def replies(days: float, minutes: float, group: str, *, count: int = 40) -> list[Ticket]:
    """Tickets of one day whose first replies came around so many minutes later."""
    return [
        a_ticket(
            f"{group}{days}-{number}",
            week(days, number),
            first_reply_at=week(days, number) + timedelta(minutes=minutes * (0.8 + number / 100)),
            group=group,
            channel="email" if number % 2 else "chat",
        )
        for number in range(count)
    ]


#: This week Billing takes two hours instead of 30 minutes, Technical a quarter of an hour as ever.
SLOWER = [
    *(*replies(-10, 30, "Billing", count=60), *replies(-10, 15, "Technical", count=20)),
    *(*replies(-3, 120, "Billing", count=60), *replies(-3, 15, "Technical", count=20)),
]


@pytest.fixture(scope="module")
def slower() -> Iterator[Workspace]:
    with open_desks(Plan("acme", SLOWER)) as workspace:
        yield workspace


# --- What is told --------------------------------------------------------------------------------


def test_the_part_that_got_slower_is_named_first(slower: Workspace) -> None:
    answered = slower.types("/kpi why frt")
    assert "Why: First response time · Nov 13 – 19, 2026" in answered.told
    assert (
        "From 30 min (Nov 6 – 12, 2026) to 1 h 59. Mostly Billing, which took longer (+1 h 30)."
    ) in answered.told
    groups = sections(answered)["By group"]
    assert [row[0] for row in groups] == ["By group", "Billing", "Technical"]
    assert groups[2][1:] == ["0", "0", "0"]
    assert answered.table()[0] == ["in minutes", "change", "mix", "itself"]
    assert "data until" in answered.told


def test_more_tickets_of_a_slow_part_are_told_as_such() -> None:
    tickets = [
        *(*replies(-10, 120, "Billing", count=10), *replies(-10, 15, "Technical")),
        *(*replies(-3, 120, "Billing"), *replies(-3, 15, "Technical", count=10)),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        answered = workspace.types("/kpi why frt")
    assert re.search(r"Mostly Billing, of which there was more \(\+.+ min\)", answered.told) or (
        re.search(r"Mostly Technical, of which there was less \(\+.+ min\)", answered.told)
    )
    billing, technical = sections(answered)["By group"][1:]
    assert number(billing[2]) > 0 < number(technical[2])


def test_what_all_parts_did_alike_is_nobodys_doing() -> None:
    """Half of the tickets make half of every change: that explains nothing."""
    tickets = [*replies(-10, 15, "Billing"), *replies(-3, 120, "Billing")]
    halves = [replace(t, group="Sales") if n % 4 > 1 else t for n, t in enumerate(tickets)]
    grown = [a_ticket(f"new{n}", week(-3, n), group="Billing") for n in range(80)]
    with open_desks(Plan("acme", [*halves, *grown])) as workspace:
        told = workspace.types("/kpi why frt").told
        assert "From 15 min (Nov 6 – 12, 2026) to 1 h 59." in told
        assert "Mostly" not in told
        assert "Mostly Billing (+80)." in workspace.types("/kpi why volume").told


def test_a_change_that_can_be_chance_is_not_explained_as_news(office: Workspace) -> None:
    told = office.types("/kpi why frt").told
    assert "The difference can be chance." in told
    assert "Mostly" not in told


@pytest.mark.parametrize(
    "typed", ["frt", "volume", "csat", "resolution time last 21d", "backlog", "aht"]
)
def test_each_split_adds_up_to_the_change(office: Workspace, typed: str) -> None:
    answered = office.types(f"/kpi why {typed}")
    found = sections(answered)
    assert found
    sums = {rows[0][1] for rows in found.values()}
    assert len(sums) == 1
    step = 10 ** -len(answered.table()[1][1].partition(".")[2])
    for rows in found.values():
        for column in range(1, len(rows[0])):
            parts = [number(row[column]) for row in rows[1:]]
            assert sum(parts) == pytest.approx(number(rows[0][column]), abs=step * len(rows))
        for row in rows if len(rows[0]) == 4 else ():
            assert number(row[1]) == pytest.approx(number(row[2]) + number(row[3]), abs=2 * step)


def test_the_part_that_moved_it_most_comes_first(office: Workspace) -> None:
    for rows in sections(office.types("/kpi why volume last 21d")).values():
        sizes = [abs(number(row[1])) for row in rows[1:] if row[0] != "others"]
        assert sizes == sorted(sizes, reverse=True)


def test_a_change_within_business_hours_is_explained_in_them() -> None:
    """Friday evening to Monday morning are seven hours, of which five are at work."""
    tickets = [
        *replies(-10, 60, "Billing"),
        *(
            a_ticket(f"w{n}", week(-7.25, n), first_reply_at=week(-4.25, n + 240), group="Sales")
            for n in range(40)
        ),
        *(
            a_ticket(f"b{n}", week(-3, n), first_reply_at=week(-3, n + 400), group="Billing")
            for n in range(40)
        ),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        by_calendar = workspace.types("/kpi why frt")
        in_hours = workspace.types("/kpi why frt business")
    assert "Why: First response time, business hours · " in in_hours.told
    assert sections(by_calendar)["By group"] != sections(in_hours)["By group"]


# --- What cannot be told -------------------------------------------------------------------------

REFUSED = [
    ("", "It is not said which number."),
    ("last 7d", "It is not said which number."),
    ("frt by channel", "A change is split by channel, group and priority at once."),
    ("frt for group Billing", "A change is split by channel, group and priority at once."),
    ("tickets per agent", "A change of “Tickets per agent” cannot be split by channel, group"),
    ("articles read", "A change of “Articles read” cannot be split by channel, group"),
    ("churn", "A change of “Customer churn rate” cannot be split by channel, group"),
    ("enps", "A change of “Employee net promoter score” cannot be split by channel, group"),
    ("xyzzy", "There is no metric “xyzzy”."),
    ("frt yesterdy", "Did you mean “yesterday”?"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSED)
def test_what_makes_no_sense_is_answered_with_a_sentence(
    office: Workspace, typed: str, sentence: str
) -> None:
    before = office.version()
    told = office.types(f"/kpi why {typed}").told
    assert sentence in told
    assert "For example: `/kpi " in told
    assert office.version() == before


WITHOUT = [
    ("frt 2020-01-01", "Data begin on September 6, 2026, after this window."),
    ("frt 2026-09-10", "There are no earlier data to compare with."),
    ("frt last month", "There are no earlier data to compare with."),
    ("frt last 7d vs last year", "There are no earlier data to compare with."),
    ("frt business", "No business hours are set for demo."),
    ("after hours", "No business hours are set for demo."),
    ("quality score", "Nothing has been recorded yet."),
]


@pytest.mark.parametrize(("typed", "sentence"), WITHOUT)
def test_without_two_numbers_there_is_a_sentence_and_no_table(
    office: Workspace, typed: str, sentence: str
) -> None:
    answered = office.types(f"/kpi why {typed}")
    assert sentence in answered.told
    assert {block["type"] for block in answered.blocks} == {"header", "section", "context"}


def test_a_desk_that_cannot_give_a_number_is_named() -> None:
    plan = Plan("acme", SLOWER, gives=EVERY_FACT - {Fact.CSAT})
    with open_desks(plan) as workspace:
        assert "acme has no satisfaction ratings." in workspace.types("/kpi why csat").told


def test_where_nothing_tells_the_parts_apart_there_is_no_table() -> None:
    """Ratings that are about no ticket have no group."""
    ratings = [
        Rating(f"{days}-{n}", Asked.NPS, Scale.NPS, week(days, n), week(days, n), raw)
        for days, raw in ((-10, 6), (-3, 10))
        for n in range(20)
    ]
    with open_desks(Plan("acme", [], ratings=ratings)) as workspace:
        answered = workspace.types("/kpi why nps")
    assert "From -100 (Nov 6 – 12, 2026) to 100." in answered.told
    assert "It is not known of which channel, group or priority it is made." in answered.told
    assert TICKETS not in answered.buttons()


# --- The tickets behind it -----------------------------------------------------------------------


def listed(answered: Answered) -> list[str]:
    """The lines of the list."""
    (block,) = answered.blocks
    heading, *lines = str(block["text"]["text"]).split("\n")
    assert heading.startswith("*Tickets behind it: ")
    return lines


def test_the_tickets_of_the_part_that_moved_it_most_are_listed_as_links(office: Workspace) -> None:
    value = office.types("/kpi why resolution time last 28d").buttons()[TICKETS]["value"]
    lines = listed(office.presses(TICKETS, value))
    assert len(lines) == 10
    pattern = r"<https://demo\.invalid/tickets/[\w-]+\|#[\w-]+>, demo: [\d.,]+ (s|min|h|d)( \d\d)?"
    assert not [line for line in lines if not re.fullmatch(pattern, line)]


def test_the_tickets_are_those_of_the_part_and_the_longest(slower: Workspace) -> None:
    value = slower.types("/kpi why frt").buttons()[TICKETS]["value"]
    answered = slower.presses(TICKETS, value, user=AGENT)
    assert "Tickets behind it: First response time · Billing, Nov 13 – 19, 2026" in answered.told
    # Nobody told how to open them.
    assert listed(answered)[0] == "#Billing-3-59, acme: 2 h 47"
    assert all(line.startswith("#Billing-3-") for line in listed(answered))


def test_where_a_count_fell_the_tickets_that_are_missing_are_those_of_before() -> None:
    tickets = [
        *(a_ticket(f"then{n}", week(-10, n), group="Billing") for n in range(60)),
        *(a_ticket(f"now{n}", week(-3, n), group="Billing") for n in range(10)),
        *(a_ticket(f"one{n}", week(-10, n), group="Sales") for n in range(50)),
        *(a_ticket(f"other{n}", week(-3, n), group="Sales") for n in range(52)),
    ]
    with open_desks(Plan("acme", tickets)) as workspace:
        answered = workspace.types("/kpi why volume")
        assert "From 110 (Nov 6 – 12, 2026) to 62. Mostly Billing (−50)." in answered.told
        shown = workspace.presses(TICKETS, answered.buttons()[TICKETS]["value"])
    assert "Ticket volume · Billing, Nov 6 – 12, 2026" in shown.told
    assert all(line.startswith("#then") for line in listed(shown))


@pytest.mark.parametrize("typed", ["backlog", "call volume", "hold time", "abandonment rate"])
def test_without_tickets_behind_it_no_list_is_offered(office: Workspace, typed: str) -> None:
    answered = office.types(f"/kpi why {typed}")
    assert answered.table()
    assert answered.buttons() == {}


def test_an_empty_list_says_so(office: Workspace) -> None:
    value = parse("frt 2020-01-01", now=T(), reader=READER).to_text()
    told = office.presses(TICKETS, value).told
    assert told.startswith("First response time, Wednesday, January 1: there are no tickets")


@pytest.mark.parametrize(
    "question",
    [
        Question(CATALOGUE["csat"], parse("", now=T(), reader=READER).window, by=Dimension.AGENT),
        Question(
            CATALOGUE["csat"],
            parse("", now=T(), reader=READER).window,
            only=Slice(Dimension.AGENT, "demo:agent-01"),
        ),
        Question(CATALOGUE["enps"], parse("", now=T(), reader=READER).window),
        Question(None, parse("", now=T(), reader=READER).window),
    ],
)
def test_a_forged_button_lists_nothing(office: Workspace, question: Question) -> None:
    told = office.presses(TICKETS, question.to_text()).told
    assert "demo" not in told
    assert "For example: " in told


# --- How it looks --------------------------------------------------------------------------------


def lines_of(message: Message, width: int) -> list[str]:
    file = StringIO()
    to_terminal(
        [Conversation("#support", FRIDAY, message)], Console(file=file, width=width), READER
    )
    return file.getvalue().splitlines()


@pytest.mark.parametrize("name", ["why slower", "why fewer", "why worse"])
def test_the_table_is_no_wider_than_a_phone(name: str) -> None:
    """Wide open, no row of it is longer."""
    message = EVERYTHING[name](READER)
    (table,) = (block for block in message.blocks if block["type"] == "table")
    names = tuple(row[0]["text"] for row in table["rows"])
    rows = [
        line.strip()
        for line in lines_of(message, 200)
        if line.strip().startswith(names) and re.search(r"[+−\d.]+$", line)
    ]
    assert len(rows) == len(names) - 1
    assert max(map(len, rows)) <= PHONE


#: What cannot be split in this office, and how it says so.
UNKNOWN_HERE = {
    "after_hours_share": "No business hours",
    "nps": "not known of which",
    "quality_score": "recorded",
    "conversion_rate": "recorded",
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "metric",
    [metric for metric in CATALOGUE.values() if can_be_split(metric)],
    ids=lambda metric: metric.key,
)
def test_every_number_that_can_be_split_is_shown_with_aligned_digits(
    office: Workspace, metric: Metric
) -> None:
    """One unit and precision down a column, so that what is larger looks larger."""
    answered = office.types(f"/kpi why {metric.label} last 28d")
    if metric.key in UNKNOWN_HERE:
        assert UNKNOWN_HERE[metric.key] in answered.told
        return
    rows = answered.table()
    cells = [cell for row in rows[1:] for cell in row[1:]]
    assert all(re.fullmatch(r"[+−]?[\d,]+(\.\d+)?", cell) for cell in cells)
    assert len({len(cell.partition(".")[2]) for cell in cells}) == 1
    assert max(map(len, cells)) <= 7
