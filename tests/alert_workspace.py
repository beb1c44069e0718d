"""A workspace with alerts: a help desk in which little happens, rules that watch it, and passing time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain import Fact, Ticket
from bot.store import alerts as rules
from bot.store import desks
from bot.store.tables import AlertRule
from commands.alert_text import parse_rule
from jobs.alert_deeds import alert_deeds
from jobs.alert_notices import alert_notices
from jobs.deliver import deliver
from tests.slack_double import Posted
from tests.store_samples import EVERY_FACT, Plan, a_ticket
from tests.test_alerts_job import Office, arriving
from tests.times import T
from tests.workspace import CHANNEL, LEAD, Workspace

MINUTE = timedelta(minutes=1)

#: Five hours and eight days ago six tickets came within minutes; else one came every six hours.
TICKETS = [
    *(
        a_ticket(f"b{hours}-{n}", T(hours=-hours) + n * MINUTE, group="Billing", channel="email")
        for hours in (5, 192)
        for n in range(6)
    ),
    *(
        a_ticket(
            f"q{hours}",
            T(hours=-hours),
            group="Sales & <Co>",
            channel="chat",
            first_reply_at=T(hours=-hours, minutes=20),
        )
        for hours in range(3, 260, 6)
    ),
]

#: It says nothing of ratings.
ACME = Plan("acme", TICKETS, gives=EVERY_FACT - {Fact.CSAT}, data_from=T(days=-12), data_until=T())


#: Long enough for costs: a ticket every five hours, and each Thursday six at once.
NOISY = Plan(
    "acme",
    [
        *(a_ticket(f"q{hours}", T(hours=-hours)) for hours in range(3, 85 * 24, 5)),
        *(
            a_ticket(f"b{days}-{n}", T(days=-days) + n * MINUTE)
            for days in range(1, 85, 7)
            for n in range(6)
        ),
    ],
    data_from=T(days=-85),
    data_until=T(),
)


def watch(workspace: Workspace, text: str, *, channel: str = CHANNEL, **more: Any) -> int:
    """Switches a rule on; gives its number. `more` are columns of its row."""
    with workspace.writing() as session:
        row = rules.add(
            session,
            workspace.services.workspace,
            channel,
            parse_rule(text),
            reader=workspace.services.reader(LEAD),
            by=LEAD,
            now=workspace.clock.now(),
        )
        for name, value in more.items():
            setattr(row, name, value)
        return row.id or 0


def row_of(workspace: Workspace, number: int) -> AlertRule:
    with workspace.services.reading() as session:
        return session.get_one(AlertRule, number)


def day(workspace: Workspace) -> Office:
    """Lets time pass in the workspace: syncs, and looks of the job."""
    with workspace.services.reading() as session:
        acme = desks.find(session, workspace.services.workspace, "acme")
        assert acme is not None
        return Office(workspace.services, workspace.clock, acme)


def burst(workspace: Workspace, count: int = 6, **facts: Any) -> Office:
    """So many tickets come at once; five minutes later that was seen."""
    office = day(workspace)
    office.hears(*at_once(workspace, count, **facts))
    office.goes_on(5)
    return office


def at_once(workspace: Workspace, count: int, **facts: Any) -> list[Ticket]:
    """So many tickets of the next minute."""
    now = workspace.clock.now()
    return arriving(count, now + MINUTE, name=f"n{now:%d%H%M}-", **facts)


def send(workspace: Workspace) -> None:
    """What people asked for is done, and what waits is posted."""
    alert_deeds(workspace.services, workspace.clock.now())
    alert_notices(workspace.services, workspace.clock.now())
    deliver(workspace.services, workspace.clock.now())


def posted(workspace: Workspace, channel: str = CHANNEL) -> list[Posted]:
    """The messages that stand in a channel."""
    return [one for one in workspace.slack.posts(channel) if not one.broadcast]


def below(workspace: Workspace) -> list[str]:
    """The thread of the only message of the channel."""
    (message,) = posted(workspace)
    return [one.text for one in workspace.slack.thread(CHANNEL, message.ts)]
