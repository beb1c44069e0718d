"""Draws charts so that they fit the page whatever its width: only lengths stretch, texts do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.slack.charts.scale import Scale, extent, round_ticks
from bot.slack.preview.chart import Chart
from bot.slack.preview.html.markup import Markup, element, joined
from bot.slack.preview.texts import with_emoji

#: How lines differ besides their colour: as SVG writes dashes, in pixels.
_DASHES = (None, "7 4", "2 4", "10 3 2 3", "1 6", "14 6")

#: Where the first and the last point of a line lie, in percent of the plot.
_SIDES = (3.0, 97.0)
#: Where the smallest and the largest value lie; below there is room for the labels.
_HEIGHTS = (85.0, 4.0)
#: So many characters of labels have room below a line on a phone.
_ROOM = 36


def chart_html(chart: Chart) -> Markup:
    """The chart with its title, its names and its values."""
    drawn = _line_chart(chart) if chart.is_line else _bars(chart)
    caption = element("figcaption", with_emoji(chart.heading), dir="auto")
    return element("figure", caption, drawn, _legend(chart), class_="chart")


# --- Bars ----------------------------------------------------------------------------------------


def _bars(chart: Chart) -> Markup:
    """For each label its bars, one below the other, and their values at the end."""
    rows = zip(chart.labels, chart.values, strict=True)
    return element("div", *(_group(chart, *row) for row in rows), class_="bars")


def _group(chart: Chart, label: str, values: Sequence[float | None]) -> Markup:
    parts = [element("span", element("bdi", with_emoji(label)), class_="of")]
    for place, value in enumerate(values):
        parts += [_bar(chart, place, value), element("span", chart.told(value), class_="value")]
    return joined(*parts)


def _bar(chart: Chart, place: int, value: float | None) -> Markup:
    start, end = sorted((chart.part(0), chart.part(value or 0)))
    # A value of zero is a hairline: it was counted, unlike one that is not known.
    width = "1" if end == start else _percent(100 * (end - start))
    bar = element("rect", x=_percent(100 * start), width=width, height="100%", class_=f"s{place}")
    return element("svg", *([] if value is None else [bar]), class_="track", aria_hidden="true")


# --- Lines ---------------------------------------------------------------------------------------


def _line_chart(chart: Chart) -> Markup:
    ticks = round_ticks(*extent(chart.known), chart.told)
    heights = Scale(*_HEIGHTS, *extent(chart.known))
    told = [(_percent(heights.at(value)), text) for value, text in ticks]
    beside = (element("text", text, x="100%", y=y, dy="4", text_anchor="end") for y, text in told)
    grid = (element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid") for y, _ in told)
    lines = (_line(chart, place, heights) for place in reversed(range(len(chart.names))))
    return element(
        "div",
        element("svg", *beside, class_="ticks", aria_hidden="true"),
        element(
            "svg", *grid, *lines, _below(chart), class_="plot", role="img", aria_label=_aloud(chart)
        ),
        class_="lines",
    )


def _line(chart: Chart, place: int, heights: Scale) -> Markup:
    dots = [
        None if (value := row[place]) is None else _dot(chart, at, heights.at(value))
        for at, row in enumerate(chart.values)
    ]
    look, dashes = f"line s{place}", _DASHES[place % len(_DASHES)]
    strokes = (
        element("line", x1=a[0], y1=a[1], x2=b[0], y2=b[1], class_=look, stroke_dasharray=dashes)
        for a, b in pairwise(dots)
        if a and b
    )
    # Only the first line has dots: the others are what it is compared with.
    return joined(*strokes, *(_dots(chart, dots) if place == 0 else ()))


def _dots(chart: Chart, dots: Sequence[tuple[str, str] | None]) -> Iterator[Markup]:
    """A dot for each point, and the value of the last one above it."""
    there = [(dot, row[0]) for dot, row in zip(dots, chart.values, strict=True) if dot]
    for (x, y), _ in there:
        yield element("circle", cx=x, cy=y, r="3.5", class_="s0")
    for (x, y), value in there[-1:]:
        told = chart.told(value)
        yield element("text", told, x=x, y=y, dy="-9", text_anchor="middle", class_="now")


def _dot(chart: Chart, at: int, height: float) -> tuple[str, str]:
    return _percent(_across(chart, at)), _percent(height)


def _across(chart: Chart, at: int) -> float:
    """Where a label lies, in percent of the plot's width."""
    if len(chart.labels) == 1:
        return 50.0
    return Scale(*_SIDES, 0, len(chart.labels) - 1).at(at)


def _below(chart: Chart) -> Markup:
    """As many labels as have room on a phone, evenly, counted from the last."""
    last = len(chart.labels) - 1
    every = -(-len(chart.labels) * (max(map(len, chart.labels)) + 2) // _ROOM)
    return joined(*(_label(chart, at, last) for at in range(last, -1, -every)))


def _label(chart: Chart, at: int, last: int) -> Markup:
    """A label below its point; none sticks out of the plot at its ends."""
    x, anchor = _percent(_across(chart, at)), "middle"
    if 0 < last == at:
        x, anchor = "100%", "end"
    elif at == 0 < last:
        x, anchor = "0%", "start"
    return element("text", with_emoji(chart.labels[at]), x=x, y="97%", text_anchor=anchor)


def _aloud(chart: Chart) -> str:
    """The values of a drawing for those who hear it: the names, and each label with its values."""
    told = (
        chart.reader.text(
            "{name}: {value}", name=label, value=chart.reader.listed(map(chart.told, values))
        )
        for label, values in zip(chart.labels, chart.values, strict=True)
    )
    return "; ".join([chart.reader.listed(chart.names), *told])


# --- Names ---------------------------------------------------------------------------------------


def _legend(chart: Chart) -> Markup:
    """The names of the series with the look of each; nothing where the title says it already."""
    if not chart.shows_names:
        return Markup()
    names = (_name(name, place, is_line=chart.is_line) for place, name in enumerate(chart.names))
    return element("div", *names, class_="legend")


def _name(name: str, place: int, *, is_line: bool) -> Markup:
    look = f"s{place}"
    if is_line:
        dashes = _DASHES[place % len(_DASHES)]
        ends = {"x1": "0", "x2": "100%", "y1": "50%", "y2": "50%"}
        sample = element("line", **ends, class_=f"line {look}", stroke_dasharray=dashes)
    else:
        sample = element("rect", width="100%", height="100%", class_=look)
    drawn = element("svg", sample, class_="sample", aria_hidden="true")
    return element("span", drawn, element("bdi", with_emoji(name)))


def _percent(number: float) -> str:
    return f"{number:.2f}%"
