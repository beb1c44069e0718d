"""The answers to surveys of the newer kind, which the list of satisfaction ratings is without.

Known from third parties only (tap-freshdesk, withone.ai): the reference calls them "Customer
Satisfaction (new)". No filter by time and no order is documented: as long as a page comes with the
newest answer first only the head of the list is read, else all of it, once an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.domain import Question, Rating, Scale
from bot.helpdesks.freshdesk import wire
from bot.helpdesks.freshdesk.place import SurveyPlace, before
from bot.helpdesks.freshdesk.settings import Settings
from bot.helpdesks.freshdesk.web import Web
from bot.webapi import Forbidden, NotThere, Rejected

#: How often they are looked at.
OFTEN = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asking:
    """A question for satisfaction: its scale, and the least answer on the survey's own."""

    id: str
    scale: Scale
    least: int

    def raw(self, answers: Sequence[wire.Reply]) -> float | None:
        """What was answered, on the scale; `None` without an answer, or one outside of it."""
        told = next((one.value for one in answers if one.question_id == self.id), None)
        if told is None:
            return None
        raw = float(told - self.least) + self.scale.worst
        return raw if self.scale.worst <= raw <= self.scale.best else None


def asking(survey: wire.Survey) -> list[Asking]:
    """Its questions for satisfaction, of which one scale is 1 to 5 and another has two choices."""
    found = []
    for question in survey.questions or ():
        bounds = question.scale or wire.Bounds()
        scale = _scale(bounds)
        if question.is_csat and question.id and scale and bounds.min is not None:
            found.append(Asking(question.id, scale, bounds.min))
    return found


def _scale(bounds: wire.Bounds) -> Scale | None:
    """The scale of ours that is the same; `None` for others: what is positive there is not known."""
    if bounds.min is None or bounds.max is None:
        return None
    if (bounds.min, bounds.max) == (1, 5):
        return Scale.STARS
    return Scale.THUMBS if bounds.max == bounds.min + 1 else None


class Surveys:
    """Reads the answers to all surveys of one desk."""

    def __init__(self, name: str, web: Web, settings: Settings, clock: Clock) -> None:
        self._name, self._web, self._settings, self._clock = name, web, settings, clock

    def since(self, place: SurveyPlace) -> Iterator[tuple[list[Rating], SurveyPlace]]:
        """The ratings given or changed since that place, by pages, and where to go on behind each."""
        now = self._clock.now()
        if place.begun is None and place.asked is not None and now - place.asked < OFTEN:
            return
        end = place.since
        try:
            sent_at, surveys = self._web.surveys()
            begun = place.begun or sent_at or self._web.latest()
            yield from self._all(surveys, replace(place, begun=begun))
            if begun is not None:
                end = max(before(begun, self._settings.overlap), end)
        except (Forbidden, NotThere):
            pass
        except Rejected:
            log.warning("surveys_not_understood", desk=self._name)
        yield [], SurveyPlace(end, asked=now)

    def _all(
        self, surveys: Sequence[wire.Survey], place: SurveyPlace
    ) -> Iterator[tuple[list[Rating], SurveyPlace]]:
        """Survey by survey, in the order of their ids, from the page on where the place is."""
        questions = {survey.id: asking(survey) for survey in surveys}
        unread = sorted(id_ for id_, asked in questions.items() if not asked)
        if unread:
            log.warning("surveys_not_read", desk=self._name, surveys=unread)
        for id_ in sorted(questions.keys() - set(unread)):
            if place.is_behind(id_):
                continue
            link = place.link if id_ == place.survey else None
            for rows, following in self._pages(id_, link, place.since):
                told = (_rating(row, questions[id_]) for row in rows)
                place = replace(place, survey=id_, link=following)
                yield [one for one in told if one is not None], place

    def _pages(
        self, survey: str, link: str | None, since: datetime
    ) -> Iterator[tuple[list[wire.Response], str | None]]:
        """What changed of the answers to one survey, and the link to the next page."""
        oldest = since - self._settings.ratings_lookback
        try:
            page = self._first(survey, link)
        except NotThere:
            return  # nobody answered it yet
        while True:
            rows = page.data or ()
            following = None if _are_past(rows, oldest) or page.next == link else page.next
            yield [row for row in rows if row.changed_at and row.changed_at >= since], following
            if following is None:
                return
            link, page = following, self._web.responses(survey, following)

    def _first(self, survey: str, link: str | None) -> wire.Responses:
        """The page where a reading stopped, or the first one where its link does not lead on."""
        try:
            return self._web.responses(survey, link)
        except (NotThere, Rejected):
            if link is None:
                raise
            return self._web.responses(survey, None)


def _are_past(rows: Sequence[wire.Response], oldest: datetime) -> bool:
    """Whether these, newest first, were all given before that moment. One moment is no order."""
    given = [row.created_at for row in rows if row.created_at is not None]
    is_in_order = len(given) == len(rows) and given == sorted(given, reverse=True)
    return is_in_order and len(set(given)) > 1 and given[0] < oldest


def _rating(row: wire.Response, questions: Sequence[Asking]) -> Rating | None:
    """The first answer for satisfaction of whoever came to the end; `None` without one."""
    answers = row.answers or ()
    found = ((one.scale, one.raw(answers)) for one in questions)
    scale, raw = next((one for one in found if one[1] is not None), (None, None))
    asked_at = row.created_at or row.changed_at
    if not row.is_complete or asked_at is None or scale is None:
        return None
    return Rating(
        id=row.id,
        question=Question.CSAT,
        scale=scale,
        asked_at=asked_at,
        given_at=row.changed_at,
        raw=raw,
        ticket=row.ticket_id,
        agent=row.agent_id,
    )
