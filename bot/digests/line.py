"""One number of a digest, with what is needed to judge it: from readings and goals to lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.digests.goals import Goal
from bot.digests.timetable import is_incomparable
from bot.domain import Window
from bot.metrics import Count, Reading, Unit
from bot.metrics.comparison import Estimate, Verdict, verdict
from bot.metrics.statistics import poisson_interval
from bot.metrics.usual import Standing, Usual, is_good, place, standing, usual


@dataclass(frozen=True, slots=True)
class Line:
    """One number with what is needed to judge it.

    `history` are the comparable earlier readings, oldest first; `before` is the one that it is shown
    beside. Of a window that is not `complete` some numbers are missing, so it is not judged. Whether a
    score of a survey `moved` the survey itself knows better than the intervals do.
    """

    reading: Reading
    before: Reading | None = None
    usual: Usual | None = None
    goal: Goal | None = None
    history: Sequence[Reading] = ()
    complete: bool = True
    moved: Verdict | None = None

    @property
    def standing(self) -> Standing:
        return standing(self.reading, self.usual) if self.complete else Standing.UNKNOWN

    @property
    def is_out(self) -> bool:
        """Whether it lies outside of what is usual: a signal, and not routine."""
        return self.standing in (Standing.ABOVE, Standing.BELOW)

    @property
    def is_good(self) -> bool | None:
        """Whether it stands out as good (true) or bad (false) news; `None` when it does not."""
        return is_good(self.standing, self.reading.metric.better)

    @property
    def change(self) -> float | None:
        """How much it moved since the comparable period before, as a share of that."""
        if not self.complete or self.before is None or not self.before.value:
            return None
        if self.reading.value is None:
            return None
        return (self.reading.value - self.before.value) / abs(self.before.value)

    @property
    def is_still_out(self) -> bool:
        """Whether the period before lay outside of what is usual now, on the same side."""
        value = None if self.before is None else self.before.value
        there = Standing.UNKNOWN if value is None else place(value, self.usual)
        return there in (Standing.ABOVE, Standing.BELOW) and there is self.standing

    @property
    def verdict(self) -> Verdict:
        """Whether it differs from the period before by more than chance explains.

        Where it is known what is usual, that decides: what lies within is no news, and what has left
        it is. Else the intervals of the two numbers do.
        """
        if not self.complete or self.before is None or self.before.value is None:
            return Verdict.UNKNOWN
        if self.moved is not None:
            return self.moved
        of_two = verdict(
            _estimate(self.reading),
            _estimate(self.before),
            skewed=self.reading.metric.unit is Unit.SECONDS,
        )
        if of_two is Verdict.SAME or self.standing is Standing.UNKNOWN or self.is_still_out:
            return of_two
        return _VERDICTS[self.standing]

    @property
    def is_of_other_questions(self) -> bool:
        """Whether the survey before asked other questions, so that nothing is said of its score."""
        return self.moved is Verdict.UNKNOWN

    @property
    def target(self) -> float | None:
        """The target of its goal, if it has one."""
        return self.goal.target if self.goal else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; `None` without a goal, a complete number or a direction."""
        if not self.complete or self.goal is None or self.reading.value is None:
            return None
        return self.goal.is_met(self.reading.value, self.reading.metric.better)

    @property
    def on_pace(self) -> bool | None:
        """Whether it is as far on the way to its goal as it should be; `None` without a date."""
        if not self.complete or self.goal is None or self.reading.value is None:
            return None
        day = self.reading.window.end.date()
        return self.goal.is_on_pace(self.reading.value, day, self.reading.metric.better)

    @property
    def is_newly_missed(self) -> bool:
        """Whether the goal is missed, and was met in the comparable period before.

        One that is missed for weeks is known; one on the way to its date in time is not missed.
        """
        if self.met is not False or self.on_pace or self.goal is None:
            return False
        value = None if self.before is None else self.before.value
        return value is not None and bool(self.goal.is_met(value, self.reading.metric.better))


_VERDICTS = {
    Standing.WITHIN: Verdict.CANNOT_TELL,
    Standing.ABOVE: Verdict.HIGHER,
    Standing.BELOW: Verdict.LOWER,
}


def _estimate(reading: Reading) -> Estimate:
    """A reading with its interval; a count varies by chance as Poisson says, at least."""
    if isinstance(reading.metric.aggregate, Count) and reading.value is not None:
        return Estimate(reading.value, *poisson_interval(round(reading.value)))
    return Estimate(reading.value, reading.low, reading.high)


def lines(
    readings: Iterable[Reading], goals: Sequence[Goal], *, complete: bool = True
) -> list[Line]:
    """One line for each metric, clock and slice: its latest reading, judged by the earlier ones.

    Those of its weekday are comparable to it; those of other weekdays only tell how much days vary.
    A window with a holiday is not judged by ordinary days, and what surveys tell by no days at all.
    """
    return [_line(series, goals, complete=complete) for series in _series(readings)]


def _series(readings: Iterable[Reading]) -> list[list[Reading]]:
    """The readings of one metric, clock and slice together, oldest first."""

    def key(reading: Reading) -> tuple[str, str, str, str]:
        part = reading.slice
        return (
            reading.metric.key,
            reading.clock,
            part.dimension if part else "",
            (part.value or "") if part else "",
        )

    order: dict[tuple[str, str, str, str], dict[Window, Reading]] = {}
    for reading in readings:
        order.setdefault(key(reading), {})[reading.window] = reading
    return [
        sorted(series.values(), key=lambda reading: reading.window.start)
        for series in order.values()
    ]


def _line(series: Sequence[Reading], goals: Sequence[Goal], *, complete: bool) -> Line:
    *earlier, now = series
    history: list[Reading] = []
    others: list[Reading] = []
    weekday = now.window.start.weekday()
    for reading in earlier:
        if was_whole(reading):
            (history if reading.window.start.weekday() == weekday else others).append(reading)
    incomparable = now.metric.is_surveyed or is_incomparable(now.window)
    return Line(
        reading=now,
        before=history[-1] if history else None,
        usual=None if incomparable else usual(history, now, others),
        goal=next((goal for goal in goals if goal.is_about(now)), None),
        history=history,
        complete=complete,
    )


def was_whole(reading: Reading) -> bool:
    """Whether all of its window was read: half of one looks like a quiet time."""
    return reading.since is not None and reading.since <= reading.window.start
