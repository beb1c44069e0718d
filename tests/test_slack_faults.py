from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from slack_sdk import WebClient

from tests.live.components import wait_until
from tests.slack_double import SlackDouble
from tests.slack_faults import (
    Fault,
    LostResponse,
    Meanwhile,
    RateLimited,
    Refused,
    Reset,
    ServerError,
    SlackFaults,
    Slow,
    Through,
)


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        double.add_channel("C1")
        yield double


@pytest.fixture
def faults(slack: SlackDouble) -> Iterator[SlackFaults]:
    with SlackFaults(slack.api_url) as proxy:
        yield proxy


def post(faults: SlackFaults, text: str = "hello", timeout: float = 5) -> httpx.Response:
    return httpx.post(
        f"{faults.api_url}chat.postMessage",
        json={"channel": "C1", "text": text},
        headers={"Authorization": f"Bearer {SlackDouble.bot_token}"},
        timeout=timeout,
    )


def test_without_a_fault_a_call_goes_through(slack: SlackDouble, faults: SlackFaults) -> None:
    answer = post(faults)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert [posted.text for posted in slack.posted] == ["hello"]


ANSWERED = [
    (RateLimited(30), 429, "ratelimited"),
    (Refused("not_in_channel"), 200, "not_in_channel"),
]


@pytest.mark.parametrize(("fault", "status", "code"), ANSWERED)
def test_a_refusal_reaches_the_client_but_not_slack(
    slack: SlackDouble, faults: SlackFaults, fault: Fault, status: int, code: str
) -> None:
    faults.on("chat.postMessage", fault)
    answer = post(faults)
    assert (answer.status_code, answer.json()) == (status, {"ok": False, "error": code})
    assert slack.posted == []


def test_a_rate_limit_says_how_long_to_wait(faults: SlackFaults) -> None:
    faults.on("chat.postMessage", RateLimited(30))
    assert post(faults).headers["retry-after"] == "30"


def test_a_server_error_carries_no_json(slack: SlackDouble, faults: SlackFaults) -> None:
    faults.on("chat.postMessage", ServerError(503))
    answer = post(faults)
    assert answer.status_code == 503
    assert answer.text.startswith("<html>")
    assert slack.posted == []


@pytest.mark.parametrize(("fault", "stored"), [(Reset(), []), (LostResponse(), ["hello"])])
def test_a_cut_line_is_seen_as_a_reset_whether_or_not_slack_did_it(
    slack: SlackDouble, faults: SlackFaults, fault: Fault, stored: list[str]
) -> None:
    faults.on("chat.postMessage", fault)
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        post(faults)
    assert [posted.text for posted in slack.posted] == stored


@pytest.mark.thorough
def test_a_slow_answer_outlasts_a_timeout_and_is_done_all_the_same(
    slack: SlackDouble, faults: SlackFaults
) -> None:
    faults.on("chat.postMessage", Slow(0.4))
    with pytest.raises(httpx.ReadTimeout):
        post(faults, timeout=0.1)
    assert wait_until(lambda: slack.posted, 60, "the slow call")[0].text == "hello"


def test_faults_come_in_order_one_for_each_call(slack: SlackDouble, faults: SlackFaults) -> None:
    faults.on("chat.postMessage", Through(), RateLimited(1), ServerError(500))
    seen = [post(faults, str(n)).status_code for n in range(4)]
    assert seen == [200, 429, 500, 200]
    assert [posted.text for posted in slack.posted] == ["0", "3"]
    assert (faults.calls("chat.postMessage"), faults.done("chat.postMessage")) == (4, 2)
    assert faults.left("chat.postMessage") == 0


def test_a_fault_meets_only_its_own_method(faults: SlackFaults) -> None:
    faults.on("auth.test", ServerError())
    assert post(faults).status_code == 200
    assert faults.left("auth.test") == 1


def test_an_upload_goes_through_the_proxy_too(slack: SlackDouble, faults: SlackFaults) -> None:
    client = WebClient(slack.bot_token, base_url=faults.api_url, retry_handlers=[])
    client.files_upload_v2(file=b"\x89PNG", filename="trend.png")
    assert faults.calls("upload") == 1
    assert [file.content for file in slack.files.values()] == [b"\x89PNG"]


@pytest.mark.parametrize("fate", [Through(), LostResponse(), Refused("not_in_channel"), Reset()])
def test_something_may_happen_before_a_call_and_before_its_answer(
    slack: SlackDouble, faults: SlackFaults, fate: Fault
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(slack.posted))

    faults.on("chat.postMessage", Meanwhile(look, look, fate))
    with suppress(httpx.ReadError):
        seen.append(post(faults).status_code)
    done = int(fate in (Through(), LostResponse()))
    answered = [200] if fate in (Through(), Refused("not_in_channel")) else []
    assert seen == [0, done, *answered]
