"""The tests' vocabulary of time: `T()` is a Friday morning, `T(10)` ten seconds later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_T0 = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def T(seconds: float = 0, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:  # noqa: N802
    """Friday 20 November 2026, 07:00 UTC (09:00 in Athens), and that much later."""
    return _T0 + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class StandingClock:
    """Stands still until it is moved; waiting moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)

    def move(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def set(self, moment: datetime) -> None:
        self._now = moment
