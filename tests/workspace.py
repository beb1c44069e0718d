"""A whole program for tests of what people type and press: numbers, a Slack, and the app between.

The demo desk is read once per session into an SQLite file, of which every workspace has its own
copy. The clock stands at `T()`; what is asked of the app is signed as Slack signs it.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from slack_bolt import App, BoltResponse
from sqlmodel import Session, SQLModel

from bot import app
from bot.message import Message
from bot.services import Services
from bot.settings import Given
from bot.store import outbox, people, runs, schedules
from bot.store.database import Database
from bot.store.tables import AuditEntry, OutboxRow, Schedule
from jobs.sync import read_desk
from tests.databases import sqlite_database
from tests.slack_double import Posted, SlackDouble
from tests.slack_requests import SIGNING_SECRET, Signed, click, filling, slash, submission
from tests.store_samples import Plan
from tests.times import StandingClock, T

Json = dict[str, Any]

AGENT, LEAD, APPOINTED, ADMIN, OWNER = "U0AGENT", "U0LEAD", "U0APPOINTED", "U0ADMIN", "U0OWNER"

#: The bot is in the first and not in the second; the third is archived.
CHANNEL, ELSEWHERE, ARCHIVED = "C0SUPPORT", "C0ELSEWHERE", "C0ARCHIVED"

#: A small help desk whose history is long enough for "usual" to be known.
DESKS: Mapping[str, Json] = {"demo": {"kind": "demo", "volume": 30}}
HISTORY = timedelta(days=75)


@cache
def demo_numbers() -> bytes:
    """An SQLite file with everything that the demo desk has told until `T()`, and one lead."""
    return _numbers(read=True)


@cache
def no_numbers() -> bytes:
    """The same from before the first sync."""
    return _numbers(read=False)


def _numbers(*, read: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "deskpulse.db"
        settings = Given(database_url=f"sqlite:///{kept}", desks=dict(DESKS), history=HISTORY)
        services = app.build(settings, clock=StandingClock(T()))
        services.database.migrate()
        with services.writing() as session:
            people.appoint(session, services.workspace, APPOINTED, by=ADMIN, now=T())
        if read:
            read_desk(services, "demo")
        services.database.close()
        return kept.read_bytes()


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request: the HTTP answer, and what was sent to its response URL."""

    response: BoltResponse
    messages: Sequence[Json]

    @property
    def message(self) -> Json:
        """The one answer."""
        assert len(self.messages) == 1, self.messages
        return self.messages[0]

    @property
    def told(self) -> str:
        """Every word of the one answer that a person sees, its answer kept from the others."""
        assert self.message["response_type"] == "ephemeral"
        return words(self.message)

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.message.get("blocks") or []
        return found

    def buttons(self) -> dict[str, Json]:
        """Every button and menu of the answer, by its action."""
        return {
            element["action_id"]: element
            for block in self.blocks
            for element in block.get("elements", [])
            if "action_id" in element
        }

    def table(self) -> list[list[str]]:
        """The texts of the one table."""
        (found,) = (block for block in self.blocks if block["type"] == "table")
        return [[cell["text"] for cell in row] for row in found["rows"]]


@dataclass(slots=True)
class Workspace:
    """A Slack workspace in which deskpulse is installed."""

    services: Services
    slack: SlackDouble
    clock: StandingClock
    _watch: sqlite3.Connection
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _bolt: tuple[Services, App] | None = None

    def types(self, text: str, *, user: str = AGENT, channel: str = CHANNEL) -> Answered:
        """Somebody types a command, e.g. "/kpi backlog"."""
        command, _, rest = text.partition(" ")
        url, trigger = self._answered_at()
        signed = slash(command, rest, user=user, channel=channel, response_url=url, trigger=trigger)
        return self._sent(signed, url)

    def presses(
        self,
        action: str,
        value: str = "",
        *,
        user: str = AGENT,
        channel: str = CHANNEL,
        ephemeral: bool = True,
        element: Mapping[str, Any] | None = None,
        message: Posted | None = None,
    ) -> Answered:
        """Somebody presses a button, or chooses from the menu that `element` is.

        `message` is one that was posted, in its own channel; else it is in an answer of before.
        """
        url, trigger = self._answered_at()
        signed = click(
            action,
            value,
            user=user,
            channel=channel if message is None else message.channel,
            response_url=url,
            trigger=trigger,
            message=None if message is None else {"ts": message.ts},
            ephemeral=ephemeral and message is None,
            element=element,
        )
        return self._sent(signed, url)

    def chooses(self, action: str, value: str, *, user: str = AGENT) -> Answered:
        """Somebody chooses from the menu of a message that was posted to the channel."""
        option = {"text": {"type": "plain_text", "text": value}, "value": value}
        menu = {"type": "overflow", "selected_option": option}
        return self.presses(action, user=user, ephemeral=False, element=menu)

    def fills_in(self, view: Json, *, user: str = AGENT) -> Answered:
        """Somebody fills in a field of an open modal: `view` with the `state` that it has then."""
        action = next(iter(next(iter(view["state"]["values"].values()))))
        url, trigger = self._answered_at()
        return self._sent(filling(view, action, user=user, trigger=trigger), url)

    def presses_in(self, view: Json, action: str, value: str, *, user: str = AGENT) -> Answered:
        """Somebody presses a button in an open modal."""
        url, trigger = self._answered_at()
        return self._sent(filling(view, action, value, user=user, trigger=trigger), url)

    def submits(self, view: Json, *, user: str = AGENT) -> Answered:
        """Somebody submits an open modal as it is filled in."""
        url, trigger = self._answered_at()
        signed = submission(
            view["callback_id"],
            view["state"]["values"],
            user=user,
            private_metadata=view["private_metadata"],
            trigger=trigger,
            view=view["id"],
            blocks=view.get("blocks", ()),
        )
        return self._sent(signed, url)

    def _answered_at(self) -> tuple[str, str]:
        """A response URL, and a trigger, that nobody had before."""
        number = str(next(self._numbers))
        return self.slack.response_url(number), f"trigger-{number}"

    def _sent(self, signed: Signed, url: str) -> Answered:
        """Hands a request to the app, and waits until its listener is done."""
        bolt = self._app()
        response = bolt.dispatch(signed.for_bolt())
        finish(bolt)
        name = url.rpartition("/")[2]
        return Answered(
            response, [message for used, message in self.slack.responses if used == name]
        )

    def _app(self) -> App:
        """The app of the services: to register its listeners takes longer than most of them take."""
        if self._bolt is None or self._bolt[0] is not self.services:
            self._bolt = self.services, app.slack_app(self.services)
        return self._bolt[1]

    def version(self) -> int:
        """Another number whenever something was written: what does nothing writes nothing at all."""
        (version,) = self._watch.execute("PRAGMA data_version").fetchone()
        return int(version)

    def kept(self) -> bytes:
        """The SQLite file as it is now, with what is in its log."""
        return self._watch.serialize()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with closing(sqlite3.connect(self.services.database.url.database or "")) as connection:
            return {
                name: connection.execute(f'SELECT * FROM "{name}"').fetchall()
                for name in SQLModel.metadata.tables
            }

    def schedules(self, channel: str = CHANNEL) -> list[Schedule]:
        with self.services.reading() as session:
            return schedules.of_channel(session, self.services.workspace, channel)

    def asked(self) -> list[Json]:
        """What somebody made due now: subject, channel and timetable."""
        with self.services.reading() as session:
            found = runs.asked(session, self.services.workspace)
        return [
            {"subject": run.subject, "by": run.asked_by, **(run.request or {})} for run in found
        ]

    def waiting(self) -> list[OutboxRow]:
        """What is in the outbox, oldest first."""
        with self.services.reading() as session:
            return outbox.due(session, self.services.workspace, now=self.clock.now())

    def audit(self) -> list[AuditEntry]:
        with self.services.reading() as session:
            return people.changes(session, self.services.workspace)

    def queue(self, message: Message, *, subject: str, channel: str = CHANNEL) -> str:
        """Puts a message into the outbox."""
        with self.writing() as session:
            return outbox.queue(
                session,
                self.services.workspace,
                channel,
                message,
                subject=subject,
                now=self.clock.now(),
            )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.services.writing() as session:
            yield session


@contextmanager
def open_workspace(
    *, numbers: bytes | None = None, slack: SlackDouble | None = None, **given: Any
) -> Iterator[Workspace]:
    """A workspace of its own.

    `numbers` is the SQLite file to begin with, `demo_numbers()` if `None`; `slack` one that is not
    running yet; `given` are settings.
    """
    kept = demo_numbers() if numbers is None else numbers
    clock = StandingClock(T())
    with slack or SlackDouble() as double, sqlite_database(kept) as database:
        _people(double)
        settings = Given(**(_SETTINGS | _addresses(database, double) | given))
        services = app.build(settings, clock=clock, database=database)
        with closing(sqlite3.connect(database.url.database or "")) as watch:
            yield Workspace(services, double, clock, watch)


@contextmanager
def open_desks(*plans: Plan, **given: Any) -> Iterator[Workspace]:
    """A workspace whose help desks hold what the plans say; nobody can open their tickets."""
    with open_workspace(numbers=no_numbers(), desks={}, **given) as workspace:
        with workspace.writing() as session:
            for plan in plans:
                plan.store(session, workspace.services.workspace)
        yield workspace


_SETTINGS: Json = {
    "desks": dict(DESKS),
    "leads": [LEAD],
    "zone": "Europe/Athens",
    "history": HISTORY,
    "slack_signing_secret": SIGNING_SECRET,
}


def _addresses(database: Database, slack: SlackDouble) -> Json:
    return {
        "database_url": str(database.url),
        "slack_bot_token": slack.bot_token,
        "slack_api_url": slack.api_url,
    }


def _people(slack: SlackDouble) -> None:
    for user in (AGENT, LEAD, APPOINTED):
        slack.add_user(user)
    slack.add_user(ADMIN, is_admin=True)
    slack.add_user(OWNER, is_owner=True)
    slack.add_channel(CHANNEL)
    slack.add_channel(ELSEWHERE, name="elsewhere", is_member=False)
    slack.add_channel(ARCHIVED, name="archived", is_archived=True)


def finish(bolt: App) -> None:
    """Waits until every listener of an app is done; it takes further requests."""
    runner: Any = bolt.listener_runner
    runner.listener_executor.shutdown(wait=True)
    runner.listener_executor = runner.lazy_listener_runner.executor = ThreadPoolExecutor(
        app.LISTENERS
    )


def words(message: Mapping[str, Any]) -> str:
    """Every word of a message that a person sees, in its order, the fallback first.

    The narrow spaces of some languages' dates and times are given as ordinary ones.
    """
    found = "\n".join(_words({**message, "blocks": list(message.get("blocks") or [])}))
    return re.sub("[\u2009\u202f]", " ", found)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("text", "alt_text") and isinstance(inner, str):
                yield inner
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def as_json(message: Message) -> Json:
    """A message with its thread as JSON, without the bytes of its pictures."""
    return {
        "text": message.text,
        "blocks": json.loads(json.dumps(list(message.blocks))),
        "pictures": [{"key": picture.key, "alt": picture.alt} for picture in message.pictures],
        "thread": [as_json(reply) for reply in message.thread],
    }
