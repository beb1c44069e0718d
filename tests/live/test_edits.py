from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock, SystemClock
from bot.message import Message
from bot.services import WORKSPACE
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import Delivery, OutboxRow
from tests.live import killed
from tests.live.components import Process, wait_until
from tests.live.deployment import Deployment
from tests.live.emulator import SlackEmulator
from tests.live.postgres import fresh_database
from tests.slack_faults import LostResponse, Meanwhile, SlackFaults

pytestmark = pytest.mark.longest

POST, UPDATE = "chat.postMessage", "chat.update"

#: Where a worker dies while it posts or edits something: at one of its own steps …
OWN_STEPS = {
    "before it has claimed the message": "outbox:before",
    "when it has claimed the message": "outbox:after",
    "when it has the answer": "{call}:after",
    "before it has kept what came of it": "outbox:before 2",
    "when it has kept what came of it": "outbox:after 2",
}
#: … or while Slack has done it and nobody knows.
AT_SLACK = "before Slack's answer has arrived"


@dataclass
class Alert:
    """Somebody who writes a message, changes it and replies to it, as alerts do."""

    database: Database
    clock: Clock
    slack: SlackEmulator
    channel: str
    delivery: str = ""
    replies: list[str] = field(default_factory=list)

    def queue(self, text: str) -> None:
        with self.database.writing() as session:
            now = self.clock.now()
            self.delivery = outbox.queue(
                session, WORKSPACE, self.channel, _saying(text), subject="alert:1", now=now
            )

    def change(self, text: str) -> None:
        with self.database.writing() as session:
            outbox.change(session, self.delivery, _saying(text), now=self.clock.now())

    def reply(self, text: str) -> None:
        with self.database.writing() as session:
            now = self.clock.now()
            self.replies.append(
                outbox.reply(session, self.delivery, Message(text), now=now, broadcast=True)
            )

    def row(self, delivery: str) -> OutboxRow:
        with self.database.reading() as session:
            found: OutboxRow = session.get_one(OutboxRow, delivery)
            return found

    def is_told(self) -> bool:
        """Whether Slack has all there is to tell, as far as the program knows."""
        rows = [self.row(delivery) for delivery in (self.delivery, *self.replies)]
        told = [row.state == Delivery.SENT and row.shown == row.version for row in rows]
        return all(told)

    def seen(self) -> tuple[list[str], list[str]]:
        """What stands in the channel, and below it."""
        heads = [one for one in self.slack.messages(self.channel) if not _is_reply(one)]
        below = [reply for head in heads for reply in self.slack.replies(self.channel, head["ts"])]
        for one in heads:
            assert one["blocks"] == list(_saying(one["text"]).blocks)
        return [one["text"] for one in heads], [one["text"] for one in below]


def _saying(text: str) -> Message:
    return Message(text, [{"type": "section", "text": {"type": "mrkdwn", "text": text}}])


def _is_reply(message: dict[str, Any]) -> bool:
    thread: str = message.get("thread_ts", message["ts"])
    return thread != str(message["ts"])


@pytest.fixture
def deployment(
    request: pytest.FixtureRequest, tmp_path: Path, slack_emulator: SlackEmulator
) -> Deployment:
    """Deskpulse without a help desk, connected to the Slack emulator."""
    database = f"sqlite:///{tmp_path / 'deskpulse.db'}"
    if request.param == "postgres":
        database = fresh_database(request.getfixturevalue("postgres_url"))
    return Deployment(
        tmp_path,
        {
            "DATABASE_URL": database,
            "DESKPULSE_SECRET": "a-secret-of-the-live-tests",
            "SLACK_BOT_TOKEN": slack_emulator.bot_token,
            "SLACK_SIGNING_SECRET": slack_emulator.signing_secret,
            "SLACK_API_URL": slack_emulator.api_url,
        },
    )


@contextmanager
def database_of(deployment: Deployment) -> Iterator[Database]:
    database = Database(deployment.settings["DATABASE_URL"])
    database.migrate()
    try:
        yield database
    finally:
        database.close()


def through(faults: SlackFaults, deployment: Deployment) -> Deployment:
    """The same deployment, which reaches Slack over that line."""
    settings = {**deployment.settings, "SLACK_API_URL": faults.api_url}
    return Deployment(deployment.folder, settings)


def killed_at_slack(faults: SlackFaults, method: str, worker: Process | killed.Worker) -> None:
    """Slack does the next call of `method`; then the worker is killed, and hears no answer."""
    faults.on(method, Meanwhile(after=lambda: worker.send(signal.SIGKILL), then=LostResponse()))


#: Everywhere on SQLite; where the answer is lost and where it came on PostgreSQL as well.
LIVES = [
    *(("sqlite", where) for where in (*OWN_STEPS, AT_SLACK)),
    ("postgres", "when it has the answer"),
    ("postgres", AT_SLACK),
]


@pytest.mark.parametrize(("deployment", "where"), LIVES, indirect=["deployment"])
def test_a_worker_that_is_killed_leaves_one_message_as_it_should_be(
    deployment: Deployment, slack_emulator: SlackEmulator, where: str
) -> None:
    """At the same place of each: the post, an edit, a reply. Every time the next worker goes on."""
    fast = killed.fast(deployment)
    with SlackFaults(slack_emulator.api_url) as faults, database_of(deployment) as database:
        fast = through(faults, fast)
        channel = slack_emulator.channel()
        alert = Alert(database, killed.clock(fast), slack_emulator, channel)

        def lives_through(step: Callable[[str], None], text: str, method: str, call: str) -> None:
            step(text)
            at = OWN_STEPS.get(where, "").format(call=call)
            with killed.worker(fast, at=at) as worker:
                if where == AT_SLACK:
                    killed_at_slack(faults, method, worker)
                assert killed.died(worker), worker.output()
            with killed.worker(fast):
                wait_until(alert.is_told, 60, f"{text} is not told")

        lives_through(alert.queue, "🔴 4 h 12", POST, "post")
        assert alert.seen() == (["🔴 4 h 12"], [])
        lives_through(alert.change, "🟠 acknowledged", UPDATE, "update")
        assert alert.seen() == (["🟠 acknowledged"], [])
        lives_through(alert.reply, "acknowledged by Ada", POST, "post")
        alert.change("✅ back at 55 min")
        alert.reply("over after 1 h 40")
        with killed.worker(fast):
            wait_until(alert.is_told, 60, "the end is not told")
            SystemClock().sleep(2)  # minutes of theirs: a second copy would come now
        assert faults.left(POST) == faults.left(UPDATE) == 0
    assert alert.seen() == (["✅ back at 55 min"], ["acknowledged by Ada", "over after 1 h 40"])


@pytest.mark.parametrize("deployment", ["sqlite"], indirect=True)
def test_deskpulse_worker_itself_posts_once_though_it_is_killed_while_posting(
    deployment: Deployment, slack_emulator: SlackEmulator
) -> None:
    """By the clock on the wall: after two minutes the next one looks for what was left behind."""
    with SlackFaults(slack_emulator.api_url) as faults, database_of(deployment) as database:
        lossy = through(faults, deployment)
        channel = slack_emulator.channel()
        alert = Alert(database, SystemClock(), slack_emulator, channel)
        alert.queue("🔴 4 h 12")
        with lossy.worker("first") as first:
            killed_at_slack(faults, POST, first)
            assert first.wait(60) == -signal.SIGKILL
        assert alert.seen() == (["🔴 4 h 12"], [])
        alert.change("🔴 4 h 40")
        with lossy.worker("second"):
            wait_until(alert.is_told, 240, "it is not found")
        assert (faults.calls(POST), faults.calls(UPDATE)) == (1, 1)
    assert alert.seen() == (["🔴 4 h 40"], [])
