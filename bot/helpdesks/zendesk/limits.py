"""How often Zendesk may be asked: by account, and less often for its exports."""

from __future__ import annotations

from datetime import datetime

import httpx

from bot.helpdesks.zendesk.settings import Settings
from bot.limits import Allowance, Left, Limits

#: The lanes: what a request counts for. Exports count for the account, too.
ACCOUNT = ("account",)
EXPORT = ("account", "exports")
SEARCH = ("account", "searches")
TALK = ("talk",)

#: The share of the account's limit that is left to others.
RESERVE = 0.1

#: Exports of a search in a minute (Search API, "Export Search Results Limits").
SEARCHES = 100

#: No plan has so little for an account, but an export may: then it is not the account's.
_OF_AN_EXPORT = 30

#: After a 429 without `Retry-After`: the limits are those of a minute.
TOO_MANY = 60.0


def limits(settings: Settings) -> Limits:
    """The allowances that the settings name, for as long as no header says more."""
    return Limits(
        {
            "account": Allowance(settings.requests_per_minute, reserve=RESERVE),
            "exports": Allowance(settings.exports_per_minute),
            "searches": Allowance(SEARCHES),
            "talk": Allowance(settings.calls_per_minute),
        },
        told=_told,
        too_many=TOO_MANY,
    )


def _told(headers: httpx.Headers, _now: datetime) -> dict[str, Left]:
    """`X-Rate-Limit` is there always; what is left and until when only at the ticketing lists.

    https://developer.zendesk.com/documentation/api-basics/best-practices/best-practices-for-avoiding-rate-limiting
    """
    limit = _number(headers, "ratelimit-limit") or _number(headers, "x-rate-limit")
    if limit is None or limit <= _OF_AN_EXPORT:
        return {}
    reset = _number(headers, "ratelimit-reset")
    left = _number(headers, "ratelimit-remaining") if reset is not None else None
    return {"account": Left(limit, left, reset or 0)}


def _number(headers: httpx.Headers, name: str) -> int | None:
    told = headers.get(name, "").strip()
    return int(told) if told.isdecimal() else None
