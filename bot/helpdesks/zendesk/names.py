"""Who and what a number stands for: the groups of an account, and who works there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.clock import Clock
from bot.domain import Agent
from bot.helpdesks.zendesk.limits import ACCOUNT
from bot.helpdesks.zendesk.wire import Groups, People, Sheet
from bot.webapi import Params, WebApi

#: The most rows that a list of Zendesk gives at once.
PAGE = 100

#: How long the team is remembered, and how soon it is read again for somebody unknown.
REMEMBERED, RENEWED = timedelta(hours=1), timedelta(minutes=1)

#: So many who are not in the team are remembered as such.
STRANGERS = 10_000

_Sheet = TypeVar("_Sheet", bound=Sheet)


def sheets(api: WebApi, model: type[_Sheet], path: str, params: Params = ()) -> Iterator[_Sheet]:
    """The pages of a list, one after the other."""
    asked = [*(params.items() if hasattr(params, "items") else params), ("page[size]", PAGE)]
    sheet = api.get(model, path, asked, lanes=ACCOUNT).data
    yield sheet
    while sheet.follows:
        sheet = api.get(model, sheet.follows, lanes=ACCOUNT).data
        yield sheet


class GroupNames:
    """Knows what groups are called, those included that were deleted since."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._names: dict[str, str] | None = None

    def forget(self) -> None:
        """Groups are asked for again when the next one has to be named."""
        self._names = None

    def of(self, number: str | None) -> str | None:
        """What the group is called; its number where nobody tells."""
        if number is None:
            return None
        if self._names is None:
            self._names = self.all()
        return self._names.get(number, number)

    def all(self) -> dict[str, str]:
        """The names of all groups, by their numbers."""
        listed = sheets(self._api, Groups, "api/v2/groups.json", {"exclude_deleted": "false"})
        return {one.id: one.name or one.id for sheet in listed for one in sheet.groups}


class Team:
    """Knows who is an agent or an administrator, also while they are suspended, and who a bot."""

    def __init__(self, api: WebApi, clock: Clock, bots: Collection[str]) -> None:
        self._api, self._clock = api, clock
        self._named = frozenset(one.casefold() for one in bots)
        self._agents: Sequence[Agent] = ()
        self._ids, self._bots = frozenset[str](), self._named
        self._read_at: datetime | None = None
        self._strangers: set[str] = set()

    @property
    def ids(self) -> Collection[str]:
        self.agents()
        return self._ids

    def is_bot(self, person: str) -> bool:
        """Whether that is one of `bots`, by its number or the address of its account."""
        if self._named:
            self.agents()
        return person.casefold() in self._bots

    def agents(self) -> Sequence[Agent]:
        """All of them, as they were within the last hour; light agents are among them."""
        self._renew(REMEMBERED)
        return self._agents

    def meet(self, people: Collection[str]) -> None:
        """Reads the team again, at most once a minute, where one of these may be new in it."""
        strangers = set(people) - set(self.ids) - self._strangers
        if strangers and self._renew(RENEWED):
            if len(self._strangers) > STRANGERS:
                self._strangers.clear()
            self._strangers |= strangers - set(self._ids)

    def _renew(self, at_most: timedelta) -> bool:
        now = self._clock.now()
        if self._read_at is not None and now - self._read_at < at_most:
            return False
        self._agents = list(self._listed())
        self._ids = frozenset(agent.id for agent in self._agents)
        addressed = (one.id for one in self._agents if (one.email or "").casefold() in self._named)
        self._bots = self._named | frozenset(addressed)
        self._read_at = now
        return True

    def _listed(self) -> Iterator[Agent]:
        roles = [("role[]", "agent"), ("role[]", "admin")]
        for sheet in sheets(self._api, People, "api/v2/users.json", roles):
            for one in sheet.users:
                # Never the name of a customer, should the filter not be heeded.
                if one.id is not None and one.role in ("agent", "admin"):
                    yield Agent(one.id, one.name or one.id, one.email)
