"""What support does for the business; no help desk knows it, so it is recorded."""

from __future__ import annotations

from bot.metrics.metric import AtStart, Better, Metric, Share, Unit
from bot.metrics.rows import denominator, numerator, recorded

METRICS = (
    Metric(
        key="churn_rate",
        label="Customer churn rate",
        definition="Customers lost in the period, divided by the customers at its start.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share(
            (numerator("churn_rate"),), (AtStart(recorded("churn_rate"), "denominator"),)
        ),
        short="Churn",
    ),
    Metric(
        key="conversion_rate",
        label="Conversion rate",
        definition="Conversions, divided by visits or chats.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share((numerator("conversion_rate"),), (denominator("conversion_rate"),)),
        short="Conversion",
    ),
)
