"""How often the articles of a Freshdesk were read.

Freshdesk counts the views of an article since it was written, so a day has what was added since the
last reading of the day before it. The first reading tells nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from bot.clock import Clock
from bot.domain import ArticleDay
from bot.helpdesks import Cursor, Page
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.place import unreadable
from bot.helpdesks.freshdesk.web import Web

#: How often they are counted: that takes a request for each folder.
OFTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was counted: the views before the day `day`, and those of that day so far.

    `asked` is when, by our own clock; it is compared with nothing else.
    """

    asked: datetime | None = None
    day: date | None = None
    before: Mapping[str, int] = field(default_factory=dict)
    added: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        if cursor.get("asked") is None:
            return cls()
        try:
            return cls(
                datetime.fromisoformat(cursor["asked"]),
                date.fromisoformat(cursor["day"]),
                dict(cursor["before"]),
                dict(cursor["added"]),
            )
        except (KeyError, TypeError, ValueError):
            raise unreadable() from None

    @property
    def cursor(self) -> dict[str, Any]:
        if self.asked is None or self.day is None:
            return {"asked": None}
        return {
            "asked": self.asked.isoformat(),
            "day": self.day.isoformat(),
            "before": dict(self.before),
            "added": dict(self.added),
        }

    def counted(self, hits: Mapping[str, wire.Article], day: date, asked: datetime) -> Shelf:
        """The same after a reading on that day, which may be a new one.

        What a reading misses, or no longer has, keeps the views that were told of it.
        """
        day = max(day, self.day or day)
        before, added = dict(self.before), dict(self.added)
        if day != self.day:
            before |= {id_: before.get(id_, 0) + views for id_, views in added.items()}
            added = {}
        for id_, article in hits.items():
            is_new = self.day is not None and article.is_of(day)
            known = before.setdefault(id_, 0 if is_new else article.views)
            before[id_] = min(known, article.views)  # a count that was set back begins anew
            added[id_] = max(article.views - before[id_], added.get(id_, 0))
        return Shelf(asked, day, before, {id_: views for id_, views in added.items() if views})


def articles(web: Web, clock: Clock, shelf: Shelf) -> Iterator[Page[ArticleDay]]:
    """The days whose views changed since the shelf was last looked at, at most once an hour."""
    asked = clock.now()
    if shelf.asked is not None and asked - shelf.asked < OFTEN:
        return
    now, hits = _hits(web)
    today = (now or asked).astimezone(UTC).date()
    counted = shelf.counted(hits, today, asked)
    told = dict(shelf.added) if counted.day == shelf.day else {}
    rows = [
        ArticleDay(id_, counted.day or today, views)
        for id_, views in counted.added.items()
        if views != told.get(id_)
    ]
    yield Page(rows, counted.cursor)


def _hits(web: Web) -> tuple[datetime | None, Mapping[str, wire.Article]]:
    """The desk's own time, and all articles by their numbers."""
    begun, categories = web.timed(wire.Numbered, "solutions/categories")
    folders: list[wire.Folder] = []
    for category in categories:
        folders += web.all(wire.Folder, f"solutions/categories/{category.id}/folders", sized=False)
    found: dict[int, wire.Folder] = {}
    while folders:
        folder = folders.pop()
        if folder.id not in found and folder.sub_folders_count:
            folders += web.all(
                wire.Folder, f"solutions/folders/{folder.id}/subfolders", sized=False
            )
        found[folder.id] = folder
    shelves = web.each(
        lambda number: web.all(wire.Article, f"solutions/folders/{number}/articles", sized=False),
        found,
    )
    return begun, {str(article.id): article for shelf in shelves for article in shelf}
