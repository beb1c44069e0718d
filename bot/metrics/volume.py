"""How much comes in, goes out and stays."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import (
    Better,
    Count,
    Metric,
    PerDistinct,
    PerRow,
    Population,
    Unit,
    Unsolved,
)

METRICS = (
    Metric(
        key="ticket_volume",
        label="Ticket volume",
        definition="Tickets created. Spam, merged duplicates and deleted tickets never count.",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        population=Population.TICKETS,
        moment="created_at",
        aggregate=Count(),
        short="New tickets",
        aliases=("volume",),
    ),
    Metric(
        key="tickets_solved",
        label="Tickets solved",
        definition="Tickets whose last solve falls in the window and that are still solved.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=Count(),
        needs=frozenset({Fact.SOLVES}),
        short="Solved",
    ),
    Metric(
        key="backlog",
        label="Backlog",
        definition="Unsolved tickets at the end of the window.",
        unit=Unit.COUNT,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="created_at",
        aggregate=Unsolved(),
        needs=frozenset({Fact.SOLVES, Fact.REOPENS}),
    ),
    Metric(
        key="tickets_per_agent",
        label="Tickets per agent",
        definition="Tickets solved, divided by the agents who solved at least one.",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=PerDistinct("solver"),
        needs=frozenset({Fact.SOLVES, Fact.SOLVER}),
    ),
    Metric(
        key="interactions_per_resolution",
        label="Interactions per resolution",
        definition="Public messages by both sides on the tickets solved, divided by those tickets.",
        unit=Unit.COUNT,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=PerRow(("agent_messages", "customer_messages")),
        needs=frozenset({Fact.SOLVES, Fact.REPLIES}),
    ),
)
