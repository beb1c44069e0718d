"""What the teams of a workspace are called, and who its teammates are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.helpdesks.intercom.web import Web
from bot.webapi import Forbidden, NotThere

#: How long the names are remembered.
REMEMBERED = timedelta(hours=1)


class Names:
    """Names by id; asked for again after an hour, and when an unknown id turns up."""

    def __init__(self, clock: Clock, ask: Callable[[], Mapping[str, str]]) -> None:
        """`ask` gives all of them."""
        self._clock, self._ask = clock, ask
        self._names: dict[str, str | None] = {}
        self._good_until: datetime | None = None

    def of(self, id_: str) -> str | None:
        """The name; `None` where it is gone or not to be seen."""
        if self._good_until is None or self._clock.now() >= self._good_until:
            self._names, self._good_until = {}, self._clock.now() + REMEMBERED
        if id_ not in self._names:
            self._names |= {id_: None, **self._asked()}
        return self._names[id_]

    def count(self) -> int:
        """How many there are now."""
        return len(self._asked())

    def _asked(self) -> Mapping[str, str]:
        try:
            return self._ask()
        except (Forbidden, NotThere):
            return {}


class TeamNames(Names):
    """Knows the teams."""

    def __init__(self, web: Web, clock: Clock) -> None:
        super().__init__(clock, lambda: {one.id: one.name or one.id for one in web.teams()})

    def name(self, team: str | None) -> str | None:
        """What a team is called; its id where it is gone or not to be seen."""
        return None if team is None else self.of(team) or team


class Teammates(Names):
    """Knows the teammates of now."""

    def __init__(self, web: Web, clock: Clock) -> None:
        super().__init__(clock, lambda: {one.id: one.name or one.id for one in web.teammates()})

    def has(self, id_: str) -> bool:
        """Whether it is one of them, and no bot; who left is none any more."""
        return self.of(id_) is not None
