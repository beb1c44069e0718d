"""How much comes in, goes out and stays."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import (
    Better,
    Count,
    Distinct,
    Metric,
    Quotient,
    Share,
    Sum,
    Unit,
    Unsolved,
    Where,
)
from bot.metrics.rows import CREATED, SOLVED

METRICS = (
    Metric(
        key="ticket_volume",
        label="Ticket volume",
        definition="Tickets created. Spam, merged duplicates and deleted tickets never count.",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        aggregate=Count((Sum(CREATED),)),
        short="New tickets",
        aliases=("volume",),
        counted="It is a number of tickets.",
    ),
    Metric(
        key="tickets_solved",
        label="Tickets solved",
        definition="Tickets whose last solve falls in the window and that are still solved.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        aggregate=Count((Sum(SOLVED),)),
        needs=frozenset({Fact.SOLVES}),
        short="Solved",
        counted="It is a number of tickets.",
    ),
    Metric(
        key="backlog",
        label="Backlog",
        definition="Unsolved tickets at the end of the window.",
        unit=Unit.COUNT,
        better=Better.LOWER,
        aggregate=Unsolved(),
        needs=frozenset({Fact.SOLVES, Fact.REOPENS}),
        counted="It is a number of tickets.",
    ),
    Metric(
        key="tickets_per_agent",
        label="Tickets per agent",
        definition="Tickets solved, divided by the agents who solved at least one.",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        aggregate=Quotient((Sum(SOLVED),), (Distinct(SOLVED, "solver"),)),
        needs=frozenset({Fact.SOLVES, Fact.SOLVER}),
        counted="It is a number of tickets for each agent.",
    ),
    Metric(
        key="after_hours_share",
        label="After-hours share",
        definition="Share of created tickets that arrived outside business hours.",
        unit=Unit.RATIO,
        better=Better.NEITHER,
        aggregate=Share(
            (Sum(CREATED.that(Where("after_hours", "=", 1))),),
            (Sum(CREATED.that(Where("after_hours", "there"))),),
        ),
        needs=frozenset({Fact.HOURS}),
        short="After hours",
    ),
)
