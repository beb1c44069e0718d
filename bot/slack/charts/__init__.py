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
from bot.slack.charts.scale import Range, ValueLabel
from bot.slack.charts.trend import Trend, draw_trend
from bot.slack.charts.words import ENGLISH, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Bars", "Trend", "Words", "bars", "draw_bars", "draw_trend", "trend"]


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


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    file = BytesIO()
    # Without the software's name and version equal charts stay equal bytes.
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return file.getvalue()
