"""A small Slack of our own, in memory, for the tests that may not need Node: its Web API over HTTP.

It holds what deskpulse relies on, with Slack's own error codes: who is in which channel, scopes,
metadata that a reader has to ask for, pages, files that are not ready at once, triggers and
response URLs that are used up. It refuses whatever breaks Slack's limits (`tests/blockkit`). The
live tests run against somebody else's Slack; this one is for the cases that theirs does not know.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from bot.clock import Clock, SystemClock
from bot.slack.messenger import SCOPES
from tests.blockkit.limits import broken_limits
from tests.loopback import Reply, Request, serving

Json = dict[str, Any]
Item = TypeVar("Item")

BOT_TOKEN = "xoxb-double"
APP_TOKEN = "xapp-double"
TEAM = "T0DOUBLE"
BOT_USER = "U0BOT"
_TOKENS = (BOT_TOKEN, APP_TOKEN)
#: The one method that is called with the app's token instead of the bot's.
_OPEN = "apps.connections.open"
#: How often a response URL may be used.
_RESPONSES = 5


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str = "somebody"
    tz: str = "Europe/Athens"
    locale: str = "en-US"
    is_admin: bool = False
    is_owner: bool = False
    email: str | None = None
    is_bot: bool = False
    deleted: bool = False
    team: str = TEAM
    teams: tuple[str, ...] = ()
    is_restricted: bool = False

    def json(self, *, with_locale: bool) -> Json:
        user: Json = {
            "id": self.id,
            "team_id": self.team,
            **({"enterprise_user": {"teams": list(self.teams)}} if self.teams else {}),
            "name": self.name,
            "real_name": self.name.title(),
            "profile": {
                "display_name": self.name,
                **({"email": self.email} if self.email else {}),
            },
            "tz": self.tz,
            "is_admin": self.is_admin,
            "is_owner": self.is_owner,
            "is_primary_owner": False,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "deleted": self.deleted,
        }
        return {**user, "locale": self.locale} if with_locale else user


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str = "support"
    is_private: bool = False
    is_member: bool = True
    is_archived: bool = False

    def json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": self.is_member,
        }


@dataclass(slots=True)
class Posted:
    """A message as it stands in a channel now."""

    channel: str
    ts: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited: bool = False

    def json(self, *, with_metadata: bool) -> Json:
        message: Json = {
            "type": "message",
            **({"subtype": "thread_broadcast"} if self.broadcast else {}),
            "user": BOT_USER,
            "bot_id": "B0BOT",
            "team": TEAM,
            "ts": self.ts,
            "text": self.text,
        }
        optional = {
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "metadata": self.metadata if with_metadata else None,
        }
        return {**message, **{key: value for key, value in optional.items() if value}}


@dataclass(slots=True)
class File:
    """An uploaded file. `unready` posts that show it are still refused."""

    id: str
    name: str
    alt: str
    length: int
    content: bytes = b""
    complete: bool = False
    unready: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Web API, as it came."""

    method: str
    arguments: Json


class Refusal(Exception):
    """What the Web API answers with `"ok": false`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


class SlackDouble:
    """Such a Slack, running while a `with` block does; its attributes are what it holds.

    `files_unready_for` is how many posts that show a new file are refused before it is ready, as
    Slack does for about a second after an upload. `unknown_blocks` are types of blocks that it
    refuses, as a workspace does that has no native charts. Timestamps come from `clock`.
    """

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN

    def __init__(
        self,
        *,
        scopes: Sequence[str] = SCOPES,
        clock: Clock | None = None,
        files_unready_for: int = 0,
        unknown_blocks: Collection[str] = (),
    ) -> None:
        self.scopes = tuple(scopes)
        self.unknown_blocks = unknown_blocks
        self.files_unready_for = files_unready_for
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.members: dict[str, list[str]] = {}
        self.groups: dict[str, tuple[str, list[str]]] = {}
        self.posted: list[Posted] = []
        self.files: dict[str, File] = {}
        self.views: list[Json] = []
        self.responses: list[tuple[str, Json]] = []
        self.calls: list[Call] = []
        self.address = ""
        self.socket_url: str | None = None
        self._clock = clock or SystemClock()
        self._last_ts = 0
        self._used_triggers: set[str] = set()
        self._expired_triggers: set[str] = set()
        self._lock = threading.RLock()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.address = self._open.enter_context(serving(self.answer))
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    def response_url(self, name: str = "1") -> str:
        """A response URL; what is sent there is kept in `responses` under `name`."""
        return f"{self.address}/response/{name}"

    def add_user(self, id_: str = "U1", **facts: Any) -> User:
        """Lets a user join the workspace; `facts` are fields of `User`."""
        self.users[id_] = User(id_, **facts)
        return self.users[id_]

    def add_channel(self, id_: str = "C1", **facts: Any) -> Channel:
        """Makes a channel, or another thing of a known one; `facts` are fields of `Channel`."""
        self.channels[id_] = replace(self.channels.get(id_, Channel(id_)), **facts)
        return self.channels[id_]

    def add_members(self, channel: str, *users: str) -> None:
        """Lets users join a channel."""
        self.members.setdefault(channel, []).extend(users)

    def add_group(self, id_: str, handle: str, *users: str) -> None:
        """Makes a user group, or another one of it."""
        self.groups[id_] = handle, list(users)

    def delete(self, channel: str, ts: str) -> None:
        """Somebody deletes a message; the replies below it stay."""
        self.posted.remove(self.at(channel, ts))

    def expire(self, trigger: str) -> None:
        """Lets the three seconds of a trigger go by."""
        self._expired_triggers.add(trigger)

    def view(self, id_: str) -> Json:
        """What an open view shows now."""
        return [view for view in self.views if view["id"] == id_][-1]

    def posts(self, channel: str) -> list[Posted]:
        """What stands in a channel, without its threads, oldest first."""
        return [p for p in self.posted if p.channel == channel and p.thread_ts in (None, p.ts)]

    def thread(self, channel: str, ts: str) -> list[Posted]:
        """The replies below a message, oldest first."""
        return [p for p in self.posted if p.channel == channel and p.thread_ts == ts != p.ts]

    def called(self, method: str) -> list[Json]:
        """The arguments of every call of `method`, in order."""
        return [call.arguments for call in self.calls if call.method == method]

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path).path.strip("/").split("/", 1)
        where, name = parts[0], parts[1] if len(parts) > 1 else ""
        with self._lock:
            match where:
                case "api":
                    return self._api(name, request)
                case "upload":
                    return self._upload(name, request)
                case "response":
                    return self._response(name, request)
        return Reply(b"no such page", 404)

    def _api(self, method: str, request: Request) -> Reply:
        arguments = _arguments(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = token or arguments.pop("token", "")
        self.calls.append(Call(method, arguments))
        try:
            self._authorize(method, token)
            answer = {"ok": True, **_METHODS[method].run(self, arguments)}
        except Refusal as refusal:
            answer = refusal.answer
        headers = {"Content-Type": "application/json", "x-oauth-scopes": ",".join(self.scopes)}
        return Reply(json.dumps(answer).encode(), headers=headers)

    def _authorize(self, method: str, token: str) -> None:
        if method not in _METHODS:
            raise Refusal("unknown_method", req_method=method)
        if not token:
            raise Refusal("not_authed")
        if token != (self.app_token if method == _OPEN else self.bot_token):
            raise Refusal("not_allowed_token_type" if token in _TOKENS else "invalid_auth")
        self._need(_METHODS[method].scope)

    def _need(self, scope: str) -> None:
        if scope and scope not in self.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(self.scopes))

    def _upload(self, file: str, request: Request) -> Reply:
        if file not in self.files or self.files[file].complete:
            return Reply(b"file_not_found", 404)
        if len(request.body) != self.files[file].length:
            return Reply(b"wrong length", 400)
        self.files[file].content = request.body
        return Reply(f"OK - {len(request.body)}".encode())

    def _response(self, name: str, request: Request) -> Reply:
        if sum(used == name for used, _ in self.responses) >= _RESPONSES:
            return Reply(b'{"ok":false,"error":"used_url"}', 404)
        message = json.loads(request.body)
        if problems := self.problems(message):
            return Reply(json.dumps(_invalid_blocks(problems).answer).encode(), 400)
        self.responses.append((name, message))
        return Reply(b"ok")

    def next_ts(self) -> str:
        """A message's timestamp: the present moment, later than every one before."""
        now = round(self._clock.now().timestamp() * 1_000_000)
        self._last_ts = max(now, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"

    def writable(self, channel: str) -> str:
        """The channel's id if the bot may write there; a user's id leads to the direct message."""
        user = channel.removeprefix("D")
        if user in self.users:
            return f"D{user}"
        found = self.channels.get(channel)
        if found is None or (found.is_private and not found.is_member):
            raise Refusal("channel_not_found")
        if found.is_archived:
            raise Refusal("is_archived")
        if not found.is_member:
            raise Refusal("not_in_channel")
        return channel

    def readable(self, channel: str, scope: str) -> Channel:
        """The channel, if the bot has `scope` ("read", "history") for its kind and may see it."""
        if channel.startswith("D") and channel.removeprefix("D") in self.users:
            self._need(f"im:{scope}")
            return Channel(channel, name="")
        found = self.channels.get(channel)
        if found is None or (found.is_private and not found.is_member):
            raise Refusal("channel_not_found")
        self._need(f"{'groups' if found.is_private else 'channels'}:{scope}")
        return found

    def history(self, arguments: Json) -> list[Posted]:
        """What stands in the channel asked for, replies too, oldest first."""
        channel = self.readable(arguments.get("channel", ""), "history")
        if not channel.is_member:
            raise Refusal("not_in_channel")
        return [posted for posted in self.posted if posted.channel == channel.id]

    def at(self, channel: str, ts: str) -> Posted:
        for posted in self.posted:
            if (posted.channel, posted.ts) == (channel, ts):
                return posted
        raise Refusal("message_not_found")

    def problems(self, message: Json) -> list[str]:
        """What Slack does not take of a message, a sentence each."""
        unknown = [
            f"unsupported type: {block['type']} [json-pointer:/blocks/{number}/type]"
            for number, block in enumerate(message.get("blocks") or [])
            if block.get("type") in self.unknown_blocks
        ]
        return unknown or broken_limits(message)

    def check_files(self, blocks: Sequence[Json]) -> None:
        """Refuses blocks that show a file which Slack would not find (yet)."""
        for place, id_ in _shown_files(blocks, "/blocks"):
            file = self.files.get(id_)
            if file is None or not file.complete or file.unready > 0:
                if file is not None:
                    file.unready -= 1
                raise _invalid_blocks([f"invalid slack file [json-pointer:{place}]"])

    def use_trigger(self, trigger: str) -> None:
        if not trigger:
            raise Refusal("invalid_arguments")
        if trigger in self._expired_triggers:
            raise Refusal("expired_trigger_id")
        if trigger in self._used_triggers:
            raise Refusal("exchanged_trigger_id")
        self._used_triggers.add(trigger)


@dataclass(frozen=True, slots=True)
class _Method:
    scope: str
    run: Callable[[SlackDouble, Json], Json]


_METHODS: dict[str, _Method] = {}

_Run = Callable[[SlackDouble, Json], Json]


def _method(name: str, scope: str = "") -> Callable[[_Run], _Run]:
    def register(run: _Run) -> _Run:
        _METHODS[name] = _Method(scope, run)
        return run

    return register


@_method(_OPEN)
def _open(slack: SlackDouble, _arguments: Json) -> Json:
    if slack.socket_url is None:
        raise Refusal("internal_error")
    return {"url": slack.socket_url}


@_method("auth.test")
def _auth_test(_slack: SlackDouble, _arguments: Json) -> Json:
    return {
        "url": "https://double.slack.com/",
        "team": "Double",
        "team_id": TEAM,
        "user": "deskpulse",
        "user_id": BOT_USER,
        "bot_id": "B0BOT",
        "is_enterprise_install": False,
    }


@_method("chat.postMessage", "chat:write")
def _post(slack: SlackDouble, arguments: Json) -> Json:
    channel = slack.writable(arguments.get("channel", ""))
    text, blocks = _content(slack, arguments)
    metadata = _metadata(arguments)
    thread = arguments.get("thread_ts")
    broadcast = bool(thread) and _true(arguments.get("reply_broadcast"))
    posted = Posted(channel, slack.next_ts(), text, blocks, metadata, thread, broadcast)
    slack.posted.append(posted)
    return {"channel": channel, "ts": posted.ts, "message": posted.json(with_metadata=True)}


@_method("chat.update", "chat:write")
def _update(slack: SlackDouble, arguments: Json) -> Json:
    posted = slack.at(_editable(slack, arguments.get("channel", "")), arguments.get("ts", ""))
    posted.text, posted.blocks = _content(slack, arguments)
    posted.metadata = _metadata(arguments) or posted.metadata
    posted.edited = True
    return {"channel": posted.channel, "ts": posted.ts, "text": posted.text}


def _editable(slack: SlackDouble, channel: str) -> str:
    """Not as for a post: a direct message is named by its own id, an archive has another code."""
    if channel in slack.users:
        raise Refusal("channel_not_found")
    found = slack.channels.get(channel)
    if found is not None and found.is_archived:
        raise Refusal("is_inactive")
    return slack.writable(channel)


@_method("conversations.history")
def _history(slack: SlackDouble, arguments: Json) -> Json:
    heads = [p for p in slack.history(arguments) if p.thread_ts in (None, p.ts) or p.broadcast]
    return _page(_between(heads[::-1], arguments), arguments)


@_method("conversations.replies")
def _replies(slack: SlackDouble, arguments: Json) -> Json:
    ts = arguments.get("ts", "")
    thread = [p for p in slack.history(arguments) if ts in (p.ts, p.thread_ts)]
    if not thread:
        raise Refusal("thread_not_found")
    if thread[0].ts != ts:
        # Of a deleted message with replies a stone is left.
        thread.insert(0, Posted(thread[0].channel, ts, "This message was deleted."))
    return _page([thread[0], *_between(thread[1:], arguments)], arguments)


@_method("conversations.open", "im:write")
def _open_direct(slack: SlackDouble, arguments: Json) -> Json:
    if arguments.get("users") not in slack.users:
        raise Refusal("user_not_found")
    return {"channel": {"id": slack.writable(arguments["users"])}}


@_method("conversations.info")
def _info(slack: SlackDouble, arguments: Json) -> Json:
    return {"channel": slack.readable(arguments.get("channel", ""), "read").json()}


@_method("conversations.list", "channels:read")
def _list(slack: SlackDouble, arguments: Json) -> Json:
    types = str(arguments.get("types") or "public_channel").split(",")
    found = [
        channel
        for channel in slack.channels.values()
        if ("private_channel" if channel.is_private else "public_channel") in types
        and (channel.is_member or not channel.is_private)
        and not (channel.is_archived and _true(arguments.get("exclude_archived")))
    ]
    page, cursor = _cut(found, arguments, lambda channel: channel.id)
    return {
        "channels": [channel.json() for channel in page],
        "response_metadata": {"next_cursor": cursor},
    }


@_method("conversations.members")
def _members(slack: SlackDouble, arguments: Json) -> Json:
    channel = slack.readable(arguments.get("channel", ""), "read")
    page, cursor = _cut(slack.members.get(channel.id, []), arguments, str)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@_method("usergroups.list", "usergroups:read")
def _groups(slack: SlackDouble, _arguments: Json) -> Json:
    known = slack.groups.items()
    return {
        "usergroups": [{"id": id_, "name": handle, "handle": handle} for id_, (handle, _) in known]
    }


@_method("usergroups.users.list", "usergroups:read")
def _group_members(slack: SlackDouble, arguments: Json) -> Json:
    if arguments.get("usergroup") not in slack.groups:
        raise Refusal("no_such_subteam")
    return {"users": slack.groups[arguments["usergroup"]][1]}


@_method("users.info", "users:read")
def _user(slack: SlackDouble, arguments: Json) -> Json:
    if arguments.get("user") not in slack.users:
        raise Refusal("user_not_found")
    with_locale = _true(arguments.get("include_locale"))
    return {"user": slack.users[arguments["user"]].json(with_locale=with_locale)}


@_method("files.getUploadURLExternal", "files:write")
def _upload_url(slack: SlackDouble, arguments: Json) -> Json:
    name, length = arguments.get("filename", ""), int(arguments.get("length") or 0)
    if not name or length < 1:
        raise Refusal("invalid_arguments")
    id_ = f"F{len(slack.files) + 1:08}"
    alt = arguments.get("alt_txt") or ""
    slack.files[id_] = File(id_, name, alt, length, unready=slack.files_unready_for)
    return {"upload_url": f"{slack.address}/upload/{id_}", "file_id": id_}


@_method("files.completeUploadExternal", "files:write")
def _complete(slack: SlackDouble, arguments: Json) -> Json:
    files = [slack.files.get(item["id"]) for item in arguments.get("files", [])]
    if channel := arguments.get("channel_id"):
        channel = slack.writable(channel)
    ready = [file for file in files if file is not None and file.content]
    if not files or len(ready) < len(files):
        raise Refusal("file_not_found")
    for file in ready:
        file.complete = True
    if channel:
        text = arguments.get("initial_comment") or ""
        slack.posted.append(
            Posted(channel, slack.next_ts(), text, thread_ts=arguments.get("thread_ts"))
        )
    return {"files": [{"id": file.id, "title": file.name} for file in ready]}


@_method("views.open")
def _open_view(slack: SlackDouble, arguments: Json) -> Json:
    slack.use_trigger(arguments.get("trigger_id", ""))
    return {"view": _kept_view(slack, arguments)}


@_method("views.push")
def _push_view(slack: SlackDouble, arguments: Json) -> Json:
    return _open_view(slack, arguments)


@_method("views.update")
def _update_view(slack: SlackDouble, arguments: Json) -> Json:
    if arguments.get("view_id") not in {view["id"] for view in slack.views}:
        raise Refusal("not_found")
    if arguments.get("hash") not in (None, slack.view(arguments["view_id"])["hash"]):
        raise Refusal("hash_conflict")
    return {"view": _kept_view(slack, arguments)}


def _kept_view(slack: SlackDouble, arguments: Json) -> Json:
    view = arguments.get("view")
    if not isinstance(view, Mapping):
        raise Refusal("invalid_arguments")
    if problems := broken_limits(view):
        raise Refusal("invalid_arguments", response_metadata={"messages": problems})
    id_ = arguments.get("view_id") or f"V{len(slack.views) + 1:08}"
    hash_ = f"{len(slack.views) + 1}.{id_}"
    kept: Json = {**view, "id": id_, "team_id": TEAM, "state": {"values": {}}, "hash": hash_}
    slack.views.append(kept)
    return kept


def _content(slack: SlackDouble, arguments: Json) -> tuple[str, list[Json]]:
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks:
        raise Refusal("no_text")
    if problems := slack.problems({"text": text, "blocks": blocks}):
        raise _invalid_blocks(problems)
    slack.check_files(blocks)
    return text, blocks


def _metadata(arguments: Json) -> Json | None:
    metadata: Json | None = arguments.get("metadata")
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        raise Refusal("invalid_metadata_format")
    return metadata


def _between(posts: list[Posted], arguments: Json) -> list[Posted]:
    """The posts after `oldest` and before `latest`; the borders belong to it when `inclusive`."""
    oldest, latest = _moment(arguments.get("oldest")), _moment(arguments.get("latest"))
    inclusive = _true(arguments.get("inclusive"))

    def inside(posted: Posted) -> bool:
        ts = _moment(posted.ts)
        after = oldest == 0 or ts > oldest or (inclusive and ts == oldest)
        return after and (latest == 0 or ts < latest or (inclusive and ts == latest))

    return [posted for posted in posts if inside(posted)]


def _moment(ts: Any) -> int:
    """A timestamp in microseconds, exact; 0 where there is none."""
    seconds, _, fraction = str(ts or 0).partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def _page(posts: list[Posted], arguments: Json) -> Json:
    page, cursor = _cut(posts, arguments, lambda posted: posted.ts)
    with_metadata = _true(arguments.get("include_all_metadata"))
    return {
        "messages": [posted.json(with_metadata=with_metadata) for posted in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _cut(items: list[Item], arguments: Json, key: Callable[[Item], str]) -> tuple[list[Item], str]:
    """One page and the cursor of the next, which is empty on the last."""
    keys = [f"next:{key(item)}" for item in items]
    start = keys.index(arguments["cursor"]) if arguments.get("cursor") in keys else 0
    end = start + int(arguments.get("limit") or 100)
    return items[start:end], keys[end] if end < len(items) else ""


def _shown_files(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if "slack_file" in value:
            yield f"{place}/slack_file", str(value["slack_file"].get("id"))
        for key, inner in value.items():
            yield from _shown_files(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _shown_files(inner, f"{place}/{number}")


def _invalid_blocks(problems: list[str]) -> Refusal:
    told = {"messages": [f"[ERROR] {problem}" for problem in problems]}
    return Refusal("invalid_blocks", errors=problems, response_metadata=told)


def _arguments(request: Request) -> Json:
    """The arguments of a call: JSON, a form, or the query; a form carries JSON inside of fields."""
    if "application/json" in request.headers.get("content-type", ""):
        arguments: Json = json.loads(request.body or b"{}")
        return arguments
    pairs = [*parse_qsl(urlsplit(request.path).query), *parse_qsl(request.body.decode())]
    return {key: _decoded(key, value) for key, value in pairs}


def _decoded(key: str, value: str) -> Any:
    structured = ("blocks", "metadata", "view", "files", "attachments")
    return json.loads(value) if key in structured else value


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")
