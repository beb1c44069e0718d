"""A message as it is before it travels: text, blocks, pictures, and the thread below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: A block as Slack takes it.
BlockJson = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that travels with a message. `alt` says what it shows, for those who cannot see it.

    A block refers to it by `key`, which looks like the id of a file at Slack:
    `{"type": "image", "slack_file": {"id": key}, …}`. The messenger puts the id of the uploaded
    file in its place, the preview the picture itself.
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
