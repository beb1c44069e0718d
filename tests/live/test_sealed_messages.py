from __future__ import annotations

import secrets

import pytest
from sqlmodel import select

from bot.clock import SystemClock
from bot.message import Message
from bot.seals import Seals
from bot.services import WORKSPACE
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import OutboxRow
from tests.live import killed
from tests.live.components import wait_until
from tests.live.deployment import Deployment
from tests.live.emulator import SlackEmulator
from tests.live.test_edits import POST, database_of, deployment, killed_at_slack, through
from tests.slack_faults import SlackFaults

__all__ = ["deployment"]

SECRET = "a-secret-of-the-live-tests"


def is_empty(database: Database) -> bool:
    with database.reading() as session:
        return session.scalars(select(OutboxRow)).first() is None


def files(deployment: Deployment) -> bytes:
    """All that is left in the folder of a deployment: its database, with its log, and what it printed."""
    return b"".join(one.read_bytes() for one in deployment.folder.rglob("*") if one.is_file())


@pytest.mark.parametrize("deployment", ["sqlite"], indirect=True)
@pytest.mark.parametrize("posted", [True, False])
def test_a_worker_that_is_killed_leaves_one_message_and_says_nowhere_to_whom(
    deployment: Deployment, slack_emulator: SlackEmulator, *, posted: bool
) -> None:
    """Whether it dies before Slack has the message, or before it has heard that Slack has."""
    fast = killed.fast(deployment)
    beth = slack_emulator.users["beth"]
    text = f"How likely are you … {secrets.token_hex(6)}"
    with SlackFaults(slack_emulator.api_url) as faults, database_of(deployment) as database:
        fast = through(faults, fast)
        with database.writing() as session:
            outbox.queue_sealed(
                session,
                WORKSPACE,
                beth,
                Message(text),
                seals=Seals(SECRET.encode()),
                subject="survey",
                now=killed.clock(fast).now(),
            )
        with killed.worker(fast, at="" if posted else "outbox:after") as worker:
            if posted:
                killed_at_slack(faults, POST, worker)
            assert killed.died(worker), worker.output()
        assert not is_empty(database)
        assert beth.encode() not in files(deployment)
        with killed.worker(fast):
            wait_until(lambda: is_empty(database), 60, "it is not told")
            SystemClock().sleep(1)  # minutes of theirs: a second copy would come now
    opened = slack_emulator.client().conversations_open(users=beth)["channel"]["id"]
    there = [one["text"] for one in slack_emulator.messages(opened)]
    assert there.count(text) == 1
    left = files(deployment)
    assert b"message_" in left
    assert [word for word in (beth, opened, text) if word.encode() in left] == []
