from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot.digests.timetable import Kind, Timetable
from bot.services import Services
from bot.store import runs, schedules
from bot.store.database import Database
from bot.store.tables import OutboxRow, Run, RunState, Schedule
from jobs.digests import digests
from jobs.sync import read_desk
from tests.programs import PagedDesk, another, failing, program, together
from tests.times import StandingClock, T

ATHENS = ZoneInfo("Europe/Athens")
EVERY_DAY = tuple(range(7))
#: 09:00 in Athens on every day: `T()` is such a moment.
DAILY = Timetable(Kind.DAILY, time(9), ATHENS, EVERY_DAY)
WEEKLY = Timetable(Kind.WEEKLY, time(9), ATHENS, (4,))


@pytest.fixture
def services(database: Database, clock: StandingClock) -> Services:
    clock.set(T(days=-1, hours=1))
    return program(database, clock, desks=[PagedDesk()])


def schedule(services: Services, timetable: Timetable = DAILY, channel: str = "C1") -> Schedule:
    with services.writing() as session:
        now = services.clock.now()
        return schedules.add(
            session, services.workspace, channel, timetable, locale="en", by="U1", now=now
        )


def run_at(services: Services, clock: StandingClock, *moments: datetime) -> None:
    for moment in moments:
        clock.set(moment)
        digests(services, moment)


def messages(services: Services) -> list[OutboxRow]:
    """The messages that were queued, without their threads, oldest first."""
    with services.reading() as session:
        heads = select(OutboxRow).where(col(OutboxRow.reply_to).is_(None))
        return list(session.scalars(heads.order_by("created_at")))


def dealt_with(services: Services) -> list[tuple[str, str]]:
    """Of every run its slot and its state, by slot."""
    with services.reading() as session:
        return [(run.slot, run.state) for run in session.scalars(select(Run).order_by("slot"))]


def told(row: OutboxRow) -> str:
    return row.text + json.dumps(row.blocks, ensure_ascii=False)


# --- Once ---


def test_a_digest_is_queued_when_it_is_due_and_not_before(
    services: Services, clock: StandingClock
) -> None:
    made = schedule(services)
    run_at(services, clock, T(-1))
    assert messages(services) == []
    run_at(services, clock, T(0), T(15), T(30))
    [message] = messages(services)
    assert (message.channel, message.subject) == ("C1", f"digest:{made.id}")
    assert message.text.startswith("Support · Thursday, November 19\n")
    assert dealt_with(services) == [("2026-11-20T09:00", RunState.DONE)]


@pytest.mark.thorough
def test_two_workers_make_one_message_of_a_due_moment(
    services: Services, clock: StandingClock
) -> None:
    for channel in ("C1", "C2", "C3"):
        schedule(services, channel=channel)
    clock.set(T())
    with another(services) as second, another(services) as third:
        workers = (services, second, third)
        together(*[partial(digests, mine, T()) for mine in workers])
    assert sorted(message.channel for message in messages(services)) == ["C1", "C2", "C3"]
    assert len(dealt_with(services)) == 3


@pytest.mark.thorough
def test_the_same_moment_asked_for_again_posts_nothing_twice(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    run_at(services, clock, T(0), T(days=1))
    clock.move(hours=3)
    for replayed in (T(0), T(hours=5), T(days=1)):
        digests(services, replayed)
    assert len(messages(services)) == 2


def test_a_replay_of_a_moment_that_nobody_dealt_with_is_news_of_now(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    clock.set(T(days=2, hours=1))
    digests(services, T())
    [message] = messages(services)
    assert message.next_at <= clock.now() < message.expires_at
    assert dealt_with(services) == [("2026-11-20T09:00", RunState.DONE)]


@pytest.mark.thorough
def test_a_claim_and_its_message_are_kept_together_or_not_at_all(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    with failing(services.database, "INSERT INTO outbox"), capture_logs() as lines:
        run_at(services, clock, T(0))
    assert [line["event"] for line in lines] == ["job_failed"]
    assert (messages(services), dealt_with(services)) == ([], [])
    run_at(services, clock, T(15))
    assert len(messages(services)) == 1


DAYLIGHT_SAVING = [
    # It is 01:30 twice in New York on that night: the first one counts.
    ("America/New_York", time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    # There is no 02:30: it is due when that time is past, at 03:30.
    ("America/New_York", time(2, 30), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
    ("Europe/Athens", time(3, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ("Europe/Athens", time(3, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    # Clocks that move by half an hour, and a midnight that does not exist.
    ("Australia/Lord_Howe", time(2, 15), datetime(2026, 10, 3, 15, 45, tzinfo=UTC)),
    ("Asia/Beirut", time(0), datetime(2026, 3, 28, 22, 0, tzinfo=UTC)),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("zone", "at", "due_at"), DAYLIGHT_SAVING)
def test_a_day_with_another_number_of_hours_has_one_digest(
    services: Services, clock: StandingClock, zone: str, at: time, due_at: datetime
) -> None:
    clock.set(due_at - timedelta(hours=12))
    schedule(services, Timetable(Kind.DAILY, at, ZoneInfo(zone), EVERY_DAY))
    run_at(services, clock, *every_quarter(due_at - timedelta(hours=8), due_at))
    assert messages(services) == []
    run_at(services, clock, *every_quarter(due_at, due_at + timedelta(hours=8)))
    [message] = messages(services)
    assert message.created_at == due_at


def every_quarter(start: datetime, end: datetime) -> Iterable[datetime]:
    while start < end:
        yield start
        start += timedelta(minutes=15)


# --- Set up, paused, resumed, removed ---


@pytest.mark.thorough
def test_a_digest_that_was_set_up_after_todays_moment_begins_tomorrow(
    services: Services, clock: StandingClock
) -> None:
    clock.set(T(0))
    schedule(services)
    run_at(services, clock, T(0), T(hours=12), T(days=1, seconds=-1))
    assert messages(services) == []
    run_at(services, clock, T(days=1))
    assert len(messages(services)) == 1


def test_what_was_due_while_a_digest_was_paused_is_not_made_up_for(
    services: Services, clock: StandingClock
) -> None:
    made = schedule(services)
    with services.writing() as session:
        schedules.pause(session, made)
    run_at(services, clock, T(0), T(days=1), T(days=1, hours=1))
    with services.writing() as session:
        schedules.resume(session, made, now=clock.now())
    run_at(services, clock, T(days=1, hours=2))
    assert (messages(services), dealt_with(services)) == ([], [])
    run_at(services, clock, T(days=2))
    assert dealt_with(services) == [("2026-11-22T09:00", RunState.DONE)]


def test_a_removed_digest_posts_nothing(services: Services, clock: StandingClock) -> None:
    made = schedule(services)
    with services.writing() as session:
        schedules.remove(session, made, now=clock.now())
    run_at(services, clock, T(0))
    assert messages(services) == []


@pytest.mark.thorough
def test_a_digest_that_is_set_again_takes_the_place_of_the_one_before(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    later = Timetable(Kind.DAILY, time(10), ATHENS, EVERY_DAY)
    schedule(services, later)
    schedule(services, WEEKLY)
    run_at(services, clock, T(0), T(hours=1), T(hours=2))
    assert [message.created_at for message in messages(services)] == [T(0), T(hours=1)]
    assert dealt_with(services) == [
        ("2026-11-20T09:00", RunState.DONE),
        ("2026-11-20T10:00", RunState.DONE),
    ]


# --- Late ---


@pytest.mark.thorough
@pytest.mark.parametrize(("late", "said"), [(60, False), (600, False), (3 * 3600, True)])
def test_a_digest_that_is_late_says_so(
    services: Services, clock: StandingClock, late: float, *, said: bool
) -> None:
    schedule(services)
    read_desk(services, "acme")
    run_at(services, clock, T(late), T(late + 15))
    [message] = messages(services)
    assert ("late by 3" in told(message)) is said


def test_after_days_without_a_worker_only_the_newest_digest_is_posted(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    run_at(services, clock, T(days=3, hours=11), T(days=3, hours=11, seconds=15))
    assert len(messages(services)) == 1
    assert dealt_with(services) == [
        ("2026-11-20T09:00", RunState.MISSED),
        ("2026-11-21T09:00", RunState.MISSED),
        ("2026-11-22T09:00", RunState.MISSED),
        ("2026-11-23T09:00", RunState.DONE),
    ]


def test_a_digest_that_is_too_late_is_noted_as_missed(
    services: Services, clock: StandingClock
) -> None:
    made = schedule(services)
    run_at(services, clock, T(hours=12, seconds=1), T(hours=13))
    assert messages(services) == []
    with services.reading() as session:
        run = runs.latest(session, services.workspace, f"digest:{made.id}")
    assert run is not None
    assert (run.state, run.note) == (RunState.MISSED, "no worker was running")


# --- One that fails ---


@pytest.mark.thorough
def test_a_digest_that_cannot_be_made_holds_up_no_other_and_is_tried_again(
    services: Services, clock: StandingClock
) -> None:
    broken = schedule(services, channel="C1")
    schedule(services, channel="C2")
    set_zone(services, broken, "Europe/Nowhere")
    with capture_logs() as lines:
        run_at(services, clock, T(0))
    assert {line.get("job") for line in lines if line["event"] == "job_failed"} == {"digest:1"}
    assert [message.channel for message in messages(services)] == ["C2"]
    set_zone(services, broken, "Europe/Athens")
    run_at(services, clock, T(15))
    assert [message.channel for message in messages(services)] == ["C2", "C1"]


def set_zone(services: Services, schedule: Schedule, zone: str) -> None:
    with services.writing() as session:
        session.get_one(Schedule, schedule.id).zone = zone


# --- Asked for ---


def ask(services: Services, channel: str = "C1", timetable: Timetable = DAILY) -> None:
    now = services.clock.now()
    request = {"channel": channel, "locale": "en", "timetable": timetable.to_json()}
    with services.writing() as session:
        runs.ask(
            session,
            services.workspace,
            f"digest:now:{channel}:{timetable.kind}",
            now.strftime("%Y-%m-%dT%H:%M"),
            request,
            by="U1",
            now=now,
        )


@pytest.mark.thorough
def test_what_a_person_asked_for_is_queued_once(services: Services, clock: StandingClock) -> None:
    clock.set(T(20))
    ask(services)
    ask(services)
    with another(services) as second:
        together(lambda: digests(services, T(21)), lambda: digests(second, T(21)))
    digests(services, T(22))
    [message] = messages(services)
    assert (message.channel, message.subject) == ("C1", "digest:now:C1:daily")
    assert "late" not in told(message)
    assert dealt_with(services) == [("2026-11-20T07:00", RunState.DONE)]


@pytest.mark.thorough
def test_a_request_that_cannot_be_met_holds_up_nothing(
    services: Services, clock: StandingClock
) -> None:
    schedule(services)
    clock.set(T())
    ask(services)
    ask(services, "C2", WEEKLY)
    with services.writing() as session:
        [broken] = session.scalars(select(Run).where(col(Run.subject) == "digest:now:C1:daily"))
        broken.request = {"channel": "C1"}
    with capture_logs():
        digests(services, T())
    assert sorted(message.subject for message in messages(services)) == [
        "digest:1",
        "digest:now:C2:weekly",
    ]


# --- When it is due ---


def slots(timetable: Timetable, now: datetime, since: datetime) -> list[str]:
    return [slot.key for slot in timetable.past(now, since=since)]


def test_a_timetable_looks_back_a_week() -> None:
    found = slots(DAILY, T(), T(days=-100))
    assert (len(found), found[0], found[-1]) == (9, "2026-11-12T09:00", "2026-11-20T09:00")


def test_a_timetable_knows_only_its_weekdays() -> None:
    weekdays = Timetable(Kind.DAILY, time(9), ATHENS, (0, 1, 2, 3, 4))
    assert slots(weekdays, T(days=3), T(days=-1)) == ["2026-11-20T09:00", "2026-11-23T09:00"]
    assert [slot.key for slot in weekdays.upcoming(T(), 2)] == [
        "2026-11-23T09:00",
        "2026-11-24T09:00",
    ]
