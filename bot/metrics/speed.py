"""How long people wait."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import Better, Median, Metric, Population, Rows, Unit
from bot.metrics.rows import SOLVED

METRICS = (
    Metric(
        key="first_response_time",
        label="First response time",
        definition="From creation to the first public reply by a human agent. An agent's opening "
        "message does not count; a ticket without a reply has none.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=Median(
            Rows(Population.TICKETS, "first_reply_at"),
            business="first_reply_business",
            start="created_at",
            end="first_reply_at",
        ),
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
        aggregate=Median(
            Rows(Population.RESPONSES, "answered_at"),
            business="business",
            start="asked_at",
            end="answered_at",
        ),
        needs=frozenset({Fact.RESPONSES}),
    ),
    Metric(
        key="resolution_time",
        label="Resolution time",
        definition="From creation to the last solve, of tickets that are still solved.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=Median(
            SOLVED, business="resolution_business", start="created_at", end="solved_at"
        ),
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
        aggregate=Median(
            Rows(Population.TICKETS, "first_solved_at"),
            business="first_resolution_business",
            start="created_at",
            end="first_solved_at",
        ),
        needs=frozenset({Fact.SOLVES, Fact.FIRST_SOLVE}),
    ),
    Metric(
        key="requester_wait_time",
        label="Requester wait time",
        definition="Time that a ticket spent new, open or on hold until its last solve.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=Median(SOLVED, business="wait_business", lasting="wait"),
        needs=frozenset({Fact.SOLVES, Fact.WAITS}),
        short="Requester wait",
    ),
)
