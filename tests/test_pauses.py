"""Waits on behalf of help desks: seen, bounded, and over when the process is."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event, Thread

import pytest
import structlog.testing

from bot.errors import DeskBusy
from bot.pauses import AGAIN, IMPATIENT, LONGEST, Pauses, Stopped
from tests.programs import raising, together
from tests.times import StandingClock, T


@pytest.fixture
def pauses(clock: StandingClock) -> Pauses:
    return Pauses(clock)


@pytest.mark.parametrize("seconds", [0.05, 1, 2.5, 90, LONGEST])
def test_a_wait_takes_as_long_as_it_should(
    seconds: float, pauses: Pauses, clock: StandingClock
) -> None:
    pauses.wait("acme", seconds)
    assert clock.now() == T() + timedelta(seconds=seconds)
    assert max(clock.slept) <= 1.0  # the process may be asked to end at any second


@pytest.mark.parametrize("seconds", [0, -3])
def test_what_is_over_is_not_waited_for(
    seconds: float, pauses: Pauses, clock: StandingClock
) -> None:
    pauses.wait("acme", seconds)
    assert clock.slept == []


def test_a_wait_that_is_too_long_is_told_instead(pauses: Pauses, clock: StandingClock) -> None:
    with pytest.raises(DeskBusy, match="“acme” allows no more requests for 3701 seconds") as raised:
        pauses.wait("acme", LONGEST + 1)
    assert raised.value.wait == LONGEST + 1
    assert clock.now() == T()


# --- who sees it ---


def test_whoever_watches_is_told_at_once_and_again_and_again(
    pauses: Pauses, clock: StandingClock
) -> None:
    told: list[tuple[datetime, datetime]] = []
    with pauses.watched("acme", lambda until: told.append((clock.now(), until))):
        pauses.wait("acme", 100)
    until = T(seconds=100)
    assert told == [(T(seconds=at), until) for at in (0, 30, 60, 90)]


def test_waits_that_are_no_news_are_told_now_and_then(pauses: Pauses, clock: StandingClock) -> None:
    """Whoever holds a lease while a desk is read wants to hear of many short ones too."""
    told: list[datetime] = []
    with pauses.watched("acme", lambda _: told.append(clock.now())):
        for _ in range(100):
            pauses.wait("acme", 1)
    assert len(told) == 4
    assert {later - earlier for earlier, later in pairwise(told)} == {AGAIN}


def test_only_who_watches_that_desk_is_told(pauses: Pauses) -> None:
    told: list[str] = []
    with (
        pauses.watched("acme", lambda _: told.append("acme")),
        pauses.watched("other", lambda _: told.append("other")),
    ):
        pauses.wait("other", 5)
    pauses.wait("acme", 5)
    assert told == ["other"]


def test_two_may_watch_one_desk_and_leave_in_any_order(pauses: Pauses) -> None:
    told: list[str] = []
    first = pauses.watched("acme", lambda _: told.append("first"))
    second = pauses.watched("acme", lambda _: told.append("second"))
    first.__enter__()
    second.__enter__()
    pauses.wait("acme", 5)
    first.__exit__(None, None, None)
    pauses.wait("acme", 5)
    second.__exit__(None, None, None)
    pauses.wait("acme", 5)
    assert told == ["first", "second", "second"]


def test_a_watch_ends_with_an_error_too(pauses: Pauses) -> None:
    told: list[datetime] = []
    with pytest.raises(ValueError, match="broken"), pauses.watched("acme", told.append):
        raise ValueError("broken")
    pauses.wait("acme", 5)
    assert told == []


def test_what_a_watcher_raises_ends_the_wait(pauses: Pauses, clock: StandingClock) -> None:
    """It lost what it held: there is no point in going on."""
    with pauses.watched("acme", raising(KeyError("lease"))), pytest.raises(KeyError):
        pauses.wait("acme", 60)
    assert clock.now() == T()


@pytest.mark.parametrize(("seconds", "logged"), [(1.9, 0), (2, 1), (60, 1)])
def test_the_log_tells_of_a_wait_that_is_worth_a_word_once(
    seconds: float, logged: int, pauses: Pauses
) -> None:
    with structlog.testing.capture_logs() as logs:
        pauses.wait("acme", seconds)
    assert [(log["event"], log["desk"], log["seconds"]) for log in logs] == [
        ("desk_waits", "acme", seconds)
    ] * logged


# --- who does not want to wait ---


def test_while_somebody_looks_on_only_seconds_are_waited_for(
    pauses: Pauses, clock: StandingClock
) -> None:
    with pauses.impatient():
        pauses.wait("acme", IMPATIENT)
        with pytest.raises(DeskBusy, match="for 6 seconds"):
            pauses.wait("acme", IMPATIENT + 1)
    assert clock.now() == T() + timedelta(seconds=IMPATIENT)
    pauses.wait("acme", IMPATIENT + 1)


def test_two_may_look_on_and_leave_in_any_order(pauses: Pauses) -> None:
    first, second = pauses.impatient(), pauses.impatient()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(DeskBusy):
        pauses.wait("acme", 60)
    second.__exit__(None, None, None)
    pauses.wait("acme", 60)


def test_who_watches_may_set_a_bound_for_that_desk_alone(
    pauses: Pauses, clock: StandingClock
) -> None:
    with pauses.watched("acme", lambda _: None, longest=120):
        pauses.wait("acme", 120)
        with pytest.raises(DeskBusy, match="for 121 seconds"):
            pauses.wait("acme", 121)
        pauses.wait("other", 121)
    pauses.wait("acme", 121)
    assert clock.now() == T(seconds=120 + 121 + 121)


def test_of_several_bounds_the_lowest_holds(pauses: Pauses) -> None:
    with (
        pauses.watched("acme", lambda _: None, longest=60),
        pauses.watched("acme", lambda _: None, longest=600),
        pytest.raises(DeskBusy),
    ):
        pauses.wait("acme", 61)


# --- the end of the process ---


def test_a_wait_ends_at_the_second_in_which_the_process_is_asked_to_end(
    clock: StandingClock,
) -> None:
    stopping = Event()
    pauses = Pauses(clock, stopping)

    def at_the_end(_: datetime) -> None:
        if clock.now() >= T(seconds=30):
            stopping.set()

    with pauses.watched("acme", at_the_end), pytest.raises(Stopped):
        pauses.wait("acme", 3600)
    assert clock.now() == T(seconds=31)


def test_a_process_that_ends_begins_no_wait(clock: StandingClock) -> None:
    stopping = Event()
    stopping.set()
    with pytest.raises(Stopped):
        Pauses(clock, stopping).wait("acme", 0.01)
    assert clock.slept == []


def test_threads_wait_side_by_side_and_all_end(clock: StandingClock) -> None:
    """Of the desk that is watched a wait is told in the thread that waits."""
    stopping, told = Event(), []
    pauses = Pauses(clock, stopping)
    both_wait = Barrier(2, timeout=60)

    def meet(until: datetime) -> None:
        told.append(until)
        both_wait.wait()
        stopping.set()

    def wait(desk: str) -> str:
        try:
            pauses.wait(desk, 3000)
        except Stopped:
            return desk
        return "waited on"

    with pauses.watched("acme", meet), pauses.watched("other", meet):
        ended = together(lambda: wait("acme"), lambda: wait("other"))
    assert ended == ["acme", "other"]
    assert len(told) == 2


def test_watches_come_and_go_while_another_desk_waits(pauses: Pauses, clock: StandingClock) -> None:
    waiting = Thread(target=lambda: pauses.wait("acme", LONGEST))
    waiting.start()
    for _ in range(200):
        with pauses.watched("other", lambda _: None), pauses.impatient():
            pass
    waiting.join(60)
    assert clock.now() >= T(seconds=LONGEST)
