"""What deskpulse asks of Intercom: one method for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from bot.clock import Clock
from bot.helpdesks.intercom.settings import Settings
from bot.helpdesks.intercom.wire import (
    Article,
    Articles,
    Calls,
    Conversation,
    Deletions,
    Exceptional,
    Exceptionals,
    Me,
    Schedule,
    Schedules,
    Sheet,
    Team,
    Teammate,
    Teammates,
    Teams,
)
from bot.limits import Allowance, Left, Limits
from bot.pauses import Pauses
from bot.webapi import (
    Access,
    Answer,
    Forbidden,
    NotThere,
    Params,
    Rejected,
    WebApi,
    Words,
)

#: The most rows of one page: of searches, of deletions, of calls, and of articles.
CONVERSATIONS, DELETIONS, CALLS, ARTICLES = 150, 60, 25, 25

#: The first version that tells which conversations were deleted, and the office hours.
NEWER = "2.16"

#: Requests that an app of one's own may send in 10 seconds: 10,000 a minute in slices
#: (developers.intercom.com, Rate Limiting), less a little.
MOST, SLICE = 1_600, 10.0

#: The second behind which everything is: what has a date at all is younger.
EVER = 1

#: What a part of the API answers that the token, the plan or the version lacks.
ABSENT = (Forbidden, NotThere, Rejected)

_LANES = ("app",)

_WORDS = Words(
    "Intercom",
    "Copy the access token in the Developer Hub (your app, Configure, Authentication) into "
    "{variable}TOKEN; {variable}URL has to be that of the workspace's region.",
    rights="Let the app read conversations, admins and teams (Developer Hub, Configure, "
    "Authentication).",
    address="Set {variable}URL to https://api.intercom.io, or to its address in the EU or Australia.",
)

Given = TypeVar("Given")
Found = TypeVar("Found")

#: A condition of a search, as Intercom wants it.
Filter = Mapping[str, Any]


def where(field: str, operator: str, value: Any) -> Filter:
    """One condition."""
    return {"field": field, "operator": operator, "value": value}


def every(*filters: Filter) -> Filter:
    """All of them hold."""
    return {"operator": "AND", "value": list(filters)}


def either(*filters: Filter) -> Filter:
    """One of them holds."""
    return {"operator": "OR", "value": list(filters)}


class Web:
    """Asks one workspace, in two versions of the API and within the limits of one app."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        limits = Limits({"app": Allowance(MOST, SLICE)}, what_is_left, too_many=SLICE)

        def api(version: str) -> WebApi:
            headers = {
                "Authorization": f"Bearer {settings.token.get_secret_value()}",
                "Intercom-Version": version,
            }
            access = Access(settings.url, headers, timeout=settings.timeout)
            return WebApi(name, access, _WORDS, limits, clock=clock, pauses=pauses)

        self._api, self._newer = api(settings.version), api(NEWER)

    def close(self) -> None:
        self._api.close()
        self._newer.close()

    def each(self, work: Callable[[Given], Found], things: Iterable[Given]) -> list[Found]:
        """`work` for each of the things, several at the same moment."""
        return self._api.each(work, things)

    def search(
        self,
        query: Filter,
        *,
        token: str | None = None,
        order: str = "ascending",
        rows: int = CONVERSATIONS,
    ) -> Answer[Sheet]:
        """Conversations in the order of their last change."""
        page = {"per_page": rows} | ({"starting_after": token} if token else {})
        sort = {"field": "updated_at", "order": order}
        body = {"query": query, "sort": sort, "pagination": page}
        return self._api.post(Sheet, "conversations/search", body, lanes=_LANES)

    def conversation(self, id_: str) -> Conversation | None:
        """A conversation with its history; `None` when it was deleted meanwhile."""
        asked = {"display_as": "plaintext"}
        try:
            return self._api.get(Conversation, f"conversations/{id_}", asked, lanes=_LANES).data
        except NotThere:
            return None

    def deletions(self, page: int) -> Deletions:
        """Which conversations were deleted, the latest first. Raises one of `ABSENT` where not told."""
        asked: Params = {"page": page, "per_page": DELETIONS, "order": "desc"}
        return self._newer.get(Deletions, "conversations/deleted", asked, lanes=_LANES).data

    def me(self) -> Answer[Me]:
        return self._api.get(Me, "me", lanes=_LANES)

    def teammates(self) -> Sequence[Teammate]:
        return self._api.get(Teammates, "admins", lanes=_LANES).data.admins or ()

    def teams(self) -> Sequence[Team]:
        return self._api.get(Teams, "teams", lanes=_LANES).data.teams or ()

    def schedules(self) -> Sequence[Schedule]:
        """The office hours. Raises one of `ABSENT` where they are not told."""
        answer = self._newer.get(Schedules, "office_hours_schedules", lanes=_LANES)
        return answer.data.data or ()

    def exceptions(self, schedule: str) -> Sequence[Exceptional]:
        """The dates on which a schedule's hours are others."""
        path = f"office_hours_schedules/{schedule}/office_hours_exceptions"
        return self._newer.get(Exceptionals, path, lanes=_LANES).data.data or ()

    def calls(self, page: int) -> Answer[Calls]:
        asked = {"page": page, "per_page": CALLS}
        return self._api.get(Calls, "calls", asked, lanes=_LANES)

    def articles(self, page: int) -> Articles:
        asked = {"page": page, "per_page": ARTICLES}
        return self._api.get(Articles, "articles", asked, lanes=_LANES).data

    def article(self, id_: str) -> Article | None:
        """An article with its statistics, which lists do without; `None` when it is gone."""
        try:
            return self._api.get(Article, f"articles/{id_}", lanes=_LANES).data
        except NotThere:
            return None


def what_is_left(headers: httpx.Headers, now: datetime) -> dict[str, Left]:
    """What Intercom's headers say; the moment of the reset is one of its own clock."""
    left, limit = _number(headers, "Remaining"), _number(headers, "Limit")
    reset = _number(headers, "Reset")
    seconds = 0.0
    if reset is not None:
        there = _date(headers) or now
        seconds = min(max(reset - there.timestamp(), 1.0), 60.0)
    # Some apps are told their limit a minute, which is not how it is counted.
    most = None if limit is None else min(limit, MOST)
    return {"app": Left(most, left, seconds)}


def _number(headers: httpx.Headers, name: str) -> int | None:
    told = headers.get(f"X-RateLimit-{name}", "")
    return int(told) if told.isdecimal() else None


def _date(headers: httpx.Headers) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except (ValueError, TypeError):
        return None
