"""What the `deskpulse alerts` commands print for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.alerts.budget import Cost, TooLittle
from bot.alerts.explanation import Explanation, Looked
from bot.alerts.judge import Observation
from bot.alerts.life import Kind, Part, Phase, Standing, Step
from bot.alerts.milder import told
from bot.alerts.rehearsal import Firing, Rehearsal
from bot.alerts.rule import Waiting
from bot.domain import Window
from bot.metrics.usual import Usual
from bot.slack.alerts.exhibits import worst_of
from bot.store.tables import AlertRule

Json = dict[str, Any]


def rule(row: AlertRule, state: str, *, fired: int) -> Json:
    """A rule that is switched on, as `list` has it."""
    return {
        "number": row.id,
        "channel": row.channel,
        "rule": row.text,
        "state": state,
        "owner": row.created_by,
        "since": row.since.isoformat(),
        "judged_until": row.judged_until.isoformat(),
        "fired": fired,
        "false_alarms_a_week": row.cost,
    }


def state(row: AlertRule, standing: Standing) -> str:
    """How a rule stands, in one word or two."""
    if row.paused:
        return "paused"
    phases = {part.phase for part in standing.parts.values()}
    for phase in (Phase.FIRING, Phase.RECOVERING):
        if phase in phases:
            return phase
    if standing.no_data_since is not None:
        return "no data"
    return Phase.PENDING if phases else "fine"


def rehearsal(
    found: Rehearsal, text: str, *, number: int | None, channel: str, cost: Json | None
) -> Json:
    """What a rule would have done: `slots` are its moments, of which so many could not be judged.

    `tickets` are how many it would have told, of a rule about single ones.
    """
    return {
        "number": number,
        "channel": channel or None,
        "rule": text,
        "asked": _window(found.asked),
        "covered": None if found.covered is None else _window(found.covered),
        "slots": found.slots,
        "judged": found.judged,
        "without_data": found.without_data,
        "few": found.few,
        "tickets": told(found) if isinstance(found.rule.condition, Waiting) else None,
        "firings": [_firing(found, one) for one in found.firings],
        "cost": cost,
    }


def cost(found: Cost | TooLittle) -> Json:
    """False alarms a week with their interval, and how that is known."""
    match found:
        case TooLittle(weeks, needed):
            return {"per_week": None, "weeks": weeks, "weeks_needed": needed}
        case Cost():
            return {
                "per_week": found.per_week,
                "low": found.low,
                "high": found.high,
                "weeks": found.weeks,
                "outages": found.outages,
                "basis": found.basis,
            }


def _window(window: Window) -> Mapping[str, str]:
    return {"start": window.start.isoformat(), "end": window.end.isoformat()}


def _firing(found: Rehearsal, one: Firing) -> Json:
    fired = [step.part for moment in one.moments for step in moment.steps if _fired(step)]
    return {
        "opened_at": one.opened_at.isoformat(),
        "told_at": None if one.told is None else one.told.at.isoformat(),
        "closed_at": _moment(one.closed_at),
        "worst": worst_of(found.rule, one),
        "parts": list(dict.fromkeys(fired)),
    }


def _fired(step: Step) -> bool:
    return step.kind is Kind.FIRED


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def explanation(found: Explanation, text: str, number: int) -> Json:
    """Why a rule fired, or did not: times are as ISO 8601, durations in seconds."""
    return {
        "number": number,
        "rule": text,
        "asked": found.asked.isoformat(),
        "slot": found.slot.isoformat(),
        "answer": found.answer,
        "since": found.since.isoformat(),
        "judged_until": found.judged_until.isoformat(),
        "parts": [_looked(one) for one in found.parts],
        "steps": [step(one) for one in found.steps],
        "logged": [step(one) for one in found.logged],
        "last": None if found.last is None else step(found.last),
        "incident_since": _incident(found.after),
        "held_by": [
            {"who": one.who, "why": one.why, "until": _moment(one.until), "closed": one.is_closed}
            for one in found.held_by
        ],
        "late": [{"desk": one.desk, "until": _moment(one.until)} for one in found.late],
        "changed": found.changed,
    }


def _incident(standing: Standing) -> str | None:
    return None if standing.incident is None else standing.incident.opened_at.isoformat()


def _looked(one: Looked) -> Json:
    return {
        "part": one.part,
        **_seen(one.seen),
        "verdict": one.verdict,
        "before": _phase(one.before),
        "after": _phase(one.after),
        "left": None if one.left is None else one.left.total_seconds(),
    }


def _seen(seen: Observation) -> Json:
    return {"value": seen.value, "n": seen.n, "usual": _usual(seen.usual), "fast": seen.fast}


def _usual(usual: Usual | None) -> list[float] | None:
    return None if usual is None else [usual.low, usual.centre, usual.high]


def _phase(part: Part | None) -> str | None:
    return None if part is None else part.phase


def step(one: Step) -> Json:
    """One thing that happened."""
    return {
        "at": one.at.isoformat(),
        "kind": one.kind,
        "part": one.part,
        "value": one.value,
        "n": one.n,
        "who": one.who,
        "until": _moment(one.until),
    }
