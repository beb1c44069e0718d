"""Who and what an id stands for: agents, departments, tags, and whether there are SLA levels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.clock import Clock
from bot.helpdesks.liveagent.web import Web
from bot.helpdesks.liveagent.wire import Department, Level, Person, Tag
from bot.webapi import Forbidden, NotThere

#: How long a list is remembered.
REMEMBERED = timedelta(hours=1)

#: A list that lacks what a ticket has is read again when it is at least so old.
RENEWED = timedelta(minutes=1)

#: So many who are no agents are remembered as such.
STRANGERS = 10_000

#: LiveAgent itself writes under this id (LednirNaabus/mgo-liveagent-data-pipeline).
SYSTEM = "system00"

Kept = TypeVar("Kept")


@dataclass
class _Memory(Generic[Kept]):
    """A list that is read when it is first needed, and again when it is old."""

    clock: Clock
    read: Callable[[], Kept]
    _kept: Kept | None = None
    _read_at: datetime | None = None

    def known(self, at_most: timedelta = REMEMBERED) -> Kept:
        now = self.clock.now()
        if self._kept is None or self._read_at is None or now - self._read_at >= at_most:
            self._kept, self._read_at = self.read(), now
        return self._kept


@dataclass(frozen=True, slots=True)
class Names:
    """What was known of names when a page of tickets was told."""

    agents: frozenset[str] = frozenset()
    bots: frozenset[str] = frozenset()
    addresses: dict[str, str] = field(default_factory=dict, repr=False)
    departments: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    has_levels: bool = False

    def is_machine(self, person: str | None) -> bool:
        return person is None or person == SYSTEM or person in self.bots

    def agent_of(self, address: str | None) -> str | None:
        """The agent with that e-mail address."""
        return self.addresses.get(address.casefold()) if address else None

    def group(self, department: str | None, told: str | None = None) -> str | None:
        """What a department is called; one that is gone, as it was `told`, or else by its id."""
        if department is None:
            return None
        return self.departments.get(department) or told or department


class Directory:
    """Reads the lists of one LiveAgent."""

    def __init__(self, web: Web, clock: Clock, bots: Collection[str]) -> None:
        self._web = web
        self._bots = {one.casefold() for one in bots}
        self.people = _Memory(clock, lambda: list(web.all(Person, "agents")))
        self.departments = _Memory(clock, lambda: list(web.all(Department, "departments")))
        # The list of tags takes no parameters, and is always all of them (`docs/TagsApi.md`).
        self.tags = _Memory(clock, lambda: web.get(Tag, "tags", {}))
        self.levels = _Memory(clock, self._levels)
        self._strangers: set[str] = set()

    def names(self, departments: Iterable[str | None], tags: Iterable[str], *, sla: bool) -> Names:
        """The names for tickets in these departments and with these tags."""
        people = self.people.known()
        bots = {one.id for one in people if {one.id, (one.email or "").casefold()} & self._bots}
        wanted = {one for one in departments if one}
        groups = self._renewed(self.departments, lambda one: (one.department_id, one.name), wanted)
        labels = set(tags)
        return Names(
            agents=frozenset(one.id for one in people),
            bots=frozenset(bots),
            addresses={one.email.casefold(): one.id for one in people if one.email},
            departments=groups,
            tags=self._renewed(self.tags, lambda one: (one.id, one.name), labels) if labels else {},
            has_levels=sla and bool(self.levels.known()),
        )

    def meet(self, people: Collection[str]) -> bool:
        """Whether the agents were read again, because one of these may be a new one.

        They are at most once a minute, and not for somebody whom they did not have then, either.
        """
        known = self.people.known()
        strangers = set(people) - {one.id for one in known} - self._strangers - {SYSTEM}
        if not strangers:
            return False
        renewed = self.people.known(at_most=RENEWED)
        if renewed is known:
            return False
        if len(self._strangers) > STRANGERS:
            self._strangers.clear()
        self._strangers |= strangers - {one.id for one in renewed}
        return True

    def _renewed(
        self,
        memory: _Memory[list[Kept]],
        named: Callable[[Kept], tuple[str, str | None]],
        wanted: Collection[str],
    ) -> dict[str, str]:
        """The names of a list; it is read again where one is wanted that it lacks."""
        found = _by_id(memory.known(), named)
        if set(wanted) - found.keys():
            found = _by_id(memory.known(at_most=RENEWED), named)
        return found

    def _levels(self) -> list[Level]:
        """None where the key may not read them, or the plan has none."""
        try:
            return list(self._web.all(Level, "slas"))
        except (Forbidden, NotThere):
            return []


def _by_id(rows: Iterable[Kept], named: Callable[[Kept], tuple[str, str | None]]) -> dict[str, str]:
    return {id_: name or id_ for id_, name in map(named, rows)}
