"""A worker that dies at one step of its work, as by `kill -9`, so that a test can start the next.

    with killed.worker(deployment, at="post:after") as worker:
        assert killed.died(worker)
    with killed.worker(deployment):
        wait_until(…)

The process runs the real jobs on the real database against whatever Slack the deployment names.
Only the ticking is its own: it does one job after the other, so that the steps always come in the
same order, and its clock runs fast (`PACE`), so that two minutes take a second. Of a Slack that
looks at the times of messages it would therefore ask too much; the emulator does not.

Steps are counted from its start, and named after what happens:

* `post:before`, `post:after`: a call of the messenger's method `post` begins, has been answered.
  So with every method of `Messenger`: `update`, `find`, `open_view`, …
* `outbox:before`, `outbox:after`: a transaction that wrote to the table `outbox` is about to be
  committed, was committed. So with every table: `alert_rule`, `alert_incident`, `lease`, …

A number after it means its n-th time: `outbox:before 2`. So whoever wants another job killed at its
own steps names the job (`jobs=("alerts", "deliver")`) and the tables that it writes. What happens
at Slack's end, between the call and its answer, is for `SlackFaults`: see `Meanwhile`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, event

from bot import logs, scheduler
from bot.app import build
from bot.clock import SystemClock
from bot.message import BlockJson
from bot.services import Services
from bot.settings import Settings
from bot.slack.messenger import Channel, Identity, Messenger, Person, SlackMessenger
from bot.store.database import Database
from jobs import declared
from tests.forked import forked, settle
from tests.live.deployment import Deployment

#: How many times faster than ours the clock of such a deployment runs.
PACE = 100

#: How long the loop rests when it has done every job once, in seconds of ours.
REST = 0.02

_AT, _JOBS, _SINCE = "KILLED_AT", "KILLED_JOBS", "KILLED_SINCE"

Given = TypeVar("Given")


# --- For tests -----------------------------------------------------------------------------------


def fast(deployment: Deployment) -> Deployment:
    """The same deployment on a fast clock, which starts now."""
    since = str(SystemClock().now().timestamp())
    return replace(deployment, settings={**deployment.settings, _SINCE: since})


def clock(deployment: Deployment) -> FastClock:
    """The clock by which the workers of a fast deployment live."""
    return FastClock(datetime.fromtimestamp(float(deployment.settings[_SINCE]), UTC))


class Worker:
    """A worker that runs while a `with` block does."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._log = folder / "killed.log"
        self._process = forked(_run, folder, self._log, environment)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.join()

    def send(self, number: signal.Signals) -> None:
        """Signals it; one that is dead already hears nothing."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    def ends(self, seconds: float) -> int | None:
        """Its exit code, once it has ended; `None` if it still runs after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode

    def output(self) -> str:
        """All that it printed, and those before it in the same folder."""
        return self._log.read_text(errors="replace")


def worker(deployment: Deployment, *, at: str = "", jobs: Sequence[str] = ("deliver",)) -> Worker:
    """A worker that runs while a `with` block does, or until it has come to the step `at`."""
    told = {_AT: at, _JOBS: ",".join(jobs)}
    return Worker(deployment.folder, {**deployment.environment, **told})


def died(worker: Worker, seconds: float = 60) -> bool:
    """Waits for the end of a worker; whether it was killed, and did not just fail."""
    return worker.ends(seconds) == -signal.SIGKILL


# --- In the process ------------------------------------------------------------------------------


class FastClock:
    """Runs `PACE` times as fast as ours from a moment on."""

    def __init__(self, since: datetime) -> None:
        self._since = since

    def now(self) -> datetime:
        return self._since + PACE * (SystemClock().now() - self._since)

    def sleep(self, seconds: float) -> None:
        SystemClock().sleep(seconds / PACE)


class Fuse:
    """Ends this process when a step is reached for the n-th time, and never if none is wanted."""

    def __init__(self, wanted: str) -> None:
        self._step, _, times = wanted.partition(" ")
        self._left = int(times or 1)
        self._lock = Lock()

    def reached(self, step: str) -> None:
        with self._lock:
            self._left -= step == self._step
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, work: Callable[[], Given]) -> Given:
        self.reached(f"{name}:before")
        done = work()
        self.reached(f"{name}:after")
        return done


class FusedMessenger:
    """A messenger whose every call may be the last thing that the process does."""

    def __init__(self, messenger: Messenger, fuse: Fuse) -> None:
        self._messenger = messenger
        self._around = fuse.around

    def identity(self) -> Identity:
        return self._around("identity", self._messenger.identity)

    def person(self, user: str) -> Person:
        return self._around("person", partial(self._messenger.person, user))

    def channel(self, channel: str) -> Channel:
        return self._around("channel", partial(self._messenger.channel, channel))

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        return self._around("upload", partial(self._messenger.upload, png, name=name, alt=alt))

    def post(
        self, channel: str, text: str, blocks: Sequence[BlockJson], **more: Any
    ) -> tuple[str, str]:
        return self._around("post", partial(self._messenger.post, channel, text, blocks, **more))

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        self._around("update", partial(self._messenger.update, channel, ts, text, blocks))

    def find(self, channel: str, delivery: str, **more: Any) -> str | None:
        return self._around("find", partial(self._messenger.find, channel, delivery, **more))

    def open_view(self, trigger: str, view: BlockJson) -> str:
        return self._around("open_view", partial(self._messenger.open_view, trigger, view))

    def update_view(self, view_id: str, view: BlockJson, *, hash_: str | None) -> None:
        change = partial(self._messenger.update_view, view_id, view, hash_=hash_)
        self._around("update_view", change)


def watch(database: Database, fuse: Fuse) -> None:
    """Burns the fuse at every commit, by the tables that the transaction wrote to."""

    def note(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if (table := _written(statement)) is not None:
            connection.info.setdefault("written", set()).add(table)

    def about_to_commit(connection: Connection) -> None:
        written = connection.info.pop("written", set())
        for table in sorted(written):
            fuse.reached(f"{table}:before")
        connection.info["kept"] = written

    def rolled_back(connection: Connection) -> None:
        connection.info.pop("written", None)

    def given_back(_connection: Any, record: Any) -> None:
        for table in sorted(record.info.pop("kept", ())):
            fuse.reached(f"{table}:after")

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", about_to_commit)
    event.listen(database.engine, "rollback", rolled_back)
    event.listen(database.engine, "checkin", given_back)


def _written(statement: str) -> str | None:
    """The table that a statement writes to."""
    match statement.split(maxsplit=3):
        case ["UPDATE", table, *_] | ["INSERT" | "DELETE", _, table, *_]:
            return table.strip('"')
    return None


def _work(services: Services, names: Sequence[str]) -> None:
    """Does each of the named jobs whenever it is due, one after the other, until it is killed."""
    known = declared()
    due = dict.fromkeys(names, services.clock.now())
    while True:
        for name in names:
            now = services.clock.now()
            if due[name] <= now:
                scheduler.tick(services, known[name])
                due[name] = now + (known[name].every or timedelta(seconds=30))
        SystemClock().sleep(REST)


def _run(folder: Path, log: Path, environment: Mapping[str, str]) -> None:
    settle(folder, environment, out=log, err=log)
    settings = Settings.read()
    logs.configure(settings.log_format)
    fuse = Fuse(os.environ[_AT])
    since = datetime.fromtimestamp(float(os.environ[_SINCE]), UTC)
    token = settings.slack_bot_token
    assert token is not None
    slack = SlackMessenger(token.get_secret_value(), url=settings.slack_api_url)
    messenger = FusedMessenger(slack, fuse)
    services = build(settings, clock=FastClock(since), messenger=messenger)
    watch(services.database, fuse)
    _work(services, os.environ[_JOBS].split(","))
