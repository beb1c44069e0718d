"""Stored readings agree with a fresh computation, whatever late data come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from math import isclose
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import Session

from bot.domain import (
    ArticleDay,
    Dimension,
    Question,
    Rating,
    Removal,
    Scale,
    Slice,
    Ticket,
    Window,
)
from bot.metrics import CATALOGUE, Clock, Reading
from bot.periods import Period, periods
from bot.store import facts, kept
from bot.store.database import Database
from bot.store.readings import Sources, read
from bot.store.scope import Scope
from bot.store.tables import Desk, ReadingRow, Touched, Workspace
from bot.store.tickets import PURGED_AFTER, keep
from tests.store_samples import (
    HOURS,
    SECRET,
    STEPS,
    Plan,
    a_solved_ticket,
    a_ticket,
    a_workspace,
    at,
    many_articles,
    many_calls,
    many_lives,
    many_ratings,
)
from tests.times import T

#: Each compares all numbers of all periods, stored and fresh.
pytestmark = pytest.mark.thorough

METRICS = list(CATALOGUE.values())
UTC_ZONE = ZoneInfo("UTC")

#: The days and weeks of random histories, and some hours.
DAYS = periods(Period.DAY, at(-3), at(STEPS + 9), UTC_ZONE)
WEEKS = periods(Period.WEEK, T(days=-28), T(days=4), UTC_ZONE)
SOME_HOURS = periods(Period.HOUR, at(20), at(26), UTC_ZONE)
SOME = [*DAYS[::2], *WEEKS[1:], *SOME_HOURS[::8]]


def fill(database: Database, workspace: int, windows: Sequence[Window]) -> None:
    """Stores the readings of these windows, as the job does."""
    for by in kept.DIMENSIONS:
        with database.writing() as session:
            revision = kept.revision(session, workspace)
            sources = Sources(session, workspace)
            computed = sources.periods(sources.missing(windows, by), by)
            kept.store(session, workspace, by, computed, revision_=revision, basis_=sources.basis)


def fresh(session: Session, workspace: int, windows: Sequence[Window], **scope: Any) -> list[Any]:
    """The same readings without a look at what is stored."""
    clock = scope.pop("clock", Clock.CALENDAR)
    sources = Sources(session, workspace)
    asked = Scope(workspace, windows, settled=sources.settled, **scope)
    values = sources.compute(METRICS, asked, clock)
    return [
        reading
        for metric in METRICS
        for reading in sources.readings(metric, values[metric.key], asked, clock)
    ]


def how_many_hold(
    database: Database, workspace: int, windows: Sequence[Window], by: Dimension | None = None
) -> int:
    with database.reading() as session:
        basis = Sources(session, workspace).basis
        return len(kept.find(session, workspace, windows, by, basis))


def assert_same(found: Sequence[Reading], wanted: Sequence[Reading]) -> None:
    """Sums of fractions may differ in the last digit; everything else is equal."""
    assert [(r.metric.key, r.window, r.slice, r.n) for r in found] == [
        (r.metric.key, r.window, r.slice, r.n) for r in wanted
    ]
    for one, other in zip(found, wanted, strict=True):
        for name in _NUMBERS:
            value, expected = getattr(one, name), getattr(other, name)
            if None in (value, expected):
                assert value is expected, (name, one)
            else:
                assert isclose(value, expected, rel_tol=1e-6, abs_tol=1e-12), (name, one)
        for name in _OTHERS:
            assert getattr(one, name) == getattr(other, name), (name, one)


_NUMBERS = ("value", "low", "high", "p90", "mean", "numerator", "denominator")
_OTHERS = [field.name for field in fields(Reading) if field.name not in _NUMBERS]


@st.composite
def late(draw: st.DrawFn) -> Plan:
    """What comes late: some of the same tickets in another life, further ones, other facts."""
    return Plan(
        "acme",
        draw(many_lives(4)),
        ratings=draw(many_ratings(3)),
        calls=draw(many_calls(2)),
        articles=draw(many_articles(2)),
    )


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=many_lives(8), rated=many_ratings(6), pages=st.lists(late(), min_size=1, max_size=2))
def test_what_is_stored_agrees_with_a_fresh_computation_after_every_late_page(
    database: Database, first: list[Ticket], rated: list[Rating], pages: list[Plan]
) -> None:
    """Of every metric, on both clocks, by every dimension, in days, weeks and hours."""
    windows = SOME
    with database.writing() as session:
        workspace = a_workspace(session)
        desk = Plan("acme", first, ratings=rated, data_until=T(days=12)).store(session, workspace)
        desk_id = desk.id
    fill(database, workspace, windows)
    for number, page in enumerate(pages):
        with database.writing() as session:
            desk = session.get_one(Desk, desk_id)
            keep(session, desk, page.tickets, SECRET, HOURS)
            facts.keep(session, desk, [*page.ratings, *page.calls, *page.articles])
        with database.reading() as session:
            for by in kept.DIMENSIONS:
                found = read(session, workspace, METRICS, windows, by=by)
                assert_same(found, fresh(session, workspace, windows, by=by))
            asked: dict[str, Any] = {"by": Dimension.CHANNEL, "clock": Clock.BUSINESS}
            found = read(session, workspace, METRICS, windows, **asked)
            assert_same(found, fresh(session, workspace, windows, **asked))
            only = Slice(Dimension.GROUP, "billing")
            assert_same(
                read(session, workspace, METRICS, windows, only=only),
                fresh(session, workspace, windows, only=only),
            )
        if number == 0:  # later pages meet rows of two ages
            fill(database, workspace, windows[::2])


# --- What is stored, and what late data cost ------------------------------------------------------

WEEK = periods(Period.WEEK, T(days=-40), T(), UTC_ZONE)[-3]
EVERY_DAY = periods(Period.DAY, WEEK.start, WEEK.end, UTC_ZONE)


@pytest.fixture
def filled(database: Database) -> tuple[Database, int, int]:
    """A desk with a solved ticket a day, all of whose days of a week are stored."""
    tickets = [
        a_solved_ticket(
            str(number),
            day.start + timedelta(hours=9),
            day.start + timedelta(hours=11),
            requester=f"{number}@example.org",
        )
        for number, day in enumerate(EVERY_DAY)
    ]
    with database.writing() as session:
        workspace = a_workspace(session)
        desk = Plan("acme", tickets, data_until=T(days=1)).store(session, workspace)
        desk_id = desk.id or 0
    fill(database, workspace, [*EVERY_DAY, WEEK])
    assert how_many_hold(database, workspace, [*EVERY_DAY, WEEK]) == 8
    return database, workspace, desk_id


def change(database: Database, desk_id: int, *tickets: Ticket) -> None:
    with database.writing() as session:
        keep(session, session.get_one(Desk, desk_id), tickets, SECRET, HOURS)


def the_ticket(number: int, **changed: Any) -> Ticket:
    day = EVERY_DAY[number]
    return replace(
        a_solved_ticket(
            str(number),
            day.start + timedelta(hours=9),
            day.start + timedelta(hours=11),
            requester=f"{number}@example.org",
        ),
        **changed,
    )


def test_the_same_told_again_touches_nothing(filled: tuple[Database, int, int]) -> None:
    database, workspace, desk = filled
    before = touched(database, workspace)
    change(database, desk, *(the_ticket(number, updated_at=T()) for number in range(7)))
    assert how_many_hold(database, workspace, [*EVERY_DAY, WEEK]) == 8
    assert touched(database, workspace) == before


def touched(database: Database, workspace: int) -> tuple[int, int]:
    """How many hours are marked, and the revision of the workspace."""
    hours = select(func.count()).where(Touched.workspace_id == workspace)  # type: ignore[arg-type]
    with database.reading() as session:
        return session.scalars(hours).one(), session.get_one(Workspace, workspace).revision


@pytest.mark.parametrize(
    ("changed", "days"),
    [
        pytest.param({"agent_messages": 5}, 1, id="a message is counted on the day of the solve"),
        pytest.param({"escalated": True}, 1, id="an escalation on the day it was created"),
        pytest.param({"removal": Removal.SPAM}, 1, id="spam never was"),
    ],
)
def test_late_data_touch_only_the_periods_that_they_change(
    filled: tuple[Database, int, int], changed: dict[str, Any], days: int
) -> None:
    database, workspace, desk = filled
    change(database, desk, the_ticket(2, **changed))
    assert how_many_hold(database, workspace, EVERY_DAY) == 7 - days
    assert how_many_hold(database, workspace, [WEEK]) == 0
    assert how_many_hold(database, workspace, [EVERY_DAY[2]]) == 0


@pytest.mark.parametrize("label", ["group", "channel", "priority"])
def test_another_label_touches_only_the_readings_by_it(
    filled: tuple[Database, int, int], label: str
) -> None:
    """Also of a ticket that has been open for days: of all tickets just as many are."""
    database, workspace, desk = filled
    is_open = a_ticket("open", EVERY_DAY[1].start + timedelta(hours=9))
    change(database, desk, is_open)
    fill(database, workspace, EVERY_DAY)
    other: dict[str, Any] = {label: "other"}
    change(database, desk, replace(is_open, **other))
    held = {by: how_many_hold(database, workspace, EVERY_DAY, by) for by in kept.DIMENSIONS}
    assert held == {by: 1 if by == label else 7 for by in kept.DIMENSIONS}
    with database.reading() as session:
        for by in kept.DIMENSIONS:
            found = read(session, workspace, METRICS, EVERY_DAY, by=by)
            assert_same(found, fresh(session, workspace, EVERY_DAY, by=by))


def test_a_ticket_that_turns_out_unsolved_is_in_every_backlog_since(
    filled: tuple[Database, int, int],
) -> None:
    database, workspace, desk = filled
    change(database, desk, a_ticket("2", EVERY_DAY[2].start + timedelta(hours=9)))
    assert how_many_hold(database, workspace, EVERY_DAY) == 2


def test_a_contact_that_comes_late_touches_those_that_it_makes_a_second_one(
    filled: tuple[Database, int, int],
) -> None:
    """The solve of day 0 was no first contact resolution, the contact of day 6 a repeated one."""
    database, workspace, desk = filled
    of_first = a_solved_ticket(
        "late", EVERY_DAY[3].start, EVERY_DAY[3].start, requester="0@example.org"
    )
    change(database, desk, of_first)
    assert [how_many_hold(database, workspace, [day]) for day in EVERY_DAY] == [0, 1, 1, 0, 1, 1, 1]
    of_last = a_solved_ticket(
        "later", EVERY_DAY[4].start, EVERY_DAY[4].start, requester="6@example.org"
    )
    change(database, desk, of_last)
    assert [how_many_hold(database, workspace, [day]) for day in EVERY_DAY] == [0, 1, 1, 0, 0, 1, 0]


def test_a_purge_changes_nothing_that_is_stored(filled: tuple[Database, int, int]) -> None:
    """Not even what is counted by requester, who is known no more: the past stays as it was."""
    database, workspace, desk = filled
    before = told(database, workspace)
    purge = [
        replace(the_ticket(n), updated_at=T() + PURGED_AFTER, removal=Removal.DELETED)
        for n in range(7)
    ]
    change(database, desk, *purge)
    assert how_many_hold(database, workspace, [*EVERY_DAY, WEEK]) == 8
    assert told(database, workspace) == before
    assert before["first_contact_resolution"] == [1] * 7


def told(database: Database, workspace: int) -> dict[str, list[float | None]]:
    """Every number of every day, by metric."""
    with database.reading() as session:
        found: dict[str, list[float | None]] = {}
        for reading in read(session, workspace, METRICS, EVERY_DAY):
            found.setdefault(reading.metric.key, []).append(reading.value)
        return found


@pytest.mark.parametrize("moved", [{"group": "billing"}, {"removal": Removal.SPAM}])
def test_a_ticket_that_moves_takes_its_ratings_along(
    filled: tuple[Database, int, int], moved: dict[str, Any]
) -> None:
    """Rated two days after it was created and solved, and moved later."""
    database, workspace, desk = filled
    given = EVERY_DAY[4].start + timedelta(hours=9)
    rating = Rating("r", Question.CSAT, Scale.STARS, given, given, 5.0, ticket="2")
    with database.writing() as session:
        facts.keep(session, session.get_one(Desk, desk), [rating])
    fill(database, workspace, EVERY_DAY)
    change(database, desk, the_ticket(2, **moved))
    with database.reading() as session:
        for by in (None, Dimension.GROUP):
            found = read(session, workspace, METRICS, EVERY_DAY, by=by)
            assert_same(found, fresh(session, workspace, EVERY_DAY, by=by))


def test_what_is_read_today_of_an_article_leaves_yesterday_alone(
    filled: tuple[Database, int, int],
) -> None:
    """Its row changes with every reading of the desk; only windows with its whole day change."""
    database, workspace, desk = filled
    with database.writing() as session:
        facts.keep(
            session,
            session.get_one(Desk, desk),
            [ArticleDay("1", EVERY_DAY[3].start.date(), views=9)],
        )
    assert [how_many_hold(database, workspace, [day]) for day in EVERY_DAY] == [1, 1, 1, 0, 1, 1, 1]
    assert how_many_hold(database, workspace, [WEEK]) == 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Kolkata", "UTC", "Pacific/Pago_Pago"])
def test_whole_days_are_touched_wherever_they_are(database: Database, zone: str) -> None:
    days = periods(Period.DAY, T(days=-9), T(days=-2), ZoneInfo(zone))
    with database.writing() as session:
        workspace = a_workspace(session)
        desk = Plan("acme", [], data_until=T()).store(session, workspace)
        desk_id = desk.id or 0
    fill(database, workspace, days)
    with database.writing() as session:
        told = [ArticleDay("1", days[3].start.date(), views=9)]
        facts.keep(session, session.get_one(Desk, desk_id), told)
    with database.reading() as session:
        found = read(session, workspace, [CATALOGUE["article_views"]], days)
        assert [reading.value for reading in found] == [0, 0, 0, 9, *[0] * (len(days) - 4)]


def test_what_is_settled_in_the_week_of_the_clocks_change_is_not_stored_an_hour_early(
    database: Database,
) -> None:
    """A local week later is an hour less than seven days, which the ticket has for its requester."""
    athens = ZoneInfo("Europe/Athens")
    day = periods(Period.DAY, utc(2026, 3, 21), utc(2026, 3, 23), athens)[0]
    assert day.end.astimezone(UTC) == utc(2026, 3, 22, 22)
    with database.writing() as session:
        workspace = a_workspace(session)
        plan = Plan("acme", [], data_from=utc(2026, 1, 1), data_until=utc(2026, 3, 29, 21))
        plan.store(session, workspace)
    with database.reading() as session:
        assert not Sources(session, workspace).is_closed(day, 7)
    with database.writing() as session:
        workspace = a_workspace(session)
        replace(plan, data_until=utc(2026, 3, 29, 22)).store(session, workspace)
    with database.reading() as session:
        assert Sources(session, workspace).is_closed(day, 7)


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_another_requester_changes_whether_the_solve_was_for_good(
    filled: tuple[Database, int, int],
) -> None:
    """Who wrote on day 0, and was helped on day 1, wrote again on day 3: then they prove to be two."""
    database, workspace, desk = filled
    hour = timedelta(hours=1)
    one = a_solved_ticket(
        "one", EVERY_DAY[0].start, EVERY_DAY[1].start + hour, requester="0@example.org"
    )
    again = a_ticket("again", EVERY_DAY[3].start, requester="0@example.org")
    change(database, desk, one, again)
    fill(database, workspace, EVERY_DAY)
    change(database, desk, replace(one, requester="somebody@example.org"))
    with database.reading() as session:
        found = read(session, workspace, METRICS, EVERY_DAY)
        assert_same(found, fresh(session, workspace, EVERY_DAY))


def test_what_comes_after_the_last_reading_touches_nothing(
    filled: tuple[Database, int, int],
) -> None:
    database, workspace, desk = filled
    change(database, desk, a_ticket("new", T(days=2), requester="new@example.org"))
    assert how_many_hold(database, workspace, [*EVERY_DAY, WEEK]) == 8


def test_another_desk_makes_all_that_is_stored_old(filled: tuple[Database, int, int]) -> None:
    database, workspace, _ = filled
    with database.writing() as session:
        Plan("other", [], data_until=T(days=1)).store(session, workspace)
    assert how_many_hold(database, workspace, [*EVERY_DAY, WEEK]) == 0


def test_an_open_period_is_not_stored(database: Database) -> None:
    """Its end lies after what has been read, or its start before."""
    with database.writing() as session:
        workspace = a_workspace(session)
        plan = Plan("acme", [], data_from=EVERY_DAY[2].start, data_until=EVERY_DAY[5].start)
        plan.store(session, workspace)
    fill(database, workspace, [*EVERY_DAY, WEEK])
    assert [how_many_hold(database, workspace, [day]) for day in EVERY_DAY] == [0, 0, 1, 1, 1, 0, 0]
    assert how_many_hold(database, workspace, [WEEK]) == 0


def test_a_number_that_is_settled_later_is_added_later(database: Database) -> None:
    """Whether a solve was for good is known a week after."""
    key = "first_contact_resolution"
    day = EVERY_DAY[0]
    solved = a_solved_ticket("1", day.start, day.start, requester="a@example.org")
    with database.writing() as session:
        workspace = a_workspace(session)
        desk = Plan("acme", [solved], data_until=day.end + timedelta(days=1)).store(
            session, workspace
        )
        desk_id = desk.id
    fill(database, workspace, [day])
    assert stored_metrics(database, workspace) & {key, "ticket_volume"} == {"ticket_volume"}
    with database.writing() as session:
        session.get_one(Desk, desk_id).data_until = day.end + timedelta(days=7)
    fill(database, workspace, [day])
    assert stored_metrics(database, workspace) & {key, "ticket_volume"} == {key, "ticket_volume"}


def stored_metrics(database: Database, workspace: int) -> set[str]:
    with database.reading() as session:
        (row,) = session.scalars(
            select(ReadingRow).where(
                ReadingRow.workspace_id == workspace,  # type: ignore[arg-type]
                ReadingRow.dimension == "",  # type: ignore[arg-type]
            )
        )
        return set(row.readings["metrics"])


def test_of_old_hours_the_backlog_stays(database: Database) -> None:
    """The snapshots are kept for ever, the rest of an hour only while it may be asked for."""
    hours = periods(Period.HOUR, EVERY_DAY[0].start, EVERY_DAY[0].end, UTC_ZONE)
    with database.writing() as session:
        workspace = a_workspace(session)
        Plan("acme", [a_ticket("1", hours[3].start)]).store(session, workspace)
    fill(database, workspace, [*hours, EVERY_DAY[0]])
    with database.writing() as session:
        kept.tidy(session, workspace, before=hours[12].start, wanted=EVERY_DAY)
    with database.reading() as session:
        basis = Sources(session, workspace).basis
        found = kept.find(session, workspace, hours, None, basis)
        assert [found[place].metrics == {"backlog"} for place in range(24)] == [True] * 12 + [
            False
        ] * 12
        assert [found[n].values("backlog")[None].value for n in range(2, 6)] == [0, 1, 1, 1]
        whole = kept.find(session, workspace, EVERY_DAY[:1], None, basis)
        assert len(whole[0].metrics) > 1
