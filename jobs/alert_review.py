"""Once a month tells each channel what its alert rules earned, and what they are expected to cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.alerts.budget import Cost
from bot.locale import Reader, whole_days
from bot.periods import last_days
from bot.services import Services
from bot.slack.alerts.costs import Budget
from bot.slack.alerts.review import reviewed
from bot.store import alerts as rules
from bot.store import budgets, outbox
from bot.store.rehearsals import priced
from bot.store.reviews import reviews
from bot.store.tables import AlertRule
from jobs import attempt, job

#: So many days a review looks back.
DAYS = 30


@job(cron="0 9 1 * *", grace=timedelta(hours=12))
def alert_review(services: Services, due: datetime) -> None:
    """Each channel by itself, on the first of the month."""
    with services.reading() as session:
        there = rules.all_of(session, services.workspace)
    for row in there:
        attempt(f"alert:{row.id}", partial(price_again, services, row, due))
    channels = {row.channel: row for row in reversed(there)}
    for channel, first in sorted(channels.items()):
        attempt(f"alert-review:{channel}", partial(review, services, channel, first, due))


def price_again(services: Services, row: AlertRule, now: datetime) -> None:
    """What a rule is expected to cost, by the history that there is by now."""
    with services.reading() as session:
        found = priced(
            session,
            services.workspace,
            rules.rule_of(row),
            ZoneInfo(row.zone),
            now=now,
            patience=services.settings.stale_after,
        )
    with services.writing() as session:
        kept = rules.get(session, services.workspace, row.id or 0)
        if kept is not None:
            rules.priced(session, kept, found.per_week if isinstance(found, Cost) else None)


def review(services: Services, channel: str, first: AlertRule, now: datetime) -> None:
    """Queues the review of a channel, in the language and the zone of its first rule."""
    reader = Reader(first.locale, ZoneInfo(first.zone))
    window = last_days(now, DAYS, reader.zone)
    # What could be looser takes a while to find out: nothing is written meanwhile.
    with services.reading() as session:
        found = reviews(
            session,
            services.workspace,
            channel,
            since=window.start,
            until=window.end,
            patience=services.settings.stale_after,
        )
        budget = Budget(
            budgets.of_channel(session, services.workspace, channel),
            rules.expected(session, services.workspace, channel),
        )
    days = whole_days(window.start, window.end)
    told = reviewed(found, *days, channel, reader, budget=budget)
    subject, sent = f"alert-review:{channel}", services.clock.now()
    with services.writing() as session:
        outbox.queue(session, services.workspace, channel, told, subject=subject, now=sent)
