"""Asks the API of a Freshdesk: its lists, their pages, and what an answer costs.

A request costs a credit, and each thing that a list includes two more (note 4 at
developers.freshdesk.com/api/#list_all_tickets). Credits are counted by the minute for the whole
account; lists of tickets have a limit of their own besides, of which no answer tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Generic, TypeVar

import httpx

from bot.clock import Clock
from bot.errors import DeskMisunderstood
from bot.helpdesks.freshdesk.settings import Settings
from bot.helpdesks.freshdesk.wire import (
    Dated,
    Entry,
    Found,
    Rating,
    Responses,
    Row,
    Survey,
    Surveys,
    entries,
)
from bot.limits import Allowance, Left, Limits
from bot.pauses import Pauses
from bot.webapi import Access, Answer, WebApi, Words

#: The most rows of one page; for more Freshdesk refuses the request.
PAGE_SIZE = 100

#: Pages of a list of tickets that may be asked for; the next one is refused (HTTP 400).
LAST_PAGE = 300

#: Older than every ticket: Freshdesk began in October 2010.
EVER = datetime(2010, 1, 1, tzinfo=UTC)

#: Where the surveys of the newer kind are.
SURVEYS = "customer-satisfaction/surveys"

#: What a ticket's facts need besides the ticket itself.
INCLUDED = "stats,requester"

CREDITS, LISTS = "credits", "lists"

#: The share of the credits that is left to others.
RESERVE = 0.1

#: The lanes of a request: each name of an allowance is one unit of it.
PLAIN = (CREDITS,)
PLAIN_LIST = (CREDITS, LISTS)
FULL = (CREDITS,) * 5
FULL_LIST = (*FULL, LISTS)

WORDS = Words(
    product="Freshdesk",
    token="Put the API key of the bot's agent, from their profile settings, into {variable}TOKEN.",  # noqa: S106  a sentence
    rights="Give the bot's agent a role that sees all tickets, and reports.",
    address="Set {variable}URL to the start page of Freshdesk, e.g. https://acme.freshdesk.com.",
)

Wanted = TypeVar("Wanted")
Given = TypeVar("Given")
Row_co = TypeVar("Row_co", bound=Dated, covariant=True)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row_co]):
    """A page of tickets; `now` is the desk's own time, where its answer tells that."""

    rows: Sequence[Row_co]
    has_next: bool
    now: datetime | None

    @property
    def last(self) -> datetime | None:
        return self.rows[-1].updated_at if self.rows else None


class Web:
    """What can be asked of one Freshdesk. Raises the errors of `bot.webapi`."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self._name = name
        self._entries = entries(settings.merge_notes)
        key = settings.token.get_secret_value()
        self._api = WebApi(
            name,
            Access(f"{settings.url}/api/v2", auth=(key, "X"), timeout=settings.timeout),
            WORDS,
            Limits(_allowances(settings), _told),
            clock=clock,
            pauses=pauses,
        )

    def close(self) -> None:
        self._api.close()

    def each(self, work: Callable[[Given], Wanted], things: Iterable[Given]) -> list[Wanted]:
        return self._api.each(work, things)

    def changed(self, since: datetime, page: int, **more: str) -> Sheet[Row]:
        """The tickets that changed since then, the oldest change first, with what they need."""
        params = _by_change(since, page) | {"include": INCLUDED} | more
        return self._in_order(self._sheet(list[Row], params, FULL_LIST), since)

    def changed_plainly(self, since: datetime, page: int, **more: str) -> Sheet[Dated]:
        """The same for less: only which tickets, and when they changed."""
        sheet = self._sheet(list[Dated], _by_change(since, page) | more, PLAIN_LIST)
        return self._in_order(sheet, since)

    def by_status(self, since: datetime, order: str, page: int) -> Sheet[Row]:
        """The tickets that changed since then by their statuses, with what they need."""
        params = _by_status(since, order, page) | {"include": INCLUDED}
        return self._sheet(list[Row], params, FULL_LIST)

    def by_status_plainly(self, since: datetime, order: str, page: int) -> Sheet[Dated]:
        return self._sheet(list[Dated], _by_status(since, order, page), PLAIN_LIST)

    def newest(self, since: datetime, **more: str) -> Sheet[Dated]:
        """The ticket that changed last, if one did since then."""
        params = _by_change(since, 1) | {"order_type": "desc", "per_page": 1} | more
        return self._sheet(list[Dated], params, PLAIN_LIST)

    def latest(self) -> datetime | None:
        """When a ticket changed last: what stands for the desk's own time where no answer tells it.

        It is never later than that, and our own clock may be wrong.
        """
        return self.newest(EVER).last

    def conversations(self, number: int) -> list[Entry]:
        """All replies and notes of a ticket."""
        found: list[Entry] = []
        for answer in self._pages(self._entries, f"tickets/{number}/conversations", {}):
            found += answer.data.root
        return found

    def ratings(self, since: datetime, first: int) -> Iterator[tuple[int, Answer[list[Rating]]]]:
        """The ratings that were given since then, by pages from the one given on."""
        params = {"created_since": literal(since)}
        pages = self._pages(list[Rating], "surveys/satisfaction_ratings", params, first)
        return zip(count(first), pages, strict=False)

    def surveys(self) -> tuple[datetime | None, list[Survey]]:
        """The desk's own time, and the surveys of the newer kind."""
        answer = self._api.get(Surveys, SURVEYS, {"per_page": PAGE_SIZE}, lanes=PLAIN)
        page, link = answer.data, None
        found = list(page.data or ())
        while page.next not in (None, link):
            link = page.next
            page = self._api.get(Surveys, link, lanes=PLAIN).data
            found += page.data or ()
        return answer.sent_at, found

    def responses(self, survey: str, link: str | None) -> Responses:
        """A page of the answers to a survey: the first one, or the one that a link leads to."""
        path = link or f"{SURVEYS}/{survey}/responses"
        params = {} if link else {"per_page": PAGE_SIZE}
        return self._api.get(Responses, path, params, lanes=PLAIN).data

    def all(self, model: type[Given], path: str, *, sized: bool = True) -> list[Given]:
        """A whole list of the desk's own set-up; not `sized`, where no size of pages is taken."""
        listed = list[model]  # type: ignore[valid-type]
        pages = self._pages(listed, path, {}, sized=sized)
        return [one for answer in pages for one in answer.data]

    def timed(self, model: type[Given], path: str) -> tuple[datetime | None, list[Given]]:
        """Such a list, and the desk's own time when it was given."""
        listed = list[model]  # type: ignore[valid-type]
        answers = list(self._pages(listed, path, {}, sized=False))
        return answers[0].sent_at, [one for answer in answers for one in answer.data]

    def one(self, model: type[Given], path: str) -> Answer[Given]:
        return self._api.get(model, path, lanes=PLAIN)

    def field(self, model: type[Given], kind: str) -> list[Given]:
        """A field of the ticket form, by its kind."""
        listed = list[model]  # type: ignore[valid-type]
        found = self._api.get(listed, "ticket_fields", {"type": kind}, lanes=PLAIN).data
        return list(found)

    def found(self, query: str) -> int:
        """How many tickets a search finds."""
        params = {"query": f'"{query}"'}
        return self._api.get(Found, "search/tickets", params, lanes=PLAIN).data.total

    # --- pages ---

    def _pages(
        self,
        model: type[Given],
        path: str,
        params: Mapping[str, str | int],
        first: int = 1,
        *,
        sized: bool = True,
    ) -> Iterator[Answer[Given]]:
        for page in count(first):
            size = {"per_page": PAGE_SIZE} if sized else {}
            place = {"page": page} if sized or page > 1 else {}
            asked = {**params, **size, **place}
            answer = self._api.get(model, path, asked, lanes=PLAIN)
            yield answer
            if not _has_next(answer.headers):
                return

    def _sheet(
        self, model: type[list[Row_co]], params: Mapping[str, str | int], lanes: Sequence[str]
    ) -> Sheet[Row_co]:
        answer = self._api.get(model, "tickets", params, lanes=lanes)
        rows = answer.data
        return Sheet(rows, bool(rows) and _has_next(answer.headers), answer.sent_at)

    def _in_order(self, sheet: Sheet[Row_co], since: datetime) -> Sheet[Row_co]:
        """The sheet, if it is in the order that was asked for: everything is built on that."""
        moments = [since, *(row.updated_at for row in sheet.rows)]
        if any(later < sooner for sooner, later in pairwise(moments)):
            raise DeskMisunderstood(
                "Help desk “{desk}” does not give tickets in the order of their changes.",
                WORDS.version,
                desk=self._name,
            )
        return sheet


def literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _by_change(since: datetime, page: int) -> dict[str, str | int]:
    """Without `updated_since` only the tickets created in the last 30 days would be listed."""
    return {
        "updated_since": literal(since),
        "order_by": "updated_at",
        "order_type": "asc",
        "per_page": PAGE_SIZE,
        "page": page,
    }


def _by_status(since: datetime, order: str, page: int) -> dict[str, str | int]:
    ordered = {"order_by": "status", "order_type": order}
    return _by_change(since, page) | ordered


def _has_next(headers: httpx.Headers) -> bool:
    return 'rel="next"' in headers.get("Link", "")


def _allowances(settings: Settings) -> dict[str, Allowance]:
    return {
        CREDITS: Allowance(settings.requests_per_minute, reserve=RESERVE),
        LISTS: Allowance(settings.lists_per_minute),
    }


def _told(headers: httpx.Headers, _now: datetime) -> dict[str, Left]:
    limit, left = headers.get("X-RateLimit-Total"), headers.get("X-RateLimit-Remaining")
    return {CREDITS: Left(_number(limit), _number(left))}


def _number(told: str | None) -> int | None:
    return int(told) if told and told.isdecimal() else None
