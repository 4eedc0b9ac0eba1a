"""Reliability diagram: accuracy as a function of confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from numpy.typing import ArrayLike

from affuse.plot.axes import BLUE, GREY, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reliability(
    truth: ArrayLike,
    probabilities: ArrayLike,
    n_bins: int = 15,
    *,
    fewest: int = 1,
    label: str = "",
    axes: Axes | None = None,
    colour: str = BLUE,
) -> Axes:
    """Accuracy over confidence; several systems are drawn on the same axes, one by one.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.
    n_bins : int
        Bins of confidence.
    fewest : int
        Bins with fewer clips are not drawn: of few the share that is right says nothing.
    label : str
        Name of the system, for a legend.
    axes : matplotlib.axes.Axes, optional
    colour : str

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    FeatureError
        Shapes do not fit, or there is no bin.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> axes = affuse.plot.reliability([0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], n_bins=2)
    >>> axes.get_xlabel()
    'stated probability in %'
    """
    from affuse.evaluation.reliability import reliability_curve

    curve = reliability_curve(truth, probabilities, n_bins)
    drawn = axes_or_new(axes, 6, 4.6)
    if not drawn.lines:
        draw_diagonal(drawn, GREY)
    draw_curve(drawn, curve[curve["n_clips"] >= fewest], colour, "o", label)
    if label:
        drawn.legend(loc="lower right")
    return drawn


def draw_diagonal(axes: Axes, colour: str, ink: str = "black") -> None:
    """The line of perfect calibration, and the frame of the plot.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    colour : str
        Of the line.
    ink : str
        Of the words beside it.
    """
    axes.plot([0, 100], [0, 100], color=colour, linestyle="--", linewidth=1)
    words = "above the line: too modest\nbelow: too sure"
    axes.text(3, 97, words, fontsize=9, va="top", color=ink)
    axes.set_xlabel("stated probability in %")
    axes.set_ylabel("right in %")
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.grid()


def draw_curve(axes: Axes, curve: pd.DataFrame, colour: str, marker: str, label: str) -> None:
    """One system's curve.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    curve : DataFrame
        As `affuse.reliability_curve` gives it.
    colour, marker, label : str
    """
    axes.plot(
        100 * curve["confidence"], 100 * curve["accuracy"], color=colour, marker=marker, label=label
    )
