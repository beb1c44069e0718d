"""Who and what a number stands for: the groups of an account, and who works there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

from bot.domain import Agent
from bot.helpdesks.zendesk.limits import ACCOUNT
from bot.helpdesks.zendesk.wire import Groups, People, Sheet
from bot.webapi import Params, WebApi

#: The most rows that a list of Zendesk gives at once.
PAGE = 100

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
    """Knows who is an agent or an administrator, also while they are suspended."""

    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._ids: frozenset[str] | None = None

    def forget(self) -> None:
        """The team is asked for again when the next author has to be known."""
        self._ids = None

    @property
    def ids(self) -> Collection[str]:
        if self._ids is None:
            self._ids = frozenset(agent.id for agent in self.agents())
        return self._ids

    def agents(self) -> Iterator[Agent]:
        """All of them; light agents are among them."""
        roles = [("role[]", "agent"), ("role[]", "admin")]
        for sheet in sheets(self._api, People, "api/v2/users.json", roles):
            for one in sheet.users:
                # Never the name of a customer, should the filter not be heeded.
                if one.id is not None and one.role in ("agent", "admin"):
                    yield Agent(one.id, one.name or one.id, one.email)
