from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from bot.slack.charts import (
    HOURS,
    Bars,
    Heat,
    HeatWords,
    Trend,
    Words,
    bars,
    draw_bars,
    draw_heat,
    draw_trend,
    heat_map,
    trend,
)
from bot.slack.charts.scale import ValueLabel, extent, round_ticks
from bot.slack.charts.sheet import CARD, GOAL, GRID, INK, LINE, MARK, SCALE, SOFT, drawable

MINUTES = 60.0
WEEKS = ["1 Oct", "8 Oct", "15 Oct", "22 Oct", "29 Oct", "5 Nov", "12 Nov", "19 Nov"]
THURSDAYS = [45.0, 52.0, 38.0, None, 61.0, 48.0, 55.0, 130.0]


def as_duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02}" if minutes else f"{hours} h"


def as_count(number: float) -> str:
    return f"{number:,.0f}"


def as_share(share: float) -> str:
    return f"{share:.0%}"


def thursdays(values: Sequence[float | None] = THURSDAYS) -> list[tuple[str, float | None]]:
    return [
        (week, None if value is None else value * MINUTES)
        for week, value in zip(WEEKS, values, strict=True)
    ]


def drawn(
    values: Sequence[float | None] = THURSDAYS, *, title: str | None = "First response"
) -> bytes:
    return trend(
        thursdays(values),
        usual=(35 * MINUTES, 70 * MINUTES),
        goal=60 * MINUTES,
        value_label=as_duration,
        title=title,
    )


def texts(figure: Figure) -> list[Text]:
    found: list[Text] = figure.findobj(Text)
    return [text for text in found if text.get_text()]


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


def boxes(figure: Figure) -> list[Bbox]:
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    return [text.get_window_extent(renderer) for text in texts(figure)]


def assert_readable(figure: Figure) -> None:
    """Every text is large enough, lies within the picture, and covers no other."""
    assert min(float(text.get_fontsize()) for text in texts(figure)) >= 11
    width, height = figure.get_size_inches() * figure.dpi
    found = boxes(figure)
    for box in found:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    for one, other in combinations(found, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 0 or along <= SCALE


def contrast(one: str, other: str) -> float:
    """As https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio defines it."""

    def luminance(colour: str) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_a_trend_tells_the_last_value_the_goal_and_what_is_usual() -> None:
    figure = draw_trend(
        Trend(thursdays(), (2_100, 4_200), 3_600, as_duration, "First response on Thursdays")
    )
    assert written(figure) == [
        "First response on Thursdays",
        *("0 min", "1 h", "2 h"),
        *("usual", "goal 1 h", "2 h 10"),
        *("8 Oct", "22 Oct", "5 Nov", "19 Nov"),
    ]


def test_a_trend_speaks_the_language_of_its_reader() -> None:
    words = Words(usual="عادی", goal="هدف {value}")
    figure = draw_trend(Trend(thursdays(), (2_100, 4_200), 3_600, as_duration, None, words=words))
    assert {"عادی", "هدف 1 h"} <= set(written(figure))


def test_the_marked_point_can_be_another_or_none() -> None:
    def told(highlight: int | None) -> list[str]:
        return written(draw_trend(Trend(thursdays(), None, None, as_duration, None, highlight)))

    assert "38 min" in told(2)
    assert "2 h 10" not in told(2)
    assert not {"38 min", "2 h 10"} & set(told(None))


def test_a_chart_is_four_times_as_large_as_a_phone_shows_it_and_has_clear_corners() -> None:
    picture = Image.open(BytesIO(drawn()))
    assert picture.size == (1440, 800)
    assert picture.mode == "RGBA"
    assert picture.getchannel("A").getpixel((0, 0)) == 0
    assert picture.getpixel((720, 20)) == (251, 251, 250, 255)


@pytest.mark.thorough
def test_equal_charts_are_equal_bytes_and_others_are_not() -> None:
    assert drawn() == drawn()
    assert drawn() != drawn([*THURSDAYS[:-1], 131.0])
    assert b"matplotlib" not in drawn().lower()


@pytest.mark.thorough
def test_charts_drawn_at_the_same_time_are_the_same_charts() -> None:
    alone = [drawn(title=f"chart {number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda number: drawn(title=f"chart {number}"), range(4)))
    assert together == alone


def blue_columns(png: bytes) -> list[int]:
    """The columns of the picture that have the line's colour somewhere."""
    pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB"))
    wanted = np.array([round(part * 255) for part in to_rgb(LINE)])
    is_line = (pixels == wanted).all(axis=2).any(axis=0)
    return [int(column) for column in np.flatnonzero(is_line)]


@pytest.mark.thorough
def test_a_missing_value_leaves_a_gap_in_the_line() -> None:
    def blank(values: Sequence[float | None]) -> int:
        columns = blue_columns(
            trend(thursdays(values), usual=None, goal=None, value_label=as_duration, title=None)
        )
        return max(right - left for left, right in pairwise(columns))

    whole = [45.0, 52.0, 38.0, 40.0, 61.0, 48.0, 55.0, 130.0]
    assert blank(THURSDAYS) > 4 * blank(whole)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "a chart needs at least one value"),
        ([("Mon", None)], "a chart needs at least one value"),
    ],
)
def test_a_chart_without_a_value_is_refused(
    values: list[tuple[str, float | None]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        trend(values, usual=(1, 2), goal=3, value_label=as_count, title=None)
    with pytest.raises(ValueError, match=message):
        bars(values, value_label=as_count, goal=3)


def test_usual_ranges_are_one_for_all_or_one_for_each() -> None:
    with pytest.raises(ValueError, match="8 points, but 2 usual ranges"):
        trend(thursdays(), usual=[(1, 2), (3, 4)], goal=None, value_label=as_count, title=None)
    each = [(35.0 * MINUTES, 70.0 * MINUTES)] * 8
    assert drawn() == trend(
        thursdays(),
        usual=each,
        goal=60 * MINUTES,
        value_label=as_duration,
        title="First response",
    )


@pytest.mark.parametrize(
    ("low", "high", "label", "told"),
    [
        (0, 138 * MINUTES, as_duration, ["0 min", "1 h", "2 h"]),
        (0, 50 * MINUTES, as_duration, ["0 min", "20 min", "40 min"]),
        (0, 30 * 3_600, as_duration, ["0 min", "10 h", "20 h", "30 h"]),
        (0, 165, as_count, ["0", "50", "100", "150"]),
        (0, 4.2, as_count, ["0", "2", "4"]),
        (0.89, 0.97, as_share, ["90%", "92%", "94%", "96%"]),
        (-58, 58, as_count, ["-50", "0", "50"]),
        (0, 1, lambda _: "?", ["?", "?"]),
    ],
)
def test_ticks_read_round_in_their_own_unit(
    low: float, high: float, label: ValueLabel, told: list[str]
) -> None:
    assert [text for _, text in round_ticks(low, high, label)] == told


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([10, 100, None], 0, 106),
        ([0, 0], 0, 1),
        ([90, 97], 89.16, 97.84),
        ([94], 89.3, 98.7),
        ([-20, 30], -26, 36),
    ],
)
def test_an_axis_begins_at_zero_unless_that_flattens_the_change(
    values: list[float | None], low: float, high: float
) -> None:
    assert extent(values) == pytest.approx((low, high))


values = st.floats(min_value=0, max_value=1e6, allow_subnormal=False)
labels = st.sampled_from(["19 Nov", "Mon", "الخميس", "2026-11-19, Thursday", "W 47"])


def test_a_long_first_label_does_not_reach_the_next() -> None:
    points = [(label, 0.0) for label in ["2026-11-19, Thursday", "19 Nov"] * 2]
    points.append(("2026-11-19, Thursday", 0.0))
    assert_readable(draw_trend(Trend(points, None, None, as_count, None)))


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(
    points=st.lists(st.tuples(labels, values), min_size=1, max_size=14),
    usual=st.none() | st.tuples(values, values).map(lambda pair: (min(pair), max(pair))),
    goal=st.none() | values,
    title=st.none() | st.text(max_size=80),
    label=st.sampled_from([as_count, as_duration]),
)
def test_whatever_a_trend_shows_its_texts_are_readable(
    points: list[tuple[str, float | None]],
    usual: tuple[float, float] | None,
    goal: float | None,
    title: str | None,
    label: ValueLabel,
) -> None:
    assert_readable(draw_trend(Trend(points, usual, goal, label, title)))


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.text(max_size=60), st.none() | st.floats(-1e6, 1e6)), min_size=1, max_size=8
    ).filter(lambda rows: any(value is not None for _, value in rows)),
    goal=st.none() | values,
)
def test_whatever_a_breakdown_shows_its_texts_are_readable(
    rows: list[tuple[str, float | None]], goal: float | None
) -> None:
    assert_readable(draw_bars(Bars(rows, goal, as_count)))


def test_a_breakdown_has_a_name_and_a_value_in_each_row() -> None:
    rows = [("Email", 3_480.0), ("الدعم الفني", 120.0), ("Chat", None), ("Fax", 0.0)]
    figure = draw_bars(Bars(rows, 3_600, as_duration))
    assert written(figure) == [
        *("Email", "58 min"),
        *("الدعم الفني", "2 min"),
        *("Chat", "–"),
        *("Fax", "0 min"),
        "goal 1 h",
    ]


def test_long_names_are_shortened_and_dollar_signs_are_no_formula() -> None:
    name = "Enterprise customers in Northern and Western Europe"
    shown, _, formula, _ = written(
        draw_bars(Bars([(name, 1.0), ("Billing $5 and $x^2$", 2.0)], None, as_count))
    )
    assert shown.endswith("…")
    assert name.startswith(shown.removesuffix("…"))
    assert len(shown) > 12
    assert formula == "Billing $5 and $x^2$"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Billing 🚀", "Billing"),
        ("技术 EMEA", "□□ EMEA"),
        ("پشتیبانی\nفنی", "پشتیبانی فنی"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u2068الدعم\u2069", "الدعم"),
        ("naïve Ελλάδα Россия", "naïve Ελλάδα Россия"),
    ],
)
def test_what_the_font_lacks_is_a_box_and_emoji_are_left_out(name: str, shown: str) -> None:
    assert drawable(name).strip("\u2068\u2069") == shown


def test_an_arabic_word_is_shaped() -> None:
    """Joined letters take less room than the same letters one by one."""

    def width(name: str) -> float:
        return boxes(draw_bars(Bars([(name, 1.0)], None, as_count)))[0].width

    assert width("فنی") < sum(map(width, "فنی"))


@pytest.mark.parametrize("colour", [INK, SOFT, MARK, GOAL, LINE])
def test_texts_have_contrast_on_the_card(colour: str) -> None:
    assert contrast(colour, CARD) >= 4.5


# --- A week by hour ---

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
HALF_DAYS = [f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}" for hour in range(24)]


def by_hour(busy: Mapping[tuple[int, int], float], quiet: float) -> list[list[float]]:
    """A value for each hour of seven days, which differs in the busy ones."""
    return [[busy.get((day, hour), quiet) for hour in range(24)] for day in range(7)]


def heat(
    *,
    arrivals: Sequence[Sequence[float]] = by_hour({(0, 9): 12, (4, 15): 7}, 1),
    waits: Sequence[Sequence[float | None]] = by_hour({(6, 21): 7_800}, 1_800),
    days: Sequence[str] = DAYS,
    hours: Sequence[str] = HOURS,
    title: str | None = "The week by hour",
    words: HeatWords = HeatWords(),  # noqa: B008
) -> Heat:
    return Heat(days, arrivals, waits, as_count, as_duration, title, hours, words)


def test_a_heat_map_tells_the_busiest_hour_and_the_longest_wait() -> None:
    every_third = [str(hour) for hour in range(0, 24, 3)]
    assert written(draw_heat(heat())) == [
        "The week by hour",
        *("Tickets that arrive", "most: Mon 9, 12", *DAYS, *every_third),
        *("First response", "longest: Sun 21, 2 h 10", *DAYS, *every_third),
    ]


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (HALF_DAYS, HALF_DAYS[::4]),
        ([f"{hour}:00 Uhr" for hour in range(24)], ["0:00 Uhr", "6:00 Uhr"]),
    ],
)
def test_a_heat_map_names_as_many_hours_as_have_room(
    hours: Sequence[str], told: Sequence[str]
) -> None:
    shown = written(draw_heat(heat(hours=hours)))
    place = shown.index("Sun") + 1
    assert shown[place : place + len(told)] == list(told)


def test_a_heat_map_speaks_the_language_of_its_reader() -> None:
    words = HeatWords("تیکت‌ها", "پاسخ", "بیشترین {weekday} {hour}: {value}", "{value}")
    days = ["شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه"]
    figure = draw_heat(heat(days=days, words=words, title="هفته"))
    assert written(figure)[1:4] == ["تیکت‌ها", "بیشترین شنبه 9: 12", "شنبه"]
    title, head, note = boxes(figure)[:3]
    assert title.x1 == pytest.approx(head.x1, abs=SCALE)
    assert note.x1 < head.x0


def test_a_desk_that_does_not_tell_waits_has_a_heat_map_of_arrivals() -> None:
    shown = written(draw_heat(heat(waits=[[None] * 24] * 7)))
    assert "Tickets that arrive" in shown
    assert "First response" not in shown


def shades(**more: Any) -> list[tuple[float, ...]]:
    """The colours of the cells, in order of weekdays and hours; those of the waits follow."""
    found = draw_heat(heat(**more)).findobj(Polygon)
    return [to_rgb(cell.get_facecolor()) for cell in found]


def test_the_more_tickets_the_darker_and_none_has_no_colour_at_all() -> None:
    counts = by_hour({(0, hour): float(hour) for hour in range(24)}, 0)
    monday, tuesday = (shades(arrivals=counts)[day * 24 : day * 24 + 24] for day in (0, 1))
    brightness = [sum(shade) for shade in monday]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness[:20])) == 20
    assert set(tuesday) == {monday[0]} == {to_rgb(GRID)}


def test_one_odd_hour_does_not_bleach_the_others() -> None:
    counts = by_hour({(0, 9): 20, (0, 10): 15}, 10)
    odd = by_hour({(0, 9): 20, (0, 10): 15, (6, 3): 100_000}, 10)
    assert shades(arrivals=counts)[10] == shades(arrivals=odd)[10]


def test_an_unknown_wait_is_a_hairline_and_no_cell() -> None:
    some: list[list[float | None]] = [[None] * 24 for _ in range(7)]
    some[2][9] = 600.0
    assert len(shades(waits=some)) == 7 * 24 + 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"arrivals": [[0.0] * 24] * 7}, "at least one ticket"),
        ({"arrivals": [[1.0] * 24] * 6}, "for each weekday and hour"),
        ({"waits": [[1.0] * 23] * 7}, "for each weekday and hour"),
        ({"hours": ["9", "10"]}, "for each weekday and hour"),
    ],
)
def test_a_heat_map_that_has_nothing_to_show_is_refused(
    wrong: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw_heat(heat(**wrong))


@pytest.mark.thorough
def test_equal_heat_maps_are_equal_bytes_as_wide_as_the_other_charts() -> None:
    counts = by_hour({(0, 9): 12}, 1)

    def png() -> bytes:
        return heat_map(
            DAYS, counts, counts, count_label=as_count, wait_label=as_duration, title="Week"
        )

    assert png() == png()
    picture = Image.open(BytesIO(png()))
    assert picture.width == 1440
    assert picture.height <= 1440


@pytest.mark.thorough
@settings(max_examples=6, deadline=None)
@given(
    days=st.lists(st.text(max_size=30), min_size=7, max_size=7),
    title=st.none() | st.text(max_size=80),
    most=st.sampled_from(
        ["most: {weekday} {hour}, {value}", "بیشترین: {weekday}", "x" * 90 + " {value}"]
    ),
    hours=st.sampled_from([HOURS, HALF_DAYS]),
    top=st.floats(min_value=1, max_value=1e9),
)
def test_whatever_a_heat_map_shows_its_texts_are_readable(
    days: list[str], title: str | None, most: str, hours: Sequence[str], top: float
) -> None:
    arrivals = by_hour({(3, 9): top}, 0)
    words = HeatWords(most=most, longest=most)
    assert_readable(
        draw_heat(heat(arrivals=arrivals, days=days, title=title, hours=hours, words=words))
    )


def test_matplotlib_is_imported_only_when_something_is_drawn() -> None:
    program = "import sys, bot.slack.charts; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
