"""The job that stores readings: what it stores, that it follows late data, and that one does it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.digests.timetable import Kind, Timetable, baseline
from bot.domain import Window
from bot.periods import Period, last_days, periods
from bot.services import Services
from bot.store import kept, leases, schedules
from bot.store.database import Database
from bot.store.readings import Sources
from bot.store.tables import Desk, ReadingRow
from bot.store.tickets import keep
from jobs.readings import HOURS_KEPT, bring_up_to_date, closed_periods, readings
from jobs.tidy import tidy
from tests.programs import program
from tests.store_samples import SECRET, Plan, a_solved_ticket
from tests.times import StandingClock, T

#: Each stores all numbers of all periods.
pytestmark = pytest.mark.thorough

#: Read from four days before until an hour ago.
SINCE, UNTIL = T(days=-4), T(hours=-1)

TICKETS = [
    a_solved_ticket(
        str(day),
        T(days=-day, hours=-1),
        T(days=-day),
        requester=f"{day}@example.org",
        group="Billing",
        channel="email",
    )
    for day in range(1, 4)
]


@pytest.fixture
def services(database: Database) -> Services:
    with database.writing() as session:
        Plan("acme", TICKETS, data_from=SINCE, data_until=UNTIL).store(session, 1)
    return program(database, StandingClock(T()))


def hold(services: Services, windows: list[Window], by: str | None = None) -> list[bool]:
    """Of which windows the stored readings hold."""
    dimension = next(one for one in kept.DIMENSIONS if one == by)
    with services.reading() as session:
        basis = Sources(session, 1).basis
        found = kept.find(session, 1, windows, dimension, basis)
    return [place in found for place in range(len(windows))]


def closed(services: Services, kind: Period) -> list[Window]:
    return periods(kind, SINCE, UNTIL, services.settings.tz)


def test_every_closed_period_is_stored_by_every_dimension(services: Services) -> None:
    bring_up_to_date(services, T())
    for kind in (Period.HOUR, Period.DAY):
        windows = closed(services, kind)
        assert len(windows) >= 3
        for by in kept.DIMENSIONS:
            assert all(hold(services, windows, by)), (kind, by)
    today = Window(T(hours=-9), T())
    assert hold(services, [today]) == [False]


def test_what_digests_and_people_ask_for_is_stored(database: Database) -> None:
    """A weekly digest of Wednesdays is about weeks of its own; `/kpi` is about the last 7 days."""
    with database.writing() as session:
        Plan("acme", [], data_from=T(days=-90), data_until=UNTIL).store(session, 1)
    services = program(database, StandingClock(T()))
    zone = services.settings.tz
    table = Timetable(Kind.WEEKLY, T().time(), zone, (2,))
    with services.writing() as session:
        schedules.add(session, 1, "C1", table, locale="en", by="U1", now=T(days=-20))
    wanted = closed_periods(services, T())
    assert len(wanted) == len(set(wanted))
    asked = {last_days(T(), days, zone) for days in (7, 30)}
    assert {table.window(T(days=-2)), *asked} <= set(wanted)
    for kind in (Period.DAY, Period.WEEK, Period.MONTH):
        months = periods(kind, T(days=-90), UNTIL, zone)
        assert set(months) <= set(wanted)
    hours = periods(Period.HOUR, T(days=-90), UNTIL, zone)
    assert set(hours[-1_000:]) <= set(wanted)
    assert hours[0] not in wanted  # nine weeks of hours are kept whole


def test_the_days_that_say_what_is_usual_are_stored_before_all_others(database: Database) -> None:
    """A daily digest is judged by eight weeks of days: none of them is to be computed when it is due."""
    with database.writing() as session:
        Plan("acme", [], data_from=T(days=-200), data_until=UNTIL).store(session, 1)
    services = program(database, StandingClock(T()))
    table = Timetable(Kind.DAILY, T().time(), ZoneInfo("Europe/Athens"), (0, 1, 2, 3, 4))
    with services.writing() as session:
        schedules.add(session, 1, "C1", table, locale="en", by="U1", now=T(days=-20))
    due = table.window(T(days=-1))
    windows = [*baseline(due).windows, due]
    assert len(windows) > 50
    first = closed_periods(services, T())[:90]
    assert set(windows) <= set(first)


def test_a_second_run_stores_nothing(services: Services) -> None:
    assert bring_up_to_date(services, T()) > 0
    assert bring_up_to_date(services, T()) == 0


def test_late_data_cost_only_the_periods_that_they_touch(services: Services) -> None:
    """One ticket of three days ago: its hours, days and weeks, of all dimensions."""
    bring_up_to_date(services, T())
    with services.writing() as session:
        desk = session.scalars(select(Desk)).one()
        changed = a_solved_ticket(
            "3",
            T(days=-3, hours=-1),
            T(days=-3),
            requester="3@example.org",
            group="Billing",
            channel="email",
            agent_messages=9,
        )
        keep(session, desk, [changed], SECRET)
    redone = bring_up_to_date(services, T())
    # The hour and the day of the solve, the rolling weeks in which it lies, the heat of none.
    assert 0 < redone <= 4 * len(kept.DIMENSIONS)
    assert all(hold(services, closed(services, Period.DAY)))


def test_a_stop_leaves_what_was_stored_and_the_next_run_goes_on(services: Services) -> None:
    services.stopping.set()
    assert bring_up_to_date(services, T()) == 0
    services.stopping.clear()
    assert bring_up_to_date(services, T()) > 0


def test_only_one_worker_does_it_at_a_time(services: Services) -> None:
    with services.writing() as session:
        leases.take(session, 1, "readings", "another", now=T(), span=timedelta(minutes=10))
    readings(services, T())
    with services.reading() as session:
        assert session.scalars(select(ReadingRow)).first() is None
    readings(services, T(minutes=11))
    with services.reading() as session:
        assert session.scalars(select(ReadingRow)).first() is None  # the clock stood still
    with services.writing() as session:
        leases.give_back(session, 1, "readings", "another")
    readings(services, T())
    with services.reading() as session:
        assert session.scalars(select(ReadingRow)).first() is not None


def test_nothing_is_stored_before_a_desk_was_read_to_its_end(database: Database) -> None:
    with database.writing() as session:
        Plan("acme", TICKETS, data_from=SINCE, data_until=None).store(session, 1)
    assert bring_up_to_date(program(database, StandingClock(T())), T()) == 0


def test_every_night_the_hours_of_nine_weeks_ago_keep_only_the_backlog(services: Services) -> None:
    bring_up_to_date(services, T())
    hours = closed(services, Period.HOUR)
    tidy(services, hours[2].end + HOURS_KEPT)
    with services.reading() as session:
        basis = Sources(session, 1).basis
        found = kept.find(session, 1, hours, None, basis)
    assert [found[place].metrics == {"backlog"} for place in range(6)] == [True] * 3 + [False] * 3
    assert all(hold(services, closed(services, Period.DAY)))


def test_every_night_what_nobody_asks_for_any_more_is_forgotten(services: Services) -> None:
    """The "last 7 days" of days that are past, and the weeks of a digest that was removed."""
    earlier = [Window(SINCE, T(days=-1)), Window(T(days=-3), T(days=-1))]
    wanted = closed(services, Period.DAY)
    bring_up_to_date(services, T(), wanted=[*earlier, *wanted])
    assert all(hold(services, [*earlier, *wanted]))
    tidy(services, T())
    assert hold(services, earlier) == [False, False]
    assert all(all(hold(services, wanted, by)) for by in kept.DIMENSIONS)
    assert bring_up_to_date(services, T()) > 0


def test_an_hour_that_comes_twice_is_one_period_in_every_zone(database: Database) -> None:
    """Else one of the two would be missing for ever: what is stored is found by its moments."""
    with database.writing() as session:
        Plan("acme", [], data_from=T(days=-40), data_until=UNTIL).store(session, 1)
    services = program(database, StandingClock(T()), zone="UTC")
    table = Timetable(Kind.DAILY, T().time(), ZoneInfo("Europe/Athens"), (0, 1, 2, 3, 4))
    with services.writing() as session:
        schedules.add(session, 1, "C1", table, locale="en", by="U1", now=T(days=-20))
    wanted = closed_periods(services, T())
    spans = [(window.start.timestamp(), window.end.timestamp()) for window in wanted]
    assert len(spans) == len(set(spans))
