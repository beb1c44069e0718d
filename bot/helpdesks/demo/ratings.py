"""What customers of the demo desk are asked, and what they answer: CSAT, CES and NPS.

After some solves customers are asked how satisfied they are, or after a chat how easy it was; who
reads help articles is sometimes asked that too. A sample of all customers is asked whether they
would recommend the shop, more of them in the first week of a month.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain import Question, Rating, Scale, Status
from bot.helpdesks.demo import days, tickets
from bot.helpdesks.demo.chance import Dice, Shares
from bot.helpdesks.demo.changes import Change, Place
from bot.helpdesks.demo.settings import Settings
from bot.helpdesks.demo.tickets import Story
from bot.history import Author, Message, StatusChange

#: Whoever has not answered by then never does; whose ticket took longer is not asked.
_ANSWERED_WITHIN = timedelta(days=5)
_ASKED_WITHIN = timedelta(days=15)
#: No rating changes any more so long after the day from which it stems.
LIFE = _ASKED_WITHIN + _ANSWERED_WITHIN + days.ONE_DAY


@dataclass(frozen=True, slots=True)
class _Survey:
    """How a question is asked: the share that answers, and in how many minutes usually."""

    question: Question
    scale: Scale
    answered: float
    minutes: float
    spread: float


_CSAT = _Survey(Question.CSAT, Scale.STARS, answered=0.3, minutes=150, spread=1.4)
_CES = _Survey(Question.CES, Scale.CES, answered=0.35, minutes=2, spread=0.8)
_NPS = _Survey(Question.NPS, Scale.NPS, answered=0.28, minutes=420, spread=1.3)

#: How many of the solved tickets, and of the solved chats, are asked about.
_CSAT_ASKED = 0.55
_CES_ASKED = 0.3
#: How long after a solve a customer is asked how satisfied they are.
_AFTER_SOLVE = timedelta(hours=1)

#: How many are asked on a day, for each ticket of a usual weekday.
_NPS_ASKED = 0.1
_NPS_FIRST_WEEK = 2.5
_READERS_ASKED = 0.12

#: The share of satisfied customers where nothing went wrong, and what is left of it when the first
#: reply came later than promised, or the ticket took longer. Slow days take more off.
_SATISFIED = 0.96
_LATE_REPLY = 0.88
_LATE_SOLUTION = 0.85
_SLOWNESS = -0.25

_GOOD_STARS = Shares({5: 70, 4: 30})
_BAD_STARS = Shares({3: 40, 2: 20, 1: 40})
_EASE = Shares({7: 38, 6: 27, 5: 14, 4: 8, 3: 5, 2: 4, 1: 4})
_RECOMMENDS = Shares(
    {10: 26, 9: 24, 8: 18, 7: 12, 6: 6, 5: 5, 4: 2, 3: 2, 2: 1, 1: 1, 0: 3},
)


def changed(
    settings: Settings, these: Sequence[date], after: Place, now: datetime
) -> Iterator[list[Change[Rating]]]:
    """The ratings that stem from each of those days and changed after a place, as they stand."""
    for day, told in zip(these, tickets.stories(settings, these), strict=True):
        ratings = [*_about_tickets(settings, day, told), *_about_all(settings, day)]
        asked = [_as_of(rating, now) for rating in ratings if rating.asked_at <= now]
        changes = [
            Change((rating.given_at or rating.asked_at, rating.id), rating) for rating in asked
        ]
        yield [change for change in changes if change.place > after]


def _as_of(rating: Rating, now: datetime) -> Rating:
    """Without the answer as long as that is still to come."""
    if rating.given_at is None or rating.given_at <= now:
        return rating
    return replace(rating, given_at=None, raw=None)


def _about_tickets(settings: Settings, day: date, told: Sequence[Story]) -> Iterator[Rating]:
    dice = days.dice_of(settings, day, "ratings")
    for story in told:
        solve = _first_solve(story)
        if solve is None or solve.at - story.created_at > _ASKED_WITHIN:
            continue
        if story.arrival.channel == "chat" and dice.chance(_CES_ASKED):
            easy = dice.pick(_EASE)
            yield _asked(
                _CES, f"ces-{story.id}", solve.at, easy, dice, about=(story.id, solve.agent)
            )
        elif dice.chance(_CSAT_ASKED):
            stars = dice.pick(
                _GOOD_STARS if dice.chance(_contentment(story, solve.at)) else _BAD_STARS
            )
            asked_at = solve.at + _AFTER_SOLVE
            yield _asked(
                _CSAT, f"csat-{story.id}", asked_at, stars, dice, about=(story.id, solve.agent)
            )


def _first_solve(story: Story) -> StatusChange | None:
    """The first solve, when an agent solved it; nobody is asked about what time alone closed."""
    for event in story.events:
        if isinstance(event, StatusChange) and event.new is Status.SOLVED:
            return event if event.agent else None
    return None


def _contentment(story: Story, solved_at: datetime) -> float:
    """How likely the customer is satisfied: less so the longer they had to wait."""
    likely = _SATISFIED * math.pow(story.arrival.slow, _SLOWNESS)
    reply, solution = tickets.PROMISES[story.arrival.priority]
    if _first_reply(story, solved_at) - story.created_at > reply:
        likely *= _LATE_REPLY
    if solved_at - story.created_at > solution:
        likely *= _LATE_SOLUTION
    return likely


def _first_reply(story: Story, solved_at: datetime) -> datetime:
    replies = (e.at for e in story.events if isinstance(e, Message) and e.by is Author.AGENT)
    return min(next(replies, solved_at), solved_at)


def _about_all(settings: Settings, day: date) -> Iterator[Rating]:
    """What is asked about no ticket."""
    yield from _readers(settings, day, days.dice_of(settings, day, "readers"))
    if not days.is_quiet(settings, day):
        yield from _customers(settings, day, days.dice_of(settings, day, "customers"))


def _readers(settings: Settings, day: date, dice: Dice) -> Iterator[Rating]:
    """Whether it was easy to find help in the articles."""
    starts = days.hours(settings, day)
    for n in range(dice.number(settings.volume * _READERS_ASKED * days.busyness(settings, day))):
        asked_at = days.moment(starts[dice.pick(days.HOURS)] + dice.below(3600))
        yield _asked(_CES, f"ces-{day:%y%m%d}-{n:04}", asked_at, dice.pick(_EASE), dice)


def _customers(settings: Settings, day: date, dice: Dice) -> Iterator[Rating]:
    """Whether they would recommend the shop: asked from ten until noon on working days."""
    ten = days.second(settings, day, 10)
    more = _NPS_FIRST_WEEK if day.day <= 7 else 1.0
    for n in range(dice.number(settings.volume * _NPS_ASKED * more)):
        asked_at = days.moment(ten + dice.below(2 * 3600))
        yield _asked(_NPS, f"nps-{day:%y%m%d}-{n:04}", asked_at, dice.pick(_RECOMMENDS), dice)


def _asked(
    survey: _Survey,
    rating_id: str,
    asked_at: datetime,
    answer: int,
    dice: Dice,
    *,
    about: tuple[str | None, str | None] = (None, None),
) -> Rating:
    """The rating as it stands in the end; `about` are its ticket and the agent who solved that."""
    given_at = None
    if dice.chance(survey.answered):
        after = timedelta(seconds=1 + round(dice.around(survey.minutes, survey.spread) * 60))
        given_at = asked_at + min(after, _ANSWERED_WITHIN)
    return Rating(
        id=rating_id,
        question=survey.question,
        scale=survey.scale,
        asked_at=asked_at,
        given_at=given_at,
        raw=None if given_at is None else answer,
        ticket=about[0],
        agent=about[1],
    )
