"""From the events of one ticket to the facts that metrics count: the catalogue's worked cases."""

from __future__ import annotations

import random
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Reopening, Response, Status, Ticket
from bot.history import Assignment, Author, Event, Message, StatusChange, fold
from tests.times import T

CUSTOMER, AGENT, SYSTEM = Author.CUSTOMER, Author.AGENT, Author.SYSTEM
NEW, OPEN, PENDING = Status.NEW, Status.OPEN, Status.PENDING
SOLVED, CLOSED = Status.SOLVED, Status.CLOSED


def said(minutes: float, by: Author) -> Message:
    return Message(T(minutes=minutes), by)


def became(minutes: float, old: Status, new: Status, agent: str | None = None) -> StatusChange:
    return StatusChange(T(minutes=minutes), old, new, agent)


def given_to(minutes: float, old: str | None, new: str | None) -> Assignment:
    return Assignment(T(minutes=minutes), old, new)


def answered(asked: float, after: float) -> Response:
    return Response(T(minutes=asked), T(minutes=after))


def stretch(solved: float, reopened: float) -> Reopening:
    return Reopening(T(minutes=solved), T(minutes=reopened))


CASES: list[Any] = [
    pytest.param(
        CUSTOMER,
        [],
        {"first_reply_at": None, "customer_messages": 1, "agent_messages": 0, "responses": ()},
        id="opened by a customer, and nothing since",
    ),
    pytest.param(
        AGENT,
        [],
        {"first_reply_at": None, "customer_messages": 0, "agent_messages": 1, "agent_replies": 0},
        id="opened by an agent: that message is no reply",
    ),
    pytest.param(
        SYSTEM,
        [said(5, AGENT)],
        {"first_reply_at": T(minutes=5), "customer_messages": 0, "responses": ()},
        id="opened by a machine: nobody waits, yet the first reply is one",
    ),
    pytest.param(
        CUSTOMER,
        [said(10, AGENT)],
        {"first_reply_at": T(minutes=10), "responses": (answered(0, 10),), "agent_replies": 1},
        id="a private note is no event, the public reply after it is the first",
    ),
    pytest.param(
        AGENT,
        [said(10, CUSTOMER), said(15, AGENT)],
        {"first_reply_at": T(minutes=15), "responses": (answered(10, 15),), "agent_replies": 1},
        id="opened by an agent with a public message, which does not count",
    ),
    pytest.param(
        CUSTOMER,
        [said(3, SYSTEM), said(10, AGENT)],
        {"first_reply_at": T(minutes=10), "agent_messages": 1, "agent_replies": 1},
        id="an automatic answer is not a human agent's",
    ),
    pytest.param(
        AGENT,
        [said(7, AGENT), said(7, CUSTOMER)],
        {"first_reply_at": T(minutes=7), "responses": (answered(7, 7),)},
        id="two comments in one second, the customer's first",
    ),
    pytest.param(
        CUSTOMER,
        [
            said(5, CUSTOMER),
            said(9, CUSTOMER),
            said(12, AGENT),
            said(14, AGENT),
            said(30, CUSTOMER),
        ],
        {
            "responses": (answered(0, 12),),
            "customer_messages": 4,
            "agent_messages": 2,
            "agent_replies": 2,
        },
        id="a run of customer messages is answered once, from its first message",
    ),
    pytest.param(
        CUSTOMER,
        [said(10, AGENT), said(20, CUSTOMER), said(50, AGENT)],
        {"responses": (answered(0, 10), answered(20, 50)), "first_reply_at": T(minutes=10)},
        id="every run has its own response, the first reply stays",
    ),
    pytest.param(
        CUSTOMER,
        [became(60, OPEN, SOLVED, "7")],
        {
            "first_solved_at": T(minutes=60),
            "last_solved_at": T(minutes=60),
            "solver": "7",
            "reopens": 0,
            "reopenings": (),
        },
        id="solved once",
    ),
    pytest.param(
        CUSTOMER,
        [became(60, OPEN, SOLVED, "7"), became(90, SOLVED, OPEN)],
        {
            "last_solved_at": T(minutes=60),
            "reopens": 1,
            "reopenings": (stretch(60, 90),),
            "solver": "7",
        },
        id="solved, reopened, not solved again: reopened",
    ),
    pytest.param(
        CUSTOMER,
        [
            became(60, OPEN, SOLVED, "7"),
            became(90, SOLVED, OPEN),
            became(120, OPEN, SOLVED, "8"),
            became(150, SOLVED, PENDING),
            became(180, PENDING, SOLVED, "9"),
        ],
        {
            "first_solved_at": T(minutes=60),
            "last_solved_at": T(minutes=180),
            "solver": "9",
            "reopens": 2,
            "reopenings": (stretch(60, 90), stretch(120, 150)),
        },
        id="solved three times: two reopenings",
    ),
    pytest.param(
        CUSTOMER,
        [became(60, OPEN, SOLVED, "7"), became(5_000, SOLVED, CLOSED)],
        {"last_solved_at": T(minutes=60), "solver": "7", "reopens": 0},
        id="closing what is solved is no second solve",
    ),
    pytest.param(
        CUSTOMER,
        [became(60, OPEN, CLOSED, "7"), became(90, CLOSED, OPEN)],
        {"last_solved_at": T(minutes=60), "reopens": 1, "reopenings": (stretch(60, 90),)},
        id="closed outright is solved too",
    ),
    pytest.param(
        CUSTOMER,
        [became(90, SOLVED, OPEN)],
        {"reopens": 1, "reopenings": (), "first_solved_at": None, "last_solved_at": None},
        id="reopened after a solve that the desk does not tell",
    ),
    pytest.param(
        CUSTOMER,
        [became(5, NEW, OPEN), became(9, OPEN, PENDING), became(12, PENDING, OPEN)],
        {"reopens": 0, "first_solved_at": None, "solver": None},
        id="other changes of status are no news",
    ),
    pytest.param(
        CUSTOMER,
        [became(60, OPEN, SOLVED)],
        {"last_solved_at": T(minutes=60), "solver": None},
        id="solved by nobody that one could name",
    ),
    pytest.param(CUSTOMER, [given_to(1, None, "billing")], {"transfers": 0}, id="first assignment"),
    pytest.param(
        CUSTOMER,
        [given_to(1, None, "billing"), given_to(2, "billing", "tech"), given_to(3, "tech", "tech")],
        {"transfers": 1},
        id="a transfer is a change of group or agent",
    ),
    pytest.param(
        CUSTOMER,
        [given_to(1, None, "ann"), given_to(2, "ann", None), given_to(3, None, "ben")],
        {"transfers": 0},
        id="taking somebody off, and giving it to somebody afresh, are none",
    ),
]


@pytest.mark.parametrize(("opened_by", "events", "facts"), CASES)
def test_events_fold_into_facts(
    opened_by: Author, events: list[Event], facts: dict[str, Any]
) -> None:
    """In the order in which they happened, and in any other in which a desk may tell them."""
    shuffled = random.Random(1).sample(events, len(events))
    for told in (events, events[::-1], shuffled):
        found = fold(T(), opened_by, told)
        assert {name: found[name] for name in facts} == facts  # type: ignore[literal-required]


def test_every_fact_is_a_field_of_a_ticket() -> None:
    assert fold(T(), CUSTOMER, []).keys() <= {field.name for field in fields(Ticket)}


def test_an_exact_first_reply_is_kept_to_the_second() -> None:
    """The calendar time of the catalogue's worked case: 1560.1333 minutes."""
    created = datetime(2020, 9, 29, 17, 1, 38, tzinfo=UTC)
    replied = datetime(2020, 9, 30, 19, 1, 46, tzinfo=UTC)
    first = fold(created, CUSTOMER, [Message(replied, AGENT)])["first_reply_at"]
    assert first is not None
    assert (first - created) / timedelta(minutes=1) == pytest.approx(1560.1333, abs=1e-4)


minutes = st.integers(0, 500)
messages = st.builds(said, minutes, st.sampled_from(Author))


@given(opened_by=st.sampled_from(Author), events=st.lists(messages, max_size=12))
def test_every_message_is_counted_on_one_side(opened_by: Author, events: list[Message]) -> None:
    """And an agent's reply is an agent's message, the opening one alone excepted."""
    found = fold(T(), opened_by, events)
    by = [opened_by, *(event.by for event in events)]
    assert found["customer_messages"] == by.count(CUSTOMER)
    assert found["agent_messages"] == by.count(AGENT)
    assert found["agent_replies"] == by[1:].count(AGENT)
    assert len(found["responses"]) <= min(found["customer_messages"], found["agent_replies"])


@given(at=st.lists(minutes, max_size=9, unique=True).map(sorted))
def test_solves_and_reopenings_take_turns(at: list[int]) -> None:
    """Every reopening begins where a solve was, none overlaps the next."""
    turns = [(OPEN, SOLVED), (SOLVED, OPEN)]
    events = [became(minute, *turns[n % 2]) for n, minute in enumerate(at)]
    found = fold(T(), CUSTOMER, events)
    assert found["reopens"] == len(found["reopenings"]) == len(at) // 2
    assert found["reopenings"] == tuple(
        stretch(solved, reopened) for solved, reopened in zip(at[::2], at[1::2], strict=False)
    )
    assert found["last_solved_at"] == (T(minutes=at[::2][-1]) if at else None)
