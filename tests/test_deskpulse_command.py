from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import structlog
from structlog.typing import EventDict

from bot.errors import SlackBusy
from bot.services import REMEMBERED, People, Role
from bot.slack.desks import SYNC_NOW
from bot.slack.digest import NUMBERS, SETTINGS
from bot.slack.kpi import EXPLAIN, SHARE
from bot.slack.messenger import Person, SlackMessenger
from bot.slack.schedules import PAUSE, POST_NOW, REMOVE, RESUME
from bot.store import people
from commands.questions import parse
from tests.slack_faults import RateLimited, SlackFaults
from tests.workspace import (
    ADMIN,
    AGENT,
    APPOINTED,
    LEAD,
    OWNER,
    Answered,
    Workspace,
    open_workspace,
)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with open_workspace() as workspace:
        yield workspace


@pytest.fixture(scope="module")
def office() -> Iterator[Workspace]:
    """One workspace for all the tests that change nothing in it."""
    with open_workspace() as workspace:
        workspace.types("/digest daily 09:00", user=LEAD)
        yield workspace


@pytest.fixture(scope="module")
def set_up() -> bytes:
    """The database of a workspace with a digest and a goal."""
    with open_workspace() as workspace:
        for typed in ("/digest daily 09:00", "/kpi goal backlog 50"):
            workspace.types(typed, user=LEAD)
        return workspace.kept()


def leads(workspace: Workspace) -> list[str]:
    with workspace.services.reading() as session:
        return people.leads(session, workspace.services.workspace)


# --- What it says --------------------------------------------------------------------------------


TO_ADMINS = (
    "You are an admin: you may also set digests, goals, alerts and surveys, and appoint leads."
)


@pytest.mark.parametrize(
    ("user", "you"),
    [
        (AGENT, "You may ask for team numbers."),
        (LEAD, "You are a lead: you may also set digests, goals, alerts and surveys."),
        (APPOINTED, "You are a lead: you may also set digests, goals, alerts and surveys."),
        (ADMIN, TO_ADMINS),
        (OWNER, TO_ADMINS),
        ("U0STRANGER", "You may ask for team numbers."),
    ],
)
def test_everybody_is_told_what_they_may_do(office: Workspace, user: str, you: str) -> None:
    for typed in ("/deskpulse", "/deskpulse help"):
        told = office.types(typed, user=user).told
        assert told.endswith(you)
        assert "/kpi" in told
        assert "/digest" in told
        assert "`/enps`, `/pulse` how the team is, asked anonymously" in told


def test_everybody_sees_who_leads(workspace: Workspace) -> None:
    for typed in ("/deskpulse leads", "/deskpulse lead", "/deskpulse LEADS"):
        assert workspace.types(typed).told == (
            f"Leads: <@{LEAD}>, <@{APPOINTED}>. Admins may do the same."
        )


def test_without_leads_the_admins_are_named() -> None:
    with open_workspace(leads=[]) as workspace:
        workspace.types(f"/deskpulse lead remove <@{APPOINTED}>", user=ADMIN)
        assert "Nobody has been appointed; admins" in workspace.types("/deskpulse leads").told


def test_an_admin_appoints_and_dismisses_leads(workspace: Workspace) -> None:
    workspace.clock.move(seconds=1)
    for user in (ADMIN, OWNER):
        told = workspace.types(f"/deskpulse lead add <@{AGENT}|bob>", user=user).told
        assert told.startswith(f"<@{AGENT}> ")
    assert leads(workspace) == [APPOINTED, AGENT]
    assert "Goal set" in workspace.types("/kpi goal frt 1h").told
    assert workspace.types(f"/deskpulse Lead Remove <@{AGENT}>", user=ADMIN).told == (
        f"<@{AGENT}> is not a lead any more."
    )
    assert leads(workspace) == [APPOINTED]
    assert "That is for team leads." in workspace.types("/kpi goal frt 2h").told
    assert [(e.who, e.action, e.detail) for e in reversed(workspace.audit())] == [
        (ADMIN, "lead add", AGENT),
        (AGENT, "goal set", "first_response_time 3600"),
        (ADMIN, "lead remove", AGENT),
    ]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (f"lead add <@{APPOINTED}>", f"<@{APPOINTED}> was a lead already."),
        (f"lead remove <@{AGENT}>", f"<@{AGENT}> was not a lead."),
        (f"lead remove <@{LEAD}>", f"<@{LEAD}> is named a lead in the settings of deskpulse."),
        ("lead add", "Name one person with @. For example: `/deskpulse lead add @someone`"),
        ("lead add @bob", "Name one person with @."),
        (f"lead add <@{AGENT}> <@{OWNER}>", "Name one person with @."),
        (f"lead ad <@{AGENT}>", "There is no lead command “ad”. Did you mean “add”?"),
        ("hlep", "There is no command “hlep”. Did you mean “help”?"),
        ("xyzzy", "There is no command “xyzzy”. For example: `/deskpulse help`"),
    ],
)
def test_what_changes_nothing_says_why(office: Workspace, typed: str, answer: str) -> None:
    before = office.version()
    assert answer in office.types(f"/deskpulse {typed}", user=ADMIN).told
    assert office.version() == before


# --- Roles ---------------------------------------------------------------------------------------

Does = Callable[[Workspace, str], Answered]


def typed(text: str) -> Does:
    return lambda workspace, user: workspace.types(text, user=user)


def pressed(action: str, value: str = "") -> Does:
    return lambda workspace, user: workspace.presses(action, value, user=user)


def chosen(option: str) -> Does:
    return lambda workspace, user: workspace.chooses(SETTINGS, option, user=user)


def shared(workspace: Workspace, user: str) -> Answered:
    question = parse("frt", now=workspace.clock.now(), reader=workspace.services.reader(user))
    return workspace.presses(SHARE, question.to_text(), user=user)


_WINDOW = "UTC 2026-11-13T00:00:00+00:00/2026-11-20T00:00:00+00:00"

#: Everything that can be typed or pressed, by the least role that may do it. The digest that it is
#: done to has the number 1.
EVERYBODY: dict[str, Does] = {
    "/kpi": typed("/kpi"),
    "/kpi frt by group": typed("/kpi frt by group"),
    "/kpi explain": typed("/kpi explain frt"),
    "/kpi help": typed("/kpi help"),
    "/kpi goal": typed("/kpi goal"),
    "/digest": typed("/digest"),
    "/digest help": typed("/digest help"),
    "/desk": typed("/desk"),
    "/desk help": typed("/desk help"),
    "/enps": typed("/enps"),
    "/enps help": typed("/enps help"),
    "/pulse privacy": typed("/pulse privacy"),
    "/deskpulse": typed("/deskpulse"),
    "/deskpulse leads": typed("/deskpulse leads"),
    "What it means": pressed(EXPLAIN, "backlog"),
    "Share here": shared,
    "All numbers": pressed(NUMBERS, _WINDOW),
}
LEADS: dict[str, Does] = {
    "/digest daily": typed("/digest daily 10:00"),
    "/digest weekly": typed("/digest weekly mon 10:00"),
    "/digest now": typed("/digest now daily"),
    "/enps start": typed("/enps start"),
    "/pulse list": typed("/pulse list"),
    "/kpi goal set": typed("/kpi goal frt 1h"),
    "/kpi goal off": typed("/kpi goal backlog off"),
    "Post one now": pressed(POST_NOW, "daily"),
    "Pause": pressed(PAUSE, "1"),
    "Resume": pressed(RESUME, "1"),
    "Remove": pressed(REMOVE, "1"),
    "menu: pause": chosen("pause:1"),
    "menu: remove": chosen("remove:1"),
}
ADMINS: dict[str, Does] = {
    "/deskpulse lead add": typed(f"/deskpulse lead add <@{AGENT}>"),
    "/deskpulse lead remove": typed(f"/deskpulse lead remove <@{APPOINTED}>"),
    "/desk sync": typed("/desk sync demo"),
    "Sync now": pressed(SYNC_NOW, "demo"),
}

FOR_LEADS = (
    "That is for team leads. An admin of this Slack workspace can appoint you: "
    "`/deskpulse lead add @you`"
)
FOR_ADMINS = "That is for admins of this Slack workspace. Ask one of them to do it."


@pytest.mark.parametrize("does", EVERYBODY.values(), ids=EVERYBODY)
def test_everybody_may(office: Workspace, does: Does) -> None:
    told = does(office, AGENT).told
    assert told not in (FOR_LEADS, FOR_ADMINS)
    assert "Something went wrong" not in told


@pytest.mark.thorough
@pytest.mark.parametrize("does", LEADS.values(), ids=LEADS)
def test_only_leads_may(set_up: bytes, does: Does) -> None:
    with open_workspace(numbers=set_up) as workspace:
        refused(workspace, does, (AGENT, "U0STRANGER"), FOR_LEADS)
        for user in (LEAD, APPOINTED, ADMIN):
            told = does(workspace, user).told
            assert told != FOR_LEADS
            assert "Something went wrong" not in told


@pytest.mark.parametrize("does", ADMINS.values(), ids=ADMINS)
def test_only_admins_may(workspace: Workspace, does: Does) -> None:
    refused(workspace, does, (AGENT, LEAD, APPOINTED, "U0STRANGER"), FOR_ADMINS)
    before = workspace.version()
    assert does(workspace, ADMIN).told != FOR_ADMINS
    assert workspace.version() != before


def refused(workspace: Workspace, does: Does, users: tuple[str, ...], answer: str) -> None:
    """Who may not is told who can, and nothing is different afterwards."""
    before = workspace.version()
    for user in users:
        assert does(workspace, user).told == answer
    assert workspace.version() == before


def test_nobody_is_an_admin_while_slack_cannot_be_asked() -> None:
    with open_workspace() as inside, SlackFaults(inside.slack.api_url) as faults:
        messenger = SlackMessenger(inside.slack.bot_token, url=faults.api_url)
        workspace = asking(inside, People(messenger, inside.clock))
        faults.on("users.info", RateLimited(), RateLimited())
        assert workspace.types("/deskpulse lead add <@U0X>", user=ADMIN).told == FOR_ADMINS
        assert faults.left("users.info") == 0
        assert "is a lead now" in workspace.types("/deskpulse lead add <@U0X>", user=ADMIN).told


def test_who_stops_being_an_admin_stops_within_ten_minutes(workspace: Workspace) -> None:
    assert workspace.services.role(ADMIN) is Role.ADMIN
    workspace.slack.add_user(ADMIN, is_admin=False)
    assert workspace.services.role(ADMIN) is Role.ADMIN
    workspace.clock.move(seconds=REMEMBERED.total_seconds())
    assert workspace.services.role(ADMIN) is Role.AGENT


def test_what_slack_said_is_not_kept_past_its_time_when_it_cannot_be_asked_again(
    workspace: Workspace,
) -> None:
    asked = People(_Forgetful(), workspace.clock)
    assert asked.person(ADMIN).is_admin
    workspace.clock.move(seconds=REMEMBERED.total_seconds())
    assert not asked.person(ADMIN).is_admin


class _Forgetful(SlackMessenger):
    """Knows an admin, once."""

    def __init__(self) -> None:
        self._asked = 0

    def person(self, user: str) -> Person:
        self._asked += 1
        if self._asked > 1:
            raise SlackBusy("Slack could not be reached.")
        return Person(user, zone=None, locale=None, is_admin=True)


# --- What nobody foresaw -------------------------------------------------------------------------


def test_an_unforeseen_error_is_answered_with_a_number_that_is_in_the_log(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken(People):
        def person(self, user: str) -> Person:
            raise RuntimeError(f"a bug about {user}")

    broken = asking(workspace, Broken(None, workspace.clock))
    with structlog.testing.capture_logs() as logged:
        answered = broken.types("/kpi sesame-open-up")
    found = re.search(r"under ([0-9a-f]{8})\.", answered.told)
    assert answered.response.status == 200
    assert found is not None
    (event,) = logged
    assert (event["event"], event["number"], event["user"]) == ("listener_failed", found[1], AGENT)
    assert "sesame" not in _printed(event)
    assert "sesame" not in capfd.readouterr().err


def test_a_button_that_nobody_knows_is_named_in_the_log(workspace: Workspace) -> None:
    with structlog.testing.capture_logs() as logged:
        answered = workspace.presses("of_another_version", "typed by somebody")
    assert answered.response.status == 404
    assert logged == [
        {"event": "request_unanswered", "log_level": "warning", "request": "of_another_version"}
    ]


def _printed(event: EventDict) -> str:
    """The log line, with what it was given about the exception."""
    formatted = structlog.processors.format_exc_info(None, "error", dict(event))
    return str({**formatted, "exc_info": ""})


def test_an_unknown_button_and_an_unknown_command_do_no_harm(workspace: Workspace) -> None:
    before = workspace.version()
    assert workspace.presses("button_of_an_older_version", "1").messages == []
    assert workspace.types("/deskpulse-next").response.status == 404
    assert workspace.version() == before


def test_a_command_is_acknowledged_before_it_is_answered(workspace: Workspace) -> None:
    answered = workspace.types("/kpi frt")
    assert answered.response.status == 200
    assert not answered.response.body


def asking(workspace: Workspace, people: People) -> Workspace:
    """The same workspace, its people asked about in another way."""
    services = replace(workspace.services, people=people)
    return replace(workspace, services=services)
