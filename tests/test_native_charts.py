from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slackblocks import Block, InvalidUsageError

from bot.locale import Reader, isolated
from bot.metrics import Unit
from bot.slack import native
from bot.slack.blocks import blocks_of
from tests.blockkit.limits import broken_limits

READER = Reader("en_GB", ZoneInfo("Europe/Athens"))
HOUR, DAY = 3_600.0, 86_400.0


def bars(
    rows: Sequence[tuple[str, float | None]], unit: Unit = Unit.COUNT, title: str = "New tickets"
) -> Block | None:
    return native.bars(title, rows, name="New tickets", unit=unit, reader=READER, block_id="chart")


def line(
    *series: Sequence[float | None], unit: Unit = Unit.COUNT, names: Sequence[str] = ()
) -> Block | None:
    labels = [f"{day} Nov" for day in range(1, len(series[0]) + 1)]
    named = list(zip(names or [f"line {n}" for n in range(len(series))], series, strict=True))
    return native.line("Tickets", labels, named, unit=unit, reader=READER, block_id="chart")


def sent(block: Block | None) -> dict[str, Any]:
    """What Slack is sent, which it would take."""
    assert block is not None
    blocks = [json.loads(json.dumps(one)) for one in blocks_of(block)]
    assert broken_limits({"text": "a chart", "blocks": blocks}) == []
    chart: dict[str, Any] = blocks[0]["chart"]
    return chart


def values(chart: dict[str, Any]) -> list[list[float]]:
    return [[point["value"] for point in series["data"]] for series in chart["series"]]


def test_bars_are_one_series_with_a_bar_for_each_row() -> None:
    chart = sent(bars([("Email", 412), ("Chat", 233)]))
    assert chart == {
        "type": "bar",
        "series": [
            {
                "name": "New tickets",
                "data": [{"label": "Email", "value": 412}, {"label": "Chat", "value": 233}],
            }
        ],
        "axis_config": {"categories": ["Email", "Chat"]},
    }


def test_a_line_is_drawn_for_each_series_at_the_same_labels() -> None:
    chart = sent(line([1, 2, 4], [3, 3, 3], names=["new", "goal"]))
    assert chart["type"] == "line"
    assert chart["axis_config"]["categories"] == ["1 Nov", "2 Nov", "3 Nov"]
    assert [series["name"] for series in chart["series"]] == ["new", "goal"]
    assert values(chart) == [[1, 2, 4], [3, 3, 3]]


@pytest.mark.parametrize(
    ("unit", "given_", "told", "axis"),
    [
        (Unit.SECONDS, [20, 95.4], [20, 95], "seconds"),
        (Unit.SECONDS, [90, 1_500], [2, 25], "minutes"),
        (Unit.SECONDS, [2_400, 2_646], [40.0, 44.1], "minutes"),
        (Unit.SECONDS, [1 * HOUR, 30 * HOUR], [1, 30], "hours"),
        (Unit.SECONDS, [2.24 * HOUR, 3.16 * HOUR], [2.2, 3.2], "hours"),
        (Unit.SECONDS, [12 * HOUR, 3 * DAY], [12, 72], "hours"),
        (Unit.SECONDS, [36 * HOUR, 3.3 * DAY], [1.5, 3.3], "days"),
        (Unit.RATIO, [0.5, 0.94], [50, 94], "%"),
        (Unit.RATIO, [0.912, 0.94], [91.2, 94.0], "%"),
        (Unit.RATIO, [0.91, 0.94], [91, 94], "%"),
        (Unit.RATIO, [0.0021, 0.0054], [0.21, 0.54], "%"),
        (Unit.COUNT, [1, 1_204], [1, 1_204], None),
        (Unit.COUNT, [2.44, 3.06], [2.4, 3.1], None),
        (Unit.SCORE, [-58.4, 28.2], [-58, 28], None),
        (Unit.SCORE, [-0.04, 3.5], [0.0, 3.5], None),
        (Unit.COUNT, [0, 0], [0, 0], None),
    ],
)
def test_values_are_rounded_and_told_in_one_unit_that_the_axis_names(
    unit: Unit, given_: list[float], told: list[float], axis: str | None
) -> None:
    for block in (line(given_, unit=unit), bars([("a", given_[0]), ("b", given_[1])], unit)):
        chart = sent(block)
        assert values(chart) == [told]
        assert [type(value) for value in values(chart)[0]] == [type(value) for value in told]
        assert chart["axis_config"].get("y_label") == axis
        assert "-0.0" not in json.dumps(chart)


def test_a_goal_is_told_in_the_unit_of_the_line_beside_it() -> None:
    chart = sent(line([1_800, 3 * HOUR], [HOUR, HOUR], unit=Unit.SECONDS))
    assert values(chart) == [[30, 180], [60, 60]]


def test_one_odd_day_does_not_make_zeros_of_the_others() -> None:
    chart = sent(line([1_800, 2_400, 2_100, 40 * HOUR], unit=Unit.SECONDS))
    assert values(chart) == [[30, 40, 35, 2_400]]
    assert chart["axis_config"]["y_label"] == "minutes"


def test_the_axis_speaks_the_language_of_the_reader() -> None:
    class Backwards(Reader):
        def template(self, message: str) -> str:
            return message[::-1]

    reader = Backwards("en", READER.zone)
    labels, series = ["a", "b"], [("wait", [60.0, 600.0])]
    block = native.line("Waits", labels, series, unit=Unit.SECONDS, reader=reader, block_id="chart")
    assert sent(block)["axis_config"]["y_label"] == "setunim"


NO_BARS: dict[str, list[tuple[str, float | None]]] = {
    "no row": [],
    "no value": [("a", None), ("b", None)],
    "one value": [("a", 1), ("b", None)],
    "too many rows": [(str(n), n) for n in range(21)],
}


@pytest.mark.parametrize("rows", NO_BARS.values(), ids=NO_BARS)
def test_bars_that_slack_could_not_draw_are_none(rows: list[tuple[str, float | None]]) -> None:
    assert bars(rows) is None


def test_a_row_without_a_value_has_no_bar_and_twenty_fit() -> None:
    rows: list[tuple[str, float | None]] = [("Fax", None), *((f"{n}", n) for n in range(20))]
    assert sent(bars(rows))["axis_config"]["categories"] == [f"{n}" for n in range(20)]


NO_LINES: dict[str, list[list[float | None]]] = {
    "no point": [[]],
    "no value": [[None, None]],
    "one value": [[None, 1, None]],
    "a gap": [[1, None, 3]],
    "a gap in the goal": [[1, 2, 3], [None, 2, 2]],
    "too many points": [[1] * 21],
    "too many lines": [[1, 2]] * 7,
}


@pytest.mark.parametrize("series", NO_LINES.values(), ids=NO_LINES)
def test_lines_that_slack_could_not_draw_are_none(series: list[list[float | None]]) -> None:
    assert line(*series) is None


def test_the_first_line_says_where_the_chart_begins_and_ends() -> None:
    chart = sent(line([None, 2, 3, None], [9, 9, 9, 9], [None] * 4))
    assert chart["axis_config"]["categories"] == ["2 Nov", "3 Nov"]
    assert values(chart) == [[2, 3], [9, 9]]


def test_twenty_points_and_six_lines_fit() -> None:
    chart = sent(line(*[[float(n) for n in range(20)]] * 6))
    assert [len(told) for told in values(chart)] == [20] * 6


def test_a_line_without_a_value_for_each_label_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="for each label"):
        line([1, 2], [1])


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Billing", "Billing"], ["Billing", "Billing 2"]),
        (
            ["Enterprise customers in Europe", "Enterprise customers in Asia"],
            ["Enterprise customer…", "Enterprise custom… 2"],
        ),
        (["", " "], ["–", "– 2"]),
        (["a\nb", "x\x00y"], ["a b", "xy"]),
        ([isolated("الدعم الفني"), "Chat"], ["الدعم الفني", "Chat"]),
        (["🚀" * 10, "🚀" * 11], ["🚀" * 10, "🚀" * 9 + "…"]),
        (["Billing", "Billing 2", "Billing"], ["Billing", "Billing 2", "Billing 3"]),
    ],
)
def test_labels_are_short_and_each_another(names: list[str], labels: list[str]) -> None:
    chart = sent(bars([(name, 1 + n) for n, name in enumerate(names)]))
    assert chart["axis_config"]["categories"] == labels


def test_a_message_takes_two_charts() -> None:
    charts = [
        native.bars(
            "t", [("a", 1), ("b", 2)], name="n", unit=Unit.COUNT, reader=READER, block_id=f"{n}"
        )
        for n in range(native.MOST_CHARTS + 1)
    ]
    assert len(blocks_of(*charts[:-1])) == native.MOST_CHARTS
    with pytest.raises(InvalidUsageError):
        blocks_of(*charts)


numbers = st.floats(-1e9, 1e9)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.text(max_size=40), st.none() | numbers), max_size=22),
    title=st.text(max_size=80),
    unit=st.sampled_from(Unit),
)
def test_whatever_is_drawn_slack_would_take(
    rows: list[tuple[str, float | None]], title: str, unit: Unit
) -> None:
    drawn = [bars(rows, unit, title)]
    series: list[native.Series] = [
        (title, [value for _, value in rows]),
        ("goal", [1.0] * len(rows)),
    ]
    drawn.append(
        native.line(
            title, [name for name, _ in rows], series, unit=unit, reader=READER, block_id="chart"
        )
    )
    for block in drawn:
        if block is not None:
            sent(block)
