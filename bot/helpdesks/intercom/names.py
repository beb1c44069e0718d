"""What the teams of a workspace are called."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import Clock
from bot.helpdesks.intercom.web import Web
from bot.webapi import Forbidden, NotThere

#: How long the names are remembered.
REMEMBERED = timedelta(hours=1)


class TeamNames:
    """Knows the teams; asks for them again after an hour, and when an unknown one turns up."""

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web, self._clock = web, clock
        self._names: dict[str, str] = {}
        self._good_until: datetime | None = None

    def name(self, team: str | None) -> str | None:
        """What a team is called; its id where it is gone or not to be seen."""
        if team is None:
            return None
        if self._is_stale():
            self._names, self._good_until = {}, self._clock.now() + REMEMBERED
        if team not in self._names:
            self._names |= {team: team} | self._asked()
        return self._names[team]

    def count(self) -> int:
        """How many teams there are now."""
        return len(self._asked())

    def _is_stale(self) -> bool:
        return self._good_until is None or self._clock.now() >= self._good_until

    def _asked(self) -> dict[str, str]:
        try:
            return {team.id: team.name or team.id for team in self._web.teams()}
        except (Forbidden, NotThere):
            return {}
