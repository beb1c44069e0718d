"""What an alert rule watches: a condition on a number, in which window, for whom it counts, and when.

A rule is plain data. `commands/alert_text.py` reads it from what people type and writes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil, floor
from typing import Any

from bot.alerts.slots import Slots
from bot.domain import Dimension, Slice, Window
from bot.metrics import CATALOGUE, Better, Clock, Count, Metric, Share, Surveyed, Unsolved

#: A rate over fewer than this does not fire (METHODS, "An alert's life").
FEWEST = 20

#: After so long without anybody who takes it on, an alert is told again.
EVERY = timedelta(hours=4)

#: For so long a number has to be back inside before the alert is over.
KEEP = timedelta(minutes=15)

#: How far back inside a number has to come: this share of the way to its good end.
BACK_INSIDE = 0.1

#: The number whose running SLA budget a burn rule watches.
SLA = "sla_attainment"


class Side(StrEnum):
    """On which side of a limit, or of what is usual, a number is bad news."""

    ABOVE = "above"
    BELOW = "below"
    EITHER = "either"


class NoData(StrEnum):
    """What an alert does while its data are missing: alert as well, stay as it is, or be over."""

    ALERT = "alert"
    KEEP = "keep"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Limit:
    """The number is above, or below, a fixed value, in its unit; it is over beyond `recover`."""

    side: Side
    value: float
    recover: float


@dataclass(frozen=True, slots=True)
class Change:
    """The number is more than `share` (0.4 for 40 %) above, or below, what is usual then."""

    side: Side
    share: float


@dataclass(frozen=True, slots=True)
class Unusual:
    """The number lies outside of its usual range, on that side."""

    side: Side


@dataclass(frozen=True, slots=True)
class Old:
    """What was read of a help desk last is older than this."""

    age: timedelta


@dataclass(frozen=True, slots=True)
class Burn:
    """The SLA budget is used up `factor` times as fast as a `target` (0 to 1) allows.

    In the rule's window (slow), and in the last `fast` of it as well: so that it has gone on for a
    while and still does (Google, The Site Reliability Workbook, chapter 5, multiwindow).
    """

    factor: float
    target: float
    fast: timedelta


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket has waited longer than this for its first reply; each is told once."""

    limit: timedelta


Condition = Limit | Change | Unusual | Old | Burn | Waiting


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule.

    `metric` is a key of the catalogue, `None` for what is no number of it (`Old`, `Waiting`). The
    number is that of the last `over`, of all tickets, of the part `only`, or of each part `by`
    itself. It has to hold for `lasting` before it fires, over at least `fewest` rows; and to be back
    inside for `keep` before it is over. Nobody taking it on, it is told again after `every`. With
    `in_hours` it is told only while the team is at work.
    """

    condition: Condition
    metric: str | None = None
    over: timedelta = timedelta(hours=1)
    lasting: timedelta = timedelta(0)
    by: Dimension | None = None
    only: Slice | None = None
    clock: Clock = Clock.CALENDAR
    fewest: int = FEWEST
    keep: timedelta = KEEP
    every: timedelta = EVERY
    in_hours: bool = False
    no_data: NoData = NoData.KEEP

    @property
    def of(self) -> Metric | None:
        """The metric that it watches."""
        return None if self.metric is None else CATALOGUE[self.metric]

    @property
    def tick(self) -> timedelta:
        """How often it is judged: a long window, or what is usual, barely changes in five minutes."""
        minutes = 5 if self.over <= timedelta(hours=6) else 15
        if self.over > timedelta(days=1):
            minutes = 60
        if self.asks_usual:
            minutes = max(minutes, 15)
        return timedelta(minutes=minutes)

    @property
    def asks_usual(self) -> bool:
        """Whether it takes the earlier weeks to judge it."""
        return isinstance(self.condition, Change | Unusual)

    @property
    def is_of_surveys(self) -> bool:
        """Whether it watches what surveys tell: that stands until the next one closes."""
        return self.of is not None and self.of.is_surveyed

    @property
    def settles(self) -> timedelta:
        """How long after its window a number is complete: some count what comes within a week."""
        metric = self.of
        return timedelta(days=metric.settled if metric else 0)

    def window(self, moment: datetime) -> Window:
        """What it is judged by at a moment."""
        # The difference of two moments is only right in UTC: local clocks jump.
        end = moment.astimezone(UTC) - self.settles
        return Window(*(at.astimezone(moment.tzinfo) for at in (end - self.over, end)))

    def slots(self, after: datetime, until: datetime) -> Slots:
        """The moments at which it is judged: those after the first, up to and including `until`."""
        tick = int(self.tick.total_seconds())
        first = int(after.timestamp()) // tick + 1
        last = int(until.timestamp()) // tick
        return Slots(range(first * tick, (last + 1) * tick, tick))

    # --- as it is kept ---

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a row; `from_json` reads it."""
        condition = {
            name: _kept(getattr(self.condition, name)) for name in self.condition.__slots__
        }
        told = {name: _kept(getattr(self, name)) for name in self.__slots__ if name != "condition"}
        return {**told, "condition": [_NAMES[type(self.condition)], condition]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Rule:
        name, told = kept["condition"]
        kind = _CONDITIONS[name]
        return cls(
            condition=kind(**{key: _READ.get(key, _same)(value) for key, value in told.items()}),
            **{
                key: _READ.get(key, _same)(value)
                for key, value in kept.items()
                if key != "condition" and value is not None
            },
        )


_CONDITIONS: Mapping[str, type[Any]] = {
    "limit": Limit,
    "change": Change,
    "unusual": Unusual,
    "old": Old,
    "burn": Burn,
    "waiting": Waiting,
}
_NAMES = {kind: name for name, kind in _CONDITIONS.items()}


def _kept(value: Any) -> Any:
    match value:
        case timedelta():
            return int(value.total_seconds())
        case Slice(dimension, part):
            return [dimension, part]
    return value


def _same(value: Any) -> Any:
    return value


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


#: How a field that is no plain value is read; `limit` is the span of `Waiting`.
_READ: Mapping[str, Any] = {
    **dict.fromkeys(("over", "lasting", "keep", "every", "age", "fast", "limit"), _span),
    "by": Dimension,
    "only": lambda kept: Slice(Dimension(kept[0]), kept[1]),
    "clock": Clock,
    "no_data": NoData,
    "side": Side,
}


def bad_side(metric: Metric) -> Side:
    """On which side a number of the metric is bad news; either where neither is better."""
    match metric.better:
        case Better.LOWER:
            return Side.ABOVE
        case Better.HIGHER:
            return Side.BELOW
    return Side.EITHER


def recovery(metric: Metric, side: Side, value: float) -> float:
    """Where a number is back inside by default: a tenth of the way to its good end.

    So 4 h is over at 3 h 36, and 85 % at 86.5 %: a tenth more than 95 % would be beyond all there is.
    """
    low, high = bounds(metric)
    if side is Side.ABOVE:
        return value - BACK_INSIDE * abs(value - low)
    return value + BACK_INSIDE * (abs(value) if high is None else high - value)


def is_whole(metric: Metric) -> bool:
    """Whether a number of the metric is a whole one: what is counted."""
    return isinstance(metric.aggregate, Count | Unsolved)


def whole(side: Side, recover: float) -> float:
    """The whole number that has to be reached for what is counted to be back inside."""
    return float(ceil(recover) if side is Side.BELOW else floor(recover))


def bounds(metric: Metric) -> tuple[float, float | None]:
    """The lowest and the highest value that a metric can have; `None` where there is no highest."""
    if metric.bounds is not None:
        return metric.bounds
    return 0.0, 1.0 if isinstance(metric.aggregate, Share | Surveyed) else None
