"""Runs `deskpulse` as processes that stay: `web`, `worker`, `run`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.clock import SystemClock
from tests.slack_double import SlackDouble
from tests.slack_requests import SIGNING_SECRET
from tests.workspace import LEAD

#: How long a process may take until it is there, until it answers, and until it has ended.
STARTED, ANSWERED, STOPPED = 60, 10, 20


@dataclass(frozen=True, slots=True)
class Program:
    """A running `python -m bot …`."""

    process: subprocess.Popen[bytes]
    folder: Path

    def printed(self) -> str:
        return (self.folder / "printed.txt").read_text()

    def wait_for(self, text: str, seconds: float) -> str:
        """What it has printed once `text` is there."""
        for _ in until(seconds):
            if text in self.printed():
                return self.printed()
            assert self.process.poll() is None, self.printed()
        raise TimeoutError(f"“{text}” was not printed: {self.printed()}")


@contextmanager
def running(folder: Path, command: str, environment: Mapping[str, str]) -> Iterator[Program]:
    """`python -m bot <command>` in `folder`, with no environment but the given one."""
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", command],
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Program(process, folder)
    finally:
        process.kill()
        process.wait()


def until(seconds: float) -> Iterator[None]:
    """Comes round twenty times a second, for so long."""
    clock, waited = SystemClock(), 0.0
    while waited < seconds:
        yield
        clock.sleep(0.05)
        waited += 0.05


def settings(slack: SlackDouble, **more: str) -> dict[str, str]:
    """The environment of a process that is connected to that Slack."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack.api_url,
        "PORT": "0",
        "DESKPULSE_HOST": "127.0.0.1",
        "DESKPULSE_LEADS": f'["{LEAD}"]',
        "DESKPULSE_ZONE": "Europe/Athens",
        **more,
    }
