"""What an alert's message shows: the rule, how it stands at a moment, and what is over already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.alerts.judge import Observation, severity
from bot.alerts.life import Kind, Part, Phase, Standing, Step
from bot.alerts.rule import NoData, Rule
from bot.domain import Slice
from bot.metrics.usual import Usual


class State(StrEnum):
    """How a message stands; each has one sign."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RECOVERING = "recovering"
    NO_DATA = "no data"
    OVER = "over"
    LAPSED = "lapsed"
    STOPPED = "stopped"


class How(StrEnum):
    """How something ended: back inside, with nothing left to judge it by, or by somebody."""

    RECOVERED = "recovered"
    LAPSED = "lapsed"
    STOPPED = "stopped"


_STATES = {How.RECOVERED: State.OVER, How.LAPSED: State.LAPSED, How.STOPPED: State.STOPPED}


@dataclass(frozen=True, slots=True)
class Ended:
    """How an incident ended: the value furthest out, the last one, who stopped it, who had it."""

    at: datetime
    how: How = How.RECOVERED
    worst: float | None = None
    last: float | None = None
    by: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A part that fired in this incident and is over: with what it fired, and with what it ended."""

    name: str | None
    fired_at: datetime
    fired: float | None
    ended_at: datetime
    last: float | None
    how: How = How.RECOVERED


def no_link(_part: str) -> str | None:
    """No ticket can be opened."""
    return None


@dataclass(frozen=True, slots=True)
class Shown:
    """One incident of a rule as it stands `at` a moment.

    `number` is that of the rule, `text` the rule as it is typed, `incident` what the buttons hand
    back. `past` are the parts that are over; once all is, it has `ended`. `usual` is what is usual
    for the number where the rule itself does not ask that, `tickets` how many rows it rests on if
    that is known better than by what was seen last, `mostly` the part that most of them belong to. `link` gives the address of a ticket, of the part
    "<desk>:<id>". `votes` are how many found it useful, and how many did not.
    """

    rule: Rule
    number: int
    text: str
    standing: Standing
    at: datetime
    opened_at: datetime
    incident: int = 0
    told_at: datetime | None = None
    data_until: datetime | None = None
    ended: Ended | None = None
    past: Sequence[Past] = ()
    usual: Usual | None = None
    tickets: int | None = None
    mostly: Slice | None = None
    link: Callable[[str], str | None] = no_link
    votes: tuple[int, int] = (0, 0)

    @property
    def state(self) -> State:
        if self.ended is not None:
            return _STATES[self.ended.how]
        if self.standing.no_data_since is not None and self.rule.no_data is NoData.KEEP:
            return State.NO_DATA
        if self.firing and not self.breaching:
            return State.RECOVERING
        incident = self.standing.incident
        if incident is not None and incident.snoozed_until is not None:
            return State.SNOOZED
        if incident is not None and incident.acknowledged_until is not None:
            return State.ACKNOWLEDGED
        return State.FIRING

    @property
    def began(self) -> datetime:
        """Since when it was bad: before it fired, it had been so for a while."""
        return self.opened_at - self.rule.lasting

    @property
    def firing(self) -> list[tuple[str | None, Part]]:
        """The parts that fire or recover, those that fire first, of these the worst first.

        Of what has ended there are none: the rule may be firing anew, in another incident.
        """
        if self.ended is not None:
            return []

        def rank(one: tuple[str | None, Part]) -> tuple[bool, float, str]:
            name, part = one
            return part.phase is Phase.RECOVERING, -severity(self.rule, part.last), name or ""

        return sorted(self.standing.firing.items(), key=rank)

    @property
    def breaching(self) -> list[tuple[str | None, Part]]:
        """The parts that are bad now."""
        return [one for one in self.firing if one[1].phase is Phase.FIRING]

    @property
    def over(self) -> list[Past]:
        """The parts that are over and have not fired again, the latest first."""
        again = {name for name, _ in self.firing}
        there = [one for one in self.past if one.name not in again]
        return sorted(there, key=lambda one: one.ended_at, reverse=True)

    @property
    def sample(self) -> int | None:
        """How many rows the number rests on that the message tells; `None` where it tells several."""
        there = self.breaching or self.firing
        if self.tickets is None and len(there) == 1:
            return there[0][1].last.n or None
        return self.tickets

    @property
    def worst(self) -> float | None:
        """The value furthest out, of all that is known."""
        if self.ended is not None:
            return self.ended.worst
        seen = [part.worst for _, part in self.firing if part.worst is not None]
        known = [one for one in seen if one.value is not None]
        worst = max(known, key=lambda one: severity(self.rule, one), default=Observation(None))
        return worst.value

    @property
    def opener(self) -> tuple[datetime, float | None]:
        """When the incident's first part fired, and with what."""
        fired = [(part.fired_at or self.opened_at, part.fired) for _, part in self.firing]
        fired += [(one.fired_at, one.fired) for one in self.past]
        return min(fired, key=lambda one: one[0], default=(self.opened_at, None))


# --- What the steps of an incident tell ----------------------------------------------------------

_HOW = {Kind.RECOVERED: How.RECOVERED, Kind.LAPSED: How.LAPSED}


def past_of(steps: Iterable[Step]) -> list[Past]:
    """The parts that are over after the steps of an incident, oldest first."""
    fired: dict[str | None, Step] = {}
    over: dict[str | None, Past] = {}
    for step in steps:
        if step.kind is Kind.FIRED:
            fired[step.part] = step
            over.pop(step.part, None)
        elif step.kind in _HOW and step.part in fired:
            over[step.part] = _past(fired.pop(step.part), step, step.value, _HOW[step.kind])
        elif step.kind is Kind.STOPPED:
            stopped = {name: _past(one, step, None, How.STOPPED) for name, one in fired.items()}
            return [*over.values(), *stopped.values()]
    return list(over.values())


def _past(fired: Step, over: Step, last: float | None, how: How) -> Past:
    return Past(fired.part, fired.at, fired.value, over.at, last, how)


def ended_of(steps: Iterable[Step], *, worst: float | None = None) -> Ended | None:
    """How an incident ended, by its steps; `None` where it goes on.

    `worst` is the value furthest out where it is known better than by the last step.
    """
    told: list[Step] = []
    for step in steps:
        told.append(step)
        if step.kind in (Kind.ENDED, Kind.STOPPED):
            return _ended(step, told, worst)
    return None


def _ended(step: Step, told: Sequence[Step], worst: float | None) -> Ended:
    over = _last(told, *_HOW)
    data = _last(told, Kind.NO_DATA, Kind.DATA_BACK)
    taken = next((one for one in told if one.kind is Kind.ACKNOWLEDGED), None)
    how = _HOW[over.kind] if over is not None else How.RECOVERED
    # Without data, or stopped, the last value is one from before.
    unseen = step.kind is Kind.STOPPED or (data is not None and data.kind is Kind.NO_DATA)
    return Ended(
        step.at,
        How.STOPPED if step.kind is Kind.STOPPED else how,
        worst=step.value if worst is None else worst,
        last=None if unseen or over is None else over.value,
        by=step.who,
        acknowledged_by=taken.who if taken else None,
        acknowledged_at=taken.at if taken else None,
    )


def _last(steps: Sequence[Step], *kinds: Kind) -> Step | None:
    return next((one for one in reversed(steps) if one.kind in kinds), None)
