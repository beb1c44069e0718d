"""Calls Slack, and says of every failure what may be done about it.

Slack has no key by which it would know a repeated post, so whether a message may have been posted
matters more than why a call failed: see `bot.errors.SlackError`. The client's own retries are off,
because they post twice when an answer is lost.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import SlackBusy, SlackError, SlackHeld, SlackRefused, SlackUnknown

#: What somebody has to mend before Slack takes the call, by what it answers.
_MENDED_BY = {
    "not_in_channel": "Invite the bot: type /invite @deskpulse in the channel.",
    "channel_not_found": "Invite the bot: type /invite @deskpulse in the channel.",
    "is_archived": "Unarchive the channel.",
    # So `chat.update` calls a channel that was archived, frozen or deleted.
    "is_inactive": "Unarchive the channel.",
    "invalid_auth": "Set SLACK_BOT_TOKEN to the bot token of the Slack app and restart.",
    "not_authed": "Set SLACK_BOT_TOKEN to the bot token of the Slack app and restart.",
    "token_revoked": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "token_expired": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "account_inactive": "Install the Slack app again and set SLACK_BOT_TOKEN to its new token.",
    "not_allowed_token_type": "Set SLACK_BOT_TOKEN to the bot token of the Slack app and restart.",
    "missing_scope": "Update the Slack app from manifest.json and install it again.",
    "no_permission": "Invite the bot: type /invite @deskpulse in the channel.",
    "restricted_action": "Let apps post in this channel (its settings, posting permissions).",
    "restricted_action_read_only_channel": (
        "Let apps post in this channel (its settings, posting permissions)."
    ),
    "ekm_access_denied": "An admin has suspended posting (Enterprise Key Management): ask them.",
    "accesslimited": "Let this machine's address use Slack (the workspace's allowed addresses).",
    "team_access_not_granted": "Grant the Slack app access to this workspace.",
}

#: Why a posted message is out of reach for good, by what `chat.update` answers
#: (https://docs.slack.dev/reference/methods/chat.update#errors). Whatever is neither here nor in
#: `_MENDED_BY` nor in `_BUSY` says something of the new content; the message itself is there.
#: `channel_not_found` is none of these: so Slack also calls a private channel that the bot was taken
#: out of, and once it is invited again the edit can be done; nor is `is_inactive`: a channel can be
#: unarchived.
_GONE = {
    "message_not_found": "somebody deleted it",
    "cant_update_message": "it is another app's: the token is that of a new app",
    "edit_window_closed": "the workspace lets nobody change messages of that age",
    "team_not_found": "the other workspace of a shared channel has left it",
}
#: What `users.info` answers about somebody who is deleted, or of a workspace that is not seen.
_NOBODY = {"user_not_found", "user_not_visible"}

_CODE = re.compile(r"[a-z_]{1,60}")
_BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}

#: What passes by itself, nobody knows when: a workspace that moves, a message that is being written.
_PASSES = {
    "external_channel_migrating",
    "org_login_required",
    "streaming_state_conflict",
    "team_added_to_org",
}

_BLOCKS_REFUSED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}
_MAYBE_DONE = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "update_failed",
}


def once(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls a method that does another thing each time.

    Raises `SlackUnknown` when it may have been done, any other `SlackError` when it was not.
    """
    return _call(method, *args, changes=True, **kwargs)


def repeatable(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls a method that may be called again without harm. Raises a `SlackError`."""
    return _call(method, *args, changes=False, **kwargs)


def refuses_blocks(error: SlackError) -> bool:
    """Whether Slack might take the same message with plainer blocks.

    A picture that it is still taking in is another matter: that is a `SlackBusy`.
    """
    return isinstance(error, SlackRefused) and error.code in _BLOCKS_REFUSED


def is_gone(error: SlackError) -> bool:
    """Whether a posted message can never be edited any more: deleted, too old, another app's."""
    return isinstance(error, SlackRefused) and error.code in _GONE


def is_nobody(error: SlackError) -> bool:
    """Whether Slack does not show somebody to the bot, now or ever, though it answers otherwise."""
    return isinstance(error, SlackRefused) and error.code in _NOBODY


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
    breaks_down = status >= 500 or code in _MAYBE_DONE or not code
    if breaks_down or code in _PASSES:
        told = code or f"HTTP {status}"
        if breaks_down and changes:
            return SlackUnknown("Slack answered {told}.", code=code, told=told)
        return SlackBusy("Slack answered {told}.", "Try again later.", code=code, told=told)
    if code in _MENDED_BY:
        return SlackHeld("Slack answered {told}.", _MENDED_BY[code], code=code, told=code)
    detail = "; ".join((_data(response).get("response_metadata") or {}).get("messages") or [])
    if "slack file" in detail:
        # It is there, but not ready for use yet: python-slack-sdk issue 1521.
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
