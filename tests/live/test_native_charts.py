"""Whether a browser shows the preview's charts as they are meant: within their card, on any ground."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from matplotlib.image import imread

from bot.locale import Reader
from bot.message import Message
from bot.metrics import Unit
from bot.slack import native
from bot.slack.blocks import blocks_of
from bot.slack.preview import Conversation, to_html
from tests.live.chromium import screenshot

ATHENS = ZoneInfo("Europe/Athens")
NINE = datetime(2026, 11, 19, 9, 0, tzinfo=ATHENS)
WAITS = [2_700, 3_120, 2_280, 3_300, 3_660, 2_880, 3_300, 7_800.0]
GROUPS = [("Email", 412.0), ("Enterprise customers in Europe", 233.0), ("الدعم الفني", 12_040.0)]


def page_of(reader: Reader) -> str:
    weeks = [reader.short_date(NINE.date().replace(day=day)) for day in range(1, 9)]
    lines = [("First response", WAITS), ("goal", [3_600.0] * 8)]
    waits = native.line(
        "First response", weeks, lines, unit=Unit.SECONDS, reader=reader, block_id="a"
    )
    groups = native.bars(
        "New tickets", GROUPS, name="new", unit=Unit.COUNT, reader=reader, block_id="b"
    )
    shown = Message("charts", blocks_of(waits, groups))
    return to_html([Conversation("#support", NINE, shown)], title="Charts", reader=reader)


@pytest.mark.parametrize(
    ("locale", "width", "card"),
    [
        ("en", 390, (60, 373)),
        ("en", 1000, (84, 683)),
        ("fa", 390, (16, 329)),
        ("fa", 1000, (316, 915)),
    ],
)
@pytest.mark.parametrize("dark", [True, False])
def test_charts_fill_their_card_and_stay_within_it(
    tmp_path: Path, locale: str, width: int, card: tuple[int, int], *, dark: bool
) -> None:
    page, png = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(page_of(Reader(locale, ATHENS)), encoding="utf-8")
    screenshot(page, png, width, 700, dark=dark)
    # Below the day, the message's head and the sign of deskpulse there are only the two cards.
    picture = imread(png)[150:, :, :3]
    drawn = np.flatnonzero((picture != picture[-1, 0]).any(axis=(0, 2)))
    assert (drawn[0], drawn[-1]) == card
