from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.alerts.rule import Limit, Rule, Side
from bot.clock import SystemClock
from bot.locale import Reader
from bot.services import WORKSPACE
from bot.store import alerts as rules
from bot.store import desk_reads
from bot.store.database import Database
from bot.store.tables import AlertIncident, AlertStep, Delivery, OutboxRow
from bot.store.tickets import keep
from tests.live import killed
from tests.live.components import wait_until
from tests.live.deployment import Deployment
from tests.live.emulator import SlackEmulator
from tests.slack_faults import Fault, LostResponse, Meanwhile, SlackFaults, Through
from tests.store_samples import HOURS, SECRET, a_desk, a_ticket

pytestmark = pytest.mark.longest

JOBS = ("alerts", "alert_deeds", "deliver")

#: Where the worker dies: while it decides, while it posts what it decided, while it edits the end.
OWN_STEPS = {
    "before its decision to fire is kept": "alert_incident:before",
    "when its decision to fire is kept": "alert_incident:after",
    "before the message is posted": "post:before",
    "when the message is posted": "post:after",
    "before the message says how it goes on": "update:before",
    "when the message says how it goes on": "update:after",
}

#: … or while Slack has done what it was asked, and its answer is lost.
AT_SLACK = {"while Slack posts it": "chat.postMessage", "while Slack edits it": "chat.update"}

#: How long it is watched, by the clock of the deployment. It fires at the first moment at which it
#: is judged, and is over three hours after the last of the tickets: time is set forward to then when
#: it has been posted, for one that is over before is never posted.
WATCHED = timedelta(hours=10)

#: More than five tickets in three hours.
RULE = Rule(Limit(Side.ABOVE, 5, 5), "ticket_volume", over=timedelta(hours=3), keep=timedelta(0))


@dataclass
class Watched:
    """A rule that fires soon and is over later, in a database that workers share."""

    database: Database
    slack: SlackEmulator
    channel: str

    def switch_on(self, deployment: Deployment) -> None:
        """Six tickets have come; the desk is read every minute, now and in the time to come."""
        now = killed.clock(deployment).now()
        with self.database.writing() as session:
            desk = a_desk(session, data_from=now - timedelta(days=90), data_until=now)
            tickets = [a_ticket(str(n), now + timedelta(seconds=n)) for n in range(6)]
            keep(session, desk, tickets, SECRET, HOURS)
            for minute in range(int(WATCHED.total_seconds() / 60)):
                at = now + timedelta(minutes=minute)
                desk_reads.add(session, desk, until=at, at=at)
            reader = Reader("en", ZoneInfo("UTC"))
            rules.add(session, WORKSPACE, self.channel, RULE, reader=reader, by="U0LEAD", now=now)

    def is_told(self) -> bool:
        """Whether it is over, and Slack has all there is to tell."""
        with self.database.reading() as session:
            incidents = list(session.scalars(select(AlertIncident)))
            rows = list(session.scalars(select(OutboxRow)))
        over = bool(incidents) and all(one.closed_at is not None for one in incidents)
        return over and all(row.state == Delivery.SENT and row.shown == row.version for row in rows)

    def log(self) -> list[str]:
        with self.database.reading() as session:
            wanted = select(col(AlertStep.kind)).order_by(col(AlertStep.id))
            return list(session.scalars(wanted))

    def seen(self) -> tuple[list[str], list[str]]:
        """The first line of what stands in the channel, and of what stands below it."""
        messages = self.slack.messages(self.channel)
        heads = [one for one in messages if one.get("thread_ts", one["ts"]) == one["ts"]]
        below = [reply for head in heads for reply in self.slack.replies(self.channel, head["ts"])]
        return tuple([one["text"].split("\n")[0] for one in some] for some in (heads, below))  # type: ignore[return-value]


@pytest.fixture
def faults(slack_emulator: SlackEmulator) -> Iterator[SlackFaults]:
    with SlackFaults(slack_emulator.api_url) as faults:
        yield faults


@pytest.fixture
def deployment(tmp_path: Path, slack_emulator: SlackEmulator, faults: SlackFaults) -> Deployment:
    """Deskpulse on a fast clock, connected to the Slack emulator over a line that can fail."""
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'deskpulse.db'}",
        "DESKPULSE_SECRET": "a-secret-of-the-live-tests",
        "SLACK_BOT_TOKEN": slack_emulator.bot_token,
        "SLACK_SIGNING_SECRET": slack_emulator.signing_secret,
        "SLACK_API_URL": faults.api_url,
    }
    return killed.fast(Deployment(tmp_path, settings))


@pytest.fixture
def watched(deployment: Deployment, slack_emulator: SlackEmulator) -> Iterator[Watched]:
    database = Database(deployment.settings["DATABASE_URL"])
    database.migrate()
    watched = Watched(database, slack_emulator, slack_emulator.channel())
    yield watched
    database.close()


@pytest.mark.parametrize("where", [*OWN_STEPS, *AT_SLACK])
def test_an_alert_is_one_message_in_the_right_state_wherever_its_worker_is_killed(
    deployment: Deployment, faults: SlackFaults, watched: Watched, where: str
) -> None:
    watched.switch_on(deployment)
    clock = killed.clock(deployment)
    worker = killed.worker(deployment, at=OWN_STEPS.get(where, ""), jobs=JOBS)
    dies = Meanwhile(after=lambda: worker.send(signal.SIGKILL), then=LostResponse())
    fates: dict[str, Fault] = {AT_SLACK[where]: dies} if where in AT_SLACK else {}
    is_posted = fates.get("chat.postMessage", Through())
    faults.on(
        "chat.postMessage",
        Meanwhile(after=lambda: clock.leap(clock.now() + RULE.over), then=is_posted),
    )
    faults.on("chat.update", fates.get("chat.update", Through()))
    with worker:
        assert killed.died(worker), worker.output()
    with killed.worker(deployment, jobs=JOBS):
        wait_until(watched.is_told, 120, "it is not over")
        SystemClock().sleep(2)  # minutes of theirs: a second copy would come now
    heads, below = watched.seen()
    assert len(heads) == 1
    assert heads[0].startswith("✅ *Ticket volume back at ")
    assert [line.partition(" ")[0] for line in below] == ["✅"]
    assert watched.log() == ["fired", "told", "recovered", "ended"]
