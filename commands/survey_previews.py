"""What would come of a survey that is started now: Slack is asked who is in its audience."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from bot.errors import SlackError
from bot.locale import Reader, known_locale
from bot.message import Message
from bot.services import Services, known_zone
from bot.slack.audience import Invited, invited
from bot.slack.messenger import Person
from bot.slack.surveys import plan as shown
from bot.slack.surveys.promised import Preview
from bot.store.askings import questions
from bot.surveys import bank
from bot.surveys.moments import closing, next_good_hour, opens
from bot.surveys.survey import Kind, Plan, Results

#: So many openings of a survey that comes again are told.
TOLD = 3


def look_at(
    services: Services, draft: int, plan: Plan, reader: Reader, *, has_changed: bool = False
) -> Message:
    """A draft as it is shown to whoever plans it; or why Slack does not tell who would be asked.

    `has_changed` is whether they saw another one before.
    """
    try:
        found = _invited(services, plan)
    except SlackError as error:
        return shown.untold(draft, error.said(reader.template), reader)
    preview = foreseen(services, draft, plan, found, reader, has_changed=has_changed)
    return shown.preview(preview, reader)


def _invited(services: Services, plan: Plan) -> Invited:
    if services.messenger is None:
        return Invited((), ())
    return invited(services.messenger, plan.audience, services.clock)


def foreseen(
    services: Services,
    draft: int,
    plan: Plan,
    found: Invited,
    reader: Reader,
    *,
    has_changed: bool = False,
) -> Preview:
    """What a draft would bring about among those who are there now."""
    now = services.clock.now()
    openings = list(_openings(plan, now))
    begins = openings[0] if openings else now
    closes = closing(plan, begins)
    with services.reading() as session:
        asked = questions(session, services.workspace, plan, begins)
    people = [person for person, _ in found.people]
    return Preview(
        draft=draft,
        plan=plan,
        mark=mark_of(plan, now),
        teams=_teams(found),
        begins=begins,
        closes=closes,
        questions=asked,
        openings=openings,
        twice=found.twice,
        late=_late(people, plan, begins, closes),
        foreign=_foreign(people, plan),
        supply=_supply(plan, now),
        warning=_silent(services, plan, reader),
        has_changed=has_changed,
    )


def mark_of(plan: Plan, now: datetime) -> str:
    """A mark of what a plan promises now: itself, and when it opens, or closes, first.

    A draft that is started another day closes another day than its lead was told.
    """
    first = closing(plan, now) if plan.cadence is None else next(_openings(plan, now))
    told = json.dumps([plan.to_json(), first.isoformat()])
    return blake2b(told.encode(), digest_size=8).hexdigest()


def _openings(plan: Plan, now: datetime) -> Iterator[datetime]:
    """The next openings of a survey that is started now; none where it comes once."""
    after = now
    for _ in range(TOLD if plan.cadence else 0):
        after = _next(plan, now, after)
        yield after


def _next(plan: Plan, since: datetime, after: datetime) -> datetime:
    assert plan.cadence is not None
    return opens(plan.cadence, since, plan.zone, after).at


def _teams(found: Invited) -> list[tuple[str, int]]:
    counted = Counter(place for _, place in found.people)
    return [(name, counted[place]) for place, name in enumerate(found.teams)]


def _late(people: list[Person], plan: Plan, begins: datetime, closes: datetime) -> int:
    """How many have no good hour from the opening until the close."""

    @cache
    def is_late(zone: ZoneInfo) -> bool:
        return next_good_hour(begins, zone) >= closes

    return sum(is_late(known_zone(person.zone, plan.zone)) for person in people)


def _foreign(people: list[Person], plan: Plan) -> dict[str, int]:
    """By language how many read none of those in which it is asked, the most first."""
    read = (known_locale(person.locale, plan.languages[0]) for person in people)
    counted = Counter(
        locale.partition("_")[0]
        for locale in read
        if not {locale, locale.partition("_")[0]} & {*plan.languages}
    )
    return dict(counted.most_common())


def _supply(plan: Plan, now: datetime) -> int | None:
    """How many questions the bank has, where a quarter takes more; `None` where they are enough."""
    if plan.kind is Kind.ENPS or not plan.many:
        return None
    themes = plan.themes
    supply = sum(1 for one in bank.questions() if not themes or one.theme in themes)
    return supply if plan.many * _waves(plan, now) > supply else None


def _waves(plan: Plan, now: datetime) -> int:
    """How many waves begin within a quarter of the first one, that one included."""
    if plan.cadence is None:
        return 1
    first = after = _next(plan, now, now)
    number = 0
    while after - first < timedelta(days=bank.QUARTER):
        number, after = number + 1, _next(plan, now, after)
    return number


def _silent(services: Services, plan: Plan, reader: Reader) -> str | None:
    """Why the results would not arrive in the channel that is to get them."""
    if plan.results is not Results.CHANNEL:
        return None
    return services.why_silent(plan.channel, reader)
