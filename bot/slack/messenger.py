"""Speaks to Slack's Web API: what deskpulse asks of Slack, and what it tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from typing import Any, Protocol

from slack_sdk import WebClient

from bot.errors import SlackHeld, SlackRefused
from bot.message import BlockJson
from bot.slack.calls import once, repeatable

#: After so many seconds a thread that has not ended is told again to.
_TELL_AGAIN = 0.1

#: A modal as Slack takes it.
ViewJson = dict[str, Any]

#: What the app asks for, each for a reason (the manifest asks for the same).
SCOPES = (
    "channels:history",  # find a message whose answer was lost
    "channels:read",  # see whether the bot is in a public channel
    "chat:write",  # post
    "commands",  # slash commands
    "files:write",  # charts
    "groups:history",  # as above, in private channels
    "groups:read",
    "im:history",  # as above, in direct messages
    "im:write",  # learn which channel the direct messages with somebody are
    "usergroups:read",  # who is in a user group that a survey asks
    "users:read",  # a person's time zone, language, and whether they are an admin
    "users:read.email",  # by which an agent of a help desk finds their own numbers
)

#: Slack's own helper is in every workspace, and is not marked as a bot.
_SLACKBOT = "USLACKBOT"

#: What a channel is that not everybody can open: private, or direct messages of two or several.
_NOT_PUBLIC = ("is_private", "is_im", "is_mpim")

#: Under this event type a message carries its delivery id.
DELIVERY = "deskpulse_delivery"

#: How long one call may take, in seconds.
TIMEOUT = 20

#: How far back from the moment of posting a lost message is looked for, in seconds: the clocks of
#: this machine and of Slack differ.
SKEW = 600

#: A trigger is good for three seconds, and once.
_TRIGGER_OVER = {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"}

#: The view that was to be changed is a newer one by now, or closed: the person has gone on.
_VIEW_MOVED_ON = {"hash_conflict", "not_found"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in Slack."""

    team: str
    team_name: str
    bot_user: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """What is asked of Slack about a person.

    Nothing of it is stored, but for what a survey needs while it is open, and that sealed. A person
    who `is_away` for good was deactivated. `names` are those by which others know them. `teams` are
    the workspaces that they belong to, of which a shared channel has several; empty where Slack does
    not say.
    """

    id: str
    zone: str | None
    locale: str | None
    is_admin: bool
    email: str | None = field(default=None, repr=False)
    is_bot: bool = False
    is_away: bool = False
    names: tuple[str, ...] = field(default=(), repr=False)
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Channel:
    """What is asked of Slack about a channel."""

    id: str
    name: str
    is_member: bool
    is_archived: bool
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A user group: some people who can be named together."""

    id: str
    name: str
    members: frozenset[str]


class Messenger(Protocol):
    """What deskpulse needs of Slack. Every method may raise a `SlackError`."""

    def identity(self) -> Identity: ...

    def person(self, user: str) -> Person: ...

    def channel(self, channel: str) -> Channel: ...

    def members(self, channel: str) -> frozenset[str]:
        """Who is in a channel, bots and all."""

    def group(self, group: str) -> Group:
        """A user group. Raises `SlackRefused` when there is none of that id."""

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
        broadcast: bool = False,
    ) -> tuple[str, str]:
        """Posts a message; gives the channel's id and the message's timestamp.

        With `thread` it is a reply below that message; one that is `broadcast` shows in the channel
        as well. Raises `SlackUnknown` when it may have been posted, any other `SlackError` when it
        was not.
        """

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        """Replaces what a posted message says. `channel` is the one that `post` was given, or gave.

        Doing it again does no harm, so it never raises `SlackUnknown`; whether an error means
        that the message is out of reach for good, `bot.slack.calls.is_gone` says.
        """

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        """The timestamp of the message with that delivery id; `None` when it is not there."""

    def open_view(self, trigger: str, view: ViewJson) -> str:
        """Opens a modal for whoever pressed or typed something; gives the view's id.

        Raises `SlackRefused` when the trigger of that is three seconds old, or was used.
        """

    def update_view(self, view_id: str, view: ViewJson, *, hash_: str | None) -> None:
        """Replaces an open modal, if it is still the one with that hash.

        Does nothing when it is a newer one by now, or closed.
        """


def web_client(token: str | None, url: str) -> WebClient:
    """Slack's own client without its retries, which post twice when an answer is lost."""
    return WebClient(token, base_url=url, timeout=TIMEOUT, retry_handlers=[])


def connect(socket_mode: Any) -> None:
    """Connects Bolt's `SocketModeHandler`. Raises a `SlackError` when Slack refuses or is away."""
    try:
        repeatable(socket_mode.connect)
    except SlackHeld as error:
        mend = "Set SLACK_APP_TOKEN to an app-level token (xapp-…) with connections:write."
        raise SlackHeld(error.message, mend, code=error.code) from None


def disconnect(socket_mode: Any) -> None:
    """Ends what `connect` began, and waits until what was heard is dealt with.

    The SDK's `close` tells its listening thread once that it is to end, which that thread overwrites
    if it is just about to listen, and then waits for it for ever: so it is told until it has heard.
    """
    closing = Thread(target=socket_mode.close, daemon=True)
    closing.start()
    while closing.is_alive():
        socket_mode.client.current_session_state.terminated = True
        closing.join(_TELL_AGAIN)


def _teams(user: dict[str, Any]) -> frozenset[str]:
    """The workspaces of a user; of an Enterprise organization somebody can be in several."""
    in_organization = (user.get("enterprise_user") or {}).get("teams") or ()
    return frozenset(team for team in (user.get("team_id"), *in_organization) if team)


class SlackMessenger:
    """The `Messenger` of a real workspace, or of a server that behaves like one."""

    def __init__(self, token: str, *, url: str = "https://slack.com/api/") -> None:
        self._client = web_client(token, url)

    def identity(self) -> Identity:
        answer = repeatable(self._client.auth_test)
        scopes = answer.headers.get("x-oauth-scopes") or answer.headers.get("X-OAuth-Scopes") or ""
        return Identity(
            team=answer["team_id"],
            team_name=answer.get("team") or "",
            bot_user=answer["user_id"],
            scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        )

    def person(self, user: str) -> Person:
        found = repeatable(self._client.users_info, user=user, include_locale=True)["user"]
        profile = found.get("profile") or {}
        named = (found.get("name"), found.get("real_name"), profile.get("display_name"))
        return Person(
            id=found["id"],
            zone=found.get("tz"),
            locale=found.get("locale"),
            is_admin=bool(found.get("is_admin") or found.get("is_owner")),
            email=profile.get("email"),
            is_bot=bool(found.get("is_bot")) or found["id"] == _SLACKBOT,
            is_away=bool(found.get("deleted")),
            names=tuple(dict.fromkeys(name for name in named if name)),
            teams=_teams(found),
        )

    def channel(self, channel: str) -> Channel:
        found = repeatable(self._client.conversations_info, channel=channel)["channel"]
        return Channel(
            id=found["id"],
            name=found.get("name") or "",
            is_member=bool(found.get("is_member")),
            is_archived=bool(found.get("is_archived")),
            is_private=any(found.get(kind) for kind in _NOT_PUBLIC),
        )

    def members(self, channel: str) -> frozenset[str]:
        found: set[str] = set()
        cursor: str | None = ""
        while cursor is not None:
            page = repeatable(
                self._client.conversations_members,
                channel=channel,
                cursor=cursor or None,
                limit=200,
            )
            found.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        return frozenset(found)

    def group(self, group: str) -> Group:
        members = repeatable(self._client.usergroups_users_list, usergroup=group)["users"]
        known = repeatable(self._client.usergroups_list)["usergroups"]
        named = (one.get("handle") or one["name"] for one in known if one["id"] == group)
        return Group(group, next(named, group), frozenset(members))

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        answer = repeatable(
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
        broadcast: bool = False,
    ) -> tuple[str, str]:
        answer = once(
            self._client.chat_postMessage,
            channel=channel,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread,
            reply_broadcast=True if thread and broadcast else None,
            metadata={"event_type": DELIVERY, "event_payload": {"id": delivery}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return answer["channel"], answer["ts"]

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        # Without metadata it keeps its own, by which it is found. An empty list takes blocks away.
        repeatable(
            self._client.chat_update,
            channel=self._place(channel),
            ts=ts,
            text=text,
            blocks=list(blocks),
        )

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        try:
            place = self._place(channel)
            for message in self._messages(place, str(since.timestamp() - SKEW), thread):
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == DELIVERY and payload.get("id") == delivery:
                    found: str = message["ts"]
                    return found
        except SlackRefused as error:
            # The message above was deleted, and nothing is left below it.
            if thread is None or error.code != "thread_not_found":
                raise
        return None

    def _place(self, channel: str) -> str:
        """The channel, or that of the direct messages with a person: only a post takes a person."""
        if not channel.startswith(("U", "W")):
            return channel
        opened: str = repeatable(self._client.conversations_open, users=channel)["channel"]["id"]
        return opened

    def _messages(self, channel: str, oldest: str, thread: str | None) -> Iterator[dict[str, Any]]:
        """What stands in a channel, or below a message, since a timestamp, page after page."""
        read = self._client.conversations_replies if thread else self._client.conversations_history
        asked: dict[str, Any] = {"ts": thread} if thread else {}
        cursor: str | None = ""
        while cursor is not None:
            page = repeatable(
                read,
                channel=channel,
                oldest=oldest,
                cursor=cursor or None,
                limit=100,
                include_all_metadata=True,
                **asked,
            )
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None

    def open_view(self, trigger: str, view: ViewJson) -> str:
        try:
            opened = once(self._client.views_open, trigger_id=trigger, view=view)
        except SlackRefused as error:
            if error.code not in _TRIGGER_OVER:
                raise
            raise SlackRefused(
                "Slack waits three seconds for a window to open, and they were over.",
                "Press again.",
                code=error.code,
            ) from None
        id_: str = opened["view"]["id"]
        return id_

    def update_view(self, view_id: str, view: ViewJson, *, hash_: str | None) -> None:
        try:
            repeatable(self._client.views_update, view_id=view_id, view=view, hash=hash_)
        except SlackRefused as error:
            if error.code not in _VIEW_MOVED_ON:
                raise
