"""What a Request Tracker can be told, and what its statuses and priorities mean by default."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator

from bot.domain import Status
from bot.helpdesks import Connection, listed

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


class Settings(Connection):
    """What a Request Tracker can be told."""

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

    @field_validator("url")
    @classmethod
    def _start_page(cls, url: str) -> str:
        """People give the address of its API as well."""
        return url.removesuffix("/REST/2.0")

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

    @field_validator("queues", mode="before")
    @classmethod
    def _listed_queues(cls, queues: object) -> object:
        return listed(queues)
