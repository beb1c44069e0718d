"""`/alert review`: what each rule of a channel earned in a month, and the button to loosen it."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.locale import Reader, whole_days
from bot.message import Message
from bot.periods import last_days
from bot.services import Services
from bot.slack.alerts import review
from bot.slack.alerts.costs import Budget
from bot.slack.alerts.rehearsal import Wanted
from bot.store import alerts as rules
from bot.store import budgets
from bot.store.reviews import reviews
from commands.alert_asked import Asked
from commands.alert_switch import switch_on

#: So many days it looks back.
DAYS = 30


def register(app: App) -> None:
    app.action(review.LOOSEN)(loosen)


def review_of(services: Services, channel: str, reader: Reader) -> Message:
    """The last 30 days of a channel's rules, and what there was of today."""
    now, workspace = services.clock.now(), services.workspace
    window = last_days(now, DAYS, reader.zone)
    with services.reading() as session:
        found = reviews(
            session,
            workspace,
            channel,
            since=window.start,
            until=now,
            patience=services.settings.stale_after,
        )
        allowed = budgets.of_channel(session, workspace, channel)
        budget = Budget(allowed, rules.expected(session, workspace, channel))
    days = whole_days(window.start, now.astimezone(reader.zone))
    return review.reviewed(found, *days, channel, reader, budget=budget)


def loosen(
    ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond, services: Services
) -> None:
    """Makes a rule the looser one that was offered."""
    ack()
    asked = Asked.by_button(body, respond, services)
    asked.answer(Message(switch_on(asked, Wanted.from_text(action["value"]))))
