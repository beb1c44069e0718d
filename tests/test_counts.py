from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import Call, Counted, Question, Rating, Removal, Scale, Window
from bot.store import counts, facts
from bot.store.database import Database
from bot.store.tickets import keep
from tests.store_samples import SECRET, a_desk, a_ticket
from tests.times import T

WINDOW = Window(T(hours=-2), T(hours=2))

RATINGS = [
    Rating("1", Question.CSAT, Scale.STARS, T(hours=-3), T(), 5),
    Rating("2", Question.CSAT, Scale.STARS, T(), T(hours=1), 2),
    Rating("3", Question.CSAT, Scale.STARS, T(), T(hours=2), 5),
    Rating("4", Question.CSAT, Scale.STARS, T()),
    Rating("5", Question.NPS, Scale.NPS, T(), T(), 10),
]
CALLS = [
    Call("1", T(), answered=True),
    Call("2", T(hours=1), answered=True),
    Call("3", T(hours=1), answered=False, wait=timedelta(seconds=9)),
    Call("4", T(hours=1), inbound=False, answered=True),
    Call("5", T(hours=2), answered=True),
]


@pytest.mark.parametrize(
    ("what", "number"),
    [
        (Counted.TICKETS, 4),
        (Counted.GOOD_RATINGS, 1),
        (Counted.BAD_RATINGS, 1),
        (Counted.ANSWERED_CALLS, 2),
    ],
)
def test_what_a_desk_counts_is_counted_of_a_window_and_of_that_desk(
    database: Database, what: Counted, number: int
) -> None:
    page = [a_ticket(str(n), T(hours=n)) for n in range(-5, 5)]
    with database.writing() as session:
        desk, other = a_desk(session), a_desk(session, name="other")
        keep(session, desk, [*page, a_ticket("x", T(), removal=Removal.MERGED)], SECRET)
        keep(session, other, page, SECRET)
        for one in (desk, other):
            facts.keep(session, one, [*RATINGS, *CALLS])
        assert counts.of(session, desk, WINDOW, what) == number


def test_only_days_that_differ_are_told_and_a_later_comparison_replaces(
    database: Database,
) -> None:
    days = [T(days=-3), T(days=-2), T(days=-1)]
    what = Counted.TICKETS
    with database.writing() as session:
        desk = a_desk(session)
        for day, theirs in zip(days, (7, 8, 9), strict=True):
            counts.compared(session, desk, day, what, ours=8, theirs=theirs, at=T())
    with database.reading() as session:
        assert [(d.day, d.ours, d.theirs) for d in counts.differences(session, 1)] == [
            (days[0], 8, 7),
            (days[2], 8, 9),
        ]
        assert counts.differences(session, 2) == []
    with database.writing() as session:
        counts.compared(session, desk, days[0], what, ours=7, theirs=7, at=T(hours=1))
    with database.reading() as session:
        assert [d.day for d in counts.differences(session, 1)] == [days[2]]


def test_different_things_of_one_day_are_compared_apart(database: Database) -> None:
    with database.writing() as session:
        desk = a_desk(session)
        for what, theirs in ((Counted.TICKETS, 8), (Counted.GOOD_RATINGS, 9)):
            counts.compared(session, desk, T(), what, ours=8, theirs=theirs, at=T())
    with database.reading() as session:
        assert [d.what for d in counts.differences(session, 1)] == ["good ratings"]
