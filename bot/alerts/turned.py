"""How an alert stands once the clock by which it was judged has been moved back."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from bot.alerts.life import ACKNOWLEDGED, Standing

#: What is past by its nature. A snooze may well end later.
_PAST = {
    *("since", "fired_at", "few_since", "opened_at", "closed_at", "told_at"),
    *("notified_at", "acknowledged_at", "no_data_since"),
}

_T = TypeVar("_T")


def turned_back(standing: Standing, now: datetime) -> Standing:
    """The same at `now`, with nothing in it that is still to come but the end of a snooze.

    Or else what is bad would wait to fire, and nobody be called again, until it is that time once more.
    """
    incident = standing.incident
    if incident is not None:
        incident = _by(incident, now)
        if incident.acknowledged_until is not None:
            until = min(incident.acknowledged_until, now + ACKNOWLEDGED)
            incident = replace(incident, acknowledged_until=until)
    return replace(
        _by(standing, now),
        parts=MappingProxyType({name: _by(part, now) for name, part in standing.parts.items()}),
        incident=incident,
        missed=tuple(_by(one, now) for one in standing.missed),
    )


def _by(value: _T, now: datetime) -> _T:
    told: Any = value
    moments = {
        one.name: min(at, now)
        for one in fields(told)
        if one.name in _PAST and (at := getattr(told, one.name)) is not None
    }
    changed: _T = replace(told, **moments)
    return changed
