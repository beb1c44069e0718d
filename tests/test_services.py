from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import build, check_ready, slack_app
from bot.clock import SystemClock
from bot.errors import ConfigurationError, NotAllowed
from bot.helpdesks import load
from bot.locale import Reader
from bot.services import People, Role, known_zone
from bot.settings import Given
from bot.slack.messenger import SlackMessenger
from bot.store.database import Database
from tests.slack_faults import Refused, SlackFaults
from tests.times import StandingClock, T
from tests.workspace import (
    ADMIN,
    AGENT,
    APPOINTED,
    ARCHIVED,
    CHANNEL,
    DESKS,
    ELSEWHERE,
    LEAD,
    OWNER,
    Workspace,
    no_numbers,
    open_workspace,
)

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en", ATHENS)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace(numbers=no_numbers()) as workspace:
        yield workspace


# --- Building ------------------------------------------------------------------------------------


def test_what_is_given_takes_the_place_of_the_usual_collaborator(tmp_path: Path) -> None:
    clock = StandingClock(T())
    database = Database(f"sqlite:///{tmp_path / 'mine.db'}")
    desk = load("mine", {"kind": "demo"}, clock)
    messenger = SlackMessenger("xoxb-1", url="http://127.0.0.1:9/api/")
    settings = Given(database_url=f"sqlite:///{tmp_path / 'a.db'}", desks=dict(DESKS))
    services = build(
        settings, clock=clock, database=database, desks={"mine": desk}, messenger=messenger
    )
    assert services.clock is clock
    assert services.database is database
    assert services.desks == {"mine": desk}
    assert services.messenger is messenger


def test_the_usual_collaborators_come_from_the_settings(tmp_path: Path) -> None:
    settings = Given(
        database_url=f"sqlite:///{tmp_path / 'a.db'}", desks=dict(DESKS), slack_bot_token="xoxb-1"
    )
    services = build(settings)
    assert isinstance(services.clock, SystemClock)
    assert services.database.url.database == str(tmp_path / "a.db")
    assert [desk.name for desk in services.desks.values()] == ["demo"]
    assert isinstance(services.messenger, SlackMessenger)


def test_without_a_token_there_is_no_messenger_and_no_slack_app(tmp_path: Path) -> None:
    services = build(Given(database_url=f"sqlite:///{tmp_path / 'a.db'}"))
    assert services.messenger is None
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN is not set"):
        slack_app(services)


@pytest.mark.parametrize(
    ("desks", "why"),
    [
        ({"acme": {}}, "Help desk “acme” has no kind that deskpulse knows."),
        ({"acme": {"kind": "zen"}}, "Set DESKPULSE_DESKS__ACME__KIND to one of: demo"),
        ({"acme": {"kind": "demo", "seed": "sesame"}}, "Help desk “acme”: seed: "),
        ({"acme": {"kind": "demo", "volume": 0}}, "Help desk “acme”: volume: "),
    ],
)
def test_a_wrong_help_desk_is_named(
    tmp_path: Path, desks: dict[str, dict[str, object]], why: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(Given(database_url=f"sqlite:///{tmp_path / 'a.db'}", desks=desks))
    assert why in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_it_is_ready_once_the_tables_are_those_of_this_version(tmp_path: Path) -> None:
    services = build(Given(database_url=f"sqlite:///{tmp_path / 'a.db'}"))
    with pytest.raises(ConfigurationError) as caught:
        check_ready(services)
    assert str(caught.value) == "The database has no tables yet. Run: deskpulse migrate"
    services.database.migrate()
    check_ready(services)
    services.database.close()


def test_the_key_of_the_hashes_is_never_shown(workspace: Workspace) -> None:
    assert workspace.services.secret.decode() not in repr(workspace.services)
    assert "xoxb" not in repr(workspace.services)


# --- Who may -------------------------------------------------------------------------------------

ROLES = [
    (AGENT, Role.AGENT),
    ("U0STRANGER", Role.AGENT),
    (LEAD, Role.LEAD),
    (APPOINTED, Role.LEAD),
    (ADMIN, Role.ADMIN),
    (OWNER, Role.ADMIN),
]


@pytest.mark.parametrize(("user", "role"), ROLES)
@pytest.mark.parametrize("needed", Role)
def test_each_role_may_do_what_the_ones_before_it_may(
    workspace: Workspace, user: str, role: Role, needed: Role
) -> None:
    assert workspace.services.role(user) is role
    if role >= needed:
        workspace.services.require(user, needed)
    else:
        with pytest.raises(NotAllowed) as caught:
            workspace.services.require(user, needed)
        assert caught.value.hint


def test_slack_is_asked_about_a_person_once_in_ten_minutes(workspace: Workspace) -> None:
    for _ in range(3):
        workspace.services.reader(AGENT)
        workspace.services.role(AGENT)
    assert len(workspace.slack.called("users.info")) == 1
    workspace.clock.move(minutes=10)
    workspace.services.reader(AGENT)
    assert len(workspace.slack.called("users.info")) == 2


def test_without_a_messenger_everybody_is_ordinary_and_leads_still_lead(
    workspace: Workspace,
) -> None:
    alone = replace(workspace.services, messenger=None, people=People(None, workspace.clock))
    assert alone.role(ADMIN) is Role.AGENT
    assert alone.role(LEAD) is Role.LEAD
    assert alone.reader(AGENT) == Reader("en", ATHENS)
    assert alone.why_silent(ELSEWHERE, READER) is None


# --- Whom it is for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reader"),
    [
        ({"tz": "America/New_York", "locale": "de-DE"}, ("de_DE", "America/New_York")),
        ({"tz": "Mars/Phobos", "locale": "tlh-XX"}, ("en", "Europe/Athens")),
        ({"tz": "", "locale": ""}, ("en", "Europe/Athens")),
        ({"tz": "Asia/Tehran", "locale": "fa-IR"}, ("fa_IR", "Asia/Tehran")),
    ],
)
def test_a_reader_has_the_zone_and_language_of_slack_or_else_of_the_settings(
    workspace: Workspace, facts: dict[str, str], reader: tuple[str, str]
) -> None:
    workspace.slack.add_user("U0SOMEBODY", **facts)
    found = workspace.services.reader("U0SOMEBODY")
    assert (found.locale, found.zone.key) == reader


@pytest.mark.parametrize(
    "name", [None, "", "Mars/Phobos", "../etc/passwd", "/etc/localtime", "\x00"]
)
def test_a_zone_that_is_none_falls_back(name: str | None) -> None:
    assert known_zone(name, ATHENS) is ATHENS


# --- Where it can post ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        (CHANNEL, None),
        (ELSEWHERE, "I am not in this channel"),
        ("C0UNKNOWN", "I am not in this channel"),
        (ARCHIVED, "This channel is archived"),
    ],
)
def test_why_nothing_would_arrive_in_a_channel(
    workspace: Workspace, channel: str, why: str | None
) -> None:
    told = workspace.services.why_silent(channel, READER)
    assert (told is None) == (why is None)
    assert (why or "") in (told or "")


def test_a_private_channel_without_the_bot_looks_like_none(workspace: Workspace) -> None:
    workspace.slack.add_channel("C0PRIVATE", is_private=True, is_member=False)
    told = workspace.services.why_silent("C0PRIVATE", READER)
    assert told is not None
    assert "/invite @deskpulse" in told


@pytest.mark.parametrize("error", ["internal_error", "ratelimited"])
def test_when_slack_does_not_tell_nothing_is_claimed(workspace: Workspace, error: str) -> None:
    with SlackFaults(workspace.slack.api_url) as faults:
        faults.on("conversations.info", Refused(error))
        messenger = SlackMessenger(workspace.slack.bot_token, url=faults.api_url)
        services = replace(workspace.services, messenger=messenger)
        assert services.why_silent(ELSEWHERE, READER) is None


def test_a_writing_that_fails_leaves_nothing_behind(workspace: Workspace) -> None:
    def half_done() -> None:
        with workspace.services.writing() as session:
            session.connection().exec_driver_sql("DELETE FROM lead")
            raise LookupError

    before = workspace.version()
    with pytest.raises(LookupError):
        half_done()
    assert workspace.version() == before


def test_the_clock_of_the_machine_knows_its_zone() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
