"""What numbers stand for: groups and statuses by their names, remembered for an hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import Status
from bot.helpdesks.freshdesk.settings import LABELS, PRIORITIES, SOURCES, STATUSES, Settings
from bot.helpdesks.freshdesk.web import Web
from bot.helpdesks.freshdesk.wire import Group, TicketField
from bot.vocabulary import Vocabulary
from bot.webapi import Forbidden, NotThere

#: How long names are remembered.
REMEMBERED = timedelta(hours=1)

#: The kind of the field that holds a ticket's status.
STATUS_FIELD = "default_status"


class Names:
    """Names by number, asked for when an unknown number turns up, and again after an hour."""

    def __init__(self, clock: Clock, ask: Callable[[], Mapping[str, str]]) -> None:
        """`ask` gives all of them; what the account may not see has none."""
        self._clock, self._ask = clock, ask
        self._known: dict[int, str | None] = {}
        self._are_hidden = False
        self._good_until: datetime | None = None

    def of(self, number: int) -> str | None:
        if self._good_until is not None and self._clock.now() >= self._good_until:
            self._known.clear()
            self._are_hidden = False
        if number not in self._known and not self._are_hidden:
            self._known[number] = None
            self._known |= self._told()
        return self._known.get(number)

    def _told(self) -> dict[int, str]:
        self._good_until = self._clock.now() + REMEMBERED
        try:
            return {int(number): name for number, name in self._ask().items()}
        except (Forbidden, NotThere):
            self._are_hidden = True
            return {}


class Site:
    """What is known of a Freshdesk beside its tickets."""

    def __init__(self, name: str, settings: Settings, web: Web, clock: Clock) -> None:
        self.settings = settings
        self._groups = Names(clock, lambda: groups(web))
        self._labels = Names(clock, lambda: labels(web))
        own = {status.casefold(): meaning for status, meaning in settings.statuses.items()}
        self._explained = STATUSES | own
        known = {label.casefold(): meaning for label, meaning in LABELS.items()} | self._explained
        self._statuses = Vocabulary(name, "status", known, Status.OPEN)
        self._channels = Vocabulary(name, "channel", SOURCES | settings.sources, "other")
        self._priorities = Vocabulary(name, "priority", PRIORITIES, "other")

    def status(self, number: int | None) -> Status:
        """What a status means; one of the desk's own by its label, where the account may see it."""
        if number is None or str(number) in self._explained:
            return self._statuses.of(number)
        return self._statuses.of(self._labels.of(number) or number)

    def group(self, number: int | None) -> str | None:
        """What a group is called; its number where the account does not see it."""
        return None if number is None else self._groups.of(number) or str(number)

    def channel(self, source: int | None) -> str | None:
        return None if source is None else self._channels.of(source)

    def priority(self, number: int | None) -> str | None:
        return None if number is None else self._priorities.of(number)


def groups(web: Web) -> Mapping[str, str]:
    """The names of all groups, by number."""
    return {str(one.id): one.name for one in web.all(Group, "groups") if one.name}


def labels(web: Web) -> Mapping[str, str]:
    """The labels of all statuses, by number."""
    fields = web.field(TicketField, STATUS_FIELD)
    return {number: label for field in fields for number, label in field.labels.items()}
