"""Matplotlib figure -> inline SVG that takes its colours and fonts from the page.

A figure is drawn in stand-in colours, which become CSS variables: one drawing serves light, dark
and paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from affuse.errors import MissingDependency
from affuse.storage.plain_text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
AUDIO, VIDEO, FUSED, LEAKY = "#050501", "#050502", "#050503", "#050504"
COLOURS = {"audio": AUDIO, "video": VIDEO, "audio+video": FUSED}
SERIES = tuple(f"#0606{number:02x}" for number in range(1, 9))
"""Colours of emotions and other series that have no modality, in their order."""

_VARIABLES = {
    INK: "--ink", FAINT: "--faint", GRID: "--grid", PAPER: "--paper",
    AUDIO: "--audio", VIDEO: "--video", FUSED: "--fused", LEAKY: "--leaky",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)},
}  # fmt: skip
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "affuse",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
}
PIXELS_PER_INCH = 96
WIDE, NARROW = 6.2, 5.2
"""Inches of a chart with long names, and of others: both can be read on a telephone."""
LONGEST_NAME = 40
MARKERS = "osD^vPX*"
"""Shapes beside the colours, so that series differ not in colour alone."""


@dataclass(frozen=True)
class Chart:
    """One picture of a report.

    Attributes
    ----------
    title : str
    text : str
        What one sees in it: for those who do not.
    svg : str
        Inline SVG; its ids begin with the chart's own.
    width : int
        Pixels that it is drawn for.
    table : DataFrame or None
        The same as numbers.
    """

    title: str
    text: str
    svg: str
    width: int
    table: pd.DataFrame | None = None


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of a size in inches, in the report's style; leaves no global state.

    Parameters
    ----------
    width, height : float
        Inches.

    Yields
    ------
    matplotlib.figure.Figure
        Without axes.

    Raises
    ------
    MissingDependency
        matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingDependency("matplotlib", "report") from error
    with mpl.rc_context(_STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def short(name: str) -> str:
    """A name shortened to fit, with only characters that a font can draw.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        At most `LONGEST_NAME` characters, signs that cannot be printed escaped.
    """
    shown = printable(name)
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


def chart_of(figure: Figure, title: str, text: str, table: pd.DataFrame | None = None) -> Chart:
    """A drawn figure as a chart.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    title : str
    text : str
        What it shows, for those who do not see it.
    table : DataFrame, optional
        The numbers behind it, which a reader may unfold.

    Returns
    -------
    Chart
        The figure as SVG.
    """
    width = round(PIXELS_PER_INCH * figure.get_figwidth())
    return Chart(title, text, _svg(figure, title, text), width, table)


def _svg(figure: Figure, title: str, text: str) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    name = "c-" + "".join(c if c.isalnum() else "-" for c in title.lower()).strip("-")
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    canvas: Any = FigureCanvasSVG(figure)
    # `savefig` draws once more beforehand, which places nothing elsewhere.
    canvas.print_svg(buffer, metadata=nothing)
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    drawn = _with_own_ids(_with_variables(drawn), name)
    box = re.search(r'viewBox="[^"]+"', drawn)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{box.group() if box else ""} role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(text)}</desc>'
    )
    return opening + drawn[drawn.index(">") + 1 :]


def _with_variables(drawn: str) -> str:
    for colour, variable in _VARIABLES.items():
        drawn = drawn.replace(colour, f"var({variable})")
    return re.sub(r"font-family: [^;\"]+|(font: [^;\"]*?px) [^;\"]+", _own_font, drawn)


def _own_font(match: re.Match[str]) -> str:
    sized = match.group(1)
    return f"{sized} var(--font)" if sized else "font-family: var(--font)"


def _with_own_ids(drawn: str, name: str) -> str:
    drawn = re.sub(r'\bid="', f'id="{name}-', drawn)
    drawn = re.sub(r'href="#', f'href="#{name}-', drawn)
    return drawn.replace("url(#", f"url(#{name}-")
