from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.kwargs_injection.args import Args
from slack_bolt.listener import Listener

from bot import app
from bot.app import build, slack_app
from bot.settings import Given

#: What Bolt hands to a listener by name, and what our middleware adds.
HANDED_OVER = {*Args.__annotations__, "services"}


@pytest.fixture
def bolt(tmp_path: Path) -> Iterator[App]:
    """The app as it is built for production; nobody is at the other end."""
    settings = Given(database_url=f"sqlite:///{tmp_path / 'a.db'}", slack_bot_token="xoxb-1")
    services = build(settings)
    yield slack_app(services)
    services.database.close()


def listeners(bolt: App) -> list[Callable[..., Any]]:
    registered: list[Listener] = bolt._listeners  # noqa: SLF001  Bolt offers no other way
    return [listener.ack_function for listener in registered]


def unknown_names(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - HANDED_OVER


def test_every_listener_asks_only_for_what_bolt_hands_over(bolt: App) -> None:
    found = listeners(bolt)
    assert len(found) >= 11
    for function in found:
        assert unknown_names(function) == set(), function.__name__


def test_a_mistyped_name_would_be_seen() -> None:
    def listener(ack: object, commmand: object, services: object) -> None: ...

    assert unknown_names(listener) == {"commmand"}


def test_the_error_handler_asks_only_for_what_bolt_hands_over() -> None:
    assert unknown_names(app.tell) - {"error"} == set()


#: An answer to a survey is acknowledged once it is kept: where it is not, Slack says so.
KEPT_FIRST = ("score", "decline")


def test_every_listener_acknowledges_first(bolt: App) -> None:
    for function in listeners(bolt):
        if "view" in inspect.signature(function).parameters:
            continue  # what is wrong in a window is told by the acknowledgement itself
        if function.__name__ in KEPT_FIRST:
            continue
        body = inspect.getsource(function).partition("-> None:")[2]
        statements = [line.strip() for line in body.splitlines() if line.strip()]
        code = [line for line in statements if not line.startswith('"""')]
        assert code[0] == "ack()", function.__name__
