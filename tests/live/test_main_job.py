from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.metrics import CATALOGUE
from bot.slack.messenger import DELIVERY
from tests.blockkit.limits import broken_limits
from tests.blockkit.official import official_errors
from tests.live.components import wait_until
from tests.live.deployment import Deployment
from tests.live.emulator import SlackEmulator
from tests.live.expected import TIER, Numbers, expected
from tests.live.postgres import fresh_database
from tests.live.request_tracker import Oracle, RequestTracker
from tests.slack_double import SlackDouble
from tests.slack_faults import LostResponse, SlackFaults

pytestmark = pytest.mark.longest

TODAY = SystemClock().now().date()


@pytest.fixture(params=["sqlite", "postgres"])
def deployment(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    request_tracker: RequestTracker,
    slack_emulator: SlackEmulator,
) -> Deployment:
    """Deskpulse on an empty database, connected to Request Tracker and the Slack emulator."""
    database = f"sqlite:///{tmp_path / 'deskpulse.db'}"
    if request.param == "postgres":
        database = fresh_database(request.getfixturevalue("postgres_url"))
    deployment = Deployment(
        tmp_path,
        {
            "DATABASE_URL": database,
            "DESKPULSE_SECRET": "a-secret-of-the-live-tests",
            "SLACK_BOT_TOKEN": slack_emulator.bot_token,
            "SLACK_SIGNING_SECRET": slack_emulator.signing_secret,
            "SLACK_API_URL": slack_emulator.api_url,
            "DESKPULSE_DESKS__RT__KIND": "request_tracker",
            "DESKPULSE_DESKS__RT__URL": request_tracker.url,
            "DESKPULSE_DESKS__RT__TOKEN": request_tracker.token,
            "DESKPULSE_DESKS__RT__ESCALATION_GROUPS": TIER,
        },
    )
    deployment.succeed("migrate")
    return deployment


# --- The numbers ---------------------------------------------------------------------------------


def _assert_equal(deployment: Deployment, oracle: Oracle, first: date, last: date) -> None:
    """Every metric of the days, of all tickets and of each queue, equals the oracle's."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    window = ("--from", first.isoformat(), "--to", last.isoformat())
    whole = deployment.readings(*window)
    [read_at] = {reading["as_of"] for reading in whole if reading["metric"] == "ticket_volume"}
    until = datetime.fromisoformat(read_at)
    wanted = expected(oracle, start, end, None, until=until)
    assert {reading["metric"] for reading in whole} == set(CATALOGUE)
    for reading in whole:
        _assert_as_wanted(reading, wanted)
    queues = {ticket.queue for ticket in oracle.tickets().values()}
    by_queue = {queue: expected(oracle, start, end, queue, until=until) for queue in queues}
    sliced = deployment.readings(*window, "--by", "group")
    assert {reading["slice"]["group"] for reading in sliced} == queues
    for reading in sliced:
        _assert_as_wanted(reading, by_queue[reading["slice"]["group"]])


def _assert_as_wanted(reading: dict[str, Any], wanted: dict[str, Numbers]) -> None:
    numbers = wanted[reading["metric"]]
    assert {key: reading[key] for key in numbers} == pytest.approx(numbers), reading


def _assert_every_window_equal(deployment: Deployment, oracle: Oracle) -> None:
    for days_back, days in ((100, 100), (60, 30), (8, 7), (45, 1)):
        first = TODAY - timedelta(days=days_back)
        _assert_equal(deployment, oracle, first, first + timedelta(days=days - 1))


def test_every_metric_equals_what_request_trackers_own_database_says(
    deployment: Deployment, request_tracker: RequestTracker
) -> None:
    """Also after changes and a second sync: replies, solves, reopens, moves, merges, deletions."""
    assert len(request_tracker.oracle().tickets()) >= 150
    deployment.succeed("sync")
    _assert_every_window_equal(deployment, request_tracker.oracle())

    _change(request_tracker)
    deployment.succeed("sync")
    oracle = request_tracker.oracle()
    _assert_every_window_equal(deployment, oracle)
    today = SystemClock().now().date()
    _assert_equal(deployment, oracle, today - timedelta(days=100), today)
    assert "✓ desk rt" in deployment.run("doctor").out


def _change(tracker: RequestTracker) -> None:
    """A little of everything, on tickets that were read before and on new ones."""
    tickets = sorted(tracker.oracle().tickets().values(), key=lambda ticket: ticket.id)
    unsolved = [ticket.id for ticket in tickets if not ticket.is_solved]
    solved = [ticket.id for ticket in tickets if ticket.is_solved]
    new = tracker.create("root", requestor="customer1")
    tracker.reply("anna", new)
    tracker.change("anna", new, Status="resolved")
    tracker.change("ben", solved[0], Status="open")
    tracker.reply("ben", solved[1])
    tracker.change("root", unsolved[0], Status="resolved")
    tracker.change("root", unsolved[1], MergeInto=unsolved[2])
    tracker.change("root", unsolved[3], Status="deleted")
    tracker.change("root", unsolved[4], Owner="anna")
    tracker.comment("ben", unsolved[5])


# --- The digest ----------------------------------------------------------------------------------


def _assert_well_formed(message: dict[str, Any]) -> None:
    assert broken_limits(message) == []
    assert official_errors(message["blocks"]) == []


def _delivery(message: dict[str, Any]) -> str:
    metadata = message["metadata"]
    assert metadata["event_type"] == DELIVERY
    identity: str = metadata["event_payload"]["id"]
    return identity


def test_a_digest_is_posted_once_also_when_slacks_answer_is_lost(
    deployment: Deployment, slack_emulator: SlackEmulator
) -> None:
    channel = slack_emulator.channel()
    deployment.succeed("sync")
    with SlackFaults(slack_emulator.api_url) as faults:
        faults.on("chat.postMessage", LostResponse())
        lossy = Deployment(
            deployment.folder, {**deployment.settings, "SLACK_API_URL": faults.api_url}
        )
        assert "Posted" in lossy.succeed("digest", "weekly", "--post", "--channel", channel)
        assert faults.left("chat.postMessage") == 0
    [message] = slack_emulator.messages(channel)
    replies = slack_emulator.replies(channel, message["ts"])
    assert message["text"].startswith("Support ·")
    assert len(replies) == len({_delivery(reply) for reply in replies}) > 0
    for one in (message, *replies):
        _assert_well_formed(one)


def test_a_due_digest_arrives_once_from_two_workers_over_a_lossy_line(
    deployment: Deployment, slack_emulator: SlackEmulator
) -> None:
    """Set up by a signed command at the running web process, due at the next full minute.

    A weekly one: on a quiet day the daily digest has no thread.
    """
    channel = slack_emulator.channel()
    deployment.succeed("sync")
    with ExitStack() as running:
        faults = running.enter_context(SlackFaults(slack_emulator.api_url))
        faults.on("chat.postMessage", LostResponse(), LostResponse())
        lossy = Deployment(
            deployment.folder, {**deployment.settings, "SLACK_API_URL": faults.api_url}
        )
        double = running.enter_context(SlackDouble())
        web = running.enter_context(deployment.web())
        due = SystemClock().now() + timedelta(seconds=75)
        answer = web.slash(
            "/digest",
            f"weekly {due:%a %H:%M} UTC",
            user=slack_emulator.users["ada"],
            channel=channel,
            response_url=double.response_url("set-up"),
        )
        assert answer.status_code == 200
        wait_until(lambda: double.responses, 60, "no answer to /digest")
        assert "Weekly digest" in double.responses[0][1]["text"]
        for name in ("first", "second"):
            running.enter_context(lossy.worker(name))
        wait_until(lambda: slack_emulator.messages(channel), 120, "no digest came")
        [first] = slack_emulator.messages(channel)
        wait_until(
            lambda: len(slack_emulator.replies(channel, first["ts"])) >= 2, 60, "no thread came"
        )
        wait_until(lambda: faults.left("chat.postMessage") == 0, 60, "a fault was not met")
        SystemClock().sleep(8)  # a second copy would come now
    [message] = slack_emulator.messages(channel)
    replies = slack_emulator.replies(channel, message["ts"])
    assert len(replies) == len({_delivery(reply) for reply in replies})
    for one in (message, *replies):
        _assert_well_formed(one)
    assert "late" not in str(message["blocks"])


@pytest.mark.parametrize("old", [False, True])
def test_a_command_that_slack_did_not_sign_is_refused(deployment: Deployment, old: bool) -> None:
    """A wrong signature, or a right one that is ten minutes old."""
    long_ago = int(SystemClock().now().timestamp()) - 600
    given = {"timestamp": long_ago} if old else {"secret": "somebody else's"}
    with deployment.web() as web:
        answer = web.slash("/kpi", "", user="U1", channel="C1", **given)
    assert answer.status_code == 401
