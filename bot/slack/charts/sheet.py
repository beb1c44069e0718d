"""The card on which a chart is drawn, in pixels of the width at which a phone shows it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

#: How wide a phone shows a chart; every length is in these pixels.
WIDTH = 360.0
#: How many pixels of the file make one pixel of the phone, each way.
SCALE = 4
#: The room between the edge and what is drawn.
MARGIN = 12.0
#: The room between a label and what it labels.
GAP = 7.0

# A colour-blind safe palette after Okabe and Ito (https://jfly.uni-koeln.de/color/), darkened until
# text on the card has a contrast of at least 4.5:1.
CARD = "#fbfbfa"
EDGE = "#d4d5d6"
INK = "#1d1c1d"
SOFT = "#616061"
GRID = "#e6e7e8"
LINE = "#0a64a4"
MARK = "#b64700"
GOAL = "#006a4e"
BAND = "#cfe2f1"

Dot = tuple[float, float]
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text looks. `size` is at least 11, or a phone's reader could not read it."""

    colour: str = INK
    bold: bool = False
    size: float = 12.0


PLAIN = Ink()
BOLD = Ink(bold=True)
QUIET = Ink(SOFT)
TITLE = Ink(bold=True, size=14)


@dataclass(slots=True)
class Sheet:
    """A rounded, opaque card on a clear ground. Heights count from its bottom."""

    height: float
    figure: Figure = field(init=False)
    _renderer: RendererAgg = field(init=False)

    def __post_init__(self) -> None:
        from matplotlib.backends.backend_agg import RendererAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415

        size = (WIDTH / 72, self.height / 72)
        self.figure = Figure(figsize=size, dpi=72 * SCALE, facecolor="none")
        self._renderer = RendererAgg(WIDTH * SCALE, self.height * SCALE, 72 * SCALE)  # type: ignore[no-untyped-call]
        self._card()

    def text(self, dot: Dot, text: str, ink: Ink = PLAIN, align: Align = "left") -> None:
        """Writes one line, its middle at the height of the dot."""
        artist = _line_of(text, ink)
        artist.set_position(dot)
        artist.set_horizontalalignment(align)
        artist.set_verticalalignment("center_baseline")
        self._add(artist)

    def title(self, title: str | None) -> None:
        """Writes what the chart is about at its top, where a line of its script begins."""
        if title:
            text = self.shorten(title, WIDTH - 2 * MARGIN, TITLE)
            x, align = beginning(text)
            self.text((x, self.height - MARGIN - 8), text, TITLE, align)

    def width(self, text: str, ink: Ink = PLAIN) -> float:
        """How wide a line of text is."""
        artist = _line_of(text, ink)
        artist.set_figure(self.figure)
        return float(artist.get_window_extent(self._renderer).width) / SCALE

    def shorten(self, text: str, room: float, ink: Ink = PLAIN) -> str:
        """The text itself, or as much of its beginning as fits, with an ellipsis."""
        if self.width(text, ink) <= room:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(f"{text[:middle].rstrip()}…", ink) <= room
            low, high = (middle, high) if fits else (low, middle - 1)
        return f"{text[:low].rstrip()}…"

    def line(self, dots: Sequence[Dot], colour: str, width: float) -> None:
        from matplotlib.lines import Line2D  # noqa: PLC0415

        xs, ys = zip(*dots, strict=True)
        self._add(Line2D(xs, ys, color=colour, linewidth=width, solid_capstyle="round"))

    def dashes(self, start: Dot, end: Dot, colour: str) -> None:
        from matplotlib.lines import Line2D  # noqa: PLC0415

        xs, ys = zip(start, end, strict=True)
        self._add(Line2D(xs, ys, color=colour, linewidth=1.6, linestyle=(0.0, (4.0, 2.5))))

    def area(self, corners: Sequence[Dot], colour: str) -> None:
        from matplotlib.patches import Polygon  # noqa: PLC0415

        self._add(Polygon(corners, facecolor=colour, linewidth=0))

    def dot(self, middle: Dot, radius: float, colour: str) -> None:
        from matplotlib.patches import Circle  # noqa: PLC0415

        self._add(Circle(middle, radius, facecolor=colour, edgecolor=CARD, linewidth=1.4))

    def _card(self) -> None:
        from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415

        inside = (WIDTH - 1, self.height - 1)
        shape = "round,pad=0,rounding_size=8"
        self._add(
            FancyBboxPatch(
                (0.5, 0.5), *inside, shape, facecolor=CARD, edgecolor=EDGE, linewidth=1.0
            )
        )

    def _add(self, artist: Artist) -> None:
        from matplotlib.transforms import Affine2D  # noqa: PLC0415

        artist.set_transform(Affine2D().scale(SCALE))
        # What is drawn later lies above what was drawn before, whatever its kind.
        artist.set_zorder(len(self.figure.get_children()))
        self.figure.add_artist(artist)


def beginning(text: str) -> tuple[float, Align]:
    """Where a line of text begins: on the right when its first letter is of a script from there."""
    directions = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in directions if kind in ("L", "R", "AL")), "L")
    return (MARGIN, "left") if first == "L" else (WIDTH - MARGIN, "right")


def drawable(text: str) -> str:
    """The text on one line, with a box for each character that the font does not have.

    Emoji are left out: they adorn a name, and a row of boxes does not.
    """
    shown = (
        character if character in _characters() else "" if _is_adornment(character) else "□"
        for character in " ".join(text.split())
    )
    return " ".join("".join(shown).split())


def _is_adornment(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Mn", "Cf", "Cn", "Cs", "Co")


@cache
def _characters() -> frozenset[str]:
    from matplotlib.font_manager import get_font  # noqa: PLC0415

    fonts = (get_font(_font_file(bold=bold)) for bold in (False, True))
    return frozenset.intersection(*(frozenset(map(chr, font.get_charmap())) for font in fonts))


def _line_of(text: str, ink: Ink) -> Text:
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415
    from matplotlib.text import Text  # noqa: PLC0415

    font = FontProperties(fname=_font_file(bold=ink.bold), size=ink.size)
    # A name may hold dollar signs: it is no formula.
    return Text(text=drawable(text), color=ink.colour, fontproperties=font, parse_math=False)


def _font_file(*, bold: bool) -> str:
    from matplotlib import get_data_path  # noqa: PLC0415

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(Path(get_data_path(), "fonts", "ttf", name))
