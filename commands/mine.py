"""`/kpi me`: somebody's own numbers, to nobody but them."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt import Respond
from sqlmodel import Session

from bot.digests.timetable import earlier
from bot.domain import Dimension, Slice, Window
from bot.errors import UsageError
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Clock, Reading
from bot.services import Services
from bot.slack import kpi as shown
from bot.store import facts
from bot.store.digests import freshness
from bot.store.readings import read
from bot.store.upserts import hashed
from commands.answers import whisper
from commands.questions import Question, parse
from commands.words import FOR_EXAMPLE, examples

EXAMPLE = "/kpi me last week"


def me(respond: Respond, services: Services, user: str, text: str, reader: Reader) -> None:
    """Answers with the numbers of whoever asks, beside the team's.

    They are known by the e-mail address that Slack and the help desk share.
    """
    question = parse(text, now=services.clock.now(), reader=reader)
    if question.metric is not None or question.only is not None:
        raise UsageError(
            "`/kpi me` tells all of your numbers at once.",
            FOR_EXAMPLE,
            example=examples(EXAMPLE),
        )
    email = services.people.person(user).email
    if email is None:
        raise UsageError(
            "Slack does not tell me your e-mail address, by which a help desk knows you.",
            "Whoever runs deskpulse can mend it: `deskpulse doctor`",
        )
    with services.reading() as session:
        own = _agents(session, services, email)
        if not own:
            raise UsageError(
                "No help desk knows you by the e-mail address that you have in Slack.",
                "Ask whoever runs the help desk to write the same address there.",
            )
        whisper(respond, _answer(session, services, own, question, reader))


def _agents(session: Session, services: Services, email: str) -> list[str]:
    """The slices that are somebody's: one for each help desk at which they work."""
    known = hashed(email, services.secret)
    return sorted(
        name
        for name, row in facts.agents(session, services.workspace).items()
        if row.email == known
    )


def _answer(
    session: Session, services: Services, own: list[str], question: Question, reader: Reader
) -> Message:
    now, window = services.clock.now(), question.window
    windows = [earlier(window, question.against), window]
    team = _numbers(session, services, windows, question.clock)
    told = []
    for name in own:
        mine = _numbers(
            session, services, windows, question.clock, only=Slice(Dimension.AGENT, name)
        )
        desk, _, _ = name.partition(":")
        told.append(shown.Own(desk, mine[window], mine[windows[0]], team[window]))
    fresh = freshness(
        session, services.workspace, window, now=now, stale_after=services.settings.stale_after
    )
    return shown.own_numbers(told, window, fresh, reader)


#: How many tickets each agent has is nobody's own number.
_OF_NOBODY = "tickets_per_agent"


def _numbers(
    session: Session,
    services: Services,
    windows: Sequence[Window],
    clock: Clock,
    *,
    only: Slice | None = None,
) -> dict[Window, dict[str, Reading]]:
    """Every number that an agent can have, by window and metric."""
    wanted = [
        metric
        for metric in CATALOGUE.values()
        if Dimension.AGENT in metric.dimensions and metric.key != _OF_NOBODY
    ]
    found: dict[Window, dict[str, Reading]] = {window: {} for window in windows}
    for one in read(session, services.workspace, wanted, windows, only=only, clock=clock):
        found[one.window][one.metric.key] = one
    return found
