"""Whether the real components do what the live tests and the product take for granted."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from matplotlib.image import imread
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.blockkit.official import official_errors, official_view_errors
from tests.live.chromium import screenshot
from tests.live.components import REQUIRE_LIVE, Process, answers, free_port, missing, wait_until
from tests.live.emulator import SlackEmulator
from tests.live.postgres import fresh_database
from tests.slack_faults import LostResponse, SlackFaults

DELIVERY = {"event_type": "deskpulse_delivery", "event_payload": {"delivery": "42"}}
SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "12 tickets"}}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)

SERVE = "import http.server as h, sys; h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.BaseHTTPRequestHandler).serve_forever()"


# Processes


def test_a_process_answers_while_the_block_runs_and_not_after(tmp_path: Path) -> None:
    port = free_port()
    with Process([sys.executable, "-c", SERVE, str(port)], log=tmp_path / "log", port=port) as made:
        assert answers(port)
    assert not answers(port)
    assert made.returncode == -signal.SIGTERM


def test_a_process_that_ends_early_is_told_with_its_output(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no configuration')"]
    with (
        pytest.raises(pytest.fail.Exception, match="no configuration"),
        Process(command, log=tmp_path / "log", port=free_port()),
    ):
        pass


def test_what_a_process_started_is_ended_with_it(tmp_path: Path) -> None:
    script = "import subprocess as s; print(s.Popen(['sleep', '600']).pid, flush=True); input()"
    command = [sys.executable, "-c", f"import time; {script.replace('input()', 'time.sleep(600)')}"]
    with Process(command, log=tmp_path / "log") as made:
        child = int(wait_until(made.output, 60))
        assert alive(child)
    wait_until(lambda: not alive(child), 60, "the child of the process is still there")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    script = "import signal, time; signal.signal(10, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    with Process(
        [sys.executable, "-c", script],
        log=tmp_path / "log",
        stop_with=signal.SIGUSR1,
        grace=0.5,
    ) as made:
        wait_until(made.output, 60)
    assert made.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("required", "outcome"),
    [("", pytest.skip.Exception), ("1", pytest.fail.Exception)],
)
def test_a_missing_component_skips_or_fails_as_the_switch_says(
    required: str, outcome: type[BaseException]
) -> None:
    before = os.environ.get(REQUIRE_LIVE)
    os.environ[REQUIRE_LIVE] = required
    try:
        with pytest.raises(outcome, match="no such thing"):
            missing("no such thing")
    finally:
        os.environ.pop(REQUIRE_LIVE)
        if before is not None:
            os.environ[REQUIRE_LIVE] = before


# Slack


def test_a_post_is_found_again_by_its_metadata(slack_emulator: SlackEmulator) -> None:
    channel, client = slack_emulator.channel(), slack_emulator.client()
    ts = str(
        client.chat_postMessage(channel=channel, text="Daily", blocks=[SECTION], metadata=DELIVERY)[
            "ts"
        ]
    )
    client.chat_postMessage(channel=channel, text="By channel", thread_ts=ts)

    found = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert [message["metadata"] for message in found if "metadata" in message] == [DELIVERY]
    (message,) = slack_emulator.messages(channel)
    assert (message["ts"], message["text"], message["blocks"]) == (ts, "Daily", [SECTION])
    assert [reply["text"] for reply in slack_emulator.replies(channel, ts)] == ["By channel"]


def test_a_message_can_be_changed(slack_emulator: SlackEmulator) -> None:
    channel, client = slack_emulator.channel(), slack_emulator.client()
    ts = str(client.chat_postMessage(channel=channel, text="old")["ts"])
    client.chat_update(channel=channel, ts=ts, text="new")
    assert [message["text"] for message in slack_emulator.messages(channel)] == ["new"]


def test_users_tell_who_is_an_admin(slack_emulator: SlackEmulator) -> None:
    client = slack_emulator.client()
    told = {
        name: client.users_info(user=id_, include_locale=True)["user"]["is_admin"]
        for name, id_ in slack_emulator.users.items()
        if name in ("ada", "lena", "amir")
    }
    assert told == {"ada": True, "lena": False, "amir": False}


def test_users_have_no_zone_and_no_language(slack_emulator: SlackEmulator) -> None:
    """Should this ever fail, the emulator has learned them and the live tests can use them."""
    user = slack_emulator.client().users_info(user=slack_emulator.users["ada"])["user"]
    assert {"tz", "locale", "is_owner"}.isdisjoint(user)


@pytest.mark.parametrize(("private", "invited"), [(False, True), (False, False), (True, True)])
def test_a_channel_tells_whether_the_bot_is_in(
    slack_emulator: SlackEmulator, private: bool, invited: bool
) -> None:
    channel = slack_emulator.channel(private=private, invited=invited)
    info = slack_emulator.client().conversations_info(channel=channel)["channel"]
    assert (info["is_private"], info["is_member"]) == (private, invited)


def unseen(slack: SlackEmulator) -> str:
    return slack.channel(private=True, invited=False)


def archived(slack: SlackEmulator) -> str:
    channel = slack.channel()
    slack.archive(channel)
    return channel


@pytest.mark.parametrize(
    ("where", "code"),
    [(unseen, "not_in_channel"), (archived, "is_archived"), (lambda _: "C0", "channel_not_found")],
)
def test_a_post_is_refused_where_the_bot_may_not_write(
    slack_emulator: SlackEmulator, where: Any, code: str
) -> None:
    with pytest.raises(SlackApiError, match=code):
        slack_emulator.client().chat_postMessage(channel=where(slack_emulator), text="hello")


def test_the_bot_can_do_no_more_than_its_manifest_says(slack_emulator: SlackEmulator) -> None:
    with pytest.raises(SlackApiError, match="missing_scope"):
        slack_emulator.client().conversations_create(name="mine")
    with pytest.raises(SlackApiError, match="missing_scope"):
        slack_emulator.client().files_info(file="F0")


def test_a_picture_is_uploaded_privately_and_shown_in_a_message(
    slack_emulator: SlackEmulator,
) -> None:
    channel, client = slack_emulator.channel(), slack_emulator.client()
    upload = client.files_upload_v2(file=PNG, filename="trend.png", alt_txt="a trend")
    id_ = upload["file"]["id"]
    image = {"type": "image", "slack_file": {"id": id_}, "alt_text": "a trend"}
    client.chat_postMessage(channel=channel, text="Daily", blocks=[image])
    (message,) = slack_emulator.messages(channel)
    assert message["blocks"] == [image]
    assert slack_emulator.file(id_) == PNG


def test_a_trigger_opens_one_view(slack_emulator: SlackEmulator) -> None:
    client = slack_emulator.client()
    title = {"type": "plain_text", "text": "Digest"}
    view = {"type": "modal", "callback_id": "digest", "title": title, "blocks": [SECTION]}
    trigger = slack_emulator.trigger(slack_emulator.users["lena"])
    assert client.views_open(trigger_id=trigger, view=view)["view"]["callback_id"] == "digest"
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=trigger, view=view)


def test_a_lost_response_leaves_the_message_behind(slack_emulator: SlackEmulator) -> None:
    channel = slack_emulator.channel()
    with SlackFaults(slack_emulator.api_url) as faults:
        faults.on("chat.postMessage", LostResponse())
        client = WebClient(slack_emulator.bot_token, base_url=faults.api_url, retry_handlers=[])
        with pytest.raises(ConnectionResetError):
            client.chat_postMessage(channel=channel, text="Daily", metadata=DELIVERY)
    (message,) = slack_emulator.messages(channel)
    assert message["metadata"] == DELIVERY


# PostgreSQL


def test_every_fresh_database_is_empty_and_its_own(postgres_url: str) -> None:
    first, second = fresh_database(postgres_url), fresh_database(postgres_url)
    assert first.startswith("postgresql+psycopg://")
    with connected(first) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    assert tables(first) == ["kept"]
    assert tables(second) == []


def connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""))


def tables(url: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with connected(url) as connection:
        return [name for (name,) in connection.execute(query)]


# Chromium

PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: rgb(255, 0, 0) }
@media (width: 390px) { body { background: rgb(0, 255, 0) } }
@media (width: 390px) and (prefers-color-scheme: dark) { body { background: rgb(0, 0, 255) } }
</style>"""


@pytest.mark.parametrize(
    ("width", "dark", "colour"),
    [(1200, False, (1, 0, 0)), (390, False, (0, 1, 0)), (390, True, (0, 0, 1))],
)
def test_a_page_is_drawn_at_the_width_and_in_the_scheme_asked_for(
    tmp_path: Path, width: int, dark: bool, colour: tuple[int, ...]
) -> None:
    page, png = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(PAGE)
    screenshot(page, png, width, 700, dark=dark, scale=2)
    pixels = imread(png)
    assert pixels.shape[:2] == (1400, 2 * width)
    assert {tuple(map(int, pixels[y, x, :3])) for y, x in ((0, 0), (-1, -1))} == {colour}


# Block Kit


def test_the_official_types_take_good_blocks_and_name_the_fault_of_bad_ones() -> None:
    header = {"type": "header", "text": {"type": "mrkdwn", "text": "Daily"}}
    bogus = {"type": "bogus"}
    chart = {"type": "data_visualization", "title": "unknown to the types"}
    problems = official_errors([SECTION, chart, header, bogus, {**SECTION, "colour": "red"}])
    assert len(problems) == 3
    assert "blocks[1] (header): $.text.type" in problems[0]
    assert "bogus" in problems[1]
    assert "colour" in problems[2]


def test_the_official_types_judge_views() -> None:
    title = {"type": "plain_text", "text": "Digest"}
    assert official_view_errors({"type": "modal", "title": title, "blocks": [SECTION]}) == []
    (problem,) = official_view_errors({"type": "modal", "blocks": [SECTION]})
    assert "'title' is a required property" in problem


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((Path(__file__).parent / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/emulate"]["version"] == "0.10.0"
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
