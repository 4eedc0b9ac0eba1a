"""Confusion matrix: what each true emotion is taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError
from affuse.plot.axes import BLUE, axes_or_new, shaded_cell, without_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_SHOWN = 0.005
"""Shares below it would be written as 0."""


def confusion(
    counts: ArrayLike, classes: Sequence[str], *, axes: Axes | None = None, colour: str = BLUE
) -> Axes:
    """Confusion matrix in %, a row for each true emotion; the diagonal is right.

    Parameters
    ----------
    counts : (n_classes, n_classes) array
        Clips, true class by row, as `affuse.confusion` gives them; shares do as well.
    classes : sequence of str
        Names of rows and columns.
    axes : matplotlib.axes.Axes, optional
    colour : str

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    FeatureError
        The matrix is not square, or has not a row for each class; it holds numbers that are no
        counts.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import affuse
    >>> counts = affuse.confusion([0, 0, 1], [0, 1, 1], n_classes=2)
    >>> axes = affuse.plot.confusion(counts, ["calm", "angry"])
    >>> [text.get_text() for text in axes.texts]
    ['50', '50', '100']
    """
    matrix = np.asarray(counts, np.float64)
    if matrix.shape != (len(classes), len(classes)):
        raise FeatureError(
            f"a matrix of shape {matrix.shape} was given for {len(classes)} classes; expected "
            f"({len(classes)}, {len(classes)}), as affuse.confusion gives it"
        )
    if not (matrix >= 0).all() or not np.isfinite(matrix).all():
        raise FeatureError(
            "a matrix with negative, infinite or missing numbers was given; expected how many "
            "clips, or shares of them"
        )
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    size = 1.6 + 0.5 * len(classes)
    drawn = axes_or_new(axes, size, 0.9 * size)
    draw_shares(drawn, shares, classes, colour)
    return drawn


def draw_shares(
    axes: Axes, shares: NDArray[np.floating[Any]], names: Sequence[str], colour: str
) -> None:
    """Draw a matrix of shares.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    shares : (n_classes, n_classes) float
        0 to 1.
    names : sequence of str
    colour : str
    """
    n = len(names)
    for (row, column), share in np.ndenumerate(shares):
        shaded_cell(axes, column, row, share, colour)
        if share >= LEAST_SHOWN:
            axes.text(
                column,
                row,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                fontsize=10,
                weight="bold" if row == column else "normal",
            )
    axes.set_xlim(-0.5, n - 0.5)
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_xticks(range(n), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(n), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    without_frame(axes)
