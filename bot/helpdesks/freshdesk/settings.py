"""What a Freshdesk can be told, and what its numbers mean by default."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, field_validator

from bot.domain import Status
from bot.helpdesks import WebSettings

#: The statuses that every Freshdesk has. Others are known by their labels only.
OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5

STATUSES = {
    str(OPEN): Status.OPEN,
    str(PENDING): Status.PENDING,
    str(RESOLVED): Status.SOLVED,
    str(CLOSED): Status.CLOSED,
}

#: Two more that a new account comes with; their numbers are not the same everywhere.
LABELS = {
    "Waiting on Customer": Status.PENDING,
    "Waiting on Third Party": Status.HOLD,
}

PRIORITIES = {"1": "low", "2": "normal", "3": "high", "4": "urgent"}

#: An e-mail that an agent wrote to a customer opened the ticket.
OUTBOUND_EMAIL = 10

#: The channels, by the numbers that the API has for where a ticket came from.
SOURCES = {
    "1": "email",
    "2": "web",
    "3": "phone",
    "4": "forum",
    "5": "twitter",
    "6": "facebook",
    "7": "chat",
    "8": "mobile",
    "9": "web",
    str(OUTBOUND_EMAIL): "email",
    "11": "ecommerce",
    "12": "bot",
    "13": "whatsapp",
}

#: How the note begins that Freshdesk leaves on a ticket when it merges it into another.
MERGED = "This ticket is closed and merged into ticket"


class Settings(WebSettings):
    """What a Freshdesk can be told."""

    WAYS: ClassVar[frozenset[str]] = WebSettings.WAYS | {
        "articles",
        "requests_per_minute",
        "lists_per_minute",
        "ratings_lookback",
    }

    statuses: dict[str, Status] = Field(
        default_factory=dict,
        description="What statuses of your own mean, by label or number: new, open, pending, hold, "
        "solved or closed.",
    )
    sources: dict[str, str] = Field(
        default_factory=dict,
        description="What further sources of tickets are called, by number, such as 14 = sms.",
    )
    merge_notes: tuple[str, ...] = Field(
        (MERGED,),
        description="How the note begins that a merge leaves on the ticket that is closed, in the "
        f"languages of your agents; in English “{MERGED}”, which is the default.",
    )
    articles: bool = Field(
        False,
        description="Whether views of solution articles are read too: a request for each folder, "
        "once an hour.",
    )
    requests_per_minute: int = Field(
        50,
        ge=10,
        description="Credits that the account has in a minute, until its answers say how many.",
    )
    lists_per_minute: int = Field(
        20,
        ge=1,
        description="Lists of tickets that the plan allows in a minute: 20 with Growth, 100 with "
        "Pro, 200 with Enterprise. No answer says so.",
    )
    ratings_lookback: timedelta = Field(
        timedelta(days=14),
        ge=timedelta(0),
        description="For how long after it was given a changed rating is still noticed.",
    )

    @field_validator("url")
    @classmethod
    def _start_page(cls, url: str) -> str:
        return url.rstrip("/").removesuffix("/api/v2").rstrip("/")

    @field_validator("merge_notes", mode="before")
    @classmethod
    def _listed(cls, notes: object) -> object:
        """The environment gives one string, where there is one language."""
        return (notes,) if isinstance(notes, str) else notes

    @field_validator("merge_notes")
    @classmethod
    def _telling(cls, notes: tuple[str, ...]) -> tuple[str, ...]:
        """A beginning that every note has would make every ticket a merged one."""
        if any(len(note.strip()) < 8 for note in notes):
            raise ValueError("the beginning of a note needs eight letters at least")
        return tuple(note.strip() for note in notes)
