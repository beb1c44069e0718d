"""Business time per ticket: by the hours of its groups, anew when the hours change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.domain import BusinessTimes, Fact, Response, Stay, Stretch, Window
from bot.hours import DeskHours
from bot.metrics import CATALOGUE, Clock
from bot.services import Services
from bot.settings import BusinessHours, Given
from bot.store.database import Database
from bot.store.readings import read
from bot.store.tables import Desk, ResponseRow, TicketRow
from bot.store.tickets import keep
from jobs.sync import read_desk
from tests.programs import PagedDesk, program
from tests.store_samples import SECRET, a_desk, a_solved_ticket, a_ticket
from tests.times import StandingClock, T

UTC_ZONE = ZoneInfo("UTC")


def hours(**named: dict[str, Any]) -> DeskHours:
    return DeskHours({name: BusinessHours(**told) for name, told in named.items()}, UTC_ZONE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stored(database: Database, ticket: Any, by: DeskHours) -> TicketRow:
    with database.writing() as session:
        desk = a_desk(session)
        keep(session, desk, [ticket], SECRET, by)
        return session.scalars(select(TicketRow)).one()


WORKDAYS = hours(all={"week": "mon-fri 9-17"})


def test_what_a_ticket_took_is_kept_in_business_seconds(database: Database) -> None:
    """Created on Friday at 16:00, answered on Monday at 10:00, solved on Tuesday at 9:30."""
    row = stored(
        database,
        a_solved_ticket(
            "1",
            at("2026-11-13T16:00"),
            at("2026-11-17T09:30"),
            first_reply_at=at("2026-11-16T10:00"),
            waits=[
                Stretch(at("2026-11-13T16:00"), at("2026-11-16T10:00")),
                Stretch(at("2026-11-16T20:00"), at("2026-11-17T09:30")),
            ],
        ),
        WORKDAYS,
    )
    hour = 3_600
    assert row.first_reply_business == 2 * hour
    assert row.resolution_business == row.first_resolution_business == 9.5 * hour
    assert row.wait_business == 2.5 * hour
    assert row.after_hours is False


def test_without_hours_business_time_is_nothing_never_0(database: Database) -> None:
    row = stored(
        database,
        a_solved_ticket("1", T(), T(hours=1), group="Night", first_reply_at=T(minutes=5)),
        hours(day={"week": "mon-fri 9-17", "groups": ["Day"]}),
    )
    assert row.first_reply_business is row.resolution_business is row.wait_business is None
    assert row.after_hours is None


def test_each_stay_is_measured_by_the_hours_of_its_group(database: Database) -> None:
    """An hour of each: the first group works in the morning, the second in the afternoon."""
    by = hours(
        early={"week": "mon-sun 6-10", "groups": ["Early"]},
        late={"week": "mon-sun 14-22", "groups": ["Late"]},
    )
    moved = at("2026-11-17T12:00")
    row = stored(
        database,
        a_ticket(
            "1",
            at("2026-11-17T09:00"),
            group="Late",
            first_reply_at=at("2026-11-17T15:00"),
            stays=[Stay(at("2026-11-17T09:00"), "Early"), Stay(moved, "Late")],
        ),
        by,
    )
    assert row.first_reply_business == 2 * 3_600


def test_hours_that_changed_hold_each_for_their_time(database: Database) -> None:
    by = hours(
        old={"week": "mon-sun 9-17"},
        new={"week": "mon-sun 9-12", "since": date(2026, 11, 18)},
    )
    row = stored(
        database,
        a_ticket("1", at("2026-11-17T00:00"), first_reply_at=at("2026-11-19T00:00")),
        by,
    )
    assert row.first_reply_business == (8 + 3) * 3_600


def test_a_group_of_its_own_hours_wins_over_those_of_all(database: Database) -> None:
    by = hours(all={"week": "mon-sun 9-17"}, night={"week": "mon-sun 22-6", "groups": ["Night"]})
    row = stored(database, a_ticket("1", at("2026-11-17T23:00"), group="night"), by)
    assert row.after_hours is False


@pytest.mark.parametrize(("first", "second", "late"), [("Night", "Day", 0), ("Day", "Night", 1)])
def test_a_ticket_comes_in_the_hours_of_its_first_group_however_soon_it_is_moved(
    database: Database, first: str, second: str, late: int
) -> None:
    by = hours(all={"week": "mon-sun 9-17"}, night={"week": "mon-sun 22-6", "groups": ["Night"]})
    created = at("2026-11-17T23:00")
    moved = [Stay(created, first), Stay(created, second)]
    row = stored(database, a_ticket("1", created, group=second, stays=moved), by)
    assert row.after_hours == bool(late)


def test_the_desks_own_business_time_takes_the_place_of_ours(database: Database) -> None:
    told = BusinessTimes(first_reply=timedelta(minutes=7))
    row = stored(
        database,
        a_solved_ticket("1", T(), T(hours=1), first_reply_at=T(minutes=30), business=told),
        hours(all={"week": "mon-sun 0-24"}),
    )
    assert (row.first_reply_business, row.resolution_business) == (420, 3_600)


# --- When the hours change ------------------------------------------------------------------------

SOLVED = a_solved_ticket(
    "1",
    T(days=-2),
    T(days=-1),
    group="Billing",
    first_reply_at=T(days=-2, hours=3),
    responses=[Response(T(days=-2), T(days=-2, hours=3))],
)


def with_hours(database: Database, desk: PagedDesk, week: str | None) -> Services:
    own: dict[str, Any] = {} if week is None else {"hours": {"all": {"week": week}}}
    return program(database, StandingClock(T()), desks=[desk], **own)


@pytest.mark.parametrize("first", [None, "mon-sun 0-1"])
def test_what_is_stored_is_measured_again_when_the_hours_change(
    database: Database, first: str | None
) -> None:
    """Nothing is read again for it: the desk has nothing new to tell."""
    desk = PagedDesk(pages=[[SOLVED]])
    read_desk(with_hours(database, desk, first), "acme")
    services = with_hours(database, desk, "mon-sun 0-24")
    done = read_desk(services, "acme")
    assert done.tickets == 0
    with database.reading() as session:
        row = session.scalars(select(TicketRow)).one()
        assert (row.first_reply_business, row.resolution_business) == (3 * 3_600, 24 * 3_600)
        assert session.scalars(select(ResponseRow)).one().business == 3 * 3_600
        told = session.scalars(select(Desk)).one()
        assert told.hours is not None
        assert Fact.HOURS in told.gives
        window = Window(T(days=-3), T())
        (reading,) = read(
            session, 1, [CATALOGUE["resolution_time"]], [window], clock=Clock.BUSINESS
        )
        assert (reading.value, reading.clock) == (24 * 3_600, Clock.BUSINESS)


def test_hours_that_are_taken_away_leave_no_business_time(database: Database) -> None:
    desk = PagedDesk(pages=[[SOLVED]])
    read_desk(with_hours(database, desk, "mon-sun 0-24"), "acme")
    read_desk(with_hours(database, desk, None), "acme")
    with database.reading() as session:
        assert session.scalars(select(TicketRow)).one().resolution_business is None
        assert session.scalars(select(Desk)).one().hours is None


def test_a_stop_while_measuring_is_made_up_for(database: Database) -> None:
    desk = PagedDesk(pages=[[SOLVED]])
    read_desk(with_hours(database, desk, None), "acme")
    stopped = with_hours(database, desk, "mon-sun 0-24")
    stopped.stopping.set()
    assert not read_desk(stopped, "acme").finished
    read_desk(with_hours(database, desk, "mon-sun 0-24"), "acme")
    with database.reading() as session:
        assert session.scalars(select(TicketRow)).one().resolution_business == 24 * 3_600


def test_a_stop_while_measuring_is_made_up_for_when_the_old_hours_are_back(
    database: Database,
) -> None:
    """Some tickets may have been measured by the new ones by then."""
    desk = PagedDesk(pages=[[SOLVED]])
    read_desk(with_hours(database, desk, "mon-sun 0-24"), "acme")
    stopped = with_hours(database, desk, "mon-fri 9-17")
    stopped.stopping.set()
    assert not read_desk(stopped, "acme").finished
    with database.writing() as session:
        session.scalars(select(TicketRow)).one().resolution_business = 1
    read_desk(with_hours(database, desk, "mon-sun 0-24"), "acme")
    with database.reading() as session:
        assert session.scalars(select(TicketRow)).one().resolution_business == 24 * 3_600


# --- Which hours hold ----------------------------------------------------------------------------


def open_at(hours: DeskHours, group: str | None, *moments: str) -> list[bool]:
    open_time = hours.of(group)
    assert open_time is not None
    return [open_time.is_open(int(datetime.fromisoformat(at).timestamp())) for at in moments]


def test_hours_of_one_desk_go_before_those_of_all() -> None:
    told = {
        "support": BusinessHours(week="mon-fri 9-17"),
        "acme": BusinessHours(week="mon-fri 6-8", desks=["Acme"]),
    }
    settings = Given(hours=told, desks={"acme": {"kind": "demo"}, "shop": {"kind": "demo"}})
    at = ("2026-11-20T07:00Z", "2026-11-20T10:00Z")
    assert open_at(DeskHours.of_desk(settings, "acme"), None, *at) == [True, False]
    assert open_at(DeskHours.of_desk(settings, "shop"), None, *at) == [False, True]


def test_until_a_group_has_hours_of_its_own_it_has_those_of_the_others() -> None:
    told = {
        "support": BusinessHours(week="mon-fri 9-17"),
        "night": BusinessHours(week="mon-sun 22-24", groups=["Night"], since=date(2027, 1, 1)),
    }
    hours = DeskHours(told, UTC_ZONE)
    before = ("2026-11-20T10:00Z", "2026-11-20T23:00Z")
    after = ("2027-01-08T10:00Z", "2027-01-08T23:00Z")
    assert open_at(hours, "Night", *before, *after) == [True, False, False, True]
    assert open_at(hours, "Day", *before, *after) == [True, False, True, False]


# --- Settings ------------------------------------------------------------------------------------

WRONG = [
    ({"week": "mon-fri 9-25"}, "“25” is not a time of day"),
    ({"week": "someday 9-17"}, "“someday” is not a weekday"),
    ({"week": "9-17", "country": "XX"}, "XX"),
    ({"week": "mon-fri 9-17", "zone": "Mars/Base"}, "Mars/Base"),
    ({"week": "mon-fri 9-17", "special": {"2026-12-24": "9"}}, "“9”"),
]


@pytest.mark.parametrize(("told", "said"), WRONG)
def test_wrong_hours_are_told_in_a_sentence(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Given(hours={"all": told})


def test_hours_without_weekdays_are_those_of_the_working_days_of_the_country() -> None:
    tehran = BusinessHours(week="9-17", country="IR").hours(UTC_ZONE)
    assert [bool(spans) for spans in tehran.week] == [True, True, True, True, False, True, True]


@pytest.mark.parametrize("week", ["9am-5pm", "9–17", "9 to 17", "9:00-17:00"])
def test_hours_without_weekdays_may_be_written_as_those_with_them(week: str) -> None:
    assert BusinessHours(week=week).hours(UTC_ZONE).week[0] == ((540, 1020),)


def test_hours_of_a_desk_that_there_is_not_are_refused() -> None:
    told = {"a": {"week": "mon-fri 9-17", "desks": ["acne"]}}
    with pytest.raises(ValueError, match="a is for the desk “acne”; the desks are: acme"):
        Given(hours=told, desks={"acme": {"kind": "demo"}})


def test_two_hours_for_the_same_from_the_same_day_are_refused() -> None:
    both = {"a": {"week": "mon-fri 9-17"}, "b": {"week": "mon-fri 8-16"}}
    with pytest.raises(ValueError, match="a and b are for the same desk and group"):
        Given(hours=both)
