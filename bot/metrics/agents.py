"""How the agents are: asked in surveys, and told only through their privacy gate."""

from __future__ import annotations

from bot.metrics.metric import Better, Metric, Surveyed, Unit

METRICS = (
    Metric(
        key="enps",
        label="Employee net promoter score",
        definition="As the net promoter score, asked of the agents: share of answers 9 and 10 less "
        "the share of 0 to 6. Only through the privacy gate.",
        unit=Unit.SCORE,
        better=Better.HIGHER,
        aggregate=Surveyed(),
        short="eNPS",
        bounds=(-100, 100),
    ),
    Metric(
        key="pulse_score",
        label="Pulse score",
        definition="Mean of the pulse's items, each on 1 to 5. Only through the privacy gate.",
        unit=Unit.SCORE,
        better=Better.HIGHER,
        aggregate=Surveyed(),
        short="Pulse",
        bounds=(1, 5),
    ),
    Metric(
        key="survey_participation",
        label="Survey participation",
        definition="Those who answered, divided by those who were invited.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Surveyed(),
        short="Participation",
    ),
)
