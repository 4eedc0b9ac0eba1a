"""What all plots share: axes, colours, a matrix of shaded cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from affuse.errors import MissingDependency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, GREY = "#1f77b4", "#808080"
EMOTION_COLOURS = {
    "neutral": "#7f7f7f",
    "calm": "#17becf",
    "happy": "#e0a800",
    "sad": "#1f77b4",
    "angry": "#d62728",
    "fearful": "#9467bd",
    "disgust": "#2ca02c",
    "surprised": "#ff7f0e",
}
"""The same emotion has the same colour in all pictures; others take matplotlib's in turn."""

STRONGEST = 0.75
"""Opacity of a full cell: the figures in it stay readable on light and dark paper."""


def axes_or_new(axes: Axes | None, width: float = 6.4, height: float = 4.0) -> Axes:
    """The axes that were given, else those of a new figure.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or None
    width, height : float
        Inches of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingDependency
        matplotlib is not installed.
    """
    if axes is not None:
        return axes
    made: Axes = pyplot().subplots(figsize=(width, height), layout="constrained")[1]
    return made


def pyplot() -> Any:
    """`matplotlib.pyplot`.

    Returns
    -------
    module

    Raises
    ------
    MissingDependency
        matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise MissingDependency("matplotlib", "report") from error
    return plt


def emotion_colours(emotions: Sequence[str]) -> list[str]:
    """A colour for each emotion.

    Parameters
    ----------
    emotions : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> emotion_colours(["calm", "proud"])
    ['#17becf', 'C1']
    """
    return [EMOTION_COLOURS.get(name, f"C{place}") for place, name in enumerate(emotions)]


def shaded_cell(
    axes: Axes, column: int, row: int, share: float, colour: str, height: float = 0.96
) -> None:
    """One cell of a matrix, the more opaque the larger its share.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    column, row : int
    share : float
        0 to 1.
    colour : str
    height : float
        Of the cell; a row is 1 high.
    """
    from matplotlib.patches import Rectangle

    corner = (column - 0.48, row - height / 2)
    alpha = STRONGEST * share
    axes.add_patch(Rectangle(corner, 0.96, height, facecolor=colour, alpha=alpha, linewidth=0))


def without_frame(axes: Axes) -> None:
    """Take away the frame and the ticks: cells have edges of their own.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    """
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
