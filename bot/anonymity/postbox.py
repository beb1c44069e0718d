"""A Slack that takes every message to anybody, and keeps none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from bot.errors import SlackHeld
from bot.message import BlockJson
from bot.slack.messenger import Channel, Group, Identity, Person


class Postbox:
    """Knows nobody beside their id; the simulation asks for nothing else."""

    def __init__(self) -> None:
        self._posted = count(1)

    def identity(self) -> Identity:
        return Identity("T1", "simulation", "U0BOT", frozenset())

    def person(self, user: str) -> Person:
        return Person(user, zone=None, locale=None, is_admin=False)

    def channel(self, channel: str) -> Channel:
        return Channel(channel, "support", is_member=True, is_archived=False)

    def members(self, channel: str) -> frozenset[str]:
        del channel
        return frozenset()

    def group(self, group: str) -> Group:
        return Group(group, "support", frozenset())

    def upload(self, png: bytes, *, name: str, alt: str) -> str:
        del png, alt
        raise SlackHeld(f"{name} cannot be kept here.")

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
        del text, blocks, delivery, thread, broadcast
        return channel, f"{next(self._posted)}.000000"

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[BlockJson]) -> None:
        del channel, ts, text, blocks

    def find(
        self, channel: str, delivery: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        del channel, delivery, since, thread
        return None

    def open_view(self, trigger: str, view: BlockJson) -> str:
        del trigger, view
        return "V1"

    def update_view(self, view_id: str, view: BlockJson, *, hash_: str | None) -> None:
        del view_id, view, hash_
