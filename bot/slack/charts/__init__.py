"""Charts as PNGs that read well on a phone, on Slack's light and its dark background.

They say everything by labels beside the thing itself: there is no legend, and no finding that only
a colour carries. matplotlib is imported when a chart is drawn, never before; only its own fonts are
used and none of its global state, so that charts may be drawn in several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from bot.slack.charts.bars import Bars, draw_bars
from bot.slack.charts.heat import Heat, draw_heat
from bot.slack.charts.scale import Range, ValueLabel
from bot.slack.charts.trend import Trend, draw_trend
from bot.slack.charts.words import ENGLISH, ENGLISH_HEAT, HeatWords, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Bars",
    "Heat",
    "HeatWords",
    "Trend",
    "Words",
    "bars",
    "draw_bars",
    "draw_heat",
    "draw_trend",
    "heat_map",
    "trend",
]

#: The hours of a day where no reader's own names are given.
HOURS = tuple(map(str, range(24)))


def trend(
    points: Sequence[tuple[str, float | None]],
    *,
    usual: Sequence[Range] | Range | None,
    goal: float | None,
    value_label: ValueLabel,
    title: str | None,
    highlight: int | None = -1,
    words: Words = ENGLISH,
) -> bytes:
    """A PNG of how a number went: a line through the points, the usual range shaded, the goal.

    A point is its label and its value; `None` leaves a gap. `usual` is one range for all points or
    one for each. `highlight` is the index of the point that is marked and told. The same input
    gives the same bytes. Raises `ValueError` when no point has a value, or when there is not one
    usual range for each point.
    """
    return _png(draw_trend(Trend(points, usual, goal, value_label, title, highlight, words)))


def bars(
    rows: Sequence[tuple[str, float | None]],
    *,
    value_label: ValueLabel,
    goal: float | None = None,
    words: Words = ENGLISH,
) -> bytes:
    """A PNG of a breakdown: the name, a horizontal bar and the value of each row, from the top.

    Names that are too long are shortened. `None` is shown as a dash, not as zero. A dozen rows fit
    a phone. The same input gives the same bytes. Raises `ValueError` when no row has a value.
    """
    return _png(draw_bars(Bars(rows, goal, value_label, words)))


def heat_map(
    weekdays: Sequence[str],
    arrivals: Sequence[Sequence[float]],
    waits: Sequence[Sequence[float | None]],
    *,
    count_label: ValueLabel,
    wait_label: ValueLabel,
    title: str | None,
    hours: Sequence[str] = HOURS,
    words: HeatWords = ENGLISH_HEAT,
) -> bytes:
    """A PNG of a week by hour: above when tickets arrive, below how long they wait then.

    A row is a weekday, in the reader's order and with its short name; a column is an hour, as many
    as `hours` has names. `arrivals` are counts or means, `waits` what is usual for the tickets of
    an hour, in seconds; `None`, where too few tickets tell it, is a hairline. The darker, the more;
    the largest value of each half is framed and told. Without any wait only the arrivals are shown.
    The same input gives the same bytes. Raises `ValueError` when nothing arrives, or when the
    numbers are not one for each weekday and hour.
    """
    chart = Heat(weekdays, arrivals, waits, count_label, wait_label, title, hours, words)
    return _png(draw_heat(chart))


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    file = BytesIO()
    # Without the software's name and version equal charts stay equal bytes.
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return file.getvalue()
