"""What a Zendesk can be told, and what its statuses, channels and priorities mean by default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from bot.domain import Status
from bot.helpdesks import WebSettings, listed

#: The category of a status; custom statuses belong to one of them each, and only that is told.
STATUSES: Mapping[str, Status] = {status.value: status for status in Status}

PRIORITIES: Mapping[str, str] = {name: name for name in ("low", "normal", "high", "urgent")}

#: What a ticket came by (`via.channel`), in the words that all desks share.
CHANNELS: Mapping[str, str] = {
    "email": "email",
    "mail": "email",
    "web": "web",
    "web_form": "web",
    "web_widget": "web",
    "help_center": "web",
    "helpcenter": "web",
    "closed_ticket": "web",
    "follow_up": "web",
    "forum": "web",
    "topic": "web",
    "chat": "chat",
    "offline_chat": "chat",
    "messaging": "messaging",
    "native_messaging": "messaging",
    "sunshine_conversations_api": "messaging",
    "sunshine_conversations_facebook_messenger": "messaging",
    "sunshine_conversations_twitter_dm": "messaging",
    "facebook_messenger": "messaging",
    "instagram_dm": "messaging",
    "whatsapp": "messaging",
    "telegram": "messaging",
    "viber": "messaging",
    "wechat": "messaging",
    "line": "messaging",
    "kakaotalk": "messaging",
    "apple_business_chat": "messaging",
    "google_business_messages": "messaging",
    "slack_connect": "messaging",
    "sms": "sms",
    "text": "sms",
    "mobile_sdk": "mobile",
    "mobile": "mobile",
    "iphone": "mobile",
    "android": "mobile",
    "voice": "phone",
    "phone": "phone",
    "phone_call": "phone",
    "facebook": "social",
    "twitter": "social",
    "twitter_dm": "social",
    "twitter_favorite": "social",
    "x_corp": "social",
    "any_channel": "social",
    "api": "api",
    "web_service": "api",
    "ticket_sharing": "api",
    "import": "api",
    "side_conversation": "other",
    "sample_ticket": "other",
    "rule": "other",
    "system": "other",
}


class Settings(WebSettings):
    """What a Zendesk can be told."""

    WAYS: ClassVar[frozenset[str]] = WebSettings.WAYS | {
        "email",
        "talk",
        "ratings_lookback",
        "page_size",
        "requests_per_minute",
        "exports_per_minute",
        "calls_per_minute",
    }

    email: str | None = Field(
        None,
        description="The address of the account that the API token belongs to. Without it the token "
        "is one of OAuth.",
    )
    channels: dict[str, str] = Field(
        default_factory=dict,
        description="What channels of your own, or those of Zendesk (`via.channel`), are to be called.",
    )
    bots: list[str] = Field(
        [],
        description="Accounts that are machines, by number or e-mail address: what they write is no "
        "reply, and what they solve is solved by nobody.",
    )
    own_business_times: bool | None = Field(
        None,
        description="Whether business times are those that Zendesk counts, by the last schedule of a "
        "ticket only. Without it they are where no histories are read.",
    )
    schedules: dict[str, list[str]] = Field(
        default_factory=dict,
        description="For which groups each further schedule is, by its name. The oldest one is for "
        "all others.",
    )
    csat: Literal["classic", "surveys", "off"] = Field(
        "classic",
        description="Where customers rate: `classic` good or bad, `surveys` of one to five, or `off`.",
    )
    ratings_lookback: timedelta = Field(
        timedelta(days=30),
        ge=timedelta(0),
        description="For so long after it was asked for a rating may still be given or changed.",
    )
    talk: bool = Field(False, description="Whether calls of Zendesk Talk are read.")
    time_field: int | None = Field(
        None,
        description="The number of the ticket field in which the Time Tracking app keeps the total "
        "seconds spent.",
    )
    page_size: int = Field(
        1_000, ge=1, le=1_000, description="Tickets that the export is asked for at once."
    )
    requests_per_minute: int = Field(
        200, ge=1, description="The limit of the account's plan, until Zendesk itself tells it."
    )
    exports_per_minute: int = Field(
        10,
        ge=1,
        description="Requests for incremental exports: 30 with the High Volume API add-on.",
    )
    calls_per_minute: int = Field(
        10, ge=1, description="Requests for the incremental exports of Talk."
    )

    @field_validator("bots", mode="before")
    @classmethod
    def _listed_bots(cls, told: object) -> object:
        names = listed(told)
        return [str(one) for one in names] if isinstance(names, list) else names

    @field_validator("url")
    @classmethod
    def _start_page(cls, url: str) -> str:
        return url.removesuffix("/api/v2").removesuffix("/agent").rstrip("/")

    @field_validator("email")
    @classmethod
    def _plain_address(cls, email: str | None) -> str | None:
        plain = (email or "").strip().removesuffix("/token")
        if plain and "@" not in plain:
            raise ValueError("an address has an @")
        return plain or None

    @property
    def counts_business(self) -> bool:
        """Whether Zendesk's own business times are taken."""
        return not self.histories if self.own_business_times is None else self.own_business_times
