"""What the live tests need of this machine: programs, ports, and a word when one is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Self, TypeVar

import pytest

from bot.clock import SystemClock

#: Set to 1 where every component is installed: then a missing one fails instead of skipping.
REQUIRE_LIVE = "DESKPULSE_REQUIRE_LIVE"

_POLL_SECONDS = 0.05

Found = TypeVar("Found")


def missing(reason: str) -> NoReturn:
    """Skips the test that asks, or fails it where `DESKPULSE_REQUIRE_LIVE=1` is set."""
    if os.environ.get(REQUIRE_LIVE) == "1":
        pytest.fail(f"{reason} ({REQUIRE_LIVE}=1 is set)", pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether somebody takes TCP connections on that loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(check: Callable[[], Found | None], seconds: float, what: str = "") -> Found:
    """The first truthy answer of `check`, which is asked again and again.

    Fails the test, naming `what` (or the check), when `seconds` have gone by without one.
    """
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain: {what or check}")
        SystemClock().sleep(_POLL_SECONDS)
    return found


class Process:
    """A program that runs while a `with` block does, in a process group of its own.

    What it prints goes to the file `log`. With a `port`, entering waits up to `seconds` until that
    loopback port answers. It is told to stop by `stop_with` and, `grace` seconds later, killed with
    everything that it started. `user` runs it as that account (only root may ask for that).
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        seconds: float = 30.0,
        stop_with: signal.Signals = signal.SIGTERM,
        grace: float = 10.0,
    ) -> None:
        self.log = log
        self._command = [str(part) for part in command]
        self._port = port
        self._env = dict(env) if env is not None else None
        self._cwd = cwd
        self._user = user
        self._seconds = seconds
        self._stop_with = stop_with
        self._grace = grace
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )
        try:
            self._wait_for_port()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def returncode(self) -> int | None:
        """The exit code, `None` while it runs."""
        return self._started().poll()

    def output(self) -> str:
        """All that it printed so far, stdout and stderr as they came."""
        return self.log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Signals the program itself, e.g. `SIGTERM` to see it stop in an orderly way."""
        self._started().send_signal(number)

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself; fails after `seconds`."""
        try:
            return self._started().wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self._command[0]} still runs after {seconds:g} s:\n{self._last_lines()}")

    def stop(self) -> int:
        """Ends it and whatever it started; gives its exit code. Doing it twice does no harm."""
        running = self._started()
        if running.poll() is None:
            running.send_signal(self._stop_with)
            try:
                running.wait(self._grace)
            except subprocess.TimeoutExpired:
                running.kill()
        _kill_group(running.pid)
        return running.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None:
            raise RuntimeError(f"{self._command[0]} was not started")
        return self._running

    def _wait_for_port(self) -> None:
        port = self._port
        if port is not None:
            wait_until(
                lambda: self._alive() and answers(port),
                self._seconds,
                f"port {port} of {' '.join(self._command)}; its output is in {self.log}",
            )

    def _alive(self) -> bool:
        code = self.returncode
        if code is not None:
            pytest.fail(f"{self._command[0]} ended with {code}:\n{self._last_lines()}")
        return True

    def _last_lines(self) -> str:
        return "\n".join(self.output().splitlines()[-20:])


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
