"""Blocks that respect Slack's limits, and the few shapes that all our messages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from slackblocks import (
    ActionsBlock,
    Block,
    Button,
    ColumnSettings,
    ContextBlock,
    HeaderBlock,
    ImageBlock,
    RawText,
    SectionBlock,
    SlackFile,
    TableBlock,
    Text,
)
from slackblocks import Message as Checked

from bot.message import BlockJson, Picture

#: `chat.update` refuses a longer text.
LONGEST_TEXT = 4_000
#: A table's rows, its header among them.
MOST_ROWS = 100


def blocks_of(*blocks: Block | None) -> tuple[BlockJson, ...]:
    """The blocks that are there, checked against Slack's limits and as JSON.

    Raises `slackblocks.InvalidUsageError` where a limit is broken: a renderer's mistake.
    """
    there = [block for block in blocks if block is not None]
    checked = Checked(channel="C0", text="", blocks=there).to_dict()["blocks"]
    return tuple(dict(block) for block in checked)


def plain(text: str) -> str:
    """A text in which nothing is markup: a group's name can neither ping nor link (Slack's rule)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def header(text: str, block_id: str) -> Block:
    return HeaderBlock(text[:150], block_id=block_id)


def section(markup: str, block_id: str, button: Button | None = None) -> Block:
    return SectionBlock(Text(markup), accessory=button, block_id=block_id)


def context(markup: str, block_id: str) -> Block:
    return ContextBlock([Text(markup)], block_id=block_id)


def button(
    label: str, action: str, value: str = "", *, style: Literal["primary", "danger"] | None = None
) -> Button:
    return Button(label, action_id=action, value=value or None, style=style)


def actions(block_id: str, *buttons: Button) -> Block:
    return ActionsBlock(list(buttons), block_id=block_id)


def table(rows: Sequence[Sequence[str]], block_id: str) -> Block:
    """A table of texts whose first column is the names, to the left, and the rest numbers."""
    width = len(rows[0])
    columns = [ColumnSettings(align="left", is_wrapped=True)]
    columns += [ColumnSettings(align="right") for _ in range(width - 1)]
    # Slack refuses an empty cell.
    cells = [[RawText(cell or "\u00a0") for cell in row] for row in rows[:MOST_ROWS]]
    return TableBlock(cells, columns, block_id=block_id)  # type: ignore[arg-type]


def picture_block(of: Picture, block_id: str) -> Block:
    return ImageBlock(
        slack_file=SlackFile(url=None, id=of.key), alt_text=of.alt[:2000], block_id=block_id
    )
