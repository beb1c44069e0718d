"""Speaks to Slack's Web API, and says of every failure what may be done about it.

Slack has no key by which it would know a repeated post, so whether a message may have been posted
matters more than why a call failed: see `bot.errors.SlackError`. The client's own retries are off,
because they post twice when an answer is lost.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import SlackBusy, SlackError, SlackHeld, SlackRefused, SlackUnknown
from bot.message import BlockJson

#: What the app asks for, each for a reason (the manifest asks for the same).
SCOPES = (
    "channels:history",  # find a message whose answer was lost
    "channels:read",  # see whether the bot is in a public channel
    "chat:write",  # post
    "commands",  # slash commands
    "files:write",  # charts
    "groups:history",  # as above, in private channels
    "groups:read",
    "users:read",  # a person's time zone, language, and whether they are an admin
    "users:read.email",  # by which an agent of a help desk finds their own numbers
)

#: Under this event type a message carries its delivery id.
DELIVERY = "deskpulse_delivery"

#: How long one call may take, in seconds.
TIMEOUT = 20

#: How far back from the moment of posting a lost message is looked for, in seconds: the clocks of
#: this machine and of Slack differ.
SKEW = 600

_MENDED_BY = {
    "not_in_channel": "Invite the bot: type /invite @deskpulse in the channel.",
    "channel_not_found": "Invite the bot: type /invite @deskpulse in the channel.",
    "invalid_auth": "Set SLACK_BOT_TOKEN to the bot token of the Slack app and restart.",
    "not_authed": "Set SLACK_BOT_TOKEN to the bot token of the Slack app and restart.",
    "token_revoked": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "token_expired": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "account_inactive": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "missing_scope": "Update the Slack app from manifest.json and install it again.",
    "restricted_action": "Let apps post in this channel (its settings, posting permissions).",
    "team_access_not_granted": "Grant the Slack app access to this workspace.",
}
_CODE = re.compile(r"[a-z_]{1,60}")
_BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_BLOCKS_REFUSED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}
_MAYBE_DONE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in Slack."""

    team: str
    team_name: str
    bot_user: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """What is asked of Slack about a person; nothing of it is stored."""

    id: str
    zone: str | None
    locale: str | None
    is_admin: bool
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """What is asked of Slack about a channel."""

    id: str
    name: str
    is_member: bool
    is_archived: bool


class Messenger(Protocol):
    """What deskpulse needs of Slack. Every method may raise a `SlackError`."""

    def identity(self) -> Identity: ...

    def person(self, user: str) -> Person: ...

    def channel(self, channel: str) -> Channel: ...

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        """Uploads a picture that is in no channel yet; gives the id of the file."""

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[BlockJson],
        *,
        delivery: str,
        thread: str | None = None,
    ) -> tuple[str, str]:
        """Posts a message; gives the channel's id and the message's timestamp.

        Raises `SlackUnknown` when it may have been posted, any other `SlackError` when it was not.
        """

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        """The timestamp of the message with that delivery id; `None` when it is not there."""


def web_client(token: str | None, url: str) -> WebClient:
    """Slack's own client without its retries, which post twice when an answer is lost."""
    return WebClient(token, base_url=url, timeout=TIMEOUT, retry_handlers=[])


def connect(socket_mode: Any) -> None:
    """Connects Bolt's `SocketModeHandler`. Raises a `SlackError` when Slack refuses or is away."""
    try:
        _read(socket_mode.connect)
    except SlackHeld as error:
        mend = "Set SLACK_APP_TOKEN to an app-level token (xapp-…) with connections:write."
        raise SlackHeld(error.message, mend, code=error.code) from None


class SlackMessenger:
    """The `Messenger` of a real workspace, or of a server that behaves like one."""

    def __init__(self, token: str, *, url: str = "https://slack.com/api/") -> None:
        self._client = web_client(token, url)

    def identity(self) -> Identity:
        answer = _read(self._client.auth_test)
        scopes = answer.headers.get("x-oauth-scopes") or answer.headers.get("X-OAuth-Scopes") or ""
        return Identity(
            team=answer["team_id"],
            team_name=answer.get("team") or "",
            bot_user=answer["user_id"],
            scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        )

    def person(self, user: str) -> Person:
        found = _read(self._client.users_info, user=user, include_locale=True)["user"]
        return Person(
            id=found["id"],
            zone=found.get("tz"),
            locale=found.get("locale"),
            is_admin=bool(found.get("is_admin") or found.get("is_owner")),
            email=(found.get("profile") or {}).get("email"),
        )

    def channel(self, channel: str) -> Channel:
        found = _read(self._client.conversations_info, channel=channel)["channel"]
        return Channel(
            id=found["id"],
            name=found.get("name") or "",
            is_member=bool(found.get("is_member")),
            is_archived=bool(found.get("is_archived")),
        )

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        answer = _read(
            self._client.files_upload_v2, file=png, filename=name, title=name, alt_txt=alt[:1000]
        )
        file: str = answer["files"][0]["id"]
        return file

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[BlockJson],
        *,
        delivery: str,
        thread: str | None = None,
    ) -> tuple[str, str]:
        answer = _call(
            self._client.chat_postMessage,
            changes=True,
            channel=channel,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread,
            metadata={"event_type": DELIVERY, "event_payload": {"id": delivery}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return answer["channel"], answer["ts"]

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        oldest = str(since.timestamp() - SKEW)
        cursor: str | None = None
        while True:
            page: Any = _read(
                self._client.conversations_replies
                if thread
                else self._client.conversations_history,
                channel=channel,
                oldest=oldest,
                cursor=cursor,
                limit=100,
                include_all_metadata=True,
                **({"ts": thread} if thread else {}),
            )
            for message in page["messages"]:
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == DELIVERY and payload.get("id") == delivery:
                    found: str = message["ts"]
                    return found
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None


def refuses_blocks(error: SlackError) -> bool:
    """Whether Slack might take the same message with plainer blocks.

    A picture that it is still taking in is another matter: that is a `SlackBusy`.
    """
    return isinstance(error, SlackRefused) and error.code in _BLOCKS_REFUSED


def _read(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls a method that may be called again without harm."""
    return _call(method, *args, changes=False, **kwargs)


def _call(method: Callable[..., Any], *args: Any, changes: bool, **kwargs: Any) -> Any:
    """Calls Slack once and turns every failure into the `SlackError` that says what to do."""
    try:
        return method(*args, **kwargs)
    except SlackApiError as error:
        raise _refusal(error, changes=changes) from None
    except (SlackClientError, URLError, HTTPException, OSError, ValueError) as error:
        if changes and not _never_arrived(error):
            raise SlackUnknown(
                "The answer of Slack was lost ({error}).", error=type(error).__name__
            ) from None
        raise SlackBusy(
            "Slack could not be reached ({error}).",
            "Check the network and SLACK_API_URL.",
            error=type(error).__name__,
        ) from None


def _never_arrived(error: Exception) -> bool:
    """Whether the connection was never made, so that Slack cannot have done anything."""
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(reason, ConnectionRefusedError | socket.gaierror)


def _refusal(error: SlackApiError, *, changes: bool) -> SlackError:
    response = error.response
    status = getattr(response, "status_code", 200)
    code = _code(response)
    if status == 429 or code in _BUSY:
        wait = float(_header(response, "retry-after") or 1)
        return SlackBusy("Slack asks to wait.", code=code, retry_after=wait)
    if status >= 500 or code in _MAYBE_DONE or not code:
        told = code or f"HTTP {status}"
        if changes:
            return SlackUnknown("Slack answered {told}.", code=code, told=told)
        return SlackBusy("Slack answered {told}.", "Try again later.", code=code, told=told)
    if code in _MENDED_BY:
        return SlackHeld("Slack answered {told}.", _MENDED_BY[code], code=code, told=code)
    detail = "; ".join((_data(response).get("response_metadata") or {}).get("messages") or [])
    if (
        "slack file" in detail
    ):  # it is there, but not ready for use yet: python-slack-sdk issue 1521
        return SlackBusy("Slack is still taking in a picture.", code=code, retry_after=1)
    told = f"{code}: {detail}" if detail else code
    return SlackRefused("Slack answered {told}.", code=code, told=told)


def _data(response: Any) -> dict[str, Any]:
    data = getattr(response, "data", response)
    return data if isinstance(data, dict) else {}


def _code(response: Any) -> str:
    """Slack's word for what went wrong; none when the answer is not Slack's (a proxy's page)."""
    code = str(_data(response).get("error") or "")
    return code if _CODE.fullmatch(code) else ""


def _header(response: Any, name: str) -> str | None:
    headers = getattr(response, "headers", None) or {}
    for key, value in headers.items():
        if key.lower() == name:
            return value[0] if isinstance(value, list) else str(value)
    return None
