from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.doctor import Finding, examine, is_well
from bot.domain import Counted, Fact
from bot.errors import DeskRefused
from bot.helpdesks import Capabilities
from bot.helpdesks.demo import DemoDesk
from bot.message import Message
from bot.slack.messenger import SCOPES, SlackMessenger
from bot.store import counts, desks, outbox
from bot.store.database import newest_revision
from jobs.sync import read_desk
from tests.alert_workspace import watch
from tests.programs import PagedDesk
from tests.shell import deskpulse
from tests.slack_double import SlackDouble
from tests.slack_requests import SIGNING_SECRET
from tests.times import T
from tests.workspace import (
    AGENT,
    ARCHIVED,
    CHANNEL,
    ELSEWHERE,
    LEAD,
    Workspace,
    demo_numbers,
    no_numbers,
    open_workspace,
)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


def findings(workspace: Workspace) -> dict[str, Finding]:
    """What the doctor finds, by name; each name is there once."""
    found = list(examine(workspace.services))
    by_name = {finding.name: finding for finding in found}
    assert len(by_name) == len(found)
    return by_name


def bad(workspace: Workspace) -> list[Finding]:
    """What is wrong, but for the clock: the double's is the machine's, ours stands elsewhere."""
    found = findings(workspace)
    return [one for name, one in found.items() if one.ok is False and name != "clock"]


# --- All well ------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_healthy_program_has_a_good_line_for_everything(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    found = findings(workspace)
    assert found.pop("clock").told  # see below
    assert found.pop("counts of demo").told == "not compared with the desk's own yet"
    given, _, lacking = found.pop("facts of demo").told.partition("; not: ")
    assert "hold time" in given
    assert lacking == "business times"
    assert list(found) == [
        "database",
        "slack token",
        "slack scopes",
        "signing secret",
        "desk demo",
        "data of demo",
        f"channel {CHANNEL}",
        "outbox",
    ]
    assert is_well(list(found.values()))
    assert {finding.ok for finding in found.values()} == {True}
    assert found["database"].told.endswith(f"tables at {newest_revision()}")
    assert found["slack token"].told == "workspace Double"
    assert found["slack scopes"].told == f"all {len(SCOPES)} there"
    assert found["data of demo"].told == "read 0 s ago"
    assert found[f"channel {CHANNEL}"].told == "can be posted to"


def test_no_secret_is_in_any_line(workspace: Workspace) -> None:
    lines = str(list(examine(workspace.services)))
    assert workspace.slack.bot_token not in lines
    assert SIGNING_SECRET not in lines
    assert workspace.services.secret.decode() not in lines


# --- The database --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "told", "mend"),
    [
        (
            "DELETE FROM alembic_version",
            "The database has no tables yet.",
            "Run: deskpulse migrate",
        ),
        (
            "UPDATE alembic_version SET version_num = '0000'",
            "The database is of an older version.",
            "Run: deskpulse migrate",
        ),
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "The database is of a newer deskpulse",
            "Install the newer version again.",
        ),
    ],
)
def test_tables_of_another_version_are_told_and_nothing_is_read_from_them(
    workspace: Workspace, statement: str, told: str, mend: str
) -> None:
    with closing(sqlite3.connect(workspace.services.database.url.database or "")) as connection:
        connection.execute(statement)
        connection.commit()
    found = findings(workspace)
    assert found["database"].ok is False
    assert told in found["database"].told
    assert found["database"].mend == mend
    assert "data of demo" not in found
    assert "outbox" not in found
    assert found["desk demo"].ok


def test_a_password_in_the_address_of_the_database_is_hidden(workspace: Workspace) -> None:
    url = workspace.services.database.url
    workspace.services.database.url = url.set(username="u", password="sesame", host="h")
    try:
        assert "sesame" not in findings(workspace)["database"].told
    finally:
        workspace.services.database.url = url


# --- The clock -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "ok"), [(0, True), (50, True), (-50, True), (300, False), (-300, False)]
)
def test_the_clock_is_compared_with_slacks(workspace: Workspace, off: float, ok: bool) -> None:
    # The double answers with the date of this machine.
    workspace.clock.set(SystemClock().now() + timedelta(seconds=off))
    clock = findings(workspace)["clock"]
    assert clock.ok is ok
    (seconds,) = re.findall(r"[0-9]+", clock.told)
    assert abs(int(seconds) - abs(off)) <= 5
    assert clock.mend == ("" if ok else "Set this machine's clock by NTP.")


# --- Slack ---------------------------------------------------------------------------------------


def test_slack_out_of_reach_is_told_once_and_the_rest_is_still_examined() -> None:
    with open_workspace(slack_api_url="http://127.0.0.1:9/api/") as workspace:
        found = findings(workspace)
    assert found["clock"].ok is None
    assert found["slack token"].ok is False
    assert found["slack token"].told == "Slack could not be reached (URLError)."
    assert found["slack token"].mend == "Check the network and SLACK_API_URL."
    assert "slack scopes" not in found
    assert found["desk demo"].ok


def test_a_wrong_token_is_told_with_its_mend() -> None:
    with open_workspace(slack_bot_token="xoxb-sesame") as workspace:
        token = findings(workspace)["slack token"]
    assert (token.ok, token.told) == (False, "Slack answered invalid_auth.")
    assert "SLACK_BOT_TOKEN" in token.mend
    assert "sesame" not in str(token)


@pytest.mark.thorough
def test_without_a_token_nothing_can_be_posted(workspace: Workspace) -> None:
    workspace.types("/digest daily 09:00", user=LEAD)
    workspace.services = replace(workspace.services, messenger=None)
    found = findings(workspace)
    assert (found["slack token"].ok, found["slack token"].told) == (
        None,
        "not set: nothing can be posted",
    )
    assert "SLACK_BOT_TOKEN" in found["slack token"].mend
    assert found[f"channel {CHANNEL}"].ok is None


def test_missing_scopes_are_named() -> None:
    slack = SlackDouble(
        scopes=[scope for scope in SCOPES if scope not in ("files:write", "commands")]
    )
    with open_workspace(slack=slack) as workspace:
        scopes = findings(workspace)["slack scopes"]
    assert (scopes.ok, scopes.told) == (False, "missing: commands, files:write")
    assert scopes.mend == "Update the Slack app from manifest.json and install it again."


def test_a_slack_that_tells_no_scopes_is_not_blamed() -> None:
    with open_workspace(slack=SlackDouble(scopes=[])) as workspace:
        assert findings(workspace)["slack scopes"].ok is None


@pytest.mark.parametrize(
    ("given", "ok", "told"),
    [
        ({}, True, "set"),
        ({"slack_signing_secret": None, "slack_app_token": "xapp-1"}, None, "not needed"),
        ({"slack_signing_secret": None}, False, "so Slack cannot reach deskpulse"),
    ],
)
def test_slack_needs_a_way_to_reach_us(
    given: dict[str, Any],
    ok: bool | None,
    told: str,
) -> None:
    with open_workspace(**given) as workspace:
        secret = findings(workspace)["signing secret"]
    assert secret.ok is ok
    assert told in secret.told
    assert ("SLACK_SIGNING_SECRET" in secret.mend) == (ok is False)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("channel", "why"),
    [(ELSEWHERE, "/invite @deskpulse"), (ARCHIVED, "This channel is archived")],
)
def test_a_channel_with_a_digest_where_nothing_can_be_posted(
    workspace: Workspace, channel: str, why: str
) -> None:
    workspace.types("/digest daily 09:00", user=LEAD, channel=channel)
    workspace.types("/digest weekly mon 09:00", user=LEAD, channel=channel)
    (found,) = bad(workspace)
    assert found.name == f"channel {channel}"
    assert why in found.told


# --- Help desks ----------------------------------------------------------------------------------


def test_without_a_help_desk_there_is_one_bad_line() -> None:
    with open_workspace(numbers=no_numbers(), desks={}) as workspace:
        found = findings(workspace)
    assert (found["help desks"].ok, found["help desks"].told) == (False, "none is set")
    assert "DESKPULSE_DESKS__NAME__KIND" in found["help desks"].mend


class Refusing(DemoDesk):
    """A help desk whose token was taken away."""

    def check(self) -> tuple[str, ...]:
        raise DeskRefused("The desk refuses the token.", "Make a new one.")


def test_a_desk_that_refuses_is_told_with_its_mend(workspace: Workspace) -> None:
    there = workspace.services.desks["demo"]
    assert isinstance(there, DemoDesk)
    refusing = Refusing("demo", there._settings, workspace.clock)  # noqa: SLF001
    workspace.services = replace(workspace.services, desks={"demo": refusing})
    found = findings(workspace)["desk demo"]
    assert (found.ok, found.told, found.mend) == (
        False,
        "The desk refuses the token.",
        "Make a new one.",
    )


def test_old_data_are_told_with_what_went_wrong_last(workspace: Workspace) -> None:
    workspace.clock.move(minutes=31)
    found = findings(workspace)["data of demo"]
    assert (found.ok, found.told) == (False, "old: read 31 min ago")
    assert found.mend == "Start `deskpulse worker`, or run: deskpulse sync"
    with workspace.writing() as session:
        desk = desks.find(session, workspace.services.workspace, "demo")
        assert desk is not None
        desks.failed(session, desk.id or 0, "The desk is away.", at=workspace.clock.now())
    assert findings(workspace)["data of demo"].mend == "The desk is away."


def test_a_desk_that_was_never_read_to_its_end_is_told() -> None:
    with open_workspace(numbers=no_numbers()) as workspace:
        found = findings(workspace)["data of demo"]
        assert (found.ok, found.told) == (False, "never read to the end")
        assert found.mend == "Run: deskpulse sync --desk demo"
        workspace.services.stopping.set()
        read_desk(workspace.services, "demo", since=T(days=-60))
        assert findings(workspace)["data of demo"].told == "never read to the end"


@pytest.mark.parametrize(
    ("days", "ok", "told"),
    [
        (None, None, "not compared with the desk's own yet"),
        (1, True, "compared with the desk's own 24 h ago"),
        (3, False, "last compared with the desk's own 3 d ago"),
    ],
)
def test_a_desk_that_was_not_compared_for_days_is_told(
    workspace: Workspace, days: int | None, ok: bool | None, told: str
) -> None:
    counting = PagedDesk("demo", counted={})
    services = replace(workspace.services, desks={"demo": counting})
    if days is not None:
        with services.writing() as session:
            demo = desks.find(session, services.workspace, "demo")
            assert demo is not None
            at = services.clock.now() - timedelta(days=days)
            counts.compared(session, demo, at, Counted.TICKETS, ours=1, theirs=1, at=at)
    found = {finding.name: finding for finding in examine(services)}["counts of demo"]
    assert (found.ok, found.told) == (ok, told)
    assert found.mend == ("" if ok else "Run: deskpulse job reconcile")


def test_days_on_which_the_desk_counts_otherwise_are_told(workspace: Workspace) -> None:
    day = T(days=-3).replace(hour=0)
    with workspace.writing() as session:
        desk = desks.find(session, workspace.services.workspace, "demo")
        assert desk is not None
        counts.compared(session, desk, day, Counted.TICKETS, ours=40, theirs=41, at=T())
    found = findings(workspace)["counts"]
    assert (found.ok, found.told) == (False, "demo counts 41 tickets on 2026-11-17, here are 40")
    assert found.mend == "Run: deskpulse sync --desk demo --since 2026-11-17"


# --- The outbox ----------------------------------------------------------------------------------


def test_messages_that_wait_for_a_mend_are_told(workspace: Workspace) -> None:
    row = workspace.queue(Message("news"), subject="digest:1", channel=ELSEWHERE)
    assert findings(workspace)["outbox"].told == "0 sent, 0 given up in 30 days"
    with workspace.writing() as session:
        outbox.again(session, row, at=T(minutes=5), problem="Slack answered not_in_channel.")
    found = findings(workspace)["outbox"]
    assert (found.ok, found.told) == (False, f"a message for {ELSEWHERE} waits")
    assert found.mend == "Slack answered not_in_channel."
    with workspace.writing() as session:
        outbox.sent(session, row, channel=ELSEWHERE, ts="1.0")
    assert findings(workspace)["outbox"].told == "1 sent, 0 given up in 30 days"


def test_messages_that_wait_for_the_same_mend_are_one_line(workspace: Workspace) -> None:
    """Nor does it say for whom the messages of a survey are."""
    services, now = workspace.services, T()
    with workspace.writing() as session:
        for user in (LEAD, AGENT, AGENT):
            outbox.queue_sealed(
                session,
                services.workspace,
                user,
                Message("asked"),
                seals=services.seals,
                subject="survey",
                now=now,
            )
        for row in outbox.due(session, services.workspace, now=now):
            outbox.again(session, row.id, at=T(minutes=5), problem="Slack answered ratelimited.")
    told = [one.told for one in examine(services) if one.name == "outbox"]
    assert told == ["3 messages for somebody wait"]


def test_messages_that_are_out_of_reach_are_counted(workspace: Workspace) -> None:
    row = workspace.queue(Message("news"), subject="alert:1")
    with workspace.writing() as session:
        outbox.sent(session, row, channel=CHANNEL, ts="1.0")
        outbox.lost(session, row, "Slack answered message_not_found.")
    told = "0 sent, 0 given up, 1 could not be brought up to date in 30 days"
    assert findings(workspace)["outbox"].told == told


# --- Alerts --------------------------------------------------------------------------------------


def test_rules_that_are_looked_at_have_a_good_line(workspace: Workspace) -> None:
    assert "alerts" not in findings(workspace)
    watch(workspace, "ticket_volume > 3")
    watch(workspace, "csat < 85%", paused=True, judged_until=T(days=-9))
    found = findings(workspace)
    assert (found["alerts"].ok, found["alerts"].told) == (True, "1 looked at, 0 of them firing")
    assert found[f"channel {CHANNEL}"].told == "can be posted to"
    assert not [name for name in found if name.startswith("alert ")]


def test_the_channel_of_a_rule_is_looked_at_too(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3", channel=ELSEWHERE)
    found = findings(workspace)[f"channel {ELSEWHERE}"]
    assert found.ok is False
    assert "Invite me" in found.told


def test_a_token_that_was_revoked_is_no_missing_invitation(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3")
    revoked = SlackMessenger("xoxb-revoked", url=workspace.slack.api_url)
    services = replace(workspace.services, messenger=revoked)
    found = {one.name: one for one in examine(services)}[f"channel {CHANNEL}"]
    assert found.told.startswith("Slack answered invalid_auth.")


@pytest.mark.parametrize(
    ("text", "minutes", "ok"),
    [
        ("ticket_volume > 3", 34, True),
        ("ticket_volume > 3", 45, False),
        # It looks only once an hour.
        ("ticket_volume > 3 over 7d", 90, True),
        ("ticket_volume > 3 over 7d", 120, False),
    ],
)
def test_rules_at_which_nobody_looks_are_told(
    workspace: Workspace, text: str, minutes: int, ok: bool
) -> None:
    watch(workspace, text)
    workspace.clock.move(minutes=minutes)
    found = findings(workspace)["alerts"]
    assert found.ok is ok
    if not ok:
        ago = "45 min" if minutes == 45 else "2 h"
        assert found.told == f"1 of 1 were last looked at {ago} ago"
        assert found.mend == "Start `deskpulse worker`; if one runs, see its log."


def test_a_rule_whose_number_no_desk_gives_any_more_is_told(workspace: Workspace) -> None:
    watch(workspace, "csat < 85%")
    watch(workspace, "ticket_volume > 3 for group Gone")
    watch(workspace, "csat < 80%", paused=True)
    with workspace.writing() as session:
        demo = desks.find(session, workspace.services.workspace, "demo")
        assert demo is not None
        demo.gives = [fact for fact in demo.gives if fact != Fact.CSAT]
    found = findings(workspace)
    assert found["alert 1"].ok is False
    assert found["alert 1"].told == (
        "csat < 85%: “Customer satisfaction” cannot be told here. demo has no satisfaction ratings."
    )
    assert "There is no group “Gone”." in found["alert 2"].told
    assert "alert 3" not in found


def test_a_rule_of_another_version_is_told(workspace: Workspace) -> None:
    watch(workspace, "ticket_volume > 3", rule={"metric": "gone", "condition": ["limit", {}]})
    found = findings(workspace)["alert 1"]
    assert (found.ok, found.told) == (False, "cannot be read by this version: ticket_volume > 3")
    assert found.mend == "In Slack: /alert remove 1"


# --- The command ---------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_command_prints_a_line_each_and_ends_with_1_when_one_is_bad(tmp_path: Path) -> None:
    (tmp_path / "deskpulse.db").write_bytes(demo_numbers())
    nobody = {"SLACK_API_URL": "http://127.0.0.1:9/api/", "DESKPULSE_DESKS__DEMO__KIND": "demo"}
    ended = deskpulse(tmp_path, "doctor", **nobody)
    lines = ended.out.splitlines()
    assert ended.code == 1
    assert ended.err == ""
    assert all(line.startswith(("✓ ", "✗ ", "· ")) for line in lines)
    assert any(
        line.startswith("✗ signing secret: neither") and "  → Set " in line for line in lines
    )
    assert any(line.startswith("✓ desk demo: ") for line in lines)


def test_the_command_ends_with_0_when_all_is_well(tmp_path: Path) -> None:
    with SlackDouble() as slack:
        environment = {
            "DESKPULSE_DESKS__DEMO__KIND": "demo",
            "DESKPULSE_DESKS__DEMO__VOLUME": "5",
            "DESKPULSE_HISTORY": "P3D",
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_URL": slack.api_url,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        }
        assert deskpulse(tmp_path, "sync", **environment).code == 0
        ended = deskpulse(tmp_path, "doctor", **environment)
    assert ended.code == 0, ended.out
    assert "✗" not in ended.out
    assert SIGNING_SECRET not in ended.out


# --- Desks that limit us -------------------------------------------------------------------------


def test_a_desk_that_makes_us_wait_is_no_failure(workspace: Workspace) -> None:
    with workspace.writing() as session:
        desk = desks.find(session, workspace.services.workspace, "demo")
        assert desk is not None
        desks.waits(session, desk.id or 0, T(minutes=40))
    found = findings(workspace)["data of demo"]
    assert (found.ok, found.told) == (
        None,
        "waits until 9:40\u202fAM: it allows no more requests before",
    )


def test_doctor_does_not_wait_for_a_limit(workspace: Workspace) -> None:
    class Busy(PagedDesk):
        def check(self) -> list[str]:
            workspace.services.pauses.wait(self.name, 600)
            return []

    services = replace(workspace.services, desks={"demo": Busy("demo")})
    before = workspace.clock.now()
    found = {finding.name: finding for finding in examine(services)}["desk demo"]
    assert (found.ok, found.told) == (
        None,
        "Help desk “demo” allows no more requests for 600 seconds.",
    )
    assert workspace.clock.now() == before


def test_what_a_desk_cannot_tell_is_named(workspace: Workspace) -> None:
    class Poor(PagedDesk):
        @property
        def capabilities(self) -> Capabilities:
            return Capabilities(frozenset({Fact.GROUP, Fact.SOLVES}))

    services = replace(workspace.services, desks={"demo": Poor("demo")})
    found = {finding.name: finding for finding in examine(services)}["facts of demo"]
    assert found.told.startswith("group, solves; not: channel, priority, first solve, ")
