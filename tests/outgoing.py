"""A message on its way: a program, a small Slack, and a line between the two that may fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.errors import said
from bot.message import Message
from bot.services import WORKSPACE, Services
from bot.slack.messenger import SlackMessenger
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import OutboxRow
from jobs.deliver import deliver
from tests.programs import program
from tests.slack_double import Posted, SlackDouble
from tests.slack_faults import SlackFaults
from tests.times import StandingClock

#: Why a message is withdrawn.
OVER = "It was over before it could be posted."

#: A chart that Slack draws itself, where it does.
NATIVE_BLOCK = {
    "type": "data_visualization",
    "block_id": "today",
    "title": "First response",
    "chart": {
        "type": "line",
        "series": [{"name": "hours", "data": [{"label": "9:00", "value": 4}]}],
        "axis_config": {"categories": ["9:00"]},
    },
}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def saying(text: str, **more: Any) -> Message:
    """A message whose one block says what its text says, and more blocks if given."""
    return Message(text, [section(text), *more.pop("blocks", ())], **more)


@dataclass
class Line:
    """A message on its way: a program, the Slack it posts to, and the line between, which may fail."""

    services: Services
    slack: SlackDouble
    faults: SlackFaults
    clock: StandingClock
    delivery: str = field(default="", init=False)

    def queue(self, text: str = "4 h 12", channel: str = "C1", **more: Any) -> str:
        """Queues a message, which the other methods mean from then on; gives its delivery id."""
        message = saying(text, **more)
        with self.services.writing() as session:
            now = self.clock.now()
            self.delivery = outbox.queue(
                session, WORKSPACE, channel, message, subject="alert:1", now=now
            )
        return self.delivery

    def change(self, text: str, **more: Any) -> None:
        with self.services.writing() as session:
            now = self.clock.now()
            outbox.change(session, self.delivery, saying(text, **more), now=now)

    def withdraw(self) -> bool:
        with self.services.writing() as session:
            return outbox.withdraw(session, self.delivery, now=self.clock.now(), why=OVER)

    def reply(self, text: str, *, broadcast: bool = False) -> str:
        with self.services.writing() as session:
            now = self.clock.now()
            return outbox.reply(session, self.delivery, Message(text), now=now, broadcast=broadcast)

    def send(self) -> None:
        deliver(self.services, self.clock.now())

    def send_for(self, seconds: int, every: int = 1) -> None:
        """Lets the job run every second, or more seldom, for so long; the last time at the end."""
        end = self.clock.now() + timedelta(seconds=seconds)
        self.send()
        while self.clock.now() < end:
            self.clock.move(seconds=every)
            self.send()

    def delete(self) -> None:
        """Somebody deletes the message in Slack."""
        self.slack.delete("C1", self.row().sent_as or "")

    def posted(self, text: str = "4 h 12", **more: Any) -> Posted:
        """Queues a message and posts it."""
        self.queue(text, **more)
        self.send()
        return self.slack.posted[-1]

    def row(self, delivery: str = "") -> OutboxRow:
        with self.services.reading() as session:
            return session.get_one(OutboxRow, delivery or self.delivery)

    def problem(self) -> str:
        return said(self.row().problem or "")

    @property
    def state(self) -> str:
        return self.row().state

    def shown(self, channel: str = "C1") -> list[str]:
        """What the messages in a channel show, by their blocks, without threads."""
        return [one.blocks[0]["text"]["text"] for one in self.slack.posts(channel)]

    def thread(self) -> list[str]:
        return [one.text for one in self.slack.thread("C1", self.row().sent_as or "")]


@contextmanager
def open_line(database: Database, clock: StandingClock) -> Iterator[Line]:
    """Such a line to a Slack with the channels C1 and C2."""
    with SlackDouble(clock=clock) as slack, SlackFaults(slack.api_url) as faults:
        slack.add_channel("C1")
        slack.add_channel("C2")
        messenger = SlackMessenger(SlackDouble.bot_token, url=faults.api_url)
        yield Line(program(database, clock, messenger=messenger), slack, faults, clock)
