"""Asks a LiveAgent: the pages and cursors of its API v3, and the reports of its API v1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from bot.clock import Clock
from bot.helpdesks.liveagent.settings import Settings
from bot.helpdesks.liveagent.wire import Rank, RankAnswer, Tally, TallyAnswer, Wire
from bot.limits import Allowance, Limits
from bot.pauses import Pauses
from bot.webapi import Access, Answer, WebApi, Words

#: A condition of a list: column, operator, value.
Condition = tuple[str, str, str]

#: The most rows that a report of API v1 gives at once.
REPORTED = 1_000

WORDS = Words(
    product="LiveAgent",
    token="Set {variable}TOKEN to a key of API v3: Configuration > System > API.",  # noqa: S106
    rights="Set {variable}TOKEN to a key of API v3, not of v1, that may read tickets, agents, "
    "departments and tags: Configuration > System > API in LiveAgent.",
    address="Set {variable}URL to the start page, such as https://acme.ladesk.com.",
)

REPORT_WORDS = Words(
    product="LiveAgent",
    token="Set {variable}REPORT_TOKEN to the key of API v1: Configuration > System > API.",  # noqa: S106
    rights="Set {variable}REPORT_TOKEN to the key of API v1, not of v3: Configuration > System > "
    "API > Settings for API v1 in LiveAgent.",
    address="Set {variable}URL to the start page, such as https://acme.ladesk.com.",
)

Item = TypeVar("Item", bound=Wire)


class Web:
    """API v3 of one LiveAgent.

    Nothing says how many rows a page could have had, so how many the desk grants at once is learnt
    from the largest page seen of each list: only a smaller one is the last.
    """

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self._size = settings.page_size
        self._granted: dict[str, int] = {}
        headers = {
            "apikey": settings.token.get_secret_value(),
            # Answers are then dated in UTC, not in the zone of the account (article 271981).
            "Timezone-Offset": "0",
        }
        self._api = WebApi(
            name,
            Access(f"{settings.url}/api/v3", headers, timeout=settings.timeout),
            WORDS,
            _a_minute(settings),
            clock=clock,
            pauses=pauses,
        )
        self.each = self._api.each
        self.close = self._api.close

    def get(self, model: type[Item], path: str, params: Mapping[str, str | int]) -> list[Item]:
        return self.answer(model, path, params).data

    def answer(
        self, model: type[Item], path: str, params: Mapping[str, str | int]
    ) -> Answer[list[Item]]:
        """One answer, a list of `model`."""
        shape: type[list[Item]] = list[model]  # type: ignore[valid-type]
        return self._api.get(shape, path, params, lanes=("key",))

    def some(self, model: type[Item], path: str) -> list[Item]:
        """One answer of which nobody knows whether it is a list, a single `model` or nothing."""
        shape: Any = list[model] | model | None  # type: ignore[valid-type]
        told = self._api.get(shape, path, lanes=("key",)).data
        return told if isinstance(told, list) else [told] if told else []

    def page(
        self, model: type[Item], path: str, number: int, params: Mapping[str, str | int]
    ) -> list[Item]:
        """A page of a list, from 1."""
        rows = self.get(model, path, {"_page": number, "_perPage": self._size, **params})
        granted = self._granted.get(_list_of(path), 0)
        self._granted[_list_of(path)] = max(granted, len(rows))
        return rows

    def is_last(self, path: str, page: Sequence[Wire]) -> bool:
        """Whether no page of that list follows this one.

        The first of all is never taken for the last. Another list may be granted more at once, so
        that its pages say nothing of this one.
        """
        return not page or len(page) < self._granted.get(_list_of(path), 0)

    def all(self, model: type[Item], path: str) -> Iterator[Item]:
        """Every row of a list that hardly changes while it is read.

        It ends with a page that brings nothing new, too: a list may not heed numbers of pages.
        """
        told: set[str] = set()
        for number in count(1):
            page = self.page(model, path, number, {})
            fresh = [row for row in page if _key(row) not in told]
            yield from fresh
            told.update(map(_key, fresh))
            if not fresh or self.is_last(path, page):
                return

    def through(
        self, model: type[Item], path: str, params: Mapping[str, str | int]
    ) -> Iterator[Answer[list[Item]]]:
        """The pages of a list that is read by cursor; the next one is told in a header."""
        cursor: dict[str, str | int] = {}
        while True:
            answer = self.answer(model, path, {"_perPage": self._size, **params, **cursor})
            yield answer
            following = answer.headers.get("next_page_cursor")
            if not following or not answer.data or cursor.get("_cursor") == following:
                return
            cursor = {"_cursor": following}


class Reports:
    """API v1 of one LiveAgent. Its key stands in the address, so none is ever shown."""

    def __init__(
        self, name: str, settings: Settings, key: str, clock: Clock, pauses: Pauses
    ) -> None:
        self._key = key
        self._api = WebApi(
            name,
            Access(f"{settings.url}/api", timeout=settings.timeout),
            REPORT_WORDS,
            _a_minute(settings),
            clock=clock,
            pauses=pauses,
        )
        self.close = self._api.close

    def ranks(self, first: str, last: str) -> Iterator[tuple[list[Rank], datetime | None]]:
        """The ratings given between two dates, a page at a time, and when that was told."""
        # Neither the comment nor who wrote it is asked for.
        columns = "id,rankingType,datecreated,conversationid,agentEmail"
        offset, granted = 0, 0
        while True:
            params = self._asked(first, last, columns) | {"limitfrom": offset}
            answer = self._api.get(RankAnswer, "reports/ranking", params, lanes=("key",))
            rows = answer.data.response.ranks
            yield rows, answer.sent_at
            granted = max(granted, len(rows))
            if not rows or len(rows) < granted:
                return
            offset += len(rows)

    def tallies(self, first: str, last: str) -> Iterator[Tally]:
        """What each agent did between two dates."""
        offset, granted = 0, 0
        while True:
            params = self._asked(first, last, "id,calls") | {"limitfrom": offset}
            answer = self._api.get(TallyAnswer, "reports/agents", params, lanes=("key",))
            rows = answer.data.response.agents
            yield from rows
            granted = max(granted, len(rows))
            if not rows or len(rows) < granted:
                return
            offset += len(rows)

    def _asked(self, first: str, last: str, columns: str) -> dict[str, str | int]:
        dates = {"date_from": first, "date_to": last}
        return {**dates, "columns": columns, "limitcount": REPORTED, "apikey": self._key}


def filters(*conditions: Condition) -> str:
    """Conditions, all of which hold, as the lists take them (article 513528)."""
    return json.dumps([list(one) for one in conditions], separators=(",", ":"))


def _list_of(path: str) -> str:
    """The list that the path is one of: those of all tickets are granted alike."""
    return re.sub(r"/[^/]+/", "/*/", path)


def _key(row: Wire) -> str:
    """What tells a row from others of its list."""
    return str(getattr(row, "id", None) or row.model_dump_json())


def _a_minute(settings: Settings) -> Limits:
    """180 requests a minute for each key (support.liveagent.com/217359-Request-rate-limits)."""
    return Limits({"key": Allowance(settings.requests_per_minute)})
