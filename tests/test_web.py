from __future__ import annotations

import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.app import slack_app
from bot.clock import SystemClock
from bot.web import wsgi
from tests.processes import ANSWERED, STARTED, STOPPED, Program, running, settings, until
from tests.shell import deskpulse
from tests.slack_double import SlackDouble
from tests.slack_requests import SIGNING_SECRET, click, slash
from tests.workspace import (
    AGENT,
    CHANNEL,
    LEAD,
    Workspace,
    demo_numbers,
    finish,
    no_numbers,
    open_workspace,
    words,
)


@dataclass(frozen=True, slots=True)
class Site:
    """A running `web` process and the Slack that sends to it."""

    address: str
    slack: SlackDouble
    program: Program

    @property
    def database(self) -> Path:
        return self.program.folder / "deskpulse.db"

    def answers(self, name: str) -> list[dict[str, object]]:
        """What was sent to a response URL, once there is something."""
        for _ in until(ANSWERED):
            found = [message for used, message in self.slack.responses if used == name]
            if found:
                return found
        raise TimeoutError(f"nothing came to {name}: {self.program.printed()}")


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as slack:
        slack.add_user(AGENT)
        slack.add_user(LEAD)
        slack.add_channel(CHANNEL)
        yield slack


@pytest.fixture(scope="module")
def site(slack: SlackDouble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("web")
    (folder / "deskpulse.db").write_bytes(demo_numbers())
    with running(folder, "web", settings(slack)) as program:
        printed = program.wait_for("listens on port", STARTED)
        port = int(printed.partition("listens on port ")[2].partition(".")[0])
        yield Site(f"http://127.0.0.1:{port}", slack, program)


# --- A real process ------------------------------------------------------------------------------


def test_a_signed_command_is_answered_at_its_response_url(site: Site) -> None:
    signed = slash(
        "/kpi", "explain backlog", user=AGENT, response_url=site.slack.response_url("explain")
    )
    response = httpx.post(
        f"{site.address}/slack/events", content=signed.body, headers=signed.headers
    )
    assert (response.status_code, response.text) == (200, "")
    (message,) = site.answers("explain")
    assert "Unsolved tickets at the end of the window." in words(message)
    assert site.slack.posted == []


def test_a_signed_click_is_answered_too(site: Site) -> None:
    signed = click("kpi_explain", "backlog", response_url=site.slack.response_url("click"))
    response = httpx.post(
        f"{site.address}/slack/events", content=signed.body, headers=signed.headers
    )
    assert response.status_code == 200
    (message,) = site.answers("click")
    assert "Unsolved tickets at the end of the window." in words(message)


def _old() -> int:
    return int(SystemClock().now().timestamp()) - 6 * 60


@pytest.mark.thorough
@pytest.mark.parametrize(
    "how",
    ["wrong secret", "old timestamp", "changed body", "no signature"],
)
def test_a_request_that_is_not_slacks_is_refused(site: Site, how: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection:
        before = list(connection.iterdump())
    url = site.slack.response_url(how.replace(" ", "-"))
    signed = slash(
        "/kpi",
        "goal frt 1h",
        user=LEAD,
        response_url=url,
        secret="another secret" if how == "wrong secret" else SIGNING_SECRET,
        timestamp=_old() if how == "old timestamp" else None,
    )
    body = signed.body.replace(b"1h", b"9h") if how == "changed body" else signed.body
    headers = {} if how == "no signature" else signed.headers
    headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    response = httpx.post(f"{site.address}/slack/events", content=body, headers=headers)
    assert response.status_code == 401
    # The next command is answered: the refused one had its time.
    signed = slash("/kpi", "help", response_url=site.slack.response_url(f"after-{how[:2]}"))
    httpx.post(f"{site.address}/slack/events", content=signed.body, headers=signed.headers)
    site.answers(f"after-{how[:2]}")
    assert not [used for used, _ in site.slack.responses if used == how.replace(" ", "-")]
    with closing(sqlite3.connect(site.database)) as connection:
        assert list(connection.iterdump()) == before


def test_healthz_says_ok(site: Site) -> None:
    response = httpx.get(f"{site.address}/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert "server" not in {name.lower() for name in response.headers}


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/eventsx", "/healthz/x", "/../etc/passwd"])
def test_there_is_nothing_else(site: Site, path: str) -> None:
    assert httpx.get(site.address + path).status_code == 404
    assert httpx.post(site.address + path, content=b"x").status_code == 404


def test_no_secret_is_printed(site: Site) -> None:
    assert SIGNING_SECRET not in site.program.printed()
    assert site.slack.bot_token not in site.program.printed()


def test_an_unforeseen_error_is_logged_under_its_number_without_the_payload(site: Site) -> None:
    url = site.slack.response_url("unforeseen")
    signed = slash("/kpi", "explain backlog", user=AGENT, response_url=url)
    with without_table(site.database, "desk"):
        httpx.post(f"{site.address}/slack/events", content=signed.body, headers=signed.headers)
        (message,) = site.answers("unforeseen")
    told = words(message)
    assert "Something went wrong here" in told
    printed = site.program.wait_for(told.rpartition(" ")[2].removesuffix("."), ANSWERED)
    assert "OperationalError" in printed
    for payload in (url, "response_url", "trigger-1", "team_domain", "services=", "xoxb-"):
        assert payload not in printed


@contextmanager
def without_table(database: Path, name: str) -> Iterator[None]:
    """Renames a table for a while."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f'ALTER TABLE "{name}" RENAME TO "{name}_gone"')
        try:
            yield
        finally:
            connection.execute(f'ALTER TABLE "{name}_gone" RENAME TO "{name}"')


@pytest.mark.thorough
def test_web_ends_when_it_is_asked_to(slack: SlackDouble, tmp_path: Path) -> None:
    with running(tmp_path, "web", settings(slack)) as program:
        program.wait_for("listens on port", STARTED)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(STOPPED) == 0
        assert "Traceback" not in program.printed()


@pytest.mark.thorough
def test_worker_ends_when_it_is_asked_to(slack: SlackDouble, tmp_path: Path) -> None:
    desk = {"DESKPULSE_DESKS__DEMO__KIND": "demo", "DESKPULSE_DESKS__DEMO__VOLUME": "60"}
    with running(tmp_path, "worker", settings(slack, **desk)) as program:
        program.wait_for("deskpulse works.", STARTED)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(STOPPED) == 0
        assert "Traceback" not in program.printed()


# --- What it needs -------------------------------------------------------------------------------


@pytest.mark.thorough
def test_web_needs_the_signing_secret(slack: SlackDouble, tmp_path: Path) -> None:
    without = {**settings(slack), "SLACK_SIGNING_SECRET": ""}
    ended = deskpulse(tmp_path, "web", **without)
    assert ended.code == 1
    assert ended.err == (
        "SLACK_SIGNING_SECRET is not set. Copy the signing secret from the Slack app, "
        "page “Basic Information”.\n"
    )


@pytest.mark.thorough
def test_web_needs_the_bot_token(slack: SlackDouble, tmp_path: Path) -> None:
    ended = deskpulse(tmp_path, "web", **{**settings(slack), "SLACK_BOT_TOKEN": ""})
    assert ended.code == 1
    assert ended.err.startswith("SLACK_BOT_TOKEN is not set. Copy the bot token")
    assert ended.err.count("\n") == 1


@pytest.mark.thorough
def test_web_needs_a_free_port(slack: SlackDouble, tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = deskpulse(tmp_path, "web", **settings(slack, PORT=str(port)))
    assert ended.code == 1
    assert ended.err == (
        f"Port {port} cannot be used: Address already in use. Set PORT to a free one.\n"
    )


# --- The application itself ----------------------------------------------------------------------


@pytest.fixture
def empty() -> Iterator[Workspace]:
    with open_workspace(numbers=no_numbers()) as workspace:
        yield workspace


def _status_of_health(workspace: Workspace) -> tuple[str, str]:
    bolt = slack_app(workspace.services)
    statuses: list[str] = []
    body = wsgi(workspace.services, bolt)(
        {"PATH_INFO": "/healthz"}, lambda status, _headers: statuses.append(status)
    )
    finish(bolt)
    return statuses[0], b"".join(body).decode()


def test_healthz_fails_without_tables(empty: Workspace) -> None:
    assert _status_of_health(empty) == ("200 OK", "ok\n")
    _change(empty, "DELETE FROM alembic_version")
    assert _status_of_health(empty) == (
        "503 Service Unavailable",
        "The database has no tables yet.\n",
    )


def test_healthz_fails_with_the_tables_of_another_version(empty: Workspace) -> None:
    _change(empty, "UPDATE alembic_version SET version_num = '0000'")
    assert _status_of_health(empty) == (
        "503 Service Unavailable",
        "The database is of an older version.\n",
    )


def _change(workspace: Workspace, statement: str) -> None:
    with closing(sqlite3.connect(workspace.services.database.url.database or "")) as connection:
        connection.execute(statement)
        connection.commit()
