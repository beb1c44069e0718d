"""What `check` says of a Freshdesk: that one gets in, what one sees, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.names import labels
from bot.helpdesks.freshdesk.web import Web
from bot.webapi import Forbidden, NotThere

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
    parts: list[tuple[Callable[[], object], str]] = [
        (
            lambda: next(web.ratings(now, 1)),
            "It shows no satisfaction ratings: the plan or the agent's role lacks them.",
        ),
        (
            lambda: web.all(wire.Schedule, "business_hours", sized=False),
            "It shows no business hours, so set them in deskpulse where they matter.",
        ),
        (
            lambda: labels(web),
            "It shows no labels of statuses: name statuses of your own by number.",
        ),
    ]
    for ask, told in parts:
        try:
            ask()
        except (Forbidden, NotThere):
            yield told
