"""The `emulate` package from npm as the Slack that deskpulse posts to: somebody else's, in memory.

What it does otherwise than Slack: everybody may post in and read a public channel, `users.info`
has no `tz`, no `locale` and no `is_owner`, `oldest` is ignored by `conversations.history`, metadata
come unasked, a channel that one may not see is `not_in_channel`, a wrong token `not_authed`, and
blocks are not validated.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from tests.live.components import Process, free_port, missing

Json = dict[str, Any]

#: The program itself, not its `npx` wrapper, so that the process we stop is the one that serves.
_PROGRAM = Path(__file__).parent / "node_modules" / "emulate" / "dist" / "index.js"
_MANIFEST = Path(__file__).parent.parent.parent / "manifest.json"

_APP = "A0DESKPULSE"
_BOT = "B0DESKPULSE"
_BOT_USER = "U0DESKPULSE"
_OPERATOR_TOKEN = "xoxp-operator"
_EYE_TOKEN = "xoxb-eye"
_OPERATOR = "ada"

#: The names of as many more agents as a large team has, and a robot.
CROWD = [
    f"{first}.{last}"
    for last in ("berg", "costa", "duval", "endo", "farahani", "gomez")
    for first in ("anna", "boris", "chloe", "dora", "emre", "fay", "goran", "hana", "ivan", "jun")
]
ROBOT = "ticket.robot"

_OPERATOR_SCOPES = ["channels:read", "channels:manage", "groups:read", "groups:write", "users:read"]


@dataclass
class SlackEmulator:
    """A running Slack. Channels are best made by each test for itself: `channel()`.

    `users` are ids by name: ada (a workspace admin), lena (meant as a lead), amir and beth (agents),
    and the many of `CROWD`.
    """

    address: str
    users: Mapping[str, str]
    bot_token: str = "xoxb-deskpulse"
    signing_secret: str = "emulated-signing-secret"
    bot_user: str = _BOT_USER
    scopes: tuple[str, ...] = ()

    @cached_property
    def _operator(self) -> WebClient:
        return WebClient(_OPERATOR_TOKEN, base_url=self.api_url)

    @cached_property
    def _eye(self) -> WebClient:
        return WebClient(_EYE_TOKEN, base_url=self.api_url)

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    def client(self) -> WebClient:
        """A client with the bot's token and no retries of its own."""
        return WebClient(self.bot_token, base_url=self.api_url, retry_handlers=[])

    def channel(self, name: str = "support", *, private: bool = False, invited: bool = True) -> str:
        """The id of a new channel, whose name begins with `name`, with or without the bot."""
        unique = f"{name}-{secrets.token_hex(4)}"
        # As JSON: in a form the client writes 1 for true, which the emulator takes for false.
        wanted = {"name": unique, "is_private": private}
        made = self._operator.api_call("conversations.create", json=wanted)
        id_: str = made["channel"]["id"]
        if invited:
            self.invite(id_)
        return id_

    def invite(self, channel: str, *users: str) -> None:
        """Takes users into a channel, or else the bot."""
        self._operator.conversations_invite(channel=channel, users=users or [self.bot_user])

    def leave(self, channel: str) -> None:
        """Lets ada leave a channel, who is in it since she made it."""
        self._operator.conversations_leave(channel=channel)

    def archive(self, channel: str) -> None:
        """Archives a channel, which leaves a message of its own in it."""
        self._operator.conversations_archive(channel=channel)

    def messages(self, channel: str) -> list[Json]:
        """What stands in a channel, oldest first, without threads and joinings."""
        answer = self._eye.conversations_history(
            channel=channel, limit=999, include_all_metadata=True
        )
        found: list[Json] = answer["messages"]
        return [message for message in reversed(found) if "subtype" not in message]

    def replies(self, channel: str, ts: str) -> list[Json]:
        """The replies below a message, oldest first, without the message itself."""
        answer = self._eye.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)
        found: list[Json] = answer["messages"]
        return [message for message in found if message["ts"] != ts]

    def trigger(self, user: str) -> str:
        """A trigger id as a command or a click of `user` carries one; good for three seconds."""
        made = self.client().api_call("views.generateTriggerId", json={"user_id": user})
        trigger: str = made["trigger_id"]
        return trigger

    def file(self, id_: str) -> bytes:
        """What was uploaded as that file."""
        info = self._eye.files_info(file=id_)["file"]
        authorization = {"Authorization": f"Bearer {_EYE_TOKEN}"}
        answer = httpx.get(info["url_private"], headers=authorization)
        return answer.raise_for_status().content


@pytest.fixture(scope="session")
def slack_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackEmulator]:
    """A Slack for the whole session, with the bot's scopes of `manifest.json` held strictly."""
    node = shutil.which("node")
    if node is None or not _PROGRAM.exists():
        missing("the Slack emulator is not installed: run `make live-setup` (it takes Node 20)")
    folder = tmp_path_factory.mktemp("slack")
    scopes = json.loads(_MANIFEST.read_text())["oauth_config"]["scopes"]["bot"]
    emulator = SlackEmulator(f"http://127.0.0.1:{free_port()}", {}, scopes=tuple(scopes))
    # JSON is YAML too, which is what it reads.
    seed = folder / "seed.yaml"
    seed.write_text(json.dumps({"slack": _seed(emulator)}))
    port = emulator.address.rpartition(":")[2]
    command: list[str | Path] = [node, _PROGRAM, "start", "--service", "slack"]
    command += ["--port", port, "--seed", seed]
    with Process(command, log=folder / "log", port=int(port), cwd=folder):
        yield SlackEmulator(emulator.address, _users(emulator.api_url), scopes=emulator.scopes)


def _seed(slack: SlackEmulator) -> Json:
    def user(name: str, **facts: Any) -> Json:
        return {"name": name, "email": f"{name}@example.com", **facts}

    def token(value: str, user: str, scopes: list[str]) -> Json:
        return {
            "token": value,
            "user": user,
            "scopes": scopes,
            "app_id": _APP,
            "bot_id": _BOT,
            "bot_user_id": _BOT_USER,
        }

    return {
        "team": {"name": "Example", "domain": "example"},
        "users": [
            user(_OPERATOR, is_admin=True),
            *(user(name) for name in ("lena", "amir", "beth", *CROWD, ROBOT)),
        ],
        "oauth_apps": [
            {
                "app_id": _APP,
                "client_id": "1.1",
                "client_secret": "not-used",
                "name": "deskpulse",
                "redirect_uris": [],
                "scopes": list(slack.scopes),
                "bot_id": _BOT,
                "bot_user_id": _BOT_USER,
                "bot_name": "deskpulse",
            }
        ],
        "tokens": [
            token(slack.bot_token, _BOT_USER, list(slack.scopes)),
            # The eye sees as the bot does, with the scopes that only a test wants.
            token(_EYE_TOKEN, _BOT_USER, [*slack.scopes, "files:read", "im:history"]),
            {"token": _OPERATOR_TOKEN, "user": _OPERATOR, "scopes": _OPERATOR_SCOPES},
        ],
        "signing_secret": slack.signing_secret,
        "strict_scopes": True,
    }


def _users(api_url: str) -> dict[str, str]:
    members = WebClient(_OPERATOR_TOKEN, base_url=api_url).users_list(limit=999)["members"]
    return {member["name"]: member["id"] for member in members}
