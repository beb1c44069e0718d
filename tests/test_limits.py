"""How much of a desk's limit is used: all of it, and never more, however its answers overtake."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits import AT_ONCE, Allowance, Left, Limits
from tests.desks.wire import Limit
from tests.times import StandingClock, T

NOW = T()
NO_HEADERS = httpx.Headers()


def test_an_allowance_of_which_all_is_reserved_still_lets_one_go() -> None:
    assert Allowance(1, reserve=0.9).wait(NOW) == 0


def test_an_answer_that_was_overtaken_opens_nothing_again() -> None:
    allowance = Allowance(100)
    allowance.told(NOW, Left(left=0, reset=30), number=2, newest=3)
    allowance.told(NOW, Left(left=1, reset=30), number=1, newest=3)
    assert allowance.wait(NOW) == 30


def test_an_answer_to_what_went_out_later_does() -> None:
    allowance = Allowance(100)
    allowance.told(NOW, Left(left=0, reset=30), number=2, newest=3)
    allowance.told(NOW, Left(left=1, reset=30), number=4, newest=4)
    assert allowance.wait(NOW) == 0


def test_what_was_under_way_when_the_least_was_heard_is_taken_off() -> None:
    allowance = Allowance(100)
    allowance.use(3)
    allowance.answered(NOW, counted=True)
    allowance.told(NOW, Left(left=2, reset=30), number=1, newest=3)
    assert allowance.wait(NOW) == 30


def test_without_a_word_on_until_when_it_is_until_the_first_of_ours_is_over() -> None:
    """A desk that tells with each answer what is left would otherwise put it off each time."""
    allowance = Allowance(100)
    for seconds in (0, 30):
        allowance.use()
        allowance.answered(NOW + timedelta(seconds=seconds), counted=True)
        allowance.told(NOW + timedelta(seconds=seconds), Left(left=0), number=1, newest=1)
    assert allowance.wait(NOW + timedelta(seconds=30)) == pytest.approx(31.2)


@pytest.mark.thorough
@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("limit", [50, 200])
def test_answers_that_take_time_leave_nothing_unused(
    limit: int, seconds: float, reset: bool, clock: StandingClock
) -> None:
    """One after the other, for half an hour: all but a twentieth of what is possible."""
    desk = Limit(clock, limit)
    limits = Limits({"all": Allowance(limit, reserve=0.1)}, _left_of_all)
    asked = 0
    while clock.now() < T(minutes=30):
        turn = limits.turn(("all",), clock, clock.sleep)
        clock.move(seconds=seconds / 2)
        asked += desk.take()
        told = {"n": str(desk.left)} | ({"reset": str(desk.reset)} if reset else {})
        clock.move(seconds=seconds / 2)
        limits.answered(turn, clock.now(), httpx.Headers(told))
    assert desk.refused == 0
    assert asked >= 30 * min(limit * 0.9, 60 / seconds) * 0.95


def _left_of_all(headers: httpx.Headers, _now: datetime) -> dict[str, Left]:
    return {"all": Left(left=int(headers["n"]), reset=float(headers.get("reset", 0)))}


def test_a_reader_that_fails_holds_up_nobody(clock: StandingClock) -> None:
    limits = Limits({"all": Allowance(1)}, lambda _headers, _now: {"another": Left(left=1)})
    with pytest.raises(KeyError):
        limits.answered(limits.turn(("all",), clock, clock.sleep), clock.now(), NO_HEADERS)
    limits.turn(("all",), clock, clock.sleep)
    assert clock.now() == T(seconds=61.2)


@pytest.mark.parametrize(("counted", "wait"), [(False, 30), (True, 0)])
def test_an_answer_that_tells_nothing_may_have_been_counted(counted: bool, wait: float) -> None:
    allowance = Allowance(100)
    allowance.told(NOW, Left(left=1, reset=30), number=1, newest=1)
    allowance.use()
    assert allowance.wait(NOW) == 30
    allowance.answered(NOW, counted=counted)
    assert allowance.wait(NOW) == wait


@given(left=st.integers(1, 12), choices=st.lists(st.integers(0, 1_000), max_size=200))
def test_all_that_is_left_is_used_and_no_more_in_whatever_order_it_is_counted_and_heard(
    left: int, choices: list[int]
) -> None:
    """Each request goes out, is counted by the desk, and its answer is heard: each at any time."""
    clock = StandingClock(NOW)
    desk, ours = Limit(clock, 20), Allowance(20)
    for _ in range(20 - left):
        desk.take()
    ours.told(NOW, Left(20, desk.left, 60), number=0, newest=0)
    sent: list[int] = []
    counted: list[tuple[int, int]] = []
    newest = 0
    for choice in [*choices, *[0] * 40]:
        if ours.wait(NOW) == 0 and choice % 3 == 0:
            ours.use()
            newest += 1
            sent.append(newest)
        elif sent and (choice % 3 == 1 or not counted):
            number = sent.pop(choice % len(sent))
            assert desk.take()
            counted.append((number, desk.left))
        elif counted:
            number, told = counted.pop(choice % len(counted))
            ours.answered(NOW, counted=True)
            ours.told(NOW, Left(20, told, 60), number, newest)
    assert desk.left == 0
    assert ours.wait(NOW) == 60


def test_what_counts_several_times_may_end_in_the_reserve_and_not_begin_there() -> None:
    for used, wait in ((89, 0), (90, 61.2)):
        allowance = Allowance(100, reserve=0.1)
        allowance.use(used)
        allowance.answered(NOW, used)
        assert allowance.wait(NOW, 5) == pytest.approx(wait)


@pytest.mark.parametrize(("limit", "at"), [(10, [0, 0, 61.2]), (14, [0, 0, 61.2]), (3, [0, 61.2])])
def test_what_counts_several_times_waits_until_there_is_room_for_all_of_it(
    limit: int, at: list[float], clock: StandingClock
) -> None:
    """What counts for more than is allowed at all goes out alone."""
    limits = Limits({"credits": Allowance(limit)})
    went: list[float] = []
    for _ in at:
        turn = limits.turn(("credits",) * 5, clock, clock.sleep)
        went.append((clock.now() - T()).total_seconds())
        limits.answered(turn, clock.now(), NO_HEADERS)
    assert went == pytest.approx(at)


def test_two_connections_of_one_account_share_what_is_left(clock: StandingClock) -> None:
    """One account is asked in two versions of its API: the numbers of their requests are one row."""
    limits = Limits(
        {"app": Allowance(100)}, lambda headers, _: {"app": Left(left=int(headers["n"]))}
    )

    def never(seconds: float) -> None:
        raise AssertionError(seconds)

    first, second = (limits.turn(("app",), clock, never) for _ in range(2))
    assert (first.number, second.number) == (1, 2)
    limits.answered(second, clock.now(), httpx.Headers({"n": "7"}))
    limits.answered(first, clock.now(), httpx.Headers({"n": "8"}))
    for _ in range(7):
        limits.answered(limits.turn(("app",), clock, never), clock.now(), None)
    with pytest.raises(AssertionError, match="61"):
        limits.turn(("app",), clock, never)


def test_what_counts_for_no_lane_waits_only_where_the_desk_says_so(clock: StandingClock) -> None:
    limits = Limits()

    def never(seconds: float) -> None:
        raise AssertionError(seconds)

    turns = [limits.turn((), clock, never) for _ in range(AT_ONCE)]
    for turn in turns[:-1]:
        limits.answered(turn, clock.now(), NO_HEADERS)
    limits.answered(turns[-1], clock.now(), NO_HEADERS, pause=5.0)
    with pytest.raises(AssertionError, match="5"):
        limits.turn((), clock, never)
