"""What surveys give as metrics: eNPS, the pulse score, and how many take part.

A window has the number of the wave that closed last in it; of several that closed at the same moment
that of the one with most answers. Waves of different surveys are never put together: people are asked
in several. A metric is everybody's number, so it is told only of surveys whose results are posted to
a public channel; and all of it has passed the gate, as nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session, col

from bot.domain import Window
from bot.metrics import Metric
from bot.metrics.comparison import Estimate, Verdict
from bot.metrics.reading import NOT_FOR_ALL, Poll, Reading
from bot.metrics.values import Value
from bot.store import results, waves
from bot.store.scope import Place
from bot.store.tables import WaveRow
from bot.surveys.gate import Reason
from bot.surveys.results import EVERYBODY, WaveResult
from bot.surveys.score import participation
from bot.surveys.survey import Kind

#: Of which kind of survey a metric is; that of how many take part is of both.
_KINDS = {"enps": Kind.ENPS, "pulse_score": Kind.PULSE}

#: By what of several waves the last one is told.
_IN_ORDER = (col(WaveRow.closed_at), col(WaveRow.answered), col(WaveRow.id))


class Polls:
    """The closed waves of a workspace as metrics; the results of each are read once."""

    def __init__(self, session: Session, workspace: int) -> None:
        self._session = session
        self._workspace = workspace
        self._results: dict[int, WaveResult] = {}

    def is_possible(self, metric: Metric) -> bool:
        """Whether a survey that asks for it has ever closed."""
        return self._session.scalars(self._closed(metric).limit(1)).first() is not None

    def values(self, metric: Metric, windows: Sequence[Window]) -> dict[Place, Value]:
        """The value of each window in which a wave closed, by its place; it has no parts."""
        if not windows:
            return {}
        first, last = min(one.start for one in windows), max(one.end for one in windows)
        there = self._between(metric, first, last)
        found: dict[Place, Value] = {}
        for place, window in enumerate(windows):
            closed = [one for one in there if window.start <= _closed_at(one) < window.end]
            if (value := self._last_of(metric, closed)) is not None:
                found[place, None] = value
        return found

    def told(self, metric: Metric, since: datetime, until: datetime) -> list[Value]:
        """What each wave told everybody that closed from one moment until another, oldest first."""
        there = filter(is_for_all, self._between(metric, since, until))
        values = (self._value(metric, wave) for wave in there)
        return [value for value in values if value is not None]

    def first_at(self, metric: Metric) -> datetime | None:
        """When the first wave closed whose results are for everybody; `None` where none did."""
        there = self._session.scalars(self._closed(metric).order_by(*_IN_ORDER)).all()
        told = (wave for wave in there if is_for_all(wave) and self._value(metric, wave))
        return next(map(_closed_at, told), None)

    def earlier(self, reading: Reading, most: int) -> list[Reading]:
        """The numbers of the last waves with which one is compared, oldest first.

        The window of each are the days on which it was open.
        """
        zone = reading.window.start.tzinfo
        return [
            replace(reading, window=_days(wave, zone), **fields_of(value))
            for wave in self._alike(reading)[:-1][-most:]
            if (value := self._value(reading.metric, wave)) is not None
        ]

    def since(self, reading: Reading, moment: datetime) -> list[WaveResult]:
        """What is known of that wave and of those after a moment with which it is compared, oldest first."""
        return [self.result(wave) for wave in self._alike(reading) if _closed_at(wave) > moment]

    def are_alike(self, one: Reading, other: Reading) -> bool:
        """Whether two numbers are of surveys that are compared."""
        first, second = self._wave(one), self._wave(other)
        if first is None or second is None or one.metric is not other.metric:
            return False
        return first.kind == second.kind and waves.are_alike(first, second)

    def moved(self, now: Reading, before: Reading | None) -> Verdict | None:
        """What may be said of a score beside that of an earlier wave with which it is compared.

        Where other questions were asked nothing can be: these are answered otherwise. `None` where the
        surveys have nothing to say of it.
        """
        if before is None or now.metric.key not in _KINDS:
            return None
        later, earlier = self._result(now), self._result(before)
        if later is None or earlier is None:
            return None
        found = later.change_since(earlier, later.subject)
        return Verdict.UNKNOWN if found is None else found.verdict

    def result(self, wave: WaveRow) -> WaveResult:
        """What is known of a closed wave."""
        number = wave.id or 0
        if number not in self._results:
            self._results[number] = results.of_wave(self._session, wave)
        return self._results[number]

    # --- Waves ---

    def _wave(self, reading: Reading) -> WaveRow | None:
        """The wave that a number is of."""
        if reading.poll is None:
            return None
        return self._session.get_one(WaveRow, reading.poll.wave)

    def _alike(self, reading: Reading) -> list[WaveRow]:
        """That wave, behind those with which its results are compared as well, oldest first."""
        wave = self._wave(reading)
        if wave is None or not is_for_all(wave):
            return []
        return [*filter(is_for_all, reversed(waves.before(self._session, wave))), wave]

    def _closed(self, metric: Metric) -> Select[WaveRow]:
        kind = _KINDS.get(metric.key)
        wanted = select(WaveRow).where(
            col(WaveRow.workspace_id) == self._workspace, col(WaveRow.closed_at).is_not(None)
        )
        wanted = wanted.options(waves.WITHOUT_MARKS)
        return wanted if kind is None else wanted.where(col(WaveRow.kind) == kind)

    def _between(self, metric: Metric, first: datetime, last: datetime) -> Sequence[WaveRow]:
        """The waves that closed from one moment until another, the one that counts last."""
        closed = self._closed(metric).where(
            col(WaveRow.closed_at) >= first, col(WaveRow.closed_at) < last
        )
        return self._session.scalars(closed.order_by(*_IN_ORDER)).all()

    # --- Their numbers ---

    def _last_of(self, metric: Metric, closed: Sequence[WaveRow]) -> Value | None:
        """That of the last of some waves: of those for everybody, where there are any."""
        for wave in reversed([*filter(is_for_all, closed)] or closed):
            if (value := self._value(metric, wave)) is not None:
                return value
        return None

    def _value(self, metric: Metric, wave: WaveRow) -> Value | None:
        """What a wave tells; `None` where it did not ask for that."""
        poll = _poll(wave)
        if not is_for_all(wave):
            return Value(poll=poll)
        result = self.result(wave)
        if metric.key not in _KINDS:
            return _share(result, poll)
        if (result.subject, EVERYBODY) not in result.told:
            return None
        score = result.score(result.subject)
        if score is None:
            withheld = result.of(result.subject).withheld or Reason.TOO_FEW
            return Value(poll=replace(poll, withheld=withheld))
        return Value(score.value, score.n, score.low, score.high, poll=poll)

    def _result(self, reading: Reading) -> WaveResult | None:
        """What is known of the wave of a number that is told."""
        wave = None if reading.value is None else self._wave(reading)
        return None if wave is None else self.result(wave)


def is_for_all(wave: WaveRow) -> bool:
    """Whether everybody may see what came of a wave: not of one whose channel was private."""
    return wave.for_all


def fields_of(value: Value) -> dict[str, Any]:
    """What a reading of that value has in common with it."""
    return {field.name: getattr(value, field.name) for field in fields(Value)}


def _poll(wave: WaveRow) -> Poll:
    """Of one that is not for everybody nothing is told but that it was held."""
    fewest, number = wave.plan["fewest"], wave.id or 0
    if not is_for_all(wave):
        return Poll(number, _closed_at(wave), 0, 0, fewest, NOT_FOR_ALL)
    return Poll(number, _closed_at(wave), wave.asked, wave.answered or 0, fewest)


def _share(result: WaveResult, poll: Poll) -> Value:
    """How many took part. It tells nothing of what they answered, so that it needs no gate."""
    found = participation(result.answered, result.asked) or Estimate(None)
    return Value(
        found.value,
        result.asked,
        found.low,
        found.high,
        numerator=result.answered,
        denominator=result.asked,
        poll=poll,
    )


def _days(wave: WaveRow, zone: tzinfo | None) -> Window:
    """The local days on which a wave was open."""
    first, last = (at.astimezone(zone).date() for at in (wave.opened_at, _closed_at(wave)))
    ends = (first, last + timedelta(days=1))
    return Window(*(datetime.combine(day, time.min, tzinfo=zone) for day in ends))


def _closed_at(wave: WaveRow) -> datetime:
    if wave.closed_at is None:
        raise ValueError("an open wave tells nothing")
    return wave.closed_at
