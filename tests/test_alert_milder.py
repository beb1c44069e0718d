"""What is offered in the place of a rule that would hardly have been silent, and how that is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import alert_json
from bot.alerts.hindsight import History, by_history
from bot.alerts.judge import Observation, Seen
from bot.alerts.milder import READ_A_DAY, SELDOM, a_day, fewer, seldom, told
from bot.alerts.rehearsal import Rehearsal, firings
from bot.alerts.rule import Side, Unusual
from bot.alerts.wording import written
from bot.domain import Window
from bot.slack.alerts import rehearsal
from bot.slack.alerts.exhibits import MOST_BEGINNING, MOST_END, Exhibit, worst_of
from bot.slack.alerts.rehearsal import Proposal
from bot.store.behind import behind
from commands.alert_behind import one_sided
from commands.alert_text import parse_rule
from tests.alert_lives import HOUR, MINUTE, SLOW, START, WAITING, Look, groups, hours, lived
from tests.alert_samples import ALERTS, READER, everything, rows, tried_as
from tests.alert_workspace import row_of, watch
from tests.store_samples import Plan, a_ticket
from tests.times import T
from tests.workspace import Workspace, open_desks

# --- A limit that is passed now and then ---------------------------------------------------------


def seen(*values: float | None) -> list[Seen | None]:
    return [None if value is None else {None: Observation(value, 50)} for value in values]


#: Out of a limit of 10 all day long, most of the time by little.
BUSY = seen(*[20.0 + n % 10 for n in range(97)], 90.0, 91.0, 92.0)


def shares(text: str, looks: Sequence[Seen | None]) -> tuple[str, float]:
    found = seldom(parse_rule(text), looks)
    assert found is not None
    return written(found), by_history(found, looks).share_out


MILDER = [
    ("backlog > 0", BUSY, "backlog > 30"),
    ("backlog > 10 for 10m", BUSY, "backlog > 30 for 10m"),
    ("ticket_volume > 10 by group", BUSY, "ticket_volume > 30 by group"),
    ("csat < 99%", seen(*[0.9] * 97, 0.7, 0.6, 0.5), "csat < 90%"),
    ("data older than 5m", seen(*[600.0] * 97, 7_200.0, 7_200.0, None), "data older than 10m"),
    ("sla burns 2x goal 95%", [], None),
]


@pytest.mark.parametrize(("text", "looks", "milder"), MILDER)
def test_the_nearest_limit_is_offered_that_is_seldom_passed(
    text: str, looks: Sequence[Seen | None], milder: str | None
) -> None:
    found = seldom(parse_rule(text), looks)
    assert (None if found is None else written(found)) == milder
    if found is not None:
        assert by_history(found, looks).says is History.SOUND
        assert 0 < by_history(found, looks).share_out <= SELDOM


def test_the_part_that_is_furthest_out_counts() -> None:
    many: list[Seen | None] = [
        {"A": Observation(1.0, 50), "B": next(iter(one.values()))} for one in BUSY if one
    ]
    by_group, whole = shares("ticket_volume > 10 by group", many), shares("backlog > 10", BUSY)
    assert by_group == ("ticket_volume > 30 by group", whole[1])


def test_where_it_never_was_further_out_nothing_is_offered() -> None:
    assert seldom(parse_rule("backlog > 0"), seen(*[20.0] * 50)) is None


def test_what_is_seldom_passed_has_to_last_as_well() -> None:
    """Only for one moment it was above 30: the nearest limit at which it lasted is too near."""
    looks = seen(*[20.0] * 50, 90.0, *[20.0] * 49)
    assert seldom(parse_rule("backlog > 0 for 10m"), looks) is None
    assert seldom(parse_rule("backlog > 0"), looks) is not None


# --- Single tickets ------------------------------------------------------------------------------


def crowd(count: int, *, long: int = 0) -> Rehearsal:
    """So many tickets wait for two hours on one day, some of them for five."""
    waits = {f"acme:{n}": 5.0 if n < long else 2.0 for n in range(count)}
    looks: list[Look] = [
        {name: Observation((1 + n / 12) * 3600, 1) for name, wait in waits.items() if wait > n / 12}
        for n in range(1, 62)
    ]
    moments = lived(WAITING, looks)
    day = Window(START, START + timedelta(days=1))
    return Rehearsal(WAITING, day, day, len(looks), moments=moments)


def test_the_tickets_are_counted_that_would_have_been_told() -> None:
    found = crowd(41)
    assert (told(found), a_day(found), len(found.firings)) == (41, 41.0, 1)
    assert told(Rehearsal(WAITING, found.asked)) == a_day(Rehearsal(WAITING, found.asked)) == 0


def test_of_too_many_tickets_a_longer_wait_is_offered() -> None:
    found = fewer(crowd(41, long=4))
    assert found is not None
    rule, rate = found
    assert written(rule) == "ticket waiting > 3h without reply"
    assert rate == 4
    assert fewer(crowd(READ_A_DAY)) is None
    # All of them waited equally long: no wait leaves some of them.
    assert fewer(crowd(READ_A_DAY + 1)) is None


def test_how_many_tickets_are_told_stands_in_the_rehearsal() -> None:
    message = ALERTS["alert rehearsal of many tickets"](READER)
    assert message.text.splitlines()[1:3] == [
        (
            "On the last 90 days this would have told 3,699 tickets, about 41 a day, in 1 message. "
            "Switch it on?"
        ),
        "⚠️ Nobody reads more than 10 a day one by one.",
    ]
    assert "`ticket waiting &gt; 4h without reply` would have told about 8.5 a day." in everything(
        message
    )
    assert rows(message)[0] == ["Fired", "stood", "worst", "tickets"]
    assert rows(message)[1][3] == "3,699"
    assert "tickets: 3,699" in message.text


def test_programs_are_told_how_many_tickets_as_well() -> None:
    found = crowd(41)
    told_: dict[str, Any] = {"number": None, "channel": "", "cost": None}
    assert alert_json.rehearsal(found, "x", **told_)["tickets"] == 41
    assert (
        alert_json.rehearsal(replace(found, rule=SLOW, moments=()), "x", **told_)["tickets"] is None
    )


RATES = [
    (30.0, "about 30 a day"),
    (1.5, "about 1.5 a day"),
    (0.5, "about 3.5 a week"),
    (0.1, "less than one a week"),
]


@pytest.mark.parametrize(("rate", "told_"), RATES)
def test_a_rate_is_told_by_the_day_or_by_the_week(rate: float, told_: str) -> None:
    made = rehearsal.rehearsed(
        tried_as(WAITING, [], proposals=[Proposal("ticket waiting > 9h", a_day=rate)]), READER
    )
    assert f"would have told {told_}." in everything(made)


# --- What nobody is asked for --------------------------------------------------------------------


def test_nobody_is_asked_for_an_alert_that_is_always_there() -> None:
    message = ALERTS["alert rehearsal always"](READER)
    assert "Switch it on?" not in message.text
    assert "a week" not in everything(message)
    assert "`first_response_time &gt; 9h` would have fired 3 times." in everything(message)
    assert "Switch on anyway" in everything(message)
    often = ALERTS["alert rehearsal often"](READER)
    assert "Switch it on?" in often.text
    assert "⚠️ It was out of its limit 80% of the time." in often.text


# --- A very long life ----------------------------------------------------------------------------


def test_of_a_very_long_thread_its_beginning_and_its_end_are_shown() -> None:
    """Each moment one more ticket waits: it fires, and people are called for it."""
    names = [f"acme:{n}" for n in range(81)]
    looks: list[Look] = [
        dict.fromkeys(names[: n + 1], Observation(4_000.0, 1)) for n in range(len(names))
    ]
    (one,) = firings(lived(WAITING, looks))
    _, end = Exhibit(WAITING, written(WAITING)).messages([one], READER)
    thread = [line.text for line in end.message.thread]
    assert len(thread) == MOST_BEGINNING + 1 + MOST_END
    assert "#1, acme" in thread[0]
    assert thread[MOST_BEGINNING] == "… 60 more steps …"
    assert "#71, acme" in thread[MOST_BEGINNING + 1]
    assert "#80, acme" in thread[-1]


def test_messages_are_made_when_they_are_asked_for() -> None:
    tried = tried_as(SLOW, [*hours(*[5.0] * 9), *hours(*[1.0] * 9)])
    posted = rehearsal.messages(tried, READER)
    assert isinstance(posted, Iterator)
    assert next(posted).at == tried.rehearsal.firings[0].opened_at


def test_the_worst_of_a_firing_is_that_of_all_its_parts() -> None:
    rule = parse_rule("first_response_time > 4h by group keep 0m over 2h")
    looks = [groups(A=9.0), groups(A=1.0, B=5.0), groups(A=1.0, B=1.0)]
    (one,) = firings(lived(rule, looks))
    assert worst_of(rule, one) == 9 * 3600
    (open_,) = firings(lived(rule, looks[:2]))
    assert worst_of(rule, open_) == 9 * 3600


# --- Either way ----------------------------------------------------------------------------------


#: For twelve weeks five replies each morning, after about an hour; on the last after minutes.
STEADY = Plan(
    "acme",
    [
        a_ticket(
            f"d{day}-{n}",
            T(days=-day) - 4 * HOUR + n * MINUTE,
            first_reply_at=T(days=-day)
            - 4 * HOUR
            + n * MINUTE
            + ((50 + day * 7 % 20 if day else n + 1) * MINUTE),
        )
        for day in range(84)
        for n in range(5)
    ],
    data_from=T(days=-85),
    data_until=T(minutes=30),
)


@pytest.fixture
def steady() -> Iterator[Workspace]:
    with open_desks(STEADY) as workspace:
        yield workspace


def test_the_tickets_of_a_rule_for_either_side_are_those_of_the_side_it_was_on(
    steady: Workspace,
) -> None:
    text = "first_response_time unusual either way over 6h min 1"
    row = row_of(steady, watch(steady, text))
    with steady.services.reading() as session:
        rule = one_sided(session, steady.services, row, parse_rule(text), T(), None)
        assert rule.condition == Unusual(Side.BELOW)
        found = behind(session, 1, rule, T())
        assert [one.value for one in found] == [60.0, 120.0, 180.0, 240.0, 300.0]
        earlier = one_sided(session, steady.services, row, parse_rule(text), T(days=-80), None)
        # Nothing was usual yet.
        assert earlier.condition == Unusual(Side.EITHER)
