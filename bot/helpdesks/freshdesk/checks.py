"""What `check` says of a Freshdesk: that one gets in, what one sees, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.names import labels
from bot.helpdesks.freshdesk.surveys import asking
from bot.helpdesks.freshdesk.web import Web
from bot.webapi import Forbidden, NotThere, Rejected

#: How far back the newest change is looked for.
LATELY = timedelta(days=365)

#: What an agent sees who does not see all tickets, by the number of their scope.
SCOPES = {2: "the tickets of their groups", 3: "the tickets that are assigned to them"}


def facts(web: Web, clock: Clock) -> Iterator[str]:
    """A sentence each. Raises the error where one does not get in at all."""
    answer = web.one(wire.Agent, "agents/me")
    me = answer.data
    yield f"Logged in as {(me.contact and me.contact.name) or f'agent {me.id}'}."
    if me.ticket_scope in SCOPES:
        yield f"This agent sees only {SCOPES[me.ticket_scope]}: numbers are of those alone."
    agents = _number(lambda: web.all(wire.Agent, "agents"), "agent")
    groups = _number(lambda: web.all(wire.Group, "groups"), "group")
    yield f"It shows {agents} and {groups}."
    yield _newest_change(web, answer.sent_at or clock.now())
    yield from _missing(web, answer.sent_at or clock.now())
    yield from clock_told(answer.sent_at, clock.now())


def _number(ask: Callable[[], list[wire.Agent]] | Callable[[], list[wire.Group]], what: str) -> str:
    try:
        number = len(ask())
    except (Forbidden, NotThere):
        return f"no {what}s, which takes an administrator's role"
    return f"{number} {what}{'' if number == 1 else 's'}"


def _newest_change(web: Web, now: datetime) -> str:
    newest = web.newest(now - LATELY).last
    if newest is None:
        return "No ticket changed in the last year, as far as this agent sees."
    return f"The newest change of a ticket is {roughly(now - newest)} old."


def _missing(web: Web, now: datetime) -> Iterator[str]:
    """What the plan lacks, or the agent may not see."""
    surveys = _surveys(web)
    if not surveys and not _answers(lambda: next(web.ratings(now, 1))):
        yield "It shows no satisfaction ratings: the plan or the agent's role lacks them."
    unread = sum(not asking(survey) for survey in surveys)
    if unread:
        yield (
            f"Of its {len(surveys)} newer surveys {unread} are not read: they have no question "
            "for satisfaction with two choices or from 1 to 5."
        )
    yield from _about_hours(web)
    if not _answers(lambda: labels(web)):
        yield "It shows no labels of statuses: name statuses of your own by number."


def _surveys(web: Web) -> Sequence[wire.Survey]:
    """The newer surveys, where there are any."""
    try:
        return web.surveys()[1]
    except (Forbidden, NotThere, Rejected):
        return ()


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (Forbidden, NotThere):
        return False
    return True


def _about_hours(web: Web) -> Iterator[str]:
    try:
        schedules = web.all(wire.Schedule, "business_hours", sized=False)
    except (Forbidden, NotThere):
        yield "It shows no business hours, so set them in deskpulse where they matter."
        return
    if schedules and not any(one.list_of_holidays for one in schedules):
        yield (
            "It tells no holidays with its business hours: set hours with holidays in deskpulse "
            "where they matter."
        )
