"""How far the help articles carry."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import Better, Count, Metric, Quotient, Sum, Unit
from bot.metrics.rows import ARTICLES, CREATED, denominator, numerator

_VIEWS = (Sum(ARTICLES, ("views",)), numerator("article_views"))
_TIMED = ARTICLES.needing(Fact.READING_TIME)

METRICS = (
    Metric(
        key="article_views",
        label="Articles read",
        definition="Views of help articles.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        aggregate=Count(_VIEWS),
        aliases=("views",),
        counted="It is a number of views.",
    ),
    Metric(
        key="article_read_time",
        label="Article reading time",
        definition="Mean time on the page of a help article.",
        unit=Unit.SECONDS,
        better=Better.HIGHER,
        aggregate=Quotient(
            (Sum(_TIMED, ("reading",)), numerator("article_read_time")),
            (Sum(_TIMED, ("timed_views",)), denominator("article_read_time")),
        ),
        short="Reading time",
    ),
    Metric(
        key="self_service_ratio",
        label="Self-service ratio",
        definition="Views of help articles, divided by the tickets created in the same time.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        aggregate=Quotient(_VIEWS, (Sum(CREATED),)),
        short="Self-service",
        counted="It is a number of views for each ticket.",
    ),
)
