"""How soon slash commands are acknowledged by `deskpulse web`, how soon it is up, and how large.

Three processes: `web`, whoever types 50 commands a second for ten seconds, and this one, which
plays Slack for both. A command that is sent late counts from when it should have been sent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from bot.clock import SystemClock
from tests.bench import Result, in_turns, peak_memory, tell
from tests.bench.past import fill, make_up
from tests.live.components import free_port
from tests.slack_double import SlackDouble
from tests.slack_requests import SIGNING_SECRET, Signed, slash

TICKETS = 20_000
A_SECOND, SECONDS = 50, 10
PEOPLE = 20

#: What is typed, in turns: answers that need the database a lot, a little, and not at all.
TYPED = (
    ("/kpi", "help"),
    ("/kpi", "first response time 2026-11-02..2026-11-08"),
    ("/digest", ""),
    ("/kpi", "explain reopen rate"),
    ("/kpi", "backlog 2026-11-02..2026-11-08 by channel"),
    ("/deskpulse", "help"),
)

#: For so many seconds the answers may come in after the last command.
_PATIENCE = 60


def run() -> list[Result]:
    [help_] = in_turns(3, _help)
    with TemporaryDirectory() as folder, SlackDouble() as slack:
        file = Path(folder) / "ack.db"
        with make_up(TICKETS) as duck:
            fill(duck, file).close()
        for number in range(PEOPLE):
            slack.add_user(f"U{number}")
        with _web(file, slack) as (url, seconds, pid):
            waits = _typed(url, slack)
            peak = peak_memory(pid)
    return [
        Result("deskpulse --help", help_, target=2),
        Result("web is ready", seconds, target=2),
        Result("acknowledgement, half", waits[len(waits) // 2] * 1_000, "ms"),
        Result(
            "acknowledgement, 99 of 100", waits[len(waits) * 99 // 100] * 1_000, "ms", target=100
        ),
        Result("memory of web", peak or float("nan"), "MB", target=150, peak=peak),
    ]


def _help() -> None:
    subprocess.run(_deskpulse("--help"), check=True, stdout=subprocess.DEVNULL)


def _deskpulse(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", *arguments]


@contextmanager
def _web(file: Path, slack: SlackDouble) -> Iterator[tuple[str, float, int]]:
    """A running `web`: its address, the seconds until it answered, its process."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{file}",
        "PORT": str(port),
        "DESKPULSE_HOST": "127.0.0.1",
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    }
    url = f"http://127.0.0.1:{port}"
    began = perf_counter()
    with subprocess.Popen(_deskpulse("web"), env=environment, stdout=subprocess.DEVNULL) as web:
        try:
            while not _is_up(url):
                if web.poll() is not None:
                    sys.exit(f"web ended with {web.returncode}")
                SystemClock().sleep(0.02)
            yield url, perf_counter() - began, web.pid
        finally:
            web.terminate()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def _typed(url: str, slack: SlackDouble) -> list[float]:
    """The seconds until each command was acknowledged, shortest first; all were answered too."""
    command = [sys.executable, "-m", __name__, f"{url}/slack/events", slack.response_url("")]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    waits: list[float] = json.loads(told)
    deadline = perf_counter() + _PATIENCE
    while len(slack.responses) < len(waits):
        if perf_counter() > deadline:
            sys.exit(f"{len(waits)} commands were typed, {len(slack.responses)} answered")
        SystemClock().sleep(0.1)
    return sorted(waits)


# --- Whoever types ---------------------------------------------------------------------------------


def _type(url: str, answers: str) -> list[float]:
    """Sends the commands, each at its time; gives the seconds that each took."""
    commands = [_command(number, answers) for number in range(A_SECOND * SECONDS)]
    with httpx.Client() as client, ThreadPoolExecutor(A_SECOND) as people:
        began = perf_counter() + 0.5

        def send(number: int) -> float:
            due = began + number / A_SECOND
            SystemClock().sleep(max(0.0, due - perf_counter()))
            body, headers = commands[number]
            answer = client.post(url, content=body, headers=headers)
            if answer.status_code != 200 or answer.content:
                sys.exit(f"answered {answer.status_code}: {answer.text[:200]}")
            return perf_counter() - due

        return list(people.map(send, range(len(commands))))


def _command(number: int, answers: str) -> Signed:
    command, text = TYPED[number % len(TYPED)]
    return slash(command, text, user=f"U{number % PEOPLE}", response_url=f"{answers}{number}")


if __name__ == "__main__":
    tell(_type(*sys.argv[1:]))
