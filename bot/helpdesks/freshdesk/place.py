"""Where the streams of a Freshdesk stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bot.domain import Removal
from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor

#: The lists of tickets, by the names of their cursors. A ticket is in one of them.
LIVE = "live"
REMOVED: Mapping[str, Removal] = {"deleted": Removal.DELETED, "spam": Removal.SPAM}


@dataclass(frozen=True, slots=True)
class Corner:
    """A page of the tickets by their statuses, from one of its ends, forth or on the way back."""

    order: str = "asc"
    page: int = 1
    is_back: bool = False

    @classmethod
    def of(cls, told: Any) -> Self:
        order, page, is_back = told
        if order not in ("asc", "desc"):
            raise ValueError
        return cls(order, int(page), bool(is_back))

    @property
    def told(self) -> list[Any]:
        return [self.order, self.page, self.is_back]


@dataclass(frozen=True, slots=True)
class Place:
    """How far each list of tickets was read, by the desk's own time.

    A first read has `older`: where it goes on with tickets that are told although nothing happened
    to them since `live`, because they are unsolved.
    """

    since: Mapping[str, datetime]
    older: Corner | None = None

    @classmethod
    def at(cls, start: datetime) -> Self:
        """Where a first read begins."""
        begin = start.astimezone(UTC).replace(microsecond=0)
        return cls(dict.fromkeys((LIVE, *REMOVED), begin), older=Corner())

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        try:
            since = {name: _moment(cursor[name]) for name in (LIVE, *REMOVED)}
            older = cursor.get("older")
            return cls(since, None if older is None else Corner.of(older))
        except (KeyError, TypeError, ValueError):
            raise unreadable() from None

    @property
    def cursor(self) -> Cursor:
        told: dict[str, Any] = {name: at.isoformat() for name, at in self.since.items()}
        return told if self.older is None else told | {"older": self.older.told}

    def moved(self, name: str, to: datetime) -> Self:
        """One list was read as far as that; it never goes back."""
        return replace(self, since={**self.since, name: max(to, self.since[name])})


@dataclass(frozen=True, slots=True)
class SurveyPlace:
    """How far the answers to surveys were read: those given or changed since `since`.

    A reading that began at `begun`, by the desk's own time, goes on in `survey` at the page `link`,
    or behind that survey where there is none. `asked` is when, by our own clock, the last one ended; it
    is compared with nothing else.
    """

    since: datetime
    asked: datetime | None = None
    begun: datetime | None = None
    survey: str | None = None
    link: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        asked, begun = (
            _moment(told[name]) if name in told else None for name in ("asked", "begun")
        )
        return cls(_moment(told["since"]), asked, begun, told.get("survey"), told.get("link"))

    @property
    def told(self) -> dict[str, str]:
        moments = {"since": self.since, "asked": self.asked, "begun": self.begun}
        names = {"survey": self.survey, "link": self.link}
        told = {name: at.isoformat() for name, at in moments.items() if at is not None}
        return told | {name: one for name, one in names.items() if one is not None}

    def is_behind(self, survey: str) -> bool:
        """Whether that survey was read to its end."""
        if self.survey is None or survey > self.survey:
            return False
        return survey < self.survey or self.link is None


@dataclass(frozen=True, slots=True)
class RatingPlace:
    """How far the ratings were read: those given since `since`, from page `page` on.

    `begun` is when the reading of these pages began; `back` when changed ones were last looked for.
    `surveys` is where the answers to newer surveys stand, which are read behind them.
    """

    since: datetime
    surveys: SurveyPlace
    back: datetime | None = None
    begun: datetime | None = None
    page: int = 1

    @classmethod
    def at(cls, start: datetime) -> Self:
        """Where a first read begins."""
        return cls(start, SurveyPlace(start))

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        try:
            since = _moment(cursor["since"])
            return cls(
                since,
                SurveyPlace.of(cursor.get("surveys", {"since": cursor["since"]})),
                _moment(cursor["back"]) if "back" in cursor else None,
                _moment(cursor["begun"]) if "begun" in cursor else None,
                int(cursor.get("page", 1)),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            raise unreadable() from None

    @property
    def cursor(self) -> Cursor:
        told: dict[str, Any] = {"since": self.since.isoformat(), "surveys": self.surveys.told}
        if self.back is not None:
            told["back"] = self.back.isoformat()
        if self.begun is not None:
            told |= {"begun": self.begun.isoformat(), "page": self.page}
        return told


def unreadable() -> DeskMisunderstood:
    return DeskMisunderstood(
        "The stored position in a Freshdesk cannot be read.",
        "Read it anew with deskpulse sync --since and a date.",
    )


def before(moment: datetime, overlap: timedelta) -> datetime:
    """So long before it, in the whole seconds that Freshdesk reckons with."""
    return (moment - overlap).replace(microsecond=0)


def _moment(told: Any) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)
