"""What Slack sends to an app, signed as Slack signs it: commands, clicks, views, events.

The shapes are those of https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from slack_bolt import BoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.clock import SystemClock

Json = dict[str, Any]

#: The signing secret that the tests' app has, unless a test says otherwise.
SIGNING_SECRET = "signing-secret-of-the-tests"
APP = "A0DESKPULSE"
TEAM = "T0DOUBLE"

_FORM = "application/x-www-form-urlencoded"


class Signed(NamedTuple):
    """A request ready to be sent: `httpx.post(url, content=body, headers=headers)`."""

    body: bytes
    headers: dict[str, str]

    def for_bolt(self) -> BoltRequest:
        """The same, to be handed to `App.dispatch` without a network."""
        headers: dict[str, str | Sequence[str]] = dict(self.headers)
        return BoltRequest(body=self.body.decode(), headers=headers)


def signed(
    body: str,
    *,
    content_type: str = _FORM,
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """`body` with Slack's signature of it.

    `timestamp` (in seconds, of now if `None`) goes into the signature, so that a request can be old
    and yet rightly signed; another `secret` makes a wrong signature.
    """
    moment = str(timestamp if timestamp is not None else int(SystemClock().now().timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=moment, body=body)
    headers = {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": str(signature),
    }
    return Signed(body.encode(), headers)


def slash(
    command: str,
    text: str = "",
    *,
    user: str = "U1",
    channel: str = "C1",
    response_url: str = "http://127.0.0.1:9/response/none",
    trigger: str = "trigger-1",
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """Somebody typed `command text` in a channel. Nobody listens at the default response URL."""
    fields = {
        "token": "",
        "team_id": TEAM,
        "team_domain": "double",
        "channel_id": channel,
        "channel_name": "support",
        "user_id": user,
        "user_name": "somebody",
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }
    return signed(urlencode(fields), secret=secret, timestamp=timestamp)


def click(
    action_id: str,
    value: str = "",
    *,
    user: str = "U1",
    channel: str = "C1",
    response_url: str = "http://127.0.0.1:9/response/none",
    trigger: str = "trigger-1",
    message: Mapping[str, Any] | None = None,
    ephemeral: bool = True,
    block_id: str = "actions",
    element: Mapping[str, Any] | None = None,
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """Somebody pressed the button `action_id` below a message in a channel (`block_actions`).

    `element` replaces the button's own part, for a menu or a date picker: e.g.
    `{"type": "static_select", "selected_option": {"value": "de"}}`.
    """
    message_ts = str((message or {}).get("ts", "1700000000.000100"))
    own = element or {"type": "button", "text": _plain(action_id), "value": value}
    action = {"action_id": action_id, "block_id": block_id, "action_ts": "1700000001.0", **own}
    payload = {
        **_sender("block_actions", user),
        "container": {
            "type": "message",
            "message_ts": message_ts,
            "channel_id": channel,
            "is_ephemeral": ephemeral,
        },
        "trigger_id": trigger,
        "channel": {"id": channel, "name": "support"},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if not ephemeral:
        # Slack leaves the message out when it was an ephemeral one.
        payload["message"] = {"type": "message", "ts": message_ts, "text": "", **(message or {})}
    return interaction(payload, secret=secret, timestamp=timestamp)


def submission(
    callback_id: str,
    values: Mapping[str, Mapping[str, Any]],
    *,
    user: str = "U1",
    private_metadata: str = "",
    trigger: str = "trigger-1",
    view: str = "V1",
    blocks: Sequence[Json] = (),
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """Somebody submitted the modal `view`; `values` is block id → action id → the element's state.

    Slack sends its `blocks` along.
    """
    payload = {
        **_sender("view_submission", user),
        "trigger_id": trigger,
        "view": {
            **_view(callback_id, private_metadata, {"values": values}),
            "id": view,
            "blocks": list(blocks),
        },
        "response_urls": [],
    }
    return interaction(payload, secret=secret, timestamp=timestamp)


def filling(
    view: Mapping[str, Any],
    action_id: str,
    value: str | None = None,
    *,
    user: str = "U1",
    trigger: str = "trigger-1",
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """Somebody filled in a field of a modal that asks to be told, or pressed a button of `value`.

    `view` is the modal as Slack has it, with the `state` of all of its fields. There is no channel
    and no response URL.
    """
    action = {"action_id": action_id, "block_id": "b", "action_ts": "1700000001.0", "type": "x"}
    if value is not None:
        action |= {"type": "button", "value": value}
    payload = {
        **_sender("block_actions", user),
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": trigger,
        "view": view,
        "actions": [action],
    }
    return interaction(payload, secret=secret, timestamp=timestamp)


def closing(
    callback_id: str,
    *,
    user: str = "U1",
    private_metadata: str = "",
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """Somebody closed a modal that asked to be told (`notify_on_close`)."""
    payload = {
        **_sender("view_closed", user),
        "view": _view(callback_id, private_metadata, {"values": {}}),
        "is_cleared": False,
    }
    return interaction(payload, secret=secret, timestamp=timestamp)


def event(
    inner: Mapping[str, Any],
    *,
    event_id: str = "Ev1",
    secret: str = SIGNING_SECRET,
    timestamp: int | None = None,
) -> Signed:
    """An event of the Events API, e.g. `{"type": "app_home_opened", "user": "U1", …}`."""
    body = {
        "token": "",
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1_700_000_000,
        "event": inner,
        "authorizations": [{"team_id": TEAM, "user_id": "U0BOT", "is_bot": True}],
    }
    return signed(
        json.dumps(body), content_type="application/json", secret=secret, timestamp=timestamp
    )


def interaction(
    payload: Mapping[str, Any], *, secret: str = SIGNING_SECRET, timestamp: int | None = None
) -> Signed:
    """Any interaction payload as Slack sends it: JSON in the form field `payload`."""
    body = urlencode({"payload": json.dumps(payload)})
    return signed(body, secret=secret, timestamp=timestamp)


def _sender(kind: str, user: str) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM, "domain": "double"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": TEAM},
        "api_app_id": APP,
        "token": "",
    }


def _view(callback_id: str, private_metadata: str, state: Mapping[str, Any]) -> Json:
    return {
        "id": "V1",
        "team_id": TEAM,
        "type": "modal",
        "blocks": [],
        "private_metadata": private_metadata,
        "callback_id": callback_id,
        "state": state,
        "hash": "1700000000.hash",
        "title": _plain("deskpulse"),
        "submit": _plain("Save"),
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        "previous_view_id": None,
        "root_view_id": "V1",
        "external_id": "",
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": "B0BOT",
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}
