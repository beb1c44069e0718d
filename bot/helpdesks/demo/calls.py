"""The calls of the demo desk: by hour on shift, answered, abandoned in the queue, or made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain import Call
from bot.helpdesks.demo import days
from bot.helpdesks.demo.chance import Dice, Shares
from bot.helpdesks.demo.changes import Change, Place
from bot.helpdesks.demo.settings import Settings
from bot.helpdesks.demo.team import GROUP_SHARES, GROUPS

#: A call is told once it is over, on the same day or in the night after.
LIFE = days.ONE_DAY

#: Calls in and out on a day, for each ticket of a usual weekday.
_IN = 0.16
_OUT = 0.035
#: What an incident does: more calls, and a queue in which they wait longer.
_INCIDENT_CALLS = 1.5
_INCIDENT_QUEUE = 3.0

#: Seconds, with the sigma of their logarithm: in the queue, until a caller gives up, talk, hold …
_QUEUE = (35, 0.9)
_PATIENCE = (210, 0.8)
_TALK = (230, 0.6)
_HOLD = (45, 0.7)
_WRAP_UP = (50, 0.5)
_LONGEST = 3600
#: Who gives up in the first seconds had the wrong number.
_AT_ONCE = 0.015
_HELD = 0.35
_REACHED = 0.75


def changed(
    settings: Settings, these: Sequence[date], after: Place, now: datetime
) -> Iterator[list[Change[Call]]]:
    """The calls of each of those days that ended after a place."""
    for day in these:
        ended = [Change((_end(call), call.id), call) for call in _calls(settings, day)]
        yield [change for change in ended if after < change.place and change.place[0] <= now]


def _end(call: Call) -> datetime:
    return call.started_at + call.wait + call.talk + call.hold + call.wrap_up


def _calls(settings: Settings, day: date) -> Iterator[Call]:
    dice = days.dice_of(settings, day, "calls")
    usual = settings.volume * days.busyness(settings, day)
    incident = days.is_incident(settings, day)
    offered = dice.number(usual * _IN * (_INCIDENT_CALLS if incident else 1.0))
    made = dice.number(usual * _OUT)
    starts = days.hours(settings, day)
    shift = Shares(_hours_on_shift(settings, day))
    for n in range(offered + made):
        second = starts[dice.pick(shift)] + dice.below(3600)
        call = Call(f"call-{day:%y%m%d}{n:04}", days.moment(second), group=dice.pick(GROUP_SHARES))
        yield _made(call, dice) if n >= offered else _offered(call, dice, incident=incident)


def _hours_on_shift(settings: Settings, day: date) -> dict[int, float]:
    """How much customers call in the hours in which somebody picks up."""
    shifts = days.shifts(settings, day)
    return {hour: days.BY_HOUR[hour] for start, end, _ in shifts for hour in range(start, end)}


def _offered(call: Call, dice: Dice, *, incident: bool) -> Call:
    """A customer calls, and waits for an agent for as long as their patience lasts."""
    if dice.chance(_AT_ONCE):
        return replace(call, wait=timedelta(seconds=1 + dice.below(4)))
    queue = _seconds(dice, _QUEUE, _INCIDENT_QUEUE if incident else 1.0)
    patience = _seconds(dice, _PATIENCE)
    if patience < queue:
        return replace(call, wait=patience)
    return _talked(replace(call, wait=queue), dice)


def _made(call: Call, dice: Dice) -> Call:
    """An agent calls, and does not always reach anybody."""
    call = replace(call, inbound=False)
    return _talked(call, dice) if dice.chance(_REACHED) else replace(call, agent=_agent(call, dice))


def _talked(call: Call, dice: Dice) -> Call:
    return replace(
        call,
        answered=True,
        agent=_agent(call, dice),
        talk=_seconds(dice, _TALK, GROUPS[str(call.group)].pace),
        hold=_seconds(dice, _HOLD) if dice.chance(_HELD) else timedelta(0),
        wrap_up=_seconds(dice, _WRAP_UP),
    )


def _agent(call: Call, dice: Dice) -> str:
    agents = GROUPS[str(call.group)].agents
    return agents[dice.below(len(agents))]


def _seconds(dice: Dice, usual: tuple[float, float], times: float = 1.0) -> timedelta:
    seconds, spread = usual
    return timedelta(seconds=min(1 + round(dice.around(seconds * times, spread)), _LONGEST))
