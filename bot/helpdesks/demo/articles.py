"""The help articles of the demo desk: who reads them when, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from bot.domain import ArticleDay
from bot.helpdesks.demo import days
from bot.helpdesks.demo.chance import Shares
from bot.helpdesks.demo.changes import Change, Place
from bot.helpdesks.demo.settings import Settings

#: The numbers of an article are those of a day.
LIFE = days.ONE_DAY

#: The articles, the most read one first, and for how many seconds each is usually read.
_SECONDS = {
    "track-my-order": 35,
    "reset-your-password": 40,
    "read-your-invoice": 95,
    "change-payment-method": 70,
    "cancel-or-pause": 60,
    "return-an-item": 85,
    "connect-your-shop": 190,
    "first-steps": 150,
    "delivery-times": 45,
    "refund-not-arrived": 75,
    "change-your-address": 40,
    "add-a-colleague": 65,
    "two-step-sign-in": 110,
    "app-does-not-start": 130,
    "error-when-paying": 90,
    "import-a-spreadsheet": 210,
    "export-your-data": 80,
    "discount-codes": 50,
    "vat-and-tax": 140,
    "notifications": 55,
    "set-up-webhooks": 240,
    "browser-support": 60,
    "delete-your-account": 70,
    "keyboard-shortcuts": 45,
    "accessibility": 65,
}
ARTICLES = tuple(_SECONDS)
#: The second most read article is read half as often as the first, the third a third as often …
_POPULARITY = Shares({name: 1 / rank for rank, name in enumerate(ARTICLES, start=1)})

#: Views on a usual weekday for each ticket; people read on weekends too.
_VIEWS = 3.2
_WEEK = (1.1, 1.05, 1.0, 1.0, 0.95, 0.6, 0.55)
_INCIDENT_VIEWS = 1.4
#: Not everybody lets themselves be timed.
_TIMED = 0.6
_SPREAD = 0.8
_LONGEST = 1200

#: When a reader left, and after how many seconds; 0 when that was not timed.
_View = tuple[int, int]


def changed(
    settings: Settings, these: Sequence[date], after: Place, now: datetime
) -> Iterator[list[Change[ArticleDay]]]:
    """Those days of the articles that had another reader after a place, as they stand by now."""
    until = int(now.timestamp())
    for day in these:
        found = (
            _change(article, day, [view for view in views if view[0] <= until])
            for article, views in _views(settings, day).items()
        )
        yield [change for change in found if change is not None and change.place > after]


def _change(article: str, day: date, views: Sequence[_View]) -> Change[ArticleDay] | None:
    if not views:
        return None
    timed = [seconds for _, seconds in views if seconds]
    reading = timedelta(seconds=sum(timed))
    row = ArticleDay(article, day, len(views), timed_views=len(timed), reading=reading)
    return Change((days.moment(max(views)[0]), f"{article} {day.isoformat()}"), row)


def _views(settings: Settings, day: date) -> dict[str, list[_View]]:
    """All views of a day, by article."""
    dice = days.dice_of(settings, day, "articles")
    more = _INCIDENT_VIEWS if days.is_incident(settings, day) else 1.0
    starts = days.hours(settings, day)
    number = dice.number(settings.volume * _VIEWS * _WEEK[day.weekday()] * more)
    read, hours = dice.picks(_POPULARITY, number), dice.picks(days.HOURS, number)
    views: dict[str, list[_View]] = {}
    for article, hour in zip(read, hours, strict=True):
        seconds = dice.around(_SECONDS[article], _SPREAD) if dice.chance(_TIMED) else 0
        view = starts[hour] + dice.below(3600), min(round(seconds), _LONGEST)
        views.setdefault(article, []).append(view)
    return views
