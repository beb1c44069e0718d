"""The stream of ratings: good or bad, as they were first, or surveys of one to five.

Both are listed by when they were asked for, and a customer answers later. So the newest are read
at every sync, and at most once an hour those that were given back to `ratings_lookback`. Where an
answer is a record of its own instead, it is among the newest, and when the customer was asked is
looked up there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime

from bot.domain import Question, Rating, Scale, Window
from bot.errors import DeskMisunderstood
from bot.helpdesks import Cursor, Page
from bot.helpdesks.zendesk.latest import Latest
from bot.helpdesks.zendesk.limits import ACCOUNT
from bot.helpdesks.zendesk.names import PAGE
from bot.helpdesks.zendesk.settings import Settings
from bot.helpdesks.zendesk.wire import Sheet, Some, Wire
from bot.webapi import Answer, Forbidden, NotThere, WebApi

#: How often ratings that were asked for long ago are looked at again.
LOOKS = timedelta(hours=1)

#: The most answers to surveys at once; more are refused.
SURVEYS = 50

#: Good or bad ratings are listed there.
SCORES = "api/v2/satisfaction_ratings.json"

#: A record that was an answer from its beginning was made within so long of that.
AT_ONCE = timedelta(minutes=1)

#: The question of a survey that is about satisfaction, and how many choices make it one of stars.
SATISFACTION, STARS = "customer_satisfaction", 5


class Score(Wire):
    """A rating as it was first made: asked for, and given or not."""

    id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None
    score: str | None = None
    ticket_id: str | None = None
    assignee_id: str | None = None

    @property
    def may_follow(self) -> bool:
        """Whether it was an answer from its beginning, so that it may have followed another record."""
        changed = self.updated_at or self.created_at
        return self.score != "offered" and changed - self.created_at < AT_ONCE


class Scores(Sheet):
    satisfaction_ratings: list[Score]


class Choices(Wire):
    """A question of a survey; of what one can choose only how much it is matters."""

    sub_type: str | None = None
    options: Some[Any] = None


class Given(Wire):
    """An answer to one question of a survey."""

    type: str | None = None
    rating: float | None = None
    rating_category: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    question: Choices | None = None

    @property
    def is_of_satisfaction(self) -> bool:
        """Whether it is a rating, and the question was that one, if it is told which it was."""
        asked = self.question.sub_type if self.question else None
        is_rating = self.rating is not None and self.created_at is not None
        return is_rating and asked in (None, SATISFACTION)


class Subject(Wire):
    """What a survey was about."""

    type: str | None = None
    id: str | None = None


class Survey(Wire):
    id: str
    answers: Some[Given] = None
    subjects: Some[Subject] = None
    subject_zrns: Some[str] = None

    @property
    def ticket(self) -> str | None:
        """The number of the ticket: `subjects` tells it, or a name such as `zen:ticket:99`."""
        told = [(one.type, one.id) for one in self.subjects or ()]
        told += [
            (part[-2], part[-1])
            for part in (zrn.split(":") for zrn in self.subject_zrns or ())
            if part[1:]
        ]
        return next((id_ for kind, id_ in told if kind == "ticket"), None)


class Surveys(Sheet):
    survey_responses: list[Survey]


@dataclass(frozen=True, slots=True)
class Read:
    """A page of ratings, from where the next one goes on, and the desk's time."""

    rows: Sequence[Rating]
    after: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Asked for since when is read next, and when was last looked further back.

    In the middle of a list `after` is the last page's cursor, `begun` when the first was read.
    """

    since: datetime
    looked: datetime | None = None
    after: str | None = None
    begun: datetime | None = None

    @classmethod
    def of(cls, cursor: Cursor) -> Place:
        try:
            looked, begun = (
                datetime.fromisoformat(cursor[name]) if cursor.get(name) else None
                for name in ("looked", "begun")
            )
            return cls(datetime.fromisoformat(cursor["since"]), looked, cursor.get("after"), begun)
        except (KeyError, TypeError, ValueError):
            raise DeskMisunderstood(
                "The stored position in the ratings of a Zendesk cannot be read.",
                "Read it anew with deskpulse sync --since and a date.",
            ) from None

    @property
    def told(self) -> Cursor:
        moments = {"since": self.since, "looked": self.looked, "begun": self.begun}
        told = {name: moment.isoformat() for name, moment in moments.items() if moment}
        return told if self.after is None else {**told, "after": self.after}


#: Reads a list; where a moment is named, only what was given since then.
_Read = Callable[[Place, datetime | None], Iterator[Read]]


class Ratings:
    """Reads the ratings of one Zendesk."""

    def __init__(self, api: WebApi, settings: Settings) -> None:
        self._api, self._settings = api, settings
        readers: Mapping[str, _Read] = {"classic": self._scores, "surveys": self._surveys}
        self._read = readers.get(settings.csat)
        self._latest, self._has_looked_up = Latest(), False

    def start(self, window: Window) -> Cursor:
        return Place((window.start - self._settings.ratings_lookback).astimezone(UTC)).told

    def pages(self, since: Cursor) -> Iterator[Page[Rating]]:
        """All ratings that were asked for or given since the cursor; none where there are none."""
        place = Place.of(since)
        if self._read is None:
            return
        try:
            for sheet in self._read(place, None):
                begun = place.begun or sheet.sent_at
                place = replace(place, begun=begun, after=sheet.after or place.after)
                yield Page(sheet.rows, place.told)
            yield from self._given_late(place, self._read)
        except (Forbidden, NotThere):
            return

    def _given_late(self, place: Place, read: _Read) -> Iterator[Page[Rating]]:
        begun = place.begun
        if begun is None:  # the desk tells no time
            return
        looked = place.looked or begun
        if begun - looked >= LOOKS:
            back = Place(begun - self._settings.ratings_lookback, looked)
            for sheet in read(back, looked - self._settings.overlap):
                if sheet.rows:
                    yield Page(sheet.rows, place.told)
            looked = begun
        newest = max(place.since, begun - self._settings.overlap)
        yield Page((), Place(newest, looked).told)

    # --- good or bad ---

    def _scores(self, place: Place, given_since: datetime | None) -> Iterator[Read]:
        asked: dict[str, str | int] = {
            "start_time": int(place.since.timestamp()),
            "page[size]": PAGE,
        }
        if given_since is not None:
            asked["score"] = "received"
        # A first read begins so early that nothing is to be looked up.
        goes_on = place.looked is not None or place.after is not None
        for answer in self._answers(Scores, SCORES, asked, place):
            told = [one for one in answer.data.satisfaction_ratings if _is_of(one, given_since)]
            yield _kept(answer, self._newest(told, goes_on=goes_on))

    def _newest(self, told: Sequence[Score], *, goes_on: bool) -> list[Rating]:
        """One rating for each ticket, whatever records of it there are."""
        newest: dict[str, Rating] = {}
        for score in told:
            for rating in _of_score(score):
                if goes_on and score.may_follow and rating.id not in self._latest:
                    self._look_up(score.created_at)
                newest[rating.id] = self._latest.of(rating)
        return list(newest.values())

    def _look_up(self, until: datetime) -> None:
        """Learns of what was asked for before then, once: from then on all is known as it comes."""
        if self._has_looked_up:
            return
        since = until - self._settings.ratings_lookback
        asked = {
            "start_time": int(since.timestamp()),
            "end_time": int(until.timestamp()),
            "page[size]": PAGE,
        }
        for answer in self._answers(Scores, SCORES, asked, Place(since)):
            for score in answer.data.satisfaction_ratings:
                for rating in _of_score(score):
                    self._latest.of(rating)
        self._has_looked_up = True

    # --- surveys ---

    def _surveys(self, place: Place, given_since: datetime | None) -> Iterator[Read]:
        # Milliseconds since 1970 ("CSAT Survey Responses", the example of its filters).
        since = int(place.since.timestamp() * 1_000)
        asked = {"filter[created_at_start]": since, "page[size]": SURVEYS}
        for answer in self._answers(Surveys, "api/v2/guide/survey_responses", asked, place):
            told = answer.data.survey_responses
            rows = [row for one in told for row in _of_survey(one)]
            yield _kept(answer, [row for row in rows if _is_since(row.given_at, given_since)])

    def _answers(
        self, model: Any, path: str, asked: Mapping[str, Any], place: Place
    ) -> Iterator[Answer[Any]]:
        after = {"page[after]": place.after} if place.after else {}
        answer = self._api.get(model, path, {**asked, **after}, lanes=ACCOUNT)
        yield answer
        while answer.data.follows:
            answer = self._api.get(model, answer.data.follows, lanes=ACCOUNT)
            yield answer


def _kept(answer: Answer[Any], rows: Sequence[Rating]) -> Read:
    meta = answer.data.meta
    return Read(rows, meta.after_cursor if meta and meta.has_more else None, answer.sent_at)


def _is_of(told: Score, given_since: datetime | None) -> bool:
    return _is_since(told.updated_at or told.created_at, given_since)


def _is_since(given: datetime | None, since: datetime | None) -> bool:
    """Whether it was given since then; without a moment everything was."""
    return since is None or (given is not None and given >= since)


def _of_score(told: Score) -> Iterator[Rating]:
    """The rating of a ticket, of which there is one however often the customer answers."""
    score = (told.score or "").partition("_")[0]
    if score not in ("offered", "good", "bad"):
        return  # nobody was asked
    given = score != "offered"
    yield Rating(
        told.ticket_id or f"rating {told.id}",
        Question.CSAT,
        Scale.THUMBS,
        asked_at=told.created_at,
        given_at=(told.updated_at or told.created_at) if given else None,
        raw=float(score == "good") if given else None,
        ticket=told.ticket_id,
        agent=told.assignee_id,
    )


def _of_survey(told: Survey) -> Iterator[Rating]:
    """The answer to how satisfied one was; a survey has texts, reasons and other scales besides."""
    rated = next((one for one in told.answers or () if one.is_of_satisfaction), None)
    if rated is None or rated.created_at is None:
        return
    scale, raw = _on_scale(rated)
    yield Rating(
        told.id,
        Question.CSAT,
        scale,
        asked_at=rated.created_at,
        given_at=rated.updated_at or rated.created_at,
        raw=raw,
        ticket=told.ticket,
    )


def _on_scale(rated: Given) -> tuple[Scale, float | None]:
    """Of five choices the number counts, of two or three whether Zendesk takes it for good.

    So it does where nobody tells how many choices there were: 2 may be the best of them.
    """
    choices = (rated.question.options or ()) if rated.question else ()
    if len(choices) == STARS or rated.rating_category is None:
        return Scale.STARS, rated.rating
    return Scale.THUMBS, float(rated.rating_category == "good")
