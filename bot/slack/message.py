"""A message as it is before it travels: text, blocks, pictures, and the thread below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from slackblocks import Block
from slackblocks import Message as Checked

#: A block as Slack takes it.
BlockJson = dict[str, Any]

#: Slack refuses messages with more, `msg_blocks_too_long` appears not far above.
LONGEST_BLOCKS = 12_000
LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that travels with a message. `alt` says what it shows, for those who cannot see it.

    A block refers to it by `key`: `{"type": "image", "slack_file": {"id": key}, …}`; the messenger
    puts the id of the uploaded file in its place, the preview the picture itself.
    """

    key: str
    png: bytes = field(repr=False)
    alt: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted. `text` is the fallback for notifications and screen readers."""

    text: str
    blocks: Sequence[BlockJson] = ()
    pictures: Sequence[Picture] = ()
    thread: Sequence[Message] = ()


def blocks_of(*blocks: Block | None) -> tuple[BlockJson, ...]:
    """The blocks that are there, checked against Slack's limits and as JSON.

    Raises `slackblocks.InvalidUsageError` where a limit is broken: a renderer's mistake.
    """
    there = [block for block in blocks if block is not None]
    checked = Checked(channel="C0", text="", blocks=there).to_dict()["blocks"]
    return tuple(dict(block) for block in checked)
