"""A process that dies at one step of its work, as by `kill -9`, so that a test can start the next.

    with killed.worker(deployment, at="post:after") as worker:
        assert killed.died(worker)
    with killed.worker(deployment):
        wait_until(…)

A worker runs the real jobs on the real database against whatever Slack the deployment names. Only
the ticking is its own: it does one job after the other, so that the steps always come in the same
order. A web process (`killed.web`) is the real one. Both live by one clock that runs fast (`PACE`),
so that two minutes take a second, and that a test can set forward (`killed.clock(…).leap`). Of a
Slack that looks at the times of messages this would ask too much; the emulator does not.

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
from bot.slack.messenger import Channel, Group, Identity, Messenger, Person, SlackMessenger
from bot.store.database import Database
from bot.web import server
from jobs import declared
from tests.forked import forked, settle
from tests.live.components import answers, wait_until
from tests.live.deployment import Deployment

#: How many times faster than ours the clock of such a deployment runs.
PACE = 100

#: How far the clock was set forward, in seconds: in this file of the deployment's folder.
AHEAD = "ahead"

#: How long the loop rests when it has done every job once, in seconds of ours.
REST = 0.02

_AT, _JOBS, _SINCE = "KILLED_AT", "KILLED_JOBS", "KILLED_SINCE"

Given = TypeVar("Given")


# --- For tests -----------------------------------------------------------------------------------


def fast(deployment: Deployment, *, at: datetime | None = None) -> Deployment:
    """The same deployment on a fast clock, which starts at a moment, by default now."""
    now = SystemClock().now()
    ahead = 0.0 if at is None else (at - now).total_seconds()
    (deployment.folder / AHEAD).write_text(str(ahead))
    since = str(now.timestamp())
    return replace(deployment, settings={**deployment.settings, _SINCE: since})


def clock(deployment: Deployment) -> FastClock:
    """The clock by which the processes of a fast deployment live."""
    return _clock(deployment.folder, deployment.settings[_SINCE])


class _Mortal:
    """A process that runs while a `with` block does, or until it dies."""

    def __init__(
        self, work: Callable[..., None], folder: Path, log: str, environment: Mapping[str, str]
    ) -> None:
        self._log = folder / log
        self._process = forked(work, folder, self._log, environment)

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


class Worker(_Mortal):
    """A process that does jobs."""


class Web(_Mortal):
    """A process that takes requests, on `port` of this machine; entering waits until it does."""

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(_serve, folder, "web.log", environment)
        self._port = port

    def __enter__(self) -> Self:
        super().__enter__()
        wait_until(self._is_there, 60, "the web process does not start")
        return self

    def _is_there(self) -> bool:
        return answers(self._port) or self.ends(0) is not None


def worker(deployment: Deployment, *, at: str = "", jobs: Sequence[str] = ("deliver",)) -> Worker:
    """A worker that runs while a `with` block does, or until it has come to the step `at`."""
    told = {_AT: at, _JOBS: ",".join(jobs)}
    folder = deployment.folder
    return Worker(_run, folder, "killed.log", {**deployment.environment, **told})


def web(deployment: Deployment, port: int, *, at: str = "") -> Web:
    """A web process that runs while a `with` block does, or until it has come to the step `at`."""
    told = {_AT: at, "PORT": str(port), "DESKPULSE_HOST": "127.0.0.1"}
    return Web(deployment.folder, port, {**deployment.environment, **told})


def died(process: Worker | Web, seconds: float = 60) -> bool:
    """Waits for the end of a process; whether it was killed, and did not just fail."""
    return process.ends(seconds) == -signal.SIGKILL


# --- In the process ------------------------------------------------------------------------------


class FastClock:
    """Runs `PACE` times as fast as ours from a moment on, ahead by as much as a file says."""

    def __init__(self, since: datetime, ahead: Path) -> None:
        self._since = since
        self._ahead = ahead

    def now(self) -> datetime:
        run = PACE * (SystemClock().now() - self._since)
        return self._since + run + timedelta(seconds=float(self._ahead.read_text()))

    def sleep(self, seconds: float) -> None:
        SystemClock().sleep(seconds / PACE)

    def leap(self, to: datetime) -> None:
        """It is a later moment at once, for all who live by it; one that is past already is past."""
        by = max(0.0, (to - self.now()).total_seconds())
        new = self._ahead.with_suffix(".new")
        new.write_text(str(float(self._ahead.read_text()) + by))
        # In one step: somebody may be reading it.
        new.replace(self._ahead)


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

    def members(self, channel: str) -> frozenset[str]:
        return self._around("members", partial(self._messenger.members, channel))

    def group(self, group: str) -> Group:
        return self._around("group", partial(self._messenger.group, group))

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
    _work(_services(folder, log, environment), os.environ[_JOBS].split(","))


def _serve(folder: Path, log: Path, environment: Mapping[str, str]) -> None:
    server(_services(folder, log, environment)).run()


def _services(folder: Path, log: Path, environment: Mapping[str, str]) -> Services:
    """What the program consists of, in this process, with a fuse in all that it does."""
    settle(folder, environment, out=log, err=log)
    settings = Settings.read()
    logs.configure(settings.log_format)
    fuse = Fuse(os.environ[_AT])
    token = settings.slack_bot_token
    assert token is not None
    slack = SlackMessenger(token.get_secret_value(), url=settings.slack_api_url)
    messenger = FusedMessenger(slack, fuse)
    clock = _clock(folder, os.environ[_SINCE])
    services = build(settings, clock=clock, messenger=messenger)
    watch(services.database, fuse)
    return services


def _clock(folder: Path, since: str) -> FastClock:
    return FastClock(datetime.fromtimestamp(float(since), UTC), folder / AHEAD)
