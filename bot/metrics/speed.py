"""How long people wait."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import Better, Median, Metric, Population, Unit

METRICS = (
    Metric(
        key="first_response_time",
        label="First response time",
        definition="From creation to the first public reply by a human agent. An agent's opening "
        "message does not count; a ticket without a reply has none.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="first_reply_at",
        aggregate=Median("created_at", "first_reply_at"),
        needs=frozenset({Fact.FIRST_REPLY}),
        short="First response",
        aliases=("FRT",),
    ),
    Metric(
        key="response_time",
        label="Response time",
        definition="From the first message of each run of customer messages to the next public "
        "agent reply.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        population=Population.RESPONSES,
        moment="answered_at",
        aggregate=Median("asked_at", "answered_at"),
        needs=frozenset({Fact.RESPONSES}),
    ),
    Metric(
        key="resolution_time",
        label="Resolution time",
        definition="From creation to the last solve, of tickets that are still solved.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=Median("created_at", "solved_at"),
        needs=frozenset({Fact.SOLVES}),
        short="Resolution",
        aliases=("ART",),
    ),
    Metric(
        key="first_resolution_time",
        label="First resolution time",
        definition="From creation to the first solve.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="first_solved_at",
        aggregate=Median("created_at", "first_solved_at"),
        needs=frozenset({Fact.SOLVES}),
    ),
)
