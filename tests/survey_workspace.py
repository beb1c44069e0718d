"""A workspace in which agents are asked: what they find in their direct messages, and passing time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.services import Services
from bot.slack.surveys import question
from bot.slack.surveys.form import COMMENT, REPLY
from bot.store import ballots, rolls, surveys, waves
from bot.store.ballots import Said
from bot.store.tables import WaveRow
from bot.surveys.ballot import Remark
from bot.surveys.roll import Act, Cast, Roll
from bot.surveys.survey import Audience, Kind, Plan, Question
from jobs.deliver import deliver
from jobs.survey_closing import survey_closing
from jobs.survey_letters import survey_letters
from jobs.survey_openings import survey_openings
from jobs.survey_questions import survey_questions
from tests.blockkit.limits import broken_limits
from tests.slack_double import Posted
from tests.survey_samples import a_plan
from tests.survey_windows import handed_back
from tests.workspace import (
    CHANNEL,
    LEAD,
    Answered,
    Json,
    Workspace,
    no_numbers,
    open_workspace,
    words,
)

#: Eight agents in the channel, and one of another.
PEOPLE = tuple(f"U0PERSON{number}" for number in range(1, 9))
STRANGER = "U9STRANGER"

_JOBS: tuple[Callable[..., object], ...] = (
    survey_openings,
    survey_questions,
    survey_closing,
    survey_letters,
    deliver,
)


@contextmanager
def open_office(**given: Any) -> Iterator[Workspace]:
    """A workspace of those people, at a good hour: ten o'clock on a Friday."""
    given = {"secret": "a secret of the tests", "desks": {}, **given}
    with open_workspace(numbers=no_numbers(), **given) as workspace:
        for user in (*PEOPLE, STRANGER):
            workspace.slack.add_user(user, name=f"name of {user.lower()}")
        workspace.slack.add_members(CHANNEL, *PEOPLE)
        workspace.clock.move(hours=1)
        yield workspace


def plan(kind: Kind = Kind.ENPS, **changes: Any) -> Plan:
    """A survey of the channel that closes on Monday at 17:00."""
    return a_plan(kind, **{"audience": Audience((CHANNEL,)), "channel": CHANNEL, **changes})


def start(workspace: Workspace, wanted: Plan | None = None) -> WaveRow:
    """A lead starts a survey, and everybody is asked; gives its wave."""
    wave = opened(workspace, wanted)
    work(workspace)
    return wave


def opened(workspace: Workspace, wanted: Plan | None = None) -> WaveRow:
    """A wave of which nobody has heard yet."""
    launch(workspace, wanted or plan())
    survey_openings(workspace.services, workspace.clock.now())
    return newest(workspace)


def launch(workspace: Workspace, wanted: Plan) -> None:
    """A lead starts a survey, of which no wave is open yet."""
    services, now = workspace.services, workspace.clock.now()
    with services.writing() as session:
        survey = surveys.draft(session, services.workspace, wanted, by=LEAD, now=now)
        surveys.start(session, survey, now=now)


def begin(workspace: Workspace, wanted: Plan | None = None) -> WaveRow:
    """The same in a workspace in which nothing happened yet: what comes of it is made once."""
    restore(workspace, _begun(json.dumps((wanted or plan()).to_json())))
    return newest(workspace)


@cache
def _begun(wanted: str) -> Kept:
    return made(lambda office: start(office, Plan.from_json(json.loads(wanted))))


class Kept(NamedTuple):
    """What came of something: the database, the messages, and what time it is."""

    database: bytes
    posted: list[Posted]
    now: datetime


def made(happens: Callable[[Workspace], object]) -> Kept:
    """What comes of something that happens in a workspace."""
    with open_office() as workspace:
        happens(workspace)
        return Kept(workspace.kept(), workspace.slack.posted, workspace.clock.now())


def restore(workspace: Workspace, kept: Kept) -> None:
    """Lets it have happened in this one, in which nothing else has."""
    path = Path(workspace.services.database.url.database or "")
    before = path.with_name("before.db")
    before.write_bytes(kept.database)
    with closing(sqlite3.connect(before)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    before.unlink()
    workspace.slack.posted.extend(deepcopy(kept.posted))
    workspace.clock.set(kept.now)


def work(workspace: Workspace) -> None:
    """Everything that is due now is done."""
    now = workspace.clock.now()
    for job in _JOBS:
        job(workspace.services, now)


def close(workspace: Workspace, wave: WaveRow) -> None:
    """The time of a wave is up, and its results are told."""
    workspace.clock.set(max(wave.closes_at, workspace.clock.now()))
    work(workspace)


def newest(workspace: Workspace) -> WaveRow:
    with workspace.services.reading() as session:
        ids = [row.id or 0 for row in waves.open_ones(session, workspace.services.workspace)]
        return session.get_one(WaveRow, max(ids))


def is_scrubbed(wave: WaveRow) -> bool:
    """Whether nothing that was deleted of a wave is left in the files."""
    return wave.scrubbed == wave.deletions


def roll_of(workspace: Workspace, wave: WaveRow) -> Roll:
    with workspace.services.reading() as session:
        found = rolls.read(session, wave.id or 0, workspace.services.seals)
    assert found is not None
    return found


def says(
    services: Services,
    wave: WaveRow,
    user: str,
    answers: Mapping[str, int],
    *comments: str,
    may_reply: bool = False,
    about: str = "",
) -> None:
    """Somebody answers, without a window."""
    remarks = [Remark(about, text, user if may_reply else "") for text in comments]
    act, said = Act.ANSWER_AND_WHY, Said(answers, remarks)
    now = services.clock.now()
    done = ballots.cast(services.database, services.seals, wave.id or 0, user, act, said, now=now)
    assert done is Cast.DONE


# --- Direct messages -----------------------------------------------------------------------------


def inbox(workspace: Workspace, user: str) -> list[Posted]:
    """The direct messages of somebody, oldest first."""
    return workspace.slack.posts(f"D{user}")


def presses(
    workspace: Workspace, user: str, action: str, value: str | None = None, *, place: int = -1
) -> Answered:
    """Somebody presses a button of a direct message, the last one without a place.

    What Slack is told to put in its place stands there then.
    """
    message = inbox(workspace, user)[place]
    if value is None:
        value = button_of(message, action)["value"]
    answered = workspace.presses(action, value, user=user, message=message)
    for told in answered.messages:
        assert broken_limits(told) == []
        if told["replace_original"]:
            assert "response_type" not in told
            message.text, message.blocks = told["text"], told.get("blocks") or []
    return answered


def button_of(message: Posted, action: str) -> Json:
    """The one button of an action."""
    (found,) = (
        element
        for block in message.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == action
    )
    return dict(found)


def taps(workspace: Workspace, user: str, score: int, **more: Any) -> Answered:
    """Somebody taps a number of an eNPS."""
    return presses(workspace, user, f"{question.SCORE}_{score}", **more)


def shown(message: Posted) -> str:
    """What stands in a message now."""
    return words({"text": message.text, "blocks": message.blocks})


# --- Windows -------------------------------------------------------------------------------------


def view(workspace: Workspace) -> Json:
    """The window that was opened last."""
    found = workspace.slack.views[-1]
    assert broken_limits(found) == []
    return found


def filled(window: Json, **answers: Any) -> Json:
    """A window in which somebody answered: `comment`, `reply`, and questions by their keys."""
    back = handed_back(window)
    for name, value in answers.items():
        block = {"comment": COMMENT, "reply": REPLY}.get(name, f"q-{name.replace('_', '-')}")
        (element,) = back["state"]["values"][block].values()
        told = next(key for key in element if key != "type")
        element[told] = {
            "selected_option": {"value": str(value)},
            "selected_options": [{"value": "yes"}] if value else [],
        }.get(told, value)
    return back


def sends(workspace: Workspace, user: str, window: Json, **answers: Any) -> Json:
    """Somebody sends a window; gives what Slack is told to do with it, which it does."""
    response = workspace.submits(filled(window, **answers), user=user).response
    assert response.status == 200
    told: Json = json.loads(response.body)
    if "view" in told:
        assert broken_limits(told["view"]) == []
        told["view"]["id"] = window["id"]
    return told


def questions_of(wave: WaveRow) -> list[Question]:
    return waves.questions_of(wave)
