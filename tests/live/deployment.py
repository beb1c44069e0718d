"""deskpulse as an operator runs it: real processes, told by their environment alone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.live.components import Process, free_port
from tests.shell import Ended, deskpulse
from tests.slack_requests import slash

_PROGRAM = [sys.executable, "-m", "bot"]


@dataclass(frozen=True)
class Deployment:
    """A database, a help desk and a Slack, and the processes that share them."""

    folder: Path
    settings: dict[str, str] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the machine's own settings gets in."""
        own = {key: value for key, value in os.environ.items() if not _is_setting(key)}
        return {**own, "PYTHONPATH": str(Path(__file__).parents[2]), **self.settings}

    def run(self, *arguments: str) -> Ended:
        """One command to its end."""
        return deskpulse(self.folder, *arguments, **self.environment)

    def succeed(self, *arguments: str) -> str:
        """One command that has to go well; what it printed."""
        done = self.run(*arguments)
        assert done.code == 0, done.out + done.err
        return done.out

    def readings(self, *arguments: str) -> list[dict[str, Any]]:
        """What `deskpulse kpi --format json` says."""
        found: list[dict[str, Any]] = json.loads(
            self.succeed("kpi", *arguments, "--format", "json")
        )
        return found

    def worker(self, name: str = "worker") -> Process:
        """A worker process, running while the block does."""
        return Process(
            [*_PROGRAM, "worker"],
            log=self.folder / f"{name}.log",
            cwd=self.folder,
            env=self.environment,
        )

    @contextmanager
    def web(self) -> Iterator[Web]:
        """A web process, and how Slack speaks to it."""
        port = free_port()
        process = Process(
            [*_PROGRAM, "web"],
            log=self.folder / "web.log",
            port=port,
            cwd=self.folder,
            env={**self.environment, "PORT": str(port), "DESKPULSE_HOST": "127.0.0.1"},
        )
        with process:
            yield Web(f"http://127.0.0.1:{port}", self.settings["SLACK_SIGNING_SECRET"])


@dataclass(frozen=True, slots=True)
class Web:
    """The HTTP side of a deployment."""

    address: str
    secret: str = field(repr=False)

    def slash(self, command: str, text: str, **given: Any) -> httpx.Response:
        """A signed slash command, as Slack sends it."""
        request = slash(command, text, **{"secret": self.secret, **given})
        return httpx.post(
            f"{self.address}/slack/events", content=request.body, headers=request.headers
        )


def _is_setting(name: str) -> bool:
    return name.startswith(("DESKPULSE_", "SLACK_")) or name in ("DATABASE_URL", "PORT")
