"""Every message and every window in which a survey is planned, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.locale import Reader
from bot.message import Message
from bot.slack.surveys import listing, plan, plan_form, plan_window
from bot.slack.surveys.help import help_text
from bot.slack.surveys.listing import Draft, Listed, Open
from bot.slack.surveys.promised import Preview
from bot.surveys import own
from bot.surveys.bank import ENPS, pick
from bot.surveys.survey import (
    OTHERS,
    Audience,
    Cadence,
    Every,
    Kind,
    Plan,
    Results,
    Theme,
)

ATHENS = ZoneInfo("Europe/Athens")
CHANNEL = "C0SUPPORT"


def at(day: int, hour: int, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ATHENS).astimezone(UTC)


NOW = at(20, 9)
OWN = own.parse("\n".join(own.EXAMPLES), "en")
TUESDAYS = Cadence(2, Every.WEEK, 1, time(10))

ONCE = Plan(Kind.ENPS, Audience((CHANNEL,)), ATHENS, CHANNEL, days=7)
PULSE = Plan(
    Kind.PULSE,
    Audience((CHANNEL, "C0BILLING"), ("S0NIGHT",), ("U0ONE", "U0TWO")),
    ATHENS,
    CHANNEL,
    cadence=TUESDAYS,
    themes=(Theme.WORKLOAD, Theme.TOOLS),
    many=4,
    own=OWN,
    languages=("en", "de", "fa"),
    reminders=2,
    results=Results.LEADS,
    fewest=8,
)


def asked(plan_: Plan) -> Sequence[Any]:
    if plan_.kind is Kind.ENPS:
        return [ENPS]
    return [*pick({}, plan_.themes, plan_.many, NOW.date()), *plan_.own]


ENPS_PREVIEW = Preview(
    draft=3,
    plan=ONCE,
    mark="5eed",
    teams=[("#support", 24)],
    begins=NOW,
    closes=at(27, 17),
    questions=asked(ONCE),
)
PULSE_PREVIEW = Preview(
    draft=4,
    plan=PULSE,
    mark="5eed",
    teams=[("#support", 16), ("#<!channel> & <b>", 9), ("@night", 4), (OTHERS, 2)],
    begins=at(24, 10),
    closes=at(27, 17),
    questions=asked(PULSE),
    openings=[at(24, 10), at(8, 10, month=12), at(22, 10, month=12)],
    twice=3,
    late=2,
    foreign={"el": 4, "ja": 1},
    supply=18,
    warning="nobody is here",
)

QUARTERLY = replace(ONCE, cadence=Cadence(1, Every.QUARTER, 1, time(10)), results=Results.ASKED)
YEARLY_PREVIEW = replace(
    ENPS_PREVIEW,
    plan=replace(ONCE, cadence=Cadence(4, Every.QUARTER, 1, time(10))),
    openings=[datetime(2027, 1, 5, 8, tzinfo=UTC), datetime(2028, 1, 4, 8, tzinfo=UTC)],
)
MONTHLY = replace(ONCE, cadence=Cadence(1, Every.MONTH, 0, time(9, 30)))
LISTED = [
    Listed(3, QUARTERLY, "U1LEAD", [Open(at(27, 17), 24)], at(5, 10, month=12), closed=7),
    Listed(5, replace(PULSE, own=()), "U2LEAD", (), None, closed=9, is_paused=True),
    Listed(6, MONTHLY, "U1LEAD", [Open(at(24, 17), 1)], is_over=True),
    Listed(8, ONCE, "U1LEAD", [Open(at(23, 17), 12)]),
    Listed(9, ONCE, "U1LEAD"),
]


def listed(reader: Reader) -> Message:
    return listing.listed(Kind.ENPS, LISTED, [Draft(10, ONCE)], reader)


PLANS: dict[str, Callable[[Reader], Message]] = {
    "survey plan enps": lambda reader: plan.preview(ENPS_PREVIEW, reader),
    "survey plan pulse": lambda reader: plan.preview(PULSE_PREVIEW, reader),
    "survey plan changed": lambda reader: plan.preview(
        replace(ENPS_PREVIEW, has_changed=True), reader
    ),
    "survey plan too few": lambda reader: plan.preview(
        replace(ENPS_PREVIEW, teams=[("#support", 1)]), reader
    ),
    "survey plan of nobody": lambda reader: plan.preview(
        replace(ENPS_PREVIEW, teams=[], plan=replace(ONCE, reminders=0)), reader
    ),
    "survey plan untold": lambda reader: plan.untold(3, "Slack answered <not_in_channel>.", reader),
    "survey started": lambda reader: plan.started(PULSE, 4, at(24, 10), None, reader),
    "survey started once": lambda reader: plan.started(
        ONCE, 3, at(27, 17), "nobody is here", reader
    ),
    "survey list": listed,
    "survey list none": lambda reader: listing.listed(Kind.PULSE, [], [], reader),
    "survey plan of no hour": lambda reader: plan.preview(replace(ENPS_PREVIEW, late=24), reader),
    "survey plan yearly": lambda reader: plan.preview(YEARLY_PREVIEW, reader),
    "survey remove": lambda reader: listing.removes(3, QUARTERLY, reader),
    "survey close": lambda reader: listing.closes_now(
        3, 7, QUARTERLY, Open(at(27, 17), 24), reader
    ),
    "survey help enps": lambda reader: help_text(Kind.ENPS, reader, is_lead=True),
    "survey help pulse": lambda reader: help_text(Kind.PULSE, reader, is_lead=True),
    "survey help agent": lambda reader: help_text(Kind.PULSE, reader, is_lead=False),
}

NEW = plan_form.Form(ONCE)
FILLED = plan_form.filled(PULSE, 4)

PLAN_VIEWS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "survey window new": lambda reader: plan_window.view(NEW, reader),
    "survey window filled": lambda reader: plan_window.view(FILLED, reader),
    "survey window plan": lambda reader: plan.as_view(plan.preview(ENPS_PREVIEW, reader), reader),
    "survey window too few": lambda reader: plan.as_view(
        PLANS["survey plan too few"](reader), reader
    ),
    "survey window told": lambda reader: plan.as_view(Message("Dropped."), reader),
}
