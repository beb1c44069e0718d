from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import select
from structlog.testing import capture_logs

from bot import logs, scheduler
from bot.clock import SystemClock
from bot.message import Message
from bot.services import Services
from bot.store import desks, outbox
from bot.store.database import Database
from bot.store.tables import Run
from jobs import Job, attempt, declared, job
from tests.live.components import wait_until
from tests.programs import PagedDesk, Recorder, another, program, raising, ticket, together
from tests.times import StandingClock, T

NEW_YORK = "America/New_York"


@pytest.fixture
def services(database: Database, clock: StandingClock) -> Services:
    return program(database, clock)


class Kept:
    """A job's work that keeps the moments it was due at."""

    def __init__(self) -> None:
        self.due: list[datetime] = []

    def __call__(self, services: Services, due: datetime) -> None:
        del services
        self.due.append(due)


# --- Declarations ---


@pytest.mark.parametrize("declaration", [{}, {"every": timedelta(seconds=1), "cron": "10 4 * * *"}])
def test_a_job_is_declared_by_either_an_interval_or_a_cron_line(
    declaration: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="either `every` or `cron`"):
        job(**declaration)


def test_every_file_in_the_folder_declares_its_job() -> None:
    found = declared()
    assert {"deliver", "digests", "reconcile", "sync", "tidy"} <= set(found)
    assert [name for name, one in found.items() if one.work.__name__ != name] == []


CRON_JOBS = [one for one in declared().values() if one.cron is not None]


@pytest.mark.parametrize("one", CRON_JOBS, ids=[one.name for one in CRON_JOBS])
def test_a_declared_cron_line_is_due_some_time_and_names_its_weekdays(
    services: Services, one: Job
) -> None:
    assert scheduler.last_due(replace(one, grace=timedelta(days=32)), T(), services) is not None
    assert one.cron is not None
    assert not re.search(r"\d", one.cron.split()[4])


# --- When a cron job is due ---

WEEKDAYS = "0 9 * * mon-fri"
LAST_DUE = [
    ("0 9 * * *", T(), T()),
    ("0 9 * * *", T(-1), None),
    ("0 9 * * *", T(hours=6), T()),
    ("0 9 * * *", T(hours=6, seconds=1), None),
    ("*/30 * * * *", T(minutes=59), T(minutes=30)),
    (WEEKDAYS, T(hours=1), T()),
    # Saturday, Sunday, and Monday.
    (WEEKDAYS, T(days=1, hours=1), None),
    (WEEKDAYS, T(days=2, hours=1), None),
    (WEEKDAYS, T(days=3, hours=1), T(days=3)),
]


@pytest.mark.parametrize(("cron", "now", "due"), LAST_DUE)
def test_a_cron_job_was_last_due_within_its_grace(
    services: Services, cron: str, now: datetime, due: datetime | None
) -> None:
    kept = Job("kept", Kept(), cron=cron, grace=timedelta(hours=6))
    assert scheduler.last_due(kept, now, services) == due


def test_a_cron_job_runs_once_for_each_due_moment(services: Services, clock: StandingClock) -> None:
    kept = Kept()
    for seconds in (-30, 0, 30, 60, 3600, 86_399, 86_400, 86_430):
        clock.set(T(seconds))
        scheduler.tick(services, Job("kept", kept, cron="0 9 * * *"))
    assert kept.due == [T(), T(days=1)]


def test_a_cron_job_that_was_missed_is_made_up_for_within_its_grace(
    services: Services, clock: StandingClock
) -> None:
    patient, impatient = Kept(), Kept()
    clock.set(T(hours=8))
    scheduler.tick(services, Job("patient", patient, cron="0 9 * * *", grace=timedelta(hours=9)))
    scheduler.tick(services, Job("impatient", impatient, cron="0 9 * * *"))
    assert (patient.due, impatient.due) == ([T()], [])


def test_of_several_processes_one_runs_a_cron_job(services: Services, clock: StandingClock) -> None:
    kept = Kept()
    daily = Job("kept", kept, cron="0 9 * * *")
    with another(services) as second, another(services) as third:
        for days in range(3):
            clock.set(T(days=days))
            together(
                lambda: scheduler.tick(services, daily),
                lambda: scheduler.tick(second, daily),
                lambda: scheduler.tick(third, daily),
            )
    assert kept.due == [T(), T(days=1), T(days=2)]


def test_an_hour_that_comes_twice_runs_a_cron_job_once(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, zone=NEW_YORK)
    kept = Kept()
    clock.set(datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    for _ in range(12):
        scheduler.tick(services, Job("kept", kept, cron="30 1 * * *"))
        clock.move(minutes=30)
    assert kept.due == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]
    with services.reading() as session:
        assert session.scalars(select(Run.slot)).all() == ["2026-11-01T01:30"]


# --- Jobs that run often, and jobs that fail ---


def test_a_job_with_an_interval_runs_at_every_tick_in_every_process(services: Services) -> None:
    kept = Kept()
    often = Job("kept", kept, every=timedelta(seconds=1))
    with another(services) as second:
        scheduler.tick(services, often)
        scheduler.tick(second, often)
    assert kept.due == [T(), T()]


@pytest.mark.parametrize(
    "due", [{"every": timedelta(seconds=1)}, {"cron": "0 9 * * *"}], ids=["every", "cron"]
)
def test_a_job_that_raises_is_logged_and_no_more(services: Services, due: dict[str, Any]) -> None:
    broken = Job("broken", raising(RuntimeError("a bug")), **due)
    with capture_logs() as lines:
        scheduler.tick(services, broken)
    [line] = lines
    assert (line["event"], line["job"], line["exc_info"]) == ("job_failed", "broken", True)


def test_of_a_job_of_surveys_only_the_place_of_an_error_is_logged() -> None:
    """Whom it is about may be in it, or what they said."""
    with capture_logs() as lines:
        assert not attempt("survey wave 3", raising(KeyError("U1 is not on the roll")))
    [line] = lines
    assert (line["event"], line["job"]) == ("job_failed", "survey wave 3")
    assert line["exception"].endswith("KeyError")
    assert "in happen" in line["exception"]
    assert "exc_info" not in line


@pytest.fixture
def _plain_logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_plain_logs")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_the_log_of_a_job_that_raises_tells_the_place_and_no_values(
    services: Services, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    def work(_services: Services, _due: datetime) -> None:
        token = f"xoxb-{'secret'}"
        raise RuntimeError(f"a bug after {len(token)} letters")

    logs.configure(log_format)
    scheduler.tick(services, Job("broken", work, every=timedelta(seconds=1)))
    told = capsys.readouterr().err
    assert "test_scheduler.py" in told
    assert "a bug after 11 letters" in told
    assert "xoxb-secret" not in told


# --- The real ticking ---


@contextmanager
def started(services: Services) -> Iterator[BackgroundScheduler]:
    running = scheduler.start(services)
    try:
        yield running
    finally:
        scheduler.stop(services, running)


@pytest.mark.thorough
def test_a_desk_with_a_bug_ends_neither_the_scheduler_nor_the_posting(database: Database) -> None:
    clock = SystemClock()
    recorder = Recorder()
    broken = PagedDesk(pages=[[]], happens={0: raising(RuntimeError("a bug"))})
    services = program(database, clock, desks=[broken], messenger=recorder)
    ticks = Kept()
    with capture_logs() as lines, started(services) as running:
        for name, work in (("kept", ticks), ("broken", raising(ValueError("another bug")))):
            throwaway = Job(name, work, every=timedelta(seconds=0.05))
            running.add_job(
                scheduler.tick, "interval", (services, throwaway), seconds=0.05, id=name
            )
        wait_until(lambda: broken.cursors, 60, "the first reading")
        with services.writing() as session:
            outbox.queue(
                session, services.workspace, "C1", Message("hello"), subject="x", now=clock.now()
            )
        wait_until(lambda: recorder.sent and len(ticks.due) > 3, 60, "the posting")
    assert [sent.text for sent in recorder.sent] == ["hello"]
    failed = {line["job"] for line in lines if line["event"] == "job_failed"}
    assert failed == {"broken", "sync:acme"}


@pytest.mark.thorough
def test_stopping_waits_for_the_page_that_is_being_kept_and_no_longer(database: Database) -> None:
    clock = SystemClock()
    pages = [[ticket(str(n), T())] for n in range(1_000)]
    third_page = Event()

    def take_a_moment() -> None:
        third_page.set()
        clock.sleep(0.3)

    desk = PagedDesk(pages=pages, happens={2: take_a_moment})
    services = program(database, clock, desks=[desk])
    with started(services):
        assert third_page.wait(60)
    with services.reading() as session:
        row = desks.find(session, services.workspace, "acme")
    assert row is not None
    assert (row.cursor, row.data_until) == ({"tickets": {"page": 3}}, None)


def test_the_next_run_of_sync_need_not_wait_for_the_one_before(database: Database) -> None:
    """One that takes hours over a long history leaves room for a run for each other desk."""
    desks_ = [PagedDesk(name) for name in ("acme", "zenith")]
    services = program(database, SystemClock(), desks=desks_)
    with started(services) as running:
        most = {job.id: job.max_instances for job in running.get_jobs()}
    assert most.pop("sync") == 3
    assert set(most.values()) == {1}
