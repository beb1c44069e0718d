"""How well it went the first time."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import Better, Metric, Population, Share, Unit

METRICS = (
    Metric(
        key="one_touch_rate",
        label="One-touch rate",
        definition="Share of solved tickets with exactly one public agent reply.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=Share("agent_replies", "=", 1),
        needs=frozenset({Fact.SOLVES, Fact.REPLIES}),
    ),
    Metric(
        key="reopen_rate",
        label="Reopen rate",
        definition="Share of the tickets whose last solve falls in the window that were reopened "
        "at least once; a ticket that is reopened now counts as reopened.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="last_solved_at",
        aggregate=Share("reopens", ">=", 1),
        needs=frozenset({Fact.SOLVES, Fact.REOPENS}),
    ),
    Metric(
        key="transfer_rate",
        label="Transfer rate",
        definition="Share of solved tickets whose group or assignee changed after the first "
        "assignment.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        population=Population.TICKETS,
        moment="solved_at",
        aggregate=Share("transfers", ">=", 1),
        needs=frozenset({Fact.SOLVES, Fact.TRANSFERS}),
    ),
)
