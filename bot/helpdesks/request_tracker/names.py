"""Who and what a number stands for: what the bot's account is told of accounts and queues."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count

from bot.clock import Clock
from bot.domain import Agent
from bot.helpdesks.request_tracker.web import Web
from bot.helpdesks.request_tracker.wire import QUEUES, Card, Queue
from bot.webapi import Forbidden, NotThere

#: How long it is remembered who is privileged, and what a queue is called.
REMEMBERED = timedelta(hours=1)

#: The number of the account "Nobody" in every usual installation, for when it cannot be asked.
NOBODY = 6


class _Memory:
    """Says when it is time to forget."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._good_until: datetime | None = None

    def is_stale(self) -> bool:
        """Whether an hour has gone by since it last was."""
        now = self._clock.now()
        if self._good_until is not None and now < self._good_until:
            return False
        self._good_until = now + REMEMBERED
        return True


class People:
    """Knows which accounts are privileged, that is: agents, and what these are called."""

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web = web
        self._memory = _Memory(clock)
        self._cards: dict[int, Card | None] = {}
        self._met: set[int] = set()

    def is_privileged(self, person: int) -> bool:
        """Whether that account is privileged; `True` where the bot's account may not know."""
        card = self._known(person)
        return card is None or card.privileged

    def met(self, agents: Collection[int]) -> None:
        """Remembers that these accounts worked on a ticket."""
        self._met.update(agents)

    def agents(self) -> Iterator[Agent]:
        """Those met since this was last asked, as far as they are privileged and may be seen.

        The name of somebody who is not privileged is never told: it could be a customer's.
        """
        for person in sorted(self._met):
            card = self._known(person)
            if card is not None and card.privileged:
                called = card.real_name or card.name or str(person)
                yield Agent(str(person), called, card.email_address)
        self._met.clear()

    @cached_property
    def nobody(self) -> int:
        """The number of the account that owns what nobody owns."""
        card = self._card("Nobody")
        return (card and card.number) or NOBODY

    def _known(self, person: int) -> Card | None:
        if self._memory.is_stale():
            self._cards.clear()
        if person not in self._cards:
            self._cards[person] = self._card(str(person))
        return self._cards[person]

    def _card(self, person: str) -> Card | None:
        try:
            return self._web.get(Card, f"user/{person}").data
        except (Forbidden, NotThere):
            return None


class Queues:
    """Knows the queues that the bot's account sees."""

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web = web
        self._memory = _Memory(clock)
        self._names: dict[str, str] = {}

    def name(self, number: str) -> str:
        """What the queue is called; its number where the account does not see it."""
        if self._memory.is_stale():
            self._names = {str(queue.id): queue.name or str(queue.id) for queue in self.visible()}
        return self._names.get(number, number)

    def visible(self) -> list[Queue]:
        """Every queue that the account sees now."""
        queues: dict[int, Queue] = {}
        for page in count(1):
            sheet = self._web.sheet(QUEUES, page=page)
            fresh = {queue.id: queue for queue in sheet.items}
            # From 5.0.6 a page too far is given as the last.
            if sheet.page != page or not fresh.keys() - queues.keys():
                break
            queues |= fresh
        return list(queues.values())
