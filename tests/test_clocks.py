from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clocks import clock_told, roughly
from tests.times import T


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=-90), "0 minutes"),
        (timedelta(seconds=70), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(minutes=120), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
    ],
)
def test_how_old_a_thing_is_is_told_roughly(span: timedelta, told: str) -> None:
    assert roughly(span) == told


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, ()), (2, ()), (-2, ()), (10, "10 minutes ahead of"), (-180, "3 hours behind")],
)
def test_clocks_that_differ_are_worth_a_word(minutes: int, told: str | tuple[()]) -> None:
    expected = (f"Its clock is {told} the clock here.",) if told else ()
    assert clock_told(T(minutes=minutes), T()) == expected


def test_a_clock_that_is_not_told_differs_from_none() -> None:
    assert clock_told(None, T()) == ()
