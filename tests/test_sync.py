from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select
from structlog.testing import capture_logs

from bot.domain import Question, Rating, Reopening, Response, Scale, Status, Ticket
from bot.errors import DeskBusy, DeskError, DeskMisunderstood, DeskRefused, DeskUnavailable, said
from bot.helpdesks import Cursor, Page, Stream, guide, kinds
from bot.services import Services
from bot.settings import BusinessHours
from bot.store import desks, leases
from bot.store.database import Database
from bot.store.tables import Desk, RatingRow, ReopeningRow, ResponseRow, TicketRow
from bot.store.upserts import hashed
from jobs.sync import SPAN, Synced, read_desk, sync
from tests.programs import PagedDesk, another, failing, program, raising, ticket
from tests.times import StandingClock, T

#: Four pages of three tickets.
PAGES = [[ticket(f"{page}-{n}", T(hours=-page, minutes=n)) for n in range(3)] for page in range(4)]
ALL = sorted(one.id for page in PAGES for one in page)
BUSY = DeskUnavailable("acme answers 503.", "It is tried again.")


def stored(services: Services) -> list[str]:
    with services.reading() as session:
        return sorted(session.scalars(select(TicketRow.id)))


def row_of(services: Services, name: str = "acme") -> Desk:
    with services.reading() as session:
        row = desks.find(session, services.workspace, name)
    assert row is not None
    return row


def up_to(page: int) -> list[str]:
    return sorted(one.id for tickets in PAGES[:page] for one in tickets)


# --- To the end, and from where it stopped ---


def test_a_desk_is_read_to_its_end(database: Database, clock: StandingClock) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk], history=timedelta(days=10))
    assert read_desk(services, "acme") == Synced("acme", 12, finished=True)
    row = row_of(services)
    assert stored(services) == ALL
    assert (row.cursor, row.data_from, row.data_until) == (
        {"tickets": {"page": 4}},
        T(days=-10),
        T(),
    )
    [window] = desk.windows
    assert (window.start, window.end) == (T(days=-10), T())


@pytest.mark.parametrize("error", [BUSY, DeskRefused("No."), DeskMisunderstood("HTML.")])
@pytest.mark.parametrize("page", range(4))
def test_a_reading_that_stopped_at_any_page_goes_on_there(
    database: Database, clock: StandingClock, page: int, error: Exception
) -> None:
    desk = PagedDesk(pages=PAGES, happens={page: raising(error)})
    services = program(database, clock, desks=[desk])
    with pytest.raises(type(error)):
        read_desk(services, "acme")
    row = row_of(services)
    assert stored(services) == up_to(page)
    assert row.cursor == ({"tickets": {"page": page}} if page else None)
    assert (said(row.problem or ""), row.data_until) == (str(error), None)

    desk.happens = {}
    clock.move(minutes=1)
    assert read_desk(services, "acme").tickets == 12 - 3 * page
    assert stored(services) == ALL
    row = row_of(services)
    assert (row.problem, row.problem_at, row.data_until) == (None, None, T(minutes=1))
    assert desk.cursors[-1] == {"page": page}


@pytest.mark.parametrize("page", range(4))
@pytest.mark.parametrize("statement", ["INSERT INTO ticket", "UPDATE desk"])
def test_a_page_and_its_cursor_are_kept_together_or_not_at_all(
    database: Database, clock: StandingClock, page: int, statement: str
) -> None:
    desk = PagedDesk(pages=PAGES[:page])
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    before = row_of(services).cursor
    desk.pages = PAGES
    with failing(database, statement), pytest.raises(OperationalError):
        read_desk(services, "acme")
    assert (stored(services), row_of(services).cursor) == (up_to(page), before)
    assert read_desk(services, "acme").finished
    assert stored(services) == ALL


def test_reading_again_from_a_moment_stores_nothing_twice(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    assert read_desk(services, "acme").tickets == 0
    assert read_desk(services, "acme", since=T(days=-2)).tickets == 12
    assert (stored(services), desk.windows[-1].start) == (ALL, T(days=-2))


def test_a_desk_that_is_told_otherwise_what_its_tickets_mean_is_read_again(
    database: Database, clock: StandingClock
) -> None:
    """A new token or a longer wait mean nothing of that kind."""
    desk = PagedDesk(pages=PAGES)

    def read(**told: Any) -> int:
        services = program(database, clock, desks=[desk])
        known = services.settings.model_copy(update={"desks": {desk.name: told}})
        return read_desk(replace(services, settings=known), desk.name).tickets

    assert read(kind="paged", token="1") > 0
    assert read(kind="paged", token="2", timeout=9) == 0
    assert read(kind="paged", token="2", complaint_tags=["complaint"]) > 0
    assert read(kind="paged", token="2", complaint_tags=["complaint"]) == 0


@pytest.mark.parametrize(("days", "kept"), [(-2, -10), (-30, -30)])
def test_data_reach_back_to_the_earliest_moment_that_was_read(
    database: Database, clock: StandingClock, days: int, kept: int
) -> None:
    services = program(database, clock, desks=[PagedDesk(pages=PAGES)], history=timedelta(days=10))
    read_desk(services, "acme")
    read_desk(services, "acme", since=T(days=days))
    assert row_of(services).data_from == T(days=kept)


def test_a_desk_without_tickets_is_read_to_its_end(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[PagedDesk()])
    assert read_desk(services, "acme") == Synced("acme", 0, finished=True)
    assert row_of(services).data_until == T()


def test_what_is_told_again_replaces_what_was_told_before(
    database: Database, clock: StandingClock
) -> None:
    first = ticket(
        "1",
        T(hours=-9),
        status=Status.SOLVED,
        requester="ada@example.com",
        responses=[Response(T(hours=-9), T(hours=-8)), Response(T(hours=-7), T(hours=-6))],
        reopenings=[Reopening(T(hours=-6), T(hours=-5))],
    )
    then = ticket("1", T(hours=-9), status=Status.OPEN, responses=[Response(T(hours=-9), T())])
    desk = PagedDesk(pages=[[first], [then]])
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    with services.reading() as session:
        [kept] = session.scalars(select(TicketRow))
        [response] = session.scalars(select(ResponseRow))
        assert session.scalars(select(ReopeningRow)).all() == []
    assert (kept.status, response.answered_at) == ("open", T())


# --- One reader at a time ---


def test_a_second_reader_is_refused_with_a_sentence(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    with another(services) as other:
        desk.happens = {1: lambda: refused(other)}
        assert read_desk(services, "acme").finished
        assert row_of(services).problem is None
        desk.happens = {}
        assert read_desk(other, "acme").finished


def refused(services: Services) -> None:
    with pytest.raises(DeskUnavailable, match="“acme” is being read by another process"):
        read_desk(services, "acme")


def test_a_worker_leaves_a_desk_that_another_reads_to_it_without_a_word(
    database: Database, clock: StandingClock
) -> None:
    """A first sync may take hours, in which every worker comes by each 15 seconds."""
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    with another(services) as other:

        def the_other_comes_by() -> None:
            clock.move(seconds=15)
            with capture_logs() as lines:
                sync(other, clock.now())
            row = row_of(other)
            assert (lines, row.problem, row.problem_at) == ([], None, None)

        desk.happens = dict.fromkeys(range(4), the_other_comes_by)
        sync(services, clock.now())
        assert (stored(other), len(desk.cursors)) == (ALL, 1)
        desk.happens = {}
        clock.move(minutes=10)
        sync(other, clock.now())
        assert row_of(other).data_until == clock.now()


def test_a_reader_that_was_silent_for_five_minutes_is_relieved(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])

    def hang() -> None:
        desk.happens = {}
        clock.move(seconds=SPAN.total_seconds() - 1)
        refused(other)
        clock.move(seconds=1)
        assert read_desk(other, "acme").tickets == 6

    with another(services) as other:
        desk.happens = {2: hang}
        # Nobody reads any more when the first one wakes up, so it may go on: twice is once.
        assert read_desk(services, "acme").finished
    assert stored(services) == ALL
    assert row_of(services).cursor == {"tickets": {"page": 4}}


def test_a_reader_that_wakes_up_while_another_reads_stops(
    database: Database, clock: StandingClock
) -> None:
    services = program(database, clock, desks=[PagedDesk(pages=PAGES)])

    def relieved() -> None:
        clock.move(seconds=SPAN.total_seconds())
        with services.writing() as session:
            now = clock.now()
            assert leases.take(session, 1, "sync:acme", "another", now=now, span=SPAN)

    services.desks["acme"].happens = {2: relieved}  # type: ignore[attr-defined]
    refused(services)
    assert (stored(services), row_of(services).problem) == (up_to(2), None)


def test_a_long_reading_keeps_its_lease(database: Database, clock: StandingClock) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    with another(services) as other:

        def a_page_takes_long() -> None:
            clock.move(minutes=4)
            refused(other)

        desk.happens = dict.fromkeys(range(4), a_page_takes_long)
        assert read_desk(services, "acme").finished


@pytest.mark.parametrize("error", [BUSY, RuntimeError("a bug")])
def test_a_reading_that_failed_gives_its_lease_back(
    database: Database, clock: StandingClock, error: Exception
) -> None:
    desk = PagedDesk(pages=PAGES, happens={1: raising(error)})
    services = program(database, clock, desks=[desk])
    with pytest.raises(type(error)):
        read_desk(services, "acme")
    desk.happens = {}
    with another(services) as other:
        assert read_desk(other, "acme").finished


# --- Whose turn it is ---


def test_a_desk_is_read_every_five_minutes(database: Database, clock: StandingClock) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk], sync_every=timedelta(minutes=5))
    for seconds in (0, 15, 299, 300, 315, 599, 600):
        clock.set(T(seconds))
        sync(services, T(seconds))
    assert len(desk.cursors) == 3


def test_a_desk_that_failed_is_told_of_and_does_not_stop_the_others(
    database: Database, clock: StandingClock
) -> None:
    broken = PagedDesk("acme", PAGES, happens={2: raising(BUSY)})
    services = program(database, clock, desks=[broken, PagedDesk("zenith", PAGES)])
    sync(services, T())
    row = row_of(services, "acme")
    told = said(row.problem or "")
    assert (told, row.problem_at) == ("acme answers 503. It is tried again.", T())
    assert row_of(services, "zenith").data_until == T()
    broken.happens = {}
    for seconds in (15, 300):
        clock.set(T(seconds))
        sync(services, T(seconds))
    row = row_of(services, "acme")
    assert (row.problem, row.data_until) == (None, T(300))


def test_an_unforeseen_error_of_one_desk_does_not_stop_the_others(
    database: Database, clock: StandingClock
) -> None:
    broken = PagedDesk("acme", PAGES, happens={2: raising(KeyError("created"))})
    services = program(database, clock, desks=[broken, PagedDesk("zenith", PAGES)])
    with capture_logs() as lines:
        sync(services, T())
    assert [line["job"] for line in lines if line["event"] == "job_failed"] == ["sync:acme"]
    assert row_of(services, "zenith").data_until == T()
    assert row_of(services, "acme").cursor == {"tickets": {"page": 2}}


def test_a_reading_stops_after_the_page_at_which_it_is_asked_to(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    desk.happens = {1: services.stopping.set}
    assert read_desk(services, "acme") == Synced("acme", 6, finished=False)
    assert (stored(services), row_of(services).data_until) == (up_to(2), None)
    with another(services) as restarted:
        sync(restarted, T(15))
    assert stored(services) == ALL


def test_progress_is_told_page_by_page(database: Database, clock: StandingClock) -> None:
    told: list[tuple[int, int | None]] = []
    rating = Rating("1", Question.CSAT, Scale.STARS, T(), T(), 5)
    desk = PagedDesk(pages=PAGES, facts={Stream.RATINGS: [rating]})
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme", progress=lambda *page: told.append(page))
    assert told == [(3, 12), (6, 12), (9, 12), (12, 12)]


# --- Desks that come and go ---


def test_a_desk_that_left_the_settings_counts_no_more_until_it_is_back(
    database: Database, clock: StandingClock
) -> None:
    acme, zenith = PagedDesk("acme", PAGES), PagedDesk("zenith", PAGES)
    services = program(database, clock, desks=[acme, zenith])
    sync(services, T())
    with another(services, desks={"zenith": zenith}) as without:
        sync(without, T(15))
        assert names(without) == ["zenith"]
    clock.move(minutes=5)
    sync(services, clock.now())
    assert names(services) == ["acme", "zenith"]
    assert acme.cursors[-1] == {"page": 4}


def test_without_any_desk_all_are_retired(database: Database, clock: StandingClock) -> None:
    services = program(database, clock, desks=[PagedDesk(pages=PAGES)])
    sync(services, T())
    with another(services, desks={}) as without:
        sync(without, T(15))
        assert names(without) == []


def names(services: Services) -> list[str]:
    with services.reading() as session:
        return [desk.name for desk in desks.of(session, services.workspace)]


# --- What is kept of a customer ---


def test_a_customer_is_kept_as_a_keyed_hash(database: Database, clock: StandingClock) -> None:
    pages: Sequence[Sequence[Ticket]] = [[ticket("1", T(), requester=" Ada@Example.com ")]]
    services = program(database, clock, desks=[PagedDesk(pages=pages)])
    read_desk(services, "acme")
    with services.reading() as session:
        [kept] = session.scalars(select(TicketRow.requester))
    assert kept == hashed("ada@example.com", services.secret)
    assert kept != hashed("ada@example.com", b"another secret of another place")


# --- Limits of a desk ---


def test_a_wait_is_seen_by_everybody_and_keeps_the_lease(
    database: Database, clock: StandingClock
) -> None:
    """Ten minutes are twice as long as a silent reader is believed to live."""
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    seen: list[datetime] = []
    during: list[tuple[datetime | None, bool]] = []

    def busy() -> None:
        services.pauses.wait("acme", 600)

    with another(services) as other:

        def look(until: datetime) -> None:
            seen.append(until)
            refused(other)
            during.append((row_of(other).waits_until, row_of(other).problem is None))

        desk.happens = {1: busy}
        assert read_desk(services, "acme", waits=look).finished
    assert set(seen) == {T(minutes=10)}
    assert len(seen) == 20
    assert set(during) == {(T(minutes=10), True)}
    assert row_of(services).waits_until is None


def test_a_stop_during_a_wait_ends_it_and_the_next_reading_goes_on(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES, happens={2: lambda: services.pauses.wait("acme", 600)})
    services = program(database, clock, desks=[desk])
    assert not read_desk(services, "acme", waits=lambda _: services.stopping.set()).finished
    assert clock.now() == T(1)
    assert (stored(services), row_of(services).problem) == (up_to(2), None)
    services.stopping.clear()
    desk.happens = {}
    assert read_desk(services, "acme").finished
    assert stored(services) == ALL


def test_a_desk_that_asks_for_a_longer_wait_is_asked_again_after_that(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES, happens={1: lambda: services.pauses.wait("acme", 7_200)})
    services = program(database, clock, desks=[desk], sync_every=timedelta(days=1))
    sync(services, T())
    row = row_of(services)
    assert (clock.now(), row.waits_until, stored(services)) == (T(), T(hours=2), up_to(1))
    assert "allows no more requests for 7200 seconds" in said(row.problem or "")
    desk.happens = {}
    sync(services, T(hours=1, minutes=59))
    assert stored(services) == up_to(1)
    clock.move(hours=2)
    sync(services, T(hours=2))
    assert (stored(services), row_of(services).waits_until) == (ALL, None)


def test_what_went_wrong_is_over_as_soon_as_the_desk_answers(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES, happens={1: raising(BUSY)})
    services = program(database, clock, desks=[desk])
    with pytest.raises(DeskUnavailable):
        read_desk(services, "acme")
    seen: list[str | None] = []
    desk.happens = {3: lambda: seen.append(row_of(services).problem)}
    read_desk(services, "acme")
    assert seen == [None]


def test_the_streams_take_turns(database: Database, clock: StandingClock) -> None:
    """The ratings of today do not wait until the tickets of a year are there."""
    rating = Rating("1", Question.CSAT, Scale.STARS, T(), T(), 5)
    desk = PagedDesk(pages=PAGES, facts={Stream.RATINGS: [rating]}, happens={1: raising(BUSY)})
    services = program(database, clock, desks=[desk])
    with pytest.raises(DeskUnavailable):
        read_desk(services, "acme")
    with services.reading() as session:
        assert list(session.scalars(select(RatingRow.id))) == ["1"]


@dataclass
class SideFails(PagedDesk):
    """One whose ratings cannot be read."""

    error: DeskError = BUSY

    def ratings(self, since: Cursor) -> Iterator[Page[Any]]:  # noqa: ARG002
        raise self.error


@pytest.mark.parametrize("error", [BUSY, DeskMisunderstood("HTML."), DeskBusy("Wait.", wait=9.0)])
def test_a_stream_that_fails_ends_none_of_the_others(
    database: Database, clock: StandingClock, error: DeskError
) -> None:
    desk = SideFails(pages=PAGES, facts={Stream.RATINGS: []}, error=error)
    services = program(database, clock, desks=[desk])
    with pytest.raises(type(error)):
        read_desk(services, "acme")
    row = row_of(services)
    assert stored(services) == ALL
    assert (said(row.problem or ""), row.data_until) == (str(error), None)


def test_what_nobody_foresaw_is_told_and_not_tried_every_moment(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES, happens={1: raising(ZeroDivisionError())})
    services = program(database, clock, desks=[desk])
    with capture_logs() as logged:
        for _ in range(8):
            sync(services, clock.now())
            clock.move(seconds=15)
    assert [entry["event"] for entry in logged] == ["job_failed"]
    assert len(desk.cursors) == 1
    assert "failed in a way that nobody foresaw" in said(row_of(services).problem or "")
    clock.move(minutes=5)
    desk.happens = {}
    sync(services, clock.now())
    assert stored(services) == ALL
    assert row_of(services).problem is None


# --- One name, one help desk ---

SANDBOX = {"kind": "zendesk", "url": "https://sandbox.example.com/"}


@pytest.mark.parametrize(
    ("settings", "is_same"),
    [
        (SANDBOX, True),
        (SANDBOX | {"url": "http://Sandbox.example.com", "token": "another"}, True),
        (SANDBOX | {"url": "https://acme.example.com"}, False),
        (SANDBOX | {"url": "https://sandbox.example.com/other"}, False),
        (SANDBOX | {"kind": "freshdesk"}, False),
        (
            SANDBOX
            | {"url": "https://acme.example.com", "moved_from": "https://sandbox.example.com"},
            True,
        ),
        (SANDBOX | {"url": "https://acme.example.com", "moved_from": "elsewhere"}, False),
        (SANDBOX | {"kind": "freshdesk", "moved_from": "https://sandbox.example.com"}, False),
    ],
)
def test_the_rows_of_two_help_desks_never_mix_under_one_name(
    settings: dict[str, str], is_same: bool, database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES[:2])
    services = set_to(program(database, clock, desks=[desk]), SANDBOX)
    read_desk(services, "acme")
    desk.pages = PAGES
    services = set_to(services, settings)
    if is_same:
        assert read_desk(services, "acme").tickets == 6
        assert read_desk(services, "acme").finished
    else:
        with pytest.raises(DeskRefused, match=r"which was zendesk sandbox\.example\.com") as raised:
            read_desk(services, "acme")
        can_have_moved = settings["kind"] == SANDBOX["kind"]
        hint = "set DESKPULSE_DESKS__ACME__MOVED_FROM to where it was"
        assert (hint in str(raised.value)) is can_have_moved
        assert "a name of its own" in str(raised.value)
        assert said(row_of(services).problem or "") == str(raised.value)
        assert stored(services) == up_to(2)


def set_to(services: Services, settings: dict[str, str]) -> Services:
    return replace(
        services, settings=services.settings.model_copy(update={"desks": {"acme": settings}})
    )


def test_reading_again_from_a_day_leaves_no_gap_behind_an_unfinished_reading(
    database: Database, clock: StandingClock
) -> None:
    """What the first reading did not come to lies before that day."""
    desk = PagedDesk(pages=PAGES, happens={1: raising(BUSY)})
    services = program(database, clock, desks=[desk], history=timedelta(days=10))
    with pytest.raises(DeskUnavailable):
        read_desk(services, "acme")
    desk.happens = {}
    read_desk(services, "acme", since=T(hours=-1))
    assert desk.windows[-1].start == T(days=-10)
    clock.move(days=3)
    read_desk(services, "acme", since=T(days=2))
    assert desk.windows[-1].start == T()
    read_desk(services, "acme", since=T(days=-1))
    assert desk.windows[-1].start == T(days=-1)


def test_a_run_over_a_long_history_holds_up_no_other_desk(
    database: Database, clock: StandingClock
) -> None:
    """The next run leaves the first desk to the one that reads it, and reads the others."""
    zenith = PagedDesk("zenith", PAGES)

    def next_run() -> None:
        desks_ = {"acme": acme, "zenith": zenith}
        with another(services, desks=desks_) as same:
            sync(same, T(15))

    acme = PagedDesk("acme", PAGES, happens={1: next_run})
    services = program(database, clock, desks=[acme])
    sync(services, T())
    assert zenith.cursors == [{"page": 0}]
    assert acme.cursors == [{"page": 0}]
    assert row_of(services).data_until == T()


def test_new_settings_wait_until_the_reading_by_the_old_ones_is_over(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES)
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    told = {"acme": {"kind": "paged", "complaint_tags": ["complaint"]}}
    changed = replace(services, settings=services.settings.model_copy(update={"desks": told}))
    desk.pages = [*PAGES, PAGES[0]]
    desk.happens = {4: lambda: refused(changed)}
    read_desk(services, "acme")
    desk.happens = {}
    assert read_desk(changed, "acme").tickets == 15


def test_desks_are_read_side_by_side(database: Database, clock: StandingClock) -> None:
    """Each waits at its second page until the other is there too."""
    ready = Barrier(2, timeout=20)
    both = [PagedDesk(name, PAGES, happens={1: ready.wait}) for name in ("acme", "zenith")]
    services = program(database, clock, desks=both)
    sync(services, T())
    assert [row_of(services, name).data_until for name in ("acme", "zenith")] == [T(), T()]
    assert len(stored(services)) == 2 * len(ALL)


def test_a_reading_that_somebody_asked_for_is_due_at_once(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=PAGES[:2])
    services = program(database, clock, desks=[desk])
    sync(services, T())
    desk.pages = PAGES
    sync(services, T(15))
    assert stored(services) == up_to(2)
    clock.move(seconds=20)
    with services.writing() as session:
        desks.ask(session, row_of(services).id or 0, at=clock.now())
    clock.move(seconds=10)
    sync(services, clock.now())
    assert (stored(services), row_of(services).asked_at) == (ALL, None)


# --- Business hours that a desk keeps itself ---


NINE_TO_FIVE = {"Office": BusinessHours(week="mon-fri 9-17", zone="UTC")}
OVER_NIGHT = ticket("1", T(hours=9), first_reply_at=T(days=3, hours=3), status=Status.OPEN)


def business(services: Services) -> int | None:
    with services.reading() as session:
        [kept] = session.scalars(select(TicketRow.first_reply_business))
    return kept  # type: ignore[no-any-return]


def test_without_hours_in_the_settings_those_of_the_desk_hold(
    database: Database, clock: StandingClock
) -> None:
    """From Friday 16:00 to Monday 10:00 are two hours, if one is at work from 9 to 17."""
    desk = PagedDesk(pages=[[OVER_NIGHT]], opening=NINE_TO_FIVE)
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    assert business(services) == 2 * 3600
    assert "hours" in row_of(services).gives


def test_hours_in_the_settings_go_before_those_of_the_desk(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=[[OVER_NIGHT]], opening=NINE_TO_FIVE)
    own = {"support": {"week": "mon-fri 9-18", "zone": "UTC"}}
    services = program(database, clock, desks=[desk], hours=own)
    read_desk(services, "acme")
    assert business(services) == 3 * 3600
    assert row_of(services).opening is None


def test_tickets_are_measured_again_when_the_desk_changes_its_hours(
    database: Database, clock: StandingClock
) -> None:
    desk = PagedDesk(pages=[[OVER_NIGHT]], opening=NINE_TO_FIVE)
    services = program(database, clock, desks=[desk])
    read_desk(services, "acme")
    desk.opening = {"Office": BusinessHours(week="mon-fri 8-17", zone="UTC")}
    clock.move(hours=1)
    read_desk(services, "acme")
    assert business(services) == 2 * 3600  # not asked for again yet
    clock.move(hours=5)
    read_desk(services, "acme")
    assert business(services) == 3 * 3600
    desk.opening = {}
    clock.move(hours=6)
    read_desk(services, "acme")
    assert business(services) is None
    assert "hours" not in row_of(services).gives


@pytest.mark.parametrize("kind", kinds())
def test_the_ways_of_a_kind_are_settings_of_it(kind: str) -> None:
    settings = guide(kind)[1]
    assert set(settings.model_fields) >= settings.WAYS
    assert not settings.WAYS & {"histories", "escalation_tags", "complaint_tags", "statuses"}


@pytest.mark.parametrize("error", [DeskMisunderstood("HTML."), BUSY, ValueError("no hours")])
def test_hours_that_nobody_understands_are_no_reason_to_read_no_tickets(
    database: Database, clock: StandingClock, error: Exception
) -> None:
    class Strange(PagedDesk):
        def hours(self) -> Mapping[str, BusinessHours]:
            raise error

    services = program(database, clock, desks=[Strange(pages=PAGES)])
    with services.writing() as session:
        row = desks.known(session, services.workspace, "acme", kind="", gives=())
        row.opening = {"of another version": {"weeks": 7}}
    with capture_logs() as lines:
        assert read_desk(services, "acme").finished
    assert "hours_not_read" in {line["event"] for line in lines}
    assert stored(services) == ALL
