from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.blockkit.limits import broken_limits

Block = dict[str, Any]


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str = "fine", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Block:
    return {"type": "button", "text": plain(text), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def image(**more: Any) -> Block:
    return {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a chart", **more}


def table(rows: int = 2, columns: int = 2, text: str = "cell") -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def context(*elements: Block) -> Block:
    return {"type": "context", "elements": list(elements)}


def chart(kind: str = "bar", *, title: str = "New tickets", **more: Any) -> Block:
    """A chart of two days; `more` are fields of the chart itself."""
    days: Block = {
        "series": [series()],
        "axis_config": {"categories": ["Mon", "Tue"], "y_label": "tickets"},
    }
    drawn = {"type": kind, **({} if kind == "pie" else days), **more}
    return {"type": "data_visualization", "title": title, "chart": drawn}


def series(name: str = "new", labels: Sequence[str] = ("Mon", "Tue"), value: Any = 142) -> Block:
    return {"name": name, "data": [{"label": label, "value": value} for label in labels]}


def pie(*labels: str, value: float = 1) -> Block:
    return chart("pie", segments=[{"label": label, "value": value} for label in labels])


def modal(*blocks: Block, **more: Any) -> Block:
    return {"type": "modal", "title": plain("Digest"), "blocks": list(blocks), **more}


def field() -> Block:
    element = {"type": "plain_text_input", "action_id": "hour"}
    return {"type": "input", "label": plain("Hour"), "element": element}


WITHIN = {
    "fifty blocks": [section()] * 50,
    "a full section": [section("x" * 3_000), section(fields=[mrkdwn("y" * 200)] * 10)],
    "a full header": [{"type": "header", "text": plain("x" * 150)}],
    "full buttons": [
        actions(*(button(action_id=str(n), value="v" * 300) for n in range(25))),
        actions(button("x" * 75, value="v" * 2_000)),
    ],
    "a picture in a context": [context(*[image()] * 10)],
    "a table of a hundred rows": [table(100, 2)],
    "a wide table": [table(5, 20)],
    "two full charts": [
        chart(
            "line",
            title="x" * 50,
            series=[series(str(n) * 20, [f"{m:020}" for m in range(20)]) for n in range(6)],
            axis_config={
                "categories": [f"{m:020}" for m in range(20)],
                "x_label": "x" * 50,
                "y_label": "y" * 50,
            },
        ),
        pie(*"abcdef"),
    ],
}


@pytest.mark.parametrize("blocks", WITHIN.values(), ids=WITHIN)
def test_a_message_within_the_limits_is_not_blamed(blocks: list[Block]) -> None:
    assert broken_limits({"text": "Digest", "blocks": blocks}) == []


BEYOND = {
    "blocks: 51 items": [section()] * 51,
    "blocks: 13": [section("x" * 3_000)] * 4 + [section("x" * 900)],
    "blocks[0].text: 3001": [section("x" * 3_001)],
    "blocks[0].text.text: empty": [section("")],
    "blocks[0]: a section has": [{"type": "section"}],
    "blocks[0].fields: 11 items": [section(fields=[mrkdwn("x")] * 11)],
    "blocks[0].fields[1]: 2001": [section(fields=[mrkdwn("x"), mrkdwn("y" * 2_001)])],
    "blocks[0].text: 151": [{"type": "header", "text": plain("x" * 151)}],
    "blocks[0].text: plain_text only": [{"type": "header", "text": mrkdwn("x")}],
    "blocks[0].elements: 11": [context(*[mrkdwn("x")] * 11)],
    "blocks[0].elements: 26": [actions(*(button(action_id=str(n)) for n in range(26)))],
    "blocks[0].elements: empty": [actions()],
    "blocks[0]: action_id 'go'": [actions(button(), button())],
    "blocks[0].elements[0].text: 76": [actions(button("x" * 76))],
    "blocks[0].elements[0].value: 2001": [actions(button(value="x" * 2_001))],
    "blocks[0].accessory.options[0].value": [
        section(
            accessory={
                "type": "static_select",
                "action_id": "zone",
                "options": [{"text": plain("Athens"), "value": "x" * 151}],
            }
        )
    ],
    "blocks[0].accessory.options[0].text: plain_text only": [
        section(
            accessory={
                "type": "overflow",
                "action_id": "menu",
                "options": [{"text": {"type": "mrkdwn", "text": "Pause"}, "value": "1"}],
            }
        )
    ],
    "blocks[0].accessory.options: 11": [
        section(accessory={"type": "radio_buttons", "options": [{"text": plain("1")}] * 11})
    ],
    "blocks[0].alt_text: missing": [image(alt_text="")],
    "blocks[0]: an image has either": [image(image_url="https://example.com/a.png")],
    "blocks[0].elements[0].alt_text": [context(image(alt_text=""))],
    "blocks[0].rows: 101": [table(101, 1)],
    "blocks[0].rows[0]: 21 cells": [table(1, 21)],
    "blocks[0].rows[0][0].text: empty": [table(1, 1, "")],
    "only_one_table_allowed": [table(), table()],
    "takes two charts": [chart()] * 3,
    "blocks[0].title: 51": [chart(title="x" * 51)],
    "blocks[0].chart: a chart has a title": [chart(title="")],
    "blocks[0].chart.type: 'radar'": [chart("radar")],
    "blocks[0].chart.series: 7 items": [chart(series=[series(str(n)) for n in range(7)])],
    "blocks[0].chart.series: 0 items": [chart(series=[])],
    "blocks[0].chart.series: a name has": [chart(series=[series("x" * 21)])],
    "blocks[0].chart.series: a name is used twice": [chart(series=[series()] * 2)],
    "blocks[0].chart.series[0]: a point for each": [chart(series=[series(labels=["Mon"])])],
    "blocks[0].chart.series[0]: a value has to be": [chart(series=[series(value=None)])],
    "blocks[0].chart.categories: 21 items": [
        chart(axis_config={"categories": [str(n) for n in range(21)]})
    ],
    "blocks[0].chart.categories: a label has": [chart(axis_config={"categories": ["🚀" * 11]})],
    "blocks[0].chart.categories: a label is used": [chart(axis_config={"categories": ["Mon"] * 2})],
    "blocks[0].chart.axis_config.y_label: 51": [
        chart(axis_config={"categories": ["Mon", "Tue"], "y_label": "x" * 51})
    ],
    "blocks[0].chart.segments: 7 items": [pie(*"abcdefg")],
    "blocks[0].chart.segments: a segment has": [pie("a", value=0)],
    "block_id 'a' is used twice": [section(block_id="a"), section(block_id="a")],
    "blocks[0].block_id: 256": [section(block_id="x" * 256)],
    "a message takes no alert": [{"type": "alert", "text": mrkdwn("x")}],
}


@pytest.mark.parametrize(("problem", "blocks"), BEYOND.items(), ids=BEYOND)
def test_a_message_beyond_a_limit_is_told_where(problem: str, blocks: list[Block]) -> None:
    problems = broken_limits({"text": "Digest", "blocks": blocks})
    assert any(problem in told for told in problems), problems


@pytest.mark.parametrize(
    ("text", "problem"), [("", "text: missing"), ("x" * 4_001, "text: 4001 characters")]
)
def test_a_message_needs_a_text_of_bearable_length(text: str, problem: str) -> None:
    assert [
        told[: len(problem)] for told in broken_limits({"text": text, "blocks": [section()]})
    ] == [problem]


def test_deleting_the_original_needs_no_text() -> None:
    assert broken_limits({"delete_original": True}) == []


VIEWS = {
    "title: 25": modal(title=plain("x" * 25)),
    "title: missing": {"type": "modal", "blocks": []},
    "submit: missing": modal(field()),
    "submit: 25": modal(field(), submit=plain("x" * 25)),
    "close: 25": modal(close=plain("x" * 25)),
    "private_metadata: 3001": modal(private_metadata="x" * 3_001),
    "callback_id: 256": modal(callback_id="x" * 256),
    "blocks: 101 items": modal(*[section()] * 101),
    "a modal takes no table": modal(table()),
    "250 kB": modal(*[section("x" * 2_900)] * 90),
    "a home takes no markdown": {"type": "home", "blocks": [{"type": "markdown", "text": "x"}]},
}


@pytest.mark.parametrize(("problem", "view"), VIEWS.items(), ids=VIEWS)
def test_a_view_beyond_a_limit_is_told_where(problem: str, view: Block) -> None:
    problems = broken_limits(view)
    assert any(problem in told for told in problems), problems


def test_a_view_within_the_limits_is_not_blamed() -> None:
    assert broken_limits(modal(field(), submit=plain("Save"), private_metadata="x" * 3_000)) == []
