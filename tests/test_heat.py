from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.heat import FEWEST, HOURS, Busiest, Cell, arrivals, busiest, waits

MONDAY, TUESDAY, FRIDAY = 0, 1, 4
MINUTE = 60.0

Week = list[list[Cell]]


def week_of(busy: Mapping[tuple[int, int], Cell], quiet: Cell = Cell()) -> Week:  # noqa: B008
    """A week in which these hours of these weekdays differ from the others."""
    return [[busy.get((day, hour), quiet) for hour in range(HOURS)] for day in range(7)]


def waiting(minutes: float, count: int = 20) -> Cell:
    """So many tickets of an hour, that waited from a bit less to a bit more than that long."""
    spread = [minutes * MINUTE * (0.9 + 0.2 * n / max(count - 1, 1)) for n in range(count)]
    return Cell(count, spread)


def test_the_busiest_two_hours_are_told_with_their_share_and_their_wait() -> None:
    """Monday from 9 to 11 brings 18 % of the week; replies then take twice as long."""
    quiet = waiting(30, count=1)
    busy = waiting(60, count=18)
    found = busiest(week_of({(MONDAY, 9): busy, (MONDAY, 10): busy}, quiet))
    assert found is not None
    assert (found.weekday, found.start, found.end) == (MONDAY, 9, 11)
    assert found.share == pytest.approx(36 / (36 + 166))
    assert found.wait == pytest.approx(60 * MINUTE)
    assert found.usual_wait == pytest.approx(27 * MINUTE)
    assert found.slower == pytest.approx(60 / 27)


@pytest.mark.parametrize(
    ("counts", "stretch"),
    [
        ({9: 40, 10: 40}, (9, 11)),
        ({9: 40, 10: 40, 11: 29}, (9, 11)),
        ({9: 40, 10: 40, 11: 30}, (9, 12)),
        ({8: 35, 9: 40, 10: 40, 11: 30}, (8, 11)),
        ({0: 40, 1: 20}, (0, 2)),
        ({22: 30, 23: 40}, (22, 24)),
        ({21: 30, 22: 30, 23: 40}, (21, 24)),
        ({13: 90}, (12, 14)),
    ],
)
def test_a_stretch_is_two_hours_or_three_when_the_third_is_about_as_busy(
    counts: Mapping[int, int], stretch: tuple[int, int]
) -> None:
    found = busiest(week_of({(FRIDAY, hour): Cell(n) for hour, n in counts.items()}))
    assert found is not None
    assert (found.weekday, found.start, found.end) == (FRIDAY, *stretch)


def test_a_stretch_does_not_run_over_midnight() -> None:
    found = busiest(week_of({(MONDAY, 23): Cell(50), (TUESDAY, 0): Cell(60)}))
    assert found is not None
    assert (found.weekday, found.start, found.end) == (TUESDAY, 0, 2)


@pytest.mark.parametrize(
    "week",
    [
        week_of({}),
        week_of({(MONDAY, 9): Cell(FEWEST - 1)}),
        week_of({}, Cell(10)),
        week_of({(MONDAY, 9): Cell(5), (MONDAY, 10): Cell(5)}, Cell(3)),
    ],
    ids=["no tickets", "too few tickets", "an even week", "what chance explains"],
)
def test_a_week_in_which_nothing_stands_out_has_no_busiest_hours(week: Week) -> None:
    assert busiest(week) is None


@pytest.mark.parametrize(
    ("busy", "slower"),
    [
        (waiting(60), 2.0),
        (waiting(15), 0.5),
        (waiting(30), None),
        (Cell(20, waiting(60, count=2).waits), None),
        (Cell(20), None),
    ],
    ids=["slower", "faster", "as ever", "too few answers", "no answer"],
)
def test_how_long_replies_take_is_said_only_when_chance_does_not_explain_it(
    busy: Cell, slower: float | None
) -> None:
    quiet = [30 * MINUTE] * 4
    week = week_of({(MONDAY, 9): busy, (MONDAY, 10): busy}, Cell(1, quiet))
    found = busiest(week)
    assert found is not None
    assert found.slower == (None if slower is None else pytest.approx(slower))
    assert found.usual_wait == pytest.approx(30 * MINUTE)


def test_a_desk_that_does_not_tell_replies_has_busy_hours_all_the_same() -> None:
    found = busiest(week_of({(MONDAY, 9): Cell(60), (MONDAY, 10): Cell(40)}))
    assert found == Busiest(MONDAY, 9, 11, share=1.0)


def test_the_charts_numbers_are_counts_and_medians_of_enough_tickets() -> None:
    week = week_of(
        {(FRIDAY, 15): Cell(7, [1.0, 2.0, 3.0, 4.0, 100.0]), (FRIDAY, 16): Cell(4, [9.0])}
    )
    assert arrivals(week)[FRIDAY][14:17] == [0, 7, 4]
    assert waits(week)[FRIDAY][14:17] == [None, 3.0, None]


def cells(fewest: int, most: int) -> st.SearchStrategy[Cell]:
    """Hours in which so many tickets arrive, all of them answered."""
    waits = st.lists(st.floats(1, 1e6), min_size=fewest, max_size=most)
    return waits.map(lambda values: Cell(len(values), sorted(values)))


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@given(
    quiet=cells(0, 1),
    busy=st.tuples(cells(30, 60), cells(30, 60)),
    day=st.integers(0, 6),
    hour=st.integers(0, 22),
)
def test_what_is_told_agrees_with_all_the_tickets_counted_one_by_one(
    quiet: Cell, busy: tuple[Cell, Cell], day: int, hour: int
) -> None:
    """Medians come from the tickets themselves, never from the medians of hours."""
    week = week_of({(day, hour): busy[0], (day, hour + 1): busy[1]}, quiet)
    found = busiest(week)
    assert found is not None
    assert (found.weekday, found.start, found.end) == (day, hour, hour + 2)
    stretch = week[found.weekday][found.start : found.end]
    every = [cell for day in week for cell in day]
    assert found.share == pytest.approx(counted(stretch) / counted(every))
    assert found.wait == pytest.approx(median([wait for cell in stretch for wait in cell.waits]))
    assert found.usual_wait == pytest.approx(median([w for cell in every for w in cell.waits]))


def counted(cells: Sequence[Cell]) -> int:
    return sum(cell.count for cell in cells)
