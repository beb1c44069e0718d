"""What a Request Tracker can be told, and what its statuses and priorities mean by default."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
from pydantic import Field, SecretStr, field_validator

from bot.domain import Status
from bot.helpdesks import DeskSettings

#: The lifecycle that Request Tracker comes with. Deleted tickets are never told as tickets.
STATUSES = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "stalled": Status.HOLD,
    "resolved": Status.SOLVED,
    "rejected": Status.CLOSED,
}

#: The numbers at which Request Tracker's own labels of a priority begin.
PRIORITIES = {"low": 0, "medium": 50, "high": 100}


class Settings(DeskSettings):
    """What a Request Tracker can be told."""

    url: str = Field(description="Where Request Tracker is, e.g. https://rt.example.com/rt.")
    token: SecretStr = Field(
        description="An auth token of the bot's own account, which is privileged and has the "
        "rights SeeQueue and ShowTicket on the queues that count.",
    )
    queues: tuple[str, ...] = Field(
        (), description="Only these queues, by name. Without it, all that the account can see."
    )
    statuses: dict[str, Status] = Field(
        default_factory=dict,
        description="What the statuses of your own lifecycles mean: new, open, pending, hold, "
        "solved or closed.",
    )
    priorities: dict[str, int] = Field(
        default_factory=lambda: dict(PRIORITIES),
        description="The labels of priorities, each with the number at which it begins.",
    )
    overlap: timedelta = Field(
        timedelta(minutes=2),
        ge=timedelta(0),
        description="Changes younger than this are read again, for those that were being written.",
    )
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for one answer.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        try:
            parsed = httpx.URL(url.strip())
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError("an address begins with https:// and a host")
        return url.strip().rstrip("/").removesuffix("/REST/2.0")

    @field_validator("token")
    @classmethod
    def _sendable(cls, token: SecretStr) -> SecretStr:
        secret = token.get_secret_value().strip()
        if not secret or not secret.isascii() or not secret.isprintable():
            raise ValueError("a token looks like 1-23-4567abcd")
        return SecretStr(secret)

    @field_validator("escalation_tags", "complaint_tags", mode="before")
    @classmethod
    def _no_tags(cls, tags: object) -> object:
        """A rate of tags that no ticket can have would be 0 for ever."""
        if tags:
            raise ValueError(
                "Request Tracker has no tags, so leave this empty; queues to which escalated "
                "tickets go can be named in escalation_groups"
            )
        return []

    @field_validator("queues", "escalation_groups", mode="before")
    @classmethod
    def _listed(cls, queues: object) -> object:
        """The environment gives one string: a JSON list, or names with commas between."""
        if not isinstance(queues, str):
            return queues
        if queues.lstrip().startswith("["):
            return json.loads(queues)
        return tuple(name.strip() for name in queues.split(",") if name.strip())
