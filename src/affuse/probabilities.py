"""Checks of rows of probabilities, and the least one of which a logarithm is taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError

FLOOR = 1e-12
"""Smallest probability of which a logarithm is taken: one certain error costs 27.6 at most, and one
member's 0 does not decide a product."""

SUM_TOLERANCE = 1e-3
"""Published probabilities are rounded; a row may miss 1 by this much."""


def check_probabilities(array: NDArray[np.float64], name: str) -> None:
    """Refuse rows that are neither probabilities that sum to 1 nor NaN throughout.

    Parameters
    ----------
    array : (n_clips, n_classes) float64
    name : str
        Whose they are, for the message.

    Raises
    ------
    FeatureError
        The first such row, in a sentence.
    """
    missing = np.isnan(array).all(axis=1)
    rows = array[~missing]
    if np.isnan(rows).any():
        row = int(np.flatnonzero(np.isnan(array).any(axis=1) & ~missing)[0])
        raise FeatureError(
            f"{name} has NaN in part of row {row}; expected numbers, or NaN in the whole row "
            "where the clip lacks the modality"
        )
    if rows.size and (rows.min() < 0 or np.abs(rows.sum(axis=1) - 1).max() > SUM_TOLERANCE):
        off = (array < 0).any(axis=1) | (np.abs(array.sum(axis=1) - 1) > SUM_TOLERANCE)
        row = int(np.flatnonzero(off)[0])
        raise FeatureError(
            f"row {row} of {name} sums to {array[row].sum():.4g} with smallest value "
            f"{array[row].min():.4g}; expected values from 0 that sum to 1: normalise the rows"
        )
