"""The stream of views of help articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.clock import Clock
from bot.domain import ArticleDay
from bot.helpdesks import Cursor, Page
from bot.helpdesks.intercom.place import unreadable
from bot.helpdesks.intercom.web import ABSENT, Web
from bot.helpdesks.intercom.wire import Article

#: How often they are counted: that takes a request for each article.
OFTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where each counter stood as the day began (`base`), and how many views of it were told (`seen`).

    `asked` is when, by our own clock; it is compared with nothing else.
    """

    day: date | None = None
    base: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    asked: datetime | None = None

    def counted(
        self, articles: Iterable[tuple[Article, int]], now: datetime, asked: datetime
    ) -> Shelf:
        """The same after a reading of articles with their views, on a day that may be a new one."""
        day = max(now.date(), self.day or now.date())
        base, seen = dict(self.base), dict(self.seen)
        if day != self.day:
            base, seen = {id_: views + seen.get(id_, 0) for id_, views in base.items()}, {}
        for article, views in articles:
            # When an unknown older one was seen is not known: it was hidden, or a list missed it.
            is_new = self.day is not None and article.is_of_the_day(now)
            known = base.setdefault(article.id, 0 if is_new else views)
            base[article.id] = min(known, views)  # a counter that went back began anew
            seen[article.id] = max(views - base[article.id], seen.get(article.id, 0))
        return Shelf(day, base, {id_: views for id_, views in seen.items() if views}, asked)


class ArticleViews:
    """Tells the views of each day from the views of all time, by what they were when it began.

    What was seen between the last reading of a day and midnight counts for the next day. The first
    reading of all tells nothing: it only learns where the counters stand.
    """

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web, self._clock = web, clock

    def since(self, cursor: Cursor) -> Iterator[Page[ArticleDay]]:
        """The views of the present day, at most once an hour."""
        shelf, asked = _read(cursor), self._clock.now()
        if shelf.asked is not None and asked - shelf.asked < OFTEN:
            return
        try:
            now, articles = self._now(), list(self._articles())
        except ABSENT:
            return
        counted = shelf.counted(articles, now, asked)
        told = shelf.seen if shelf.day == counted.day else {}
        rows = [
            ArticleDay(id_, counted.day or now.date(), views)
            for id_, views in counted.seen.items()
            if views != told.get(id_)
        ]
        yield Page(rows, _cursor(counted))

    def _now(self) -> datetime:
        """The present moment in the time zone of the workspace."""
        me = self._web.me()
        now = me.sent_at or self._clock.now()
        return now.astimezone(_zone(me.data.app.timezone if me.data.app else None))

    def _articles(self) -> Iterator[tuple[Article, int]]:
        """Each article with its views, asked for one by one: lists have been without since 2024."""
        for page in count(1):
            sheet = self._web.articles(page)
            rows = sheet.data or ()
            for article in self._web.each(self._web.article, [row.id for row in rows]):
                if article is not None and article.views is not None:
                    yield article, article.views
            if not rows or (sheet.pages and sheet.pages.is_last(page)):
                return


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _cursor(shelf: Shelf) -> Cursor:
    told = {"base": dict(shelf.base), "seen": dict(shelf.seen)}
    moments = {"day": shelf.day, "asked": shelf.asked}
    return told | {name: at.isoformat() for name, at in moments.items() if at is not None}


def _read(cursor: Cursor) -> Shelf:
    if "day" not in cursor:
        return Shelf()
    try:
        day = datetime.fromisoformat(cursor["day"]).replace(tzinfo=UTC).date()
        asked = datetime.fromisoformat(cursor["asked"]) if "asked" in cursor else None
        return Shelf(day, dict(cursor["base"]), dict(cursor["seen"]), asked)
    except (KeyError, TypeError, ValueError):
        raise unreadable() from None
