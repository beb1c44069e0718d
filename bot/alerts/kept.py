"""How an alert stands, as a row keeps it: plain JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from bot.alerts.judge import Observation
from bot.alerts.life import CALM, Incident, Missed, Part, Phase, Standing
from bot.metrics.usual import Usual


def to_json(standing: Standing) -> dict[str, Any]:
    """A standing as JSON; nothing for one that is calm."""
    if standing.is_calm:
        return {}
    return {
        "parts": [[name, _plain(part)] for name, part in standing.parts.items()],
        "incident": _plain(standing.incident),
        "missed": [_plain(one) for one in standing.missed],
        "missed_more": standing.missed_more,
        "no_data_since": _plain(standing.no_data_since),
    }


def from_json(kept: Mapping[str, Any]) -> Standing:
    """What `to_json` gave."""
    if not kept:
        return CALM
    incident = kept["incident"]
    return Standing(
        parts=MappingProxyType({name: _part(told) for name, told in kept["parts"]}),
        incident=None if incident is None else _incident(incident),
        missed=tuple(_with_moments(Missed, one) for one in kept["missed"]),
        missed_more=kept["missed_more"],
        no_data_since=_moment(kept["no_data_since"]),
    )


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.timestamp()
        case Part() | Observation() | Incident() | Missed() | Usual():
            told = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
            return {name: one for name, one in told.items() if one is not None}
    return value


def _incident(kept: Mapping[str, Any]) -> Incident:
    told = dict(kept)
    if "worst" in told:
        told["worst"] = _observation(told["worst"])
    incident: Incident = _with_moments(Incident, told)
    return incident


def _part(kept: Mapping[str, Any]) -> Part:
    told = dict(kept)
    for name in ("last", "worst"):
        if name in told:
            told[name] = _observation(told[name])
    part: Part = _with_moments(Part, {**told, "phase": Phase(told["phase"])})
    return part


def _observation(kept: Mapping[str, Any]) -> Observation:
    usual = Usual(**kept["usual"]) if "usual" in kept else None
    return Observation(kept.get("value"), kept["n"], usual, kept.get("fast"))


#: The fields that are moments.
_MOMENTS = frozenset(
    ("since", "fired_at", "few_since", "opened_at", "closed_at", "told_at", "notified_at")
) | {"acknowledged_at", "acknowledged_until", "snoozed_until"}


def _with_moments(kind: type[Any], kept: Mapping[str, Any]) -> Any:
    return kind(**{name: _moment(one) if name in _MOMENTS else one for name, one in kept.items()})


def _moment(kept: float | None) -> datetime | None:
    return None if kept is None else datetime.fromtimestamp(kept, UTC)
