from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from itertools import chain, islice, pairwise
from statistics import mean, median, quantiles
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Fact, Removal, Status, Ticket, Window
from bot.errors import ConfigurationError
from bot.helpdesks import Cursor, load
from bot.helpdesks.demo import LIFE, PAGE_SIZE, DemoDesk, Settings, is_incident, open_desk
from tests.times import StandingClock, T

ATHENS = ZoneInfo("Europe/Athens")
THURSDAY = date(2026, 11, 19)
NEVER = date(2000, 1, 1)
FRIDAY = T()

Given = str | int | date


def desk_at(now: datetime, **given: Given) -> DemoDesk:
    return open_desk("demo", Settings.model_validate(given), StandingClock(now))


def read(desk: DemoDesk, since: Cursor) -> list[Ticket]:
    return [ticket for page in desk.tickets(since) for ticket in page.tickets]


def read_days(days: float, now: datetime = FRIDAY, **given: Given) -> list[Ticket]:
    """What changed in the days before `now`."""
    desk = desk_at(now, **given)
    return read(desk, desk.start(Window(now - timedelta(days=days), now)))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ATHENS)


def whole_day(day: date) -> Window:
    return Window(midnight(day), midnight(day + timedelta(days=1)))


def created_on(day: date, **given: Given) -> list[Ticket]:
    """The tickets of that day as they stand the next morning."""
    now = midnight(day + timedelta(days=1)) + timedelta(hours=7)
    return [t for t in read_days(3, now, **given) if t.created_at in whole_day(day)]


def moments(ticket: Ticket) -> list[datetime]:
    """Every moment that the ticket tells."""
    responses = [(part.asked_at, part.answered_at) for part in ticket.responses]
    reopenings = [(part.solved_at, part.reopened_at) for part in ticket.reopenings]
    single = (
        *(ticket.created_at, ticket.updated_at, ticket.first_reply_at),
        *(ticket.first_solved_at, ticket.last_solved_at),
    )
    return [moment for moment in chain(single, *responses, *reopenings) if moment]


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


def share(tickets: Sequence[Ticket], holds: Callable[[Ticket], object]) -> float:
    return sum(bool(holds(ticket)) for ticket in tickets) / len(tickets)


def is_unsolved(ticket: Ticket, at: datetime) -> bool:
    if ticket.created_at > at:
        return False
    solved_for_good = (
        ticket.status.is_solved and ticket.last_solved_at and ticket.last_solved_at <= at
    )
    return not solved_for_good and not any(
        stretch.solved_at <= at < stretch.reopened_at for stretch in ticket.reopenings
    )


@pytest.fixture(scope="module", params=[7, 8])
def season(request: pytest.FixtureRequest) -> list[Ticket]:
    """What counts of 90 days, without an incident."""
    tickets = read_days(90, seed=request.param, incident=NEVER)
    return [ticket for ticket in tickets if not ticket.removal]


@pytest.fixture(scope="module")
def recent() -> list[Ticket]:
    """What changed in 25 days, in its order, removed tickets too."""
    return read_days(25)


def test_the_same_seed_is_the_same_desk_and_another_is_another() -> None:
    assert read_days(2, volume=50) == read_days(2, volume=50)
    assert read_days(2, volume=50) != read_days(2, volume=50, seed=8)


def test_a_days_tickets_come_in_the_same_whenever_one_looks() -> None:
    def arrivals(now: datetime) -> list[tuple[str, datetime]]:
        tickets = read_days(8, now, volume=50)
        return sorted((t.id, t.created_at) for t in tickets if t.created_at in whole_day(THURSDAY))

    assert arrivals(T()) == arrivals(T(hours=3)) == arrivals(T(days=4))


steps = st.lists(
    st.tuples(st.integers(min_value=0, max_value=5 * 86_400), st.integers(0, 3)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None)
@given(
    back=st.integers(min_value=0, max_value=30),
    stops=steps,
    seed=st.integers(min_value=0, max_value=99),
    volume=st.sampled_from([3, 30]),
)
def test_a_stream_that_stops_and_goes_on_tells_what_one_read_at_the_end_tells(
    back: int, stops: list[tuple[int, int]], seed: int, volume: int
) -> None:
    """Each step moves the clock by seconds, then reads so many pages before it stops."""
    clock = StandingClock(T())
    desk = open_desk("demo", Settings(seed=seed, volume=volume), clock)
    start = cursor = desk.start(Window(T(days=-back), T()))
    kept: dict[str, Ticket] = {}
    for seconds, pages in stops:
        clock.sleep(seconds)
        for page in islice(desk.tickets(cursor), pages):
            kept |= {ticket.id: ticket for ticket in page.tickets}
            cursor = json.loads(json.dumps(page.cursor))
    kept |= {ticket.id: ticket for ticket in read(desk, cursor)}
    assert kept == {ticket.id: ticket for ticket in read(desk, start)}


def test_pages_are_in_order_of_change() -> None:
    desk = desk_at(T())
    pages = list(desk.tickets(desk.start(Window(T(days=-20), T()))))
    keys = [(ticket.updated_at, ticket.id) for page in pages for ticket in page.tickets]
    assert len(pages) > 3
    assert [len(page.tickets) for page in pages[:-1]] == [PAGE_SIZE] * (len(pages) - 1)
    assert all(one < next_one for one, next_one in pairwise(keys))


@pytest.mark.parametrize("at", [0, 777, 2000, -2])
def test_a_stream_goes_on_after_any_ticket(recent: list[Ticket], at: int) -> None:
    cursor = {"updated": recent[at].updated_at.isoformat(), "id": recent[at].id}
    assert read(desk_at(T()), cursor) == recent[at:][1:]


@pytest.mark.parametrize("days", [0.01, 0.3, 1, 2.5, 21, 40])
def test_the_expected_number_of_tickets_is_the_right_one(days: float) -> None:
    desk = desk_at(T(), incident=THURSDAY)
    pages = list(desk.tickets(desk.start(Window(T(days=-days), T()))))
    assert {page.expected for page in pages} == {sum(len(page.tickets) for page in pages)}


def test_nothing_new_is_no_page() -> None:
    desk = desk_at(T())
    assert list(desk.tickets({"updated": T().isoformat(), "id": "~"})) == []
    assert list(desk.tickets(desk.start(Window(T(days=3), T(days=3))))) == []


@pytest.mark.parametrize("now", [T(), T(hours=-9), T(hours=6.51), T(days=-26, hours=-6)])
def test_nothing_is_told_that_is_still_to_come(now: datetime) -> None:
    desk = desk_at(now)
    told = [moment for ticket in read_days(12, now) for moment in moments(ticket)]
    assert len(told) > 1000
    assert max(told) <= now
    assert desk.count(Window(now + timedelta(seconds=1), now + timedelta(days=9))) == 0


def test_a_ticket_changes_no_more_after_its_life() -> None:
    later = {ticket.id: ticket for ticket in read_days(120, T(days=60), volume=40)}
    old = [t for t in read_days(60, volume=40) if t.created_at < T() - LIFE]
    assert len(old) > 800
    assert [later[ticket.id] for ticket in old] == old


def test_every_fact_is_told(season: list[Ticket]) -> None:
    assert desk_at(T()).capabilities.facts == frozenset(Fact)
    for field in fields(Ticket):
        if field.name != "removal":
            assert any(getattr(ticket, field.name) for ticket in season), field.name
    assert {ticket.status for ticket in season} == set(Status)
    assert Counter(ticket.channel for ticket in season).keys() == {
        *("email", "chat", "phone", "web", "social")
    }
    assert len({ticket.solver for ticket in season if ticket.solver}) == 12
    assert {ticket.priority for ticket in season} == {"low", "normal", "high", "urgent"}


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


def test_few_tickets_are_removed_in_every_way(recent: list[Ticket]) -> None:
    removed = [ticket for ticket in recent if ticket.removal]
    assert {ticket.removal for ticket in removed} == set(Removal)
    assert 0.01 < len(removed) / len(recent) < 0.04


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
    "one touch": (lambda ts: share(solved(ts), lambda t: t.agent_replies == 1), 0.35, 0.5),
    "billing": (lambda ts: share(ts, lambda t: t.group == "Billing"), 0.33, 0.42),
    "onboarding": (lambda ts: share(ts, lambda t: t.group == "Onboarding"), 0.07, 0.13),
}


@pytest.mark.parametrize(("figure", "low", "high"), FIGURES.values(), ids=FIGURES)
def test_the_usual_figures_are_those_of_a_team_that_is_doing_well(
    season: list[Ticket], figure: Figure, low: float, high: float
) -> None:
    assert low < figure(season) < high


def by(tickets: Iterable[Ticket], channel: str) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.channel == channel]


def solved(tickets: Iterable[Ticket]) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.status.is_solved]


def test_the_week_is_strongest_on_monday_and_light_at_its_end(season: list[Ticket]) -> None:
    days = [THURSDAY - timedelta(days=n) for n in range(84)]
    created = Counter(ticket.created_at.astimezone(ATHENS).date() for ticket in season)
    usual = [mean(created[day] for day in days if day.weekday() == n) for n in range(7)]
    assert 125 < mean(usual[:5]) < 155
    assert usual[0] == max(usual)
    assert max(usual[5:]) < 0.45 * min(usual[:5])


def test_the_backlog_stays_where_it_is(season: list[Ticket]) -> None:
    days = [THURSDAY - timedelta(days=n) for n in range(84)]
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


@pytest.mark.parametrize("back", [0, 2, 3, 6])
def test_an_incident_shows_in_the_days_first_replies(back: int) -> None:
    day = THURSDAY - timedelta(days=back)
    usual = first_replies_on(day, incident=NEVER)
    incident = first_replies_on(day, incident=day)
    assert median(minutes_to_reply(incident)) > 95
    assert median(minutes_to_reply(incident)) > 1.8 * median(minutes_to_reply(usual))
    assert median(minutes_to_reply(billing_by_email(incident))) > 120
    rest = [ticket for ticket in by(incident, "email") if ticket.group != "Billing"]
    assert median(minutes_to_reply(billing_by_email(incident))) > median(minutes_to_reply(rest))


def test_an_incident_brings_more_billing_by_email_in_its_hours() -> None:
    def came(incident: date) -> int:
        day_window = whole_day(THURSDAY)
        hit = Window(day_window.start + timedelta(hours=9), day_window.start + timedelta(hours=13))
        tickets = [
            t
            for seed in range(2)
            for t in billing_by_email(created_on(THURSDAY, seed=seed, incident=incident))
        ]
        return sum(ticket.created_at in hit for ticket in tickets)

    assert came(THURSDAY) / came(NEVER) == pytest.approx(1.8, abs=0.35)


def test_without_a_day_for_it_there_is_an_incident_on_a_weekday_in_about_one_week_of_five() -> None:
    days = [date(2026, 1, 5) + timedelta(days=n) for n in range(7 * 52)]
    hit = [day for seed in range(20) for day in days if is_incident(Settings(seed=seed), day)]
    assert {day.weekday() for day in hit} == {0, 1, 2, 3, 4}
    assert len(hit) / (20 * 52) == pytest.approx(0.2, abs=0.04)
    assert not any(is_incident(Settings(incident=THURSDAY), day) for day in days if day != THURSDAY)


def test_a_holiday_is_almost_a_weekend() -> None:
    usual = len(created_on(THURSDAY, incident=NEVER))
    holiday = len(created_on(THURSDAY, incident=NEVER, holiday=THURSDAY))
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
    assert desk_at(T()).count(window) == len(expected) > 10


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_on_which_clocks_change_has_its_tickets(day: date) -> None:
    tickets = created_on(day, volume=300)
    serial = sorted(ticket.id for ticket in tickets)
    assert len(serial) > 50
    assert serial[0] == f"{day:%y%m%d}0001"
    assert serial == [f"{day:%y%m%d}{n:04}" for n in range(1, len(serial) + 1)]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Beirut", "Pacific/Apia", "UTC"])
def test_agents_work_by_the_clocks_of_their_zone(zone: str) -> None:
    replies = [
        response.answered_at.astimezone(ZoneInfo(zone))
        for ticket in read_days(4, zone=zone, volume=60)
        for response in ticket.responses
    ]
    assert len(replies) > 100
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
