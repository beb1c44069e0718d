"""The windows that follow the form of a rule: while it is tried, whether to switch it on, that it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from slackblocks import ModalView, Text, TextType

from bot.locale import Reader
from bot.message import BlockJson, Message
from bot.slack.alerts.rehearsal import Wanted
from bot.slack.blocks import blocks_of, section

#: The window in which a rule that was tried is switched on; it hands back a `Wanted`.
CONFIRM = "alert_confirm"

#: A section takes no longer text.
_LONGEST = 2_900

#: Slack takes no longer title, and no longer label of a button.
_LONGEST_LABEL = 24


def trying(reader: Reader) -> dict[str, Any]:
    """Shown while a rule is tried on the past: that may take some seconds."""
    told = reader.text("The rule is being tried on the last 90 days …")
    return _window(list(_sections(told)), reader)


def confirm(tried: Message, wanted: Wanted, reader: Reader, *, submit: str) -> dict[str, Any]:
    """What came of it, and whether to switch the rule on.

    `submit` is what stands on the button. A window has no tables, so the firings are lines; thresholds that would cost less are told, to be
    typed where the rule is changed.
    """
    blocks = [*_sections(tried.text), *map(_without_button, filter(_is_said_below, tried.blocks))]
    return _window(blocks, reader, submit=submit, metadata=wanted.to_text())


def done(told: str, reader: Reader) -> dict[str, Any]:
    """That the rule is switched on, or why it cannot be."""
    return _window(list(_sections(told)), reader)


def wanted_of(view: dict[str, Any]) -> Wanted:
    """The rule of a window that is confirmed."""
    return Wanted.from_text(view["private_metadata"])


def _is_said_below(block: BlockJson) -> bool:
    """Whether a block of the message tells what its text does not."""
    return str(block.get("block_id")).startswith(
        ("rehearsal-proposal", "rehearsal-rule", "rehearsal-history")
    )


def _without_button(block: BlockJson) -> BlockJson:
    return {name: one for name, one in block.items() if name != "accessory"}


def _sections(told: str) -> Iterator[BlockJson]:
    """A text in as few pieces as Slack takes, none of which ends in the middle of a line."""
    some = ""
    for place, line in enumerate(told.splitlines()):
        if some and len(some) + len(line) >= _LONGEST:
            yield from blocks_of(section(some, f"alert-told-{place}"))
            some = ""
        some = f"{some}\n{line}" if some else line[:_LONGEST]
    yield from blocks_of(section(some or "\u00a0", "alert-told"))


def _window(
    blocks: list[BlockJson], reader: Reader, *, submit: str | None = None, metadata: str = ""
) -> dict[str, Any]:
    view = ModalView(
        title=_plain(reader.text("Alert")),
        submit=_plain(submit) if submit else None,
        close=_plain(reader.text("Close")),
        blocks=[],
        callback_id=CONFIRM,
        private_metadata=metadata,
    )
    return {**json.loads(json.dumps(view.to_dict())), "blocks": blocks}


def _plain(text: str) -> Text:
    return Text(text[:_LONGEST_LABEL], type_=TextType.PLAINTEXT)
