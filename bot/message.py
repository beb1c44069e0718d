"""A message as it is before it travels: text, blocks, pictures, and the thread below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: A block as Slack takes it.
BlockJson = dict[str, Any]

#: Slack takes no longer description of a picture in a message.
LONGEST_ALT = 2_000

#: The type of a chart that Slack draws itself.
NATIVE_CHART = "data_visualization"


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
    """What is posted. `text` is the fallback for notifications and screen readers.

    `alternatives` are the pictures that stand in for charts that Slack draws itself, where it
    refuses those: by the `block_id` of the chart. A chart without one is left out there.
    """

    text: str
    blocks: Sequence[BlockJson] = ()
    pictures: Sequence[Picture] = ()
    thread: Sequence[Message] = ()
    alternatives: Mapping[str, Picture] = field(default_factory=dict)


def is_native_chart(block: BlockJson) -> bool:
    """Whether Slack draws this block as a chart."""
    return block.get("type") == NATIVE_CHART


def shown_picture(block: BlockJson) -> str | None:
    """The key of the picture that a block shows; `None` where it shows none of ours."""
    return (block.get("slack_file") or {}).get("id")


def plainer_blocks(
    blocks: Sequence[BlockJson], alternatives: Mapping[str, str]
) -> list[BlockJson] | None:
    """The same blocks one step plainer, for a Slack that refused them; `None` when none is left.

    First the charts that Slack draws itself become pictures, then all pictures are left out: texts
    and tables stay. `alternatives` is what each picture that stands in for a chart shows (its alt
    text), by the chart's `block_id`, which is also the picture's key.
    """
    if any(map(is_native_chart, blocks)):
        return list(_with_pictures(blocks, alternatives))
    kept = without_pictures(blocks)
    return kept if len(kept) < len(blocks) else None


def without_charts(blocks: Sequence[BlockJson]) -> list[BlockJson]:
    """The blocks without any chart that Slack draws itself."""
    return [block for block in blocks if not is_native_chart(block)]


def without_pictures(blocks: Sequence[BlockJson]) -> list[BlockJson]:
    """The blocks without the pictures that would have to be uploaded."""
    return [block for block in blocks if shown_picture(block) is None]


def _with_pictures(
    blocks: Sequence[BlockJson], alternatives: Mapping[str, str]
) -> Iterator[BlockJson]:
    for block in blocks:
        if not is_native_chart(block):
            yield block
        elif (key := block.get("block_id", "")) in alternatives:
            yield {
                "type": "image",
                "block_id": key,
                "slack_file": {"id": key},
                "alt_text": (alternatives[key] or block["title"])[:LONGEST_ALT],
            }
