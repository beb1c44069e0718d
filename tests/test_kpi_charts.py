"""The chart in an answer of `/kpi`: drawn by Slack, with a picture to stand in for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.freshness import Freshness
from bot.digests.goals import Goal
from bot.digests.line import Line, lines
from bot.digests.timetable import comparables, days_window
from bot.domain import Dimension, Slice
from bot.locale import Reader
from bot.message import Message
from bot.metrics import CATALOGUE, Reading
from bot.slack.kpi import Answer, render
from tests.times import T

ATHENS = ZoneInfo("Europe/Athens")
READER = Reader("en_GB", ATHENS)
WEEK = days_window(T(days=-7).date(), 7, ATHENS)
FRESH = Freshness([], WEEK, T(), timedelta(minutes=30))


def reading(value: float | None, *, back: int = 0, part: Slice | None = None) -> Reading:
    window = WEEK if back == 0 else comparables(WEEK)[-back]
    return Reading(
        CATALOGUE["first_response_time"], window, value, 100, slice=part, since=T(days=-400)
    )


HISTORY = [reading(2_400 + 60 * back, back=back) for back in range(8, 0, -1)]


def answered(
    *, parts: list[Reading] | None = None, is_posted: bool = False, weeks: int = 8
) -> Message:
    by = Dimension.CHANNEL if parts else None
    history = HISTORY[8 - weeks :]
    (line,) = lines([*history, reading(7_200)], [Goal("first_response_time", 3_600)])
    found = Answer(line, parts or [], by, FRESH, history if not parts else [])
    return render(found, READER, is_posted=is_posted)


def chart_of(message: Message) -> dict[str, Any] | None:
    return next((one for one in message.blocks if one["type"] == "data_visualization"), None)


def parts(*named: tuple[str, float]) -> list[Reading]:
    return [reading(value, part=Slice(Dimension.CHANNEL, name)) for name, value in named]


def test_a_number_is_drawn_with_its_goal_and_what_is_usual() -> None:
    chart = chart_of(answered())
    assert chart is not None
    assert chart["chart"]["type"] == "line"
    names = [series["name"] for series in chart["chart"]["series"]]
    assert names == ["First response", "goal", "usual, lowest", "usual, highest"]
    values = [point["value"] for point in chart["chart"]["series"][0]["data"]]
    assert (values[-1], len(values)) == (120, 9)  # in minutes


def test_with_little_history_nothing_is_called_usual_and_without_any_nothing_is_drawn() -> None:
    chart = chart_of(answered(weeks=3))
    assert chart is not None
    assert [one["name"] for one in chart["chart"]["series"]] == ["First response", "goal"]
    assert chart_of(answered(weeks=0)) is None


def test_parts_are_drawn_as_bars() -> None:
    chart = chart_of(answered(parts=parts(("email", 9_000), ("chat", 120))))
    assert chart is not None
    assert chart["chart"]["type"] == "bar"
    assert chart["chart"]["axis_config"]["categories"] == ["Email", "Chat"]


def test_agents_are_nobodys_chart() -> None:
    of_agents = [
        reading(value, part=Slice(Dimension.AGENT, name))
        for name, value in (("Ann", 60), ("Bo", 9))
    ]
    assert chart_of(answered(parts=of_agents)) is None


@pytest.mark.parametrize("is_posted", [False, True])
def test_a_trend_with_a_gap_is_a_picture_where_it_is_posted(is_posted: bool) -> None:
    """Slack's own charts have a value at every label."""
    history = [
        replace(one, value=None if place == 3 else one.value) for place, one in enumerate(HISTORY)
    ]
    found = Answer(Line(reading(7_200)), [], None, FRESH, history)
    message = render(found, READER, is_posted=is_posted)
    assert chart_of(message) is None
    assert [one for one in message.blocks if one["type"] == "image"] == (
        [
            {
                "type": "image",
                "block_id": "kpi-picture",
                "slack_file": {"id": message.pictures[0].key},
                "alt_text": message.pictures[0].alt,
            }
        ]
        if is_posted
        else []
    )
    assert len(message.pictures) == int(is_posted)


@pytest.mark.parametrize("is_posted", [False, True])
@pytest.mark.parametrize("named", [[], [("email", 9_000.0), ("chat", 120.0)]])
def test_only_what_is_posted_has_a_picture_to_stand_in(
    named: list[tuple[str, float]], is_posted: bool
) -> None:
    """An answer that only one person sees cannot carry a picture."""
    message = answered(parts=parts(*named) or None, is_posted=is_posted)
    assert list(message.pictures) == []
    assert list(message.alternatives) == (["kpi-chart"] if is_posted else [])
    for picture in message.alternatives.values():
        assert picture.png.startswith(b"\x89PNG")
        assert "First response time" in picture.alt
        assert ("usual" in picture.alt) is (not named)
