"""Waits on behalf of the help desks, so that everybody can see who waits for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock

import structlog

from bot.clock import Clock
from bot.errors import DeskBusy

#: How long a wait goes on without a look at whether the process is to end, in seconds.
STEP = 1.0

#: A wait of at least so many seconds is told at once and logged; shorter ones are no news.
WORTH_A_WORD = 2.0

#: After so many seconds whoever watches is told again of the waits, however short they are.
AGAIN = timedelta(seconds=30)

#: The longest wait that a help desk may ask for, in seconds: an hour and a little.
LONGEST = 3_700.0

#: The longest wait while somebody looks on, in seconds.
IMPATIENT = 5.0

log = structlog.get_logger()

#: Is told until when a help desk waits, in whatever thread it does.
Watcher = Callable[[datetime], None]


class Stopped(Exception):
    """The process was asked to end while a help desk was waiting; nothing is wrong with the desk."""


@dataclass(eq=False)
class _Watch:
    """Who watches a desk, when they were told last, and how long a wait of it may be."""

    desk: str
    watcher: Watcher
    longest: float
    told_at: datetime | None = None


class Pauses:
    """Waits where a help desk allows no more requests for now.

    A wait ends early, by `Stopped`, when `stopping` is set. Threads may share it.
    """

    def __init__(self, clock: Clock, stopping: Event | None = None) -> None:
        self._clock = clock
        self._stopping = stopping or Event()
        self._watches: list[_Watch] = []
        self._onlookers = 0
        self._lock = Lock()

    @contextmanager
    def watched(self, desk: str, watcher: Watcher, *, longest: float = LONGEST) -> Iterator[None]:
        """While the block runs, `watcher` is told of the waits of that desk, again and again.

        A wait of more than `longest` seconds is an error then, `DeskBusy`.
        """
        watch = _Watch(desk, watcher, longest)
        with self._lock:
            self._watches.append(watch)
        try:
            yield
        finally:
            with self._lock:
                self._watches.remove(watch)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """While the block runs somebody looks on: a wait of more than seconds is told instead."""
        with self._lock:
            self._onlookers += 1
        try:
            yield
        finally:
            with self._lock:
                self._onlookers -= 1

    def wait(self, desk: str, seconds: float) -> None:
        """Waits for so many seconds because the desk called `desk` asks for it.

        Raises `DeskBusy` instead when that is too long, `Stopped` when the process is to end.
        """
        with self._lock:
            watches = [watch for watch in self._watches if watch.desk == desk]
            usual = IMPATIENT if self._onlookers else LONGEST
        if seconds > min([usual, *(watch.longest for watch in watches)]):
            raise DeskBusy(
                "Help desk “{desk}” allows no more requests for {seconds} seconds.",
                "It is asked again after that; if it lasts, see who else uses its API.",
                wait=seconds,
                desk=desk,
                seconds=round(seconds),
            )
        until = self._clock.now() + timedelta(seconds=seconds)
        is_news = seconds >= WORTH_A_WORD
        if is_news:
            log.info("desk_waits", desk=desk, seconds=round(seconds, 1))
        while (left := (until - self._clock.now()).total_seconds()) > 0:
            if self._stopping.is_set():
                raise Stopped
            self._tell(watches, until, is_news=is_news)
            is_news = False
            self._clock.sleep(min(left, STEP))

    def _tell(self, watches: Sequence[_Watch], until: datetime, *, is_news: bool) -> None:
        now = self._clock.now()
        with self._lock:
            due = [
                watch
                for watch in watches
                if is_news or watch.told_at is None or now - watch.told_at >= AGAIN
            ]
            for watch in due:
                watch.told_at = now
        for watch in due:
            watch.watcher(until)
