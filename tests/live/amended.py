"""A proxy before the Slack emulator that knows more of people, and keeps what they are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from bot.clock import Clock
from tests.loopback import Reply, Request
from tests.slack_faults import SlackFaults

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that Slack took: for whom or for where, and when that was by the program's clock."""

    to: str
    channel: str
    at: datetime


@dataclass
class AmendedSlack(SlackFaults):
    """The emulator, with what it does not know.

    `facts` are fields of `users.info` by the id of a user (`tz`, `locale`, `is_bot`, `deleted`), which
    a test may change at any time. `posted` is every message in its order, whether or not its answer
    arrived. `windows` are the views that were opened, by the trigger that they were opened with.
    """

    upstream: str
    clock: Clock
    facts: dict[str, Json]
    posted: list[Posted] = field(default_factory=list)
    windows: dict[str, Json] = field(default_factory=dict)
    _noting: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        super().__init__(self.upstream)

    def to(self, user: str) -> Sequence[Posted]:
        """What was posted to somebody."""
        with self._noting:
            return [one for one in self.posted if one.to == user]

    def amended(self, method: str, request: Request, reply: Reply) -> Reply:
        answer = json.loads(reply.body) if reply.status == 200 and method in _AMENDED else {}
        if not answer.get("ok"):
            return reply
        match method:
            case "users.info":
                answer["user"] |= self.facts.get(answer["user"]["id"], {})
                return Reply(json.dumps(answer).encode(), reply.status, reply.headers)
            case "views.open":
                self.windows[json.loads(request.body)["trigger_id"]] = answer["view"]
            case _:
                self._note(json.loads(request.body)["channel"], answer["channel"])
        return reply

    def _note(self, to: str, channel: str) -> None:
        with self._noting:
            self.posted.append(Posted(to, channel, self.clock.now()))


_AMENDED = ("users.info", "views.open", "chat.postMessage")
