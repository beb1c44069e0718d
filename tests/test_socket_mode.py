"""`deskpulse run`: one process that hears Slack over Socket Mode, syncs, and posts what is due."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.slack import messenger
from bot.slack.kpi import EXPLAIN, SHARE
from tests.processes import ANSWERED, STARTED, STOPPED, Program, running, settings, until
from tests.slack_double import SlackDouble
from tests.slack_requests import click, slash
from tests.socket_mode import SocketMode, socket_mode
from tests.workspace import CHANNEL, LEAD, demo_numbers, words

#: Processes that start and end, and take their time.
pytestmark = pytest.mark.thorough


@dataclass(frozen=True, slots=True)
class Site:
    """A running `run` process, and the Slack to which it is connected."""

    slack: SlackDouble
    mode: SocketMode
    program: Program

    def ask(self, command: str, text: str, name: str, *, times: int = 1) -> list[dict[str, Any]]:
        """Types a command; what came to its response URL."""
        url = self.slack.response_url(name)
        typed = slash(command, text, user=LEAD, response_url=url, trigger=name, channel=CHANNEL)
        self.mode.hand(typed, times=times)
        return self.answers(name)

    def answers(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [message for used, message in self.slack.responses if used == name]
            return bool(found)

        self.wait(there)
        return found

    def wait(self, happened: Callable[[], object]) -> None:
        for _ in until(ANSWERED):
            if happened():
                return
        raise TimeoutError(self.program.printed())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("run")
    (folder / "deskpulse.db").write_bytes(demo_numbers())
    with SlackDouble() as slack, socket_mode(slack) as mode:
        slack.add_user(LEAD)
        slack.add_channel(CHANNEL)
        environment = settings(slack, SLACK_APP_TOKEN=slack.app_token)
        with running(folder, "run", environment) as program:
            program.wait_for("deskpulse runs.", STARTED)
            yield Site(slack, mode, program)


def test_a_command_is_acknowledged_and_answered(site: Site) -> None:
    (message,) = site.ask("/kpi", "backlog yesterday", "command")
    assert "Backlog" in words(message)
    assert message["response_type"] == "ephemeral"


def test_a_click_is_acknowledged_and_answered(site: Site) -> None:
    url = site.slack.response_url("click")
    site.mode.hand(click(EXPLAIN, "backlog", user=LEAD, response_url=url, trigger="click"))
    (message,) = site.answers("click")
    assert "Unsolved tickets at the end of the window." in words(message)


def test_what_slack_delivers_twice_is_done_once(site: Site) -> None:
    """Both deliveries are acknowledged, or Slack would go on."""
    assert len(site.ask("/kpi", "explain backlog", "twice", times=2)) == 1
    # The answer to a later command proves that a second one to the first is not still on its way.
    site.ask("/kpi", "explain backlog", "afterwards")
    assert len(site.answers("twice")) == 1


def test_what_carries_no_trigger_is_not_taken_for_another(site: Site) -> None:
    for name in ("first", "second"):
        url = site.slack.response_url(name)
        pressed = click(EXPLAIN, "backlog", user=LEAD, response_url=url, trigger="")
        site.mode.hand(pressed, times=2)
        assert site.answers(name)


def test_a_line_that_slack_refreshes_is_followed_by_another(site: Site) -> None:
    site.mode.refresh()
    (message,) = site.ask("/kpi", "explain backlog", "refreshed")
    assert "Backlog" in words(message)
    assert site.mode.lines > 1


def test_the_same_process_posts_what_is_in_the_outbox(site: Site) -> None:
    (answer,) = site.ask("/kpi", "backlog yesterday", "shared")
    (share,) = [
        element
        for block in answer["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == SHARE
    ]
    site.mode.hand(click(SHARE, share["value"], user=LEAD, channel=CHANNEL, trigger="share"))
    site.wait(lambda: site.slack.posts(CHANNEL))
    (posted,) = site.slack.posts(CHANNEL)
    assert posted.text.startswith("Backlog ·")


def test_of_frames_that_are_not_understood_only_that_is_printed(site: Site) -> None:
    """A message in pieces is not; it may hold what somebody answered."""

    def pieces() -> Iterator[str]:
        yield '{"payload": "a story that is unmist'
        site.wait(lambda: "Failed to process a message" in site.program.printed())
        yield 'akable"}'

    site.mode.line().send(pieces())
    # The last piece is read when something comes after it.
    site.ask("/kpi", "explain backlog", "whole")
    site.wait(lambda: "unsupported data frame" in site.program.printed())
    assert "unmist" not in site.program.printed()
    assert "akable" not in site.program.printed()


def test_no_token_is_printed(site: Site) -> None:
    assert site.slack.app_token not in site.program.printed()
    assert site.slack.bot_token not in site.program.printed()


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    with SlackDouble() as slack, socket_mode(slack):
        environment = settings(slack, SLACK_APP_TOKEN=slack.app_token)
        with running(tmp_path, "run", environment) as program:
            program.wait_for("deskpulse runs.", STARTED)
            program.process.send_signal(signal.SIGTERM)
            assert program.process.wait(STOPPED) == 0
            assert "Traceback" not in program.printed()


class _Late(logging.Logger):
    """Holds up the thread that is about to listen until everything else of the client has ended."""

    client: SocketModeClient

    def __init__(self) -> None:
        super().__init__("late")
        self.holds = Event()

    def info(self, msg: object, *_args: object, **_named: Any) -> None:
        if str(msg).startswith("Starting to receive"):
            self.holds.set()
            for _ in until(STOPPED):
                if self.client.closed and not self.client.is_connected():
                    return


def test_it_ends_while_it_begins_to_listen() -> None:
    with SlackDouble() as slack, socket_mode(slack):
        logger = _Late()
        client = messenger.web_client(slack.bot_token, slack.api_url)
        app = App(client=client, signing_secret="none", token_verification_enabled=False)
        handler = SocketModeHandler(app, slack.app_token, logger=logger)
        logger.client = handler.client
        messenger.connect(handler)
        assert logger.holds.wait(STARTED)
        ending = Thread(target=messenger.disconnect, args=[handler], daemon=True)
        ending.start()
        ending.join(STOPPED)
        assert not ending.is_alive()
