from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import chain, islice, pairwise
from statistics import mean, median, quantiles
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import (
    ArticleDay,
    Call,
    Fact,
    Question,
    Rating,
    Removal,
    Scale,
    Status,
    Stay,
    Target,
    Ticket,
    Window,
)
from bot.errors import ConfigurationError
from bot.helpdesks import Cursor, Page, Stream, load
from bot.helpdesks.demo import LIFE, PAGE_SIZE, DemoDesk, Settings, is_incident, open_desk
from bot.pauses import Pauses
from tests.times import StandingClock, T

ATHENS = ZoneInfo("Europe/Athens")
THURSDAY = date(2026, 11, 19)
NEVER = date(2000, 1, 1)
FRIDAY = T()
#: Tickets on a weekday where no other number is set.
USUAL = Settings.model_fields["volume"].default

Given = str | int | date | list[str]
Row = Ticket | Rating | Call | ArticleDay
Thing = TypeVar("Thing")


def desk_at(now: datetime, **given: Given) -> DemoDesk:
    """A desk of less than half the usual size, unless a `volume` is given: it is read sooner."""
    clock = StandingClock(now)
    return open_desk("demo", Settings.model_validate({"volume": 60} | given), clock, Pauses(clock))


def pages(desk: DemoDesk, stream: Stream, since: Cursor) -> Iterator[Page[Row]]:
    reads: dict[Stream, Callable[[Cursor], Iterator[Page[Row]]]] = {
        Stream.TICKETS: desk.tickets,
        Stream.RATINGS: desk.ratings,
        Stream.CALLS: desk.calls,
        Stream.ARTICLES: desk.articles,
    }
    return reads[stream](since)


def rows(desk: DemoDesk, stream: Stream, since: Cursor) -> list[Row]:
    return [row for page in pages(desk, stream, since) for row in page.rows]


def rows_of_days(stream: Stream, days: float, now: datetime = FRIDAY, **given: Given) -> list[Row]:
    """What changed in a stream in the days before `now`."""
    desk = desk_at(now, **given)
    return rows(desk, stream, desk.start(Window(now - timedelta(days=days), now), stream))


def key(row: Row) -> Hashable:
    """What stays the same when a row is told again."""
    return (row.article, row.day) if isinstance(row, ArticleDay) else row.id


def read(desk: DemoDesk, since: Cursor) -> list[Ticket]:
    return [ticket for page in desk.tickets(since) for ticket in page.rows]


def read_days(days: float, now: datetime = FRIDAY, **given: Given) -> list[Ticket]:
    """What changed in the days before `now`."""
    desk = desk_at(now, **given)
    return read(desk, desk.start(Window(now - timedelta(days=days), now)))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ATHENS)


def whole_day(day: date) -> Window:
    return Window(midnight(day), midnight(day + timedelta(days=1)))


@cache
def created_on(day: date, **given: Given) -> list[Ticket]:
    """The tickets of that day as they stand the next morning."""
    now = midnight(day + timedelta(days=1)) + timedelta(hours=7)
    return [t for t in read_days(3, now, **given) if t.created_at in whole_day(day)]


def moments(ticket: Ticket) -> list[datetime]:
    """Every moment that the ticket tells."""
    responses = [(part.asked_at, part.answered_at) for part in ticket.responses]
    reopenings = [(part.solved_at, part.reopened_at) for part in ticket.reopenings]
    waits = [(part.start, part.end) for part in ticket.waits]
    single = (
        *(ticket.created_at, ticket.updated_at, ticket.first_reply_at),
        *(ticket.first_solved_at, ticket.last_solved_at),
        *(stay.since for stay in ticket.stays),
        *(target.done_at for target in ticket.targets),
    )
    return [moment for moment in chain(single, *responses, *reopenings, *waits) if moment]


def minutes_to_reply(tickets: Iterable[Ticket]) -> list[float]:
    return [
        (ticket.first_reply_at - ticket.created_at) / timedelta(minutes=1)
        for ticket in tickets
        if ticket.first_reply_at
    ]


def hours_to_solve(tickets: Iterable[Ticket]) -> list[float]:
    return [
        (ticket.last_solved_at - ticket.created_at) / timedelta(hours=1)
        for ticket in tickets
        if ticket.last_solved_at and ticket.status.is_solved
    ]


def share(things: Sequence[Thing], holds: Callable[[Thing], object]) -> float:
    return sum(bool(holds(thing)) for thing in things) / len(things)


def is_unsolved(ticket: Ticket, at: datetime) -> bool:
    if ticket.created_at > at:
        return False
    solved_for_good = (
        ticket.status.is_solved and ticket.last_solved_at and ticket.last_solved_at <= at
    )
    return not solved_for_good and not any(
        stretch.solved_at <= at < stretch.reopened_at for stretch in ticket.reopenings
    )


@cache
def usual(stream: Stream) -> list[Row]:
    """What changed in 45 days without an incident."""
    return rows_of_days(stream, 45, incident=NEVER, volume=USUAL)


def counted(told: Iterable[Row]) -> list[Ticket]:
    return [ticket for ticket in tickets(told) if not ticket.removal]


@pytest.fixture(scope="module")
def season() -> list[Ticket]:
    """The tickets of these days that count."""
    return counted(usual(Stream.TICKETS))


@pytest.fixture(scope="module")
def recent() -> list[Ticket]:
    """What changed in 25 days, in its order, removed tickets too."""
    return read_days(25)


@pytest.mark.parametrize("stream", Stream)
def test_the_same_seed_is_the_same_desk_and_another_is_another(stream: Stream) -> None:
    told = rows_of_days(stream, 2, volume=20)
    assert told
    assert told == rows_of_days(stream, 2, volume=20)
    assert told != rows_of_days(stream, 2, volume=20, seed=8)


def test_a_days_tickets_come_in_the_same_whenever_one_looks() -> None:
    def arrivals(now: datetime) -> list[tuple[str, datetime]]:
        tickets = read_days(8, now, volume=20)
        return sorted((t.id, t.created_at) for t in tickets if t.created_at in whole_day(THURSDAY))

    assert arrivals(T()) == arrivals(T(hours=3)) == arrivals(T(days=4))


steps = st.lists(
    st.tuples(st.integers(min_value=0, max_value=5 * 86_400), st.integers(0, 3)),
    min_size=1,
    max_size=6,
)


@pytest.mark.thorough
@settings(max_examples=10, deadline=None)
@given(
    stream=st.sampled_from(Stream),
    back=st.integers(min_value=0, max_value=15),
    stops=steps,
    seed=st.integers(min_value=0, max_value=99),
    volume=st.sampled_from([3, 20]),
)
def test_a_stream_that_stops_and_goes_on_tells_what_one_read_at_the_end_tells(
    stream: Stream, back: int, stops: list[tuple[int, int]], seed: int, volume: int
) -> None:
    """Each step moves the clock by seconds, then reads so many pages before it stops."""
    clock = StandingClock(T())
    desk = open_desk("demo", Settings(seed=seed, volume=volume), clock, Pauses(clock))
    start = cursor = desk.start(Window(T(days=-back), T()), stream)
    kept: dict[Hashable, Row] = {}
    for seconds, number in stops:
        clock.sleep(seconds)
        for page in islice(pages(desk, stream, cursor), number):
            kept |= {key(row): row for row in page.rows}
            cursor = json.loads(json.dumps(page.cursor))
    kept |= {key(row): row for row in rows(desk, stream, cursor)}
    assert kept == {key(row): row for row in rows(desk, stream, start)}


@pytest.mark.parametrize(
    ("stream", "days"),
    [(Stream.TICKETS, 11), (Stream.RATINGS, 18), (Stream.CALLS, 70), (Stream.ARTICLES, 25)],
)
def test_each_page_carries_the_cursor_from_which_the_rest_follows(
    stream: Stream, days: int
) -> None:
    """A row is told once in one reading, and every page but the last is full."""
    desk = desk_at(T())
    read_whole = list(pages(desk, stream, desk.start(Window(T(days=-days), T()), stream)))
    told = [row for page in read_whole for row in page.rows]
    assert len(told) > PAGE_SIZE
    assert len({key(row) for row in told}) == len(told)
    assert [len(page.rows) for page in read_whole[:-1]] == [PAGE_SIZE] * (len(read_whole) - 1)
    assert rows(desk, stream, read_whole[0].cursor) == told[PAGE_SIZE:]


@pytest.mark.parametrize("stream", Stream)
def test_a_stream_read_from_a_later_moment_is_the_end_of_the_whole(stream: Stream) -> None:
    whole = rows_of_days(stream, 9, volume=25)
    for days in (7.03, 2, 0.8):
        late = rows_of_days(stream, days, volume=25)
        assert 0 < len(late) < len(whole)
        assert whole[-len(late) :] == late


@pytest.mark.parametrize("stream", Stream)
def test_what_changes_until_later_is_told_later_and_nothing_else(stream: Stream) -> None:
    """The clock moves five hours of a working day, and then another five."""
    clock = StandingClock(T())
    desk = open_desk("demo", Settings(volume=25), clock, Pauses(clock))
    start = desk.start(Window(T(days=-3), T()), stream)
    *_, last = pages(desk, stream, start)
    before = {key(row): row for row in rows(desk, stream, start)}
    clock.move(hours=5)
    news = {key(row): row for row in rows(desk, stream, last.cursor)}
    assert news
    assert all(before.get(name) != row for name, row in news.items())
    assert before | news == {key(row): row for row in rows(desk, stream, start)}


def test_pages_are_in_order_of_change() -> None:
    keys = [(ticket.updated_at, ticket.id) for ticket in read_days(20)]
    assert len(keys) > PAGE_SIZE
    assert all(one < next_one for one, next_one in pairwise(keys))


@pytest.mark.thorough
def test_a_stream_goes_on_after_any_ticket(recent: list[Ticket]) -> None:
    cursor = {"updated": recent[777].updated_at.isoformat(), "id": recent[777].id}
    assert read(desk_at(T()), cursor) == recent[778:]


@pytest.mark.parametrize("days", [0.3, 1, 2.5, 21, 40])
def test_the_expected_number_of_tickets_is_the_right_one(days: float) -> None:
    desk = desk_at(T(), incident=THURSDAY, volume=20)
    found = list(desk.tickets(desk.start(Window(T(days=-days), T()))))
    assert {page.expected for page in found} == {sum(len(page.rows) for page in found)}


@pytest.mark.parametrize("stream", Stream)
def test_nothing_new_is_no_page(stream: Stream) -> None:
    desk = desk_at(T(), volume=30)
    assert list(pages(desk, stream, {"updated": T().isoformat(), "id": "~"})) == []
    assert list(pages(desk, stream, desk.start(Window(T(days=3), T(days=3)), stream))) == []


NOWS = [T(), T(hours=-9), T(hours=6.51), T(days=-26, hours=-6)]


@pytest.mark.parametrize("now", NOWS)
def test_nothing_is_told_of_a_ticket_that_is_still_to_come(now: datetime) -> None:
    desk = desk_at(now, volume=25)
    told = [moment for ticket in read_days(12, now, volume=25) for moment in moments(ticket)]
    assert len(told) > 800
    assert max(told) <= now
    assert desk.count(Window(now + timedelta(seconds=1), now + timedelta(days=9))) == 0


@pytest.mark.parametrize("now", NOWS)
def test_no_answer_call_or_reader_is_told_that_is_still_to_come(now: datetime) -> None:
    given = ratings(rows_of_days(Stream.RATINGS, 6, now, volume=30))
    ended = [ended_at(call) for call in calls(rows_of_days(Stream.CALLS, 20, now, volume=30))]
    days = articles(rows_of_days(Stream.ARTICLES, 3, now, volume=30))
    assert min(len(given), len(ended), len(days)) > 20
    assert max(rating.asked_at for rating in given) <= now
    assert max(rating.given_at for rating in given if rating.given_at) <= now
    assert max(ended) <= now
    assert max(told.day for told in days) <= now.astimezone(ATHENS).date()


@pytest.mark.thorough
def test_a_ticket_changes_no_more_after_its_life() -> None:
    later = {ticket.id: ticket for ticket in read_days(70, T(days=28), volume=20)}
    old = [t for t in read_days(40, volume=20) if t.created_at < T() - LIFE]
    assert len(old) > 250
    assert [later[ticket.id] for ticket in old] == old


def tickets(told: Iterable[Row]) -> list[Ticket]:
    return [row for row in told if isinstance(row, Ticket)]


def ratings(told: Iterable[Row]) -> list[Rating]:
    return [row for row in told if isinstance(row, Rating)]


def calls(told: Iterable[Row]) -> list[Call]:
    return [row for row in told if isinstance(row, Call)]


def articles(told: Iterable[Row]) -> list[ArticleDay]:
    return [row for row in told if isinstance(row, ArticleDay)]


def ended_at(call: Call) -> datetime:
    return call.started_at + call.wait + call.talk + call.hold + call.wrap_up


def asked(told: Iterable[Rating], question: Question) -> list[Rating]:
    return [rating for rating in told if rating.question is question]


def answered(told: Iterable[Rating], question: Question) -> list[Rating]:
    return [rating for rating in asked(told, question) if rating.given_at]


@pytest.fixture(scope="module")
def usual_rest() -> list[Row]:
    """The ratings, calls and articles of these days."""
    return [*usual(Stream.RATINGS), *usual(Stream.CALLS), *usual(Stream.ARTICLES)]


#: What shows that a fact is told, in the tickets or in the rest.
SHOWN: dict[Fact, Callable[[list[Ticket], list[Row]], object]] = {
    Fact.GROUP: lambda ts, _: len({t.group for t in ts}) == 4,
    Fact.CHANNEL: lambda ts, _: len({t.channel for t in ts}) == 5,
    Fact.PRIORITY: lambda ts, _: {t.priority for t in ts} == {"low", "normal", "high", "urgent"},
    Fact.SOLVES: lambda ts, _: any(t.first_solved_at and t.last_solved_at for t in ts),
    Fact.FIRST_SOLVE: lambda ts, _: any(
        t.reopens and t.first_solved_at and t.first_solved_at != t.last_solved_at for t in ts
    ),
    Fact.SOLVER: lambda ts, _: len({t.solver for t in ts if t.solver}) == 12,
    Fact.REOPENS: lambda ts, _: any(t.reopens and t.reopenings for t in ts),
    Fact.FIRST_REPLY: lambda ts, _: any(t.first_reply_at and t.first_replier for t in ts),
    Fact.REPLIES: lambda ts, _: any(t.agent_replies and t.customer_messages > 1 for t in ts),
    Fact.RESPONSES: lambda ts, _: any(part.agent for t in ts for part in t.responses),
    Fact.TRANSFERS: lambda ts, _: any(t.transfers and t.stays for t in ts),
    Fact.WAITS: lambda ts, _: any(t.waits and t.requester_wait for t in ts),
    Fact.REQUESTER: lambda ts, _: all(t.requester for t in ts),
    Fact.ESCALATIONS: lambda ts, _: any(t.escalated for t in ts),
    Fact.COMPLAINTS: lambda ts, _: any(t.complaint for t in ts),
    Fact.SLA: lambda ts, _: any(target.done_at for t in ts for target in t.targets),
    Fact.HANDLE_TIME: lambda ts, _: any(t.handle for t in ts),
    Fact.CSAT: lambda _, rest: answered(ratings(rest), Question.CSAT),
    Fact.CSAT_REQUESTS: lambda _, rest: any(
        not rating.given_at for rating in asked(ratings(rest), Question.CSAT)
    ),
    Fact.NPS: lambda _, rest: answered(ratings(rest), Question.NPS),
    Fact.CES: lambda _, rest: answered(ratings(rest), Question.CES),
    Fact.CALLS: lambda _, rest: {call.inbound for call in calls(rest)} == {True, False},
    Fact.HOLD_TIME: lambda _, rest: any(call.hold for call in calls(rest)),
    Fact.ARTICLES: lambda _, rest: any(told.views for told in articles(rest)),
    Fact.READING_TIME: lambda _, rest: any(told.reading for told in articles(rest)),
}


def test_every_fact_that_it_can_give_is_told_but_business_hours(
    season: list[Ticket], usual_rest: list[Row]
) -> None:
    can = desk_at(T()).capabilities
    assert can.facts == frozenset(Fact) - {Fact.HOURS, Fact.BUSINESS_TIMES}
    assert can.streams == frozenset(Stream)
    for fact in can.facts:
        assert SHOWN[fact](season, usual_rest), fact
    assert {ticket.status for ticket in season} == set(Status)


def test_facts_that_belong_together_agree(season: list[Ticket]) -> None:
    for ticket in season:
        told = moments(ticket)
        assert ticket.created_at == min(told)
        assert ticket.updated_at == max(told)
        assert len(ticket.reopenings) == ticket.reopens
        assert len(ticket.responses) <= ticket.agent_replies
        assert (ticket.first_reply_at is None) == (ticket.agent_replies == 0)
        assert ticket.last_solved_at or not ticket.status.is_solved
        assert ticket.updated_at - ticket.created_at <= LIFE
        assert not ticket.agent_replies or ticket.handle


def test_a_ticket_that_moved_tells_its_groups(season: list[Ticket]) -> None:
    moved = [ticket for ticket in season if ticket.stays]
    assert 0.04 < len(moved) / len(season) < 0.1
    for ticket in moved:
        first, *others = ticket.stays
        assert first.since == ticket.created_at
        assert [stay.group for stay in others] == [ticket.group] != [first.group]
        assert ticket.transfers == len(others)


def test_who_replies_is_in_a_group_that_the_ticket_was_in(season: list[Ticket]) -> None:
    team = {ticket.solver: ticket.group for ticket in season if not ticket.stays and ticket.solver}
    for ticket in season:
        groups = {stay.group for stay in ticket.stays} or {ticket.group}
        assert {team[part.agent] for part in ticket.responses if part.agent} <= groups


def promised(ticket: Ticket, name: str) -> Target | None:
    return next((target for target in ticket.targets if target.name == name), None)


HOURS_TO_REPLY = {"low": 8.0, "normal": 4.0, "high": 2.0, "urgent": 0.5}


def test_every_ticket_has_promises_by_its_priority(season: list[Ticket]) -> None:
    for ticket in season:
        reply, resolution = promised(ticket, "first reply"), promised(ticket, "resolution")
        assert resolution
        assert resolution.done_at == ticket.first_solved_at
        assert (reply is None) == (ticket.channel == "phone")
        if reply:
            hours = HOURS_TO_REPLY[str(ticket.priority)]
            assert reply.due_at == ticket.created_at + timedelta(hours=hours)
            assert reply.done_at == (ticket.first_reply_at or ticket.first_solved_at)


def test_a_promise_of_a_ticket_that_waits_is_still_open() -> None:
    waiting = [t for t in read_days(2) if t.status is Status.NEW and t.channel != "phone"]
    assert len(waiting) > 2
    assert {target.done_at for ticket in waiting for target in ticket.targets} == {None}
    assert {ticket.handle for ticket in waiting} == {None}


MARKS: list[tuple[dict[str, Given], set[Fact]]] = [
    ({}, {Fact.ESCALATIONS, Fact.COMPLAINTS}),
    ({"escalation_tags": ["VIP"]}, {Fact.ESCALATIONS, Fact.COMPLAINTS}),
    (
        {"escalation_tags": [], "escalation_groups": ["technical"]},
        {Fact.ESCALATIONS, Fact.COMPLAINTS},
    ),
    ({"escalation_tags": []}, {Fact.COMPLAINTS}),
    ({"escalation_tags": [], "complaint_tags": []}, set()),
]


@pytest.mark.parametrize(("marks", "facts"), MARKS)
def test_the_settings_say_which_tickets_are_escalated_or_complaints(
    marks: dict[str, Given], facts: set[Fact]
) -> None:
    assert desk_at(T(), **marks).capabilities.facts & {Fact.ESCALATIONS, Fact.COMPLAINTS} == facts
    tickets = read_days(6, T(), volume=50, **marks)
    assert any(ticket.escalated for ticket in tickets) == (Fact.ESCALATIONS in facts)
    assert any(ticket.complaint for ticket in tickets) == (Fact.COMPLAINTS in facts)


@pytest.mark.thorough
def test_a_tickets_tags_and_groups_are_those_that_it_has_had_by_now() -> None:
    """A desk whose second tier is one of the groups, seen in the morning and in the evening."""
    second_tier: dict[str, Given] = {
        "escalation_groups": ["Technical"],
        "escalation_tags": [],
        "volume": USUAL,
    }
    morning = {ticket.id: ticket for ticket in read_days(5, T(), **second_tier)}
    evening = {ticket.id: ticket for ticket in read_days(6, T(hours=10), **second_tier)}
    for ticket in chain(morning.values(), evening.values()):
        groups = {stay.group for stay in ticket.stays} or {ticket.group}
        assert ticket.escalated == ("Technical" in groups)
    risen = [one for one in morning if not morning[one].escalated and evening[one].escalated]
    assert risen
    assert all(
        evening[one].stays[-1] == Stay(evening[one].stays[-1].since, "Technical") for one in risen
    )
    assert all(evening[one].stays[-1].since > T() for one in risen)


def test_few_tickets_are_removed_in_every_way() -> None:
    told = tickets(usual(Stream.TICKETS))
    removed = [ticket for ticket in told if ticket.removal]
    assert {ticket.removal for ticket in removed} == set(Removal)
    assert 0.01 < len(removed) / len(told) < 0.04


def settled(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those of which it is known whether the customer came again within the week."""
    return [ticket for ticket in solved(tickets) if ticket.last_solved_at < T(days=-7)]  # type: ignore[operator]


def comes_again(tickets: Iterable[Ticket]) -> Callable[[Ticket], bool]:
    """Whether the customer of a solved ticket writes another one within a week."""
    contacts: dict[str | None, list[datetime]] = {}
    for ticket in tickets:
        contacts.setdefault(ticket.requester, []).append(ticket.created_at)

    def holds(ticket: Ticket) -> bool:
        assert ticket.last_solved_at
        gaps = [contact - ticket.last_solved_at for contact in contacts[ticket.requester]]
        return any(timedelta(0) < gap <= timedelta(days=7) for gap in gaps)

    return holds


def is_first_contact(tickets: Iterable[Ticket]) -> Callable[[Ticket], bool]:
    again = comes_again(tickets)
    return lambda t: t.customer_messages <= 1 and not t.reopens and not again(t)


def decided(tickets: Iterable[Ticket]) -> list[Target]:
    targets = [target for ticket in tickets for target in ticket.targets]
    return [target for target in targets if target.done_at or target.due_at <= T()]


def is_kept(target: Target) -> bool:
    return target.done_at is not None and target.done_at <= target.due_at


def minutes_of_work(tickets: Iterable[Ticket]) -> list[float]:
    return [t.handle / timedelta(minutes=1) for t in solved(tickets) if t.handle]


Figure = Callable[[Sequence[Ticket]], float]

FIGURES: dict[str, tuple[Figure, float, float]] = {
    "minutes to reply": (lambda ts: median(minutes_to_reply(ts)), 36, 48),
    "minutes by email": (lambda ts: median(minutes_to_reply(by(ts, "email"))), 45, 65),
    "minutes by chat": (lambda ts: median(minutes_to_reply(by(ts, "chat"))), 1.5, 2.5),
    "slow chats": (lambda ts: quantiles(minutes_to_reply(by(ts, "chat")), n=10)[-1], 3, 8),
    "hours to solve": (lambda ts: median(hours_to_solve(ts)), 8, 10.5),
    "reopened": (lambda ts: share(solved(ts), lambda t: t.reopens), 0.06, 0.1),
    "transferred": (lambda ts: share(solved(ts), lambda t: t.transfers), 0.1, 0.14),
    "never replied": (lambda ts: share(solved(ts), lambda t: not t.agent_replies), 0.04, 0.11),
    "one touch": (lambda ts: share(solved(ts), lambda t: t.agent_replies == 1), 0.42, 0.58),
    "first contact": (lambda ts: share(settled(ts), is_first_contact(ts)), 0.65, 0.8),
    "come again": (lambda ts: share(settled(ts), comes_again(ts)), 0.07, 0.18),
    "escalated": (lambda ts: share(ts, lambda t: t.escalated), 0.025, 0.055),
    "complaints": (lambda ts: share(ts, lambda t: t.complaint), 0.012, 0.03),
    "promises kept": (lambda ts: share(decided(ts), is_kept), 0.84, 0.95),
    "minutes of work": (lambda ts: mean(minutes_of_work(ts)), 7, 13),
    "billing": (lambda ts: share(ts, lambda t: t.group == "Billing"), 0.33, 0.42),
    "onboarding": (lambda ts: share(ts, lambda t: t.group == "Onboarding"), 0.07, 0.13),
}


@pytest.mark.parametrize(("figure", "low", "high"), FIGURES.values(), ids=FIGURES)
def test_the_usual_figures_are_those_of_a_team_that_is_doing_well(
    season: list[Ticket], figure: Figure, low: float, high: float
) -> None:
    assert low < figure(season) < high


def seconds(spans: Iterable[timedelta]) -> list[float]:
    return [span.total_seconds() for span in spans]


def offered(rest: Iterable[Row]) -> list[Call]:
    """Inbound calls, less those that were hung up at once."""
    return [call for call in calls(rest) if call.inbound and not call.hung_up_at_once]


def taken(rest: Iterable[Row]) -> list[Call]:
    return [call for call in offered(rest) if call.answered]


def score(rest: Iterable[Row]) -> float:
    """The net promoter score."""
    given = [rating.raw or 0 for rating in answered(ratings(rest), Question.NPS)]
    return 100 * (share(given, lambda raw: raw >= 9) - share(given, lambda raw: raw <= 6))


def positive(rest: Iterable[Row]) -> float:
    return share(answered(ratings(rest), Question.CSAT), lambda rating: rating.is_positive)


def mean_time(days: Sequence[ArticleDay]) -> float:
    return sum(seconds(told.reading for told in days)) / sum(told.timed_views for told in days)


RestFigure = Callable[[Sequence[Row]], float]

REST: dict[str, tuple[RestFigure, float, float]] = {
    "satisfied": (positive, 0.9, 0.95),
    "answer the question": (
        lambda rest: share(asked(ratings(rest), Question.CSAT), lambda one: one.given_at),
        *(0.25, 0.35),
    ),
    "asked in a day": (lambda rest: len(asked(ratings(rest), Question.CSAT)) / 45, 45, 70),
    "would recommend": (score, 10, 50),
    "found it easy": (
        lambda rest: mean(one.raw or 0 for one in answered(ratings(rest), Question.CES)),
        *(5.2, 6.0),
    ),
    "calls in a day": (lambda rest: len(offered(rest)) / 45, 14, 22),
    "calls made": (lambda rest: share(calls(rest), lambda call: not call.inbound), 0.1, 0.25),
    "gave up": (lambda rest: share(offered(rest), lambda call: call.is_abandoned), 0.03, 0.09),
    "hung up at once": (lambda rest: share(calls(rest), lambda c: c.hung_up_at_once), 0.002, 0.03),
    "seconds in the queue": (lambda rest: mean(seconds(c.wait for c in taken(rest))), 30, 60),
    "seconds of talk": (lambda rest: mean(seconds(c.talk for c in taken(rest))), 220, 380),
    "seconds on hold": (lambda rest: mean(seconds(c.hold for c in taken(rest))), 12, 32),
    "seconds after it": (lambda rest: mean(seconds(c.wrap_up for c in taken(rest))), 45, 70),
    "views a day": (lambda rest: sum(told.views for told in articles(rest)) / 45, 350, 470),
    "articles": (lambda rest: len({told.article for told in articles(rest)}), 24.5, 25.5),
    "timed": (
        lambda rest: share(
            [
                n
                for told in articles(rest)
                for n in [1] * told.timed_views + [0] * (told.views - told.timed_views)
            ],
            bool,
        ),
        *(0.55, 0.65),
    ),
    "seconds on a page": (lambda rest: mean_time(articles(rest)), 70, 130),
}


@pytest.mark.parametrize(("figure", "low", "high"), REST.values(), ids=REST)
def test_ratings_calls_and_readers_are_those_of_such_a_team(
    usual_rest: list[Row], figure: RestFigure, low: float, high: float
) -> None:
    assert low < figure(usual_rest) < high


def test_ratings_are_on_the_scales_of_their_questions(usual_rest: list[Row]) -> None:
    scales = {Question.CSAT: Scale.STARS, Question.NPS: Scale.NPS, Question.CES: Scale.CES}
    told = ratings(usual_rest)
    assert {rating.question: rating.scale for rating in told} == scales
    for question, scale in scales.items():
        raws = {rating.raw for rating in answered(told, question)}
        assert raws >= {scale.worst, scale.best}
        assert all(rating.normalised is not None for rating in answered(told, question))
    for rating in told:
        assert (rating.given_at is None) == (rating.raw is None)
        assert rating.given_at is None or rating.given_at > rating.asked_at


def test_ratings_are_about_tickets_that_somebody_solved_before(usual_rest: list[Row]) -> None:
    """Customers are asked for their satisfaction with a ticket; for a recommendation, with none."""
    known = {ticket.id: ticket for ticket in tickets(usual(Stream.TICKETS))}
    about = [rating for rating in ratings(usual_rest) if rating.ticket in known]
    assert len(about) > 1800
    for rating in about:
        ticket = known[str(rating.ticket)]
        assert ticket.first_solved_at
        assert ticket.first_solved_at <= rating.asked_at
        assert rating.question is Question.CSAT or ticket.channel == "chat"
    assert {one.ticket for one in asked(ratings(usual_rest), Question.NPS)} == {None}
    assert all(one.ticket and one.agent for one in asked(ratings(usual_rest), Question.CSAT))


def test_who_waited_long_is_less_satisfied(usual_rest: list[Row]) -> None:
    known = {ticket.id: ticket for ticket in tickets(usual(Stream.TICKETS))}
    about = [one for one in ratings(usual_rest) if one.ticket in known]
    late = [one for one in about if not is_prompt(known[str(one.ticket)])]
    prompt = [one for one in about if is_prompt(known[str(one.ticket)])]
    assert len(answered(late, Question.CSAT)) > 50
    assert positive(late) < positive(prompt) - 0.03


def is_prompt(ticket: Ticket) -> bool:
    reply = promised(ticket, "first reply")
    return reply is None or is_kept(reply)


@pytest.mark.thorough
def test_an_answer_that_comes_later_tells_the_rating_again() -> None:
    evening = T(hours=9)
    clock = StandingClock(evening)
    desk = open_desk("demo", Settings(), clock, Pauses(clock))
    *_, last = told = list(desk.ratings(desk.start(Window(T(days=-2), evening), Stream.RATINGS)))
    before = [rating for page in told for rating in page.rows]
    clock.move(days=2)
    after = {one.id: one for one in ratings(rows(desk, Stream.RATINGS, last.cursor))}
    open_ones = {one.id: one for one in before if one.given_at is None}
    given_since = open_ones.keys() & after.keys()
    assert len(given_since) > 5
    for one in given_since:
        given_at = after[one].given_at
        assert given_at
        assert evening < given_at <= T(days=2, hours=9)
        assert replace(after[one], given_at=None, raw=None) == open_ones[one]


def test_calls_are_answered_by_agents_of_their_group(
    season: list[Ticket], usual_rest: list[Row]
) -> None:
    team = {ticket.solver: ticket.group for ticket in season if not ticket.stays and ticket.solver}
    none = timedelta(0)
    for call in calls(usual_rest):
        assert call.agent is None or team[call.agent] == call.group
        assert (call.talk > none) == (call.wrap_up > none) == call.answered
        assert call.answered or call.hold == none
        assert (call.wait > none) == call.inbound
        assert call.agent or not call.answered


def test_calls_come_while_somebody_picks_up(usual_rest: list[Row]) -> None:
    started = [call.started_at.astimezone(ATHENS) for call in calls(usual_rest)]
    assert {at.hour for at in started if at.weekday() < 5} == set(range(9, 22))
    assert {at.hour for at in started if at.weekday() >= 5} <= set(range(10, 18))


def test_todays_readers_grow_with_the_day() -> None:
    today = T().astimezone(ATHENS).date()

    def views(hours: float) -> dict[str, list[float]]:
        told = articles(rows_of_days(Stream.ARTICLES, 1 + hours / 24, T(hours=hours)))
        return {
            one.article: [one.views, one.timed_views, one.reading.total_seconds()]
            for one in told
            if one.day == today
        }

    seen = [views(0), views(5), views(14.9), views(40)]
    for earlier, later in pairwise(seen):
        assert earlier.keys() <= later.keys()
        for article, numbers in earlier.items():
            pairs = zip(numbers, later[article], strict=True)
            assert all(before <= now for before, now in pairs)
    totals = [sum(number for number, *_ in one.values()) for one in seen]
    assert 0 < totals[0] < 0.5 * totals[1]
    assert totals[1] < totals[2] <= totals[3]
    assert totals[3] > 130


def test_fewer_articles_are_read_on_weekends(usual_rest: list[Row]) -> None:
    views = Counter[date]()
    for told in articles(usual_rest):
        views[told.day] += told.views
    days = [THURSDAY - timedelta(days=n) for n in range(42)]
    usual = [mean(views[day] for day in days if day.weekday() == n) for n in range(7)]
    assert usual[0] == max(usual)
    assert max(usual[5:]) < 0.75 * min(usual[:5])


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_day_of_an_article_is_the_desks_own(zone: str) -> None:
    noon = datetime(2026, 11, 20, 1, tzinfo=ZoneInfo(zone))
    told = articles(rows_of_days(Stream.ARTICLES, 1.2, noon, zone=zone))
    assert {one.day for one in told} == {
        noon.date(),
        noon.date() - timedelta(days=1),
        noon.date() - timedelta(days=2),
    }


def test_its_agents_are_those_who_solve_and_pick_up(
    season: list[Ticket], usual_rest: list[Row]
) -> None:
    agents = desk_at(T()).agents()
    working = {ticket.solver for ticket in season} | {call.agent for call in calls(usual_rest)}
    assert {agent.id for agent in agents} == working - {None}
    assert len({agent.name for agent in agents}) == len(agents) == 12
    emails = [agent.email or "" for agent in agents]
    assert len(set(emails)) == 12
    assert all(email.isascii() and email.endswith("@bluefin.example") for email in emails)


def by(tickets: Iterable[Ticket], channel: str) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.channel == channel]


def solved(tickets: Iterable[Ticket]) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.status.is_solved]


def test_the_week_is_strongest_on_monday_and_light_at_its_end(season: list[Ticket]) -> None:
    days = [THURSDAY - timedelta(days=n) for n in range(42)]
    created = Counter(ticket.created_at.astimezone(ATHENS).date() for ticket in season)
    usual = [mean(created[day] for day in days if day.weekday() == n) for n in range(7)]
    assert 125 < mean(usual[:5]) < 155
    assert usual[0] == max(usual)
    assert max(usual[5:]) < 0.45 * min(usual[:5])


def test_the_backlog_stays_where_it_is(season: list[Ticket]) -> None:
    days = [THURSDAY - timedelta(days=n) for n in range(42)]
    evenings = [whole_day(day).end for day in days if day.weekday() in (0, 1, 3, 4)][::2]
    usual = [sum(is_unsolved(ticket, evening) for ticket in season) for evening in evenings]
    half = len(usual) // 2
    assert 78 < mean(usual) < 100
    assert 50 < min(usual) < max(usual) < 135
    assert mean(usual[:half]) == pytest.approx(mean(usual[half:]), rel=0.15)


def first_replies_on(day: date, **given: Given) -> list[Ticket]:
    now = midnight(day + timedelta(days=1)) + timedelta(hours=7)
    window = whole_day(day)
    return [
        ticket
        for ticket in read_days(4, now, **given)
        if ticket.first_reply_at and ticket.first_reply_at in window and not ticket.removal
    ]


def billing_by_email(tickets: Iterable[Ticket]) -> list[Ticket]:
    return [ticket for ticket in by(tickets, "email") if ticket.group == "Billing"]


@pytest.mark.thorough
def test_an_incident_shows_in_the_days_first_replies() -> None:
    day = THURSDAY - timedelta(days=2)
    usual = first_replies_on(day, incident=NEVER, volume=100)
    incident = first_replies_on(day, incident=day, volume=100)
    assert median(minutes_to_reply(incident)) > 95
    assert median(minutes_to_reply(incident)) > 1.8 * median(minutes_to_reply(usual))
    assert median(minutes_to_reply(billing_by_email(incident))) > 120
    rest = [ticket for ticket in by(incident, "email") if ticket.group != "Billing"]
    assert median(minutes_to_reply(billing_by_email(incident))) > median(minutes_to_reply(rest))


@pytest.mark.thorough
def test_an_incident_brings_more_billing_by_email_in_its_hours() -> None:
    def came(incident: date) -> int:
        day_window = whole_day(THURSDAY)
        hit = Window(day_window.start + timedelta(hours=9), day_window.start + timedelta(hours=13))
        tickets = [
            t
            for seed in range(2)
            for t in billing_by_email(
                created_on(THURSDAY, seed=seed, incident=incident, volume=USUAL)
            )
        ]
        return sum(ticket.created_at in hit for ticket in tickets)

    assert came(THURSDAY) / came(NEVER) == pytest.approx(1.8, abs=0.35)


@pytest.mark.thorough
def test_an_incident_brings_more_trouble() -> None:
    """Escalations and complaints among what came on that day, at two desks."""
    usual_day, hit = (
        [
            ticket
            for seed in range(2)
            for ticket in created_on(THURSDAY, seed=seed, incident=day, volume=USUAL)
        ]
        for day in (NEVER, THURSDAY)
    )
    assert share(hit, lambda t: t.escalated) > 1.5 * share(usual_day, lambda t: t.escalated)
    assert share(hit, lambda t: t.complaint) > 1.5 * share(usual_day, lambda t: t.complaint)


def told_of_thursday(stream: Stream, incident: date) -> list[Row]:
    """What a large desk tells of that day four days later."""
    now = midnight(THURSDAY + timedelta(days=4))
    return rows_of_days(stream, 4, now, incident=incident, volume=200, seed=8)


@pytest.mark.thorough
def test_an_incident_shows_in_satisfaction() -> None:
    usual_share, hit_share = (
        positive(
            [
                rating
                for rating in ratings(told_of_thursday(Stream.RATINGS, day))
                if str(rating.ticket).startswith(f"{THURSDAY:%y%m%d}")
            ]
        )
        for day in (NEVER, THURSDAY)
    )
    assert hit_share < usual_share - 0.08


def test_an_incident_shows_in_the_calls() -> None:
    usual_day, hit = (on_thursday(told_of_thursday(Stream.CALLS, day)) for day in (NEVER, THURSDAY))
    assert len(hit) > 1.25 * len(usual_day)
    assert median(seconds(c.wait for c in hit)) > 1.8 * median(seconds(c.wait for c in usual_day))
    assert share(hit, lambda c: c.is_abandoned) > 2 * share(usual_day, lambda c: c.is_abandoned)


def test_an_incident_shows_in_what_is_read() -> None:
    usual_views, hit_views = (
        sum(a.views for a in articles(told_of_thursday(Stream.ARTICLES, day)) if a.day == THURSDAY)
        for day in (NEVER, THURSDAY)
    )
    assert hit_views / usual_views == pytest.approx(1.4, abs=0.15)


def on_thursday(rest: Iterable[Row]) -> list[Call]:
    return [call for call in offered(rest) if call.started_at in whole_day(THURSDAY)]


def test_without_a_day_for_it_there_is_an_incident_on_a_weekday_in_about_one_week_of_five() -> None:
    days = [date(2026, 1, 5) + timedelta(days=n) for n in range(7 * 52)]
    hit = [day for seed in range(20) for day in days if is_incident(Settings(seed=seed), day)]
    assert {day.weekday() for day in hit} == {0, 1, 2, 3, 4}
    assert len(hit) / (20 * 52) == pytest.approx(0.2, abs=0.04)
    assert not any(is_incident(Settings(incident=THURSDAY), day) for day in days if day != THURSDAY)


@pytest.mark.thorough
def test_a_holiday_is_almost_a_weekend() -> None:
    usual = len(created_on(THURSDAY, seed=1, volume=USUAL, incident=NEVER))
    holiday = len(created_on(THURSDAY, seed=1, volume=USUAL, incident=NEVER, holiday=THURSDAY))
    assert 0.25 * usual < holiday < 0.55 * usual


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (THURSDAY, THURSDAY),
        (date(2026, 11, 2), date(2026, 11, 9)),
        (date(2026, 10, 31), date(2026, 10, 31)),
        (THURSDAY, date(2026, 12, 24)),
    ],
)
def test_the_count_is_that_of_the_tickets_read(
    recent: list[Ticket], first: date, last: date
) -> None:
    window = Window(whole_day(first).start, whole_day(last).end)
    told = [ticket for ticket in recent if ticket.created_at in window and not ticket.removal]
    assert desk_at(T()).count(window) == len(told) > 0


def test_a_window_that_ends_within_a_day_counts_its_part_of_it(recent: list[Ticket]) -> None:
    window = Window(T(hours=-20), T(hours=-17.5))
    expected = [t for t in recent if t.created_at in window and not t.removal]
    assert desk_at(T()).count(window) == len(expected) > 5


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_on_which_clocks_change_has_its_tickets(day: date) -> None:
    tickets = created_on(day, volume=100)
    serial = sorted(ticket.id for ticket in tickets)
    assert len(serial) > 20
    assert serial[0] == f"{day:%y%m%d}0001"
    assert serial == [f"{day:%y%m%d}{n:04}" for n in range(1, len(serial) + 1)]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Beirut", "Pacific/Apia", "UTC"])
def test_agents_work_by_the_clocks_of_their_zone(zone: str) -> None:
    replies = [
        response.answered_at.astimezone(ZoneInfo(zone))
        for ticket in read_days(4, zone=zone, volume=30)
        for response in ticket.responses
    ]
    assert len(replies) > 50
    assert all(9 <= reply.hour < 22 or reply.time() == time(22) for reply in replies)


def test_a_small_desk_is_still_a_desk() -> None:
    tickets = read_days(60, volume=1)
    assert 10 < len(tickets) < 120
    assert all(t.status is Status.CLOSED for t in tickets if t.created_at < T() - LIFE)


def test_it_is_loaded_by_its_kind_with_settings_as_the_environment_gives_them() -> None:
    given = {"kind": "demo", "seed": "7", "volume": "140", "incident": "2026-11-19"}
    desk = load("play", given, StandingClock(T()))
    facts = desk.check()
    assert desk.name == "play"
    assert desk.url("2611190001") == "https://demo.invalid/tickets/2611190001"
    assert len(facts) == 3
    today = desk.count(Window(midnight(date(2026, 11, 20)), T()))
    assert facts[2] == f"{today} tickets came in today so far, in Europe/Athens."
    desk.close()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("zone", "Europe/Atens", "there is no time zone 'Europe/Atens'"),
        ("volume", 0, "greater than or equal to 1"),
        ("token", "x", "has no setting “token”"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: str | int, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DESKPULSE_DESKS__PLAY__{setting.upper()}") as e:
        load("play", {"kind": "demo", setting: value}, StandingClock(T()))
    assert said in e.value.message
