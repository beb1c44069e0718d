from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import Respond
from structlog.testing import capture_logs

from bot.message import Message, Picture
from commands.answers import say, whisper
from tests.loopback import Reply, Request, serving
from tests.slack_double import SlackDouble

NUMBERS = {"type": "section", "text": {"type": "mrkdwn", "text": "12 tickets"}}
CHART = {
    "type": "data_visualization",
    "block_id": "days",
    "title": "New tickets",
    "chart": {
        "type": "bar",
        "series": [{"name": "new", "data": [{"label": "Mon", "value": 7}]}],
        "axis_config": {"categories": ["Mon"]},
    },
}
PICTURE = Picture("FPICTURE01", b"\x89PNG", "tickets of eight weeks")
IMAGE = {"type": "image", "slack_file": {"id": PICTURE.key}, "alt_text": PICTURE.alt}
ANSWER = Message("12 tickets", [NUMBERS, CHART], alternatives={"days": PICTURE})


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        yield double


def answered(slack: SlackDouble) -> list[dict[str, Any]]:
    return [message for _, message in slack.responses]


def test_an_answer_is_shown_to_the_one_who_asked_and_to_nobody_else(slack: SlackDouble) -> None:
    whisper(Respond(response_url=slack.response_url()), ANSWER)
    assert answered(slack) == [
        {
            "text": "12 tickets",
            "blocks": [NUMBERS, CHART],
            "response_type": "ephemeral",
            "replace_original": False,
        }
    ]


def test_a_sentence_takes_the_place_of_nothing_and_has_no_blocks(slack: SlackDouble) -> None:
    say(Respond(response_url=slack.response_url()), "Done.")
    [message] = answered(slack)
    assert message["text"] == "Done."
    assert "blocks" not in message


@pytest.mark.parametrize("replace", [True, False])
def test_where_slack_refuses_a_chart_the_answer_comes_without_it(
    slack: SlackDouble, *, replace: bool
) -> None:
    slack.unknown_blocks = {"data_visualization"}
    whisper(Respond(response_url=slack.response_url()), ANSWER, replace=replace)
    [message] = answered(slack)
    assert (message["text"], message["blocks"]) == ("12 tickets", [NUMBERS])
    assert message["replace_original"] is replace


def test_an_answer_takes_no_pictures_along(slack: SlackDouble) -> None:
    whisper(
        Respond(response_url=slack.response_url()),
        Message("12 tickets", [NUMBERS, IMAGE], [PICTURE]),
    )
    [message] = answered(slack)
    assert message["blocks"] == [NUMBERS]


@pytest.mark.parametrize(
    ("status", "body", "tries"),
    [
        (200, b"ok", 1),
        (400, b"invalid_blocks", 3),
        (400, b'{"ok":false,"error":"invalid_blocks"}', 3),
        (400, b"msg_blocks_too_long", 3),
        (404, b'{"ok":false,"error":"used_url"}', 1),
        (500, b"", 1),
    ],
)
def test_an_answer_is_given_again_only_when_slack_refused_its_blocks(
    status: int, body: bytes, tries: int
) -> None:
    """Slack refuses in plain words or in JSON; after another failure it may have been shown."""
    given: list[dict[str, Any]] = []

    def answer(request: Request) -> Reply:
        given.append(json.loads(request.body))
        return Reply(body, status)

    with serving(answer) as address:
        whisper(Respond(response_url=address), ANSWER)
    shown = [message.get("blocks") for message in given]
    assert shown == [[NUMBERS, CHART], [NUMBERS], None][:tries]
    assert {message["text"] for message in given} == {"12 tickets"}


def test_where_slack_takes_no_blocks_the_text_comes_alone_and_the_log_tells() -> None:
    given: list[dict[str, Any]] = []

    def refuse(request: Request) -> Reply:
        given.append(json.loads(request.body))
        return Reply(b"ok") if "blocks" not in given[-1] else Reply(b"msg_blocks_too_long", 400)

    with serving(refuse) as address, capture_logs() as logs:
        whisper(Respond(response_url=address), Message("12 tickets", [NUMBERS]))
    assert [message.get("blocks") for message in given] == [[NUMBERS], None]
    assert [(told["event"], told["code"]) for told in logs] == [
        ("answer_refused", "msg_blocks_too_long")
    ]
