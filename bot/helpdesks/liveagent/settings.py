"""What a LiveAgent can be told, and what its letters for statuses and channels mean by default."""

from __future__ import annotations

import json
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from bot.domain import Status
from bot.helpdesks import WebSettings

#: The letters of the vendor's API v3 (`docs/Ticket.md` of its generated client). Answered tickets
#: wait for the customer, postponed ones for us. Those that are deleted (X) or spam (B) are removed.
STATUSES = {
    "I": Status.NEW,
    "N": Status.NEW,
    "T": Status.OPEN,
    "P": Status.OPEN,
    "C": Status.OPEN,
    "A": Status.PENDING,
    "W": Status.HOLD,
    "R": Status.SOLVED,
    "L": Status.CLOSED,
}

#: The letters of channels. A contact button and an invitation open a chat.
CHANNELS = {
    "E": "email",
    "M": "web",
    "B": "chat",
    "I": "chat",
    "C": "phone",
    "W": "phone",
    "F": "facebook",
    "A": "facebook",
    "T": "twitter",
    "Q": "forum",
    "S": "suggestion",
}

#: What follows the address of the start page where somebody copied that of another one.
_ENDINGS = ("/v3", "/api", "/index.php", "/agent")


class Settings(WebSettings):
    """What a LiveAgent can be told."""

    WAYS: ClassVar[frozenset[str]] = WebSettings.WAYS | {
        "report_token",
        "calls",
        "requests_per_minute",
        "page_size",
    }

    report_token: SecretStr | None = Field(
        None,
        description="The key of its API v1, which alone has the reports: with it there are ratings, "
        "and what is stored of ratings and calls is compared with the reports.",
    )
    report_zone: str = Field(
        "UTC", description="The time zone of the account, in which API v1 dates its reports."
    )
    zone: str = Field(
        "UTC",
        description="The time zone in which API v3 dates tickets, if it is not UTC as asked for.",
    )
    statuses: dict[str, Status] = Field(
        default_factory=dict,
        description="What the letters of statuses mean to you: new, open, pending, hold, solved or "
        'closed, as in `{ W = "pending" }`.',
    )
    channels: dict[str, str] = Field(
        default_factory=dict,
        description='What to call the letters of channels, as in `{ V = "viber" }`.',
    )
    rating_words: dict[str, bool] = Field(
        default_factory=dict,
        description="Which words of the ranking report are good ratings (true) or bad ones.",
    )
    bots: list[str] = Field(
        [], description="Agents that are machines, by id or e-mail address: their replies are none."
    )
    calls: bool = Field(True, description="Whether calls are read.")
    sla: bool = Field(
        True,
        description="Whether the SLA times of each ticket are read, one more request a ticket where "
        "SLA levels are set up.",
    )
    requests_per_minute: int = Field(
        180, ge=1, description="The most requests a minute; the vendor allows a key 180."
    )
    page_size: int = Field(500, ge=1, le=1_000, description="The tickets asked for at once.")

    @field_validator("url")
    @classmethod
    def _start_page(cls, url: str) -> str:
        for ending in _ENDINGS:
            url = url.removesuffix(ending)
        return url

    @field_validator("report_token", mode="before")
    @classmethod
    def _none(cls, token: object) -> object:
        """An environment variable that is set to nothing says nothing."""
        return token or None

    @field_validator("report_token")
    @classmethod
    def _one_line(cls, token: SecretStr | None) -> SecretStr | None:
        return cls._sendable(token) if token else None

    @field_validator("zone", "report_zone", mode="before")
    @classmethod
    def _usual(cls, name: object) -> object:
        """So does a zone that is set to nothing."""
        return name or "UTC"

    @field_validator("zone", "report_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("a time zone looks like Europe/Athens") from None
        return name

    @field_validator("statuses", "channels", "rating_words", "bots", mode="before")
    @classmethod
    def _listed(cls, told: object) -> object:
        """The environment gives one string: JSON, or names with commas between."""
        if not isinstance(told, str):
            return told
        if told.lstrip().startswith(("[", "{")):
            try:
                return json.loads(told)
            except ValueError:
                raise ValueError("it begins like JSON and is none") from None
        return [name.strip() for name in told.split(",") if name.strip()]
