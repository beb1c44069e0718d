"""What the demo desk can be told."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from bot.helpdesks import DeskSettings


class Settings(DeskSettings):
    """What the demo desk can be told; its tickets carry the tags `escalated`, `complaint`, `vip`."""

    seed: int = Field(7, description="Another seed is another help desk.")
    volume: int = Field(140, ge=1, le=9000, description="Tickets on a usual weekday.")
    zone: str = Field("Europe/Athens", description="Where its agents work.")
    incident: date | None = Field(
        None,
        description="The one day on which billing by email is swamped. "
        "Without it, the seed chooses a weekday in about one week of five.",
    )
    holiday: date | None = Field(None, description="A weekday that is like a weekend.")
    escalation_tags: list[str] = Field(
        ["escalated"], description="Tags of tickets that were escalated."
    )
    complaint_tags: list[str] = Field(
        ["complaint"], description="Tags of tickets that are complaints."
    )

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; one is e.g. Europe/Athens") from None
        return name
