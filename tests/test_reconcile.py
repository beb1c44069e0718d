from __future__ import annotations

from datetime import datetime

import pytest
from structlog.testing import capture_logs

from bot.domain import Counted, Question, Rating, Removal, Scale, Ticket, Window
from bot.errors import DeskUnavailable
from bot.helpdesks import Stream
from bot.pauses import Pauses
from bot.services import WORKSPACE, Services
from bot.store import counts, desks, leases
from bot.store.database import Database
from jobs.reconcile import PATIENCE, compare, reconcile
from jobs.sync import read_desk
from tests.programs import PagedDesk, another, program, raising, ticket
from tests.times import StandingClock, T

#: Two tickets of the 18th of November, one of the 19th and one of the 20th, which is today.
TICKETS = [
    ticket("1", T(days=-2)),
    ticket("2", T(days=-2, hours=2)),
    ticket("3", T(days=-1)),
    ticket("4", T(hours=-1)),
]
OURS = {"2026-11-18": 2, "2026-11-19": 1}
BUSY = DeskUnavailable("acme answers 503.", "It is tried again.")


def a_desk(counted: dict[str, int] | None, tickets_: list[Ticket] = TICKETS) -> PagedDesk:
    return PagedDesk(pages=[tickets_], counted=counted)


def told(services: Services) -> list[tuple[str, int, int]]:
    """The days that digests and `doctor` tell of: the day, our count and theirs."""
    with services.reading() as session:
        rows = counts.differences(session, services.workspace)
        return [(row.day.strftime("%Y-%m-%d"), row.ours, row.theirs) for row in rows]


def test_days_on_which_both_count_the_same_are_not_told(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[a_desk(OURS)])
    assert compare(services, "acme", T()) == []
    assert told(services) == []


def test_a_day_that_differs_is_kept_and_logged_with_its_mend(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[a_desk({**OURS, "2026-11-19": 3})])
    with capture_logs() as lines:
        assert compare(services, "acme", T()) == [(T(days=-1, hours=-7), 1, 3)]
    assert told(services) == [("2026-11-19", 1, 3)]
    [warning] = [line for line in lines if line["event"] == "counts_differ"]
    assert warning["mend"] == "deskpulse sync --desk acme --since 2026-11-19"


def test_a_ticket_that_was_removed_is_not_counted(database: Database, clock: StandingClock) -> None:
    gone = [*TICKETS, ticket("5", T(days=-1), removal=Removal.SPAM)]
    services = program(database, clock, desks=[a_desk(OURS, gone)])
    assert compare(services, "acme", T()) == []


def test_what_changed_since_the_last_sync_is_read_before_the_comparison(
    database: Database, clock: StandingClock
) -> None:
    desk = a_desk(OURS, TICKETS[:2])
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    desk.pages = [TICKETS[:2], TICKETS[2:]]
    assert compare(services, "acme", T()) == []


def test_a_difference_is_told_until_the_day_is_right(
    database: Database, clock: StandingClock
) -> None:
    desk = a_desk({**OURS, "2026-11-19": 2})
    services = program(database, clock, desks=[desk])
    reconcile(services, T())
    assert told(services) == [("2026-11-19", 1, 2)]
    desk.pages = [TICKETS, [ticket("late", T(days=-1))]]
    reconcile(services, T())
    assert told(services) == []


@pytest.mark.thorough
def test_a_difference_that_is_healed_months_later_is_told_no_more(
    database: Database, clock: StandingClock
) -> None:
    desk = a_desk({**OURS, "2026-11-19": 2})
    services = program(database, clock, desks=[desk])
    reconcile(services, T())
    clock.move(days=90)
    reconcile(services, clock.now())
    assert told(services) == [("2026-11-19", 1, 2)]
    desk.counted = OURS
    reconcile(services, clock.now())
    assert told(services) == []


def test_todays_tickets_are_still_coming_in(database: Database, clock: StandingClock) -> None:
    services = program(database, clock, desks=[a_desk({**OURS, "2026-11-20": 50})])
    assert compare(services, "acme", T()) == []


def test_days_before_the_first_that_was_read_are_not_compared(
    database: Database, clock: StandingClock
) -> None:
    desk = a_desk({**OURS, "2026-11-17": 9, "2026-11-18": 9})
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme", since=T(days=-2))
    assert compare(services, "acme", T()) == []


def test_a_desk_that_cannot_count_is_left_out(database: Database, clock: StandingClock) -> None:
    desk = a_desk(None)
    services = program(database, clock, desks=[desk])
    assert compare(services, "acme", T()) == []
    assert desk.cursors == []


class Uncounted(PagedDesk):
    """A desk that can count, but not these days."""

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> None:
        del window, what


def test_a_day_that_a_desk_cannot_count_is_not_told(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[Uncounted(pages=[TICKETS], counted={})])
    assert compare(services, "acme", T()) == []
    assert told(services) == []


@pytest.mark.parametrize("error", [DeskUnavailable("503"), RuntimeError("a bug")])
def test_a_desk_that_fails_does_not_stop_the_others(
    database: Database, clock: StandingClock, error: Exception
) -> None:
    broken = PagedDesk("broken", [TICKETS], happens={0: raising(error)}, counted=OURS)
    other = PagedDesk("other", [TICKETS], counted={**OURS, "2026-11-19": 4})
    services = program(database, clock, desks=[broken, other])
    with capture_logs() as lines:
        reconcile(services, T())
    assert told(services) == [("2026-11-19", 1, 4)]
    assert {line["event"] for line in lines} & {"reconcile_failed", "job_failed"}


def read_by_another(services: Services, *, until: datetime) -> None:
    """Another process holds the desk, and does not end before that."""
    with services.writing() as session:
        now = services.clock.now()
        span = until - now
        assert leases.take(session, WORKSPACE, "sync:acme", "another", now=now, span=span)


@pytest.mark.thorough
def test_a_desk_that_is_being_read_is_compared_as_soon_as_that_is_done(
    database: Database, clock: StandingClock
) -> None:
    differs = {**OURS, "2026-11-19": 3}
    acme, other = a_desk(differs), PagedDesk("other", [TICKETS], counted=differs)
    services = program(database, clock, desks=[acme, other])
    other.happens = {0: lambda: waited.append(sum(clock.slept))}
    acme.happens = {0: lambda: waited.append(sum(clock.slept))}
    waited: list[float] = []
    read_by_another(services, until=T(minutes=2))
    with capture_logs() as lines:
        reconcile(services, T())
    assert waited == [0, 120]
    assert told(services) == [("2026-11-19", 1, 3)] * 2
    events = [line["event"] for line in lines if line["event"].startswith("reconcile")]
    assert events == ["reconcile_waits"]


@pytest.mark.thorough
def test_a_desk_that_is_read_for_longer_is_told_of_and_not_taken_for_right(
    database: Database, clock: StandingClock
) -> None:
    counted = {**OURS, "2026-11-19": 3, "2026-11-20": 1}
    services = program(database, clock, desks=[a_desk(counted)])
    read_by_another(services, until=T(minutes=50))
    with capture_logs() as lines:
        reconcile(services, T())
    assert clock.now() == T() + PATIENCE
    [warning] = [line for line in lines if line["event"] == "reconcile_failed"]
    assert "“acme” is being read by another process" in warning["problem"]
    assert told(services) == []
    clock.move(days=1)
    reconcile(services, clock.now())
    assert told(services) == [("2026-11-19", 1, 3)]


def test_a_process_that_is_asked_to_end_waits_for_no_other(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[a_desk(OURS)])
    read_by_another(services, until=T(minutes=50))
    services.stopping.set()
    with capture_logs() as lines:
        reconcile(services, T())
    assert clock.slept == []
    assert "reconcile_failed" in {line["event"] for line in lines}


def test_what_was_read_in_part_is_not_compared(database: Database, clock: StandingClock) -> None:
    desk = PagedDesk(pages=[TICKETS[:1], TICKETS[1:]], counted=OURS)
    services = program(database, clock, desks=[desk])
    desk.happens = {0: services.stopping.set}
    with capture_logs() as lines:
        reconcile(services, T())
    assert told(services) == []
    assert "reconcile_stopped" in {line["event"] for line in lines}


@pytest.mark.thorough
def test_each_desk_has_its_own_days(database: Database, clock: StandingClock) -> None:
    first = PagedDesk("first", [TICKETS], counted={**OURS, "2026-11-18": 3})
    second = PagedDesk("second", [TICKETS], counted={**OURS, "2026-11-19": 4})
    services = program(database, clock, desks=[first, second])
    with capture_logs():
        reconcile(services, T())
        with another(services) as again:
            reconcile(again, T())
    assert told(services) == [("2026-11-18", 2, 3), ("2026-11-19", 1, 4)]


def test_reports_of_ratings_are_compared_by_the_days_of_the_desk(
    database: Database, clock: StandingClock
) -> None:
    """A good rating at 23:30 UTC on the 17th was given on the 18th in Athens."""
    late = T(days=-3, hours=16.5)
    ratings = [Rating("1", Question.CSAT, Scale.THUMBS, late, late, 1)]
    desk = PagedDesk(
        pages=[TICKETS],
        facts={Stream.RATINGS: ratings},
        reports={
            Counted.GOOD_RATINGS: {"2026-11-18": 1},
            Counted.BAD_RATINGS: {"2026-11-19": 2},
        },
        zone="Europe/Athens",
    )
    services = program(database, clock, desks=[desk])
    with capture_logs() as lines:
        different = compare(services, "acme", T())
    midnight = T(days=-1, hours=-9)
    assert different == [(midnight, 0, 2)]
    [warning] = [line for line in lines if line["event"] == "counts_differ"]
    assert (warning["what"], warning["day"]) == ("bad ratings", "2026-11-19")
    with services.reading() as session:
        [row] = counts.differences(session, services.workspace)
    assert (row.what, row.day, row.ours, row.theirs) == ("bad ratings", midnight, 0, 2)
    desk.reports = {Counted.BAD_RATINGS: {}}
    assert compare(services, "acme", T()) == []
    assert told(services) == []


@pytest.mark.thorough
def test_what_is_counted_by_other_days_now_is_forgotten_with_its_differences(
    database: Database, clock: StandingClock
) -> None:
    """Nobody could ever find it right; nor what is not counted any more."""
    desk = PagedDesk(
        pages=[TICKETS],
        counted={"2026-11-18": 9},
        reports={Counted.GOOD_RATINGS: {"2026-11-18": 1}},
    )
    services = program(database, clock, desks=[desk])
    assert len(compare(services, "acme", T())) > 1
    desk.zone, desk.reports = "Europe/Athens", {}
    desk.counted = OURS
    assert compare(services, "acme", T()) == []
    assert told(services) == []


def test_a_desk_whose_history_is_still_coming_in_is_compared_later(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=[TICKETS, TICKETS], counted=OURS, happens={1: raising(BUSY)})
    services = program(database, clock, desks=[desk])
    with pytest.raises(DeskUnavailable):
        read_desk(services, "acme")
    desk.happens = {}
    assert compare(services, "acme", T()) == []
    assert len(desk.cursors) == 1
    read_desk(services, "acme")
    assert compare(services, "acme", T()) == []
    assert len(desk.cursors) == 3


class Slow(PagedDesk):
    """A desk that makes us wait before it counts."""

    seconds = 60.0

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        self.pauses.wait(self.name, self.seconds)
        return super().count(window, what)

    pauses: Pauses


def test_a_wait_for_a_count_is_seen_and_ends_when_it_is_to(
    database: Database, clock: StandingClock
) -> None:
    desk = Slow(pages=[TICKETS], counted=OURS)
    services = program(database, clock, desks=[desk])
    desk.pauses = services.pauses
    assert compare(services, "acme", T()) == []
    with services.reading() as session:
        row = desks.find(session, services.workspace, "acme")
    assert row is not None
    assert row.waits_until == clock.now()
    services.stopping.set()
    with capture_logs() as lines:
        assert compare(services, "acme", T()) == []
    assert "reconcile_stopped" in {line["event"] for line in lines}


def test_a_desk_that_makes_us_wait_long_to_be_counted_is_compared_the_next_night(
    database: Database, clock: StandingClock
) -> None:
    desk = Slow(pages=[TICKETS], counted=OURS)
    desk.seconds = 1_000
    services = program(database, clock, desks=[desk])
    desk.pauses = services.pauses
    before = clock.now()
    with capture_logs() as lines:
        reconcile(services, T())
    [failed] = [line for line in lines if line["event"] == "reconcile_failed"]
    assert "no more requests for 1000 seconds" in failed["problem"]
    assert clock.now() == before
