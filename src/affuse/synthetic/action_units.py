"""Action units of the Facial Action Coding System: names, order, and vectors of intensities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

ACTION_UNITS = (
    "AU01",
    "AU02",
    "AU04",
    "AU05",
    "AU06",
    "AU07",
    "AU09",
    "AU10",
    "AU12",
    "AU14",
    "AU15",
    "AU17",
    "AU20",
    "AU23",
    "AU25",
    "AU26",
    "AU45",
)
"""The units that are drawn, in the order of every vector and column; those OpenFace measures."""

MAX_INTENSITY = 5.0
"""Intensities run from 0 (absent) to 5 (FACS grade E, the most a face can do)."""

AU = {name: position for position, name in enumerate(ACTION_UNITS)}
"""Name of an action unit -> its column."""


def intensities(units: Mapping[int, float]) -> NDArray[np.float64]:
    """Vector of intensities from ``{number of the unit: intensity}``.

    Parameters
    ----------
    units : mapping of int to float

    Returns
    -------
    (17,) ndarray
        Intensities in the order of `ACTION_UNITS`.

    Examples
    --------
    >>> intensities({12: 4.0})[AU["AU12"]]
    np.float64(4.0)
    """
    vector = np.zeros(len(ACTION_UNITS))
    for number, intensity in units.items():
        vector[AU[f"AU{number:02d}"]] = intensity
    return vector
