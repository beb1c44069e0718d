"""What an Intercom workspace can be told, and what its own words mean."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from bot.domain import Status
from bot.helpdesks import WebSettings

#: How a conversation stands; the API knows no others (schema `conversation`, `state`).
OPEN, CLOSED, SNOOZED = "open", "closed", "snoozed"

#: Where conversations come from (schema `conversation_source`, `type`): the Messenger, on the web
#: and in apps, is one source.
CHANNELS = {
    "conversation": "chat",
    "push": "chat",
    "email": "email",
    "phone_call": "phone",
    "phone_switch": "phone",
    "sms": "sms",
    "whatsapp": "whatsapp",
    "facebook": "facebook",
    "instagram": "instagram",
    "twitter": "twitter",
}

#: Until version 2.15 there are two priorities, from 2.16 on there are five.
PRIORITIES = {
    "not_priority": "normal",
    "priority": "high",
    "none": "normal",
    "low": "low",
    "medium": "normal",
    "high": "high",
    "urgent": "urgent",
}


class Settings(WebSettings):
    """What an Intercom workspace can be told."""

    WAYS: ClassVar[frozenset[str]] = WebSettings.WAYS | {
        "calls",
        "articles",
        "workspace",
        "office_hours",
    }

    url: str = Field(
        "https://api.intercom.io",
        description="The address of its API: https://api.intercom.io, https://api.eu.intercom.io or "
        "https://api.au.intercom.io, by the region of the workspace.",
        validate_default=True,
    )
    version: str = Field(
        "2.14",
        pattern=r"^2\.[0-9]+$",
        description="The version of the API by which conversations are read, 2.14 or later. From 2.16 on "
        "it tells five priorities instead of two.",
    )
    snoozed: Literal[Status.PENDING, Status.HOLD] = Field(
        Status.HOLD,
        description="What a snoozed conversation waits for: us (hold), or the customer (pending), "
        "whose waiting time then stands still.",
    )
    unanswered: bool = Field(
        False,
        description="Whether what a bot or a campaign sent counts although no contact answered it.",
    )
    handling: Literal["active", "assigned"] = Field(
        "active",
        description="The handle time of a conversation: the time in which teammates were at work on it "
        "(active), or all the time from its assignment to its close (assigned).",
    )
    own_business_times: bool = Field(
        False,
        description="Whether the durations that Intercom counts by its own office hours go before "
        "those by the business hours of deskpulse.",
    )
    office_hours: str | None = Field(
        None,
        description="The name of the office hours that hold, where the workspace has several.",
    )
    workspace: str | None = Field(
        None,
        description="The id of the workspace, for links to conversations; without it, it is asked for.",
    )
    calls: bool = Field(False, description="Whether phone calls are read too.")
    articles: bool = Field(
        False,
        description="Whether views of help articles are read too: a request an article,"
        " once an hour.",
    )

    @field_validator("version")
    @classmethod
    def _old_enough(cls, version: str) -> str:
        if int(version.partition(".")[2]) < 14:
            raise ValueError("version 2.14 or a later one is needed")
        return version
