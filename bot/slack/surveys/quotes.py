"""What somebody wrote, quoted so that it pings nobody, links nowhere and is no markup."""

from __future__ import annotations

from typing import Any

from bot.surveys.taming import tame


def quote(title: str, text: str, block_id: str) -> list[dict[str, Any]]:
    """A quotation under a title, if it has one.

    In the elements of rich text nothing that was typed is markup.
    """
    head = {"type": "text", "text": title, "style": {"bold": True}}
    said = {"type": "text", "text": tame(text) or "\u00a0"}
    elements = [
        *([{"type": "rich_text_section", "elements": [head]}] if title else []),
        {"type": "rich_text_quote", "elements": [said]},
    ]
    return [{"type": "rich_text", "block_id": block_id, "elements": elements}]
