"""From Zendesk's own measurements of a ticket (its metric set) to facts.

They are whole minutes from when the ticket was created:
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.domain import BusinessTimes
from bot.helpdesks.zendesk.wire import MetricSet, Row, Spread

_MINUTE = timedelta(minutes=1)


def measured(row: Row, told: MetricSet, *, business: bool) -> dict[str, Any]:
    """Fields of `bot.domain.Ticket`; with `business`, the business times that Zendesk counts."""
    created_at, solved_at = row.created_at, told.solved_at
    replied = _minutes(told.reply_time_in_minutes)
    first = _minutes(told.first_resolution_time_in_minutes)
    first_solved_at = solved_at if first is None else created_at + first * _MINUTE
    if solved_at is not None and first_solved_at is not None:
        first_solved_at = min(first_solved_at, solved_at)
    return {
        "first_reply_at": created_at + replied * _MINUTE
        if replied is not None
        else _in_chat(row, told),
        "first_solved_at": first_solved_at,
        "last_solved_at": solved_at,
        "solver": row.assignee_id if solved_at else None,
        "agent_replies": told.replies or 0,
        "reopens": told.reopens or 0,
        "transfers": _moves(told.assignee_stations) + _moves(told.group_stations),
        "requester_wait": _waited(told) if solved_at else None,
        "business": business_times(told) if business else None,
    }


def business_times(told: MetricSet) -> BusinessTimes:
    """As Zendesk counts them: by the schedule that the ticket had last."""
    return BusinessTimes(
        first_reply=_open(told.reply_time_in_minutes),
        first_resolution=_open(told.first_resolution_time_in_minutes),
        resolution=_open(told.full_resolution_time_in_minutes),
        requester_wait=_open(told.requester_wait_time_in_minutes) if told.solved_at else None,
    )


def _in_chat(row: Row, told: MetricSet) -> datetime | None:
    """In a messaging conversation the first reply is measured in seconds."""
    seconds = _minutes(told.reply_time_in_seconds)
    return None if seconds is None else row.created_at + timedelta(seconds=seconds)


def _waited(told: MetricSet) -> timedelta | None:
    minutes = _minutes(told.requester_wait_time_in_minutes)
    return None if minutes is None else minutes * _MINUTE


def _moves(stations: int | None) -> int:
    return stations - 1 if stations and stations > 1 else 0


def _minutes(spread: Spread | None) -> int | None:
    return spread.get("calendar") if spread else None


def _open(spread: Spread | None) -> timedelta | None:
    minutes = spread.get("business") if spread else None
    return None if minutes is None else minutes * _MINUTE
