"""The ratings of a LiveAgent, and the counts of its agents, from the reports of its API v1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain import Question, Rating, Scale, Window
from bot.helpdesks import Counted, Page
from bot.helpdesks.liveagent.names import Directory, Names
from bot.helpdesks.liveagent.place import Place
from bot.helpdesks.liveagent.settings import Settings
from bot.helpdesks.liveagent.web import Reports
from bot.helpdesks.liveagent.wire import Rank
from bot.helpdesks.liveagent.zones import Zone
from bot.vocabulary import Vocabulary

#: Ratings are asked for by so many days at once, in whichever order they come.
SPAN = timedelta(days=30)

#: A reward is a good rating, a rebuke a bad one. A neutral one ("it was OK") counts as none, as in
#: the vendor's own reports: https://support.liveagent.com/528966-Agents-Ranking-feature
_WORDS: dict[str, bool | None] = {
    "R": True,
    "W": True,
    "reward": True,
    "rewards": True,
    "P": False,
    "punishment": False,
    "punishments": False,
    "rebuke": False,
    "N": None,
    "not_ranked": None,
    "neutral": None,
}

_SECOND = timedelta(seconds=1)


class Ratings:
    """The ranking report and the agent report."""

    def __init__(
        self, name: str, settings: Settings, reports: Reports, directory: Directory, clock: Clock
    ) -> None:
        self._settings, self._reports = settings, reports
        self._directory, self._clock = directory, clock
        self._zone = Zone(settings.report_zone)
        words = _WORDS | settings.rating_words
        self._good = Vocabulary[bool | None](name, "rating", words, None)

    def since(self, place: Place) -> Iterator[Page[Rating]]:
        """The ratings that were given since then, a span of days after the other."""
        begun: datetime | None = None
        start = place.since
        while begun is None or start < begun:
            for ranks, told_at in self._between(start, start + SPAN):
                begun = begun or told_at or self._clock.now()
                told = self._told(ranks)
                if told:
                    yield Page(told, Place(start).cursor)
            start += SPAN
            if begun is None or start < begun:
                yield Page((), Place(start).cursor)
        yield Page((), Place(begun - self._settings.overlap).cursor)

    def count(self, window: Window, what: Counted) -> int | None:
        """Ratings or calls of the window by the reports; these count by whole days of their zone."""
        if what in (Counted.GOOD_RATINGS, Counted.BAD_RATINGS):
            is_good = what is Counted.GOOD_RATINGS
            pages = self._between(window.start, window.end - _SECOND)
            given = (rating for ranks, _ in pages for rating in self._told(ranks))
            return sum(_is_in(window, one) and one.is_positive is is_good for one in given)
        if not (self._zone.is_midnight(window.start) and self._zone.is_midnight(window.end)):
            return None
        first, last = self._zone.since(window.start), self._zone.until(window.end - _SECOND)
        return int(sum(one.calls for one in self._reports.tallies(first, last)))

    def _between(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Rank], datetime | None]]:
        return self._reports.ranks(self._zone.since(start), self._zone.until(end))

    def _told(self, ranks: Sequence[Rank]) -> list[Rating]:
        names = self._directory.names((), (), sla=False) if ranks else Names()
        given = [rank for rank in ranks if rank.datecreated is not None]
        return [
            self._rating(rank, rank.datecreated, good, names.agent_of(rank.agent_email))
            for rank in given
            if rank.datecreated is not None and (good := self._good.of(rank.word)) is not None
        ]

    def _rating(self, rank: Rank, date: datetime, good: bool, agent: str | None) -> Rating:
        at = self._zone.at(date)
        scale = Scale.THUMBS
        return Rating(
            id=rank.id or f"{rank.conversationid} {at.isoformat()}",
            question=Question.CSAT,
            scale=scale,
            asked_at=at,
            given_at=at,
            raw=scale.best if good else scale.worst,
            ticket=rank.conversationid,
            agent=agent,
        )


def _is_in(window: Window, rating: Rating) -> bool:
    return rating.given_at is not None and rating.given_at in window
