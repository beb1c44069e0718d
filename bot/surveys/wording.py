"""A plan in words, as `/enps` and `/pulse` take it: only what is not so by default."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

from bot.surveys.survey import FEWEST, Audience, Cadence, Every, Kind, Plan, Results

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: What is so where nothing is said of it.
CLOSES, MANY, REMINDERS, LANGUAGES = time(17), 5, 1, ("en",)

_RESULTS = {Results.CHANNEL: "here", Results.LEADS: "leads", Results.ASKED: "asked"}


def command(kind: Kind) -> str:
    """What is typed before all of it."""
    return f"/{kind}"


def plan_text(plan: Plan) -> str:
    """The command that makes the plan, but for questions of one's own.

    `commands.survey_text.parse_plan` reads the very same plan from it, in the same channel and zone.
    """
    begins = "start" if plan.cadence is None else _every(plan.cadence)
    asked = [] if plan.audience == Audience(channels=(plan.channel,)) else _names(plan.audience)
    return " ".join([command(plan.kind), begins, *asked, *_options(plan)])


def _every(cadence: Cadence) -> str:
    number, unit = cadence.number, str(cadence.unit)
    if cadence.unit is Every.QUARTER and number % 4 == 0:
        number, unit = number // 4, "year"
    pause = f"{unit}" if number == 1 else f"{number} {unit}s"
    return f"every {pause} on {WEEKDAYS[cadence.weekday]} {clock(cadence.at)}"


def _names(audience: Audience) -> list[str]:
    """As Slack writes them, which are names again where they are typed."""
    return [
        *(f"<#{one}>" for one in audience.channels),
        *(f"<!subteam^{one}>" for one in audience.groups),
        *(f"<@{one}>" for one in audience.people),
    ]


def _options(plan: Plan) -> Iterator[str]:
    if plan.themes:
        yield f"about {', '.join(plan.themes)}"
    if plan.many != MANY:
        yield f"{plan.many} questions"
    yield from _open_for(plan)
    if plan.reminders != REMINDERS:
        yield f"remind {plan.reminders}"
    if plan.results is not Results.CHANNEL:
        yield f"results {_RESULTS[plan.results]}"
    if plan.fewest != FEWEST:
        yield f"min {plan.fewest}"
    if plan.languages != LANGUAGES:
        yield f"in {', '.join(plan.languages)}"


def _open_for(plan: Plan) -> Iterator[str]:
    if plan.days:
        yield f"for {plan.days} days" if plan.days > 1 else "for 1 day"
    if plan.closes != CLOSES or not plan.days:
        yield f"until {clock(plan.closes)}"


def clock(at: time) -> str:
    """A time of day as it is typed: 17:00."""
    return at.strftime("%H:%M")
