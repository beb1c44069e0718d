"""How the phones go: inbound calls, those of the help desk and those of another vendor's system."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import Better, Count, Metric, Share, Sum, Unit, Where
from bot.metrics.rows import CALLS, SOLVED, denominator, mean, numerator

_ANSWERED = CALLS.that(Where("answered", "=", 1))
#: Who hangs up within five seconds did not wait; they count on neither side.
_COUNTED = CALLS.that(Where("hung_up_at_once", "=", 0))
_HANDLED_TICKETS = SOLVED.that(Where("handle", "there")).needing(Fact.HANDLE_TIME)

METRICS = (
    Metric(
        key="handle_time",
        label="Average handle time",
        definition="Mean of talk, hold and wrap-up per handled call, and of the handle time of "
        "solved tickets where the help desk has one.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=mean(
            Sum(_ANSWERED, ("talk", "hold", "wrap_up")),
            Sum(_HANDLED_TICKETS, ("handle",)),
            also="handle_time",
        ),
        short="Handle time",
        aliases=("AHT",),
    ),
    Metric(
        key="call_volume",
        label="Call volume",
        definition="Inbound calls offered.",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        aggregate=Count((Sum(CALLS), numerator("call_volume"))),
        short="Calls",
        counted="It is a number of calls.",
    ),
    Metric(
        key="hold_time",
        label="Hold time",
        definition="Mean time on hold per handled call.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=mean(Sum(_ANSWERED.needing(Fact.HOLD_TIME), ("hold",)), also="hold_time"),
    ),
    Metric(
        key="speed_of_answer",
        label="Speed of answer",
        definition="Mean wait in the queue per answered call.",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        aggregate=mean(Sum(_ANSWERED, ("wait",)), also="speed_of_answer"),
        aliases=("ASA",),
    ),
    Metric(
        key="abandonment_rate",
        label="Abandonment rate",
        definition="Calls abandoned in the queue after 5 seconds or more, divided by the calls "
        "offered less those abandoned sooner.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share(
            (
                Sum(_COUNTED.that(Where("abandoned", "=", 1))),
                numerator("abandonment_rate"),
            ),
            (Sum(_COUNTED), denominator("abandonment_rate")),
        ),
        short="Abandoned",
    ),
)
