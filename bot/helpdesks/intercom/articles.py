"""The stream of views of help articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.clock import Clock
from bot.domain import ArticleDay
from bot.helpdesks import Cursor, Page
from bot.helpdesks.intercom.place import unreadable
from bot.helpdesks.intercom.web import ABSENT, Web


class ArticleViews:
    """Tells the views of each day from the views of all time, by what they were when it began.

    What was seen between the last reading of a day and midnight counts for the next day. The first
    reading of all tells nothing: it only learns where the counters stand.
    """

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web, self._clock = web, clock

    def since(self, cursor: Cursor) -> Iterator[Page[ArticleDay]]:
        """The views of the present day.

        The cursor has where each counter stood as the day began (`base`), and how many views of
        that day were told (`seen`).
        """
        day, base, seen = _read(cursor)
        try:
            today, views = self._today(), dict(self._views())
        except ABSENT:
            return
        if day is None:
            yield Page((), _cursor(today, views, {}))
            return
        if today > day:
            base = {id_: views_ + seen.get(id_, 0) for id_, views_ in base.items()}
            day, seen = today, {}
        # A new article began with none; a counter that went back began anew.
        base |= {id_: min(base.get(id_, 0), now) for id_, now in views.items()}
        fresh = {id_: max(now - base[id_], seen.get(id_, 0)) for id_, now in views.items()}
        told = [
            ArticleDay(id_, day, number)
            for id_, number in fresh.items()
            if number != seen.get(id_, 0)
        ]
        seen = {id_: number for id_, number in {**seen, **fresh}.items() if number}
        yield Page(told, _cursor(day, base, seen))

    def _today(self) -> date:
        """The day that it is in the time zone of the workspace."""
        me = self._web.me()
        now = me.sent_at or self._clock.now()
        return now.astimezone(_zone(me.data.app.timezone if me.data.app else None)).date()

    def _views(self) -> Iterator[tuple[str, int]]:
        """The views of each article, asked for one by one: lists have been without since 2024."""
        for page in count(1):
            sheet = self._web.articles(page)
            rows = sheet.data or ()
            for article in self._web.each(self._web.article, [row.id for row in rows]):
                if article and article.statistics and article.statistics.views is not None:
                    yield article.id, article.statistics.views
            if not rows or (sheet.pages and sheet.pages.is_last(page)):
                return


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _cursor(day: date, base: Mapping[str, int], seen: Mapping[str, int]) -> Cursor:
    return {"day": day.isoformat(), "base": dict(base), "seen": dict(seen)}


def _read(cursor: Cursor) -> tuple[date | None, dict[str, int], dict[str, int]]:
    if "day" not in cursor:
        return None, {}, {}
    try:
        day = datetime.fromisoformat(cursor["day"]).replace(tzinfo=UTC).date()
        return day, dict(cursor["base"]), dict(cursor["seen"])
    except (KeyError, TypeError, ValueError):
        raise unreadable() from None
