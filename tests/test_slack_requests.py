from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.clock import SystemClock
from tests.slack_double import SlackDouble
from tests.slack_requests import SIGNING_SECRET, Signed, click, closing, event, slash, submission

Heard = list[tuple[Any, ...]]


def build(slack: SlackDouble, heard: Heard) -> App:
    """A Bolt app that writes down what it understood."""
    app = App(
        token=slack.bot_token,
        signing_secret=SIGNING_SECRET,
        client=WebClient(slack.bot_token, base_url=slack.api_url),
        token_verification_enabled=False,
    )

    def command(ack: Ack, command: dict[str, str], respond: Respond) -> None:
        ack()
        heard.append((command["command"], command["text"], command["user_id"]))
        respond("done")

    def action(ack: Ack, body: dict[str, Any], payload: dict[str, Any]) -> None:
        ack()
        heard.append((payload["action_id"], payload["value"], body["channel"]["id"]))

    def view(ack: Ack, view: dict[str, Any]) -> None:
        ack()
        heard.append((view["callback_id"], view["private_metadata"], view["state"]["values"]))

    def home(event: dict[str, Any]) -> None:
        heard.append((event["type"], event["user"]))

    app.command("/kpi")(command)
    app.action("share")(action)
    app.view("digest")(view)
    app.view_closed("digest")(view)
    app.event("app_home_opened")(home)
    return app


def dispatch(request: Callable[[SlackDouble], Signed]) -> tuple[int, Heard, SlackDouble]:
    heard: Heard = []
    with SlackDouble() as slack:
        app = build(slack, heard)
        response = app.dispatch(request(slack).for_bolt())
        app.listener_runner.listener_executor.shutdown()
        app.listener_runner.lazy_listener_runner.executor.shutdown()  # type: ignore[attr-defined]
    return response.status, heard, slack


VALUES = {"hour": {"hour": {"type": "timepicker", "selected_time": "09:00"}}}
UNDERSTOOD = [
    (
        lambda slack: slash("/kpi", "frt last 7d — «x»", response_url=slack.response_url()),
        ("/kpi", "frt last 7d — «x»", "U1"),
    ),
    (lambda _: click("share", "r42", channel="C2"), ("share", "r42", "C2")),
    (lambda _: click("share", "r42", ephemeral=False), ("share", "r42", "C1")),
    (lambda _: submission("digest", VALUES, private_metadata="C1"), ("digest", "C1", VALUES)),
    (lambda _: closing("digest"), ("digest", "", {})),
    (lambda _: event({"type": "app_home_opened", "user": "U1"}), ("app_home_opened", "U1")),
]


@pytest.mark.parametrize(("request_", "expected"), UNDERSTOOD)
def test_bolt_understands_what_we_send(
    request_: Callable[[SlackDouble], Signed], expected: tuple[Any, ...]
) -> None:
    status, heard, _ = dispatch(request_)
    assert (status, heard) == (200, [expected])


def test_the_response_url_of_a_command_leads_back() -> None:
    _, _, slack = dispatch(lambda slack: slash("/kpi", response_url=slack.response_url("a")))
    assert [(name, sent["text"]) for name, sent in slack.responses] == [("a", "done")]


def five_minutes_ago() -> int:
    return int(SystemClock().now().timestamp()) - 301


REFUSED = [
    lambda _: slash("/kpi", secret="another"),
    lambda _: slash("/kpi", timestamp=five_minutes_ago()),
    lambda _: slash("/kpi")._replace(body=b"command=%2Fkpi&text=forged"),
    lambda _: click("share", secret="another"),
    lambda _: submission("digest", {}, timestamp=five_minutes_ago()),
]


@pytest.mark.parametrize("request_", REFUSED)
def test_a_wrong_signature_and_an_old_timestamp_are_refused(
    request_: Callable[[SlackDouble], Signed],
) -> None:
    status, heard, _ = dispatch(request_)
    assert (status, heard) == (401, [])
